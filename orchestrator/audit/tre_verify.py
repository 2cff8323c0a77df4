#!/usr/bin/env python3
"""Verify an export of the log against signed checkpoints, without trusting who exported it.

One file, standard library only: copy it to a machine of your own. It shares no code with the
system that wrote the log. Keys must be pinned, that is, come from elsewhere than the export.

    tre_verify.py --export log.jsonl --checkpoints FILE... --key KEY_OR_FILE... [--witnesses K]

A restore that lost entries says so in an entry `log.cut`: how many were kept, how many were
signed, and the root of what ended there. Checkpoints of the history that ended with exactly that
root do not contradict the log; give that history as a file of its own. The answer tells every cut.

Exit codes: 0 consistent, 2 unusable input, 6 too few witnesses, 7 tampered.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

CONSISTENT, UNUSABLE, TOO_FEW_WITNESSES, TAMPERED = 0, 2, 6, 7

Point = tuple[int, int, int, int]

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_ZERO: Point = (0, 1, 1, 0)


class Stop(Exception):
    """Ends the verification with a sentence and an exit code."""

    def __init__(self, code: int, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.code = code


class Key(NamedTuple):
    """A pinned key: `kind` 1 signs logs, 4 is a witness that cosigns."""

    name: str
    key_id: bytes
    kind: int
    raw: bytes


class Checkpoint(NamedTuple):
    """A signed size and root, and the names of the witnesses that cosigned it."""

    origin: str
    size: int
    root: bytes
    witnesses: frozenset[bytes]


class Cut(NamedTuple):
    """What an entry `log.cut` says: the first `kept` entries of `signed` are still here."""

    kept: int
    signed: int
    root: bytes


class Ended(NamedTuple):
    """A cut and the checkpoints of the history that it ended."""

    cut: Cut
    points: frozenset[Checkpoint]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        keys = [key for text in options.key for key in read_keys(text)]
        histories = [
            [open_note(note, keys) for note in read_notes(_bytes(file))]
            for file in options.checkpoints
        ]
        leaves = _read_leaves(_bytes(options.leaves)) if options.leaves else None
        with _open(options.export) as stream:
            said = verify(stream, histories, leaves, options.witnesses)
        code = CONSISTENT
    except Stop as stop:
        code, said = stop.code, str(stop)
    if options.json:
        said = json.dumps({"code": code, "message": said})
    sys.stdout.write(said + "\n")
    return code


def verify(
    lines: Iterable[bytes],
    histories: list[list[Checkpoint]],
    leaves: list[bytes] | None = None,
    witnesses: int = 0,
) -> str:
    """Hash every record and compare the root at each checkpoint's size; returns the good news.

    Shape: `lines` end with a newline each; each history is the checkpoints of one file, in their
    order; `leaves` are leaf hashes kept from earlier.
    Errors: Stop, with the first bad position as exactly as the input allows.
    """
    waiting = sorted({p for history in histories for p in history}, key=lambda point: point.size)
    if not waiting:
        raise Stop(UNUSABLE, "There is no checkpoint to compare with.")
    stack: list[tuple[int, bytes]] = []
    agreed: list[Checkpoint] = []
    ended: list[Ended] = []
    size, suspicion = 0, ""
    for size, line in enumerate(lines, 1):
        suspicion = suspicion or _suspicious(line, size - 1)
        ended += _ended_here(line, size - 1, histories)
        leaf = hashlib.sha256(b"\x00" + line.removesuffix(b"\n")).digest()
        if leaves is not None and size <= len(leaves) and leaf != leaves[size - 1]:
            leaves = _before_cut(leaves, size - 1, ended, suspicion)
        _push(stack, leaf)
        while waiting and waiting[0].size == size:
            point = waiting.pop(0)
            if point.root == _root(stack):
                agreed.append(point)
            elif not _in_ended(point, ended):
                raise Stop(TAMPERED, _interval(_reach(agreed), size, suspicion))
    if open_ones := [point for point in waiting if not _in_ended(point, ended)]:
        raise Stop(TAMPERED, _cut(size, open_ones[0].size, suspicion))
    if leaves is not None and size < len(leaves):
        raise Stop(TAMPERED, f"Entries from {size} on were cut off: {len(leaves)} were known.")
    if suspicion:
        raise Stop(TAMPERED, f"{suspicion} No checkpoint covers it.")
    for entry in ended:
        if entry.cut.kept >= _reach(agreed):
            raise Stop(TAMPERED, f"Entry {entry.cut.kept} is a cut that no checkpoint covers.")
    found = len(agreed[-1].witnesses) if agreed else 0
    if found < witnesses:
        raise Stop(TOO_FEW_WITNESSES, f"{found} of {witnesses} witnesses cosigned the last one.")
    return _good_news(size, agreed, ended)


def _good_news(size: int, agreed: list[Checkpoint], ended: list[Ended]) -> str:
    said = (
        f"{size} entries agree with {len(agreed)} checkpoints; the last covers {_reach(agreed)}"
        f" and {size - _reach(agreed)} newer entries are not protected yet."
    )
    for cut, points in ended:
        said += (
            f" Entry {cut.kept} records a cut: of {cut.signed} signed entries {cut.kept} were kept"
            f" and {cut.signed - cut.kept} are lost; {len(points)} checkpoints of the history that"
            " ended there were given."
        )
    return said


def _reach(agreed: list[Checkpoint]) -> int:
    return agreed[-1].size if agreed else 0


def _ended_here(line: bytes, position: int, histories: list[list[Checkpoint]]) -> list[Ended]:
    """Read a cut, which is the first entry after those that were kept, and find what it ended.

    Shape: only a history whose last checkpoint has exactly the size and root that the cut names
    ended there; nothing else is excused by it.
    """
    try:
        record = json.loads(line)
        if record["action"] != "log.cut":
            return []
        said = record["detail"]
        cut = Cut(int(said["kept"]), int(said["signed"]), bytes.fromhex(said["root"]))
    except (ValueError, KeyError, TypeError):
        return []
    if cut.kept != position or cut.signed <= cut.kept:
        return []
    found = (
        point
        for history in histories
        if history and (history[-1].size, history[-1].root) == (cut.signed, cut.root)
        for point in history
        if cut.kept < point.size <= cut.signed
    )
    return [Ended(cut, frozenset(found))]


def _in_ended(point: Checkpoint, ended: list[Ended]) -> bool:
    """Say whether a checkpoint covers entries that a recorded cut lost; witnesses do not matter."""
    return any(
        (point.size, point.root) == (other.size, other.root)
        for each in ended
        for other in each.points
    )


def _before_cut(
    leaves: list[bytes], position: int, ended: list[Ended], suspicion: str
) -> list[bytes]:
    """Take away kept hashes of entries that a cut lost, where a checkpoint that ended covers all.

    Errors: Stop when there is no such checkpoint: then this entry was changed.
    """
    for cut, points in ended:
        for point in points:
            if point.size == len(leaves) and position >= cut.kept and _tree(leaves) == point.root:
                return leaves[:position]
    raise Stop(TAMPERED, f"Entry {position} is the first that differs. {suspicion}")


def read_keys(text: str) -> Iterator[Key]:
    """Read pinned keys `name+id+key`, given as they are or in a file, one a line."""
    spelled = text if text.count("+") >= 2 else _bytes(text).decode(errors="replace")
    for line in spelled.split():
        name, _, rest = line.partition("+")
        key_id, _, tail = rest.partition("+")
        raw = _exact_base64(tail)
        if not name or raw is None or len(raw) != 33 or raw[0] not in (1, 4):
            raise Stop(UNUSABLE, f"This is not a key of a log or witness: {line[:80]}")
        key = Key(name, hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4], raw[0], raw[1:])
        if key.key_id.hex() != key_id:
            raise Stop(UNUSABLE, f"The id of this key does not belong to it: {line[:80]}")
        yield key


def read_notes(data: bytes) -> list[str]:
    """Take the signed notes out of one note file, or out of a history with one a line."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Stop(TAMPERED, "A checkpoint file is not text any more.") from error
    if not text.startswith("{"):
        return [text]
    whole = text[: text.rfind("\n") + 1]  # a last line without newline was never finished
    try:
        return [str(json.loads(line)["note"]) for line in whole.splitlines()]
    except (ValueError, KeyError, TypeError) as error:
        raise Stop(TAMPERED, "The history of checkpoints is not readable.") from error


def open_note(note: str, keys: list[Key]) -> Checkpoint:
    """Read a checkpoint and require a good signature by a pinned log key.

    Shape: unknown keys are ignored; a failing signature of a known key rejects the whole note.
    """
    body, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise Stop(TAMPERED, "A checkpoint is not a signed note.")
    body += "\n"
    signed, witnesses = False, set()
    for line in signatures[:-1].split("\n"):
        name, raw = _signature_line(line)
        for key in keys:
            if (key.name, key.key_id) != (name, raw[:4]):
                continue
            if not _signed_by(key, raw[4:], body):
                raise Stop(TAMPERED, f"A checkpoint carries a wrong signature of {name}.")
            signed = signed or (key.kind == 1 and body.startswith(name + "\n"))
            if key.kind == 4:
                witnesses.add(key.raw)
    if not signed:
        raise Stop(TAMPERED, "A checkpoint is not signed by any of the pinned keys.")
    return _parse_body(body, frozenset(witnesses))


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Check an Ed25519 signature (RFC 8032) with canonical encodings only."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, nonce = _decode(public), _decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= _L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % _L
    left = _multiply(_BASE, scalar)
    right = _add(nonce, _multiply(_powers(public, key), challenge))
    return _same(left, right)


def _signed_by(key: Key, blob: bytes, body: str) -> bool:
    if key.kind == 1:
        return ed25519_verify(key.raw, body.encode(), blob)
    moment = int.from_bytes(blob[:8], "big")
    message = f"cosignature/v1\ntime {moment}\n{body}"
    return ed25519_verify(key.raw, message.encode(), blob[8:])


def _signature_line(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, blob = rest.partition(" ")
    raw = _exact_base64(blob)
    if dash != "—" or not name or raw is None or len(raw) < 5:
        raise Stop(TAMPERED, "A signature line of a checkpoint is malformed.")
    return name, raw


def _parse_body(body: str, witnesses: frozenset[bytes]) -> Checkpoint:
    lines = body.split("\n")
    root = _exact_base64(lines[2]) if len(lines) > 3 else None
    if root is None or len(root) != 32:
        raise Stop(TAMPERED, "A checkpoint names no root.")
    size = lines[1]
    if not (size.isascii() and size.isdigit()) or str(int(size)) != size:
        raise Stop(TAMPERED, "A checkpoint names no size.")
    return Checkpoint(lines[0], int(size), root, witnesses)


def _suspicious(line: bytes, position: int) -> str:
    """Say what is wrong with a line by itself; only the hashes prove anything."""
    try:
        record = json.loads(line)
    except ValueError:
        return f"Line {position + 1} is not a record."
    if not isinstance(record, dict) or record.get("seq") != position:
        return f"Line {position + 1} does not hold entry {position}."
    return "" if line.endswith(b"\n") else f"Line {position + 1} has no end."


def _interval(agreed: int, size: int, suspicion: str) -> str:
    return f"Something between entries {agreed} and {size - 1} was changed. {suspicion}".strip()


def _cut(size: int, signed: int, suspicion: str) -> str:
    return f"There are {size} entries, but {signed} were signed. {suspicion}".strip()


def _push(stack: list[tuple[int, bytes]], leaf: bytes) -> None:
    level, total = 0, leaf
    while stack and stack[-1][0] == level:
        total = hashlib.sha256(b"\x01" + stack.pop()[1] + total).digest()
        level += 1
    stack.append((level, total))


def _root(stack: list[tuple[int, bytes]]) -> bytes:
    total = b""
    for _level, part in reversed(stack):
        total = hashlib.sha256(b"\x01" + part + total).digest() if total else part
    return total


def _tree(leaves: list[bytes]) -> bytes:
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        _push(stack, leaf)
    return _root(stack)


def _read_leaves(data: bytes) -> list[bytes]:
    try:
        return [bytes.fromhex(line) for line in data.decode().split()]
    except ValueError as error:
        raise Stop(UNUSABLE, "Leaf hashes are written in hexadecimal, one a line.") from error


def _exact_base64(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def _bytes(file: str) -> bytes:
    with _open(file) as stream:
        return bytes(stream.read())


def _open(file: str) -> Any:
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise Stop(UNUSABLE, f"{file} cannot be read: {error.strerror}.") from error


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"{message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tre_verify", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--export", required=True, help="records as JSON Lines, from the first")
    parser.add_argument("--checkpoints", required=True, nargs="+", help="old and new ones")
    parser.add_argument("--key", required=True, nargs="+", help="pinned keys, or files of them")
    parser.add_argument("--leaves", help="leaf hashes kept from earlier, hexadecimal")
    parser.add_argument("--witnesses", type=int, default=0, help="how many must have cosigned")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    return parser


def _decode(data: bytes) -> Point | None:
    """Read a point; refuses a second spelling of the same one."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= _P:
        return None
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(x_squared, (_P + 3) // 8, _P)
    if (x * x - x_squared) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - x_squared) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _doublings(point: Point) -> list[Point]:
    """The point times 1, 2, 4, …: made once for each key, so that each signature only adds."""
    powers = [point]
    for _ in range(252):
        powers.append(_add(powers[-1], powers[-1]))
    return powers


def _multiply(powers: list[Point], scalar: int) -> Point:
    total = _ZERO
    for power in powers:
        if scalar & 1:
            total = _add(total, power)
        scalar >>= 1
    return total


def _same(p: Point, q: Point) -> bool:
    return not ((p[0] * q[2] - q[0] * p[2]) % _P or (p[1] * q[2] - q[1] * p[2]) % _P)


def _memory() -> Callable[[bytes, Point], list[Point]]:
    kept: dict[bytes, list[Point]] = {}

    def powers(name: bytes, point: Point) -> list[Point]:
        if name not in kept:
            kept[name] = _doublings(point)
        return kept[name]

    return powers


_powers = _memory()
_BASE_POINT = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
assert _BASE_POINT is not None
_BASE = _doublings(_BASE_POINT)

if __name__ == "__main__":
    sys.exit(main())
