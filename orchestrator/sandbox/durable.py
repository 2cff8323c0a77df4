"""Files that are replaced whole: a crash leaves the old or the new content, nothing between."""

import os
from pathlib import Path


def replace(file: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file whole and durably: its old or its new content is there, nothing between."""
    fresh = file.with_name(file.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
