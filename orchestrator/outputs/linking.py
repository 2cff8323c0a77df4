"""[pure] Which rows of an exported table are rows of a snapshot? Surprisal scores and their null.

No order is used, and a column's name only where it makes a guess cheaper. Several passes, each with
its own null: rows whose columns are recognised as wholes; the same without a column that only
numbers the rows; the same with columns in another unit, on a scale that the source gives, or less a
number; needles, whose columns are mostly of other things; and rows that hold a person's several
rows side by side.
Source: outputs 5.2, whose steps are named below, and 5.4 (ratios and differences).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from orchestrator.outputs.canon import (
    COARSE,
    DISGUISES,
    FINE,
    SHORTENED,
    Transform,
    hasher,
    is_missing,
    number,
    respelled,
    spell,
)
from orchestrator.outputs.index import Feature, TableIndex
from orchestrator.outputs.keys import enumerates
from orchestrator.outputs.lattices import placed
from orchestrator.outputs.moved import moved
from orchestrator.outputs.naming import words
from orchestrator.outputs.rescaled import rescaled
from orchestrator.outputs.scales import scaled
from orchestrator.outputs.searching import (
    UNFOUND,
    Option,
    People,
    Search,
    Settings,
    Work,
    people_column,
)
from orchestrator.outputs.together import MANY, Guess, Together, chosen

_FEW = 20
"""Below, a shuffle puts true neighbours together again (one row is its own shuffle), so the null
is drawn from the source's own columns, each by itself."""
_PENALTY = {Transform.IDENTITY: 0.0, Transform.TENTH: 0.5}
"""What a transform costs in bits: unlikely ones must explain much better; 0.05 for the others."""
_NEEDLE = 20
"""A needle has a value that so many times fewer people share than the policy's limit allows."""
_PROPOSED = 20
"""So few rows of the source that have a cell too are looked at one by one."""
_DISTINCT = 8
"""A column of fewer different values is the same as many others less a number."""
_OPTIONS = 3
"""How many source columns one exported column of needles may stand for."""
_PARTS = 4
"""More groups than this are not asked whether each stands on a line of its own."""
_DECISIVE = 10.0
"""Units: bits by which the best guess of a column must be likelier than the next to stand alone."""
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
    columns = [_as_written(column, source, hasher(key), settings, work) for column in cells]
    guesses = _recognised(columns, source, settings, work)
    strict = [own[0].option(columns) for own in guesses.values()]
    passes = [Search(source, strict, threshold, settings, work)] if strict else []
    named = [one for one in strict if not enumerates(cells[one.position])]
    if named and len(named) < len(strict):  # a frame's row numbers disagree with everybody
        passes.append(Search(source, named, threshold, settings, work))
    unsure = _unsure(columns, guesses, source, names)
    if len(unsure) > len(named):
        passes.append(Search(source, unsure, threshold, settings, work))
    others = [
        _other_units(columns, strict, source, work),
        _other_scales(columns, strict, source, work),
        _moved(columns, strict, source, work),
    ]
    for changed in others:
        better = {one.position for one in changed}
        kept = [one for one in named if one.position not in better]
        if changed:
            passes.append(Search(source, [*kept, *changed], threshold, settings, work))
    whole = all(_is_whole(own, source, strict, at) for at, own in enumerate(columns))
    if needles and not whole:
        loose = _loose(columns, strict, source, names, work)
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
        for search in _together(columns, guesses, others, source, settings, compared, work):
            run.take(search, shy=True)
        for search in _on_lines(columns, strict, source, settings, compared, work):
            run.take(search, shy=True)
    return Linked(tuple(sorted(run.rows)), run.null, threshold, run.mapped(), work.left <= 0)


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


def _together(
    columns: Sequence["_Values"],
    guesses: Mapping[int, Sequence["_Guess"]],
    others: Sequence[Sequence[Option]],
    source: TableIndex,
    settings: Settings,
    compared: int,
    work: Work,
) -> Iterator[Search]:
    """Look for rows in columns that agree with one another, whatever each of them may stand for."""
    options: dict[int, list[Guess]] = {
        at: [[one.option(columns)] for one in own[:_GUESSES]] for at, own in guesses.items()
    }
    for changed in others:
        for position in dict.fromkeys(one.position for one in changed):
            own = [one for one in changed if one.position == position]
            options.setdefault(position, []).insert(0, own)
    if len(options) < 2:
        return

    def known(position: int, row: int) -> bool:
        return columns[position].cells[row] in columns[position].counts

    allowed = work.left // _PART
    spared = Work(allowed)
    for own in chosen(options, known, source, settings, compared, spared):
        yield Together(source, own, known, compared, settings, spared)
    work.spend(allowed - max(spared.left, 0))


def _on_lines(
    columns: Sequence["_Values"],
    strict: Sequence[Option],
    source: TableIndex,
    settings: Settings,
    compared: int,
    work: Work,
) -> Iterator[Search]:
    """Look for rows in columns that are each on a line of its own, and in those as they are.

    Source: outputs 5.4 (scaled on a subset).
    """
    plain = [one for one in strict if _is_plain(source, one)]
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
    plain: Sequence[Option], columns: Sequence["_Values"]
) -> Iterator[Sequence[Sequence[int]]]:
    """Give all rows of a table, and its rows by each column that names a few groups of them."""
    size = len(columns[0].cells) if columns else 0
    yield [range(size)]
    for one in plain:
        groups: dict[int, list[int]] = {}
        for row, group in enumerate(one.groups):
            groups.setdefault(group, []).append(row)
        if 1 < len(groups) <= _PARTS and min(map(len, groups.values())) >= 2 * _DISTINCT:
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


@dataclass(frozen=True)
class _Guess:
    """A feature that explains the values of an exported column, and the group of each value.

    Units: `score` in bits a cell.
    """

    score: float
    position: int
    column: int
    feature: int
    found: Mapping[str, int]

    def option(self, columns: Sequence["_Values"]) -> Option:
        groups = columns[self.position].groups(self.found)
        return Option(self.position, self.column, self.feature, groups)


def _recognised(
    columns: Sequence["_Values"], source: TableIndex, settings: Settings, work: Work
) -> dict[int, list[_Guess]]:
    """Step 1: for each exported column the features that explain its values, the best first."""
    guesses: dict[int, list[_Guess]] = {}
    for position, values in enumerate(columns):
        for at, which, feature in _features(source):
            if not work.spend(len(values.counts)):
                return {}
            found = values.look_up(feature, settings.containment)
            if found is not None:
                score = _score(values, feature, found, source.size)
                guesses.setdefault(position, []).append(_Guess(score, position, at, which, found))
    for own in guesses.values():
        own.sort(key=lambda one: -one.score)
    return guesses


def _unsure(
    columns: Sequence["_Values"],
    guesses: Mapping[int, Sequence[_Guess]],
    source: TableIndex,
    names: Sequence[str],
) -> list[Option]:
    """Take each column for whatever it may nearly as likely be: few rows do not tell a best guess.

    Shape: each of several guesses costs what choosing it costs, none where the names agree. A
    number that stands in a row twice says what it says once: sources have columns that are mostly
    equal.
    """
    found: list[Option] = []
    shown = [set[str]() for _ in columns[0].cells] if columns else []
    for position, own in guesses.items():
        values = columns[position]
        if enumerates(values.cells):
            continue
        again = [values.numeric and len(cell) > 1 and cell in before
                 for cell, before in zip(values.cells, shown, strict=True)]  # fmt: skip
        for cell, before in zip(values.cells, shown, strict=True):
            before.add(cell)
        told = set(words(names[position])) if position < len(names) else set()
        near = [one for one in own if (own[0].score - one.score) * values.total < _DECISIVE]
        near.sort(key=lambda one: set(words(source.columns[one.column].name)) != told)
        for one in near[:_OPTIONS]:
            same = set(words(source.columns[one.column].name)) == told
            cost = 0.0 if same else math.log2(len(near))
            groups = values.groups(one.found)
            once = [UNFOUND if twice else group
                    for group, twice in zip(groups, again, strict=True)]  # fmt: skip
            found.append(Option(position, one.column, one.feature, once, cost))
    return found


def _as_written(
    cells: Sequence[str],
    source: TableIndex,
    hashed: Callable[[str], int],
    settings: Settings,
    work: Work,
) -> "_Values":
    """Take a column as it is, or as a source may write it where nothing of it is recognised so."""
    values = _Values(cells, hashed)
    others = list(respelled(cells))
    if not others or _is_recognised(values, source, settings, work):
        return values
    written = (_Values(other, hashed) for other in others)
    known = (own for own in written if _is_recognised(own, source, settings, work))
    return next(known, values)


def _is_recognised(values: "_Values", source: TableIndex, settings: Settings, work: Work) -> bool:
    return work.spend(len(values.counts)) and any(
        values.look_up(feature, settings.containment) is not None
        for _, _, feature in _features(source)
    )


def _other_units(
    columns: Sequence["_Values"], strict: Sequence[Option], source: TableIndex, work: Work
) -> list[Option]:
    """Find columns that are a source column times a factor, or less its mean; two or none.

    Shape: asked are columns that were not recognised as they are; a scaled one may be recognised
    by accident. Source: outputs 5.4 (matching of differences and ratios).
    """
    known = {one.position for one in strict if _is_plain(source, one)}
    found: list[Option] = []
    for position, values in enumerate(columns):
        if position in known or not values.numeric:
            continue
        best: tuple[int, int, list[int]] | None = None
        for at, column in enumerate(source.columns):
            groups = rescaled(values.cells, column, work.spend)
            hits = sum(group >= 0 for group in groups or ())
            if groups and (best is None or hits > best[0]):
                best = (hits, at, groups)
        if best is not None:
            found.append(Option(position, best[1], 0, best[2]))
    return found if len(found) > 1 else []


def _other_scales(
    columns: Sequence["_Values"], strict: Sequence[Option], source: TableIndex, work: Work
) -> list[Option]:
    """Find columns on a scale that the source gives, beside those that are recognised as they are.

    Source: outputs 5.4 (scaled per group, scaled and then rounded).
    """
    plain = [one for one in strict if _is_plain(source, one)]
    known = {one.position for one in plain}
    others = {at: own.cells for at, own in enumerate(columns) if own.numeric and at not in known}
    return scaled(others, plain, source, work)


def _moved(
    columns: Sequence["_Values"], strict: Sequence[Option], source: TableIndex, work: Work
) -> list[Option]:
    """Find columns that are a source column less a number that nobody said, beside one as it is.

    Shape: each other column proposes few people for a row by itself, the rarest cell first.
    """
    plain = [one for one in strict if _is_plain(source, one)]
    found: list[Option] = []
    for position, values in enumerate(columns):
        others = [one for one in plain if one.position != position]
        few = not values.numeric or len(values.counts) < _DISTINCT or enumerates(values.cells)
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


def _loose(
    columns: Sequence["_Values"],
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
    values: "_Values", source: TableIndex, work: Work
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


def _is_whole(
    values: "_Values", source: TableIndex, strict: Sequence[Option], position: int
) -> bool:
    """Tell a column that was recognised as it is; a scaled one may be recognised by accident."""
    for one in strict:
        if one.position == position:
            return _is_plain(source, one)
    return not values.total


def _is_plain(source: TableIndex, one: Option) -> bool:
    return source.columns[one.column].features[one.feature].digits == FINE


def _features(source: TableIndex) -> Iterable[tuple[int, int, Feature]]:
    for at, column in enumerate(source.columns):
        for which, feature in enumerate(column.features):
            if feature.transform is not Transform.PHRASE:
                yield at, which, feature


class _Values:
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


def _score(values: _Values, feature: Feature, found: Mapping[str, int], size: int) -> float:
    absent = -(math.log2(size) + 3)
    total = 0.0
    for cell, count in values.counts.items():
        group = found.get(cell)
        own = absent if group is None else math.log2(feature.frequency[group] / size)
        total += count * own
    return total / values.total - _PENALTY.get(feature.transform, 0.05)
