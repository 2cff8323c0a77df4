"""[pure] O19: no row of an exported table may be a row of the source.

Source: outputs 5.2; ABS: microdata are not an output, nor are synthetic microdata.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from orchestrator.outputs.canon import number
from orchestrator.outputs.form import Part, Table
from orchestrator.outputs.index import Index, TableIndex
from orchestrator.outputs.linking import Linked, link
from orchestrator.outputs.model import Finding, Verdict
from orchestrator.outputs.readers.sentences import FROM
from orchestrator.outputs.rules.rule import (
    Need,
    Outcome,
    Rule,
    Subject,
    finding,
    rows_word,
    spelled_rows,
)
from orchestrator.outputs.searching import Settings, Work
from orchestrator.outputs.shapes import View, views
from orchestrator.policy.outputs import Linkage, OutputsPolicy

_NEEDLES = frozenset({"", "transposed"})
"""Shapes in which a few people can stand among other rows."""
_SEPARATES = 10
"""Linked rows must outnumber their null this many times where the null is above its share: among
few rows a shuffle often puts true neighbours together again."""


@dataclass(frozen=True)
class _Compared:
    part: Part
    index: Index
    source: TableIndex
    linked: Linked
    shape: str  # how the table was seen, empty where as it stands
    rows: tuple[int, ...]  # as people count; 0 is the header line
    columns: tuple[int, ...]  # from 1; only where people stand in columns
    size: int

    @property
    def places(self) -> str:
        """Where the linked people stand."""
        if self.columns:
            return f"columns {spelled_rows(self.columns)}"
        return f"rows {spelled_rows(self.rows)}"

    @property
    def excess(self) -> float:
        return len(self.linked.rows) - self.linked.null


def _check(subject: Subject) -> Outcome:
    """Compare every table, and every sentence; of many sentences one agrees by chance.

    Shape: what stands in libraries is many by itself, so that it raises no bar for what does not.
    """
    settings = _settings(subject.policy)
    work = Work(settings.work)
    compared: list[_Compared] = []
    tables = sum(len(index.tables) for index in subject.indexes)
    kinds = Counter(map(_kind, (part for part, _ in subject.tables)))
    for part, table in subject.tables:
        tried = tables * (kinds[_kind(part)] if part.only_compared else 1)
        rows, first = _rows(table)
        seen = views(table.columns if table.header else (), rows) if rows else []
        for view in seen:
            for index in subject.indexes:
                for source in index.tables:
                    seed = _seed(index.key, subject.file.digest, part.path, source.name, view.shape)
                    names = _words_before(view) if part.is_sentence else view.names
                    linked = link(view.cells, source, index.key, settings, tried * len(seen),
                                  seed, work, names, needles=view.shape in _NEEDLES,
                                  )  # fmt: skip
                    compared.append(_placed(part, index, source, linked, view, first))
    if work.left <= 0:
        return Outcome(
            tuple(_findings(subject, compared)),
            Verdict.COULD_NOT_CHECK,
            "Comparing the rows took longer than allowed. Split the file, please.",
        )
    return _outcome(subject, compared)


def _kind(part: Part) -> tuple[bool, bool]:
    return part.is_sentence, part.is_brought_along


def _words_before(view: View) -> tuple[str, ...]:
    """Name each value of a sentence by the word before it: `age 45`."""
    return ("", *(column[0] for column in view.cells[:-1])) if len(view.rows) == 1 else view.names


def _placed(
    part: Part, index: Index, source: TableIndex, linked: Linked, view: View, first: int
) -> _Compared:
    rows = {row + first for position in linked.rows for row in view.rows[position]}
    columns: tuple[int, ...] = ()
    if view.columns is not None:
        columns = tuple(view.columns[position] + 1 for position in linked.rows)
        rows = set()
    return _Compared(
        part, index, source, linked, view.shape, tuple(sorted(rows)), columns, len(view.rows)
    )


def _outcome(subject: Subject, compared: Sequence[_Compared]) -> Outcome:
    found = _findings(subject, compared)
    if found:
        return Outcome(tuple(found))
    if not any(one.linked.mapped for one in compared):
        return Outcome(reason="No column of the source was recognised in this file.")
    return Outcome()


def _findings(subject: Subject, compared: Sequence[_Compared]) -> list[Finding]:
    policy = subject.policy.linkage
    found: list[Finding] = []
    for index in subject.indexes:
        own = [one for one in compared if one.index is index]
        unclear = [one for one in own if _does_not_separate(one, float(policy.null_percent))]
        found += [_unclear(one) for one in unclear]
        clear = [one for one in own if one not in unclear and one.linked.rows]
        clear = _once(clear)
        excess = _excess(clear)
        if excess < float(policy.flag_excess):
            continue
        block = excess >= float(policy.block_excess)
        found += [_link(one, Verdict.BLOCK if block else Verdict.FLAG, policy) for one in clear]
    return found


def _once(clear: Sequence[_Compared]) -> list[_Compared]:
    """Keep of each part and table the shape in which most people were found."""
    best: dict[tuple[str, str], _Compared] = {}
    for one in clear:
        key = (one.part.path, one.source.name)
        if key not in best or one.excess > best[key].excess:
            best[key] = one
    return list(best.values())


def _excess(clear: Sequence[_Compared]) -> float:
    """Sum up what is above chance; pieces of one long sentence overlap and count once."""
    most: dict[tuple[str, str], float] = {}
    for one in clear:
        key = (one.part.path.partition(FROM)[0] if one.part.is_sentence else one.part.path,
               one.source.name)  # fmt: skip
        most[key] = max(most.get(key, 0.0), one.excess)
    return sum(most.values())


def _does_not_separate(one: _Compared, percent: float) -> bool:
    if one.linked.null <= one.size * percent / 100:
        return False
    return len(one.linked.rows) < _SEPARATES * one.linked.null


def _link(one: _Compared, severity: Verdict, policy: Linkage) -> Finding:
    columns = ", ".join(dict.fromkeys(_source_columns(one)))
    count = len(one.linked.rows)
    seen = f", seen {one.shape}," if one.shape else ""
    evidence = (
        f"{count} of {rows_word(one.size)}{seen} link to {one.index.label or 'the source'} "
        f"({one.source.name}) by {columns}: {one.places}; by chance {one.linked.null:.2f}"
    )
    say = (
        "These rows are records of people in the source, even where columns were renamed, rounded "
        "or reordered. Records cannot leave: export a summary of groups instead."
    )
    return finding(
        "O19", severity, one.part, evidence, say, rows=one.rows,
        measured=f"{count} rows above {one.linked.threshold:.1f} bits",
        threshold=f"{policy.flag_excess} rows more than chance flag, {policy.block_excess} block",
    )  # fmt: skip


def _unclear(one: _Compared) -> Finding:
    return finding(
        "O19",
        Verdict.COULD_NOT_CHECK,
        one.part,
        f"{len(one.linked.rows)} of {rows_word(one.size)} link to {one.source.name}, "
        f"{one.linked.null:.2f} by chance",
        "Shuffled rows look as much like the source as these rows do, so the comparison says "
        "nothing here. Export fewer columns, or a summary.",
        rows=one.rows,
    )


def _source_columns(one: _Compared) -> list[str]:
    return [one.source.columns[mapped.column].name for mapped in one.linked.mapped]


def _rows(table: Table) -> tuple[Sequence[Sequence[str]], int]:
    """Give the rows to compare and the number of the first; a header that may be data counts."""
    if table.header and any(number(name) is not None for name in table.columns):
        return [table.columns, *table.rows], 0
    return table.rows, 1


def _seed(key: bytes, *parts: str) -> bytes:
    return blake2b("\x00".join(parts).encode(), key=key, digest_size=16).digest()


def _settings(policy: OutputsPolicy) -> Settings:
    linkage = policy.linkage
    return Settings(
        linkage.containment_percent / 100,
        linkage.frequency_limit,
        float(linkage.disagreement_bits),
        float(linkage.margin_bits),
        linkage.null_rounds,
        linkage.work,
    )


def _parameters(policy: OutputsPolicy) -> dict[str, str]:
    return {name: str(value) for name, value in policy.linkage.model_dump(mode="json").items()}


RULE = Rule(
    id="O19",
    version=13,
    title="Row linkage",
    text="No row of a table may be recognisable as a row of the source.",
    source="outputs 5.2; ABS: microdata are not an output",
    needs=frozenset({Need.TABLE, Need.SOURCE}),
    check=_check,
    parameters=_parameters,
)
