"""Every release carries the record of its check, and it comes to the same again anywhere."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator import db
from orchestrator.airlock import drafting, files, releasing, reviewing
from orchestrator.airlock.models import ReleasePapers
from orchestrator.airlock.states import RequestState
from orchestrator.audit import log
from orchestrator.errors import Invalid, NotAllowed, Tampered
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs.again import check_again
from orchestrator.outputs.rules.registry import RULES
from orchestrator.outputs.standalone import Answer
from orchestrator.reconciler import airlock
from orchestrator.values import Digest, digest_of
from tests.factories import policies
from tests.integration.reconciler.test_airlock_turns import SAYS, seen
from tests.reconciler_world import ROWS, House

S = RequestState
COUNTS = b"age group,people\n40-41,80\n42-44,120\n"
FLAGGED = b"sex,people\nF,100\nM,0\nX,100\n"


def released(house: House, contents: dict[str, bytes]) -> str:
    """Walk a request with these files from draft to release, by the reconciler's own turns."""
    lead, now = house.project.lead, house.clock.now
    with db.write(house.hands.db) as session:
        row = drafting.open_draft(
            session, lead, now, house.project.project.id, "ages", "Ages", policies=policies()
        )
    for path, content in contents.items():
        frozen = house.hands.store.freeze(Zone.QUARANTINE, io.BytesIO(content), 1 << 20)
        with db.write(house.hands.db) as session:
            file = files.add_file(session, lead, now, row.id, path, frozen, policies=policies())
            files.set_context(session, lead, now, file.id, *SAYS, policies=policies())
    with db.write(house.hands.db) as session:
        drafting.submit(session, lead, now, row.id, policies=policies())
    house.turn(airlock.CHECKS)
    for checker in house.project.checkers:
        for file_view in seen(house, row.id).files:
            with db.write(house.hands.db) as session:
                said = ("approve", "Read and understood.", file_view.subject)
                reviewing.vote(session, checker, now, row.id, file_view.id, *said)
    house.turn(airlock.CHECKS)
    house.turn(airlock.RELEASES)
    assert seen(house, row.id).request.state == S.RELEASED
    return row.id


def handed(house: House, request: str) -> ReleasePapers:
    """The papers as their author may be handed them."""
    with db.read(house.hands.db) as session:
        found = releasing.papers_to_hand(
            session, house.project.lead, house.clock.now, request, policies=policies()
        )
        session.expunge(found)
        return found


def stored(house: House, digest: str) -> bytes:
    """Bytes that lie in `release`."""
    with house.hands.store.open(Zone.RELEASE, Digest(digest)) as stream:
        return stream.read()


@pytest.fixture
def left(at_work: House, tmp_path: Path) -> tuple[House, str, Path]:
    """A release, and a folder with what its author and a data owner hold of it."""
    contents = {"tables/ages.csv": COUNTS, "sexes.csv": FLAGGED}
    request = released(at_work, contents)
    folder = tmp_path / "elsewhere"
    (folder / "source").mkdir(parents=True)
    (folder / "source" / "flchain.csv").write_bytes(ROWS)
    for path, content in contents.items():
        (folder / path.rpartition("/")[2]).write_bytes(content)
    (folder / "record.json").write_bytes(stored(at_work, handed(at_work, request).record))
    return at_work, request, folder


Left = tuple[House, str, Path]


def again(folder: Path, **otherwise: Any) -> tuple[Answer, list[str]]:
    """Run the record again with what lies in the folder."""
    given = {"sources": [folder / "source"], **otherwise}
    return check_again(folder / "record.json", [folder / "ages.csv", folder / "sexes.csv"], **given)


def test_record_and_manifest_lie_beside_the_files_and_in_the_log(left: Left) -> None:
    """The log names both, the manifest names the record and each file, all by digest."""
    house, request, _ = left
    found = handed(house, request)
    manifest = json.loads(stored(house, found.manifest))
    record = json.loads(stored(house, found.record))
    assert manifest["record"] == found.record
    by_path = {file.path: file.digest for file in seen(house, request).files}
    assert {one["path"]: one["digest"] for one in manifest["files"]} == by_path
    assert {one["path"]: one["digest"] for one in record["files"]} == by_path
    with db.read(house.hands.db) as session:
        told = [one.record for one in log.entries(session) if found.record.encode() in one.record]
    (entry,) = told
    assert found.manifest.encode() in entry
    assert log.columns_of(entry)["object_id"] == request


def test_every_rule_is_in_it_with_what_it_was_told_and_what_it_found(left: Left) -> None:
    """For each file; with the policy whole, the snapshot, the coverage and the author's words."""
    _, _, folder = left
    record = json.loads((folder / "record.json").read_bytes())
    for file in record["files"]:
        assert {one["rule"] for one in file["rules"]} == {rule.id for rule in RULES}
        assert all(one["version"] >= 1 and one["source"] for one in file["rules"])
        assert file["context"]["shows"] == SAYS[0]
        assert file["unread"] == 0
    assert record["policy_digest"] == policies().outputs.digest()
    (source,) = record["sources"]
    assert source["label"] == "flchain/2026-1"
    assert source["manifest"]["files"][0]["path"] == "flchain.csv"
    assert {one["effect"] for one in record["files"]} == {"pass", "flag"}
    assert b"P00" not in (folder / "record.json").read_bytes(), "no value of the source"


def test_it_comes_to_the_same_verdict_without_the_server(left: Left) -> None:
    """From the files under other names, the source folder and the record alone."""
    _, _, folder = left
    answer, found = again(folder)
    assert found == []
    assert answer["verdict"] == "flag"
    assert {one["path"]: one["verdict"] for one in answer["files"]} == {
        "sexes.csv": "flag", "tables/ages.csv": "pass"
    }  # fmt: skip


def other_bytes(folder: Path) -> None:
    """Somebody changed a released file."""
    (folder / "ages.csv").write_bytes(COUNTS.replace(b"80", b"81"))


def other_source(folder: Path) -> None:
    """Another version of the data."""
    (folder / "source" / "flchain.csv").write_bytes(ROWS + b"P999,44\n")


def other_outcome(folder: Path) -> None:
    """Somebody made the record look better."""
    text = (folder / "record.json").read_text()
    (folder / "record.json").write_text(text.replace('"outcome":"flag"', '"outcome":"pass"', 1))


def other_policy(folder: Path) -> None:
    """Somebody made the thresholds milder."""
    text = (folder / "record.json").read_text()
    assert '"counts":{"minimum":10}' in text
    changed = text.replace('"counts":{"minimum":10}', '"counts":{"minimum":2}')
    (folder / "record.json").write_text(changed)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (other_bytes, "ages.csv"),
        (other_source, "The source is not the one"),
        (other_outcome, "has another outcome now"),
        (other_policy, "thresholds of the record"),
    ],
)
def test_what_is_not_as_it_was_is_said(left: Left, harm: Callable[[Path], None], said: str) -> None:
    """File, source, outcome, thresholds."""
    _, _, folder = left
    harm(folder)
    assert any(said in text for text in again(folder)[1])


def test_a_snapshot_by_another_digest_is_refused(left: Left) -> None:
    """The digest names the manifest, so the record cannot claim other files for it."""
    _, _, folder = left
    record = json.loads((folder / "record.json").read_bytes())
    record["sources"][0]["manifest"]["files"][0]["digest"] = digest_of(b"other")
    (folder / "record.json").write_text(json.dumps(record))
    with pytest.raises(Invalid, match="another digest"):
        again(folder)


def test_earlier_files_cannot_be_named_beside_a_release(left: Left) -> None:
    """What the ledger found is taken as it stands, and nothing else is compared in its place."""
    _, _, folder = left
    with pytest.raises(Invalid, match="ledger"):
        again(folder, released=[folder / "ages.csv"])


def test_only_the_author_is_handed_it_and_each_time_is_logged(left: Left) -> None:
    """As the files themselves."""
    house, request, _ = left
    now, found = house.clock.now, handed(house, request)
    with db.write(house.hands.db) as session:
        before = log.size(session)
        for somebody in (*house.project.checkers, house.project.administrator):
            with pytest.raises(NotAllowed):
                releasing.papers_to_hand(session, somebody, now, request, policies=policies())
        releasing.record_papers_handed(
            session, house.project.lead, now, request, found.record, policies=policies()
        )
        assert log.size(session) == before + 1
        with pytest.raises(Tampered):
            releasing.record_papers_handed(
                session, house.project.lead, now, request, digest_of(b"x"), policies=policies()
            )
