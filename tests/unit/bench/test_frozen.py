"""The seventh, eighth and tenth corpus: source, files and labels are those that were frozen."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.outputs import eighth, seventh, tenth
from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.eighth.corpus import thalassaemia
from tests.bench.outputs.seventh.corpus import MOST_BYTES, haemophilia
from tests.bench.outputs.tenth.corpus import myeloma


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


@pytest.fixture(scope="module", params=["seventh", "eighth", "tenth"])
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
    if request.param == "eighth":
        return Frozen(
            Path(eighth.__path__[0]),
            thalassaemia(0),
            {
                "persons": "705282268d525b20",
                "sessions": "6cff1b4b01006dbc",
                "genotypes": "6039129f2eff7007",
            },
            {
                "labels-libraries.yaml": "ffd8958c2cade281",
                "labels-programs.yaml": "f4c0bb6aaf5fffe2",
            },
            "a7ff1f064e19e990",
            350,
        )
    return Frozen(
        Path(tenth.__path__[0]),
        myeloma(0),
        {
            "patients": "959fd432f6214292",
            "lines": "59576509335922f7",
            "panel": "a1aa3ba18ac05d45",
        },
        {
            "labels-annualreport.yaml": "1a26596afd9ee80d",
            "labels-asct.yaml": "085effd0c99e64c3",
            "labels-costs.yaml": "cad1c93464de9e6c",
            "labels-dataquality.yaml": "532f120beb8543cb",
            "labels-earlyrelapse.yaml": "a9789db1c75635eb",
            "labels-eligibility.yaml": "cde7fd36d382199f",
            "labels-feasibility.yaml": "ac87ba8b48c7ec30",
            "labels-handover.yaml": "c9a8f740be6cebed",
            "labels-iron.yaml": "2c1056efa154d069",
            "labels-mutations.yaml": "6e33d20bc3ffa437",
            "labels-neuropathy.yaml": "2c3d8822db3e6800",
            "labels-poster.yaml": "9de674e529954ad1",
            "labels-protocol.yaml": "1d3e96880403197e",
            "labels-qol.yaml": "25f4b42cba9ad7e6",
            "labels-riskscore.yaml": "228b312d0e947d50",
            "labels-supplement.yaml": "9d6ee457d01e498e",
            "labels-synthetic.yaml": "9a5db00630f00a42",
            "labels-ttnt.yaml": "f97480d31bf129d5",
        },
        "37b11262d92702c8",
        90,
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
