"""The fourth corpus: a wrong label is named."""

import pytest

from tests.bench.outputs.fourth.proof import Desk, Extent, FewBehind, Unopened
from tests.bench.outputs.fourth.writers import zipped
from tests.bench.outputs.third.facts import Claim, Small

_FILES = {
    "children": b"child,sex,dead\nBCDF-GHJK,F,1\nKLMN-PQRS,F,1\nTVWX-2345,M,0\n",
    "dispensings": b"child,atc\n" + b"BCDF-GHJK,L01\n" * 6 + b"KLMN-PQRS,L01\n" * 6,
    "remarks": b"child,remark\nBCDF-GHJK,mother asks whether the hamster may come along (w1)\n",
}
_GIRLS, _DEAD, _DRUG = ("sex", "=", "F"), ("dead", "=", "1"), ("atc", "=", "L01")


def _laid(claim: Claim, family: str = "L11", data: bytes = b"n 2 12") -> list[str]:
    desk = Desk("registry")
    desk.lay(family, "txt", data, claim)
    return desk.faults(_FILES)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (FewBehind("dispensings", (_DRUG,), 12, 2), FewBehind("dispensings", (_DRUG,), 12, 3)),
        (Extent("children", (_GIRLS,), (_DEAD,), 2), Extent("children", (), (_DEAD,), 2)),
        (Small("children", (_GIRLS,), 2), Small("children", (_GIRLS,), 1)),
        (Unopened("unknown", b"\1\0gph"), Unopened("unknown", b"PK\0")),
        (Unopened("cut", b"PAR1 half"), Unopened("cut", b"PAR1 whole PAR1")),
    ],
)
def test_a_claim_that_does_not_hold_is_named(right: Claim, wrong: Claim) -> None:
    assert _laid(right) == []
    assert _laid(wrong) != []


def test_a_zip_is_no_bomb_and_not_locked_unless_it_is() -> None:
    plain = zipped({"a.csv": b"a,b\n1,2\n"})
    assert _laid(Unopened("bomb", plain)) != []
    assert _laid(Unopened("locked", plain)) != []
    assert _laid(Unopened("bomb", zipped({"a.csv": b"0," * 9_000_000}))) == []


def test_a_claimed_count_must_stand_in_the_file() -> None:
    assert _laid(Small("children", (_GIRLS,), 2), data=b"n 7") != []


@pytest.mark.parametrize(
    "said", [b"2: KLMN-PQRS", b"2: mother asks whether the hamster may come along (w1)"]
)
def test_a_safe_file_names_and_quotes_nobody(said: bytes) -> None:
    claim = Extent("children", (_GIRLS,), (_DEAD,), 2)
    assert _laid(claim, "S1") == []
    assert _laid(claim, "S1", said) != []
