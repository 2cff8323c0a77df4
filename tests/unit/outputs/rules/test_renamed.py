"""Categories that go by other names than in the source are found by the numbers beside them."""

import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Cells, Check, index_of
from tests.unit.outputs.rules.test_tables import loud

SITES = ("north", "south", "east")
DRUGS = {"L01BA01": "methotrexate", "H02AB02": "dexamethasone", "L01CA02": "vincristine"}


def given(few: bool) -> Index:
    """From 20 to 28 rows of each drug at each site; in one cell of four people, where few."""
    cells: Cells = {"person": [], "site": [], "atc": []}
    for s, site in enumerate(SITES):
        for d, code in enumerate(DRUGS):
            people = 4 if few and site == "east" and d == 2 else 15
            for row in range(20 + 3 * s + d):
                cells["person"].append(f"P{100 * s + row % people:05d}X")
                cells["site"].append(site)
                cells["atc"].append(code)
    return index_of("given", cells)


def table(name: str, codes: bool = False) -> str:
    """A long table of the rows, the drugs in words."""
    lines = [
        f"{site},{code if codes else word},{20 + 3 * s + d}"
        for s, site in enumerate(SITES)
        for d, (code, word) in enumerate(DRUGS.items())
    ]
    return "\n".join([f"site,drug,{name}", *lines]) + "\n"


@pytest.mark.parametrize("name", ["dispensings", "n"])
def test_words_for_codes(check: Check, name: str) -> None:
    """Rows of four people are few people, whatever the drug is called."""
    few, many = given(few=True), given(few=False)
    assert loud(check("t.csv", table(name), few)).get("O02") == "flag"
    assert loud(check("t.csv", table(name, codes=True), few)).get("O02") in {"flag", "block"}
    assert loud(check("t.csv", table(name), many)) == {}


def test_numbers_that_no_column_gives_back_are_something_else(check: Check) -> None:
    """One number that differs, and fewer than three beyond the first of each word: nobody knows."""
    few = given(few=True)
    assert "O02" not in loud(check("t.csv", table("doses given").replace(",27", ",31"), few))
    short = "\n".join(table("doses given").splitlines()[:5]) + "\n"
    assert "O02" not in loud(check("t.csv", short, few))
