"""An open workspace that nobody asks anything of: whatever is altered by hand is mended at once.

The reconciler runs as in production, all lanes, against the real API server under all admission
policies. No test here calls the engine: what is mended was noticed by a watch. No pod is needed.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from orchestrator import db
from orchestrator.audit import log
from orchestrator.engines.kubernetes import names, storage
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.differences import Key, is_ending, key, metadata_of, writes
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.kubernetes.records import where_halted
from orchestrator.errors import NotFound
from orchestrator.workspaces.states import WorkspaceState as State
from tests.cluster.alterations import ALTERED, DELETED, STRAYS, a_stray, alter
from tests.cluster.installed import Installed, installed
from tests.cluster.objects import Objects, until
from tests.cluster.running import WithoutPods, a_house_with, at_work, engine_of, opened
from tests.databases import a_copy, closing_engine
from tests.reconciler_world import House

GONE = 90.0
"""Seconds within which a namespace that was deleted is gone and all of it is there again."""

SOON = 10.0
"""Seconds within which what was altered must have been mended; a hint late by a safety look, and
a cluster with other work, included. `make bench` says how fast it is."""


@dataclass
class Place:
    """A workspace that is open, the reconciler that keeps it, and a person with too many rights."""

    here: Installed
    house: House
    engine: WithoutPods
    intruder: Client

    @property
    def slug(self) -> str:
        """The project."""
        return self.house.slug

    @property
    def environments(self) -> Environments:
        """What the reconciler's engine sees; asked without a request."""
        return self.engine.environments


@pytest.fixture(scope="module")
def place(
    objects: Objects, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """One workspace for all tests of this file; the reconciler runs beside them."""
    state = tmp_path_factory.mktemp("drift") / "state"
    state.mkdir()
    with (
        installed(objects) as here,
        engine_of(here) as engine,
        a_copy(f"sqlite:///{sqlite_template}", state) as url,
        closing_engine(url) as database,
    ):
        house = a_house_with(engine, state, database, f"{here.prefix}-survival")
        intruder = Client(here.access(here.cluster.account))
        with at_work(house):
            opened(house)
            yield Place(here, house, engine, intruder)
        intruder.close()


@pytest.fixture(autouse=True)
def _stays_open(place: Place) -> Iterator[None]:
    """Whatever is done to it, nobody's work is interrupted and nothing is left to do."""
    quiet(place)
    yield
    quiet(place)
    row = place.house.workspace()
    assert (row.state, row.mounts_digest is not None) == (State.OPEN, True)


def quiet(place: Place) -> int:
    """Wait until the reconciler has nothing to write; answer the number of requests until then.

    The cluster's own controllers may still be filling in what was made a moment ago.
    """

    def nothing_sent() -> bool:
        before = place.environments.client.sent
        time.sleep(0.3)
        return place.environments.client.sent == before and place.environments.drifted() == []

    until(nothing_sent, GONE, "there is always something to write")
    return place.environments.client.sent


def as_asked(place: Place, where: Key) -> bool:
    """Whether the API server has an object of ours as it should be."""
    record = place.environments.asked.record(place.slug)
    assert record is not None
    try:
        stored = place.intruder.get(where)
    except NotFound:
        return False
    wanted = [one for one in place.environments.wanted(record.spec) if key(one) == where]
    return not is_ending(stored) and writes(wanted, {where: stored}) == []


def mended_since(place: Place, size: int) -> list[bytes]:
    """What the log says was mended since it had this many entries."""
    with db.read(place.house.hands.db) as session:
        entries = [one.record for one in log.entries(session)]
    return [one for one in entries[size:] if b'"workspace.mended"' in one]


def entries(place: Place) -> int:
    """How long the log is."""
    with db.read(place.house.hands.db) as session:
        return log.size(session)


def test_an_unchanged_world_costs_no_request(place: Place) -> None:
    """Nor an entry in the log, while the reconciler looks and looks."""
    before, size = quiet(place), entries(place)
    time.sleep(5)
    assert place.environments.client.sent == before
    assert mended_since(place, size) == []


@pytest.mark.parametrize("name", DELETED)
def test_what_was_deleted_comes_back_by_itself(name: str, place: Place) -> None:
    where = DELETED[name](place.here, place.slug)
    size, before = entries(place), metadata_of(place.intruder.get(where))["uid"]
    place.intruder.delete(where)

    def back() -> bool:
        try:
            stored = place.intruder.get(where)
        except NotFound:
            return False
        return metadata_of(stored)["uid"] != before and not is_ending(stored)

    until(back, SOON, f"{name} was not made again")
    until(lambda: mended_since(place, size), SOON, "nothing was written down")
    assert f'"{where.kind}":'.encode() in mended_since(place, size)[0].replace(b" ", b"")


@pytest.mark.parametrize("name", ALTERED)
def test_what_was_altered_goes_back_by_itself(name: str, place: Place) -> None:
    find, change = ALTERED[name]
    where = find(place.here, place.slug)
    version = metadata_of(alter(place.intruder, where, change))["resourceVersion"]
    until(
        lambda: metadata_of(place.intruder.get(where))["resourceVersion"] != version,
        SOON,
        f"{name} was not changed back",
    )
    until(lambda: as_asked(place, where), SOON, f"{name} is not as it was")


@pytest.mark.parametrize("kind", STRAYS)
def test_what_nobody_of_us_wrote_goes_by_itself(kind: str, place: Place) -> None:
    record = place.environments.asked.record(place.slug)
    assert record is not None
    stray = a_stray(place.intruder, kind, place.environments.wanted(record.spec))
    until(lambda: gone(place, key(stray)), SOON, f"a {kind} by hand stays")


@pytest.mark.parametrize("which", [0, 1], ids=["volume", "claim"])
def test_data_that_was_taken_away_comes_back(which: int, place: Place) -> None:
    record = place.environments.asked.record(place.slug)
    assert record is not None
    pair = [key(one) for one in storage.snapshot(place.here.cluster, place.slug, record.mounts[0])]
    before = metadata_of(place.intruder.get(pair[which]))["uid"]
    place.intruder.delete(pair[1])
    if which == 0:
        place.intruder.delete(pair[0])

    def back() -> bool:
        seen = place.environments.world.get(pair[which]) or {}
        other = metadata_of(seen).get("uid") not in (before, None)
        return other and place.environments.observe(place.slug).mounts != ()

    until(back, 3 * SOON, "the data did not come back")


def test_a_halt_whose_mark_was_deleted_stays(place: Place) -> None:
    """The mark is what keeps servers from starting; whoever deletes it lifts nothing."""
    where = where_halted(place.here.cluster, place.slug)
    place.environments.set_halted(place.slug, "nobody", held=True)
    place.intruder.delete(where)
    until(lambda: not gone(place, where), SOON, "the mark did not come back")
    until(
        lambda: place.environments.halted(place.slug) == frozenset({"nobody"}),
        SOON,
        "nobody is halted any more",
    )
    place.environments.set_halted(place.slug, "nobody", held=False)


def test_a_whole_namespace_comes_back(place: Place) -> None:
    """It ends with everything in it, and is made anew as soon as the cluster lets us."""
    where = Key("Namespace", "", names.namespace(place.slug))
    before = metadata_of(place.intruder.get(where))["uid"]
    place.intruder.delete(where)
    until(lambda: not gone(place, where) and _uid(place, where) != before, GONE, "no new namespace")
    record = place.environments.asked.record(place.slug)
    assert record is not None
    for one in place.environments.wanted(record.spec):
        until(partial(as_asked, place, key(one)), SOON, f"{key(one)} is not there")


def gone(place: Place, where: Key) -> bool:
    """Whether the API server has no such object."""
    try:
        place.intruder.get(where)
    except NotFound:
        return True
    return False


def _uid(place: Place, where: Key) -> object:
    try:
        return metadata_of(place.intruder.get(where))["uid"]
    except NotFound:
        return None
