"""CSV and TSV: one strict parse with one delimiter and one width, or could-not-check."""

import csv
import io
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.opening import Opening, Unreadable

DELIMITERS = (",", ";", "\t", "|")
_HIDDEN = (" ", ":", "^", "~", "#", "&", "_", "/", "!", "$", "*", "@", "|", ";", ",", "\t")
_MARKS = ("|", ";", ",", "/", "#", "~", "^", "&", "\n", "\t", ":")
"""What stands between records, and between their values, that one cell packs."""
_LISTING = ("|", ";", ",", "\n")
"""What stands between the values of a list in one cell."""
_NAMED = re.compile(r"\s*([A-Za-z_][\w. -]{0,40}?|)\s*[=:]\s*(?=\S)")
"""A name that a value carries itself."""
_PACKED = 0.7
"""Of a hundred cells, how many must be packed alike; the rest may be a name or a remark."""
_CLOCK = re.compile(
    r"(?:\d{4}-\d\d-\d\d[T ])?(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d+)?"
    r"(?:Z|[+-]\d\d:?\d\d)?(?: \[?[A-Z]+\]?)?\Z"
)
"""A time of the day packs nothing, nor does one before the level of a log."""
_BETWEEN_COMMAS = re.compile(r"\d{1,6}[^\d,]{1,12}\d{1,9}\Z")
"""What stands between the commas of two decimal numbers: `62,0 to 63,1`."""
_LINES = 8
"""Units: lines of a cell; no program stacks more numbers."""
_AROUND = 6
"""Units: lines; a title or notes of more lines are a text of their own."""
_SENTENCE = 7
"""Units: words; a row of so many is a remark."""
_QUOTED = re.compile(r"\"[^\"]*\"")
_FORMULA = re.compile(r"[=@].|[+-](?:[a-zA-Z(](?!nf\b))")


def read(opening: Opening, path: str, data: bytes) -> str:
    """Read a delimited file as one table, and packed columns as tables of their own.

    Shape: answers the remarks around the table (lines that begin with `#`, a title, notes), where
    there is no one table with them.
    Errors: Unreadable for a file without one dialect, with the first line that differs.
    """
    decoded = decode(data, "table")
    remarks, rows = _below_remarks(decoded.content)
    columns, body, header = split_header(rows)
    notes = [*decoded.notes, *_formulas(body)]
    opening.table(
        path, columns, body, header=header, notes=notes, size=len(data), spans=decoded.spans,
        raw=data,
    )  # fmt: skip
    unpack(opening, path, columns, body)
    return remarks


def _below_remarks(content: str) -> tuple[str, list[list[str]]]:
    """Parse a table, without the remarks above and below it if it is one only so."""
    try:
        return "", parse(content)
    except Unreadable:
        lines = content.splitlines(keepends=True)
        start = sum(1 for _ in itertools.takewhile(_is_remark, lines))
        end = len(lines) - sum(1 for _ in itertools.takewhile(_is_remark, reversed(lines)))
        if (start, end) == (0, len(lines)):
            start, end = _inside(lines)
        if (start, end) == (0, len(lines)):
            raise
        return "".join([*lines[:start], *lines[end:]]), parse("".join(lines[start:end]))


def _is_remark(line: str) -> bool:
    return line.startswith("#")


def _inside(lines: Sequence[str]) -> tuple[int, int]:
    """Find where a table begins and ends between its title and its notes.

    Shape: its lines have as many marks; at most a few before have fewer, at most a few behind none.
    """
    bare = [_QUOTED.sub("", line) for line in lines]
    for mark in DELIMITERS:
        marks = [line.count(mark) for line in bare]
        runs, at = list[tuple[int, int]](), 0
        for count, group in itertools.groupby(marks):
            begin, at = at, at + len(list(group))
            runs += [(begin, at)] if count else []
        start, end = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
        above, below = marks[:start], marks[end:]
        few = len(above) <= _AROUND and len(below) <= _AROUND and not any(below)
        if few and end - start > 1 and all(count < marks[start] for count in above):
            return start, end
    return 0, len(lines)


def parse(content: str, delimiters: Sequence[str] = DELIMITERS) -> list[list[str]]:
    """Parse text with the delimiter that gives the most columns at one width.

    Errors: Unreadable (RAGGED) with the 1-based line where the best try broke.
    """
    best: list[list[str]] = []
    broken = 0
    for delimiter in (*(mark for mark in delimiters if mark in content), "\x1f"):
        try:
            rows = _parse(content, delimiter)
        except Unreadable as stop:
            broken = max(broken, stop.at)
            continue
        if rows and len(rows[0]) > len(best[0] if best else ()):
            best = rows
    if broken and (not best or len(best[0]) == 1):
        raise Unreadable(Note.RAGGED, broken)
    return best


def several(content: str) -> tuple[list[list[list[str]]], str]:
    """Cut a file that holds several tables one below the other, as programs print them, and give
    the lines around them; no tables where it is none such.

    Shape: with one sign alone the lines fall into runs of one width, at least two of them tables; a
    line that is as wide as no neighbour must be a sentence, so that a cell too many is no table.
    """
    found = [own for mark in DELIMITERS if mark in content and (own := _runs(content, mark))[0]]
    return found[0] if len(found) == 1 else ([], content)


def _runs(content: str, delimiter: str) -> tuple[list[list[list[str]]], str]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        runs = [list(own) for _, own in itertools.groupby(reader, len)]
    except csv.Error:
        return [], content
    wide = [len(own) > 1 and len(own[0]) > 1 for own in runs]
    tables = [own for own, is_table in zip(runs, wide, strict=True) if is_table]
    rest = [row for own, is_table in zip(runs, wide, strict=True) if not is_table for row in own]
    said = [delimiter.join(row) for row in rest]
    told = all(len(row) < 2 or len(text.split()) >= _SENTENCE
               for row, text in zip(rest, said, strict=True))  # fmt: skip
    return (tables, "\n".join(said)) if told and len(tables) > 1 else ([], content)


def split_header(rows: list[list[str]]) -> tuple[list[str], list[list[str]], bool]:
    """Tell a header from data: names that are distinct, present, and not numbers like the rest.

    Shape: (columns, body, header); columns are named by position where there is no header.
    """
    if not rows:
        return [], [], False
    first = rows[0]
    if _is_header(first, rows[1:]):
        return list(first), rows[1:], True
    return [f"column {index}" for index in range(1, len(first) + 1)], rows, False


def unpack(
    opening: Opening, path: str, columns: Sequence[str], body: Sequence[Sequence[str]]
) -> None:
    """Open columns that pack several values into each cell (`97|F|1997`) as tables.

    Shape: most cells of a column must be packed alike; the others stay in their first column.
    Source: outputs 4.2 (where row data hides).
    """
    inner = "/" if "!/" in path else "!/"
    for line, rows in enumerate(_layers(body), 1):
        opening.table(opening.free(f"{path}{inner}lines/{line}"), columns, rows)
    lists = _side_by_side(columns, body)
    if lists:
        notes = [Observation(Note.SENTENCE)]  # for the comparison alone: cells of a table are lists
        opening.table(opening.free(f"{path}{inner}lists"), *lists, notes=notes)
    for index, name in enumerate(columns):
        cells = [row[index] for row in body if row[index]]
        twice = _packed_twice(cells)
        if twice:
            steps = [f"column {step}" for step in range(1, len(twice[0]) + 1)]
            opening.table(opening.free(f"{path}{inner}records/{index + 1}"),
                          *unnamed(steps, twice), header=False)  # fmt: skip
            continue
        mark, width = _packing(cells)
        if mark:
            split = [_fill(row[index].split(mark), width) for row in body]
            names = name.split(mark) if name.count(mark) == width else None
            names = names or [f"column {step}" for step in range(1, width + 2)]
            opening.table(opening.free(f"{path}{inner}packed/{index + 1}"),
                          *unnamed(names, split), header=False)  # fmt: skip


def _layers(body: Sequence[Sequence[str]]) -> Iterator[list[list[str]]]:
    """Part cells of several lines, a count above its shares: one table of each line's numbers.

    Shape: most cells behind the first one have several lines; a label stands beside all of them.
    Source: PROC FREQ of SAS; `CrossTable` of R's gmodels; what people set in Word.
    """
    cells = [cell for row in body for cell in row[1:] if cell.strip()]
    most = max((cell.count("\n") for cell in cells), default=0)
    if not most or 2 * sum("\n" in cell for cell in cells) < len(cells):
        return
    for line in range(min(most + 1, _LINES)):
        yield [[row[0], *(_line(cell, line) for cell in row[1:])] for row in body]


def _line(cell: str, at: int) -> str:
    lines = cell.split("\n")
    return lines[at] if at < len(lines) else ""


def _side_by_side(
    columns: Sequence[str], body: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]] | None:
    """Open columns whose cells are lists, as long in each row as one another but not as long in
    all rows: `19|46,3.5|2.1` is two visits. Lists of one length are opened column by column.
    """
    for mark in _LISTING:
        counts = {at: [row[at].count(mark) for row in body] for at in range(len(columns))}
        alike = [at for at, own in counts.items()
                 if 2 * sum(map(bool, own)) > len(body) and min(own) < max(own)]  # fmt: skip
        alike = [at for at in alike if counts[at] == counts[alike[0]]]
        if len(alike) > 1:
            lists = [[row[at].split(mark) for at in alike] for row in body]
            rows = [[cell.strip() for cell in one] for row in lists
                    for one in zip(*row, strict=True)]  # fmt: skip
            return [columns[at] for at in alike], rows
    return None


_END = r"\d{1,6}(?:[.,]\d{1,2})?"
_CLASS = re.compile(
    rf"\s*[\[(]\s*-?(?:{_END}|inf)\s*[,;]\s*(?:{_END}|inf)\s*[)\]]\s*"
    rf"|\s*[<>≤≥=]{{0,2}} ?{_END}\s*(?:à|a|bis|to|tot|au|y|-|–)\s*[<≤]? ?{_END}(?: \w{{1,6}})?\s*"
    rf"|\s*[<>≤≥=]{{1,2}} ?{_END}(?: \w{{1,6}})?\s*|\s*{_END} ?\+\s*",
    re.IGNORECASE,
)
"""`(0, 5]`, `1 à <4`, `>=70`: classes of a number, which pack nothing."""


def _packing(cells: Sequence[str]) -> tuple[str, int]:
    """Find the mark that cuts most cells into as many pieces, three or more; none is empty.

    Shape: words between spaces are a label unless half of them are numbers; clocks are no records.
    """
    if cells and (all(map(_CLOCK.match, cells)) or all(map(_CLASS.fullmatch, cells))):
        return "", 0
    for mark in _HIDDEN if cells else ():
        width, often = Counter(cell.count(mark) for cell in cells).most_common(1)[0]
        if width >= 2 and often >= max(_PACKED * len(cells), min(2, len(cells))):
            words = [piece for cell in cells for piece in cell.split(mark)]
            if mark == "," and all(map(_are_decimal, cells)):
                continue
            if mark != " " or 2 * sum(map(is_number, words)) >= len(words):
                return mark, width
    return "", 0


def _are_decimal(cell: str) -> bool:
    """Say whether the commas of a cell are those of its numbers, one in each."""
    return all(map(_BETWEEN_COMMAS.match, cell.split(",")[1:-1]))


def _packed_twice(cells: Sequence[str]) -> list[list[str]]:
    """Cut cells that pack several records each (`a=1;b=2;c=3|a=4;b=5;c=6`) into those records.

    Shape: one mark between records and another between their three or more values, nearly the same
    number in each; nothing where there are no two records, or most values are no numbers.
    """
    for outer, inner in itertools.permutations(_MARKS, 2):
        if 2 * sum(outer in cell for cell in cells) <= len(cells):
            continue
        records = [piece for cell in cells for piece in cell.split(outer) if piece.strip()]
        if len(records) < 2:
            continue
        width, often = Counter(piece.count(inner) for piece in records).most_common(1)[0]
        if width < 2 or often < _PACKED * len(records):
            continue
        rows = [piece.split(inner) for piece in records if piece.count(inner) == width]
        values = [_NAMED.sub("", piece) for row in rows for piece in row]
        if 2 * sum(map(is_number, values)) >= len(values):
            return [[piece.strip() for piece in row] for row in rows]
    return []


def unnamed(
    columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Read a column of `kg=88.7` as a column kg."""
    names, body = list(columns), [list(row) for row in rows]
    for at in range(len(names)):
        cut = [_NAMED.match(row[at]) for row in body]
        called = {match[1] for match in cut if match}
        if len(called) == 1 and len(body) > 1 and all(cut):
            names[at] = called.pop() or names[at]
            for row in body:
                row[at] = _NAMED.sub("", row[at])
    return names, body


def _fill(cut: list[str], width: int) -> list[str]:
    return cut if len(cut) == width + 1 else [" ".join(cut), *[""] * width]


def is_number(text: str) -> bool:
    """Say whether a cell is written as a number."""
    stripped = text.strip().rstrip("%").lstrip("<>≤≥~ ")
    if not stripped or "_" in stripped:
        return False
    try:
        return math.isfinite(float(stripped)) and (stripped[-1].isdigit() or stripped[-1] == ".")
    except ValueError:
        return False


def _parse(content: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    blank = 0
    try:
        for row in reader:
            if not row:
                blank = blank or reader.line_num
                continue
            if blank or (rows and len(row) != len(rows[0])):
                raise Unreadable(Note.RAGGED, blank or reader.line_num)
            rows.append(row)
    except csv.Error as error:
        raise Unreadable(Note.RAGGED, max(reader.line_num, 1)) from error
    return rows


def _is_header(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Tell names from data: distinct, none blank above numbers, and of another kind than the cells.

    Shape: numbers are names where they are categories in order (years), or where another column
    has a word above nothing but numbers (a cross table whose columns are codes: `1|2|3|All`).
    """
    names = [name.strip() for name in first]
    shown = [name for name in names if name]
    blank = [at for at, name in enumerate(names) if not name and at]
    if len(set(shown)) != len(shown) or any(is_number(row[at]) for at in blank for row in body):
        return False
    numeric = [is_number(name) for name in names]
    if not any(numeric) or _are_levels(names, body):
        return bool(shown)
    if numeric[0] or not body:
        return False
    try:
        years = [float(name) for name, number in zip(names, numeric, strict=True) if number]
    except ValueError:  # `<0.001` and `5%` are cells
        return False
    rising = all(a < b for a, b in itertools.pairwise(years))
    if rising and len(years) > 2 and years[0] >= 0 and years[-1] <= 1 and all(numeric[1:]):
        return True  # levels of quantiles: `0.25`, `0.5`, `0.75`
    if not rising or any(year != int(year) for year in years) or len(years) < 2:
        return False
    return all(numeric[1:]) or _words_above_numbers(names, numeric, body)


def _are_levels(names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Tell the levels of quantiles above them: `0%  25%  50%`, rising, and below them no percent.

    Source: `quantile` of R.
    """
    levels = [float(name[:-1]) for name in names if name.endswith("%") and is_number(name)]
    return (
        2 < len(levels) >= len(names) - 1
        and levels == sorted(set(levels))
        and levels[0] >= 0
        and levels[-1] <= 100
        and not any("%" in cell for row in body for cell in row)
    )


def _words_above_numbers(
    names: Sequence[str], numeric: Sequence[bool], body: Sequence[Sequence[str]]
) -> bool:
    """Say whether all words but the first stand above numbers, which no row of data does."""
    wordy = [at for at, number in enumerate(numeric) if at and names[at] and not number]
    columns = [[row[at] for row in body if row[at].strip()] for at in wordy]
    return (
        len(body) > 1
        and bool(columns)
        and all(
            len(column) > 1 and all(is_number(cell.replace(",", "")) for cell in column)
            for column in columns
        )
    )


def _formulas(body: Sequence[Sequence[str]]) -> list[Observation]:
    at = [
        number
        for number, row in enumerate(body, 1)
        if any(cell[:1] in "=@+-" and _FORMULA.match(cell) for cell in row)
    ]
    return [Observation(Note.FORMULA, at=at[0], count=len(at))] if at else []
