"""Our images for the tests: made once as they ship, brought into the lab by digest.

They are made while the first tests run, by this module as a process; who needs one waits for it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache

from orchestrator.errors import Unavailable
from tests.cluster.images.base import SCRATCH
from tests.cluster.images.make import Made, make
from tests.cluster.images.recipes import ROOT
from tests.cluster.lab.build import helm, registry
from tests.cluster.lab.images import bring_in
from tests.cluster.lab.instance import Instance

LOG = ROOT / ".tre" / "images" / "making.log"
CALLED = {"workspace": "workspace", "hub": "hub", "worker": "orchestrator"}
"""What a cluster's description calls an image, and what it is called here."""

_ENDS_SECONDS = 30


def base() -> str:
    """The base that you name, else the one made here: no test waits for a registry."""
    return os.environ.get("BASE_IMAGE") or SCRATCH


@contextmanager
def making() -> Iterator[None]:
    """Make images and programs beside the tests; what is not ready when they end is given up."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.pod_images"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # with all that it started, should it have to end early
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(_ENDS_SECONDS)


def made() -> dict[str, Made]:
    """Answer all images as they ship; what is not made yet is made, or waited for.

    Errors: Unavailable with the end of what was said meanwhile; nobody tries a second time.
    """
    found = _made()
    if isinstance(found, Unavailable):
        raise Unavailable(found.message)
    return found


def brought_in(lab: Instance, called: Mapping[str, str] = CALLED) -> dict[str, str]:
    """Bring images into the lab and answer each by digest under the name a cluster calls it."""
    return {name: _in(lab, image) for name, image in called.items()}


@cache
def _made() -> dict[str, Made] | Unavailable:
    try:
        return make((), base(), _say)
    except Unavailable as error:
        before = LOG.read_text().splitlines()[-12:] if LOG.exists() else []
        return Unavailable("\n".join([error.message, *before]))


@cache
def _in(lab: Instance, image: str) -> str:
    return bring_in(lab, made()[image].archive, f"lab.local/{image}")


def _say(line: str) -> None:
    """A long build says how far it is, in the output of a test that fails."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    make((), base(), _say)
    helm(_say)
    registry(_say)
