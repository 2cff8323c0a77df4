"""[pure] A table whose columns are set apart by space, as data frames and listings print."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from orchestrator.outputs.readers.delimited import is_number
from orchestrator.outputs.readers.ruled import Block, is_ruler, with_header

_WIDEST = 2000
SIZE = re.compile(
    r"\s*(?:# A tibble: [\d,]+ [×x] \d+|[\d,]+×\d+ (?:Sub)?DataFrame|"
    r"(?:Range)?Index: [\d,]+ entries, \S+ to \S+)\s*\Z"
)
"""What a program says of a table above its names."""
_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s+")
_INSIDE = re.compile(
    r"(?<=\d)(?P<before> *)(?P<open>[(\[])(?P<inside> *)(?P<rest>[^()\[\]]{1,24}[)\]])"
)
"""A number with more of its cell in brackets, padded: `12 ( 7.6)`, `41  (52.6%)`."""
_SPREAD = re.compile(r"(?<=\d) (?P<sign>±|\+/-) ?(?P<number>\d[\d.,]*)")
"""`64.5 ± 14.6`: one cell."""
_SIGNED = re.compile(r"(?<=\d) %(?![^\W\d])")
"""`97.2 %`: one cell."""
_LEAST_CUT = 3
_TITLED = 4
_GAP = re.compile(r"\s{2,}|\t")
_ALIKE = 0.6
_SOME, _MOSTLY, _WORDS = 0.3, 0.6, 5
"""The share of lines with a gap that a table has, of words that sentences have, and how many."""
SETS_APART = re.compile(r"\S(?: {2,}|\t)\S")
_FOOTER = re.compile(
    r"\s*(?:Name:|dtype:|Length:|Freq:|Categories |\[\d+ rows x|Signif\. codes:|---\s*\Z)"
)
"""Lines that programs write below a frame or a table of coefficients."""
_SERIES = re.compile(r"\s*Name: ([\w ]{1,40}), (?:Length|dtype):")


def _unwrapped(text: str) -> str:
    """Take off the mark of a line that goes on in a later block."""
    stripped = text.rstrip()
    return stripped[:-1] if stripped.endswith("\\") else text


def read_aligned(line: int, lines: Sequence[str], least: int = 1) -> Block | None:
    """Read a block of columns set apart by space, cut where it keeps most rows, then most cells.

    Shape: with `least` 0 a block without any number is a table too: the rest of a wrapped frame.
    """
    kept = [_together(_unwrapped(text)) for text in lines
            if not _FOOTER.match(text) and not SIZE.match(text)]  # fmt: skip
    kept = [text for text in kept if not (is_ruler(text) and SETS_APART.search(text.strip()))]
    kept = kept[_title(kept) :]
    if len(kept) < 2 or _are_sentences(kept):
        return None
    right = named_vector(kept) or _right_aligned(kept)
    if right:
        return Block(line, right[0], right[1:], header=True, wrapped=kept[0] != lines[0].rstrip())
    edges = _edges(kept)
    placed = _labels_joined([_cut_at(text, edges) for text in kept])
    cuts = [placed, _names_joined(placed)]
    cuts.append([_GAP.split(text.strip()) for text in kept])
    cuts.append([_cut_at_gaps(text.strip()) for text in kept])
    if len(kept) == 2:  # a frame of one row: nothing but the gaps of its row tells columns apart
        cuts.append([kept[0].split(), _GAP.split(kept[1].strip())])
    found = [
        (body, cut[0])
        for cut in cuts
        if (body := _agreeing(cut, least)) and (len(body) > 1 or _names_all(cut[0], body[0]))
    ]
    if not found:
        return None
    spaced = _cut_at_gaps(kept[0].strip())
    body, first = max(
        found,
        key=lambda cut: (
            len(cut[0]),
            _is_clean(cut[0]),
            _fits(cut, spaced),
            _is_named(cut),
            len(cut[0][0]),
        ),
    )
    width = len(body[0])
    names = first if len(first) in {width, width - 1} else spaced
    series = next((match[1] for text in lines if (match := _SERIES.match(text))), "")
    if series and width == len(names) and not names[-1]:  # a series is named below its values
        names = [*names[:-1], series]
    return with_header(line, names, body, width, _unwrapped(lines[0]) != lines[0])


def _title(lines: Sequence[str]) -> int:
    """Count the line above a table that only says what it is, whatever gaps are in it: 1 or none.

    Shape: below it names for all columns but the first, and rows that all have as many cells.
    """
    if len(lines) < _TITLED:
        return 0
    title, names, *rows = [_GAP.split(text.strip()) for text in lines]
    width = len(rows[0])
    fits = all(len(row) == width for row in rows) and len(names) in {width, width - 1}
    words = not any(map(is_number, [*title, *names]))
    return int(fits and words and width > 2 and len(title) not in {width, width - 1})


def _are_sentences(lines: Sequence[str]) -> bool:
    """Tell lines of a text that nothing but single blanks sets apart, most of it words."""
    gaps = sum(SETS_APART.search(text.strip()) is not None for text in lines)
    said = [word for text in lines for word in text.split()]
    (_, often), *_ = Counter(len(text.split()) for text in lines).most_common(1)
    if often >= _ALIKE * len(lines):
        return False  # as many words in most lines: a table of words
    plain = sum(word[:1].isalpha() and not any(map(str.isdigit, word)) for word in said)
    long = len(said) >= _WORDS * len(lines)
    return long and gaps < _SOME * len(lines) and plain > _MOSTLY * len(said)


def _fits(cut: tuple[list[list[str]], list[str]], spaced: Sequence[str]) -> bool:
    """Say whether there is a name for each column but the first, in one way to cut the names."""
    width = len(cut[0][0])
    return not {len(cut[1]), len(spaced)}.isdisjoint({width, width - 1})


def _is_named(cut: tuple[list[list[str]], list[str]]) -> bool:
    """Say whether the first line has one name for each column, or for all but the first."""
    return sum(map(bool, cut[1])) in {len(cut[0][0]), len(cut[0][0]) - 1}


def _cut_at_gaps(text: str) -> list[str]:
    """Cut at any space, but within brackets and at the last one before them."""
    closes, next_closes = False, [False] * (len(text) + 1)
    for at in range(len(text) - 1, -1, -1):
        closes = text[at] in ")]" or (closes and text[at] not in "([")
        next_closes[at] = closes
    cut, done = [], 0
    for gap in _SPACE.finditer(text):
        end = gap.end() - (text[gap.end() : gap.end() + 1] in {"(", "["})
        if end > gap.start() and not next_closes[end]:
            cut.append(text[done : gap.start()])
            done = end
    return [*cut, text[done:]]


def _together(text: str) -> str:
    """Pull what stands in brackets to the number before it; the space goes behind."""

    def pulled(match: re.Match[str]) -> str:
        moved = len(match["before"]) + len(match["inside"]) - bool(match["before"])
        return f"{' ' * bool(match['before'])}{match['open']}{match['rest']}{' ' * moved}"

    text = _SIGNED.sub("% ", text)
    return _INSIDE.sub(pulled, _SPREAD.sub(r"\g<sign>\g<number> ", text))


def named_vector(lines: Sequence[str]) -> list[list[str]]:
    """Read a line of names above a line of numbers that end where they do, again and again.

    Shape: the names and the numbers of all lines; nothing where some number has no word above it.
    Source: named vectors and tables of one dimension as R prints them.
    """
    names: list[str] = []
    values: list[str] = []
    for above, under in zip(lines[::2], lines[1::2], strict=False):
        ends = [[cell.end() for cell in _WORD.finditer(text)] for text in (above, under)]
        own = under.split()
        if ends[0] != ends[1] or len(lines) % 2 or not all(map(is_number, own)):
            return []
        names += above.split()
        values += own
    numbers = [float(name) for name in names if re.fullmatch(r"-?\d+(?:\.\d+)?", name)]
    if len(set(names)) < len(names) or (numbers and numbers != sorted(numbers)):
        return []  # lines of numbers are no names of each other
    if len(numbers) == len(names) == len(lines) // 2:
        return []  # one number a line is a list
    return [names, values] if len(names) > 1 else []


def _right_aligned(lines: Sequence[str]) -> list[list[str]]:
    """Cut lines whose columns end below each other, as R prints them: names may hold blanks.

    Shape: the names and the rows, nothing where some cell does not end below the end of a name;
    only the row names, which stand left and have no name, may.
    """
    found = [[(cell[0], cell.end()) for cell in _WORD.finditer(text)] for text in lines[1:]]
    ends = [end for _, end in found[0]]
    heads = [cell.end() for cell in _WORD.finditer(lines[0])]
    if len(found) < 2 or len(ends) < 3 or any(len(row) != len(ends) for row in found):
        return []
    if any(end != own for row in found for (_, end), own in zip(row[1:], ends[1:], strict=True)):
        return []
    names = [lines[0][a:b] for a, b in pairwise([0, *ends])]
    right = all(name and not name[-1].isspace() for name in names[1:])
    led = names[0].strip() and (heads[0] != ends[0] or any(row[0][1] != ends[0] for row in found))
    if lines[0][ends[-1] :].strip() or not right or led:
        return []
    cut = all(name[0].isspace() for name in names[1:])
    number = any(is_number(cell) for row in found for cell, _ in row[1:])
    body = [[cell for cell, _ in row] for row in found]
    return [[" ".join(name.split()) for name in names], *body] if cut and number else []


def _labels_joined(cut: list[list[str]]) -> list[list[str]]:
    """Join a label that was cut at its blank: `von Willebrand | 2` below a blank name.

    Shape: each row has the first piece, some not the second; a second key stands in each row.
    """
    first, *body = cut
    seconds = [bool(row[1]) for row in body if len(row) > 1]
    if len(first) < _LEAST_CUT or first[1] or all(seconds) or not any(seconds):
        return cut
    if not all(row[0] for row in body) or any(map(is_number, (row[0] for row in body))):
        return cut
    return [[" ".join(filter(None, row[:2])), *row[2:]] for row in cut]


def _names_joined(cut: list[list[str]]) -> list[list[str]]:
    """Join the words of a name that stand above one column: nothing is below the first of them.

    Shape: numbers are printed flush right, so the word belongs to the column on its right.
    """
    first, *body = [list(row) for row in cut]
    empty = [at for at in range(len(first) - 1) if first[at] and not any(row[at] for row in body)]
    for at in empty:
        first[at + 1] = f"{first[at]} {first[at + 1]}".strip()
    return [[cell for at, cell in enumerate(row) if at not in empty] for row in (first, *body)]


def _names_all(first: Sequence[str], row: Sequence[str]) -> bool:
    """Say whether a first line names every column of the only row: a sentence's title does not."""
    return len(row) - sum(map(bool, first)) in {0, 1}


def _is_clean(body: Sequence[Sequence[str]]) -> bool:
    """Say whether a cut is through no word: no cell holds a gap, no column is blank.

    Shape: a name of two words above narrow numbers (`very high`) leaves a column of its own, empty
    below the first word.
    """
    gap = any("  " in cell for row in body for cell in row)
    return not gap and all(map(any, zip(*body, strict=True)))


def _agreeing(split: Sequence[list[str]], least: int) -> list[list[str]]:
    """Keep the rows below the first that have the usual width, if they are a table at all."""
    width, often = Counter(len(cells) for cells in split[1:]).most_common(1)[0]
    body = [cells for cells in split[1:] if len(cells) == width]
    if len(split) > 2 and len(split[0]) == width and any(map(is_number, split[0])):
        often += 1  # the first line is a row too
    if width < 2 or often < 0.6 * len(split[1:]):
        return []
    if sum(sum(map(bool, cells)) > 1 for cells in body) <= 0.5 * len(body):
        return []  # sentences that happen to have a gap in one place
    if least and not any(is_number(cell) for cells in body for cell in cells):
        return []
    pair = width == 2 and not all(is_number(cells[1]) for cells in body)
    return [] if least and pair else body


def _edges(lines: Sequence[str]) -> list[int]:
    """List where columns begin: after a position that is blank in every line, at no bracket."""
    width = min(max(len(text) for text in lines), _WIDEST)
    blank = [all(len(text) <= at or text[at].isspace() for text in lines) for at in range(width)]
    starts = [at for at in range(1, width) if blank[at - 1] and not blank[at]]
    begins = [{text[at] for text in lines if len(text) > at} - {" "} for at in starts]
    return [0, *(at for at, own in zip(starts, begins, strict=True) if not own <= {"(", "["})]


def _cut_at(text: str, edges: Sequence[int]) -> list[str]:
    ends = [*edges[1:], len(text) + 1]
    return [text[start:end].strip() for start, end in zip(edges, ends, strict=True)]
