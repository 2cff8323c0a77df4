"""Every byte belongs to somebody, or it is a gap."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.outputs.coverage import cover, part_gaps, uncovered
from orchestrator.outputs.form import FileForm, Kind, Part, Span
from orchestrator.values import digest_of

D = digest_of(b"x")


def _part(size: int, *spans: tuple[int, int]) -> Part:
    owned = tuple(Span(start, end, f"owner {number}") for number, (start, end) in enumerate(spans))
    return Part("f", Kind.CONTAINER, D, size, owned)


def _found(size: int, *spans: tuple[int, int]) -> list[tuple[int, int]]:
    return [(gap.start, gap.end) for gap in part_gaps(_part(size, *spans))]


def test_gaps_overlaps_and_trailing_bytes_are_named() -> None:
    """Each kind once."""
    assert _found(10, (0, 10)) == []
    assert _found(10, (0, 4), (6, 10)) == [(4, 6)]
    assert _found(10, (2, 8)) == [(0, 2), (8, 10)]
    assert _found(10, (0, 6), (4, 10)) == [(4, 6)]
    assert _found(10) == [(0, 10)]
    assert _found(0) == []


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_a_byte_is_in_a_gap_exactly_when_not_owned_once(
    size: int, pairs: list[tuple[int, int]]
) -> None:
    """Compared with counting owners byte by byte: unowned bytes are always in a gap."""
    spans = [(min(a, b, size), min(max(a, b), size)) for a, b in pairs]
    gaps = _found(size, *spans)
    for byte in range(size):
        owners = sum(start <= byte < end for start, end in spans)
        inside = any(start <= byte < end for start, end in gaps)
        assert inside or owners >= 1
        assert not inside or owners != 1


def test_the_statement_says_what_was_not_read() -> None:
    """A person can read it."""
    form = FileForm("f", D, 10, "png", (_part(10, (0, 8)),))
    coverage = cover(form)
    assert (coverage.total, coverage.accounted) == (10, 8)
    assert "8 of 10 bytes" in coverage.statement
    assert "bytes 8 to 10 (trailing bytes" in coverage.statement
    assert cover(FileForm("f", D, 10, "png", (_part(10, (0, 10)),))).statement.startswith("Every")
    assert uncovered("f", 3, "why").gaps[0].end == 3
