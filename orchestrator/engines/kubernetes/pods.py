"""[pure] Pods: notebook servers, probes built like them, and the two halves of the check worker.

Every pod starts from one baseline that `restricted` asks for and more; what a kind of pod adds is
in its own function. Nothing here can leave a part of the baseline out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.engines.kubernetes import doorways, names, starting, storage
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.namespace import resources
from orchestrator.engines.port import Mount, Size, Spec
from orchestrator.values import Digest

IMAGE = "/opt/workspace"
HOME = "/home/researcher"
SHARED = "/project"
DATA = "/data"
PLACES = "/snapshots"
UID = 1000
PROVED = "tre.proved"
"""Node label that only the reconciler sets; whatever mounts data must ask for it (egress 7)."""

NOWHERE = "127.0.0.1"
"""The API asks for a nameserver; this one is the pod's own loopback, where nothing listens."""

SPAWNED = {"component": "singleuser-server"}
"""The label by which KubeSpawner watches its pods."""

HUB, PACKAGES, AIRLOCK = "hub", "packages", "airlock"
_FROM_HUB = re.compile(r"JUPYTERHUB_[A-Z_]+\Z")
_MIB_TMP = 1024
_MIB_SHM = 256
_PLACER = Size(memory_mb=1024, cpus=1)


@dataclass(frozen=True)
class Place:
    """One folder of a container: a volume of the pod, where it appears, and what of it."""

    volume: Object
    path: str
    writable: bool = False
    part: str = ""


def notebook(
    cluster: Cluster,
    spec: Spec,
    person: str,
    mounts: Sequence[Mount],
    hub_environment: Mapping[str, str],
    doors_pods: Sequence[str] = (),
    *,
    door: str = "",
    image: str = "",
) -> Object:
    """Describe one person's notebook server.

    Shape: built from our own facts alone; of the hub's words only `JUPYTERHUB_…` values get in.
    `door` is the secret by which its doors know this one start, `image` the image of its data.
    `doors_pods` are the addresses of the doors' pods now: its first container proves the walls.
    Errors: NotFound for an image that is not on the cluster's list. Source: egress E13, E16, 5.3.
    """
    labels, annotations = names.marks(names.PROJECT, spec.project)
    named, more = names.marks(names.PERSON, person)
    return _pod(
        cluster,
        names.notebook_pod(person),
        names.namespace(spec.project),
        {**labels, **named, names.ROLE: "notebook", names.NET: "open", **SPAWNED},
        {**annotations, **more},
        _inside(
            cluster,
            cluster.image(spec.image),
            notebook_command(spec.size, own_users=cluster.user_namespaces),
            environment(cluster, spec.project, person, spec.size, hub_environment, door=door),
            spec.size,
            [*_own(person), *_data(mounts, image)],
            listens=cluster.ports.server,
            first=starting.start(cluster, doors_pods),
        ),
        doors=True,
        data=bool(mounts),
    )


def probe(
    cluster: Cluster,
    spec: Spec,
    number: int,
    command: Sequence[str],
    *,
    first: Sequence[str] = (),
    net: str = "open",
    node: str | None = None,
    mounts: Sequence[Mount] = (),
    image: str = "",
) -> Object:
    """Describe a pod of a proof: a notebook server in all but its command, name and homes.

    Shape: `first` is what its first container runs, before the command. `net` other than `open` is
    left with the default deny alone; `node` places it by name, and then `mounts` may hold nothing
    but the proof's made-up snapshot.
    """
    labels, annotations = names.marks(names.PROJECT, spec.project)
    pod = _pod(
        cluster,
        f"probe-{number}",
        names.namespace(spec.project),
        {**labels, names.ROLE: "notebook", names.PERSON: f"probe-{number}", names.NET: net},
        annotations,
        _inside(
            cluster,
            cluster.image(spec.image),
            command,
            environment(cluster, spec.project, f"probe-{number}", spec.size, {}),
            spec.size,
            [Place(_memory("home", _MIB_TMP), HOME, writable=True), *_data(mounts, image)],
            listens=cluster.ports.server,
            first=first,
        ),
        doors=True,
        data=bool(mounts) and node is None,
    )
    return pod if node is None else _on(pod, node)


def worker(cluster: Cluster, role: str, number: str, command: Sequence[str], size: Size) -> Object:
    """Describe an opener or a judge: no door, no claim, no egress, gone after one request."""
    assert role in ("opener", "judge"), role
    return _pod(
        cluster,
        f"{role}-{names.name(number)}",
        cluster.check,
        {names.ROLE: role},
        {},
        _inside(
            cluster,
            cluster.image(cluster.worker_image),
            command,
            [],
            size,
            [Place(_memory("work", size.memory_mb // 2), "/work", writable=True)],
            listens=cluster.ports.worker,
        ),
        doors=False,
        data=False,
    )


def placer(cluster: Cluster, digest: Digest, command: Sequence[str]) -> Object:
    """Describe the Job that puts one snapshot in place: no door, no egress, one claim to write.

    Shape: one pod and no second try; whoever asked for it decides whether it is tried again.
    """
    hexes = digest.removeprefix("sha256:")
    claim = storage.every_claim(cluster)
    pod = _pod(
        cluster,
        "",
        cluster.placing,
        {names.ROLE: "placer"},
        {},
        _inside(
            cluster,
            cluster.image(cluster.worker_image),
            command,
            [],
            _PLACER,
            [Place(_claim("snapshots", claim), PLACES, writable=True)],
            listens=cluster.ports.worker,
        ),
        doors=False,
        data=False,
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"place-{hexes[:20]}",
            "namespace": cluster.placing,
            "labels": {names.ROLE: "placer"},
            "annotations": {storage.DIGEST: digest},
        },
        "spec": {
            "activeDeadlineSeconds": 86400,
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": 3600,
            "template": {"metadata": {"labels": {names.ROLE: "placer"}}, "spec": pod["spec"]},
        },
    }


def notebook_command(size: Size, *, own_users: bool) -> list[str]:
    """Say what a notebook server runs: limits first, then the server, which then is the process.

    Shape: with the node's user ids no limit of processes, which the kernel would count for all pods
    of a node together: one person's work would end everybody's. The kubelet's is for each pod.
    Source: getrlimit(2), RLIMIT_NPROC ("for the real user ID").
    """
    processes = ("--limit", f"NPROC={size.processes}") if own_users else ()
    return [
        *(f"{IMAGE}/bin/python", "-I", "/opt/tre/inside.py"),
        *(*processes, "--limit", f"NOFILE={size.open_files}"),
        *("--", f"{IMAGE}/bin/python", "-m", "jupyterhub.singleuser"),
    ]


def environment(
    cluster: Cluster,
    project: str,
    person: str,
    size: Size,
    hub: Mapping[str, str],
    *,
    door: str = "",
) -> list[Object]:
    """Build the environment from a list; the hub cannot name another variable or address."""
    ports = cluster.ports
    api = f"http://{HUB}:{ports.hub}/hub/api"
    chosen = {name: value for name, value in hub.items() if _FROM_HUB.match(name)}
    if chosen:
        chosen |= {
            "JUPYTERHUB_API_URL": api,
            "JUPYTERHUB_ACTIVITY_URL": f"{api}/users/{person}/activity",
            "JUPYTERHUB_SERVICE_URL": f"http://0.0.0.0:{ports.server}/user/{person}/",
        }
    own = {
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "PATH": f"{IMAGE}/bin:/usr/bin:/bin",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": f"http://{PACKAGES}:{ports.packages}/simple/",
        "PIP_PREFIX": f"{HOME}/.local",
        "SHELL": "/bin/bash",
        "TRE_AIRLOCK": f"http://{AIRLOCK}:{ports.airlock}",
        "TRE_IDLE_MINUTES": str(size.idle_minutes),
        "TRE_PERSON": person,
        "TRE_PROJECT": project,
        "USER": "researcher",
        "VIRTUAL_ENV": IMAGE,
    }
    doors = doorways.environment(cluster, person, door) if door else {}
    every = sorted((chosen | own | doors).items())
    return [{"name": name, "value": value} for name, value in every]


def container_security() -> Object:
    """What every container gives up."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
    }


def pod_security() -> Object:
    """Who every pod runs as, under the runtime's filter of system calls."""
    return {
        "fsGroup": UID,
        "fsGroupChangePolicy": "OnRootMismatch",
        "runAsGroup": UID,
        "runAsNonRoot": True,
        "runAsUser": UID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _pod(
    cluster: Cluster,
    name: str,
    space: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    inside: Object,
    *,
    doors: bool,
    data: bool,
) -> Object:
    spec: Object = {
        "activeDeadlineSeconds": cluster.longest_days * 86400,
        "automountServiceAccountToken": False,
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": [NOWHERE]},
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": pod_security(),
        "serviceAccountName": "workspace",
        "terminationGracePeriodSeconds": 10,
        **inside,
    }
    if doors:
        hosts = [AIRLOCK, HUB, PACKAGES]
        spec["hostAliases"] = [{"ip": cluster.doors_address, "hostnames": hosts}]
    if data:
        spec["nodeSelector"] = {PROVED: "yes"}
    if cluster.user_namespaces:
        spec["hostUsers"] = False
    if cluster.runtime_class is not None:
        spec["runtimeClassName"] = cluster.runtime_class
    metadata = {
        "name": name,
        "namespace": space,
        "labels": dict(labels),
        "annotations": dict(annotations),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _inside(
    cluster: Cluster,
    image: str,
    command: Sequence[str],
    environment: list[Object],
    size: Size,
    places: Sequence[Place],
    *,
    listens: int,
    first: Sequence[str] = (),
) -> Object:
    """The one container of a pod and the volumes that it mounts; what comes `first` sees none."""
    every = [*places, Place(_disk("tmp", _MIB_TMP), "/tmp", writable=True), _shm()]  # noqa: S108
    volumes: list[Object] = []
    for place in every:
        if place.volume not in volumes:
            volumes.append(place.volume)
    container: Object = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "env": environment,
        "ports": [{"name": "server", "containerPort": listens, "protocol": "TCP"}],
        "resources": resources(size),
        "securityContext": container_security(),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [_mount(place) for place in every],
        "workingDir": places[0].path,
    }
    inside: Object = {"containers": [container], "volumes": volumes}
    return inside | ({"initContainers": [_first(image, first, size)]} if first else {})


def _first(image: str, command: Sequence[str], size: Size) -> Object:
    """The container that proves the walls: no volume, no secret, the same limits and rights."""
    return {
        "name": starting.NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "resources": resources(size),
        "securityContext": container_security(),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }


def _mount(place: Place) -> Object:
    mount: Object = {"name": place.volume["name"], "mountPath": place.path}
    if place.part:
        mount["subPath"] = place.part
    if not place.writable:
        mount |= {"readOnly": True, "recursiveReadOnly": "Enabled"}
    return mount


def _own(person: str) -> list[Place]:
    return [
        Place(_claim("home", names.home_claim(person)), HOME, writable=True),
        Place(_claim("shared", storage.SHARED), SHARED, writable=True),
    ]


def _data(mounts: Sequence[Mount], image: str) -> list[Place]:
    """Each snapshot twice from one volume: its tree, and its manifest beside it; or all at once."""
    if image and mounts:
        return [Place({"name": "data", "image": {"reference": image}}, DATA)]
    places: list[Place] = []
    for mount in sorted(mounts, key=lambda each: (each.dataset, each.version)):
        claim = storage.claim_of(mount)
        volume = _claim(claim, claim, read_only=True)
        path = f"{DATA}/{mount.dataset}/{mount.version}"
        places.append(Place(volume, path, part=storage.TREE))
        places.append(Place(volume, f"{path}.{storage.MANIFEST}", part=storage.MANIFEST))
    return places


def _claim(name: str, claim: str, *, read_only: bool = False) -> Object:
    used: Object = {"claimName": claim}
    return {
        "name": name,
        "persistentVolumeClaim": used | ({"readOnly": True} if read_only else {}),
    }


def _disk(name: str, mib: int) -> Object:
    return {"name": name, "emptyDir": {"sizeLimit": f"{mib}Mi"}}


def _memory(name: str, mib: int) -> Object:
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": f"{mib}Mi"}}


def _shm() -> Place:
    return Place(_memory("shm", _MIB_SHM), "/dev/shm", writable=True)  # noqa: S108


def _on(pod: Object, node: str) -> Object:
    spec = pod["spec"]
    assert isinstance(spec, dict)
    return {**pod, "spec": {**spec, "nodeName": node}}
