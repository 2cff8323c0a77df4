"""Text and Markdown: the whole text as one part, and every table in it as a table of its own.

Found are pipe tables, delimited blocks and aligned blocks (a data frame as it prints), also where
a wide frame was wrapped into several blocks, and records that are spelled out (`records`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice, pairwise

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import delimited
from orchestrator.outputs.readers.boxes import box
from orchestrator.outputs.readers.courses import find_courses
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.delimited import (
    is_number,
    parse,
    split_header,
    unnamed,
    unpack,
)
from orchestrator.outputs.readers.described import find_described
from orchestrator.outputs.readers.encoded import find_encoded
from orchestrator.outputs.readers.glances import find_glances, find_tuples
from orchestrator.outputs.readers.instream import find_inserted, find_instream
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.records import find_listed, find_records
from orchestrator.outputs.readers.sentences import MOST, find_lists, find_sentences
from orchestrator.outputs.readers.stacked import find_stacked
from orchestrator.outputs.readers.structured import add_lines, add_value
from orchestrator.outputs.readers.vectors import find_vectors

_WIDEST = 2000
_TABULAR = re.compile(
    r"\\begin\{(?:tabular|longtable|array|tabu|longtabu|tblr|longtblr|supertabular|xltabular|"
    r"NiceTabular|threeparttable)[*xyrX]?\}((?:\[[^\]]*\]|\{(?:[^{}]|\{[^{}]*\})*\})*)(.*?)\\end\{",
    re.DOTALL,
)
_POINTED = re.compile(r"r@\{([.,])\}l")
"""Two columns for one number: its digits before the point, and behind it."""
_BETWEEN = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|cline\{[^}]*\}|endhead)|(?<!\\)%.*")
_ESCAPED = re.compile(r"\\([%&_#$])")
"""What is written behind a backslash stands for itself: `\\%` begins no remark."""
_WIDE_CELL = re.compile(
    r"\\multicolumn\{(\d{1,3})\}\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
)
_TALL_CELL = re.compile(r"\\multirow(?:\[[^\]]*\])?\{[^{}]*\}(?:\[[^\]]*\])?\{[^{}]*\}\{([^{}]*)\}")
_DRESSED = re.compile(
    r"\\(?:text\w*|math\w*|num|emph|bfseries|small|footnotesize|makecell|thead|underline|cellcolor|"
    r"color|SI|tablenum)(?:\[[^\]]*\])?\{([^{}]*)\}|\$([^$]*)\$"
)
_SPACING = re.compile(
    r"\\(?:quad|qquad|enspace|hspace\*?\{[^}]*\}|hphantom\{[^}]*\}|phantom\{[^}]*\}|[,;!: ])"
)
_NESTED = 6
_NEXT = re.compile(r"(?<!\\)&")
_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.|>|\+|\.|\$|julia>|(?:In|Out) ?\[\d+\]:)(?: |\Z)")
"""What stands before a line that somebody typed: into R, Python, Stata, Julia, a shell."""
_SIZE = re.compile(
    r"\s*(?:# A tibble: [\d,]+ [×x] \d+|[\d,]+×\d+ (?:Sub)?DataFrame|"
    r"(?:Range)?Index: [\d,]+ entries, \S+ to \S+)\s*\Z"
)
"""What a program says of a table above its names."""
_WORD = re.compile(r"\S+")
_GAP = re.compile(r"[^\s|] {2,}[^\s|]")
"""Two cells that nothing but space sets apart."""
_ANY_GAP = r"\s+(?![(\[]|[^()\[\]]*[)\]])"
"""Space, but within brackets and before them."""
_INSIDE = re.compile(
    r"(?<=\d)(?P<before> *)(?P<open>[(\[])(?P<inside> *)(?P<rest>[^()\[\]]{1,24}[)\]])"
)
"""A number with more of its cell in brackets, padded: `12 ( 7.6)`, `41  (52.6%)`."""
_SPREAD = re.compile(r"(?<=\d) (?P<sign>±|\+/-) ?(?P<number>\d[\d.,]*)")
"""`64.5 ± 14.6`: one cell."""
_BROKEN = re.compile(r"\s*<br ?/?>\s*", re.IGNORECASE)
_STACKED = re.compile(r"\\(?:makecell|shortstack|thead)(?:\[[^\]]*\])?\{([^{}]*)\}")
"""Cells of several lines in Markdown and in LaTeX."""
_ROW_NAME = re.compile(r"(?:\d+|\.+)\s")
_BOX = str.maketrans(
    dict.fromkeys("│┃║┆┊╎╏", "|")
    | dict.fromkeys("─━═╌╍┄┅┈┉", "-")
    | dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╞╡╪╔╗╚╝╠╣╦╩╬╒╕╘╛╟╢╤╧╥╨╫┏┓┗┛┣┫┳┻╋┠┨┯┷┿╂┡┩╇╀╈┢┪╁", "+")
)
"""What draws a table, as the signs that a typewriter has for it."""
_LEAST_CUT = 3
_PAGE = re.compile(r"<table\b|</table>", re.IGNORECASE)
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
_SHELL = re.compile(r"(?:\"[^\"]*\"|\S+)")
"""A cell of a line whose words are quoted: `"H" "moderate" "8"`."""
_TITLES = 4
"""Units: lines; more of them above a table are a text of its own."""
_SETS_APART = re.compile(r"\S(?: {2,}|\t)\S")
_DRAWN = re.compile(r"\x1b\[[0-9;:]*[mK]")
"""Colours and weights of a terminal. Source: ECMA-48, SGR and EL."""
_TYPE = re.compile(
    r"[<(]?(?:str|string|chr|char|varchar|text|cat|categorical|enum|fct|ord|lgl|bool|boolean|"
    r"date|dttm|int\d*|integer|bigint|i\d+|u\d+|uint\d*|f\d+|float\d*|dbl|double|num|decimal|hugeint|object)"
    r"(?:[(\[].*)?[>)]?\Z",
    re.IGNORECASE,
)
"""What polars, DuckDB and tibbles write below the name of a column."""
_SPLIT = re.compile(r"-{8,}\s*\Z")
_LED = re.compile(r"\S{1,40}: \S+(?: \S+)*\Z")
"""What stands between groups that R's `by` prints: a line, and of which group the next one is."""
_QUERY = re.compile(r"\s*(?:SELECT|FROM|GROUP BY|ORDER BY)\s")
_STATEMENT = re.compile(
    r"\s*(?:SELECT|FROM|WHERE|GROUP BY|ORDER BY|HAVING|LIMIT|UNION|CASE|WHEN|ELSE|AND|OR|ON|NTILE|"
    r"(?:(?:LEFT|RIGHT|INNER|OUTER|CROSS|FULL) )*JOIN)\b"
)
_ASSIGNS = re.compile(r"\s*\w+ ?(?:=|<-) ?(?!(?:c|list|array|dict|tuple)\()[\w.]+\(.*\)\s*;?\Z")
"""Lines of a program that are no rows, whatever is set apart in them."""
_VALUES = re.compile(r"[\"']|(?:\b\d[\d.]*\b.*){3}")
_FOOTER = re.compile(
    r"\s*(?:Name:|dtype:|Length:|Freq:|Categories |\[\d+ rows x|Signif\. codes:|---\s*\Z)"
)
"""Lines that programs write below a frame or a table of coefficients."""
_SERIES = re.compile(r"\s*Name: ([\w ]{1,40}), (?:Length|dtype):")


@dataclass(frozen=True)
class Block:
    """A table found in text; `line` is the 1-based line of its first row of text."""

    line: int
    columns: list[str]
    rows: list[list[str]]
    header: bool
    wrapped: bool = False


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a text file. Errors: Unreadable for NUL bytes and undecodable bytes."""
    decoded = decode(data, "text")
    content = _DRAWN.sub("", decoded.content)
    opening.text(path, content, notes=decoded.notes, size=len(data), spans=decoded.spans)
    add_tables(opening, path, content)


def read_delimited(opening: Opening, path: str, data: bytes) -> None:
    """Read a csv; one without a single dialect as text, noted with the first line that differs.

    Shape: such a file is held, because nobody can say where its cells begin; the tables in it are
    read all the same, so that what is wrong with it can be named.
    Errors: Unreadable for bytes that are no text.
    """
    try:
        remarks = delimited.read(opening, path, data)
        if remarks:
            add_text(opening, f"{below(path)}remarks", remarks)
    except Unreadable as stop:
        if stop.note is not Note.RAGGED:
            raise
        decoded = decode(data, "text")
        notes = [*decoded.notes, Observation(stop.note, stop.at)]
        opening.text(path, decoded.content, notes=notes, size=len(data), spans=decoded.spans)
        add_tables(opening, path, decoded.content)


def read_latex(opening: Opening, path: str, data: bytes) -> None:
    """Read a LaTeX file: as text, and rows between ampersands as tables. Errors: as for text."""
    read(opening, path, data)
    content = decode(data, "text").content
    for number, (form, body) in enumerate(_TABULAR.findall(content), 1):
        body = _STACKED.sub(lambda match: re.sub(r"\s*\\\\\s*", "\v", match[1]), body)
        lines = [_BETWEEN.sub("", line) for line in re.split(r"\\\\(?:\[[^\]]*\])?", body)]
        cut = [
            [
                _ESCAPED.sub(r"\1", cell).strip().replace("\v", "\n")
                for cell in _NEXT.split(_bare_cells(line))
            ]
            for line in lines
            if _NEXT.search(line)
        ]
        cut = _whole_numbers(form, cut)
        width = max(map(len, cut), default=0)
        if width:
            columns, rows, header = split_header([row + [""] * (width - len(row)) for row in cut])
            own = opening.free(f"{below(path)}tabular/{number}")
            opening.table(own, columns, rows, header=header)
            unpack(opening, own, columns, rows)


def _whole_numbers(form: str, rows: list[list[str]]) -> list[list[str]]:
    """Join the two columns of numbers that are set at their point.

    Shape: as `r@{.}l` in the form of the table says; a name is wide and stands above both.
    Source: tables of gretl.
    """
    for before in [form[: match.start()] for match in _POINTED.finditer(form)][::-1]:
        own = re.sub(r"@\{[^{}]*\}|p\{[^{}]*\}", "", before.partition("{")[2])
        at = sum(letter.isalpha() for letter in own)
        rows = [
            [*row[:at], ".".join(filter(None, row[at : at + 2])), *row[at + 2 :]] for row in rows
        ]
    return rows


def _bare_cells(line: str) -> str:
    """Take off what only sets a cell, `\\textbf{n}` or `$4$`; a wide one gets its room."""
    line = _WIDE_CELL.sub(lambda match: match[2] + " &" * (min(int(match[1]), 50) - 1), line)
    line = _TALL_CELL.sub(r"\1", line)
    for _ in range(_NESTED):
        line, found = _DRESSED.subn(lambda match: match[1] or match[2] or "", line)
        if not found:
            break
    return _SPACING.sub(" ", line)


def add_text(opening: Opening, path: str, content: str, notes: Sequence[Observation] = ()) -> None:
    """Add a text that stands in some corner of a file, and the tables in it."""
    own, content = opening.free(path), _DRAWN.sub("", content)
    opening.text(own, content, notes=notes)
    add_tables(opening, own, content)


def add_tables(opening: Opening, path: str, content: str, *, printed: bool = True) -> None:
    """Add each table that a text holds as a virtual file `tables/<n>` below the text's path.

    Shape: without `printed` lines are no rows, because whoever asks has read what they nest.
    """
    inner = "/" if "!/" in path else "!/"
    if content.lstrip()[:1] in {"{", "["} and (
        add_value(opening, f"{path}{inner}json", content)
        or add_lines(opening, f"{path}{inner}lines", content)
    ):
        return
    for number, (extension, data) in enumerate(find_encoded(content), 1):
        opening.inner(f"{path}{inner}encoded/{number}.{extension}", data)
    tables = find_tables(content) if printed else []
    for number, block in enumerate(tables, 1):
        own = opening.free(f"{path}{inner}tables/{number}")
        opening.table(own, block.columns, block.rows, header=block.header)
        unpack(opening, own, block.columns, block.rows)
    for number, (columns, rows) in enumerate(find_records(content), 1):
        opening.table(opening.free(f"{path}{inner}records/{number}"), columns, rows)
    found = chain(find_described(content), find_vectors(content), find_stacked(content))
    for number, (columns, rows) in enumerate(found, 1):
        opening.table(opening.free(f"{path}{inner}described/{number}"), columns, rows)
    for number, (columns, rows) in enumerate(find_tuples(content), 1):
        own = opening.free(f"{path}{inner}tuples/{number}")
        opening.table(own, columns, rows, header=False, notes=[Observation(Note.SENTENCE)])
    for page in _pages(content):
        opening.inner(f"{path}{inner}page", page.encode(errors="replace"), kind="html")
    inside = chain(find_glances(content), find_instream(content), find_inserted(content))
    for number, (columns, rows) in enumerate(inside, 1):
        opening.table(opening.free(f"{path}{inner}data/{number}"), columns, rows)
    taken = {one.line for one in tables}
    every = _paragraphs(content, 1)
    told = [(line, lines) for line, lines in every if line not in taken]
    for number, rows in enumerate(islice(chain(find_courses(every), find_listed(told)), MOST), 1):
        names = [f"word {at}" for at in range(1, len(rows[0]) + 1)]
        own = opening.free(f"{path}{inner}listed/{number}")
        opening.table(own, names, rows, header=False, notes=[Observation(Note.SENTENCE)])
    _add_sentences(opening, f"{path}{inner}sentences", find_sentences(told), Note.CAPPED)
    _add_sentences(opening, f"{path}{inner}lists", find_lists(told), Note.UNCOMPARED)


def _pages(content: str) -> Iterator[str]:
    """List tables of HTML in a text, as notebooks and knitr leave them in Markdown."""
    begin = -1
    for match in _PAGE.finditer(content):
        if match[0].startswith("</"):
            if begin >= 0:
                yield content[begin : match.end()]
            begin = -1
        elif begin < 0:
            begin = match.start()


def _add_sentences(
    opening: Opening, path: str, found: Iterator[tuple[str, list[str]]], beyond: Note
) -> None:
    """Add the first sentences or lists of a text as rows to compare, noted where there are more.

    Shape: a text of so many sentences is held; lists of numbers are mostly cells of tables, and
    the coverage statement says that the rest was not compared.
    """
    seen = list(islice(found, MOST + 1))
    notes = [Observation(Note.SENTENCE)]
    if len(seen) > MOST:
        notes.append(Observation(beyond, at=MOST))
    for name, cells in seen[:MOST]:
        columns = [f"word {at}" for at in range(1, len(cells) + 1)]
        own = opening.free(f"{path}/{name}")
        opening.table(own, columns, [cells], header=False, notes=notes)
        notes = notes[:1]


def find_tables(content: str) -> list[Block]:
    """List the tables in a text, wrapped frames joined again."""
    found: list[Block] = []
    after = 0
    for line, drawn in _paragraphs(_unframed(content.translate(_BOX))):
        bare = _unboxed(_rows(drawn))
        lines = bare if box(bare[_titles(bare) :]) else _heads_joined(bare)
        if len(lines) < min(len(drawn), 2):
            continue
        above = _titles(lines)
        if above and _RESIDUALS.match(lines[above - 1]) and _OF_RESIDUALS.match(lines[above]):
            continue
        line, lines = line + above, lines[above:]
        last = found[-1] if found and (found[-1].wrapped or line == after) else None
        more = _aligned(line, lines, least=0) if last else None
        printed = _aligned(line, lines) if _begins_frame(*lines[:2]) else None
        block = printed or _pipes(line, lines) or _drawn(line, lines) or _ruled(line, lines)
        block = block or _delimited(line, lines)
        block = block or _aligned(line, lines)
        if last and more and _goes_on(last, more):
            found[-1] = _joined(last, more)
        else:
            found += [block] if block else _runs(line, lines)
        after = line - above + len(drawn)
    return [_named(block) for block in found]


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
    gaps = [_SETS_APART.search(text.strip()) is not None for text in lines]
    above = next((at for at, gap in enumerate(gaps) if gap), 0)
    body = [text for text in lines[above:] if not _is_ruler(text)]
    if not 0 < above <= _TITLES or len(body) < 2 or sum(gaps[above:]) < 0.6 * len(body):
        return 0
    if any("|" in text for text in lines[:above]):
        return 0  # bars part cells
    frames = (at for at in range(above) if _begins_frame(*lines[at : at + 2]))
    if (frame := next(frames, None)) is not None:
        return frame
    told = [text for text in lines[:above] if not _SIZE.match(text)]
    if any(shape is not None and not shape[0] for shape in map(_shape, told)):
        return 0  # half of its words are numbers: a row
    cells = re.split(r"\s{2,}|\t", body[0].strip())
    heads = lines[above - 1].split()
    if any(map(is_number, heads)) and not any(map(is_number, cells)):
        return above
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


def _paragraphs(content: str, least: int = 2) -> list[tuple[int, list[str]]]:
    """List the blocks of lines between blank ones, with the line where each begins."""
    found: list[tuple[int, list[str]]] = []
    current: list[str] = []
    lines = content.splitlines()
    for number, text in enumerate([*lines, ""], 1):
        if text.strip() and not (
            _SPLIT.match(text) and _LED.match("".join(lines[number : number + 1]))
        ):
            current.append(text)
        elif current:
            found += _unprompted(number - len(current), current)
            current = []
    return [(line, block) for line, block in found if len(block) >= least]


def _unprompted(line: int, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Part what somebody typed from what the program answered; each stays a block of its own.

    Shape: where every line has such a mark it is a quotation, and stays whole.
    """
    typed = [bool(_PROMPT.match(text)) for text in lines]
    if all(typed):
        yield line, lines
        return
    for _, group in groupby(range(len(lines)), lambda at: typed[at]):
        own = list(group)
        for start, block in _framed(line + own[0], [lines[at] for at in own]):
            yield from _folded(start, block)


def _framed(line: int, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Part a frame with numbered rows from what was printed around it: a title, lines of a log.

    Shape: names behind a blank, and below them rows whose numbers (or dots for rows that are left
    out) stand where lines begin.
    """
    if _named_vector(lines):
        yield line, lines
        return
    done = 0
    for at, pair in enumerate(pairwise(lines)):
        if at < done or not _begins_frame(*pair):
            continue
        end = at + 1
        while end < len(lines) and _ROW_NAME.match(lines[end]):
            end += 1
        if done < at:
            yield line + done, lines[done:at]
        yield line + at, lines[at:end]
        done = end
    if done < len(lines):
        yield line + done, lines[done:]


def _begins_frame(names: str, row: str) -> bool:
    plain = names[0].isspace() and not any(map(is_number, names.split()))
    return plain and _ROW_NAME.match(row) is not None


def _folded(line: int, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Part a wide frame as R folds it: names again, and below them the same row names as before."""
    starts = [0]
    for at in range(2, len(lines) - 1):
        words = lines[at].split()
        below, first = lines[at + 1].split(), lines[starts[0] + 1].split()
        names = lines[at][0].isspace() and not any(map(is_number, words))
        if names and not lines[at + 1][0].isspace() and below[0] == first[0]:
            starts.append(at)
    for start, end in pairwise([*starts, len(lines)]):
        yield line + start, lines[start:end]


def _is_rule(text: str) -> bool:
    """Tell the line under a Markdown header."""
    return "--" in text and set(text) <= set("|:- \t")


def _unwrapped(text: str) -> str:
    """Take off the mark of a line that goes on in a later block."""
    stripped = text.rstrip()
    return stripped[:-1] if stripped.endswith("\\") else text


def _pipes(line: int, lines: Sequence[str]) -> Block | None:
    """Read cells between pipes; where the ruled line has no fence, the first cell may be blank."""
    cut = [text.strip() for text in lines if "|" in text and not _is_rule(text)]
    if sum(_GAP.search(text.replace("|", "  |  ")) is not None for text in cut) > len(cut) / 2:
        return None  # columns stand between the bars as well
    fenced = any(text.strip().startswith("|") for text in lines if _is_rule(text))
    bare = [text.strip("|") if fenced else text.rstrip("|") for text in cut]
    rows = [[_BROKEN.sub("\n", cell).strip() for cell in text.split("|")] for text in bare]
    if len(rows) < 2 or not any(map(_is_rule, lines)):
        return None
    width = max(len(row) for row in rows)
    padded = [row + [""] * (width - len(row)) for row in rows]
    return Block(line, padded[0], padded[1:], header=True)


def _ruled(line: int, lines: Sequence[str]) -> Block | None:
    """Read names before a `|` in each line, and columns set apart by space or bars behind it.

    Shape: as Stata prints a cross table; columns are cut at bars and two spaces, in most lines as
    many; shorter lines are filled up. Bars alone make a table of another kind.
    """
    bare = [text.rstrip(" |") if text.count("|") > 1 else text for text in lines]
    cut = [text.partition("|") for text in bare if "|" in text]
    if len(cut) < 3 or len(cut) < 0.9 * sum(not _is_ruler(text) for text in lines):
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
    return Block(line, *split_header([row + [""] * (most - len(row)) for row in rows]))


def _drawn(line: int, lines: Sequence[str]) -> Block | None:
    cells = box(lines)
    return Block(line, *split_header(cells)) if cells else None


def _is_ruler(text: str) -> bool:
    """Tell a line that is drawn between rows."""
    return set(text) <= set("-+= ")


def _delimited(line: int, lines: Sequence[str]) -> Block | None:
    lines = [text for text in lines if not _is_ruler(text)]
    if len(lines) < 2:
        return None
    if all(text.lstrip().startswith('"') and '" ' in text for text in lines):
        rows = [[*map(_unquoted, _SHELL.findall(text))] for text in lines]
        width = len(rows[1])
        if {len(row) for row in rows[1:]} == {width} and len(rows[0]) in {width - 1, width}:
            return _with_header(line, rows[0], rows[1:], width, wrapped=False)
    for mark, least in (("\t", 2), (";", 2), ("|", 2), (",", 3), ("^", 3), ("~", 3)):
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
            return Block(line, *split_header([[*map(_unquoted, row)] for row in rows]))
    return None


def _are_pairs(lines: Sequence[str]) -> bool:
    """Tell two columns that a comma parts, the second of numbers: `stage,n` above `I,41`."""
    cut = [text.rpartition(",")[2] for text in lines if "," in text]
    shown = [last for last in cut[1:] if last[:1].strip() and is_number(last)]
    return len(shown) > 1 and len(shown) == len(cut) - 1


def _unquoted(cell: str) -> str:
    """Take off quotes that stand behind a blank, where a csv has none."""
    bare = cell.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] in {'"', "'"} else cell


def _runs(line: int, lines: Sequence[str]) -> list[Block]:
    """Find rows between other lines: neighbours with as many delimiters, or as many numbers."""
    found: list[Block] = []
    at = line
    for shape, group in groupby(lines, _shape):
        own = list(group)
        if shape is not None and len(own) > 1:
            mark, _ = shape
            rows = [text.split(mark) for text in own] if mark else [text.split() for text in own]
            found.append(Block(at, *split_header(rows)))
        at += len(own)
    return found


def _shape(text: str) -> tuple[str, int] | None:
    for mark, least in (("\t", 1), (";", 2), ("|", 2), (",", 2)):
        if text.count(mark) >= least:
            return mark, text.count(mark)
    words = text.split()
    numbers = sum(map(is_number, words))
    return ("", len(words)) if len(words) > 2 and 2 * numbers >= len(words) else None


def _aligned(line: int, lines: Sequence[str], least: int = 1) -> Block | None:
    """Read a block of columns set apart by space, cut where it keeps most rows, then most cells.

    Shape: with `least` 0 a block without any number is a table too: the rest of a wrapped frame.
    """
    kept = [_together(_unwrapped(text)) for text in lines
            if not _FOOTER.match(text) and not _SIZE.match(text)]  # fmt: skip
    kept = [text for text in kept if not (_is_ruler(text) and _SETS_APART.search(text.strip()))]
    if len(kept) < 2:
        return None
    right = _named_vector(kept) or _right_aligned(kept)
    if right:
        return Block(line, right[0], right[1:], header=True, wrapped=kept[0] != lines[0].rstrip())
    edges = _edges(kept)
    placed = _labels_joined([_cut_at(text, edges) for text in kept])
    cuts = [placed, _names_joined(placed)]
    cuts += [[re.split(gap, text.strip()) for text in kept] for gap in (r"\s{2,}|\t", _ANY_GAP)]
    if len(kept) == 2:  # a frame of one row: nothing but the gaps of its row tells columns apart
        cuts.append([kept[0].split(), re.split(r"\s{2,}|\t", kept[1].strip())])
    found = [
        (body, cut[0])
        for cut in cuts
        if (body := _agreeing(cut, least)) and (len(body) > 1 or _names_all(cut[0], body[0]))
    ]
    if not found:
        return None
    spaced = re.split(_ANY_GAP, kept[0].strip())
    body, first = max(
        found,
        key=lambda cut: (len(cut[0]), _is_clean(cut[0]), _fits(cut, spaced), len(cut[0][0])),
    )
    width = len(body[0])
    names = first if len(first) in {width, width - 1} else spaced
    series = next((match[1] for text in lines if (match := _SERIES.match(text))), "")
    if series and width == len(names) and not names[-1]:  # a series is named below its values
        names = [*names[:-1], series]
    return _with_header(line, names, body, width, _unwrapped(lines[0]) != lines[0])


def _fits(cut: tuple[list[list[str]], list[str]], spaced: Sequence[str]) -> bool:
    """Say whether there is a name for each column but the first, in one way to cut the names."""
    width = len(cut[0][0])
    return not {len(cut[1]), len(spaced)}.isdisjoint({width, width - 1})


def _together(text: str) -> str:
    """Pull what stands in brackets to the number before it; the space goes behind."""

    def pulled(match: re.Match[str]) -> str:
        moved = len(match["before"]) + len(match["inside"]) - bool(match["before"])
        return f"{' ' * bool(match['before'])}{match['open']}{match['rest']}{' ' * moved}"

    return _INSIDE.sub(pulled, _SPREAD.sub(r"\g<sign>\g<number> ", text))


def _named_vector(lines: Sequence[str]) -> list[list[str]]:
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


def _with_header(
    line: int, first: list[str], body: list[list[str]], width: int, wrapped: bool
) -> Block:
    if len(first) == width:
        columns, rows, header = split_header([first, *body])
        return Block(line, columns, rows, header, wrapped)
    if len(first) == width - 1:
        return Block(line, ["", *first], body, header=True, wrapped=wrapped)
    names = [f"column {index}" for index in range(1, width + 1)]
    return Block(line, names, body, header=False, wrapped=wrapped)


def _joined(left: Block, right: Block) -> Block:
    rows = [[*a, *b[1:]] for a, b in zip(left.rows, right.rows, strict=True)]
    return Block(left.line, [*left.columns, *right.columns[1:]], rows, left.header, right.wrapped)
