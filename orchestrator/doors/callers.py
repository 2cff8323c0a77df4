"""[pure] Whose doors should be open: the control plane's list, read strictly."""

import re
from dataclasses import dataclass
from typing import Any

from orchestrator.values import server_key

_SLUG = re.compile(r"[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?\Z")


@dataclass(frozen=True)
class Caller:
    """One notebook server, the only identity a door knows; `hub` is its hub's socket or None."""

    key: str
    project: str
    person: str
    hub: str | None = None


def parse_callers(said: Any) -> list[Caller]:
    """Read the list of servers; an entry that contradicts itself is left out.

    Errors: ValueError when it is not a list of servers at all.
    """
    if not isinstance(said, dict) or not isinstance(said.get("servers"), list):
        raise ValueError("not a list of servers")
    found = [_caller(entry) for entry in said["servers"]]
    return [caller for caller in found if caller is not None]


def _caller(entry: Any) -> Caller | None:
    if not isinstance(entry, dict):
        return None
    names = [entry.get(name) for name in ("key", "project", "person")]
    if not all(isinstance(name, str) for name in names):
        return None
    key, project, person = (str(name) for name in names)
    if not (_SLUG.match(project) and _SLUG.match(person)) or key != server_key(project, person):
        return None
    hub = entry.get("hub_socket")
    return Caller(key, project, person, hub if isinstance(hub, str) else None)
