"""SMCL, Stata's log with marks: what the screen showed, then read as any text.

Marks that only lay out are carried out; whatever any other mark holds stays in the text.
Source: Stata's manual, [P] smcl.
"""

import re

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.opening import Opening, Unreadable
from orchestrator.outputs.readers.prose import add_tables

_MARK = re.compile(r"\{([^{}\n]*)\}")
_LOOKS = frozenset(
    ["smcl", "txt", "text", "res", "result", "com", "input", "inp", "err", "error", "sf", "bf",
     "it", "ul", "ul on", "ul off", "hi", "hilite", "p_end", "break", "reset", "p", "p2col",
     "p2colreset", "title"]
)  # fmt: skip
_ALIGNED = re.compile(r"(ralign|lalign|center|centre|right|rcenter) ?(\d{0,3}) ?:(.*)\Z", re.DOTALL)
_WIDE = re.compile(r"(hline|space|col|dup) ?(\d{1,4})(?: ?:(.*))?\Z", re.DOTALL)
_NAMED = re.compile(r"(?:bf|it|sf|ul|hi|hilite|txt|text|res|result|inp|input|com|err|error|title)"
                    r" ?:(.*)\Z", re.DOTALL)  # fmt: skip
_LINE = 78
_WIDEST = 300
_DEPTH = 8
_LONGEST = 20_000
"""Units: characters."""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a log. Errors: Unreadable as for text."""
    decoded = decode(data, "smcl")
    shown = "\n".join(map(_shown, decoded.content.splitlines()))
    opening.text(path, shown, notes=decoded.notes, size=len(data), spans=decoded.spans)
    add_tables(opening, path, shown)


def _shown(line: str) -> str:
    """Carry out the marks of a line, the inner ones first.

    Errors: Unreadable (BOMB) for a line that marks make longer than any screen.
    """
    for _ in range(_DEPTH):
        told, at, column = list[str](), 0, 0
        for match in _MARK.finditer(line):
            before = line[at : match.start()]
            column += len(before)
            done = _done(match[1], column)
            told += [before, done]
            column, at = column + len(done), match.end()
            if column > _LONGEST:
                raise Unreadable(Note.BOMB)
        if not told:
            break
        line = "".join([*told, line[at:]])
    return line.replace("\x02", "{").replace("\x03", "}")


def _done(mark: str, column: int) -> str:
    plain = mark.strip()
    if plain.startswith("c "):
        return {"|": "|", "(": "\x02", ")": "\x03", "S|": "$"}.get(plain[2:].strip(), "+")
    if plain in _LOOKS or (plain.startswith(("p ", "p2col ", "smcl", "* ")) and ":" not in plain):
        return plain[2:] if plain.startswith("* ") else ""
    if match := _WIDE.match(plain):
        what, often, inner = match[1], min(int(match[2]), _WIDEST), match[3]
        if what == "col":
            return " " * max(often - 1 - column, 1)
        return (inner or {"hline": "-", "space": " "}.get(what, "")) * often
    if match := _ALIGNED.match(plain):
        width, text = int(match[2] or _LINE), match[3]
        way = {"ralign": str.rjust, "right": str.rjust, "lalign": str.ljust}
        return way.get(match[1], str.center)(text, width)
    if match := _NAMED.match(plain):
        return match[1]
    return "-" * _LINE if plain in {"hline", ".-"} else plain
