"""Admission: a partner's tables against their dictionary, their risk measured, their index built.

Runs in the judge, on the rows that the opener streamed. Findings name columns and rows, never
values. Source: outputs 8.1.
"""

from collections.abc import Sequence
from pathlib import Path

from orchestrator.outputs.admission_rules import (
    ADMISSION_RULES,
    ADMISSION_VERSION,
    table_results,
)
from orchestrator.outputs.coverage import cover, uncovered
from orchestrator.outputs.dictionary import (
    IDENTIFYING,
    Dictionary,
    parse_dictionary,
    table_name,
)
from orchestrator.outputs.form import BadForm, FileForm
from orchestrator.outputs.index_file import IndexWriter
from orchestrator.outputs.model import FileReport, Job, JobFile, Report, RuleResult, Verdict, worst
from orchestrator.outputs.risk import facts as facts_of
from orchestrator.outputs.rows import Loaded, indexed, load_rows
from orchestrator.outputs.rules.bytes_read import RULE as BYTES_READ
from orchestrator.outputs.rules.rule import Subject, apply
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import JsonValue


def admit(
    job: Job,
    forms: Sequence[FileForm | None],
    folder: Path,
    policy: OutputsPolicy,
    key: bytes | None,
    index_out: Path,
) -> Report:
    """Check an upload, measure it, and write its index where nothing speaks against it.

    Shape: the report's `facts` are {"tables": [...], "missing_tables": [...], "index": ...}.
    Errors: Invalid when the dictionary is none. A file that could not be read is could-not-check.
    """
    dictionary = parse_dictionary(job.dictionary)
    tables: list[Loaded] = []
    files: list[FileReport] = []
    facts: list[JsonValue] = []
    missing = set(dictionary.tables) - {table_name(file.path) for file in job.files}
    for position, file in enumerate(job.files):
        form = forms[position] if position < len(forms) else None
        loaded = _load(file, form, folder, position, index_out.parent)
        results = [_read_result(job, file, form if loaded else None, policy)]
        if loaded is not None:
            results += table_results(
                loaded, dictionary, policy, sorted(missing) if not files else []
            )
            tables.append(loaded)
            facts.append(facts_of(loaded, dictionary.tables.get(loaded.name)))
        files.append(_file_report(file, form if loaded else None, results))
    verdict = worst([file.verdict for file in files])
    written: JsonValue = None
    if verdict in {Verdict.PASS, Verdict.FLAG} and key is not None:
        written = _write(tables, dictionary, key, index_out)
    return Report(
        job=job.id,
        verdict=verdict,
        files=tuple(files),
        policy_digest=job.policy_digest,
        facts={"tables": facts, "missing_tables": [*sorted(missing)], "index": written},
        engine=f"admission {ADMISSION_VERSION}; "
        + " ".join(f"{rule}.1" for rule in ADMISSION_RULES),
    )


def _load(
    file: JobFile, form: FileForm | None, folder: Path, position: int, store: Path
) -> Loaded | None:
    if form is None or (form.path, form.digest, form.size) != (file.path, file.digest, file.size):
        return None
    table = form.parts[0].table
    if table is None or table.stored is None:
        return None
    own = folder / str(position) / table.stored
    path = own if own.is_file() else folder / table.stored
    try:
        return load_rows(path, table, table_name(file.path), file.path, store)
    except (BadForm, OSError, UnicodeDecodeError):
        return None


def _read_result(
    job: Job, file: JobFile, form: FileForm | None, policy: OutputsPolicy
) -> RuleResult:
    coverage = cover(form) if form else uncovered(file.path, file.size, "no readable table")
    return apply(BYTES_READ, Subject(file, form, coverage, policy, context_due=job.context_due))


def _file_report(file: JobFile, form: FileForm | None, results: Sequence[RuleResult]) -> FileReport:
    coverage = cover(form) if form else uncovered(file.path, file.size, "no readable table")
    verdict = worst([result.verdict for result in results])
    return FileReport(file.path, file.digest, verdict, tuple(results), coverage)


def _write(tables: Sequence[Loaded], dictionary: Dictionary, key: bytes, path: Path) -> JsonValue:
    """Write the index of all tables, one column in memory at a time."""
    writer = IndexWriter(path, key)
    identifying = 0
    for table in tables:
        specs = dictionary.tables[table.name].columns
        roles = {name: column.role for name, column in specs.items()}
        identifying += sum(roles.get(column.name) in IDENTIFYING for column in table.columns)
        words = {name: role.value for name, role in roles.items()}
        writer.add(table.name, indexed(table, words, key))
    return {
        "bytes": writer.finish(),
        "tables": len(tables),
        "columns": sum(len(table.columns) for table in tables),
        "identifying_columns": identifying,
    }
