"""The doors of a real cluster: real pods, real policies, a service, and the process in its image.

What a door lets through and refuses is shown without a cluster in `tests/integration`; here is what
only a cluster has: addresses as they really arrive, policies, and a network that may lie.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

import pytest

from orchestrator.link.addresses import DOORS_HEALTH
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.doors_world import House, Notebook, house
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Objects, until

CALLS = """
import base64, json, os, sys, urllib.error, urllib.request
from urllib.parse import urlsplit
secret = sys.argv[1] if len(sys.argv) > 1 else os.environ["TRE_DOOR_SECRET"]
own = os.environ["TRE_DOOR_SECRET"]
hub = os.environ["JUPYTERHUB_API_URL"].replace(own, secret)
packages = urlsplit(os.environ["PIP_INDEX_URL"])
pair = base64.b64encode(f"tre:{secret}".encode()).decode()
def call(url, headers={}):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as got:
            return [got.status, json.loads(got.read())]
    except urllib.error.HTTPError as refused:
        return [refused.code, json.loads(refused.read())]
    except OSError as nothing:
        return [0, type(nothing).__name__]
print(json.dumps({
    "hub": call(hub),
    "packages": call(f"http://{packages.hostname}:{packages.port}/simple/x/",
                     {"Authorization": f"Basic {pair}"}),
    "airlock": call(os.environ["TRE_AIRLOCK"] + "/status", {"TRE-Door": secret}),
}))
"""

HOLD = """
import os, sys, time, http.client
from urllib.parse import urlsplit
where = urlsplit(os.environ["TRE_AIRLOCK"])
held = http.client.HTTPConnection(where.hostname, where.port)
held.putrequest("PUT", "/drafts/a/files/x")
held.putheader("TRE-Door", os.environ["TRE_DOOR_SECRET"])
held.putheader("Content-Length", "1000000")
held.endheaders()
print("held", flush=True)
try:
    while True:
        held.send(b"x")
        time.sleep(0.05)
except OSError:
    print("cut", time.time(), flush=True)
try:
    again = http.client.HTTPConnection(where.hostname, where.port)
    again.request("GET", "/status", headers={"TRE-Door": os.environ["TRE_DOOR_SECRET"]})
    print("again", again.getresponse().status)
except OSError:
    print("refused")
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
    """A notebook's pod that is looked into."""
    return here.notebook(here.project("a"))


@pytest.fixture(scope="module")
def grace(here: House) -> Notebook:
    """One of another project."""
    return here.notebook(here.project("b"), "grace")


def calls(here: House, notebook: Notebook, secret: str = "") -> dict[str, list[object]]:
    words = [secret] if secret else []
    found: dict[str, list[object]] = json.loads(here.inside(notebook, CALLS, *words))
    return found


def statuses(here: House, notebook: Notebook, secret: str = "") -> dict[str, object]:
    return {name: said[0] for name, said in calls(here, notebook, secret).items()}


NOTHING = {"hub": 0, "packages": 0, "airlock": 0}
SERVED = {"hub": 200, "packages": 404, "airlock": 200}


def test_a_pod_finds_its_doors_by_address_and_is_known_there(
    here: House, ada: Notebook, grace: Notebook
) -> None:
    """Through the service: what the doors see is the pod's own address, or nothing would pass."""
    here.lists(here.listed(ada), here.listed(grace))
    found = calls(here, ada)
    assert {name: said[0] for name, said in found.items()} == SERVED
    assert found["hub"][1] == {"version": "6.1.1"}
    assert "No package is offered" in str(found["packages"][1])
    assert here.control.intake[-1][1] == f"/internal/intake/{ada.project}/ada/requests"
    assert statuses(here, grace)["airlock"] == 200
    assert here.control.intake[-1][1] == f"/internal/intake/{grace.project}/grace/requests"
    assert here.health()["node"] is None


def test_a_secret_works_from_its_own_pod_only(here: House, ada: Notebook, grace: Notebook) -> None:
    here.lists(here.listed(ada), here.listed(grace))
    before = len(here.control.intake)
    assert statuses(here, grace, ada.secret) == NOTHING
    assert statuses(here, ada, grace.secret) == NOTHING
    assert statuses(here, ada, "y" * 43) == NOTHING
    assert here.health()["stranger"] == {"address": ada.address, "why": "secret"}
    here.lists(here.listed(grace))
    assert statuses(here, ada) == NOTHING
    assert here.health()["stranger"] == {"address": ada.address, "why": "address"}
    assert len(here.control.intake) == before


def test_policies_leave_the_health_port_and_the_pod_itself_shut(here: House, ada: Notebook) -> None:
    """Health is for our own pods and the kubelet; that the same call works here is the control."""
    here.lists(here.listed(ada))
    program = """
import socket, sys
for port in map(int, sys.argv[2:]):
    try:
        socket.create_connection((sys.argv[1], port), 2).close()
        print(port, "open")
    except OSError:
        print(port, "shut")
"""
    doors = str(here.doors["status"]["podIP"])
    said = here.inside(ada, program, doors, "8081", "8082", "8083", str(DOORS_HEALTH), "8701")
    assert said.split("\n")[:5] == ["8081 open", "8082 open", "8083 open", "8084 shut", "8701 shut"]
    assert here.health()["up"] is True


def test_the_researchers_own_commands_work_over_it(here: House, ada: Notebook) -> None:
    """`tre` of the image, and an installer, which sends the secret and does not print it."""
    here.lists(here.listed(ada))
    here.control.intake_answer = (200, [])
    tre = ("/opt/workspace/bin/python", "/opt/workspace/bin/tre", "status")
    here.objects.execute(ada.space, ada.name, *tre)
    assert here.control.intake[-1][0] == "GET"
    program = """
import subprocess, sys
done = subprocess.run([sys.executable, "-m", "pip", "download", "--no-cache-dir", "-d", "/tmp/x",
                       "--retries", "0", "tre-no-such-package"], capture_output=True, text=True)
print(done.returncode, done.stdout, done.stderr)
"""
    said = here.inside(ada, program, seconds=120)
    assert "No matching distribution found" in said
    assert ada.secret not in said


def test_a_revoked_server_is_cut_and_refused_within_two_seconds(
    here: House, ada: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the middle of an upload; the pod itself tells when it noticed."""
    here.lists(here.listed(ada))
    began: list[float] = []

    async def both() -> str:
        holding = asyncio.create_task(asyncio.to_thread(here.inside, ada, HOLD))
        before = len(here.control.intake)
        await asyncio.sleep(3)
        assert not holding.done()
        assert len(here.control.intake) == before  # it is under way
        here.control.servers = []
        began.append(time.time())
        here.outside.push(kind="revoke", project=ada.project, person="ada")
        return await holding

    lines = asyncio.run(both()).split("\n")
    assert lines[0] == "held"
    seconds = float(lines[1].removeprefix("cut ")) - began[0]
    with capsys.disabled():
        sys.stdout.write(f"\ncut after {seconds:.3f} s\n")
    assert 0 < seconds < 2
    assert lines[2] == "refused"


def test_a_halt_closes_everything_although_the_list_still_names_it(
    here: House, ada: Notebook
) -> None:
    here.lists(here.listed(ada))
    assert statuses(here, ada) == SERVED
    here.outside.push(kind="halt", project=ada.project, person=None)
    until(lambda: here.health()["servers"] == 0, 2, "it stays open")
    assert statuses(here, ada) == NOTHING
    here.outside.push(kind="resume", project=ada.project, person=None)
    until(lambda: here.health()["servers"] == 1, 5, "it stays shut")


def test_an_address_that_another_project_gets_is_of_no_use_to_it(here: House) -> None:
    """A pod ends and its address goes to another project's, before the control plane has heard."""
    mine, theirs = here.project("c"), here.project("d")
    old = here.notebook(mine)
    here.lists(here.listed(old))
    assert statuses(here, old) == SERVED
    here.end(old)
    new = here.at_address(theirs, "mallory", old.address)
    assert statuses(here, new) == NOTHING
    assert statuses(here, new, "y" * 43) == NOTHING
    here.lists(here.listed(new))
    assert statuses(here, new)["airlock"] == 200
    assert here.control.intake[-1][1] == f"/internal/intake/{new.project}/mallory/requests"


def test_a_call_from_a_node_is_nobodys_and_is_said(here: House, ada: Notebook) -> None:
    here.lists(here.listed(ada))
    call = f"exec 3<>/dev/tcp/{here.doors['status']['podIP']}/8083 && timeout 5 cat <&3"
    assert here.lab.run("bash", "-c", call, check=False) == ""
    assert here.health()["node"] in here.nodes


def test_where_service_traffic_is_masqueraded_nothing_passes_and_it_is_said(
    here: House, ada: Notebook
) -> None:
    """kube-proxy of this cluster leaves addresses alone; one that does not opens nothing."""
    here.lists(here.listed(ada))
    assert statuses(here, ada) == SERVED
    rule = f"ip saddr {ada.address} tcp dport {{8081,8082,8083}} masquerade"
    nft = ("nft", "add", "table", "ip", "tretest", ";", "add", "chain", "ip", "tretest", "post")
    chain = "{ type nat hook postrouting priority srcnat + 50 ; }"
    here.lab.run(*nft, chain, ";", "add", "rule", "ip", "tretest", "post", rule)
    try:
        assert statuses(here, ada) == NOTHING
        assert here.health()["node"] in here.nodes
    finally:
        here.lab.run("nft", "delete", "table", "ip", "tretest")
    until(lambda: statuses(here, ada) == SERVED, 10, "it stays shut")
