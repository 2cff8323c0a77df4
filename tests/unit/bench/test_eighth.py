"""The eighth corpus: files and labels are those that were frozen, and a wrong label is named."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.eighth import corpus, units
from tests.bench.outputs.eighth.proof import FILES, Desk
from tests.bench.outputs.seventh.corpus import unlabelled

LABELS = {
    "labels-libraries.yaml": "ffd8958c2cade281",
    "labels-programs.yaml": "f4c0bb6aaf5fffe2",
}
FILES_DIGEST = "a7ff1f064e19e990"
SOURCE = {
    "persons": "705282268d525b20",
    "sessions": "6cff1b4b01006dbc",
    "genotypes": "6039129f2eff7007",
}
Label = Mapping[str, Any]


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


@pytest.fixture(scope="module")
def made() -> Corpus:
    """The corpus as it was frozen."""
    return corpus.thalassaemia(corpus.SEED)


def test_the_source_is_the_one_that_the_programs_read() -> None:
    tables = units.source().tables
    assert {name: _digest(data) for name, data in tables.items()} == SOURCE


def test_the_files_are_as_they_came_and_small() -> None:
    paths = sorted(path for path in FILES.rglob("*") if path.is_file())
    named = [part for path in paths for part in (
        path.relative_to(FILES).as_posix().encode(), path.read_bytes())]  # fmt: skip
    assert _digest(*named) == FILES_DIGEST
    assert sum(path.stat().st_size for path in paths) < corpus.MOST_BYTES


def test_the_labels_are_those_that_were_frozen() -> None:
    assert {path.name: _digest(path.read_bytes()) for path in corpus.LABELS} == LABELS


def test_every_label_is_borne_out(made: Corpus) -> None:
    assert made.faults is not None
    assert made.faults() == []


def test_both_sides_are_large_and_leaks_name_their_rule(made: Corpus) -> None:
    leaky = sum(case.leaky for case in made.cases)
    assert min(leaky, len(made.cases) - leaky) >= 200
    unnamed = [case.path for case in made.cases if case.leaky != bool(case.rules)]
    assert unnamed == []


def test_no_file_holds_a_folder_of_the_machine_that_made_it() -> None:
    told = [f"/{folder}/".encode() for folder in ("tmp", "home", "root")] + [b"root" + b"@"]
    for path in FILES.rglob("*"):
        assert not path.is_file() or not any(word in path.read_bytes() for word in told), path


def _laid(label: Label) -> Sequence[str]:
    tables, desk = units.source().tables, Desk("units")
    desk.take(tables, [label])
    return desk.faults(tables)


_LEAKY = {"path": "texttable/chelator_by_unit.txt", "family": "L11", "rules": ["O01"], "leak": "2."}
_SAFE = {"path": "texttable/blood_group_by_large_unit.txt", "family": "S1"}
_FEW = "unit = Harbourside; chelator = deferiprone"


@pytest.mark.parametrize(
    ("own", "claim"),
    [
        (_LEAKY, {"Small": {"where": _FEW, "stated": 3}}),
        (_LEAKY, {"Count": {"where": "unit = Ashgrove; chelator = none", "stated": 618}}),
        (_LEAKY, {"Rows": {"columns": ["person", "age"], "at": "0-3"}}),
        (_LEAKY, {"Pseudonyms": {"at": "0"}}),
        (_SAFE, {"Small": {"where": _FEW, "stated": 2}}),
        (_SAFE, {"Written": {"words": ["nobody wrote this"]}}),
    ],
)
def test_a_wrong_label_is_named(own: Label, claim: Label) -> None:
    assert _laid({**own, "claims": [claim]}) != []


def test_a_right_label_stands() -> None:
    assert _laid({**_LEAKY, "claims": [{"Small": {"where": _FEW, "stated": 2}}]}) == []


def test_a_file_without_a_label_is_named(made: Corpus) -> None:
    paths = [case.path for case in made.cases]
    earlier = {path for case in made.cases for path, _ in case.released}
    assert unlabelled(paths, earlier, FILES) == []
    assert unlabelled(paths[1:], earlier, FILES) == [f"{paths[0]} has no label"]
