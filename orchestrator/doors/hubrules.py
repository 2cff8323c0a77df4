"""[pure] The three calls a notebook server may make to its hub, compared byte by byte.

They were recorded from a real `jupyterhub-singleuser` 6.1: it checks the hub's version at its
start, looks up the token of whoever knocks, and reports activity. Everything else (servers,
tokens, shares, users, services, OAuth) is refused. Source: egress E18.
"""

import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from orchestrator.doors.replies import Refused


class Call(StrEnum):
    """The calls."""

    VERSION = "version"
    LOOKUP = "lookup"
    ACTIVITY = "activity"


LARGEST_REQUEST = 4096
LARGEST_REPLY = 64 * 1024
_AUTHORIZATION = re.compile(r"(token|Bearer) [A-Za-z0-9_-]{8,256}\Z", re.IGNORECASE)
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,30}\Z")
_SCOPE = re.compile(r"[a-z:-]{1,60}(![a-z]+=[a-z0-9/-]{0,62})?\Z")


def call_of(method: str, target: str, person: str) -> Call | Refused:
    """Find the call; a target is compared as it was sent, so no second spelling exists."""
    match method, target:
        case "GET", "/hub/api" | "/hub/api/":
            return Call.VERSION
        case "GET", "/hub/api/user":
            return Call.LOOKUP
        case "POST", path if path == f"/hub/api/users/{person}/activity":
            return Call.ACTIVITY
        case _:
            return Refused(
                "hub_path",
                403,
                "The hub answers a notebook server's version check, token look-up and activity "
                "only. Start and stop servers on the project's page.",
            )


def authorization(header: str | None) -> str | None:
    """Accept the shape of a hub token's header."""
    return header if header and _AUTHORIZATION.match(header) else None


def activity(now: datetime) -> bytes:
    """Write the activity report ourselves: the time is ours, so that it carries no message."""
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps({"servers": {"": {"last_activity": at}}, "last_activity": at}).encode()


def version(header: str | None) -> str | None:
    """Accept the shape of the hub's version header."""
    return header if header and _VERSION.match(header) else None


def reply(call: Call, status: int, content: bytes, person: str) -> bytes | Refused:
    """Write a hub's reply anew from the fields a notebook server needs.

    Shape: a look-up answers only about this door's own person; anybody else's token is unknown.
    """
    if status >= 400:
        return json.dumps({"status": status, "message": "The hub refused this."}).encode()
    if call is Call.ACTIVITY:
        return b""
    try:
        said = json.loads(content)
    except ValueError:
        return _unread()
    if not isinstance(said, dict):
        return _unread()
    if call is Call.VERSION:
        return json.dumps({"version": version(str(said.get("version"))) or ""}).encode()
    return _user(said, person)


def _user(said: dict[str, Any], person: str) -> bytes | Refused:
    if said.get("kind") != "user" or said.get("name") != person:
        return Refused("hub_other", 403, "This token is not of this notebook server's person.")
    scopes = [s for s in said.get("scopes") or [] if isinstance(s, str) and _SCOPE.match(s)]
    model = {"kind": "user", "name": person, "admin": False, "groups": [], "roles": []}
    return json.dumps(model | {"scopes": scopes, "session_id": None}).encode()


def _unread() -> Refused:
    return Refused("hub_answer", 502, "The hub's answer could not be read; try again.")
