"""HTML: tables as tables, all text and attributes as text, scripts' data, drawings and pictures.

Nothing is rendered or run. Values written in scripts become tables, frames inside are read as HTML
again; that there is script at all is noted for people. Source: outputs 4.2 (HTML).
"""

import re
from collections.abc import Sequence
from contextlib import nullcontext
from html.parser import HTMLParser
from itertools import takewhile

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.embedded import (
    add_blobs,
    add_link,
    add_media,
    add_script,
)
from orchestrator.outputs.readers.looks import beside_looks, is_library
from orchestrator.outputs.readers.opening import Opening, below
from orchestrator.outputs.readers.prose import add_tables
from orchestrator.outputs.readers.records import find_arrays
from orchestrator.outputs.readers.typed_arrays import unbase64

_ACTIVE = frozenset({"script", "iframe", "object", "embed", "applet"})
_HIDES = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.0-9])")
_DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL | re.IGNORECASE)
_CELLS = frozenset({"td", "th"})
_WIDE = "\0"
"""The room of a cell that is wider than one column, before its text."""
_MOST_CELLS = 1000
_DATA = 100
"""An attribute of more characters may hold a table."""
_BLOCKS = frozenset(
    ("p", "div", "li", "ul", "ol", "dl", "dt", "br", "section", "article", "header", "footer",
     "h1", "h2", "h3", "h4", "h5", "h6", "figure")
)  # fmt: skip
"""What stands on a line of its own on the page."""
_CELLS_OF_LINES = frozenset({"span", "dd", "b", "strong"})
"""What begins a cell of such a line: a value behind its label."""
_INLINE = frozenset(
    {"a", "b", "i", "em", "strong", "span", "sup", "sub", "u", "mark", "small", "code"}
)
"""What a sentence runs through."""
_OFF_PAGE = frozenset({"style", "title"})
"""Elements whose text stands on no page: it is no row of the text around it."""
_SPACE = re.compile(r"[ \t]+")
_SILENT = frozenset({"style", "class", "border", "width", "height", "align", "scope"})


class _Collector(HTMLParser):
    """Collect tables, text, attributes and embedded pictures in document order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tables: list[list[tuple[list[str], bool]]] = []
        self.pictures: list[str] = []
        self.scripts: list[str] = []
        self.printed: list[str] = []
        self.frames: list[str] = []
        self.off_page: list[str] = []
        self.running: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self._texts = {"script": self.scripts, "pre": self.printed}
        self._texts |= dict.fromkeys(_OFF_PAGE, self.off_page)
        self.inline = False
        self.active = 0
        self.hidden = 0
        self.external = 0
        self._inside = ""
        self._open: list[list[tuple[list[str], bool]]] = []
        self._tall: list[dict[int, int]] = []
        self._ended = False
        self._named = False
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.active += tag in _ACTIVE or any(name.startswith("on") for name, _ in attrs)
        self.hidden += any(
            name == "hidden" or (name == "style" and bool(_HIDES.search(value or "")))
            for name, value in attrs
        )
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        cut = self.running and self._cell is None and tag not in _BLOCKS
        self.inline |= bool(cut and self.running[-1].strip() and tag in _INLINE)
        self._break(tag)
        if tag in self._texts:
            self._inside = tag
            self._texts[tag].append("")
        if tag == "table":
            self._open.append([])
            self._tall.append({})
        elif tag == "tr":
            self._close_cell()
            if not self._open:  # the shell of sqlite leaves the table to its user
                self._open, self._tall = [[]], [{}]
            above = self._open[-1][-1:]
            self._cover()
            self._named = any(header for _, header in above) and any(self._tall[-1].values())
            self._open[-1].append(([], True))
            self._ended = False
        elif tag in _CELLS and self._open:
            self._open_cell(tag, dict(attrs))
        elif self._cell is not None and tag in _BLOCKS:
            self._cell.append("\n")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        """Keep what an attribute says; the library that a page asks for is a script, no link."""
        plain = value.strip().lower()
        self.active += plain.startswith("javascript:")
        outside = name in {"src", "href"} and plain.startswith(("http:", "https:", "//"))
        self.external += outside and not (tag == "script" and "?" not in plain)
        if plain.startswith("data:"):
            self.pictures.append(value.strip())
        elif name == "srcdoc":
            self.frames.append(value)
        elif value and (name not in _SILENT or len(value) > 200):
            self.words.append(f"{name}={value}")
            self.attributes.setdefault(name, []).append(" ".join(value.split()))
            if len(value) > _DATA:
                self.printed.append(value)

    def _break(self, tag: str) -> None:
        """End a line at a block, a cell at a span: rows need no table to look like one."""
        if self._cell is None and (tag in _BLOCKS or tag in _CELLS_OF_LINES):
            mark = "\t" if tag in _CELLS_OF_LINES else "\n"
            if mark == "\t" or self.running[-1:] != [mark]:
                self.running.append(mark)

    def handle_endtag(self, tag: str) -> None:
        self._break(tag if tag not in {*_CELLS_OF_LINES, "dt"} else "")
        if tag == self._inside:
            self._inside = ""
        if tag in _CELLS:
            self._close_cell()
        elif tag == "tr" and self._open:
            self._ended = True
        elif tag == "table" and self._open:
            self._close_cell()
            self._cover()
            self._ended = False
            self._tall.pop()
            self.tables.append(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._texts[self._inside][-1] += data
        if self._inside == "script":
            return
        if self._cell is not None:
            self._cell.append(data.replace("\n", " "))
        elif not self._inside:
            self.running.append(data)
        if data.strip():
            self.words.append(data.strip())

    def handle_comment(self, data: str) -> None:
        self.words.append(data)
        self.printed.append(data)

    def handle_decl(self, decl: str) -> None:
        self.words.append(decl)

    def handle_pi(self, data: str) -> None:
        self.words.append(data)

    def unknown_decl(self, data: str) -> None:
        self.words.append(data)

    def finish(self) -> None:
        """Close what the document left open."""
        self.close()
        self._close_cell()
        self.tables += self._open

    def _open_cell(self, tag: str, attributes: dict[str, str | None]) -> None:
        self._close_cell()
        if not self._open[-1] or self._ended:  # browsers begin a row behind one that ended
            self._ended = False
            self._open[-1].append(([], True))
        cells, header = self._open[-1][-1]
        self._open[-1][-1] = (cells, header and (tag == "th" or self._named))
        self._cover()
        wide, tall = (_extent(attributes.get(name)) for name in ("colspan", "rowspan"))
        for at in range(len(cells), len(cells) + wide if tall > 1 else 0):
            self._tall[-1][at] = tall - 1
        cells += [_WIDE] * (wide - 1)
        self._cell = []

    def _cover(self) -> None:
        """Leave the room of cells that reach down from rows above."""
        cells = self._open[-1][-1][0] if self._open[-1] else []
        while self._tall[-1].get(len(cells)):
            self._tall[-1][len(cells)] -= 1
            cells.append("")

    def _close_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1]:
            lines = (" ".join(line.split()) for line in "".join(self._cell).split("\n"))
            self._open[-1][-1][0].append("\n".join(filter(None, lines)))
        self._cell = None


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read an HTML file. Errors: Unreadable for NUL bytes and undecodable bytes."""
    decoded = decode(data, "html")
    add(opening, path, decoded.content, decoded.notes, len(data), decoded.spans)


def add(
    opening: Opening,
    path: str,
    content: str,
    notes: Sequence[Observation] = (),
    size: int | None = None,
    spans: Sequence[Span] = (),
) -> None:
    """Add the text, tables, drawings, scripts and pictures of a piece of HTML below a path."""
    collector = _Collector()
    collector.feed(content)
    collector.finish()
    counted = ((Note.SCRIPT, collector.active), (Note.HIDDEN, collector.hidden),
               (Note.EXTERNAL, collector.external))  # fmt: skip
    seen = [*notes, *(Observation(note, count=count) for note, count in counted if count)]
    opening.text(path, "\n".join(collector.words), notes=seen, size=size, spans=spans)
    inner = below(path)
    for number, rows in enumerate(collector.tables, 1):
        _add_table(opening, opening.free(f"{inner}tables/{number}"), rows)
    running = "".join(collector.running)
    if collector.inline:
        opening.text(opening.free(f"{inner}sentences"), _SPACE.sub(" ", running))
    add_tables(opening, f"{inner}running", running)
    for number, text in enumerate(collector.off_page, 1):
        add_tables(opening, f"{inner}off page/{number}", beside_looks(text))
    for name, values in collector.attributes.items():
        if len(values) > 1:
            add_tables(opening, f"{inner}attributes/{name}", "\n".join(values))
    for number, text in enumerate(collector.printed, 1):
        add_tables(opening, f"{inner}printed/{number}", text)
    for number, (columns, body) in enumerate(find_arrays("\n".join(collector.printed)), 1):
        opening.table(opening.free(f"{inner}arrays/{number}"), columns, body)
    for number, script in enumerate(filter(str.strip, collector.scripts), 1):
        own = opening.free(f"{inner}scripts/{number}")
        with opening.noting(Note.LIBRARY) if is_library(script) else nullcontext():
            opening.text(own, script)
            add_script(opening, own, script)
    for number, frame in enumerate(collector.frames, 1):
        opening.inner(f"{inner}frames/{number}", frame.encode(errors="replace"), kind="html")
    for number, drawing in enumerate(_DRAWING.findall(content), 1):
        opening.inner(f"{inner}drawings/{number}", _named(drawing).encode(), kind="svg")
    for number, link in enumerate(collector.pictures, 1):
        add_link(opening, f"{inner}pictures/{number}", link)
    add_blobs(opening, path, "\n".join(collector.words))


def _named(drawing: str) -> str:
    """Give a drawing inside HTML the names that XML wants declared."""
    head = drawing[: drawing.find(">")]
    return drawing if "xmlns:xlink" in head or "xlink:" not in drawing else drawing.replace(
        "<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1)  # fmt: skip


def _extent(value: str | None) -> int:
    return min(int(value), _MOST_CELLS) if value and value.isdecimal() and int(value) else 1


def _add_table(opening: Opening, path: str, rows: Sequence[tuple[list[str], bool]]) -> None:
    filled = [(cells, header) for cells, header in rows if cells]
    titles = takewhile(lambda row: not row[1] and {*row[0][:-1]} == {_WIDE}, filled)
    above = sum(1 for _ in titles)  # they stand in the text
    filled = filled[above:] if any(header for _, header in filled[above : above + 1]) else filled
    width = max((len(cells) for cells, _ in filled), default=0)
    if not width:
        return
    heads = [cells for cells, header in filled if header]
    heads = [*map(_spread, heads[:-1]), *map(_narrow, heads[-1:])]
    body = [_titled(cells) for cells, header in filled if not header]
    columns = _names(heads, width)
    padded = [[""] * (width - len(cells)) + cells for cells in body]
    opening.table(path, columns, padded, header=bool(heads))
    unpack(opening, path, columns, padded)


def _spread(cells: Sequence[str]) -> list[str]:
    """Name each column below a wide cell by it; one as wide as the table is a title."""
    named = list(cells)
    for at in range(len(cells) - 2, -1, -1):
        named[at] = named[at + 1] if cells[at] == _WIDE else cells[at]
    return _narrow(cells) if len(set(named)) == 1 else named


def _titled(cells: Sequence[str]) -> list[str]:
    """Stand the text of a row that is one wide cell where rows are named."""
    alone = len(cells) > 1 and {*cells[:-1]} == {_WIDE}
    return [cells[-1], *[""] * (len(cells) - 1)] if alone else _narrow(cells)


def _narrow(cells: Sequence[str]) -> list[str]:
    return ["" if cell == _WIDE else cell for cell in cells]


def _names(heads: Sequence[list[str]], width: int) -> list[str]:
    """Join stacked header rows column by column, shorter ones to the right."""
    if not heads:
        return [f"column {index}" for index in range(1, width + 1)]
    stacked = [[""] * (width - len(cells)) + cells for cells in heads]
    named = (" ".join(name for name in column if name) for column in zip(*stacked, strict=True))
    return [" ".join(name.split("\n")) for name in named]


def add_encoded(opening: Opening, path: str, media: str, encoded: str) -> None:
    """Add bytes given in base64 by their media type; what is no base64 becomes an unknown part."""
    data = unbase64(encoded)
    if data is None:
        raw = encoded.encode(errors="replace")
        opening.unknown(opening.free(path), raw, Note.NOT_BASE64)
    else:
        add_media(opening, path, media, data)
