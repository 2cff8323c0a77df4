"""All people's routes of the API, in one router."""

from fastapi import APIRouter

from orchestrator.api import me, projects, requests, snapshots

router = APIRouter()
for part in (me, snapshots, projects, requests):
    router.include_router(part.router)
