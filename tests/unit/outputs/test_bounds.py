"""Bounds of hidden numbers: sound, as narrow as they can be, and ended in time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.outputs.bounds import Problem, Solved, Sum, solve


def solved(ends: list[tuple[float, float | None]], sums: list[Sum], seconds: float = 5) -> Solved:
    """All numbers of a problem."""
    return solve(Problem(tuple(ends), tuple(sums)), range(len(ends)), time.monotonic() + seconds)


def equal(total: float, *places: int) -> Sum:
    """These numbers sum to a total."""
    return Sum(tuple((place, 1.0) for place in places), total, total)


def test_one_hidden_number_under_a_total_is_known() -> None:
    """By subtraction alone."""
    assert solved([(0, None)], [equal(4, 0)]).ends == {0: (4, 4)}


def test_two_hidden_numbers_share_what_is_left() -> None:
    """Between nothing and all of it; a stated end narrows both."""
    assert solved([(0, None)] * 2, [equal(12, 0, 1)]).ends == {0: (0, 12), 1: (0, 12)}
    assert solved([(1, 9)] * 2, [equal(17, 0, 1)]).ends == {0: (8, 9), 1: (8, 9)}


def test_what_several_sums_say_together_needs_a_program() -> None:
    """Propagation alone leaves these open: three sums over three pairs."""
    sums = [equal(10, 0, 1), equal(10, 1, 2), equal(10, 0, 2)]
    found = solved([(0, None)] * 3, sums).ends
    for low, high in found.values():
        assert high is not None
        assert (round(low, 6), round(high, 6)) == (5, 5)


def test_no_number_fits() -> None:
    """A contradiction is told, never an answer."""
    assert solved([(0, 5)], [equal(9, 0)]).contradiction
    odd = [equal(10, 0, 1), equal(2, 1, 2), equal(2, 0, 2)]
    assert solved([(0, None)] * 3, odd).contradiction


def test_no_time_is_no_answer() -> None:
    """Exhausted, with the ends of propagation."""
    sums = [equal(10, 0, 1), equal(10, 1, 2), equal(10, 0, 2)]
    answer = solved([(0, None)] * 3, sums, seconds=-1)
    assert answer.exhausted
    assert answer.ends[0] == (0, 10)


def test_solving_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """The library greets on standard output, where `tre check --json` answers."""
    solved([(0, None)] * 3, [equal(10, 0, 1), equal(10, 1, 2), equal(10, 0, 2)])
    assert capfd.readouterr() == ("", "")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=4),
    st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=8),
)
def test_the_truth_always_lies_inside(table: list[list[int]], hidden: set[tuple[int, int]]) -> None:
    """Whatever is hidden in a table with totals: no bound excludes the true number."""
    places = {cell: at for at, cell in enumerate(sorted(hidden))}
    sums = []
    for line in ([(r, c) for c in range(3)] for r in range(3)):
        own = [cell for cell in line if cell in places]
        if own:
            sums.append(equal(sum(table[r][c] for r, c in own), *(places[cell] for cell in own)))
    for line in ([(r, c) for r in range(3)] for c in range(3)):
        own = [cell for cell in line if cell in places]
        if own:
            sums.append(equal(sum(table[r][c] for r, c in own), *(places[cell] for cell in own)))
    answer = solved([(0, None)] * len(places), sums)
    assert not answer.contradiction
    for (row, column), at in places.items():
        low, high = answer.ends[at]
        assert low - 1e-6 <= table[row][column]
        assert high is None or table[row][column] <= high + 1e-6
