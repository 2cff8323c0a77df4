"""[pure] Data that a program carries with it: SAS's `datalines`, SPSS's `begin data`, SQL's rows.

Source: outputs section 3, O19: rows in whatever holds them.
"""

import re
from collections.abc import Iterator, Sequence

_BEGINS = frozenset({"datalines", "datalines4", "cards", "cards4", "lines", "begin data"})
_ENDS = (";", "end data")
_LONGEST = 400
"""Units: characters at the end of a line, where data begin with the next one."""
_BEFORE = 60
"""Units: lines above the data in which their names may stand."""
_NAMES = re.compile(
    r"(?:\binput\b|\bdata list\b[^;/]{0,200}/)([^;]{0,4000})[;.]\s*\Z", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z_]\w*+(?!\.)")
_GAP = re.compile(r"[,\t]|\s+")


_INSERT = re.compile(
    r"\binsert\s+into\s+([\w.\"`\[\]]{1,100})\s*(?:\(([^()]{0,4000})\)\s*)?values\s*", re.IGNORECASE
)
_CREATE = re.compile(
    r"\bcreate\s+(?:temp(?:orary)?\s+)?table\s+(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]{1,100})\s*"
    r"\(([^;]{1,4000})\)\s*;", re.IGNORECASE
)  # fmt: skip
_FIELD = re.compile(r"(?:\A|,)\s*[\"`\[]?(\w{1,60})[\"`\]]?\s+[A-Za-z]")
_NO_FIELD = frozenset({"primary", "foreign", "unique", "constraint", "check", "key", "index"})
LITERAL = r"\s*(?:'(?:[^']|'')*+'|\"[^\"]*+\"|[^\s,()'\"]++)\s*"
_TUPLE = re.compile(rf"\s*\(({LITERAL}(?:,{LITERAL})*+)\)\s*(,?)")
_NOTHING = frozenset({"null", "none", "nan"})
_VALUE = re.compile(r"\s*(?:'((?:[^']|'')*)'|\"([^\"]*)\"|([^\s,'\"]+))\s*(?:,|\Z)")


def find_inserted(content: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """List the tables that `insert into ... values (...), (...)` fill, one for each list of names.

    Shape: statements with the same names, or of one table that is created with as many, or without
    any and of one width, are one table.
    """
    found: dict[tuple[str, ...], list[list[str]]] = {}
    made = {match[1]: _fields(match[2]) for match in _CREATE.finditer(content)}
    for match in _INSERT.finditer(content):
        names = tuple(_NAME.findall(match[2] or "")) or made.get(match[1], ())
        at = match.end()
        while row := _TUPLE.match(content, at):
            values = literals(row[1])
            own = names if len(names) == len(values) else tuple(
                f"column {place}" for place in range(1, len(values) + 1)
            )  # fmt: skip
            found.setdefault(own, []).append(values)
            at = row.end()
            if not row[2]:
                break
    yield from ((list(names), rows) for names, rows in found.items())


def _fields(created: str) -> tuple[str, ...]:
    """List the names of the columns of a table that is created; rules between them are none."""
    names = _FIELD.findall(re.sub(r"\([^()]*\)", "", created))
    return tuple(name for name in names if name.casefold() not in _NO_FIELD)


def literals(values: str) -> list[str]:
    """List the values between the brackets of a tuple."""
    return [_unquoted(*groups) for groups in _VALUE.findall(values)]


def _unquoted(text: str, name: str, plain: str) -> str:
    """Give a value as it was before it was quoted; nothing for `null` or `None`."""
    return text.replace("''", "'") or name or ("" if plain.casefold() in _NOTHING else plain)


def find_instream(content: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """List the tables that stand in programs, each with its names.

    Shape: names from the `input` or `data list` before it where there are as many as values; lines
    of one width are one table, because a value of two words makes a line longer.
    """
    lines = content.splitlines()
    end = -1
    for at, line in enumerate(lines):
        before, _, last = line[-_LONGEST:].rstrip(" \t.;").rpartition(";")
        if at > end and last.strip().casefold() in _BEGINS:
            end = _end(lines, at)
            if end < 0:
                return
            above = [*lines[max(0, at - _BEFORE) : at], f"{before};" if before else ""]
            yield from _tables(_names("\n".join(above)), lines[at + 1 : end])


def _end(lines: Sequence[str], begin: int) -> int:
    for at in range(begin + 1, len(lines)):
        if lines[at].lstrip().casefold().startswith(_ENDS):
            return at
    return -1


def _names(before: str) -> list[str]:
    match = _NAMES.search(before)
    return _NAME.findall(match[1]) if match else []


def _tables(names: list[str], lines: Sequence[str]) -> Iterator[tuple[list[str], list[list[str]]]]:
    rows = [_GAP.split(line.strip()) for line in lines]
    for width in sorted({len(row) for row in rows if len(row) > 1}):
        numbered = [f"column {at}" for at in range(1, width + 1)]
        own = [row for row in rows if len(row) == width]
        yield names if len(names) == width else numbered, own
