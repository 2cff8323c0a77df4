"""Write one whole file of every format into a folder, one folder a format, for the campaign."""

import sys
from pathlib import Path

from tests.unit.outputs.readers.test_fuzz import KINDS, seed


def main(folder: Path) -> None:
    """Write them all."""
    for kind in KINDS:
        name, data = seed(kind)
        place = folder / kind / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
