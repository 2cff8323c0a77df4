"""[pure] States of a snapshot and what may follow what."""

from enum import StrEnum

from orchestrator.lifecycle.machine import Machine, Standing, by, rows


class Sensitivity(StrEnum):
    """What a dataset's rows say about people, as its partner declares it."""

    OPEN = "open"  # published elsewhere already
    PSEUDONYMISED = "pseudonymised"  # one row or more about a person, without direct identifiers
    IDENTIFYING = "identifying"  # direct identifiers are in it


class SnapshotState(StrEnum):
    """Where an immutable version of a dataset stands."""

    ANNOUNCED = "announced"
    RECEIVING = "receiving"
    VERIFYING = "verifying"
    PROPOSED = "proposed"
    PLACING = "placing"
    PUBLISHED = "published"
    RETIRED = "retired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


_S = SnapshotState
_STEWARD = by(Standing.STEWARD)
_SYSTEM = by(Standing.SYSTEM)
_REVIEWER = by(Standing.REVIEWER)
_OWNER = by(Standing.OWNER)

MACHINE = Machine(
    noun="snapshot",
    states=SnapshotState,
    initial=_S.ANNOUNCED,
    table=rows(
        (_S.ANNOUNCED, "receive",  _S.RECEIVING, _STEWARD),
        (_S.ANNOUNCED, "withdraw", _S.WITHDRAWN, _OWNER | _STEWARD),
        (_S.RECEIVING, "finish",   _S.VERIFYING, _STEWARD),
        (_S.RECEIVING, "withdraw", _S.WITHDRAWN, _OWNER | _STEWARD),
        (_S.VERIFYING, "propose",  _S.PROPOSED,  _SYSTEM),
        (_S.VERIFYING, "reject",   _S.REJECTED,  _SYSTEM),
        (_S.VERIFYING, "withdraw", _S.WITHDRAWN, _OWNER | _STEWARD),
        (_S.PROPOSED,  "admit",    _S.PLACING,   _REVIEWER),
        (_S.PROPOSED,  "return",   _S.RECEIVING, _REVIEWER | _SYSTEM),
        (_S.PROPOSED,  "reject",   _S.REJECTED,  _REVIEWER),
        (_S.PROPOSED,  "withdraw", _S.WITHDRAWN, _OWNER | _STEWARD),
        (_S.PLACING,   "publish",  _S.PUBLISHED, _SYSTEM),
        (_S.PLACING,   "reject",   _S.REJECTED,  _SYSTEM),
        (_S.PLACING,   "withdraw", _S.WITHDRAWN, _OWNER),
        (_S.PUBLISHED, "retire",   _S.RETIRED,   _OWNER | _STEWARD),
        (_S.PUBLISHED, "withdraw", _S.WITHDRAWN, _OWNER),
        (_S.RETIRED,   "withdraw", _S.WITHDRAWN, _OWNER),
    ),
)  # fmt: skip

MOUNTABLE = frozenset({_S.PUBLISHED, _S.RETIRED})
"""States in which a project that was granted the snapshot has it; retired ones get no new ones."""

HAS_MANIFEST = frozenset({_S.VERIFYING, _S.PROPOSED, _S.PLACING, *MOUNTABLE})
"""States in which the files are fixed and named by one digest."""

IN_INBOX = frozenset({_S.ANNOUNCED, _S.RECEIVING, _S.VERIFYING, _S.PROPOSED, _S.PLACING})
"""States in which the received files are still needed in zone `inbox`."""

SYSTEMS_TURN = frozenset({_S.VERIFYING, _S.PLACING})
"""States in which the reconciler has work to do."""
