"""The machine of a workspace, and its sentences that must never change."""

import pytest

from orchestrator.errors import Conflict, NotAllowed
from orchestrator.lifecycle.machine import Standing
from orchestrator.workspaces.states import MACHINE, WorkspaceState

S = WorkspaceState
EVENTS = sorted({row.event for row in MACHINE.table})
MOVES = {(row.source, row.event): row.target for row in MACHINE.table}


def test_the_whole_product_is_tested() -> None:
    """Ten states and eleven events; what the table holds must move, everything else must not."""
    moved = 0
    for state in S:
        for event in EVENTS:
            if (state, event) in MOVES:
                move = MACHINE.next(state, event, Standing.SYSTEM)
                assert move.target == MOVES[state, event]
                moved += 1
            else:
                with pytest.raises(Conflict):
                    MACHINE.next(state, event, Standing.SYSTEM)
    assert (len(S), len(EVENTS), moved) == (10, 12, 29)


@pytest.mark.parametrize("standing", [one for one in Standing if one is not Standing.SYSTEM])
def test_nobody_but_the_system_moves_a_workspace(standing: Standing) -> None:
    """Not its lead, not an administrator: they ask, the reconciler moves."""
    for state, event in MOVES:
        with pytest.raises(NotAllowed):
            MACHINE.next(state, event, standing)


def test_the_only_way_to_open_is_from_a_proof() -> None:
    """Design property 7."""
    assert {source for (source, _), target in MOVES.items() if target == S.OPEN} == {S.PROVING}


def test_what_was_halted_unproved_or_failed_is_proved_before_it_opens() -> None:
    """From each of them every way to open leads through a proof."""
    for begin in (S.HALTED, S.UNPROVED, S.FAILED, S.ASLEEP):
        assert S.OPEN not in _reached(begin, without=S.PROVING)
        assert S.OPEN in _reached(begin, without=None)


def test_a_halt_comes_through_from_every_state_in_which_something_may_run() -> None:
    """Only what is going, gone or halted cannot be halted."""
    assert {source for source, event in MOVES if event == "halt"} == set(S) - {
        S.HALTED,
        S.RETIRING,
        S.RETIRED,
    }


def test_retired_is_the_end() -> None:
    """Every state can reach it, and nothing leaves it."""
    assert not [source for source, _ in MOVES if source == S.RETIRED]
    assert all(S.RETIRED in _reached(state, without=None) for state in set(S) - {S.RETIRED})


def _reached(begin: S, without: S | None) -> set[str]:
    found: set[str] = set()
    open_ends = [str(begin)]
    while open_ends:
        state = open_ends.pop()
        for (source, _), target in MOVES.items():
            if source == state and target not in found and target != without:
                found.add(target)
                open_ends.append(target)
    return found
