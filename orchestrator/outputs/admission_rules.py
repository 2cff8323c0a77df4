"""[pure] The rules of admission: schema, types, allowed values, identifiers, risk (A01 to A05).

Findings name columns and rows, never values. Source: outputs 8.1.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import assert_never

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.dictionary import (
    ColumnRole,
    ColumnSpec,
    ColumnType,
    Dictionary,
    TableSpec,
)
from orchestrator.outputs.index import SourceColumn
from orchestrator.outputs.model import Finding, RuleResult, Verdict, Where, worst
from orchestrator.outputs.national import national_numbers
from orchestrator.outputs.risk import group_sizes
from orchestrator.outputs.rows import Loaded
from orchestrator.outputs.rules.rule import spelled_rows
from orchestrator.policy.outputs import OutputsPolicy

ADMISSION_VERSION = 1
ADMISSION_RULES = {
    "A01": "tables and columns are those of the dictionary",
    "A02": "values have the type that the dictionary says",
    "A03": "values are among those allowed",
    "A04": "no undeclared identifiers",
    "A05": "groups of quasi-identifiers are not too small",
}
_DATE = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
    r"(?:Z|[+-]\d{2}:?\d{2})?)?\Z",
    re.ASCII,
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\Z", re.ASCII)
_BOOLEANS = frozenset({"0", "1", "true", "false", "yes", "no", "t", "f", "y", "n"})
_NAMED_ROWS = 1000


def table_results(
    loaded: Loaded, dictionary: Dictionary, policy: OutputsPolicy, missing: Sequence[str]
) -> list[RuleResult]:
    spec = dictionary.tables.get(loaded.name)
    found = {"A01": _schema(loaded, spec, missing)}
    if spec is not None:
        declared = [
            (column, spec.columns[column.name])
            for column in loaded.columns
            if column.name in spec.columns
        ]
        found["A02"] = [item for pair in declared for item in _types(loaded, *pair)]
        found["A03"] = [item for pair in declared for item in _allowed(loaded, *pair)]
        found["A04"] = [item for pair in declared for item in _identifiers(loaded, *pair, policy)]
        found["A05"] = _risk(loaded, spec, policy)
    return [
        RuleResult(
            rule,
            ADMISSION_VERSION,
            worst([finding.severity for finding in found[rule]] or [Verdict.PASS])
            if rule in found
            else Verdict.NOT_APPLICABLE,
            tuple(found.get(rule, ())),
            None if rule in found else "The table is not in the dictionary.",
        )
        for rule in ADMISSION_RULES
    ]


def _schema(loaded: Loaded, spec: TableSpec | None, missing: Sequence[str]) -> list[Finding]:
    found = [
        _finding("A01", Verdict.BLOCK, loaded, None, f"table {name} is not in the upload",
                 "Upload this table too, or take it out of the dictionary.")
        for name in missing
    ]  # fmt: skip
    if spec is None:
        evidence = f"table {loaded.name} is not in the dictionary"
        say = "Describe this table in the dictionary, or leave the file out."
        return [*found, _finding("A01", Verdict.BLOCK, loaded, None, evidence, say)]
    names = [column.name for column in loaded.columns]
    for name, often in Counter(names).items():
        if often > 1:
            say = "Give each column a name of its own."
            found.append(
                _finding("A01", Verdict.BLOCK, loaded, name, f"{often} columns of one name", say)
            )
        if name not in spec.columns:
            found.append(_finding("A01", Verdict.BLOCK, loaded, name, "not in the dictionary",
                                  "A column that is not in the dictionary stops the intake: "
                                  "describe it, or leave it out."))  # fmt: skip
    found += [
        _finding("A01", Verdict.BLOCK, loaded, name, "not in the table",
                 "The dictionary requires this column: upload it, or mark it as not required.")
        for name, column in spec.columns.items()
        if column.required and name not in names
    ]  # fmt: skip
    return found


def _types(loaded: Loaded, column: SourceColumn, spec: ColumnSpec) -> list[Finding]:
    say = (
        "Correct these values, or change the type in the dictionary. Dates are written "
        "2024-01-31; missing values are empty or NA."
    )
    what = f"not of type {spec.type.value}"
    good = partial(_reads_as, spec.type)
    return _bad_values("A02", loaded, column, good, what, say)


def _allowed(loaded: Loaded, column: SourceColumn, spec: ColumnSpec) -> list[Finding]:
    if not spec.allowed:
        return []
    return _bad_values(
        "A03", loaded, column, lambda value: value.strip() in spec.allowed, "not allowed",
        "Correct these values, or add them to `allowed` in the dictionary.",
    )  # fmt: skip


def _bad_values(
    rule: str,
    loaded: Loaded,
    column: SourceColumn,
    good: Callable[[str], bool],
    what: str,
    say: str,
) -> list[Finding]:
    bad = {
        position
        for position, value in enumerate(column.distinct)
        if not is_missing(value) and not good(value)
    }
    if not bad:
        return []
    rows = [row for row, position in enumerate(column.positions, 1) if position in bad]
    evidence = f"{len(rows)} values {what}, at rows {spelled_rows(rows[:_NAMED_ROWS])}"
    return [_finding(rule, Verdict.BLOCK, loaded, column.name, evidence, say, rows[:_NAMED_ROWS])]


def _identifiers(
    loaded: Loaded, column: SourceColumn, spec: ColumnSpec, policy: OutputsPolicy
) -> list[Finding]:
    if spec.role is ColumnRole.DIRECT_ID:
        return [
            _finding("A04", Verdict.FLAG, loaded, column.name, "declared as a direct identifier",
                     "Projects would see it. Leave the column out, or replace it by a pseudonym.")
        ]  # fmt: skip
    limits = policy.identifiers
    present = [value for value in column.distinct if not is_missing(value)]
    share = national_numbers(present, limits.distinct, limits.valid_percent, limits.times_chance)
    if share is not None:
        evidence = f"{share.valid} of {share.distinct} distinct values pass as {share.title}"
        say = "Take the numbers out, or replace them by pseudonyms, before the data comes here."
        return [_finding("A04", Verdict.BLOCK, loaded, column.name, evidence, say)]
    mails = sum(bool(_EMAIL.match(value.strip())) for value in present)
    if mails:
        severity = Verdict.BLOCK if 2 * mails >= len(present) else Verdict.FLAG
        evidence = f"{mails} of {len(present)} distinct values are e-mail addresses"
        say = "Take the addresses out before the data comes here."
        return [_finding("A04", severity, loaded, column.name, evidence, say)]
    return []


def _risk(loaded: Loaded, spec: TableSpec, policy: OutputsPolicy) -> list[Finding]:
    sizes = group_sizes(loaded, spec)
    if sizes is None or not sizes or min(sizes) >= policy.admission.k_flag:
        return []
    below = sum(size for size in sizes if size < policy.admission.k_flag)
    evidence = (
        f"smallest group of quasi-identifiers: {min(sizes)}; {below} of {loaded.size} rows stand "
        f"in groups below {policy.admission.k_flag}"
    )
    say = (
        "Some people are alone with their combination of quasi-identifiers. Coarsen them, or "
        "decide knowingly that the protected workspace is enough."
    )
    return [_finding("A05", Verdict.FLAG, loaded, None, evidence, say)]


def _finding(
    rule: str,
    severity: Verdict,
    loaded: Loaded,
    column: str | None,
    evidence: str,
    say: str,
    rows: Sequence[int] = (),
) -> Finding:
    name = f"{loaded.name}.{column}: " if column is not None else f"{loaded.name}: "
    where = Where(loaded.path, tuple(rows), column)
    return Finding(rule, severity, where, name + evidence, say)


def _is_number(value: str) -> bool:
    return number(value) is not None and not value.strip().endswith("%")


def _is_integer(value: str) -> bool:
    parsed = number(value)
    return parsed is not None and parsed == int(parsed) and not value.strip().endswith("%")


def _reads_as(kind: ColumnType, value: str) -> bool:
    match kind:
        case ColumnType.INTEGER:
            return _is_integer(value)
        case ColumnType.NUMBER:
            return _is_number(value)
        case ColumnType.DATE:
            return bool(_DATE.match(value.strip()))
        case ColumnType.BOOLEAN:
            return value.strip().casefold() in _BOOLEANS
        case ColumnType.TEXT | ColumnType.CATEGORY:
            return True
        case _:
            assert_never(kind)
