"""What goes wrong between us and the API server, by a proxy in front of the real one.

Covered: each status at each write of setting a project up, with the write applied or not; watches
cut, silent, too old; a server that asks for patience; requests at once bounded. Each ends in the
same objects as without a fault.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kubernetes import hubs, manifests, names
from orchestrator.engines.kubernetes.client import REQUESTS_AT_ONCE, Access, Client, Scope
from orchestrator.engines.kubernetes.differences import Key, key, writes
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.kubernetes.watching import Patience
from orchestrator.engines.port import Spec
from orchestrator.errors import Conflict, NotAllowed, TreError, Unavailable
from tests.cluster.installed import Installed, installed
from tests.cluster.interference import Fault, Plan, Proxy, between, nothing
from tests.cluster.objects import Objects, until

QUICK = Patience(watch=60, silence=3, relist=600, longest_pause=1, blind=8)


@pytest.fixture(scope="module")
def here(objects: Objects) -> Iterator[Installed]:
    """One installation for all tests of this file."""
    with installed(objects) as found:
        yield found


@dataclass
class Through:
    """An engine whose every request goes through a proxy."""

    engine: Environments
    proxy: Proxy
    kubeconfig: Path


@pytest.fixture
def through(here: Installed, tmp_path: Path) -> Iterator[Through]:
    """An engine behind the proxy, with short patience."""
    with between(here.kubeconfig, here.cluster.account, tmp_path) as (proxy, kubeconfig):
        engine = Environments(Client(Access(kubeconfig)), here.cluster, patience=QUICK)
        engine.start()
        yield Through(engine, proxy, kubeconfig)
        proxy.plan, proxy.silent = nothing, False
        engine.close()


def _ensured(engine: Environments, spec: Spec, seconds: float = 60) -> int:
    """Ensure as the reconciler does, again after every error that means later; count the tries."""
    end, tries = time.monotonic() + seconds, 0
    while True:
        tries += 1
        try:
            engine.ensure(spec)
        except (Unavailable, Conflict):
            assert time.monotonic() < end, "it never comes to an end"
            time.sleep(0.05)
        else:
            return tries


def _same_as_without(here: Installed, spec: Spec) -> None:
    admin = Client(here.access())
    token = hubs.token_of(admin.get(hubs.where_secret(here.cluster, spec.project)))
    assert token is not None
    wanted = manifests.environment(here.cluster, spec, token, awake=True)
    stored = {key(thing): admin.get(key(thing)) for thing in wanted}
    space = names.namespace(spec.project)
    policies = {key(item).name for item in admin.list(Scope("NetworkPolicy", space)).items}
    admin.close()
    assert writes(wanted, stored) == []
    assert policies == {key(t).name for t in wanted if key(t)[:2] == ("NetworkPolicy", space)}


FAULTS = {
    "conflict": Fault(409),
    "gone": Fault(410),
    "internal error": Fault(500),
    "internal error after it was done": Fault(500, applied=True),
    "busy": Fault(429, headers={"Retry-After": "0"}),
    "too late": Fault(504),
    "too late after it was done": Fault(504, applied=True),
    "cut": Fault(),
    "cut after it was done": Fault(applied=True),
}


def _kth_write(k: int, fault: Fault) -> Plan:
    seen = 0

    def plan(number: int, method: str, path: str) -> Fault | None:
        nonlocal seen
        if method == "GET":
            return None
        seen += 1
        return fault if seen == k else None

    return plan


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_at_any_write_ends_in_the_same_objects(
    name: str, here: Installed, through: Through
) -> None:
    """Every sixth write of setting up: 18 objects and the record are 19."""
    word = "f" + "".join(part[0] for part in name.split()) + str(len(name))
    for k in range(1, 20, 6):
        spec = here.spec(f"{word}-{k}", "ada")
        through.proxy.plan = _kth_write(k, FAULTS[name])
        _ensured(through.engine, spec)
        through.proxy.plan = nothing
        _same_as_without(here, spec)


def test_a_missing_right_is_named(here: Installed) -> None:
    nobody = Client(here.access("system:serviceaccount:nobody:nothing"))
    with pytest.raises(NotAllowed, match=r"cannot list resource .persistentvolumes") as refused:
        nobody.list(Scope("PersistentVolume"))
    assert refused.value.code == "missing_right"
    nobody.close()


def test_a_server_that_asks_for_patience_gets_it(here: Installed, through: Through) -> None:
    client = through.engine.client
    asked: list[float] = []

    def plan(number: int, method: str, path: str) -> Fault | None:
        if method == "GET" and "/nodes" not in path and "watch" not in path:
            asked.append(time.monotonic())
            return Fault(429, headers={"Retry-After": "1"}) if len(asked) < 3 else None
        return None

    through.proxy.plan = plan
    client.list(Scope("Namespace"))
    assert len(asked) == 3
    assert all(later - earlier >= 1 for earlier, later in pairwise(asked))
    through.proxy.plan = lambda number, method, path: (
        None if "watch" in path else Fault(503, headers={"Retry-After": "0"})
    )
    with pytest.raises(Unavailable) as refused:
        client.list(Scope("Namespace"))
    assert refused.value.code == "busy"


def test_requests_at_once_are_bounded(here: Installed, through: Through) -> None:
    at_once, most, lock = 0, 0, threading.Lock()
    ask = through.proxy.ask

    def slow(method: str, path: str, *rest: Any) -> Any:
        nonlocal at_once, most
        if "watch=true" in path:
            return ask(method, path, *rest)
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.1)
        try:
            return ask(method, path, *rest)
        finally:
            with lock:
                at_once -= 1

    through.proxy.ask = slow  # type: ignore[method-assign, assignment]
    client = through.engine.client
    threads = [threading.Thread(target=lambda: client.list(Scope("Namespace"))) for _ in range(80)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert 1 < most <= REQUESTS_AT_ONCE


def _noticed(through: Through, here: Installed, word: str, seconds: float) -> None:
    """Something that changes on the cluster is seen."""
    where = Key("ServiceAccount", here.cluster.system, word)
    admin = Client(here.access())
    admin.apply(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {
                "name": word,
                "namespace": here.cluster.system,
                "labels": {"tre.project": word},
            },
        }
    )
    until(lambda: through.engine.world.get(where), seconds, "the new account was not seen")
    admin.delete(where)
    until(lambda: not through.engine.world.get(where), seconds, "its end was not seen")
    admin.close()


def test_watches_that_are_cut_go_on_without_a_new_list(here: Installed, through: Through) -> None:
    world = through.engine.world
    _noticed(through, here, "w-before", 5)
    through.proxy.cut_watches()
    _noticed(through, here, "w-after", 10)
    assert world.kinds["ServiceAccount"].lists == 1


def test_a_watch_that_is_too_old_lists_again(here: Installed, through: Through) -> None:
    def plan(number: int, method: str, path: str) -> Fault | None:
        if "watch=true" not in path or len(spoiled) == 3:
            return None
        spoiled.append(path)
        return Fault(410)

    spoiled: list[str] = []
    through.proxy.plan = plan
    through.proxy.cut_watches()
    until(lambda: len(spoiled) == 3, 10, "no watch was opened again")
    _noticed(through, here, "w-gone", 10)
    kinds = through.engine.world.kinds.values()
    until(lambda: sum(kind.lists for kind in kinds) > len(kinds), 10, "none listed once more")
    assert sum(kind.lists for kind in kinds) <= len(kinds) + 3, "each that was too old, once"


def test_a_watch_that_is_silent_is_noticed(here: Installed, through: Through) -> None:
    through.proxy.silent = True
    opened = len([path for _, path in through.proxy.log if "watch=true" in path])
    until(
        lambda: len([p for _, p in through.proxy.log if "watch=true" in p]) > opened,
        15,
        "a silent watch was not opened again",
    )
    through.proxy.silent = False
    _noticed(through, here, "w-silent", 15)


def test_nothing_is_done_on_what_is_too_old(here: Installed, through: Through) -> None:
    spec = here.spec("blind", "ada")
    _ensured(through.engine, spec)
    through.proxy.plan = lambda number, method, path: Fault()
    through.proxy.cut_watches()
    refused: list[TreError] = []

    def blind() -> bool:
        try:
            through.engine.ensure(spec)
        except Unavailable as problem:
            refused.append(problem)
        return bool(refused)

    until(blind, 20, "an engine that sees nothing goes on")
    through.proxy.plan = nothing
    until(lambda: _sees(through.engine, spec), 20, "it does not see again")


def _sees(engine: Environments, spec: Spec) -> bool:
    try:
        return engine.observe(spec.project).present
    except Unavailable:
        return False


Killed = Callable[[], None]


def test_killed_after_any_write_and_run_again(here: Installed, tmp_path: Path) -> None:
    """Another engine begins where the first was cut off for good, before or after a write."""
    for k in range(2, 20, 8):
        for applied in (False, True):
            spec = here.spec(f"k{k}{'a' if applied else 'b'}", "ada")
            folder = tmp_path / f"{k}{applied}"
            folder.mkdir()
            with between(here.kubeconfig, here.cluster.account, folder) as (proxy, kubeconfig):
                first = Environments(Client(Access(kubeconfig)), here.cluster, patience=QUICK)
                first.start()
                proxy.plan = _dead_from(k, applied)
                with pytest.raises(TreError):
                    first.ensure(spec)
                first.close()
                proxy.plan = nothing
                second = Environments(Client(Access(kubeconfig)), here.cluster, patience=QUICK)
                second.start()
                _ensured(second, spec)
                before = second.client.sent
                second.ensure(spec)
                assert second.client.sent == before
                second.close()
            _same_as_without(here, spec)


def _dead_from(k: int, applied: bool) -> Plan:
    """From the k-th write on nothing comes back; that one took effect or not, later ones do not."""
    count = 0

    def plan(number: int, method: str, path: str) -> Fault | None:
        nonlocal count
        if method == "GET":
            return None if count < k else Fault()
        count += 1
        if count < k:
            return None
        return Fault(applied=applied and count == k)

    return plan
