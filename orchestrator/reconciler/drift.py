"""Turns about environments that somebody altered behind our back: made again what was asked.

In a lane of its own, because a proof keeps its worker for half a minute. The engine knows what was
last asked of it and mends to nothing else, under its own lock for the project: a turn that comes
too late, after the project was closed, does nothing. No row decides here.
"""

from collections.abc import Sequence
from datetime import datetime

from orchestrator.bootstrap.hands import Hands
from orchestrator.db import write
from orchestrator.reconciler.lane import Work
from orchestrator.workspaces import service


def due(hands: Hands, _now: datetime) -> Sequence[str]:
    """Projects whose environment is not as it was asked; no row is read for that."""
    return hands.engine.drifted()


def turn(hands: Hands, project: str, now: datetime) -> bool:
    """Mend one project, then write down what was not as it should be."""
    wrong = hands.engine.mend(project)
    if wrong:
        with write(hands.db) as session:
            service.record_mended(session, project, wrong, now)
    return False


def stirred(hands: Hands, seconds: float) -> bool:
    """Wait for the engine's hint instead of the database's."""
    return hands.engine.stirred(seconds)


WORK = Work("drift", due, turn, stirred=stirred)
