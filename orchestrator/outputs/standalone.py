"""The whole check without a server: files and source folders in, one JSON answer out.

The same opener, rules and judge as in the sandboxes, in this process. Rules that need a request
are not applicable; without a source, so are those about the source, and the coverage line says so.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import yaml

from orchestrator.errors import Invalid
from orchestrator.outputs import in_words
from orchestrator.outputs.codec import finding_to_json
from orchestrator.outputs.dictionary import Dictionary, parse_dictionary, table_name
from orchestrator.outputs.effect import effect, total
from orchestrator.outputs.form import FileForm, Kind, Note, Part
from orchestrator.outputs.index import Index, SourceColumn, TableIndex, encode_cells, is_specific
from orchestrator.outputs.judge import judge
from orchestrator.outputs.model import Context, FileReport, Job, JobFile, Report, Verdict, worst
from orchestrator.outputs.naming import words
from orchestrator.outputs.opener import open_file
from orchestrator.outputs.readers.opening import ReadCaps, Unreadable
from orchestrator.outputs.readers.parquet import read_columns
from orchestrator.outputs.readers.stream import StreamCaps, stream_table
from orchestrator.outputs.record import record_of, spelled_index
from orchestrator.outputs.recount import categories
from orchestrator.outputs.released import Earlier, compare, earlier
from orchestrator.outputs.rows import Loaded, index_table, load_rows
from orchestrator.outputs.rules.copied import BIRTH_WORDS, is_remark
from orchestrator.policy.outputs import OutputsPolicy, read_outputs
from orchestrator.settings import Settings
from orchestrator.values import Digest, JsonValue

EXIT = {Verdict.PASS: 0, Verdict.FLAG: 10, Verdict.BLOCK: 20}
_ID_WORDS = frozenset(
    {"id", "pid", "rownames", "rowname", "mrn", "pseudonym", "patient", "subject", "person"}
)
_TABLES = frozenset({".csv", ".tsv"})


class FileAnswer(TypedDict):
    """What is said about one file."""

    path: str
    verdict: str
    coverage: str
    findings: list[dict[str, JsonValue]]


class Answer(TypedDict):
    """What is said about all files; the top verdict is the effect."""

    verdict: str
    files: list[FileAnswer]


def check_paths(
    paths: Sequence[Path],
    *,
    source: Path | None = None,
    released: Sequence[Path] = (),
    rules: Path | None = None,
) -> Answer:
    """Check files and folders as they would be checked before release.

    Shape: {"verdict": pass|flag|block, "files": [{"path", "verdict", "coverage", "findings":
    [{"rule", "severity", "where", "evidence", "say"}]}]}; the top verdict is the effect, also of
    what could not be checked. `EXIT` maps it to an exit code.
    Errors: Invalid for a path, source folder, dictionary or rules file that cannot be used.
    """
    sources = () if source is None else (source,)
    return check_with_record(paths, sources=sources, released=released, rules=rules)[0]


def check_with_record(
    paths: Sequence[Path],
    *,
    sources: Sequence[Path] = (),
    released: Sequence[Path] = (),
    rules: Path | None = None,
) -> tuple[Answer, dict[str, JsonValue]]:
    """Check as `check_paths` does, and give the record that `again.check_again` can run again."""
    policy = read_outputs(rules or Settings().policies_dir / "outputs.yaml")
    indexes = [index_folder(folder, policy) for folder in sources]
    forms = opened_files(named(paths), policy)
    left = opened_files(named(released), policy) if released else []
    report = check_forms(forms, indexes, policy, left)
    spelled = [spelled_index(index) for index in indexes]
    record = record_of(report.files, policy, report.engine, spelled, {})
    return answered(report.files, policy, compared=bool(indexes)), record


def opened_files(listed: Iterable[tuple[str, Path]], policy: OutputsPolicy) -> list[FileForm]:
    """Open files under the names they are to have."""
    caps = ReadCaps.of(policy.caps.model_dump())
    return [open_file(name, path, caps) for name, path in listed]


def answered(files: Sequence[FileReport], policy: OutputsPolicy, *, compared: bool) -> Answer:
    """Say what came of a check."""
    notes = "" if compared else "No source was named, so nothing was compared with one."
    effects = [effect(file, policy) for file in files]
    return {
        "verdict": total(effects).value,
        "files": [_file_json(file, notes) for file in files],
    }


def check_forms(
    forms: Sequence[FileForm],
    indexes: Sequence[Index],
    policy: OutputsPolicy,
    released: Sequence[FileForm] = (),
    contexts: Mapping[str, Context] | None = None,
) -> Report:
    """Judge opened files, also beside files that left earlier.

    Shape: `contexts` is what authors said by path; None where no request stands behind the files.
    """
    said = contexts or {}
    job = Job(
        id="local",
        kind="export",
        files=tuple(
            JobFile(form.path, form.digest, form.size, Path(form.path),
                    said.get(form.path, Context()))
            for form in forms
        ),
        policy=policy.as_json(),
        policy_digest=policy.digest(),
        context_due=contexts is not None,
    )  # fmt: skip
    report = judge(job, forms, indexes, policy)
    if not released:
        return report
    others = earlier(released, indexes)
    unread = [form.path for form in released if _is_unread(form.parts[0])]
    files = tuple(
        _beside(file, form, others, unread, indexes, policy)
        for file, form in zip(report.files, forms, strict=True)
    )
    return replace(report, files=files, verdict=worst([file.verdict for file in files]))


def _is_unread(root: Part) -> bool:
    """Say whether a file was not read, or as a text of which nobody says what it is."""
    return root.kind is Kind.UNKNOWN or any(one.note is Note.UNKNOWN_TYPE for one in root.notes)


def _beside(
    file: FileReport,
    form: FileForm,
    others: Sequence[Earlier],
    unread: Sequence[str],
    indexes: Sequence[Index],
    policy: OutputsPolicy,
) -> FileReport:
    """Put in the place of the rules that wait for a submission what they say to earlier files."""
    known = categories(indexes)
    counts = in_words.counts(form.parts, known)
    unfinished = None
    if unread and counts:
        unfinished = f"{len(unread)} earlier files could not be read: {', '.join(unread[:5])}."
    fresh = {one.rule: one for one in compare(counts, others, policy, unfinished=unfinished)}
    results = tuple(fresh.get(result.rule, result) for result in file.results)
    return replace(file, results=results, verdict=worst([one.verdict for one in results]))


def index_folder(folder: Path, policy: OutputsPolicy) -> Index:
    """Index every csv, tsv and parquet table of a folder, under a key that its bytes give.

    The index never leaves this process, so the key guards nothing; taken from the bytes it makes
    the same source give the same verdict again.

    Shape: a file's stem names its table; `dictionary.yaml` gives the roles of columns, else
    columns that identify are recognised by name and by values that never repeat.
    Errors: Invalid when there is no readable table.
    """
    if not folder.is_dir():
        raise Invalid(f"{folder} is not a folder: --source names a folder of tables.")
    dictionary = _dictionary(folder / "dictionary.yaml")
    digest = _digest_of(folder)
    key = hashlib.blake2b(digest.encode(), digest_size=32, person=b"tre check").digest()
    indexed: dict[str, TableIndex] = {}
    for loaded in _load_folder(folder, policy):
        table = index_table(loaded, _column_roles(loaded, dictionary), key)
        if not _is_same(indexed.setdefault(loaded.name, table), table):
            raise Invalid(
                f"{folder.name} has two different tables named {loaded.name}: give each its own "
                "name, or leave one out."
            )
    if not indexed:
        raise Invalid(f"There is no csv, tsv or parquet table in {folder} to compare with.")
    return Index(tuple(indexed.values()), key, folder.name, digest)


def _is_same(one: TableIndex, other: TableIndex) -> bool:
    """Say whether two files of one stem hold one table."""
    names = [[column.name for column in table.columns] for table in (one, other)]
    return one.size == other.size and names[0] == names[1]


def _digest_of(folder: Path) -> Digest:
    """Name a source folder by the bytes of its tables and dictionary."""
    hashed = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in {*_TABLES, ".parquet"} or path.name == "dictionary.yaml":
            with path.open("rb") as stream:
                own = hashlib.file_digest(stream, "sha256").hexdigest()
            hashed.update(f"{own}  {path.name}\n".encode())
    return Digest("sha256:" + hashed.hexdigest())


def _load_folder(folder: Path, policy: OutputsPolicy) -> Iterator[Loaded]:
    caps = StreamCaps.of(policy.admission.model_dump())
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch) / "rows-0.ndjson"
        for path in sorted(folder.iterdir()):
            if path.suffix == ".parquet":
                yield _parquet(path)
            elif path.suffix in _TABLES:
                yield load_table(path.name, path, rows, caps)


def load_table(name: str, path: Path, rows: Path, caps: StreamCaps) -> Loaded:
    """Read a csv or tsv table of a source. Errors: Invalid when it is not one table."""
    form = stream_table(name, path, rows, caps)
    table = form.parts[0].table
    if table is None:
        note = form.parts[0].notes[0]
        raise Invalid(
            f"{name} cannot be read as one table ({note.note.value} near line "
            f"{note.at}): save it as UTF-8 csv with one header line."
        )
    return load_rows(rows, table, table_name(name), name, rows.parent)


def _parquet(path: Path) -> Loaded:
    try:
        names, columns = read_columns(path.read_bytes())
    except (Unreadable, ValueError, IndexError, OSError) as error:
        raise Invalid(
            f"{path.name} cannot be read as parquet: save it without encryption, packed with "
            "snappy, gzip, zstd or not at all, or as csv."
        ) from error
    cells = [encode_cells(name, column) for name, column in zip(names, columns, strict=True)]
    return Loaded(path.name, table_name(path.name), len(columns[0]) if columns else 0, tuple(cells))


def _column_roles(loaded: Loaded, dictionary: Dictionary | None) -> Mapping[str, str]:
    if dictionary is None:
        found = {column.name: _role(column, loaded) for column in loaded.columns}
        return {name: role for name, role in found.items() if role}
    spec = dictionary.tables.get(loaded.name)
    return {} if spec is None else {name: one.role.value for name, one in spec.columns.items()}


def _role(column: SourceColumn, loaded: Loaded) -> str:
    """Guess what a column is where no dictionary says so."""
    if _identifies(column, loaded):
        return "pseudonym"
    if BIRTH_WORDS & set(words(column.name)):
        return "date"
    texts = sum(is_remark(cell) for cell in column.distinct)
    return "free_text" if texts > 0.5 * len(column.distinct) else ""


def _identifies(column: SourceColumn, loaded: Loaded) -> bool:
    if not loaded.size:
        return False
    named = bool(_ID_WORDS & set(words(column.name)))
    alone = len(column.distinct) == loaded.size
    return named or (alone and is_specific(column.distinct))


def _dictionary(path: Path) -> Dictionary | None:
    if not path.is_file():
        return None
    try:
        return parse_dictionary(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(f"{path.name} cannot be read as YAML.", code="bad_dictionary") from error


def named(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """List files with the names they would have in a request; folders whole, hidden files too."""
    if not paths:
        raise Invalid("Name at least one file or folder to check.")
    for path in paths:
        if path.is_dir():
            for inner in sorted(path.rglob("*")):
                if inner.is_file() and not inner.is_symlink():
                    yield str(inner.relative_to(path)), inner
        elif path.is_file():
            yield path.name, path
        else:
            raise Invalid(f"{path} does not exist or is not a file.")


def _file_json(file: FileReport, notes: str) -> FileAnswer:
    return {
        "path": file.path,
        "verdict": file.verdict.value,
        "coverage": f"{file.coverage.statement} {notes}".strip(),
        "findings": [finding_to_json(finding) for finding in file.findings],
    }
