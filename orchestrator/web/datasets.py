"""Pages of datasets: announce, send files, look, admit, withdraw, and who used what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from orchestrator.bootstrap.request import Caller, Parts, ReadSession, WriteSession, may, parts
from orchestrator.datasets import queries, rules, service
from orchestrator.datasets.states import SYSTEMS_TURN, Sensitivity
from orchestrator.db import read, write
from orchestrator.errors import Invalid, TreError
from orchestrator.governance.seats import VoteValue
from orchestrator.identity.roles import permitted
from orchestrator.lifecycle.machine import Standing
from orchestrator.objectstore.zones import Zone
from orchestrator.values import Decision
from orchestrator.web.forms import UPLOAD_BYTES, Posted, Typed, posted, shows_again
from orchestrator.web.render import offered, page, sliced, to

router = APIRouter()
Reader = Annotated[Caller, Depends(may("datasets.dataset.read"))]
Announcer = Annotated[Caller, Depends(may("datasets.snapshot.announce"))]
Announced = Annotated[Posted, Depends(posted("datasets.snapshot.announce"))]
Uploaded = Annotated[Posted, Depends(posted("datasets.snapshot.upload", UPLOAD_BYTES))]
Finished = Annotated[Posted, Depends(posted("datasets.snapshot.upload"))]
Voted = Annotated[Posted, Depends(posted("datasets.snapshot.vote"))]
Retired = Annotated[Posted, Depends(posted("datasets.snapshot.retire"))]
Withdrawn = Annotated[Posted, Depends(posted("datasets.snapshot.withdraw"))]

VOTES = (
    (VoteValue.APPROVE, "Admit it"),
    (VoteValue.RETURN, "Send it back to the steward"),
    (VoteValue.REJECT, "Refuse it"),
)


@router.get("/datasets")
def listed(request: Request, session: ReadSession, who: Reader) -> Response:
    """List the snapshots that the caller may know of."""
    rows = sliced(request, queries.visible(session, who.actor))
    announce = permitted(who.actor, "datasets.snapshot.announce")
    return page(request, "datasets.html", who, title="Datasets", rows=rows, announce=announce)


@router.get("/datasets/new")
def new(request: Request, who: Announcer, dataset: str = "") -> Response:
    """Show the form that announces a version."""
    return _form(request, who, {"dataset": [dataset]})


def _form_again(
    request: Request, who: Caller, typed: Typed, error: TreError, status: int
) -> Response:
    return _form(request, who, typed, error=error, status=status)


@router.post("/datasets")
@shows_again(_form_again)
def announce(sent: Announced, session: WriteSession, control: Parts) -> Response:
    """Announce a version of a dataset with its data dictionary; files may follow."""
    row = service.announce(
        session,
        sent.who.actor,
        control.clock(),
        dataset=sent["dataset"],
        label=sent["label"],
        dictionary=_dictionary(sent),
        title=sent["title"],
        summary=sent["summary"],
        sensitivity=sent["sensitivity"] or Sensitivity.PSEUDONYMISED.value,
    )
    return to(f"/datasets/{row.id}?done=announced")


@router.get("/datasets/{snapshot}")
def shown(request: Request, who: Reader, snapshot: str) -> Response:
    """Show one snapshot, as far as the caller may see it."""
    return _snapshot(request, who, snapshot, {})


def _shown_again(
    request: Request, who: Caller, typed: Typed, error: TreError, status: int
) -> Response:
    return _snapshot(
        request, who, request.path_params["snapshot"], typed, error=error, status=status
    )


@router.post("/datasets/{snapshot}/files")
@shows_again(_shown_again)
def upload(sent: Uploaded, control: Parts, snapshot: str) -> Response:
    """Take in files: frozen as they are, then noted, all of them or none."""
    with read(control.db) as session:
        queries.demand_visible(session, sent.who.actor, snapshot)
    chosen = sent.files("files")
    if not chosen:
        raise Invalid("Choose at least one file.", code="no_files")
    limit = control.policies.outputs.admission.file_bytes
    frozen = [control.store.freeze(Zone.INBOX, one.file, limit) for one in chosen]
    with write(control.db) as session:
        for one, kept in zip(chosen, frozen, strict=True):
            service.receive(
                session, sent.who.actor, control.clock(), snapshot, str(one.filename), kept
            )
    return to(f"/datasets/{snapshot}?done=received")


@router.post("/datasets/{snapshot}/finish")
@shows_again(_shown_again)
def finish(sent: Finished, session: WriteSession, control: Parts, snapshot: str) -> Response:
    """Fix the files under one digest and hand them over for verification."""
    files = sent.number("files", "how many files were sent")
    service.finish_upload(session, sent.who.actor, control.clock(), snapshot, files=files)
    return to(f"/datasets/{snapshot}?done=finished")


@router.post("/datasets/{snapshot}/votes")
@shows_again(_shown_again)
def vote(sent: Voted, session: WriteSession, control: Parts, snapshot: str) -> Response:
    """Decide on a proposed snapshot, on exactly the digest that was looked at."""
    service.vote(
        session,
        sent.who.actor,
        control.clock(),
        snapshot,
        seat=sent["seat"],
        value=sent["value"],
        reason=sent["reason"],
        digest=sent["digest"],
    )
    return to(f"/datasets/{snapshot}?done=voted")


@router.post("/datasets/{snapshot}/retire")
@shows_again(_shown_again)
def retire(sent: Retired, session: WriteSession, control: Parts, snapshot: str) -> Response:
    """Give a published snapshot to no new project."""
    service.retire(session, sent.who.actor, control.clock(), snapshot)
    return to(f"/datasets/{snapshot}?done=retired")


@router.post("/datasets/{snapshot}/withdraw")
@shows_again(_shown_again)
def withdraw(sent: Withdrawn, session: WriteSession, control: Parts, snapshot: str) -> Response:
    """Take a snapshot back; the page then says who used it."""
    service.withdraw(session, sent.who.actor, control.clock(), snapshot, sent["reason"])
    return to(f"/datasets/{snapshot}?done=withdrawn")


def _dictionary(sent: Posted) -> str:
    """The dictionary as it was typed, or from a file.

    Errors: Invalid when the file is no text.
    """
    files = sent.files("dictionary_file")
    if not files:
        return sent["dictionary"]
    try:
        return files[0].file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The dictionary is not UTF-8 text (byte {error.start}). Save it as UTF-8 and choose "
            "it again.",
            code="not_utf8",
        ) from error


def _form(
    request: Request,
    who: Caller,
    typed: Typed,
    *,
    error: TreError | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "announce.html",
        who,
        title="Announce a dataset",
        status=status,
        crumbs=(("/datasets", "Datasets"),),
        error=error,
        typed=typed,
        sensitivities=list(Sensitivity),
    )


def _snapshot(
    request: Request,
    who: Caller,
    snapshot: str,
    typed: Typed,
    *,
    error: TreError | None = None,
    status: int = 200,
) -> Response:
    control = parts(request)
    with read(control.db) as session:
        detail = queries.detail(session, who.actor, snapshot, control.clock())
        row, holder = detail.snapshot, detail.dataset
        steward = rules.standing(who.actor, holder.partner, (Standing.STEWARD,))
        coming = row.state in SYSTEMS_TURN
        return page(
            request,
            "dataset.html",
            who,
            title=f"{holder.title}, {row.label}",
            status=status,
            crumbs=(("/datasets", "Datasets"),),
            error=error,
            typed=typed,
            refresh=2 if coming and error is None and not detail.may["withdraw"] else None,
            coming=coming,
            detail=detail,
            row=row,
            holder=holder,
            may_finish=bool(detail.files) and "finish" in offered(row.MACHINE, row.state, steward),
            seats=_own_seats(detail.may),
            votes=VOTES,
            upload_bytes=UPLOAD_BYTES,
        )


def _own_seats(may_do: dict[str, Decision]) -> list[str]:
    """The seats that this person can fill."""
    return [name.partition(":")[2] for name, may in may_do.items() if "vote:" in name and may]
