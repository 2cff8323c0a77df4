"""[pure] States of a project (the permit) and what may follow what."""

from enum import StrEnum

from orchestrator.governance.access import ALL_VERBS, CLOSING_VERBS, Verb
from orchestrator.lifecycle.machine import Machine, Standing, by, rows


class ProjectState(StrEnum):
    """Where a project stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    DECLINED = "declined"
    APPROVED = "approved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"


class MemberRole(StrEnum):
    """What a person is in a project."""

    LEAD = "lead"
    MEMBER = "member"


_S = ProjectState
_LEAD = by(Standing.LEAD)
_SYSTEM = by(Standing.SYSTEM)
_STOPS = by(Standing.ADMINISTRATOR, Standing.SYSTEM)
_ENDS = by(Standing.LEAD, Standing.ADMINISTRATOR, Standing.SYSTEM)

MACHINE = Machine(
    noun="project",
    states=ProjectState,
    initial=_S.DRAFT,
    table=rows(
        (_S.DRAFT,     "submit",   _S.SUBMITTED, _LEAD),
        (_S.RETURNED,  "submit",   _S.SUBMITTED, _LEAD),
        (_S.SUBMITTED, "return",   _S.RETURNED,  _SYSTEM),
        (_S.SUBMITTED, "decline",  _S.DECLINED,  _SYSTEM),
        (_S.SUBMITTED, "approve",  _S.APPROVED,  _SYSTEM),
        (_S.APPROVED,  "activate", _S.ACTIVE,    _SYSTEM),
        (_S.APPROVED,  "close",    _S.CLOSING,   _ENDS),
        (_S.ACTIVE,    "suspend",  _S.SUSPENDED, _STOPS),
        (_S.ACTIVE,    "close",    _S.CLOSING,   _ENDS),
        (_S.SUSPENDED, "resume",   _S.ACTIVE,    by(Standing.ADMINISTRATOR)),
        (_S.SUSPENDED, "close",    _S.CLOSING,   _ENDS),
        (_S.CLOSING,   "finish",   _S.CLOSED,    _SYSTEM),
    ),
)  # fmt: skip

EDITABLE = frozenset({_S.DRAFT, _S.RETURNED})
"""States in which the lead may change the application."""

RUNNING = frozenset({_S.APPROVED, _S.ACTIVE, _S.SUSPENDED})
"""States that end when the permit does."""

VERBS: dict[ProjectState, frozenset[Verb]] = {
    _S.DRAFT: frozenset(),
    _S.SUBMITTED: frozenset(),
    _S.RETURNED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.APPROVED: frozenset(),
    _S.ACTIVE: ALL_VERBS,
    _S.SUSPENDED: frozenset(),
    _S.CLOSING: CLOSING_VERBS,
    _S.CLOSED: frozenset(),
}
"""What members can do in each state, as far as the state decides."""
