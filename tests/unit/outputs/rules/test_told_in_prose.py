"""Few people told in sentences, lists and labels: stopped; their twins about things are not.

Each leak stands beside a sentence of the same make that discloses nothing.
"""

import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Cells, Check, index_of
from tests.unit.outputs.rules.test_tables import loud

SIZE = 300


@pytest.fixture(scope="module")
def clinic() -> Index:
    """300 people: a long wait that one has, a cost that one has, ages of fifteen each."""
    cells: Cells = {
        "person": [f"P{n:05d}X" for n in range(SIZE)],
        "ward": ["N" if n < 12 else "S" for n in range(SIZE)],
        "age": [str(40 + n % 20) for n in range(SIZE)],
        "wait_days": [str(3000 + 7 * n) for n in range(SIZE)],
        "fee_total": [str(20000 + 13 * n) for n in range(SIZE)],
        "iron_level": [f"{(n % 40) / 10 + 3:.1f}" for n in range(SIZE - 2)] + ["9.3", "11.7"],
        "seen_on": [f"2021-0{1 + n % 9}-1{n % 9}" for n in range(SIZE)],
    }
    return index_of("clinic", cells)


@pytest.mark.parametrize(
    ("leaky", "safe"),
    [
        ("Only 4 relapsed.", "Only 14 relapsed."),
        ("Three of them died.", "Three of them failed to build."),
        ("We lost 4 to follow-up.", "We lost 4 days to maintenance."),
        ("Relapse occurred in four.", "Relapse occurred in four regions."),
        ("Relapse was seen in 4 of 78.", "Relapse was seen in 24 of 78."),
        ("Had a rash: 4/65 (night shift); others did not.", "Had a rash: 24/65 (night shift)."),
        ("Among the 67 people with anaemia, 6.0% had a rash.",
         "Among the 670 people with anaemia, 6.0% had a rash."),
        ("A rash was reported by 5.1% of women (n = 78).", "A rash was reported by 50% of women."),
        ("In the night group (78 people) the rate was 5.1 per cent.",
         "In the night group (78 people) the rate was 5.2 per cent."),
        ("The number of deaths was 4.", "The number of deaths was 40."),
        ("There were 4 with a rash among the women.", "There were 4 gaps among the files."),
        ("It was rare (4 in total).", "It was rare (14 in total)."),
        ("deaths: 4", "threads: 4"),
        ("Women with a rash: 4.", "Women with a rash: 44."),
        ("North recruited 41, south 33 and east 4.", "North recruited 41, south 33 and east 14."),
        ("{'mild': 41, 'severe': 33, 'none': 4}", "{'depth': 41, 'seed': 33, 'folds': 4}"),
        ("One participant alone had all the visits.", "More than one participant had visits."),
        ("Rash 12 (3.9%) and 4 (1.3%) at one year", "Rash 12 (3.9%) and 14 (4.6%) at one year"),
    ],
)  # fmt: skip
def test_few_people_in_a_sentence(check: Check, leaky: str, safe: str) -> None:
    """Whatever the words, fewer than ten people are few."""
    assert loud(check("t.md", f"# Results\n\n{leaky}\n"))["O01"] == "flag"
    assert loud(check("t.md", f"# Results\n\n{safe}\n")) == {}


@pytest.mark.parametrize(
    "line",
    [
        "Page 3 of 40 was printed twice.",
        "The pain was rated 7/10 by design.",
        "We fitted 4 of 12 models again.",
        "Visits were planned every 6 months in arm B.",
        "Table 3, table 12 and figure 4 show it.",
        "At the 5 % level 180 women suffice.",
        "fit(depth=4, rounds=40, width=12)",
        "Two of the 14 sites were closed.",
        "Deaths were counted on March 3, April 12 and May 4.",
    ],
)
def test_small_numbers_that_are_nobody(check: Check, line: str) -> None:
    """Places in a paper, scores, settings, plans, dates."""
    assert loud(check("t.md", f"# Results\n\n{line}\n")) == {}


def test_a_sentence_over_two_lines(check: Check) -> None:
    """A page breaks its lines where they are full, a list where its author wanted."""
    text = "The programme invited everybody over forty, and there were 4\nwith a rash among us.\n"
    assert loud(check("t.txt", text))["O01"] == "flag"
    assert loud(check("t.txt", text.replace("4\nwith a rash", "4\nfiles with gaps"))) == {}


def test_a_sentence_with_marks_of_a_page(check: Check) -> None:
    """Bold numbers part no sentence."""
    page = "<html><body><p>There were <b>4</b> women with a rash.</p></body></html>"
    assert loud(check("t.html", page))["O01"] == "flag"
    assert loud(check("t.html", page.replace(">4<", ">40<"))) == {}


def test_all_and_nobody(check: Check) -> None:
    """What is told of all is known of each; what all were asked is no property."""
    assert loud(check("t.md", "All 23 women (100%) remained well.\n"))["O04"] == "flag"
    assert loud(check("t.md", "All 23 women gave consent in writing.\n")) == {}
    assert loud(check("t.md", "None of the 23 women had a rash.\n"))["O03"] == "flag"
    assert loud(check("t.md", "None of the 23 files had a gap.\n")) == {}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("In stage III all 33 (100 %) stayed free of a clot.", "O04"),
        ("In stage III 33 of 33 (100 %) had a response.", "O04"),
        ("The response rate in stage III was 100 % (33/33).", "O04"),
        ("Nobody of stage III (n = 33) had a clot.", "O03"),
        ("In stage III 0 of 33 had a clot.", "O03"),
        ("There were no deaths among the 33 men.", "O03"),
        ("All 33 pages (100 %) were scanned.", None),
        ("33 of 33 tests passed, and 0 of 12 files failed.", None),
        ("step 40/40 done, 100/100 - loss: 0.31 - accuracy: 0.93", None),
    ],
)
def test_all_and_nobody_in_other_words(check: Check, line: str, rule: str | None) -> None:
    """A part that is the whole, a part that is none; of things it says nothing."""
    assert loud(check("t.md", f"{line}\n")) == ({rule: "flag"} if rule else {})


def test_values_of_few_people_in_a_sentence(check: Check, clinic: Index) -> None:
    """One end of a group's range, one participant's value, the median of few."""
    told = "In ward N the iron level ranged up to 11.7 in the end."
    assert loud(check("t.md", told + "\n", clinic))["O08"] == "flag"
    assert loud(check("t.md", told.replace("11.7", "5.0") + "\n", clinic)) == {}
    told = "The highest fee paid there was 20013 in the end."
    assert loud(check("t.md", told + "\n", clinic))["O08"] == "flag"
    assert loud(check("t.md", told.replace("20013", "20014") + "\n", clinic)) == {}
    told = "The median wait of the 73 who came again was 3007 days."
    assert loud(check("t.md", told + "\n", clinic))["O09"] == "flag"
    assert loud(check("t.md", told.replace("3007", "3001") + "\n", clinic)) == {}
    assert loud(check("t.md", "The median age of the 290 who came was 47 years.\n", clinic)) == {}
