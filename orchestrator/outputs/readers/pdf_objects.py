"""[pure] The objects of a PDF, read from the first byte to the last and not by its own index.

So the objects of all revisions are found, also those that no index leads to any more, and every
byte between them that is no object is left over as a gap.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.outputs.form import Note, Span
from orchestrator.outputs.readers.opening import Unreadable

_SPACE = b"\0\t\n\f\r "
_DELIMITER = b"()<>[]{}/%"
_OBJECT = re.compile(rb"(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+obj\b")
_ENTRIES = re.compile(
    rb"xref[\0\t\n\f\r ]+(?:\d+ +\d+[\0\t\n\f\r ]+"
    rb"(?:\d{10} \d{5} [nf][\0\t\n\f\r ]{1,2})*)+"
)
_TAIL = re.compile(rb"startxref[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+%%EOF")
_REFERENCE = re.compile(rb"(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+R(?![A-Za-z])")
_NUMBER = re.compile(rb"[-+]?\d*\.?\d+\.?|[-+]?\d+\.")
_DEPTH = 60
_ESCAPES = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("b"): 8, ord("f"): 12}


class Name(str):
    """A name, without its slash."""

    __slots__ = ()


@dataclass(frozen=True)
class Reference:
    """A pointer to another object."""

    number: int


@dataclass(eq=False)
class Stream:
    """A dictionary with bytes behind it, still packed."""

    facts: dict[str, "Value"]
    body: bytes


Value = None | bool | float | bytes | Name | Reference | Stream | list["Value"] | dict[str, "Value"]


@dataclass
class Objects:
    """Everything found: objects by number in order, trailers, comments, owned bytes."""

    found: dict[int, list[Value]] = field(default_factory=dict)
    trailers: list[dict[str, Value]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    ends: int = 0

    def get(self, value: Value) -> Value:
        """Follow a pointer to the newest object of its number."""
        for _ in range(20):
            if not isinstance(value, Reference):
                return value
            value = self.found.get(value.number, [None])[-1]
        return None

    def facts(self, value: Value) -> dict[str, Value]:
        """Follow a pointer to a dictionary; that of a stream counts."""
        value = self.get(value)
        if isinstance(value, Stream):
            return value.facts
        return value if isinstance(value, dict) else {}

    def items(self, value: Value) -> list[Value]:
        """Follow a pointer to an array."""
        value = self.get(value)
        return value if isinstance(value, list) else []


def scan(data: bytes) -> Objects:
    """Read a whole file. Errors: Unreadable (TRUNCATED) for an object that is not whole."""
    objects = Objects()
    at = 0
    while at < len(data):
        at = _next(data, at, objects)
    return objects


def _next(data: bytes, at: int, objects: Objects) -> int:
    """Read whatever stands at a position; answer where the next thing begins."""
    start = at
    at = skip_space(data, at)
    if at > start:
        objects.spans.append(Span(start, at, "white space"))
        return at
    found = _OBJECT.match(data, at)
    if found:
        value, end = _object(data, found.end())
        objects.found.setdefault(int(found[1]), []).append(value)
        objects.spans.append(Span(at, end, f"object {int(found[1])}"))
        return end
    for pattern, owner in ((_ENTRIES, "index"), (_TAIL, "end")):
        found = pattern.match(data, at)
        if found:
            objects.spans.append(Span(at, found.end(), owner))
            objects.ends += owner == "end"
            return found.end()
    if data.startswith(b"trailer", at):
        value, end = read(data, at + 7)
        objects.trailers.append(value if isinstance(value, dict) else {})
        objects.spans.append(Span(at, end, "trailer"))
        return end
    if data[at : at + 1] == b"%":
        end = _line_end(data, at)
        objects.comments.append(data[at:end].decode("latin-1").strip())
        objects.spans.append(Span(at, end, "comment"))
        return end
    following = _OBJECT.search(data, at + 1)
    return following.start() if following else len(data)


def _object(data: bytes, at: int) -> tuple[Value, int]:
    value, at = read(data, at)
    at = skip_space(data, at)
    if data.startswith(b"stream", at) and isinstance(value, dict):
        at += 6
        at += 2 if data[at : at + 2] == b"\r\n" else 1 if data[at : at + 1] in {b"\n", b"\r"} else 0
        end = _stream_end(data, at, value.get("Length"))
        value = Stream(value, data[at:end])
        at = skip_space(data, end)
        if not data.startswith(b"endstream", at):
            raise Unreadable(Note.TRUNCATED, at)
        at = skip_space(data, at + 9)
    if not data.startswith(b"endobj", at):
        raise Unreadable(Note.TRUNCATED, at)
    return value, at + 6


def _stream_end(data: bytes, at: int, length: Value) -> int:
    if isinstance(length, Reference):
        found = re.search(rb"(?<![0-9])%d[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+obj[\0\t\n\f\r ]+(\d+)"
                          % length.number, data)  # fmt: skip
        length = float(found[1]) if found else None
    if isinstance(length, float) and 0 <= at + int(length) <= len(data):
        return at + int(length)
    raise Unreadable(Note.TRUNCATED, at)


def inside(stream_body: bytes, facts: dict[str, Value]) -> Iterator[tuple[int, Value]]:
    """Read the objects that an object stream holds, from its plain bytes."""
    count, first = facts.get("N"), facts.get("First")
    if not isinstance(count, float) or not isinstance(first, float):
        raise Unreadable(Note.TRUNCATED)
    heads = stream_body[: int(first)].split()
    if len(heads) != 2 * int(count):
        raise Unreadable(Note.TRUNCATED)
    for number, offset in zip(heads[::2], heads[1::2], strict=True):
        value, _ = read(stream_body, int(first) + int(offset))
        yield int(number), value


def read(data: bytes, at: int, depth: int = 0) -> tuple[Value, int]:
    """Read one value. Errors: Unreadable (TRUNCATED) where none stands."""
    at = skip(data, at)
    head = data[at : at + 1]
    if depth > _DEPTH:
        raise Unreadable(Note.TOO_DEEP, at)
    if data.startswith(b"<<", at):
        return _dictionary(data, at + 2, depth)
    match head:
        case b"<":
            return _hexadecimal(data, at + 1)
        case b"(":
            return _text(data, at + 1)
        case b"[":
            return _array(data, at + 1, depth)
        case b"/":
            return _name(data, at + 1)
        case _:
            return _plain(data, at)


def _plain(data: bytes, at: int) -> tuple[Value, int]:
    found = _REFERENCE.match(data, at)
    if found:
        return Reference(int(found[1])), found.end()
    found = _NUMBER.match(data, at)
    if found:
        return float(found[0]), found.end()
    for word, value in ((b"true", True), (b"false", False), (b"null", None)):
        if data.startswith(word, at):
            return value, at + len(word)
    raise Unreadable(Note.TRUNCATED, at)


def _dictionary(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    found: dict[str, Value] = {}
    while True:
        at = skip(data, at)
        if data.startswith(b">>", at):
            return found, at + 2
        key, at = read(data, at, depth + 1)
        if not isinstance(key, Name):
            raise Unreadable(Note.TRUNCATED, at)
        found[key], at = read(data, at, depth + 1)


def _array(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    found: list[Value] = []
    while True:
        at = skip(data, at)
        if data[at : at + 1] == b"]":
            return found, at + 1
        value, at = read(data, at, depth + 1)
        found.append(value)


def _name(data: bytes, at: int) -> tuple[Name, int]:
    end = at
    while end < len(data) and data[end] not in _SPACE and data[end] not in _DELIMITER:
        end += 1
    raw = re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), data[at:end])
    return Name(raw.decode("latin-1")), end


def _hexadecimal(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b">", at)
    digits = bytes(one for one in data[at:end] if one not in _SPACE)
    try:
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii")), end + 1
    except ValueError as error:
        raise Unreadable(Note.TRUNCATED, at) from error


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    found = bytearray()
    depth = 1
    while at < len(data):
        char = data[at]
        at += 1
        if char == 0x5C:
            at = _escape(data, at, found)
            continue
        depth += (char == 0x28) - (char == 0x29)
        if not depth:
            return bytes(found), at
        found.append(char)
    raise Unreadable(Note.TRUNCATED, at)


def _escape(data: bytes, at: int, found: bytearray) -> int:
    octal = re.compile(rb"[0-7]{1,3}").match(data, at)
    if octal:
        found.append(int(octal[0], 8) & 255)
        return octal.end()
    char = data[at] if at < len(data) else 0
    if char == 13 and data[at + 1 : at + 2] == b"\n":
        return at + 2
    if char not in {10, 13}:
        found.append(_ESCAPES.get(char, char))
    return at + 1


def skip(data: bytes, at: int) -> int:
    """Skip white space and comments. Errors: Unreadable at the end of the data."""
    while at < len(data):
        at = skip_space(data, at)
        if data[at : at + 1] != b"%":
            break
        at = _line_end(data, at)
    if at >= len(data):
        raise Unreadable(Note.TRUNCATED, at)
    return at


def skip_space(data: bytes, at: int) -> int:
    """Skip white space."""
    while at < len(data) and data[at] in _SPACE:
        at += 1
    return at


def _line_end(data: bytes, at: int) -> int:
    ends = [end for end in (data.find(b"\n", at), data.find(b"\r", at)) if end >= 0]
    return min(ends) + 1 if ends else len(data)
