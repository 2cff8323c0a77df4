"""What an application must be, and what plan and permit say."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.errors import Invalid
from orchestrator.governance.access import DatasetFacts
from orchestrator.projects import rules
from orchestrator.values import JsonValue
from tests.factories import DAY, LAY_SUMMARY, NOW, an_application

ASKED = an_application(datasets=("flchain", "mgus"), needed=frozenset({"flchain"}))
FACTS = {"flchain": DatasetFacts("flchain", "clinic-a"), "mgus": DatasetFacts("mgus", "clinic-b")}


def test_a_complete_application_has_no_problems() -> None:
    assert rules.problems(ASKED, NOW) == ()


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"title": "x"}, "title", "3 to 200"),
        ({"purpose": "To see."}, "purpose", "40 to 20000"),
        ({"lay_summary": "Too short."}, "lay_summary", "it has 2"),
        ({"lay_summary": LAY_SUMMARY * 20}, "lay_summary", "30 to 600"),
        ({"lay_summary": "word " * 82 + "end."}, "lay_summary", "shorter ones"),
        ({"datasets": (), "needed": frozenset()}, "datasets", "at least one"),
        ({"datasets": ("flchain", "flchain")}, "datasets", "stands twice"),
        ({"needed": frozenset({"other"})}, "datasets", "must be among"),
        ({"ends_at": None}, "dates", "when it ends"),
        ({"starts_at": None}, "dates", "when the project starts"),
        ({"ends_at": NOW - 2 * DAY}, "dates", "after the start"),
        ({"ends_at": NOW}, "dates", "in the past"),
        ({"ends_at": NOW + 6 * 365 * DAY}, "dates", "five years"),
    ],
)
def test_each_problem_is_said_once_and_helps(
    changes: dict[str, object], code: str, said: str
) -> None:
    found = rules.problems(replace(ASKED, **changes), NOW)  # type: ignore[arg-type]
    assert [reason.code for reason in found] == [code]
    assert said in found[0].text


def test_all_problems_come_at_once() -> None:
    empty = replace(ASKED, title="", purpose="", lay_summary="", datasets=(), ends_at=None)
    codes = [reason.code for reason in rules.problems(empty, NOW)]
    assert codes == ["title", "purpose", "lay_summary", "datasets", "dates"]


@pytest.mark.parametrize("name", ["tre", "www", "hub", "", "-a", "A", "a" * 31, "../a", "ä", "a-"])
def test_names_that_are_ours_or_unsafe_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.parse_name(name)
    assert refused.value.code == "bad_slug"


def test_datasets_that_cannot_be_asked_for() -> None:
    facts = {
        "flchain": replace(FACTS["flchain"], withdrawn=True),
        "mgus": replace(FACTS["mgus"], halted=True),
    }
    assert [r.code for r in rules.unusable(facts, ASKED)] == ["dataset_withdrawn"] * 2
    assert [r.code for r in rules.unusable({}, ASKED)] == ["dataset_unknown"] * 2
    assert rules.unusable(FACTS, ASKED) == ()


def a_plan(round_: int = 1, **changes: object) -> dict[str, JsonValue]:
    asked: dict[str, JsonValue] = {"project": "survival", "title": "T", **changes}  # type: ignore[dict-item]
    return rules.plan(
        asked,
        round_=round_,
        members={"u-2": "clinic-a", "u-1": "institute-x"},
        datasets=FACTS,
        needed=frozenset({"flchain"}),
    )


def test_the_plan_names_people_organisations_and_data_in_one_order() -> None:
    plan = a_plan()
    assert plan["members"] == ["u-1", "u-2"]
    assert plan["organisations"] == ["clinic-a", "institute-x"]
    assert plan["datasets"] == [
        {"dataset": "flchain", "controller": "clinic-a", "needed": True},
        {"dataset": "mgus", "controller": "clinic-b", "needed": False},
    ]


def test_a_plan_has_another_name_in_another_round_or_with_another_text() -> None:
    names = {rules.digest(plan) for plan in (a_plan(), a_plan(2), a_plan(title="U"))}
    assert len(names) == 3


def test_a_permit_holds_what_was_granted_and_can_only_be_narrowed() -> None:
    plan = a_plan()
    permit = rules.permit(
        plan,
        granted=frozenset({"mgus"}),
        conditions=("cite us",),
        plan_digest=rules.digest(plan),
        policy_digest="sha256:" + "0" * 64,
        approved_at=NOW + timedelta(microseconds=5),
    )
    assert permit["datasets"] == [{"dataset": "mgus", "controller": "clinic-b", "needed": False}]
    assert permit["conditions"] == ["cite us"]
    assert permit["approved_at"] == "2026-05-04T09:12:33+00:00"
    assert rules.without_member(permit, "u-2")["members"] == ["u-1"]
    assert rules.without_dataset(permit, "mgus")["datasets"] == []
    assert json.loads(rules.spelled(permit)) == permit
