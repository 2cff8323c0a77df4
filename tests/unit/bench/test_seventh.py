"""The seventh corpus: a wrong label is named, and what a label says is read as it is written."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.seventh import centres, corpus, proof
from tests.bench.outputs.seventh.proof import Desk, numbers, where

Label = Mapping[str, Any]


@pytest.fixture(scope="module")
def made() -> Corpus:
    """The corpus as it was frozen."""
    return corpus.haemophilia(corpus.SEED)


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
