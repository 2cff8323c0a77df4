"""Figures of earlier runs, kept beside the page: a first score is not lost to a later one."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.bench.outputs.page import Kept, Run
from tests.bench.outputs.score import Rate, summary

_FILE = Path(__file__).with_name("kept.json")


def known(file: Path = _FILE) -> Sequence[Kept]:
    """Read what was kept, in the order it was taken."""
    return [
        Kept(one["corpus"], one["title"], one["date"], one["commit"], one["seed"],
             {name: Rate(*pair) for name, pair in one["figures"].items()})
        for one in json.loads(file.read_text("utf-8"))
    ]  # fmt: skip


def add(title: str, date: str, runs: Sequence[Run], file: Path = _FILE) -> None:
    """Keep the figures of some runs under a title, behind those that are there.

    Errors: ValueError where a corpus already has figures of this title: none is written over.
    """
    before = json.loads(file.read_text("utf-8")) if file.exists() else []
    taken = {(one["corpus"], one["title"]) for one in before}
    again = [run.name for run in runs if (run.name, title) in taken]
    if again:
        raise ValueError(f"Figures of {', '.join(again)} are already kept as '{title}'.")
    own = [
        {
            "corpus": run.name,
            "title": title,
            "date": date,
            "commit": _commit(),
            "seed": run.seed,
            "figures": {
                name: [rate.hits, rate.of] for name, rate in vars(summary(run.said)).items()
            },
        }
        for run in runs
    ]
    file.write_text(json.dumps([*before, *own], indent=1) + "\n", "utf-8")


def _commit() -> str:
    asked = ("git", "describe", "--always", "--dirty=, changed")
    return subprocess.run(asked, capture_output=True, text=True, check=True,
                          cwd=_FILE.parent).stdout.strip()  # fmt: skip
