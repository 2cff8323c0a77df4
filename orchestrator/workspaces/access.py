"""Effective access with all its facts: projects cannot see datasets and workspaces, this can.

The one composition that gateway decisions, doors, pages, turns and the airlock share.
"""

from datetime import datetime

from sqlmodel import Session

from orchestrator.datasets import queries as datasets
from orchestrator.errors import NotAllowed
from orchestrator.governance.access import Access, Verb, WorkspaceFacts, for_verb, rests
from orchestrator.policy.model import Policies
from orchestrator.projects import queries as projects
from orchestrator.projects.models import Project
from orchestrator.values import Actor
from orchestrator.workspaces import queries
from orchestrator.workspaces.models import Proof
from orchestrator.workspaces.states import WorkspaceState

_RESTING = {
    WorkspaceState.ASLEEP: "The workspace sleeps because nobody was here for a while. Opening it "
    "wakes it.",
    WorkspaceState.PROVISIONING: "The workspace is waking up: its hub is starting.",
    WorkspaceState.PROVING: "The workspace is waking up: its isolation is being proved again.",
}


def access(
    session: Session, person_id: str, row: Project, now: datetime, *, policies: Policies
) -> Access:
    """Decide on a person's access to a project from what is stored now, with every reason.

    Source: governance section 3; design property 9.
    """
    slugs = [grant.dataset_slug for grant in projects.granted(session, row.id)]
    return projects.access(
        session,
        person_id,
        row,
        now,
        policies=policies,
        datasets=datasets.facts(session, slugs),
        workspace=_workspace(session, row),
    )


def require_verb(
    session: Session, actor: Actor, slug: str, verb: Verb, now: datetime, *, policies: Policies
) -> Project:
    """Find a member's project and hold them to effective access.

    Errors: NotFound for a foreign project; NotAllowed with every reason.
    """
    project = projects.detail(session, actor, slug, now).project
    found = access(session, actor.person or "", project, now, policies=policies)
    decision = for_verb(found, verb)
    if not decision:
        first = decision.reasons[0]
        reasons = [(reason.code, reason.text) for reason in decision.reasons]
        raise NotAllowed(first.text, code=first.code, reasons=reasons)
    return project


def require_entry(
    session: Session, actor: Actor, slug: str, now: datetime, *, policies: Policies
) -> Project:
    """Find the project of a member who may open its address: to work, or to wake what sleeps.

    Errors: NotFound for a foreign project; NotAllowed with every reason.
    """
    project = projects.detail(session, actor, slug, now).project
    if rests(access(session, actor.person or "", project, now, policies=policies)):
        return project
    return require_verb(session, actor, slug, Verb.WORK, now, policies=policies)


def _workspace(session: Session, row: Project) -> WorkspaceFacts | None:
    found = queries.of_project(session, row.id)
    if found is None:
        return None
    proof = session.get(Proof, found.proof_id) if found.proof_id else None
    resting = _RESTING.get(WorkspaceState(found.state)) if queries.rests(found) else None
    return WorkspaceFacts(found.proved_at, proof is not None and proof.safe, resting)
