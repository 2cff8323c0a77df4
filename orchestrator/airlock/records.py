"""What leaves beside the files of a release: the record of their check, and the release's manifest.

Both are made from what the last check left in the database, so that whoever makes them again makes
the same bytes. The record is written as its author may read it: of other releases it says that
there is a conflict, never with which.
Source: outputs section 2; SATRE 3.3.09; decision 0025.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from orchestrator.airlock import reports, rewriting, rounds
from orchestrator.airlock.models import Check, CheckFile, File, ReportRow, Request
from orchestrator.datasets import queries as datasets
from orchestrator.errors import Conflict
from orchestrator.outputs.dictionary import parse_dictionary
from orchestrator.outputs.record import record_of
from orchestrator.policy.outputs import parse_outputs
from orchestrator.values import Digest, JsonValue, canonical_json, digest_of

MANIFEST = 1


@dataclass(frozen=True)
class Papers:
    """The two documents of a release, as the bytes that are stored, logged and handed out."""

    record: bytes
    manifest: bytes

    @property
    def digests(self) -> tuple[Digest, Digest]:
        """Name record and manifest."""
        return digest_of(self.record), digest_of(self.manifest)


def papers(session: Session, row: Request) -> Papers:
    """Write record and manifest of what the last check of a request covered.

    Errors: Conflict while that check has not run.
    """
    check = rounds.last_check(session, row)
    if check is None:
        raise Conflict("The last check before release has not run yet.", code="not_checked")
    record = canonical_json(_record(session, row, check))
    return Papers(record, canonical_json(_manifest(session, row, check, digest_of(record))))


def _record(session: Session, row: Request, check: Check) -> dict[str, JsonValue]:
    whole = reports.read_report(_body(session, check.report_digest))
    files = [reports.for_author(reports.read_file(_body(session, part))) for part in whole.parts]
    made: dict[str, JsonValue] = {
        "by": "release",
        "project": row.slug,
        "request": row.id,
        "name": row.name,
        "round": row.round,
        "check": check.id,
    }
    return record_of(
        files,
        parse_outputs(json.loads(_body(session, whole.policy_digest))),
        whole.engine,
        _sources(session, row.project_id, whole.snapshots),
        {file.path: file.context for file in _files(session, check)},
        made,
        sorted(reports.TOLD),
    )


def _manifest(session: Session, row: Request, check: Check, record: Digest) -> dict[str, JsonValue]:
    return {
        "release": MANIFEST,
        "project": row.slug,
        "request": row.id,
        "name": row.name,
        "round": row.round,
        "files": _listed(session, _files(session, check)),
        "record": record,
    }


def _listed(session: Session, files: Sequence[File]) -> list[JsonValue]:
    """Name each file that leaves, and where it was written again what it was before."""
    before = rewriting.originals(session, files)
    listed: list[JsonValue] = []
    for file in files:
        entry: dict[str, JsonValue] = {"path": file.path, "digest": file.digest, "size": file.size}
        if file.id in before:
            entry["original"] = before[file.id].original
        listed.append(entry)
    return listed


def _sources(session: Session, project_id: str, digests: Sequence[str]) -> list[JsonValue]:
    """Name the snapshots that were compared with, by their manifests, and their columns' roles."""
    had = {one.digest: one for one in datasets.granted_or_had(session, project_id)}
    return [_source(session, had[Digest(digest)]) for digest in digests]


def _source(session: Session, granted: datasets.Granted) -> JsonValue:
    row = datasets.snapshot(session, granted.snapshot_id)
    tables = parse_dictionary(datasets.dictionary_of(row)).tables
    roles: dict[str, JsonValue] = {
        name: {column: spec.role.value for column, spec in table.columns.items()}
        for name, table in tables.items()
    }
    return {
        "label": f"{granted.dataset}/{granted.label}",
        "digest": granted.digest,
        "manifest": json.loads(datasets.manifest_of(row).spelled()),
        "roles": roles,
    }


def _files(session: Session, check: Check) -> list[File]:
    query = select(File).where(CheckFile.check_id == check.id, CheckFile.file_id == File.id)
    return list(session.exec(query.order_by(File.path)))


def _body(session: Session, digest: str | None) -> str:
    return session.get_one(ReportRow, digest).body
