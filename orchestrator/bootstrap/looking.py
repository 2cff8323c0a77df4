"""A look at a file, or at its tables beside earlier ones: what the pages and the API do alike.

The look is logged, and that is committed, before anything is shown. What a door adds is its own
form of the answer. Source: governance section 8 (`airlock.file_viewed` is an event of the log).
"""

from dataclasses import dataclass
from pathlib import Path

from fastapi import Response

from orchestrator.airlock import comparing, ledger, queries, rendered, reviewing
from orchestrator.airlock.comparing import Compared
from orchestrator.airlock.rendered import Since
from orchestrator.airlock.views import Detail, FileView
from orchestrator.bootstrap.control import Control
from orchestrator.db import read, write
from orchestrator.errors import NotFound
from orchestrator.outputs.form import FileForm, Part
from orchestrator.values import Actor


@dataclass(frozen=True)
class Look:
    """What somebody sees of a file.

    Shape: `form` is what the opener read of it, None where nothing was kept; `chosen` is its part
    with that `number`; `since` compares with the last round; `comparable` says whether there is
    something to put it beside.
    """

    detail: Detail
    file: FileView
    form: FileForm | None
    number: int
    chosen: Part | None
    since: Since | None
    comparable: bool


@dataclass(frozen=True)
class LookBeside:
    """What somebody sees of a file's tables: all that come near, and the one that is shown."""

    detail: Detail
    file: FileView
    found: list[Compared]
    chosen: Compared | None


def look(
    control: Control, actor: Actor, request_id: str, file_id: str, part: int = 0, at: str = ""
) -> Look:
    """Find a file that this actor may look at, log the look, then read what was kept of it.

    Shape: `at` names a part by its path and goes before its number.
    Errors: NotFound; NotAllowed.
    """
    detail, file, form = _logged(control, actor, request_id, file_id)
    listed = form.parts if form else ()
    number = next((n for n, one in enumerate(listed) if one.path == at), part)
    with read(control.db) as session:
        since = rendered.since(session, _forms(control), file, form, control.policies.outputs)
        comparable = not detail.author and ledger.has_counts(session, file_id)
    return Look(detail, file, form, number, _part(form, number), since, comparable)


def picture(control: Control, actor: Actor, request_id: str, file_id: str, part: int) -> Response:
    """Answer one picture as the opener wrote it again; the look is logged.

    Errors: NotFound, also for a part that is no picture; NotAllowed.
    """
    _detail, _file, form = _logged(control, actor, request_id, file_id)
    chosen = _part(form, part)
    if chosen is None or chosen.image is None or chosen.image.content is None:
        raise NotFound("There is no picture to show here.")
    return Response(
        chosen.image.content,
        media_type="image/png",
        headers={"Content-Security-Policy": "sandbox; default-src 'none'"},
    )


def look_beside(
    control: Control, actor: Actor, request_id: str, file_id: str, table: str, finding: int
) -> LookBeside:
    """Put a file's tables beside earlier ones for a checker, and log which one was shown.

    Shape: `table` names the one to show, or else the number of the finding that speaks of it.
    Errors: as `comparing.compared`.
    """
    now, policies = control.clock(), control.policies
    with read(control.db) as session:
        found = comparing.compared(session, actor, now, request_id, file_id, policies=policies)
        detail = queries.detail(session, actor, now, request_id, policies=policies)
        file = queries.file_of(session, detail, file_id)
    chosen = comparing.chosen(found, file, table, finding)
    with write(control.db) as session:
        reviewing.record_comparison(session, actor, now, file_id, chosen.id if chosen else None)
    return LookBeside(detail, file, found, chosen)


def _logged(
    control: Control, actor: Actor, request_id: str, file_id: str
) -> tuple[Detail, FileView, FileForm | None]:
    now = control.clock()
    with read(control.db) as session:
        detail = queries.detail(session, actor, now, request_id, policies=control.policies)
        file = queries.file_of(session, detail, file_id)
    with write(control.db) as session:
        reviewing.record_view(session, actor, now, file_id)
    return detail, file, rendered.kept_form(_forms(control), file, control.policies.outputs)


def _part(form: FileForm | None, number: int) -> Part | None:
    return form.parts[number] if form and 0 <= number < len(form.parts) else None


def _forms(control: Control) -> Path:
    return control.settings.state_dir / "forms"
