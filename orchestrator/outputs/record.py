"""[pure] The record of a check: every rule with parameters, version and outcome, to run again.

Shape as JSON: {"record": 1, "engine": "judge 1; O29.1 …", "policy": {…}, "policy_digest": "…",
"sources": [{"label", "digest"}], "files": [{"path", "digest", "size", "verdict", "effect",
"coverage", "rules": [{"rule", "version", "title", "source", "parameters", "outcome", "reason",
"findings"}]}]}. The policy stands in it whole, so a later run needs the files, the source and this.
It holds no value of the source. Source: outputs section 2; SATRE 3.3.09.
"""

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.errors import Invalid
from orchestrator.outputs.codec import finding_to_json
from orchestrator.outputs.effect import effect
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import FileReport, Report, RuleResult
from orchestrator.outputs.rules.registry import rule
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import JsonValue

RECORD = 1


def record_of(
    report: Report, policy: OutputsPolicy, indexes: Sequence[Index]
) -> dict[str, JsonValue]:
    """Write down what was checked, by which rules, against what, and what came of it."""
    return {
        "record": RECORD,
        "engine": report.engine,
        "policy": policy.as_json(),
        "policy_digest": report.policy_digest,
        "sources": [{"label": index.label, "digest": index.digest} for index in indexes],
        "files": [_file(file, policy) for file in report.files],
    }


def policy_of(record: Mapping[str, object]) -> JsonValue:
    """Give the policy that a record was made under. Errors: Invalid when it is no record."""
    if record.get("record") != RECORD or not isinstance(record.get("files"), list):
        raise Invalid("This is not a record of a check that this version can run again.")
    policy: JsonValue = record.get("policy")  # type: ignore[assignment]
    return policy


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
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


def _of_file(path: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterable[str]:
    if old.get("digest") != new.get("digest"):
        return [f"{path} has other bytes now."]
    before, after = _by_rule(old), _by_rule(new)
    found = [f"{path}: rule {name} was not applied now." for name in sorted(before.keys() - after)]
    found += [f"{path}: rule {name} did not exist then." for name in sorted(after.keys() - before)]
    for name in sorted(before.keys() & after.keys()):
        one, other = before[name], after[name]
        for what in ("version", "parameters", "outcome", "findings"):
            if one.get(what) != other.get(what):
                found.append(f"{path}: rule {name} has another {what.removesuffix('s')} now.")
    if not found and old.get("effect") != new.get("effect"):
        found.append(f"{path} has another effect now.")
    return found


def _file(file: FileReport, policy: OutputsPolicy) -> dict[str, JsonValue]:
    return {
        "path": file.path,
        "digest": file.digest,
        "size": file.coverage.total,
        "verdict": file.verdict.value,
        "effect": effect(file, policy).value,
        "coverage": file.coverage.statement,
        "rules": [_rule(result) for result in file.results],
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


def _digests(record: Mapping[str, object]) -> list[object]:
    return [one.get("digest") for one in _objects(record, "sources")]


def _by_path(record: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    return {str(one.get("path")): one for one in _objects(record, "files")}


def _by_rule(file: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    return {str(one.get("rule")): one for one in _objects(file, "rules")}


def _objects(value: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    listed = value.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
