"""[pure] Files written as digits into a text: base64 or hexadecimal, on one line.

What else stands in such runs (keys, digests, pictures) stays as it is.
Source: outputs section 7 (embedded base64).
"""

import base64
import re
from collections.abc import Iterator

from orchestrator.outputs.readers.formats import by_content

_LONG_RUN = re.compile(r"[A-Za-z0-9+/_-]{80,}={0,2}")
_FILES = frozenset({"gzip", "bzip2", "xz", "zip", "parquet", "arrow", "sqlite"})
"""Types of files that a program would write so, and whose first bytes are no accident."""


def find_encoded(content: str) -> Iterator[tuple[str, bytes]]:
    """Decode long runs of digits in which another file is written; give its type and its bytes.

    Shape: text of several lines without any character that is none, or a file by its first bytes.
    """
    for found in _LONG_RUN.finditer(content):
        for decode in (bytes.fromhex, _unbase64):
            try:
                data = decode(found[0])
            except ValueError:
                continue
            kind = _kind(data)
            if kind:
                yield kind, data
                break


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)


def _kind(data: bytes) -> str | None:
    proved = by_content(data)
    if proved is not None:
        return proved if proved in _FILES else None
    try:
        told = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    plain = all(char.isprintable() or char.isspace() for char in told)
    return "text" if plain and "\n" in told else None
