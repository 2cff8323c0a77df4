"""XML: a small tree, every text, attribute and comment as text, repeated elements as tables.

No entity is expanded and nothing is fetched: a document with an inner subset is not read at all.
Names are compared without their prefix, so that another prefix hides nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers.delimited import split_header, unpack
from orchestrator.outputs.readers.looks import beside_looks
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_tables

_NOTHING: Mapping[str, str] = MappingProxyType({})
_TABLES = ("table", "tgroup")
_ROWS = ("tr", "row")
_CELLS = ("td", "th", "entry")
_SETTINGS = frozenset(
    ["align", "valign", "colspan", "rowspan", "colname", "namest", "nameend", "morerows", "style",
     "class", "colsep", "rowsep"]
)  # fmt: skip
"""Attributes that say how a cell is set, and nothing about anybody."""
_NODES = 1_500_000
_DEPTH = 200


@dataclass(slots=True)
class Node:
    """One element: name and attributes without prefix, and what it holds in order."""

    name: str
    attributes: Mapping[str, str]
    content: list["Node | str"] = field(default_factory=list)

    def children(self, *names: str) -> list["Node"]:
        """List child elements, all or those of these names."""
        return [
            item
            for item in self.content
            if isinstance(item, Node) and (not names or item.name in names)
        ]

    def every(self, *names: str) -> Iterator["Node"]:
        """Go through all elements of these names below this one, in document order."""
        waiting: list[Node] = list(reversed(self.children()))
        while waiting:
            node = waiting.pop()
            if node.name in names:
                yield node
            waiting += reversed(node.children())

    def text(self, marks: Mapping[str, str] = _NOTHING) -> str:
        """Join all text below; elements of some names begin with a mark, as a tab is one."""
        found: list[str] = []
        waiting: list[Node | str] = [self]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                found.append(item)
            else:
                found.append(marks.get(item.name, ""))
                waiting += reversed(item.content)
        return "".join(found)

    def get(self, name: str, otherwise: str = "") -> str:
        """Give an attribute."""
        return self.attributes.get(name, otherwise)


@dataclass
class Document:
    """A parsed document: its root, comments, instructions and declarations as texts, and which
    element each comment stands in.
    """

    root: Node
    beside: list[str]
    comments: list[tuple[Node, str]] = field(default_factory=list)


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read an XML file. Errors: Unreadable (NOT_XML) with the line where it breaks."""
    add(opening, path, data, parse(data))


def read_model(opening: Opening, path: str, data: bytes) -> None:
    """Read a model that is written as XML. Errors: as for XML."""
    add(opening, path, data, parse(data), [Observation(Note.MODEL)])


def parse(data: bytes) -> Document:
    """Parse without entities, fetching nothing.

    Errors: Unreadable NOT_XML, TOO_DEEP, or CAPPED for too many elements.
    """
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.words
    parser.CommentHandler = builder.comment
    parser.ProcessingInstructionHandler = builder.instruction
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Unreadable(Note.NOT_XML, error.lineno) from error
    if builder.root is None:
        raise Unreadable(Note.NOT_XML)
    return Document(builder.root, builder.beside, builder.comments)


def add(
    opening: Opening,
    path: str,
    data: bytes,
    document: Document,
    notes: Sequence[Observation] = (),
    *,
    tables: bool = True,
) -> None:
    """Add a document as text with all it says, and its repeated elements as tables."""
    spans = [Span(0, len(data), "xml")]
    opening.text(path, spell(document), notes=notes, size=len(data), spans=spans)
    for long in _long_texts(document):
        add_tables(opening, path, long)
    if tables:
        add_records(opening, path, document.root)


def _long_texts(document: Document) -> Iterator[str]:
    """Give texts and comments of several lines: a table may be printed in them."""
    waiting: list[Node | str] = [document.root, *document.beside]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\n" in item.strip():
                yield item
        elif item.name == "style":
            yield beside_looks(item.text())
        else:
            waiting += item.content
            waiting += item.attributes.values()


def spell(document: Document) -> str:
    """Write down every text, attribute and comment once, in order of appearance."""
    found: dict[str, None] = {}
    waiting: list[Node | str] = [document.root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if item.strip():
                found[item.strip()] = None
            continue
        for name, value in item.attributes.items():
            if value:
                found[f"{name}={value}"] = None
        waiting += reversed(item.content)
    found.update(dict.fromkeys(document.beside))
    return "\n".join(found)


def add_records(opening: Opening, path: str, root: Node) -> None:
    """Add each run of like elements as a table: leaves and attributes are its columns."""
    number = 0
    for grid in _grids(root):
        number += 1
        columns, rows, header = split_header(grid)
        if not rows:  # a single row is a row, whatever it says
            columns, rows, header = [f"column {at + 1}" for at in range(len(grid[0]))], grid, False
        own = opening.free(f"{below(path)}records/{number}")
        opening.table(own, columns, rows, header=header)
    root = _beside_cells(root) if number else root
    for parent in (root, *_all(root)):
        counted = Counter(child.name for child in parent.children())
        for name, often in counted.items():
            if often < 2:
                continue
            records = [_record(child) for child in parent.children(name)]
            columns = list(dict.fromkeys(key for record in records for key in record))
            if not columns:
                continue
            number += 1
            own = opening.free(f"{below(path)}records/{number}")
            rows = [[record.get(key, "") for key in columns] for record in records]
            opening.table(own, columns, rows)
            unpack(opening, own, columns, rows)


def _grids(root: Node) -> Iterator[list[list[str]]]:
    """Give the tables of a document: rows of cells, as DocBook and JATS have them from HTML."""
    for table in (root, *root.every(*_TABLES)):
        if table.name not in _TABLES or table.children("tgroup"):
            continue
        grid = [
            [" ".join(cell.text().split()) for cell in row.children(*_CELLS)]
            for row in table.every(*_ROWS)
            if row.children(*_CELLS)
        ]
        width = max(map(len, grid), default=0)
        if width:
            yield [row + [""] * (width - len(row)) for row in grid]


def _beside_cells(node: Node, *, within: bool = False, row: bool = False) -> Node:
    """Copy a tree without what its tables' cells say and how they are set: that stands in grids."""
    cell = row and node.name in _CELLS
    row = within and node.name in _ROWS
    within = within or node.name in _TABLES
    told = {name: value for name, value in node.attributes.items() if name not in _SETTINGS}
    content = [
        item if isinstance(item, str) else _beside_cells(item, within=within, row=row)
        for item in node.content
        if not (cell and isinstance(item, str))
    ]
    return Node(node.name, told if cell else node.attributes, content)


def _all(root: Node) -> Iterator[Node]:
    waiting = list(reversed(root.children()))
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children())


def _record(node: Node) -> dict[str, str]:
    """Flatten one record: attributes, own text, and children that are leaves."""
    record = dict(node.attributes)
    own = "".join(item for item in node.content if isinstance(item, str)).strip()
    if own:
        record[node.name] = own
    seen: Counter[str] = Counter()
    for child in node.children():
        seen[child.name] += 1
        name = child.name if seen[child.name] == 1 else f"{child.name} {seen[child.name]}"
        for key, value in child.attributes.items():
            record[f"{name} {key}"] = value
        if not child.children():
            text = child.text().strip()
            if text:
                record[name] = text
    return record


def local(name: str) -> str:
    """Take the prefix off a name."""
    return name.rpartition(":")[2]


class _Builder:
    """Collects what expat reports."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.beside: list[str] = []
        self.comments: list[tuple[Node, str]] = []
        self._open: list[Node] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _NODES:
            raise Unreadable(Note.CAPPED)
        if len(self._open) >= _DEPTH:
            raise Unreadable(Note.TOO_DEEP)
        node = Node(local(name), self._attributes(attributes) if attributes else _NOTHING)
        if self._open:
            self._open[-1].content.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _name: str) -> None:
        self._open.pop()

    def words(self, text: str) -> None:
        if self._open:
            self._open[-1].content.append(text)

    def comment(self, text: str) -> None:
        self.beside.append(text)
        if self._open:
            self.comments.append((self._open[-1], text))

    def instruction(self, target: str, text: str) -> None:
        self.beside.append(f"{target} {text}")

    def doctype(self, name: str, system: str | None, public: str | None, inner: int) -> None:
        if inner:
            raise Unreadable(Note.ACTIVE)
        self.beside += [word for word in (name, system, public) if word]

    def _attributes(self, attributes: dict[str, str]) -> dict[str, str]:
        """Take prefixes off; two that become one keep theirs."""
        short = {local(name): value for name, value in attributes.items()}
        return short if len(short) == len(attributes) else attributes
