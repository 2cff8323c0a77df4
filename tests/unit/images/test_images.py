"""The images without building one: what goes in, whose they are, what is pinned and listed."""

import io
import json
import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from orchestrator.errors import NotFound, Unavailable
from tests.cluster.images import base, staging
from tests.cluster.images.builder import Volumes, digest_of
from tests.cluster.images.inventory import DEBIAN, inventory
from tests.cluster.images.recipes import BASE, FOLDERS, RECIPES, Recipe, chosen

BY_NAME = {recipe.name: recipe for recipe in RECIPES}
LOCKS = [recipe.lock for recipe in RECIPES if recipe.lock is not None]


def test_every_folder_is_an_image_and_every_image_has_a_folder() -> None:
    """A folder that nothing builds would look like a part of the product."""
    assert {path.name for path in FOLDERS.iterdir() if path.is_dir()} == set(BY_NAME)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_containerfile_takes_a_base_and_ends_as_an_ordinary_user(recipe: Recipe) -> None:
    """The wall writes into the node's own folders: it is root and stands on nothing."""
    text = (recipe.folder / "Containerfile").read_text()
    users = re.findall(r"^USER (\S+)$", text, re.M)
    if recipe.name == "wall":
        assert (users, "FROM scratch" in text) == (["0:0"], True)
    else:
        assert users[-1] == "1000:1000"
        assert re.search(r"^ARG BASE_IMAGE=", text, re.M)
        assert ("/bin/sh", "/smoke/plain.sh") in recipe.tries


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_packages_are_pinned_by_hash_and_name_no_host(lock: Path) -> None:
    """One without a hash would be whatever an index answers that day."""
    text = lock.read_text()
    assert "://" not in text
    entries = re.split(r"^(?=\S+==)", text, flags=re.M)[1:]
    assert len(entries) > 5
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_mirror_offers_nothing_that_the_image_has() -> None:
    """It would be fetched and never be used: what the image has comes first."""
    offered, there = (
        {name for name, _ in re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.M)}
        for lock in (FOLDERS / "mirror" / "requirements.lock", BY_NAME["workspace"].lock)
        if lock is not None
    )
    assert "statsmodels" in offered
    assert "numpy" in there
    assert offered & there == set()


def test_hub_and_processes_agree_on_what_both_have() -> None:
    """They speak to one another."""

    def pins(lock: Path | None) -> dict[str, str]:
        assert lock is not None
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.M))

    ours, hubs = pins(BY_NAME["orchestrator"].lock), pins(BY_NAME["hub"].lock)
    both = ours.keys() & hubs.keys()
    assert "jupyterhub" in both
    assert {name: ours[name] for name in both} == {name: hubs[name] for name in both}


def test_the_hub_gets_what_it_imports_and_no_database() -> None:
    """Design property 8; the API's modules show that the database would be found."""
    found = staging.modules("orchestrator.hub")
    assert {"orchestrator", "orchestrator.errors", "orchestrator.hub.config"} <= set(found)
    assert not [
        name for name in found if name.startswith(("orchestrator.db", "orchestrator.audit"))
    ]
    assert "orchestrator.db" in staging.modules("orchestrator.api")


def test_a_key_names_all_that_goes_in() -> None:
    """The same input, the same key; another base, image or file, another one."""
    recipe = BY_NAME["hub"]
    key = staging.key(recipe, "one")
    assert key == staging.key(recipe, "one")
    assert len({key, staging.key(recipe, "two"), staging.key(BY_NAME["workspace"], "one")}) == 3
    assert key != staging.key(Recipe(**{**vars(recipe), "lock": BY_NAME["workspace"].lock}), "one")


def test_the_base_comes_first_and_only_where_it_is_needed() -> None:
    """An unknown name is refused."""
    assert [recipe.name for recipe in chosen(["hub"])] == [BASE, "hub"]
    assert [recipe.name for recipe in chosen(["wall"])] == ["wall"]
    assert [recipe.name for recipe in chosen([])] == [recipe.name for recipe in RECIPES]
    with pytest.raises(NotFound, match="workspace"):
        chosen(["workspce"])


@dataclass
class Store:
    """A builder's store without a registry, with one image that answers."""

    answers: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Nothing."""
        return False

    def fetch(self, name: str) -> str | None:
        """Only what is there."""
        return self.answers.get(name)

    def take(self, archive: Path, name: str) -> None:
        """Not asked here."""
        raise AssertionError(name)

    def build(
        self, context: Path, name: str, arguments: Mapping[str, str], volumes: Volumes
    ) -> None:
        """Not asked here."""
        raise AssertionError(name)

    def run(self, name: str, command: Sequence[str], volumes: Volumes) -> str:
        """What the programs of the inventory would say."""
        return self.answers["dpkg" if command[0] == DEBIAN[0] else "python"]

    def save(self, name: str, archive: Path) -> None:
        """Not asked here."""
        raise AssertionError(name)


def test_a_named_base_is_never_replaced(tmp_path: Path) -> None:
    """What an institution named was audited; another one was not."""
    mine = "registry.invalid/debian@sha256:" + "1" * 64
    said: list[str] = []
    assert base.ground(Store({mine: mine}), mine, tmp_path, said).name == mine
    assert said == [f"The base is {mine}."]
    with pytest.raises(Unavailable, match="no other one is taken"):
        base.ground(Store({}), mine, tmp_path, said)


def test_an_engine_makes_no_base_of_its_own(tmp_path: Path) -> None:
    """And it says so, after it said that no registry answers."""
    said: list[str] = []
    with pytest.raises(Unavailable, match="public base only"):
        base.ground(Store({}), "", tmp_path, said)
    assert said == [f"No registry answers for {base.PUBLIC}."]


def test_an_inventory_is_valid_complete_and_the_same_each_time() -> None:
    """By the schema of CycloneDX 1.6, read strictly."""
    answers = {"dpkg": "libc6\t2.36-9\tamd64\n", "python": json.dumps([["Jinja2", "3.1.6"]])}
    made = [
        inventory(Store(answers), BY_NAME["hub"], "hub", "sha256:" + "a" * 64, "Debian bookworm")
        for _ in range(2)
    ]
    assert made[0] == made[1]
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(made[0])
    assert problem is None, problem
    found = {one["purl"] for one in json.loads(made[0])["components"]}
    assert found == {
        "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-bookworm",
        "pkg:pypi/jinja2@3.1.6",
    }
    walls = inventory(Store({}), BY_NAME["wall"], "wall", "sha256:" + "a" * 64, "")
    assert "pkg:golang/github.com/containernetworking/cni@" in walls


def test_an_archive_names_its_image_by_the_digest_of_its_manifest(tmp_path: Path) -> None:
    """One image, or a sentence."""
    one = {"mediaType": "m", "digest": "sha256:" + "b" * 64, "size": 1}
    assert digest_of(_archive(tmp_path / "one.tar", [one])) == one["digest"]
    with pytest.raises(Unavailable, match="holds 2 images"):
        digest_of(_archive(tmp_path / "two.tar", [one, one]))
    (tmp_path / "none.tar").write_bytes(b"nothing")
    with pytest.raises(Unavailable, match="OCI layout"):
        digest_of(tmp_path / "none.tar")


def _archive(path: Path, manifests: list[dict[str, object]]) -> Path:
    text = json.dumps({"manifests": manifests}).encode()
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("index.json")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return path
