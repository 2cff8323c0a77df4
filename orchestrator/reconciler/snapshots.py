"""Turns about snapshots: have an upload verified and indexed, place what was admitted.

Indexes of an earlier form are built anew from the published bytes, because whoever compares with
one would miss what newer rules look for; until then it is refused, and nothing leaves unchecked.
"""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.bootstrap.hands import Hands
from orchestrator.bootstrap.private import write_private
from orchestrator.datasets import queries, service, verify
from orchestrator.datasets.models import Snapshot
from orchestrator.datasets.states import SnapshotState
from orchestrator.db import CLEANING, held, read, write
from orchestrator.errors import NotFound, Tampered, Unavailable
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs.model import Report
from orchestrator.reconciler.lane import Work

KEPT = timedelta(days=1)
"""How long received bytes stay at least: an upload is frozen before its row is written."""

INDEX_SECONDS = 600.0
"""How often it is looked for indexes of an earlier form: an upgrade leaves them, nothing else."""


def due(hands: Hands, _now: datetime) -> Sequence[str]:
    """Snapshots whose next step is the system's, oldest first."""
    with read(hands.db) as session:
        return [row.id for row in queries.needing_work(session)]


def turn(hands: Hands, row_id: str, now: datetime) -> bool:
    """Verify or place one snapshot."""
    with read(hands.db) as session:
        row = queries.snapshot(session, row_id)
    try:
        if row.state == SnapshotState.VERIFYING.value:
            _verify(hands, row)
        elif row.state == SnapshotState.PLACING.value:
            _place(hands, row, now)
    except (Tampered, NotFound) as error:  # trying again would not bring the bytes back
        with write(hands.db) as session:
            service.reject(session, hands.clock(), row_id, error.code, error.message)
    return False


def index_key(hands: Hands, name: str) -> bytes:
    """The key of one index, beside the signing key and nowhere else; made once.

    Source: outputs section 5.1: the index is as sensitive as the data.
    """
    path = _key_path(hands, name)
    if not path.exists():
        write_private(path, secrets.token_bytes(32))
    return path.read_bytes()


def _key_path(hands: Hands, name: str) -> Path:
    return hands.settings.state_dir / "keys" / "indexes" / f"{Path(name).stem}.key"


def index_path(hands: Hands, name: str) -> Path:
    """Where an index lies."""
    return hands.settings.state_dir / "indexes" / name


def outdated(hands: Hands, _now: datetime) -> Sequence[str]:
    """Snapshots whose index has not the form that indexes have now."""
    with read(hands.db) as session:
        rows = queries.indexed(session)
        return [row.id for row in rows if row.index_name != verify.index_name(row.id, row.round)]


def index_anew(hands: Hands, row_id: str, _now: datetime) -> bool:
    """Build a snapshot's index again from its published bytes, and let go of the earlier one.

    Errors: Unavailable when the check worker builds none; Tampered or NotFound for lost bytes.
    """
    with read(hands.db) as session:
        row = queries.snapshot(session, row_id)
    earlier, name = row.index_name, verify.index_name(row.id, row.round)
    report = _checked(hands, row, name, Zone.SNAPSHOTS)
    if not index_path(hands, name).exists():
        raise Unavailable(
            f"The index of snapshot {row.id} could not be built anew, so no file can be compared "
            f"with it ({report.verdict.value}); it is tried again. Publish the snapshot again if "
            "that does not help.",
            code="not_indexed",
        )
    with write(hands.db) as session:
        service.record_index(session, row.id, name)
    for path in (index_path(hands, earlier), _key_path(hands, earlier)) if earlier else ():
        path.unlink(missing_ok=True)
    return False


def _verify(hands: Hands, row: Snapshot) -> None:
    """Let the report of the check worker propose or reject an upload."""
    name = verify.index_name(row.id, row.round)
    report = _checked(hands, row, name, Zone.INBOX)
    with write(hands.db) as session:
        service.record_verification(
            session, hands.clock(), row.id, report, policies=hands.policies, index=name
        )


def _checked(hands: Hands, row: Snapshot, name: str, zone: Zone) -> Report:
    """Have a snapshot's bytes read and indexed; only the check worker parses them."""
    target = index_path(hands, name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    outputs = hands.policies.outputs
    with ExitStack() as held:
        job = verify.job(
            row.id,
            row.round,
            queries.manifest_of(row),
            queries.dictionary_of(row),
            locate=lambda digest: held.enter_context(hands.store.local(zone, digest)),
            policy=outputs.as_json(),
            policy_digest=outputs.digest(),
            index_out=target,
            index_key=index_key(hands, name),
        )
        return hands.engine.check(job)


def _place(hands: Hands, row: Snapshot, now: datetime) -> None:
    """Copy by re-hash, bring it to the nodes, and only then write the row."""
    manifest = queries.manifest_of(row)
    done = 0
    for entry in manifest.entries:
        hands.store.copy(Zone.INBOX, entry.digest, Zone.SNAPSHOTS)
        done += entry.size
        with write(hands.db) as session:
            service.record_progress(session, row.id, done)
    hands.engine.place(hands.store, manifest.spelled())
    with write(hands.db) as session:
        service.record_placed(session, hands.clock(), row.id)
    _collect(hands, now)


def _collect(hands: Hands, now: datetime) -> None:
    """Free what nobody waits for; equal files of another upload under way stay.

    While a backup is made nothing is freed: the next snapshot that is placed frees it too.
    """
    with held(hands.db, CLEANING) as lock:
        if lock is not None:
            with read(hands.db) as session:
                keep = queries.awaited(session)
            hands.store.collect(Zone.INBOX, keep, (now - KEPT).timestamp())


WORK = Work("snapshot", due, turn)
INDEXES = Work("index", outdated, index_anew, every=INDEX_SECONDS)
