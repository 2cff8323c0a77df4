"""A small corpus of leaky and safe files made from public cohorts: each with what must be said.

Every leaky file has a safe twin of the same format, so that the format alone decides nothing.
"""

from random import Random

import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.model import FileReport, Verdict
from tests.outputs_world import (
    Cells,
    Check,
    csv_of,
    html_table,
    index_of,
    notebook,
    png,
    rows_named,
    shown,
    verdicts,
    without,
)

AGGREGATE = "sex,people,deaths,mean age\nF,4350,1204,65.2\nM,3524,965,63.1\n"
WANTED = range(100, 160)


def severity(report: FileReport, rule: str) -> set[Verdict]:
    """What one rule's findings come to."""
    return {one.severity for one in report.findings if one.rule == rule}


@pytest.fixture(scope="module")
def people(flchain: Cells) -> Cells:
    """flchain without its pseudonyms."""
    return without(flchain, "person")


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt", "md", "json", "html", "stream", "source"])
def test_rows_are_blocked_in_every_container(
    check: Check, people: Cells, source: Index, kind: str
) -> None:
    """Each of the sixty rows is named, in every format that can be read."""
    name, data = contained(csv_of(people, WANTED), people, kind)
    report = check(name, data, source)
    assert report.verdict is Verdict.BLOCK
    assert severity(report, "O19") == {Verdict.BLOCK}
    assert len(rows_named(report, "O19")) >= 59


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt", "md", "json", "stream", "source"])
def test_the_same_formats_with_an_aggregate_pass(check: Check, source: Index, kind: str) -> None:
    """No finding at all."""
    columns = {"sex": ["F", "M"], "people": ["4350", "3524"], "deaths": ["1204", "965"]}
    name, data = contained(csv_of(columns, range(2)), columns, kind, range(2))
    report = check(name, data, source)
    assert report.findings == ()
    assert report.verdict is Verdict.PASS


def contained(table: str, cells: Cells, kind: str, rows: range = WANTED) -> tuple[str, str | bytes]:
    """Put a csv into a file of a kind."""
    pipes = table.replace(",", " | ").splitlines()
    ruled = [pipes[0], " | ".join("---" for _ in cells), *pipes[1:]]
    match kind:
        case "csv":
            return "t.csv", table
        case "tsv":
            return "t.tsv", table.replace(",", "\t")
        case "txt":
            return "t.txt", f"Our result:\n\n{table}\nThe end.\n"
        case "md":
            return "t.md", "# Result\n\n" + "\n".join(f"| {row} |" for row in ruled) + "\n"
        case "json":
            return "t.json", str([[column[row] for column in cells.values()] for row in rows]
                                 ).replace("'", '"')  # fmt: skip
        case "html":
            return "n.ipynb", notebook(shown(text_html=html_table(cells, rows)))
        case "stream":
            return "n.ipynb", notebook({"output_type": "stream", "name": "stdout", "text": table})
        case _:
            return "n.ipynb", notebook(source=f'data = """\n{table}"""')


@pytest.mark.parametrize("change", ["renamed", "rounded", "shuffled", "subset"])
def test_disguised_rows_are_blocked(
    check: Check, people: Cells, source: Index, change: str
) -> None:
    """Without names, with fewer digits, in another order, some columns only."""
    match change:
        case "renamed":
            cells = {f"v{at}": column for at, column in enumerate(people.values())}
        case "rounded":
            rounded = {name: [f"{float(cell):.1f}" for cell in people[name]]
                       for name in ("kappa", "lambda")}  # fmt: skip
            cells = {**people, **rounded}
        case "shuffled":
            cells = dict(reversed(people.items()))
        case _:
            cells = {name: people[name] for name in ("kappa", "lambda", "futime", "age")}
    rows = Random(3).sample(range(7000), 200)
    report = check("t.csv", csv_of(cells, rows), source)
    assert severity(report, "O19") == {Verdict.BLOCK}
    assert len(rows_named(report, "O19")) > 150


def test_needles_in_other_rows_are_named(check: Check, people: Cells, source: Index) -> None:
    """Five true rows among drawn ones, exactly those."""
    random = Random(5)
    cells = {name: random.choices(column, k=200) for name, column in people.items()}
    for name, column in cells.items():
        column[50:55] = people[name][50:55]
    report = check("t.csv", csv_of(cells, range(200)), source)
    assert rows_named(report, "O19") == {51, 52, 53, 54, 55}


def test_drawn_rows_are_looked_at_not_blocked(check: Check, people: Cells, source: Index) -> None:
    """They have the shape of rows, so checkers look; they are nobody's."""
    random = Random(6)
    cells = {name: random.choices(column, k=200) for name, column in people.items()}
    report = check("t.csv", csv_of(cells, range(200)), source)
    assert verdicts(report)["O19"] == "pass"
    assert severity(report, "O20") == {Verdict.FLAG}


def test_one_row_is_looked_at_two_are_blocked(check: Check, people: Cells, source: Index) -> None:
    """The excess over chance decides."""
    assert severity(check("t.csv", csv_of(people, [7]), source), "O19") == {Verdict.FLAG}
    assert severity(check("t.csv", csv_of(people, [7, 8]), source), "O19") == {Verdict.BLOCK}
    twice = notebook(*[shown(text_html=html_table(people, [row])) for row in (7, 8)])
    assert severity(check("n.ipynb", twice, source), "O19") == {Verdict.BLOCK}


def test_a_header_line_that_is_a_row_counts(check: Check, people: Cells, source: Index) -> None:
    """A file without names, sorted so that its first line could pass for names."""
    lines = csv_of(people, range(30)).splitlines()[1:]
    report = check("t.csv", "\n".join(lines) + "\n", source)
    assert len(rows_named(report, "O19")) == 30


@pytest.mark.parametrize("name", ["mgus2", "myeloma"])
def test_the_other_cohorts(
    check: Check, request: pytest.FixtureRequest, name: str, source: Index
) -> None:
    """Their rows are found in their own index, also beside another one."""
    cells: Cells = request.getfixturevalue(name)
    own = index_of(name, cells)
    report = check("t.csv", csv_of(without(cells, "person"), WANTED), source, own)
    assert severity(report, "O19") == {Verdict.BLOCK}
    assert all(name in one.evidence for one in report.findings if one.rule == "O19")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("t.csv", "who\n{}\n"),
        ("t.csv", "who,n\n{},12\n{},13\n"),
        ("t.md", "The patient {} did well.\n"),
        ("t.json", '{{"{}": 12}}'),
        ("t.json", '["x{}", "{}"]'),
        ("t.json", '{{"{}": {{"{}": [{{"n": 4}}]}}}}'),
        ("{}.csv", "sex,n\nF,12\n"),
        ("t.csv", "{},n\nF,12\n"),
        ("t.txt", "see P-{}-x and _{}_.\n"),
    ],
)
def test_pseudonyms_are_blocked_everywhere(
    check: Check, flchain: Cells, source: Index, path: str, data: str
) -> None:
    """In cells, texts, keys, file names and column names, with things around them."""
    person = flchain["person"][17]
    filled = data.replace("{{", "<").replace("}}", ">").replace("{}", person)
    filled = filled.replace("<", "{").replace(">", "}")
    report = check(path.replace("{}", person), filled, source)
    assert severity(report, "O22") == {Verdict.BLOCK}
    inside = [one.where.path.removeprefix(report.path) for one in report.findings]
    told = [one.evidence + one.say + str(one.where.column) for one in report.findings]
    assert not any(person in text for text in (*inside, *told) if person not in report.path)


def test_pseudonyms_of_nobody_pass(check: Check, source: Index) -> None:
    """The same shape, but not in the source."""
    assert severity(check("t.csv", "who,n\nP999999Z,12\n", source), "O22") == set()


def test_small_identifiers_count_only_in_their_own_column(check: Check, mgus2: Cells) -> None:
    """The count 17 is no patient; the column `id` full of known numbers is."""
    numbered = {"id": [str(n) for n in range(1, len(mgus2["age"]) + 1)], "age": mgus2["age"]}
    index = index_of("m", {"person": numbered["id"], "age": numbered["age"]})
    report = check("t.csv", "sex,n\nF,17\nM,25\n", index)
    assert severity(report, "O22") == set()
    assert severity(check("t.csv", "person,n\n17,12\n25,13\n", index), "O22") == {Verdict.BLOCK}


@pytest.mark.parametrize(
    ("path", "data", "rows"),
    [
        ("t.csv", "sex,n\nF,4350\nM,9\n", {2}),
        ("t.csv", "sex,n,deaths\nF,4350,1204\nM,3524,1\n", {2}),
        ("t.csv", 'variable,value\nn,"7,874"\nmale,4 (0.1%)\n', {2}),
        ("t.csv", "sex,a,b\nF,4,20\nM,60,30\nAll,64,50\n", {1}),
        ("t.json", '[{"sex": "F", "n": 12}, {"sex": "M", "n": 3}]', {2}),
        ("t.md", "| sex | n |\n|---|---|\n| F | 12 |\n| M | 3 |\n", {2}),
        ("t.csv", ",age\ncount,9\nmean,63.2\nstd,10.1\n", {1}),
        ("t.csv", "chapter,F,M\nBlood,4,12\nNervous,30,20\n", {1}),
    ],
)
def test_small_cells_are_blocked(
    check: Check, source: Index, path: str, data: str, rows: set[int]
) -> None:
    """The rows are named; the values are not."""
    report = check(path, data, source)
    assert severity(report, "O01") == {Verdict.BLOCK}
    assert rows_named(report, "O01") == rows


@pytest.mark.parametrize(
    "data",
    [
        AGGREGATE,
        "sex,n\nF,10\nM,4350\n",
        "term,coef,hr,se,p\nage,0.10,1.11,0.01,0.001\nkappa,0.05,1.05,0.01,0.02\n",
        "year,n\n1997,812\n1998,790\n",
        "stage,n,percent\n1,120,12\n2,340,34\n3,540,54\n",
        "rank,chapter,n\n1,Circulatory,745\n2,Neoplasms,567\n",
        "dose,people\n5,120\n10,130\n",
        "time,n.risk,n.event,survival\n0,7874,120,0.98\n365,7400,130,0.96\n",
        "measure,value\nplanned n,500\nmedian survival,5\nhazard ratio,2\n",
        "sex,n (%)\nF,4350 (55.2%)\nM,3524 (44.8%)\n",
    ],
)
def test_hard_safe_tables_have_no_small_cell(check: Check, source: Index, data: str) -> None:
    """Years, stages, ranks, doses, coefficients, hazard ratios: none is a count of people."""
    assert severity(check("t.csv", data, source), "O01") == set()


def test_unclear_small_numbers_are_looked_at(check: Check, source: Index) -> None:
    """Never a pass; and small n in a text too."""
    assert severity(check("t.csv", "sex,x\nF,4\nM,12\n", source), "O01") == {Verdict.FLAG}
    assert severity(check("t.md", "In men (n = 4) we saw", source), "O01") == {Verdict.FLAG}
    assert severity(check("t.md", "Among 3 patients there", source), "O01") == {Verdict.FLAG}
    assert severity(check("t.md", "Among 1,203 patients (n=12)", source), "O01") == set()


def test_zeros_and_everybody_are_looked_at(check: Check) -> None:
    """0 in a count; 0 or 100 % in a share."""
    report = check("t.csv", "sex,n,percent dead\nF,120,100\nM,0,30\n")
    assert rows_named(report, "O03") == {2}
    assert rows_named(report, "O04") == {1}
    assert severity(check("t.csv", "sex,share\nF,0.2\nM,0.8\n"), "O04") == set()
    assert severity(check("t.csv", "sex,share\nF,0\nM,1\n"), "O04") == {Verdict.FLAG}


def test_too_many_rows_are_blocked(check: Check) -> None:
    """The cap on rows is a block, not a matter of opinion."""
    long = "a,b,c\n" + "".join(f"{row},x,y\n" for row in range(5001))
    assert severity(check("t.csv", long), "O20") >= {Verdict.BLOCK}


def test_a_survival_table_is_not_row_like(check: Check) -> None:
    """Its numbers at risk fall; the same with rising numbers is looked at."""
    falling = "time,n.risk,n.event,surv\n" + "".join(
        f"{at},{9000 - 20 * at},20,0.{at + 10}\n" for at in range(80)
    )
    assert severity(check("t.csv", falling), "O20") == set()
    rising = "time,x,y,z\n" + "".join(f"{at},{at}.5,{at}.7,0.{at + 10}\n" for at in range(80))
    assert severity(check("t.csv", rising), "O20") == {Verdict.FLAG}


def test_pictures_are_for_people(check: Check) -> None:
    """A clean one is looked at; one with an archive behind it could not be checked."""
    clean = check("p.png", png())
    assert clean.verdict is Verdict.FLAG
    assert verdicts(clean)["O29"] == "pass"
    report = check("p.png", png() + b"PK\x03\x04")
    assert report.verdict is Verdict.COULD_NOT_CHECK
    (gap,) = [one for one in report.findings if one.rule == "O29"]
    assert (gap.where.start, gap.where.end) == (len(png()), len(png()) + 4)


@pytest.mark.parametrize("path", ["a.xlsx", "a.parquet", "a.rds", "a.unheard", "a", "a.pdf"])
def test_unknown_types_could_not_be_checked(check: Check, source: Index, path: str) -> None:
    """And the sentence says what can."""
    report = check(path, b"\0 whatever it is", source)
    assert report.verdict is Verdict.COULD_NOT_CHECK
    assert "csv, xlsx or parquet" in report.findings[0].say
    told = verdicts(report)
    assert told["O19"] == told["O01"] == told["O22"] == "could-not-check"
