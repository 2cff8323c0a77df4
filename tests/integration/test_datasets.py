"""Snapshots walked through the services by the right people, and refused to the wrong ones."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from orchestrator.audit.models import ENTRIES
from orchestrator.datasets import queries, rules, service
from orchestrator.datasets.models import Dataset, Mounting, Snapshot
from orchestrator.datasets.states import SnapshotState
from orchestrator.db import read, write
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, Tampered
from orchestrator.governance.service import halt
from orchestrator.identity.roles import Role
from orchestrator.objectstore.port import Frozen
from orchestrator.outputs.model import Verdict
from orchestrator.projects.service import pin_snapshot
from orchestrator.values import Actor, digest_of
from tests.factories import (
    DAY,
    DICTIONARY,
    NOW,
    ROWS,
    SnapshotWorld,
    a_person,
    a_report,
    a_snapshot,
    admit,
    an_active_project,
    finish,
    policies,
    send,
    verify,
)

S = SnapshotState


def _announce(session: Session, actor: Actor, **how: str) -> Snapshot:
    asked = {"dataset": "flchain", "label": "2026-1", "dictionary": DICTIONARY, **how}
    return service.announce(session, actor, NOW, **asked)


def _actions(session: Session, snapshot: Snapshot) -> list[str]:
    records = session.execute(select(ENTRIES.c.record).order_by(ENTRIES.c.seq)).scalars()
    entries = [json.loads(record) for record in records]
    return [entry["action"] for entry in entries if entry["object"]["id"] == snapshot.id]


def test_a_snapshot_walks_from_announcement_to_publication(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session)
        snapshot = world.snapshot
        assert snapshot.published_at == NOW
        assert snapshot.digest == queries.manifest_of(snapshot).digest()
        assert queries.published(session, "flchain") == snapshot
        assert [one.snapshot.id for one in queries.catalogue(session)] == [snapshot.id]
        assert _actions(session, snapshot) == [
            "snapshot.announce",
            "snapshot.receive",
            "snapshot.finish",
            "snapshot.propose",
            "governance.vote_cast",
            "snapshot.admit",
            "snapshot.publish",
        ]


def test_what_the_owner_decides_about_covers_files_version_and_dictionary(engine: Engine) -> None:
    with write(engine) as session:
        manifest = queries.manifest_of(a_snapshot(session, S.PROPOSED).snapshot)
        assert [entry.digest for entry in manifest.entries] == [digest_of(ROWS)]
        assert (manifest.dataset, manifest.version, manifest.partner) == (
            "flchain",
            "2026-1",
            "clinic-a",
        )
        assert manifest.dictionary.startswith("sha256:")


# announcing


def test_only_a_steward_of_the_partner_announces_and_sends(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.RECEIVING)
        others = [
            a_person(session, roles, organisation)
            for roles, organisation in (
                ([Role.RESEARCHER], "clinic-a"),
                ([Role.ASSET_OWNER], "clinic-a"),
                ([Role.ADMINISTRATOR], "clinic-a"),
                ([Role.DATA_STEWARD], "clinic-b"),
                ([], "clinic-a"),
            )
        ]
    for other in others:
        with pytest.raises(NotAllowed), write(engine) as session:
            _announce(session, other, partner="clinic-a", label="2026-2")
        with pytest.raises((NotAllowed, NotFound)), write(engine) as session:
            send(session, world, actor=other)
        with pytest.raises((NotAllowed, NotFound)), write(engine) as session:
            service.finish_upload(session, other, NOW, world.snapshot.id)
    with read(engine) as session:
        assert len(session.exec(select(Snapshot)).all()) == 1


def test_a_version_is_announced_once(engine: Engine) -> None:
    with write(engine) as session:
        steward = a_snapshot(session, S.RECEIVING).steward
    with pytest.raises(Conflict, match="is receiving"), write(engine) as session:
        _announce(session, steward)
    with write(engine) as session:
        assert _announce(session, steward, label="2026-2").label == "2026-2"
        assert len(session.exec(select(Dataset)).all()) == 1


def test_another_partner_cannot_take_the_name_of_a_dataset(engine: Engine) -> None:
    with write(engine) as session:
        a_snapshot(session)
        stranger = a_person(session, [Role.DATA_STEWARD], "clinic-b")
    with pytest.raises(Conflict, match="another partner"), write(engine) as session:
        _announce(session, stranger, label="2026-9")


def test_a_label_is_free_again_after_a_rejection(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.VERIFYING)
        verify(session, world, Verdict.BLOCK)
        again = _announce(session, world.steward)
        assert again.id != world.snapshot.id
        assert again.state == S.ANNOUNCED


def test_a_published_label_is_never_free_again(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session)
        service.withdraw(session, world.owner, NOW, world.snapshot.id, "Consent was withdrawn.")
    with pytest.raises(Conflict), write(engine) as session:
        _announce(session, world.steward)


def test_a_wrong_announcement_is_a_sentence_and_stores_nothing(engine: Engine) -> None:
    with write(engine) as session:
        steward = a_person(session, [Role.DATA_STEWARD], "clinic-a")
    for field, value in (
        ("dataset", "../flchain"),
        ("dataset", "Fl Chain"),
        ("label", "../1"),
        ("label", ""),
        ("dictionary", "tables: {}"),
        ("dictionary", "not a dictionary"),
        ("sensitivity", "secret"),
        ("title", "x" * 201),
    ):
        with pytest.raises(Invalid), write(engine) as session:
            _announce(session, steward, **{field: value})
    with read(engine) as session:
        assert session.exec(select(Dataset)).all() == []
        assert session.exec(select(Snapshot)).all() == []


# uploading


def test_an_upload_can_be_resumed_and_a_file_sent_again(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.ANNOUNCED)
        for _ in range(3):
            send(session, world, data=ROWS)
        assert world.snapshot.progress_done == len(ROWS)
        send(session, world, data=ROWS + b"P03,50\n")
        send(session, world, path="README.md", data=b"# read me")
        assert world.snapshot.progress_done == len(ROWS) + 7 + 9
        received = {file.path: file.digest for file in queries.files(session, world.snapshot.id)}
        assert received == {
            "flchain.csv": digest_of(ROWS + b"P03,50\n"),
            "README.md": digest_of(b"# read me"),
        }
        assert _actions(session, world.snapshot).count("snapshot.replace_file") == 1


def test_a_file_name_that_is_hostile_or_a_twin_is_refused(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.RECEIVING)
    for path in ("../a.csv", "/a.csv", ".a.csv", "a\n.csv", "FLCHAIN.csv", ""):
        with pytest.raises(Invalid), write(engine) as session:
            send(session, world, path=path)
    with read(engine) as session:
        assert len(queries.files(session, world.snapshot.id)) == 1


def test_a_truncated_upload_loses_nothing_and_can_be_mended(engine: Engine) -> None:
    whole = {"flchain.csv": rules.Expected(len(ROWS), digest_of(ROWS))}
    with write(engine) as session:
        world = a_snapshot(session, S.ANNOUNCED)
        send(session, world, data=ROWS[:10])
    cut: tuple[dict[str, Any], ...] = ({"expected": whole}, {"files": 2}, {"expected": {}})
    for wrong in cut:
        with pytest.raises(Invalid, match="Nothing that arrived is lost"), write(engine) as session:
            service.finish_upload(session, world.steward, NOW, world.snapshot.id, **wrong)
    with write(engine) as session:
        assert queries.snapshot(session, world.snapshot.id).state == S.RECEIVING
        assert len(queries.files(session, world.snapshot.id)) == 1
        send(session, world, data=ROWS)
        row = service.finish_upload(
            session, world.steward, NOW, world.snapshot.id, files=1, expected=whole
        )
        assert row.state == S.VERIFYING
        assert row.progress_total == len(ROWS)


def test_nothing_or_an_undescribed_table_cannot_be_finished(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.ANNOUNCED)
    with pytest.raises(Invalid), write(engine) as session:
        finish(session, world)
    with write(engine) as session:
        send(session, world, path="other.csv")
    with pytest.raises(Invalid, match=r"flchain\.csv' is missing"), write(engine) as session:
        finish(session, world)


def test_after_the_upload_no_file_can_change(engine: Engine) -> None:
    for number, at in enumerate((S.VERIFYING, S.PROPOSED, S.PLACING, S.PUBLISHED)):
        with write(engine) as session:
            world = a_snapshot(session, at, dataset=f"data-{number}")
        with pytest.raises(Conflict), write(engine) as session:
            send(session, world, data=b"person,age\nP01,62\n")
        with pytest.raises(Conflict), write(engine) as session:
            finish(session, world)
        with read(engine) as session:
            (file,) = queries.files(session, world.snapshot.id)
            assert file.digest == digest_of(ROWS)


# verification


@pytest.mark.parametrize("verdict", [Verdict.BLOCK, Verdict.COULD_NOT_CHECK])
def test_what_did_not_pass_is_rejected_with_the_reason(engine: Engine, verdict: Verdict) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.VERIFYING)
        verify(session, world, verdict)
        assert world.snapshot.state == S.REJECTED
        assert "flchain.csv" in str(world.snapshot.reason)
        assert queries.report_of(session, world.snapshot) == a_report(world.snapshot, verdict)


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.FLAG])
def test_what_passed_is_proposed_with_its_facts(engine: Engine, verdict: Verdict) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.VERIFYING)
        verify(session, world, verdict)
        assert world.snapshot.state == S.PROPOSED
        assert world.snapshot.policy_digest == policies().digest("dataset-admission")
        seen = queries.detail(session, world.owner, world.snapshot.id, NOW)
        assert seen.facts == {"tables": [{"rows": 2, "k": 1}]}
        assert seen.report == a_report(world.snapshot, verdict)
        assert [(one.chair.organisation, one.heard) for one in seen.seats] == [("clinic-a", False)]


def test_a_report_about_other_bytes_is_tampering(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.VERIFYING)
        other = a_snapshot(
            session,
            S.VERIFYING,
            label="2026-2",
            data=ROWS + b"P09,40\n",
            steward=world.steward,
            owner=world.owner,
        )
    with pytest.raises(Tampered), write(engine) as session:
        service.record_verification(
            session,
            NOW,
            world.snapshot.id,
            a_report(other.snapshot),
            policies=policies(),
            index="i",
        )
    with read(engine) as session:
        assert queries.snapshot(session, world.snapshot.id).state == S.VERIFYING


def test_a_verification_is_recorded_once(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PROPOSED)
    with pytest.raises(Conflict), write(engine) as session:
        verify(session, world)


# the decision


def test_the_announcer_cannot_admit_the_own_snapshot(engine: Engine) -> None:
    with write(engine) as session:
        both = a_person(session, [Role.DATA_STEWARD, Role.ASSET_OWNER], "clinic-a")
        world = a_snapshot(session, S.PROPOSED, steward=both)
        assert queries.proposed(session)[0].snapshot.id == world.snapshot.id
        may = queries.detail(session, both, world.snapshot.id, NOW).may["vote:asset_owner"]
        assert [reason.code for reason in may.reasons] == ["author"]
    with pytest.raises(NotAllowed) as caught, write(engine) as session:
        admit(session, world, actor=both)
    assert caught.value.code == "author"
    with write(engine) as session:
        admit(session, world)


def test_only_an_owner_of_the_partner_decides(engine: Engine) -> None:
    cases: tuple[tuple[list[Role], str, type[Exception]], ...] = (
        ([Role.ASSET_OWNER], "clinic-b", NotFound),
        ([Role.DATA_STEWARD], "clinic-a", NotAllowed),
        ([Role.ADMINISTRATOR, Role.ASSET_OWNER], "clinic-a", NotAllowed),
        ([Role.ADMINISTRATOR], "operator-o", NotAllowed),
        ([Role.RESEARCHER], "institute-x", NotAllowed),
        ([Role.CHECKER, Role.LAY_PANEL], "clinic-a", NotAllowed),
    )
    with write(engine) as session:
        world = a_snapshot(session, S.PROPOSED)
    for roles, organisation, family in cases:
        with write(engine) as session:
            other = a_person(session, roles, organisation)
        with pytest.raises(family), write(engine) as session:
            admit(session, world, actor=other)
    with read(engine) as session:
        assert queries.snapshot(session, world.snapshot.id).state == S.PROPOSED


def test_a_vote_is_about_what_was_on_the_screen(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PROPOSED)
    with pytest.raises(Conflict, match="not the one you looked at"), write(engine) as session:
        service.vote(
            session,
            world.owner,
            NOW,
            world.snapshot.id,
            seat="asset_owner",
            value="approve",
            digest=digest_of(b"another"),
        )


def test_sent_back_it_starts_a_new_round_and_old_votes_do_not_count(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PROPOSED)
        before = str(world.snapshot.digest)
        admit(session, world, "return", reason="The column age is in months.")
        snapshot = world.snapshot
        assert (snapshot.state, snapshot.round, snapshot.digest) == (S.RECEIVING, 2, None)
        assert "in months" in str(snapshot.reason)
        assert len(queries.files(session, snapshot.id)) == 1
        send(session, world, data=ROWS + b"P03,50\n")
        finish(session, world)
        verify(session, world)
        assert snapshot.digest != before
        assert snapshot.state == S.PROPOSED
        admit(session, world)
        assert snapshot.state == S.PLACING


def test_a_rejected_snapshot_says_why(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PROPOSED)
        admit(session, world, "reject", reason="We never agreed to share this year.")
        assert world.snapshot.state == S.REJECTED
        assert "never agreed" in str(world.snapshot.reason)


def test_a_review_that_lasts_too_long_goes_back_and_time_never_admits(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PROPOSED)
        days = policies().seats["dataset-admission"].rules.lapse_days
        assert service.lapse(session, NOW + (days - 1) * DAY, world.snapshot.id).state == S.PROPOSED
        assert service.lapse(session, NOW + days * DAY, world.snapshot.id).state == S.RECEIVING


def test_only_what_was_admitted_is_published(engine: Engine) -> None:
    states = (S.ANNOUNCED, S.RECEIVING, S.VERIFYING, S.PROPOSED, S.PUBLISHED)
    for number, at in enumerate(states):
        with write(engine) as session:
            world = a_snapshot(session, at, dataset=f"data-{number}")
        with pytest.raises(Conflict), write(engine) as session:
            service.record_placed(session, NOW, world.snapshot.id)


def test_broken_bytes_end_the_placing(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PLACING)
        service.reject(session, NOW, world.snapshot.id, "bytes_differ", "The bytes differ.")
        assert world.snapshot.state == S.REJECTED


def test_the_system_finds_its_work(engine: Engine) -> None:
    with write(engine) as session:
        for number, at in enumerate((S.RECEIVING, S.VERIFYING, S.PROPOSED, S.PLACING)):
            a_snapshot(session, at, dataset=f"data-{number}", now=NOW + timedelta(minutes=number))
        found = [row.state for row in queries.needing_work(session)]
        assert found == [S.VERIFYING, S.PLACING]


def test_equal_bytes_of_another_upload_are_still_awaited(engine: Engine) -> None:
    with write(engine) as session:
        first = a_snapshot(session, S.PLACING)
        same = {"label": "2026-2", "steward": first.steward, "owner": first.owner}
        second = a_snapshot(session, S.RECEIVING, **same)  # type: ignore[arg-type]
        for world in (first, second):
            assert queries.awaited(session) == {digest_of(ROWS)}
            service.withdraw(session, first.owner, NOW, world.snapshot.id, "A mistake.")
        assert queries.awaited(session) == frozenset()


def test_progress_never_passes_its_total(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.VERIFYING)
        for done, shown in ((5, 5), (10**9, len(ROWS))):
            service.record_progress(session, world.snapshot.id, done)
            assert world.snapshot.progress_done == shown


# who sees what


def test_before_publication_it_is_the_partner_s_own_matter(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PROPOSED)
        inside = [world.steward, world.owner, a_person(session, [Role.AUDITOR], "operator-o")]
        outside = [
            a_person(session, [Role.RESEARCHER], "clinic-a"),
            a_person(session, [Role.ASSET_OWNER], "clinic-b"),
        ]
        for actor in inside:
            assert [one.snapshot.id for one in queries.visible(session, actor)]
        for actor in outside:
            assert queries.visible(session, actor) == []
            for unknown in (world.snapshot.id, "s-nothing"):
                with pytest.raises(NotFound, match="no such snapshot"):
                    queries.detail(session, actor, unknown, NOW)


def test_after_publication_everybody_sees_it_but_not_its_report(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session)
        reader = a_person(session, [Role.RESEARCHER])
        seen = queries.detail(session, reader, world.snapshot.id, NOW)
        assert seen.report is None
        assert seen.uses == ()
        assert [file.path for file in seen.files] == ["flchain.csv"]
        assert not any(seen.may.values())
        assert queries.detail(session, world.owner, world.snapshot.id, NOW).report is not None


def test_what_a_page_offers_is_what_the_service_allows(engine: Engine) -> None:
    """The button and the refusal give the same answer."""
    acts: dict[str, Callable[[Session, SnapshotWorld, Actor], object]] = {
        "withdraw": lambda s, w, a: service.withdraw(s, a, NOW, w.snapshot.id, "A reason."),
        "retire": lambda s, w, a: service.retire(s, a, NOW, w.snapshot.id),
        "upload": lambda s, w, a: send(s, w, path="more.csv", actor=a),
        "vote:asset_owner": lambda s, w, a: admit(s, w, actor=a),
    }
    cases = 0
    states = (S.ANNOUNCED, S.RECEIVING, S.VERIFYING, S.PROPOSED, S.PLACING, S.PUBLISHED)
    for number, at in enumerate(states):
        with write(engine) as session:
            world = a_snapshot(session, at, dataset=f"data-{number}")
            stranger = a_person(session, [Role.DATA_STEWARD, Role.ASSET_OWNER], "clinic-b")
        for actor in (world.steward, world.owner, stranger):
            for name, act in acts.items():
                cases += 1
                assert _offered(engine, actor, world, name) == _allowed(engine, act, world, actor)
    assert cases == 72


def _offered(engine: Engine, actor: Actor, world: SnapshotWorld, name: str) -> bool:
    with read(engine) as session:
        try:
            may = queries.detail(session, actor, world.snapshot.id, NOW).may
        except NotFound:
            return False
        return name in may and bool(may[name])


class _Undo(Exception):
    pass


def _allowed(
    engine: Engine,
    act: Callable[[Session, SnapshotWorld, Actor], object],
    world: SnapshotWorld,
    actor: Actor,
) -> bool:
    try:
        with write(engine) as session:
            act(session, world, actor)
            raise _Undo
    except _Undo:
        return True
    except (NotAllowed, NotFound, Conflict):
        return False


# use and withdrawal


def _granted(session: Session, project: str) -> list[str]:
    return [one.snapshot_id for one in queries.granted_mounts(session, project)]


def test_a_granted_project_has_the_newest_published_version(engine: Engine) -> None:
    with write(engine) as session:
        old = a_snapshot(session)
        project = an_active_project(session).project.id
        assert _granted(session, project) == [old.snapshot.id]
        new = a_snapshot(
            session, label="2026-2", steward=old.steward, owner=old.owner, now=NOW + DAY
        )
        assert _granted(session, project) == [new.snapshot.id]
        pin_snapshot(session, NOW, project, "flchain", old.snapshot.id)
        assert _granted(session, project) == [old.snapshot.id]
        service.retire(session, old.owner, NOW, old.snapshot.id)
        assert _granted(session, project) == [old.snapshot.id]
        service.withdraw(session, old.owner, NOW, old.snapshot.id, "It was wrong.")
        assert _granted(session, project) == []


def test_a_halted_dataset_is_granted_to_nobody(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session)
        project = an_active_project(session).project.id
        halt(
            session,
            world.owner,
            NOW,
            scope="dataset",
            target="flchain",
            reason="A leak is suspected.",
            controller="clinic-a",
        )
        assert _granted(session, project) == []
        assert queries.facts(session, ["flchain"])["flchain"].halted


def test_withdrawal_names_who_used_it_and_ends_the_grant(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session)
        first, second, third = (an_active_project(session).project for _ in range(3))
        snapshot = world.snapshot.id
        for project in (first, second):
            service.record_mounted(session, NOW, snapshot, project.id)
        service.record_unmounted(session, NOW + DAY, snapshot, second.id)
        pin_snapshot(session, NOW, third.id, "flchain", snapshot)
        used = service.withdraw(session, world.owner, NOW + 2 * DAY, snapshot, "Consent withdrawn.")
        told = {use.slug: (use.since, use.until) for use in used}
        assert told == {
            first.slug: (NOW, None),
            second.slug: (NOW, NOW + DAY),
            third.slug: (None, None),
        }
        row = queries.snapshot(session, snapshot)
        assert (row.state, row.withdrawn_reason) == (S.WITHDRAWN, "Consent withdrawn.")
        assert _granted(session, first.id) == []
        assert queries.published(session, "flchain") is None
        assert queries.facts(session, ["flchain"])["flchain"].withdrawn


def test_a_withdrawal_needs_a_reason(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session)
    for reason in ("", "   "):
        with pytest.raises(Invalid), write(engine) as session:
            service.withdraw(session, world.owner, NOW, world.snapshot.id, reason)


def test_a_published_snapshot_is_withdrawn_by_its_owner_only(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session)
        others = [
            world.steward,
            a_person(session, [Role.ASSET_OWNER], "clinic-b"),
            a_person(session, [Role.ADMINISTRATOR], "clinic-a"),
        ]
    for actor in others:
        with pytest.raises(NotAllowed), write(engine) as session:
            service.withdraw(session, actor, NOW, world.snapshot.id, "Because.")


def test_mounts_are_recorded_as_a_whole_set(engine: Engine) -> None:
    with write(engine) as session:
        one = a_snapshot(session, dataset="one").snapshot
        two = a_snapshot(session, dataset="two").snapshot
        for moment, digests in enumerate(([one.digest], [one.digest, two.digest], [two.digest])):
            for _ in range(2):
                service.record_mounts(
                    session, NOW + moment * DAY, "p-1", [str(digest) for digest in digests]
                )
        rows = session.exec(select(Mounting).order_by(col(Mounting.since))).all()
        assert [(row.snapshot_id, row.since, row.until) for row in rows] == [
            (one.id, NOW, NOW + 2 * DAY),
            (two.id, NOW + DAY, None),
        ]
        assert queries.mounted(session, "p-1") == [two.id]
        assert _actions(session, one)[-2:] == ["snapshot.mount", "snapshot.dismount"]


def test_what_is_not_published_is_not_mounted(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PLACING)
    with pytest.raises(Conflict), write(engine) as session:
        service.record_mounted(session, NOW, world.snapshot.id, "p-1")


def test_projects_learn_of_a_dataset_once_it_was_published(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.PLACING)
        assert queries.facts(session, ["flchain", "nothing"]) == {}
        service.record_placed(session, NOW, world.snapshot.id)
        (facts,) = queries.facts(session, ["flchain", "nothing"]).values()
        assert (facts.slug, facts.controller, facts.withdrawn, facts.halted) == (
            "flchain",
            "clinic-a",
            False,
            False,
        )


def test_changed_manifest_bytes_in_the_database_are_found(engine: Engine) -> None:
    with write(engine) as session:
        snapshot = a_snapshot(session).snapshot
        snapshot.manifest = str(snapshot.manifest).replace(f'"size":{len(ROWS)}', '"size":1')
        with pytest.raises(Tampered):
            queries.manifest_of(snapshot)
        session.expunge(snapshot)


def test_a_file_is_named_by_a_real_digest(engine: Engine) -> None:
    with write(engine) as session:
        world = a_snapshot(session, S.ANNOUNCED)
    with pytest.raises(Invalid), write(engine) as session:
        service.receive(
            session,
            world.steward,
            NOW,
            world.snapshot.id,
            "a.csv",
            Frozen("../../etc/passwd", 1),  # type: ignore[arg-type]
        )
