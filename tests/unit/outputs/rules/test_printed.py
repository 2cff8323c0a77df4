"""Tables as programs print them and papers name them: leaky ones are stopped, their twins are not.

Each leak stands beside a file of the same make that discloses nothing.
"""

import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Cells, Check, index_of, verdicts
from tests.unit.outputs.rules.test_tables import loud, table

SIZE = 300
STOPPED = {"flag", "block"}


@pytest.fixture(scope="module")
def trial() -> Index:
    """300 people: response, arm, trial and stage, one with nearly all of the volume, and masses."""
    responses = ["CR"] * 150 + ["PR"] * 70 + ["SD"] * 45 + ["PD"] * 35
    cells: Cells = {
        "person": [f"P{n:05d}X" for n in range(SIZE)],
        "response": responses,
        "arm": ["control" if n % 2 else "experimental" for n in range(SIZE)],
        "study": ["ALPINE" if n % 3 else "BRENTA" for n in range(SIZE)],
        "volume_ml": ["90210.7" if n == 0 else f"{(n * 37) % 997 + 100.3:.1f}"
                      for n in range(SIZE)],
        "age": ["97", "96", "95"] + [str(30 + n % 60) for n in range(SIZE - 3)],
        "mass_cm": [f"{n / 10 + 1:.1f}" for n in range(SIZE)],
    }  # fmt: skip
    labs: Cells = {
        "person": [f"P{n:05d}X" for n in range(SIZE) for _ in range(4)],
        "analyte": ["ldh", "albumin", "platelets", "b2m"] * SIZE,
    }
    who = index_of("people", cells)
    return Index((*who.tables, *index_of("labs", labs).tables), who.key, "t/v1", who.digest)


def latex(first: str, second: str) -> str:
    """A table of a paper, in which the sign of percent is written behind a backslash."""
    rows = "\n".join(
        f"{sex} & {one} & {second} \\\\" for sex, one in (("F", first), ("M", "40 (50.0\\%)"))
    )
    return f"\\begin{{tabular}}{{lll}}\nsex & I & II \\\\ % head\n\\hline\n{rows}\n\\end{{tabular}}"


@pytest.mark.parametrize(("first", "leaks"), [("6 (13.0\\%)", True), ("40 (50.0\\%)", False)])
def test_a_percent_sign_behind_a_backslash_begins_no_remark(
    check: Check, first: str, leaks: bool
) -> None:
    """Else the rest of the line, counts in it, would not be read."""
    told = loud(check("t.tex", latex(first, "30 (50.0\\%)")))
    assert (told.get("O01") == "block") is leaks
    assert leaks or told == {}
    assert loud(check("t.tex", latex("40 (50.0\\%)", "7 (9.0\\%)")))["O01"] == "block"


def stata(first: int, share: str) -> str:
    """What `tabulate stage arm, column` logs."""
    rule = "-" * 11 + "+" + "-" * 36
    return "\n".join([
        "     stage |     control   treated       Total",
        rule,
        f"         I |{first:>12}{20:>10}{first + 20:>12}",
        f"           |{share:>12}{'40.00':>10}{'40.00':>12}",
        rule,
        f"        II |{30:>12}{30:>10}{60:>12}",
        f"           |{'60.00':>12}{'60.00':>10}{'60.00':>12}",
        rule,
        f"     Total |{first + 30:>12}{50:>10}{first + 80:>12}",
        f"           |{'100.00':>12}{'100.00':>10}{'100.00':>12}",
        "",
    ])  # fmt: skip


def sas(first: int) -> str:
    """What `proc freq` lists, without shares of columns and of all."""
    return "\n".join([
        "Frequency|",
        "Row Pct  |control |treated |  Total",
        "---------+--------+--------+",
        f"I        |{first:>7} |{20:>7} |{first + 20:>7}",
        "         |  33.33 |  66.67 |",
        "---------+--------+--------+",
        "II       |     30 |     30 |     60",
        "         |  50.00 |  50.00 |",
        "---------+--------+--------+",
        f"Total    |{first + 30:>7} |     50 |{first + 80:>7}",
        "",
    ])  # fmt: skip


def test_shares_printed_below_counts_are_lines_of_their_own(check: Check) -> None:
    """Small counts are found in the logs of Stata and the listings of SAS; large ones are safe."""
    assert loud(check("t.txt", stata(2, "6.25")))["O01"] == "block"
    assert loud(check("t.txt", stata(20, "40.00"))) == {}
    assert loud(check("t.lst", sas(4)))["O01"] == "block"
    assert not {"O01", "O29"} & set(loud(check("t.lst", sas(20))))


def crossed_in_r(first: int) -> str:
    """What `CrossTable` of R's gmodels prints: no fence on the left, shares below counts."""
    rule = "-------------|-----------|-----------|"
    return "\n".join([
        "             | d$arm",
        "     d$stage |   control |   treated | Row Total |",
        rule,
        f"           I |{13:>10} |{first:>10} |{first + 13:>10} |",
        "             |     0.765 |     0.235 |     0.103 |",
        rule,
        f"          II |{78:>10} |{70:>10} |{148:>10} |",
        "             |     0.527 |     0.473 |     0.897 |",
        rule,
        f"Column Total |{91:>10} |{first + 70:>10} |{first + 161:>10} |",
        rule,
        "",
    ])  # fmt: skip


def test_a_blank_label_keeps_its_place(check: Check) -> None:
    """A line that begins with a blank cell is not moved to the left."""
    assert loud(check("t.txt", crossed_in_r(4)))["O01"] == "block"
    assert loud(check("t.txt", crossed_in_r(40))) == {}


def printed(name: str, second: int) -> str:
    """A frame that R prints below what somebody typed; a name of two words."""
    head = f"      group {name:>11}"
    return "\n".join([
        "> print(res)", head, f"1   primary {11:>11}", f"2 secondary {second:>11}",
        f"3     third {127:>11}", "> ", "",
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("name", "leaks"), [("study day", False), ("day of cycle", False), ("new cases", True)]
)
def test_names_of_two_words_above_a_printed_column(check: Check, name: str, leaks: bool) -> None:
    """When something is done counts nobody; people are counted."""
    assert ("O01" in loud(check("t.txt", printed(name, 3)))) is leaks


@pytest.mark.parametrize(("count", "leaks"), [("8", True), ("120", False)])
def test_a_frame_of_one_row_is_a_table(check: Check, count: str, leaks: bool) -> None:
    """Its label holds spaces and its names do not stand above it."""
    text = f"                group patients\n0  stage I, women, ALPINE    {count:>4}\n"
    assert ("O01" in loud(check("t.txt", text))) is leaks


CROSSED = {
    "partial response is no p-value": ("O01", "response|arm|n", "CR|control|75", "PR|control|{}",
                                       "SD-PD|control|40"),
    "names over two lines": ("O01", "response|arm|", "|control|experimental", "CR|75|75",
                             "PR|{}|35", "SD-PD|40|40"),
    "names that were taken for a row": ("O01", "response|arm|", "CR|control|75",
                                        "|experimental|75", "PR|control|{}"),
    "responses across": ("O01", "arm|CR|PR|SD-PD", "control|75|{}|40", "experimental|75|35|40"),
}  # fmt: skip


@pytest.mark.parametrize("name", CROSSED)
def test_categories_of_the_source_name_groups(check: Check, trial: Index, name: str) -> None:
    """Whatever else their letters may stand for; the same table without a small count is safe."""
    rule, *lines = CROSSED[name]
    leaky, safe = (table(*(line.format(n) for line in lines)) for n in ("4", "35"))
    assert loud(check("t.csv", leaky, trial)).get(rule) in STOPPED
    assert loud(check("t.csv", safe, trial)) == {}


def test_statistics_of_rows_stay_statistics(check: Check, trial: Index) -> None:
    """`mean` and `sd` are no categories of the source, so their numbers count nobody."""
    lines = ("|age|cycles", "n|300|300", "mean|64|6", "sd|9|2")
    assert loud(check("t.csv", table(*lines), trial)) == {}


HIDDEN = {
    "one column unclear": ("stage|control|treated|Total", "I|13|<10|21", "II|20|20|40",
                           "III|24|23|47", "Total|57|51|108"),
    "missing counts": ("stage|control|treated|All", "I|13|.|21", "II|20|20|40", "All|33|28|61"),
    "fewer than ten, with its n": ("stage|n|%", "I|13|21.3", "II|40|65.6", "III|n<10|13.1",
                                   "Total|61|100"),
    "a category that reads like a statistic": ("arm|CR|PR|SD-PD|Total", "control|75|*|40|122",
                                               "experimental|75|35|40|150"),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_a_hidden_count_in_an_unclear_column_is_solved(
    check: Check, trial: Index, name: str
) -> None:
    """What the columns count their total tells."""
    assert loud(check("t.csv", table(*HIDDEN[name]), trial))["O13"] == "block"


def test_two_hidden_counts_in_a_row_stay_hidden(check: Check, trial: Index) -> None:
    """The twin of the above: nothing is solved, and nothing said."""
    lines = ("stage|control|treated|Total", "I|<10|<10|12", "II|<10|<10|13", "III|24|23|47",
             "Total|37|35|72")  # fmt: skip
    assert loud(check("t.csv", table(*lines), trial)) == {}


@pytest.mark.parametrize(("left", "verdict"), [("8", "block"), ("80", "pass")])
def test_degrees_behind_an_f(check: Check, left: str, verdict: str) -> None:
    """As Stata and papers write them."""
    text = f"Source |   SS   df  MS   F(4, {left})  =  2.31\n"
    assert verdicts(check("t.txt", text))["O07"] == verdict


def test_quarters_in_a_description_are_labels(check: Check, flchain: Cells) -> None:
    """`25%` names a row; the ends below and above are held against the source, as elsewhere."""
    light = index_of("flchain", flchain)
    middle = ("25%|56|0.96", "50%|63|1.27", "75%|72|1.68")
    ends = (*middle[:1], *middle[1:], "max|90|20.5")
    told = loud(check("t.csv", table("|age|kappa", "count|7874|7874", "min|50|0.01", *ends), light))
    assert told["O08"] == "block"
    assert "O10" not in told
    safe = table("|age|kappa", "count|7874|7874", "mean|64.3|1.43", "std|10.5|0.9", *middle)
    assert not {"O08", "O10"} & set(loud(check("t.csv", safe, light)))


@pytest.mark.parametrize(
    ("lines", "rule", "verdict"),
    [
        (("group|n|total tumour volume", "BRENTA, CR|50|{all}"), "O05", "block"),
        (("group|n|total tumour volume", "ALPINE, CR|100|{other}"), "O05", "pass"),
        (("group|n|total tumour volume", "BRENTA, CR|50|31415.9"), "O05", "not-applicable"),
        (("group|measurements", "BRENTA, PD, control|24"), "O02", "flag"),
        (("group|n|mean volume", "SD, ALPINE|4|412.5"), "O01", "block"),
        (("group|measurements", "BRENTA, CR|200"), "O02", "pass"),
    ],
)
def test_a_label_of_several_categories_is_a_group(
    check: Check, trial: Index, lines: tuple[str, ...], rule: str, verdict: str
) -> None:
    """And the variable that no name tells is the one whose sum it is."""
    volumes = [90210.7 if n == 0 else (n * 37) % 997 + 100.3 for n in range(SIZE)]
    of_all = {"all": f"{sum(volumes[:150:3]):.1f}",
              "other": f"{sum(v for n, v in enumerate(volumes[:150]) if n % 3):.1f}"}  # fmt: skip
    told = table(*(line.format(**of_all) for line in lines))
    found = verdicts(check("t.csv", told, trial))[rule]
    assert found == verdict or {found, verdict} == {"pass", "not-applicable"}


@pytest.mark.parametrize(("median", "verdict"), [("{}", "flag"), ("8.0", "pass")])
def test_one_median_of_a_named_group_is_worked_out(
    check: Check, trial: Index, median: str, verdict: str
) -> None:
    """An exact one is somebody's; another number is nobody's."""
    masses = sorted(n / 10 + 1 for n in range(220, 265) if n % 3)
    exact = masses[len(masses) // 2] if len(masses) % 2 else masses[len(masses) // 2 - 1]
    lines = ("group|n|median tumour diameter", f"SD, ALPINE|30|{median.format(f'{exact:.2f}')}")
    told = verdicts(check("t.csv", table(*lines), trial))["O09"]
    assert told == verdict or {told, verdict} == {"pass", "not-applicable"}


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("Among women the largest mass measured 1.3 to 19.5 cm.", "flag"),
        ("The masses measured 1.3 to 19.5 cm in two of the models.", "pass"),
        ("The largest mass measured 2 to 20 cm, rounded.", "pass"),
        ("The largest of the doses were 1.3 to 19.5 mg.", "pass"),
        ("The oldest of the women was 97.", "flag"),
        ("The oldest of the women was 80.", "pass"),
        ("Age ranged from 31 to 96 years.", "flag"),
        ("Age ranged from 35 to 85 years.", "pass"),
        ("Visits ranged from 31 to 96 days.", "pass"),
    ],
)
def test_both_ends_of_a_group_told_in_words(
    check: Check, trial: Index, line: str, verdict: str
) -> None:
    """Of a variable of which a word, its unit, is said; rounded ends and other units are not."""
    assert verdicts(check("t.md", f"# Results\n\n{line}\n", trial))["O08"] == verdict


LEFT = {
    "of a total with its parts": (("stage|n", "I|40", "II|50", "Total|{}"), "95", "102"),
    "of a total with one part": (("group|n|deaths", "All|{}|60", "no HIV|115|48"), "119", "130"),
    "of a share in brackets": (("age|patients|responders (%)", "young|130|{}", "old|44|20 (45.5)"),
                               "127 (97.7)", "90 (69.2)"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_of_a_group_is_counted(check: Check, name: str) -> None:
    """Few people between a total and what stands beside it are as plain as if they were written."""
    lines, few, many = LEFT[name]
    leaky, safe = (table(*(line.format(total) for line in lines)) for total in (few, many))
    assert loud(check("t.csv", leaky))["O01"] in STOPPED
    assert loud(check("t.csv", safe)) == {}


@pytest.mark.parametrize(
    "lines",
    [
        ("site|n", "A|20", "B|30", "C|45", "D|50", "E|25", "F|15", "Total|190"),
        ("diagnosis|n", "AML|120", "MDS|90", "Total|205"),
    ],
)
def test_rounded_counts_and_people_of_several_groups_leave_nobody(
    check: Check, lines: tuple[str, ...]
) -> None:
    """What is left of rounded counts is nothing that is true, and of overlapping ones nothing."""
    assert "O01" not in loud(check("t.csv", table(*lines)))


@pytest.mark.parametrize(
    ("line", "speaks"),
    [
        ("Only two of the 23 patients with stable disease were women.", True),
        ("Relapse was seen in 4 out of 120 women.", True),
        ("Relapse was seen in 40 of the 120 women.", False),
        ("Two of the 12 models were kept.", False),
        ("Stage 3 of 412 patients was confirmed twice.", False),
        ("Three patients died of sepsis.", True),
        ("A second tumour was seen in 3 (2.1 %) older women.", True),
        ("A second tumour was seen in 30 (21 %) older women.", False),
        ("Two patients per arm are assumed to drop out.", False),
        ("Files are read by two people, and by nine readers.", False),
        ("3          men       0.95   0.88    1.04   0.268", False),
    ],
)
def test_parts_of_people_in_front_of_them(check: Check, line: str, speaks: bool) -> None:
    """Small ones; of things, and of stages, nobody is counted."""
    assert ("O01" in loud(check("t.txt", line + "\n"))) is speaks


QUIET = {
    "days of a cycle": (("drug|dose mg|day of cycle", "a|375|1", "b|50|1", "c|750|5"),
                        ("drug|dose mg|patients", "a|375|1", "b|50|1", "c|750|5")),
    "ends of a class": (("stage|areas from|areas to", "I|1|1", "II|2|4", "III|2|9"),
                        ("stage|areas in|areas by", "I|1|1", "II|2|4", "III|2|9")),
    "power": (("trial|planned n|power %", "A|260|80", "B|990|80", "C|80|90"),
              ("trial|planned n|response %", "A|260|11.1", "B|990|22.2", "C|80|33.3")),
    "doses in percent": (("grade|meaning|dose reduction %", "1|mild|0", "3|severe|25"),
                         ("grade|meaning|relapsed %", "1|mild|0", "3|severe|25")),
}  # fmt: skip


@pytest.mark.parametrize("name", QUIET)
def test_numbers_of_a_design_count_nobody(check: Check, name: str) -> None:
    """What is like them and counts people, or is a share of people, is looked at."""
    safe, leaky = QUIET[name]
    assert loud(check("t.csv", table(*safe))) == {}
    assert {"O01", "O04", "O10"} & set(loud(check("t.csv", table(*leaky))))


@pytest.mark.parametrize(
    ("line", "speaks"),
    [
        ("Level -1: 3 patients; level -2: 6 patients, planned and never opened.", False),
        ("Level 1: 3 patients to be enrolled before level 2 opens.", False),
        ("At level -1 3 patients relapsed; planned surgery was done in all.", True),
        ("The planned analysis found 3 deaths in this arm.", True),
    ],
)  # fmt: skip
def test_people_of_a_plan_are_nobody(check: Check, line: str, speaks: bool) -> None:
    """Those of a planned analysis are somebody."""
    assert ("O01" in loud(check("t.txt", line + "\n"))) is speaks


def test_settings_of_a_program_are_no_extremes(check: Check) -> None:
    """Among other settings; beside a statistic it is one."""
    assert "O08" not in loud(check("t.toml", "[run]\nseed = 411\nminimum = 10\n"))
    assert loud(check("t.toml", "[run]\nmean = 41\nminimum = 10\n"))["O08"] == "flag"


def test_threads_of_a_program_are_nobody(check: Check) -> None:
    """`8 | threads`; people named so are counted."""
    lines = ("step|what|x|of", "fit|converged|8|{0}", "write|done|8|{0}")
    safe, leaky = (table(*(line.format(word) for line in lines)) for word in ("threads", "women"))
    assert "O01" not in loud(check("t.csv", safe))
    assert "O01" in loud(check("t.csv", leaky))
