"""[pure] A walk through bytes in which each of them gets an owner."""

from dataclasses import dataclass, field

from orchestrator.outputs.form import Note, Span
from orchestrator.outputs.readers.opening import Unreadable


@dataclass
class Walk:
    """Where a reader stands, what it has accounted for, and the texts it met on the way."""

    data: bytes
    at: int = 0
    spans: list[Span] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def take(self, count: int, owner: str) -> bytes:
        """Take the next bytes. Errors: Unreadable (TRUNCATED)."""
        if count < 0 or self.at + count > len(self.data):
            raise Unreadable(Note.TRUNCATED, self.at)
        self.spans.append(Span(self.at, self.at + count, owner))
        self.at += count
        return self.data[self.at - count : self.at]
