"""What a process asked of the cluster, and which of it must be looked at."""

from orchestrator.engines.kubernetes.drift import Asked
from orchestrator.engines.kubernetes.records import Record
from tests.kubernetes_world import a_mount, a_spec


def test_nothing_is_known_at_a_start() -> None:
    asked = Asked()
    assert asked.record("mds") is None
    assert asked.halted("mds") is None
    assert asked.suspect({"mds"}) == [], "what was never asked is nobody's to mend"


def test_a_suspect_stays_one_until_it_is_acquitted() -> None:
    asked = Asked()
    asked.keep(Record(a_spec("mds")))
    asked.keep(Record(a_spec("flc")))
    assert asked.suspect(()) == []
    assert asked.suspect({"mds", "stranger"}) == [Record(a_spec("mds"))]
    assert asked.suspect(()) == [Record(a_spec("mds"))]
    asked.acquit(Record(a_spec("mds")), 3)
    assert asked.suspect({"flc"}) == [Record(a_spec("flc"))]


def test_what_was_found_in_order_is_so_until_anything_changes() -> None:
    asked, record = Asked(), Record(a_spec("mds"))
    asked.keep(record)
    assert not asked.is_acquitted(record, 0)
    asked.acquit(record, 3)
    assert asked.is_acquitted(record, 3)
    assert not asked.is_acquitted(record, 4), "an object changed"
    assert not asked.is_acquitted(Record(a_spec("mds"), (a_mount(),)), 3), "more is asked"
    asked.halt("mds", frozenset({"*"}))
    assert not asked.is_acquitted(record, 3), "somebody is halted"
    asked.acquit(record, 4)
    asked.forget("mds")
    assert not asked.is_acquitted(record, 4), "it was removed"


def test_the_last_word_counts() -> None:
    asked = Asked()
    asked.keep(Record(a_spec("mds")))
    asked.keep(Record(a_spec("mds"), (a_mount(),)))
    assert asked.suspect({"mds"}) == [Record(a_spec("mds"), (a_mount(),))]


def test_a_removed_project_is_not_mended_but_stays_halted() -> None:
    asked = Asked()
    asked.keep(Record(a_spec("mds")))
    asked.halt("mds", frozenset({"*"}))
    asked.forget("mds")
    assert asked.record("mds") is None
    assert asked.suspect({"mds"}) == []
    assert asked.halted("mds") == frozenset({"*"})


def test_names_that_are_no_labels_are_found_by_their_label() -> None:
    asked = Asked()
    spec = a_spec("Ünder_Score")
    asked.keep(Record(spec))
    label = "nder-score--"
    named = next(iter(asked._records))
    assert label in named
    assert asked.suspect({named}) == [Record(spec)]
