"""xlsx: the sheets with hidden ones and hidden lines, and everything else the package keeps.

Cells are shown as their values: shared texts resolved, dates by their style. Formulas, comments,
names, validations and headers are in the text of their part, pivot caches are tables again.
Source: outputs 4.2 (xlsx).
"""

import re
from datetime import datetime, timedelta

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import xml
from orchestrator.outputs.readers.office import (
    Package,
    add_grid,
    add_rest,
    add_xml,
    open_package,
    relations,
)
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_tables
from orchestrator.outputs.readers.zips import safe_name

_BOOK = "xl/workbook.xml"
_DATES = frozenset([*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)])
_DATE_CODE = re.compile(r"[ymdhs]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")
_NUMERIC = re.compile(r"[0-9.: ]{1,20}\Z")
_SHORT = re.compile(r"[A-Z]{0,3}[0-9]{1,7}\Z|n\Z|s\Z|b\Z|e\Z|str\Z|inlineStr\Z")
_CELL_KEYS = frozenset({"r", "s", "t"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_ .-]{0,30}[0-9]{0,2}\Z")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's dates have no zone
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a workbook. Errors: Unreadable (TYPE_DISAGREES) for a zip that is none."""
    package = open_package(opening, path, data, _BOOK)
    links = relations(package, _BOOK)
    book = _parsed(package.members.get(_BOOK))
    texts = _shared(package, links)
    dates = _date_styles(package)
    old = book is not None and any(
        node.get("date1904") in {"1", "true"} for node in book.every("workbookPr")
    )
    used: set[int] = set()
    taken: set[str] = set()
    for number, sheet in enumerate(book.every("sheet") if book else (), 1):
        part = links.get(sheet.get("id"), "")
        content = package.members.get(part)
        taken.add(part)
        if content is None:
            continue
        state = sheet.get("state", "visible")
        name = sheet.get("name")
        label = name if _PLAIN.match(name) else f"#{number}"
        notes = (Observation(Note.HIDDEN),) if state != "visible" else ()
        _sheet(opening, package, part, f"sheets/{label}", texts, dates, used, notes, old=old)
    orphans = [name for name in package.members if name.startswith("xl/worksheets/")]
    for name in sorted(one for one in orphans if one.endswith(".xml") and one not in taken):
        notes = (Observation(Note.HIDDEN),)
        _sheet(opening, package, name, "sheets/unlisted", texts, dates, used, notes, old=old)
    _unused(opening, package, texts, used)
    _remarks(opening, package)
    _constants(opening, package, book)
    _pivots(opening, package)
    add_rest(opening, package)


def column_number(letters: str) -> int:
    """Give the number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _sheet(
    opening: Opening,
    package: Package,
    part: str,
    label: str,
    texts: list[str],
    dates: frozenset[int],
    used: set[int],
    notes: tuple[Observation, ...],
    *,
    old: bool,
) -> None:
    """Add one sheet as tables, and the part with everything it says as text."""
    content = package.take(part)
    if content is None:
        return
    own = opening.free(below(package.path) + safe_name(part))
    try:
        document = xml.parse(content)
    except Unreadable as stop:
        opening.unknown(own, content, stop.note, stop.at)
        return
    root = document.root
    grid: dict[int, dict[int, str]] = {}
    hidden_rows = 0
    row_at = 0
    for row in root.every("row"):
        row_at = int(row.get("r") or row_at + 1)
        hidden_rows += row.get("hidden") in {"1", "true"} or row.get("ht") == "0"
        column_at = 0
        cells = grid.setdefault(row_at, {})
        for cell in row.children("c"):
            place = _CELL.match(cell.get("r"))
            column_at = column_number(place[1]) if place else column_at + 1
            cells[column_at] = _value(cell, texts, dates, used, old=old)
    hidden_columns = [
        node
        for node in root.every("col")
        if node.get("hidden") in {"1", "true"} or node.get("width") == "0"
    ]
    count = hidden_rows + len(hidden_columns)
    seen = (*notes, *([Observation(Note.HIDDEN, count=count)] if count else []))
    _prune(root)
    xml.add(opening, own, content, document, tables=False)
    add_grid(opening, f"{below(package.path)}{label}", grid, seen)


def _prune(root: xml.Node) -> None:
    """Take out what the grid shows already, so that the text holds the rest: formulas and more."""
    for row in root.every("row"):
        if all(_NUMERIC.match(value) for value in row.attributes.values()):
            row.attributes = {}
        for cell in row.children("c"):
            plain = all(map(_SHORT.match, cell.attributes.values()))
            if plain and set(cell.attributes) <= _CELL_KEYS:
                cell.attributes = {}
                cell.content = [item for item in cell.content if not _is_value(item)]


def _is_value(item: xml.Node | str) -> bool:
    return isinstance(item, xml.Node) and item.name == "v" and not item.attributes


def _value(
    cell: xml.Node, texts: list[str], dates: frozenset[int], used: set[int], *, old: bool
) -> str:
    kind = cell.get("t", "n")
    value = "".join(node.text() for node in cell.children("v"))
    if kind == "s":
        at = int(value) if value.isdecimal() else -1
        used.add(at)
        return texts[at] if 0 <= at < len(texts) else ""
    if kind == "inlineStr":
        return "".join(node.text() for node in cell.children("is"))
    if kind == "b":
        return {"1": "true", "0": "false"}.get(value, value)
    if kind == "n" and value and int(cell.get("s", "0") or 0) in dates:
        return _date(value, old=old)
    return _plain_number(value) if kind == "n" else value


def _plain_number(value: str) -> str:
    """Write a number as people know it: 0.1, not 0.10000000000000001."""
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def _date(value: str, *, old: bool) -> str:
    try:
        when = (_EPOCH_1904 if old else _EPOCH) + timedelta(days=float(value))
    except (ValueError, OverflowError):
        return value
    when = (when + timedelta(milliseconds=1)).replace(microsecond=0)
    return when.date().isoformat() if not (when.hour or when.minute or when.second) else str(when)


def _shared(package: Package, links: dict[str, str]) -> list[str]:
    named = [name for name in links.values() if name.lower().endswith("sharedstrings.xml")]
    names = named or [name for name in package.members if name.lower() == "xl/sharedstrings.xml"]
    root = _parsed(package.members.get(names[0])) if names else None
    return [_shared_text(item) for item in root.children("si")] if root else []


def _shared_text(item: xml.Node) -> str:
    """Join a shared text's runs; reading aids for it stay in the part's text."""
    runs = [item, *item.children("r")]
    return "".join(node.text() for run in runs for node in run.children("t"))


def _unused(opening: Opening, package: Package, texts: list[str], used: set[int]) -> None:
    left = [text for at, text in enumerate(texts) if at not in used and text]
    if left:
        own = opening.free(f"{below(package.path)}unused_texts")
        notes = [Observation(Note.UNUSED, count=len(left))]
        opening.table(own, ["text"], [[text] for text in left], notes=notes)
        add_tables(opening, own, "\n".join(left))


def _remarks(opening: Opening, package: Package) -> None:
    """Add the tables that comments hold line by line."""
    for name, content in package.members.items():
        if "/comments" in name.lower() or "/threadedcomments" in name.lower():
            root = _parsed(content)
            nodes = list(root.every("comment", "threadedComment")) if root else []
            own = f"{below(package.path)}{safe_name(name)}/lines"
            add_tables(opening, own, "\n".join(" ".join(node.text().split()) for node in nodes))


def _constants(opening: Opening, package: Package, book: xml.Node | None) -> None:
    """Add the tables that the constants of defined names hold, one name a line: `{1,2,"a"}`."""
    lines = [node.text().strip(" ={}") for node in book.every("definedName")] if book else []
    add_tables(opening, f"{below(package.path)}{_BOOK}/names", "\n".join(lines))


def _date_styles(package: Package) -> frozenset[int]:
    root = _parsed(package.members.get("xl/styles.xml"))
    if root is None:
        return frozenset()
    codes = {node.get("numFmtId"): node.get("formatCode") for node in root.every("numFmt")}
    own = {int(key) for key, code in codes.items() if key.isdecimal() and _is_date(code)}
    formats = [node for group in root.children("cellXfs") for node in group.children("xf")]
    return frozenset(
        at
        for at, node in enumerate(formats)
        if int(node.get("numFmtId", "0") or 0) in {*_DATES, *own}
    )


def _is_date(code: str) -> bool:
    return bool(_DATE_CODE.search(_QUOTED.sub("", code)))


def _pivots(opening: Opening, package: Package) -> None:
    """Add the records that a pivot table keeps of its source, indexes resolved."""
    for name, content in package.take_all("xl/pivotCache/pivotCacheDefinition"):
        document = add_xml(opening, package, name, content, Observation(Note.HIDDEN))
        fields = list(document.root.every("cacheField")) if document else []
        records = relations(package, name)
        for part in records.values():
            body = package.members.get(part)
            root = _parsed(body)
            if body is None or root is None or root.name != "pivotCacheRecords":
                continue
            package.take(part)
            rows = [_record(record, fields) for record in root.children("r")]
            columns = [node.get("name") for node in fields]
            width = max([len(columns), *map(len, rows)], default=0)
            columns += [f"column {at}" for at in range(len(columns) + 1, width + 1)]
            padded = [row + [""] * (width - len(row)) for row in rows]
            own = opening.free(below(package.path) + safe_name(part))
            opening.table(own, columns, padded, notes=[Observation(Note.HIDDEN)])
            add_xml(opening, package, f"{part}/text", body, tables=False)


def _record(record: xml.Node, fields: list[xml.Node]) -> list[str]:
    row: list[str] = []
    for at, cell in enumerate(record.children()):
        value = cell.get("v")
        if cell.name == "x" and at < len(fields) and value.isdecimal():
            items = [node for group in fields[at].children("sharedItems")
                     for node in group.children()]  # fmt: skip
            value = items[int(value)].get("v") if int(value) < len(items) else value
        row.append(value)
    return row


def _parsed(content: bytes | None) -> xml.Node | None:
    if content is None:
        return None
    try:
        return xml.parse(content).root
    except Unreadable:
        return None
