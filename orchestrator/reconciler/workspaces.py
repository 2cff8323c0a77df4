"""Turns about environments: provision, prove, only then attach data, open; close what is unproved.

Level-based: each turn looks at the row, the permit and the engine, and takes one step.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlmodel import Session

from orchestrator.bootstrap.hands import Hands
from orchestrator.db import read, write
from orchestrator.engines import port
from orchestrator.errors import Unavailable
from orchestrator.reconciler import permits
from orchestrator.reconciler.lane import Work
from orchestrator.workspaces import desired, queries, service
from orchestrator.workspaces.models import Workspace
from orchestrator.workspaces.states import WorkspaceState as State

_SETTLED = frozenset({State.OPEN, State.ASLEEP})
_NAMED = 5
_ENDS_WITHIN = timedelta(minutes=1)
_REMAINS = "Parts of it are still there. Removing them is tried again until all are gone."
_SLEEPS = "Nobody was here for a while, so its hub was ended. Opening the workspace wakes it."


def due(hands: Hands, now: datetime) -> Sequence[str]:
    """Rows on their way, plus those at rest whose permit, data, proof or people ask for something.

    Shape: a few questions to the database, however many environments there are.
    """
    with read(hands.db) as session:
        rows = queries.needing_work(session)
        settled = [row for row in rows if State(row.state) in _SETTLED]
        wishes = permits.wishes(session, hands, settled)
        called = _to_sleep(session, hands, settled, now) | _to_wake(session, settled)
    moving = [row.id for row in rows if row.id not in wishes and _waits_no_more(row, now)]
    stirred = (
        row for row in settled if row.id in called or _stirs(hands, row, wishes[row.id], now)
    )
    return [*moving, *(row.id for row in stirred)]


def turn(hands: Hands, row_id: str, now: datetime) -> bool:
    """Take one step with one environment.

    Errors: Unavailable for later; anything else is recorded on the row.
    """
    with read(hands.db) as session:
        row = session.get(Workspace, row_id)
        assert row is not None, "environments are never deleted"
        wish = permits.wish(session, hands, row, now)
    try:
        return _step(hands, row, wish, now)
    except Unavailable:
        raise
    except Exception as error:
        _fail(hands, row, error, now)
        raise


def _waits_no_more(row: Workspace, now: datetime) -> bool:
    """Say whether a row on its way is to be looked at again."""
    if row.state == State.UNPROVED.value and row.mounts_digest is not None:
        return True  # data must go now, whenever the next proof is
    return not desired.waits(row.retry_at, now)


def _stirs(hands: Hands, row: Workspace, wish: permits.Wish, now: datetime) -> bool:
    """Say whether permit, data or proof of a row that is open or asleep asks for something."""
    if not wish.wanted:
        return True
    if row.state == State.ASLEEP.value:
        return row.asleep_since is None
    return (
        row.spec_digest != wish.spec.digest
        or not hands.engine.asked(row.slug)
        or row.mounts_digest != desired.mounts_digest(wish.mounts)
        or desired.proof_due(row.proved_at, now, hands.policies.workspaces.proof_valid)
    )


def _step(hands: Hands, row: Workspace, wish: permits.Wish, now: datetime) -> bool:
    state = State(row.state)
    if not wish.wanted and state is not State.RETIRING:
        _move(hands, row, "retire", now, "project_ended", "The project has ended.")
        return False
    match state:
        case State.WANTED:
            _move(hands, row, "provision", now)
        case State.PROVISIONING:
            return _provision(hands, row, wish, now)
        case State.PROVING:
            _prove(hands, row, wish, now)
        case State.OPEN:
            if not _fell_asleep(hands, row, now):
                _keep(hands, row, wish, now)
        case State.UNPROVED:
            _detach(hands, row, now)
            if not desired.waits(row.retry_at, now):
                hands.engine.ensure(wish.spec)  # what was altered is mended before it is proved
                _move(hands, row, "prove", now)
        case State.FAILED:
            _move(hands, row, "retry", now)
        case State.HALTED:
            _stay_or_resume(hands, row, wish, now)
        case State.RETIRING:
            return _retire(hands, row, now)
        case State.ASLEEP:
            _rest_or_wake(hands, row, now)
        case State.RETIRED:
            pass
    return False


def _provision(hands: Hands, row: Workspace, wish: permits.Wish, now: datetime) -> bool:
    """Environment first, without any data: nothing is attached before the proof."""
    seen = hands.engine.ensure(wish.spec)
    if row.asleep_since is not None:
        hands.engine.wake(row.slug)
        seen = hands.engine.observe(row.slug)
    _detach(hands, row, now)
    _record_spec(hands, row, wish)
    if not seen.hub_ready:
        return True
    _move(hands, row, "prove", now)
    return False


def _retire(hands: Hands, row: Workspace, now: datetime) -> bool:
    """End an environment; it is retired only when its engine saw all of it gone.

    Errors: Unavailable when that takes too long, which names what is still there; the row says it
    without names.
    """
    remains = hands.engine.remove(row.slug)
    left = (*remains.kept, *remains.ending)
    if not left:
        _record_detached(hands, row, now)
        _move(hands, row, "finish", now)
        return False
    if not remains.kept and row.changed_at is not None and now < row.changed_at + _ENDS_WITHIN:
        return True
    with write(hands.db) as session:
        session.get_one(Workspace, row.id).reason = _REMAINS
    raise Unavailable(f"Still there: {', '.join(left[:_NAMED])}.", code="not_gone")


def _prove(hands: Hands, row: Workspace, wish: permits.Wish, now: datetime) -> None:
    _detach(hands, row, now)  # what a crash after an earlier proof left attached waits for this one
    if why := _run_proof(hands, row):
        _close_unproved(hands, row, now, why)
        return
    _attach(hands, row, wish, now, then="open")


def _keep(hands: Hands, row: Workspace, wish: permits.Wish, now: datetime) -> None:
    """Follow the permit; data changes at once under a proof in date, else after the next one.

    What an engine was not asked for since it began is asked once more: from then on it mends it.
    """
    lost = False
    if row.spec_digest != wish.spec.digest or not hands.engine.asked(row.slug):
        seen = hands.engine.ensure(wish.spec)
        lost = row.mounts_digest is not None and not _has(seen, wish)
        _record_spec(hands, row, wish)
    valid = hands.policies.workspaces.proof_valid
    in_date = desired.proof_valid(row.proved_at, now, valid)
    other_data = lost or row.mounts_digest != desired.mounts_digest(wish.mounts)
    if other_data and in_date:
        _attach(hands, row, wish, now)
    why = _run_proof(hands, row) if desired.proof_due(row.proved_at, now, valid) else ""
    if why:
        _close_unproved(hands, row, now, why)
    elif other_data and not in_date:
        _attach(hands, row, wish, now)


def _to_sleep(
    session: Session, hands: Hands, rows: Sequence[Workspace], now: datetime
) -> frozenset[str]:
    """Say which open environments nobody visited for as long as they wait."""
    patience = _patience(hands)
    awake = [row for row in rows if row.state == State.OPEN.value]
    long = [row for row in awake if desired.idle(row.changed_at, now, patience)]
    visits = queries.last_visits(session, long)
    return frozenset(row.id for row in long if desired.idle(visits[row.id], now, patience))


def _to_wake(session: Session, rows: Sequence[Workspace]) -> frozenset[str]:
    """Say which sleeping environments somebody wants a server in."""
    visited = queries.visited(session)
    return frozenset(
        row.id for row in rows if row.state == State.ASLEEP.value and row.project_id in visited
    )


def _patience(hands: Hands) -> timedelta:
    return timedelta(minutes=hands.settings.sleep_after_minutes)


def _fell_asleep(hands: Hands, row: Workspace, now: datetime) -> bool:
    """Write that a workspace sleeps, if nobody came meanwhile; the engine follows next turn.

    The row comes first: who visits from now on wakes it, whatever the engine has done by then.
    """
    if not desired.idle(row.changed_at, now, _patience(hands)):
        return False
    with write(hands.db) as session:
        current = session.get_one(Workspace, row.id)
        if current.id not in _to_sleep(session, hands, [current], now):
            return False
        service.move(session, current, "sleep", now, reason_code="nobody_came", reason=_SLEEPS)
    return True


def _rest_or_wake(hands: Hands, row: Workspace, now: datetime) -> None:
    """End the hub of a workspace that sleeps; a wish for a server sends it back to be proved."""
    with write(hands.db) as session:
        current = session.get_one(Workspace, row.id)
        if _to_wake(session, [current]):
            current.asleep_since = current.asleep_since or now
            service.move(session, current, "wake", now)
            return
    if row.asleep_since is None:
        hands.engine.sleep(row.slug)
        with write(hands.db) as session:
            session.get_one(Workspace, row.id).asleep_since = hands.clock()


def _has(seen: port.Observed, wish: permits.Wish) -> bool:
    return set(seen.mounts) == {mount.digest for mount in wish.mounts}


def _run_proof(hands: Hands, row: Workspace) -> str:
    """Prove and write it down; answer in a sentence why it proves nothing, empty when it held."""
    probes = hands.engine.prove(row.slug)
    safe = port.proved(probes)
    with write(hands.db) as session:
        proof = service.record_proof(
            session,
            row.slug,
            [asdict(probe) for probe in probes],
            safe=safe,
            policy_digest=hands.policies.digest("workspaces"),
            now=hands.clock(),
        )
        current = session.get_one(Workspace, row.id)
        current.proof_id = proof.id
        current.proved_at = proof.at if safe else None
    return "" if safe else port.why_unproved(probes)


def _close_unproved(hands: Hands, row: Workspace, now: datetime, why: str) -> None:
    """A failed proof closes the workspace: the row first, so that the gateway lets nobody in.

    The row keeps saying what is mounted until it is gone, so that a crash in between is seen.
    """
    with write(hands.db) as session:
        current = session.get_one(Workspace, row.id)
        current.retry_at = now + desired.backoff(current.attempts + 3)
        current.attempts += 1
        service.move(
            session,
            current,
            "unprove",
            now,
            reason_code="isolation_unproven",
            reason=f"{why} Data and doors are closed until it does.",
        )
    _detach(hands, row, now)


def _detach(hands: Hands, row: Workspace, now: datetime) -> None:
    hands.engine.attach(row.slug, ())
    _record_detached(hands, row, now)


def _record_detached(hands: Hands, row: Workspace, now: datetime) -> None:
    with write(hands.db) as session:
        current = session.get_one(Workspace, row.id)
        current.mounts_digest = None
        permits.record_mounts(session, current.project_id, (), now)


def _record_spec(hands: Hands, row: Workspace, wish: permits.Wish) -> None:
    with write(hands.db) as session:
        session.get_one(Workspace, row.id).spec_digest = wish.spec.digest


def _attach(
    hands: Hands, row: Workspace, wish: permits.Wish, now: datetime, then: str | None = None
) -> None:
    """Give data, then write that it is there, in one transaction with the move that it allows."""
    permits.place_missing(hands, row.project_id)
    hands.engine.attach(row.slug, wish.mounts)
    with write(hands.db) as session:
        current = session.get_one(Workspace, row.id)
        current.mounts_digest = desired.mounts_digest(wish.mounts)
        current.mounted_at = hands.clock()
        current.attempts = 0
        current.asleep_since = None
        permits.record_mounts(session, current.project_id, wish.mounts, now)
        if then is not None:
            service.move(session, current, then, now)


def _stay_or_resume(hands: Hands, row: Workspace, wish: permits.Wish, now: datetime) -> None:
    if wish.halted:
        if port.EVERYBODY not in hands.engine.observe(row.slug).halted:
            hands.engine.halt(row.slug)  # somebody took the mark away while nobody looked
        return
    hands.engine.resume(row.slug)
    _move(hands, row, "resume", now)


def _fail(hands: Hands, row: Workspace, error: Exception, now: datetime) -> None:
    with write(hands.db) as session:
        current = session.get_one(Workspace, row.id)
        current.attempts += 1
        current.retry_at = now + desired.backoff(current.attempts)
        if current.state in (State.PROVISIONING.value, State.PROVING.value, State.OPEN.value):
            service.move(
                session,
                current,
                "fail",
                now,
                reason_code="engine_failed",
                reason=f"{type(error).__name__}: {error}"[:300],
            )


def _move(
    hands: Hands,
    row: Workspace,
    event: str,
    now: datetime,
    reason_code: str | None = None,
    reason: str | None = None,
) -> None:
    with write(hands.db) as session:
        current = session.get_one(Workspace, row.id)
        service.move(session, current, event, now, reason_code=reason_code, reason=reason)


WORK = Work("workspace", due, turn)
