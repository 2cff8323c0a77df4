"""[pure] O17, O20: tables that look like one row per person, and figures without their table.

Source: outputs section 3, O17 (ADRF, ABS, OpenSAFELY) and O20 (OpenSAFELY's caps).
"""

from collections.abc import Sequence
from itertools import pairwise

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.form import Kind, Note, Part, Table
from orchestrator.outputs.in_words import is_told
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.naming import Role, words
from orchestrator.outputs.people import ANYBODY, NOUN, SEXES
from orchestrator.outputs.roles import roles
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Seen,
    Subject,
    finding,
    rows_word,
)
from orchestrator.outputs.shapes import MELTED, views
from orchestrator.policy.outputs import OutputsPolicy

_LONG = 4
_SENTENCE = 3
"""Units: words of a numbered list's sentence."""
_STEP = 2
_FEW, _MEASURED, _MANY_VALUES = 20, 3, 8
"""Units: rows; columns; different values."""
_PEOPLE = ANYBODY | SEXES | frozenset(NOUN.split("|"))
_MARKS, _STAIRS = "/marks/", "/stairs/"
_FILLED = 0.9
"""Of a hundred values that a long table could have, how many it has at least."""


def _row_like(subject: Subject) -> Outcome:
    found: list[Finding] = []
    for part, table in subject.tables:
        found += _too_many(part, subject.policy.caps.rows)
        if len(table.rows) >= subject.policy.shape.rows or _counts_few(subject, part):
            found += _looks_like_people(part, table, subject.policy, subject.indexes)
    return Outcome(tuple(found))


def _counts_few(subject: Subject, part: Part) -> bool:
    """Say whether O01 would speak of a table of fewer rows than the policy's, if they were none."""
    least = subject.policy.counts.minimum
    own = (cell for seen in subject.seen if seen.part is part for cell in seen.counts)
    return any(0 < cell.value < least for cell in own)


def _too_many(part: Part, limit: int) -> list[Finding]:
    table = part.table
    if table is None or Note.TOO_MANY_ROWS not in {seen.note for seen in part.notes}:
        return []
    say = f"A table that leaves has at most {limit} rows. Export a summary of groups."
    evidence = f"{rows_word(table.total_rows)}; the first {len(table.rows)} were compared"
    return [
        finding("O20", Verdict.BLOCK, part, evidence, say, measured=str(table.total_rows),
                threshold=str(limit))
    ]  # fmt: skip


def varied(
    table: Table, policy: OutputsPolicy, indexes: Sequence[Index] = ()
) -> tuple[int, int] | None:
    """Say of a table that looks like one row per person how varied it is; None of any other.

    Shape: fewer rows than the policy's look so too where several columns are measured as those of a
    source are that have their names.
    Units: per cent; of distinct values in the most varied column, of rows that differ.
    """
    shape = policy.shape
    least = _FEW if _is_measured(table, indexes) else shape.rows
    if len(table.rows) < least or _units(table) < least:
        return None
    if len(table.columns) < shape.columns or _falls(table) or _is_numbered(table):
        return None
    share = max(
        100 * len({row[column] for row in table.rows}) // len(table.rows)
        for column in range(len(table.columns))
    )
    different = 100 * len(set(table.rows)) // len(table.rows)
    return (share, different) if share >= shape.unique_percent or different >= 100 else None


def may_be_people(seen: Seen, policy: OutputsPolicy, indexes: Sequence[Index] = ()) -> bool:
    """Say whether rows may be people and nothing counts: O20 says so, and nobody needs to again.

    Shape: with `indexes` also of fewer rows than the policy's, of which O20 speaks only in place of
    small counts: whoever looks for anything else leaves them out.
    """
    whole = seen.part.table
    return (
        Role.COUNT not in seen.roles
        and varied(seen.table, policy, indexes) is not None
        and whole is not None
        and varied(whole, policy, indexes) is not None
    )


def _is_measured(table: Table, indexes: Sequence[Index]) -> bool:
    """Say whether columns called like numbers of a source have values of these, and many of them.

    Shape: all of them, in three columns and more; means of groups stand between the values.
    """
    known = {
        tuple(words(column.name)): column
        for index in indexes for source in index.tables for column in source.columns
        if column.numeric and column.magnitudes is not None
    }  # fmt: skip
    told = 0
    for at, name in enumerate(table.columns if len(table.rows) >= _FEW else ()):
        column = known.get(tuple(words(name)))
        if column is None or column.magnitudes is None:
            continue
        values = {number(row[at]) for row in table.rows if not is_missing(row[at])}
        told += len(values) >= _MANY_VALUES and values <= {*column.magnitudes}
    return told >= _MEASURED


def _looks_like_people(
    part: Part, table: Table, policy: OutputsPolicy, indexes: Sequence[Index]
) -> list[Finding]:
    seen, shape = varied(table, policy, indexes), policy.shape
    if seen is None:
        return []
    share, different = seen
    least = shape.rows if len(table.rows) >= shape.rows else _FEW
    evidence = (
        f"{rows_word(len(table.rows))}, {len(table.columns)} columns, the most varied column has "
        f"{share} % distinct values, {different} % of the rows differ"
    )
    say = (
        "This table has the shape of one row per person. If it is a summary, say in the context "
        "what one row stands for; if rows are people, it cannot leave."
    )
    return [
        finding("O20", Verdict.FLAG, part, evidence, say, measured=f"{len(table.rows)} rows",
                threshold=f"{least} rows, {shape.unique_percent} % distinct")
    ]  # fmt: skip


def _units(table: Table) -> int:
    """Count what rows stand for: rows, or in a long table (one line a value) those of the wide one.

    Shape: a long table has few columns, and each group has nearly every variable; where it can be
    seen in two ways, the one with more groups counts.
    """
    if len(table.columns) > _LONG:
        return len(table.rows)
    seen = views(table.columns if table.header else (), table.rows) if table.rows else []
    groups = [
        len(view.rows)
        for view in seen
        if view.shape == MELTED
        and len(table.rows) >= _FILLED * len(view.rows) * max(map(len, view.rows))
    ]
    return max(groups, default=len(table.rows))


def _is_numbered(table: Table) -> bool:
    """Tell a numbered list: one sentence, again and again, with a number and perhaps a page.

    Shape: three words and more that never change, none for people; all else are numbers that count
    the lines, or never fall and rise by a page or two.
    """
    cut = zip(*table.rows, strict=True)
    columns = [[cell.strip(" .,:;()[]") for cell in column] for column in cut]
    same = [column[0] for column in columns if len(set(column)) == 1]
    rest = [column for column in columns if len(set(column)) > 1]
    said = {word for cell in same for word in words(cell)}
    return (
        len(same) >= _SENTENCE and not said & _PEOPLE and all(_runs_on(column) for column in rest)
    )


def _runs_on(cells: list[str]) -> bool:
    if not all(cell.isdecimal() for cell in cells):
        return False
    steps = [int(b) - int(a) for a, b in pairwise(cells)]
    return min(steps) >= 0 and max(steps) <= _STEP


def _falls(table: Table) -> bool:
    """Tell a survival table: its numbers at risk only fall."""
    for column, role in enumerate(roles(table, lambda _names: False)):
        if role is Role.COUNT:
            values = [row[column] for row in table.rows]
            if all(value.isdecimal() for value in values):
                numbers = [int(value) for value in values]
                if numbers == sorted(numbers, reverse=True) and numbers[0] > numbers[-1]:
                    return True
    return False


def _figures(subject: Subject) -> Outcome:
    beside = _tables_beside(subject)
    found = [_picture(part, beside) for part in subject.parts if part.kind is Kind.IMAGE]
    if not beside:
        found += [_without_table(place) for place in _drawings(subject)]
    return Outcome(tuple(found))


def _tables_beside(subject: Subject) -> list[str]:
    """List what holds counts beside the figures: parts of this file, other files of the request.

    Shape: counts read back from a drawing's own marks are no table of it.
    """
    facts = [*subject.facts, *(table for table in subject.others if not is_told(table))]
    return list(dict.fromkeys(table.path for table in facts if _MARKS not in table.path))


def _drawings(subject: Subject) -> list[str]:
    """Name the vector figures: an svg file, and pages on which marks or steps are drawn."""
    pages = [part.path.partition(drawn)[0] for part in subject.parts
             for drawn in (_MARKS, _STAIRS) if drawn in part.path]  # fmt: skip
    svg = subject.form is not None and subject.form.format == "svg"
    return list(dict.fromkeys([subject.file.path] if svg else pages))


def _picture(part: Part, beside: list[str]) -> Finding:
    size = f" of {part.image.width} x {part.image.height} pixels" if part.image else ""
    table = "Send the table behind it too, and d" if not beside else "D"
    return Finding(
        "O17",
        Verdict.FLAG,
        Where(part.path),
        f"a picture{size}, {_told(beside)}",
        "A machine reads the numbers in a picture badly, if at all: checkers look at it. "
        f"{table}raw no point that stands for one person.",
    )


def _told(beside: list[str]) -> str:
    more = f" and {len(beside) - 3} more" if len(beside) > 3 else ""
    return f"beside {', '.join(beside[:3])}{more}" if beside else "and no table with counts"


def _without_table(place: str) -> Finding:
    return Finding(
        "O17",
        Verdict.FLAG,
        Where(place),
        "a drawing, and no table with counts",
        "A figure leaves with the table that it shows, so that its numbers can be checked. Add the "
        "table, with the count of people behind each bar, point or step.",
    )


ROW_LIKE = Rule(
    id="O20",
    version=4,
    title="Row-level shape",
    text="A table over the row cap cannot leave; one shaped like one row per person is looked at.",
    source="outputs section 3, O20: OpenSAFELY's cap of 5,000 rows",
    needs=frozenset({Need.TABLE}),
    check=_row_like,
    parameters=lambda policy: {
        "rows": str(policy.caps.rows),
        **{name: str(value) for name, value in policy.shape.model_dump().items()},
    },
)

PICTURE = Rule(
    id="O17",
    version=4,
    title="Figures without their table",
    text="A picture is looked at by people; a figure comes with the table that it shows.",
    source="outputs section 3, O17: ADRF, ABS, OpenSAFELY",
    needs=frozenset({Need.FORM}),
    check=_figures,
)
