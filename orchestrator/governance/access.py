"""[pure] Effective access: may this person use this project now, for what, and if not, why not.

A plain conjunction over facts that were loaded before. It answers for members only; reviewers,
checkers, asset owners and operators are never let in by it.
Source: governance section 3, design property 9.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.values import WORKSPACE_ASLEEP, Decision, Reason


class Verb(StrEnum):
    """What a member can do with a project."""

    WORK = "work"
    SUBMIT = "submit"
    COLLECT = "collect"


ALL_VERBS = frozenset(Verb)
CLOSING_VERBS = frozenset({Verb.SUBMIT, Verb.COLLECT})


@dataclass(frozen=True)
class Membership:
    """A person's place in a project; `terms` is the version of the terms they accepted."""

    accepted_at: datetime | None
    removed_at: datetime | None
    terms: str | None


@dataclass(frozen=True)
class PersonFacts:
    """What is known about a person and this project.

    Shape: `certificates` maps each kind to the end of its validity, None where it has no end;
    `suspended` is why, or None; `membership` is None for a stranger.
    """

    person: str
    membership: Membership | None
    certificates: Mapping[str, datetime | None]
    suspended: str | None = None


@dataclass(frozen=True)
class DatasetFacts:
    """What projects know of a dataset: its slug, its controller's slug, and what stopped it."""

    slug: str
    controller: str
    withdrawn: bool = False
    halted: bool = False


@dataclass(frozen=True)
class WorkspaceFacts:
    """The last isolation proof of a project's workspace; `safe` says that every probe held.

    Shape: `resting` is a sentence while it sleeps or wakes up, and None otherwise; it is proved
    anew before it opens.
    """

    proved_at: datetime | None
    safe: bool
    resting: str | None = None


@dataclass(frozen=True)
class ProjectFacts:
    """What is known about a project.

    Shape: `verbs` is what its state allows; `starts_at` ≤ now < `ends_at` is when; `halted` is why,
    or None; `missing` names facts that could not be loaded.
    """

    project: str
    verbs: frozenset[Verb]
    starts_at: datetime | None
    ends_at: datetime | None
    terms: str
    training: frozenset[str]
    datasets: tuple[DatasetFacts, ...]
    workspace: WorkspaceFacts | None
    proof_valid: timedelta
    halted: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Allow:
    """Access, for these verbs. The clock alone would change the answer at `until`.

    Shape: `reasons` say why a verb that the project's state allows is not among them.
    """

    verbs: frozenset[Verb]
    until: datetime | None

    reasons: tuple[Reason, ...] = ()

    def __bool__(self) -> bool:
        """Allowed."""
        return True


@dataclass(frozen=True)
class Deny:
    """No access, with every reason, sorted by code."""

    reasons: tuple[Reason, ...]

    verbs: frozenset[Verb] = frozenset()
    until: None = None

    def __bool__(self) -> bool:
        """Denied."""
        return False


Access = Allow | Deny


def effective_access(
    person: PersonFacts | None, project: ProjectFacts | None, now: datetime
) -> Access:
    """Decide on access from facts; what could not be loaded denies.

    Shape: Deny has each failing reason once, sorted by code; Allow has the verbs of the project's
    state and the earliest end of anything it rests on.
    """
    if person is None or project is None:
        return Deny((_UNAVAILABLE,))
    found = {reason.code: reason for check in _CHECKS for reason in check(person, project, now)}
    if found:
        return Deny(tuple(found[code] for code in sorted(found)))
    until = min(_ends(person, project), default=None)
    resting = project.workspace.resting if project.workspace else None
    if resting and Verb.WORK in project.verbs:
        return Allow(project.verbs - {Verb.WORK}, until, (Reason(WORKSPACE_ASLEEP, resting),))
    return Allow(project.verbs, until)


def for_verb(access: Access, verb: Verb) -> Decision:
    """Ask for one verb; the answer carries every reason."""
    if verb in access.verbs:
        return Decision((), access.until)
    closing = Reason(
        "project_not_active",
        f"The project is closing: one can no longer {verb} in it, only submit and collect.",
    )
    return Decision(access.reasons or (closing,))


def rests(access: Access) -> bool:
    """Say whether nothing but the workspace's sleep keeps a member from working."""
    return bool(access) and any(reason.code == WORKSPACE_ASLEEP for reason in access.reasons)


_UNAVAILABLE = Reason(
    "facts_unavailable",
    "We could not find out whether you may, so the answer is no. Try again in a moment; if it "
    "stays so, tell the administrator.",
)

_Check = Callable[[PersonFacts, ProjectFacts, datetime], list[Reason]]


def _state(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    if project.verbs:
        return []
    text = "The project is not active. Its page says where it stands and whose turn it is."
    return [Reason("project_not_active", text)]


def _dates(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    if project.starts_at is None or project.ends_at is None:
        text = "The project has no dates yet; its lead sets them in the application."
    elif now < project.starts_at:
        text = f"The project starts on {project.starts_at:%-d %B %Y}."
    elif now >= project.ends_at:
        text = f"The project ended on {project.ends_at:%-d %B %Y}; its lead can ask for more time."
    else:
        return []
    return [Reason("outside_dates", text)]


def _member(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    place = person.membership
    if place is None or place.removed_at is not None:
        text = "You are not a member of this project; its lead can propose you."
    elif place.accepted_at is None:
        text = "You were invited and have not accepted yet; accept on the project's page."
    else:
        return []
    return [Reason("not_member", text)]


def _terms(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    place = person.membership
    if place is not None and place.terms == project.terms:
        return []
    text = f"Accept the current terms (version {project.terms}) on the project's page."
    return [Reason("terms_outdated", text)]


def _training(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    absent = sorted(kind for kind in project.training if kind not in person.certificates)
    ended = sorted(
        (kind, end)
        for kind in project.training
        if (end := person.certificates.get(kind)) is not None and now >= end
    )
    found = []
    if absent:
        text = f"You have no certificate of {_words(absent)}; an administrator records one."
        found.append(Reason("training_missing", text))
    if ended:
        text = f"Your {_words([kind for kind, _ in ended])} ended on {ended[0][1]:%-d %B %Y}."
        found.append(Reason("training_expired", f"{text} Renew it and have it recorded."))
    return found


def _stops(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    found = []
    if person.suspended is not None:
        why = person.suspended.rstrip(".")
        text = f"Your access is suspended: {why}. Ask the administrator."
        found.append(Reason("person_suspended", text))
    if project.halted is not None:
        why = project.halted.rstrip(".")
        text = f"This project is halted: {why}. An administrator can resume it."
        found.append(Reason("project_halted", text))
    return found


def _datasets(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    halted = [d.slug for d in project.datasets if d.halted]
    withdrawn = [d.slug for d in project.datasets if d.withdrawn]
    found = []
    if halted:
        text = f"The data of {_words(halted)} are halted; ask their asset owner."
        found.append(Reason("dataset_halted", text))
    if withdrawn:
        text = f"The data of {_words(withdrawn)} were withdrawn; the lead can go on without them."
        found.append(Reason("dataset_withdrawn", text))
    return found


def _isolation(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    if not _needs_proof(project):
        return []
    proof = project.workspace
    if proof is not None and proof.resting:
        return []  # nobody works before the next proof
    if proof is None or proof.proved_at is None:
        text = "The isolation of the workspace is not proved yet; this takes about a minute."
    elif not proof.safe:
        text = "The last test of the workspace's isolation failed; the administrator was told."
    elif not proof.proved_at <= now < proof.proved_at + project.proof_valid:
        text = "The last proof of the workspace's isolation is too old; the administrator was told."
    else:
        return []
    return [Reason("isolation_unproven", text)]


def _loaded(person: PersonFacts, project: ProjectFacts, now: datetime) -> list[Reason]:
    return [_UNAVAILABLE] if project.missing else []


_CHECKS: tuple[_Check, ...] = (
    _state,
    _dates,
    _member,
    _terms,
    _training,
    _stops,
    _datasets,
    _isolation,
    _loaded,
)


def _needs_proof(project: ProjectFacts) -> bool:
    """Submit and collect alone need no workspace: in `closing` it is retired."""
    return project.verbs != CLOSING_VERBS


def _ends(person: PersonFacts, project: ProjectFacts) -> list[datetime]:
    assert project.ends_at is not None
    ends = [project.ends_at]
    ends += [e for kind in project.training if (e := person.certificates.get(kind)) is not None]
    proof = project.workspace
    if _needs_proof(project) and proof and proof.proved_at and not proof.resting:
        ends.append(proof.proved_at + project.proof_valid)
    return ends


def _words(names: list[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
