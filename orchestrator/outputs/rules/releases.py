"""[pure] O14, O15: what a table gives away together with earlier releases on the same data.

The judge does not see the ledger: it is compared where it is kept, at submission and again before
release, and what comes of it is said to checkers only. In a check while drafting both rules say so.
Source: outputs section 6.2; decision 0013.
"""

from collections.abc import Sequence

from orchestrator.outputs.model import Finding, RuleResult, Verdict
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Subject
from orchestrator.policy.outputs import OutputsPolicy

NO_COUNTS = "There are no counts of people in this file that could be compared."
LATER = "Rules about other projects' releases run at submission."
SPOKEN = (
    "This table conflicts with an earlier release on this dataset. Merge groups, or round its "
    "counts and those beside it, and say in the context which population it is about."
)
"""All that an author is told: never the other table."""


def _later(_subject: Subject) -> Outcome:
    return Outcome(verdict=Verdict.NOT_APPLICABLE, reason=LATER)


def _parameters(policy: OutputsPolicy) -> dict[str, str]:
    return {"minimum": str(policy.counts.minimum)} | {
        name: str(value) for name, value in policy.ledger.model_dump().items()
    }


DIFFERENCING = Rule(
    id="O14",
    version=3,
    title="Differencing across releases",
    text="What leaves must not, with what left before, show fewer people than the minimum.",
    source="outputs section 6.2, O14: OpenSAFELY's worked example, ADRF, ABS",
    needs=frozenset({Need.FORM}),
    check=_later,
    parameters=_parameters,
)

REPEAT = Rule(
    id="O15",
    version=2,
    title="The same table on a newer snapshot",
    text="A table repeated on changed data shows by its small differences who came or went.",
    source="outputs section 3, O15: OpenSAFELY asks for rounding",
    needs=frozenset({Need.FORM}),
    check=_later,
    parameters=_parameters,
)

LEDGER_RULES = frozenset({DIFFERENCING.id, REPEAT.id})


def compared(
    rule: Rule,
    findings: Sequence[Finding],
    policy: OutputsPolicy,
    *,
    unfinished: str | None = None,
) -> RuleResult:
    """Give the result of one of the two rules, once the ledger was compared.

    Shape: `unfinished` says what could not be compared; then it is no pass, whatever was found.
    """
    severities = [finding.severity for finding in findings]
    verdict = max(severities, key=_ORDER.index, default=Verdict.PASS)
    if unfinished is not None and verdict is not Verdict.BLOCK:
        verdict = Verdict.COULD_NOT_CHECK
    return RuleResult(
        rule.id, rule.version, verdict, tuple(findings), unfinished, rule.parameters(policy)
    )


def not_compared(rule: Rule, policy: OutputsPolicy) -> RuleResult:
    """Give the result of one of the two rules for a file without a count."""
    return RuleResult(
        rule.id, rule.version, Verdict.NOT_APPLICABLE, (), NO_COUNTS, rule.parameters(policy)
    )


_ORDER = (Verdict.PASS, Verdict.FLAG, Verdict.COULD_NOT_CHECK, Verdict.BLOCK)
