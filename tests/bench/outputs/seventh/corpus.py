"""The seventh corpus: files as real programs made them, each with a label that the source proves.

The files are frozen: no seed draws others, and no program that made them is needed to read them.
How they were made stands in `programs/`; what an entry of a labels file holds, in `proof.py`.
"""

from collections import Counter
from collections.abc import Sequence, Set
from pathlib import Path

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.seventh import centres
from tests.bench.outputs.seventh.proof import FILES, Desk, labels

SEED = centres.SEED
LABELS = tuple(sorted(Path(__file__).parent.glob("labels-*.yaml")))
MOST_BYTES = 3_000_000
"""All files together: they lie in the repository."""


def haemophilia(seed: int) -> Corpus:
    """The haemophilia centres and the files about them; the same ones whatever the seed."""
    del seed
    source, desk = centres.source(), Desk("centres")
    for path in LABELS:
        desk.take(source.tables, labels(path))
    paths = [case.path for case in desk.cases]
    earlier = {path for case in desk.cases for path, _ in case.released}
    return Corpus(
        "network of haemophilia centres, as programs print it",
        {"centres": source},
        desk.cases,
        faults=lambda: [*unlabelled(paths, earlier), *desk.faults(source.tables)],
    )


def unlabelled(paths: Sequence[str], earlier: Set[str], folder: Path = FILES) -> list[str]:
    """Every file of the folder has one label, but for those that left earlier."""
    there = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}
    twice = [path for path, n in Counter(paths).items() if n > 1]
    return [f"{one} has no label" for one in sorted(there - set(paths) - earlier)] + [
        f"{one} has two labels" for one in twice
    ]
