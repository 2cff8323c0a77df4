"""[pure] What an identity provider's answer must say before we believe who came.

The library checks signature and form. It does not check freshness, assurance, audience or a
replaced issuer the way we need (governance section 7, measured); this module does, always.
"""

import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestrator.errors import NotAllowed

LEEWAY_SECONDS = 30
SKEW_SECONDS = 5
LOWEST = "aal1"


@dataclass(frozen=True)
class Expected:
    """What we asked the provider for.

    Shape: `max_age` in seconds, None when freshness was not asked; `started` is when our own
    redirect began; `acr_values` empty when no assurance was asked; `subject` is (issuer, subject)
    of the web session when somebody is signed in already; `levels` maps `acr` to aal1 or aal2.
    """

    issuer: str
    client_id: str
    nonce: str
    max_age: int | None = None
    started: datetime | None = None
    acr_values: frozenset[str] = frozenset()
    subject: tuple[str, str] | None = None
    levels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Claims:
    """Who came, as the provider says it. `groups` is evidence for people to read, never a right."""

    issuer: str
    subject: str
    name: str
    email: str | None
    email_verified: bool
    acr: str
    auth_time: datetime | None
    groups: tuple[str, ...] = ()


def check_id_token(claims: Mapping[str, object], expected: Expected, now: datetime) -> Claims:
    """Accept an ID token whose signature was checked already, or say which claim is wrong.

    Errors: NotAllowed with code `id_token_<claim>`; claims are never repeated in the message.
    Source: OpenID Connect Core 3.1.3.7, governance section 7.
    """
    _check_issuer(claims, expected)
    _check_audience(claims, expected)
    _check_times(claims, now)
    _check_nonce(claims, expected)
    subject = _check_subject(claims, expected)
    auth_time = _check_freshness(claims, expected, now)
    return Claims(
        issuer=expected.issuer,
        subject=subject,
        name=_text(claims.get("name")) or "Unnamed visitor",
        email=_text(claims.get("email")).strip().lower() or None,
        email_verified=claims.get("email_verified") is True,
        acr=_check_assurance(claims, expected),
        auth_time=auth_time,
        groups=_texts(claims.get("groups")),
    )


def _check_issuer(claims: Mapping[str, object], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise _refused("iss", "it was issued by somebody else than the provider we know")


def _check_audience(claims: Mapping[str, object], expected: Expected) -> None:
    raw = claims.get("aud")
    audience = [raw] if isinstance(raw, str) else raw
    if not isinstance(audience, list) or expected.client_id not in audience:
        raise _refused("aud", "it was made for another application")
    if (len(audience) > 1 or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise _refused("azp", "it was handed to another application")


def _check_times(claims: Mapping[str, object], now: datetime) -> None:
    moment = now.timestamp()
    expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
    if expires is None or moment > expires + LEEWAY_SECONDS:
        raise _refused("exp", "it has expired")
    if issued is None or issued > moment + LEEWAY_SECONDS:
        raise _refused("iat", "it claims to come from the future; compare the clocks")
    if "nbf" in claims and (_instant(claims, "nbf") or math.inf) > moment + LEEWAY_SECONDS:
        raise _refused("nbf", "it is not valid yet; compare the clocks")


def _check_nonce(claims: Mapping[str, object], expected: Expected) -> None:
    given = _text(claims.get("nonce"))
    if not expected.nonce or not hmac.compare_digest(given.encode(), expected.nonce.encode()):
        raise _refused("nonce", "it does not belong to the sign-in that was begun here")


def _check_subject(claims: Mapping[str, object], expected: Expected) -> str:
    subject = _text(claims.get("sub"))
    if not 0 < len(subject) <= 255:
        raise _refused("sub", "it does not say who you are")
    if expected.subject is not None and expected.subject != (expected.issuer, subject):
        raise _refused("sub", "it names another person than the one who is signed in here")
    return subject


def _check_freshness(
    claims: Mapping[str, object], expected: Expected, now: datetime
) -> datetime | None:
    """Freshness counts from the second our redirect began, since `auth_time` has whole seconds."""
    at = _instant(claims, "auth_time")
    if "auth_time" in claims and at is None:
        raise _refused("auth_time", "it does not say properly when you signed in")
    if at is not None and at > now.timestamp() + SKEW_SECONDS:
        raise _refused("auth_time", "it claims a sign-in in the future; compare the clocks")
    if expected.max_age is not None and (at is None or at < _oldest(expected, now)):
        raise _refused("auth_time", "a fresh sign-in was asked for and this one is older")
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _oldest(expected: Expected, now: datetime) -> float:
    if expected.max_age:
        return now.timestamp() - expected.max_age - SKEW_SECONDS
    assert expected.started is not None, "max_age=0 needs the start of our own redirect"
    return math.floor(expected.started.timestamp())


def _check_assurance(claims: Mapping[str, object], expected: Expected) -> str:
    acr = _text(claims.get("acr"))
    if expected.acr_values and acr not in expected.acr_values:
        raise _refused("acr", "a stronger sign-in was asked for than the one that was made")
    return expected.levels.get(acr, LOWEST)


def _instant(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 2**40 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _refused(claim: str, why: str) -> NotAllowed:
    return NotAllowed(
        f"The identity provider's answer was not accepted: {why}. Sign in again, and if it "
        "stays so, tell the administrator.",
        code=f"id_token_{claim}",
    )
