"""Turns templates into answers: what every page needs, filters, and the error page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from orchestrator.bootstrap.request import Caller, NotSignedIn, parts
from orchestrator.errors import TreError
from orchestrator.lifecycle.machine import Machine, Standing
from orchestrator.web.forms import typed
from orchestrator.web.words import DONE, FILTERS

_T = TypeVar("_T")

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

PAGE = 50
"""How many lines a list shows at once."""

NAVIGATION = (
    (
        "/projects",
        "Projects",
        "researcher administrator auditor asset_owner methods_reviewer lay_panel",
    ),
    ("/requests", "Exports", "researcher"),
    ("/queue", "Review queue", "checker"),
    ("/reviews", "Applications", "asset_owner methods_reviewer lay_panel"),
    ("/datasets", "Datasets", "data_steward asset_owner researcher administrator auditor"),
    ("/console", "Console", "administrator auditor"),
)


@dataclass(frozen=True)
class Slice(Generic[_T]):
    """One page of a list. Shape: `before` and `after` are addresses, None at the ends."""

    items: Sequence[_T]
    first: int
    total: int
    before: str | None
    after: str | None


def sliced(request: Request, items: Sequence[_T], size: int = PAGE) -> Slice[_T]:
    """Cut the page that the address names (`page`, from 1) out of a list."""
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    last = max(1, -(-len(items) // size))
    number = min(max(number, 1), last)
    start = (number - 1) * size
    return Slice(
        items[start : start + size],
        start + 1 if items else 0,
        len(items),
        address(request, page=number - 1) if number > 1 else None,
        address(request, page=number + 1) if number < last else None,
    )


def address(request: Request, **changes: object) -> str:
    """Spell the address of this page with some of its parameters changed."""
    kept = {k: v for k, v in request.query_params.items() if k not in ("done", "at")}
    return f"{request.url.path}?{urlencode({**kept, **changes})}"


def offered(machine: Machine, state: str, standing: Standing) -> frozenset[str]:
    """Name the moves that somebody of this standing could ask for now, for showing buttons."""
    return frozenset(
        move.event for move in machine.table if move.source == state and standing in move.by
    )


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= FILTERS


def page(
    request: Request,
    template: str,
    caller: Caller | None,
    *,
    title: str,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """Render one page for one caller.

    Shape: `crumbs` are (address, label) pairs; `error` is shown on top with every reason;
    `refresh` reloads a page whose work is under way, in seconds.
    """
    defaults: dict[str, Any] = {
        "crumbs": (),
        "error": None,
        "done": DONE.get(request.query_params.get("done", "")),
        "refresh": None,
        "typed": {},
    }
    body = _ENVIRONMENT.get_template(template).render(
        **defaults
        | values
        | {
            "title": title,
            "caller": caller,
            "roles": caller.actor.roles if caller else frozenset(),
            "holds": lambda *names: bool(caller and caller.actor.roles & set(names)),
            "now": parts(request).clock(),
            "mode": parts(request).settings.mode,
            "navigation": _navigation(request, caller),
            "csrf": lambda: _csrf(caller),
        }
    )
    return HTMLResponse(body, status_code=status)


def error_page(request: Request, status: int, error: TreError) -> Response:
    """Answer an error as a page; somebody who is not signed in is shown the way.

    What was typed into a form that failed stands below the reasons, to be copied.
    """
    if isinstance(error, NotSignedIn) and request.method == "GET":
        here = f"{request.url.path}?{request.url.query}".rstrip("?")
        return to(_login(here))
    before = _own_referer(request)
    return page(
        request,
        "error.html",
        getattr(request.state, "caller", None),
        title="This did not work",
        status=status,
        error=error,
        back=before,
        login=_login(before or "/") if isinstance(error, NotSignedIn) else None,
        written=_written(typed(request)),
    )


def _login(go: str) -> str:
    return "/login?next=" + quote(go, safe="")


def _written(fields: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """What a person wrote, without the digests and names that the page itself had put there."""
    said = [(name, value) for name, values in fields.items() for value in values]
    return [(name, v) for name, v in said if v.strip() and not v.startswith("sha256:")]


def _own_referer(request: Request) -> str | None:
    """The page the browser came from, where it was one of ours."""
    found = urlsplit(request.headers.get("referer", ""))
    own = urlsplit(parts(request).settings.control_url).netloc
    if found.netloc != own or not found.path.startswith("/") or found.path.startswith("//"):
        return None
    return found.path


def to(path: str) -> RedirectResponse:
    """Send the browser on after a form, so that reloading does not send it twice."""
    return RedirectResponse(path, status_code=303)


def _csrf(caller: Caller | None) -> Markup:
    if caller is None:
        return Markup("")
    return Markup('<input type="hidden" name="csrf" value="{}">').format(caller.csrf)


def _navigation(request: Request, caller: Caller | None) -> list[dict[str, Any]]:
    if caller is None:
        return []
    path = request.url.path
    return [
        {"href": href, "label": label, "current": path.startswith(href)}
        for href, label, roles in NAVIGATION
        if caller.actor.roles & set(roles.split())
    ]
