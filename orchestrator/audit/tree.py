"""[pure] RFC 6962 hash tree: leaves, perfect subtrees, roots, and the two proofs.

A tree over n records is cut into *perfect* subtrees, the binary digits of n; only their hashes
are kept. A node is named (level, index): it covers records index*2^level to (index+1)*2^level - 1,
level 0 being the leaves.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Node = tuple[int, int]
Span = tuple[int, int]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(record: bytes) -> bytes:
    """Hash one record; the 0x00 keeps a leaf from passing as a node."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into their parent."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Join the perfect subtrees of one span, given from left to right, into its hash."""
    if not hashes:
        return EMPTY_ROOT
    total = hashes[-1]
    for left in reversed(hashes[:-1]):
        total = node_hash(left, total)
    return total


@dataclass
class Frontier:
    """The perfect subtrees of a growing tree, largest first: all that appending needs.

    Shape: `size` records; one hash for each binary 1 of `size`.
    """

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[tuple[Node, bytes]]:
        """Add a leaf; returns the nodes that became complete, from low to high."""
        done: list[tuple[Node, bytes]] = []
        index, level, total = self.size, 0, leaf
        while index & 1:
            total = node_hash(self.hashes.pop(), total)
            index, level = index >> 1, level + 1
            done.append(((level, index), total))
        self.hashes.append(total)
        self.size += 1
        return done

    def root(self) -> bytes:
        """Name everything that was appended so far."""
        return fold(self.hashes)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Compute the root over leaf hashes in order."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def perfect(start: int, end: int) -> list[Node]:
    """Cut a span into perfect subtrees, left to right.

    Shape: records start..end-1, where `start` is a multiple of a power of two that is at least
    as large as the span, as every subtree of RFC 6962 is.
    """
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def inclusion_spans(index: int, size: int) -> list[Span]:
    """List the subtrees whose hashes prove that record `index` is in the tree of `size`.

    Shape: from the leaf upwards, as in RFC 6962 section 2.1.1.
    """
    if not 0 <= index < size:
        raise ValueError("no such record in a tree of this size")
    spans: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """List the subtrees whose hashes prove that the tree of `old` is the beginning of `new`.

    Shape: in the order of RFC 6962 section 2.1.2; empty where `old` equals `new`.
    """
    if not 0 < old <= new:
        raise ValueError("the old tree must have a record and be no larger than the new one")
    spans: list[Span] = []
    start, end, known = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start, known = middle, False
    if not known:
        spans.append((start, end))
    return spans[::-1]


def hashes_of(spans: Iterable[Span], node: Callable[[Node], bytes]) -> list[bytes]:
    """Hash each span from perfect subtrees that `node` looks up."""
    return [fold([node(part) for part in perfect(*span)]) for span in spans]


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Compute the root that an inclusion proof leads to, or None where its length is wrong."""
    if not 0 <= index < size:
        return None
    spans = inclusion_spans(index, size)
    if len(spans) != len(proof):
        return None
    total = leaf
    for (start, _end), sibling in zip(spans, proof, strict=True):
        total = node_hash(sibling, total) if start < index else node_hash(total, sibling)
    return total


def is_consistent(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Check that the tree with `old_root` is the beginning of the tree with `new_root`."""
    if not 0 < old <= new or len(proof) != len(consistency_spans(old, new)):
        return False
    if old == new:
        return old_root == new_root
    hashes = list(proof)
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old_total = new_total = hashes.pop(0) if index else old_root
    for sibling in hashes:
        if index & 1 or index == last:
            old_total = node_hash(sibling, old_total)
            new_total = node_hash(sibling, new_total)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new_total = node_hash(new_total, sibling)
        index, last = index >> 1, last >> 1
    return old_total == old_root and new_total == new_root


def _split(size: int) -> int:
    """The largest power of two below `size`: where RFC 6962 cuts a tree."""
    return 1 << (size - 1).bit_length() - 1
