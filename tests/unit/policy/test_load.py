"""Policies are read once, refused when wrong with file and key, frozen, and named by content."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import ValidationError

from orchestrator.errors import Invalid
from orchestrator.identity.roles import CertificateKind, Role
from orchestrator.policy.load import FILES, FOLDERS, load
from orchestrator.policy.model import Need, ReviewPolicy, ReviewRole

SHIPPED = Path(__file__).parents[3] / "policies"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped policies that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "policies"))


def change(folder: Path, name: str, how: Change) -> None:
    """Change one parsed policy file."""
    file = folder / f"{name}.yaml"
    content = yaml.safe_load(file.read_text())
    how(content)
    file.write_text(yaml.safe_dump(content))


def test_the_shipped_policies_are_read_and_every_file_is_known() -> None:
    policies = load(SHIPPED)
    assert {file.stem for file in SHIPPED.iterdir()} - FOLDERS == FILES == set(policies.names())
    assert {folder.name for folder in SHIPPED.iterdir() if folder.is_dir()} == FOLDERS
    assert len({policies.digest(name) for name in policies.names()}) == len(FILES)


def test_the_shipped_numbers_are_those_of_the_design() -> None:
    policies = load(SHIPPED)
    partner = policies.seats["project-approval"].seats["data_partner"]
    checker = policies.seats["airlock-release"].seats["checker"]
    owner = policies.seats["dataset-admission"].seats["asset_owner"]
    assert partner.per == "controller_of_requested_dataset"
    assert partner.refusal == "exclude_slice"
    assert (checker.voices, checker.approvals) == (2, 2)
    assert checker.conflicts == {"author", "member", "same_organisation"}
    assert policies.seats["airlock-release"].phases == ("in_review", "consolidating")
    assert "author" in owner.conflicts
    assert policies.workspaces.proof_valid_minutes == 15


def test_a_file_that_nothing_reads_is_refused(folder: Path) -> None:
    (folder / "packages.yaml").write_text("policy: packages\n")
    with pytest.raises(Invalid, match=r"Nothing reads packages\.yaml"):
        load(folder)


def test_a_missing_folder_or_file_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no folder of policies"):
        load(tmp_path / "nowhere")
    (folder / "access.yaml").unlink()
    with pytest.raises(Invalid, match=r"access\.yaml cannot be read"):
        load(folder)


@pytest.mark.parametrize("name", sorted(FILES))
def test_an_unknown_key_is_refused_with_file_and_key(folder: Path, name: str) -> None:
    change(folder, name, lambda content: content.update(surprise=1))
    with pytest.raises(Invalid, match="surprise"):
        load(folder)


def test_an_unknown_key_inside_a_seat_is_named_with_its_place(folder: Path) -> None:
    change(folder, "airlock-release", lambda c: c["seats"]["checker"].update(vioces=3))
    with pytest.raises(Invalid, match=r"airlock-release\.yaml: seats\.checker\.vioces: nothing"):
        load(folder)


def test_a_key_that_stands_twice_is_refused(folder: Path) -> None:
    with (folder / "access.yaml").open("a") as file:
        file.write("closing_days: 3000\n")
    with pytest.raises(Invalid, match=r"access\.yaml cannot be read"):
        load(folder)


def test_a_policy_is_named_like_its_file_and_applies_to_its_subject(folder: Path) -> None:
    change(folder, "access", lambda c: c.update(policy="excess"))
    with pytest.raises(Invalid, match="named like its file"):
        load(folder)
    shutil.copy(SHIPPED / "access.yaml", folder)
    change(folder, "dataset-admission", lambda c: c.update(applies_to="project"))
    with pytest.raises(Invalid, match="applies_to: must be snapshot"):
        load(folder)


def _seat(policy: dict[str, Any], name: str) -> dict[str, Any]:
    seat: dict[str, Any] = policy["seats"][name]
    return seat


IMPOSSIBLE: dict[str, tuple[str, Change, str]] = {
    "no seat at all": ("project-approval", lambda c: c.update(seats={}), "seats"),
    "more approvals than voices": (
        "project-approval",
        lambda c: _seat(c, "methods").update(approvals=2),
        "before it can be supported",
    ),
    "more voices than one organisation has": (
        "project-approval",
        lambda c: _seat(c, "data_partner").update(voices=2),
        "one organisation for more than one voice",
    ),
    "a seat without eligible person": (
        "dataset-admission",
        lambda c: _seat(c, "asset_owner")["conflicts"].append("same_organisation"),
        "no eligible person",
    ),
    "a lay share too low": (
        "project-approval",
        lambda c: c["rules"].update(lay_share_of_fixed_seats="2/3"),
        "lay share is 1 of 2",
    ),
    "a share above one": (
        "project-approval",
        lambda c: c["rules"].update(approve_share="3/2"),
        "never be reached",
    ),
    "a share in floats": (
        "project-approval",
        lambda c: c["rules"].update(approve_share="x"),
        "fraction of whole numbers",
    ),
    "nobody's yes is needed": (
        "dataset-admission",
        lambda c: _seat(c, "asset_owner").update(approvals=0),
        "without anybody's yes",
    ),
    "an unknown role": (
        "project-approval",
        lambda c: _seat(c, "public").update(role="emperor"),
        "seats.public.role",
    ),
    "an unknown certificate": (
        "airlock-release",
        lambda c: _seat(c, "checker").update(needs=["charm"]),
        "seats.checker.needs",
    ),
    "a slice without per": (
        "project-approval",
        lambda c: _seat(c, "methods").update(refusal="exclude_slice"),
        "no slice",
    ),
    "a seat with the name of the escalation": (
        "airlock-release",
        lambda c: c["seats"].update(escalation=_seat(c, "checker")),
        "the name escalation is kept",
    ),
    "not blind first": (
        "airlock-release",
        lambda c: c.update(phases=["consolidating"]),
        "blind first",
    ),
    "files not decided one by one": (
        "airlock-release",
        lambda c: c.pop("part"),
        "part: file goes with",
    ),
    "an escalation per controller": (
        "airlock-release",
        lambda c: c["rules"]["escalate_adds"].update(per="controller_of_requested_dataset"),
        "cannot be per controller",
    ),
    "a default size that is none": (
        "workspaces",
        lambda c: c.update(default_size="huge"),
        "not one of the sizes",
    ),
    "one person releases alone": (
        "airlock-release",
        lambda c: _seat(c, "checker").update(approvals=1, voices=1),
        "nobody releases alone",
    ),
    "members release": (
        "airlock-release",
        lambda c: _seat(c, "checker").update(conflicts=["author"]),
        "nobody releases alone",
    ),
    "the author releases": (
        "airlock-release",
        lambda c: _seat(c, "checker").update(conflicts=["member"]),
        "lets the author vote",
    ),
    "the announcer admits": (
        "dataset-admission",
        lambda c: _seat(c, "asset_owner").update(conflicts=[]),
        "lets the author vote",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_a_policy_that_cannot_be_satisfied_or_is_not_safe_is_refused(
    folder: Path, case: str
) -> None:
    name, how, said = IMPOSSIBLE[case]
    change(folder, name, how)
    with pytest.raises(Invalid, match=said) as refused:
        load(folder)
    assert f"{name}.yaml" in refused.value.message


def test_policies_are_frozen() -> None:
    policies = load(SHIPPED)
    with pytest.raises(ValidationError):
        policies.access.closing_days = 400


def test_the_digest_covers_content_and_nothing_else(folder: Path) -> None:
    before = load(folder)
    change(folder, "airlock-release", lambda c: None)  # comments and order are lost
    assert load(folder).digest("airlock-release") == before.digest("airlock-release")
    change(folder, "airlock-release", lambda c: c["rules"].update(lapse_days=31))
    after = load(folder)
    assert after.digest("airlock-release") != before.digest("airlock-release")
    assert after.digest("project-approval") == before.digest("project-approval")


def test_the_digest_is_the_same_in_every_process() -> None:
    """Sets have another order in each process; a digest must not."""
    program = (
        "from pathlib import Path; from orchestrator.policy.load import load; "
        f"p = load(Path({str(SHIPPED)!r})); print([p.digest(n) for n in p.names()])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=SHIPPED.parent,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_a_policy_survives_being_recorded() -> None:
    for policy in load(SHIPPED).seats.values():
        again = ReviewPolicy.model_validate(policy.as_json())
        assert again == policy
        assert again.digest == policy.digest


def test_roles_and_certificates_of_seats_are_those_of_identity() -> None:
    assert set(get_args(ReviewRole)) <= {role.value for role in Role}
    assert set(get_args(Need)) <= {kind.value for kind in CertificateKind}
    assert load(SHIPPED).access.training <= {kind.value for kind in CertificateKind}
