"""LaTeX: as text, and rows between ampersands as tables."""

import re

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import prose
from orchestrator.outputs.readers.decoding import decode
from orchestrator.outputs.readers.delimited import split_header, unpack
from orchestrator.outputs.readers.opening import Opening, below

_TABULAR = re.compile(
    r"\\begin\{(?:tabular|longtable|array|tabu|longtabu|tblr|longtblr|supertabular|xltabular|"
    r"NiceTabular|threeparttable)[*xyrX]?\}((?:\[[^\]]*\]|\{(?:[^{}]|\{[^{}]*\})*\})*)(.*?)\\end\{",
    re.DOTALL,
)
_POINTED = re.compile(r"r@\{([.,])\}l")
"""Two columns for one number: its digits before the point, and behind it."""
_BETWEEN = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|cline\{[^}]*\}|cmidrule(?:\([^)]*\))?\{[^}]*\}|"
    r"addlinespace(?:\[[^\]]*\])?|end(?:first|last)?(?:head|foot)|"
    r"noalign\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})|(?<!\\)%.*"
)
_PART = r"([01]?\.\d{1,3}|[01])"
_COLOURED = re.compile(rf"(?:\[rgb\]|\{{rgb\}})\{{{_PART}, ?{_PART}, ?{_PART}\}}")
"""How much red, green and blue a colour has: no row that counts somebody."""
_ALIGNED = re.compile(r"\\halign\b")
"""What begins a table of plain TeX."""
_ENDED = re.compile(r"\\\\(?:\[[^\]]*\])?|\\(?:tabularnewline|cr)(?![A-Za-z])")
"""What ends a row of a table."""
_SWITCHED = re.compile(
    r"\\(?:tiny|scriptsize|footnotesize|small|normalsize|large|bfseries|itshape|centering|"
    r"raggedright|raggedleft|strut)(?![A-Za-z{])"
)
"""What sets all that stands behind it."""
_ESCAPED = re.compile(r"\\([%&_#$])")
"""What is written behind a backslash stands for itself: `\\%` begins no remark."""
_WIDE_CELL = re.compile(
    r"\\multicolumn\{(\d{1,3})\}\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
)
_TALL_CELL = re.compile(r"\\multirow(?:\[[^\]]*\])?\{[^{}]*\}(?:\[[^\]]*\])?\{[^{}]*\}\{([^{}]*)\}")
_DRESSED = re.compile(
    r"\\(?:text\w*|math\w*|num|emph|bfseries|small|footnotesize|makecell|thead|underline|cellcolor|"
    r"color|SI|tablenum|ragged(?:left|right)|left|right|cent(?:er|re)(?:ing)?)"
    r"(?:\[[^\]]*\])?\{([^{}]*)\}|\$([^$]*)\$"
)
_SPACING = re.compile(
    r"\\(?:quad|qquad|enspace|hspace\*?\{[^}]*\}|hphantom\{[^}]*\}|phantom\{[^}]*\}|[,;!: ])"
)
_NESTED = 6
_NEXT = re.compile(r"(?<!\\)&")
_SPANNED = re.compile(r"\\multispan\{(\d)\}\\span(?:\\hsize\S*)?")
"""A wide cell of plain TeX, over so many columns more."""
_STACKED = re.compile(r"\\(?:makecell|shortstack|thead)(?:\[[^\]]*\])?\{([^{}]*)\}")
"""Cells of several lines in Markdown and in LaTeX."""


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a TeX file: as text, and rows between ampersands as tables. Errors: as for text.

    Shape: tables of LaTeX, else those of plain TeX, else the rows of a fragment.
    """
    prose.read(opening, path, data, _COLOURED)
    content = decode(data, "text").content
    colours = [list(found) for found in _COLOURED.findall(content)]
    if colours:  # compared with the source, and not counted
        notes = [Observation(Note.SENTENCE)]
        own = opening.free(f"{below(path)}colours")
        opening.table(own, ["red", "green", "blue"], colours, header=False, notes=notes)
    plain = _ALIGNED.split(content)
    bodies = _TABULAR.findall(content)
    bodies = bodies or [("", own) for own in [*map(_below_pattern, plain[1:])] or plain]
    for number, (form, body) in enumerate(bodies, 1):
        body = _STACKED.sub(lambda match: re.sub(r"\s*\\\\\s*", "\v", match[1]), body)
        lines = [_BETWEEN.sub("", line) for line in _ENDED.split(body)]
        cut = [
            [
                _ESCAPED.sub(r"\1", cell).strip().replace("\v", "\n")
                for cell in _NEXT.split(_bare_cells(line))
            ]
            for line in lines
            if _NEXT.search(line)
        ]
        cut = [row for at, row in enumerate(cut) if not at or row != cut[0]]  # names of each page
        cut = _whole_numbers(form, cut)
        width = max(map(len, cut), default=0)
        if width:
            columns, rows, header = split_header([row + [""] * (width - len(row)) for row in cut])
            own = opening.free(f"{below(path)}tabular/{number}")
            opening.table(own, columns, rows, header=header)
            unpack(opening, own, columns, rows)


def _below_pattern(body: str) -> str:
    """Take off the pattern, with a # for each cell, that stands above the rows of plain TeX."""
    first, *rest = _ENDED.split(body, maxsplit=1)
    return rest[0] if rest and "#" in first else body


def _whole_numbers(form: str, rows: list[list[str]]) -> list[list[str]]:
    """Join the two columns of numbers that are set at their point.

    Shape: as `r@{.}l` in the form of the table says; a name is wide and stands above both.
    Source: tables of gretl.
    """
    for before in [form[: match.start()] for match in _POINTED.finditer(form)][::-1]:
        own = re.sub(r"@\{[^{}]*\}|p\{[^{}]*\}", "", before.partition("{")[2])
        at = sum(letter.isalpha() for letter in own)
        rows = [
            [*row[:at], ".".join(filter(None, row[at : at + 2])), *row[at + 2 :]] for row in rows
        ]
    return rows


def _bare_cells(line: str) -> str:
    """Take off what only sets a cell, `\\textbf{n}` or `$4$`; a wide one gets its room."""
    line = _SPANNED.sub(lambda match: "&" * int(match[1]), _SWITCHED.sub(" ", line))
    line = _WIDE_CELL.sub(lambda match: match[2] + " &" * (min(int(match[1]), 50) - 1), line)
    line = _TALL_CELL.sub(r"\1", line)
    for _ in range(_NESTED):
        line, found = _DRESSED.subn(lambda match: match[1] or match[2] or "", line)
        if not found:
            break
    return _SPACING.sub(" ", line)
