"""[pure] The manifest of a snapshot: its files by path, size and digest, in one spelling.

The digest of these bytes is the snapshot's name everywhere: in votes, trees, mounts, reports and
passports.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.errors import Invalid, Tampered
from orchestrator.objectstore.paths import distinct, safe_path
from orchestrator.values import Digest, JsonValue, canonical_json, digest_of, parse_digest

FORMAT = 1
MOST_FILES = 200_000


@dataclass(frozen=True, order=True)
class Entry:
    """One file; `size` in bytes."""

    path: str
    digest: Digest
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is: which version of which dataset, described how, made of which files.

    Shape: `entries` are sorted by path; `dictionary` names the canonical dictionary's bytes.
    """

    dataset: str
    version: str
    partner: str
    dictionary: Digest
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(entry.size for entry in self.entries)

    def spelled(self) -> bytes:
        """Spell the manifest in the one way that is hashed."""
        files: list[JsonValue] = [
            {"path": e.path, "digest": e.digest, "size": e.size} for e in self.entries
        ]
        return canonical_json(
            {
                "format": FORMAT,
                "dataset": self.dataset,
                "version": self.version,
                "partner": self.partner,
                "dictionary": self.dictionary,
                "files": files,
            }
        )

    def digest(self) -> Digest:
        """Name the snapshot."""
        return digest_of(self.spelled())


def make(
    dataset: str, version: str, partner: str, dictionary: Digest, entries: Iterable[Entry]
) -> Manifest:
    """Make the manifest of these files, in any order.

    Errors: Invalid without files, or for a path that cannot be a file of ours.
    """
    listed = tuple(sorted(entries))
    if not listed:
        raise Invalid("No file was received. Send the files, then finish.", code="no_files")
    if len(listed) > MOST_FILES:
        raise Invalid(
            f"A snapshot has at most {MOST_FILES:,} files; pack small ones into tables.",
            code="too_many_files",
        )
    distinct(safe_path(entry.path) for entry in listed)
    return Manifest(dataset, version, partner, dictionary, listed)


def parse(data: bytes) -> Manifest:
    """Read a manifest that this program wrote.

    Errors: Tampered when it is not exactly the spelling of a manifest.
    """
    try:
        value = json.loads(data)
        manifest = make(
            value["dataset"],
            value["version"],
            value["partner"],
            parse_digest(value["dictionary"]),
            [Entry(f["path"], parse_digest(f["digest"]), f["size"]) for f in value["files"]],
        )
        if manifest.spelled() == data:
            return manifest
    except (ValueError, KeyError, TypeError, AttributeError, Invalid) as error:
        raise differs() from error
    raise differs()


def differs() -> Tampered:
    """The error for a stored manifest that is not what it should be."""
    return Tampered(
        "A stored manifest is not what this program writes. Nothing was handed on. Tell the "
        "administrator now.",
        code="manifest_differs",
    )
