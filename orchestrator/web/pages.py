"""All pages in one router."""

from typing import Any

from fastapi import APIRouter

from orchestrator.web import (
    beside,
    console,
    content,
    datasets,
    projects,
    register,
    requests,
    reviews,
    rulebook,
    session,
    start,
    tokens,
)
from orchestrator.web.render import STATIC, error_page

__all__ = ["STATIC", "error_page", "router"]

router = APIRouter(include_in_schema=False)
for part in (
    start,
    register,
    session,
    projects,
    requests,
    content,
    beside,
    reviews,
    rulebook,
    datasets,
    console,
    tokens,
):
    router.include_router(part.router)


@router.get("/health")
def health() -> dict[str, Any]:
    """Say that pages are served; open to everybody."""
    return {"ok": True}
