"""The third corpus: all its files, in one order."""

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.third import alliance, channels, counts, drawings, papers, rows
from tests.bench.outputs.third.analyst import Analyst
from tests.bench.outputs.third.desk import Desk

FILES, LEAKY = 452, 241
SEED = 31_0411
"""The seed that the corpus was frozen with."""


def trials(seed: int) -> Corpus:
    """The alliance of lymphoma trials and its files."""
    drawn = alliance.tables(seed)
    source = alliance.source(drawn)
    desk, analyst = Desk("alliance"), Analyst(drawn, seed)
    rows.formats(desk, analyst)
    rows.disguises(desk, analyst)
    rows.scales(desk, analyst)
    rows.needles(desk, analyst, seed)
    rows.noised(desk, analyst)
    rows.made_up(desk, analyst, seed)
    for lay in (
        counts.at_threshold,
        counts.told_otherwise,
        counts.models,
        counts.hidden,
        counts.pairs,
        counts.survival,
        counts.not_counts,
        drawings.people,
        drawings.cleared,
        papers.unseen,
        papers.unseen_and_clean,
        papers.notebooks,
        papers.logs,
        papers.quiet,
        papers.coefficients,
        papers.containers,
        papers.typed_by_people,
        channels.identifiers,
        channels.hidden_bytes,
        channels.boxes,
        channels.genomes,
    ):
        lay(desk, analyst)
    return Corpus(
        "alliance of lymphoma trials",
        {"alliance": source},
        desk.cases,
        faults=lambda: desk.faults(source.tables),
    )
