"""[pure] Trees that a program prints or draws, for O01: how many people are in their leaves.

Source: outputs section 3, O01; scikit-learn's `export_graphviz`, `plot_tree` and `export_text`, R's
rpart, LightGBM's model files, J48 of Weka.
"""

import re
from collections.abc import Iterator

_IS_TREE = re.compile(
    r"\b(?:gini|entropy|squared_error|friedman_mse|absolute_error|poisson|log_loss) ?[=:<]"
    r"|\bweights: \[|\bnode\), split, n,|\b(?:leaf|internal)_count\b|\bJ48\b|\bNumber of Leaves\b"
)
_PEOPLE = (
    re.compile(r"\bsamples ?= ?(?P<n>[\d ]+)(?![\d.%])"),
    re.compile(r"\b(?:value ?=|weights:) ?\[(?P<n>[\d., ]+)\]"),
    re.compile(r"^\s*\d+\) +(?:root|\S.{0,60}?[<>=].{0,60}?) +(?P<n>\d+) +[\d.]+ +\S"),
    re.compile(r"\b(?:leaf|internal)_count\"? ?[=:] ?(?P<n>[\d ]+)"),
    re.compile(r": \S[^:()]* \((?P<n>\d+\.0(?:/\d+\.0)?)\)\s*$"),
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


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
