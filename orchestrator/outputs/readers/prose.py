"""Text and Markdown: the whole text as one part, and every table in it as a table of its own.

Found are tables as they are printed (`printed`), and records that are spelled out (`records`).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import delimited
from orchestrator.outputs.readers.courses import find_courses
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.described import find_described
from orchestrator.outputs.readers.encoded import find_encoded
from orchestrator.outputs.readers.glances import find_glances, find_tuples
from orchestrator.outputs.readers.instream import find_inserted, find_instream
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.paragraphs import find_paragraphs
from orchestrator.outputs.readers.printed import find_tables
from orchestrator.outputs.readers.records import find_listed, find_records
from orchestrator.outputs.readers.sentences import MOST, find_lists, find_sentences
from orchestrator.outputs.readers.stacked import find_cells, find_stacked
from orchestrator.outputs.readers.structured import add_lines, add_value
from orchestrator.outputs.readers.typeset import find_typeset
from orchestrator.outputs.readers.vectors import find_vectors

_PAGE = re.compile(r"<table\b|</table>", re.IGNORECASE)
_DRAWN = re.compile(r"\x1b\[[0-9;:]*[mK]")
"""Colours and weights of a terminal. Source: ECMA-48, SGR and EL."""
_INTERVAL = re.compile(
    r"(\[) *+(-?\d[\d.]{0,12}) *+, *+(-?\d[\d.]{0,12}|[Ii]nf) *+(\))|"
    r"(\() *+(-?\d[\d.]{0,12}|-[Ii]nf) *+, *+(-?\d[\d.]{0,12}) *+(\])"
)
"""`[ 7, 8)`, `(7, 8]`: a class whose comma parts nothing."""
_SCALAR = re.compile(r"\bnp\.(?:float|u?int)\d{1,3}\(([-+.\dena]{1,30})\)")
"""A number as numpy 2 spells it in lists and mappings."""


def read(opening: Opening, path: str, data: bytes, beside: re.Pattern[str] | None = None) -> None:
    """Read a text file. Errors: Unreadable for NUL bytes and undecodable bytes.

    Shape: `beside` matches what is looked at by somebody else, and is in no table.
    """
    decoded = decode(data, "text")
    content = _spelled(decoded.content)
    opening.text(path, content, notes=decoded.notes, size=len(data), spans=decoded.spans)
    content = beside.sub("", content) if beside else content
    add_tables(opening, path, content)
    for number, (columns, rows) in enumerate(find_cells(content), 1):
        opening.table(opening.free(f"{below(path)}cells/{number}"), columns, rows)


def read_delimited(opening: Opening, path: str, data: bytes) -> None:
    """Read a csv; one without a single dialect as text, noted with the first line that differs.

    Shape: several tables one below the other are each read; else the file is held, because nobody
    can say where its cells begin, and tables in it are read so that what is wrong can be named.
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
        tables, rest = delimited.several(decoded.content)
        notes = [*decoded.notes, *([] if tables else [Observation(stop.note, stop.at)])]
        opening.text(path, decoded.content, notes=notes, size=len(data), spans=decoded.spans)
        for number, rows in enumerate(tables, 1):
            columns, body, header = delimited.split_header(rows)
            own = opening.free(f"{below(path)}tables/{number}")
            opening.table(own, columns, body, header=header)
            unpack(opening, own, columns, body)
        add_tables(opening, path, rest)


def add_text(opening: Opening, path: str, content: str, notes: Sequence[Observation] = ()) -> None:
    """Add a text that stands in some corner of a file, and the tables in it."""
    own, content = opening.free(path), _spelled(content)
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
    pages, content = _apart(content)
    classed = _INTERVAL.sub(_class, content)
    for number, (extension, data) in enumerate(find_encoded(content), 1):
        opening.inner(f"{path}{inner}encoded/{number}.{extension}", data)
    tables = find_tables(classed) if printed else []
    for number, block in enumerate(tables, 1):
        own = opening.free(f"{path}{inner}tables/{number}")
        opening.table(own, block.columns, block.rows, header=block.header)
        unpack(opening, own, block.columns, block.rows)
    for number, (columns, rows) in enumerate(find_records(classed), 1):
        opening.table(opening.free(f"{path}{inner}records/{number}"), columns, rows)
    found = chain(find_described(content), find_vectors(content), find_stacked(content))
    for number, (columns, rows) in enumerate(found, 1):
        opening.table(opening.free(f"{path}{inner}described/{number}"), columns, rows)
    for number, (columns, rows) in enumerate(find_tuples(content), 1):
        own = opening.free(f"{path}{inner}tuples/{number}")
        opening.table(own, columns, rows, header=False, notes=[Observation(Note.SENTENCE)])
    for page in pages:
        opening.inner(f"{path}{inner}page", page.encode(errors="replace"), kind="html")
    inside = chain(find_glances(content), find_instream(content), find_inserted(content),
                   find_typeset(content))  # fmt: skip
    for number, (columns, rows) in enumerate(inside, 1):
        opening.table(opening.free(f"{path}{inner}data/{number}"), columns, rows)
    taken = {one.line for one in tables}
    every = find_paragraphs(content, 1)
    told = [(line, lines) for line, lines in every if line not in taken]
    for number, rows in enumerate(islice(chain(find_courses(every), find_listed(told)), MOST), 1):
        names = [f"word {at}" for at in range(1, len(rows[0]) + 1)]
        own = opening.free(f"{path}{inner}listed/{number}")
        opening.table(own, names, rows, header=False, notes=[Observation(Note.SENTENCE)])
    _add_sentences(opening, f"{path}{inner}sentences", find_sentences(told), Note.CAPPED)
    _add_sentences(opening, f"{path}{inner}lists", find_lists(told), Note.UNCOMPARED)


def _class(match: re.Match[str]) -> str:
    opens, low, high, closes = filter(None, match.groups())
    return f"{opens}{low}–{high}{closes}"


def _spelled(content: str) -> str:
    """Take off how a terminal colours words, and how numpy wraps its numbers."""
    return _SCALAR.sub(r"\1", _DRAWN.sub("", content))


def _apart(content: str) -> tuple[list[str], str]:
    """Take the tables of HTML out of a text, as notebooks and knitr leave them in Markdown.

    Shape: they are read as pages, and not once more as lines; what is left has as many lines.
    """
    pages: list[str] = []
    rest: list[str] = []
    begin, done = -1, 0
    for match in _PAGE.finditer(content):
        if match[0].startswith("</"):
            if begin >= 0:
                pages.append(content[begin : match.end()])
                rest += [content[done:begin], "\n" * pages[-1].count("\n")]
                done = match.end()
            begin = -1
        elif begin < 0:
            begin = match.start()
    return pages, "".join([*rest, content[done:]])


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
