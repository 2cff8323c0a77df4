"""[pure] The path list: what a browser may ask of a notebook server. Everything else is denied.

Each row was seen in a recorded JupyterLab session (`docs/gateway.md` lists it); a new row needs a
reason in its commit. Source: egress 3.2 and 3.3.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.gateway.paths import Path, Refused

KIB = 1024
MIB = 1024 * KIB

JSON = ("application/json",)
HTML = ("text/html",)
STATIC = (
    "text/javascript",
    "application/javascript",
    "text/css",
    "application/json",
    "image/svg+xml",
    "image/png",
    "image/gif",
    "image/x-icon",
    "image/vnd.microsoft.icon",
    "font/woff",
    "font/woff2",
    "font/ttf",
    "application/font-woff",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "text/plain",  # the licences of the bundle
)


class Body(StrEnum):
    """How a reply is checked before anything of it is sent."""

    STREAM = "stream"  # media type and size only
    JSON = "json"  # whole, parsed
    MODEL = "model"  # whole, a model of the Contents API
    CHECKPOINTS = "checkpoints"  # whole, identifiers and times only
    SOCKET = "socket"  # a WebSocket


@dataclass(frozen=True)
class Row:
    """One line of the path list.

    Shape: `pattern` matches the whole canonical path below `/user/<person>`; `queries` are the
    names a query may have. Units: `reply` and `request` in bytes.
    """

    path_class: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    body: Body
    media: tuple[str, ...]
    reply: int
    request: int = 0
    queries: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Route:
    """A request that is served: where it goes and within which limits."""

    row: Row
    path: Path
    file: str = field(default="")  # the Contents API path, without the leading slash

    @property
    def path_class(self) -> str:
        """The name under which bytes are counted."""
        return self.row.path_class

    @property
    def websocket(self) -> bool:
        """Whether this path is a WebSocket and nothing else."""
        return self.row.body is Body.SOCKET


_GET = frozenset({"GET"})
_ALL = frozenset({"GET", "POST", "PATCH", "DELETE"})
_NAME = r"[A-Za-z0-9@._ -]+"
_ID = r"[A-Za-z0-9-]{1,64}"


def _row(
    path_class: str,
    pattern: str,
    methods: frozenset[str],
    body: Body,
    media: tuple[str, ...],
    reply: int,
    request: int = 0,
    queries: str = "",
) -> Row:
    names = frozenset(queries.split())
    return Row(path_class, re.compile(pattern), methods, body, media, reply, request, names)


ROWS: tuple[Row, ...] = (
    _row("page", r"/lab(/(tree|workspaces)(/.*)?)?/?", _GET, Body.STREAM, HTML, MIB, 0, "reset"),
    _row("static", r"/static/.+", _GET, Body.STREAM, STATIC, 16 * MIB, 0, "v"),
    _row("static", r"/lab/extensions/.+", _GET, Body.STREAM, STATIC, 16 * MIB, 0, "v"),
    _row("static", r"/lab/api/themes/.+", _GET, Body.STREAM, STATIC, MIB, 0, "v"),
    _row("static", rf"/kernelspecs/{_NAME}/{_NAME}", _GET, Body.STREAM, STATIC, MIB),
    _row(
        "settings",
        r"/lab/api/settings(/.*)?",
        frozenset({"GET", "PUT"}),
        Body.JSON,
        JSON,
        2 * MIB,
        256 * KIB,
        "ids_only",
    ),
    _row(
        "workspaces",
        r"/lab/api/workspaces(/.*)?",
        frozenset({"GET", "PUT", "DELETE"}),
        Body.JSON,
        JSON,
        256 * KIB,
        256 * KIB,
    ),
    _row("translations", r"/lab/api/translations(/.*)?", _GET, Body.JSON, JSON, MIB),
    _row("status", r"/api/?", _GET, Body.JSON, JSON, 64 * KIB),
    _row("status", r"/api/(status|me)", _GET, Body.JSON, JSON, 64 * KIB),
    _row("status", r"/api/kernelspecs", _GET, Body.JSON, JSON, 256 * KIB),
    _row("sessions", rf"/api/sessions(/{_ID})?", _ALL, Body.JSON, JSON, 64 * KIB, 64 * KIB),
    _row(
        "kernels",
        rf"/api/kernels(/{_ID}(/(interrupt|restart))?)?",
        _ALL,
        Body.JSON,
        JSON,
        64 * KIB,
        64 * KIB,
    ),
    _row(
        "checkpoints",
        r"/api/contents/(?P<file>.+?)/checkpoints(/[A-Za-z0-9-]{1,64})?",
        frozenset({"GET", "POST", "DELETE"}),
        Body.CHECKPOINTS,
        JSON,
        64 * KIB,
        4 * KIB,
    ),
    _row(
        "contents",
        r"/api/contents(/(?P<file>.*))?",
        frozenset({"GET", "PUT", "POST", "PATCH", "DELETE"}),
        Body.MODEL,
        JSON,
        4 * MIB,
        8 * MIB,
        "content type format hash",
    ),
    _row(
        "kernel-socket",
        rf"/api/kernels/{_ID}/channels",
        _GET,
        Body.SOCKET,
        (),
        2 * MIB,
        2 * MIB,
        "session_id",
    ),
    _row("event-socket", r"/api/events/subscribe", _GET, Body.SOCKET, (), 64 * KIB, 64 * KIB),
)

_CLOCK = re.compile(r"[0-9]{10,16}\Z")
_VALUE = re.compile(r"[A-Za-z0-9._:-]{0,128}\Z")
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def route(method: str, path: Path, person: str) -> Route | Refused:
    """Find the row for a request of this person, or say why it is not served.

    Shape: another person's path and a path off the list are the same 404.
    """
    prefix = f"/user/{person}"
    if not path.text.startswith(prefix + "/"):
        return _unknown("path_not_own" if path.text.startswith("/user/") else "path_unlisted")
    below = path.text[len(prefix) :]
    for row in ROWS:
        if found := row.pattern.fullmatch(below):
            file = (found.groupdict().get("file") or "").strip("/")
            return _within(Route(row, _without_noise(path), file), method)
    return _unknown("path_unlisted")


def writes(method: str) -> bool:
    """Say whether a method changes something and so needs the page's own Origin."""
    return method in _WRITES


def _within(found: Route, method: str) -> Route | Refused:
    """Check method and query against the row."""
    if method not in found.row.methods:
        return Refused("method_unlisted", 405, "This cannot be done here from the browser.")
    for name, value in found.path.query:
        if name not in found.row.queries or not _VALUE.match(value):
            return Refused("query_unlisted", 403, "This option is not served to a browser.")
        if name == "format" and value not in ("text", "json"):
            return Refused("contents_format", 403, DATA_STAYS)
        if name == "type" and value not in ("file", "notebook", "directory"):
            return Refused("contents_type", 403, "This kind of file is not served to a browser.")
    return found


def _without_noise(path: Path) -> Path:
    """Drop what JupyterLab appends and no server reads.

    Shape: the time against caches (a name made of digits only) and its own `contentProviderId`.
    """
    kept = tuple(
        (name, value)
        for name, value in path.query
        if not (_CLOCK.match(name) and not value) and name != "contentProviderId"
    )
    return Path(path.text, path.wire, kept)


DATA_STAYS = (
    "Only notebooks and text that people write are opened in the browser. Look at data in a "
    "notebook; to take a result out, use `tre submit`."
)


def _unknown(rule: str) -> Refused:
    return Refused(rule, 404, "There is nothing at this address.")
