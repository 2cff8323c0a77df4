"""[pure] Tables as MediaWiki and troff write them: a row begins by its own line or sign.

Source: MediaWiki, Help:Tables; `tbl`, M. E. Lesk, "Tbl - A Program to Format Tables".
"""

import re
from collections.abc import Iterator

from orchestrator.outputs.readers.delimited import split_header

_WIKI = re.compile(r"^\s*\{\|.*?\n(.*?)^\s*\|\}", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\s*\|-.*$", re.MULTILINE)
_CELL = re.compile(r"^\s*[|!]|\|\||!!", re.MULTILINE)
_SET = re.compile(r"\s*[\w-]+\s*=\s*\"[^\"|]*\"(?:\s*[\w-]+\s*=\s*\"[^\"|]*\")*\s*\|")
"""How a cell is set, before what it says: `align="right"| 12`."""
_CAPTION = re.compile(r"^\s*\|\+.*$", re.MULTILINE)
_TROFF = re.compile(r"^\.TS\b.*?\n(.*?)^\.TE\b", re.DOTALL | re.MULTILINE)
_TAB = re.compile(r"\btab\s*\((.)\)")
_BLOCK = re.compile(r"T\{\n(.*?)\nT\}", re.DOTALL)
_FONT = re.compile(r"\\f(?:\[\w*\]|\(..|\w)|\\[&|^]|\\s[+-]?\d")


def find_typeset(content: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """List the tables of a page, each as the names of its columns and its rows."""
    found = [_wiki_rows(match[1]) for match in _WIKI.finditer(content)]
    found += [_troff_rows(match[1]) for match in _TROFF.finditer(content)]
    for rows in found:
        width = max(map(len, rows), default=0)
        if width > 1 and len(rows) > 1:
            columns, own, _ = split_header([row + [""] * (width - len(row)) for row in rows])
            yield columns, own


def _wiki_rows(body: str) -> list[list[str]]:
    rows = [
        [_SET.sub("", cell, 1).strip() for cell in _CELL.split(own)[1:]]
        for own in _ROW.split(_CAPTION.sub("", body))
    ]
    return [row for row in rows if row]


def _troff_rows(body: str) -> list[list[str]]:
    """Cut the rows of `tbl`: options end with `;`, formats with `.`, and `.T&` begins new ones."""
    options, ends, rest = body.partition(";\n")
    options, rest = (options, rest) if ends and "\n" not in options else ("", body)
    told = _TAB.search(options)
    mark = told[1] if told else "\t"
    rows: list[list[str]] = []
    formats = True
    for line in _BLOCK.sub(lambda found: " ".join(found[1].split()), rest).split("\n"):
        if formats or line.startswith("."):
            formats = line.startswith(".T&") or (formats and not line.rstrip().endswith("."))
        elif mark in line:
            rows.append([_FONT.sub("", cell).strip() for cell in line.split(mark)])
    return rows
