"""[pure] How a service token is spelled, so that scanners find leaks and typing errors show."""

import hashlib
import re
import zlib
from enum import StrEnum

from orchestrator.identity.roles import PERMISSIONS
from orchestrator.values import Decision, Reason


class TokenKind(StrEnum):
    """Whom a token speaks for: a person's programs, or one of our own processes."""

    PERSON = "person"
    ROLE = "role"


class ProcessRole(StrEnum):
    """Our own processes that call the control plane with a token of their own."""

    GATEWAY = "gateway"
    DOORS = "doors"


LEAKED = re.compile(r"\btre_(person|role)_([0-9a-f]{64})_([0-9a-f]{8})\b")
"""For leak scanners; `well_formed` removes what only looks like a token."""

MAX_DAYS = 90


def spell(kind: TokenKind, random: str) -> str:
    """Write a token from 256 random bits (64 hexadecimal digits) and a checksum over all before."""
    body = f"tre_{kind}_{random}"
    return f"{body}_{_checksum(body)}"


def well_formed(text: str) -> bool:
    """Say whether a text is a token of ours that nobody mistyped; says nothing about validity."""
    return bool(LEAKED.fullmatch(text)) and text[-8:] == _checksum(text[:-9])


def fingerprint(secret: str) -> str:
    """Give the only form in which a secret of 256 random bits is stored: its SHA-256.

    A slow hash adds nothing to 256 random bits (governance section 7).
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def shown_prefix(token: str) -> str:
    """Give the first letters of a token, enough to recognise it in a list, useless to use it."""
    return token[: token.index("_", 4) + 13]


def unknown_scopes(scopes: frozenset[str]) -> frozenset[str]:
    """Find scopes that name no action: each is an action of the table, or `<noun>.*`."""
    nouns = {f"{action.split('.')[0]}.*" for action in PERMISSIONS}
    return scopes - PERMISSIONS.keys() - nouns


def scope_allows(scopes: frozenset[str], action: str) -> Decision:
    """Say whether a token's scopes cover an action; roles are then asked as for anybody."""
    if action in scopes or f"{action.split('.')[0]}.*" in scopes:
        return Decision()
    return Decision(
        (Reason("scope_missing", f"This token does not cover {action}; make one that does."),)
    )


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
