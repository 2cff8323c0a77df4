"""The application as a whole: what answers to whom, what is in the log, what is told as it commits.

Every list of routes here is read from the application, so that a new route is in it.
"""

import hashlib
import inspect
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from orchestrator.airlock import releasing
from orchestrator.airlock.models import File
from orchestrator.api.intake import router as intake
from orchestrator.api.internal import BEAT_SECONDS
from orchestrator.api.internal import router as internal
from orchestrator.api.routes import router as api
from orchestrator.audit import log
from orchestrator.bootstrap.request import COOKIE
from orchestrator.datasets.service import withdraw
from orchestrator.db import read, write
from orchestrator.governance import service as governance
from orchestrator.governance.halts import Scope
from orchestrator.governance.queries import halts_in_force, heard_of
from orchestrator.identity import queries as people
from orchestrator.identity import service as identity
from orchestrator.identity.queries import ANONYMOUS
from orchestrator.identity.tokens import ProcessRole, TokenKind
from orchestrator.link.line import Line
from orchestrator.projects.queries import by_slug
from orchestrator.server import application
from orchestrator.values import SYSTEM, Actor, server_key
from orchestrator.web.pages import router as web
from orchestrator.workspaces import service as workspaces
from tests.airlock_world import SAYS
from tests.factories import DICTIONARY, NOW, an_application
from tests.integration.api.conftest import Doorway
from tests.integration.api.test_one_rule import SCOPES, a_token
from tests.web_world import CLEAN, LOOKED, World, files_of, log_actions, subject_of

PUBLIC = {
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/api/health"),
    ("GET", "/register"),
    ("POST", "/logout"),  # lets go of a cookie, opens nothing
}
"""What answers without an identity provider, and to nobody."""

SOON = 30.0
"""Seconds. How fast a revocation is, is measured in clusters and the story, not here."""


def routes(*routers: Any) -> list[tuple[str, APIRoute]]:
    """Method and route of everything below these routers."""
    found: list[tuple[str, APIRoute]] = []

    def walk(one: Any) -> None:
        for route in one.routes:
            if isinstance(route, APIRoute):
                found.extend((method, route) for method in sorted(route.methods or ()))
            else:
                walk(route.original_router)

    for one in routers:
        walk(one)
    return found


def values(world: World, where: str = "in_review") -> dict[str, str]:
    """Something that exists for each parameter of a path."""
    return {
        "slug": "light-chains",
        "project": "light-chains",
        "handle": handle_of(world, "member"),
        "person": handle_of(world, "lead"),
        "request_id": world.requests[where],
        "file_id": world.files[where]["survival.csv"],
        "snapshot": world.snapshots["proposed"],
        "path": "more.csv",
        "name": "from-a-notebook",
        "prefix": "tre_person_0123456789ab",
    }


def address(path: str, filled_in: dict[str, str]) -> str:
    """A route's path with something that exists in it."""
    return re.sub(r"\{(\w+)[^}]*\}", lambda match: filled_in.get(match[1], "0"), path)


def handle_of(world: World, who: str) -> str:
    """Somebody's handle."""
    with read(world.control.db) as session:
        return people.person(session, str(world.actors[who].person)).handle


def role_token(world: World, role: ProcessRole) -> str:
    """The token of one of our own processes."""
    with write(world.control.db) as session:
        return identity.mint_token(
            session, SYSTEM, NOW, owner=role, kind=TokenKind.ROLE, scopes=(), days=1
        )


def newest_token(world: World, who: str) -> str:
    """How a person's newest token is called in the list."""
    with read(world.control.db) as session:
        return people.tokens_of(session, str(world.actors[who].person))[0].prefix


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"authorization": f"Bearer {token}"}


def refusals(world: World) -> list[tuple[str, str]]:
    """Actor and rule of every refusal in the log, in order."""
    with read(world.control.db) as session:
        records = [json.loads(entry.record) for entry in log.entries(session)]
    found = [one for one in records if one["action"] == "access.refused"]
    return [(one["actor"]["id"], one["reason"]) for one in found]


# what answers to whom


def test_without_an_identity_provider_only_public_pages_and_health_answer(world: World) -> None:
    """Not with a session, nor with a token, that were good a moment ago. All routes are walked."""
    browser = world.browser("administrator")
    held = [{}, browser.headers, bearer(a_token(world, "administrator"))]
    control = replace(world.control, oidc=None)
    world = replace(world, control=control, app=application(control))
    client = world.browser(None).client
    found = routes(web, api, internal, intake)
    own = {"origin": control.settings.control_url}
    answered = set()
    for method, route in found:
        for headers in held:
            answer = client.request(
                method, address(route.path, values(world)), headers=headers | own
            )
            if answer.is_success or answer.headers.get("location", "/login?") == "/":
                answered.add((method, route.path))
    assert answered == PUBLIC
    assert len(found) >= 85
    assert client.get("/static/tre.css").status_code == 200
    for unlisted in ("/openapi.json", "/docs", "/redoc"):
        assert client.get(unlisted).status_code == 404


def test_health_says_whether_there_is_an_identity_provider(world: World) -> None:
    """And nothing about what is inside."""
    said = world.browser(None).client.get("/api/health").json()
    assert said.pop("version")
    assert said == {"ok": True, "identity": True}


TOKENS = ("gateway", "doors", "person", "nobody", "rubbish")


def test_internal_routes_answer_their_process_and_nobody_else(filled: World) -> None:
    """Each internal route with each kind of token; a person's opens none of them."""
    tokens = {
        "gateway": role_token(filled, ProcessRole.GATEWAY),
        "doors": role_token(filled, ProcessRole.DOORS),
        "person": a_token(filled, "administrator"),
        "nobody": "",
        "rubbish": "tre_role_" + "0" * 64 + "_00000000",
    }
    client = filled.browser(None).client
    found = routes(internal, intake)
    opened: dict[str, set[str]] = {}
    for method, route in found:
        if route.path == "/internal/stream":
            continue  # never ends; it has a test of its own
        for name in TOKENS:
            answer = client.request(
                method, address(route.path, values(filled)), headers=bearer(tokens[name])
            )
            if answer.status_code == 403 and answer.json()["code"] == "not_a_process":
                continue
            opened.setdefault(route.path, set()).add(name)
    gateway = {f"/internal/{verb}" for verb in ("exchange", "decide", "want", "leave")}
    both = {"/internal/usage", "/internal/servers", "/internal/closed"}
    doors = {route.path for _, route in routes(intake)}
    assert opened == {
        **{path: {"gateway"} for path in gateway},
        **{path: {"gateway", "doors"} for path in both},
        **{path: {"doors"} for path in doors},
    }
    assert len(found) == len(opened) + 1


def test_a_session_of_a_page_opens_nothing_internal(filled: World) -> None:
    """A cookie is not looked at there at all."""
    browser = filled.browser("administrator")
    for method, route in routes(internal, intake):
        where = address(route.path, values(filled))
        answer = browser.client.request(method, where, headers=browser.headers)
        assert answer.status_code == 403, route.path


# the outbox is the request


def test_what_the_outbox_does_not_hold_leaves_the_draft(world: World) -> None:
    """Only where its list is sent, in the one transaction that submits, and only the own draft."""
    token = bearer(role_token(world, ProcessRole.DOORS))
    client = world.browser(None).client
    where = address(f"{D}/submit", values(world, "draft") | {"name": "draft"})
    before = files_of(world, "draft")
    answer = client.post(where, headers=token, json={"files": {}, "present": ["../survival.csv"]})
    assert answer.status_code == 422
    assert files_of(world, "draft") == before
    kept = ["survival.csv", "plot.png", "never-sent.csv"]
    answer = client.post(where, headers=token, json={"files": {}, "present": kept})
    assert answer.status_code == 200
    assert answer.json()["removed"] == sorted(set(before) - set(kept))
    assert files_of(world, "draft") == ["plot.png", "survival.csv"]
    assert log_actions(world).count("airlock.file_removed") == len(before) - 2
    assert answer.json()["state"] == "checking"
    again = client.post(where, headers=token, json={"files": {}, "present": kept})
    assert again.status_code == 409, "it is handed over"


def test_without_a_list_all_files_stay(world: World) -> None:
    """A program that says nothing of its folder takes nothing out."""
    token = bearer(role_token(world, ProcessRole.DOORS))
    where = address(f"{D}/submit", values(world, "draft") | {"name": "draft"})
    before = files_of(world, "draft")
    answer = world.browser(None).client.post(where, headers=token, json={"files": {}})
    assert (answer.status_code, answer.json()["removed"]) == (200, [])
    assert files_of(world, "draft") == before


# refusals are remembered


def test_a_refusal_is_in_the_log_with_actor_and_rule_after_the_roll_back(world: World) -> None:
    """What was tried is undone; that it was tried is not."""
    lead = world.actors["lead"]
    world.browser("lead").api("POST", "/api/projects/light-chains/halt", {"reason": "Because."})
    assert refusals(world)[-1] == (lead.id, "role_missing")
    file = f"/api/requests/{world.requests['in_review']}/files"
    file += f"/{world.files['in_review']['survival.csv']}/votes"
    digest = subject_of(world, "in_review", "survival.csv")
    world.browser("lead").api("POST", file, {"value": "approve", "digest": digest})
    assert refusals(world)[-1] == (lead.id, "author")
    for _ in range(20):
        world.browser("lead").api("POST", file, {"value": "approve", "digest": digest})
    assert refusals(world).count((lead.id, "author")) == 1, "a retrying tab does not flood the log"


def test_a_sign_in_that_fails_is_in_the_log(world: World) -> None:
    """Nobody is known yet: the entry names the rule and that it was nobody."""
    client = world.browser(None).client
    for answer in ("?code=x&state=stolen", "?error=access_denied&state=stolen", ""):
        assert client.get(f"/login/callback{answer}").status_code == 403
    assert refusals(world)[-1] == (ANONYMOUS.id, "login_state")


def test_a_hand_over_works_once_and_its_replay_is_in_the_log(world: World) -> None:
    """The gateway exchanges a code; the second time it is refused, and the gateway asked."""
    cookie = "state-cookie-of-the-project-host"
    browser = world.browser("lead")
    state = hashlib.sha256(cookie.encode()).hexdigest()
    sent = browser.get(f"/handover?project=light-chains&state={state}")
    code = sent.headers["location"].rpartition("code=")[2]
    token = role_token(world, ProcessRole.GATEWAY)
    body = {"project": "light-chains", "code": code, "state": cookie}

    def exchange(**changed: str) -> httpx2.Response:
        sent = {**body, **changed}
        return browser.client.post("/internal/exchange", json=sent, headers=bearer(token))

    assert exchange(project="halted-work").status_code == 403
    first = exchange()
    assert first.status_code == 200
    assert first.json()["person"] == handle_of(world, "lead")
    again = exchange()
    assert again.status_code == 403
    rules = [rule for actor, rule in refusals(world) if actor == "role:gateway"]
    assert rules == ["handover_project", "handover_replayed"]
    assert exchange(code="unknown").json()["detail"] == again.json()["detail"]
    asked = {"checks": [{"project": "light-chains", "session": first.json()["session"]}]}
    decided = browser.client.post("/internal/decide", json=asked, headers=bearer(token)).json()
    assert decided["answers"][0]["allow"] is True


def test_leaving_a_project_ends_the_session_there_and_no_other(world: World) -> None:
    """Another project cannot end it; the session at the control plane goes on."""
    place = _at_project(world)
    client, token = world.browser(None).client, role_token(world, ProcessRole.GATEWAY)

    def ask(verb: str, body: dict[str, Any]) -> httpx2.Response:
        return client.post(f"/internal/{verb}", json=body, headers=bearer(token))

    def allowed() -> bool:
        return bool(ask("decide", {"checks": [place]}).json()["answers"][0]["allow"])

    assert ask("leave", {**place, "project": "halted-work"}).status_code == 204
    assert allowed()
    assert ask("leave", place).status_code == 204
    assert not allowed()
    assert ask("leave", place).status_code == 204
    with read(world.control.db) as session:
        rows = session.execute(text("select project from web_sessions where ended_at is null"))
        assert {row[0] for row in rows} == {None}


def test_a_refusal_that_cannot_be_logged_is_no_answer(world: World) -> None:
    """Fail closed: the caller is told that nothing is answered now."""
    browser = world.browser("lead")
    browser.api("GET", "/api/me")
    mend = commits_fail(world)
    answer = browser.api("POST", "/api/projects/light-chains/halt", {"reason": "Because."})
    mend()
    assert (answer.status_code, answer.json()["code"]) == (503, "log_unavailable")


def test_released_bytes_that_were_changed_are_an_alarm(world: World) -> None:
    """Nothing is handed out; the person learns it, and the auditor finds it in the log."""
    released, file = world.requests["released"], world.files["released"]["survival.csv"]
    with read(world.control.db) as session:
        chosen = text("select digest from airlock_releases where file_id = :file")
        digest = session.connection().execute(chosen, {"file": file})
        name = str(digest.scalar_one()).removeprefix("sha256:")
    path = world.control.settings.state_dir / "store" / "release" / name[:2] / name
    path.chmod(0o644)
    path.write_bytes(CLEAN.replace(b"4120", b"4121"))
    answer = world.browser("lead").api("GET", f"/api/requests/{released}/files/{file}/download")
    assert answer.status_code == 500
    assert answer.json()["title"] == "Tampered"
    assert b"4121" not in answer.content
    assert refusals(world)[-1] == (world.actors["lead"].id, "digest_differs")
    assert "airlock.downloaded" not in log_actions(world)


# nobody is answered before COMMIT


def commits_fail(world: World) -> Callable[[], None]:
    """Let the disk be full at COMMIT from now on; returns what mends it."""

    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(world.control.db, "commit", fail)
    return lambda: event.remove(world.control.db, "commit", fail)


Body = Callable[[World], Any]
Valid = tuple[str, str, Body]


def _vote(world: World, where: str = "in_review") -> dict[str, str]:
    digest = subject_of(world, where, "survival.csv")
    return {"seat": "checker", "value": "approve", "reason": LOOKED, "digest": digest}


def _on_plan(world: World) -> dict[str, str]:
    with read(world.control.db) as session:
        digest = str(by_slug(session, "kidney-age").plan_digest)  # type: ignore[union-attr]
    return {"seat": "methods", "value": "approve", "digest": digest}


def _admit(world: World) -> dict[str, str]:
    with read(world.control.db) as session:
        chosen = text("select digest from snapshots where id = :id")
        row = session.connection().execute(chosen, {"id": world.snapshots["proposed"]})
        digest = str(row.scalar_one())
    return {"seat": "asset_owner", "value": "approve", "digest": digest}


def _applied(_world: World) -> dict[str, Any]:
    asked = an_application("another-idea")
    return {"slug": asked.slug, "title": asked.title, "datasets": ["flchain"]}


def _amended(_world: World) -> dict[str, Any]:
    asked = an_application("a-first-idea")
    return {"slug": asked.slug, "title": "A better idea", "datasets": ["flchain"]}


def _said(_world: World) -> dict[str, str]:
    return {"addressee": "reviewers", "body": "The age groups are those of the plan."}


def _none(world: World) -> dict[str, Any]:
    with read(world.control.db) as session:
        file = session.get_one(File, world.files["in_review"]["labels.csv"])
        return {"report": file.report_digest, "number": 0, "reason": "A label, no identifier."}


def _held(world: World) -> None:
    with write(world.control.db) as session:
        actor, held = world.actors["administrator"], world.requests["in_review"]
        releasing.hold(session, actor, NOW, held, "Because of a test.")


def _announced(_world: World) -> dict[str, str]:
    return {"dataset": "flchain", "label": "2030-1", "dictionary": DICTIONARY}


def _closed(world: World) -> object:
    with read(world.control.db) as session:
        return {"halt": halts_in_force(session, Scope.PROJECT)[0].id, "closed": 1}


def _counted(_world: World) -> dict[str, Any]:
    row = {"project": "light-chains", "person": "ada", "minute": NOW.isoformat()}
    return {"rows": [{**row, "path_class": "kernel", "requests": 3}]}


def _code(world: World) -> dict[str, str]:
    cookie = hashlib.sha256(b"cookie").hexdigest()
    with write(world.control.db) as session:
        actor = signed_in(session, world.actors["lead"])
        code = identity.make_handover(session, actor, "light-chains", cookie, NOW)
    return {"project": "light-chains", "code": code, "state": "cookie"}


def _at_project(world: World) -> dict[str, str]:
    body = _code(world)
    with write(world.control.db) as session:
        secret, _ = identity.redeem_handover(session, "light-chains", body["code"], "cookie", NOW)
    return {"project": "light-chains", "session": secret}


def signed_in(session: Session, actor: Actor) -> Actor:
    """The same person with a session at the control plane."""
    someone = people.person(session, str(actor.person))
    opened = identity.open_session(session, someone, NOW, acr="aal1", auth_time=NOW)
    found = people.session_actor(session, opened.secret, NOW)
    assert found is not None
    return found.actor


def _nothing(_world: World) -> None:
    return None


def _server_of_lead(world: World) -> None:
    lead = world.actors["lead"]
    with write(world.control.db) as session:
        row = by_slug(session, "light-chains")
        assert row is not None
        handle = people.person(session, str(lead.person)).handle
        workspaces.want_server(session, row.id, row.slug, str(lead.person), handle, NOW)


def _because(_world: World) -> dict[str, str]:
    return {"reason": "Because of a test."}


WORDS = dict(zip(("shows", "population", "control"), SAYS, strict=True))
P, R, S = "/api/projects/{slug}", "/api/requests/{request_id}", "/api/snapshots"
D = "/internal/intake/{project}/{person}/drafts/{name}"
F = R + "/files/{file_id}"

VALID: dict[tuple[str, str], tuple[str, dict[str, str], Body]] = {
    ("POST", "/api/tokens"): ("lead", {}, lambda _: {"days": 1, "scopes": ["airlock.*"]}),
    ("DELETE", "/api/tokens/{prefix}"): ("lead", {}, _nothing),
    ("POST", "/api/projects"): ("drafter", {}, _applied),
    ("PUT", P): ("drafter", {"slug": "a-first-idea"}, _amended),
    ("POST", f"{P}/close"): ("lead", {}, _because),
    ("POST", f"{P}/submit"): ("drafter", {"slug": "a-first-idea"}, _nothing),
    ("POST", f"{P}/votes"): ("reviewer", {"slug": "kidney-age"}, _on_plan),
    ("POST", f"{P}/membership/accept"): ("member", {}, _nothing),
    ("DELETE", f"{P}/members/{{handle}}"): ("lead", {}, _nothing),
    ("DELETE", f"{P}/server"): ("lead", {}, _server_of_lead),
    ("POST", f"{P}/halt"): ("administrator", {}, _because),
    ("POST", f"{P}/resume"): ("administrator", {"slug": "halted-work"}, _because),
    ("POST", S): ("steward", {}, _announced),
    ("PUT", f"{S}/{{snapshot}}/files/{{path:path}}"): (
        "steward",
        {"snapshot": "receiving", "path": "flchain.csv"},
        lambda _: CLEAN,
    ),
    ("POST", f"{S}/{{snapshot}}/finish"): (
        "steward",
        {"snapshot": "receiving"},
        lambda _: {"files": 1},
    ),
    ("POST", f"{S}/{{snapshot}}/votes"): ("owner", {}, _admit),
    ("POST", f"{S}/{{snapshot}}/retire"): ("owner", {"snapshot": "published"}, _nothing),
    ("POST", f"{S}/{{snapshot}}/withdraw"): ("owner", {"snapshot": "published"}, _because),
    ("POST", "/api/requests"): (
        "lead",
        {},
        lambda _: {"project": "light-chains", "name": "a-new-one"},
    ),
    ("PUT", f"{R}/files/{{path:path}}"): ("lead", {"request_id": "draft"}, lambda _: CLEAN),
    ("DELETE", F): ("lead", {"request_id": "draft"}, _nothing),
    ("POST", f"{F}/context"): ("lead", {"request_id": "draft"}, lambda _: WORDS),
    ("POST", f"{R}/check"): ("lead", {"request_id": "draft"}, _nothing),
    ("POST", f"{R}/submit"): ("lead", {"request_id": "draft"}, _nothing),
    ("POST", f"{R}/reopen"): ("lead", {"request_id": "blocked"}, _nothing),
    ("POST", f"{R}/withdraw"): ("lead", {"request_id": "in_review"}, _nothing),
    ("POST", f"{R}/comments"): ("lead", {}, _said),
    ("POST", f"{R}/hold"): ("administrator", {}, _because),
    ("POST", f"{R}/lift"): ("administrator", {}, _held),
    ("POST", f"{R}/recall"): ("administrator", {"request_id": "released"}, _because),
    ("POST", f"{F}/votes"): ("checker", {}, _vote),
    ("POST", f"{F}/disagreements"): ("checker", {"file_id": "labels.csv"}, _none),
    ("GET", f"{F}/download"): ("lead", {"request_id": "released"}, _nothing),
    ("GET", f"{R}/record"): ("lead", {"request_id": "released"}, _nothing),
    ("GET", f"{R}/manifest"): ("lead", {"request_id": "released"}, _nothing),
    ("POST", "/internal/exchange"): ("gateway", {}, _code),
    ("POST", "/internal/want"): ("gateway", {}, _at_project),
    ("POST", "/internal/leave"): ("gateway", {}, _at_project),
    ("POST", "/internal/usage"): ("gateway", {}, _counted),
    ("POST", "/internal/closed"): ("gateway", {}, _closed),
    ("PUT", f"{D}/files/{{path:path}}"): ("doors", {}, lambda _: CLEAN),
    ("POST", f"{D}/check"): ("doors", {"name": "draft"}, _nothing),
    ("POST", f"{D}/submit"): ("doors", {"name": "draft"}, lambda _: {"files": {}}),
}
"""A call of each writing route that is carried out: who calls, what is in the path, the body."""

READING = {("POST", "/internal/decide")}
"""A question that is asked by POST and writes nothing."""


def prepared(world: World, key: tuple[str, str]) -> Callable[[], httpx2.Response]:
    """A call that would be carried out; whoever calls was here before, so only it would write."""
    who, where, body = VALID[key]
    role = who in ("gateway", "doors")
    token = (
        role_token(world, ProcessRole(who))
        if role
        else a_token(world, who, (*SCOPES, "identity.*"))
    )
    here = values(world, where.get("request_id", "in_review")) | where
    here["request_id"] = world.requests[where.get("request_id", "in_review")]
    if "file_id" in where:
        here["file_id"] = world.files["in_review"][where["file_id"]]
    here["snapshot"] = world.snapshots[where.get("snapshot", "proposed")]
    if "{prefix}" in key[1]:
        here["prefix"] = newest_token(world, who)
    path = address(key[1], here)
    content = body(world)
    sent = {"content": content} if isinstance(content, bytes) else {"json": content}
    client = world.browser(None).client
    if not role:
        assert client.get("/api/me", headers=bearer(token)).is_success
    return lambda: client.request(key[0], path, headers=bearer(token), **sent)


@pytest.mark.parametrize("key", VALID, ids=[" ".join(key) for key in VALID])
def test_a_failing_commit_is_never_a_success(world: World, key: tuple[str, str]) -> None:
    """The disk is full at COMMIT: the caller learns it, nothing is stored; mended, it is done."""
    if key == ("POST", f"{S}/{{snapshot}}/finish"):
        assert prepared(world, ("PUT", f"{S}/{{snapshot}}/files/{{path:path}}"))().is_success
    call = prepared(world, key)
    before = log_actions(world)
    mend = commits_fail(world)
    failed = call()
    mend()
    assert failed.status_code == 503, failed.text
    assert failed.json()["code"] == "database_unavailable"
    assert log_actions(world) == before
    done = call()
    assert done.is_success, done.text


def test_every_writing_route_has_such_a_call() -> None:
    """Or a new one could answer before it has stored."""
    writing = {
        (method, route.path)
        for method, route in routes(api, internal, intake)
        if method in ("POST", "PUT", "PATCH", "DELETE")
    }
    assert writing - READING == {key for key in VALID if key[0] != "GET"}
    assert len(VALID) >= 29


def test_no_form_of_a_page_succeeds_with_a_failing_commit(world: World) -> None:
    """Every form's address, filled in as well as one can without knowing it."""
    fields = {"value": "approve", "reason": LOOKED, "seat": "checker", "digest": "x", "days": "3"}
    fields |= {"slug": "another-idea", "title": "Another idea", **WORDS}
    browsers = [world.browser(name) for name in ("lead", "administrator", "owner", "checker")]
    for browser in browsers:
        browser.get("/")
    mend = commits_fail(world)
    seen: list[int] = []
    for method, route in routes(web):
        if method == "POST" and route.path != "/logout":
            for browser in browsers:
                answer = browser.post(address(route.path, values(world)), fields)
                assert answer.status_code >= 400, route.path
                seen.append(answer.status_code)
    assert browsers[0].post("/logout").status_code == 503
    mend()
    assert seen.count(503) >= 8
    assert len(seen) >= 100


# what is told as it commits


class Listener:
    """A process of ours that listens to the stream, line by line."""

    def __init__(self, doorway: Doorway, token: str) -> None:
        """Connect; lines come in a thread until the end."""
        self.lines: list[dict[str, Any]] = []
        self.more = threading.Condition()
        self.client = httpx2.Client(
            base_url=f"http://127.0.0.1:{doorway.port}", timeout=10, trust_env=False
        )
        self.stopped = False
        self.thread = threading.Thread(target=self._listen, args=(token,))
        self.thread.start()

    def _listen(self, token: str) -> None:
        with self.client.stream("GET", "/internal/stream?role=gateway", headers=bearer(token)) as r:
            for line in r.iter_lines():
                with self.more:
                    self.lines.append(json.loads(line))
                    self.more.notify_all()
                if self.stopped:
                    return

    def wait(self, kind: str, after: int = 0) -> dict[str, Any]:
        """The next line of this kind; a busy machine may take its time."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = [one for one in self.lines[after:] if one["kind"] == kind]
            return bool(found)

        with self.more:
            assert self.more.wait_for(there, SOON), f"no {kind} within {SOON} s"
        return found[0]

    def mark(self) -> int:
        """How many lines have come."""
        with self.more:
            return len(self.lines)

    def close(self) -> None:
        """Hang up; the stream's next beat ends the thread."""
        self.stopped = True
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.client.close()


@pytest.fixture
def listener(world: World, doorway: Doorway) -> Iterator[Listener]:
    """A gateway that listens to this world."""
    doorway.app = world.app
    with closing(Listener(doorway, role_token(world, ProcessRole.GATEWAY))) as found:
        found.wait("beat")
        yield found


def test_the_stream_beats_while_all_is_well(listener: Listener) -> None:
    """Silence means that something is wrong; two beats may be late before anybody gives up."""
    for _ in range(3):
        listener.wait("beat", listener.mark())
    silence = inspect.signature(Line.follow).parameters["silence"].default
    assert silence > 3 * BEAT_SECONDS


def test_a_halt_is_told_as_it_commits(world: World, listener: Listener) -> None:
    """Project first; its people too, since each of them may not work any more."""
    _at_project(world)
    mark = listener.mark()
    world.browser("administrator").api(
        "POST", "/api/projects/light-chains/halt", {"reason": "Because."}
    )
    heard = listener.wait("halt", mark)
    assert str(heard.pop("halt")).startswith("h-")
    assert heard == {"kind": "halt", "project": "light-chains", "person": None}
    told = listener.wait("revoke", mark)
    assert told == {"kind": "revoke", "project": "light-chains", "person": handle_of(world, "lead")}


def test_what_a_halt_closed_is_written_for_each_role(world: World, listener: Listener) -> None:
    """The log has each role's first answer; who comes back adds what it closed then."""
    mark = listener.mark()
    administrator = world.browser("administrator")
    administrator.api("POST", "/api/projects/light-chains/halt", {"reason": "Because."})
    row = listener.wait("halt", mark)["halt"]
    client = world.browser(None).client
    before = log_actions(world).count("operator.halt_heard")
    for role, closed in (("gateway", 2), ("doors", 1), ("gateway", 0), ("gateway", 3)):
        answer = client.post(
            "/internal/closed",
            json={"halt": row, "closed": closed},
            headers=bearer(role_token(world, ProcessRole(role))),
        )
        assert answer.status_code == 204
    with read(world.control.db) as session:
        heard = heard_of(session, row)
    assert {role: one.closed for role, one in heard.items()} == {"gateway": 5, "doors": 1}
    assert log_actions(world).count("operator.halt_heard") == before + 2


def test_a_halt_that_is_over_or_unknown_is_not_answered(world: World) -> None:
    """Nobody can fill the log by answering what was never said."""
    answer = world.browser(None).client.post(
        "/internal/closed",
        json={"halt": "h-made-up", "closed": 7},
        headers=bearer(role_token(world, ProcessRole.DOORS)),
    )
    assert answer.status_code == 204
    assert "operator.halt_heard" not in log_actions(world)


def test_a_halt_of_a_person_or_of_all_is_told_as_such(world: World, listener: Listener) -> None:
    """Both have a row of their own that is to be answered."""
    for scope, target, told in (
        ("person", str(world.actors["lead"].person), (None, handle_of(world, "lead"))),
        ("installation", "*", (None, None)),
    ):
        mark = listener.mark()
        with write(world.control.db) as session:
            who = world.actors["administrator"]
            governance.halt(session, who, NOW, scope=scope, target=target, reason="Because.")
        heard = listener.wait("halt", mark)
        assert (heard["project"], heard["person"]) == told


def test_a_halt_that_was_lifted_is_told_again_when_it_comes_again(
    world: World, listener: Listener
) -> None:
    """Level-based: what is told is what holds now, not what was once told."""
    administrator = world.browser("administrator")
    halted = "/api/projects/halted-work"
    mark = listener.mark()
    assert administrator.api("POST", f"{halted}/resume", {"reason": "All well."}).is_success
    listener.wait("beat", mark)
    listener.wait("beat", listener.mark())
    mark = listener.mark()
    assert administrator.api("POST", f"{halted}/halt", {"reason": "Again."}).is_success
    assert listener.wait("halt", mark)["project"] == "halted-work"


REVOKED: dict[str, Callable[[Session, World], object]] = {
    "suspended": lambda session, world: identity.suspend_person(
        session,
        world.actors["administrator"],
        NOW,
        person_id=str(world.actors["lead"].person),
        reason="Left the institute.",
    ),
    "halted": lambda session, world: governance.halt(
        session,
        world.actors["administrator"],
        NOW,
        scope="person",
        target=str(world.actors["lead"].person),
        reason="A laptop was lost.",
    ),
    "data withdrawn": lambda session, world: withdraw(
        session, world.actors["owner"], NOW, world.snapshots["published"], "Consent."
    ),
}


@pytest.mark.parametrize("why", REVOKED)
def test_a_revocation_is_told_as_it_commits(world: World, listener: Listener, why: str) -> None:
    """Nobody has to remember to announce it: what changed is compared with what was told."""
    _at_project(world)
    person = handle_of(world, "lead")
    mark = listener.mark()
    with write(world.control.db) as session:
        REVOKED[why](session, world)
    told = listener.wait("revoke", mark)
    assert told == {"kind": "revoke", "project": "light-chains", "person": person}


def test_a_change_of_servers_is_told(world: World, listener: Listener) -> None:
    """Doors open for a server that is wanted, and the list says by which hub."""
    lead = world.actors["lead"]
    handle = handle_of(world, "lead")
    mark = listener.mark()
    with write(world.control.db) as session:
        row = by_slug(session, "light-chains")
        assert row is not None
        workspaces.want_server(session, row.id, row.slug, str(lead.person), handle, NOW)
    listener.wait("servers", mark)
    token = role_token(world, ProcessRole.DOORS)
    client = world.browser(None).client
    listed = client.get("/internal/servers", headers=bearer(token)).json()["servers"]
    assert [(one["project"], one["person"]) for one in listed] == [("light-chains", handle)]
    assert listed[0]["hub_socket"].endswith("/p/light-chains/hub.sock")


def test_a_pod_is_told_with_its_hash_and_again_when_its_start_changes(
    world: World, listener: Listener
) -> None:
    """Before it is ready, because it calls its hub first; each new start is news for the doors."""
    lead, handle = world.actors["lead"], handle_of(world, "lead")
    key = server_key("light-chains", handle)
    token = role_token(world, ProcessRole.DOORS)
    client = world.browser(None).client

    def seen(**facts: Any) -> dict[str, Any]:
        mark = listener.mark()
        with write(world.control.db) as session:
            workspaces.record_server(session, key, workspaces.Seen("starting", **facts), NOW)
        listener.wait("servers", mark)
        (one,) = client.get("/internal/servers", headers=bearer(token)).json()["servers"]
        assert isinstance(one, dict)
        return one

    with write(world.control.db) as session:
        row = by_slug(session, "light-chains")
        assert row is not None
        workspaces.want_server(session, row.id, row.slug, str(lead.person), handle, NOW)
    first = seen(address="198.19.0.7:8888", door="a" * 64, hub="198.19.0.9:8081")
    known = {"key": key, "project": "light-chains", "person": handle}
    pod = {"address": "198.19.0.7", "secret": "a" * 64, "hub": "198.19.0.9:8081"}
    assert first == known | pod
    assert seen(address="198.19.0.7:8888", door="b" * 64)["secret"] == "b" * 64
    assert seen(address="[2001:2:0:1::7]:8888", door="b" * 64)["address"] == "2001:2:0:1::7"


# tokens and sessions


def test_a_token_ends_with_the_person_and_with_its_days(world: World) -> None:
    """Suspended: at once. After its days: by the clock."""
    token = a_token(world, "lead")
    client = world.browser(None).client
    assert client.get("/api/me", headers=bearer(token)).status_code == 200
    with write(world.control.db) as session:
        REVOKED["suspended"](session, world)
    answer = client.get("/api/me", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_signed_in")


def test_a_cookie_is_believed_from_our_own_pages_only(world: World) -> None:
    """A write by cookie needs our origin; a token does not, for no browser sends it by itself."""
    browser = world.browser("lead")
    path = f"/api/requests/{world.requests['draft']}/submit"
    for origin in ("https://evil.example", "null", "http://light-chains.localhost:8701"):
        headers = browser.headers | {"origin": origin}
        answer = browser.client.post(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert files_of(world, "draft")
    answer = browser.client.post(
        path, headers=bearer(a_token(world, "lead")) | {"origin": "https://evil.example"}
    )
    assert answer.json().get("code") != "cross_site"


def test_every_answer_has_the_security_headers(filled: World) -> None:
    """Success, refusal, unknown page, static file; no answer of ours names its software."""
    client = filled.browser(None).client
    for path in ("/health", "/api/me", "/nowhere", "/static/tre.css", "/register"):
        answer = client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert COOKIE not in answer.headers.get("set-cookie", "")
