"""Notebook servers: started for who may work, stopped for who may not, and reported as seen."""

from dataclasses import replace

import pytest

from orchestrator.engines.memory import MemoryEngine
from orchestrator.engines.port import RESTED, Observed, Server, ServerState
from orchestrator.errors import NotAllowed, Unavailable
from orchestrator.identity import service as identity
from orchestrator.reconciler import halts, projects, servers, workspaces
from orchestrator.workspaces.states import WorkspaceState
from tests.reconciler_world import House, restarted

W = WorkspaceState


def test_a_wanted_server_is_started_and_reported(at_work: House) -> None:
    """Wanted by its person; address, base URL and token are what the engine says."""
    lead = at_work.project.lead
    at_work.want(lead)
    assert at_work.server(lead).observed == "stopped"
    assert at_work.turn(servers.WORK) == []
    row = at_work.server(lead)
    assert row.observed == "ready"
    assert row.address
    assert row.token
    assert row.base_url == f"/user/{at_work.handle(lead)}/"


def test_what_makes_a_pod_known_is_written_down(at_work: House) -> None:
    """Address and hash while it starts, and where its hub is; a new start is written too."""

    class InPods(MemoryEngine):
        door = "a" * 64

        def start(self, project: str, person: str) -> Server:
            where = "198.19.0.7:8888"
            return Server(person, ServerState.STARTING, address=where, door=self.door)

        def observe(self, project: str) -> Observed:
            return replace(super().observe(project), hub="198.19.0.9:8081")

    pods = InPods()
    pods.__dict__ = at_work.engine.__dict__
    house = restarted(at_work, engine=pods)
    lead = house.project.lead
    house.want(lead)
    house.turn(servers.WORK)
    row = house.server(lead)
    assert (row.address, row.door, row.hub) == ("198.19.0.7:8888", "a" * 64, "198.19.0.9:8081")
    pods.door = "b" * 64
    house.turn(servers.WORK)
    assert house.server(lead).door == "b" * 64


def test_a_server_that_ended_for_want_of_use_is_not_started_again(
    at_work: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its person reads why, and opening it is a wish like any other."""
    lead, start = at_work.project.lead, at_work.engine.start
    at_work.want(lead)
    at_work.turn(servers.WORK)

    def rested(project: str, person: str) -> Server:
        monkeypatch.setattr(at_work.engine, "start", start)  # said once
        at_work.engine.stop(project, person)
        return Server(person, ServerState.STOPPED, reason=RESTED)

    monkeypatch.setattr(at_work.engine, "start", rested)
    at_work.settle((servers.WORK,), passes=3)
    row = at_work.server(lead)
    assert (row.observed, row.wanted_at, row.address, row.reason) == ("stopped", None, None, RESTED)
    at_work.want(lead)
    at_work.turn(servers.WORK)
    assert at_work.server(lead).observed == "ready"


def test_a_server_that_starts_slowly_is_looked_at_again(at_work: House) -> None:
    """Starting is written once, and ready when it is."""
    at_work.engine.ready_after = 1
    at_work.want(at_work.project.lead)
    (row,) = servers.due(at_work.hands, at_work.clock.now)
    assert servers.turn(at_work.hands, row, at_work.clock.now) is True
    assert at_work.server(at_work.project.lead).observed == "starting"
    at_work.engine.observe(at_work.slug)
    assert servers.turn(at_work.hands, row, at_work.clock.now) is False
    assert at_work.server(at_work.project.lead).observed == "ready"


def test_a_server_that_died_is_started_again(at_work: House) -> None:
    """What is wanted is compared with what is there, not with what was once reported."""
    lead = at_work.project.lead
    at_work.want(lead)
    at_work.settle(passes=1)
    before = at_work.server(lead).token
    at_work.engine.stop(at_work.slug, at_work.handle(lead))
    at_work.turn(servers.WORK)
    assert at_work.server(lead).observed == "ready"
    assert at_work.server(lead).token not in (None, before)


def test_a_server_that_fails_says_why_and_is_not_tried_for_ever(at_work: House) -> None:
    """The wish ends with the reason; wanting it again tries again."""

    class Fails(MemoryEngine):
        def start(self, project: str, person: str) -> Server:
            return Server(person, ServerState.FAILED, reason="The notebook ended at once.")

    failing = Fails()
    failing.__dict__ = at_work.engine.__dict__
    house = restarted(at_work, engine=failing)
    lead = house.project.lead
    house.want(lead)
    house.turn(servers.WORK)
    row = house.server(lead)
    assert (row.observed, row.wanted_at, row.token) == ("failed", None, None)
    assert row.reason == "The notebook ended at once."


def test_what_the_engine_refuses_is_not_wanted_any_more(at_work: House) -> None:
    """A start that is not allowed is stopped, with the engine's sentence."""
    at_work.want(at_work.project.lead)
    at_work.engine.fail_next("start", NotAllowed("This person is not in the specification."))
    assert at_work.turn(servers.WORK) == []
    row = at_work.server(at_work.project.lead)
    assert (row.observed, row.wanted_at) == ("stopped", None)
    assert row.reason == "This person is not in the specification."


def test_one_broken_server_does_not_keep_another_running(at_work: House) -> None:
    """The engine fails for one person; the other's access ended, so theirs stops all the same."""
    lead, member = at_work.project.lead, at_work.project.member
    for person in (lead, member):
        at_work.want(person)
    at_work.settle(passes=1)

    def suspend(who: str) -> None:
        at_work.act(
            lambda session: identity.suspend_person(
                session,
                at_work.project.administrator,
                at_work.clock.now,
                person_id=who,
                reason="Left.",
            )
        )

    class OneIsBroken(MemoryEngine):
        def start(self, project: str, person: str) -> Server:
            raise Unavailable("The hub does not answer.")

    broken = OneIsBroken()
    broken.__dict__ = at_work.engine.__dict__
    for gone in (lead, member):
        suspend(str(gone.person))
        house = restarted(at_work, engine=broken)
        house.turn(servers.WORK)
        assert house.server(gone).observed == "stopped"
        assert at_work.handle(gone) not in at_work.world.servers


def test_a_person_without_access_gets_no_server(at_work: House) -> None:
    """A wish alone starts nothing: access is a decision at each turn."""
    outsider = at_work.project.methods
    at_work.want(outsider)
    at_work.turn(servers.WORK)
    assert at_work.world.servers == {}
    assert at_work.server(outsider).wanted_at is None


def test_a_halt_ends_servers_and_only_a_new_proof_opens_again(at_work: House) -> None:
    """Halted at once; resumed, the environment is provisioned, proved, and given data again."""
    lead = at_work.project.lead
    at_work.want(lead)
    at_work.settle(passes=1)
    at_work.halt()
    assert at_work.turn(halts.WORK) == []
    row = at_work.workspace()
    assert (row.state, row.reason_code) == (W.HALTED, "project_halted")
    assert at_work.world.servers == {}
    assert (at_work.server(lead).observed, at_work.server(lead).token) == ("stopped", None)
    at_work.want(lead)
    at_work.settle(passes=3)
    assert at_work.world.servers == {}, "wanting it does not help"
    assert at_work.workspace().state == W.HALTED
    assert at_work.world.homes, "a halt deletes nothing"
    proved = row.proof_id
    at_work.resume()
    for state in (W.PROVISIONING, W.PROVING):
        at_work.turn(workspaces.WORK)
        assert at_work.workspace().state == state
    assert at_work.world.mounts == ()
    at_work.turn(workspaces.WORK)
    assert at_work.workspace().state == W.OPEN
    assert at_work.workspace().proof_id != proved
    at_work.want(lead)
    at_work.turn(servers.WORK)
    assert at_work.server(lead).observed == "ready"


@pytest.mark.parametrize("passes", [0, 1, 2, 3])
def test_a_halt_comes_through_from_every_state(house: House, passes: int) -> None:
    """Wanted, provisioning, proving, open: the halt's own lane moves each of them."""
    order = (W.WANTED, W.PROVISIONING, W.PROVING, W.OPEN)
    house.turn(projects.WORK)
    for _ in range(passes):
        house.turn(workspaces.WORK)
    assert house.workspace().state == order[passes]
    house.halt()
    house.turn(halts.WORK)
    assert house.workspace().state == W.HALTED
    assert halts.due(house.hands, house.clock.now) == []
