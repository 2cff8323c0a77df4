"""Rules of snapshots, each with what would break it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.datasets import manifest, rules
from orchestrator.datasets.manifest import Entry, Manifest
from orchestrator.datasets.rules import Expected
from orchestrator.datasets.states import MOUNTABLE, SnapshotState
from orchestrator.errors import Invalid
from orchestrator.governance.seats import Approved, Pending, Rejected, Returned
from orchestrator.lifecycle.machine import Standing
from orchestrator.outputs.model import Coverage, FileReport, Finding, Report, RuleResult, Where
from orchestrator.outputs.model import Verdict as V
from orchestrator.values import Actor, Reason, digest_of

DIGEST = digest_of(b"a")
OTHER = digest_of(b"b")


@pytest.mark.parametrize("label", ["2026-1", "1", "v1.2.3", "a" * 30, "2026.01-rc1"])
def test_labels_that_are_folders(label: str) -> None:
    assert rules.parse_label(label) == label


@pytest.mark.parametrize(
    "label",
    ["", ".", "..", "1..2", "a/b", "A", "-1", "1-", ".1", "1.", "a b", "a" * 31, "1\n", "é", "a_b"],
)
def test_labels_that_are_not(label: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.parse_label(label)
    assert caught.value.message.isascii()


@given(st.text(max_size=40))
def test_an_accepted_label_is_one_plain_path_part(label: str) -> None:
    try:
        accepted = rules.parse_label(label)
    except Invalid:
        return
    assert accepted == label
    assert "/" not in label
    assert ".." not in label


def _actor(organisation: str | None, *roles: str) -> Actor:
    return Actor(
        id="x", person="u-x", name="Ada Example", organisation=organisation, roles=frozenset(roles)
    )


ROLES = ("data_steward", "asset_owner", "researcher", "administrator", "checker")


def test_a_role_counts_in_the_own_organisation_only() -> None:
    cases = list(product(ROLES, ("clinic-a", "clinic-b", None), (Standing.STEWARD, Standing.OWNER)))
    assert len(cases) == 30
    for role, organisation, wanted in cases:
        holds = organisation == "clinic-a" and (role, wanted) in {
            ("data_steward", Standing.STEWARD),
            ("asset_owner", Standing.OWNER),
        }
        found = rules.standing(_actor(organisation, role), "clinic-a", (wanted,))
        assert found is (wanted if holds else Standing.STRANGER)


def test_who_holds_both_is_the_one_asked_for_first() -> None:
    both = _actor("clinic-a", "data_steward", "asset_owner")
    order = (Standing.OWNER, Standing.STEWARD)
    assert rules.standing(both, "clinic-a", order) is Standing.OWNER
    assert rules.standing(both, "clinic-a", order[::-1]) is Standing.STEWARD


def test_nobody_stands_for_an_empty_partner() -> None:
    nobody = _actor(None, "data_steward")
    assert rules.visible(nobody, "clinic-a", "announced", was_published=False) is False


def test_who_may_know_of_a_snapshot() -> None:
    cases = list(product(ROLES, ("clinic-a", "clinic-b"), SnapshotState, (False, True)))
    assert len(cases) == 180
    for role, organisation, state, was_published in cases:
        inside = organisation == "clinic-a" and role in {"data_steward", "asset_owner"}
        house = role == "administrator"
        public = state in MOUNTABLE or was_published
        seen = rules.visible(
            _actor(organisation, role), "clinic-a", state, was_published=was_published
        )
        assert seen == (inside or house or public)


def test_a_cut_file_a_changed_one_and_missing_ones_are_all_told() -> None:
    received = {"cut.csv": (5, DIGEST), "changed.csv": (9, DIGEST), "extra.csv": (1, DIGEST)}
    expected = {
        "cut.csv": Expected(10, DIGEST),
        "changed.csv": Expected(9, OTHER),
        "missing.csv": Expected(),
    }
    found = rules.shortfall(received, expected)
    assert [reason.code for reason in found] == [
        "file_missing",
        "file_unexpected",
        "file_differs",
        "file_truncated",
    ]
    assert "5 bytes, you say 10" in found[3].text


def test_what_arrived_as_said_is_complete() -> None:
    received = {"a.csv": (5, DIGEST), "b.csv": (0, OTHER)}
    assert rules.shortfall(received, {"a.csv": Expected(5, DIGEST), "b.csv": Expected()}) == ()


def test_tables_need_one_file_each() -> None:
    tables = {"here": "", "named": "x/named.csv", "gone": "", "twice": "", "moved": "y/moved.csv"}
    paths = ["here.csv", "x/named.csv", "twice.csv", "z/twice.tsv", "moved.csv", "README.txt"]
    found = rules.undescribed(tables, paths)
    assert [(reason.code, reason.text.split("'")[1]) for reason in found] == [
        ("table_missing", "gone"),
        ("table_missing", "moved"),
        ("table_twice", "twice"),
    ]


def _manifest() -> Manifest:
    listed = [Entry("a.csv", DIGEST, 1), Entry("b.csv", OTHER, 1)]
    return manifest.make("d", "1", "clinic-a", DIGEST, listed)


def _file(path: str, digest: str, verdict: V) -> FileReport:
    finding = Finding("A02", verdict, Where(path), "b.surname: unknown column", "Leave it out.")
    result = RuleResult("A02", 1, verdict, (finding,))
    return FileReport(path, digest, verdict, (result,), Coverage(1, 1, (), "read"))  # type: ignore[arg-type]


def _report(verdict: V, *files: FileReport) -> Report:
    return Report("s-1-1", verdict, files, DIGEST)


@pytest.mark.parametrize("verdict", V)
def test_only_pass_and_flag_go_on(verdict: V) -> None:
    files = (_file("a.csv", DIGEST, V.PASS), _file("b.csv", OTHER, verdict))
    found = rules.against_report(_report(verdict, *files), _manifest())
    assert bool(found) == (verdict in {V.BLOCK, V.COULD_NOT_CHECK})
    if found:
        said = "'b.csv': b.surname: unknown column. Leave it out."
        assert rules.told(found) == said


def test_a_file_without_a_report_was_not_checked() -> None:
    found = rules.against_report(_report(V.PASS, _file("a.csv", DIGEST, V.PASS)), _manifest())
    assert [reason.code for reason in found] == ["not_checked"]
    spoken_of_other_bytes = _report(
        V.PASS, _file("a.csv", DIGEST, V.PASS), _file("b.csv", DIGEST, V.PASS)
    )
    assert rules.against_report(spoken_of_other_bytes, _manifest())
    assert not rules.same_files(spoken_of_other_bytes, _manifest())


def test_a_report_that_blocks_as_a_whole_blocks() -> None:
    files = (_file("a.csv", DIGEST, V.PASS), _file("b.csv", OTHER, V.PASS))
    assert rules.against_report(_report(V.PASS, *files), _manifest()) == ()
    for verdict in (V.BLOCK, V.COULD_NOT_CHECK):
        assert rules.against_report(_report(verdict, *files), _manifest())


def test_what_the_seats_agree_on_is_an_event() -> None:
    because = (Reason("asset_owner:reject", "No."),)
    assert rules.event_of(Pending()) is None
    assert rules.event_of(Approved()) == "admit"
    assert rules.event_of(Returned(because)) == "return"
    assert rules.event_of(Rejected(because)) == "reject"


def test_a_label_is_free_again_only_where_nobody_can_have_used_it() -> None:
    cases = list(product(SnapshotState, (False, True)))
    free = {(state, was) for state, was in cases if rules.free_again(state, was_published=was)}
    assert free == {
        (SnapshotState.REJECTED, False),
        (SnapshotState.REJECTED, True),
        (SnapshotState.WITHDRAWN, False),
    }


@pytest.mark.parametrize("text", ["", "  ", "x" * 201, "a\x00b", "a\x1b[0m"])
def test_words_must_say_something_and_fit(text: str) -> None:
    with pytest.raises(Invalid):
        rules.parse_words(text, "a title", 200)
    assert rules.parse_words(" Light chains\n", "a title", 200) == "Light chains"


def test_a_refusal_names_the_first_reason_and_carries_the_others() -> None:
    reasons = tuple(Reason(f"r{n}", f"Reason {n}.") for n in range(30))
    with pytest.raises(Invalid) as caught:
        rules.demand_none(reasons, "Not complete.", "incomplete")
    assert caught.value.message == "Not complete. Reason 0. (29 more.)"
    assert len(caught.value.reasons) == 20
    rules.demand_none((), "Not complete.", "incomplete")
