"""[pure] O17, O20: tables that look like one row per person, and pictures without numbers.

Source: outputs section 3, O17 (ADRF, ABS, OpenSAFELY) and O20 (OpenSAFELY's caps).
"""

from orchestrator.outputs.form import Kind, Note, Part, Table
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.roles import Role, roles
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Subject, finding, rows_word
from orchestrator.policy.outputs import OutputsPolicy


def _row_like(subject: Subject) -> Outcome:
    found: list[Finding] = []
    for part, table in subject.tables:
        found += _too_many(part, subject.policy.caps.rows)
        found += _looks_like_people(part, table, subject.policy)
    return Outcome(tuple(found))


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


def _looks_like_people(part: Part, table: Table, policy: OutputsPolicy) -> list[Finding]:
    shape = policy.shape
    if len(table.rows) < shape.rows or len(table.columns) < shape.columns or _falls(table):
        return []
    share = max(
        100 * len({row[column] for row in table.rows}) // len(table.rows)
        for column in range(len(table.columns))
    )
    different = 100 * len(set(table.rows)) // len(table.rows)
    if share < shape.unique_percent and different < 100:
        return []
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
                threshold=f"{shape.rows} rows, {shape.unique_percent} % distinct")
    ]  # fmt: skip


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


def _pictures(subject: Subject) -> Outcome:
    found = [
        Finding(
            "O17",
            Verdict.FLAG,
            Where(part.path),
            "a picture"
            + (f" of {part.image.width} x {part.image.height} pixels" if part.image else ""),
            "A machine cannot read the numbers in a picture: checkers look at it. Send the table "
            "behind it too, and draw no point that stands for one person.",
        )
        for part in subject.parts
        if part.kind is Kind.IMAGE
    ]
    return Outcome(tuple(found))


ROW_LIKE = Rule(
    id="O20",
    version=1,
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
    version=1,
    title="Pictures",
    text="A picture is looked at by people, with the table behind it.",
    source="outputs section 3, O17: ADRF, ABS, OpenSAFELY",
    needs=frozenset({Need.FORM}),
    check=_pictures,
)
