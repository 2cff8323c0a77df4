"""The airlock's rules: names that try to escape, context, verdicts, outcomes, budget."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.airlock import rules
from orchestrator.airlock.rules import FileOutcome
from orchestrator.errors import Invalid
from orchestrator.outputs.model import Context, Coverage, FileReport, RuleResult, Verdict
from orchestrator.values import digest_of

HOSTILE = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "a/../b",
    "a/./b",
    "a//b",
    "/etc/passwd",
    "a/",
    "-rf",
    "a/--help",
    "a\\b",
    "C:evil.csv",
    "a\x00b",
    "a\nb",
    "a\x1b[31m",
    "table\u202egpj.csv",
    "tab\u200ble.csv",
    "soft\u00adhyphen.csv",
    "private\ue000.csv",
    "cafe\u0301.csv",
    "line\u2028break.csv",
    "\ud800.csv",
    "a.",
    "a ",
    " a",
    "dir /file",
    "x" * 401,
    "é" * 150 + "/" + "é" * 60,
    "/".join("abcdefghijklmn"),
]


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_a_name_that_tries_to_escape_is_refused_with_a_sentence(path: str) -> None:
    with pytest.raises(Invalid, match="Rename the file"):
        rules.parse_path(path)


@pytest.mark.parametrize("path", ["table.csv", "a/b/c.md", "café.txt", "Über 1.csv", ".hidden"])
def test_an_ordinary_name_is_kept_as_it_is(path: str) -> None:
    assert rules.parse_path(path) == path


def test_the_refusal_never_repeats_hostile_characters() -> None:
    with pytest.raises(Invalid) as caught:
        rules.parse_path("a\x1b[31m\u202e")
    assert caught.value.message.isascii() or "\u202e" not in caught.value.message
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("one", "other"),
    [("Table.csv", "table.csv"), ("straße.csv", "STRASSE.csv"), ("ﬁle.csv", "file.csv")],
)
def test_names_that_some_system_cannot_tell_apart_have_one_key(one: str, other: str) -> None:
    assert rules.path_key(one) == rules.path_key(other)


def test_context_is_complete_only_with_all_three() -> None:
    words = ("", "  ", "all adults")
    for shows, population, control in itertools.product(words, words, words):
        missing = rules.missing_context(Context(shows, population, control))
        assert len(missing) == [bool(w.strip()) for w in (shows, population, control)].count(False)


def test_context_texts_are_trimmed_and_limited() -> None:
    assert rules.parse_context(Context("  a ", "", " b")) == Context("a", "", "b")
    with pytest.raises(Invalid, match="Shorten"):
        rules.parse_context(Context("x" * 4001, "", ""))
    with pytest.raises(Invalid, match="control characters"):
        rules.parse_context(Context("a\x07b", "", ""))


@given(st.tuples(st.text(), st.text(), st.text(), st.text()), st.integers(0, 3), st.text())
def test_changing_any_part_makes_another_subject(
    parts: tuple[str, str, str, str], index: int, other: str
) -> None:
    changed = (*parts[:index], other, *parts[index + 1 :])
    digest = digest_of(b"1")
    one = rules.file_subject(parts[0], digest, Context(*parts[1:]))
    two = rules.file_subject(changed[0], digest, Context(*changed[1:]))
    assert (one == two) == (parts == changed)
    assert one != rules.file_subject(parts[0], digest_of(b"2"), Context(*parts[1:]))


def test_the_requests_subject_has_no_order_but_a_round() -> None:
    one, two = digest_of(b"1"), digest_of(b"2")
    assert rules.request_subject([one, two], 1) == rules.request_subject([two, one], 1)
    assert rules.request_subject([one, two], 1) != rules.request_subject([one, two], 2)


def report(claimed: Verdict, *results: tuple[str, Verdict]) -> FileReport:
    return FileReport(
        "a.csv",
        digest_of(b""),
        claimed,
        tuple(RuleResult(rule, 1, verdict) for rule, verdict in results),
        Coverage(0, 0, (), ""),
    )


def test_a_blocked_file_and_one_without_results_are_held() -> None:
    assert rules.holds(report(Verdict.BLOCK, ("O19", Verdict.BLOCK)), lambda _: "answer")
    assert rules.holds(report(Verdict.PASS, ("O19", Verdict.BLOCK)), lambda _: "answer")
    assert rules.holds(report(Verdict.PASS), lambda _: "answer")


def test_could_not_check_holds_where_policy_says_so_and_never_becomes_pass() -> None:
    unread = report(Verdict.COULD_NOT_CHECK, ("O29", Verdict.COULD_NOT_CHECK))
    effects = {"O29": "hold"}
    assert rules.holds(unread, lambda rule: effects.get(rule, "answer"))
    assert not rules.holds(unread, lambda _: "answer")
    assert rules.verdict_of(unread) is Verdict.COULD_NOT_CHECK
    assert not rules.may_approve(Verdict.COULD_NOT_CHECK, "")


def test_the_results_speak_louder_than_the_sum_a_report_claims() -> None:
    assert rules.verdict_of(report(Verdict.PASS, ("O19", Verdict.BLOCK))) is Verdict.BLOCK
    assert rules.verdict_of(report(Verdict.BLOCK, ("O19", Verdict.PASS))) is Verdict.BLOCK
    assert rules.verdict_of(report(Verdict.PASS)) is Verdict.COULD_NOT_CHECK


@pytest.mark.parametrize("reason", ["", "  ", "counts are rounded"])
@pytest.mark.parametrize("verdict", [*Verdict, None])
def test_what_may_be_approved(verdict: Verdict | None, reason: str) -> None:
    needs_reason = {Verdict.FLAG, Verdict.COULD_NOT_CHECK}
    expected = verdict is Verdict.PASS or (verdict in needs_reason and bool(reason.strip()))
    assert bool(rules.may_approve(verdict, reason)) is expected


def test_a_last_check_worse_than_the_reviewed_one_does_not_stand() -> None:
    order = [Verdict.PASS, Verdict.FLAG, Verdict.COULD_NOT_CHECK]
    for reviewed, again in itertools.product(order, order):
        assert rules.stands(reviewed, again) is (order.index(again) <= order.index(reviewed))
    assert not any(rules.stands(reviewed, Verdict.BLOCK) for reviewed in Verdict)


def test_the_outcome_of_a_request_over_all_combinations_of_three_files() -> None:
    for files in itertools.product(FileOutcome, repeat=3):
        found = rules.outcome(files)
        if FileOutcome.RETURNED in files:
            assert found is FileOutcome.RETURNED
        elif FileOutcome.APPROVED in files:
            assert found is FileOutcome.APPROVED
        else:
            assert found is FileOutcome.REJECTED
    with pytest.raises(ValueError, match="without files"):
        rules.outcome([])


def test_the_budget_of_prechecks_ends_by_day_and_by_draft() -> None:
    def codes(*numbers: int) -> list[str]:
        return [reason.code for reason in rules.within_budget(*numbers).reasons]

    assert codes(0, 1, 0, 1) == []
    assert codes(1, 1, 0, 1) == ["budget_of_day"]
    assert codes(0, 1, 1, 1) == ["budget_of_draft"]
    assert codes(9, 1, 9, 1) == ["budget_of_day", "budget_of_draft"]


def test_no_verdict_ranks_as_could_not_check() -> None:
    assert rules.risk(None) == rules.risk(Verdict.COULD_NOT_CHECK) == 2
    assert [rules.risk(v) for v in (Verdict.PASS, Verdict.FLAG, Verdict.BLOCK)] == [0, 1, 3]
