"""A file's tables beside earlier ones: for checkers, with what subtraction shows named on top.

Nothing of either file is read here: both tables are counts that the ledger keeps.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from orchestrator.airlock import comparing
from orchestrator.airlock.comparing import Compared
from orchestrator.bootstrap import looking
from orchestrator.bootstrap.request import Parts
from orchestrator.outputs.rules.releases import SPOKEN
from orchestrator.web.content import Reader, judging
from orchestrator.web.render import address, page
from orchestrator.web.requests import came_from

router = APIRouter()


@router.get("/requests/{request_id}/files/{file_id}/beside")
def shown(
    request: Request,
    control: Parts,
    who: Reader,
    request_id: str,
    file_id: str,
    table: str = "",
    finding: int = -1,
    row: int = 1,
    only: str = "",
) -> Response:
    """Show a table beside an earlier one: `table` names it, or the finding that speaks of it."""
    seen = looking.look_beside(control, who.actor, request_id, file_id, table, finding)
    detail, file = seen.detail, seen.file
    return page(
        request,
        "beside.html",
        who,
        title=f"{file.path} beside earlier tables",
        crumbs=(
            came_from(who, detail),
            (f"/requests/{request_id}", detail.request.title),
            (f"/requests/{request_id}/files/{file_id}/view", file.path),
        ),
        row=detail.request,
        file=file,
        found=seen.found,
        chosen=seen.chosen,
        spoken=SPOKEN,
        minimum=control.policies.outputs.counts.minimum,
        author=detail.author,
        **judging(control, detail, file),
        **_window(request, seen.chosen, row, only=only == "marked"),
    )


def _window(request: Request, chosen: Compared | None, row: int, *, only: bool) -> dict[str, Any]:
    """Give a page of lines as the template shows it, with the addresses of its neighbours."""
    found = comparing.window(chosen, row, only=only)
    return {
        "lines": found.lines,
        "total": found.total,
        "marked": found.marked,
        "only": only,
        "toggle": address(request, only="" if only else "marked", row=1),
        "before": address(request, row=found.before) if found.before else None,
        "after": address(request, row=found.after) if found.after else None,
    }
