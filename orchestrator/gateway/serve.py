"""One request to a project's host, from the browser's first byte to the last: who, what, whither.

Order: host, spelling of the path, session, decision, page's origin, path list, server, relay.
Each step can only refuse; only the last one passes bytes.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiohttp import web

from orchestrator.errors import Invalid, NotAllowed, NotFound, Tampered, TreError, Unavailable
from orchestrator.gateway import headers, pages, sessions
from orchestrator.gateway.answers import Allowed, Denied
from orchestrator.gateway.control import Control
from orchestrator.gateway.decisions import Connection, Decisions
from orchestrator.gateway.greeting import OTHER
from orchestrator.gateway.meter import Budget, Meter
from orchestrator.gateway.paths import Path, Refused, canonical
from orchestrator.gateway.relay import Exchange, Stopped, relay_http, relay_socket
from orchestrator.gateway.routes import Route, route, writes
from orchestrator.gateway.upstream import Upstreams
from orchestrator.settings import Settings
from orchestrator.values import Reason

_log = structlog.get_logger()
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_SINGLE = ("Host", "Origin", "Content-Type", "Content-Length", "Upgrade", "Sec-Fetch-Site")
_WANT_SECONDS = 3.0
_STATUS: tuple[tuple[type[TreError], int], ...] = (
    (Unavailable, 503),
    (Tampered, 502),
    (NotFound, 404),
    (NotAllowed, 403),
    (Invalid, 400),
)


@dataclass
class Visit:
    """One request, as far as it is understood."""

    request: web.BaseRequest
    project: str
    origin: str
    path: Path
    session: str | None
    person: str = ""
    path_class: str = "own"
    exchange: Exchange | None = None

    @property
    def navigates(self) -> bool:
        """Whether a person opens a page, as opposed to a page asking for something."""
        mode = self.request.headers.get("Sec-Fetch-Mode")
        html = "text/html" in self.request.headers.get("Accept", "")
        return self.request.method == "GET" and (mode == "navigate" or (mode is None and html))


class Gateway:
    """Serves all projects' hosts."""

    def __init__(
        self,
        settings: Settings,
        control: Control,
        decisions: Decisions,
        upstreams: Upstreams,
        meter: Meter,
        budget: Budget,
    ) -> None:
        """Wire the parts; nothing runs yet."""
        self._settings = settings
        self._control = control
        self._decisions = decisions
        self._upstreams = upstreams
        self._meter = meter
        self._budget = budget
        self._wanted: dict[tuple[str, str], float] = {}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; every error becomes a sentence, none a stack trace."""
        if request.raw_path == "/.tre/health" and request.method == "GET":
            return web.json_response({"up": True}, headers={"Cache-Control": "no-store"})
        visit = self._understand(request)
        if isinstance(visit, Refused):
            return _problem(visit.status, visit.rule, visit.text)
        try:
            answer = await self._serve(visit)
        except Stopped as stopped:
            answer = self._refuse(visit, stopped.refused)
        except TreError as error:
            answer = self._fail(visit, error)
        except ConnectionError:
            answer = _started(visit) or _problem(502, "connection", "The connection was lost.")
        self._write_log(visit, answer.status)
        return answer

    def _understand(self, request: web.BaseRequest) -> Visit | Refused:
        """Read host, path and session; refuse what can be read in two ways."""
        if any(len(request.headers.getall(name, [])) > 1 for name in _SINGLE):
            return Refused("header_twice", 400, "A header stands twice in this request.")
        if request.method not in _METHODS:
            return Refused("method_unlisted", 405, "This cannot be done here from the browser.")
        path = canonical(request.raw_path)
        if isinstance(path, Refused):
            return path
        project = sessions.project_of(
            request.headers.get("Host", ""), self._settings.gateway_domain
        )
        if project is None:
            return Refused("host_unknown", 404, "No project answers at this address.")
        cookie = sessions.cookie("; ".join(request.headers.getall("Cookie", [])), sessions.SESSION)
        origin = sessions.browser_origin(self._settings.project_url(project))
        return Visit(request, project, origin, path, cookie)

    async def _serve(self, visit: Visit) -> web.StreamResponse:
        if refused := headers.check_request(visit.request.headers):
            return self._refuse(visit, refused)
        text = visit.path.text
        if text.startswith("/.tre/"):
            return await self._own(visit, text.removeprefix("/.tre/"))
        if text == "/hub" or text.startswith("/hub/"):
            return self._refuse(
                visit, Refused("hub", 404, "No browser talks to a hub; use the project's pages.")
            )
        if visit.session is None:
            return self._to_handover(visit)
        answer = await self._decisions.decide(visit.project, visit.session)
        if isinstance(answer, Denied):
            if answer.asleep:
                return await self._wake(visit, visit.session, answer)
            return self._denied(visit, answer)
        visit.person = answer.person
        return await self._as_person(visit, visit.session, answer)

    async def _as_person(self, visit: Visit, session: str, allowed: Allowed) -> web.StreamResponse:
        """Serve somebody who may work here."""
        home = f"/user/{allowed.person}"
        must = writes(visit.request.method) or "Upgrade" in visit.request.headers
        if refused := headers.same_origin(visit.request.headers, visit.origin, must=must):
            return self._refuse(visit, refused)
        if visit.path.text in ("/", home, home + "/") and visit.request.method == "GET":
            return _redirect(home + "/lab")
        found = route(visit.request.method, visit.path, allowed.person)
        if isinstance(found, Refused):
            return self._refuse(visit, found)
        visit.path_class = found.path_class
        upgrade = visit.request.headers.get("Upgrade", "").lower()
        if (upgrade == "websocket") != found.websocket or upgrade not in ("", "websocket"):
            return self._refuse(
                visit, Refused("upgrade", 400, "This address is not used in this way.")
            )
        self._meter.add(visit.project, allowed.person, found.path_class, requests=1)
        if allowed.server.state != "ready":
            return await self._not_ready(visit, session, allowed)
        return await self._relay(visit, session, allowed, found)

    async def _relay(
        self, visit: Visit, session: str, allowed: Allowed, found: Route
    ) -> web.StreamResponse:
        """Open the exchange under the valve and carry it."""
        pool = await self._upstreams.pool(visit.project, allowed.person, allowed.server)
        connection = Connection(allowed.person, self._cutter(visit, found), allowed.server)
        if self._decisions.full(visit.project, session):
            return self._refuse(
                visit,
                Refused("connections", 429, "Too many connections are open; close some tabs."),
            )
        flow = self._decisions.opened(visit.project, session, connection)
        visit.exchange = Exchange(
            visit.request,
            visit.project,
            allowed,
            found,
            visit.origin,
            flow,
            self._meter,
            self._budget,
        )
        try:
            carry = relay_socket if found.websocket else relay_http
            return await carry(visit.exchange, pool)
        finally:
            flow.end()

    def _cutter(self, visit: Visit, found: Route) -> Callable[[str], None]:
        """Make the function that ends both legs of this exchange at once, and counts it."""
        task = asyncio.current_task()

        def cut(why: str) -> None:
            _log.warning("cut", project=visit.project, person=visit.person, why=why)
            self._meter.add(visit.project, visit.person, found.path_class, rule=f"cut:{why}")
            if visit.request.transport:
                visit.request.transport.abort()
            if task:
                task.cancel()

        return cut

    async def _not_ready(self, visit: Visit, session: str, allowed: Allowed) -> web.StreamResponse:
        """Start the server for a person who opens the page; a waiting tab starts nothing."""
        server = allowed.server
        if server.state in ("stopped", "failed"):
            await self._upstreams.drop(visit.project, allowed.person)
        if not visit.navigates:
            return _problem(
                503,
                "server_" + server.state,
                "The notebook server is not running. Reload the page.",
            )
        if server.state == "failed":
            return _page(503, pages.failed(server.reason))
        await self._want(visit.project, session)
        return _page(503, pages.starting(), {"Refresh": "2"})

    async def _wake(self, visit: Visit, session: str, answer: Denied) -> web.StreamResponse:
        """Wake a workspace for a person who opens a page; a tab that was left open wakes nothing.

        The page loads again by itself, through the start of the server, until JupyterLab is there.
        """
        must = writes(visit.request.method)
        if refused := headers.same_origin(visit.request.headers, visit.origin, must=must):
            return self._refuse(visit, refused)
        said = answer.reasons[0]
        if not visit.navigates:
            return _problem(503, said.code, "The workspace sleeps. Reload the page to wake it.")
        await self._want(visit.project, session)
        return _page(503, pages.waking(said.text), {"Refresh": "2"})

    async def _want(self, project: str, session: str) -> None:
        now = time.monotonic()
        if now - self._wanted.get((project, session), float("-inf")) < _WANT_SECONDS:
            return
        if len(self._wanted) > 10_000:
            self._wanted.clear()
        self._wanted[project, session] = now
        await self._control.want(project, session)

    async def _own(self, visit: Visit, name: str) -> web.StreamResponse:
        """Serve the gateway's own few addresses."""
        match visit.request.method, name:
            case "GET", "enter":
                return await self._enter(visit)
            case "GET", "leave":
                return await self._leave(visit)
            case "POST", "start":
                return await self._start_again(visit)
            case _:
                return self._refuse(visit, Refused("own_unknown", 404, "There is nothing here."))

    async def _enter(self, visit: Visit) -> web.StreamResponse:
        """Turn a single-use code, bound to this browser's state cookie, into a session."""
        code = sessions.parse_code(dict(visit.path.query).get("code"))
        state = sessions.cookie(
            "; ".join(visit.request.headers.getall("Cookie", [])), sessions.STATE
        )
        if code is None or state is None:
            return self._refuse(visit, Refused("enter", 403, ENTER_AGAIN))
        opened = await self._control.exchange(visit.project, code, state)
        visit.person = opened.person
        answer = _redirect(f"/user/{opened.person}/lab")
        lasting = sessions.seconds_until(opened.until, time.time())
        answer.headers.add(
            "Set-Cookie", sessions.set_cookie(sessions.SESSION, opened.secret, lasting)
        )
        answer.headers.add("Set-Cookie", sessions.drop_cookie(sessions.STATE))
        return answer

    async def _leave(self, visit: Visit) -> web.StreamResponse:
        """End the session and make this browser forget: cookies, storage and caches.

        Errors: Unavailable; then the browser keeps its cookie and the page says to try again.
        """
        if refused := headers.same_origin(visit.request.headers, visit.origin, must=False):
            return self._refuse(visit, refused)
        if visit.session is not None:
            await self._control.leave(visit.project, visit.session)
        body = pages.left(self._settings.control_url)
        answer = web.Response(body=body, headers=pages.LEAVE)
        answer.headers.add("Set-Cookie", sessions.drop_cookie(sessions.SESSION))
        answer.headers.add("Set-Cookie", sessions.drop_cookie(sessions.STATE))
        return answer

    async def _start_again(self, visit: Visit) -> web.StreamResponse:
        """Take the button of the page that says why a server did not start."""
        if refused := headers.same_origin(visit.request.headers, visit.origin, must=True):
            return self._refuse(visit, refused)
        if visit.session is None:
            return self._to_handover(visit)
        self._wanted.pop((visit.project, visit.session), None)
        await self._want(visit.project, visit.session)
        return _redirect("/")

    def _to_handover(self, visit: Visit) -> web.StreamResponse:
        """Send a person without a session to the control plane; tell a page to reload."""
        if not visit.navigates:
            return _problem(401, "no_session", "Your session has ended. Reload the page.")
        held = "; ".join(visit.request.headers.getall("Cookie", []))
        state = sessions.cookie(held, sessions.STATE) or secrets.token_urlsafe(32)
        answer = _redirect(sessions.handover_url(self._settings.control_url, visit.project, state))
        answer.headers.add(
            "Set-Cookie", sessions.set_cookie(sessions.STATE, state, sessions.STATE_SECONDS)
        )
        return answer

    def _denied(self, visit: Visit, answer: Denied) -> web.StreamResponse:
        """Say every reason; somebody who is not signed in is sent to sign in."""
        if not answer.signed_in:
            return self._to_handover(visit)
        codes = ",".join(reason.code for reason in answer.reasons) or "denied"
        self._meter.add(visit.project, visit.person, "refused", rule=f"decision:{codes}"[:128])
        if visit.navigates:
            body = pages.refused(
                "You cannot work in this project now", answer.reasons, self._settings.control_url
            )
            return _page(403, body)
        text = " ".join(reason.text for reason in answer.reasons)
        return _problem(403, "denied", text, answer.reasons)

    def _refuse(self, visit: Visit, refused: Refused) -> web.StreamResponse:
        """Answer a refusal and count it; a reply that has begun is cut instead."""
        self._meter.add(visit.project, visit.person, visit.path_class, rule=refused.rule)
        if begun := _started(visit):
            return begun
        if visit.navigates and refused.status != 404:
            return _page(refused.status, pages.away("This is not served", refused.text))
        return _problem(refused.status, refused.rule, refused.text)

    def _fail(self, visit: Visit, error: TreError) -> web.StreamResponse:
        """Answer an error of ours by its family."""
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        if isinstance(error, Tampered):
            _log.error("tampered", project=visit.project, person=visit.person, code=error.code)
        if isinstance(error, Tampered) or error.code == OTHER:
            self._meter.add(visit.project, visit.person, visit.path_class, rule=error.code)
        if begun := _started(visit):
            return begun
        if visit.navigates:
            body = pages.away("This did not work", error.message)
            # The address of a way in works once, so it is not this one that is loaded again.
            again = "5; url=/" if visit.path.text == "/.tre/enter" else "5"
            return _page(status, body, {"Refresh": again} if status == 503 else {})
        reasons = [Reason(code, text) for code, text in error.reasons]
        return _problem(status, error.code, error.message, reasons)

    def _write_log(self, visit: Visit, status: int) -> None:
        """Write one line per request: never a body, never a query's values."""
        exchange = visit.exchange
        _log.info(
            "request",
            project=visit.project,
            person=visit.person,
            path_class=visit.path_class,
            path=visit.path.wire[:256],
            method=visit.request.method,
            status=status,
            bytes_in=exchange.bytes_in if exchange else 0,
            bytes_out=exchange.bytes_out if exchange else 0,
        )


ENTER_AGAIN = (
    "This way into the project was used already, is too old, or began in another browser. Open "
    "the project's address again."
)


def _started(visit: Visit) -> web.StreamResponse | None:
    """Cut a reply that has begun, and answer it, because a second one cannot be sent."""
    begun = visit.exchange.answer if visit.exchange else None
    if begun is not None and begun.prepared:
        if visit.request.transport:
            visit.request.transport.abort()
        return begun
    return None


def _page(status: int, body: bytes, more: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body, headers=pages.HEADERS | (more or {}))


def _problem(
    status: int, code: str, text: str, reasons: tuple[Reason, ...] | list[Reason] = ()
) -> web.Response:
    return web.Response(
        status=status,
        body=pages.problem(status, code, text, reasons),
        headers=pages.HEADERS | {"Content-Type": "application/problem+json"},
    )


def _redirect(target: str) -> web.Response:
    return web.Response(status=303, headers=pages.HEADERS | {"Location": target})
