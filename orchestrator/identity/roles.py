"""[pure] Global roles, and which of them an action needs. Never who somebody is to one project.

A role opens the door to ask; standing and conflicts are then decided per subject by its noun.
"""

from enum import StrEnum

from orchestrator.errors import NotAllowed
from orchestrator.values import Actor, Decision, Reason


class Role(StrEnum):
    """What the alliance lets a person be. SATRE's names are in `docs/`."""

    RESEARCHER = "researcher"
    CHECKER = "checker"
    ASSET_OWNER = "asset_owner"
    DATA_STEWARD = "data_steward"
    LAY_PANEL = "lay_panel"
    METHODS_REVIEWER = "methods_reviewer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class CertificateKind(StrEnum):
    """Dated proofs a seat or a project can ask for."""

    OUTPUT_CHECKER = "output_checker_certificate"
    RESEARCHER_TRAINING = "researcher_training"


SYSTEM_ROLE = "system"
"""Held by our own processes and by the operator's command line on the machine, by no person."""

_RESEARCHER, _CHECKER, _OWNER, _STEWARD = (
    Role.RESEARCHER,
    Role.CHECKER,
    Role.ASSET_OWNER,
    Role.DATA_STEWARD,
)
_ADMINISTRATOR, _AUDITOR = Role.ADMINISTRATOR, Role.AUDITOR
_REVIEWERS = (Role.ASSET_OWNER, Role.METHODS_REVIEWER, Role.LAY_PANEL)
_EVERYONE = tuple(Role)


def _row(*roles: str) -> frozenset[str]:
    return frozenset(str(role) for role in roles)


PERMISSIONS: dict[str, frozenset[str]] = {
    # identity
    "identity.organisation.register": _row(_ADMINISTRATOR, SYSTEM_ROLE),
    "identity.person.register":       _row(_ADMINISTRATOR, SYSTEM_ROLE),
    "identity.person.read":           _row(_ADMINISTRATOR, _AUDITOR, SYSTEM_ROLE),
    "identity.person.suspend":        _row(_ADMINISTRATOR, SYSTEM_ROLE),
    "identity.person.resume":         _row(_ADMINISTRATOR, SYSTEM_ROLE),
    "identity.role.change":           _row(_ADMINISTRATOR, SYSTEM_ROLE),
    "identity.certificate.add":       _row(_ADMINISTRATOR, SYSTEM_ROLE),
    "identity.session.revoke":        _row(_ADMINISTRATOR, SYSTEM_ROLE),
    "identity.token.mint":            _row(*_EVERYONE, SYSTEM_ROLE),
    "identity.token.revoke":          _row(*_EVERYONE, SYSTEM_ROLE),
    # datasets
    "datasets.dataset.read":          _row(*_EVERYONE, SYSTEM_ROLE),
    "datasets.dataset.register":      _row(_STEWARD),
    "datasets.snapshot.announce":     _row(_STEWARD),
    "datasets.snapshot.upload":       _row(_STEWARD),
    "datasets.snapshot.vote":         _row(_OWNER),
    "datasets.snapshot.retire":       _row(_OWNER, _STEWARD),
    "datasets.snapshot.withdraw":     _row(_OWNER, _STEWARD),
    # projects
    "projects.project.read":          _row(*_EVERYONE, SYSTEM_ROLE),
    "projects.project.draft":         _row(_RESEARCHER),
    "projects.project.submit":        _row(_RESEARCHER),
    "projects.project.withdraw":      _row(_RESEARCHER),
    "projects.project.vote":          _row(*_REVIEWERS),
    "projects.project.close":         _row(_RESEARCHER, _ADMINISTRATOR, SYSTEM_ROLE),
    "projects.project.suspend":       _row(_ADMINISTRATOR, SYSTEM_ROLE),
    # workspaces
    "workspaces.workspace.read":      _row(_RESEARCHER, _ADMINISTRATOR, _AUDITOR, SYSTEM_ROLE),
    "workspaces.workspace.enter":     _row(_RESEARCHER),
    "workspaces.workspace.halt":      _row(_ADMINISTRATOR, _OWNER, SYSTEM_ROLE),
    "workspaces.workspace.resume":    _row(_ADMINISTRATOR, SYSTEM_ROLE),
    # airlock
    "airlock.request.read":           _row(_RESEARCHER, _CHECKER, _OWNER, _ADMINISTRATOR),
    "airlock.request.draft":          _row(_RESEARCHER),
    "airlock.request.submit":         _row(_RESEARCHER),
    "airlock.request.withdraw":       _row(_RESEARCHER),
    "airlock.request.vote":           _row(_CHECKER),
    "airlock.request.download":       _row(_RESEARCHER),
    "airlock.request.recall":         _row(_OWNER, _ADMINISTRATOR),
    # audit
    "audit.log.read":                 _row(_AUDITOR, SYSTEM_ROLE),
    "audit.log.verify":               _row(_AUDITOR, _ADMINISTRATOR, SYSTEM_ROLE),
}  # fmt: skip
"""Action → global roles that may ask for it. What is not listed here nobody may do."""


def permitted(actor: Actor, action: str) -> Decision:
    """Say whether the actor's global roles let them ask for an action at all.

    Errors: RuntimeError for an action that has no row (a programmer's mistake; nobody may then).
    """
    if action not in PERMISSIONS:
        raise RuntimeError(f"{action!r} has no row in the permission table")
    needed = PERMISSIONS[action]
    if actor.roles & needed:
        return Decision()
    return Decision((Reason("role_missing", _sentence(needed)),))


def demand(actor: Actor, action: str) -> None:
    """Refuse an action that the actor's global roles do not open.

    Errors: NotAllowed with every reason.
    """
    decision = permitted(actor, action)
    if not decision:
        reasons = [(reason.code, reason.text) for reason in decision.reasons]
        raise NotAllowed(reasons[0][1], code=reasons[0][0], reasons=reasons)


def _sentence(needed: frozenset[str]) -> str:
    names = sorted(role.replace("_", " ") for role in needed - {SYSTEM_ROLE})
    whom = " or ".join(names) if names else "the system itself"
    return f"This needs the role {whom}. An administrator of the alliance can grant it."
