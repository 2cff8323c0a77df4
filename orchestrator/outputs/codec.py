"""[pure] Job and report to and from JSON, and the keys that travel beside a job.

Keys never enter the job's JSON: `keys_to_json` spells them for the judge's `/job/key` alone.
"""

import json
from pathlib import Path
from typing import Literal

from orchestrator.errors import Invalid
from orchestrator.outputs.model import (
    Context,
    Coverage,
    FileReport,
    Finding,
    Gap,
    Job,
    JobFile,
    Report,
    RuleResult,
    Source,
    Verdict,
    Where,
)
from orchestrator.values import Digest, JsonValue, parse_digest


def job_to_json(job: Job, *, for_opener: bool = False) -> bytes:
    """Spell a job without keys; the opener's copy also lacks sources and dictionary.

    Source: design property 6 (the opener knows no index and no key).
    """
    value: dict[str, JsonValue] = {
        "id": job.id,
        "kind": job.kind,
        "files": [_job_file_json(file) for file in job.files],
        "policy": job.policy,
        "policy_digest": job.policy_digest,
        "sources": [] if for_opener else [_source_json(source) for source in job.sources],
        "context_due": job.context_due,
        "dictionary": None if for_opener else job.dictionary,
        "index_out": None if job.index_out is None or for_opener else str(job.index_out),
    }
    return json.dumps(value, ensure_ascii=True, sort_keys=True).encode()


def job_from_json(data: bytes) -> Job:
    """Read a job that this program wrote. Errors: Invalid when it is not one."""
    try:
        value = json.loads(data)
        kind: Literal["export", "admission"] = (
            "admission" if value["kind"] == "admission" else "export"  # a judge knows no other
        )
        return Job(
            id=value["id"],
            kind=kind,
            files=tuple(_job_file(item) for item in value["files"]),
            policy=value["policy"],
            policy_digest=parse_digest(value["policy_digest"]),
            sources=tuple(_source(item) for item in value["sources"]),
            context_due=value["context_due"],
            dictionary=value["dictionary"],
            index_out=None if value["index_out"] is None else Path(value["index_out"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("This is not a job of the check worker.", code="bad_job") from error


def keys_to_json(job: Job) -> bytes:
    """Spell a job's keys for the judge: of each source in order, or the new index's at admission.

    Shape: a JSON list of hexadecimal texts, null where a source has no key.
    """
    keys = [job.index_key] if job.kind == "admission" else [source.key for source in job.sources]
    return json.dumps([None if key is None else key.hex() for key in keys]).encode()


def keys_from_json(data: bytes) -> tuple[bytes | None, ...]:
    """Read what `keys_to_json` wrote; one bare hexadecimal key is accepted too. Errors: Invalid."""
    try:
        text = data.decode("ascii").strip()
        listed = json.loads(text) if text.startswith("[") else [text] if text else []
        return tuple(None if item is None else bytes.fromhex(item) for item in listed)
    except (ValueError, TypeError) as error:
        raise Invalid("The keys of the check worker are not readable.", code="bad_key") from error


def report_to_json(report: Report) -> dict[str, JsonValue]:
    """Spell a report as a JSON object; files carry their `findings` flat, worst first, too."""
    return {
        "job": report.job,
        "verdict": report.verdict.value,
        "files": [file_report_to_json(file) for file in report.files],
        "policy_digest": report.policy_digest,
        "snapshots": list(report.snapshots),
        "facts": report.facts,
        "engine": report.engine,
    }


def report_from_json(value: object) -> Report:
    """Read a report. Errors: Invalid when it is not one (a killed judge leaves half of it)."""
    try:
        return _report(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("This is not a report of the judge.", code="bad_report") from error


def report_from_bytes(data: bytes) -> Report:
    """Read a report from JSON bytes. Errors: Invalid when they are not one."""
    try:
        return report_from_json(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise Invalid("This is not a report of the judge.", code="bad_report") from error


def file_report_to_json(file: FileReport) -> dict[str, JsonValue]:
    """Spell what was said about one file, its findings flat, worst first, too."""
    coverage = file.coverage
    return {
        "path": file.path,
        "digest": file.digest,
        "verdict": file.verdict.value,
        "results": [_result_json(result) for result in file.results],
        "coverage": {
            "total": coverage.total,
            "accounted": coverage.accounted,
            "gaps": [[gap.path, gap.start, gap.end, gap.reason] for gap in coverage.gaps],
            "statement": coverage.statement,
        },
        "findings": [finding_to_json(finding) for finding in file.findings],
    }


def file_report_from_json(value: object) -> FileReport:
    """Read what was said about one file. Errors: Invalid when it is not that."""
    try:
        return _file_report(as_object(value))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("This is not a report of the judge.", code="bad_report") from error


def result_from_json(value: object) -> RuleResult:
    """Read what one rule came to. Errors: KeyError, TypeError or ValueError for anything else."""
    return _result(as_object(value))


def finding_to_json(finding: Finding) -> dict[str, JsonValue]:
    """Spell one finding; `where` says path, rows, column and byte range."""
    where = finding.where
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "where": {
            "path": where.path,
            "rows": list(where.rows),
            "column": where.column,
            "start": where.start,
            "end": where.end,
        },
        "evidence": finding.evidence,
        "say": finding.say,
        "measured": finding.measured,
        "threshold": finding.threshold,
    }


def _job_file_json(file: JobFile) -> dict[str, JsonValue]:
    return {
        "path": file.path,
        "digest": file.digest,
        "size": file.size,
        "location": str(file.location),
        "context": {
            "shows": file.context.shows,
            "population": file.context.population,
            "control": file.context.control,
        },
    }


def _source_json(source: Source) -> dict[str, JsonValue]:
    return {
        "dataset": source.dataset,
        "version": source.version,
        "digest": source.digest,
        "index": str(source.index),
    }


def _result_json(result: RuleResult) -> dict[str, JsonValue]:
    return {
        "rule": result.rule,
        "version": result.version,
        "verdict": result.verdict.value,
        "findings": [finding_to_json(finding) for finding in result.findings],
        "reason": result.reason,
        "parameters": dict(result.parameters),
    }


def _job_file(value: dict[str, JsonValue]) -> JobFile:
    context = value["context"]
    if not isinstance(context, dict):
        raise TypeError("a context is an object")
    return JobFile(
        path=as_text(value["path"]),
        digest=parse_digest(as_text(value["digest"])),
        size=as_whole(value["size"]),
        location=Path(as_text(value["location"])),
        context=Context(**{key: as_text(item) for key, item in context.items()}),
    )


def _source(value: dict[str, JsonValue]) -> Source:
    return Source(
        dataset=as_text(value["dataset"]),
        version=as_text(value["version"]),
        digest=parse_digest(as_text(value["digest"])),
        index=Path(as_text(value["index"])),
    )


def _report(value: object) -> Report:
    fields = as_object(value)
    return Report(
        job=as_text(fields["job"]),
        verdict=Verdict(as_text(fields["verdict"])),
        files=tuple(_file_report(as_object(item)) for item in as_list(fields["files"])),
        policy_digest=parse_digest(as_text(fields["policy_digest"])),
        snapshots=tuple(Digest(as_text(item)) for item in as_list(fields["snapshots"])),
        facts=fields["facts"],
        engine=as_text(fields["engine"]),
    )


def _file_report(value: dict[str, JsonValue]) -> FileReport:
    coverage = as_object(value["coverage"])
    return FileReport(
        path=as_text(value["path"]),
        digest=parse_digest(as_text(value["digest"])),
        verdict=Verdict(as_text(value["verdict"])),
        results=tuple(_result(as_object(item)) for item in as_list(value["results"])),
        coverage=Coverage(
            total=as_whole(coverage["total"]),
            accounted=as_whole(coverage["accounted"]),
            gaps=tuple(_gap(as_list(item)) for item in as_list(coverage["gaps"])),
            statement=as_text(coverage["statement"]),
        ),
    )


def _gap(value: list[JsonValue]) -> Gap:
    path, start, end, reason = value
    return Gap(as_text(path), as_whole(start), as_whole(end), as_text(reason))


def _result(value: dict[str, JsonValue]) -> RuleResult:
    parameters = as_object(value["parameters"])
    return RuleResult(
        rule=as_text(value["rule"]),
        version=as_whole(value["version"]),
        verdict=Verdict(as_text(value["verdict"])),
        findings=tuple(_finding(as_object(item)) for item in as_list(value["findings"])),
        reason=_maybe_text(value["reason"]),
        parameters={key: as_text(item) for key, item in parameters.items()},
    )


def _finding(value: dict[str, JsonValue]) -> Finding:
    where = as_object(value["where"])
    return Finding(
        rule=as_text(value["rule"]),
        severity=Verdict(as_text(value["severity"])),
        where=Where(
            path=as_text(where["path"]),
            rows=tuple(as_whole(item) for item in as_list(where["rows"])),
            column=_maybe_text(where["column"]),
            start=_maybe_number(where["start"]),
            end=_maybe_number(where["end"]),
        ),
        evidence=as_text(value["evidence"]),
        say=as_text(value["say"]),
        measured=_maybe_text(value["measured"]),
        threshold=_maybe_text(value["threshold"]),
    )


def as_object(value: object) -> dict[str, JsonValue]:
    """Take an object that somebody else spelled. Errors: TypeError for anything else."""
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def as_list(value: JsonValue) -> list[JsonValue]:
    """Take a list that somebody else spelled. Errors: TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return value


def as_text(value: JsonValue) -> str:
    """Take a text that somebody else spelled. Errors: TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _maybe_text(value: JsonValue) -> str | None:
    return None if value is None else as_text(value)


def as_whole(value: JsonValue) -> int:
    """Take a whole number that somebody else spelled. Errors: TypeError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number was expected")
    return value


def _maybe_number(value: JsonValue) -> int | None:
    return None if value is None else as_whole(value)
