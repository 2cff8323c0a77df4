"""The eleventh corpus: each family of the specification, a leak and its safe twin, proved.

The files are frozen: no seed draws others, and no program that made them is needed to read them.
How they were made stands in `scripts/`; what an entry of a labels file holds, in the proofs of the
seventh and the eleventh corpus.
"""

from pathlib import Path

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.eleventh import registry
from tests.bench.outputs.eleventh.proof import FILES, Desk
from tests.bench.outputs.seventh.corpus import unlabelled
from tests.bench.outputs.seventh.proof import labels

SEED = registry.SEED
LABELS = tuple(sorted(Path(__file__).parent.glob("labels-*.yaml")))
MOST_BYTES = 2_500_000
"""All files together: they lie in the repository."""


def neoplasms(seed: int) -> Corpus:
    """The registry of neoplasms and the files about it; the same ones whatever the seed."""
    del seed
    source, desk = registry.source(), Desk("registry")
    for path in LABELS:
        desk.take(source.tables, labels(path))
    paths = [case.path for case in desk.cases]
    earlier = {path for case in desk.cases for path, _ in case.released}
    return Corpus(
        "registry of myeloproliferative neoplasms, by the specification",
        {"registry": source},
        desk.cases,
        faults=lambda: [*unlabelled(paths, earlier, FILES), *desk.faults(source.tables)],
    )
