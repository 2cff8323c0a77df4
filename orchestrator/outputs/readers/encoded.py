"""[pure] Files written as digits into a text: base64 or hexadecimal, on one line.

What else stands in such runs (keys, digests, pictures) stays as it is.
Source: outputs section 7 (embedded base64).
"""

import base64
import re
from collections.abc import Iterator

from orchestrator.outputs.readers.formats import by_content

_LONG_RUN = re.compile(r"[A-Za-z0-9+/_-]{80,}={0,2}")
_FILES = {"gzip": "txt.gz", "bzip2": "txt.bz2", "xz": "txt.xz", "zip": "zip", "parquet": "parquet",
          "arrow": "arrow", "sqlite": "sqlite"}  # fmt: skip
"""Types of files that a program would write so, whose first bytes are no accident, by their
extension; what is squeezed is taken for text where it does not say otherwise."""


def find_encoded(content: str) -> Iterator[tuple[str, bytes]]:
    """Decode long runs of digits in which another file is written; give its extension and bytes.

    Shape: text of several lines without any character that is none, or a file by its first bytes.
    """
    for found in _LONG_RUN.finditer(content):
        for decode in (bytes.fromhex, _unbase64):
            try:
                data = decode(found[0])
            except ValueError:
                continue
            extension = _extension(data)
            if extension:
                yield extension, data
                break


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)


def _extension(data: bytes) -> str | None:
    proved = by_content(data)
    if proved is not None:
        return _FILES.get(proved)
    try:
        told = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    plain = all(char.isprintable() or char.isspace() for char in told)
    return "txt" if plain and "\n" in told else None
