"""[pure] O12: is what is called rounded really rounded, and are totals made of rounded cells?

Source: outputs section 3, O12: OpenSAFELY's documentation (base 5 or 6, midpoint 6).
"""

import re
from collections.abc import Iterator, Sequence
from math import fsum

from orchestrator.outputs.facts import Fact, FactTable, rounding_base
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Subject, spelled_rows
from orchestrator.outputs.totals import families

_CLAIM = re.compile(
    r"\bround(?:ed|ing)?\b[^.;\n]{0,40}?\b(?:to|base|of)\b[^.;\n\d]{0,30}?(\d{1,4}|five|ten)\b",
    re.IGNORECASE,
)
_ABOUT_COUNTS = re.compile(
    r"\b(?:counts?|cells?|frequenc(?:y|ies)|numbers of (?:people|patients))\b[^.;\n]{0,60}"
    r"\bround(?:ed|ing)?\b[^\n]{0,80}",
    re.IGNORECASE,
)
_MIDPOINT = re.compile(r"\bmidpoint[ -]?(\d{1,3})\b", re.IGNORECASE)
_DECIMAL = re.compile(r"\b(?:decimal|digit|significant|percent|%)", re.IGNORECASE)
_WORDS = {"five": 5, "ten": 10}


def claimed(text: str) -> tuple[int, bool] | None:
    """Read a claim of rounding: the base, and whether to midpoints (`midpoint 6`).

    Shape: rounding to decimals or digits is another thing and no claim about counts.
    """
    if match := _MIDPOINT.search(text):
        return int(match[1]), True
    for match in _CLAIM.finditer(text):
        told = match[1].lower()
        base = int(told) if told.isdigit() else _WORDS[told]
        if base > 1 and not _DECIMAL.match(text[match.end() :].lstrip()):
            return base, False
    return None


def _check(subject: Subject) -> Outcome:
    context = subject.file.context
    claim = claimed(f"{context.control}. {context.shows}")
    own = None if claim else _of_the_file(subject)
    found: list[Finding] = []
    for table in subject.facts:
        if claim is not None:
            found += _broken_claim(table, *claim, Verdict.BLOCK)
        elif own is not None:
            found += _broken_claim(table, *own, Verdict.FLAG)
        found += _totals(table, claim)
    return Outcome(tuple(found))


def _of_the_file(subject: Subject) -> tuple[int, bool] | None:
    """Read a claim about counts that a file makes of itself; of which table is not certain."""
    for part in subject.told:
        for match in _ABOUT_COUNTS.finditer(part.text or ""):
            found = claimed(match[0])
            if found is not None:
                return found
    return None


def _broken_claim(table: FactTable, base: int, midpoint: bool, severity: Verdict) -> list[Finding]:
    rest = base // 2 if midpoint else 0
    rows = [
        fact.row
        for fact in table.facts
        if fact.value and (int(fact.value) - rest) % base and fact.value == int(fact.value)
    ]
    if not rows:
        return []
    evidence = f"counts at {spelled_rows(rows)} are not rounded to {base}"
    where = "context" if severity is Verdict.BLOCK else "file"
    say = f"The {where} says that counts are rounded to {base}. Round these too, or say what holds."
    return [Finding("O12", severity, Where(table.path, tuple(sorted(set(rows)))), evidence,
                    say, measured=f"{len(rows)} counts", threshold=f"multiples of {base}")
            ]  # fmt: skip


def _totals(table: FactTable, claim: tuple[int, bool] | None) -> Iterator[Finding]:
    """A total of the true counts gives away what rounding its parts took out."""
    for total, parts in families(table, exact=False):
        base = claim[0] if claim else rounding_base(part.low for part in parts)
        if base < 2 or (claim and claim[1]):
            continue
        if _unrounded(total, parts, base):
            yield Finding(
                "O12",
                Verdict.FLAG,
                Where(table.path, (total.row,)),
                f"the parts are rounded to {base}, their total at row {total.row} is not theirs",
                "Make totals of the rounded counts, or the difference tells about the true ones.",
                threshold=f"the sum of the parts, or a multiple of {base}",
            )


def _unrounded(total: Fact, parts: Sequence[Fact], base: int) -> bool:
    if total.value is None or any(part.hidden for part in parts):
        return False
    near = abs(fsum(part.low for part in parts) - total.value) <= base * (len(parts) + 1) / 2
    return near and bool(total.value % base)


RULE = Rule(
    id="O12",
    version=2,
    title="Rounding",
    text="Counts that are called rounded are, and totals are made of rounded counts.",
    source="outputs section 3, O12: OpenSAFELY's documentation (base 5 or 6, midpoint 6)",
    needs=frozenset({Need.TABLE}),
    check=_check,
)
