"""[pure] Transition tables: what may follow what, by whom, and the diagrams made from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.errors import Conflict, NotAllowed


class Standing(StrEnum):
    """What an actor is *to this thing*; a global role alone never moves anything."""

    SYSTEM = "system"
    AUTHOR = "author"
    LEAD = "lead"
    MEMBER = "member"
    STEWARD = "steward"  # of the partner that holds the dataset; announces, uploads
    OWNER = "owner"  # information asset owner of that partner
    REVIEWER = "reviewer"  # holds a seat on this subject and has no conflict
    ADMINISTRATOR = "administrator"
    STRANGER = "stranger"


@dataclass(frozen=True)
class Transition:
    """One legal move: from `source`, on `event`, to `target`, by any of the standings in `by`."""

    source: str
    event: str
    target: str
    by: frozenset[Standing]


@dataclass(frozen=True)
class Machine:
    """The transition table of one noun.

    Shape: `noun` is the word of the design; `initial` the state a row is born in; `final` the
    states nothing leaves; `table` the aligned rows.
    """

    noun: str
    states: type[StrEnum]
    initial: str
    table: tuple[Transition, ...]

    def __post_init__(self) -> None:
        """Refuse a table that names unknown states or the same move twice."""
        names = {state.value for state in self.states}
        seen = set()
        for row in self.table:
            if row.source not in names or row.target not in names:
                raise RuntimeError(f"{self.noun}: {row} names an unknown state")
            if (row.source, row.event) in seen:
                raise RuntimeError(f"{self.noun}: {row.source} has two rows for {row.event}")
            seen.add((row.source, row.event))

    @property
    def events(self) -> tuple[str, ...]:
        """All events of the table, in its order, once each."""
        return tuple(dict.fromkeys(row.event for row in self.table))

    @property
    def final(self) -> frozenset[str]:
        """States that nothing leaves."""
        return frozenset(s.value for s in self.states) - {row.source for row in self.table}

    def next(self, source: str, event: str, standing: Standing) -> Transition:
        """Find the move, or say which of the two is wrong: the moment or the person.

        Errors: Conflict when the table has no such move; NotAllowed when it has but not for you.
        """
        for row in self.table:
            if row.source == source and row.event == event:
                if standing in row.by:
                    return row
                raise NotAllowed(
                    f"To {event.replace('_', ' ')} this {self.noun} is not yours to do: it needs "
                    f"{' or '.join(sorted(row.by))}, and you are {standing} to it.",
                    code="wrong_standing",
                )
        raise Conflict(
            f"This {self.noun} is {source.replace('_', ' ')}; it cannot "
            f"{event.replace('_', ' ')} now. Look at its page again, it may have moved on.",
            code="wrong_state",
        )

    def mermaid(self) -> str:
        """Draw the table as a Mermaid state diagram; `docs/` holds the result."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        lines += [
            f"    {row.source} --> {row.target}: {row.event} ({', '.join(sorted(row.by))})"
            for row in self.table
        ]
        lines += [f"    {state} --> [*]" for state in sorted(self.final)]
        return "\n".join(lines) + "\n"


def by(*standings: Standing) -> frozenset[Standing]:
    """Write the last column of a table shortly."""
    return frozenset(standings)


def rows(*parts: tuple[str, str, str, frozenset[Standing]]) -> tuple[Transition, ...]:
    """Write a table as aligned tuples: source, event, target, by."""
    return tuple(Transition(*part) for part in parts)


def reachable(machine: Machine, state: str) -> frozenset[str]:
    """All states that can follow, in any number of moves; for tests of the sentences."""
    found: set[str] = set()
    edge: Iterable[str] = {state}
    while edge:
        edge = {r.target for r in machine.table if r.source in edge} - found
        found |= set(edge)
    return frozenset(found)
