"""One lane of work: looks what needs doing, does each thing at most once at a time, backs off.

Level-based: an item is a row id and nothing else, so a lost wake-up or a crash loses no work.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from orchestrator.bootstrap.hands import Hands
from orchestrator.db import Wake
from orchestrator.errors import TreError, Unavailable

LOOK_SECONDS = 0.05
"""How often the database's own change signal is read."""
SAFETY_SECONDS = 2.0
"""How long to trust the signal: the system must be right with every hint lost."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Work:
    """One kind of work: which rows need it now, and how one row's turn is done.

    Shape: `turn` answers True when something outside is under way and is to be looked at soon.
    """

    kind: str
    due: Callable[[Hands, datetime], Sequence[str]]
    turn: Callable[[Hands, str, datetime], bool]


@dataclass
class _Waiting:
    tries: int = 0
    until: datetime = field(default=datetime.min.replace(tzinfo=UTC))


class Lane:
    """Runs several kinds of work; one row is never worked on twice at once."""

    def __init__(self, hands: Hands, name: str, work: Sequence[Work], workers: int) -> None:
        """`workers` rows of this lane may be in hand at the same time."""
        self._hands = hands
        self._name = name
        self._work = {item.kind: item for item in work}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._busy: dict[tuple[str, str], Future[None]] = {}
        self._waiting: dict[tuple[str, str], _Waiting] = {}
        self._soon = threading.Event()

    def run(self, keep_going: Callable[[], bool]) -> None:
        """Look and act until told to stop; waits for work in hand before returning."""
        wake = Wake(self._hands.db)
        try:
            while keep_going():
                self.look()
                self._rest(wake, keep_going)
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            wake.close()

    def look(self) -> int:
        """Hand out everything that is due; returns how many turns were begun."""
        now = self._hands.clock()
        self._busy = {key: future for key, future in self._busy.items() if not future.done()}
        begun = 0
        for work in self._work.values():
            for row in self._due(work, now):
                key = (work.kind, row)
                if key in self._busy or self._waiting.get(key, _Waiting()).until > now:
                    continue
                self._busy[key] = self._pool.submit(self._turn, work, row)
                begun += 1
        return begun

    def idle(self) -> bool:
        """Whether nothing is in hand."""
        return all(future.done() for future in self._busy.values())

    def _due(self, work: Work, now: datetime) -> Sequence[str]:
        try:
            return work.due(self._hands, now)
        except Unavailable as error:
            log.warning("cannot look", lane=self._name, kind=work.kind, why=error.message)
            return ()

    def _turn(self, work: Work, row: str) -> None:
        key = (work.kind, row)
        now = self._hands.clock()
        try:
            soon = work.turn(self._hands, row, now)
            self._waiting.pop(key, None)
            if soon:
                self._soon.set()
        except TreError as error:
            self._postpone(key, now)
            log.warning("later", lane=self._name, kind=work.kind, row=row, why=error.message)
        except Exception:
            # One broken row must never stop the others; the log has the trace, the row waits.
            self._postpone(key, now)
            log.exception("failed", lane=self._name, kind=work.kind, row=row)

    def _postpone(self, key: tuple[str, str], now: datetime) -> None:
        waiting = self._waiting.setdefault(key, _Waiting())
        waiting.tries += 1
        from_now = min(0.25 * 2**waiting.tries, 60)
        waiting.until = datetime.fromtimestamp(now.timestamp() + from_now, tz=UTC)

    def _rest(self, wake: Wake, keep_going: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SAFETY_SECONDS
        while keep_going() and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            if wake.changed():
                return
            if self._soon.is_set():
                self._soon.clear()
                return
