"""The API as people's commands see it: one call, one answer, errors back in their families."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import httpx2

from orchestrator.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Tampered,
    TreError,
    Unavailable,
)
from orchestrator.settings import Settings

_FAMILY: dict[str, type[TreError]] = {
    family.__name__: family
    for family in (NotFound, NotAllowed, Conflict, Invalid, Unavailable, Tampered)
}
"""The API names the family of its answer; a fault of ours has none and is no tampering."""


class Api:
    """The control plane's API with one person's token."""

    def __init__(self, settings: Settings, token: str | None = None) -> None:
        """Names below `.localhost` are dialled at loopback with their own Host header."""
        self._host = urlsplit(settings.control_url).netloc
        local = settings.control_host.endswith("localhost")
        base = f"{settings.public_scheme}://127.0.0.1:{settings.control_port}"
        secret = token if token is not None else settings.api_token.get_secret_value()
        self._client = httpx2.Client(
            base_url=base if local else settings.control_url,
            headers={"Host": self._host, "Authorization": f"Bearer {secret}"},
            timeout=120,
            trust_env=False,
            limits=httpx2.Limits(max_keepalive_connections=0),  # a command leaves nothing open
        )

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Make one call and give back its JSON, or None without content.

        Errors: the family the API answered with; Unavailable when it does not answer.
        """
        response = self._send(method, path, **options)
        return response.json() if response.content else None

    def download(self, path: str) -> bytes:
        """Fetch bytes. Errors as `call`."""
        return self._send("GET", path).content

    def upload(self, path: str, chunks: Iterable[bytes], size: int) -> Any:
        """Send bytes with their length, so that a cut connection is noticed. Errors as `call`."""
        return self.call("PUT", path, content=chunks, headers={"Content-Length": str(size)})

    def _send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        try:
            response = self._client.request(method, path, **options)
        except httpx2.HTTPError as error:
            raise Unavailable(
                f"The control plane at {self._host} does not answer. Is `tre serve` running?"
            ) from error
        if response.is_error:
            raise _problem(response)
        return response


def _problem(response: httpx2.Response) -> TreError:
    try:
        body = response.json()
    except ValueError:
        return Unavailable(f"The control plane answered {response.status_code} without a reason.")
    return _FAMILY.get(str(body.get("title", "")), Unavailable)(
        str(body.get("detail", "")),
        code=str(body.get("code", "")),
        reasons=[(r["code"], r["text"]) for r in body.get("reasons", [])],
    )
