"""Build, write and read the row-linkage index: 93,000 people x 13 columns, and a million.

Run: python tests/bench/outputs_index.py [--quick] [--large] [--rows N]
From the rows that the opener streamed to the index on disk, in a process of its own. Prints wall
and processor seconds, bytes of the index, and the peak of memory of that process. At 100,000 rows
and at ten times as many (`--large`) it says how memory grows.
"""

import argparse
import json
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator.outputs.form import Table
from orchestrator.outputs.index_file import IndexWriter, read_index
from orchestrator.outputs.rows import indexed, load_rows

QUICK, FULL, LARGE = (20_000,), (93_000,), (93_000, 100_000, 1_000_000)
_KEY = bytes(range(32))
COLUMNS = ("person", "sex", "age", "year", "diagnosis", "ecog", "hb", "wbc", "platelets", "blasts",
           "ldh", "creatinine", "days")  # fmt: skip


def people(count: int) -> Iterator[list[str]]:
    """Rows of a haematology table: identifiers, codes, counts and blood values."""
    dice = random.Random(7)
    for number in range(count):
        yield [
            f"P{number * 7919 % 10**8:08d}X",
            dice.choice("FM"),
            str(min(99, int(abs(dice.gauss(64, 14))))),
            str(dice.randrange(2000, 2026)),
            dice.choice(["AML", "MDS", "CML", "CLL", "MM", "MPN"]),
            dice.choice("01234"),
            f"{dice.gauss(10.5, 2):.1f}",
            f"{dice.lognormvariate(2, 0.9):.2f}",
            f"{dice.lognormvariate(4.8, 0.7):.0f}",
            f"{dice.uniform(0, 95):.1f}",
            f"{dice.lognormvariate(5.7, 0.5):.0f}",
            f"{dice.lognormvariate(0, 0.35):.2f}",
            str(int(dice.expovariate(1 / 1500)) + 1),
        ]


def build(folder: Path, rows: int) -> None:
    """Build the index of a folder's rows, as the judge does at admission, and say what it took."""
    wall, used = time.perf_counter(), time.process_time()
    table = Table(COLUMNS, (), rows, stored="rows-0.ndjson")
    loaded = load_rows(folder / "rows-0.ndjson", table, "patients", "patients.csv", folder)
    writer = IndexWriter(folder / "index.bin", _KEY)
    writer.add("patients", indexed(loaded, {"person": "pseudonym"}, _KEY))
    size = writer.finish()
    wall, used = time.perf_counter() - wall, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.perf_counter()
    read_index(folder / "index.bin", _KEY)
    print(f"{rows} rows x {len(COLUMNS)} columns: built in {wall:.1f} s ({used:.1f} s of "
          f"processor), {size / 1e6:.0f} MB, peak {peak:.0f} MiB, read in "
          f"{time.perf_counter() - begin:.2f} s", flush=True)  # fmt: skip


def measure(rows: int) -> None:
    """Write the rows, then build in a process that has never held them."""
    with tempfile.TemporaryDirectory() as name:
        spell = json.JSONEncoder(separators=(",", ":")).encode
        with (Path(name) / "rows-0.ndjson").open("w") as out:
            out.writelines(spell(row) + "\n" for row in people(rows))
        process = multiprocessing.get_context("spawn").Process(
            target=build, args=(Path(name), rows)
        )
        process.start()
        process.join()
        assert process.exitcode == 0, "the index was not built"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--large", action="store_true", help="100,000 and a million rows too")
    parser.add_argument("--rows", type=int)
    options = parser.parse_args()
    chosen = QUICK if options.quick else LARGE if options.large else FULL
    for rows in (options.rows,) if options.rows else chosen:
        measure(rows)


if __name__ == "__main__":
    main()
