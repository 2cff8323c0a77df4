"""The corpora: sources as folders of csv tables, and the labelled files made from them."""

import csv as reader
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

from orchestrator.demo.data import datasets
from tests.bench.outputs import odds, rows_and_tables, thresholds
from tests.bench.outputs.boxes_office import xlsx
from tests.bench.outputs.boxes_text import (
    csv,
    ipynb_html,
    ipynb_stream,
    json_records,
    markdown,
)
from tests.bench.outputs.grid import Case, Grid
from tests.bench.outputs.population import PEOPLE, dictionary, registry
from tests.bench.outputs.shelf import Shelf
from tests.bench.outputs.summaries import digits, known

Question = Mapping[str, object]
"""Kind of a question, the table it is asked of, conditions, and what its kind needs."""


@dataclass(frozen=True)
class Source:
    """What a partner sent: tables and their dictionary, None where there is none."""

    tables: Mapping[str, bytes]
    dictionary: Mapping[str, object] | None

    def write(self, folder: Path) -> Path:
        """Write it as `tre check --source` reads it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.tables.items():
            (folder / f"{name}.csv").write_bytes(data)
        if self.dictionary is not None:
            (folder / "dictionary.yaml").write_text(yaml.safe_dump(dict(self.dictionary)))
        return folder


@dataclass(frozen=True)
class Corpus:
    """Sources by name, and files about them.

    Shape: `asked` gives, by path, the questions whose answers the files are, and writes into a
    folder the tables that they are asked of; None where nobody has written them down. `faults`
    names labels that the sources of this seed do not bear out; None where nobody proves them.
    """

    name: str
    sources: Mapping[str, Source]
    cases: Sequence[Case]
    asked: Callable[[Path], Mapping[str, Sequence[Question]]] | None = None
    faults: Callable[[], Sequence[str]] | None = None


def made_up(seed: int, people: int = PEOPLE) -> Corpus:
    """The registry of 20,000 people and its files."""
    tables = registry(seed, people)
    shelf = Shelf("registry", Random(f"cases {seed}"))
    rows_and_tables.containers(shelf, tables)
    rows_and_tables.figures(shelf, tables)
    rows_and_tables.disguises(shelf, tables)
    rows_and_tables.scales(shelf, tables)
    rows_and_tables.needles(shelf, tables, seed)
    thresholds.at_thresholds(shelf, tables)
    thresholds.suppressed_and_paired(shelf, tables)
    odds.identifiers(shelf, tables)
    odds.channels(shelf, tables)
    odds.hostile(shelf, tables)
    odds.genotypes(shelf, tables)
    source = Source({name: csv(grid) for name, grid in tables.items()}, dictionary())
    return Corpus("made-up registry", {"registry": source}, shelf.cases)


def public(seed: int) -> Corpus:
    """The three public cohorts of the demonstration, and files about them."""
    sources, cases = {}, []
    for dataset in datasets():
        sources[dataset.slug] = Source({dataset.slug: dataset.content}, dataset.dictionary)
        shelf = Shelf(dataset.slug, Random(f"{dataset.slug} {seed}"))
        _cohort(shelf, _grid(dataset.content))
        cases += shelf.cases
    return Corpus("public cohorts", sources, cases)


def _grid(content: bytes) -> Grid:
    rows = list(reader.reader(io.StringIO(content.decode())))
    return Grid(tuple(rows[0]), tuple(map(tuple, rows[1:])))


_BOXES = (
    ("csv", csv), ("json", json_records), ("ipynb", ipynb_html), ("ipynb", ipynb_stream),
    ("xlsx", xlsx), ("md", markdown),
)  # fmt: skip


def _cohort(shelf: Shelf, people: Grid) -> None:
    facts = [name for name in people.columns if name != "person"]
    for ending, box in _BOXES:
        own = people.take(shelf.random.sample(range(len(people.rows)), 40))
        shelf.add("L1", "rows", ending, box(own.pick(facts)), "O19", people=40)
        renamed = own.pick(facts[::-1]).named([f"x{at}" for at in range(len(facts))])
        shelf.add("L2", "renamed-reordered", ending, box(renamed), "O19", people=40)
        shelf.add("L13", "pseudonyms", ending, box(own.pick(["person"])), "O22", people=40)
        for kind, table in _safe(people).items():
            shelf.add("S1", kind, ending, box(table))
    known_facts = people.pick(facts)
    luck = _luck(known_facts)
    for count in (1, 5, 20):
        body = _drawn(known_facts, shelf.random)
        shelf.add(
            "S6",
            "drawn-by-column",
            "csv",
            csv(Grid(tuple(facts), tuple(body))),
            seen_by=("O01", "O20"),
        )
        for place, row in enumerate(known_facts.take(
            shelf.random.sample(range(len(people.rows)), count)).rows):  # fmt: skip
            body[2 * place] = row
        shelf.add("L4", f"{count}-among-drawn", "csv", csv(Grid(tuple(facts), tuple(body))), "O19",
                  people=count, apart=count <= luck, seen_by=("O01", "O20"))  # fmt: skip


def _drawn(facts: Grid, random: Random) -> list[tuple[str, ...]]:
    """Rows of nobody: every column drawn by itself."""
    drawn = [random.choices(facts.column(name), k=45) for name in facts.columns]
    return list(zip(*drawn, strict=True))


def _luck(facts: Grid) -> int:
    """How many true rows chance puts into one in twenty drawn files: as many planted ones are no
    more than the safe twin of a file has, and scored apart."""
    own, random = set(facts.rows), Random("luck")
    met = sorted(sum(row in own for row in _drawn(facts, random)) for _ in range(200))
    return met[int(0.95 * len(met))]


def _safe(people: Grid) -> Mapping[str, Grid]:
    """Deaths by decade of age or by year, with groups of at least forty on both sides."""
    by = "age" if "age" in people.columns else "year"
    groups: dict[str, list[str]] = {}
    for key, dead in zip(people.column(by), people.column("death"), strict=True):
        label = f"{int(float(key)) // 10 * 10}s"
        groups.setdefault(label, []).append(dead)
    rows = tuple(
        (label, str(len(own)), str(own.count("1")), f"{100 * own.count('1') / len(own):.1f}")
        for label, own in sorted(groups.items())
        if min(own.count("1"), own.count("0")) >= 40
    )
    times = known(people, "futime")
    middle = sorted(times)[int(0.45 * len(times)) : int(0.55 * len(times))]
    described = Grid(
        ("measure", "value"),
        (("people", str(len(times))), ("mean follow-up", digits(sum(times) / len(times))),
         ("middle of follow-up", digits(sum(middle) / len(middle)))),
    )  # fmt: skip
    return {"deaths": Grid((by, "n", "deaths", "percent"), rows), "described": described}
