"""The record of a check: run again it comes to the same, else it says what does not."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import Invalid
from orchestrator.outputs.again import check_again
from orchestrator.outputs.record import differences
from orchestrator.outputs.rules.registry import RULES as ALL_RULES
from orchestrator.outputs.standalone import check_with_record
from orchestrator.values import JsonValue
from tests.outputs_world import Cells, csv_of, without

ROOT = Path(__file__).parents[3]
RULES = ROOT / "policies" / "outputs.yaml"


@pytest.fixture
def folder(tmp_path: Path, mgus2: Cells) -> Path:
    """A source and two files, one leaky, with their record."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "mgus2.csv").write_text(csv_of(mgus2, range(len(mgus2["age"]))))
    (tmp_path / "clean.csv").write_text("sex,n\nF,4350\nM,3524\n")
    (tmp_path / "rows.csv").write_text(csv_of(without(mgus2, "person"), range(30)))
    _, record = check_with_record(paths(tmp_path), sources=[tmp_path / "source"], rules=RULES)
    (tmp_path / "record.json").write_text(json.dumps(record))
    return tmp_path


def paths(folder: Path) -> list[Path]:
    """The files that are checked."""
    return [folder / "clean.csv", folder / "rows.csv"]


def again(folder: Path) -> list[str]:
    """Run the record again and give what came out otherwise."""
    return check_again(folder / "record.json", paths(folder), sources=[folder / "source"])[1]


def changed(folder: Path, old: str, new: str) -> None:
    """Change the record's text."""
    text = (folder / "record.json").read_text()
    assert old in text
    (folder / "record.json").write_text(text.replace(old, new, 1))


def test_every_rule_is_in_it_with_parameters_version_and_outcome(folder: Path) -> None:
    """Also those that did not apply, with the reason."""
    record = json.loads((folder / "record.json").read_text())
    for file in record["files"]:
        assert [one["rule"] for one in file["rules"]] == [rule.id for rule in ALL_RULES]
        assert all(one["version"] >= 1 and one["source"] for one in file["rules"])
        assert all(one["reason"] for one in file["rules"] if one["outcome"] == "not-applicable")
    linkage = next(one for one in record["files"][1]["rules"] if one["rule"] == "O19")
    assert linkage["outcome"] == "block"
    assert linkage["parameters"]["margin_bits"] == "6"
    assert record["files"][0]["effect"] == "pass"


def test_the_same_files_come_to_the_same(folder: Path, mgus2: Cells) -> None:
    """Verdict, evidence, everything; and no value of the source stands in the record."""
    assert again(folder) == []
    text = (folder / "record.json").read_text()
    assert not [person for person in mgus2["person"] if person in text]


def test_other_bytes_another_source_and_a_missing_file_are_said(folder: Path) -> None:
    """Each by its name."""
    (folder / "clean.csv").write_text("sex,n\nF,4350\nM,3525\n")
    assert again(folder) == ["clean.csv has other bytes now."]
    source = folder / "source" / "mgus2.csv"
    source.write_text(source.read_text().replace(",", ", ", 1))
    assert "The source is not the one that was compared with then." in again(folder)
    found = check_again(folder / "record.json", [folder / "rows.csv"], sources=[folder / "source"])[
        1
    ]
    assert "clean.csv is in the record and was not given now." in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"outcome": "block"', '"outcome": "pass"', "rows.csv: rule O19 has another outcome now."),
        ('"margin_bits": "6"', '"margin_bits": "60"', "rule O19 has another parameter now."),
        ('"rule": "O23", "version": 3', '"rule": "O23", "version": 7', "another version now."),
        ('"policy_digest": "sha256:', '"policy_digest": "sha256:0', "thresholds of the record"),
    ],
)
def test_a_record_that_was_changed_is_found_out(
    folder: Path, old: str, new: str, said: str
) -> None:
    """Outcome, parameter, version, digest of the thresholds."""
    changed(folder, old, new)
    assert any(said in text for text in again(folder))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"record": 3, "files": []}'])
def test_what_is_no_record_is_refused(folder: Path, text: str) -> None:
    """With a sentence."""
    (folder / "record.json").write_text(text)
    with pytest.raises(Invalid):
        again(folder)


def test_a_rule_that_is_gone_or_new_is_said() -> None:
    """Compared by name."""
    rule: dict[str, JsonValue] = {"rule": "O01", "version": 1}
    one: dict[str, JsonValue] = {"files": [{"path": "a", "rules": [rule]}]}
    none: dict[str, JsonValue] = {"files": [{"path": "a", "rules": []}]}
    assert differences(one, none) == ["a: rule O01 was not applied now."]
    assert differences(none, one) == ["a: rule O01 did not exist then."]
    assert differences(one, {"files": []}) == ["a is in the record and was not given now."]
