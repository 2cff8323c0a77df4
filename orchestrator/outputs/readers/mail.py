"""Mails and web archives: headers as text, and every part by its own reader.

Source: RFC 5322 (messages), RFC 2045 and 2046 (parts), RFC 2557 (web pages with what they show).
"""

from email import message_from_bytes, policy
from email.message import EmailMessage

from orchestrator.outputs.form import Note, Span
from orchestrator.outputs.readers.embedded import add_media
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.zips import safe_name


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a message and all that it carries.

    Shape: what stands before, between and behind the parts is shown with the headers; a part that
    cannot be decoded as it says is unknown.
    Errors: Unreadable (TYPE_DISAGREES) for a text without headers.
    """
    message = message_from_bytes(data, policy=policy.default)
    if not message.keys():
        raise Unreadable(Note.TYPE_DISAGREES)
    opening.container(path, data, [Span(0, len(data), "message")])
    for number, part in enumerate(message.walk(), 1):
        own = f"{below(path)}{number}"
        opening.inner(f"{own}/headers", _around(part).encode(errors="replace"), kind="text")
        if not part.is_multipart():
            _add(opening, own, part)


def _around(part: EmailMessage) -> str:
    """Headers as they stand, again where they say in code what they say, and what is no part."""
    headers = [f"{name}: {value}" for name, value in part.raw_items()]
    decoded = [f"{name}: {value}" for name, value in part.items()]
    more = [line for line in decoded if line not in headers]
    return "\n".join([*headers, *more, part.preamble or "", part.epilogue or ""])


def _add(opening: Opening, path: str, part: EmailMessage) -> None:
    """Open the body of a part by its name, else by its media type."""
    body = part.get_payload(decode=True)
    content = body if isinstance(body, bytes) else b""
    name = part.get_filename()
    if part.defects:
        opening.unknown(opening.free(f"{path}/body"), content, Note.NOT_BASE64)
    elif name:
        opening.inner(f"{path}/{safe_name(name)}", content)
    else:
        add_media(opening, f"{path}/body", part.get_content_type(), content)
