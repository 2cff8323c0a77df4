"""[pure] O10, O11: shares without their counts, and weighted counts without unweighted ones.

Source: outputs section 3, O10 (ADRF, ABS, OpenSAFELY) and O11 (ADRF).
"""

from collections.abc import Iterator, Sequence
from functools import cache

from orchestrator.outputs.canon import number
from orchestrator.outputs.cells import whole
from orchestrator.outputs.model import Finding, Verdict
from orchestrator.outputs.naming import PERCENT, Role, words
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Seen, Subject, spelled_rows
from orchestrator.outputs.rules.small_counts import at_column
from orchestrator.outputs.rules.small_shares import Share, add_up, shares, small_shares

_FEW_CHANCES = 0.05
_DIFFERENT = 2
"""So many different shares of one group that fit the same few people do so hardly by chance."""


def implied(percent: float, places: int, below: int) -> frozenset[int]:
    """List the denominators below a limit that print as this share: 33.3 is 1 of 3.

    Shape: shares of nobody, half and everybody fit anything and say nothing.
    Source: outputs section 3, "Implied denominators".
    """
    if percent in (0.0, 50.0, 100.0):
        return frozenset(range(1, below))
    half = 0.5 * 10**-places + 1e-9
    return frozenset(
        q for q in range(1, below) if any(abs(100 * a / q - percent) <= half for a in range(q + 1))
    )


@cache
def _chance(places: int, below: int) -> float:
    """How often a share drawn at random fits a denominator below the limit."""
    steps = float(100 * 10**places)
    fits = {round(10**places * 100 * a / q) for q in range(2, below) for a in range(1, q)}
    return min(float(len(fits)) / steps, 1.0)


def _denominators(subject: Subject) -> Outcome:
    least = subject.policy.counts.minimum
    found: list[Finding] = []
    for seen in subject.seen:
        if any(cell.certain for cell in seen.counts):
            continue  # the counts are there; they are O01's
        for column, role in enumerate(seen.roles):
            if role is Role.PERCENT:
                found += _column(seen, column, least)
        found += _by_rows(seen, least)
    found += small_shares(subject)
    return Outcome(tuple(found))


def _column(seen: Seen, column: int, least: int) -> list[Finding]:
    known = _numerators(seen, column, least)
    rows = [seen.row(row) for row in _small(shares(seen, column), least) if row not in known]
    if not rows:
        return []
    evidence = f"shares at {spelled_rows(rows)} fit a group of fewer than {least} people"
    say = (
        "These shares are what a very small group would give, and no count stands beside them. Add "
        "numerator and denominator of each share."
    )
    return [
        at_column("O10", Verdict.FLAG, seen, column, evidence, say, rows,
                  threshold=f"at least {least} people in the denominator")
    ]  # fmt: skip


def _by_rows(seen: Seen, least: int) -> Iterator[Finding]:
    """Tell columns whose shares, each named by its row, are those of one group of few people.

    Shape: `Female, % | 37.5` and `Higher risk, % | 25.0` of one site; two different shares say
    something, and all of a column have one denominator.
    """
    named = {at for at, row in enumerate(seen.table.rows, 1) if row and "%" in row[0]}
    columns = range(1, len(seen.table.columns)) if len(named) > 1 else ()
    for column in columns:
        own = [share for share in shares(seen, column) if share.row in named]
        telling = [share for share in own if share.percent not in (0.0, 50.0, 100.0)]
        different = {(share.percent, share.decimals) for share in telling}
        if len(different) < _DIFFERENT or seen.roles[column] is Role.PERCENT:
            continue
        common = frozenset.intersection(*(implied(*one, least) for one in different))
        if common and _chance(max(share.decimals for share in telling), least) < _FEW_CHANCES:
            yield at_column(
                "O10", Verdict.FLAG, seen, column,
                f"shares of one group fit {spelled_rows(common)} people",
                "All shares of this column are what a very small group would give, and no count "
                "stands beside them. Merge groups, or leave the column out.",
                [seen.row(share.row) for share in own],
                threshold=f"at least {least} people in the denominator",
            )  # fmt: skip


def _numerators(seen: Seen, column: int, least: int) -> set[int]:
    """List the rows in which as many people as the minimum stand beside the share, by its name.

    Shape: `Grade 3, %` beside `Grade 3`; small ones are O01's.
    """
    own = set(words(seen.table.columns[column])) - PERCENT
    return {
        row
        for at, name in enumerate(seen.table.columns)
        if at != column and own and set(words(name)) - {"n"} == own
        for row, cells in enumerate(seen.table.rows, 1)
        if (whole(cells[at]) or 0) >= least
    }


def _small(own: Sequence[Share], least: int) -> list[int]:
    """Rows whose shares fit a small denominator, where chance alone would hardly do it.

    Shape: shares that sum to 100 have one denominator, which must fit them all; others are told
    one by one, one that comes again once, and only where they are printed finely enough to say
    something.
    """
    telling = [share for share in own if share.percent not in (0.0, 50.0, 100.0)]
    if not telling:
        return []
    fits = {share: implied(share.percent, share.decimals, least) for share in telling}
    if add_up(own):
        common = frozenset.intersection(*fits.values())
        finest = max(share.decimals for share in telling)
        chance = _chance(finest, least) ** (len(telling) - 1) if len(telling) > 1 else 1.0
        return [share.row for share in own] if common and chance < 3 * _FEW_CHANCES else []
    rows = [share.row for share in telling if fits[share]]
    once = {(share.percent, share.decimals): bool(fits[share]) for share in telling}
    expected = sum(_chance(places, least) for _, places in once)
    return rows if rows and sum(once.values()) > 2 * expected else []


def _weighted(subject: Subject) -> Outcome:
    found: list[Finding] = []
    for seen in subject.seen:
        broken = [column for column, role in enumerate(seen.roles)
                  if role is Role.COUNT and _broken(seen, column)]  # fmt: skip
        plain = [column for column, role in enumerate(seen.roles)
                 if role is Role.COUNT and column not in broken]  # fmt: skip
        if broken and not plain:
            say = (
                "These counts are not whole, so they are weighted. Put the unweighted counts "
                "beside them: the rules are about people."
            )
            rows = [seen.row(row) for row in range(1, len(seen.table.rows) + 1)]
            found += [at_column("O11", Verdict.FLAG, seen, column, "weighted counts alone", say,
                                rows) for column in broken]  # fmt: skip
    return Outcome(tuple(found))


def _broken(seen: Seen, column: int) -> bool:
    values = [number(row[column]) for row in seen.table.rows]
    broken = any(value is not None and value != int(value) for value in values)
    return broken and any(value is not None and abs(value) >= 1 for value in values)


DENOMINATORS = Rule(
    id="O10",
    version=7,
    title="Shares without counts",
    text="Numerator and denominator come with a share; what it implies about them is worked out.",
    source="outputs section 3, O10: ADRF, ABS, OpenSAFELY",
    needs=frozenset({Need.TABLE}),
    check=_denominators,
    parameters=lambda policy: {"minimum": str(policy.counts.minimum)},
)

WEIGHTED = Rule(
    id="O11",
    version=3,
    title="Weighted counts",
    text="Weighted counts come with the unweighted ones.",
    source="outputs section 3, O11: ADRF",
    needs=frozenset({Need.TABLE}),
    check=_weighted,
)
