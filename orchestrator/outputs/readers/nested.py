"""YAML and TOML: the text, and what it nests as tables, as JSON's are.

YAML is read by its events alone: nothing is constructed, no alias followed, no tag obeyed. What is
neither language stays the text that it is, and so do remarks.
Source: YAML 1.1, as PyYAML reads it; TOML 1.0.
"""

import re
import tomllib
from collections.abc import Iterator

import yaml

from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.opening import Opening, below
from orchestrator.outputs.readers.prose import add_tables
from orchestrator.outputs.readers.structured import Value, walk

_DEPTH = 30
_REMARK = re.compile(r"(?:^|(?<=\s))#.*\Z")
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
    except (_Otherwise, yaml.YAMLError):
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


def _documents(content: str) -> Value:
    """Read all documents of a stream. Errors: _Otherwise, also for one that nests nothing."""
    events = yaml.parse(content, Loader=_LOADER)
    found: list[Value] = []
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            value = _value(next(events), events, _DEPTH)
            if isinstance(value, str):
                raise _Otherwise
            found += [] if value is None else [value]
    if not found:
        raise _Otherwise
    return found[0] if len(found) == 1 else found


def _value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Value:
    """Read a value from its first event to its last.

    Errors: _Otherwise for an alias, a key that is no word or comes twice, and what nests too deep.
    """
    if isinstance(event, yaml.ScalarEvent):
        return None if event.implicit[0] and event.value in _NOTHING else str(event.value)
    if depth <= 0:
        raise _Otherwise
    if isinstance(event, yaml.SequenceStartEvent):
        return _list(events, depth - 1)
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, depth - 1)
    raise _Otherwise


def _list(events: Iterator[yaml.Event], depth: int) -> list[Value]:
    found: list[Value] = []
    while not isinstance(item := next(events), yaml.SequenceEndEvent):
        found.append(_value(item, events, depth))
    return found


def _mapping(events: Iterator[yaml.Event], depth: int) -> dict[str, Value]:
    found: dict[str, Value] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent) or key.value in found:
            raise _Otherwise
        found[str(key.value)] = _value(next(events), events, depth)
    return found
