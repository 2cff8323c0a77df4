"""What every rule owes: an id, a source, a reason; never a pass for what was not seen."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import Context, JobFile, Verdict
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.outputs.rules.registry import RULES, rule
from orchestrator.outputs.rules.rule import Need, Rule, Subject, apply, spelled_rows
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import digest_of
from tests.outputs_world import Check, csv_of, index_of, verdicts

TABLE = b"sex,n\nF,12\nM,13\n"


def subject(
    policy: OutputsPolicy, caps: ReadCaps, data: bytes = TABLE, path: str = "t.csv"
) -> Subject:
    """A file as rules see it."""
    form = open_bytes(path, data, caps)
    file = JobFile(path, digest_of(data), len(data), Path(path))
    return Subject(file, form, cover(form), policy)


def test_every_rule_says_what_it_is() -> None:
    """Ids are unique, texts are sentences, sources are named."""
    assert len({one.id for one in RULES}) == len(RULES)
    for one in RULES:
        assert one.title
        assert one.text.endswith(".")
        assert one.source
        assert rule(one.id) is one
    assert rule("O99") is None


@pytest.mark.parametrize("one", RULES, ids=lambda one: str(one.id))
def test_an_unopened_file_never_passes_a_rule_about_content(
    one: Rule, policy: OutputsPolicy, caps: ReadCaps
) -> None:
    """Property 5, rule by rule: no form, an unknown form, an unread source."""
    closed = subject(policy, caps, b"PK\x03\x04", "a.xlsx")
    for given in (closed, replace(closed, form=None)):
        verdict = apply(one, given).verdict
        if one.needs & {Need.FORM, Need.TABLE} or one.id == "O29":
            assert verdict is Verdict.COULD_NOT_CHECK
    unread = replace(subject(policy, caps), sources_unread="The index is gone.")
    if Need.SOURCE in one.needs:
        assert apply(one, unread).verdict is Verdict.COULD_NOT_CHECK
        assert apply(one, unread).reason == "The index is gone."


@pytest.mark.parametrize("failure", [ValueError("P007"), RecursionError(), MemoryError()])
def test_a_rule_that_breaks_is_could_not_check(
    policy: OutputsPolicy, caps: ReadCaps, failure: Exception
) -> None:
    """And what broke it is not told, because it might be a value."""

    def broken(_subject: Subject) -> None:
        raise failure

    result = apply(replace(RULES[0], check=broken), subject(policy, caps))  # type: ignore[arg-type]
    assert result.verdict is Verdict.COULD_NOT_CHECK
    assert result.reason is not None
    assert "P007" not in result.reason


def test_what_does_not_apply_says_why(check: Check) -> None:
    """Without a source, without a table, without a request."""
    told = check("t.txt", "Nothing to see.\n")
    reasons = {one.rule: one.reason for one in told.results}
    assert reasons["O19"] == "No source dataset was named to compare with."
    assert reasons["O20"] == "There is no table in this file."
    assert verdicts(told)["O20"] == "not-applicable"


def test_parameters_are_part_of_the_record(check: Check) -> None:
    """The numbers a rule used travel with its result."""
    told = {one.rule: one.parameters for one in check("t.csv", TABLE).results}
    assert told["O01"] == {"minimum": "10"}
    assert told["O19"]["margin_bits"] == "6"


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        (Context(), 3),
        (Context("a", "b", ""), 1),
        (Context("a", " ", "c"), 1),
        (Context("a", "b", "c"), 0),
    ],
)
def test_missing_context_is_named(check: Check, said: Context, missing: int) -> None:
    """Exactly what is missing."""
    found = [one for one in check("t.csv", TABLE, context=said).findings if one.rule == "O37"]
    assert bool(found) is bool(missing)
    if missing == 1:
        assert found[0].say.count("which") == 1
        assert "1 of 3" in found[0].evidence


@pytest.mark.parametrize(
    "path",
    [".git/config", "a/.ipynb_checkpoints/n-checkpoint.ipynb", ".Rhistory", "x/.RData", "a.csv~",
     "a.csv.bak", ".#a.csv", "#a.csv#", "__pycache__/m.pyc", ".bash_history", ".SSH/id",
     "a/survival.Rhistory"],
)  # fmt: skip
def test_histories_and_caches_are_blocked(check: Check, path: str) -> None:
    """By name, whatever is in them."""
    report = check(path, b"x\n")
    assert verdicts(report)["O34"] == "block"
    assert report.verdict is Verdict.BLOCK
    for plain in ("git/report.txt", "history.txt"):
        assert verdicts(check(plain, b"x\n"))["O34"] == "pass"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "block"),
        ("key = 'AKIAABCDEFGHIJKLMNOP'", "block"),
        ("password: 'hunter2x'", "block"),
        ("postgresql://tre:secret@db/x", "block"),
        ("read('/home/ada/data.csv')", "flag"),
        ("C:\\Users\\ada\\x", "flag"),
        ("db1.hospital.internal", "flag"),
        ("at 192.168.3.4", "flag"),
        ("pd.read_csv('/data/flchain/v1/flchain.csv')", "pass"),
        ("the password was forgotten; version 10.1.2", "pass"),
    ],
)
def test_secrets_and_places(check: Check, text: str, verdict: str) -> None:
    """In a text and in a cell; never repeated in the finding."""
    assert verdicts(check("t.md", text + "\n"))["O24"] == verdict
    quoted = text.replace('"', "")
    report = check("t.csv", f'a,b\n1,"{quoted}"\n')
    assert verdicts(report)["O24"] == verdict
    assert not any(text in one.evidence + one.say for one in report.findings)


def test_odd_characters_formulas_and_addresses_are_looked_at(check: Check) -> None:
    """Each flagged by its own rule."""
    assert verdicts(check("t.csv", "a,n\nx\u200b,12\n"))["O31"] == "flag"
    assert verdicts(check("t.md", "te\u202ext\n"))["O31"] == "flag"
    assert verdicts(check("t.csv", "a,n\n=HYPERLINK(1),12\n"))["O35"] == "flag"
    assert verdicts(check("t.csv", "a,n\n-5,12\n+3,13\n"))["O35"] == "pass"
    assert verdicts(check("t.md", "ada@example.org\n"))["O22-national"] == "flag"
    assert verdicts(check("t.csv", "a,n\nada@example.org,12\n"))["O22-national"] == "flag"


def test_a_column_of_national_numbers_is_blocked(check: Check) -> None:
    """Judged as a column, without any source."""
    valid = ["4010232137", "9434765870", "9434765919", "9876543210", "4505577104", "5990128088"]
    data = "number,n\n" + "".join(f"{one},12\n" for one in valid)
    assert verdicts(check("t.csv", data))["O22-national"] == "block"


def test_a_shuffle_that_links_says_nothing(check: Check) -> None:
    """Where every row is the same, the comparison cannot separate: could not check."""
    wide = {f"c{at}": [str(at * 1.111)] * 3 + [f"{row}" for row in range(997)] for at in range(9)}
    source = index_of("s", wide)
    report = check("t.csv", csv_of(wide, [0, 1, 2] * 20), source)
    assert verdicts(report)["O19"] == "could-not-check"


@pytest.mark.parametrize(
    ("rows", "text"),
    [([1, 2, 3], "1-3"), ([7], "7"), ([3, 1, 9], "1, 3, 9"), ([], ""),
     (list(range(0, 40, 2)), "0, 2, 4, 6, 8, 10, 12, 14, ... (20 rows)")],
)  # fmt: skip
def test_rows_are_spelled_for_people(rows: list[int], text: str) -> None:
    """As ranges, cut where they get long."""
    assert spelled_rows(rows) == text


def test_the_engine_needs_the_index_key(check: Check, source: Index) -> None:
    """An index under another key finds nothing: its hashes mean nothing."""
    other = replace(source, key=bytes(32))
    assert verdicts(check("t.csv", "person,n\nP007919X,12\n", other))["O22"] == "pass"
    assert verdicts(check("t.csv", "person,n\nP007919X,12\n", source))["O22"] == "block"
