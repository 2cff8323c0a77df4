"""What the control plane needs: database, policies, store, identity. No engine, no signing key."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from orchestrator.bootstrap.private import write_private
from orchestrator.bootstrap.store import depot
from orchestrator.db import connect, write
from orchestrator.identity.oidc import OidcClient
from orchestrator.identity.queries import token_actor
from orchestrator.identity.service import admit_role_token, mint_token
from orchestrator.identity.tokens import MAX_DAYS, ProcessRole, TokenKind
from orchestrator.objectstore.port import ObjectStore
from orchestrator.policy.load import load
from orchestrator.policy.model import Policies
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM

Clock = Callable[[], datetime]

ROTATE_BEFORE = timedelta(days=30)


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
    login_key: str = field(repr=False)
    clock: Clock = utc_now


def control(settings: Settings) -> Control:
    """Wire the control plane and hand each role its token in a file only it may read.

    Errors: Invalid when a policy file is wrong; Unavailable without database or object store.
    """
    settings.run.mkdir(mode=0o711, parents=True, exist_ok=True)
    wired = Control(
        settings=settings,
        db=connect(settings.database),
        policies=load(settings.policies_dir),
        store=depot(settings),
        oidc=OidcClient(settings) if settings.oidc_issuer else None,
        login_key=_secret(settings.state_dir / "keys" / "login"),
    )
    for role in ProcessRole:
        _hand_token(wired, role)
    return wired


def _hand_token(wired: Control, role: ProcessRole) -> None:
    """Keep a role's token over restarts, so that a new control plane does not cut the gateway.

    Shape: a file that we cannot write is the cluster's: its token is admitted, never replaced.
    """
    path, now = wired.settings.role_token_file(role), wired.clock()
    with write(wired.db) as session:
        if path.exists():
            given = path.read_text().strip()
            known = token_actor(session, given, now)
            if known is not None and known.until > now + ROTATE_BEFORE:
                return
            if not os.access(path, os.W_OK):
                admit_role_token(session, role, given, now)
                return
        token = mint_token(
            session,
            SYSTEM,
            now,
            owner=role,
            kind=TokenKind.ROLE,
            scopes=(),
            days=MAX_DAYS,
        )
    _keep_token(path, token)


def _secret(path: Path) -> str:
    if not path.exists() or not path.read_text().strip():
        write_private(path, secrets.token_urlsafe(32).encode())
    return path.read_text().strip()


def _keep_token(path: Path, token: str) -> None:
    """Write in place: a process of ours may have this very file mounted in its sandbox."""
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(token)
