"""The airlock's tests begin in a house that stands: data published, a project at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from orchestrator import db
from tests.airlock_world import a_working_project, remember
from tests.databases import a_copy, closing_engine


@pytest.fixture(scope="session")
def working_template(blank: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of each kind in which a workspace is open; walked there once, then copied."""
    with a_copy(blank, tmp_path_factory.mktemp("working")) as url:
        with closing_engine(url) as engine, db.write(engine) as session:
            remember(a_working_project(session))
        yield url


@pytest.fixture
def engine(working_template: str, tmp_path: Path) -> Iterator[Engine]:
    """A fresh copy of that house."""
    with a_copy(working_template, tmp_path) as url, closing_engine(url) as engine:
        yield engine
