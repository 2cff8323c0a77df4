"""What stands around a table says what its numbers are: a log, a style sheet, the name of a sheet.

Each leak stands beside a file of the same make that discloses nothing.
"""

import io
from collections.abc import Mapping, Sequence

import openpyxl
import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Cells, Check, index_of
from tests.unit.outputs.rules.test_tables import loud, table


def page(style: str, title: str, last: str) -> str:
    """A page with a style sheet, and one table of counts."""
    return (
        f"<html><head><title>{title}</title><style>{style}</style></head><body><h1>{title}</h1>"
        "<table><tr><th>risk</th><th>alive</th><th>died</th></tr>"
        f"<tr><td>HR</td><td>40</td><td>60</td></tr><tr><td>SR</td><td>90</td><td>{last}</td></tr>"
        "</table></body></html>"
    )


@pytest.mark.parametrize(
    "style",
    [
        "body{max-width:52em} td{padding:2px 8px}",
        "#T_1,\n#T_2 {\n  min-width: 3px;\n  color: red;\n}\n",
    ],
)
def test_the_looks_of_a_page_are_no_numbers_of_people(check: Check, style: str) -> None:
    """Neither is its title, which stands in front of the heading; its table is read as before."""
    assert loud(check("t.html", page(style, "Figure 1 and its table", "50"))) == {}
    assert loud(check("t.html", page(style, "Figure 1 and its table", "5")))["O01"] == "block"


@pytest.mark.parametrize("hidden", ["/* {} */", "a{{--kept: x;\n{}}}", "{}\n{{color: red}}",
                                    '.p:before{{content:"{}"}}', '.p{{--shown: "{}"}}',
                                    "a{{font-family: '{}'}}"])  # fmt: skip
def test_rows_in_a_style_sheet_are_found(
    check: Check, source: Index, flchain: Cells, hidden: str
) -> None:
    """In a remark, under a name of its own, in place of a selector."""
    names = ("age", "kappa", "lambda", "creatinine", "futime")
    rows = "\n".join(",".join(flchain[name][at] for name in names) for at in range(40, 60))
    style = "body{max-width:52em}\n" + hidden.format(f"\n{rows}\n")
    assert loud(check("t.html", page(style, "Survival", "50"), source))["O19"] == "block"


FRAME = """    risk no relapse relapse Total
1     HR        {0:>3}      28   138
2     MR         35      38    73
3     SR         84      50   134
"""


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("# Children\n", ""),
        ("INFO 345 read where centre = POR\n", "INFO done\n"),
        ("iteration 1 loss 0.69\niteration 2 loss 0.41\n", "INFO in 3.1 s\n"),
    ],
)
def test_a_printed_frame_ends_where_its_row_numbers_end(
    check: Check, above: str, below: str
) -> None:
    """A title or a log around it takes neither its names nor its row numbers."""
    assert loud(check("t.log", above + FRAME.format(110) + below)) == {}
    assert "O01" in loud(check("t.log", above + FRAME.format(9) + below))


@pytest.mark.parametrize(("names", "speaks"), [("day", False), ("day off", True), ("day|x", True)])
def test_a_day_is_when_and_not_how_many(check: Check, names: str, speaks: bool) -> None:
    """Where nothing else of the table is unclear: `day` and `night` may count who came then."""
    more = "|3" if "|" in names else ""
    lines = [f"drug|dose mg|{names}", f"a|50|1{more}", f"b|25|8{more}", f"c|6|1{more}"]
    assert ("O01" in loud(check("t.csv", table(*lines)))) is speaks


@pytest.mark.parametrize(("column", "speaks"), [("censored", False), ("deaths", True)])
def test_that_nobody_left_a_study_says_nothing_of_anybody(
    check: Check, column: str, speaks: bool
) -> None:
    """That nobody died does."""
    lines = [f"time|n at risk|{column}", "0|400|20", "365|380|0", "730|380|30", "1095|350|40"]
    assert ("O03" in loud(check("t.csv", table(*lines)))) is speaks
    elsewhere = [f"risk|n|{column}", "high|400|0", "low|380|30"]
    assert "O03" in loud(check("t.csv", table(*elsewhere)))


@pytest.mark.parametrize(("left", "speaks"), [(7, True), (40, False)])
def test_a_group_of_risk_is_not_at_risk(check: Check, left: int, speaks: bool) -> None:
    """So what is left of it counts, as of any other group."""
    lines = ["risk|patients|deaths", f"high|120|{120 - left}", "low|130|60"]
    assert ("O01" in loud(check("t.csv", table(*lines)))) is speaks


@pytest.fixture(scope="module")
def countries() -> Index:
    """900 people of three countries, some of whom had several drugs, some the same ones twice."""
    lands = ["FR", "LV", "PT"]
    who: Cells = {"person": [f"P{n:04d}" for n in range(900)],
                  "country": [lands[n % 3] for n in range(900)]}  # fmt: skip
    given: Cells = {"person": [f"P{n:04d}" for n in range(600)] * 2,
                    "drug": ["imatinib"] * 600 + ["dasatinib"] * 600}  # fmt: skip
    people = index_of("people", who)
    return Index((*people.tables, *index_of("given", given).tables), people.key, "c/v1")


def sheets(counts: Mapping[str, Sequence[int]]) -> bytes:
    """A workbook with a cross table of sex and stage in each sheet."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, (a, b, c, d) in counts.items():
        sheet = book.create_sheet(name)
        for row in (("stage", "girls n", "boys n"), ("early", a, b), ("late", c, d)):
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("other", "speaks"),
    [("LV", False), ("FR without 2019", True), ("all", True), ("2", True)],
)
def test_sheets_of_groups_that_share_nobody_hide_nobody_between_them(
    check: Check, countries: Index, other: str, speaks: bool
) -> None:
    """Two countries may differ by three; a group and most of it may not."""
    book = sheets({"FR": (60, 70, 80, 90), other: (57, 66, 80, 88)})
    assert ("O13" in loud(check("t.xlsx", book, countries))) is speaks
    assert "O13" in loud(check("t.xlsx", book))


def test_groups_with_the_same_people_in_both_may_be_one_within_the_other(
    check: Check, countries: Index
) -> None:
    """Whoever had one drug may have had the other too."""
    book = sheets({"imatinib": (60, 70, 80, 90), "dasatinib": (57, 66, 80, 88)})
    assert "O13" in loud(check("t.xlsx", book, countries))


def rows(many: int, last: str) -> str:
    """Rows of children, or of wards: each its own."""
    return table(f"name|albumin|{last}", *(f"a{at:03d}|{30 + at % 17}.{at % 10}|{at % 5 + at % 3}"
                                           for at in range(many)))  # fmt: skip


def test_rows_that_may_be_people_are_told_once(check: Check) -> None:
    """Small whole numbers among measurements are measurements; where people are counted, not."""
    assert loud(check("t.csv", rows(80, "siblings"))) == {"O20": "flag"}
    assert loud(check("t.csv", rows(80, "patients")))["O01"] == "block"
    assert loud(check("t.csv", rows(30, "siblings"))) == {"O01": "flag"}
