"""The story of `tre demo --engine kubernetes`, whole: installed by the chart, told, taken away.

One installation for all tests here. What they look at was kept while it stood.
"""

import os
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from orchestrator.demo.cells import cell
from orchestrator.demo.cluster import SPACE
from orchestrator.demo.data import datasets
from orchestrator.demo.installing import RELEASE, Chosen, installation
from orchestrator.demo.installing import prepared as browsers
from orchestrator.demo.story import Story, wait_until
from orchestrator.demo.tale import OTHER, Tale
from tests.cluster.chart import Helm
from tests.cluster.demo import prepared
from tests.cluster.lab.configuration import CNI_NETWORK, CNI_PLUGINS
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Objects, until
from tests.e2e.test_story import CHAPTERS

OFFERED, UNLISTED = "tabulate", "colorama"
START = "Start: the chart is installed on the cluster"
_KINDS = (
    ("v1", "Namespace"),
    ("v1", "PersistentVolume"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"),
)


@dataclass
class Told:
    """What was seen while the story's installation stood, and what stood before and after it."""

    story: Story
    folder: Path
    problem: str = ""
    downloaded: bytes = b""
    slept: dict[str, int] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)
    awake: dict[str, int] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    upgraded: dict[str, str] = field(default_factory=dict)
    before: set[str] = field(default_factory=set)
    after: set[str] = field(default_factory=set)


def say(line: str) -> None:
    """A long build says how far it is."""
    sys.stderr.write(f"{line}\n")


@pytest.fixture(scope="module")
def told(lab: Instance, objects: Objects, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The whole story; a chapter that failed is in it, for a test to show."""
    folder = tmp_path_factory.mktemp("demo")
    settings, identity_port = browsers(folder)
    story = Story(folder / "report.json", Console(file=sys.stderr, width=160))
    found = Told(story, folder)
    with prepared(lab, objects, folder, say, sleep_after=2) as chosen:
        found.before = everything(lab, objects)
        with ExitStack() as ending:
            with story.step(START) as step:
                place = ending.enter_context(
                    installation(settings, identity_port, chosen, step, folder)
                )
            tale = ending.enter_context(closing(Tale(place, story)))
            try:
                tale.tell()
                found.downloaded = tale.downloaded
                found.slept = _asleep(tale, objects)
                found.started = _sign_in_again(tale)
                found.awake = _hubs(objects)
                found.packages = _packages(tale)
                found.upgraded = _upgraded(tale, chosen, objects)
            except Exception as problem:  # a test shows it, after everything was taken away
                found.problem = repr(problem)
        found.after = everything(lab, objects)
    return found


def everything(lab: Instance, objects: Objects) -> set[str]:
    """What stands on the cluster, and what is on its node, by name."""
    found = {
        f"{kind} {each.metadata.name}"
        for version, kind in _KINDS
        for each in objects.kind(version, kind).get().items
    }
    for node in objects.core.list_node().items:
        found |= {f"label {name}={value}" for name, value in node.metadata.labels.items()}
    return found | set(lab.run("find", CNI_NETWORK, CNI_PLUGINS[0], "-type", "f").split())


def _hubs(objects: Objects) -> dict[str, int]:
    """How many pods each project's hub is to have."""
    found = objects.kind("apps/v1", "Deployment").get(namespace=SPACE, label_selector="tre.project")
    return {str(each.metadata.name): int(each.spec.replicas) for each in found.items}


def _asleep(tale: Tale, objects: Objects) -> dict[str, int]:
    """Wait until the project that nobody visited sleeps; the hubs as they are then."""

    def look() -> dict[str, int] | None:
        state = tale.cast["ada"].api(f"/api/projects/{OTHER}/workspace")["state"]
        hubs = _hubs(objects)
        return hubs if state == "asleep" and hubs[f"hub-{OTHER}"] == 0 else None

    return wait_until(look, 400, "the other project to sleep")


def _sign_in_again(tale: Tale) -> dict[str, str]:
    """Milo signs in, and opens nothing; what becomes of his servers, by project."""
    tale.cast["milo"].sign_in()

    def ready() -> dict[str, str] | None:
        there = tale.cast["ada"].api(f"/api/projects/{OTHER}/workspace")["servers"]
        seen = {each["person"]: each["observed"] for each in there}
        return seen if seen.get("milo") == "ready" else None

    return wait_until(ready, 300, "Milo's own server")


def _packages(tale: Tale) -> dict[str, str]:
    """What pip said in Milo's notebook of a package that the mirror has, and of another one."""
    milo = tale.cast["milo"]
    milo.open_lab(OTHER, 60 * tale.place.patience)
    with closing(milo.notebook(OTHER, 60 * tale.place.patience)) as notebook:
        said = {name: notebook.execute(f"!pip install {name} 2>&1") for name in (OFFERED, UNLISTED)}
        found = "import tabulate; print(tabulate.tabulate([[42]]), tabulate.__file__)"
        return said | {"imported": notebook.execute(found)}


def _upgraded(tale: Tale, chosen: Chosen, objects: Objects) -> dict[str, str]:
    """Upgrade so that every process of ours is another one; what Milo's kernel knows afterwards."""
    milo, patience = tale.cast["milo"], 60 * tale.place.patience
    kernel = milo.kernel(OTHER, patience)
    know = "import os; print(os.getpid(), word)"
    with closing(milo.attached(OTHER, kernel, patience)) as notebook:
        said = {"before": notebook.execute(f"word = 'known'; {know}")}
    before = _ours(objects)
    words = ("upgrade", RELEASE, str(chosen.chart), "--namespace", SPACE, "--reuse-values")
    given = ("--set", "resources.cpu=11m", "--wait", "--timeout", "8m")
    Helm(Path(chosen.helm), chosen.kubeconfig).run(*words, *given)
    until(lambda: not _ours(objects) & before, 120, "a process is the one before the upgrade")
    milo.open_lab(OTHER, patience)
    with closing(milo.attached(OTHER, kernel, patience)) as notebook:
        return said | {"after": notebook.execute(know)}


def _ours(objects: Objects) -> set[str]:
    """The identity of every pod of the installation but the hubs', which the reconciler makes."""
    found = objects.core.list_namespaced_pod(SPACE, label_selector="tre.component,!tre.project")
    wall = "wall"  # a node's own, which this upgrade leaves alone
    return {x.metadata.uid for x in found.items if x.metadata.labels["tre.component"] != wall}


def test_every_chapter_comes_out_as_it_must(told: Told) -> None:
    """The same chapters as on one machine, after another beginning."""
    for step in told.story.steps:
        assert step.ok, f"{step.step}: {step.evidence}"
    assert told.problem == ""
    assert tuple(step.step for step in told.story.steps) == (START, *CHAPTERS)


def test_what_was_released_is_what_the_notebook_computed(told: Told, tmp_path: Path) -> None:
    """Byte for byte: the same cell, on the same table, outside of any workspace."""
    (dataset,) = (each for each in datasets() if each.slug == "flchain")
    table = tmp_path / "data" / "flchain" / "2026-1" / "flchain.csv"
    table.parent.mkdir(parents=True)
    table.write_bytes(dataset.content)
    program = cell("survival_table").replace("/data/", f"{tmp_path}/data/")
    environment = {**os.environ, "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    computed = (tmp_path / "outbox" / "survival" / "survival.csv").read_bytes()
    assert told.downloaded == computed


def test_a_members_server_starts_when_they_sign_in(told: Told) -> None:
    """Where the project asks for it: nobody opened a page of the project."""
    assert told.started == {"milo": "ready"}


def test_a_project_that_nobody_visits_sleeps_until_somebody_comes(told: Told) -> None:
    """No pod of its hub is left; signing in wakes it, and it is proved again before it opens."""
    assert told.slept[f"hub-{OTHER}"] == 0
    assert told.awake[f"hub-{OTHER}"] == 1


def test_a_notebook_installs_what_the_mirror_offers_and_nothing_else(told: Told) -> None:
    """Out of the mirror's image, through the packages door, into Milo's home."""
    assert f"Successfully installed {OFFERED}" in told.packages[OFFERED]
    assert "42" in told.packages["imported"]
    assert "/.local/lib/" in told.packages["imported"]
    assert f"No matching distribution found for {UNLISTED}" in told.packages[UNLISTED]
    assert "is being ignored" not in told.packages[UNLISTED], "pip did not ask the door at all"


def test_a_kernel_goes_on_through_an_upgrade(told: Told) -> None:
    """The same process with what it knew: an upgrade ends none of a researcher's work."""
    assert told.upgraded["before"].split()[1:] == ["known"]
    assert told.upgraded["after"] == told.upgraded["before"]


def test_nothing_is_left(told: Told) -> None:
    """Neither on the cluster nor in the network configuration of its node."""
    assert told.after == told.before


def test_the_logs_of_every_process_are_kept(told: Told) -> None:
    """What a story that failed is explained by."""
    kept = {file.stem for file in (told.folder / "logs").iterdir()}
    assert kept == {"control", "reconciler", "gateway", "doors", "database"}
