"""Where a line is cut, against the pattern that says it and takes quadratic time."""

import re

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.outputs.readers.aligned import _cut_at_gaps

_SLOW = re.compile(r"\s+(?![(\[]|[^()\[\]]*[)\]])")


@given(st.text("a1 ()[]\t.", max_size=30))
def test_a_line_is_cut_at_gaps_but_in_brackets(text: str) -> None:
    """Space inside brackets parts nothing, and one space before them stays with them."""
    assert _cut_at_gaps(text.strip()) == _SLOW.split(text.strip())
