"""[pure] Whose doors should be open: the control plane's list, read strictly."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from orchestrator.link.addresses import Reach
from orchestrator.values import server_key

_SLUG = re.compile(r"[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Caller:
    """One notebook server, the only identity a door knows.

    Shape: `hub` is where its hub answers, a socket or an address, or None. On a cluster `address`
    is its pod's and `secret` the hash of what was given to it at its start.
    """

    key: str
    project: str
    person: str
    hub: str | None = None
    address: str | None = None
    secret: str | None = field(default=None, repr=False)


def parse_callers(said: Any, reach: Reach | None = None) -> list[Caller]:
    """Read the list of servers; an entry that contradicts itself is left out.

    Shape: with `reach`, that is on a cluster, an entry needs address and secret, and entries that
    share either are all left out: such a caller could not be told from another one.
    Errors: ValueError when it is not a list of servers at all.
    """
    if not isinstance(said, dict) or not isinstance(said.get("servers"), list):
        raise ValueError("not a list of servers")
    read = _caller if reach is None else lambda entry: _pod(entry, reach)
    found = [caller for entry in said["servers"] if (caller := read(entry)) is not None]
    if reach is None:
        return found
    shared = Counter(mark for caller in found for mark in (caller.address, caller.secret))
    return [c for c in found if shared[c.address] == shared[c.secret] == 1]


def _caller(entry: Any) -> Caller | None:
    named = _names(entry)
    if named is None:
        return None
    hub = entry.get("hub_socket")
    return Caller(*named, hub if isinstance(hub, str) else None)


def _pod(entry: Any, reach: Reach) -> Caller | None:
    """Read a server of a cluster: its address can be a pod's, its secret's hash is one."""
    named = _names(entry)
    if named is None:
        return None
    address, secret, hub = reach.pod(entry.get("address")), entry.get("secret"), entry.get("hub")
    if address is None or not isinstance(secret, str) or not _DIGEST.match(secret):
        return None
    return Caller(*named, hub if isinstance(hub, str) else None, address, secret)


def _names(entry: Any) -> tuple[str, str, str] | None:
    if not isinstance(entry, dict):
        return None
    names = [entry.get(name) for name in ("key", "project", "person")]
    if not all(isinstance(name, str) for name in names):
        return None
    key, project, person = (str(name) for name in names)
    if not (_SLUG.match(project) and _SLUG.match(person)) or key != server_key(project, person):
        return None
    return key, project, person
