"""What a file holds, and its tables beside earlier ones, over JSON: the twins of two pages.

Who may look, that it is logged first, and which rows are on a page is `bootstrap.looking`'s and the
airlock's to say, for both doors.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from orchestrator.airlock import comparing, rendered
from orchestrator.airlock.comparing import Compared
from orchestrator.airlock.views import FileView
from orchestrator.api import shapes
from orchestrator.bootstrap import looking
from orchestrator.bootstrap.request import Caller, Parts, may
from orchestrator.outputs.codec import finding_to_json
from orchestrator.outputs.form import Part

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
    seen = looking.look(control, who.actor, request_id, file_id, part, at)
    return {
        "file": shapes.request_file(seen.file),
        "parts": [
            {"number": at, "path": one.path, "kind": one.kind, "size": one.size, "findings": count}
            for at, one, count in rendered.parts(seen.file, seen.form)
        ],
        "shown": _shown(seen.file, seen.chosen, seen.number, row, column, only == "marked")
        if seen.chosen
        else None,
        "since": asdict(seen.since) if seen.since else None,
        "comparable": seen.comparable,
    }


@router.get("/image/{part}")
def image(control: Parts, who: Reader, request_id: str, file_id: str, part: int) -> Response:
    """Show one picture as it was written again by the opener; its metadata is gone."""
    return looking.picture(control, who.actor, request_id, file_id, part)


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
    seen = looking.look_beside(control, who.actor, request_id, file_id, table, finding)
    return {
        "file": shapes.request_file(seen.file),
        "tables": [_named(one) for one in seen.found],
        "chosen": _compared(seen.chosen, row, only == "marked") if seen.chosen else None,
    }


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
    found = comparing.window(one, row, only=only)
    return {
        **_named(one),
        **asdict(one.beside),
        "lines": [{**asdict(line), "marked": line.marked} for line in found.lines],
        "total": found.total,
        "marked": found.marked,
        "before": found.before,
        "after": found.after,
    }
