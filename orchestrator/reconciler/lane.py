"""One lane of work: looks what needs doing, does each thing at most once at a time, backs off.

Level-based: an item is a row id and nothing else, so a lost wake-up or a crash loses no work.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import structlog

from orchestrator.audit.log import refuse
from orchestrator.bootstrap.hands import Hands
from orchestrator.db import Wake
from orchestrator.errors import Tampered, TreError
from orchestrator.values import SYSTEM

LOOK_SECONDS = 0.05
"""How often the database's own change signal is read."""
SAFETY_SECONDS = 2.0
"""How long to trust the signal: the system must be right with every hint lost."""
LONGEST_WAIT_SECONDS = 60.0

# The library's own choice prints the values of all variables, and a turn has keys in hand.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)
log = structlog.get_logger()


@dataclass(frozen=True)
class Work:
    """One kind of work: which rows need it now, and how one row's turn is done.

    Shape: `turn` answers True when something outside is under way and is to be looked at soon;
    it is looked for at most every `every` seconds. `stirred` waits at most so many seconds for a
    hint of its own, for work that the database's signal tells nothing of.
    """

    kind: str
    due: Callable[[Hands, datetime], Sequence[str]]
    turn: Callable[[Hands, str, datetime], bool]
    every: float = 0.0
    stirred: Callable[[Hands, float], bool] | None = None


@dataclass
class _Waiting:
    """A row that failed; times are of the monotonic clock, which never goes back."""

    tries: int = 0
    until: float = 0.0


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
        self._looked: dict[str, float] = {}
        self._soon = threading.Event()

    def run(self, keep_going: Callable[[], bool]) -> None:
        """Look and act until told to stop; waits for work in hand before returning."""
        try:
            while keep_going():
                self._watch(keep_going)
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def look(self) -> int:
        """Hand out everything that is due; returns how many turns were begun."""
        self._busy = {key: future for key, future in self._busy.items() if not future.done()}
        begun = 0
        for work in self._work.values():
            for row in self._due(work):
                key = (work.kind, row)
                if key in self._busy or self._waits(key):
                    continue
                self._busy[key] = self._pool.submit(self._turn, work, row)
                begun += 1
        return begun

    def idle(self) -> bool:
        """Whether nothing is in hand."""
        return all(future.done() for future in self._busy.values())

    def _watch(self, keep_going: Callable[[], bool]) -> None:
        """Look whenever the database says so; a lost connection is taken anew."""
        try:
            with closing(Wake(self._hands.db)) as wake:
                while keep_going():
                    self.look()
                    self._rest(wake, keep_going)
        except Exception:
            log.exception("looks again", lane=self._name)
            time.sleep(LOOK_SECONDS)

    def _due(self, work: Work) -> Sequence[str]:
        if work.every and time.monotonic() < self._looked.get(work.kind, -work.every) + work.every:
            return ()
        self._looked[work.kind] = time.monotonic()
        try:
            return work.due(self._hands, self._hands.clock())
        except Exception:
            # What one kind of work cannot read must not stop the other kinds.
            log.exception("cannot look", lane=self._name, kind=work.kind)
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
            self._postpone(key)
            log.warning("later", lane=self._name, kind=work.kind, row=row, why=error.message)
            if isinstance(error, Tampered) and self._waiting[key].tries == 1:
                self._alarm(work, row, error, now)
        except Exception:
            # One broken row must never stop the others; our log has the trace, the row waits.
            self._postpone(key)
            log.exception("failed", lane=self._name, kind=work.kind, row=row)

    def _alarm(self, work: Work, row: str, error: Tampered, now: datetime) -> None:
        """Bytes or a log that are not what was recorded: the auditor must find it in the log."""
        refuse(
            self._hands.db,
            actor=SYSTEM,
            rule=error.code,
            now=now,
            object_type=work.kind,
            object_id=row,
        )

    def _hinted(self) -> bool:
        """Wait for a moment, or until one of our kinds of work has a hint of its own."""
        for work in self._work.values():
            if work.stirred is not None:
                return work.stirred(self._hands, LOOK_SECONDS)
        time.sleep(LOOK_SECONDS)
        return False

    def _waits(self, key: tuple[str, str]) -> bool:
        return key in self._waiting and time.monotonic() < self._waiting[key].until

    def _postpone(self, key: tuple[str, str]) -> None:
        waiting = self._waiting.setdefault(key, _Waiting())
        waiting.tries += 1
        seconds = min(0.25 * 2 ** min(waiting.tries, 10), LONGEST_WAIT_SECONDS)
        waiting.until = time.monotonic() + seconds

    def _rest(self, wake: Wake, keep_going: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SAFETY_SECONDS
        while keep_going() and time.monotonic() < deadline:
            if self._hinted() or wake.changed():
                return
            if self._soon.is_set():
                self._soon.clear()
                return
