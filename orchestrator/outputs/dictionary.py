"""[pure] The data dictionary of a dataset: its tables, and what each column is.

Shape as JSON (the announcement of a snapshot carries it, so does an admission job):

    {"tables": {"flchain": {"description": "...", "file": "flchain.csv", "person": "person",
        "columns": {"age": {"type": "integer", "role": "quasi_id", "description": "...",
                            "required": true, "allowed": ["1", "2"]}}}}}

Table names are file names without folder and extension; `file` may say which file holds the
table. `person` names the column that says who a row is about. `required` (default true) and
`allowed` (default: any value) may be left out. Source: outputs 8.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from orchestrator.errors import Invalid
from orchestrator.values import JsonValue


class ColumnType(StrEnum):
    """What the values of a column look like; missing values are allowed in every type."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    CATEGORY = "category"  # text with few distinct values
    DATE = "date"
    BOOLEAN = "boolean"


class ColumnRole(StrEnum):
    """What a column is for the protection of people."""

    DIRECT_ID = "direct_id"
    PSEUDONYM = "pseudonym"
    QUASI_ID = "quasi_id"
    SENSITIVE = "sensitive"
    DATE = "date"
    FREE_TEXT = "free_text"
    MEASURE = "measure"
    COUNT_UNIT = "count_unit"  # what is counted where it is not a person: a stay, a sample


IDENTIFYING = frozenset({ColumnRole.DIRECT_ID, ColumnRole.PSEUDONYM})


@dataclass(frozen=True)
class ColumnSpec:
    """One column as the partner declares it; `allowed` is empty where any value may stand."""

    name: str
    type: ColumnType
    role: ColumnRole
    description: str = ""
    required: bool = True
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TableSpec:
    """One table as the partner declares it.

    Shape: `person` is the column that says who a row is about, None where each row is a person;
    `file` is the path of the upload that holds it, empty where the name alone says so.
    """

    name: str
    columns: Mapping[str, ColumnSpec]
    description: str = ""
    person: str | None = None
    file: str = ""


@dataclass(frozen=True)
class Dictionary:
    """All tables of a dataset."""

    tables: Mapping[str, TableSpec]


_NAME = re.compile(r"[^\x00-\x1f/\\]{1,200}\Z")


def parse_dictionary(value: JsonValue) -> Dictionary:
    """Accept a dictionary, or say in one sentence which table or column is wrong and how.

    Errors: Invalid (code `bad_dictionary`), with every problem found among its reasons.
    """
    problems: list[tuple[str, str]] = []
    tables = _mapping(value, {"tables"}, "The dictionary", problems).get("tables")
    if not isinstance(tables, dict) or not tables:
        problems.append(("bad_dictionary", "The dictionary needs at least one table in `tables`."))
        tables = {}
    read = {name: _table(name, spec, problems) for name, spec in tables.items()}
    if problems:
        raise Invalid(problems[0][1], code="bad_dictionary", reasons=problems)
    return Dictionary(read)


def table_name(path: str) -> str:
    """Name the table that a file holds: its name without folder and extension."""
    return path.rsplit("/", 1)[-1].split(".", 1)[0]


def table_words(table: str) -> str:
    """How sentences name a table; whoever knows its line can find it by these words."""
    return f"Table {table[:60]!r}"


def column_words(table: str, column: str) -> str:
    """How sentences name a column."""
    return f"Column {column[:60]!r} of table {table[:60]!r}"


def _table(name: str, value: JsonValue, problems: list[tuple[str, str]]) -> TableSpec:
    where = table_words(name)
    _check_name(name, where, problems)
    fields = _mapping(value, {"columns", "description", "file", "person"}, where, problems)
    columns = fields.get("columns")
    if not isinstance(columns, dict) or not columns:
        problems.append(("bad_dictionary", f"{where} needs at least one column in `columns`."))
        columns = {}
    read = {key: _column(name, key, spec, problems) for key, spec in columns.items()}
    file = _text(fields.get("file", ""), where, problems, "file")
    if file and table_name(file) != name:
        text = f"{where}: `file` must be named like its table, so {name[:60]!r} and an extension."
        problems.append(("bad_dictionary", text))
    return TableSpec(
        name,
        read,
        _text(fields.get("description", ""), where, problems),
        _person(fields.get("person"), read, where, problems),
        file,
    )


def _person(
    value: JsonValue,
    columns: Mapping[str, ColumnSpec],
    where: str,
    problems: list[tuple[str, str]],
) -> str | None:
    """The column that says who a row is about; where it is not named, the only pseudonym is it."""
    if value is None:
        candidates = [c.name for c in columns.values() if c.role in IDENTIFYING]
        return candidates[0] if len(candidates) == 1 else None
    if isinstance(value, str) and value in columns and columns[value].role in IDENTIFYING:
        return value
    text = f"{where}: `person` must name one of its columns with role pseudonym or direct_id."
    problems.append(("bad_dictionary", text))
    return None


def _column(table: str, name: str, value: JsonValue, problems: list[tuple[str, str]]) -> ColumnSpec:
    where = column_words(table, name)
    _check_name(name, where, problems)
    known = {"type", "role", "description", "required", "allowed"}
    fields = _mapping(value, known, where, problems)
    required = fields.get("required", True)
    if not isinstance(required, bool):
        problems.append(("bad_dictionary", f"{where}: `required` is true or false."))
    return ColumnSpec(
        name,
        _member(ColumnType, fields.get("type"), f"{where}: `type`", problems, ColumnType.TEXT),
        _member(ColumnRole, fields.get("role"), f"{where}: `role`", problems, ColumnRole.MEASURE),
        _text(fields.get("description", ""), where, problems),
        bool(required),
        _allowed(fields.get("allowed", []), where, problems),
    )


_E = TypeVar("_E", bound=StrEnum)


def _member(
    kind: type[_E], value: JsonValue, where: str, problems: list[tuple[str, str]], default: _E
) -> _E:
    if value in {member.value for member in kind}:
        return kind(str(value))
    choices = ", ".join(member.value for member in kind)
    problems.append(("bad_dictionary", f"{where} must be one of {choices}."))
    return default


def _allowed(value: JsonValue, where: str, problems: list[tuple[str, str]]) -> frozenset[str]:
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return frozenset(str(item) for item in value)
    problems.append(("bad_dictionary", f"{where}: `allowed` is a list of texts or whole numbers."))
    return frozenset()


def _mapping(
    value: JsonValue, known: set[str], where: str, problems: list[tuple[str, str]]
) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        problems.append(("bad_dictionary", f"{where} must be a mapping with {_names(known)}."))
        return {}
    for key in sorted(set(value) - known):
        text = f"{where} has the unknown entry {key[:60]!r}; known are {_names(known)}."
        problems.append(("bad_dictionary", text))
    return value


def _names(known: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(known))


def _text(
    value: JsonValue, where: str, problems: list[tuple[str, str]], entry: str = "description"
) -> str:
    if isinstance(value, str):
        return value
    problems.append(("bad_dictionary", f"{where}: `{entry}` is a text."))
    return ""


def _check_name(name: str, where: str, problems: list[tuple[str, str]]) -> None:
    if not _NAME.match(name):
        text = f"{where}: a name has 1 to 200 characters, no slash and no control character."
        problems.append(("bad_dictionary", text))
