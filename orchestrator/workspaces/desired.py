"""[pure] From permit, members, snapshots and policy to what the engine should make."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from orchestrator.engines.port import Mount, Size, Spec
from orchestrator.values import Digest, canonical_json, digest_of

LONGEST_WAIT = timedelta(minutes=2)


def spec(project: str, people: Sequence[str], image: str, size: Size) -> Spec:
    """Compute the frozen specification of one project's environment; the same for every engine."""
    members = tuple(sorted(set(people)))
    body = canonical_json(
        {
            "project": project,
            "people": list(members),
            "image": image,
            **asdict(size),
        }
    )
    return Spec(project, members, image, size, digest_of(body))


def mounts_digest(mounts: Sequence[Mount]) -> Digest:
    """Name a set of mounts; equal sets have equal names whatever their order."""
    return digest_of(
        canonical_json(sorted(f"{m.dataset}/{m.version} {m.digest}" for m in mounts))  # type: ignore[arg-type]
    )


def proof_due(proved_at: datetime | None, now: datetime, valid: timedelta) -> bool:
    """Prove again after a third of the validity, so that a slow or failing run leaves time.

    Shape: a proof from the future (the clock went back) is due too: it opens nothing.
    Source: governance section 5 (every 5 minutes, valid 15).
    """
    return not proof_valid(proved_at, now, valid / 3)


def proof_valid(proved_at: datetime | None, now: datetime, valid: timedelta) -> bool:
    """Say whether the last proof is still in date; none at all is not."""
    return proved_at is not None and proved_at <= now < proved_at + valid


def idle(last: datetime | None, now: datetime, after: timedelta) -> bool:
    """Say whether nobody came for so long that an environment may sleep; 0 is never."""
    return bool(after) and last is not None and now >= last + after


def backoff(attempts: int) -> timedelta:
    """Wait 1, 2, 4 … seconds between tries, at most two minutes."""
    return min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_WAIT)


def waits(retry_at: datetime | None, now: datetime) -> bool:
    """Say whether the next try is still to come; one beyond every wait is of a clock gone back."""
    return retry_at is not None and now < retry_at <= now + LONGEST_WAIT
