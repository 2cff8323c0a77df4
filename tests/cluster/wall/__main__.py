"""`python -m tests.cluster.wall build|test`: what `make wall` and `make test-wall` call."""

import sys

from orchestrator.errors import Unavailable
from tests.cluster.wall import program


def main(word: str) -> int:
    """Do it, and say a failure as one sentence."""
    try:
        match word:
            case "build":
                sys.stdout.write(f"{program.build()}\n")
            case "test":
                program.prove()
            case _:
                sys.stdout.write("Say build or test.\n")
                return 2
    except Unavailable as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
