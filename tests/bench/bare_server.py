"""A bare notebook server until its first cell is answered: what a click cannot be faster than.

Runs in the workspace's own image, on this machine or in a pod; prints the seconds.
"""

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

from tornado.websocket import websocket_connect

PORT = 18888
_HERE = f"127.0.0.1:{PORT}"
_OPEN = ("--no-browser", "--allow-root", "--ServerApp.disable_check_xsrf=True")
_SECONDS = 60


def main() -> None:
    """Start it, ask it once, end it."""
    begun = time.monotonic()
    words = [sys.executable, "-m", "jupyter_server", f"--port={PORT}", *_OPEN]
    said = subprocess.DEVNULL
    with subprocess.Popen([*words, "--IdentityProvider.token="], stderr=said) as server:
        try:
            answered = asyncio.run(_answer(_kernel(begun)))
            print(json.dumps({"seconds": time.monotonic() - begun, "answered": answered}))
        finally:
            server.kill()


def _kernel(begun: float) -> str:
    request = urllib.request.Request(f"http://{_HERE}/api/kernels", b"{}")
    while time.monotonic() - begun < _SECONDS:
        try:
            with urllib.request.urlopen(request) as answer:
                return str(json.load(answer)["id"])
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise SystemExit("the bare server did not start")


async def _answer(kernel: str) -> str:
    socket = await websocket_connect(f"ws://{_HERE}/api/kernels/{kernel}/channels")
    await socket.write_message(json.dumps(_request("print(6 * 7)")))
    while (line := await socket.read_message()) is not None:
        message = json.loads(line)
        if message["msg_type"] == "stream":
            return str(message["content"]["text"]).strip()
    raise SystemExit("the kernel hung up")


def _request(code: str) -> dict[str, Any]:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "bare"}
    return {
        "header": header | {"username": "", "version": "5.3"},
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "content": {"code": code, "silent": False, "allow_stdin": False},
    }


if __name__ == "__main__":
    main()
