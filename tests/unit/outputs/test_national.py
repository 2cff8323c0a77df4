"""Columns of national numbers are told from numbers that pass by chance."""

from random import Random

import pytest
from stdnum.gb import nhs
from stdnum.nl import bsn

from orchestrator.outputs.national import SCHEMES, national_numbers
from tests.outputs_world import Check, verdicts


def _made(digits: int, count: int, seed: int = 1) -> list[str]:
    random = Random(seed)
    return ["".join(random.choices("0123456789", k=digits)) for _ in range(count)]


def _valid(kind: str) -> list[str]:
    check = {"nhs": nhs.is_valid, "bsn": bsn.is_valid}[kind]
    return [one for one in _made(10 if kind == "nhs" else 9, 2000) if check(one)][:40]


@pytest.mark.parametrize(("kind", "title"), [("nhs", "British"), ("bsn", "Dutch")])
def test_a_column_of_valid_numbers_is_named(kind: str, title: str) -> None:
    """Also with blanks between, and with some typing errors."""
    values = _valid(kind)
    found = national_numbers(values, 5, 50, 4)
    assert found is not None
    assert found.title.startswith(title)
    spaced = [f"{value[:3]} {value[3:6]} {value[6:]}" for value in values]
    assert national_numbers([*spaced, *_made(10, 10)], 5, 50, 4) is not None


@pytest.mark.parametrize("digits", range(8, 16))
def test_random_numbers_are_not(digits: int) -> None:
    """Of any length that a scheme has."""
    assert national_numbers(_made(digits, 400), 5, 50, 4) is None


def test_the_chances_are_those_of_random_digits() -> None:
    """No scheme passes random numbers much more often than it says."""
    for scheme in SCHEMES:
        for digits in (9, 10, 11, 13, 15):
            shaped = [one for one in _made(digits, 1000) if scheme.shape.match(one)]
            share = sum(map(scheme.valid, shaped)) / max(len(shaped), 1)
            assert share < scheme.chance + 0.03, scheme.title


def test_too_few_values_say_nothing() -> None:
    """Four valid numbers are no column."""
    assert national_numbers(_valid("nhs")[:4], 5, 50, 4) is None
    assert national_numbers([], 5, 50, 4) is None


@pytest.mark.parametrize(
    ("name", "around"),
    [("t.txt", "{}\n"), ("t.html", "<li>{}</li>"), ("t.md", "left out was {}, ")],
)
def test_a_list_of_valid_numbers_in_a_text_is_a_column(
    check: Check, name: str, around: str
) -> None:
    """One a line, in a page, behind one another; random numbers in the same lists are not."""
    own = "".join(map(around.format, _valid("bsn")[:12]))
    assert verdicts(check(name, own))["O22-national"] == "block"
    drawn = "".join(map(around.format, _made(9, 40, seed=3)))
    assert verdicts(check(name, drawn))["O22-national"] == "pass"
