"""JSON: strictly parsed, every value spelled out as text, and every table in it as a table.

Tables are arrays of objects (what these nest in cells of their own), arrays of arrays, arrays of
plain values, objects of columns (as data frames are written), objects that name columns and rows
apart (pandas' `split`), and objects of plain values (one row). Numbers keep the digits as written.
"""

import json
import re
from collections.abc import Mapping, Sequence

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers import typed_arrays
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.delimited import is_number, unpack
from orchestrator.outputs.readers.encoded import find_encoded
from orchestrator.outputs.readers.opening import Opening, Unreadable

_SPLIT = frozenset({"columns", "index", "data"})
_SEVERAL = 4
"""Fewer records may each be a thing of its own: the traces of a plot."""
_SHORT = 8
"""Units: values; a longer list is a column of its own, and no field of a record."""
_BOXES = re.compile(r"box[ _-]?(?:plot|-and-|\")", re.IGNORECASE)
_FIVE = ("min", "q1", "median", "q3", "max")
_OF_WHAT = frozenset(
    ["number", "size", "total", "count", "current", "successful", "skipped", "failed", "major",
     "minor", "patch", "next", "previous"]
)  # fmt: skip
"""Keys that say nothing alone: the number of a page, or of women."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\Z|(?:rgb|hsl)a?\([\d., %]{5,40}\)\Z")
_SHARE = re.compile(r"(?:[01]|[01]?\.\d{1,20})(?:e-\d{1,2})?\Z")
_DEEPEST = 60
_CELL = 200
"""Units: characters; a longer text is looked at by itself."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_ .-]{0,39}\Z")

Scalar = None | bool | str
Value = Scalar | list["Value"] | dict[str, "Value"]
"""JSON with numbers as text."""


class _Repeated(ValueError):
    """An object has a key twice: one reader would see what another does not."""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a JSON file.

    Errors: Unreadable for text that is not JSON, for repeated keys, and for a notebook that does
    not say so by its name.
    """
    decoded = decode(data, "json")
    value = load(decoded.content)
    if isinstance(value, dict) and "cells" in value and "nbformat" in value:
        raise Unreadable(Note.TYPE_DISAGREES)
    opening.text(path, spell(value), notes=decoded.notes, size=len(data), spans=decoded.spans)
    walk(opening, path, value, opening.caps.depth * 10)


def read_lines(opening: Opening, path: str, data: bytes) -> None:
    """Read a file with one JSON value a line, as one list.

    Errors: Unreadable (NOT_JSON) at the first line that is none.
    """
    decoded = decode(data, "json lines")
    values: list[Value] = []
    for number, line in enumerate(decoded.content.splitlines(), 1):
        if line.strip():
            try:
                values.append(load(line))
            except Unreadable as stop:
                raise Unreadable(stop.note, number) from stop
    opening.text(path, spell(values), notes=decoded.notes, size=len(data), spans=decoded.spans)
    walk(opening, path, values, opening.caps.depth * 10)


def load(content: str) -> Value:
    """Parse JSON text strictly, numbers kept as text. Errors: Unreadable."""
    try:
        value: Value = json.loads(
            content,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=_unique,
        )
    except _Repeated as error:
        raise Unreadable(Note.DUPLICATE_KEYS) from error
    except json.JSONDecodeError as error:
        raise Unreadable(Note.NOT_JSON, error.lineno) from error
    except RecursionError as error:
        raise Unreadable(Note.TOO_DEEP) from error
    return value


def spell(value: Value) -> str:
    """Write a value as text with nothing escaped that could be read."""
    return json.dumps(value, ensure_ascii=False, indent=1)


def add_value(opening: Opening, path: str, content: str) -> bool:
    """Add the tables of a text that is JSON; say whether it was."""
    try:
        value = load(content)
    except Unreadable:
        return False
    opening.text(opening.free(path), spell(value))
    walk(opening, path, value, opening.caps.depth * 10)
    return True


def add_lines(opening: Opening, path: str, content: str) -> bool:
    """Add the table of a text with one JSON value a line; say whether it was."""
    try:
        values = [load(line) for line in content.splitlines() if line.strip()]
    except Unreadable:
        return False
    opening.text(opening.free(path), spell(values))
    walk(opening, path, values, opening.caps.depth * 10)
    return True


def walk(opening: Opening, path: str, value: Value, depth: int, *, single: bool = True) -> None:
    """Add every table inside a JSON value as a virtual file at its JSON path.

    Shape: without `single` an object of plain values alone is no row of a table.
    """
    value = _without_colours(value, _DEEPEST)
    boxes = _BOXES.search(spell(value)) is not None
    pending: list[tuple[str, str, Value, int]] = [(path, "value", value, depth)]
    while pending:
        where, name, here, left = pending.pop()
        here = typed_arrays.opened(opening, here)
        if left <= 0:
            opening.unknown(opening.free(where), spell(here).encode(), Note.TOO_DEEP)
            continue
        table = _table(here, name)
        if table is not None and (single or len(table[1]) > 1):
            names, rows = table
            _add(opening, where, _ends(names, rows) if boxes else names, rows)
        for key, text in _texts(here, several=True):
            opening.inner(_step(where, key), text.encode(errors="replace"), kind="text")
        for key, text in _texts(here, several=False):
            inner = _spelled_in(text)
            pending += (
                [] if inner is None else [(_step(where, key), _own_name(key), inner, left - 1)]
            )
            for extension, data in find_encoded(text):
                opening.inner(f"{_step(where, key)}/encoded.{extension}", data)
        objects = here if isinstance(here, list) else [] if _is_framed(here) else [here]
        for one in objects:
            for columns in _alike(one):
                _add(opening, where, *columns)
        pending += [(_step(where, key), _own_name(key), item, left - 1)
                    for key, item in _inside(here)]  # fmt: skip


def _without_colours(value: Value, left: int) -> Value:
    """Leave out scales of colours, each a share of the way and its colour: they are no data."""
    if isinstance(value, dict) and left:
        return {key: _without_colours(item, left - 1) for key, item in value.items()}
    if not isinstance(value, list) or not left:
        return value
    if _is_scale(value):
        return []
    return [_without_colours(item, left - 1) for item in value]


def _is_scale(listed: Sequence[Value]) -> bool:
    """Say whether shares rise from 0 to 1, each with a colour."""
    pairs = [one for one in listed if isinstance(one, list) and len(one) == 2]
    shares = [float(str(share)) for share, _ in pairs if _SHARE.match(str(share))]
    coloured = all(isinstance(own, str) and _COLOUR.match(own) for _, own in pairs)
    told = len(shares) == len(listed) > 1 and coloured
    return told and shares == sorted(shares) and (shares[0], shares[-1]) == (0, 1)


def _ends(columns: list[str], rows: list[list[str]]) -> list[str]:
    """Name the five numbers of each box of a plot, which stand in a row, or below each other.

    Shape: five that never fall, in each row; names that say something stay.
    Source: `boxplot` of ECharts and Highcharts, `boxplot.stats` of R.
    """
    if len(columns) != len(_FIVE) or not all(name.startswith("column ") for name in columns):
        return columns
    numbers = [[float(cell) for cell in row if is_number(cell)] for row in rows]
    rise = all(len(row) == len(_FIVE) and row == sorted(row) for row in numbers)
    return list(_FIVE) if rise else columns


def _texts(value: Value, *, several: bool) -> list[tuple[str, str]]:
    """List texts of several lines and tables of a page, or the others: files may stand in each."""
    items = value.items() if isinstance(value, dict) else (
        ((str(at), item) for at, item in enumerate(value)) if isinstance(value, list) else ()
    )  # fmt: skip
    return [(_name(key, at), item) for at, (key, item) in enumerate(items)
            if isinstance(item, str) and _is_file(item) is several]  # fmt: skip


def _is_file(text: str) -> bool:
    return text.count("\n") > 1 or "<table" in text


def _spelled_in(text: str) -> Value:
    """Read a text that is JSON itself, as widgets and charts keep their data; None where not."""
    if text.lstrip()[:1] not in {"[", "{"}:
        return None
    try:
        return load(text)
    except Unreadable:
        return None


def _own_name(step: str) -> str:
    """Name the only column of a list by the key that leads to it."""
    key = step.rpartition("/")[2]
    return "value" if key.isdecimal() or key.startswith("#") else key


def _is_framed(value: Value) -> bool:
    return isinstance(value, dict) and (_is_frame(value) or _split(value) is not None)


def _alike(value: Value) -> list[tuple[list[str], list[list[str]]]]:
    """Put lists of one length that lie in one object side by side, as plots keep their columns.

    Shape: a list of short lists, as plots keep what a mark shows when pointed at, is some columns.
    """
    if not isinstance(value, dict):
        return []
    lists: dict[str, list[Value]] = {}
    for key, item in value.items():
        if isinstance(item, list) and _is_plain(item):
            lists[key] = item
        elif isinstance(item, list) and _is_matrix(item):
            lines = [line for line in item if isinstance(line, list)]
            if len({len(line) for line in lines}) == 1 and len(lines[0]) <= _SHORT < len(lines):
                columns = zip(*lines, strict=True)
                lists |= {f"{key}.{at}": [*column] for at, column in enumerate(columns, 1)}
    found: list[tuple[list[str], list[list[str]]]] = []
    for size in {len(item) for item in lists.values() if len(item) > 1}:
        alike = {key: item for key, item in lists.items() if len(item) == size}
        if len(alike) > 1:
            rows = [[_cell(cell) for cell in row] for row in zip(*alike.values(), strict=True)]
            found.append((list(alike), rows))
    return found


def _add(opening: Opening, where: str, columns: list[str], rows: list[list[str]]) -> None:
    own = opening.free(where if "!/" in where else f"{where}!/")
    opening.table(own, columns, rows)
    unpack(opening, own, columns, rows)


def _step(where: str, key: str) -> str:
    return f"{where}{'/' if '!/' in where else '!/'}{key}"


def _inside(value: Value) -> list[tuple[str, Value]]:
    """List what a table of this value does not show by itself, with the step that leads there."""
    found: list[tuple[str, Value]] = []
    if isinstance(value, dict) and not _is_frame(value):
        shown = _SPLIT if _split(value) is not None else ()
        found = [(_name(key, at), item) for at, (key, item) in enumerate(value.items())
                 if key not in shown]  # fmt: skip
    elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
        items = [item for item in value if isinstance(item, dict)]
        several = _several(items)
        found = [
            (f"{index}/{_name(key, at)}", inner)
            for index, item in enumerate(items)
            for at, (key, inner) in enumerate(item.items())
            if key not in several
        ]
        found += [(_name(key, at), own) for at, (key, own) in enumerate(several.items())]
    elif isinstance(value, list) and not _is_matrix(value):
        found = [(str(index), item) for index, item in enumerate(value)]
    return [(step, item) for step, item in found if isinstance(item, list | dict)]


def _several(items: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    """Gather what each record has below the same name: `left` and `right` are people of their own.

    Shape: only records of plain cells, in which no file can stand.
    """
    if len(items) < _SEVERAL:
        return {}
    keys = dict.fromkeys(key for item in items for key in item)
    own = {key: [item[key] for item in items if key in item] for key in keys}
    return {key: [*records] for key, records in own.items() if all(map(_is_cells, records))}


def _is_cells(value: Value) -> bool:
    return isinstance(value, dict) and all(
        cell is None or isinstance(cell, bool) or (isinstance(cell, str) and len(cell) < _CELL
        and "\n" not in cell)
        for cell in value.values()
    )  # fmt: skip


def _name(key: str, at: int) -> str:
    """Name a step by its key where that is a plain word; a key might be somebody's identifier."""
    return key if _PLAIN.match(key) else f"#{at}"


def _table(value: Value, name: str) -> tuple[list[str], list[list[str]]] | None:
    if isinstance(value, dict):
        return _split(value) or (_frame(value) if _is_frame(value) else _record(value, name))
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(item, dict) for item in value):
        return _objects([item for item in value if isinstance(item, dict)])
    if all(isinstance(item, list) for item in value):
        return _arrays([item for item in value if isinstance(item, list)])
    if all(not isinstance(item, list | dict) for item in value):
        return [name], [[_cell(item)] for item in value]
    return None


def _split(value: Mapping[str, Value]) -> tuple[list[str], list[list[str]]] | None:
    """Read a frame whose names, row names and rows are lists of their own.

    Source: pandas, `DataFrame.to_json(orient="split")`; bokeh and others write the same.
    """
    names, rows, index = value.get("columns"), value.get("data"), value.get("index")
    if not (isinstance(names, list) and isinstance(rows, list) and names and _is_plain(names)):
        return None
    lines = [row for row in rows if isinstance(row, list) and _is_plain(row)]
    if len(lines) != len(rows) or any(len(line) != len(names) for line in lines):
        return None
    heads = [""] if isinstance(index, list) and len(index) == len(lines) else []
    firsts = index if heads and isinstance(index, list) else [None] * len(lines)
    cells = [
        [*([_cell(first)] if heads else []), *map(_cell, line)]
        for first, line in zip(firsts, lines, strict=True)
    ]
    return [*heads, *map(_cell, names)], cells


def _objects(items: Sequence[Mapping[str, Value]]) -> tuple[list[str], list[list[str]]]:
    """Read records, one a row; what is nested in each of several is part of its row."""
    flat = [_flat(item) for item in items] if len(items) >= _SEVERAL else items
    columns = list(dict.fromkeys(key for item in flat for key in item))
    return columns, [[_cell(item.get(column)) for column in columns] for item in flat]


def _flat(item: Mapping[str, Value]) -> dict[str, Value]:
    """Lay out what a record nests: `{"kg": {"now": 7}, "at": [3, "d1"]}` has three cells.

    Shape: names joined by a point, places in a short list counted from 1; other lists stay.
    """
    found: dict[str, Value] = {}
    pending: list[tuple[str, Value]] = list(reversed(list(item.items())))
    while pending:
        key, value = pending.pop()
        if isinstance(value, dict) and value:
            inner = [(f"{key}.{name}", one) for name, one in value.items()]
        elif isinstance(value, list) and 0 < len(value) <= _SHORT and _is_plain(value):
            inner = [(f"{key}.{at}", one) for at, one in enumerate(value, 1)]
        else:
            found[key] = value
            continue
        pending += reversed(inner)
    return found


def _arrays(items: Sequence[Sequence[Value]]) -> tuple[list[str], list[list[str]]] | None:
    """Read lists as rows, or as columns where the first numbers the rows and another is of words.

    Source: `datatable` of R's DT keeps a frame by columns.
    """
    if _are_columns(items):
        items = [[*row] for row in zip(*items, strict=True)]
    width = max(len(item) for item in items)
    if not width:
        return None
    rows = [[_cell(cell) for cell in item] + [""] * (width - len(item)) for item in items]
    return [f"column {index}" for index in range(1, width + 1)], rows


def _are_columns(items: Sequence[Sequence[Value]]) -> bool:
    first, *others = [[_cell(item) for item in own] for own in items]
    numbered = len(first) > 1 and first == [*map(str, range(1, len(first) + 1))]
    return (
        numbered
        and all(len(own) == len(first) for own in others)
        and any(not any(map(is_number, own)) for own in others)
    )


def _record(value: Mapping[str, Value], name: str) -> tuple[list[str], list[list[str]]] | None:
    """Read an object of plain values; what only says how many is named by the key above it."""
    plain = {key: item for key, item in value.items() if not isinstance(item, list | dict)}
    names = [f"{name} {key}" if key.casefold() in _OF_WHAT and name != "value" else key
             for key in plain]  # fmt: skip
    return (names, [[_cell(item) for item in plain.values()]]) if plain else None


def _is_frame(value: Mapping[str, Value]) -> bool:
    """Tell a data frame: every entry a flat list, or every entry a flat object, of one length."""
    items = list(value.values())
    if len(items) < 2 or not all(isinstance(item, list | dict) and item for item in items):
        return False
    sizes = {len(item) for item in items if isinstance(item, list | dict)}
    kinds = {type(item) for item in items}
    return len(sizes) == 1 and len(kinds) == 1 and all(_is_plain(item) for item in items)


def _is_plain(value: Value) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(not isinstance(item, list | dict) for item in inner)


def _is_matrix(value: Sequence[Value]) -> bool:
    return all(isinstance(item, list) and _is_plain(item) for item in value)


def _frame(value: Mapping[str, Value]) -> tuple[list[str], list[list[str]]]:
    columns = list(value)
    if all(isinstance(item, list) for item in value.values()):
        lists = [item for item in value.values() if isinstance(item, list)]
        return columns, [[_cell(cell) for cell in row] for row in zip(*lists, strict=True)]
    objects = [item for item in value.values() if isinstance(item, dict)]
    index = list(dict.fromkeys(key for item in objects for key in item))
    return ["", *columns], [[key, *(_cell(item.get(key)) for item in objects)] for key in index]


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def _unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Repeated
    return value
