"""The written configuration: private files, no secret in the program, closed defaults."""

import stat
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

from orchestrator.hub import facts
from orchestrator.hub.client import PATIENCE
from orchestrator.hub.config import configure, configure_on_a_cluster, write_config


def write(tmp_path: Path, token: str = "t" * 40) -> Path:
    return write_config(tmp_path / "hub", "flc", tmp_path / "h.sock", tmp_path / "e.sock", token)


def test_files_are_private_and_the_token_is_in_one_of_them_only(tmp_path: Path) -> None:
    program = write(tmp_path)
    holders = [f.name for f in program.parent.iterdir() if "t" * 40 in f.read_text()]
    assert holders == ["api_token"]
    assert {stat.S_IMODE(f.stat().st_mode) for f in program.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(program.parent.stat().st_mode) == 0o700


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    before = {f.name: f.read_bytes() for f in write(tmp_path).parent.iterdir()}
    after = {f.name: f.read_bytes() for f in write(tmp_path).parent.iterdir()}
    assert before == after


def test_the_defaults_are_closed(tmp_path: Path) -> None:
    c: defaultdict[str, SimpleNamespace] = defaultdict(SimpleNamespace)
    options = _Options(c)
    configure(options, write(tmp_path).parent)
    hub = c["JupyterHub"]
    assert hub.authenticator_class == "null"
    assert hub.hub_bind_url.startswith("http+unix://")
    assert hub.hub_connect_url == hub.hub_bind_url
    assert hub.cleanup_servers is False
    assert hub.allow_named_servers is False
    assert hub.concurrent_spawn_limit == 0, "a course of people may come at once"
    assert hub.tornado_settings["slow_spawn_timeout"] == 0, "the engine waits for nothing here"
    assert [role["name"] for role in hub.load_roles] == ["user", "server", "tre"]
    assert c["Spawner"].env_keep == []


class _Options:
    """Stands for traitlets' configuration: a namespace per class name."""

    def __init__(self, spaces: defaultdict[str, SimpleNamespace]) -> None:
        self._spaces = spaces

    def __getattr__(self, name: str) -> SimpleNamespace:
        return self._spaces[name]


def test_a_hub_on_a_cluster_is_as_closed_and_makes_pods(tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.mkdir()
    for name, text in facts.on_a_cluster("flc", "tre-flc", 8081, "t" * 64).items():
        (told / name).write_text(text)
    c: defaultdict[str, SimpleNamespace] = defaultdict(SimpleNamespace)
    configure_on_a_cluster(_Options(c), told, tmp_path)
    hub = c["JupyterHub"]
    assert hub.authenticator_class == "null"
    assert hub.hub_bind_url == "http://:8081"
    assert hub.cleanup_servers is False
    assert hub.allow_named_servers is False
    assert hub.db_url == f"sqlite:///{tmp_path / 'hub.sqlite'}"
    assert hub.services == [{"name": "tre", "api_token": "t" * 64}]
    assert 0 < hub.tornado_settings["slow_spawn_timeout"] < PATIENCE, "its answer is: ready"
    assert c["KubeSpawner"].namespace == "tre-flc"
    assert c["KubeSpawner"].enable_user_namespaces is False
    assert c["Spawner"].env_keep == []
