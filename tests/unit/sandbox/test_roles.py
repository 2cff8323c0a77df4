"""Sandboxes of our own processes: no secret, no state folder. Source: design property 8."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestrator.sandbox import roles
from orchestrator.settings import Settings


def _settings(folder: Path) -> Settings:
    return Settings(
        mode="test",
        state_dir=folder / "state",
        run_dir=folder / "run",
        homes_dir=folder / "homes",
        oidc_client_secret=SecretStr("hidden"),
        api_token=SecretStr("hidden"),
        database_url="postgresql://tre:hidden@db/tre",
    )


def test_a_role_gets_the_settings_without_secrets(tmp_path: Path) -> None:
    given = roles.role_environment(_settings(tmp_path))
    assert given["TRE_RUN_DIR"] == str(tmp_path / "run")
    assert "hidden" not in " ".join(given.values())
    assert "TRE_DATABASE_URL" not in given


def test_another_process_reads_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maps too; a role reads all but the secrets."""
    levels: Any = {"urn:example:strong": "aal2"}
    mine = _settings(tmp_path).model_copy(update={"oidc_acr_levels": levels})
    for given in (mine.environment(), roles.role_environment(mine)):
        with monkeypatch.context() as variables:
            for name, value in given.items():
                variables.setenv(name, value)
            assert Settings().oidc_acr_levels == levels
            assert Settings().state_dir == mine.state_dir


def test_a_role_sees_neither_state_nor_homes(tmp_path: Path) -> None:
    box = roles.role_box("hub", ["/bin/true"], readable=[tmp_path / "run"])
    targets = [Path(bind.target) for bind in box.binds]
    for hidden in (tmp_path / "state" / "tre.db", tmp_path / "homes"):
        assert not any(hidden.is_relative_to(target) for target in targets)
    assert not box.share_net


def test_only_named_folders_are_writable(tmp_path: Path) -> None:
    box = roles.role_box("hub", ["/bin/true"], writable=[tmp_path])
    assert [bind.target for bind in box.binds if bind.writable] == [str(tmp_path)]
