"""`tre halt` on a cluster: the row is the command, and it waits for what gateway and doors saw."""

from pathlib import Path

import pytest

from orchestrator.cli.halt import ROLES
from orchestrator.cli.halted import heard, record
from orchestrator.db import connect, write
from orchestrator.errors import NotFound, Unavailable
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
