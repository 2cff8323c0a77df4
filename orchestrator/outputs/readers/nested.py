"""YAML and TOML: the text, and what it nests as tables, as JSON's are.

Read are indented mappings and lists, values in brackets, and texts over several lines; nothing is
constructed, no alias followed. What is written in another way stays the text that it is, and so do
remarks.
Source: YAML 1.2.2, chapters 7 and 8; TOML 1.0.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.opening import Opening, below
from orchestrator.outputs.readers.prose import add_tables
from orchestrator.outputs.readers.structured import Value, walk

_DEPTH = 30
_REMARK = re.compile(r"(?:^|(?<=\s))#.*\Z")
_KEY = re.compile(
    r"(?P<key>\"[^\"]*\"|'[^']*'|[^\s\"'\[\]{},#&*!|>%@`-][^#\"'{}\[\]]*?|-[^\s:][^:]*?)\s*:"
    r"(?:\s+(?P<rest>.*))?\Z"
)
_DRESS = re.compile(r"(?:[!&]\S*\s+|[!&]\S*\Z)")
_FLOW = re.compile(
    r"\s*(?P<token>[\[\]{},]|:(?=\s|\Z)|\"(?:[^\"\\]|\\.)*\"|'[^']*'"
    r"|(?:[^\s\[\]{},:]|:(?!\s|\Z))(?:[^\[\]{},:]|:(?!\s|\Z))*)"
)
_MARKS = frozenset("[]{},:")


class _Otherwise(Exception):
    """The text is written in a way that is not read here."""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a file of settings or results. Errors: Unreadable as for text."""
    decoded = decode(data, "yaml")
    content = decoded.content
    opening.text(path, content, notes=decoded.notes, size=len(data), spans=decoded.spans)
    value, is_yaml = parsed(content)
    add_tables(opening, path, content, printed=not is_yaml)
    if value is not None:
        walk(opening, path, value, opening.caps.depth * 10, single=False)
        told = "\n".join(_told(value))
        if told:
            opening.text(opening.free(f"{below(path)}mappings"), told)
        remarks = [found[0] for line in content.splitlines() if (found := _REMARK.search(line))]
        add_tables(opening, path, "\n".join(remark.lstrip("# ") for remark in remarks))


def _told(value: Value) -> Iterator[str]:
    """Give each mapping of plain values as a line; one alone is a setting as often as a table."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            plain = {key: item for key, item in here.items() if isinstance(item, str)}
            if len(plain) > 1:
                yield ", ".join(f"{key}: {item}" for key, item in plain.items())
        waiting += (
            here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()
        )


def parsed(content: str) -> tuple[Value, bool]:
    """Give what a text nests, and whether it is YAML.

    Shape: None where it is neither language, or nothing but one value.
    """
    try:
        return _documents(content), True
    except _Otherwise:
        pass
    try:
        return _plain(tomllib.loads(content, parse_float=str)), False
    except (tomllib.TOMLDecodeError, RecursionError):
        return None, False


def _plain(value: object) -> Value:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value)


@dataclass(frozen=True)
class _Line:
    indent: int
    text: str


class _Lines:
    """Lines from one to the next; what is looked at stays until it is taken."""

    def __init__(self, lines: list[_Line]) -> None:
        self._lines, self._at = lines, 0

    def next(self) -> _Line | None:
        return self._lines[self._at] if self._at < len(self._lines) else None

    def take(self) -> None:
        self._at += 1

    def put(self, line: _Line) -> None:
        self._lines[self._at] = line

    def deeper(self, indent: int) -> str:
        """Take the lines of a text over several lines."""
        own = []
        while (line := self.next()) is not None and line.indent > indent:
            own.append(" " * (line.indent - indent) + line.text)
            self.take()
        return "\n".join(own)


def _documents(content: str) -> Value:
    found: list[Value] = []
    for document in re.split(r"^(?:---|\.\.\.)(?=\s|\Z)", content, flags=re.MULTILINE):
        lines = _Lines(list(_lines(document)))
        if lines.next() is None:
            continue
        value = _block(lines, 0, _DEPTH)
        if lines.next() is not None or isinstance(value, str):
            raise _Otherwise
        found.append(value)
    if not found:
        raise _Otherwise
    return found[0] if len(found) == 1 else found


def _lines(document: str) -> Iterator[_Line]:
    for line in document.splitlines():
        bare = line if "'" in line or '"' in line else _REMARK.sub("", line)
        text = bare.strip()
        if bare[: len(bare) - len(bare.lstrip())].count("\t"):
            raise _Otherwise
        if text and not text.startswith(("#", "%")):
            yield _Line(len(bare) - len(bare.lstrip(" ")), _DRESS.sub("", text, count=1) or "~")


def _block(lines: _Lines, least: int, depth: int) -> Value:
    """Read a mapping or a list whose lines stand at one place, `least` blanks or more to the right.

    Errors: _Otherwise.
    """
    first = lines.next()
    if first is None or first.indent < least or depth <= 0:
        raise _Otherwise
    if first.text == "-" or first.text.startswith("- "):
        return _list(lines, first.indent, depth)
    if _KEY.match(first.text):
        return _mapping(lines, first.indent, depth)
    lines.take()
    return _scalar(first.text)


def _list(lines: _Lines, indent: int, depth: int) -> list[Value]:
    found: list[Value] = []
    while (line := lines.next()) is not None and line.indent == indent:
        if not (line.text == "-" or line.text.startswith("- ")):
            break
        rest = line.text[1:].lstrip()
        rest = _DRESS.sub("", rest, count=1)
        if rest:
            lines.put(_Line(indent + len(line.text) - len(rest), rest))
            found.append(_block(lines, indent + 1, depth - 1))
        else:
            lines.take()
            found.append(_nested(lines, indent + 1, depth))
    return found


def _mapping(lines: _Lines, indent: int, depth: int) -> dict[str, Value]:
    found: dict[str, Value] = {}
    while (line := lines.next()) is not None and line.indent == indent:
        match = _KEY.match(line.text)
        key = match["key"].strip("\"'") if match else ""
        if match is None or key in found:
            raise _Otherwise
        lines.take()
        rest = _DRESS.sub("", match["rest"] or "", count=1)
        if rest[:1] in {"|", ">"}:
            found[key] = lines.deeper(indent)
        elif rest:
            found[key] = _scalar(rest)
        else:
            after = lines.next()
            listed = after is not None and after.text.startswith("-")
            found[key] = _nested(lines, indent + (not listed), depth)
    return found


def _nested(lines: _Lines, least: int, depth: int) -> Value:
    after = lines.next()
    return None if after is None or after.indent < least else _block(lines, least, depth - 1)


def _scalar(text: str) -> Value:
    if text[:1] not in {"[", "{"}:
        quoted = len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]
        return text[1:-1] if quoted else None if text in {"~", "null"} else text
    tokens, at = [], 0
    while match := _FLOW.match(text, at):
        tokens.append(match["token"].strip())
        at = match.end()
    if text[at:].strip():
        raise _Otherwise
    tokens.reverse()
    value = _flow(tokens, _DEPTH)
    if tokens:
        raise _Otherwise
    return value


def _flow(tokens: list[str], depth: int) -> Value:
    """Read a value in brackets. Errors: _Otherwise."""
    word = tokens.pop() if tokens and depth > 0 else ","
    if word not in {"[", "{"}:
        if word in _MARKS:
            raise _Otherwise
        return _scalar(word)
    listed: list[Value] = []
    named: dict[str, Value] = {}
    end = "]" if word == "[" else "}"
    while tokens and tokens[-1] != end:
        value = _flow(tokens, depth - 1)
        if end == "}":
            if not isinstance(value, str) or not tokens or tokens.pop() != ":":
                raise _Otherwise
            named[value] = _flow(tokens, depth - 1)
        else:
            listed.append(value)
        if tokens and tokens[-1] == ",":
            tokens.pop()
        elif not tokens or tokens[-1] != end:
            raise _Otherwise
    if not tokens:
        raise _Otherwise
    tokens.pop()
    return named if end == "}" else listed
