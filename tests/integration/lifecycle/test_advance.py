"""The one door: transition, compare-and-set and audit entry are one transaction."""

import json
import threading
from datetime import datetime
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel

from orchestrator import db
from orchestrator.audit import log
from orchestrator.db import UtcTime
from orchestrator.errors import Conflict, NotAllowed, TreError
from orchestrator.lifecycle.advance import advance
from orchestrator.lifecycle.machine import Machine, Standing
from orchestrator.values import SYSTEM, Actor
from tests.discover import machines

MACHINES = machines()
ADA = Actor(id="a-1", person="u-1", name="Ada Example")


class Toys(SQLModel, registry=registry()):
    """Tables of this test, apart from the real ones."""


class Thing(Toys, table=True):
    """A row that can take any machine."""

    __tablename__ = "things"
    MACHINE: ClassVar[Machine] = MACHINES["workspace"]

    id: str = Field(primary_key=True)
    state: str
    version: int = 0
    reason_code: str | None = None
    reason: str | None = None
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)

    def audit_project(self) -> str | None:
        """As a noun says it."""
        return "p-1"


@pytest.fixture
def things(engine: Engine) -> Engine:
    """A database with a table of toys."""
    Toys.metadata.create_all(engine)
    return engine


def put(engine: Engine, machine: Machine, key: str = "t-1") -> None:
    """Make a row in the machine's first state, anew."""
    Thing.MACHINE = machine
    with db.write(engine) as session:
        session.execute(text("delete from things"))
        session.add(Thing(id=key, state=machine.initial))


def get(session: Session, key: str = "t-1") -> Thing:
    """Load the row."""
    row = session.get(Thing, key)
    assert row is not None
    return row


def records(engine: Engine) -> list[dict[str, Any]]:
    """The log as parsed."""
    with db.read(engine) as session:
        return [json.loads(entry.record) for entry in log.entries(session)]


def attempt(engine: Engine, event: str, standing: Standing, now: datetime) -> bool:
    """Try one move in a transaction of its own; whether it happened."""
    try:
        with db.write(engine) as session:
            advance(session, get(session), event, standing=standing, actor=ADA, now=now)
    except TreError:
        return False
    return True


def test_a_move_is_recorded_with_everything(things: Engine, now: datetime) -> None:
    """State, version, reason and time on the row; who, what and from where in the log."""
    put(things, MACHINES["workspace"])
    with db.write(things) as session:
        move = advance(
            session,
            get(session),
            "provision",
            standing=Standing.SYSTEM,
            actor=SYSTEM,
            now=now,
            reason_code="permit_active",
            reason="The permit begins today.",
            digest="sha256:" + "1" * 64,
            policy_digest="sha256:" + "2" * 64,
            detail={"round": 1},
        )
        row = get(session)
        assert (row.state, row.version, row.changed_at) == (move.target, 1, now)
        assert (row.reason_code, row.reason) == ("permit_active", "The permit begins today.")
    (record,) = records(things)
    assert record["action"] == "workspace.provision"
    assert record["object"] == {"type": "workspace", "id": "t-1", "digest": "sha256:" + "1" * 64}
    assert record["project"] == "p-1"
    assert record["reason"] == "permit_active"
    assert record["policy_digest"] == "sha256:" + "2" * 64
    assert record["detail"] == {"from": "wanted", "to": "provisioning", "round": 1}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_each_move_adds_one_entry_and_a_refusal_none(
    things: Engine, now: datetime, machine: Machine, data: st.DataObject
) -> None:
    """Over random walks: versions rise by one, the log by one, and refusals leave no trace."""
    put(things, machine)
    before, moves, state = len(records(things)), 0, str(machine.initial)
    steps = st.tuples(st.sampled_from(machine.events), st.sampled_from(list(Standing)))
    for event, drawn in data.draw(st.lists(steps, max_size=6)):
        legal = [r for r in machine.table if r.source == state]
        choose = bool(legal) and data.draw(st.booleans())
        step = data.draw(st.sampled_from(legal)) if choose else None
        name, standing = (step.event, min(step.by)) if step else (event, drawn)
        happened = attempt(things, name, standing, now)
        assert happened or step is None
        moves += happened
        with db.read(things) as session:
            row = get(session)
            assert row.version == moves
            assert happened or row.state == state
            state = row.state
    added = records(things)[before:]
    assert len(added) == moves
    path = [machine.initial, *(record["detail"]["to"] for record in added)]
    assert [record["detail"]["from"] for record in added] == path[:-1]


def test_both_refusals_leave_nothing(things: Engine, now: datetime) -> None:
    """Wrong moment and wrong person: no state, no entry."""
    put(things, MACHINES["workspace"])
    for event, standing, family in [
        ("finish", Standing.SYSTEM, Conflict),
        ("provision", Standing.LEAD, NotAllowed),
    ]:
        with pytest.raises(family):
            _move(things, event, standing, now)
    assert records(things) == []


def _move(engine: Engine, event: str, standing: Standing, now: datetime) -> None:
    with db.write(engine) as session:
        advance(session, get(session), event, standing=standing, actor=ADA, now=now)


@pytest.mark.parametrize("column", ["version = version + 1", "state = 'halted'"])
def test_who_looked_too_early_is_told(things: Engine, now: datetime, column: str) -> None:
    """Compare-and-set: a row that moved after it was read is not moved again, and not logged."""
    put(things, MACHINES["workspace"])

    def move_what_was_changed_meanwhile() -> None:
        with db.write(things) as session:
            row = get(session)
            session.connection().execute(text(f"update things set {column}"))
            advance(session, row, "provision", standing=Standing.SYSTEM, actor=ADA, now=now)

    with pytest.raises(Conflict, match="Somebody else changed this workspace") as raced:
        move_what_was_changed_meanwhile()
    assert raced.value.code == "raced"
    assert records(things) == []


def test_of_many_at_once_one_moves_it(things: Engine, now: datetime) -> None:
    """Eight threads, one move, one entry; the others are told."""
    put(things, MACHINES["workspace"])
    barrier, happened = threading.Barrier(8), []

    def race() -> None:
        barrier.wait(30)
        happened.append(attempt(things, "provision", Standing.SYSTEM, now))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(happened) == [False] * 7 + [True]
    assert len(records(things)) == 1


def test_a_roll_back_takes_state_and_entry_along(things: Engine, now: datetime) -> None:
    """What fails after the move undoes the move."""
    put(things, MACHINES["workspace"])

    def move_then_fail() -> None:
        with db.write(things) as session:
            advance(
                session, get(session), "provision", standing=Standing.SYSTEM, actor=ADA, now=now
            )
            raise Conflict("Too late.")

    with pytest.raises(Conflict, match="Too late"):
        move_then_fail()
    with db.read(things) as session:
        assert get(session).state == "wanted"
    assert records(things) == []


def test_states_move_in_writing_transactions_only(things: Engine, now: datetime) -> None:
    """Without the writer's lock there is no move."""
    put(things, MACHINES["workspace"])
    with db.read(things) as session:
        row = get(session)
        with pytest.raises(AssertionError, match="writing transactions"):
            advance(session, row, "provision", standing=Standing.SYSTEM, actor=ADA, now=now)
