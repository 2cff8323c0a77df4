"""Texts under any ending, several tables in one csv, tables that are spanned: leaks and twins."""

import base64
import gzip
import pickle

import pytest

from orchestrator.outputs.form import Note
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import FileReport, Verdict
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_texts import flat_sheet
from tests.outputs_world import Cells, Check, csv_of, verdicts, without

LARGE = {"group": ["F", "M"], "people": ["4350", "3524"]}
SMALL = {"group": ["F", "M"], "people": ["4350", "4"]}


def stopped(report: FileReport) -> bool:
    """Whether somebody would see it."""
    return report.verdict in {Verdict.FLAG, Verdict.BLOCK}


def flat(inside: str) -> bytes:
    """A flat sheet of large counts with something more in it."""
    return flat_sheet(LARGE).replace(b"</table:table>", b"</table:table>" + inside.encode())


def test_a_flat_document_is_read_as_a_packed_one(
    check: Check, source: Index, flchain: Cells, caps: ReadCaps
) -> None:
    """Tables, what is embedded as what it is, macros."""
    assert check("t.fods", flat_sheet(LARGE), source).verdict is Verdict.PASS
    assert verdicts(check("t.fods", flat_sheet(SMALL), source))["O01"] == "block"
    rows = csv_of(without({n: flchain[n] for n in flchain}, "person", "chapter"), range(40, 60))
    packed = base64.b64encode(gzip.compress(rows.encode())).decode()
    carried = flat(f"<office:binary-data>{packed[:70]}\n{packed[70:]}</office:binary-data>")
    assert verdicts(check("t.fods", carried, source))["O19"] == "block"
    for macro, many in (
        ("<module>Sub X</module>", 1),
        ("<script>x()</script>", 1),
        ("<script/>", 0),
    ):
        form = open_bytes("t.fods", flat(macro), caps)
        assert [one.note for one in form.parts[0].notes] == [Note.MACRO] * many
    broken = flat("<office:binary-data>*</office:binary-data>")
    assert check("t.fods", broken, source).verdict is Verdict.COULD_NOT_CHECK


@pytest.mark.parametrize("ending", ["svgz", "svg.gz"])
def test_a_squeezed_drawing_is_read(check: Check, source: Index, ending: str) -> None:
    """As the drawing in it."""
    drawn = "<svg xmlns='http://www.w3.org/2000/svg'><text x='1' y='1'>{} patients</text></svg>"
    large, small = (gzip.compress(drawn.format(n).encode()) for n in (412, 4))
    assert verdicts(check(f"a.{ending}", small, source))["O01"] == "flag"
    assert verdicts(check(f"a.{ending}", large, source))["O01"] == "pass"
    assert verdicts(check(f"a.{ending}", large, source))["O29"] == "pass"


TWO = """Table: Group Statistics
,Group,N,Mean
kappa,F,4350,1.42
,M,{n},1.45

Table: Test
,t,df,p
kappa,-1.2,7872,.23
lambda,-0.4,7872,.69
Date: ,Mon, 30 Nov 2026 was the day on which this was run
"""


def test_several_tables_of_one_csv_are_each_read(check: Check, source: Index) -> None:
    """One below the other, as statistical programs write them; a cell too many is no table."""
    assert check("t.csv", TWO.format(n=3524), source).verdict is Verdict.PASS
    assert verdicts(check("t.csv", TWO.format(n=4), source))["O01"] in {"flag", "block"}
    ragged = TWO.format(n=3524).replace(",M,3524,1.45", ",M,3524,1.45,P007919X")
    assert verdicts(check("t.csv", ragged, source))["O29"] == "could-not-check"


def test_rows_between_other_tables_are_found(check: Check, source: Index, flchain: Cells) -> None:
    """A listing below a table of counts."""
    rows = csv_of(without({n: flchain[n] for n in flchain}, "person", "chapter"), range(40, 60))
    report = check("t.csv", f"{TWO.format(n=3524)}\nTable: More\n{rows}", source)
    assert verdicts(report)["O19"] == "block"


SPANNED = """==== ==== ======== ============
Step Week Dose, mg Window, days
==== ==== ======== ============
1    0    250      3
2    4    375      3
3    8    500      5
==== ==== ======== ============
"""


def test_columns_are_cut_where_their_line_is(check: Check, source: Index) -> None:
    """Names with blanks stay whole; a count in the same layout is seen."""
    assert check("plan.rst", SPANNED, source).verdict is Verdict.PASS
    counted = SPANNED.replace("Window, days", "Persons died")
    assert stopped(check("plan.rst", counted, source))


def test_a_version_is_no_address(check: Check, source: Index) -> None:
    """Nor is a command of TeX; an address is one wherever it stands."""
    for text in ("https://cdn.example/leaflet@1.9.3/dist/leaflet.js", "plot@v4.11.0/js-package",
                 "{\\Gread@eps{\\Gin@base.bb}}%"):  # fmt: skip
        assert "O22-national" not in {
            one.rule for one in check("t.txt", f"see {text}\n", source).findings
        }
    for text in ("ann.lee@clinic.example", "\\nann@clinic.example", "a@b.example.2"):
        assert verdicts(check("t.txt", f"see {text}\n", source))["O22-national"] == "flag"


def test_a_page_in_a_text_is_read_once(check: Check, source: Index) -> None:
    """The frame around its cells counts nobody; what its cells say does."""
    page = '# Liver\n\n<table border="1"><tr><th>group</th><th>people</th></tr>\n{}\n</table>\n'
    large = "<tr><td>F</td><td>4350</td></tr><tr><td>M</td><td>3524</td></tr>"
    both = f"{page.format(large)}\n{page.format(large)}"
    assert check("liver.md", both, source).verdict is Verdict.PASS
    assert stopped(check("liver.md", both.replace("3524", "4"), source))


def test_upright_records_are_a_table(check: Check, source: Index, flchain: Cells) -> None:
    """A name and a value a line: rows, genotypes; large counts pass, small ones do not."""
    kept = {name: column[40:60] for name, column in without(flchain, "person", "chapter").items()}
    rows = zip(*kept.values(), strict=True)
    upright = "\n\n".join(
        "\n".join(f"{name:10} {cell or '-'}" for name, cell in zip(kept, row, strict=True))
        for row in rows
    )
    assert verdicts(check("list.xtab", upright, source))["O19"] == "block"
    variants = ("rs7482144  {}\nrs766432   {}\nrs9399137  {}\n".format(*own)
                for own in ("012", "100", "210", "001"))  # fmt: skip
    assert verdicts(check("g.xtab", "\n".join(variants), source))["O33"] == "block"
    counted = "sex    F\ngroup  {0}\npeople {1}\n\nsex    M\ngroup  {0}\npeople 3524\n"
    both = "\n".join(counted.format(group, "{n}") for group in ("I", "II"))
    assert check("t.xtab", both.format(n=4350), source).verdict is Verdict.PASS
    assert stopped(check("t.xtab", both.format(n=4), source))


def test_colours_count_nobody(check: Check, source: Index, caps: ReadCaps) -> None:
    """Definitions of LaTeX; a table beside them is seen, and colours are compared as rows."""
    colours = "".join(
        f"\\newcommand{{\\Tok{chr(65 + at)}}}[1]"
        f"{{\\textcolor[rgb]{{0.{at + 11},0.44,0.{90 - at}}}}}\n"
        for at in range(26)
    )
    cells = "group & people \\\\\nF & 4350 \\\\\nM & {} \\\\"
    table = f"\\begin{{{{tabular}}}}{{{{lr}}}}\n{cells}\n\\end{{{{tabular}}}}\n"
    assert check("t.tex", colours + table.format(3524), source).verdict is Verdict.PASS
    assert stopped(check("t.tex", colours + table.format(4), source))
    assert ("red", "green", "blue") in {
        part.table.columns
        for part in open_bytes("t.tex", colours.encode(), caps).parts
        if part.table
    }


def test_arrays_that_a_page_shows_apart_are_columns(
    check: Check, source: Index, flchain: Cells
) -> None:
    """Every variable in a piece of its own; totals in the same layout are nobody's."""
    names = ("age", "kappa", "lambda", "futime")
    page = "<html>{}</html>"
    own = "".join(f"<pre>array([{', '.join(flchain[name][40:60])}])</pre>" for name in names)
    assert verdicts(check("t.html", page.format(own), source))["O19"] == "block"
    sums = "".join(f"<pre>array([{', '.join(str(1000 * at + 531 * n) for n in range(9))}])</pre>"
                   for at in range(1, 4))  # fmt: skip
    assert check("t.html", page.format(sums), source).verdict is Verdict.PASS


def test_a_wiki_table_may_be_broken_over_lines(check: Check, source: Index) -> None:
    """Cells on a line of their own, two in a line, set, and going on below."""
    page = (
        '{{| class="wikitable"\n|+ Groups\n! group\n! style="x" | people\n|-\n| F || 4350\n|-\n'
        "| M\nand others\n| {}\n|}}\n"
    )
    assert check("t.wiki", page.format(3524), source).verdict is Verdict.PASS
    assert stopped(check("t.wiki", page.format(4), source))
    for torn in (
        page.format(4).replace("|}", ""),
        page.format(4).replace("|}", "{| class='x'\n|}"),
    ):
        assert stopped(check("t.wiki", torn, source))


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><td>4</td></tr></table>",
        "<table><tgroup><row><entry>F</entry><entry>4 patients</entry></row></tgroup></table>",
        "<table><set><td>4 patients</td><td>5 patients</td></set></table>",
        "<table><tr><td n='4 patients'>F</td></tr><tr><td n='5'>M</td></tr></table>",
    ],
)
def test_every_cell_of_a_document_is_somewhere(caps: ReadCaps, table: str) -> None:
    """In a grid, in a record, or in the text, whatever the elements around it are called."""
    form = open_bytes("t.xml", f"<d><table><tr><td>a</td></tr></table>{table}</d>".encode(), caps)
    tables = [cell for part in form.parts if part.table for row in part.table.rows for cell in row]
    told = [*tables, *(form.parts[0].text or "").splitlines()]
    assert any("4" in cell for cell in told)
    if "set" not in table:
        assert any("4" in cell for cell in tables)


def test_a_text_that_hides_numbers_is_held(check: Check, source: Index, caps: ReadCaps) -> None:
    """SPSS's portable file by its mark, and plain serialisations, under any name but their own."""
    portable = b"ASCII SPSS PORT FILE".ljust(456, b" ") + b"SPSSPORTA8/20260504"
    for end in (b"", b"\n", b"\r\n"):
        written = end.join(portable[at : at + 80] for at in range(0, len(portable), 80))
        for name in ("t.por", "t.txt", "t.dat"):
            assert verdicts(check(name, written, source))["O29"] == "could-not-check"
    plain = b"A\n3\n262657\n197888\n5\nUTF-8\n13\n3\n61\n70\n8\n"
    for data in (pickle.dumps([1, 2], 0), pickle.dumps({"a": 1}, 0), plain):
        for name in ("t.txt", "t.dat"):
            assert verdicts(check(name, data, source))["O29"] == "could-not-check"
    assert open_bytes("t.rds", plain, caps).format == "rds"
    assert verdicts(check("t.txt", "A\n3\n26\n19\n", source))["O29"] == "pass"
