"""Random histories of one request against a model that knows nothing of our services.

The model states only what must hold: who may move what, and that bytes leave by two approvals of
the current round from two different people outside the project.
"""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine
from sqlmodel import Session

from orchestrator import db
from orchestrator.airlock import drafting, queries, releasing
from orchestrator.airlock.models import Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import MACHINE, RequestState
from orchestrator.audit import log
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound
from orchestrator.identity.roles import Role
from orchestrator.outputs.model import Verdict
from orchestrator.values import Actor
from tests.airlock_world import (
    AirlockWorld,
    a_request,
    add,
    recorded,
    run_checks,
    say,
    submit,
)
from tests.databases import a_copy
from tests.factories import NOW, a_person, policies

S = RequestState
PATHS = ("a.csv", "b.csv")
MOVES = {(row.source, row.target) for row in MACHINE.table}


class Life(RuleBasedStateMachine):
    """One request in the hands of an author, three checkers, a member and an administrator."""

    template: ClassVar[str]

    def __init__(self) -> None:
        """Begin in a fresh copy of the house."""
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.copy = ExitStack()
        url = self.copy.enter_context(a_copy(self.template, self.folder))
        self.engine: Engine = db.connect(url)
        self.said: dict[tuple[int, str, str], str] = {}  # (round, path, voter) -> last value
        self.seen = S.DRAFT.value
        self.contents: dict[str, str] = dict.fromkeys(PATHS, "")
        self.released: set[str] = set()

    @initialize()
    def open(self) -> None:
        """A draft with two files."""
        with db.write(self.engine) as session:
            self.world: AirlockWorld = a_request(session, S.DRAFT, paths=PATHS)
            third = a_person(session, [Role.CHECKER], "hospital-h")
        self.people: dict[str, Actor] = {
            "one": self.world.checkers[0],
            "two": self.world.checkers[1],
            "three": third,
            "author": self.world.author,
            "member": self.world.project.member,
            "administrator": self.world.project.administrator,
        }

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.engine.dispose()
        self.copy.close()
        shutil.rmtree(self.folder)

    @rule(path=st.sampled_from(PATHS), content=st.sampled_from("xyz"))
    def change(self, path: str, content: str) -> None:
        """The author writes other bytes: possible in a draft only."""

        def step(session: Session) -> None:
            self.world.files[path] = add(session, self.world, path, content)

        done = self.try_(step)
        assert done == (self.seen == S.DRAFT)

    @rule()
    def hand_in(self) -> None:
        """The author submits: possible in a draft only."""
        done = self.try_(lambda session: submit(session, self.world))
        assert done == (self.seen == S.DRAFT)
        self.look()

    @rule(verdict=st.sampled_from([Verdict.PASS, Verdict.PASS, Verdict.FLAG, Verdict.BLOCK]))
    def check(self, verdict: Verdict) -> None:
        """The worker runs whatever waits."""
        with db.write(self.engine) as session:
            run_checks(session, dict.fromkeys(PATHS, verdict))
        self.look()

    @rule(
        who=st.sampled_from(["one", "two", "three", "author", "member", "administrator"]),
        path=st.sampled_from(PATHS),
        value=st.sampled_from(["approve", "approve", "approve", "return", "reject"]),
    )
    def vote(self, who: str, path: str, value: str) -> None:
        """Somebody votes: only outsiders' votes are ever taken."""
        done = self.try_(
            lambda session: say(
                session, self._loaded(session), self.people[who], value, path, reason="Looked."
            )
        )
        if done:
            assert who in ("one", "two", "three")
            assert self.seen in (S.IN_REVIEW, S.CONSOLIDATING)
            self.said[self.round, path, who] = value
        self.look()

    @rule(who=st.permutations(["one", "two", "three"]), times=st.integers(1, 4))
    def go_on(self, who: list[str], times: int) -> None:
        """Everybody does the next sensible thing, so that histories reach the end of the road."""
        for _ in range(times):
            match self.seen:
                case S.DRAFT:
                    self.hand_in()
                case S.CHECKING:
                    self.check(Verdict.PASS)
                case S.IN_REVIEW | S.CONSOLIDATING:
                    for path in PATHS:
                        for voter in who[:2]:
                            self.vote(voter, path, "approve")
                case S.APPROVED:
                    self.check(Verdict.PASS)
                    self.release()
                case S.BLOCKED | S.RETURNED:
                    self.next_round()
                case _:
                    return

    @precondition(lambda self: self.seen in (S.CHECKING, S.IN_REVIEW))
    @rule()
    def take_back(self) -> None:
        """The author withdraws."""
        before = self.seen
        done = self.try_(
            lambda session: drafting.withdraw(
                session, self.world.author, NOW, self.world.request.id
            )
        )
        assert done == ((before, S.WITHDRAWN) in MOVES)
        self.look()

    @precondition(lambda self: self.seen != S.DRAFT)
    @rule()
    def next_round(self) -> None:
        """The author opens the next round after blocked or returned."""
        before = self.seen
        done = self.try_(
            lambda session: drafting.reopen(
                session, self.world.author, NOW, self.world.request.id, policies=policies()
            )
        )
        assert done == (before in (S.BLOCKED, S.RETURNED))
        self.look()

    @rule()
    def release(self) -> None:
        """The reconciler tries to release."""

        def step(session: Session) -> None:
            plan = dict(releasing.plan_release(session, NOW, self.world.request.id))
            recorded(session, self.world, plan)
            paths = {f.id: f.path for f in present_files(session, self.world.request.id)}
            self.released = {paths[file_id] for file_id in plan}
            event(f"released {len(plan)} in round {min(self.round, 3)}")

        if self.try_(step):
            assert self.seen == S.APPROVED
        self.look()

    @precondition(lambda self: self.seen in (S.APPROVED, S.RELEASED))
    @rule()
    def recall(self) -> None:
        """The administrator recalls."""
        assert self.try_(
            lambda session: releasing.recall(
                session, self.people["administrator"], NOW, self.world.request.id, "A mistake."
            )
        )
        self.look()

    @invariant()
    def nothing_leaves_alone(self) -> None:
        """Every released file has two approvals of its round, and no objection stands."""
        for path in self.released:
            values = [v for (r, p, _), v in self.said.items() if (r, p) == (self.round, path)]
            assert values.count("approve") >= 2
            assert set(values) == {"approve"}

    @invariant()
    def blind_is_blind(self) -> None:
        """While it is reviewed the author sees neither outcome nor vote nor objection of it."""
        if self.seen not in (S.IN_REVIEW, S.CONSOLIDATING):
            return
        with db.read(self.engine) as session:
            request = self.world.request.id
            seen = queries.detail(session, self.world.author, NOW, request, policies=policies())
        assert seen.request.state == S.IN_REVIEW
        assert all(file.votes == () and file.outcome is None for file in seen.files)

    def try_(self, step: Any) -> bool:
        """Run one step in its own transaction; a refusal leaves nothing behind."""
        with db.read(self.engine) as session:
            before = log.size(session)
        try:
            with db.write(self.engine) as session:
                step(session)
        except (NotAllowed, NotFound, Conflict, Invalid):
            with db.read(self.engine) as session:
                assert log.size(session) == before
            return False
        return True

    def look(self) -> None:
        """Read where the request stands, and hold the move against the table."""
        with db.read(self.engine) as session:
            row = session.get_one(Request, self.world.request.id)
            state, self.round = row.state, row.round
        if state != self.seen:
            hops = {self.seen}
            for _ in range(3):  # a vote or check may make several moves at once
                hops |= {target for source, target in MOVES if source in hops}
            assert state in hops
        self.seen = state

    round = 1

    def _loaded(self, session: Session) -> AirlockWorld:
        files = {f.path: f for f in present_files(session, self.world.request.id)}
        return AirlockWorld(self.world.project, self.world.request, files)


def test_random_histories_keep_the_rules(working_template: str) -> None:
    Life.template = working_template
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
