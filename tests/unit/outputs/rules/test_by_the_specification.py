"""What three readers of the rules wrote to try them: each leak has a twin that counts nobody."""

import io
import json
import re

import openpyxl
import pytest

from orchestrator.outputs.facts import tables
from orchestrator.outputs.form import Kind, Part, Table
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import Verdict
from orchestrator.outputs.naming import Role
from orchestrator.outputs.readers.delimited import _packing
from orchestrator.outputs.recount import Recount
from orchestrator.outputs.roles import roles
from orchestrator.outputs.rules.surroundings import _bits_of_ends
from orchestrator.outputs.shapes import MELTED, views
from orchestrator.values import digest_of
from tests.outputs_world import Cells, Check, index_of, verdicts
from tests.unit.outputs.rules.test_tables import loud, table

STOPPED = {"flag", "block"}
TEN = [f"P{n:05d}Q" for n in range(10)]


@pytest.fixture(scope="module")
def clinic() -> Index:
    """600 people of three arms and two sexes, with a value to the cent that hardly two share."""
    return index_of("clinic", {
        "person": [f"P{n:05d}Q" for n in range(600)],
        "sex": ["F" if n % 5 < 2 else "M" for n in range(600)],
        "arm": [("CIT", "BTKi", "CAR-T")[n % 3] for n in range(600)],
        "age": [str(30 + n * 7 % 53) for n in range(600)],
        "ldh": [str(120 + n * 131 % 907) for n in range(600)],
        "days": [str(100 + n * 17 % 1999) for n in range(600)],
        "cost": [f"{1000 + (n * n * 7919 + 31 * n) % 900001 / 10:.2f}" for n in range(600)],
    })  # fmt: skip


SAFE = {
    "temperatures": ("lot|temperature", "A|4", "B|8", "C|6"),
    "a reference range": ("analyte|reference range min|reference range max", "k|3|5", "ca|2|3"),
    "doses by weight": ("weight_kg|start_15_mg_kg|max_35_mg_kg", "6|90|210", "9|135|315"),
    "who is who in a long table": ("subject|visit|hb", *(f"{1 + n // 3}|{n % 3}|{9 + n % 4}.5"
                                                         for n in range(18))),
    "numbered lines": ("N°|lot", *(f"{n}|{n * 7919 % 997:03d}-{n}" for n in range(1, 12))),
    "chromosomes": ("#chrom|pos|het", "2|60490908|1741", "6|135097880|1034", "11|5254939|889"),
    "levels, some of them numbers": ("period|level|patients", "a|female|503", "b|male|915",
                                     "a|mutated|462", "b|unmutated|817", "a|0|572", "b|1|611",
                                     "a|>=2|120"),
    "an error where nothing has happened": ("time|n.risk|survival|std.err", "0|1665|1.000|0.0000",
                                            "12|1306|0.837|0.0092", "24|935|0.714|0.0116"),
    "types of columns": ("character|integer|numeric", "15|27|6"),
    "what may be typed": ("type|minimum|maximum", "integer|18|110"),
    "the smallest cell of a policy": ("schema|smallest_cell", "kpi|10"),
}  # fmt: skip

LEAKY = {
    "people at a temperature": ("O01", ("ward|patients", "A|4", "B|80", "C|60")),
    "deaths beside a dose": ("O01", ("weight_kg|start_15_mg_kg|deaths", "6|90|3", "9|135|31")),
    "subjects counted": ("O01", ("arm|subjects", "A|1", "B|12", "C|40", "D|3")),
    "numbers that are no run": ("O01", ("ward|n", "A|1", "B|12", "C|3", "D|44", "E|5")),
    "people with a complex karyotype": ("O01", ("site|normal|complex", "A|120|4", "B|83|31")),
    "people of a normal group": ("O01", ("site|normal, low risk|patients", "A|4|50", "B|44|80")),
    "deaths at a daily dose": ("O01", ("site|deaths at 25 mg daily", "A|4", "B|44")),
    "counts among words": ("O01", ("ward|n", "A|none", "B|12", "C|4", "D|none")),
    "a spread of nothing": ("O04", ("time|n.risk|mean|std.err", "0|1665|4.5|0.0000",
                                    "12|1306|3.7|0.0092")),
    "least age by its name": ("O08", ("sex|n|minimum age", "F|120|18", "M|110|19")),
    "weiblich and männlich": ("O01", ("Zeitraum|weiblich|männlich", "2009-2014|503|4",
                                      "2015-2018|505|964")),
}  # fmt: skip


@pytest.mark.parametrize("name", SAFE)
def test_numbers_of_nobody(check: Check, name: str) -> None:
    """Measures, doses, limits and row numbers count nobody."""
    assert not {"O01", "O03", "O04", "O08"} & set(loud(check("t.csv", table(*SAFE[name]))))


@pytest.mark.parametrize("name", LEAKY)
def test_numbers_of_people(check: Check, name: str) -> None:
    """Beside them, or called alike, people are."""
    rule, lines = LEAKY[name]
    assert loud(check("t.csv", table(*lines)))[rule] in STOPPED


TEXTS = {
    "cross table of Stata": ("log", """
           |      chronic_tx
      ageb |         0          1 |     Total
-----------+----------------------+----------
      0-11 |     1,045        {:>3} |     1,238
     12-17 |       572        115 |       687
-----------+----------------------+----------
     Total |     1,617        308 |     1,925
"""),
    "one variable as R counts it": ("txt", "> table(d$died)\n\ndied\n   0    1 \n1736  {:>3} \n"),
    "at risk, in rows": ("tex", r"""
\begin{{tabular}}{{lrrr}}
Months & 0 & 24 & 48\\
At risk & 149 & 83 & {}\\
Survival & 1.0000 & 0.9664 & 0.7572\\
\end{{tabular}}
"""),
    "a life table in German": ("txt", """
Intervall (Jahre)   unter Risiko   Blutungen   zensiert   ereignisfrei
[0, 1)                       239          22         55         97,2 %
[1, 2)                       178          {:>2}         37         96,6 %
[2, 3)                       140          14         28         93,5 %
"""),
    "a title with gaps, names moved to the left": ("txt", """
TABLE  age by vital status
              alive      dead     Total
60-69                939       974      1913
<60                  {:>3}       505      1214
>=70                 675       989      1664
"""),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_tables_as_programs_lay_them_out(check: Check, name: str) -> None:
    """Four of a group are seen, forty are not."""
    ending, text = TEXTS[name]
    assert loud(check(f"t.{ending}", text.format(4)))["O01"] in STOPPED
    assert "O01" not in loud(check(f"t.{ending}", text.format(40)))


NOBODY = {
    "decimal commas, a cell a line": "Genotype\nHbSS\n8,7 ± 1,1\n10,9 ± 1,1\nHbSC\n9,6 ± 2,9\n",
    "thousands in prose": "The registry follows 5,000 people from eight clinics; 2,151, more than\n"
                          "ever, have myeloma. Founded with a grant of 240,000, it is known.\n",
    "prose over two lines": "Results\nOf 3696 people 1584 (42.9%) took it at enrolment.\nHow they "
                            "took it was by pill count, the dose 15 mg/kg, raised by 5 mg/kg every "
                            "8 weeks.",
    "classes of a histogram": "-- hb --\n  [    0,     7)      107\n  [    7,     8)      508\n"
                              "  [    8,     9)      989\n",
    "a model's summary": "Logistic regression                Number of obs     =      2,199\n",
    "cases told in German": "".join(
        f"{n}. Patient, 7{n} Jahre, Stadium B; Kalium 4,8{n} mmol/l, LDH 30{n} U/l, Hb 11,{n} g/dl."
        "\n" for n in range(1, 8)),
}  # fmt: skip


@pytest.mark.parametrize("name", NOBODY)
def test_commas_and_sentences_are_no_tables(check: Check, name: str) -> None:
    """Where commas stand in numbers, they part nothing."""
    assert not {"O01", "O03", "O04"} & set(loud(check("t.txt", NOBODY[name])))


def test_decimal_commas_of_a_typeset_table(check: Check) -> None:
    """A ratio is no pair of counts."""
    rows = r"alt & 0,99 & 0,90--1,08 & 0,760\\ neu & 1,21 & 1,07--1,36 & 0,002\\"
    text = r"\begin{tabular}{lccc} Merkmal & HR & 95-\%-KI & $p$\\\hline " + rows
    assert "O01" not in loud(check("t.tex", text.replace(r"\\ ", "\\\\\n") + r"\end{tabular}"))


def test_words_in_a_table_are_no_sentences(check: Check, clinic: Index) -> None:
    """As many in each line, one blank between them: rows, and compared as such."""
    arms = ("CIT", "BTKi", "CAR-T")
    lines = [
        f"P{n:05d}Q woman lives in Bergen with {arms[n % 3]} {30 + n * 7 % 53}" for n in range(40)
    ]
    report = check("t.txt", "\n".join(["who what does where town how arm age", *lines]), clinic)
    assert any("/tables/" in one.where.path for one in report.findings)


def test_packed_numbers_are_no_classes() -> None:
    """`61,79,168` holds three values; `12-17` and `(0, 5]` are one class each."""
    assert _packing(["61,79,168", "62,80,170", "55,71,161"]) == (",", 2)
    for classes in (
        ["(0, 5]", "(5, 10]"],
        ["1 à <4", "4 à <7"],
        ["12-17", "18-39"],
        ["<10", "70+"],
    ):
        assert _packing(classes) == ("", 0)


def test_few_people_at_so_many_sites(check: Check) -> None:
    """What is called so may be a category; a small one is seen."""
    lines = ("where|patients", "one site|120", "two sites|40", "three sites|4")
    assert loud(check("t.csv", table(*lines)))["O01"] in STOPPED


def test_commas_that_part_counts_do(check: Check) -> None:
    """The same signs between numbers that are nobody's decimals."""
    lines = "stage,women,men\nI,41,44\nII,33,32\nIII,4,31\n"
    assert loud(check("t.txt", lines))["O01"] in STOPPED


def test_rows_in_a_text_of_json(check: Check, clinic: Index, people: list[dict[str, str]]) -> None:
    """As widgets keep the frame that they show; settings of a slider are nobody's."""
    state = {"model_name": "QgridModel", "state": {"_df_json": json.dumps(people)}}
    report = check("t.json", json.dumps({"widgets": state}), clinic)
    assert verdicts(report)["O19"] == "block"
    slider = {"model_module_version": "2", "state": {"description": "bins", "max": 50, "min": 5}}
    assert {"O01", "O08"} & set(loud(check("t.json", json.dumps({"widgets": slider})))) == set()


@pytest.fixture(scope="module")
def people(clinic: Index) -> list[dict[str, str]]:
    """Some of the clinic, as records."""
    del clinic
    return [
        {"age": str(30 + n * 7 % 53), "ldh": str(120 + n * 131 % 907),
         "cost": f"{1000 + (n * n * 7919 + 31 * n) % 900001 / 10:.2f}"}
        for n in range(3, 90, 9)
    ]  # fmt: skip


def test_a_record_spelled_in_a_log(check: Check, clinic: Index) -> None:
    """One line of names and values is a person's, or nobody's."""
    own = "debug: first record\n  sex=F age={} ldh={} arm=BTKi days={} cost={}\n"
    cost = f"{1000 + (1 * 7919 + 31) % 900001 / 10:.2f}"
    assert loud(check("t.log", own.format(37, 251, 117, cost), clinic)).get("O19") in STOPPED
    assert "O19" not in loud(check("t.log", own.format(38, 120, 151, 1795.5), clinic))


def test_few_rows_that_are_all_somebodys(check: Check, clinic: Index) -> None:
    """Eight rows of three coarse columns, of which none alone says enough; and turned, nobody's."""
    rows = [(30 + n * 7 % 53, 120 + n * 131 % 907, "F" if n % 5 < 2 else "M")
            for n in range(5, 600, 50)]  # fmt: skip
    lines = [f"{n}|{age}|{ldh}|{sex}" for n, (age, ldh, sex) in enumerate(rows)]
    assert loud(check("t.csv", table("obs|age|ldh|sex", *lines), clinic)).get("O19") in STOPPED
    turned = [f"{n}|{rows[n - 3][0]}|{rows[n - 5][1]}|{row[2]}" for n, row in enumerate(rows)]
    assert "O19" not in loud(check("t.csv", table("obs|age|ldh|sex", *turned), clinic))


def test_means_by_day_are_no_persons_visits(check: Check, clinic: Index) -> None:
    """A count that is the same on each day is of the group, whoever else has this value."""
    lines = [f"{day}|{arm}|{size}|{mean + day / 90:.2f}" for day in (0, 7, 14, 28, 90, 180)
             for arm, size, mean in (("CIT", 251, 4.1), ("BTKi", 382, 4.3), ("CAR-T", 513, 4.4))
             ]  # fmt: skip
    assert "O19" not in loud(check("t.csv", table("day|arm|patients|lg ferritin", *lines), clinic))


def exact(values: list[float], level: float) -> float:
    """A percentile by nearest rank: somebody's value."""
    return sorted(values)[max(-int(-level * len(values) // 1) - 1, 0)]


@pytest.mark.parametrize("names", [("p5", "p25", "p50", "p75"), ("0.05", "0.25", "0.5", "0.75")])
def test_exact_percentiles_of_a_variable_that_no_name_tells(
    check: Check, clinic: Index, names: tuple[str, ...]
) -> None:
    """To the cent they are somebody's; smoothed to the next ten they are not."""
    costs = [round(1000 + (n * n * 7919 + 31 * n) % 900001 / 10, 2) for n in range(600)]
    own = [exact(costs, level) for level in (0.05, 0.25, 0.5, 0.75)]
    lines = ["|".join([group, *(f"{value:.2f}" for value in own)]) for group in ("together",)]
    leaky = table("|".join(["group", *names]), *lines)
    assert loud(check("t.csv", leaky, clinic))["O09"] in STOPPED
    rounded = ["|".join(["together", *(f"{round(value, -2):.0f}" for value in own)])]
    assert "O09" not in loud(check("t.csv", table("|".join(["group", *names]), *rounded), clinic))


def test_a_median_and_its_quartiles_in_one_cell(
    check: Check, source: Index, flchain: Cells
) -> None:
    """`325 (184, 654)` says so by itself; a mean and its interval is none."""
    kappa = [float(value) for value in flchain["kappa"] if value not in {"", "NA"}]
    low, middle, high = (exact(kappa, level) for level in (0.01, 0.5, 0.99))
    cells = f"sex|n|kappa\nall|{len(kappa)}|{middle:g} ({low:g}, {high:g})"
    assert loud(check("t.csv", table(*cells.split("\n")), source))["O09"] in STOPPED
    mean = f"sex|n|kappa, mean (95% CI)\nall|{len(kappa)}|{middle:g} ({low:g}, {high:g})"
    assert "O09" not in loud(check("t.csv", table(*mean.split("\n")), source))


def test_a_share_of_a_known_size_is_a_count(check: Check) -> None:
    """`260 | <10 | 1.92` is five people; where no size stands beside it nobody knows."""
    shown = ("A|1260|42|3.33", "B|940|28|2.98", "C|800|17|2.12")
    leaky = table("centre|patients|second_malignancy|percent", *shown, "D|260|<10|1.92")
    assert loud(check("t.csv", leaky))["O13"] == "block"
    safe = table("centre|patients|second_malignancy|percent", *shown, "D|260|<10|<4")
    assert "O13" not in loud(check("t.csv", safe))


def test_a_hidden_count_may_be_nobody(check: Check) -> None:
    """Where one person at least does not fit, none does: the cell is solved all the same."""
    rows = ("AT|231|246|<10|481", "CH|203|194|<10|397", "DE|1244|1288|12|2544")
    assert loud(check("t.csv", table("country|0|1|2|Total", *rows)))["O13"] == "block"


@pytest.mark.parametrize(("total", "leaks"), [("seven sites", True), ("Halle", False)])
def test_so_many_sites_are_a_total(check: Check, total: str, leaks: bool) -> None:
    """`seven sites` below seven sites is all of them; another site is one more."""
    rows = [f"| {name} | {count} |" for name, count in
            (("Almrode", 24), ("Brack", 26), ("Corvey", 21), ("Dornach", 17), ("Fall", 16),
             ("Gronau", 10))]  # fmt: skip
    text = "\n".join(["| MPN-U by site | n |", "|---|--:|", *rows, "| Eschau | \\* |",
                      f"| **{total}** | **123** |"])  # fmt: skip
    assert ("O13" in loud(check("t.md", text))) is leaks


def test_groups_of_one_object_are_no_releases_of_each_other(check: Check, clinic: Index) -> None:
    """Two arms may differ by four; two versions of one arm may not."""
    arms = {"CIT": {"n": 200, "by_sex": {"F": 81, "M": 119}},
            "BTKi": {"n": 200, "by_sex": {"F": 79, "M": 121}}}  # fmt: skip
    assert "O13" not in loud(check("t.json", json.dumps({"arms": arms}), clinic))
    versions = {"first": arms["CIT"], "second": {"n": 196, "by_sex": {"F": 79, "M": 117}}}
    assert "O13" in loud(check("t.json", json.dumps({"versions": versions}), clinic))


def test_a_sex_is_the_same_in_two_languages() -> None:
    """So a table in German is compared with one in English."""

    def keys(*names: str) -> set[object]:
        cells = Table(("period", *names), (("2009-2014", "503", "913"), ("2015", "505", "964")), 2)
        part = Part("t", Kind.TABLE, digest_of(b""), table=cells)
        return {fact.key for own in tables(part, lambda _: False) for fact in own.facts}

    assert keys("weiblich", "männlich") == keys("women", "men") == keys("mujeres", "hombres")
    assert keys("weiblich", "männlich") != keys("women", "girls")


def test_insurance_numbers_of_germany_and_switzerland(check: Check) -> None:
    """By their last digit; books have one of the same kind, and say so."""
    german = [f"{letter}{n:08d}" for n, letter in enumerate("SCPADEFGHK", 12345678)]

    def last(text: str) -> str:
        digits = f"{ord(text[0]) - 64:02d}{text[1:]}"
        weighed = [int(digit) * (1 + at % 2) for at, digit in enumerate(digits)]
        return str(sum(value // 10 + value % 10 for value in weighed) % 10)

    lines = "\n".join(f"no match for {one}{last(one)}" for one in german)
    assert verdicts(check("t.log", lines))["O22-national"] == "block"
    others = "\n".join(f"no match for {one}{9 - int(last(one))}" for one in german)
    assert "O22-national" not in loud(check("t.log", others))
    books = ["3387987846", "3387988184", "3387988354", "3387988524", "3387988699", "3387988869"]
    listed = "\n".join(f"[{n}] Title. ISBN {one}" for n, one in enumerate(books))
    assert "O22-national" not in loud(check("t.txt", listed))
    assert "O22-national" in loud(check("t.txt", re.sub("ISBN ", "", listed)))


def workbook(*rows: tuple[str | int, ...]) -> bytes:
    """A sheet of counts, and behind it a hidden one with these rows."""
    book = openpyxl.Workbook()
    for line in (("arm", "n"), ("CIT", 200), ("BTKi", 200)):
        book.active.append(line)
    sheet = book.create_sheet("lists")
    sheet.sheet_state = "veryHidden"
    for row in rows:
        sheet.append(row)
    book.save(out := io.BytesIO())
    return out.getvalue()


HIDDEN: dict[str, tuple[tuple[str | int, ...], ...]] = {
    "codes and labels": (("C91.1", "chronic"), ("C91.0", "acute")),
    "row numbers and labels": ((1, "chronic"), (2, "acute"), (3, "other")),
}
SHOWN: dict[str, tuple[tuple[str | int, ...], ...]] = {
    "ages as words": (("45y", "chronic"), ("61y", "acute")),
    "codes that come again": (("F45", "chronic"), ("F45", "acute")),
    "counts": (("chronic", 120), ("acute", 80)),
    "dates": (("2021-03-04", "chronic"), ("2021-05-09", "acute")),
}


@pytest.mark.parametrize("name", HIDDEN | SHOWN)
def test_a_hidden_list_of_words_is_told_and_not_flagged(
    check: Check, clinic: Index, name: str
) -> None:
    """Where it was compared with a source; anything that may be somebody's value is looked at."""
    data = workbook(("code", "label"), *(HIDDEN | SHOWN)[name])
    report = check("t.xlsx", data, clinic)
    assert "Hidden, and read: t.xlsx!/sheets/lists." in report.coverage.statement
    assert verdicts(report)["O28"] == ("pass" if name in HIDDEN else "flag")
    assert verdicts(check("t.xlsx", data))["O28"] == "flag"


def test_categories_in_other_words_are_recognised(check: Check, clinic: Index) -> None:
    """`weiblich` is the source's `F`: three people of it are known by their variable's values."""
    lines = ("sex|arm|measurements", "weiblich|CIT|9", "männlich|CIT|120")
    found = loud(check("t.csv", table(*lines), clinic))
    assert found.get("O01") in STOPPED
    costs = [1000 + (n * n * 7919 + 31 * n) % 900001 / 10 for n in range(600) if n % 5 < 2]
    mean = sum(costs) / len(costs)
    told = check("t.csv", table("sex|n|mean cost", f"weiblich|{len(costs)}|{mean:.1f}"), clinic)
    recognised = next(one for one in told.results if one.rule == "O05")
    assert recognised.reason is None


def test_utf_8_behind_a_beginning_in_utf_16_is_held(check: Check, clinic: Index) -> None:
    """It would read as letters of another script, and nobody's rows."""
    begin = ("stage,n\n" + "I,120\n" * 800).encode("utf-16-le")
    rows = "\n".join(TEN).encode()
    report = check("t.csv", begin + rows + b"\n" * (len(rows) % 2), clinic)
    assert verdicts(report)["O29"] == "could-not-check"


def test_a_text_in_utf_16_is_read_without_its_mark(check: Check, clinic: Index) -> None:
    """Whatever its ending says."""
    lines = "\n".join(f"{person};{n}" for n, person in enumerate(TEN)).encode("utf-16-le")
    report = check("t.dat", lines, clinic)
    assert verdicts(report)["O22"] == "block"
    assert report.coverage.accounted == report.coverage.total
    assert verdicts(check("t.dat", bytes(range(256)) * 8))["O29"] == Verdict.COULD_NOT_CHECK


def kinds(names: tuple[str, ...], *rows: tuple[str, ...]) -> list[Role]:
    """The roles of a table whose columns may be named by arms of the clinic."""
    arms = {"CIT", "BTKi", "CAR-T"}
    return roles(Table(names, rows, len(rows)), lambda shown: set(shown) <= arms)


def test_the_classes_of_a_number_are_no_counts() -> None:
    """The last one is open, as no count is; three counts are not in order by their name alone."""
    rows = (("0", "737", "497"), ("1", "770", "508"), (">=2", "301", "201"))
    assert kinds(("ecog3", "CIT", "BTKi"), *rows) == [Role.AXIS, Role.COUNT, Role.COUNT]
    assert kinds(("grp3", "n"), *(row[:2] for row in rows)) == [Role.AXIS, Role.COUNT]
    closed = (("3", "737", "497"), ("1", "770", "508"), ("4", "301", "201"))
    assert kinds(("few", "CIT", "BTKi"), *closed)[0] is Role.UNKNOWN


def test_a_value_that_is_the_same_in_all_groups_is_no_groups(clinic: Index) -> None:
    """It tells of the variable: a long table seen as a wide one leaves it out."""
    del clinic
    rows = [(str(day), arm, size, f"{day}.{at}") for day in (0, 7, 14, 28)
            for at, (arm, size) in enumerate((("CIT", "251"), ("BTKi", "382"), ("CAR-T", "513")))
            ]  # fmt: skip
    (melted,) = [one for one in views(("day", "arm", "patients", "mean"), rows)
                 if one.shape == MELTED][:1]  # fmt: skip
    assert [len(set(column)) for column in melted.cells] == [4, 4, 4]


def test_a_category_goes_by_its_other_words(clinic: Index) -> None:
    """`weiblich` and `women` are the source's `F`; `F` is so already; `girls` are nobody's."""
    for word in ("weiblich", "women", "F"):
        (group,) = Recount.of((clinic,), [(("sex", word),)]).groups((("sex", word),))
        assert group.size == 240
    assert Recount.of((clinic,), [(("sex", "girls"),)]).groups((("sex", "girls"),)) == []


def piped(names: str, *rows: str) -> str:
    """A table as Markdown writes it."""
    ruled = "|".join(["---"] * (names.count("|") + 1))
    return "\n".join(f"|{line}|" for line in (names, ruled, *rows)) + "\n"


def test_totals_elsewhere_solve_a_hidden_count(check: Check) -> None:
    """One column has a single hidden cell; the others, which have several, do not hide it."""
    rows = ("BE|<10|11", "ES|<10|18", "FR|<10|41", "PT|<10|<10", "UK|<10|32")
    parts = piped("site|CDA|PNH", *rows)
    totals = "\nIn all:\n\n| diagnosis | n |\n|---|---|\n| CDA | 23 |\n| PNH | {} |\n"
    assert loud(check("t.md", parts + totals.format(110)))["O13"] == "block"
    assert "O13" not in loud(check("t.md", parts))


def test_totals_of_rounded_parts_may_lie_one_step_apart(check: Check) -> None:
    """Each is the sum of its own rounded cells; the same category one step apart is told."""
    second = piped("response|n", "CR|465", "PR|395", "PD|345", "Total|1205")
    more = piped("lines|n|m", "2-3|640|100", ">=4|570|200", "Total|1210|300")
    assert "O13" not in loud(check("t.md", f"{more}\nResponse:\n\n{second}"))
    assert "O13" in loud(check("t.md", f"{more}\nAgain:\n\n{more.replace('640', '645')}"))


def test_people_of_something_are_people() -> None:
    """`persons_with_SCD` alone beside countries is `n`; deaths are a part of them."""

    def measures(name: str) -> set[str]:
        rows = (("BE", "362"), ("ES", "606"), ("FR", "1439"))
        part = Part("t", Kind.TABLE, digest_of(b""), table=Table(("country", name), rows, 3))
        return {fact.measure for own in tables(part, lambda _: False) for fact in own.facts}

    assert measures("persons_with_SCD") == measures("n") == {"people"}
    assert measures("deaths of persons with SCD") != {"people"}


def test_corners_of_a_path_hold_no_bits() -> None:
    """As programs break them over lines; blanks behind words may."""
    path = "\n".join(f"L {n} {n * 7 % 31} " for n in range(90)) + "\nz  \nM 0 0\n"
    assert _bits_of_ends(path) < 8
    assert _bits_of_ends("\n".join(f"word{' ' * (1 + n % 2)}{'x' * 0}" for n in range(90))) > 60
