"""The reconciler's process: four lanes that cannot block one another, under one lock."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestrator.audit import checkpoint
from orchestrator.bootstrap.hands import Hands
from orchestrator.db import RECONCILER, Held, held
from orchestrator.errors import Conflict, Unavailable
from orchestrator.reconciler import (
    airlock,
    clock,
    drift,
    halts,
    log,
    projects,
    servers,
    snapshots,
    workspaces,
)
from orchestrator.reconciler.lane import Lane

LANES = {
    "halt": ((halts.WORK,), 2),
    "drift": ((drift.WORK,), 2),
    "world": ((projects.WORK, workspaces.WORK, servers.WORK, clock.WORK), 4),
    "bytes": ((log.WORK, snapshots.WORK, snapshots.INDEXES, airlock.CHECKS, airlock.RELEASES), 2),
}
"""Each lane with its kinds of work and how many rows it may have in hand."""


WAIT_SECONDS = 0.5
"""How often one that waits asks for the lock."""


def wait_and_run(hands: Hands, keep_going: Callable[[], bool]) -> None:
    """Wait until no other reconciler works on this database, asking the engine nothing; then work.

    Errors: as `run`, but for Conflict.
    """
    while keep_going():
        try:
            run(hands, keep_going)
        except Conflict as other:
            if other.code != "second_instance":
                raise
            time.sleep(WAIT_SECONDS)


def run(hands: Hands, keep_going: Callable[[], bool]) -> None:
    """Work until told to stop.

    Errors: Conflict when another reconciler works on this database; Tampered when the log is not
    what the last checkpoint says: nothing was touched then. Unavailable when the database forgot
    the lock, as it does when it starts again: what was in hand is done, and nothing more.
    Source: design section 7; property 11.
    """
    with alone(hands) as lock:
        checkpoint.must_extend(hands.db, hands.checkpoints, hands.signer.public)
        hands.engine.act_while(lock.still)

        def ours() -> bool:
            return keep_going() and lock.still()

        threads = [
            threading.Thread(target=Lane(hands, name, work, workers).run, args=(ours,))
            for name, (work, workers) in LANES.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not lock.still():
            raise Unavailable(
                "The database ended the lock of this reconciler, so another may act now. Start "
                "it again.",
                code="lock_lost",
            )
        log.sign(hands, "", hands.clock())


@contextmanager
def alone(hands: Hands) -> Iterator[Held]:
    """Hold the lock that lets one reconciler act.

    Errors: Conflict when it is held elsewhere.
    """
    with held(hands.db, RECONCILER) as mine:
        if mine is None:
            raise Conflict(
                "Another reconciler already works on this database. Stop it first, or let it be: "
                "one is enough.",
                code="second_instance",
            )
        yield mine
