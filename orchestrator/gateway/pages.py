"""[pure] The gateway's own few pages: plain, without scripts, under the strictest policy."""

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape

from orchestrator.gateway.headers import PERMISSIONS_POLICY
from orchestrator.values import Reason

_STYLE = (
    "body{font-family:sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;line-height:1.5;"
    "color:#0b0c0c;background:#fff}button{font:inherit;padding:.5rem 1rem}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Server": "tre",
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}
LEAVE = HEADERS | {"Clear-Site-Data": '"cache", "cookies", "storage"'}


def page(title: str, *paragraphs: str, extra: str = "") -> bytes:
    """Write a page; every text is escaped, `extra` is markup of our own."""
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}{extra}</main></body></html>"
    ).encode()


def away(title: str, text: str) -> bytes:
    """Say what did not work, with the way back into the project."""
    return page(title, text, extra='<p><a href="/">Open the project again</a></p>')


def starting() -> bytes:
    """Say that the server is starting; the reply's Refresh header loads it again."""
    return page(
        "Your notebook server is starting",
        "This takes a few seconds. The page loads again by itself.",
    )


def waking(stage: str) -> bytes:
    """Say how far a workspace is with waking up; the reply's Refresh header loads it again."""
    return page(
        "The workspace is waking up",
        stage,
        "Nothing was lost. The page goes on by itself as soon as your notebook server is there.",
    )


def failed(reason: str | None) -> bytes:
    """Say why the server did not start, with a button that tries again."""
    return page(
        "Your notebook server did not start",
        reason or "No reason was given.",
        "Your files are kept.",
        extra='<form method="post" action="/.tre/start"><button>Try again</button></form>',
    )


def refused(title: str, reasons: Sequence[Reason], control_url: str) -> bytes:
    """Say every reason why somebody may not work here."""
    items = "".join(f"<li>{escape(reason.text)}</li>" for reason in reasons)
    link = f'<p><a href="{escape(control_url)}">Back to your projects</a></p>'
    return page(title, extra=f"<ul>{items}</ul>{link}")


def left(control_url: str) -> bytes:
    """Say that this browser forgot everything of the project."""
    return page(
        "You have left this project",
        "This browser forgot the project's pages. Your notebook server and your files are kept.",
        extra=f'<p><a href="{escape(control_url)}">Back to your projects</a></p>',
    )


def problem(status: int, code: str, text: str, reasons: Sequence[Reason] = ()) -> bytes:
    """Write an RFC 9457 problem; `message` repeats the sentence because JupyterLab shows that."""
    return json.dumps(
        {
            "type": "about:blank",
            "title": "Not served",
            "status": status,
            "code": code,
            "detail": text,
            "message": text,
            "reasons": [{"code": reason.code, "text": reason.text} for reason in reasons],
        }
    ).encode()
