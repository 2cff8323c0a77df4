"""What a file holds: text, table or re-encoded image from the opener's form, never its bytes.

Each look is logged before anything is shown. `airlock.rendered` says what is on a page; the API
answers the same.
"""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from orchestrator.airlock import ledger, queries, rendered, reviewing
from orchestrator.airlock.queries import Detail, FileView
from orchestrator.airlock.rendered import COLUMNS, Since
from orchestrator.airlock.rounds import SEAT
from orchestrator.airlock.rules import may_approve
from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import Caller, Parts, may
from orchestrator.db import read, write
from orchestrator.errors import NotFound
from orchestrator.outputs.form import FileForm, Kind, Part
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
    detail, file, form = _look(control, who, request_id, file_id)
    part = next((n for n, one in enumerate(form.parts) if one.path == at), part) if form else 0
    chosen = form.parts[part] if form and 0 <= part < len(form.parts) else None
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
        form=form,
        parts=rendered.parts(file, form),
        chosen=chosen,
        number=part,
        kinds=Kind,
        author=detail.author,
        since=_since(control, file, form),
        comparable=not detail.author and _has_counts(control, file_id),
        **judging(control, detail, file),
        **(_window(request, file, chosen, part, row, column, only == "marked") if chosen else {}),
    )


@router.get("/requests/{request_id}/files/{file_id}/image/{part}")
def image(control: Parts, who: Reader, request_id: str, file_id: str, part: int) -> Response:
    """Show one picture as it was written again by the opener; its metadata is gone."""
    _detail, _file, form = _look(control, who, request_id, file_id)
    chosen = form.parts[part] if form and 0 <= part < len(form.parts) else None
    if chosen is None or chosen.image is None or chosen.image.content is None:
        raise NotFound("There is no picture to show here.")
    return Response(
        chosen.image.content,
        media_type="image/png",
        headers={"Content-Security-Policy": "sandbox; default-src 'none'"},
    )


def _look(
    control: Control, who: Caller, request_id: str, file_id: str
) -> tuple[Detail, FileView, FileForm | None]:
    """Find a file that the caller may look at, log the look, then read what was kept of it."""
    now = control.clock()
    with read(control.db) as session:
        detail = queries.detail(session, who.actor, now, request_id, policies=control.policies)
        file = queries.file_of(session, detail, file_id)
    with write(control.db) as session:
        reviewing.record_view(session, who.actor, now, file_id)
    return detail, file, rendered.kept_form(forms(control), file, control.policies.outputs)


def _has_counts(control: Control, file_id: str) -> bool:
    with read(control.db) as session:
        return ledger.has_counts(session, file_id)


def _since(control: Control, file: FileView, form: FileForm | None) -> Since | None:
    with read(control.db) as session:
        return rendered.since(session, forms(control), file, form, control.policies.outputs)


def forms(control: Control) -> Path:
    """Where what openers made of files is kept."""
    return control.settings.state_dir / "forms"


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
    request: Request,
    file: FileView,
    part: Part,
    number: int,
    row: int,
    column: int,
    only: bool,
) -> dict[str, Any]:
    """Give a page of a part as the template shows it, with the addresses of its neighbours."""
    findings = rendered.by_part(file).get(part.path, [])
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
