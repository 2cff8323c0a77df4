"""Pickles, walked opcode by opcode and never loaded: no name is imported, nothing is called.

A machine with a stack of inert values follows the opcodes; what a pickle would call stays a name
with arguments. Arrays, frames and plain values are read out of them. Whatever is found, a pickle
cannot leave, because only code can say what it would become. Source: outputs 4.5.
"""

import io
import pickletools
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import arrays, cells, numpy_arrays, structured
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.squeezed import unsqueeze

_STEPS = 2_000_000
_LOOSE = 64
_NUMBERS = tuple((3, order, None, None, None, -1, -1, 0) for order in "<>|=")
"""What numpy keeps of a type of numbers beside its name."""


@dataclass(eq=False)
class Thing:
    """What a pickle would have made: the name it would call, with what, and what it adds later."""

    name: str
    arguments: "Value" = None
    built: "Value" = None
    items: list["Value"] = field(default_factory=list)


@dataclass(eq=False)
class Pairs:
    """A dictionary, its keys of any kind."""

    items: list[tuple["Value", "Value"]] = field(default_factory=list)


Value = (
    None | bool | int | float | str | bytes | list["Value"] | tuple["Value", ...] | Thing | Pairs
)


class _Mark:
    """Where a group of values begins on the stack."""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Walk a pickle, squeezed or not.

    Errors: Unreadable (TRUNCATED) where the opcodes end early or make no sense.
    """
    content, spans = unsqueeze(opening, data)
    machine = _Machine(content)
    machine.run()
    if len(spans) == 1 and spans[0].owner == "content":
        spans = [Span(0, machine.at, "opcodes")]
    elif machine.at != len(content):
        raise Unreadable(Note.UNKNOWN_PART, machine.at)
    opening.container(path, data, spans, [Observation(Note.PICKLED)])
    words = "\n".join(dict.fromkeys([*machine.names, *machine.texts]))
    if words:
        opening.text(opening.free(f"{below(path)}texts"), words)
    start = len(opening.parts)
    found = list(_things(machine.values()))
    for number, one in enumerate(found, 1):
        _add_array(opening, f"{below(path)}arrays/{number}", one, machine.raw)
    for number, texts in enumerate(_arrow_texts(machine.values()), 1):
        rows = [[text] for text in texts]
        opening.table(opening.free(f"{below(path)}texts/{number}"), ["text"], rows, header=False)
    numpy_arrays.add_joined(opening, path, start)
    for number, top in enumerate(machine.stack, 1):
        plain = None if isinstance(top, Thing) else _plain(top, 0)
        if isinstance(plain, list | dict):
            structured.walk(opening, f"{below(path)}values/{number}", plain, 30)
    for loose in machine.loose(found):
        opening.unknown(opening.free(f"{below(path)}bytes"), loose, Note.UNKNOWN_PART)


def storages(machine_data: bytes) -> dict[str, str]:
    """List the raw storages that a torch pickle names: key to type."""
    machine = _Machine(machine_data)
    machine.run()
    found: dict[str, str] = {}
    for key in machine.keys:
        if isinstance(key, tuple) and len(key) > 2 and isinstance(key[1], Thing):
            found[str(key[2])] = key[1].name.rpartition(".")[2]
    return found


class _Machine:
    """Follows opcodes; knows a stack, marks, a memo, and what it met on the way."""

    def __init__(self, data: bytes) -> None:
        self.stack: list[Value | _Mark] = []
        self.memo: dict[int, Value | _Mark] = {}
        self.names: list[str] = []
        self.texts: list[str] = []
        self.keys: list[Value] = []
        self.raw: dict[int, bytes] = {}
        self.at = 0
        self._stream = io.BytesIO(data)
        self._blobs: list[bytes] = []

    def run(self) -> None:
        """Walk to the end. Errors: Unreadable."""
        try:
            for step, (code, argument, _) in enumerate(pickletools.genops(self._stream)):
                if step > _STEPS:
                    raise Unreadable(Note.CAPPED)
                self._do(code.name, argument)
        except (ValueError, IndexError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise Unreadable(Note.TRUNCATED, self._stream.tell()) from error
        self.at = self._stream.tell()

    def values(self) -> list[Value]:
        """List what is left on the stack or was remembered."""
        return [one for one in (*self.stack, *self.memo.values()) if not isinstance(one, _Mark)]

    def loose(self, arrays_found: list[Thing]) -> Iterator[bytes]:
        """List long byte strings that belong to no array that was understood."""
        known = {id(blob) for one in arrays_found for blob in _blobs_of(one)}
        known |= {id(_buffer(one)) for one in _all_things(self.values()) if "py_buffer" in one.name}
        yield from (blob for blob in self._blobs if id(blob) not in known and len(blob) > _LOOSE)

    def _do(self, name: str, argument: object) -> None:
        stack = self.stack
        match name:
            case "PROTO" | "FRAME" | "STOP" | "READONLY_BUFFER":
                pass
            case "MARK":
                stack.append(_Mark())
            case "POP":
                stack.pop()
            case "POP_MARK":
                self._group()
            case "DUP":
                stack.append(stack[-1])
            case "EMPTY_LIST" | "EMPTY_SET":
                stack.append([])
            case "EMPTY_TUPLE":
                stack.append(())
            case "EMPTY_DICT":
                stack.append(Pairs())
            case "LIST" | "FROZENSET":
                stack.append(self._group())
            case "TUPLE":
                stack.append(tuple(self._group()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = int(name[-1])
                group = tuple(self._popped() for _ in range(count))[::-1]
                stack.append(group)
            case "DICT":
                stack.append(Pairs(_paired(self._group())))
            case "APPEND":
                self._add([self._popped()])
            case "APPENDS" | "ADDITEMS":
                self._add(self._group())
            case "SETITEM":
                value, key = self._popped(), self._popped()
                self._set([(key, value)])
            case "SETITEMS":
                self._set(_paired(self._group()))
            case _:
                self._other(name, argument)

    def _other(self, name: str, argument: object) -> None:
        stack = self.stack
        match name:
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self.memo[int(str(argument))] = stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                stack.append(self.memo[int(str(argument))])
            case "GLOBAL":
                stack.append(self._named(str(argument).replace(" ", ".", 1)))
            case "STACK_GLOBAL":
                last, first = self._popped(), self._popped()
                stack.append(self._named(f"{_cell(first)}.{_cell(last)}"))
            case "REDUCE" | "NEWOBJ":
                arguments, maker = self._popped(), self._popped()
                stack.append(Thing(_name(maker), arguments))
            case "NEWOBJ_EX":
                extra, arguments, maker = self._popped(), self._popped(), self._popped()
                stack.append(Thing(_name(maker), (arguments, extra)))
            case "INST":
                stack.append(Thing(str(argument).replace(" ", ".", 1), tuple(self._group())))
            case "OBJ":
                group = self._group()
                stack.append(Thing(_name(group[0]), tuple(group[1:])))
            case "BUILD":
                self._build(self._popped())
            case "PERSID" | "BINPERSID":
                key: Value = str(argument) if name == "PERSID" else self._popped()
                self.keys.append(key)
                stack.append(Thing("persistent", (key,)))
            case "NEWTRUE" | "NEWFALSE":
                stack.append(name == "NEWTRUE")
            case "NONE":
                stack.append(None)
            case _:
                self._literal(argument)

    def _literal(self, argument: object) -> None:
        match argument:
            case bytearray():
                self._literal(bytes(argument))
            case str():
                self.texts.append(argument)
                self.stack.append(argument)
            case bytes():
                self._blobs.append(argument)
                self.stack.append(argument)
            case bool() | int() | float():
                self.stack.append(argument)
            case _:
                raise Unreadable(Note.UNKNOWN_TYPE, self._stream.tell())

    def _build(self, state: Value) -> None:
        thing = self.stack[-1]
        if isinstance(thing, Thing):
            thing.built = state
            if thing.name.endswith("NumpyArrayWrapper"):
                self._raw_array(thing, state)

    def _raw_array(self, thing: Thing, state: Value) -> None:
        """Take the bytes that joblib writes between opcodes behind an array's description."""
        facts = {str(key): value for key, value in state.items} if isinstance(state, Pairs) else {}
        if _is_of_objects(facts.get("dtype")):
            self._pickled_array(thing)
            return
        kind = _kind(facts.get("dtype"))
        shape = _shape(facts.get("shape"))
        if kind is None or shape is None:
            raise Unreadable(Note.UNKNOWN_TYPE, self._stream.tell())
        if facts.get("numpy_array_alignment_bytes") is not None:
            self._stream.read(self._stream.read(1)[0])
        data = self._stream.read(prod(shape) * arrays.width_of(kind))
        self.raw[id(thing)] = data

    def _pickled_array(self, thing: Thing) -> None:
        """Walk the pickle of its own that joblib writes for an array of texts: names of columns."""
        inner = _Machine(b"")
        inner._stream = self._stream
        inner.run()
        self.names += inner.names
        self.texts += inner.texts
        self.keys += inner.keys
        self.raw |= inner.raw
        self._blobs += inner._blobs
        thing.items += inner.values()

    def _named(self, name: str) -> Thing:
        self.names.append(name)
        return Thing(name)

    def _popped(self) -> Value:
        top = self.stack.pop()
        if isinstance(top, _Mark):
            raise Unreadable(Note.TRUNCATED, self._stream.tell())
        return top

    def _group(self) -> list[Value]:
        group: list[Value] = []
        while not isinstance(self.stack[-1], _Mark):
            group.append(self._popped())
        self.stack.pop()
        return group[::-1]

    def _add(self, values: list[Value]) -> None:
        top = self.stack[-1]
        if isinstance(top, list):
            top += values
        elif isinstance(top, Thing):
            top.items += values

    def _set(self, pairs: list[tuple[Value, Value]]) -> None:
        top = self.stack[-1]
        if isinstance(top, Pairs | Thing):
            top.items += pairs


def _paired(group: list[Value]) -> list[tuple[Value, Value]]:
    return list(zip(group[::2], group[1::2], strict=True))


def _name(maker: Value) -> str:
    return maker.name if isinstance(maker, Thing) else "?"


def _things(values: list[Value]) -> Iterator[Thing]:
    """Give what looks like an array."""
    for thing in _all_things(values):
        if _array_of(thing) or thing.name.endswith("NumpyArrayWrapper"):
            yield thing


def _all_things(values: list[Value]) -> Iterator[Thing]:
    """Go through everything that hangs together, each once."""
    seen: set[int] = set()
    waiting = list(reversed(values))
    while waiting:
        value = waiting.pop()
        if not isinstance(value, list | tuple | Thing | Pairs) or id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case Thing():
                yield value
                waiting += [*reversed(value.items), value.built, value.arguments]
            case Pairs():
                waiting += [item for pair in reversed(value.items) for item in reversed(pair)]
            case _:
                waiting += reversed(value)


def _array_of(thing: Thing) -> tuple[str | None, tuple[int, ...], bool, Value] | None:
    """Give type, shape, order and payload of an array, in numpy's two ways of pickling."""
    state, arguments = thing.built, thing.arguments
    if thing.name.endswith("_reconstruct") and isinstance(state, tuple) and len(state) == 5:
        shape = _shape(state[1])
        return None if shape is None else (_kind(state[2]), shape, bool(state[3]), state[4])
    if thing.name.endswith("_frombuffer") and isinstance(arguments, tuple) and len(arguments) == 4:
        shape = _shape(arguments[2])
        order = arguments[3] == "F"
        return None if shape is None else (_kind(arguments[1]), shape, order, arguments[0])
    return None


def _add_array(opening: Opening, path: str, thing: Thing, raw: dict[int, bytes]) -> None:
    if id(thing) in raw and isinstance(thing.built, Pairs):
        facts = {str(key): value for key, value in thing.built.items}
        kind, shape = _kind(facts.get("dtype")), _shape(facts.get("shape"))
        _add_values(opening, path, kind, shape or (), facts.get("order") == "F", raw[id(thing)])
        return
    known = _array_of(thing)
    if known is not None:
        _add_values(opening, path, *known)


def _add_values(
    opening: Opening,
    path: str,
    kind: str | None,
    shape: tuple[int, ...],
    fortran: bool,
    payload: Value,
) -> None:
    if isinstance(payload, bytes) and kind is not None:
        if len(shape) == 2 and shape[0] < shape[1]:  # a frame keeps its columns as rows
            shape, fortran = (shape[1], shape[0]), not fortran
        arrays.add(opening, path, kind, shape, payload, fortran=fortran)
    elif isinstance(payload, list):
        texts = [_cell(item) for item in payload]
        rows = arrays.table_of(shape, texts, fortran=fortran)
        if rows and rows[0] and len(rows) < len(rows[0]):
            rows = [list(row) for row in zip(*rows, strict=True)]
        names = [f"column {at}" for at in range(1, len(rows[0]) + 1)] if rows else []
        opening.table(opening.free(path), names, rows, header=False)


def _arrow_texts(values: list[Value]) -> Iterator[list[str]]:
    """Read columns of text as newer frames keep them: ends of the texts, and all texts joined."""
    for thing in _all_things(values):
        state = thing.arguments
        inner = state[0] if isinstance(state, tuple) and state else None
        if not (thing.name.endswith("_restore_array") and isinstance(inner, tuple)):
            continue
        buffers = [_buffer(one) for one in inner[4]] if isinstance(inner[4], list) else []
        count = inner[1] if isinstance(inner[1], int) else 0
        if len(buffers) == 3 and buffers[1] and count:
            width = 8 if "large" in _cell(_first(inner[0])) else 4
            ends = [int.from_bytes(buffers[1][at * width : (at + 1) * width], "little")
                    for at in range(count + 1)]  # fmt: skip
            yield [cells.of_bytes(buffers[2][a:b]) for a, b in pairwise(ends)]


def _buffer(value: Value) -> bytes:
    """Follow a buffer to its bytes."""
    for _ in range(4):
        value = _first(value) if isinstance(value, Thing) else value
    return value if isinstance(value, bytes) else b""


def _first(value: Value) -> Value:
    given = value.arguments if isinstance(value, Thing) else value
    return given[0] if isinstance(given, tuple) and given else None


def _blobs_of(thing: Thing) -> list[bytes]:
    found = _array_of(thing)
    return [found[3]] if found and isinstance(found[3], bytes) and found[0] else []


def _kind(value: Value) -> str | None:
    """Spell a pickled type: its letters, and the byte order that its state gives."""
    if not isinstance(value, Thing) or not isinstance(value.arguments, tuple):
        return None
    letters = value.arguments[0] if value.arguments else None
    if not isinstance(letters, str) or _is_of_objects(value):
        return None
    if letters[:1] in "Mm":
        letters += f"[{_unit(value.built) or 'ns'}]"
    order = value.built[1] if isinstance(value.built, tuple) and len(value.built) > 1 else "<"
    return f"{order if isinstance(order, str) else '<'}{letters}"


def _is_of_objects(value: Value) -> bool:
    """Say whether a pickled type is that of anything: texts, dates, other arrays."""
    given = value.arguments if isinstance(value, Thing) else None
    letters = given[0] if isinstance(given, tuple) and given else None
    return isinstance(letters, str) and letters.startswith("O")


def _unit(value: Value) -> str | None:
    """Find the unit of a type of times in its state."""
    if isinstance(value, bytes | str):
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        return text if text in {"D", "s", "ms", "us", "ns"} else None
    inner = value.items if isinstance(value, Pairs) else value
    for item in inner if isinstance(inner, list | tuple) else ():
        found = _unit(item)
        if found:
            return found
    return None


def _shape(value: Value) -> tuple[int, ...] | None:
    if not isinstance(value, tuple) or not all(isinstance(n, int) and n >= 0 for n in value):
        return None
    return tuple(n for n in value if isinstance(n, int))


def _cell(value: Value) -> str:
    return "" if value is None else str(value) if isinstance(value, str | int | float) else "?"


def _plain(value: Value | _Mark, depth: int) -> structured.Value:
    """Turn lists and dictionaries of plain values into what the reader of JSON understands."""
    if depth > 20:
        return None
    match value:
        case None | bool() | str():
            return value
        case int() | float():
            return str(value)
        case list() | tuple():
            return [_plain(item, depth + 1) for item in value]
        case Pairs():
            return {str(key): _plain(item, depth + 1) for key, item in value.items}
        case Thing() if (told := _scalar(value)) is not None:
            return told
        case Thing("numpy.dtype", (str(), False, True), built, []) if built in _NUMBERS:
            return None  # a type of numbers, with no room for anything else
        case Thing():
            return None if _array_of(value) else _plain_thing(value, depth)
        case _:
            return None


def _scalar(thing: Thing) -> str | None:
    """Write one number of numpy's, which keeps its type and its bytes."""
    given = thing.arguments if thing.name.endswith("multiarray.scalar") else None
    if not isinstance(given, tuple) or len(given) != 2:
        return None
    kind, payload = _kind(given[0]), given[1]
    if kind is None or not isinstance(payload, bytes):
        return None
    try:
        return arrays.decode(kind, payload, 1)[0]
    except Unreadable:
        return None


def _plain_thing(thing: Thing, depth: int) -> structured.Value:
    """Give all that it is made of: what it is called with, what it is given later, its items."""
    parts = [_plain(part, depth + 1) for part in (thing.arguments, thing.built, thing.items)]
    full: list[structured.Value] = [
        part for part in parts if part and isinstance(part, list | dict)
    ]
    return full if len(full) > 1 else full[0] if full else None
