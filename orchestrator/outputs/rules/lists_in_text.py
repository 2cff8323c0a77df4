"""[pure] Labels with their numbers in a line of text, for O01: `deaths: 4`, `I 41, II 33, III 4`.

Source: outputs section 3, O01 (ACRO's default, ABS, ADRF).
"""

import re

from orchestrator.outputs.people import ANYBODY, OUTCOMES, SEXES
from orchestrator.outputs.roles import Role, listed, named, words
from orchestrator.outputs.wording import PLACES, pattern

_LABEL = pattern(r"\W*(?P<label>[a-z][^:=\d|]{2,60}):\s*(?P<part>\d{1,7})\W*\Z")
"""A line that is a label with its number: `deaths: 4`."""
_NAME = r"[^\s,;:=(){}\[\]\"']"
_LABELLED = (
    rf"[\"']?(?P<label>[A-Za-z]{_NAME}{{0,30}}(?: (?!and\b)[A-Za-z]{_NAME}{{0,24}}){{0,4}})"
    r"[\"']?\s?[:= ]\s{0,3}(?P<number>\d{1,7})(?!\d|[%/-]|[.,]\d)(?: ?\([^()]{1,16}\))?"
)
_PLAIN = re.sub(r"\?P<\w+>", "", _LABELLED)
_ITEM = re.compile(_LABELLED)
_LIST = re.compile(rf"{_PLAIN}(?:(?:\s?[,;]\s?(?:and )?|\s+and\s+){_PLAIN}){{2,}}")
"""Three labels and more, each with its number."""
_CALLED = re.compile(r"(\w+)\(\[?\{?[^()]*\Z")
_TALLIES = listed("counter c dict table tibble frame list ordereddict series print cat paste show "
                  "message")  # fmt: skip
_NOT_LISTED = listed(
    "january february march april may june july august september october november december jan feb "
    "mar apr jun jul aug sep sept oct nov dec table figure fig section chapter page appendix rule "
    "line step box panel note version"
)
_COUNTED = ANYBODY | SEXES | OUTCOMES | listed("deaths died dead cases controls")


def small_labels(line: str, least: int) -> bool:
    """Say whether labels of a line have numbers of fewer people than the minimum."""
    return _is_labelled(line, least) or _lists_few(line, least)


def _is_labelled(line: str, least: int) -> bool:
    """Say whether a line is a number behind the name of people: `women with ...: 4`."""
    match = _LABEL.fullmatch(line)
    if match is None or not 0 < int(match["part"]) < least:
        return False
    counts = named(match["label"]) in {None, Role.COUNT}
    return counts and bool(_COUNTED & set(words(match["label"])))


def _lists_few(line: str, least: int) -> bool:
    """Say whether a list of labels with their numbers holds a small one beside larger ones.

    Shape: `I 41, II 33, III 4`, a mapping, a named vector; arguments of any other call are
    settings, and so are labels that name one, a statistic, a day or a place in a paper.
    """
    for match in _LIST.finditer(line):
        call = _CALLED.search(line[: match.start()])
        if call and call[1].casefold() not in _TALLIES:
            continue
        told = [(item["label"], int(item["number"])) for item in _ITEM.finditer(match[0])]
        counted = [
            number
            for label, number in told
            if named(label) in {None, Role.COUNT}
            and not _NOT_LISTED & set(words(label)[:1])
            and not PLACES & set(words(label)[-1:])
        ]
        if any(0 < number < least for number in counted) and max(counted) >= least:
            return True
    return False
