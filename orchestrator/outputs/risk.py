"""[pure] How recognisable people are in a table: k, l and t over its quasi-identifiers.

Missing quasi-identifiers are a value of their own; people are counted, not rows, where a pseudonym
repeats. Source: outputs 8.1.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from orchestrator.outputs.canon import is_missing
from orchestrator.outputs.dictionary import ColumnRole, TableSpec
from orchestrator.outputs.index import SourceColumn
from orchestrator.outputs.rows import Loaded
from orchestrator.values import JsonValue


def facts(loaded: Loaded, spec: TableSpec | None) -> JsonValue:
    """Measure one table: columns, k, l and t. Never a value of it."""
    columns: list[JsonValue] = []
    for column in loaded.columns:
        own = spec.columns.get(column.name) if spec else None
        columns.append(
            {
                "name": column.name,
                "type": own.type.value if own else "",
                "role": own.role.value if own else "",
                "distinct": sum(not is_missing(value) for value in column.distinct),
                "missing": _missing(column),
            }
        )
    facts: dict[str, JsonValue] = {
        "name": loaded.name,
        "path": loaded.path,
        "rows": loaded.size,
        "columns": columns,
    }
    return facts | (_risk_facts(loaded, spec) if spec else {})


def _missing(column: SourceColumn) -> int:
    empty = {at for at, value in enumerate(column.distinct) if is_missing(value)}
    return sum(position in empty for position in column.positions) if empty else 0


def _risk_facts(loaded: Loaded, spec: TableSpec) -> dict[str, JsonValue]:
    sizes = group_sizes(loaded, spec)
    if not sizes:
        return {"k": None, "quasi_ids": []}
    groups = _groups(_of_role(loaded, spec, ColumnRole.QUASI_ID))
    sensitive = _of_role(loaded, spec, ColumnRole.SENSITIVE)
    person = _person(loaded, spec)
    return {
        "k": min(sizes),
        "quasi_ids": [column.name for column in _of_role(loaded, spec, ColumnRole.QUASI_ID)],
        "groups": len(sizes),
        "unique": sum(size == 1 for size in sizes),
        "rows_below": {str(k): sum(size for size in sizes if size < k) for k in (2, 5, 11)},
        "people": loaded.size if person is None else len(person.distinct),
        "l": [
            {
                "column": column.name,
                "l": _diversity(groups, column),
                "t": _closeness(groups, column),
            }
            for column in sensitive
        ],
    }


def _of_role(loaded: Loaded, spec: TableSpec, role: ColumnRole) -> list[SourceColumn]:
    return [
        column
        for column in loaded.columns
        if column.name in spec.columns and spec.columns[column.name].role is role
    ]


def _person(loaded: Loaded, spec: TableSpec) -> SourceColumn | None:
    return next((column for column in loaded.columns if column.name == spec.person), None)


def group_sizes(loaded: Loaded, spec: TableSpec) -> list[int] | None:
    """Count people (rows where nobody is named twice) in each group of quasi-identifiers."""
    columns = _of_role(loaded, spec, ColumnRole.QUASI_ID)
    if not columns or not loaded.size:
        return None
    person = _person(loaded, spec)
    keys = zip(*(column.positions for column in columns), strict=True)
    if person is None or len(person.distinct) == loaded.size:
        return list(Counter(keys).values())
    people: dict[tuple[int, ...], set[int]] = {}
    for key, own in zip(keys, person.positions, strict=True):
        people.setdefault(key, set()).add(own)
    return [len(group) for group in people.values()]


def _groups(columns: Sequence[SourceColumn]) -> list[int]:
    """Number the group of each row."""
    seen: dict[tuple[int, ...], int] = {}
    keys = zip(*(column.positions for column in columns), strict=True)
    return [seen.setdefault(key, len(seen)) for key in keys]


def _diversity(groups: Sequence[int], column: SourceColumn) -> int:
    """l: the smallest number of distinct values in a group."""
    pairs = set(zip(groups, column.positions, strict=True))
    return min(Counter(group for group, _ in pairs).values())


def _closeness(groups: Sequence[int], column: SourceColumn) -> str | None:
    """t for categories: the largest half distance between a group's shares and the table's.

    None where the column has too many distinct values to be categories.
    """
    if len(column.distinct) > 50:
        return None
    total = len(groups)
    shares = {value: often / total for value, often in Counter(column.positions).items()}
    own: dict[int, Counter[int]] = {}
    for group, value in zip(groups, column.positions, strict=True):
        own.setdefault(group, Counter())[value] += 1
    worst_distance = max(_distance(counter, shares) for counter in own.values())
    return f"{worst_distance:.4f}"


def _distance(counter: Counter[int], shares: Mapping[int, float]) -> float:
    size = counter.total()
    seen = sum(abs(often / size - shares[value]) for value, often in counter.items())
    absent = 1 - sum(shares[value] for value in counter)
    return (seen + absent) / 2
