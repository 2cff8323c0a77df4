"""The fourth corpus: all its files, in one order."""

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.fourth import channels, papers, registry, rows, tables
from tests.bench.outputs.fourth.counts import Counts
from tests.bench.outputs.fourth.proof import Desk

SEED = 41_2029
"""The seed that the corpus was frozen with."""


def children(seed: int) -> Corpus:
    """The registry of children with leukaemia and its files."""
    drawn = registry.draw(seed)
    source = registry.source(drawn)
    desk, picks, counts = Desk("registry"), rows.Picks(drawn, seed), Counts(drawn, seed)
    for lay_rows in (rows.raw, rows.disguised, rows.scaled, rows.noised):
        lay_rows(desk, picks)
    rows.needles(desk, picks, seed)
    rows.nobody(desk, picks, seed)
    for lay_counts in (
        tables.aggregates, tables.at_threshold, tables.in_words, tables.values, tables.behind_rows,
        tables.hidden, tables.pairs, tables.models, tables.survival,
    ):  # fmt: skip
        lay_counts(desk, counts)
    tables.not_counts(desk)
    for lay_papers in (
        papers.unseen, papers.notebooks, papers.drawings, papers.kept_models, papers.logs_and_code,
        channels.behind_bytes, channels.boxes,
    ):  # fmt: skip
        lay_papers(desk, picks, counts)
    channels.identifiers(desk, picks)
    channels.genomes(desk, picks)
    return Corpus(
        "registry of children with leukaemia",
        {"registry": source},
        desk.cases,
        faults=lambda: desk.faults(source.tables),
    )
