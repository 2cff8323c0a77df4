"""`python -m tests.cluster.images [NAME …]`: what `make images` calls; BASE_IMAGE names a base."""

import os
import sys

from orchestrator.errors import TreError
from tests.cluster.images.make import LIST, make


def say(line: str) -> None:
    """One line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(names: list[str]) -> int:
    """Make them; an error of ours is a sentence and a status of 1."""
    try:
        make(names, os.environ.get("BASE_IMAGE", ""), say)
    except TreError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    say(f"listed in {LIST}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
