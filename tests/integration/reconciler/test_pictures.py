"""Pictures through the airlock: what is checked, voted on, released and handed out is ours."""

import io
import json
from pathlib import Path

import pytest
from sqlmodel import select

from orchestrator import db
from orchestrator.airlock import checking, drafting, files, releasing, rewriting
from orchestrator.airlock.models import Check, CheckFile, File, Release, Request
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.rules import request_subject
from orchestrator.airlock.states import RequestState
from orchestrator.audit import log
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs.again import check_again
from orchestrator.outputs.model import Verdict
from orchestrator.reconciler import airlock
from orchestrator.values import Digest, digest_of
from tests.factories import policies
from tests.integration.reconciler.test_airlock_turns import SAYS, seen
from tests.integration.reconciler.test_records import COUNTS, handed, released, stored
from tests.reconciler_world import ROWS, House
from tests.unit.outputs.readers.test_pictures import (
    SECRET,
    drawn,
    pixels,
    saved,
    several,
    with_exif,
    with_texts,
)

S = RequestState
PICTURES = {
    "a/exif.jpg": with_exif("JPEG"),
    "texts.PNG": with_texts("PNG"),
    "tail.png": saved(drawn(size=(33, 17)), "PNG") + b"PK" + SECRET * 10,
    "tags.tiff": with_texts("TIFF"),
}


def drafted(house: House, contents: dict[str, bytes]) -> str:
    """A described draft with these files."""
    lead, now = house.project.lead, house.clock.now
    with db.write(house.hands.db) as session:
        row = drafting.open_draft(
            session, lead, now, house.project.project.id, "plots", "Plots", policies=policies()
        )
    for path, content in contents.items():
        put(house, row.id, path, content)
    return row.id


def put(house: House, request: str, path: str, content: bytes) -> str:
    """Add one file and describe it."""
    lead, now = house.project.lead, house.clock.now
    frozen = house.hands.store.freeze(Zone.QUARANTINE, io.BytesIO(content), 1 << 20)
    with db.write(house.hands.db) as session:
        file = files.add_file(session, lead, now, request, path, frozen, policies=policies())
        files.set_context(session, lead, now, file.id, *SAYS, policies=policies())
        return file.id


def submit(house: House, request: str) -> None:
    """The lead hands it over."""
    with db.write(house.hands.db) as session:
        lead, now = house.project.lead, house.clock.now
        drafting.submit(session, lead, now, request, policies=policies())


def verdicts(house: House, request: str) -> dict[str, Verdict | None]:
    """By path."""
    return {file.path: file.verdict for file in seen(house, request).files}


@pytest.fixture
def left(at_work: House) -> tuple[House, str]:
    """Four pictures with more in them than a picture, and a table, released."""
    return at_work, released(at_work, {**PICTURES, "ages.csv": COUNTS})


def test_what_leaves_is_the_picture_and_nothing_else(left: tuple[House, str]) -> None:
    """Each file in `release` was written by us: its pixels are there, what hung on it is not."""
    house, request = left
    with db.read(house.hands.db) as session:
        out = {row.file_id: row.digest for row in session.exec(select(Release))}
    for file in seen(house, request).files:
        assert out[file.id] == file.digest
        content = stored(house, file.digest)
        assert digest_of(content) == file.digest
        assert len(content) == file.size
        assert SECRET not in content
        if file.path == "ages.csv":
            assert file.before is None
            continue
        before = PICTURES[file.path]
        assert file.before is not None
        assert (file.before.digest, file.before.size) == (digest_of(before), len(before))
        assert file.before.loose + file.before.others > 0
        assert pixels(content)[1] == pixels(before)[1]
        if not file.path.endswith("jpg"):
            assert pixels(content) == pixels(before)
    kept = set(house.hands.store.digests(Zone.RELEASE))
    assert not kept & {digest_of(data) for data in PICTURES.values()}, "originals stay behind"


def test_log_and_manifest_name_both(left: tuple[House, str]) -> None:
    """The manifest each file's two digests; the log the same when the check began."""
    house, request = left
    manifest = json.loads(stored(house, handed(house, request).manifest))
    listed = {one["path"]: (one["digest"], one.get("original")) for one in manifest["files"]}
    views = {file.path: file for file in seen(house, request).files}
    assert listed == {
        path: (view.digest, view.before.digest if view.before else None)
        for path, view in views.items()
    }
    with db.read(house.hands.db) as session:
        entries = [one.record for one in log.entries(session)]
    written = [one for one in entries if b"airlock.picture_rewritten" in one]
    assert len(written) == len(PICTURES)
    for path, data in PICTURES.items():
        names = (digest_of(data).encode(), views[path].digest.encode())
        assert any(all(name in entry for name in names) for entry in written)


def test_the_record_comes_to_the_same_again(left: tuple[House, str], tmp_path: Path) -> None:
    """From the released pictures, without the server."""
    house, request = left
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "flchain.csv").write_bytes(ROWS)
    places = []
    for number, file in enumerate(seen(house, request).files):
        places.append(tmp_path / f"{number}.{file.path.rpartition('.')[2]}")
        places[-1].write_bytes(stored(house, file.digest))
    record = tmp_path / "record.json"
    record.write_bytes(stored(house, handed(house, request).record))
    answer, otherwise = check_again(record, places, sources=[tmp_path / "source"])
    assert otherwise == []
    assert answer["verdict"] == "flag"


def test_a_vote_is_about_the_new_bytes(at_work: House) -> None:
    """The subject of file and round are those of what will leave, before anybody may look."""
    request = drafted(at_work, {"texts.png": PICTURES["texts.PNG"]})
    submit(at_work, request)
    with db.read(at_work.hands.db) as session:
        before = session.get_one(Request, request).subject
    at_work.turn(airlock.CHECKS)
    with db.read(at_work.hands.db) as session:
        row = session.get_one(Request, request)
        (file,) = present_files(session, request)
        assert row.state == S.IN_REVIEW
        assert row.subject == request_subject([file.subject], 1) != before
        assert file.digest != digest_of(PICTURES["texts.PNG"])
        assert row.size == file.size
        check = session.exec(select(Check)).one()
        assert session.exec(select(CheckFile)).one().digest == file.digest
        assert check.verdict == Verdict.FLAG


def test_a_pre_check_writes_it_again_once(at_work: House) -> None:
    """The draft says so at once; sending the same picture again changes nothing, another does."""
    lead, now = at_work.project.lead, at_work.clock.now
    old = PICTURES["texts.PNG"]
    request = drafted(at_work, {"texts.png": old})
    with db.write(at_work.hands.db) as session:
        checking.want_check(session, lead, now, request, policies=policies())
    at_work.turn(airlock.CHECKS)
    (file,) = seen(at_work, request).files
    assert file.before is not None
    assert file.before.digest == digest_of(old)
    assert put(at_work, request, "texts.png", old) == file.id
    submit(at_work, request)
    at_work.turn(airlock.CHECKS)
    (again,) = seen(at_work, request).files
    assert (again.id, again.digest, again.before) == (file.id, file.digest, file.before)
    with db.read(at_work.hands.db) as session:
        actions = [log.columns_of(one.record)["action"] for one in log.entries(session)]
    assert actions.count("airlock.picture_rewritten") == 1


@pytest.mark.parametrize(
    "content",
    [several("TIFF"), saved(drawn("F"), "TIFF"), saved(drawn(), "TIFF")[:-40], b"no picture"],
    ids=["pages", "fractions", "half", "none"],
)
def test_what_cannot_be_written_again_is_held(at_work: House, content: bytes) -> None:
    """Could not check; it goes back to its author, and its bytes stay as they came."""
    request = drafted(at_work, {"plot.tif": content, "ages.csv": COUNTS})
    submit(at_work, request)
    at_work.turn(airlock.CHECKS)
    found = seen(at_work, request)
    assert found.request.state == S.BLOCKED
    assert verdicts(at_work, request)["plot.tif"] is Verdict.COULD_NOT_CHECK
    (plot,) = [file for file in found.files if file.path == "plot.tif"]
    assert plot.before is None
    assert plot.digest == digest_of(content)


def test_an_opener_that_gives_no_picture_holds_a_clean_one(
    at_work: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that everything else would let pass is not released as it came."""
    request = drafted(at_work, {"plot.png": saved(drawn(), "PNG")})
    monkeypatch.setattr(at_work.engine, "rewrite", lambda job, folder: [None] * len(job.files))
    submit(at_work, request)
    at_work.turn(airlock.CHECKS)
    found = seen(at_work, request)
    assert found.request.state == S.BLOCKED
    (file,) = found.files
    assert file.report is not None
    (result,) = [one for one in file.report.results if one.rule == "O29"]
    assert result.verdict is Verdict.COULD_NOT_CHECK
    assert "not written again" in result.findings[-1].evidence
    with db.write(at_work.hands.db) as session:  # people may have seen it: it stays what it is
        check = session.exec(select(Check)).one()
        assert rewriting.waiting(session, check.id) == []
        frozen = at_work.hands.store.freeze(Zone.QUARANTINE, io.BytesIO(b"other"), 10)
        again = rewriting.Again(file.digest, frozen, 0, 0)
        rewriting.record(session, at_work.clock.now, check.id, {file.id: again})
        assert session.get_one(File, file.id).digest == file.digest


def test_a_picture_that_people_may_have_seen_is_never_exchanged(at_work: House) -> None:
    """Not under review, and not where the draft holds other bytes by now."""
    request = drafted(at_work, {"plot.png": saved(drawn(), "PNG")})
    submit(at_work, request)
    at_work.turn(airlock.CHECKS)
    with db.write(at_work.hands.db) as session:
        (file,) = present_files(session, request)
        check = session.exec(select(Check)).one()
        assert rewriting.waiting(session, check.id) == []
        frozen = at_work.hands.store.freeze(Zone.QUARANTINE, io.BytesIO(b"other"), 10)
        again = rewriting.Again(file.digest, frozen, 0, 0)
        rewriting.record(session, at_work.clock.now, check.id, {file.id: again})
        assert session.get_one(File, file.id).digest == file.digest != frozen.digest
    other = drafted_beside(at_work)
    with db.write(at_work.hands.db) as session:
        (file,) = present_files(session, other)
        stale = rewriting.Again(digest_of(b"what it was"), frozen, 0, 0)
        rewriting.record(session, at_work.clock.now, check.id, {file.id: stale})
        assert session.get_one(File, file.id).digest == digest_of(PICTURES["tail.png"])


def drafted_beside(house: House) -> str:
    """Another draft, with another picture."""
    lead, now = house.project.lead, house.clock.now
    with db.write(house.hands.db) as session:
        row = drafting.open_draft(
            session, lead, now, house.project.project.id, "others", "Others", policies=policies()
        )
    put(house, row.id, "tail.png", PICTURES["tail.png"])
    return row.id


def test_handing_out_the_original_is_refused(left: tuple[House, str]) -> None:
    """The chain counts from the new digest: the bytes that came are foreign ones."""
    house, request = left
    (file,) = [one for one in seen(house, request).files if one.path == "tail.png"]
    with db.read(house.hands.db) as session:
        found = releasing.downloadable(
            session, house.project.lead, house.clock.now, file.id, policies=policies()
        )
        assert found.digest == file.digest
    assert not house.hands.store.stat(Zone.RELEASE, Digest(str(file.before and file.before.digest)))
