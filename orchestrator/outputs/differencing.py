"""[pure] Two tables of nearly the same people: who stands between them?

Counts of one key are subtracted where one population can contain the other: no count of the one is
above the other's while another is below. Two disjoint groups may differ by three and disclose
nothing. Totals that a table does not print are added up first; bands that end in different places
are compared by how many people lie below each end; sentences and small tables by their words.
Source: outputs 6.2 steps 2 and 3, O14.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestrator.outputs.bands import band
from orchestrator.outputs.facts import PEOPLE, Coordinates, Fact, FactTable
from orchestrator.outputs.in_words import is_told, near

_MANY = 3


@dataclass(frozen=True)
class Difference:
    """Two counts that lie fewer than the threshold apart.

    Shape: `here` is of the new table, `there` of the other; `certain` where the tables are
    evidently about nested populations; `people` is the difference, None of rounded counts.
    """

    here: Fact
    there: Fact
    people: int | None
    certain: bool


def differences(here: FactTable, there: FactTable, least: int) -> list[Difference]:
    """List where two tables differ by fewer people than the threshold, and by at least one.

    Shape: of rounded tables a difference of one base is listed, never as certain.
    """
    if is_told(here) or is_told(there):
        return _by_words(here, there, least)
    ours, theirs = here.visible, there.visible
    common = sorted(set(ours) & set(theirs))
    base = max(here.base, there.base)
    found = _near(ours, theirs, common, base, least)
    if base > 1:
        return found
    return found or _by_bands(here, there, least) or _by_words(here, there, least)


def _by_words(here: FactTable, there: FactTable, least: int) -> list[Difference]:
    return [
        Difference(ours, theirs, round(abs(ours.low - theirs.low)), certain=False)
        for ours, theirs in near(here, there, least)
    ]


def _near(
    ours: Mapping[tuple[str, Coordinates], Fact],
    theirs: Mapping[tuple[str, Coordinates], Fact],
    common: Sequence[tuple[str, Coordinates]],
    base: int,
    least: int,
) -> list[Difference]:
    apart = {key: ours[key].low - theirs[key].low for key in common}
    if not _nested(list(apart.values()), base):
        return []
    limit = least - 0.5 if base == 1 else base + 0.5
    near = [key for key in common if 0 < abs(apart[key]) < limit]
    if base > 1 and len(common) == 1 < min(len(ours), len(theirs)):
        near = [key for key in near if key[1]]  # a total alone: rounded parts do not add up to it
    alike = sum(abs(one) < limit for one in apart.values())
    certain = base == 1 and len(common) >= _MANY - 1 and 2 * alike >= len(common)
    return [
        Difference(
            ours[key],
            theirs[key],
            round(abs(apart[key])) if base == 1 else None,
            certain and not ours[key].derived and not theirs[key].derived,
        )
        for key in near
    ]


def _nested(apart: Sequence[float], base: int) -> bool:
    """Say whether one population may contain the other: all differences of one sign."""
    slack = base if base > 1 else 0
    return not (any(one > slack for one in apart) and any(one < -slack for one in apart))


_Cuts = dict[tuple[str, Coordinates], list[tuple[float, float, Fact]]]


def cuts(table: FactTable) -> _Cuts:
    """Count for each row of bands (`50-59`, `60-69`) how many people lie below each end.

    Shape: by measure and the other categories together with where the bands begin; entries are
    (end, people below it, the last band added), in order. Bands with gaps have none.
    """
    rows: dict[tuple[str, str, Coordinates], list[tuple[float, float, Fact]]] = defaultdict(list)
    for fact in table.facts:
        for variable, category in fact.coordinates:
            limits = band(category)
            if limits is not None and fact.measure == PEOPLE:
                rest = tuple(one for one in fact.coordinates if one[0] != variable)
                rows[variable, fact.measure, rest].append((limits[0], limits[2], fact))
    found: _Cuts = {}
    for (variable, measure, rest), bands in rows.items():
        bands.sort(key=lambda one: one[0])
        if len(bands) < 2 or any(one[2].hidden for one in bands) or _gaps(bands):
            continue
        start = (variable, f"from {bands[0][0]:g}")
        total, own = 0.0, []
        for _, end, fact in bands:
            total += fact.low
            own.append((end, total, fact))
        found[measure, tuple(sorted((*rest, start)))] = own
    return found


def _gaps(bands: Sequence[tuple[float, float, Fact]]) -> bool:
    return any(one[1] != other[0] for one, other in pairwise(bands))


def _by_bands(here: FactTable, there: FactTable, least: int) -> list[Difference]:
    """Bands that end apart: the people between two ends are the difference of what lies below."""
    found = []
    theirs = cuts(there)
    for key, ours in cuts(here).items():
        for end, below, fact in ours:
            for other_end, other_below, other in theirs.get(key, []):
                people = below - other_below
                ordered = (end > other_end) == (people > 0)
                if end != other_end and ordered and 0 < abs(people) < least:
                    found.append(Difference(fact, other, round(abs(people)), certain=False))
    return found
