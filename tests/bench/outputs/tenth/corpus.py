"""The tenth corpus: what projects hand in for release, each file with a label that is proved.

The files are frozen: no seed draws others, and no program that made them is needed to read them.
How they were made stands in `scripts/`; what an entry of a labels file holds, in the proof of the
seventh corpus.
"""

from pathlib import Path

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.seventh.corpus import unlabelled
from tests.bench.outputs.seventh.proof import labels
from tests.bench.outputs.tenth import network
from tests.bench.outputs.tenth.proof import FILES, Desk

SEED = network.SEED
LABELS = tuple(sorted(Path(__file__).parent.glob("labels-*.yaml")))
MOST_BYTES = 2_500_000
"""All files together: they lie in the repository."""


def myeloma(seed: int) -> Corpus:
    """The plasma-cell clinics and the files about them; the same ones whatever the seed."""
    del seed
    source, desk = network.source(), Desk("network")
    for path in LABELS:
        desk.take(source.tables, labels(path))
    paths = [case.path for case in desk.cases]
    earlier = {path for case in desk.cases for path, _ in case.released}
    return Corpus(
        "clinics for plasma-cell disorders, as projects hand in",
        {"network": source},
        desk.cases,
        faults=lambda: [*unlabelled(paths, earlier, FILES), *desk.faults(source.tables)],
    )
