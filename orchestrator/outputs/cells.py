"""[pure] One cell of an exported table: the numbers in it, which of them count, what is hidden.

`12 (3.4%)`, `3/120`, `64.3 (12.1)`, `1.2 [0.9, 1.6]` and `n = 12` each hold several things; `<10`,
`*` and `redacted` hide one. A cell is read the same wherever it stands; what a bare number is says
its column (`roles`).
Source: outputs section 3, "Finding count columns".
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.outputs.canon import is_missing, number


class Mark(StrEnum):
    """What one number of a cell is, as far as the cell itself tells."""

    NUMBER = "number"
    COUNT = "count"
    MAYBE = "maybe"
    WHOLE = "whole"
    SHARE = "share"
    STATISTIC = "statistic"


@dataclass(frozen=True)
class Piece:
    """One number of a cell. Units: `decimals` are printed digits behind the point."""

    mark: Mark
    value: float
    decimals: int = 0


@dataclass(frozen=True)
class Hidden:
    """A suppressed cell: what it may be at least and at most, as it says itself."""

    low: int = 0
    high: int | None = None


_NUMBER = r"[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d{1,3})?"
_COUNT_WITH_SHARE = re.compile(rf"(\d[\d,]*) ?[(\[] ?({_NUMBER}|<\d+) ?(%?) ?[)\]]\Z")
_SHARE_WITH_COUNT = re.compile(rf"({_NUMBER}) ?% ?[(\[] ?(?:n ?= ?)?(\d[\d,]*) ?[)\]]\Z")
_FRACTION = re.compile(
    rf"(\d[\d,]*) ?(?:/|of|out of) ?(\d[\d,]*)(?: ?[(\[] ?({_NUMBER}) ?%? ?[)\]])?\Z"
)
_SPREAD = re.compile(rf"({_NUMBER}) ?(?:\(|\[|±|\+/-) ?({_NUMBER}) ?[)\]]?\Z")
_LIMITS = re.compile(
    rf"({_NUMBER}) ?[(\[] ?(?:95 ?% ?ci:? ?)?({_NUMBER}) ?(?:,|;|–|—|-|to) ?({_NUMBER}) ?[)\]]\Z",
    re.IGNORECASE,
)
_NAMED = re.compile(r"n ?[=:] ?(\d[\d,]*)(?: ?[(\[].*[)\]])?\Z", re.IGNORECASE)
_BELOW = re.compile(
    r"(?:n ?)?(?:<|fewer than|less than) ?(\d{1,6})(?: ?[(\[].*[)\]])?\Z", re.IGNORECASE
)
_NOT_SHOWN = re.compile(r"(?:n\. ?[av]\.|n/a|nd) ?[(\[](.{1,30})[)\]]\Z", re.IGNORECASE)
"""`n. a. (< 10)`."""
_AT_MOST = re.compile(r"(?:<=|≤|up to) ?(\d{1,6})(?: ?[(\[].*[)\]])?\Z", re.IGNORECASE)
_ABOVE = re.compile(r"(>=|≥|>) ?(\d{1,9})\Z")
_BETWEEN = re.compile(r"[\[(]?(\d{1,3}) ?(?:-|–|to) ?(\d{1,3})[\])]?\Z")
_HIDDEN = re.compile(
    r"\*+|†|\[?[cxs]\]?|\.{2,}|\[?(?:suppressed|redacted|masked|hidden|withheld|confidential|low|"
    r"unterdrückt|zensiert|gesperrt|masqué|occulté|oculto|suprimido|ocultado|soppresso|oscurato|"
    r"onderdrukt|verborgen|ukryte|ukryto)\]?"
    r"|#",
    re.IGNORECASE,
)
_SPACES = re.compile(r"(?<=\d)[\u00a0\u2009\u202f' ](?=\d{3}(?!\d))")


def pieces(text: str) -> tuple[Piece, ...]:
    """Take the numbers of a cell apart, in the order in which they stand; none in a plain text."""
    cell = _plain(text)
    value = number(cell)
    if value is not None:
        share = cell.rstrip().endswith("%")
        return (Piece(Mark.SHARE if share else Mark.NUMBER, value, decimals(cell)),)
    for read in (_counted, _shared, _fraction, _limits, _spread):
        found = read(cell)
        if found:
            return found
    return ()


def hidden(text: str) -> Hidden | None:
    """Read a cell that says it was suppressed, None for any other one.

    Shape: `<10` is 0 to 9, `>90` has no upper end, `*` says nothing. A missing value is not one.
    """
    cell = _plain(text)
    if match := _NOT_SHOWN.match(cell):
        cell = match[1]
    if match := _BELOW.match(cell):
        return Hidden(0, max(int(match[1]) - 1, 0))
    if match := _AT_MOST.match(cell):
        return Hidden(0, int(match[1]))
    if match := _ABOVE.match(cell):
        return Hidden(int(match[2]) + (match[1] == ">"))
    match = _BETWEEN.match(cell)
    if match and int(match[1]) < int(match[2]):
        return Hidden(int(match[1]), int(match[2]))
    return Hidden() if _HIDDEN.fullmatch(cell) else None


def empty(text: str) -> bool:
    """Say whether a cell shows nothing: missing, or blank."""
    return is_missing(text)


def decimals(text: str) -> int:
    """Count the printed digits behind the point."""
    body = text.strip().rstrip("% ").lower().partition("e")[0]
    return len(body.rpartition(".")[2]) if "." in body else 0


def whole(text: str) -> int | None:
    """Read a cell as a whole number >= 0, else None."""
    cell = _plain(text)
    value = None if is_missing(cell) else number(cell)
    return int(value) if value is not None and value >= 0 and value == int(value) else None


def _plain(text: str) -> str:
    return _SPACES.sub("", " ".join(text[:200].split()))


def _piece(mark: Mark, text: str) -> Piece:
    value = number(text)
    return Piece(mark, 0.0 if value is None else value, decimals(text))


def _counted(cell: str) -> tuple[Piece, ...]:
    if match := _NAMED.match(cell):
        return (_piece(Mark.COUNT, match[1]),)
    if match := _SHARE_WITH_COUNT.match(cell):
        return (_piece(Mark.SHARE, match[1]), _piece(Mark.COUNT, match[2]))
    match = _COUNT_WITH_SHARE.match(cell)
    if not match or not (match[3] or match[2].startswith("<")):
        return ()
    share = () if match[2].startswith("<") else (_piece(Mark.SHARE, match[2]),)
    return (_piece(Mark.COUNT, match[1]), *share)


def _shared(cell: str) -> tuple[Piece, ...]:
    """`64 (12)`: a count with its share, or a mean with its spread; the column knows."""
    match = _COUNT_WITH_SHARE.match(cell)
    if not match or match[2].startswith(("-", "<")):
        return ()
    return (_piece(Mark.MAYBE, match[1]), _piece(Mark.STATISTIC, match[2]))


def _fraction(cell: str) -> tuple[Piece, ...]:
    match = _FRACTION.match(cell)
    if not match:
        return ()
    part, all_of = _piece(Mark.COUNT, match[1]), _piece(Mark.WHOLE, match[2])
    share = (_piece(Mark.SHARE, match[3]),) if match[3] else ()
    return (part, all_of, *share) if part.value <= all_of.value else ()


def _limits(cell: str) -> tuple[Piece, ...]:
    match = _LIMITS.match(cell)
    return tuple(_piece(Mark.STATISTIC, text) for text in match.groups()) if match else ()


def _spread(cell: str) -> tuple[Piece, ...]:
    match = _SPREAD.match(cell)
    return tuple(_piece(Mark.STATISTIC, text) for text in match.groups()) if match else ()
