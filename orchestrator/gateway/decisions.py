"""Who may work at this moment: asked at every request, kept for a second, taken back by a push.

*No* closes at once. *Silence* of the control plane pauses both directions and closes after a
minute, so that its restart does not cut every notebook. Source: egress 3.1, design property 9.
"""

import asyncio
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field

import structlog

from orchestrator.errors import TreError, Unavailable
from orchestrator.gateway.answers import (
    HALTED,
    NONSENSE,
    Allowed,
    Answer,
    Denied,
    Server,
    parse_answer,
)
from orchestrator.gateway.control import Control
from orchestrator.link.events import Event, Holds, Kind, Scope

_log = structlog.get_logger()
_NEVER = float("-inf")


@dataclass(frozen=True)
class Pace:
    """How long an answer lasts. Units: seconds.

    Shape: a new request needs an answer younger than `fresh`; an open connection flows while the
    last answer was asked for less than `stale` ago, and is closed after `silence` without one.
    A session may have `connections` open exchanges at a time.
    """

    fresh: float = 1.0
    stale: float = 2.0
    silence: float = 60.0
    grace: float = 5.0
    connections: int = 128


@dataclass(eq=False)
class Connection:
    """One open exchange with a browser; `close` ends both its legs at once.

    Shape: `server` is the running server that it goes to.
    """

    person: str
    close: Callable[[str], None]
    server: Server


@dataclass(eq=False)
class Pass:
    """One session at one project: the last answer, when it was asked for, what is open."""

    project: str
    session: str
    answer: Answer | None = None
    asked_at: float = _NEVER
    heard: float = _NEVER
    open: set[Connection] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def person(self) -> str | None:
        """Whom the last answer named."""
        return self.answer.person if isinstance(self.answer, Allowed) else None


class Decisions:
    """All passes of this gateway, and the one who asks for them."""

    def __init__(self, control: Control, pace: Pace, clock: Callable[[], float] = time.monotonic):
        """Start knowing nobody."""
        self._control = control
        self._pace = pace
        self._clock = clock
        self._holds = Holds(pace.grace)
        self._passes: dict[tuple[str, str], Pass] = {}
        self._waiting: dict[Pass, asyncio.Future[Answer]] = {}
        self._asked: Container[Pass] = ()  # those of the question that is under way
        self._asking: asyncio.Task[None] | None = None

    async def decide(self, project: str, session: str) -> Answer:
        """Answer for a new request, asking unless an answer is fresh.

        Errors: Unavailable when the control plane is silent: a new request needs an answer.
        """
        known = self._passes.setdefault((project, session), Pass(project, session))
        now = self._clock()
        if known.answer is None or now - known.asked_at > self._pace.fresh:
            await self._ask(known)
        assert known.answer is not None
        return self._held(known) or known.answer

    def opened(self, project: str, session: str, connection: Connection) -> "Flow":
        """Register an open exchange; its flow says when bytes may move."""
        known = self._passes[project, session]
        known.open.add(connection)
        return Flow(self, known, connection)

    def full(self, project: str, session: str) -> bool:
        """Say whether a session has as many open exchanges as it may."""
        known = self._passes.get((project, session))
        return known is not None and len(known.open) >= self._pace.connections

    def hear(self, event: Event) -> int | None:
        """Take what the control plane pushed; a halt answers how many connections closed."""
        match event.kind:
            case Kind.REVOKE:
                self._forget(event.scope)
            case Kind.HALT:
                return self.halt(event.scope)
            case Kind.RESUME:
                self.resume(event.scope)
            case Kind.BEAT | Kind.SERVERS:
                pass
        return None

    def halt(self, scope: Scope) -> int:
        """Close everything of a scope now and hold it; answers how many connections closed."""
        self._holds.halt(scope, self._clock())
        closed = 0
        for known in self._passes.values():
            for connection in list(known.open):
                if scope.covers(known.project, connection.person):
                    self._close(known, connection, "halted")
                    closed += 1
        _log.warning("halted", project=scope.project, person=scope.person, closed=closed)
        return closed

    def resume(self, scope: Scope) -> int:
        """Lift holds; new requests are asked about again."""
        lifted = self._holds.resume(scope)
        self._forget(scope)
        return lifted

    def counts(self) -> dict[str, int]:
        """Say how many sessions and connections are known, for health."""
        return {
            "sessions": len(self._passes),
            "connections": sum(len(known.open) for known in self._passes.values()),
        }

    def flows(self, known: Pass, connection: Connection) -> bool:
        """Say whether bytes of an open exchange may move at this moment."""
        return (
            known.person == connection.person
            and self._clock() - known.asked_at <= self._pace.stale
            and self._held(known) is None
        )

    async def run(self) -> None:
        """Ask again about everything that is open, every second, and close after silence."""
        while True:
            await asyncio.sleep(self._pace.fresh)
            self._sweep()
            work = [known for known in self._passes.values() if known.open]
            await asyncio.gather(*(self._ask(known) for known in work), return_exceptions=True)

    def close_all(self, why: str) -> None:
        """End every open exchange, at the end of this process."""
        for known in list(self._passes.values()):
            for connection in list(known.open):
                self._close(known, connection, why)

    def left(self, known: Pass, connection: Connection) -> None:
        """Forget an exchange that ended."""
        known.open.discard(connection)

    def _sweep(self) -> None:
        """Close what has been silent for too long, forget sessions that nobody uses."""
        now = self._clock()
        for key, known in list(self._passes.items()):
            if now - known.heard > self._pace.silence:
                for connection in list(known.open):
                    self._close(known, connection, "silence")
                if not known.open and known not in self._waiting and known not in self._asked:
                    del self._passes[key]

    def _forget(self, scope: Scope) -> None:
        """Let no earlier answer count any more, and ask at once about what is open."""
        for known in self._passes.values():
            if scope.covers(known.project, known.person) or known.person is None:
                known.asked_at = _NEVER
                if known.open:
                    self._enqueue(known)

    def _held(self, known: Pass) -> Denied | None:
        """Deny while a pushed halt is in force; log a halt that turns out to have no row."""
        person = known.person
        if self._holds.blocks(known.project, person, known.asked_at):
            return HALTED
        if person is not None:
            for scope in self._holds.unconfirmed(known.project, person):
                _log.warning("halt_not_confirmed", project=scope.project, person=scope.person)
        return None

    async def _ask(self, known: Pass) -> Answer:
        return await asyncio.shield(self._enqueue(known))

    def _enqueue(self, known: Pass) -> asyncio.Future[Answer]:
        waiting = self._waiting.get(known)
        if waiting is None:
            waiting = self._waiting[known] = asyncio.get_running_loop().create_future()
            waiting.add_done_callback(_seen)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_waiting())
        return waiting

    async def _ask_waiting(self) -> None:
        """Ask for everybody who waits, in one question; whoever comes meanwhile is in the next."""
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            self._asked = batch
            at = self._clock()
            try:
                answers = await self._control.decide(
                    [(known.project, known.session) for known in batch]
                )
            except TreError as away:
                for future in batch.values():
                    future.set_exception(Unavailable(away.message, code=away.code))
                continue
            for (known, future), said in zip(batch.items(), answers, strict=True):
                self._take(known, parse_answer(said), at)
                future.set_result(known.answer or NONSENSE)
        self._asked = ()

    def _take(self, known: Pass, answer: Answer, at: float) -> None:
        """Keep an answer; a *no*, another person, or another server, closes at once."""
        known.answer, known.asked_at, known.heard = answer, at, self._clock()
        for connection in list(known.open):
            if connection.person != known.person:
                self._close(known, connection, "denied")
            elif isinstance(answer, Allowed) and _is_other(answer.server, connection.server):
                self._close(known, connection, "server_ended")
        changed, known.changed = known.changed, asyncio.Event()
        changed.set()

    def _close(self, known: Pass, connection: Connection, why: str) -> None:
        known.open.discard(connection)
        connection.close(why)


class Flow:
    """The valve of one open exchange."""

    def __init__(self, decisions: Decisions, known: Pass, connection: Connection) -> None:
        """Belong to one connection of one pass."""
        self._decisions = decisions
        self._known = known
        self._connection = connection

    async def clear(self) -> None:
        """Return when bytes may move; waits while the control plane is silent."""
        while not self._decisions.flows(self._known, self._connection):
            await self._known.changed.wait()

    def end(self) -> None:
        """Say that the exchange is over."""
        self._decisions.left(self._known, self._connection)


def _is_other(now: Server, then: Server) -> bool:
    """Say whether the server of an open exchange ended; an address may be another one's by now."""
    return now.state == "stopped" or (now.address is not None and now.place != then.place)


def _seen(future: asyncio.Future[Answer]) -> None:
    """Look at a failure that nobody waited for: silence is handled by the age of answers."""
    if not future.cancelled():
        future.exception()
