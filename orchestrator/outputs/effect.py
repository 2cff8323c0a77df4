"""[pure] What a file's verdict does: pass, flag (both checkers answer) or block (it must change).

Source: outputs section 2; could-not-check holds or must be answered, as policy says per rule.
"""

from collections.abc import Iterable

from orchestrator.outputs.model import FileReport, RuleResult, Verdict, worst
from orchestrator.policy.outputs import OutputsPolicy


def effect(file: FileReport, policy: OutputsPolicy) -> Verdict:
    """Say what happens to one file: PASS, FLAG or BLOCK. A file without any result is held."""
    if worst([result.verdict for result in file.results]) is not file.verdict:
        return Verdict.BLOCK
    return total([_of_rule(result, policy) for result in file.results] or [Verdict.BLOCK])


def total(effects: Iterable[Verdict]) -> Verdict:
    """Sum effects: block > flag > pass; nothing at all is held."""
    found = set(effects)
    for verdict in (Verdict.BLOCK, Verdict.FLAG, Verdict.PASS):
        if verdict in found:
            return verdict
    return Verdict.BLOCK


def _of_rule(result: RuleResult, policy: OutputsPolicy) -> Verdict:
    match result.verdict:
        case Verdict.COULD_NOT_CHECK:
            held = policy.effect(result.rule) == "hold"
            return Verdict.BLOCK if held else Verdict.FLAG
        case Verdict.PASS | Verdict.NOT_APPLICABLE:
            return Verdict.PASS
        case Verdict.FLAG | Verdict.BLOCK:
            return result.verdict
