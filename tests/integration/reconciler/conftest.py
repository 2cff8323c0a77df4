"""One house with published data and an approved permit, walked there once and then copied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator import db
from orchestrator.engines.memory import MemoryEngine
from tests.databases import copy_sqlite
from tests.reconciler_world import House, Saved, a_house, reopen, save


@pytest.fixture(scope="session")
def granted(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """Data are published, a permit is approved; the reconciler has not seen it yet."""
    folder = tmp_path_factory.mktemp("granted")
    state = folder / "state"
    state.mkdir()
    url = copy_sqlite(sqlite_template, state / "tre.db")
    house = a_house(state, db.connect(url), MemoryEngine())
    house.publish()
    house.grant()
    return save(house, folder / "saved")


@pytest.fixture
def house(granted: Saved, tmp_path: Path) -> Iterator[House]:
    """A copy of that house."""
    opened = reopen(granted, tmp_path / "state")
    yield opened
    opened.hands.db.dispose()


@pytest.fixture
def at_work(house: House) -> House:
    """The same house, its project's workspace open and its data attached."""
    house.settle(passes=5)
    assert house.world.mounts
    return house
