"""`python -m tests.bench.chosen "B1,B9"`: the benchmarks of these rows, in their short form.

Without a name those that need no cluster; rows of the cluster are measured in one run together.
"""

import subprocess
import sys
from pathlib import Path

from tests.bench.cluster.__main__ import ROWS as ON_A_CLUSTER

HERE = Path(__file__).parent
ON_THIS_MACHINE = {
    "B7": "click_to_kernel.py",
    "B9": "ingest.py",
    "B13": "airlock_life.py",
    "B14": "airlock_scan.py",
    "ledger": "ledger.py",
    "index": "outputs_index.py",
    "outputs": "outputs_corpus.py",
}
"""Rows by their names, and the programs that have no row."""


def main() -> int:
    """Run them one after the other; the exit status is the worst."""
    asked = [name for name in sys.argv[1].split(",") if name] or list(ON_THIS_MACHINE)
    unknown = [name for name in asked if name not in (*ON_THIS_MACHINE, *ON_A_CLUSTER)]
    if unknown:
        print(f"There is no benchmark {unknown[0]}: {', '.join((*ON_THIS_MACHINE, *ON_A_CLUSTER))}")
        return 2
    words = [[str(HERE / ON_THIS_MACHINE[name])] for name in asked if name in ON_THIS_MACHINE]
    chosen = ",".join(name for name in asked if name in ON_A_CLUSTER)
    if chosen:
        words.append(["-m", "tests.bench.cluster", "--only", chosen])
    return max(
        subprocess.run([sys.executable, *each, "--quick"], check=False).returncode for each in words
    )


if __name__ == "__main__":
    sys.exit(main())
