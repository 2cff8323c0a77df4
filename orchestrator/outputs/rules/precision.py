"""[pure] O30: more digits than an estimate has, which tell nothing and can carry everything.

An estimate about n people is known to about one part in the root of n, so four significant digits
hold what a million people can tell, and room to round again. What stands behind them is noise or a
message: a table of a thousand numbers printed whole holds eight thousand bytes of it.
Source: outputs section 3, O30; decision 0023.
"""

import math
import re
from collections.abc import Sequence

from orchestrator.outputs.form import Part, Table
from orchestrator.outputs.model import Finding, Verdict
from orchestrator.outputs.naming import label_of
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Subject, finding
from orchestrator.policy.outputs import OutputsPolicy, Precision

_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*\.(\d+)(?:[eE][-+]?\d{1,3})?(?![\w.])")
_BITS = math.log2(10)
"""What one decimal digit can hold."""


def surplus(cell: str, digits: int) -> list[float]:
    """Give for each broken number of a cell the bits behind its first significant digits.

    Shape: trailing zeros hold nothing, nor do leading ones; whole numbers are no estimates.
    """
    found = []
    for match in _NUMBER.finditer(cell):
        plain = match[0].lower().partition("e")[0].replace(",", "").replace(".", "")
        found.append(max(len(plain.lstrip("0").rstrip("0")) - digits, 0) * _BITS)
    return found


def _check(subject: Subject) -> Outcome:
    precision = subject.policy.precision
    found = [one for part, table in subject.tables for one in _excess(part, table, precision)]
    return Outcome(tuple(found))


def _excess(part: Part, table: Table, precision: Precision) -> list[Finding]:
    """Name the columns whose numbers hold too much, where the table holds enough to matter."""
    columns = [(at, _bits([row[at] for row in table.rows], precision.digits))
               for at in range(len(table.columns))]  # fmt: skip
    loud = [(at, bits) for at, bits in columns if bits and _mean(bits) >= precision.bits_each]
    total = math.fsum(math.fsum(bits) for _, bits in loud)
    if total < precision.bits:
        return []
    names = ", ".join(label_of(table, at) for at, _ in loud[:6])
    more = f" and {len(loud) - 6} more" if len(loud) > 6 else ""
    evidence = f"{names}{more}: {total / 8:.0f} bytes in digits behind the first {precision.digits}"
    say = (
        f"These numbers have more digits than anybody can know. Round estimates to "
        f"{precision.digits} significant digits."
    )
    return [
        finding("O30", Verdict.FLAG, part, evidence, say, measured=f"{total:.0f} bits",
                threshold=f"{precision.bits_each} bits a number, {precision.bits} in all")
    ]  # fmt: skip


def _bits(cells: Sequence[str], digits: int) -> list[float]:
    return [bits for cell in cells if "." in cell for bits in surplus(cell, digits)]


def _mean(bits: Sequence[float]) -> float:
    return math.fsum(bits) / len(bits)


def _parameters(policy: OutputsPolicy) -> dict[str, str]:
    return {name: str(value) for name, value in policy.precision.model_dump().items()}


RULE = Rule(
    id="O30",
    version=1,
    title="Digits behind what is known",
    text="Estimates come with a few significant digits; a column that is printed whole is flagged.",
    source="outputs section 3, O30: four digits; measured there what a thousand numbers can hold",
    needs=frozenset({Need.TABLE}),
    check=_check,
    parameters=_parameters,
)
