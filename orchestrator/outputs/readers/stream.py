"""A partner's table, streamed: strict UTF-8 CSV or TSV in, one JSON list a row out.

Memory stays bounded by one chunk and one row, whatever the size of the file.
"""

import codecs
import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from orchestrator.outputs.form import FileForm, Kind, Note, Observation, Part, Span, Table
from orchestrator.outputs.readers.delimited import DELIMITERS
from orchestrator.outputs.readers.formats import by_content, by_extension
from orchestrator.outputs.readers.opening import Unreadable
from orchestrator.values import Digest

_CHUNK = 1 << 20
_LONGEST = 1 << 24  # characters of one line: a file without line ends must not fill memory


@dataclass(frozen=True)
class StreamCaps:
    """How large a partner's table may be. Units: bytes, rows, columns, characters of a cell."""

    file_bytes: int
    rows: int
    columns: int
    cell_chars: int

    @classmethod
    def of(cls, caps: Mapping[str, object]) -> "StreamCaps":
        """Take the caps out of a job's policy. Errors: KeyError, TypeError, ValueError."""
        return cls(**{name: int(str(caps[name])) for name in cls.__dataclass_fields__})


def stream_table(path: str, location: Path, out: Path, caps: StreamCaps) -> FileForm:
    """Stream one file of an upload into `out` and describe it. Never raises for its content.

    Errors: OSError when the file cannot be read or `out` not written.
    """
    source = _Source(location)
    kind = by_extension(path) or "unknown"
    try:
        if kind not in {"csv", "tsv"}:
            raise Unreadable(Note.UNKNOWN_TYPE)
        table, spans = _stream(source, out, caps, "\t" if kind == "tsv" else None)
    except Unreadable as stop:
        return _closed(path, source, kind, stop.note, stop.at)
    except (Exception, RecursionError, MemoryError) as error:
        if isinstance(error, OSError):
            raise
        return _closed(path, source, kind, Note.PARSER_FAILED, 0)
    part = Part(path, Kind.TABLE, source.digest(), source.size, spans, (), table)
    return FileForm(path, source.digest(), source.size, kind, (part,))


class _Source:
    """A file that is hashed while it is read, and to its end even where reading stopped."""

    def __init__(self, location: Path) -> None:
        self.size = location.stat().st_size
        self.mark = 0
        self._location = location
        self._digest: Digest | None = None

    def lines(self) -> Iterator[str]:
        """Give decoded lines with their ends. Errors: Unreadable for NUL and for other codes."""
        hashed, decoder, rest = sha256(), codecs.getincrementaldecoder("utf-8")(), ""
        position = 0
        with self._location.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                hashed.update(chunk)
                if not position and chunk.startswith(codecs.BOM_UTF8):
                    self.mark = len(codecs.BOM_UTF8)
                    chunk = chunk[self.mark :]
                if b"\x00" in chunk:
                    raise Unreadable(Note.NUL, position + chunk.index(b"\x00"))
                rest += _decode(decoder, chunk, position, final=False)
                position += len(chunk)
                *whole, rest = rest.split("\n")
                if len(rest) > _LONGEST:
                    raise Unreadable(Note.CAPPED, position)
                yield from (line + "\n" for line in whole)
        rest += _decode(decoder, b"", position, final=True)
        if rest:
            yield rest
        self._digest = Digest("sha256:" + hashed.hexdigest())

    def digest(self) -> Digest:
        """Name the bytes; reads them again where reading stopped early."""
        if self._digest is None:
            hashed = sha256()
            with self._location.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    hashed.update(chunk)
            self._digest = Digest("sha256:" + hashed.hexdigest())
        return self._digest

    def head(self) -> bytes:
        """Give the first bytes."""
        with self._location.open("rb") as stream:
            return stream.read(512)


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, position: int, *, final: bool) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise Unreadable(Note.ENCODING, position + error.start) from error


def _stream(
    source: _Source, out: Path, caps: StreamCaps, delimiter: str | None
) -> tuple[Table, tuple[Span, ...]]:
    if source.size > caps.file_bytes:
        raise Unreadable(Note.TOO_BIG)
    if by_content(source.head()):
        raise Unreadable(Note.TYPE_DISAGREES)
    lines = source.lines()
    first = next(lines, "")
    reader = csv.reader(_again(first, lines), delimiter=delimiter or _delimiter(first), strict=True)
    columns, total = _rows(reader, out, caps)
    spans = [Span(0, source.mark, "byte order mark")] if source.mark else []
    spans.append(Span(source.mark, source.size, "table"))
    return Table(columns, (), total, stored=out.name), tuple(spans)


def _rows(
    reader: "Iterator[list[str]]", out: Path, caps: StreamCaps
) -> tuple[tuple[str, ...], int]:
    total, blank = 0, False
    try:
        columns = next(reader, [])
        if not columns or len(columns) > caps.columns:
            raise Unreadable(Note.CAPPED if columns else Note.RAGGED, 1)
        spell = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
        with out.open("w", encoding="ascii") as stream:
            for row in reader:
                if not row:
                    blank = True
                    continue
                total += 1
                if blank or len(row) != len(columns):
                    raise Unreadable(Note.RAGGED, total + 1)
                if total > caps.rows or max(map(len, row)) > caps.cell_chars:
                    raise Unreadable(Note.CAPPED, total + 1)
                stream.write(spell(row) + "\n")
    except csv.Error as error:
        raise Unreadable(Note.RAGGED, total + 2) from error
    return tuple(columns), total


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter(line: str) -> str:
    widths = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in DELIMITERS}
    return max(widths, key=lambda mark: widths[mark])


def _closed(path: str, source: _Source, kind: str, note: Note, at: int) -> FileForm:
    own = source.digest()
    part = Part(path, Kind.UNKNOWN, own, source.size, (), (Observation(note, at),))
    return FileForm(path, own, source.size, kind, (part,))
