"""The packages door: serves a mirror's wheels as files, and answers everything else here.

Not a name, not a query goes upstream: there is no upstream. Source: egress section 8, E32 and E33.
"""

import asyncio
import re
from pathlib import Path

from aiohttp import web

from orchestrator.doors.callers import Caller
from orchestrator.doors.door import Clear
from orchestrator.doors.replies import Refused
from orchestrator.errors import Invalid
from orchestrator.mirror import trees
from orchestrator.mirror.shelf import Shelf, Wheel, canonical, index_page, project_page

LONGEST = 256
_CHUNK = 256 * 1024
_PLAIN = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._!-]*)*/?\Z")
_HEADERS = {"Cache-Control": "no-store", "Server": "tre", "X-Content-Type-Options": "nosniff"}

NONE_YET = Refused(
    "packages_none",
    404,
    "No package is offered here yet. Everything your project may use is in its image; ask the "
    "administrators if something is missing.",
)
NOT_OFFERED = Refused(
    "packages_unlisted",
    404,
    "This package is not offered here, and nothing was asked anywhere else. `/simple/` lists what "
    "is; ask the administrators for what is missing.",
)
_READ_ONLY = Refused("packages_method", 405, "Packages can be read here, by GET, and nothing else.")
_ODD = Refused("packages_address", 400, "A package's address is short and has no query.")
_BROKEN = Refused("packages_broken", 503, "The list of packages cannot be read; ask again later.")


class Packages:
    """Serves every packages door of this process."""

    def __init__(self, mirror: Path) -> None:
        """`mirror` is the folder of trees; it may be empty, and filled at any time."""
        self._mirror = mirror
        self._read: tuple[Path, Shelf] | None = None

    def offered(self) -> int:
        """Count the projects that are offered now."""
        tree = trees.current(self._mirror)
        try:
            return len(self._shelf(tree).projects()) if tree else 0
        except (Invalid, OSError):
            return 0

    async def serve(
        self, caller: Caller, request: web.BaseRequest, target: str, clear: Clear
    ) -> web.StreamResponse | Refused:
        """Answer one page or one wheel of the tree that is offered now."""
        if request.method not in ("GET", "HEAD"):
            return _READ_ONLY
        if len(target) > LONGEST or not _PLAIN.match(target):
            return _ODD
        tree = trees.current(self._mirror)
        if tree is None:
            return NONE_YET
        try:
            shelf = self._shelf(tree)
        except (Invalid, OSError):
            return _BROKEN
        return await self._answer(request, tree, shelf, target, clear)

    def _shelf(self, tree: Path) -> Shelf:
        """Read a tree's list once; a tree never changes."""
        if self._read is None or self._read[0] != tree:
            self._read = (tree, trees.read(tree))
        return self._read[1]

    async def _answer(
        self, request: web.BaseRequest, tree: Path, shelf: Shelf, target: str, clear: Clear
    ) -> web.StreamResponse | Refused:
        match target.strip("/").split("/"):
            case ["simple"]:
                return _html(index_page(shelf))
            case ["simple", name] if wheels := shelf.of(name):
                return _html(project_page(canonical(name), wheels))
            case ["wheels", file] if file in shelf.wheels:
                return await _send(request, tree, shelf.wheels[file], clear)
            case _:
                return NOT_OFFERED


def _html(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html", headers=_HEADERS)


async def _send(
    request: web.BaseRequest, tree: Path, wheel: Wheel, clear: Clear
) -> web.StreamResponse | Refused:
    """Send a wheel, no byte of it while the person may not work; installers compare its hash."""
    try:
        file = await asyncio.to_thread(trees.wheel_path(tree, wheel.file).open, "rb")
    except OSError:
        return _BROKEN
    with file:
        answer = web.StreamResponse(headers=_HEADERS | {"Content-Type": "application/octet-stream"})
        answer.content_length = wheel.size
        await answer.prepare(request)
        while request.method == "GET" and (block := await asyncio.to_thread(file.read, _CHUNK)):
            await clear()
            await answer.write(block)
        await answer.write_eof()
    return answer
