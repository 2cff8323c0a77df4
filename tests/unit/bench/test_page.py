"""A page of one corpus renews its part of the page of all of them."""

import pytest

from tests.bench.outputs.page import Run, page, renewed


def of(*runs: tuple[str, int], engine: str = "judge 1; O01.1") -> str:
    """A page of corpora without files, by name and seed."""
    made = [Run(name, seed, 1.0, 2.0, (), {}, "one file") for name, seed in runs]
    return page(made, engine, "sha256:0", "2026-11-30")


def test_one_corpus_is_renewed() -> None:
    """The others stay as they were measured, in their places."""
    old = of(("first", 1), ("public", 2), ("third", 3))
    assert renewed(old, of(("public", 7))) == of(("first", 1), ("public", 7), ("third", 3))


def test_another_engine_renews_nothing() -> None:
    """Figures of two engines do not stand on one page."""
    with pytest.raises(ValueError, match="run all corpora"):
        renewed(of(("first", 1)), of(("first", 2), engine="judge 1; O01.2"))
