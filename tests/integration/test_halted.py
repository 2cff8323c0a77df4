"""`tre halt` on a cluster: the row is the command, and it waits for what gateway and doors saw."""

from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.cli.halt import ROLES
from orchestrator.cli.halted import heard, record
from orchestrator.db import connect, read, write
from orchestrator.errors import NotFound, Unavailable
from orchestrator.governance.models import Halt
from orchestrator.governance.service import hear_halt
from orchestrator.migrations.run import upgrade
from orchestrator.settings import Settings
from tests.factories import NOW, an_active_project


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with one active project."""
    found = Settings(mode="test", state_dir=tmp_path)
    upgrade(found.database)
    with write(connect(found.database)) as session:
        an_active_project(session, slug="survival")
    return found


def test_it_says_what_each_of_them_closed(settings: Settings) -> None:
    """In the order in which they answer, with the seconds since the row was written."""
    row = record(settings, "survival", None, "Because.")
    with write(connect(settings.database)) as session:
        hear_halt(session, NOW, row, "gateway", 2)
        hear_halt(session, NOW, row, "doors", 1)
    said = dict(heard(settings, row, ROLES, 5))
    assert said["gateway"].startswith("2 connections closed")
    assert said["doors"].startswith("1 connections closed")


def test_what_counts_is_when_they_closed(settings: Settings) -> None:
    """Not when their answer arrived; and no answer is older than its halt."""
    row = record(settings, "survival", None, "Because.")
    db = connect(settings.database)
    with read(db) as session:
        at = session.get_one(Halt, row).at
    late = at + timedelta(seconds=9)
    with write(db) as session:
        hear_halt(session, late, row, "gateway", 1, timedelta(seconds=8.5))
        hear_halt(session, late, row, "doors", 1, timedelta(seconds=90))
    said = dict(heard(settings, row, ROLES, 5))
    assert "closed 0.50 s after" in said["gateway"]
    assert "closed 0.00 s after" in said["doors"]


def test_silence_is_an_error_that_names_who_is_silent(settings: Settings) -> None:
    """The halt stands; who halted must not believe that everything is closed."""
    row = record(settings, "survival", None, "Because.")
    with write(connect(settings.database)) as session:
        hear_halt(session, NOW, row, "doors", 0)
    told: list[str] = []
    with pytest.raises(Unavailable, match="gateway did not confirm") as refused:
        told += [role for role, _ in heard(settings, row, ROLES, 0.3)]
    assert refused.value.code == "halt_not_heard"


def test_a_project_that_is_not_there_is_a_sentence(settings: Settings) -> None:
    """Nothing is written then."""
    with pytest.raises(NotFound, match="no project"):
        record(settings, "nowhere", None, "Because.")
