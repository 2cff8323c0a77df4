"""The gateway of a real cluster before JupyterHub's own notebook server in a pod.

Its replies are checked without a cluster in `tests/integration`; here is the way there: the pod's
address, its proof, the token look-up through the doors, and what happens when an address changes
hands.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.cluster.conftest import NamespaceMaker
from tests.cluster.doors_world import House, Notebook, house
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Objects

COUNTS = "import time\nfor n in range(10**6):\n    print(n, flush=True)\n    time.sleep(0.05)\n"
SERVES = """
import http.server
seen = []
class Says(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked", self.path, self.headers.get("Authorization"), flush=True)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"started": "by somebody else"}')
http.server.HTTPServer(("", 8888), Says).serve_forever()
"""


@pytest.fixture(scope="module")
def here(
    objects: Objects, lab: Instance, make_lasting_namespace: NamespaceMaker
) -> Iterator[House]:
    """Doors and gateway, a hub, a control plane."""
    with house(objects, lab, make_lasting_namespace("system")) as made:
        yield made


@pytest.fixture(scope="module")
def ada(here: House) -> Notebook:
    """A notebook server of JupyterHub, which found its hub through the doors."""
    made = here.notebook(here.project("a"), serves=True, ready=False)
    here.lists(here.listed(made))
    here.objects.wait_running(made.space, made.name, seconds=180)
    return made


async def get(here: House, project: str, path: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(here.url(path), headers=here.head(project), allow_redirects=False) as reply,
    ):
        content = await reply.read()
        return reply.status, json.loads(content) if content[:1] == b"{" else content


def asked(here: House, project: str, path: str = "/user/ada/api/status") -> tuple[int, Any]:
    return asyncio.run(get(here, project, path))


@asynccontextmanager
async def counting(
    here: House, notebook: Notebook
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A kernel that never stops talking, and its socket through the gateway."""
    head, base = here.head(notebook.project), "/user/ada/api/kernels"
    async with aiohttp.ClientSession() as session:
        async with session.post(here.url(base), headers=head, json={}) as reply:
            assert reply.status == 201, await reply.text()
            kernel = (await reply.json())["id"]
        near = await session.ws_connect(here.url(f"{base}/{kernel}/channels"), headers=head)
        header = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "username": "ada",
                  "version": "5.3", "date": "2026-01-01T00:00:00Z"}  # fmt: skip
        await near.send_json(
            {
                "channel": "shell", "header": header, "parent_header": {}, "metadata": {},
                "content": {"code": COUNTS, "silent": False, "store_history": False,
                            "user_expressions": {}, "allow_stdin": False},
            }
        )  # fmt: skip
        while True:
            said = await near.receive(timeout=60)
            assert said.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), said
            if said.type is aiohttp.WSMsgType.TEXT and '"stream"' in said.data:
                break
        yield near


def test_a_page_reaches_jupyterhubs_server_in_a_pod(here: House, ada: Notebook) -> None:
    """Its token was looked up at the hub, through a door that it found by address and secret."""
    here.lists(here.listed(ada))
    here.allow(ada)
    status, said = asked(here, ada.project)
    assert status == 200
    assert "started" in said
    status, page = asked(here, ada.project, "/user/ada/lab")
    assert status == 200
    assert b"jupyter-config-data" in page
    assert asked(here, ada.project, "/user/ada/.tre/whose")[0] == 404


@pytest.mark.parametrize("kind", ["revoke", "halt", "answer"])
def test_an_open_kernel_is_cut_within_two_seconds(
    here: House, ada: Notebook, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It streams when the control plane changes its mind: told, halted, or only asked again."""
    here.lists(here.listed(ada))
    here.allow(ada)

    async def cut() -> float:
        async with counting(here, ada) as near:
            if kind != "halt":
                here.control.deny(ada.project)
            began = time.monotonic()
            if kind != "answer":
                here.outside.push(kind=kind, project=ada.project, person=None)
            while not near.closed:
                await near.receive(timeout=5)
            return time.monotonic() - began

    seconds = asyncio.run(cut())
    here.outside.push(kind="resume", project=ada.project, person=None)
    with capsys.disabled():
        sys.stdout.write(f"\ncut after {seconds:.3f} s\n")
    assert seconds < 2


def test_a_stranger_at_the_address_is_sent_nothing(here: House, ada: Notebook) -> None:
    """Another project's pod answers everything, so that whatever came would be seen."""
    here.lists(here.listed(ada))
    stranger = here.notebook(here.project("b"), "mallory", program=SERVES)
    here.allow(ada, address=f"{stranger.address}:8888")
    status, said = asked(here, ada.project)
    assert (status, said["code"]) == (503, "server_other")
    log = here.objects.core.read_namespaced_pod_log(stranger.name, stranger.space)
    assert "asked /user/ada/.tre/whose None" in log
    assert "api/status" not in log
    assert "token" not in log


def test_an_address_that_changes_hands_serves_nobody_else(here: House) -> None:
    """Ada's server ends, another project's pod gets its address; nobody has told the gateway."""
    mine, theirs = here.project("c"), here.project("d")
    old = here.notebook(mine, serves=True, ready=False)
    here.lists(here.listed(old))
    here.objects.wait_running(old.space, old.name, seconds=180)
    here.allow(old)
    assert asked(here, old.project, "/user/ada/api/status")[0] in (200, 403)
    here.end(old)
    new = here.at_address(theirs, "mallory", old.address, program=SERVES)
    for _ in range(3):
        status, said = asked(here, old.project)
        assert (status, said["code"]) == (503, "server_other")
    log = here.objects.core.read_namespaced_pod_log(new.name, new.space)
    asks = {line for line in log.split("\n") if line.startswith("asked")}
    assert asks == {"asked /user/ada/.tre/whose None"}
