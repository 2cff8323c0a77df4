"""What a start asks of its hub: one question, whose answer is that the server is ready."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.engines.kubernetes import doorways, names
from orchestrator.engines.kubernetes.differences import Key
from orchestrator.engines.kubernetes.records import Record
from orchestrator.engines.kubernetes.servers import _AT_HUB, IN_PEACE, Servers, _Asked
from orchestrator.engines.port import Server, ServerState
from orchestrator.hub.spec import POD, TOKEN
from tests.kubernetes_world import CLUSTER, a_spec
from tests.kubernetes_world import TOKEN as HUB_TOKEN
from tests.local_world import wait_for

pytestmark = pytest.mark.loopback

START = "POST /hub/api/users/ada/server"
USER = "GET /hub/api/users/ada"
MADE = "POST /hub/api/users/ada/tokens"
PERSON = "POST /hub/api/users/ada"
GONE = "DELETE /hub/api/users/ada/server"
LEFT = "DELETE /hub/api/users/ada"
TOLD = "GET /hub/api/users/ada/server/progress"
Said = tuple[int, Mapping[str, object] | str]
READY: Said = (200, {"servers": {"": {"ready": True}}})
PENDING: Said = (200, {"servers": {"": {"ready": False, "pending": "stop"}}})
NOBODY: Said = (200, {"servers": {}})
HANGS_UP: Said = (0, {})
WHY = 'data: {"failed": true, "message": "Spawn failed: exceeded quota"}\n'


class Hub:
    """A hub that answers as a test says, the last answer for ever, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.answers: dict[str, list[Said]] = {}
        self.released = threading.Event()
        self.released.set()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = f"{self.command} {self.path}"
                hub.asked.append(name)
                hub.bodies.append(json.loads(body or b"{}"))
                if name.startswith("POST") and name.endswith("/server"):
                    hub.released.wait(10)
                left = hub.answers[name]
                status, said = left.pop(0) if len(left) > 1 else left[0]
                if status:
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write((said if isinstance(said, str) else json.dumps(said)).encode())

            do_POST = do_DELETE = do_GET

            def log_message(self, *_: object) -> None:
                """Be silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def sent(self) -> dict[str, Any]:
        """Answer the body of the last request for a server."""
        return next(
            body
            for name, body in zip(self.asked[::-1], self.bodies[::-1], strict=True)
            if name == START
        )


class World:
    """What is seen of ada's pod and of others', and who ended it."""

    def __init__(self) -> None:
        self.pod: dict[str, Any] | None = None
        self.others: dict[str, dict[str, Any]] = {}
        self.ended = 0

    def get(self, where: Key) -> dict[str, Any] | None:
        """Answer the pod of a person."""
        return self.pod if where.name == names.notebook_pod("ada") else self.others.get(where.name)

    def runs(self, pod: dict[str, Any], phase: str = "Running") -> None:
        """A node has this pod."""
        at = {"phase": phase, "podIP": "198.18.0.7", "hostIP": "198.18.0.1"}
        self.pod = {**pod, "metadata": {**pod["metadata"], "uid": "one"}, "status": at}

    def end(self, *_: object) -> None:
        """Take the pod away."""
        self.ended += 1
        self.pod = None


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.released.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def servers(hub: Hub, world: World) -> Iterator[Servers]:
    environments: Any = SimpleNamespace(
        world=SimpleNamespace(get=world.get, group=lambda name: {}),
        cluster=CLUSTER,
        walls=SimpleNamespace(doors_pods=lambda: ()),
        hub_address=lambda project: hub.server.server_address,
        token=lambda project: HUB_TOKEN,
        end=world.end,
        may_run=lambda project: True,
    )
    made = Servers(
        environments, lambda address, seconds: socket.create_connection(address, seconds)
    )
    yield made
    made.close()


def named() -> dict[str, Any]:
    return {"name": names.notebook_pod("ada"), "namespace": names.namespace("mds")}


def a_pod(secret: str = "") -> dict[str, Any]:
    """A pod of ada's that some start has made."""
    env = [{"name": doorways.SECRET, "value": secret}] if secret else []
    return {"kind": "Pod", "metadata": named(), "spec": {"containers": [{"env": env}]}}


def start(servers: Servers) -> Server:
    return servers.start(Record(a_spec("mds")), "ada")


def until(servers: Servers, state: ServerState) -> Server:
    """Take turns, as the reconciler does, until a server is in a state."""
    seen: list[Server] = []

    def stands() -> bool:
        seen.append(start(servers))
        return seen[-1].state is state

    wait_for(stands, 5)
    return seen[-1]


def asked(hub: Hub, times: int = 1) -> None:
    """Wait until a hub has been asked so often."""
    wait_for(lambda: len(hub.asked) >= times, 5)


def test_a_start_costs_the_hub_one_question(servers: Servers, hub: Hub, world: World) -> None:
    hub.answers = {START: [(201, {})]}
    hub.released.clear()
    assert start(servers).state is ServerState.STARTING
    asked(hub)
    world.runs(hub.sent()["user_options"][POD])
    for _ in range(3):
        assert start(servers).state is ServerState.STARTING, "the hub has yet to answer"
    hub.released.set()
    assert until(servers, ServerState.READY).token == hub.sent()[TOKEN]
    assert start(servers).state is ServerState.READY
    assert hub.asked == [START]


def test_the_hubs_answer_is_a_hint_to_whoever_waits(
    servers: Servers, hub: Hub, world: World
) -> None:
    """Nobody has to look again and again; a look right after it finds the server ready."""
    hub.answers = {START: [(201, {})]}
    hub.released.clear()
    start(servers)
    asked(hub)
    world.runs(hub.sent()["user_options"][POD])
    assert not servers.answered(0.05)
    hub.released.set()
    assert servers.answered(5)
    assert start(servers).state is ServerState.READY
    assert not servers.answered(0), "a hint is given once"


def test_whoever_comes_first_is_first_when_many_come(
    servers: Servers, hub: Hub, world: World
) -> None:
    """A hub works on few starts until their pods are there; the others wait for their turn."""
    people = [f"person-{number}" for number in range(3 * _AT_HUB)]
    starts = [f"POST /hub/api/users/{person}/server" for person in people]
    hub.answers = {each: [(201, {})] for each in starts}
    hub.answers |= {f"GET /hub/api/users/{person}": [PENDING] for person in people}
    hub.released.clear()
    record = Record(a_spec("mds", *people))

    def turn() -> None:
        assert {servers.start(record, who).state for who in people} == {ServerState.STARTING}

    turn()
    asked(hub, _AT_HUB)
    turn()
    assert sorted(hub.asked) == sorted(starts[:_AT_HUB])
    for person in people[:2]:
        pod = {**a_pod(), "status": {"phase": "Pending"}}
        world.others[names.notebook_pod(person)] = pod
    turn()
    asked(hub, _AT_HUB + 2)
    turn()
    assert sorted(hub.asked) == sorted(starts[: _AT_HUB + 2])
    hub.released.set()

    def all_asked() -> bool:
        turn()
        return set(hub.asked) >= set(starts)

    wait_for(all_asked, 10)


def test_a_pod_on_its_way_costs_the_hub_nothing(servers: Servers, hub: Hub, world: World) -> None:
    servers._asked["mds", "ada"] = _Asked(None)
    world.runs(a_pod(), "Pending")
    assert start(servers).state is ServerState.STARTING
    assert not hub.asked


def test_the_hub_is_told_of_a_person_it_does_not_know(servers: Servers, hub: Hub) -> None:
    hub.answers = {START: [(404, {}), (201, {})], PERSON: [(201, {"name": "ada"})]}
    start(servers)
    asked(hub, 3)
    assert hub.asked == [START, PERSON, START]


def test_a_token_never_opens_the_pod_of_another_start(
    servers: Servers, hub: Hub, world: World
) -> None:
    """The hub was in the middle of a start that an engine before this one had asked for."""
    hub.answers = {START: [(202, {})], USER: [READY], MADE: [(200, {"token": "made"})]}
    start(servers)
    world.runs(a_pod("a secret of before"))
    assert until(servers, ServerState.READY).token == "made"
    assert hub.asked == [START, USER, MADE]


def test_a_server_that_is_slow_opens_with_what_came_with_its_start(
    servers: Servers, hub: Hub, world: World
) -> None:
    hub.answers = {START: [(202, {})], USER: [PENDING, READY]}
    start(servers)
    asked(hub)
    world.runs(hub.sent()["user_options"][POD])
    assert until(servers, ServerState.READY).token == hub.sent()[TOKEN]
    assert MADE not in hub.asked


def test_what_still_stops_at_the_hub_is_waited_for_and_asked_for_again(
    servers: Servers, hub: Hub, world: World
) -> None:
    stops = (400, {"message": "ada is pending stop"})
    hub.answers = {
        START: [stops, (201, {})],
        USER: [PENDING, NOBODY],
        GONE: [(204, {})],
    }
    start(servers)
    wait_for(lambda: start(servers) is not None and hub.asked.count(START) == 2, 5)
    assert world.ended
    assert GONE in hub.asked


def test_why_a_start_failed_is_the_hubs_own_word(servers: Servers, hub: Hub) -> None:
    hub.answers = {START: [(500, {})], USER: [NOBODY], TOLD: [(200, WHY)]}
    start(servers)
    assert "quota" in (until(servers, ServerState.FAILED).reason or "")
    assert hub.asked.count(START) == 1, "whoever waits decides whether it is tried again"


def test_a_hub_that_never_heard_of_a_start_is_asked_again(servers: Servers, hub: Hub) -> None:
    hub.answers = {START: [HANGS_UP, (201, {})], USER: [NOBODY]}
    start(servers)
    wait_for(lambda: start(servers) is not None and hub.asked.count(START) == 2, 5)


def test_an_end_waits_for_a_request_that_is_on_its_way(
    servers: Servers, hub: Hub, world: World
) -> None:
    """Its pod could come after everything was seen to be gone."""
    hub.released.clear()
    hub.answers = {START: [(500, {})], GONE: [(204, {})], USER: [NOBODY]}
    start(servers)
    asked(hub)
    ending = threading.Thread(target=servers.end, args=("mds", "ada", IN_PEACE))
    ending.start()
    wait_for(lambda: hub.asked.count(GONE) > 2, 5)
    assert ending.is_alive()
    hub.released.set()
    ending.join(5)
    assert not ending.is_alive()


@pytest.mark.parametrize("comes_again", [False, True])
def test_who_comes_again_is_made_anew_when_they_stop(
    servers: Servers, hub: Hub, comes_again: bool
) -> None:
    """With the person all tokens go; a person who left stays unknown."""
    hub.answers = {GONE: [(204, {})], USER: [NOBODY], LEFT: [(204, {})], PERSON: [(201, {})]}
    servers.forget_at_hub("mds", "ada", comes_again=comes_again)
    assert hub.asked.count(LEFT) == 1
    assert hub.asked[-1] == (PERSON if comes_again else LEFT)
