"""The page on which a checker sees a table beside an earlier one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.db import write
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
    assert "4120" not in seen.text
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
