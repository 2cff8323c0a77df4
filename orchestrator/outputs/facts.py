"""[pure] The counts of a table as facts: how many people have this, and that, and that?

Long, wide and packed tables come to the same facts, totals are facts that name fewer categories,
and a hidden cell is a fact with two ends. Everything that compares counts (suppression, rounding,
differencing, the ledger) works on facts, so that it need not know what the table looked like.

A category is compared under the name of its variable where it means nothing alone (`yes`, `1`) and
alone where it does (`F`, `50-59`), so that `sex` and `gender` meet.
Source: outputs section 6.1 step 1, 6.2 (ledger_axis, ledger_cell).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import combinations
from math import fsum, gcd

from orchestrator.outputs.blocks import Block, blocks, sections
from orchestrator.outputs.canon import is_missing, spell
from orchestrator.outputs.cells import Mark, Piece, hidden, pieces, whole
from orchestrator.outputs.count_cells import statistic_column
from orchestrator.outputs.form import Part, Table
from orchestrator.outputs.naming import LABELS, STATISTICS, Role, counted, is_total, named, words
from orchestrator.outputs.people import AGES, ANYBODY, OUTCOMES, SAME, listed
from orchestrator.outputs.roles import Known, roles

PEOPLE = "people"
"""The measure of a column that just counts: `n`, `patients`, `count`."""

TOLD = "told"
"""The measure of what a sentence counts; its words stand in place of categories."""

Coordinates = tuple[tuple[str, str], ...]

GENERIC = listed("yes no y n true false unknown other none missing present absent pos neg "
                     "positive negative low high middle medium normal abnormal ever never "
                     "1st 2nd 3rd")  # fmt: skip
"""Categories that say nothing without the name of their variable."""
_PLAIN = ANYBODY | listed(
    "n count counts freq freqs frequency frequencies num number total totals all size nobs obs "
    "observations records rows of the in denominator"
)
_NAMES = listed("variable characteristic characteristics factor covariate feature")
_LEVELS = listed("level levels value category categories group")
_BASES = (1000, 500, 100, 50, 20, 10, 5)
_HAPPENED = OUTCOMES | listed("deaths died dead events relapsed progressed responded deceased")
"""What is counted beside people, and is less than all of them."""
_ENOUGH = 6
_VARIABLES = 4
_OF_ALL = re.compile(r"\bn ?= ?(\d[\d,]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Fact:
    """One count: where it stands, what it counts, of whom, and between which ends it lies.

    Shape: `row` from 1 (0 is the names), `column` from 0, as in the sheet; a published count has
    equal ends; `high` is None where nothing bounds it. `derived` facts stand nowhere: they are
    sums of published ones, at the first of these.
    """

    row: int
    column: int
    measure: str
    coordinates: Coordinates
    low: float
    high: float | None
    hidden: bool = False
    derived: bool = False

    @property
    def value(self) -> float | None:
        """The published count, None for a hidden one."""
        return None if self.hidden else self.low

    @cached_property
    def key(self) -> tuple[str, Coordinates]:
        """What it is: two facts of one key count the same people, if the populations are one."""
        return self.measure, tuple(sorted(map(_compared, self.coordinates)))

    @property
    def variables(self) -> tuple[str, ...]:
        """Which variables it names a category of."""
        return tuple(variable for variable, _ in self.coordinates)


@dataclass(frozen=True)
class FactTable:
    """All facts of one table. Shape: `base` is the rounding base its counts show, 1 for none."""

    path: str
    number: int
    facts: tuple[Fact, ...]
    base: int = 1

    @property
    def label(self) -> str:
        """Name it for people: the part, and which table of it where it has several."""
        return self.path if self.number == 0 else f"{self.path}, table {self.number + 1}"

    @cached_property
    def visible(self) -> Mapping[tuple[str, Coordinates], Fact]:
        """The visible counts by key, printed ones before added-up ones.

        Kept, because each table of a request is compared with every other.
        """
        shown = [fact for fact in self.facts if not fact.hidden]
        found: dict[tuple[str, Coordinates], Fact] = {}
        for fact in (*shown, *derived(self)):
            found.setdefault(fact.key, fact)
        return found


def tables(part: Part, known: Known) -> list[FactTable]:
    """Read the facts of every table of one part; parts without counts have none."""
    if part.table is None:
        return []
    read = [
        _fact_table(part.path, number, block, known)
        for number, block in enumerate(blocks(part.table))
    ]
    return [table for table in read if table.facts]


def signature(measure: str, coordinates: Coordinates) -> int:
    """Name what a fact counts by 63 bits, so that a database can look it up."""
    text = "\x1f".join([measure, *(f"{name}\x1e{value}" for name, value in coordinates)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def rounding_base(values: Iterable[float]) -> int:
    """Say to which base counts look rounded: the largest usual one that divides all, else 1."""
    numbers = [int(value) for value in values if value == int(value)]
    if len(numbers) < _ENOUGH or len({number for number in numbers if number}) < 2:
        return 1
    common = gcd(*numbers)
    return next((base for base in _BASES if common % base == 0), 1) if common else 1


def derived(table: FactTable) -> list[Fact]:
    """Add up what a reader adds up: totals over variables whose parts are all published.

    Shape: only where the table prints no such total itself; none from rounded counts, whose sums
    are not the rounded sums, and none from sentences.
    """
    if table.base > 1 or any(fact.measure == TOLD for fact in table.facts):
        return []
    printed = {fact.key for fact in table.facts}
    families: dict[tuple[str, tuple[str, ...]], list[Fact]] = defaultdict(list)
    for fact in table.facts:
        families[fact.measure, fact.variables].append(fact)
    found: dict[tuple[str, Coordinates, float], Fact] = {}
    for (_measure, variables), own in sorted(families.items()):
        if len(variables) <= _VARIABLES:
            for fact in _margins(own, variables):
                if fact.key not in printed:
                    found.setdefault((*fact.key, fact.low), fact)
    return list(found.values())


def people_table(
    block: Block, known: Known
) -> tuple[Table, list[Role], list[int], Mapping[int, str]]:
    """Give a block as a table with its roles, its label columns and its rows' sections."""
    table = block.as_table()
    found = roles(table, known)
    measured = [at for at, role in enumerate(found) if role not in LABELS or _packs(table, at)]
    measured += [at for at, name in enumerate(table.columns) if named(name) in STATISTICS]
    first = min(measured, default=len(found))
    labels = [at for at in range(len(found)) if at < first or (
        found[at] in {Role.TEXT, Role.AXIS} and at not in measured)]  # fmt: skip
    labels = [at for at in labels if not (found[at] is Role.INDEX and not table.columns[at])]
    return table, found, labels, dict(enumerate(sections(block)))


def _fact_table(path: str, number: int, block: Block, known: Known) -> FactTable:
    table, found, labels, heads = people_table(block, known)
    facts = _read(block, table, found, labels, heads)
    base = rounding_base(f.low for f in facts if not f.hidden)
    return FactTable(path, number, tuple(facts), base)


def _read(
    block: Block,
    table: Table,
    found: Sequence[Role],
    labels: Sequence[int],
    heads: Mapping[int, str],
) -> list[Fact]:
    measured = [
        at
        for at in range(len(found))
        if at not in labels and (found[at] is Role.COUNT or _packs(table, at))
    ]
    speaks = statistic_column(table, found)
    if speaks is not None:
        measured = [at for at in range(len(found)) if at not in labels and at != speaks]
    end = _unlabelled_total(table, found, measured, labels)
    abbreviated = _no_totals(table, measured, labels)
    facts = _of_names(block, table, measured)
    told = _measures(table, measured)
    for position, row in enumerate(table.rows):
        if speaks is not None and not counted(row[speaks]):
            continue
        own = row_coordinates(
            table, row, labels, heads.get(position, ""), speaks, named_all=position in abbreviated
        )
        if position == end:
            own = ()
        for at in measured:
            facts += _cell_facts(block, table, found, position, at, own, told)
    return facts if _worth_it(facts) else []


def _of_names(block: Block, table: Table, measured: Sequence[int]) -> list[Fact]:
    """Read how many people a column is about from its name: `Arm A (N=120)`."""
    names = [table.columns[at] for at in measured]
    found = []
    for at, name in zip(measured, names, strict=True):
        if match := _OF_ALL.search(name):
            value = float(match[1].replace(",", ""))
            _, across = _column(name, names)
            found.append(Fact(0, block.columns[at], PEOPLE, across, value, value))
    return found


def _worth_it(facts: Sequence[Fact]) -> bool:
    """A table in which one name stands for several rows tells nothing that could be compared."""
    several = Counter(fact.key for fact in facts)
    return bool(facts) and sum(count > 1 for count in several.values()) <= len(several) / 2


def _cell_facts(
    block: Block,
    table: Table,
    found: Sequence[Role],
    position: int,
    at: int,
    own: Coordinates,
    told: Mapping[int, tuple[str, Coordinates]],
) -> list[Fact]:
    text = table.rows[position][at]
    measure, across = told[at]
    coordinates = tuple(sorted({*own, *across}))
    where = (block.at[position], block.columns[at])
    suppressed = hidden(text)
    if suppressed is None and is_missing(text) and own and table.rows[position][0].strip():
        suppressed = hidden("*") if _has_count(table.rows[position], [*told], at) else None
    if suppressed is not None:
        high = None if suppressed.high is None else float(suppressed.high)
        return [Fact(*where, measure, coordinates, float(suppressed.low), high, hidden=True)]
    return [
        Fact(*where, f"{measure} of" if piece.mark is Mark.WHOLE else measure, coordinates,
             piece.value, piece.value)
        for piece in _counted(pieces(text), found[at])
    ]  # fmt: skip


def _counted(cell: Sequence[Piece], role: Role) -> list[Piece]:
    """Take what counts people: whole numbers of a count column, and marked ones of any."""
    if len(cell) == 1 and cell[0].mark is Mark.NUMBER:
        value = cell[0].value
        return list(cell) if role is not Role.TEXT and value >= 0 and value == int(value) else []
    return [
        piece
        for piece in cell
        if piece.mark in {Mark.COUNT, Mark.WHOLE}
        or (piece.mark is Mark.MAYBE and role is Role.COUNT)
    ]


def _has_count(row: Sequence[str], measured: Sequence[int], but: int) -> bool:
    return any(pieces(row[at]) or hidden(row[at]) for at in measured if at != but)


def _packs(table: Table, at: int) -> bool:
    """Say whether a column of texts holds counts: `12 (3%)` in most of its filled cells."""
    filled = [row[at] for row in table.rows if not is_missing(row[at])]
    packed = [text for text in filled if hidden(text) or _marked(text)]
    return bool(filled) and len(packed) > 0.4 * len(filled) and any(map(_marked, filled))


def _marked(text: str) -> bool:
    return any(piece.mark in {Mark.COUNT, Mark.WHOLE} for piece in pieces(text))


def _column(name: str, beside: Sequence[str]) -> tuple[str, Coordinates]:
    """Read a column's name: a measure (`deaths`), or a category of a cross table (`F`)."""
    plain = _bare(name)
    own = set(words(plain)) - {"n"}
    if own & AGES and sum(bool(AGES & set(words(other))) for other in beside) > 1:
        return PEOPLE, _coordinate("across", plain)
    if not own or is_total(plain) or own <= _PLAIN:
        return PEOPLE, ()
    if len(beside) == 1 and own & ANYBODY and not own & _HAPPENED:
        return PEOPLE, ()
    if counted(plain) and not any(char.isdigit() for char in plain):
        return " ".join(sorted(own - _PLAIN)) or PEOPLE, ()
    others = [_bare(other) for other in beside]
    alike = sum(not counted(other) and not is_total(other) for other in others)
    if alike <= 1 < len(beside):
        return " ".join(sorted(own)), ()  # a part of whom the column beside it counts
    return PEOPLE, _coordinate("across", plain) if alike > 1 else ()


def _measures(table: Table, measured: Sequence[int]) -> Mapping[int, tuple[str, Coordinates]]:
    """Say what each column counts; those that add up to a column of all people are its parts.

    Shape: `alive` and `died` beside `all`, in each row that shows them, which are two and more.
    """
    names = [table.columns[at] for at in measured]
    told = {at: _column(name, names) for at, name in zip(measured, names, strict=True)}
    for total in [at for at in told if is_total(table.columns[at])]:
        parts = [at for at in measured if at != total]
        rows = [[whole(row[at]) for at in (total, *parts)] for row in table.rows]
        shown = [[value for value in row if value is not None] for row in rows if None not in row]
        adds_up = all(row[0] == sum(row[1:]) for row in shown)
        if adds_up and min(len(shown), len(parts)) > 1 and not any(told[at][1] for at in parts):
            told |= {at: (PEOPLE, _coordinate("across", table.columns[at])) for at in parts}
    return told


def _bare(name: str) -> str:
    return _OF_ALL.sub("", re.sub(r"[(\[].*?[)\]]", "", name)).strip(" ,;") or name


def row_coordinates(
    table: Table,
    row: Sequence[str],
    labels: Sequence[int],
    head: str,
    speaks: int | None,
    *,
    named_all: bool = False,
) -> Coordinates:
    """Name the categories of one row, as variable and value; totals name none.

    Shape: `named_all` where a label that reads like a total is a category: the leukaemia `ALL`.
    """
    found: set[tuple[str, str]] = set()
    name = ""
    for at in labels:
        if at == speaks or not row[at].strip():
            continue
        own = set(words(table.columns[at]))
        if own & _NAMES and len(labels) > 1:
            name = row[at].strip()
            continue
        if is_total(row[at]) and not named_all:
            continue
        variable = name if name and own & _LEVELS else table.columns[at].strip()
        own_head = head if at == labels[0] else ""
        found |= set(_coordinate(own_head or variable or "row", row[at]))
    return tuple(sorted(found))


def _coordinate(variable: str, category: str) -> Coordinates:
    return ((spell(variable), spell(category)),)


def _no_totals(table: Table, measured: Sequence[int], labels: Sequence[int]) -> frozenset[int]:
    """Find rows called a total that are smaller than one of the others: then it is a name."""
    found = set()
    for position, row in enumerate(table.rows):
        if not any(is_total(row[at]) for at in labels):
            continue
        for at in measured[:1]:
            values = [_first_count(other[at]) for other in table.rows]
            own = values[position]
            if own is not None and own < max((v for v in values if v is not None), default=own):
                found.add(position)
    return frozenset(found) if len(labels) == 1 else frozenset()


def _first_count(text: str) -> float | None:
    found = pieces(text)
    return found[0].value if found else None


def _unlabelled_total(
    table: Table, found: Sequence[Role], measured: Sequence[int], labels: Sequence[int]
) -> int | None:
    """Find a last row that is the sum of the others in every count column and says nothing else.

    Shape: or begins with the word for a total, and is at least what the others show.
    """
    if len(table.rows) < 4 or not measured or not labels:
        return None
    last = table.rows[-1]
    label = last[labels[0]].strip()
    if label and not is_total(label) and not _sums_them_up(table, measured, label):
        return None
    if len({row[labels[0]] for row in table.rows}) < len(table.rows) and len(labels) > 1:
        return None
    return len(table.rows) - 1


def _sums_them_up(table: Table, measured: Sequence[int], label: str) -> bool:
    if not is_total(" ".join(words(label)[:1])):
        return False
    for at in measured:
        cells = [row[at] for row in table.rows]
        covers = [one.high for cell in cells[:-1] if (one := hidden(cell)) is not None]
        shown = [_first_count(cell) or 0 for cell in cells if hidden(cell) is None]
        rest = shown[-1] - sum(shown[:-1])
        if not 0 <= rest < shown[-1] or (None not in covers and rest > sum(filter(None, covers))):
            return False
    return True


def _margins(facts: Sequence[Fact], variables: Sequence[str]) -> list[Fact]:
    """Sum facts over each choice of their variables, where none of the parts is hidden."""
    found: list[Fact] = []
    for kept in range(len(variables)):
        for names in combinations(variables, kept):
            groups: dict[Coordinates, list[Fact]] = defaultdict(list)
            for fact in facts:
                groups[tuple(c for c in fact.coordinates if c[0] in names)].append(fact)
            found += [
                _sum(coordinates, own)
                for coordinates, own in groups.items()
                if len(own) > 1 and not any(fact.hidden for fact in own)
            ]
    return found


def _sum(coordinates: Coordinates, parts: Sequence[Fact]) -> Fact:
    total, first = fsum(fact.low for fact in parts), parts[0]
    return Fact(first.row, first.column, first.measure, coordinates, total, total, derived=True)


def _compared(coordinate: tuple[str, str]) -> tuple[str, str]:
    """Spell one category as it is compared: without its variable where it means enough alone."""
    variable, value = coordinate
    own = words(value)
    value = SAME.get(own[0], value) if len(own) == 1 else value
    alone = any(char.isalpha() for char in value) and value not in GENERIC
    ranged = any(char in value for char in "-–<>+≥≤") and len(value) > 3
    return ("" if alone or ranged else variable), value
