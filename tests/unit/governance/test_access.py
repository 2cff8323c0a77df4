"""Effective access: every subset of failing conditions gives exactly that set."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from orchestrator.governance.access import (
    ALL_VERBS,
    CLOSING_VERBS,
    Allow,
    DatasetFacts,
    Deny,
    Membership,
    PersonFacts,
    ProjectFacts,
    Verb,
    WorkspaceFacts,
    effective_access,
    for_verb,
)

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)

PERSON = PersonFacts(
    person="u-ada",
    membership=Membership(accepted_at=NOW - DAY, removed_at=None, terms="1"),
    certificates={"researcher_training": NOW + 40 * DAY, "ethics": NOW + 50 * DAY},
)
PROJECT = ProjectFacts(
    project="p-1",
    verbs=ALL_VERBS,
    starts_at=NOW - DAY,
    ends_at=NOW + 30 * DAY,
    terms="1",
    training=frozenset({"researcher_training", "ethics"}),
    datasets=(DatasetFacts("flchain", "clinic-a"), DatasetFacts("mgus", "clinic-b")),
    workspace=WorkspaceFacts(proved_at=NOW - timedelta(minutes=5), safe=True),
    proof_valid=timedelta(minutes=15),
)

BREAK_PERSON: dict[str, Callable[[PersonFacts], PersonFacts]] = {
    "not_member": lambda p: _member(p, removed_at=NOW),
    "terms_outdated": lambda p: _member(p, terms="0"),
    "training_missing": lambda p: _certificate(p, "ethics", gone=True),
    "training_expired": lambda p: _certificate(p, "researcher_training", gone=False),
    "person_suspended": lambda p: replace(p, suspended="An incident is looked into."),
}
BREAK_PROJECT: dict[str, Callable[[ProjectFacts], ProjectFacts]] = {
    "project_not_active": lambda p: replace(p, verbs=frozenset()),
    "outside_dates": lambda p: replace(p, ends_at=NOW),
    "project_halted": lambda p: replace(p, halted="A leak is looked into."),
    "dataset_halted": lambda p: _dataset(p, 0, halted=True),
    "dataset_withdrawn": lambda p: _dataset(p, 1, withdrawn=True),
    "isolation_unproven": lambda p: replace(p, workspace=None),
    "facts_unavailable": lambda p: replace(p, missing=("dataset flchain",)),
}
CODES = (*BREAK_PERSON, *BREAK_PROJECT)


def _member(person: PersonFacts, **facts: Any) -> PersonFacts:
    assert person.membership is not None
    return replace(person, membership=replace(person.membership, **facts))


def _certificate(person: PersonFacts, kind: str, *, gone: bool) -> PersonFacts:
    kept = dict(person.certificates)
    del kept[kind]
    return replace(person, certificates=kept if gone else {**kept, kind: NOW})


def _dataset(project: ProjectFacts, index: int, **facts: bool) -> ProjectFacts:
    datasets = list(project.datasets)
    datasets[index] = replace(datasets[index], **facts)  # type: ignore[arg-type]
    return replace(project, datasets=tuple(datasets))


def test_every_subset_of_failing_conditions_returns_exactly_that_set() -> None:
    seen = 0
    for chosen in product((False, True), repeat=len(CODES)):
        person, project, broken = PERSON, PROJECT, set()
        for code, is_broken in zip(CODES, chosen, strict=True):
            if is_broken:
                broken.add(code)
                if code in BREAK_PERSON:
                    person = BREAK_PERSON[code](person)
                else:
                    project = BREAK_PROJECT[code](project)
        access = effective_access(person, project, NOW)
        assert [reason.code for reason in access.reasons] == sorted(broken)
        assert bool(access) is not bool(broken)
        seen += 1
    assert seen == 2**12


@pytest.mark.parametrize(("person", "project"), [(None, PROJECT), (PERSON, None), (None, None)])
def test_what_could_not_be_loaded_denies(
    person: PersonFacts | None, project: ProjectFacts | None
) -> None:
    access = effective_access(person, project, NOW)
    assert isinstance(access, Deny)
    assert [reason.code for reason in access.reasons] == ["facts_unavailable"]


def test_a_stranger_and_an_invited_person_are_not_members() -> None:
    for place in (None, Membership(None, None, "1")):
        access = effective_access(replace(PERSON, membership=place), PROJECT, NOW)
        assert "not_member" in {reason.code for reason in access.reasons}


@pytest.mark.parametrize(
    ("workspace", "allowed"),
    [
        (WorkspaceFacts(NOW - timedelta(minutes=14, seconds=59), safe=True), True),
        (WorkspaceFacts(NOW - timedelta(minutes=15), safe=True), False),
        (WorkspaceFacts(NOW + timedelta(seconds=1), safe=True), False),  # a clock that went back
        (WorkspaceFacts(NOW, safe=False), False),
        (WorkspaceFacts(None, safe=True), False),
        (None, False),
    ],
)
def test_only_a_fresh_and_safe_proof_opens(workspace: WorkspaceFacts | None, allowed: bool) -> None:
    assert bool(effective_access(PERSON, replace(PROJECT, workspace=workspace), NOW)) is allowed


def test_a_project_without_dates_or_before_its_start_is_closed() -> None:
    for change in ({"starts_at": None}, {"ends_at": None}, {"starts_at": NOW + DAY}):
        access = effective_access(PERSON, replace(PROJECT, **change), NOW)
        assert [reason.code for reason in access.reasons] == ["outside_dates"]


@pytest.mark.parametrize(
    ("project", "person"),
    [
        (PROJECT, PERSON),
        (replace(PROJECT, ends_at=NOW + timedelta(minutes=2)), PERSON),
        (PROJECT, replace(PERSON, certificates={**PERSON.certificates, "ethics": NOW + DAY / 200})),
        (replace(PROJECT, verbs=CLOSING_VERBS, workspace=None), PERSON),
    ],
)
def test_until_is_the_instant_at_which_the_answer_changes(
    project: ProjectFacts, person: PersonFacts
) -> None:
    access = effective_access(person, project, NOW)
    assert isinstance(access, Allow)
    assert access.until is not None
    assert effective_access(person, project, access.until - timedelta(seconds=1))
    assert not effective_access(person, project, access.until)


def test_closing_leaves_submit_and_collect_without_a_workspace() -> None:
    access = effective_access(PERSON, replace(PROJECT, verbs=CLOSING_VERBS, workspace=None), NOW)
    assert access.verbs == {Verb.SUBMIT, Verb.COLLECT}
    assert for_verb(access, Verb.SUBMIT)
    refused = for_verb(access, Verb.WORK)
    assert [reason.code for reason in refused.reasons] == ["project_not_active"]


def test_a_denied_verb_carries_every_reason() -> None:
    access = effective_access(replace(PERSON, suspended="x"), replace(PROJECT, halted="y"), NOW)
    assert [r.code for r in for_verb(access, Verb.WORK).reasons] == [
        "person_suspended",
        "project_halted",
    ]
