"""[pure] A data dictionary as a steward writes it: YAML or JSON text, to one canonical JSON value.

What a dictionary may say is defined in `outputs.dictionary`, which the check worker uses too; this
module reads the text and finds the line of each mistake. YAML is read without its guesses: `no`
stays a text, so that nobody's category becomes False.
"""

import json
from typing import NoReturn

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.errors import Invalid
from orchestrator.outputs.dictionary import column_words, parse_dictionary, table_words
from orchestrator.values import JsonValue, canonical_json

MOST_CHARACTERS = 1_000_000
MOST_DEPTH = 12
_CODE = "bad_dictionary"
_NOT_ASCII = "names need plain letters (A-Z), digits and signs; write ae for ä, ss for ß."

Lines = dict[str, int]
"""Where things stand: the words that sentences use for a table or column → line, from 1."""


def parse(text: str) -> JsonValue:
    """Read and check a dictionary.

    Shape: see `outputs.dictionary`; returns the JSON value that is stored and hashed.
    Units: at most a million characters.
    Errors: Invalid (code `bad_dictionary`) with every mistake, each with its line where known.
    """
    if len(text) > MOST_CHARACTERS:
        _refuse(f"The dictionary is longer than {MOST_CHARACTERS:,} characters.")
    value, lines = _json(text) if text.lstrip().startswith("{") else _yaml(text)
    problems = _mistakes(value)
    if problems:
        reasons = sorted((_line(say, lines), say) for say in problems)
        told = [(_CODE, f"Line {line}: {say}" if line else say) for line, say in reasons]
        raise Invalid(_summary(told), code=_CODE, reasons=told)
    try:
        canonical_json(value)
    except UnicodeEncodeError:
        _refuse("It holds half of a character (a lone surrogate); write that text anew.")
    return value


def canonical(text: str) -> str:
    """Read, check and spell a dictionary in the one way that is stored and hashed.

    Errors: as `parse`.
    """
    return canonical_json(parse(text)).decode()


def tables(value: JsonValue) -> dict[str, str]:
    """Name each table of a checked dictionary and the path of its file, if it says one."""
    return {name: table.file for name, table in parse_dictionary(value).tables.items()}


def _mistakes(value: JsonValue) -> set[str]:
    try:
        described = parse_dictionary(value)
    except Invalid as error:
        return {say for _, say in error.reasons}
    named = [(table_words(name), name) for name in described.tables]
    for table in described.tables.values():
        named += [(column_words(table.name, name), name) for name in table.columns]
    return {f"{words}: {_NOT_ASCII}" for words, name in named if not name.isascii()}


def _summary(told: list[tuple[str, str]]) -> str:
    more = f" ({len(told) - 1} more below.)" if len(told) > 1 else ""
    return f"The data dictionary needs mending. {told[0][1]}{more}"


def _line(say: str, lines: Lines) -> int:
    """The most exact place a sentence speaks of: a column before its table."""
    found = [(len(words), line) for words, line in lines.items() if say.startswith(words)]
    return max(found)[1] if found else 0


def _json(text: str) -> tuple[JsonValue, Lines]:
    try:
        value: JsonValue = json.loads(
            text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_once
        )
    except json.JSONDecodeError as error:
        _refuse(
            f"Line {error.lineno}, column {error.colno}: this is not JSON ({error.msg}). "
            "Mend it there, or write the dictionary as YAML."
        )
    except RecursionError:
        _refuse("It is nested too deeply.")
    try:
        return value, _lines(yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return value, {}  # JSON that YAML reads differently: right, but without line numbers


def _once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        _refuse(f"{twice[:60]!r} stands twice in the same place; keep one.")
    return dict(pairs)


def _yaml(text: str) -> tuple[JsonValue, Lines]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        _refuse(f"{where}this is not YAML ({error.problem}).")
    except yaml.YAMLError as error:
        _refuse(f"It holds a character that YAML does not allow ({type(error).__name__}).")
    except RecursionError:
        _refuse("It is nested too deeply.")
    if node is None:
        _refuse("It is empty.")
    return _value(node, 0, set()), _lines(node)


def _value(node: Node, depth: int, seen: set[int]) -> JsonValue:
    line = node.start_mark.line + 1
    if depth > MOST_DEPTH:
        _refuse(f"Line {line}: it is nested too deeply.")
    if id(node) in seen:
        _refuse(f"Line {line}: write it out; YAML anchors and aliases are not accepted here.")
    seen.add(id(node))
    match node:
        case MappingNode():
            return _mapping(node, depth, seen)
        case SequenceNode():
            return [_value(item, depth + 1, seen) for item in node.value]
        case ScalarNode():
            return _scalar(node)
        case _:
            raise RuntimeError(f"a YAML node of kind {type(node).__name__}")


def _mapping(node: MappingNode, depth: int, seen: set[int]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for key, item in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            _refuse(f"Line {line}: a name must be a plain text.")
        if key.value in found:
            _refuse(f"Line {line}: {key.value[:60]!r} stands twice in the same place; keep one.")
        found[key.value] = _value(item, depth + 1, seen)
    return found


def _scalar(node: ScalarNode) -> JsonValue:
    plain = node.style is None
    if plain and node.value in {"true", "false"}:
        return bool(node.value == "true")
    if plain and node.value in {"", "~", "null"}:
        return None
    text: str = node.value
    return text


def _lines(node: Node | None) -> Lines:
    """Where each table and each column begins."""
    found: Lines = {}
    for table, body in _entries(_entry(node, "tables")):
        found[table_words(table.value)] = table.start_mark.line + 1
        for column, _ in _entries(_entry(body, "columns")):
            found[column_words(table.value, column.value)] = column.start_mark.line + 1
    return found


def _entries(node: Node | None) -> list[tuple[ScalarNode, Node]]:
    if not isinstance(node, MappingNode):
        return []
    return [(key, item) for key, item in node.value if isinstance(key, ScalarNode)]


def _entry(node: Node | None, name: str) -> Node | None:
    return next((item for key, item in _entries(node) if key.value == name), None)


def _refuse(say: str) -> NoReturn:
    raise Invalid(f"The data dictionary cannot be read. {say}", code=_CODE, reasons=[(_CODE, say)])
