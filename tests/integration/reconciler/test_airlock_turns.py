"""The reconciler's part of an export: checks that cannot run, bytes that were changed."""

import io
from pathlib import Path

import pytest

from orchestrator import db
from orchestrator.airlock import drafting, files, queries, releasing, reviewing
from orchestrator.airlock.models import Release
from orchestrator.airlock.states import RequestState
from orchestrator.airlock.views import Detail
from orchestrator.audit import log
from orchestrator.datasets import service as dataset_writes
from orchestrator.datasets.queries import mounted
from orchestrator.errors import NotFound, Tampered, Unavailable
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.s3 import S3Store
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs.model import Verdict
from orchestrator.reconciler import airlock, workspaces
from orchestrator.values import Digest
from tests.factories import policies
from tests.reconciler_world import House, restarted
from tests.s3_world import S3Server

S = RequestState
SAYS = ("People by age", "All people of the snapshot", "Groups of forty")
TABLE = b"age,people\n40,40\n41,40\n42,40\n43,40\n44,40\n"


def submitted(house: House, content: bytes = TABLE) -> str:
    """The lead submits one table."""
    lead, now = house.project.lead, house.clock.now
    frozen = house.hands.store.freeze(Zone.QUARANTINE, io.BytesIO(content), 1 << 20)
    with db.write(house.hands.db) as session:
        row = drafting.open_draft(
            session, lead, now, house.project.project.id, "ages", "Ages", policies=policies()
        )
        file = files.add_file(session, lead, now, row.id, "a.csv", frozen, policies=policies())
        files.set_context(session, lead, now, file.id, *SAYS, policies=policies())
        drafting.submit(session, lead, now, row.id, policies=policies())
    return row.id


def seen(house: House, request: str) -> Detail:
    """The request as its author sees it."""
    with db.read(house.hands.db) as session:
        lead, now = house.project.lead, house.clock.now
        return queries.detail(session, lead, now, request, policies=policies())


def approved(house: House, request: str) -> None:
    """Both checkers approve."""
    (file,) = seen(house, request).files
    for checker in house.project.checkers:
        with db.write(house.hands.db) as session:
            said = ("approve", "Read and understood.", file.subject)
            reviewing.vote(session, checker, house.clock.now, request, file.id, *said)


def spoil(house: House, zone: Zone, digest: str) -> None:
    """Somebody writes other bytes of the same size under the digest's name."""
    assert isinstance(house.hands.store, PosixStore)
    path = house.hands.store.location(zone, Digest(digest))
    size = path.stat().st_size
    path.unlink()
    path.write_bytes(b"x" * size)


@pytest.fixture(params=["posix", "s3"])
def any_store(at_work: House, request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """The same house, with a folder or a bucket for its bytes."""
    if request.param == "posix":
        return at_work
    server: S3Server = request.getfixturevalue("s3_server")
    return restarted(at_work, store=S3Store.at(server.settings(tmp_path / "s3", server.bucket())))


def test_a_submitted_table_is_checked_reviewed_and_released(any_store: House) -> None:
    """One turn for the check, one for the last check, one for the copy by re-hash."""
    at_work = any_store
    request = submitted(at_work)
    assert at_work.turn(airlock.CHECKS) == []
    assert seen(at_work, request).request.state == S.IN_REVIEW
    approved(at_work, request)
    assert airlock.releases_due(at_work.hands, at_work.clock.now) == [], "the last check first"
    at_work.turn(airlock.CHECKS)
    at_work.turn(airlock.RELEASES)
    found = seen(at_work, request)
    assert found.request.state == S.RELEASED
    at_work.hands.store.verify(Zone.RELEASE, Digest(found.files[0].digest))


def test_a_worker_that_is_away_is_asked_again_later(at_work: House) -> None:
    """Nothing passes meanwhile, and nothing is lost."""
    request = submitted(at_work)
    at_work.engine.fail_next("check", Unavailable("The check worker was killed."))
    assert at_work.turn(airlock.CHECKS) == ["unavailable"]
    found = seen(at_work, request)
    assert found.request.state == S.CHECKING
    assert found.files[0].verdict is None
    assert [check.state for check in found.checks] == ["running"]
    at_work.turn(airlock.CHECKS)
    assert seen(at_work, request).request.state == S.IN_REVIEW


def test_bytes_that_are_not_what_was_frozen_could_not_be_checked(at_work: House) -> None:
    """Property 5: never a pass, and the author is told instead of waiting for ever."""
    request = submitted(at_work)
    spoil(at_work, Zone.QUARANTINE, seen(at_work, request).files[0].digest)
    assert at_work.turn(airlock.CHECKS) == ["bytes_differ"]
    found = seen(at_work, request)
    assert found.files[0].verdict is Verdict.COULD_NOT_CHECK
    assert airlock.checks_due(at_work.hands, at_work.clock.now) == []


@pytest.mark.parametrize("harm", ["spoiled", "lost"])
def test_bytes_changed_after_the_votes_are_not_released(at_work: House, harm: str) -> None:
    """The request is held with the reason, nothing enters the zone; it can be lifted."""
    request = submitted(at_work)
    at_work.turn(airlock.CHECKS)
    approved(at_work, request)
    at_work.turn(airlock.CHECKS)
    digest = Digest(seen(at_work, request).files[0].digest)
    if harm == "spoiled":
        spoil(at_work, Zone.QUARANTINE, digest)
    else:
        at_work.hands.store.delete(Zone.QUARANTINE, digest)
    (error,) = at_work.turn(airlock.RELEASES)
    assert error in ("bytes_differ", "no_bytes")
    found = seen(at_work, request)
    assert found.request.state == S.APPROVED
    assert found.request.held
    assert at_work.hands.store.stat(Zone.RELEASE, digest) is None
    assert airlock.releases_due(at_work.hands, at_work.clock.now) == []
    with db.read(at_work.hands.db) as session:
        assert session.get(Release, request) is None
        held = [e.record for e in log.entries(session) if b'"airlock.held"' in e.record]
    assert len(held) == 1
    at_work.hands.store.freeze(Zone.QUARANTINE, io.BytesIO(TABLE), 1 << 20)
    with db.write(at_work.hands.db) as session:
        administrator = at_work.project.administrator
        releasing.lift(session, administrator, at_work.clock.now, request)
    at_work.turn(airlock.RELEASES)
    assert seen(at_work, request).request.state == S.RELEASED


def test_a_withdrawn_snapshot_is_still_compared_with(at_work: House) -> None:
    """What was copied from it before may lie in any file; forgetting it would open a way out."""
    with db.read(at_work.hands.db) as session:
        (before,) = airlock.sources(session, at_work.hands, at_work.project.project.id)
        snapshot = at_work.world.mounts[0].digest
    owner = at_work.project.owners["clinic-a"]
    with db.write(at_work.hands.db) as session:
        (use,) = mounted(session, at_work.project.project.id)
        dataset_writes.withdraw(session, owner, at_work.clock.now, use, "Consent was withdrawn.")
    at_work.turn(workspaces.WORK)
    assert at_work.world.mounts == ()
    with db.read(at_work.hands.db) as session:
        after = airlock.sources(session, at_work.hands, at_work.project.project.id)
    assert after == (before,)
    assert before.digest == snapshot
    assert before.index.is_file()


def test_a_check_of_an_unknown_row_is_no_crash(at_work: House) -> None:
    """A hint about what is gone answers in our families."""
    with pytest.raises(NotFound):
        airlock.run_check(at_work.hands, "c-unknown", at_work.clock.now)
    with pytest.raises((NotFound, Tampered)):
        airlock.release(at_work.hands, "r-unknown", at_work.clock.now)
