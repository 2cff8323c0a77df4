"""The seventh to the ninth corpus: source, files and labels are those that were frozen."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.outputs import eighth, ninth, seventh
from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.eighth.corpus import thalassaemia
from tests.bench.outputs.ninth.corpus import myeloid
from tests.bench.outputs.seventh.corpus import MOST_BYTES, haemophilia


@dataclass(frozen=True)
class Frozen:
    """A corpus, and digests of what it was made of; `least` files are leaky, and as many safe."""

    folder: Path
    corpus: Corpus
    tables: Mapping[str, str]
    labels: Mapping[str, str]
    files: str
    least: int

    def paths(self) -> Sequence[Path]:
        """List its files."""
        return sorted(path for path in (self.folder / "files").rglob("*") if path.is_file())


@pytest.fixture(scope="module", params=["seventh", "eighth", "ninth"])
def frozen(request: pytest.FixtureRequest) -> Frozen:
    """Each corpus as it was frozen."""
    if request.param == "seventh":
        return Frozen(
            Path(seventh.__path__[0]),
            haemophilia(0),
            {
                "patients": "8f008b9b4a7cee0c",
                "labs": "f6a59191765e8b98",
                "markers": "193626dc396a14a4",
            },
            {
                "labels-libraries.yaml": "ac7656dfaba660bd",
                "labels-programs.yaml": "11c864b27aea515b",
            },
            "8a9554bfde9a23d1",
            280,
        )
    if request.param == "ninth":
        return Frozen(
            Path(ninth.__path__[0]),
            myeloid(0),
            {
                "patients": "b8a07e2e3556e1ab",
                "cycles": "93f8067f3f348b8f",
                "panel": "7d241007754925ea",
            },
            {
                "labels-allo-survival.yaml": "c45c291b82d2bc75",
                "labels-annual-report-2024.yaml": "50dfb39ca0f4823d",
                "labels-aza-safety.yaml": "91e679b07147e80d",
                "labels-couts-hospitaliers.yaml": "9f2d0d72b7876382",
                "labels-data-quality.yaml": "9d8415ff94cc3192",
                "labels-early-death-ml.yaml": "7e27dc5bea89f558",
                "labels-eisenueberladung.yaml": "9c5b8911c25f5df8",
                "labels-feasibility.yaml": "50c65acd947e536a",
                "labels-kwaliteit-van-leven.yaml": "9fa4aa15251a8361",
                "labels-mutation-landscape.yaml": "6d54203718c5ea8e",
                "labels-poster-living-alone.yaml": "1ece94674d135f5c",
                "labels-protocol-decitabine.yaml": "2a95d03b6c20b9ec",
                "labels-renal-code.yaml": "ace9085da809470c",
                "labels-score-validation.yaml": "ae4cfdb1bc6649d3",
                "labels-supplement-lower-risk.yaml": "8a6cdc008a2c873b",
                "labels-teaching-synthetic.yaml": "896fe5202e310cf2",
                "labels-trial_eligibility.yaml": "c168c08c4ccdb4a2",
                "labels-ttnt.yaml": "db2531e7b4f7048e",
            },
            "296ac08196a495bb",
            90,
        )
    return Frozen(
        Path(eighth.__path__[0]),
        thalassaemia(0),
        {
            "persons": "705282268d525b20",
            "sessions": "6cff1b4b01006dbc",
            "genotypes": "6039129f2eff7007",
        },
        {"labels-libraries.yaml": "ffd8958c2cade281", "labels-programs.yaml": "f4c0bb6aaf5fffe2"},
        "a7ff1f064e19e990",
        350,
    )


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def test_the_source_is_the_one_that_the_programs_read(frozen: Frozen) -> None:
    (source,) = frozen.corpus.sources.values()
    assert {name: _digest(data) for name, data in source.tables.items()} == frozen.tables


def test_the_files_are_as_they_came_and_small(frozen: Frozen) -> None:
    root = frozen.folder / "files"
    named = [part for path in frozen.paths() for part in (
        path.relative_to(root).as_posix().encode(), path.read_bytes())]  # fmt: skip
    assert _digest(*named) == frozen.files
    assert sum(path.stat().st_size for path in frozen.paths()) < MOST_BYTES


def test_the_labels_are_those_that_were_frozen(frozen: Frozen) -> None:
    paths = frozen.folder.glob("labels-*.yaml")
    assert {path.name: _digest(path.read_bytes()) for path in paths} == frozen.labels


def test_every_label_is_borne_out(frozen: Frozen) -> None:
    assert frozen.corpus.faults is not None
    assert frozen.corpus.faults() == []


def test_both_sides_are_large_and_leaks_name_their_rule(frozen: Frozen) -> None:
    cases = frozen.corpus.cases
    leaky = sum(case.leaky for case in cases)
    assert min(leaky, len(cases) - leaky) >= frozen.least
    assert [case.path for case in cases if case.leaky != bool(case.rules)] == []


def test_no_file_holds_a_folder_of_the_machine_that_made_it(frozen: Frozen) -> None:
    """Nor a copy of what R keeps of its session."""
    told = [f"/{folder}/".encode() for folder in ("tmp", "home", "root")] + [b"root" + b"@"]
    for path in frozen.paths():
        assert not any(word in path.read_bytes() for word in told), path
