"""[pure] Vectors, matrices and mappings as R, numpy, Ruby and DuckDB print them.

`hist` prints `$breaks` and `$counts`, `boxplot.stats` its five numbers and the outliers, numpy two
arrays; no line of theirs holds what the next one does, so that none is a row of a table.
Source: R's `print.default` of vectors and lists; `numpy.histogram`.
"""

import re
from collections.abc import Iterator
from itertools import chain, groupby

from orchestrator.outputs.readers.delimited import is_number

_LINE = re.compile(r"\s*\[(\d+)\]\s+(\S.*)\Z")
_COMPONENT = re.compile(r"\$(?:[\w.]+\$)*`?([^`$\s]{1,40})`?\s*\Z")
_HISTOGRAM = re.compile(
    r"array\(\[(?P<counts>[^\[\]]{3,20000})\][^()]*\),\s*array\(\[(?P<bins>[^\[\]]{3,20000})\]"
)
_LINED = r"\[ *\d+\.?(?:[ ,]+\d+\.?)+ *\]"
_MATRIX = re.compile(rf"\[?{_LINED}(?:[\s,]*(?:\[ *\]\s*)?{_LINED})+")
"""A matrix of whole numbers, a row in brackets; Maxima leaves a blank one between them."""
_LEVEL = r"(?:\"[^\"\n]{0,60}\"|'[^'\n]{0,60}'|\d{1,9})"
_KEYED = re.compile(
    rf"[\[(](\s{{0,9}}{_LEVEL}(?:(?:\s{{0,9}},\s{{0,9}}|\s{{1,9}}){_LEVEL}){{1,5}},?\s{{0,9}})[\])]"
    r"\s{0,9}(?:=>|:)\s{0,9}(\d{1,7})(?=\s{0,9}(?:[,}\n]|\Z))"
)
"""A count behind a key of several categories: `["north", "1"]=>3`, `('north', 1): 3`."""
_KEY = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\d+)")
_HELD = re.compile(r"\{(\d[\d.]*\s?[=:]\s?\d{1,7}(?:,\s*\d[\d.]*\s?[=:]\s?\d{1,7}){2,400})\}")
"""Counts behind numbers: `{31=88, 47=1}`."""
_LEAST = 10
"""Matrices and mappings of smaller numbers alone are settings or places."""
_FIVE = ["min", "q1", "median", "q3", "max"]
_RENAMED = {"out": "outliers", "mids": "midpoint"}

Found = tuple[list[str], list[list[str]]]


def find_vectors(content: str) -> Iterator[Found]:
    """List the components of printed lists as tables: those as long as one another together."""
    for match in _HISTOGRAM.finditer(content):
        counts, bins = (re.findall(r"[-\d.e+]+", match[name]) for name in ("counts", "bins"))
        if len(bins) == len(counts) + 1:
            yield (
                ["from", "to", "n"],
                [list(row) for row in zip(bins[:-1], bins[1:], counts, strict=True)],
            )
    yield from _matrices(content)
    yield from _mappings(content)
    found = _components(content.splitlines())
    for _, group in groupby(enumerate(found), lambda one: one[1] is None):
        own = {_RENAMED.get(one[0], one[0]): one[1] for _, one in group if one is not None}
        if len(own.get("stats", ())) == len(_FIVE):
            yield _FIVE, [own.pop("stats")]
        if len(own.get("breaks", ())) > 1:
            own["from"], own["to"] = own["breaks"][:-1], own.pop("breaks")[1:]
        for size in sorted({len(values) for values in own.values()}):
            names = [name for name, values in own.items() if len(values) == size]
            names.sort(key=lambda name: name not in {"from", "to"})
            yield names, [list(row) for row in zip(*(own[name] for name in names), strict=True)]


def _matrices(content: str) -> Iterator[Found]:
    """List matrices of whole numbers, rows of one width; in one line with two brackets."""
    for match in _MATRIX.finditer(content):
        rows = [re.findall(r"\d+", line) for line in re.findall(_LINED, match[0])]
        apart = match[0].startswith("[[") or match[0].count("\n") >= len(rows) - 1
        if apart and len({len(row) for row in rows}) == 1 and _are_large([*chain(*rows)]):
            yield [""] * len(rows[0]), rows


def _mappings(content: str) -> Iterator[Found]:
    """List mappings of several categories, or of numbers, to whole numbers."""
    keyed = [
        [", ".join(map("".join, _KEY.findall(match[1]))), match[2]]
        for match in _KEYED.finditer(content)
    ]
    held = [re.split(r"\s?[=:,]\s*", match[1]) for match in _HELD.finditer(content)]
    pairs = [[[*pair] for pair in zip(own[::2], own[1::2], strict=True)] for own in held]
    for rows in (keyed, *pairs):
        if len(rows) > 1 and _are_large([row[-1] for row in rows]):
            yield ["level", ""], rows


def _are_large(cells: list[str]) -> bool:
    return any(int(cell) >= _LEAST for cell in cells)


def _components(lines: list[str]) -> list[tuple[str, list[str]] | None]:
    """List each component with its numbers; None between lists, where something else is printed."""
    found: list[tuple[str, list[str]] | None] = []
    open_ = False
    for line in lines:
        name, values = _COMPONENT.match(line), _LINE.match(line)
        if name:
            found.append((name[1], []))
            open_ = True
        elif values and open_ and found[-1] is not None:
            said = values[2].split()
            if len(found[-1][1]) + 1 == int(values[1]) and all(map(is_number, said)):
                found[-1][1].extend(said)
        elif line.strip():
            found.append(None)
            open_ = False
    return [one if one is None or one[1] else None for one in found]
