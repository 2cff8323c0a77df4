"""[pure] What the control plane pushes, and what a halt still holds."""

import json
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of line on the stream."""

    BEAT = "beat"
    REVOKE = "revoke"
    HALT = "halt"
    RESUME = "resume"
    SERVERS = "servers"


@dataclass(frozen=True)
class Scope:
    """Whom something concerns; None means every project, or everybody in the project."""

    project: str | None = None
    person: str | None = None

    def covers(self, project: str, person: str | None) -> bool:
        """Say whether a person in a project is meant; who is unknown is not meant by a name."""
        return self.project in (None, project) and self.person in (None, person)

    def includes(self, other: "Scope") -> bool:
        """Say whether everything that the other one means is meant here too."""
        return self.project in (None, other.project) and self.person in (None, other.person)


@dataclass(frozen=True)
class Event:
    """One pushed line; `halt` is the id of a halt's row, to be answered with what closed."""

    kind: Kind
    scope: Scope = Scope()
    halt: str | None = None


EVERYTHING_MAY_HAVE_CHANGED = (Event(Kind.REVOKE), Event(Kind.SERVERS))
"""What a new connection to the stream stands for: lines may have been missed."""


def parse_event(line: bytes) -> Event | None:
    """Read one line of the stream; a line that cannot be read asks everything again.

    Shape: an empty line is nothing; an unknown kind is treated like a missed line, so that an
    older gateway stays on the safe side of a newer control plane.
    """
    if not line.strip():
        return None
    try:
        said = json.loads(line)
        kind = Kind(said["kind"])
        scope = Scope(_name(said.get("project")), _name(said.get("person")))
        return Event(kind, scope, _name(said.get("halt")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Event(Kind.REVOKE)


def parse_scope(body: object) -> Scope:
    """Read the body of a halt or a resume.

    Errors: ValueError for anything but two optional names.
    """
    if not isinstance(body, dict) or not set(body) <= {"project", "person"}:
        raise ValueError("a scope has project and person, and nothing else")
    return Scope(_name(body.get("project")), _name(body.get("person")))


class Holds:
    """Halts that were pushed, each in force until the control plane has answered after it.

    A halt is pushed before its row is written. An answer that was asked for less than `grace`
    seconds after the push may not know the row yet and opens nothing; a later one decides.
    """

    def __init__(self, grace: float = 5.0) -> None:
        """Units: `grace` in seconds."""
        self._grace = grace
        self._since: dict[Scope, float] = {}

    def halt(self, scope: Scope, at: float) -> None:
        """Hold a scope from this moment on."""
        self._since[scope] = at

    def resume(self, scope: Scope) -> int:
        """Drop every hold that the scope includes; answers how many."""
        gone = [held for held in self._since if scope.includes(held)]
        for held in gone:
            del self._since[held]
        return len(gone)

    def blocks(self, project: str, person: str | None, asked_at: float) -> bool:
        """Say whether an answer that was asked for at that moment must not open anything."""
        return any(
            held.covers(project, person) and asked_at < since + self._grace
            for held, since in self._since.items()
        )

    def unconfirmed(self, project: str, person: str | None) -> list[Scope]:
        """List and drop the holds that an allowing answer shows to have no row behind them."""
        gone = [held for held in self._since if held.covers(project, person)]
        for held in gone:
            del self._since[held]
        return gone


def _name(value: object) -> str | None:
    """Accept a name or nothing."""
    if value is None or isinstance(value, str):
        return value
    raise ValueError("a name is text")
