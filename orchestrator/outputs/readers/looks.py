"""[pure] Style sheets: what they say of looks is no record of anybody.

Source: outputs 4.2 (HTML, SVG); the properties that CSS names.
"""

import re
from collections.abc import Iterator

from orchestrator.outputs.people import listed

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
    r"\s*(?:#[0-9a-fA-F]{3,8}|-?[\d.]+(?:px|rem|em|%|s|ms|pt|vh|vw|deg)|(?:var|rgba?|calc|hsl)\(.*|"
    r"[\"'a-zA-Z][^\n]*|)\s*\Z",
    re.DOTALL,
)
"""What a name of the sheet's own stands for: a colour, a length, words."""
_LONGEST = 400
"""Units: characters of a value, without the bytes that stand in it as an address."""
_BYTES = re.compile(r"url\([^)]*+(?:\)|\Z)")


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
    return _MEASURE.match(match[3]) is not None if match[1] else match[2] in _FIRST
