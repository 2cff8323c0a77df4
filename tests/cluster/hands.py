"""Where the tests' engine stands in the cluster: relay pods in the place of our own processes.

The engine of a test runs outside; a hub lets in doors and reconciler only, a notebook server the
gateway and its hub. So a test connects through a pod with the labels of the process that it speaks
for, in the system namespace: it reaches what that process would reach, and nothing else.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from orchestrator.engines.kubernetes import hubs, names
from orchestrator.engines.kubernetes.cluster import Cluster
from tests.cluster.objects import RESTRICTED, Object, Objects

PORT = 9000
_PROGRAM = """
import asyncio, json
async def pump(reader, writer):
    try:
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
        writer.write_eof()
    except OSError:
        pass
async def handle(near, out):
    try:
        host, port = json.loads(await near.readline())
        far, to = await asyncio.wait_for(asyncio.open_connection(host, port), 10)
        out.write(b"ok\\n")
        await asyncio.gather(pump(near, to), pump(far, out))
        to.close()
    except (OSError, ValueError, TimeoutError):
        pass
    out.close()
async def main():
    async with await asyncio.start_server(handle, None, 9000) as server:
        await server.serve_forever()
asyncio.run(main())
"""

KERNEL = """
import asyncio, json, sys, uuid
import aiohttp
async def main(url, token, code):
    async with aiohttp.ClientSession(headers={"Authorization": "token " + token}) as session:
        async with session.post(url + "api/kernels") as made:
            assert made.status == 201, (made.status, await made.text())
            kernel = (await made.json())["id"]
        ws = url.replace("http", "ws", 1) + "api/kernels/" + kernel + "/channels"
        async with session.ws_connect(ws) as channel:
            header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3",
                      "username": "", "session": uuid.uuid4().hex, "date": ""}
            content = {"code": code, "silent": False, "store_history": False,
                       "user_expressions": {}, "allow_stdin": False, "stop_on_error": True}
            await channel.send_json({"header": header, "parent_header": {}, "metadata": {},
                                     "content": content, "channel": "shell", "buffers": []})
            async for message in channel:
                said = json.loads(message.data)
                if said["msg_type"] == "stream":
                    print(said["content"]["text"].strip())
                    return
asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
"""
"""Runs code in a new kernel, by the hub image's Python: given a server's URL, its token, the code.
"""


@dataclass(frozen=True)
class Relay:
    """One relay pod, by its address."""

    address: str

    def connect(self, target: tuple[str, int], seconds: float) -> socket.socket:
        """Connect to a target as that pod does. Errors: OSError when it cannot."""
        connecting = socket.create_connection((self.address, PORT), timeout=seconds)
        try:
            connecting.sendall(json.dumps(target).encode() + b"\n")
            if connecting.recv(3) != b"ok\n":
                raise ConnectionRefusedError(f"{target} is not in reach from {self.address}")
        except OSError:
            connecting.close()
            raise
        return connecting


@contextmanager
def relay(objects: Objects, cluster: Cluster, component: str) -> Iterator[Relay]:
    """A relay pod with one component's label, for as long as the tests run."""
    pod = program_pod(cluster, f"relay-{component}", {names.COMPONENT: component}, _PROGRAM, PORT)
    objects.apply(pod)
    (running,) = objects.wait_running(cluster.system, f"relay-{component}")
    try:
        yield Relay(running["status"]["podIP"])
    finally:
        objects.delete(pod)


def program_pod(
    cluster: Cluster, name: str, labels: Mapping[str, str], program: str, port: int
) -> Object:
    """A pod in the system namespace that runs a program by the hub image's Python.

    Shape: ready when the program listens at the port.
    """
    container = {
        "name": "main",
        "image": cluster.image("hub"),
        "imagePullPolicy": "IfNotPresent",
        "command": [hubs.PYTHON, "-I", "-c", program],
        "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1},
        "securityContext": RESTRICTED | {"runAsUser": 1000},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": cluster.system, "labels": dict(labels)},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
        },
    }
