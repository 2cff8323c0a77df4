"""[pure] Is a column a source column less one number that nobody said: days since some day?

Other columns, recognised as they are, say which few people a row may be. If the column is the
source's less a number, the differences to these people agree in row after row; by accident they
hardly do. The number itself is as good as any.
Source: outputs 5.4 (matching of differences) and 8.2 (dates become days since an index date).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from orchestrator.outputs.canon import number
from orchestrator.outputs.index import Column

_ROWS = 5
"""Fewer rows that agree are an accident."""
_SHARE = 0.5
"""The number must explain so many of the rows that may be somebody: a copy explains nearly all."""
_TIMES = 4
"""The number must explain so many times as many rows as the next best."""
_PLACES = 6
"""Units: digits behind the point in which differences are compared."""


def moved(
    cells: Sequence[str], candidates: Mapping[int, Sequence[int]], column: Column
) -> list[int] | None:
    """Give the group of each cell in the column's identity, -1 for none; None where it is no copy.

    Shape: `candidates` are, for rows of the cells, the few rows of the source that each may be.
    """
    numbers = column.magnitudes if column.magnitudes is not None else column.days
    if numbers is None or not column.features:
        return None
    values = [number(cell) for cell in cells]
    votes: Counter[float] = Counter()
    for row, people in candidates.items():
        own = values[row]
        if own is not None:
            known = (numbers[column.values[one]] for one in people)
            votes.update({round(had - own, _PLACES) for had in known if math.isfinite(had)})
    (best, most), (_, next_best) = [*votes.most_common(2), (0.0, 0), (0.0, 0)][:2]
    if most < max(_ROWS, _TIMES * next_best, _SHARE * len(candidates)):
        return None
    groups = column.features[0].group_of
    placed = {round(own, _PLACES): groups[at] for at, own in enumerate(numbers) if at}
    return [-1 if own is None else placed.get(round(own + best, _PLACES), -1) for own in values]
