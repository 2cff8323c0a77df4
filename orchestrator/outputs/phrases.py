"""[pure] Remarks in pieces: a quotation is seldom a whole one.

Each text of a column of remarks is indexed in blocks of a few words; whoever quotes many words in a
row quotes several whole blocks that follow each other (`quoted`).
Source: outputs section 3, O23 (tokens through section 5).
"""

import re
from collections.abc import Iterator, Sequence

from orchestrator.outputs.canon import Transform

BLOCK = 4
"""Words of a block."""
_TURNS = 32
"""Blocks of one text that are indexed: its first 128 words."""
_WORD = re.compile(r"\w+")


def phrases(texts: Sequence[str]) -> Iterator[tuple[Transform, Iterator[str]]]:
    """Spell the first block of each text of a column, then the second, and so on; or nothing."""
    longest = max((len(_WORD.findall(text)) for text in texts), default=0)
    for turn in range(min(longest // BLOCK, _TURNS)):
        yield Transform.PHRASE, (_block(text, turn) for text in texts)


def words(text: str) -> list[str]:
    """Cut a text into its words, whatever stands between them."""
    return _WORD.findall(text.casefold())


def _block(text: str, turn: int) -> str:
    own = words(text)[turn * BLOCK : (turn + 1) * BLOCK]
    return " ".join(own) if len(own) == BLOCK else ""
