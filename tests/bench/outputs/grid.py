"""[pure] What a case is: a file, its honest label, and the plain table most files are made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Grid:
    """Named columns and rows of text, before any file format."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def pick(self, names: Sequence[str]) -> "Grid":
        """Keep some columns, in this order."""
        places = [self.columns.index(name) for name in names]
        return Grid(tuple(names), tuple(tuple(row[at] for at in places) for row in self.rows))

    def take(self, rows: Sequence[int]) -> "Grid":
        """Keep some rows, in this order."""
        return Grid(self.columns, tuple(self.rows[row] for row in rows))

    def named(self, names: Sequence[str]) -> "Grid":
        """Give the columns other names."""
        return Grid(tuple(names), self.rows)

    def column(self, name: str) -> list[str]:
        """List the cells of one column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def change(self, name: str, to: Callable[[str], str]) -> "Grid":
        """Change the cells of one column."""
        at = self.columns.index(name)
        rows = tuple((*row[:at], to(row[at]), *row[at + 1 :]) for row in self.rows)
        return Grid(self.columns, rows)


Box = Callable[[Grid], bytes]
"""Writes a grid into the bytes of one format."""


@dataclass(frozen=True)
class Case:
    """One file with its label.

    Shape: `family` is L1 to L16 (something of a patient is in it) or S1 to S16 (nothing is);
    `rules` are those that name this leak; `people` counts rows of the source in the file, 0 where
    the leak is another. `held` says that could-not-check is the right answer (a bomb). `apart`
    marks what is scored apart: noised rows, copies of one column, and no more true rows than
    chance alone draws from the columns. `seen_by` names rules that send a file of this kind to
    people whatever is in it: their flag is no false alarm, nothing else is excused. `released`
    are files that left earlier.
    """

    path: str
    data: bytes = field(repr=False)
    family: str
    format: str
    source: str
    rules: frozenset[str] = frozenset()
    people: int = 0
    held: bool = False
    apart: bool = False
    seen_by: frozenset[str] = frozenset()
    released: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)

    @property
    def leaky(self) -> bool:
        """Whether the label says that something of a patient is in it."""
        return self.family.startswith("L")
