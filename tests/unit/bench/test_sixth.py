"""The sixth corpus: a wrong label is named."""

import pytest

from tests.bench.outputs.sixth.proof import Clinics, Correlated, Desk, Lines, Rate
from tests.bench.outputs.third.facts import Claim, Count, Small

_NAMES = [f"TH{letter * 8}" for letter in "ABCDEFGHJKMNPQRSTVWXYZ12"]
_FILES = {
    "patients": b"patient,sex,hb,age,bled,bled_days\n"
    + "".join(
        f"{name},{'FM'[n % 2]},{100 + 2 * n + n % 3},{40 + n},{int(n < 12)},365.25\n"
        for n, name in enumerate(_NAMES)
    ).encode(),
    "inr": b"patient,place\n" + "".join(f"{name},home\n" * 2 for name in _NAMES[:10]).encode()
    + f"{_NAMES[0]},pharmacy\n".encode() * 12,
    "calls": b"patient,typed\nTHAAAAAAAA,the husband asks whether the drops may be drunk at sea\n",
}  # fmt: skip


def _laid(claim: Claim, family: str, data: bytes) -> list[str]:
    desk = Desk("clinics")
    desk.lay(family, "txt", data, claim)
    return desk.faults(_FILES)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (Rate((), "bled", 12, "24.0", "50.00"), Rate((), "bled", 12, "24.0", "51.00")),
        (Correlated((), "age", "hb", "0.998"), Correlated((), "age", "hb", "0.918")),
        (
            Lines("inr", (("place", "=", "home"),), 20),
            Lines("inr", (("place", "=", "pharmacy"),), 12),
        ),
    ],
)
def test_a_number_of_many_people_is_counted_again(right: Claim, wrong: Claim) -> None:
    said = b"12 events in 24.0 years, 50.00 or 51.00; r 0.998 or 0.918; 20 controls, 12 controls"
    assert _laid(right, "S1", said) == []
    assert _laid(wrong, "S1", said) != []
    assert _laid(right, "S1", b"nothing of it") != []


def test_a_safe_label_may_claim_no_leak_and_a_leaky_one_must() -> None:
    few = (("age", "<", "43"),)
    assert _laid(Small("people", few, 3), "L11", b"n 3") == []
    assert _laid(Small("people", few, 3), "S1", b"n 3") != []
    assert _laid(Count("people", (), 24), "S1", b"n 24") == []
    assert _laid(Count("people", (), 24), "L11", b"n 24") != []


@pytest.mark.parametrize(
    "said", [b"24: THAAAAAAAA", b"24: the husband asks whether the drops may be drunk at sea"]
)
def test_a_safe_file_names_and_quotes_nobody(said: bytes) -> None:
    assert _laid(Count("people", (), 24), "S1", said) != []


def test_what_was_typed_is_read_under_the_word_of_the_claims() -> None:
    known = Clinics(_FILES)
    assert known.tables["events"][0]["narrative"].startswith("the husband")
    assert known.count("inr", (("place", "=", "home"),)) == 10
