"""Brings the demo up, on this machine or on a cluster; then the story."""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from orchestrator.bootstrap.control import utc_now
from orchestrator.db import connect, write
from orchestrator.demo import installing
from orchestrator.demo.cluster import COMPONENTS
from orchestrator.demo.local import Machine
from orchestrator.demo.people import PEOPLE, seed
from orchestrator.demo.place import Place
from orchestrator.demo.processes import Processes, free_port, is_free
from orchestrator.demo.story import Story
from orchestrator.demo.tale import Tale
from orchestrator.engines.local.engine import LocalEngine
from orchestrator.engines.local.images import ensure_image
from orchestrator.migrations.run import upgrade
from orchestrator.policy.load import load
from orchestrator.sandbox.run import tried
from orchestrator.settings import Settings

PORTS = {"control": 8700, "gateway": 8701, "identity": 8702}


def prepare(
    folder: Path, images: Path | None = None, *, usual_ports: bool = True
) -> tuple[Settings, int]:
    """Empty the demo's folder and choose its ports: the usual ones, or others where they are taken.

    Shape: the settings, and the identity provider's port.
    """
    usual = usual_ports and all(map(is_free, PORTS.values()))
    ports = PORTS if usual else {name: free_port() for name in PORTS}
    settings = Settings(
        mode="demo",
        state_dir=folder.absolute() / "state",
        homes_dir=folder.absolute() / "homes",
        images_dir=images or folder.absolute().parent / "images",
        control_port=ports["control"],
        gateway_port=ports["gateway"],
        oidc_issuer=f"http://127.0.0.1:{ports['identity']}",
        oidc_client_secret=SecretStr(secrets.token_hex(16)),
    )
    _remove_workspaces(settings)
    for old in (folder, settings.run):
        if old.exists():
            shutil.rmtree(old)
    folder.mkdir(parents=True)
    return settings, ports["identity"]


@contextmanager
def installation(settings: Settings, identity_port: int) -> Iterator[Processes]:
    """Run the whole installation; everything ends when the block does."""
    upgrade(settings.database)
    with write(connect(settings.database)) as session:
        seed(session, utc_now())
    processes = Processes(settings.state_dir.parent / "logs", settings.environment())
    try:
        processes.start("identity", "identity", str(identity_port))
        processes.start("serve", "serve")
        processes.await_port("identity", identity_port)
        processes.await_port("serve", settings.control_port)
        for name in ("gateway", "doors", "reconcile"):
            processes.start(name, name)
        processes.await_port("gateway", settings.gateway_port)
        yield processes
    finally:
        processes.stop_all()
        _remove_workspaces(settings)


def demo(folder: Path, console: Console, *, stay: bool) -> bool:
    """Tell the story, and stay up afterwards when somebody is there to look.

    Errors: Unavailable with the command that cures it, where the system forbids sandboxes.
    """
    begun = time.monotonic()
    settings, identity_port = prepare(folder)
    story = Story(folder / "report.json", console)
    with story.step("Start: a sandbox is possible, the workspace image is there") as step:
        found = tried()
        step.require(found.works, found.say, f"{found.say} {found.cure}")
        image = load(settings.policies_dir).workspaces.image
        where = ensure_image(settings, image)
        step.saw(f"image {image}: {where.name}")
    with installation(settings, identity_port) as processes:
        roles = ("serve", "reconcile", "gateway", "doors")
        _tell(Machine(settings), story, console, dict.fromkeys(roles, processes.last_words))
        _say_the_end(story, settings, console, time.monotonic() - begun)
        if stay:
            _stay(settings, console)
    return story.ok


def demo_on_cluster(
    folder: Path, console: Console, chosen: installing.Chosen, *, stay: bool
) -> bool:
    """Tell the same story on a cluster, by an installation of the chart that ends with it.

    Errors: as `installing.installation`.
    """
    begun = time.monotonic()
    settings, identity_port = installing.prepared(folder)
    story = Story(folder / "report.json", console)
    with ExitStack() as ending:
        with story.step("Start: the chart is installed on the cluster") as step:
            place = ending.enter_context(
                installing.installation(settings, identity_port, chosen, step, folder)
            )
        _tell(place, story, console, dict.fromkeys(COMPONENTS, place.last_words))
        _say_the_end(story, settings, console, time.monotonic() - begun)
        if stay:
            _stay(settings, console)
        console.print("Taking it away …")
    console.print("Nothing of the story is left on the cluster.")
    return story.ok


def _tell(
    place: Place, story: Story, console: Console, logs: Mapping[str, Callable[[str], str]]
) -> None:
    """Tell all chapters; one that fails is followed by the last words of each process."""
    try:
        with closing(Tale(place, story)) as tale:
            tale.tell()
    except Exception as error:
        console.print(f"[bold red]The story ended early:[/] {error}")
        for name, last_words in logs.items():
            console.print(f"[dim]{name}:[/]\n{last_words(name)}", markup=False)


def _remove_workspaces(settings: Settings) -> None:
    """Keepers, hubs and homes outlive their engine on purpose, so the demo ends them by name.

    Also those of a demo that was killed: its homes are file systems that are still mounted.
    """
    engine = LocalEngine(settings)
    for folder in sorted((settings.run / "p").glob("*")):
        engine.remove(folder.name)


def _say_the_end(story: Story, settings: Settings, console: Console, seconds: float) -> None:
    done = sum(step.ok for step in story.steps)
    console.print(f"\n[bold]{done} of {len(story.steps)} steps, {seconds:.0f} seconds.[/]")
    console.print(f"Evidence: {settings.state_dir.parent / 'report.json'}")


def _stay(settings: Settings, console: Console) -> None:
    console.print(f"\nSign in at [bold]{settings.control_url}[/] as one of:")
    for person in PEOPLE:
        console.print(f"  {person.name:20} {person.does}")
    console.print(
        f"Projects answer at {settings.project_url('mgus-outcomes')}. Ctrl+C ends it all."
    )
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Ending.")
