"""Flows of a study: who is between two steps is found by subtracting, and stopped if they are few.

Each leak stands beside a file of the same make that discloses nothing.
"""

import json

import pytest

from tests.outputs_world import Check
from tests.unit.outputs.rules.test_tables import loud

STEPS = "148 children enrolled; relapsed: excluded (n < 10); {} children analysed"
DRAWING = """graph TD
  A[Assessed for eligibility n=248] --> B[Randomised n=148]
  B --> C[Withdrawn n<10]
  C --> D[Analysed n={}]
"""
LIST = """Enrolled: n = 148
Excluded: (suppressed)
Analysed: n = {}
"""
TABLE = "step,patients\nenrolled,148\nexcluded,*\nanalysed,{}\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("f.md", STEPS),
        ("f.md", STEPS.replace("; ", "\n\n")),
        ("f.md", DRAWING),
        ("f.txt", LIST),
        ("f.csv", TABLE),
        ("f.csv", "enrolled,excluded,analysed\n148,<10,{}\n"),
        ("f.txt", "enrolled: 148\nexcluded: <10\nanalysed: {}\n"),
        ("f.md", "We enrolled 148 children. Those who had relapsed were excluded, {} analysed."),
    ],
)
def test_a_hidden_step_is_what_the_others_leave(check: Check, path: str, text: str) -> None:
    """Five of 148; of twenty nobody minds."""
    assert loud(check(path, text.format(143))).get("O13") == "flag"
    assert loud(check(path, text.format(128))) == {}


def test_a_hidden_step_in_a_list(check: Check) -> None:
    """As JSON holds it."""
    for left, leaks in ((143, True), (128, False)):
        text = json.dumps({"flow": STEPS.format(left).split("; ")}, indent=1)
        assert (loud(check("f.json", text)).get("O13") == "flag") is leaks


def test_two_hidden_steps_hide_each_other_unless_few_are_left(check: Check) -> None:
    """Two of two are one each; nine may be many pairs."""
    text = "148 children enrolled; lost: n < 10; withdrawn: n < 10; {} children analysed\n"
    assert loud(check("f.md", text.format(146)))["O13"] == "flag"
    assert loud(check("f.md", text.format(139))) == {}


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        ("148 children enrolled; 143 children analysed\n", True),
        ("148 children enrolled; 20 excluded; 128 children analysed\n", False),
        ("148 children enrolled; 20 excluded; 122 children analysed\n", True),
        ("We assessed 412 patients; 120 were eligible and 118 gave consent.\n", True),
        ("We assessed 412 patients; 120 were eligible and 108 gave consent.\n", False),
        ("148 children enrolled; lost to follow up: 3; 145 analysed\n", True),
        ("148 children enrolled; lost to follow up: 13; 135 analysed\n", False),
        ("148 children randomised; 74 allocated to A; 70 allocated to B\n", True),
        ("148 children randomised; 74 allocated to A; 74 allocated to B\n", False),
        ("200 allocated to A; 170 allocated to B; analysed 168 children; analysed 150\n", False),
        ("200 allocated to A; 170 allocated to B; analysed 168 children; analysed 166\n", True),
        ("12 jobs started; 9 completed\n", False),
        ("Children enrolled since 2012 and analysed until 2009 stayed.\n", False),
    ],
)
def test_few_people_between_two_steps(check: Check, text: str, leaks: bool) -> None:
    """Also where nothing says that somebody was taken away."""
    assert (loud(check("f.md", text)).get("O01") == "flag") is leaks
