"""The index answers which rows have a value, and tells nobody what the values are."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.outputs import index_file
from orchestrator.outputs.canon import hasher, is_missing, spell
from orchestrator.outputs.index import BadIndex, build_table, encode_cells, is_specific
from orchestrator.outputs.index_file import read_index, write_index
from orchestrator.outputs.model import INDEX_FORMAT
from orchestrator.outputs.sealing import opened, sealed
from tests.outputs_world import KEY, Cells, index_of

cells = st.lists(
    st.sampled_from(["", "NA", "1", "1.0", "2.5", "2.51", "x", "X ", "y", "-3", "1e2"]),
    min_size=1,
    max_size=30,
)


@given(cells)
def test_every_value_finds_exactly_its_rows(column: list[str]) -> None:
    """Compared with looking at each cell."""
    table = build_table("t", [encode_cells("c", column)], KEY)
    (own,) = table.columns
    hashed = hasher(KEY)
    for value in column:
        group = own.features[0].find(hashed(spell(value)))
        rows = [row for row, cell in enumerate(column) if spell(cell) == spell(value)]
        if is_missing(value):
            assert group == -1
        else:
            assert own.rows_of(0, group) == rows
            assert own.features[0].frequency[group] == len(rows)
    assert own.features[0].find(hashed("not there")) == -1


def test_an_index_survives_the_disk(tmp_path: Path, mgus2: Cells) -> None:
    """Read back it is the same, and it needs its key."""
    index = index_of("mgus2", mgus2)
    path = tmp_path / "index"
    size = write_index(index.tables, KEY, path)
    assert size == path.stat().st_size
    read = read_index(path, KEY, index.label, index.digest)
    assert read == index
    with pytest.raises(BadIndex):
        read_index(path, bytes(32))


def test_an_index_of_an_earlier_form_is_refused(
    tmp_path: Path, mgus2: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lacks what newer rules look for, and nobody would know."""
    path = tmp_path / "index"
    with monkeypatch.context() as patch:
        patch.setattr(index_file, "INDEX_FORMAT", INDEX_FORMAT - 1)
        write_index(index_of("mgus2", mgus2).tables, KEY, path)
    with pytest.raises(BadIndex, match="another format"):
        read_index(path, KEY)


def test_an_index_holds_no_plain_value_and_no_key(tmp_path: Path, mgus2: Cells) -> None:
    """Neither pseudonyms nor the key are in its bytes."""
    path = tmp_path / "index"
    write_index(index_of("mgus2", mgus2).tables, KEY, path)
    data = path.read_bytes().lower()
    assert KEY not in data
    assert not [person for person in mgus2["person"] if person.lower().encode() in data]


@pytest.mark.parametrize("cut", [0, 5, 12, 40, 300, -1])
def test_a_broken_index_is_refused(tmp_path: Path, myeloma: Cells, cut: int) -> None:
    """Wherever it ends."""
    path = tmp_path / "index"
    write_index(index_of("myeloma", myeloma).tables, KEY, path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadIndex):
        read_index(path, KEY)


def test_columns_of_one_table_are_of_one_length() -> None:
    """And the key has its length."""
    with pytest.raises(ValueError, match="differ"):
        build_table("t", [encode_cells("a", ["1"]), encode_cells("b", ["1", "2"])], KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        build_table("t", [encode_cells("a", ["1"])], b"short")
    assert build_table("t", [], KEY).size == 0


def test_which_identifiers_point_at_somebody_anywhere() -> None:
    """A dense run of small numbers does not; long or mixed values do."""
    assert is_specific([f"p{number:06d}" for number in range(100)])
    assert is_specific([str(9_434_765_870 + 1000 * number) for number in range(100)])
    assert not is_specific([str(number) for number in range(1, 8000)])
    assert not is_specific([str(200_000 + number) for number in range(100)])
    assert not is_specific(["anna", "ben", "cleo"])
    assert not is_specific([])


def test_numbers_are_sealed_and_need_their_key(tmp_path: Path, mgus2: Cells) -> None:
    """A column's numbers come back under the key; nothing of them stands in the file in plain."""
    index = index_of("mgus2", mgus2)
    path = tmp_path / "index"
    write_index(index.tables, KEY, path)
    (table,) = read_index(path, KEY).tables
    hgb = next(column for column in table.columns if column.name == "hgb")
    assert hgb.magnitudes is not None
    told = [hgb.magnitudes[value] for value in hgb.values if value]
    assert told == [float(cell) for cell in mgus2["hgb"] if cell]
    data = path.read_bytes()
    assert not any(struct.pack("<d", number) in data for number in set(told) if number % 1)
    assert next(c for c in table.columns if c.name == "sex").magnitudes is None


def test_a_seal_moved_or_changed_does_not_open(mgus2: Cells) -> None:
    """To another place, another key, another byte."""
    seal = sealed(b"numbers", KEY, "t/1")
    assert opened(seal, KEY, "t/1") == b"numbers"
    for data, key, place in (
        (seal, KEY, "t/2"), (seal, bytes(32), "t/1"), (b"x" + seal[1:], KEY, "t/1"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="not sealed"):
            opened(data, key, place)
