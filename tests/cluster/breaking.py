"""One wall taken away at a time on the lab, and put back: what tests of the proof break on purpose.

Each takes the house and the namespace of the project that it is about.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from orchestrator.engines.kubernetes import admission
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.differences import key
from tests.cluster.installed import POLICIES, Installed
from tests.cluster.objects import Object, Objects, until
from tests.cluster.proving import House


@contextmanager
def nothing_enforced(walls: House, _: str) -> Iterator[None]:
    """Stop the enforcer and take its table out of the kernel: policies are stored and ignored."""
    walls.lab.hold("enforcer")
    walls.lab.run("nft", "delete", "table", "inet", "tre_lab_policy")
    try:
        yield
    finally:
        walls.lab.release("enforcer")
        tables = "inet tre_lab_policy"
        until(lambda: tables in walls.lab.run("nft", "list", "tables"), 60, "nothing is enforced")


@contextmanager
def admission_off(here: Installed) -> Iterator[None]:
    """Take the bindings of all our admission policies away for a moment."""
    admin = Client(here.access())
    things = admission.load(POLICIES, here.cluster)
    bindings: list[Any] = [t for t in things if str(t["kind"]).endswith("Binding")]
    for each in bindings:
        admin.delete(key(each))
    time.sleep(1)
    try:
        yield
    finally:
        for each in bindings:
            admin.apply(each)
        admin.close()
        time.sleep(1)


def allow_all(space: str) -> Object:
    """What a helpful person writes when something does not work."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-all", "namespace": space},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{}],
            "egress": [{}],
        },
    }


def by_hand(here: Installed, objects: Objects, thing: Object) -> None:
    """Write an object that admission would refuse to everybody."""

    def written() -> bool:
        try:
            objects.apply(thing)
        except Exception as refused:
            if "denied request" not in str(refused):
                raise
            return False
        return True

    with admission_off(here):
        until(written, 20, "admission still refuses it")


@contextmanager
def an_allow_all(walls: House, space: str) -> Iterator[None]:
    """Add one policy more; it is not taken away again: whoever mends is the engine."""
    stray = allow_all(space)
    by_hand(walls.here, walls.objects, stray)
    until(lambda: walls.engine.world.get(key(stray)), 10, "the stray was not seen")
    time.sleep(1)
    yield


@contextmanager
def no_enforcer(walls: House, _: str) -> Iterator[None]:
    """Stop the enforcer; its table stays, and what is new is unknown to it."""
    walls.lab.hold("enforcer")
    try:
        yield
    finally:
        walls.lab.release("enforcer")


@contextmanager
def no_plug_in(walls: House, _: str) -> Iterator[None]:
    """Take the second wall's plug-in out of the node, and put it back."""
    walls.wall_down()
    try:
        yield
    finally:
        walls.wall_up()


_PROCESS = "/run/tre-lab/metadata.pid"
METADATA = ("169.254.169.254", "fd00:ec2::254")


@contextmanager
def metadata(walls: House) -> Iterator[None]:
    """Have the node answer at the cloud's metadata addresses, as a node in a cloud does."""
    serve = f"{walls.lab.facts['programs'][-1]}/probe"
    answering, numbers = [], []
    for address in METADATA:
        walls.lab.run("ip", "address", "add", address, "dev", "lo")
        began = f"echo $$ > {_PROCESS}; exec {serve} serve 80 - {address}"
        words = walls.lab.command("sh", "-c", began)
        answering.append(subprocess.Popen(words, stdout=subprocess.DEVNULL))
        until(lambda: walls.lab.run("cat", _PROCESS, check=False).strip(), 20, "it did not begin")
        numbers.append(walls.lab.run("cat", _PROCESS).strip())
        walls.lab.run("rm", _PROCESS)
    try:
        yield
    finally:
        for process, number, address in zip(answering, numbers, METADATA, strict=True):
            walls.lab.run("kill", number)
            process.wait()
            bits = 128 if ":" in address else 32
            walls.lab.run("ip", "address", "delete", f"{address}/{bits}", "dev", "lo")
