"""Reports spelled once, found again by digest, and silence that never counts as a pass."""

from dataclasses import replace

from orchestrator.airlock import reports, rules
from orchestrator.outputs.model import (
    Coverage,
    FileReport,
    Finding,
    Gap,
    Report,
    RuleResult,
    Verdict,
    Where,
)
from orchestrator.values import digest_of

FINDING = Finding(
    rule="O01",
    severity=Verdict.FLAG,
    where=Where("a.csv", rows=(4,), column="n", start=10, end=12),
    evidence="1 cell",
    say="One count is below 10.",
    measured="3",
    threshold="10",
)
PART = FileReport(
    "a.csv",
    digest_of(b"a"),
    Verdict.FLAG,
    (RuleResult("O01", 1, Verdict.FLAG, (FINDING,), None, {"minimum": "10"}),),
    Coverage(20, 18, (Gap("a.csv", 18, 20, "trailing bytes"),), "All but 2 bytes."),
)
REPORT = Report("c-1", Verdict.FLAG, (PART,), digest_of(b"p"), (digest_of(b"s"),), engine="e 1")


def test_a_files_report_comes_back_as_it_was() -> None:
    digest, body = reports.spell_file(PART)
    assert reports.read_file(body) == PART
    assert digest == digest_of(body.encode())
    assert reports.spell_file(replace(PART, verdict=Verdict.BLOCK))[0] != digest


def test_a_whole_report_names_its_parts_engine_and_snapshots() -> None:
    part, _ = reports.spell_file(PART)
    digest, body = reports.spell_report(REPORT, [part])
    assert digest == digest_of(body.encode())
    assert part in body
    assert reports.compared_with(body) == ("e 1", (digest_of(b"s"),))


def test_two_parts_about_one_file_cancel_each_other() -> None:
    twice = replace(REPORT, files=(PART, replace(PART, verdict=Verdict.PASS)))
    assert reports.by_file(twice)["a.csv", PART.digest] is None
    assert reports.by_file(REPORT)["a.csv", PART.digest] == PART


def test_silence_could_not_be_checked() -> None:
    said = reports.silent("a.csv", PART.digest, 20)
    assert rules.verdict_of(said) is Verdict.COULD_NOT_CHECK
    assert rules.holds(said, lambda _: "answer")
    assert (said.coverage.total, said.coverage.accounted) == (20, 0)
    assert reports.read_file(reports.spell_file(said)[1]) == said
