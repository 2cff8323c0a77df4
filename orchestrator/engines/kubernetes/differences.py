"""[pure] Wanted objects beside seen ones: the few writes that make the world as it should be.

Compared are the fields that we set; those that we do not set are the server's, its defaults are no
drift, and the order of a list is none where it means nothing. What isolates is compared whole: a
rule, a subject or a limit that somebody added is drift too, and so is a whole policy, role or
binding that nobody of us wrote.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple, Protocol

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.cluster import Object


class Key(NamedTuple):
    """What names one object in a cluster; `namespace` is empty where there is none."""

    kind: str
    namespace: str
    name: str


class Known(Protocol):
    """What is known of a cluster, asked by name."""

    def get(self, where: Key, /) -> Object | None:
        """Answer an object, None where there is none."""


class Act(StrEnum):
    """How one difference ends."""

    APPLY = "apply"  # server-side apply: it is missing, or a field of ours is different
    REPLACE = "replace"  # put whole: something was added that apply would leave
    RECREATE = "recreate"  # delete, later apply: a field that no write can change
    DELETE = "delete"  # nobody of us wrote it


@dataclass(frozen=True)
class Write:
    """One write that is needed; `seen` is what it is based on, and guards it by its version."""

    act: Act
    key: Key
    wanted: Object | None
    seen: Object | None


WHOLE: Mapping[str, tuple[str, ...]] = {
    "NetworkPolicy": ("spec",),
    "Role": ("rules",),
    "RoleBinding": ("subjects", "roleRef"),
    "ResourceQuota": ("spec",),
    "LimitRange": ("spec",),
    "ServiceAccount": ("secrets", "imagePullSecrets"),
    "ConfigMap": ("data", "binaryData"),
    "Secret": ("data",),
}
"""Fields that are ours alone, with everything below them."""

FIXED: Mapping[str, tuple[str, ...]] = {
    "RoleBinding": ("roleRef",),
    "PersistentVolume": ("spec",),
    "PersistentVolumeClaim": ("spec",),
}
"""Fields that the server refuses to change."""

ALONE = frozenset(
    {"NetworkPolicy", "Role", "RoleBinding", "ResourceQuota", "LimitRange", "ServiceAccount"}
)
"""Kinds of which a project's namespace has ours and no other."""

_OUR_LABELS = ("tre.", "pod-security.kubernetes.io/")
_ORDERED = frozenset({"command", "args"})
_SUFFIX = {
    **{"m": Decimal("0.001"), "": Decimal(1), "k": Decimal(10) ** 3},
    **{letter: Decimal(10) ** (3 * power) for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": Decimal(2) ** (10 * power) for power, letter in enumerate("KMGTPE", 1)},
}
_DEAD = {"PersistentVolume": ("Released", "Failed"), "PersistentVolumeClaim": ("Lost",)}


def key(thing: Object) -> Key:
    """Name an object."""
    metadata = metadata_of(thing)
    return Key(str(thing["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"]))


def writes(wanted: Iterable[Object], seen: Known) -> list[Write]:
    """Answer what must be written so that every wanted object is there; nothing when all are.

    Shape: in the order of `wanted`. An object that is being deleted is left until it is gone.
    """
    found = (_write(thing, seen.get(key(thing))) for thing in wanted)
    return [write for write in found if write is not None]


def strays(wanted: Iterable[Object], seen: Mapping[Key, Object], space: str) -> list[Write]:
    """Answer the deletions of what a project's namespace must not hold beside our own objects.

    Shape: `seen` holds at least everything in that namespace.
    """
    ours = {key(thing) for thing in wanted}
    return [
        Write(Act.DELETE, each, None, thing)
        for each, thing in sorted(seen.items(), key=lambda pair: pair[0])
        if each.namespace == space
        and each.kind in ALONE
        and each not in ours
        and not is_ending(thing)
    ]


def is_ending(thing: Object) -> bool:
    """Say whether an object is being deleted."""
    return "deletionTimestamp" in metadata_of(thing)


def metadata_of(thing: Object) -> Mapping[str, object]:
    """Answer an object's metadata."""
    return mapping(thing.get("metadata"))


def mapping(value: object) -> Mapping[str, object]:
    """Answer a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> dict[str, str]:
    """Answer labels or annotations; what is no text is left out."""
    return {name: each for name, each in mapping(value).items() if isinstance(each, str)}


def _write(wanted: Object, seen: Object | None) -> Write | None:
    named = key(wanted)
    if seen is None:
        return Write(Act.APPLY, named, wanted, None)
    if is_ending(seen):
        return None
    if _kept(wanted):
        wanted = {name: value for name, value in wanted.items() if name != "spec"}
    elif _dead(seen) or _cannot_become(wanted, seen):
        return Write(Act.RECREATE, named, wanted, seen)
    if _has_more(wanted, seen):
        return Write(Act.REPLACE, named, wanted, seen)
    if _lacks(wanted, seen, ""):
        return Write(Act.APPLY, named, wanted, seen)
    return None


def _kept(wanted: Object) -> bool:
    """A claim that holds work is made once and never changed, whatever is wanted of it later."""
    labels = texts(metadata_of(wanted).get("labels"))
    return wanted["kind"] == "PersistentVolumeClaim" and labels.get(names.ROLE) != "snapshot"


def _cannot_become(wanted: Object, seen: Object) -> bool:
    fixed = FIXED.get(str(wanted["kind"]), ())
    return any(_lacks(wanted.get(name), seen.get(name), name) for name in fixed)


def _dead(seen: Object) -> bool:
    phase = mapping(seen.get("status")).get("phase")
    return phase in _DEAD.get(str(seen["kind"]), ())


def _lacks(wanted: object, seen: object, name: str) -> bool:
    """Say whether something that we set is not there as we set it."""
    match wanted:
        case dict():
            there = mapping(seen)
            return any(_lacks(value, there.get(field), field) for field, value in wanted.items())
        case list() if name not in _ORDERED:
            there_too = seen if isinstance(seen, list) else []
            return len(wanted) != len(there_too) or not _pairs(wanted, there_too)
        case _:
            unsaid = wanted == "" and seen is None  # the server leaves an empty word out
            return wanted != seen and not unsaid and not _same_amount(wanted, seen)


def _pairs(wanted: Sequence[object], seen: Sequence[object]) -> bool:
    """Say whether each wanted item has a seen one of its own that holds it."""
    left = list(seen)
    for item in wanted:
        found = next((each for each in left if not _lacks(item, each, "")), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _has_more(wanted: Object, seen: Object) -> bool:
    """Say whether there is more than we wrote, where everything is ours alone."""
    whole = WHOLE.get(str(wanted["kind"]), ())
    if any(_more(wanted.get(name), seen.get(name)) for name in whole):
        return True
    if wanted["kind"] == "Deployment" and _longer(wanted.get("spec"), seen.get("spec")):
        return True
    mine, theirs = (texts(metadata_of(each).get("labels")) for each in (wanted, seen))
    return any(name.startswith(_OUR_LABELS) and name not in mine for name in theirs)


def _more(wanted: object, seen: object) -> bool:
    """Say whether the seen value holds anything that the wanted one does not."""
    match seen:
        case dict():
            mine = mapping(wanted)
            return any(_more(mine.get(name), value) for name, value in seen.items())
        case list():
            mine_too = wanted if isinstance(wanted, list) else []
            return len(seen) > len(mine_too) or not all(
                any(_is_within(each, item) for item in mine_too) for each in seen
            )
        case _:
            return wanted is None and seen is not None


def _is_within(seen: object, wanted: object) -> bool:
    """Say whether a seen item adds nothing to a wanted one; words of a list must be the same."""
    return not _more(wanted, seen) if isinstance(seen, dict | list) else seen == wanted


def _longer(wanted: object, seen: object) -> bool:
    """Say whether a list of ours has grown: apply would leave a container that somebody added."""
    match wanted:
        case dict():
            return any(_longer(value, mapping(seen).get(name)) for name, value in wanted.items())
        case list():
            return isinstance(seen, list) and (
                len(seen) > len(wanted) or any(map(_longer, wanted, seen))
            )
        case _:
            return False


def _same_amount(wanted: object, seen: object) -> bool:
    """Say whether two spellings are one amount; the server writes 2048Mi as 2Gi."""
    if not isinstance(wanted, str) or not isinstance(seen, str):
        return False
    amounts = (_amount(wanted), _amount(seen))
    return None not in amounts and amounts[0] == amounts[1]


def _amount(text: str) -> Decimal | None:
    number = text.rstrip("EGKMPTikm")
    try:
        return Decimal(number) * _SUFFIX[text[len(number) :]]
    except (InvalidOperation, KeyError):
        return None
