"""[pure] Which lines quote a remark of a source: so many of its words, one after the other?

Source: outputs section 3, O23 (tokens through section 5).
"""

from collections.abc import Callable, Sequence
from itertools import chain

from orchestrator.outputs.canon import Transform
from orchestrator.outputs.index import Column
from orchestrator.outputs.phrases import BLOCK, words

_RUN = 3
"""So many blocks in a row are a quotation: twelve words; any fifteen of a remark hold them."""
_COMMON = 5_000
"""A block that so many rows have is a form's, and counts for none."""

_Runs = dict[int, tuple[frozenset[int], int]]
"""By turn, the rows that have a block there, and how many blocks in a row they have."""


class Quoted:
    """Asks which lines quote a text of one column that fewer rows than a minimum have."""

    def __init__(self, column: Column, hashed: Callable[[str], int], least: int) -> None:
        self._column, self._hashed, self._least = column, hashed, least
        self._turns = [
            at for at, own in enumerate(column.features) if own.transform is Transform.PHRASE
        ]
        hashes = (column.features[at].hashes for at in self._turns)
        self._known = frozenset(chain.from_iterable(hashes))

    def lines(self, lines: Sequence[str]) -> list[int]:
        """List the lines, from 1, on which a quotation ends that goes on from line to line."""
        placed = [(line, word) for line, text in enumerate(lines, 1) for word in words(text)]
        said = [word for _, word in placed] if self._known else []
        runs: dict[int, _Runs] = {}
        found = []
        for at in range(len(said) - BLOCK + 1):
            own = self._hashed(" ".join(said[at : at + BLOCK]))
            if own in self._known:
                runs[at] = self._longer(own, runs.get(at - BLOCK, {}))
                if any(run >= _RUN and len(rows) < self._least for rows, run in runs[at].values()):
                    found.append(placed[at + BLOCK - 1][0])
        return sorted(set(found))

    def _longer(self, hashed: int, before: _Runs) -> _Runs:
        """Go on with the rows that had the block before, where they have this one next."""
        found: _Runs = {}
        for turn, at in enumerate(self._turns):
            feature = self._column.features[at]
            group = feature.find(hashed)
            if group < 0 or feature.frequency[group] > _COMMON:
                continue
            rows = frozenset(self._column.rows_of(at, group))
            longer, run = before.get(turn - 1, (frozenset[int](), 0))
            found[turn] = (rows & longer, run + 1) if rows & longer else (rows, 1)
        return found
