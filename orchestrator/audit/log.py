"""The log: append a record in the caller's transaction, read it, prove it.

Knows nothing of who may do what; `lifecycle.advance` and the named services call `append`, the
error tables of the doors call `refuse`.
"""

import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, func, insert, select, tuple_, update
from sqlmodel import Session

from orchestrator.audit import tree
from orchestrator.audit.models import ENTRIES, NODES, REFUSALS, TEXTS
from orchestrator.db import read, write
from orchestrator.errors import NotFound, Tampered
from orchestrator.values import SYSTEM, Actor, JsonValue, canonical_json

_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\Z")
_CODE = re.compile(r"[a-z][a-z0-9_.:-]{0,79}\Z")


@dataclass(frozen=True)
class Entry:
    """One record as stored: its place, its bytes as hashed, its leaf hash."""

    seq: int
    record: bytes
    leaf_hash: bytes


def append(
    session: Session,
    *,
    action: str,
    actor: Actor,
    now: datetime,
    object_type: str,
    object_id: str,
    object_digest: str | None = None,
    project: str | None = None,
    outcome: str = "success",
    reason: str | None = None,
    policy_digest: str | None = None,
    detail: dict[str, JsonValue] | None = None,
    text: str | None = None,
) -> int:
    """Write one record in the caller's writing transaction: both happen or neither.

    Shape: returns `seq`. `action` is `noun.event`; `reason` is a code. Names and e-mail addresses
    belong nowhere here; a person's words go into `text`, of which the tree holds a salted hash.
    Errors: whatever the database raises; the change must then not happen either.
    Source: design properties 1 and 11; governance section 8.
    """
    assert session.info.get("writing"), "the log grows in writing transactions only"
    assert _ACTION.match(action), f"an action is written noun.event, not {action!r}"
    assert reason is None or _CODE.match(reason), "a reason is a code; sentences go into text"
    seq = size(session)
    salt = secrets.token_bytes(16) if text is not None else b""
    record = canonical_json(
        {
            "v": 1,
            "seq": seq,
            "id": uuid.uuid4().hex,
            "time": _instant(now),
            "action": action,
            "outcome": outcome,
            # acr and auth_time are filled once step-up exists
            "actor": {"id": actor.id, "session": actor.session, "acr": None, "auth_time": None},
            "object": {"type": object_type, "id": object_id, "digest": object_digest},
            "project": project,
            "reason": reason,
            "policy_digest": policy_digest,
            "detail": detail or {},
            "text": None if text is None else {"commit": commitment(salt, text)},
        }
    )
    _store(session, seq, record)
    if text is not None:
        session.execute(insert(TEXTS).values(seq=seq, salt=salt, text=text))
    return seq


def refuse(
    engine: Engine,
    *,
    actor: Actor,
    rule: str,
    now: datetime,
    project: str | None = None,
    object_type: str = "",
    object_id: str = "",
) -> None:
    """Record a refusal in a transaction of its own, after the refused one was rolled back.

    Shape: the first per person, rule and minute is a record at once; further ones are counted and
    become one more record when they are settled, so that a retrying tab cannot flood the log.
    Errors: Unavailable when the database cannot take it.
    """
    minute = now.replace(second=0, microsecond=0)
    with write(engine) as session:
        same = (REFUSALS.c.actor == actor.id, REFUSALS.c.rule == rule, REFUSALS.c.minute == minute)
        counted = update(REFUSALS).where(*same).values(repeats=REFUSALS.c.repeats + 1)
        if session.execute(counted).rowcount:  # type: ignore[attr-defined]
            return
        seq = append(
            session,
            action="access.refused",
            actor=actor,
            now=now,
            object_type=object_type,
            object_id=object_id,
            project=project,
            outcome="refused",
            reason=rule,
        )
        session.execute(
            insert(REFUSALS).values(
                actor=actor.id, rule=rule, minute=minute, seq=seq, project=project, repeats=0
            )
        )


def settle_refusals(engine: Engine, now: datetime) -> int:
    """Turn the counts of past minutes into one record each; returns how many records.

    Shape: called by the reconciler before it signs, so that a checkpoint holds them too.
    """
    minute = now.replace(second=0, microsecond=0)
    past = REFUSALS.c.minute != minute  # a clock that went back must not keep counts for ever
    with read(engine) as session:
        if session.execute(select(func.count()).select_from(REFUSALS).where(past)).scalar() == 0:
            return 0
    with write(engine) as session:
        repeated = session.execute(
            select(REFUSALS).where(past, REFUSALS.c.repeats > 0).order_by(REFUSALS.c.seq)
        ).all()
        for row in repeated:
            append(
                session,
                action="access.refused_again",
                actor=SYSTEM,
                now=now,
                object_type="audit_entry",
                object_id=str(row.seq),
                project=row.project,
                outcome="refused",
                reason=row.rule,
                detail={"actor": row.actor, "minute": _instant(row.minute), "times": row.repeats},
            )
        session.execute(delete(REFUSALS).where(past))
    return len(repeated)


def erase_text(session: Session, seq: int, *, actor: Actor, now: datetime) -> None:
    """Erase a person's words and their salt; the record and the tree stay as they are.

    Errors: NotFound when there is nothing to erase.
    """
    if not session.execute(delete(TEXTS).where(TEXTS.c.seq == seq)).rowcount:  # type: ignore[attr-defined]
        raise NotFound(f"Entry {seq} of the log carries no text (any more).")
    append(
        session,
        action="log.text_erased",
        actor=actor,
        now=now,
        object_type="audit_entry",
        object_id=str(seq),
    )


def text_of(session: Session, seq: int) -> str | None:
    """Read the words behind a record, or None where there are none or they were erased."""
    row = session.execute(select(TEXTS.c.text).where(TEXTS.c.seq == seq)).first()
    return None if row is None else str(row.text)


def commitment(salt: bytes, text: str) -> str:
    """Bind words to a record without showing them."""
    return "sha256:" + hashlib.sha256(salt + text.encode()).hexdigest()


def size(session: Session) -> int:
    """Count the records."""
    last = session.connection().execute(select(func.max(ENTRIES.c.seq))).scalar()
    return 0 if last is None else int(last) + 1


def entries(session: Session, start: int = 0, end: int | None = None) -> Iterator[Entry]:
    """Read records start..end-1 in order, a thousand at a time."""
    stop = size(session) if end is None else end
    for first in range(start, stop, 1000):
        columns = select(ENTRIES.c.seq, ENTRIES.c.record, ENTRIES.c.leaf_hash)
        chosen = ENTRIES.c.seq.between(first, min(first + 1000, stop) - 1)
        for row in session.execute(columns.where(chosen).order_by(ENTRIES.c.seq)):
            yield Entry(int(row.seq), bytes(row.record), bytes(row.leaf_hash))


def newest(session: Session, action: str) -> datetime | None:
    """When something was done last, or None."""
    chosen = select(ENTRIES.c.record).where(ENTRIES.c.action == action)
    row = session.execute(chosen.order_by(ENTRIES.c.seq.desc()).limit(1)).first()
    return None if row is None else datetime.fromisoformat(json.loads(row.record)["time"])


def frontier(session: Session, at: int) -> tree.Frontier:
    """Rebuild what appending needs at a size, from the stored subtrees."""
    if at > (reached := size(session)):
        raise NotFound(f"The log has {reached} records, not {at}.", code="log_too_short")
    parts = tree.perfect(0, at)
    found = _nodes(session, parts)
    return tree.Frontier(at, [found[part] for part in parts])


def root(session: Session, at: int | None = None) -> bytes:
    """Name the first `at` records (all, by default) from the stored subtrees.

    Errors: NotFound for a size the log has not reached.
    """
    return frontier(session, size(session) if at is None else at).root()


def inclusion_proof(session: Session, seq: int, at: int) -> list[bytes]:
    """Prove that record `seq` is in the log of size `at`.

    Errors: NotFound for a size the log has not reached or a record beyond it.
    """
    if not 0 <= seq < at <= size(session):
        raise NotFound(f"The log of {at} records has no record {seq}.")
    return _prove(session, tree.inclusion_spans(seq, at))


def consistency_proof(session: Session, old: int, new: int) -> list[bytes]:
    """Prove that the log of size `old` is the beginning of the log of size `new`.

    Errors: NotFound for sizes the log has not reached or in the wrong order.
    """
    if not 0 < old <= new <= size(session):
        raise NotFound(f"There is no proof from size {old} to size {new}.")
    return _prove(session, tree.consistency_spans(old, new))


def _store(session: Session, seq: int, record: bytes) -> None:
    connection = session.connection()
    leaf = tree.leaf_hash(record)
    row = {"seq": seq, "record": record, "leaf_hash": leaf, **columns_of(record)}
    connection.execute(insert(ENTRIES), row)
    # only the subtrees that this leaf completes are read: one on average
    completes = (seq + 1 & -(seq + 1)).bit_length() - 1
    wanted = [(level, (seq >> level) - 1) for level in range(completes)]
    left = _nodes(session, wanted)
    total = leaf
    for level, position in wanted:
        total = tree.node_hash(left[level, position], total)
        node = {"level": level + 1, "position": seq >> level + 1, "hash": total}
        connection.execute(insert(NODES), node)


def columns_of(record: bytes) -> dict[str, str | None]:
    """Derive the searchable columns from a record's bytes, so that the two cannot differ."""
    parsed = json.loads(record)
    return {
        "action": parsed["action"],
        "actor": parsed["actor"]["id"],
        "project": parsed["project"],
        "object_id": parsed["object"]["id"],
    }


def _prove(session: Session, spans: list[tree.Span]) -> list[bytes]:
    found = _nodes(session, [part for span in spans for part in tree.perfect(*span)])
    return tree.hashes_of(spans, found.__getitem__)


def _nodes(session: Session, wanted: Iterable[tree.Node]) -> dict[tree.Node, bytes]:
    nodes, connection = list(wanted), session.connection()
    leaves = [index for level, index in nodes if level == 0]
    higher = [node for node in nodes if node[0] > 0]
    found: dict[tree.Node, bytes] = {}
    if leaves:
        chosen = select(ENTRIES.c.seq, ENTRIES.c.leaf_hash).where(ENTRIES.c.seq.in_(leaves))
        found.update({(0, int(r.seq)): bytes(r.leaf_hash) for r in connection.execute(chosen)})
    if higher:
        named = tuple_(NODES.c.level, NODES.c.position).in_(higher)
        for row in connection.execute(select(NODES).where(named)):
            found[int(row.level), int(row.position)] = bytes(row.hash)
    if len(found) != len(set(nodes)):
        raise Tampered("Hashes of the log are missing. Stop, keep a copy, call the administrator.")
    return found


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
