"""The judge: forms, policy and indexes in, one report out. Runs in a second sandbox.

`python -m orchestrator.outputs.judge` reads `/job/job.json`, the opener's forms, `/index/<n>` for
the job's n-th source, and the keys (`/job/key`, or standard input where that file is absent, as
`codec.keys_to_json` spells them); it writes `/out/report.json`, and for an admission `/out/index`.

Forms are read from `/in/<n>/forms.json`, one folder for each file of the job, so that what one
file's opener wrote can only speak of that file; or, where all files were opened together, from
`/in/forms.json` with one form a line. A missing or malformed form is could-not-check.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.outputs import admission, ledger
from orchestrator.outputs.codec import job_from_json, keys_from_json, report_to_json
from orchestrator.outputs.coverage import cover, uncovered
from orchestrator.outputs.facts import FactTable
from orchestrator.outputs.form import BadForm, FileForm, FormLimits, form_from_json
from orchestrator.outputs.index import BadIndex, Index
from orchestrator.outputs.index_file import read_index
from orchestrator.outputs.model import FileReport, Job, JobFile, Report, Source, worst
from orchestrator.outputs.rules.registry import RULES
from orchestrator.outputs.rules.rule import Rule, Subject, apply
from orchestrator.policy.outputs import OutputsPolicy, parse_outputs

JUDGE_VERSION = 1
FORMS = "forms.json"


def judge(
    job: Job,
    forms: Sequence[FileForm | None],
    indexes: Sequence[Index],
    policy: OutputsPolicy,
    *,
    sources_unread: str | None = None,
    rules: Sequence[Rule] = RULES,
) -> Report:
    """Give the verdict on every file of an export.

    Shape: `forms` in the order of the job's files, None where the opener gave none. Same input,
    same report. A form of other bytes than the job's file counts as none.
    Source: design properties 5 and 6.
    """
    padded = [*forms, *([None] * (len(job.files) - len(forms)))]
    subjects = [
        _subject(file, form, job, indexes, policy, sources_unread)
        for file, form in zip(job.files, padded, strict=False)
    ]
    counts = [(*subject.facts, *subject.sentences) for subject in subjects]
    files = tuple(
        _file(replace(subject, others=_but(counts, at)), rules)
        for at, subject in enumerate(subjects)
    )
    return Report(
        job=job.id,
        verdict=worst([file.verdict for file in files]),
        files=files,
        policy_digest=job.policy_digest,
        snapshots=tuple(index.digest for index in indexes if index.digest is not None),
        facts=ledger.spelled(job.files, counts, policy.ledger.cells),
        engine=engine(rules),
    )


def engine(rules: Sequence[Rule] = RULES) -> str:
    """Name the versions of judge and rules, for the record."""
    return f"judge {JUDGE_VERSION}; " + " ".join(f"{rule.id}.{rule.version}" for rule in rules)


def read_forms(job: Job, folder: Path, limits: FormLimits) -> list[FileForm | None]:
    """Read the form of each file of a job; None where there is none that can be believed."""
    together = folder / FORMS
    if together.is_file():
        lines = _lines(together, limits)
        return [
            _form(lines[position] if position < len(lines) else b"", limits)
            for position in range(len(job.files))
        ]
    return [
        _form((_lines(folder / str(position) / FORMS, limits) or [b""])[0], limits)
        for position in range(len(job.files))
    ]


def read_sources(
    sources: Sequence[Source], keys: Sequence[bytes | None], paths: Sequence[Path]
) -> tuple[tuple[Index, ...], str | None]:
    """Read the indexes of a job; the second value says why one could not be used."""
    indexes: list[Index] = []
    unread: str | None = None
    for position, source in enumerate(sources):
        key = keys[position] if position < len(keys) else None
        label = f"{source.dataset}/{source.version}"
        try:
            if key is None:
                raise BadIndex("no key")
            indexes.append(read_index(paths[position], key, label, source.digest))
        except (BadIndex, OSError, IndexError):
            unread = f"The index of {label} could not be read, so nothing was compared with it."
    return tuple(indexes), unread


def form_limits(policy: OutputsPolicy) -> FormLimits:
    """Derive what a form may hold from the caps its opener had."""
    caps = policy.caps
    return FormLimits(
        bytes=caps.form_bytes,
        parts=caps.parts,
        columns=max(caps.columns, policy.admission.columns),
        cells=caps.cells,
        chars=caps.text_chars + caps.cell_chars,
    )


def _subject(
    file: JobFile,
    form: FileForm | None,
    job: Job,
    indexes: Sequence[Index],
    policy: OutputsPolicy,
    sources_unread: str | None,
) -> Subject:
    own = form if form is not None and _belongs(form, file) else None
    coverage = cover(own) if own else uncovered(file.path, file.size, "the opener gave no form")
    return Subject(file, own, coverage, policy, tuple(indexes), sources_unread, job.context_due)


def _but(counts: Sequence[tuple[FactTable, ...]], at: int) -> tuple[FactTable, ...]:
    return tuple(table for other, own in enumerate(counts) if other != at for table in own)


def _file(subject: Subject, rules: Sequence[Rule]) -> FileReport:
    results = tuple(apply(rule, subject) for rule in rules)
    verdict = worst([result.verdict for result in results])
    return FileReport(subject.file.path, subject.file.digest, verdict, results, subject.coverage)


def _belongs(form: FileForm, file: JobFile) -> bool:
    root = form.parts[0]
    same = (form.path, form.digest, form.size) == (file.path, file.digest, file.size)
    return same and root.size == file.size


def _lines(path: Path, limits: FormLimits) -> list[bytes]:
    try:
        with path.open("rb") as stream:
            data = stream.read(limits.bytes + 1)
    except OSError:
        return []
    return data.split(b"\n") if len(data) <= limits.bytes else []


def _form(line: bytes, limits: FormLimits) -> FileForm | None:
    try:
        return form_from_json(line, limits)
    except BadForm:
        return None


def main() -> None:
    """Judge the job of this sandbox."""
    parser = argparse.ArgumentParser(description="Judge the forms of a job.")
    parser.add_argument("--job", type=Path, default=Path("/job"))
    parser.add_argument("--forms", type=Path, default=Path("/in"))
    parser.add_argument("--index", type=Path, default=Path("/index"))
    parser.add_argument("--out", type=Path, default=Path("/out"))
    arguments = parser.parse_args()
    job = job_from_json((arguments.job / "job.json").read_bytes())
    keys = keys_from_json(_key_bytes(arguments.job / "key"))
    report = judge_folders(job, keys, arguments.forms, arguments.index, arguments.out)
    spelled = json.dumps(report_to_json(report), ensure_ascii=True).encode()
    (arguments.out / "report.json").write_bytes(spelled)


def judge_folders(
    job: Job, keys: Sequence[bytes | None], forms: Path, index: Path, out: Path
) -> Report:
    """Judge a job whose forms and indexes lie in folders, as in the sandbox.

    Errors: Invalid when the job's policy or dictionary cannot be used.
    """
    policy = parse_outputs(job.policy)
    read = read_forms(job, forms, form_limits(policy))
    if job.kind == "admission":
        key = keys[0] if keys else None
        return admission.admit(job, read, forms, policy, key, out / "index")
    paths = [index / str(position) for position in range(len(job.sources))]
    indexes, unread = read_sources(job.sources, keys, paths)
    return judge(job, read, indexes, policy, sources_unread=unread)


def _key_bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else sys.stdin.buffer.read(1 << 20)


if __name__ == "__main__":
    main()
