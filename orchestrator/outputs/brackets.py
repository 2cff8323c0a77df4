"""[pure] `12 (7.6)`: is the number in brackets a share of people, and of how many?

It may be a spread or a standard error as well, and only arithmetic tells: shares of one group agree
on its size. They prove it where that size stands beside them, where the counts add up to it, or
where three and more agree.
Source: outputs section 3, "Finding count columns" and O10.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PAIR = re.compile(
    r"(?<![\d.])(?P<below><|<=|≤)? ?(?P<count>\d[\d,]*) ?[(\[] ?(?P<share>\d{1,3}(?:\.\d{1,4})?)"
    r" ?(?P<sign>%?) ?[)\]]"
)
_OF_ALL = re.compile(r"\bn ?= ?(\d[\d,]*)", re.IGNORECASE)
_PLAIN = re.compile(r"\d[\d,]*\Z")
_AGREE = 3
_COARSE = 0.25
"""A group whose size is known no better than this says nothing."""

Ends = tuple[float, float]


@dataclass(frozen=True)
class Pair:
    """A count with what stands in brackets behind it, and the size of the group if it is a share.

    Shape: `count` is None where the cell hides it (`<10 (4.1)`); then `ends` are of no use.
    """

    at: int
    count: int | None
    share: float
    half: float

    @property
    def ends(self) -> Ends:
        """Between which sizes the group is."""
        count = self.count or 0
        return 100 * count / (self.share + self.half), 100 * count / (self.share - self.half)

    def hidden_count(self, whole: Ends) -> Ends:
        """Between which numbers the hidden count of a group of known size is."""
        return (whole[0] * max(self.share - self.half, 0) / 100,
                whole[1] * (self.share + self.half) / 100)  # fmt: skip


def pair(at: int, cell: str) -> Pair | None:
    """Read one cell; None of any other, and of shares that tell no size (0, 100 and coarser)."""
    match = _PAIR.fullmatch(cell.strip())
    return None if match is None else _pair(at, match)


def pairs_in(line: str) -> list[Pair]:
    """List the pairs of a line of text by their order."""
    found = [_pair(at, match) for at, match in enumerate(_PAIR.finditer(line))]
    return [one for one in found if one is not None]


def group_of(pairs: Sequence[Pair], said: Iterable[float] = ()) -> tuple[Ends, list[Pair]] | None:
    """Give the size of the one group that pairs are shares of, and which of them are.

    Shape: `said` are sizes that stand beside them; None where nothing proves any.
    """
    shown = [one for one in pairs if one.count]
    hiding = [one for one in pairs if one.count is None]
    best: tuple[Ends, list[Pair]] | None = None
    for size in said:
        own = [one for one in shown if one.ends[0] <= size <= one.ends[1]]
        if own and 2 * len(own) >= len(shown) and (best is None or len(own) > len(best[1])):
            best = (size, size), own
    if best is not None:
        return best
    for seed in shown:
        ends, own = seed.ends, list[Pair]()
        for one in shown:
            low, high = max(ends[0], one.ends[0]), min(ends[1], one.ends[1])
            if low <= high:
                ends, own = (low, high), [*own, one]
        proved = _proved(ends, own) or _whole([*own, *hiding])
        if (best is None or len(own) > len(best[1])) and proved and _narrow(ends):
            best = ends, own
    return best


def sizes(name: str, cells: Iterable[str]) -> list[float]:
    """List the sizes that a column says of itself: in its name (`N = 98`), in a plain cell."""
    told = [match[1] for match in _OF_ALL.finditer(name)]
    told += [cell.strip() for cell in cells if _PLAIN.match(cell.strip())]
    return [float(one.replace(",", "")) for one in told]


def marked(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Write the sign of a share into the cells of a table that are proved to hold one."""
    body = [list(row) for row in rows]
    for column, name in enumerate(names):
        cells = [row[column] for row in rows]
        own = [one for at, cell in enumerate(cells) if (one := pair(at, cell))]
        found = group_of(own, sizes(name, cells)) if own else None
        if found is not None:
            hidden = [one for one in own if one.count is None]
            for one in (*found[1], *hidden):
                body[one.at][column] = _signed(body[one.at][column])
    for at, row in enumerate(body):
        own = [one for column, cell in enumerate(row) if (one := pair(column, cell))]
        found = group_of(own, sizes("", row)) if len(own) > 1 else None
        if found is not None and len(found[1]) > 1 and _whole(found[1]):
            for one in found[1]:
                body[at][one.at] = _signed(body[at][one.at])
    return [tuple(row) for row in body]


def _pair(at: int, match: re.Match[str]) -> Pair | None:
    share = float(match["share"])
    half = 0.5 * 10 ** -len(match["share"].partition(".")[2]) + 1e-9
    if not half < share < 100:
        return None
    count = None if match["below"] else int(match["count"].replace(",", ""))
    return Pair(at, count, share, half)


def _proved(ends: Ends, own: Sequence[Pair]) -> bool:
    total = sum(one.count or 0 for one in own)
    adds_up = len(own) > 1 and ends[0] <= total <= ends[1]
    different = len({one.share for one in own})
    return adds_up or different >= _AGREE


def _narrow(ends: Ends) -> bool:
    return ends[1] - ends[0] <= max(_COARSE * ends[1], 2)


def _whole(own: Sequence[Pair]) -> bool:
    """Say whether shares make a whole: those of one row may be alike by accident."""
    return len(own) > 1 and abs(sum(one.share for one in own) - 100) <= sum(one.half for one in own)


def _signed(cell: str) -> str:
    match = _PAIR.fullmatch(cell.strip())
    if match is None or match["sign"]:
        return cell
    end = match.end("share")
    plain = cell.strip()
    return f"{plain[:end]}%{plain[end:]}"
