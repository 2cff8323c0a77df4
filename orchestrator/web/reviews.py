"""What waits for a reviewer: seats of projects, and of snapshots of the own partner."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from orchestrator.bootstrap.request import Caller, Parts, ReadSession, may
from orchestrator.projects import queries
from orchestrator.web.render import page
from orchestrator.web.start import snapshots_to_decide

router = APIRouter()
Reviewer = Annotated[Caller, Depends(may("projects.project.vote"))]


@router.get("/reviews")
def reviews(request: Request, session: ReadSession, control: Parts, who: Reviewer) -> Response:
    """List the seats that this person can fill, those that are filled, and those they cannot."""
    now = control.clock()
    seats = queries.review_queue(session, who.actor, now)
    return page(
        request,
        "reviews.html",
        who,
        title="Applications",
        waiting=[item for item in seats if item.seat.decision and not item.seat.voted],
        others=[item for item in seats if item.seat.voted or not item.seat.decision],
        snapshots=snapshots_to_decide(session, who.actor, now),
    )
