"""One whole installation for all tests here: real processes, the story told once, then kept up."""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from rich.console import Console

from orchestrator.demo.cast import Persona
from orchestrator.demo.local import Machine
from orchestrator.demo.processes import Processes
from orchestrator.demo.run import installation, prepare
from orchestrator.demo.story import Story
from orchestrator.demo.tale import Tale
from orchestrator.engines.local.images import ensure_image
from orchestrator.settings import Settings
from tests.e2e.browsing import COOKIE, SIZE, TIMEOUT, Browsers, Examiner, Heard

CHROMIUM = "/usr/bin/chromium"
HEARD = pytest.StashKey[Heard]()
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class House:
    """The running installation, what was told in it, and its people."""

    settings: Settings
    story: Story
    tale: Tale
    processes: Processes

    def person(self, handle: str) -> Persona:
        """Somebody of the cast, signed in."""
        return self.tale.cast[handle]


# The fixtures of the whole house end with this folder, not with the session: Playwright keeps an
# event loop running in its thread, and under a running loop no other test can start its own.
@pytest.fixture(scope="package")
def house() -> Iterator[House]:
    """Start everything, tell the story, keep it up; a story that fails is a test's to show."""
    folder = Path(tempfile.mkdtemp(prefix="house-", dir="/tmp"))
    settings, identity_port = prepare(
        folder / "demo", images=Path(".tre/images").absolute(), usual_ports=False
    )
    ensure_image(settings, "workspace")
    told = (folder / "told.txt").open("w")
    story = Story(folder / "report.json", Console(file=told, width=160))
    try:
        with (
            told,
            installation(settings, identity_port) as processes,
            closing(Tale(Machine(settings), story)) as tale,
        ):
            with suppress(Exception):  # the step that failed is in the story; a test shows it
                tale.tell()
            yield House(settings, story, tale, processes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A real browser without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def browsers(house: House, chromium: Browser) -> Iterator[Browsers]:
    """A browser for each of the cast who needs one; everybody is signed in from the story."""
    host = house.settings.control_url.split("//", 1)[1]
    sessions = {
        handle: persona.browser.cookies(host)[COOKIE] for handle, persona in house.tale.cast.items()
    }
    with closing(Browsers(chromium, house.settings, sessions)) as opened:
        yield opened


@pytest.fixture(scope="package")
def examiner(chromium: Browser) -> Iterator[Examiner]:
    """Axe, for any page."""
    with closing(Examiner(chromium)) as one:
        yield one


@pytest.fixture
def browser_context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody has used before."""
    context = chromium.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]})
    context.set_default_timeout(TIMEOUT)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext, request: pytest.FixtureRequest) -> Page:
    """One tab; what it says is shown with a test that fails."""
    tab = browser_context.new_page()
    request.node.stash[HEARD] = Heard(tab)
    return tab


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the tab and the processes said into the output of a failing test."""
    report = yield
    if report.failed and report.when == "call":
        if heard := item.stash.get(HEARD, None):
            report.sections.append(("the tab", heard.told()))
        house: House | None = getattr(item, "funcargs", {}).get("house")
        if house is not None:
            for name in house.processes.names():
                said = house.processes.last_words(name)
                report.sections.append((f"end of the log of {name}", said))
    return report
