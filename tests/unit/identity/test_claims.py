"""Every row of the table in governance section 7: what the library accepts and we do not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.errors import NotAllowed
from orchestrator.identity.claims import LOWEST, Claims, Expected, check_id_token

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
EXPECTED = Expected(
    issuer="https://id.example",
    client_id="tre",
    nonce="n-1",
    levels={"urn:example:strong": "aal2"},
)
GOOD: Mapping[str, object] = {
    "iss": "https://id.example",
    "sub": "ada-1",
    "aud": "tre",
    "exp": AT + 300,
    "iat": AT,
    "nonce": "n-1",
    "auth_time": AT - 10,
    "acr": "urn:example:strong",
    "name": "Ada Example",
    "email": "Ada@Hospital.Example",
    "email_verified": True,
    "groups": ["everything"],
}


def token(**changes: object) -> dict[str, object]:
    """A good token with changes; `...` takes a claim away."""
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}


def refused(claims: Mapping[str, object], expected: Expected = EXPECTED) -> str:
    """The code of the refusal."""
    with pytest.raises(NotAllowed) as caught:
        check_id_token(claims, expected, NOW)
    return caught.value.code


def test_a_good_token_says_who() -> None:
    assert check_id_token(GOOD, EXPECTED, NOW) == Claims(
        issuer="https://id.example",
        subject="ada-1",
        name="Ada Example",
        email="ada@hospital.example",
        email_verified=True,
        acr="aal2",
        auth_time=NOW - timedelta(seconds=10),
        groups=("everything",),
    )


FRESH = replace(EXPECTED, max_age=60)
NOW_ONLY = replace(EXPECTED, max_age=0, started=NOW - timedelta(seconds=20))
STRONG = replace(EXPECTED, acr_values=frozenset({"urn:example:strong"}))


@pytest.mark.parametrize(
    ("changes", "expected", "code"),
    [
        pytest.param({"auth_time": AT - 86400}, FRESH, "auth_time", id="a day old, max_age 60"),
        pytest.param({"auth_time": AT - 66}, FRESH, "auth_time", id="just past max_age and skew"),
        pytest.param({"auth_time": AT - 21}, NOW_ONLY, "auth_time", id="before our redirect"),
        pytest.param({"auth_time": AT + 3600}, EXPECTED, "auth_time", id="in the future"),
        pytest.param({"auth_time": True}, EXPECTED, "auth_time", id="a boolean"),
        pytest.param({"auth_time": "1"}, EXPECTED, "auth_time", id="a text"),
        pytest.param({"auth_time": float("nan")}, FRESH, "auth_time", id="not a number"),
        pytest.param({"auth_time": ...}, FRESH, "auth_time", id="missing, max_age 60"),
        pytest.param({"auth_time": ...}, NOW_ONLY, "auth_time", id="missing, max_age 0"),
        pytest.param({"acr": ...}, STRONG, "acr", id="acr asked and missing"),
        pytest.param({"acr": "other"}, STRONG, "acr", id="acr asked and another"),
        pytest.param({"acr": ["urn:example:strong"]}, STRONG, "acr", id="acr as a list"),
        pytest.param({"sub": ""}, EXPECTED, "sub", id="nobody"),
        pytest.param({"sub": 7}, EXPECTED, "sub", id="a number for a name"),
        pytest.param({"sub": "x" * 256}, EXPECTED, "sub", id="an endless name"),
        pytest.param({"iss": "https://other.example"}, EXPECTED, "iss", id="another issuer"),
        pytest.param({"iss": ...}, EXPECTED, "iss", id="no issuer"),
        pytest.param({"aud": "other"}, EXPECTED, "aud", id="another audience"),
        pytest.param({"aud": "other", "azp": "tre"}, EXPECTED, "aud", id="only azp is ours"),
        pytest.param({"aud": ...}, EXPECTED, "aud", id="no audience"),
        pytest.param({"aud": ["tre", "other"]}, EXPECTED, "azp", id="two audiences, no azp"),
        pytest.param({"azp": "other"}, EXPECTED, "azp", id="handed to another"),
        pytest.param({"exp": AT - 100}, EXPECTED, "exp", id="expired 100 seconds ago"),
        pytest.param({"exp": AT - 31}, EXPECTED, "exp", id="expired 31 seconds ago"),
        pytest.param({"exp": ...}, EXPECTED, "exp", id="never expires"),
        pytest.param({"exp": True}, EXPECTED, "exp", id="expires at true"),
        pytest.param({"iat": AT + 31}, EXPECTED, "iat", id="made in the future"),
        pytest.param({"iat": ...}, EXPECTED, "iat", id="made at no time"),
        pytest.param({"nbf": AT + 31}, EXPECTED, "nbf", id="not yet valid"),
        pytest.param({"nbf": "soon"}, EXPECTED, "nbf", id="valid from a word"),
        pytest.param({"nonce": "n-2"}, EXPECTED, "nonce", id="the nonce of another sign-in"),
        pytest.param({"nonce": ...}, EXPECTED, "nonce", id="no nonce"),
        pytest.param({"nonce": ""}, replace(EXPECTED, nonce=""), "nonce", id="nothing asked"),
        pytest.param({"nonce": "n\u00f6"}, EXPECTED, "nonce", id="a nonce beyond ASCII"),
    ],
)
def test_what_is_refused(changes: dict[str, object], expected: Expected, code: str) -> None:
    assert refused(token(**changes), expected) == f"id_token_{code}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"auth_time": AT - 65}, FRESH, id="max_age and its skew"),
        pytest.param({"auth_time": AT - 20}, NOW_ONLY, id="the second our redirect began"),
        pytest.param({"auth_time": ...}, EXPECTED, id="freshness not asked"),
        pytest.param({"aud": ["other", "tre"], "azp": "tre"}, EXPECTED, id="two audiences"),
        pytest.param({"exp": AT - 30}, EXPECTED, id="expired within the leeway"),
        pytest.param({"iat": AT + 30, "nbf": AT + 30}, EXPECTED, id="clocks within the leeway"),
        pytest.param({}, STRONG, id="the assurance that was asked"),
    ],
)
def test_what_is_accepted_at_the_edge(changes: dict[str, object], expected: Expected) -> None:
    assert check_id_token(token(**changes), expected, NOW).subject == "ada-1"


@pytest.mark.parametrize("acr", [..., "", "urn:example:unknown", 7, None])
def test_missing_or_unknown_assurance_is_the_lowest(acr: object) -> None:
    assert check_id_token(token(acr=acr), EXPECTED, NOW).acr == LOWEST


def test_somebody_else_cannot_finish_the_step_of_who_is_signed_in() -> None:
    signed_in = replace(EXPECTED, subject=("https://id.example", "ada-1"))
    assert check_id_token(GOOD, signed_in, NOW).subject == "ada-1"
    assert refused(token(sub="bob-2"), signed_in) == "id_token_sub"
    other = replace(EXPECTED, subject=("https://other.example", "ada-1"))
    assert refused(GOOD, other) == "id_token_sub"


def test_the_second_check_is_as_strict_as_the_first() -> None:
    """A hook in the library's options was gone at the second call."""
    for _ in range(3):
        assert refused(token(iss="https://other.example")) == "id_token_iss"


def test_an_email_is_verified_only_by_true_itself() -> None:
    for value in ("true", 1, ..., None, "yes"):
        assert check_id_token(token(email_verified=value), EXPECTED, NOW).email_verified is False


def test_a_refusal_repeats_no_claim() -> None:
    with pytest.raises(NotAllowed) as caught:
        check_id_token(token(iss="https://secret.example"), EXPECTED, NOW)
    assert "secret" not in caught.value.message
