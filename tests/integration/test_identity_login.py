"""Signing in over loopback: our client with our provider, and with one that lies."""

import asyncio
import base64
import hashlib
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestrator.demo import provider
from orchestrator.demo.people import PEOPLE
from orchestrator.errors import Invalid, TreError
from orchestrator.identity.oidc import OidcClient
from orchestrator.settings import Settings

pytestmark = pytest.mark.loopback

CALLBACK = "http://tre.localhost:8700/login/callback"
HTML = {"accept": "text/html"}


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A port of loopback that is ours before anybody else can have it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@contextmanager
def served(app: Starlette, server: socket.socket) -> Iterator[None]:
    """Serve an application in a thread until the end of the block."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False)
    process = uvicorn.Server(config)
    thread = threading.Thread(target=process.run, kwargs={"sockets": [server]})
    thread.start()
    try:
        yield
    finally:
        process.should_exit = True
        thread.join()


def settings(issuer: str = "", mode: str = "test", **more: Any) -> Settings:
    """Settings of a test installation with this provider."""
    return Settings(mode=mode, oidc_issuer=issuer, **more)  # type: ignore[arg-type]


def relying_party(client: OidcClient) -> Starlette:
    """The smallest control plane: begin and finish, errors as their code."""

    async def login(request: Request) -> Response:
        return await client.begin(request, CALLBACK)

    async def callback(request: Request) -> Response:
        claims = await client.finish(request, datetime.now(UTC))
        return JSONResponse({"subject": claims.subject, "name": claims.name, "acr": claims.acr,
                             "email": claims.email, "verified": claims.email_verified})  # fmt: skip

    async def answer(_request: Request, error: Exception) -> Response:
        assert isinstance(error, TreError)
        return JSONResponse({"code": error.code, "detail": error.message}, 400)

    return Starlette(
        routes=[Route("/login", login), Route("/login/callback", callback)],
        middleware=[
            Middleware(SessionMiddleware, secret_key="k", session_cookie="tre-login", max_age=600)
        ],
        exception_handlers={TreError: answer},
    )


class Browser:
    """Calls the control plane in this process, keeps its cookie, leaves redirects to the test."""

    def __init__(self, client: OidcClient) -> None:
        """Start without a cookie."""
        self._app = relying_party(client)
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> httpx2.Response:
        """One GET at the control plane."""
        return asyncio.run(self._get(path))

    def begin(self) -> str:
        """Choose Sign in; returns where the browser is sent."""
        response = self.get("/login")
        assert response.status_code == 302, response.text
        return str(response.headers["location"])

    async def _get(self, path: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(self._app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://tre.localhost:8700", cookies=self.cookies
        ) as client:
            response = await client.get(path)
        for line in response.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.split(";")[0]
        return response


def outside(method: str, url: str, **options: Any) -> httpx2.Response:
    """One request to a provider, no redirect followed."""
    with httpx2.Client(trust_env=False) as client:
        return client.request(method, url, **options)


def choose(location: str, handle: str) -> str:
    """Pick an account on the provider's page without JavaScript; returns the path back to us."""
    page = outside("GET", location)
    assert page.status_code == 200, page.text
    form = re.search(
        rf'action="(/login)"><input type="hidden" name="ticket" value="([^"]+)">'
        rf'<input type="hidden" name="account" value="({handle})">',
        page.text,
    )
    assert form is not None
    origin = location.split("/authorize")[0]
    data = {"ticket": form[2], "account": form[3]}
    answer = outside("POST", origin + form[1], data=data)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(CALLBACK + "?")
    return str(answer.headers["location"]).removeprefix("http://tre.localhost:8700")


def asked(location: str) -> dict[str, str]:
    """The parameters of an authorization request."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@pytest.fixture(
    scope="module", params=["", "a shared secret: 1%"], ids=["public client", "with a secret"]
)
def known(request: pytest.FixtureRequest) -> Iterator[Settings]:
    """The development provider, served; yields settings that name it."""
    with listening() as server:
        issuer = f"http://127.0.0.1:{server.getsockname()[1]}"
        chosen = settings(issuer, oidc_client_secret=request.param)
        with served(provider.application(chosen, issuer, [CALLBACK]), server):
            yield chosen


# our provider, our client


def test_a_person_signs_in(known: Settings) -> None:
    browser = Browser(OidcClient(known))
    location = browser.begin()
    assert asked(location)["code_challenge_method"] == "S256"
    back = browser.get(choose(location, "rosa"))
    rosa = PEOPLE[0]
    assert back.json() == {
        "subject": rosa.subject,
        "name": "Rosa Researcher",
        "acr": "aal1",
        "email": "rosa@meadow-university.example",
        "verified": True,
    }
    assert browser.cookies["tre-login"] == "null", "the sign-in in flight is over"


def test_the_configured_map_says_how_strong_a_sign_in_was(known: Settings) -> None:
    strong = known.model_copy(update={"oidc_acr_levels": {provider.ACR: "aal2"}})
    browser = Browser(OidcClient(strong))
    assert browser.get(choose(browser.begin(), "rosa")).json()["acr"] == "aal2"


def test_a_code_is_used_once(known: Settings) -> None:
    browser = Browser(OidcClient(known))
    location = browser.begin()
    cookies = dict(browser.cookies)
    path = choose(location, "rosa")
    assert browser.get(path).status_code == 200
    assert browser.get(path).json()["code"] == "login_state"
    browser.cookies = cookies  # an attacker who copied the cookie as well
    assert browser.get(path).json()["code"] == "login_exchange"


def test_another_browser_cannot_finish_a_sign_in(known: Settings) -> None:
    """The code of one person in the browser of another: sign-in CSRF."""
    client = OidcClient(known)
    path = choose(Browser(client).begin(), "rosa")
    victim = Browser(client)
    assert victim.get(path).json()["code"] == "login_state"
    victim.begin()
    assert victim.get(path).json()["code"] == "login_state"


def test_a_code_from_one_sign_in_does_not_fit_another(known: Settings) -> None:
    """State of the victim's own flight with the attacker's code: verifier and nonce say no."""
    client = OidcClient(known)
    foreign = asked(choose(Browser(client).begin(), "rosa"))["code"]
    victim = Browser(client)
    state = asked(victim.begin())["state"]
    answer = victim.get(f"/login/callback?{urlencode({'code': foreign, 'state': state})}")
    assert answer.json()["code"] == "login_exchange"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "other"}, "login_state"),
        ({"state": ""}, "login_state"),
        ({"code": "other"}, "login_exchange"),
        ({"code": ""}, "login_answer"),
        ({"iss": "https://other.example"}, "login_answer"),
        ({"error": "access_denied"}, "login_declined"),
    ],
)
def test_a_changed_answer_is_refused(known: Settings, change: dict[str, str], code: str) -> None:
    browser = Browser(OidcClient(known))
    answer = {**asked(choose(browser.begin(), "rosa")), **change}
    refused = browser.get(f"/login/callback?{urlencode(answer)}")
    assert refused.json()["code"] == code
    for value in answer.values():
        assert not value or value == "other" or value not in refused.json()["detail"]


def test_a_forged_cookie_is_no_sign_in(known: Settings) -> None:
    browser = Browser(OidcClient(known))
    path = choose(browser.begin(), "rosa")
    body, rest = browser.cookies["tre-login"].split(".", 1)
    browser.cookies["tre-login"] = f"{body[:-2]}AA.{rest}"
    assert browser.get(path).json()["code"] == "login_state"


def test_no_verifier_and_no_code_in_any_log(
    known: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = Browser(OidcClient(known))
    location = browser.begin()
    flight = base64.b64decode(browser.cookies["tre-login"].split(".")[0]).decode()
    verifier = re.search(r'"code_verifier": "([^"]+)"', flight)
    assert verifier is not None
    path = choose(location, "rosa")
    assert browser.get(path).status_code == 200
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert said
    assert verifier[1] not in said


# the provider alone


def ask(known: Settings, **change: str | None) -> httpx2.Response:
    """An authorization request with the verifier `v` × 43, with changes."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": "tre",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "s-1",
        "nonce": "n-1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **change,
    }
    given = {name: value for name, value in query.items() if value is not None}
    return outside("GET", f"{known.oidc_issuer}/authorize?{urlencode(given)}")


def redeem(known: Settings, **change: str) -> httpx2.Response:
    """A fresh code, redeemed with changes."""
    request = ask(known)
    path = choose(str(request.request.url), "rosa")
    form = {
        "grant_type": "authorization_code",
        "code": asked(path)["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": "v" * 43,
        "client_id": "tre",
        "client_secret": known.oidc_client_secret.get_secret_value(),
        **change,
    }
    return outside("POST", f"{known.oidc_issuer}/token", data=form)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({}, ""),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_grant"),
        ({"code": "x"}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_client"),
        ({"client_secret": "other"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_the_provider_redeems_only_what_fits(
    known: Settings, change: dict[str, str], error: str
) -> None:
    answer = redeem(known, **change)
    assert answer.json().get("error", "") == error
    assert ("id_token" in answer.json()) is (error == "")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "other"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": "http://evil.example/"},
    ],
)
def test_the_provider_sends_nobody_to_an_unknown_address(
    known: Settings, change: dict[str, str | None]
) -> None:
    answer = ask(known, **change)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
    ],
)
def test_the_provider_demands_pkce_state_and_nonce(
    known: Settings, change: dict[str, str | None], error: str
) -> None:
    answer = ask(known, **change)
    assert answer.status_code == 303
    assert asked(answer.headers["location"])["error"] == error


def test_the_provider_page_is_plain_and_says_what_it_is(known: Settings) -> None:
    page = ask(known)
    assert "Development only" in page.text
    assert page.text.count("<button") == len(PEOPLE)
    assert '<html lang="en">' in page.text
    assert "<script" not in page.text
    style = page.text.split("<style>")[1].split("</style>")[0].encode()
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_a_form_of_the_provider_is_used_once(known: Settings) -> None:
    page = ask(known)
    ticket = page.text.split('name="ticket" value="')[1].split('"')[0]
    data = {"ticket": ticket, "account": "rosa"}
    answers = [outside("POST", f"{known.oidc_issuer}/login", data=data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 400]
    other = outside("POST", f"{known.oidc_issuer}/login", data={"account": "<script>"})
    assert other.status_code == 400
    assert "<script" not in other.text


def test_the_provider_starts_in_demo_and_test_only() -> None:
    for mode in ("demo", "test"):
        provider.application(settings(mode=mode), "http://127.0.0.1:1", [CALLBACK])
    production = settings(mode="production")
    with pytest.raises(Invalid, match=r"only with TRE_MODE=demo or test.*\.$"):
        provider.application(production, "http://127.0.0.1:1", [CALLBACK])
    with pytest.raises(Invalid, match="anybody be anybody"):
        provider.run(production, 1, [CALLBACK])


# a provider that lies


class Liar:
    """A provider with discovery, keys and tokens that a test can bend."""

    def __init__(self, issuer: str) -> None:
        """Honest until told otherwise."""
        self.issuer = issuer
        self.become_honest()

    def become_honest(self) -> None:
        """Forget every lie, and the key."""
        self.key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
        self.nonce = ""
        self.claims: dict[str, object] = {}
        self.document: dict[str, object] = {}
        self.sign: Callable[[dict[str, object]], str] = self.honestly
        self.token: Any = {"access_token": "a", "token_type": "Bearer"}
        self.status = 200

    def honestly(self, claims: dict[str, object]) -> str:
        """Sign as announced."""
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    def application(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._describe),
                Route("/jwks", self._keys),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _describe(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
                **self.document,
            },
            self.status,
        )

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, _request: Request) -> Response:
        if not isinstance(self.token, dict) or "id_token" in self.token:
            return JSONResponse(self.token)
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": self.issuer,
            "sub": "x-1",
            "aud": "tre",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
            **{name: value for name, value in self.claims.items() if not callable(value)},
            **{name: value(now) for name, value in self.claims.items() if callable(value)},
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return JSONResponse({**self.token, "id_token": self.sign(kept)})


@pytest.fixture(scope="module")
def lying() -> Iterator[Liar]:
    """A liar, served for all tests of this file."""
    with listening() as server:
        liar = Liar(f"http://127.0.0.1:{server.getsockname()[1]}")
        with served(liar.application(), server):
            yield liar


@pytest.fixture
def liar(lying: Liar) -> Liar:
    """The liar, honest until told otherwise."""
    lying.become_honest()
    return lying


def come_back(liar: Liar, browser: Browser | None = None) -> httpx2.Response:
    """Begin and finish a sign-in at the liar."""
    browser = browser or Browser(OidcClient(settings(liar.issuer)))
    query = asked(browser.begin())
    liar.nonce = liar.nonce or query["nonce"]
    return browser.get(f"/login/callback?{urlencode({'code': 'c', 'state': query['state']})}")


def test_an_honest_answer_is_believed(liar: Liar) -> None:
    assert come_back(liar).json()["subject"] == "x-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"aud": "other", "azp": "tre"},
        {"aud": ["tre", "other"]},
        {"nonce": "other"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"exp": None},
        {"exp": lambda now: now - 100},
        {"iat": lambda now: now + 100},
        {"auth_time": lambda now: now + 3600},
        {"auth_time": True},
    ],
    ids=lambda lie: "-".join(f"{k}={'later' if callable(v) else v}" for k, v in lie.items()),
)
def test_a_signed_lie_is_refused(liar: Liar, claims: dict[str, object]) -> None:
    liar.claims = claims
    answer = come_back(liar)
    assert answer.status_code == 400
    assert answer.json()["code"].startswith("id_token_")


def test_the_nonce_of_an_earlier_sign_in_is_refused(liar: Liar) -> None:
    client = OidcClient(settings(liar.issuer))
    assert come_back(liar, Browser(client)).status_code == 200
    assert come_back(liar, Browser(client)).json()["code"].startswith("id_token_")


def _unsigned(claims: dict[str, object]) -> str:
    def part(value: dict[str, object]) -> str:
        text = str(value).replace("'", '"').replace("True", "true").encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def test_a_token_by_another_key_or_none_is_refused(liar: Liar) -> None:
    other = ECKey.generate_key("P-256", auto_kid=True)
    symmetric = OctKey.import_key("tre-client-secret-of-some-length-32")
    signers: list[Callable[[dict[str, object]], str]] = [
        lambda claims: jwt.encode({"alg": "ES256"}, claims, other),
        lambda claims: jwt.encode({"alg": "ES256", "kid": liar.key.kid}, claims, other),
        lambda claims: jwt.encode({"alg": "HS256"}, claims, symmetric),
        _unsigned,
        lambda claims: "x.y.z",
        lambda claims: "",
    ]
    for sign in signers:
        liar.sign, liar.nonce = sign, ""
        answer = come_back(liar)
        assert answer.status_code == 400, answer.text
        assert answer.json()["code"] in ("id_token_invalid", "provider_unavailable")


def test_a_key_that_was_taken_back_signs_nobody_in(liar: Liar) -> None:
    client = OidcClient(settings(liar.issuer))
    assert come_back(liar, Browser(client)).status_code == 200
    old = liar.key
    liar.key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    liar.nonce = ""
    assert come_back(liar, Browser(client)).status_code == 200, "a new key works at once"
    liar.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": old.kid}, claims, old)
    liar.nonce = ""
    assert come_back(liar, Browser(client)).json()["code"] == "id_token_invalid"


@pytest.mark.parametrize(
    "token",
    [
        {"access_token": "a", "token_type": "Bearer", "id_token": None},
        {"access_token": "a", "token_type": "Bearer", "id_token": 7},
        {"error": "invalid_grant"},
        {"id_token": []},
        [],
        "text",
        None,
    ],
    ids=str,
)
def test_an_answer_without_a_token_is_a_failure(liar: Liar, token: Any) -> None:
    liar.token = token
    answer = come_back(liar)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("id_token_missing", "login_exchange", "provider_unavailable")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"issuer": "https://other.example"}, "issuer_differs"),
        ({"issuer": None}, "issuer_differs"),
        ({"token_endpoint": None}, "provider_incomplete"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "provider_incomplete"),
        ({"jwks_uri": "file:///etc/passwd"}, "provider_incomplete"),
    ],
)
def test_another_issuer_is_never_used(liar: Liar, document: dict[str, object], code: str) -> None:
    liar.document = document
    browser = Browser(OidcClient(settings(liar.issuer)))
    for _ in range(2):
        assert browser.get("/login").json()["code"] == code


def test_a_description_sets_no_option_of_ours(liar: Liar) -> None:
    """The library takes any field of the discovery document as an argument of its client."""
    liar.document = {
        "code_challenge_method": "plain",
        "verify": False,
        "follow_redirects": True,
        "timeout": 0,
        "scope": "everything",
        "jwks": {"keys": []},
    }
    browser = Browser(OidcClient(settings(liar.issuer)))
    query = asked(browser.begin())
    assert query["code_challenge_method"] == "S256"
    assert query["scope"] == "openid email profile"
    assert come_back(liar, browser).status_code == 200


def test_a_provider_that_fails_is_said_to_fail(liar: Liar) -> None:
    liar.status = 500
    assert Browser(OidcClient(settings(liar.issuer))).get("/login").json()["code"] == (
        "provider_unavailable"
    )
    with listening() as server:
        issuer = f"http://127.0.0.1:{server.getsockname()[1]}"
    absent = Browser(OidcClient(settings(issuer))).get("/login").json()
    assert absent["code"] == "provider_unavailable"
    assert "nobody can sign in now" in absent["detail"]


@pytest.mark.parametrize(
    ("issuer", "mode"),
    [
        ("http://id.example", "test"),
        ("http://id.example", "production"),
        ("http://127.0.0.1:8702", "production"),
        ("ftp://127.0.0.1", "test"),
        ("id.example", "production"),
    ],
)
def test_an_issuer_without_encryption_is_refused(issuer: str, mode: str) -> None:
    with pytest.raises(Invalid, match="https://"):
        OidcClient(settings(issuer, mode))
