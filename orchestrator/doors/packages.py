"""The packages door: empty until a mirror stands behind it, and it says so."""

from aiohttp import web

from orchestrator.doors.callers import Caller
from orchestrator.doors.door import Clear
from orchestrator.doors.replies import Refused

NONE_YET = Refused(
    "packages_none",
    404,
    "No package is offered here yet. Everything your project may use is in its image; ask the "
    "administrators if something is missing.",
)


class Packages:
    """Serves every packages door of this process."""

    async def serve(
        self, caller: Caller, request: web.BaseRequest, target: str, clear: Clear
    ) -> web.StreamResponse | Refused:
        """Answer that nothing is offered; nothing goes upstream, not even the name."""
        return NONE_YET
