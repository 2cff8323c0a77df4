"""Tables as programs and people print them, and names that look like something else.

Each leak stands beside a file of the same make that discloses nothing.
"""

import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.readers.printed import find_tables
from tests.outputs_world import Cells, Check, index_of
from tests.unit.outputs.rules.test_tables import loud

STOPPED = {"flag", "block"}
LAYOUTS = {
    "a cross table of Stata.log": """
           |          sex
     stage |         F          M |     Total
-----------+----------------------+----------
         I |        41         41 |        82
       III |        @@         31 |        35
-----------+----------------------+----------
     Total |        78        104 |       182
""",
    "table of Stata.log": """
----------------------------------
         |          sex
         |      F        M    Total
---------+------------------------
stage    |
  I      |     41       41       82
  III    |     @@       31       35
  Total  |     78      104      182
----------------------------------
""",
    "tabyl.txt": """
 stage            F            M       Total
     I 41  (52.6%)  41 (39.4%)  82 (45.1%)
   III @@  (25.6%)  31 (29.8%)  35 (19.2%)
""",
    "a table of characteristics.txt": """
                         1              2              p      test
  n                        158            154
  age (mean (SD))        51.42 (11.01)  48.58 (9.96)   0.018
  stage (%)                                             0.201
     1                      12 ( 7.6)      4@ (SHARE)
     2                      35 (22.2)      32 (20.8)
     3                     111 (70.3)     118 (76.6)
""",
    "frame.txt": """
      age        sex      stage
 Min.   :18.0   F: 78   I  :82
 1st Qu.:45.0   M:104   II :65
 Median :61.0           III:@@
""",
    "mapping.py": "print({'I': 41, 'II': 33, 'III': @@})\n",
    "by stage.yaml": "by_stage:\n  I: 41\n  II: 33\n  III: @@\n",
    "page.html": "<dl><dt>I</dt><dd>41</dd><dt>II</dt><dd>33</dd><dt>III</dt><dd>@@</dd></dl>",
    "dressed.tex": r"""
\begin{tabularx}{\textwidth}{lrr}
\multirow{2}{*}{Stage} & \multicolumn{2}{c}{Sex} \\
 & \textbf{F} & \textbf{M} \\ \hline
I & \num{41} & \num{41} \\
III & \num{@@} & $31$ \\
\end{tabularx}
""",
    "named by stages.csv": "sex,Stage I,Stage II\nF,41,@@\nM,43,32\n",
    "named by arms.csv": "sex,Arm A,Arm B\nF,41,@@\nM,43,32\n",
    "named by thirds.csv": "region,lower third,upper third\nN,41,@@\nS,43,32\n",
    "rate control.csv": "finding,patients\nFever,41\nRate control,@@\nRash,33\n",
    "weight loss.csv": "finding,patients\nFever,41\nWeight loss,@@\nRash,33\n",
    "heart rate.csv": "finding,patients\nFever,41\nHeart rate > 100,@@\nRash,33\n",
    "letter.eml": "From: a\nTo: b\nContent-Type: text/plain\n\nHi,\n\nsite  women\nA     40\n"
    "B     @@\n",
    "table.rtf": r"{\rtf1 Table 1\par\trowd\cellx9 sex\cell women\cell\row"
    "\n" r"\trowd\cellx9 A\cell 40\cell\row" "\n" r"\trowd\cellx9 B\cell @@\cell\row}",
    "titled.txt": "Women, stage at diagnosis\nstage  people\nI          41\nII         65\n"
    "III        @@\n",
    "titled and ruled.txt": "Women: stage\n============\nstage  people\n-----  ------\n"
    "I          41\nIII        @@\n",
    "nested names.txt": "Women, clinic A\nsex     smoking  ppi  people\n"
    "female  never    no       16\n                 yes      @@\n"
    "male    never    no       15\n                 yes      11\n",
    "titled.csv": "Women of the north\nstage,people\nI,41\nIII,@@\nSource: registry\n",
    "crosstabs.txt": """
stage * sex
|-------------------------------|
|               F     M    Total|
|-------------------------------|
|I    Count    41    41       82|
|     % of row 50.0% 50.0% 100.0%|
|III  Count    @@    31       71|
|     % of row 56.3% 43.7% 100.0%|
|-------------------------------|
""",
    "drawn.txt": """
┌───────┬─────┬─────┐
│ stage ┆ F   ┆ M   │
╞═══════╪═════╪═════╡
│ I     ┆ 41  ┆ 41  │
│ III   ┆ @@  ┆ 31  │
└───────┴─────┴─────┘
""",
    "by.txt": """
d$sex: F
     stage      died
 I  :41     no :45
 II :65     yes:61
 III:@@
-----------------------------------------------
d$sex: M
     stage      died
 I  :44     no :48
 II :61     yes:64
 III:49
""",
    "stacked.html": "<table><tr><th>Frequency<br>Percent</th><th>F</th><th>M</th></tr>"
    "<tr><th>I</th><td>41<br>22.5</td><td>41<br>22.5</td></tr>"
    "<tr><th>III</th><td>@@<br>27.7</td><td>31<br>27.3</td></tr></table>",
    "stacked.md": "| stage | F | M |\n|---|---|---|\n| I | 41<br>22.5 | 41<br>22.5 |\n"
    "| III | @@<br>27.7 | 31<br>27.3 |\n",
    "stacked.tex": "\\begin{tabular}{lrr}\nstage & F & M \\\\\n"
    "I & \\makecell{41 \\\\ 22.5} & \\makecell{41 \\\\ 22.5} \\\\\n"
    "III & \\makecell{@@ \\\\ 27.7} & \\makecell{31 \\\\ 27.3} \\\\\n\\end{tabular}\n",
    "nested.yaml": "table:\n  n:\n    F:\n      I: 41\n      III: @@\n    M: {I: 41, III: 31}\n",
    "columns.yaml": "stage:\n- I\n- II\n- III\nn:\n- 41\n- 65\n- @@\n",
    "table.pzfx": "<GraphPadPrismFile><Table><Title>number of people</Title><RowTitlesColumn>"
    "<Subcolumn><d>I</d><d>III</d></Subcolumn></RowTitlesColumn><YColumn><Title>F</Title>"
    "<Subcolumn><d>41</d><d>@@</d></Subcolumn></YColumn></Table></GraphPadPrismFile>",
    "flow.gv": 'digraph g { a [label="All\\nn = 182"]; b [label="Stage III\\nn = @@"]; }',
    "flow.mmd": 'flowchart TD\n  A["All<br/>n = 182"] --> B["Stage III<br/>@@ of 78"]\n',
    "session.smcl": "{smcl}\n{txt}{col 6}stage {c |}{ralign 10:F}{ralign 10:M}\n"
    "{hline 11}{c +}{hline 20}\n{ralign 11:I}{c |}{res}{ralign 10:41}{ralign 10:41}\n"
    "{txt}{ralign 11:II}{c |}{res}{ralign 10:33}{ralign 10:32}\n"
    "{txt}{ralign 11:III}{c |}{res}{ralign 10:@@}{ralign 10:31}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_small_count_in_any_layout(check: Check, name: str) -> None:
    """Four is seen, forty is not; extremes of a description are looked at either way."""
    text = LAYOUTS[name]
    few = text.replace("4@ (SHARE)", " 4 ( 2.6)").replace("@@", " 4")
    many = text.replace("4@ (SHARE)", "40 (26.0)").replace("@@", "40")
    assert loud(check(name, few))["O01"] in STOPPED
    said = loud(check(name, many))
    assert {rule for rule in said if rule not in {"O08", "O27"}} == set()


def test_a_number_in_brackets_that_is_a_share(check: Check) -> None:
    """The size of the group tells, in its name, as a sum, or by shares that make a whole."""
    for head in ("No (N=682),Yes (N=98)", "No,Yes"):
        text = f"Rash,{head}\nNo,658 (96.5),94 (95.9)\nYes,24 (3.5),<10 (4.1)\n"
        assert loud(check("t.csv", text))["O13"] == "block"
        assert loud(check("t.csv", text.replace("<10 (4.1)", "4 (4.1)")))["O01"] == "block"
    spread = "marker,A,B\nalbumin,4 (0.5),4 (0.6)\nferritin,61 (12.1),58 (11.4)\n"
    assert loud(check("t.csv", spread)).get("O01") in {None, "flag"}
    safe = "Rash,No (N=682),Yes (N=98)\nNo,658 (96.5),60 (61.2)\nYes,24 (3.5),38 (38.8)\n"
    assert loud(check("t.csv", safe)) == {}


def test_a_total_elsewhere_in_the_file(check: Check) -> None:
    """Two tables show no count in common; what one adds up to the other says."""
    groups = "\n".join(["died   no   yes", "no    1008    86", "yes     90   <10"])
    everybody = "\n".join(["died   all", "no    1094", "yes     99"])
    assert loud(check("t.txt", f"{groups}\n\n{everybody}\n"))["O13"] == "block"
    apart = everybody.replace("1094", "2217").replace("99", "431")
    assert "O13" not in loud(check("t.txt", f"{groups}\n\n{apart}\n"))


def test_what_stata_and_sas_call_extremes(check: Check) -> None:
    """The least and greatest values beside percentiles, and below their names."""
    detail = """
. summarize hb, detail

      Percentiles      Smallest
 1%         107             97
25%         158             98       Obs             232
                        Largest
75%         209            324
99%         293            351
"""
    assert loud(check("t.log", detail))["O08"] == "flag"
    listing = """
           Extreme Observations
      Lowest                Highest
     Value      Obs         Value      Obs
      0.59     3962          5.62     3354
      0.61     1612          5.69     9980
"""
    assert loud(check("t.lst", listing))["O08"] == "flag"
    assert "O08" not in loud(check("t.log", detail.replace("Smallest", "Grouped")))


def test_limits_of_a_variable_name_groups(check: Check) -> None:
    """A column `protein at least`: eleven samples of four people above it."""
    cells: Cells = {
        "person": [f"P{n % 60:05d}X" if n > 10 else f"P{n % 4:05d}X" for n in range(240)],
        "protein": ["31.5" if n <= 10 else f"{n % 17 + 1}.5" for n in range(240)],
        "nurse": ["K1" if n % 2 or n <= 10 else "K2" for n in range(240)],
    }
    visits: Index = index_of("visits", cells)
    text = "station,protein_at_least,samples,mean_x\nK1,30,11,73\n"
    assert loud(check("t.csv", text, visits))["O02"] == "flag"
    assert loud(check("t.csv", text.replace(",30,11,", ",10,60,"), visits)) == {}


@pytest.mark.parametrize(
    "text",
    [
        "drug,dose mg,day,cycle\na,20,1,1\nb,20,2,1\nc,5,8,2\n",
        "item,loading,scale 1-5\nq1,0.43,2\nq2,0.46,1\nq3,0.41,2\n",
        "variable,code,meaning,length\nsex,F,women,1\nsex,M,men,1\narm,A,new,2\n",
        "site,age from,age to,n\nA,1,4,40\nB,5,9,50\n",
        "arm,lower limit,upper limit\nA,2,9\nB,3,8\n",
    ],
)
def test_small_numbers_that_count_nobody(check: Check, text: str) -> None:
    """Days and cycles, answers on a scale, widths of fields, ends of classes and limits."""
    assert loud(check("t.csv", text)) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.tsv", "Pearson, n = 7600\n\tage\thb\nage\t1\t\nhb\t-0.119\t1\n"),
        ("t.csv", "stage,n,%,Cumulative %\nI,41,50.0,50.0\nII,30,36.6,86.6\nIII,11,13.4,100.0\n"),
        ("t.json", '{"page": {"number": 1, "size": 50}, "cells": [{"row": "a", "n": 542}]}'),
        ("t.csv", "package,starts month,ends month,person-months\nW1,1,4,5\nW2,3,9,8\n"),
        ("t.csv", "comparison,power %,risk old %,risk new %,planned n\nx,80,4,2,1141\n"),
        ("t.csv", "version,date,issues_closed\n2.0,2025-02-10,3\n2.1,2025-03-11,4\n"),
        ("t.sql", "SELECT a, b\nFROM t\nWHERE y >= 2018\nGROUP BY 1, 2\n"),
        ("t.txt", "".join(f"{n}. Item {n} of the form, page {n // 9 + 1}\n" for n in range(1, 60))),
        ("t.txt", "Table 1. Characteristics\n64.5 ± 14.6\n64.7 ± 14.6\n131 ± 14\n144 ± 14\n"),
        ("t.yaml", "steps:\n  - name: fit\n    timeout: 5\n    retries: 3\n"),
        ("t.gv", 'digraph g { clean -> fit; fit [label="fit\\nversion 3"]; }'),
    ],
)  # fmt: skip
def test_numbers_of_nobody_in_other_layouts(check: Check, name: str, text: str) -> None:
    """Correlations, sums of shares, pages, plans, versions, queries, lists, spreads, settings."""
    said = loud(check(name, text))
    assert {rule for rule in said if rule != "O27"} == set()


def test_names_between_bars_are_no_title(check: Check) -> None:
    """As Stata lists rows with their numbers outside of the box."""
    box = """
     +----------------------+
     | stage |   F | Total |
     |----------------------|
  1. |     I | 737 |  1488 |
  2. |   III | @@@ |  2419 |
  3. | Total | 800 |  9000 |
     +----------------------+
"""
    assert "O01" not in loud(check("t.log", box.replace("@@@", " 63")))
    assert loud(check("t.log", box.replace("@@@", "  4")))["O01"] in STOPPED


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.json", '{"page": {"number": 1}, "women": {"number": 4}}'),
        ("t.csv", "month,starts,ends\n1,4,31\n2,44,35\n"),
        ("t.csv", "arm,enrolled,person-years\nA,4,41.2\nB,51,62.3\n"),
        ("t.sql", "SELECT stage, COUNT(*) FROM p GROUP BY 1;\n\nstage   n\nI      41\nIII     4\n"),
    ],
)
def test_people_beside_them_are_counted(check: Check, name: str, text: str) -> None:
    """What is left alone for its words hides nobody beside it."""
    assert loud(check(name, text))["O01"] in STOPPED


@pytest.mark.parametrize(
    ("low", "high"),
    [("p0", "p100"), ("P_0", "P_100"), ("0th", "100th"), ("q0", "q4"), ("lo", "hi")],
)
def test_ends_beside_percentiles(check: Check, low: str, high: str) -> None:
    """Whatever they are called; a mean lies between."""
    text = f"variable,{low},p25,p50,p75,{high}\nx,127,202,246,298,503\ny,42,72,80,91,125\n"
    assert loud(check("t.csv", text))["O08"] == "flag"
    text = "variable,p25,p50,middle,p75\nx,202,246,250.5,298\ny,72,80,81.5,91\n"
    assert "O08" not in loud(check("t.csv", text))


def test_boxes_of_a_plot(check: Check) -> None:
    """Five numbers that rise are its ends, its quartiles and its median."""
    box = '{"series": [{"type": "boxplot", "data": [[49, 1536, 3282, 6961, 56279]]}]}'
    assert loud(check("t.json", box))["O08"] == "flag"
    assert "O08" not in loud(check("t.json", box.replace("boxplot", "bar")))


def test_shares_of_people_are_whole(check: Check) -> None:
    """Shares added up end at all; a share that is all says so."""
    text = "stage,n,% relapsed\nI,41,50.0\nII,30,86.6\nIII,11,100.0\n"
    assert loud(check("t.csv", text))["O04"] == "flag"
    text = "stage,n,cumulative %\nI,41,50.0\nII,30,100.0\nIII,11,100.0\n"
    assert loud(check("t.csv", text))["O04"] == "flag"


def test_values_in_a_program_are_rows() -> None:
    """A query, or a call, that spells out values stays a table; one that names columns is none."""
    names = ("SELECT 'P{0}', {0}, {0}1 UNION ALL", "p{0} = Patient({0}, 'F', {0}1)")
    for line in names:
        text = "\n".join(line.format(n) for n in (61, 58, 4)) + "\n"
        assert find_tables(text)
    assert not find_tables("SELECT a, b\nFROM t\nGROUP BY 1, 2\n")
    assert not find_tables("x = f(i, 4, 2)\ny = g(i, 5, 3)\n")
