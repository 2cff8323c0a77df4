r"""[pure] Descriptions of a variable that programs print in layouts of their own, as long tables.

`summary()` of R writes each statistic with its name into a cell; Stata's `summarize, detail` stands
the least and the greatest values beside the percentiles; SAS lists extreme observations below
`Lowest` and `Highest`; scipy's `describe` calls both ends `minmax`. All come to rows of variable,
statistic and value.
Source: R's `summary.data.frame`; Stata's manual, [R] summarize; SAS's PROC UNIVARIATE;
`scipy.stats.describe`.
"""

import re
from collections.abc import Iterator, Sequence

_NAMES = ["variable", "statistic", "value"]
_NUMBER = r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
_CELL = re.compile(rf"(?P<name>[A-Za-z0-9'][^:\n]{{0,30}}?)\s*:\s*(?P<value>{_NUMBER})(?![\w:])")
_QUARTILE = re.compile(r"(?:Min\.|1st Qu\.|Max\.)\s*:")
_STATISTIC = re.compile(r"(?:Min\.|1st Qu\.|Median|Mean|3rd Qu\.|Max\.)\Z")
_WORD = re.compile(r"\S+(?: \S+)*")
_DETAIL = re.compile(r"\s*Percentiles\s+Smallest\s*\Z")
_PERCENTILE = re.compile(rf"\s*(\d{{1,2}})%\s+({_NUMBER})")
_COMMAND = re.compile(
    r"\s*\.?\s*su(?:m|mm|mma|mmar|mmari|mmariz|mmarize)?\s+(?P<what>\w+)[^,\n]*, *d"
)
_LOOSE = re.compile(rf"(?<![\w.%])({_NUMBER})(?![\w.%])")
_EXTREMES = re.compile(r"\s*-*\s*Lowest\s*-*\s+-*\s*Highest\s*-*\s*\Z")
_ABOUT = re.compile(r"\s*Variable:\s+(?P<what>\w+)")
_GROUP = re.compile(r"(?:[\w.]+\$)?(?P<what>[\w.]{1,40}): (?P<level>\S.{0,60})\Z")
_BOTH = re.compile(rf"\bminmax=\(({_NUMBER}), ({_NUMBER})\)")
_LONGEST = 400
"""Units: characters; no program prints such lines longer."""
_AHEAD = 20
"""Units: lines of such a description."""
_BEHIND = 12
"""Units: lines above it that may say of which variable it is."""

Found = tuple[list[str], list[list[str]]]


def find_described(content: str) -> Iterator[Found]:
    """List the descriptions in a text."""
    lines = [line if len(line) <= _LONGEST else "" for line in content.splitlines()]
    grouped: dict[str, list[list[str]]] = {}
    for at, line in enumerate(lines):
        below = lines[at + 1 : at + 1 + _AHEAD]
        rows: list[list[str]] = []
        levels: list[list[str]] = []
        if _DETAIL.match(line):
            rows = _detail(_named(lines[:at], _COMMAND), below)
        elif _EXTREMES.match(line):
            rows = _extremes(_named(lines[:at], _ABOUT), below)
        elif both := _BOTH.search(line):
            rows = [["", "min", both[1]], ["", "max", both[2]]]
        elif _is_names(line, below):
            told = _summary(line, below)
            rows = [row for row in told if _STATISTIC.match(row[1])]
            levels = [row for row in told if row not in rows]
        if rows:
            yield _NAMES, rows
        group = _group(lines[:at]) if levels else None
        if group is not None:
            grouped.setdefault(group[0], []).extend([group[1], *row] for row in levels)
        elif levels:
            yield ["variable", "level", "n"], levels
    for what, rows in grouped.items():
        yield [what, "variable", "level", "n"], rows


def _group(above: Sequence[str]) -> tuple[str, str] | None:
    """Say of which group counts are, where the line above names it: `d$sex: F`, as `by` prints."""
    match = _GROUP.match(above[-1]) if above else None
    return (match["what"], match["level"]) if match else None


def _named(above: Sequence[str], told: re.Pattern[str]) -> str:
    found = [match["what"] for line in above[-_BEHIND:] if (match := told.match(line))]
    return found[-1] if found else ""


def _detail(what: str, below: Sequence[str]) -> list[list[str]]:
    """Read percentiles on the left and, first below `Smallest` and then below `Largest`, values."""
    rows, side = [], "smallest"
    for line in below:
        if line.strip() == "Largest":
            side = "largest"
            continue
        match = _PERCENTILE.match(line)
        if match is None:
            break
        rows.append([what, f"p{match[1]}", match[2]])
        rest = line[match.end() :]
        loose = _LOOSE.match(rest.strip()) if rest[:20].strip() else None
        if loose and match[1] != "50":
            rows.append([what, side, loose[1]])
    return rows


def _extremes(what: str, below: Sequence[str]) -> list[list[str]]:
    """Read the values of `Value  Obs  Value  Obs`: of each line the first and the third number."""
    rows = []
    for line in below:
        numbers = _LOOSE.findall(line)
        if len(numbers) >= 2 and not re.search(r"[A-Za-z]", line):
            half = len(numbers) // 2
            rows += [[what, "lowest", numbers[0]], [what, "highest", numbers[half]]]
        elif rows:
            break
    return rows


def _is_names(line: str, below: Sequence[str]) -> bool:
    if not line.strip() or ":" in line or not below:
        return False
    return _QUARTILE.search(below[0]) is not None or _counts_levels(line, below[0])


def _counts_levels(line: str, first: str) -> bool:
    """Tell the names of factors, one above another's levels: `no :292`, and no text beside them."""
    levels = list(_CELL.finditer(first))
    tight = all(first[cell.start("value") - 1] == ":" for cell in levels)
    names = len(_WORD.findall(line))
    rest = _CELL.sub("", first).strip()
    return 0 < len(levels) <= names and not rest and (tight or names > 1) and line[0].isspace()


def _summary(line: str, below: Sequence[str]) -> list[list[str]]:
    """Read cells that name themselves, each below the name of its variable."""
    names = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(line)]
    rows = []
    for own in below:
        cells = list(_CELL.finditer(own))
        if not cells:
            break
        for cell in cells:
            middle = (cell.start() + cell.end()) / 2
            _, _, variable = min(names, key=lambda name: abs((name[0] + name[1]) / 2 - middle))
            rows.append([variable, cell["name"].strip(), cell["value"]])
    return rows
