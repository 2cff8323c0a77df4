"""Every error family is answered by every interface; every route, session and document is known."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from orchestrator.api.internal import router as internal
from orchestrator.api.routes import router as api
from orchestrator.bootstrap.request import reading, writing
from orchestrator.cli.generated import MACHINES, render
from orchestrator.cli.output import EXIT_CODE
from orchestrator.errors import TreError
from orchestrator.server import HTTP_STATUS
from orchestrator.web.pages import router as web
from tests.discover import ROOT, machines

FAMILIES = set(TreError.__subclasses__())
ROUTERS = {"api": api, "web": web, "internal": internal}
SAFE = {"GET", "HEAD", "OPTIONS"}
PUBLIC = {"/", "/health", "/api/health", "/login", "/login/callback", "/logout", "/register"}
"""Routes for everybody."""

WRITING_GETS = {"/handover"}
"""A browser is sent there by a link, and it mints a single-use code."""


def flat(router: Any) -> Iterator[APIRoute]:
    """A router's routes; FastAPI keeps included routers whole until the first request."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from flat(route.original_router)


def routes() -> Iterator[tuple[str, APIRoute]]:
    """Every route of the control plane with a name for messages."""
    for name, router in ROUTERS.items():
        for route in flat(router):
            yield f"{name} {sorted(route.methods or [])} {route.path}", route


def dependencies(dependant: Dependant) -> Iterator[Dependant]:
    """A route's dependencies and theirs."""
    for part in dependant.dependencies:
        yield part
        yield from dependencies(part)


def family_names(table: dict[Any, Any]) -> set[str]:
    """Names, for readable failures."""
    return {family.__name__ for family in table}


@pytest.mark.parametrize("table", [HTTP_STATUS, EXIT_CODE], ids=["HTTP", "exit code"])
def test_every_family_is_in_every_table(table: dict[Any, int]) -> None:
    """Six families, no more and no less, each with an answer of its own."""
    assert family_names(table) == {family.__name__ for family in FAMILIES}
    assert len(set(table.values())) == len(table)


def test_the_codes_are_those_that_were_promised() -> None:
    """Scripts of others depend on them."""
    codes = {family.__name__: (HTTP_STATUS[family], EXIT_CODE[family]) for family in FAMILIES}
    assert codes == {
        "Invalid": (422, 2),
        "NotFound": (404, 3),
        "NotAllowed": (403, 4),
        "Conflict": (409, 5),
        "Unavailable": (503, 6),
        "Tampered": (500, 7),
    }


def test_every_session_closes_before_the_answer() -> None:
    """As FastAPI sees it: whatever a handler is given from our database has function scope."""
    seen = 0
    for name, route in routes():
        for part in dependencies(route.dependant):
            if part.call in (reading, writing):
                seen += 1
                assert part.scope == "function", name
    assert seen > 10


def test_what_only_reads_holds_no_writers_lock() -> None:
    """A page that is looked at must not queue behind writers."""
    for name, route in routes():
        calls = [part.call for part in dependencies(route.dependant)]
        allowed = not (route.methods or set()) <= SAFE or route.path in WRITING_GETS
        assert allowed or writing not in calls, name


def test_every_route_names_its_permission() -> None:
    """Or stands in the short list of what everybody may ask."""
    for name, route in routes():
        named = [getattr(part.call, "permission", None) for part in dependencies(route.dependant)]
        assert any(named) != (route.path in PUBLIC), name


def test_the_documents_are_current() -> None:
    """States and settings as the program has them; `make docs` writes them."""
    stale = [name for name, text in render().items() if (ROOT / name).read_text() != text]
    assert not stale, f"run make docs: {stale}"


def test_every_machine_is_documented() -> None:
    """A noun with states that the page leaves out would be a secret."""
    assert {machine.noun for machine in MACHINES} == set(machines())
