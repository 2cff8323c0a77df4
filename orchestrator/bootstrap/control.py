"""What the control plane needs: database, policies, store, identity. No engine, no signing key."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from orchestrator.db import connect
from orchestrator.identity.oidc import OidcClient
from orchestrator.objectstore.port import ObjectStore
from orchestrator.objectstore.posix import PosixStore
from orchestrator.policy.load import load
from orchestrator.policy.model import Policies
from orchestrator.settings import Settings

Clock = Callable[[], datetime]

ROLES = ("gateway", "doors")
"""Processes of ours that call the internal API, each with a token of its own."""


def utc_now() -> datetime:
    """The one clock; doors and loops pass it down as `now`."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Control:
    """The control plane's parts."""

    settings: Settings
    db: Engine
    policies: Policies
    store: ObjectStore
    oidc: OidcClient | None
    role_tokens: dict[str, str] = field(repr=False)
    login_key: str = field(repr=False)
    clock: Clock = utc_now


def control(settings: Settings) -> Control:
    """Wire the control plane and hand each role its token in a file only it may read.

    Errors: Invalid when a policy file is wrong; Unavailable without database.
    """
    settings.run.mkdir(mode=0o711, parents=True, exist_ok=True)
    return Control(
        settings=settings,
        db=connect(settings.database),
        policies=load(settings.policies_dir),
        store=PosixStore(settings.state_dir / "store"),
        oidc=OidcClient(settings) if settings.oidc_issuer else None,
        role_tokens={role: _secret(settings.role_token_file(role)) for role in ROLES},
        login_key=_secret(settings.state_dir / "keys" / "login"),
    )


def _secret(path: Path) -> str:
    """Keep a secret over restarts, so that a new control plane does not cut the gateway."""
    if path.exists():
        return path.read_text().strip()
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(32)
    path.touch(mode=0o600)
    path.write_text(secret)
    return secret
