"""The public register: who uses which data, for what, until when. Plain pages for everybody."""

from fastapi import APIRouter, Request, Response

from orchestrator.bootstrap.request import ReadSession, Visitor
from orchestrator.datasets.queries import catalogue
from orchestrator.identity.queries import organisations
from orchestrator.projects import queries
from orchestrator.web.render import page, sliced

router = APIRouter()


@router.get("/register")
def register(request: Request, session: ReadSession, who: Visitor) -> Response:
    """List every project that was ever granted, from the same rows that let people work."""
    rows = sliced(request, queries.register(session), size=20)
    return page(
        request,
        "register.html",
        who,
        title="Register of data use",
        rows=rows,
        granted={row.id: queries.granted(session, row.id) for row in rows.items},
        partners={one.slug: one.name for one in organisations(session)},
        titles={one.dataset.slug: one.dataset.title for one in catalogue(session)},
    )
