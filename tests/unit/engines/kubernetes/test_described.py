"""A cluster's file: every key known, every value one that makes safe objects."""

from pathlib import Path

import pytest

from orchestrator.engines.kubernetes.cluster import Csi, HostFolder, Nfs
from orchestrator.engines.kubernetes.described import described
from orchestrator.errors import Invalid

SMALLEST = f"""
images:
  workspace: images.example.org/workspace@sha256:{"1" * 64}
  hub: images.example.org/hub@sha256:{"2" * 64}
  worker: images.example.org/orchestrator@sha256:{"3" * 64}
doors_address: 198.19.0.10
"""


_A_DRIVERS = """
  driver: csi.example
  handle: v-{digest}-{project}
  modes: [ReadWriteMany]
  attributes: [[path, "/all/{digest}"]]
  writing: [[path, /all]]
"""


def _file(tmp_path: Path, more: str = "", text: str = SMALLEST) -> Path:
    file = tmp_path / "cluster.yaml"
    file.write_text(text + more)
    return file


def test_what_is_not_said_is_as_shipped(tmp_path: Path) -> None:
    found = described(_file(tmp_path))
    assert found.system == "tre"
    assert found.user_namespaces
    assert found.snapshots == HostFolder("/srv/tre")


@pytest.mark.parametrize(
    ("said", "snapshots"),
    [
        ("snapshots: {root: /data}", HostFolder("/data")),
        ("snapshots: {server: 198.18.0.9, root: /export}", Nfs("198.18.0.9", "/export")),
        ("snapshots: {root: /data, shared: true}", HostFolder("/data", shared=True)),
        (
            f"snapshots: {_A_DRIVERS}",
            Csi(
                "csi.example",
                "v-{digest}-{project}",
                (("path", "/all/{digest}"),),
                (("path", "/all"),),
                ("ReadWriteMany",),
            ),
        ),
    ],
)
def test_snapshots_lie_where_it_is_said(tmp_path: Path, said: str, snapshots: object) -> None:
    assert described(_file(tmp_path, said)).snapshots == snapshots


_CSI = "snapshots: {driver: %s, handle: '%s', attributes: [[path, '%s']], modes: [%s]}"
_ONE = "{digest}-{project}"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (("csi.example", _ONE, "/{digest}", ""), "read by many nodes at once"),
        (("csi.example", _ONE, "/{digest}", "ReadWriteOnce"), "read by many nodes at once"),
        (("ebs.csi.aws.com", _ONE, "/{digest}", "ReadWriteMany"), "read by many nodes at once"),
        (("csi.example", "v-{digest}", "/{digest}", "ReadOnlyMany"), "one volume to a node"),
        (("csi.example", "v" * 40 + _ONE, "/{digest}", "ReadOnlyMany"), "128 characters"),
        (("csi.example", _ONE, "/all", "ReadOnlyMany"), "folder of all snapshots"),
    ],
)
def test_storage_that_two_projects_cannot_read_at_once_is_refused_with_a_sentence(
    tmp_path: Path, said: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        described(_file(tmp_path, _CSI % said))


def test_lists_are_read_as_pairs(tmp_path: Path) -> None:
    assert described(_file(tmp_path, "api_servers: [[198.18.0.1, 6443]]")).api_servers == (
        ("198.18.0.1", 6443),
    )


@pytest.mark.parametrize(
    "more",
    [
        "sistem: other",
        "homes: {home_gb: 5}",
        "ports: {hub: none}",
        "system: tre-system",
        "api_servers: [[kubernetes.default, 443]]",
        "images: {workspace: 'workspace:latest'}",
        "snapshots: {root: /data, sever: x}",
        "snapshots: {repository: registry.example/tre, root: /data}",
        "- a list",
    ],
)
def test_what_nobody_reads_or_is_unsafe_is_refused(tmp_path: Path, more: str) -> None:
    with pytest.raises(Invalid):
        described(_file(tmp_path, more))


def test_without_a_file_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="TRE_CLUSTER_FILE"):
        described(None)
    with pytest.raises(Invalid, match=r"absent\.yaml"):
        described(tmp_path / "absent.yaml")
