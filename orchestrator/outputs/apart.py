"""Several files in one opener: each in a child of its own, dead before the next one begins.

Starting a sandbox and a Python costs far more than most files do, so the small files of a request
share one. What a file does must still spoil only itself: a child can start no process, cannot look
into its parent, answers through a pipe, and is killed when its time is over. It may write where the
answers lie, so they are compared with what the pipe brought once all children are gone.
Source: design property 6.
"""

import contextlib
import ctypes
import gc
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

LARGEST = 128 << 20
"""Bytes of one answer; a longer one is none."""

_CHUNK = 1 << 20
_PR_SET_DUMPABLE = 4


def answers(
    works: Iterator[tuple[str, Callable[[], bytes]]], out: Path, each: float, all_of: float
) -> None:
    """Do each named piece of work in a child and leave its answer under its name in `out`.

    Shape: no file for a child that crashed, said too much or took longer than `each` seconds, nor
    for those that were not begun within `all_of` seconds. Nothing else is left in `out`.
    Effect: nobody of the same uid can look into this process from now on.
    """
    _close_to_others()
    until = time.monotonic() + all_of
    made: dict[str, str] = {}
    for name, work in works:
        if time.monotonic() > until:
            break
        answer = _of_child(work, each)
        if answer:
            (out / name).unlink(missing_ok=True)
            (out / name).write_bytes(answer)
            made[name] = sha256(answer).hexdigest()
    _only(out, made)


def _of_child(work: Callable[[], bytes], seconds: float) -> bytes:
    """Answer what the work came to, empty when it came to nothing in time."""
    until = time.monotonic() + seconds
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _answer(work, writing)
    os.close(writing)
    ended = os.pidfd_open(child)
    try:
        answer = _drained(reading, until)
        select.select([ended], [], [], max(0.0, until - time.monotonic()))
    finally:
        os.close(reading)
        os.close(ended)
        os.kill(child, signal.SIGKILL)  # it is not reaped yet, so the number is still its own
        _, status = os.waitpid(child, 0)
    return answer if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 else b""


def _answer(work: Callable[[], bytes], writing: int) -> None:
    """Be the child: never come back."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(work())
        status = 0
    finally:
        os._exit(status)


def _drained(reading: int, until: float) -> bytes:
    """Read a pipe to its end; nothing when that takes too long or brings too much."""
    pieces: list[bytes] = []
    size = 0
    while size <= LARGEST:
        left = until - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return b""
        piece = os.read(reading, _CHUNK)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
    return b""


def _close_to_others() -> None:
    """Keep children from this process's memory, and from modules that are loaded later."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    sys.path[:] = [one for one in sys.path if one not in ("", os.getcwd())]
    gc.freeze()


def _only(out: Path, made: dict[str, str]) -> None:
    """Take away whatever is not an answer that came through a pipe."""
    for entry in list(os.scandir(out)):
        plain = entry.is_file(follow_symlinks=False)
        if not plain or made.get(entry.name) != _hashed(Path(entry.path)):
            with contextlib.suppress(OSError):
                os.unlink(entry.path)


def _hashed(path: Path) -> str:
    with path.open("rb") as stream:
        return sha256(stream.read(LARGEST + 1)).hexdigest()
