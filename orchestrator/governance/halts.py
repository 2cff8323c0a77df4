"""[pure] What a halt can stop and who may stop or start again: many may stop, few may start."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.values import Decision, Reason

INSTALLATION = "*"
"""Target of a halt of everything."""


class Scope(StrEnum):
    """What a halt stops."""

    PERSON = "person"
    PROJECT = "project"
    DATASET = "dataset"
    INSTALLATION = "installation"


@dataclass(frozen=True)
class Stop:
    """One halt in force. Shape: `target` is a row id, a dataset's slug, or INSTALLATION."""

    id: str
    scope: Scope
    target: str
    reason: str
    at: datetime


def may_halt(
    roles: frozenset[str], organisation: str | None, scope: Scope, controller: str | None
) -> Decision:
    """Administrators and the system stop anything, an asset owner the own partner's data.

    Source: governance section 5.
    """
    if roles & {"administrator", "system"}:
        return Decision()
    own = controller is not None and controller == organisation
    if scope is Scope.DATASET and "asset_owner" in roles and own:
        return Decision()
    text = "Only an administrator may halt this; an asset owner may halt the own partner's data."
    return Decision((Reason("role_missing", text),))


def may_resume(roles: frozenset[str], actor: str, halted_by: str) -> Decision:
    """An administrator starts again what somebody else stopped; the machine only its own halts.

    Shape: `actor` is the person's id, or the actor's id where no person acts.
    Source: governance section 5 (*many may stop, few may start again*).
    """
    if "system" in roles and halted_by == actor:
        return Decision()  # the operator at the machine, when no identity provider answers
    reasons = []
    if "administrator" not in roles:
        text = "Only an administrator may resume what was halted."
        reasons.append(Reason("role_missing", text))
    if actor == halted_by:
        text = "You halted it yourself; another administrator must look at it and resume."
        reasons.append(Reason("same_person", text))
    return Decision(tuple(reasons))
