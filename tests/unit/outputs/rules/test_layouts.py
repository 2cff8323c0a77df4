"""Tables as programs and people print them, and names that look like something else.

Each leak stands beside a file of the same make that discloses nothing.
"""

import pytest

from orchestrator.outputs.index import Index
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
