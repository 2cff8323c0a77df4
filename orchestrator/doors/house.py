"""All doors: opened and closed by the control plane's list, halted by its pushes.

A server that is not on the list has no door. *Silence* pauses every call, and closes all doors
after a minute. Source: design section 2 (revocation), egress section 6.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog

from orchestrator.doors.callers import Caller, parse_callers
from orchestrator.doors.door import Door, Entrance, Service, SocketEntrance
from orchestrator.doors.ports import Port, PortEntrance, Strangers
from orchestrator.errors import TreError
from orchestrator.link.addresses import Reach
from orchestrator.link.events import Event, Holds, Kind, Scope
from orchestrator.link.line import Line

_log = structlog.get_logger()
_NEVER = float("-inf")


@dataclass(frozen=True)
class Pace:
    """How long a list lasts. Units: seconds.

    Shape: the list is asked for every `fresh`; calls pass while it was asked for less than
    `stale` ago, and every door closes after `silence` without one. A connection has `head` to say
    its first call.
    """

    fresh: float = 1.0
    stale: float = 2.0
    silence: float = 60.0
    grace: float = 5.0
    head: float = 20.0


class Front(Protocol):
    """How doors meet their servers on one engine."""

    def read(self, said: Any) -> list[Caller]:
        """Read the control plane's list. Errors: ValueError for what is no list."""

    def entrance(self, name: str, caller: Caller) -> Entrance:
        """Make the entrance of one door of one server."""

    def cleared(self, caller: Caller) -> None:
        """Tidy up after all doors of a server were closed."""

    def health(self) -> dict[str, Any]:
        """Say what is worth knowing of who came, without names."""


class SocketFront:
    """One socket for each server and door, `run/doors/<key>/<door>`."""

    def __init__(self, run: Path) -> None:
        """`run` is the folder of sockets."""
        self._folder = run / "doors"

    def read(self, said: Any) -> list[Caller]:
        """Read servers of this machine."""
        return parse_callers(said)

    def entrance(self, name: str, caller: Caller) -> Entrance:
        """Answer a socket of this server's own."""
        return SocketEntrance(self._folder / caller.key / name)

    def cleared(self, caller: Caller) -> None:
        """Remove the folder of the sockets."""
        with suppress(OSError):
            (self._folder / caller.key).rmdir()

    def health(self) -> dict[str, Any]:
        """Nothing: who has no socket cannot come."""
        return {}


class PortFront:
    """Three ports for all servers of a cluster."""

    def __init__(self, reach: Reach, ports: Mapping[str, Port], strangers: Strangers) -> None:
        """Keep the ports, by door; they listen already, and know nobody yet."""
        self._reach, self._ports, self._strangers = reach, ports, strangers

    def read(self, said: Any) -> list[Caller]:
        """Read servers in pods, each with address and secret."""
        return parse_callers(said, self._reach)

    def entrance(self, name: str, caller: Caller) -> Entrance:
        """Answer the way to a port from this server's address."""
        return PortEntrance(self._ports[name], caller)

    def cleared(self, caller: Caller) -> None:
        """Leave nothing: a port is everybody's."""

    def health(self) -> dict[str, Any]:
        """Say who came that is no server."""
        return self._strangers.health()


class House:
    """Every door, by caller."""

    def __init__(
        self,
        front: Front,
        line: Line,
        services: Mapping[str, Service],
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with every door shut."""
        self._front = front
        self._line, self._services, self._pace, self._clock = line, services, pace, clock
        self._holds = Holds(pace.grace)
        self._open: dict[Caller, list[Door]] = {}
        self._asked_at = _NEVER
        self._heard = _NEVER
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the list for ever."""
        while True:
            self._wake.clear()
            await self._look()
            try:
                await asyncio.wait_for(self._wake.wait(), self._pace.fresh)
            except TimeoutError:
                continue

    def hear(self, event: Event) -> int | None:
        """Take what the control plane pushed; a halt answers how many connections closed."""
        match event.kind:
            case Kind.HALT:
                return self.halt(event.scope)
            case Kind.RESUME:
                self.resume(event.scope)
            case Kind.REVOKE:
                if event.scope != Scope():  # everything: the stream was away, so only ask again
                    self._cut(event.scope)
                self._ask_again()
            case Kind.SERVERS:
                self._ask_again()
            case Kind.BEAT:
                pass
        return None

    def halt(self, scope: Scope) -> int:
        """Close a scope's doors now and hold them shut; answers how many connections closed."""
        self._holds.halt(scope, self._clock())
        closed = self._cut(scope)
        _log.warning("halted", project=scope.project, person=scope.person, closed=closed)
        self._ask_again()
        return closed

    def resume(self, scope: Scope) -> int:
        """Lift holds; the next list opens what it names."""
        lifted = self._holds.resume(scope)
        self._ask_again()
        return lifted

    def health(self) -> dict[str, Any]:
        """Say how many servers have doors, without names."""
        return {"up": True, "servers": len(self._open), **self._front.health()}

    async def close(self) -> None:
        """Shut every door, at the end of this process."""
        for caller in list(self._open):
            await self._shut(caller)

    def _cut(self, scope: Scope) -> int:
        """End connections at once; the next look forgets the doors or opens them anew."""
        chosen = [c for c in self._open if scope.covers(c.project, c.person)]
        return sum(door.cut() for caller in chosen for door in self._open.pop(caller))

    def _ask_again(self) -> None:
        """Let the last list not count any more."""
        self._asked_at = _NEVER
        self._wake.set()

    async def _look(self) -> None:
        """Ask for the list and make the doors equal to it."""
        at = self._clock()
        try:
            callers = self._front.read(await self._line.get("/internal/servers"))
        except (TreError, ValueError) as away:
            if self._clock() - self._heard > self._pace.silence:
                await self.close()
            _log.warning("list_unknown", why=getattr(away, "code", "unread"))
            return
        if self._wake.is_set():
            return  # something was pushed meanwhile: this list may be older than that
        wanted = {c for c in callers if not self._holds.blocks(c.project, c.person, at)}
        for caller in set(self._open) - wanted:
            await self._shut(caller)
        for caller in sorted(wanted - set(self._open), key=lambda c: c.key):
            await self._admit(caller)
        self._asked_at, self._heard = at, self._clock()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _admit(self, caller: Caller) -> None:
        """Open the doors of one server, all or none."""
        doors = [
            Door(
                name,
                caller,
                service,
                self._clear(caller),
                self._front.entrance(name, caller),
                self._pace.head,
            )
            for name, service in self._services.items()
        ]
        self._open[caller] = doors
        try:
            for door in doors:
                await door.open()
        except OSError as wrong:
            _log.error("door_not_opened", key=caller.key, why=wrong.strerror)
            await self._shut(caller)

    async def _shut(self, caller: Caller) -> None:
        for door in self._open.pop(caller, []):
            await door.close()
        self._front.cleared(caller)

    def _clear(self, caller: Caller) -> Callable[[], Any]:
        """Make the valve of one server's doors."""

        async def clear() -> None:
            while self._clock() - self._asked_at > self._pace.stale or caller not in self._open:
                await self._changed.wait()

        return clear
