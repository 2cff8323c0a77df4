"""[pure] What columns say of each other: parts of a whole, variables compared, settings.

What no name tells by itself, the columns beside it may. All take the names, the cells and the roles
that were found so far, and answer roles.
Source: outputs section 3, "Finding count columns"; decisions 0040 and 0047.
"""

import re
from collections.abc import Sequence

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.cells import decimals
from orchestrator.outputs.form import Table
from orchestrator.outputs.keys import enumerates
from orchestrator.outputs.naming import MOST, STATISTICS, STRONG, THINGS, Role, named, sets, words
from orchestrator.outputs.of_programs import counts_nobody
from orchestrator.outputs.people import listed

_NO_SHARE = listed("power dose doses dosage")
"""Of which percentages are told that are no share of anybody."""
_NODE = ({"nodeid"}, {"node", "id"})
_OF_NODE = listed("nodeid node id yes no missing left right child children parent split condition "
                  "threshold depth")  # fmt: skip
"""Where a node of a tree leads to and what parts it, in a table that numbers nodes."""
_OF_PLAN = ({"cost"}, {"width"}, {"rows"})
"""What a database estimates of a query before it runs; what it found is told with `actual`."""
_LOW_AND_HIGH = {frozenset({"low"}), frozenset({"high"})}
_VARIABLES = listed("variable field parameter test analyte item lab column name")
_IN_A_LIST = listed("no nr number page pages item section")
_DTYPE = re.compile(r"(?:u?int|float|complex)\d+|object|bool|category|str(?:ing)?|datetime64.*\Z")
_OF_DICTIONARY = listed("name label type unit units values description format levels")
_FIELDS_OF_ONE = 4
_TYPES = listed("integer number string boolean array object null")
"""Source: JSON Schema."""
_SCALE = 3
_RUNNING = (["number"], ["num"], ["nr"], ["obs"])
_MANY_ROWS = 10
_PROGRESS = (["fold"], ["epoch"], ["step"], ["page"], ["batch"], ["iteration"], ["chain"], ["job"])
_OPEN = frozenset({Role.UNKNOWN, Role.PERCENT})
_OF_LINES = listed("percent covered display statements branches lines excluded")
_OF_VARIANCE = listed("of variance explained cumulative cum total")
_OF_POINTS = listed("mass qlt inr cor ctr")
_DURATION = listed("s sec secs ms us ns min mins kb mb gb kib mib gib bytes")


def of_programs(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell what a program says of itself: nodes of a tree, the plan of a query, settings in rows.

    Shape: all settings but numbers of people, in a table of which most rows are named so.
    Source: `dump_model` of XGBoost, `EXPLAIN` of PostgreSQL, sizes of HTML widgets, `power.t.test`.
    """
    own = [set(words(name)) for name in names]
    told = list(found)
    if any(one in _NODE for one in own):
        told = [Role.INDEX if role is Role.UNKNOWN and one and one <= _OF_NODE else role
                for one, role in zip(own, told, strict=True)]  # fmt: skip
    if all(one in own for one in _OF_PLAN) and not any({"actual", "loops"} & one for one in own):
        told = [Role.PLANNED if one == {"rows"} else role
                for one, role in zip(own, told, strict=True)]  # fmt: skip
    if {"power"} in own and Role.COUNT in told:
        told = [Role.PLANNED if role is Role.COUNT and _are_broken(cells) else role
                for role, cells in zip(told, columns, strict=True)]  # fmt: skip
    told = [Role.STATISTIC if role in _OPEN and _is_of_layout(name, names) else role
            for name, role in zip(names, told, strict=True)]  # fmt: skip
    told = _of_lists(own, columns, told)
    labels = [cell for cell in columns[0] if cell.strip()] if columns else []
    if told[:1] == [Role.TEXT] and sum(map(sets, labels)) >= max(2, MOST * len(labels)):
        told = [Role.STATISTIC if role in {Role.UNKNOWN, Role.PERCENT} else role for role in told]
    return told


def _of_lists(
    own: Sequence[set[str]], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell the limits of variables, where the items of a list stand, and types of columns.

    Source: limits of plausible values, reporting checklists, `dtypes.value_counts()` of pandas.
    """
    told = list(found)
    if set(map(frozenset, own)) >= _LOW_AND_HIGH and own[0] & _VARIABLES:
        told = [Role.STATISTIC if one in _LOW_AND_HIGH else role
                for one, role in zip(map(frozenset, own), told, strict=True)]  # fmt: skip
    if {"page"} in own or {"pages"} in own:
        told = [Role.INDEX if one and one <= _IN_A_LIST else role
                for one, role in zip(own, told, strict=True)]  # fmt: skip
    if len(_OF_DICTIONARY & frozenset().union(*own)) >= _FIELDS_OF_ONE or (
        {"type"} in own and _are_types(columns[own.index({"type"})])
    ):
        told = [Role.STATISTIC if role in {Role.UNKNOWN, Role.EXTREME} else role for role in told]
    told = _answers(own, columns, told)
    if len(columns) == 2 and columns[0] and all(_DTYPE.match(cell.strip()) for cell in columns[0]):
        told = [told[0], Role.STATISTIC]
    return told


def _answers(
    names: Sequence[set[str]], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell what may be answered to each item of a questionnaire: 1, 2, 3, 4 in every row."""
    own = [at for at, role in enumerate(found)
           if role in {Role.UNKNOWN, Role.COUNT} and not names[at] & STRONG
           and len(set(columns[at])) == 1]  # fmt: skip
    codes = [number(columns[at][0]) for at in own]
    if len(own) < _SCALE or len(columns[0]) < 2:
        return list(found)
    if codes not in ([*range(len(codes))], [*range(1, len(codes) + 1)]):
        return list(found)
    return [Role.CODE if at in own else role for at, role in enumerate(found)]


def _are_types(cells: Sequence[str]) -> bool:
    return bool(cells) and {cell.strip() for cell in cells} <= _TYPES


def _is_of_layout(name: str, names: Sequence[str]) -> bool:
    """Tell what a column says from the layout around it, where its name alone does not.

    Shape: shares of lines beside their number; of variance, also added up; masses, qualities,
    inertias and what is between points and axes of a correspondence analysis, in thousandths.
    Source: `coverage json`, FACTOR of SPSS and its kin, `summary` of R's ca.
    """
    own, around = set(words(name)), [set(words(other)) for other in names]
    if {"percent", "covered"} <= own <= _OF_LINES:
        return any(counts_nobody(" ".join(other), other) for other in around)
    if {"variance"} <= own <= _OF_VARIANCE and "%" in name:
        return True
    if own == {"cumulative"} and "%" in name:
        return any("variance" in other for other in around)
    return (
        own <= _OF_POINTS and bool(own) and all({one} in around for one in ("mass", "qlt", "inr"))
    )


def _are_broken(cells: Sequence[str]) -> bool:
    return any(value is not None and value != int(value) for value in map(number, cells))


def parts_of_wholes(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell shares that no name tells: of each row, of each column or of all they make a whole.

    Shape: two columns and two rows or more of numbers, some broken; 100, or 1, up to what rounding
    each of them leaves.
    Source: `prop.table` of R, `crosstab(normalize=...)` of pandas.
    """
    own = [
        at
        for at, role in enumerate(found)
        if role in {Role.STATISTIC, Role.UNKNOWN} and named(names[at]) is None
    ]
    cells = [[columns[at][row] for at in own] for row in range(len(columns[0]) if columns else 0)]
    values = [[number(cell) for cell in row] for row in cells]
    if len(own) < 2 or len(values) < 2 or any(value is None for row in values for value in row):
        return list(found)
    told = [[value or 0.0 for value in row] for row in values]
    places = max(decimals(cell) for row in cells for cell in row)
    every = [value for row in told for value in row]
    ways = (told, [*zip(*told, strict=True)], [every])
    whole_ones = any(all(_is_whole(line, places) for line in lines) for lines in ways)
    if not places or min(every) < 0 or not whole_ones:
        return list(found)
    return [Role.PERCENT if at in own else role for at, role in enumerate(found)]


def _is_whole(parts: Sequence[float], places: int) -> bool:
    """Say whether parts make 100 or 1, up to half a unit of the last place of each."""
    slack = 0.5 * len(parts) * 10.0**-places + 1e-9
    return any(abs(sum(parts) - whole) <= slack for whole in (100, 1) if whole == 100 or places > 1)


def compares_all(table: Table) -> bool:
    """Tell correlations of variables with each other: named alike both ways, 1 with themselves.

    Shape: one half of them may be left out; some number is broken, none is larger than 1.
    """
    names = [name.strip() for name in table.columns[1:]]
    if len(names) < 2 or names != [row[0].strip() for row in table.rows]:
        return False
    values = [[number(cell) for cell in row[1:]] for row in table.rows]
    told = [value for row in values for value in row if value is not None]
    return (
        all(row[at] == 1.0 for at, row in enumerate(values))
        and all(abs(value) <= 1 for value in told)
        and any(value != int(value) for value in told)
    )


def compares_pairs(table: Table) -> bool:
    """Tell what compares each group with those before it: p-values of pairs, as R prints them.

    Shape: the names of columns go on one further as names of rows; nothing above the steps. Some
    number is broken, none is larger than 1, and all have as many decimals.
    Source: `pairwise.t.test` of R and its kin.
    """
    names = [name.strip() for name in table.columns[1:]]
    labels = [row[0].strip() for row in table.rows]
    if len(names) < 2 or names[1:] != labels[:-1]:
        return False
    below = [cell for at, row in enumerate(table.rows, 1) for cell in row[1 : at + 1]]
    above = [cell for at, row in enumerate(table.rows, 1) for cell in row[at + 1 :]]
    values = [number(cell) for cell in below]
    shares = [value for value in values if value is not None and 0 <= value <= 1]
    return (
        len(shares) == len(values)
        and all(is_missing(cell) or number(cell) is None for cell in above)
        and any(value != int(value) for value in shares)
        and all("." in cell or "e" in cell for cell in below)
    )


_LEVEL = re.compile(r"0?\.\d{1,3}|[01](?:\.0)?")
_QUANTILES = 3


def around_percentiles(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell the ends of what percentiles describe, whatever they are called: `lo`, `q4`, `top`.

    Shape: three names and more that are shares and rise (`0.25`, `0.5`, `0.75`) are percentiles.

    Shape: beside two percentiles and more, in no row above the least or below the greatest of them.
    """
    told = list(found)
    levels = [at for at, name in enumerate(names) if _LEVEL.fullmatch(name.strip())]
    shares = [float(names[at]) for at in levels]
    if len(levels) >= _QUANTILES and shares == sorted(set(shares)):
        for at in levels:
            told[at] = Role.EXTREME if float(names[at]) in {0, 1} else Role.PERCENTILE
    known = [at for at, role in enumerate(found) if role is Role.PERCENTILE]
    for at, role in enumerate(found if len(known) > 1 else ()):
        if role not in {Role.UNKNOWN, Role.STATISTIC} or named(names[at]) is not None:
            continue
        rows = [
            (own, [other for other in others if other is not None])
            for own, *others in zip(*(map(number, columns[one]) for one in (at, *known)),
                                    strict=True)
            if own is not None
        ]  # fmt: skip
        if all(len(others) > 1 for _, others in rows) and (
            all(own <= min(others) for own, others in rows)
            or all(own >= max(others) for own, others in rows)
        ):
            told[at] = Role.EXTREME
    return told


def told_beside(columns: Sequence[Sequence[str]], found: Sequence[Role]) -> list[Role]:
    """Tell numbers that a column of words behind them names: `on | 3 | df`.

    Shape: each cell there is empty or one and the same statistic, or a thing (`8 | threads`);
    people are named so as well.
    """
    told = list(found)
    for at, role in enumerate(found[:-1]):
        if role is not Role.UNKNOWN:
            continue
        said = {
            Role.STATISTIC if {*words(cell)} <= THINGS | _DURATION and words(cell) else named(cell)
            for cell in columns[at + 1]
            if not is_missing(cell)
        }
        if found[at + 1] is Role.TEXT and len(said) == 1:
            (own,) = said
            told[at] = own if own in STATISTICS or own is Role.COUNT else role
    return told


def no_shares(names: Sequence[str], found: Sequence[Role]) -> list[Role]:
    """Tell percentages of a dose or a power, where nobody is counted beside them."""
    if Role.COUNT in found:
        return list(found)
    return [
        Role.STATISTIC
        if role is Role.PERCENT and _NO_SHARE & set(words(name)) and not STRONG & set(words(name))
        else role
        for name, role in zip(names, found, strict=True)
    ]


def numbered(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell what numbers rows, and how far a program is: `number` from 0 to 99, `fold` 3 `of` 5.

    Shape: ten rows and more that rise by one each, or `Obs` as SAS begins each listing; no word
    that says what would be counted. `of` is one number, and none of the column before it is larger.
    """
    told = list(found)
    for at, role in enumerate(found):
        own = words(names[at])
        many = len(columns[at]) >= _MANY_ROWS or (own == ["obs"] and not at)
        if role is Role.COUNT and many and own in _RUNNING:
            told[at] = Role.INDEX if enumerates(columns[at]) else role
        if at and role is Role.UNKNOWN and own == ["of"] and words(names[at - 1])[-1:] in _PROGRESS:
            told[at] = Role.INDEX if _is_end(columns[at - 1], columns[at]) else role
    return told


def _is_end(done: Sequence[str], ends: Sequence[str]) -> bool:
    """Say whether a column holds the one end to which another counts."""
    pairs = [(number(one), number(end)) for one, end in zip(done, ends, strict=True)]
    known = [(one, end) for one, end in pairs if one is not None and end is not None]
    return (
        bool(known)
        and len({end for _, end in known}) == 1
        and all(1 <= one <= end for one, end in known)
    )


def written_as_statistics(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell ones and zeros among correlations and loadings: `1.0000` beside `-0.0441`.

    Shape: written with two decimals and more, beside broken numbers with as many of which one is
    negative, as no count and no share is; or communalities, which are told by their names.
    """
    told = list(found)
    if {tuple(words(name)) for name in names} >= {("initial",), ("extraction",)}:
        return [Role.STATISTIC if words(name) == ["initial"] and role is Role.UNKNOWN else role
                for name, role in zip(names, found, strict=True)]  # fmt: skip
    places = {
        decimals(cell)
        for cells in columns
        for cell in cells
        if (value := number(cell)) is not None and value < 0 and value != int(value)
    }
    for at, role in enumerate(found):
        own = [cell for cell in columns[at] if number(cell) is not None]
        alike = {decimals(cell) for cell in own} <= places - {0, 1}
        if role is Role.UNKNOWN and own and alike and {number(cell) for cell in own} <= {0.0, 1.0}:
            told[at] = Role.STATISTIC
    return told
