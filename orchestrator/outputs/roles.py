"""[pure] What a column is: a count, a share, a rate, a statistic, a year, a code, a dose, a label?

A wrong role is the main source of nonsense: one tool looks only at columns named n, another takes
every number below ten for a small cell. Evidence here: whole numbers, names, row labels, totals,
names (`naming`), which may be categories of the source, where a column stands (`keys`) and what
stands beside it (`companions`). What stays unclear is UNKNOWN, never quietly safe.
Source: outputs section 3, "Finding count columns"; decision 0023.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from orchestrator.outputs.bands import adjoining
from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.cells import hidden, whole
from orchestrator.outputs.companions import (
    around_percentiles,
    compares_all,
    compares_pairs,
    no_shares,
    numbered,
    of_programs,
    parts_of_wholes,
    told_beside,
    written_as_statistics,
)
from orchestrator.outputs.form import Table
from orchestrator.outputs.keys import codes, enumerates, is_open, key_columns, only_flags
from orchestrator.outputs.naming import (
    AXIS,
    STATISTICS,
    STRONG,
    Role,
    is_statistic,
    is_time,
    is_total,
    named,
    numbered_people,
    words,
)
from orchestrator.outputs.people import SEXES, listed
from orchestrator.outputs.rollups import rolled_up
from orchestrator.outputs.wording import PLACES

MEASURED = STATISTICS | {Role.COUNT, Role.PERCENT}
"""Columns that say something about the group of their row."""

Known = Callable[[Sequence[str]], bool]
"""Says whether all of these names are values of one source column."""

_WEAK = SEXES | listed("case control total totals all size records rows censored censor risk")
"""Words that say so only where nothing else speaks against it."""
_DOSE = listed("dose doses dosage mg mcg ug kg ml iu mmol umol nmol dl gy mgm2 units unit hours "
                "minutes seconds ms days weeks months years cycles courses doses mgkg tube tubes "
                "vial vials bag bags tablet tablets capsule capsules swab swabs")  # fmt: skip
_CODE = listed("code codes icd icd9 icd10 atc snomed omop loinc concept ndc opcs chapter orpha "
               "version versions revision nbformat schema format")  # fmt: skip
_YEAR = listed("year yr date")
_INDEX = listed("id rank order index row rownames rowname position nr")
_ONE = listed("subject patient participant person individual case")
_NUMERO = re.compile(r"(?:n[°º]|№|#|no\.|nr\.?)\Z", re.IGNORECASE)
_OF_STEPS = re.compile(r"\d+/\d+")
UNNAMED = re.compile(r"column \d+\Z")
_LEVELS = listed("level levels category categories class stratum")
_SAID = 0.25
"""The share of words without a digit in a column of levels."""
_ENOUGH_RUN = 5
"""Fewer numbers one after another may be counts."""
_MOMENT = listed("day week month cycle visit course window")
_OF_MOMENT = listed("of the study trial treatment therapy on in since after from")
_ENDS = (("from", "to"), ("start", "end"), ("starts", "ends"), ("begin", "end"),
         ("begins", "ends"), ("first", "last"))  # fmt: skip
_UNCLEAR = frozenset({Role.UNKNOWN, Role.AXIS, Role.INDEX})
_ON_PLATE = listed("plate row column lane slot rack sprint volume issue chapter table figure page "
                   "section slide iter iteration epoch vars assign block place dim "
                   "format")  # fmt: skip
"""Where something lies or is printed, and how far a program is, when a name holds nothing else."""
_PLACE = listed("page pages figure table question item chapter section slide line row step")
_LEAST_LED = 3
_STEPS = listed("start stop step")
"""Names of the ends of a range of row numbers, when a name holds nothing else."""
_EDGES = listed("bands breaks cuts cutpoints edges")
"""Where classes begin and end, when a name holds nothing else and the numbers rise."""
_DIVIDES = listed("third half tertile income")
_LIMIT = re.compile(r"[a-z]\w* (?:at least|at most|or more|or less|more than|less than)\Z")
"""`protein at least`: of whom a row is."""
_SCALE = re.compile(
    r"\b(?:scale|likert|rating)\b\D{0,12}(\d{1,3}) ?(?:-|–|to) ?(\d{1,3})\b", re.IGNORECASE
)
_TOGETHER = re.compile(r"\s*(?:[|/+&,–-]|\bor\b|\band\b)\s*")
"""Between the categories that one name holds."""
_CATEGORY = "-"
"""A name without a word: what such a column is its numbers say."""


def roles(table: Table, known: Known) -> list[Role]:
    """Give each column its role. `known` recognises categories of the source."""
    columns = list(zip(*table.rows, strict=True)) if table.rows else [() for _ in table.columns]
    names = _without_categories(table, known)
    found = [_by_name_and_values(name, cells) for name, cells in zip(names, columns, strict=True)]
    if found[:1] == [Role.AXIS] and any(number(cell) is None for cell in columns[0]):
        found = [Role.TEXT, *found[1:]]  # labels, which speak for their rows
    found = [
        Role.AXIS if role is Role.TEXT and _names_groups(columns[at], known) else role
        for at, role in enumerate(found)
    ]
    found = parts_of_wholes(names, columns, _no_years(table, columns, found, known))
    if compares_all(table) or compares_pairs(table):
        return [role if at == 0 else Role.STATISTIC for at, role in enumerate(found)]
    found = around_percentiles(names, columns, of_programs(names, columns, found))
    found = _axes(names, columns, _led(columns, told_beside(columns, found)))
    found = numbered(names, columns, written_as_statistics(names, columns, found))
    found = rolled_up(columns, _by_place(names, columns, found))
    found = no_shares(names, _spans(names, columns, found))
    unclear = [at for at, role in enumerate(found) if role is Role.UNKNOWN]
    if unclear[:1] == [0] and _is_led_by_classes(table, columns, unclear[1:], known):
        found, unclear = [Role.AXIS, *found[1:]], unclear[1:]
    if Role.COUNT not in found and all(_is_moment(names[at]) for at in unclear):
        # `day` and `cycle` beside doses: when, not how many
        found = [Role.AXIS if role is Role.UNKNOWN else role for role in found]
    elif _hides_counts([columns[at] for at in unclear]) or (
        unclear
        and (
            _sums_up(table, columns, unclear)
            or (table.header and _across([table.columns[at] for at in unclear], columns[0], known))
            or _beside_a_total(table, found, unclear)
        )
    ):
        return [Role.COUNT if role is Role.UNKNOWN else role for role in found]
    return found


def _is_led_by_classes(
    table: Table, columns: Sequence[Sequence[str]], others: Sequence[int], known: Known
) -> bool:
    """Say whether the first column has the classes of a number, and the others are categories.

    Shape: `0`, `1`, `>=2` before columns that are named by one variable of the source.
    """
    names = [table.columns[at] for at in others]
    return table.header and is_open(columns[0]) and _across(names, columns[0], known)


def _no_years(
    table: Table, columns: Sequence[Sequence[str]], found: Sequence[Role], known: Known
) -> list[Role]:
    """Tell counts that look like years (1866) by their names, which are categories of the source.

    Shape: all columns of whole numbers without a name of their own are named so.
    """
    unclear = [at for at, role in enumerate(found) if role in {Role.UNKNOWN, Role.YEAR}]
    own = [table.columns[at] for at in unclear]
    if not table.header or any(_YEAR & set(words(name)) for name in own):
        return list(found)
    across = _across(own, columns[0] if columns else (), known)
    return [Role.UNKNOWN if across and at in unclear else role for at, role in enumerate(found)]


def _hides_counts(columns: Sequence[Sequence[str]]) -> bool:
    """Say whether columns hide small numbers (`<10`) and show none, as people hide counts."""
    cells = [cell for column in columns for cell in column]
    covers = [own for cell in cells if (own := hidden(cell)) is not None and not own.low]
    ends = [own.high for own in covers if own.high is not None]
    shown = [value for cell in cells if (value := number(cell)) is not None]
    return bool(ends and shown) and max(ends) < min(shown)


def _across(names: Sequence[str], labels: Sequence[str], known: Known) -> bool:
    """See whether columns are named by the categories of one variable, as in a cross table.

    Shape: categories of the source, or bands of a number beside categories of the source.
    """
    if len(names) < 2:
        return False
    return _known(_below(names), known) or (adjoining(names) and known(labels))


def _is_moment(name: str) -> bool:
    """Say whether a name is of a point in time: one `day`, no number of `days`."""
    own = set(words(name))
    return bool(own & _MOMENT) and own <= _MOMENT | _OF_MOMENT


def _known(names: Sequence[str], known: Known) -> bool:
    """Say whether names are categories of the source, or several taken together.

    Shape: `SD-PD`, `II/III` and `PTCL|PMBL|BL` name categories of one variable, `SD, ALPINE` of
    several.
    """
    parts = [part for name in names for part in _TOGETHER.split(name) if part]
    if not parts:
        return False
    if known(names) or known(parts):
        return True
    return any("," in name for name in names) and all(known([part]) for part in set(parts))


def _names_groups(cells: Sequence[str], known: Known) -> bool:
    """Tell labels that are categories of the source: they say of whom a row is, not what it is.

    Shape: partial response, `PR`, is no p-value, and stable disease, `SD`, no spread.
    """
    own = list(dict.fromkeys(cell for cell in cells if not is_missing(cell) and not is_total(cell)))
    return any(map(is_statistic, own)) and _known(own, known)


def _without_categories(table: Table, known: Known) -> Sequence[str]:
    """Give the names of columns, without what those that are categories of the source seem to say.

    Shape: as in `_names_groups`; two columns and more, as in a cross table.
    """
    own = [name for name in table.columns[1:] if name.strip() and not is_total(name)]
    across = _siblings(own) | numbered_people(own) if table.header else frozenset[str]()
    if across:
        return [_CATEGORY if name in across else name for name in table.columns]
    misread = [name for name in own if is_statistic(name) or AXIS & set(words(name))]
    if not table.header or len(own) < 2 or not misread or not _known(_below(own), known):
        return table.columns
    return [_CATEGORY if name in own else name for name in table.columns]


def _siblings(names: Sequence[str]) -> frozenset[str]:
    """Find the categories of one variable that name columns: `stage I`, `stage II`; `low risk`.

    Shape: two and more names that share a word for what groups people, first or last, and differ in
    what is no statistic and no end of a class.
    """
    found: dict[tuple[int, str], list[str]] = {}
    for name in names:
        said = [] if "%" in name or is_time(name, set(words(name))) else words(name)
        for end in (0, -1):
            if len(said) > 1 and said[end] in AXIS | _DIVIDES:
                rest = said[1:] if end == 0 else said[:-1]
                ends = {word for pair in _ENDS for word in pair} | _OF_MOMENT
                if named(" ".join(rest)) is None and not (ends | _INDEX | _CODE) & set(rest):
                    found.setdefault((end, said[end]), []).append(name)
    return frozenset(name for own in found.values() if len(set(own)) > 1 for name in own)


def _below(names: Sequence[str]) -> Sequence[str]:
    """Take off the variable's name that stands above all of its categories: `arm control`."""
    cut = [name.split() for name in names]
    alike = all(len(one) > 1 and one[0] == cut[0][0] for one in cut)
    return [" ".join(one[1:]) for one in cut] if alike else names


def _led(columns: Sequence[Sequence[str]], found: Sequence[Role]) -> list[Role]:
    """Tell numbers behind one same word that says what they number: `page | 7`, `Figure | 3`.

    Shape: three rows and more; the word is of a place, or the numbers run from one on, or it names
    them as it would above them: `dose | 4`.
    """
    told = list(found)
    for at, role in enumerate(found[1:], 1):
        before = {cell.strip(" .,:;()[]").casefold() for cell in columns[at - 1]}
        cells = [cell.rstrip(".") for cell in columns[at]]
        if len(before) != 1 or len(cells) < _LEAST_LED or None in map(whole, cells):
            continue
        if before <= _PLACE and role in {Role.UNKNOWN, Role.TEXT}:
            told[at] = Role.INDEX
        elif role is Role.UNKNOWN and found[at - 1] is Role.TEXT:
            own = _by_name_and_values(min(before), cells)
            told[at] = Role.INDEX if enumerates(cells) else own
    return told


def _axes(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell key columns: named like one, without repeats, left of what is measured, or in runs."""
    last = max((at for at, role in enumerate(found) if role in MEASURED), default=-1)
    told = list(found)
    for at, role in enumerate(found):
        own = set(words(names[at]))
        if role is Role.UNKNOWN and AXIS & own and "by" not in own:  # `by stage` is how many
            distinct = len(set(columns[at])) == len(columns[at]) > 1
            told[at] = Role.AXIS if distinct or at < last or _climbs(columns[at]) else role
    return told


def _spans(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell the two ends of a class: `areas from` and `areas to`, in each row in this order."""
    told, places = list(found), {tuple(words(name)): at for at, name in enumerate(names)}
    for own, low in places.items():
        ends = [places.get((*own[:-1], last)) for first, last in _ENDS if own[-1:] == (first,)]
        ends += [places.get((last, *own[1:])) for first, last in _ENDS if own[:1] == (first,)]
        for high in ends:
            if high is None or not {told[low], told[high]} <= _UNCLEAR:
                continue
            pairs = zip(map(number, columns[low]), map(number, columns[high]), strict=True)
            if all(a is None or b is None or a <= b for a, b in pairs):
                told[low] = told[high] = Role.AXIS
    return told


def _by_place(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell row numbers, keys and marks of single people by where they stand and what they hold.

    Shape: a column of zeros and ones is unclear, and so looked at, where many rows and no other
    count say that rows may be people; beside numbers of people it counts events.
    """
    told = list(found)
    alike = len({tuple(map(number, cells)) for cells in columns}) == 1
    if told and told[0] is Role.UNKNOWN and enumerates(columns[0], alone=alike):
        told = [Role.INDEX] * len(told) if alike else [Role.INDEX, *told[1:]]
    told = [
        Role.INDEX if role is Role.TEXT and _is_progress(names, columns, at) else role
        for at, role in enumerate(told)
    ]
    usable = [role is not Role.INDEX for role in told[: _measures_from(columns, told)]]
    ends = -1 if columns and len(columns[0]) > 1 and is_total(columns[0][-1]) else None
    for at in key_columns([cells[:ends] for cells in columns[: len(usable)]], usable):
        told[at] = Role.AXIS if told[at] in {Role.UNKNOWN, Role.COUNT} else told[at]
    counting = [at for at, role in enumerate(told) if role is Role.COUNT]
    if counting and all(only_flags(columns[at]) for at in counting):
        told = [Role.UNKNOWN if role is Role.COUNT else role for role in told]
    return told


def _is_progress(names: Sequence[str], columns: Sequence[Sequence[str]], at: int) -> bool:
    """Tell how far a program is: `1/3`, `2/3`, `3/3`, one after another, behind one same word.

    Shape: a step may take several lines; the first line may have been taken for the names.
    """
    headed = bool(_OF_STEPS.fullmatch(names[at].strip()))
    cells = [names[at], *columns[at]] if headed else columns[at]
    cut = [cell.strip().partition("/") for cell in cells]
    alike = len({end for _, _, end in cut}) == 1 and cut[0][2].isdecimal() if cut else False
    if not alike:
        return False
    before = {*columns[at - 1], *([names[at - 1]] if headed else [])} if at else set()
    done = [whole(done) for done, _, _ in cut]
    goes_on = None not in done and done[0] == 1 and done == sorted(filter(None, done))
    counted = {word.casefold() for word in before} <= PLACES and goes_on
    return len(before) <= 1 and (counted or _climbs([done for done, _, _ in cut]))


def _climbs(cells: Sequence[str]) -> bool:
    """Say whether numbers begin with 0 or 1 and go on to the next one, some more than once."""
    values = [whole(cell) for cell in cells]
    plain = [value for value in values if value is not None]
    steps = {b - a for a, b in pairwise(plain)}
    return len(plain) == len(cells) > 2 and plain[0] in {0, 1} and 1 in steps and steps <= {0, 1}


def _measures_from(columns: Sequence[Sequence[str]], found: Sequence[Role]) -> int:
    """Find the first column that measures the groups: what is left of it may name them.

    Shape: `dead` with zeros and ones left of a count of people may be a key.
    """
    last = max((at for at, role in enumerate(found) if role is Role.COUNT), default=0)
    for at, role in enumerate(found):
        if role in MEASURED and not (role is Role.COUNT and at < last and codes(columns[at])):
            return at
    return 0


def _by_name_and_values(name: str, cells: Sequence[str]) -> Role:
    present = [cell for cell in cells if not is_missing(cell) and hidden(cell) is None]
    values = [value for value in map(number, present) if value is not None]
    covers = [cover for cell in cells if (cover := hidden(cell)) is not None]
    if not present and any(cover.high is not None for cover in covers):
        return Role.COUNT if named(name) is Role.COUNT else Role.UNKNOWN  # all are hidden
    if len(values) < len(present) and _names_statistics(present):
        return Role.TEXT
    if 0 < len(values) < len(present) and _LEVELS & set(words(name)) and _names_levels(present):
        return Role.AXIS
    if not values or len(values) < 0.5 * len(present):
        return Role.TEXT
    own = set(words(name))
    if _LIMIT.search(" ".join(words(name))):
        return Role.AXIS
    fractions = any(value != int(value) or value < 0 for value in values)
    if any(cell.rstrip().endswith("%") for cell in present):
        return Role.PERCENT
    said = named(name)
    if said is Role.PERCENT:
        return Role.COUNT if own & STRONG and "%" in name and not fractions else Role.PERCENT
    if fractions:
        return _broken_role(said, own, min(values))
    return _whole_role(said, own, [int(value) for value in values], name)


def _names_levels(cells: Sequence[str]) -> bool:
    """Tell a column of levels, a few of them numbers: `female`, `male`, `<60`, `0`, `1`, `>=2`."""
    plain = sum(not any(map(str.isdigit, cell)) for cell in cells)
    return plain >= _SAID * len(cells)


def _names_statistics(cells: Sequence[str]) -> bool:
    """Tell the labels of a `describe()`, of which `25%`, `50%` and `75%` look like numbers."""
    told = {cell for cell in cells if number(cell) is None and named(cell) is not None}
    return len(told) > 1


def _broken_role(said: Role | None, own: set[str], least: float) -> Role:
    if said is Role.COUNT and least >= 0 and not own & (_DOSE | _CODE):
        return Role.COUNT
    if said is not None and said is not Role.COUNT:
        return said
    return Role.DOSE if own & _DOSE else Role.STATISTIC


def _whole_role(said: Role | None, own: set[str], values: Sequence[int], name: str) -> Role:
    if _numbers_people(name, own, values):
        return Role.INDEX
    if said is Role.COUNT and not own & {"id", "code", "rank"}:
        return Role.COUNT
    if said is not None and said is not Role.COUNT:
        return said
    if own & _CODE:
        return Role.CODE
    if _is_scale(name, values):
        return Role.STATISTIC
    if len(own) > 1 and _is_moment(name):
        return Role.AXIS  # `study day`, `day of cycle`: when, not how many
    if own & _WEAK and not own & (_DOSE | AXIS - {"risk"}) and len(own - _WEAK) <= 2:
        return Role.COUNT
    if all(1850 <= value <= 2150 for value in values):
        return Role.YEAR
    if own & _YEAR and list(values) == sorted(set(values)):
        return Role.YEAR
    if own and own <= _EDGES and len(values) >= _LEAST_LED and _rise(values):
        return Role.AXIS
    if (
        own & _INDEX
        or (own and own <= _ON_PLATE)
        or (own and own <= _STEPS)
        or (not name.strip() and _runs(values))
        or (UNNAMED.match(name) and len(values) >= _ENOUGH_RUN and _runs(values))
    ):
        return Role.INDEX
    return Role.DOSE if own & _DOSE else Role.UNKNOWN


def _numbers_people(name: str, own: set[str], values: Sequence[int]) -> bool:
    """Tell a column that numbers people or lines: `subject` 1, 1, 2, 2, 3; `N°` 1, 2, 3.

    Shape: from 0 or 1 in steps of one, several lines for one person or none.
    """
    if not (_NUMERO.match(name.strip()) or (own & _ONE and own <= _ONE | _INDEX)):
        return False
    steps = {b - a for a, b in pairwise(values)}
    return len(set(values)) >= _ENOUGH_RUN and values[0] in {0, 1} and steps <= {0, 1}


def _is_scale(name: str, values: Sequence[int]) -> bool:
    """Tell answers on a scale whose ends the name says: `scale 1-5`."""
    ends = _SCALE.search(name)
    return ends is not None and all(int(ends[1]) <= value <= int(ends[2]) for value in values)


def _rise(values: Sequence[int]) -> bool:
    return all(a < b for a, b in pairwise(values))


def _runs(values: Sequence[int]) -> bool:
    return list(values) in (list(range(len(values))), list(range(1, len(values) + 1)))


def _sums_up(table: Table, columns: Sequence[Sequence[str]], unclear: Sequence[int]) -> bool:
    """See whether a last row or a last column is the total of the rest: then these are counts."""
    numbers = [[whole(cell) for cell in columns[at]] for at in unclear]
    if any(value is None for column in numbers for value in column):
        return False
    plain = [[value for value in column if value is not None] for column in numbers]
    if not any(map(any, plain)) and not is_total(table.rows[-1][0]):
        return False  # nothing adds up to nothing
    if len(table.rows) > 2 and (len(plain) > 1 or is_total(table.rows[-1][0])):
        return all(column[-1] == sum(column[:-1]) for column in plain)
    rows = list(zip(*plain, strict=True))
    return len(plain) > 2 and len(rows) > 1 and all(row[-1] == sum(row[:-1]) for row in rows)


def _beside_a_total(table: Table, found: Sequence[Role], unclear: Sequence[int]) -> bool:
    """See whether unclear columns, or they and other counts, add up to a count beside them."""
    counts = [at for at, role in enumerate(found) if role is Role.COUNT]
    others = [[*unclear, *(at for at in counts if at != total)] for total in counts]
    return any(
        len(parts) > 1 and _adds_up(table, parts, total)
        for total, more in zip(counts, others, strict=True)
        for parts in (unclear, more)
    )


def _adds_up(table: Table, parts: Sequence[int], total: int) -> bool:
    """Say whether parts add up to their total in each row that shows them all.

    Shape: two rows or more, or the only one that the table has.
    """
    rows = [
        (whole(row[total]), [whole(row[at]) for at in parts])
        for row in table.rows
        if not any(hidden(row[at]) or is_missing(row[at]) for at in (total, *parts))
    ]
    sums = [
        end is not None and None not in own and sum(one for one in own if one is not None) == end
        for end, own in rows
    ]
    return len(sums) >= min(2, len(table.rows)) and all(sums)
