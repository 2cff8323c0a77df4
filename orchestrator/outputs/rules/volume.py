"""[pure] O32: how much a person and a project have taken out lately, what waits included.

No single file is too much; many small ones, each safe, can be. How much left is known where the
releases are kept: it is counted at submission, and said to checkers only. It flags, never blocks:
whether a month's work is large is for people to say.
Source: outputs section 3, O32 (volume per person, per project, per 30 days).
"""

from dataclasses import dataclass

from orchestrator.outputs.model import Finding, RuleResult, Verdict, Where
from orchestrator.outputs.rules.rule import Outcome, Rule, Subject
from orchestrator.policy.outputs import OutputsPolicy

LATER = "How much left before is counted at submission."
SPOKEN = (
    "Much has left lately, and checkers are told how much. Say in the context what this adds to "
    "what left before, and leave out what is not needed."
)
"""All that an author is told: other people's releases in the project count too."""

_SAY = (
    "This is much for one month. Ask what it adds to what left before, and whether a summary "
    "would do; look at this person's earlier requests together."
)


@dataclass(frozen=True)
class Amount:
    """How much leaves or left. Units: files, bytes."""

    files: int
    bytes: int

    def __add__(self, other: "Amount") -> "Amount":
        """Count both."""
        return Amount(self.files + other.files, self.bytes + other.bytes)


@dataclass(frozen=True)
class Taken:
    """What the author and the project took out in the policy's days, this request included."""

    person: Amount
    project: Amount


def _later(_subject: Subject) -> Outcome:
    return Outcome(verdict=Verdict.NOT_APPLICABLE, reason=LATER)


RULE = Rule(
    id="O32",
    version=1,
    title="Volume over time",
    text="What a person or a project takes out in a month is looked at as a whole.",
    source="outputs section 3, O32: per person, per project, per 30 days; the numbers are design",
    needs=frozenset(),
    check=_later,
    parameters=lambda policy: {
        name: str(value) for name, value in policy.volume.model_dump().items()
    },
)


def judge(path: str, taken: Taken, policy: OutputsPolicy) -> RuleResult:
    """Give the result for one file of a request.

    Shape: every file of the request gets the same, for any of them could be the one too many.
    """
    most = policy.volume
    measured = (
        ("this person", "files", taken.person.files, most.person_files),
        ("this person", "bytes", taken.person.bytes, most.person_bytes),
        ("this project", "files", taken.project.files, most.project_files),
        ("this project", "bytes", taken.project.bytes, most.project_bytes),
    )
    findings = tuple(
        Finding(
            RULE.id,
            Verdict.FLAG,
            Where(path),
            f"{who}, in {most.days} days, what waits and this request included: {count} {unit}",
            _SAY,
            measured=f"{count} {unit}",
            threshold=f"{limit} {unit}",
        )
        for who, unit, count, limit in measured
        if count > limit
    )
    verdict = Verdict.FLAG if findings else Verdict.PASS
    return RuleResult(RULE.id, RULE.version, verdict, findings, None, RULE.parameters(policy))
