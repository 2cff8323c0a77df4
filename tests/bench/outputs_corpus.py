"""The check engine against the open corpus: what it detects, what it misses, what it wrongly stops.

Run: python tests/bench/outputs_corpus.py [--quick] [--seed N] [--corpus C] [--only L1,S1] [--list]
     [--page FILE] [--keep TITLE] [--acro PYTHON]
Every run draws its seed anew and prints it, but for the corpus that was frozen with one; `--list`
names every file whose answer is not right; `--keep` writes the figures beside earlier ones. A page
of one corpus renews that part of a page of all of them, if both are of one engine.
"""

import argparse
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.outputs.judge import engine
from tests.bench.outputs import corpora, harness, kept, peers, score, second
from tests.bench.outputs.blind import corpus as blind
from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.eighth import corpus as eighth
from tests.bench.outputs.eleventh import corpus as eleventh
from tests.bench.outputs.fifth import corpus as fifth
from tests.bench.outputs.fourth import corpus as fourth
from tests.bench.outputs.grid import Case
from tests.bench.outputs.ninth import corpus as ninth
from tests.bench.outputs.page import Run, page, renewed
from tests.bench.outputs.score import Outcome, Said
from tests.bench.outputs.seventh import corpus as seventh
from tests.bench.outputs.sixth import corpus as sixth
from tests.bench.outputs.tenth import corpus as tenth
from tests.bench.outputs.third import corpus as third

_QUICK = 3
"""Of how many files a quick run takes one; the source stays whole, so that nothing gets easier."""
_BY_COMMAND = 25
CORPORA: dict[str, Callable[[int], Corpus]] = {
    "first": corpora.made_up,
    "public": corpora.public,
    "blind": blind.transfusions,
    "second": second.transplants,
    "third": third.trials,
    "fourth": fourth.children,
    "fifth": fifth.gammopathies,
    "sixth": sixth.thromboses,
    "seventh": seventh.haemophilia,
    "eighth": eighth.thalassaemia,
    "ninth": ninth.myeloid,
    "tenth": tenth.myeloma,
    "eleventh": eleventh.neoplasms,
}
_WRONG = frozenset({Outcome.CAUGHT, Outcome.PASSED, Outcome.HELD, *score.ALARMS, Outcome.FRICTION})


FIXED: dict[str, int] = {
    "blind": blind.SEED,
    "third": third.SEED,
    "fourth": fourth.SEED,
    "fifth": fifth.SEED,
    "sixth": sixth.SEED,
    "seventh": seventh.SEED,
    "eighth": eighth.SEED,
    "ninth": ninth.SEED,
    "tenth": tenth.SEED,
    "eleventh": eleventh.SEED,
}
"""Corpora that are scored on the same files each time, where no seed is named."""


def believed(corpus: Corpus, seed: int) -> Corpus:
    """Give a corpus whose labels its source bears out.

    Errors: ValueError where it does not; nothing is scored then.
    """
    wrong = corpus.faults() if corpus.faults is not None else ()
    if wrong:
        raise ValueError(
            f"{len(wrong)} labels of the {corpus.name} do not hold for seed {seed}, so nothing is "
            f"scored. The first: {wrong[0]}. Take another seed."
        )
    return corpus


def measured(corpus: Corpus, cases: Sequence[Case], seed: int, acro: Path | None) -> Run:
    """Run one corpus, a part of it by the real command too, and ask the peers."""
    policy = harness.shipped()
    with tempfile.TemporaryDirectory() as name:
        begin = time.perf_counter()
        known = harness.indexes(corpus, Path(name), policy)
        indexed = time.perf_counter()
        said = harness.run(cases, known, policy)
        checked = time.perf_counter()
        agreed = _agreement(corpus, said, Path(name))
    asked = {title: peers.rates(cases, stops) for title, stops in peers.PEERS.items()}
    if acro is not None:
        stopped = {one.case.path for one in said if one.outcome in {*score.STOPPED, *score.ALARMS}}
        asked |= peers.beside_acro(
            peers.acro(acro, corpus, cases), cases, lambda case: case.path in stopped
        )
    return Run(corpus.name, seed, indexed - begin, checked - indexed, said, asked, agreed)


def _agreement(corpus: Corpus, said: Sequence[Said], folder: Path) -> str:
    """Check some files by the command as well: the verdicts must be the same."""
    source = next(iter(corpus.sources))
    own = [one for one in said if one.case.source == source and not one.case.released]
    some = own[:: max(1, len(own) // _BY_COMMAND)]
    by_command = harness.by_command([one.case for one in some], folder / source)
    apart = [one.case.path for one in some if by_command[one.case.path] != one.verdict]
    if apart:
        return f"`tre check` says otherwise about {', '.join(apart)} of {len(some)} files."
    return f"{len(some)} of them were also checked by `tre check`, with the same verdicts."


def told(run: Run, *, listed: bool) -> None:
    """Print the figures, and the files that were answered wrongly."""
    print(f"{run.name}: {len(run.said)} files, indexed in {run.indexed:.1f} s, "
          f"checked in {run.checked:.1f} s. {run.command}")  # fmt: skip
    for name, rate in vars(score.summary(run.said)).items():
        print(f"  {name:11s} {rate}")
    for name, (leaky, safe) in run.peers.items():
        print(f"  {name}: leaky {leaky}, safe {safe}")
    for family, counted in score.by(run.said, lambda one: one.case.family).items():
        print(f"  {family:4s}", ", ".join(f"{own} {count}" for own, count in counted.items()))
    for one in run.said if listed else ():
        if one.outcome in _WRONG:
            why = "; ".join(one.findings[:2])[:240]
            print(
                f"  {one.outcome.value}: {one.case.family} {one.case.format} {one.case.path} {why}"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="take one file of so many")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--corpus", default="", help=f"one of {', '.join(CORPORA)}")
    parser.add_argument("--only", default="", help="families, as L11,S11")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--page", type=Path, help="write the page of the documents")
    parser.add_argument("--keep", default="", help="write the figures beside earlier ones, as this")
    parser.add_argument("--acro", type=Path, help="the python of an environment that has acro")
    options = parser.parse_args()
    drawn = secrets.randbelow(10**6)
    only = frozenset(filter(None, options.only.split(",")))
    runs = []
    for name, make in CORPORA.items():
        if options.corpus in {"", name}:
            seed = FIXED.get(name, drawn) if options.seed is None else options.seed
            print(f"{name}: seed {seed}", flush=True)
            corpus = believed(make(seed), seed)
            cases = [case for case in corpus.cases if not only or case.family in only]
            cases = cases[:: _QUICK if options.quick else options.every]
            runs.append(measured(corpus, cases, seed, options.acro))
            told(runs[-1], listed=options.list)
    date = datetime.now(UTC).date().isoformat()
    if options.keep:
        kept.add(options.keep, date, runs)
    if options.page is not None:
        text = page(runs, engine(), harness.shipped().digest(), date, kept.known())
        if options.corpus and options.page.exists():
            text = renewed(options.page.read_text("utf-8"), text)
        options.page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
