"""duckdb files: the tables as duckdb itself reads them, and no byte of the file called read.

The only module that knows duckdb, which is loaded with the first such file. Its blocks are known to
its own program only, and that does not say which bytes it read: so the file stays could-not-check,
while what its tables hold is found and named. That program is a parser in C++ for hostile bytes,
so this reader is for the opener's prison alone. Source: decision 0024.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers.delimited import unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_SETTINGS = {
    "access_mode": "READ_ONLY",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
    "memory_limit": "256MB",
    "temp_directory": "",
    "threads": "1",
}
"""No file but the one given, no extension, no thread, no spilling, and no way to change that."""

_TABLES = """SELECT schema_name, table_name FROM duckdb_tables()
WHERE NOT internal AND NOT temporary ORDER BY ALL"""
_SCHEMA = """
SELECT sql FROM duckdb_tables() WHERE NOT internal
UNION ALL SELECT comment FROM duckdb_tables()
UNION ALL SELECT comment FROM duckdb_columns() WHERE NOT internal
UNION ALL SELECT sql FROM duckdb_views() WHERE NOT internal
UNION ALL SELECT comment FROM duckdb_views()
UNION ALL SELECT sql FROM duckdb_indexes()
UNION ALL SELECT sql FROM duckdb_sequences()
UNION ALL SELECT macro_definition FROM duckdb_functions() WHERE NOT internal
UNION ALL SELECT array_to_string(labels, ' ') FROM duckdb_types() WHERE NOT internal"""
_RUN = re.compile(rb"[\x20-\x7e\xc2-\xf4\x80-\xbf]{6,}")

Ask = Callable[[str], list[tuple[Any, ...]]]


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read every table of a database file, and texts of its blocks that no table shows.

    Errors: Unreadable (TRUNCATED) where duckdb refuses the file.
    """
    opening.container(path, data, (), [Observation(Note.UNACCOUNTED)])
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "submitted.duckdb"
        place.write_bytes(data)
        try:
            shown = set(_tables(opening, path, place))
        except _duckdb().Error as error:
            raise Unreadable(Note.TRUNCATED) from error
    runs = (run.decode("utf-8", "replace").strip() for run in _RUN.findall(data))
    left = "\n".join(dict.fromkeys(run for run in runs if run not in shown))
    opening.text(opening.free(f"{below(path)}blocks"), left)


@cache
def _duckdb() -> Any:
    return import_module("duckdb")


def _tables(opening: Opening, path: str, place: Path) -> Iterator[str]:
    """Read all tables and answer their cells."""
    with closing(_duckdb().connect(str(place), config=_SETTINGS)) as base:
        ask: Ask = lambda order: base.execute(order).fetchmany(opening.caps.rows + 1)  # noqa: E731
        said = "\n".join(str(text) for (text,) in ask(_SCHEMA) if text)
        if said:
            opening.text(opening.free(f"{below(path)}schema"), said)
        for schema, name in ask(_TABLES):
            rows = ask(f"SELECT COLUMNS(*)::VARCHAR FROM {_quoted(schema)}.{_quoted(name)}")  # noqa: S608 - quoted
            columns = [str(one[0]) for one in base.description]
            cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
            own = opening.free(f"{below(path)}{name}")
            opening.table(own, columns, cells)
            unpack(opening, own, columns, cells)
            yield from (cell for row in cells for cell in row)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
