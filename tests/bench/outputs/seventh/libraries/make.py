"""Makes the files of the libraries and their labels.

Run: python -m tests.bench.outputs.seventh.libraries.make FOLDER, with Python 3.11 and the packages
of requirements.txt; FOLDER holds the tables that `seventh/centres.py` writes.
"""

import importlib
import sys
from contextlib import nullcontext

from freezegun import freeze_time

from tests.bench.outputs.seventh.libraries import shelf

_FROZEN = ("counts", "models", "figures", "boxes")
"""What prints the hour; a notebook cannot run while the clock stands still."""
_OWN = ["sklearn", "joblib", "threadpoolctl"]
"""Libraries whose measured times stay real."""


def main(names: list[str]) -> None:
    """Make the files of these modules, or of all."""
    for name in names or [*_FROZEN, "pages", "node"]:
        module = importlib.import_module(f"tests.bench.outputs.seventh.libraries.{name}")
        with freeze_time(shelf.NOW, ignore=_OWN) if name in _FROZEN else nullcontext():
            module.make()
    shelf.keep()


if __name__ == "__main__":
    main(sys.argv[2:])
