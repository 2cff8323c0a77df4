"""Turns that the clock asks for: what has ended ends, what nobody decided goes back.

The clock never approves anything. Each item is a turn of its own, so that one that fails stops
no other.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from orchestrator.airlock import releasing, reviewing
from orchestrator.bootstrap.hands import Hands
from orchestrator.datasets import queries as datasets
from orchestrator.datasets import service as dataset_writes
from orchestrator.db import read, write
from orchestrator.objectstore import trees
from orchestrator.projects import service as projects
from orchestrator.reconciler.lane import Work

EVERY_SECONDS = 30.0
LEFTOVER = timedelta(days=1)
"""How old a half-written file must be before it counts as a killed process's."""


def due(_hands: Hands, _now: datetime) -> Sequence[str]:
    """Every kind of thing that time ends."""
    return tuple(_ITEMS)


def turn(hands: Hands, item: str, now: datetime) -> bool:
    """Do what the clock asks of one kind of thing; nothing is written where nothing has ended."""
    _ITEMS[item](hands, now)
    return False


def _permits(hands: Hands, now: datetime) -> None:
    with write(hands.db) as session:
        projects.expire_due(session, now)


def _releases(hands: Hands, now: datetime) -> None:
    with write(hands.db) as session:
        releasing.expire_due(session, now)


def _reviews(hands: Hands, now: datetime) -> None:
    with write(hands.db) as session:
        reviewing.lapse_due(session, now)


def _snapshots(hands: Hands, now: datetime) -> None:
    with read(hands.db) as session:
        proposed = [one.snapshot.id for one in datasets.proposed(session)]
    for snapshot in proposed:
        with write(hands.db) as session:
            dataset_writes.lapse(session, now, snapshot)


def _leftovers(hands: Hands, now: datetime) -> None:
    before = (now - LEFTOVER).timestamp()
    hands.store.sweep(before)
    trees.sweep(hands.store, before)


_ITEMS: dict[str, Callable[[Hands, datetime], None]] = {
    "permits": _permits,
    "releases": _releases,
    "reviews": _reviews,
    "snapshots": _snapshots,
    "leftovers": _leftovers,
}

WORK = Work("clock", due, turn, every=EVERY_SECONDS)
