"""Torch files: the zip, its pickle walked and never loaded, its raw storages as arrays."""

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import arrays, pickled, zips
from orchestrator.outputs.readers.opening import Opening, Unreadable, below

_KINDS = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8",
    "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "<i1", "ByteStorage": "<u1",
    "BoolStorage": "|b1",
}  # fmt: skip
_SMALL = ("version", "byteorder", ".data/serialization_id", ".format_version",
          ".storage_alignment")  # fmt: skip


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a torch file. Errors: Unreadable (TYPE_DISAGREES) for a zip without its pickle."""
    archive = zips.walk(data)
    found = [one for one in archive.members if one.name.rpartition("/")[2] == "data.pkl"]
    if len(found) != 1:
        raise Unreadable(Note.TYPE_DISAGREES)
    archive.notes.append(Observation(Note.PICKLED))
    zips.add_archive(opening, path, data, archive)
    content = zips.unpack(opening, data, found[0])
    kinds = pickled.storages(content)
    folder = found[0].name.removesuffix("data.pkl")
    opening.inner(below(path) + "data.pkl", content, kind="pickle")
    for member in archive.members:
        if member is found[0] or member.is_folder:
            continue
        own = below(path) + zips.safe_name(member.name)
        key = member.name.removeprefix(f"{folder}data/")
        kind = _KINDS.get(kinds.get(key, ""))
        piece = zips.unpack(opening, data, member)
        if kind:
            arrays.add(opening, own, kind, (len(piece) // arrays.width_of(kind),), piece)
        elif member.name.removeprefix(folder) in _SMALL:
            opening.inner(own, piece, kind="text")
        else:
            opening.unknown(opening.free(own), piece, Note.UNKNOWN_PART)
