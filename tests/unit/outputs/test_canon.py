"""One spelling for each value."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.outputs.canon import (
    Transform,
    hasher,
    is_missing,
    number,
    respelled,
    spell,
    spell_number,
    transforms,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [("7", "7.0"), ("007", "7"), (" Abc ", "aBC"), ("1e3", "1000"), ("-0.0", "0"), ("12%", "12"),
     ("1,234", "1234"), ("STRASSE", "straße"), ("a  b", "a b"), ("0.30000000000000004", "0.3")],
)  # fmt: skip
def test_the_same_value_is_spelled_the_same(one: str, other: str) -> None:
    """However a program wrote it."""
    assert spell(one) == spell(other)


@pytest.mark.parametrize("text", ["", "x", "1_000", "nan", "inf", "1e999", "٣", "0x10", "1.2.3"])
def test_what_is_no_number(text: str) -> None:
    """Python would read some of these."""
    assert number(text) is None


def test_a_long_run_of_digits_is_read_in_time() -> None:
    """No pattern takes quadratic time on it: this would not come back."""
    assert number("1" * 200_000 + "x") is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_found_again(value: float) -> None:
    """Reading what was written gives the same spelling."""
    assert spell(repr(value)) == spell_number(value, 12)


def test_missing_values_are_no_evidence() -> None:
    """In all their spellings."""
    assert all(map(is_missing, ["", " ", "NA", "NaN", "null", "None", ".", "<NA>", "n/a"]))
    assert not any(map(is_missing, ["0", "no", "N"]))


def spelled(values: Sequence[float | None], counts: list[int]) -> dict[Transform, list[str]]:
    """All transforms of a column at once."""
    return {name: list(own) for name, own in transforms(values, counts)}


def test_transforms_of_a_column() -> None:
    """Scaled by the whole column, each value as often as it occurs."""
    values = [float(value) for value in range(1, 31)]
    counts = [2] * 30
    made = spelled(values, counts)
    mean, spread = 15.5, math.sqrt(sum((value - 15.5) ** 2 for value in values) / 30)
    assert made[Transform.Z_SCORE][0] == spell_number((1 - mean) / spread, 4)
    assert made[Transform.MIN_MAX][1] == spell_number(1 / 29, 4)
    ends = (made[Transform.MIN_MAX][0], made[Transform.MIN_MAX][-1])
    assert ends == ("", "")  # 0 and 1 stand in every file
    assert made[Transform.LOG][9] == spell_number(math.log(10), 4)
    assert made[Transform.LOG1P][9] == spell_number(math.log(11), 4)
    assert Transform.TENTH not in made
    few = spelled([0.25, -1.0, None], [1, 1, 1])
    assert set(few) == {Transform.INTEGER, Transform.TENTH}
    assert few[Transform.INTEGER] == ["0", "-1", ""]
    assert spelled([0.0, *values], [1] * 31)[Transform.LOG][:2] == ["", "0"]
    assert Transform.LOG1P not in spelled([-1.0, *values], [1] * 31)


def test_hashes_need_the_key() -> None:
    """Another key, another hash; 64 bits."""
    assert hasher(bytes(32))("x") == hasher(bytes(32))("x")
    assert hasher(bytes(32))("x") != hasher(b"\x01" * 32)("x")
    assert hasher(bytes(32))("x") < 2**64


def test_what_stands_around_every_number_is_taken_off() -> None:
    """A unit, a name, both; not where it differs, and not from the names of a few groups."""
    numbers = ["61", "70.5", "8", "", "44", "59", "62", "71", "80"]
    for before, after in (("", " years"), ("hb ", ""), ("2:", ""), ("~ ", " mg/m2")):
        cells = [number and f"{before}{number}{after}" for number in numbers]
        assert numbers in list(respelled(cells))
    assert not list(respelled([f"centre {letter}" for letter in "ABCDEFGHIJ"]))
    assert not list(respelled(["stage 1", "stage 2", "stage 3", "stage 4"]))
    assert not list(respelled([f"{number} {'mg' if at % 2 else 'g'}"
                               for at, number in enumerate("123456789")]))  # fmt: skip
