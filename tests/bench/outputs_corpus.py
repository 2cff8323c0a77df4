"""The check engine against the open corpus: what it detects, what it misses, what it wrongly stops.

Run: python tests/bench/outputs_corpus.py [--quick] [--seed N] [--corpus C] [--only L1,S1] [--list]
Every run draws its seed anew and prints it; `--list` names every file whose answer is not right.
"""

import argparse
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.outputs import corpora, harness, score, second
from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.score import Outcome, Said

_QUICK = 3
"""Of how many files a quick run takes one; the source stays whole, so that nothing gets easier."""
CORPORA: dict[str, Callable[[int], Corpus]] = {
    "first": corpora.made_up,
    "public": corpora.public,
    "second": second.transplants,
}
_WRONG = frozenset({Outcome.CAUGHT, Outcome.PASSED, Outcome.HELD, *score.ALARMS, Outcome.FRICTION})


def measured(corpus: Corpus, only: frozenset[str], every: int) -> list[Said]:
    """Run one corpus, or some families of it."""
    policy = harness.shipped()
    cases = [case for case in corpus.cases if not only or case.family in only][::every]
    with tempfile.TemporaryDirectory() as name:
        begin = time.perf_counter()
        known = harness.indexes(corpus, Path(name), policy)
        indexed = time.perf_counter()
        said = harness.run(cases, known, policy)
        print(f"{corpus.name}: {len(cases)} files, indexed in {indexed - begin:.1f} s, "
              f"checked in {time.perf_counter() - indexed:.1f} s")  # fmt: skip
    return said


def told(said: Sequence[Said], *, listed: bool) -> None:
    """Print the figures, and the files that were answered wrongly."""
    for name, rate in vars(score.summary(said)).items():
        print(f"  {name:11s} {rate}")
    for family, counted in score.by(said, lambda one: one.case.family).items():
        print(f"  {family:4s}", ", ".join(f"{own} {count}" for own, count in counted.items()))
    for one in said if listed else ():
        if one.outcome in _WRONG:
            why = "; ".join(one.findings[:2])[:240]
            print(
                f"  {one.outcome.value}: {one.case.family} {one.case.format} {one.case.path} {why}"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--corpus", default="", help=f"one of {', '.join(CORPORA)}")
    parser.add_argument("--only", default="", help="families, as L11,S11")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    only = frozenset(filter(None, options.only.split(",")))
    for name, make in CORPORA.items():
        if options.corpus in {"", name}:
            every = _QUICK if options.quick else 1
            told(measured(make(options.seed), only, every), listed=options.list)


if __name__ == "__main__":
    main()
