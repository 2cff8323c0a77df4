"""What a file holds: text, table or re-encoded image from the opener's form, never its bytes.

Each look is logged before anything is shown. The form is read as if a hostile parser wrote it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from orchestrator.airlock import ledger, queries, reviewing
from orchestrator.airlock.queries import Detail, FileView, VersionBefore
from orchestrator.airlock.rounds import SEAT
from orchestrator.airlock.rules import may_approve
from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import Caller, Parts, may
from orchestrator.db import read, write
from orchestrator.errors import NotFound
from orchestrator.outputs.canon import number as as_number
from orchestrator.outputs.form import BadForm, FileForm, Kind, Part, form_from_json, form_name
from orchestrator.outputs.judge import form_limits
from orchestrator.outputs.model import Finding
from orchestrator.outputs.roles import label_of
from orchestrator.outputs.versions import Difference, difference
from orchestrator.web.render import address, page
from orchestrator.web.requests import VOTES, came_from, names_of, worst_first

router = APIRouter()
Reader = Annotated[Caller, Depends(may("airlock.request.read"))]

FORM_BYTES = 32 << 20
LINES = 200
COLUMNS = 40
CELL = 400
"""Units: bytes read, rows or lines and columns on one page, characters of one cell."""


@dataclass(frozen=True)
class Line:
    """One row of a table or one line of text. Shape: `cells` are (text, marked)."""

    number: int
    cells: tuple[tuple[str, bool], ...]
    marked: bool


@dataclass(frozen=True)
class Since:
    """What became of a file since a round. Shape: `difference` None: nothing kept to compare."""

    round: int
    same: bool
    difference: Difference | None


@dataclass(frozen=True)
class Hits:
    """Where findings point in one part: whole rows, cells, and columns as a whole."""

    rows: frozenset[int]
    cells: frozenset[tuple[int, str]]
    columns: frozenset[str]


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
        parts=_parts(file, form),
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
    return detail, file, kept_form(control, file)


def _has_counts(control: Control, file_id: str) -> bool:
    with read(control.db) as session:
        return ledger.has_counts(session, file_id)


def _since(control: Control, file: FileView, form: FileForm | None) -> Since | None:
    """Compare with the version that reviewers saw in the last round; None in the first."""
    with read(control.db) as session:
        before = queries.version_before(session, file.id)
    if before is None:
        return None
    if before.digest == file.digest:
        return Since(before.round, same=True, difference=None)
    old = kept_form(control, before)
    return Since(before.round, False, difference(old, form) if old and form else None)


def kept_form(control: Control, file: FileView | VersionBefore) -> FileForm | None:
    """Read what the opener made of a file; None where nothing was kept or it is not believed."""
    place = control.settings.state_dir / "forms" / form_name(file.path, file.digest)
    try:
        with place.open("rb") as stream:
            data = stream.read(FORM_BYTES + 1)
        form = form_from_json(data, form_limits(control.policies.outputs))
    except (OSError, BadForm):
        return None
    same = (form.path, form.digest, form.size) == (file.path, file.digest, file.size)
    return form if same else None


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


def _parts(file: FileView, form: FileForm | None) -> list[tuple[int, Part, int]]:
    """Number the parts worth choosing, each with how many findings point into it."""
    found = _by_part(file)
    parts = enumerate(form.parts if form else ())
    return [
        (number, part, len(found.get(part.path, ())))
        for number, part in parts
        if part.kind is not Kind.CONTAINER or number == 0
    ]


def _by_part(file: FileView) -> Mapping[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in file.report.findings if file.report else ():
        found.setdefault(finding.where.path, []).append(finding)
    return found


def _window(
    request: Request,
    file: FileView,
    part: Part,
    number: int,
    row: int,
    column: int,
    only: bool,
) -> dict[str, Any]:
    """Cut a page of rows and columns out of a part, with marks."""
    findings = _by_part(file).get(part.path, [])
    hits = _hits(findings)
    names, rows = _rows(part)
    numbers = [n for n in range(1, len(rows) + 1) if not only or _row_hit(hits, n)]
    start = next((at for at, n in enumerate(numbers) if n >= row), 0)
    shown = numbers[start : start + LINES]
    left = min(max(column, 1), max(len(names), 1)) - 1
    marked = [n for n in range(1, len(rows) + 1) if _row_hit(hits, n)]
    return {
        "findings": findings,
        "columns": [(name, name in hits.columns) for name in names[left : left + COLUMNS]],
        "numeric": _numeric(part, left),
        "lines": [_line(n, rows[n - 1], names, left, hits) for n in shown],
        "total_rows": len(rows),
        "total_columns": len(names),
        "left": left + 1,
        "marked": len(marked),
        "only": only,
        "toggle": address(request, part=number, only="" if only else "marked", row=1),
        "before": address(request, part=number, row=numbers[max(start - LINES, 0)])
        if start
        else None,
        "after": address(request, part=number, row=numbers[start + LINES])
        if start + LINES < len(numbers)
        else None,
        "to_left": address(request, part=number, column=max(left + 1 - COLUMNS, 1))
        if left
        else None,
        "to_right": address(request, part=number, column=left + 1 + COLUMNS)
        if left + COLUMNS < len(names)
        else None,
    }


def _rows(part: Part) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The columns of a part by the names that findings use, and its rows; text is one column."""
    if part.table is not None:
        table = part.table
        return [label_of(table, at) for at in range(len(table.columns))], table.rows
    lines = (part.text or "").splitlines()
    return (["Text"], [(line,) for line in lines]) if part.text is not None else ([], [])


def _numeric(part: Part, left: int) -> frozenset[int]:
    """Which shown columns, from 0, hold numbers only, so that their digits stand in line."""
    rows = part.table.rows[:LINES] if part.table else ()
    columns = list(zip(*(row[left : left + COLUMNS] for row in rows), strict=False))
    return frozenset(at for at, cells in enumerate(columns) if _all_numbers(cells))


def _all_numbers(cells: Sequence[str]) -> bool:
    written = [cell for cell in cells if cell.strip()]
    return bool(written) and all(as_number(cell) is not None for cell in written)


def _line(number: int, row: Sequence[str], names: Sequence[str], left: int, hits: Hits) -> Line:
    cells = tuple(
        (_cut(cell), (number, name) in hits.cells)
        for cell, name in zip(
            row[left : left + COLUMNS], names[left : left + COLUMNS], strict=False
        )
    )
    return Line(number, cells, number in hits.rows)


def _cut(cell: str) -> str:
    return cell if len(cell) <= CELL else f"{cell[:CELL]} … ({len(cell) - CELL} more characters)"


def _hits(findings: Sequence[Finding]) -> Hits:
    rows: set[int] = set()
    cells: set[tuple[int, str]] = set()
    columns: set[str] = set()
    for one in findings:
        if one.where.column is None:
            rows.update(one.where.rows)
        elif one.where.rows:
            cells.update((number, one.where.column) for number in one.where.rows)
        else:
            columns.add(one.where.column)
    return Hits(frozenset(rows), frozenset(cells), frozenset(columns))


def _row_hit(hits: Hits, number: int) -> bool:
    return number in hits.rows or any(at == number for at, _ in hits.cells)
