"""Mails and web archives: headers as text, and every part by its own reader.

Source: RFC 5322 (messages), RFC 2045 and 2046 (parts), RFC 2557 (web pages with what they show).
"""

from email import message_from_bytes, policy
from email.message import EmailMessage

from orchestrator.outputs.form import Note, Span
from orchestrator.outputs.readers.embedded import add_media
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.zips import safe_name

_ADDRESSED = frozenset(
    ["from", "to", "cc", "sender", "reply-to", "message-id", "in-reply-to", "references"]
)
_FEW = 8
"""Units: addresses; more are a list of people."""


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
        said, addressed = _around(part)
        opening.inner(f"{own}/headers", said.encode(errors="replace"), kind="text")
        if addressed:
            with opening.noting(Note.LIBRARY):
                opening.text(opening.free(f"{own}/addresses"), addressed)
        if not part.is_multipart():
            _add(opening, own, part)


def _around(part: EmailMessage) -> tuple[str, str]:
    """Headers as they stand, again where they say in code what they say, and what is no part.

    Shape: apart from them who wrote to whom, if those are few: every mail has their addresses.
    """
    headers = [f"{name}: {value}" for name, value in part.raw_items()]
    decoded = [f"{name}: {value}" for name, value in part.items()]
    every = [*headers, *(line for line in decoded if line not in headers)]
    addressed = [line for line in every if line.partition(":")[0].casefold() in _ADDRESSED]
    if sum(line.count("@") for line in addressed) > _FEW:
        addressed = []
    apart = set(addressed)
    said = [line for line in every if line not in apart]
    return "\n".join([*said, part.preamble or "", part.epilogue or ""]), "\n".join(addressed)


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
