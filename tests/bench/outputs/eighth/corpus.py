"""The eighth corpus: files as other programs made them, each with a label that the source proves.

The files are frozen: no seed draws others, and no program that made them is needed to read them.
How they were made stands in `programs/` and `libraries/`; what an entry of a labels file holds, in
the proof of the seventh corpus.
"""

from pathlib import Path

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.eighth import units
from tests.bench.outputs.eighth.proof import FILES, Desk
from tests.bench.outputs.seventh.corpus import unlabelled
from tests.bench.outputs.seventh.proof import labels

SEED = units.SEED
LABELS = tuple(sorted(Path(__file__).parent.glob("labels-*.yaml")))
MOST_BYTES = 3_000_000
"""All files together: they lie in the repository."""


def thalassaemia(seed: int) -> Corpus:
    """The day-care units and the files about them; the same ones whatever the seed."""
    del seed
    source, desk = units.source(), Desk("units")
    for path in LABELS:
        desk.take(source.tables, labels(path))
    paths = [case.path for case in desk.cases]
    earlier = {path for case in desk.cases for path, _ in case.released}
    return Corpus(
        "day-care units for thalassaemia, as other programs print it",
        {"units": source},
        desk.cases,
        faults=lambda: [*unlabelled(paths, earlier, FILES), *desk.faults(source.tables)],
    )
