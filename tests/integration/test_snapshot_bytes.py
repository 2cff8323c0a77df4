"""Snapshots with their bytes: real store, real opener and judge, one reconciler turn at a time."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from orchestrator.audit.checkpoint import Signer
from orchestrator.bootstrap.hands import Hands
from orchestrator.datasets import queries, service
from orchestrator.datasets.models import Snapshot
from orchestrator.datasets.states import SnapshotState
from orchestrator.db import read, write
from orchestrator.demo.data import datasets
from orchestrator.engines.memory import MemoryEngine
from orchestrator.errors import NotFound, Unavailable
from orchestrator.identity.roles import Role
from orchestrator.objectstore import trees
from orchestrator.objectstore.port import Depot
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.s3 import FETCHED, S3Store
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs.index_file import read_index
from orchestrator.reconciler import snapshots
from orchestrator.settings import Settings
from orchestrator.values import Digest, digest_of
from tests.factories import DAY, DICTIONARY, NOW, a_person, policies
from tests.s3_world import S3Server

S = SnapshotState
ROWS = b"person,age\n" + b"".join(b"P%03d,%d\n" % (n, 40 + n % 5) for n in range(200))


class FullDisk(PosixStore):
    """A store whose disk fills before the first copy, once."""

    full = True

    def copy(self, source: Zone, digest: Digest, target: Zone) -> None:
        """Refuse once."""
        if self.full:
            self.full = False
            raise Unavailable("The disk of the object store is full.")
        super().copy(source, digest, target)


@dataclass
class House:
    """A reconciler's parts, and the people of one partner who come and go."""

    hands: Hands

    def turn(self, snapshot_id: str) -> Snapshot:
        """One turn of the reconciler on one snapshot."""
        snapshots.turn(self.hands, snapshot_id, self.hands.clock())
        with read(self.hands.db) as session:
            return queries.snapshot(session, snapshot_id)

    def upload(
        self, data: bytes = ROWS, dictionary: str = DICTIONARY, name: str = "flchain"
    ) -> str:
        """Announce and upload as a steward; returns the snapshot's id."""
        frozen = self.hands.store.freeze(Zone.INBOX, io.BytesIO(data), 1 << 30)
        with write(self.hands.db) as session:
            steward = a_person(session, [Role.DATA_STEWARD], "clinic-a")
            row = service.announce(
                session, steward, NOW, dataset=name, label="2026-1", dictionary=dictionary
            )
            service.receive(session, steward, NOW, row.id, f"{name}.csv", frozen)
            service.finish_upload(session, steward, NOW, row.id, files=1)
        return row.id

    def admit(self, snapshot_id: str) -> None:
        """Vote yes as the asset owner."""
        with write(self.hands.db) as session:
            owner = a_person(session, [Role.ASSET_OWNER], "clinic-a")
            digest = str(queries.snapshot(session, snapshot_id).digest)
            service.vote(
                session,
                owner,
                NOW,
                snapshot_id,
                seat="asset_owner",
                value="approve",
                digest=digest,
            )


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    """A reconciler with a real store and the check worker in this process."""
    state = tmp_path / "state"
    settings = Settings(mode="test", state_dir=state)
    return House(
        Hands(
            settings=settings,
            db=engine,
            policies=policies(),
            store=PosixStore(state / "store"),
            engine=MemoryEngine(),
            signer=Signer.at(state / "keys", settings.origin),
            checkpoints=state / "checkpoints",
        )
    )


def _refill(house: House, store: Depot) -> House:
    parts = {name: getattr(house.hands, name) for name in Hands.__dataclass_fields__}
    return House(Hands(**{**parts, "store": store}))


def test_an_upload_becomes_an_immutable_tree_and_an_index(house: House) -> None:
    row = house.turn(house.upload())
    assert (row.state, row.reason) == (S.PROPOSED, None)
    assert row.index_name is not None
    assert snapshots.index_path(house.hands, row.index_name).stat().st_size > 0
    assert json.loads(row.facts or "")["tables"]
    house.admit(row.id)
    assert snapshots.due(house.hands, NOW) == [row.id]
    row = house.turn(row.id)
    assert row.state == S.PUBLISHED
    tree = trees.location(house.hands.store, Digest(row.digest or ""))
    assert (tree.tree / "flchain.csv").read_bytes() == ROWS
    assert digest_of(tree.manifest.read_bytes()) == row.digest
    assert snapshots.due(house.hands, NOW) == []


def _published(house: House) -> Snapshot:
    row = house.turn(house.upload())
    house.admit(row.id)
    return house.turn(row.id)


def _as_of_before(house: House, row: Snapshot) -> str:
    """Give a snapshot an index in the form of an earlier release, under that release's name."""
    earlier = f"{row.id}-{row.round}.index"
    path = snapshots.index_path(house.hands, str(row.index_name))
    path.rename(snapshots.index_path(house.hands, earlier))
    snapshots.index_key(house.hands, earlier)
    with write(house.hands.db) as session:
        service.record_index(session, row.id, earlier)
    return earlier


def test_an_index_of_an_earlier_form_is_built_anew(house: House) -> None:
    row = _published(house)
    assert snapshots.outdated(house.hands, NOW) == []
    earlier = _as_of_before(house, row)
    assert snapshots.outdated(house.hands, NOW) == [row.id]
    assert not snapshots.index_anew(house.hands, row.id, NOW)
    assert snapshots.outdated(house.hands, NOW) == []
    with read(house.hands.db) as session:
        name = str(queries.snapshot(session, row.id).index_name)
    assert name == row.index_name
    index = read_index(
        snapshots.index_path(house.hands, name), snapshots.index_key(house.hands, name)
    )
    assert [table.size for table in index.tables] == [200]
    keys = house.hands.settings.state_dir / "keys" / "indexes"
    assert not snapshots.index_path(house.hands, earlier).exists()
    assert [path.stem for path in keys.iterdir()] == [Path(name).stem]


def test_an_index_that_cannot_be_built_anew_is_said_so_and_the_name_stays(house: House) -> None:
    """Whoever compares with it is told that nothing was compared, because its form is refused."""
    row = _published(house)
    earlier = _as_of_before(house, row)
    house.hands.store.delete(Zone.SNAPSHOTS, digest_of(ROWS))
    with pytest.raises(NotFound):
        snapshots.index_anew(house.hands, row.id, NOW)
    assert snapshots.outdated(house.hands, NOW) == [row.id]
    assert snapshots.index_path(house.hands, earlier).exists()


def test_an_upload_is_published_from_a_bucket(
    house: House, s3_server: S3Server, tmp_path: Path
) -> None:
    """The check worker and the mounts read files of this machine, fetched and hashed."""
    settings = s3_server.settings(tmp_path / "state", s3_server.bucket())
    house = _refill(house, S3Store.at(settings))
    row = house.turn(house.upload())
    assert (row.state, row.reason) == (S.PROPOSED, None)
    house.admit(row.id)
    assert house.turn(row.id).state == S.PUBLISHED
    tree = trees.location(house.hands.store, Digest(row.digest or ""))
    assert (tree.tree / "flchain.csv").read_bytes() == ROWS
    assert not list((house.hands.store.root / FETCHED).iterdir())


@pytest.mark.parametrize("name", [one.slug for one in datasets()])
def test_the_demo_s_real_tables_are_admitted(house: House, name: str) -> None:
    (demo,) = [one for one in datasets() if one.slug == name]
    row = house.turn(house.upload(demo.content, json.dumps(demo.dictionary), name))
    assert (row.state, row.reason) == (S.PROPOSED, None)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"person,age,surname\nP1,40,Example\n", "surname"),
        (b"person\nP1\n", "age"),
        (b"person,age\nP1,forty\n", "age"),
        (b"person,age\nP1,40,1\n", "flchain.csv"),
        (b"\x00\x01\x02" * 50, "flchain.csv"),
        (b"", "flchain.csv"),
    ],
)
def test_what_does_not_fit_its_dictionary_is_rejected_with_the_reason(
    house: House, data: bytes, says: str
) -> None:
    row = house.turn(house.upload(data))
    assert row.state == S.REJECTED
    assert says in str(row.reason)
    assert row.index_name is None


@pytest.mark.parametrize("at", [S.VERIFYING, S.PLACING])
def test_spoilt_bytes_are_noticed_at_each_hand_over(house: House, at: SnapshotState) -> None:
    snapshot_id = house.upload()
    if at == S.PLACING:
        house.turn(snapshot_id)
        house.admit(snapshot_id)
    assert isinstance(house.hands.store, PosixStore)
    stored = house.hands.store.location(Zone.INBOX, digest_of(ROWS))
    stored.chmod(0o644)
    stored.write_bytes(ROWS.replace(b"40", b"41"))
    row = house.turn(snapshot_id)
    assert (row.state, row.reason_code) == (S.REJECTED, "bytes_differ")
    assert list(house.hands.store.digests(Zone.SNAPSHOTS)) == []
    assert not trees.location(house.hands.store, Digest(row.digest or "")).tree.exists()


def test_vanished_bytes_end_the_snapshot_with_a_sentence(house: House) -> None:
    snapshot_id = house.upload()
    house.hands.store.delete(Zone.INBOX, digest_of(ROWS))
    row = house.turn(snapshot_id)
    assert (row.state, row.reason_code) == (S.REJECTED, "no_bytes")


def test_a_full_disk_while_placing_is_tried_again(house: House) -> None:
    house = _refill(house, FullDisk(house.hands.settings.state_dir / "store"))
    snapshot_id = house.upload()
    house.turn(snapshot_id)
    house.admit(snapshot_id)
    with pytest.raises(Unavailable):
        house.turn(snapshot_id)
    with read(house.hands.db) as session:
        assert queries.snapshot(session, snapshot_id).state == S.PLACING
    assert house.turn(snapshot_id).state == S.PUBLISHED


def test_placing_twice_gives_the_same_tree(house: House) -> None:
    """Killed after the tree was built, before the row was written: run again, same end."""
    snapshot_id = house.upload()
    house.turn(snapshot_id)
    house.admit(snapshot_id)
    store = house.hands.store
    with read(house.hands.db) as session:
        manifest = queries.manifest_of(queries.snapshot(session, snapshot_id))
    store.copy(Zone.INBOX, digest_of(ROWS), Zone.SNAPSHOTS)
    leaves = [trees.Leaf(one.path, one.digest, one.size) for one in manifest.entries]
    before = trees.build(store, manifest.spelled(), leaves).tree.stat().st_ino
    row = house.turn(snapshot_id)
    assert row.state == S.PUBLISHED
    assert trees.location(store, Digest(row.digest or "")).tree.stat().st_ino == before


def test_a_withdrawn_snapshot_s_upload_is_freed_after_a_day(house: House) -> None:
    snapshot_id = house.upload()
    with write(house.hands.db) as session:
        owner = a_person(session, [Role.ASSET_OWNER], "clinic-a")
        service.withdraw(session, owner, NOW, snapshot_id, "Sent by mistake.")
        assert queries.awaited(session) == frozenset()
    tomorrow = house.hands.clock() + 2 * DAY
    assert house.hands.store.collect(Zone.INBOX, set(), tomorrow.timestamp()) == 1
