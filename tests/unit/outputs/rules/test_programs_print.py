"""Counts, ends and models as programs print them: leaky ones are stopped, their twins are not.

Each layout is written twice: with few people or somebody's value, and with many or nobody's.
"""

import io
import json
import zipfile
from collections.abc import Callable
from random import Random

import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Cells, Check, index_of, verdicts
from tests.outputs_writers import document, workbook
from tests.unit.outputs.rules.test_tables import loud

SIZE = 300
STOPPED = {"flag", "block"}


@pytest.fixture(scope="module")
def trial() -> Index:
    """300 people of four responses and two arms; volumes and days of their own."""
    cells: Cells = {
        "person": [f"P{n:05d}X" for n in range(SIZE)],
        "response": ["CR"] * 120 + ["PR"] * 80 + ["SD"] * 60 + ["PD"] * 40,
        "arm": ["control" if n % 2 else "experimental" for n in range(SIZE)],
        "volume": ["90210.7" if n == 0 else f"{n * 37 % 997 + 63.3:.1f}" for n in range(SIZE)],
        "followed": [str(11 + n * 13) for n in range(SIZE)],
    }
    return index_of("people", cells)


def drawn(few: int) -> str:
    """A table as rich draws it, names broken over two lines."""
    return (
        "┏━━━━━━━┳━━━━━━━━━┳━━━━━━━━━┓\n"
        "┃ respo ┃         ┃ experim ┃\n"
        "┃ nse   ┃ control ┃ ental   ┃\n"
        "┡━━━━━━━╇━━━━━━━━━╇━━━━━━━━━┩\n"
        "│ CR    │      60 │      60 │\n"
        f"│ PD    │ {few:>7} │      24 │\n"
        "└───────┴─────────┴─────────┘\n"
    )


def coloured(few: int) -> str:
    """The same with the colours of a terminal in each cell."""
    return drawn(few).replace("│ ", "\x1b[1m│\x1b[0m \x1b[36m").replace("┃ ", "┃ \x1b[1;3m")


def framed(few: int) -> str:
    """The same inside a panel with a title."""
    lines = [f"│ {line.ljust(32)} │" for line in ["a title", *drawn(few).splitlines()]]
    return "\n".join(["╭────────── summary ───────────────╮", *lines, f"╰{'─' * 34}╯"])


def terminal(few: int) -> str:
    """The same as a recording of a terminal is drawn."""
    texts = "".join(
        f'<text x="{10 + 12.2 * at:g}" y="{20 + 24.4 * row:g}">{letter}</text>'
        for row, line in enumerate(drawn(few).splitlines())
        for at, letter in enumerate(line)
        if letter != " "
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg"><g style="font-family: monospace">'
        f"{texts}</g></svg>"
    )


def bars(few: int) -> str:
    """A chart of bars with a number above each, as d3 draws it."""
    numbers = [few, 60, 80, 120]
    texts = "".join(
        f'<rect x="{40 + 50 * at}" y="{200 - n}" width="40" height="{n}"/>'
        f'<text x="{60 + 50 * at}" y="{195 - n}">{n}</text>'
        f'<text x="{60 + 50 * at}" y="215">{name}</text>'
        for at, (n, name) in enumerate(zip(numbers, ("PD", "SD", "PR", "CR"), strict=True))
    )
    ticks = "".join(f'<text x="20" y="{200 - n}">{n}</text>' for n in (0, 50, 100))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{texts}{ticks}</svg>'


def vector(few: int) -> str:
    """`table(response)` of R, of more levels than a line holds."""
    return f"\n  CR   PR   SD \n1866 1932   60 \n  PD \n{few:>4} \n"


def typed(few: int) -> str:
    """What DuckDB's shell answers, with the type of each column."""
    return (
        "┌──────────┬───────┐\n│ response │   n   │\n│ varchar  │ int64 │\n├──────────┼───────┤\n"
        f"│ CR       │   120 │\n│ PD       │ {few:>5} │\n└──────────┴───────┘\n"
    )


def stepped(few: int) -> str:
    """People who are left, named by who is not."""
    return (
        "step,n\npeople of the trial,416\n"
        f"excluding other arms,{416 - few}\nwithout a first visit,{416 - few - 80}\n"
    )


def tallied(few: int) -> str:
    """A mapping in YAML below the name of a group."""
    arms = "\n  control: {}\n  experimental: {}\n"
    return f"all:{arms.format(150, 150)}island:{arms.format(few, 70)}"


def assigned(few: int) -> str:
    """A mapping in TOML."""
    return f'[island]\nCR = 71\nPD = {few}\n\n[paths]\nout = "tables"\n'


def summarised(few: int) -> str:
    """A Cox model of R's rms."""
    return (
        "Cox Proportional Hazards Model\n\nObs       64    LR chi2      0.39    R2       0.035\n"
        f"Events  {few:>4}    d.f.            1    R2(1,64) 0.000\n"
    )


def multilevel(few: int) -> str:
    """A mixed model of statsmodels."""
    return (
        "Model:            MixedLM Dependent Variable: hb\n"
        "No. Observations: 134     Method:             REML\n"
        f"Min. group size:  {few:<5}   Log-Likelihood:     -137.1615\n"
    )


def tree(few: int) -> str:
    """A tree of scikit-learn for Graphviz."""
    return (
        "digraph Tree {\n"
        '0 [label="age <= 5.5\\ngini = 0.456\\nsamples = 400\\nvalue = [260, 140]"] ;\n'
        f'1 [label="gini = 0.2\\nsamples = {few + 20}\\nvalue = [{few}, 20]"] ;\n0 -> 1 ;\n}}\n'
    )


def rules(few: int) -> str:
    """The same as text."""
    return f"|--- age <= 5.50\n|   |--- weights: [{few}.00, 20.00] class: 0\n"


def partitioned(few: int) -> str:
    """A tree of R's rpart."""
    return (
        "node), split, n, loss, yval, (yprob)\n      * denotes terminal node\n\n"
        f"1) root 400 140 other (0.65 0.35)\n  2) age< 20.5 {few} 2 other (0.66 0.33) *\n"
    )


def boosted(few: int) -> str:
    """A model of LightGBM."""
    return f"Tree=0\nnum_leaves=3\nleaf_count=461 {few} 130\nshrinkage=0.1\n"


def binned(few: int) -> str:
    """A histogram of R that was not drawn."""
    return f"$breaks\n[1] 30 40 50 60\n\n$counts\n[1] 131 445  {few}\n\n$density\n[1] 0.1 0.2 0.1\n"


def counted(few: int) -> str:
    """A histogram of numpy."""
    return f"(array([131, 445, {few}]), array([30., 40., 50., 60.]))\n"


def stacked(few: int) -> str:
    """Cells of three lines: people, a mean, and deaths."""
    return (
        " ------------------------------\n arm          CR      PD\n"
        " ------------------------------\n"
        " control      60      44 \n           37.28   36.62 \n           27.00   16.00 \n \n"
        f" experimental 60   {few:>5} \n           37.09   39.30 \n           34.00   15.00 \n"
        " ------------------------------\n"
    )


def quoted(few: int) -> str:
    """A table that R's `write.table` wrote."""
    return f'"response" "arm" "n"\n"1" "CR" "control" 60\n"2" "PD" "control" {few}\n'


def rows_alone(few: int) -> str:
    """Rows of HTML, as sqlite's shell writes them for a table of one's own."""
    rows = (("CR", 60), ("SD", 30), ("PD", few))
    return "\n".join(f"<TR><TD>{name}</TD>\n<TD>{n}</TD>\n</TR>" for name, n in rows)


def longtable(few: int) -> str:
    """What psql writes as LaTeX: each cell on lines of its own, set by switches."""
    rows = "".join(
        f"\\raggedright{{{name}}}\n&\n\\raggedright{{{n}}} \\tabularnewline\n"
        for name, n in (("CR", 120), ("SD", 60), ("PD", few))
    )
    names = "\\small\\textbf{\\textit{response}} & \\small\\textbf{\\textit{persons}} \\\\\n"
    ends = "\\midrule\n\\endfirsthead\n", "\\midrule\n\\endhead\n"
    return (
        f"\\begin{{longtable}}{{l | r}}\n{names}{ends[0]}{names}{ends[1]}{rows}\\end{{longtable}}\n"
    )


def plain_tex(few: int) -> str:
    """A table of plain TeX, as PSPP writes it."""
    return (
        "\\offinterlineskip\\halign{\\strut%\n{\\vbox{#}}&{\\vbox{#}}\\cr\n"
        "\\centre{response}&\\centre{Frequency}\\cr\n\\noalign{\\hrule}\\cr\n"
        f"CR&\\right{{120}}\\cr\nSD&\\right{{60}}\\cr\nPD&\\right{{{few}}}\\cr\n}}% End\n"
    )


def numbered(few: int) -> str:
    """A row of LaTeX with a sign that stands for a cell in the patterns of plain TeX only."""
    rows = f"arm & n \\\\\ncontrol & 60 \\\\\nother # & {few} \\\\\n"
    return f"\\begin{{tabular}}{{lr}}\n{rows}\\end{{tabular}}\n"


def fragment(few: int) -> str:
    """Rows of LaTeX without what stands around them, as Gnumeric exports them."""
    return (
        f"%%% a fragment\narm\t&CR\t&PD\\\\\ncontrol\t&60\t&{few}\\\\\nexperimental\t&60\t&44\\\\\n"
    )


def two_lines(few: int) -> str:
    """Names of columns above those of the rows' variables, as pandas writes LaTeX."""
    return (
        "\\begin{tabular}{lrrr}\n & visits & 0 & 1 & All \\\\\nresponse & arm &  &  &  \\\\\n"
        f"\\multirow[c]{{2}}{{*}}{{CR}} & control & 60 & {few} & {60 + few} \\\\\n"
        " & experimental & 44 & 31 & 75 \\\\\n\\end{tabular}\n"
    )


def textile(few: int) -> str:
    """Cells that say how they are set."""
    return f"|_. response|_. with relapse|_. of|\n|<. CR|>. 50|>. 120|\n|<. PD|>. {few}|>. 90|\n"


def matrix(few: int) -> str:
    """A confusion matrix of numpy."""
    return f"labels: high, low\n[[ {few}  31]\n [ 57 127]]\n"


def bracketed(few: int) -> str:
    """A matrix of Maxima."""
    return f"kept and removed\n[ 26   11  ]\n[         ]\n[ 78   {few}  ]\n"


def keyed(few: int) -> str:
    """A hash of Ruby, whose keys are two categories."""
    return f'{{["CR", "0"]=>113,\n ["CR", "1"]=>32,\n ["PD", "0"]=>36,\n ["PD", "1"]=>{few}}}\n'


def held(few: int) -> str:
    """A histogram of DuckDB."""
    return f" bags = {{31=88, 32=82, 47={few}}}\n"


def cell_by_cell(few: int) -> str:
    """A document with a table, saved as text."""
    rows = "".join(f"{name}\n{n}\n{m}\n" for name, n, m in
                   (("CR", 90, 30), ("PR", 60, 20), ("PD", 30, few)))  # fmt: skip
    return f"Relapses, all arms.\n\nresponse\n0\n1\n{rows}Numbers are of persons.\n"


def regressed(few: int) -> str:
    """A tree of scikit-learn for a number, which has no impurity."""
    return (
        'digraph Tree {\n0 [label="age <= 27.5\\nsamples = 339\\nvalue = 1764.4"] ;\n'
        f'1 [label="samples = {few}\\nvalue = 733.9"] ;\n0 -> 1 ;\n}}\n'
    )


def starred(few: int) -> str:
    """A frequency table of gretl, with bars of stars."""
    rows = [(0, 150), (1, 80), (2, 40), (3, few)]
    lines = (f"  {value:2} {n:8} {n / 3:8.2f}% {n / 3:8.2f}% {'*' * (n // 20)}\n"
             for value, n in rows)  # fmt: skip
    return "          frequency    rel.     cum.\n\n" + "".join(lines)


def led_in(few: int) -> str:
    """Names over two rows of HTML, of which only the first says that it is one."""
    rows = "".join(
        f"<tr><td>{name}</td><td>{n}</td><td>60</td><td>{n + 60}</td></tr>"
        for name, n in (("CR", 60), ("PD", few))
    )
    return (
        '<table><tr><th rowspan="2">response</th><th colspan="2">arm</th>'
        '<th rowspan="2">Total</th></tr>'
        f"<tr><td>control</td><td>experimental</td></tr>{rows}"
        '<td colspan="4">p=0.2</td></tr></table>'
    )


COUNTS: dict[str, tuple[str, Callable[[int], str]]] = {
    one.__name__: (end, one)
    for end, one in (
        ("log", drawn), ("log", coloured), ("txt", framed), ("svg", terminal), ("svg", bars),
        ("txt", vector), ("txt", typed), ("csv", stepped), ("yaml", tallied), ("toml", assigned),
        ("txt", summarised), ("txt", multilevel), ("dot", tree), ("txt", rules),
        ("txt", partitioned), ("txt", boosted), ("txt", binned), ("txt", counted),
        ("txt", stacked), ("txt", quoted), ("html", rows_alone),
        ("tex", longtable), ("tex", plain_tex),
        ("tex", fragment), ("tex", numbered), ("tex", two_lines), ("txt", textile), ("txt", matrix),
        ("txt", bracketed), ("txt", keyed), ("txt", held), ("txt", cell_by_cell),
        ("dot", regressed), ("txt", starred), ("html", led_in),
    )
}  # fmt: skip


@pytest.mark.parametrize("layout", COUNTS)
def test_few_people_are_stopped_and_many_are_not(check: Check, trial: Index, layout: str) -> None:
    """A count of four, and one of forty in the same place."""
    end, written = COUNTS[layout]
    told = loud(check(f"t.{end}", written(4), trial))
    assert told.get("O01") in STOPPED
    twin = loud(check(f"t.{end}", written(40), trial))
    assert not {rule for rule in twin if rule != "O17"}, twin


def test_shares_that_make_a_whole_are_shares(check: Check, trial: Index) -> None:
    """`prop.table` of R writes no sign of percent; 2.0 of 150 people are three."""
    text = "               CR   PD\ncontrol      {}\nexperimental 41.2 58.8\n"
    assert loud(check("t.txt", text.format(" 2.0 98.0"), trial)).get("O10") in STOPPED
    assert loud(check("t.txt", text.format("44.9 55.1"), trial)) == {}


ENDS = {
    "range": ("txt", "[1]    65.3 90210.7\n", "[1]   100.0 90000.0\n"),
    "tuple": ("txt", "(np.float64(65.3), np.float64(90210.7))\n", "(100.0, 90000.0)\n"),
    "steps": ("txt", " x[1:299] =  65.3, 67.3,  ..., 1095.3, 90210.7\n",
              " x[1:299] =    100,   101,  ...,   1095,   90000\n"),
    "lists": ("csv", 'response,volume\nCR,"{65.3,90210.7}"\n',
              'response,volume\nCR,"{100,90200}"\n'),
    "levels": ("txt", "     0%     25%     50%    100% \n   65.3   340.3   580.3 90210.7 \n",
               "    25%     50%     75% \n   340.0   580.0   820.0 \n"),
}  # fmt: skip


@pytest.mark.parametrize("way", ENDS)
def test_ends_of_a_variable_need_no_name(check: Check, trial: Index, way: str) -> None:
    """Both ends of one variable together are its ends, whatever is said of them."""
    end, leaky, safe = ENDS[way]
    assert loud(check(f"t.{end}", leaky, trial)).get("O08") in STOPPED
    assert "O08" not in loud(check(f"t.{end}", safe, trial))


def ends_of_groups(trial: Index, *, rounded: bool) -> str:
    """The greatest volume of each response, in a column that says nothing of it."""
    groups = {"CR": range(120), "PR": range(120, 200), "SD": range(200, 260), "PD": range(260, 300)}
    most = {name: max(90210.7 if n == 0 else n * 37 % 997 + 63.3 for n in own)
            for name, own in groups.items()}  # fmt: skip
    return "response,volume\n" + "".join(
        f"{name},{round(value, -2) if rounded else value:.1f}\n" for name, value in most.items()
    )


def test_ends_of_groups_are_worked_out_again(check: Check, trial: Index) -> None:
    """One row for each group, and in each the value of one person."""
    assert verdicts(check("t.csv", ends_of_groups(trial, rounded=False), trial))["O08"] == "block"
    assert "O08" not in loud(check("t.csv", ends_of_groups(trial, rounded=True), trial))


MODELS = {
    "glm": "Degrees of Freedom: {more} Total (i.e. Null);  {df} Residual\n",
    "t.test": "t = 1.7201, df = {df}, p-value = 0.1361\n",
    "welch": "t = 1.7201, df = {df}.312, p-value = 0.1361\n",
    "paper": "Haemoglobin differed, t({df}) = 1.72, p = 0.136.\n",
    "stata": "Ho: diff = 0                     degrees of freedom = {df:>8}\n",
    "scipy": "TtestResult(statistic=np.float64(1.72), pvalue=0.136, df=np.float64({df}.0))\n",
}  # fmt: skip


@pytest.mark.parametrize("program", MODELS)
def test_degrees_of_freedom_of_a_test_are_residual(check: Check, program: str) -> None:
    """Eight people leave six; those of a table (chi-squared) are none that are left."""
    assert verdicts(check("t.txt", MODELS[program].format(df=6, more=7)))["O07"] == "block"
    assert loud(check("t.txt", MODELS[program].format(df=61, more=62))) == {}
    assert loud(check("t.txt", "X-squared = 7.1, df = 2, p-value = 0.0287\n")) == {}


def curve(times: list[int], names: str, rises: bool) -> str:
    """Steps without a word that tells them."""
    values = [0.99 - 0.004 * at if not rises else 0.004 * at for at in range(len(times))]
    body = "".join(f"{time},{value:.3f}\n" for time, value in zip(times, values, strict=True))
    return f"{names}\n{body}"


@pytest.mark.parametrize(
    ("names", "rises"),
    [("timeline,all", False), (",cumulative hazard", True), ("timeline,NA_estimate", True)],
)
def test_steps_need_no_name(check: Check, trial: Index, names: str, rises: bool) -> None:
    """Times that are people's own, and a share that falls from one, or a hazard that rises."""
    own = [11 + n * 13 for n in range(0, 60, 3)]
    assert loud(check("t.csv", curve(own, names, rises), trial)).get("O16") in STOPPED
    told = loud(check("t.csv", curve([n * 30 for n in range(20)], names, rises), trial))
    assert "O16" not in told


def test_outliers_of_a_box_plot_are_extremes(check: Check) -> None:
    """`boxplot.stats` of R lists them; its number of values does not."""
    box = "$stats\n[1] 1 2 3 4 5\n\n$n\n[1] 400\n\n$out\n[1] 19.5 21.25\n"
    assert loud(check("t.txt", box)).get("O08") in STOPPED
    assert "O08" not in loud(check("t.txt", "$n\n[1] 400\n\n$conf\n[1] 19.5 21.25\n"))


def test_words_of_a_column_come_before_those_of_its_rows(check: Check) -> None:
    """`cost.sum` of the diagnosis `factor XIII` is of `cost`, though there is a `factor`."""
    cells: Cells = {
        "person": [f"P{n:05d}X" for n in range(60)],
        "diagnosis": ["factor XIII"] * 20 + ["factor VII"] * 40,
        "factor": [f"{n % 30 + 5}" for n in range(60)],
        "cost": ["90000" if n == 3 else f"{n % 17 * 10 + 100}" for n in range(60)],
    }
    costs = [90000 if n == 3 else n % 17 * 10 + 100 for n in range(60)]
    rows = f"factor XIII,20,{sum(costs[:20])}\nfactor VII,40,{sum(costs[20:])}\n"
    text = f"diagnosis,cost.n,cost.sum\n{rows}"
    assert verdicts(check("t.csv", text, index_of("people", cells)))["O05"] == "block"


def test_leaves_of_stems_are_people(check: Check) -> None:
    """R's `stem` prints a digit for everybody; a table of numbers between bars is none."""
    plot = (
        "\n  The decimal point is 1 digit(s) to the right of the |\n\n  0 | 5677778\n  1 | 03599\n"
    )
    assert loud(check("t.txt", plot)).get("O01") in STOPPED
    assert "O01" not in loud(check("t.txt", "Stems: four\n\n 12 | 560\n 13 | 350\n"))


def test_rows_of_what_is_left_in_a_table_of_variances(check: Check) -> None:
    """Pingouin calls the residuals `Within`, gnuplot their degrees of freedom `NDF`."""
    table = "Source,SS,DF,MS\narm,724.1,5,144.8\nWithin,181.5,{},20.17\n"
    log = "degrees of freedom    (FIT_NDF)   : {}\nvariance of residuals = WSSR/ndf   : 1.824\n"
    for end, text in (("csv", table), ("log", log)):
        assert verdicts(check(f"t.{end}", text.format(9)))["O07"] == "block"
        assert "O07" not in loud(check(f"t.{end}", text.format(90)))


def test_parts_are_what_adds_up(check: Check, trial: Index) -> None:
    """`alive` and `died` beside `all`: whoever hides one of them hides nothing."""
    rows = "response,alive,died,all\nCR,101,20,121\nPR,60,23,83\nSD,42,20,62\nPD,37,{},{}\n"
    assert verdicts(check("t.csv", rows.format("<10", 39), trial))["O13"] == "block"
    assert "O13" not in loud(check("t.csv", rows.format("<10", "*"), trial))


def test_a_bare_share_is_of_its_row_unless_it_is_of_all(check: Check, trial: Index) -> None:
    """Two of 40 with progressive disease are 5 %; 40 of all 300 are 13.3 %."""
    rows = "response,percent\nCR,{}\nPR,{}\nSD,{}\nPD,{}\n"
    own = rows.format("25.8", "22.5", "20.0", "5.0")
    assert loud(check("t.csv", own, trial)).get("O10") in STOPPED
    of_all = check("t.csv", "response,percent\nPR,26.67\nSD,20.00\nPD,13.33\n", trial)
    assert not any("or leave them" in one.evidence for one in of_all.findings)


def test_levels_of_percentiles_are_spelled_as_shares(check: Check, trial: Index) -> None:
    """`quantile` of pandas; a share of people beside their group is no level."""
    text = (
        "                    volume  followed\narm                                 \n"
        "control      0.25   340.{0}       400\n             0.50   580.{0}       800\n"
        "             0.75   911.{0}      1200\nexperimental 0.25   340.{0}       400\n"
        "             0.50   580.{0}       800\n             0.75   911.{0}      1200\n"
    )
    assert loud(check("t.txt", text.format(3), trial)).get("O09") in STOPPED
    assert "O09" not in loud(check("t.txt", text.format(0), trial))


def test_words_behind_a_blank_column_name_their_numbers(check: Check, trial: Index) -> None:
    """Rows of pandas with two levels, the second of which is empty."""
    rows = "<tr><th>n</th><th></th><td>300</td></tr>" + "".join(
        f"<tr><th>{name}, mean [min,max]</th><th></th><td>{cell}</td></tr>"
        for name, cell in (("followed", "{}"), ("volume", "{}"))
    )
    table = f"<table><tr><th></th><th></th><th>Overall</th></tr>{rows}</table>"
    leaky = table.format("1954.5 [11.0,3898.0]", "561.7 [65.3,90210.7]")
    assert loud(check("t.html", leaky, trial)).get("O08") in STOPPED
    safe = table.replace(" [min,max]", " (sd)").format("1954.5 (1126.9)", "561.7 (287.4)")
    assert "O08" not in loud(check("t.html", safe, trial))


def _at_risk(few: int) -> str:
    """A survival curve with the people at risk below it, as lifelines and survminer draw it."""
    rows = (("", "0", "2", "4", "6"), ("At risk   340", "280", "190", f"{few}"),
            ("Events   0", "31", "52", "74"))  # fmt: skip
    texts = "".join(
        f'<text x="{40 + 60 * at + len(said):g}" y="{200 + 12.01 * line:g}">{said}</text>'
        for line, own in enumerate(rows)
        for at, said in enumerate(own)
        if said
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{texts}</svg>'


def test_people_at_risk_below_a_curve_are_counts(check: Check) -> None:
    assert loud(check("t.svg", _at_risk(8))).get("O01") in STOPPED
    assert "O01" not in loud(check("t.svg", _at_risk(108)))


def test_numbers_of_an_axis_in_the_line_of_a_word_are_no_row(check: Check) -> None:
    ticks = "".join(f'<text x="{40 + 60 * at}" y="200">{2 * at}</text>' for at in range(5))
    page = f'<svg xmlns="http://www.w3.org/2000/svg"><text x="2" y="200">years</text>{ticks}</svg>'
    assert "O01" not in loud(check("t.svg", page))


def test_a_style_sheet_counts_nobody(check: Check) -> None:
    """Widths and steps of lines; a table in the same place is read."""
    style = (
        ".a text{{text-anchor:end}}\n.b line{{stroke-dasharray:4,4;stroke:black;opacity:1}}\n"
        ".c line{{stroke-dasharray:6,6;stroke:black;opacity:0}}\n{}"
    )
    page = '<svg xmlns="http://www.w3.org/2000/svg"><style>{}</style></svg>'
    assert "O01" not in loud(check("t.svg", page.format(style.format(""))))
    hidden = "arm,people\nA,140\nB,3\nC,151\n"
    assert loud(check("t.svg", page.format(style.format(hidden)))).get("O01") in STOPPED


def test_numbers_of_numpy_are_numbers(check: Check, trial: Index) -> None:
    """As numpy 2 spells its scalars, and scipy's `describe` both ends."""
    told = (
        "volume\nDescribeResult(nobs=np.int64(300), minmax=(np.float64({}), np.float64({})), "
        "mean=np.float64(561.7), variance=np.float64(82680.2))\n"
    )
    assert loud(check("t.txt", told.format(65.3, 90210.7), trial)).get("O08") in STOPPED
    assert "O08" not in loud(check("t.txt", told.replace("minmax", "interval"), trial))
    counts = "{{'CR': np.int64(120), 'PR': np.int64(80), 'PD': np.int64({})}}\n"
    assert loud(check("t.txt", counts.format(4), trial)).get("O01") in STOPPED
    assert "O01" not in loud(check("t.txt", counts.format(40), trial))


def test_a_listing_of_sas_has_its_names_above_a_blank_line(check: Check, trial: Index) -> None:
    """`proc print` numbers its rows; the names tell what the other columns are."""
    listing = (
        "                         The SAS System        09:30 Monday, March 2, 2026   1\n\n"
        "Obs    response       n    median followed\n\n"
        "  1    CR           120               1954\n  2    PR            80               1940\n"
        "  3    PD         {:>5}               1948\n"
    )
    assert verdicts(check("t.lst", listing.format(4), trial))["O01"] == "block"
    assert "O01" not in loud(check("t.lst", listing.format(40), trial))


LIBRARY = (
    "/*! Charts v4.2.1 | (c) 2019 Ann Maker <ann@charts.example> */\n"
    + "!function(t){var e=[1,2,3];return function(n){return this.x=n,e[0]}};" * 40
    + '\nvar settings={{"ticks":[1,2,3],"password":"a","rows":[{}]}};'
)


@pytest.mark.parametrize("few", [4, 40])
def test_a_library_that_a_page_brings_along_counts_nobody(check: Check, few: int) -> None:
    """Counts in its own script are counts, as are those in a script that is no program."""
    library = LIBRARY.replace("{{", "{").replace("}}", "}").replace("[{}]", "[5,6]")
    table = f'[{{"arm":"A","patients":120}},{{"arm":"B","patients":{few}}}]'
    page = "<html><script>{}</script><script>var rows = {};</script></html>"
    told = loud(check("t.html", page.format(library, table)))
    assert told.get("O01") == ("block" if few < 10 else None)
    assert "O22-national" not in told
    assert "O24" not in told
    banner = library.splitlines()[0]
    no_library = loud(check("t.html", page.format(f"{banner}\nvar rows = {table};", "[]")))
    assert no_library.get("O01") == ("block" if few < 10 else None)


def test_rows_in_a_library_are_found(check: Check, source: Index, flchain: Cells) -> None:
    """Whoever writes them there hides them from nobody."""
    names = ("age", "kappa", "lambda", "creatinine", "futime")
    for moved, verdict in ((0, "block"), (1, "pass")):
        rows = ",".join(
            f"[{','.join(flchain[own][at + moved * turn * 31] for turn, own in enumerate(names))}]"
            for at in range(40, 60)
        )
        library = LIBRARY.replace("{{", "{").replace("}}", "}").replace("[{}]", f"[{rows}]")
        report = check("t.html", f"<html><script>{library}</script></html>", source)
        assert verdicts(report)["O19"] == verdict


def test_decimal_commas_are_in_numbers_and_lists_are_packed(
    check: Check, source: Index, flchain: Cells
) -> None:
    """As a German program prints correlations; somebody's values between commas are a row."""
    table = "         hb   plt\nhb     1,00  0,03\nplt    0,03  1,00\n"
    assert "O01" not in loud(check("t.txt", table))
    names = ("age", "futime", "flc.grp", "sample.yr")
    packed = "\n".join(
        f"person {at}  {','.join(flchain[name][at] for name in names)}" for at in range(40, 90)
    )
    assert verdicts(check("t.txt", packed, source))["O19"] == "block"


def test_scales_of_colours_are_no_values(check: Check) -> None:
    """As plotly keeps them; shares that rise to no end are values."""
    scale = [[at / 9, f"#46{at:02d}9f"] for at in range(10)]
    assert "O30" not in loud(check("t.json", json.dumps({"colorscale": scale})))
    assert "O30" in loud(check("t.json", json.dumps({"rows": scale[:-1]})))
    words = [["5%", "#460000"], ["<1", "#460001"], ["1", "#460002"]]
    assert verdicts(check("t.json", json.dumps({"rows": words})))["O29"] == "pass"


@pytest.mark.parametrize("said", ["", "<w:comment><w:p><w:t>ask Ann</w:t></w:p></w:comment>"])
def test_a_document_without_remarks_hides_none(check: Check, said: str) -> None:
    """Pandoc writes the part for them whether there are any or not."""
    data = io.BytesIO(document({"arm": ["A", "B"], "n": ["120", "340"]}))
    with zipfile.ZipFile(data, "a") as archive:
        part = f'<w:comments xmlns:w="urn:words">{said}</w:comments>'
        archive.writestr("word/comments.xml", part)
    assert loud(check("t.docx", data.getvalue())).get("O28") == ("flag" if said else None)


def test_a_sentence_is_somebodys_by_more_than_thresholds(
    check: Check, source: Index, flchain: Cells
) -> None:
    """Of a score, and of a table of estimates; the same numbers as values of somebody are a row."""
    names = ("age", "kappa", "lambda", "creatinine", "futime", "sample.yr")
    own = [f"{name} {flchain[name][50]}" for name in names]
    for sign in (" was ", " -> ", " => "):
        told = ", ".join(one.replace(" ", sign, 1) for one in own)
        assert verdicts(check("t.txt", f"A woman: {told}.\n", source))["O19"] in STOPPED
    limits = " + ".join(one.replace(" ", " > ", 1) for one in own)
    assert verdicts(check("t.txt", f"points = {limits}\n", source))["O19"] not in STOPPED


def test_numbers_of_most_columns_are_nobodys_sentence(check: Check) -> None:
    """Steps 0 to 19 are what somebody has in twenty columns, each of which has all of them; one
    rare number beside them tells too little alone.
    """
    random, many = Random(3), range(20)
    cells: Cells = {"person": [f"P{at}" for at in range(3000)]}
    for at in many:
        others = (at if random.random() < 0.3 else random.choice(many) for _ in range(2999))
        cells[f"v{at}"] = [str(at), *map(str, others)]
    cells["w"] = [str(1000 + at // 5) for at in range(3000)]
    known = index_of("people", cells)
    named = " ".join([*(f"v{at} {at}" for at in many), "w 1000"])
    assert verdicts(check("t.txt", f"Case {named}\n", known))["O19"] in STOPPED
    bare = named.replace("v", "step").replace("w", "wait")
    assert verdicts(check("t.txt", f"Case {bare}\n", known))["O19"] not in STOPPED


def test_a_library_raises_no_bar_for_a_sentence(
    check: Check, source: Index, flchain: Cells
) -> None:
    """However many lists it holds: whoever is told beside it is found all the same."""
    names = ("age", "flc.grp", "futime", "sample.yr")
    told = ", ".join(f"{name} {flchain[name][50]}" for name in names)
    library = LIBRARY.replace("{{", "{").replace("}}", "}").replace("[{}]", "[5,6]")
    library += "".join(f"f([{at},{at + 1},7,9],function(n){{return n}});" for at in range(3000))
    case = f"<p>A woman: {told}.</p></html>"
    for page in (f"<html>{case}", f"<html><script>{library}</script>{case}"):
        assert verdicts(check("t.html", page, source))["O19"] in STOPPED


def test_a_secret_in_a_library_is_a_secret(check: Check) -> None:
    library = LIBRARY.replace("{{", "{").replace("}}", "}").replace("[{}]", "[5,6]")
    page = "<html><script>{}var key='AKIA{}';</script></html>"
    assert verdicts(check("t.html", page.format(library, "ABCDEFGHIJKLMNOP")))["O24"] == "block"
    assert verdicts(check("t.html", page.format(library, "short")))["O24"] == "pass"


def test_only_who_made_a_program_is_left_alone(check: Check) -> None:
    """Shortly behind the word that says so; in one long line nobody else is."""
    made = "/* @author Ann Maker <ann@charts.example> */ " + "x" * 200
    assert verdicts(check("t.txt", made))["O22-national"] == "pass"
    assert verdicts(check("t.txt", f"{made} jane.doe@home.example"))["O22-national"] == "flag"


def test_how_far_a_program_is_and_such_people(check: Check) -> None:
    boot = "".join(f"[boot {at:>3}/40] AUC=0.73\n" for at in range(1, 12))
    assert "O01" not in loud(check("t.log", boot))
    assert loud(check("t.txt", "We follow only 8 such people under 60.\n"))["O01"] == "flag"
    assert loud(check("t.txt", "Slechts 2 patiënten hadden graad 4.\n"))["O01"] == "flag"


def test_a_line_of_names_at_the_end_is_read(check: Check, source: Index, flchain: Cells) -> None:
    """`Obs` begins a listing of SAS; with nothing below it, it is a line like others."""
    names = ("age", "kappa", "lambda", "creatinine", "futime", "sample.yr")
    told = "  ".join(f"{name} {flchain[name][50]}" for name in names)
    assert verdicts(check("t.lst", f"Obs  {told}", source))["O19"] in STOPPED


def test_what_a_pivot_is_made_of_counts_nobody(check: Check) -> None:
    """Fields and flags of Excel; the same elements in a part that nobody knows are a table."""
    fields = "".join(f'<pivotField axis="{axis}" dataField="{flag}" showAll="0"/>'
                     for axis, flag in (("row", 1), ("col", 2), ("page", 3)))  # fmt: skip
    for part, verdict in (("xl/pivotTables/pivotTable1.xml", None), ("xl/other.xml", "flag")):
        data = io.BytesIO(workbook({"arm": ["A", "B"], "n": ["120", "340"]}))
        with zipfile.ZipFile(data, "a") as archive:
            archive.writestr(part, f'<def xmlns="urn:x">{fields}</def>')
        assert loud(check("t.xlsx", data.getvalue())).get("O01") == verdict
