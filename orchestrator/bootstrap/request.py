"""What every handler is given: the control plane's parts, a session, the caller, the body.

The session commits when the handler returns and rolls back when it raises, and the answer goes
out after COMMIT: that is what `scope="function"` is for. With the default scope the client had
its 200 before the commit failed.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, BinaryIO

import anyio.from_thread
from fastapi import Depends, Request
from sqlmodel import Session
from starlette.requests import ClientDisconnect

from orchestrator.bootstrap.control import Control
from orchestrator.db import read, write
from orchestrator.errors import Invalid, NotAllowed, TreError
from orchestrator.identity.csrf import check_origin, check_token
from orchestrator.identity.queries import ANONYMOUS, session_actor, token_actor
from orchestrator.identity.roles import demand
from orchestrator.identity.service import touch_session, touch_token
from orchestrator.identity.tokens import ProcessRole, TokenKind, scope_allows
from orchestrator.values import Actor, Decision

COOKIE = "__Host-tre"


class NotSignedIn(NotAllowed):
    """Nobody is signed in; pages answer with the way to sign in."""


@dataclass(frozen=True)
class Caller:
    """Who asks. `scopes` is None for a browser session; `csrf` is empty for a token."""

    actor: Actor
    handle: str = ""
    csrf: str = field(default="", repr=False)
    scopes: frozenset[str] | None = None


def parts(request: Request) -> Control:
    """The control plane this request came to."""
    control: Control = request.app.state.control
    return control


def reading(request: Request) -> Iterator[Session]:
    """A session that may not write."""
    with read(parts(request).db) as session:
        yield session


def writing(request: Request) -> Iterator[Session]:
    """A session that holds the writer's lock and commits before the answer.

    Who asks is found out before: noting that a session is in use writes too, and would wait for
    the lock that this request itself holds.
    """
    visitor(request)
    with write(parts(request).db) as session:
        yield session


def visitor(request: Request) -> Caller | None:
    """Who asks, or nobody: for pages that everyone may see. Remembered for the log of refusals.

    Errors: NotAllowed when a write by cookie did not begin on our own pages.
    """
    if hasattr(request.state, "caller"):
        known: Caller | None = request.state.caller
        return known
    control = parts(request)
    if control.oidc is None:  # without an identity provider nobody is anybody
        return None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    by_token = scheme.lower() == "bearer"
    found = _by_token(control, token.strip()) if by_token else _by_cookie(request, control)
    request.state.caller = found
    request.state.actor = found.actor if found else ANONYMOUS
    return found


def may(action: str, scope: str = "") -> Callable[[Request], Caller]:
    """Name the permission of a route: the caller's roles, and a token's scopes, must open it.

    Shape: `scope` is what a token must cover where the service itself decides who may, with more
    reasons than a role: a token that was made for reading must not vote.
    Errors: NotSignedIn; NotAllowed with every reason.
    """

    def check(request: Request) -> Caller:
        found = visitor(request)
        if found is None:
            raise NotSignedIn("Sign in first, then try again.", code="not_signed_in")
        demand(found.actor, action)
        if found.scopes is not None:
            require(scope_allows(found.scopes, scope or action))
        return found

    check.permission = action  # type: ignore[attr-defined]
    return check


def process(*roles: ProcessRole) -> Callable[[Request], ProcessRole]:
    """Name the processes of ours that may call a route.

    Errors: NotAllowed for everybody else.
    """

    def check(request: Request) -> ProcessRole:
        control = parts(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        with read(control.db) as session:
            found = token_actor(session, token, control.clock())
        request.state.actor = found.actor if found else ANONYMOUS
        if found is None or found.kind is not TokenKind.ROLE or found.owner not in roles:
            raise NotAllowed("Only our own processes come here.", code="not_a_process")
        return ProcessRole(found.owner)

    check.permission = "process"  # type: ignore[attr-defined]
    return check


def require(decision: Decision) -> None:
    """Turn a decision against into a refusal that carries all its reasons.

    Errors: NotAllowed.
    """
    if not decision:
        first = decision.reasons[0]
        raise NotAllowed(
            first.text, code=first.code, reasons=[(r.code, r.text) for r in decision.reasons]
        )


def form_token(request: Request, given: str) -> None:
    """Hold a form to the token of the session that was shown it.

    Errors: NotAllowed for a form that is too old or not ours.
    """
    require(check_token(request.cookies.get(COOKIE, ""), given))


def _by_cookie(request: Request, control: Control) -> Caller | None:
    secret = request.cookies.get(COOKIE)
    if not secret:
        return None
    now = control.clock()
    require(
        check_origin(
            request.method,
            request.headers.get("origin"),
            request.headers.get("sec-fetch-site"),
            control.settings.control_url,
        )
    )
    with read(control.db) as session:
        found = session_actor(session, secret, now)
    if found is None:
        return None
    if found.touch_due:
        with write(control.db) as session:
            touch_session(session, secret, None, now)
    return Caller(found.actor, found.person.handle, found.csrf)


def _by_token(control: Control, token: str) -> Caller | None:
    now = control.clock()
    with read(control.db) as session:
        found = token_actor(session, token, now)
    if found is None:
        return None
    if found.touch_due:
        with write(control.db) as session:
            touch_token(session, token, now)
    handle = found.person.handle if found.person else found.owner
    return Caller(found.actor, handle, scopes=found.scopes)


def body(request: Request) -> BinaryIO:
    """A request's body as a stream; errors as `Body`."""
    return io.BufferedReader(Body(request), 1 << 20)


class Body(io.RawIOBase):
    """A request's body as a stream that a thread can read, so that bytes are hashed as they come.

    Errors: Invalid when the connection ends before the announced length; the reader then leaves
    nothing behind.
    """

    def __init__(self, request: Request) -> None:
        """The length must be announced, or a cut upload would look complete."""
        super().__init__()
        announced = request.headers.get("content-length", "")
        if not announced.isdigit():
            raise Invalid(
                "Say how many bytes you send (Content-Length), so that a cut upload is noticed.",
                code="length_required",
            )
        self.announced = int(announced)
        self._chunks = request.stream()
        self._rest = b""
        self._seen = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Give the next bytes, as many as are there."""
        while not self._rest:
            chunk = self._next()
            if chunk is None:
                return 0
            self._rest = chunk
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _next(self) -> bytes | None:
        try:
            chunk: bytes | None = anyio.from_thread.run(self._advance)
        except ClientDisconnect as error:
            raise self._cut() from error
        if chunk is None:
            if self._seen != self.announced:
                raise self._cut()
            return None
        self._seen += len(chunk)
        return chunk

    async def _advance(self) -> bytes | None:
        return await anext(self._chunks, None)

    def _cut(self) -> TreError:
        return Invalid(
            f"The upload was cut short after {self._seen:,} of {self.announced:,} bytes. Nothing "
            "of it was kept, and what you sent before is still there: send this file again.",
            code="truncated",
        )


Parts = Annotated[Control, Depends(parts)]
ReadSession = Annotated[Session, Depends(reading, scope="function")]
WriteSession = Annotated[Session, Depends(writing, scope="function")]
Visitor = Annotated[Caller | None, Depends(visitor)]
