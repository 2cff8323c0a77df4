r"""RTF: the text in order, rows of cells as tables, pictures as files, and whatever is not shown.

Control words lay the page out; text in groups that only describe it (fonts, styles, the author)
stands on no page and is kept beside. Embedded objects stay unread, and the file is held for them.
Source: Rich Text Format specification 1.9.1 (Microsoft, 2008).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers.delimited import split_header, unpack
from orchestrator.outputs.readers.formats import by_content
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_tables, add_text

_TOKEN = re.compile(
    r"(?P<brace>[{}])|\\(?:(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    r"|'(?P<byte>[0-9a-fA-F]{2})|(?P<sign>[^a-zA-Z]))|(?P<text>[^\\{}\r\n]+)|[\r\n]+"
)
_OFF_PAGE = frozenset(
    [
        "fonttbl",
        "colortbl",
        "stylesheet",
        "listtable",
        "listoverridetable",
        "revtbl",
        "rsidtbl",
        "info",
        "filetbl",
        "xmlnstbl",
        "themedata",
        "colorschememapping",
        "latentstyles",
        "datastore",
        "fldinst",
        "bkmkstart",
        "bkmkend",
    ]
)
_BYTES = frozenset({"pict", "objdata", "blipuid", "themedata", "datastore"})
"""Groups whose text is bytes in hexadecimal digits."""
_BREAKS = {"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "tab": "\t", "emdash": "\u2014",
           "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c",
           "rdblquote": "\u201d", "bullet": "\u2022"}  # fmt: skip
_SIGNS = {"~": "\u00a0", "_": "-", "\n": "\n", "\r": "\n", "\\": "\\", "{": "{", "}": "}"}
_OUTER = 2
"""Groups that are open inside a document: the one that everything stands in, and its own."""
_FEWEST = 16
"""Fewer bytes are an identifier, no picture."""


@dataclass
class _Group:
    """What a pair of braces encloses: where its text belongs, and how many signs replace one."""

    place: str = ""
    skips: int = 1


@dataclass
class _Page:
    """What a document shows and holds besides."""

    shown: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    inner: list[list[str]] = field(default_factory=list)
    hidden: int = 0
    row: list[str] | None = None
    cell: list[str] = field(default_factory=list)
    broken: bool = True

    def say(self, text: str, place: str) -> None:
        """Put text where it belongs."""
        if place in _BYTES:
            self.inner[-1].append(text)
        elif place:
            self.beside.append(text)
        elif self.row is not None:
            self.cell.append(" " if text == "\n" else text)
        else:
            self.shown.append(text)
            self.outside.append(text)
            self.broken = self.broken or bool(text.strip())

    def end_cell(self) -> None:
        """Finish a cell."""
        if self.row is None:
            self.row = []
        self.row.append(" ".join("".join(self.cell).split()))
        self.cell = []

    def end_row(self) -> None:
        """Finish a row: the next one of a table, or the first where text stood before it."""
        if self.row:
            if self.broken:
                self.tables.append([])
            self.tables[-1].append(self.row)
            self.shown.append("\t".join(self.row) + "\n")
            self.outside.append("\n\n" if self.broken else "")
            self.broken = False
        self.row = None
        self.say("".join(self.cell), "")
        self.cell = []


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a document. Errors: Unreadable for raw bytes inside it (`bin`)."""
    page, end = _laid_out(data.decode("cp1252", errors="replace"))
    end = len(data) if not data[end:].strip(b"\r\n \0") else end
    notes = [Observation(Note.HIDDEN, count=page.hidden)] if page.hidden else []
    opening.text(path, "".join(page.shown), notes=notes, size=len(data),
                 spans=[Span(0, end, "rtf")])  # fmt: skip
    for number, rows in enumerate(page.tables, 1):
        width = max(map(len, rows))
        columns, body, header = split_header([row + [""] * (width - len(row)) for row in rows])
        own = opening.free(f"{below(path)}tables/{number}")
        opening.table(own, columns, body, header=header)
        unpack(opening, own, columns, body)
    add_tables(opening, f"{below(path)}running", "".join(page.outside))
    if any(map(str.strip, page.beside)):
        add_text(opening, f"{below(path)}off page", "\n".join(page.beside))
    for number, content in enumerate(_whole_bytes(page.inner), 1):
        opening.inner(f"{below(path)}inside/{number}", content, kind=by_content(content))


def _laid_out(content: str) -> tuple[_Page, int]:
    """Lay a document out; answer where it ends as well: behind its last brace."""
    page, groups, skip = _Page(), [_Group()], 0
    end = len(content)
    for token in _TOKEN.finditer(content):
        if token["brace"] == "{":
            groups.append(_Group(groups[-1].place, groups[-1].skips))
        elif token["brace"]:
            groups = groups[:-1]
            if len(groups) < _OUTER:
                end = token.end()
                break
        elif token["word"]:
            skip = _word(page, groups[-1], token["word"], token["number"])
        elif token["sign"] == "*":
            groups[-1].place = groups[-1].place or "*"
        else:
            text = _text(token)
            page.say(text[skip:], groups[-1].place)
            skip = max(skip - len(text), 0)
    page.end_row()
    return page, end


def _text(token: re.Match[str]) -> str:
    if token["byte"]:
        return bytes.fromhex(token["byte"]).decode("cp1252", errors="replace")
    return _SIGNS.get(token["sign"], "") if token["sign"] else token["text"] or ""


def _word(page: _Page, group: _Group, word: str, number: str | None) -> int:
    """Do what a control word says; answer how many signs behind it only stand in for it."""
    if word == "bin" and int(number or 0):
        raise Unreadable(Note.UNKNOWN_PART)
    if word in _BYTES:
        group.place = word
        page.inner.append([])
    elif word in _OFF_PAGE:
        group.place = word
    elif word == "shppict":
        group.place = ""
    elif word == "v" and number != "0":
        page.hidden += 1
    elif word == "uc":
        group.skips = int(number or 1)
    elif word == "u":
        page.say(chr(int(number or 0) % 65536), group.place)
        return group.skips
    elif word == "trowd":
        page.row = page.row if page.row is not None else []
    elif word in {"cell", "nestcell"}:
        page.end_cell()
    elif word in {"row", "nestrow"}:
        page.end_row()
    elif word in _BREAKS:
        page.say(_BREAKS[word], group.place)
    return 0


def _whole_bytes(inner: list[list[str]]) -> Iterator[bytes]:
    for digits in inner:
        plain = "".join("".join(digits).split())
        try:
            content = bytes.fromhex(plain)
        except ValueError:
            content = plain.encode(errors="replace")
        if len(content) >= _FEWEST:
            yield content
