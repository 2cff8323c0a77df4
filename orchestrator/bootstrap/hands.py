"""What the reconciler needs: database, policies, store, engine, signing key. No web framework."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine as Database

from orchestrator.audit.checkpoint import Signer
from orchestrator.bootstrap.engines import engine
from orchestrator.bootstrap.store import depot
from orchestrator.db import connect
from orchestrator.engines.port import Engine
from orchestrator.objectstore.port import Depot
from orchestrator.policy.load import load
from orchestrator.policy.model import Policies
from orchestrator.settings import Settings


def utc_now() -> datetime:
    """The one clock of the loop; turns pass it down as `now`."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Hands:
    """The reconciler's parts."""

    settings: Settings
    db: Database
    policies: Policies
    store: Depot
    engine: Engine
    signer: Signer
    checkpoints: Path
    clock: Callable[[], datetime] = utc_now


def hands(settings: Settings) -> Hands:
    """Wire the reconciler; whether the log is what was signed is asked when the loop begins.

    Errors: Invalid when a policy file, the signing key or a cluster's file is wrong; Unavailable
    without credentials for a cluster that is named.
    """
    return Hands(
        settings=settings,
        db=connect(settings.database),
        policies=load(settings.policies_dir),
        store=depot(settings),
        engine=engine(settings),
        signer=Signer.at(settings.state_dir / "keys", settings.origin),
        checkpoints=settings.state_dir / "checkpoints",
    )
