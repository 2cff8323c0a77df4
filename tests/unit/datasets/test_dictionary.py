"""A data dictionary as people write it: read without guesses, refused with the line to mend."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.datasets import dictionary
from orchestrator.errors import Invalid
from orchestrator.outputs.dictionary import ColumnRole, ColumnType, parse_dictionary

GOOD = """\
# what the registry sends each year
tables:
  flchain:
    description: one row for each resident
    file: flchain.csv
    person: person
    columns:
      person: {type: text, role: pseudonym}
      age:
        type: integer
        role: quasi_id
      mgus:
        type: category
        role: sensitive
        required: false
        allowed: [no, yes, 0, 1.50]
"""

VALUE = {
    "tables": {
        "flchain": {
            "description": "one row for each resident",
            "file": "flchain.csv",
            "person": "person",
            "columns": {
                "person": {"type": "text", "role": "pseudonym"},
                "age": {"type": "integer", "role": "quasi_id"},
                "mgus": {
                    "type": "category",
                    "role": "sensitive",
                    "required": False,
                    "allowed": ["no", "yes", "0", "1.50"],
                },
            },
        }
    }
}


def test_yaml_is_read_without_guesses() -> None:
    assert dictionary.parse(GOOD) == VALUE


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_and_yaml_give_the_same_bytes(indent: int | str | None) -> None:
    assert dictionary.canonical(json.dumps(VALUE, indent=indent)) == dictionary.canonical(GOOD)


def test_a_number_in_json_is_kept_as_it_was_written() -> None:
    text = json.dumps(VALUE).replace('"1.50"', "1.50")
    assert dictionary.parse(text) == VALUE


def test_the_check_worker_reads_what_is_stored() -> None:
    table = parse_dictionary(json.loads(dictionary.canonical(GOOD))).tables["flchain"]
    assert table.person == "person"
    assert table.columns["mgus"].allowed == {"no", "yes", "0", "1.50"}
    assert not table.columns["mgus"].required
    assert dictionary.tables(dictionary.parse(GOOD)) == {"flchain": "flchain.csv"}


def _refused(text: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        dictionary.parse(text)
    assert caught.value.code == "bad_dictionary"
    assert "data dictionary" in caught.value.message
    assert caught.value.reasons
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("type: integer", "type: int", 9, "integer, number, text"),
        ("role: quasi_id", "role: quasi", 9, "quasi_id"),
        ("type: integer", "typ: integer", 9, "unknown entry 'typ'"),
        ("person: person", "person: age", 3, "pseudonym or direct_id"),
        ("file: flchain.csv", "file: other.csv", 3, "named like its table"),
        ("required: false", "required: maybe", 12, "true or false"),
        ("allowed: [no, yes, 0, 1.50]", "allowed: no", 12, "a list"),
        ("    person: person", "    persona: person", 3, "unknown entry 'persona'"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, says: str) -> None:
    for text in (GOOD.replace(old, new, 1),):
        error = _refused(text)
        assert f"Line {line}: " in error.message
        assert says in error.message


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    error = _refused(GOOD.replace("type: integer", "type: int").replace("category", "cat"))
    assert [say.split(":")[0] for _, say in error.reasons] == ["Line 9", "Line 12"]
    assert "1 more" in error.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("tables:\n  a: [", "Line 2, column"),
        ("{\n", "Line 2, column 1"),
        ('{"tables": {}', "Line 1, column 14"),
        ("a\tb: [\n", "not YAML"),
        ("\x00", "character"),
        ("tables: {}", "at least one table"),
        ("tables:\n  a:\n    columns: {}", "at least one column"),
        (json.dumps(VALUE).replace("one row", "\\ud800"), "half of a character"),
        ("- a\n- b\n", "mapping"),
        ("just words", "mapping"),
        ("tables: {a: {columns: {x: {type: text, role: measure}}}}\ntables: {}", "twice"),
        ('{"tables": {}, "tables": {}}', "twice"),
        ("tables: &a {}\nmore: *a", "aliases"),
        ("? [a, b]\n: c", "plain text"),
        ("[" * 40, "nested|YAML"),
        ("{a: " * 20 + "}" * 20, "not JSON"),
        ("x: " + "{a: " * 20 + "1" + "}" * 20, "nested"),
        ("x" * 1_000_001, "longer"),
        ("tables: {'a/b': {columns: {x: {type: text, role: measure}}}}", "no slash"),
        ("tables: {é: {columns: {x: {type: text, role: measure}}}}", "Line 1: Table.*letters"),
        ("tables:\n a: {columns:\n  {ä: {type: text, role: measure}}}", "Line 3: Column.*letters"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        dictionary.parse(text)
    assert caught.value.code == "bad_dictionary"
    assert len(caught.value.message) < 600


def test_a_large_number_is_a_text_too() -> None:
    text = json.dumps(VALUE).replace('"1.50"', "9" * 30)
    assert "9" * 30 in dictionary.canonical(text)


def test_a_bomb_of_brackets_is_refused_quickly() -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000):
        _refused(text)


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)
columns = st.dictionaries(
    st.text("abcdefgh_", min_size=1, max_size=8),
    st.fixed_dictionaries(
        {"type": st.sampled_from(ColumnType), "role": st.sampled_from(ColumnRole)},
        optional={
            "description": texts,
            "required": st.booleans(),
            "allowed": st.lists(texts, max_size=3),
        },
    ),
    min_size=1,
    max_size=4,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=5), columns, min_size=1, max_size=3))
def test_what_is_well_formed_is_accepted_and_kept(tables: dict[str, object]) -> None:
    value = {"tables": {name: {"columns": found} for name, found in tables.items()}}
    assert json.loads(dictionary.canonical(json.dumps(value))) == value


@given(st.text(max_size=200) | st.binary(max_size=80).map(lambda data: data.decode("latin-1")))
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with suppress(Invalid):
        dictionary.parse(text)
