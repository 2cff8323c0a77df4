"""[pure] O33: a table of genotypes, one person a row or a column, is what a genotype file is.

Whatever it is packed in: variants by name, and beside them nothing but genotypes or doses of an
allele. Counts and frequencies of alleles are no genotypes.
Source: outputs section 3, O33; section 10, L16 (dosage tables).
"""

import re
from collections.abc import Iterable, Sequence

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.form import Part, Table
from orchestrator.outputs.model import Finding, Verdict
from orchestrator.outputs.rules.rule import Subject, finding

_VARIANT = re.compile(
    r"rs\d{3,}(?:[_:.-][ACGT]+)*\Z|(?:chr)?(?:\d{1,2}|X|Y|MT?)[:_]\d{3,}(?:[_:.][ACGT]+)*\Z",
    re.IGNORECASE,
)
"""A variant by its number in dbSNP, or by its place."""
_CALL = re.compile(r"[ACGT-]{2}\Z|[ACGT-][/|][ACGT-]\Z|[01.][/|][01.]\Z", re.IGNORECASE)
_MOST_ALLELES = 2.0
_VARIANTS = 3
_PEOPLE = 3
"""Fewer variants, or lines, may be a table of anything."""
_SAY = "Genotypes identify people and cannot leave. Export counts of alleles by group."


def in_tables(subject: Subject) -> Iterable[Finding]:
    """Find tables of genotypes, as they stand or transposed."""
    for part, table in subject.tables:
        if not part.only_compared and (_by_column(table) or _by_row(table)):
            yield _finding(part, len(table.rows))


def _finding(part: Part, rows: int) -> Finding:
    evidence = f"{part.path}: genotypes under the names of variants, {rows} lines"
    return finding("O33", Verdict.BLOCK, part, evidence, _SAY, measured=f"{rows} lines")


def _by_column(table: Table) -> bool:
    """See each variant as a column, each person as a row."""
    at = [place for place, name in enumerate(table.columns) if _VARIANT.match(name.strip())]
    return _are_genotypes([[row[place] for row in table.rows] for place in at])


def _by_row(table: Table) -> bool:
    """See each variant as a row, named by its first cell; each person as a column."""
    rows = [row for row in table.rows if _VARIANT.match(row[0].strip())] if table.columns else []
    if len(rows) < len(table.rows):
        return False
    return _are_genotypes([row[1:] for row in rows])


def _are_genotypes(variants: Sequence[Sequence[str]]) -> bool:
    """Say whether all values of some variants are genotypes of several people.

    Shape: a dose that is no whole number is a frequency as well, unless some dose is above one.
    """
    if len(variants) < _VARIANTS or any(len(own) < _PEOPLE for own in variants):
        return False
    cells = [cell.strip() for own in variants for cell in own if not is_missing(cell)]
    doses = [dose for cell in cells if (dose := number(cell)) is not None]
    called = sum(bool(_CALL.match(cell)) for cell in cells)
    if not cells or len(doses) + called < len(cells):
        return False
    inside = all(0 <= dose <= _MOST_ALLELES for dose in doses)
    return inside and (all(dose == int(dose) for dose in doses) or max(doses) > 1)
