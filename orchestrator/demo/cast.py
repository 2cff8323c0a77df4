"""The people of the story at their browsers: sign in, call the API as a page would, open a lab."""

from typing import Any

from orchestrator.demo.people import DemoPerson
from orchestrator.demo.story import StoryFailed, wait_until
from orchestrator.demo.visitor import IN_A_MOMENT, Page, Socket, Visitor, connected, forms
from orchestrator.settings import Settings


class Persona:
    """One person with one browser."""

    def __init__(self, settings: Settings, person: DemoPerson) -> None:
        """Not signed in yet."""
        self.settings = settings
        self.person = person
        self.browser = Visitor()

    def sign_in(self) -> Page:
        """Go to the control plane, be sent to the identity provider, choose the account, return.

        Errors: StoryFailed when the provider does not offer the account.
        """
        page = self.browser.get(f"{self.settings.control_url}/login?next=/")
        for action, fields in forms(page):
            if fields.get("account") == self.person.handle:
                return self.browser.post(action, data=fields)
        raise StoryFailed(f"no account {self.person.handle} at {page.url}: {page.text[:300]}")

    def call(self, method: str, path: str, **options: Any) -> Page:
        """One call of the API with this browser's session."""
        headers = {"Accept": "application/json", **options.pop("headers", {})}
        url = f"{self.settings.control_url}{path}"
        return self.browser.request(method, url, headers=headers, **options)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """One call that must succeed; its JSON.

        Errors: StoryFailed with what was answered instead.
        """
        page = self.call(method, path, **options)
        if page.status >= 400:
            raise StoryFailed(f"{method} {path} as {self.person.name}: {page.status} {page.text}")
        return page.json() if page.content else None

    def api(self, path: str) -> Any:
        """GET as JSON."""
        return self.ask("GET", path)

    def open_lab(self, slug: str, seconds: float = 60) -> Page:
        """Open the project's address and wait until the notebook server answers with its page."""

        def look() -> Page | None:
            page = self.browser.get(f"{self.settings.project_url(slug)}/")
            if page.status >= 400 and page.status != IN_A_MOMENT:
                raise StoryFailed(f"{page.url} answered {page.status}: {page.text[:300]}")
            return page if "jupyter-config-data" in page.text else None

        return wait_until(look, seconds, "the notebook server")

    def notebook(self, slug: str, seconds: float = 60) -> Socket:
        """Start a kernel through the gateway and open its WebSocket."""
        return self.attached(slug, self.kernel(slug, seconds), seconds)

    def kernel(self, slug: str, seconds: float = 60) -> str:
        """Start a kernel through the gateway and answer its number.

        Shape: asked again while the gateway says "in a moment", as a browser's page does.
        """
        address = f"{self._server(slug)}/api/kernels"

        def started() -> str | None:
            answer = self.browser.post(address, json={"name": "python3"}, follow=False)
            if answer.status not in (201, IN_A_MOMENT):
                raise StoryFailed(f"no kernel: {answer.status} {answer.text[:300]}")
            return str(answer.json()["id"]) if answer.status == 201 else None

        return wait_until(started, seconds, "a kernel")

    def attached(self, slug: str, kernel: str, seconds: float = 60) -> Socket:
        """Open the WebSocket of a kernel that runs, asked again as above."""
        address = f"{self._server(slug)}/api/kernels/{kernel}/channels".replace("http", "ws", 1)
        cookie = self.browser.cookie_header(address)
        return wait_until(lambda: connected(address, cookie), seconds, "the kernel's connection")

    def _server(self, slug: str) -> str:
        return f"{self.settings.project_url(slug)}/user/{self.person.handle}"
