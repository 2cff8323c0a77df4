"""Rows that no table shows: in sentences, attributes, drawings, and texts in other texts."""

import base64
import json
from collections.abc import Callable, Sequence
from random import Random

import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.model import FileReport
from tests.outputs_world import Cells, Check, verdicts, without
from tests.outputs_writers import zipped

Rows = Sequence[tuple[str, ...]]


def _lines(names: Sequence[str], rows: Rows, cell: str, between: str) -> list[str]:
    """One line a row, its names and values as a pattern."""
    return [between.join(cell.format(*pair) for pair in zip(names, row, strict=True))
            for row in rows]  # fmt: skip


def _csv(names: Sequence[str], rows: Rows) -> str:
    return "\n".join(",".join(row) for row in [tuple(names), *rows]) + "\n"


WAYS: dict[str, tuple[str, Callable[[Sequence[str], Rows], str]]] = {
    "sentences": ("txt", lambda names, rows: "".join(
        f"Person: {line}.\n" for line in _lines(names, rows, "{} {}", "; "))),
    "words": ("txt", lambda names, rows: "\n".join(_lines(names, rows, "{} {}", " ")) + "\n"),
    "titles": ("html", lambda names, rows: "".join(
        f'<p title="{line}">o</p>' for line in _lines(names, rows, "{}: {}", ", "))),
    "spans": ("html", lambda _names, rows: "".join(
        f"<div>{''.join(f'<span>{cell}</span>' for cell in row)}</div>" for row in rows)),
    "drawn": ("svg", lambda _names, rows: "<svg xmlns='http://www.w3.org/2000/svg'>" + "".join(
        f"<circle cx='{at}' cy='2' r='1'><title>{', '.join(row)}</title></circle>"
        for at, row in enumerate(rows)) + "</svg>"),
    "base64": ("txt", lambda names, rows: base64.b64encode(
        _csv(names, rows).encode()).decode() + "\n"),
    "hexadecimal": ("md", lambda names, rows: f"blob {_csv(names, rows).encode().hex()}\n"),
    "in a string": ("json", lambda names, rows: json.dumps({"out": _csv(names, rows)})),
}  # fmt: skip


@pytest.fixture(scope="module")
def people(flchain: Cells) -> Cells:
    """flchain without its pseudonyms."""
    return without(flchain, "person")


def _found(check: Check, way: str, names: Sequence[str], rows: Rows, source: Index) -> FileReport:
    ending, write = WAYS[way]
    return check(f"t.{ending}", write(names, rows), source)


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_found_wherever_they_are_spelled(
    check: Check, source: Index, people: Cells, way: str
) -> None:
    """Twelve true rows, by row linkage."""
    rows = [row for row in zip(*people.values(), strict=True) if all(row)][700:712]
    assert verdicts(_found(check, way, list(people), rows, source))["O19"] == "block"


@pytest.mark.parametrize("way", WAYS)
def test_rows_of_nobody_are_not(check: Check, source: Index, people: Cells, way: str) -> None:
    """The same with each column moved by some rows of its own."""
    columns = [column[at * 97 + 700 : at * 97 + 712]
               for at, column in enumerate(people.values())]  # fmt: skip
    rows = [*zip(*columns, strict=True)]
    assert verdicts(_found(check, way, list(people), rows, source))["O19"] == "pass"


CASE = "A typical case: {0}, aged {1}, with kappa {2}, lambda {3}, followed for {4} days."


def _case(people: Cells, at: int, moved: int = 0) -> str:
    names = ("sex", "age", "kappa", "lambda", "futime")
    return CASE.format(*(people[name][(at + moved * turn) % len(people[name])]
                         for turn, name in enumerate(names)))  # fmt: skip


@pytest.mark.parametrize("at", [700, 1203, 4011])
def test_a_person_told_in_a_sentence_is_found(
    check: Check, source: Index, people: Cells, at: int
) -> None:
    """Among other sentences; values of several people in one sentence are nobody."""
    other = "Methods of 2012. The plan named 3 models, 5 folds, 2 seeds and 10 trees.\n\n"
    assert verdicts(check("t.md", other + _case(people, at) + "\n", source))["O19"] == "flag"
    assert verdicts(check("t.md", other + _case(people, at, 97) + "\n", source))["O19"] == "pass"


def test_among_many_sentences_one_agrees_by_chance(
    check: Check, source: Index, people: Cells
) -> None:
    """Numbers drawn like those of people, in a long paper; a person among forty is found."""
    random = Random(5)
    drawn = []
    for site in range(150):
        values = (random.randrange(50, 98), f"{random.uniform(0.3, 4):.2f}",
                  f"{random.uniform(0.3, 4):.1f}", random.randrange(100, 5000),
                  random.randrange(1, 400), f"{random.uniform(0.4, 2):.1f}")  # fmt: skip
        drawn.append("In site {} of them the age was {}, kappa {}, lambda {}, at day {} with {} "
                     "people and creatinine {}.".format(site, *values))  # fmt: skip
    paper = "\n\n".join(drawn)
    assert verdicts(check("t.md", paper, source))["O19"] == "pass"
    beside = "\n\n".join([*drawn[:40], _case(people, 1203)])
    assert verdicts(check("t.md", beside, source))["O19"] == "flag"


def test_cells_of_a_table_one_below_the_other_are_nobody(
    check: Check, source: Index, people: Cells
) -> None:
    """As a document lists them: compared like a row. A person's values among words are one."""
    cells = [str(120 + 7 * at) for at in range(20)]
    own = [people[name][1203] for name in ("sex", "age", "kappa", "lambda", "futime")]
    told = verdicts(check("t.txt", "\n".join(["Results", *cells]), source))
    assert told["O19"] == "pass"
    words = [f"named {value}" for value in own]
    assert verdicts(check("t.txt", "\n".join(["Results", *words]), source))["O19"] == "flag"


def test_a_sentence_is_no_table_to_other_rules(check: Check, source: Index) -> None:
    """Small numbers of a plan count nobody; a folder of that name changes nothing for a table."""
    plan = "We planned 6 cycles of 5 days, 2 looks, 4 knots, 3 arms and 9 visits in 7 weeks.\n"
    told = verdicts(check("t.md", plan, source))
    assert {rule for rule, verdict in told.items() if verdict in {"flag", "block"}} <= {"O37"}
    inside = zipped("sentences/1.csv", b"group,patients\na,4\nb,130\n")
    assert verdicts(check("t.zip", inside, source))["O01"] == "block"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.txt", "".join(f"epoch {at} of 20 done in {at % 3 + 2} s\n" for at in range(1, 9))),
        ("t.txt", "commit " + "0123456789abcdef" * 8 + "\n"),
        ("t.html", "".join(f"<div><span>{name}</span><span>{count}</span></div>"
                           for name, count in (("Patients", 412), ("Deaths", 120)))),
        ("t.json", json.dumps({"say": "First line.\nSecond line of 3.\nThird line.\n"})),
    ],
)  # fmt: skip
def test_what_looks_alike_and_counts_nobody_passes(check: Check, name: str, text: str) -> None:
    """Progress, digests, figures on a page, a message of three lines."""
    said = verdicts(check(name, text))
    assert {rule for rule, verdict in said.items() if verdict in {"flag", "block"}} <= {"O37"}
