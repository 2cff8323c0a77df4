"""[pure] Trees and stems that a program prints, for O01: how many people are in their leaves.

Source: outputs section 3, O01; scikit-learn's `export_graphviz`, `plot_tree` and `export_text`, R's
rpart, LightGBM's model files, J48 of Weka.
"""

import re
from collections.abc import Iterator

_IS_TREE = re.compile(
    r"\b(?:gini|entropy|squared_error|friedman_mse|absolute_error|poisson|log_loss) ?[=:<]"
    r"|\bweights: \[|\bnode\), split, n,|\b(?:leaf|internal)_count\b|\bJ48\b|\bNumber of Leaves\b"
    r"|\bsamples ?= ?\d+(?:\\n|[\s,])+value ?="
)
_PEOPLE = (
    re.compile(r"\bsamples ?= ?(?P<n>[\d ]+)(?![\d.%])"),
    re.compile(r"\b(?:value ?=|weights:) ?\[(?P<n>[\d., ]+)\]"),
    re.compile(r"^\s*\d+\) +(?:root|\S.{0,60}?[<>=].{0,60}?) +(?P<n>\d+) +[\d.]+ +\S"),
    re.compile(r"\b(?:leaf|internal)_count\"? ?[=:] ?(?P<n>[\d ]+)"),
    re.compile(r": \S[^:()]* \((?P<n>\d+\.0(?:/\d+\.0)?)\)\s*$"),
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


_STEM = re.compile(r"\s*(?:-?\d+|-?\d+[*.tfs])\s?\|\s?(?P<leaves>\d*)\s*\Z")
_OF_STEMS = re.compile(r"\b(?:decimal point is|stems?(?:-and-|\b)|lea(?:f|ves)\b)", re.IGNORECASE)


def small_stems(text: str, least: int) -> Iterator[int]:
    """List the stems of a stem-and-leaf plot with few leaves, each of which is somebody's value.

    Source: `stem` of R and of Stata.
    """
    if not _OF_STEMS.search(text):
        return
    told = [(at, _STEM.match(line)) for at, line in enumerate(text.splitlines(), 1)]
    stems = [(at, match["leaves"]) for at, match in told if match]
    if len(stems) > 1 and all([*leaves] == sorted(leaves) for _, leaves in stems):
        yield from (at for at, leaves in stems if 0 < len(leaves) < least)


def small_leaves(text: str, least: int) -> Iterator[int]:
    """List the lines of a tree with a node of fewer people than the minimum.

    Shape: numbers that are broken are shares, or a mean of the outcome.
    """
    if not _IS_TREE.search(text):
        return
    for at, line in enumerate(text.splitlines(), 1):
        told = [number for one in _PEOPLE for match in one.finditer(line)
                for number in _NUMBER.findall(match["n"])]  # fmt: skip
        if any(float(one) == int(float(one)) and 0 < float(one) < least for one in told):
            yield at
