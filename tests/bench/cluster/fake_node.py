"""A node without a kubelet: pods on it are ready as soon as they are there, at one address.

Run: python -m tests.bench.cluster.fake_node KUBECONFIG ADDRESS PORT. Everything before a node is
real (API server, admission, quota, scheduler); what a node would do takes no time. One HTTP server
stands in for all notebook servers. Prints `ready` when that answers; ends when killed.
"""

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException

NAME = "fake"
_BEAT_SECONDS = 5.0
_AT_ONCE = 16
_ROOM = {"cpu": "4k", "memory": "8Ti", "ephemeral-storage": "8Ti", "pods": "4k"}


def main() -> None:
    """Be a node until killed."""
    kubeconfig, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    config.load_kube_config(kubeconfig)
    threading.Thread(target=_beat, daemon=True).start()
    threading.Thread(target=_follow, args=(address,), daemon=True).start()
    asyncio.run(_serve(address, port))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _beat() -> None:
    """Be there, and keep saying so: a node that falls silent gets no pods."""
    nodes: Any = client.CoreV1Api()
    nodes.create_node({"metadata": {"name": NAME, "labels": {"kubernetes.io/hostname": NAME}}})
    while True:
        said = {"type": "Ready", "status": "True", "reason": "Fake", "message": "it is a fake"}
        ready = said | {"lastHeartbeatTime": _now(), "lastTransitionTime": _now()}
        status = {"capacity": _ROOM, "allocatable": _ROOM, "conditions": [ready]}
        nodes.patch_node_status(NAME, {"status": status})
        time.sleep(_BEAT_SECONDS)


def _follow(address: str) -> None:
    """Answer each pod at once: it runs, or it is gone."""
    pods, mine = client.CoreV1Api(), f"spec.nodeName={NAME}"
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while True:
            with suppress(ApiException):  # a version that is too old: from the beginning
                for event in watch.Watch().stream(
                    pods.list_pod_for_all_namespaces, field_selector=mine
                ):
                    if event["type"] != "DELETED":
                        pool.submit(_answer, pods, event["object"], address)


def _answer(pods: Any, pod: Any, address: str) -> None:
    where = (pod.metadata.name, pod.metadata.namespace)
    with suppress(ApiException):
        if pod.metadata.deletion_timestamp is not None:
            pods.delete_namespaced_pod(*where, grace_period_seconds=0)
        elif pod.status.phase == "Pending":
            pods.patch_namespaced_pod_status(*where, {"status": _running(pod, address)})


def _running(pod: Any, address: str) -> dict[str, object]:
    """The status of a pod whose containers run, and whose first ones have ended well."""
    begun = {"startedAt": _now()}
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": _now(),
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": _now()}
            for kind in ("Initialized", "ContainersReady", "Ready")
        ],
        "initContainerStatuses": [
            _container(one, {"terminated": {**begun, "exitCode": 0, "finishedAt": _now()}})
            for one in pod.spec.init_containers or ()
        ],
        "containerStatuses": [_container(one, {"running": begun}) for one in pod.spec.containers],
    }


def _container(one: Any, state: dict[str, object]) -> dict[str, object]:
    told = {"name": one.name, "image": one.image, "imageID": one.image, "restartCount": 0}
    return told | {"ready": True, "started": True, "state": state}


async def _serve(address: str, port: int) -> None:
    """Answer as a notebook server does that is up."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"version": "2"}, headers={"X-JupyterHub-Version": "6.1.1"})

    rooms = web.Application()
    rooms.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(rooms)
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
