"""[pure] The opener's answer: hostile bytes as inert, size-capped, typed virtual files.

A form holds tables of text, plain text, and the bare facts of an image. It carries no sentence of
the opener's own: what the opener noticed is a code with positions, and the judge words it. The
reader of the JSON form trusts nothing, because an exploited parser may have written it.
Source: design property 6.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from orchestrator.values import Digest, digest_of

FORM_VERSION = 1
IMAGE_BYTES = 2 << 20
"""The largest picture whose pixels travel in a form, to be shown to people."""


class Kind(StrEnum):
    """What a virtual file is once opened."""

    TABLE = "table"
    TEXT = "text"
    IMAGE = "image"
    CONTAINER = "container"
    UNKNOWN = "unknown"


class Note(StrEnum):
    """What the opener noticed; the judge turns each into a finding."""

    UNKNOWN_TYPE = "unknown_type"
    TYPE_DISAGREES = "type_disagrees"
    PARSER_FAILED = "parser_failed"
    TOO_BIG = "too_big"
    TOO_DEEP = "too_deep"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_MANY_ROWS = "too_many_rows"
    CAPPED = "capped"
    ENCODING = "encoding"
    NOT_UTF8 = "not_utf8"
    NUL = "nul"
    RAGGED = "ragged"
    NOT_JSON = "not_json"
    DUPLICATE_KEYS = "duplicate_keys"
    NOT_BASE64 = "not_base64"
    BAD_IMAGE = "bad_image"
    ACTIVE = "active"
    ODD_CHARACTERS = "odd_characters"
    FORMULA = "formula"
    ENCRYPTED = "encrypted"
    BOMB = "bomb"
    PATH_TRICK = "path_trick"
    DUPLICATE_NAME = "duplicate_name"
    HEADERS_DIFFER = "headers_differ"
    TRUNCATED = "truncated"
    NOT_XML = "not_xml"
    UNKNOWN_PART = "unknown_part"
    HIDDEN = "hidden"
    UNUSED = "unused"
    OLD_REVISION = "old_revision"
    EXTERNAL = "external"
    SCRIPT = "script"
    MACRO = "macro"
    GENOTYPE = "genotype"
    PICKLED = "pickled"
    MODEL = "model"
    MARKS = "marks"
    UNACCOUNTED = "unaccounted"
    LOW_BITS = "low_bits"
    NOT_ONE_PICTURE = "not_one_picture"
    SENTENCE = "sentence"
    LIBRARY = "library"
    OCR = "ocr"
    NO_OCR = "no_ocr"
    UNCOMPARED = "uncompared"


@dataclass(frozen=True)
class Observation:
    """One note with where it was seen: `at` is a byte, line or row, `count` how often."""

    note: Note
    at: int = 0
    count: int = 1


@dataclass(frozen=True)
class Span:
    """Bytes `start` (included) to `end` (not included) and who understood them."""

    start: int
    end: int
    owner: str


@dataclass(frozen=True)
class Table:
    """Rows of text under named columns.

    Shape: rows count from 1 below the header. `total_rows` counts all rows seen, also those past
    the cap. `header` is False where the names were made up. `stored` names a file beside the form
    that holds the rows as one JSON list a line (admission only); `rows` is empty then.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total_rows: int
    header: bool = True
    stored: str | None = None


@dataclass(frozen=True)
class Image:
    """A picture: its size in pixels, and the digest of the same pixels written without metadata.

    Shape: `content` is that PNG where it is small enough to be shown, see `IMAGE_BYTES`.
    """

    width: int
    height: int
    reencoded: Digest
    reencoded_size: int
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Part:
    """One virtual file. Its path is the submitted path, or that, `!/` and steps inside.

    Shape: `spans` cover `size` bytes of the part's own bytes where it was opened from bytes
    (`size` not None); exactly one of table, text, image is set for those kinds, else none.
    """

    path: str
    kind: Kind
    digest: Digest
    size: int | None = None
    spans: tuple[Span, ...] = ()
    notes: tuple[Observation, ...] = ()
    table: Table | None = None
    text: str | None = None
    image: Image | None = None

    @property
    def is_sentence(self) -> bool:
        """Say whether it is a sentence cut into its words, compared with the source only (O19).

        Source: outputs section 3, O23 (tokens through section 5); its text is a part beside it.
        """
        return any(seen.note is Note.SENTENCE for seen in self.notes)

    @property
    def is_brought_along(self) -> bool:
        """Say whether it is a library of a page or stands in one, or who wrote a mail to whom."""
        return any(seen.note is Note.LIBRARY for seen in self.notes)

    @property
    def is_read_in_pixels(self) -> bool:
        """Say whether a machine read it in a picture, where it may have misread."""
        return any(seen.note is Note.OCR for seen in self.notes)

    @property
    def only_compared(self) -> bool:
        """Say whether it is compared with the source, and nothing else is said of it."""
        return self.is_sentence or self.is_brought_along


@dataclass(frozen=True)
class FileForm:
    """One submitted file, opened: `format` is what the bytes are; the first part is the file."""

    path: str
    digest: Digest
    size: int
    format: str
    parts: tuple[Part, ...]


class BadForm(ValueError):
    """The bytes are not a form: the opener broke, or something else wrote them."""


@dataclass(frozen=True)
class FormLimits:
    """What a form may hold at most; beyond it is no form."""

    bytes: int
    parts: int
    columns: int
    cells: int
    chars: int


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_FORMAT = re.compile(r"[a-z0-9_-]{1,40}\Z")
_PNG = b"\x89PNG\r\n\x1a\n"
_STORED = re.compile(r"rows-[0-9]{1,6}\.ndjson\Z")
_BIG = 2**53
_T = TypeVar("_T")


def form_to_json(form: FileForm) -> bytes:
    """Spell a form as JSON bytes."""
    value = {
        "version": FORM_VERSION,
        "path": form.path,
        "digest": form.digest,
        "size": form.size,
        "format": form.format,
        "parts": [_part_json(part) for part in form.parts],
    }
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def form_name(path: str, digest: str) -> str:
    """Name the file under which a form is kept to be shown.

    Shape: digest and path both count, because a name decides how bytes are opened.
    """
    return f"{digest.removeprefix('sha256:')}-{hashlib.sha256(path.encode()).hexdigest()[:16]}.json"


def form_file(position: int) -> str:
    """Name the file in which an opener of several files leaves the form of one."""
    return f"forms-{position}.json"


def form_from_json(data: bytes, limits: FormLimits) -> FileForm:
    """Read a form, believing nothing.

    Errors: BadForm for anything but a well-formed form within its limits.
    """
    if len(data) > limits.bytes:
        raise BadForm("the form is larger than allowed")
    try:
        value = json.loads(data, parse_constant=_refuse, parse_float=_refuse)
        return _file(value, limits)
    except BadForm:
        raise
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise BadForm("the form is not well-formed") from error


def _part_json(part: Part) -> dict[str, object]:
    table, image = part.table, part.image
    return {
        "path": part.path,
        "kind": part.kind.value,
        "digest": part.digest,
        "size": part.size,
        "spans": [[span.start, span.end, span.owner] for span in part.spans],
        "notes": [[seen.note.value, seen.at, seen.count] for seen in part.notes],
        "table": table
        and {
            "columns": table.columns,
            "rows": table.rows,
            "total_rows": table.total_rows,
            "header": table.header,
            "stored": table.stored,
        },
        "text": part.text,
        "image": image and _image_json(image),
    }


def _image_json(image: Image) -> list[object]:
    content = None if image.content is None else base64.b64encode(image.content).decode()
    return [image.width, image.height, image.reencoded, image.reencoded_size, content]


def _refuse(_text: str) -> object:
    raise BadForm("a form holds no such number")


def _file(value: object, limits: FormLimits) -> FileForm:
    fields = _object(value, {"version", "path", "digest", "size", "format", "parts"})
    if fields["version"] != FORM_VERSION:
        raise BadForm("another version of the form")
    path = _string(fields["path"], 1000)
    parts = tuple(_part(item, path, limits) for item in _list(fields["parts"], limits.parts))
    if not parts or parts[0].path != path or len({part.path for part in parts}) != len(parts):
        raise BadForm("the parts do not belong to the file, or repeat")
    _within(parts, limits)
    return FileForm(
        path,
        _digest(fields["digest"]),
        _integer(fields["size"]),
        _matching(fields["format"], _FORMAT),
        parts,
    )


def _within(parts: tuple[Part, ...], limits: FormLimits) -> None:
    tables = [part.table for part in parts if part.table]
    cells = sum(len(table.rows) * max(len(table.columns), 1) for table in tables)
    chars = sum(len(part.text or "") for part in parts)
    if cells > limits.cells or chars > limits.chars:
        raise BadForm("the form holds more cells or characters than allowed")


def _part(value: object, path: str, limits: FormLimits) -> Part:
    keys = {"path", "kind", "digest", "size", "spans", "notes", "table", "text", "image"}
    fields = _object(value, keys)
    own = _string(fields["path"], 1000)
    if own != path and not own.startswith(path + "!/"):
        raise BadForm("a part of another file")
    kind = Kind(_string(fields["kind"], 20))
    size = _optional(fields["size"], _integer)
    part = Part(
        own,
        kind,
        _digest(fields["digest"]),
        size,
        tuple(_span(item, size) for item in _list(fields["spans"], 100_000)),
        tuple(_observation(item) for item in _list(fields["notes"], 10_000)),
        _optional(fields["table"], lambda item: _table(item, limits)),
        _optional(fields["text"], lambda item: _content(item, limits.chars)),
        _optional(fields["image"], _image),
    )
    held = {Kind.TABLE: part.table, Kind.TEXT: part.text, Kind.IMAGE: part.image}
    if {key for key, content in held.items() if content is not None} != {kind} & set(held):
        raise BadForm("a part whose content is not its kind")
    return part


def _table(value: object, limits: FormLimits) -> Table:
    fields = _object(value, {"columns", "rows", "total_rows", "header", "stored"})
    columns = tuple(
        _content(item, limits.chars) for item in _list(fields["columns"], limits.columns)
    )
    rows = tuple(_row(item, len(columns)) for item in _list(fields["rows"], limits.cells))
    total = _integer(fields["total_rows"])
    stored = _optional(fields["stored"], lambda item: _matching(item, _STORED))
    if total < len(rows) or (stored and rows) or not isinstance(fields["header"], bool):
        raise BadForm("a table that contradicts itself")
    return Table(columns, rows, total, fields["header"], stored)


def _row(value: object, width: int) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) != width:
        raise BadForm("a row that is not as wide as its table")
    return tuple(_content(item, _BIG) for item in value)


def _span(value: object, size: int | None) -> Span:
    start, end, owner = _triple(value)
    span = Span(_integer(start), _integer(end), _string(owner, 100))
    if size is None or not span.start <= span.end <= size:
        raise BadForm("a byte range outside its part")
    return span


def _observation(value: object) -> Observation:
    note, at, count = _triple(value)
    return Observation(Note(_string(note, 40)), _integer(at), _integer(count))


def _triple(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) != 3:
        raise BadForm("three values were expected")
    return value


def _image(value: object) -> Image:
    if not isinstance(value, list) or len(value) != 5:
        raise BadForm("an image has five facts")
    content = _optional(value[4], _pixels)
    image = Image(
        _integer(value[0]), _integer(value[1]), _digest(value[2]), _integer(value[3]), content
    )
    if content is not None and (len(content), digest_of(content)) != (
        image.reencoded_size,
        image.reencoded,
    ):
        raise BadForm("a picture that is not the one it names")
    return image


def _pixels(value: object) -> bytes:
    content = base64.b64decode(_content(value, 2 * IMAGE_BYTES), validate=True)
    if len(content) > IMAGE_BYTES or not content.startswith(_PNG):
        raise BadForm("a picture that is too large or no PNG")
    return content


def _object(value: object, keys: set[str]) -> Mapping[str, object]:
    if not isinstance(value, dict) or set(value) != keys:
        raise BadForm("an object with other keys than expected")
    return value


def _list(value: object, limit: int) -> list[object]:
    if not isinstance(value, list) or len(value) > limit:
        raise BadForm("a list was expected, or it is too long")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _BIG:
        raise BadForm("a number outside its range")
    return value


def _content(value: object, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit:
        raise BadForm("a text was expected, or it is too long")
    value.encode()  # a lone surrogate is no text: UnicodeEncodeError is a ValueError
    return value


def _string(value: object, limit: int) -> str:
    text = _content(value, limit)
    if not text or any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise BadForm("a name that is empty or has control characters")
    return text


def _digest(value: object) -> Digest:
    return Digest(_matching(value, _DIGEST))


def _matching(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.match(value):
        raise BadForm("a name that is not of its form")
    return value


def _optional(value: object, read: Callable[[object], _T]) -> _T | None:
    return None if value is None else read(value)
