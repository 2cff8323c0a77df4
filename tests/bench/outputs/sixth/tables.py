"""[pure] Tables of counts: each layout with a cell below ten, and once more with exactly ten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.bench.outputs.sixth import consoles, exchanges, markups
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Baseline, Cross, Study, Tally

Table = TypeVar("Table")


@dataclass(frozen=True)
class Layout(Generic[Table]):
    """One way to write a table.

    Shape: `seen` are rules that send every file of the kind to people; `heads` is how many columns
    fit; `roomy` asks for a third file, well above the threshold; `means` are printed too.
    """

    kind: str
    write: Callable[[Table], bytes]
    seen: str = ""
    heads: int = 4
    roomy: bool = False
    means: bool = False


CROSSES: Sequence[Layout[Cross]] = (
    Layout("txt", consoles.ftable, "O27"),
    Layout("log", consoles.data_table, "O27"),
    Layout("txt", consoles.gmodels, roomy=True),
    Layout("txt", consoles.janitor),
    Layout("txt", consoles.julia),
    Layout("txt", consoles.polars),
    Layout("txt", consoles.spss_text, "O27"),
    Layout("lst", consoles.tabulate, "O27"),
    Layout("tsv", consoles.tabout),
    Layout("html", markups.great_table, roomy=True),
    Layout("html", markups.quarto),
    Layout("html", markups.ods_html),
    Layout("html", markups.jasp),
    Layout("tex", markups.stargazer),
    Layout("md", markups.notes),
    Layout("eml", markups.letter),
    Layout("docx", markups.supplement),
    Layout("pptx", markups.deck),
    Layout("pdf", markups.brochure),
    Layout("rtf", markups.rtf_report),
    Layout("json", exchanges.api),
    Layout("yaml", exchanges.yaml_nested),
    Layout("pzfx", exchanges.prism),
    Layout("sql", exchanges.sql, "O27"),
    Layout("csv", exchanges.redcap),
    Layout("csv", exchanges.wide_csv),
    Layout("xlsx", exchanges.pivot, roomy=True),
    Layout("csv", exchanges.forest_input, heads=2),
)
BASELINES: Sequence[Layout[Baseline]] = (
    Layout("txt", consoles.tableone, means=True),
    Layout("md", consoles.arsenal, roomy=True),
    Layout("txt", consoles.summary_factor),
    Layout("docx", markups.flextable, roomy=True, means=True),
)
TALLIES: Sequence[Layout[Tally]] = (
    Layout("gv", exchanges.flow),
    Layout("md", exchanges.sentence),
    Layout("html", exchanges.frequencies),
)


def lay(desk: Desk, study: Study) -> None:
    """Lay each table with a small cell, at the threshold, and some well above it."""
    for band, family, rules in (("few", "L11", "O01"), ("ten", "S11", ""), ("many", "S1", "")):
        for cross in _asked(CROSSES, band):
            crossed = study.cross(band, heads=cross.heads)
            desk.lay(family, cross.kind, cross.write(crossed), *crossed.claims(), rules=rules,
                     seen=cross.seen)  # fmt: skip
        for base in _asked(BASELINES, band):
            described = study.baseline(band)
            desk.lay(family, base.kind, base.write(described), *described.claims(base.means),
                     rules=rules, seen=base.seen)  # fmt: skip
        for tally in _asked(TALLIES, band):
            counted = study.tally(band)
            desk.lay(family, tally.kind, tally.write(counted), *counted.claims(), rules=rules,
                     seen=tally.seen)  # fmt: skip


def _asked(layouts: Sequence[Layout[Table]], band: str) -> list[Layout[Table]]:
    return [one for one in layouts if one.roomy or band != "many"]
