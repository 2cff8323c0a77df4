"""The enforcer: watches pods, namespaces and NetworkPolicies, and tells the node's kernel.

`python -m tests.cluster.lab.policy.enforcer KUBECONFIG`, inside the instance's network namespace.
Level-based: every change leads to the whole table again, which replaces the old one at once. When
it stops, the last table stays: known pods keep their rules, new pods stay closed.
"""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from tests.cluster.lab.policy.flows import Tracked, closed_now, read_flows
from tests.cluster.lab.policy.ruleset import render
from tests.cluster.lab.policy.world import World, read

KINDS = ("namespaces", "pods", "policies")
TOGETHER_S = 0.02
"""How long to wait for more changes before telling the kernel."""

AGAIN_S = 0.5
WATCH_S = 300


@dataclass
class Store:
    """What the API server said last, by kind and uid; rings when something changed."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    rings: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def replace(self, kind: str, listed: list[Any]) -> None:
        """Keep a whole list."""
        with self.lock:
            self.objects[kind] = {one["metadata"]["uid"]: one for one in listed}
        self.rings.put(kind)

    def change(self, kind: str, event: str, one: Any) -> None:
        """Keep one change."""
        with self.lock:
            if event == "DELETED":
                self.objects[kind].pop(one["metadata"]["uid"], None)
            else:
                self.objects[kind][one["metadata"]["uid"]] = one
        self.rings.put(kind)

    def world(self) -> World | None:
        """Answer the world, or None while a kind was never listed: until then all stays closed."""
        with self.lock:
            if set(self.objects) != set(KINDS):
                return None
            return read(*(list(self.objects[kind].values()) for kind in KINDS))


def main() -> None:
    """Watch and tell for as long as this process lives."""
    config.load_kube_config(sys.argv[1])
    core, net = client.CoreV1Api(), client.NetworkingV1Api()
    lists: dict[str, Callable[..., Any]] = {
        "namespaces": core.list_namespace,
        "pods": core.list_pod_for_all_namespaces,
        "policies": net.list_network_policy_for_all_namespaces,
    }
    store = Store()
    for kind, ask in lists.items():
        threading.Thread(target=_follow, args=(store, kind, ask), daemon=True).start()
    told = ""
    while True:
        store.rings.get()
        time.sleep(TOGETHER_S)
        while not store.rings.empty():
            store.rings.get()
        world = store.world()
        if world is not None:
            told = _tell(world, told)


def _follow(store: Store, kind: str, ask: Callable[..., Any]) -> None:
    """List, watch, and begin again when the watch ends for whatever reason."""
    while True:
        try:
            version = _list(store, kind, ask)
            for event, one in _changes(ask, version):
                store.change(kind, event, one)
        except (ApiException, HTTPError, ConnectionError) as error:
            _say(kind=kind, again=type(error).__name__)
            time.sleep(AGAIN_S)


def _list(store: Store, kind: str, ask: Callable[..., Any]) -> str:
    answer = json.loads(ask(_preload_content=False, _request_timeout=10).data)
    store.replace(kind, answer["items"])
    return str(answer["metadata"]["resourceVersion"])


def _changes(ask: Callable[..., Any], version: str) -> Iterator[tuple[str, Any]]:
    stream = watch.Watch().stream(
        ask,
        resource_version=version,
        timeout_seconds=WATCH_S,
        _request_timeout=(5, WATCH_S + 10),
    )
    for event in stream:
        if event["type"] == "ERROR":
            return
        yield event["type"], event["raw_object"]


def _tell(world: World, told: str) -> str:
    """Load the table if it differs, then end the flows that it no longer allows."""
    text = render(world)
    if text == told:
        return told
    began = time.monotonic()
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)
    cut = list(closed_now(world, _tracked()))
    for flow in cut:
        _cut(flow)
    took = round((time.monotonic() - began) * 1000)
    _say(pods=len(world.pods), policies=len(world.policies), cut=len(cut), ms=took)
    return text


def _tracked() -> list[Tracked]:
    listed = [
        subprocess.run(
            ["conntrack", "-L", "-f", family], capture_output=True, text=True, check=True
        ).stdout
        for family in ("ipv4", "ipv6")
    ]
    return [flow for text in listed for flow in read_flows(text)]


def _cut(flow: Tracked) -> None:
    """Forget a flow: what it sends next is judged as new. It may have ended by itself."""
    subprocess.run(["conntrack", "-D", *flow.words()], capture_output=True, check=False)


def _say(**known: object) -> None:
    sys.stdout.write(json.dumps(known) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
