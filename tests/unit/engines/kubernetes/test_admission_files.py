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
    assert kinds[0] == "ConfigMap"
    assert set(kinds[1::2]) == {"ValidatingAdmissionPolicy"}
    assert set(kinds[2::2]) == {"ValidatingAdmissionPolicyBinding"}
    assert len(found) == 1 + 2 * 16


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
        ("parameterNotFoundAction: Deny", "parameterNotFoundAction: Allow"),
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


def test_bindings_ask_the_facts_of_this_installation() -> None:
    found = admission.load(POLICIES, replace(CLUSTER, system="trusted"))
    text = yaml.safe_dump_all(found)
    assert text.count("namespace: trusted") == 1 + 16
    assert "system:serviceaccount:trusted:reconciler" in text
    assert "namespace: tre\n" not in text
