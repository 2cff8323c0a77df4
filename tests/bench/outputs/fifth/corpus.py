"""The fifth corpus: all its files, in one order."""

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.fifth import (
    baseline,
    boxes,
    by_hand,
    disguises,
    genomes,
    in_notebooks,
    in_papers,
    in_python,
    in_r,
    in_sas,
    in_stata,
    on_pages,
    releases,
    screening,
)
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import Picks, Study

SEED = 52_031
"""The seed that the corpus was frozen with."""


def gammopathies(seed: int) -> Corpus:
    """The screening for monoclonal gammopathies and its files."""
    tables = screening.draw(seed)
    source = screening.source(tables)
    desk, study, picks = Desk("screening"), Study(tables), Picks(tables)
    for analyst in (in_r, in_stata, in_sas, in_python, in_notebooks, on_pages, by_hand, disguises):
        analyst.lay(desk, study, picks)
    baseline.lay(desk, study)
    releases.lay(desk, study)
    in_papers.lay(desk, study)
    genomes.lay(desk, study, picks)
    boxes.lay(desk, study, picks)
    return Corpus(
        "screening for monoclonal gammopathies",
        {"screening": source},
        desk.cases,
        faults=lambda: desk.faults(source.tables),
    )
