"""Sentences about projects that must never change."""

from orchestrator.governance.access import Verb
from orchestrator.lifecycle.machine import Standing, reachable
from orchestrator.projects.states import (
    EDITABLE,
    MACHINE,
    RUNNING,
    VERBS,
    ProjectState,
)


def test_only_the_system_approves_and_only_what_was_submitted() -> None:
    ways = [row for row in MACHINE.table if row.target == ProjectState.APPROVED]
    assert [(row.source, row.by) for row in ways] == [("submitted", frozenset({Standing.SYSTEM}))]


def test_nothing_becomes_active_but_by_approval_or_an_administrators_resume() -> None:
    ways = {(row.source, row.event) for row in MACHINE.table if row.target == ProjectState.ACTIVE}
    assert ways == {("approved", "activate"), ("suspended", "resume")}
    resume = next(row for row in MACHINE.table if row.event == "resume")
    assert resume.by == {Standing.ADMINISTRATOR}


def test_what_is_closing_never_works_again() -> None:
    assert reachable(MACHINE, ProjectState.CLOSING) == {ProjectState.CLOSED}
    assert MACHINE.final == {ProjectState.CLOSED, ProjectState.DECLINED}


def test_work_is_possible_in_one_state_only() -> None:
    assert [state for state, verbs in VERBS.items() if Verb.WORK in verbs] == [ProjectState.ACTIVE]
    assert set(VERBS) == set(ProjectState)
    assert {state for state, verbs in VERBS.items() if verbs} == {
        ProjectState.ACTIVE,
        ProjectState.CLOSING,
    }


def test_the_named_sets_of_states_agree_with_the_table() -> None:
    assert {row.source for row in MACHINE.table if row.event == "submit"} == EDITABLE
    assert {row.source for row in MACHINE.table if row.event == "close"} == RUNNING
