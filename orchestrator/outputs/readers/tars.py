"""Tar archives block by block: headers that check, plain files, folders, and zeros at the end."""

import struct

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.zips import is_trick, safe_name

_BLOCK = 512
_FILE, _FOLDER = (b"0", b"\0", b"7"), b"5"
_LONG_NAME, _LONG_LINK, _PAX, _PAX_ALL = b"L", b"K", b"x", b"g"
_HEAD = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12s")


def read(opening: Opening, path: str, data: bytes) -> None:
    """Open a tar archive and every member of it.

    Errors: Unreadable (TRUNCATED) where a header or a member is not whole.
    """
    spans: list[Span] = []
    notes: list[Observation] = []
    words: list[str] = []
    members: list[tuple[str, bytes]] = []
    at, named = 0, ""
    seen: set[str] = set()
    while at + _BLOCK <= len(data) and data[at : at + _BLOCK].strip(b"\0"):
        kind, name, size, more = _header(data, at)
        body = data[at + _BLOCK : at + _BLOCK + size]
        end = at + _BLOCK + -(-size // _BLOCK) * _BLOCK
        if end > len(data):
            raise Unreadable(Note.TRUNCATED, at)
        spans.append(Span(at, at + _BLOCK + size, f"member {len(spans) + 1}"))
        if not data[at + _BLOCK + size : end].strip(b"\0"):
            spans.append(Span(at + _BLOCK + size, end, "filling"))
        if kind in {_LONG_NAME, _PAX, _PAX_ALL, _LONG_LINK}:
            named = _named(kind, body) or named
            words.append(body.decode("utf-8", "replace").rstrip("\0"))
        else:
            name, named = named or name, ""
            words += more
            notes += _odd(kind, name, at, seen)
            if kind in _FILE:
                members.append((name, body))
        at = end
    spans += _end(data, at)
    opening.container(path, data, spans, notes)
    if words:
        opening.text(opening.free(f"{below(path)}headers"), "\n".join(dict.fromkeys(words)))
    for name, body in members:
        opening.spend(len(body))
        opening.inner(below(path) + safe_name(name), body)


def _header(data: bytes, at: int) -> tuple[bytes, str, int, list[str]]:
    """Give kind, name, size of one member, and the texts its header holds."""
    block = data[at : at + _BLOCK]
    (name, _, _, _, size, _, check, kind, link, magic, _, user, group, _, _, prefix,
     rest) = _HEAD.unpack(block)  # fmt: skip
    total = sum(block) - sum(check) + 8 * 32
    if _octal(check) != total or magic[:5] != b"ustar" or rest.strip(b"\0"):
        raise Unreadable(Note.TRUNCATED, at)
    texts = [_text(field) for field in (name, link, user, group, prefix)]
    full = f"{texts[4]}/{texts[0]}" if texts[4] else texts[0]
    return kind, full, _octal(size), [text for text in texts if text]


def _octal(field: bytes) -> int:
    text = field.strip(b"\0 ")
    if not text.isdigit():
        raise Unreadable(Note.TRUNCATED)
    return int(text, 8)


def _text(field: bytes) -> str:
    """Decode a field up to its end; bytes behind the end are shown too."""
    return field.rstrip(b"\0").decode("utf-8", "replace").replace("\0", "?")


def _named(kind: bytes, body: bytes) -> str:
    if kind == _LONG_NAME:
        return body.rstrip(b"\0").decode("utf-8", "replace")
    for line in body.decode("utf-8", "replace").split("\n") if kind == _PAX else ():
        _, _, record = line.partition(" ")
        if record.startswith("path="):
            return record[5:]
    return ""


def _odd(kind: bytes, name: str, at: int, seen: set[str]) -> list[Observation]:
    notes: list[Observation] = []
    if is_trick(name) or kind not in {*_FILE, _FOLDER}:
        notes.append(Observation(Note.PATH_TRICK, at=at))  # links, devices, pipes are none of ours
    key = safe_name(name).casefold()
    if key in seen and kind != _FOLDER:
        notes.append(Observation(Note.DUPLICATE_NAME, at=at))
    seen.add(key)
    return notes


def _end(data: bytes, at: int) -> list[Span]:
    """Own the zeros behind the last member; without any the archive was cut."""
    rest = data[at:]
    if len(rest) < 2 * _BLOCK:
        raise Unreadable(Note.TRUNCATED, at)
    zeros = len(rest) - len(rest.lstrip(b"\0"))
    return [Span(at, at + zeros, "end of the archive")]
