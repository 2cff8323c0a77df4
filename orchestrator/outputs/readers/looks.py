"""[pure] What a page brings along to be drawn: style sheets, and libraries of programs.

Source: outputs 4.2 (HTML, SVG); the properties that CSS names.
"""

import re
from collections.abc import Iterator

from orchestrator.outputs.people import listed

_WHOLE = re.DOTALL | re.IGNORECASE
_TOKEN = re.compile(
    r"/\*.*?(?:\*/|\Z)|\"(?:[^\"\\]|\\.|\\\Z)*+(?:\"|\Z)|'(?:[^'\\]|\\.|\\\Z)*+(?:'|\Z)|"
    r"url\([^)]*+(?:\)|\Z)|[{};]|[^{};\"'/u]++|[/u]",
    re.DOTALL,
)
_SELECTOR = re.compile(r"\s*(?:[a-zA-Z.#:*@\[>~+]|\d{1,3}(?:\.\d+)?%\s*\Z|\Z)")
_PROPERTY = re.compile(
    r"\s*[*_]?(?:-(?:webkit|moz|ms|o)-)?(--)?([a-z]++)[a-z0-9-]*+\s*+:(.*)\Z", re.DOTALL
)
_FIRST = listed(
    "accent align alignment all animation appearance aspect backdrop backface background border "
    "bottom box break caption caret clear clip color column columns contain content counter "
    "cursor direction display dominant empty fill filter flex float flood font gap grid height "
    "hyphens image inline inset isolation justify left letter line list margin marker mask max "
    "min mix object opacity order orphans osx outline overflow overscroll padding page paint "
    "perspective place pointer position print quotes resize right rotate row scale scroll shape "
    "size speak src stop stroke tab table tap text top touch transform transition translate "
    "unicode user vector vertical visibility white widows width will word writing z zoom"
)
"""What the names of properties begin with."""
_MEASURE = re.compile(
    r"\s*+(?:(?:#[0-9a-fA-F]{3,8}|0|-?[\d.]+(?:px|rem|em|%|s|ms|pt|vh|vw|deg|fr|x)|[a-zA-Z-]+\([^()]*"
    r"(?:\([^()]*\)[^()]*)*\)|\"[^\"\d]*\"|'[^'\d]*'|[a-zA-Z-]+|,|/|\+|\*)[\s,]*+)*+!?[a-z]*\s*\Z"
)
"""What a name of the sheet's own stands for: colours, lengths, words."""
_PLAIN = re.compile(r"\s*(?:0?\.\d+|\d\.\d+|[1-9]00|\d{1,2}|\d{1,3}, ?\d{1,3}, ?\d{1,3})\s*\Z")
"""One number without a unit: how thick letters are, how far lines are apart; or a colour."""
_LONGEST = 400
"""Units: characters of a value, without the bytes that stand in it as an address."""
_QUOTED = re.compile(r"[\"'][^\"']*\d[^\"']*[\"']")
_SIGN = 12
"""Units: characters of quoted words with digits: a sign of a font; more may be shown, and a row."""
_BYTES = re.compile(r"url\([^)]*+(?:\)|\Z)")


_BANNER = re.compile(r"\s*/[*/][^*]?.{0,400}?(?:\bv?\d+\.\d+|copyright|licen[cs]e)", _WHOLE)
_CODE = re.compile(r"\bfunction\b|=>|\breturn\b|\bprototype\b|\bvar\b|\bconst\b|\blet\b|\bthis\.")
_DENSE, _WIDE, _LEAST = 200, 2000, 12
"""Units: characters for each word of code, characters of a line that no person wrote, words."""


def is_library(script: str) -> bool:
    """Say whether a script is a published program, as pages carry them to be read without a net.

    Shape: it begins with its version or licence, or nobody breaks its lines; and it is full of
    code, because lists of values are data whatever stands above them.
    """
    if _BANNER.match(script) is None and max(map(len, script.splitlines()), default=0) < _WIDE:
        return False
    words = sum(1 for _ in _CODE.finditer(script))
    return words >= max(_LEAST, len(script) / _DENSE)


def beside_looks(style: str) -> str:
    """Take off what a style sheet says of looks; remarks, and values of its own names, stay.

    Shape: selectors go where each begins like one; quoted words in them go along.
    """
    kept: list[str] = []
    for piece, sign in _pieces(style, kept):
        if sign == "{":
            looks = all(map(_SELECTOR.match, piece.split(",")))
        else:
            looks = not piece.strip() or _is_look(piece)
        kept += [] if looks else [piece]
    return "\n".join(kept)


def _pieces(style: str, remarks: list[str]) -> Iterator[tuple[str, str]]:
    """Cut a sheet at its signs; quoted text stays in its piece, remarks are put aside."""
    current: list[str] = []
    for match in _TOKEN.finditer(style):
        token = match[0]
        if token.startswith("/*"):
            remarks.append(token)
        elif token in {"{", "}", ";"}:
            yield "".join(current), token
            current = []
        else:
            current.append(token)
    yield "".join(current), ""


def _is_look(piece: str) -> bool:
    match = _PROPERTY.match(piece)
    if piece.lstrip().startswith(("@charset", "@import")):
        return True
    if match is None or len(_BYTES.sub("", match[3])) > _LONGEST:
        return False
    if any(len(quoted) > _SIGN for quoted in _QUOTED.findall(_BYTES.sub("", match[3]))):
        return False
    if not match[1]:
        return match[2] in _FIRST
    return bool(_MEASURE.match(match[3]) or _PLAIN.match(match[3]))
