"""Killed at every change that it asks for: provision, grant and teardown come to the same objects.

A mutating call is a request that changes something at the API server. For every k a process of its
own is killed with SIGKILL while the k-th is on its way: it never arrived, or it took effect and its
answer was never seen. Then another process's engine, which remembers nothing, tries as the
reconciler does until it has nothing more to write.

Compared is everything that the API server has of the project, field by field. Set aside is what
the server owns: versions, uids, times, who manages which field, status, and the volume or claim
that it found for a pair; and the two texts that differ by intention, the project's name and the
token made for its hub.
"""

import base64
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kubernetes import hubs, names, storage
from orchestrator.engines.kubernetes.client import Access, Client, Scope
from orchestrator.engines.kubernetes.differences import metadata_of
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.port import Spec
from orchestrator.errors import Conflict, Unavailable
from tests.cluster import killed
from tests.cluster.installed import Installed, installed
from tests.cluster.interference import KILLED, AtChange, between
from tests.cluster.objects import Objects
from tests.kubernetes_world import a_mount

MOUNTS = (a_mount("1"), a_mount("2"))
VERBS = ("provision", "grant", "teardown")
AT_ONCE = 4
"""How many deaths are tried at a time; each has a project of its own."""

LONGEST = 300.0
SERVER_OWNS = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "managedFields",
    "generation",
    "finalizers",
)
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["tests.cluster.killed"])


@dataclass(frozen=True)
class Told:
    """One verb without a fault: how many changes it asks for, and what there is then."""

    changes: int
    end: list[str]


@dataclass(frozen=True)
class Ground:
    """An installation, and an engine by which everything comes about that is before a verb."""

    here: Installed
    helper: Environments
    admin: Client


@pytest.fixture(scope="module")
def ground(objects: Objects) -> Iterator[Ground]:
    """One for all tests of this file; every node is called proved."""
    with installed(objects) as here, an_engine(here) as helper:
        here.call_proved(helper)
        admin = Client(here.access())
        yield Ground(here, helper, admin)
        admin.close()


@contextmanager
def an_engine(here: Installed, kubeconfig: Path | None = None) -> Iterator[Environments]:
    """An engine that remembers nothing, directly or through a proxy."""
    access = Access(kubeconfig) if kubeconfig else here.access(here.cluster.account)
    found = Environments(Client(access), here.cluster)
    found.start()
    try:
        yield found
    finally:
        found.close()


def settle(engine: Environments, verb: str, spec: Spec) -> None:
    """Try until it succeeds and two more times change nothing."""
    end, quiet = time.monotonic() + LONGEST, 0
    while quiet < 2:
        sent = engine.client.sent
        try:
            killed.once(engine, verb, spec, MOUNTS)
        except (Unavailable, Conflict):
            assert time.monotonic() < end, "it never comes to rest"
            time.sleep(0.2)
        else:
            quiet = quiet + 1 if engine.client.sent == sent else 0


def before(verb: str, engine: Environments, spec: Spec) -> None:
    """What has been done before a verb is tried."""
    for earlier in VERBS:
        if earlier == verb:
            return
        settle(engine, earlier, spec)


KINDS = (
    "ConfigMap",
    "Deployment",
    "LimitRange",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "ServiceAccount",
)
CONTROLLERS = ("pv.kubernetes.io/", "deployment.kubernetes.io/")
"""Annotations by which the cluster's controllers say how far they are."""


def dump(here: Installed, admin: Client, spec: Spec) -> list[str]:
    """Everything that the API server has of a project, as texts without what the server owns."""
    space, label = names.namespace(spec.project), f"{names.PROJECT}={names.name(spec.project)}"
    system = here.cluster.system
    scopes = [
        *(Scope(kind, space) for kind in KINDS),
        *(Scope(kind, system, label) for kind in KINDS),
        *(Scope(kind, labels=label) for kind in ("Namespace", "PersistentVolume")),
    ]
    found = [one for scope in scopes for one in admin.list(scope).items]
    renamed = _intended(here, admin, spec)
    ours = [one for one in found if metadata_of(one)["name"] != "kube-root-ca.crt"]
    return sorted(_renamed(json.dumps(_plain(one), sort_keys=True), renamed) for one in ours)


def _intended(here: Installed, admin: Client, spec: Spec) -> dict[str, str]:
    """The texts that differ from project to project by intention, longest first."""
    stored = admin.list(
        Scope("Secret", here.cluster.system, f"{names.PROJECT}={names.name(spec.project)}")
    )
    token = hubs.token_of(next(iter(stored.items), None)) or "none"
    volumes = {
        names.snapshot_volume(spec.project, storage.claim_of(mount)): f"VOLUME-{number}"
        for number, mount in enumerate(MOUNTS)
    }
    told = hubs.told(here.cluster, spec.project, token)
    return {told: "TOLD", token: "TOKEN", **volumes, spec.project: "PROJECT"}


def _renamed(text: str, renamed: dict[str, str]) -> str:
    for old, new in renamed.items():
        text = text.replace(old, new)
    return text


def _plain(thing: Any) -> Any:
    """An object without the fields that the server and the cluster's controllers own."""
    plain = json.loads(json.dumps({name: it for name, it in thing.items() if name != "status"}))
    for owned in SERVER_OWNS:
        plain["metadata"].pop(owned, None)
        plain.get("spec", {}).get("claimRef", {}).pop(owned, None)
    said = plain["metadata"].pop("annotations", {})
    plain["metadata"]["annotations"] = {
        name: text for name, text in said.items() if not name.startswith(CONTROLLERS)
    }
    if plain["kind"] == "Secret":
        data = plain["data"].items()
        plain["data"] = {name: base64.b64decode(text).decode() for name, text in data}
    return plain


@pytest.fixture(scope="module")
def told(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """Every verb once without a fault, through a proxy that counts."""
    found: dict[str, Told] = {}
    here, spec = ground.here, ground.here.spec("told", "ada", "grace")
    for verb in VERBS:
        folder = tmp_path_factory.mktemp(verb)
        with between(here.kubeconfig, here.cluster.account, folder) as (proxy, kubeconfig):
            killed.act(kubeconfig, here.cluster, verb, spec, MOUNTS)
            asked = [method for method, _ in proxy.log if method != "GET"]
        with an_engine(here) as engine:
            settle(engine, verb, spec)
        found[verb] = Told(len(asked), dump(here, ground.admin, spec))
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_every_change_it_comes_to_the_same_objects(
    verb: str, ground: Ground, told: dict[str, Told], tmp_path: Path
) -> None:
    deaths = [(k, when) for k in range(1, told[verb].changes + 1) for when in KILLED]

    def die(death: tuple[int, str]) -> str:
        found = _after(ground, verb, death, tmp_path)
        return f"{death}: {found}" if found != told[verb].end else ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [why for why in pool.map(die, deaths) if why]
    assert wrong == []


def _after(ground: Ground, verb: str, death: tuple[int, str], folder: Path) -> list[str]:
    """One death; answer what there is when another process has come to rest."""
    (k, when), here = death, ground.here
    spec = here.spec(f"{verb[0]}{k}{when[0]}", "ada", "grace")
    mine = folder / f"{k}-{when}"
    mine.mkdir()
    before(verb, ground.helper, spec)
    with between(here.kubeconfig, here.cluster.account, mine) as (proxy, kubeconfig):
        words = (kubeconfig, here.cluster, verb, spec, MOUNTS)
        child = _FORK.Process(target=killed.act, args=words)
        proxy.plan = AtChange(k, lambda: os.kill(child.pid or 0, signal.SIGKILL), KILLED[when])
        child.start()
        child.join(LONGEST)
        assert child.exitcode == -signal.SIGKILL, f"{death}: it ended with {child.exitcode}"
    with an_engine(here) as engine:
        settle(engine, verb, spec)
    return dump(here, ground.admin, spec)


def test_the_campaign_is_as_large_as_it_says(told: dict[str, Told]) -> None:
    """A verb that writes less than it must would be killed too seldom; teardown leaves nothing."""
    assert told["provision"].changes == len(told["provision"].end)
    assert told["grant"].changes == 1 + 2 * len(MOUNTS), "its record, a volume and a claim each"
    assert told["teardown"].changes >= 10
    assert told["teardown"].end == []
