"""What the API takes and gives, as JSON: one function a thing, no rule and no read."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from orchestrator.airlock.views import Detail as RequestDetail
from orchestrator.airlock.views import FileView, Summary
from orchestrator.datasets.queries import Detail, Listed
from orchestrator.governance.access import Access
from orchestrator.governance.seats import Chair
from orchestrator.outputs.codec import finding_to_json
from orchestrator.projects.models import Project
from orchestrator.projects.queries import ProjectDetail
from orchestrator.values import Decision


class Vote(BaseModel):
    """A vote: in which seat, what, why, and the digest of what exactly was looked at."""

    seat: str = ""
    value: str
    reason: str = ""
    digest: str


class Because(BaseModel):
    """Why somebody does what others will want explained."""

    reason: str


def decision(found: Decision) -> dict[str, Any]:
    """A decision with all its reasons."""
    return {"allowed": bool(found), "reasons": [asdict(reason) for reason in found.reasons]}


def access(found: Access) -> dict[str, Any]:
    """Effective access: the verbs, or every reason why not."""
    return {
        "verbs": sorted(found.verbs),
        "until": found.until,
        "reasons": [asdict(reason) for reason in found.reasons],
    }


def project_row(row: Project) -> dict[str, Any]:
    """One project in a list."""
    return {
        "id": row.id,
        "slug": row.slug,
        "title": row.title,
        "state": row.state,
        "reason": row.reason,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "subject": row.plan_digest,
        "permit_digest": row.permit_digest,
    }


def project_detail(detail: ProjectDetail, mine: Access | None) -> dict[str, Any]:
    """One project with its review as one person may see it."""
    return {
        **project_row(detail.project),
        "purpose": detail.project.purpose,
        "lay_summary": detail.project.lay_summary,
        "round": detail.project.round,
        "standing": detail.standing,
        "members": [asdict(member) for member in detail.members],
        "datasets": [
            {"dataset": grant.dataset_slug, "excluded_at": grant.excluded_at}
            for grant in detail.grants
        ],
        "seats": [
            {
                "seat": seat_name(seat.chair),
                "role": seat.role,
                "heard": seat.heard,
                "voted": seat.voted,
                **decision(seat.decision),
            }
            for seat in detail.seats
        ],
        "my_seats": [s.chair.seat for s in detail.seats if s.decision and not s.heard],
        "votes": [asdict(vote) for vote in detail.votes],
        "access": None if mine is None else access(mine),
    }


def seat_name(chair: Chair) -> str:
    """A seat's name, with the partner it speaks for where there is one a partner."""
    return f"{chair.seat} of {chair.organisation}" if chair.organisation else chair.seat


def snapshot_row(one: Listed) -> dict[str, Any]:
    """One snapshot in a list."""
    return {
        "id": one.snapshot.id,
        "dataset": one.dataset.slug,
        "title": one.dataset.title,
        "label": one.snapshot.label,
        "partner": one.dataset.partner,
        "state": one.snapshot.state,
        "reason": one.snapshot.reason,
        "digest": one.snapshot.digest,
        "published_at": one.snapshot.published_at,
    }


def snapshot_detail(found: Detail) -> dict[str, Any]:
    """One snapshot with what was measured, its seats, and what the viewer may do."""
    facts = found.facts if isinstance(found.facts, dict) else {}
    return {
        **snapshot_row(Listed(found.snapshot, found.dataset)),
        "subject": found.snapshot.digest,
        "progress": [found.snapshot.progress_done, found.snapshot.progress_total],
        "files": [{"path": f.path, "digest": f.digest, "size": f.size} for f in found.files],
        "facts": facts,
        "seats": [hearing.chair.seat for hearing in found.seats],
        "used_by": [asdict(use) for use in found.uses],
        "may": {name: decision(answer) for name, answer in found.may.items()},
    }


def request_row(row: Summary) -> dict[str, Any]:
    """One airlock request in a list."""
    return {
        "id": row.id,
        "name": row.name,
        "title": row.title,
        "project": row.project,
        "state": row.state,
        "round": row.round,
        "verdict": row.verdict,
        "files": row.files,
        "submitted_at": row.submitted_at,
        "reason": row.reason,
        "held": row.held,
    }


def request_detail(found: RequestDetail) -> dict[str, Any]:
    """One airlock request as one person may see it."""
    return {
        **request_row(found.request),
        "released_at": found.released_at,
        "expires_at": found.expires_at,
        "record": found.papers.record if found.papers else None,
        "manifest": found.papers.manifest if found.papers else None,
        "files": [request_file(file) for file in found.files],
        "votes": [asdict(vote) for file in found.files for vote in file.votes],
        "objections": [asdict(one) for one in found.objections],
        "checks": [asdict(one) for one in found.checks],
        "actions": {name: decision(answer) for name, answer in found.actions.items()},
    }


def request_file(file: FileView) -> dict[str, Any]:
    """One file with its report; positions and counts, never values."""
    report = file.report
    return {
        "id": file.id,
        "path": file.path,
        "digest": file.digest,
        "size": file.size,
        "subject": file.subject,
        "shows": file.shows,
        "population": file.population,
        "control": file.control,
        "missing": list(file.missing),
        "verdict": file.verdict,
        "coverage": report.coverage.statement if report else None,
        "findings": [finding_to_json(one) for one in report.findings] if report else [],
        "tries": file.tries,
        "heard": file.heard,
        "outcome": file.outcome,
        "before": asdict(file.before) if file.before else None,
        "vote": decision(file.vote),
        "download": decision(file.download),
    }
