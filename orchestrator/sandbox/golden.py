"""What a sandbox must look like from inside, and nothing beyond: the golden lists.

The first program compares them at every start and refuses to run the command when anything is
more; the proof compares them again. Source: egress section 6.
"""

from pathlib import Path

from orchestrator.sandbox import run
from orchestrator.sandbox.arguments import Box
from orchestrator.values import JsonValue

DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
_WHOLE = "nosuid nodev"


def golden(box: Box, descriptors: tuple[int, ...] = (0, 1, 2)) -> dict[str, JsonValue]:
    """Answer the golden lists of a box as JSON: mounts, environment, descriptors, interfaces.

    Precondition: the box is not one that shares the host's network.
    """
    return {
        "mounts": [*mounts(box)],
        "environment": [*(name for name, _ in box.environment), "PWD"],
        "descriptors": list(descriptors),
        "interfaces": ["lo"],
    }


def mounts(box: Box) -> list[str]:
    """Answer every mount that a box must have, with its flags, and no other."""
    found = [f"/ ro {_WHOLE}", f"/proc rw {_WHOLE}", f"/dev ro {_WHOLE}", "/dev/pts rw nosuid"]
    found += [f"/dev/{name} rw nosuid" for name in DEVICES]
    found += [f"{part.target} rw {_WHOLE}" for part in box.tmpfs]
    found += [f"{bind.target} {'rw' if bind.writable else 'ro'} {_WHOLE}" for bind in box.binds]
    found += [f"{place} ro {_WHOLE}" for place in (*box.covered, *box.masked)]
    return sorted([*found, *_below_the_system()])


def _below_the_system() -> list[str]:
    """Answer what the host itself mounts below /usr and its like; it appears read-only."""
    sources = [bind.source for bind in run.system()[0]]
    places = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    below = [p for p in places if any(p.startswith(f"{source}/") for source in sources)]
    return [f"{place} ro {_WHOLE}" for place in below]
