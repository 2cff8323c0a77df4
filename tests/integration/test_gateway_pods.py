"""The gateway before pods whose address lies, was used again, or belongs to somebody else.

What both kinds of server have in common is in `test_gateway`; here is what can go wrong only with
addresses. The rule of each test: a stranger is sent the question whose it is, and nothing else.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest

from orchestrator.engines.kubernetes.doorways import hash_of
from orchestrator.gateway.app import serve
from orchestrator.gateway.decisions import Pace
from orchestrator.gateway.greeting import proof
from orchestrator.settings import Settings
from tests.integration.gateway_world import (
    ENGINE,
    KNOWN,
    NODE,
    SECRET,
    TOKEN,
    Notebook,
    World,
    secret_of,
    stream_forever,
    until,
    world,
)

pytestmark = pytest.mark.loopback

FAST = Pace(fresh=0.2, stale=0.5, silence=2.0, grace=1.0)
STATUS = "/user/ada/api/status"
CHANNELS = "/user/ada/api/kernels/k-1/channels"


@pytest.fixture(autouse=True)
def _in_pods() -> Iterator[None]:
    was = ENGINE.set("kubernetes")
    yield
    ENGINE.reset(was)


def run(test: Callable[[World, Notebook], Awaitable[None]]) -> None:
    """Run a test with Ada's session at project flc and her notebook server in a pod."""

    async def start(settings: Settings, stop: asyncio.Event) -> None:
        await serve(settings, stop, pace=FAST, usage_period=0.1, known=KNOWN)

    async def main() -> None:
        async with world(start) as made:
            made.control.allow("flc", "ada")
            notebook = made.notebook()
            notebook.reply("GET", STATUS, json={"of": "flc"})
            await notebook.up()
            try:
                await test(made, notebook)
            finally:
                await notebook.down()

    asyncio.run(main())


async def get(made: World, path: str = STATUS) -> tuple[int, dict[str, Any]]:
    url = made.url(path)
    async with made.browser.get(url, headers=made.head(), allow_redirects=False) as reply:
        return reply.status, json.loads(await reply.read())


def rules(made: World) -> set[str]:
    return {row["rule"] for row in made.control.usage if row["refused"]}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:8888",
        "[::1]:8888",
        "localhost:8888",
        f"{NODE}:8888",
        "0.0.0.0:8888",
        "169.254.169.254:8888",
        "100.100.100.200:8888",
        "[fd00:ec2::254]:8888",
        "[fe80::1]:8888",
        "[fe80::1%eth0]:8888",
        "[::ffff:127.1.1.2]:8888",
        "224.0.0.1:8888",
        "255.255.255.255:8888",
        "notebook-ada.tre-flc.svc:8888",
        "OWN:8889",
        "OWN",
        "OWN:8888:8888",
        "OWN:8888/",
        "OWN:08888",
        " OWN:8888",
        "user@OWN:8888",
        "[OWN]:8888",
        "2130772482:8888",
        "",
    ],
)
def test_what_is_no_pods_address_is_never_opened(address: str) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        own = made.pods.address("flc", "ada")
        made.control.allow("flc", "ada", address=address.replace("OWN", own))
        status, said = await get(made)
        assert (status, said["code"]) == (502, "address_foreign")
        assert (notebook.asked, notebook.seen) == (0, [])
        await until(lambda: "address_foreign" in rules(made))

    run(test)


@pytest.mark.parametrize("door", [None, "", "x" * 64, "a" * 63, "A" * 64, 5])
def test_an_answer_without_the_hash_of_a_secret_opens_nothing(door: object) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        made.control.allow("flc", "ada", door=door)
        status, said = await get(made)
        assert (status, said["code"]) == (502, "address_foreign")
        assert (notebook.asked, notebook.seen) == (0, [])

    run(test)


@pytest.mark.parametrize("whose", [("gps", "grace"), ("flc", "grace"), ("gps", "ada")])
def test_the_pod_of_somebody_else_is_sent_nothing(whose: tuple[str, str]) -> None:
    """Even if the control plane were to name it: it cannot answer for a start that is not its."""

    async def test(made: World, notebook: Notebook) -> None:
        stranger = made.notebook(*whose)
        stranger.reply("GET", STATUS, json={"of": "somebody else"})
        stranger.answers["GET", CHANNELS] = stream_forever
        await stranger.up()
        made.control.allow("flc", "ada", address=f"{made.pods.address(*whose)}:8888")
        status, said = await get(made)
        assert (status, said["code"]) == (503, "server_other")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await made.browser.ws_connect(made.url(CHANNELS), headers=made.head())
        assert refused.value.status == 503
        assert stranger.asked == 2
        assert stranger.seen == []
        await until(lambda: "server_other" in rules(made))
        await stranger.down()

    run(test)


def test_an_address_that_is_used_again_serves_nobody_else() -> None:
    """Ada's pod ends and one of another project gets its address before anybody is told."""

    async def test(made: World, notebook: Notebook) -> None:
        assert await get(made) == (200, {"of": "flc"})
        await notebook.down()
        thief = Notebook(notebook.place, secret_of("gps", "grace"))
        thief.reply("GET", STATUS, json={"of": "gps"})
        await thief.up()
        for _ in range(3):
            status, said = await get(made)
            assert (status, said["code"]) == (503, "server_other")
        assert thief.asked == 3
        assert thief.seen == []
        await thief.down()
        again = Notebook(notebook.place, "another-start-" + "t" * 30)
        again.reply("GET", STATUS, json={"of": "flc", "start": 2})
        await again.up()
        assert (await get(made))[0] == 503  # also the same person's next start is another server
        made.control.allow("flc", "ada", door=hash_of("another-start-" + "t" * 30))
        await asyncio.sleep(FAST.fresh * 2)
        assert await get(made) == (200, {"of": "flc", "start": 2})
        assert TOKEN in str(again.seen)
        await again.down()

    run(test)


def test_a_pool_ends_when_the_address_changes() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        assert (await get(made))[0] == 200
        moved = Notebook((made.pods.address("flc", "ada's next pod"), 8888), notebook.secret)
        moved.reply("GET", STATUS, json={"of": "the next pod"})
        await moved.up()
        made.control.allow("flc", "ada", address=f"{moved.place[0]}:8888")  # type: ignore[index]
        await asyncio.sleep(FAST.fresh * 2)
        before = len(notebook.seen)
        assert await get(made) == (200, {"of": "the next pod"})
        assert len(notebook.seen) == before
        await moved.down()

    run(test)


@pytest.mark.parametrize(
    "changed",
    [{"state": "stopped", "address": None}, {"address": "127.19.0.9:8888"}, {"door": "b" * 64}],
)
def test_an_open_socket_ends_with_its_server(changed: dict[str, Any]) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.answers["GET", CHANNELS] = stream_forever
        near = await made.browser.ws_connect(made.url(CHANNELS), headers=made.head())
        await near.receive(timeout=2)
        made.control.allow("flc", "ada", **changed)
        began = asyncio.get_running_loop().time()
        while not near.closed:
            await near.receive(timeout=2)
        assert asyncio.get_running_loop().time() - began < 2
        await until(lambda: "cut:server_ended" in rules(made))

    run(test)


def test_a_server_that_is_starting_again_keeps_what_is_open() -> None:
    """Without an address nothing is said about the old one; its connections end by themselves."""

    async def test(made: World, notebook: Notebook) -> None:
        notebook.answers["GET", CHANNELS] = stream_forever
        near = await made.browser.ws_connect(made.url(CHANNELS), headers=made.head())
        made.control.allow("flc", "ada", state="starting", address=None, door=None)
        await asyncio.sleep(FAST.fresh * 4)
        await near.receive(timeout=2)
        assert not near.closed
        await near.close()

    run(test)


def test_each_connection_proves_itself_once_before_the_token_is_sent() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        for _ in range(5):
            assert (await get(made))[0] == 200
        assert notebook.asked == 1  # one connection, used again
        notebook.answers["GET", CHANNELS] = stream_forever
        near = await made.browser.ws_connect(made.url(CHANNELS), headers=made.head())
        await asyncio.gather(*(get(made) for _ in range(4)))
        assert notebook.asked > 1
        assert all(".tre" not in path for _, path, _, _ in notebook.seen)
        await near.close()

    run(test)


def test_a_browser_cannot_have_the_question_answered() -> None:
    """Else a page could carry proofs from one pod to another."""

    async def test(made: World, notebook: Notebook) -> None:
        for path in ("/user/ada/.tre/whose", "/user/ada/%2etre/whose"):
            assert (await get(made, path))[0] == 404
        assert notebook.asked == 0

    run(test)


ANSWERS: dict[str, Callable[[bytes], bytes]] = {
    "another status": lambda said: b"HTTP/1.1 200 OK\r\nTRE-Server: " + said + b"\r\n\r\n",
    "a redirect": lambda said: b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
    "no proof": lambda said: b"HTTP/1.1 204 No Content\r\n\r\n",
    "two proofs": lambda said: (
        b"HTTP/1.1 204 No Content\r\n" + (b"TRE-Server: " + said + b"\r\n") * 2 + b"\r\n"
    ),
    "an old proof": lambda said: b"HTTP/1.1 204 No\r\nTRE-Server: " + b"0" * 64 + b"\r\n\r\n",
    "more behind": lambda said: (
        b"HTTP/1.1 204 No\r\nTRE-Server: " + said + b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    ),
    "no end": lambda said: b"HTTP/1.1 204 No\r\nX: " + b"x" * 9000,
    "nothing": lambda said: b"",
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_only_the_whole_and_right_answer_counts(kind: str) -> None:
    """The right proof is there for the liar to use: it is its surroundings that are wrong."""

    async def test(made: World, notebook: Notebook) -> None:
        heard: list[bytes] = []

        async def lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked = await reader.readuntil(b"\r\n\r\n")
            nonce = asked.partition(b"TRE-Challenge: ")[2][:64].decode()
            right = proof(hash_of(secret_of("flc", "ada")), nonce)
            writer.write(ANSWERS[kind](right.encode()))
            heard.append(asked)
            rest = b""
            with contextlib.suppress(ConnectionError):
                rest = await reader.read() if kind != "nothing" else b""
            heard.append(rest)
            writer.close()

        place = (made.pods.address("flc", "the liar"), 8888)
        liar = await asyncio.start_server(lie, *place)
        made.control.allow("flc", "ada", address=f"{place[0]}:8888")
        status, said = await get(made)
        assert (status, said["code"]) == (503, "server_other")
        await until(lambda: len(heard) == 2)
        assert heard[1] == b""
        assert TOKEN.encode() not in heard[0]
        assert SECRET.encode() not in heard[0]
        liar.close()

    run(test)
