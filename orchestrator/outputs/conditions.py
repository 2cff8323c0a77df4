"""[pure] Conditions as people write them: `sex = F, age >= 60`, `centre in (A, B) and stage: II`.

Source: outputs sections 3 ("recount when groups are named by source categories") and 6.2
(ledger_table: population text and parsed filter).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = r"[^\W\d][\w.]*"
_SIGN = r"==|!=|<>|≠|>=|<=|≥|≤|=|>|<|:|\bis not\b|\bnot in\b|\bis\b|\bin\b"
_ENCLOSED = r"\"[^\"]{1,60}\"|'[^']{1,60}'|[(\[{][^()\[\]{}]{1,200}[)\]}]"
_ALONE = re.compile(
    rf"(?P<name>{_WORD}(?: {_WORD})*?) ?(?P<sign>{_SIGN}) ?(?P<value>{_ENCLOSED}|[^=<>]{{1,60}})",
    re.IGNORECASE,
)
_AMONG_WORDS = re.compile(
    rf"(?<![\w.])(?P<name>(?:{_WORD} ){{0,3}}?{_WORD}) ?(?P<sign>{_SIGN}) ?"
    r"(?P<value>" + _ENCLOSED + r"|[\w.+/-]*\w"
    r"(?: (?!(?:and|or)\b)[\w.+/-]*\w\b(?! ?[=<>!≠≥≤])){0,2})",
    re.IGNORECASE,
)
_COMPARES = re.compile(r"[=<>≠≥≤]")
_TOGETHER = re.compile(r"\s*(?:&&?|[,;](?![^(\[{]*[)\]}])|\band\b)\s*", re.IGNORECASE)
"""Between what holds together; a comma in a list of values is none."""
_BETWEEN_VALUES = re.compile(r"\s*[,;|]\s*")
_SPELLED = {"==": "=", ":": "=", "is": "=", "in": "=", "<>": "!=", "≠": "!=", "is not": "!=",
            "not in": "!=", "≥": ">=", "≤": "<="}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """What one variable has to be. Shape: `sign` is one of `=`, `!=`, `<`, `<=`, `>`, `>=`."""

    variable: str
    sign: str
    values: tuple[str, ...]


def parts_of(label: str) -> list[str]:
    """Cut a label into what holds together: `F, age >= 60` into two."""
    return [part for part in _TOGETHER.split(label.strip()) if part]


def condition(part: str) -> Condition | None:
    """Read one condition; None of anything else."""
    match = _ALONE.fullmatch(part.strip())
    return _condition(match["name"], match["sign"], match["value"]) if match else None


def without_conditions(label: str) -> str:
    """Leave out what says of whom a label is: `wbc, age >= 60` is about `wbc`, as `wbc: mean`."""
    return " ".join(p for p in parts_of(label) if not _COMPARES.search(p) or condition(p) is None)


Told = tuple[tuple[int, int], list[Condition]]
"""Where something stands in a sentence, and what conditions it may be."""


def in_sentence(sentence: str) -> Iterator[Told]:
    """List what may be conditions in a sentence, by their place, the longest reading first.

    Shape: of `among girls with centre = LJU we followed` nobody can say where the name begins and
    the value ends, but for whoever knows the names and values.
    """
    for match in _AMONG_WORDS.finditer(sentence):
        names, value = match["name"].split(" "), match["value"]
        values = [value]
        if value[0] not in "\"'([{":
            cut = value.split(" ")
            values = [" ".join(cut[:end]) for end in range(len(cut), 0, -1)]
        readings = [
            _condition(" ".join(names[begin:]), match["sign"], one)
            for begin in range(len(names))
            for one in values
        ]
        yield match.span(), readings


def _condition(name: str, sign: str, value: str) -> Condition:
    plain = sign.strip().casefold()
    listed = _BETWEEN_VALUES.split(value[1:-1]) if value[0] in "([{" else [value]
    values = tuple(one.strip().strip("\"'") for one in listed)
    return Condition(name, _SPELLED.get(plain, plain), values)
