"""A file's tables beside earlier ones: for checkers, with what subtraction shows named on top.

Nothing of either file is read here: both tables are counts that the ledger keeps. That somebody
looked is logged before anything is shown.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from orchestrator.airlock import comparing, queries, reviewing
from orchestrator.airlock.comparing import Compared
from orchestrator.airlock.rendered import LINES
from orchestrator.bootstrap.request import Parts
from orchestrator.db import read, write
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
    now, policies = control.clock(), control.policies
    with read(control.db) as session:
        found = comparing.compared(session, who.actor, now, request_id, file_id, policies=policies)
        detail = queries.detail(session, who.actor, now, request_id, policies=policies)
        file = queries.file_of(session, detail, file_id)
    chosen = comparing.chosen(found, file, table, finding)
    with write(control.db) as session:
        reviewing.record_comparison(session, who.actor, now, file_id, chosen.id if chosen else None)
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
        found=found,
        chosen=chosen,
        spoken=SPOKEN,
        minimum=policies.outputs.counts.minimum,
        author=detail.author,
        **judging(control, detail, file),
        **_window(request, chosen, row, only=only == "marked"),
    )


def _window(request: Request, chosen: Compared | None, row: int, *, only: bool) -> dict[str, Any]:
    """Cut a page of lines out of a comparison."""
    lines = chosen.beside.lines if chosen else ()
    marked = [line for line in lines if line.marked]
    listed = marked if only else lines
    start = max(min(row - 1, len(listed) - 1), 0) // LINES * LINES
    before, after = max(start - LINES, 0) + 1, start + LINES + 1
    return {
        "lines": listed[start : start + LINES],
        "total": len(lines),
        "marked": len(marked),
        "only": only,
        "toggle": address(request, only="" if only else "marked", row=1),
        "before": address(request, row=before) if start else None,
        "after": address(request, row=after) if start + LINES < len(listed) else None,
    }
