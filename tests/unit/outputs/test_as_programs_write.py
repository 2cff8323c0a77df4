"""Rows as programs write them for looking at, for plots and for other programs.

Each with an innocent twin: the same layout with every column moved by some rows of its own.
"""

import base64
import gzip
import io
import json
import re
import struct
from collections.abc import Callable, Sequence

import pyarrow as pa
import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.readers import marks
from tests.outputs_packed import avro, cbor, messagepack, records
from tests.outputs_world import Cells, Check, index_of, verdicts, without
from tests.outputs_writers import WRITERS, dbase, matlab

Rows = Sequence[Sequence[str]]
Way = Callable[[Sequence[str], Rows], tuple[str, str | bytes]]
NAMES = ("age", "sex", "kappa", "lambda", "creatinine", "futime")
NUMBERS = ("age", "kappa", "lambda", "creatinine", "futime")


@pytest.fixture(scope="module")
def people(flchain: Cells) -> Cells:
    """flchain, rows without a gap only."""
    cells = without(flchain, "chapter")
    full = [row for row in zip(*cells.values(), strict=True) if all(row)]
    return {name: list(own) for name, own in zip(cells, zip(*full, strict=True), strict=True)}


@pytest.fixture(scope="module")
def known(people: Cells) -> Index:
    """Its index."""
    return index_of("full", people)


def _rows(people: Cells, names: Sequence[str], many: int, moved: int = 0) -> Rows:
    """Some rows; moved, each column begins elsewhere, so that a row is nobody's."""
    columns = [people[name][400 + turn * moved : 400 + turn * moved + many]
               for turn, name in enumerate(names)]  # fmt: skip
    return [*zip(*columns, strict=True)]


def _columns(names: Sequence[str], rows: Rows) -> dict[str, list[str]]:
    return {name: list(own) for name, own in zip(names, zip(*rows, strict=True), strict=True)}


def _plain(cell: str) -> bool:
    return re.fullmatch(r"-?[\d.]+", cell) is not None


def _quoted(cell: str, mark: str = '"') -> str:
    return cell if _plain(cell) else f"{mark}{cell}{mark}"


def _glimpse(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """As dplyr cuts it at the width of a page."""
    told = [f"$ {name:<10} <{'dbl' if _plain(own[0]) else 'chr'}> "
            + ", ".join(map(_quoted, own)) + ", 7…"
            for name, own in _columns(names, rows).items()]  # fmt: skip
    return "t.txt", "\n".join(["Rows: 7,874", f"Columns: {len(names)}", *told]) + "\n"


def _structure(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """As `str` of R shows a frame: fewer of the texts than of the numbers."""
    told = []
    for name, own in _columns(names, rows).items():
        kind, shown = ("num", own) if _plain(own[0]) else ("chr", own[:4])
        told.append(f" $ {name:<10}: {kind}  {' '.join(map(_quoted, shown))} ...")
    head = f"'data.frame':\t7874 obs. of  {len(names)} variables:"
    return "t.txt", "\n".join([head, *told]) + "\n"


def _tibble(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    kinds = ["<dbl>" if _plain(cell) else "<chr>" for cell in rows[0]]
    cells = [names, kinds, *rows]
    wide = [max(map(len, own)) for own in zip(*cells, strict=True)]
    numbers = ["", "", *(str(at) for at in range(1, len(rows) + 1))]
    told = [f"{mark:>2} " + " ".join(
                cell.ljust(size) if kind == "<chr>" else cell.rjust(size)
                for cell, size, kind in zip(row, wide, kinds, strict=True))
            for mark, row in zip(numbers, cells, strict=True)]  # fmt: skip
    return "t.txt", "\n".join([f"# A tibble: 7,874 × {len(names)}", *told, "# … with more rows\n"])


def _tuples(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """As an engine of a database echoes the parameters of an insert."""
    told = ", ".join(f"({', '.join(_quoted(cell, chr(39)) for cell in row)})" for row in rows)
    return "t.log", f"INFO INSERT INTO c ({', '.join(names)}) VALUES (?)\nINFO [0.0002s] [{told}]\n"


def _page_in_markdown(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    lines = ["<table>", "  <tr>", *(f"    <th>{name}</th>" for name in names), "  </tr>"]
    for row in rows:
        lines += ["  <tr>", *(f"    <td>{cell}</td>" for cell in row), "  </tr>"]
    return "t.md", "\n".join(["# A look", "", *lines, "</table>", "", "text"]) + "\n"


def _packed(own: Sequence[str]) -> bytes:
    return struct.pack(f"<{len(own)}d", *map(float, own))


def _plotly(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    columns = _columns(names, rows)
    x, y, *rest = [
        {"dtype": "f8", "bdata": base64.b64encode(_packed(columns[name])).decode()}
        if name in NUMBERS else columns[name] for name in ("futime", "creatinine")
    ]  # fmt: skip
    shown = [list(row) for row in zip(columns["age"], columns["sex"], columns["kappa"],
                                      columns["lambda"], strict=True)]  # fmt: skip
    trace = {"type": "scatter", "x": x, "y": y, "customdata": shown, "name": "all"}
    return "t.json", json.dumps({"data": [trace, *rest], "layout": {"title": "follow-up"}})


def _bokeh(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    entries: list[list[object]] = []
    for name, own in _columns(names, rows).items():
        data = base64.b64encode(gzip.compress(_packed(own), mtime=0)).decode() if _plain(
            own[0]) else ""  # fmt: skip
        array = {"type": "ndarray", "array": {"type": "bytes", "data": data}, "order": "little",
                 "shape": [len(own)], "dtype": "float64"}  # fmt: skip
        entries.append([name, array if data else list(own)])
    return "t.json", json.dumps({"attributes": {"data": {"type": "map", "entries": entries}}})


def _stream(names: Sequence[str], rows: Rows) -> tuple[str, bytes]:
    table = pa.table(_columns(names, rows))
    into = io.BytesIO()
    with pa.ipc.new_stream(into, table.schema) as writer:
        writer.write_table(table)
    return "t.arrows", into.getvalue()


def _tree(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """As `list.tree` of Hmisc shows a list."""
    told = [f".  {name} = {'double' if _plain(own[0]) else 'character'} 7874= {' '.join(own)} ..."
            for name, own in _columns(names, rows).items()]  # fmt: skip
    return "t.txt", "\n".join([" d = list 6 (90264 bytes)", *told]) + "\n"


def _octave(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """As `save` of Octave writes a matrix under whatever name it is given."""
    numbers = [[cell for cell in row if _plain(cell)] for row in rows]
    head = ["# Created by Octave 7.3.0, Mon Nov 30 04:04:48 2026 UTC <analyst@desk>",
            "# name: sample", "# type: matrix", "# rows: 12", "# columns: 5"]  # fmt: skip
    return "t.mat", "\n".join([*head, *(" " + " ".join(row) for row in numbers), "", ""])


WAYS: dict[str, Way] = {
    "list.tree of Hmisc": _tree,
    "matrix of Octave in text": _octave,
    "Gnumeric": lambda names, rows: ("t.gnumeric", WRITERS["gnumeric"](_columns(names, rows))),
    "Avro": lambda names, rows: ("t.avro", avro(_columns(names, rows))),
    "MessagePack": lambda names, rows: ("t.msgpack", messagepack(records(_columns(names, rows)))),
    "CBOR": lambda names, rows: ("t.cbor", cbor(records(_columns(names, rows)))),
    "glimpse of dplyr": _glimpse,
    "structure of R": _structure,
    "tibble": _tibble,
    "tuples of an insert": _tuples,
    "HTML in Markdown": _page_in_markdown,
    "typed arrays of plotly": _plotly,
    "squeezed arrays of bokeh": _bokeh,
    "a stream of arrow": _stream,
    "dBase": lambda names, rows: ("t.dbf", dbase(_columns(names, rows))),
    "MAT-file": lambda names, rows: ("t.mat", matlab(_columns(names, rows))),
}


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_found_as_programs_write_them(
    check: Check, known: Index, people: Cells, way: str
) -> None:
    """Twelve people are; rows of nobody in the same layout are not."""
    name, data = WAYS[way](NAMES, _rows(people, NAMES, 12))
    report = check(name, data, known)
    assert verdicts(report)["O19"] == "block", verdicts(report)
    name, data = WAYS[way](NAMES, _rows(people, NAMES, 12, moved=97))
    told = verdicts(check(name, data, known))
    assert (told["O19"], told["O29"]) == ("pass", "pass")


def _drawing(points: Sequence[tuple[float, float]], shape: str) -> str:
    """Draw points beside axes as programs do, the numbers a little off their ticks."""
    xs, ys = ([point[axis] for point in points] for axis in (0, 1))
    left, low = min(xs), min(ys)
    wide, high = 300 / (max(xs) - left), 200 / (max(ys) - low)
    told = ["<svg xmlns='http://www.w3.org/2000/svg'>", "<g clip-path='url(#a)'>"]
    for x, y in points:
        at, up = round(40 + (x - left) * wide, 2), round(220 - (y - low) * high, 2)
        told.append(shape.format(x=at, y=up, a=f"{at - 2:.2f}", b=f"{at + 2:.2f}",
                                 c=f"{up - 2:.2f}", d=f"{up + 2:.2f}"))  # fmt: skip
    told.append("</g>")
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = round(left + share * (max(xs) - left)), round(low + share * (max(ys) - low))
        at, up = 40 + (x - left) * wide, 220 - (y - low) * high
        told += [f"<line x1='{at:.2f}' x2='{at:.2f}' y1='220' y2='224'/>",
                 f"<line x1='36' x2='40' y1='{up:.2f}' y2='{up:.2f}'/>",
                 f"<text x='{at:.2f}' y='233' text-anchor='middle'>{x}</text>",
                 f"<text x='30' y='{up + 3.2:.2f}' text-anchor='end'>{y}</text>"]  # fmt: skip
    return "\n".join([*told, "</svg>"])


SHAPES = {
    "circles": "<circle cx='{x}' cy='{y}' r='2'/>",
    "symbols": "<use href='#p' transform='translate({x},{y}) scale(4.5)'/>",
    "matrices": "<path d='M1 0A1 1 0 1 1 1 -0.1' transform='matrix(2,0,0,2,{x},{y})'/>",
    "outlines": "<path d='M {a} {y} L {x} {c} L {b} {y} L {x} {d} Z'/>",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_points_are_read_off_the_ticks_beside_the_numbers(
    check: Check, known: Index, people: Cells, shape: str
) -> None:
    """A hundred people by age and follow-up; the twin pairs each age with another's follow-up."""
    for moved, verdict in ((0, "block"), (131, "pass")):
        rows = _rows(people, ("age", "futime"), 100, moved)
        points = [(float(x), float(y)) for x, y in rows]
        report = check("t.svg", _drawing(points, SHAPES[shape]), known)
        assert verdicts(report)["O19"] == verdict


def test_what_is_read_out_of_a_mark_is_read(check: Check, known: Index, people: Cells) -> None:
    """As vega labels each point for those who cannot see it."""
    for moved, verdict in ((0, "block"), (131, "pass")):
        said = ["; ".join(f"{name}: {cell}" for name, cell in zip(NUMBERS, row, strict=True))
                for row in _rows(people, NUMBERS, 12, moved)]  # fmt: skip
        told = [f"<path aria-label='{one}'/>" for one in said]
        page = f"<svg xmlns='http://www.w3.org/2000/svg'>{''.join(told)}</svg>"
        assert verdicts(check("t.svg", page, known))["O19"] == verdict


def test_positions_become_values_no_finer_than_they_are_printed() -> None:
    """Whole years through a legend's keys; money only to what two decimals of a position tell."""
    scale = marks.fit([(10.0, 20.0), (110.0, 40.0), (210.0, 60.0)])
    assert scale is not None
    years = [10 + 5 * at for at in range(30)]
    assert marks.values([*years, 333.31], scale)[:3] == ["20", "21", "22"]
    sharp = marks.fit([(10.5, 20.0), (110.5, 40.0), (210.5, 60.0)])  # half a unit off its marks
    assert sharp is not None
    assert marks.values(years, sharp)[:3] == ["20", "21", "22"]
    money = marks.fit([(0.0, 0.0), (100.0, 50_000.0)])
    assert money is not None
    assert marks.values([12.34, 56.78], money) == ["6170", "28390"]
    assert marks.steps([12.34, 56.78, 3.21], money) is None


def test_an_axis_is_fitted_to_the_rules_beside_its_numbers() -> None:
    """Numbers that stand off their ticks by different widths lie on no scale; their ticks do."""
    words = [(8.0, 0.0), (56.5, 50.0), (105.0, 100.0)]
    assert marks.fit(words) is not None or marks.beside(words, []) is None
    scale = marks.beside(words, [10.0, 35.0, 60.0, 85.0, 110.0])
    assert scale is not None
    assert round(scale.value(60.0), 6) == 50


def test_pseudonyms_of_drawn_letters_and_digits_are_identifiers(
    check: Check, people: Cells
) -> None:
    """Some of them have no digit; names that differ in length are no such column."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    drawn = ["HC" + "".join(letters[(turn * step + step) % 32] for step in (7, 11, 13, 17, 19, 29))
             for turn in range(1, 33)]  # fmt: skip
    own = {"person": drawn, "age": people["age"][:32], "kappa": people["kappa"][:32]}
    index = index_of("drawn", own)
    bare = next(one for one in drawn if one.isalpha())
    assert verdicts(check("t.py", f"EXCLUDED = ['{bare}']\n", index))["O22"] == "block"
    assert verdicts(check("t.py", "EXCLUDED = ['HCZZZZZZ', 'SUMMARY']\n", index))["O22"] == "pass"
