"""[pure] The shapes of the check engine: job, form, rule, finding, verdict, coverage, report.

The opener turns hostile bytes into a `Form`, the judge turns forms, policy and indexes into a
`Report`. All shapes survive a trip through JSON; none holds a value of the source data.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from orchestrator.values import Digest, JsonValue


class Verdict(StrEnum):
    """What a rule, a file or a request came to."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FLAG = "flag"
    BLOCK = "block"
    COULD_NOT_CHECK = "could-not-check"
    NOT_APPLICABLE = "not-applicable"


INDEX_FORMAT = 4
"""Form of linkage indexes; a rule that looks for more of the source raises it."""

_ORDER = (
    Verdict.NOT_APPLICABLE,
    Verdict.PASS,
    Verdict.FLAG,
    Verdict.COULD_NOT_CHECK,
    Verdict.BLOCK,
)


def worst(verdicts: "list[Verdict] | tuple[Verdict, ...]") -> Verdict:
    """Sum verdicts: block > could-not-check > flag > pass; no result at all is could-not-check.

    Source: design property 5.
    """
    counted = [v for v in verdicts if v is not Verdict.NOT_APPLICABLE]
    return max(counted, key=_ORDER.index) if counted else Verdict.COULD_NOT_CHECK


@dataclass(frozen=True)
class Where:
    """A position: virtual path (`a.ipynb!/cells/3/outputs/0`), 1-based rows, column name, bytes."""

    path: str
    rows: tuple[int, ...] = ()
    column: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Finding:
    """What a rule saw. `evidence` has positions and counts, never a value of the source."""

    rule: str
    severity: Verdict
    where: Where
    evidence: str
    say: str
    measured: str | None = None
    threshold: str | None = None


@dataclass(frozen=True)
class RuleResult:
    """One rule on one file: its version, parameters, outcome, and why it did not apply if so."""

    rule: str
    version: int
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Gap:
    """Bytes that no parser accounted for, and why."""

    path: str
    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class Coverage:
    """How much of a file was read: bytes in all, bytes accounted for, gaps, and the sentence."""

    total: int
    accounted: int
    gaps: tuple[Gap, ...]
    statement: str


@dataclass(frozen=True)
class FileReport:
    """Everything the engine says about one file."""

    path: str
    digest: Digest
    verdict: Verdict
    results: tuple[RuleResult, ...]
    coverage: Coverage

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings of all rules, worst first."""
        found = [f for result in self.results for f in result.findings]
        return tuple(sorted(found, key=lambda f: -_ORDER.index(f.severity)))


@dataclass(frozen=True)
class Report:
    """The judge's answer about one job.

    Shape: `facts` holds what admission measured (rows, columns, k …); `snapshots` the digests
    that were compared; `engine` names the versions of opener, judge and rules.
    """

    job: str
    verdict: Verdict
    files: tuple[FileReport, ...]
    policy_digest: Digest
    snapshots: tuple[Digest, ...] = ()
    facts: JsonValue = None
    engine: str = ""


@dataclass(frozen=True)
class Context:
    """What the author says about a file: what it shows, about whom, and which control was used."""

    shows: str = ""
    population: str = ""
    control: str = ""


@dataclass(frozen=True)
class JobFile:
    """One file to check: its name as the author gave it, digest, and where its bytes lie."""

    path: str
    digest: Digest
    size: int
    location: Path
    context: Context = Context()


@dataclass(frozen=True)
class Rewritten:
    """A picture written again, and what of the old one is not in it any more.

    Shape: `loose` counts bytes that belonged to nothing, `others` texts, thumbnails and whatever
    else lay beside the pixels; both are what an opener says, and decide nothing.
    """

    content: Path
    loose: int
    others: int


@dataclass(frozen=True)
class Source:
    """One snapshot to compare with: the index that the judge may read, never the opener.

    Shape: `key` is the 32-byte key the index was built with; it travels beside the job, never in
    it, and reaches the judge alone.
    """

    dataset: str
    version: str
    digest: Digest
    index: Path
    key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Job:
    """One request to the check worker.

    Shape: kind `export` compares files with `sources`; kind `admission` reads a partner's upload
    against `dictionary`, measures it and writes its index to `index_out` with `index_key`; kind
    `rewrite` has pictures written again and nothing judged.
    `policy` is the parsed outputs policy as JSON; `context_due` is False where no request stands
    behind the files (`tre check` without a server), so rules about context do not apply.
    `form_out` is the folder where an engine keeps each file's form for people to look at, named by
    `form.form_name`; neither sandbox is told of it.
    """

    id: str
    kind: Literal["export", "admission", "rewrite"]
    files: tuple[JobFile, ...]
    policy: JsonValue
    policy_digest: Digest
    sources: tuple[Source, ...] = ()
    context_due: bool = True
    dictionary: JsonValue = None
    index_out: Path | None = None
    form_out: Path | None = None
    index_key: bytes | None = field(default=None, repr=False)
