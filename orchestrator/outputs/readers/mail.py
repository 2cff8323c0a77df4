"""Mail and web archives (MIME): headers as text, each part by its own reader.

Nothing is fetched. What a part is its type says for text and pages, its name for attachments.
Source: RFC 5322 and RFC 2045 to 2049.
"""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_text
from orchestrator.outputs.readers.zips import safe_name

_KINDS = {"text/html": "html", "text/csv": "csv", "image/png": "png", "image/jpeg": "jpeg",
          "image/svg+xml": "svg", "application/json": "json", "application/pdf": "pdf"}  # fmt: skip


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a message with all its parts.

    Errors: Unreadable where it breaks the rules of MIME, because then some of it may go unseen.
    """
    message = BytesParser(policy=policy.default).parsebytes(data)
    if not message.keys():
        raise Unreadable(Note.TYPE_DISAGREES)
    opening.container(path, data, [Span(0, len(data), "message")])
    for number, part in enumerate(message.walk(), 1):
        _part(opening, f"{below(path)}parts/{number}", part)


def _part(opening: Opening, path: str, part: EmailMessage) -> None:
    heads = "\n".join(f"{name}: {value}" for name, value in part.items())
    around = [part.preamble or "", part.epilogue or ""] if part.is_multipart() else []
    add_text(opening, f"{path}/headers", "\n".join([heads, *around]))
    if part.is_multipart():
        content = b""
    else:
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
    if part.defects:
        raise Unreadable(Note.NOT_BASE64)
    if not content.strip():
        return
    kind, name = part.get_content_type(), part.get_filename()
    if name is not None:
        opening.inner(f"{path}/{safe_name(name)}", content, kind=_KINDS.get(kind))
    elif kind in _KINDS:
        opening.inner(f"{path}/content", content, kind=_KINDS[kind])
    elif kind.startswith("text/"):
        add_text(opening, f"{path}/text", *_said(part, content))
    else:
        opening.unknown(opening.free(f"{path}/content"), content, Note.UNKNOWN_TYPE)


def _said(part: EmailMessage, content: bytes) -> tuple[str, list[Observation]]:
    """Read text in the encoding that its part names, else as Windows-1252 with a note."""
    try:
        return content.decode(part.get_content_charset("utf-8")), []
    except (LookupError, UnicodeDecodeError):
        return content.decode("cp1252", errors="replace"), [Observation(Note.NOT_UTF8)]
