"""[pure] Whether a write came from our own page: a token per session, and the `Origin` header.

Pages must not be sent with `Referrer-Policy: no-referrer`: browsers then write `Origin: null`
even on our own forms. `same-origin` is the value to send.
"""

import hashlib
import hmac

from orchestrator.values import Decision, Reason

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def token_for(secret: str) -> str:
    """Derive the form token of a session from its secret, so that nothing more is stored.

    Shape: 64 hexadecimal digits; from the token the secret cannot be found.
    """
    return hmac.new(secret.encode(), b"tre-csrf", hashlib.sha256).hexdigest()


def check_token(secret: str, given: str | None) -> Decision:
    """Say whether a form carries the token of exactly this session, compared in constant time."""
    if hmac.compare_digest(token_for(secret).encode(), (given or "").encode()):
        return Decision()
    return Decision(
        (Reason("csrf_token", "This form is too old or not ours. Load the page again and repeat."),)
    )


def check_origin(method: str, origin: str | None, fetch_site: str | None, own: str) -> Decision:
    """Say whether a request may change something, judged by where the browser says it began.

    Shape: `own` is scheme, host and port as the browser sees us; `fetch_site` is the header
    `Sec-Fetch-Site`, asked only where a browser left `Origin` away. Neither: refused.
    """
    if method.upper() in SAFE_METHODS or origin == own:
        return Decision()
    if origin is None and fetch_site == "same-origin":
        return Decision()
    return Decision(
        (
            Reason(
                "cross_site", "This request did not begin on our own pages and was not carried out."
            ),
        )
    )
