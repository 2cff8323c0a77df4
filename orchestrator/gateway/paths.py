"""[pure] One spelling for each request path, or a refusal. What is matched is what is forwarded."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

_SECOND_ENCODING = re.compile(r"%[0-9A-Fa-f]{2}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RAW = re.compile(r"/[!-~]*\Z")
_SAFE = "/-._~!$&'()*+,=:@"
LONGEST = 2048


@dataclass(frozen=True)
class Path:
    """A canonical path: `text` is decoded and is what rules match, `wire` is what is sent on."""

    text: str
    wire: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def target(self) -> str:
        """The request target to send on."""
        return f"{self.wire}?{urlencode(self.query)}" if self.query else self.wire


@dataclass(frozen=True)
class Refused:
    """Why a request is not served: `rule` for the log, `status` and `text` for the browser."""

    rule: str
    status: int
    text: str


def canonical(target: str) -> Path | Refused:
    """Decode a request target once and refuse every spelling that could mean two things.

    Shape: refused are a second encoding, broken escapes, `.` and `..` segments, `//`, backslash,
    NUL and other control characters, `;` parameters, anything beyond ASCII, and fragments.
    Source: egress 3.2.
    """
    raw, mark, query = target.partition("?")
    if not _RAW.match(raw) or len(target) > LONGEST or "#" in target:
        return _odd("path_form")
    if _BAD_ESCAPE.search(raw):
        return _odd("path_escape")
    decoded = unquote_to_bytes(raw)
    if any(byte < 0x20 or byte >= 0x7F for byte in decoded):
        return _odd("path_bytes")
    text = decoded.decode("ascii")
    if _SECOND_ENCODING.search(text):
        return _odd("path_encoded_twice")
    if "\\" in text or ";" in text:
        return _odd("path_characters")
    segments = text[1:].split("/")
    if any(part in (".", "..") for part in segments) or "" in segments[:-1]:
        return _odd("path_segments")
    asked = _query(query) if mark else ()
    if isinstance(asked, Refused):
        return asked
    return Path(text, quote(text, safe=_SAFE), asked)


def _query(text: str) -> tuple[tuple[str, str], ...] | Refused:
    """Read a query strictly; each name once."""
    if not text:
        return ()
    if not text.isascii() or _BAD_ESCAPE.search(text):
        return _odd("query_form")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        return _odd("query_form")
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        return _odd("query_twice")
    if any(not character.isprintable() for pair in pairs for part in pair for character in part):
        return _odd("query_characters")
    return tuple(pairs)


def _odd(rule: str) -> Refused:
    return Refused(
        rule,
        400,
        "This address is spelled in a way that is not served here. Names of files and folders may "
        "have letters without accents, digits, spaces, and . - _ only.",
    )
