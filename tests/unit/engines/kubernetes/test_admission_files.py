"""The shipped admission policies: all of them read, none strange, each refusing when in doubt."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from orchestrator.engines.kubernetes import admission
from orchestrator.errors import Invalid
from orchestrator.policy import load as policies
from tests.kubernetes_world import CLUSTER

ROOT = Path(__file__).parents[4]
POLICIES = ROOT / "policies"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The folder of policies, to be spoiled."""
    shutil.copytree(POLICIES, tmp_path / "policies")
    return tmp_path / "policies"


def test_every_file_is_read_and_every_name_is_a_file() -> None:
    files = {file.stem for file in (POLICIES / admission.FOLDER).iterdir()}
    assert files == set(admission.FILES)
    found = admission.load(POLICIES, CLUSTER)
    kinds = [thing["kind"] for thing in found]
    assert set(kinds[0::2]) == {"ValidatingAdmissionPolicy"}
    assert set(kinds[1::2]) == {"ValidatingAdmissionPolicyBinding"}
    assert len(found) == 2 * 20


def test_the_policy_loader_leaves_the_folder_to_the_engine(copy: Path) -> None:
    policies.load(copy)
    (copy / "admissions").mkdir()
    with pytest.raises(Invalid, match="admissions"):
        policies.load(copy)


def test_a_strange_file_is_refused(copy: Path) -> None:
    (copy / admission.FOLDER / "99-more.yaml").write_text("{}")
    with pytest.raises(Invalid, match="99-more"):
        admission.load(copy, CLUSTER)


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / admission.FOLDER / "05-listed-images.yaml").unlink()
    with pytest.raises(Invalid, match="05-listed-images"):
        admission.load(copy, CLUSTER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("validationActions: [Deny]", "validationActions: [Warn]"),
        ("validationActions: [Deny]", "validationActions: [Deny, Audit]"),
        ("failurePolicy: Fail", "failurePolicy: Ignore"),
        ("  validationActions", "  matchResources: {}\n  validationActions"),
        ("policyName: tre-05-listed-images", "policyName: tre-12-pod-shape"),
        ("kind: ValidatingAdmissionPolicyBinding", "kind: ConfigMap"),
        ("---\n", ""),
        ("spec:", "spec: ["),
    ],
)
def test_a_policy_that_would_not_refuse_is_refused(copy: Path, old: str, new: str) -> None:
    file = copy / admission.FOLDER / "05-listed-images.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(Invalid, match="05-listed-images"):
        admission.load(copy, CLUSTER)


def test_a_policy_holds_what_is_so_on_this_cluster() -> None:
    here = replace(
        CLUSTER, system="trusted", runtime_class="gvisor", user_namespaces=False, controllers=("k",)
    )
    said = {
        (variable["name"], variable["expression"])
        for thing in admission.load(POLICIES, here)
        for variable in thing["spec"].get("variables", [])  # type: ignore[attr-defined]
        if variable["name"] in admission.facts(here)
    }
    assert ("reconciler", '"system:serviceaccount:trusted:reconciler"') in said
    assert ("controllers", '["k"]') in said
    assert ("userNamespaces", "false") in said
    assert ("runtimeClass", '"gvisor"') in said
    assert ("doors", '"198.19.200.10"') in said
    assert {name for name, _ in said} == set(admission.facts(here)), "a fact that no policy asks"
    assert len(said) == len(admission.facts(here)), "two policies that were told different things"


def test_as_they_are_written_no_image_is_allowed() -> None:
    text = (POLICIES / admission.FOLDER / "05-listed-images.yaml").read_text()
    policy = next(yaml.safe_load_all(text))
    images = next(each for each in policy["spec"]["variables"] if each["name"] == "images")
    assert images["expression"] == "[]"
