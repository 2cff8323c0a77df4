"""[pure] What an answer of the engine is worth: outcomes, rates with their intervals, tables.

A leak is *detected* when a rule that names this leak flagged or blocked the file, *caught* when
another rule did, *held* when the file could only not be checked, *passed* when nothing was said.
A safe file is *clean*, *for people* when a rule flagged it that sends every file of its kind to
people, a *false flag*, a *false block*, or *friction* when it could not be checked.
Source: outputs section 10.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.bench.outputs.grid import Case


class Outcome(StrEnum):
    """What the answer about one file was worth."""

    DETECTED = "detected"
    CAUGHT = "caught by another rule"
    HELD = "held"
    PASSED = "passed"
    CLEAN = "clean"
    PEOPLE = "for people"
    FALSE_FLAG = "false flag"
    FALSE_BLOCK = "false block"
    FRICTION = "friction"


@dataclass(frozen=True)
class Said:
    """What the engine said about one case.

    Shape: `rules` gives the worst severity of each rule that has a finding or was could-not-check
    (`flag`, `block`, `could-not-check`); `verdict` is the file's; `rows` are the rows that row
    linkage named; `seconds` is the time of opening and judging.
    """

    case: Case
    rules: Mapping[str, str]
    verdict: str = ""
    rows: int = 0
    seconds: float = 0.0
    findings: tuple[str, ...] = field(default=(), repr=False)

    @property
    def outcome(self) -> Outcome:
        """What this is worth, by the label of the case."""
        return _leaky(self) if self.case.leaky else _safe(self)


def _leaky(said: Said) -> Outcome:
    """Judge what was said of a leak.

    Shape: what the written rules hold under one number (O22) the engine may say in parts of its own
    (`O22-national`); a part names the leak as well as the whole.
    """
    told = {rule for rule, severity in said.rules.items() if severity in {"flag", "block"}}
    told -= said.case.seen_by
    if (told | {rule.partition("-")[0] for rule in told}) & said.case.rules:
        return Outcome.DETECTED
    if told:
        return Outcome.CAUGHT
    if "could-not-check" in said.rules.values():
        return Outcome.DETECTED if said.case.held else Outcome.HELD
    return Outcome.PASSED


def _excused(rule: str) -> frozenset[str]:
    """What a rule may say to a file only because of its kind: a pickle is even refused."""
    return frozenset({"flag", "block"} if rule == "O25" else {"flag"})


def _safe(said: Said) -> Outcome:
    counted = {
        rule: severity
        for rule, severity in said.rules.items()
        if rule not in said.case.seen_by or severity not in _excused(rule)
    }
    severities = set(counted.values())
    if "could-not-check" in severities:
        return Outcome.FRICTION
    if "block" in severities:
        return Outcome.FALSE_BLOCK
    if "flag" in severities:
        return Outcome.FALSE_FLAG
    return Outcome.PEOPLE if said.rules else Outcome.CLEAN


@dataclass(frozen=True)
class Rate:
    """A share of cases with its 95 % Wilson interval. Units: shares from 0 to 1."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        """The share itself; 0 of 0 is 0."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high end. Source: Wilson 1927; z 1.96."""
        if not self.of:
            return (0.0, 1.0)
        z, n, p = 1.96, self.of, self.share
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return (max(0.0, middle - half), min(1.0, middle + half))

    def __str__(self) -> str:
        """Write the share, its interval and its counts; none at all as `at most 3/N`."""
        low, high = self.interval
        text = f"{100 * self.share:.1f} % ({100 * low:.1f}-{100 * high:.1f}; {self.hits}/{self.of})"
        return text if self.hits else f"{text}, at most 3/{self.of}"


STOPPED = frozenset({Outcome.DETECTED, Outcome.CAUGHT})
ALARMS = frozenset({Outcome.FALSE_FLAG, Outcome.FALSE_BLOCK})


@dataclass(frozen=True)
class Summary:
    """The figures of a run."""

    stopped: Rate
    named: Rate
    held: Rate
    passed: Rate
    alarms: Rate
    blocks: Rate
    friction: Rate
    looked_at: Rate
    containers: Rate
    rows: Rate
    apart: Rate


def summary(said: Sequence[Said]) -> Summary:
    """Count a run: what is scored apart is in no rate but its own."""
    leaky = [one for one in said if one.case.leaky and not one.case.apart]
    safe = [one for one in said if not one.case.leaky]
    rows = [one for one in leaky if "O19" in one.case.rules and one.case.family != "L13"]
    apart = [one for one in said if one.case.apart]
    return Summary(
        stopped=rate(leaky, STOPPED),
        named=rate(leaky, {Outcome.DETECTED}),
        held=rate(leaky, {Outcome.HELD}),
        passed=rate(leaky, {Outcome.PASSED}),
        alarms=rate(safe, ALARMS),
        blocks=rate(safe, {Outcome.FALSE_BLOCK}),
        friction=rate(safe, {Outcome.FRICTION}),
        looked_at=rate(safe, {Outcome.PEOPLE}),
        containers=rate(rows, STOPPED | {Outcome.HELD}),
        rows=Rate(sum(min(one.rows, one.case.people) for one in rows),
                  sum(one.case.people for one in rows)),
        apart=rate(apart, STOPPED),
    )  # fmt: skip


def rate(said: Sequence[Said], wanted: Iterable[Outcome]) -> Rate:
    """The share of cases with one of these outcomes."""
    return Rate(sum(one.outcome in set(wanted) for one in said), len(said))


def by(said: Sequence[Said], key: Callable[[Said], str]) -> Mapping[str, Counter[Outcome]]:
    """Outcomes of each family, format, or whatever the key gives."""
    found: dict[str, Counter[Outcome]] = {}
    for one in said:
        found.setdefault(key(one), Counter())[one.outcome] += 1
    return dict(sorted(found.items(), key=lambda pair: _natural(pair[0])))


def _natural(name: str) -> tuple[str, int, str]:
    digits = "".join(char for char in name if char.isdigit())
    return (name[:1], int(digits or 0), name)


@dataclass(frozen=True)
class Confusion:
    """One rule against the labels: should speak and did, should and did not, should not and did."""

    right: int
    missed: int
    wrong: int
    silent: int


def confusion(said: Sequence[Said]) -> Mapping[str, Confusion]:
    """The confusion table of every rule that is expected somewhere or spoke somewhere.

    Shape: a rule that may name a leak beside others is missed only where none of them spoke; on
    leaky files a rule that is not expected counts neither way (a file can break two rules).
    """
    rules = {rule for one in said for rule in (*one.case.rules, *one.rules)}
    found = {}
    for rule in sorted(rules, key=_natural):
        spoke = [one for one in said if one.rules.get(rule) in {"flag", "block"}]
        expected = [one for one in said if rule in one.case.rules and not one.case.apart]
        found[rule] = Confusion(
            right=sum(rule in one.case.rules for one in spoke),
            missed=sum(one.outcome is not Outcome.DETECTED for one in expected),
            wrong=sum(not one.case.leaky and rule not in one.case.seen_by for one in spoke),
            silent=sum(not one.case.leaky and rule not in one.rules for one in said),
        )
    return found
