"""Zip, tar and squeezed streams: nothing hides between members, nothing unpacks without end."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import pytest

from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import FileForm, Kind, Note
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_world import tables
from tests.outputs_writers import tarred, zipped

TABLE = b"sex,people\nF,4350\nM,3524\n"


def notes(form: FileForm) -> set[Note]:
    """Everything that was noticed anywhere."""
    return {seen.note for part in form.parts for seen in part.notes}


def local(name: bytes, body: bytes, **other: int) -> bytes:
    """A member with its local header, any field of it another than it should be."""
    facts = {"flags": 0, "method": 0, "check": zlib.crc32(body), "packed": len(body),
             "size": len(body)} | other  # fmt: skip
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, facts["flags"], facts["method"], 0, 33,
                       facts["check"], facts["packed"], facts["size"], len(name), 0)  # fmt: skip
    return head + name + body


def central(name: bytes, body: bytes, at: int, extra: bytes = b"", **other: int) -> bytes:
    """An entry of the directory."""
    facts = {"flags": 0, "method": 0, "check": zlib.crc32(body), "packed": len(body),
             "size": len(body), "outer": 0} | other  # fmt: skip
    head = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, facts["flags"], facts["method"], 0, 33,
                       facts["check"], facts["packed"], facts["size"], len(name), len(extra), 0, 0,
                       0, facts["outer"], at)  # fmt: skip
    return head + name + extra


def end(count: int, start: int, size: int, comment: bytes = b"") -> bytes:
    """The record at the end."""
    return struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, start,
                       len(comment)) + comment  # fmt: skip


def archive(members: bytes, entries: bytes, count: int, comment: bytes = b"") -> bytes:
    """A whole archive."""
    return members + entries + end(count, len(members), len(entries), comment)


def test_our_own_builder_makes_a_clean_archive(caps: ReadCaps) -> None:
    """What the hostile ones are made from has nothing to find; python's own reads it too."""
    data = archive(local(b"t.csv", TABLE), central(b"t.csv", TABLE, 0), 1)
    assert zipfile.ZipFile(io.BytesIO(data)).read("t.csv") == TABLE
    form = open_bytes("a.zip", data, caps)
    assert tables(form)["a.zip!/t.csv"][1] == (("F", "4350"), ("M", "3524"))
    assert notes(form) == set()
    assert cover(form).gaps == ()


HOSTILE = {
    "another name beside": (local(b"x.csv", TABLE), central(b"t.csv", TABLE, 0),
                            Note.HEADERS_DIFFER),
    "another size beside": (local(b"t.csv", TABLE, size=3), central(b"t.csv", TABLE, 0),
                            Note.HEADERS_DIFFER),
    "another method beside": (local(b"t.csv", TABLE, method=8), central(b"t.csv", TABLE, 0),
                              Note.HEADERS_DIFFER),
    "no header where one should be": (local(b"a", b"x"), central(b"t.csv", b"", 3),
                                      Note.HEADERS_DIFFER),
    "another check sum": (local(b"t.csv", TABLE, check=1), central(b"t.csv", TABLE, 0, check=1),
                          Note.TRUNCATED),
    "a locked member": (local(b"t.csv", TABLE, flags=1), central(b"t.csv", TABLE, 0, flags=1),
                        Note.ENCRYPTED),
    "a way that we do not know": (local(b"t.csv", TABLE, method=98),
                                  central(b"t.csv", TABLE, 0, method=98), Note.UNKNOWN_TYPE),
    "a name that leads out": (local(b"../t.csv", TABLE), central(b"../t.csv", TABLE, 0),
                              Note.PATH_TRICK),
    "a name from the root": (local(b"/t.csv", TABLE), central(b"/t.csv", TABLE, 0),
                             Note.PATH_TRICK),
    "a drive": (local(b"C:t.csv", TABLE), central(b"C:t.csv", TABLE, 0), Note.PATH_TRICK),
    "a link": (local(b"t.csv", TABLE), central(b"t.csv", TABLE, 0, outer=0xA1FF0000),
               Note.PATH_TRICK),
    "an extra field of no kind": (local(b"t.csv", TABLE),
                                  central(b"t.csv", TABLE, 0, b"\xfe\xca\x04\0rows"),
                                  Note.UNKNOWN_PART),
    "a broken extra field": (local(b"t.csv", TABLE), central(b"t.csv", TABLE, 0, b"\xfe\xca\xff"),
                             Note.UNKNOWN_PART),
    "a folder that holds something": (local(b"t/", TABLE), central(b"t/", TABLE, 0),
                                      Note.HEADERS_DIFFER),
    "a bomb": (local(b"t.csv", b"", method=8, size=0x7FFFFFF0),
               central(b"t.csv", b"", 0, method=8, size=0x7FFFFFF0), Note.BOMB),
    "a member that goes on behind the end": (
        local(b"t.csv", TABLE, packed=9999), central(b"t.csv", TABLE, 0, packed=9999),
        Note.TRUNCATED),
}  # fmt: skip


@pytest.mark.parametrize("trick", HOSTILE)
def test_a_trick_has_its_own_note(caps: ReadCaps, trick: str) -> None:
    """It is never read as if nothing were."""
    members, entries, note = HOSTILE[trick]
    form = open_bytes("a.zip", archive(members, entries, 1), caps)
    assert note in notes(form)


def test_two_members_of_one_name_are_noted_and_both_read(caps: ReadCaps) -> None:
    """Names differ by case only on some machines."""
    first = local(b"t.csv", TABLE)
    entries = central(b"t.csv", TABLE, 0) + central(b"T.csv", TABLE, len(first))
    form = open_bytes("a.zip", archive(first + local(b"T.csv", TABLE), entries, 2), caps)
    assert Note.DUPLICATE_NAME in notes(form)
    assert len(tables(form)) == 2


@pytest.mark.parametrize("where", ["before", "between", "behind", "before the end"])
def test_bytes_that_belong_to_no_member_are_a_gap(caps: ReadCaps, where: str) -> None:
    """Before, between and behind what the archive speaks of."""
    extra = b"secret rows"
    first, second = local(b"a.csv", TABLE), local(b"b.csv", TABLE)
    before = extra if where == "before" else b""
    between = extra if where == "between" else b""
    members = before + first + between + second
    entries = central(b"a.csv", TABLE, len(before))
    entries += central(b"b.csv", TABLE, len(before + first + between))
    gap = extra if where == "before the end" else b""
    data = members + entries + gap + end(2, len(members), len(entries))
    form = open_bytes("a.zip", data + (extra if where == "behind" else b""), caps)
    if where == "before":
        assert Note.TYPE_DISAGREES in notes(form)
    else:
        (found,) = cover(form).gaps
        assert found.end - found.start == len(extra)


def test_two_entries_for_the_same_bytes_are_an_overlap(caps: ReadCaps) -> None:
    """As bombs without nesting are made."""
    one = local(b"a.csv", TABLE)
    entries = central(b"a.csv", TABLE, 0) + central(b"b.csv", TABLE, 0)
    form = open_bytes("a.zip", archive(one, entries, 2), caps)
    assert any("claimed" in gap.reason for gap in cover(form).gaps)
    assert Note.HEADERS_DIFFER in notes(form)


def test_comments_are_read(caps: ReadCaps) -> None:
    """Of the archive and of a member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        info = zipfile.ZipInfo("t.csv")
        info.comment = b"patient P007919X"
        made.writestr(info, TABLE)
        made.comment = b"and P015838X"
    form = open_bytes("a.zip", out.getvalue(), caps)
    words = "\n".join(part.text or "" for part in form.parts)
    assert "P007919X" in words
    assert "P015838X" in words
    assert cover(form).gaps == ()


def test_a_streamed_archive_is_read_whole(caps: ReadCaps) -> None:
    """Its sizes stand behind the members."""

    class Pipe(io.RawIOBase):
        """Cannot seek, so that sizes are written later."""

        def __init__(self) -> None:
            super().__init__()
            self.data = b""

        def writable(self) -> bool:
            """It can be written."""
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            """Keep what comes."""
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("t.csv", TABLE)
        with made.open("u.csv", "w", force_zip64=True) as member:
            member.write(TABLE)
    form = open_bytes("a.zip", pipe.data, caps)
    assert len(tables(form)) == 2
    assert notes(form) == set()
    assert cover(form).gaps == ()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("size", [2_000_000, 80_000_000])
def test_a_bomb_costs_no_more_than_its_limit(caps: ReadCaps, pack: object, size: int) -> None:
    """Zeros packed a thousandfold."""
    name = {gzip.compress: "gz", bz2.compress: "bz2", lzma.compress: "xz"}[pack]  # type: ignore[index]
    form = open_bytes(f"t.csv.{name}", pack(bytes(size)), caps)  # type: ignore[operator]
    assert form.parts[0].kind is Kind.UNKNOWN
    assert notes(form) == {Note.BOMB}


def test_all_members_together_have_a_limit(caps: ReadCaps) -> None:
    """Many members, each of them allowed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(400):
            made.writestr(f"{number}.bin.txt", bytes([65]) * 1_000_000)
    form = open_bytes("a.zip", out.getvalue(), caps)
    assert Note.BOMB in notes(form)


def test_nesting_has_a_limit(caps: ReadCaps) -> None:
    """A zip in a zip in a zip."""
    data = zipped("t.csv", TABLE)
    for _ in range(caps.depth - 1):
        data = zipped("in.zip", data)
    assert notes(open_bytes("a.zip", data, caps)) == set()
    assert Note.TOO_DEEP in notes(open_bytes("a.zip", zipped("in.zip", data), caps))


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "t.csv.gz"])
def test_a_cut_archive_is_no_archive(caps: ReadCaps, name: str) -> None:
    """At any place."""
    data = {"a.zip": zipped("t.csv", TABLE), "a.tar": tarred("t.csv", TABLE),
            "t.csv.gz": gzip.compress(TABLE)}[name]  # fmt: skip
    for cut in (len(data) - 1, len(data) // 2, 30):
        if name == "a.tar" and data[:cut].rstrip(b"\0") == data.rstrip(b"\0") and cut > 2048:
            continue  # a tar may be filled with more or fewer zeros
        form = open_bytes(name, data[:cut], caps)
        assert notes(form) & {Note.TRUNCATED, Note.TYPE_DISAGREES, Note.UNKNOWN_TYPE}


def test_a_renamed_office_file_is_not_read_as_an_archive(caps: ReadCaps) -> None:
    """Its texts would be numbers only."""
    form = open_bytes("a.zip", zipped("[Content_Types].xml", b"<a/>"), caps)
    assert notes(form) == {Note.TYPE_DISAGREES}
    assert notes(open_bytes("a.xlsx", zipped("t.csv", TABLE), caps)) == {Note.TYPE_DISAGREES}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_noted(caps: ReadCaps, kind: bytes) -> None:
    """No file of ours is one."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        entry = tarfile.TarInfo("x")
        entry.type, entry.linkname = kind, "/etc/passwd"
        made.addfile(entry)
    assert Note.PATH_TRICK in notes(open_bytes("a.tar", out.getvalue(), caps))


def test_what_hides_in_a_tar_is_found(caps: ReadCaps) -> None:
    """Behind a member's end in its last block, and behind the archive's end."""
    data = tarred("t.csv", TABLE)
    filled = bytearray(data)
    filled[512 + 100 : 512 + 106] = b"secret"
    for changed in (bytes(filled), data + b"secret".ljust(512, b"\0")):
        assert cover(open_bytes("a.tar", changed, caps)).gaps
    assert cover(open_bytes("a.tar", data, caps)).gaps == ()


def test_long_names_and_pax_headers_are_read(caps: ReadCaps) -> None:
    """A name can carry a pseudonym."""
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as made:
            entry = tarfile.TarInfo("P007919X/" + "n" * 150 + ".csv")
            entry.size = len(TABLE)
            made.addfile(entry, io.BytesIO(TABLE))
        opened = open_bytes("a.tar", out.getvalue(), caps)
        assert "P007919X" in "\n".join(part.text or "" for part in opened.parts)
        assert [path for path in tables(opened) if path.endswith("n.csv")]
        assert cover(opened).gaps == ()


def test_what_a_gzip_header_says_is_read(caps: ReadCaps) -> None:
    """A name, and several members one behind another."""
    out = io.BytesIO()
    with gzip.GzipFile("P007919X.csv", "wb", fileobj=out, mtime=0) as made:
        made.write(TABLE)
    form = open_bytes("t.csv.gz", out.getvalue() + gzip.compress(b"X,12\n"), caps)
    assert "P007919X" in "\n".join(part.text or "" for part in form.parts)
    assert tables(form)["t.csv.gz!/t.csv"][1][-1] == ("X", "12")
    assert cover(open_bytes("t.csv.gz", out.getvalue() + b"trailing", caps)).gaps
