"""The page on which a checker sees a table beside an earlier one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.db import write
from orchestrator.values import digest_of
from tests.airlock_world import SAYS
from tests.databases import a_copy
from tests.integration.test_web import page_of, plain
from tests.web_world import Browser, World, a_control, a_world, copied, log_actions, run_checks

NEARLY = b"sex,people\nF,4117\nM,3980\n"
WORDS = dict(zip(("shows", "population", "control"), SAYS, strict=True))


@pytest.fixture(scope="module")
def template(blank: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation in which a table waits that is a released one without three women."""
    folder = tmp_path_factory.mktemp("beside")
    with a_copy(blank, folder) as url:
        world = a_world(a_control(folder, url))
        asked(world, "nearly", NEARLY)
        yield world


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    """A copy for one test."""
    with copied(template, tmp_path) as world:
        yield world


def asked(world: World, name: str, content: bytes) -> None:
    """The lead asks for the release of one table, over the API, and it is checked."""
    lead = world.browser("lead")
    made = lead.api("POST", "/api/requests", {"project": "light-chains", "name": name}).json()
    path = f"/api/requests/{made['id']}"
    file = put(lead, f"{path}/files/table.csv", content)
    assert lead.api("POST", f"{path}/files/{file['id']}/context", WORDS).is_success
    assert lead.api("POST", f"{path}/submit").is_success
    with write(world.control.db) as session:
        run_checks(session, world.control)
    world.requests[name], world.files[name] = made["id"], {"table.csv": file["id"]}


def put(browser: Browser, path: str, content: bytes) -> dict[str, Any]:
    """Send a file's bytes."""
    own = {"origin": browser.world.control.settings.control_url}
    answer = browser.client.put(path, content=content, headers=browser.headers | own)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def address(world: World, name: str = "nearly", path: str = "table.csv") -> str:
    """Where a file's pages begin."""
    return f"/requests/{world.requests[name]}/files/{world.files[name][path]}"


def chosen(said: str) -> str:
    """The earlier table that a page shows."""
    return said.partition("Earlier: ")[2].partition(",")[0].removesuffix(" (not released yet)")


def test_both_tables_stand_side_by_side_with_the_difference_named(world: World) -> None:
    """The counts, the difference, the rows, and that nobody can approve it."""
    seen = world.browser("checker").get(f"{address(world)}/beside")
    said = plain(seen)
    assert "3 people of sex: f (row 1 here, row 1 there)" in said
    assert "4117" in said
    assert "4120" in said
    assert "-3" in said
    assert "released/survival.csv" in said
    assert "One population evidently contains the other" in said
    assert seen.text.count('class="differs"') == 2, "the women, and the sum of both sexes"
    assert "marked row" in said, "also for those who cannot see the colour"


def test_the_finding_leads_there(world: World) -> None:
    """From the request and from the file; the table it speaks of is the one that is shown."""
    checker = world.browser("checker")
    for path in (f"/requests/{world.requests['nearly']}", f"{address(world)}/view"):
        page = page_of(checker.get(path))
        links = [one for one in page.links if "/beside?finding=" in one]
        named = [chosen(plain(checker.get(link))) for link in links]
        assert "light-chains/released/survival.csv" in named
        assert len(set(named)) == len(named) > 1, "each finding leads to the table it speaks of"
    assert f"{address(world)}/beside" in page_of(checker.get(f"{address(world)}/view")).links


def test_only_marked_rows(world: World) -> None:
    """What is the same can be left out, and shown again."""
    checker = world.browser("checker")
    page = checker.get(f"{address(world)}/beside?only=marked")
    assert "sex: m" not in plain(page)
    assert "3980" not in plain(page)
    (back,) = [one for one in page_of(page).links if "only=&" in one or one.endswith("only=")]
    assert "3980" in plain(checker.get(back))


@pytest.mark.parametrize(
    ("who", "status"),
    [("lead", 403), ("member", 403), ("administrator", 403), ("stranger", 404), (None, 303)],
)
def test_nobody_else_opens_it(world: World, who: str | None, status: int) -> None:
    """And the author's own pages do not speak of it."""
    browser = world.browser(who)
    seen = browser.get(f"{address(world)}/beside")
    assert seen.status_code == status
    assert "4120" not in plain(seen)
    if who == "lead":
        for path in (f"/requests/{world.requests['nearly']}", f"{address(world)}/view"):
            assert "/beside" not in browser.get(path).text
            assert "released/survival" not in browser.get(path).text


def test_each_look_is_logged_before_it_is_shown(world: World) -> None:
    """By name of the table that was shown."""
    before = log_actions(world).count("airlock.compared")
    world.browser("checker").get(f"{address(world)}/beside")
    world.browser("lead").get(f"{address(world)}/beside")
    assert log_actions(world).count("airlock.compared") == before + 1


def test_where_nothing_comes_near_it_says_so(world: World) -> None:
    """Of a file without counts as of one that is far from all others."""
    asked(world, "far", b"sex,people\nF,2100\nM,1900\n")
    said = plain(world.browser("checker").get(f"{address(world, 'far')}/beside"))
    assert "Nothing comes near" in said


@pytest.mark.parametrize("query", ["?table=lt-unknown", "?finding=99", "?row=9999", "?row=-3"])
def test_an_odd_address_shows_the_most_telling_table(world: World, query: str) -> None:
    """And is no error."""
    seen = world.browser("checker").get(f"{address(world)}/beside{query}")
    assert seen.status_code == 200
    assert "released/survival.csv" in plain(seen)


def test_the_tries_before_a_submission_are_seen_by_checkers(world: World) -> None:
    """How many pre-checks a file had, and how many versions they saw."""
    lead = world.browser("lead")
    made = lead.api("POST", "/api/requests", {"project": "light-chains", "name": "tried"}).json()
    path = f"/api/requests/{made['id']}"
    for people in (2100, 2101, 2101):
        content = f"sex,people\nF,{people}\nM,1900\n".encode()
        file = put(lead, f"{path}/files/table.csv", content)
        assert lead.api("POST", f"{path}/check").is_success
        with write(world.control.db) as session:
            run_checks(session, world.control)
    assert lead.api("POST", f"{path}/files/{file['id']}/context", WORDS).is_success
    assert lead.api("POST", f"{path}/submit").is_success
    with write(world.control.db) as session:
        run_checks(session, world.control)
    said = plain(world.browser("checker").get(f"/requests/{made['id']}"))
    assert "3 pre-checks of 2 versions" in said
    assert log_actions(world).count("airlock.precheck_wanted") >= 3


# the same over JSON


def test_the_api_says_the_same_of_both_tables(world: World) -> None:
    """The tables that the page offers, the one it shows, its lines and its marks; and is logged."""
    checker = world.browser("checker")
    before = log_actions(world).count("airlock.compared")
    told = checker.api("GET", f"/api{address(world)}/beside").json()
    assert log_actions(world).count("airlock.compared") == before + 1
    page = checker.get(f"{address(world)}/beside")
    assert told["chosen"]["other"] == chosen(plain(page))
    assert told["tables"][0]["other"] == told["chosen"]["other"]
    (women,) = [one for one in told["chosen"]["implied"] if one["categories"] == ["sex: f"]]
    assert (women["people"], women["certain"]) == (3, True)
    assert sum(one["marked"] for one in told["chosen"]["lines"]) == page.text.count(
        'class="differs"'
    )
    for line in told["chosen"]["lines"]:
        for pair in line["pairs"]:
            assert (pair["here"] or "") in plain(page)
            assert (pair["there"] or "") in plain(page)
    marked = checker.api("GET", f"/api{address(world)}/beside?only=marked").json()["chosen"]
    assert all(one["marked"] for one in marked["lines"])
    assert len(marked["lines"]) == marked["marked"] < marked["total"]
    assert (marked["before"], marked["after"]) == (None, None)


def test_the_api_follows_a_finding_as_the_page_does(world: World) -> None:
    """By its number; by the table's own name; and an odd number gives the most telling one."""
    checker = world.browser("checker")
    count = len(checker.api("GET", f"/api{address(world)}/view").json()["file"]["findings"])
    assert count > 1
    for query in [f"?finding={number}" for number in range(count)] + ["?finding=99", "?row=-3"]:
        told = checker.api("GET", f"/api{address(world)}/beside{query}").json()["chosen"]
        name = told["other"].removesuffix(" (not released yet)")
        assert name == chosen(plain(checker.get(f"{address(world)}/beside{query}")))
    for one in checker.api("GET", f"/api{address(world)}/beside").json()["tables"]:
        told = checker.api("GET", f"/api{address(world)}/beside?table={one['id']}").json()
        assert told["chosen"]["id"] == one["id"]


@pytest.mark.parametrize(
    ("who", "status", "look"),
    [
        ("lead", 403, 200),
        ("member", 403, 404),
        ("administrator", 403, 404),
        ("stranger", 404, 404),
        ("checker", 200, 200),
        (None, 403, 403),
    ],
)
def test_the_api_opens_for_whom_the_page_opens(
    world: World, who: str | None, status: int, look: int
) -> None:
    """Tables beside others, the file itself, its pictures: one answer for page and API."""
    browser = world.browser(who)
    for what, expected in (("beside", status), ("view", look)):
        told = browser.api("GET", f"/api{address(world)}/{what}")
        seen = browser.get(f"{address(world)}/{what}")
        assert told.status_code == expected
        assert (told.status_code == seen.status_code) is (who is not None)
        assert ("4120" in told.text) is (expected == 200 and what == "beside")


def test_the_api_shows_a_file_as_its_page_does(world: World) -> None:
    """The same rows and marks, cut at the same places; the look is logged."""
    checker = world.browser("checker")
    before = log_actions(world).count("airlock.file_viewed")
    told = checker.api("GET", f"/api{address(world)}/view").json()
    assert log_actions(world).count("airlock.file_viewed") == before + 1
    said = plain(checker.get(f"{address(world)}/view"))
    assert told["comparable"] is True
    cells = [cell["text"] for line in told["shown"]["lines"] for cell in line["cells"]]
    assert "4117" in cells
    assert all(cell in said for cell in cells)
    assert told["shown"]["total_rows"] == len(told["shown"]["lines"])
    assert {one["rule"] for one in told["shown"]["findings"]} >= {"O14"}
    only = checker.api("GET", f"/api{address(world)}/view?only=marked").json()["shown"]
    assert len(only["lines"]) == only["marked"] <= told["shown"]["total_rows"]
    mine = world.browser("lead").api("GET", f"/api{address(world)}/view").json()
    assert mine["comparable"] is False
    assert "released/survival" not in str(mine)


def test_a_picture_over_the_api_is_the_page_s(world: World) -> None:
    """What the opener wrote, and where it came from; nothing where there is no picture."""
    checker = world.browser("checker")
    place = f"/requests/{world.requests['in_review']}/files/{world.files['in_review']['plot.png']}"
    told = checker.api("GET", f"/api{place}/view").json()
    assert told["shown"]["image"]["width"] > 0
    assert told["file"]["before"]["digest"] != ""
    assert "written again by us" in plain(checker.get(f"{place}/view"))
    over_api = checker.api("GET", f"/api{place}/image/0")
    assert over_api.content == checker.get(f"{place}/image/0").content
    assert digest_of(over_api.content) == told["shown"]["image"]["digest"]
    assert checker.api("GET", f"/api{place}/image/9").status_code == 404
