"""A development identity provider: anybody may be any of the made-up people. Never in production.

Code flow only, PKCE S256 and nonce demanded, codes used once, redirect addresses compared whole.
It keeps everything in memory and makes a new key at each start.
"""

import base64
import hashlib
import hmac
import html
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_plus, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from orchestrator.demo.people import ORGANISATIONS, PEOPLE, DemoPerson
from orchestrator.errors import Invalid
from orchestrator.settings import Settings

ACR = "urn:example:tre-demo:chosen-from-a-list"
"""What it says about strength: nothing was proved."""

_CODE_LIVES = timedelta(seconds=60)
_TOKEN_LIVES = timedelta(minutes=5)
_FORM_LIVES = timedelta(minutes=30)

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;"
    "color:#111;background:#fff}"
    ".warning{border:3px solid #8a1c00;padding:.5rem 1rem}"
    "ul{list-style:none;padding:0}li{margin:.4rem 0}form{display:inline}"
    "button{font:inherit;padding:.4rem .8rem;min-width:14rem;text-align:left;color:#fff;"
    "background:#14406b;border:2px solid #14406b;border-radius:.2rem;cursor:pointer}"
    "button:focus-visible{outline:3px solid #b35900;outline-offset:2px}"
)
_HEADERS = {
    # no form-action: Chromium holds every redirect after a form against it, to the last host
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-"
        + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        + "'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Asked:
    """One authorization request that is waiting for somebody to choose an account."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    until: datetime


@dataclass(frozen=True)
class Granted:
    """What one code stands for."""

    asked: Asked
    person: DemoPerson
    auth_time: datetime
    until: datetime


class Refused(Exception):
    """An OAuth error: its code, for the redirect or the token answer."""


class Provider:
    """The provider's memory and rules. One registered client: ours."""

    def __init__(
        self,
        settings: Settings,
        issuer: str,
        redirect_uris: Collection[str],
        clock: Callable[[], datetime],
    ) -> None:
        """Errors: Invalid unless the installation is a demonstration or a test."""
        if settings.mode not in ("demo", "test"):
            raise Invalid(
                "The development identity provider lets anybody be anybody, so it starts only "
                "with TRE_MODE=demo or test. Set TRE_OIDC_ISSUER to your own provider instead.",
                code="development_only",
            )
        self.issuer = issuer
        self.client_id = settings.oidc_client_id
        self._client_secret = settings.oidc_client_secret.get_secret_value()
        self._redirect_uris = frozenset(redirect_uris)
        self._clock = clock
        self._accounts = {one.handle: one for one in PEOPLE}
        self._asked: dict[str, Asked] = {}
        self._codes: dict[str, Granted] = {}
        self._key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)

    def known_redirect(self, client_id: str | None, redirect_uri: str | None) -> str | None:
        """Give the address back if it is, letter by letter, one that was registered."""
        known = client_id == self.client_id and redirect_uri in self._redirect_uris
        return redirect_uri if known else None

    def ask(self, query: QueryParams, redirect_uri: str) -> str:
        """Remember an authorization request; returns what the form repeats.

        Errors: Refused for anything but code flow with S256, state and nonce.
        """
        if query.get("response_type") != "code":
            raise Refused("unsupported_response_type")
        if "openid" not in query.get("scope", "").split():
            raise Refused("invalid_scope")
        challenge = query.get("code_challenge", "")
        if query.get("code_challenge_method") != "S256" or len(challenge) != 43:
            raise Refused("invalid_request")
        if not query.get("state") or not query.get("nonce"):
            raise Refused("invalid_request")
        now = self._clock()
        self._forget(now)
        ticket = secrets.token_urlsafe(24)
        self._asked[ticket] = Asked(
            redirect_uri, query["state"], query["nonce"], challenge, now + _FORM_LIVES
        )
        return ticket

    def choose(self, ticket: str, account: str) -> str:
        """Sign somebody in and say where the browser goes.

        Errors: Refused for a form that was used already, or an unknown account.
        """
        asked = self._asked.pop(ticket, None)
        person = self._accounts.get(account)
        now = self._clock()
        if asked is None or person is None or now >= asked.until:
            raise Refused("invalid_request")
        code = secrets.token_urlsafe(32)
        self._codes[code] = Granted(asked, person, now, now + _CODE_LIVES)
        answer = {"code": code, "state": asked.state, "iss": self.issuer}
        return f"{asked.redirect_uri}?{urlencode(answer)}"

    def redeem(self, form: FormData, authorization: str | None) -> dict[str, object]:
        """Turn a code into an ID token, once, for who knows the verifier.

        Errors: Refused; the code is used up even then.
        """
        if form.get("grant_type") != "authorization_code":
            raise Refused("unsupported_grant_type")
        self._check_client(form, authorization)
        granted = self._codes.pop(str(form.get("code", "")), None)
        if granted is None or self._clock() >= granted.until:
            raise Refused("invalid_grant")
        if form.get("redirect_uri") != granted.asked.redirect_uri:
            raise Refused("invalid_grant")
        if not hmac.compare_digest(
            _s256(str(form.get("code_verifier", ""))), granted.asked.challenge
        ):
            raise Refused("invalid_grant")
        return {
            "access_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "expires_in": int(_TOKEN_LIVES.total_seconds()),
            "id_token": self._id_token(granted),
        }

    def keys(self) -> dict[str, object]:
        """The public keys."""
        return {"keys": [self._key.as_dict(private=False)]}

    def _check_client(self, form: FormData, authorization: str | None) -> None:
        client_id, secret = _client_credentials(form, authorization)
        if client_id != self.client_id or not hmac.compare_digest(secret, self._client_secret):
            raise Refused("invalid_client")

    def _id_token(self, granted: Granted) -> str:
        now, one = self._clock(), granted.person
        claims = {
            "iss": self.issuer,
            "sub": one.subject,
            "aud": self.client_id,
            "exp": int((now + _TOKEN_LIVES).timestamp()),
            "iat": int(now.timestamp()),
            "auth_time": int(granted.auth_time.timestamp()),
            "nonce": granted.asked.nonce,
            "acr": ACR,
            "name": one.name,
            "email": one.email,
            "email_verified": True,
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims, self._key)

    def _forget(self, now: datetime) -> None:
        self._asked = {k: v for k, v in self._asked.items() if now < v.until}
        self._codes = {k: v for k, v in self._codes.items() if now < v.until}


def application(
    settings: Settings,
    issuer: str,
    redirect_uris: Collection[str],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Starlette:
    """Build the provider's web application.

    Errors: Invalid unless the installation is a demonstration or a test.
    """
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", _describe),
            Route("/jwks", _keys),
            Route("/authorize", _authorize),
            Route("/login", _login, methods=["POST"]),
            Route("/token", _token, methods=["POST"]),
        ]
    )
    app.state.provider = Provider(settings, issuer, redirect_uris, clock)
    return app


def run(settings: Settings, port: int, redirect_uris: Collection[str]) -> None:
    """Serve on loopback until ended; the issuer is `http://127.0.0.1:<port>`.

    Errors: Invalid unless the installation is a demonstration or a test.
    """
    app = application(settings, f"http://127.0.0.1:{port}", redirect_uris)
    # no access log: it would hold codes
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


async def _describe(request: Request) -> Response:
    issuer = _provider(request).issuer
    return JSONResponse(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email", "profile"],
            "acr_values_supported": [ACR],
            "authorization_response_iss_parameter_supported": True,
        }
    )


async def _keys(request: Request) -> Response:
    return JSONResponse(_provider(request).keys())


async def _authorize(request: Request) -> Response:
    provider, query = _provider(request), request.query_params
    redirect_uri = provider.known_redirect(query.get("client_id"), query.get("redirect_uri"))
    if redirect_uri is None:
        return _page(400, "Unknown application", _UNKNOWN)
    try:
        ticket = provider.ask(query, redirect_uri)
    except Refused as error:
        answer = {"error": str(error), "state": query.get("state", ""), "iss": provider.issuer}
        return RedirectResponse(f"{redirect_uri}?{urlencode(answer)}", 303, _HEADERS)
    return _page(200, "Choose who you are", _accounts(ticket))


async def _login(request: Request) -> Response:
    form = await request.form()
    try:
        target = _provider(request).choose(str(form.get("ticket")), str(form.get("account")))
    except Refused:
        return _page(400, "Begin again", _OLD_FORM)
    return RedirectResponse(target, 303, _HEADERS)


async def _token(request: Request) -> Response:
    form = await request.form()
    try:
        answer = _provider(request).redeem(form, request.headers.get("authorization"))
    except Refused as error:
        status = 401 if str(error) == "invalid_client" else 400
        return JSONResponse({"error": str(error)}, status, {"Cache-Control": "no-store"})
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    return provider


def _client_credentials(form: FormData, authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return str(form.get("client_id", "")), str(form.get("client_secret", ""))
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as error:
        raise Refused("invalid_client") from error
    return unquote_plus(name), unquote_plus(secret)


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_UNKNOWN = (
    "<p>This application, or the address it wants you to be sent back to, is not registered "
    "here.</p>"
)
_OLD_FORM = (
    "<p>This form was used already or is too old. Go back to the application and choose Sign in "
    "again.</p>"
)


def _accounts(ticket: str) -> str:
    parts = []
    for there in ORGANISATIONS:
        rows = [_account(one, ticket) for one in PEOPLE if one.organisation == there.slug]
        parts.append(f"<h2>{html.escape(there.name)}</h2><ul>{''.join(rows)}</ul>")
    return "".join(parts)


def _account(one: DemoPerson, ticket: str) -> str:
    roles = ", ".join(role.replace("_", " ") for role in one.roles)
    return (
        '<li><form method="post" action="/login">'
        f'<input type="hidden" name="ticket" value="{html.escape(ticket)}">'
        f'<input type="hidden" name="account" value="{html.escape(one.handle)}">'
        f'<button type="submit">{html.escape(one.name)}</button></form> '
        f"{html.escape(roles)}: {html.escape(one.does)}</li>"
    )


def _page(status: int, title: str, body: str) -> HTMLResponse:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} · development only</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{title}</h1>"
        '<p class="warning"><strong>Development only.</strong> There are no passwords here: '
        "anybody may be any of these made-up people. Never use it with real data.</p>"
        f"{body}</main></body></html>"
    )
    return HTMLResponse(text, status, _HEADERS)
