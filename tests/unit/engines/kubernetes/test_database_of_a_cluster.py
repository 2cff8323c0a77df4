"""SQLite needs all its processes on one host, so a cluster refuses it."""

from pathlib import Path

import pytest

from orchestrator.errors import Invalid
from orchestrator.settings import Settings


@pytest.mark.parametrize("url", ["", "sqlite:////srv/tre.db"])
def test_sqlite_is_refused_on_a_cluster(url: str, tmp_path: Path) -> None:
    """One machine keeps it."""
    with pytest.raises(Invalid, match="SQLite needs all its processes on one host"):
        _ = Settings(engine="kubernetes", database_url=url).database
    assert Settings(state_dir=tmp_path).database.startswith("sqlite:///")
    mine = "postgresql+psycopg://u:p@h/d"
    assert Settings(engine="kubernetes", database_url=mine).database == mine
