"""How figures come about: who begins changes, a first round is none, a ratio is of one round."""

from tests.bench.cluster.rounds import Row, exponent, interleaved


def test_contestants_take_turns_and_the_first_round_is_thrown_away() -> None:
    order: list[str] = []

    def act(name: str, number: int) -> list[float]:
        order.append(name)
        return [float(number)]

    found = interleaved({n: lambda k, n=n: act(n, k) for n in "abc"}, 2)  # type: ignore[misc]
    assert "".join(order) == "abcbcacab"
    assert found == {"a": [[1.0], [2.0]], "b": [[1.0], [2.0]], "c": [[1.0], [2.0]]}


def test_a_ratio_is_taken_within_a_round() -> None:
    """A machine that is slow in one round is slow for all."""
    row = Row("B0", "something", "ms", "≤ 1×")
    row.samples = {"ours": [[10, 12, 11], [110]], "floor": [[10], [100]]}
    assert row.ratios("floor") == [1.1, 1.1]
    assert "ours is 1.10× (1.10 to 1.10)" in row.lines()[2]


def test_the_slope_of_cost_over_size() -> None:
    assert round(exponent([10, 100, 1000], [5, 50, 500]), 3) == 1
    assert round(exponent([10, 100, 1000], [7, 7, 7]), 3) == 0
