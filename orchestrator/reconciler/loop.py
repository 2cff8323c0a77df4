"""The reconciler's process: three lanes that cannot block one another, under one lock."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestrator.audit import checkpoint
from orchestrator.bootstrap.hands import Hands
from orchestrator.errors import Conflict
from orchestrator.reconciler import (
    airlock,
    clock,
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
    "world": ((projects.WORK, workspaces.WORK, servers.WORK, clock.WORK), 4),
    "bytes": ((log.WORK, snapshots.WORK, airlock.CHECKS, airlock.RELEASES), 2),
}
"""Each lane with its kinds of work and how many rows it may have in hand."""


def run(hands: Hands, keep_going: Callable[[], bool]) -> None:
    """Work until told to stop.

    Errors: Conflict when another reconciler works on this database; Tampered when the log is not
    what the last checkpoint says. Nothing was touched then.
    Source: design section 7; property 11.
    """
    with alone(hands):
        checkpoint.must_extend(hands.db, hands.checkpoints, hands.signer.public)
        threads = [
            threading.Thread(target=Lane(hands, name, work, workers).run, args=(keep_going,))
            for name, (work, workers) in LANES.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.sign(hands, "", hands.clock())


@contextmanager
def alone(hands: Hands) -> Iterator[None]:
    """Hold the lock that lets one reconciler act.

    Errors: Conflict when it is held elsewhere.
    """
    path = hands.settings.state_dir / "reconciler.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                "Another reconciler already works on this database. Stop it first, or let it be: "
                "one is enough.",
                code="second_instance",
            ) from error
        yield
