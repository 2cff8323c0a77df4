"""[pure] Every rule, in the order in which a report lists them."""

from orchestrator.outputs.rules import (
    bytes_read,
    containers,
    copied,
    degrees,
    dominance,
    extremes,
    identifiers,
    percentiles,
    persons,
    precision,
    releases,
    rounding,
    row_linkage,
    shape,
    shares,
    small_counts,
    suppression,
    surroundings,
    survival,
    volume,
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
    persons.RULE,
    small_counts.ZERO,
    small_counts.EVERYBODY,
    dominance.DOMINANCE,
    dominance.P_PERCENT,
    degrees.RULE,
    extremes.EXTREMES,
    percentiles.PERCENTILES,
    shares.DENOMINATORS,
    shares.WEIGHTED,
    rounding.RULE,
    suppression.RULE,
    survival.RULE,
    releases.DIFFERENCING,
    releases.REPEAT,
    volume.RULE,
    containers.GENOTYPES,
    containers.MODELS,
    containers.HIDDEN,
    containers.MARKS,
    shape.PICTURE,
    shape.ROW_LIKE,
    precision.RULE,
    surroundings.SECRETS,
    surroundings.CHARACTERS,
    surroundings.HISTORY,
    surroundings.FORMULAS,
    surroundings.CONTEXT,
)


def rule(identifier: str) -> Rule | None:
    """Find a rule by its id, None when there is none: for the checker's page."""
    return next((one for one in RULES if one.id == identifier), None)
