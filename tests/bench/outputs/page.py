"""[pure] The page of a run: what was measured, what was missed, beside what."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.outputs.score import (
    ALARMS,
    Outcome,
    Rate,
    Said,
    by,
    confusion,
    summary,
)

_LEAKY = (Outcome.DETECTED, Outcome.CAUGHT, Outcome.HELD, Outcome.PASSED)
_SAFE = (Outcome.CLEAN, Outcome.PEOPLE, Outcome.FALSE_FLAG, Outcome.FALSE_BLOCK, Outcome.FRICTION)
_WORDS = {
    "stopped": "leaky files flagged or blocked",
    "named": "of these, by a rule that names this leak",
    "held": "leaky files held because they could not be checked",
    "passed": "leaky files passed",
    "alarms": "safe files flagged or blocked wrongly",
    "blocks": "of these, blocked",
    "friction": "safe files that could not be checked",
    "looked_at": "safe files sent to people by a rule about their kind",
    "containers": "files with rows of the source stopped or held",
    "rows": "rows of the source named one by one",
    "apart": "noised rows, one-column copies, no more true rows than chance draws: flagged or "
    "blocked (scored apart)",
}


_INTRODUCTION = """\
Written by `make bench-outputs`; do not edit. Every run draws new files from a new seed, so figures
move a little from run to run; the intervals are 95 % Wilson intervals. How a file is labelled and
counted is in [decision 0017](decisions/0017-what-the-benchmark-counts.md). Misses stay in the
tables: a family that today's engine does not see is listed like the others."""


_EARLIER = """\
Figures that were kept when they were taken, each with the commit of the engine. The corpus written
blind was committed before its first score; a second score of it is no longer blind, because in
between its outcomes by family and rule were read (decision 0028), and no file."""


@dataclass(frozen=True)
class Run:
    """What one corpus came to: seed, seconds, answers, and what peers said of the same files."""

    name: str
    seed: int
    indexed: float
    checked: float
    said: Sequence[Said]
    peers: Mapping[str, tuple[Rate, Rate]]
    command: str


@dataclass(frozen=True)
class Kept:
    """Figures of one corpus as they were taken, with the commit of the engine they are of."""

    corpus: str
    title: str
    date: str
    commit: str
    seed: int
    figures: Mapping[str, Rate]


def page(
    runs: Sequence[Run], engine: str, policy: str, date: str, earlier: Sequence[Kept] = ()
) -> str:
    """Write the whole page; `earlier` are figures that were kept."""
    lines = [
        "# The check engine against an open corpus",
        "",
        _INTRODUCTION,
        "",
        f"* {date}, policy `{policy}`",
        f"* {engine}",
        "",
    ]
    lines += _earlier(earlier) if earlier else ()
    for run in runs:
        lines += _run(run)
    return "\n".join(lines) + "\n"


def renewed(old: str, new: str) -> str:
    """Put the corpora of a new page in the place of theirs on an older one, which keeps the others.

    Shape: both of the same judge, rules and policy; head and earlier figures are the new page's.
    Errors: ValueError where the older page is of another engine or policy.
    """
    before, after = _sections(old), _sections(new)
    if _measured_with(before[""]) != _measured_with(after[""]):
        raise ValueError("The page is of another engine or policy: run all corpora.")
    return "".join({**before, **after}.values())


def _sections(text: str) -> dict[str, str]:
    """Cut a page at its titles; what stands before the first has none."""
    head, *rest = re.split(r"(?m)^(?=## )", text)
    return {"": head} | {part.partition("\n")[0]: part for part in rest}


def _measured_with(head: str) -> list[str]:
    return [line.partition(", policy")[2] or line for line in head.splitlines() if line[:2] == "* "]


def _earlier(earlier: Sequence[Kept]) -> Iterable[str]:
    yield "## Before and after"
    yield ""
    yield _EARLIER
    yield ""
    shown = ("stopped", "named", "passed", "alarms", "looked_at", "containers", "rows")
    yield from _table(
        ("corpus", "when", "seed", *(_WORDS[name] for name in shown)),
        [
            (one.corpus, f"{one.title} ({one.date}, {one.commit})", str(one.seed),
             *(_short(one.figures[name]) for name in shown))
            for one in sorted(earlier, key=lambda one: one.corpus)
        ],
    )  # fmt: skip


def _short(rate: Rate) -> str:
    return f"{100 * rate.share:.1f} % ({rate.hits}/{rate.of})"


def _run(run: Run) -> Iterable[str]:
    leaky = sum(one.case.leaky for one in run.said)
    figures = summary(run.said)
    yield f"## {run.name.capitalize()}"
    yield ""
    yield (
        f"Seed {run.seed}; {leaky} leaky and {len(run.said) - leaky} safe files; the source was "
        f"indexed in {run.indexed:.1f} s, the files checked in {run.checked:.1f} s, other work "
        f"beside it. {run.command}"
    )
    yield ""
    yield from _table(
        ("", "share (95 % interval; files)"),
        [(_WORDS[name], str(rate)) for name, rate in vars(figures).items()],
    )
    yield from _table(
        ("on the same files", "leaky stopped", "safe stopped"),
        [("this engine", str(figures.stopped), str(figures.alarms)),
         *((name, str(own[0]), str(own[1])) for name, own in run.peers.items())],
    )  # fmt: skip
    yield from _outcomes("Leaky families", [one for one in run.said if one.case.leaky], _LEAKY)
    yield from _outcomes("Safe families", [one for one in run.said if not one.case.leaky], _SAFE)
    yield from _rules(run.said)
    yield from _wrong(run.said)


def _outcomes(title: str, said: Sequence[Said], columns: Sequence[Outcome]) -> Iterable[str]:
    yield f"### {title}"
    yield ""
    rows = [
        (family, *(str(counted[column] or "") for column in columns))
        for family, counted in by(said, lambda one: one.case.family).items()
    ]
    yield from _table(("family", *(column.value for column in columns)), rows)


def _rules(said: Sequence[Said]) -> Iterable[str]:
    yield "### Rules"
    yield ""
    yield (
        "*Right*: spoke on a file whose leak it names. *Missed*: no rule that names the leak did. "
        "*Wrong*: spoke on a safe file and was not meant to. *Silent*: said nothing on a safe file."
    )
    yield ""
    rows = [
        (rule, str(one.right), str(one.missed), str(one.wrong), str(one.silent))
        for rule, one in confusion(said).items()
    ]
    yield from _table(("rule", "right", "missed", "wrong", "silent"), rows)


def _wrong(said: Sequence[Said]) -> Iterable[str]:
    yield "### Not right"
    yield ""
    wanted = {Outcome.PASSED, Outcome.CAUGHT, Outcome.HELD, Outcome.FRICTION, *ALARMS}
    counted = Counter(
        (one.outcome.value, one.case.family, one.case.format, " ".join(sorted(one.rules)) or "none")
        for one in said
        if one.outcome in wanted
    )
    rows = [(*key, str(count)) for key, count in sorted(counted.items())]
    yield from _table(("outcome", "family", "kind", "rules that spoke", "files"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' for _ in head)}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
