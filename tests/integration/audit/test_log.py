"""The log on both databases: appended with the change, proved, guarded, refusals kept."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from orchestrator import db
from orchestrator.audit import log, tree
from orchestrator.audit.models import ENTRIES, NODES, REFUSALS, TEXTS
from orchestrator.errors import NotAllowed, NotFound
from orchestrator.values import SYSTEM, Actor

ADA = Actor(id="a-1", person="u-1", name="Ada Example", session="w-1")


def grow(engine: Engine, count: int, now: datetime, text: str | None = None) -> None:
    """Append a number of records."""
    with db.write(engine) as session:
        for _ in range(count):
            log.append(
                session,
                action="airlock_file.viewed",
                actor=ADA,
                now=now,
                object_type="airlock_file",
                object_id="f-1",
                object_digest="sha256:" + "0" * 64,
                project="p-1",
                text=text,
            )


def act_against_a_rule(engine: Engine, now: datetime) -> None:
    """Append, then be refused in the same transaction."""
    with db.write(engine) as session:
        log.append(session, action="a.b", actor=ADA, now=now, object_type="x", object_id="y")
        raise NotAllowed("The rule says no.", code="own_request")


def test_a_record_holds_what_was_said_and_no_name(engine: Engine, now: datetime) -> None:
    """The leaf holds ids and a commitment; the name and the words are elsewhere."""
    grow(engine, 1, now, text="The cell of three people, Ada Example says")
    with db.read(engine) as session:
        (entry,) = log.entries(session)
        words = log.text_of(session, 0)
    record = json.loads(entry.record)
    assert record["seq"] == 0
    assert record["time"] == "2026-05-04T09:12:33.000Z"
    assert record["actor"] == {"id": "a-1", "session": "w-1", "acr": None, "auth_time": None}
    assert record["object"]["digest"] == "sha256:" + "0" * 64
    assert record["text"]["commit"].startswith("sha256:")
    assert b"Ada" not in entry.record
    assert words is not None
    assert "Ada" in words


def test_roots_and_proofs_at_every_size(engine: Engine, now: datetime) -> None:
    """Stored subtrees give the same roots as hashing everything, and proofs that hold."""
    grow(engine, 21, now)
    with db.read(engine) as session:
        leaves = [entry.leaf_hash for entry in log.entries(session)]
        roots = [tree.root_of(leaves[:size]) for size in range(22)]
        assert [log.root(session, size) for size in range(22)] == roots
        for size in range(1, 22):
            for seq in range(size):
                proof = log.inclusion_proof(session, seq, size)
                assert tree.root_by_inclusion(leaves[seq], seq, size, proof) == roots[size]
            for old in range(1, size + 1):
                proof = log.consistency_proof(session, old, size)
                assert tree.is_consistent(old, size, roots[old], roots[size], proof)


def test_what_the_log_has_not_reached_is_not_found(engine: Engine, now: datetime) -> None:
    """A proof about the future is refused, not made up."""
    grow(engine, 3, now)
    with db.read(engine) as session:
        for ask in (
            lambda: log.root(session, 4),
            lambda: log.inclusion_proof(session, 3, 3),
            lambda: log.inclusion_proof(session, 0, 4),
            lambda: log.consistency_proof(session, 2, 4),
            lambda: log.consistency_proof(session, 3, 2),
            lambda: log.consistency_proof(session, 0, 2),
        ):
            with pytest.raises(NotFound):
                ask()


def test_entries_are_read_by_range(engine: Engine, now: datetime) -> None:
    """start..end-1, in order."""
    grow(engine, 7, now)
    with db.read(engine) as session:
        assert [entry.seq for entry in log.entries(session, 2, 5)] == [2, 3, 4]
        assert [entry.seq for entry in log.entries(session, 5)] == [5, 6]


def test_entry_and_change_happen_together_or_not_at_all(engine: Engine, now: datetime) -> None:
    """A roll-back takes the record along; the next one has no gap."""
    grow(engine, 2, now)
    with pytest.raises(NotAllowed):
        act_against_a_rule(engine, now)
    grow(engine, 1, now)
    with db.read(engine) as session:
        assert [entry.seq for entry in log.entries(session)] == [0, 1, 2]


def test_nothing_is_appended_outside_a_writing_transaction(engine: Engine, now: datetime) -> None:
    """Without the writer's lock two processes would take the same place."""
    with db.read(engine) as session, pytest.raises(AssertionError):
        log.append(session, action="a.b", actor=ADA, now=now, object_type="x", object_id="y")


@pytest.mark.parametrize(
    "change",
    [
        update(ENTRIES).values(record=b"{}"),
        delete(ENTRIES),
        update(NODES).values(hash=b"0" * 32),
        delete(NODES),
        update(TEXTS).values(text="other"),
        insert(ENTRIES).values(seq=9, record=b"", leaf_hash=b"", action="", actor="", object_id=""),
        insert(NODES).values(level=1, position=0, hash=b""),
        insert(TEXTS).values(seq=0, salt=b"", text="other"),
    ],
    ids=str,
)
def test_the_database_itself_refuses_to_change_the_log(
    engine: Engine, now: datetime, change: object
) -> None:
    """Triggers made by the migration stop an accident; only checkpoints stop a superuser."""
    grow(engine, 4, now, text="words")
    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(change)  # type: ignore[call-overload]


def test_replace_and_truncate_are_refused_too(engine: Engine, now: datetime) -> None:
    """Each database has a way to delete without a delete trigger."""
    grow(engine, 4, now)
    if engine.dialect.name == "sqlite":
        statements = [
            "insert or replace into audit_entries select * from audit_entries where seq = 1",
            "insert or replace into audit_nodes select * from audit_nodes",
        ]
    else:
        statements = ["truncate audit_entries", "truncate audit_nodes"]
    for statement in statements:
        with engine.connect() as connection, pytest.raises(DBAPIError, match="only grows"):
            connection.execute(text(statement))


def test_erasing_words_leaves_the_tree_as_it_was(engine: Engine, now: datetime) -> None:
    """Text and salt go, the root of what was there stays, the erasure is recorded."""
    grow(engine, 3, now, text="words")
    with db.read(engine) as session:
        before = log.root(session, 3)
    with db.write(engine) as session:
        log.erase_text(session, 1, actor=ADA, now=now)
    with db.read(engine) as session:
        assert log.text_of(session, 1) is None
        assert log.text_of(session, 2) == "words"
        assert log.root(session, 3) == before
        assert json.loads(list(log.entries(session))[-1].record)["action"] == "log.text_erased"
    with pytest.raises(NotFound), db.write(engine) as session:
        log.erase_text(session, 1, actor=ADA, now=now)


def test_refusals_of_one_minute_are_one_record_and_a_count(engine: Engine, now: datetime) -> None:
    """The first at once, the others summed when the minute is over; other rules by themselves."""
    for second in range(20):
        log.refuse(engine, actor=ADA, rule="not_a_member", now=now + timedelta(seconds=second))
    log.refuse(engine, actor=ADA, rule="own_request", now=now, project="p-1", object_id="r-1")
    log.refuse(engine, actor=SYSTEM, rule="not_a_member", now=now)
    assert log.settle_refusals(engine, now) == 0
    assert log.settle_refusals(engine, now + timedelta(minutes=1)) == 1
    assert log.settle_refusals(engine, now + timedelta(minutes=1)) == 0
    with db.read(engine) as session:
        records = [json.loads(entry.record) for entry in log.entries(session)]
        assert session.execute(select(REFUSALS)).all() == []
    assert [(r["actor"]["id"], r["reason"], r["outcome"]) for r in records[:3]] == [
        ("a-1", "not_a_member", "refused"),
        ("a-1", "own_request", "refused"),
        ("system", "not_a_member", "refused"),
    ]
    assert records[1]["project"] == "p-1"
    assert records[3]["detail"] == {
        "actor": "a-1",
        "minute": "2026-05-04T09:12:00.000Z",
        "times": 19,
    }
    assert len(records) == 4


def test_a_refusal_survives_the_roll_back_of_what_was_refused(
    engine: Engine, now: datetime
) -> None:
    """The refused transaction leaves nothing; its refusal is there."""
    with pytest.raises(NotAllowed):
        act_against_a_rule(engine, now)
    log.refuse(engine, actor=ADA, rule="own_request", now=now)
    with db.read(engine) as session:
        (entry,) = log.entries(session)
    assert json.loads(entry.record)["action"] == "access.refused"
