"""The shapes of policies: review seats, access to a project, workspaces.

Every shape refuses unknown keys and is frozen. A policy that can never be satisfied, or that would
let somebody release alone, is refused with the reason (governance P10, design property 4).
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import Digest, JsonValue, canonical_json, digest_of, parse_slug

ReviewRole = Literal["asset_owner", "checker", "data_steward", "lay_panel", "methods_reviewer"]
"""Roles that may fill a seat; each is a role of `identity.roles` (a test compares)."""

Conflict = Literal["author", "member", "same_organisation"]
"""What a person may be to a subject so that their vote would not be independent."""

LAY_ROLE = "lay_panel"

Need = Literal["output_checker_certificate"]
"""A certificate of `identity` that a seat asks for, unexpired."""

_SORTED = PlainSerializer(lambda chosen: sorted(chosen), return_type=list[str])
"""Sets are spelled sorted: their own order differs from process to process, a digest must not."""


def _as_fraction(value: object) -> object:
    if isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError) as error:
            raise ValueError("write a share as a fraction of whole numbers, like 2/3") from error
    return value


def _a_share(value: Fraction) -> Fraction:
    if not 0 <= value <= 1:
        raise ValueError("a share lies between 0 and 1, so this could never be reached")
    return value


Share = Annotated[
    Fraction,
    BeforeValidator(_as_fraction),
    AfterValidator(_a_share),
    PlainSerializer(str, return_type=str),
]
"""A fraction from 0 to 1, written like 2/3: floats have no canonical spelling."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class _Policy(_Frozen):
    policy: str
    version: int = Field(gt=0)

    def as_json(self) -> JsonValue:
        """Spell the policy as JSON without floats."""
        spelled: JsonValue = json.loads(self.model_dump_json())
        return spelled

    @property
    def digest(self) -> Digest:
        """Name the policy by its parsed content; comments and the order of keys do not count."""
        return digest_of(canonical_json(self.as_json()))


class Seat(_Frozen):
    """A place in a review that someone of a role must fill.

    Shape: heard with at least `voices` voices, supported with at least `approvals` approvals;
    `per: controller` makes one such seat for each partner whose data is asked for.
    """

    role: ReviewRole
    voices: int = Field(gt=0)
    approvals: int = Field(ge=0)
    conflicts: Annotated[frozenset[Conflict], _SORTED]
    per: Literal["controller_of_requested_dataset"] | None = None
    refusal: Literal["exclude_slice", "block"] = "block"
    needs: Annotated[frozenset[Need], _SORTED] = frozenset()

    @model_validator(mode="after")
    def _can_be_satisfied(self) -> Self:
        if self.approvals > self.voices:
            raise ValueError(
                "approvals are more than voices: the seat would be heard, and the review decided, "
                "before it can be supported"
            )
        if self.refusal == "exclude_slice" and self.per is None:
            raise ValueError("refusal: exclude_slice needs per: there is no slice to exclude")
        return self


class Rules(_Frozen):
    """How voices are summed.

    Shape: `lay_share_of_fixed_seats` is checked when the policy is read; `approve_share` counts
    approve of approve, return and reject in seats without `per`; `escalate_adds` is the seat that
    a vote *escalate* opens.
    """

    one_voice_per_organisation: bool = False
    lay_share_of_fixed_seats: Share = Fraction(0)
    approve_share: Share = Fraction(0)
    objection: Literal["blocks", "counts"] = "blocks"
    escalate_adds: Seat | None = None
    lapse_days: int = Field(gt=0)

    @property
    def lapse(self) -> timedelta:
        """How long a round of review may take before it goes back to the author."""
        return timedelta(days=self.lapse_days)


class ReviewPolicy(_Policy):
    """Who must agree to one kind of subject, and how their votes add up.

    Source: governance section 2.
    """

    applies_to: Literal["project", "snapshot", "airlock_request"]
    part: Literal["file"] | None = None
    seats: dict[str, Seat] = Field(min_length=1)
    rules: Rules
    phases: tuple[Literal["in_review", "consolidating"], ...]

    @property
    def all_seats(self) -> dict[str, Seat]:
        """Every seat by name, the one that an escalation opens included."""
        extra = self.rules.escalate_adds
        return {**self.seats, **({ESCALATION: extra} if extra else {})}

    @model_validator(mode="after")
    def _can_be_satisfied(self) -> Self:
        for problem in (
            _phase_problem(self),
            *(_seat_problem(self, name, seat) for name, seat in self.all_seats.items()),
            _share_problem(self),
            _alone_problem(self),
        ):
            if problem:
                raise ValueError(problem)
        return self


ESCALATION = "escalation"
"""Name of the seat that an escalation opens."""


def _phase_problem(policy: ReviewPolicy) -> str | None:
    if policy.phases not in (("in_review",), ("in_review", "consolidating")):
        return "phases are in_review, then at most consolidating: votes are blind first"
    if (policy.part is not None) != (policy.applies_to == "airlock_request"):
        return "part: file goes with applies_to: airlock_request and with nothing else"
    return None


def _seat_problem(policy: ReviewPolicy, name: str, seat: Seat) -> str | None:
    if name == ESCALATION and ESCALATION in policy.seats:
        return f"the name {ESCALATION} is kept for the seat that an escalation opens"
    if seat.per and name == ESCALATION:
        return "the seat that an escalation opens cannot be per controller"
    if seat.per and seat.voices > 1 and policy.rules.one_voice_per_organisation:
        return f"seat {name} can never be heard: it asks one organisation for more than one voice"
    if seat.per and policy.applies_to == "snapshot" and "same_organisation" in seat.conflicts:
        return f"seat {name} has no eligible person: announcer and owner are of one organisation"
    return None


def _share_problem(policy: ReviewPolicy) -> str | None:
    fixed = [seat for seat in policy.seats.values() if seat.per is None]
    voices = sum(seat.voices for seat in fixed)
    lay = sum(seat.voices for seat in fixed if seat.role == LAY_ROLE)
    share = policy.rules.lay_share_of_fixed_seats
    if share and (not voices or Fraction(lay, voices) < share):
        return f"the lay share is {lay} of {voices} fixed voices, less than {share}"
    return None


def _alone_problem(policy: ReviewPolicy) -> str | None:
    if not any(seat.approvals for seat in policy.seats.values()):
        return "no seat needs an approval, so this would be granted without anybody's yes"
    for name, seat in policy.all_seats.items():
        if "author" not in seat.conflicts:
            return f"seat {name} lets the author vote on the own subject; add conflicts: [author]"
    if policy.applies_to != "airlock_request":
        return None
    approvals = sum(s.approvals for s in policy.seats.values() if "member" in s.conflicts)
    if approvals < 2:
        return "a file needs two approvals by people who are not members: nobody releases alone"
    return None


class AccessPolicy(_Policy):
    """What a member needs before any door of a project opens.

    Shape: `training` names certificates; `closing_days` is how long submit and collect remain
    after the end. Source: governance sections 3 and 5.
    """

    terms_version: str = Field(min_length=1)
    training: Annotated[frozenset[str], _SORTED]
    closing_days: int = Field(ge=0)

    @property
    def closing(self) -> timedelta:
        """How long submit and collect remain after the end."""
        return timedelta(days=self.closing_days)


class WorkspaceSize(_Frozen):
    """Limits of one notebook server.

    Units: megabytes, processes, open files, processors; minutes without use, 0 for no end.
    """

    memory_mb: int = Field(ge=256)
    processes: int = Field(ge=32)
    open_files: int = Field(ge=256)
    cpus: int = Field(ge=1)
    idle_minutes: int = Field(default=0, ge=0)


class WorkspacePolicy(_Policy):
    """What a project's environment is made of, and how long an isolation proof is good for."""

    image: Annotated[str, AfterValidator(parse_slug)]
    sizes: dict[str, WorkspaceSize] = Field(min_length=1)
    default_size: str
    proof_valid_minutes: int = Field(gt=0)

    @model_validator(mode="after")
    def _names_a_size(self) -> Self:
        if self.default_size not in self.sizes:
            raise ValueError(f"default_size: {self.default_size} is not one of the sizes")
        return self

    @property
    def size(self) -> WorkspaceSize:
        """The size a workspace has unless its permit says otherwise."""
        return self.sizes[self.default_size]

    @property
    def proof_valid(self) -> timedelta:
        """How long a proof of isolation keeps a workspace open."""
        return timedelta(minutes=self.proof_valid_minutes)


@dataclass(frozen=True)
class Policies:
    """All policies of one installation, read once."""

    seats: dict[str, ReviewPolicy]
    access: AccessPolicy
    workspaces: WorkspacePolicy
    outputs: OutputsPolicy

    def names(self) -> tuple[str, ...]:
        """Name every policy, as its file is named, sorted."""
        return tuple(sorted((*self.seats, "access", "workspaces", "outputs")))

    def digest(self, name: str) -> Digest:
        """Name a policy's content, to be stamped on what was decided under it.

        Shape: `name` is the file's stem, as `airlock-release` or `outputs`.
        Errors: KeyError for an unknown name (a programmer's mistake).
        """
        fixed = {
            "access": self.access.digest,
            "workspaces": self.workspaces.digest,
            "outputs": self.outputs.digest(),
        }
        return fixed[name] if name in fixed else self.seats[name].digest
