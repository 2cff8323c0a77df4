"""Rows in mails, listings, texts of an unknown kind and drawings are found; their twins are not."""

import base64
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from random import Random

import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.model import FileReport, Verdict
from orchestrator.outputs.readers.printed import find_tables
from orchestrator.outputs.readers.records import find_listed
from tests.outputs_world import Cells, Check, csv_of, verdicts
from tests.outputs_writers import mail

NAMES = ("age", "kappa", "lambda", "futime")


def rows_of(people: Cells, rows: Sequence[int] | range) -> list[tuple[str, ...]]:
    """Some columns of some people."""
    return [tuple(people[name][row] for name in NAMES) for row in rows]


def strangers(count: int) -> list[tuple[str, ...]]:
    """Rows of nobody, of the same columns."""
    random = Random(8)
    return [(str(random.randint(50, 90)), f"{random.uniform(0.5, 3):.2f}",
             f"{random.uniform(0.5, 3):.2f}", str(random.randint(100, 5000)))
            for _ in range(count)]  # fmt: skip


def stopped(report: FileReport) -> bool:
    """Say whether rows were named."""
    return any(one.rule == "O19" for one in report.findings)


def sent(rows: Sequence[Sequence[str]]) -> str:
    """A mail with a table."""
    return mail("\n".join([",".join(NAMES), *map(",".join, rows)]))


def quoted(rows: Sequence[Sequence[str]]) -> str:
    """A page in a web archive, its equal signs and long lines quoted."""
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>=\n" for row in rows)
    return (
        "From: saved\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n"
        "Content-Transfer-Encoding: quoted-printable\n\n"
        f"<html><body><table>=\n{cells}</table></body></html>\n"
    )


def printed(rows: Sequence[Sequence[str]]) -> str:
    """What a program printed in a batch run."""
    lines = [" ".join(f"{cell:>8}" for cell in row) for row in (NAMES, *rows)]
    return "> print(d)\n" + "\n".join(lines) + "\n> q()\n"


def boxed(rows: Sequence[Sequence[str]]) -> str:
    """As Stata lists rows."""
    rule = f"     +{'-' * 40}+"
    lines = [f"{at:>3}. | {' '.join(f'{cell:>8}' for cell in row)} |"
             for at, row in enumerate(rows, 1)]  # fmt: skip
    names = f"     | {' '.join(f'{name:>8}' for name in NAMES)} |"
    return "\n".join([". list", "", rule, names, rule.replace("+", "|"), *lines, rule]) + "\n"


def one_a_value(rows: Sequence[Sequence[str]]) -> str:
    """As pandas prints one row after the other."""
    return "".join(
        "".join(f"{name:12}{cell}\n" for name, cell in zip(NAMES, row, strict=True))
        + f"Name: {at}, dtype: float64\n"
        for at, row in enumerate(rows)
    )


def with_units(rows: Sequence[Sequence[str]]) -> str:
    """Every number with a word beside it."""
    return "\n".join(f"age {a}; kappa {k} mg/L; lambda {b} mg/L; {d} days" for a, k, b, d in rows)


def scripted(rows: Sequence[Sequence[str]]) -> str:
    """Objects of a script, whose names have no quotes."""
    objects = ",".join(
        "{" + ",".join(f"{name}:{cell}" for name, cell in zip(NAMES, row, strict=True)) + "}"
        for row in rows
    )
    return f"<html><body><script>var d=[{objects}];</script></body></html>"


def by_column(rows: Sequence[Sequence[str]]) -> str:
    """A value a line below the name of each column."""
    columns = zip(NAMES, zip(*rows, strict=True), strict=True)
    return "".join(f"{name}:\n" + "".join(f"  - {cell}\n" for cell in own) for name, own in columns)


def points(rows: Sequence[Sequence[str]]) -> str:
    """The marks of a drawing, three times as many, as LaTeX writes them."""
    return "\\addplot coordinates {" + " ".join(f"({row[3]},{row[1]})" for row in rows) + "};"


def listed(rows: Sequence[Sequence[str]]) -> str:
    """One line, as somebody notes it down."""
    return "The ones to ask about: " + "; ".join(map(" ".join, rows)) + "."


WAYS: dict[str, Callable[[Sequence[Sequence[str]]], str]] = {
    "m.eml": sent, "p.mhtml": quoted, "batch.Rout": printed, "note.txt": listed,
    "list.log": boxed, "frame.log": one_a_value, "units.txt": with_units, "page.html": scripted,
    "columns.yaml": by_column, "plot.tex": points,
}  # fmt: skip


@pytest.mark.parametrize("path", WAYS)
def test_rows_are_found_and_strangers_are_not(
    check: Check, source: Index, flchain: Cells, path: str
) -> None:
    """The same wrapping around rows of people, and of nobody."""
    assert stopped(check(path, WAYS[path](rows_of(flchain, range(300, 336))), source))
    twin = check(path, WAYS[path](strangers(36)), source)
    assert not stopped(twin)
    assert verdicts(twin)["O29"] == "pass"


def test_a_mail_that_does_not_decode_is_held(check: Check, source: Index) -> None:
    """Between the digits of base64 could stand anything."""
    broken = sent(strangers(3)).replace("base64\n\n", "base64\n\n*!*")
    assert verdicts(check("m.eml", broken, source))["O29"] == "could-not-check"
    assert verdicts(check("m.eml", "no headers here", source))["O29"] == "could-not-check"


def test_what_a_header_says_in_code_is_read(check: Check, source: Index) -> None:
    """Programs that show mails decode it."""
    for address, verdict in (("jane.doe@example.org", "flag"), ("the whole group", "pass")):
        packed = base64.b64encode(f"Write to {address}".encode()).decode()
        told = sent(strangers(3)).replace("for the meeting", f"=?utf-8?b?{packed}?=")
        assert verdicts(check("m.eml", told, source))["O22-national"] == verdict


def test_a_text_is_read_whatever_its_ending_says(
    check: Check, source: Index, flchain: Cells
) -> None:
    """It could be called `list.txt` as well, so a hold for its name would protect nobody."""
    rows = csv_of({name: flchain[name] for name in NAMES}, range(40, 60))
    report = check("list.dat", rows, source)
    assert stopped(report)
    assert verdicts(report)["O19"] == "block"
    assert verdicts(report)["O29"] == "pass"
    for name in ("list.dat", "list", "list.of.things"):
        assert check(name, "group,people\nF,4350\nM,3524\n", source).verdict is Verdict.PASS
    nested = (
        f"<?xml version='1.0'?><all>{''.join(f'<row>{r}</row>' for r in rows.splitlines())}</all>"
    )
    assert stopped(check("list.jats", nested, source))
    assert verdicts(check("list.dat", b"\0\1\2", source))["O29"] == "could-not-check"


def courses(lines: Sequence[Sequence[tuple[float, float]]]) -> str:
    """A line each, and the numbers of two axes as plain words."""
    drawn = "".join(
        "<polyline fill='none' points='"
        + " ".join(f"{50 + x / 20:.3f},{400 - 80 * y:.3f}" for x, y in line)
        + "'/>"
        for line in lines
    )
    across = "".join(f"<text x='{50 + x / 20}' y='420'>{x}</text>" for x in range(0, 6000, 1000))
    up = "".join(f"<text x='20' y='{400 - 80 * y}'>{y}</text>" for y in range(5))
    return f"<svg xmlns='http://www.w3.org/2000/svg'>{drawn}{across}{up}</svg>"


def test_a_course_for_each_person_is_compared(check: Check, source: Index, flchain: Cells) -> None:
    """Corners of lines are values; so are those of the means of a few groups, which nobody has."""
    places = [(float(flchain["futime"][row]), float(flchain["kappa"][row]))
              for row in range(500, 590)]  # fmt: skip
    own = [places[at : at + 3] for at in range(0, 90, 3)]
    report = check("courses.svg", courses(own), source)
    assert stopped(report)
    assert verdicts(report)["O18"] == "flag"
    means = [[(400.0 * at, 1 + at / 40 + group / 9.7) for at in range(6)] for group in range(4)]
    twin = check("means.svg", courses(means), source)
    assert not {"O18", "O19"} & {one.rule for one in twin.findings}


def bars(lengths: Sequence[tuple[str, str]]) -> str:
    """Lying bars, the longest first, each with a word beside it."""
    drawn = "".join(
        f"<rect x='60' y='{20 + 9 * at}' width='{float(length) / 10:.2f}' height='6'/>"
        f"<text x='4' y='{26 + 9 * at}'>{said} years</text>"
        for at, (length, said) in enumerate(lengths)
    )
    ticks = "".join(f"<text x='{60 + x / 10}' y='900'>{x}</text>" for x in range(0, 6000, 1000))
    return f"<svg xmlns='http://www.w3.org/2000/svg'>{drawn}{ticks}</svg>"


def test_a_bar_for_each_person_is_compared(check: Check, source: Index, flchain: Cells) -> None:
    """How long somebody was followed, and how old they are; the bars of groups are nobody."""
    own = [(flchain["futime"][row], flchain["age"][row]) for row in range(700, 740)]
    assert stopped(check("swim.svg", bars(own), source))
    groups = [(str(1007 + 37 * at), f"centre {'ABCDEFGHIJKL'[at]}") for at in range(12)]
    twin = check("groups.svg", bars(groups), source)
    assert not {"O01", "O19"} & {one.rule for one in twin.findings}


def chart(style: str, points: Sequence[tuple[str, str]]) -> bytes:
    """A document with a chart by two numbers."""

    def cache(tag: str, at: int) -> str:
        values = "".join(f"<c:pt idx='{n}'><c:v>{p[at]}</c:v></c:pt>" for n, p in enumerate(points))
        return f"<c:{tag}><c:numRef><c:numCache>{values}</c:numCache></c:numRef></c:{tag}>"

    series = f"<c:ser>{style}{cache('xVal', 0)}{cache('yVal', 1)}</c:ser>"
    space = (
        "<c:chartSpace xmlns:c='c'><c:chart><c:plotArea><c:scatterChart>"
        f"{series}</c:scatterChart></c:plotArea></c:chart></c:chartSpace>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("word/document.xml", "<w:document xmlns:w='w'/>")
        packed.writestr("word/charts/chart1.xml", space)
    return out.getvalue()


def test_a_scatter_behind_a_document_is_looked_at(check: Check, source: Index) -> None:
    """A mark for each row; a curve of as many points has no marks."""
    points = [(f"{at / 7:.3f}", f"{at * at % 91 / 13:.3f}") for at in range(80)]
    assert verdicts(check("a.docx", chart("", points), source))["O18"] == "flag"
    curve = chart("<c:marker><c:symbol val='none'/></c:marker>", points)
    assert verdicts(check("a.docx", curve, source))["O18"] == "pass"


def test_records_of_a_line_are_found_by_their_marks() -> None:
    """As many words in each, half of them numbers; sentences and counts of words are none."""
    assert [*find_listed([(1, ["if asked: 61 F 9.1; 58 M 8.4; 70 F 9.9; 44 M 7.3"])])] == [
        [["61", "F", "9.1"], ["58", "M", "8.4"], ["70", "F", "9.9"], ["44", "M", "7.3"]]
    ]
    assert [*find_listed([(1, ["- 61 F 9.1", "- 58 M 8.4", "- 70 F 9.9", "- 44 M 7.3"])])]
    assert not [*find_listed([(1, ["we saw them; they left; nobody came; it was 9 h"])])]
    assert find_tables("if asked: 61 F 9.1; 58 M 8.4; 70 F 9.9; 44 M 7.3") == []


def side_by_side(rows: Sequence[Sequence[str]]) -> str:
    """Visits as lists in the cells of a line, three and two in turn."""
    sizes = [3, 2] * len(rows)
    body, at = [], 0
    for size in sizes:
        own = rows[at : at + size]
        at += size
        if own:
            body.append(",".join("|".join(cells) for cells in zip(*own, strict=True)))
    return "\n".join([",".join(NAMES), *body]) + "\n"


def nested(rows: Sequence[Sequence[str]]) -> str:
    """Two people in each object."""
    told = [dict(zip(NAMES, row, strict=True)) for row in rows]
    pairs = [{"left": a, "right": b} for a, b in zip(told[::2], told[1::2], strict=True)]
    return json.dumps(pairs)


def instances(rows: Sequence[Sequence[str]]) -> str:
    """The neighbours that a model keeps."""
    cells = ("".join(f"<{name}>{cell}</{name}>" for name, cell in zip(NAMES, row, strict=True))
             for row in rows)  # fmt: skip
    inside = "".join(f"<row>{own}</row>" for own in cells)
    return (
        f'<?xml version="1.0"?><PMML version="4.4"><NearestNeighborModel><TrainingInstances>'
        f"<InlineTable>{inside}</InlineTable></TrainingInstances></NearestNeighborModel></PMML>"
    )


def in_julia(rows: Sequence[Sequence[str]]) -> str:
    """A frame as Julia prints it, below what was typed and its size."""
    lines = ["".join(f"{cell:>9}" for cell in row) for row in (NAMES, *rows)]
    return "\n".join([f"julia> first(df, {len(rows)})", f"{len(rows)}×4 DataFrame", *lines]) + "\n"


@pytest.mark.parametrize(
    ("name", "lay"),
    [("t.csv", side_by_side), ("t.json", nested), ("t.pmml", instances), ("t.txt", in_julia)],
)
def test_lists_pairs_models_and_printed_frames(
    check: Check,
    source: Index,
    flchain: Cells,
    name: str,
    lay: Callable[[Sequence[Sequence[str]]], str],
) -> None:
    """Each person is a row of their own; strangers in the same layout are not found."""
    report = check(name, lay(rows_of(flchain, range(40, 52))), source)
    found = {(one.where.path, row) for one in report.findings if one.rule == "O19"
             for row in one.where.rows}  # fmt: skip
    assert len(found) >= 11
    assert not stopped(check(name, lay(strangers(12)), source))


def test_few_rows_are_known_by_what_their_columns_may_be(
    check: Check, source: Index, flchain: Cells
) -> None:
    """The best guess of a column of three values is often wrong; names and other guesses help."""
    names = ("age", "kappa", "lambda", "creatinine", "futime")
    own = {name: flchain[name] for name in names}
    assert stopped(check("t.csv", csv_of(own, range(60, 63)), source))
    mixed = {name: flchain[name][40 * at :] for at, name in enumerate(names)}
    assert not stopped(check("t.csv", csv_of(mixed, range(60, 63)), source))


def drawn_as_paths(lengths: Sequence[tuple[str, str]]) -> str:
    """Lying bars as matplotlib draws them: closed paths, and words at the ticks."""
    boxes = "".join(
        f'<g id="patch_{at}"><path d="M 54 {20 + 8 * at} L {54 + float(long) / 10} {20 + 8 * at} '
        f'L {54 + float(long) / 10} {26 + 8 * at} L 54 {26 + 8 * at} z"/></g>'
        f'<g id="ytick_{at}"><g><use x="54" y="{23 + 8 * at}"/></g>'
        f'<text x="40" y="{25 + 8 * at}">{word}</text></g>'
        for at, (long, word) in enumerate(lengths, 1)
    )
    ticks = "".join(
        f'<g id="xtick_{at}"><g><use x="{54 + 100 * at}" y="250"/></g>'
        f'<text x="{54 + 100 * at}" y="260">{1000 * at}</text></g>'
        for at in range(6)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{boxes}{ticks}</svg>'


def test_bars_that_are_drawn_as_paths_are_bars(check: Check, source: Index, flchain: Cells) -> None:
    """Whose bar it is stands at a tick; bars of groups are nobody's."""
    own = [(flchain["futime"][row], f"{flchain['kappa'][row]} {flchain['lambda'][row]}")
           for row in range(100, 120)]  # fmt: skip
    groups = [(f"{1000 + 37 * at}", f"{at}.15 {at}.85") for at in range(20)]
    assert stopped(check("bars.svg", drawn_as_paths(own), source))
    assert not stopped(check("groups.svg", drawn_as_paths(groups), source))


def test_who_wrote_to_whom_is_no_list_of_people(check: Check) -> None:
    """Every mail has their addresses; in its text, and in a long list, they are looked at."""
    mail = "From: ann@lab.example\nTo: {}\nContent-Type: text/plain\n\nAll 120 agreed.{}\n"
    for to, more, verdict in (
        ("ben@site.example", "", "pass"),
        ("ben@site.example", " Write to jane.doe@home.example.", "flag"),
        (", ".join(f"p{at}@home.example" for at in range(20)), "", "flag"),
    ):
        assert verdicts(check("m.eml", mail.format(to, more)))["O22-national"] == verdict
