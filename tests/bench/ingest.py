"""Ingest of a snapshot beside `cp -r` + `sync`, interleaved in one run (bench row B9).

Run: python tests/bench/ingest.py [--quick] [--rounds N] [--folder DIR] [--json FILE]
Prints medians and ratios; figures of shared machines swing, so only ratios of one run count.
Nothing is deleted before the end: for minutes after a deletion ext4 steps over each freed inode
anew, and a created file costs 500 microseconds instead of 15, for `cp` and for us.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone

SEED = 20260101
FULL_MB, QUICK_MB = 237, 24
SMALL_FILES = 5000


def generate(folder: Path, large_mb: int, small: int) -> list[Path]:
    """Write four tables of `large_mb` megabytes and `small` files of 0.2 to 8 KB, from a seed."""
    random_source = random.Random(SEED)
    line = ",".join(str(random_source.randrange(10**6)) for _ in range(20)) + "\n"
    files = []
    for number in range(4):
        path = folder / f"table-{number}.csv"
        with path.open("w") as stream:
            for row in range(large_mb * 1_000_000 // (len(line) + 9)):
                stream.write(f"{row:08d},{line}")
        files.append(path)
    for number in range(small):
        path = folder / f"part-{number % 50:02d}" / f"{number:04d}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(random_source.randbytes(random_source.randrange(200, 8000)))
        files.append(path)
    return files


def copied(source: Path, target: Path) -> None:
    """The floor: what everybody would do by hand."""
    subprocess.run(["cp", "-r", str(source), str(target)], check=True)
    subprocess.run(["sync", "-f", str(target)], check=True)


def ingested(files: list[Path], target: Path) -> None:
    """Ours: hashed, content-addressed, durable at the end."""
    PosixStore(target).freeze_tree(Zone.INBOX, files, 1 << 40)


def one_by_one(files: list[Path], target: Path) -> None:
    """Ours, as single uploads of the large files: each durable before the next."""
    store = PosixStore(target)
    for path in files:
        with path.open("rb") as stream:
            store.freeze(Zone.INBOX, stream, 1 << 40)


def timed(work: Callable[[Path], None], target: Path) -> float:
    """Seconds of one run that begins with a quiet disk."""
    os.sync()
    begin = time.perf_counter()
    work(target)
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        source = folder / "source"
        source.mkdir()
        small = SMALL_FILES // 10 if options.quick else SMALL_FILES
        files = generate(source, QUICK_MB if options.quick else FULL_MB, small)
        total = sum(path.stat().st_size for path in files)
        large = files[:4]
        ways: dict[str, tuple[int, Callable[[Path], None]]] = {
            "cp -r + sync": (total, lambda target: copied(source, target)),
            "freeze_tree": (total, lambda target: ingested(files, target)),
            "freeze, four large files": (
                sum(path.stat().st_size for path in large),
                lambda target: one_by_one(large, target),
            ),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(options.rounds):
            order = list(ways) if turn % 2 == 0 else list(reversed(ways))
            for number, way in enumerate(order):
                seconds[way].append(timed(ways[way][1], folder / f"target-{turn}-{number}"))
    report(ways, seconds, total, len(files), options.json)


def report(
    ways: dict[str, tuple[int, Callable[[Path], None]]],
    seconds: dict[str, list[float]],
    total: int,
    count: int,
    target: Path | None,
) -> None:
    """Print medians, GB/s and the ratio to the floor; write them as JSON where asked."""
    rates = {way: [size / one / 1e9 for one in seconds[way]] for way, (size, _) in ways.items()}
    floor = rates["cp -r + sync"]
    print(f"{total / 1e6:.0f} MB in {count} files, {len(floor)} rounds, interleaved")
    rows = []
    for way, of_way in rates.items():
        ratio = statistics.median(a / b for a, b in zip(of_way, floor, strict=True))
        rows.append(
            {
                "way": way,
                "median_seconds": round(statistics.median(seconds[way]), 4),
                "median_gb_per_s": round(statistics.median(of_way), 4),
                "median_ratio_to_cp": round(ratio, 3),
                "seconds": [round(one, 4) for one in seconds[way]],
            }
        )
        print(
            f"{way:26s} {rows[-1]['median_seconds']:>8} s  "
            f"{rows[-1]['median_gb_per_s']:>7} GB/s  {ratio:5.2f} x cp"
        )
    if target is not None:
        target.write_text(json.dumps({"bytes": total, "files": count, "ways": rows}, indent=2))


if __name__ == "__main__":
    main()
