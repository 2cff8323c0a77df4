"""PDF: all objects of all revisions, their texts and pictures, attachments, scripts, marks.

Source: outputs 4.2 (PDF) and 6.3 (un-plotting).
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import fonts, marks, packing, pdf_pages, stairs
from orchestrator.outputs.readers.opening import Opening, Unreadable, below, digest
from orchestrator.outputs.readers.pdf_objects import Objects, Reference, Stream, Value, inside, scan
from orchestrator.outputs.readers.pictures import from_samples
from orchestrator.outputs.readers.prose import add_tables, add_text

_ACTIONS = frozenset({"JS", "JavaScript", "Launch", "SubmitForm", "ImportData", "RichMedia"})
_FONTS = ("FontFile", "FontFile2", "FontFile3", "CIDToGIDMap", "CIDSet")
_MAPS: Mapping[str, Callable[[bytes], bool]] = {
    "CIDToGIDMap": fonts.is_map, "CIDSet": fonts.is_set,
}  # fmt: skip
_MODES = {"DeviceGray": "L", "DeviceRGB": "RGB", "DeviceCMYK": "CMYK"}
_QUIET = frozenset({"XRef", "ObjStm"})
_SRGB = "sha256:2b3aa1645779a9e634744faf9b01e9102b0c9b88fd6deced7934df86b949af7e"
"""The colours of sRGB IEC61966-2.1, which programs embed byte by byte: it carries nothing else."""


@dataclass
class _File:
    opening: Opening
    path: str
    objects: Objects
    words: dict[str, None] = field(default_factory=dict)
    active: int = 0
    fonts: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def followed(self, stream: Stream) -> bytes:
        """Undo the filters of instructions that a page follows."""
        self.seen.add(id(stream))
        return self.plain(stream)[0]

    def plain(self, stream: Stream) -> tuple[bytes, str | None]:
        """Undo a stream's filters; the second value names one that makes a picture.

        Errors: Unreadable UNKNOWN_TYPE for other filters, BOMB, TRUNCATED.
        """
        filters = self.objects.get(stream.facts.get("Filter"))
        listed = filters if isinstance(filters, list) else [filters] if filters else []
        given = self.objects.get(stream.facts.get("DecodeParms"))
        settings = given if isinstance(given, list) else [given] * len(listed)
        content = stream.body
        for name, setting in zip(listed, settings or [None] * len(listed), strict=False):
            kind = str(self.objects.get(name))
            if kind in {"DCTDecode", "DCT"}:
                return content, "jpeg"
            content = _undone(self.opening, kind, content, self.objects.facts(setting))
        return content, None


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a document.

    Errors: Unreadable ENCRYPTED for a locked one, TRUNCATED for one whose objects are not whole.
    """
    objects = scan(data)
    if not objects.found:
        raise Unreadable(Note.TRUNCATED)
    if any("Encrypt" in one for one in _trailers(objects)):
        raise Unreadable(Note.ENCRYPTED)
    file = _File(opening, path, objects)
    _open_object_streams(file)
    for value in (*(one for many in objects.found.values() for one in many), *objects.trailers):
        _say(file, value, 0)
    file.words.update(dict.fromkeys(objects.comments))
    opening.container(path, data, objects.spans, list(_notes(file)))
    add_text(opening, f"{below(path)}strings", "\n".join(file.words))
    _pages(file)
    for number, many in objects.found.items():
        for value in many:
            if isinstance(value, Stream) and id(value) not in file.seen:
                _stream(file, number, value)


def _trailers(objects: Objects) -> Iterator[dict[str, Value]]:
    yield from objects.trailers
    for many in objects.found.values():
        for value in many:
            if isinstance(value, Stream) and value.facts.get("Type") == "XRef":
                yield value.facts


def _open_object_streams(file: _File) -> None:
    for many in list(file.objects.found.values()):
        for value in many:
            if isinstance(value, Stream) and value.facts.get("Type") == "ObjStm":
                for number, inner in inside(file.plain(value)[0], value.facts):
                    file.objects.found.setdefault(number, []).append(inner)


def _notes(file: _File) -> Iterator[Observation]:
    if file.active:
        yield Observation(Note.SCRIPT, count=file.active)
    again = sum(len(many) > 1 for many in file.objects.found.values())
    if again:
        yield Observation(Note.OLD_REVISION, count=again)
    if unread := sum(not _is_font(file, number, key) for number, key in file.fonts.items()):
        yield Observation(Note.HIDDEN, count=unread)


def _is_font(file: _File, number: int, key: str) -> bool:
    """Tell whether a stream is a font and nothing else; what it says of itself is shown."""
    for value in file.objects.found.get(number, ()):
        try:
            content = file.plain(value)[0] if isinstance(value, Stream) else b""
        except Unreadable:
            return False
        if key in _MAPS:
            if not _MAPS[key](content):
                return False
        elif (words := fonts.texts(content)) is None:
            return False
        else:
            file.words.update(dict.fromkeys(words))
    return True


def _say(file: _File, value: Value, depth: int) -> None:
    """Collect every text of a value, which streams are fonts or attachments, and actions."""
    if depth > 80:
        raise Unreadable(Note.TOO_DEEP)
    match value:
        case bytes():
            text = _decoded(value)
            if text.strip():
                file.words[text] = None
        case list():
            for item in value:
                _say(file, item, depth + 1)
        case Stream():
            _say(file, value.facts, depth + 1)
        case dict():
            kinds = {str(file.objects.get(value.get(key))) for key in ("S", "Type", "Subtype")}
            file.active += bool(_ACTIONS & {*value, *kinds})
            file.fonts.update(
                {one.number: key for key in _FONTS if isinstance(one := value.get(key), Reference)}
            )
            _attachment(file, value)
            for item in value.values():
                _say(file, item, depth + 1)
        case _:
            pass


def _attachment(file: _File, value: dict[str, Value]) -> None:
    """Learn the name under which a file is attached."""
    for one in file.objects.facts(value.get("EF")).values():
        name = file.objects.get(value.get("UF") or value.get("F"))
        if isinstance(one, Reference):
            file.names[one.number] = _decoded(name) if isinstance(name, bytes) else "attachment"


def _decoded(value: bytes) -> str:
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    return value.removeprefix(b"\xef\xbb\xbf").decode("utf-8" if value.isascii() else "latin-1")


def _stream(file: _File, number: int, stream: Stream) -> None:
    """Show what a stream holds, by what it is for."""
    own = f"{below(file.path)}objects/{number}"
    if stream.facts.get("Type") in _QUIET or number in file.fonts:
        return
    try:
        content, picture = file.plain(stream)
        if number in file.names or stream.facts.get("Type") == "EmbeddedFile":
            _embedded(file, number, content)
        elif stream.facts.get("Subtype") == "Image":
            _image(file, own, stream, content, picture)
        elif stream.facts.get("Type") == "Metadata" or stream.facts.get("Subtype") == "XML":
            file.opening.inner(f"{own}/metadata", content, kind="xml")
        else:
            _other(file, own, content)
    except Unreadable as stop:
        file.opening.unknown(file.opening.free(own), stream.body, stop.note, stop.at)


def _embedded(file: _File, number: int, content: bytes) -> None:
    name = file.names.get(number, "attachment").replace("\\", "/").rsplit("/", 1)[-1]
    file.opening.inner(f"{below(file.path)}attachments/{name}", content,
                       notes=[Observation(Note.HIDDEN)])  # fmt: skip


def _image(file: _File, own: str, stream: Stream, content: bytes, picture: str | None) -> None:
    if picture:
        file.opening.inner(own, content, kind=picture)
        return
    width, height = (stream.facts.get(key) for key in ("Width", "Height"))
    bits = stream.facts.get("BitsPerComponent", 1.0)
    space = file.objects.get(stream.facts.get("ColorSpace"))
    mode = "1" if bits == 1.0 else _MODES.get(str(space), "")
    if isinstance(space, list) and space:
        parts = file.objects.facts(space[1]).get("N") if len(space) == 2 else None
        mode = (
            {1.0: "L", 3.0: "RGB", 4.0: "CMYK"}.get(parts, "L") if isinstance(parts, float) else "L"
        )
    if (
        not isinstance(width, float)
        or not isinstance(height, float)
        or not mode
        or bits not in {1.0, 8.0}
    ):
        raise Unreadable(Note.UNKNOWN_TYPE)
    if width * height > file.opening.caps.pixels:
        raise Unreadable(Note.TOO_BIG)
    image = from_samples(mode, int(width), int(height), content)
    if image.content is None:
        raise Unreadable(Note.TOO_BIG)
    file.opening.inner(own, image.content, kind="png")


def _other(file: _File, own: str, content: bytes) -> None:
    """Show a stream of instructions, a map of characters or a function as its text."""
    if not content:
        return
    if digest(content) == _SRGB:
        file.opening.container(file.opening.free(own), content,
                               [Span(0, len(content), "known part")])  # fmt: skip
        return
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if pdf_pages.is_instructions(content):
        words = pdf_pages.strings(content)
        if words:  # no page shows them, so nobody sees them
            add_text(file.opening, own, words, [Observation(Note.HIDDEN)])
        return
    if text and "\0" not in text:
        add_text(file.opening, own, text)
    else:
        file.opening.unknown(file.opening.free(own), content, Note.UNKNOWN_PART)


def _pages(file: _File) -> None:
    """Show the text of each page as it stands there, tables in it, and its marks as values."""
    opening, path = file.opening, file.path
    for number, page in enumerate(_every_page(file), 1):
        drawn = pdf_pages.drawn(file.objects, page, file.followed)
        own = f"{below(path)}pages/{number}"
        text = pdf_pages.laid_out(drawn.pieces)
        if text.strip():
            inner = opening.free(own)
            opening.text(inner, text)
            add_tables(opening, inner, pdf_pages.laid_out(pdf_pages.without_labels(drawn)))
        across, up = pdf_pages.scales(drawn)
        for group, points in enumerate(pdf_pages.clouds(drawn), 1):
            marks.add(opening, f"{own}/marks/{group}", points, across, up)
        stairs.add(opening, f"{own}/stairs", drawn.lines, across, up)


def _every_page(file: _File) -> Iterator[dict[str, Value]]:
    for many in file.objects.found.values():
        for value in many:
            if isinstance(value, dict) and value.get("Type") == "Page":
                yield value


def _undone(opening: Opening, kind: str, content: bytes, setting: dict[str, Value]) -> bytes:
    match kind:
        case "FlateDecode" | "Fl":
            plain, taken = packing.inflate(opening, content)
            if content[taken:].strip(b"\r\n"):
                raise Unreadable(Note.UNKNOWN_PART, taken)
            return _predicted(plain, setting)
        case "ASCIIHexDecode" | "AHx":
            digits = b"".join(content.split()).partition(b">")[0]
            return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii", "replace"))
        case "ASCII85Decode" | "A85":
            return base64.a85decode(
                b"".join(content.split()).removeprefix(b"<~").removesuffix(b"~>")
            )
        case _:
            raise Unreadable(Note.UNKNOWN_TYPE)


def _predicted(content: bytes, setting: dict[str, Value]) -> bytes:
    """Undo the differences between neighbours that some writers pack instead of values."""
    kind = setting.get("Predictor", 1.0)
    if not isinstance(kind, float) or kind < 2:
        return content
    colours, bits, columns = (
        int(value) if isinstance(value := setting.get(key, default), float) else int(default)
        for key, default in (("Colors", 1.0), ("BitsPerComponent", 8.0), ("Columns", 1.0))
    )
    if kind < 10:
        raise Unreadable(Note.UNKNOWN_TYPE)
    step = max(1, colours * bits // 8)
    width = (colours * bits * columns + 7) // 8
    out = bytearray()
    last = bytearray(width)
    for at in range(0, len(content), width + 1):
        line = bytearray(content[at + 1 : at + 1 + width].ljust(width, b"\0"))
        _unfilter(content[at], line, last, step)
        out += line
        last = line
    return bytes(out)


def _unfilter(kind: int, line: bytearray, last: bytearray, step: int) -> None:
    for at in range(len(line)):
        left = line[at - step] if at >= step else 0
        corner = last[at - step] if at >= step else 0
        match kind:
            case 1:
                more = left
            case 2:
                more = last[at]
            case 3:
                more = (left + last[at]) // 2
            case 4:
                more = _paeth(left, last[at], corner)
            case _:
                more = 0
        line[at] = (line[at] + more) & 255


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))
