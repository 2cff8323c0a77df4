"""Which planted rows of the public cohorts nobody could tell from chance."""

from tests.bench.outputs import corpora


def test_only_a_row_that_chance_draws_is_scored_apart() -> None:
    """Of four coarse columns a single true row is what a drawn file has by itself."""
    few = [case for case in corpora.public(7).cases if case.family == "L4"]
    assert {(case.source, case.people) for case in few if case.apart} == {("myeloma", 1)}
    assert len(few) == 9
