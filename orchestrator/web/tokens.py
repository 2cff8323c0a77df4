"""Tokens for a person's own programs: make, list, revoke. A secret is shown once, never again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from orchestrator.bootstrap.request import Caller, Parts, WriteSession, may, parts
from orchestrator.db import read
from orchestrator.errors import TreError
from orchestrator.identity.queries import tokens_of
from orchestrator.identity.roles import PERMISSIONS, permitted
from orchestrator.identity.service import mint_token, revoke_token
from orchestrator.identity.tokens import MAX_DAYS, TokenKind
from orchestrator.values import Actor
from orchestrator.web.forms import Posted, Typed, posted, shows_again
from orchestrator.web.render import page, to

router = APIRouter()
Minter = Annotated[Caller, Depends(may("identity.token.mint"))]
Minting = Annotated[Posted, Depends(posted("identity.token.mint"))]
Revoking = Annotated[Posted, Depends(posted("identity.token.revoke"))]


@router.get("/tokens")
def listed(request: Request, who: Minter) -> Response:
    """List the caller's tokens, and offer to make one."""
    return _tokens(request, who, {})


def _again(request: Request, who: Caller, typed: Typed, error: TreError, status: int) -> Response:
    return _tokens(request, who, typed, error=error, status=status)


@router.post("/tokens")
@shows_again(_again)
def mint(request: Request, sent: Minting, session: WriteSession, control: Parts) -> Response:
    """Make a token; this answer alone holds its secret, so it is a page and no redirect."""
    days = sent.number("days", "how many days it lives")
    secret = mint_token(
        session,
        sent.who.actor,
        control.clock(),
        owner=sent.who.actor.person or "",
        kind=TokenKind.PERSON,
        scopes=sent.many("scopes"),
        days=days,
    )
    crumbs = (("/tokens", "Tokens"),)
    title = "Your new token"
    return page(request, "token.html", sent.who, title=title, crumbs=crumbs, secret=secret)


@router.post("/tokens/{prefix}/revoke")
@shows_again(_again)
def revoke(sent: Revoking, session: WriteSession, control: Parts, prefix: str) -> Response:
    """End a token now."""
    revoke_token(session, sent.who.actor, control.clock(), prefix=prefix)
    return to("/tokens?done=revoked")


def _tokens(
    request: Request,
    who: Caller,
    typed: Typed,
    *,
    error: TreError | None = None,
    status: int = 200,
) -> Response:
    with read(parts(request).db) as session:
        return page(
            request,
            "tokens.html",
            who,
            title="Tokens",
            status=status,
            error=error,
            typed=typed,
            tokens=tokens_of(session, who.actor.person or ""),
            scopes=_scopes(who.actor),
            max_days=MAX_DAYS,
        )


def _scopes(actor: Actor) -> list[tuple[str, list[str]]]:
    """Offer a scope for each noun in which this person may ask for anything, with what it opens."""
    open_now = [action for action in sorted(PERMISSIONS) if permitted(actor, action)]
    nouns = dict.fromkeys(action.split(".")[0] for action in open_now)
    return [
        (f"{noun}.*", [action for action in open_now if action.startswith(f"{noun}.")])
        for noun in nouns
    ]
