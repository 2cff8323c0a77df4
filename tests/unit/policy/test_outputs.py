"""The outputs policy: every number known, unknown keys refused, one digest."""

from pathlib import Path

import pytest
import yaml

from orchestrator.errors import Invalid
from orchestrator.policy.outputs import parse_outputs, read_outputs
from orchestrator.values import canonical_json, digest_of

SHIPPED = Path(__file__).parents[3] / "policies" / "outputs.yaml"


def test_the_shipped_policy_loads_and_has_one_digest() -> None:
    """Reading the JSON that a job carries gives the same policy."""
    policy = read_outputs(SHIPPED)
    assert policy.digest() == digest_of(canonical_json(policy.as_json()))
    again = parse_outputs(policy.as_json())
    assert again == policy
    assert again.digest() == policy.digest()


def test_what_could_not_be_checked_is_held_where_shipped() -> None:
    """Format rules, O19 and O29 hold; the rest must be answered (outputs section 2)."""
    policy = read_outputs(SHIPPED)
    effects = {rule: policy.effect(rule) for rule in ("O19", "O29", "O01", "O99")}
    assert effects == {"O19": "hold", "O29": "hold", "O01": "answer", "O99": "answer"}
    assert policy.override == "none"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("  minimum: 10", "  minimum: 1", "counts.minimum"),
        ("  minimum: 10", "  minimum: ten", "counts.minimum"),
        ("  minimum: 10", "  minimun: 10", "counts.min"),
        ("    O19: hold", "    O19: pass", "could_not_check.rules.O19"),
        ("override: none", "override: anybody", "override"),
        ("version: 1", "version: 1\nextra: 2", "extra"),
        ('  block_excess: "2"', "  block_excess: many", "linkage.block_excess"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    """In a sentence."""
    path = tmp_path / "outputs.yaml"
    text = SHIPPED.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(Invalid, match=named):
        read_outputs(path)


@pytest.mark.parametrize("data", [b"\xff", b"a: [", b"", b"[]", b"3"])
def test_what_is_no_policy_is_refused(tmp_path: Path, data: bytes) -> None:
    """No YAML, no mapping, nothing."""
    path = tmp_path / "outputs.yaml"
    path.write_bytes(data)
    with pytest.raises(Invalid):
        read_outputs(path)
    with pytest.raises(Invalid):
        read_outputs(tmp_path / "none.yaml")


def test_a_change_of_a_number_changes_the_digest() -> None:
    """What is stamped on a verdict names exactly these numbers."""
    value = yaml.safe_load(SHIPPED.read_text())
    before = parse_outputs(value).digest()
    value["counts"]["minimum"] = 11
    assert parse_outputs(value).digest() != before
