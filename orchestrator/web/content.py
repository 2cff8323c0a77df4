"""What a file holds: text, table or re-encoded image from the opener's form, never its bytes.

`bootstrap.looking` logs each look and finds what is seen, `airlock.rendered` says what is on a
page, for the API too.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from orchestrator.airlock import rendered
from orchestrator.airlock.rendered import COLUMNS
from orchestrator.airlock.rounds import SEAT
from orchestrator.airlock.rules import may_approve
from orchestrator.airlock.views import Detail, FileView
from orchestrator.bootstrap import looking
from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.looking import Look
from orchestrator.bootstrap.request import Caller, Parts, may
from orchestrator.db import read
from orchestrator.outputs.form import Kind, Part
from orchestrator.web.render import address, page
from orchestrator.web.requests import VOTES, came_from, names_of, worst_first

router = APIRouter()
Reader = Annotated[Caller, Depends(may("airlock.request.read"))]


@router.get("/requests/{request_id}/files/{file_id}/view")
def view(
    request: Request,
    control: Parts,
    who: Reader,
    request_id: str,
    file_id: str,
    part: int = 0,
    row: int = 1,
    column: int = 1,
    only: str = "",
    at: str = "",
) -> Response:
    """Show a file inertly, with the places that findings point at; `at` names a part by path."""
    seen = looking.look(control, who.actor, request_id, file_id, part, at)
    detail, file = seen.detail, seen.file
    return page(
        request,
        "view.html",
        who,
        title=file.path,
        crumbs=(
            came_from(who, detail),
            (f"/requests/{request_id}", detail.request.title),
        ),
        row=detail.request,
        file=file,
        form=seen.form,
        parts=rendered.parts(file, seen.form),
        chosen=seen.chosen,
        number=seen.number,
        kinds=Kind,
        author=detail.author,
        since=seen.since,
        comparable=seen.comparable,
        **judging(control, detail, file),
        **(
            _window(request, seen, seen.chosen, row, column, only == "marked")
            if seen.chosen
            else {}
        ),
    )


@router.get("/requests/{request_id}/files/{file_id}/image/{part}")
def image(control: Parts, who: Reader, request_id: str, file_id: str, part: int) -> Response:
    """Show one picture as it was written again by the opener; its metadata is gone."""
    return looking.picture(control, who.actor, request_id, file_id, part)


def judging(control: Control, detail: Detail, file: FileView) -> dict[str, Any]:
    """Give what a checker needs to vote beside the content and to go on to the next file."""
    ordered = worst_first(detail)
    here = next(at for at, one in enumerate(ordered) if one.id == file.id)
    open_ones = [one for one in (*ordered[here + 1 :], *ordered[:here]) if one.vote]
    with read(control.db) as session:
        names = names_of(session, [file])
    return {
        "names": names,
        "votes": VOTES,
        "seat": SEAT,
        "may": may_approve(file.verdict, "answered"),
        "then": open_ones[0].id if open_ones else "",
        "previous": ordered[here - 1] if here else None,
        "following": ordered[here + 1] if here + 1 < len(ordered) else None,
    }


def _window(
    request: Request, seen: Look, part: Part, row: int, column: int, only: bool
) -> dict[str, Any]:
    """Give a page of a part as the template shows it, with the addresses of its neighbours."""
    findings, number = rendered.by_part(seen.file).get(part.path, []), seen.number
    found = rendered.window(part, findings, row, column, only=only)
    right = found.left + COLUMNS
    return {
        "findings": findings,
        "columns": found.columns,
        "numeric": found.numeric,
        "lines": found.lines,
        "total_rows": found.total_rows,
        "total_columns": found.total_columns,
        "left": found.left,
        "marked": found.marked,
        "only": only,
        "toggle": address(request, part=number, only="" if only else "marked", row=1),
        "before": address(request, part=number, row=found.before) if found.before else None,
        "after": address(request, part=number, row=found.after) if found.after else None,
        "to_left": address(request, part=number, column=max(found.left - COLUMNS, 1))
        if found.left > 1
        else None,
        "to_right": address(request, part=number, column=right)
        if right <= found.total_columns
        else None,
    }
