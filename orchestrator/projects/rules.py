"""[pure] What an application must be before it is reviewed, and what a permit says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.errors import Invalid
from orchestrator.governance.access import DatasetFacts
from orchestrator.values import Digest, JsonValue, Reason, canonical_json, digest_of, parse_slug

RESERVED = frozenset({"tre", "www", "api", "hub", "gateway", "doors", "localhost", "static"})
"""Names a project may not have: it answers at <slug>.<domain>, beside the control plane."""

TITLE = (3, 200)
PURPOSE = (40, 20_000)
LAY_SUMMARY_WORDS = (30, 600)
"""Units: characters, characters, words. A summary must be short enough to be read aloud."""

SENTENCE_WORDS = 40
"""A lay summary's sentences have at most this many words on average."""

LONGEST = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Application:
    """What a lead asks for. `members` are handles without the lead; `needed` a subset of datasets.

    Shape: `needed` is the minimum without which the project makes no sense; `prestart` asks for
    notebook servers to be started when their person signs in.
    """

    slug: str
    title: str
    purpose: str
    lay_summary: str
    datasets: tuple[str, ...]
    needed: frozenset[str]
    members: tuple[str, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    prestart: bool = False


def parse_name(text: str) -> str:
    """Accept a project's name: a slug that is not one of ours.

    Errors: Invalid.
    """
    slug = parse_slug(text)
    if slug in RESERVED:
        raise Invalid(f"{slug!r} is a name of the system; choose another one.", code="bad_slug")
    return slug


def problems(asked: Application, now: datetime) -> tuple[Reason, ...]:
    """Say everything that keeps an application from being submitted, in the order of the form."""
    return (
        *_length("title", "title", asked.title, TITLE),
        *_length("purpose", "purpose", asked.purpose, PURPOSE),
        *_lay_summary(asked.lay_summary),
        *_datasets(asked),
        *_dates(asked.starts_at, asked.ends_at, now),
    )


def unusable(datasets: Mapping[str, DatasetFacts], asked: Application) -> tuple[Reason, ...]:
    """Say which datasets an application cannot name: unknown, withdrawn or halted ones."""
    found = []
    for slug in asked.datasets:
        facts = datasets.get(slug)
        if facts is None:
            found.append(Reason("dataset_unknown", f"There is no dataset {slug[:40]!r} here."))
        elif facts.withdrawn or facts.halted:
            text = f"The dataset {slug} cannot be used now; ask its asset owner."
            found.append(Reason("dataset_withdrawn", text))
    return tuple(found)


def digest(body: JsonValue) -> Digest:
    """Name a plan or a permit by its canonical bytes."""
    return digest_of(canonical_json(body))


def spelled(body: JsonValue) -> str:
    """Spell a plan or a permit as it is stored and hashed."""
    return canonical_json(body).decode()


def plan(
    asked: Mapping[str, JsonValue],
    *,
    round_: int,
    members: Mapping[str, str],
    datasets: Mapping[str, DatasetFacts],
    needed: frozenset[str],
) -> dict[str, JsonValue]:
    """Write what is under review in one round.

    Shape: `asked` has the application's texts and dates; `members` maps each person, the lead
    included, to the organisation. The round is part of it, so that no vote can be about another.
    Source: governance section 2 (what the digest covers).
    """
    people: list[JsonValue] = [*sorted(members)]
    organisations: list[JsonValue] = [*sorted(set(members.values()))]
    asked_for: list[JsonValue] = [
        {"dataset": slug, "controller": facts.controller, "needed": slug in needed}
        for slug, facts in sorted(datasets.items())
    ]
    return {
        **asked,
        "v": 1,
        "round": round_,
        "members": people,
        "organisations": organisations,
        "datasets": asked_for,
    }


def permit(
    decided: Mapping[str, JsonValue],
    *,
    granted: frozenset[str],
    conditions: tuple[str, ...],
    plan_digest: str,
    policy_digest: str,
    approved_at: datetime,
) -> dict[str, JsonValue]:
    """Write what was granted: the plan without refused datasets, and what the reviewers added.

    Shape: `granted` are the slugs of datasets that may be used.
    """
    added: list[JsonValue] = list(conditions)
    datasets = decided["datasets"]
    assert isinstance(datasets, list)
    kept: list[JsonValue] = [
        entry for entry in datasets if isinstance(entry, dict) and entry["dataset"] in granted
    ]
    return {
        **decided,
        "datasets": kept,
        "conditions": added,
        "plan_digest": plan_digest,
        "policy_digest": policy_digest,
        "approved_at": instant(approved_at),
    }


def without_member(granted: Mapping[str, JsonValue], person: str) -> dict[str, JsonValue]:
    """Narrow a permit by one person; this needs no vote.

    Source: governance section 5 (amendment).
    """
    members = granted["members"]
    assert isinstance(members, list)
    left: list[JsonValue] = [member for member in members if member != person]
    return {**granted, "members": left}


def without_dataset(granted: Mapping[str, JsonValue], dataset: str) -> dict[str, JsonValue]:
    """Narrow a permit by one dataset; this needs no vote."""
    datasets = granted["datasets"]
    assert isinstance(datasets, list)
    left: list[JsonValue] = [
        entry for entry in datasets if not (isinstance(entry, dict) and entry["dataset"] == dataset)
    ]
    return {**granted, "datasets": left}


def instant(moment: datetime | None) -> str | None:
    """Spell an instant in plans and permits."""
    return None if moment is None else moment.isoformat(timespec="seconds")


def _length(code: str, name: str, value: str, bounds: tuple[int, int]) -> list[Reason]:
    low, high = bounds
    if low <= len(value.strip()) <= high:
        return []
    return [Reason(code, f"The {name} needs {low} to {high} characters; it has {len(value)}.")]


def _lay_summary(value: str) -> list[Reason]:
    words = value.split()
    low, high = LAY_SUMMARY_WORDS
    if not low <= len(words) <= high:
        text = (
            f"The lay summary needs {low} to {high} words in plain language; it has {len(words)}."
        )
        return [Reason("lay_summary", text)]
    sentences = sum(word.endswith((".", "!", "?")) for word in words) or 1
    if len(words) / sentences > SENTENCE_WORDS:
        text = (
            f"The lay summary has {len(words) // sentences} words to a sentence; shorter ones, "
            f"{SENTENCE_WORDS} at most, can be read by everybody."
        )
        return [Reason("lay_summary", text)]
    return []


def _datasets(asked: Application) -> list[Reason]:
    if not asked.datasets:
        return [Reason("datasets", "Name at least one dataset.")]
    if len(set(asked.datasets)) != len(asked.datasets):
        return [Reason("datasets", "A dataset stands twice; name each once.")]
    if not asked.needed <= set(asked.datasets):
        return [Reason("datasets", "What is declared needed must be among the datasets.")]
    return []


def _dates(starts: datetime | None, ends: datetime | None, now: datetime) -> list[Reason]:
    if starts is None or ends is None:
        return [Reason("dates", "Say when the project starts and when it ends.")]
    if ends <= starts:
        return [Reason("dates", "The end must be after the start.")]
    if ends <= now:
        return [Reason("dates", "The end lies in the past.")]
    if ends - starts > LONGEST:
        return [Reason("dates", "A permit lasts at most five years; it can be extended later.")]
    return []
