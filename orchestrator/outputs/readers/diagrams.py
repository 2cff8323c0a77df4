r"""Diagrams that are written as text: Graphviz, Mermaid, PlantUML, read as the boxes show it.

The marks that break a label over lines (`\n`, `<br/>`, the bars of a record) are carried out.
Source: the DOT language of Graphviz (escString, record shapes); Mermaid's flowcharts.
"""

import re

from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.opening import Opening
from orchestrator.outputs.readers.prose import add_tables

_BREAK = re.compile(r"\\[nlr]|<br ?/?>|&lt;br ?/?&gt;", re.IGNORECASE)
_LABEL = re.compile(r"(label\s*=\s*)\"((?:[^\"\\]|\\.)*)\"", re.IGNORECASE)
_FIELDS = re.compile(r"\s*[|{}]\s*")
_SHARE = re.compile(r"^\s*(\"[^\"\n]{1,80}\") ?: ?(\d[\d.]*)\s*$", re.MULTILINE)
"""A piece of a pie in Mermaid."""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a diagram. Errors: Unreadable as for text."""
    decoded = decode(data, "text")
    fields = _LABEL.sub(lambda match: f'{match[1]}"{_FIELDS.sub(", ", match[2])}"', decoded.content)
    shown = _SHARE.sub(r"\1    \2", _BREAK.sub(", ", fields))
    opening.text(path, shown, notes=decoded.notes, size=len(data), spans=decoded.spans)
    add_tables(opening, path, shown)
