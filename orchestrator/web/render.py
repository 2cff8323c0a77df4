"""Turns templates into answers: what every page needs, filters, and the error page."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from orchestrator.bootstrap.request import Caller, NotSignedIn, parts
from orchestrator.errors import TreError

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

TAGS = {
    "good": {
        "approved",
        "released",
        "published",
        "open",
        "active",
        "pass",
        "ready",
        "held",
        "closed",
    },
    "bad": {
        "block",
        "blocked",
        "rejected",
        "declined",
        "withdrawn",
        "failed",
        "halted",
        "unproved",
        "recalled",
        "suspended",
        "inconclusive",
    },
    "warn": {"flag", "could-not-check", "returned", "expired", "unavailable", "not-applicable"},
}
"""Which words get which shape and colour; every other word is still on its way."""

NAVIGATION = (
    (
        "/projects",
        "Projects",
        {"researcher", "administrator", "asset_owner", "methods_reviewer", "lay_panel"},
    ),
    ("/requests", "Exports", {"researcher"}),
    ("/queue", "Review queue", {"checker"}),
    ("/reviews", "Applications", {"asset_owner", "methods_reviewer", "lay_panel"}),
    ("/datasets", "Datasets", {"data_steward", "asset_owner", "administrator"}),
    ("/console", "Console", {"administrator", "auditor"}),
)


def _tag(word: str | None) -> Markup:
    text = word or "none"
    kind = next((name for name, words in TAGS.items() if text in words), "wait")
    return Markup('<span class="tag {}">{}</span>').format(kind, text.replace("_", " "))


def _when(instant: datetime | None) -> Markup:
    if instant is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(
        instant.isoformat(), f"{instant:%-d %B %Y, %H:%M} UTC"
    )


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if count >= 1000**power:
            return f"{count / 1000**power:.1f} {unit}"
    raise AssertionError("a size from 1000 up has a unit")


def _short(digest: str | None) -> Markup:
    if not digest:
        return Markup("–")
    return Markup('<span class="digest" title="{}">{}…</span>').format(digest, digest[7:19])


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"tag": _tag, "when": _when, "size": _size, "short": _short}


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
    defaults: dict[str, Any] = {"crumbs": (), "error": None, "done": None, "refresh": None}
    body = _ENVIRONMENT.get_template(template).render(
        **defaults
        | values
        | {
            "title": title,
            "caller": caller,
            "mode": parts(request).settings.mode,
            "navigation": _navigation(request, caller),
            "csrf": lambda: _csrf(caller),
        }
    )
    return HTMLResponse(body, status_code=status)


def error_page(request: Request, status: int, error: TreError) -> Response:
    """Answer an error as a page; somebody who is not signed in is shown the way."""
    if isinstance(error, NotSignedIn) and request.method == "GET":
        here = f"{request.url.path}?{request.url.query}".rstrip("?")
        return to("/login?next=" + quote(here, safe=""))
    return page(
        request,
        "error.html",
        getattr(request.state, "caller", None),
        title="This did not work",
        status=status,
        error=error,
    )


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
        if roles & caller.actor.roles
    ]
