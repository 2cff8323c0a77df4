"""[pure] A table whose cells are set apart by a sign: pipes, bars, tabs, commas."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from orchestrator.outputs.readers.boxes import box
from orchestrator.outputs.readers.delimited import is_number, parse, split_header
from orchestrator.outputs.readers.opening import Unreadable

_GAP = re.compile(r"[^\s|] {2,}[^\s|]")
"""Two cells that nothing but space sets apart."""
_BROKEN = re.compile(r"\s*<br ?/?>\s*", re.IGNORECASE)
_BOLD = re.compile(r"\A\*\*([^*]+)\*\*\Z")
_ESCAPED = re.compile(r"\\([*_~<>#])")
_SET = re.compile(r"(?:_|[<>=^~]|\\\d+|/\d+)+\. ")
"""How a cell of Textile is set: `|_. sex|` a name, `|>. 12|` to the right."""
_SPANS = re.compile(r" *(?:=+|-+)(?: +(?:=+|-+))+")
"""A line drawn in pieces, one for each column."""
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NAME_LINES = 3
_CORNER = frozenset({"row pct", "col pct", "tot pct"})
_WIDEST = 2000
"""Units: lines, and characters."""
_SHELL = re.compile(r"(?:\"[^\"]*\"|\S+)")
"""A cell of a line whose words are quoted: `"H" "moderate" "8"`."""


@dataclass(frozen=True)
class Block:
    """A table found in text; `line` is the 1-based line of its first row of text."""

    line: int
    columns: list[str]
    rows: list[list[str]]
    header: bool
    wrapped: bool = False


def _is_rule(text: str) -> bool:
    """Tell the line under a Markdown header."""
    return "--" in text and set(text) <= set("|:- \t")


def read_pipes(line: int, lines: Sequence[str]) -> Block | None:
    """Read cells between pipes; where the ruled line has no fence, the first cell may be blank."""
    cut = [text.strip() for text in lines if "|" in text and not _is_rule(text)]
    if sum(_GAP.search(text.replace("|", "  |  ")) is not None for text in cut) > len(cut) / 2:
        return None  # columns stand between the bars as well
    fenced = any(text.strip().startswith("|") for text in lines if _is_rule(text))
    bare = [text.strip("|") if fenced else text.rstrip("|") for text in cut]
    rows = [[_plain(cell) for cell in text.split("|")] for text in bare]
    if len(rows) < 2 or not any(map(_is_rule, lines)):
        return None
    width = max(len(row) for row in rows)
    padded = [row + [""] * (width - len(row)) for row in rows]
    return Block(line, padded[0], padded[1:], header=True)


def _plain(cell: str) -> str:
    """Take off what Markdown writes around a cell: bold, marks that stand for themselves."""
    text = _BROKEN.sub("\n", cell).strip()
    return _ESCAPED.sub(r"\1", _BOLD.sub(r"\1", text))


def read_ruled(line: int, lines: Sequence[str]) -> Block | None:
    """Read names before a `|` in each line, and columns set apart by space or bars behind it.

    Shape: as Stata prints a cross table; columns are cut at bars and two spaces, in most lines as
    many; shorter lines are filled up. Bars alone make a table of another kind.
    """
    bare = [text.rstrip(" |") if text.count("|") > 1 else text for text in lines]
    cut = [text.partition("|") for text in bare if "|" in text]
    if len(cut) < 3 or len(cut) < 0.9 * sum(not is_ruler(text) for text in lines):
        return None
    rows = [[left.strip(), *re.split(r"\s{2,}|\s*\|\s*", right.strip())] for left, _, right in cut]
    if 2 * sum(_GAP.search(right.replace("|", "  |  ")) is not None for *_, right in cut) < len(
        cut
    ):
        return None
    width, often = Counter(map(len, rows)).most_common(1)[0]
    if width < 3 or often < 0.6 * len(rows):
        return None
    most = max(map(len, rows))
    filled = [row + [""] * (most - len(row)) for row in rows]
    if (
        len(filled) > 2
        and not any(filled[0][2:])
        and not is_number(filled[0][1])
        and (split_header(filled[1:])[2] or not is_number(filled[1][0]))
    ):
        filled = filled[1:]  # what all columns are of stands above their names
    return Block(line, *split_header(filled))


def read_drawn(line: int, lines: Sequence[str]) -> Block | None:
    """Read a table that is drawn with signs all around its cells."""
    cells = box(lines)
    return Block(line, *split_header(cells)) if cells else None


def read_spanned(line: int, lines: Sequence[str]) -> Block | None:
    """Read columns as wide as the pieces of a line that is drawn below or around their names.

    Shape: nothing where a word stands across two pieces; the last column has no end.
    Source: simple tables of reStructuredText and of pandoc.
    """
    rules = [at for at, text in enumerate(lines) if _SPANS.fullmatch(text.rstrip())]
    if not rules or rules[0] > _NAME_LINES or len(lines[rules[0]]) > _WIDEST:
        return None
    drawn = lines[rules[0]].rstrip()
    starts = [piece.start() for piece in re.finditer(r"\S+", drawn)]
    names_end = rules[0] or next((at for at in rules[1:]), 0)
    heads = [text for text in lines[:names_end] if not _SPANS.fullmatch(text.rstrip())]
    body = [text for at, text in enumerate(lines[names_end:], names_end) if at not in rules]
    gaps = [at for at in range(len(drawn)) if drawn[at].isspace()]
    if (
        not heads
        or not body
        or any(text[at : at + 1].strip() for text in [*heads, *body] for at in gaps)
    ):
        return None
    ends = [*starts[1:], None]
    cut = [
        [text[a:b].strip() for a, b in zip(starts, ends, strict=True)] for text in [*heads, *body]
    ]
    names = [" ".join(filter(None, own)) for own in zip(*cut[: len(heads)], strict=True)]
    return Block(line, names, cut[len(heads) :], header=True)


def is_ruler(text: str) -> bool:
    """Tell a line that is drawn between rows."""
    return set(text) <= set("-+= ")


def read_separated(line: int, lines: Sequence[str]) -> Block | None:
    """Read cells between one sign, as many in most lines; or words in quotes and blanks."""
    lines = [_thousands(text) for text in lines if not is_ruler(text)]
    if len(lines) < 2:
        return None
    if all(text.lstrip().startswith('"') and '" ' in text for text in lines):
        rows = [[*map(_unquoted, _SHELL.findall(text))] for text in lines]
        width = len(rows[1])
        if {len(row) for row in rows[1:]} == {width} and len(rows[0]) in {width - 1, width}:
            return with_header(line, rows[0], rows[1:], width, wrapped=False)
    decimals = all(map(_only_decimals, lines))
    for mark, least in (("\t", 2), (";", 2), ("|", 2), (",", 3), ("^", 3), ("~", 3)):
        if mark == "," and decimals:
            continue
        counted = Counter(text.count(mark) for text in lines)
        count, often = counted.most_common(1)[0]
        if mark == "," and count == 1 and _are_pairs(lines):
            least = 2
        if count + 1 < least or often < max(2, 0.6 * len(lines)):
            continue
        kept = [text for text in lines if text.count(mark) == count]
        try:
            rows = parse("\n".join(kept) + "\n", (mark,))
        except Unreadable:
            rows = [text.split(mark) for text in kept]
        if rows and len(rows[0]) >= least:
            rows = [[_SET.sub("", cell, 1) if _SET.match(cell) else cell for cell in row]
                    for row in rows] if mark == "|" else rows  # fmt: skip
            columns, body, header = split_header([[*map(_unquoted, row)] for row in rows])
            return Block(line, _without_corner(columns), body, header)
    return None


def _only_decimals(text: str) -> bool:
    """Say whether the commas of a line stand in numbers, and blanks part its words."""
    plain = " " in text.strip() and "," in text
    return plain and not re.search(r"(?<!\d),|,(?!\d)|,\d+,", text)


def _thousands(text: str) -> str:
    """Take the commas out of thousands, where those between words are followed by a blank."""
    plain = _THOUSANDS.sub("", text)
    return plain if plain != text and ", " in text and not re.search(r",\S", plain) else text


def _are_pairs(lines: Sequence[str]) -> bool:
    """Tell two columns that a comma parts, the second of numbers: `stage,n` above `I,41`."""
    cut = [text.rpartition(",")[2] for text in lines if "," in text]
    shown = [last for last in cut[1:] if last[:1].strip() and is_number(last)]
    return len(shown) > 1 and len(shown) == len(cut) - 1


def _unquoted(cell: str) -> str:
    """Take off quotes that stand behind a blank, where a csv has none."""
    bare = cell.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] in {'"', "'"} else cell


def find_runs(line: int, lines: Sequence[str]) -> list[Block]:
    """Find rows between other lines: neighbours with as many delimiters, or as many numbers."""
    found: list[Block] = []
    at = line
    for shape, group in groupby(lines, shape_of):
        own = list(group)
        if shape is not None and len(own) > 1:
            mark, _ = shape
            rows = [_thousands(text).split(mark) if mark else text.split() for text in own]
            found.append(Block(at, *split_header(rows)))
        at += len(own)
    return found


def shape_of(text: str) -> tuple[str, int] | None:
    """Say what parts a line, and how often: a sign, or blanks, where half its words are numbers."""
    text = _thousands(text)
    for mark, least in (("\t", 1), (";", 2), ("|", 2), (",", 2)):
        if mark == "," and _only_decimals(text):
            continue
        if text.count(mark) >= least:
            return mark, text.count(mark)
    words = text.split()
    numbers = sum(map(is_number, words))
    return ("", len(words)) if len(words) > 2 and 2 * numbers >= len(words) else None


def with_header(
    line: int, first: list[str], body: list[list[str]], width: int, wrapped: bool
) -> Block:
    """Make a block whose first line names every column, or all but the first, or is a row."""
    if len(first) == width:
        first, body = _with_index(first, body)
        columns, rows, header = split_header([first, *body])
        return Block(line, columns, rows, header, wrapped)
    if len(first) == width - 1:
        return Block(line, ["", *first], body, header=True, wrapped=wrapped)
    names = [f"column {index}" for index in range(1, width + 1)]
    return Block(line, names, body, header=False, wrapped=wrapped)


def _without_corner(columns: Sequence[str]) -> list[str]:
    """Leave out what the corner of a cross table says of the lines of its cells: `Col Pct`.

    Shape: only where the last column is the total. Source: PROC FREQ of SAS.
    """
    said = " ".join(columns[0].split()).casefold()
    return (
        ["", *columns[1:]]
        if said in _CORNER and columns[-1].strip().casefold() == "total"
        else [*columns]
    )


def _with_index(names: list[str], body: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Take the name of the rows, which pandas prints on a line of its own, for the first column's.

    Source: `crosstab` of pandas, whose first name is that of the columns.
    """
    if len(body) < _NAME_LINES or any(cell.strip() for cell in body[0][1:]):
        return names, body
    plain = body[0][0].strip() and not is_number(body[0][0])
    numbered = all(is_number(row[0]) for row in body[1:])
    return ([body[0][0], *names[1:]], body[1:]) if plain and numbered else (names, body)
