"""The real doors between a hostile notebook, a stand-in control plane and a stand-in hub.

Every test holds for servers at sockets and for servers in pods; what only one of them can do says
so. What can go wrong with addresses and secrets is in `test_doors_pods`.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from orchestrator.doors.app import serve
from orchestrator.doors.house import Pace
from orchestrator.mirror import fetching
from orchestrator.mirror.fetching import Python
from orchestrator.settings import Settings
from orchestrator.values import server_key
from tests.integration.doors_world import Way, door, server
from tests.integration.gateway_world import ENGINE, KNOWN, Notebook, World, until, world
from tests.integration.mirror_world import make_lock, make_wheel

pytestmark = pytest.mark.loopback

FAST = Pace(fresh=0.2, stale=0.5, silence=2.0, grace=1.0)
HUB_TOKEN = {"Authorization": "token " + "a" * 32}


only_sockets = pytest.mark.parametrize("engine", ["local"], indirect=True)


@pytest.fixture(autouse=True, params=["local", "kubernetes"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each test twice: the same behaviour for either kind of server."""
    was = ENGINE.set(request.param)
    yield request.param
    ENGINE.reset(was)


async def start(settings: Settings, stop: asyncio.Event) -> None:
    await serve(settings, stop, pace=FAST, known=KNOWN if settings.engine != "local" else None)


async def opens(way: Way) -> None:
    """Wait until a door is open."""
    await way.until(True)


async def shuts(way: Way) -> None:
    """Wait until a door is shut."""
    await way.until(False)


def run(test: Callable[[World, Notebook], Awaitable[None]]) -> None:
    """Run a test with one server of Ada's in project flc, and that project's hub."""

    async def main() -> None:
        async with world(start, doors=True) as made:
            made.control.servers = [server(made)]
            made.control.push(kind="servers")
            hub = made.hub()
            hub.reply("GET", "/hub/api/", json={"version": "6.1.1"})
            await hub.up()
            await opens(door(made, "packages"))
            try:
                await test(made, hub)
            finally:
                await hub.down()

    asyncio.run(main())


async def call(
    way: Way, method: str, target: str, **options: Any
) -> tuple[int, Any, dict[str, str]]:
    return await way.call(method, target, **options)


async def ask_admin(made: World, path: str, body: Any) -> Any:
    connector = aiohttp.UnixConnector(str(made.settings.run / "doors" / "admin.sock"))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post(f"http://admin{path}", json=body) as reply,
    ):
        return await reply.json()


def test_the_hub_door_carries_three_calls_and_writes_both_directions_anew() -> None:
    async def test(made: World, hub: Notebook) -> None:
        user = {
            "kind": "user", "name": "ada", "scopes": ["access:servers!server=ada/", "x\ny"],
            "auth_state": "secret", "servers": {"": {"url": "http://host"}},
        }  # fmt: skip
        hub.reply("GET", "/hub/api/user", json=user)
        hub.reply("POST", "/hub/api/users/ada/activity")
        hub_door = door(made, "hub")
        status, said, _ = await call(hub_door, "GET", "/hub/api")
        assert (status, said) == (200, {"version": "6.1.1"})
        cookie = {"Cookie": "a=b", "X-Forwarded-User": "root"}
        status, said, _ = await call(hub_door, "GET", "/hub/api/user", headers=HUB_TOKEN | cookie)
        assert status == 200
        assert said["name"] == "ada"
        assert said["scopes"] == ["access:servers!server=ada/"]
        assert set(said) == {"kind", "name", "admin", "groups", "roles", "scopes", "session_id"}
        seen = hub.seen[-1][2]
        assert seen["Authorization"] == HUB_TOKEN["Authorization"]
        assert not {"Cookie", "X-Forwarded-User"} & set(seen)
        message = {"last_activity": "1999-12-31T23:59:59Z", "servers": {"leak": {}}}
        status, _, _ = await call(
            hub_door, "POST", "/hub/api/users/ada/activity", json=message, headers=HUB_TOKEN
        )
        assert status == 200
        sent = json.loads(hub.seen[-1][3])
        assert "1999-12" not in str(sent)
        assert "leak" not in str(sent)

    run(test)


def test_a_token_of_somebody_else_is_not_looked_up() -> None:
    async def test(made: World, hub: Notebook) -> None:
        for other in ({"kind": "user", "name": "grace"}, {"kind": "service", "name": "ada"}):
            hub.reply("GET", "/hub/api/user", json=other)
            status, said, _ = await call(
                door(made, "hub"), "GET", "/hub/api/user", headers=HUB_TOKEN
            )
            assert status == 403
            assert "grace" not in str(said)

    run(test)


def test_everything_else_at_the_hub_is_refused_with_a_sentence() -> None:
    async def test(made: World, hub: Notebook) -> None:
        before = len(hub.seen)
        for method, target in (
            ("GET", "/hub/api/users"),
            ("GET", "/hub/api/users/ada"),
            ("POST", "/hub/api/users/ada/tokens"),
            ("POST", "/hub/api/users/ada/server"),
            ("DELETE", "/hub/api/users/ada/server"),
            ("POST", "/hub/api/users/grace/activity"),
            ("POST", "/hub/api/shares/ada/"),
            ("POST", "/hub/api/shutdown"),
            ("POST", "/hub/api/oauth2/token"),
            ("GET", "/hub/login"),
            ("GET", "/"),
            ("GET", "/hub/api/user?x=1"),
            ("POST", "/hub/api/user"),
        ):
            status, said, _ = await call(door(made, "hub"), method, target, headers=HUB_TOKEN)
            assert status == 403, target
            assert len(said["detail"]) > 20
        big = b"x" * 10_000
        status, _, _ = await call(
            door(made, "hub"),
            "POST",
            "/hub/api/users/ada/activity",
            data=big,
            headers=HUB_TOKEN,
        )
        assert status == 413
        status, _, _ = await call(door(made, "hub"), "GET", "/hub/api/user")
        assert status == 403
        assert len(hub.seen) == before

    run(test)


def test_a_hub_that_is_away_is_a_sentence() -> None:
    async def test(made: World, hub: Notebook) -> None:
        await hub.down()
        status, said, _ = await call(door(made, "hub"), "GET", "/hub/api")
        assert status == 503
        assert "started again" in said["detail"]

    run(test)


@only_sockets
def test_a_hub_that_is_elsewhere_is_not_asked() -> None:
    async def test(made: World, hub: Notebook) -> None:
        await hub.down()
        foreign = made.hub("gps")
        foreign.reply("GET", "/hub/api/", json={"version": "6.1.1"})
        await foreign.up()
        made.control.servers = [server(made, hub_socket=str(foreign.path))]
        made.control.push(kind="servers")
        await asyncio.sleep(0.4)
        assert (await call(door(made, "hub"), "GET", "/hub/api"))[0] == 503
        hub.path.unlink(missing_ok=True)
        hub.path.symlink_to(foreign.path)
        made.control.servers = [server(made)]
        made.control.push(kind="servers")
        await asyncio.sleep(0.4)
        assert (await call(door(made, "hub"), "GET", "/hub/api"))[0] == 503
        assert foreign.seen == []
        await foreign.down()

    run(test)


def test_a_restart_of_the_hub_fails_no_open_notebook() -> None:
    async def test(made: World, hub: Notebook) -> None:
        async def look(token: str) -> int:
            headers = {"Authorization": f"token {token}"}
            return (await call(door(made, "hub"), "GET", "/hub/api/user", headers=headers))[0]

        hub.reply("GET", "/hub/api/user", json={"kind": "user", "name": "ada"})
        assert await look("a" * 32) == 200
        hub.reply("GET", "/hub/api/user", status=403)
        assert await look("b" * 32) == 403
        await hub.down()
        assert await look("a" * 32) == 200
        assert await look("b" * 32) == 503
        assert await look("c" * 32) == 503
        await hub.up()
        assert await look("a" * 32) == 403  # the hub is back and knows better
        await hub.down()
        assert await look("a" * 32) == 503

    run(test)


def test_a_long_answer_of_the_control_plane_arrives_whole() -> None:
    async def test(made: World, hub: Notebook) -> None:
        made.control.intake_answer = (200, {"report": "x" * 900_000})
        status, said, _ = await call(door(made, "airlock"), "GET", "/drafts/a")
        assert (status, len(said["report"])) == (200, 900_000)
        made.control.intake_answer = (200, {"report": "x" * 1_100_000})
        assert (await call(door(made, "airlock"), "GET", "/drafts/a"))[0] == 502

    run(test)


def test_the_airlock_door_fills_in_who_calls() -> None:
    async def test(made: World, hub: Notebook) -> None:
        airlock = door(made, "airlock")
        made.control.intake_answer = (200, {"digest": "sha256:x", "size": 5})
        status, said, _ = await call(
            airlock,
            "PUT",
            "/drafts/table-1/files/out/t%C3%A4ble%201.csv",
            data=b"a,b\n1",
            headers={"X-Project": "gps", "X-Person": "grace", "Cookie": "a=b"},
        )
        assert (status, said) == (200, {"digest": "sha256:x", "size": 5})
        assert made.control.intake == [
            ("PUT", "/internal/intake/flc/ada/drafts/table-1/files/out/täble 1.csv", b"a,b\n1")
        ]
        for method, target, inside in (
            ("GET", "/status", "/requests"),
            ("GET", "/drafts/table-1", "/drafts/table-1"),
            ("POST", "/drafts/table-1/check", "/drafts/table-1/check"),
            ("POST", "/drafts/table-1/submit", "/drafts/table-1/submit"),
        ):
            assert (await call(airlock, method, target))[0] == 200
            assert made.control.intake[-1][:2] == (method, f"/internal/intake/flc/ada{inside}")

    run(test)


def test_names_that_try_to_escape_reach_nothing() -> None:
    async def test(made: World, hub: Notebook) -> None:
        for target in (
            "/drafts/../../decide",
            "/drafts/a/files/../../../x",
            "/drafts/a/files/%2e%2e/x",
            "/drafts/a/files/x%2f..%2fy",
            "/drafts/a%2f..%2fb/files/x",
            "/drafts/a/files/x%00",
            "/drafts/a/files/x%0a",
            "/drafts/a/files/",
            "/drafts/a/files//x",
            "/drafts/a/files/x%5cy",
            "/drafts/a/files/x%ff",
            "/drafts/a/files/" + "x" * 300,
            "/drafts//files/x",
            "/internal/decide",
            "http://flc/drafts/a/files/x",
        ):
            rest = "Content-Length: 1\r\nConnection: close\r\n"
            answer = await door(made, "airlock").raw("PUT", target, rest, b"x")
            assert answer.split(b" ")[1] in (b"400", b"404", b"422"), target
        assert made.control.intake == []

    run(test)


def test_a_file_needs_a_size_within_the_limit_and_arrives_whole_or_not() -> None:
    async def test(made: World, hub: Notebook) -> None:
        airlock = door(made, "airlock")

        async def pieces() -> Any:
            yield b"x"

        status, _, _ = await call(airlock, "PUT", "/drafts/a/files/x", data=pieces())
        assert status == 411
        rest = f"Content-Length: {16 * 2**20 + 1}\r\nConnection: close\r\n"
        answer = await airlock.raw("PUT", "/drafts/a/files/x", rest)
        assert b" 413 " in answer.split(b"\r\n")[0]
        assert b"16 MiB" in answer
        _, writer = await airlock.open()
        await airlock.say(writer, "PUT", "/drafts/a/files/x", "Content-Length: 10\r\n", b"half")
        await asyncio.sleep(0.1)
        writer.close()
        await asyncio.sleep(0.1)
        assert made.control.intake == []

    run(test)


def test_the_largest_file_goes_through() -> None:
    async def test(made: World, hub: Notebook) -> None:
        content = b"x" * (16 * 2**20)

        async def pieces() -> Any:
            for at in range(0, len(content), 65_536):
                yield content[at : at + 65_536]

        status, _, _ = await call(
            door(made, "airlock"),
            "PUT",
            "/drafts/a/files/x",
            data=pieces(),
            headers={"Content-Length": str(len(content))},
        )
        assert status == 200
        assert made.control.intake[-1][2] == content

    run(test)


def test_refusals_of_the_control_plane_arrive_as_sentences_only() -> None:
    async def test(made: World, hub: Notebook) -> None:
        made.control.intake_answer = (
            403,
            {
                "title": "Not now",
                "detail": "The permit ended.",
                "code": "expired",
                "reasons": [{"code": "expired", "text": "The permit ended.", "more": "x"}],
                "trace": "secret",
            },
        )
        status, said, headers = await call(door(made, "airlock"), "GET", "/status")
        assert status == 403
        assert said["detail"] == "The permit ended."
        assert said["reasons"] == [{"code": "expired", "text": "The permit ended."}]
        assert "secret" not in str(said)
        assert headers["Content-Type"] == "application/problem+json"

    run(test)


def test_packages_says_that_none_is_offered() -> None:
    async def test(made: World, hub: Notebook) -> None:
        status, said, _ = await call(door(made, "packages"), "GET", "/simple/numpy/")
        assert status == 404
        assert "No package is offered here yet" in said["detail"]

    run(test)


def test_packages_are_files_and_everything_else_is_answered_here(tmp_path: Path) -> None:
    """No method but reading, no query, no other spelling of a path; an unlisted name is a 404."""
    wheel = make_wheel(tmp_path, "Madeup_Tables")

    async def test(made: World, hub: Notebook) -> None:
        packages, close = door(made, "packages"), "Connection: close\r\n"
        lock = make_lock(tmp_path, wheel)
        await asyncio.to_thread(fetching.fetch, made.settings.mirror_dir, [lock], Python())
        said = await packages.raw("GET", f"/wheels/{wheel.name}", close)
        assert said.startswith(b"HTTP/1.1 200 ")
        assert said.partition(b"\r\n\r\n")[2] == wheel.read_bytes()
        said = await packages.raw("HEAD", f"/wheels/{wheel.name}", close)
        assert f"Content-Length: {wheel.stat().st_size}\r\n".encode() in said
        assert said.endswith(b"\r\n\r\n")
        assert b'href="madeup-tables/"' in await packages.raw("GET", "/simple/", close)
        for name in ("madeup-tables", "Madeup_Tables"):
            page = await packages.raw("GET", f"/simple/{name}/", close)
            assert f"../../wheels/{wheel.name}#sha256=".encode() in page
        for method, target, status in (
            ("GET", "/simple/patient-4711/", 404),
            ("GET", "/wheels/other-1.0-py3-none-any.whl", 404),
            ("GET", "/list.json", 404),
            ("GET", "/simple/madeup-tables/?who=4711", 400),
            ("GET", f"/wheels/../wheels/{wheel.name}", 400),
            ("GET", "/wheels/..%2flist.json", 400),
            ("GET", f"/simple/{'a' * 300}/", 400),
            ("PUT", f"/wheels/{wheel.name}", 405),
            ("POST", "/simple/", 405),
        ):
            said = await packages.raw(method, target, close)
            assert said.startswith(f"HTTP/1.1 {status} ".encode()), (method, target)

    run(test)


def test_a_list_that_was_altered_offers_nothing(tmp_path: Path) -> None:
    async def test(made: World, hub: Notebook) -> None:
        lock = make_lock(tmp_path, make_wheel(tmp_path, "madeup_tables"))
        mirror = made.settings.mirror_dir
        tree = await asyncio.to_thread(fetching.fetch, mirror, [lock], Python())
        (tree / "list.json").write_text('{"wheels": [{"file": "../secret"}]}')
        status, said, _ = await call(door(made, "packages"), "GET", "/simple/")
        assert (status, said["code"]) == (503, "packages_broken")

    run(test)


async def holding(made: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection in the middle of an upload."""
    airlock = door(made, "airlock")
    reader, writer = await airlock.open()
    await airlock.say(writer, "PUT", "/drafts/a/files/x", "Content-Length: 1000\r\n", b"half")
    await asyncio.sleep(0.1)
    return reader, writer


async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("kind", ["listed", "revoke", "halt", "halt-all", "admin"])
def test_a_revocation_cuts_open_connections_and_the_socket_goes(kind: str) -> None:
    async def test(made: World, hub: Notebook) -> None:
        made.control.servers.append(server(made, "gps", "grace"))
        made.control.push(kind="servers")
        await opens(door(made, "hub", "gps", "grace"))
        held = await holding(made)
        if kind != "admin" and not kind.startswith("halt"):
            made.control.servers = [s for s in made.control.servers if s["person"] != "ada"]
        match kind:
            case "listed":
                made.control.push(kind="servers")
            case "revoke":
                made.control.push(kind="revoke", project="flc", person="ada")
            case "halt":
                made.control.push(kind="halt", project="flc", person=None, halt="h-1")
            case "halt-all":
                made.control.push(kind="halt", project=None, person=None)
            case _:
                body = {"project": "flc", "person": "ada"}
                assert await ask_admin(made, "/halt", body) == {"closed": 1}
        await dies(*held)
        await shuts(door(made, "airlock"))
        if kind != "halt-all":
            assert await door(made, "hub", "gps", "grace").there()
        if kind == "halt":
            await until(lambda: bool(made.control.closed))
            (report,) = made.control.closed
            assert (report["role"], report["halt"], report["closed"]) == ("doors", "h-1", 1)
        if "halt" in kind or kind == "admin":
            await asyncio.sleep(FAST.fresh * 2)
            assert not await door(made, "airlock").there()  # although the list still names it

    run(test)


def test_a_halt_that_is_not_confirmed_ends_and_a_resume_ends_it_at_once() -> None:
    async def test(made: World, hub: Notebook) -> None:
        await ask_admin(made, "/halt", {"project": "flc", "person": None})
        await asyncio.sleep(FAST.fresh * 2)
        assert not await door(made, "airlock").there()
        await ask_admin(made, "/resume", {"project": "flc", "person": None})
        await opens(door(made, "airlock"))
        made.control.push(kind="halt", project="flc", person=None)
        await shuts(door(made, "airlock"))
        await opens(door(made, "airlock"))

    run(test)


def test_silence_pauses_calls_then_closes_every_door() -> None:
    async def test(made: World, hub: Notebook) -> None:
        hub.reply("GET", "/hub/api/", json={"version": "6.1.1"})
        made.control.silence()
        await asyncio.sleep(FAST.stale + FAST.fresh + 0.3)
        before = len(hub.seen)
        waiting = asyncio.ensure_future(call(door(made, "hub"), "GET", "/hub/api"))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        assert len(hub.seen) == before
        made.control.speak()
        assert (await waiting)[0] == 200
        made.control.silence()
        await shuts(door(made, "hub"))
        made.control.speak()
        await opens(door(made, "hub"))

    run(test)


def test_a_server_that_is_not_listed_rightly_gets_no_door() -> None:
    async def test(made: World, hub: Notebook) -> None:
        good = server(made, "gps", "grace")
        ada = server(made)
        made.control.servers = [
            good,
            ada | {"key": "../../../x"},
            ada | {"key": server_key("gps", "grace")},
            ada | {"project": "../x", "key": server_key("../x", "ada")},
            {"key": 1},
        ]
        made.control.push(kind="servers")
        await opens(door(made, "hub", "gps", "grace"))
        await shuts(door(made, "hub"))
        folders = {path.name for path in (made.settings.run / "doors").iterdir()}
        assert folders == {"admin.sock"} | (set() if made.in_pods else {good["key"]})

    run(test)


def test_connections_and_calls_are_limited() -> None:
    async def test(made: World, hub: Notebook) -> None:
        packages = door(made, "packages")
        reader, writer = await packages.open()
        for number in range(80):  # at once on one connection, so that a slow machine is no excuse
            last = "Connection: close\r\n" if number == 79 else ""
            await packages.say(writer, "GET", "/simple/", last, b"")
        answers = (await asyncio.wait_for(reader.read(), 30)).split(b"HTTP/1.1 ")[1:]
        writer.close()
        statuses = [int(answer[:3]) for answer in answers]
        assert len(statuses) == 80
        assert statuses[:50] == [404] * 50
        assert 429 in statuses
        airlock = door(made, "airlock")
        held = [await airlock.open() for _ in range(40)]
        await asyncio.sleep(0.1)
        status, _, _ = await call(airlock, "GET", "/status")
        assert status == 429
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.1)
        assert (await call(airlock, "GET", "/status"))[0] == 200

    run(test)


def test_it_starts_without_the_control_plane() -> None:
    async def main() -> None:
        async with world(start, doors=True) as made:
            await made.control.down()
            made.settings.role_token_file("doors").unlink()
            await asyncio.sleep(0.3)
            made.control.servers = [server(made)]
            await made.control.up()
            names = ("hub", "airlock", "packages")
            for name in names:
                await opens(door(made, name))

    asyncio.run(main())
