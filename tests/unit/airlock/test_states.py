"""The request's table, whole, and the sentences about it that must never change."""

import itertools

import pytest

from orchestrator.airlock.states import AUTHORS_TURN, CLOSED, MACHINE, UNDER_REVIEW, RequestState
from orchestrator.errors import Conflict, NotAllowed
from orchestrator.lifecycle.machine import Standing, by, reachable

S = RequestState
CELLS = list(itertools.product(S, MACHINE.events, Standing))


def test_every_cell_of_the_table_moves_or_raises() -> None:
    assert len(CELLS) == 12 * 12 * 9
    moved = 0
    for state, event, standing in CELLS:
        row = next((r for r in MACHINE.table if (r.source, r.event) == (state, event)), None)
        if row is None:
            with pytest.raises(Conflict):
                MACHINE.next(state, event, standing)
        elif standing not in row.by:
            with pytest.raises(NotAllowed):
                MACHINE.next(state, event, standing)
        else:
            assert MACHINE.next(state, event, standing).target == row.target
            moved += 1
    assert moved == sum(len(row.by) for row in MACHINE.table)


def test_the_only_way_to_released_is_from_approved_by_the_system() -> None:
    rows = [row for row in MACHINE.table if row.target == S.RELEASED]
    assert [(row.source, row.by) for row in rows] == [("approved", by(Standing.SYSTEM))]


def test_the_only_way_to_approved_is_from_consolidating_by_the_system() -> None:
    rows = [row for row in MACHINE.table if row.target == S.APPROVED]
    assert [(row.source, row.by) for row in rows] == [("consolidating", by(Standing.SYSTEM))]


def test_the_only_way_into_review_is_from_checking_by_the_system() -> None:
    rows = [row for row in MACHINE.table if row.target == S.IN_REVIEW]
    assert [(row.source, row.by) for row in rows] == [("checking", by(Standing.SYSTEM))]


def test_no_reviewer_and_no_stranger_moves_a_request_by_hand() -> None:
    for row in MACHINE.table:
        assert not row.by & {Standing.REVIEWER, Standing.STRANGER, Standing.MEMBER, Standing.LEAD}


def test_what_was_refused_or_ended_never_comes_back() -> None:
    for state in (S.REJECTED, S.WITHDRAWN, S.RECALLED, S.EXPIRED):
        assert reachable(MACHINE, state) == frozenset()
    assert MACHINE.final == {S.REJECTED, S.WITHDRAWN, S.RECALLED, S.EXPIRED}


def test_a_blocked_or_returned_request_is_reviewed_from_the_start() -> None:
    for state in AUTHORS_TURN:
        assert {row.target for row in MACHINE.table if row.source == state} == {
            S.DRAFT,
            S.WITHDRAWN,
        }


def test_an_author_cannot_withdraw_what_was_decided() -> None:
    for state in (S.APPROVED, *CLOSED):
        with pytest.raises(Conflict):
            MACHINE.next(state, "withdraw", Standing.AUTHOR)


def test_every_state_is_reachable_and_can_reach_an_end() -> None:
    assert reachable(MACHINE, MACHINE.initial) | {MACHINE.initial} == set(S)
    for state in S:
        assert state in MACHINE.final or reachable(MACHINE, state) & MACHINE.final


def test_groups_of_states_do_not_overlap() -> None:
    assert not CLOSED & UNDER_REVIEW
    assert not CLOSED & AUTHORS_TURN
    assert not UNDER_REVIEW & AUTHORS_TURN
