"""One house with published data and an approved permit, walked there once and then copied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator import db
from orchestrator.engines.memory import MemoryEngine
from tests.databases import a_copy, closing_engine
from tests.reconciler_world import House, Saved, a_house, reopen, save


@pytest.fixture(scope="session")
def granted(blank: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saved]:
    """Data are published, a permit is approved; the reconciler has not seen it yet."""
    folder = tmp_path_factory.mktemp("granted")
    state = folder / "state"
    state.mkdir()
    with a_copy(blank, state) as url:
        house = a_house(state, db.connect(url), MemoryEngine())
        house.publish()
        house.grant()
        yield save(house, folder / "saved")


@pytest.fixture
def house(granted: Saved, tmp_path: Path) -> Iterator[House]:
    """A copy of that house."""
    with a_copy(granted.database, tmp_path) as url, closing_engine(url) as engine:
        yield reopen(granted, tmp_path / "state", engine)


@pytest.fixture
def at_work(house: House) -> House:
    """The same house, its project's workspace open and its data attached."""
    house.settle(passes=5)
    assert house.world.mounts
    return house
