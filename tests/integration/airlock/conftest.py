"""The airlock's tests begin in a house that stands: data published, a project at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from orchestrator import db
from tests.airlock_world import a_working_project, remember
from tests.databases import copy_sqlite


@pytest.fixture(scope="session")
def working_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database in which a project's workspace is open; walked there once, then copied."""
    file = tmp_path_factory.mktemp("working") / "tre.db"
    engine = db.connect(copy_sqlite(sqlite_template, file))
    with db.write(engine) as session:
        remember(a_working_project(session))
    engine.dispose()
    return file


@pytest.fixture
def sqlite_engine(working_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A fresh copy of that house."""
    engine = db.connect(copy_sqlite(working_template, tmp_path / "tre.db"))
    yield engine
    engine.dispose()
