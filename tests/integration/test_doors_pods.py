"""The doors of a cluster before callers who lie about who they are.

A caller is one server when its address and its secret are both that server's. Anybody else gets
nothing: no status, no sentence, not a byte. What both kinds of door have in common is in
`test_doors`.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from orchestrator.cli.doors import callers
from orchestrator.doors.app import PORTS, serve
from orchestrator.doors.house import Pace
from orchestrator.doors.ports import Port, Strangers
from orchestrator.engines.kubernetes.doorways import hash_of
from orchestrator.mirror.fetching import Python, fetch
from orchestrator.settings import Settings
from tests.integration.doors_world import Way, door, server
from tests.integration.gateway_world import (
    ENGINE,
    KNOWN,
    NODE,
    Notebook,
    World,
    free_port,
    secret_of,
    world,
)
from tests.integration.mirror_world import make_lock, make_wheel

pytestmark = pytest.mark.loopback

FAST = Pace(fresh=0.2, stale=0.5, silence=2.0, grace=1.0, head=0.6)
HUB_TOKEN = {"Authorization": "token " + "a" * 32}
CALLS = {"hub": "/hub/api", "packages": "/simple/", "airlock": "/status"}


@pytest.fixture(autouse=True)
def _in_pods() -> Iterator[None]:
    was = ENGINE.set("kubernetes")
    yield
    ENGINE.reset(was)


def run(test: Callable[[World, Notebook], Awaitable[None]]) -> None:
    """Run a test with a server of Ada's in flc, one of Grace's in gps, and the hub of flc."""

    async def start(settings: Settings, stop: asyncio.Event) -> None:
        await serve(settings, stop, pace=FAST, known=KNOWN)

    async def main() -> None:
        async with world(start, doors=True) as made:
            await lists(made, server(made), server(made, "gps", "grace"))
            hub = made.hub()
            hub.reply("GET", "/hub/api/", json={"version": "6.1.1"})
            await hub.up()
            await door(made, "packages").until(True)
            try:
                await test(made, hub)
            finally:
                await hub.down()

    asyncio.run(main())


async def lists(made: World, *servers: dict[str, Any]) -> None:
    """Let the control plane name these servers, and the doors hear of it."""
    made.control.servers = list(servers)
    made.control.push(kind="servers")
    await asyncio.sleep(FAST.fresh * 2)


async def nothing(way: Way, target: str, **options: Any) -> None:
    """Call, and get not a byte."""
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await way.call("GET", target, **options)


async def silent(way: Way, request: bytes) -> None:
    """Send these bytes, and get not one."""
    with contextlib.suppress(ConnectionError):
        reader, writer = await way.open()
        writer.write(request)
        await writer.drain()
        assert await asyncio.wait_for(reader.read(), 3) == b""
        writer.close()


async def health(made: World) -> Any:
    url = f"http://{made.pods.doors}:8084/.tre/health"
    async with made.browser.get(url) as reply:
        assert reply.status == 200
        return await reply.json()


@pytest.mark.parametrize("name", PORTS)
def test_address_and_secret_must_be_of_one_server(name: str) -> None:
    async def test(made: World, hub: Notebook) -> None:
        ada, grace = door(made, name), door(made, name, "gps", "grace")
        assert (await ada.call("GET", CALLS[name]))[0] in (200, 404)
        before = len(hub.seen), len(made.control.intake)
        await nothing(replace(ada, secret="y" * 43), CALLS[name])
        await nothing(replace(ada, secret=""), CALLS[name])
        await nothing(replace(ada, secret=grace.secret), CALLS[name])
        await nothing(replace(grace, secret=ada.secret), CALLS[name])
        await nothing(replace(ada, own=made.pods.address("no", "body")), CALLS[name])
        await nothing(replace(ada, own="127.0.0.1"), CALLS[name])
        assert (len(hub.seen), len(made.control.intake)) == before
        assert (await ada.call("GET", CALLS[name]))[0] in (200, 404)

    run(test)


def test_a_connection_of_nobody_ends_before_it_says_anything() -> None:
    async def test(made: World, hub: Notebook) -> None:
        stranger = replace(door(made, "hub"), own=made.pods.address("no", "body"))
        assert not await stranger.there()
        assert await door(made, "hub").there()

    run(test)


def test_a_secret_in_another_place_or_twice_is_none() -> None:
    async def test(made: World, hub: Notebook) -> None:
        secret, before = secret_of("flc", "ada"), len(made.control.intake)
        pair = base64.b64encode(f"tre:{secret}".encode()).decode()
        other = base64.b64encode(f"ada:{secret}".encode()).decode()
        head = "Connection: close\r\n"
        for name, target, lines in (
            ("airlock", "/status", f"TRE-Door: {secret}\r\nTRE-Door: {secret}\r\n"),
            ("airlock", "/status", f"TRE-Door: {secret}, {secret}\r\n"),
            ("airlock", "/status", f"TRE-Door: {secret}\r\ntre-door: x\r\n"),
            ("airlock", f"/status?secret={secret}", ""),
            ("airlock", f"/{secret}/status", ""),
            ("airlock", "/status", f"Authorization: Basic {pair}\r\n"),
            ("airlock", "/status", f"Cookie: TRE-Door={secret}\r\n"),
            ("airlock", "/status", f"X-TRE-Door: {secret}\r\n"),
            ("hub", "/hub/api", f"TRE-Door: {secret}\r\n"),
            ("hub", f"//{secret}/hub/api", ""),
            ("hub", f"/hub/api/{secret}", ""),
            ("hub", f"/%73{secret[1:]}/hub/api", ""),
            ("hub", f"/{secret.upper()}/hub/api", ""),
            ("hub", f"/{secret}", ""),
            ("hub", f"http://d/{secret}/hub/api", ""),
            ("packages", "/simple/", f"Authorization: Bearer {secret}\r\n"),
            ("packages", "/simple/", f"Authorization: Basic {other}\r\n"),
            ("packages", "/simple/", f"Authorization: Basic {secret}\r\n"),
            ("packages", "/simple/", f"Authorization: Basic {pair}\r\nAuthorization: x\r\n"),
            ("packages", f"/{secret}/simple/", ""),
        ):
            request = f"GET {target} HTTP/1.1\r\nHost: d\r\n{head}{lines}\r\n".encode()
            await silent(door(made, name), request)
        assert hub.seen == []
        assert len(made.control.intake) == before

    run(test)


@pytest.mark.parametrize(
    "words",
    ["X-Forwarded-For: {own}\r\n", "Forwarded: for={own}\r\n", "X-Real-IP: {own}\r\n"],
)
def test_an_address_that_is_only_said_counts_for_nothing(words: str) -> None:
    async def test(made: World, hub: Notebook) -> None:
        ada = door(made, "airlock")
        liar = replace(ada, own=made.pods.address("no", "body"))
        said = words.format(own=ada.own)
        shown = f"TRE-Door: {ada.secret}\r\n"
        preamble = f"PROXY TCP4 {ada.own} {made.pods.doors} 1 8083\r\n"
        plain = f"GET /status HTTP/1.1\r\nHost: d\r\n{shown}{said}\r\n"
        await silent(liar, plain.encode())
        await silent(liar, (preamble + plain).encode())
        assert made.control.intake == []

    run(test)


def test_each_call_of_a_connection_shows_the_secret() -> None:
    """One that was let in once is not let in for ever."""

    async def test(made: World, hub: Notebook) -> None:
        ada = door(made, "airlock")
        reader, writer = await ada.open()
        await ada.say(writer, "GET", "/status", "", b"")
        assert b" 200 " in await reader.readuntil(b"\r\n")
        writer.write(b"GET /status HTTP/1.1\r\nHost: d\r\nTRE-Door: " + b"z" * 43 + b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            rest = await asyncio.wait_for(reader.read(), 3)
            assert b"HTTP/1.1" not in rest
        writer.close()
        assert len(made.control.intake) == 1

    run(test)


def test_an_address_that_is_used_again_opens_nothing_for_either() -> None:
    """Ada's pod ended and Grace's next one has its address; the list still says otherwise."""

    async def test(made: World, hub: Notebook) -> None:
        ada, grace = door(made, "airlock"), door(made, "airlock", "gps", "grace")
        fresh = "another-start-" + "t" * 30
        await nothing(replace(grace, own=ada.own, secret=fresh), "/status")
        await lists(made, server(made, "gps", "grace", address=ada.own, secret=hash_of(fresh)))
        await nothing(ada, "/status")
        await nothing(grace, "/status")
        await nothing(replace(grace, own=ada.own), "/status")
        assert made.control.intake == []
        assert (await replace(grace, own=ada.own, secret=fresh).call("GET", "/status"))[0] == 200
        assert made.control.intake[-1][1] == "/internal/intake/gps/grace/requests"

    run(test)


def test_a_new_start_cuts_what_the_old_one_had_open() -> None:
    async def test(made: World, hub: Notebook) -> None:
        ada = door(made, "airlock")
        reader, writer = await ada.open()
        await ada.say(writer, "GET", "/status", "", b"")
        await reader.readuntil(b"\r\n\r\n")
        await lists(made, server(made, secret=hash_of("another-start-" + "t" * 30)))
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 2)
        assert reader.at_eof() or reader.exception()
        writer.close()
        await nothing(ada, "/status")

    run(test)


def test_servers_that_cannot_be_told_apart_have_no_doors() -> None:
    async def test(made: World, hub: Notebook) -> None:
        ada, grace = door(made, "hub"), door(made, "hub", "gps", "grace")
        await lists(made, server(made), server(made, "gps", "grace", address=ada.own))
        assert not await ada.there()
        await lists(made, server(made), server(made, "gps", "grace", secret=hash_of(ada.secret)))
        assert not await ada.there()
        assert not await grace.there()
        await lists(made, server(made), server(made, "gps", "grace"))
        assert await ada.there()

    run(test)


@pytest.mark.parametrize("address", ["127.0.0.1", NODE])
def test_a_server_is_never_known_by_the_address_of_a_machine(address: str) -> None:
    """Where service traffic is masqueraded, every pod has its node's address: nothing opens."""

    async def test(made: World, hub: Notebook) -> None:
        await lists(made, server(made, address=address))
        await nothing(replace(door(made, "airlock"), own=address), "/status")
        said = await health(made)
        assert said["servers"] == 0
        assert said["stranger"] == {"address": address, "why": "address"}
        assert said["node"] == (address if address == NODE else None)

    run(test)


def test_strangers_are_logged_once_a_minute_and_no_secret_ever_is() -> None:
    with capture_logs() as logged:

        async def test(made: World, hub: Notebook) -> None:
            ada = door(made, "hub")
            for number in range(30):
                await nothing(replace(ada, secret=f"{number:043}"), "/hub/api")
                await nothing(replace(ada, own=made.pods.address("no", "body")), "/hub/api")
            assert (await ada.call("GET", "/hub/api"))[0] == 200
            await ada.call("GET", "/hub/home")

        run(test)
    assert len([line for line in logged if line["event"] == "door_stranger"]) == 1
    assert [line["path"] for line in logged if line["event"] == "door"] == [
        "'/hub/api'",
        "'/hub/home'",
    ]
    assert secret_of("flc", "ada") not in json.dumps(logged, default=str)
    assert hash_of(secret_of("flc", "ada")) not in json.dumps(logged, default=str)


@pytest.mark.parametrize("begun", [b"", b"GET /status HTTP/1.1\r\nHost: d\r\nX: "])
def test_a_connection_that_does_not_come_to_its_point_ends(begun: bytes) -> None:
    async def test(made: World, hub: Notebook) -> None:
        reader, writer = await door(made, "airlock").open()
        writer.write(begun)
        await writer.drain()
        clock = asyncio.get_running_loop().time
        began = clock()
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 5)
        assert FAST.head - 0.2 < clock() - began < FAST.head + 1.5
        writer.close()

    run(test)


def test_one_servers_crowd_leaves_another_its_place() -> None:
    async def test(made: World, hub: Notebook) -> None:
        ada, grace = door(made, "airlock"), door(made, "airlock", "gps", "grace")
        held = [await ada.open() for _ in range(40)]
        await asyncio.sleep(0.1)
        assert (await ada.call("GET", "/status"))[0] == 429
        assert (await grace.call("GET", "/status"))[0] == 200
        for _, writer in held:
            writer.close()

    run(test)


@pytest.mark.parametrize(
    "place",
    ["127.0.0.1:8081", f"{NODE}:8081", "OWN:8082", "OWN", "hub-flc.tre.svc:8081", "[::1]:8081", 5],
)
def test_a_hub_is_asked_at_an_address_of_a_pod_and_nowhere_else(place: object) -> None:
    async def test(made: World, hub: Notebook) -> None:
        own = made.pods.address("flc", "the hub")
        where = place.replace("OWN", own) if isinstance(place, str) else place
        await lists(made, server(made, hub=where))
        status, said, _ = await door(made, "hub").call("GET", "/hub/api")
        assert (status, said["code"]) == (503, "hub_away")
        assert hub.seen == []

    run(test)


def test_each_project_is_led_to_its_own_hub() -> None:
    async def test(made: World, hub: Notebook) -> None:
        other = made.hub("gps")
        other.reply("GET", "/hub/api/", json={"version": "5.0.0"})
        await other.up()
        found = [(await door(made, "hub", *whose).call("GET", "/hub/api"))[1]
                 for whose in (("flc", "ada"), ("gps", "grace"))]  # fmt: skip
        assert found == [{"version": "6.1.1"}, {"version": "5.0.0"}]
        await other.down()

    run(test)


def test_the_doctor_says_what_the_doors_of_a_cluster_offer(tmp_path: Path) -> None:
    """They know, and the process that is asked does not have the mirror."""

    async def test(made: World, hub: Notebook) -> None:
        dial = f"http://{made.pods.doors}:8084"
        settings = made.settings.model_copy(update={"doors_dial": dial})
        before = (await asyncio.to_thread(lambda: list(callers(settings))))[1]
        assert (before.status, before.cure) == ("off", "images.mirror of the chart")
        lock = make_lock(tmp_path, make_wheel(tmp_path, "madeup_tables"))
        await asyncio.to_thread(fetch, made.settings.mirror_dir, [lock], Python())
        after = (await asyncio.to_thread(lambda: list(callers(settings))))[1]
        assert (after.status, after.say) == ("ok", "Packages offered to notebooks: 1.")

    run(test)


def test_the_doctor_says_when_nodes_hide_who_calls() -> None:
    async def test(made: World, hub: Notebook) -> None:
        dial = f"http://{made.pods.doors}:8084"

        async def said(dial: str) -> tuple[str, str]:
            settings = made.settings.model_copy(update={"doors_dial": dial})
            found, *_ = await asyncio.to_thread(lambda: list(callers(settings)))
            return found.status, found.say

        assert await said(dial) == ("ok", "2 notebook servers are known by address and secret.")
        await nothing(replace(door(made, "airlock"), secret="y" * 43), "/status")
        status, say = await said(dial)
        assert status == "ok"
        assert f"{made.pods.address('flc', 'ada')}, with a secret that is not its own" in say
        await nothing(replace(door(made, "airlock"), own=NODE), "/status")
        status, say = await said(dial)
        assert status == "broken"
        assert f"Calls come from {NODE}, which is a node" in say
        assert (await said(f"http://{made.pods.doors}:8099"))[0] == "broken"
        assert (await said(""))[0] == "missing"
        assert list(callers(made.settings.model_copy(update={"engine": "local"}))) == []

    run(test)


def test_health_names_nobody_and_takes_no_orders() -> None:
    async def test(made: World, hub: Notebook) -> None:
        assert await health(made) == {
            "up": True,
            "servers": 2,
            "stranger": None,
            "node": None,
            "packages": 0,
        }
        base = f"http://{made.pods.doors}:8084"
        for method, path in (("POST", "/.tre/health"), ("POST", "/halt"), ("GET", "/")):
            async with made.browser.request(method, base + path) as reply:
                assert reply.status == 404

    run(test)


def test_any_address_means_both_families() -> None:
    """A dual-stack pod has two addresses, and the isolation proof asks for the doors at each."""

    async def main() -> None:
        port, number = Port("hub", Strangers(KNOWN)), free_port()
        await port.listen(Settings(mode="test", bind_host="0.0.0.0").bind, number)
        for host in ("127.0.0.1", "::1"):
            _, writer = await asyncio.open_connection(host, number)
            writer.close()
        await port.close()

    asyncio.run(main())
