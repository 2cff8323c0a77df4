"""Groups that labels and sentences tell in words: leaky ones are stopped, their twins are not.

Each leak stands beside a file of the same make that discloses nothing.
"""

import pytest

from orchestrator.outputs.index import Index
from tests.outputs_world import Cells, Check, index_of
from tests.unit.outputs.rules.test_tables import loud

SIZE = 400
STOPPED = {"flag", "block"}


@pytest.fixture(scope="module")
def registry() -> Index:
    """400 children: four centres of 100, ages by position, one white count that is nearly all."""
    cells: Cells = {
        "person": [f"P{n:05d}X" for n in range(SIZE)],
        "centre": [("LJU", "ZAG", "POR", "BRN")[n // 100] for n in range(SIZE)],
        "sex": ["F" if n % 2 else "M" for n in range(SIZE)],
        "age_months": [str(n % 100) for n in range(SIZE)],
        "relapse": ["1" if n % 8 == 1 else "0" for n in range(SIZE)],
        "wbc": ["9021.7" if n == 1 else f"{(n * 37) % 97 + 3.3:.1f}" for n in range(SIZE)],
    }
    return index_of("children", cells)


@pytest.mark.parametrize(
    ("label", "total"),
    [
        ("centre = LJU, sex = F", "11533.4"),
        ("centre == 'LJU' & sex == 'F'", "11533.4"),
        ("centre: LJU; sex: F; age_months >= 0", "11533.4"),
        ("Centre in (LJU) and sex is F", "11533.4"),
    ],
)
def test_a_label_of_conditions_is_a_group(
    check: Check, registry: Index, label: str, total: str
) -> None:
    """The sum of 50 children, of whom one is nearly all; the sum of others is their own."""
    leaky = f'group,children,sum_wbc\n"{label}",50,{total}\n'
    assert loud(check("t.csv", leaky, registry)).get("O05") == "block"
    for other in ("ZAG", "POR"):
        told = leaky.replace("LJU", other).replace(total, "2500.0")
        assert loud(check("t.csv", told, registry)) == {}


def test_conditions_that_the_source_does_not_know_name_nobody(
    check: Check, registry: Index
) -> None:
    """A value that is none, or a variable of which it is none, leaves the group unknown."""
    for label in ("centre = XYZ, sex = F", "sex = LJU, centre = F", "learning rate = 0.1, sex = F"):
        text = f'group,children,sum_wbc\n"{label}",50,11533.4\n'
        assert loud(check("t.csv", text, registry)) == {}


@pytest.mark.parametrize("noun", ["children", "boys", "infants", "donors", "adults"])
def test_people_go_by_many_names(check: Check, noun: str) -> None:
    """Whoever they are, few of them are few: a column, a sentence."""
    assert loud(check("t.csv", f"site,{noun}\nA,4\nB,40\n"))["O01"] == "block"
    assert loud(check("t.csv", f"site,{noun}\nA,14\nB,40\n")) == {}
    assert loud(check("t.md", f"We lost 4 {noun} to follow up.\n"))["O01"] == "flag"
    assert loud(check("t.md", f"We lost 14 {noun} to follow up.\n")) == {}


def test_two_ages_side_by_side_are_categories(check: Check) -> None:
    """So a hidden count of one of them is solved; without the total it is not."""
    text = "site,children,adults,total\nA,<10,40,46\nB,30,50,80\n"
    assert loud(check("t.csv", text)).get("O13") == "block"
    assert loud(check("t.csv", text.replace(",46", ",").replace("total", "note"))) == {}


def test_a_row_alone_may_add_up(check: Check) -> None:
    """Everybody of a group in one of two parts: nobody is in the other."""
    head = "group,children,relapses,relapse_free\n"
    assert loud(check("t.csv", f"{head}high risk,15,0,15\n"))["O03"] == "flag"
    assert loud(check("t.csv", f"{head}high risk,45,20,25\n")) == {}
    head = "group,patients,late,early\n"
    assert loud(check("t.csv", f"{head}high risk,45,6,39\n"))["O01"] == "block"
    assert loud(check("t.csv", f"{head}high risk,45,16,29\n")) == {}


@pytest.mark.parametrize(
    ("line", "leaks"),
    [
        ("Among children with APL at one site we followed 6 to the end of 2024.", True),
        ("Among children with APL at one site we followed 16 to the end of 2024.", False),
        ("Among children with APL at one site we followed 6 to 12 months of therapy.", False),
        ("Among girls treated before 2010, only six were followed.", True),
        ("Among girls treated before 2010, 60 were followed.", False),
        ("In the patients of this trial we compared 3 with 5.", False),
        ("We lost 46.2 % of the 13 children.", True),
        ("We lost 46.2 % of the 130 children.", False),
        ("We lost 95 % of the 130 children.", True),
        ("Of 412 patients, 405 were treated.", True),
        ("Of 412 patients, 305 were treated.", False),
        ("405 of the 412 patients were treated.", True),
        ("412 of the 412 patients were treated.", False),
    ],
)
def test_a_sentence_tells_a_small_part_of_people(check: Check, line: str, leaks: bool) -> None:
    """Or leaves one: what is said of people can be subtracted from all of them."""
    assert loud(check("t.md", f"{line}\n")) == ({"O01": "flag"} if leaks else {})


@pytest.mark.parametrize(
    ("sentence", "leaks"),
    [
        ("Children with centre = LJU, age_months < 9 had a mean count of 44.1 at the start.", True),
        ("Children with centre = LJU, age_months < 12 had a mean count of 44.1.", False),
        ("All 9 with centre = LJU and age_months < 9 are alive.", True),
        ("Seen: 9 (centre in (LJU, ZAG), sex = F, age_months <= 17, age_months >= 8).", False),
        ("Seen: 8 (centre in (LJU), sex = F, age_months <= 17, age_months >= 2).", True),
        ("We left out centre = LJU where age_months < 9.", False),
        ("With rate = 0.1 and depth = 4 the loss was 0.3 after 20 epochs.", False),
        ("d = d[(d.centre == 'LJU') & (d.age_months < 9)].wbc.mean() / 2.5", False),
    ],
)
def test_a_sentence_about_few_people_of_the_source(
    check: Check, registry: Index, sentence: str, leaks: bool
) -> None:
    """Its conditions are counted again; programs that only name columns tell nothing."""
    assert (loud(check("t.md", f"{sentence}\n", registry)).get("O02") == "flag") is leaks


@pytest.mark.parametrize(
    ("label", "share", "rules"),
    [
        ("centre = LJU, sex = F", "14.0", {"O10"}),  # 7 of 50
        ("centre = LJU, sex = F", "92.0", {"O10"}),  # 4 are left
        ("centre = LJU, sex = F", "13.1", set()),  # of no 50
        ("centre = LJU, sex = F", "24.0", set()),
        ("centre = LJU, age_months < 9", "41.7", {"O02", "O10"}),  # fewer than 10 in all
        ("sex = F", "24.5", set()),
    ],
)
def test_a_share_of_a_group_of_the_source_is_a_count(
    check: Check, registry: Index, label: str, share: str, rules: set[str]
) -> None:
    """Although no count stands beside it: the group is counted again."""
    for name in ("relapse_percent", "relapsed (%)"):
        text = f'group,{name}\n"{label}",{share}\n'
        assert loud(check("t.csv", text, registry)) == dict.fromkeys(rules, "flag")
        assert loud(check("t.csv", text)) == {}


def test_a_share_of_all_is_no_share_of_its_row(check: Check, registry: Index) -> None:
    """A frequency table, and a measurement in percent, count nobody of a row."""
    text = "centre,percent\nLJU,26.1\nZAG,24.3\nPOR,25.4\nBRN,24.2\n"
    assert loud(check("t.csv", text, registry)) == {}
    assert loud(check("t.csv", "centre,wbc_percent\nLJU,6.0\nZAG,7.0\n", registry)) == {}
    assert loud(check("t.csv", "centre,mean_flow_percent\nLJU,6.0\nZAG,7.0\n", registry)) == {}


@pytest.mark.parametrize(
    ("row", "leaks"),
    [("A,60,10.0", True), ("A,60,95.0", True), ("A,60,40.0", False), ("A,6000,0.1", False)],
)
def test_a_share_beside_the_size_of_its_group(check: Check, row: str, leaks: bool) -> None:
    """Six of sixty; how many of six thousand nobody can say, and a share of all is none of it."""
    told = loud(check("t.csv", f"site,children,relapse_percent\n{row}\n"))
    assert told == ({"O10": "flag"} if leaks else {})
    assert loud(check("t.csv", f"site,children,percent\n{row}\n")) == {}
