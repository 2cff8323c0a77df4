"""B7: from a click to the first answer of a cell, on this machine or (`--lab`) on a cluster.

Cold, and with the member's own server started at sign-in; beside them the floor: a bare notebook
server of the same image, in a pod where ours are pods. All take turns in one run. Also told, once a
project: from the last acceptance of a permit to a workspace that is proved and open.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from orchestrator.demo import installing, local, run
from orchestrator.demo.cast import Persona
from orchestrator.demo.cluster import said
from orchestrator.demo.place import Place
from orchestrator.demo.story import Story, wait_until
from orchestrator.demo.tale import OTHER, PROJECT, Tale
from orchestrator.engines.kubernetes.pods import IMAGE
from orchestrator.engines.local.images import ensure_image
from tests.bench import bare_server
from tests.bench.cluster.rounds import Row, interleaved, milliseconds
from tests.cluster.cluster import Cluster
from tests.cluster.demo import prepared
from tests.cluster.lab.instance import down, up
from tests.cluster.objects import Object, Objects, connection, namespace, until

_BARE = Path(bare_server.__file__)
_UNWANTING = _BARE.with_name("unwanting.py")
_LAB = "click"
_PATIENCE = 60
COLD, WARM, FLOOR = "cold", "server started at sign-in", "bare server (floor)"


@dataclass(frozen=True)
class Setting:
    """An installation, its story so far, and one run of the floor in the same place.

    Shape: `end` ends a project's servers, which a person's next click starts again.
    """

    place: Place
    story: Story
    floor: Callable[[], None]
    end: Callable[[str], None]


def main() -> None:
    """Bring an installation up as far as an open workspace, then click."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="three rounds in place of seven")
    parser.add_argument("--lab", action="store_true", help="in pods, by the chart, on a lab")
    asked = parser.parse_args()
    setting = on_a_lab if asked.lab else on_this_machine
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        there = ending.enter_context(setting(folder))
        tale = ending.enter_context(closing(Tale(there.place, there.story)))
        opened = {f"permit to open, {slug}": f"{took:.1f} s" for slug, took in _opened(tale)}
        parts: dict[str, Callable[[int], Sequence[float]]] = {
            COLD: lambda _: [_click(tale, there, PROJECT)],
            WARM: lambda _: [_click(tale, there, OTHER)],
            FLOOR: lambda _: [milliseconds(there.floor)],
        }
        samples = interleaved(parts, 3 if asked.quick else 7)
    for row in _rows(samples):
        print("\n".join(row.lines()))
    print(json.dumps({"samples": samples, "facts": opened}))


def _rows(samples: Mapping[str, list[list[float]]]) -> Iterator[Row]:
    """Both ways to click, each beside the same rounds of the floor."""
    for ours, target in ((COLD, "≤ 1.1× floor"), (WARM, "≤ 0.5× floor, aim ≤ 1 s")):
        row = Row("B7", "click to the first answer of a cell", "ms", target)
        row.samples = {ours: samples[ours], FLOOR: samples[FLOOR]}
        yield row


def _opened(tale: Tale) -> Iterator[tuple[str, float]]:
    """Tell the story until both workspaces are open; the seconds each took since its permit."""
    tale.identity()
    tale.snapshots_published()
    tale.permit()
    begun = time.monotonic()
    for slug in (PROJECT, OTHER):
        wait_until(lambda slug=slug: _is_open(tale, slug), 600, f"{slug} to open")  # type: ignore[misc]
        yield slug, time.monotonic() - begun


def _is_open(tale: Tale, slug: str) -> bool | None:
    found = tale.cast["ada"].api(f"/api/projects/{slug}/workspace")
    return True if found["state"] == "open" else None


def _click(tale: Tale, there: Setting, slug: str) -> float:
    """One click on a server that was ended before; the second project's starts at sign-in."""
    seconds = _PATIENCE * tale.place.patience
    _end_servers(tale, there, slug, seconds)
    person = Persona(tale.settings, tale.cast["rosa"].person)

    def answered() -> None:
        person.open_lab(slug, seconds)
        with closing(person.notebook(slug, seconds)) as notebook:
            assert "42" in notebook.execute("print(6 * 7)")

    try:
        person.sign_in()
        wait_until(lambda: _all(tale, OTHER, "ready"), seconds, "the server that sign-in starts")
        return milliseconds(answered)
    finally:
        person.browser.close()


def _end_servers(tale: Tale, there: Setting, slug: str, seconds: float) -> None:
    if not _all(tale, slug, "stopped"):
        there.end(slug)
        wait_until(lambda: _all(tale, slug, "stopped"), seconds, "the servers to end")


def _all(tale: Tale, slug: str, observed: str) -> bool | None:
    servers = tale.cast["ada"].api(f"/api/projects/{slug}/workspace")["servers"]
    seen = {server["observed"] for server in servers}
    return True if seen == {observed} or (observed == "stopped" and not seen) else None


@contextmanager
def on_this_machine(folder: Path) -> Iterator[Setting]:
    """Processes and sandboxes here; the floor is a process."""
    settings, identity = run.prepare(folder / "demo", images=Path(".tre/images").absolute())
    image = ensure_image(settings, "workspace")
    words = [str(image / "bin" / "python"), str(_BARE)]

    def bare() -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

    def end(slug: str) -> None:
        told = [sys.executable, str(_UNWANTING), slug]
        subprocess.run(told, check=True, env=settings.environment() | {"PYTHONPATH": "."})

    with run.installation(settings, identity):
        story = Story(folder / "report.json", Console(quiet=True))
        yield Setting(local.Machine(settings), story, bare, end)


@contextmanager
def on_a_lab(folder: Path) -> Iterator[Setting]:
    """A lab of this run's own, and the chart in it; the floor is a pod."""
    lab = up(_LAB, _say)
    cluster = Cluster("lab", lab.kubeconfig, "", "Never", closes_own_node=True, instance=lab)
    with ExitStack() as ending:
        ending.callback(down, _LAB)
        objects = Objects(cluster, ending.enter_context(connection(cluster)))
        objects.apply(namespace(_LAB, {}))
        chosen = ending.enter_context(prepared(lab, objects, folder, _say))
        image = json.loads(chosen.values.read_text())["images"]["workspaces"]["workspace"]
        settings, identity = installing.prepared(folder)
        story = Story(folder / "report.json", Console(file=sys.stderr))
        with story.step("The chart is installed") as step:
            made = installing.installation(settings, identity, chosen, step, folder)
            place = ending.enter_context(made)

        def end(slug: str) -> None:
            told = ("/opt/tre/bin/python", "-c", _UNWANTING.read_text(), slug)
            said(place.reach.execute(place.named("reconciler"), told))

        yield Setting(place, story, lambda: _bare_pod(objects, image), end)


def _bare_pod(objects: Objects, image: str) -> None:
    """Run the floor in a pod to its end. Errors: AssertionError when it does not end well."""
    pod = _bare(image)
    objects.apply(pod)
    name = pod["metadata"]["name"]

    def over() -> bool:
        phase = objects.pod(_LAB, name)["status"]["phase"]
        assert phase != "Failed", objects.core.read_namespaced_pod_log(name, _LAB)
        return bool(phase == "Succeeded")

    until(over, _PATIENCE, f"{name} does not end")


def _bare(image: str) -> Object:
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": [f"{IMAGE}/bin/python", "-c", _BARE.read_text()],
        "env": [{"name": "HOME", "value": "/tmp"}],
        "securityContext": security,
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    metadata = {"name": f"bare-{uuid.uuid4().hex[:8]}", "namespace": _LAB}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
