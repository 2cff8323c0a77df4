"""The airlock's rules: context, subjects, verdicts, budgets."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.airlock import rules
from orchestrator.errors import Invalid
from orchestrator.outputs.model import Context, Coverage, FileReport, RuleResult, Verdict
from orchestrator.values import digest_of


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
