"""One rule, every interface: each rule goes through service, API, page and command alike.

A rule is an actor, an action, what is asked, and the family and code that must answer. The service
says no first; then the JSON API with the person's token, the form of the page with the person's
session, and the command with the token must say the same no. Nothing but the refusal may be
written.
Source: design property 2.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import Session

from orchestrator.airlock import drafting, releasing, reviewing
from orchestrator.cli.main import main
from orchestrator.cli.output import EXIT_CODE
from orchestrator.datasets import queries as datasets
from orchestrator.datasets import service as snapshots
from orchestrator.db import read, write
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, TreError
from orchestrator.governance import service as governance
from orchestrator.identity.roles import PERMISSIONS
from orchestrator.identity.service import mint_token
from orchestrator.identity.tokens import TokenKind
from orchestrator.projects import queries as projects
from orchestrator.projects import service as permits
from orchestrator.server import HTTP_STATUS
from orchestrator.values import Actor
from tests.factories import NOW, policies
from tests.integration.api.conftest import Doorway
from tests.web_world import LOOKED, World, log_actions, subject_of

Asked = dict[str, str]
Call = Callable[[Session, Actor, World, Asked], object]
SCOPES = ("airlock.*", "datasets.*", "projects.*", "workspaces.*")
OTHER = "sha256:" + "0" * 64


@dataclass(frozen=True)
class Action:
    """One thing that people do, by every way there is to do it.

    Shape: `api`, `page` and `words` are filled with what is asked; `words` is None where there is
    no such command, `page` where there is no such form.
    """

    service: Call
    api: str
    page: str | None
    words: tuple[str, ...] | None
    body: tuple[str, ...] = ()
    method: str = "POST"


def _detail(session: Session, actor: Actor, asked: Asked) -> str:
    return projects.detail(session, actor, asked["slug"], NOW).project.id


def _halted(session: Session, actor: Actor, world: World, asked: Asked) -> object:
    row = _detail(session, actor, asked)
    return governance.halt(
        session, actor, NOW, scope="project", target=row, reason=asked["reason"], project=row
    )


def _resumed(session: Session, actor: Actor, world: World, asked: Asked) -> object:
    row = _detail(session, actor, asked)
    return governance.resume(
        session, actor, NOW, scope="project", target=row, reason=asked["reason"], project=row
    )


def _voted_on_file(session: Session, actor: Actor, world: World, asked: Asked) -> object:
    said = (asked["value"], asked["reason"], asked["digest"])
    return reviewing.vote(session, actor, NOW, asked["request"], asked["file"], *said)


def _voted_on_project(session: Session, actor: Actor, world: World, asked: Asked) -> object:
    row = _detail(session, actor, asked)
    said = {name: asked[name] for name in ("seat", "value", "reason", "digest")}
    return permits.vote(session, actor, NOW, row, **said)


def _voted_on_snapshot(session: Session, actor: Actor, world: World, asked: Asked) -> object:
    said = {name: asked[name] for name in ("seat", "value", "reason", "digest")}
    return snapshots.vote(session, actor, NOW, asked["snapshot"], **said)


def _submitted_project(session: Session, actor: Actor, world: World, asked: Asked) -> object:
    row = _detail(session, actor, asked)
    names = [grant.dataset_slug for grant in projects.grants(session, row)]
    facts = datasets.facts(session, names)
    policy = policies().seats["project-approval"]
    return permits.submit(session, actor, NOW, row, policy=policy, datasets=facts)


FILE = "/requests/{request}/files/{file}"
VOTE = ("seat", "value", "reason", "digest")
SAID = ("--seat", "{seat}", "--reason", "{reason}", "--digest", "{digest}")

VOTE_ON_FILE = Action(
    _voted_on_file,
    f"/api{FILE}/votes",
    f"{FILE}/votes",
    ("vote", "{request}", "{value}", "--file", "{file}", *SAID),
    VOTE,
)
VOTE_ON_PROJECT = Action(
    _voted_on_project,
    "/api/projects/{slug}/votes",
    "/projects/{slug}/votes",
    ("vote", "{slug}", "{value}", *SAID),
    VOTE,
)
VOTE_ON_SNAPSHOT = Action(
    _voted_on_snapshot,
    "/api/snapshots/{snapshot}/votes",
    "/datasets/{snapshot}/votes",
    ("vote", "{snapshot}", "{value}", *SAID),
    VOTE,
)
SUBMIT = Action(
    lambda session, actor, world, asked: drafting.submit(
        session, actor, NOW, asked["request"], policies=policies()
    ),
    "/api/requests/{request}/submit",
    "/requests/{request}/submit",
    ("submit", "{request}"),
)
WITHDRAW_REQUEST = Action(
    lambda session, actor, world, asked: drafting.withdraw(session, actor, NOW, asked["request"]),
    "/api/requests/{request}/withdraw",
    "/requests/{request}/withdraw",
    None,
)
RECALL = Action(
    lambda session, actor, world, asked: releasing.recall(
        session, actor, NOW, asked["request"], asked["reason"]
    ),
    "/api/requests/{request}/recall",
    "/requests/{request}/recall",
    None,
    ("reason",),
)
DOWNLOAD = Action(
    lambda session, actor, world, asked: releasing.downloadable(
        session, actor, NOW, asked["file"], policies=policies()
    ),
    f"/api{FILE}/download",
    f"{FILE}/download",
    None,
    method="GET",
)
SUBMIT_PROJECT = Action(
    _submitted_project,
    "/api/projects/{slug}/submit",
    "/projects/{slug}/submit",
    ("project", "submit", "{slug}"),
)
WITHDRAW_SNAPSHOT = Action(
    lambda session, actor, world, asked: snapshots.withdraw(
        session, actor, NOW, asked["snapshot"], asked["reason"]
    ),
    "/api/snapshots/{snapshot}/withdraw",
    "/datasets/{snapshot}/withdraw",
    ("dataset", "withdraw", "{snapshot}", "--reason", "{reason}"),
    ("reason",),
)
HOLD = Action(
    lambda session, actor, world, asked: releasing.hold(
        session, actor, NOW, asked["request"], asked["reason"]
    ),
    "/api/requests/{request}/hold",
    "/requests/{request}/hold",
    None,
    ("reason",),
)
LIFT = Action(
    lambda session, actor, world, asked: releasing.lift(session, actor, NOW, asked["request"]),
    "/api/requests/{request}/lift",
    "/requests/{request}/lift",
    None,
)
CLOSE = Action(
    lambda session, actor, world, asked: permits.close(
        session, actor, NOW, _detail(session, actor, asked), asked["reason"]
    ),
    "/api/projects/{slug}/close",
    "/projects/{slug}/close",
    None,
    ("reason",),
)
RETIRE = Action(
    lambda session, actor, world, asked: snapshots.retire(session, actor, NOW, asked["snapshot"]),
    "/api/snapshots/{snapshot}/retire",
    "/datasets/{snapshot}/retire",
    None,
)
HALT = Action(_halted, "/api/projects/{slug}/halt", "/projects/{slug}/halt", None, ("reason",))
RESUME = Action(
    _resumed,
    "/api/projects/{slug}/resume",
    "/projects/{slug}/resume",
    ("resume", "{slug}", "--reason", "{reason}"),
    ("reason",),
)


@dataclass(frozen=True)
class Rule:
    """Who asks for what, and how it must be answered."""

    say: str
    who: str
    action: Action
    asked: Callable[[World], Asked]
    family: type[TreError]
    code: str


def on_file(where: str = "in_review", path: str = "survival.csv", **other: str) -> Any:
    """A vote as a page of that file would send it."""

    def asked(world: World) -> Asked:
        return {
            "request": world.requests[where],
            "file": world.files[where][path],
            "seat": "checker",
            "value": "approve",
            "reason": LOOKED,
            "digest": subject_of(world, where, path),
            **other,
        }

    return asked


def on_project(where: str = "submitted", seat: str = "methods", **other: str) -> Any:
    """A vote on a project's plan as it is."""

    def asked(world: World) -> Asked:
        slug = world.projects[where]
        with read(world.control.db) as session:
            row = projects.by_slug(session, slug)
            digest = str(row.plan_digest) if row else OTHER
        said = {"slug": slug, "seat": seat, "value": "approve", "reason": "", "digest": digest}
        return {**said, **other}

    return asked


def on_snapshot(where: str = "proposed", **other: str) -> Any:
    """A vote on a snapshot as it is."""

    def asked(world: World) -> Asked:
        with read(world.control.db) as session:
            digest = str(datasets.snapshot(session, world.snapshots[where]).digest)
        said = {"seat": "asset_owner", "value": "approve", "reason": "", "digest": digest}
        return {"snapshot": world.snapshots[where], **said, **other}

    return asked


def with_reason(kind: str, name: str, reason: str = "Because of a test.") -> Any:
    """What needs a name and a reason."""

    def asked(world: World) -> Asked:
        found = {"slug": world.projects, "request": world.requests, "snapshot": world.snapshots}
        return {kind: found[kind].get(name, name), "reason": reason}

    return asked


UNKNOWN_FILE = {"request": "r-unknown", "file": "f-unknown"}

RULES = (
    # votes on files that would leave
    Rule("an author votes", "lead", VOTE_ON_FILE, on_file(), NotAllowed, "author"),
    Rule("a member votes", "member", VOTE_ON_FILE, on_file(), NotAllowed, "certificate_missing"),
    Rule("a stranger votes", "stranger", VOTE_ON_FILE, on_file(), NotFound, "request_unknown"),
    Rule("an owner votes", "owner", VOTE_ON_FILE, on_file(), NotAllowed, "certificate_missing"),
    Rule(
        "a vote on a request that is not there",
        "checker",
        VOTE_ON_FILE,
        on_file(**UNKNOWN_FILE),
        NotFound,
        "request_unknown",
    ),
    Rule(
        "a vote on a file of another request",
        "checker",
        VOTE_ON_FILE,
        lambda world: on_file()(world) | {"file": world.files["passed"]["survival.csv"]},
        NotFound,
        "notfound",
    ),
    Rule(
        "a return without a reason",
        "checker",
        VOTE_ON_FILE,
        on_file(value="return", reason=""),
        Invalid,
        "reason_missing",
    ),
    Rule(
        "an approval of something flagged without a word",
        "checker",
        VOTE_ON_FILE,
        on_file(path="labels.csv", reason=""),
        Invalid,
        "reason_missing",
    ),
    Rule(
        "a vote that is none", "checker", VOTE_ON_FILE, on_file(value="maybe"), Invalid, "bad_vote"
    ),
    Rule(
        "a vote on other bytes than were shown",
        "checker",
        VOTE_ON_FILE,
        on_file(digest=OTHER),
        Conflict,
        "changed",
    ),
    Rule(
        "a vote after the decision",
        "checker",
        VOTE_ON_FILE,
        on_file("released"),
        Conflict,
        "review_closed",
    ),
    # requests
    Rule(
        "a member submits another's request",
        "member",
        SUBMIT,
        with_reason("request", "in_review"),
        NotAllowed,
        "not_author",
    ),
    Rule(
        "a stranger submits",
        "stranger",
        SUBMIT,
        with_reason("request", "draft"),
        NotFound,
        "request_unknown",
    ),
    Rule(
        "an author submits twice",
        "lead",
        SUBMIT,
        with_reason("request", "in_review"),
        Conflict,
        "not_a_draft",
    ),
    Rule(
        "a member withdraws another's request",
        "member",
        WITHDRAW_REQUEST,
        with_reason("request", "in_review"),
        NotAllowed,
        "not_author",
    ),
    Rule(
        "an author withdraws what is released",
        "lead",
        WITHDRAW_REQUEST,
        with_reason("request", "released"),
        Conflict,
        "wrong_state",
    ),
    # downloads and recalls
    Rule("a member downloads", "member", DOWNLOAD, on_file("released"), NotAllowed, "not_author"),
    Rule(
        "a stranger downloads",
        "stranger",
        DOWNLOAD,
        on_file("released"),
        NotFound,
        "request_unknown",
    ),
    Rule(
        "an author downloads what is under review",
        "lead",
        DOWNLOAD,
        on_file("in_review"),
        NotAllowed,
        "not_released",
    ),
    Rule(
        "a recall without a reason",
        "administrator",
        RECALL,
        with_reason("request", "released", ""),
        Invalid,
        "empty_text",
    ),
    Rule(
        "a recall of what is not approved",
        "administrator",
        RECALL,
        with_reason("request", "in_review"),
        Conflict,
        "wrong_state",
    ),
    Rule(
        "a hold without a reason",
        "administrator",
        HOLD,
        with_reason("request", "in_review", ""),
        Invalid,
        "empty_text",
    ),
    Rule(
        "what is not held is lifted",
        "administrator",
        LIFT,
        with_reason("request", "in_review"),
        Conflict,
        "not_held",
    ),
    # projects
    Rule(
        "a stranger closes",
        "stranger",
        CLOSE,
        with_reason("slug", "active"),
        NotFound,
        "project_unknown",
    ),
    Rule(
        "a project that never began is closed",
        "applicant",
        CLOSE,
        with_reason("slug", "submitted"),
        Conflict,
        "wrong_state",
    ),
    Rule(
        "a lead votes on the own project",
        "applicant",
        VOTE_ON_PROJECT,
        on_project(),
        NotAllowed,
        "author",
    ),
    Rule(
        "an owner fills the seat of methods",
        "reviewing owner",
        VOTE_ON_PROJECT,
        on_project(),
        NotAllowed,
        "role_missing",
    ),
    Rule(
        "a vote on a plan that changed",
        "reviewer",
        VOTE_ON_PROJECT,
        on_project(digest=OTHER),
        Conflict,
        "digest_changed",
    ),
    Rule(
        "a vote in a seat that is none",
        "reviewer",
        VOTE_ON_PROJECT,
        on_project(seat="throne"),
        Invalid,
        "invalid",
    ),
    Rule(
        "a vote on a project that is not there",
        "reviewer",
        VOTE_ON_PROJECT,
        on_project(slug="unknown"),
        NotFound,
        "project_unknown",
    ),
    Rule(
        "a stranger submits a project",
        "stranger",
        SUBMIT_PROJECT,
        with_reason("slug", "draft"),
        NotFound,
        "project_unknown",
    ),
    Rule(
        "a member submits what is active",
        "member",
        SUBMIT_PROJECT,
        with_reason("slug", "active"),
        Conflict,
        "wrong_state",
    ),
    Rule(
        "a project is submitted twice",
        "applicant",
        SUBMIT_PROJECT,
        with_reason("slug", "submitted"),
        Conflict,
        "wrong_state",
    ),
    # snapshots
    Rule(
        "a steward admits", "steward", VOTE_ON_SNAPSHOT, on_snapshot(), NotAllowed, "role_missing"
    ),
    Rule(
        "an owner admits what was not looked at",
        "owner",
        VOTE_ON_SNAPSHOT,
        on_snapshot(digest=OTHER),
        Conflict,
        "other_digest",
    ),
    Rule(
        "an owner admits what is not proposed",
        "owner",
        VOTE_ON_SNAPSHOT,
        on_snapshot("published"),
        Conflict,
        "wrong_state",
    ),
    Rule(
        "a researcher withdraws a snapshot",
        "lead",
        WITHDRAW_SNAPSHOT,
        with_reason("snapshot", "published"),
        NotAllowed,
        "role_missing",
    ),
    Rule(
        "an owner withdraws without a reason",
        "owner",
        WITHDRAW_SNAPSHOT,
        with_reason("snapshot", "published", ""),
        Invalid,
        "bad_text",
    ),
    Rule(
        "an owner withdraws what is not there",
        "owner",
        WITHDRAW_SNAPSHOT,
        with_reason("snapshot", "s-unknown"),
        NotFound,
        "snapshot_unknown",
    ),
    Rule(
        "a researcher retires a snapshot",
        "lead",
        RETIRE,
        with_reason("snapshot", "published"),
        NotAllowed,
        "role_missing",
    ),
    Rule(
        "an owner retires what is not published",
        "owner",
        RETIRE,
        with_reason("snapshot", "proposed"),
        Conflict,
        "wrong_state",
    ),
    # halts
    Rule("a lead halts", "lead", HALT, with_reason("slug", "active"), NotAllowed, "role_missing"),
    Rule(
        "an owner halts a project",
        "owner",
        HALT,
        with_reason("slug", "active"),
        NotAllowed,
        "role_missing",
    ),
    Rule(
        "a halt without a reason",
        "administrator",
        HALT,
        with_reason("slug", "active", ""),
        Invalid,
        "reason_missing",
    ),
    Rule(
        "a researcher lifts a halt",
        "halted lead",
        RESUME,
        with_reason("slug", "halted"),
        NotAllowed,
        "role_missing",
    ),
    Rule(
        "what is not halted is resumed",
        "administrator",
        RESUME,
        with_reason("slug", "active"),
        NotFound,
        "not_halted",
    ),
)


@dataclass(frozen=True)
class Said:
    """How one interface answered."""

    family: str
    code: str


@pytest.mark.parametrize("rule", RULES, ids=[rule.say for rule in RULES])
def test_every_interface_says_the_same_no(
    filled: World,
    rule: Rule,
    doorway: Doorway,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Family and code of the service are those of the API and the command, and of the page."""
    asked = rule.asked(filled)
    token = a_token(filled, rule.who)
    before = log_actions(filled)
    expected = by_service(filled, rule, asked)
    found = {"api": by_api(filled, rule, asked, token)}
    if rule.action.words is not None:
        doorway.app = filled.app
        monkeypatch.setenv("TRE_CONTROL_PORT", str(doorway.port))
        monkeypatch.setenv("TRE_API_TOKEN", token)
        found["command"] = by_command(rule, asked, monkeypatch, capsys)
    if rule.action.page is not None:
        found["page"] = by_page(filled, rule, asked, expected)
    assert found == dict.fromkeys(found, expected)
    assert expected == Said(rule.family.__name__, rule.code)
    new = {one for one in log_actions(filled)[len(before) :] if not _is_arrival(one)}
    assert new <= {"access.refused"}


def test_the_list_of_rules_is_as_long_as_it_says() -> None:
    """Each family and each action is in it; half of the rules have a command."""
    assert len(RULES) >= 38
    assert {rule.family for rule in RULES} == {NotFound, NotAllowed, Conflict, Invalid}
    actions = {id(rule.action) for rule in RULES}
    assert len(actions) == 15
    assert sum(rule.action.words is not None for rule in RULES) >= 25
    assert len({rule.say for rule in RULES}) == len(RULES)


def a_token(world: World, who: str, scopes: tuple[str, ...] = SCOPES) -> str:
    """A token of this person; it covers everything they may unless told otherwise."""
    actor = world.actors[who]
    with write(world.control.db) as session:
        return mint_token(
            session,
            actor,
            NOW,
            owner=str(actor.person),
            kind=TokenKind.PERSON,
            scopes=scopes,
            days=1,
        )


def by_service(world: World, rule: Rule, asked: Asked) -> Said:
    """The service itself, in a transaction that is rolled back."""
    with pytest.raises(TreError) as refused, write(world.control.db) as session:
        rule.action.service(session, world.actors[rule.who], world, asked)
    return Said(type(refused.value).__name__, refused.value.code)


def by_api(world: World, rule: Rule, asked: Asked, token: str) -> Said:
    """The JSON API with the person's token."""
    answer = world.browser(None).client.request(
        rule.action.method,
        rule.action.api.format(**asked),
        json={name: asked[name] for name in rule.action.body} or None,
        headers={"authorization": f"Bearer {token}"},
    )
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == problem["status"]
    return Said(problem["title"], problem["code"])


def by_command(
    rule: Rule, asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Said:
    """The command as people type it, against a server that listens."""
    assert rule.action.words is not None
    words = [word.format(**asked) for word in rule.action.words]
    options = [] if words[0] == "resume" else ["--json"]
    monkeypatch.setattr(sys, "argv", ["tre", *words, *options])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    family = {code: one.__name__ for one, code in EXIT_CODE.items()}[ended.value.code]  # type: ignore[index]
    if options:
        problem = json.loads(out)
        assert problem["error"] == family
        return Said(family, problem["code"])
    assert err.startswith(family)
    return Said(family, rule.code)


def by_page(world: World, rule: Rule, asked: Asked, expected: Said) -> Said:
    """The form of a page; a page has a status and sentences, so these are compared."""
    assert rule.action.page is not None
    browser = world.browser(rule.who)
    path = rule.action.page.format(**asked)
    if rule.action.method == "GET":
        answer = browser.get(path)
    else:
        answer = browser.post(path, {name: asked[name] for name in rule.action.body})
    status = {one.__name__: code for one, code in HTTP_STATUS.items()}[expected.family]
    assert answer.status_code == status
    return expected


def _is_arrival(action: str) -> bool:
    """Signing in and using a token are what a person does before they are refused."""
    return action in ("identity.login", "identity.token_used", "identity.token_created")


def test_the_tokens_of_these_tests_cover_all_that_people_do() -> None:
    """Or a refusal would be the token's, and not the rule's."""
    nouns = {action.split(".")[0] for action in PERMISSIONS} - {"identity", "audit"}
    assert nouns == {scope.split(".")[0] for scope in SCOPES}


def test_a_token_for_reading_does_not_vote(world: World) -> None:
    """The seat engine decides who may; the token decides what it was made for."""
    for who, asked, action, scope in (
        ("checker", on_file()(world), VOTE_ON_FILE, "airlock.request.read"),
        ("reviewer", on_project()(world), VOTE_ON_PROJECT, "projects.project.read"),
        ("owner", on_snapshot()(world), VOTE_ON_SNAPSHOT, "datasets.dataset.read"),
    ):
        rule = Rule("", who, action, lambda _world: {}, NotAllowed, "scope_missing")
        found = by_api(world, rule, asked, a_token(world, who, (scope,)))
        assert found == Said("NotAllowed", "scope_missing"), who
