"""Volumes of snapshots: one handle for each project, one place for all, and who may share it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.kubernetes import storage
from orchestrator.engines.kubernetes.cluster import Csi, HostFolder, Nfs
from tests.kubernetes_world import CLUSTER, a_mount

CSI = Csi(
    "csi.example",
    "v-{digest}-{project}",
    (("path", "/all/{digest}"),),
    (("path", "/all"),),
    ("ReadOnlyMany",),
)
ALL: list[HostFolder | Nfs | Csi] = [
    HostFolder("/srv/tre"),
    HostFolder("/srv/tre", shared=True),
    Nfs("198.18.0.9", "/e"),
    CSI,
]


@given(projects=st.lists(st.text(max_size=40), min_size=2, max_size=5, unique=True))
def test_no_two_projects_have_one_handle(projects: list[str]) -> None:
    """To a node two volumes with one handle are one volume."""
    cluster = replace(CLUSTER, snapshots=CSI)
    volumes: list[Any] = [storage.snapshot(cluster, one, a_mount())[0] for one in projects]
    assert len({one["spec"]["csi"]["volumeHandle"] for one in volumes}) == len(projects)
    assert len({one["metadata"]["name"] for one in volumes}) == len(projects)


@pytest.mark.parametrize("snapshots", ALL, ids=str)
def test_only_the_volume_of_a_publication_can_be_written(snapshots: Any) -> None:
    """And it is another volume, for another namespace, than any project's."""
    cluster = replace(CLUSTER, snapshots=snapshots)
    read: Any = storage.snapshot(cluster, "mds", a_mount())[0]
    write: Any = storage.every_snapshot(cluster)[0]
    assert read["spec"]["accessModes"] == ["ReadOnlyMany"]
    assert write["spec"]["accessModes"] == ["ReadWriteMany"]
    assert write["spec"]["claimRef"]["namespace"] == cluster.placing
    assert read["spec"]["claimRef"]["namespace"] == "tre-mds"
    text = a_mount().digest.removeprefix("sha256:")
    assert text in str(read["spec"])
    assert text not in str(write["spec"])


def test_another_place_is_another_volume() -> None:
    """A volume cannot be changed, so what was placed elsewhere is not taken for placed here."""
    names = {storage.every_claim(replace(CLUSTER, snapshots=one)) for one in ALL}
    assert len(names) == len(ALL)


@pytest.mark.parametrize("nodes", [0, 1, 2, 30])
@pytest.mark.parametrize("snapshots", ALL, ids=str)
def test_a_folder_of_one_node_is_refused_for_several(snapshots: Any, nodes: int) -> None:
    """With a sentence, and no other kind is."""
    why = storage.refusal(replace(CLUSTER, snapshots=snapshots), nodes)
    assert bool(why) == (snapshots == ALL[0] and nodes > 1)
    assert not why or f"{nodes} nodes take notebooks" in why


@pytest.mark.parametrize("phase", ["Pending", "Available", "Bound", "Released", "Failed"])
def test_a_volume_whose_claim_is_gone_is_known(phase: str) -> None:
    """A new one has no status yet, and is not to be made anew for that."""
    volume = storage.every_snapshot(CLUSTER)[0]
    assert not storage.is_released(volume)
    assert storage.is_released({**volume, "status": {"phase": phase}}) == (phase == "Released")
