"""A record of a check is run again on the same files and sources, to the same verdict.

Any record will do: one that `tre check` wrote, or the one that left with a release. Whoever holds
the released files and the source needs no server.
Source: outputs section 2; decision 0025.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from orchestrator.errors import Invalid
from orchestrator.outputs.index import Index
from orchestrator.outputs.readers.stream import StreamCaps
from orchestrator.outputs.record import (
    Snapshot,
    contexts_of,
    differences,
    policy_of,
    read_record,
    record_of,
    recorded_files,
    recorded_snapshots,
    spelled_index,
    with_ledger,
)
from orchestrator.outputs.rows import index_table
from orchestrator.outputs.standalone import (
    Answer,
    answered,
    check_forms,
    index_folder,
    load_table,
    named,
    opened_files,
)
from orchestrator.policy.outputs import OutputsPolicy, parse_outputs
from orchestrator.values import Digest, JsonValue


def check_again(
    record: Path,
    paths: Sequence[Path],
    *,
    sources: Sequence[Path] = (),
    released: Sequence[Path] = (),
) -> tuple[Answer, list[str]]:
    """Run a record again on the same files; the sentences say what came out otherwise.

    Shape: the thresholds are those of the record, whatever the policy says today. Files are told
    by their bytes, so they may have other names now. The record of a release takes the outcome of
    rules that only the ledger of its deployment can run as it stands.
    Errors: Invalid for a record, path or source folder that cannot be used.
    """
    before = read_record(record.read_bytes(), record.name)
    if released and before.get("ledger"):
        raise Invalid(
            "This record was compared with the release ledger of its deployment; earlier files "
            "named beside it would be another comparison. Leave --released out."
        )
    policy = parse_outputs(policy_of(before))
    indexes, spelled = _sources_again(before, sources, policy)
    contexts = contexts_of(before)
    forms = opened_files(_as_recorded(before, paths), policy)
    left = opened_files(named(released), policy) if released else []
    report = check_forms(forms, indexes, policy, left, contexts)
    files = [with_ledger(file, before) for file in report.files]
    after = record_of(files, policy, report.engine, spelled, contexts or {})
    return answered(files, policy, compared=bool(indexes)), differences(before, after)


def _as_recorded(
    record: Mapping[str, JsonValue], paths: Sequence[Path]
) -> Iterator[tuple[str, Path]]:
    """List the given files under the names that their bytes have in a record, in its order."""
    given = list(named(paths))
    digests = {place: digest_of_file(place) for _, place in given}
    used: set[Path] = set()
    for path, digest in recorded_files(record):
        same = [place for _, place in given if digests[place] == digest]
        found = same or [place for name, place in given if name == path]
        if found:
            used.add(found[0])
            yield path, found[0]
    yield from ((name, place) for name, place in given if place not in used)


def _sources_again(
    record: Mapping[str, JsonValue], folders: Sequence[Path], policy: OutputsPolicy
) -> tuple[list[Index], list[JsonValue]]:
    """Index the sources of a record again from folders; a snapshot is told by its files."""
    snapshots = recorded_snapshots(record)
    if not snapshots:
        indexes = [index_folder(folder, policy) for folder in folders]
        return indexes, [spelled_index(index) for index in indexes]
    found = [(one, _snapshot(one, folders, policy)) for one in snapshots]
    return (
        [index for _, index in found if index is not None],
        [one.spelled for one, index in found if index is not None],
    )


def _snapshot(one: Snapshot, folders: Sequence[Path], policy: OutputsPolicy) -> Index | None:
    """Index a snapshot under a key that its digest gives; None where its files are not there."""
    places = _places(one, folders)
    if len(places) < len(one.files):
        return None
    key = hashlib.blake2b(one.digest.encode(), digest_size=32, person=b"tre check").digest()
    caps = StreamCaps.of(policy.admission.model_dump())
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch) / "rows-0.ndjson"
        tables = [
            index_table(loaded, one.roles.get(loaded.name, {}), key)
            for loaded in (load_table(path, places[path], rows, caps) for path in sorted(places))
        ]
    return Index(tuple(tables), key, one.label, one.digest)


def _places(one: Snapshot, folders: Sequence[Path]) -> dict[str, Path]:
    """Find the files of a snapshot in folders, by size and then by digest."""
    sizes = {size for _, size in one.files.values()}
    found: dict[str, Path] = {}
    for folder in folders:
        for place in sorted(folder.rglob("*")):
            if place.is_file() and place.stat().st_size in sizes:
                found.setdefault(digest_of_file(place), place)
    return {path: found[digest] for path, (digest, _) in one.files.items() if digest in found}


def digest_of_file(place: Path) -> Digest:
    """Name a file by its bytes, whatever its size."""
    with place.open("rb") as stream:
        return Digest("sha256:" + hashlib.file_digest(stream, "sha256").hexdigest())
