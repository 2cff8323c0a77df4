"""The blind corpus: one source, files about it, and the proof of their labels.

Run: python -m tests.bench.outputs.blind.corpus [SEED]   (says which labels are not honest)
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.bench.outputs.blind.analysis import Analyst
from tests.bench.outputs.blind.asked import questions, tables
from tests.bench.outputs.blind.desk import SOURCE, Desk
from tests.bench.outputs.blind.facts import Sheets, checked, faults
from tests.bench.outputs.blind.leaky import Leaks
from tests.bench.outputs.blind.registry import Registry, dictionary, drawn
from tests.bench.outputs.blind.safe import Plain
from tests.bench.outputs.corpora import Corpus, Question, Source

SEED = 421107
"""The seed of the first score; another is taken only where the labels can be proved for it too."""


def laid(registry: Registry, seed: int) -> Desk:
    """Make every file about a registry."""
    desk, analyst = Desk(), Analyst(registry)
    Leaks(desk, analyst, np.random.default_rng(seed + 1)).all()
    Plain(desk, analyst, np.random.default_rng(seed + 2)).all()
    return desk


def transfusions(seed: int) -> Corpus:
    """Draw the source and make the corpus."""
    registry = drawn(seed)
    desk = laid(registry, seed)

    def asked(folder: Path) -> Mapping[str, Sequence[Question]]:
        tables(Analyst(registry), folder)
        return questions(desk)

    source = Source(registry.files(), dictionary())
    return Corpus("transfusion registry, written blind", {SOURCE: source}, desk.cases, asked,
                  lambda: dishonest(desk, registry))  # fmt: skip


def dishonest(desk: Desk, registry: Registry) -> Sequence[str]:
    """Name labels that the source does not bear out."""
    sheets = Sheets(registry.files())
    every = {id(claim): claim for claims in desk.claims.values() for claim in claims}
    known = {key: checked(claim, sheets) for key, claim in every.items()}
    out = []
    for case in desk.cases:
        claims = desk.claims[case.path]
        found = [known[id(claim)] for claim in claims]
        wrong = faults(claims, found, leaky=case.leaky, people=case.people)
        out += [f"{case.path}: {'; '.join(wrong[:4])}"] if wrong else []
    return out


def main() -> None:
    """Say what is wrong, and how many files there are."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    registry = drawn(seed)
    desk = laid(registry, seed)
    for text in dishonest(desk, registry):
        print(text)
    leaky = sum(case.leaky for case in desk.cases)
    proved = sum(bool(desk.claims[case.path]) for case in desk.cases)
    print(f"{leaky} leaky and {len(desk.cases) - leaky} safe files; {proved} with claims")


if __name__ == "__main__":
    main()
