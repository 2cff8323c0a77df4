"""[pure] What changed between two versions of a file, value by value, in the opener's form.

A reviewer who saw the last version should not have to read the new one from the top. Rows are
paired by their first cell where it tells them apart in both versions, else by their place.
Source: outputs section 2 (the report shows the difference to the previous version).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

from orchestrator.outputs.form import FileForm, Part, Table
from orchestrator.outputs.naming import label_of

CHANGES = 200
"""How many changes are named; the rest is counted by `Difference.more`."""

_LINES = 2000  # lines of one text that are aligned; pairing costs their square


@dataclass(frozen=True)
class Change:
    """One value that differs.

    Shape: `path` is the part in the newer version, or in the older where it is gone; `row` is the
    row's first cell or its number, `column` the column's name, both empty for a whole part;
    `before` or `after` is None where there was nothing.
    """

    path: str
    row: str
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """All changes that are named, and whether there are more."""

    changes: tuple[Change, ...]
    more: bool


def difference(before: FileForm, after: FileForm) -> Difference:
    """Compare two versions of a file, part by part in the order of the newer one."""
    found = tuple(islice(_changes(before, after), CHANGES + 1))
    return Difference(found[:CHANGES], len(found) > CHANGES)


def _changes(before: FileForm, after: FileForm) -> Iterator[Change]:
    old = {part.path[len(before.path) :]: part for part in before.parts}
    new = {part.path[len(after.path) :]: part for part in after.parts}
    for place, part in new.items():
        if place not in old:
            yield Change(part.path, "", "", None, part.kind)
        elif old[place].digest != part.digest:
            yield from _part(old[place], part)
    for place, part in old.items():
        if place not in new:
            yield Change(part.path, "", "", part.kind, None)


def _part(before: Part, after: Part) -> Iterator[Change]:
    if before.table is not None and after.table is not None:
        yield from _table(after.path, before.table, after.table)
    elif before.text is not None and after.text is not None:
        yield from _text(after.path, before.text, after.text)
    elif before.kind is not after.kind or before.image != after.image:
        yield Change(after.path, "", "", _spelled(before), _spelled(after))


def _spelled(part: Part) -> str:
    if part.image is None:
        return part.kind
    return f"{part.image.width} x {part.image.height} pixels, {part.image.reencoded[7:19]}"


def _table(path: str, before: Table, after: Table) -> Iterator[Change]:
    old, new = _keyed(before, after), _keyed(after, before)
    was, now = _columns(before), _columns(after)
    names = list(dict.fromkeys([*now, *was]))
    for row in dict.fromkeys([*new, *old]):
        for name in names:
            left, right = _cell(old.get(row), was.get(name)), _cell(new.get(row), now.get(name))
            if left != right:
                yield Change(path, row, name, left, right)


def _columns(table: Table) -> dict[str, int]:
    return {label_of(table, at): at for at in range(len(table.columns))}


def _keyed(table: Table, other: Table) -> Mapping[str, Sequence[str]]:
    """Name each row by its first cell where that is a name in both versions, else by number."""
    if _has_names(table) and _has_names(other):
        return {row[0]: row for row in table.rows}
    return {str(number): row for number, row in enumerate(table.rows, 1)}


def _has_names(table: Table) -> bool:
    names = [row[0] for row in table.rows if row]
    return len(names) == len(table.rows) == len(set(names)) and "" not in names


def _cell(row: Sequence[str] | None, at: int | None) -> str | None:
    return None if row is None or at is None or at >= len(row) else row[at]


def _text(path: str, before: str, after: str) -> Iterator[Change]:
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _LINES:
        yield Change(path, "", "", f"{len(old)} lines", f"{len(new)} lines")
        return
    for tag, i, j, k, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Change(
                path, str(k + 1), "", "\n".join(old[i:j]) or None, "\n".join(new[k:end]) or None
            )
