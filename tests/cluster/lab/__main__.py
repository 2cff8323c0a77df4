"""`python -m tests.cluster.lab build | up | down | status [NAME]`: the lab by hand."""

import sys
from collections.abc import Callable

from orchestrator.errors import TreError
from tests.cluster.lab import instance
from tests.cluster.lab.build import build

USUAL = "lab"


def say(line: str) -> None:
    """One line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def make(_: str) -> int:
    """Build what is not in the cache."""
    for folder in build(say):
        say(f"built: {folder}")
    return 0


def up(name: str) -> int:
    """Bring an instance up."""
    instance.up(name, say)
    return 0


def down(name: str) -> int:
    """Take an instance away."""
    say(f"lab {name!r} is gone" if instance.down(name) else f"there is no lab {name!r} here")
    return 0


def status(_: str) -> int:
    """Say where every instance of this clone stands; 1 when none is ready."""
    ready = False
    for name in instance.names() or [USUAL]:
        said = instance.Instance(name).status()
        ready = ready or (said["state"] == "ready" and said["alive"])
        alive = "running" if said["alive"] else "not running"
        parts = f"; parts: {', '.join(said['up'])}" if said.get("up") else ""
        say(f"lab {name!r}: {said['state']}, {alive}{parts}")
    return 0 if ready else 1


WORDS: dict[str, Callable[[str], int]] = {"build": make, "up": up, "down": down, "status": status}


def main() -> int:
    """Do one word; an error of ours is a sentence and a status of 1."""
    words = sys.argv[1:]
    if not words or words[0] not in WORDS or len(words) > 2:
        say(__doc__ or "")
        return 2
    try:
        return WORDS[words[0]](words[1] if len(words) == 2 else USUAL)
    except TreError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
