"""A csv too large to be held: one pass with its hash, in bounded memory, every line proved.

Such a file has more rows than may leave, so it is blocked whatever else is found. All the same
every byte is looked at: NUL, coding, the width of every line, and lines with a mark that an
address, a path or a secret has, which are kept as a text for the rules. Its first rows are a table.
What this pass cannot prove (quotes, stray line ends, one column) is could-not-check.

The work is done by what compiled code does with whole blocks: a block from which all but delimiters
is deleted must be the same line of delimiters again and again. Source: performance B14, rule 15.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from orchestrator.outputs.form import FileForm, Kind, Note, Observation, Part, Span
from orchestrator.outputs.readers.delimited import DELIMITERS, parse, split_header
from orchestrator.outputs.readers.formats import decide
from orchestrator.outputs.readers.opening import (
    Opening,
    ReadCaps,
    Unreadable,
    below,
    odd_characters,
)
from orchestrator.values import Digest

WHOLE, WHOLE_TABLE = 64 << 20, 16 << 20
"""Bytes up to which a file is read into memory as a whole, and a csv."""

_BLOCK = 1 << 20
_LONGEST = 16 << 20  # bytes of one line
_ALL = bytes(range(256))
_PLAIN = b"0123456789.-+: "
_MARKS = (b"@", b"\\", b"'", b"//", b"/home", b"/Users", b"/root", b"/mnt", b"/srv", b"AKIA",
          b"ASIA", b"BEGIN", b"eyJ", b"ghp_", b"glpat", b"internal", b"intranet",
          b"local")  # fmt: skip
"""What addresses, paths and secrets have when what is plain was deleted."""

_KEPT = 1000  # lines with a mark


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


@dataclass
class _Table:
    """What one pass has found so far."""

    lines: int = 0
    unit: bytes = b""
    many: bytes = b""
    other: bytes = b""
    head: list[bytes] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)
    notes: list[Observation] = field(default_factory=list)


def read(path: str, location: Path, caps: ReadCaps) -> FileForm:
    """Read a csv or tsv of any size. Never raises for what it holds; other formats are too big."""
    size = location.stat().st_size
    hashed = sha256()
    with location.open("rb", buffering=0) as stream:
        first = stream.read(4096)
    kind, note = decide(path, first)
    if note is None and kind not in {"csv", "tsv"}:
        note = Note.TOO_BIG
    table, stop = _Table(), None if note is None else Unreadable(note)
    for block in _blocks(location, hashed):
        if stop is None:
            try:
                _seen(table, block, caps)
            except Unreadable as problem:
                stop = problem
    own = Digest("sha256:" + hashed.hexdigest())
    if stop is None and table.lines <= caps.rows:
        stop = Unreadable(Note.TOO_BIG)  # few rows, each too long to be looked at
    if stop is not None:
        part = Part(path, Kind.UNKNOWN, own, size, (), (Observation(stop.note, stop.at),))
        return FileForm(path, own, size, kind, (part,))
    return FileForm(path, own, size, kind, tuple(_parts(path, table, own, size, caps)))


def _blocks(location: Path, hashed: _Hash) -> Iterator[bytes]:
    """Give whole lines, some at a time; beside that, in a thread, all bytes are hashed.

    Shape: a block without a line end is a line over `_LONGEST`.
    """
    rest = b""
    pending: Future[None] | None = None
    with location.open("rb", buffering=0) as stream, ThreadPoolExecutor(1) as pool:
        while chunk := stream.read(_BLOCK):
            if pending is not None:
                pending.result()
            pending = pool.submit(hashed.update, chunk)
            cut = chunk.rfind(b"\n") + 1
            if cut or len(rest) > _LONGEST:
                yield rest + chunk[:cut]
                rest = chunk[cut:]
            else:
                rest += chunk
        if pending is not None:
            pending.result()
    if rest:
        yield rest + b"\n"


def _seen(table: _Table, block: bytes, caps: ReadCaps) -> None:
    """Look at some whole lines. Errors: Unreadable with the line where the first is that differs.

    Shape: digits and what stands between them are deleted first, in one pass. Where nothing but
    delimiters is left, the block is proved: no letter, no quote, no NUL, every line of one width.
    """
    if not table.unit:
        _begin(table, block)
    left = block.translate(None, _PLAIN)
    if not table.many.startswith(left) or not block.endswith(b"\n"):
        _closer(table, block, left)
    if len(table.head) <= caps.rows:
        table.head += block.splitlines()[: caps.rows + 1 - len(table.head)]
    table.lines += left.count(b"\n")


def _closer(table: _Table, block: bytes, left: bytes) -> None:
    """Look at a block that holds more than numbers. Errors: as `_seen`."""
    line = table.lines + 1
    if b"\0" in left:
        raise Unreadable(Note.NUL, line)
    if b'"' in left or not block.endswith(b"\n"):
        raise Unreadable(Note.TOO_BIG, line)
    if not left.isascii():
        _decoded(table, block)
    found = left.translate(None, table.other)
    if not table.many.startswith(found):
        units = found.split(b"\n")
        broken = (at for at, unit in enumerate(units) if unit + b"\n" != table.unit)
        raise Unreadable(Note.RAGGED, line + next(broken, 0))
    if any(mark in left for mark in _MARKS):
        _keep(table, block)


def _decoded(table: _Table, block: bytes) -> None:
    """Note odd characters once. Errors: Unreadable (ENCODING)."""
    try:
        odd = odd_characters(block.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable(Note.ENCODING, table.lines + 1) from error
    if odd and not table.notes:
        table.notes.append(Observation(odd[0].note, table.lines + 1))


def _begin(table: _Table, block: bytes) -> None:
    """Take delimiter and line end of the first line. Errors: Unreadable (TOO_BIG) for one."""
    line = block.partition(b"\n")[0] + b"\n"
    delimiter = max((mark.encode() for mark in DELIMITERS), key=line.count)
    if delimiter not in line:
        raise Unreadable(Note.TOO_BIG, 1)
    end = b"\r\n" if line.endswith(b"\r\n") else b"\n"
    table.unit = delimiter * line.count(delimiter) + end
    table.many = table.unit * (2 * _BLOCK // len(table.unit) + 1)
    table.other = _ALL.translate(None, delimiter + b"\r\n")


def _keep(table: _Table, block: bytes) -> None:
    """Keep the lines with a mark; past the cap the text says that it was cut."""
    for line in block.split(b"\n"):
        if len(table.marked) <= _KEPT and any(mark in line for mark in _MARKS):
            table.marked.append(line.decode("utf-8", "replace"))


def _parts(path: str, table: _Table, own: Digest, size: int, caps: ReadCaps) -> Iterator[Part]:
    """Give the first rows as a table that says how many there are, and the lines with a mark."""
    opening = Opening(caps)
    rows = parse("\n".join(line.decode("utf-8") for line in table.head).removeprefix("\ufeff"))
    columns, body, header = split_header(rows)
    total = table.lines - header
    notes = [*table.notes, Observation(Note.TOO_MANY_ROWS, at=caps.rows, count=total)]
    spans = [Span(0, size, "table")]
    opening.table(path, columns, body[: caps.rows], header=header, notes=notes, size=size,
                  spans=spans)  # fmt: skip
    first = opening.parts[0]
    assert first.table is not None, "a table part has a table"
    yield replace(first, digest=own, table=replace(first.table, total_rows=total))
    if table.marked:
        cut = [Observation(Note.CAPPED, at=_KEPT)] if len(table.marked) > _KEPT else []
        opening.text(f"{below(path)}marks", "\n".join(table.marked[:_KEPT]), notes=cut)
        yield opening.parts[1]
