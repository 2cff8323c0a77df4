"""The table of the contract: nothing is better in it than it was."""

from tests.cluster.side_by_side import outcomes, table

FILE = "tests/cluster/test_engine_contract.py"


def test_both_engines_stand_beside_each_other() -> None:
    """One line a test, in the order of names, whatever the order they ran in."""
    found = outcomes(
        [
            (f"{FILE}::test_the_second[kubernetes]", "passed"),
            (f"{FILE}::test_the_first[local]", "passed"),
            ("tests/cluster/test_servers.py::test_the_first[local]", "failed"),
            (f"{FILE}::test_the_second[local]", "passed"),
            (f"{FILE}::test_the_first[kubernetes]", "failed"),
        ]
    )
    assert table(found) == [
        "the contract of engines  local   kubernetes",
        "the first                passed  failed",
        "the second               passed  passed",
    ]


def test_the_worse_of_two_words_counts() -> None:
    """A test that passed and could not clean up did not pass, in whatever order that is told."""
    words = ["passed", "error"]
    for said in (words, words[::-1]):
        found = outcomes((f"{FILE}::test_one[local]", word) for word in said)
        assert found == {"one": {"local": "error", "kubernetes": "not run"}}
