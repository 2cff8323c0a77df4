"""The FastAPI application: mounts API and pages, answers errors by one table, tells its health."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware

from orchestrator.api.intake import router as intake
from orchestrator.api.internal import router as internal
from orchestrator.api.routes import router as api
from orchestrator.audit.log import refuse
from orchestrator.bootstrap.control import Control
from orchestrator.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Tampered,
    TreError,
    Unavailable,
)
from orchestrator.identity.queries import ANONYMOUS
from orchestrator.web.forms import shown_again
from orchestrator.web.pages import STATIC, error_page
from orchestrator.web.pages import router as web

HTTP_STATUS: dict[type[TreError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    Unavailable: 503,
    Tampered: 500,
}
"""RFC 9110 status of each family; a test holds that all six are here."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_UNRECORDED = Unavailable(
    "The log cannot take entries now, so nothing is answered and nothing was changed. Try again in "
    "a moment, and if it stays so, tell the administrator.",
    code="log_unavailable",
)


def application(control: Control) -> FastAPI:
    """Build the control plane around its wired parts."""
    app = FastAPI(title="TRE orchestrator", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.control = control
    app.add_middleware(
        SessionMiddleware,
        secret_key=control.login_key,
        session_cookie="tre-login",
        max_age=600,
        same_site="lax",
        https_only=control.settings.public_scheme == "https",
    )
    app.middleware("http")(_headers)
    app.add_exception_handler(TreError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_fault)
    app.include_router(internal)
    app.include_router(intake)
    app.include_router(api)
    app.include_router(web)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def problem(status: int, error: TreError) -> dict[str, Any]:
    """Spell an error of ours as RFC 9457 problem details."""
    return {
        "type": "about:blank",
        "title": type(error).__name__,
        "status": status,
        "detail": error.message,
        "code": error.code,
        "reasons": [{"code": code, "text": text} for code, text in error.reasons],
    }


def _answer_error(request: Request, error: Exception) -> Response:
    """One table for every error; refusals and alarms are logged in a transaction of their own.

    Source: design section 7: a refusal must not vanish with the roll-back.
    """
    assert isinstance(error, TreError)
    family = next(f for f in HTTP_STATUS if isinstance(error, f))
    if family in (NotAllowed, Tampered) and not _recorded(request, error):
        return _answer(request, HTTP_STATUS[Unavailable], _UNRECORDED)
    return _answer(request, HTTP_STATUS[family], error)


def _recorded(request: Request, error: TreError) -> bool:
    """Write down who was refused by which rule; say whether the log could take it."""
    control: Control = request.app.state.control
    route = request.scope.get("route")
    with suppress(Unavailable):
        refuse(
            control.db,
            actor=getattr(request.state, "actor", ANONYMOUS),
            rule=error.code,
            now=control.clock(),
            object_type="route",
            object_id=getattr(route, "path", ""),
        )
        return True
    return False


def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [
        (".".join(str(part) for part in item["loc"][1:]) or "body", str(item["msg"]))
        for item in error.errors()
    ]
    said = "; ".join(f"{name}: {text}" for name, text in fields)
    return _answer(
        request,
        422,
        Invalid(f"Some fields need another look. {said}.", code="invalid_fields", reasons=fields),
    )


def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _answer(
            request,
            404,
            NotFound("There is no such page. Go to the start page and look from there."),
        )
    return _answer(request, error.status_code, Invalid(str(error.detail)))


def _answer_fault(request: Request, _error: Exception) -> Response:
    """A mistake of ours: the trace stays in our log, the person gets a sentence."""
    return JSONResponse(
        problem(
            500,
            TreError(
                "Something broke on our side and nothing was changed. The administrator's log has "
                "the details; try again, and tell them if it stays so.",
                code="fault",
            ),
        ),
        status_code=500,
        media_type="application/problem+json",
        headers=SECURITY_HEADERS,
    )


def _answer(request: Request, status: int, error: TreError) -> Response:
    wants_page = "text/html" in request.headers.get("accept", "")
    if wants_page and not request.url.path.startswith(("/api/", "/internal/")):
        return _page(request, status, error)
    return JSONResponse(
        problem(status, error), status_code=status, media_type="application/problem+json"
    )


def _page(request: Request, status: int, error: TreError) -> Response:
    """Show a refused form again as it was filled in; where that fails too, the error alone."""
    with suppress(TreError):
        again = shown_again(request, status, error)
        if again is not None:
            return again
    return error_page(request, status, error)
