"""Writes about datasets and snapshots. Bytes lie in the store before any of these is called."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from orchestrator.audit.log import append
from orchestrator.datasets import dictionary as dictionaries
from orchestrator.datasets import manifest as manifests
from orchestrator.datasets import queries, rules
from orchestrator.datasets.manifest import Manifest
from orchestrator.datasets.models import (
    Dataset,
    Mounting,
    Snapshot,
    SnapshotFile,
    SnapshotReport,
)
from orchestrator.datasets.states import Sensitivity, SnapshotState
from orchestrator.errors import Conflict, Invalid, NotAllowed, Tampered
from orchestrator.governance import queries as votes
from orchestrator.governance.seats import decide
from orchestrator.governance.service import cast, pin
from orchestrator.identity.models import Organisation
from orchestrator.identity.roles import demand
from orchestrator.lifecycle.advance import advance
from orchestrator.lifecycle.machine import Standing
from orchestrator.objectstore.paths import folded, safe_path, shown
from orchestrator.objectstore.port import Frozen
from orchestrator.outputs.codec import report_to_json
from orchestrator.outputs.model import Report
from orchestrator.policy.model import Policies
from orchestrator.values import (
    SYSTEM,
    Actor,
    Digest,
    JsonValue,
    canonical_json,
    digest_of,
    parse_digest,
    parse_slug,
)


def announce(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    dataset: str,
    label: str,
    dictionary: str,
    title: str = "",
    summary: str = "",
    partner: str = "",
    sensitivity: str = Sensitivity.PSEUDONYMISED.value,
) -> Snapshot:
    """Announce a version of a dataset, the dataset too if it is new; files may follow.

    Shape: `dictionary` is YAML or JSON text; `partner` defaults to the actor's organisation;
    `title`, `summary` and `sensitivity` are used for a new dataset only.
    Errors: NotAllowed for who is no steward of that partner; Invalid for a name, text or dictionary
    that needs mending; Conflict when the name is another partner's or the version is there.
    """
    demand(actor, "datasets.snapshot.announce")
    holder = partner or actor.organisation or ""
    _demand_steward(actor, holder)
    author = _person(actor)
    described = dictionaries.canonical(dictionary)
    row = _dataset(session, actor, now, parse_slug(dataset), holder, title, summary, sensitivity)
    version = rules.parse_label(label)
    _refuse_twin(session, row, version)
    snapshot = Snapshot(
        id=f"s-{uuid.uuid4().hex}",
        dataset_id=row.id,
        label=version,
        changed_at=now,
        dictionary=described,
        dictionary_digest=digest_of(described.encode()),
        announced_by=author,
        announced_at=now,
    )
    session.add(snapshot)
    session.flush()
    _log(session, snapshot, actor, now, "announce", digest=snapshot.dictionary_digest)
    return snapshot


def receive(
    session: Session, actor: Actor, now: datetime, snapshot_id: str, path: str, frozen: Frozen
) -> SnapshotFile:
    """Note a file that lies frozen in `inbox`; an upload may stop and go on at any file.

    Shape: the same path and bytes again change nothing; the same path with other bytes replaces
    them while files are received.
    Errors: NotFound; NotAllowed for who is no steward of the partner; Conflict once the upload was
    finished; Invalid for a path that cannot be one, or that is another's twin.
    """
    demand(actor, "datasets.snapshot.upload")
    snapshot, _ = queries.demand_upload(session, actor, snapshot_id)
    name = safe_path(path)
    digest = parse_digest(frozen.digest)
    if snapshot.state != SnapshotState.RECEIVING:
        advance(session, snapshot, "receive", standing=Standing.STEWARD, actor=actor, now=now)
    found = session.exec(
        select(SnapshotFile).where(
            SnapshotFile.snapshot_id == snapshot_id, SnapshotFile.path_key == folded(name)
        )
    ).one_or_none()
    if found is None:
        found = SnapshotFile(
            snapshot_id=snapshot_id,
            path=name,
            path_key=folded(name),
            digest=digest,
            size=frozen.size,
            received_at=now,
        )
        snapshot.progress_done += frozen.size
    elif found.path != name:
        raise Invalid(
            f"{shown(name)} and the received file {shown(found.path)} would be the same file on "
            "some computers. Rename one of them.",
            code="twin_path",
        )
    elif found.digest != digest:
        _log(session, snapshot, actor, now, "replace_file", digest=digest, said={"path": name})
        snapshot.progress_done += frozen.size - found.size
        found.digest, found.size, found.received_at = digest, frozen.size, now
    session.add(found)
    session.add(snapshot)
    session.flush()
    return found


def finish_upload(
    session: Session,
    actor: Actor,
    now: datetime,
    snapshot_id: str,
    *,
    files: int | None = None,
    expected: Mapping[str, rules.Expected] | None = None,
) -> Snapshot:
    """Fix the files of a snapshot under one digest and hand it over for verification.

    Shape: `files` is how many the sender sent; `expected` what each of them is.
    Errors: Invalid when something is missing, cut or not described, with every reason; what has
    arrived stays, so that only the rest must be sent again.
    """
    demand(actor, "datasets.snapshot.upload")
    snapshot, dataset = queries.demand_upload(session, actor, snapshot_id)
    received = queries.files(session, snapshot_id)
    _demand_complete(snapshot, received, files, expected)
    manifest = _manifest(snapshot, dataset, received)
    snapshot.manifest, snapshot.digest = manifest.spelled().decode(), manifest.digest()
    snapshot.progress_done, snapshot.progress_total = 0, sum(file.size for file in received)
    session.add(snapshot)
    advance(
        session,
        snapshot,
        "finish",
        standing=Standing.STEWARD,
        actor=actor,
        now=now,
        digest=snapshot.digest,
        detail={"files": len(received), "bytes": snapshot.progress_total},
    )
    return snapshot


def record_progress(session: Session, snapshot_id: str, done: int) -> None:
    """Note how many bytes are verified or placed, for pages to show; not audited."""
    snapshot = queries.snapshot(session, snapshot_id)
    snapshot.progress_done = min(done, snapshot.progress_total)
    session.add(snapshot)


def record_verification(
    session: Session,
    now: datetime,
    snapshot_id: str,
    report: Report,
    *,
    policies: Policies,
    index: str,
) -> Snapshot:
    """Take in what the check worker said: propose the snapshot to its owner, or reject it.

    Shape: `index` names the linkage index that was built, see `verify.index_name`.
    Errors: Tampered when the report is about other bytes; Conflict when it is not being verified.
    Source: design properties 3 and 5.
    """
    snapshot = queries.snapshot(session, snapshot_id)
    snapshot.MACHINE.next(snapshot.state, "propose", Standing.SYSTEM)
    manifest = queries.manifest_of(snapshot)
    if not rules.same_files(report, manifest):
        raise Tampered(
            "The check report speaks of other files than those that were received. Nothing was "
            "proposed. Tell the administrator now.",
            code="report_differs",
        )
    against = rules.against_report(report, manifest)
    snapshot.report_digest = _store_report(session, snapshot, report, now)
    snapshot.facts = None if report.facts is None else canonical_json(report.facts).decode()
    snapshot.index_name = None if against else index
    if against:
        return reject(session, now, snapshot_id, "not_verified", rules.told(against))
    policy = policies.seats[rules.POLICY]
    snapshot.policy_digest, snapshot.proposed_at = pin(session, policy, now), now
    snapshot.progress_done = snapshot.progress_total
    session.add(snapshot)
    _move(session, snapshot, "propose", now, detail={"report": snapshot.report_digest})
    return snapshot


def reject(
    session: Session, now: datetime, snapshot_id: str, reason_code: str, reason: str
) -> Snapshot:
    """End a snapshot that cannot be verified or placed, with a sentence for its steward."""
    snapshot = queries.snapshot(session, snapshot_id)
    _move(session, snapshot, "reject", now, reason_code=reason_code, reason=reason)
    return snapshot


def vote(
    session: Session,
    actor: Actor,
    now: datetime,
    snapshot_id: str,
    *,
    seat: str,
    value: str,
    reason: str = "",
    digest: str,
    conditions: Sequence[str] = (),
) -> Snapshot:
    """Take one vote on a proposed snapshot, and move it when the seats have agreed.

    Shape: `digest` is the snapshot as it was on the voter's screen.
    Errors: NotFound; NotAllowed with every reason, the announcer's own vote among them; Conflict
    when it is not proposed or has changed since it was looked at; Invalid for the vote itself.
    Source: governance section 2.
    """
    demand(actor, "datasets.snapshot.vote")
    snapshot, dataset = queries.demand_visible(session, actor, snapshot_id)
    snapshot.MACHINE.next(snapshot.state, "admit", Standing.REVIEWER)
    if digest != snapshot.digest:
        raise Conflict(
            "This snapshot is not the one you looked at: its files were sent anew. Open its page "
            "again and decide about what is there now.",
            code="other_digest",
        )
    subject = queries.subject(snapshot, dataset)
    policy = votes.pinned(session, queries.policy_of(snapshot))
    cast(
        session,
        actor,
        now,
        policy=policy,
        subject=subject,
        seat=seat,
        value=value,
        reason=reason,
        conditions=conditions,
        report_digest=snapshot.report_digest,
    )
    _settle(session, snapshot, dataset, now, actor, Standing.REVIEWER)
    return snapshot


def lapse(session: Session, now: datetime, snapshot_id: str) -> Snapshot:
    """Send a proposed snapshot back when its review has lasted too long; before that, nothing."""
    snapshot = queries.snapshot(session, snapshot_id)
    if snapshot.state == SnapshotState.PROPOSED:
        dataset = queries.dataset_of(session, snapshot)
        _settle(session, snapshot, dataset, now, SYSTEM, Standing.SYSTEM)
    return snapshot


def record_placed(session: Session, now: datetime, snapshot_id: str) -> Snapshot:
    """Publish a snapshot whose files lie in `snapshots` and whose tree is built.

    Errors: Conflict when it was not admitted.
    """
    snapshot = queries.snapshot(session, snapshot_id)
    snapshot.MACHINE.next(snapshot.state, "publish", Standing.SYSTEM)
    snapshot.published_at = now
    snapshot.progress_done = snapshot.progress_total
    session.add(snapshot)
    _move(session, snapshot, "publish", now)
    return snapshot


def record_index(session: Session, snapshot_id: str, name: str) -> None:
    """Name the index that was built anew, in the form that indexes have now, for a snapshot."""
    snapshot = queries.snapshot(session, snapshot_id)
    snapshot.index_name = name
    session.add(snapshot)


def retire(session: Session, actor: Actor, now: datetime, snapshot_id: str) -> Snapshot:
    """Give a published snapshot to no new project; those that have it keep it.

    Errors: NotFound; NotAllowed for who is neither owner nor steward; Conflict.
    """
    demand(actor, "datasets.snapshot.retire")
    snapshot, dataset = queries.demand_visible(session, actor, snapshot_id)
    who = rules.standing(actor, dataset.partner, (Standing.OWNER, Standing.STEWARD))
    advance(session, snapshot, "retire", standing=who, actor=actor, now=now, digest=snapshot.digest)
    return snapshot


def withdraw(
    session: Session, actor: Actor, now: datetime, snapshot_id: str, reason: str
) -> list[queries.Use]:
    """Take a snapshot back: no workspace may have it any more. Says who has or had it.

    Shape: the mounts end by the reconciler, which reads what is granted at each turn.
    Errors: NotFound; NotAllowed for who is not the owner (a steward may before publication);
    Invalid without a reason; Conflict when it ended already.
    """
    demand(actor, "datasets.snapshot.withdraw")
    snapshot, dataset = queries.demand_visible(session, actor, snapshot_id)
    who = rules.standing(actor, dataset.partner, (Standing.OWNER, Standing.STEWARD))
    words = rules.parse_words(
        reason, "in a sentence why, for those who used it", rules.REASON_CHARACTERS
    )
    used = queries.used_by(session, snapshot_id)
    snapshot.MACHINE.next(snapshot.state, "withdraw", who)
    snapshot.withdrawn_at, snapshot.withdrawn_by = now, _person(actor)
    snapshot.withdrawn_reason = words
    session.add(snapshot)
    projects: list[JsonValue] = [*sorted({use.project_id for use in used})]
    advance(
        session,
        snapshot,
        "withdraw",
        standing=who,
        actor=actor,
        now=now,
        digest=snapshot.digest,
        reason_code="withdrawn",
        reason=words,
        detail={"used_by": projects},
    )
    return used


def record_mounts(
    session: Session, now: datetime, project_id: str, digests: Collection[str]
) -> None:
    """Note the whole set of snapshots that a project's workspace has from now on.

    Errors: Conflict for a snapshot that may not be mounted.
    """
    before = queries.mounted(session, project_id)
    wanted = {queries.by_digest(session, digest).id for digest in digests}
    for snapshot_id in sorted(set(before) - wanted):
        record_unmounted(session, now, snapshot_id, project_id)
    for snapshot_id in sorted(wanted - set(before)):
        record_mounted(session, now, snapshot_id, project_id)


def record_mounted(session: Session, now: datetime, snapshot_id: str, project_id: str) -> None:
    """Note that a project's workspace has a snapshot from now on; noting it twice is once.

    Errors: Conflict for a snapshot that may not be mounted.
    """
    snapshot = queries.snapshot(session, snapshot_id)
    if _open_mounting(session, snapshot_id, project_id) is not None:
        return
    if not queries.mountable(snapshot):
        raise Conflict("This snapshot is not published; it cannot be mounted.", code="wrong_state")
    session.add(
        Mounting(
            id=f"m-{uuid.uuid4().hex}", snapshot_id=snapshot_id, project_id=project_id, since=now
        )
    )
    session.flush()
    _log(session, snapshot, SYSTEM, now, "mount", digest=snapshot.digest, project=project_id)


def record_unmounted(session: Session, now: datetime, snapshot_id: str, project_id: str) -> None:
    """Note that a project's workspace has a snapshot no longer; noting it twice is once."""
    row = _open_mounting(session, snapshot_id, project_id)
    if row is None:
        return
    row.until = now
    session.add(row)
    snapshot = queries.snapshot(session, snapshot_id)
    _log(session, snapshot, SYSTEM, now, "dismount", digest=snapshot.digest, project=project_id)


def _dataset(
    session: Session,
    actor: Actor,
    now: datetime,
    slug: str,
    partner: str,
    title: str,
    summary: str,
    sensitivity: str,
) -> Dataset:
    found = session.exec(select(Dataset).where(Dataset.slug == slug)).one_or_none()
    if found is not None:
        if found.partner != partner:
            raise Conflict(
                f"The name {slug} belongs to a dataset of another partner. Choose another name.",
                code="name_taken",
            )
        return found
    demand(actor, "datasets.dataset.register")
    holder = session.get(Organisation, partner)
    if holder is None or not holder.partner:
        raise Invalid(
            f"{shown(partner)} is not a partner of this alliance, so it holds no datasets here.",
            code="not_a_partner",
        )
    row = Dataset(
        id=f"d-{uuid.uuid4().hex}",
        slug=slug,
        title=rules.parse_words(title or slug, "a title", rules.TITLE_CHARACTERS),
        summary=rules.parse_words(summary or title or slug, "a summary", rules.SUMMARY_CHARACTERS),
        partner=partner,
        sensitivity=rules.parse_sensitivity(sensitivity).value,
        created_by=_person(actor),
        created_at=now,
    )
    session.add(row)
    session.flush()
    append(
        session,
        action="dataset.register",
        actor=actor,
        now=now,
        object_type="dataset",
        object_id=row.id,
        detail={"slug": slug, "partner": partner, "sensitivity": row.sensitivity},
    )
    return row


def _refuse_twin(session: Session, dataset: Dataset, label: str) -> None:
    same = select(Snapshot).where(Snapshot.dataset_id == dataset.id, Snapshot.label == label)
    for row in session.exec(same):
        if not rules.free_again(row.state, was_published=row.published_at is not None):
            raise Conflict(
                f"Version {label} of {dataset.slug} is announced already and is {row.state}. Go on "
                "with that one, or choose another version label.",
                code="label_taken",
            )


def _demand_complete(
    snapshot: Snapshot,
    received: Sequence[SnapshotFile],
    files: int | None,
    expected: Mapping[str, rules.Expected] | None,
) -> None:
    what = {file.path: (file.size, Digest(file.digest)) for file in received}
    kept = "Nothing that arrived is lost; send the rest and finish again."
    if files is not None and files != len(received):
        raise Invalid(
            f"{len(received)} files arrived and you say {files}. {kept}", code="upload_incomplete"
        )
    if expected is not None:
        rules.demand_none(
            rules.shortfall(what, expected),
            f"The upload is not complete. {kept}",
            "upload_incomplete",
        )
    described = dictionaries.tables(queries.dictionary_of(snapshot))
    rules.demand_none(
        rules.undescribed(described, what),
        f"The files do not fit the data dictionary. {kept}",
        "not_described",
    )


def _manifest(snapshot: Snapshot, dataset: Dataset, received: Sequence[SnapshotFile]) -> Manifest:
    return manifests.make(
        dataset.slug,
        snapshot.label,
        dataset.partner,
        Digest(snapshot.dictionary_digest),
        [manifests.Entry(file.path, Digest(file.digest), file.size) for file in received],
    )


def _store_report(session: Session, snapshot: Snapshot, report: Report, now: datetime) -> Digest:
    body = canonical_json(report_to_json(report))
    digest = digest_of(body)
    if session.get(SnapshotReport, digest) is None:
        session.add(
            SnapshotReport(
                digest=digest,
                snapshot_id=snapshot.id,
                round=snapshot.round,
                body=body.decode(),
                made_at=now,
            )
        )
        session.flush()
    return digest


def _settle(
    session: Session,
    snapshot: Snapshot,
    dataset: Dataset,
    now: datetime,
    actor: Actor,
    standing: Standing,
) -> None:
    """Sum the votes and make the move they ask for, if they ask for one."""
    subject = queries.subject(snapshot, dataset)
    policy = votes.pinned(session, queries.policy_of(snapshot))
    outcome = decide(policy, subject, votes.ballots(session, subject), now)
    event = rules.event_of(outcome)
    if event is None:
        return
    reasons = queries.reasons_of(outcome)
    advance(
        session,
        snapshot,
        event,
        standing=standing,
        actor=actor,
        now=now,
        reason_code=None if event == "admit" else "review",
        reason=rules.told(reasons) or None,
        digest=snapshot.digest,
        policy_digest=policy.digest,
        detail={"round": snapshot.round},
    )
    if snapshot.state == SnapshotState.RECEIVING:
        _begin_round(session, snapshot)
    elif snapshot.state == SnapshotState.PLACING:
        snapshot.progress_done = 0
        session.add(snapshot)


def _begin_round(session: Session, snapshot: Snapshot) -> None:
    """Sent back: the files stay, their common name and all votes on it are gone."""
    snapshot.round += 1
    snapshot.manifest = snapshot.digest = snapshot.index_name = None
    snapshot.policy_digest = snapshot.proposed_at = None
    snapshot.progress_done, snapshot.progress_total = snapshot.progress_total, 0
    session.add(snapshot)
    session.flush()


def _move(
    session: Session,
    snapshot: Snapshot,
    event: str,
    now: datetime,
    *,
    reason_code: str | None = None,
    reason: str | None = None,
    detail: dict[str, JsonValue] | None = None,
) -> None:
    advance(
        session,
        snapshot,
        event,
        standing=Standing.SYSTEM,
        actor=SYSTEM,
        now=now,
        reason_code=reason_code,
        reason=reason,
        digest=snapshot.digest,
        policy_digest=snapshot.policy_digest,
        detail=detail,
    )


def _open_mounting(session: Session, snapshot_id: str, project_id: str) -> Mounting | None:
    return session.exec(
        select(Mounting).where(
            Mounting.snapshot_id == snapshot_id,
            Mounting.project_id == project_id,
            col(Mounting.until).is_(None),
        )
    ).one_or_none()


def _demand_steward(actor: Actor, partner: str) -> None:
    if rules.standing(actor, partner, (Standing.STEWARD,)) is Standing.STRANGER:
        raise NotAllowed(
            f"Only a data steward of {partner or 'the partner'} may announce its data, and you are "
            "not one. Ask one of them, or ask an administrator for the role.",
            code="not_steward",
        )


def _person(actor: Actor) -> str:
    if actor.person is None:
        raise NotAllowed("Only a person who is signed in may do this.", code="not_a_person")
    return actor.person


def _log(
    session: Session,
    snapshot: Snapshot,
    actor: Actor,
    now: datetime,
    event: str,
    *,
    digest: str | None = None,
    project: str | None = None,
    said: dict[str, JsonValue] | None = None,
) -> None:
    append(
        session,
        action=f"snapshot.{event}",
        actor=actor,
        now=now,
        object_type="snapshot",
        object_id=snapshot.id,
        object_digest=digest,
        project=project,
        detail=said,
    )
