"""How a call on a cluster shows its server's secret, and who is listed there."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from orchestrator.doors.callers import Caller, parse_callers
from orchestrator.doors.ports import Strangers
from orchestrator.doors.shown import SHOWN, fits
from orchestrator.engines.kubernetes import doorways
from orchestrator.link.addresses import Reach, reach
from orchestrator.values import server_key
from tests.kubernetes_world import CLUSTER

SECRET = "s3cret_-" * 5
HASH = doorways.hash_of(SECRET)


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("door", "target", "headers", "found"),
    [
        ("hub", f"/{SECRET}/hub/api", {}, (SECRET, "/hub/api")),
        ("hub", f"/{SECRET}/", {}, (SECRET, "/")),
        ("hub", f"/{SECRET}//x", {}, (SECRET, "//x")),
        ("hub", f"/{SECRET}", {}, None),
        ("hub", f"{SECRET}/hub", {}, None),
        ("hub", "", {}, None),
        ("airlock", "/status", {"TRE-Door": [SECRET]}, (SECRET, "/status")),
        ("airlock", "/status", {"TRE-Door": [SECRET, SECRET]}, None),
        ("airlock", f"/{SECRET}/status", {}, None),
        ("packages", "/x", {"Authorization": [basic(f"tre:{SECRET}")]}, (SECRET, "/x")),
        ("packages", "/x", {"Authorization": [basic(f"tre:{SECRET}")] * 2}, None),
        ("packages", "/x", {"Authorization": [basic(f"ada:{SECRET}")]}, None),
        ("packages", "/x", {"Authorization": [basic("tre")]}, ("", "/x")),
        ("packages", "/x", {"Authorization": ["Basic \u00e4"]}, None),
        ("packages", "/x", {"Authorization": ["Basic //79"]}, None),
        ("packages", "/x", {"Authorization": [f"token {SECRET}"]}, None),
        ("packages", "/x", {}, None),
    ],
)
def test_each_door_looks_in_one_place(
    door: str, target: str, headers: dict[str, list[str]], found: tuple[str, str] | None
) -> None:
    def values(name: str) -> Sequence[str]:
        return headers.get(name, [])

    assert SHOWN[door](target, values) == found


def test_a_secret_fits_its_own_hash_only() -> None:
    assert fits(SECRET, HASH)
    for other in ("", SECRET[:-1], SECRET + "x", SECRET.upper(), HASH, "a" * 31, "\u00e4" * 40):
        assert not fits(other, HASH), other
    for misshapen in ("", "a" * 31, "a" * 65, "\u00e4" * 40, "a" * 40 + "\n", "a" * 39 + "/"):
        assert not fits(misshapen, doorways.hash_of(misshapen)), misshapen


def entry(project: str = "flc", person: str = "ada", **changed: Any) -> dict[str, Any]:
    facts = {
        "key": server_key(project, person), "project": project, "person": person,
        "address": "198.19.0.7", "secret": HASH, "hub": "198.19.0.9:8081",
    }  # fmt: skip
    return facts | changed


def listed(*entries: dict[str, Any], known: Reach | None = None) -> list[Caller]:
    return parse_callers({"servers": list(entries)}, known or Reach())


def test_a_server_of_a_cluster_is_read_whole_or_not() -> None:
    key = server_key("flc", "ada")
    assert listed(entry()) == [Caller(key, "flc", "ada", "198.19.0.9:8081", "198.19.0.7", HASH)]
    assert listed(entry(hub=None))[0].hub is None
    for wrong in (
        {"address": None}, {"address": "127.0.0.1"}, {"address": "198.19.0.7:8888"},
        {"secret": None}, {"secret": SECRET}, {"secret": HASH.upper()}, {"secret": f"{HASH}\n"},
        {"key": "x"}, {"project": "gps"}, {"person": "../x"},
    ):  # fmt: skip
        assert listed(entry() | wrong) == [], wrong
    assert listed(entry(), known=reach("", "198.19.0.7")) == []
    assert "secret" not in repr(listed(entry())[0])


def test_those_who_cannot_be_told_apart_are_left_out_together() -> None:
    grace = entry("gps", "grace", address="198.19.0.8", secret=doorways.hash_of("g" * 40))
    assert len(listed(entry(), grace)) == 2
    assert listed(entry(), grace | {"address": "198.19.0.7"}) == []
    assert listed(entry(), grace | {"secret": HASH}) == []
    third = entry("gps", "mary", address="198.19.0.3", secret=doorways.hash_of("m" * 40))
    assert [c.person for c in listed(entry(), grace | {"secret": HASH}, third)] == ["mary"]


def test_strangers_are_counted_for_ten_minutes_and_said_once_in_one() -> None:
    now = [0.0]
    seen = Strangers(reach("", "198.19.0.1"), clock=lambda: now[0])
    assert seen.health() == {"stranger": None, "node": None}
    seen.note("198.19.0.1", "address")
    seen.note("198.19.0.5", "secret")
    assert seen.health() == {
        "stranger": {"address": "198.19.0.5", "why": "secret"},
        "node": "198.19.0.1",
    }
    now[0] = 601.0
    assert seen.health() == {"stranger": None, "node": None}


def test_a_pod_is_told_its_doors_by_address() -> None:
    host = CLUSTER.doors_address
    assert doorways.environment(CLUSTER, "ada", SECRET) == {
        "TRE_DOOR_SECRET": SECRET,
        "TRE_AIRLOCK": f"http://{host}:8083",
        "PIP_INDEX_URL": f"http://tre:{SECRET}@{host}:8082/simple/",
        "PIP_TRUSTED_HOST": f"{host}:8082",
        "JUPYTERHUB_API_URL": f"http://{host}:8081/{SECRET}/hub/api",
        "JUPYTERHUB_ACTIVITY_URL": f"http://{host}:8081/{SECRET}/hub/api/users/ada/activity",
    }


def test_the_secret_is_read_back_from_the_pod() -> None:
    env = [{"name": "A", "value": "b"}, {"name": "TRE_DOOR_SECRET", "value": SECRET}]
    pod: dict[str, object] = {"spec": {"containers": [{"env": env}]}}
    assert doorways.secret_of(pod) == SECRET
    others: list[dict[str, object]] = [{}]
    others += [{"spec": {"containers": [{}]}}, {"spec": {"containers": [{"env": env[:1]}]}}]
    for other in others:
        assert doorways.secret_of(other) is None


@pytest.mark.parametrize("address", ["198.19.200.10", "2001:2::77"])
def test_an_installer_is_told_to_trust_the_door_that_it_is_told_of(address: str) -> None:
    """It asks nobody over plain http but loopback and whom it was told to trust, port and all."""
    told = doorways.environment(replace(CLUSTER, doors_address=address), "ada", SECRET)
    asked = urlsplit(told["PIP_INDEX_URL"])
    assert told["PIP_TRUSTED_HOST"] == asked.netloc.rpartition("@")[2]
    assert asked.port == CLUSTER.ports.packages
