"""[pure] Which counts of a table add up to which: totals with their parts.

A total is a fact that names one category less than its parts. Where a table's own visible numbers
contradict it (people with several diagnoses), the parts of that variable do not add up and nothing
follows from them.
Source: outputs 6.1 step 2, 6.2 (ledger_equation).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import fsum

from orchestrator.outputs.facts import Coordinates, Fact, FactTable

Family = tuple[Fact, tuple[Fact, ...]]
"""A total and its parts."""

_FEWEST = 2


def families(
    table: FactTable, totals: Iterable[Fact] = (), *, exact: bool = True, fewest: int = _FEWEST
) -> list[Family]:
    """List each total of a table with its parts, variable by variable.

    Shape: `totals` are more facts that may be totals, as from another table about the same people;
    without `exact` parts need not add up; `fewest` parts at least.
    """
    known = {(fact.measure, fact.coordinates): fact for fact in (*totals, *table.facts)}
    grouped: dict[tuple[str, str], list[Family]] = defaultdict(list)
    parts: dict[tuple[str, str, Coordinates], list[Fact]] = defaultdict(list)
    for fact in table.facts:
        for variable in dict.fromkeys(fact.variables):
            rest = tuple(one for one in fact.coordinates if one[0] != variable)
            parts[variable, fact.measure, rest].append(fact)
    for (variable, measure, rest), own in parts.items():
        total = known.get((measure, rest))
        if total is not None and len(own) >= fewest:
            grouped[variable, measure].append((total, tuple(own)))
    return [
        family
        for found in grouped.values()
        if not exact or _adds_up(found, table.base)
        for family in found
    ]


def _adds_up(found: Sequence[Family], base: int) -> bool:
    """Say whether the families without hidden parts agree with their totals, all but few."""
    visible = [family for family in found if not _hides(family)]
    right = [family for family in visible if _right(family, base)]
    possible = all(_possible(family, base) for family in found)
    return possible and 2 * len(right) >= len(visible)


def _hides(family: Family) -> bool:
    return family[0].hidden or any(part.hidden for part in family[1])


def _right(family: Family, base: int) -> bool:
    total, parts = family
    slack = base * (len(parts) + 1) / 2 if base > 1 else 0.5
    return abs(fsum(part.low for part in parts) - total.low) <= slack


def _possible(family: Family, base: int) -> bool:
    """The visible parts of a total are not more than the total."""
    total, parts = family
    slack = base * (len(parts) + 1) / 2 if base > 1 else 0.5
    seen = fsum(part.low for part in parts if not part.hidden)
    return total.high is None or seen <= total.high + slack
