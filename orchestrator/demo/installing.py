"""The chart on a cluster, for the story alone: installed as an administrator does, and taken away.

A namespace, one secret, `helm install` with the administrator's own values, ports forwarded to this
machine's loopback. What an uninstall leaves to its owner is taken away too.
"""

import json
import secrets
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.demo.cluster import SPACE, Installed
from orchestrator.demo.processes import free_port, is_free
from orchestrator.demo.story import Step, wait_until
from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.client import Access, Client, Scope
from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import Key, key, mapping, metadata_of
from orchestrator.errors import Conflict, Invalid, Unavailable
from orchestrator.settings import Settings

RELEASE = "tre"
CHART = Path(__file__).parents[2] / "charts" / "tre"
PORTS = {"control": 8700, "gateway": 8701, "identity": 8702}
_LOGIN = "story-login"
_MINUTES = 15
_ENDS_SECONDS = 300
_PROVED = "tre.proved"


@dataclass(frozen=True)
class Chosen:
    """What the administrator names.

    Shape: `values` are the chart's, as for an installation that lasts: images by digest, addresses,
    storage classes; the story adds its own on top (`_values`). `helm` is the program.
    """

    kubeconfig: Path
    values: Path
    helm: str = "helm"
    chart: Path = CHART


def prepared(folder: Path) -> tuple[Settings, int]:
    """What browsers on this machine see: the usual ports, or others where they are taken.

    Shape: the settings, and the identity provider's port.
    """
    usual = all(map(is_free, PORTS.values()))
    ports = PORTS if usual else {name: free_port() for name in PORTS}
    settings = Settings(
        mode="demo",
        state_dir=folder.absolute() / "state",
        control_port=ports["control"],
        gateway_port=ports["gateway"],
    )
    return settings, ports["identity"]


@contextmanager
def installation(
    settings: Settings, identity_port: int, chosen: Chosen, step: Step, folder: Path
) -> Iterator[Installed]:
    """Install the chart for the story alone; everything is taken away when the block ends.

    Errors: Conflict where an installation or projects of one are there already.
    """
    place = Installed(settings, Access(chosen.kubeconfig))
    _refuse_company(place.client)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "story-values.json"
    file.write_text(json.dumps(_values(settings, identity_port)))
    with ExitStack() as ending:
        ending.callback(place.close)
        ending.callback(_take_away, place.client, chosen)
        _room(place.client)
        begun = time.monotonic()
        words = ("install", RELEASE, str(chosen.chart), "--namespace", SPACE)
        given = ("--values", str(chosen.values), "--values", str(file))
        _helm(chosen, *words, *given, "--wait", "--timeout", f"{_MINUTES}m")
        step.saw(
            f"the chart is installed, every process is ready: {time.monotonic() - begun:.0f} s"
        )
        for image in _images(place.client):
            step.saw(image)
        step.saw(place.seed())
        for component, port, listen in (
            ("control", 8700, settings.control_port),
            ("gateway", 8701, settings.gateway_port),
            ("control", identity_port, identity_port),
        ):
            pod_of = _Named(place, component)
            ending.enter_context(place.reach.forwarded(port, listen, pod_of))
        try:
            yield place
        finally:
            place.keep_logs(folder / "logs")


class _Named:
    """The pod of a component, looked up again at each connection."""

    def __init__(self, place: Installed, component: str) -> None:
        self._place = place
        self._component = component

    def __call__(self) -> str:
        return self._place.named(self._component)


def _values(settings: Settings, identity_port: int) -> dict[str, Any]:
    """What the story says over the administrator's values: for a trial, and for nobody else."""
    return {
        "mode": "demo",
        "host": settings.control_host,
        "domain": settings.gateway_domain,
        "origin": "tre.example",
        "database": {"secret": "", "trial": {"enabled": True}},
        "store": {"folder": True},
        "front": {"kind": "none"},
        "oidc": {"issuer": "", "secret": _LOGIN},
        "demo": {
            "enabled": True,
            "controlPort": settings.control_port,
            "gatewayPort": settings.gateway_port,
            "identityPort": identity_port,
        },
    }


def _refuse_company(client: Client) -> None:
    spaces = client.list(Scope("Namespace")).items
    if any(key(each).name == SPACE for each in spaces):
        raise Conflict(
            f"A namespace {SPACE} is on this cluster: somebody's installation. The story brings "
            "its own and takes it away afterwards, so it needs a cluster without one.",
            code="installed_already",
        )
    if left := [key(each).name for each in spaces if names.ZONE in _labels(each)]:
        raise Conflict(
            f"Projects of an installation are on this cluster ({left[0]}): the story leaves them "
            "alone and needs a cluster without.",
            code="projects_there",
        )


def _room(client: Client) -> None:
    """A namespace, and the one secret that the administrator of an installation brings."""
    level = {"pod-security.kubernetes.io/enforce": "privileged"}  # the second wall's installer
    space: Object = {"apiVersion": "v1", "kind": "Namespace"}
    client.create(space | {"metadata": {"name": SPACE, "labels": level}})
    word = b64encode(secrets.token_hex(16).encode()).decode()
    client.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": _LOGIN, "namespace": SPACE},
            "data": {"client_secret": word},
        }
    )


def _take_away(client: Client, chosen: Chosen) -> None:
    """End the installation, then everything that an uninstall leaves to its owner.

    Errors: Unavailable with what is still there.
    """
    wall = _wall_remover(chosen)
    words = ("uninstall", RELEASE, "--namespace", SPACE, "--ignore-not-found")
    _helm(chosen, *words, "--wait", "--timeout", "5m")
    if wall is not None:
        _remove_wall(client, wall)
    for node in client.list(Scope("Node")).items:
        if _PROVED in _labels(node):
            client.apply(_bare("Node", key(node).name))  # what we applied and name no more goes
    wait_until(lambda: _nothing_left(client), _ENDS_SECONDS, "everything of the story to be gone")


def _nothing_left(client: Client) -> bool | None:
    """Delete what is still there; True when nothing is."""
    spaces = client.list(Scope("Namespace")).items
    ours = [x for x in spaces if key(x).name == SPACE or names.ZONE in _labels(x)]
    left = [*ours, *client.list(Scope("PersistentVolume", labels=names.ROLE)).items]
    for each in left:
        if "deletionTimestamp" not in metadata_of(each):
            with suppress(Conflict):
                client.delete(key(each))
    return None if left else True


def _wall_remover(chosen: Chosen) -> Object | None:
    """What takes the second wall off a node; None where it was refused, or nothing is installed."""
    words = ("get", "values", RELEASE, "--namespace", SPACE, "--all", "--output", "json")
    try:
        given = json.loads(_helm(chosen, *words))
    except Unavailable as nothing:
        if "not found" not in nothing.message:
            raise
        return None
    wall = given["wall"]
    if not wall["enabled"]:
        return None
    folders = (
        ("programs", "/host/opt/cni/bin", wall["programs"]),
        ("lists", "/host/etc/cni/net.d", wall["lists"]),
    )
    container = {
        "name": "remove",
        "image": given["images"]["wall"],
        "imagePullPolicy": given["imagePullPolicy"],
        "args": ["remove"],
        "securityContext": {"runAsUser": 0, "readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": name, "mountPath": inside} for name, inside, _ in folders],
    }
    return {
        "automountServiceAccountToken": False,
        "hostNetwork": True,
        "restartPolicy": "Never",
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "volumes": [{"name": name, "hostPath": {"path": there}} for name, _, there in folders],
    }


def _remove_wall(client: Client, spec: Object) -> None:
    for node in client.list(Scope("Node")).items:
        name = f"no-wall-{names.name(key(node).name)}"
        pod = _bare("Pod", name, SPACE) | {"spec": spec | {"nodeName": key(node).name}}
        client.apply(pod)
        _await_success(client, Key("Pod", SPACE, name))


def _await_success(client: Client, where: Key) -> None:
    def over() -> bool | None:
        phase = mapping(client.get(where)["status"]).get("phase")
        if phase == "Failed":
            raise Unavailable(f"Pod {where.name} could not take the second wall off its node.")
        return True if phase == "Succeeded" else None

    wait_until(over, 60, f"{where.name} to be done")


def _images(client: Client) -> Sequence[str]:
    """One line for each of our processes: which image by digest runs on which node."""
    found = []
    for pod in client.list(Scope("Pod", SPACE, names.COMPONENT)).items:
        spec = mapping(pod["spec"])
        image = spec["containers"][0]["image"]  # type: ignore[index]
        component = _labels(pod)[names.COMPONENT]
        found.append(f"{component}: {str(image).rpartition('/')[2][:40]}… on {spec['nodeName']}")
    return sorted(found)


def _helm(chosen: Chosen, *words: str) -> str:
    """Run helm to its end. Errors: Invalid where there is none; Unavailable with what it said."""
    command = [chosen.helm, *words, "--kubeconfig", str(chosen.kubeconfig)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        raise Invalid(
            f"There is no program {chosen.helm}: install Helm 4 (or 3.18), or name it with --helm.",
            code="no_helm",
        ) from missing
    if done.returncode != 0:
        raise Unavailable(f"helm {words[0]} failed: {done.stderr.strip()[-600:]}", code="helm")
    return done.stdout


def _bare(kind: str, name: str, namespace: str = "") -> Object:
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **where}}


def _labels(thing: Object) -> Mapping[str, object]:
    return mapping(metadata_of(thing).get("labels") or {})
