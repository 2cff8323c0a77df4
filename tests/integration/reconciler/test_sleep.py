"""A workspace that nobody visits sleeps; a wish wakes it, and it is proved before it opens."""

from datetime import timedelta

import pytest

from orchestrator import db
from orchestrator.engines.port import Probe
from orchestrator.errors import NotAllowed, NotFound, Unavailable
from orchestrator.governance.access import Verb, rests
from orchestrator.reconciler import servers, workspaces
from orchestrator.workspaces import service as writes
from orchestrator.workspaces.access import require_entry, require_verb
from orchestrator.workspaces.models import Usage
from orchestrator.workspaces.states import WorkspaceState
from tests.factories import policies
from tests.integration.reconciler.test_provisioning import HOLE, actions, codes, may
from tests.reconciler_world import MINUTE, House, restarted

W = WorkspaceState
PATIENCE = 120 * MINUTE
"""As shipped."""


def quiet(house: House, by: timedelta = PATIENCE) -> None:
    """Nobody comes for a while; the proof is renewed meanwhile, as it would be."""
    house.clock.step(by)
    house.settle(passes=3)


def awake(house: House) -> bool:
    """Whether the engine has its hub run."""
    return house.world.awake


def test_nobody_there_for_long_enough_and_the_hub_is_ended(at_work: House) -> None:
    """A minute before it is not; the row comes before the engine, and the log has one entry."""
    quiet(at_work, PATIENCE - MINUTE)
    assert at_work.workspace().state == W.OPEN
    assert awake(at_work)
    at_work.clock.step()
    at_work.turn(workspaces.WORK)
    assert (at_work.workspace().state, at_work.workspace().asleep_since) == (W.ASLEEP, None)
    at_work.turn(workspaces.WORK)
    assert not awake(at_work)
    assert at_work.workspace().asleep_since == at_work.clock.now
    assert workspaces.due(at_work.hands, at_work.clock.now + 100 * PATIENCE) == []
    assert actions(at_work).count("workspace.sleep") == 1


def test_a_server_keeps_it_awake_and_so_does_a_visit(at_work: House) -> None:
    """Running or wanted; counted by the gateway or the doors."""
    at_work.want(at_work.project.lead)
    quiet(at_work, 2 * PATIENCE)
    assert at_work.workspace().state == W.OPEN
    at_work.act(
        lambda session: writes.unwant_server(
            session,
            at_work.server(at_work.project.lead).key,
            at_work.clock.now,
            actor=at_work.project.lead,
            reason="test",
        )
    )
    at_work.settle(passes=2)
    quiet(at_work, PATIENCE - MINUTE)
    visit = Usage(slug=at_work.slug, handle="x", minute=at_work.clock.now, path_class="own")
    at_work.act(lambda session: writes.count_usage(session, [visit]))
    quiet(at_work, PATIENCE - MINUTE)
    assert at_work.workspace().state == W.OPEN, "counted from the visit on"
    quiet(at_work, MINUTE)
    assert at_work.workspace().state == W.ASLEEP


def test_zero_minutes_is_never(at_work: House) -> None:
    """An institution may refuse it."""
    settings = at_work.hands.settings.model_copy(update={"sleep_after_minutes": 0})
    house = restarted(at_work, settings=settings)
    quiet(house, 10 * PATIENCE)
    assert house.workspace().state == W.OPEN


def test_asleep_nobody_works_but_releases_are_collected(at_work: House) -> None:
    """It is no failure: the one reason says what to do, and nothing else of the project ends."""
    quiet(at_work, PATIENCE)
    found = may(at_work)
    assert found.verbs == {Verb.SUBMIT, Verb.COLLECT}
    assert codes(found) == {"workspace_asleep"}
    assert rests(found)
    assert "wakes it" in found.reasons[0].text


def test_a_sleeping_workspaces_door_opens_to_its_members_only(at_work: House) -> None:
    """The way from the start page to the project's host; work itself is still refused."""
    quiet(at_work)
    lead, now = at_work.project.lead, at_work.clock.now
    stranger = at_work.project.checkers[0]
    with db.read(at_work.hands.db) as session:
        rules = policies()
        assert require_entry(session, lead, at_work.slug, now, policies=rules).slug == at_work.slug
        with pytest.raises(NotAllowed, match="sleeps"):
            require_verb(session, lead, at_work.slug, Verb.WORK, now, policies=rules)
        with pytest.raises((NotAllowed, NotFound)):
            require_entry(session, stranger, at_work.slug, now, policies=rules)


def test_a_wish_wakes_it_and_waits_for_the_proof(at_work: House) -> None:
    """Hub, then proof, then data, then the server that was wished for: nothing in between."""
    lead = at_work.project.lead
    quiet(at_work)
    at_work.want(lead)
    at_work.turn(servers.WORK)
    assert at_work.server(lead).wanted_at is not None, "the wish is not taken back"
    at_work.turn(workspaces.WORK)
    assert at_work.workspace().state == W.PROVISIONING
    assert "hub is starting" in may(at_work).reasons[0].text
    at_work.turn(workspaces.WORK)
    assert awake(at_work)
    assert at_work.workspace().state == W.PROVING
    assert at_work.world.mounts == (), "nothing is attached before the proof"
    assert "proved again" in may(at_work).reasons[0].text
    at_work.turn(servers.WORK)
    assert at_work.server(lead).observed == "stopped"
    at_work.turn(workspaces.WORK)
    assert (at_work.workspace().state, at_work.workspace().asleep_since) == (W.OPEN, None)
    assert Verb.WORK in may(at_work).verbs
    at_work.turn(servers.WORK)
    assert at_work.server(lead).observed == "ready"
    assert actions(at_work).count("workspace.wake") == 1


def test_the_time_of_its_proof_does_not_count_as_quiet(at_work: House) -> None:
    """A move is dated from before the proof that allowed it; what just opened does not sleep."""
    quiet(at_work)
    lead = at_work.project.lead
    at_work.want(lead)
    at_work.settle((workspaces.WORK,), passes=2)
    prove = at_work.engine.prove

    def slowly(project: str | None) -> list[Probe]:
        at_work.clock.step(PATIENCE)
        return prove(project)

    at_work.engine.prove = slowly  # type: ignore[method-assign]
    at_work.turn(workspaces.WORK)
    key, now = at_work.server(lead).key, at_work.clock.now
    at_work.act(lambda session: writes.unwant_server(session, key, now, actor=lead, reason="test"))
    at_work.turn(workspaces.WORK)
    assert at_work.workspace().state == W.OPEN


def test_a_wish_that_comes_as_it_falls_asleep_is_not_lost(at_work: House) -> None:
    """The row says asleep, the engine has not ended the hub yet: whoever comes now wakes it."""
    at_work.clock.step(PATIENCE)
    at_work.turn(workspaces.WORK)
    assert at_work.workspace().state == W.ASLEEP
    assert awake(at_work)
    at_work.want(at_work.project.lead)
    at_work.settle(passes=4)
    assert at_work.workspace().state == W.OPEN
    assert at_work.server(at_work.project.lead).observed == "ready"


def test_a_proof_that_fails_after_waking_opens_nothing(at_work: House) -> None:
    """Waking is no way around the proof, and the wish is answered with the reason."""
    quiet(at_work)
    at_work.engine.broken = [HOLE]
    at_work.want(at_work.project.lead)
    at_work.settle(passes=4)
    assert at_work.workspace().state == W.UNPROVED
    assert codes(may(at_work)) == {"isolation_unproven"}
    assert at_work.server(at_work.project.lead).wanted_at is None


def test_an_engine_that_cannot_sleep_now_is_asked_again(at_work: House) -> None:
    """The row waits as asleep: nobody is let in meanwhile, whatever the engine does."""
    at_work.clock.step(PATIENCE)
    at_work.turn(workspaces.WORK)
    at_work.engine.fail_next("sleep", Unavailable("The host is busy."))
    assert len(at_work.turn(workspaces.WORK)) == 1
    assert at_work.workspace().asleep_since is None
    at_work.turn(workspaces.WORK)
    assert not awake(at_work)


def test_a_halt_reaches_a_workspace_that_sleeps(at_work: House) -> None:
    """It stays halted until it is resumed, whoever wishes what."""
    quiet(at_work)
    at_work.halt()
    at_work.settle(passes=3)
    assert at_work.workspace().state == W.HALTED
    assert not rests(may(at_work))
