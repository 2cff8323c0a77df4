"""Airlock requests over JSON: draft, check, submit, comment, vote, hold, withdraw, download."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel

from orchestrator.airlock import checking, drafting, files, people, queries, releasing, reviewing
from orchestrator.api import shapes
from orchestrator.api.shapes import Because, Vote
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, WriteSession, body, may
from orchestrator.db import read, write
from orchestrator.objectstore.zones import Zone
from orchestrator.projects.queries import detail
from orchestrator.values import Digest, digest_of

router = APIRouter(prefix="/api/requests", tags=["airlock"])
Reader = Annotated[Caller, Depends(may("airlock.request.read"))]
Drafter = Annotated[Caller, Depends(may("airlock.request.draft"))]
Submitter = Annotated[Caller, Depends(may("airlock.request.submit"))]
Withdrawer = Annotated[Caller, Depends(may("airlock.request.withdraw"))]
Downloader = Annotated[Caller, Depends(may("airlock.request.download"))]
Stopper = Annotated[Caller, Depends(may("airlock.request.recall"))]
# Whether somebody may vote is decided per file by the seat engine, with every reason; the table of
# roles alone would answer an author with less than the truth.
Voter = Annotated[Caller, Depends(may("airlock.request.read", scope="airlock.request.vote"))]


class Draft(BaseModel):
    """A new, empty request."""

    project: str
    name: str
    title: str = ""


class Remark(BaseModel):
    """A comment: to the author or to the reviewers, about the request or one of its files."""

    addressee: str
    body: str
    file: str | None = None


class Disagreement(BaseModel):
    """Which finding of which report is none, and why."""

    report: str
    number: int
    reason: str


class Words(BaseModel):
    """What the author says about a file."""

    shows: str
    population: str
    control: str


@router.get("")
def mine(session: ReadSession, who: Reader) -> list[dict[str, Any]]:
    """List the caller's own requests, newest first."""
    return [shapes.request_row(row) for row in queries.mine(session, who.actor)]


@router.get("/queue")
def queue(session: ReadSession, control: Parts, who: Reader) -> list[dict[str, Any]]:
    """List what waits for this checker, riskiest first."""
    found = queries.queue(session, who.actor, control.clock())
    return [{**shapes.request_row(item.request), "judged": item.mine} for item in found]


@router.post("", status_code=201)
def draft(session: WriteSession, control: Parts, who: Drafter, new: Draft) -> dict[str, Any]:
    """Open an empty draft under a name that is free in its project."""
    now = control.clock()
    project = detail(session, who.actor, new.project, now).project
    title = new.title or new.name
    row = drafting.open_draft(
        session, who.actor, now, project.id, new.name, title, policies=control.policies
    )
    return {"id": row.id, "state": row.state}


@router.get("/{request_id}")
def shown(session: ReadSession, control: Parts, who: Reader, request_id: str) -> dict[str, Any]:
    """Show all that the caller may see of a request."""
    return shapes.request_detail(
        queries.detail(session, who.actor, control.clock(), request_id, policies=control.policies)
    )


@router.put("/{request_id}/files/{path:path}")
def add(
    request: Request, control: Parts, who: Drafter, request_id: str, path: str
) -> dict[str, Any]:
    """Freeze one file's bytes in quarantine and put it into a draft."""
    now, policies = control.clock(), control.policies
    with read(control.db) as session:
        people.own_draft(session, who.actor, now, request_id, policies=policies)
    limit = policies.outputs.caps.file_bytes
    frozen = control.store.freeze(Zone.QUARANTINE, body(request), limit)
    with write(control.db) as session:
        row = files.add_file(session, who.actor, now, request_id, path, frozen, policies=policies)
    return {"id": row.id, "digest": row.digest, "size": row.size}


@router.delete("/{request_id}/files/{file_id}", status_code=204)
def remove(
    session: WriteSession, control: Parts, who: Drafter, request_id: str, file_id: str
) -> None:
    """Take a file out of a draft."""
    files.remove_file(session, who.actor, control.clock(), file_id, policies=control.policies)


@router.post("/{request_id}/files/{file_id}/context", status_code=204)
def describe(
    session: WriteSession,
    control: Parts,
    who: Drafter,
    request_id: str,
    file_id: str,
    words: Words,
) -> None:
    """Say what a file shows, about whom, and which disclosure control was used."""
    files.set_context(
        session,
        who.actor,
        control.clock(),
        file_id,
        words.shows,
        words.population,
        words.control,
        policies=control.policies,
    )


@router.post("/{request_id}/check", status_code=202)
def check(session: WriteSession, control: Parts, who: Drafter, request_id: str) -> dict[str, Any]:
    """Ask for a pre-check of a draft; budgeted and logged by digest."""
    row = checking.want_check(
        session, who.actor, control.clock(), request_id, policies=control.policies
    )
    return {"check": row.id, "state": row.state}


@router.post("/{request_id}/submit")
def submit(
    session: WriteSession, control: Parts, who: Submitter, request_id: str
) -> dict[str, Any]:
    """Hand a draft over: nothing of it changes from now on."""
    row = drafting.submit(
        session, who.actor, control.clock(), request_id, policies=control.policies
    )
    return {"id": row.id, "state": row.state}


@router.post("/{request_id}/reopen")
def reopen(
    session: WriteSession, control: Parts, who: Submitter, request_id: str
) -> dict[str, Any]:
    """Open the next round of a request that was blocked or returned."""
    row = drafting.reopen(
        session, who.actor, control.clock(), request_id, policies=control.policies
    )
    return {"id": row.id, "state": row.state, "round": row.round}


@router.post("/{request_id}/withdraw")
def withdraw(
    session: WriteSession, control: Parts, who: Withdrawer, request_id: str
) -> dict[str, Any]:
    """Take a request back for good."""
    row = drafting.withdraw(session, who.actor, control.clock(), request_id)
    return {"id": row.id, "state": row.state}


@router.post("/{request_id}/files/{file_id}/votes")
def vote(
    session: WriteSession,
    control: Parts,
    who: Voter,
    request_id: str,
    file_id: str,
    said: Vote,
) -> dict[str, Any]:
    """Vote on one file, on exactly the subject that was on the screen."""
    reviewing.vote(
        session,
        who.actor,
        control.clock(),
        request_id,
        file_id,
        said.value,
        said.reason,
        said.digest,
    )
    return {"id": request_id, "file": file_id, "voted": said.value}


@router.post("/{request_id}/comments", status_code=204)
def comment(
    session: WriteSession, control: Parts, who: Reader, request_id: str, said: Remark
) -> None:
    """Write to the author or to the reviewers."""
    reviewing.comment(
        session,
        who.actor,
        control.clock(),
        request_id,
        said.addressee,
        said.body,
        file_id=said.file,
    )


@router.post("/{request_id}/hold")
def hold(
    session: WriteSession, control: Parts, who: Stopper, request_id: str, why: Because
) -> dict[str, Any]:
    """Keep a request from being released and handed out until it is lifted."""
    row = releasing.hold(session, who.actor, control.clock(), request_id, why.reason)
    return {"id": row.id, "state": row.state, "held": row.held_reason}


@router.post("/{request_id}/lift")
def lift(session: WriteSession, control: Parts, who: Stopper, request_id: str) -> dict[str, Any]:
    """Let a held request go on."""
    row = releasing.lift(session, who.actor, control.clock(), request_id)
    return {"id": row.id, "state": row.state, "held": row.held_reason}


@router.post("/{request_id}/files/{file_id}/disagreements", status_code=204)
def disagree(
    session: WriteSession,
    control: Parts,
    who: Voter,
    request_id: str,
    file_id: str,
    said: Disagreement,
) -> None:
    """Record that a reviewer thinks a finding is none; no verdict changes."""
    reviewing.disagree(
        session,
        who.actor,
        control.clock(),
        request_id,
        file_id,
        said.report,
        said.number,
        said.reason,
    )


@router.post("/{request_id}/recall")
def recall(
    session: WriteSession, control: Parts, who: Stopper, request_id: str, why: Because
) -> dict[str, Any]:
    """End a release for good."""
    row = releasing.recall(session, who.actor, control.clock(), request_id, why.reason)
    return {"id": row.id, "state": row.state}


@router.get("/{request_id}/record")
def record(control: Parts, who: Downloader, request_id: str) -> Response:
    """Hand out the record of the check that released files came from, to be run again."""
    return _paper(control, who, request_id, "record")


@router.get("/{request_id}/manifest")
def manifest(control: Parts, who: Downloader, request_id: str) -> Response:
    """Hand out the manifest of a release: its files and its record, by digest."""
    return _paper(control, who, request_id, "manifest")


@router.get("/{request_id}/files/{file_id}/download")
def download(control: Parts, who: Downloader, request_id: str, file_id: str) -> Response:
    """Hand out released bytes: re-hashed in hand, counted and logged before the first goes out."""
    now, policies = control.clock(), control.policies
    with read(control.db) as session:
        found = releasing.downloadable(session, who.actor, now, file_id, policies=policies)
    with control.store.open(Zone.RELEASE, Digest(found.digest)) as stream:
        content = stream.read()
    digest = digest_of(content)
    with write(control.db) as session:
        releasing.record_download(
            session, who.actor, now, file_id, digest, len(content), policies=policies
        )
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": "attachment", "Digest": digest},
    )


def _paper(control: Parts, who: Caller, request_id: str, which: str) -> Response:
    now, policies = control.clock(), control.policies
    with read(control.db) as session:
        found = releasing.papers_to_hand(
            session, who.actor, now, request_id, policies=policies
        ).model_dump()
    with control.store.open(Zone.RELEASE, Digest(found[which])) as stream:
        content = stream.read()
    digest = digest_of(content)
    with write(control.db) as session:
        releasing.record_papers_handed(
            session, who.actor, now, request_id, digest, policies=policies
        )
    return Response(
        content,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{which}.json"',
            "Digest": digest,
        },
    )
