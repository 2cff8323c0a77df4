"""[pure] Tables in a text as programs print them, without what is drawn and told around them.

Pipe tables and delimited blocks (`ruled`), aligned ones (`aligned`: a data frame as it prints),
also where a wide frame was wrapped into several.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from orchestrator.outputs.readers.aligned import SETS_APART, SIZE, named_vector, read_aligned
from orchestrator.outputs.readers.boxes import box
from orchestrator.outputs.readers.delimited import is_number, unnamed
from orchestrator.outputs.readers.paragraphs import begins_frame, find_paragraphs
from orchestrator.outputs.readers.ruled import (
    Block,
    find_runs,
    is_ruler,
    read_drawn,
    read_pipes,
    read_ruled,
    read_separated,
    read_spanned,
    shape_of,
)

_BOX = str.maketrans(
    dict.fromkeys("│┃║┆┊╎╏", "|")
    | dict.fromkeys("─━═╌╍┄┅┈┉", "-")
    | dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╞╡╪╔╗╚╝╠╣╦╩╬╒╕╘╛╟╢╤╧╥╨╫┏┓┗┛┣┫┳┻╋┠┨┯┷┿╂┡┩╇╀╈┢┪╁", "+")
)
"""What draws a table, as the signs that a typewriter has for it."""
_RESIDUALS = re.compile(r"\s*(?:\w+ )?residuals:?\s*\Z", re.IGNORECASE)
_OF_RESIDUALS = re.compile(r"\s*Min\s+1Q\s+Median\s+3Q\s+Max\s*\Z")
"""Where what a model leaves lies, in R's `summary`: no value of anybody."""
_FRAME = re.compile(r"\+[-=+]{2,}(?:[^|+=-]{1,60}[-=+]{2,})?\+\s*\Z")
"""A rule of a drawn table, or one that holds a title."""
_BARRED = re.compile(r"\|.*\|\s*\Z")
_FILLED = re.compile(r" ?\S+ ?\Z")
"""A piece of a name that fills its cell."""
_NAME_LINES = 8
"""Units: lines; names are broken over fewer."""
_TITLES = 4
"""Units: lines; more of them above a table are a text of its own."""
_TYPE = re.compile(
    r"[<(]?(?:str|string|chr|char|varchar|text|cat|categorical|enum|fct|ord|lgl|bool|boolean|"
    r"date|dttm|int\d*|integer|bigint|i\d+|u\d+|uint\d*|f\d+|float\d*|dbl|double|num|decimal|hugeint|object)"
    r"(?:[(\[].*)?[>)]?\Z",
    re.IGNORECASE,
)
"""What polars, DuckDB and tibbles write below the name of a column."""
_COMMA = re.compile(r"(?<=\d),(?=\d)")
_DECIMAL = re.compile(r"\d,(?:\d\d?|\d{4,})(?!\d)")
_PERCENT = re.compile(r"\d ?%|\d \(\d")
_OTHERWISE = re.compile(r"\d\.\d|\d,\d{1,9},\d")
_QUERY = re.compile(r"\s*(?:SELECT|FROM|GROUP BY|ORDER BY)\s")
_STATEMENT = re.compile(
    r"\s*(?:SELECT|FROM|WHERE|GROUP BY|ORDER BY|HAVING|LIMIT|UNION|CASE|WHEN|ELSE|AND|OR|ON|NTILE|"
    r"(?:(?:LEFT|RIGHT|INNER|OUTER|CROSS|FULL) )*JOIN)\b"
)
_ASSIGNS = re.compile(r"\s*\w+ ?(?:=|<-) ?(?!(?:c|list|array|dict|tuple)\()[\w.]+\(.*\)\s*;?\Z")
"""Lines of a program that are no rows, whatever is set apart in them."""
_VALUES = re.compile(r"[\"']|(?:\b\d[\d.]*\b.*){3}")


def find_tables(content: str) -> list[Block]:
    """List the tables in a text, wrapped frames joined again."""
    found: list[Block] = []
    after = 0
    for line, printed in find_paragraphs(_unframed(content.translate(_BOX))):
        drawn = _with_points(printed)
        if spanned := read_spanned(line, drawn):
            found.append(spanned)
            after = line + len(drawn)
            continue
        bare = _unboxed(_rows(drawn))
        lines = bare if box(bare[_titles(bare) :]) else _heads_joined(bare)
        if len(lines) < min(len(drawn), 2):
            continue
        above = _titles(lines)
        if above and _RESIDUALS.match(lines[above - 1]) and _OF_RESIDUALS.match(lines[above]):
            continue
        line, lines = line + above, lines[above:]
        last = found[-1] if found and (found[-1].wrapped or line == after) else None
        more = read_aligned(line, lines, least=0) if last else None
        framed = read_aligned(line, lines) if begins_frame(*lines[:2]) else None
        block = framed or read_pipes(line, lines) or read_drawn(line, lines)
        block = block or read_ruled(line, lines) or read_separated(line, lines)
        block = block or read_aligned(line, lines)
        if last and more and _goes_on(last, more):
            found[-1] = _joined(last, more)
        else:
            found += [block] if block else find_runs(line, lines)
        after = line - above + len(drawn)
    return [_named(block) for block in found]


def _with_points(lines: list[str]) -> list[str]:
    """Write decimal commas of columns that are set apart by space as points.

    Shape: all commas stand in numbers, one in each, some before fewer digits than thousands have;
    no points; or cells that hold more than a number (`8,7 ± 1,1`, `12,5 %`). Numbers in a list
    (`61,79,168`) are packed.
    """
    text = "\n".join(lines)
    told = sum(1 for _ in _COMMA.finditer(text))
    if not told or told != text.count(",") or not _DECIMAL.search(text) or _OTHERWISE.search(text):
        return lines
    gaps = sum(
        SETS_APART.search(line.strip()) is not None
        or "±" in line
        or _PERCENT.search(line) is not None
        for line in lines
    )
    return [_COMMA.sub(".", line) for line in lines] if 2 * gaps >= len(lines) else lines


def _rows(lines: list[str]) -> list[str]:
    """Leave out the lines of a program that hold no record.

    Shape: assignments of a call, and beside a query the lines that its words begin, with two
    numbers at most and no text in quotes; others may hold somebody's values.
    """
    query = any(map(_QUERY.match, lines))
    return [
        text
        for text in lines
        if not (_ASSIGNS.match(text) or (query and _STATEMENT.match(text))) or _VALUES.search(text)
    ]


def _titles(lines: Sequence[str]) -> int:
    """Count the lines above a table that only say what it is about, and what underlines them.

    Shape: no gap in them, but in most lines below; a single line with a word for each column, or
    for all but the first, above numbers, names the columns.
    """
    gaps = [SETS_APART.search(text.strip()) is not None for text in lines]
    above = next((at for at, gap in enumerate(gaps) if gap), 0)
    body = [text for text in lines[above:] if not is_ruler(text)]
    if not 0 < above <= _TITLES or len(body) < 2 or sum(gaps[above:]) < 0.6 * len(body):
        return 0
    if any("|" in text for text in lines[:above]):
        return 0  # bars part cells
    frames = (at for at in range(above) if begins_frame(*lines[at : at + 2]))
    if (frame := next(frames, None)) is not None:
        return frame
    told = [text for text in lines[:above] if not SIZE.match(text)]
    if any(shape is not None and not shape[0] for shape in map(shape_of, told)):
        return 0  # half of its words are numbers: a row
    cells = re.split(r"\s{2,}|\t", body[0].strip())
    heads = lines[above - 1].split()
    if any(map(is_number, heads)) and not any(map(is_number, cells)):
        return above
    if len(heads) == 1 and named_vector(lines[above:]):
        return above  # what a named vector counts
    ends = len(lines[above - 1].rstrip()) == len(body[0].rstrip())
    if ends and lines[above - 1][0].isspace():
        return above - 1  # names end where their numbers do
    if any(map(is_number, cells)) and len(heads) in {len(cells), len(cells) - 1}:
        return above - 1
    return above


def _unboxed(lines: list[str]) -> list[str]:
    """Take off a box that is drawn around a table, as Stata lists rows of data.

    Shape: rules above and below, and in each line one bar at the end and one before the cells.
    Source: `list` of Stata; tables of SPSS as text.
    """
    inside = [text for text in lines if not set(text) <= set("+-| \t")]
    boxed = len(inside) > 1 and any(text.strip()[:2] in {"+-", "|-"} for text in lines)
    inside = [text for text in inside if "|" in text]  # a title stands above the box
    if not boxed or any(text.count("|") != 2 or not text.endswith("|") for text in inside):
        return lines
    return [text.replace("|", " ").rstrip() for text in inside]


def _unframed(content: str) -> str:
    """Take off a frame in which whole tables are drawn, as rich sets a panel around them."""
    lines = content.split("\n")
    for at, text in enumerate(lines):
        if not _FRAME.match(text):
            continue
        rest = range(at + 1, len(lines))
        end = next((one for one in rest if not _BARRED.match(lines[one])), len(lines))
        inner = [one.rstrip()[1:-1].strip() for one in lines[at + 1 : end]]
        within = next((one for one in rest if lines[one][:1] not in {"+", "|"}), len(lines))
        if box(lines[at:within]):
            continue
        if end < len(lines) and _FRAME.match(lines[end]) and any("+--" in one for one in inner):
            titled = [one if one[:1] in {"|", "+"} else f"\n{one}\n" for one in inner]
            lines[at : end + 1] = ["", *titled, ""]
    return "\n".join(lines)


def _heads_joined(lines: list[str]) -> list[str]:
    """Join names that are broken over the lines between the first two rules of a drawn table.

    Shape: a piece that fills its cell goes on without a blank.
    """
    rules = [at for at, text in enumerate(lines[:_NAME_LINES]) if _FRAME.match(text.strip())]
    if len(rules) < 2 or rules[1] < rules[0] + 3 or len(lines) < rules[1] + 2:
        return lines
    heads = lines[rules[0] + 1 : rules[1]]
    cut = [text.strip().split("|") for text in heads]
    cut = [own for own in cut if not _are_types(own)]
    if len(set(map(len, cut))) != 1 or any("+" in text for text in heads):
        return lines
    names = [
        "".join(one.strip() + " " * (not _FILLED.match(one)) for one in pieces).strip()
        for pieces in zip(*cut, strict=True)
    ]
    joined = "|".join(f" {name} " for name in names[1:-1])
    return [*lines[: rules[0] + 1], f"|{joined}|", *lines[rules[1] :]]


def _are_types(cells: Sequence[str]) -> bool:
    """Say whether cells name the types of columns, or are the line that stands above those."""
    return all(_TYPE.match(cell.strip()) for cell in cells if cell.strip(" -"))


def _named(block: Block) -> Block:
    """Name columns by what their cells say, and drop what only tells the type of each."""
    rows = [row for at, row in enumerate(block.rows) if at > 1 or not _are_types(row)]
    columns, rows = unnamed(block.columns, rows)
    return replace(block, columns=columns, rows=rows)


def _goes_on(last: Block, more: Block) -> bool:
    """Say whether a block is the rest of a wide frame: it says so, or has the same row names."""
    if len(last.rows) != len(more.rows):
        return False
    names = [[row[0] for row in block.rows] for block in (last, more)]
    return last.wrapped or (names[0] == names[1] and not more.columns[0])


def _joined(left: Block, right: Block) -> Block:
    rows = [[*a, *b[1:]] for a, b in zip(left.rows, right.rows, strict=True)]
    return Block(left.line, [*left.columns, *right.columns[1:]], rows, left.header, right.wrapped)
