"""[pure] Check reports as canonical JSON under their own digest, and back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from orchestrator.outputs.codec import file_report_from_json, file_report_to_json
from orchestrator.outputs.model import (
    Coverage,
    FileReport,
    Finding,
    Gap,
    Report,
    RuleResult,
    Verdict,
    Where,
    worst,
)
from orchestrator.outputs.rules import volume
from orchestrator.outputs.rules.releases import LEDGER_RULES, SPOKEN
from orchestrator.values import Digest, JsonValue, canonical_json, digest_of

TOLD = dict.fromkeys(LEDGER_RULES, ("an earlier release on this dataset", SPOKEN)) | {
    volume.RULE.id: ("what left lately", volume.SPOKEN)
}
"""Rules that speak to checkers only, with all that an author is told: evidence and sentence."""


def spell_file(report: FileReport) -> tuple[Digest, str]:
    """Write one file's report; the same report has the same digest."""
    return _named(file_report_to_json(report))


def read_file(body: str) -> FileReport:
    """Read what `spell_file` wrote."""
    return file_report_from_json(json.loads(body))


def for_author(report: FileReport) -> FileReport:
    """Leave out what rules about other releases saw: the author learns that there is something.

    Source: outputs 6.2 (rules about other projects' releases speak to checkers only).
    """
    return replace(report, results=tuple(map(_unspoken, report.results)))


def without_ledger(report: FileReport) -> FileReport:
    """Give a report as the machine alone may act on it at submission.

    Shape: a conflict with another release is for checkers: they see both tables, cannot approve,
    and send the file back with what may be said; the machine sends nothing back over their heads.
    """
    kept = tuple(one for one in report.results if one.rule not in LEDGER_RULES)
    return replace(report, results=kept, verdict=worst([one.verdict for one in kept]))


def _unspoken(result: RuleResult) -> RuleResult:
    if result.rule not in TOLD or not result.findings:
        return result
    worst_of = max(result.findings, key=lambda one: one.severity is Verdict.BLOCK)
    path = Where(worst_of.where.path)
    finding = Finding(result.rule, worst_of.severity, path, *TOLD[result.rule])
    return replace(result, findings=(finding,), reason=None)


def spell_report(report: Report, parts: list[Digest]) -> tuple[Digest, str]:
    """Write a whole report, with its files by the digests of their parts."""
    return _named(
        {
            "job": report.job,
            "verdict": report.verdict.value,
            "files": [*parts],
            "policy_digest": report.policy_digest,
            "snapshots": [*report.snapshots],
            "engine": report.engine,
        }
    )


@dataclass(frozen=True)
class Whole:
    """A whole report as it is stored: its files by the digests of their parts."""

    parts: tuple[Digest, ...]
    policy_digest: Digest
    snapshots: tuple[Digest, ...]
    engine: str


def read_report(body: str) -> Whole:
    """Read what `spell_report` wrote."""
    value = json.loads(body)
    return Whole(
        tuple(value["files"]), value["policy_digest"], tuple(value["snapshots"]), value["engine"]
    )


def compared_with(body: str) -> tuple[str, tuple[Digest, ...]]:
    """Read from a whole report which engine spoke and with which snapshots it compared."""
    whole = read_report(body)
    return whole.engine, whole.snapshots


def by_file(report: Report) -> Mapping[tuple[str, str], FileReport | None]:
    """Index a report by path and digest; two parts about one file cancel each other."""
    found: dict[tuple[str, str], FileReport | None] = {}
    for part in report.files:
        key = (part.path, part.digest)
        found[key] = None if key in found else part
    return found


def silent(path: str, digest: str, size: int) -> FileReport:
    """Stand for a file about which the check said nothing usable: could not check.

    Units: `size` in bytes.
    Source: design property 5.
    """
    return FileReport(
        path,
        Digest(digest),
        Verdict.COULD_NOT_CHECK,
        (),
        Coverage(
            size, 0, (Gap(path, 0, size, "no report"),), "The check said nothing about this file."
        ),
    )


def _named(value: JsonValue) -> tuple[Digest, str]:
    body = canonical_json(value)
    return digest_of(body), body.decode()
