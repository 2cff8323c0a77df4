"""What this process last asked of the cluster, kept beside the records that lie there.

Whoever alters a project's objects may alter its record and the mark of its halt too. So what is
mended is mended to what was asked, never to what is found: a record that somebody wrote by hand
changes nothing, and one that somebody deleted is written again.
"""

import threading
from collections.abc import Iterable

from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.records import Record


class Asked:
    """What every project was last asked to be, and who is halted in it; empty at a start."""

    def __init__(self) -> None:
        """Know nothing: whoever starts asks once for everything that should be."""
        self._records: dict[str, Record] = {}
        self._halts: dict[str, frozenset[str]] = {}
        self._in_order: dict[str, tuple[Record, int]] = {}
        self._suspects: set[str] = set()
        self._guard = threading.Lock()

    def keep(self, record: Record) -> None:
        """Remember what a project is asked to be."""
        with self._guard:
            self._records[names.name(record.spec.project)] = record

    def forget(self, project: str) -> None:
        """Forget a project that is removed; who is halted in it stays halted."""
        with self._guard:
            self._records.pop(names.name(project), None)
            self._in_order.pop(names.name(project), None)

    def record(self, project: str) -> Record | None:
        """Answer what a project was asked to be, None when it never was or was removed."""
        with self._guard:
            return self._records.get(names.name(project))

    def halt(self, project: str, people: frozenset[str]) -> None:
        """Remember who is halted."""
        with self._guard:
            self._halts[names.name(project)] = people
            self._in_order.pop(names.name(project), None)

    def halted(self, project: str) -> frozenset[str] | None:
        """Answer who was last halted, None when nobody was halted or let go since the start."""
        with self._guard:
            return self._halts.get(names.name(project))

    def suspect(self, touched: Iterable[str]) -> list[Record]:
        """Add whose objects changed; answer all that are to be looked at, as they were asked.

        Shape: `touched` holds names as labels have them. One that was never asked is none of ours.
        """
        with self._guard:
            self._suspects |= set(touched)
            self._suspects &= set(self._records)
            return [self._records[name] for name in sorted(self._suspects)]

    def acquit(self, record: Record, changes: int) -> None:
        """Say that a project was found as it was asked, after so many changes of its objects."""
        name = names.name(record.spec.project)
        with self._guard:
            self._in_order[name] = record, changes
            self._suspects.discard(name)

    def is_acquitted(self, record: Record, changes: int) -> bool:
        """Say whether nothing has changed since it was found to be so."""
        with self._guard:
            return self._in_order.get(names.name(record.spec.project)) == (record, changes)
