"""[pure] What a node says about the walls of the pods on it, and which node may have data.

A node is proved by a proof on it, and stays so only while the second wall's own pod on it is ready:
that pod's readiness is `tre-wall status`, which asks whether the plug-in is in the node's network
list and answers. Whoever lost the label gets it back by the next proof and by nothing else.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import mapping, metadata_of, texts
from orchestrator.engines.kubernetes.pods import PROVED
from orchestrator.engines.port import Condition

WALL = "wall"
"""Value of `tre.component` of the pods that put the second wall on their nodes."""

TRANSLATES = "tre.translates-at-socket"
"""Annotation of a node: whether service addresses are translated in the connect call there."""

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Node:
    """One node as it is seen; `wall` is None where no pod of the wall is on it.

    Shape: `ready` says that it takes pods like a notebook server's.
    """

    name: str
    ready: bool
    proved: bool
    addresses: tuple[str, ...]
    wall: bool | None
    says: str = ""
    translates: str = ""


def seen(nodes: Iterable[Object], walls: Iterable[Object]) -> list[Node]:
    """Read nodes and the wall's pods on them, in order of their names."""
    on: dict[str, Object] = {}
    for pod in walls:
        name = str(mapping(pod.get("spec")).get("nodeName") or "")
        if name and (name not in on or _ready(pod)):
            on[name] = pod
    found = [_node(each, on.get(str(metadata_of(each)["name"]))) for each in nodes]
    return sorted(found, key=lambda node: node.name)


def to_try(nodes: Sequence[Node], *, second_wall: bool) -> list[Node]:
    """Choose the nodes that a proof tries, those that are proved first.

    Shape: a node without the second wall is no failure while others have it: it takes no data.
    Where none has it all are tried, so that the proof says by name what is missing.
    """
    ready = [node for node in nodes if node.ready]
    walled = [node for node in ready if node.wall is True or not second_wall]
    return sorted(walled or ready, key=lambda node: (not node.proved, node.name))


def lost(nodes: Sequence[Node], *, second_wall: bool) -> list[Node]:
    """Answer the nodes that carry the label and must not any more."""
    return [node for node in nodes if node.proved and second_wall and node.wall is not True]


def labelled(name: str, *, proved: bool, translates: str = "") -> Object:
    """The node with our label, to be applied: our fields and no others."""
    metadata: Object = {"name": name, "labels": {PROVED: YES if proved else NO}}
    if translates:
        metadata["annotations"] = {TRANSLATES: translates}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata}


def in_words(nodes: Sequence[Node], *, second_wall: bool) -> str:
    """Say which wall stands between pods and the rest, and where that was proved."""
    walls = "network policies and a second wall in each pod" if second_wall else "network policies"
    proved = [node.name for node in nodes if node.proved]
    return f"{walls}, {f'proved on {_list(proved)}' if proved else 'not proved on any node'}"


def conditions(
    nodes: Sequence[Node], events: Sequence[Object], *, second_wall: bool, user_namespaces: bool
) -> list[Condition]:
    """Say which walls stand, node by node, in sentences."""
    return [
        _policies(nodes),
        _second(nodes, second_wall),
        *([_chain(events)] if second_wall else []),
        _sockets(nodes),
        _users(user_namespaces),
    ]


def _policies(nodes: Sequence[Node]) -> Condition:
    proved = [node.name for node in nodes if node.proved]
    others = [node.name for node in nodes if not node.proved]
    cure = "tre doctor --prove"
    if not proved:
        say = "No node carries a proof that the walls hold there, so no data is attached anywhere."
        return Condition("walls", "missing", say, cure)
    say = f"The walls are proved on {_list(proved)}."
    if not others:
        return Condition("walls", "ok", say)
    return Condition("walls", "off", f"{say} No notebook starts on {_list(others)}.", cure)


def _second(nodes: Sequence[Node], wanted: bool) -> Condition:
    if not wanted:
        say = "The cluster's owner refused our plug-in: one wall stands, the network policies."
        return Condition("second wall", "off", say)
    without = [node for node in nodes if node.wall is not True]
    if not without:
        return Condition("second wall", "ok", "The plug-in stands and answers on every node.")
    stands = [node.name for node in nodes if node.wall is True]
    where = f"It stands on {_list(stands)}. " if stands else ""
    reasons = "; ".join(
        f"{node.name}: {node.says or 'no pod of the wall is there'}" for node in without
    )
    status = "off" if stands else "broken"
    cure = "look at the pods with the label tre.component=wall"
    return Condition("second wall", status, f"{where}It does not on {reasons}.", cure)


def _chain(events: Sequence[Object]) -> Condition:
    """Tell what made the wall's pods not ready lately: above all a list that others rewrite."""
    rewritten, other = 0, set()
    for event in events:
        for fault in faults(str(event.get("message") or "")):
            if "network list" in fault:
                rewritten += _times(event)
            else:
                other.add(fault)
    if rewritten:
        say = (
            f"The node's network list was found without the wall {rewritten} times lately:"
            " another network plug-in rewrites it. The wall comes back within a second, and pods"
            " that started in between notice by themselves."
        )
        return Condition("plug-in chain", "off", say, "have that plug-in keep the entry tre-wall")
    if other:
        return Condition("plug-in chain", "broken", f"{sorted(other)[0][:200]}.")
    return Condition("plug-in chain", "ok", "Nobody was seen to rewrite the nodes' network lists.")


def _sockets(nodes: Sequence[Node]) -> Condition:
    subject = "service addresses"
    there = [node.name for node in nodes if node.translates == YES]
    if there:
        say = (
            f"On {_list(there)} a network plug-in translates service addresses in the connect call,"
            " where the second wall cannot see them: doors stay closed, nothing opens."
        )
        cure = "have the plug-in translate in the node's network for pods"
        return Condition(subject, "broken", say, cure)
    if not any(node.translates == NO for node in nodes):
        say = "Whether they are translated in the connect call was not looked at yet."
        return Condition(subject, "off", say, "tre doctor --prove")
    return Condition(subject, "ok", "They are translated in the node's network, not at the socket.")


def _users(wanted: bool) -> Condition:
    if wanted:
        return Condition("user ids", "ok", "Every pod has user ids of its own, none of the node's.")
    say = (
        "Pods share their user ids with the node: set where the nodes cannot do better. How many "
        "processes a pod may have is then the kubelet's podPidsLimit alone."
    )
    return Condition("user ids", "off", say, "set user_namespaces on nodes that can")


_JSON = re.compile(r"\{.*\}")


def faults(message: str) -> list[str]:
    """Read what `tre-wall status` found out of an event of the kubelet's."""
    for line in message.splitlines():
        found = _JSON.search(line)
        if found and '"faults"' in line:
            try:
                said = mapping(json.loads(found.group())).get("faults")
            except ValueError:
                continue
            return [str(each) for each in said] if isinstance(said, list) else []
    return []


_YOUNG = timedelta(seconds=15)


def is_late(event: Object, pods: Mapping[object, Object]) -> bool:
    """Say whether an event tells of a pod of the wall that was ready before.

    Shape: `pods` by their uid; what a pod says in its first seconds is that it has just come.
    """
    pod = pods.get(mapping(event.get("involvedObject")).get("uid"))
    if pod is None or not faults(str(event.get("message") or "")):
        return False
    made, last = metadata_of(pod).get("creationTimestamp"), event.get("lastTimestamp")
    try:
        return datetime.fromisoformat(str(last)) - datetime.fromisoformat(str(made)) > _YOUNG
    except ValueError:
        return True


def _times(event: Object) -> int:
    series = mapping(event.get("series")).get("count")
    return int(str(series or event.get("count") or 1))


def _node(thing: Object, wall: Object | None) -> Node:
    metadata, status = metadata_of(thing), mapping(thing.get("status"))
    given = status.get("addresses")
    listed = [mapping(each) for each in given] if isinstance(given, list) else []
    return Node(
        name=str(metadata["name"]),
        ready=_is(status, "Ready") and not _refuses(thing),
        proved=texts(metadata.get("labels")).get(PROVED) == YES,
        addresses=tuple(str(e["address"]) for e in listed if e.get("type") == "InternalIP"),
        wall=None if wall is None else _ready(wall),
        says="" if wall is None else _reason(wall),
        translates=texts(metadata.get("annotations")).get(TRANSLATES, ""),
    )


def _refuses(thing: Object) -> bool:
    """Say whether no notebook server would be placed there: closed, or tainted for others."""
    spec = mapping(thing.get("spec"))
    given = spec.get("taints")
    taints = [mapping(each) for each in given] if isinstance(given, list) else []
    kept = any(each.get("effect") in ("NoSchedule", "NoExecute") for each in taints)
    return kept or spec.get("unschedulable") is True


def _ready(pod: Object) -> bool:
    """A pod that is ending is not ready, whatever it says."""
    return _is(mapping(pod.get("status")), "Ready") and "deletionTimestamp" not in metadata_of(pod)


def _is(status: Mapping[str, object], kind: str) -> bool:
    given = status.get("conditions")
    listed = [mapping(each) for each in given] if isinstance(given, list) else []
    return any(e.get("type") == kind and e.get("status") == "True" for e in listed)


def _reason(pod: Object) -> str:
    if _ready(pod):
        return ""
    return f"its pod {metadata_of(pod).get('name')} is not ready"


def _list(words: Sequence[str]) -> str:
    return ", ".join(words)
