"""Two real reconcilers on one PostgreSQL database and one cluster: never do both act.

Each is a process of its own (`tre reconcile --wait`) and speaks to the API server through a proxy
of its own, whose record is the proof of who asked what and when. No pod runs, so a workspace stays
in `provisioning`; its objects are there, and what is altered by hand is mended, by one of the two.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.db import read
from orchestrator.engines.kubernetes import manifests, names
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.differences import Key, key, metadata_of, writes
from orchestrator.engines.kubernetes.environments import WRITES_AT_ONCE
from orchestrator.engines.memory import MemoryEngine
from orchestrator.errors import NotFound
from orchestrator.reconciler import permits
from orchestrator.workspaces import queries
from tests.cluster.installed import Installed, installed
from tests.cluster.interference import KILLED, AtChange, Proxy, between
from tests.cluster.objects import Objects, until
from tests.databases import a_postgres, closing_engine
from tests.kubernetes_world import TOKEN
from tests.reconciler_world import House, a_house

START, SOON = 240.0, 30.0
"""Seconds within which a process has begun, and within which another has taken over."""


@pytest.fixture(scope="module")
def here(objects: Objects) -> Iterator[Installed]:
    """One installation for all tests of this file."""
    with installed(objects) as found:
        yield found


@dataclass
class Reconciler:
    """One `tre reconcile --wait`, and the only way from it to the API server."""

    proxy: Proxy
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False, repr=False)

    def start(self) -> None:
        """Begin, or begin again."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "orchestrator.cli.main", "reconcile", "--wait"],
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
            )

    def kill(self, number: int) -> None:
        """Send a signal to it."""
        os.kill(self.process.pid, number)

    def changes(self, since: float = 0.0) -> list[tuple[str, str]]:
        """What it asked the API server to change after a moment."""
        together = zip(self.proxy.log, self.proxy.times, strict=False)
        return [asked for asked, at in together if asked[0] != "GET" and at > since]

    def end(self) -> None:
        """Whatever state it is in."""
        self.process.kill()
        self.process.wait(10)


@dataclass
class Pair:
    """A house with an approved permit, which two reconcilers could bring to its workspace."""

    here: Installed
    house: House
    first: Reconciler
    second: Reconciler
    admin: Client

    def wanted(self) -> list[Any]:
        """The objects of the project, as far as they do not depend on its hub's token."""
        with read(self.house.hands.db) as session:
            row = queries.of_project(session, self.house.project.project.id)
            assert row is not None
            spec = permits.wish(session, self.house.hands, row, self.house.clock.now).spec
        found = manifests.environment(self.here.cluster, spec, TOKEN, awake=True)
        return [one for one in found if one["kind"] not in ("Secret", "Deployment")]

    def is_whole(self) -> bool:
        """Whether the API server has all of them, with the hub and what it is told."""
        with read(self.house.hands.db) as session:
            if queries.of_project(session, self.house.project.project.id) is None:
                return False
        hub = names.hub(self.house.slug)
        places = [Key(kind, self.here.cluster.system, hub) for kind in ("Secret", "Deployment")]
        wanted = self.wanted()
        try:
            stored = {where: self.admin.get(where) for where in [*places, *map(key, wanted)]}
        except NotFound:
            return False
        return writes(wanted, stored) == []

    def holder(self) -> int | None:
        """Which session of the database holds the lock of the reconciler."""
        held = text(
            "select l.pid from pg_locks l join pg_stat_activity a using (pid) where"
            " l.locktype = 'advisory' and l.granted and a.datname = current_database()"
            " and a.state = 'idle'"
        )
        with self.house.hands.db.connect() as connection:
            found = [int(row[0]) for row in connection.execute(held)]
        return found[0] if found else None

    def alter(self) -> float:
        """Take a policy away by hand; answer when."""
        at = time.monotonic()
        where = Key("NetworkPolicy", names.namespace(self.house.slug), "default-deny")
        before = metadata_of(self.admin.get(where))["uid"]
        self.admin.delete(where)

        def back() -> bool:
            try:
                return metadata_of(self.admin.get(where))["uid"] != before
            except NotFound:
                return False

        until(back, SOON, "nobody mends it")
        return at


@pytest.fixture
def pair(
    here: Installed, postgres: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Pair]:
    """Nothing is running yet."""
    state = tmp_path / "state"
    state.mkdir()
    with ExitStack() as stack:
        url = stack.enter_context(a_postgres(postgres))
        database = stack.enter_context(closing_engine(url))
        house = a_house(state, database, MemoryEngine(), datetime.now(UTC))
        house.publish()
        house.grant(f"{here.prefix}-{request.node.callspec.id if _many(request) else 'stop'}")
        admin = Client(here.access(here.cluster.account))
        stack.callback(admin.close)
        file = tmp_path / "cluster.yaml"
        file.write_text(json.dumps(asdict(here.cluster)))  # JSON is YAML
        said = {
            "TRE_MODE": "test",
            "TRE_STATE_DIR": str(state),
            "TRE_DATABASE_URL": url,
            "TRE_ENGINE": "kubernetes",
            "TRE_CLUSTER_FILE": str(file),
        }
        first = stack.enter_context(_reconciler(here, tmp_path / "1", said))
        second = stack.enter_context(_reconciler(here, tmp_path / "2", said))
        yield Pair(here, house, first, second, admin)


def _many(request: pytest.FixtureRequest) -> bool:
    return hasattr(request.node, "callspec")


@contextmanager
def _reconciler(here: Installed, folder: Path, said: dict[str, str]) -> Iterator[Reconciler]:
    folder.mkdir()
    with between(here.kubeconfig, here.cluster.account, folder) as (proxy, kubeconfig):
        environment = said | {"TRE_KUBECONFIG": str(kubeconfig)}
        found = Reconciler(proxy, environment, folder / "log")
        try:
            yield found
        finally:
            if hasattr(found, "process"):
                found.end()
            sys.stdout.write(found.log.read_text()[-3000:] if found.log.exists() else "")


@pytest.mark.parametrize(("when", "k"), [("before", 2), ("after", 12)])
def test_another_takes_over_from_one_that_was_killed(when: str, k: int, pair: Pair) -> None:
    """Killed at a change in the middle of setting a workspace up, which took effect or did not.

    Every change is tried in `test_killed.py`; this is about who may ask.
    """
    first, second = pair.first, pair.second
    death = AtChange(k, lambda: first.kill(signal.SIGKILL), KILLED[when])
    first.proxy.plan = death
    first.start()
    until(lambda: first.proxy.log, START, "the first asks nothing")
    second.start()
    until(lambda: death.at, START, "the first never came to its change")
    killed = death.at or 0.0
    assert first.process.wait(10) == -signal.SIGKILL
    assert second.changes() == []
    until(pair.is_whole, START, "the second does not finish what the first began")
    assert min(second.proxy.times) > killed, "two asked at once"
    assert max(first.proxy.times) <= min(second.proxy.times)

    first.start()
    altered = pair.alter()
    assert first.changes(since=altered) == []
    assert second.changes(since=altered)


def test_one_that_sleeps_through_its_lease_begins_nothing_when_it_wakes(pair: Pair) -> None:
    """Stopped in the middle of a turn; its database forgot it; another acts; then it goes on.

    What it had made up its mind about in that very moment may still arrive: one request of each
    thread that was writing. Nothing follows, and the objects stay as they should be.
    """
    first, second = pair.first, pair.second
    sleep = AtChange(6, lambda: first.kill(signal.SIGSTOP))
    first.proxy.plan = sleep
    first.start()
    until(lambda: sleep.at, START, "the first never came to its change")
    second.start()
    time.sleep(3)
    assert second.proxy.log == [], "its session lives, so its lock holds"
    session = until(pair.holder, SOON, "nobody holds the lock")
    with pair.house.hands.db.connect() as connection:
        connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": session})
    until(pair.is_whole, START, "the second does not finish what the first began")
    assert (sleep.at or 0.0) < min(second.proxy.times)
    woken = time.monotonic()
    first.kill(signal.SIGCONT)
    assert first.process.wait(START) == 6, "it says that it may not act, and ends"
    assert len(first.changes(since=woken)) < WRITES_AT_ONCE
    assert pair.is_whole()
    assert second.changes(since=pair.alter())
