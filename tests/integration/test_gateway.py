"""The real gateway between a browser, a control plane that can push and fall silent, and a
notebook server that attacks. Every test holds for servers at sockets and for servers in pods; what
only one of them can do says so."""

import asyncio
import hashlib
import io
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from orchestrator.gateway.app import serve
from orchestrator.gateway.decisions import Pace
from orchestrator.gateway.headers import SECURITY
from orchestrator.settings import Settings
from tests.integration.gateway_world import (
    ENGINE,
    KNOWN,
    OTHER,
    SECRET,
    TOKEN,
    Notebook,
    World,
    stream_forever,
    until,
    world,
)

pytestmark = pytest.mark.loopback

FAST = Pace(fresh=0.2, stale=0.5, silence=2.0, grace=1.0)
ONLY_PUSHES = Pace(fresh=60.0, stale=120.0, silence=300.0)
CHANNELS = "/user/ada/api/kernels/k-1/channels"
PROTOCOL = "v1.kernel.websocket.jupyter.org"


only_sockets = pytest.mark.parametrize("engine", ["local"], indirect=True)


@pytest.fixture(autouse=True, params=["local", "kubernetes"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each test twice: the same behaviour of either kind of server."""
    was = ENGINE.set(request.param)
    yield request.param
    ENGINE.reset(was)


def run(test: Callable[[World, Notebook], Awaitable[None]], pace: Pace = FAST) -> None:
    """Run a test with Ada's session at project flc and her notebook server."""

    async def start(settings: Settings, stop: asyncio.Event) -> None:
        known = KNOWN if settings.engine == "kubernetes" else None
        await serve(settings, stop, pace=pace, usage_period=0.1, known=known)

    async def main() -> None:
        async with world(start) as made:
            made.control.allow("flc", "ada")
            notebook = made.notebook()
            await notebook.up()
            try:
                await test(made, notebook)
            finally:
                await notebook.down()

    asyncio.run(main())


@only_sockets
def test_it_waits_for_a_predecessor_that_still_holds_the_port() -> None:
    """A gateway that was killed holds its port for a moment; the next one does not give up."""
    gone = asyncio.Event()

    async def start(settings: Settings, stop: asyncio.Event) -> None:
        predecessor = socket.create_server((settings.bind_host, settings.gateway_port))
        serving = asyncio.create_task(serve(settings, stop))
        await asyncio.sleep(0.6)
        assert not serving.done()
        predecessor.close()
        await asyncio.sleep(0.4)
        gone.set()
        await serving

    async def main() -> None:
        async with world(start) as made:
            await asyncio.wait_for(gone.wait(), 10)
            async with made.browser.get(made.url("/.tre/health"), headers=made.head()) as reply:
                assert reply.status == 200

    asyncio.run(main())


def rows(made: World, **wanted: Any) -> list[dict[str, Any]]:
    return [
        row
        for row in made.control.usage
        if all(row[name] == value for name, value in wanted.items())
    ]


async def get(made: World, path: str, **more: Any) -> tuple[aiohttp.ClientResponse, bytes]:
    head = made.head(**more)
    async with made.browser.get(made.url(path), headers=head, allow_redirects=False) as reply:
        return reply, await reply.read()


def test_nothing_secret_crosses_and_our_headers_stand_over_every_reply() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        bad = {
            "Set-Cookie": "a=1; Domain=localhost",
            "Content-Security-Policy": "default-src *; report-uri https://sink.example/",
            "Refresh": "0; url=https://sink.example/",
            "NEL": "{}",
            "Report-To": "{}",
            "Reporting-Endpoints": 'a="https://sink.example/"',
            "Link": "<https://sink.example/>; rel=preconnect",
            "Alt-Svc": 'h3="sink.example:443"',
            "Speculation-Rules": '"/x"',
            "Content-Disposition": 'attachment; filename="patients.csv"',
            "Access-Control-Allow-Origin": "*",
            "WWW-Authenticate": "Basic",
            "Service-Worker-Allowed": "/",
            "Clear-Site-Data": '"cookies"',
            "X-Anything": "marker",
            "Content-Type": "application/json",
            "ETag": '"e"',
        }
        notebook.reply("GET", "/user/ada/api/status", body=b'{"started": "x"}', headers=bad)
        reply, body = await get(
            made,
            "/user/ada/api/status",
            Authorization="Bearer of-the-browser",
            Proxy_Authorization="Basic x",
            X_Forwarded_For="10.0.0.1",
            X_Secret="s",
            Referer="http://flc.localhost/secret",
        )
        assert reply.status == 200
        assert body == b'{"started": "x"}'
        for name, value in SECURITY.items():
            assert reply.headers[name] == value
        allowed = {*SECURITY, "Etag", "Date", "Content-Type", "Content-Length", "Server"}
        assert set(reply.headers) <= allowed
        assert reply.headers["Server"] == "tre"
        _, _, seen, _ = notebook.seen[-1]
        assert seen["Authorization"] == f"token {TOKEN}"
        assert seen["Host"] == "127.0.0.1"
        assert seen["Accept-Encoding"] == "identity"
        assert set(seen) <= {"Authorization", "Host", "Accept", "Accept-Encoding", "Connection"}
        assert SECRET not in str(seen)

    run(test)


def test_a_person_reaches_only_the_own_path() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        paths = [
            "/user/grace/lab",
            "/user/grace/api/status",
            "/user/ada%2f..%2fgrace/lab",
            "/user/ada/../grace/api/status",
            "/hub/home",
            "/hub",
            "/hub/api/",
            "/%68ub/home",
            "/services/x",
            "/user/ada/files/secret.csv",
            "/user/ada/nbconvert/html/nb.ipynb",
            "/user/ada/api/nbconvert",
            "/user/ada/view/secret.csv",
            "/user/ada/api/terminals",
            "/user/ada/terminals/websocket/1",
            "/user/ada/proxy/8080/",
            "/user/ada/metrics",
            "/user/ada/logout",
            "/user/ada/secret.csv",
            "/user/ada/lab/api/extensions",
            "/user/ada/api/config/x",
            "/metrics",
        ]
        for path in paths:
            async with socketless(made, path) as (status, _):
                assert status in (400, 404), path
        assert notebook.seen == []

    run(test)


class socketless:
    """One request with exactly these bytes as its target, which a client library would tidy."""

    def __init__(self, made: World, target: str, method: str = "GET", **more: str) -> None:
        self._made, self._target, self._method, self._more = made, target, method, more

    async def __aenter__(self) -> tuple[int, bytes]:
        reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self._made.settings.gateway_port
        )
        head = self._made.head(**self._more) | {"Connection": "close"}
        lines = [f"{self._method} {self._target} HTTP/1.1", *(f"{k}: {v}" for k, v in head.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = await asyncio.wait_for(reader.read(), 10)
        return int(answer.split(b" ", 2)[1]), answer

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def test_what_is_forwarded_is_the_canonical_spelling() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/contents/My Work", json={"type": "directory"})
        async with socketless(made, "/%75ser/ada/api/contents/My%20Work?content=0"):
            pass
        assert notebook.seen[-1][1] == "/user/ada/api/contents/My%20Work?content=0"

    run(test)


@pytest.mark.parametrize(
    "more",
    [
        {"Origin": "http://gps.localhost:1"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"X_HTTP_Method_Override": "GET"},
        {"Content_Encoding": "gzip"},
    ],
)
def test_a_write_needs_the_pages_own_origin(more: dict[str, str]) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("POST", "/user/ada/api/kernels", json={"id": "k"})
        url = made.url("/user/ada/api/kernels")
        async with made.browser.post(url, headers=made.head(), json={}) as reply:
            assert reply.status == 200
        before = len(notebook.seen)
        async with made.browser.post(url, headers=made.head(**more), json={}) as reply:
            assert reply.status in (400, 403, 415)
        head = made.head()
        del head["Origin"]
        async with made.browser.post(url, headers=head, json={}) as reply:
            assert reply.status == 403
        assert len(notebook.seen) == before

    run(test)


def test_a_socket_needs_the_pages_own_origin() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.answers["GET", CHANNELS] = stream_forever
        for origin in ("http://gps.localhost", "null", None):
            head = made.head()
            head.pop("Origin")
            if origin:
                head["Origin"] = origin
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await made.browser.ws_connect(made.url(CHANNELS), headers=head)
            assert refused.value.status == 403
        assert notebook.seen == []

    run(test)


def test_a_service_worker_is_refused() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        path = "/user/ada/static/lab/worker.js"
        notebook.reply("GET", path, body=b"x", content_type="text/javascript")
        assert (await get(made, path))[0].status == 200
        assert (await get(made, path, Service_Worker="script"))[0].status == 403

    run(test)


def test_without_a_session_a_person_is_sent_to_sign_in_and_comes_back_once() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        reply, _ = await get(made, "/user/ada/api/status", session=None)
        assert reply.status == 401
        reply, _ = await get(made, "/", session=None, Accept="text/html")
        assert reply.status == 303
        line = reply.headers["Set-Cookie"]
        state = line.split(";")[0].removeprefix("__Host-tre-state=")
        assert all(word in line for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
        assert "Domain" not in line
        expected = hashlib.sha256(state.encode()).hexdigest()
        assert reply.headers["Location"] == (
            f"{made.settings.control_url}/handover?project=flc&state={expected}"
        )
        made.control.codes["code-12345678"] = {
            "project": "flc", "state": state, "session": SECRET, "person": "ada",
        }  # fmt: skip
        cookie = f"__Host-tre-state={state}"
        path = "/.tre/enter?code=code-12345678"
        reply, _ = await get(made, path, session=None)
        assert reply.status == 403
        assert made.control.codes != {}  # a browser without the state does not use the code up
        for wrong in ("", f"__Host-tre-state={'z' * 43}"):
            reply, _ = await get(made, "/.tre/enter?code=other-1234", session=None, Cookie=wrong)
            assert reply.status == 403
        reply, _ = await get(made, path, session=None, Cookie=cookie)
        assert reply.status == 303
        assert reply.headers["Location"] == "/user/ada/lab"
        session, dropped = reply.headers.getall("Set-Cookie")
        assert session.startswith(f"__Host-tre={SECRET}; Max-Age=86400; Path=/; Secure; HttpOnly")
        assert dropped.startswith("__Host-tre-state=; Max-Age=0")
        reply, _ = await get(made, path, session=None, Cookie=cookie)
        assert reply.status == 403

    run(test)


def test_a_way_in_that_broke_off_leads_back_to_the_project_not_to_its_used_code() -> None:
    """The code may be used up although no answer came; loading it again would end in a refusal."""

    async def test(made: World, notebook: Notebook) -> None:
        state = "s" * 43
        made.control.codes["code-12345678"] = {
            "project": "flc", "state": state, "session": SECRET, "person": "ada",
        }  # fmt: skip
        made.control.exchange_answer = web.Response(status=503)
        way = {"Cookie": f"__Host-tre-state={state}", "Accept": "text/html"}
        reply, body = await get(made, "/.tre/enter?code=code-12345678", session=None, **way)
        assert reply.status == 503
        assert reply.headers["Refresh"] == "5; url=/"
        made.control.exchange_answer = None
        reply, body = await get(made, "/.tre/enter?code=code-12345678", session=None, **way)
        assert reply.status == 403
        assert b'<a href="/">Open the project again</a>' in body

    run(test)


def test_a_session_of_one_project_opens_no_other() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/status", json={})
        assert (await get(made, "/user/ada/api/status"))[0].status == 200
        reply, _ = await get(made, "/user/ada/api/status", project="gps")
        assert reply.status == 401
        assert len(notebook.seen) == 1

    run(test)


def test_every_reason_of_a_refusal_is_said() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        made.control.deny("flc", code="training_expired")
        made.control.answers["flc", SECRET]["reasons"].append(
            {"code": "expired", "text": "The permit ended <yesterday>."}
        )
        reply, body = await get(made, "/user/ada/lab", Accept="text/html")
        assert reply.status == 403
        assert b"The reason is training_expired." in body
        assert b"The permit ended &lt;yesterday&gt;." in body
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        reply, body = await get(made, "/user/ada/api/status")
        assert [r["code"] for r in json.loads(body)["reasons"]] == ["training_expired", "expired"]

    run(test)


async def connect(made: World, **more: Any) -> aiohttp.ClientWebSocketResponse:
    return await made.browser.ws_connect(
        made.url(CHANNELS), headers=made.head(**more), protocols=(PROTOCOL,)
    )


async def ends(near: aiohttp.ClientWebSocketResponse, seconds: float) -> int:
    """Read until the socket ends; answer how many messages came. Fails when it does not end."""
    count = 0

    async def drain() -> None:
        nonlocal count
        while (await near.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
            count += 1

    await asyncio.wait_for(drain(), seconds)
    return count


async def streaming(made: World, notebook: Notebook) -> aiohttp.ClientWebSocketResponse:
    notebook.answers["GET", CHANNELS] = stream_forever
    near = await connect(made)
    for _ in range(3):
        assert (await near.receive(5)).type is WSMsgType.TEXT
    return near


@pytest.mark.parametrize("project", ["flc", None])
@pytest.mark.parametrize("person", ["ada", None])
def test_a_pushed_revocation_cuts_an_open_stream(project: str | None, person: str | None) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        near = await streaming(made, notebook)
        made.control.deny("flc")
        made.control.push(kind="revoke", project=project, person=person)
        await ends(near, 2)
        assert (await get(made, "/user/ada/api/status"))[0].status == 403
        await until(lambda: rows(made, rule="cut:denied") != [])

    run(test, ONLY_PUSHES)


def test_a_push_missed_while_the_stream_was_away_is_made_up_for() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        near = await streaming(made, notebook)
        await made.control.down()
        made.control.deny("flc")
        await made.control.up()
        await ends(near, 5)

    run(test, ONLY_PUSHES)


def test_a_revocation_whose_push_was_lost_cuts_too() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        near = await streaming(made, notebook)
        made.control.deny("flc")
        await ends(near, 2)

    run(test)


def test_a_revocation_of_somebody_else_cuts_nothing() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        near = await streaming(made, notebook)
        made.control.push(kind="revoke", project="flc", person="grace")
        made.control.push(kind="revoke", project="gps", person=None)
        made.control.push(kind="halt", project="gps", person=None)
        await asyncio.sleep(0.5)
        for _ in range(5):
            assert (await near.receive(2)).type is WSMsgType.TEXT
        await near.close()

    run(test)


@pytest.mark.parametrize(
    "scope",
    [
        {"project": "flc", "person": "ada"},
        {"project": "flc", "person": None},
        {"project": None, "person": None},
        {"project": None, "person": "ada"},
    ],
)
def test_a_pushed_halt_cuts_and_holds_until_it_is_confirmed(scope: dict[str, Any]) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/status", json={})
        near = await streaming(made, notebook)
        made.control.push(kind="halt", halt="h-1", **scope)
        await ends(near, 2)
        await until(lambda: bool(made.control.closed))
        (report,) = made.control.closed
        assert (report["role"], report["halt"], report["closed"]) == ("gateway", "h-1", 1)
        reply, body = await get(made, "/user/ada/api/status")
        assert reply.status == 403  # although the control plane's row still says yes
        assert json.loads(body)["reasons"][0]["code"] == "halted"
        made.control.deny("flc", code="halted")
        await asyncio.sleep(FAST.grace + FAST.fresh)
        assert (await get(made, "/user/ada/api/status"))[0].status == 403
        made.control.allow("flc", "ada")
        await asyncio.sleep(FAST.fresh * 1.5)
        assert (await get(made, "/user/ada/api/status"))[0].status == 200

    run(test)


def test_a_report_that_is_not_taken_is_sent_again_and_the_stream_goes_on() -> None:
    """It says how long ago the connections were closed; what is pushed meanwhile is heard."""

    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/status", json={})
        near = await streaming(made, notebook)
        made.control.too_busy = 1000
        streams = made.control.streams
        made.control.push(kind="halt", halt="h-1", project="flc", person=None)
        await ends(near, 2)
        assert (await get(made, "/user/ada/api/status"))[0].status == 403
        made.control.push(kind="resume", project="flc", person=None)
        await asyncio.sleep(1)
        assert (await get(made, "/user/ada/api/status"))[0].status == 200
        assert made.control.closed == []
        made.control.too_busy = 0
        await until(lambda: made.control.closed != [])
        (report,) = made.control.closed
        assert report["closed"] == 1
        assert report["seconds_ago"] >= 1
        assert made.control.streams == streams, "the stream was ended by its report"

    run(test, ONLY_PUSHES)


def test_the_admin_socket_halts_and_resumes() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/status", json={})
        near = await streaming(made, notebook)
        path = str(made.settings.run / "gateway" / "admin.sock")
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(path)) as admin:
            body = {"project": "flc", "person": None}
            async with admin.get("http://admin/health") as reply:
                assert (await reply.json())["connections"] == 1
            async with admin.post("http://admin/halt", json=body) as reply:
                assert await reply.json() == {"closed": 1}
            await ends(near, 2)
            assert (await get(made, "/user/ada/api/status"))[0].status == 403
            async with admin.post("http://admin/resume", json=body) as reply:
                assert await reply.json() == {"lifted": 1}
            assert (await get(made, "/user/ada/api/status"))[0].status == 200
            for wrong in (b"", b"[]", b'{"project": 3}', b'{"all": true}'):
                async with admin.post("http://admin/halt", data=wrong) as reply:
                    assert reply.status == 422

    run(test)


def test_silence_pauses_then_closes() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        near = await streaming(made, notebook)
        made.control.silence()
        await asyncio.sleep(FAST.stale + 0.3)
        assert await _quiet(near)
        assert not near.closed
        await ends(near, FAST.silence + 1)
        made.control.speak()

    run(test)


async def _quiet(near: aiohttp.ClientWebSocketResponse) -> bool:
    """Say whether messages cease to come, after those that had been sent before."""
    for _ in range(40):
        try:
            await near.receive(0.3)
        except TimeoutError:
            return True
    return False


def test_a_short_silence_cuts_nothing() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        near = await streaming(made, notebook)
        made.control.silence()
        await asyncio.sleep(FAST.stale + 0.3)
        made.control.speak()
        for _ in range(20):
            assert (await near.receive(5)).type is WSMsgType.TEXT
        await near.close()

    run(test)


def test_silence_lets_nobody_in() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        made.control.silence()
        reply, _ = await get(made, "/user/ada/api/status")
        assert reply.status == 503
        assert notebook.seen == []
        made.control.speak()

    run(test)


def test_nothing_moves_inward_during_silence() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        async def listen(request: web.Request) -> web.StreamResponse:
            far = web.WebSocketResponse()
            await far.prepare(request)
            async for message in far:
                notebook.received.append(message.data)
            return far

        notebook.answers["GET", CHANNELS] = listen
        near = await connect(made)
        await near.send_str("before")
        await until(lambda: notebook.received == ["before"])
        made.control.silence()
        await asyncio.sleep(FAST.stale + FAST.fresh + 0.2)
        await near.send_str("during")
        await asyncio.sleep(0.3)
        assert notebook.received == ["before"]
        made.control.speak()
        await until(lambda: notebook.received == ["before", "during"])
        await near.close()

    run(test)


def test_a_first_answer_that_takes_its_time_lets_the_person_in() -> None:
    """A session is not forgotten while the control plane is still being asked about it."""

    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/status", json={})
        made.control.silence()
        asked = asyncio.create_task(get(made, "/user/ada/api/status"))
        await asyncio.sleep(FAST.fresh * 3)
        made.control.speak()
        reply, _ = await asked
        assert reply.status == 200

    run(test)


def test_an_answer_is_kept_for_a_moment_and_asked_again() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/status", json={})
        before = made.control.asked
        for _ in range(10):
            await get(made, "/user/ada/api/status")
        assert made.control.asked - before <= 5
        made.control.deny("flc")
        await asyncio.sleep(FAST.fresh * 1.5)
        assert (await get(made, "/user/ada/api/status"))[0].status == 403

    run(test)


def test_a_session_that_becomes_another_person_is_cut() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        near = await streaming(made, notebook)
        made.control.allow("flc", "grace")
        await ends(near, 2)

    run(test)


@only_sockets
def test_a_socket_replaced_by_a_link_is_refused_and_counted() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/status", json={})
        assert (await get(made, "/user/ada/api/status"))[0].status == 200
        door = made.settings.run / "p" / "flc" / "hub.sock"
        hub = Notebook(door)
        hub.reply("GET", "/user/ada/api/status", json={"from": "the hub"})
        await hub.up()
        await notebook.down()
        notebook.path.unlink(missing_ok=True)
        notebook.path.symlink_to(door)
        await asyncio.sleep(0.3)
        reply, body = await get(made, "/user/ada/api/status")
        assert reply.status == 502
        assert json.loads(body)["code"] == "socket_replaced"
        assert hub.seen == []
        await until(lambda: rows(made, rule="socket_replaced") != [])
        notebook.path.unlink()
        folder = notebook.path.parent
        aside = folder.with_name("aside")
        folder.rename(aside)
        folder.symlink_to(aside)
        assert (await get(made, "/user/ada/api/status"))[0].status == 502
        await hub.down()

    run(test)


@only_sockets
@pytest.mark.parametrize("kind", ["hub", "sibling", "person", "dots", "tcp"])
def test_an_address_that_is_not_the_own_socket_is_refused(kind: str) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        other = made.notebook("gps", "ada")
        person = made.notebook("flc", "grace")
        hub = Notebook(made.settings.run / "p" / "flc" / "hub.sock")
        for server in (other, person, hub):
            server.reply("GET", "/user/ada/api/status", json={})
            await server.up()
        address = {
            "hub": str(hub.path),
            "sibling": str(other.path),
            "person": str(person.path),
            "dots": f"{notebook.path.parent}/../{notebook.path.parent.name}/server.sock",
            "tcp": "127.0.0.1:8888",
        }[kind]
        made.control.allow("flc", "ada", address=address)
        reply, body = await get(made, "/user/ada/api/status")
        assert reply.status == 502
        assert json.loads(body)["code"] == "socket_foreign"
        for server in (other, person, hub):
            assert server.seen == []
            await server.down()

    run(test)


def test_a_hub_that_is_away_is_a_moment_and_not_an_error() -> None:
    """While its hub starts again a notebook server answers 502; people are told to wait."""

    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply(
            "GET", "/user/ada/lab", status=502, body=b"<h1>502</h1>", content_type="text/html"
        )
        reply, body = await get(made, "/user/ada/lab", Accept="text/html")
        assert reply.status == 503
        assert reply.headers["Refresh"] == "5"
        assert b"the hub is starting again" in body

    run(test)


REPLIES: list[tuple[str, dict[str, Any], int]] = [
    ("/user/ada/api/status", {"body": b"x" * 70_000, "content_type": "application/json"}, 413),
    ("/user/ada/api/status", {"body": b"a,b\n1,2\n", "content_type": "text/csv"}, 502),
    ("/user/ada/api/status", {"body": b"not json", "content_type": "application/json"}, 502),
    ("/user/ada/api/status", {"body": b"{}", "content_type": "application/octet-stream"}, 502),
    ("/user/ada/lab", {"body": b"%PDF", "content_type": "application/pdf"}, 502),
    ("/user/ada/lab", {"status": 206, "body": b"x", "content_type": "text/html"}, 502),
    (
        "/user/ada/lab",
        {"body": b"\x1f\x8b", "content_type": "text/html", "headers": {"Content-Encoding": "gzip"}},
        502,
    ),
    ("/user/ada/lab", {"status": 302, "headers": {"Location": "https://sink.example/?d=1"}}, 502),
    ("/user/ada/lab", {"status": 302, "headers": {"Location": "//sink.example/x"}}, 502),
    ("/user/ada/lab", {"status": 302, "headers": {"Location": "/hub/login"}}, 502),
    ("/user/ada/lab", {"status": 302, "headers": {"Location": "/user/ada/files/x"}}, 502),
    ("/user/ada/lab", {"status": 302, "headers": {"Location": "/user/ada/lab/tree/a"}}, 302),
    ("/user/ada/lab", {"body": b"<p>", "content_type": "text/html"}, 200),
]


@pytest.mark.parametrize(("path", "options", "status"), REPLIES)
def test_replies_are_checked(path: str, options: dict[str, Any], status: int) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", path, **options)
        reply, body = await get(made, path)
        assert reply.status == status
        if status >= 400:
            assert b"sink" not in body
            assert json.loads(body)["status"] == status
            await until(lambda: [row for row in made.control.usage if row["refused"]] != [])

    run(test)


def test_a_reply_without_a_length_is_cut_at_its_limit() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        async def flood(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse(headers={"Content-Type": "text/html"})
            await answer.prepare(request)
            with_room = 64
            for _ in range(with_room):
                await answer.write(b"x" * 65_536)
            return answer

        notebook.answers["GET", "/user/ada/lab"] = flood
        with pytest.raises(aiohttp.ClientError):
            await get(made, "/user/ada/lab")
        await until(lambda: rows(made, rule="reply_size") != [])
        assert sum(row["bytes_out"] for row in rows(made, path_class="page")) <= 1024 * 1024

    run(test)


CONTENTS: list[tuple[str, dict[str, Any], int]] = [
    ("secret.csv?content=1&format=base64", {}, 403),
    ("secret.csv?content=1&type=anything", {}, 403),
    ("secret.csv?token=abc", {}, 403),
    ("secret.csv", {"type": "file", "format": "text", "content": "1,2"}, 403),
    ("code.py", {"type": "file", "format": "base64", "content": "MSwy"}, 403),
    ("code.py", {"type": "file", "format": "text", "content": "print(6*7)"}, 200),
    ("nb.ipynb", {"type": "notebook", "format": "json", "content": {"x": "1,2"}}, 502),
    (
        "nb.ipynb",
        {"type": "notebook", "format": "json", "content": {"cells": [], "nbformat": 4}},
        200,
    ),
    ("folder", {"type": "directory", "format": "json", "content": []}, 200),
    ("folder", {"type": "directory", "format": "json", "content": ["1,2"]}, 502),
    ("secret.csv?content=0", {"type": "file", "format": "text", "content": "1,2"}, 200),
]


@pytest.mark.parametrize(("path", "model", "status"), CONTENTS)
def test_the_contents_api_gives_notebooks_and_listed_text(
    path: str, model: dict[str, Any], status: int
) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        name = path.partition("?")[0]
        whole = {"name": name, "path": name, "smuggled": "1,2"} | model
        notebook.reply("GET", f"/user/ada/api/contents/{name}", json=whole)
        reply, body = await get(made, f"/user/ada/api/contents/{path}")
        assert reply.status == status
        assert b"1,2" not in body
        assert b"smuggled" not in body

    run(test)


def test_small_text_comes_in_and_is_counted_with_its_size() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        model = {"type": "file", "name": "a.py", "path": "a.py", "content": None}
        notebook.reply("PUT", "/user/ada/api/contents/a.py", json=model)
        notebook.reply("PUT", "/user/ada/api/contents/a.bin", json=model)
        url = made.url("/user/ada/api/contents/a.py")
        body = {"type": "file", "format": "text", "content": "print(1)\n"}
        async with made.browser.put(url, headers=made.head(), json=body) as reply:
            assert reply.status == 200
        assert json.loads(notebook.seen[-1][3])["content"] == "print(1)\n"
        await until(lambda: rows(made, path_class="contents-in") != [])
        (row,) = rows(made, path_class="contents-in")
        assert row["person"] == "ada"
        assert row["bytes_in"] == len(json.dumps(body))
        coded = {"type": "file", "format": "base64", "content": "cHJpbnQoMSk="}
        async with made.browser.put(url, headers=made.head(), json=coded) as reply:
            assert reply.status == 200
        sent = json.loads(notebook.seen[-1][3])
        assert (sent["format"], sent["content"]) == ("text", "print(1)")
        before = len(notebook.seen)
        for wrong, status in (
            ({"type": "file", "format": "base64", "content": "/////w=="}, 403),
            ({"type": "file", "format": "text", "content": "x" * (1024 * 1024 + 1)}, 413),
            ({"type": "file", "format": "text", "content": "x", "chunk": 1}, 413),
            ({"type": "file", "format": "text", "content": "x", "path": "../../x"}, 400),
        ):
            data = io.BytesIO(json.dumps(wrong).encode())
            async with made.browser.put(url, headers=made.head(), data=data) as reply:
                assert reply.status == status
        binary = made.url("/user/ada/api/contents/a.bin")
        async with made.browser.put(binary, headers=made.head(), json=body) as reply:
            assert reply.status == 403
            assert "import" in (await reply.json())["detail"]
        assert len(notebook.seen) == before

    run(test)


def test_bytes_are_counted_per_person_and_project() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        payload = json.dumps({"x": "y" * 5000}).encode()
        notebook.reply("GET", "/user/ada/api/status", body=payload, content_type="application/json")
        for _ in range(3):
            await get(made, "/user/ada/api/status")
        await until(lambda: sum(r["requests"] for r in rows(made, path_class="status")) == 3)
        found = rows(made, path_class="status")
        assert sum(row["bytes_out"] for row in found) == 3 * len(payload)
        assert {(row["project"], row["person"]) for row in found} == {("flc", "ada")}

    run(test)


def test_socket_bytes_are_counted_and_kept_while_the_control_plane_is_away() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        away = asyncio.Event()

        async def ten(request: web.Request) -> web.StreamResponse:
            far = web.WebSocketResponse()
            await far.prepare(request)
            await far.send_bytes(b"x" * 1000)
            await away.wait()
            for _ in range(9):
                await far.send_bytes(b"x" * 1000)
            await far.close()
            return far

        notebook.answers["GET", CHANNELS] = ten
        near = await connect(made)
        assert len((await near.receive(5)).data) == 1000
        await made.control.down()
        away.set()
        await asyncio.sleep(0.3)
        await made.control.up()
        assert await ends(near, 5) == 9
        await until(
            lambda: sum(r["bytes_out"] for r in rows(made, path_class="kernel-socket")) == 10_000
        )

    run(test)


def test_side_fields_of_a_socket_do_not_cross() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        async def whisper(request: web.Request) -> web.StreamResponse:
            far = web.WebSocketResponse(protocols=("leak-1-2", PROTOCOL), compress=True)
            await far.prepare(request)
            notebook.received.append(dict(request.headers))
            await far.ping(b"leak-1-2")
            await far.pong(b"leak-1-2")
            await far.send_str("normal")
            await far.close(code=4321, message=b"leak-1-2")
            return far

        notebook.answers["GET", CHANNELS] = whisper
        near = await made.browser.ws_connect(
            made.url(CHANNELS),
            headers=made.head(),
            protocols=("leak-1-2", PROTOCOL),
            autoping=False,
            autoclose=False,
            compress=15,
        )
        assert near.protocol == PROTOCOL
        assert near.compress == 0
        heard = []
        while True:
            message = await near.receive(5)
            heard.append(message)
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR):
                break
        await near.close()
        assert [m.data for m in heard if m.type is WSMsgType.TEXT] == ["normal"]
        assert "leak" not in str(heard)
        assert "4321" not in str(heard)
        head = notebook.received[0]
        assert head["Sec-WebSocket-Protocol"] == PROTOCOL
        assert "Sec-WebSocket-Extensions" not in head
        assert "Cookie" not in head
        assert head["Authorization"] == f"token {TOKEN}"

    run(test)


def test_a_message_over_the_cap_ends_the_socket() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        async def large(request: web.Request) -> web.StreamResponse:
            far = web.WebSocketResponse()
            await far.prepare(request)
            await far.send_bytes(b"x" * 10_000)
            await far.send_bytes(b"x" * (2 * 1024 * 1024 + 10))
            await asyncio.sleep(0.2)
            return far

        notebook.answers["GET", CHANNELS] = large
        near = await made.browser.ws_connect(
            made.url(CHANNELS), headers=made.head(), max_msg_size=0
        )
        first = await near.receive(5)
        assert len(first.data) == 10_000
        assert await ends(near, 5) == 0
        await until(lambda: rows(made, rule="reply_size") != [])

    run(test)


@pytest.mark.parametrize("state", ["stopped", "starting"])
def test_a_server_that_is_not_there_is_wanted_once_and_a_page_waits(state: str) -> None:
    async def test(made: World, notebook: Notebook) -> None:
        made.control.allow("flc", "ada", state=state, address=None, token=None)
        reply, _ = await get(made, "/user/ada/api/status")
        assert reply.status == 503
        assert made.control.wanted == []  # an open tab starts nothing
        for _ in range(3):
            reply, body = await get(made, "/user/ada/lab", Accept="text/html")
        assert reply.status == 503
        assert reply.headers["Refresh"] == "2"
        assert b"starting" in body
        assert b"<script" not in body
        assert made.control.wanted == [("flc", SECRET)]

    run(test)


def test_a_workspace_that_sleeps_is_woken_by_a_page_that_goes_on_by_itself() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        made.control.deny("flc", code="workspace_asleep")
        reply, body = await get(made, "/user/ada/api/status")
        assert (reply.status, json.loads(body)["code"]) == (503, "workspace_asleep")
        assert made.control.wanted == []  # a tab that was left open wakes nothing
        for _ in range(3):
            reply, body = await get(made, "/user/ada/lab", Accept="text/html")
        assert (reply.status, reply.headers["Refresh"]) == (503, "2")
        assert b"waking up" in body
        assert b"The reason is workspace_asleep." in body, "how far it is"
        assert made.control.wanted == [("flc", SECRET)]
        made.control.allow("flc", "ada", state="starting", address=None, token=None)
        await asyncio.sleep(FAST.fresh * 1.5)
        reply, body = await get(made, "/user/ada/lab", Accept="text/html")
        assert b"notebook server is starting" in body
        assert reply.headers["Refresh"] == "2"

    run(test)


def test_another_reason_beside_sleep_wakes_nothing() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        made.control.deny("flc", code="workspace_asleep")
        made.control.answers["flc", SECRET]["reasons"].append({"code": "expired", "text": "Over."})
        reply, body = await get(made, "/user/ada/lab", Accept="text/html")
        assert reply.status == 403
        assert b"Over." in body
        assert made.control.wanted == []

    run(test)


def test_a_server_that_failed_says_why_and_can_be_tried_again() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        made.control.allow("flc", "ada", state="failed", address=None, reason="No <memory> left.")
        _, body = await get(made, "/user/ada/lab", Accept="text/html")
        assert b"No &lt;memory&gt; left." in body
        assert made.control.wanted == []
        again = made.url("/.tre/start")
        head = made.head()
        async with made.browser.post(again, headers=head, allow_redirects=False) as reply:
            assert reply.status == 303
        assert made.control.wanted == [("flc", SECRET)]
        del head["Origin"]
        async with made.browser.post(again, headers=head, allow_redirects=False) as reply:
            assert reply.status == 403

    run(test)


def test_a_session_has_only_so_many_connections() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        first = await streaming(made, notebook)
        second = await connect(made)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await connect(made)
        assert refused.value.status == 429
        await first.close()
        await second.close()

    run(test, Pace(connections=2))


def test_leaving_ends_the_session_and_clears_the_browser() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        reply, _ = await get(made, "/.tre/leave")
        assert reply.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
        dropped = reply.headers.getall("Set-Cookie")
        assert [line.split(";")[0] for line in dropped] == ["__Host-tre=", "__Host-tre-state="]
        assert made.control.left == [("flc", SECRET)]
        reply, _ = await get(made, "/.tre/leave", Sec_Fetch_Site="cross-site")
        assert reply.status == 403

    run(test)


def test_hosts_that_are_nobodys_and_doubled_headers_are_refused() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        for host in ("localhost", "a.b.localhost", "flc.example", "FLC_.localhost", "127.0.0.1"):
            async with socketless(made, "/user/ada/lab", Host=host) as (status, _):
                assert status == 404, host
        async with made.browser.get(made.url("/.tre/health")) as reply:
            assert await reply.json() == {"up": True}
        async with socketless(made, "http://flc.localhost/user/ada/lab") as (status, _):
            assert status == 400
        for name in ("Origin", "Host", "Content-Type"):
            twice = f"{made.host()}\r\n{name}: gps.localhost"
            async with socketless(made, "/user/ada/lab", **{name: twice}) as (status, _):
                assert status == 400, name
        doubled = f"__Host-tre={SECRET}; __Host-tre={OTHER}"
        reply, _ = await get(made, "/user/ada/api/status", Cookie=doubled)
        assert reply.status == 401
        assert notebook.seen == []

    run(test)


def test_a_server_that_is_gone_is_a_sentence() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        await notebook.down()
        reply, body = await get(made, "/user/ada/api/status")
        assert reply.status == 503
        assert "detail" in json.loads(body)
        if made.in_pods:
            return
        stale = socket.socket(socket.AF_UNIX)
        notebook.path.unlink(missing_ok=True)
        stale.bind(str(notebook.path))
        stale.close()
        assert (await get(made, "/user/ada/api/status"))[0].status == 503

    run(test)


def test_it_starts_without_the_control_plane_and_serves_when_that_comes() -> None:
    async def test(made: World, notebook: Notebook) -> None:
        notebook.reply("GET", "/user/ada/api/status", json={})
        await made.control.down()
        made.settings.role_token_file("gateway").unlink()
        assert (await get(made, "/user/ada/api/status"))[0].status == 503
        await made.control.up()
        assert (await get(made, "/user/ada/api/status"))[0].status == 200

    run(test)
