"""`python -m tests.cluster [ARGUMENTS OF PYTEST]`: what `make test-cluster` runs.

It asks first whether this machine can hold a cluster, then installs and builds what the tests need
(programs and images at once, since one computes while the other fetches), then runs them: three
files at a time, each worker with a lab of its own, because most of a test is waiting for a cluster.
On a cluster of yours or of kind there is one, so there they run one after the other.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from orchestrator.errors import TreError, Unavailable
from tests.cluster import pod_images
from tests.cluster.cluster import choose, docker_runs, take_what_was_left
from tests.cluster.lab.build import ROOT, build
from tests.cluster.lab.instance import NO_PLACE, must_be_possible

SANDBOX = ("bubblewrap", "libseccomp2", "tesseract-ocr-eng")
"""The contract runs on the local engine too, so that both stand in one table."""

OF_A_LAB = ("buildah", "mmdebstrap", "procps")
LABS = 3
NO_CLUSTER, UNAVAILABLE = 6, 7
"""Exit status where this machine can hold no cluster, and where one could not be had."""


def say(line: str) -> None:
    """One line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def install(packages: Sequence[str]) -> None:
    """Have Debian's packages here. Errors: Unavailable with what to do."""
    if subprocess.run([ROOT / ".ci" / "packages", *packages], check=False).returncode != 0:
        raise Unavailable(f"Install Debian's {', '.join(packages)} first.")


@contextmanager
def labs() -> Iterator[None]:
    """Have everything that labs need, and leave none of them behind.

    Errors: Unavailable where this machine can hold none (code `no_place`), a package cannot be had,
    or a program cannot be built.
    """
    must_be_possible()
    install(SANDBOX + OF_A_LAB)
    with pod_images.making():
        try:
            build(say)
            yield
        finally:
            take_what_was_left(say)


def tried(words: Sequence[str]) -> int:
    """Run pytest to its end, also when somebody ends this process; answer its status."""
    process = subprocess.Popen([sys.executable, "-m", "pytest", *words], cwd=ROOT)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        return process.wait()


def main(words: Sequence[str]) -> int:
    """Run the tests; 6 or 7 and a sentence when there is no cluster for them."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kind = choose(os.environ, docker_runs)
    try:
        if kind != "lab":
            install(SANDBOX)
            return tried(words)
        with labs():
            alone = os.environ.get("TRE_TEST_LAB")
            shared = () if alone else ("-n", str(LABS), "--no-loadscope-reorder")
            return tried((*shared, *words))
    except TreError as error:
        sys.stderr.write(f"The cluster tests cannot run here. {error.message}\n")
        return NO_CLUSTER if error.code == NO_PLACE else UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
