"""[pure] States of a workspace and what may follow what; every move is the system's."""

from enum import StrEnum

from orchestrator.lifecycle.machine import Machine, Standing, by, rows


class WorkspaceState(StrEnum):
    """Where a project's environment stands."""

    WANTED = "wanted"
    PROVISIONING = "provisioning"
    PROVING = "proving"
    OPEN = "open"
    ASLEEP = "asleep"
    RETIRING = "retiring"
    RETIRED = "retired"
    FAILED = "failed"
    HALTED = "halted"
    UNPROVED = "unproved"


_S = WorkspaceState
_SYSTEM = by(Standing.SYSTEM)

MACHINE = Machine(
    noun="workspace",
    states=WorkspaceState,
    initial=_S.WANTED,
    table=rows(
        (_S.WANTED, "provision", _S.PROVISIONING, _SYSTEM),
        (_S.WANTED, "halt", _S.HALTED, _SYSTEM),
        (_S.WANTED, "retire", _S.RETIRING, _SYSTEM),
        (_S.PROVISIONING, "prove", _S.PROVING, _SYSTEM),
        (_S.PROVISIONING, "fail", _S.FAILED, _SYSTEM),
        (_S.PROVISIONING, "halt", _S.HALTED, _SYSTEM),
        (_S.PROVISIONING, "retire", _S.RETIRING, _SYSTEM),
        (_S.PROVING, "open", _S.OPEN, _SYSTEM),
        (_S.PROVING, "unprove", _S.UNPROVED, _SYSTEM),
        (_S.PROVING, "fail", _S.FAILED, _SYSTEM),
        (_S.PROVING, "halt", _S.HALTED, _SYSTEM),
        (_S.PROVING, "retire", _S.RETIRING, _SYSTEM),
        (_S.OPEN, "unprove", _S.UNPROVED, _SYSTEM),
        (_S.OPEN, "sleep", _S.ASLEEP, _SYSTEM),
        (_S.OPEN, "fail", _S.FAILED, _SYSTEM),
        (_S.OPEN, "halt", _S.HALTED, _SYSTEM),
        (_S.OPEN, "retire", _S.RETIRING, _SYSTEM),
        (_S.ASLEEP, "wake", _S.PROVISIONING, _SYSTEM),
        (_S.ASLEEP, "halt", _S.HALTED, _SYSTEM),
        (_S.ASLEEP, "retire", _S.RETIRING, _SYSTEM),
        (_S.UNPROVED, "prove", _S.PROVING, _SYSTEM),
        (_S.UNPROVED, "halt", _S.HALTED, _SYSTEM),
        (_S.UNPROVED, "retire", _S.RETIRING, _SYSTEM),
        (_S.FAILED, "retry", _S.PROVISIONING, _SYSTEM),
        (_S.FAILED, "halt", _S.HALTED, _SYSTEM),
        (_S.FAILED, "retire", _S.RETIRING, _SYSTEM),
        (_S.HALTED, "resume", _S.PROVISIONING, _SYSTEM),
        (_S.HALTED, "retire", _S.RETIRING, _SYSTEM),
        (_S.RETIRING, "finish", _S.RETIRED, _SYSTEM),
    ),
)
