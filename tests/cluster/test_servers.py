"""Hubs and notebook servers for real: what the port's contract does not ask, under all policies.

Covered: a kernel from the gateway's place, a hub that dies, a pod that dies, a stop and a halt in
the middle of a start, drift, names, who may read what, and reasons in words.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from orchestrator.engines.kubernetes import doorways, hubs, names
from orchestrator.engines.kubernetes.differences import Key
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.port import Server, ServerState, Size, Spec
from orchestrator.errors import Invalid, NotAllowed
from tests.cluster import hands
from tests.cluster.breaking import allow_all, by_hand
from tests.cluster.installed import Asker
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Object, Objects, removed, until
from tests.cluster.pod_world import PodWorld, pod_world
from tests.kubernetes_world import a_spec

SOON = 120
_SMALL = Size(memory_mb=1024)
_CODE = "print(6 * 7)"
_ANSWER = """
import sys, urllib.request, urllib.error
given = {"Authorization": "token " + token for token in sys.argv[2:]}
try:
    asked = urllib.request.Request(sys.argv[1], headers=given)
    print(urllib.request.urlopen(asked, timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError as error:
    print(type(error).__name__)
"""


_HOLDS = """
import pathlib, sys
files = pathlib.Path("/srv/hub").glob("hub.sqlite*")
print(sum(sys.argv[1].encode() in file.read_bytes() for file in files))
"""


@pytest.fixture(scope="module")
def world(objects: Objects) -> Iterator[PodWorld]:
    """One installation for all tests of this file."""
    with pod_world(objects) as found:
        yield found


@pytest.fixture(scope="module")
def spec(world: PodWorld) -> Spec:
    """A project whose hub is up, with people whose names are made to be mixed up."""
    spec = _spec(world, "one", "ada", "a--b", "a-b")
    world.engine.ensure(spec)
    _hub_up(world, spec)
    return spec


def _spec(world: PodWorld, word: str, *people: str, size: Size = _SMALL) -> Spec:
    return a_spec(f"{world.here.prefix}-{word}", *people, size=size)


def _hub_up(world: PodWorld, spec: Spec) -> None:
    until(lambda: world.engine.observe(spec.project).hub_ready, SOON, "the hub is not ready")


def _came_to(engine: KubernetesEngine, spec: Spec, person: str) -> Server:
    """Ask as the reconciler does until it is ready or has failed."""

    def settled() -> Server | None:
        seen = engine.start(spec.project, person)
        return None if seen.state is ServerState.STARTING else seen

    found: Server = until(settled, SOON, f"{person}'s server neither starts nor fails")
    return found


def _ready(engine: KubernetesEngine, spec: Spec, person: str) -> Server:
    seen = _came_to(engine, spec, person)
    assert seen.state is ServerState.READY, seen.reason
    return seen


def _pod(world: PodWorld, spec: Spec, person: str) -> Object:
    return world.objects.pod(names.namespace(spec.project), names.notebook_pod(person))


def _pods(world: PodWorld, spec: Spec) -> list[str]:
    """Every pod of a project, asked of the server."""
    return [where.name for where in world.engine.environments.pods_now(spec.project)]


def _url(server: Server) -> str:
    return f"http://{server.address}{server.base_url}"


def test_a_kernel_answers_to_the_gateway_with_the_servers_token(
    world: PodWorld, spec: Spec
) -> None:
    server = _ready(world.engine, spec, "ada")
    assert server.token is not None
    url = _url(server)
    assert world.run_as("gateway", hands.KERNEL, url, server.token, _CODE) == "42"
    assert world.run_as("gateway", _ANSWER, f"{_url(server)}api/kernels") == "403"
    # The reconciler is not among those whom the policies let in.
    refused = world.run_as("reconciler", _ANSWER, f"{_url(server)}api/kernels")
    assert refused in ("TimeoutError", "URLError")


def test_address_and_door_are_those_of_the_pod(world: PodWorld, spec: Spec) -> None:
    server = _ready(world.engine, spec, "ada")
    pod = _pod(world, spec, "ada")
    secret = doorways.secret_of(pod)
    assert secret is not None
    assert server.address == f"{pod['status']['podIP']}:8888"
    assert server.door == doorways.hash_of(secret)
    assert secret not in repr(server)
    hub = world.engine.observe(spec.project).hub
    assert hub is not None
    assert hub.endswith(":8081")


def test_the_token_of_a_start_opens_one_server_and_is_kept_nowhere(
    world: PodWorld, spec: Spec
) -> None:
    ada, other = (_ready(world.engine, spec, person) for person in ("ada", "a-b"))
    assert ada.token is not None
    assert world.run_as("gateway", _ANSWER, f"{_url(ada)}api/kernels", ada.token) == "200"
    assert world.run_as("gateway", _ANSWER, f"{_url(other)}api/kernels", ada.token) == "403"
    (hub,), system = _hubs(world, spec), world.here.cluster.system
    pod = names.notebook_pod("ada")
    found = [
        int(world.objects.execute(system, hub, hubs.PYTHON, "-I", "-c", _HOLDS, each, seconds=60))
        for each in (ada.token, pod)
    ]
    assert found[0] == 0
    assert found[1] > 0, "it was looked for in the right files"
    world.engine.stop(spec.project, "ada")
    again = _ready(world.engine, spec, "ada")
    assert world.run_as("gateway", _ANSWER, f"{_url(again)}api/kernels", ada.token) == "403"
    world.engine.stop(spec.project, "a-b")


def test_names_that_look_alike_are_different_people(world: PodWorld, spec: Spec) -> None:
    two = [_ready(world.engine, spec, person) for person in ("a--b", "a-b")]
    assert len({server.address for server in two}) == len({server.door for server in two}) == 2
    homes = set()
    for person in ("a--b", "a-b"):
        volumes = _pod(world, spec, person)["spec"]["volumes"]
        (home,) = [each for each in volumes if each["name"] == "home"]
        homes.add(home["persistentVolumeClaim"]["claimName"])
    assert len(homes) == 2
    world.engine.stop(spec.project, "a--b")
    seen = world.engine.observe(spec.project).servers
    assert "a--b" not in seen
    assert seen["a-b"].state is ServerState.READY
    world.engine.stop(spec.project, "a-b")


@pytest.mark.parametrize("person", ["", "../ada", "ada/../a-b", "ADA", "x" * 300, "аda"])
def test_a_hostile_name_reaches_nothing(world: PodWorld, spec: Spec, person: str) -> None:
    with pytest.raises(NotAllowed):
        world.engine.start(spec.project, person)
    with pytest.raises(Invalid):
        world.engine.stop(spec.project, person)


def test_a_hub_that_dies_loses_no_notebook(world: PodWorld, spec: Spec) -> None:
    before = _ready(world.engine, spec, "ada")
    uid = _pod(world, spec, "ada")["metadata"]["uid"]
    hub = world.engine.observe(spec.project).hub
    (where,) = world.engine.environments.world.group(f"hubs of {names.name(spec.project)}")
    world.engine.environments.client.delete(where, grace=1)
    until(lambda: world.engine.observe(spec.project).hub not in (None, hub), SOON, "no new hub")
    assert world.engine.start(spec.project, "ada").token == before.token
    assert _pod(world, spec, "ada")["metadata"]["uid"] == uid
    client = world.engine.servers.hub(spec.project)
    assert client is not None
    until(lambda: client.server_ready("ada"), 30, "the new hub does not know the server")
    assert before.token is not None
    assert world.run_as("gateway", hands.KERNEL, _url(before), before.token, _CODE) == "42"


def test_an_engine_that_starts_again_finds_hub_and_server(world: PodWorld, spec: Spec) -> None:
    before = _ready(world.engine, spec, "ada")
    other = world.another_engine()
    try:
        found = _ready(other, spec, "ada")
    finally:
        other.close()
    assert (found.address, found.door) == (before.address, before.door)
    assert found.token != before.token


def test_a_server_that_dies_has_failed_with_its_reason_and_starts_again(
    world: PodWorld, spec: Spec
) -> None:
    _ready(world.engine, spec, "ada")
    uid = _pod(world, spec, "ada")["metadata"]["uid"]
    _kill(world, uid)
    until(
        lambda: world.engine.observe(spec.project).servers["ada"].state is ServerState.FAILED,
        30,
        "nobody notices",
    )
    assert "status 137" in str(world.engine.observe(spec.project).servers["ada"].reason)
    _ready(world.engine, spec, "ada")
    assert _pod(world, spec, "ada")["metadata"]["uid"] != uid


def _kill(world: PodWorld, uid: str) -> None:
    """Kill a pod's server on its node, as nothing of the cluster does."""
    lab = world.objects.cluster.instance
    assert lab is not None
    for process in _servers_of(lab, uid):
        lab.run("kill", "-KILL", process)


def _servers_of(lab: Instance, uid: str) -> list[str]:
    """The processes on the node that are a pod's notebook server."""
    found = lab.run("sh", "-c", f"grep -l {uid} /proc/[0-9]*/cgroup | cut -d/ -f3", check=False)
    return [
        process
        for process in found.split()
        if "jupyterhub.singleuser" in lab.run("cat", f"/proc/{process}/cmdline", check=False)
    ]


def test_two_notebooks_have_user_ids_of_their_own_and_none_of_the_nodes(
    world: PodWorld, spec: Spec
) -> None:
    """What gets out of one is nobody on the node, and nobody in the other."""
    lab = world.objects.cluster.instance
    assert lab is not None
    ranges = []
    for person in ("ada", "a-b"):
        _ready(world.engine, spec, person)
        uid = _pod(world, spec, person)["metadata"]["uid"]
        (process, *_) = _servers_of(lab, uid)
        inside, outside, many = map(int, lab.run("cat", f"/proc/{process}/uid_map").split())
        assert inside == 0
        assert outside >= 65536
        ranges.append(range(outside, outside + many))
    assert not set(ranges[0]) & set(ranges[1])
    world.engine.stop(spec.project, "a-b")


def test_a_stop_in_the_middle_of_a_start_leaves_nothing(world: PodWorld, spec: Spec) -> None:
    for pause in (0.0, 0.5, 2.0):
        assert world.engine.start(spec.project, "a-b").state is ServerState.STARTING
        time.sleep(pause)
        world.engine.stop(spec.project, "a-b")
        _stays_away(world, spec, "a-b", 3)
    _ready(world.engine, spec, "a-b")
    world.engine.stop(spec.project, "a-b")


def _stays_away(world: PodWorld, spec: Spec, person: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert names.notebook_pod(person) not in _pods(world, spec)
        time.sleep(0.1)


def test_a_person_who_is_halted_in_the_middle_of_a_start_gets_no_server(
    world: PodWorld, spec: Spec
) -> None:
    running = _ready(world.engine, spec, "ada")
    assert world.engine.start(spec.project, "a-b").state is ServerState.STARTING
    world.engine.halt(spec.project, "a-b")
    _stays_away(world, spec, "a-b", 5)
    assert world.engine.start(spec.project, "ada").token == running.token
    other = world.another_engine()
    try:
        with pytest.raises(NotAllowed):
            other.start(spec.project, "a-b")
    finally:
        other.close()
    world.engine.resume(spec.project, "a-b")
    world.engine.stop(spec.project, "a-b")


def test_a_project_that_is_halted_in_the_middle_of_a_start_has_no_process(
    world: PodWorld, spec: Spec
) -> None:
    assert world.engine.start(spec.project, "a-b").state is ServerState.STARTING
    world.engine.halt(spec.project)
    assert _pods(world, spec) == []
    assert not world.engine.observe(spec.project).hub_ready
    _stays_away(world, spec, "a-b", 5)
    other = world.another_engine()
    try:
        other.ensure(spec)
        assert _hubs(world, spec) == []
        with pytest.raises(NotAllowed):
            other.start(spec.project, "ada")
    finally:
        other.close()
    world.engine.resume(spec.project)
    world.engine.ensure(spec)
    _hub_up(world, spec)


def _hubs(world: PodWorld, spec: Spec) -> list[str]:
    labels = f"tre.project={names.name(spec.project)}"
    found = world.objects.core.list_namespaced_pod(world.here.cluster.system, label_selector=labels)
    return [pod.metadata.name for pod in found.items]


def test_a_hub_that_was_altered_is_made_as_it_was_and_the_server_goes_on(
    world: PodWorld, spec: Spec
) -> None:
    before = _ready(world.engine, spec, "ada")
    admin = world.engine.environments.client
    where = Key("Deployment", world.here.cluster.system, names.hub(spec.project))
    admin.delete(where)
    admin.delete(hubs.where_secret(world.here.cluster, spec.project))
    until(lambda: not _hubs(world, spec), 60, "the hub goes on")
    assert world.engine.start(spec.project, "ada").token == before.token
    world.engine.ensure(spec)
    _hub_up(world, spec)
    assert world.engine.observe(spec.project).spec_digest == spec.digest
    assert world.engine.start(spec.project, "ada").token == before.token
    world.engine.stop(spec.project, "ada")
    assert _pods(world, spec) == []


def test_a_hub_reads_no_secret_and_shows_its_token_nowhere(world: PodWorld, spec: Spec) -> None:
    asker = Asker(world.here.kubeconfig, world.here.hub(spec.project))
    system, space = world.here.cluster.system, names.namespace(spec.project)
    try:
        for place in (system, space):
            answer = json.loads(asker.asked("GET", f"/api/v1/namespaces/{place}/secrets"))
            assert answer["code"] == 403, place
        named = f"/api/v1/namespaces/{system}/secrets/{names.hub(spec.project)}"
        assert json.loads(asker.asked("GET", named))["code"] == 403
        for kind in ("pods", "configmaps"):
            answer = json.loads(asker.asked("GET", f"/api/v1/namespaces/{system}/{kind}"))
            assert answer["code"] == 403, kind
    finally:
        asker.close()
    token = world.engine.environments.token(spec.project)
    assert token is not None
    (name,) = _hubs(world, spec)
    assert token not in json.dumps(world.objects.pod(system, name))


def test_what_a_server_waits_for_is_said_in_words(world: PodWorld) -> None:
    spec = _spec(world, "vast", "ada", size=Size(memory_mb=4_000_000))
    world.engine.ensure(spec)
    _hub_up(world, spec)

    def said() -> bool:
        seen = world.engine.start(spec.project, "ada")
        assert seen.state is ServerState.STARTING
        return seen.reason is not None and "no room" in seen.reason

    until(said, 30, "nothing is said")
    world.engine.stop(spec.project, "ada")
    _filled(world, spec)
    failed = _came_to(world.engine, spec, "ada")
    assert failed.state is ServerState.FAILED
    assert "quota" in str(failed.reason)
    removed(world.engine, spec.project)


def _filled(world: PodWorld, spec: Spec) -> None:
    """Let the quota have no room: one that the engine would put right at its next turn."""
    where = Key("ResourceQuota", names.namespace(spec.project), "workspace")
    client = world.engine.environments.client
    seen = client.get(where)
    full = {**seen, "spec": {"hard": {"pods": "0"}}}
    full.pop("status", None)
    client.replace(full, seen)
    until(lambda: _hard(client.get(where)) == {"pods": "0"}, 20, "the quota is not in force")


def _hard(quota: Object) -> Object:
    found: Object = quota.get("status", {}).get("hard", {})
    return found


def test_a_wall_that_does_not_hold_is_named(world: PodWorld) -> None:
    """The server's first container ends at once and says why; the hub clears up behind it."""
    spec = _spec(world, "wide", "ada")
    world.engine.ensure(spec)
    _hub_up(world, spec)
    by_hand(world.here, world.objects, allow_all(names.namespace(spec.project)))
    time.sleep(1)  # until it is enforced
    failed = _came_to(world.engine, spec, "ada")
    assert failed.state is ServerState.FAILED
    assert "A wall of this server does not hold" in str(failed.reason)
    hub = world.engine.servers.hub(spec.project)
    assert hub is not None
    until(lambda: hub.server_ready("ada") is None, 30, "the hub does not clear up")
    assert world.engine.observe(spec.project).servers["ada"] == failed, "its pod is there yet"
    world.engine.stop(spec.project, "ada")
    assert _pods(world, spec) == []
    removed(world.engine, spec.project)


def test_an_image_that_is_not_there_fails_with_words(world: PodWorld) -> None:
    spec = replace(_spec(world, "bare", "ada"), image="missing")
    world.engine.ensure(spec)
    _hub_up(world, spec)
    failed = _came_to(world.engine, spec, "ada")
    assert failed.state is ServerState.FAILED
    assert "image" in str(failed.reason)
    world.engine.stop(spec.project, "ada")
    removed(world.engine, spec.project)
