"""The sandbox of a notebook server, described from the engine's own facts alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.local.boxes import Places, base_python, server_box
from orchestrator.engines.port import Mount, Size
from orchestrator.errors import Unavailable
from orchestrator.values import digest_of


def _places(folder: Path) -> Places:
    image = folder / "image"
    image.mkdir(exist_ok=True)
    (image / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    return Places(image, folder / "home", folder / "shared", folder / "doors")


def test_what_a_server_sees(tmp_path: Path) -> None:
    mount = Mount("mgus", "1", digest_of(b""), tmp_path / "tree", tmp_path / "manifest")
    box = server_box("alpha", "ada", _places(tmp_path), [mount], Size(), {})
    seen = {bind.target: bind for bind in box.binds}
    assert seen["/data/mgus/1"].source == str(tmp_path / "tree")
    assert seen["/data/mgus/1.MANIFEST.json"].source == str(tmp_path / "manifest")
    assert {bind.target for bind in box.binds if bind.writable} == {"/home/researcher", "/project"}
    assert {target for target in seen if target.startswith("/run")} == {
        "/run/tre/hub",
        "/run/tre/airlock",
        "/run/tre/packages",
    }
    assert seen["/opt/python"].source == "/opt/python"
    assert not box.share_net


def test_the_inside_addresses_replace_those_of_the_hub(tmp_path: Path) -> None:
    given_by_hub = {
        "JUPYTERHUB_API_URL": "http+unix://%2frun%2fhub.sock/hub/api",
        "JUPYTERHUB_SERVICE_URL": "http://10.0.0.1:80/",
        "JUPYTERHUB_API_TOKEN": "t",
    }
    box = server_box("alpha", "ada", _places(tmp_path), [], Size(), given_by_hub)
    found = dict(box.environment)
    assert found["JUPYTERHUB_API_URL"] == "http://127.0.0.1:8081/hub/api"
    assert found["JUPYTERHUB_SERVICE_URL"] == "http://127.0.0.1:8888/user/ada/"
    assert found["JUPYTERHUB_API_TOKEN"] == "t"


@given(
    st.dictionaries(
        st.one_of(st.text(min_size=1), st.sampled_from(["PATH", "HOME", "LD_PRELOAD", "SHELL"])),
        st.text(),
    )
)
def test_no_word_of_the_hub_changes_anything_but_its_own_variables(
    tmp_path_factory: pytest.TempPathFactory, words: dict[str, str]
) -> None:
    places = _places(tmp_path_factory.getbasetemp())
    plain = server_box("alpha", "ada", places, [], Size(), {})
    fuzzed = server_box("alpha", "ada", places, [], Size(), words)
    extra = set(fuzzed.environment) - set(plain.environment)
    assert all(name.startswith("JUPYTERHUB_") for name, _ in extra)
    assert set(plain.environment) <= set(fuzzed.environment)
    assert plain.binds == fuzzed.binds
    assert plain.command == fuzzed.command


def test_an_image_that_is_not_installed(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not installed"):
        base_python(tmp_path / "nothing")
