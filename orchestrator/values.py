"""[pure] Values that every layer shares: digests, slugs, actors, decisions, canonical bytes."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from orchestrator.errors import Invalid

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits."""

JsonValue = None | bool | int | str | list["JsonValue"] | dict[str, "JsonValue"]
"""JSON without floats: what is hashed must have one spelling."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_SLUG = re.compile(r"[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?\Z")


@dataclass(frozen=True)
class Reason:
    """One reason of a refusal: a code that programs compare and a sentence that people read."""

    code: str
    text: str


@dataclass(frozen=True)
class Decision:
    """Truthy when allowed; otherwise falsy with every reason, sorted by code."""

    reasons: tuple[Reason, ...] = ()
    until: datetime | None = None

    def __bool__(self) -> bool:
        """Allowed means: no reason speaks against it."""
        return not self.reasons


@dataclass(frozen=True)
class Actor:
    """Who acts. `id` is random per installation, never derived from the identity provider.

    Shape: `person` is the row id of a person, None for the system; `roles` are the global roles
    (see `identity.roles`); `organisation` is the slug of the person's partner organisation.
    """

    id: str
    person: str | None
    name: str
    organisation: str | None = None
    roles: frozenset[str] = frozenset()
    session: str | None = None


WORKSPACE_ASLEEP = "workspace_asleep"
"""Code of the one reason against working that opening the workspace mends."""

SYSTEM = Actor(id="system", person=None, name="the system", roles=frozenset({"system"}))


def parse_digest(text: str) -> Digest:
    """Accept exactly the canonical spelling of a digest.

    Errors: Invalid for anything else.
    """
    if not _DIGEST.match(text):
        raise Invalid("A digest is written sha256: followed by 64 hexadecimal digits.")
    return Digest(text)


def parse_slug(text: str) -> str:
    """Accept a name that is safe as a host label, a folder, a hub server and a Kubernetes name.

    Shape: 1 to 30 characters of a-z, 0-9 and hyphen; first a letter, last not a hyphen.
    Errors: Invalid for anything else.
    """
    if not _SLUG.match(text):
        raise Invalid(
            f"{text[:40]!r} cannot be a name here: use 1 to 30 characters of a-z, 0-9 and hyphen, "
            "starting with a letter and not ending with a hyphen.",
            code="bad_slug",
        )
    return text


def canonical_json(value: JsonValue) -> bytes:
    """Spell a JSON value in the one way that is hashed and signed.

    Shape: UTF-8, keys sorted, no spaces, no floats, integers below 2^53. For this subset the
    bytes equal RFC 8785.
    Errors: ValueError for a float or a large integer (a programmer's mistake).
    """
    _refuse_ambiguous(value)
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def server_key(project: str, person: str) -> str:
    """Name one person's notebook server in one project shortly, for socket paths.

    Shape: 12 hexadecimal digits; equal input, equal key, on every process and engine.
    """
    return hashlib.sha256(f"{project}/{person}".encode()).hexdigest()[:12]


def digest_of(data: bytes) -> Digest:
    """Name bytes by their SHA-256."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def _refuse_ambiguous(value: object) -> None:
    match value:
        case float():
            raise ValueError("floats have no canonical spelling here: write them as text")
        case bool() | None | str():
            return
        case int():
            if abs(value) >= 2**53:
                raise ValueError("integers of 2^53 and above have no canonical spelling")
        case list():
            for item in value:
                _refuse_ambiguous(item)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise ValueError("keys are ASCII text")
                _refuse_ambiguous(item)
        case _:
            raise ValueError(f"{type(value).__name__} is not JSON")
