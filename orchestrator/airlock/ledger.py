"""The release ledger: every count that left or is about to, and what a new table adds to it.

The one place that writes the ledger's rows. Counts come from the judge's report and are compared
here, by the database's index, in the transaction that records a check or a release: two requests
decided at the same moment meet under the writer's lock, and the second is compared with the first.
What comes of it is said to checkers only.
Source: outputs 6.2; decision 0013.
"""

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Float, column, delete, func, values
from sqlmodel import Session, col, or_, select

from orchestrator.airlock import rules
from orchestrator.airlock.models import (
    File,
    LedgerCell,
    LedgerSource,
    LedgerTable,
    Request,
)
from orchestrator.airlock.states import PENDING
from orchestrator.datasets import queries as datasets
from orchestrator.outputs.differencing import cuts
from orchestrator.outputs.facts import Coordinates, Fact, FactTable, signature
from orchestrator.outputs.in_words import edges, words_of
from orchestrator.outputs.ledger import Counts, table_from_json, table_to_json
from orchestrator.outputs.model import FileReport, RuleResult, Verdict, worst
from orchestrator.outputs.released import Earlier, compare
from orchestrator.outputs.rules.releases import LEDGER_RULES
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import canonical_json

_CHUNK = 400


@dataclass(frozen=True)
class Lineage:
    """What a project's tables may be about: dataset slugs, each with the snapshots it had."""

    snapshots: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Related:
    """A table of another request that comes near to a file's: in how many counts, and whose it is.

    Shape: `earlier` names it for checkers; `file_id` and `request_id` say where it came from;
    `released_at` is None while it waits.
    """

    table_id: str
    request_id: str
    file_id: str
    earlier: Earlier
    released_at: datetime | None
    near: int


@dataclass(frozen=True)
class _Wanted:
    lookup: int
    value: float | None
    fact: Fact


def lineage(session: Session, project_id: str) -> Lineage:
    """Say which datasets a project's tables may be about."""
    found: dict[str, set[str]] = defaultdict(set)
    for granted in datasets.granted_or_had(session, project_id):
        found[granted.dataset].add(granted.digest)
    return Lineage({slug: frozenset(digests) for slug, digests in found.items()})


def propose(session: Session, file: File, project_id: str, counts: Counts, now: datetime) -> None:
    """Keep the counts of a submitted file as pending; those of an earlier check are replaced.

    Shape: what was released already stays as it was.
    """
    if _released(session, file.id):
        return
    _forget(session, [LedgerTable.file_id == file.id])
    known = lineage(session, project_id)
    for place, table in enumerate(counts.tables):
        row = LedgerTable(
            id=f"lt-{uuid.uuid4().hex}",
            request_id=file.request_id,
            file_id=file.id,
            project_id=project_id,
            place=place,
            base=table.base,
            body=canonical_json(table_to_json(table)).decode(),
            proposed_at=now,
        )
        session.add(row)
        session.flush()
        _write_cells(session, row, table, known)


def seal(session: Session, request_id: str, file_ids: Iterable[str], now: datetime) -> None:
    """Mark the tables of released files as released, in the transaction that releases them.

    Shape: what else the request had pending is forgotten.
    """
    kept = list(file_ids)
    rows = session.exec(
        select(LedgerTable).where(
            LedgerTable.request_id == request_id, col(LedgerTable.file_id).in_(kept)
        )
    )
    for row in rows:
        row.released_at = row.released_at or now
    session.flush()
    _forget(
        session,
        [LedgerTable.request_id == request_id, col(LedgerTable.released_at).is_(None)],
    )


def judged(
    session: Session,
    file: File,
    report: FileReport,
    counts: Counts | None,
    policy: OutputsPolicy,
    *,
    pending: bool,
) -> FileReport:
    """Put what the ledger says about a file in place of what its pre-check could not say.

    Shape: `pending` compares with what waits in other requests too. A report without its counts
    was not compared, and says so: that is no pass.
    """
    said = (
        {one.rule: one for one in results(session, file, counts, policy, pending=pending)}
        if counts is not None
        else {one.rule: _uncounted(one) for one in report.results if one.rule in LEDGER_RULES}
    )
    kept = [one for one in report.results if one.rule not in LEDGER_RULES]
    found = (*kept, *said.values())
    return replace(report, results=found, verdict=worst([one.verdict for one in found]))


def _uncounted(result: RuleResult) -> RuleResult:
    reason = "The check gave no counts of this file, so it was not compared with earlier releases."
    return replace(result, verdict=Verdict.COULD_NOT_CHECK, reason=reason)


def results(
    session: Session, file: File, counts: Counts, policy: OutputsPolicy, *, pending: bool
) -> tuple[RuleResult, ...]:
    """Compare a file's counts with all that left, and say what each rule of the ledger found."""
    request = session.get(Request, file.request_id)
    assert request is not None, "a file belongs to a request"
    known = lineage(session, request.project_id)
    hits = candidates(session, counts.tables, known, policy, request.id, pending=pending)
    nearest = [table for table, _ in hits.most_common(policy.ledger.tables)]
    earlier = _load(session, nearest, known)
    unfinished = None
    if counts.cut:
        unfinished = "This file holds more counts than are compared with earlier releases."
    elif len(hits) > len(nearest):
        unfinished = f"More than {len(nearest)} earlier tables come near to this one."
    return compare(counts.tables, earlier, policy, unfinished=unfinished)


def worse(session: Session, files: Iterable[File], policy: OutputsPolicy) -> list[File]:
    """List files that now conflict with what left since they were reviewed.

    Shape: only what left counts here, so that of two requests decided at one moment the first
    goes and the second comes back.
    """
    found = []
    for file in files:
        counts = stored(session, file.id)
        if counts is not None:
            said = results(session, file, counts, policy, pending=False)
            verdict = worst([one.verdict for one in said])
            if file.worst is None or not rules.stands(file.worst, verdict):
                found.append(file)
    return found


def related(session: Session, file: File, counts: Counts, policy: OutputsPolicy) -> list[Related]:
    """List the tables that left or wait and come near to a file's, the nearest first.

    Shape: those that `results` compares at submission, no more.
    """
    request = session.get_one(Request, file.request_id)
    known = lineage(session, request.project_id)
    hits = candidates(session, counts.tables, known, policy, request.id, pending=True)
    nearest = [table for table, _ in hits.most_common(policy.ledger.tables)]
    return [
        Related(row.id, row.request_id, row.file_id, one, row.released_at, hits[row.id])
        for row, one in _rows(session, nearest, known)
    ]


def candidates(
    session: Session,
    tables: Sequence[FactTable],
    known: Lineage,
    policy: OutputsPolicy,
    request_id: str,
    *,
    pending: bool,
) -> Counter[str]:
    """Find the earlier tables that come near to some tables: table id → in how many counts."""
    wanted = _wanted(tables, known)
    return _candidates(session, wanted, policy.counts.minimum, request_id, pending)


def stored(session: Session, file_id: str) -> Counts | None:
    """Read a file's counts back from the ledger; None where it has none."""
    rows = session.exec(
        select(LedgerTable.body).where(LedgerTable.file_id == file_id).order_by(
            col(LedgerTable.place))
    ).all()  # fmt: skip
    return Counts(tuple(table_from_json(json.loads(body)) for body in rows)) if rows else None


def has_counts(session: Session, file_id: str) -> bool:
    """Say whether a file has counts that earlier ones can stand beside."""
    query = select(LedgerTable.id).where(LedgerTable.file_id == file_id).limit(1)
    return session.exec(query).first() is not None


def _released(session: Session, file_id: str) -> bool:
    query = select(LedgerTable.id).where(
        LedgerTable.file_id == file_id, col(LedgerTable.released_at).is_not(None)
    )
    return session.exec(query.limit(1)).first() is not None


def _forget(session: Session, which: Sequence[ColumnElement[bool] | bool]) -> None:
    ids = session.exec(select(LedgerTable.id).where(*which)).all()
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        session.execute(delete(LedgerCell).where(col(LedgerCell.table_id).in_(some)))
        session.execute(delete(LedgerSource).where(col(LedgerSource.table_id).in_(some)))
        session.execute(delete(LedgerTable).where(col(LedgerTable.id).in_(some)))


def _write_cells(session: Session, row: LedgerTable, table: FactTable, known: Lineage) -> None:
    session.add_all(
        LedgerSource(table_id=row.id, dataset=slug, snapshot=digest)
        for slug, digests in known.snapshots.items()
        for digest in sorted(digests)
    )
    for slug in known.snapshots:
        session.add_all(
            LedgerCell(
                table_id=row.id,
                dataset=slug,
                place=place,
                lookup=one.lookup,
                value=one.value,
                derived=one.fact.derived,
            )
            for place, one in enumerate(_looked_up(table, slug))
        )
    session.flush()


def _looked_up(table: FactTable, slug: str) -> Iterator[_Wanted]:
    """Name all counts of a table on one dataset: shown, added up, below an end, and hidden.

    Shape: a hidden count is found by its totals too, which another table may print; those of a
    sentence or a small table by their first and last word.
    """
    for (measure, coordinates), fact in table.visible.items():
        yield _Wanted(signature(f"{slug}\x1d{measure}", coordinates), fact.low, fact)
    for fact in table.facts:
        if fact.hidden:
            for measure, coordinates in (fact.key, *_parents(fact)):
                yield _Wanted(signature(f"{slug}\x1d{measure}", coordinates), None, fact)
    if table.base == 1:
        for (measure, coordinates), ends in cuts(table).items():
            for _, below, fact in ends:
                yield _Wanted(signature(f"{slug}\x1d<{measure}", coordinates), below, fact)
    for fact, words in words_of(table):
        for place, word in zip(("first", "last"), edges(words), strict=True):
            yield _Wanted(signature(f"{slug}\x1d{place} word", ((word, ""),)), fact.low, fact)


def _wanted(tables: Sequence[FactTable], known: Lineage) -> list[_Wanted]:
    found: dict[tuple[int, float | None], _Wanted] = {}
    for slug in known.snapshots:
        for table in tables:
            for one in _looked_up(table, slug):
                found.setdefault((one.lookup, one.value), one)
    return list(found.values())


def _parents(fact: Fact) -> list[tuple[str, Coordinates]]:
    return [
        replace(fact, coordinates=tuple(one for one in fact.coordinates if one[0] != variable)).key
        for variable in fact.variables
    ]


def _candidates(
    session: Session, wanted: Sequence[_Wanted], least: int, request_id: str, pending: bool
) -> Counter[str]:
    """Count for each earlier table how many of its counts come near, or hide, or are hidden.

    Shape: a count that is the same there tells nothing new; one that differs by less than the
    threshold does. Found by index, whatever the ledger holds, and counted by the database: a limit
    of rows would let one popular table hide another.
    """
    found: Counter[str] = Counter()
    shown = [one for one in wanted if one.value is not None]
    hidden = [one for one in wanted if one.value is None]
    for start in range(0, len(shown), _CHUNK):
        found.update(_near(session, shown[start : start + _CHUNK], least, request_id, pending))
    for some, extra in (
        (shown, [col(LedgerCell.value).is_(None)]),
        (hidden, [col(LedgerCell.value).is_not(None)]),
    ):
        for start in range(0, len(some), _CHUNK):
            lookups = [one.lookup for one in some[start : start + _CHUNK]]
            query = (
                select(LedgerCell.table_id, func.count())
                .join(LedgerTable, col(LedgerTable.id) == LedgerCell.table_id)
                .join(Request, col(Request.id) == LedgerTable.request_id)
                .where(col(LedgerCell.lookup).in_(lookups), *extra)
                .where(*_counts(request_id, pending))
                .group_by(LedgerCell.table_id)
            )
            found.update(dict(session.exec(query).all()))
    return found


def _near(
    session: Session, some: Sequence[_Wanted], least: int, request_id: str, pending: bool
) -> dict[str, int]:
    span = max(least, 10)
    rows = [
        (one.lookup, one.value - span, one.value + span, one.value)
        for one in some
        if one.value is not None
    ]
    asked = (
        values(
            column("lookup", BigInteger),
            column("low", Float),
            column("high", Float),
            column("own", Float),
        )
        .data(rows)
        .cte("asked")
    )
    query = (
        select(LedgerCell.table_id, func.count())
        .join(asked, asked.c.lookup == LedgerCell.lookup)
        .join(LedgerTable, col(LedgerTable.id) == LedgerCell.table_id)
        .join(Request, col(Request.id) == LedgerTable.request_id)
        .where(
            col(LedgerCell.value).between(asked.c.low, asked.c.high),
            col(LedgerCell.value) != asked.c.own,
        )
        .where(*_counts(request_id, pending))
        .group_by(LedgerCell.table_id)
    )
    return dict(session.exec(query).all())


def _counts(request_id: str, pending: bool) -> list[ColumnElement[bool]]:
    """Which rows count: what left, and what waits in requests that are under way."""
    left = col(LedgerTable.released_at).is_not(None)
    waits = col(Request.state).in_([*PENDING])
    return [col(LedgerTable.request_id) != request_id, or_(left, waits) if pending else left]


def _load(session: Session, ids: Sequence[str], known: Lineage) -> list[Earlier]:
    found = [one for _, one in _rows(session, ids, known)]
    return sorted(found, key=lambda one: (one.name, one.table.number))


def _rows(
    session: Session, ids: Sequence[str], known: Lineage
) -> list[tuple[LedgerTable, Earlier]]:
    found: list[tuple[LedgerTable, Earlier]] = []
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        snapshots: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for source in session.exec(
            select(LedgerSource).where(col(LedgerSource.table_id).in_(some))
        ):
            snapshots[source.table_id][source.dataset].add(source.snapshot)
        rows = session.exec(
            select(LedgerTable, Request, File)
            .where(col(LedgerTable.id).in_(some))
            .where(LedgerTable.request_id == Request.id, LedgerTable.file_id == File.id)
        )
        for row, request, file in rows:
            one = Earlier(
                table=table_from_json(json.loads(row.body)),
                name=f"{request.slug}/{request.name}/{file.path}",
                released=row.released_at is not None,
                same_snapshot=_meets(snapshots[row.id], known),
            )
            found.append((row, one))
    return found


def _meets(theirs: Mapping[str, set[str]], known: Lineage) -> bool:
    """Say whether two tables may be about one snapshot; else about versions of one dataset."""
    shared = set(theirs) & set(known.snapshots)
    return any(theirs[slug] & known.snapshots[slug] for slug in shared)
