"""Pages of airlock requests: one page for author and checker, each sees what is theirs to see."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from orchestrator.airlock import checking, drafting, files, people, queries, releasing, reviewing
from orchestrator.airlock.models import Addressee
from orchestrator.airlock.rounds import SEAT
from orchestrator.airlock.rules import may_approve, risk
from orchestrator.airlock.states import CheckState, RequestState
from orchestrator.airlock.views import Cursor, Detail, FileView
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, WriteSession, may, parts
from orchestrator.db import read, write
from orchestrator.errors import Invalid, TreError
from orchestrator.governance.access import Verb, for_verb
from orchestrator.governance.seats import VoteValue
from orchestrator.identity.queries import person
from orchestrator.identity.roles import Role
from orchestrator.objectstore.zones import Zone
from orchestrator.projects.queries import detail as project_detail
from orchestrator.values import Digest, digest_of
from orchestrator.web.forms import UPLOAD_BYTES, Posted, Typed, posted, shows_again
from orchestrator.web.render import PAGE, address, page, sliced, to
from orchestrator.web.start import own_projects

router = APIRouter()
Reader = Annotated[Caller, Depends(may("airlock.request.read"))]
Drafter = Annotated[Caller, Depends(may("airlock.request.draft"))]
Checker = Annotated[Caller, Depends(may("airlock.request.vote"))]
Downloader = Annotated[Caller, Depends(may("airlock.request.download"))]
Drafted = Annotated[Posted, Depends(posted("airlock.request.draft"))]
Uploaded = Annotated[Posted, Depends(posted("airlock.request.draft", UPLOAD_BYTES))]
Submitted = Annotated[Posted, Depends(posted("airlock.request.submit"))]
Withdrawn = Annotated[Posted, Depends(posted("airlock.request.withdraw"))]
# Whether somebody may vote is decided per file by the seat engine, with every reason; the table of
# roles alone would answer an author with less than the truth.
Voted = Annotated[Posted, Depends(posted("airlock.request.read"))]
Stopped = Annotated[Posted, Depends(posted("airlock.request.recall"))]
Commented = Annotated[Posted, Depends(posted("airlock.request.read"))]

FILES = 20
UNDER_WAY = frozenset({RequestState.CHECKING, RequestState.APPROVED})
RUNNING = frozenset({CheckState.WANTED, CheckState.RUNNING})
VOTES = (
    (VoteValue.APPROVE, "Approve", "it may leave as it is"),
    (VoteValue.RETURN, "Return", "the author changes it and asks again"),
    (VoteValue.REJECT, "Reject", "it may not leave"),
    (VoteValue.ESCALATE, "Escalate", "a further checker decides with us"),
)
NEXT = {
    RequestState.DRAFT: "Add files, say what each one shows, then submit. Checks begin at once.",
    RequestState.CHECKING: "Every file is opened and checked by machine. This takes seconds.",
    RequestState.IN_REVIEW: "Two checkers vote on each file without seeing each other's vote.",
    RequestState.CONSOLIDATING: "The votes differ on a file. Its checkers now see them and agree.",
    RequestState.APPROVED: "Approved files are checked once more, then copied out by digest.",
    RequestState.RELEASED: "Approved files can be downloaded by their author.",
    RequestState.EXPIRED: "The download period is over.",
    RequestState.BLOCKED: "The machine found what may not leave. Open the next round and mend it.",
    RequestState.RETURNED: "Something came back. Read why, open the next round and mend it.",
    RequestState.REJECTED: "Nothing of this may leave.",
    RequestState.WITHDRAWN: "Its author took it back.",
    RequestState.RECALLED: "The release was ended for good.",
}


@router.get("/requests")
def mine(request: Request, session: ReadSession, who: Drafter) -> Response:
    """List the caller's own requests, newest first."""
    rows = queries.mine(session, who.actor, limit=500)
    return page(request, "requests.html", who, title="Exports", rows=sliced(request, rows))


@router.get("/queue")
def queue(
    request: Request,
    session: ReadSession,
    control: Parts,
    who: Checker,
    after: str = "",
) -> Response:
    """List what waits for this checker, riskiest first."""
    found = queries.queue(session, who.actor, control.clock(), after=_cursor(after), limit=PAGE)
    more = found[-1].request.cursor if len(found) == PAGE else None
    following = more and address(request, after=f"{more[0]}~{more[1].isoformat()}~{more[2]}")
    return page(
        request,
        "queue.html",
        who,
        title="Review queue",
        rows=found,
        following=following,
        begun=bool(after),
    )


@router.get("/requests/new")
def new(request: Request, who: Drafter, project: str = "") -> Response:
    """Show the form of a new, empty request."""
    return _form(request, who, {"project": [project]})


def _form_again(
    request: Request, who: Caller, typed: Typed, error: TreError, status: int
) -> Response:
    return _form(request, who, typed, error=error, status=status)


@router.post("/requests")
@shows_again(_form_again)
def draft(sent: Drafted, session: WriteSession, control: Parts) -> Response:
    """Open an empty draft under a name that is free in its project."""
    now, actor = control.clock(), sent.who.actor
    project = project_detail(session, actor, sent["project"], now).project
    title = sent["title"] or sent["name"]
    row = drafting.open_draft(
        session, actor, now, project.id, sent["name"], title, policies=control.policies
    )
    return to(f"/requests/{row.id}")


@router.get("/requests/{request_id}")
def shown(request: Request, who: Reader, request_id: str) -> Response:
    """Show all that the caller may see of a request."""
    return _request(request, who, request_id, {})


def _shown_again(
    request: Request, who: Caller, typed: Typed, error: TreError, status: int
) -> Response:
    return _request(
        request, who, request.path_params["request_id"], typed, error=error, status=status
    )


@router.post("/requests/{request_id}/files")
@shows_again(_shown_again)
def add(sent: Uploaded, control: Parts, request_id: str) -> Response:
    """Freeze files in quarantine and put them into a draft: all of them or none."""
    now, policies, actor = control.clock(), control.policies, sent.who.actor
    with read(control.db) as session:
        people.own_draft(session, actor, now, request_id, policies=policies)
    chosen = sent.files("files")
    if not chosen:
        raise Invalid("Choose at least one file.", code="no_files")
    limit = policies.outputs.caps.file_bytes
    frozen = [control.store.freeze(Zone.QUARANTINE, one.file, limit) for one in chosen]
    with write(control.db) as session:
        for one, kept in zip(chosen, frozen, strict=True):
            path = "/".join(part for part in (sent["folder"], str(one.filename)) if part)
            files.add_file(session, actor, now, request_id, path, kept, policies=policies)
    return to(f"/requests/{request_id}?done=added")


@router.post("/requests/{request_id}/files/{file_id}/remove")
@shows_again(_shown_again)
def remove(
    sent: Drafted, session: WriteSession, control: Parts, request_id: str, file_id: str
) -> Response:
    """Take a file out of a draft."""
    files.remove_file(session, sent.who.actor, control.clock(), file_id, policies=control.policies)
    return to(f"/requests/{request_id}?done=removed")


@router.post("/requests/{request_id}/files/{file_id}/context")
@shows_again(_shown_again)
def describe(
    sent: Drafted, session: WriteSession, control: Parts, request_id: str, file_id: str
) -> Response:
    """Say what a file shows, about whom, and which disclosure control was used."""
    files.set_context(
        session,
        sent.who.actor,
        control.clock(),
        file_id,
        sent["shows"],
        sent["population"],
        sent["control"],
        policies=control.policies,
    )
    return to(f"/requests/{request_id}?done=saved#{file_id}")


@router.post("/requests/{request_id}/check")
@shows_again(_shown_again)
def check(sent: Drafted, session: WriteSession, control: Parts, request_id: str) -> Response:
    """Ask for a pre-check of a draft; budgeted and logged by digest."""
    checking.want_check(
        session, sent.who.actor, control.clock(), request_id, policies=control.policies
    )
    return to(f"/requests/{request_id}")


@router.post("/requests/{request_id}/submit")
@shows_again(_shown_again)
def submit(sent: Submitted, session: WriteSession, control: Parts, request_id: str) -> Response:
    """Hand a draft over: nothing of it changes from now on."""
    drafting.submit(session, sent.who.actor, control.clock(), request_id, policies=control.policies)
    return to(f"/requests/{request_id}?done=submitted")


@router.post("/requests/{request_id}/reopen")
@shows_again(_shown_again)
def reopen(sent: Submitted, session: WriteSession, control: Parts, request_id: str) -> Response:
    """Open the next round of a request that was blocked or returned."""
    drafting.reopen(session, sent.who.actor, control.clock(), request_id, policies=control.policies)
    return to(f"/requests/{request_id}?done=reopened")


@router.post("/requests/{request_id}/withdraw")
@shows_again(_shown_again)
def withdraw(sent: Withdrawn, session: WriteSession, control: Parts, request_id: str) -> Response:
    """Take a request back for good."""
    drafting.withdraw(session, sent.who.actor, control.clock(), request_id)
    return to(f"/requests/{request_id}?done=withdrawn")


@router.post("/requests/{request_id}/files/{file_id}/votes")
@shows_again(_shown_again)
def vote(
    sent: Voted, session: WriteSession, control: Parts, request_id: str, file_id: str
) -> Response:
    """Vote on one file, on exactly the subject that was on the screen."""
    reviewing.vote(
        session,
        sent.who.actor,
        control.clock(),
        request_id,
        file_id,
        sent["value"],
        sent["reason"],
        sent["digest"],
        seat=sent["seat"] or SEAT,
    )
    if sent["then"]:
        return to(f"/requests/{request_id}/files/{quote(sent['then'], safe='')}/view?done=voted")
    return to(f"/requests/{request_id}?done=voted&page={_number(sent)}#{file_id}")


@router.post("/requests/{request_id}/recall")
@shows_again(_shown_again)
def recall(sent: Stopped, session: WriteSession, control: Parts, request_id: str) -> Response:
    """End a release for good."""
    releasing.recall(session, sent.who.actor, control.clock(), request_id, sent["reason"])
    return to(f"/requests/{request_id}?done=recalled")


@router.post("/requests/{request_id}/hold")
@shows_again(_shown_again)
def hold(sent: Stopped, session: WriteSession, control: Parts, request_id: str) -> Response:
    """Keep a request from being released and handed out until it is lifted."""
    releasing.hold(session, sent.who.actor, control.clock(), request_id, sent["reason"])
    return to(f"/requests/{request_id}?done=held")


@router.post("/requests/{request_id}/lift")
@shows_again(_shown_again)
def lift(sent: Stopped, session: WriteSession, control: Parts, request_id: str) -> Response:
    """Let a held request go on."""
    releasing.lift(session, sent.who.actor, control.clock(), request_id)
    return to(f"/requests/{request_id}?done=lifted")


@router.post("/requests/{request_id}/comments")
@shows_again(_shown_again)
def comment(sent: Commented, session: WriteSession, control: Parts, request_id: str) -> Response:
    """Write to the author or to the reviewers."""
    reviewing.comment(
        session,
        sent.who.actor,
        control.clock(),
        request_id,
        sent["addressee"],
        sent["body"],
        file_id=sent["file_id"] or None,
    )
    return to(f"/requests/{request_id}?done=commented#comments")


@router.post("/requests/{request_id}/files/{file_id}/disagreements")
@shows_again(_shown_again)
def disagree(
    sent: Voted, session: WriteSession, control: Parts, request_id: str, file_id: str
) -> Response:
    """Record that a reviewer thinks a finding is none; no verdict changes."""
    reviewing.disagree(
        session,
        sent.who.actor,
        control.clock(),
        request_id,
        file_id,
        sent["report"],
        sent.number("number", "which finding it is"),
        sent["reason"],
    )
    at = quote(sent["at"], safe="")
    return to(f"/requests/{request_id}/files/{file_id}/view?at={at}&done=disagreed")


@router.get("/requests/{request_id}/files/{file_id}/download")
def download(control: Parts, who: Downloader, request_id: str, file_id: str) -> Response:
    """Hand out released bytes: re-hashed in hand, counted and logged before the first goes out."""
    now, policies = control.clock(), control.policies
    with read(control.db) as session:
        found = releasing.downloadable(session, who.actor, now, file_id, policies=policies)
        seen = queries.detail(session, who.actor, now, request_id, policies=policies)
        file = queries.file_of(session, seen, file_id)
    with control.store.open(Zone.RELEASE, Digest(found.digest)) as stream:
        content = stream.read()
    digest = digest_of(content)
    with write(control.db) as session:
        releasing.record_download(
            session, who.actor, now, file_id, digest, len(content), policies=policies
        )
    name = quote(PurePosixPath(file.path).name, safe="")
    return Response(
        content,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Digest": digest,
        },
    )


def _form(
    request: Request,
    who: Caller,
    typed: Typed,
    *,
    error: TreError | None = None,
    status: int = 200,
) -> Response:
    control = parts(request)
    with read(control.db) as session:
        own = own_projects(session, control, who.actor, control.clock())
        return page(
            request,
            "request_new.html",
            who,
            title="Ask for an export",
            status=status,
            crumbs=(("/requests", "Exports"),),
            error=error,
            typed=typed,
            projects=[(one.project, for_verb(one.access, Verb.SUBMIT)) for one in own],
        )


def _request(
    request: Request,
    who: Caller,
    request_id: str,
    typed: Typed,
    *,
    error: TreError | None = None,
    status: int = 200,
) -> Response:
    control = parts(request)
    with read(control.db) as session:
        detail = queries.detail(
            session, who.actor, control.clock(), request_id, policies=control.policies
        )
        values = _values(request, session, detail)
        return page(
            request,
            "request.html",
            who,
            title=detail.request.title,
            status=status,
            crumbs=(came_from(who, detail),),
            error=error,
            typed=typed,
            typed_file=request.path_params.get("file_id"),
            refresh=2 if values["waiting"] and error is None else None,
            detail=detail,
            row=detail.request,
            next=NEXT[RequestState(detail.request.state)],
            file_bytes=control.policies.outputs.caps.file_bytes,
            **values,
        )


def _values(request: Request, session: Session, detail: Detail) -> dict[str, Any]:
    state = RequestState(detail.request.state)
    ordered = worst_first(detail)
    change = bool(detail.actions["change"])
    running = [one for one in detail.checks if one.state in RUNNING]
    editing = change and (not running or "edit" in request.query_params)
    return {
        "files": sliced(request, ordered, FILES),
        "verdicts": _counted(ordered),
        "drafting": change,
        "editing": editing,
        "running": running,
        "waiting": state in UNDER_WAY or (bool(running) and not editing),
        "votes": VOTES,
        "seat": SEAT,
        "approvable": {file.id: may_approve(file.verdict, "answered") for file in ordered},
        "names": names_of(session, ordered),
        "addressees": [one for one in Addressee if not (detail.author and one is Addressee.AUTHOR)],
    }


def _counted(found: list[FileView]) -> list[tuple[str, int]]:
    """How many files came to which verdict, the worst first."""
    words = [str(file.verdict or "not checked yet") for file in found]
    return [(word, words.count(word)) for word in dict.fromkeys(words)]


def came_from(who: Caller, detail: Detail) -> tuple[str, str]:
    """The list that a request is found in, for this person."""
    if detail.author:
        return "/requests", "Exports"
    if Role.CHECKER in who.actor.roles:
        return "/queue", "Review queue"
    return f"/projects/{detail.request.project}", detail.request.project


def worst_first(detail: Detail) -> list[FileView]:
    """The files of a request in the order in which checkers see them."""
    return sorted(detail.files, key=lambda file: (-risk(file.verdict), file.path))


def names_of(session: Session, found: list[FileView]) -> dict[str, str]:
    """Names of the voters that the viewer may know."""
    voters = {vote.person for file in found for vote in file.votes if vote.person}
    return {voter: person(session, voter).name for voter in voters}


def _cursor(text: str) -> Cursor | None:
    """Read where a list goes on. Errors: Invalid for what we never wrote."""
    if not text:
        return None
    rank, _, rest = text.partition("~")
    at, _, row = rest.partition("~")
    try:
        return int(rank), datetime.fromisoformat(at).astimezone(UTC), row
    except ValueError as error:
        raise Invalid("Open the queue from its beginning.", code="bad_cursor") from error


def _number(sent: Posted) -> int:
    """The page of files the vote came from, so that one goes on where one was."""
    text = sent["page"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
