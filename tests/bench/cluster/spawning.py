"""B6: notebooks asked for at once, until each is ready, beside JupyterHub as it comes.

Both have a hub of their own as a process of this machine, which makes pods with KubeSpawner through
the real API server and scheduler; the node is a fake, so pods are ready at once. Ours is asked as
the reconciler asks: every person in turn, again until ready, and ready means that the token for
the gateway is there. The peer is one request a person, and its stream of progress.
"""

import http.client
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import mapping, metadata_of
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.port import ServerState, Spec
from orchestrator.hub import facts
from orchestrator.reconciler.lane import LOOK_SECONDS
from tests.bench.cluster import fake_node
from tests.bench.cluster.place import Place
from tests.bench.cluster.rounds import Row, interleaved
from tests.cluster.objects import until
from tests.kubernetes_world import a_spec

PLAIN = "JupyterHub and KubeSpawner as they come"
_SPACE, _ACCOUNT, _PORT = "plain", "hub", 8099
_SOON = 120.0
_TOKEN_SECONDS = 7200
_OURS = """
from pathlib import Path
from orchestrator.hub.config import configure_on_a_cluster
here = Path(__file__).parent
configure_on_a_cluster(get_config(), here, here)
get_config().JupyterHub.hub_bind_url = "http://{address}:{port}"
"""
"""Not on every address of this machine, as in a pod: other programs of it use that port too."""
_PLAIN_HUB = """
c = get_config()
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_connect_url = "http://127.0.0.1:{port}"
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.proxy_class = "orchestrator.hub.proxy.MemoryProxy"
c.JupyterHub.cleanup_servers = False
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 0}}
c.JupyterHub.services = [{{"name": "bench", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [
    {{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers"]}}
]
c.KubeSpawner.namespace = "{space}"
c.KubeSpawner.image = "{image}"
c.KubeSpawner.enable_user_namespaces = False
c.Spawner.port = 8888
"""
_RIGHTS: Object = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": _ACCOUNT, "namespace": _SPACE},
}
_RULES: list[Object] = [
    {
        "apiGroups": [""],
        "resources": ["pods", "events", "secrets", "services", "persistentvolumeclaims"],
        "verbs": ["get", "list", "watch", "create", "delete"],
    }
]

Spawn = Callable[[Sequence[str]], list[float]]
"""Ask for these people's servers at once; answer how long each took, in milliseconds."""


def spawned(place: Place, engine: KubernetesEngine, many: int, rounds: int) -> list[Row]:
    """One notebook, and many at once; every server is ended between two rounds."""
    people = [f"person-{number}" for number in range(many)]
    with ExitStack() as stack:
        address = place.lab.addresses.machine[0]
        stack.enter_context(_node(place, address))
        ours = stack.enter_context(_our_hub(place, engine, people))
        plain = stack.enter_context(_plain_hub(place, people))
        rows = []
        for number in (1, many):
            row = Row(f"B6 ({number})", f"{number} notebooks at once, until ready", "ms",
                      "time we add ≤ 5 %")  # fmt: skip
            chosen = people[:number]
            parts = {"ours": lambda _: ours(chosen), PLAIN: lambda _: plain(chosen)}  # noqa: B023
            row.samples = interleaved(parts, rounds)
            rows.append(row)
    return rows


@contextmanager
def _node(place: Place, address: str) -> Iterator[None]:
    command = [sys.executable, "-m", fake_node.__name__, str(place.kubeconfig), address, "8888"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready", "the fake node did not start"
            yield
        finally:
            process.terminate()


@contextmanager
def _our_hub(place: Place, engine: KubernetesEngine, people: Sequence[str]) -> Iterator[Spawn]:
    """A project with its hub, which runs where its pod says that it does."""
    spec = a_spec(f"{place.here.prefix}-spawns", *people)
    engine.ensure(spec)
    _give_volumes(place, spec)
    token, port = engine.environments.token(spec.project), place.here.cluster.ports.project_hub
    assert token is not None
    files = facts.on_a_cluster(spec.project, names.namespace(spec.project), port, token)
    address = place.lab.addresses.machine[0]
    files[facts.PROGRAM] = _OURS.format(address=address, port=port)
    account = names.hub(spec.project)
    with _hub(place, (account, place.here.cluster.system), files):
        until(lambda: _answers(engine, spec), _SOON, "our hub does not answer")
        yield lambda chosen: _ours(engine, spec, chosen)


def _give_volumes(place: Place, spec: Spec) -> None:
    """The project's claims are bound, as they are long before anybody clicks."""
    admin = Client(place.here.access())
    spaces = (names.namespace(spec.project), place.here.cluster.system)
    for space in spaces:
        for claim in admin.list(Scope("PersistentVolumeClaim", space)).items:
            name, asked = str(metadata_of(claim)["name"]), mapping(claim["spec"])
            admin.apply(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolume",
                    "metadata": {"name": f"bench-{space}-{name}"},
                    "spec": {
                        "capacity": mapping(asked["resources"])["requests"],
                        "accessModes": asked["accessModes"],
                        "claimRef": {"namespace": space, "name": name},
                        "hostPath": {"path": "/nowhere"},
                    },
                }
            )
    admin.close()


def _answers(engine: KubernetesEngine, spec: Spec) -> bool:
    hub = engine.servers.hub(spec.project)
    return hub is not None and hub.ready()


def _ours(engine: KubernetesEngine, spec: Spec, people: Sequence[str]) -> list[float]:
    """As `reconciler.servers` does: one turn after the other over everybody who waits."""
    begun, left, took = time.perf_counter(), list(people), []
    while left:
        for person in tuple(left):
            seen = engine.start(spec.project, person)
            if seen.state is ServerState.FAILED:
                raise RuntimeError(f"{person}: {seen.reason}")
            if seen.state is ServerState.READY:
                left.remove(person)
                took.append((time.perf_counter() - begun) * 1000)
        engine.answered(LOOK_SECONDS)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda person: engine.stop(spec.project, person), people))
    return took


@contextmanager
def _plain_hub(place: Place, people: Sequence[str]) -> Iterator[Spawn]:
    token = secrets.token_hex(32)
    admin = Client(place.here.access())
    for thing in _rights():
        admin.apply(thing)
    admin.close()
    image = place.here.cluster.images["workspace"]
    told = {"token": token, "space": _SPACE, "port": _PORT, "image": image}
    with _hub(place, (_ACCOUNT, _SPACE), {facts.PROGRAM: _PLAIN_HUB}, told):
        until(lambda: _asked(token, "GET", "/") == 200, _SOON, "the plain hub does not answer")
        for person in people:
            _asked(token, "POST", f"/users/{person}")
        yield lambda chosen: _plain(token, chosen)


def _rights() -> list[Object]:
    account = {"kind": "ServiceAccount", "metadata": {"name": _ACCOUNT, "namespace": _SPACE}}
    subject = {"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": _SPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": _ACCOUNT}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _SPACE}},
        {"apiVersion": "v1", **account},
        {**_RIGHTS, "rules": _RULES},
        {**_RIGHTS, "kind": "RoleBinding", "roleRef": role, "subjects": [subject]},
    ]


def _plain(token: str, people: Sequence[str]) -> list[float]:
    begun = time.perf_counter()

    def one(person: str) -> float:
        _asked(token, "POST", f"/users/{person}/server")
        _asked(token, "GET", f"/users/{person}/server/progress")
        return (time.perf_counter() - begun) * 1000

    def gone(person: str) -> None:
        until(lambda: _asked(token, "DELETE", f"/users/{person}/server") in (204, 404, 400),
              _SOON, f"{person}'s server does not end")  # fmt: skip

    with ThreadPoolExecutor(len(people)) as pool:
        took = list(pool.map(one, people))
        list(pool.map(gone, people))
    return took


def _asked(token: str, method: str, path: str) -> int:
    """Ask the plain hub and read the answer to its end; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=_SOON)
    try:
        connection.request(method, f"/hub/api{path}", headers={"Authorization": f"token {token}"})
        answer = connection.getresponse()
        text = answer.read()
    except OSError:
        return 0
    finally:
        connection.close()
    if answer.status >= 500 or b'"failed": true' in text:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[-300:]!r}")
    return answer.status


@contextmanager
def _hub(
    place: Place,
    account: tuple[str, str],
    files: Mapping[str, str],
    told: Mapping[str, object] | None = None,
) -> Iterator[None]:
    """A hub as a process, with its account's own token and rights."""
    with tempfile.TemporaryDirectory(prefix="hub-") as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text if told is None else text.format(folder=name, **told))
        (folder / "kubeconfig").write_text(_kubeconfig(place, account))
        environment = {**os.environ, "KUBECONFIG": f"{name}/kubeconfig", "PYTHONPATH": os.getcwd()}
        command = [sys.executable, "-m", "jupyterhub", "-f", f"{name}/{facts.PROGRAM}"]
        log = (folder / "log").open("w")
        process = subprocess.Popen(command, cwd=name, env=environment, stdout=log, stderr=log)
        try:
            yield
        except BaseException:
            sys.stderr.write((folder / "log").read_text()[-3000:])
            raise
        finally:
            process.terminate()
            process.wait()
            log.close()


def _kubeconfig(place: Place, account: tuple[str, str]) -> str:
    """The administrator's way to the cluster, with another account's token."""
    admin = config.new_client_from_config(str(place.kubeconfig))
    asked = {"spec": {"expirationSeconds": _TOKEN_SECONDS}}
    core: Any = client.CoreV1Api(admin)
    token = core.create_namespaced_service_account_token(*account, asked).status.token
    admin.close()
    known = yaml.safe_load(place.kubeconfig.read_text())
    known["users"] = [{"name": one["name"], "user": {"token": token}} for one in known["users"]]
    return str(yaml.safe_dump(known))
