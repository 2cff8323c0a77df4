"""The wall's program from its Go module: pinned by go.mod and go.sum, static."""

import subprocess
from pathlib import Path

from orchestrator.errors import Unavailable
from tests.cluster.lab.build import ROOT, Say, alone, environment, toolchain

SOURCE = ROOT / "workspace-images" / "wall"
PROGRAM = SOURCE / "build" / "tre-wall"
"""Where the Containerfile expects it."""

FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=")


def build(say: Say = print) -> Path:
    """Build the program and answer its path. Errors: Unavailable without Go or when it fails."""
    PROGRAM.parent.mkdir(exist_ok=True)
    with alone(PROGRAM.with_suffix(".lock")):  # two workers of a run; what is there stays as it is
        _go(say, "build", *FLAGS, "-o", str(PROGRAM), ".")
    return PROGRAM


def prove(say: Say = print) -> None:
    """Run the module's own tests, as root: they make network namespaces and take them away.

    Errors: Unavailable when a test fails or something is missing.
    """
    _go(say, "mod", "verify")
    _go(say, "vet", ".")
    _go(say, "test", "-count=1", ".")


def _go(say: Say, *words: str) -> None:
    go = toolchain(say)
    say(f"wall: go {' '.join(words)}")
    settings = environment() | {"PATH": f"{go.parent}:{environment()['PATH']}"}
    done = subprocess.run([str(go), *words], cwd=SOURCE, env=settings, check=False)
    if done.returncode != 0:
        raise Unavailable(f"go {words[0]} of the wall ended with {done.returncode}.")
