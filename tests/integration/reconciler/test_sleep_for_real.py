"""Sleep and wake with the local engine and a real JupyterHub: its process ends and comes back."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

from orchestrator.engines.local import keepers
from orchestrator.engines.port import ServerState
from orchestrator.reconciler import projects, servers, workspaces
from orchestrator.workspaces.states import WorkspaceState
from tests import local_world
from tests.databases import a_copy, closing_engine
from tests.local_world import wait_for
from tests.reconciler_world import MINUTE, House, Saved, reopen, restarted

W = WorkspaceState
SECOND = timedelta(seconds=1)
WORKS = (projects.WORK, workspaces.WORK, servers.WORK)


def turning(house: House, true: Callable[[], bool]) -> Callable[[], bool]:
    """Look after every kind of work had its turns; time passes, so what failed is tried again."""

    def look() -> bool:
        house.clock.step(SECOND)
        house.settle(WORKS, passes=1)
        return true()

    return look


def test_a_hub_that_nobody_visits_ends_and_a_visit_brings_it_back(granted: Saved) -> None:
    """Hub process, notebook server and all: open, asleep, waking, open, at work."""
    with (
        local_world.world() as (engine, folder),
        ExitStack() as ending,
        a_copy(granted.database, folder) as url,
        closing_engine(url) as database,
    ):
        house = restarted(reopen(granted, folder / "house", database), engine=engine)
        ending.callback(engine.remove, house.slug)
        place = local_world.layout(folder).hub_keeper(house.slug)
        wait_for(turning(house, lambda: house.workspace().state == W.OPEN), 120)
        assert keepers.alive(place) is not None, "the control: its hub runs"
        house.clock.step(120 * MINUTE)
        wait_for(turning(house, lambda: house.workspace().asleep_since is not None), 60)
        assert house.workspace().state == W.ASLEEP
        assert keepers.alive(place) is None
        lead = house.project.lead
        door = local_world.HubDoor(local_world.layout(folder), house.slug, house.handle(lead))
        ending.callback(door.close)
        house.want(lead)
        wait_for(turning(house, lambda: house.server(lead).observed == ServerState.READY), 180)
        assert house.workspace().state == W.OPEN
        assert house.workspace().asleep_since is None
        assert keepers.alive(place) is not None
