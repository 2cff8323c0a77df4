"""Who the caller is, their tokens, and whether the service is well."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from orchestrator import __version__
from orchestrator.airlock import queries as airlock
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, WriteSession, may
from orchestrator.db import read
from orchestrator.identity.queries import tokens_of
from orchestrator.identity.service import mint_token, revoke_token
from orchestrator.identity.tokens import TokenKind

router = APIRouter(prefix="/api", tags=["me"])
Anyone = Annotated[Caller, Depends(may("datasets.dataset.read"))]
Minter = Annotated[Caller, Depends(may("identity.token.mint"))]
Revoker = Annotated[Caller, Depends(may("identity.token.revoke"))]


class Wanted(BaseModel):
    """A token to make: how many days it lives, and which actions it covers."""

    days: int
    scopes: list[str]


@router.get("/health")
def health(control: Parts) -> dict[str, Any]:
    """Say whether the database answers; open to everybody, and says nothing else."""
    with read(control.db) as session:
        session.connection()
    return {"ok": True, "version": __version__, "identity": control.oidc is not None}


@router.get("/me")
def me(session: ReadSession, who: Anyone) -> dict[str, Any]:
    """Say who the caller is and where their requests stand."""
    return {
        "name": who.actor.name,
        "handle": who.handle,
        "organisation": who.actor.organisation,
        "roles": sorted(who.actor.roles),
        "requests": [
            {"id": row.id, "name": row.name, "project": row.project, "state": row.state}
            for row in airlock.mine(session, who.actor)
        ],
    }


@router.get("/tokens")
def tokens(session: ReadSession, who: Minter) -> list[dict[str, Any]]:
    """List the caller's tokens, newest first; none shows its secret."""
    return [
        {
            "prefix": row.prefix,
            "scopes": row.scopes,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "last_used_at": row.last_used_at,
            "revoked_at": row.revoked_at,
        }
        for row in tokens_of(session, who.actor.person or "")
    ]


@router.post("/tokens", status_code=201)
def token(session: WriteSession, control: Parts, who: Minter, body: Wanted) -> dict[str, Any]:
    """Make a token for the caller's own programs; it is shown this once."""
    secret = mint_token(
        session,
        who.actor,
        control.clock(),
        owner=who.actor.person or "",
        kind=TokenKind.PERSON,
        scopes=body.scopes,
        days=body.days,
    )
    return {"token": secret, "days": body.days}


@router.delete("/tokens/{prefix}", status_code=204)
def revoke(session: WriteSession, control: Parts, who: Revoker, prefix: str) -> None:
    """End a token now, also the one that asks."""
    revoke_token(session, who.actor, control.clock(), prefix=prefix)
