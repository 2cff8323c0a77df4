"""All people's routes of the API, in one router."""

from fastapi import APIRouter

from orchestrator.api import looking, me, projects, requests, snapshots

router = APIRouter()
for part in (me, snapshots, projects, requests, looking):
    router.include_router(part.router)
