"""JupyterLab itself in a real browser, through the gateway, and what must not cross hosts."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import picture, until
from tests.e2e.conftest import House

PROJECT = "mgus-outcomes"


def sign_in(page: Page, house: House, name: str) -> None:
    """As a person does: the start page, the provider's page, back."""
    page.goto(house.settings.control_url)
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_role("button", name=name).click()
    page.wait_for_url(f"{house.settings.control_url}/**")


def test_a_cell_answers_in_jupyterlab(house: House, page: Page) -> None:
    """Sign in, open the project, run a cell; no cookie of Jupyter's reaches the browser."""
    sign_in(page, house, "Rosa Researcher")
    page.goto(f"{house.settings.project_url(PROJECT)}/")
    page.wait_for_selector("#jp-main-dock-panel")
    page.locator(".jp-LauncherCard").first.click()
    # The circle beside the kernel's name shows idle before there is any kernel, and a cell that is
    # run then is silently not run; the status bar knows.
    page.wait_for_selector("#jp-bottom-panel :text('| Idle')")
    cell = page.locator(".jp-Cell .cm-content").first
    cell.click()
    page.keyboard.type(code := "import os; print(6*7, sorted(os.listdir('/data')))")
    expect(cell).to_have_text(code)
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-OutputArea-output')]"
        ".some(out => out.innerText.includes('42'))"
    )
    assert "['mgus2']" in page.locator(".jp-OutputArea-output").first.inner_text()
    picture(page, "notebook", whole=False)
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert names <= {"__Host-tre", "__Host-tre-state", "tre-login", "dev-provider"}, names


def test_nothing_crosses_between_project_hosts_by_cookie(house: House, page: Page) -> None:
    """A page of one project sets what it can; a page of another project reads none of it."""
    one = f"{house.settings.project_url('light-chains')}/.tre/health"
    other = f"{house.settings.project_url(PROJECT)}/.tre/health"
    page.goto(one)
    for domain in ("localhost", "light-chains.localhost", "tre.localhost", ".localhost"):
        page.evaluate("d => { document.cookie = 'mark=ROW; Path=/; Domain=' + d }", domain)
    page.evaluate("() => { document.cookie = 'own=1; Path=/' }")
    assert "own=1" in page.evaluate("document.cookie"), "the control: a page sets its own cookie"
    page.goto(other)
    assert page.evaluate("document.cookie") == ""
    page.goto(f"{house.settings.control_url}/health")
    assert page.evaluate("document.cookie") == ""


@pytest.mark.parametrize("path", ["/hub/home", "/hub/api/users", "/user/milo/lab", "/metrics"])
def test_what_is_not_hers_does_not_answer(house: House, page: Page, path: str) -> None:
    """No browser reaches the hub, another person's server, or a path that is not on the list."""
    sign_in(page, house, "Rosa Researcher")
    page.goto(f"{house.settings.project_url(PROJECT)}/")
    answer = page.goto(f"{house.settings.project_url(PROJECT)}{path}")
    assert answer is not None
    assert answer.status in (403, 404)


def test_a_person_stops_their_own_server(house: House, page: Page) -> None:
    """By a button on the project's page; the server is gone, and comes when it is asked for."""
    sign_in(page, house, "Rosa Researcher")
    page.goto(f"{house.settings.project_url(PROJECT)}/")
    page.wait_for_selector("#jp-main-dock-panel")
    page.goto(f"{house.settings.control_url}/projects/{PROJECT}")
    page.get_by_role("button", name="Stop my notebook server").click()
    expect(page.get_by_text("Your notebook server is ending")).to_be_visible()
    until(page, page.locator("main:not(:has(caption:text-is('Notebook servers')))"))
    page.goto(f"{house.settings.project_url(PROJECT)}/")
    page.wait_for_selector("#jp-main-dock-panel")
