"""Machines: the generated product of state, event and standing, over every table there is."""

from enum import StrEnum
from itertools import product

import pytest

from orchestrator.errors import Conflict, NotAllowed, TreError
from orchestrator.lifecycle.machine import Machine, Standing, Transition, by, reachable, rows
from tests.discover import machines

MACHINES = machines()


class Light(StrEnum):
    """A toy."""

    RED = "red"
    GREEN = "green"
    BROKEN = "broken"


TOY = Machine(
    noun="light",
    states=Light,
    initial=Light.RED,
    table=rows(
        (Light.RED, "go", Light.GREEN, by(Standing.SYSTEM)),
        (Light.GREEN, "stop", Light.RED, by(Standing.SYSTEM, Standing.OWNER)),
        (Light.GREEN, "break_down", Light.BROKEN, by(Standing.STRANGER)),
    ),
)


def outcome(machine: Machine, state: str, event: str, standing: Standing) -> str | type[TreError]:
    """Where it leads, or which family refuses."""
    try:
        return machine.next(state, event, standing).target
    except TreError as error:
        return type(error)


def expected(machine: Machine, state: str, event: str, standing: Standing) -> object:
    """The same read straight from the table."""
    here = [row for row in machine.table if (row.source, row.event) == (state, event)]
    if not here:
        return Conflict
    return here[0].target if standing in here[0].by else NotAllowed


def test_the_nouns_of_the_design_have_their_tables() -> None:
    """Four things have a state."""
    assert set(MACHINES) >= {"project", "snapshot", "workspace", "airlock request"}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_state_event_and_standing(machine: Machine) -> None:
    """What the table holds moves, everything else raises, and nothing was left out."""
    cases = list(product(machine.states, machine.events, Standing))
    tried = [outcome(machine, *case) for case in cases]
    assert tried == [expected(machine, *case) for case in cases]
    assert len(tried) == len(machine.states) * len(machine.events) * len(Standing)
    moved = [found for found in tried if isinstance(found, str)]
    assert len(moved) == sum(len(row.by) for row in machine.table)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_state_is_reached_and_none_is_a_trap(machine: Machine) -> None:
    """From the first state all others follow, and from each an end."""
    others = {state.value for state in machine.states} - {machine.initial}
    assert others <= reachable(machine, machine.initial)
    assert machine.final, "something ends"
    for state in others - machine.final:
        assert reachable(machine, state) & machine.final, f"{state} never ends"


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_no_stranger_moves_anything(machine: Machine) -> None:
    """Whoever stands in no relation to a thing has no move."""
    assert all(Standing.STRANGER not in row.by and row.by for row in machine.table)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_the_diagram_says_what_the_table_says(machine: Machine) -> None:
    """One line a move, one for the first state, one for each end."""
    lines = machine.mermaid().splitlines()
    assert lines[:2] == ["stateDiagram-v2", f"    [*] --> {machine.initial}"]
    assert len(lines) == 2 + len(machine.table) + len(machine.final)


def test_a_move_and_both_refusals() -> None:
    """The moment is wrong, or the person is; the sentence says which."""
    assert TOY.next("red", "go", Standing.SYSTEM).target == "green"
    with pytest.raises(Conflict, match="This light is broken; it cannot go now") as moment:
        TOY.next("broken", "go", Standing.SYSTEM)
    assert moment.value.code == "wrong_state"
    with pytest.raises(NotAllowed, match="needs owner or system, and you are member") as person:
        TOY.next("green", "stop", Standing.MEMBER)
    assert person.value.code == "wrong_standing"


def test_events_ends_and_reach() -> None:
    """Derived, never listed by hand."""
    assert TOY.events == ("go", "stop", "break_down")
    assert TOY.final == {"broken"}
    assert reachable(TOY, "red") == {"red", "green", "broken"}
    assert reachable(TOY, "broken") == frozenset()


def test_the_diagram_word_for_word() -> None:
    """As `docs/` shows it."""
    assert TOY.mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> red\n"
        "    red --> green: go (system)\n"
        "    green --> red: stop (owner, system)\n"
        "    green --> broken: break_down (stranger)\n"
        "    broken --> [*]\n"
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([("red", "go", "blue")], "unknown state"),
        ([("blue", "go", "red")], "unknown state"),
        ([("red", "go", "green"), ("red", "go", "broken")], "two rows for go"),
    ],
)
def test_a_wrong_table_does_not_start(table: list[tuple[str, str, str]], said: str) -> None:
    """Unknown states and ambiguous moves are a programmer's mistake."""
    with pytest.raises(RuntimeError, match=said):
        Machine(
            noun="light",
            states=Light,
            initial="red",
            table=tuple(Transition(*row, by=by(Standing.SYSTEM)) for row in table),
        )
