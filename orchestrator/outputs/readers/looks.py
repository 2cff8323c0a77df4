"""[pure] Style sheets: what they say of looks is no record of anybody.

Source: outputs 4.2 (HTML, SVG).
"""

import re

_SELECTOR = re.compile(r"\s*(?:[a-zA-Z.#:*@\[]|\Z)")
_DECLARED = re.compile(r"\s*(?:font-family\s*:[^:/;]{1,200}|-?[a-z][a-z-]*\s*:[^:/\"']{1,80})?\Z")


def beside_looks(style: str) -> str:
    """Take off what a style sheet says of looks; remarks, and values of its own names, stay."""
    pieces = [(piece, *piece.partition("{")) for piece in style.split("}")]
    return "\n".join(
        piece
        for piece, selectors, brace, declared in pieces
        if not brace
        or not all(map(_SELECTOR.match, selectors.split(",")))
        or not all(map(_DECLARED.match, declared.split(";")))
    )
