"""[pure] The tables inside one sheet: cut at blank rows and columns, each with its own names.

A sheet often holds a title, two tables below one another, two beside one another, names over two
lines, and lines that only head a section. Row and column numbers stay those of the sheet, because
findings name them.
Source: outputs section 3, "Finding count columns".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from orchestrator.outputs.brackets import marked
from orchestrator.outputs.cells import decimals, empty, hidden, pieces
from orchestrator.outputs.form import Table
from orchestrator.outputs.naming import named

_NAMES_LINES = 2
_CROSS_LINES = 4
_LEVEL = re.compile(r"0?\.(?:01|025|05|10?|20?|25|30?|40?|50?|60?|70?|75|80?|90?|95|975|99)0*\Z")
"""Which share of people is below a percentile."""


@dataclass(frozen=True)
class Block:
    """One table of a sheet.

    Shape: `at[i]` is the sheet's number of row i, from 1; `columns[j]` the sheet's position of
    column j, from 0; `title` is what stood above it.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    at: tuple[int, ...]
    columns: tuple[int, ...]
    header: bool = True
    title: str = ""

    def as_table(self) -> Table:
        """Give it as a table of its own, for whoever reads one table."""
        return Table(self.names, self.rows, len(self.rows), self.header)


_Line = tuple[int, tuple[str, ...]]


def blocks(table: Table) -> list[Block]:
    """Cut a sheet into its tables; a plain table is one block and stays as it is."""
    cut = [one for block in _blocks(table) for one in (_lines_apart(block) or [block])]
    cut = [replace(block, rows=tuple(marked(block.names, block.rows))) for block in cut]
    return [replace(block, rows=_levels_spelled(block)) for block in cut]


def _levels_spelled(block: Block) -> tuple[tuple[str, ...], ...]:
    """Write levels of percentiles as everybody else does: `p25` for 0.25.

    Shape: a column without a name of nothing else, two of them and more.
    Source: `quantile` of pandas.
    """
    rows = block.rows
    for at, name in enumerate(block.names):
        levels = {row[at].strip() for row in rows} - {""}
        if not name.strip() and len(levels) > 1 and all(map(_LEVEL.match, levels)):
            rows = tuple(
                (*row[:at], row[at] and f"p{100 * float(row[at]):g}", *row[at + 1 :])
                for row in rows
            )
    return rows


def _blocks(table: Table) -> list[Block]:
    lines = [(0, table.columns), *enumerate(table.rows, 1)] if table.header else [
        (number, row) for number, row in enumerate(table.rows, 1)
    ]  # fmt: skip
    crossed = _crossed(lines) or _indexed(lines)
    if crossed is not None:
        return [crossed]
    if not _is_cut(table, lines):
        columns = tuple(range(len(table.columns)))
        gaps = any(not name.strip() for name in table.columns[1:])
        headed = _headed(lines) if gaps or not table.header else None
        if headed is not None:
            return [headed]
        numbers = tuple(range(1, len(table.rows) + 1))
        return [Block(table.columns, table.rows, numbers, columns, table.header)]
    found: list[Block] = []
    for stretch in _stretches(lines):
        for columns in _with_labels(stretch, [*_sides(stretch)]):
            own = [(number, tuple(row[at] for at in columns)) for number, row in stretch]
            found += _block(own, columns)
    return found


def _is_cut(table: Table, lines: Sequence[_Line]) -> bool:
    """Tell a sheet from a plain table: blank lines or columns inside, or a title for names."""
    if not table.rows or not table.columns:
        return False
    blank_row = any(not any(cell.strip() for cell in row) for _, row in lines)
    blank_column = any(
        not any(row[at].strip() for _, row in lines) for at in range(len(table.columns))
    )
    return blank_row or blank_column or (table.header and _is_title(table.columns))


def _lines_apart(block: Block) -> list[Block] | None:
    """Cut a cross table that prints shares in lines below its counts: the counts, and the shares.

    Shape: lines without a label, of broken numbers only, below lines with one, of whole ones; half
    as many and more.
    Source: `tabulate, column` of Stata, `proc freq` of SAS, `CrossTable` of R's gmodels.
    """
    below = [at for at, row in enumerate(block.rows) if at and not row[0].strip() and any(row[1:])]
    if 2 * len(below) < len(block.rows) - len(below) or len(below) < _NAMES_LINES:
        return None
    cells = [cell for at in below for cell in block.rows[at][1:] if cell.strip()]
    if not all(decimals(cell) and pieces(cell) for cell in cells):
        return None
    kept = [at for at in range(len(block.rows)) if at not in below]
    if any(decimals(cell) for at in kept for cell in block.rows[at][1:]):
        return None
    return [
        replace(block, rows=tuple(block.rows[at] for at in own),
                at=tuple(block.at[at] for at in own))
        for own in (kept, below)
    ]  # fmt: skip


def _headed(lines: Sequence[_Line]) -> Block | None:
    """Read names that were taken for a row: words above a column of nothing but numbers.

    Shape: one line, in which a name may be missing, or two of which the first has gaps.
    """
    for used in (1, _NAMES_LINES):
        above, body = [row for _, row in lines[:used]], lines[used:]
        filled = [row for _, row in body if any(cell.strip() for cell in row[1:])]
        if len(filled) < _NAMES_LINES - (used > 1) or any(map(_has_numbers, above)):
            return None
        columns = range(1, len(above[0]))
        if any(all(pieces(row[at]) for row in filled) for at in columns):
            names = above[0] if used == 1 else _joined(*above)
            numbers = tuple(number for number, _ in body)
            rows = tuple(row for _, row in body)
            return Block(tuple(names), rows, numbers, tuple(range(len(names))))
    return None


def _crossed(lines: Sequence[_Line]) -> Block | None:
    """Read the names of a cross of two variables: groups, the levels of each, and a line between.

    Shape: `F|F|M|M` above `0|1|0|1` above the name of the rows' variable alone, as a pivot is
    written; levels that differ between the groups, or a line without that end, are no names.
    Source: the layout of columns with two levels in pandas' csv.
    """
    if len(lines) < _CROSS_LINES or not _is_title(lines[2][1]):
        return None
    top, below = lines[0][1], lines[1][1][1:]
    groups = _filled(top[1:])
    each = len(groups) // max(len(set(groups)), 1)
    if each < 2 or each == len(groups) or "" in groups or _has_numbers(top):
        return None
    levels = below[:each]
    if len(set(levels)) < each or tuple(levels) * (len(groups) // each) != tuple(below):
        return None
    if groups != [name for name in dict.fromkeys(groups) for _ in range(each)]:
        return None
    names = (
        lines[2][1][0],
        *(f"{group} {level}" for group, level in zip(groups, below, strict=True)),
    )
    body = lines[3:]
    numbers = tuple(number for number, _ in body)
    return Block(names, tuple(row for _, row in body), numbers, tuple(range(len(names))))


def _indexed(lines: Sequence[_Line]) -> Block | None:
    """Read names of columns above those of the rows' variables, as pandas writes them.

    Shape: `|antibodies|0|1|All` above `condition|gender|||`.
    """
    if len(lines) < _NAMES_LINES + 1:
        return None
    top, below = lines[0][1], lines[1][1]
    labels = next((at for at, cell in enumerate(below) if not cell.strip()), len(below))
    across = [cell.strip() for cell in top[labels:]]
    if not 0 < labels < len(below) or any(cell.strip() for cell in below[labels:]):
        return None
    if top[0].strip() or any(cell.strip() for cell in top[: labels - 1]) or _has_numbers(below):
        return None
    if not all(across) or len(set(across)) < len(across):
        return None
    names, body = (*below[:labels], *across), lines[_NAMES_LINES:]
    numbers = tuple(number for number, _ in body)
    return Block(names, tuple(row for _, row in body), numbers, tuple(range(len(names))))


def _filled(cells: Sequence[str]) -> list[str]:
    """Write a merged cell's text over its empty neighbours to the right."""
    found: list[str] = []
    for cell in cells:
        found.append(cell.strip() or (found[-1] if found else ""))
    return found


def _is_title(row: Sequence[str]) -> bool:
    return len(row) > 1 and bool(row[0].strip()) and not any(cell.strip() for cell in row[1:])


def _stretches(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    own: list[_Line] = []
    for line in lines:
        if any(cell.strip() for cell in line[1]):
            own.append(line)
        elif own:
            yield own
            own = []
    if own:
        yield own


def _sides(lines: Sequence[_Line]) -> Iterator[tuple[int, ...]]:
    """Cut at columns that are blank all the way down."""
    own: list[int] = []
    body = [row for _, row in lines if not _is_title(row)] or [row for _, row in lines]
    for at in range(len(lines[0][1])):
        if any(row[at].strip() for row in body):
            own.append(at)
        elif own:
            yield tuple(own)
            own = []
    if own:
        yield tuple(own)


def _with_labels(lines: Sequence[_Line], sides: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Join a column of words with the numbers behind a blank column, which have no words of theirs.

    Shape: as pandas writes rows with two levels of which the second is empty.
    """
    joined: list[tuple[int, ...]] = []
    body = [row for _, row in lines[1:]]
    for own in sides:
        label = joined[-1] if joined else ()
        words = len(label) == 1 and not any(_has_numbers([row[label[0]]]) for row in body)
        bare = all(pieces(row[own[0]]) or empty(row[own[0]]) for row in body)
        if words and bare and body:
            joined[-1] = (*label, *own)
        else:
            joined.append(own)
    return joined


def _block(lines: list[_Line], columns: tuple[int, ...]) -> list[Block]:
    title = []
    while lines and (_is_title(lines[0][1]) or not any(cell.strip() for cell in lines[0][1])):
        title.append(lines[0][1][0].strip())
        lines = lines[1:]
    if not lines:
        return []
    names, used = _names(lines)
    rows = [(number, row) for number, row in lines[used:] if any(cell.strip() for cell in row)]
    made = names or tuple("" for _ in columns)
    return [
        Block(made, tuple(row for _, row in rows), tuple(number for number, _ in rows), columns,
              bool(names), " ".join(title))
    ]  # fmt: skip


def _names(lines: Sequence[_Line]) -> tuple[tuple[str, ...] | None, int]:
    """Take the names of a block: one line without numbers, or two where the first has gaps."""
    first = lines[0][1]
    if len(lines) < _NAMES_LINES or _has_numbers(first[1:] or first):
        return (first, 1) if lines[0][0] == 0 else (None, 0)
    second = lines[1][1]
    gaps = any(not cell.strip() for cell in first[1:])
    if gaps and not _has_numbers(second) and len(lines) > _NAMES_LINES:
        return _joined(first, second), 2
    return first, 1


def _has_numbers(cells: Sequence[str]) -> bool:
    return any(pieces(cell) or (hidden(cell) and not cell.isalpha()) for cell in cells)


def _joined(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Read names over two lines; a merged cell's text stands in its first column only.

    Shape: one name alone above all columns, which says nothing of what they count (`arm`), is left
    out: their own names are its categories.
    """
    only = [cell for cell in first[1:] if cell.strip()]
    if len(only) == 1 and named(only[0]) is None and all(cell.strip() for cell in second[1:]):
        return (" ".join(filter(None, (first[0].strip(), second[0].strip()))), *second[1:])
    names, above = [], ""
    for top, below in zip(first, second, strict=True):
        above = top.strip() or above
        names.append(" ".join(part for part in (above, below.strip()) if part))
    return tuple(names)


def sections(block: Block) -> list[str]:
    """Give each row the line that heads its section, empty where there is none.

    Shape: a line heads a section when only its first cell has content and other rows follow.
    """
    found, current = [], ""
    for row in block.rows:
        if len(row) > 1 and row[0].strip() and all(empty(cell) for cell in row[1:]):
            current = row[0].strip()
            found.append("")
        else:
            found.append(current)
    return found
