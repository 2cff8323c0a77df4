"""Tables as people write them: what is leaky is found by its rule, what is safe is left alone."""

from collections.abc import Sequence
from random import Random

import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.model import Context, FileReport
from tests.outputs_world import Cells, Check, cohort, index_of, verdicts

QUIET = Context("a table", "all people of the cohort", "groups of at least ten")


def table(*lines: str) -> str:
    """Lines with `|` between cells, as csv."""
    rows = [[f'"{cell}"' if "," in cell else cell for cell in line.split("|")] for line in lines]
    return "\n".join(",".join(row) for row in rows) + "\n"


def loud(report: FileReport) -> dict[str, str]:
    """The rules that said anything but pass."""
    return {rule: said for rule, said in verdicts(report).items()
            if said not in {"pass", "not-applicable"}}  # fmt: skip


LEAKY = {
    "small count": ("O01", ("sex|n", "F|12", "M|9")),
    "small numerator": ("O01", ("sex|3/120", "F|20/130", "M|3/120")),
    "small with percent": ("O01", ("|cases", "F|40 (30.1%)", "M|4 (3.1%)")),
    "small rest of a column": ("O01", ("sex|people|deaths", "F|120|113", "M|130|60")),
    "small rest of a fraction": ("O01", ("sex|alive", "F|112/120 (93%)", "M|50/130 (38%)")),
    "small in a long table": ("O01", ("group|statistic|value", "A|n|7", "A|mean|4.5", "B|n|70",
                                      "B|mean|5.5")),
    "small in a table of arms": ("O01", ("|Arm A (N=120)|Arm B (N=110)", "Sex||",
                                         "Female|114 (95%)|55 (50%)", "Male|6 (5%)|55 (50%)")),
    "small in a cross table": ("O01", ("stage|F|M|All", "I|40|50|90", "II|30|4|34",
                                      "All|70|54|124")),
    "small with n in its cell": ("O01", ("group|size", "A|n = 120", "B|n = 6")),
    "zero": ("O03", ("sex|n", "F|12", "M|0")),
    "everybody by share": ("O04", ("sex|n|percent", "F|12|100", "M|30|40")),
    "everybody by count": ("O04", ("sex|people|deaths", "F|120|120", "M|130|60")),
    "everybody in a cell": ("O04", ("sex|dead", "F|120 (100%)", "M|60 (46%)")),
    "no spread": ("O04", ("group|mean|sd", "A|4.2|0", "B|4.4|1.2")),
    "few residual degrees": ("O07", ("figure|value", "df residual|6", "R squared|0.93")),
    "an extreme by its name": ("O08", ("variable|min|max", "blood sugar|3.1|17.2")),
    "shares of a tiny group": ("O10", ("stage|percent", "I|14.3", "II|28.6", "III|57.1")),
    "weighted counts alone": ("O11", ("sex|n", "F|120.4", "M|133.7")),
    "total of unrounded cells": ("O12", ("site|n", "A|20", "B|30", "C|45", "D|50", "E|25", "F|15",
                                         "Total|183")),
    "hidden but solvable": ("O13", ("site|n", "A|<10", "B|20", "C|30", "Total|54")),
    "hidden in a cross table": ("O13", ("stage|F|M|All", "I|<10|50|57", "II|30|44|74",
                                        "All|37|94|131")),
    "hidden beside its share": ("O13", ("site|n|percent", "A|<10|3.3", "B|86|71.7", "C|30|25.0")),
    "hidden to two numbers": ("O13", ("site|n", "A|<10", "B|<10", "C|30", "Total|47")),
    "few at risk": ("O16", ("time|survival|n.risk|n.event", "0|1.00|120|0", "12|0.70|80|36",
                            "24|0.40|30|24", "36|0.30|6|3")),
    "steps without counts": ("O16", ("time|survival", "0|1", "7|0.991", "9|0.982", "13|0.973")),
    "small under two lines of names": ("O01", ("sex|F|F|M|M", "dead|0|1|0|1", "kind||||",
                                               "AML|120|88|140|97", "MDS|220|130|3|160")),
    "two lines of names that are counts": ("O01", ("sex|F|F|M|M", "dead|4|1|0|3", "kind||||",
                                                   "AML|120|88|140|97", "MDS|220|130|30|160")),
    "small beside classes": ("O01", ("visits|patients", "1|300", "2|120", "3|40", "4|44", "5+|4")),
    "numbers under no class": ("O01", ("visits|score", "3|120", "1|300", "5+|44")),
    "people named behind the number": ("O01", ("group|x|of", "F|5|patients", "M|88|patients")),
    "perhaps counted": ("O01", ("|Overall", "Died|88 (60)", "Transfused|7 (5)")),
    "one event at a step": ("O16", ("time|survival|n risk", "0|1.000|120", "7|0.992|119",
                                    "9|0.983|118")),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKY)
def test_a_leak_is_found_by_its_rule(check: Check, name: str) -> None:
    """Flagged or blocked, never passed."""
    rule, lines = LEAKY[name]
    assert loud(check("t.csv", table(*lines))).get(rule) in {"flag", "block"}


SAFE: dict[str, Sequence[str]] = {
    "counts at the threshold": ("sex|n", "F|10", "M|10"),
    "rests at the threshold": ("sex|people|deaths", "F|120|110", "M|130|60"),
    "years and counts": ("year|n", "2019|120", "2020|130", "2021|140"),
    "years as columns": ("site|2019|2020|2021|Total", "A|40|50|60|150", "B|44|55|66|165"),
    "stages": ("stage|n|percent", "1|120|40.0", "2|100|33.3", "3|80|26.7"),
    "coefficients": ("term|estimate|std error|z|p", "age|0.05|0.01|5|0", "sex|1|0.4|2.5|0.01",
                     "stage|2|1|2|0.05"),
    "odds ratios": ("|OR|95% CI lower|95% CI upper", "age|1|1|2", "sex|3|2|5"),
    "ratios in cells": ("|OR (95% CI)|p", "age|1.2 (0.9-1.6)|0.2", "sex|3.4 (2.1-5.5)|<0.001"),
    "ranks": ("rank|gene|importance", "1|TP53|9", "2|FLT3|7", "3|NPM1|4"),
    "drug doses": ("drug|dose mg|patients", "lenalidomide|5|120", "dexamethasone|4|130"),
    "planned n": ("arm|planned n|stratum size target", "A|5|8", "B|6|9"),
    "means and spreads": ("group|n|mean age|sd", "A|120|64|9", "B|130|62|8"),
    "means in cells": ("|A (N=120)|B (N=110)", "Age, mean (SD)|64 (9)|62 (8)",
                       "Female, n (%)|60 (50%)|55 (50%)", "Male, n (%)|60 (50%)|55 (50%)"),
    "medians": ("group|n|median follow-up, months", "A|120|5", "B|130|7"),
    "p-values": ("test|p-value", "log-rank|0.03", "Cox|1"),
    "rates": ("group|events per 100 person years|people", "A|4|120", "B|6|130"),
    "a test with few degrees": ("test|chi2|df|p", "sex|4|1|0.05", "stage|9|3|0.03"),
    "hidden well": ("stage|F|M|All", "I|<10|<10|12", "II|<10|<10|13", "III|60|70|130",
                    "All|72|83|155"),
    "hidden without a total": ("site|n", "A|<10", "B|20", "C|30"),
    "rounded with rounded totals": ("site|n", "A|20", "B|30", "C|45", "D|50", "E|25", "F|15",
                                    "Total|185"),
    "survival at rounded times": ("time|survival|n.risk|n.event", "0|1.00|7874|0",
                                  "12|0.97|7600|230", "24|0.94|7300|210", "36|0.91|7000|190"),
    "shares with counts": ("stage|n|percent", "I|100|14.3", "II|200|28.6", "III|400|57.1"),
    "fine shares": ("stage|percent", "I|14.7", "II|28.1", "III|57.2"),
    "cycles and weeks": ("cycle|week|median platelets", "1|3|210", "2|6|180", "3|9|170"),
    "codes": ("ICD code|description|people", "9732|myeloma|210", "9765|MGUS|180"),
    "confusion of models": ("model|AUC|sensitivity|specificity|folds", "a|0.81|0.7|0.8|x",
                            "b|0.79|0.6|0.9|x"),
    "two lines of names": ("sex|F|F|M|M", "dead|0|1|0|1", "kind||||", "AML|120|88|140|97",
                           "MDS|220|130|250|160"),
    "statistics under two lines of names": ("|age|age|hb|hb", "|mean|sd|mean|sd", "kind||||",
                                            "AML|64|9|9|2", "MDS|71|8|9|1"),
    "classes of which the last is open": ("visits|patients", "1|300", "2|120", "3|40", "4|44",
                                          "5+|31"),
    "means of few things in cells": ("|A (N=120)|B (N=110)", "Units, mean (SD)|8 (5)|8 (6)"),
    "settings": ("setting|value", "features|3", "parameters|4", "digits|0"),
    "degrees in words": ("test|x|y|z|what", "Wald|118.2|on|3|df", "score|117.9|on|3|df"),
    "descriptive": ("|age|hgb", "count|7874|7800", "mean|64.3|13.2", "std|10.5|2"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAFE)
def test_a_safe_table_is_left_alone(check: Check, name: str) -> None:
    """No rule says a word."""
    assert loud(check("t.csv", table(*SAFE[name]))) == {}


@pytest.mark.parametrize("name", LEAKY)
@pytest.mark.parametrize("safe", ["stages", "coefficients", "hidden well"])
def test_a_leak_added_never_improves_a_verdict(check: Check, name: str, safe: str) -> None:
    """Two tables in one file, the leaky one below or above the safe one."""
    rule, lines = LEAKY[name]
    both = [f"# One\n\n{_markdown(SAFE[safe])}\n# Two\n\n{_markdown(lines)}",
            f"# One\n\n{_markdown(lines)}\n# Two\n\n{_markdown(SAFE[safe])}"]  # fmt: skip
    for text in both:
        assert loud(check("t.md", text)).get(rule) in {"flag", "block"}


@pytest.mark.parametrize(
    ("line", "speaks"),
    [
        ("In this arm n=5 women relapsed.", True),
        ("Women(n=5) were younger.", True),
        ("Among grade 4, 3 patients died.", True),
        ("There were 3 deaths in the group.", True),
        ("We made n = 5 imputations of missing values.", False),
        ("There were 2 events per patient on average.", False),
        ("5 deaths per 100 person-years and 4 cases/1000.", False),
        ("Stage 3 patients lived shorter than stage 2 patients.", False),
        ("Time was counted in 1 patient-year.", False),
        ("frame.head(n=5)", False),
        ("Fig.Two(n=5)", True),
        ("Of 412 patients, only 6 had a relapse.", True),
        ("Of the 412 women, three died within a year.", True),
        ("Of 412 patients, 60 had a relapse and 4 of 12 models were kept.", False),
        ("Of 10 covariates, 8 were kept.", False),
        ("Of 412 patients in 8 regions, 120 died.", False),
    ],
)
def test_small_numbers_of_a_sentence(check: Check, line: str, speaks: bool) -> None:
    """People are counted by some of them; stages, rates, things and calls by none."""
    assert ("O01" in loud(check("t.txt", line + "\n"))) is speaks


def test_the_legend_under_coefficients_is_no_row(check: Check) -> None:
    """R explains its stars on two lines that stand in no column; what is small above is found."""
    legend = "---\nSignif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1\n"
    model = (
        "         coef exp(coef) se(coef)      z Pr(>|z|)    \n"
        "age  0.031200  1.031692 0.003501  8.912  < 2e-16 ***\n"
        "sexM 0.150112  1.161964 0.080012  1.876   0.0606 .  \n"
    )
    assert loud(check("t.txt", model + legend)) == {}
    counted = "      n  dead\nAML 120    60\nHLH   7     2\n"
    assert loud(check("t.txt", counted + legend))["O01"] == "block"


def _markdown(lines: Sequence[str]) -> str:
    head, *rest = (f"| {line.replace('|', ' | ')} |" for line in lines)
    rule = "|" + " --- |" * (lines[0].count("|") + 1)
    return "\n".join([head, rule, *rest]) + "\n"


@pytest.fixture(scope="module")
def visits() -> Index:
    """Three visits of each of 300 people, but one site has 3 people with 8 visits each."""
    people = [f"P{n:05d}X" for n in range(300) for _ in range(3)] + [
        f"Q{n:05d}X" for n in range(3) for _ in range(8)
    ]
    sites = [("A", "B")[n % 2] for n in range(300) for _ in range(3)] + ["C"] * 24
    return index_of("visits", {"person": people, "site": sites})


def test_rows_are_not_people(check: Check, visits: Index) -> None:
    """24 visits of three people: the count is large, the group is not."""
    counted = table("site|n", "A|450", "B|450", "C|24")
    assert verdicts(check("t.csv", counted, visits))["O02"] == "block"
    assert verdicts(check("t.csv", table("site|n", "A|450", "B|450"), visits))["O02"] == "pass"


@pytest.fixture(scope="module")
def exchanges() -> Index:
    """Four sites of 100 people; two people of each have all of its exchanges, of 16 units."""
    people = [f"P{n:05d}X" for n in range(400)]
    who = index_of("people", {"person": people, "site": ["ABCD"[n % 4] for n in range(400)]})
    rows = [(person, "2", "red") for person in people]
    rows += [(people[site + 4 * own], "16", "plasma") for site in range(4) for own in range(2)
             for _ in range(15 + 5 * (site == 3))]  # fmt: skip
    given = {name: [row[at] for row in rows] for at, name in enumerate(("person", "units", "kind"))}
    return Index((*who.tables, *index_of("given", given).tables), who.key, "x/v1", who.digest)


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (("site|exchanges", "A|30", "B|30", "C|30", "D|40"), "flag"),
        (("site|transfusions", "A|100", "B|100", "C|100", "D|100"), "pass"),
        (("site|beds", "A|31", "B|28", "C|30", "D|44"), "pass"),
    ],
)
def test_rows_of_a_few_people_are_told_by_their_number(
    check: Check, exchanges: Index, lines: tuple[str, ...], verdict: str
) -> None:
    """Nothing says what is counted; the source has just as many rows of one kind, of two people."""
    told = verdicts(check("t.csv", table(*lines), exchanges))["O02"]
    assert told in ({"flag"} if verdict == "flag" else {"pass", "not-applicable"})


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (("site|patients|sum of units", "A|2|480", "B|2|480", "C|2|480", "D|2|640"), "block"),
        (("site|patients|sum of units", "A|100|200", "B|100|200", "C|100|200"), "pass"),
        (("site|patients|sum of units", "A|90|481", "B|80|402", "C|90|450"), "pass"),
    ],
)
def test_a_sum_of_a_part_of_its_groups_is_worked_out(
    check: Check, exchanges: Index, lines: tuple[str, ...], verdict: str
) -> None:
    """The site stands in one table of the source, the units in another; the kind nowhere."""
    assert verdicts(check("t.csv", table(*lines), exchanges))["O05"] == verdict


@pytest.fixture(scope="module")
def costs() -> Index:
    """Costs of 60 people at three sites: one person dominates site A, nobody the others."""
    cells: Cells = {
        "person": [f"P{n:05d}X" for n in range(60)],
        "site": ["A"] * 20 + ["B"] * 20 + ["C"] * 20,
        "cost": ["90000"] + [str(100 + n) for n in range(19)] + [str(500 + n) for n in range(40)],
    }
    return index_of("costs", cells)


@pytest.mark.parametrize(
    ("name", "lines", "verdict"),
    [
        ("O05", ("site|n|mean cost", "A|20|4603.6", "B|20|509.5"), "block"),
        ("O05", ("site|n|sum of cost", "B|20|10190", "C|20|10590"), "pass"),
        ("O05", ("site|n|mean cost", "A|20|4000.0", "B|20|509.5"), "flag"),
        ("O06", ("site|n|mean cost", "A|20|4603.6", "B|20|509.5"), "block"),
        ("O06", ("site|n|mean cost", "B|20|509.5", "C|20|529.5"), "pass"),
        ("O05", ("drug|n|mean cost of it", "x|20|4.1"), "pass"),
    ],
)
def test_dominance_is_worked_out_on_the_source(
    check: Check, costs: Index, name: str, lines: tuple[str, ...], verdict: str
) -> None:
    """By group and variable; a number that is the whole group's is certain."""
    assert verdicts(check("t.csv", table(*lines), costs))[name] == verdict


@pytest.fixture(scope="module")
def light(flchain: Cells) -> Index:
    """flchain, to trace extremes and percentiles to."""
    return index_of("flchain", flchain)


@pytest.mark.parametrize(
    ("rule", "lines", "verdict"),
    [
        ("O08", ("sex|n|max kappa", "F|4350|20.5", "M|3524|15"), "block"),
        ("O08", ("sex|n|min age|max age", "F|4350|50|90", "M|3524|50|90"), "pass"),
        ("O08", ("|age|kappa", "count|7874|7874", "mean|64.3|1.43", "max|90|20.5"), "block"),
        ("O08", ("variable|mean|range", "kappa|1.43|0.01-20.5", "age|64.3|50-90"), "block"),
        ("O08", ("trial|max kappa", "A|4.36", "B|10.5"), "block"),
        ("O09", ("sex|n|median futime", "F|4350|4302.5", "M|3524|4100.5"), "pass"),
        ("O09", ("variable|median", "age|63"), "pass"),
        ("O09", ("|n|median futime", "F|4350|4998", "M|3524|3200"), "block"),
    ],
)
def test_extremes_and_percentiles_are_traced(
    check: Check, light: Index, flchain: Cells, rule: str, lines: tuple[str, ...], verdict: str
) -> None:
    """To how many people have the value."""
    few = {value for value in flchain["futime"] if 0 < flchain["futime"].count(value) < 3}
    told = table(*lines).replace("4998", sorted(few)[0]).replace("3200", sorted(few)[1])
    assert verdicts(check("t.csv", told, light))[rule] == verdict


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("Kappa was 1.43 in the mean (range 0.01-20.5).", "flag"),
        ("Of all, the highest kappa was 20.5 and of no meaning.", "flag"),
        ("Age was 64 in the mean (range 50-90).", "pass"),
        ("Kappa was 1.43 in the mean (range 0.1-15).", "pass"),
        ("The assay of kappa was read at 20.5 degrees.", "pass"),
        ("We read kappa at noon. The highest temperature was 20.5 degrees.", "pass"),
    ],
)
def test_extremes_told_in_words_are_traced(
    check: Check, light: Index, line: str, verdict: str
) -> None:
    """An end of a named variable; ends that many have, other numbers, other sentences are not."""
    assert verdicts(check("t.md", f"# Results\n\n{line}\n", light))["O08"] == verdict


@pytest.fixture(scope="module")
def followed() -> Index:
    """Three sites of 101 people, each followed for another number of months, to one decimal."""
    size = 303
    cells: Cells = {
        "person": [f"P{n:05d}X" for n in range(size)],
        "site": ["ABC"[n % 3] for n in range(size)],
        "months": [f"{(n // 3 + 7 * (n % 3)) * 1.3 + 0.1:.1f}" for n in range(size)],
        "age": [str(50 + n // 3 % 4) for n in range(size)],
    }
    return index_of("followed", cells)


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (("site|n|median|Q1|Q3", "A|101|65.1|32.6|97.6", "B|101|74.2|41.7|106.7"), "flag"),
        (("site|n|median|Q1|Q3", "A|101|65|30|100", "B|101|75|40|105"), "pass"),
        (("site|n|median|Q1|Q3", "A|101|51|50|52", "B|101|51|50|52"), "pass"),
        (("site|n|median|Q1|Q3", "A|101|12.2|9.6|17.1", "B|101|13.3|8.9|18.4"), "pass"),
    ],
)
def test_percentiles_of_a_variable_that_is_not_named_are_worked_out(
    check: Check, followed: Index, lines: tuple[str, ...], verdict: str
) -> None:
    """Exact months are one person's; rounded ones, ages of many, and other figures are not."""
    assert verdicts(check("t.csv", table(*lines), followed))["O09"] == verdict


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("group|q1|med|q3|whishi", "a|12|20|31|90", "b|11|19|30|88"), True),
        (("group|n|mean|fliers", "a|120|20|90", "b|130|19|88"), True),
        (("group|n|number of outliers", "a|120|20", "b|130|19"), False),
        (("kind|name|start|stop|step", "range|x|0|7|1", "range|y|0|9|1"), False),
    ],
)
def test_what_box_plots_draw_are_extremes(check: Check, lines: tuple[str, ...], told: bool) -> None:
    """Whiskers and outliers; how many outliers there are, and where row numbers end, is none."""
    assert (verdicts(check("t.csv", table(*lines)))["O08"] == "flag") is told


def rows_like_people(size: int, marks: str) -> str:
    """A table of as many rows as there may be people, with a mark of each."""
    random = Random(1)
    lines = [f"x|kg|blasts percent|{marks}"]
    lines += [f"{random.choice('ab')}{random.randrange(900)}|{random.uniform(50, 90):.1f}|"
              f"{random.choice((0, 3, 7))}|{random.randrange(2)}" for _ in range(size)]  # fmt: skip
    return table(*lines)


def test_rows_that_may_be_people_are_told_once(check: Check) -> None:
    """By O20: marks and measurements of each are then no small counts, and no shares of groups.

    What O20 does not look at, and true counts in such a table, are told as before.
    """
    told = verdicts(check("t.csv", rows_like_people(150, "dead")))
    assert (told["O20"], told["O01"], told["O04"]) == ("flag", "pass", "pass")
    assert verdicts(check("t.csv", rows_like_people(30, "dead")))["O01"] == "flag"
    counted = rows_like_people(150, "patients").replace(",1\n", ",4\n")
    assert verdicts(check("t.csv", counted))["O01"] == "block"


def test_the_cohorts_own_extremes(flchain: Cells) -> None:
    """The numbers typed above are those of the cohort."""
    assert max(map(float, flchain["kappa"])) == 20.5
    assert flchain["age"].count("50") > 10
    assert cohort("flchain")["sex"].count("F") == 4350


@pytest.mark.parametrize(
    ("said", "cells", "verdict"),
    [
        ("All counts rounded to the nearest 5", ("20", "33"), "flag"),
        ("All counts rounded to the nearest 5", ("20", "35"), "pass"),
        ("Ages were rounded to 5 years", ("20", "33"), "pass"),
        ("Counts are as they came, and shares rounded to 2 decimals", ("20", "33"), "pass"),
    ],
)
def test_a_claim_that_a_file_makes_of_itself_is_verified(
    check: Check, said: str, cells: tuple[str, str], verdict: str
) -> None:
    """About counts only."""
    rows = "".join(f"| {site} | {cell} |\n" for site, cell in zip("AB", cells, strict=True))
    text = f"{said}\n\n| site | patients |\n| --- | --- |\n{rows}"
    assert verdicts(check("t.md", text))["O12"] == verdict


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("rounded to 5", "block"), ("rounded to the nearest ten", "block"), ("midpoint 6", "block"),
     ("shares rounded to 2 decimals", "pass"), ("groups of ten", "pass")],
)  # fmt: skip
def test_a_claim_of_rounding_is_verified(check: Check, said: str, verdict: str) -> None:
    """The context says it, the counts do not."""
    context = Context("a table", "all", said)
    report = check("t.csv", table("sex|n", "F|123", "M|142"), context=context)
    assert verdicts(report)["O12"] == verdict
    right = check("t.csv", table("sex|n", "F|120", "M|150"), context=Context("a", "b", "to 5"))
    assert verdicts(right)["O12"] == "pass"


def test_the_solution_interval_is_named(check: Check) -> None:
    """A hidden cell that can be solved is named with what it is."""
    report = check("t.csv", table("site|n", "A|<10", "B|20", "C|30", "Total|54"))
    found = [one for one in report.findings if one.rule == "O13"]
    assert [(one.where.rows, one.measured) for one in found] == [((1,), "4 to 4")]


def test_rows_in_any_order_say_the_same(check: Check) -> None:
    """Except for a total, whose place may say what it is; lines of names are no rows."""
    for name, (rule, lines) in LEAKY.items():
        if rule in {"O16"} or "arms" in name or "Total" in lines[-1] or "All" in lines[-1]:
            continue
        names = 3 if "lines of names" in name else 1
        turned = [*lines[:names], *reversed(lines[names:])]
        assert loud(check("t.csv", table(*turned))) == loud(check("t.csv", table(*lines))), name


@pytest.mark.parametrize(("ends", "verdict"), [("25|40", "pass"), ("25.1|40", "block"),
                                               ("25|61.2", "block")])  # fmt: skip
def test_rounded_limits_of_no_known_group_are_nobodys(
    check: Check, ends: str, verdict: str
) -> None:
    """Of a protocol; that somebody happens to have 25 says nothing, the greatest of all does."""
    cells = {"person": [f"P{n}" for n in range(400)],
             "wbc": ["61.2", "25.0", "40.0", "25.1", *(f"{10 + n % 97 * 0.3 + 0.1:.1f}"
                                                       for n in range(396))]}  # fmt: skip
    trials = zip("AB", ends.split("|"), strict=True)
    lines = [f"{trial}|{end}" for trial, end in trials]
    report = check("t.csv", table("trial|wbc max", *lines), index_of("people", cells))
    assert verdicts(report)["O08"] == verdict
