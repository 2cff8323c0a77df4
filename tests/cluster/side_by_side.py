"""[pure] The contract's outcomes, both engines beside each other, from the words of one run."""

import re
from collections.abc import Iterable

LOCAL = "local"
ENGINES = (LOCAL, "kubernetes")
NOT_RUN = "not run"
_TEST = re.compile(r"tests/cluster/test_engine_contract\.py::test_(\w+)\[(\w+)\]")
_WORST = ("error", "failed", "skipped", "passed")

Outcomes = dict[str, dict[str, str]]


def outcomes(reports: Iterable[tuple[str, str]]) -> Outcomes:
    """Answer each test's outcome on each engine; of two words on one test the worse one counts.

    Shape: `reports` are ids of tests with what became of them, in any order; others are left out.
    A test that said nothing on an engine is `not run` there, which is no better than failed.
    """
    found: Outcomes = {}
    for test, said in reports:
        named = _TEST.search(test)
        if named and said in _WORST:
            of_test = found.setdefault(named[1], dict.fromkeys(ENGINES, NOT_RUN))
            before = of_test.get(named[2], NOT_RUN)
            of_test[named[2]] = min(said, before, key=_rank)
    return found


def _rank(word: str) -> int:
    return _WORST.index(word) if word in _WORST else len(_WORST)


def table(found: Outcomes) -> list[str]:
    """Lay them out as lines of equal columns, the tests in the order of their names."""
    rows: list[tuple[str, ...]] = [("the contract of engines", *ENGINES)]
    rows += [
        (test.replace("_", " "), *(of_test[engine] for engine in ENGINES))
        for test, of_test in sorted(found.items())
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
