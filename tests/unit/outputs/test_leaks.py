"""What must hold of every leak in every format: adding one never helps, and order never matters."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestrator.outputs.effect import effect, total
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import Verdict, worst
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.policy.outputs import OutputsPolicy
from tests.outputs_leaks import DOCUMENTS, SAFE, Piece, archive, leaks, rows_of, table_file
from tests.outputs_world import Cells, cohort, without
from tests.unit.outputs.test_properties import ORDER, World

LEAKS = leaks(cohort("flchain"))
PIECES = {**SAFE, **LEAKS}
SOME = settings(max_examples=25, deadline=None,
                suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip


@pytest.fixture(scope="module")
def world(policy: OutputsPolicy, caps: ReadCaps, source: Index, flchain: Cells) -> World:
    """One source, the shipped policy."""
    return World(policy, caps, source, without(flchain, "person"))


def name(kind: str) -> str:
    """The name a document of this kind has."""
    return f"report.{kind.partition('-')[0]}"


def verdict(world: World, kind: str, pieces: Sequence[Piece]) -> Verdict:
    """What a document of these pieces comes to."""
    return world.verdict(name(kind), DOCUMENTS[kind](pieces))


def named(names: Sequence[str]) -> list[Piece]:
    """Pieces by name."""
    return [PIECES[one] for one in names]


@pytest.mark.parametrize("leak", LEAKS)
def test_every_leak_is_stopped_where_it_stands_alone(world: World, leak: str) -> None:
    """Else the properties below would hold of nothing."""
    ending, data = table_file(LEAKS[leak])
    assert world.effect(f"alone.{ending}", data) is not Verdict.PASS


@pytest.mark.parametrize("safe", SAFE)
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_what_is_safe_stays_safe_in_every_document(world: World, kind: str, safe: str) -> None:
    """Else a document would be stopped for its format, and adding a leak would show nothing."""
    assert verdict(world, kind, [SAFE[safe]]) is Verdict.PASS


@pytest.mark.parametrize("kind", DOCUMENTS)
@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_in_a_safe_document_is_stopped(world: World, kind: str, leak: str) -> None:
    """Each leak added to each kind of document, shown or hidden as that kind does it."""
    data = DOCUMENTS[kind]([SAFE["people by sex"], LEAKS[leak]])
    assert world.effect(name(kind), data) is not Verdict.PASS


@SOME
@given(
    st.sampled_from(sorted(DOCUMENTS)),
    st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=3, unique=True),
    st.sampled_from(sorted(LEAKS)),
)
def test_a_verdict_never_improves_when_a_leak_is_added(
    world: World, kind: str, there: list[str], leak: str
) -> None:
    """Whatever was in the document before, leaky or not."""
    before = verdict(world, kind, named(there))
    after = verdict(world, kind, named([*there, leak]))
    assert ORDER.index(after) >= ORDER.index(before)


@SOME
@given(
    st.sampled_from(sorted(DOCUMENTS)),
    st.lists(st.sampled_from(sorted(PIECES)), min_size=2, max_size=4, unique=True),
    st.randoms(use_true_random=False),
)
def test_the_order_of_pieces_does_not_matter(
    world: World, kind: str, pieces: list[str], chance: object
) -> None:
    """Sheets, tables, members, outputs: the same verdict in any order."""
    mixed = list(pieces)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    if kind in ("xlsx-hidden", "xlsx-veryhidden", "html-hidden", "html-script", "zip-nested"):
        mixed = [pieces[0], *(one for one in mixed if one != pieces[0])]
    assert verdict(world, kind, named(mixed)) is verdict(world, kind, named(pieces))


@SOME
@given(st.sampled_from(sorted(PIECES)), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(world: World, piece: str, chance: object) -> None:
    """Of tables of any kind: rows of people, counts, models."""
    cells = PIECES[piece]
    order = list(range(len(rows_of(cells))))
    chance.shuffle(order)  # type: ignore[attr-defined]
    mixed = {key: [values[at] for at in order] for key, values in cells.items()}
    if "" in cells or "Total" in next(iter(cells.values())):
        return
    (ending, data), (_, other) = table_file(cells), table_file(mixed)
    assert world.verdict(f"t.{ending}", other) is world.verdict(f"t.{ending}", data)


@SOME
@given(st.lists(st.sampled_from(sorted(PIECES)), min_size=2, max_size=4, unique=True))
@example(["people by sex", "a hidden count that its total gives away"])
def test_a_zip_is_no_better_than_its_files_and_their_order_does_not_matter(
    world: World, pieces: list[str]
) -> None:
    """Files of one request beside each other, turned round, and in one archive."""
    files = [table_file(piece) for piece in named(pieces)]
    listed = [(f"{at}.{ending}", data) for at, (ending, data) in enumerate(files)]
    apart = {one.path: one for one in world.judged(*listed)}
    assert {one.path: one for one in world.judged(*listed[::-1])} == apart
    alone = worst([one.verdict for one in apart.values()])
    (packed,) = world.judged(("all.zip", archive(named(pieces))))
    assert ORDER.index(packed.verdict) >= ORDER.index(alone)
    effects = [effect(one, world.policy) for one in apart.values()]
    assert total([effect(packed, world.policy), *effects]) is effect(packed, world.policy)
