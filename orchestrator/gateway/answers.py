"""[pure] The control plane's decision about one session, as the gateway understands it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.values import WORKSPACE_ASLEEP, Reason

_PERSON = re.compile(r"[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?\Z")


@dataclass(frozen=True)
class Server:
    """The person's notebook server. The token is a secret and does not print.

    Shape: `door` is the hash of the secret that a pod got at its start; None on one machine.
    """

    state: str
    address: str | None = None
    token: str | None = field(default=None, repr=False)
    reason: str | None = None
    door: str | None = field(default=None, repr=False)

    @property
    def place(self) -> tuple[str | None, str | None]:
        """Which running server it is: where, and for a pod which start."""
        return (self.address, self.door)


@dataclass(frozen=True)
class Allowed:
    """The session may work as this person until then."""

    person: str
    until: datetime | None
    server: Server


@dataclass(frozen=True)
class Denied:
    """The session may not work here, with every reason; or nobody is signed in."""

    reasons: tuple[Reason, ...]
    signed_in: bool

    @property
    def asleep(self) -> bool:
        """Whether opening a page would wake the workspace, and nothing else is in the way."""
        return self.signed_in and [each.code for each in self.reasons] == [WORKSPACE_ASLEEP]


Answer = Allowed | Denied

NONSENSE = Denied((Reason("unclear", "The control plane's answer could not be read."),), True)
HALTED = Denied(
    (Reason("halted", "All access here is halted at the moment. Ask the administrators."),), True
)


def parse_answer(said: Any) -> Answer:
    """Read one answer; whatever is not clearly a yes is a no."""
    try:
        if said["allow"] is not True:
            reasons = tuple(Reason(str(r["code"]), str(r["text"])) for r in said["reasons"])
            return Denied(reasons, said.get("signed_in") is True)
        person, server = said["person"], said["server"]
        if not _PERSON.match(person) or server.get("base_url", "") not in (f"/user/{person}/", ""):
            return NONSENSE
        until = datetime.fromisoformat(said["until"]) if said.get("until") else None
        return Allowed(person, until, _server(server))
    except (KeyError, TypeError, ValueError, AttributeError):
        return NONSENSE


def _server(said: dict[str, Any]) -> Server:
    address, token, reason = said.get("address"), said.get("token"), said.get("reason")
    door = said.get("door")
    state = str(said["state"])
    if state == "ready" and not (isinstance(address, str) and isinstance(token, str)):
        state = "starting"
    said_why = str(reason) if reason else None
    return Server(state, address, token, said_why, door if isinstance(door, str) else None)
