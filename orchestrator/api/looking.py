"""What a file holds, and its tables beside earlier ones, over JSON: the twins of two pages.

The same people may look, the same look is logged before anything is shown, the same page of rows is
cut by the same rule; a picture is the one our opener wrote.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from orchestrator.airlock import comparing, ledger, queries, rendered, reviewing
from orchestrator.airlock.comparing import Compared
from orchestrator.airlock.queries import Detail, FileView
from orchestrator.airlock.rendered import LINES
from orchestrator.api import shapes
from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import Caller, Parts, may
from orchestrator.db import read, write
from orchestrator.errors import NotFound
from orchestrator.outputs.codec import finding_to_json
from orchestrator.outputs.form import FileForm, Part

router = APIRouter(prefix="/api/requests/{request_id}/files/{file_id}", tags=["airlock"])
Reader = Annotated[Caller, Depends(may("airlock.request.read"))]


@router.get("/view")
def view(
    control: Parts,
    who: Reader,
    request_id: str,
    file_id: str,
    part: int = 0,
    row: int = 1,
    column: int = 1,
    only: str = "",
    at: str = "",
) -> dict[str, Any]:
    """Show a file inertly, with the places that findings point at; `at` names a part by path.

    Shape: `parts` lists what can be chosen; `shown` is a page of the chosen one, rows and columns
    from 1, each cell with whether a finding points at it; null where nothing was kept.
    """
    detail, file, form = _look(control, who, request_id, file_id)
    number = next((n for n, one in enumerate(form.parts) if one.path == at), part) if form else 0
    chosen = form.parts[number] if form and 0 <= number < len(form.parts) else None
    with read(control.db) as session:
        since = rendered.since(session, _forms(control), file, form, control.policies.outputs)
        counts = not detail.author and ledger.has_counts(session, file_id)
    return {
        "file": shapes.request_file(file),
        "parts": [
            {"number": at, "path": one.path, "kind": one.kind, "size": one.size, "findings": count}
            for at, one, count in rendered.parts(file, form)
        ],
        "shown": _shown(file, chosen, number, row, column, only == "marked") if chosen else None,
        "since": asdict(since) if since else None,
        "comparable": counts,
    }


@router.get("/image/{part}")
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


@router.get("/beside")
def beside(
    control: Parts,
    who: Reader,
    request_id: str,
    file_id: str,
    table: str = "",
    finding: int = -1,
    row: int = 1,
    only: str = "",
) -> dict[str, Any]:
    """Show a table beside an earlier one: `table` names it, or the finding that speaks of it.

    Shape: `tables` are all that come near, the most telling first; `chosen` is one of them with
    what subtraction shows and a page of lines, null where nothing came near.
    """
    now, policies = control.clock(), control.policies
    with read(control.db) as session:
        found = comparing.compared(session, who.actor, now, request_id, file_id, policies=policies)
        detail = queries.detail(session, who.actor, now, request_id, policies=policies)
        file = queries.file_of(session, detail, file_id)
    chosen = comparing.chosen(found, file, table, finding)
    with write(control.db) as session:
        reviewing.record_comparison(session, who.actor, now, file_id, chosen.id if chosen else None)
    return {
        "file": shapes.request_file(file),
        "tables": [_named(one) for one in found],
        "chosen": _compared(chosen, row, only == "marked") if chosen else None,
    }


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
    form = rendered.kept_form(_forms(control), file, control.policies.outputs)
    return detail, file, form


def _forms(control: Control) -> Path:
    return control.settings.state_dir / "forms"


def _shown(
    file: FileView, part: Part, number: int, row: int, column: int, only: bool
) -> dict[str, Any]:
    findings = rendered.by_part(file).get(part.path, [])
    found = rendered.window(part, findings, row, column, only=only)
    picture = part.image
    return {
        "number": number,
        "path": part.path,
        "kind": part.kind,
        "findings": [finding_to_json(one) for one in findings],
        "columns": [{"name": name, "marked": marked} for name, marked in found.columns],
        "lines": [
            {
                "number": line.number,
                "marked": line.marked,
                "cells": [{"text": text, "marked": marked} for text, marked in line.cells],
            }
            for line in found.lines
        ],
        "total_rows": found.total_rows,
        "total_columns": found.total_columns,
        "left": found.left,
        "marked": found.marked,
        "before": found.before,
        "after": found.after,
        "image": {"width": picture.width, "height": picture.height, "digest": picture.reencoded}
        if picture
        else None,
    }


def _named(one: Compared) -> dict[str, Any]:
    return {
        "id": one.id,
        "own": one.own,
        "other": one.other,
        "released_at": one.released_at,
        "same_snapshot": one.same_snapshot,
        "shown": one.shown,
    }


def _compared(one: Compared, row: int, only: bool) -> dict[str, Any]:
    lines = [line for line in one.beside.lines if line.marked or not only]
    start = max(min(row - 1, len(lines) - 1), 0) // LINES * LINES
    return {
        **_named(one),
        **asdict(one.beside),
        "lines": [{**asdict(line), "marked": line.marked} for line in lines[start : start + LINES]],
        "total": len(one.beside.lines),
        "after": start + LINES + 1 if start + LINES < len(lines) else None,
    }
