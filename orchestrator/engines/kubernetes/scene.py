"""[pure] What a proof sets up on a cluster: three throw-away projects and the pods in them.

Each is built by the same functions as a real project and its notebook servers; what differs is its
name and which walls it has. The second wall knows pods by the name of their namespace, and no
name that begins with `tre--` is one of a project: so a namespace of that name has the policies
alone. Nobody but the reconciler makes, labels or fills a namespace of ours (admission 01, 14).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.engines.kubernetes import attempts, names, namespace, network, pods, starting
from orchestrator.engines.kubernetes.attempts import Station, Wall
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import Key, metadata_of, texts
from orchestrator.engines.port import Size, Spec

PROOF = "tre.proof"
"""Label of a throw-away namespace: which of our processes made it."""

UNTIL = "tre.proof-until"
"""Annotation: the second after which nobody needs it any more."""

ALLOW = "allow-canary"
LASTS = 240
"""Seconds that a run may take before others take its namespaces away."""

_SIZE = Size(memory_mb=128, processes=64, open_files=512, cpus=1)


@dataclass(frozen=True)
class Run:
    """One run of the proof: a short name of its own, who runs it, and the image that is tried."""

    name: str
    maker: str
    image: str

    @property
    def canary(self) -> str:
        """Name the namespace without any wall: canary and controls."""
        return f"tre--proof-{self.name}"

    @property
    def policies(self) -> str:
        """Name the namespace with policies and without the second wall."""
        return f"tre--proof-{self.name}-policies"

    @property
    def walled(self) -> str:
        """Name the namespace with the second wall and without policies."""
        return names.namespace(self.project)

    @property
    def project(self) -> str:
        """Name the made-up project; no slug has a space, so it is nobody's."""
        return f"proof {self.name}"

    def spaces(self) -> tuple[str, ...]:
        """All three."""
        return (self.canary, self.policies, self.walled)

    def spec(self) -> Spec:
        """A specification like a real one, but small and without people."""
        return Spec(self.project, (), self.image, _SIZE, "sha256:" + "0" * 64)  # type: ignore[arg-type]


def spaces(cluster: Cluster, run: Run, now: float, wanted: Sequence[str]) -> list[Object]:
    """The namespaces of a run with their powerless accounts, before anything that could run."""
    made: list[Object] = []
    labels, _ = names.marks(names.PROJECT, run.project)
    for space in wanted:
        made.append(_space(cluster, run, space, now))
        made += namespace.accounts(space, labels)
    return made


def policies(cluster: Cluster, run: Run) -> list[Object]:
    """The policies of a real project, in the namespace outside the second wall, and one more.

    The one more allows a single connection to the canary: so that the way is known to be open, and
    so that there is a policy to take away while a connection is held.
    """
    found = [_moved(each, run.policies) for each in network.project_policies(cluster, run.project)]
    return [*found, allow(run)]


def allow(run: Run) -> Object:
    """The policy that is taken away: one port of the canary and no other."""
    labels, _ = names.marks(names.PROJECT, run.project)
    return network.to_canary(run.policies, ALLOW, labels, run.canary, attempts.HELD)


def canary(cluster: Cluster, run: Run, node: str) -> Object:
    """The pod that everybody tries to reach."""
    plan = {
        "tcp": [attempts.SAID, attempts.SERVED, attempts.HELD],
        "udp": [attempts.SAID],
        "more_tcp": list(attempts.LOW),
        "more_udp": [53],
        "ask": attempts.ASKED,
    }
    return _pod(cluster, run, run.canary, 1, node, _canary(plan))


def control(
    cluster: Cluster, run: Run, number: int, node: str, plan: Mapping[str, object]
) -> Object:
    """A pod of the same build behind no wall; it makes the same attempts."""
    command = starting.command(starting.PROBE, "try", json.dumps(plan))
    return _pod(cluster, run, run.canary, number, node, command)


def probe(
    cluster: Cluster,
    run: Run,
    station: Station,
    number: int,
    hold: Sequence[object] | None = None,
    spec: Spec | None = None,
    net: str = "open",
) -> Object:
    """A pod at a station: first it tries, then it listens as a notebook server does.

    Shape: in the namespace of its wall, or with `spec` in that project's own.
    """
    listening: dict[str, object] = {
        "tcp": [attempts.SAID, attempts.SERVED],
        "udp": [attempts.SAID],
    }
    if hold is not None:
        listening |= {"hold": list(hold), "seconds": attempts.LONGEST_HOLD}
    trying = starting.command(starting.PROBE, "try", json.dumps(attempts.plan(station)))
    if spec is not None:
        small = replace(spec, size=_SIZE)
        return pods.probe(
            cluster, small, number, _canary(listening), first=trying, node=station.node, net=net
        )
    space = run.policies if station.wall is Wall.POLICIES else run.walled
    return _pod(cluster, run, space, number, station.node, _canary(listening), trying)


def left_over(thing: Object, maker: str, mine: Sequence[str], now: float) -> bool:
    """Say whether a throw-away namespace belongs to a run that is over.

    Shape: one of the same maker is over unless it is among `mine`, because no two reconcilers act
    at once; anybody else's when its time is up, or when it does not say when that is.
    """
    metadata = metadata_of(thing)
    labels, facts = texts(metadata.get("labels")), texts(metadata.get("annotations"))
    if PROOF not in labels or metadata.get("name") in mine or "deletionTimestamp" in metadata:
        return False
    if labels[PROOF] == maker:
        return True
    until = facts.get(UNTIL, "")
    return not until.isdecimal() or int(until) < now


def is_probe(thing: Object) -> bool:
    """Say whether a pod in a project is one of a proof."""
    name = str(metadata_of(thing).get("name"))
    return thing["kind"] == "Pod" and name.startswith("probe-") and name[6:].isdecimal()


def where(pod: Object) -> Key:
    """Name a pod."""
    metadata = metadata_of(pod)
    return Key("Pod", str(metadata["namespace"]), str(metadata["name"]))


def addresses(pod: Object) -> tuple[str, ...]:
    """Answer the addresses that a pod has by now, IPv4 first."""
    status = pod.get("status")
    found = status.get("podIPs") if isinstance(status, dict) else None
    given = [str(each.get("ip")) for each in found or () if isinstance(each, dict)]
    return tuple(sorted(given, key=lambda text: ":" in text))


def message(pod: Object, container: str) -> str | None:
    """Answer the last words of a container that has ended; None while it has not."""
    ended = terminated(pod, container)
    return None if ended is None else str(ended.get("message") or "")


def terminated(pod: Object, container: str) -> Mapping[str, object] | None:
    """Answer how a container ended; None while it has not."""
    status = pod.get("status")
    for kind in ("initContainerStatuses", "containerStatuses"):
        listed = status.get(kind) if isinstance(status, dict) else None
        for each in listed or ():
            if each.get("name") == container:
                found = (each.get("state") or {}).get("terminated")
                return found if isinstance(found, dict) else None
    return None


def runs(pod: Object) -> bool:
    """Say whether a pod's own container runs now."""
    status = pod.get("status")
    listed = status.get("containerStatuses") if isinstance(status, dict) else None
    return any("running" in (each.get("state") or {}) for each in listed or ())


def ended(pod: Object) -> bool:
    """Say whether a pod has come to its end."""
    status = pod.get("status")
    phase = status.get("phase") if isinstance(status, dict) else None
    return phase in ("Succeeded", "Failed")


def _space(cluster: Cluster, run: Run, space: str, now: float) -> Object:
    made = namespace.project_namespace(cluster, run.spec())
    metadata = dict(metadata_of(made))
    labels = {**texts(metadata["labels"]), PROOF: run.maker}
    facts = {**texts(metadata["annotations"]), UNTIL: str(int(now) + LASTS)}
    return {**made, "metadata": metadata | {"name": space, "labels": labels, "annotations": facts}}


def _pod(
    cluster: Cluster,
    run: Run,
    space: str,
    number: int,
    node: str,
    command: Sequence[str],
    first: Sequence[str] = (),
) -> Object:
    made = pods.probe(cluster, run.spec(), number, command, first=first, node=node)
    return _moved(made, space)


def _moved(thing: Object, space: str) -> Object:
    return {**thing, "metadata": {**metadata_of(thing), "namespace": space}}


def _canary(plan: Mapping[str, object]) -> list[str]:
    return starting.command(starting.CANARY, json.dumps(plan))
