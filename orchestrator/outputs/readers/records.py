"""[pure] Records spelled out in a text: `name=value` lines, mappings, tuples, named vectors.

Logs, YAML and programs hold tables that no line shows as a row: a mapping over several lines, a
list of dictionaries in one line, a vector for each column. They are read by their shape in any
language; nothing is evaluated. A single record is a setting as often as a person, and stays text.
Source: outputs section 7 (logs and code).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from orchestrator.outputs.readers.delimited import is_number

_QUOTED = r'"[^"\n]{0,200}"|' + r"'[^'\n]{0,200}'"
_PAIR = re.compile(
    rf"(?:(?P<quoted>{_QUOTED})|(?<![\w.])(?P<bare>[A-Za-z_][\w.]{{0,60}}))"
    r"[ \t]*(?::=?|=(?!=))[ \t]*"
    rf"(?P<value>{_QUOTED}|[^\s,;{{}}\[\]()\"'=]{{1,400}}|(?=[,;)}}\]]|\Z))"
)
_TUPLE = re.compile(r"(?<![\w.)\]])[(\[{]([^()\[\]{}]{5,4000})[)\]}]")
_VECTOR = re.compile(
    r"(?:\"([^\"\n]{1,80})\"|'([^'\n]{1,80})'|(?<![\w.])([A-Za-z_][\w.-]{0,60}))"
    r"(?:\s*(?::|=|<-)\s*(?:[A-Za-z.]{1,12})?[(\[]{1,2}| \[)([^()\[\]{}]{5,})[)\]]"
)
_BLOCK = re.compile(
    r"^[ \t]*[\"']?([A-Za-z_][\w. ]{0,60})[\"']?:[ \t]*\n"
    r"((?:[ \t]*-[ \t]+[^\n:]{1,80}(?:\n|\Z)){5,})",
    re.MULTILINE,
)
"""A name, and below it a value a line behind a dash, as YAML writes a list."""
_ARRAY = re.compile(r"\barray\(\[([^()\[\]{}]{5,})\]")
_ELEMENT = re.compile(r"^\$([\w.]+)[ \t]*\n((?:[ \t]*\[\d+\] .+(?:\n|\Z))+)", re.MULTILINE)
"""A name, and below it its values behind the number of the first in each line, as R prints a list
of vectors."""
_FIRST = re.compile(r"^[ \t]*\[\d+\]", re.MULTILINE)
_UPRIGHT = re.compile(r"([A-Za-z_][\w.]{0,60})[ \t]++(\S.{0,400})\Z")
_POINTED, _TIGHT = re.compile(r"\d\.\d"), re.compile(r",\S")
_BROKEN = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_KEYS = 3
_TUPLES = 4
_POINTS = 20
_LONG = 5
"""Fewer tuples, or shorter vectors, are as likely to be a choice of settings."""
_CHANGING = 5
"""Fewer values in a sentence are too few to point at anybody; logs have many such."""
_BETWEEN = re.compile(r"[\s;,|]+|[:=]\s")
_LISTED = re.compile(r"[\s,]+|^[-*\u2022\u00b7]\s+|^\(?\d{1,3}[.)]\s+")
"""What parts the words of a record in a list, and what such a list puts in front of it."""
_PARTS = (";", "|", " / ", " \u2022 ", " \u00b7 ")
_ALIKE = 0.5
_KINDS = 50

Found = tuple[list[str], list[list[str]]]
"""Names of columns, and rows."""


@dataclass
class _Kind:
    """Records that share most of their names."""

    names: dict[str, None]
    records: list[dict[str, str]] = field(default_factory=list)


def find_records(content: str) -> list[Found]:
    """List the tables that a text spells out, those of one shape together."""
    content = "\n".join(map(_with_points, content.splitlines()))
    return [*_mappings(content), *_standing(content), *_tuples(content), *_vectors(content),
            *_sentences(content)]  # fmt: skip


def _with_points(line: str) -> str:
    """Write decimal commas as points where commas that part something are followed by a blank."""
    if ", " not in line or _POINTED.search(line) or not _BROKEN.search(line):
        return line
    return _BROKEN.sub(".", line) if not _TIGHT.search(_BROKEN.sub(".", line)) else line


def _standing(content: str) -> Iterator[Found]:
    """List records that stand upright: a name and its value in each line, a blank line between.

    Source: `xtab` of Miller; the expanded display of database shells without its lines.
    """
    kinds: dict[tuple[str, ...], list[list[str]]] = {}
    for full, group in groupby(content.splitlines(), lambda line: bool(line.strip())):
        found = [_UPRIGHT.match(line) for line in group] if full else []
        pairs = [match.groups() for match in found if match]
        names = tuple(name for name, _ in pairs)
        if len(pairs) == len(found) >= _KEYS and len(set(names)) == len(names):
            kinds.setdefault(names, []).append([value for _, value in pairs])
    yield from ((list(names), rows) for names, rows in kinds.items() if len(rows) >= _KEYS)


def _mappings(content: str) -> Iterator[Found]:
    kinds: list[_Kind] = []
    for record in _records(content):
        if len(record) < _KEYS:
            continue
        kind = next((one for one in kinds if _alike(one.names, record)), None)
        if kind is None and len(kinds) < _KINDS:
            kind = _Kind({})
            kinds.append(kind)
        if kind is not None:
            kind.names |= dict.fromkeys(record)
            kind.records.append(record)
    for kind in kinds:
        if len(kind.records) > 1:
            rows = [[record.get(name, "") for name in kind.names] for record in kind.records]
            yield list(kind.names), rows


def _records(content: str) -> Iterator[dict[str, str]]:
    """Cut the pairs of a text into records: at a name that comes again, and after a full line."""
    current: dict[str, str] = {}
    for line in content.splitlines():
        if ":" not in line and "=" not in line:
            continue
        found = list(_pairs(line))
        if len(found) >= _KEYS and current:
            yield current
            current = {}
        for name, value in found:
            if name in current:
                yield current
                current = {}
            current[name] = value
        if len(found) >= _KEYS:
            yield current
            current = {}
    if current:
        yield current


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    """List names and values; a name before the next name has no value: `a= b=3`."""
    at = 0
    while match := _PAIR.search(line, at):
        name, at = _plain(match["quoted"] or match["bare"]), match.end()
        if line[at : at + 1] == "=":
            at = match.start("value")
            yield name, ""
        else:
            yield name, _plain(match["value"])


def _plain(text: str) -> str:
    stripped = text.strip()
    if len(stripped) > 1 and stripped[0] in "\"'" and stripped[-1] == stripped[0]:
        return stripped[1:-1]
    return stripped


def _alike(names: dict[str, None], record: dict[str, str]) -> bool:
    return len(names.keys() & record.keys()) >= _ALIKE * max(len(names), len(record))


def _tuples(content: str) -> Iterator[Found]:
    """Find lists in brackets, as many values in each: `(61, 'F', 3.2), (58, 'M', 4.1)`."""
    lists = (_values(match[1]) for match in _TUPLE.finditer(content) if "," in match[1])
    for width, group in groupby(lists, len):
        rows = list(group)
        numbers = sum(is_number(cell) for row in rows for cell in row)
        if len(rows) >= _least(width) and 2 * numbers >= width * len(rows):
            yield [f"column {at}" for at in range(1, width + 1)], rows


def _vectors(content: str) -> Iterator[Found]:
    """Find named vectors of one length: `age = c(61, 58, ...)`."""
    named = [
        (next(filter(None, match.groups()[:3])), _values(match[4]))
        for match in _VECTOR.finditer(content)
        if match[4].count(",") >= _LONG - 1
    ]
    named += [
        (match[1], [_plain(line.strip()[1:]) for line in match[2].splitlines()])
        for match in _BLOCK.finditer(content)
    ]
    printed = [(match[1], _FIRST.sub("", match[2]).split()) for match in _ELEMENT.finditer(content)]
    named += [(name, [*map(_plain, own)]) for name, own in printed if len(own) >= _LONG]
    for _, group in groupby(named, lambda one: len(one[1])):
        own = list(group)
        if len(own) > 1:
            yield [name for name, _ in own], [*map(list, zip(*(v for _, v in own), strict=True))]


def find_arrays(content: str) -> Iterator[Found]:
    """Find arrays of one length as numpy shows them, without names: each is a column.

    Shape: xarray's page shows every variable of a set so, in a piece of its own.
    """
    found = [_values(match[1]) for match in _ARRAY.finditer(content)]
    alike: dict[int, list[list[str]]] = {}
    for own in found:
        if len(own) >= _LONG:
            alike.setdefault(len(own), []).append(own)
    for columns in alike.values():
        if len(columns) > 1:
            names = [f"column {at}" for at in range(1, len(columns) + 1)]
            yield names, [*map(list, zip(*columns, strict=True))]


def find_listed(paragraphs: Iterable[tuple[int, Sequence[str]]]) -> Iterator[list[list[str]]]:
    """Find records that one mark parts in a line, or that are lines: `61 F 9.1; 58 M 8.4; ...`

    Shape: neighbours of as many words, at least half of them numbers; what leads to the first one
    (`if asked: 61 F 9.1`) is none of it. They have no names, and may be no people.
    """
    for _, lines in paragraphs:
        if len(lines) >= _TUPLES:
            yield from _alike_pieces(map(_listed, lines))
        for line in lines:
            for mark in _PARTS:
                if line.count(mark) >= _TUPLES - 1:
                    pieces = (piece.rpartition(": ")[2] for piece in line.split(mark))
                    yield from _alike_pieces(map(_listed, pieces))


def _listed(text: str) -> list[str]:
    return [word for word in _LISTED.split(text) if word]


def _alike_pieces(pieces: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    for width, group in groupby(pieces, len):
        rows = [[word.strip("().") for word in row] for row in group]
        numbers = sum(is_number(cell) for row in rows for cell in row)
        if width > 1 and len(rows) >= _least(width) and 2 * numbers >= width * len(rows):
            yield rows


def _least(width: int) -> int:
    """How many records of so many values are more than a choice of settings; points are two."""
    return _TUPLES if width >= _KEYS else _POINTS


def _sentences(content: str) -> Iterator[Found]:
    """Find one sentence that comes again with other values: `age 61; sex F; hb 9.1`.

    Shape: neighbouring lines of as many words, of which some never change and many do; a value is
    named by the last word before it that does not.
    Source: how templates are mined from logs (He and others, Drain, 2017).
    """
    cut = [[word for word in _BETWEEN.split(line) if word] for line in content.splitlines()]
    for width, group in groupby(cut, len):
        lines = list(group)
        if len(lines) < _TUPLES or width < 2 * _CHANGING:
            continue
        same = [len(set(column)) == 1 for column in zip(*lines, strict=True)]
        varying = [at for at, fixed in enumerate(same) if not fixed]
        if len(varying) < _CHANGING or sum(same) < _KEYS:
            continue
        rows = [[line[at] for at in varying] for line in lines]
        names = [next((lines[0][left] for left in range(at - 1, -1, -1) if same[left]), "")
                 for at in varying]  # fmt: skip
        if sum(is_number(cell) for row in rows for cell in row) * 2 >= len(rows) * len(varying):
            yield names, rows


def _values(text: str) -> list[str]:
    flat = " ".join(text.split()).rstrip(", ")
    quote = "'" if flat.count("'") > flat.count('"') else '"'
    try:
        row = next(csv.reader([flat], quotechar=quote, skipinitialspace=True), [])
    except csv.Error:
        row = flat.split(",")
    return [_plain(cell) for cell in row]
