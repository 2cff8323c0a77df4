"""Where the story happens: what the tale needs of an installation beyond its people's browsers."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from orchestrator.settings import Settings

Done = subprocess.CompletedProcess[str]
"""A command that has ended: its status, and what it said."""


class Place(Protocol):
    """One machine, or a cluster."""

    settings: Settings
    """As browsers and people's own commands see the installation."""

    patience: float
    """How many times longer than on one machine people wait before they give up."""

    def operator(self, *words: str) -> Done:
        """Run `tre` with the operator's rights: where database and log are."""

    def ways_out(self) -> dict[str, object]:
        """What a notebook tries to reach; see `cells/escapes.py`."""

    def altered_log(self) -> AbstractContextManager[str]:
        """Make a copy of the database with one byte of a log entry flipped; answer its URL."""


def tre(environment: Mapping[str, str], words: Sequence[str]) -> Done:
    """Run a command of ours on this machine to its end."""
    return subprocess.run(
        [sys.executable, "-m", "orchestrator.cli.main", *words],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
