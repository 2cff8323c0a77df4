"""[pure] How a job travels to a worker and its results back: names, sizes, bytes, nothing else.

Each file is a line of JSON with its name and size, then its bytes; an empty object ends the row.
Whoever reads says how much it takes in all; no path of a sender is ever a path here.
"""

import json
from collections.abc import Iterator
from typing import BinaryIO

from orchestrator.errors import Invalid

_LONGEST_LINE = 4096
_BLOCK = 1 << 20


def write(stream: BinaryIO, name: str, content: BinaryIO, size: int) -> None:
    """Send one file of a known size. Errors: Invalid when it is shorter than that."""
    stream.write(json.dumps({"name": name, "size": size}).encode() + b"\n")
    for block in _blocks(content, size):
        stream.write(block)


def end(stream: BinaryIO) -> None:
    """Say that nothing follows."""
    stream.write(b"{}\n")
    stream.flush()


def read(stream: BinaryIO, most: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Answer each file's name and blocks; whoever reads takes all blocks before the next name.

    Units: `most` bytes in all. Errors: Invalid for anything else than files and an end.
    """
    while True:
        try:
            said = json.loads(stream.readline(_LONGEST_LINE))
            if said == {}:
                return
            name, size = said["name"], said["size"]
        except (ValueError, KeyError, TypeError) as problem:
            raise Invalid("This is no file of a check worker.", code="bad_frame") from problem
        most -= size if isinstance(size, int) and size >= 0 else most + 1
        if most < 0 or not isinstance(name, str):
            raise Invalid("A check worker sent more than it may.", code="bad_frame")
        yield name, _blocks(stream, size)


def _blocks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        block = stream.read(min(size, _BLOCK))
        if not block:
            raise Invalid("A file of a check worker was cut short.", code="bad_frame")
        size -= len(block)
        yield block
