"""The outputs policy: thresholds, caps and effects of the check engine, as frozen values.

For the loader of all policies: `orchestrator.policy.load` takes `OutputsPolicy` from here as
`Policies.outputs` (engineer F: import this class, do not copy it); the file is
`policies/outputs.yaml`. Fractions are `Decimal` or whole percent, so that the policy has one JSON
spelling without floats and therefore one digest.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestrator.errors import Invalid
from orchestrator.values import Digest, JsonValue, canonical_json, digest_of

Effect = Literal["hold", "answer"]
"""What could-not-check does: `hold` keeps the file until it is converted, `answer` asks both
checkers to answer it like a flag."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Caps(_Frozen):
    """How much the opener reads of one exported file. Units: bytes, rows, characters, pixels."""

    file_bytes: int = Field(gt=0)
    rows: int = Field(gt=0)
    columns: int = Field(gt=0)
    cells: int = Field(gt=0)
    cell_chars: int = Field(gt=0)
    text_chars: int = Field(gt=0)
    parts: int = Field(gt=0)
    depth: int = Field(gt=0)
    pixels: int = Field(gt=0)
    expansion: int = Field(gt=0)
    member_bytes: int = Field(gt=0)
    opened_bytes: int = Field(gt=0)
    marks: int = Field(gt=0)
    form_bytes: int = Field(gt=0)


class Counts(_Frozen):
    """O01, O03, O04: the smallest count of people that may leave."""

    minimum: int = Field(gt=1)


class Dominance(_Frozen):
    """O05, O06: how much of a sum one or two people may make up. Units: percent."""

    one_percent: int = Field(gt=0, le=100)
    two_percent: int = Field(gt=0, le=100)
    p_percent: int = Field(ge=0, le=100)


class Degrees(_Frozen):
    """O07: the fewest residual degrees of freedom of a model."""

    minimum: int = Field(gt=0)


class Holders(_Frozen):
    """O08, O09: how many people must hold an extreme or an exact percentile."""

    minimum: int = Field(gt=1)


class Survival(_Frozen):
    """O16: the fewest events and people at risk at a step."""

    minimum: int = Field(gt=1)


class Suppression(_Frozen):
    """O13: how narrow a hidden count may be pinned down, and how long that is looked for.

    Units: people, seconds, hidden cells.
    """

    width: int = Field(ge=0)
    seconds: int = Field(gt=0)
    unknowns: int = Field(gt=0)


class Ledger(_Frozen):
    """O14, O15: how much of one file is compared with earlier releases, and how long.

    Units: cells, tables, seconds.
    """

    cells: int = Field(gt=0)
    tables: int = Field(gt=0)
    seconds: int = Field(gt=0)


class Volume(_Frozen):
    """O32: how much a person and a project take out before checkers are told.

    Units: days, files, bytes.
    """

    days: int = Field(gt=0)
    person_files: int = Field(gt=0)
    person_bytes: int = Field(gt=0)
    project_files: int = Field(gt=0)
    project_bytes: int = Field(gt=0)


class Stricter(_Frozen):
    """Numbers that one dataset or project asks for beyond the rest; None: as everybody."""

    counts: int | None = Field(default=None, gt=1)
    degrees: int | None = Field(default=None, gt=0)
    holders: int | None = Field(default=None, gt=1)
    survival: int | None = Field(default=None, gt=1)
    width: int | None = Field(default=None, ge=0)
    one_percent: int | None = Field(default=None, gt=0, le=100)
    two_percent: int | None = Field(default=None, gt=0, le=100)
    p_percent: int | None = Field(default=None, ge=0, le=100)


class StricterFor(_Frozen):
    """Stricter numbers by the slug of a dataset or of a project."""

    datasets: dict[str, Stricter] = {}
    projects: dict[str, Stricter] = {}


class Shape(_Frozen):
    """O20: when a table looks like one row per person."""

    rows: int = Field(gt=1)
    columns: int = Field(gt=1)
    unique_percent: int = Field(gt=0, le=100)


class Precision(_Frozen):
    """O30, O31: how much a table or a picture may hold that nobody sees.

    Units: significant digits, bits, per mille of flat neighbours.
    """

    digits: int = Field(gt=0)
    bits_each: int = Field(gt=0)
    bits: int = Field(gt=0)
    low_bits: int = Field(gt=0, le=1000)


class Linkage(_Frozen):
    """O19: the numbers of the row-linkage test. Units: percent, bits, rows."""

    containment_percent: int = Field(gt=0, le=100)
    frequency_limit: int = Field(gt=0)
    disagreement_bits: int = Field(ge=0)
    margin_bits: int = Field(ge=0)
    null_rounds: int = Field(gt=0)
    null_percent: Decimal = Field(ge=0)
    flag_excess: Decimal = Field(gt=0)
    block_excess: Decimal = Field(gt=0)
    work: int = Field(gt=0)


class Identifiers(_Frozen):
    """O22 and admission: when a column counts as national numbers or as pseudonyms."""

    distinct: int = Field(gt=0)
    valid_percent: int = Field(gt=0, le=100)
    times_chance: int = Field(gt=0)


class Admission(_Frozen):
    """What a partner's upload may be, and from which k on its risk is flagged."""

    file_bytes: int = Field(gt=0)
    rows: int = Field(gt=0)
    columns: int = Field(gt=0)
    cell_chars: int = Field(gt=0)
    k_flag: int = Field(gt=0)


class Precheck(_Frozen):
    """The budget of checks while drafting: a pre-check must not become an oracle."""

    per_person_and_day: int = Field(gt=0)
    per_draft: int = Field(gt=0)


class RequestLimits(_Frozen):
    """How big one airlock request may grow, and how long a release can be downloaded.

    Units: files, bytes, days.
    """

    files: int = Field(gt=0)
    bytes: int = Field(gt=0)
    download_days: int = Field(gt=0)


class CouldNotCheck(_Frozen):
    """The effect of could-not-check: for the rules named here, and for all others."""

    rules: dict[str, Effect]
    otherwise: Effect


class OutputsPolicy(_Frozen):
    """Everything the check engine is told; its digest is stamped on every verdict.

    Source: outputs section 2 (verdicts) and 3 (rules).
    """

    version: int = Field(gt=0)
    caps: Caps
    counts: Counts
    dominance: Dominance
    degrees: Degrees
    holders: Holders
    survival: Survival
    suppression: Suppression
    ledger: Ledger
    volume: Volume
    stricter: StricterFor = StricterFor()
    shape: Shape
    precision: Precision
    linkage: Linkage
    identifiers: Identifiers
    admission: Admission
    precheck: Precheck
    request: RequestLimits
    could_not_check: CouldNotCheck
    override: Literal["none"]

    def effect(self, rule: str) -> Effect:
        """Say what could-not-check of a rule does to its file."""
        return self.could_not_check.rules.get(rule, self.could_not_check.otherwise)

    @model_validator(mode="after")
    def _only_stricter(self) -> Self:
        for slug, asked in [*self.stricter.datasets.items(), *self.stricter.projects.items()]:
            if _strictest(self, [asked]) != _strictest(self, [asked, _own(self)]):
                raise ValueError(f"stricter: {slug}: a number that is less strict than for all")
        return self

    def within(self, datasets: Iterable[str], project: str) -> "OutputsPolicy":
        """Give the policy of one request: the strictest that its datasets and project ask for.

        Shape: `datasets` are slugs; the answer names no dataset or project and has its own digest,
        which is stamped on every verdict of the request.
        Source: outputs section 3 (thresholds inherited dataset, project, request).
        """
        asked = [self.stricter.datasets[slug] for slug in datasets if slug in
                 self.stricter.datasets]  # fmt: skip
        if project in self.stricter.projects:
            asked.append(self.stricter.projects[project])
        return _strictest(self, [_own(self), *asked]).model_copy(update={"stricter": StricterFor()})

    def as_json(self) -> JsonValue:
        """Spell the policy as JSON without floats; this is what jobs carry."""
        value: JsonValue = self.model_dump(mode="json")
        return value

    def digest(self) -> Digest:
        """Name the policy by its canonical JSON."""
        return digest_of(canonical_json(self.as_json()))


def _own(policy: OutputsPolicy) -> Stricter:
    return Stricter(
        counts=policy.counts.minimum,
        degrees=policy.degrees.minimum,
        holders=policy.holders.minimum,
        survival=policy.survival.minimum,
        width=policy.suppression.width,
        **policy.dominance.model_dump(),
    )


def _strictest(policy: OutputsPolicy, asked: Sequence[Stricter]) -> OutputsPolicy:
    """Put the strictest numbers into a policy; a smaller share of one person is the stricter."""

    def told(name: str) -> list[int]:
        values: list[int | None] = [getattr(one, name) for one in asked]
        return [value for value in values if value is not None]

    def most(name: str, else_: int) -> int:
        return max(told(name), default=else_)

    def least(name: str, else_: int) -> int:
        return min(told(name), default=else_)

    shares = policy.dominance
    return policy.model_copy(
        update={
            "counts": Counts(minimum=most("counts", policy.counts.minimum)),
            "degrees": Degrees(minimum=most("degrees", policy.degrees.minimum)),
            "holders": Holders(minimum=most("holders", policy.holders.minimum)),
            "survival": Survival(minimum=most("survival", policy.survival.minimum)),
            "suppression": policy.suppression.model_copy(
                update={"width": most("width", policy.suppression.width)}
            ),
            "dominance": Dominance(
                one_percent=least("one_percent", shares.one_percent),
                two_percent=least("two_percent", shares.two_percent),
                p_percent=most("p_percent", shares.p_percent),
            ),
        }
    )


def parse_outputs(value: object) -> OutputsPolicy:
    """Accept an outputs policy, or say which key is wrong.

    Errors: Invalid with the first wrong key and what is wrong with it.
    """
    try:
        return OutputsPolicy.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(step) for step in first["loc"]) or "the whole file"
        raise Invalid(
            f"The outputs policy is not usable: {key}: {first['msg']}.", code="bad_policy"
        ) from error


def read_outputs(path: Path) -> OutputsPolicy:
    """Read an outputs policy from a YAML file.

    Errors: Invalid when the file is missing, not YAML, or not a policy.
    """
    try:
        value = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(
            f"{path.name} cannot be read as YAML: give a file in the form of outputs.yaml.",
            code="bad_policy",
        ) from error
    return parse_outputs(value)
