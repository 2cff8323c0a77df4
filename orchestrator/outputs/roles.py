"""[pure] What is a column of an exported table: a count, a share, a statistic, a year, a label?

A wrong role is the main source of nonsense: one tool looks only at columns named n, another takes
every number below ten for a small cell. Evidence here: whole numbers, names, row labels, totals,
and names that are categories of the source. What stays unclear is UNKNOWN, never quietly safe.
Source: outputs section 3, "Finding count columns".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.form import Table


class Role(StrEnum):
    """What the numbers of a column are."""

    COUNT = "count"
    PERCENT = "percent"
    STATISTIC = "statistic"
    YEAR = "year"
    INDEX = "index"
    AXIS = "axis"
    TEXT = "text"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cell:
    """One number that counts people, or might: `row` from 1, `certain` where the role is COUNT."""

    row: int
    column: int
    value: int
    certain: bool


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PERCENT = _listed("percent pct percentage prop proportion share perc prc")
_STATISTIC = _listed(
    "mean avg average median std sd se sem var variance min max minimum maximum iqr q1 q2 q3 "
    "quantile range coef coefficient coefficients estimate estimates beta hr rr irr ratio odds "
    "hazard rate rates ci lci uci lcl ucl chi chisq chi2 statistic statistics pvalue pr prob "
    "probability loglik aic bic auc auroc r2 rsq corr correlation cor weighted skew kurtosis mode "
    "midpoint incidence prevalence survival surv cumhaz df dof"
)
_COUNT = _listed(
    "n count counts freq freqs frequency frequencies num number patients patient persons person "
    "people subjects subject participants cases controls case control events event deaths total "
    "totals all size nobs obs observations records rows censored censor risk atrisk denominator "
    "numerator women men males females"
)
_YEAR = _listed("year yr date")
_INDEX = _listed("id rank order index row rownames rowname position")
_AXIS = _listed(
    "age stage grade group grp class category cluster level month quarter week day cycle visit "
    "dose line decade decile quartile quintile bin band sex gender arm time site year yr score"
)
_TOTALS = _listed("total totals all sum overall")
_SUPPRESSED = re.compile(r"[<>≤≥]=?\s*\d+|\*+|\[?(?:suppressed|redacted|masked)\]?|[cxs]", re.I)
_WORD = re.compile(r"[a-z]+\d*|\d+")
_COUNT_WITH_SHARE = re.compile(r"(\d{1,9}) ?[(\[] ?(\d+(?:[.,]\d+)?) ?(%?) ?[)\]]\Z")
_FRACTION = re.compile(r"(\d{1,9}) ?/ ?(\d{1,9}) ?(?:[(\[].*[)\]])?\Z")

Known = Callable[[Sequence[str]], bool]
"""Says whether all of these names are values of one source column."""


def words(name: str) -> list[str]:
    """Cut a name into lower-case words: `n_risk`, `nRisk` and `N risk` alike."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return _WORD.findall(spaced.casefold())


def label_of(table: Table, column: int) -> str:
    """Name a column for a finding: its name where that is a name, else its position."""
    name = table.columns[column]
    plain = table.header and 0 < len(name) <= 60 and name.isprintable() and number(name) is None
    identifier = sum(map(str.isdigit, name)) > 4  # might be a value that stands as a name
    return name if plain and not identifier else f"column {column + 1}"


def roles(table: Table, known: Known) -> list[Role]:
    """Give each column its role. `known` recognises categories of the source."""
    columns = list(zip(*table.rows, strict=True)) if table.rows else [() for _ in table.columns]
    found = [
        _by_name_and_values(name, cells) for name, cells in zip(table.columns, columns, strict=True)
    ]
    found = _axes(table, columns, found)
    unclear = [at for at, role in enumerate(found) if role is Role.UNKNOWN]
    if unclear and (
        _sums_up(table, columns, unclear)
        or (len(unclear) > 1 and table.header and known([table.columns[at] for at in unclear]))
    ):
        return [Role.COUNT if role is Role.UNKNOWN else role for role in found]
    return found


def _axes(table: Table, columns: Sequence[Sequence[str]], found: Sequence[Role]) -> list[Role]:
    """Tell key columns: named like one, and either without repeats or left of what is measured."""
    measured = {Role.COUNT, Role.PERCENT, Role.STATISTIC}
    last = max((at for at, role in enumerate(found) if role in measured), default=-1)
    told = list(found)
    for at, role in enumerate(found):
        if role is Role.UNKNOWN and _AXIS & set(words(table.columns[at])):
            distinct = len(set(columns[at])) == len(columns[at]) > 1
            told[at] = Role.AXIS if distinct or at < last else role
    return told


def counts(table: Table, found: Sequence[Role]) -> list[Cell]:
    """List every number of a table that counts people or might, also `12 (3.4%)` and `3/120`."""
    cells: list[Cell] = []
    labelled = _labels_are_statistics(table, found)
    for row, values in enumerate(table.rows, 1):
        label = words(values[0]) if found and found[0] is Role.TEXT else []
        for column, text in enumerate(values):
            cells += _cells(row, column, text, found[column], label, labelled)
    return cells


def _cells(
    row: int, column: int, text: str, role: Role, label: Sequence[str], labelled: bool
) -> list[Cell]:
    value = whole(text)
    if value is None or (role is Role.TEXT and column == 0):
        return _packed(row, column, text)
    if labelled:
        return [Cell(row, column, value, certain=True)] if _counts(label) else []
    if role is Role.COUNT:
        return [Cell(row, column, value, certain=True)]
    if role not in {Role.UNKNOWN, Role.TEXT} or _STATISTIC & set(label):
        return []
    return [Cell(row, column, value, certain=_counts(label))]


def whole(text: str) -> int | None:
    """Read a cell as a whole number >= 0, else None."""
    value = None if is_missing(text) else number(text)
    return int(value) if value is not None and value >= 0 and value == int(value) else None


def _packed(row: int, column: int, text: str) -> list[Cell]:
    stripped = " ".join(text[:200].split())
    match = _COUNT_WITH_SHARE.match(stripped)
    if match:
        return [Cell(row, column, int(match[1]), certain=bool(match[3]))]
    match = _FRACTION.match(stripped)
    if match and int(match[1]) <= int(match[2]):
        return [Cell(row, column, int(match[1]), True), Cell(row, column, int(match[2]), True)]
    return []


def _by_name_and_values(name: str, cells: Sequence[str]) -> Role:
    present = [
        cell for cell in cells if not is_missing(cell) and not _SUPPRESSED.fullmatch(cell.strip())
    ]
    values = [value for value in map(number, present) if value is not None]
    if not values or len(values) < 0.5 * len(present):
        return Role.TEXT
    found = words(name)
    if "%" in name or any(cell.rstrip().endswith("%") for cell in present):
        return Role.PERCENT
    if _PERCENT & set(found):
        return Role.PERCENT
    if any(value != int(value) or value < 0 for value in values):
        return Role.COUNT if _counts(found) and min(values) >= 0 else Role.STATISTIC
    return _whole_role(found, [int(value) for value in values], name)


def _whole_role(found: Sequence[str], values: Sequence[int], name: str) -> Role:
    own = set(found)
    if _counts(found):
        return Role.COUNT
    if own & _STATISTIC:
        return Role.STATISTIC
    if all(1850 <= value <= 2150 for value in values):
        return Role.YEAR
    if own & _YEAR and list(values) == sorted(set(values)):
        return Role.YEAR
    if own & _INDEX or (not name.strip() and _runs(values)):
        return Role.INDEX
    return Role.UNKNOWN


def _counts(found: Sequence[str]) -> bool:
    own = set(found)
    return bool(own & _COUNT) and not own & _STATISTIC


def _runs(values: Sequence[int]) -> bool:
    return list(values) in (list(range(len(values))), list(range(1, len(values) + 1)))


def _sums_up(table: Table, columns: Sequence[Sequence[str]], unclear: Sequence[int]) -> bool:
    """See whether a last row or a last column is the total of the rest: then these are counts."""
    numbers = [[whole(cell) for cell in columns[at]] for at in unclear]
    if any(value is None for column in numbers for value in column):
        return False
    plain = [[value for value in column if value is not None] for column in numbers]
    last = words(table.rows[-1][0]) if table.rows and table.rows[-1] else []
    if len(table.rows) > 2 and (len(plain) > 1 or _TOTALS & set(last)):
        return all(column[-1] == sum(column[:-1]) for column in plain)
    rows = list(zip(*plain, strict=True))
    return len(plain) > 2 and len(rows) > 1 and all(row[-1] == sum(row[:-1]) for row in rows)


def _labels_are_statistics(table: Table, found: Sequence[Role]) -> bool:
    """Tell a table that has one statistic a row (`describe()`), by its row labels."""
    if not found or found[0] is not Role.TEXT:
        return False
    labels = [row[0] for row in table.rows]
    marked = [
        label
        for label in labels
        if _STATISTIC & set(words(label)) or re.fullmatch(r"\d{1,2}(\.\d+)?\s*%", label.strip())
    ]
    return len(marked) >= 2
