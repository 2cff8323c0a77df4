"""Counts bytes and requests per person, project, path class and minute, and hands them over.

The count is the control plane's; this process keeps only what it has not handed over yet, so a
crash loses ten seconds of it. An answer that is lost counts twice, never not at all. Bytes are
counted as the browser gets them, never taken from a client's word.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from orchestrator.errors import TreError
from orchestrator.gateway.control import Control

_log = structlog.get_logger()
_MOST_ROWS = 10_000
_PER_POST = 500


@dataclass(frozen=True)
class Key:
    """What one counter counts; `rule` names the rule of a refusal, empty otherwise."""

    project: str
    person: str
    minute: str
    path_class: str
    rule: str = ""


@dataclass
class Count:
    """The figures of one counter. Units: bytes and requests."""

    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    refused: int = 0


class Budget(Protocol):
    """Says whether so many more bytes may go to a person's browser today.

    The count behind it lives in the control plane; a gateway draws small allowances from it and
    stops when it gets none (egress 3.5).
    """

    def draw(self, project: str, person: str, size: int) -> bool:
        """Take `size` bytes, or answer False and take nothing."""


class Unlimited:
    """The budget until policies carry one: everything is counted, nothing is stopped."""

    def draw(self, project: str, person: str, size: int) -> bool:
        """Allow."""
        return True


def utc_now() -> datetime:
    """The clock of this process."""
    return datetime.now(UTC)


class Meter:
    """The counters of this process."""

    def __init__(self, clock: Callable[[], datetime] = utc_now, period: float = 10.0) -> None:
        """Units: rows are handed over every `period` seconds."""
        self._clock = clock
        self._period = period
        self._counts: dict[Key, Count] = {}

    def add(
        self,
        project: str,
        person: str,
        path_class: str,
        *,
        requests: int = 0,
        bytes_in: int = 0,
        bytes_out: int = 0,
        rule: str = "",
    ) -> None:
        """Count something that happened now; a `rule` makes it a refusal."""
        minute = self._clock().replace(second=0, microsecond=0).isoformat()
        key = Key(project, person, minute, path_class, rule)
        if key not in self._counts and len(self._counts) >= _MOST_ROWS:
            _log.error("usage_rows_lost", rows=1)
            return
        count = self._counts.setdefault(key, Count())
        count.requests += requests
        count.bytes_in += bytes_in
        count.bytes_out += bytes_out
        count.refused += 1 if rule else 0

    async def hand_over(self, control: Control) -> None:
        """Send what was counted; rows that could not be sent are kept and sent later.

        Errors: as `Control`; nothing is lost then.
        """
        while self._counts:
            keys = list(self._counts)[:_PER_POST]
            taken = {key: self._counts.pop(key) for key in keys}
            try:
                await control.usage([_row(key, count) for key, count in taken.items()])
            except BaseException:
                for key, count in taken.items():
                    self._put_back(key, count)
                raise

    async def run(self, control: Control) -> None:
        """Hand over every period, for ever."""
        while True:
            await asyncio.sleep(self._period)
            try:
                await self.hand_over(control)
            except TreError as away:
                _log.warning("usage_waits", rows=len(self._counts), why=away.code)

    def _put_back(self, key: Key, count: Count) -> None:
        now = self._counts.setdefault(key, Count())
        now.requests += count.requests
        now.bytes_in += count.bytes_in
        now.bytes_out += count.bytes_out
        now.refused += count.refused


def _row(key: Key, count: Count) -> dict[str, Any]:
    return {
        "project": key.project,
        "person": key.person,
        "minute": key.minute,
        "path_class": key.path_class,
        "requests": count.requests,
        "bytes_in": count.bytes_in,
        "bytes_out": count.bytes_out,
        "refused": count.refused,
        "rule": key.rule,
    }
