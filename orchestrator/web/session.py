"""Coming and going: sign in at the identity provider, sign out, be handed to a project's host."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import (
    COOKIE,
    Caller,
    Parts,
    Visitor,
    WriteSession,
    form_token,
    may,
    parts,
)
from orchestrator.db import write
from orchestrator.errors import Unavailable
from orchestrator.identity.claims import Claims
from orchestrator.identity.oidc import OidcClient
from orchestrator.identity.service import Opened, end_session, make_handover, open_session, sign_in
from orchestrator.web.render import to
from orchestrator.workspaces.access import require_entry
from orchestrator.workspaces.service import prestart

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def login(request: Request, go: Annotated[str, Query(alias="next")] = "/") -> Response:
    """Send the browser to the identity provider and remember where it wanted to go."""
    control = parts(request)
    answer = await _oidc(control).begin(request, f"{control.settings.control_url}/login/callback")
    request.session["next"] = _own_path(go)
    return answer


@router.get("/login/callback")
async def callback(request: Request) -> Response:
    """Believe or refuse what the provider says, then open a session of ours."""
    control = parts(request)
    go = _own_path(str(request.session.get("next", "/")))
    claims = await _oidc(control).finish(request, control.clock())
    opened = await run_in_threadpool(_open, control, claims, request.cookies.get(COOKIE))
    answer = to(go)
    answer.set_cookie(COOKIE, opened.secret, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@router.post("/logout")
def logout(
    request: Request, control: Parts, who: Visitor, csrf: Annotated[str, Form()] = ""
) -> Response:
    """End the session here and at every project host it opened."""
    answer = to("/")
    if who is not None:
        form_token(request, csrf)
        with write(control.db) as session:
            end_session(session, request.cookies[COOKIE], control.clock())
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True)
    answer.headers["Clear-Site-Data"] = '"cookies", "storage", "cache"'
    return answer


@router.get("/handover")
def handover(
    session: WriteSession,
    control: Parts,
    who: Annotated[Caller, Depends(may("workspaces.workspace.enter"))],
    project: str,
    state: str,
) -> Response:
    """Hand somebody who is signed in here to one project's host, by a code that works once.

    Errors: NotSignedIn sends to sign in first; NotAllowed with every reason against access.
    """
    now = control.clock()
    require_entry(session, who.actor, project, now, policies=control.policies)
    code = make_handover(session, who.actor, project, state, now)
    return to(f"{control.settings.project_url(project)}/.tre/enter?code={quote(code)}")


def _oidc(control: Control) -> OidcClient:
    if control.oidc is None:
        raise Unavailable(
            "No identity provider is set, so nobody can sign in. The administrator sets "
            "TRE_OIDC_ISSUER.",
            code="no_identity_provider",
        )
    return control.oidc


def _open(control: Control, claims: Claims, replaces: str | None) -> Opened:
    now = control.clock()
    with write(control.db) as session:
        person = sign_in(session, claims, now)
        prestart(session, person, now, policies=control.policies)
        return open_session(
            session,
            person,
            now,
            acr=claims.acr,
            auth_time=claims.auth_time,
            replaces=replaces,
        )


def _own_path(path: str) -> str:
    """Only a path of ours: anything else would let a link send people elsewhere after sign-in."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if safe else "/"
