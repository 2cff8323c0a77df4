"""[pure] Headers both ways: two allow-lists, and the security headers over every reply.

Nothing of the browser's cookies or authorization reaches the notebook server, and nothing of the
notebook server's policy, cookies or reporting reaches the browser. Source: egress 3.4, E55 to E57.
"""

import re
from collections.abc import Iterable, Mapping

from orchestrator.gateway.paths import Path, Refused, canonical

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self' blob:; frame-src 'self'; form-action 'self'; "
    "base-uri 'self'; object-src 'none'; frame-ancestors 'self'; webrtc 'block'; "
    "sandbox allow-same-origin allow-scripts allow-forms allow-modals"
)
PERMISSIONS_POLICY = (
    "clipboard-read=(), clipboard-write=(), display-capture=(), camera=(), microphone=(), "
    "geolocation=(), usb=(), serial=(), hid=(), bluetooth=(), midi=()"
)
SECURITY: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}

_FORWARDED = ("Accept", "Accept-Language", "Content-Type")
_OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_ANSWERED = ("ETag", "Last-Modified", "Date")
_PRINTABLE = re.compile(r"[\x20-\x7e]{0,1024}\Z")
_MEDIA = re.compile(r"[a-z]+/[a-z0-9.+-]+\Z")
_CHARSET = re.compile(r"\s*charset=\"?utf-8\"?\s*\Z", re.IGNORECASE)


def check_request(headers: Mapping[str, str]) -> Refused | None:
    """Refuse what no page of ours sends: service workers, method overrides, coded bodies."""
    if headers.get("Service-Worker", "").lower() == "script":
        return Refused("service_worker", 403, "Service workers are not allowed here.")
    if any(name in headers for name in _OVERRIDES):
        return Refused("method_override", 400, "A method cannot be changed by a header.")
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        return Refused("request_encoding", 415, "Send the content as it is, not compressed.")
    return None


def to_server(headers: Mapping[str, str], token: str) -> dict[str, str]:
    """Choose what reaches the notebook server: an allow-list, our token, no compression."""
    chosen = {
        name: headers[name]
        for name in _FORWARDED
        if name in headers and _PRINTABLE.match(headers[name])
    }
    return chosen | {
        "Host": "127.0.0.1",
        "Authorization": f"token {token}",
        "Accept-Encoding": "identity",
    }


def to_browser(headers: Mapping[str, str]) -> dict[str, str]:
    """Choose what of a reply's headers reaches the browser, under our own security headers."""
    chosen = {
        name: headers[name]
        for name in _ANSWERED
        if name in headers and len(headers[name]) <= 128 and _PRINTABLE.match(headers[name])
    }
    return chosen | {"Server": "tre"} | dict(SECURITY)


def media_type(value: str, listed: Iterable[str]) -> str | Refused:
    """Check a reply's media type against the row's list, and spell it anew."""
    kind, _, parameter = value.partition(";")
    kind = kind.strip().lower()
    if not _MEDIA.match(kind) or kind not in listed:
        return Refused("reply_media_type", 502, "The notebook server sent a type that stays here.")
    if parameter and not _CHARSET.match(parameter):
        return Refused("reply_media_type", 502, "The notebook server sent a type that stays here.")
    return f"{kind}; charset=utf-8" if parameter or kind.startswith("text/") else kind


def location(value: str, host: str) -> Path | Refused:
    """Accept a redirect to a path of the same host only.

    Shape: an absolute address must name exactly our own origin.
    """
    for origin in (f"http://{host}", f"https://{host}", "http://127.0.0.1"):
        if value.startswith(origin + "/"):
            value = value[len(origin) :]
            break
    if not value.startswith("/"):
        return Refused("reply_location", 502, "The notebook server sent the browser elsewhere.")
    return canonical(value)


def same_origin(headers: Mapping[str, str], own: str, *, must: bool) -> Refused | None:
    """Check who asks: a write and a WebSocket must carry this project host's own Origin.

    Shape: any request that another site's page made in the background is refused as well, as far
    as the browser says so (`Sec-Fetch-Site`); following a link is allowed.
    """
    origin = headers.get("Origin")
    if (origin is not None and origin != own) or (must and origin is None):
        return Refused("origin", 403, "This was asked by a page of another site.")
    site = headers.get("Sec-Fetch-Site", "same-origin")
    followed = headers.get("Sec-Fetch-Mode") == "navigate" and not must
    if site not in ("same-origin", "none") and not followed:
        return Refused("fetch_site", 403, "This was asked by a page of another site.")
    return None
