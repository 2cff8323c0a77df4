"""[pure] The verification job of a snapshot; only the check worker reads the bytes."""

from collections.abc import Callable
from pathlib import Path

from orchestrator.datasets.manifest import Manifest
from orchestrator.outputs.model import INDEX_FORMAT, Job, JobFile
from orchestrator.values import Digest, JsonValue


def job(
    snapshot_id: str,
    round_: int,
    manifest: Manifest,
    dictionary: JsonValue,
    *,
    locate: Callable[[Digest], Path],
    policy: JsonValue,
    policy_digest: Digest,
    index_out: Path,
    index_key: bytes,
) -> Job:
    """Ask the check worker to read an upload against its dictionary, measure and index it.

    Shape: `locate` says where the bytes of a digest lie; the same upload makes the same job id, so
    that a second run after a crash is the same work.
    """
    return Job(
        id=f"{snapshot_id}-{round_}",
        kind="admission",
        files=tuple(
            JobFile(entry.path, entry.digest, entry.size, locate(entry.digest))
            for entry in manifest.entries
        ),
        policy=policy,
        policy_digest=policy_digest,
        context_due=False,
        dictionary=dictionary,
        index_out=index_out,
        index_key=index_key,
    )


def index_name(snapshot_id: str, round_: int) -> str:
    """Where the linkage index of one upload lies, below the installation's folder of indexes.

    Shape: the form that indexes have now is in the name, so one of an earlier form is seen.
    """
    return f"{snapshot_id}-{round_}-{INDEX_FORMAT}.index"
