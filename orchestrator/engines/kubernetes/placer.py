"""The process of a publication's Job: it takes one snapshot from the reconciler and places it.

`python -m orchestrator.engines.kubernetes.placer DIGEST PORT` has no credentials and no way out.
Its own Job says the digest; whoever connects says the rest and is believed nothing that has not
that digest. A snapshot that is there already is read whole instead, and nobody is waited for.
"""

import argparse
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from orchestrator.engines.kubernetes.pods import PLACES
from orchestrator.errors import TreError, Unavailable
from orchestrator.objectstore import placed
from orchestrator.outputs import frames
from orchestrator.values import Digest, parse_digest

LAST_WORDS = Path("/dev/termination-log")
_LARGEST = 1 << 50
"""More bytes than any storage has: the storage itself is the bound."""

_SILENCE_SECONDS = 120.0


def place(root: Path, digest: Digest, port: int) -> None:
    """Place one snapshot, or see that it is there. Errors: as `placed.receive`."""
    if placed.folder(root, digest).is_dir():
        placed.verify(root, digest)
        return
    with socket.create_server(("", port), **_everywhere()) as door:
        connection, _ = door.accept()
    connection.settimeout(_SILENCE_SECONDS)
    with connection, connection.makefile("rb") as incoming:
        placed.receive(root, digest, _received(incoming))


def _received(incoming: BinaryIO) -> placed.Received:
    """Take what the line brings; where it breaks off is no fault of the storage.

    Errors: Unavailable.
    """
    files = frames.read(incoming, _LARGEST)
    while True:
        with _line():
            found = next(files, None)
        if found is None:
            return
        yield found[0], _blocks(found[1])


def _blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        with _line():
            block = next(blocks, None)
        if block is None:
            return
        yield block


@contextmanager
def _line() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise Unavailable(
            "The line to the reconciler broke off; the snapshot is placed again.",
            code="line_broke",
        ) from problem


def _everywhere() -> dict[str, Any]:
    """Listen in every address family that this pod has."""
    both = socket.has_dualstack_ipv6()
    return {"family": socket.AF_INET6 if both else socket.AF_INET, "dualstack_ipv6": both}


def main() -> None:
    """Place the one snapshot of this Job; a failure leaves its family and sentence behind."""
    parser = argparse.ArgumentParser(description="Put one snapshot in place.")
    parser.add_argument("digest", type=parse_digest)
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    try:
        place(Path(PLACES), given.digest, given.port)
    except TreError as problem:
        LAST_WORDS.write_text(json.dumps({"code": problem.code, "say": problem.message}))
        sys.exit(1)


if __name__ == "__main__":
    main()
