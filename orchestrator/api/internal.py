"""What our own gateway and doors ask: who may pass, which server, what changed, what came out.

Each caller proves its role with a token from a file that only it can read. No person comes here.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import Parts, ReadSession, WriteSession, process
from orchestrator.db import Wake, read
from orchestrator.governance.service import hear_halt
from orchestrator.identity.service import end_session, redeem_handover
from orchestrator.identity.tokens import ProcessRole
from orchestrator.workspaces import service as workspaces
from orchestrator.workspaces.models import Usage
from orchestrator.workspaces.passage import Passage

router = APIRouter(prefix="/internal", include_in_schema=False)
Gateway = Annotated[ProcessRole, Depends(process(ProcessRole.GATEWAY))]
Ours = Annotated[ProcessRole, Depends(process(ProcessRole.GATEWAY, ProcessRole.DOORS))]

BEAT_SECONDS = 0.8
LOOK_SECONDS = 0.05


class Exchange(BaseModel):
    """A single-use code, with the state cookie of the host it was made for."""

    project: str
    code: str
    state: str


class Check(BaseModel):
    """One session at one project's host."""

    project: str
    session: str


class Checks(BaseModel):
    """Many questions, one answer each."""

    checks: list[Check]


class Closed(BaseModel):
    """What one of our processes closed when it heard of a halt, and how long ago that was."""

    halt: str
    closed: int = Field(ge=0)
    seconds_ago: float = Field(default=0, ge=0, le=3600, allow_inf_nan=False)


class UsageRow(BaseModel):
    """What crossed the gateway for one person, project and class of paths in one minute."""

    project: str
    person: str
    minute: datetime
    path_class: str
    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    refused: int = 0
    rule: str = ""


class UsageRows(BaseModel):
    """A batch of counts."""

    rows: list[UsageRow]


@router.post("/exchange")
def exchange(
    session: WriteSession, control: Parts, _role: Gateway, body: Exchange
) -> dict[str, Any]:
    """Turn a hand-over code into a session at that project's host, once."""
    now = control.clock()
    secret, person = redeem_handover(session, body.project, body.code, body.state, now)
    return {"session": secret, "person": person.handle, "until": _passage(control).until(now)}


@router.post("/decide")
def decide(session: ReadSession, control: Parts, _role: Gateway, body: Checks) -> dict[str, Any]:
    """Answer for each session: allowed, as whom, to which server; or every reason why not."""
    passage, now = _passage(control), control.clock()
    return {"answers": [passage.answer(session, c.project, c.session, now) for c in body.checks]}


@router.post("/want", status_code=204)
def want(session: WriteSession, control: Parts, _role: Gateway, body: Check) -> Response:
    """Remember that the person of a session wants their notebook server; it wakes a workspace."""
    now = control.clock()
    project, person = _passage(control).visitor(session, body.project, body.session, now)
    workspaces.want_server(session, project.id, project.slug, person.id, person.handle, now)
    return Response(status_code=204)


@router.post("/leave", status_code=204)
def leave(session: WriteSession, control: Parts, _role: Gateway, body: Check) -> Response:
    """End a session at its project's host; the person's session here goes on."""
    end_session(session, body.session, control.clock(), project=body.project)
    return Response(status_code=204)


@router.post("/usage", status_code=204)
def usage(session: WriteSession, _role: Ours, body: UsageRows) -> Response:
    """Add up what the gateway and the doors counted."""
    workspaces.count_usage(
        session,
        [
            Usage(
                slug=row.project,
                handle=row.person,
                minute=row.minute.astimezone(UTC),
                path_class=row.path_class,
                requests=row.requests,
                bytes_in=row.bytes_in,
                bytes_out=row.bytes_out,
                refused=row.refused,
            )
            for row in body.rows
        ],
    )
    return Response(status_code=204)


@router.post("/closed", status_code=204)
def closed(session: WriteSession, control: Parts, role: Ours, body: Closed) -> Response:
    """Write down that a halt was heard, and what it closed."""
    ago = timedelta(seconds=body.seconds_ago)
    hear_halt(session, control.clock(), body.halt, role.value, body.closed, ago)
    return Response(status_code=204)


@router.get("/servers")
def servers(session: ReadSession, control: Parts, _role: Ours) -> dict[str, Any]:
    """List the notebook servers whose doors may be open now."""
    return {"servers": _passage(control).servers(session, control.clock())}


@router.get("/stream")
def stream(control: Parts, _role: Ours) -> StreamingResponse:
    """Tell every revocation, halt and change of servers as it commits, and a beat each second."""
    return StreamingResponse(_lines(control), media_type="application/x-ndjson")


def _passage(control: Control) -> Passage:
    return Passage(control.policies, control.settings.run)


def _lines(control: Control) -> Iterator[bytes]:
    """Level-based: after each commit compare who may pass with what this listener was told.

    A revocation cannot be forgotten, because nobody has to remember to announce one.
    """
    passage = _passage(control)
    wake = Wake(control.db)
    told = passage.nothing_told()
    look, beat = 0.0, 0.0
    try:
        while True:
            if wake.changed() or time.monotonic() - look > BEAT_SECONDS:
                look = time.monotonic()
                with read(control.db) as session:
                    lines, told = passage.news(session, told, control.clock())
                for line in lines:
                    yield json.dumps(line).encode() + b"\n"
            if time.monotonic() - beat > BEAT_SECONDS:
                beat = time.monotonic()
                yield b'{"kind":"beat"}\n'
            time.sleep(LOOK_SECONDS)
    finally:
        wake.close()
