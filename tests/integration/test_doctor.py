"""`tre doctor`: a proof is printed worst first and is the exit status; the mirror as it is."""

import json
from pathlib import Path

import pytest

from orchestrator.cli.doctor import installation, show_proof
from orchestrator.engines.memory import MemoryEngine
from orchestrator.engines.port import Outcome, Probe
from orchestrator.mirror.fetching import Python, fetch
from orchestrator.outputs.readers import ocr
from orchestrator.settings import Settings
from tests.integration.mirror_world import make_lock, make_wheel


def _probe(name: str, outcome: Outcome) -> Probe:
    return Probe(name, f"way {name}", f"control {name}", outcome, f"evidence {name}", 0.1)


def test_a_proof_that_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_proof(MemoryEngine()) == 0
    said = capsys.readouterr().out
    assert "E01.memory" in said
    assert "isolates nothing" in said, "what stands is said after it"


@pytest.mark.parametrize("outcome", [Outcome.OPEN, Outcome.INCONCLUSIVE])
def test_a_proof_that_does_not(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    engine = MemoryEngine()
    engine.broken = [
        _probe("E01", Outcome.HELD),
        _probe("E02", Outcome.UNAVAILABLE),
        _probe("E03", outcome),
    ]
    assert show_proof(engine) == 1
    said = capsys.readouterr().out
    assert said.index("E03") < said.index("E02") < said.index("E01")
    for word in ("way", "control", "evidence"):
        assert word in said


def test_programs_get_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    engine = MemoryEngine()
    engine.broken = [_probe("E03", Outcome.OPEN)]
    assert show_proof(engine, as_json=True) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found == {
        "id": "E03",
        "attempt": "way E03",
        "control": "control E03",
        "outcome": "open",
        "evidence": "evidence E03",
        "seconds": 0.1,
    }


def test_the_mirror_is_shown_as_it_is(tmp_path: Path) -> None:
    """Off before anything was fetched, counted after it, broken when its list was altered."""
    settings = Settings(mode="test", mirror_dir=tmp_path / "mirror", state_dir=tmp_path / "none")

    def seen() -> tuple[str, str]:
        (found,) = (one for one in installation(settings) if one.subject == "package mirror")
        return found.status, found.cure

    assert seen() == ("off", "tre mirror LOCK")
    lock = make_lock(tmp_path, make_wheel(tmp_path, "madeup_tables"))
    tree = fetch(settings.mirror_dir, [lock], Python())
    assert seen()[0] == "ok"
    (tree / "list.json").write_text("{")
    assert seen()[0] == "broken"


def test_a_reader_of_pictures_that_is_off_is_shown_as_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ok with Tesseract's data; without them people alone look, and the cure is named."""
    settings = Settings(mode="test", mirror_dir=tmp_path / "mirror", state_dir=tmp_path / "none")

    def shown() -> tuple[str, str]:
        (one,) = [one for one in installation(settings) if one.subject == "words in pictures"]
        return one.status, one.cure

    assert shown() == ("ok", "")
    monkeypatch.setattr(ocr, "data_folder", lambda: "")
    assert shown() == ("off", "apt-get install tesseract-ocr-eng")
