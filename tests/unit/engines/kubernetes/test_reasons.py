"""Why a server does not run, in words; the statuses are those that a cluster gave."""

from typing import Any

import pytest

from orchestrator.engines.kubernetes import reasons


def _pod(phase: str, state: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    containers = [{"name": "main", "state": state}] if state else []
    return {"kind": "Pod", "status": {"phase": phase, "containerStatuses": containers, **status}}


RESTS = _pod("Succeeded", {"terminated": {"exitCode": 0}})
ENDED = {
    "crash": (_pod("Failed", {"terminated": {"exitCode": 137, "reason": "Error"}}), "status 137"),
    "memory": (_pod("Failed", {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}), "memory"),
    "age": (_pod("Failed", reason="DeadlineExceeded"), "longest time"),
    "eviction": (_pod("Failed", reason="Evicted"), "room"),
    "nothing known": (_pod("Failed"), "unknown"),
    "no image": (_pod("Pending", {"waiting": {"reason": "ErrImageNeverPull"}}), "image"),
    "no image after tries": (_pod("Pending", {"waiting": {"reason": "ImagePullBackOff"}}), "image"),
    "no image for the proof": (
        _pod(
            "Pending",
            {"waiting": {"reason": "PodInitializing"}},
            initContainerStatuses=[{"state": {"waiting": {"reason": "ImagePullBackOff"}}}],
        ),
        "image",
    ),
    "an image volume and user ids of its own": (
        _pod(
            "Failed",
            {
                "terminated": {
                    "exitCode": 128,
                    "reason": "StartError",
                    "message": "failed to create containerd task: failed to set MOUNT_ATTR_IDMAP on"
                    " /run/image-volumes/e8/bf: invalid argument",
                }
            },
        ),
        "user_namespaces: false",
    ),
    "an open wall": (
        _pod(
            "Failed",
            {"waiting": {"reason": "PodInitializing"}},
            initContainerStatuses=[
                {"state": {"terminated": {"exitCode": 3, "message": "A way is open: E11.\n"}}}
            ],
        ),
        "A way is open: E11.",
    ),
}


def test_a_server_that_ended_in_peace_has_not_failed() -> None:
    assert reasons.rested(RESTS)
    assert reasons.ended(RESTS) is None
    assert not any(reasons.rested(pod) for pod, _ in ENDED.values())


@pytest.mark.parametrize("name", ENDED)
def test_what_has_ended_says_why(name: str) -> None:
    pod, word = ENDED[name]
    said = reasons.ended(pod)
    assert said is not None
    assert word in said


@pytest.mark.parametrize(
    "pod",
    [
        _pod("Running", {"running": {}}),
        _pod("Pending"),
        _pod("Pending", {"waiting": {"reason": "ContainerCreating"}}),
        _pod("Pending", {"waiting": {"reason": "ErrImagePull"}}),
        {"kind": "Pod"},
    ],
)
def test_what_may_yet_run_has_not_ended(pod: dict[str, Any]) -> None:
    assert reasons.ended(pod) is None


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("0/3 nodes are available: 3 Insufficient memory.", "no room"),
        ("0/3 nodes are available: 3 Too many pods.", "no room"),
        ("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", "proved"),
        ("pod has unbound immediate PersistentVolumeClaims", "storage"),
        ("0/1 nodes are available: 1 node(s) had untolerated taint", "No node"),
    ],
)
def test_a_pod_without_a_node_says_what_it_waits_for(message: str, word: str) -> None:
    condition = {"type": "PodScheduled", "reason": "Unschedulable", "message": message}
    assert word in str(reasons.waiting(_pod("Pending", conditions=[condition])))


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    assert reasons.waiting(_pod("Pending", {"waiting": {"reason": "ContainerCreating"}})) is None
    assert reasons.waiting({"kind": "Pod"}) is None


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (None, "log"),
        ("", "log"),
        ('pods "notebook-ada" is forbidden: exceeded quota: workspace', "quota"),
        ("The notebook server ended while it was starting.", "ended while it was starting"),
        ("admission refused", "admission refused"),
    ],
)
def test_a_refusal_becomes_a_sentence(said: str | None, word: str) -> None:
    assert word in reasons.refused(said)
    assert reasons.refused(said).endswith(".")
