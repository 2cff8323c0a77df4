"""[pure] Counts on their way into the ledger, which the judge's report carries.

The judge reads the counts of each file once and hands them out as plain data; whoever keeps the
ledger reads them back, believing nothing of their shape, and compares without parsing a file again.
Source: outputs 6.2 (ledger_table, ledger_cell); decision 0013.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from orchestrator.errors import Invalid
from orchestrator.outputs.codec import as_list, as_object, as_text
from orchestrator.outputs.facts import Fact, FactTable
from orchestrator.outputs.model import JobFile
from orchestrator.values import JsonValue

_LONGEST = 400


@dataclass(frozen=True)
class Counts:
    """The counts of one file; `cut` says that it holds more than may be compared."""

    tables: tuple[FactTable, ...]
    cut: bool = False


def spelled(
    files: Sequence[JobFile], counts: Sequence[Sequence[FactTable]], limit: int
) -> JsonValue:
    """Spell the counts of all files of a job; past `limit` facts a file is cut.

    Shape: {"counts": [{"path", "digest", "cut", "tables": [...]}]}, numbers as texts; a file
    without counts is listed too, so that one that is missing is no file without counts.
    """
    return {
        "counts": [
            {
                "path": file.path,
                "digest": file.digest,
                "cut": sum(len(table.facts) for table in own) > limit,
                "tables": [table_to_json(table) for table in _first(own, limit)],
            }
            for file, own in zip(files, counts, strict=True)
        ]
    }


def read(value: JsonValue) -> Mapping[tuple[str, str], Counts]:
    """Read the counts back, by path and digest. Errors: Invalid for anything else."""
    if value is None:
        return {}
    try:
        listed = as_list(as_object(value)["counts"])
        found = {}
        for item in map(as_object, listed):
            tables = tuple(table_from_json(table) for table in as_list(item["tables"]))
            found[str(item["path"]), str(item["digest"])] = Counts(tables, item["cut"] is not False)
        return found
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("These are not the counts of a check.", code="bad_report") from error


def table_to_json(table: FactTable) -> JsonValue:
    """Spell one table, as the ledger keeps it."""
    return {
        "path": table.path,
        "number": table.number,
        "base": table.base,
        "facts": [_fact_json(fact) for fact in table.facts],
    }


def table_from_json(value: JsonValue) -> FactTable:
    """Read one table back. Errors: KeyError, TypeError or ValueError for anything else."""
    fields = as_object(value)
    return FactTable(
        _text(fields["path"]),
        _whole(fields["number"]),
        tuple(_fact(item) for item in as_list(fields["facts"])),
        max(_whole(fields["base"]), 1),
    )


def _first(own: Sequence[FactTable], limit: int) -> Iterable[FactTable]:
    left = limit
    for table in own:
        if len(table.facts) <= left:
            left -= len(table.facts)
            yield table


def _fact_json(fact: Fact) -> JsonValue:
    coordinates: list[JsonValue] = [[name, value] for name, value in fact.coordinates]
    high = None if fact.high is None else repr(fact.high)
    return [fact.row, fact.column, fact.measure, coordinates, repr(fact.low), high, fact.hidden]


def _fact(value: JsonValue) -> Fact:
    row, column, measure, coordinates, low, high, hidden = as_list(value)
    pairs = tuple(tuple(map(_text, as_list(one))) for one in as_list(coordinates))
    return Fact(
        _whole(row),
        _whole(column),
        _text(measure),
        tuple((name, category) for name, category in pairs),
        _number(low),
        None if high is None else _number(high),
        hidden=hidden is True,
    )


def _text(value: JsonValue) -> str:
    return as_text(value)[:_LONGEST]


def _whole(value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("a whole number was expected")
    return value


def _number(value: JsonValue) -> float:
    number = float(_text(value))
    if not isfinite(number):
        raise ValueError("a finite number was expected")
    return number
