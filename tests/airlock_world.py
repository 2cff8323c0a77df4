"""Airlock requests walked to where a test needs them, through the services, by the right people."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, select

from orchestrator.airlock import checking, drafting, files, records, releasing, reviewing
from orchestrator.airlock.models import Check, CheckFile, File, Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import RequestState
from orchestrator.datasets import queries as datasets
from orchestrator.objectstore.port import Frozen
from orchestrator.outputs.model import (
    Coverage,
    FileReport,
    Finding,
    Report,
    RuleResult,
    Verdict,
    Where,
)
from orchestrator.projects.models import Project
from orchestrator.values import Actor, Digest, digest_of
from orchestrator.workspaces import service as workspaces
from tests.factories import NOW, ProjectWorld, a_snapshot, an_active_project, policies

SAYS = ("Survival by sex", "All adults of the snapshot", "Counts below 10 suppressed")


@dataclass
class AirlockWorld:
    """A project whose workspace is open, and one request in it."""

    project: ProjectWorld
    request: Request
    files: dict[str, File] = field(default_factory=dict)

    @property
    def author(self) -> Actor:
        """The lead, who drafts and submits."""
        return self.project.lead

    @property
    def checkers(self) -> tuple[Actor, Actor]:
        """Two people who may vote."""
        return self.project.checkers


def open_workspace(session: Session, project: Project, now: datetime = NOW) -> None:
    """Walk a project's workspace until it is open, with a proof that holds now."""
    row = workspaces.want(session, project.id, project.slug, now)
    workspaces.move(session, row, "provision", now)
    workspaces.move(session, row, "prove", now)
    proof = workspaces.record_proof(session, row.slug, [], safe=True, policy_digest="", now=now)
    row.proof_id, row.proved_at = proof.id, now
    workspaces.move(session, row, "open", now)


_remembered: list[ProjectWorld] = []


def remember(world: ProjectWorld) -> None:
    """Let `a_working_project` find this project again in copies of its database."""
    _remembered.append(world)


def a_working_project(
    session: Session, now: datetime = NOW, *, another: bool = False
) -> ProjectWorld:
    """A project with published data in which people can work and submit now."""
    for known in _remembered:
        row = session.get(Project, known.project.id)
        if row is not None and not another:
            return replace(known, project=row)
    if not datasets.facts(session, ["flchain"]):
        a_snapshot(session, now=now)
    world = an_active_project(session, now=now)
    open_workspace(session, world.project, now)
    return world


def frozen(content: str) -> Frozen:
    """What the store says after freezing these bytes."""
    return Frozen(digest_of(content.encode()), len(content))


def a_report(
    session: Session,
    check: Check,
    verdicts: Mapping[str, Verdict] | None = None,
    rule: str = "O01",
) -> Report:
    """What the check worker would answer: pass, or for some paths another verdict."""
    covered = session.exec(
        select(File).where(CheckFile.check_id == check.id, CheckFile.file_id == File.id)
    )
    parts = tuple(
        a_part(file, (verdicts or {}).get(file.path, Verdict.PASS), rule) for file in covered
    )
    return Report(
        job=check.id,
        verdict=Verdict.PASS,
        files=parts,
        policy_digest=policies().digest("outputs"),
        engine="test",
    )


def a_part(file: File, verdict: Verdict, rule: str = "O01") -> FileReport:
    """What a report says about one file, by one rule."""
    finding = Finding(rule, verdict, Where(file.path, (1,)), "one cell", "Look at it.")
    findings = (finding,) if verdict in (Verdict.FLAG, Verdict.BLOCK) else ()
    return FileReport(
        file.path,
        Digest(file.digest),
        verdict,
        (RuleResult(rule, 1, verdict, findings),),
        Coverage(file.size, file.size, (), "Every byte was parsed."),
    )


def run_checks(
    session: Session,
    verdicts: Mapping[str, Verdict] | None = None,
    now: datetime = NOW,
    rule: str = "O01",
) -> list[Check]:
    """Play the check worker: run whatever check is wanted."""
    wanted = session.exec(select(Check).where(col(Check.done_at).is_(None))).all()
    for check in wanted:
        checking.start_check(session, now, check.id)
        report = a_report(session, check, verdicts, rule)
        checking.record_check(session, now, check.id, report, policies=policies())
    return list(wanted)


def a_request(
    session: Session,
    at: RequestState = RequestState.IN_REVIEW,
    *,
    paths: tuple[str, ...] = ("table.csv",),
    project: ProjectWorld | None = None,
    name: str = "survival-table",
    verdicts: Mapping[str, Verdict] | None = None,
    now: datetime = NOW,
) -> AirlockWorld:
    """Walk a request to a state: any of the main line, blocked, returned, rejected, withdrawn."""
    around = project or a_working_project(session, now)
    request = drafting.open_draft(
        session, around.lead, now, around.project.id, name, "A table", policies=policies()
    )
    world = AirlockWorld(around, request)
    for path in paths:
        add(session, world, path, f"content of {path}", now)
    if at is RequestState.DRAFT:
        return world
    submit(session, world, now)
    if at is RequestState.CHECKING:
        return world
    if at is RequestState.WITHDRAWN:
        drafting.withdraw(session, world.author, now, request.id)
        return world
    if at is RequestState.BLOCKED:
        run_checks(session, dict.fromkeys(paths, Verdict.BLOCK), now)
        return world
    run_checks(session, verdicts, now)
    _review(session, world, at, now)
    assert request.state == at
    return world


def add(
    session: Session, world: AirlockWorld, path: str, content: str, now: datetime = NOW
) -> File:
    """Add a described file to the draft."""
    file = files.add_file(
        session, world.author, now, world.request.id, path, frozen(content), policies=policies()
    )
    files.set_context(session, world.author, now, file.id, *SAYS, policies=policies())
    world.files[path] = file
    return file


def submit(session: Session, world: AirlockWorld, now: datetime = NOW) -> Request:
    """Submit as the author."""
    return drafting.submit(session, world.author, now, world.request.id, policies=policies())


def say(
    session: Session,
    world: AirlockWorld,
    actor: Actor,
    value: str = "approve",
    path: str = "table.csv",
    *,
    reason: str = "",
    now: datetime = NOW,
    digest: str | None = None,
    seat: str = "checker",
) -> object:
    """Vote on one file as somebody who has just read its page."""
    file = world.files[path]
    why = reason or ("" if value == "approve" else "The counts are too small.")
    return reviewing.vote(
        session,
        actor,
        now,
        world.request.id,
        file.id,
        value,
        why,
        digest or file.subject,
        seat=seat,
    )


def both(
    session: Session, world: AirlockWorld, value: str = "approve", path: str = "table.csv"
) -> None:
    """Both checkers say the same about one file."""
    for checker in world.checkers:
        say(session, world, checker, value, path)


def release(session: Session, world: AirlockWorld, now: datetime = NOW) -> Request:
    """Play the reconciler after the decision: the last check, then the copy."""
    run_checks(session, now=now)
    plan = dict(releasing.plan_release(session, now, world.request.id))
    return recorded(session, world, plan, now)


def recorded(
    session: Session, world: AirlockWorld, plan: Mapping[str, str], now: datetime = NOW
) -> Request:
    """Write down that these bytes left, with the papers that belong to them."""
    papers = records.papers(session, world.request).digests
    return releasing.record_release(
        session, now, world.request.id, plan, papers=papers, policies=policies()
    )


def _review(session: Session, world: AirlockWorld, at: RequestState, now: datetime) -> None:
    paths = [file.path for file in present_files(session, world.request.id)]
    if at is RequestState.CONSOLIDATING:
        for path in paths:
            say(session, world, world.checkers[0], "approve", path)
            say(session, world, world.checkers[1], "return", path)
        return
    values = {RequestState.RETURNED: "return", RequestState.REJECTED: "reject"}
    if at is not RequestState.IN_REVIEW:
        for path in paths:
            both(session, world, values.get(at, "approve"), path)
    if at in (RequestState.RELEASED, RequestState.EXPIRED, RequestState.RECALLED):
        release(session, world, now)
    if at is RequestState.RECALLED:
        releasing.recall(session, world.project.administrator, now, world.request.id, "A mistake.")
    if at is RequestState.EXPIRED:
        assert world.request.expires_at is not None
        releasing.expire_due(session, world.request.expires_at)
