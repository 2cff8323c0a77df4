"""[pure] The same table seen in other shapes: transposed, one line a cell, several lines a person.

A row of people may stand in a column, or be cut into lines; linkage compares every shape that a
table can have. Source: outputs 5.2; section 10, L2.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.keys import enumerates

MELTED = "one line a value"
"""The shape of a long table seen as the wide one it was made from."""
_VARIABLES = 60
"""More lines than this are no variables: a longer table is not seen transposed."""
_REPEATS = 6
"""How many lines of one person are put side by side."""


@dataclass(frozen=True)
class View:
    """One way to see a table as rows of people.

    Shape: `cells` are columns of equal length with `names` (empty where there are none); `rows[i]`
    are the rows of the table, from 0, that row i of the view comes from; `columns[i]` the columns
    of the table where a row of the view stands in a column.
    """

    shape: str
    names: tuple[str, ...]
    cells: Sequence[Sequence[str]]
    rows: Sequence[tuple[int, ...]]
    columns: Sequence[int] | None = None


def views(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[View]:
    """List the shapes a table can be seen in; the first is the table as it stands."""
    columns = list(zip(*rows, strict=True))
    names = list(names) or [""] * len(columns)
    plain = View("", tuple(names), columns, [(at,) for at in range(len(rows))])
    found = [plain, *_transposed(rows, columns)]
    found += _melted(names, rows, columns)
    found += _repeated(names, rows, columns)
    return found


def _transposed(rows: Sequence[Sequence[str]], columns: Sequence[Sequence[str]]) -> Iterator[View]:
    """See each column as a row, where the lines could be variables; row numbers are nobody."""
    if not 3 <= len(rows) <= _VARIABLES or len(columns) < 2:
        return
    labels = [row[0] for row in rows]
    first = int(len(set(labels)) == len(labels) and not any(map(_is_number, labels)))
    places = [at for at in range(first, len(columns)) if not enumerates(columns[at])]
    if not places:
        return
    cells = [[row[at] for at in places] for row in rows]
    every = tuple(range(len(rows)))
    names = tuple(labels) if first else ()
    yield View("transposed", names, cells, [every for _ in places], places)


def _melted(
    names: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[Sequence[str]]
) -> Iterator[View]:
    """See one line a cell as one row a group: a column of variables, and one of their values."""
    for at, column in enumerate(columns):
        kinds = Counter(column)
        if not 3 <= len(kinds) <= _VARIABLES or min(kinds.values()) < 2:
            continue
        if sum(map(_is_number, kinds)) > 0.5 * len(kinds):
            continue
        groups = _groups(rows, columns, at)
        if groups is not None:
            others, members = groups
            yield _pivoted(names, rows, list(kinds), at, others, members)


def _groups(
    rows: Sequence[Sequence[str]], columns: Sequence[Sequence[str]], at: int
) -> tuple[list[int], list[list[int]]] | None:
    """Tell which lines belong together: by a column that names them, else by their order."""
    for other, column in enumerate(columns):
        named: dict[str, list[int]] = defaultdict(list)
        for row, cell in enumerate(column):
            named[cell].append(row)
        pairs = {(row[other], row[at]) for row in rows}
        others = [here for here in range(len(columns)) if here not in {at, other}]
        named_once = other != at and len(pairs) == len(rows) and 1 < len(named) < len(rows)
        if named_once and others:  # with nothing beside it, it is what the lines say
            return others, [*named.values()]
    groups = _by_order(columns[at])
    return ([here for here in range(len(columns)) if here != at], groups) if groups else None


def _by_order(column: Sequence[str]) -> list[list[int]]:
    """Take the first lines of each variable together, the second, and so on.

    Shape: where some are left out, lines go together until a variable comes again; none where it
    soon does, because these are no variables.
    """
    seen: Counter[str] = Counter()
    ordered: dict[int, list[int]] = defaultdict(list)
    runs: list[list[int]] = [[]]
    for row, kind in enumerate(column):
        ordered[seen[kind]].append(row)
        seen[kind] += 1
        if kind in {column[other] for other in runs[-1]}:
            runs.append([])
        runs[-1].append(row)
    if len(set(seen.values())) == 1:
        return [*ordered.values()]
    return runs if 2 * len(runs) * len(seen) <= 3 * len(column) else []


def _pivoted(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    kinds: Sequence[str],
    at: int,
    others: Sequence[int],
    members: Sequence[Sequence[int]],
) -> View:
    wide = [(kind, other) for kind in kinds for other in others][: 4 * _VARIABLES]
    cells: list[list[str]] = [[] for _ in wide]
    for group in members:
        own = {(rows[row][at], other): rows[row][other] for row in group for other in others}
        for place, key in enumerate(wide):
            cells[place].append(own.get(key, ""))
    told = [place for place, own in enumerate(cells) if not _is_of_kind(own)]
    titles = tuple(f"{wide[place][0]} {names[wide[place][1]]}" for place in told)
    return View(MELTED, titles, [cells[place] for place in told], [tuple(own) for own in members])


def _is_of_kind(cells: Sequence[str]) -> bool:
    """Say whether a value is the same in all groups: it tells of the variable, and of no group."""
    return len(cells) > 2 and len(set(cells)) == 1


def _repeated(
    names: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[Sequence[str]]
) -> Iterator[View]:
    """See several lines of one person side by side: the first column that names people."""
    for at, column in enumerate(columns):
        named: dict[str, list[int]] = defaultdict(list)
        for row, cell in enumerate(column):
            if not is_missing(cell):
                named[cell].append(row)
        sizes = [len(own) for own in named.values()]
        people = len(sizes) >= 5 and 1.2 * len(sizes) <= len(rows) <= _REPEATS * len(sizes)
        if not people or not _runs(column):
            continue
        others = [here for here in range(len(columns)) if here != at]
        turns = range(min(max(sizes), _REPEATS))
        cells = [
            [rows[own[turn]][other] if turn < len(own) else "" for own in named.values()]
            for turn in turns
            for other in others
        ]
        titles = [f"{names[other]} {turn}" for turn in turns for other in others]
        told = [place for place, own in enumerate(cells) if not _is_of_kind(own)]
        yield View("several lines a person", tuple(titles[place] for place in told),
                   [cells[place] for place in told], [tuple(own) for own in named.values()],
                   )  # fmt: skip
        return


def _runs(column: Sequence[str]) -> bool:
    """Tell whether equal cells stand together, as the lines of one person do."""
    starts = sum(a != b for a, b in pairwise(column)) + 1
    return starts == len(set(column))


def _is_number(text: str) -> bool:
    return number(text) is not None
