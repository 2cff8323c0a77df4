"""[pure] States of an airlock request and what may follow what, by whom."""

from enum import StrEnum

from orchestrator.lifecycle.machine import Machine, Standing, by, rows


class RequestState(StrEnum):
    """Where an airlock request stands."""

    DRAFT = "draft"
    CHECKING = "checking"
    IN_REVIEW = "in_review"
    CONSOLIDATING = "consolidating"
    APPROVED = "approved"
    RELEASED = "released"
    EXPIRED = "expired"
    BLOCKED = "blocked"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RECALLED = "recalled"


class CheckState(StrEnum):
    """Where one run of the check worker stands; a worker that died leaves it running."""

    WANTED = "wanted"
    RUNNING = "running"
    DONE = "done"


_S = RequestState
_AUTHOR = by(Standing.AUTHOR)
_SYSTEM = by(Standing.SYSTEM)
_RECALL = by(Standing.ADMINISTRATOR, Standing.OWNER)

# Decisions are the system's: it moves a request only by counting the votes of people.
MACHINE = Machine(
    noun="airlock request",
    states=RequestState,
    initial=_S.DRAFT,
    table=rows(
        (_S.DRAFT,         "submit",      _S.CHECKING,      _AUTHOR),
        (_S.DRAFT,         "withdraw",    _S.WITHDRAWN,     _AUTHOR),
        (_S.CHECKING,      "review",      _S.IN_REVIEW,     _SYSTEM),
        (_S.CHECKING,      "block",       _S.BLOCKED,       _SYSTEM),
        (_S.CHECKING,      "withdraw",    _S.WITHDRAWN,     _AUTHOR),
        (_S.IN_REVIEW,     "consolidate", _S.CONSOLIDATING, _SYSTEM),
        (_S.IN_REVIEW,     "return",      _S.RETURNED,      _SYSTEM),  # the review lapsed
        (_S.IN_REVIEW,     "withdraw",    _S.WITHDRAWN,     _AUTHOR),
        (_S.CONSOLIDATING, "approve",     _S.APPROVED,      _SYSTEM),
        (_S.CONSOLIDATING, "return",      _S.RETURNED,      _SYSTEM),
        (_S.CONSOLIDATING, "reject",      _S.REJECTED,      _SYSTEM),
        (_S.CONSOLIDATING, "withdraw",    _S.WITHDRAWN,     _AUTHOR),
        (_S.APPROVED,      "release",     _S.RELEASED,      _SYSTEM),
        (_S.APPROVED,      "return",      _S.RETURNED,      _SYSTEM),  # the last check found more
        (_S.APPROVED,      "recall",      _S.RECALLED,      _RECALL),
        (_S.RELEASED,      "expire",      _S.EXPIRED,       _SYSTEM),
        (_S.RELEASED,      "recall",      _S.RECALLED,      _RECALL),
        (_S.BLOCKED,       "reopen",      _S.DRAFT,         _AUTHOR),
        (_S.BLOCKED,       "withdraw",    _S.WITHDRAWN,     _AUTHOR),
        (_S.RETURNED,      "reopen",      _S.DRAFT,         _AUTHOR),
        (_S.RETURNED,      "withdraw",    _S.WITHDRAWN,     _AUTHOR),
    ),
)  # fmt: skip

CLOSED = frozenset({_S.RELEASED, _S.EXPIRED, _S.REJECTED, _S.WITHDRAWN, _S.RECALLED})
"""States in which a request no longer holds its name: another draft may take it."""

UNDER_REVIEW = frozenset({_S.IN_REVIEW, _S.CONSOLIDATING})
"""States in which reviewers vote and the author waits."""

AUTHORS_TURN = frozenset({_S.BLOCKED, _S.RETURNED})
"""States in which the author may open the next round."""

UNSEEN = frozenset({_S.DRAFT, _S.CHECKING})
"""States in which no reviewer may have looked yet: a picture may still be written again."""

PENDING = frozenset({_S.CHECKING, _S.IN_REVIEW, _S.CONSOLIDATING, _S.APPROVED})
"""States of a submitted request whose files may leave: they count as if they had left."""
