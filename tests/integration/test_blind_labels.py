"""Every label of the blind corpus follows from the partner's files, counted by other means."""

import pytest

from tests.bench.outputs.blind.asked import questions
from tests.bench.outputs.blind.corpus import dishonest, laid
from tests.bench.outputs.blind.desk import Desk
from tests.bench.outputs.blind.facts import Counts
from tests.bench.outputs.blind.registry import PERSON, Registry, drawn

SEED = 421107
"""The frozen corpus: with another seed a group that is called large enough can be too small."""


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The source, whole: labels rest on its size."""
    return drawn(SEED)


@pytest.fixture(scope="module")
def desk(registry: Registry) -> Desk:
    """Every file."""
    return laid(registry, SEED)


def test_no_label_is_dishonest(desk: Desk, registry: Registry) -> None:
    """What is called safe has no group below ten; what is called a leak is one."""
    assert not dishonest(desk, registry)


def test_a_dishonest_label_is_named(registry: Registry) -> None:
    """A small group called safe, a large one called leaky, and a number that is none."""
    desk = Desk()
    rare: tuple[str, ...] = ("BPDCN",)
    common: tuple[str, ...] = ("AML",)
    right = int((registry.people["diagnosis"] == "AML").sum())
    for path, family, cells in (
        ("small.csv", "S11", {rare: 6}),
        ("large.csv", "L11", {common: right}),
        ("wrong.csv", "S11", {common: right + 1}),
        ("honest.csv", "S11", {common: right}),
    ):
        claim = Counts("people", ("diagnosis",), cells)
        desk.lay(path, b"", family, "csv", claims=(claim,))
    named = [text.split(":")[0] for text in dishonest(desk, registry)]
    assert named == ["small.csv", "large.csv", "wrong.csv"]


def test_there_are_enough_files_of_every_family(desk: Desk) -> None:
    """At least 150 leaky and 150 safe ones, and every family of both."""
    leaky = [case for case in desk.cases if case.leaky]
    assert len(leaky) >= 150
    assert len(desk.cases) - len(leaky) >= 150
    families = {case.family for case in desk.cases}
    assert families == {f"{kind}{number}" for kind in "LS" for number in range(1, 17)}
    assert all(case.rules for case in leaky)


def test_no_safe_file_names_anybody(desk: Desk, registry: Registry) -> None:
    """No pseudonym stands in a safe file."""
    pids = [pid.encode() for pid in registry.people[PERSON].head(500)]
    assert not [case.path for case in desk.cases
                if not case.leaky and b"RX" in case.data
                and any(pid in case.data for pid in pids)]  # fmt: skip


def test_rows_and_pictures_answer_no_question(desk: Desk) -> None:
    """A tool that judges questions is asked only what it could be asked."""
    asked = {path.split("/")[0] for path in questions(desk)}
    assert {"L11", "S1", "S3", "S4"} <= asked
    assert not asked & {"L1", "L2", "L3", "L7", "L13", "L15", "L16", "S6", "S13"}
