"""The pages, over the real application: who sees what, which forms do what, and what is refused."""

import hashlib
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from orchestrator.airlock.models import File
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import RequestState
from orchestrator.bootstrap.request import writing
from orchestrator.db import read, write
from orchestrator.errors import NotFound
from orchestrator.identity.queries import person
from orchestrator.identity.roles import permitted
from orchestrator.outputs.form import form_name
from orchestrator.projects import service as projects
from orchestrator.projects.queries import by_slug
from orchestrator.web.pages import router
from orchestrator.workspaces.queries import servers
from orchestrator.workspaces.service import stop_server, want, want_server
from tests.airlock_world import SAYS
from tests.databases import a_copy
from tests.factories import DICTIONARY, LAY_SUMMARY, NOW, PURPOSE, ROWS, policies
from tests.web_world import (
    CLEAN,
    LOOKED,
    Browser,
    Page,
    World,
    a_control,
    a_world,
    at,
    copied,
    files_of,
    local_links,
    log_actions,
    release,
    run_checks,
    state_of,
    subject_of,
)

EVERYBODY = {
    "lead",
    "member",
    "methods",
    "lay",
    "administrator",
    "owner",
    "steward",
    "checker",
    "second",
    "auditor",
    "stranger",
    "applicant",
    "reviewing owner",
    "reviewer",
    "drafter",
    "halted lead",
}
RESEARCHERS = {"lead", "member", "stranger", "applicant", "drafter", "halted lead"}
CHECKERS = {"checker", "second"}
OWNERS = {"owner", "reviewing owner"}
PANELS = {"methods", "lay", "reviewer"}
OVERSIGHT = {"administrator", "auditor"}
PARTNERS = {*OWNERS, "steward"}
REQUESTS = RESEARCHERS | CHECKERS | OWNERS | {"administrator"}
INSIDE = PARTNERS | OVERSIGHT
REVIEWS = PANELS | OVERSIGHT | PARTNERS


def pages(world: World) -> dict[str, set[str]]:
    """Every page, and who may see it; everybody else is refused or told that there is none."""
    found = {
        "/projects": EVERYBODY,
        "/projects/new": RESEARCHERS,
        "/requests": RESEARCHERS,
        "/requests/new": RESEARCHERS,
        "/queue": CHECKERS,
        "/reviews": OWNERS | PANELS,
        "/rules": REQUESTS,
        "/rules/O01": REQUESTS,
        "/datasets": EVERYBODY,
        "/datasets/new": {"steward"},
        "/console": OVERSIGHT,
        "/console/people": OVERSIGHT,
        "/console/log": {"auditor"},
        "/tokens": EVERYBODY,
        "/projects/light-chains": REVIEWS | {"lead", "member"},
        "/projects/light-chains/proof": OVERSIGHT | {"lead", "member"},
        "/projects/kidney-age": REVIEWS | {"applicant"},
        "/projects/a-first-idea": {"drafter"},
        "/projects/a-first-idea/edit": {"drafter"},
        "/projects/halted-work": REVIEWS | {"halted lead"},
        f"/datasets/{world.snapshots['published']}": EVERYBODY,
    }
    for name in ("announced", "receiving", "verifying", "proposed"):
        found[f"/datasets/{world.snapshots[name]}"] = INSIDE
    for name, row in world.requests.items():
        found[f"/requests/{row}"] = REQUEST[name]
    for path, file in world.files["in_review"].items():
        assert path
        looked = f"/requests/{world.requests['in_review']}/files/{file}/view"
        found[looked] = {"lead"} | CHECKERS
    return found


_UNDER_REVIEW = {"lead", "member", *CHECKERS, *OWNERS, "administrator"}
REQUEST = {
    "draft": {"lead"},
    "blocked": {"lead"},
    "checking": {"lead"},
    "in_review": _UNDER_REVIEW,
    "passed": _UNDER_REVIEW,
    "consolidating": _UNDER_REVIEW,
    "returned": _UNDER_REVIEW,
    "released": _UNDER_REVIEW,
}


@pytest.fixture(scope="module")
def template(blank: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One installation with a bit of everything, made once on each database and copied."""
    folder = tmp_path_factory.mktemp("web")
    with a_copy(blank, folder) as url:
        yield a_world(a_control(folder, url))


@pytest.fixture(scope="module")
def filled(template: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A copy for tests that only look."""
    with copied(template, tmp_path_factory.mktemp("filled")) as world:
        yield world


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    """A copy for one test."""
    with copied(template, tmp_path) as world:
        yield world


def page_of(answer: httpx2.Response) -> Page:
    """An answer as a page."""
    assert answer.headers["content-type"].startswith("text/html")
    return Page(answer.text)


def went(answer: httpx2.Response) -> str:
    """Where a form led to; it must have been carried out."""
    assert answer.status_code == 303, plain(answer)
    return str(answer.headers["location"])


def plain(answer: httpx2.Response) -> str:
    """A page's words, without tags."""
    text = re.sub(r"<[^>]+>", " ", answer.text)
    return html.unescape(re.sub(r"\s+", " ", text))


# who sees what


def test_each_person_sees_their_pages_and_no_others(filled: World) -> None:
    """The truth table of pages × people, generated; what is not theirs is refused or unknown."""
    wrong, asked = [], 0
    table = pages(filled)
    for name in filled.actors:
        browser = filled.browser(name)
        for path, allowed in table.items():
            asked += 1
            found = browser.get(path).status_code
            good = found == 200 if name in allowed else found in (403, 404)
            wrong += [] if good else [f"{name} {path}: {found}"]
    assert not wrong, "\n".join(wrong)
    assert asked == len(filled.actors) * len(table)
    assert len(table) >= 30


@pytest.mark.parametrize("path", ["/projects/kidney-age", "/requests/{in_review}"])
def test_what_is_foreign_is_unknown(filled: World, path: str) -> None:
    """The same answer, word for word, as for what does not exist."""
    browser = filled.browser("stranger")
    own = path.format(**filled.requests)
    missing = browser.get(own.rpartition("/")[0] + "/x-does-not-exist")
    foreign = browser.get(own)
    assert foreign.status_code == missing.status_code == 404
    assert plain(foreign).replace(own, "") == plain(missing).replace(own, "")


def test_without_signing_in_only_the_public_pages_answer(filled: World) -> None:
    """Everything else leads to the sign-in page and back."""
    nobody = filled.browser(None)
    for path in pages(filled):
        answer = nobody.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login?next=%2F")
    for path in ("/", "/register", "/health"):
        assert nobody.get(path).status_code == 200


def test_without_an_identity_provider_nobody_is_anybody(world: World) -> None:
    """A session that was opened before opens nothing then."""
    browser = world.browser("lead")
    browser.client.app.state.control = replace(world.control, oidc=None)  # type: ignore[attr-defined]
    assert browser.get("/projects").status_code == 303
    assert browser.get("/register").status_code == 200


ONE_OF_EACH = (
    "lead",
    "member",
    "methods",
    "administrator",
    "owner",
    "steward",
    "checker",
    "auditor",
    "applicant",
    "drafter",
    "halted lead",
    "nobody",
)


def seen_pages(world: World) -> Iterator[tuple[str, str, httpx2.Response]]:
    """Each page as each kind of person sees it."""
    for name in ONE_OF_EACH:
        browser = world.browser(name)
        for path in ("/", "/register", *pages(world)):
            answer = browser.get(path)
            yield name, path, answer


def test_every_page_is_plain_and_complete(filled: World) -> None:
    """One heading, nothing inline, every field named for those who cannot see it, strict policy."""
    wrong: list[str] = []
    count = 0
    for name, path, answer in seen_pages(filled):
        found, count = page_of(answer), count + 1
        policy = answer.headers["content-security-policy"]
        for problem, there in (
            ("inline", found.inline),
            ("headings", len(found.headings) != 1),
            ("fields without label", found.unlabelled),
            ("policy", "'unsafe" in policy or "script-src 'self'" not in policy),
            ("cached", answer.headers["cache-control"] != "no-store"),
        ):
            if there:
                wrong.append(f"{name} {path}: {problem}: {there}")
    assert not wrong, "\n".join(wrong)
    assert count > 300


def test_no_page_offers_a_link_that_is_refused(filled: World) -> None:
    """Every link of ours on a page that somebody sees opens for them."""
    wrong = set()
    for name in ONE_OF_EACH:
        browser, known = filled.browser(name), dict[str, int]()
        for path in ("/", *pages(filled)):
            answer = browser.get(path)
            if answer.status_code != 200:
                continue
            for link in local_links(page_of(answer)):
                if link not in known and not link.endswith("/download"):
                    known[link] = browser.get(link).status_code
                if known.get(link, 200) not in (200, 303):
                    wrong.add(f"{name} {path} -> {link}: {known[link]}")
    assert not wrong, "\n".join(sorted(wrong))


# forms


def routes() -> list[APIRoute]:
    """Every form's route."""
    found: list[APIRoute] = []

    def walk(one: Any) -> None:
        for route in one.routes:
            if isinstance(route, APIRoute):
                found.append(route)
            elif hasattr(route, "original_router"):
                walk(route.original_router)

    walk(router)
    return [route for route in found if "POST" in (route.methods or set())]


def calls(dependant: Dependant) -> list[str]:
    """What a handler is given, in the order in which it is made."""
    return [getattr(part.call, "__qualname__", "") for part in dependant.dependencies]


def test_a_form_is_read_and_believed_before_the_lock_is_taken() -> None:
    """A slow line must not hold the writer's lock, and a stranger must not even ask for it."""
    seen = 0
    for route in routes():
        made = calls(route.dependant)
        if route.path == "/logout":
            continue
        assert made[0].startswith("posted.") or made[:2] == ["posted.<locals>.read"], route.path
        if writing.__qualname__ in made:
            seen += 1
            assert made.index("posted.<locals>.read") < made.index(writing.__qualname__)
    assert seen >= 20


def addresses(world: World) -> dict[str, str]:
    """An address for each form's route."""
    request = world.requests["in_review"]
    values = {
        "slug": "light-chains",
        "handle": "person-4",
        "request_id": request,
        "file_id": world.files["in_review"]["survival.csv"],
        "snapshot": world.snapshots["proposed"],
        "prefix": "tre_person_0123456789ab",
    }
    return {
        route.path: re.sub(r"\{(\w+)[^}]*\}", lambda m: values[m.group(1)], route.path)
        for route in routes()
    }


SENDERS = ("lead", "administrator", "owner", "steward", "checker")
"""Together they hold the role that each form needs."""

FIELDS = {"value": "approve", "reason": "because", "seat": "checker", "digest": "x", "days": "3"}


def senders(world: World) -> list[tuple[str, Browser, Browser]]:
    """Each form's address with somebody whose role opens it, and somebody else."""
    browsers = {name: world.browser(name) for name in SENDERS}
    found = []
    for path, address in addresses(world).items():
        action = next(permission(r) for r in routes() if r.path == path) or "identity.token.mint"
        holder = next(n for n in SENDERS if permitted(world.actors[n], action))
        other = next(n for n in SENDERS if n != holder)
        found.append((address, browsers[holder], browsers[other]))
    return found


def permission(route: APIRoute) -> str:
    """The permission that a form's route names."""
    names = [getattr(part.call, "permission", "") for part in route.dependant.dependencies]
    return next((name for name in names if name), "")


def test_no_form_is_believed_without_its_token(world: World) -> None:
    """Without one, with a made-up one, with another session's: refused, and only that is logged."""
    ready = senders(world)
    before = log_actions(world)
    for address, browser, other in ready:
        for token in ("", "0" * 64, other.csrf):
            answer = browser.post(address, FIELDS, csrf=token)
            assert answer.status_code == 403, f"{address}: {plain(answer)}"
            assert "too old or not ours" in plain(answer), address
    assert set(log_actions(world)[len(before) :]) == {"access.refused"}
    assert len(ready) >= 30


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://light-chains.localhost:8701", ""]
)
def test_no_form_is_believed_from_elsewhere(world: World, origin: str) -> None:
    """Another site, a project's own host, and a browser that hides where it came from."""
    ready = senders(world)
    before = log_actions(world)
    for address, browser, _other in ready:
        answer = browser.post(address, FIELDS, origin=origin)
        assert answer.status_code == 403, f"{address}: {plain(answer)}"
        assert "did not begin on our own pages" in plain(answer), address
    assert set(log_actions(world)[len(before) :]) == {"access.refused"}


def test_the_form_of_somebody_who_is_not_signed_in_is_given_back(world: World) -> None:
    """The session ended while they wrote: their words come back, with the way to sign in."""
    browser = world.browser("drafter")
    later = at(world, NOW + timedelta(hours=11))
    stale = Browser(later, None)
    stale.headers["cookie"] = browser.headers["cookie"]
    answer = stale.post("/projects", {"slug": "mine", "purpose": "A long and careful text."})
    assert answer.status_code == 403
    assert "A long and careful text." in plain(answer)
    assert "/login?next=" in answer.text


def test_a_form_that_is_too_large_is_refused_before_it_is_read(world: World) -> None:
    """Words are words; files have their own limit; a stranger's file is not taken in at all."""
    huge = {"purpose": "x" * (1 << 20)}
    answer = world.browser("lead").post("/projects", huge)
    assert answer.status_code == 422
    assert "more than a page takes" in plain(answer)
    request = world.requests["draft"]
    files = {"files": ("big.csv", b"x" * (2 << 20))}
    nobody = world.browser(None).post(f"/requests/{request}/files", files=files)
    assert nobody.status_code == 403
    assert "big.csv" not in files_of(world, "draft")


def again(world: World, who: str, path: str, sent: dict[str, Any]) -> httpx2.Response:
    """Send a form that must be refused."""
    answer = world.browser(who).post(path, sent)
    assert answer.status_code in (403, 409, 422), answer.status_code
    assert "This did not happen" in answer.text
    return answer


def test_an_application_that_is_refused_is_shown_as_it_was_written(world: World) -> None:
    """Nothing of it is lost: words, ticks and days."""
    sent = {
        "slug": "Not A Name",
        "title": "My title",
        "purpose": PURPOSE,
        "lay_summary": "<b>short</b>",
        "datasets": ["flchain"],
        "needed": ["flchain"],
        "members": "person-4",
        "starts": "2026-05-04",
        "ends": "2027-01-01",
    }
    answer = again(world, "lead", "/projects", sent)
    fields = dict(page_of(answer).forms)["/projects"]
    assert fields["slug"] == "Not A Name"
    assert fields["starts"] == "2026-05-04"
    assert PURPOSE in plain(answer)
    assert "&lt;b&gt;short&lt;/b&gt;" in answer.text
    assert answer.text.count(" checked") == 2
    assert "cannot be a name here" in plain(answer)


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "9999-12-31"])
def test_a_day_that_is_none_is_a_sentence(world: World, day: str) -> None:
    """Also the last day that there is."""
    answer = again(world, "lead", "/projects", {"slug": "mine", "ends": day})
    assert "as a day, such as 2026-05-04" in plain(answer)


def test_words_about_a_file_survive_a_refusal(world: World) -> None:
    """Too long for one field: the other two are still there."""
    request, file = world.requests["draft"], world.files["draft"]["notes.md"]
    sent = {"shows": "y" * 5000, "population": "Adults of the north", "control": "None needed"}
    answer = again(world, "lead", f"/requests/{request}/files/{file}/context", sent)
    assert "Adults of the north" in answer.text
    assert "may have 4000 characters" in plain(answer)


def test_a_vote_on_a_changed_file_keeps_its_reason(world: World) -> None:
    """The page is shown anew with what is there now, and the checker's words."""
    request, file = world.requests["in_review"], world.files["in_review"]["plot.png"]
    sent = {"seat": "checker", "value": "return", "reason": "No unit on the axis.", "digest": "old"}
    answer = again(world, "checker", f"/requests/{request}/files/{file}/votes", sent)
    assert answer.status_code == 409
    assert "No unit on the axis." in answer.text
    assert subject_of(world, "in_review", "plot.png") in answer.text


def test_a_commit_that_fails_is_no_success_and_loses_no_word(world: World) -> None:
    """The disk is full at COMMIT: the answer says so and holds the text."""
    browser = world.browser("lead")
    request, file = world.requests["draft"], world.files["draft"]["notes.md"]

    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(world.control.db, "commit", fail)
    sent = {"shows": "Something new", "population": "a", "control": "b"}
    answer = browser.post(f"/requests/{request}/files/{file}/context", sent)
    event.remove(world.control.db, "commit", fail)
    assert answer.status_code == 503
    assert "Something new" in answer.text


# one rule, every interface

Body = Callable[[World], dict[str, Any]]


def a_vote(world: World, value: str = "approve") -> dict[str, Any]:
    """A vote on a file as its page would send it."""
    digest = subject_of(world, "in_review", "survival.csv")
    return {"seat": "checker", "value": value, "reason": LOOKED, "digest": digest}


def the_file(world: World, request: str = "in_review") -> str:
    """The path of a file, the same for pages and API."""
    return f"/requests/{world.requests[request]}/files/{world.files[request]['survival.csv']}"


RULES: list[tuple[str, str, Callable[[World], str], Body, int]] = [
    ("an author votes", "lead", lambda w: f"{the_file(w)}/votes", a_vote, 403),
    ("a member votes", "member", lambda w: f"{the_file(w)}/votes", a_vote, 403),
    ("a stranger votes", "stranger", lambda w: f"{the_file(w)}/votes", a_vote, 404),
    ("a steward votes", "steward", lambda w: f"{the_file(w)}/votes", a_vote, 403),
    (
        "a vote without reason",
        "checker",
        lambda w: f"{the_file(w)}/votes",
        lambda w: a_vote(w, "return") | {"reason": ""},
        422,
    ),
    (
        "a vote on another digest",
        "checker",
        lambda w: f"{the_file(w)}/votes",
        lambda w: a_vote(w) | {"digest": "sha256:" + "0" * 64},
        409,
    ),
    (
        "a vote after the decision",
        "checker",
        lambda w: f"{the_file(w, 'released')}/votes",
        lambda w: a_vote(w) | {"digest": subject_of(w, "released", "survival.csv")},
        409,
    ),
    (
        "a member submits",
        "member",
        lambda w: f"/requests/{w.requests['in_review']}/submit",
        lambda _: {},
        403,
    ),
    (
        "a stranger submits",
        "stranger",
        lambda w: f"/requests/{w.requests['draft']}/submit",
        lambda _: {},
        404,
    ),
    (
        "a checker withdraws",
        "checker",
        lambda w: f"/requests/{w.requests['in_review']}/withdraw",
        lambda _: {},
        403,
    ),
    (
        "an author changes what was submitted",
        "lead",
        lambda w: f"{the_file(w)}/context",
        lambda _: {"shows": "a", "population": "b", "control": "c"},
        409,
    ),
    (
        "a lead votes on the own project",
        "applicant",
        lambda _: "/projects/kidney-age/votes",
        lambda w: {"seat": "methods", "value": "approve", "reason": "", "digest": plan(w)},
        403,
    ),
    (
        "an owner fills a seat of methods",
        "reviewing owner",
        lambda _: "/projects/kidney-age/votes",
        lambda w: {"seat": "methods", "value": "approve", "reason": "", "digest": plan(w)},
        403,
    ),
    (
        "a stranger submits a project",
        "stranger",
        lambda _: "/projects/a-first-idea/submit",
        lambda _: {},
        404,
    ),
    (
        "a checker halts",
        "checker",
        lambda _: "/projects/light-chains/halt",
        lambda _: {"reason": "because"},
        403,
    ),
    (
        "an owner halts a whole project",
        "owner",
        lambda _: "/projects/light-chains/halt",
        lambda _: {"reason": "because"},
        403,
    ),
    (
        "a researcher lifts a halt",
        "halted lead",
        lambda _: "/projects/halted-work/resume",
        lambda _: {"reason": "because"},
        403,
    ),
]
SNAPSHOTS: list[tuple[str, str, str, Body, int]] = [
    (
        "the announcer admits",
        "steward",
        "votes",
        lambda w: {"seat": "asset_owner", "value": "approve", "reason": "", "digest": "x"},
        403,
    ),
    (
        "a lay reviewer admits",
        "lay",
        "votes",
        lambda w: {"seat": "asset_owner", "value": "approve", "reason": "", "digest": "x"},
        403,
    ),
    (
        "an owner admits what was not looked at",
        "owner",
        "votes",
        lambda w: {"seat": "asset_owner", "value": "approve", "reason": "", "digest": "x"},
        409,
    ),
    ("a researcher withdraws", "lead", "withdraw", lambda _: {"reason": "because"}, 403),
    ("an owner withdraws without reason", "owner", "withdraw", lambda _: {"reason": ""}, 422),
]


def plan(world: World) -> str:
    """What the submitted project's review is about."""
    with read(world.control.db) as session:
        row = by_slug(session, "kidney-age")
        assert row is not None
        return str(row.plan_digest)


@pytest.mark.parametrize(
    ("who", "path", "body", "expected"), [r[1:] for r in RULES], ids=[r[0] for r in RULES]
)
def test_page_and_api_refuse_alike(
    world: World, who: str, path: Callable[[World], str], body: Body, expected: int
) -> None:
    """One rule, two doors: the same status, the same code, the same reasons; nothing happens."""
    _alike(world, who, path(world), f"/api{path(world)}", body(world), expected)


@pytest.mark.parametrize(
    ("who", "verb", "body", "expected"), [r[1:] for r in SNAPSHOTS], ids=[r[0] for r in SNAPSHOTS]
)
def test_page_and_api_refuse_alike_about_snapshots(
    world: World, who: str, verb: str, body: Body, expected: int
) -> None:
    """As above; the API calls them snapshots."""
    row = world.snapshots["proposed"]
    both = (f"/datasets/{row}/{verb}", f"/api/snapshots/{row}/{verb}")
    _alike(world, who, *both, body(world), expected)


def _alike(
    world: World, who: str, page: str, api: str, body: dict[str, Any], expected: int
) -> None:
    browser = world.browser(who)
    before = log_actions(world)
    answer = browser.post(page, body)
    assert answer.status_code == expected, plain(answer)
    spoken = browser.api("POST", api, body)
    assert spoken.status_code == expected, spoken.text
    problem = spoken.json()
    for reason in problem["reasons"] or [{"text": problem["detail"]}]:
        assert reason["text"] in plain(answer)
    assert set(log_actions(world)[len(before) :]) <= {"access.refused", "access.refused_again"}


def test_an_author_is_told_every_reason_against_their_vote(world: World) -> None:
    """Author, member and without the role: the page names them all, as the API does."""
    answer = world.browser("lead").post(f"{the_file(world)}/votes", a_vote(world))
    assert answer.status_code == 403
    for code in ("author", "member", "role_missing"):
        assert f"({code})" in answer.text, plain(answer)


# the ways through the house, by forms alone


def test_an_export_from_draft_to_download(world: World) -> None:
    """By forms: open, add, describe, submit, two blind votes, download what was reviewed."""
    author = world.browser("lead")
    path = went(author.post("/requests", {"project": "light-chains", "name": "by-hand"}))
    request = path.rpartition("/")[2]
    files = [("files", ("people.csv", CLEAN)), ("files", ("again.csv", CLEAN))]
    assert went(author.post(f"{path}/files", {"folder": "tables"}, files=files))
    world.requests["by-hand"] = request
    assert files_of(world, "by-hand") == ["tables/again.csv", "tables/people.csv"]
    found = page_of(author.get(path))
    contexts = [action for action, _ in found.forms if action.endswith("/context")]
    blocked = author.get(path)
    assert "disabled" in blocked.text, "what is missing is said at the button"
    for action in contexts:
        sent = {"shows": "People by sex", "population": "All", "control": "None below 10"}
        assert went(author.post(action, sent))
    remove = next(a for a, _ in page_of(author.get(path)).forms if a.endswith("/remove"))
    assert went(author.post(remove))
    assert went(author.post(f"{path}/submit"))
    assert 'http-equiv="refresh"' in author.get(path).text
    with write(world.control.db) as session:
        run_checks(session, world.control)
    _vote_by_page(world, "checker", path)
    assert state_of(world, "by-hand") is RequestState.IN_REVIEW, "one vote releases nothing"
    _vote_by_page(world, "second", path)
    assert state_of(world, "by-hand") is RequestState.APPROVED
    with write(world.control.db) as session:
        run_checks(session, world.control)
        release(session, world.control, request)
    download = next(link for link in page_of(author.get(path)).links if link.endswith("/download"))
    answer = author.get(download)
    assert answer.content == CLEAN
    assert answer.headers["digest"] == "sha256:" + hashlib.sha256(CLEAN).hexdigest()
    assert answer.headers["content-disposition"].startswith("attachment; filename*=")
    assert "downloaded 1 time" in plain(author.get(path))
    assert world.browser("member").get(download).status_code == 403
    assert world.browser("stranger").get(download).status_code == 404


def _vote_by_page(world: World, who: str, path: str) -> None:
    """Vote as a person does: with what the page's form holds."""
    browser = world.browser(who)
    forms = [form for form in page_of(browser.get(path)).forms if form[0].endswith("/votes")]
    assert forms
    for action, fields in forms:
        assert went(browser.post(action, {**fields, "value": "approve", "reason": ""}))


def test_blind_votes_show_nothing_but_heard(world: World) -> None:
    """After one vote the second checker and the author see neither value, reason nor name."""
    path = f"/requests/{world.requests['in_review']}"
    first = world.browser("checker")
    secret = "A secret opinion about this file."
    vote = a_vote(world, "reject") | {"reason": secret}
    assert went(first.post(f"{the_file(world)}/votes", vote))
    assert secret in first.get(path).text, "one's own vote is one's own to see"
    with read(world.control.db) as session:
        name = person(session, str(world.actors["checker"].person)).name
    for other in ("second", "lead"):
        text = world.browser(other).get(path).text
        assert secret not in text
        assert name not in text
        assert "reject" not in plain(world.browser(other).get(path)).lower().replace(
            "reject it may not leave", ""
        ).replace("return or reject", "")


def test_a_return_and_the_next_round(world: World) -> None:
    """The author reads why, opens the next round, takes a file out and submits again."""
    author, path = world.browser("lead"), f"/requests/{world.requests['returned']}"
    text = plain(author.get(path))
    assert "The axis has no unit." in text
    assert went(author.post(f"{path}/reopen"))
    assert state_of(world, "returned") is RequestState.DRAFT
    file = world.files["returned"]["plot.png"]
    assert went(author.post(f"{path}/files/{file}/remove"))
    assert "The axis has no unit." in plain(author.get(path)), "the objection is still there"
    assert went(author.post(f"{path}/submit"))
    assert files_of(world, "returned") == ["survival.csv"]


def test_a_withdrawn_request_is_over(world: World) -> None:
    """By the author's form; then there is nothing more to press."""
    author, path = world.browser("lead"), f"/requests/{world.requests['in_review']}"
    assert went(author.post(f"{path}/withdraw"))
    assert state_of(world, "in_review") is RequestState.WITHDRAWN
    assert [a for a, _ in page_of(author.get(path)).forms if "/withdraw" in a] == []


def test_a_precheck_shows_progress_without_disturbing(world: World) -> None:
    """While it runs the page renews itself and shows no form; one may go on editing instead."""
    author, path = world.browser("lead"), f"/requests/{world.requests['draft']}"
    assert went(author.post(f"{path}/check"))
    waiting = author.get(path)
    assert 'http-equiv="refresh"' in waiting.text
    assert "/context" not in waiting.text
    editing = author.get(f"{path}?edit=1")
    assert 'http-equiv="refresh"' not in editing.text
    assert "/context" in editing.text
    with write(world.control.db) as session:
        run_checks(session, world.control)
    assert 'http-equiv="refresh"' not in author.get(path).text


def test_comments_reach_whom_they_are_for(world: World) -> None:
    """Not before the votes are open, and the author's at once."""
    path = f"/requests/{world.requests['in_review']}"
    author, checker = world.browser("lead"), world.browser("checker")
    sent = {"addressee": "reviewers", "body": "The snapshot is the one of May."}
    assert went(author.post(f"{path}/comments", sent))
    assert "The snapshot is the one of May." in checker.get(path).text
    hint = {"addressee": "author", "body": "Please name the axis."}
    assert went(checker.post(f"{path}/comments", hint))
    assert "Please name the axis." in checker.get(path).text
    assert "Please name the axis." not in author.get(path).text


def test_an_application_from_draft_to_permit(world: World) -> None:
    """By forms: apply, change, submit, three seats vote, the register has it."""
    lead = world.browser("stranger")
    sent = {
        "slug": "new-study",
        "title": "A new study",
        "purpose": PURPOSE,
        "lay_summary": "Too short.",
        "datasets": ["flchain"],
        "needed": ["flchain"],
        "starts": "2026-05-01",
        "ends": "2026-12-31",
    }
    path = went(lead.post("/projects", sent)).partition("?")[0]
    refused = lead.post(f"{path}/submit")
    assert refused.status_code == 422
    assert "30 to 600 words" in plain(refused)
    fields = next(f for a, f in page_of(lead.get(f"{path}/edit")).forms if a == f"{path}/edit")
    assert fields["ends"] == "2026-12-31", "the last day is the last day"
    assert went(lead.post(f"{path}/edit", sent | {"lay_summary": LAY_SUMMARY}))
    assert went(lead.post(f"{path}/submit"))
    assert "A new study" not in plain(world.browser(None).get("/register"))
    for who in ("owner", "methods", "lay"):
        browser = world.browser(who)
        assert path in page_of(browser.get("/reviews")).links
        form = next(f for a, f in page_of(browser.get(path)).forms if a.endswith("/votes"))
        assert went(browser.post(f"{path}/votes", {**form, "value": "approve"}))
        assert path not in _waiting(browser)
    public = plain(world.browser(None).get("/register"))
    assert "A new study" in public
    assert LAY_SUMMARY.split(".")[0] in public


def _waiting(browser: Browser) -> list[str]:
    text = browser.get("/reviews").text
    return Page(text.partition('id="others"')[0]).links


def test_people_stop_their_own_notebook_server_and_nobody_elses(world: World) -> None:
    """A button beside one's own server; another member's page has none, and the form refuses."""
    lead, path = world.actors["lead"], "/projects/light-chains"
    with write(world.control.db) as session:
        row = by_slug(session, "light-chains")
        assert row is not None
        want(session, row.id, row.slug, NOW)
        handle = person(session, str(lead.person)).handle
        want_server(session, row.id, row.slug, str(lead.person), handle, NOW)
    mine, theirs = world.browser("lead"), world.browser("member")
    form = next(f for a, f in page_of(mine.get(path)).forms if a.endswith("/server/stop"))
    assert not [a for a, _ in page_of(theirs.get(path)).forms if a.endswith("/server/stop")]
    refused = theirs.post(f"{path}/server/stop", {})
    assert refused.status_code == 404
    assert "nothing to stop" in plain(refused)
    with write(world.control.db) as session, pytest.raises(NotFound):
        stop_server(session, world.actors["member"], NOW, row.slug, handle)
    assert went(mine.post(f"{path}/server/stop", form)) == f"{path}?done=stopped"
    with read(world.control.db) as session:
        assert not [one for one in servers(session, row.id) if one.wanted_at]
    assert mine.post(f"{path}/server/stop", form).status_code == 404


def test_a_member_accepts_the_terms_they_saw(world: World) -> None:
    """Invited by handle, accepting on the project's page; other terms than now are refused."""
    lead, member = world.browser("drafter"), world.browser("stranger")
    with read(world.control.db) as session:
        handle = person(session, str(world.actors["stranger"].person)).handle
    path = "/projects/a-first-idea"
    form = next(f for a, f in page_of(lead.get(f"{path}/edit")).forms if a.endswith("/edit"))
    sent = {**form, "members": handle, "datasets": ["flchain"], "purpose": PURPOSE}
    assert member.get(path).status_code == 404
    assert went(lead.post(f"{path}/edit", sent))
    accept = next(f for a, f in page_of(member.get(path)).forms if a.endswith("/membership"))
    assert member.post(f"{path}/membership", accept | {"terms": "0"}).status_code == 409
    assert went(member.post(f"{path}/membership", accept))
    assert "You are invited" not in plain(member.get(path))
    assert went(member.post(f"{path}/members/{handle}/remove")) == "/projects?done=removed"
    assert member.get(path).status_code == 404


def test_a_halt_and_its_end(world: World) -> None:
    """An administrator halts by form; the members read why; another administrator resumes."""
    path = "/projects/light-chains"
    administrator, lead = world.browser("administrator"), world.browser("lead")
    empty = administrator.post(f"{path}/halt", {"what": "halt", "reason": ""})
    assert empty.status_code == 422
    assert "<details" in empty.text
    assert went(administrator.post(f"{path}/halt", {"reason": "A strange upload."}))
    assert "A strange upload." in plain(lead.get(path))
    assert "A strange upload." in plain(lead.get("/"))
    assert "Open the workspace" not in plain(lead.get(path))
    same = administrator.post(f"{path}/resume", {"what": "resume", "reason": "It was nothing."})
    assert same.status_code == 403
    assert "It was nothing." in same.text


def test_a_project_is_closed_by_its_lead(world: World) -> None:
    """With a reason, and then nobody opens a workspace."""
    lead, path = world.browser("lead"), "/projects/light-chains"
    assert went(lead.post(f"{path}/close", {"reason": "The paper is out."}))
    text = plain(lead.get(path))
    assert "closing" in text
    assert "Open the workspace" not in text


def test_a_snapshot_from_announcement_to_the_vote(world: World) -> None:
    """By forms: announce with a file, send files, fix them; the owner then decides."""
    steward = world.browser("steward")
    broken = {"dataset": "myeloma", "label": "2026-1", "title": "Myeloma", "summary": "Some."}
    wrong = {"dictionary_file": ("d.yaml", b"tables: [")}
    refused = steward.post("/datasets", broken, files=wrong)
    assert refused.status_code == 422
    assert "Line 1" in plain(refused)
    assert 'value="Myeloma"' in refused.text
    bytes_ = {"dictionary_file": ("d.yaml", b"\xff\xfe")}
    assert "not UTF-8" in plain(steward.post("/datasets", broken, files=bytes_))
    good = {"dictionary_file": ("d.yaml", DICTIONARY.encode())}
    path = went(steward.post("/datasets", broken, files=good)).partition("?")[0]
    assert went(steward.post(f"{path}/files", files={"files": ("flchain.csv", ROWS)}))
    form = next(f for a, f in page_of(steward.get(path)).forms if a.endswith("/finish"))
    assert form["files"] == "1"
    assert steward.post(f"{path}/finish", form | {"files": "2"}).status_code == 422
    assert went(steward.post(f"{path}/finish", form))
    assert "verifying" in plain(steward.get(path))


def test_an_owner_admits_and_later_withdraws(world: World) -> None:
    """By forms; afterwards the page says who used it."""
    owner = world.browser("owner")
    path = f"/datasets/{world.snapshots['proposed']}"
    form = next(f for a, f in page_of(owner.get(path)).forms if a.endswith("/votes"))
    assert went(owner.post(f"{path}/votes", {**form, "value": "approve"}))
    assert "placing" in plain(owner.get(path))
    used = f"/datasets/{world.snapshots['published']}"
    kept = owner.post(f"{used}/withdraw", {"what": "withdraw", "reason": ""})
    assert kept.status_code == 422
    assert went(owner.post(f"{used}/retire"))
    assert went(owner.post(f"{used}/withdraw", {"reason": "A person asked for it."}))
    assert "A person asked for it." in plain(owner.get(used))


def test_a_token_is_shown_once_and_opens_what_was_ticked(world: World) -> None:
    """Its secret is in one answer; the list has its first letters; revoked it opens nothing."""
    browser = world.browser("lead")
    nothing = browser.post("/tokens", {"days": "3"})
    assert nothing.status_code == 422
    many = browser.post("/tokens", {"days": "1000", "scopes": ["projects.*"]})
    assert many.status_code == 422
    assert 'value="1000"' in many.text
    answer = browser.post("/tokens", {"days": "3", "scopes": ["projects.*"]})
    found = re.search(r"tre_person_[0-9a-f]{64}_[0-9a-f]{8}", answer.text)
    assert found is not None
    token = {"authorization": f"Bearer {found[0]}", "accept": "application/json"}
    assert browser.client.get("/api/projects", headers=token).status_code == 200
    assert browser.client.get("/api/requests", headers=token).status_code == 403
    listed = browser.get("/tokens")
    assert found[0] not in listed.text
    revoke = next(a for a, _ in page_of(listed).forms if a.endswith("/revoke"))
    assert world.browser("member").post(revoke).status_code == 404
    assert went(browser.post(revoke))
    assert browser.client.get("/api/projects", headers=token).status_code == 403


# what is in a file


def test_a_look_is_logged_before_anything_is_shown(world: World) -> None:
    """Each look, of table, text and picture; and nobody looks who may not."""
    checker = world.browser("checker")
    before = log_actions(world).count("airlock.file_viewed")
    for path in ("survival.csv", "plot.png", "notes.md"):
        file = world.files["in_review"][path]
        view = f"/requests/{world.requests['in_review']}/files/{file}"
        assert checker.get(f"{view}/view").status_code == 200
        assert world.browser("member").get(f"{view}/view").status_code == 404
        assert world.browser("stranger").get(f"{view}/view").status_code == 404
    assert log_actions(world).count("airlock.file_viewed") == before + 3

    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(world.control.db, "commit", fail)
    unlogged = checker.get(f"{the_file(world)}/view")
    event.remove(world.control.db, "commit", fail)
    assert unlogged.status_code == 503
    assert "4120" not in plain(unlogged)


def test_hostile_content_is_text(world: World) -> None:
    """Tags are letters, hidden characters are visible, and nothing is a link."""
    checker, request = world.browser("checker"), world.requests["in_review"]
    table = checker.get(f"/requests/{request}/files/{world.files['in_review']['labels.csv']}/view")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in table.text
    assert page_of(table).inline == []
    assert 'class="hit"' in table.text, "the row with the formula is marked"
    assert "marked row" in plain(table), "also for those who cannot see the colour"
    only = checker.get(
        f"/requests/{request}/files/{world.files['in_review']['labels.csv']}/view?only=marked"
    )
    assert "HYPERLINK" in only.text
    assert "alert(1)" not in only.text
    note = checker.get(f"/requests/{request}/files/{world.files['in_review']['notes.md']}/view")
    assert "⟨U+202E⟩" in note.text
    assert "\u202e" not in note.text


def test_a_picture_is_the_one_that_was_written_again(world: World) -> None:
    """Served as PNG and nothing else, from an address that runs nothing."""
    checker, request = world.browser("checker"), world.requests["in_review"]
    file = world.files["in_review"]["plot.png"]
    view = checker.get(f"/requests/{request}/files/{file}/view")
    address = f"/requests/{request}/files/{file}/image/0"
    assert f'src="{address}"' in view.text
    answer = checker.get(address)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.content.startswith(b"\x89PNG")
    table = world.files["in_review"]["survival.csv"]
    assert checker.get(f"/requests/{request}/files/{table}/image/0").status_code == 404
    assert world.browser("stranger").get(address).status_code == 404


def test_a_reviewer_sees_what_changed_since_the_last_round(world: World) -> None:
    """Values side by side; a file that stayed says so; in the first round nothing is said."""
    request, author = world.requests["returned"], world.browser("lead")
    first = f"/requests/{request}/files/{world.files['returned']['plot.png']}/view"
    assert "Since round" not in world.browser("checker").get(first).text
    assert went(author.post(f"/requests/{request}/reopen"))
    changed = CLEAN.replace(b"4120", b"4130")
    files = {"files": ("survival.csv", changed)}
    assert went(author.post(f"/requests/{request}/files", files=files))
    with read(world.control.db) as session:
        present = present_files(session, request)
        file = next(one.id for one in present if one.path == "survival.csv")
    words = dict(zip(("shows", "population", "control"), SAYS, strict=True))
    assert went(author.post(f"/requests/{request}/files/{file}/context", words))
    assert went(author.post(f"/requests/{request}/submit"))
    with write(world.control.db) as session:
        run_checks(session, world.control)
    checker = world.browser("checker")
    said = plain(checker.get(f"/requests/{request}/files/{file}/view"))
    assert "Since round 1" in said
    assert "F, people 4120 4130" in " ".join(said.split())
    assert "byte for byte what reviewers saw then" in checker.get(first).text


def test_a_finding_leads_to_its_rule_and_can_be_called_none(world: World) -> None:
    """The rule's text and source are one click away; a disagreement is counted there."""
    checker, request = world.browser("checker"), world.requests["in_review"]
    base = f"/requests/{request}/files/{world.files['in_review']['labels.csv']}"
    view = checker.get(f"{base}/view")
    rules = [link for link in page_of(view).links if link.startswith("/rules/")]
    assert rules
    rule = checker.get(rules[0])
    assert "Source" in plain(rule)
    assert "never" in plain(rule)
    with read(world.control.db) as session:
        file = session.get_one(File, world.files["in_review"]["labels.csv"])
        sent = {"report": str(file.report_digest), "number": "0", "reason": "A label.", "at": ""}
    refused = checker.post(f"{base}/disagreements", sent | {"reason": ""})
    assert refused.status_code == 422
    assert went(checker.post(f"{base}/disagreements", sent))
    assert "You say it is none: A label." in checker.get(f"{base}/view").text
    assert "You say it is none" not in world.browser("lead").get(f"{base}/view").text
    assert "1 time, in 1 file" in plain(checker.get(rules[0]))
    assert "1 time" not in plain(world.browser("lead").get(rules[0]))
    assert checker.get("/rules/O99").status_code == 404


def test_a_form_that_is_not_this_files_is_not_shown(world: World) -> None:
    """Swapped, broken or gone: the page says that there is nothing to show."""
    checker, request = world.browser("checker"), world.requests["in_review"]
    forms = world.control.settings.state_dir / "forms"
    places = {}
    for path in ("survival.csv", "labels.csv"):
        data = _bytes(world, path)
        places[path] = forms / form_name(path, "sha256:" + hashlib.sha256(data).hexdigest())
    view = f"{the_file(world)}/view"
    assert "4120" in plain(checker.get(view))
    for content in (places["labels.csv"].read_bytes(), b"{", b""):
        places["survival.csv"].write_bytes(content)
        answer = checker.get(view)
        assert answer.status_code == 200
        assert "Nothing to show" in answer.text
        assert "4120" not in plain(answer)
    places["survival.csv"].unlink()
    assert "Nothing to show" in checker.get(view).text
    assert checker.get(f"/requests/{request}").status_code == 200


def _bytes(world: World, path: str) -> bytes:
    store = world.control.settings.state_dir / "store"
    with read(world.control.db) as session:
        chosen = text("select digest from airlock_files where id = :id")
        row = session.connection().execute(chosen, {"id": world.files["in_review"][path]})
        digest = str(row.scalar_one()).removeprefix("sha256:")
    return next(store.rglob(f"*{digest[2:]}*")).read_bytes()


def test_a_finding_leads_to_its_place(world: World) -> None:
    """From the list of findings to the part and the row it speaks of."""
    lead, request = world.browser("lead"), world.requests["blocked"]
    links = page_of(lead.get(f"/requests/{request}")).links
    place = next(link for link in links if "at=groups.csv" in link and "row=" in link)
    shown = lead.get(place)
    assert shown.status_code == 200
    assert re.search(r'<th scope="row">3</th>', shown.text), "the first row that is spoken of"
    assert re.search(r'<td class="hit\b', shown.text)
    toggle = next(link for link in page_of(shown).links if "only=marked" in link)
    assert "at=" not in toggle
    assert len(re.findall(r'<td class="hit\b', lead.get(toggle).text)) == 2


def test_pages_of_a_file_and_of_its_columns(world: World) -> None:
    """Numbers from the address that are nonsense show the beginning, never an error."""
    checker, view = world.browser("checker"), f"{the_file(world)}/view"
    for query in ("?row=9999", "?row=-5", "?column=99", "?part=7", "?part=-1", "?only=marked"):
        assert checker.get(view + query).status_code == 200, query
    assert checker.get(view + "?part=x").status_code == 422


# lists, register, console


def test_the_queue_is_riskiest_first_and_leaves_out_what_one_may_not_judge(world: World) -> None:
    """Three requests wait for a checker of another organisation; what passed comes last."""
    links = page_of(world.browser("checker").get("/queue")).links
    waiting = [link.rpartition("/")[2] for link in links if link.startswith("/requests/")]
    assert waiting[-1] == world.requests["passed"]
    assert set(waiting) == {world.requests[n] for n in ("in_review", "consolidating", "passed")}
    nonsense = world.browser("checker").get("/queue?after=1~yesterday~x")
    assert nonsense.status_code == 422


def test_the_register_shows_permits_and_no_person(world: World) -> None:
    """Approved ones only, in plain language, with partners and days; no name of anybody."""
    text = plain(world.browser(None).get("/register"))
    assert LAY_SUMMARY.split(".")[0] in text
    assert "flchain (example) of clinic-a (example)" in text
    assert "a-first-idea" not in world.browser(None).get("/register").text
    with read(world.control.db) as session:
        for actor in world.actors.values():
            assert person(session, str(actor.person)).name not in text


def test_the_console_shows_what_is_halted_proved_and_signed(world: World) -> None:
    """To administrators; the log itself to auditors only."""
    text = plain(world.browser("administrator").get("/console"))
    assert "A laptop was lost." in text
    assert "4 of 5 held" in text
    assert "not signed yet" in text
    assert "airlock.download" not in text
    log = plain(world.browser("auditor").get("/console/log"))
    assert "airlock.submission_wanted" in log
    older = plain(world.browser("auditor").get("/console/log?before=20"))
    assert "airlock.submission_wanted" not in older
    assert "people" in older or "person" in older


def test_a_workspace_on_its_way_renews_its_page(world: World) -> None:
    """For members, who type nothing there."""
    path = "/projects/light-chains"
    assert 'http-equiv="refresh"' not in world.browser("member").get(path).text
    with write(world.control.db) as session:
        row = by_slug(session, "halted-work")
        assert row is not None
        projects.close(session, world.actors["halted lead"], NOW, row.id, "Over.")
    assert world.browser("halted lead").get("/projects/halted-work").status_code == 200


def test_why_can_i_not_work(world: World) -> None:
    """Every reason with its code, on the start page and on the project's."""
    expired = at(world, NOW + timedelta(days=800))
    browser = expired.browser("lead")
    for path in ("/", "/projects/light-chains"):
        text = browser.get(path).text
        for code in ("outside_dates", "training_expired", "isolation_unproven"):
            assert f"({code})" in text, path


def test_errors_are_sentences_without_a_trace(world: World) -> None:
    """Unknown page, wrong method, broken form: a page, never a stack."""
    browser = world.browser("lead")
    missing = browser.get("/no/such/page")
    assert missing.status_code == 404
    assert "no such page" in plain(missing)
    assert browser.get("/logout").status_code == 405
    broken = browser.client.post(
        "/requests",
        content=b"--x\r\nnonsense",
        headers=browser.headers
        | {
            "content-type": "multipart/form-data; boundary=x",
            "origin": world.control.settings.control_url,
        },
    )
    assert broken.status_code in (400, 403, 422)
    assert "Traceback" not in broken.text
    assert policies().outputs.caps.file_bytes


def test_a_release_is_held_and_recalled_by_those_who_may(world: World) -> None:
    """An owner of the data holds, an administrator recalls; then nothing is handed out."""
    path = f"/requests/{world.requests['released']}"
    author, owner = world.browser("lead"), world.browser("owner")
    download = next(link for link in page_of(author.get(path)).links if link.endswith("/download"))
    assert owner.post(f"{path}/hold", {"what": "hold", "reason": ""}).status_code == 422
    assert went(owner.post(f"{path}/hold", {"reason": "We must look at it."}))
    assert "We must look at it." in plain(author.get(path))
    assert author.get(download).status_code == 403
    assert went(owner.post(f"{path}/lift"))
    assert author.get(download).status_code == 200
    assert world.browser("checker").post(f"{path}/recall", {"reason": "x"}).status_code == 403
    recall = {"reason": "The wrong table."}
    assert went(world.browser("administrator").post(f"{path}/recall", recall))
    assert author.get(download).status_code == 403
    assert "The wrong table." in plain(author.get(path))
