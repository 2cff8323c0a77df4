"""The story's place on one machine: settings, SQLite, and the local engine's folders."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from orchestrator.demo.place import Done, tre
from orchestrator.settings import Settings


class Machine:
    """See `place.Place`."""

    patience = 1.0

    def __init__(self, settings: Settings) -> None:
        """Keep the settings of the installation that runs here."""
        self.settings = settings

    def operator(self, *words: str) -> Done:
        """See the protocol."""
        return tre(self.settings.environment(), words)

    def ways_out(self) -> dict[str, object]:
        """See the protocol: the host's loopback, its folders and its processes."""
        homes = self.settings.homes_dir.absolute()
        return {
            "addresses": {
                "the control plane on the host": ["127.0.0.1", self.settings.control_port],
                "the gateway on the host": ["127.0.0.1", self.settings.gateway_port],
            },
            "paths": {
                "another project's files": [
                    str(homes / "mgus-outcomes"),
                    str(self.settings.state_dir.absolute()),
                    str(self.settings.run / "p" / "mgus-outcomes"),
                    "/data/myeloma",
                ],
                "the host's processes": [f"/proc/{pid}" for pid in _pids() if pid > 1000][:50],
            },
            "programs": {},
        }

    @contextmanager
    def altered_log(self) -> Iterator[str]:
        """See the protocol."""
        copy = self.settings.state_dir.parent / "copy.db"
        _copy_database(self.settings.state_dir / "tre.db", copy)
        _flip_a_byte(copy)
        yield f"sqlite:///{copy}"
        for path in copy.parent.glob("copy.db*"):
            path.unlink()


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)


def _flip_a_byte(database: Path) -> None:
    """What somebody with the database's file could do: change one record, triggers off."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for (name,) in connection.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            connection.execute(f"drop trigger {name}")
        seq, record = connection.execute(
            "select seq, record from audit_entries where seq = 5"
        ).fetchone()
        changed = bytearray(record)
        changed[40] ^= 1
        connection.execute(
            "update audit_entries set record = ? where seq = ?", (bytes(changed), seq)
        )


def _pids() -> list[int]:
    return sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
