"""Datasets over JSON: announce, upload, look, decide, retire, withdraw."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from orchestrator.api import shapes
from orchestrator.api.shapes import Because, Vote
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, WriteSession, body, may
from orchestrator.datasets import queries, service
from orchestrator.db import read, write
from orchestrator.objectstore.zones import Zone

router = APIRouter(prefix="/api/snapshots", tags=["datasets"])
Reader = Annotated[Caller, Depends(may("datasets.dataset.read"))]
Announcer = Annotated[Caller, Depends(may("datasets.snapshot.announce"))]
Uploader = Annotated[Caller, Depends(may("datasets.snapshot.upload"))]
Voter = Annotated[Caller, Depends(may("datasets.snapshot.vote"))]
Retirer = Annotated[Caller, Depends(may("datasets.snapshot.retire"))]
Withdrawer = Annotated[Caller, Depends(may("datasets.snapshot.withdraw"))]


class Announcement(BaseModel):
    """A version of a dataset with its data dictionary, YAML or JSON text."""

    dataset: str
    label: str
    dictionary: str
    title: str = ""
    summary: str = ""


class Finished(BaseModel):
    """How many files the sender sent, so that a missing one is noticed."""

    files: int


@router.get("")
def listed(session: ReadSession, who: Reader) -> list[dict[str, Any]]:
    """List the snapshots the caller may know of."""
    return [shapes.snapshot_row(one) for one in queries.visible(session, who.actor)]


@router.post("", status_code=201)
def announce(
    session: WriteSession, control: Parts, who: Announcer, announced: Announcement
) -> dict[str, Any]:
    """Announce a version; files may follow."""
    row = service.announce(
        session,
        who.actor,
        control.clock(),
        dataset=announced.dataset,
        label=announced.label,
        dictionary=announced.dictionary,
        title=announced.title,
        summary=announced.summary,
    )
    return {"id": row.id, "state": row.state}


@router.put("/{snapshot}/files/{path:path}")
def upload(
    request: Request, control: Parts, who: Uploader, snapshot: str, path: str
) -> dict[str, Any]:
    """Take in one file: hashed as it comes, durable before the row says so.

    The bytes are frozen outside any transaction; asking first keeps strangers' bytes out.
    """
    with read(control.db) as session:
        queries.demand_upload(session, who.actor, snapshot)
    limit = control.policies.outputs.admission.file_bytes
    frozen = control.store.freeze(Zone.INBOX, body(request), limit)
    with write(control.db) as session:
        service.receive(session, who.actor, control.clock(), snapshot, path, frozen)
    return {"path": path, "digest": frozen.digest, "size": frozen.size}


@router.post("/{snapshot}/finish")
def finish(
    session: WriteSession, control: Parts, who: Uploader, snapshot: str, sent: Finished
) -> dict[str, Any]:
    """Fix the files under one digest and hand them over for verification."""
    row = service.finish_upload(session, who.actor, control.clock(), snapshot, files=sent.files)
    return {"id": row.id, "state": row.state, "digest": row.digest}


@router.get("/{snapshot}")
def shown(session: ReadSession, control: Parts, who: Reader, snapshot: str) -> dict[str, Any]:
    """Show one snapshot, as far as the caller may see it."""
    return shapes.snapshot_detail(queries.detail(session, who.actor, snapshot, control.clock()))


@router.post("/{snapshot}/votes")
def vote(
    session: WriteSession, control: Parts, who: Voter, snapshot: str, said: Vote
) -> dict[str, Any]:
    """Decide on a proposed snapshot, on exactly the digest that was looked at."""
    row = service.vote(
        session,
        who.actor,
        control.clock(),
        snapshot,
        seat=said.seat,
        value=said.value,
        reason=said.reason,
        digest=said.digest,
    )
    return {"id": row.id, "state": row.state}


@router.post("/{snapshot}/retire")
def retire(session: WriteSession, control: Parts, who: Retirer, snapshot: str) -> dict[str, Any]:
    """Give a published snapshot to no new project; those that have it keep it."""
    row = service.retire(session, who.actor, control.clock(), snapshot)
    return {"id": row.id, "state": row.state}


@router.post("/{snapshot}/withdraw")
def withdraw(
    session: WriteSession, control: Parts, who: Withdrawer, snapshot: str, why: Because
) -> dict[str, Any]:
    """Take a snapshot back and learn who used it."""
    used = service.withdraw(session, who.actor, control.clock(), snapshot, why.reason)
    return {"id": snapshot, "used_by": [asdict(use) for use in used]}
