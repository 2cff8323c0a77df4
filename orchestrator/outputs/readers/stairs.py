"""[pure] Drawn curves that step: survival, incidence, rightly and wrongly called people.

A line that lies and stands by turns, always onward and always down, or up, tells by its corners
where somebody's event was. Corners are told as values where the axes are known.
Source: outputs sections 3 (O16, steps and times) and 6.3 (un-plotting).
"""

from collections.abc import Sequence
from itertools import pairwise

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import marks
from orchestrator.outputs.readers.opening import Opening

FEWEST = 10
"""Units: steps; a line of fewer is an outline or an arrow as likely."""
_LEVEL = 0.02
"""Units of the drawing: a piece whose ends differ by less lies, or stands."""


def add(
    opening: Opening,
    path: str,
    lines: Sequence[Sequence[marks.Point]],
    across: marks.Scale | None,
    up: marks.Scale | None,
) -> None:
    """Add the corners of each line that steps as a table, which is only compared."""
    for turn, corners in enumerate(filter(None, map(corners_of, lines)), 1):
        rows, notes = marks.rows(corners, across, up), [Observation(Note.SENTENCE)]
        opening.table(opening.free(f"{path}/{turn}"), ["x", "y"], rows, notes=notes)


def corners_of(line: Sequence[marks.Point]) -> list[marks.Point]:
    """Give where a line stands after each of its steps; nothing of a line that is no stairs."""
    corners: list[marks.Point] = []
    ways: set[tuple[bool, bool]] = set()
    for (x, y), (then_x, then_y) in pairwise(line):
        across, up = then_x - x, then_y - y
        lies, stands = abs(up) < _LEVEL <= abs(across), abs(across) < _LEVEL <= abs(up)
        if not lies and not stands:
            if max(abs(across), abs(up)) < _LEVEL:
                continue
            return []
        ways.add((lies, (across if lies else up) > 0))
        if stands:
            if corners and abs(corners[-1][0] - then_x) < _LEVEL:
                corners.pop()
            corners.append((then_x, then_y))
    return corners if len(ways) == 2 and len(corners) >= FEWEST else []
