"""Build, write and read the row-linkage index: 93,000 people x 13 columns, and a million.

Run: python tests/bench/outputs_index.py [--quick] [--rows N]
Prints wall and processor seconds, bytes of the index, and the peak of memory of this process.
"""

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

from orchestrator.outputs.index import build_table, encode_cells, read_index, write_index

QUICK, FULL, LARGE = 20_000, 93_000, 1_000_000
_KEY = bytes(range(32))


def columns(rows: int) -> dict[str, list[str]]:
    """Thirteen columns of a haematology table: identifiers, codes, counts and blood values."""
    dice = random.Random(7)
    return {
        "person": [f"P{number * 7919 % 10**8:08d}X" for number in range(rows)],
        "sex": dice.choices("FM", k=rows),
        "age": [str(min(99, int(abs(dice.gauss(64, 14))))) for _ in range(rows)],
        "year": [str(dice.randrange(2000, 2026)) for _ in range(rows)],
        "diagnosis": dice.choices(["AML", "MDS", "CML", "CLL", "MM", "MPN"], k=rows),
        "ecog": dice.choices("01234", k=rows),
        "hb": [f"{dice.gauss(10.5, 2):.1f}" for _ in range(rows)],
        "wbc": [f"{dice.lognormvariate(2, 0.9):.2f}" for _ in range(rows)],
        "platelets": [f"{dice.lognormvariate(4.8, 0.7):.0f}" for _ in range(rows)],
        "blasts": [f"{dice.uniform(0, 95):.1f}" for _ in range(rows)],
        "ldh": [f"{dice.lognormvariate(5.7, 0.5):.0f}" for _ in range(rows)],
        "creatinine": [f"{dice.lognormvariate(0, 0.35):.2f}" for _ in range(rows)],
        "days": [str(int(dice.expovariate(1 / 1500)) + 1) for _ in range(rows)],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--large", action="store_true", help="a million rows")
    parser.add_argument("--rows", type=int)
    options = parser.parse_args()
    chosen = QUICK if options.quick else LARGE if options.large else FULL
    rows = options.rows or chosen
    cells = columns(rows)
    wall, used = time.perf_counter(), time.process_time()
    encoded = [
        encode_cells(name, column, "pseudonym" if name == "person" else "")
        for name, column in cells.items()
    ]
    cells.clear()
    table = build_table("patients", encoded, _KEY)
    built, built_used = time.perf_counter() - wall, time.process_time() - used
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "index.bin"
        size = write_index([table], _KEY, path)
        begin = time.perf_counter()
        read_index(path, _KEY)
        read = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows} rows x {len(encoded)} columns: built in {built:.1f} s "
          f"({built_used:.1f} s of processor), {size / 1e6:.0f} MB, read in {read:.2f} s, "
          f"peak {peak:.0f} MiB")  # fmt: skip


if __name__ == "__main__":
    main()
