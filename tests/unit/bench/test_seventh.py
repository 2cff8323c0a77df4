"""The seventh corpus: files and labels are those that were frozen, and a wrong label is named."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.seventh import centres, corpus, proof
from tests.bench.outputs.seventh.proof import FILES, Desk, numbers, where

LABELS = {
    "labels-libraries.yaml": "ac7656dfaba660bd",
    "labels-programs.yaml": "11c864b27aea515b",
}
FILES_DIGEST = "8a9554bfde9a23d1"
SOURCE = {
    "patients": "8f008b9b4a7cee0c",
    "labs": "f6a59191765e8b98",
    "markers": "193626dc396a14a4",
}
Label = Mapping[str, Any]


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


@pytest.fixture(scope="module")
def made() -> Corpus:
    """The corpus as it was frozen."""
    return corpus.haemophilia(corpus.SEED)


def test_the_source_is_the_one_that_the_programs_read() -> None:
    tables = centres.source().tables
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
    assert min(leaky, len(made.cases) - leaky) >= 280
    unnamed = [case.path for case in made.cases if case.leaky != bool(case.rules)]
    assert unnamed == []


def test_no_file_holds_a_folder_of_the_machine_that_made_it() -> None:
    """Nor a copy of what R keeps of its session."""
    told = [f"/{folder}/".encode() for folder in ("tmp", "home", "root")] + [b"root" + b"@"]
    for path in FILES.rglob("*"):
        assert not path.is_file() or not any(word in path.read_bytes() for word in told), path


def _laid(label: Label) -> Sequence[str]:
    tables, desk = centres.source().tables, Desk("centres")
    desk.take(tables, [label])
    return desk.faults(tables)


_LEAKY = {"path": "r/severity_by_centre.txt", "family": "L11", "rules": ["O01"], "leak": "Eight."}
_SAFE = {"path": "r/severity_by_smoking.txt", "family": "S1"}
_FEW = "centre = H; severity = moderate"


@pytest.mark.parametrize(
    ("own", "claim"),
    [
        (_LEAKY, {"Small": {"where": _FEW, "stated": 7}}),
        (_LEAKY, {"Count": {"where": "severity = mild", "stated": 1866}}),
        (_LEAKY, {"Rows": {"columns": ["patient", "age"], "at": "0-3"}}),
        (_LEAKY, {"Pseudonyms": {"at": "0"}}),
        (_LEAKY, {"Extremes": {"column": "pain", "values": ["10"]}}),
        (_SAFE, {"Small": {"where": _FEW, "stated": 8}}),
        (_SAFE, {"Count": {"where": "severity = mild", "stated": 1866}}),
        (_SAFE, {"Written": {"words": ["nobody wrote this"]}}),
        (_SAFE, {"Written": {"words": []}}),
    ],
)
def test_a_wrong_label_is_named(own: Label, claim: Label) -> None:
    assert _laid({**own, "claims": [claim]}) != []


def test_a_right_label_stands() -> None:
    assert _laid({**_LEAKY, "claims": [{"Small": {"where": _FEW, "stated": 8}}]}) == []


def test_what_is_printed_is_quoted_and_claims_are_known() -> None:
    value = {"Value": {"column": "pain", "name": "mean", "printed": 2.2, "few": False}}
    for wrong, error in ((value, TypeError), ({"Nothing": {}}, KeyError)):
        with pytest.raises(error):
            _laid({**_SAFE, "claims": [wrong]})


def test_a_file_without_a_label_is_named_and_one_with_two(made: Corpus) -> None:
    paths = [case.path for case in made.cases]
    earlier = {"rows/all_people.txt"}
    assert corpus.unlabelled(paths, earlier) == []
    assert corpus.unlabelled(paths[1:], earlier) == [f"{paths[0]} has no label"]
    assert corpus.unlabelled([*paths, paths[0]], earlier) == [f"{paths[0]} has two labels"]


def test_conditions_and_rows_are_read_as_written() -> None:
    assert where("sex = F; joint_score =; work in none|part time") == (
        ("sex", "=", "F"), ("joint_score", "=", ""), ("work", "in", "none|part time"),
    )  # fmt: skip
    assert numbers("0-2,7") == numbers([0, 1, 2, 7]) == (0, 1, 2, 7)


def test_every_kind_of_claim_is_used() -> None:
    used = {name for path in corpus.LABELS for own in proof.labels(path)
            for claim in own["claims"] for name in claim}  # fmt: skip
    assert set(proof.CLAIMS) - used == set()
