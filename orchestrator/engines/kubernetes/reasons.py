"""[pure] Why a notebook server does not run, in the words of the person who waits for it."""

from collections.abc import Mapping

from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import mapping

_IMAGE = "The image of the notebook server is not there; an administrator must make it available."
_ROOM = "There is no room on the cluster's nodes at the moment; try again when others have ended."
_QUOTA = (
    "The project's quota has no room for another server; end one, or ask an administrator for more."
)
_IMAGE_AND_USERS = (
    "The node cannot mount an image of data for a server with user ids of its own: an "
    "administrator must say user_namespaces: false, or keep snapshots on other storage."
)
_HOPELESS = ("ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError")
_WAITING: Mapping[str, str] = {
    "ErrImagePull": "The image of the notebook server cannot be fetched; it is tried again.",
    "CreateContainerConfigError": "The node cannot prepare the notebook server; it is tried again.",
    "CreateContainerError": "The node cannot start the notebook server; it is tried again.",
    "RunContainerError": "The node cannot start the notebook server; it is tried again.",
    **dict.fromkeys(_HOPELESS, _IMAGE),
}
_ENDED: Mapping[str, str] = {
    "DeadlineExceeded": "The notebook server ran for the longest time allowed and was ended.",
    "Evicted": "The node ran out of room and ended the notebook server.",
    "NodeShutdown": "The node of the notebook server was shut down.",
    "Terminated": "The node of the notebook server was shut down.",
    "OOMKilled": "The notebook server needed more memory than it may have, and was ended.",
}


def rested(pod: Object) -> bool:
    """Say whether a pod's server ended by itself in peace."""
    return mapping(pod.get("status")).get("phase") == "Succeeded"


def ended(pod: Object) -> str | None:
    """Say why a pod has failed, or never will run; None for one that runs, rests or may yet run."""
    status = mapping(pod.get("status"))
    if status.get("phase") == "Failed":
        return _why_ended(status)
    return _IMAGE if _waits_for(status) in _HOPELESS else None


def waiting(pod: Object) -> str | None:
    """Say what a pod that does not run yet waits for; None where there is nothing to say."""
    status = mapping(pod.get("status"))
    conditions = status.get("conditions")
    for each in conditions if isinstance(conditions, list) else ():
        said = mapping(each)
        if said.get("type") == "PodScheduled" and said.get("reason") == "Unschedulable":
            return _unschedulable(str(said.get("message")))
    return _WAITING.get(_waits_for(status))


def refused(said: str | None) -> str:
    """Say in words why the cluster or the hub did not even make the pod."""
    match said:
        case None | "":
            return (
                "The notebook server did not start; the project's hub has the details in its log."
            )
        case text if "exceeded quota" in text:
            return _QUOTA
        case text:
            return text if text.endswith(".") else f"The notebook server did not start: {text}."


def last_words(pod: Object) -> str:
    """Answer what a pod's one container wrote for whoever asks why it ended, empty for nothing."""
    return str(_state(mapping(pod.get("status")), "terminated").get("message") or "")


def _why_ended(status: Mapping[str, object]) -> str:
    """Choose the sentence: of the first container, which proves the walls, or of the server."""
    first = _state(status, "terminated", "initContainerStatuses")
    if first.get("exitCode"):
        said = str(first.get("message") or "").strip()
        return said[:500] or "The walls around this server could not be proved, so it was ended."
    state = _state(status, "terminated")
    if "IDMAP" in str(state.get("message")):
        return _IMAGE_AND_USERS
    for reason in (status.get("reason"), state.get("reason")):
        if reason in _ENDED:
            return _ENDED[str(reason)]
    return f"The notebook server ended by itself (status {state.get('exitCode', 'unknown')})."


def _waits_for(status: Mapping[str, object]) -> str:
    """Answer what the first container waits for, or else the server."""
    first = _state(status, "waiting", "initContainerStatuses").get("reason")
    return str(first or _state(status, "waiting").get("reason"))


def _unschedulable(message: str) -> str:
    """Tell a lack of room from a lack of a node that may hold data."""
    if "Insufficient" in message or "Too many pods" in message:
        return _ROOM
    if "didn't match Pod's node affinity/selector" in message:
        return "No node of the cluster is proved to hold data at the moment."
    if "unbound" in message or "persistentvolumeclaim" in message:
        return "The storage of the notebook server is not there yet."
    return "No node of the cluster takes the notebook server at the moment."


def _state(
    status: Mapping[str, object], name: str, kind: str = "containerStatuses"
) -> Mapping[str, object]:
    """Answer one state of the pod's one container of a kind."""
    containers = status.get(kind)
    first = containers[0] if isinstance(containers, list) and containers else {}
    return mapping(mapping(mapping(first).get("state")).get(name))
