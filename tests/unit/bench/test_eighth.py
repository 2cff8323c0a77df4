"""The eighth corpus: a wrong label is named."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.bench.outputs.eighth import units
from tests.bench.outputs.eighth.proof import Desk

Label = Mapping[str, Any]


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
