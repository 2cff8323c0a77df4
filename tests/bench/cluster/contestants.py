"""Who writes the objects of a workspace beside us: the floor, the official client, kopf.

All write the very same objects, through admission, as the same account. The floor is bare HTTP: the
namespace, then everything at once, then the binding, which the server takes after its role only.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client as official
from kubernetes import config, utils
from urllib3.exceptions import ProtocolError

from orchestrator.engines.kubernetes.client import KINDS
from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import metadata_of
from tests.bench.cluster.place import Place

AT_ONCE = 32
KOPF = ("kopf==1.45.2", "kubernetes")
GROUP = "bench.example"
CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"workspaces.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Cluster",
        "names": {"kind": "Workspace", "plural": "workspaces", "singular": "workspace"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}


class Floor:
    """Bare HTTP on kept connections, nothing looked at but the status."""

    def __init__(self, place: Place, user: str | None) -> None:
        settings = official.Configuration()
        config.load_kube_config(str(place.kubeconfig), client_configuration=settings)
        self._host = settings.host
        self._who = {} if user is None else {"Impersonate-User": user}
        self._pool = urllib3.PoolManager(
            maxsize=AT_ONCE + 8,
            retries=False,
            ca_certs=settings.ssl_ca_cert,
            cert_file=settings.cert_file,
            key_file=settings.key_file,
        )
        self._threads = ThreadPoolExecutor(AT_ONCE)

    def write(self, things: Sequence[Object]) -> None:
        """Make one workspace."""
        first, *rest = things
        bindings = [one for one in rest if one["kind"] == "RoleBinding"]
        self._post(first)
        list(self._threads.map(self._post, [one for one in rest if one not in bindings]))
        list(self._threads.map(self._post, bindings))

    def ask(self, method: str, path: str, body: Object | None = None) -> Any:
        """Ask once. Errors: RuntimeError for whatever is refused."""
        answer = self._send(method, path, body)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data[:300]!r}")
        return json.loads(answer.data)

    def watch(self, path: str) -> Iterator[Any]:
        """The events of a kind from now on."""
        version = self.ask("GET", f"{path}?limit=1")["metadata"]["resourceVersion"]
        answer = self._pool.request(
            "GET",
            f"{self._host}/{path}?watch=true&resourceVersion={version}",
            headers=self._who,
            preload_content=False,
            timeout=urllib3.Timeout(connect=5, read=None),  # nothing may happen for long
        )
        rest = b""
        with suppress(ProtocolError):  # the server is taken down while somebody still looks
            while chunk := answer.read1(1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line.strip())

    def _post(self, thing: Object) -> None:
        """The account `default` may be there already, made by a controller; then it is changed."""
        answer = self._send("POST", collection(thing), thing)
        if answer.status == 409:
            self.ask("PATCH", f"{collection(thing)}/{metadata_of(thing)['name']}", thing)
        elif answer.status >= 300:
            raise RuntimeError(f"{thing['kind']}: {answer.status} {answer.data[:300]!r}")

    def _send(self, method: str, path: str, body: Object | None) -> urllib3.BaseHTTPResponse:
        text = None if body is None else json.dumps(body).encode()
        merge = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = self._who | {"Content-Type": merge}
        return self._pool.request(method, f"{self._host}/{path}", body=text, headers=headers)


def collection(thing: Object) -> str:
    """The path where objects like this one are made."""
    kind, space = KINDS[str(thing["kind"])], metadata_of(thing).get("namespace")
    return (
        f"{kind.group}/namespaces/{space}/{kind.plural}" if space else f"{kind.group}/{kind.plural}"
    )


class Official:
    """The official client, one object after the other, as its own examples do."""

    def __init__(self, place: Place) -> None:
        self._api = config.new_client_from_config(str(place.kubeconfig))
        self._api.set_default_header("Impersonate-User", place.account)

    def write(self, things: Sequence[Object]) -> None:
        """Make one workspace."""
        for one in things:
            try:
                utils.create_from_dict(self._api, one)
            except utils.FailToCreateError as problem:
                if any(each.status != 409 for each in problem.api_exceptions):
                    raise
                where = metadata_of(one)
                official.CoreV1Api(self._api).patch_namespaced_service_account(
                    str(where["name"]), str(where["namespace"]), one
                )


class Kopf:
    """An operator of kopf in an environment of its own, whose handler writes the same objects."""

    def __init__(self, floor: Floor, process: "subprocess.Popen[bytes]") -> None:
        self._floor = floor
        self.process = process
        self._done: dict[str, threading.Event] = {}
        threading.Thread(target=self._follow, daemon=True).start()

    def write(self, things: Sequence[Object]) -> None:
        """Ask for one workspace by an object of its own kind, and wait until its status says so."""
        name = str(metadata_of(things[0])["name"])
        done = self._done[name] = threading.Event()
        body: Object = {
            "apiVersion": f"{GROUP}/v1",
            "kind": "Workspace",
            "metadata": {"name": name},
        }
        self._floor.ask(
            "POST", f"apis/{GROUP}/v1/workspaces", body | {"spec": {"things": list(things)}}
        )
        if not done.wait(60):
            raise RuntimeError(f"kopf did not finish {name}")

    def memory_kb(self) -> int:
        """What its process holds in memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line[:6] == "VmRSS:"))

    def _follow(self) -> None:
        for event in self._floor.watch(f"apis/{GROUP}/v1/workspaces"):
            thing = event["object"]
            if thing.get("status", {}).get("made"):
                self._done[thing["metadata"]["name"]].set()


@contextmanager
def kopf(place: Place) -> Iterator[Kopf]:
    """Make its environment where there is none, and run the operator as its manual says."""
    environment = Path(".tre/bench/kopf")
    if not (environment / "bin" / "kopf").exists():
        uv = [str(Path(sys.executable).parent / "uv")]
        subprocess.run(
            [*uv, "venv", "-q", "--python", sys.executable, str(environment)], check=True
        )
        python = ["--python", str(environment / "bin" / "python")]
        subprocess.run([*uv, "pip", "install", "-q", *python, *KOPF], check=True)
    floor = Floor(place, None)
    floor.ask("POST", "apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD)
    program = Path(__file__).parent / "kopf_operator.py"
    words = [str(environment / "bin" / "kopf"), "run", "--standalone", "--all-namespaces", "-q"]
    said = {
        "KUBECONFIG": str(place.kubeconfig),
        "BENCH_ACCOUNT": place.account,
        "PATH": "/usr/bin:/bin",
    }
    with Path(".tre/bench/kopf.log").open("wb") as log:
        process = subprocess.Popen([*words, str(program)], env=said, stdout=log, stderr=log)
    try:
        _served(floor)
        yield Kopf(floor, process)
    finally:
        process.terminate()
        process.wait(30)


def _served(floor: Floor) -> None:
    """Wait until the API server knows the new kind, and the operator had a moment to look at it."""
    for _ in range(100):
        with suppress(RuntimeError):
            floor.ask("GET", f"apis/{GROUP}/v1/workspaces")
            time.sleep(3)
            return
        time.sleep(0.1)
    raise RuntimeError("the API server does not serve the operator's kind")
