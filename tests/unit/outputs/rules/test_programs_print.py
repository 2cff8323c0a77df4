"""Counts, ends and models as programs print them: leaky ones are stopped, their twins are not.

Each layout is written twice: with few people or somebody's value, and with many or nobody's.
"""

from collections.abc import Callable

import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Cells, Check, index_of, verdicts
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


COUNTS: dict[str, tuple[str, Callable[[int], str]]] = {
    one.__name__: (end, one)
    for end, one in (
        ("log", drawn), ("log", coloured), ("txt", framed), ("svg", terminal), ("svg", bars),
        ("txt", vector), ("txt", typed), ("csv", stepped), ("yaml", tallied), ("toml", assigned),
        ("txt", summarised), ("txt", multilevel), ("dot", tree), ("txt", rules),
        ("txt", partitioned), ("txt", boosted), ("txt", binned), ("txt", counted),
        ("txt", stacked), ("txt", quoted), ("html", rows_alone),
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
    values = [0.99 - 0.004 * at if not rises else 0.001 + 0.004 * at for at in range(len(times))]
    body = "".join(f"{time},{value:.3f}\n" for time, value in zip(times, values, strict=True))
    return f"{names}\n{body}"


@pytest.mark.parametrize(
    ("names", "rises"), [("timeline,all", False), (",cumulative hazard", True)]
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
