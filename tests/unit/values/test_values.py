"""Shared values: one spelling for what is hashed, names that are safe everywhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import Invalid, NotAllowed, TreError
from orchestrator.values import (
    Decision,
    JsonValue,
    Reason,
    canonical_json,
    digest_of,
    parse_digest,
    parse_slug,
    server_key,
)

scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
keys = st.text(st.characters(codec="ascii"))
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=12
)


@given(values)
def test_canonical_json_has_one_spelling(value: JsonValue) -> None:
    """What is read back is equal and is spelled the same; no line break is ever raw."""
    spelled = canonical_json(value)
    assert canonical_json(json.loads(spelled)) == spelled
    assert json.loads(spelled) == value
    assert b"\n" not in spelled


def test_canonical_json_word_for_word() -> None:
    """Sorted keys, no spaces, UTF-8."""
    value: JsonValue = {"b": [1, None, True], "a": "é\n", "A": {}}
    assert canonical_json(value) == '{"A":{},"a":"é\\n","b":[1,null,true]}'.encode()


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, -(2**53), {"ä": 1}, {1: 2}, (1,), b"", [[{"a": 0.5}]]]
)
def test_what_has_two_spellings_is_refused(value: object) -> None:
    """A float, a large integer, a key that is not ASCII, something that is not JSON."""
    with pytest.raises(ValueError, match=r"spelling|ASCII|JSON"):
        canonical_json(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a", "ab", "a-b", "a1", "x" * 30, "heart-study-2"])
def test_names_that_are_safe(name: str) -> None:
    """Accepted as they are."""
    assert parse_slug(name) == name


HOSTILE = ["", ".", "..", "-a", "a-", "A", "1a", "a b", "a/b", "a\\b", "a.b", "a\n", "a\0"]
HOSTILE += ["x" * 31, "x" * 300, "ä", "\u0430bc", "a_b", "../a", "a%2f", "\u202ea", " a", "a "]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_not(name: str) -> None:
    """Empty, dots, slashes, twins of letters, hyphens at the ends: Invalid, with the rule."""
    with pytest.raises(Invalid, match="1 to 30 characters") as refused:
        parse_slug(name)
    assert refused.value.code == "bad_slug"


def test_digests() -> None:
    """One spelling, or Invalid."""
    digest = digest_of(b"abc")
    assert parse_digest(digest) == digest
    assert digest == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    for wrong in (digest.upper(), digest[:-1], digest + "0", digest + "\n", digest[7:], ""):
        with pytest.raises(Invalid):
            parse_digest(wrong)


def test_a_decision_is_truthy_or_has_reasons() -> None:
    """The same value for button, tooltip and refusal."""
    assert Decision()
    assert not Decision((Reason("expired", "The permit has expired."),))


def test_server_keys_are_short_and_tell_pairs_apart() -> None:
    """Equal on every process; project and person cannot be shifted into each other."""
    assert server_key("heart", "ada") == server_key("heart", "ada")
    assert len(server_key("heart", "ada")) == 12
    assert server_key("heart", "ada") != server_key("ada", "heart")


def test_an_error_carries_its_sentence_code_and_reasons() -> None:
    """The code defaults to the family's name."""
    plain, full = NotAllowed("No."), NotAllowed("No.", code="own", reasons=[("own", "Yours.")])
    assert (str(plain), plain.message, plain.code, plain.reasons) == (
        "No.",
        "No.",
        "notallowed",
        (),
    )
    assert (full.code, full.reasons) == ("own", (("own", "Yours."),))
    assert {family.__name__ for family in TreError.__subclasses__()} == {
        "NotFound",
        "NotAllowed",
        "Conflict",
        "Invalid",
        "Unavailable",
        "Tampered",
    }
