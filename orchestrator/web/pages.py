"""All pages in one router, and the start page: what waits for whoever comes."""

from typing import Any

from fastapi import APIRouter, Request, Response

from orchestrator.bootstrap.request import Visitor
from orchestrator.web import session
from orchestrator.web.render import STATIC, error_page, page

__all__ = ["STATIC", "error_page", "router"]

router = APIRouter(include_in_schema=False)
router.include_router(session.router)


@router.get("/")
def start(request: Request, who: Visitor) -> Response:
    """The start page: for visitors what this is, for people what waits for them."""
    return page(request, "start.html", who, title="Start")


@router.get("/health")
def health() -> dict[str, Any]:
    """Say that pages are served; open to everybody."""
    return {"ok": True}
