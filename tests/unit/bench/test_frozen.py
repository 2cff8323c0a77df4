"""The seventh to the eleventh corpus: source, files and labels are those that were frozen."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.outputs import eighth, eleventh, ninth, seventh, tenth
from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.eighth.corpus import thalassaemia
from tests.bench.outputs.eleventh.corpus import neoplasms
from tests.bench.outputs.ninth.corpus import myeloid
from tests.bench.outputs.seventh.corpus import MOST_BYTES, haemophilia
from tests.bench.outputs.tenth.corpus import myeloma


@dataclass(frozen=True)
class Frozen:
    """A corpus, and digests of what it was made of; `least` files are leaky, and as many safe."""

    folder: Path
    made: Callable[[int], Corpus]
    tables: Mapping[str, str]
    labels: str
    files: str
    least: int

    def paths(self) -> Sequence[Path]:
        """List its files."""
        return sorted(path for path in (self.folder / "files").rglob("*") if path.is_file())


FROZEN = {
    "seventh": Frozen(
        Path(seventh.__path__[0]),
        haemophilia,
        {
            "patients": "8f008b9b4a7cee0c",
            "labs": "f6a59191765e8b98",
            "markers": "193626dc396a14a4",
        },
        "87ea56d772f8f94a",
        "8a9554bfde9a23d1",
        280,
    ),
    "eighth": Frozen(
        Path(eighth.__path__[0]),
        thalassaemia,
        {
            "persons": "705282268d525b20",
            "sessions": "6cff1b4b01006dbc",
            "genotypes": "6039129f2eff7007",
        },
        "585855f83b12915e",
        "a7ff1f064e19e990",
        350,
    ),
    "ninth": Frozen(
        Path(ninth.__path__[0]),
        myeloid,
        {
            "patients": "b8a07e2e3556e1ab",
            "cycles": "93f8067f3f348b8f",
            "panel": "7d241007754925ea",
        },
        "96b0c09442d57522",
        "296ac08196a495bb",
        90,
    ),
    "tenth": Frozen(
        Path(tenth.__path__[0]),
        myeloma,
        {
            "patients": "959fd432f6214292",
            "lines": "59576509335922f7",
            "panel": "a1aa3ba18ac05d45",
        },
        "049244942b4874ab",
        "37b11262d92702c8",
        90,
    ),
    "eleventh": Frozen(
        Path(eleventh.__path__[0]),
        neoplasms,
        {
            "patients": "508533aee4331eef",
            "counts": "e5b62fe56d13103f",
            "panel": "dc7e7e9b398a517d",
        },
        "5b6a5e42735eabfd",
        "a591bdbf4a624f11",
        110,
    ),
}


@pytest.fixture(scope="module", params=FROZEN)
def frozen(request: pytest.FixtureRequest) -> Frozen:
    """Each corpus as it was frozen."""
    return FROZEN[request.param]


@pytest.fixture(scope="module")
def corpus(frozen: Frozen) -> Corpus:
    """The corpus made anew, which takes seconds."""
    return frozen.made(0)


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def _named(folder: Path, paths: Sequence[Path]) -> str:
    named = ((path.relative_to(folder).as_posix().encode(), path.read_bytes()) for path in paths)
    return _digest(*(part for pair in named for part in pair))


def test_the_source_is_the_one_that_the_programs_read(frozen: Frozen, corpus: Corpus) -> None:
    (source,) = corpus.sources.values()
    assert {name: _digest(data) for name, data in source.tables.items()} == frozen.tables


def test_the_files_are_as_they_came_and_small(frozen: Frozen) -> None:
    assert _named(frozen.folder / "files", frozen.paths()) == frozen.files
    assert sum(path.stat().st_size for path in frozen.paths()) < MOST_BYTES


def test_the_labels_are_those_that_were_frozen(frozen: Frozen) -> None:
    assert _named(frozen.folder, sorted(frozen.folder.glob("labels-*.yaml"))) == frozen.labels


def test_every_label_is_borne_out(corpus: Corpus) -> None:
    assert corpus.faults is not None
    assert corpus.faults() == []


def test_both_sides_are_large_and_leaks_name_their_rule(frozen: Frozen, corpus: Corpus) -> None:
    cases = corpus.cases
    leaky = sum(case.leaky for case in cases)
    assert min(leaky, len(cases) - leaky) >= frozen.least
    assert [case.path for case in cases if case.leaky != bool(case.rules)] == []


def test_no_file_holds_a_folder_of_the_machine_that_made_it(frozen: Frozen) -> None:
    """Nor a copy of what R keeps of its session."""
    told = [f"/{folder}/".encode() for folder in ("tmp", "home", "root")] + [b"root" + b"@"]
    for path in frozen.paths():
        assert not any(word in path.read_bytes() for word in told), path
