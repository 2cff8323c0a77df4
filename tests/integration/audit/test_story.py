"""The log of a whole story, walked through the services: what it says, and what it must not say."""

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from orchestrator import db
from orchestrator.airlock.states import RequestState
from orchestrator.audit import log
from orchestrator.audit.checkpoint import AT_ONCE
from orchestrator.identity.models import Person, WebSession
from tests.airlock_world import a_request
from tests.discover import machines

MACHINES = machines()


@pytest.fixture
def told(engine: Engine) -> list[dict[str, Any]]:
    """The records of a snapshot, a permit, a workspace and a release, in order."""
    with db.write(engine) as session:
        a_request(session, RequestState.RELEASED)
    with db.read(engine) as session:
        return [json.loads(entry.record) for entry in log.entries(session)]


def test_no_name_no_address_no_secret_is_in_a_record(
    engine: Engine, told: list[dict[str, Any]]
) -> None:
    """People are random actor ids; whoever may know has the mapping in another table."""
    spelled = json.dumps(told)
    with db.read(engine) as session:
        people = session.exec(select(Person)).all()
        secrets = [row.secret_hash for row in session.exec(select(WebSession))]
    assert len(people) > 4
    for person in people:
        for private in (person.name, person.email, person.subject):
            assert not private or private not in spelled
    assert not any(secret in spelled for secret in secrets)
    assert "@" not in spelled


def test_every_move_in_the_log_is_legal_and_follows_the_one_before(
    told: list[dict[str, Any]],
) -> None:
    """A history checker: for each thing, from its first state, one table row at a time."""
    stands: dict[str, str] = {}
    checked = 0
    for record in told:
        noun, detail = record["object"]["type"], record["detail"]
        if noun not in MACHINES or not {"from", "to"} <= detail.keys():
            continue
        machine, key = MACHINES[noun], record["object"]["id"]
        event = record["action"].rpartition(".")[2]
        rows = {(row.source, row.event): row.target for row in machine.table}
        assert detail["from"] == stands.get(key, machine.initial)
        assert rows[detail["from"], event] == detail["to"]
        stands[key] = detail["to"]
        checked += 1
    assert checked > 15
    assert "released" in stands.values()


def test_every_record_has_the_shape_of_the_first(told: list[dict[str, Any]]) -> None:
    """One shape for all, so that a verifier and an exporter need to know one."""
    assert {tuple(record) for record in told} == {tuple(told[0])}
    assert [record["seq"] for record in told] == list(range(len(told)))
    assert len({record["id"] for record in told}) == len(told)
    for record in told:
        assert datetime.fromisoformat(record["time"]).tzinfo is not None


def test_what_is_signed_at_once_exists() -> None:
    """Each word is an event of some table; a renamed event would otherwise wait a minute."""
    assert {event for machine in MACHINES.values() for event in machine.events} >= AT_ONCE
