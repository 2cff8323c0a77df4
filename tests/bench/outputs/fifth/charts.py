"""[pure] Figures as matplotlib draws them, the same bytes each time."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.bench.outputs.fifth.study import Cross
from tests.bench.outputs.third.facts import Step

Draw = Callable[[Any], None]
_NOBODY: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "eps": {},
}


def figure(draw: Draw, kind: str, size: tuple[float, float] = (5.2, 3.5), dpi: int = 90) -> bytes:
    """Draw one pair of axes into svg, png or pdf."""
    with mpl.rc_context({"svg.hashsalt": "fifth", "svg.fonttype": "none", "pdf.compression": 6}):
        own = Figure(figsize=size, layout="tight")
        draw(own.subplots())
        held = io.BytesIO()
        own.savefig(held, format=kind, metadata=_NOBODY[kind], dpi=dpi)
    return held.getvalue()


def bars(cross: Cross) -> Draw:
    """Bars side by side, their counts written above."""

    def draw(axes: Any) -> None:
        width = 0.8 / len(cross.columns)
        for at, (head, own) in enumerate(zip(cross.heads, zip(*cross.n, strict=True), strict=True)):
            places = [n + at * width for n in range(len(own))]
            axes.bar_label(axes.bar(places, own, width, label=head), fontsize=7)
        axes.set_xticks([n + 0.3 for n in range(len(cross.rows))], cross.sides, fontsize=7)
        axes.set_ylabel("people")
        axes.legend(fontsize=7)

    return draw


def histogram(edges: Sequence[float], counts: Sequence[int], name: str) -> Draw:
    """Bars of bands."""

    def draw(axes: Any) -> None:
        widths = [
            b - a for a, b in zip(edges, (*edges[1:], 2 * edges[-1] - edges[-2]), strict=True)
        ]
        axes.bar_label(axes.bar(edges, counts, widths, align="edge", edgecolor="white"), fontsize=6)
        axes.set_xlabel(name)
        axes.set_ylabel("people")

    return draw


def points(xs: Sequence[float], ys: Sequence[float], names: tuple[str, str]) -> Draw:
    """A point for each person."""

    def draw(axes: Any) -> None:
        axes.scatter(xs, ys, s=6, alpha=0.6)
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])

    return draw


def boxes(groups: Sequence[Sequence[float]], names: Sequence[str], title: str) -> Draw:
    """Boxes with a mark for each person beyond the whiskers."""

    def draw(axes: Any) -> None:
        axes.boxplot(groups, tick_labels=list(names), flierprops={"markersize": 3})
        axes.set_ylabel(title)

    return draw


def curves(groups: Sequence[tuple[str, Sequence[Step]]]) -> Draw:
    """Survival at the days of a life table, those at risk written below."""

    def draw(axes: Any) -> None:
        for at, (name, steps) in enumerate(groups):
            days = [one.day for one in steps]
            axes.step(days, [float(one.survival) for one in steps], where="post", label=name)
            for one in steps:
                axes.text(one.day, 0.04 + 0.06 * at, str(one.risk), fontsize=6)
                axes.text(one.day, 0.7 - 0.06 * at, one.survival, fontsize=6)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("days since screening")
        axes.legend(fontsize=7)

    return draw


def forest(
    terms: Sequence[str], ratios: Sequence[float], limits: Sequence[tuple[float, float]]
) -> Draw:
    """Ratios with their limits."""

    def draw(axes: Any) -> None:
        places = range(len(terms))
        low = [own - ends[0] for own, ends in zip(ratios, limits, strict=True)]
        high = [ends[1] - own for own, ends in zip(ratios, limits, strict=True)]
        axes.errorbar(ratios, places, xerr=[low, high], fmt="s")
        axes.axvline(1, color="grey")
        axes.set_yticks(
            places, [f"{name}  {own:.2f}" for name, own in zip(terms, ratios, strict=True)]
        )

    return draw


def screen(lines: Sequence[str]) -> Draw:
    """A picture of lines of text, as of a screen."""

    def draw(axes: Any) -> None:
        axes.axis("off")
        for at, line in enumerate(lines):
            axes.text(0, 1 - at / (len(lines) + 1), line, family="monospace", fontsize=7)

    return draw
