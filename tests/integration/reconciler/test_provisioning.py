"""From an approved permit to an open workspace, one turn at a time: data come after the proof."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from orchestrator import db
from orchestrator.audit import log
from orchestrator.datasets import service as dataset_writes
from orchestrator.datasets.models import Mounting
from orchestrator.datasets.queries import used_by
from orchestrator.engines.memory import MemoryEngine
from orchestrator.engines.port import Mount, Observed, Outcome, Probe, Remains, Spec
from orchestrator.errors import NotAllowed, Unavailable
from orchestrator.governance.access import Access, Verb
from orchestrator.objectstore import trees
from orchestrator.projects import queries as project_queries
from orchestrator.projects import service as project_writes
from orchestrator.projects.states import ProjectState
from orchestrator.reconciler import projects, servers, workspaces
from orchestrator.values import Actor
from orchestrator.workspaces.access import access
from orchestrator.workspaces.models import Workspace
from orchestrator.workspaces.states import WorkspaceState
from tests.factories import DAY, policies
from tests.reconciler_world import MINUTE, TURNS, House, restarted

W = WorkspaceState
HOLE = Probe("E01.memory", "a way out", "its control", Outcome.OPEN, "it got out", 0.1)


def may(house: House, person: Actor | None = None) -> Access:
    """What a member may do now."""
    with db.read(house.hands.db) as session:
        row = project_queries.get(session, house.project.project.id)
        who = str((person or house.project.lead).person)
        return access(session, who, row, house.clock.now, policies=policies())


def datasets_of(house: House) -> list[str]:
    """Which datasets the engine has attached."""
    return [mount.dataset for mount in house.world.mounts]


def codes(found: Access) -> set[str]:
    """The codes of all reasons against access."""
    return {reason.code for reason in found.reasons}


def actions(house: House) -> list[str]:
    """What the log says happened, in order."""
    with db.read(house.hands.db) as session:
        return [str(one["action"]) for one in _records(session)]


def _records(session: Session) -> list[dict[str, object]]:
    return [json.loads(entry.record) for entry in log.entries(session)]


def test_each_turn_takes_one_step_and_data_come_last(house: House) -> None:
    """Approved, active, wanted, provisioned, proved, and only then given data and opened."""
    assert house.turn(projects.WORK) == []
    with db.read(house.hands.db) as session:
        row = project_queries.get(session, house.project.project.id)
        assert row.state == ProjectState.ACTIVE
    assert house.workspace().state == W.WANTED
    assert house.engine.projects == {}
    assert codes(may(house)) == {"isolation_unproven"}
    house.turn(workspaces.WORK)
    assert house.workspace().state == W.PROVISIONING
    house.turn(workspaces.WORK)
    assert house.workspace().state == W.PROVING
    assert datasets_of(house) == [], "nothing is attached before the proof"
    house.turn(workspaces.WORK)
    assert house.workspace().state == W.OPEN
    assert datasets_of(house) == ["flchain"]
    assert all(mount.tree.is_dir() and mount.manifest.is_file() for mount in house.world.mounts)
    assert Verb.WORK in may(house).verbs
    order = [one for one in actions(house) if one.startswith(("workspace.", "network.", "snap"))]
    assert order[-4:] == ["workspace.prove", "network.probe_result", "snapshot.mount",
                          "workspace.open"]  # fmt: skip


def test_a_hub_that_is_slow_is_waited_for(house: House) -> None:
    """The environment is looked at again soon, and nothing is written meanwhile."""
    house.engine.ready_after = 2
    house.turn(projects.WORK)
    house.turn(workspaces.WORK)
    (row,) = workspaces.due(house.hands, house.clock.now)
    assert workspaces.turn(house.hands, row, house.clock.now) is True
    assert house.workspace().state == W.PROVISIONING
    house.engine.observe(house.slug)
    house.engine.observe(house.slug)
    assert workspaces.turn(house.hands, row, house.clock.now) is False
    assert house.workspace().state == W.PROVING


def test_a_failed_proof_attaches_nothing_and_lets_nobody_in(house: House) -> None:
    """One open probe is enough; the next proof that holds opens the door."""
    house.engine.broken = [HOLE]
    house.settle(passes=6)
    row = house.workspace()
    assert (row.state, row.reason_code) == (W.UNPROVED, "isolation_unproven")
    assert datasets_of(house) == []
    assert codes(may(house)) == {"isolation_unproven"}
    assert may(house).verbs == frozenset()
    house.engine.broken = []
    house.settle(passes=3)
    assert house.workspace().state == W.UNPROVED, "the next proof waits a little"
    house.clock.step()
    house.settle(passes=3)
    assert house.workspace().state == W.OPEN
    assert datasets_of(house) == ["flchain"]
    assert Verb.WORK in may(house).verbs


@pytest.mark.parametrize("probes", [[], [replace(HOLE, outcome=Outcome.INCONCLUSIVE)]])
def test_a_proof_that_proves_nothing_opens_nothing(house: House, probes: list[Probe]) -> None:
    """No probe at all, or a control that failed: not safe."""

    class Blind(MemoryEngine):
        def prove(self, project: str | None) -> list[Probe]:
            return probes

    house = restarted(house, engine=Blind())
    house.settle(passes=6)
    assert house.workspace().state == W.UNPROVED


def test_a_later_proof_that_fails_takes_data_and_servers_away(at_work: House) -> None:
    """Proved again after a third of its validity; a hole closes the workspace at once."""
    at_work.want(at_work.project.lead)
    at_work.settle(passes=2)
    assert at_work.server(at_work.project.lead).observed == "ready"
    at_work.engine.broken = [HOLE]
    at_work.clock.step(6 * MINUTE)
    at_work.settle(passes=2)
    assert at_work.workspace().state == W.UNPROVED
    assert at_work.world.mounts == ()
    assert at_work.world.servers == {}
    assert at_work.server(at_work.project.lead).wanted_at is None
    with db.read(at_work.hands.db) as session:
        ended = session.exec(select(Mounting)).all()
    assert all(one.until is not None for one in ended), "the log of use says when it ended"


def test_the_row_says_which_probe_did_not_hold(at_work: House) -> None:
    """People read it on the project's page."""
    at_work.engine.broken = [replace(HOLE, outcome=Outcome.INCONCLUSIVE, id="E02.x"), HOLE]
    at_work.clock.step(6 * MINUTE)
    at_work.turn(workspaces.WORK)
    assert at_work.workspace().reason == (
        "An isolation probe did not hold: a way out is open (E01.memory, and 1 more)."
        " Data and doors are closed until it does."
    )


def test_what_was_altered_is_mended_before_it_is_proved_again(house: House) -> None:
    """A wall that somebody changed is found by the proof, then written again by the engine."""

    class Altered(MemoryEngine):
        altered = False

        def ensure(self, spec: Spec) -> Observed:
            self.altered = False
            return super().ensure(spec)

        def prove(self, project: str | None) -> list[Probe]:
            return [HOLE] if self.altered else super().prove(project)

    engine = Altered()
    house = restarted(house, engine=engine)
    house.settle(passes=6)
    assert house.workspace().state == W.OPEN
    engine.altered = True
    house.clock.step(6 * MINUTE)
    house.turn(workspaces.WORK)
    assert house.workspace().state == W.UNPROVED
    assert engine.altered, "a proof mends nothing"
    house.clock.step()
    house.settle(passes=3)
    assert house.workspace().state == W.OPEN


def test_data_left_by_a_crash_go_with_the_next_turn_whenever_the_next_proof_is(
    at_work: House,
) -> None:
    """The row was written, then the reconciler died before it took the data away."""

    class Dies(MemoryEngine):
        def attach(self, project: str, mounts: Sequence[Mount]) -> None:
            raise KeyboardInterrupt

    dying = Dies()
    dying.__dict__ = at_work.engine.__dict__
    at_work.engine.broken = [HOLE]
    at_work.clock.step(6 * MINUTE)
    with pytest.raises(KeyboardInterrupt):
        restarted(at_work, engine=dying).turn(workspaces.WORK)
    assert at_work.workspace().state == W.UNPROVED
    assert at_work.world.mounts, "this is the moment after the crash"
    at_work.turn(workspaces.WORK)
    assert at_work.world.mounts == ()
    assert at_work.workspace().state == W.UNPROVED


def test_a_proof_is_too_old_before_it_is_renewed(at_work: House) -> None:
    """Where no proof comes for a quarter of an hour, nobody works and servers stop."""
    at_work.want(at_work.project.lead)
    at_work.settle(passes=2)
    at_work.engine.fail_next("prove", Unavailable("The host is busy."))
    at_work.clock.step(15 * MINUTE)
    assert codes(may(at_work)) == {"isolation_unproven"}
    assert at_work.turn(workspaces.WORK) == ["unavailable"]
    at_work.turn(servers.WORK)
    assert at_work.world.servers == {}
    at_work.settle(passes=2)
    assert Verb.WORK in may(at_work).verbs, "proved again"


def test_new_data_wait_for_a_proof_in_date(at_work: House) -> None:
    """After a long silence the proof comes first, also in a workspace that stays open."""
    awake = at_work.hands.settings.model_copy(update={"sleep_after_minutes": 0})
    house = restarted(at_work, settings=awake)
    house.act(lambda session: _drop_mounts(session, house))
    house.clock.step(DAY)
    house.engine.broken = [HOLE]
    house.turn(workspaces.WORK)
    assert house.world.mounts == ()
    assert house.workspace().state == W.UNPROVED


def _drop_mounts(session: Session, house: House) -> None:
    """Play an engine that lost its data, and a row that knows it."""
    house.engine.attach(house.slug, ())
    session.get_one(Workspace, house.workspace().id).mounts_digest = None


def test_who_leaves_the_project_loses_server_and_hub_user(at_work: House) -> None:
    """A removed member is gone from the specification, the server is stopped by the same turns."""
    lead, member = at_work.project.lead, at_work.project.member
    for person in (lead, member):
        at_work.want(person)
    at_work.settle(passes=2)
    assert set(at_work.world.servers) == {at_work.handle(lead), at_work.handle(member)}
    before = at_work.workspace().spec_digest
    at_work.act(
        lambda session: project_writes.remove_member(
            session, lead, at_work.clock.now, at_work.project.project.id, str(member.person)
        )
    )
    at_work.settle(passes=2)
    assert at_work.handle(member) not in at_work.world.spec.people
    assert set(at_work.world.servers) == {at_work.handle(lead)}
    assert at_work.server(member).observed == "stopped"
    assert at_work.server(member).wanted_at is None
    assert at_work.workspace().spec_digest not in (None, before)


def test_a_withdrawn_snapshot_is_dismounted_and_the_log_says_who_used_it(at_work: House) -> None:
    """The owner takes it back: gone from the workspace with the next turn."""
    with db.read(at_work.hands.db) as session:
        (use,) = session.exec(select(Mounting)).all()
    owner = at_work.project.owners["clinic-a"]
    at_work.clock.step()
    at_work.act(
        lambda session: dataset_writes.withdraw(
            session, owner, at_work.clock.now, use.snapshot_id, "A person withdrew consent."
        )
    )
    assert codes(may(at_work)) == {"dataset_withdrawn"}
    at_work.turn(workspaces.WORK)
    assert at_work.world.mounts == ()
    with db.read(at_work.hands.db) as session:
        (told,) = used_by(session, use.snapshot_id)
    assert told.since == use.since
    assert told.until == at_work.clock.now
    assert actions(at_work)[-1] == "snapshot.dismount"


def test_a_newer_version_does_not_change_data_under_an_analysis(at_work: House) -> None:
    """A project keeps the version that was first mounted."""
    before = at_work.world.mounts
    at_work.publish("2026-2", b"person,age\n" + b"".join(b"Q%03d,50\n" % n for n in range(50)))
    at_work.settle(passes=3)
    assert at_work.world.mounts == before


def test_a_project_that_ends_loses_its_environment_and_closes_after_its_days(
    at_work: House,
) -> None:
    """Closing: servers and homes go, what was submitted can be collected, then it is closed."""
    at_work.want(at_work.project.lead)
    at_work.settle(passes=2)
    at_work.clock.step(365 * DAY)
    at_work.settle(passes=6)
    assert at_work.workspace().state == W.RETIRED
    assert at_work.slug not in at_work.engine.projects
    with db.read(at_work.hands.db) as session:
        row = project_queries.get(session, at_work.project.project.id)
        assert row.state == ProjectState.CLOSING
        assert all(one.until is not None for one in session.exec(select(Mounting)))
    at_work.clock.step(policies().access.closing)
    at_work.settle(passes=2)
    with db.read(at_work.hands.db) as session:
        row = project_queries.get(session, at_work.project.project.id)
    assert row.state == ProjectState.CLOSED


@pytest.mark.parametrize("left", [{"ending": ("Namespace x",)}, {"kept": ("a home",)}])
def test_a_project_is_retired_only_when_all_of_it_is_gone(
    at_work: House, left: dict[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an engine could not remove, or not see gone, is tried again, and the row says so."""
    with monkeypatch.context() as patch:
        patch.setattr(at_work.engine, "remove", lambda _: Remains(**left))
        at_work.clock.step(365 * DAY)
        at_work.settle(passes=4)
        soon = at_work.turn(workspaces.WORK)
        assert soon == ([] if "ending" in left else ["not_gone"]), "what just ends is no trouble"
        row = at_work.workspace()
        assert row.state == W.RETIRING
        if "ending" in left:  # looked at again at once, while others have their turns
            assert workspaces.turn(at_work.hands, row.id, at_work.clock.now)
        at_work.clock.step(timedelta(minutes=1))
        assert at_work.turn(workspaces.WORK) == ["not_gone"]
        row = at_work.workspace()
        assert (row.state, row.mounts_digest is None) == (W.RETIRING, False)
        assert "still there" in str(row.reason)
    assert not at_work.turn(workspaces.WORK)
    assert (at_work.workspace().state, at_work.workspace().reason) == (W.RETIRED, None)


def test_a_mistake_in_an_engine_is_on_the_row_and_is_tried_again(house: House) -> None:
    """State failed with a reason people can read; a moment later it begins anew."""
    house.settle((projects.WORK, workspaces.WORK), 1)
    house.engine.fail_next("ensure", NotAllowed("Two projects cannot share a user id."))
    assert house.turn(workspaces.WORK) == ["notallowed"]
    row = house.workspace()
    assert (row.state, row.reason_code) == (W.FAILED, "engine_failed")
    assert "share a user id" in str(row.reason)
    assert workspaces.due(house.hands, house.clock.now) == [], "not at once"
    house.clock.step()
    house.settle(passes=5)
    assert house.workspace().state == W.OPEN


def test_an_engine_that_is_away_leaves_the_row_as_it_is(house: House) -> None:
    """Unavailable means later, and is no failure of the environment."""
    house.settle((projects.WORK, workspaces.WORK), 1)
    before = house.workspace()
    house.engine.fail_next("ensure", Unavailable("The engine starts."))
    assert house.turn(workspaces.WORK) == ["unavailable"]
    assert house.workspace() == before


def test_another_pass_over_a_world_that_stands_writes_nothing(at_work: House) -> None:
    """No statement that writes: a turn with nothing to do costs reading only."""
    at_work.want(at_work.project.lead)
    at_work.settle(passes=3)
    written: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().split()[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            written.append(statement)

    event.listen(at_work.hands.db, "before_cursor_execute", count)
    at_work.settle(TURNS, 2)
    at_work.clock.step(timedelta(seconds=1))
    at_work.settle(TURNS, 1)
    assert written == []
    event.remove(at_work.hands.db, "before_cursor_execute", count)


def test_a_tree_that_is_missing_is_built_again_before_data_is_attached(house: House) -> None:
    """After a restore, or on another machine: the bytes are in the store, the folder is not."""
    trees.sweep(house.hands.store, 0)
    for path in sorted((house.hands.store.root / "trees").glob("[0-9a-f]*")):
        trees.clear(path)
    house.settle(passes=5)
    (mount,) = house.world.mounts
    assert mount.tree.is_dir()
    assert mount.manifest.is_file()
