"""The tree against a direct reading of RFC 6962 and against every small proof."""

import hashlib
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.audit import tree


def by_the_text(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word and slowly."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left, right = by_the_text(leaves[:middle]), by_the_text(leaves[middle:])
    return hashlib.sha256(b"\x01" + left + right).digest()


LEAVES = [tree.leaf_hash(bytes([number])) for number in range(40)]
ROOTS = [by_the_text(LEAVES[:size]) for size in range(41)]


def proof_by_the_text(spans: list[tree.Span]) -> list[bytes]:
    """Hash the spans directly, without perfect subtrees."""
    return [by_the_text(LEAVES[start:end]) for start, end in spans]


def node(name: tree.Node) -> bytes:
    """Look a perfect subtree up."""
    level, index = name
    return by_the_text(LEAVES[index << level : index + 1 << level])


def test_a_leaf_cannot_pass_as_a_node() -> None:
    """The two kinds of hash have different first bytes."""
    left, right = LEAVES[:2]
    assert tree.leaf_hash(left + right) != tree.node_hash(left, right)
    assert tree.leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()


def test_roots_of_all_sizes() -> None:
    """Grown one by one, computed at once, or folded from perfect subtrees: the same root."""
    frontier = tree.Frontier()
    for size in range(41):
        assert frontier.root() == tree.root_of(LEAVES[:size]) == ROOTS[size]
        assert tree.fold([node(part) for part in tree.perfect(0, size)]) == ROOTS[size]
        if size < 40:
            done = frontier.append(LEAVES[size])
            assert all(value == node(name) for name, value in done)


def test_every_inclusion_proof_and_no_other() -> None:
    """Each proof leads to the root; for any other place or leaf it does not."""
    for size in range(1, 41):
        for index in range(size):
            spans = tree.inclusion_spans(index, size)
            proof = tree.hashes_of(spans, node)
            assert proof == proof_by_the_text(spans)
            assert len(proof) <= (size - 1).bit_length()
            assert tree.root_by_inclusion(LEAVES[index], index, size, proof) == ROOTS[size]
            for other in range(size):
                claimed = tree.root_by_inclusion(LEAVES[index], other, size, proof)
                assert (claimed == ROOTS[size]) == (other == index)
            assert tree.root_by_inclusion(LEAVES[index], index, size, [*proof, b""]) is None


def test_every_consistency_proof_and_no_other() -> None:
    """Each proof holds for its pair of roots and for no other root."""
    for new in range(1, 41):
        for old in range(1, new + 1):
            proof = tree.hashes_of(tree.consistency_spans(old, new), node)
            assert tree.is_consistent(old, new, ROOTS[old], ROOTS[new], proof)
            assert not tree.is_consistent(old, new, ROOTS[old - 1], ROOTS[new], proof)
            assert not tree.is_consistent(old, new, ROOTS[old], ROOTS[new - 1], proof)
            assert not tree.is_consistent(old, new, ROOTS[old], ROOTS[new], [*proof, b""])


def test_the_example_of_the_rfc() -> None:
    """Section 2.1.3: seven leaves, the audit path of d4 and the proof from 3, 4 and 6."""
    assert tree.inclusion_spans(4, 7) == [(5, 6), (6, 7), (0, 4)]
    assert tree.consistency_spans(3, 7) == [(2, 3), (3, 4), (0, 2), (4, 7)]
    assert tree.consistency_spans(4, 7) == [(4, 7)]
    assert tree.consistency_spans(6, 7) == [(4, 6), (6, 7), (0, 4)]


@given(data=st.data(), size=st.integers(2, 40))
def test_a_forged_proof_fails(data: st.DataObject, size: int) -> None:
    """Any changed hash of a proof leads elsewhere."""
    index = data.draw(st.integers(0, size - 1))
    proof = tree.hashes_of(tree.inclusion_spans(index, size), node)
    place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    proof[place] = (int.from_bytes(proof[place]) ^ 1 << bit).to_bytes(32)
    assert tree.root_by_inclusion(LEAVES[index], index, size, proof) != ROOTS[size]


@pytest.mark.parametrize(("old", "new"), [(0, 1), (2, 1), (-1, 3)])
def test_impossible_consistency_is_a_mistake(old: int, new: int) -> None:
    """The empty tree proves nothing, and time runs forward."""
    with pytest.raises(ValueError, match="old tree"):
        tree.consistency_spans(old, new)
    assert not tree.is_consistent(old, new, b"", b"", [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 2)])
def test_impossible_inclusion_is_a_mistake(index: int, size: int) -> None:
    """A place beyond the tree has no proof."""
    with pytest.raises(ValueError, match="no such record"):
        tree.inclusion_spans(index, size)
    assert tree.root_by_inclusion(b"", index, size, []) is None


def test_perfect_parts_cover_their_span_once() -> None:
    """Parts are as few as the binary digits say."""
    for start, length in product([0, 32], range(33)):
        parts = tree.perfect(start, start + length)
        covered = [i for level, at in parts for i in range(at << level, at + 1 << level)]
        assert covered == list(range(start, start + length))
        assert len(parts) == length.bit_count()
