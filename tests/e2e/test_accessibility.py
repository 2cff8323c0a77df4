"""Every page of every role: axe finds nothing serious, keyboard and narrow screens suffice."""

import re
from collections import Counter
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import FOCUS, SIZE, Browsers, Examiner, Violation, tab_to
from tests.e2e.conftest import House

ROLES = {
    "lena": "/projects /projects/* /projects/new /requests /requests/new /datasets /datasets/*",
    "rosa": "/projects /projects/* /requests /requests/* /requests/*/files/*/view /datasets "
    "/rules /rules/*",
    "cora": "/queue /rules /rules/*",
    "odin": "/reviews /projects /projects/* /datasets /datasets/*",
    "stella": "/datasets /datasets/* /datasets/new",
    "mara": "/reviews /projects /projects/*",
    "lotte": "/reviews /projects /projects/*",
    "ada": "/projects /projects/* /projects/*/proof /datasets /console /console/people",
    "aldo": "/projects /projects/*/proof /datasets /console /console/people /console/log",
}
"""Somebody of each role, and the kinds of pages that must be among those that are found."""

SHARED = {"/register", "/tokens"}
"""Pages that stand in everybody's footer: examined once, as a researcher and as a visitor."""

LEFT_OUT = re.compile(r"/(login|logout|handover|health|static|api)\b|/download$|/image/")
NAMES = re.compile(
    r"/(?:[a-z]-[0-9a-f]{32}|(?<=/projects/)(?!new\b)[a-z0-9-]+|(?<=/rules/)O[0-9]+)(?=/|$)"
)
STATES = re.compile(r"/(projects|requests)/\*")
"""Pages that differ by state: two of each kind are examined, of all others one."""

PAST_THE_NAVIGATION = """() => {
  const where = document.querySelector('main').compareDocumentPosition(document.activeElement);
  return Boolean(where & (Node.DOCUMENT_POSITION_CONTAINED_BY | Node.DOCUMENT_POSITION_FOLLOWING));
}"""
"""Inside the content, or after it where the content has nothing to stop at."""

NARROW = 320
"""Units: CSS pixels; a screen of 1280 at 400 %. Source: WCAG 2.2, 1.4.10."""


def test_axe_finds_what_is_wrong(house: House, browsers: Browsers, examiner: Examiner) -> None:
    """The control of all tests here: a field without a label and pale words are named."""
    page = browsers.stranger()
    page.goto(f"{house.settings.control_url}/register")
    page.locator("main").evaluate("main => main.innerHTML = '<input><font color=#ccc>pale</font>'")
    for script in (True, False):
        rules = {one.rule for one in examiner.examine(page, script=script)}
        assert rules == {"label", "color-contrast"}


def test_every_page_of_a_visitor(house: House, browsers: Browsers, examiner: Examiner) -> None:
    """Start page and register; the identity provider is not ours."""
    page = browsers.stranger()
    page.goto(f"{house.settings.control_url}/")
    assert _walk(page, examiner, set()) == {"/", "/register"}


@pytest.mark.parametrize("handle", ROLES)
def test_every_page_of_a_role(browsers: Browsers, examiner: Examiner, handle: str) -> None:
    """Whatever can be reached by links from the start page."""
    kinds = _walk(browsers.of(handle), examiner, set() if handle == "lena" else SHARED)
    assert kinds >= set(ROLES[handle].split())


def _walk(page: Page, examiner: Examiner, known: set[str]) -> set[str]:
    """Follow links from where the page is; the kinds of pages that were examined."""
    waiting, seen, kinds = [page.url], {page.url}, Counter(sorted(known))
    found: list[Violation] = []
    while waiting:
        address = waiting.pop(0)
        kind = NAMES.sub("/*", urlsplit(address).path)
        if kinds[kind] >= (2 if STATES.match(kind) else 1):
            continue
        kinds[kind] += 1
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address} is linked and answers {answer.status}"
        found += examiner.examine(page)
        _fits(page)
        new = [link for link in _links(page) if link not in seen]
        seen.update(new)
        waiting += new
    assert found == []
    return set(kinds) - known


def _links(page: Page) -> list[str]:
    own = urlsplit(page.url).netloc
    found = page.locator("a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    absolute = (urldefrag(urljoin(page.url, str(href))).url for href in found)
    return [
        link
        for link in dict.fromkeys(absolute)
        if urlsplit(link).netloc == own and not LEFT_OUT.search(urlsplit(link).path)
    ]


def _fits(page: Page) -> None:
    """At 400 % nothing but wide tables scrolls sideways."""
    page.set_viewport_size({"width": NARROW, "height": SIZE["height"]})
    width = page.evaluate("() => document.documentElement.scrollWidth")
    page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
    assert width <= NARROW, f"{page.url} is {width} pixels wide on a screen of {NARROW}"


@pytest.mark.parametrize(
    ("handle", "path", "status"),
    [
        (None, "/nowhere", 404),
        ("rosa", "/nowhere", 404),
        ("rosa", "/console", 403),
        ("cora", "/projects/new", 403),
        ("lena", "/projects/not-there", 404),
        ("rosa", "/requests/r-00000000000000000000000000000000", 404),
        ("aldo", "/console/log?before=never", 422),
    ],
)
def test_error_pages(
    house: House,
    browsers: Browsers,
    examiner: Examiner,
    handle: str | None,
    path: str,
    status: int,
) -> None:
    """A page that says no says it to everybody, and shows the way on."""
    page = browsers.of(handle) if handle else browsers.stranger()
    answer = page.goto(f"{house.settings.control_url}{path}")
    assert answer is not None
    assert answer.status == status
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()
    assert page.title().startswith("Error:")
    assert examiner.examine(page) == []
    _fits(page)


def test_words_are_kept_when_the_session_has_ended(
    house: House, browsers: Browsers, examiner: Examiner
) -> None:
    """A form sent after the session's end answers with what was written and the way to sign in."""
    page = browsers.of("rosa")
    page.goto(f"{house.settings.control_url}/requests/new?project=mgus-outcomes")
    page.get_by_label("Short name").fill("kept-words")
    page.get_by_label("Title").fill("Half an hour of writing")
    page.context.clear_cookies()
    page.get_by_role("button", name="Open a draft").click()
    expect(page.get_by_role("heading", name="What you wrote")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Half an hour of writing")
    expect(page.get_by_role("main").get_by_role("link", name="Sign in")).to_be_visible()
    assert examiner.examine(page) == []


def test_the_pages_of_a_project_host(house: House, browsers: Browsers, examiner: Examiner) -> None:
    """Why somebody cannot work, and that a browser has forgotten the project."""
    page = browsers.of("rosa")
    answer = page.goto(f"{house.settings.project_url('light-chains')}/")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_role("alert")).to_contain_text("This project is halted")
    assert examiner.examine(page) == []
    page.goto(f"{house.settings.project_url('light-chains')}/.tre/leave")
    expect(page.get_by_role("heading", name="You have left")).to_be_visible()
    assert examiner.examine(page) == []


@pytest.mark.parametrize("handle", ROLES)
def test_the_skip_link_leads_past_the_navigation(browsers: Browsers, handle: str) -> None:
    """The first press of Tab shows it, Enter goes to the content, Tab goes on from there."""
    page = browsers.of(handle)
    skip = page.get_by_role("link", name="Skip to the content")
    assert tab_to(page, skip) == 1
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    stop = page.evaluate(FOCUS)
    assert stop["visible"]
    assert page.evaluate(PAST_THE_NAVIGATION)


def test_no_keyboard_trap_on_a_request(house: House, browsers: Browsers) -> None:
    """Tab passes every control of the page once and comes to its end; Shift and Tab go back."""
    page = browsers.of("rosa")
    page.goto(f"{house.settings.control_url}/requests")
    page.get_by_role("link", name="leaky").click()
    controls = page.locator("a[href]:visible, button:enabled:visible, summary:visible").count()
    forward = _round(page, "Tab")
    assert len(forward) == len(set(forward)) >= controls
    back = _round(page, "Shift+Tab")
    assert back == forward[::-1]


def _round(page: Page, key: str) -> list[int]:
    """The stops from the top of a page, or from its end, until the focus leaves it."""
    stops: list[int] = []
    for _ in range(200):
        page.keyboard.press(key)
        stop = page.evaluate(FOCUS)
        if stop is None or stop["where"] in stops[:1]:
            return stops
        assert stop["visible"], f"nobody can see that {stop['what']} has the focus"
        stops.append(stop["where"])
    raise AssertionError(f"the focus never leaves {page.url}")
