"""What a failing test shows of the cluster: events and logs of its namespaces, the lab's log."""

import pytest
from kubernetes.client.exceptions import ApiException

from tests.cluster.objects import Objects

NAMESPACES = pytest.StashKey[list[str]]()
LINES = 40


def namespaces(item: pytest.Item) -> list[str]:
    """The namespaces that a test and its module made."""
    return [name for node in item.listchain() for name in node.stash.get(NAMESPACES, [])]


def sections(objects: Objects, names: list[str]) -> list[tuple[str, str]]:
    """One section a namespace for its events, one a pod for its log; an error is shown as one."""
    found = []
    for name in names:
        try:
            found += [(f"events of {name}", _events(objects, name)), *_logs(objects, name)]
        except ApiException as error:
            found.append((f"namespace {name}", f"not readable: {error.reason}"))
    if objects.cluster.instance is not None:
        log = objects.cluster.instance.state / "log" / "enforcer.log"
        found.append(("the lab's enforcer", _end(log.read_text())))
    return found


def _events(objects: Objects, name: str) -> str:
    events = objects.core.list_namespaced_event(name).items
    lines = [
        f"{one.involved_object.kind}/{one.involved_object.name} {one.reason}: {one.message}"
        for one in events
    ]
    return _end("\n".join(lines))


def _logs(objects: Objects, name: str) -> list[tuple[str, str]]:
    return [
        (f"log of {name}/{pod.metadata.name} ({pod.status.phase})", _log(objects, pod))
        for pod in objects.core.list_namespaced_pod(name).items
    ]


def _log(objects: Objects, pod: object) -> str:
    try:
        return _end(
            objects.core.read_namespaced_pod_log(
                pod.metadata.name,  # type: ignore[attr-defined]
                pod.metadata.namespace,  # type: ignore[attr-defined]
                tail_lines=LINES,
            )
        )
    except ApiException as error:
        return f"no log: {error.reason}"


def _end(text: str) -> str:
    return "\n".join(text.splitlines()[-LINES:])
