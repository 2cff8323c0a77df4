"""Every bad input answers with a sentence that helps, and loses nothing that was there before."""

import json
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, get_args
from urllib.parse import quote

import httpx2
import pytest
from fastapi.routing import APIRoute

from orchestrator.api.intake import router as intake
from orchestrator.api.internal import router as internal
from orchestrator.api.routes import router as api
from orchestrator.db import read, write
from orchestrator.errors import Unavailable
from orchestrator.identity.service import mint_token
from orchestrator.identity.tokens import ProcessRole, TokenKind
from orchestrator.objectstore.port import Frozen
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone
from orchestrator.server import application
from orchestrator.workspaces.passage import Passage
from tests.factories import DAY, DICTIONARY, NOW, an_application, policies
from tests.integration.api.conftest import Doorway
from tests.integration.api.test_api import (
    _at_project,
    address,
    bearer,
    handle_of,
    role_token,
    routes,
    values,
)
from tests.integration.api.test_one_rule import SCOPES, a_token
from tests.web_world import CLEAN, World, a_control, a_world, at, files_of, log_actions


@pytest.fixture
def client(world: World) -> httpx2.Client:
    """Somebody without a session; each call brings a token."""
    return world.browser(None).client


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The answer as problem details, with a sentence that ends in a full stop or a reason."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    said: dict[str, Any] = answer.json()
    assert (answer.status_code, said["status"], said["code"]) == (status, status, code), said
    assert len(said["detail"].split()) >= 4, said["detail"]
    assert "Traceback" not in answer.text
    return said


def received(world: World, snapshot: str = "receiving") -> dict[str, str]:
    """Path and digest of what has arrived of a snapshot."""
    said = world.browser("steward").api("GET", f"/api/snapshots/{world.snapshots[snapshot]}").json()
    return {file["path"]: file["digest"] for file in said["files"]}


def stored(world: World) -> set[str]:
    """Every file below the store, half-written ones too."""
    root = world.control.settings.state_dir / "store"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


# dictionaries

WRONG_DICTIONARIES = {
    "nothing": "",
    "a list": "- flchain",
    "no YAML": "tables: [",
    "an unknown type": DICTIONARY.replace("integer", "number-ish"),
    "an unknown word": DICTIONARY.replace("role: quasi_id", "role: quasi_id, colour: red"),
    "no pseudonym": DICTIONARY.replace("person: person", "person: nobody"),
    "a bomb": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]\n",
    "code": "tables: !!python/object/apply:os.system ['true']",
    "too deep": "[" * 5000,
    "half a character": '{"tables": {"a": {"file": "\\ud800.csv"}}}',
}


@pytest.mark.parametrize("why", WRONG_DICTIONARIES)
def test_a_wrong_dictionary_says_what_to_mend_and_announces_nothing(
    world: World, client: httpx2.Client, why: str
) -> None:
    """With every mistake; the next try with a right one goes through under the same label."""
    body = {"dataset": "flchain", "label": "2030-1", "dictionary": WRONG_DICTIONARIES[why]}
    token = bearer(a_token(world, "steward"))
    before = log_actions(world)
    said = problem(client.post("/api/snapshots", json=body, headers=token), 422, "bad_dictionary")
    assert said["reasons"] or "dictionary" in said["detail"]
    assert "snapshot.announce" not in log_actions(world)[len(before) :]
    again = client.post("/api/snapshots", json=body | {"dictionary": DICTIONARY}, headers=token)
    assert again.status_code == 201, again.text


# uploads


def test_an_upload_without_its_length_is_refused_before_a_byte(
    world: World, client: httpx2.Client
) -> None:
    """Or a cut one would look complete."""
    path = f"/api/snapshots/{world.snapshots['receiving']}/files/flchain.csv"
    before = stored(world)
    answer = client.put(
        path, content=iter([b"some", b"rows"]), headers=bearer(a_token(world, "steward"))
    )
    problem(answer, 422, "length_required")
    assert stored(world) == before


UPLOADS = {
    "snapshot": ("steward", "/api/snapshots/{receiving}/files/second.csv"),
    "request": ("lead", "/api/requests/{draft}/files/second.csv"),
    "intake": ("doors", "/internal/intake/light-chains/{lead}/drafts/draft/files/second.csv"),
}


def where(world: World, name: str) -> tuple[str, str]:
    """Token and path of an upload."""
    who, path = UPLOADS[name]
    token = role_token(world, ProcessRole.DOORS) if who == "doors" else a_token(world, who)
    known = {"receiving": world.snapshots["receiving"], "draft": world.requests["draft"]}
    return token, path.format(**known, lead=handle_of(world, "lead"))


def cut(doorway: Doorway, path: str, token: str, body: bytes, announced: int) -> bytes:
    """Send less than was announced, then hang up; returns what was answered meanwhile."""
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: tre.localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {announced}\r\n\r\n"
    )
    with closing(socket.create_connection(("127.0.0.1", doorway.port), 10)) as line:
        line.sendall(head.encode() + body)
        line.shutdown(socket.SHUT_WR)
        line.settimeout(10)
        found = b""
        while chunk := line.recv(65536):
            found += chunk
    return found


@pytest.mark.parametrize("name", UPLOADS)
@pytest.mark.parametrize("size", [0, 1, 3 << 20])
def test_an_upload_that_is_cut_leaves_nothing_and_keeps_what_was_there(
    world: World, doorway: Doorway, name: str, size: int
) -> None:
    """The line breaks: no half file, no row; sent again whole, it is there."""
    doorway.app = world.app
    token, path = where(world, name)
    before, rows = stored(world), (received(world), files_of(world, "draft"))
    calls = doorway.begun
    cut(doorway, path, token, b"x" * size, size + 100)
    doorway.await_rest(calls)
    assert stored(world) == before
    assert (received(world), files_of(world, "draft")) == rows
    client = world.browser(None).client
    again = client.put(path, content=CLEAN, headers=bearer(token))
    assert again.status_code == 200, again.text
    assert "second.csv" in {**received(world), **dict.fromkeys(files_of(world, "draft"), "")}


def test_a_shorter_body_than_announced_is_a_sentence_where_it_can_be_answered(
    world: World,
) -> None:
    """An application server in front that ends the body early instead of the connection."""
    token, path = where(world, "snapshot")
    client = world.browser(None).client
    headers = bearer(token) | {"content-length": "1000"}
    answer = client.put(path, content=b"x" * 10, headers=headers)
    said = problem(answer, 422, "truncated")
    assert "10 of 1,000 bytes" in said["detail"]


# disks


class FullStore(PosixStore):
    """A store whose disk is full."""

    def freeze(self, zone: Zone, stream: BinaryIO, limit: int) -> Frozen:
        """Read a little, then refuse, as the real one does."""
        stream.read(10)
        raise Unavailable("The disk of the object store is full; send it again.", code="store_full")


@pytest.mark.parametrize("name", UPLOADS)
def test_a_full_disk_is_said_and_nothing_is_lost(world: World, name: str) -> None:
    """503, try later; what was sent before is still there."""
    token, path = where(world, name)
    rows = (received(world), files_of(world, "draft"))
    full = replace(world.control, store=FullStore(world.control.settings.state_dir / "store"))
    client = replace(world, app=application(full)).browser(None).client
    said = problem(client.put(path, content=CLEAN, headers=bearer(token)), 503, "store_full")
    assert "full" in said["detail"]
    assert (received(world), files_of(world, "draft")) == rows


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """A disk that takes no file larger than `size` bytes: the kernel's own refusal."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_really_refuses_leaves_no_half_file(world: World) -> None:
    """The kernel's refusal, through the real store and the real application."""
    token, path = where(world, "snapshot")
    client = world.browser(None).client
    assert client.get("/api/me", headers=bearer(token)).is_success  # the database writes here
    before = stored(world)
    files = world.control.settings.state_dir.parent.rglob("tre.db*")  # PostgreSQL's are its own
    size = max((p.stat().st_size for p in files), default=0)
    with no_file_beyond(size + (8 << 20)):
        answer = client.put(path, content=b"x" * (size + (9 << 20)), headers=bearer(token))
    problem(answer, 503, "store_full")
    assert stored(world) == before


# names that are taken, things that changed


def test_names_that_are_taken_are_a_conflict(world: World, client: httpx2.Client) -> None:
    """Project, dataset version, draft; the sentence says what to do instead."""
    lead, steward = (bearer(a_token(world, who)) for who in ("drafter", "steward"))
    asked = an_application("light-chains")
    project = {"slug": asked.slug, "title": "Twin", "datasets": ["flchain"]}
    problem(client.post("/api/projects", json=project, headers=lead), 409, "twin")
    version = {"dataset": "flchain", "label": "2026-1", "dictionary": DICTIONARY}
    problem(client.post("/api/snapshots", json=version, headers=steward), 409, "label_taken")
    author = bearer(a_token(world, "lead"))
    draft = {"project": "light-chains", "name": "draft"}
    problem(client.post("/api/requests", json=draft, headers=author), 409, "name_taken")


@pytest.mark.parametrize("name", ["snapshot", "request"])
def test_two_names_that_are_one_file_on_some_computers_are_refused(
    world: World, client: httpx2.Client, name: str
) -> None:
    """Case twins and Unicode twins; the first file stays as it was."""
    token, path = where(world, name)
    for first, twin in (("Table.csv", "TABLE.csv"), ("straße.csv", "STRASSE.csv")):
        one, other = (path.replace("second.csv", quote(part)) for part in (first, twin))
        assert client.put(one, content=CLEAN, headers=bearer(token)).is_success
        answer = client.put(other, content=b"x,y\n1,2\n", headers=bearer(token))
        problem(answer, {"snapshot": 422, "request": 409}[name], "twin_path")


def test_what_was_submitted_cannot_be_changed(world: World, client: httpx2.Client) -> None:
    """Neither a file of a request nor one of a snapshot; the conflict says where it stands."""
    lead, steward = (bearer(a_token(world, who)) for who in ("lead", "steward"))
    request, snapshot = world.requests["in_review"], world.snapshots["proposed"]
    before = (files_of(world, "in_review"), received(world, "proposed"))
    path = f"/api/requests/{request}/files/survival.csv"
    problem(client.put(path, content=b"other", headers=lead), 409, "not_a_draft")
    file = world.files["in_review"]["survival.csv"]
    problem(
        client.delete(f"/api/requests/{request}/files/{file}", headers=lead), 409, "not_a_draft"
    )
    path = f"/api/snapshots/{snapshot}/files/flchain.csv"
    problem(client.put(path, content=b"other", headers=steward), 409, "wrong_state")
    assert (files_of(world, "in_review"), received(world, "proposed")) == before


# what is foreign

FOREIGN = (
    ("stranger", "GET", "/api/projects/{}", "light-chains"),
    ("stranger", "GET", "/api/projects/{}/workspace", "light-chains"),
    ("stranger", "POST", "/api/projects/{}/submit", "a-first-idea"),
    ("stranger", "POST", "/api/projects/{}/membership/accept", "light-chains"),
    ("stranger", "GET", "/api/requests/{}", "r:in_review"),
    ("stranger", "POST", "/api/requests/{}/submit", "r:draft"),
    ("stranger", "POST", "/api/requests/{}/check", "r:draft"),
    ("stranger", "POST", "/api/requests/{}/withdraw", "r:draft"),
    ("stranger", "POST", "/api/requests/{}/reopen", "r:blocked"),
    ("stranger", "PUT", "/api/requests/{}/files/a.csv", "r:draft"),
    ("checker", "GET", "/api/requests/{}", "r:draft"),
    ("lead", "GET", "/api/snapshots/{}", "s:announced"),
    ("member", "GET", "/api/requests/{}", "r:draft"),
    ("steward", "GET", "/api/projects/{}", "a-first-idea"),
)


@pytest.mark.parametrize(("who", "method", "path", "thing"), FOREIGN)
def test_what_is_foreign_answers_as_what_does_not_exist(
    filled: World, who: str, method: str, path: str, thing: str
) -> None:
    """Byte for byte: nobody learns from an answer that something is there."""
    kind, _, name = thing.rpartition(":")
    known = {"r": filled.requests, "s": filled.snapshots}.get(kind, {name: name})[name]
    token = bearer(a_token(filled, who))
    client = filled.browser(None).client
    answers = [
        client.request(method, path.format(what), headers=token, content=b"")
        for what in (known, "r-" + "0" * 32 if kind == "r" else "does-not-exist")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


# permits, clocks


def test_an_expired_permit_says_so(world: World) -> None:
    """Asking for an export, looking at the project: the reason is the date."""
    later = at(world, NOW + 366 * DAY)
    client = later.browser(None).client
    lead = bearer(_late_token(later, "lead"))
    body = {"project": "light-chains", "name": "too-late"}
    answer = client.post("/api/requests", json=body, headers=lead)
    said = problem(answer, 403, "isolation_unproven")
    assert "outside_dates" in {reason["code"] for reason in said["reasons"]}
    assert "The project ended on 4 May 2027" in said["detail"]
    shown = client.get("/api/projects/light-chains", headers=lead).json()
    assert "outside_dates" in {reason["code"] for reason in shown["access"]["reasons"]}
    assert shown["access"]["verbs"] == []


def _late_token(world: World, who: str) -> str:
    actor, now = world.actors[who], world.control.clock()
    with write(world.control.db) as session:
        return mint_token(
            session,
            actor,
            now,
            owner=str(actor.person),
            kind=TokenKind.PERSON,
            scopes=SCOPES,
            days=1,
        )


@pytest.mark.parametrize("back", [timedelta(hours=1), 400 * DAY])
def test_a_clock_that_goes_back_lets_nobody_in_and_breaks_nothing(
    world: World, back: timedelta
) -> None:
    """Tokens of the future are none; sessions of the future open no workspace."""
    token = bearer(a_token(world, "lead"))
    session = _at_project(world)
    earlier = at(world, NOW - back)
    client = earlier.browser(None).client
    problem(client.get("/api/me", headers=token), 403, "not_signed_in")
    with read(world.control.db) as reading:
        passage = Passage(policies(), world.control.settings.run)
        answer = passage.answer(reading, "light-chains", session["session"], NOW - back)
    assert answer["allow"] is False
    for path in ("/", "/register", "/api/health"):
        assert client.get(path).status_code == 200


# names that try to escape

ESCAPES = (
    "../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "a/../../b.csv",
    "a\\..\\b.csv",
    "C:\\table.csv",
    "a\x00.csv",
    "a\n.csv",
    ".",
    "..",
    ".hidden",
    "-rf",
    "a//b.csv",
    "a/",
    "a\u202ecsv.exe",
    "x" * 300,
    "a/" * 600 + "b.csv",
)


@pytest.mark.parametrize("name", UPLOADS)
def test_no_file_name_leaves_its_place(world: World, name: str) -> None:
    """Each hostile name, raw and encoded: a sentence, no file, and nothing outside the store."""
    token, path = where(world, name)
    before, outside = stored(world), _everything(world)
    client = world.browser(None).client
    for hostile in ESCAPES:
        for spelled in {quote(hostile, safe=""), quote(hostile, safe="/%")}:
            url = path.replace("second.csv", spelled)
            answer = client.put(httpx2.URL(_base(world), raw_path=url.encode()),
                                content=CLEAN, headers=bearer(token))  # fmt: skip
            assert answer.status_code in (307, 404, 405, 422), (hostile, answer.text)
    assert _everything(world) - _inside(world) == outside - _inside(world)
    names = {*received(world), *files_of(world, "draft")}
    assert not [one for one in names if ".." in one or one.startswith(("/", "."))]
    new = stored(world) - before
    assert all(one.startswith(("inbox/", "quarantine/")) for one in new)


def _base(world: World) -> str:
    return world.control.settings.control_url


def _everything(world: World) -> set[Path]:
    return set(world.control.settings.state_dir.parent.rglob("*"))


def _inside(world: World) -> set[Path]:
    return set((world.control.settings.state_dir / "store").rglob("*"))


@pytest.mark.parametrize(
    "hostile", ["../x", "..", "a/b", "A", "-a", "a-", "a\x00", "ä", "", "a" * 31]
)
def test_no_name_of_a_project_dataset_or_draft_leaves_its_place(
    filled: World, hostile: str
) -> None:
    """They become host names, folders and hub users, so only one spelling is a name."""
    client = filled.browser(None).client
    lead, steward = (bearer(a_token(filled, who)) for who in ("lead", "steward"))
    project = {"slug": hostile, "title": "A title", "datasets": ["flchain"]}
    dataset = {"dataset": hostile, "label": "2030-1", "dictionary": DICTIONARY}
    draft = {"project": "light-chains", "name": hostile}
    for path, body, token in (
        ("/api/projects", project, lead),
        ("/api/snapshots", dataset, steward),
        ("/api/requests", draft, lead),
    ):
        answer = client.post(path, json=body, headers=token)
        if path == "/api/requests" and answer.status_code == 201:
            assert hostile in ("A", "ä", "a" * 31), "a draft's name is free text without a path"
            continue
        assert answer.status_code == 422, (path, answer.text)
        assert answer.json()["detail"]


# nothing that is sent breaks us

NASTY = (
    "\x00",
    "a\x00b",
    "../../etc/passwd",
    "\ud800",
    "'; drop table people; --",
    "\u202e\u2066",
    "x" * 100_000,
    "",
    "9" * 40,
    "9999-12-31T23:59:59.999999+14:00",
)


@pytest.fixture(scope="module")
def house(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation on each kind of database, since they refuse different texts."""
    control = a_control(tmp_path_factory.mktemp("nasty"), database)
    yield a_world(control)
    control.db.dispose()


def test_no_text_breaks_any_route(house: World) -> None:
    """Every route of the API with hostile text in every place of path and body: never a fault."""
    client = house.browser(None).client
    tokens = {
        who: bearer(a_token(house, who, (*SCOPES, "identity.*")))
        for who in ("lead", "steward", "owner", "administrator", "checker", "reviewer")
    }
    ours = [bearer(role_token(house, role)) for role in ProcessRole]
    asked = 0
    for method, route in routes(api, internal, intake):
        if route.path == "/internal/stream":
            continue
        callers = ours if route.path.startswith("/internal") else list(tokens.values())
        for number, nasty in enumerate(NASTY):
            caller = callers[number % len(callers)]
            answer = _send(client, method, route, nasty, caller, values(house))
            assert answer.status_code < 500, (method, route.path, nasty[:20], answer.text)
            assert "Traceback" not in answer.text
            asked += 1
    assert asked >= 350


def _send(
    client: httpx2.Client,
    method: str,
    route: APIRoute,
    nasty: str,
    caller: dict[str, str],
    known: dict[str, str],
) -> httpx2.Response:
    spelled = quote(nasty[:2000].encode("utf-8", "surrogatepass"), safe="") or "%20"
    name = next(iter(route.param_convertors), "")
    path = address(route.path, {**known, name: spelled})
    body = {
        field: _like(info.annotation, nasty)
        for part in route.dependant.body_params
        for field, info in getattr(part.field_info.annotation, "model_fields", {}).items()
    }
    return client.request(
        method,
        httpx2.URL("http://tre.localhost:8700", raw_path=path.encode()),
        content=json.dumps(body).encode(),
        headers=caller | {"content-type": "application/json"},
    )


def _like(annotation: Any, nasty: str) -> Any:
    """Something of the field's type with the text in it, so that it reaches the service."""
    inner = get_args(annotation)
    if annotation is str or (str in inner and not str(annotation).startswith("list")):
        return nasty
    if annotation is int:
        return len(nasty) and 10**30
    if str(annotation).startswith("list"):
        return [nasty]
    return nasty


BODIES: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "application/json"),
    "a number": (b"7", "application/json"),
    "deep": (b"[" * 100_000, "application/json"),
    "no text": (b"\xff\xfe", "application/json"),
    "a form": (b"a=b", "application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_none_is_a_sentence(filled: World, kind: str) -> None:
    """Where a project is asked for, as an example of every JSON body."""
    content, media = BODIES[kind]
    answer = filled.browser(None).client.post(
        "/api/projects",
        content=content,
        headers=bearer(a_token(filled, "lead")) | {"content-type": media},
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Invalid"
    assert answer.json()["detail"]
