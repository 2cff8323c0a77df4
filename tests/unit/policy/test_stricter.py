"""Thresholds are inherited: the strictest of dataset and project holds, and names itself."""

from pathlib import Path

import pytest

from orchestrator.errors import Invalid
from orchestrator.policy.outputs import OutputsPolicy, parse_outputs, read_outputs

SHIPPED = Path(__file__).parents[3] / "policies" / "outputs.yaml"


def policy(**stricter: dict[str, dict[str, int]]) -> OutputsPolicy:
    """The shipped policy with stricter numbers for somebody."""
    value = read_outputs(SHIPPED).as_json()
    assert isinstance(value, dict)
    return parse_outputs({**value, "stricter": stricter})


def test_without_stricter_numbers_everybody_has_one_digest() -> None:
    """As shipped."""
    shipped = read_outputs(SHIPPED)
    assert shipped.within(["flchain"], "a").digest() == shipped.digest()
    assert policy(datasets={"x": {"counts": 20}}).within(["y"], "a").digest() == shipped.digest()


def test_the_strictest_of_all_holds() -> None:
    """More people, more degrees, a smaller share of one person; stamped by another digest."""
    asked = policy(
        datasets={"x": {"counts": 20, "one_percent": 40}, "y": {"counts": 15, "degrees": 12}},
        projects={"a": {"p_percent": 25, "width": 5}},
    )
    told = asked.within(["x", "y"], "a")
    assert (told.counts.minimum, told.degrees.minimum, told.holders.minimum) == (20, 12, 10)
    assert (told.dominance.one_percent, told.dominance.two_percent) == (40, 90)
    assert (told.dominance.p_percent, told.suppression.width) == (25, 5)
    assert told.digest() != asked.within(["y"], "a").digest()
    assert told == asked.within(["y", "x"], "a")


@pytest.mark.parametrize(
    "asked", [{"counts": 5}, {"one_percent": 60}, {"p_percent": 5}, {"nobody": 5}, {"counts": 0}]
)
def test_a_number_that_is_less_strict_is_refused(asked: dict[str, int]) -> None:
    """At load, so that nobody believes in it; and so is a key that nothing reads."""
    with pytest.raises(Invalid):
        policy(projects={"a": asked})
