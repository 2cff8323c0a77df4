"""Corpora written blind: each label holds and all families have files."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.fifth import corpus as fifth
from tests.bench.outputs.fourth import corpus as fourth
from tests.bench.outputs.sixth import corpus as sixth

Make = Callable[[int], Corpus]
FAMILIES = {f"{side}{number}" for side in "LS" for number in range(1, 17)}
FROZEN: dict[str, tuple[Make, int, int]] = {
    "fourth": (fourth.children, fourth.SEED, 220),
    "fifth": (fifth.gammopathies, fifth.SEED, 280),
    "sixth": (sixth.thromboses, sixth.SEED, 280),
}
"""How each is made, its seed, and how many files it has at least, half of them of either side."""


@pytest.fixture(scope="module", params=FROZEN)
def name(request: pytest.FixtureRequest) -> str:
    """One corpus after the other."""
    return str(request.param)


@pytest.fixture(scope="module")
def made(name: str) -> Corpus:
    """The corpus as it was frozen."""
    make, seed, _ = FROZEN[name]
    return make(seed)


def test_every_label_is_borne_out(made: Corpus) -> None:
    assert made.faults is not None
    assert made.faults() == []


def test_every_family_has_files_and_both_sides_are_large(name: str, made: Corpus) -> None:
    families = Counter(case.family for case in made.cases)
    leaky, least = sum(case.leaky for case in made.cases), FROZEN[name][2]
    assert set(families) == FAMILIES
    assert len(made.cases) >= least
    assert min(leaky, len(made.cases) - leaky) >= least / 2


def test_a_leaky_file_names_a_rule_and_a_safe_one_none(made: Corpus) -> None:
    assert [case.path for case in made.cases if case.leaky != bool(case.rules)] == []


@pytest.mark.parametrize("name", ["fifth", "sixth"])
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    """Of the fourth one file holds the hour in which it was made."""
    make, seed, _ = FROZEN[name]
    first, again = make(seed), make(seed)
    assert [one.path for one, other in zip(again.cases, first.cases, strict=True)
            if one.data != other.data] == []  # fmt: skip
