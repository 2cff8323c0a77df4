"""The lab's pure parts: addresses, settings, archives, which cluster, pinned versions."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from ipaddress import ip_address, ip_network
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from orchestrator.errors import Invalid, Unavailable
from tests.cluster import __main__ as of_a_cluster
from tests.cluster.cluster import choose, yours
from tests.cluster.lab import configuration
from tests.cluster.lab.addresses import INSTANCES, Addresses
from tests.cluster.lab.archive import of_program
from tests.cluster.lab.build import PARTS, ROOT, version
from tests.cluster.lab.instance import NO_PLACE, Instance

MEASURING = (ip_network("198.18.0.0/15"), ip_network("2001:2::/48"))
ONE = Addresses(3)


def test_no_two_instances_share_an_address() -> None:
    """And every address is one for measuring."""
    ranges = [
        ip_network(one)
        for number in range(INSTANCES)
        for pair in (Addresses(number).block, Addresses(number).pods, Addresses(number).services)
        for one in pair
    ]
    for family in (4, 6):
        mine = [one for one in ranges if one.version == family]
        assert len(mine) == 3 * INSTANCES
        assert not any(left.overlaps(right) for left, right in combinations(mine, 2))
        around = MEASURING[0 if family == 4 else 1]
        assert all(one.network_address in around for one in mine)


def test_node_and_machine_are_in_their_block_and_names_are_short_enough() -> None:
    """A link's name ends at 15 characters."""
    last = Addresses(INSTANCES - 1)
    for ends in (last.machine, last.machine_too, last.node):
        for address, block in zip(ends, last.block, strict=True):
            assert ip_address(address) in ip_network(block)
    assert len(f"{last.link}i") <= 15
    with pytest.raises(AssertionError):
        Addresses(INSTANCES)


def test_the_parts_keep_to_their_instance() -> None:
    """Own control group, own paths, no table of others, both families, no fixed port outside."""
    kubelet = yaml.safe_load(configuration.kubelet(ONE))
    assert kubelet["cgroupRoot"] == "/tre-lab-3"
    assert kubelet["makeIPTablesUtilChains"] is False
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    proxy = yaml.safe_load(configuration.proxy(ONE))
    assert proxy["mode"] == "nftables"
    assert proxy["conntrack"]["maxPerCore"] == 0
    commands = configuration.commands(ONE)
    assert list(commands)[:3] == ["etcd", "containerd", "kube-apiserver"]
    assert "--authorization-mode=Node,RBAC" in commands["kube-apiserver"]
    assert f"--service-cluster-ip-range={','.join(ONE.services)}" in commands["kube-apiserver"]
    network = json.loads(configuration.network(ONE))["plugins"][0]
    assert [one[0]["subnet"] for one in network["ipam"]["ranges"]] == list(ONE.pods)
    assert network["ipMasq"] is False


def test_an_archive_is_one_layer_with_one_file_and_the_same_each_time(tmp_path: Path) -> None:
    """What containerd reads: manifest, configuration, layer; nobody is its user."""
    program = tmp_path / "probe"
    program.write_bytes(b"\x7fELF")
    archive = of_program(program, "lab.local/probe:1", ("/probe",))
    assert archive == of_program(program, "lab.local/probe:1", ("/probe",))
    with tarfile.open(fileobj=io.BytesIO(archive)) as outer:
        manifest = json.load(outer.extractfile("manifest.json") or io.BytesIO())[0]
        config = json.load(outer.extractfile(manifest["Config"]) or io.BytesIO())
        layer = outer.extractfile(manifest["Layers"][0])
        assert layer is not None
        with tarfile.open(fileobj=io.BytesIO(layer.read())) as inner:
            assert [(one.name, one.mode) for one in inner.getmembers()] == [("probe", 0o755)]
    assert config["config"]["User"] == "65534:65534"
    assert manifest["RepoTags"] == ["lab.local/probe:1"]


@pytest.mark.parametrize(
    ("environment", "docker", "wanted"),
    [
        ({"TRE_TEST_KUBECONFIG": "k"}, True, "yours"),
        ({"TRE_TEST_KUBECONFIG": "k"}, False, "yours"),
        ({"TRE_TEST_KUBECONFIG": ""}, True, "kind"),
        ({}, True, "kind"),
        ({}, False, "lab"),
    ],
)
def test_which_of_the_three(environment: dict[str, str], docker: bool, wanted: str) -> None:
    """The one you name, else kind where an engine answers, else the lab."""
    assert choose(environment, lambda: docker) == wanted


def test_where_no_lab_can_be_it_is_said_before_anything_is_built(tmp_path: Path) -> None:
    """One sentence that says what to do, and not success; nothing was fetched."""
    less = ["setpriv", "--bounding-set=-sys_admin"] if os.geteuid() == 0 else []
    alone = {"TRE_TEST_KUBECONFIG": "", "DOCKER_HOST": f"unix://{tmp_path}/none"}
    done = subprocess.run(
        [*less, sys.executable, "-m", "tests.cluster"],
        cwd=ROOT,
        env=os.environ | alone | {"TRE_LAB_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6
    assert done.stderr.startswith("The cluster tests cannot run here. ")
    assert "root" in done.stderr
    assert "TRE_TEST_KUBECONFIG" in done.stderr
    assert (done.stdout, list(tmp_path.iterdir())) == ("", [])


@pytest.mark.parametrize(("code", "status"), [(NO_PLACE, 6), ("unavailable", 7)])
def test_no_place_for_a_lab_is_told_apart_from_one_that_cannot_be_had(
    code: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first may pass in continuous integration: a missing package may not."""

    def refuse() -> None:
        raise Unavailable("A sentence.", code=code)

    monkeypatch.setattr(of_a_cluster, "must_be_possible", refuse)
    monkeypatch.setattr(of_a_cluster, "choose", lambda *_: "lab")
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process's stay
    assert of_a_cluster.main([]) == status


def test_a_cluster_of_yours_must_say_where_the_probe_is() -> None:
    """Nothing is guessed, and nothing pulled from anywhere by itself."""
    with pytest.raises(Invalid, match="TRE_TEST_PROBE_IMAGE"):
        yours({"TRE_TEST_KUBECONFIG": "k"})
    mine = {
        "TRE_TEST_KUBECONFIG": "k",
        "TRE_TEST_PROBE_IMAGE": "i",
        "TRE_TEST_CLOSES_OWN_NODE": "no",
    }
    assert not yours(mine).closes_own_node


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", "A", "-a", "a" * 32, "a\n", "a b"])
def test_a_hostile_name_is_no_lab(name: str) -> None:
    """It would be the name of a folder that is deleted."""
    with pytest.raises(Invalid, match="cannot be called"):
        Instance(name)
    assert Instance("lab-2").state.parts[-3:] == (".tre", "lab", "lab-2")


def test_the_two_targets_share_no_test() -> None:
    """`make test` leaves the cluster tests out by name, `make test-cluster` runs nothing else."""
    lines = (ROOT / "Makefile").read_text().splitlines()
    starts = ("/python -m pytest ", "/python -m tests.cluster ")
    runs = [line.split(start, 1)[1] for line in lines for start in starts if start in line]
    runs = [run for run in runs if "tests/e2e/" not in run]  # pictures of the documents
    words = [run.partition(";")[0].split() for run in runs]
    assert [[word for word in run if "tests" in word] for run in words] == [
        ["--ignore=tests/cluster", "tests"],
        ["tests/cluster"],
    ]


def test_versions_are_pinned_and_checked() -> None:
    """One Kubernetes for all its modules, and a checksum of everything."""
    kube, containerd, runc, probe = PARTS
    assert version(kube).startswith("1.36.")
    assert version(containerd)
    assert version(runc)
    assert version(probe) == ""
    staged = f"v0.{version(kube).partition('.')[2]}"
    replaced = [
        line.split() for line in (kube.source / "go.mod").read_text().splitlines() if "=>" in line
    ]
    assert len(replaced) >= 25
    assert all(words[0].startswith("k8s.io/") and words[-1] == staged for words in replaced)
    for part in (kube, containerd, runc):
        sums = (part.source / "go.sum").read_text()
        assert f"{part.module} v{version(part)} h1:" in sums
    assert not (probe.source / "go.sum").exists()
