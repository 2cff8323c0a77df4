"""Words in the pixels of a picture, read by Tesseract: boxes of a flow chart, rows on a screen.

Letters and digits may be misread. So the text is marked as read in a picture (`Note.OCR`): rules
show what they find in it to people, block nothing for it, and no ledger counts it. A picture whose
words nobody read has a note too, which the coverage statement tells.
Source: outputs section 3, O17 (numbers in a picture are looked at); optical character recognition.
"""

import contextlib
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from orchestrator.outputs.form import Kind, Note, Observation
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.pictures import changes, to_read
from orchestrator.outputs.readers.prose import add_tables

LANGUAGE = "eng"
"""Digits and Latin letters; accents are lost."""

_FOLDERS = ("/usr/share", "/usr/local/share", "/opt/homebrew/share")
_MOST = 40
"""Units: pictures of one file; a page of a paper has four."""
_SECONDS = 5
_PIXELS, _TIMES = 9_000_000, 4
"""Units: pixels after a small picture was made larger, and how many times at most."""
_SMALLEST = 100
"""Units: pixels of the shorter side, once made larger. What is smaller is a sign."""
_BUSY = 0.08
"""Of a page of small letters 0.03 of the pixels change, of noise half."""
_SURE = 60
"""Units: per cent, as Tesseract is sure of a word."""
_NUMBER = re.compile(r"\d{1,7}(?:[.,]\d{1,4})?")
_NUMBERS, _TICKS = 60, 3
"""How many numbers are tried, and how many make an axis."""
_MOSTLY = 0.7
"""Of the numbers that stand in a line, so that three of a table's column make no axis."""
_OFF = 0.02
"""Units: of the distance between two values; a place is known to within a pixel or two."""
_SIGNS = frozenset("=<>≤≥±%/-")
_SPACE = 1.9
"""Units: letters; the narrowest gap between two columns."""


@dataclass(frozen=True)
class Word:
    """One word with its bounds. Units: pixels, from the left and from the top."""

    text: str
    left: int
    top: int
    right: int
    bottom: int

    @property
    def middle(self) -> float:
        """How far down its line is."""
        return (self.top + self.bottom) / 2


def seen(opening: Opening, data: bytes, kind: str) -> tuple[str, list[Observation]]:
    """Read the words of the next picture: laid out as they stand, and a note if nobody read them.

    Shape: `kind` as Pillow names it. Nobody reads where the data are missing, the file has too many
    pictures, or this one takes too long.
    """
    before = sum(part.kind is Kind.IMAGE for part in opening.parts)
    found = None
    if before < _MOST and data_folder():
        with contextlib.suppress(Exception):  # whatever Tesseract breaks at, people look
            found = words(data, kind)
    if found is None:
        return "", [Observation(Note.NO_OCR)]
    found = without_axes(found)
    return laid_out(found) if any(map(_is_word, found)) else "", []


def without_axes(words: Sequence[Word]) -> list[Word]:
    """Leave out the numbers along an axis: three or more whose values grow with where they stand.

    Shape: those of an upright axis end below each other, those of a level one stand in one line.
    """
    if not words:
        return []
    letter = _letter(words)
    numbers = [word for word in words if _NUMBER.fullmatch(word.text)][:_NUMBERS]
    rows = [[other for other in numbers if abs(other.middle - word.middle) < letter]
            for word in numbers]  # fmt: skip
    columns = [[other for other in numbers if abs(other.right - word.right) < letter]
               for word in numbers]  # fmt: skip
    ticks = [
        *(_in_step(row, lambda one: (one.left + one.right) / 2) for row in rows),
        *(_in_step(column, lambda one: one.middle) for column in columns),
    ]
    gone = {word for found in ticks for word in found}
    return [word for word in words if word not in gone]


def _in_step(line: Sequence[Word], at: Callable[[Word], float]) -> list[Word]:
    """List the words whose values lie on a straight line over where they stand, if most do."""
    best: list[Word] = []
    for first, last in combinations(line, 2):
        value, other = _value(first), _value(last)
        if at(first) == at(last) or value == other:
            continue
        slope = (other - value) / (at(last) - at(first))
        off = _OFF * abs(other - value)
        near = [one for one in line
                if abs(_value(one) - value - slope * (at(one) - at(first))) <= off]  # fmt: skip
        best = max(best, near, key=len)
    return best if len(best) >= max(_TICKS, _MOSTLY * len(line)) else []


def _value(word: Word) -> float:
    return float(word.text.replace(",", "."))


def _is_word(word: Word) -> bool:
    return any(char.isalnum() for char in word.text)


def add_words(opening: Opening, path: str, content: str) -> None:
    """Add what stands in a picture as a text below its path, with the tables in it; or nothing."""
    if content:
        own = opening.free(f"{below(path)}words")
        with opening.noting(Note.OCR):
            opening.text(own, content)
            add_tables(opening, own, content)


def words(data: bytes, kind: str) -> list[Word] | None:
    """Read the words of a picture that Tesseract is sure of; None where they would take too long.

    Shape: a photograph and noise change from light to dark far more often than a page of letters.
    Of two ways to part the page, whichever shows more: one sees through the lines of a grid.
    """
    try:
        page = to_read(data, kind, _PIXELS, _TIMES)
    except Unreadable:  # whoever decodes it says why
        return None
    if min(page.size) < _SMALLEST:
        return []
    if changes(page) > _BUSY:
        return None
    tesserocr = import_module("tesserocr")
    found: list[list[Word]] = []
    with tesserocr.PyTessBaseAPI(path=data_folder(), lang=LANGUAGE) as reader:
        reader.SetImage(page)
        reader.SetSourceResolution(300)
        for mode in (tesserocr.PSM.SINGLE_BLOCK, tesserocr.PSM.SINGLE_COLUMN):
            reader.SetPageSegMode(mode)
            if not reader.Recognize(_SECONDS * 1000):
                return None
            found.append(list(_words(reader.GetIterator(), tesserocr)))
    return max(found, key=len)


def _words(found: Any, tesserocr: Any) -> Iterator[Word]:
    level = tesserocr.RIL.WORD
    for one in tesserocr.iterate_level(found, level) if found else ():
        if one.Empty(level) or one.Confidence(level) < _SURE:
            continue
        text = one.GetUTF8Text(level).strip()
        word = Word(text, *one.BoundingBox(level))
        if _is_word(word) or text in _SIGNS:
            yield word


def laid_out(words: Sequence[Word]) -> str:
    """Write words where they stand: a line for each line, blanks where the picture has them."""
    if not words:
        return ""
    letter = _letter(words)
    return "\n".join(_line(line, letter) for line in _lines(words))


def _letter(words: Sequence[Word]) -> float:
    return statistics.median((word.right - word.left) / len(word.text) for word in words) or 1


def _lines(words: Sequence[Word]) -> list[list[Word]]:
    """Put words together whose middles lie within the first of the line."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda one: (one.middle, one.left)):
        if lines and lines[-1][0].top <= word.middle <= lines[-1][0].bottom:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda one: one.left) for line in lines]


def _line(line: Sequence[Word], letter: float) -> str:
    written = " " * round(line[0].left / letter) + line[0].text
    for before, word in pairwise(line):
        wide = word.left - before.right >= _SPACE * letter
        gap = max(2, round(word.left / letter) - len(written)) if wide else 1
        written += " " * gap + word.text
    return written


@cache
def data_folder() -> str:
    """Find the folder with Tesseract's data of our language; empty where there is none."""
    name = f"{LANGUAGE}.traineddata"
    found = sorted(file for share in _FOLDERS for file in Path(share).glob(f"tess*/**/{name}"))
    return str(found[-1].parent) if found else ""
