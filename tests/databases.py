"""Copies of the migrated template, which is made once."""

import sqlite3
from pathlib import Path


def copy_sqlite(template: Path, target: Path) -> str:
    """Copy a database the way SQLite wants it, pages still in its log included."""
    with sqlite3.connect(template) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return f"sqlite:///{target}"
