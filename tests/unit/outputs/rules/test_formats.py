"""Rows of people in every format that is read: found, with the rows named; safe twins are not."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.outputs.canon import number
from orchestrator.outputs.index import Index
from orchestrator.outputs.judge import judge
from orchestrator.outputs.model import FileReport, Job, JobFile, Verdict
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import digest_of
from tests.outputs_world import SAID, Cells, Check, csv_of, png, rows_named, without
from tests.outputs_writers import (
    BLOCKED,
    HELD,
    WRITERS,
    drawing,
    hidden_sheet,
    name_of,
    parquet,
    text,
    torch,
    workbook,
    zipped,
)

ROWS = range(100, 160)
ARRAYS = frozenset({"npy", "npz", "safetensors", "onnx", "joblib", "joblib-squeezed"})
"""Ways that hold numbers only."""
PRINTED = frozenset({"html-pre", "ipynb", "log"})
"""Ways that print the row numbers of a frame as a column more."""

DRAWN = frozenset({"ipynb-svg", "xlsx-chart"})
SAFE = {
    "group": ["F", "M", "unknown group"], "people": ["4350", "3524", "1200"],
    "deaths": ["1204", "965", "310"], "mean": ["65.2", "63.1", "64.05"],
}  # fmt: skip


@pytest.fixture(scope="module")
def people(flchain: Cells) -> Cells:
    """Sixty people without their pseudonyms."""
    kept = without(flchain, "person", "chapter")
    return {name: [values[row] for row in ROWS] for name, values in kept.items()}


@pytest.fixture(scope="module")
def as_csv(policy: OutputsPolicy, caps: ReadCaps, people: Cells, source: Index) -> set[int]:
    """The rows that are named where the same table is a plain csv."""
    return named(policy, caps, people, source)


@pytest.fixture(scope="module")
def numbers_as_csv(policy: OutputsPolicy, caps: ReadCaps, people: Cells, source: Index) -> set[int]:
    """The rows that are named by the numbers alone."""
    return named(policy, caps, without(people, "sex"), source)


def named(policy: OutputsPolicy, caps: ReadCaps, cells: Cells, source: Index) -> set[int]:
    """Check a table as csv."""
    data = text(cells).encode()
    file = JobFile("t.csv", digest_of(data), len(data), Path("t.csv"), SAID)
    job = Job("j", "export", (file,), policy.as_json(), policy.digest())
    report = judge(job, [open_bytes("t.csv", data, caps)], [source], policy).files[0]
    return rows_named(report, "O19")


def found(report: FileReport, rule: str) -> set[Verdict]:
    """What one rule's findings come to."""
    return {one.severity for one in report.findings if one.rule == rule}


@pytest.mark.parametrize("kind", sorted(set(WRITERS) - DRAWN))
def test_rows_are_found_in_every_format(
    check: Check,
    people: Cells,
    source: Index,
    as_csv: set[int],
    numbers_as_csv: set[int],
    kind: str,
) -> None:
    """No row that is named in a csv is missed, however the table was packed."""
    report = check(name_of(kind), WRITERS[kind](people), source)
    wanted = numbers_as_csv if kind in ARRAYS else as_csv
    assert len(wanted) > 40
    assert Verdict.BLOCK in found(report, "O19")
    missed = wanted - rows_named(report, "O19")
    assert len(missed) <= (len(wanted) // 8 if kind in PRINTED else 0)


@pytest.mark.parametrize("kind", sorted(set(WRITERS) - DRAWN))
def test_an_aggregate_in_the_same_format_is_read_whole(
    check: Check, source: Index, kind: str
) -> None:
    """Nothing could not be checked, nothing links; a pickle is blocked for being one."""
    report = check(name_of(kind), WRITERS[kind](SAFE), source)
    held = kind in HELD
    assert found(report, "O19") == set()
    assert found(report, "O29") == ({Verdict.COULD_NOT_CHECK} if held else set()), report.findings
    assert (report.coverage.gaps == ()) != held
    assert (report.verdict is Verdict.BLOCK) == (kind in BLOCKED), report.findings


def nested(cells: Cells) -> bytes:
    """Records with an object and a short list in them."""
    names = list(cells)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    return json.dumps(
        [{"a": {name: row[name] for name in names[:2]}, "b": [row[name] for name in names[2:]]}
         for row in rows]
    ).encode()  # fmt: skip


def inserted(cells: Cells) -> bytes:
    """A program that fills a table of a database."""
    lines = [", ".join(f"'{cell}'" for cell in row) for row in zip(*cells.values(), strict=True)]
    return "".join(f"INSERT INTO t VALUES ({line});\n" for line in lines).encode()


def by_columns(cells: Cells) -> bytes:
    """An array whose columns lie behind each other, although the header says rows."""
    numbers = [column for column in cells.values() if number(column[0]) is not None]
    values = [value for column in numbers for cell in column for value in [number(cell) or 0.0]]
    shape = [len(numbers[0]), len(numbers)]
    header = {"x": {"dtype": "F64", "shape": shape, "data_offsets": [0, 8 * len(values)]}}
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + struct.pack(f"<{len(values)}d", *values)


@pytest.mark.parametrize(
    ("path", "write"),
    [("t.json", nested), ("t.sql", inserted), ("t.safetensors", by_columns)],
)
def test_rows_in_other_layouts(
    check: Check, people: Cells, source: Index, path: str, write: Callable[[Cells], bytes]
) -> None:
    """People are named; a table of counts in the same layout is not."""
    assert Verdict.BLOCK in found(check(path, write(people), source), "O19")
    assert not found(check(path, write(SAFE), source), "O19")
    assert Verdict.BLOCK not in found(check(path, write(SAFE), source), "O01")


def test_a_row_in_a_hidden_sheet_is_named_there(
    check: Check, people: Cells, source: Index, as_csv: set[int]
) -> None:
    """The finding says which sheet and which rows, another one that the sheet is hidden."""
    for how in ("hidden", "veryHidden"):
        report = check("book.xlsx", hidden_sheet(people, how), source)
        places = {one.where.path for one in report.findings if one.rule == "O19"}
        assert places == {"book.xlsx!/sheets/Source"}
        assert rows_named(report, "O19") >= as_csv
        hidden = {one.where.path for one in report.findings if one.rule == "O28"}
        assert hidden == {"book.xlsx!/sheets/Source"}


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_the_marks_of_a_scatter_become_values_again(
    check: Check, flchain: Cells, source: Index, kind: str
) -> None:
    """Exactly those of the source, to the last decimal it has; many marks are looked at."""
    two = {name: flchain[name][:300] for name in ("age", "lambda")}
    report = check(f"figure.{kind}", drawing(two, kind), source)
    assert found(report, "O18") == {Verdict.FLAG}
    assert found(report, "O29") == set(), report.findings


def test_values_in_a_chart_cache_are_compared(check: Check, people: Cells, source: Index) -> None:
    """The sheet they came from is not in the file any more."""
    report = check("book.xlsx", WRITERS["xlsx-chart"](people), source)
    assert Verdict.BLOCK in found(report, "O19")
    assert {one.where.path.rpartition("/")[2] for one in report.findings if one.rule == "O19"} == {
        "cache"
    }


HIDDEN: dict[str, Callable[[bytes], tuple[str, bytes]]] = {
    "behind a picture": lambda rows: ("a.png", png() + rows),
    "an archive behind a picture": lambda rows: ("a.png", png() + zipped("d.csv", rows)),
    "before an archive": lambda rows: ("a.zip", rows + zipped("t.csv", b"group,n\na,120\n")),
}


@pytest.mark.parametrize("way", HIDDEN)
def test_bytes_that_belong_to_nothing_are_read_and_held(
    check: Check, people: Cells, source: Index, way: str
) -> None:
    """What they hold is named; something else there is held all the same."""
    for rows, linked in ((csv_of(people, range(40)).encode(), "block"), (b"hello " * 9, "pass")):
        report = check(*HIDDEN[way](rows), source)
        told = {one.rule: one.verdict for one in report.results}
        assert told["O29"] is Verdict.COULD_NOT_CHECK
        assert told["O19"] in {Verdict(linked), Verdict.NOT_APPLICABLE}


@pytest.mark.parametrize(("name", "write"), [("a.csv", workbook), ("notes.txt", parquet)])
def test_what_goes_by_another_name_is_read_and_held(
    check: Check, people: Cells, source: Index, name: str, write: Callable[[Cells], bytes]
) -> None:
    """Rows are named; an aggregate under a wrong name is held without them."""
    few = {column: values[:40] for column, values in people.items()}
    summed = {"group": ["a", "b"], "n": ["120", "130"]}
    for cells, linked in ((few, True), (summed, False)):
        report = check(name, write(cells), source)
        told = {one.rule: one.verdict for one in report.results}
        assert told["O29"] is Verdict.COULD_NOT_CHECK
        assert (told["O19"] is Verdict.BLOCK) is linked


def test_a_torch_file_cannot_leave(check: Check, people: Cells, source: Index) -> None:
    """Its storage is read as an array, and it is a pickle."""
    report = check("model.pt", torch(people), source)
    assert found(report, "O25") == {Verdict.BLOCK}
    assert found(report, "O29") == set()
