"""Numbers by what they are: what counts nobody is let through, and its leaky twin is stopped."""

import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Check, index_of
from tests.unit.outputs.rules.test_tables import loud, table

STOPPED = {"flag", "block"}


@pytest.fixture(scope="module")
def people() -> Index:
    """300 people of four responses, of whom some died."""
    return index_of("people", {
        "person": [f"P{n:05d}X" for n in range(300)],
        "response": ["CR"] * 120 + ["PR"] * 80 + ["SD"] * 60 + ["PD"] * 40,
        "died": ["1" if n % 3 else "0" for n in range(300)],
        "volume": [f"{n * 37 % 997 + 63.3:.1f}" for n in range(300)],
    })  # fmt: skip


SAFE = {
    "bounds of an interval": ("|coef|coef lower 95%|95% Confidence Interval for B Upper Bound",
                              "age|-0.01|-0.02|0.00", "hb|0.52|0.00|1.00"),
    "bounds by their short names": ("|OR|LCB|UCB", "age|0.98|0.94|1.00", "hb|1.01|1.00|1.02"),
    "error of a coefficient": ("|coef|se(coef)", "age|-0.01|0.00", "hb|0.52|0.11"),
    "ones among correlations": ("|hb|alt", "hb|1.0000|-0.0441", "age||0.0030", "wbc||0.0180"),
    "communalities": ("|Initial|Extraction", "hb|1.00|.99", "alt|1.00|.17"),
    "power": ("test|pval|power", "a|0.0001|1.0", "b|0.0002|1.0"),
    "nobody is missing": ("response|N|Raw %|Valid %", "CR|120|60.00|60.00", "PR|80|40.00|40.00",
                          "<NA>|0|0.00|<NA>"),
    "nobody is missing in a cell": ("response|n (%)", "CR|120 (60.0%)", "PR|80 (40.0%)",
                                    "Missing|0 (0.0%)"),
    "what a program did": ("link|nobs|AIC|niter|max.grad", "logit|500|12511.59|6(0)|1.16e-11"),
    "days of who died": ("sex|died_days|plt", "F|5|74", "M|637|207", "F|936|155"),
    "weeks in brackets": ("Wirkstoff|Kontrolle (Wochen)", "A|4", "B|12", "C|1"),
    "a unit behind a comma": ("visit|V1|V2", "blood drawn, ml|30|9", "dose, mg/kg|20|4"),
    "plausible values": ("variable|low|high", "hb|2|25", "plt|0|5000", "wbc|0|1000"),
    "where items stand": ("Item|No|Page", "Title|1|1", "Participants|6|5", "Bias|13|9"),
    "types of columns": ("|count", "int64|19", "object|15", "float64|6"),
    "fits of a simulation": ("scenario|failed fits|replications", "PH|0|1000", "crossing|3|1000"),
    "where a curve begins": ("months|at risk|free of progression (%)", "0|3270|100", "6|2270|81",
                             "12|1580|67"),
    "answers of a questionnaire": ("question|not at all|a little|much", "walk|1|2|3", "pain|1|2|3"),
    "a dictionary of data": ("name|label|type|unit|values|since",
                             "age|at diagnosis|integer|years||1", "iss|stage|category||I|2"),
    "times a substance halves": ("drug|days|half-lives", "a|90|4", "b|2|5"),
    "pieces in a pack": ("molécule|dosage|unités|prix", "a|3,5 mg|1|212,40", "b|25 mg|21|1893,75"),
    "nobody's value is missing": ("column|rows|missing|percent", "sex|5000|0|0.0",
                                  "hb|5000|120|2.4"),
    "all of whom others are shares": ("criterion|patients|%", "in the network|5000|100",
                                      "myeloma|3750|75", "over 18|3690|74"),
    "curves that begin at everybody": ("iss|year|at_risk|events", "I|0|1199|0", "I|1|924|153",
                                       "II|0|1920|0", "II|1|1400|310"),
    "steps of a program": ("Cycle|free|progressed", "0|1|0", "1|0.77|0.23", "2|0.59|0.41",
                           "3|0.46|0.54", "4|0.35|0.65", "5|0.27|0.73", "6|0.21|0.79",
                           "7|0.16|0.84", "8|0.12|0.88", "9|0.1|0.9", "10|0.07|0.93"),
    "few thresholds of a score": ("cutoff|sensitivity|specificity",
                                  *(f"{n}|{1 - n * n / 121:.2f}|{n / 12:.2f}" for n in range(11))),
    "shares beside their counts": ("event|any grade|any grade, %|grade 3|grade 3, %",
                                   "a|1671|67|906|36.3", "b|1220|48.9|625|25.1",
                                   "c|735|29.5|357|14.3", "d|882|35.4|439|17.6"),
    "losses below one": ("iter|events", "1|0.4977", "7|0.4819", "13|0.4760"),
    "times and ends of intervals": ("stage|mean|95% CI|taken",
                                    "I|62,6|62,0 tot 63,1|2026-11-30T13:01:01.080077Z",
                                    "II|54,4|53,8 tot 54,9|2026-11-30T13:01:02.080077Z"),
    "codes of an outcome": ("Original Value|Internal Value", "0|.00", "1|1.00"),
    "how a mark is drawn": ("opacity|radius", "1|6", "0|8"),
    "signal to noise": ("raw_alpha|std.alpha|S/N|ase", "0.5748|0.5748|1.352|0.01045"),
    "lines of programs": ("file|num_statements|missing_lines|percent_covered", "a|8|1|100",
                          "b|12|0|0"),
    "columns": ("DataFrame|Columns|Rows", "march|4|5,000", "march again|4|5,000"),
    "columns in words": ("figure|value", "Number of columns in common|4",
                         "Number of columns with some values unequal|0"),
    "groups of a model": ("figure|value", "Number of Observations|4961", "Number of Groups|7"),
    "groups of a model in words": ("a|b|c|d", "Number|of|Observations:|4961",
                                   "Number|of|Groups:|7"),
    "sizes of groups": ("figure|value", "Number of tables|4", "Min n|744", "Max n|1169"),
    "places": ("unit|n|place", "A|1169|1", "B|1060|2", "C|843|3"),
    "a list of blocks": ("block|slot|arm", "1|1|B", "1|2|A", "1|3|A", "2|1|B", "2|2|A", "2|3|B"),
    "edges of bands": ("bands", "0", "5", "10", "18", "40"),
    "folds of five": ("msg|fold|of|seed", "fitted|1|5|1791", "fitted|2|5|1792", "fitted|3|5|1793"),
    "thresholds": ("|coef|std err|z", "age|-0.0015|0.002|-0.913", "0/1|-0.8214|0.058|-14.191",
                   "1/2|-0.1986|0.032|-6.242", "2/3|-0.2097|0.031|-6.833"),
    "a running number": ("number|value", *(f"{n}|0.{n + 117}" for n in range(12))),
    "zeros of time": ("tottime|percall|name", "0.000|0.000|a.py:1", "0.000|0.000|b.py:2",
                      "0.000|0.000|c.py:3"),
    "shares of variance": ("|Total|% of Variance|Cumulative %", "1|1.38|23.0%|23.0%",
                           "2|1.04|17.3%|40.3%", "3|1.00|16.6%|56.9%", "4|.98|16.7%|73.2%"),
    "residual degrees among labels": ("a|b|c|d", "Df Model:|6|F-statistic:|6.219",
                                      "Df Residuals:|4993|Prob (F):|1.62e-06"),
    "points of a correspondence analysis": ("name|mass|qlt|inr|k=1|cor|ctr",
                                            "A|236|667|58|-30|6|60",
                                            "B|214|325|16|-9|218|6", "C|170|995|343|86|651|4"),
}  # fmt: skip

LEAKY = {
    "a share and its bounds": ("O04", ("response|% died lower 95%|died % upper 95%", "CR|0|12.5",
                                       "PD|30.5|100")),
    "a bound in per cent": ("O04", ("response|lower 95%", "CR|0%", "PD|31%")),
    "a share of the upper 95%": ("O04", ("response|percent of the upper group", "CR|0", "PD|31")),
    "no spread of a value": ("O04", ("response|mean|se", "CR|-0.01|0.00", "PD|0.52|0.11")),
    "weighted counts": ("O01", ("response|control|treated", "CR|60.00|71.00", "PD|3.00|40.00")),
    "counts as pandas writes them": ("O01", ("response|control|treated", "CR|60.0|71.0",
                                             "PD|3.0|40.0")),
    "counts beside differences": ("O01", ("response|n|difference", "CR|4.00|-0.12",
                                          "PD|1.00|0.15")),
    "nobody known": ("O03", ("response|n", "CR|120", "PD|0", "Missing|0")),
    "everybody missing": ("O04", ("response|n (%)", "CR|120 (60.0%)", "Missing|80 (100%)")),
    "few missing": ("O01", ("response|n", "CR|120", "Missing|4")),
    "people named by power": ("O01", ("patients with power wheelchairs|n", "yes|4", "no|50")),
    "people in columns": ("O01", ("figure|value", "Number of patients in both columns|4")),
    "rows in common": ("O01", ("figure|value", "Number of rows in common|4")),
    "people of a group": ("O01", ("figure|value", "Number of patients in groups|4")),
    "few in the smallest group": ("O01", ("figure|value", "Number of tables|4", "Min n|3",
                                          "Max n|1169")),
    "few in the smallest of columns": ("O01", ("unit|min n|max n", "A|3|88", "B|44|97")),
    "counts that are not in order": ("O01", ("bands", "12", "5", "40", "18", "4")),
    "people of those": ("O01", ("response|dead|of", "CR|12|60", "PD|3|5")),
    "fractions of sites": ("O01", ("site|mean|died", "A|-0.2|1/2", "B|0.3|2/3", "C|-0.1|3/4")),
    "fractions that are no chain": ("O01", ("died|mean|diff", "1/12|0.21|-0.1", "2/31|0.33|0.2",
                                            "3/14|0.12|0.4")),
    "events one by one": ("O01", ("day|events", *(f"{n * 7 + 3}|{n}" for n in range(12)))),
    "few residual degrees in the second pair": ("O07", ("a|b|c|d", "Df Model:|1|Df Residuals:|6",
                                                        "F-statistic:|6.219|Prob (F):|0.062")),
    "few residual degrees in two models": ("O07", ("figure|first|second", "R2|0.31|0.33",
                                                   "Df Residuals|4993|6")),
    "shares covered by a vaccine": ("O04", ("unit|percent_covered", "A|100", "B|93")),
    "who died in the last months": ("O01", ("sex|died in the last months", "F|5", "M|63")),
    "who died within 30 days": ("O01", ("sex|deaths 30 days", "F|5", "M|63")),
    "low and high risk": ("O01", ("response|low|high|all", "CR|12|3|15", "PD|40|20|60")),
    "who refused": ("O01", ("reason|patients|page", "refused|4|1", "moved|40|2")),
    "everybody at a later time": ("O04", ("months|at risk|free of progression (%)", "6|3270|100",
                                          "12|2270|81", "18|1580|67")),
    "counts of answers": ("O01", ("question|not at all|a little|much", "walk|1|2|3", "pain|4|2|3")),
    "nobody died, nobody is missing": ("O03", ("column|people|died|missing|percent died",
                                               "A|500|0|0|0.0", "B|500|120|3|24.0")),
    "somebody's value is missing": ("O04", ("column|rows|died|percent", "sex|5000|0|0.0",
                                            "hb|5000|120|2.4")),
    "everybody of a part": ("O04", ("criterion|patients|%", "in the network|5000|90",
                                    "myeloma|3750|100", "over 18|3690|74")),
    "events of nobody later": ("O03", ("iss|year|at_risk|events", "I|0|1199|0", "I|1|924|0",
                                       "II|0|1920|0", "II|1|1400|310")),
    "a curve that steps at people": ("O16", ("threshold|tpr|fpr", *(
        f"{9.5 - n * 0.37:.2f}|{(n + 1) // 2 / 10}|{n // 2 / 10}" for n in range(20)))),
    "people elsewhere": ("O01", ("Behandlung|Patienten", "A|120", "B|4")),
    "shares without their counts": ("O10", ("event|any grade, %", "a|67", "b|33.3", "c|16.7",
                                            "d|14.3")),
    "shares below 1 %": ("O10", ("site|n|relapsed, %", "A|1181|0.6", "B|921|0.7", "C|762|0.7")),
    "weighted counts of events": ("O11", ("arm|events", "A|40.5", "B|31.2", "C|22.8")),
    "values in a cell": ("O01", ("stage|packed", "I|people,3,40", "II|people,4,50")),
    "few eligible": ("O01", ("criterion|eligible", "age|2277", "platelets|4")),
    "people with an internal value": ("O01", ("Internal Value|patients", "0|120", "1|3")),
    "people by opacity": ("O01", ("patients with opacity|patients without", "3|50", "41|20")),
    "masses of people": ("O01", ("name|mass|n", "A|236|4", "B|214|16")),
}  # fmt: skip


@pytest.mark.parametrize("name", SAFE)
def test_what_counts_nobody_is_let_through(check: Check, name: str) -> None:
    """Nothing is said of it at all."""
    assert loud(check("t.csv", table(*SAFE[name]))) == {}


@pytest.mark.parametrize("name", LEAKY)
def test_what_counts_somebody_is_stopped(check: Check, name: str) -> None:
    """The same words, and people behind them."""
    rule, lines = LEAKY[name]
    assert loud(check("t.csv", table(*lines))).get(rule) in STOPPED


def rolled(few: int, mark: str, *, first: bool = False) -> str:
    """What `GROUP BY ROLLUP (response, died)` answers: totals marked, below or above."""
    rows = []
    for response, alive, dead in (("CR", 90, 30), ("PR", 55, 25), ("PD", 30, few)):
        own = [f"{response}|0|{alive}", f"{response}|1|{dead}"]
        total = [f"{response}|{mark}|{alive + dead}"]
        rows += total + own if first else own + total
    return table("response|died|persons", *rows, f"{mark}|{mark}|{230 + few}")


@pytest.mark.parametrize("mark", ["NULL", "Total", "NA"])
@pytest.mark.parametrize("first", [True, False])
def test_levels_with_totals_over_them_are_keys(
    check: Check, people: Index, mark: str, *, first: bool
) -> None:
    """Zeros and ones whose rows make their totals; the people beside them are counted still."""
    assert loud(check("t.csv", rolled(14, mark, first=first), people)) == {}
    assert loud(check("t.csv", rolled(4, mark, first=first), people)).get("O01") in STOPPED


def test_counts_of_which_some_are_left_out_are_no_keys(check: Check) -> None:
    """Deaths with `NULL` where there were too few: no sum says that they are levels."""
    rows = ("A|x|0|88", "A|y|1|90", "A|z|NULL|91", "B|x|1|70", "B|y|0|66", "B|z|NULL|81")
    told = loud(check("t.csv", table("unit|arm|died|persons", *rows)))
    assert told.get("O01") in STOPPED
    assert told.get("O03") in STOPPED


PLANS = ("The pilot needs {} persons.", "We plan to recruit {} patients.",
         "The study requires {} participants, the main one 412.",
         "Phase 2 will recruit at least {} women.")  # fmt: skip


@pytest.mark.parametrize("plan", PLANS)
def test_people_of_a_plan_are_nobody(check: Check, plan: str) -> None:
    """What a protocol asks for; what is said of people who are there is stopped."""
    assert "O01" not in loud(check("t.txt", plan.format(9)))


@pytest.mark.parametrize("told", [
    "The pilot needs 9 persons who died to be replaced.", "The ward lost 4 patients.",
    "The study needs 4 patients with HbE to be followed.", "The trial needed 4 patients.",
    "We plan for 4 women, of whom 3 patients died."])  # fmt: skip
def test_people_who_are_there_are_no_plan(check: Check, told: str) -> None:
    """The words of a plan before people of whom something is known."""
    assert loud(check("t.txt", told)).get("O01") in STOPPED


def test_what_is_left_behind_a_mixed_model_is_nobodys(check: Check) -> None:
    """nlme heads them otherwise than lm; the ends of a variable are somebody's."""
    text = (
        "{}\n    Min      Q1     Med      Q3     Max \n-3.6573 -0.6819 -0.0234  0.6617  3.6817 \n"
    )
    assert "O08" not in loud(check("t.txt", text.format("Standardized Within-Group Residuals:")))
    assert loud(check("t.txt", text.format("haemoglobin:"))).get("O08") in STOPPED


def test_the_end_of_a_count_of_folds_is_no_group(check: Check) -> None:
    """`"of": 5` behind a fold; behind people it is a part of them."""
    line = '{{"{}":1,"of":5,"seed":1791,"ms":43}}\n'
    assert loud(check("t.log", "".join(line.format("fold") for _ in range(3)))) == {}
    assert loud(check("t.log", line.format("dead") * 3)).get("O01") in STOPPED
