"""The fifth corpus: a wrong label is named."""

import pytest

from tests.bench.outputs.fifth import office, writers
from tests.bench.outputs.fifth.opened import missing, stands, text_of
from tests.bench.outputs.fifth.proof import Bins, Desk, Fitted, Ranks, Screening, Weighted
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Claim, Count, Small

_NAMES = [f"sk{letter * 8}" for letter in "abcdefghjkmnpqrstuvw"]
_FILES = {
    "screened": b"screenee,sex,hb,age,weight\n"
    + "".join(
        f"{name},{'FM'[n % 2]},{100 + 2 * n + n % 3},{40 + n},0.5\n"
        for n, name in enumerate(_NAMES)
    ).encode(),
    "contacts": b"screenee,note\nskaaaaaaaa,asks whether the boat may be lifted in spring by him\n",
}
_WOMEN = (("sex", "=", "F"),)


def _laid(claim: Claim, family: str, data: bytes) -> list[str]:
    desk = Desk("screening")
    desk.lay(family, "txt", data, claim)
    return desk.faults(_FILES)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (Weighted(_WOMEN, "weight", "5.0", 10), Weighted(_WOMEN, "weight", "5.5", 10)),
        (
            Bins("people", "age", (), (40, 50), (10, 10)),
            Bins("people", "age", (), (40, 51), (11, 9)),
        ),
        (
            Fitted("linear", (), "hb", ("age",), ("20.69", "2.005"), ("1.64", "0.03")),
            Fitted("linear", (), "hb", ("age",), ("20.69", "2.205"), ("1.64", "0.03")),
        ),
    ],
)
def test_a_number_of_many_people_is_counted_again(right: Claim, wrong: Claim) -> None:
    said = b"5.0 5.5 of 10 10 11; 20.69 2.005 2.205 1.64 0.03"
    assert _laid(right, "S1", said) == []
    assert _laid(wrong, "S1", said) != []


def test_ranks_are_those_of_the_column() -> None:
    assert Ranks("age", (0, 19), (1, 20)).faults(_known()) == []
    assert Ranks("age", (0, 19), (1, 19)).faults(_known()) != []


def _known() -> Screening:
    return Screening(_FILES)


def test_a_safe_label_may_claim_no_leak_and_a_leaky_one_must() -> None:
    few = (("age", "<", "43"),)
    assert _laid(Small("people", few, 3), "L11", b"n 3") == []
    assert _laid(Small("people", few, 3), "S1", b"n 3") != []
    assert _laid(Count("people", _WOMEN, 10), "S1", b"n 10") == []
    assert _laid(Count("people", _WOMEN, 10), "L11", b"n 10") != []


@pytest.mark.parametrize(
    "said", [b"10: skaaaaaaaa", b"10: asks whether the boat may be lifted in spring by him"]
)
def test_a_safe_file_names_and_quotes_nobody(said: bytes) -> None:
    assert _laid(Count("people", _WOMEN, 10), "S1", said) != []


def test_what_is_claimed_is_found_in_boxes_and_in_columns() -> None:
    grid = Grid(("key", "value"), (("alpha", "12.50"), ("beta", "7.25")))
    for data in (
        writers.csv(grid), writers.european(grid), writers.parquet(grid), writers.stata(grid),
        writers.spss(grid), writers.xport(grid), office.xlsx(grid), office.ods(grid),
        writers.rdata(grid), writers.pdf([writers.fixed(grid)]), office.word(grid),
        writers.tarred({"a.csv": writers.csv(grid)}),
    ):  # fmt: skip
        assert missing(data, ["alpha", "12.50", "7.25"]) == []
        assert missing(data, ["gamma", "99.75"]) == ["gamma", "99.75"]


def test_a_number_stands_by_itself() -> None:
    assert stands("n = 1,234 people", "1234")
    assert stands("12", "12")
    assert not stands("312 or 12.5 or 0.12", "3")
    assert "7" in text_of(b"7")
