"""[pure] Which rows of an exported table are rows of a snapshot? Surprisal scores and their null.

No order is used, and a column's name only where it makes a guess cheaper. Several passes, each with
its own null: rows whose columns are recognised as wholes; the same without a column that only
numbers the rows; the same with columns in another unit, on a scale that the source gives, or less a
number; needles, whose columns are mostly of other things; and rows that hold a person's several
rows side by side.
Source: outputs 5.2, whose steps are named below, and 5.4 (ratios and differences).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from orchestrator.outputs.canon import hasher
from orchestrator.outputs.guessing import (
    DISTINCT,
    ColumnGuess,
    Values,
    as_written,
    in_other_units,
    is_plain,
    is_whole,
    moved_options,
    needle_options,
    of_few_rows,
    on_other_scales,
    recognise,
    said_once,
    unsure_options,
)
from orchestrator.outputs.index import TableIndex
from orchestrator.outputs.keys import enumerates
from orchestrator.outputs.lattices import placed
from orchestrator.outputs.naming import words
from orchestrator.outputs.searching import Option, People, Search, Settings, Work, people_column
from orchestrator.outputs.together import MANY, Guess, Together, chosen

_FEW = 20
"""Below, a shuffle puts true neighbours together again (one row is its own shuffle), so the null
is drawn from the source's own columns, each by itself."""
_NEEDLE = 20
"""A needle has a value that so many times fewer people share than the policy's limit allows."""
_HANDFUL = 3
"""Of so few rows none tells which source column a number is of."""
_PARTS = 4
"""More groups than this are not asked whether each stands on a line of its own."""
_GUESSES = 24
"""How many source columns one exported column may stand for that goes with others."""
_PART = 4
"""Of the comparisons that are left so many parts make one for rows that are found together; a table
too large for it is no worse off than without."""
_SEPARATES = 10
"""Rows that are found together must outnumber those of a shuffled table so many times."""


@dataclass(frozen=True)
class Mapped:
    """One exported column recognised as a transform of one source column.

    Units: `cost` in bits, taken off each agreement: how many other guesses there were.
    """

    position: int
    column: int
    feature: int
    cost: float = 0.0


@dataclass(frozen=True)
class Linked:
    """What the test found. `rows` are positions (from 0); `exhausted`: the work ran out.

    Units: `null` in rows, mean of the rounds; `threshold` in bits.
    """

    rows: tuple[int, ...]
    null: float
    threshold: float
    mapped: tuple[Mapped, ...]
    exhausted: bool = False


def link(
    cells: Sequence[Sequence[str]],
    source: TableIndex,
    key: bytes,
    settings: Settings,
    compared: int,
    seed: bytes,
    work: Work,
    names: Sequence[str] = (),
    *,
    needles: bool = True,
) -> Linked:
    """Compare the rows of one exported table with one indexed table.

    Shape: `cells` are columns, each of the same length; `compared` is how many comparisons are
    made in all; `names` are the columns' names where they have some; `needles` asks for the second
    pass too; equal input and seed give equal output.
    """
    size = len(cells[0]) if cells else 0
    threshold = (
        math.log2(max(source.size, 2)) + math.log2(max(size, 2)) + settings.margin
        + math.log2(max(compared, 1))
    )  # fmt: skip
    columns = [as_written(column, source, hasher(key), settings, work) for column in cells]
    guesses = recognise(columns, source, settings, work)
    strict = [
        replace(
            own[0].option(columns),
            cost=of_few_rows(own, source, names) if size <= _HANDFUL else 0.0,
        )
        for own in guesses.values()
    ]
    passes = [Search(source, strict, threshold, settings, work)] if strict else []
    named = [one for one in strict if not enumerates(cells[one.position])]
    if named and len(named) < len(strict):  # a frame's row numbers disagree with everybody
        passes.append(Search(source, named, threshold, settings, work))
    unsure = unsure_options(columns, guesses, source, names)
    if len(unsure) > len(named):
        passes.append(Search(source, unsure, threshold, settings, work))
    units = in_other_units(columns, strict, source, work)
    scales = on_other_scales(columns, strict, source, work)
    moved = moved_options(columns, strict, source, work)
    others = [*_several(_firsts(units), scales), moved]
    for changed in others:
        better = {one.position for one in changed}
        kept = [one for one in named if one.position not in better]
        if changed:
            passes.append(Search(source, [*kept, *changed], threshold, settings, work))
    whole = all(is_whole(own, source, strict, at) for at, own in enumerate(columns))
    if needles and not whole:
        loose = said_once(columns, needle_options(columns, strict, source, names, work))
        if len(loose) > len(strict):
            few = replace(settings, frequency_limit=settings.frequency_limit // _NEEDLE)
            passes.append(Search(source, loose, threshold, few, work, rare=True))
    people = people_column(source)
    if people is not None and len({one.position for one in strict}) > 1:
        passes.append(People(source, strict, threshold, settings, work, people))
    run = _Run(settings, seed, size, {(one.position, one.column): one for one in strict})
    for search in passes:
        run.take(search)
    if len(run.rows) <= size - MANY:
        named_ones = _by_name(guesses, source, names)
        for search in _together(
            columns, guesses, [scales, units, moved], source, settings, compared, work, named_ones
        ):
            run.take(search, shy=True)
        for search in _on_lines(columns, strict, source, settings, compared, work):
            run.take(search, shy=True)
    return Linked(tuple(sorted(run.rows)), run.null, threshold, run.mapped(), work.left <= 0)


def _firsts(options: Sequence[Option]) -> list[Option]:
    """Keep of each exported column its first option."""
    return [*{one.position: one for one in reversed(options)}.values()][::-1]


def _several(units: list[Option], scales: list[Option]) -> Iterator[list[Option]]:
    """Give those of two columns and more; of one in another unit and one on a scale, both.

    Shape: a single changed column is too easily found by accident to be asked.
    """
    found = [own for own in (units, scales) if len({one.position for one in own}) > 1]
    placed = {one.position for one in units}
    beside = [one for one in scales if one.position not in placed]
    yield from found or ([[*units, *beside]] if units and beside else [])


class _Run:
    """What several passes over one table found: rows, their null, columns that had a say."""

    def __init__(
        self, settings: Settings, seed: bytes, size: int, used: dict[tuple[int, int], Option]
    ) -> None:
        self.rows: set[int] = set()
        self.null = 0.0
        self._settings = settings
        self._seed = seed
        self._size = size
        self._used = used
        self._passes = 0

    def take(self, search: Search, *, shy: bool = False) -> None:
        """Add what a pass finds; nothing of a shy one that shuffled rows do not tell apart."""
        random = Random(self._seed + bytes([self._passes]))  # noqa: S311 - repeatable, not secret
        self._passes += 1
        linked = search.linked(search.groups)
        found = [row for row in linked if row not in self.rows]
        if not found:  # nothing to subtract a null from
            return
        told = search.told(found)
        null = _null(search, random, self._settings.null_rounds, self._size)
        if shy and len(linked) < _SEPARATES * null:
            return
        self.rows.update(found)
        self.null += null
        self._used |= {(one.position, one.column): one for one in told}

    def mapped(self) -> tuple[Mapped, ...]:
        """The columns that were recognised or had a say."""
        return tuple(
            Mapped(one.position, one.column, one.feature, one.cost) for one in self._used.values()
        )


def _by_name(
    guesses: Mapping[int, Sequence[ColumnGuess]], source: TableIndex, names: Sequence[str]
) -> Mapping[int, Sequence[ColumnGuess]]:
    """Keep the guesses that a column's own name bears out."""
    told = {at: words(names[at]) for at in guesses if at < len(names)}
    same = {
        at: [one for one in guesses[at] if words(source.columns[one.column].name) == own]
        for at, own in told.items()
    }
    return {at: own for at, own in same.items() if own}


def _together(
    columns: Sequence[Values],
    guesses: Mapping[int, Sequence[ColumnGuess]],
    others: Sequence[Sequence[Option]],
    source: TableIndex,
    settings: Settings,
    compared: int,
    work: Work,
    named: Mapping[int, Sequence[ColumnGuess]],
) -> Iterator[Search]:
    """Look for rows in columns that agree with one another, whatever each of them may stand for.

    Shape: a column that is `named` as one of the source stands for that one.
    """
    options: dict[int, list[Guess]] = {
        at: [[one.option(columns)] for one in named.get(at, own)[:_GUESSES]]
        for at, own in guesses.items()
    }
    for changed in others:
        for position in dict.fromkeys(one.position for one in changed):
            own = [one for one in changed if one.position == position]
            each = [[one for one in own if one.column == at]
                    for at in dict.fromkeys(one.column for one in own)]  # fmt: skip
            options[position] = [*each, *options.get(position, [])]
    if len(options) < 2:
        return

    def known(position: int, row: int) -> bool:
        return columns[position].cells[row] in columns[position].counts

    allowed = work.left // _PART
    spared = Work(allowed)
    for own in chosen(options, known, source, settings, compared, spared, named.keys()):
        yield Together(source, own, known, compared, settings, spared)
    work.spend(allowed - max(spared.left, 0))


def _on_lines(
    columns: Sequence[Values],
    strict: Sequence[Option],
    source: TableIndex,
    settings: Settings,
    compared: int,
    work: Work,
) -> Iterator[Search]:
    """Look for rows in columns that are each on a line of its own, and in those as they are.

    Source: outputs 5.4 (scaled on a subset).
    """
    plain = [one for one in strict if is_plain(source, one)]
    known = {one.position for one in plain}
    others = {at: own.cells for at, own in enumerate(columns) if own.numeric and at not in known}
    beside = [one for one in plain if not enumerates(columns[one.position].cells)]

    def present(position: int, row: int) -> bool:
        return columns[position].cells[row] in columns[position].counts

    for groups in _parted(beside, columns):
        found, tried = placed(others, groups, source, work)
        taken = {one.column for one in found}
        if found:
            options = [*found, *(one for one in beside if one.column not in taken)]
            yield Together(source, options, present, compared * tried, settings, work)
            return


def _parted(
    plain: Sequence[Option], columns: Sequence[Values]
) -> Iterator[Sequence[Sequence[int]]]:
    """Give all rows of a table, and its rows by each column that names a few groups of them."""
    size = len(columns[0].cells) if columns else 0
    yield [range(size)]
    for one in plain:
        groups: dict[int, list[int]] = {}
        for row, group in enumerate(one.groups):
            groups.setdefault(group, []).append(row)
        if 1 < len(groups) <= _PARTS and min(map(len, groups.values())) >= 2 * DISTINCT:
            yield [*groups.values()]


def _null(search: Search, random: Random, rounds: int, size: int) -> float:
    """Step 5: how many rows are linked when each column is shuffled by itself."""
    groups = [list(column) for column in search.groups]
    total = 0
    for _ in range(rounds):
        if size < _FEW:
            groups = search.drawn(random, size)
        by_position: dict[int, list[int]] = {}
        for option, column in zip(search.options, groups, strict=True):
            order = by_position.get(option.position)
            if order is None:
                order = list(range(len(column)))
                random.shuffle(order)
                by_position[option.position] = order
            column[:] = [column[at] for at in order]
        total += len(search.linked(groups))
    return total / rounds
