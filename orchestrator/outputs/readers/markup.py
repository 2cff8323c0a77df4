"""HTML of a notebook's output: tables as tables, all text and attributes as text, pictures opened.

Nothing is rendered or run. Script, frames, embedded objects and drawings are noted as active: what
they hold was not read as data, so the part is could-not-check.
"""

import base64
import binascii
from collections.abc import Sequence
from html.parser import HTMLParser

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import png
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable

_ACTIVE = frozenset(
    {"script", "iframe", "object", "embed", "applet", "svg", "math", "canvas", "form", "template"}
)
_CELLS = frozenset({"td", "th"})
_SILENT = frozenset({"style", "class", "border", "width", "height", "align", "scope"})


class _Collector(HTMLParser):
    """Collect tables, text, attributes and embedded pictures in document order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tables: list[list[tuple[list[str], bool]]] = []
        self.pictures: list[str] = []
        self.active = 0
        self._open: list[list[tuple[list[str], bool]]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.active += tag in _ACTIVE or any(name.startswith("on") for name, _ in attrs)
        for name, value in attrs:
            if value and value.startswith("data:"):
                self.pictures.append(value)
            elif value and name not in _SILENT:
                self.words.append(f"{name}={value}")
        if tag == "table":
            self._open.append([])
        elif tag == "tr" and self._open:
            self._close_cell()
            self._open[-1].append(([], True))
        elif tag in _CELLS and self._open:
            self._open_cell(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in _CELLS:
            self._close_cell()
        elif tag == "table" and self._open:
            self._close_cell()
            self.tables.append(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        if data.strip():
            self.words.append(data.strip())

    def handle_comment(self, data: str) -> None:
        self.words.append(data)

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
        if not self._open[-1]:
            self._open[-1].append(([], True))
        cells, header = self._open[-1][-1]
        self._open[-1][-1] = (cells, header and tag == "th")
        span = attributes.get("colspan") or "1"
        cells += [""] * (min(int(span), 1000) - 1 if span.isdecimal() else 0)
        self._cell = []

    def _close_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1]:
            self._open[-1][-1][0].append(" ".join("".join(self._cell).split()))
        self._cell = None


def add(opening: Opening, path: str, content: str) -> None:
    """Add the text, tables and pictures of a piece of HTML below a path."""
    collector = _Collector()
    collector.feed(content)
    collector.finish()
    notes = [Observation(Note.ACTIVE, count=collector.active)] if collector.active else []
    opening.text(path, "\n".join(collector.words), notes=notes)
    for number, rows in enumerate(collector.tables, 1):
        _add_table(opening, opening.free(f"{path}/tables/{number}"), rows)
    for number, link in enumerate(collector.pictures, 1):
        _add_picture(opening, opening.free(f"{path}/pictures/{number}"), link)


def _add_table(opening: Opening, path: str, rows: Sequence[tuple[list[str], bool]]) -> None:
    filled = [(cells, header) for cells, header in rows if cells]
    heads = [cells for cells, header in filled if header]
    body = [cells for cells, header in filled if not header]
    width = max((len(cells) for cells, _ in filled), default=0)
    if not width:
        return
    columns = _names(heads, width)
    padded = [[""] * (width - len(cells)) + cells for cells in body]
    opening.table(path, columns, padded, header=bool(heads))
    unpack(opening, path, columns, padded)


def _names(heads: Sequence[list[str]], width: int) -> list[str]:
    """Join stacked header rows column by column, shorter ones to the right."""
    if not heads:
        return [f"column {index}" for index in range(1, width + 1)]
    stacked = [[""] * (width - len(cells)) + cells for cells in heads]
    return [" ".join(name for name in column if name) for column in zip(*stacked, strict=True)]


def _add_picture(opening: Opening, path: str, link: str) -> None:
    head, _, body = link.partition(",")
    if head != "data:image/png;base64":
        opening.unknown(path, link.encode(errors="replace"), Note.UNKNOWN_TYPE)
        return
    add_png(opening, path, body)


def add_png(opening: Opening, path: str, encoded: str) -> None:
    """Add a picture given in base64; what is not base64 or not a PNG becomes an unknown part."""
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        opening.unknown(path, encoded.encode(errors="replace"), Note.NOT_BASE64)
        return
    try:
        png.read(opening, path, data)
    except Unreadable as stop:
        opening.unknown(path, data, stop.note, stop.at)
