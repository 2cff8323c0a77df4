"""[pure] Every rule, in the order in which a report lists them."""

from orchestrator.outputs.rules import (
    bytes_read,
    copied,
    identifiers,
    row_linkage,
    shape,
    small_counts,
    surroundings,
)
from orchestrator.outputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    bytes_read.RULE,
    row_linkage.RULE,
    identifiers.OF_SOURCE,
    identifiers.NATIONAL,
    copied.TEXTS,
    copied.DATES,
    small_counts.SMALL,
    small_counts.ZERO,
    small_counts.EVERYBODY,
    shape.PICTURE,
    shape.ROW_LIKE,
    surroundings.SECRETS,
    surroundings.CHARACTERS,
    surroundings.HISTORY,
    surroundings.FORMULAS,
    surroundings.CONTEXT,
)


def rule(identifier: str) -> Rule | None:
    """Find a rule by its id, None when there is none: for the checker's page."""
    return next((one for one in RULES if one.id == identifier), None)
