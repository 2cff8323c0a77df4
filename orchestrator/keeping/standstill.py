"""Who works on an installation: what takes it from under them waits until nobody does."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from orchestrator.db import CLEANING, RECONCILER, SERVING, held
from orchestrator.errors import Conflict


@contextmanager
def serving(engine: Engine) -> Iterator[None]:
    """Serve this database; several control planes may.

    Errors: Conflict while it is restored or moved.
    """
    with held(engine, SERVING, shared=True) as lock:
        if lock is None:
            raise Conflict(
                "This installation is being restored or moved. Start again when that is done.",
                code="standstill",
            )
        yield


@contextmanager
def standstill(engine: Engine) -> Iterator[None]:
    """Let nobody serve or reconcile this database meanwhile.

    Errors: Conflict naming who does.
    """
    with held(engine, SERVING) as served, held(engine, RECONCILER) as worked:
        running = [
            name
            for name, lock in (("tre serve", served), ("tre reconcile", worked))
            if lock is None
        ]
        if running:
            raise Conflict(
                f"{' and '.join(running)} still work on this database. Stop them first, then run "
                "this again: nothing was changed.",
                code="still_running",
            )
        yield


@contextmanager
def nothing_removed(engine: Engine) -> Iterator[None]:
    """Let nobody take stored bytes away meanwhile; everything else goes on.

    Errors: Conflict while somebody does.
    """
    with held(engine, CLEANING) as lock:
        if lock is None:
            raise Conflict(
                "Stored files are being cleaned up, or another backup is being made. Run this "
                "again in a minute: nothing was changed.",
                code="cleaning",
            )
        yield
