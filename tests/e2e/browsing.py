"""Browsers for the cast, and what every page must pass: axe's rules, keyboard, visible focus."""

import json
import os
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, WebSocket, expect

from orchestrator.demo.people import PEOPLE
from orchestrator.settings import Settings

PICTURES = Path(os.environ.get("TRE_PICTURES", ".tre/pictures")).absolute()
"""Into `docs/pictures` with `make pictures` only, so that a test run changes no committed file."""
SIZE = {"width": 1280, "height": 900}
TIMEOUT = 90_000
"""Milliseconds; a busy machine is no failure of what is tested."""
COOKIE = "__Host-tre"
NAMES = {person.handle: person.name for person in PEOPLE}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RUN = "options => axe.run(document, options)"
OPTIONS = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}
TAB_STOPS = 150

expect.set_options(timeout=TIMEOUT)


class Heard:
    """What a tab said and which connections it lost, for the output of a test that fails."""

    def __init__(self, page: Page) -> None:
        """Listen from now on."""
        self._page = page
        self._lines: list[str] = []
        page.on("console", lambda said: self._add(f"{said.type}: {said.text[:300]}"))
        page.on("requestfailed", lambda lost: self._add(f"failed: {lost.method} {lost.url}"))
        page.on("websocket", self._follow)

    def told(self) -> str:
        """The last lines, each with its time, and what can be read on the page."""
        seen = self._page.locator("body").inner_text(timeout=5_000)
        return "\n".join([*self._lines[-40:], self._page.url, seen[:3000]])

    def _follow(self, socket: WebSocket) -> None:
        self._add(f"socket opened: {socket.url}")
        socket.on("close", lambda _: self._add(f"socket closed: {socket.url}"))

    def _add(self, line: str) -> None:
        self._lines.append(f"{time.strftime('%H:%M:%S')} {line}")


class Browsers:
    """Opens a browser of its own for each person; all are closed at the end."""

    def __init__(self, chromium: Browser, settings: Settings, sessions: dict[str, str]) -> None:
        """`sessions` are the cookies of people who are signed in already, by handle."""
        self._chromium = chromium
        self._settings = settings
        self._sessions = sessions
        self._open: list[BrowserContext] = []

    def stranger(self, *, script: bool = True) -> Page:
        """A tab of a browser that nobody has signed in with."""
        context = self._chromium.new_context(
            viewport={"width": SIZE["width"], "height": SIZE["height"]},
            locale="en-GB",
            java_script_enabled=script,
        )
        context.set_default_timeout(TIMEOUT)
        self._open.append(context)
        return context.new_page()

    def of(self, handle: str, path: str = "/") -> Page:
        """A tab of a person who is signed in, at a page of the control plane."""
        page = self.stranger()
        host = str(urlsplit(self._settings.control_url).hostname)
        page.context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": self._sessions[handle],
                    "domain": host,
                    "path": "/",
                    "secure": True,
                    "httpOnly": True,
                    "sameSite": "Lax",
                }
            ]
        )
        page.goto(f"{self._settings.control_url}{path}")
        return page

    def sign_in(self, page: Page, handle: str) -> None:
        """As a person does: the start page, the provider's page, back."""
        page.goto(self._settings.control_url)
        page.get_by_role("link", name="Sign in").first.click()
        page.get_by_role("button", name=NAMES[handle]).click()
        page.wait_for_url(f"{self._settings.control_url}/**")

    def close(self) -> None:
        """Close every browser that was opened here."""
        for context in self._open:
            context.close()


@dataclass(frozen=True)
class Violation:
    """One rule of axe that a page breaks, and where."""

    page: str
    rule: str
    impact: str
    where: tuple[str, ...]


class Examiner:
    """Runs axe over pages and remembers what it found."""

    def __init__(self, chromium: Browser) -> None:
        """Pages without script are looked at in a second browser, as they stand."""
        self._context = chromium.new_context(
            viewport={"width": SIZE["width"], "height": SIZE["height"]}
        )
        self._copy = self._context.new_page()

    def examine(self, page: Page, *, script: bool = True) -> list[Violation]:
        """Every serious or critical violation on a page as it stands now."""
        looked_at = page if script else self._copied(page)
        looked_at.wait_for_load_state("load")
        looked_at.evaluate(AXE)
        found: dict[str, Any] = looked_at.evaluate(RUN, OPTIONS)
        return [
            Violation(
                urlsplit(page.url).path,
                one["id"],
                one["impact"],
                tuple(json.dumps(node["target"]) for node in one["nodes"][:5]),
            )
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]

    def close(self) -> None:
        """Close the second browser."""
        self._context.close()

    def _copied(self, page: Page) -> Page:
        """The same words and styles at the same address, where axe may run."""
        html = page.content()

        def answer(route: Route) -> None:
            route.fulfill(status=200, content_type="text/html; charset=utf-8", body=html)

        self._copy.route(page.url.partition("#")[0], answer)
        try:
            self._copy.goto(page.url, wait_until="load")
        finally:
            self._copy.unroute(page.url.partition("#")[0])
        return self._copy


def picture(page: Page, name: str, *, whole: bool = True) -> None:
    """Take the picture of a page that the documents show."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.evaluate("() => window.scrollTo(0, 0)")
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


def tab_to(page: Page, goal: Locator) -> int:
    """Press Tab until the goal has the focus, as somebody without a mouse does.

    Shape: the number of presses; every stop on the way must be seen.
    """
    goal.wait_for(state="attached")
    for pressed in range(1, TAB_STOPS):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUS)
        assert seen is None or seen["visible"], f"nobody can see that {seen['what']} has the focus"
        if goal.evaluate("element => element === document.activeElement"):
            return pressed
    raise AssertionError(f"{goal} cannot be reached with Tab at {page.url}")


FOCUS = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const style = getComputedStyle(here);
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  const box = here.getBoundingClientRect();
  const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
    && box.right > 0 && box.left < innerWidth;
  return {
    visible: inside && (outlined || style.boxShadow !== 'none'),
    what: (here.outerHTML || '').slice(0, 120),
    where: [...document.querySelectorAll('*')].indexOf(here),
  };
}"""


def until(page: Page, look: Locator, seconds: float = 60) -> None:
    """Wait for something to stand on a page that somebody reloads now and then."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if look.count():
            return
        page.wait_for_timeout(300)
        page.reload()
    raise AssertionError(f"{look} did not come to {page.url}: {page.locator('main').inner_text()}")
