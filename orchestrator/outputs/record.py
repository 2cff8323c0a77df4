"""[pure] The record of a check: every rule with parameters, version and outcome, to run again.

Shape as JSON: {"record": 2, "made": {"by": "tre check"} or {"by": "release", "project", "request",
"name", "round", "check"}, "engine": "judge 1; O29.1 …", "policy": {…}, "policy_digest": "…",
"ledger": ["O14", "O15", "O32"], "sources": [{"label", "digest", "manifest", "roles"}], "files":
[{"path", "digest", "size", "context", "verdict", "effect", "coverage", "unread", "rules": [{"rule",
"version", "title", "source", "parameters", "outcome", "reason", "findings"}]}]}.

The policy stands in it whole, so a later run needs the files, the sources and this. `ledger` names
the rules that were compared with all releases of a deployment: a later run has no such ledger and
takes their outcome as it stands. `manifest` and `roles` say of a snapshot which files its index was
built from, and what their columns are. It holds no value of the source.
Source: outputs section 2; SATRE 3.3.09; decision 0025.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.errors import Invalid
from orchestrator.outputs.codec import (
    as_list,
    as_object,
    as_text,
    as_whole,
    finding_to_json,
    result_from_json,
)
from orchestrator.outputs.effect import effect
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import Context, FileReport, RuleResult, worst
from orchestrator.outputs.rules.registry import rule
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import Digest, JsonValue, canonical_json, digest_of

RECORD = 2
BY_HAND: dict[str, JsonValue] = {"by": "tre check"}
_KNOWN = frozenset({1, RECORD})
_KEYED = frozenset({"O19"})
"""Rules whose evidence tells how often shuffled rows link, drawn under the key of the index."""
_BY_CHANCE = re.compile(r"[;,] (?:by chance \d+\.\d+|\d+\.\d+ by chance)")


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that a record was compared with, as the record names it.

    Shape: `files` gives digest and size in bytes by path; `roles` the columns' roles by table.
    """

    label: str
    digest: Digest
    files: Mapping[str, tuple[str, int]]
    roles: Mapping[str, Mapping[str, str]]
    spelled: dict[str, JsonValue]


def record_of(
    files: Sequence[FileReport],
    policy: OutputsPolicy,
    engine: str,
    sources: Sequence[JsonValue],
    contexts: Mapping[str, Context],
    made: Mapping[str, JsonValue] = BY_HAND,
    ledger: Iterable[str] = (),
) -> dict[str, JsonValue]:
    """Write down what was checked, by which rules, against what, and what came of it.

    Shape: `contexts` by path: what authors said, empty where no request stands behind the files.
    """
    return {
        "record": RECORD,
        "made": dict(made),
        "engine": engine,
        "policy": policy.as_json(),
        "policy_digest": policy.digest(),
        "ledger": [*sorted(ledger)],
        "sources": list(sources),
        "files": [_file(file, policy, contexts.get(file.path)) for file in files],
    }


def spelled_index(index: Index) -> JsonValue:
    """Name a source that somebody holds as a folder."""
    return {"label": index.label, "digest": index.digest}


def read_record(data: bytes, name: str) -> dict[str, JsonValue]:
    """Read a record. Errors: Invalid for anything else."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name} cannot be read as a record of a check.") from error
    if not isinstance(value, dict):
        raise Invalid(f"{name} is not a record of a check.")
    if value.get("record") not in _KNOWN or not isinstance(value.get("files"), list):
        raise Invalid(f"{name} is not a record of a check that this version can run again.")
    return value


def policy_of(record: Mapping[str, JsonValue]) -> JsonValue:
    """Give the policy that a record was made under."""
    return record.get("policy")


def contexts_of(record: Mapping[str, JsonValue]) -> dict[str, Context] | None:
    """Give what authors said of each file; None where no request stood behind the files.

    Errors: Invalid for a record that does not say it as records do.
    """
    made = record.get("made")
    if not isinstance(made, dict) or made == BY_HAND:
        return None
    try:
        return {
            str(one["path"]): Context(
                **{name: as_text(said) for name, said in as_object(one["context"]).items()}
            )
            for one in map(as_object, as_list(record["files"]))
        }
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("This record does not say what its files were said to show.") from error


def recorded_files(record: Mapping[str, JsonValue]) -> list[tuple[str, str]]:
    """List the files of a record by path and digest."""
    return [(str(one.get("path")), str(one.get("digest"))) for one in _objects(record, "files")]


def recorded_snapshots(record: Mapping[str, JsonValue]) -> list[Snapshot]:
    """Read the snapshots a record was compared with; sources that were folders are not listed.

    Errors: Invalid for a snapshot that is not the one its digest names.
    """
    return [_snapshot(one) for one in _objects(record, "sources") if "manifest" in one]


def _snapshot(spelled: Mapping[str, JsonValue]) -> Snapshot:
    try:
        manifest = as_object(spelled["manifest"])
        files = {
            as_text(one["path"]): (as_text(one["digest"]), as_whole(one["size"]))
            for one in map(as_object, as_list(manifest["files"]))
        }
        digest = Digest(as_text(spelled["digest"]))
        roles = {
            table: {column: as_text(role) for column, role in as_object(columns).items()}
            for table, columns in as_object(spelled["roles"]).items()
        }
        if digest_of(canonical_json(manifest)) == digest:
            return Snapshot(as_text(spelled["label"]), digest, files, roles, dict(spelled))
    except (KeyError, TypeError, ValueError) as error:
        raise _no_snapshot() from error
    raise _no_snapshot()


def _no_snapshot() -> Invalid:
    return Invalid("This record names a snapshot by another digest than its manifest has.")


def with_ledger(file: FileReport, record: Mapping[str, JsonValue]) -> FileReport:
    """Take over from a record what only the ledger of its deployment could say of a file.

    Errors: Invalid for an outcome that is none.
    """
    old = _by_rule(_by_path(record).get(file.path, {}))
    names = {str(name) for name in _list(record, "ledger")} & old.keys()
    if not names:
        return file
    try:
        kept = [_result(old[name]) for name in sorted(names)]
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("This record does not say what its ledger found.") from error
    results = (*(one for one in file.results if one.rule not in names), *kept)
    return FileReport(
        file.path, file.digest, worst([one.verdict for one in results]), results, file.coverage
    )


def _result(spelled: Mapping[str, JsonValue]) -> RuleResult:
    return result_from_json({**spelled, "verdict": spelled["outcome"]})


def differences(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> list[str]:
    """Say in sentences what a second run found otherwise; nothing when it came to the same.

    Shape: compared are the sources, the bytes of each file, and of each rule its version,
    parameters, outcome, and the places and evidence of its findings.
    """
    found = []
    if before.get("policy_digest") != after.get("policy_digest"):
        found.append("The thresholds of the record are not those whose digest it carries.")
    if _digests(before) != _digests(after):
        found.append("The source is not the one that was compared with then.")
    old, new = _by_path(before), _by_path(after)
    found += [
        f"{path} is in the record and was not given now." for path in sorted(old.keys() - new)
    ]
    found += [f"{path} was given and is not in the record." for path in sorted(new.keys() - old)]
    for path in sorted(old.keys() & new.keys()):
        found += _of_file(path, old[path], new[path])
    return found


def _of_file(
    path: str, old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]
) -> Iterable[str]:
    if old.get("digest") != new.get("digest"):
        return [f"{path} has other bytes now."]
    before, after = _by_rule(old), _by_rule(new)
    found = [f"{path}: rule {name} was not applied now." for name in sorted(before.keys() - after)]
    found += [f"{path}: rule {name} did not exist then." for name in sorted(after.keys() - before)]
    for name in sorted(before.keys() & after.keys()):
        one, other = before[name], after[name]
        for what in ("version", "parameters", "outcome", "findings"):
            if _told(name, one.get(what)) != _told(name, other.get(what)):
                found.append(f"{path}: rule {name} has another {what.removesuffix('s')} now.")
    if not found and old.get("effect") != new.get("effect"):
        found.append(f"{path} has another effect now.")
    return found


def _told(rule: str, value: object) -> object:
    """Leave out of findings how often shuffled rows linked: that depends on the index's key."""
    if rule not in _KEYED or not isinstance(value, list):
        return value
    return [
        {**one, "evidence": _BY_CHANCE.sub("", str(one.get("evidence")))}
        for one in value
        if isinstance(one, dict)
    ]


def _file(file: FileReport, policy: OutputsPolicy, context: Context | None) -> dict[str, JsonValue]:
    return {
        "path": file.path,
        "digest": file.digest,
        "size": file.coverage.total,
        "context": None if context is None else _context(context),
        "verdict": file.verdict.value,
        "effect": effect(file, policy).value,
        "coverage": file.coverage.statement,
        "unread": file.coverage.total - file.coverage.accounted,
        "rules": [_rule(result) for result in file.results],
    }


def _context(context: Context) -> JsonValue:
    return {
        "shows": context.shows,
        "population": context.population,
        "control": context.control,
    }


def _rule(result: RuleResult) -> dict[str, JsonValue]:
    known = rule(result.rule)
    return {
        "rule": result.rule,
        "version": result.version,
        "title": known.title if known else "",
        "source": known.source if known else "",
        "parameters": dict(result.parameters),
        "outcome": result.verdict.value,
        "reason": result.reason,
        "findings": [finding_to_json(finding) for finding in result.findings],
    }


def _digests(record: Mapping[str, JsonValue]) -> list[object]:
    return [one.get("digest") for one in _objects(record, "sources")]


def _by_path(record: Mapping[str, JsonValue]) -> dict[str, Mapping[str, JsonValue]]:
    return {str(one.get("path")): one for one in _objects(record, "files")}


def _by_rule(file: Mapping[str, JsonValue]) -> dict[str, Mapping[str, JsonValue]]:
    return {str(one.get("rule")): one for one in _objects(file, "rules")}


def _objects(value: Mapping[str, JsonValue], name: str) -> list[dict[str, JsonValue]]:
    return [one for one in _list(value, name) if isinstance(one, dict)]


def _list(value: Mapping[str, JsonValue], name: str) -> list[JsonValue]:
    listed = value.get(name)
    return listed if isinstance(listed, list) else []
