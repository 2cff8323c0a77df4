"""The sixth corpus: all its files, in one order."""

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.sixth import (
    channels,
    clinics,
    estimates,
    hidden,
    nobodies,
    numbered,
    objects,
    releases,
    reports,
    rows,
    summaries,
    tables,
)
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Study

_PARTS = (
    tables, numbered, summaries, estimates, nobodies,
    rows, hidden, reports, objects, releases, channels,
)  # fmt: skip
SEED = 550_364
"""The seed that the corpus was frozen with."""


def thromboses(seed: int) -> Corpus:
    """The thrombosis clinics and their files."""
    drawn = clinics.draw(seed)
    source = clinics.source(drawn)
    desk, study = Desk("clinics"), Study(drawn, clinics.draw(seed + 1, 2_400), seed)
    for part in _PARTS:
        part.lay(desk, study)
    return Corpus(
        "network of thrombosis clinics",
        {"clinics": source},
        desk.cases,
        faults=lambda: desk.faults(source.tables),
    )
