"""The administrator's page, followed from an empty cluster to the end: every command, as written.

The values are a trial's, because nobody here has the database, the bucket and the provider that the
page's own example names. What the commands leave on the cluster and on its node is taken away.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.errors import Unavailable
from tests.charts.copies import ROOT
from tests.charts.test_kubernetes_page import COMMANDS
from tests.cluster import chart
from tests.cluster.chart import SPACE, Helm
from tests.cluster.lab.build import build, helm
from tests.cluster.lab.configuration import CNI_NETWORK, CNI_PLUGINS
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Objects
from tests.cluster.volumes import homes

ELSEWHERE = {
    "TRE_TEST_KUBECONFIG=~/.kube/test TRE_TEST_PROBE_IMAGE=images.example.org/probe:1 "
    "make test-cluster": "a cluster of yours; what runs this test, on another one",
    "make demo ENGINE=kubernetes VALUES=mine.yaml": "test_demo.py tells that story, as a terminal",
}
"""What cannot be run from within itself, and where it is."""

ON_THE_NODE = ("install ", "/opt/cni/bin/")
DOCTOR = "kubectl exec --namespace tre deployment/reconciler -- tre doctor"
ENDS_WITH = {DOCTOR: 1}
"""It looks up no list of public suffixes, and calls what it did not look up broken."""

BY_HAND = "page"
_WALL = (CNI_PLUGINS[0], CNI_NETWORK)
_MOST_SECONDS = 900


def _bare(line: str) -> str:
    """A command without the remark behind it."""
    return line.partition("  #")[0].strip()


ALL = list(dict.fromkeys(_bare(line) for line in COMMANDS))
OF_A_LAB = [command for command in ALL if command.startswith("make lab-")]
OF_AN_ADMINISTRATOR = [x for x in ALL if x not in ELSEWHERE and x not in OF_A_LAB]


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    status: int
    output: str


@dataclass
class Followed:
    """Everything that the page tells an administrator to type, and the node after the last of it.

    Shape: `left` names what of the second wall is on the node then.
    """

    said: dict[str, Said]
    left: str = ""


def _run(folder: Path, environment: dict[str, str], command: str) -> Said:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_MOST_SECONDS,
        check=False,
    )
    return Said(done.returncode, done.stdout)


@pytest.fixture(scope="module")
def followed(lab: Instance, objects: Objects, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The page, from its first command to its last, on a cluster where nothing of ours is."""
    folder = tmp_path_factory.mktemp("administrator")
    tool = Helm(helm(_say), objects.cluster.kubeconfig)
    values = chart.values(chart.brought(lab), **chart.of_lab(lab, objects))
    (folder / "mine.yaml").write_text(json.dumps(values))
    (folder / "charts").symlink_to(ROOT / "charts")
    programs = [str(tool.program.parent), *map(str, build(_say)), os.environ["PATH"]]
    kubeconfig = str(objects.cluster.kubeconfig)
    environment = os.environ | {"PATH": ":".join(programs), "KUBECONFIG": kubeconfig}
    found = Followed({})
    with homes(objects.cluster):
        try:
            for command in OF_AN_ADMINISTRATOR:
                on_node = command.startswith(ON_THE_NODE)
                found.said[command] = (
                    _on_node(lab, command) if on_node else _run(folder, environment, command)
                )
            found.left = lab.run("find", *_WALL, "-name", "*tre-wall*")
            found.left += lab.run("grep", "-rl", "tre-wall", CNI_NETWORK, check=False)
        finally:
            chart.take_away(tool, objects)
            _forget(lab, objects)
    return found


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _on_node(lab: Instance, command: str) -> Said:
    try:
        return Said(0, lab.run(*shlex.split(command)))
    except Unavailable as refusal:
        return Said(1, refusal.message)


def _forget(lab: Instance, objects: Objects) -> None:
    """Put the node back: neither called proved, nor with a folder for snapshots."""
    for node in objects.core.list_node().items:
        unproved = {"metadata": {"labels": {"tre.proved": None}}}
        objects.core.patch_node(node.metadata.name, unproved)
    lab.run("rm", "-rf", "/srv/tre")


def test_no_command_is_left_out() -> None:
    """One more on the page is run here, or has a word about where it is."""
    assert len(OF_AN_ADMINISTRATOR) == 19
    assert [_word(command) for command in OF_A_LAB] == ["lab-up", "lab-status", "lab-down"]
    assert set(ELSEWHERE) <= set(ALL)


@pytest.mark.parametrize("command", OF_AN_ADMINISTRATOR)
def test_a_command_of_the_page_does_its_work(followed: Followed, command: str) -> None:
    """From the empty cluster on, each after the one before it."""
    said = followed.said[command]
    assert said.status == ENDS_WITH.get(command, 0), said.output


def test_what_the_page_promises_is_seen(followed: Followed) -> None:
    """The proof held, the wall stands, the checks have their room; in the end the wall is gone."""
    (proof,) = [x.output for name, x in followed.said.items() if name.endswith("doctor --prove")]
    assert "held" in proof
    (wall,) = [x.output for name, x in followed.said.items() if name.endswith("tre-wall status")]
    assert json.loads(wall)["stands"] is True
    doctor = followed.said[DOCTOR].output
    assert doctor.count("broken") == 1, doctor
    assert "missing" not in doctor, doctor
    rooms = followed.said["kubectl get namespaces --selector tre.zone"].output
    assert f"{SPACE}--check" in rooms
    assert followed.left == ""


@pytest.fixture
def by_hand() -> Iterator[list[Said]]:
    """The page's three commands for a lab, for one of another name than yours."""
    try:
        yield [_run(ROOT, dict(os.environ), f"{command} LAB={BY_HAND}") for command in OF_A_LAB]
    finally:
        _run(ROOT, dict(os.environ), f"make lab-down LAB={BY_HAND}")


def test_a_lab_comes_and_goes_by_hand(by_hand: list[Said]) -> None:
    """It says how to speak to it, that it runs, and that it is gone."""
    up, status, down = by_hand
    assert [each.status for each in by_hand] == [0, 0, 0], by_hand
    assert f"export KUBECONFIG={ROOT}/.tre/lab/{BY_HAND}/kubeconfig" in up.output, up.output
    assert f"lab '{BY_HAND}': ready, running" in status.output
    assert f"lab '{BY_HAND}' is gone" in down.output


def _word(command: str) -> str:
    return command.split()[1]
