"""[pure] Tables as MediaWiki and troff write them: a row begins by its own line or sign.

Source: MediaWiki, Help:Tables; `tbl`, M. E. Lesk, "Tbl - A Program to Format Tables".
"""

import re
from collections.abc import Iterator, Sequence

from orchestrator.outputs.readers.delimited import split_header

_SETTING = r"[ \t]*[\w-]+[ \t]*=[ \t]*\"[^\"|]*\""
_SET = re.compile(rf"(?:{_SETTING})+[ \t]*\|(?!\|)")
"""How a cell is set, before what it says: `align="right"| 12`."""
_BESIDE = re.compile(r"\|\||!!")
_TAB = re.compile(r"\btab\s*\((.)\)")
_FONT = re.compile(r"\\f(?:\[\w*\]|\(..|\w)|\\[&|^]|\\s[+-]?\d")


def find_typeset(content: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """List the tables of a page, each as the names of its columns and its rows."""
    lines = content.splitlines()
    found = [_wiki_rows(body) for body in _between(lines, "{|", "|}")]
    found += [_troff_rows(body) for body in _between(lines, ".TS", ".TE")]
    for rows in found:
        width = max(map(len, rows), default=0)
        if width > 1 and len(rows) > 1:
            columns, own, _ = split_header([row + [""] * (width - len(row)) for row in rows])
            yield columns, own


def _between(lines: Sequence[str], begin: str, end: str) -> Iterator[list[str]]:
    """Give the lines between one that begins a table and the next that begins or ends one."""
    body: list[str] | None = None
    for line in lines:
        bare = line.strip()
        if bare.startswith((begin, end)):
            if body is not None:
                yield body
            body = [] if bare.startswith(begin) else None
        elif body is not None:
            body.append(line)
    if body is not None:
        yield body


def _wiki_rows(body: Sequence[str]) -> list[list[str]]:
    """Cut rows at `|-`; a line that begins with `|` or `!` begins a cell, others go on."""
    rows: list[list[str]] = [[]]
    for line in map(str.strip, body):
        if line.startswith("|-"):
            rows.append([])
        elif line.startswith(("|", "!")) and not line.startswith("|+"):
            rows[-1] += map(_said, _BESIDE.split(line[1:]))
        elif rows[-1] and not line.startswith("|+"):
            rows[-1][-1] = f"{rows[-1][-1]}\n{line}".strip()
    return [row for row in rows if row]


def _said(cell: str) -> str:
    set_so = _SET.match(cell)
    return cell[set_so.end() if set_so else 0 :].strip()


def _troff_rows(body: Sequence[str]) -> list[list[str]]:
    """Cut the rows of `tbl`: options end with `;`, formats with `.`, and `.T&` begins new ones."""
    optional = bool(body) and body[0].rstrip().endswith(";")
    told = _TAB.search(body[0]) if optional else None
    mark = told[1] if told else "\t"
    rows: list[list[str]] = []
    formats = True
    for line in _unblocked(body[optional:]):
        if formats or line.startswith("."):
            formats = line.startswith(".T&") or (formats and not line.rstrip().endswith("."))
        elif mark in line:
            rows.append([_FONT.sub("", cell).strip() for cell in line.split(mark)])
    return rows


def _unblocked(body: Sequence[str]) -> Iterator[str]:
    """Put the lines of a block of text, between `T{` and `T}`, into the line of its row."""
    open_: list[str] = []
    for line in body:
        if open_ and not line.startswith("T}"):
            open_.append(line)
            continue
        row = f"{' '.join(open_)}{line[2:]}" if open_ else line
        open_ = []
        if row.endswith("T{"):
            open_ = [row[:-2]]
        else:
            yield row
    yield from open_
