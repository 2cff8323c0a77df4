"""Pictures written again before they are judged: what people see, vote on and get is ours.

The reconciler has each picture of a draft or of a request under check written again in an opener's
sandbox, and freezes what came of it. From then on that file *is* the new bytes, under its own
name, for the check, the votes, the ledger, the record and the release; the old ones stay in
`quarantine` as evidence and never move on. Once people may have looked nothing is rewritten.
Source: design property 3; outputs 6.4; decision 0029.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from orchestrator.airlock import rules
from orchestrator.airlock.models import Check, CheckFile, CheckKind, File, Request, RewrittenFile
from orchestrator.airlock.rounds import present_files
from orchestrator.airlock.states import UNSEEN
from orchestrator.audit.log import append
from orchestrator.objectstore.port import Frozen
from orchestrator.outputs.model import FileReport, Finding, RuleResult, Verdict, Where, worst
from orchestrator.outputs.readers.formats import by_extension
from orchestrator.outputs.rules.bytes_read import RULE as BYTES_READ
from orchestrator.values import SYSTEM, parse_digest

_PICTURES = frozenset({"png", "jpeg", "tiff"})
_SAY = (
    "Pictures leave only as we wrote them again, and this one could not be written so. Save it "
    "again as a plain PNG of one frame; a picture that is too large can be made smaller."
)


@dataclass(frozen=True)
class Again:
    """What came of one picture: the digest it had, the frozen new bytes, what is not in them.

    Units: `loose` in bytes that belonged to nothing, `others` in texts, thumbnails and the like.
    """

    original: str
    frozen: Frozen
    loose: int
    others: int


def is_picture(path: str) -> bool:
    """Say whether a file of this name is written again before it may leave."""
    return by_extension(path) in _PICTURES


def waiting(session: Session, check_id: str) -> list[File]:
    """List the pictures of a check that have to be written again before it may read them."""
    covered = session.exec(
        select(File)
        .join(CheckFile, col(CheckFile.file_id) == File.id)
        .join(Check, col(Check.id) == CheckFile.check_id)
        .where(
            Check.id == check_id,
            Check.kind != CheckKind.RELEASE,
            col(File.id).not_in(select(RewrittenFile.file_id)),
        )
        .order_by(File.path)
    ).all()
    return [file for file in covered if is_picture(file.path) and _may(session, file)]


def record(session: Session, now: datetime, check_id: str, found: Mapping[str, Again]) -> None:
    """Let files be their rewritten bytes from now on, in every check that has not answered yet.

    Shape: `found` maps file ids. What changed meanwhile or was seen by people is left as it is, so
    that doing it twice is once. A submitted round gets another subject; nobody has voted on it.
    """
    for file_id, again in found.items():
        file = session.get(File, file_id)
        if file is None or file.digest != again.original or not _may(session, file):
            continue
        if session.get(RewrittenFile, file_id) is None:
            _become(session, now, check_id, file, again)


def originals(session: Session, files: Iterable[File]) -> dict[str, RewrittenFile]:
    """Find what rewritten files were before, by file id."""
    ids = [file.id for file in files]
    rows = session.exec(select(RewrittenFile).where(col(RewrittenFile.file_id).in_(ids)))
    return {row.file_id: row for row in rows}


def judged(session: Session, file: File, report: FileReport) -> FileReport:
    """Call a picture that was not written again what it is: could not check.

    Source: design property 5; its bytes may hold what no page shows.
    """
    if not is_picture(file.path) or session.get(RewrittenFile, file.id) is not None:
        return report
    finding = Finding(
        BYTES_READ.id,
        Verdict.COULD_NOT_CHECK,
        Where(file.path, start=0, end=file.size),
        f"{file.path}: the picture was not written again",
        _SAY,
    )
    results = tuple(_with(one, finding) for one in report.results)
    if not any(one.rule == BYTES_READ.id for one in results):
        held = RuleResult(BYTES_READ.id, BYTES_READ.version, finding.severity, (finding,))
        results = (*results, held)
    return replace(report, results=results, verdict=worst([report.verdict, finding.severity]))


def _with(result: RuleResult, finding: Finding) -> RuleResult:
    """Add a finding to the result of its rule."""
    if result.rule != finding.rule:
        return result
    verdict = worst([result.verdict, finding.severity])
    return replace(result, verdict=verdict, findings=(*result.findings, finding))


def _may(session: Session, file: File) -> bool:
    row = session.get(Request, file.request_id)
    return row is not None and row.state in UNSEEN and file.removed_at is None


def _become(session: Session, now: datetime, check_id: str, file: File, again: Again) -> None:
    row = session.get_one(Request, file.request_id)
    new = parse_digest(again.frozen.digest)
    session.add(
        RewrittenFile(
            file_id=file.id,
            original=file.digest,
            original_size=file.size,
            loose=again.loose,
            others=again.others,
            at=now,
        )
    )
    row.size += again.frozen.size - file.size
    file.digest, file.size = new, again.frozen.size
    for part in _unanswered(session, file):
        part.digest = new
    session.flush()
    if row.subject is not None:
        subjects = [one.subject for one in present_files(session, row.id)]
        row.subject = rules.request_subject(subjects, row.round)
    append(
        session,
        action="airlock.picture_rewritten",
        actor=SYSTEM,
        now=now,
        object_type="airlock file",
        object_id=file.id,
        object_digest=new,
        project=row.project_id,
        detail={
            "request": row.id,
            "round": row.round,
            "check": check_id,
            "original": again.original,
            "loose": again.loose,
            "others": again.others,
        },
    )


def _unanswered(session: Session, file: File) -> Iterable[CheckFile]:
    return session.exec(
        select(CheckFile)
        .join(Check, col(Check.id) == CheckFile.check_id)
        .where(CheckFile.file_id == file.id, col(Check.done_at).is_(None))
    ).all()
