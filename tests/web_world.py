"""The real application over a world with a bit of everything in it, and browsers signed in to it.

Checks are run by the real opener and the real judge, in this process instead of in sandboxes.
"""

import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from PIL import Image
from pydantic import SecretStr
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from orchestrator.airlock import checking, drafting, files, jobs, records, releasing, rewriting
from orchestrator.airlock.models import Check, File, Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import RequestState
from orchestrator.bootstrap.control import Control
from orchestrator.bootstrap.request import COOKIE
from orchestrator.datasets.states import SnapshotState
from orchestrator.db import connect, read, write
from orchestrator.engines.memory import MemoryEngine
from orchestrator.governance import service as governance
from orchestrator.identity import queries as people
from orchestrator.identity.csrf import token_for
from orchestrator.identity.oidc import OidcClient
from orchestrator.identity.roles import Role
from orchestrator.identity.service import open_session
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs.form import FileForm, form_name, form_to_json
from orchestrator.outputs.judge import judge
from orchestrator.outputs.model import Job
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.projects.states import ProjectState
from orchestrator.server import application
from orchestrator.settings import Settings
from orchestrator.values import Actor, Digest
from orchestrator.workspaces import service as workspaces
from tests.airlock_world import SAYS, AirlockWorld, say
from tests.databases import a_copy
from tests.factories import (
    NOW,
    ProjectWorld,
    SnapshotWorld,
    a_person,
    a_project,
    a_snapshot,
    an_active_project,
    policies,
)

PROBES = [
    {
        "id": f"E{number:02d}-{word}",
        "attempt": attempt,
        "control": "the same from outside the workspace",
        "outcome": outcome,
        "evidence": "it failed within its time; its control succeeded",
        "seconds": 0.02,
    }
    for number, (word, attempt, outcome) in enumerate(
        [
            ("address", "open a connection to an address on the internet", "held"),
            ("names", "look up a name", "held"),
            ("host", "read the host's list of processes", "held"),
            ("write", "write into /data", "held"),
            ("ipv6", "open a connection over IPv6", "unavailable"),
        ],
        1,
    )
]

TABLE = b"sex,group,n\nF,low,412\nM,low,398\nF,high,7\nM,high,3\n"
CLEAN = b"sex,people\nF,4120\nM,3980\n"
NOTE = "# Survival\n\nThe table counts people by sex.\nHidden \u202ename\u202c here.\n".encode()
BLOCKED = ("groups.csv", "model.pkl")
STATES = {"passed": RequestState.IN_REVIEW}
LOOKED = "I looked at it; it shows nobody."
HOSTILE = (
    b"label,count\n<script>alert(1)</script>,40\n<img src=x onerror=alert(2)>,60\n"
    b"=HYPERLINK(1),70\n"
)


def a_png() -> bytes:
    """A small picture with a text that must not survive."""
    out = io.BytesIO()
    Image.new("RGB", (160, 90), (20, 92, 107)).save(out, format="PNG")
    return out.getvalue()


@dataclass
class World:
    """Everything in one installation, and who is who in it."""

    control: Control
    app: Any
    actors: dict[str, Actor] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    snapshots: dict[str, str] = field(default_factory=dict)

    def browser(self, name: str | None) -> "Browser":
        """A browser of one of the actors; of nobody for None."""
        return Browser(self, self.actors[name] if name else None)


class Browser:
    """One person's browser: cookie, origin, and the token that its forms carry."""

    def __init__(self, world: World, actor: Actor | None) -> None:
        """Sign in without the identity provider, whose part has its own tests."""
        self.world, self.secret = world, ""
        url = world.control.settings.control_url
        self.client = TestClient(
            world.app, base_url=url, follow_redirects=False, raise_server_exceptions=True
        )
        self.headers = {"accept": "text/html"}
        if actor is not None:
            with write(world.control.db) as session:
                someone = people.person(session, str(actor.person))
                now = world.control.clock()
                opened = open_session(session, someone, now, acr="aal1", auth_time=now)
            self.secret = opened.secret
            self.headers["cookie"] = f"{COOKIE}={self.secret}"

    @property
    def csrf(self) -> str:
        """The token of this session's forms."""
        return token_for(self.secret)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """Look at a page."""
        return self.client.get(path, headers=self.headers | headers)

    def post(
        self,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        files: Any = None,
        csrf: str | None = None,
        origin: str | None = None,
    ) -> httpx2.Response:
        """Send a form as a page of ours would."""
        own = self.world.control.settings.control_url
        token = {"csrf": self.csrf if csrf is None else csrf}
        return self.client.post(
            path,
            data={**(data or {}), **token},
            files=files,
            headers=self.headers | {"origin": own if origin is None else origin},
        )

    def api(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """Ask the API with the same session."""
        own = {"origin": self.world.control.settings.control_url, "accept": "application/json"}
        return self.client.request(method, path, json=body, headers=self.headers | own)


class Page(HTMLParser):
    """What matters of a page for tests: its forms with fields, headings, links, tags, styles."""

    def __init__(self, text: str) -> None:
        """Read it."""
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.headings: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self.unlabelled: list[str] = []
        self._labels: set[str] = set()
        self._fields: dict[str, str] = {}
        self.feed(text)
        self.unlabelled = [name for key, name in self._fields.items() if key not in self._labels]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), {}))
        if tag in ("input", "textarea", "select") and self.forms:
            self.forms[-1][1][found.get("name", "")] = found.get("value", "")
        if tag in ("input", "textarea", "select") and found.get("type") != "hidden":
            self._fields[found.get("id", f"no id: {found}")] = found.get("name", "")
        if tag == "label":
            self._labels.add(found.get("for", ""))
        if tag == "a":
            self.links.append(found.get("href", ""))
        if tag == "h1":
            self.headings.append(tag)
        if tag in ("script", "style", "iframe", "object", "embed", "base") or any(
            name.startswith("on") or name == "style" for name in found
        ):
            self.inline.append(f"<{tag} {found}>")


def local_links(page: Page) -> set[str]:
    """Addresses of ours that a page leads to."""
    parts = [urlsplit(link) for link in page.links]
    return {p.path for p in parts if not p.netloc and p.path.startswith("/")}


def a_control(folder: Path, database: str, now: datetime = NOW) -> Control:
    """The control plane's parts over this database."""
    settings = Settings(
        mode="test",
        state_dir=folder / "state",
        run_dir=folder / "run",
        oidc_issuer="http://127.0.0.1:1",
        oidc_client_secret=SecretStr("x"),
    )
    return Control(
        settings=settings,
        db=connect(database),
        policies=policies(),
        store=PosixStore(settings.state_dir / "store"),
        oidc=OidcClient(settings),
        login_key="x" * 32,
        clock=lambda: now,
    )


def a_world(control: Control) -> World:
    """Fill an installation: projects, requests and snapshots in many states."""
    world = World(control, application(control))
    with write(control.db) as session:
        main = _people_and_projects(session, world)
        _snapshots(session, world)
    with write(control.db) as session:
        _requests(session, world, main)
    return world


@contextmanager
def copied(template: World, folder: Path) -> Iterator[World]:
    """The same installation in another folder, on the same kind of database."""
    origin = template.control
    origin.db.dispose()  # PostgreSQL copies only what nobody is using
    shutil.copytree(origin.settings.state_dir, folder / "state")
    with a_copy(origin.db.url.render_as_string(hide_password=False), folder) as url:
        control = a_control(folder, url)
        yield replace(template, control=control, app=application(control))
        control.db.dispose()


def _people_and_projects(session: Session, world: World) -> ProjectWorld:
    snapshot = a_snapshot(session, now=NOW - timedelta(days=3))
    world.snapshots["published"] = snapshot.snapshot.id
    main = an_active_project(session, slug="light-chains")
    _open_workspace(session, main)
    world.projects["active"] = main.project.slug
    world.actors |= {
        "lead": main.lead,
        "member": main.member,
        "methods": main.methods,
        "lay": main.lay,
        "administrator": main.administrator,
        "owner": snapshot.owner,
        "steward": snapshot.steward,
        "checker": main.checkers[0],
        "second": main.checkers[1],
        "auditor": a_person(session, [Role.AUDITOR], "operator-o"),
        "stranger": a_person(session, [Role.RESEARCHER], "institute-z"),
        "nobody": a_person(session, []),
    }
    submitted = a_project(session, ProjectState.SUBMITTED, slug="kidney-age")
    world.projects["submitted"] = submitted.project.slug
    world.actors |= {
        "applicant": submitted.lead,
        "reviewing owner": submitted.owners["clinic-a"],
        "reviewer": submitted.methods,
    }
    draft = a_project(session, ProjectState.DRAFT, slug="a-first-idea")
    world.projects["draft"] = draft.project.slug
    world.actors["drafter"] = draft.lead
    halted = an_active_project(session, slug="halted-work")
    governance.halt(
        session,
        halted.administrator,
        NOW,
        scope="project",
        target=halted.project.id,
        reason="A laptop was lost.",
        project=halted.project.id,
    )
    world.projects["halted"] = halted.project.slug
    world.actors["halted lead"] = halted.lead
    return main


def _open_workspace(session: Session, main: ProjectWorld) -> None:
    row = workspaces.want(session, main.project.id, main.project.slug, NOW)
    workspaces.move(session, row, "provision", NOW)
    workspaces.move(session, row, "prove", NOW)
    proof = workspaces.record_proof(
        session, row.slug, PROBES, safe=True, policy_digest="", now=NOW - timedelta(minutes=4)
    )
    row.proof_id, row.proved_at = proof.id, proof.at
    row.mounted_at = NOW - timedelta(minutes=3)
    workspaces.move(session, row, "open", NOW)


def _snapshots(session: Session, world: World) -> None:
    steward, owner = world.actors["steward"], world.actors["owner"]
    states = {
        "announced": SnapshotState.ANNOUNCED,
        "receiving": SnapshotState.RECEIVING,
        "verifying": SnapshotState.VERIFYING,
        "proposed": SnapshotState.PROPOSED,
    }
    for number, (name, state) in enumerate(states.items(), 2):
        found: SnapshotWorld = a_snapshot(
            session, state, label=f"2026-{number}", steward=steward, owner=owner
        )
        world.snapshots[name] = found.snapshot.id


def _requests(session: Session, world: World, main: ProjectWorld) -> None:
    everything = {
        "survival.csv": CLEAN,
        "groups.csv": TABLE,
        "plot.png": a_png(),
        "notes.md": NOTE,
        "labels.csv": HOSTILE,
        "model.pkl": b"\x80\x04\x95 nobody can read this",
    }
    few = {"survival.csv": CLEAN, "plot.png": a_png()}
    review = {name: everything[name] for name in everything if name not in BLOCKED}
    drafted = _opened(session, world, main, "draft", everything)
    checking.want_check(session, main.lead, NOW, drafted.request.id, policies=policies())
    run_checks(session, world.control)
    blocked = _opened(session, world, main, "blocked", everything)
    _submitted(session, world, blocked)
    reviewed = _opened(session, world, main, "in_review", review)
    _submitted(session, world, reviewed)
    passed = _opened(session, world, main, "passed", {"survival.csv": CLEAN})
    _submitted(session, world, passed)
    split = _opened(session, world, main, "consolidating", few)
    _submitted(session, world, split)
    for path in few:
        say(session, split, main.checkers[0], "approve", path, reason=LOOKED)
        say(session, split, main.checkers[1], "return", path, reason="Say what 3980 counts.")
    back = _opened(session, world, main, "returned", few)
    _submitted(session, world, back)
    for checker in main.checkers:
        for path in few:
            say(session, back, checker, "return", path, reason="The axis has no unit.")
    done = _opened(session, world, main, "released", few)
    _submitted(session, world, done)
    for checker in main.checkers:
        for path in few:
            say(session, done, checker, "approve", path, reason=LOOKED)
    run_checks(session, world.control)
    release(session, world.control, done.request.id)
    for name, id_ in world.requests.items():
        assert session.get_one(Request, id_).state == STATES.get(name, name), name
    checking_now = _opened(session, world, main, "checking", few)
    drafting.submit(session, main.lead, NOW, checking_now.request.id, policies=policies())


def _opened(
    session: Session, world: World, main: ProjectWorld, name: str, content: dict[str, bytes]
) -> AirlockWorld:
    title = f"Survival by sex ({name.replace('_', ' ')})"
    request = drafting.open_draft(
        session,
        main.lead,
        NOW,
        main.project.id,
        name.replace("_", "-"),
        title,
        policies=policies(),
    )
    found = AirlockWorld(main, request)
    for path, data in content.items():
        frozen = world.control.store.freeze(Zone.QUARANTINE, io.BytesIO(data), 1 << 20)
        file = files.add_file(
            session, main.lead, NOW, request.id, path, frozen, policies=policies()
        )
        files.set_context(session, main.lead, NOW, file.id, *SAYS, policies=policies())
        found.files[path] = file
    world.requests[name] = request.id
    world.files[name] = {path: file.id for path, file in found.files.items()}
    return found


def _submitted(session: Session, world: World, found: AirlockWorld) -> None:
    drafting.submit(session, found.author, NOW, found.request.id, policies=policies())
    run_checks(session, world.control)


def run_checks(session: Session, control: Control) -> None:
    """Do what the reconciler and the check worker do, without sandboxes."""
    policy = control.policies.outputs
    store = control.store
    assert isinstance(store, PosixStore)
    for check in session.exec(select(Check).where(col(Check.done_at).is_(None))).all():
        checking.start_check(session, NOW, check.id)
        _written_again(session, control, check)
        forms = control.settings.state_dir / "forms"
        job = jobs.job(
            session,
            check.id,
            location=lambda digest: store.location(Zone.QUARANTINE, digest),
            sources=(),
            policy=policy,
            form_out=forms,
        )
        report = judge(job, [keep(job, at) for at in range(len(job.files))], (), policy)
        checking.record_check(session, NOW, check.id, report, policies=control.policies)


def _written_again(session: Session, control: Control, check: Check) -> None:
    store = control.store
    assert isinstance(store, PosixStore)
    waiting = rewriting.waiting(session, check.id)
    job = jobs.rewriting(
        check.id,
        waiting,
        location=lambda digest: store.location(Zone.QUARANTINE, digest),
        policy=control.policies.outputs,
    )
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        made = MemoryEngine().rewrite(job, Path(folder))
        for file, one in zip(waiting, made, strict=True):
            if one is not None:
                stream = io.BytesIO(one.content.read_bytes())
                frozen = store.freeze(Zone.QUARANTINE, stream, 1 << 20)
                found[file.id] = rewriting.Again(file.digest, frozen, one.loose, one.others)
    rewriting.record(session, NOW, check.id, found)


def keep(job: Job, at: int) -> FileForm:
    """Open one file of a job and keep its form, as the local engine does."""
    file = job.files[at]
    assert isinstance(job.policy, dict)
    caps = job.policy["caps"]
    assert isinstance(caps, dict)
    form = open_bytes(file.path, file.location.read_bytes(), ReadCaps.of(caps))
    assert job.form_out is not None
    job.form_out.mkdir(parents=True, exist_ok=True)
    (job.form_out / form_name(file.path, file.digest)).write_bytes(form_to_json(form))
    return form


def release(session: Session, control: Control, request_id: str) -> None:
    """Copy what was approved, as the reconciler does."""
    planned = dict(releasing.plan_release(session, NOW, request_id))
    for digest in planned.values():
        control.store.copy(Zone.QUARANTINE, Digest(digest), Zone.RELEASE)
    papers = records.papers(session, session.get_one(Request, request_id))
    for paper in (papers.record, papers.manifest):
        frozen = control.store.freeze(Zone.QUARANTINE, io.BytesIO(paper), len(paper))
        control.store.copy(Zone.QUARANTINE, frozen.digest, Zone.RELEASE)
    releasing.record_release(
        session, NOW, request_id, planned, papers=papers.digests, policies=policies()
    )


def state_of(world: World, name: str) -> RequestState:
    """Where a request of the world stands now."""
    with read(world.control.db) as session:
        return RequestState(session.get_one(Request, world.requests[name]).state)


def subject_of(world: World, name: str, path: str) -> str:
    """What a vote on a file must name."""
    with read(world.control.db) as session:
        return session.get_one(File, world.files[name][path]).subject


def files_of(world: World, name: str) -> list[str]:
    """The paths in a request now."""
    with read(world.control.db) as session:
        return [file.path for file in present_files(session, world.requests[name])]


def log_actions(world: World) -> list[str]:
    """Every action in the log, in order."""
    with read(world.control.db) as session:
        rows = session.connection().exec_driver_sql("select record from audit_entries order by seq")
        return [json.loads(row[0])["action"] for row in rows]


def at(world: World, now: datetime) -> World:
    """The same installation at another time."""
    control = replace(world.control, clock=lambda: now)
    return replace(world, control=control, app=application(control))
