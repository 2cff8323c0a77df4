"""Connect to and listen on unix sockets of this machine without following links.

Source: egress E52 (a notebook socket replaced by a link to some other socket).
"""

import asyncio
import os
import socket
import stat
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_exceptions import UnixClientConnectorError
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace

from orchestrator.errors import Tampered, Unavailable


def open_socket(run: Path, parts: Sequence[str], *, ours: bool = True) -> int:
    """Open a socket below the run folder as a path handle; the caller closes it.

    Shape: `parts` are the names below `run`, one by one. None of them may be a link and the last
    must be a socket; with `ours` it must belong to whoever owns the first folder.
    Errors: Unavailable when it is not there; Tampered when something else is.
    """
    handles = [_opened(str(run), None, os.O_DIRECTORY)]
    try:
        for part in parts[:-1]:
            handles.append(_opened(part, handles[-1], os.O_DIRECTORY | os.O_NOFOLLOW))
        found = _opened(parts[-1], handles[-1], os.O_NOFOLLOW)
        owner = os.fstat(handles[min(1, len(handles) - 1)]).st_uid
    finally:
        for handle in handles:
            os.close(handle)
    facts = os.fstat(found)
    if not stat.S_ISSOCK(facts.st_mode) or (ours and facts.st_uid != owner):
        os.close(found)
        raise Tampered(
            "Something else stands where a notebook server's socket should be; it is not opened.",
            code="socket_replaced",
        )
    return found


def _opened(part: str, folder: int | None, flags: int) -> int:
    assert part not in ("", ".", "..")
    assert folder is None or "/" not in part
    try:
        return os.open(part, os.O_PATH | os.O_CLOEXEC | flags, dir_fd=folder)
    except FileNotFoundError as absent:
        raise Unavailable(
            "The server's socket is not there (yet).", code="socket_absent"
        ) from absent
    except OSError as wrong:
        raise Tampered(
            "A folder on the way to a server's socket was replaced; it is not opened.",
            code="socket_replaced",
        ) from wrong


class SocketConnector(aiohttp.UnixConnector):
    """Connects to one socket below the run folder, checked anew at each connection.

    The check and the connection use the same open handle, so nothing can be swapped between.
    """

    def __init__(
        self, run: Path, parts: Sequence[str], *, ours: bool = True, force_close: bool = False
    ) -> None:
        """Keep which socket is meant; nothing is connected yet."""
        super().__init__(str(run.joinpath(*parts)), limit=0, force_close=force_close)
        self._ours = ours
        self._run = run
        self._parts = tuple(parts)

    async def _create_connection(
        self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout
    ) -> ResponseHandler:
        handle = open_socket(self._run, self._parts, ours=self._ours)
        plug = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            await asyncio.wait_for(
                self._loop.sock_connect(plug, f"/proc/self/fd/{handle}"), timeout.sock_connect
            )
            _, protocol = await self._loop.create_unix_connection(self._factory, sock=plug)
        except OSError as away:
            plug.close()
            raise UnixClientConnectorError(self.path, req.connection_key, away) from away
        except BaseException:
            plug.close()
            raise
        finally:
            os.close(handle)
        return protocol


def listen(path: Path, mode: int = 0o600) -> socket.socket:
    """Listen on a fresh unix socket in a private folder, replacing a dead one.

    Errors: OSError when the folder cannot be made or written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    plug = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        plug.bind(str(path))
        path.chmod(mode)
        plug.listen(128)
    except BaseException:
        plug.close()
        raise
    return plug
