"""[pure] Which columns of the source a file's column may be: as it is, rounded, in another unit."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.outputs.canon import (
    COARSE,
    DISGUISES,
    FINE,
    SHORTENED,
    Transform,
    is_missing,
    number,
    respelled,
    spell,
)
from orchestrator.outputs.index import Feature, TableIndex
from orchestrator.outputs.keys import enumerates
from orchestrator.outputs.moved import moved
from orchestrator.outputs.naming import words
from orchestrator.outputs.rescaled import rescaled
from orchestrator.outputs.scales import scaled
from orchestrator.outputs.searching import UNFOUND, Option, Settings, Work

_PENALTY = {Transform.IDENTITY: 0.0, Transform.TENTH: 0.5}
"""What a transform costs in bits: unlikely ones must explain much better; 0.05 for the others."""
_PROPOSED = 20
"""So few rows of the source that have a cell too are looked at one by one."""
DISTINCT = 8
"""A column of fewer different values is the same as many others less a number."""
_ALIKE = 6
"""Source columns in another unit that one exported column may be, all of which explain it."""
_OPTIONS = 3
"""How many source columns one exported column of needles may stand for."""
_DECISIVE = 10.0
"""Units: bits by which the best guess of a column must be likelier than the next to stand alone."""


class Values:
    """The distinct values of one exported column, hashed once for each precision."""

    def __init__(self, column: Sequence[str], hashed: Callable[[str], int]) -> None:
        self.cells = column
        self.counts = {
            cell: count for cell, count in Counter(column).items() if not is_missing(cell)
        }
        self.total = sum(self.counts.values())
        parsed = {cell: number(cell) for cell in self.counts}
        numbers = sum(count for cell, count in self.counts.items() if parsed[cell] is not None)
        self.numeric = numbers > 0.9 * self.total
        self.fine = {cell: hashed(spell(cell, FINE)) for cell in self.counts}
        self.coarse = (
            {cell: hashed(spell(cell, COARSE)) for cell in self.counts} if self.numeric else {}
        )

    def groups(self, found: Mapping[str, int]) -> list[int]:
        """Give the group of each cell, -1 where it has none."""
        return [found.get(cell, UNFOUND) for cell in self.cells]

    def look_up(self, feature: Feature, containment: float) -> dict[str, int] | None:
        """Give the group of each value found; None as soon as too few can be found."""
        if not self.total or feature.transform in DISGUISES | SHORTENED:
            return None
        if not self.numeric and feature.transform is not Transform.IDENTITY:
            return None
        hashes = self.fine if feature.digits == FINE else self.coarse
        if not hashes:
            return None
        spare = self.total * (1 - containment)
        found: dict[str, int] = {}
        for cell, own in hashes.items():
            group = feature.find(own)
            if group >= 0:
                found[cell] = group
            else:
                spare -= self.counts[cell]
                if spare < 0:
                    return None
        return found


@dataclass(frozen=True)
class ColumnGuess:
    """A feature that explains the values of an exported column, and the group of each value.

    Units: `score` in bits a cell.
    """

    score: float
    position: int
    column: int
    feature: int
    found: Mapping[str, int]

    def option(self, columns: Sequence[Values]) -> Option:
        """Say of each cell of the column in which group of the source it is."""
        groups = columns[self.position].groups(self.found)
        return Option(self.position, self.column, self.feature, groups)


def recognise(
    columns: Sequence[Values], source: TableIndex, settings: Settings, work: Work
) -> dict[int, list[ColumnGuess]]:
    """Step 1: for each exported column the features that explain its values, the best first."""
    guesses: dict[int, list[ColumnGuess]] = {}
    for position, values in enumerate(columns):
        for at, which, feature in _features(source):
            if not work.spend(len(values.counts)):
                return {}
            found = values.look_up(feature, settings.containment)
            if found is not None:
                score = _score(values, feature, found, source.size)
                guesses.setdefault(position, []).append(
                    ColumnGuess(score, position, at, which, found)
                )
    for own in guesses.values():
        own.sort(key=lambda one: -one.score)
    return guesses


def of_few_rows(own: Sequence[ColumnGuess], source: TableIndex, names: Sequence[str]) -> float:
    """Say what it costs to take the few values of a column for what they are most likely.

    Shape: nothing where the names agree. A small number of a sentence is a value of most columns,
    and no other row tells which.
    Units: bits.
    """
    first = own[0]
    told = set(words(names[first.position])) if first.position < len(names) else set()
    same = set(words(source.columns[first.column].name)) <= told
    return 0.0 if same else math.log2(len({one.column for one in own}))


def said_once(columns: Sequence[Values], options: Sequence[Option]) -> list[Option]:
    """Leave out numbers that stand in their row before: they say once what they say.

    Shape: one digit may well stand there twice.
    """
    shown = [set[str]() for _ in columns[0].cells] if columns else []
    again: list[list[bool]] = []
    for values in columns:
        again.append([values.numeric and len(cell) > 1 and cell in before
                      for cell, before in zip(values.cells, shown, strict=True)])  # fmt: skip
        for cell, before in zip(values.cells, shown, strict=True):
            before.add(cell)
    return [
        replace(one, groups=[UNFOUND if twice else group for group, twice
                             in zip(one.groups, again[one.position], strict=True)])
        for one in options
    ]  # fmt: skip


def unsure_options(
    columns: Sequence[Values],
    guesses: Mapping[int, Sequence[ColumnGuess]],
    source: TableIndex,
    names: Sequence[str],
) -> list[Option]:
    """Take each column for whatever it may nearly as likely be: few rows do not tell a best guess.

    Shape: each of several guesses costs what choosing it costs, none where the names agree.
    """
    found: list[Option] = []
    for position, own in guesses.items():
        values = columns[position]
        if enumerates(values.cells):
            continue
        told = set(words(names[position])) if position < len(names) else set()
        near = [one for one in own if (own[0].score - one.score) * values.total < _DECISIVE]
        near.sort(key=lambda one: set(words(source.columns[one.column].name)) != told)
        for one in near[:_OPTIONS]:
            same = set(words(source.columns[one.column].name)) == told
            cost = 0.0 if same else math.log2(len(near))
            groups = values.groups(one.found)
            found.append(Option(position, one.column, one.feature, groups, cost))
    return said_once(columns, found)


def as_written(
    cells: Sequence[str],
    source: TableIndex,
    hashed: Callable[[str], int],
    settings: Settings,
    work: Work,
) -> Values:
    """Take a column as it is, or as a source may write it where nothing of it is recognised so."""
    values = Values(cells, hashed)
    others = list(respelled(cells))
    if not others or _is_recognised(values, source, settings, work):
        return values
    written = (Values(other, hashed) for other in others)
    known = (own for own in written if _is_recognised(own, source, settings, work))
    return next(known, values)


def _is_recognised(values: Values, source: TableIndex, settings: Settings, work: Work) -> bool:
    return work.spend(len(values.counts)) and any(
        values.look_up(feature, settings.containment) is not None
        for _, _, feature in _features(source)
    )


def in_other_units(
    columns: Sequence[Values], strict: Sequence[Option], source: TableIndex, work: Work
) -> list[Option]:
    """Find columns that are a source column times a factor, or less its mean.

    Shape: asked are columns that were not recognised as they are; a scaled one may be recognised
    by accident. Where several source columns explain as many cells (days until one event and until
    another), each is given, in the source's order.
    Source: outputs 5.4 (matching of differences and ratios).
    """
    known = {one.position for one in strict if is_plain(source, one)}
    found: list[Option] = []
    for position, values in enumerate(columns):
        if position in known or not values.numeric:
            continue
        told = [(at, groups) for at, column in enumerate(source.columns)
                if (groups := rescaled(values.cells, column, work.spend))]  # fmt: skip
        hits = [sum(group >= 0 for group in groups) for _, groups in told]
        best = [one for one, own in zip(told, hits, strict=True) if own == max(hits)]
        found += [Option(position, at, 0, groups) for at, groups in best[:_ALIKE]]
    return found


def on_other_scales(
    columns: Sequence[Values], strict: Sequence[Option], source: TableIndex, work: Work
) -> list[Option]:
    """Find columns on a scale that the source gives, beside those that are recognised as they are.

    Source: outputs 5.4 (scaled per group, scaled and then rounded).
    """
    plain = [one for one in strict if is_plain(source, one)]
    known = {one.position for one in plain}
    others = {at: own.cells for at, own in enumerate(columns) if own.numeric and at not in known}
    return scaled(others, plain, source, work)


def moved_options(
    columns: Sequence[Values], strict: Sequence[Option], source: TableIndex, work: Work
) -> list[Option]:
    """Find columns that are a source column less a number that nobody said, beside one as it is.

    Shape: each other column proposes few people for a row by itself, the rarest cell first.
    """
    plain = [one for one in strict if is_plain(source, one)]
    found: list[Option] = []
    for position, values in enumerate(columns):
        others = [one for one in plain if one.position != position]
        few = not values.numeric or len(values.counts) < DISTINCT or enumerates(values.cells)
        if few or not others:
            continue
        candidates = _proposed(others, source)
        if not work.spend(len(candidates) * _PROPOSED * len(source.columns)):
            return []
        for at, column in enumerate(source.columns):
            known = any(one.position == position and one.column == at for one in plain)
            groups = None if known else moved(values.cells, candidates, column)
            if groups is not None:
                found.append(Option(position, at, 0, groups))
    return found


def _proposed(options: Sequence[Option], source: TableIndex) -> dict[int, list[int]]:
    """List, for each row that has a rare cell, the few rows of the source that have it too."""
    found: dict[int, list[int]] = {}
    for one in options:
        column = source.columns[one.column]
        frequency = column.features[one.feature].frequency
        for row, group in enumerate(one.groups):
            if group >= 0 and frequency[group] <= _PROPOSED:
                people = column.rows_of(one.feature, group)
                if len(people) < len(found.get(row, people)) or row not in found:
                    found[row] = people
    return found


def needle_options(
    columns: Sequence[Values],
    strict: Sequence[Option],
    source: TableIndex,
    names: Sequence[str],
    work: Work,
) -> list[Option]:
    """Step 1 for needles: whatever some cells of a column may stand for, at the price of a guess.

    A column of which most cells are no values of the source (means, with a few people below them)
    may stand for several source columns as they are. Each guess costs as many bits as there were
    guesses; it is free where the names agree.
    """
    options = [*strict]
    for position, values in enumerate(columns):
        told = set(words(names[position])) if position < len(names) else set()
        guesses = _guesses(values, source, work)
        for at, which, found in guesses[:_OPTIONS]:
            same = set(words(source.columns[at].name)) <= told
            cost = 0.0 if same else math.log2(len(guesses))
            options.append(Option(position, at, which, values.groups(found), cost))
    return options


def _guesses(
    values: Values, source: TableIndex, work: Work
) -> list[tuple[int, int, dict[str, int]]]:
    """List the source columns in which some value of an exported column is, the best first."""
    scored = []
    for at, which, feature in _features(source):
        if feature.transform is not Transform.IDENTITY:
            continue
        if not work.spend(len(values.counts)):
            return []
        found = values.look_up(feature, 0.0)
        if found:
            scored.append((_score(values, feature, found, source.size), at, which, found))
    scored.sort(key=lambda one: (-one[0], one[1]))
    return [(at, which, found) for _, at, which, found in scored]


def is_whole(values: Values, source: TableIndex, strict: Sequence[Option], position: int) -> bool:
    """Tell a column that was recognised as it is; a scaled one may be recognised by accident."""
    for one in strict:
        if one.position == position:
            return is_plain(source, one)
    return not values.total


def is_plain(source: TableIndex, one: Option) -> bool:
    """Say whether a column is as finely written as the source's."""
    return source.columns[one.column].features[one.feature].digits == FINE


def _features(source: TableIndex) -> Iterable[tuple[int, int, Feature]]:
    for at, column in enumerate(source.columns):
        for which, feature in enumerate(column.features):
            if feature.transform is not Transform.PHRASE:
                yield at, which, feature


def _score(values: Values, feature: Feature, found: Mapping[str, int], size: int) -> float:
    absent = -(math.log2(size) + 3)
    total = 0.0
    for cell, count in values.counts.items():
        group = found.get(cell)
        own = absent if group is None else math.log2(feature.frequency[group] / size)
        total += count * own
    return total / values.total - _PENALTY.get(feature.transform, 0.05)
