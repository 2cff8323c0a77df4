"""[pure] How one probe ends, from what was seen: the attempt, its control, and the allowed ways.

Both engines judge by it. No answer is never taken for a failed attempt, and a control that failed
never for a wall that holds.
"""

from dataclasses import dataclass

from orchestrator.engines.port import Outcome


@dataclass(frozen=True)
class Answer:
    """One attempt as it ended: whether it succeeded, and how, in words without data."""

    done: bool
    evidence: str
    seconds: float = 0.0


SILENT = Answer(False, "it gave no answer")


def judge(
    attempt: Answer | None,
    control: Answer,
    *,
    ways: bool,
    excuse: str = "",
    never: bool = False,
    way: str = "a door of the scratch server did not work",
) -> tuple[Outcome, str]:
    """Answer the outcome with its evidence.

    Shape: `ways` says that what must work from there did work, else `way` says what did not;
    `excuse` is why this host may lack the control, and `never` that no host could have it.
    """
    if attempt is None:
        return Outcome.INCONCLUSIVE, "the probe gave no answer"
    if attempt.done:
        return Outcome.OPEN, attempt.evidence
    if never:
        return Outcome.UNAVAILABLE, f"{attempt.evidence}; {excuse}"
    if not ways:
        return Outcome.INCONCLUSIVE, way
    if control.done:
        return Outcome.HELD, f"{attempt.evidence}; control: {control.evidence}"
    if excuse:
        return Outcome.UNAVAILABLE, f"{attempt.evidence}; {excuse} ({control.evidence})"
    return Outcome.INCONCLUSIVE, f"the control failed: {control.evidence}"
