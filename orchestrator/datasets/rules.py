"""[pure] Rules of snapshots: names, who is what to them, what a report and a review come to."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from orchestrator.datasets.manifest import Manifest
from orchestrator.datasets.states import MOUNTABLE, Sensitivity, SnapshotState
from orchestrator.errors import Invalid
from orchestrator.governance.seats import Approved, Outcome, Pending, Rejected, Returned
from orchestrator.lifecycle.machine import Standing
from orchestrator.objectstore.paths import shown
from orchestrator.outputs.dictionary import table_name
from orchestrator.outputs.model import Finding, Report, Verdict
from orchestrator.values import Actor, Digest, Reason

TITLE_CHARACTERS = 200
SUMMARY_CHARACTERS = 4000
REASON_CHARACTERS = 4000
NAMED_REASONS = 20

POLICY = "dataset-admission"
"""The review policy that admits snapshots."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,28}[a-z0-9])?\Z")

_ROLES = {Standing.STEWARD: "data_steward", Standing.OWNER: "asset_owner"}

_READERS = frozenset({"administrator", "auditor", "system"})
"""Roles that see that a snapshot exists before it is published; none of them sees its data."""


@dataclass(frozen=True)
class Expected:
    """What the sender says a file is; `size` in bytes, None where it was not said."""

    size: int | None = None
    digest: Digest | None = None


def parse_label(text: str) -> str:
    """Accept a version label: it becomes a folder that researchers type, `/data/<dataset>/<label>`.

    Shape: 1 to 30 characters of a-z, 0-9, hyphen and single dots, first and last no hyphen or dot.
    Errors: Invalid.
    """
    if not _LABEL.match(text) or ".." in text:
        raise Invalid(
            f"{shown(text[:40])} cannot be a version: use 1 to 30 characters of a-z, 0-9, hyphen "
            "and single dots, beginning and ending with a letter or digit, such as 2026-1.",
            code="bad_label",
        )
    return text


def parse_sensitivity(text: str) -> Sensitivity:
    """Accept one of the known words.

    Errors: Invalid.
    """
    try:
        return Sensitivity(text)
    except ValueError as error:
        raise Invalid(f"A sensitivity is one of {', '.join(Sensitivity)}.") from error


def parse_words(text: str, what: str, limit: int) -> str:
    """Trim what a person wrote; it must say something and fit.

    Errors: Invalid when empty, too long, or with control characters.
    """
    words = text.strip()
    hidden = any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in words)
    if not words or len(words) > limit or hidden:
        raise Invalid(
            f"Write {what}: 1 to {limit} characters, without control characters.",
            code="bad_text",
        )
    return words


def standing(actor: Actor, partner: str, wanted: Iterable[Standing]) -> Standing:
    """Say what somebody is to a partner's data: the first of `wanted` that they are, or a stranger.

    Shape: a role counts only in the person's own organisation; nobody speaks for another partner.
    """
    for one in wanted:
        if _ROLES.get(one) in actor.roles and actor.organisation == partner:
            return one
    return Standing.STRANGER


def visible(actor: Actor, partner: str, state: str, *, was_published: bool) -> bool:
    """Say whether somebody may know of a snapshot.

    Shape: its partner's stewards and owners always; who runs or audits the house, that it exists;
    everybody else once it is or was published.
    """
    if standing(actor, partner, (Standing.STEWARD, Standing.OWNER)) is not Standing.STRANGER:
        return True
    return bool(actor.roles & _READERS) or state in MOUNTABLE or was_published


def shortfall(
    received: Mapping[str, tuple[int, Digest]], expected: Mapping[str, Expected]
) -> tuple[Reason, ...]:
    """Compare what arrived with what the sender says was sent; nothing found means complete."""
    found = [
        Reason("file_missing", f"{shown(path)} did not arrive. Send it, then finish again.")
        for path in sorted(expected.keys() - received.keys())
    ]
    found += [
        Reason("file_unexpected", f"{shown(path)} arrived but is not in your list.")
        for path in sorted(received.keys() - expected.keys())
    ]
    for path in sorted(received.keys() & expected.keys()):
        found += _differs(path, *received[path], expected[path])
    return tuple(found)


def undescribed(tables: Mapping[str, str], paths: Iterable[str]) -> tuple[Reason, ...]:
    """Say which tables of the dictionary have no file, and which have more than one.

    Shape: `tables` maps each table to the path its dictionary names, or to an empty text.
    """
    by_name: dict[str, list[str]] = {}
    for path in sorted(paths):
        by_name.setdefault(table_name(path), []).append(path)
    found = []
    for table, file in sorted(tables.items()):
        holders = by_name.get(table, [])
        if not holders or (file and file not in holders):
            wanted = file or f"{table}.csv"
            text = f"The dictionary describes table {shown(table)}, but {shown(wanted)} is missing."
            found.append(Reason("table_missing", text))
        elif len(holders) > 1:
            names = " and ".join(shown(path) for path in holders[:3])
            text = f"Table {shown(table)} is in more than one file: {names}. Keep one."
            found.append(Reason("table_twice", text))
    return tuple(found)


def demand_none(reasons: tuple[Reason, ...], sentence: str, code: str) -> None:
    """Refuse input that has reasons against it, naming the first and carrying all.

    Errors: Invalid.
    """
    if reasons:
        told = [(reason.code, reason.text) for reason in reasons[:NAMED_REASONS]]
        more = f" ({len(reasons) - 1} more.)" if len(reasons) > 1 else ""
        raise Invalid(f"{sentence} {reasons[0].text}{more}", code=code, reasons=told)


def against_report(report: Report, manifest: Manifest) -> tuple[Reason, ...]:
    """Say why a verified snapshot cannot be proposed; nothing found means it can.

    Shape: pass and flag go on to the asset owner, who sees every finding; block and could-not-check
    do not, and a file without a report was not checked.
    Source: design property 5; outputs 8.1.
    """
    verdicts = {(file.path, file.digest): file for file in report.files}
    found = []
    for entry in manifest.entries:
        file = verdicts.get((entry.path, entry.digest))
        if file is None:
            found.append(Reason("not_checked", f"{shown(entry.path)} was not checked."))
        elif file.verdict not in _GOES_ON:
            says = " ".join(_spoken(f) for f in file.findings if f.severity not in _GOES_ON)
            text = f"{shown(entry.path)}: {says or file.coverage.statement or file.verdict}"
            found.append(Reason(file.verdict.replace("-", "_"), text))
    if not found and report.verdict not in _GOES_ON:
        text = "The files together did not pass; see the report."
        found.append(Reason(report.verdict.replace("-", "_"), text))
    return tuple(found)


def same_files(report: Report, manifest: Manifest) -> bool:
    """Say whether a report speaks of no other bytes than the manifest's."""
    known = {(entry.path, entry.digest) for entry in manifest.entries}
    return {(file.path, file.digest) for file in report.files} <= known


def event_of(outcome: Outcome) -> str | None:
    """Translate what the seats agreed on into the event that follows; None while pending."""
    match outcome:
        case Pending():
            return None
        case Approved():
            return "admit"
        case Returned():
            return "return"
        case Rejected():
            return "reject"
        case _:
            assert_never(outcome)


def told(reasons: Iterable[Reason]) -> str:
    """Join reasons for the row's `reason`, short enough for a page."""
    return " ".join(reason.text for reason in list(reasons)[:NAMED_REASONS])[:REASON_CHARACTERS]


def free_again(state: str, *, was_published: bool) -> bool:
    """Say whether a label may be used anew: nobody can ever have worked with that version."""
    return state == SnapshotState.REJECTED or (
        state == SnapshotState.WITHDRAWN and not was_published
    )


_GOES_ON = frozenset({Verdict.PASS, Verdict.FLAG, Verdict.NOT_APPLICABLE})


def _spoken(finding: Finding) -> str:
    """A finding for the steward: what was seen and where (never a value), and how to mend it."""
    return f"{finding.evidence.rstrip('.')}. {finding.say}"


def _differs(path: str, size: int, digest: Digest, expected: Expected) -> list[Reason]:
    if expected.size is not None and size != expected.size:
        text = (
            f"{shown(path)} arrived with {size:,} bytes, you say {expected.size:,}: the upload was "
            "cut or the file changed. Send it again."
        )
        return [Reason("file_truncated", text)]
    if expected.digest is not None and digest != expected.digest:
        text = f"{shown(path)} arrived with another SHA-256 than you say. Send it again."
        return [Reason("file_differs", text)]
    return []
