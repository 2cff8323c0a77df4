"""What an administrator says of a cluster is read whole, or refused with a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kubernetes import described
from orchestrator.engines.kubernetes.cluster import Cluster, Csi, Homes, HostFolder, Nfs
from orchestrator.errors import Invalid
from orchestrator.settings import Settings

LEAST: dict[str, Any] = {
    "images": {"hub": "r/hub@sha256:" + "1" * 64},
    "doors_address": "198.19.200.10",
}


def read(**more: Any) -> Cluster:
    """Read the least and this."""
    return described.read(json.dumps({**LEAST, **more}))


def test_what_is_not_said_is_at_its_default() -> None:
    """The least names images and the doors."""
    assert read() == Cluster(images=LEAST["images"], doors_address="198.19.200.10")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"kind": "folder", "root": "/srv"}, HostFolder("/srv")),
        ({"kind": "nfs", "server": "s", "root": "/srv"}, Nfs("s", "/srv")),
        (
            {"kind": "csi", "driver": "d", "handle": "{digest}", "attributes": {"a": "b"}},
            Csi("d", "{digest}", (("a", "b"),)),
        ),
    ],
)
def test_snapshots_in_every_way(said: dict[str, Any], wanted: object) -> None:
    """Each of its own shape."""
    assert read(snapshots=said).snapshots == wanted


def test_everything_else_has_its_place() -> None:
    """Lists become what the builders take."""
    found = read(
        api_servers=[{"address": "198.18.0.1", "port": 6443}],
        homes={"home_mb": 7},
        controllers=["one"],
        user_namespaces=False,
    )
    assert found.api_servers == (("198.18.0.1", 6443),)
    assert found.homes == Homes(home_mb=7)
    assert (found.controllers, found.user_namespaces) == (("one",), False)


@pytest.mark.parametrize(
    "more",
    [
        {"walll": True},
        {"ports": {"hub": 1}},
        {"snapshots": {"kind": "tape"}},
        {"snapshots": {"root": "/srv"}},
        {"homes": {"home_gb": 1}},
        {"api_servers": [{"address": "198.18.0.1"}]},
        {"doors_address": "doors.example"},
        {"images": {"hub": "hub:latest"}},
    ],
)
def test_what_is_not_understood_is_refused(more: dict[str, Any]) -> None:
    """A word that is ignored would be a decision that nobody keeps."""
    with pytest.raises(Invalid):
        read(**more)


@pytest.mark.parametrize("text", ["", "[]", "1", "{"])
def test_what_is_no_object_is_refused(text: str) -> None:
    """Empty as well."""
    with pytest.raises(Invalid):
        described.read(text)


@pytest.mark.parametrize("url", ["", "sqlite:////srv/tre.db"])
def test_sqlite_is_refused_on_a_cluster(url: str, tmp_path: Path) -> None:
    """Its processes are not on one host; one machine keeps it."""
    with pytest.raises(Invalid, match="SQLite needs all its processes on one host"):
        _ = Settings(engine="kubernetes", database_url=url).database
    assert Settings(state_dir=tmp_path).database.startswith("sqlite:///")
    mine = "postgresql+psycopg://u:p@h/d"
    assert Settings(engine="kubernetes", database_url=mine).database == mine
