"""Does what the doors' process does for the hub door, without its filter: joins pod and hub.

Who calls is known by the pod's address, as the cluster tells it; what is shown there is cut off.
Where the policies expect the doors, a pod with their label behind the fixed address of their
service; it reaches hubs and nothing more, and at the other two doors it hangs up.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Cluster
from tests.cluster.hands import program_pod
from tests.cluster.objects import Object, Objects, connection

NAME = "doors"
_LOOK_SECONDS = 0.1
_PORT = 9001
_PROGRAM = """
import asyncio, json
known = {}
async def pump(reader, writer):
    try:
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
        writer.write_eof()
    except OSError:
        pass
async def serve(near, out):
    who = out.get_extra_info("peername")[0].removeprefix("::ffff:")
    for _ in range(100):
        if who in known:
            break
        await asyncio.sleep(0.1)
    try:
        method, shown, rest = (await near.readline()).split(b" ", 2)
        path = b"/" + shown.split(b"/", 2)[2]
        far, to = await asyncio.wait_for(asyncio.open_connection(*known[who]), 10)
        to.write(b" ".join((method, path, rest)))
        await asyncio.gather(pump(near, to), pump(far, out))
        to.close()
    except (OSError, LookupError, ValueError, TimeoutError):
        pass
    out.close()
async def learn(near, out):
    while line := await near.readline():
        known.clear()
        known.update(json.loads(line))
    out.close()
async def hang_up(near, out):
    out.close()
async def main():
    served = {8081: serve, 8082: hang_up, 8083: hang_up, 9001: learn}
    doors = [await asyncio.start_server(how, None, port) for port, how in served.items()]
    await asyncio.gather(*(door.serve_forever() for door in doors))
asyncio.run(main())
"""


@contextmanager
def hub_doors(objects: Objects, cluster: Cluster) -> Iterator[None]:
    """The doors' pod and service, for as long as the tests run."""
    labels = {names.COMPONENT: "doors"}
    pod, service = program_pod(cluster, NAME, labels, _PROGRAM, _PORT), _service(cluster, labels)
    objects.apply(pod)
    objects.apply(service)
    (running,) = objects.wait_running(cluster.system, NAME)
    ending = threading.Event()
    teller = threading.Thread(target=_tell, args=(objects, cluster, running, ending))
    teller.start()
    try:
        yield
    finally:
        ending.set()
        teller.join()
        objects.delete(service)
        objects.delete(pod)


def _tell(objects: Objects, cluster: Cluster, pod: Object, ending: threading.Event) -> None:
    """Tell the pod whose hub is where, whenever that changes."""
    told: dict[str, tuple[str, int]] = {}
    with (
        connection(objects.cluster) as client,
        socket.create_connection((pod["status"]["podIP"], _PORT), timeout=10) as line,
    ):
        own = Objects(objects.cluster, client)
        while not ending.wait(_LOOK_SECONDS):
            known = _known(own, cluster)
            if known != told:
                line.sendall(json.dumps(known).encode() + b"\n")
                told = known


def _known(objects: Objects, cluster: Cluster) -> dict[str, tuple[str, int]]:
    """Map the addresses of notebook servers to those of their hubs."""
    found = objects.core.list_pod_for_all_namespaces(label_selector=names.PROJECT).items
    pods = [pod for pod in found if pod.status.pod_ip and not pod.metadata.deletion_timestamp]
    hubs = {
        pod.metadata.labels[names.PROJECT]: (pod.status.pod_ip, cluster.ports.project_hub)
        for pod in pods
        if pod.metadata.namespace == cluster.system
    }
    return {
        pod.status.pod_ip: hubs[pod.metadata.labels[names.PROJECT]]
        for pod in pods
        if pod.metadata.labels.get(names.ROLE) == "notebook"
        and pod.metadata.labels[names.PROJECT] in hubs
    }


def _service(cluster: Cluster, labels: dict[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": cluster.system},
        "spec": {
            "clusterIP": cluster.doors_address,
            "selector": labels,
            "ports": [
                {"name": name, "port": port, "protocol": "TCP"}
                for name, port in (
                    ("hub", cluster.ports.hub),
                    ("packages", cluster.ports.packages),
                    ("airlock", cluster.ports.airlock),
                )
            ],
        },
    }
