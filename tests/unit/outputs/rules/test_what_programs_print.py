"""What real programs print: what counts nobody is left alone, and its twin that counts is not.

Each pair has the same make. Source: R, PSPP, pandas, scikit-learn, XGBoost, PostgreSQL, gretl.
"""

import base64
import json
import struct

import pytest

from tests.outputs_world import Check
from tests.unit.outputs.rules.test_tables import loud

SUMMARY = """\
                    Summary
+----------+------------------------------------+
|          |               Cases                |
|          +------------+----------+------------+
|          |   {kept}   | {left} |    Total   |
|          +----+-------+-+--------+----+-------+
|          |  N |Percent|N| Percent|  N |Percent|
+----------+----+-------+-+--------+----+-------+
|sex × work|4000| 100.0%|0|     .0%|4000| 100.0%|
|age × work|4000| 100.0%|0|     .0%|4000| 100.0%|
+----------+----+-------+-+--------+----+-------+
"""
CROSS = """\
                  work × sex
+------------------+-------------+------+
|                  |     sex     |      |
|                  +------+------+      |
|                  |   F  |   M  | Total|
+------------------+------+------+------+
|work  none  Count |   {n:>3}|   150|   300|
|            Col % | 50.0%| 60.0%| 54.5%|
|      some  Count |   150|   110|   260|
|            Col % | 50.0%| 40.0%| 45.5%|
+------------------+------+------+------+
|{last:<6}      Count |   300|   260|   560|
|            Col % |100.0%|100.0%|100.0%|
+------------------+------+------+------+
"""
PAIRS = """\
      A    B    C
B     {first} -    -
C     0.13 {last} -
other 0.86 1.00 1.00
"""
INFO = """\
<class 'pandas.core.frame.DataFrame'>
RangeIndex: 4000 entries, 0 to 3999
Data columns (total 5 columns):
 #   Column   Non-Null Count  Dtype
---  ------   --------------  -----
 0   sex      {n} non-null   object
 1   age      4000 non-null   int64
 2   work     4000 non-null   object
 3   smoking  4000 non-null   object
 4   hb       4000 non-null   int64
"""
FRAME = """\
       work adult Freq
1 full time adult 1280
2      none adult   {n}
3 part time adult  478
4   retired adult  518
"""
PLAN = "Seq Scan on labs  (cost=0.00..378.08 rows=5 width=6){}\n" * 2
TREE = [
    {"nodeid": 0, "split": "age", "split_condition": 7, "yes": 1, "no": 2, "missing": 2,
     "cover": 300},
    {"nodeid": 1, "split": "pain", "split_condition": 4, "yes": 3, "no": 4, "missing": 4,
     "cover": 100},
]  # fmt: skip
RESIDUALS = """\
{}:
    Min      1Q  Median      3Q     Max
-44.519  -8.152   0.278   8.069  47.628
"""
GRETL = r"""
\begin{tabular}{lr@{.}lr@{.}l}
  & \multicolumn{2}{c}{%s} & \multicolumn{2}{c}{%s} \\[1ex]
const & 140&139 & 0&4991 \\
age & 0&0151 & 0&0115 \\
pain & 3&1657 & 0&1044 \\
\end{tabular}
"""
POWER = """\
              n = 107.0857
          delta = 5
             sd = 13
      sig.level = 0.05
          {} = 0.8

              n = 187.0477
          delta = 3
             sd = 11
      sig.level = 0.05
          {} = 0.9
"""
HTML = """<table>
<tr><th></th><th colspan="2">{}</th><th rowspan="2">All</th></tr>
<tr><th></th><th>N</th><th>Percent</th></tr>
<tr><td>sex</td><td>0</td><td>.0%</td><td>400</td></tr>
<tr><td>age</td><td>0</td><td>.0%</td><td>500</td></tr>
</table>"""


def widget(numbers: bool) -> str:
    """What `datatable` of R keeps: a frame by columns, its row names first."""
    groups = ["mild", "moderate", "severe"]
    return json.dumps({"data": [["1", "2", "3"], groups, [3 if numbers else 43, 57, 61]]})


def figure(least: int) -> str:
    """What plotly keeps of a table of counts: bytes of numpy, by rows."""
    raw = struct.pack("<6h", 41, 52, least, 67, 73, 88)
    cells = {"dtype": "i2", "bdata": base64.b64encode(raw).decode(), "shape": "2, 3"}
    return json.dumps({"data": [{"type": "heatmap", "x": ["a", "b", "c"], "z": cells}]})


TYPES = """\
              sex
diagnosis      women  men
  haemophilia     63   18
  Willebrand 1   369   82
  Willebrand 2   145   43
  Willebrand 3     {}    *
{}"""
QUIET = {
    "labels with a number": ("t.txt", TYPES.format("*", "")),
    "counts that a figure packs": ("t.json", figure(43)),
    "no case is missing": ("t.txt", SUMMARY.format(kept=" Valid", left="Missing ")),
    "none left out, in HTML": ("t.html", HTML.format("Missing")),
    "the lines below a total": ("t.txt", CROSS.format(n=150, last="Total")),
    "p-values of pairs": ("t.txt", PAIRS.format(first="1.00", last="1.00")),
    "columns of a frame": ("t.txt", INFO.format(n=4000)),
    "a frame with two words in a cell": ("t.txt", FRAME.format(n=392)),
    "what a database plans": ("t.txt", PLAN.format("", "")),
    "nodes of a tree": ("t.json", json.dumps(TREE)),
    "residuals of a model": ("t.txt", RESIDUALS.format("Residuals")),
    "numbers set at their point": ("t.tex", GRETL % ("Coefficient", "Std. Error")),
    "people of a plan": ("t.txt", POWER.format("power", "power")),
    "a widget's columns": ("t.json", widget(numbers=False)),
    "how far a program is": ("t.txt", "dose 2\ndose 4\ndose 8\n"),
    "tables of a paper": ("t.txt", "Table 1. Sex\nTable 2. Age\nTable 3. Work\n"),
    "classes of a model": ("t.json", json.dumps({"classes": [0, 1]})),
    "places of a grid search": (
        "t.csv",
        "param_max_depth,mean_test_score,rank_test_score\n2,0.61,2\n3,0.64,1\n5,0.59,3\n",
    ),
    "sizes of a figure": ("t.json", json.dumps({"arrowwidth": 1, "line_dash": 4, "tickLen": 5})),
    "sizes of a widget": (
        "t.json",
        json.dumps({part: {"width": "100%", "padding": 5} for part in ("viewer", "browser")}),
    ),
    "percentiles of a score": ("t.txt", "10% 25% 50% 75% 90%\n  0   0   1   3   5\n"),
    "hours of a log": ("t.log", "14:05:31 [INFO] read\n14:05:32 [INFO] cut\n14:05:33 [INFO] on\n"),
}  # fmt: skip
LOUD = {
    "a hidden count of a total": ("t.txt", TYPES.format("*", "  All            603  146\n")),
    "few that a figure packs": ("t.json", figure(4)),
    "everybody lives": ("t.txt", SUMMARY.format(kept=" Alive", left="  Dead  ")),
    "nobody died, in HTML": ("t.html", HTML.format("Deaths")),
    "few people of a cross": ("t.txt", CROSS.format(n=4, last="Total")),
    "everybody of a row": ("t.txt", CROSS.format(n=150, last="other")),
    "counts of pairs": ("t.txt", PAIRS.format(first="1200", last="3")),
    "a column that few have": ("t.txt", INFO.format(n="   4")),
    "few of a frame with two words": ("t.txt", FRAME.format(n=4)),
    "what a query found": ("t.txt", PLAN.replace("cost=", "actual time=").format("", "")),
    "people of a leaf": ("t.json", json.dumps([{**TREE[0], "cover": 4}, TREE[1]])),
    "yes and no without nodes": ("t.json", json.dumps([{"yes": 3, "no": 4}, {"yes": 4, "no": 5}])),
    "ends of an age": ("t.txt", RESIDUALS.format("Ages")),
    "weighted people": ("t.txt", POWER.format("share", "share")),
    "few of a widget": ("t.json", widget(numbers=True)),
    "deaths, one a line": ("t.txt", "deaths 2\ndeaths 4\ndeaths 8\n"),
    "patients, one a line": ("t.txt", "patients 2\npatients 4\npatients 8\n"),
    "counts of a group": ("t.json", json.dumps({"arms": [3, 1]})),
    "shares of a group": (
        "t.json",
        json.dumps({"dead": {"F": "100%", "M": "12%"}, "ill": {"F": "40%", "M": "0%"}}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", QUIET)
def test_what_counts_nobody_is_left_alone(check: Check, name: str) -> None:
    """No rule stops or holds it."""
    assert loud(check(*QUIET[name])) == {}


@pytest.mark.parametrize("name", LOUD)
def test_what_counts_people_is_stopped(check: Check, name: str) -> None:
    """The same make, with people in it."""
    assert {"flag", "block"} & set(loud(check(*LOUD[name])).values())
