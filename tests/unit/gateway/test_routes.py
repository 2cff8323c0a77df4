"""The path list: what is served, to whom, within which limits; everything else is denied."""

import pytest

from orchestrator.gateway.paths import Path, Refused, canonical
from orchestrator.gateway.routes import ROWS, Body, Route, route, writes

SERVED = [
    ("GET", "/lab", "page"),
    ("GET", "/lab/tree/My%20Work/nb.ipynb", "page"),
    ("GET", "/lab/workspaces/auto-x?reset", "page"),
    ("GET", "/static/lab/main.123.js?v=1", "static"),
    ("GET", "/lab/extensions/@jupyter/x/static/remote.js", "static"),
    ("GET", "/lab/api/themes/@jupyterlab/theme-light-extension/index.css", "static"),
    ("GET", "/kernelspecs/python3/logo-svg.svg", "static"),
    ("GET", "/lab/api/settings?1795473383589", "settings"),
    ("PUT", "/lab/api/settings/@jupyterlab/notebook-extension:tracker", "settings"),
    ("GET", "/lab/api/workspaces/default", "workspaces"),
    ("DELETE", "/lab/api/workspaces/default", "workspaces"),
    ("GET", "/lab/api/translations/en", "translations"),
    ("GET", "/api", "status"),
    ("GET", "/api/", "status"),
    ("GET", "/api/status", "status"),
    ("GET", "/api/me", "status"),
    ("GET", "/api/kernelspecs", "status"),
    ("POST", "/api/sessions", "sessions"),
    ("PATCH", "/api/sessions/37ec53b1-6175-4038-ba0d-d5f72ed75969", "sessions"),
    ("POST", "/api/kernels/37ec53b1/interrupt", "kernels"),
    ("DELETE", "/api/kernels/37ec53b1", "kernels"),
    ("GET", "/api/contents?content=1&1795473383589", "contents"),
    ("GET", "/api/contents/nb.ipynb?type=notebook&content=1&hash=1", "contents"),
    ("GET", "/api/contents/a.py?format=text&contentProviderId=undefined", "contents"),
    ("PUT", "/api/contents/a/b.py", "contents"),
    ("POST", "/api/contents/", "contents"),
    ("GET", "/api/contents/a/nb.ipynb/checkpoints", "checkpoints"),
    ("POST", "/api/contents/nb.ipynb/checkpoints/checkpoint", "checkpoints"),
    ("GET", "/api/kernels/37ec53b1/channels?session_id=d3bf7b6c-d2af", "kernel-socket"),
    ("GET", "/api/events/subscribe", "event-socket"),
]

DENIED = [
    ("GET", "/files/secret.csv", "path_unlisted"),
    ("GET", "/files/secret.csv?download=1", "path_unlisted"),
    ("GET", "/nbconvert/html/nb.ipynb?download=true", "path_unlisted"),
    ("GET", "/api/nbconvert", "path_unlisted"),
    ("GET", "/view/secret.csv", "path_unlisted"),
    ("POST", "/api/terminals", "path_unlisted"),
    ("GET", "/terminals/websocket/1", "path_unlisted"),
    ("GET", "/proxy/8080/", "path_unlisted"),
    ("GET", "/lsp/status", "path_unlisted"),
    ("GET", "/metrics", "path_unlisted"),
    ("GET", "/secret.csv", "path_unlisted"),
    ("GET", "/tree", "path_unlisted"),
    ("GET", "/labx", "path_unlisted"),
    ("GET", "/static", "path_unlisted"),
    ("GET", "/lab/api/extensions", "path_unlisted"),
    ("GET", "/lab/api/build", "path_unlisted"),
    ("GET", "/api/security/csp-report", "path_unlisted"),
    ("GET", "/api/yjs/x", "path_unlisted"),
    ("GET", "/api/collaboration/session/x", "path_unlisted"),
    ("GET", "/api/kernels/a.b", "path_unlisted"),
    ("GET", "/api/kernels/x/channels/y", "path_unlisted"),
    ("GET", "/kernelspecs/python3/a/b", "path_unlisted"),
    ("GET", "/oauth_callback", "path_unlisted"),
    ("POST", "/lab", "method_unlisted"),
    ("PUT", "/api/kernels", "method_unlisted"),
    ("DELETE", "/api/status", "method_unlisted"),
    ("POST", "/api/events/subscribe", "method_unlisted"),
    ("GET", "/api/status?token=abc", "query_unlisted"),
    ("GET", "/api/contents/a?download=1", "query_unlisted"),
    ("GET", "/api/contents/a?content=%20", "query_unlisted"),
    ("GET", "/api/contents/a?content=" + "1" * 200, "query_unlisted"),
    ("GET", "/api/contents/secret.csv?content=1&format=base64", "contents_format"),
    ("GET", "/api/contents/a?type=symlink", "contents_type"),
]


def ask(method: str, below: str, person: str = "ada") -> Route | Refused:
    path = canonical(f"/user/ada{below}")
    assert isinstance(path, Path)
    return route(method, path, person)


@pytest.mark.parametrize(("method", "below", "path_class"), SERVED)
def test_what_jupyterlab_needs_is_served(method: str, below: str, path_class: str) -> None:
    found = ask(method, below)
    assert isinstance(found, Route)
    assert found.path_class == path_class
    assert found.websocket == path_class.endswith("socket")


@pytest.mark.parametrize(("method", "below", "rule"), DENIED)
def test_everything_else_is_denied(method: str, below: str, rule: str) -> None:
    refused = ask(method, below)
    assert isinstance(refused, Refused)
    assert refused.rule == rule
    assert refused.status in (403, 404, 405)


@pytest.mark.parametrize("person", ["grace", "ad", "adaa", "ada-", "a"])
def test_another_persons_path_does_not_exist(person: str) -> None:
    for _, below, _ in SERVED:
        refused = ask("GET", below, person)
        assert isinstance(refused, Refused)
        assert (refused.rule, refused.status) == ("path_not_own", 404)


@pytest.mark.parametrize("text", ["/", "/hub/home", "/user", "/user/ada", "/lab", "/api"])
def test_outside_a_persons_prefix_there_is_nothing(text: str) -> None:
    refused = route("GET", Path(text, text), "ada")
    assert isinstance(refused, Refused)
    assert refused.status == 404


def test_noise_of_jupyterlab_is_not_sent_on() -> None:
    found = ask("GET", "/api/contents/a.py?content=1&contentProviderId=x&1795473383589")
    assert isinstance(found, Route)
    assert found.path.target == "/user/ada/api/contents/a.py?content=1"
    refused = ask("GET", "/api/contents/a.py?1795473383589=leak")
    assert isinstance(refused, Refused)


def test_the_contents_path_is_known_to_its_checks() -> None:
    for below, file in (
        ("/api/contents", ""),
        ("/api/contents/", ""),
        ("/api/contents/a/b.py", "a/b.py"),
        ("/api/contents/a/nb.ipynb/checkpoints", "a/nb.ipynb"),
    ):
        found = ask("GET", below)
        assert isinstance(found, Route)
        assert found.file == file


def test_every_row_has_limits() -> None:
    for row in ROWS:
        assert 0 < row.reply <= 16 * 1024 * 1024
        assert row.media or row.body is Body.SOCKET
        assert "text/csv" not in row.media
        assert "application/octet-stream" not in row.media
        assert row.methods == {"GET"} or row.request > 0


def test_reading_is_not_writing() -> None:
    assert [writes(m) for m in ("GET", "POST", "PUT", "PATCH", "DELETE")] == [False] + [True] * 4
