"""What `tre doctor` says of the doors: whether a cluster's see who calls, what they offer."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from orchestrator.engines.port import Condition
from orchestrator.settings import Settings

_SUBJECT = "callers at the doors"
_SECONDS = 5


def callers(settings: Settings) -> Iterator[Condition]:
    """Say whether calls come from the addresses of the pods that make them; nothing on one machine.

    Source: egress 5.2 (a secret is accepted only from the pod address seen for that server).
    """
    if settings.engine != "kubernetes":
        return
    if not settings.doors_dial:
        say = "Nobody asked the doors whose addresses they see."
        yield Condition(_SUBJECT, "missing", say, "set TRE_DOORS_DIAL")
        return
    try:
        said = _health(settings.doors_dial)
    except (OSError, HTTPException, ValueError):
        say = f"The doors do not answer at {settings.doors_dial}; no notebook has any."
        yield Condition(_SUBJECT, "broken", say, "look at the pod of the doors")
        return
    yield judged(said)
    yield offered(int(said.get("packages") or 0), "images.mirror of the chart")


def offered(packages: int, cure: str) -> Condition:
    """Say how many packages notebooks may install; `cure` is what would offer some."""
    if packages == 0:
        say = "Notebooks can install nothing beyond their image: no packages are offered."
        return Condition("package mirror", "off", say, cure)
    return Condition("package mirror", "ok", f"Packages offered to notebooks: {packages}.")


def judged(said: dict[str, Any]) -> Condition:
    """Judge what the doors say of who came in the last ten minutes."""
    node, stranger = said.get("node"), said.get("stranger")
    if node:
        say = (
            f"Calls come from {node}, which is a node: the cluster hides which pod calls. All of "
            "them are refused, so that no notebook reaches its hub or the airlock."
        )
        cure = "end masquerading between pods and services (kube-proxy: masqueradeAll)"
        return Condition(_SUBJECT, "broken", say, cure)
    say = f"{said.get('servers', 0)} notebook servers are known by address and secret."
    if isinstance(stranger, dict):
        what = "with a secret that is not its own" if stranger.get("why") == "secret" else "unknown"
        say += f" The last refused caller was {stranger.get('address')}, {what}."
    return Condition(_SUBJECT, "ok", say)


def _health(dial: str) -> dict[str, Any]:
    """Ask the doors. Errors: OSError, HTTPException, ValueError when nothing sensible comes."""
    place = urlsplit(dial)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=_SECONDS)
    try:
        connection.request("GET", "/.tre/health")
        answer = connection.getresponse()
        said = json.loads(answer.read(64 * 1024))
        if answer.status != 200 or not isinstance(said, dict):
            raise ValueError("not an answer of the doors")
        return said
    finally:
        connection.close()
