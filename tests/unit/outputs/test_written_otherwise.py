"""Rows written in other ways: another decimal sign, other dates, days since a day, packed, listed.

Each with an innocent twin: the same layout with every column moved by some rows of its own.
"""

import base64
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement

from orchestrator.outputs.index import Index
from tests.outputs_world import Cells, Check, index_of, verdicts, without

Rows = Sequence[Sequence[str]]
Way = Callable[[Sequence[str], Rows], tuple[str, str | bytes]]
NAMES = ("age", "sex", "kappa", "lambda", "creatinine", "futime")
START = date(2009, 3, 1)


@pytest.fixture(scope="module")
def people(flchain: Cells) -> Cells:
    """flchain with a date of entry, rows without a gap only."""
    cells = without(flchain, "chapter")
    full = [row for row in zip(*cells.values(), strict=True) if all(row)]
    kept = {name: list(own) for name, own in zip(cells, zip(*full, strict=True), strict=True)}
    random = Random(7)
    days = [(START + timedelta(days=random.randrange(3001))).isoformat() for _ in full]
    return {**kept, "entry": days}


@pytest.fixture(scope="module")
def dated(people: Cells) -> Index:
    """Its index."""
    return index_of("dated", people)


def _rows(people: Cells, names: Sequence[str], many: int, moved: int = 0) -> Rows:
    """Some rows; moved, each column begins elsewhere, so that a row is nobody's."""
    columns = [people[name][400 + turn * moved : 400 + turn * moved + many]
               for turn, name in enumerate(names)]  # fmt: skip
    return [*zip(*columns, strict=True)]


def _semicolons(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    lines = [";".join(names), *(";".join(row).replace(".", ",") for row in rows)]
    return "t.csv", "\n".join(lines) + "\n"


def _folded(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """As R prints a frame that is wider than its page, typed and answered."""
    told = ["> print(frame)"]
    for start in (0, 3):
        own = [[name, *(row[start + at] for row in rows)]
               for at, name in enumerate(names[start : start + 3])]  # fmt: skip
        wide = [max(map(len, column)) for column in own]
        first = ["", *(str(at) for at in range(1, len(rows) + 1))]
        told += [" ".join([mark.ljust(2), *(column[line].rjust(size)
                           for column, size in zip(own, wide, strict=True))])
                 for line, mark in enumerate(first)]  # fmt: skip
    return "t.txt", "\n".join([*told, "> "]) + "\n"


def _printed(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """As R prints a frame where numbers have a decimal comma, below a title."""
    cells = [("", *names), *((str(at), *row) for at, row in enumerate(rows, 1))]
    told = [f"{number:<3}" + "".join(f"{cell.replace('.', ','):>12}" for cell in row)
            for number, *row in cells]  # fmt: skip
    return "t.txt", "\n".join(["# Table 1", *told]) + "\n"


def _inserted(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """As a database dumps a table: each value in quotes, and more words than numbers."""
    quoted = [[f"'{cell}'" for cell in (*row, *["kept"] * 7)] for row in rows]
    told = [f"INSERT INTO cohort VALUES ({', '.join(row)});" for row in quoted]
    return "t.sql", "\n".join([f"CREATE TABLE cohort ({' text, '.join(names)} text);", *told])


def _packed(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    records = [";".join(f"{name}={cell}" for name, cell in zip(names, row, strict=True))
               for row in rows]  # fmt: skip
    half = len(records) // 2
    body = [f"{at},{'|'.join(own)}" for at, own in enumerate([records[:half], records[half:]])]
    return "t.csv", "\n".join(["site,data", *body]) + "\n"


def _in_json(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    told = "\n".join([",".join(names), *map(",".join, rows)]) + "\n"
    return "t.json", json.dumps({"n": 9000, "sum": base64.b64encode(told.encode()).decode()})


def _nested(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    """Each person an object of objects and lists."""
    told = [{"who": {names[0]: row[0], names[1]: row[1]}, "chains": list(row[2:4]),
             "more": {"at": {names[4]: row[4]}, "to": row[5]}} for row in rows]  # fmt: skip
    return "t.json", json.dumps(told)


def _squeezed(names: Sequence[str], rows: Rows) -> tuple[str, str]:
    told = "\n".join([",".join(names), *map(",".join, rows)]) + "\n"
    data = gzip.compress(told.encode(), mtime=0)
    return "t.txt", f"checksum {base64.urlsafe_b64encode(data).decode()}\n"


WAYS: dict[str, Way] = {
    "decimal commas": _semicolons,
    "folded by R": _folded,
    "nested in json": _nested,
    "printed with decimal commas": _printed,
    "inserted": _inserted,
    "packed by two marks": _packed,
    "digits in a value of JSON": _in_json,
    "an archive in digits": _squeezed,
    "listing": lambda names, rows: ("t.lst", _folded(names, rows)[1]),
    "README": lambda names, rows: ("README", "\n".join(map(",".join, [names, *rows])) + "\n"),
}


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_found_however_they_are_written(
    check: Check, dated: Index, people: Cells, way: str
) -> None:
    """Twelve people are; rows of nobody in the same layout are not."""
    name, data = WAYS[way](NAMES, _rows(people, NAMES, 12))
    assert verdicts(check(name, data, dated))["O19"] == "block"
    name, data = WAYS[way](NAMES, _rows(people, NAMES, 12, moved=97))
    told = verdicts(check(name, data, dated))
    assert (told["O19"], told["O29"]) == ("pass", "pass")


DATES: dict[str, Callable[[date], str]] = {
    "day first": lambda own: f"{own.day:02d}.{own.month:02d}.{own.year}",
    "letters": lambda own: own.strftime("%d%b%Y").upper(),
    "midnight": lambda own: f"{own.isoformat()} 00:00:00",
    "days since a day": lambda own: str((own - date(2004, 6, 9)).days),
}


@pytest.mark.parametrize("way", DATES)
def test_dates_are_found_however_they_are_written(
    check: Check, dated: Index, people: Cells, way: str
) -> None:
    """A date and a time of follow-up tell who it is; dates of others beside it do not."""
    names = ("entry", "futime", "sex")
    for moved, wanted in ((0, "block"), (97, "pass")):
        rows = [(DATES[way](date.fromisoformat(day)), *rest)
                for day, *rest in _rows(people, names, 30, moved)]  # fmt: skip
        body = "\n".join(map(",".join, [("when", "t", "s"), *rows])) + "\n"
        assert verdicts(check("t.csv", body, dated))["O19"] == wanted


SHORT: dict[str, Callable[[str], str]] = {
    "a hash cut short": lambda own: hashlib.sha256(own.encode()).hexdigest()[:12],
    "without its first letter": lambda own: own[1:],
    "with a mark inside": lambda own: f"{own[:4]}-{own[4:]}",
}


@pytest.mark.parametrize("way", SHORT)
def test_identifiers_cut_short_are_found_by_the_column(
    check: Check, dated: Index, people: Cells, way: str
) -> None:
    """A column of them is; the same of other names, and one among others, are not."""
    own = [SHORT[way](text) for text in people["person"][50:70]]
    others = [SHORT[way](f"P{at * 7919 % 1000003:06d}Y") for at in range(9000, 9020)]
    for cells, wanted in ((own, "block"), (others, "pass"), ([own[0], *others], "pass")):
        body = "case,samples\n" + "".join(f"{cell},{at + 30}\n" for at, cell in enumerate(cells))
        assert verdicts(check("t.csv", body, dated))["O22"] == wanted


def test_a_person_in_a_sentence_of_any_length(check: Check, dated: Index, people: Cells) -> None:
    """Among a hundred words without an end; the numbers of several people are nobody."""
    before, after = "and so we went on to say that " * 6, " as was said before by all of us" * 7
    for moved, wanted in ((0, "flag"), (97, "pass")):
        (row,) = _rows(people, NAMES, 1, moved)
        case = "a {1} of {0} with kappa {2}, lambda {3}, creatinine {4}, for {5} days"
        told = f"We saw {before}{case.format(*row)}{after}.\n"
        assert len(told.split()) > 90
        assert verdicts(check("t.md", told, dated))["O19"] == wanted


def test_a_person_in_a_list_of_numbers(check: Check, dated: Index, people: Cells) -> None:
    """After others and before others; a list of cells is told as compared, and is nobody."""
    names = ("age", "sample.yr", "kappa", "lambda", "flc.grp", "creatinine", "futime")
    others = [str(5000 + 37 * at) for at in range(9)]
    for moved, wanted in ((0, "flag"), (97, "pass")):
        (row,) = _rows(people, names, 1, moved)
        told = verdicts(check("t.txt", " ".join([*others, *row, *others]) + "\n", dated))
        assert told["O19"] == wanted


def test_more_lists_than_are_compared_are_said(check: Check, dated: Index) -> None:
    """They are mostly cells of tables: the file is not held, and the report says what was left."""
    many = "\n".join(str(100_000 + 7 * at) for at in range(3000)) + "\n"
    report = check("t.txt", many, dated)
    assert "not compared with the source" in report.coverage.statement
    assert verdicts(report)["O29"] == "pass"
    few = check("t.txt", "\n".join(many.splitlines()[:40]) + "\n", dated)
    assert "not compared" not in few.coverage.statement


GENOTYPES = "rs1801133,rs4880,rs1695,rs2032582\n0,1,2,0\n1,1,0,2\n0,0,2,1\n2,1,0,0\n"


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (GENOTYPES, "block"),
        ("id," + GENOTYPES.replace("\n", "\nx,", 4).removesuffix("x,"), "block"),
        ("snp,a,b,c\nrs1801133,A/G,G/G,A/A\nrs4880,C/T,C/C,T/T\nrs1695,A/A,A/G,G/G\n", "block"),
        ("rs1801133,rs4880,rs1695\n0.02,1.97,0.99\n1.01,0.04,0.5\n0.1,0.2,1.8\n", "block"),
        ("snp,control,case\nrs1801133,812,640\nrs4880,1204,990\nrs1695,655,480\n", "pass"),
        ("group,rs1801133,rs4880,rs1695\na,0.31,0.44,0.12\nb,0.29,0.41,0.10\nc,0.3,0.4,0.1\n",
         "pass"),
        ("q1,q2,q3,q4\n0,1,2,0\n1,1,0,2\n0,0,2,1\n2,1,0,0\n", "pass"),
    ],
)  # fmt: skip
def test_tables_of_genotypes(check: Check, dated: Index, body: str, wanted: str) -> None:
    """Persons in rows or columns, calls or doses; counts and frequencies of alleles may leave."""
    assert verdicts(check("t.csv", body, dated))["O33"] == wanted


def test_the_line_of_a_printed_frame_counts_nobody(check: Check, dated: Index) -> None:
    """`3   men` is the third line; `3 men` are three men, also in such a line's text."""
    frame = (
        "> res\n         term   OR\n1  age over 65 1.88\n2    stage III 2.16\n3          men 0.95\n"
    )
    assert verdicts(check("t.txt", frame, dated))["O01"] == "pass"
    assert verdicts(check("t.txt", "There were\n3 men\nin it.\n", dated))["O01"] == "flag"


def test_names_with_blanks_above_numbers_that_end_below_them(check: Check, dated: Index) -> None:
    """A survival table as R prints it; a small count in it is seen."""
    lines = ["  year at risk events survival", "1    0    2712    831    1.000",
             "2    1    1881    501    0.694", "3    2    1239    {:>3}    0.502"]  # fmt: skip
    for events, wanted in (("300", "pass"), ("3", "block")):
        told = check("t.txt", "\n".join(lines).format(events) + "\n", dated)
        assert verdicts(told)["O16"] in {wanted, "flag"}, told.findings
        assert (verdicts(told)["O01"] == "pass") is (wanted == "pass")


def _tabbed(paragraph: Any, row: Sequence[str]) -> None:
    run = paragraph.add_run(row[0])
    for cell in row[1:]:
        run.add_tab()
        run.add_text(cell)


def _deleted(paragraph: Any, row: Sequence[str]) -> None:
    gone, run, text = (OxmlElement(name) for name in ("w:del", "w:r", "w:delText"))
    text.text = " | ".join(row)
    run.append(text)
    gone.append(run)
    paragraph._p.append(gone)


@pytest.mark.parametrize("way", [_tabbed, _deleted])
def test_words_that_a_document_parts_by_an_element(
    check: Check, dated: Index, people: Cells, way: Callable[[Any, Sequence[str]], None]
) -> None:
    """Tabs between values, and deleted lines one behind the other in a paragraph."""
    for moved, wanted in ((0, "block"), (97, "pass")):
        made = docx.Document()
        paragraph = made.add_paragraph("The table shows all.")
        for row in _rows(people, NAMES, 6, moved):
            way(paragraph if way is _deleted else made.add_paragraph(), row)
        out = io.BytesIO()
        made.save(out)
        assert verdicts(check("t.docx", out.getvalue(), dated))["O19"] == wanted
