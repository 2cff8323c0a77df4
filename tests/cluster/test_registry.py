"""Our side of a registry against the reference registry, which lets in by password or by token."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from orchestrator.engines.kubernetes import images
from orchestrator.engines.kubernetes.cluster import Images
from orchestrator.engines.kubernetes.images import Blob
from orchestrator.engines.kubernetes.registry import Registry
from orchestrator.errors import Unavailable
from orchestrator.values import digest_of
from tests.cluster import registries

CONTENT = b"a layer" * 1000
LAYER = Blob(digest_of(CONTENT), len(CONTENT))
_BASIC = "Basic cmVjb25jaWxlcjptYWRlLXVwLWZvci10ZXN0cw=="


class _Tokens(BaseHTTPRequestHandler):
    """Gives tokens to one user, as the token authentication of registries has it."""

    key: ECKey
    life = 60

    def do_GET(self) -> None:
        """Answer a token for what was asked, or 401."""
        asked = parse_qs(urlsplit(self.path).query)
        right = self.headers.get("Authorization") == _BASIC
        self.send_response(200 if right else 401)
        self.end_headers()
        if right:
            self.wfile.write(json.dumps({"token": self._token(asked)}).encode())

    def _token(self, asked: dict[str, list[str]]) -> str:
        kind, name, actions = asked["scope"][0].split(":")
        now = int(time.time())
        claims = {
            "iss": "tokens",
            "aud": asked["service"][0],
            "sub": registries.USER,
            "iat": now,
            "nbf": now - 5,
            "exp": now + self.life,
            "jti": "1",
            "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
        }
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def _tokens() -> Iterator[tuple[str, ECKey]]:
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    _Tokens.key = key
    with ThreadingHTTPServer(("127.0.0.1", 0), _Tokens) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token", key
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _by_token(folder: Path) -> Iterator[str]:
    with _tokens() as (realm, key):
        keys = folder / "keys.json"
        keys.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
        said = {"realm": realm, "service": "lab", "issuer": "tokens", "jwks": str(keys)}
        with registries.on_loopback(folder, {"token": said}) as host:
            yield host


@contextmanager
def _by_password(folder: Path) -> Iterator[str]:
    with registries.on_loopback(folder, registries.by_password(folder)) as host:
        yield host


@pytest.fixture(params=[_by_password, _by_token], ids=["password", "token"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A registry of each kind."""
    with request.param(tmp_path) as found:
        yield found


@contextmanager
def _as(host: str, user: str, password: str) -> Iterator[Registry]:
    registry = Registry(Images(f"{host}/tre/snapshots", plain=True), user, password)
    try:
        yield registry
    finally:
        registry.close()


def test_what_is_pushed_is_there_and_can_be_read_back(host: str) -> None:
    """By somebody who comes with nothing but a password."""
    image = images.image([LAYER])
    with _as(host, registries.USER, registries.PASSWORD) as registry:
        registry.answers()
        assert not registry.has(LAYER.digest)
        assert not registry.names(image)
        registry.push(LAYER, iter([CONTENT[:1000], CONTENT[1000:]]))
        assert registry.has(LAYER.digest)
        registry.verify(LAYER)
        registry.name(image)
        registry.name(image)
        assert registry.names(image)
    with _as(host, registries.USER, registries.PASSWORD) as another:
        another.push(Blob(digest_of(b"first of all"), 12), iter([b"first of all"]))
        assert another.names(image)


def test_other_bytes_than_said_are_not_taken(host: str) -> None:
    """The registry hashes for itself."""
    with _as(host, registries.USER, registries.PASSWORD) as registry:
        with pytest.raises(Unavailable):
            registry.push(LAYER, iter([CONTENT[:-1] + b"x"]))
        assert not registry.has(LAYER.digest)


def test_a_wrong_password_is_told_as_such(host: str) -> None:
    with (
        _as(host, "somebody", "else") as registry,
        pytest.raises(Unavailable, match="TRE_REGISTRY_PASSWORD"),
    ):
        registry.has(LAYER.digest)


def test_an_image_whose_layer_is_missing_is_not_named(host: str) -> None:
    with (
        _as(host, registries.USER, registries.PASSWORD) as registry,
        pytest.raises(Unavailable, match="answered 400"),
    ):
        registry.name(images.image([LAYER]))


def test_a_token_that_ran_out_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Tokens, "life", -200)
    with _by_token(tmp_path) as host, _as(host, registries.USER, registries.PASSWORD) as registry:
        with pytest.raises(Unavailable):
            registry.has(LAYER.digest)
        monkeypatch.setattr(_Tokens, "life", 60)
        assert not registry.has(LAYER.digest)


def test_nobody_there_is_said_with_the_address(tmp_path: Path) -> None:
    with _by_password(tmp_path) as host:
        pass
    with (
        _as(host, registries.USER, registries.PASSWORD) as registry,
        pytest.raises(Unavailable, match=f"{host} does not answer"),
    ):
        registry.answers()


def test_bytes_go_nowhere_but_to_the_registry_itself() -> None:
    """Wherever it says that they should."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(202)
            self.send_header("Location", "http://elsewhere.invalid/v2/upload?x=1")
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            host = f"127.0.0.1:{server.server_port}"
            with _as(host, "u", "p") as registry, pytest.raises(Unavailable, match="elsewhere"):
                registry.push(LAYER, iter([CONTENT]))
        finally:
            server.shutdown()
            thread.join()


def test_a_password_never_goes_in_the_clear_where_the_registry_speaks_https() -> None:
    """Whatever the registry asks for."""
    registry = Registry(Images("registry.invalid/tre"), "u", "p")
    with pytest.raises(Unavailable, match="in the clear"):
        registry._let_in('Bearer realm="http://tokens.invalid/",service="s"')
    registry.close()
