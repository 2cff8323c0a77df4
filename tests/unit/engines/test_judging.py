"""How one probe ends: every combination of attempt, control, ways, excuse and never."""

from itertools import product

import pytest

from orchestrator.engines.judging import SILENT, Answer, judge
from orchestrator.engines.port import Outcome, Probe, proved, why_unproved

ATTEMPTS = {None: None, "open": Answer(True, "got out"), "shut": Answer(False, "time-out")}
CONTROLS = {"works": Answer(True, "answered"), "fails": Answer(False, "refused"), "silent": SILENT}
CASES = list(product(ATTEMPTS, CONTROLS, (True, False), ("", "no canary"), (True, False)))


def expected(attempt: str | None, control: str, ways: bool, excuse: str, never: bool) -> Outcome:
    """The rule, written as a table is read: from the worst to the best."""
    if attempt is None:
        return Outcome.INCONCLUSIVE
    if attempt == "open":
        return Outcome.OPEN
    if never:
        return Outcome.UNAVAILABLE
    if not ways:
        return Outcome.INCONCLUSIVE
    if control == "works":
        return Outcome.HELD
    return Outcome.UNAVAILABLE if excuse else Outcome.INCONCLUSIVE


def test_there_are_as_many_cases_as_there_can_be() -> None:
    assert len(CASES) == 3 * 3 * 2 * 2 * 2


@pytest.mark.parametrize(("attempt", "control", "ways", "excuse", "never"), CASES)
def test_every_combination(
    attempt: str | None, control: str, ways: bool, excuse: str, never: bool
) -> None:
    outcome, evidence = judge(
        ATTEMPTS[attempt], CONTROLS[control], ways=ways, excuse=excuse, never=never
    )
    assert outcome is expected(attempt, control, ways, excuse, never)
    assert evidence


def test_an_attempt_that_succeeded_is_open_whatever_else_failed() -> None:
    got_out = Answer(True, "got out")
    assert judge(got_out, SILENT, ways=False, excuse="x", never=True)[0] is Outcome.OPEN


def test_nothing_holds_without_its_control() -> None:
    held = [
        case
        for case in CASES
        if judge(ATTEMPTS[case[0]], CONTROLS[case[1]], ways=case[2], excuse=case[3], never=case[4])[
            0
        ]
        is Outcome.HELD
    ]
    assert held
    assert {(attempt, control, ways) for attempt, control, ways, *_ in held} == {
        ("shut", "works", True)
    }


def _probe(name: str, outcome: Outcome) -> Probe:
    return Probe(name, f"the way {name}", "its control", outcome, "evidence", 0.1)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_sentence_names_what_did_not_hold(outcome: Outcome) -> None:
    found = [_probe("E01.a", Outcome.HELD), _probe("E02.b", outcome)]
    if proved(found):
        return
    assert "E02.b" in why_unproved(found)
    assert "the way E02.b" in why_unproved(found)


def test_an_open_way_is_named_before_one_that_proves_nothing() -> None:
    found = [_probe("E01.a", Outcome.INCONCLUSIVE), _probe("E02.b", Outcome.OPEN)]
    assert "E02.b, and 1 more" in why_unproved(found)
    assert "is open" in why_unproved(found)
    assert "could not be shown" in why_unproved(found[:1])


def test_an_empty_proof_has_its_own_sentence() -> None:
    assert why_unproved([]) == "Nothing was tried, so no isolation was proved."
