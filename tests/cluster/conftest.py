"""One cluster for all tests here, namespaces of a test's own, and what happened in them."""

import os
import signal
import socket
import sys
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from orchestrator.errors import TreError
from tests.cluster import reports, side_by_side
from tests.cluster.cluster import Cluster, choose, docker_runs, obtain
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Object, Objects, connection, namespace, until
from tests.conftest import REFUSED

NamespaceMaker = Callable[..., str]
MEASURING = [ip_network("198.18.0.0/15"), ip_network("2001:2::/48")]
GONE_S = 90
_WITHOUT_IMAGES = (
    "policy_truth",
    "killed",
    "admission",
    "enforcer",
    "drift",
    "environments",
    "faults",
    "wall",
    "two_reconcilers",
)
_LONG = ("demo", "proof", "engine_contract", "servers", "page", "chart", "unproved")
# test_lab compares the machine before and after a lab, so it comes when nothing is built beside it.
TURNS = {f"test_{name}.py": turn for turn, name in enumerate((*_WITHOUT_IMAGES, *_LONG))}

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def pytest_configure() -> None:
    """Whoever ends a run politely gets it ended like one that ran: with everything taken away."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder needs a cluster; files that need none of our images come first.

    Images are made meanwhile. After them the longest, so that two workers end at about one time.
    """
    for item in items:
        if "tests/cluster/" in item.path.as_posix():
            item.add_marker(pytest.mark.cluster)
    items.sort(key=lambda item: TURNS.get(item.path.name, len(TURNS)))


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The cluster: its kubeconfig, which of the three it is, what it can do.

    Without one no test here can say anything, so the run ends with the sentence that says why.
    """
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n{line}")
            sys.stdout.flush()

    with ExitStack() as stack:
        try:
            found = stack.enter_context(obtain(say))
        except TreError as error:
            if hasattr(request.config, "workerinput"):  # only the one that shares out may end it
                raise
            pytest.exit(f"There is no cluster for the tests. {error.message}", returncode=6)
        say(f"cluster: {found.kind}, own node closed by policies: {found.closes_own_node}\n")
        yield found


@pytest.fixture(scope="session")
def lab(cluster: Cluster) -> Instance:
    """The lab itself, for tests that bring our images to its node or change the node on purpose."""
    if cluster.instance is None:
        pytest.skip("brings our images to the node or changes it: only the lab's node is ours")
    return cluster.instance


@pytest.fixture(autouse=True)
def _no_network(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere, but the cluster's API and measuring addresses are in reach."""

    def guarded(original: Any) -> Any:
        def connect(sock: socket.socket, address: Any) -> Any:
            internet = sock.family in (socket.AF_INET, socket.AF_INET6)
            if internet and not _in_reach(cluster, address[0]):
                raise RuntimeError(f"{REFUSED} and the cluster, not {address!r}")
            return original(sock, address)

        return connect

    monkeypatch.setattr(socket.socket, "connect", guarded(_connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(_connect_ex))


def _in_reach(cluster: Cluster, host: str) -> bool:
    if host in (cluster.server, "localhost"):
        return True
    address = ip_address(host)
    return address.is_loopback or any(
        address.version == network.version and address in network for network in MEASURING
    )


@pytest.fixture(scope="session")
def objects(cluster: Cluster) -> Iterator[Objects]:
    """The API as the cluster's administrator."""
    with connection(cluster) as client:
        yield Objects(cluster, client)


@pytest.fixture(scope="session")
def _leaving(objects: Objects) -> Iterator[set[str]]:
    """Namespaces on their way out; at the end all of them must be gone."""
    names: set[str] = set()
    yield names

    def left() -> set[str]:
        there = {one.metadata.name for one in objects.core.list_namespace().items}
        return names & there

    until(lambda: not left(), GONE_S, f"namespaces are still there: {left()}")


def _maker(objects: Objects, leaving: set[str]) -> Iterator[tuple[NamespaceMaker, list[str]]]:
    prefix = f"t-{uuid.uuid4().hex[:6]}"
    made: list[str] = []

    def make(word: str, *, level: str = "restricted", **labels: str) -> str:
        name = f"{prefix}-{word}"
        objects.apply(namespace(name, labels | {"tests": prefix}, level))
        made.append(name)
        return name

    yield make, made
    for name in made:
        objects.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    leaving.update(made)


@pytest.fixture
def make_namespace(
    objects: Objects, _leaving: set[str], request: pytest.FixtureRequest
) -> Iterator[NamespaceMaker]:
    """Make namespaces with a prefix of this test alone; they are removed after it."""
    for make, made in _maker(objects, _leaving):
        request.node.stash[reports.NAMESPACES] = made
        yield make


@pytest.fixture(scope="module")
def make_lasting_namespace(
    objects: Objects, _leaving: set[str], request: pytest.FixtureRequest
) -> Iterator[NamespaceMaker]:
    """The same for all tests of a module."""
    for make, made in _maker(objects, _leaving):
        request.node.stash[reports.NAMESPACES] = made
        yield make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put events and pod logs of its namespaces into the output of a failing test."""
    report = yield
    opened = getattr(item, "funcargs", {}).get("objects")
    if report.failed and opened is not None:
        report.sections += reports.sections(opened, reports.namespaces(item))
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The lab can show everything, so what was left out there makes the run fail."""
    skipped = _said(session.config, "skipped")
    if skipped and not session.exitstatus and choose(os.environ, docker_runs) == "lab":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The contract of engines, both beside each other, whenever a test of it ran."""
    every = ("passed", "failed", "error", "skipped")
    found = side_by_side.outcomes((test, word) for word in every for test in _said(config, word))
    if found:
        terminalreporter.section("one contract, two engines")
        for line in side_by_side.table(found):
            terminalreporter.write_line(line)
    left_out = _said(config, "skipped")
    if left_out and choose(os.environ, docker_runs) == "lab":
        terminalreporter.write_line(f"The lab leaves nothing out; skipped: {', '.join(left_out)}")


def _said(config: pytest.Config, word: str) -> list[str]:
    """The ids of tests with this outcome, those of parts of a test among them."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker of a run that is shared out; the one that shares it out asks
        return []
    return [one.nodeid for key, told in reporter.stats.items() if word in key for one in told]


__all__ = ["NamespaceMaker", "Object"]
