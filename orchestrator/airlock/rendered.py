"""What a file holds, as people may see it: the opener's form cut into pages, findings marked.

One look for page and JSON. The form is read as if a hostile parser wrote it; the file's own bytes
are never read here. Whoever calls this has logged the look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from orchestrator.airlock import queries
from orchestrator.airlock.views import FileView, VersionBefore
from orchestrator.outputs.canon import number as as_number
from orchestrator.outputs.form import BadForm, FileForm, Kind, Part, form_from_json, form_name
from orchestrator.outputs.judge import form_limits
from orchestrator.outputs.model import Finding
from orchestrator.outputs.naming import label_of
from orchestrator.outputs.versions import Difference, difference
from orchestrator.policy.outputs import OutputsPolicy

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


@dataclass(frozen=True)
class Window:
    """A page of a part's rows and columns, both counted from 1.

    Shape: `columns` are (name, marked); `numeric` are the shown columns, from 0, that hold numbers
    only; `before` and `after` are the first rows of the neighbouring pages, None at the ends.
    """

    columns: tuple[tuple[str, bool], ...]
    numeric: frozenset[int]
    lines: tuple[Line, ...]
    total_rows: int
    total_columns: int
    left: int
    marked: int
    before: int | None
    after: int | None


def kept_form(
    folder: Path, file: FileView | VersionBefore, policy: OutputsPolicy
) -> FileForm | None:
    """Read what the opener made of a file; None where nothing was kept or it is not believed."""
    place = folder / form_name(file.path, file.digest)
    try:
        with place.open("rb") as stream:
            data = stream.read(FORM_BYTES + 1)
        form = form_from_json(data, form_limits(policy))
    except (OSError, BadForm):
        return None
    same = (form.path, form.digest, form.size) == (file.path, file.digest, file.size)
    return form if same else None


def since(
    session: Session, folder: Path, file: FileView, form: FileForm | None, policy: OutputsPolicy
) -> Since | None:
    """Compare with the version that reviewers saw in the last round; None in the first."""
    before = queries.version_before(session, file.id)
    if before is None:
        return None
    if before.digest == file.digest:
        return Since(before.round, same=True, difference=None)
    old = kept_form(folder, before, policy)
    return Since(before.round, False, difference(old, form) if old and form else None)


def parts(file: FileView, form: FileForm | None) -> list[tuple[int, Part, int]]:
    """Number the parts worth choosing, each with how many findings point into it.

    Shape: a sentence that was compared by itself, or a table of a library, is one where a finding
    points at it; it stands in its text anyway.
    """
    found = by_part(file)
    return [
        (number, part, len(found.get(part.path, ())))
        for number, part in enumerate(form.parts if form else ())
        if number == 0
        or found.get(part.path)
        or not (part.kind is Kind.CONTAINER or (part.only_compared and part.table is not None))
    ]


def by_part(file: FileView) -> Mapping[str, list[Finding]]:
    """Sort a file's findings by the part they point into."""
    found: dict[str, list[Finding]] = {}
    for finding in file.report.findings if file.report else ():
        found.setdefault(finding.where.path, []).append(finding)
    return found


def window(part: Part, findings: Sequence[Finding], row: int, column: int, *, only: bool) -> Window:
    """Cut a page of rows and columns out of a part, with marks; `only` leaves marked rows."""
    hits = _hits(findings)
    names, rows = _rows(part)
    marked = [n for n in range(1, len(rows) + 1) if _row_hit(hits, n)]
    numbers = marked if only else list(range(1, len(rows) + 1))
    start = next((at for at, n in enumerate(numbers) if n >= row), 0)
    left = min(max(column, 1), max(len(names), 1)) - 1
    return Window(
        columns=tuple((name, name in hits.columns) for name in names[left : left + COLUMNS]),
        numeric=_numeric(part, left),
        lines=tuple(
            _line(n, rows[n - 1], names, left, hits) for n in numbers[start : start + LINES]
        ),
        total_rows=len(rows),
        total_columns=len(names),
        left=left + 1,
        marked=len(marked),
        before=numbers[max(start - LINES, 0)] if start else None,
        after=numbers[start + LINES] if start + LINES < len(numbers) else None,
    )


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
