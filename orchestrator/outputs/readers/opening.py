"""What a reader writes into: virtual files within caps, nothing silently left out.

A cap that is reached leaves a note on the part, and the note is could-not-check later on.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from orchestrator.outputs.form import Image, Kind, Note, Observation, Part, Span, Table
from orchestrator.values import Digest

_ODD = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ue000-\uf8ff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SHOWN_BYTES = 8 << 20
_SMALL = 1 << 20

Door = Callable[["Opening", str, bytes, str | None], Note | None]
"""Finds the reader for bytes inside a file and lets it read; answers why it could not."""


@dataclass(frozen=True)
class ReadCaps:
    """How much is read of one file. Units as in the policy's `caps`."""

    file_bytes: int
    rows: int
    columns: int
    cells: int
    cell_chars: int
    text_chars: int
    parts: int
    depth: int
    pixels: int
    expansion: int
    opened_bytes: int
    member_bytes: int
    marks: int

    @classmethod
    def of(cls, caps: Mapping[str, object]) -> "ReadCaps":
        """Take the caps out of a job's policy. Errors: KeyError, TypeError, ValueError."""
        return cls(**{name: int(str(caps[name])) for name in cls.__dataclass_fields__})


class Unreadable(Exception):
    """A reader stops here: the note says why, `at` where (byte, line or row)."""

    def __init__(self, note: Note, at: int = 0) -> None:
        """Keep the note and the position."""
        super().__init__(note.value)
        self.note = note
        self.at = at


class Opening:
    """The parts of one submitted file, collected within its caps."""

    def __init__(self, caps: ReadCaps, door: "Door | None" = None) -> None:
        """Start empty; `door` finds the reader of bytes that lie inside the file."""
        self.caps = caps
        self.parts: list[Part] = []
        self._cells = caps.cells
        self._chars = caps.text_chars
        self._pixels = _SHOWN_BYTES
        self._names: set[str] = set()
        self._overflow = False
        self._door = door
        self._depth = 0
        self._left = caps.opened_bytes
        self._extra: tuple[Observation, ...] = ()

    @contextmanager
    def noting(self, note: Note) -> Iterator[None]:
        """Note the same of every text and table that is added meanwhile."""
        before, self._extra = self._extra, (*self._extra, Observation(note))
        try:
            yield
        finally:
            self._extra = before

    def text(
        self,
        path: str,
        content: str,
        *,
        notes: Iterable[Observation] = (),
        size: int | None = None,
        spans: Sequence[Span] = (),
    ) -> None:
        """Add a text part; odd characters are noted, a text over the cap is cut and noted."""
        content, found = _clean(content)
        seen = [*notes, *found, *self._extra]
        if len(content) > self._chars:
            seen.append(Observation(Note.CAPPED, at=self._chars))
            content = content[: self._chars]
        self._chars -= len(content)
        self._add(
            Part(path, Kind.TEXT, digest(content.encode()), size, tuple(spans), tuple(seen),
                 text=content)
        )  # fmt: skip

    def table(
        self,
        path: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        header: bool = True,
        notes: Iterable[Observation] = (),
        size: int | None = None,
        spans: Sequence[Span] = (),
        raw: bytes | None = None,
    ) -> None:
        """Add a table part; rows, columns, cells and long cells over their caps are noted."""
        seen = [*notes, *self._extra]
        wide = len(columns) > self.caps.columns
        allowed = 0 if wide else min(self.caps.rows, self._cells // max(len(columns), 1))
        if len(rows) > self.caps.rows:
            seen.append(Observation(Note.TOO_MANY_ROWS, at=self.caps.rows, count=len(rows)))
        elif wide or len(rows) > allowed:
            seen.append(Observation(Note.CAPPED, at=allowed, count=len(rows)))
        kept, cut = self._rows(columns, rows[:allowed], wide)
        if cut:
            seen.append(Observation(Note.CAPPED, count=cut))
        names = () if wide else tuple(_clean(name)[0][: self.caps.cell_chars] for name in columns)
        self._cells -= len(kept) * len(columns)
        table = Table(names, kept, len(rows), header)
        own = raw if raw is not None else "\n".join("\t".join(row) for row in kept).encode()
        self._add(Part(path, Kind.TABLE, digest(own), size, tuple(spans), tuple(seen), table=table))

    def image(
        self,
        path: str,
        data: bytes,
        image: Image,
        spans: Sequence[Span],
        notes: Iterable[Observation] = (),
    ) -> None:
        """Add a picture read from `data`; past 8 MiB of pictures only their facts are kept."""
        self._pixels -= image.reencoded_size if image.content is not None else 0
        if self._pixels < 0:
            image = replace(image, content=None)
        self._add(
            Part(path, Kind.IMAGE, digest(data), len(data), tuple(spans), tuple(notes), image=image)
        )

    def container(
        self,
        path: str,
        data: bytes,
        spans: Sequence[Span],
        notes: Iterable[Observation] = (),
    ) -> None:
        """Add a container whose contents follow as parts of their own."""
        self._add(Part(path, Kind.CONTAINER, digest(data), len(data), tuple(spans), tuple(notes)))

    def unknown(self, path: str, data: bytes, note: Note, at: int = 0) -> None:
        """Add bytes that were not understood; all of them are a gap."""
        self._add(Part(path, Kind.UNKNOWN, digest(data), len(data), (), (Observation(note, at),)))

    def unread(self, path: str, size: int, own: Digest, note: Note) -> None:
        """Add a part whose bytes were not even looked at."""
        self._add(Part(path, Kind.UNKNOWN, own, size, (), (Observation(note),)))

    def inner(
        self, path: str, data: bytes, *, kind: str | None = None, notes: Iterable[Observation] = ()
    ) -> str:
        """Open bytes that lie inside as a virtual file of their own; answer its path.

        Shape: `kind` names the format where the surroundings decide it, else name and bytes must
        agree as for a submitted file. A reader that breaks leaves one unknown part.
        """
        own = self.free(path)
        start = len(self.parts)
        note, at = self._read(own, data, kind)
        if note is None and not (len(self.parts) > start and self.parts[start].path == own):
            note = Note.PARSER_FAILED
        if self._overflow:
            return own
        if note is not None:
            self._forget(start)
            self.unknown(own, data, note, at)
        extra = tuple(notes)
        if extra and len(self.parts) > start:
            part = self.parts[start]
            self.parts[start] = replace(part, notes=(*part.notes, *extra))
        return own

    def spend(self, count: int) -> None:
        """Count bytes that were unpacked. Errors: Unreadable (BOMB) past the cap on all of them."""
        self._left -= count
        if self._left < 0:
            raise Unreadable(Note.BOMB)

    def room(self, packed: int) -> int:
        """Answer how many bytes so many packed bytes may become.

        Units: bytes; a small floor lets a short run of zeros be what it is.
        """
        most = max(packed * self.caps.expansion, _SMALL)
        return min(most, self.caps.member_bytes, max(self._left, 0))

    def _read(self, path: str, data: bytes, kind: str | None) -> tuple[Note | None, int]:
        if self._door is None or self._depth >= self.caps.depth:
            return Note.TOO_DEEP, 0
        self._depth += 1
        try:
            return self._door(self, path, data, kind), 0
        except Unreadable as stop:
            return stop.note, stop.at
        except (Exception, RecursionError, MemoryError):
            return Note.PARSER_FAILED, 0
        finally:
            self._depth -= 1

    def _forget(self, start: int) -> None:
        for part in self.parts[start:]:
            self._names.discard(part.path)
        del self.parts[start:]

    def free(self, path: str) -> str:
        """Give a path that no part has yet, close to the wished one."""
        path = _clean(path)[0]
        wished = "".join(char if char.isprintable() else "?" for char in path)[:900]
        name, count = wished, 2
        while name in self._names:
            name, count = f"{wished}~{count}", count + 1
        return name

    def _rows(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], wide: bool
    ) -> tuple[tuple[tuple[str, ...], ...], int]:
        if wide:
            return (), 0
        limit, cut, kept = self.caps.cell_chars, 0, []
        for row in rows:
            cells = tuple(_clean(cell)[0] for cell in row)
            cut += sum(len(cell) > limit for cell in cells)
            kept.append(tuple(cell[:limit] for cell in cells))
        return tuple(kept), cut

    def _add(self, part: Part) -> None:
        if self._overflow:
            return
        if len(self.parts) >= self.caps.parts - 1:
            self._overflow = True
            note = (Observation(Note.TOO_MANY_PARTS, at=self.caps.parts),)
            part = Part(part.path, Kind.UNKNOWN, part.digest, None, (), note)
        self._names.add(part.path)
        self.parts.append(part)


def digest(data: bytes) -> Digest:
    """Name bytes by their SHA-256."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def below(path: str) -> str:
    """Begin the path of something inside a part."""
    return f"{path}/" if "!/" in path else f"{path}!/"


def odd_characters(content: str) -> list[Observation]:
    """Note characters that people do not see: zero-width, bidirectional, private use."""
    found = [match.start() for match in _ODD.finditer(content)]
    return [Observation(Note.ODD_CHARACTERS, at=found[0], count=len(found))] if found else []


def _clean(content: str) -> tuple[str, list[Observation]]:
    if content.isascii():
        return content, []
    seen = odd_characters(content)
    try:
        content.encode()
    except UnicodeEncodeError as error:
        seen = [Observation(Note.ENCODING, at=error.start)]
        content = content.encode(errors="replace").decode()
    return content, seen
