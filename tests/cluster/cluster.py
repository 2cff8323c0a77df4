"""The cluster that the tests use: one of yours, kind where Docker runs, or the lab.

What differs between the three is a value here; tests ask for a capability, never for a name.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from orchestrator.errors import Invalid, Unavailable
from tests.cluster.lab.archive import of_program
from tests.cluster.lab.build import Say, build
from tests.cluster.lab.images import bring_in
from tests.cluster.lab.instance import Instance, down, names, up

HERE = Path(__file__).parent
KIND_NAME = "tre-test"
PROBE = "lab.local/probe"
_OF_A_RUN = "test-"


@dataclass(frozen=True)
class Cluster:
    """A cluster that answers, and what it can do.

    Shape: `kind` is `yours`, `kind` or `lab`; `probe` is an image with our probe program that
    every node has (`pull` is `Never`) or can fetch. `closes_own_node`: a policy also closes a pod's
    way to its own node. `instance` is there for the lab only: addresses outside, parts to stop.
    """

    kind: str
    kubeconfig: Path
    probe: str
    pull: str
    closes_own_node: bool
    instance: Instance | None = None

    @property
    def server(self) -> str:
        """The host of the API server."""
        read = yaml.safe_load(self.kubeconfig.read_text())
        address: str = read["clusters"][0]["cluster"]["server"]
        return address.split("//", 1)[1].rsplit(":", 1)[0].strip("[]")


def choose(environment: Mapping[str, str], docker_runs: Callable[[], bool]) -> str:
    """Which of the three: the one you name, else kind where an engine answers, else the lab."""
    if environment.get("TRE_TEST_KUBECONFIG"):
        return "yours"
    return "kind" if docker_runs() else "lab"


def docker_runs() -> bool:
    """Whether an engine answers; the program alone is none."""
    try:
        done = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@contextmanager
def obtain(say: Say) -> Iterator[Cluster]:
    """A cluster for one run of the tests; what was made for it is taken away after it."""
    match choose(os.environ, docker_runs):
        case "yours":
            yield yours(os.environ)
        case "kind":
            with a_kind_cluster(say) as cluster:
                yield cluster
        case _:
            with a_lab(say) as cluster:
                yield cluster


def yours(environment: Mapping[str, str]) -> Cluster:
    """The cluster that TRE_TEST_KUBECONFIG names; it is used as it is and nothing is installed.

    Errors: Invalid when it is not said where its nodes find the probe image.
    """
    image = environment.get("TRE_TEST_PROBE_IMAGE", "")
    if not image:
        raise Invalid(
            "Say in TRE_TEST_PROBE_IMAGE which image of the probe your nodes can fetch; "
            "`python -m tests.cluster.probe_image FILE` writes one to push."
        )
    kubeconfig = Path(environment["TRE_TEST_KUBECONFIG"])
    return Cluster("yours", kubeconfig, image, "IfNotPresent", _closes(environment))


@contextmanager
def a_lab(say: Say) -> Iterator[Cluster]:
    """An instance of this run alone, or the one that TRE_TEST_LAB names, which stays up."""
    kept = os.environ.get("TRE_TEST_LAB")
    name = kept or f"{_OF_A_RUN}{os.getpid()}"
    take_what_was_left(say)
    lab = up(name, say)
    try:
        digest = bring_in(lab, probe_archive(), PROBE)
        yield Cluster("lab", lab.kubeconfig, digest, "Never", True, lab)
    finally:
        if not kept:
            down(name)


def take_what_was_left(say: Say) -> None:
    """Take the labs of runs away that were killed before they could."""
    for name in (each for each in names() if _left_behind(each)):
        say(f"lab {name!r} was left by a run that was killed; it goes")
        down(name)


def _left_behind(name: str) -> bool:
    """Whether a lab is that of a run whose process is no more."""
    number = name.removeprefix(_OF_A_RUN)
    return name != number and number.isdigit() and not Path("/proc", number).exists()


def probe_archive() -> bytes:
    """The image of the probe program."""
    program = build()[-1] / "probe"
    return of_program(program, f"{PROBE}:1", ("/probe",))


@contextmanager
def a_kind_cluster(say: Say) -> Iterator[Cluster]:
    """A cluster of kind with two workers and both families. Its own engine enforces policies."""
    script = HERE / "kind" / "kind.sh"
    with tempfile.TemporaryDirectory(prefix="tre-kind-") as folder:
        kubeconfig, archive = Path(folder) / "kubeconfig", Path(folder) / "probe.tar"
        archive.write_bytes(probe_archive())
        say("kind: making a cluster with two workers")
        _script(script, "up", KIND_NAME, str(kubeconfig))
        try:
            _script(script, "load", KIND_NAME, str(archive))
            yield Cluster("kind", kubeconfig, f"{PROBE}:1", "Never", _closes(os.environ))
        finally:
            _script(script, "down", KIND_NAME)


def _closes(environment: Mapping[str, str]) -> bool:
    """Policies close a pod's own node unless you say they do not: red is louder than a skip."""
    return environment.get("TRE_TEST_CLOSES_OWN_NODE", "yes") == "yes"


def _script(*words: object) -> None:
    done = subprocess.run([str(word) for word in words], check=False)
    if done.returncode != 0:
        raise Unavailable(f"{Path(str(words[0])).name} {words[1]} ended with {done.returncode}.")
