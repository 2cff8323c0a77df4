"""Gateway and doors in pods, notebook servers in projects' namespaces, a control plane outside.

Real are: the two processes in their own image, the notebook server of JupyterHub in the workspace
image, pods and policies as our builders write them, the service in front of the doors, and whatever
enforces NetworkPolicy. Stood in for are the control plane, which tests move, and a project's hub.
"""

import asyncio
import contextlib
import json
import secrets
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from typing import Any

import aiohttp

from orchestrator.engines.kubernetes import names, namespace, network, pods
from orchestrator.engines.kubernetes.cluster import Cluster as Known
from orchestrator.engines.kubernetes.doorways import hash_of
from orchestrator.engines.port import Size, Spec
from orchestrator.link.addresses import DOORS_HEALTH
from orchestrator.settings import Settings
from orchestrator.values import server_key
from tests.cluster import pod_images
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import RESTRICTED, Object, Objects, until
from tests.integration.gateway_world import SECRET, TOKEN, ControlWorld, Pods, free_port
from tests.kubernetes_world import a_spec

GATEWAY_PORT = 8701
_SIZE = Size(memory_mb=1024)
_HUB = """
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
PERSON, TOKEN = {person!r}, {token!r}
class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def said(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-JupyterHub-Version", "6.1.1")
        self.end_headers()
        self.wfile.write(content)
    def do_GET(self):
        if self.path == "/hub/api/":
            return self.said(200, {{"version": "6.1.1"}})
        if self.headers.get("Authorization") != "token " + TOKEN:
            return self.said(403, {{}})
        scopes = ["access:servers!user=" + PERSON]
        self.said(200, {{"kind": "user", "name": PERSON, "scopes": scopes}})
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        print("activity", self.path, flush=True)
        self.said(200, {{}})
ThreadingHTTPServer(("", 8081), Hub).serve_forever()
"""


class Outside:
    """The stand-in control plane on the machine outside the cluster, in a thread of its own."""

    def __init__(self, host: str) -> None:
        port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._folder = contextlib.ExitStack()
        run = self._folder.enter_context(tempfile.TemporaryDirectory(prefix="tre-"))
        settings = Settings.model_validate(
            {"mode": "test", "engine": "kubernetes", "run_dir": run, "control_port": port}
        )
        self.dial = f"http://{host}:{port}"
        self.world = ControlWorld(settings, Pods(), host=host)

    def __enter__(self) -> "Outside":
        self._thread.start()
        self._do(self.world.up())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self.world.down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._folder.close()

    def push(self, **event: Any) -> None:
        """Push one line to whoever listens."""
        self._loop.call_soon_threadsafe(lambda: self.world.push(**event))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@dataclass
class Notebook:
    """One notebook server's pod, as it was started."""

    project: str
    person: str
    secret: str
    pod: Object

    @property
    def name(self) -> str:
        return str(self.pod["metadata"]["name"])

    @property
    def space(self) -> str:
        return names.namespace(self.project)

    @property
    def address(self) -> str:
        return str(self.pod["status"]["podIP"])


@dataclass
class House:
    """Everything of one module's tests."""

    objects: Objects
    lab: Instance
    known: Known
    outside: Outside
    prefix: str
    doors: Object = field(default_factory=dict)
    gateway: Object = field(default_factory=dict)
    hub: Object = field(default_factory=dict)
    _numbers: int = 0
    _made: list[str] = field(default_factory=list)

    @property
    def control(self) -> ControlWorld:
        return self.outside.world

    def project(self, word: str) -> Spec:
        """A project's namespace with its policies and accounts, as the builders write them."""
        spec = replace(a_spec(f"{self.prefix}-{word}", "ada"), size=_SIZE)
        labels, _ = names.marks(names.PROJECT, spec.project)
        for thing in (
            namespace.project_namespace(self.known, spec),
            *network.project_policies(self.known, spec.project),
            *namespace.accounts(names.namespace(spec.project), labels),
        ):
            self.objects.apply(thing)
        self._made.append(names.namespace(spec.project))
        return spec

    def notebook(
        self,
        spec: Spec,
        person: str = "ada",
        *,
        serves: bool = False,
        program: str = "import time; time.sleep(10**6)",
        ready: bool = True,
    ) -> Notebook:
        """Start a pod in all but its homes a notebook server's, with a secret of its own.

        Shape: `serves` runs JupyterHub's server as pods do, else it runs a program of a test.
        """
        self._numbers += 1
        secret = secrets.token_urlsafe(32)
        runs = ["/opt/workspace/bin/python", "-c", program]
        own = self.known.user_namespaces
        command = pods.notebook_command(spec.size, own_users=own) if serves else runs
        pod: Any = pods.probe(self.known, spec, self._numbers, command)
        pod["metadata"]["labels"][names.PERSON] = person
        pod["spec"].pop("initContainers", None)  # its own proof is for `test_proof`; doors are shut
        container = pod["spec"]["containers"][0]
        container["env"] = pods.environment(
            self.known,
            spec.project,
            person,
            spec.size,
            _from_hub(person) if serves else {},
            door=secret,
        )
        container["imagePullPolicy"] = "Never"
        pod["spec"]["terminationGracePeriodSeconds"] = 0
        if serves or "8888" in program:
            probe = {"tcpSocket": {"port": 8888}, "periodSeconds": 1, "failureThreshold": 180}
            container["readinessProbe"] = probe
        self.objects.apply(pod)
        made = Notebook(spec.project, person, secret, pod)
        if ready:
            (made.pod,) = self.objects.wait_running(made.space, made.name, seconds=180)
        else:
            made.pod = self.addressed(made)
        return made

    def addressed(self, notebook: Notebook) -> Object:
        """Wait until a pod has an address."""

        def found() -> Object | None:
            pod = self.objects.pod(notebook.space, notebook.name)
            return pod if pod.get("status", {}).get("podIP") else None

        pod: Object = until(found, 90, f"{notebook.name} has no address")
        return pod

    @property
    def nodes(self) -> tuple[str, ...]:
        """Addresses by which the node comes to its pods: its own, and that of their links."""
        return (*self.lab.addresses.node, _link(self.lab))

    def at_address(self, spec: Spec, person: str, address: str, **more: Any) -> Notebook:
        """Start a pod that gets an address which another one had a moment ago.

        Shape: addresses are given in turn, so the turn is set back; the old one must be free.
        """
        before = str(ip_address(address) - 1)
        turn = "/var/lib/cni/networks/tre-lab/last_reserved_ip.0"
        for _ in range(10):
            self.lab.run("bash", "-c", f"printf %s {before} > {turn}")
            made = self.notebook(spec, person, **more)
            if made.address == address:
                return made
            self.end(made)
        raise AssertionError(f"{address} was never given again")

    def end(self, notebook: Notebook) -> None:
        """Delete a pod and wait until it is gone."""
        self.objects.delete(notebook.pod)

        def there() -> bool:
            listed = self.objects.core.list_namespaced_pod(notebook.space).items
            return notebook.name in {each.metadata.name for each in listed}

        until(lambda: not there(), 60, f"{notebook.name} stays")

    def listed(self, notebook: Notebook, **changed: Any) -> dict[str, Any]:
        """A server as the control plane lists it for the doors."""
        facts = {
            "key": server_key(notebook.project, notebook.person),
            "project": notebook.project,
            "person": notebook.person,
            "address": notebook.address,
            "secret": hash_of(notebook.secret),
            "hub": f"{self.hub['status']['podIP']}:8081",
        }
        return facts | changed

    def lists(self, *servers: dict[str, Any]) -> None:
        """Let the control plane name these servers, and wait until the doors know them."""
        self.control.servers = list(servers)
        self.outside.push(kind="servers")
        until(lambda: self.health()["servers"] == len(servers), 10, "the doors did not hear")

    def allow(self, notebook: Notebook, **changed: Any) -> None:
        """Let the gateway know the server of a person whose session is `SECRET`."""
        facts = {
            "address": f"{notebook.address}:8888",
            "door": hash_of(notebook.secret),
        }
        self.control.allow(notebook.project, notebook.person, **(facts | changed))

    def health(self) -> Any:
        """How the doors are, asked as a pod of the system would."""
        return asyncio.run(self._health())

    async def _health(self) -> Any:
        url = f"http://{self.doors['status']['podIP']}:{DOORS_HEALTH}/.tre/health"
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            return await reply.json()

    def inside(self, notebook: Notebook, program: str, *words: str, seconds: float = 60) -> str:
        """Run a Python program in a notebook's pod, with its environment."""
        python = "/opt/workspace/bin/python"
        return self.objects.execute(
            notebook.space, notebook.name, python, "-c", program, *words, seconds=seconds
        )

    def url(self, path: str) -> str:
        return f"http://{self.gateway['status']['podIP']}:{GATEWAY_PORT}{path}"

    def head(self, project: str) -> dict[str, str]:
        """What a browser with a session at a project sends."""
        host = f"{project}.localhost:{GATEWAY_PORT}"
        return {"Host": host, "Origin": f"http://{host}", "Cookie": f"__Host-tre={SECRET}"}

    def leave(self) -> None:
        """Remove the projects."""
        for space in self._made:
            self.objects.delete(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
            )


def _from_hub(person: str) -> dict[str, str]:
    """What a hub says to a server at its start."""
    return {
        "JUPYTERHUB_API_TOKEN": TOKEN,
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{person}",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([f"access:servers!user={person}"]),
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"/user/{person}/oauth_callback",
        "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES": "[]",
        "JUPYTERHUB_OAUTH_SCOPES": json.dumps([f"access:servers!user={person}"]),
        "JUPYTERHUB_SERVER_NAME": "",
        "JUPYTERHUB_SERVICE_PREFIX": f"/user/{person}/",
        "JUPYTERHUB_USER": person,
    }


@contextmanager
def house(objects: Objects, lab: Instance, system: str) -> Iterator[House]:
    """Bring everything up in a system namespace, and take the projects away."""
    images = pod_images.brought_in(lab, {name: name for name in ("orchestrator", "workspace")})
    service: Any = objects.apply(_service(system))
    known = Known(
        images={**images, "hub": images["orchestrator"], "worker": images["orchestrator"]},
        doors_address=service["spec"]["clusterIP"],
        system=system,
    )
    prefix = f"d{secrets.token_hex(3)}"
    with Outside(lab.addresses.machine[0]) as outside:
        here = House(objects, lab, known, outside, prefix)
        objects.apply(_tokens(system))
        for role in ("gateway", "doors"):
            objects.apply(_process(here, role))
        objects.apply(_hub(here, "ada", f"{prefix}-a"))
        here.gateway, here.doors, here.hub = objects.wait_running(
            system, "gateway", "doors", "hub", seconds=180
        )
        until(lambda: outside.world.listeners == 2, 60, "nobody listens to the control plane")
        try:
            yield here
        finally:
            here.leave()


def _service(system: str) -> Object:
    ports = [{"name": f"p{port}", "port": port} for port in (8081, 8082, 8083)]
    spec = {"selector": {names.COMPONENT: network.DOORS}, "ports": ports}
    metadata = {"name": "doors", "namespace": system}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _tokens(system: str) -> Object:
    content = {role: f"role-{role}-token" for role in ("gateway", "doors")}
    metadata = {"name": "tokens", "namespace": system}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": content}


def _process(here: House, role: str) -> Object:
    """One of our processes as the chart will run it."""
    environment = {
        "TRE_MODE": "test",
        "TRE_ENGINE": "kubernetes",
        "TRE_BIND_HOST": "0.0.0.0",
        "TRE_RUN_DIR": "/run/tre",
        "TRE_CONTROL_DIAL": here.outside.dial,
        "TRE_GATEWAY_PORT": str(GATEWAY_PORT),
        "TRE_POD_NETWORKS": ",".join(here.lab.addresses.pods),
    }
    nodes = {"fieldRef": {"fieldPath": "status.hostIPs"}}
    port = GATEWAY_PORT if role == "gateway" else DOORS_HEALTH
    return _pod(
        here,
        role,
        {names.COMPONENT: role},
        ["/opt/tre/bin/python", "-m", f"orchestrator.{role}"],
        [
            *({"name": name, "value": value} for name, value in environment.items()),
            {"name": "NODE", "valueFrom": nodes},
            {"name": "TRE_NODE_ADDRESSES", "value": f"$(NODE),{_link(here.lab)}"},
        ],
        {"httpGet": {"path": "/.tre/health", "port": port}, "periodSeconds": 1},
        [
            ({"name": "run", "emptyDir": {}}, "/run/tre", None),
            ({"name": "tokens", "secret": {"secretName": "tokens"}}, "/run/tre/tokens", None),
        ],
    )


def _link(lab: Instance) -> str:
    """The node's end of every pod's link."""
    return str(ip_network(lab.addresses.pods[0])[1])


def _hub(here: House, person: str, project: str) -> Object:
    labels, _ = names.marks(names.PROJECT, project)
    program = _HUB.format(person=person, token=TOKEN)
    return _pod(
        here,
        "hub",
        {names.COMPONENT: network.HUB, **labels},
        ["/opt/tre/bin/python", "-c", program],
        [],
        {"tcpSocket": {"port": 8081}, "periodSeconds": 1},
        [],
    )


def _pod(
    here: House,
    name: str,
    labels: dict[str, str],
    command: list[str],
    environment: list[Object],
    ready: Object,
    places: list[tuple[Object, str, None]],
) -> Object:
    container = {
        "name": name,
        "image": here.known.image("worker"),
        "imagePullPolicy": "Never",
        "command": command,
        "env": environment,
        "readinessProbe": ready,
        "securityContext": RESTRICTED | {"runAsUser": 1000},
        "volumeMounts": [{"name": volume["name"], "mountPath": path} for volume, path, _ in places],
    }
    spec = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"fsGroup": 1000},
        "containers": [container],
        "volumes": [volume for volume, _, _ in places],
    }
    metadata = {"name": name, "namespace": here.known.system, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
