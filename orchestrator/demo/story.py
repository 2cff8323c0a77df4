"""How the story is told: numbered steps, each with its evidence and its time, and a report file."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

T = TypeVar("T")


class StoryFailed(Exception):
    """A step did not come out as it must; the message is what was seen instead."""


@dataclass
class Step:
    """One step of the story as it is printed and reported."""

    step: str
    ok: bool = False
    seconds: float = 0.0
    evidence: list[str] = field(default_factory=list)

    def saw(self, sentence: str) -> None:
        """Add one line of evidence."""
        self.evidence.append(sentence)

    def require(self, holds: object, sentence: str, instead: object = "") -> None:
        """Add evidence that must hold.

        Errors: StoryFailed with what was seen instead.
        """
        if not holds:
            raise StoryFailed(f"expected: {sentence}; seen: {str(instead)[:600] or holds!r}")
        self.evidence.append(sentence)


class Story:
    """Prints steps as they happen and writes `report.json` after each, so that none is lost."""

    def __init__(self, report: Path, console: Console) -> None:
        """Begin with no steps."""
        self.report = report
        self._console = console
        self.steps: list[Step] = []

    @property
    def ok(self) -> bool:
        """Whether every step so far came out as it must."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Tell one step; a failure is printed with its evidence and goes on up."""
        step = Step(title)
        self.steps.append(step)
        self._console.print(f"[bold]{len(self.steps):2}. {escape(title)}[/]")
        begun = time.monotonic()
        try:
            yield step
            step.ok = True
        except Exception as error:
            step.saw(f"{type(error).__name__}: {error}")
            raise
        finally:
            step.seconds = round(time.monotonic() - begun, 2)
            self._tell(step)
            self._write()

    def _tell(self, step: Step) -> None:
        for sentence in step.evidence:
            self._console.print(f"      {escape(sentence)}")
        mark = "[green]done[/]" if step.ok else "[bold red]FAILED[/]"
        self._console.print(f"    {mark} in {step.seconds:.2f} s")

    def _write(self) -> None:
        self.report.parent.mkdir(parents=True, exist_ok=True)
        aside = self.report.with_suffix(".new")
        aside.write_text(json.dumps([asdict(step) for step in self.steps], indent=1))
        aside.replace(self.report)


def wait_until(look: Callable[[], T | None], seconds: float, what: str) -> T:
    """Look ten times a second until there is an answer.

    Errors: StoryFailed after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise StoryFailed(f"waited {seconds:.0f} s for {what}, in vain")
