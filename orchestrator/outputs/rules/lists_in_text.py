"""[pure] Labels with their numbers in lines of text, for O01: `deaths: 4`, `I 41, II 33, III 4`.

Source: outputs section 3, O01 (ACRO's default, ABS, ADRF).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from orchestrator.outputs.naming import Role, is_total, named, words
from orchestrator.outputs.people import ANYBODY, OUTCOMES, SEXES, listed
from orchestrator.outputs.roles import Known
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
_UP_TO = listed("to")
"""`rounded: age to 5`: what stands behind is no number of what stands before."""
_COUNTED = ANYBODY | SEXES | OUTCOMES | listed("deaths died dead cases controls")


_SUMMARY = re.compile(
    r"(?<!\S)(?P<label>[A-Za-z][A-Za-z.# ]{1,40}?)(?:\s?[:=]\s*|\s{2,})(?P<number>\d{1,7})(?:\.0+)?"
    r"(?=\s{2,}|\s*(?:[;|)]|,(?!\d{3}))|\s*\Z)"
)
"""A label and its number in one of the columns that a model's summary is set in."""
_OF_MODELS = listed("events event obs observations subjects failures cases deaths size patients "
                    "individuals participants")  # fmt: skip
_AROUND_MODELS = listed("no nr number of n num total min max minimum maximum mean group groups "
                        "cluster used observed per in the")  # fmt: skip
"""What a summary of a model says of people, and the words beside it; others are a variable's."""
_TALLY = re.compile(
    r"(?P<lead>\s*(?:[-*] )?)[\"']?(?P<label>[^\s:=\"'][^:=\"']{0,60}?)[\"']?\s*[:=]\s*"
    r"(?P<number>\d{1,7})\s*,?\s*\Z"
)
"""A line of a mapping: `  moderate: 7`."""


def small_tallies(text: str, known: Known, least: int) -> Iterator[int]:
    """List the lines of mappings whose labels are categories of one variable of the source.

    Shape: two lines and more below each other, as far in from the left; totals stand beside them.
    """
    told = [(at, _TALLY.fullmatch(line)) for at, line in enumerate(text.splitlines(), 1)]
    for _, group in groupby(told, lambda one: one[1] and one[1]["lead"]):
        own = [(at, match["label"].strip(), int(match["number"])) for at, match in group if match]
        labels = [label for _, label, _ in own if not is_total(label)]
        if len(set(labels)) > 1 and known(labels):
            yield from (at for at, _, number in own if 0 < number < least)


def _summarises_few(line: str, least: int) -> bool:
    """Say whether a summary of a model counts few people: `Events  5`, `Min. group size:  3`."""
    return any(
        0 < int(match["number"]) < least and _counts_of_model(words(match["label"]))
        for match in _SUMMARY.finditer(line)
    )


def _counts_of_model(said: Sequence[str]) -> bool:
    own = set(said)
    sized = "size" not in own or bool(own & {"group", "cluster"})
    return bool(own & _OF_MODELS) and own <= _OF_MODELS | _AROUND_MODELS and sized


def small_labels(line: str, least: int) -> bool:
    """Say whether labels of a line have numbers of fewer people than the minimum."""
    return _is_labelled(line, least) or _lists_few(line, least) or _summarises_few(line, least)


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
        told = [one for before, one in pairwise([("", 0), *told]) if not _is_end(before, one)]
        counted = [
            number
            for label, number in told
            if named(label) in {None, Role.COUNT}
            and not _NOT_LISTED & set(words(label)[:1])
            and not (PLACES | _UP_TO) & set(words(label)[-1:])
        ]
        if any(0 < number < least for number in counted) and max(counted) >= least:
            return True
    return False


def _is_end(before: tuple[str, int], own: tuple[str, int]) -> bool:
    """Say whether a number is the end of what the one before it counts: `fold: 3, of: 5`."""
    return words(own[0]) == ["of"] and bool(PLACES & set(words(before[0])[-1:]))
