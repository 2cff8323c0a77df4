"""The way to the identity provider: code flow with PKCE S256, state, nonce, one pinned issuer.

The only importer of `authlib`. The library fetches, redirects and checks signatures; whether the
answer is believed is decided by `claims.check_id_token`. A sign-in in flight is the only thing
kept in Starlette's signed cookie; who is signed in is a row of ours and never there.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.errors import Invalid, NotAllowed, Unavailable
from orchestrator.identity.claims import LEEWAY_SECONDS, Claims, Expected, check_id_token
from orchestrator.settings import Settings

# Authlib writes the PKCE verifier into its debug log.
logging.getLogger("authlib").setLevel(logging.INFO)

ALGORITHMS = ("ES256", "RS256", "PS256")
TIMEOUT_SECONDS = 10
_LOOPBACK = ("127.0.0.1", "localhost")
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OidcClient:
    """Sends browsers to the identity provider and says who came back."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is fetched yet, so that we start while the provider is down.

        Errors: Invalid for an issuer that is not https; on loopback http will do for demo and test.
        """
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._levels = settings.oidc_acr_levels
        parts = urlsplit(self._issuer)
        loopback = parts.hostname in _LOOPBACK and settings.mode in ("demo", "test")
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
            raise Invalid("TRE_OIDC_ISSUER must begin with https://.", code="issuer_not_https")
        self._app = OAuth().register(
            name="tre",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value() or None,
            server_metadata_url=f"{self._issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_SECONDS,
                "trust_env": not loopback,
            },
        )

    async def begin(self, request: Request, redirect_uri: str) -> Response:
        """Send the browser to the provider; state, nonce and verifier go into the login cookie.

        Errors: Unavailable when the provider does not answer or is not the one we know.
        """
        await self._discover()
        request.session.clear()
        with _translated():
            response: Response = await self._app.authorize_redirect(request, redirect_uri)
        return response

    async def finish(self, request: Request, now: datetime) -> Claims:
        """Say who came back, from an answer that belongs to the sign-in this browser began.

        Errors: NotAllowed with code login_<why> or id_token_<claim>; Unavailable when the
        provider does not answer. The sign-in in flight is over in any case.
        """
        flight = await self._flight(request)
        code = _answered_code(request, self._issuer)
        await self._discover()
        with _translated():
            token = await self._app.fetch_access_token(
                code=code,
                code_verifier=flight["code_verifier"],
                redirect_uri=flight["redirect_uri"],
            )
            claims = await self._signed_claims(token, flight["nonce"])
        return check_id_token(claims, self._expected(flight["nonce"]), now)

    async def _flight(self, request: Request) -> dict[str, str]:
        state = request.query_params.get("state", "")
        flight: dict[str, str] | None = await self._app.framework.get_state_data(
            request.session, state
        )
        request.session.clear()
        if flight is None:
            raise NotAllowed(
                "This sign-in was not begun in this browser, or it took longer than ten minutes. "
                "Begin again.",
                code="login_state",
            )
        return flight

    async def _signed_claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        if not isinstance(token.get("id_token"), str):
            raise NotAllowed(
                "The identity provider did not say who you are. Sign in again.",
                code="id_token_missing",
            )
        claims: Mapping[str, Any] = await self._app.parse_id_token(
            token,
            nonce=nonce,
            claims_options={"iss": {"essential": True, "value": self._issuer}},
            leeway=LEEWAY_SECONDS,
        )
        return claims

    def _expected(self, nonce: str) -> Expected:
        return Expected(
            issuer=self._issuer, client_id=self._client_id, nonce=nonce, levels=self._levels
        )

    async def _discover(self) -> None:
        """Keep of the provider's own description only what we asked for.

        The library would take any of its fields as an option of ours: another PKCE method, no
        certificate check, another proxy. The keys of last time are forgotten as well: one that
        was taken back must not live on in our memory.
        """
        with _translated():
            found = dict(await self._app.load_server_metadata())
        self._app.server_metadata.clear()
        if found.get("issuer") != self._issuer:
            raise Unavailable(
                "The identity provider calls itself by another name than the one set here. Tell "
                "the administrator.",
                code="issuer_differs",
            )
        scheme = urlsplit(self._issuer).scheme
        if any(urlsplit(str(found.get(name))).scheme != scheme for name in _ENDPOINTS):
            raise Unavailable(
                "The identity provider's description is incomplete. Tell the administrator.",
                code="provider_incomplete",
            )
        self._app.server_metadata.update(
            {name: found[name] for name in ("issuer", "_loaded_at", *_ENDPOINTS)},
            id_token_signing_alg_values_supported=list(ALGORITHMS),
        )


def _answered_code(request: Request, issuer: str) -> str:
    """Source: RFC 9207 for `iss`, which a provider may send; then it must be the right one."""
    answer = request.query_params
    if "error" in answer:
        raise NotAllowed(
            "The identity provider did not sign you in. Begin again.", code="login_declined"
        )
    if answer.get("iss", issuer) != issuer or not answer.get("code"):
        raise NotAllowed(
            "The answer did not come from the identity provider we know. Begin again.",
            code="login_answer",
        )
    return answer["code"]


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the libraries' errors into ours, without what the provider said in them."""
    try:
        yield
    except (OAuthError, JoseError) as error:
        raise NotAllowed(
            "The identity provider's answer was not accepted. Sign in again, and if it stays so, "
            "tell the administrator.",
            code="login_exchange" if isinstance(error, OAuthError) else "id_token_invalid",
        ) from error
    except (httpx2.HTTPError, ValueError, TypeError) as error:
        raise Unavailable(
            "The identity provider does not answer as it should; nobody can sign in now. Work "
            "that runs goes on. Try again in a moment.",
            code="provider_unavailable",
        ) from error
