"""What people who hand in files say in other words: other languages, steps, people across."""

import io
import json
import pickle
from collections.abc import Sequence
from random import Random

import numpy as np
import pandas as pd
import pytest

from orchestrator.outputs.index import Index
from orchestrator.outputs.naming import Role, is_total, named, words
from orchestrator.outputs.readers.instream import find_inserted
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import IN_PRISON, open_bytes
from tests.outputs_world import Check, index_of, verdicts
from tests.unit.outputs.rules.test_by_the_specification import workbook
from tests.unit.outputs.rules.test_tables import loud, table

STOPPED = {"flag", "block"}


@pytest.fixture(scope="module")
def ward() -> Index:
    """800 people of four sites, with days to three events, a ratio of counts, and costs."""
    size = 800
    return index_of("ward", {
        "person": [f"W{n:05d}Q" for n in range(size)],
        "site": ["small" if n < 2 else ("north", "south", "east")[n % 3] for n in range(size)],
        "age": [str(30 + n * 7 % 53) for n in range(size)],
        "ldh": [str(120 + n * 131 % 907) for n in range(size)],
        "wbc": [f"{2 + n * 37 % 211 / 10:.1f}" for n in range(size)],
        "ferritin": [str(20 + n * n * 13 % 4001) for n in range(size)],
        "relapse_days": [str(5 + (n * 7 + 3) % size * 1013 % 2999) for n in range(size)],
        "death_days": [str(5 + n * 1013 % 2999) for n in range(size)],
        "cost": [f"{1000 + (n * n * 7919 + 31 * n) % 90001 / 10:.2f}" for n in range(size)],
    })  # fmt: skip


def column(index: Index, name: str) -> list[str]:
    """A column of the ward, as it was written."""
    made = {"ldh": lambda n: 120 + n * 131 % 907, "death_days": lambda n: 5 + n * 1013 % 2999,
            "age": lambda n: 30 + n * 7 % 53, "wbc": lambda n: (20 + n * 37 % 211) / 10,
            "ferritin": lambda n: 20 + n * n * 13 % 4001}  # fmt: skip
    return [str(made[name](n)) for n in range(index.tables[0].size)]


@pytest.mark.parametrize(
    ("name", "english", "role"),
    [
        ("Anzahl", ["number"], Role.COUNT),
        ("Mittelwert", ["mean"], Role.MEAN),
        ("écart-type", ["sd", "type"], Role.SPREAD),
        ("Summe Kosten (EUR)", ["sum", "kosten", "eur"], Role.SUM),
        ("Nombre de cas", ["number", "de", "cas"], Role.COUNT),
        ("średnia", ["mean"], Role.MEAN),
        ("media", ["media"], None),
        ("nombre", ["nombre"], None),
    ],
)
def test_names_of_other_languages(name: str, english: list[str], role: Role | None) -> None:
    """What says what a number is says it in English; what could be something else stays."""
    assert words(name) == english
    assert named(name) is role


@pytest.mark.parametrize("label", ["Gesamt", "Ogółem", "Totaal", "Insgesamt", "Summe"])
def test_totals_of_other_languages(check: Check, label: str) -> None:
    """A hidden count that a total gives back is found, whatever the total is called."""
    assert is_total(label)
    lines = ["Gruppe|Anzahl", "A|120", "B|<10", "C|60", f"{label}|184"]
    assert "O13" in loud(check("t.csv", table(*lines)))
    lines = ["Gruppe|Anzahl", "A|120", "B|<10", "C|<10", "D|60", f"{label}|195"]
    assert "O13" not in loud(check("t.csv", table(*lines)))


SENTENCES = {
    "Von den 22 Patienten starben {}.": (3, 12),
    "Im Verlauf verstorben: {}.": (1, 14),
    "Van de 213 patiënten zijn er 13 behandeld. Van hen kregen 13 azacitidine en {} anders.":
        (8, 18),
    "Sont décédés: {} patients.": (4, 24),
    "En este grupo murieron {} pacientes.": (5, 25),
    "Zmarło {} pacjentów.": (2, 22),
    "We have 79 cases. Only {} of them went to transplant.": (4, 44),
    "Davon waren {} schon 80 Jahre oder älter; die älteste Person war 84.": ("drei", "dreißig"),
    "Of them {} were older than 80; the oldest person was 84.": ("three", "thirty"),
}  # fmt: skip


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_of_other_languages(check: Check, sentence: str) -> None:
    """People are counted in the languages of the alliance."""
    few, many = SENTENCES[sentence]
    assert "O01" in loud(check("t.txt", sentence.format(few)))
    assert "O01" not in loud(check("t.txt", sentence.format(many)))


@pytest.mark.parametrize("sentence", [
    "Ein Patient gilt als transfusionsabhängig, wenn er zwei Einheiten erhält.",
    "Die Patienten wurden alle drei Monate gesehen.",
    "Une patiente remplit 3 questionnaires.",
    "209 Patienten nahmen teil, davon 3 Monate lang auf der Station.",
    "209 Patienten nahmen teil, davon 3 Jahre lang auf der Station.",
    "209 Patienten nahmen teil, davon 3 Tage lang auf der Station.",
    "There were 400 patients. Of these, 9 sites were in Italy.",
    "78 of them started, so the dose question of reviewer 2 is answered for all patients.",
    "We expect 6 patients a year.",
    "Registry data cut 05/2025",
    "Rounded: age to 5, platelets to 50, score to 2.",
])  # fmt: skip
def test_sentences_that_count_nobody(check: Check, sentence: str) -> None:
    """Rules, reviewers, rates, months and rounding bases are no people."""
    assert "O01" not in loud(check("t.txt", sentence))


def test_words_for_few_people(check: Check) -> None:
    """Numbers may be words, in other languages too."""
    assert "O01" in loud(check("t.txt", "Trois patients sont décédés."))
    assert "O01" in loud(check("t.txt", "Bei einem Patienten trat eine Blutung auf."))


def model(people: int) -> str:
    """A summary of statsmodels that does not say how many degrees are left."""
    line = "=" * 60
    rows = [
        f"{name:<12}{at + 1.5:>10.4f}{0.5:>11.3f}{2.1:>11.3f}{0.04:>11.3f}"
        for at, name in enumerate(("Intercept", "sex", "age", "ldh", "wbc"))
    ]
    head = f"No. Observations:  {people}   F-statistic: 3.3\n{line}"
    names = f"                coef    std err          t      P>|t|\n{line}"
    return "\n".join([head, names, *rows, line, ""])


def test_degrees_that_are_left_to_be_worked_out(check: Check) -> None:
    """People less the lines of the table of coefficients."""
    assert verdicts(check("t.txt", model(14)))["O07"] == "block"
    assert verdicts(check("t.txt", model(15)))["O07"] == "pass"


def test_numbers_that_numpy_keeps_one_by_one(check: Check) -> None:
    """A pickled number of numpy is read, and its type is no table."""

    def kept(few: int) -> bytes:
        return pickle.dumps({"sites": [{"site": "a", "n": np.int64(few)},
                                       {"site": "b", "n": np.int64(40)}]})  # fmt: skip

    assert loud(check("t.pkl", kept(4)))["O01"] == "block"
    assert "O01" not in loud(check("t.pkl", kept(44)))


class Told:
    """A pickle that calls whatever it is told to, and gives it a state."""

    def __init__(self, *made: object) -> None:
        self.made = made

    def __reduce__(self) -> tuple[object, ...]:
        """Be what was told."""
        return self.made


def test_a_type_of_numpy_is_no_table_and_no_hiding_place(
    caps: ReadCaps, check: Check, ward: Index
) -> None:
    """Only the very words that numpy writes for a type are left out."""

    def shown(value: object) -> int:
        form = open_bytes("t.pkl", pickle.dumps(value), caps, IN_PRISON)
        return sum(part.table is not None for part in form.parts)

    assert shown([np.dtype("float64")]) == 1  # the list itself
    rows = [(column(ward, "ldh")[n], column(ward, "death_days")[n]) for n in range(40)]
    state = (3, "<", None, None, None, -1, -1, 0)
    for made in (
        (np.dtype, ("f8", False, True), rows), (np.dtype, (rows, False, True), state),
        (np.dtype, ("f8", rows, True), state), (sorted, (rows,), {"some": "state"}),
    ):  # fmt: skip
        assert loud(check("t.pkl", pickle.dumps([Told(*made)]), ward))["O19"] == "block"


def test_one_column_in_another_unit(check: Check, ward: Index) -> None:
    """Days that were made years are found beside one plain column, whichever event they are of."""
    rows = range(100, 160)
    days, ldh = column(ward, "death_days"), column(ward, "ldh")
    mine = [{"t": round(int(days[n]) * 0.0027379, 4), "l": int(ldh[n])} for n in rows]
    assert loud(check("t.json", json.dumps(mine), ward))["O19"] == "block"
    apart = [{"t": round(int(days[n]) * 0.0027379, 4), "l": int(ldh[n + 37])} for n in rows]
    assert "O19" not in loud(check("t.json", json.dumps(apart), ward))


def test_a_sum_of_two_people_in_german(check: Check, ward: Index) -> None:
    """`Summe Kosten` is a sum, and this one is of two people."""

    def cost(n: int) -> float:
        return float(f"{1000 + (n * n * 7919 + 31 * n) % 90001 / 10:.2f}")

    two = sum(cost(n) for n in range(2))
    many = sum(cost(n) for n in range(2, 800) if n % 3 == 0)
    lines = ["site;Summe Kosten (EUR)", f"small;{two:.2f}", f"north;{many:.2f}"]
    assert "O05" in loud(check("t.csv", "\n".join(lines).replace(".", ",") + "\n", ward))
    lines = ["site;Summe Kosten (EUR)", f"north;{many:.2f}"]
    assert "O05" not in loud(check("t.csv", "\n".join(lines).replace(".", ",") + "\n", ward))


def test_percentiles_of_everybody(check: Check, ward: Index) -> None:
    """The first and the last percentile are somebody's, also where no name tells of what."""
    values = np.array(sorted(map(int, column(ward, "ferritin"))))
    levels = (1, 5, 50, 95, 99)
    told = {f"P{at}": float(np.percentile(values, at, method="nearest")) for at in levels}
    assert loud(check("t.json", json.dumps({"percentiles": told}), ward))["O09"] in STOPPED
    rounded = {name: round(value / 100) * 100 for name, value in told.items()}
    assert "O09" not in loud(check("t.json", json.dumps({"percentiles": rounded}), ward))


def test_shares_that_their_rows_name(check: Check) -> None:
    """All shares of a site are eighths; no count stands beside them."""
    lines = ["|BE03|IT05", "Female, %|37.5|48.3", "Higher risk, %|25.0|31.8", "Died, %|12.5|27.4"]
    found = check("t.csv", table(*lines))
    told = [one for one in found.findings if one.rule == "O10"]
    assert [one.evidence for one in told] == ["BE03: shares of one group fit 8 people"]


def test_a_part_that_the_others_leave(check: Check) -> None:
    """What is not shown of people is what is left of them."""
    said = "Of 54 patients, 25 were PR and {} NR. CR was seen in fewer than 10 (not shown)."
    assert "O13" in loud(check("t.txt", said.format(22)))
    assert "O13" not in loud(check("t.txt", said.format(12)))


def test_boxes_of_a_flow(check: Check) -> None:
    """Boxes say who is left; two that make up a third are its parts."""
    flow = "All sites\nn = 757\n\nReviewed\nn = {}\n\nTreated\nn = 195\n"
    assert "O01" in loud(check("t.txt", flow.format(751)))
    assert "O01" not in loud(check("t.txt", flow.format(700)))
    arms = "Randomised\nn = 300\n\nArm A\nn = 152\n\nArm B\nn = 148\n"
    assert "O01" not in loud(check("t.txt", arms))


def test_few_rows_measured_like_the_source(check: Check, ward: Index) -> None:
    """Rows that may be people are told once, by O20; means of groups are none."""
    chosen = Random(7)
    names = ("age", "ldh", "wbc", "ferritin")
    own = {name: chosen.sample(column(ward, name), 30) for name in names}
    rows = [",".join(cells) for cells in zip(*own.values(), strict=True)]
    head = ",".join(names)
    few = [f"{line},{1 + at % 13}" for at, line in enumerate(rows)]
    assert loud(check("t.csv", "\n".join([f"{head},transfusions", *few]) + "\n", ward)) == {
        "O20": "flag"
    }
    assert loud(check("t.csv", "\n".join([head, *rows]) + "\n", ward)) == {}  # nothing to take
    strange = [f"{1000 + at},{line.partition(',')[2]}" for at, line in enumerate(few)]
    assert "O01" in loud(check("t.csv", "\n".join(["a,b,c,d,transfusions", *strange]) + "\n", ward))
    means = [",".join(f"{float(cell) + 0.137:.3f}" for cell in line.split(",")) for line in rows]
    assert "O20" not in loud(check("t.csv", "\n".join([",".join(names), *means]) + "\n", ward))


def across(names: Sequence[str]) -> str:
    """A table of four variables with a column for each of these."""
    rows = [f"{name},{','.join(str(20 + 37 * at * k % 911) for k in range(len(names)))}"
            for at, name in enumerate(("age", "ldh", "ferritin", "wbc"), 1)]  # fmt: skip
    return "\n".join([",".join(("variable", *names)), *rows]) + "\n"


def test_people_that_are_numbered_across(check: Check, ward: Index) -> None:
    """`P01` to `P30` are no percentiles; `P5`, `P50` and `P95` are."""
    people = [f"P{n:02d}" for n in range(1, 31)]
    assert "O09" not in loud(check("t.csv", across(people), ward))
    few = column(ward, "ferritin")[:3]
    lines = ["variable|P5|P50|P95", f"ferritin|{few[0]}|{few[1]}|{few[2]}"]
    assert "O09" in loud(check("t.csv", table(*lines), ward))


SAFE = {
    "steps of a program": "Epoch 1/5  loss 0.64\nEpoch 2/5  loss 0.59\nEpoch 3/5  loss 0.57\n"
                          "Epoch 4/5  loss 0.56\n",
    "a step of several lines": "step 1/6 load patients 4200\nstep 3/6 fold 1 0.71\n"
                               "step 3/6 fold 2 0.69\nstep 3/6 fold 3 0.73\n",
    "the corner of a listing": "Frequency|\nRow Pct  |\nCol Pct  |       0|       1|  Total\n"
                               "---------+--------+--------+\n0        |    681 |   1896 |   2577\n"
                               "         |  26.43 |  73.57 |\n         |  56.42 |  55.88 |\n"
                               "---------+--------+--------+\n1        |    361 |   1048 |   1409\n"
                               "         |  25.62 |  74.38 |\n         |  29.91 |  30.89 |\n"
                               "---------+--------+--------+\nTotal        1042    2944    3986\n",
}  # fmt: skip


@pytest.mark.parametrize("name", SAFE)
def test_lines_of_programs(check: Check, name: str) -> None:
    """How far a program is, and what its cells hold, counts nobody."""
    assert not {"O01", "O04"} & set(loud(check("t.log", SAFE[name])))


@pytest.mark.parametrize(("safe", "leaky"), [
    (("code|label|stage_group", *(f"{n}|drug {'abcdef'[n]}|{1 + n // 3}" for n in range(6))),
     ("code|label|deaths", *(f"{n}|drug {'abcdef'[n]}|{1 + n // 3}" for n in range(6)))),
    (("step|hydroxyurea mg/day|anagrelide mg/day", "1|1000|2", "2|750|4", "hold|4|8"),
     ("step|hydroxyurea patients|anagrelide patients", "1|1000|2", "2|750|4", "hold|4|8")),
])  # fmt: skip
def test_groups_and_doses(check: Check, safe: Sequence[str], leaky: Sequence[str]) -> None:
    """Groups of a list and doses a day are no counts; people under the same numbers are."""
    assert "O01" not in loud(check("t.csv", table(*safe)))
    assert "O01" in loud(check("t.csv", table(*leaky)))


def test_rows_of_a_program_have_the_names_of_their_table() -> None:
    """Two tables of one width are two tables, named as they are created."""
    made = ("CREATE TABLE codes (id int, short text, PRIMARY KEY (id));\n"
            "INSERT INTO codes VALUES (1, 'AA');\nINSERT INTO codes VALUES (2, 'PNH');\n"
            "CREATE TABLE drugs (id int, dose_mg numeric(6, 1));\n"
            "INSERT INTO drugs VALUES (1, 900);\n")  # fmt: skip
    assert [*find_inserted(made)] == [
        (["id", "short"], [["1", "AA"], ["2", "PNH"]]), (["id", "dose_mg"], [["1", "900"]])
    ]  # fmt: skip


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_an_index_of_pandas_is_no_range(check: Check, ward: Index, ending: str) -> None:
    """That a table has so many rows is not the greatest value of anything."""
    top = max(map(int, column(ward, "ldh")))
    frame = pd.DataFrame({"ldh": np.arange(top) / 7})
    out = io.BytesIO()
    frame.to_parquet(out) if ending == "parquet" else frame.to_feather(out)
    assert f'"stop": {top}'.encode() in out.getvalue()
    assert "O08" not in loud(check(f"t.{ending}", out.getvalue(), ward))


def test_reference_ranges_in_a_sentence(check: Check, ward: Index) -> None:
    """What is usual in a laboratory is nobody's, though somebody may have it."""
    top = max(map(int, column(ward, "ldh")))
    assert "O08" in loud(check("t.txt", f"LDH ranged up to {top} U/l.", ward))
    few = sorted(map(int, column(ward, "ldh")))[-9]
    assert "O08" in loud(check("t.txt", f"As seen here LDH ranged from 250 to {few} U/l.", ward))
    assert "O08" not in loud(check("t.txt", f"Reference ranges: LDH 250 to {few} U/l.", ward))
    assert "O08" in loud(check("t.txt", f"Reference ranges: LDH 250 to {top} U/l.", ward))


def test_a_hidden_list_of_codes_of_several_kinds(check: Check, ward: Index) -> None:
    """Numbers in a row and codes that are all different are a list; other numbers are not."""
    listed = ((1, "AA"), (2, "PNH"), (3, "MDS"), ("ORPHA:84", "Fanconi"), ("IPSSR0", "very low"))
    assert "O28" not in loud(check("t.xlsx", workbook(*listed), ward))
    counted = ((1, "AA"), (7, "PNH"), (3, "MDS"), ("ORPHA:84", "Fanconi"))
    assert "O28" in loud(check("t.xlsx", workbook(*counted), ward))


def test_numbers_with_a_check_digit_and_no_birthday(check: Check) -> None:
    """Made-up PESEL numbers are a list of PESEL numbers."""
    stems = [f"{84130085 + 7919 * n:08d}{n:02d}" for n in range(24)]
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    last = [-sum(int(d) * w for d, w in zip(stem, weights, strict=True)) % 10 for stem in stems]
    own = [f"{stem}{digit}" for stem, digit in zip(stems, last, strict=True)]
    others = [f"{stem}{(digit + 1 + n % 9) % 10}"
              for n, (stem, digit) in enumerate(zip(stems, last, strict=True))]  # fmt: skip
    assert "O22-national" in loud(check("t.csv", "number\n" + "\n".join(own) + "\n"))
    assert "O22-national" not in loud(check("t.csv", "number\n" + "\n".join(others) + "\n"))


def test_pieces_of_a_pseudonym_name_no_statistic() -> None:
    """`q1` and `n4` inside of letters and digits are pieces; alone they are a quartile and an n."""
    assert named("RLQ1BAN4ED") is None
    assert named("4P5N8MAX2K") is None
    assert named("q1") is Role.PERCENTILE
    assert named("n4") is not Role.PERCENTILE


@pytest.mark.parametrize("covered", ["n. a. (< 10)", "[oculto]", "unterdrückt", "masqué"])
def test_totals_with_more_words(check: Check, covered: str) -> None:
    """A last row that begins with the word for a total, and is enough for the others, is one."""
    lines = ["Subtyp|Anzahl", "A|208", "B|97", "C|62", f"D|{covered}"]
    assert "O13" in loud(check("t.csv", table(*lines, "Summe fortgeschrittene Formen|375")))
    enough = "O13" in loud(check("t.csv", table(*lines, "Summe fortgeschrittene Formen|475")))
    assert enough is ("10" not in covered)  # as many as the total leaves are not fewer than ten
    assert "O13" not in loud(check("t.csv", table(*lines, "weitere Formen|375")))


def test_a_characteristic_is_a_category(check: Check) -> None:
    """A hidden count below `Characteristic` is given back by its share, as below any other name."""
    lines = ["{}|n|%", "Died|[redacted]|9.3", "Splenectomy|11|12.8", "TPO-RA|26|30.2"]
    for name in ("Characteristic", "Feature", "Outcome"):
        assert "O13" in loud(check("t.csv", table(lines[0].format(name), *lines[1:])))


def test_percentiles_in_cells(check: Check, ward: Index) -> None:
    """`P1 29.6; P99 1576.7` are percentiles of the group of their row."""

    def cell(site: int) -> str:
        own = sorted(int(text) for n, text in enumerate(column(ward, "ferritin"))
                     if n >= 2 and n % 3 == site)  # fmt: skip
        low, high = own[len(own) // 100], own[-1 - len(own) // 100]
        return f"P1 {low}; P99 {high}"

    lines = ["site|ferritin", *(f"{name}|{cell(at)}" for at, name in
                                enumerate(("north", "south", "east")))]  # fmt: skip
    assert "O09" in loud(check("t.csv", table(*lines), ward))
    coarse = ["site|ferritin", *(f"{name}|P1 5; P99 4500" for name in ("north", "south", "east"))]
    assert "O09" not in loud(check("t.csv", table(*coarse), ward))


def test_ends_in_a_long_table(check: Check, ward: Index) -> None:
    """The least and the greatest of each group, a line for each variable of each group."""

    def ends(name: str, site: int, step: int) -> str:
        own = sorted(float(text) for n, text in enumerate(column(ward, name))
                     if n >= 2 and n % 3 == site)  # fmt: skip
        return f"{own[0] + step:g}|{own[-1] - step:g}"

    def lines(step: int) -> list[str]:
        return [f"{site}|{name}|{ends(name, at, step)}"
                for at, site in enumerate(("north", "south", "east"))
                for name in ("ldh", "ferritin")]  # fmt: skip

    assert "O08" in loud(check("t.csv", table("group|analyte|low|high", *lines(0)), ward))
    assert "O08" not in loud(check("t.csv", table("group|analyte|low|high", *lines(250)), ward))


PARTS = {
    "Of the 4572 patients of the register, {} answered.": (4564, 4164),
    "208 patients were included (2006-2023). In {} the level was above 20.": (205, 105),
    "Insgesamt wurden 208 Patienten eingeschlossen. Bei {} lag der Wert hoch.": (205, 105),
    "Av 2742 patienter vårdades {} i Visby.": (6, 600),
    "Cinco casos, de los que falleció {}; el resto vive.": ("uno", "la mitad"),
}  # fmt: skip


@pytest.mark.parametrize("sentence", PARTS)
def test_who_is_left_of_the_people_of_a_sentence(check: Check, sentence: str) -> None:
    """Most of them leave few others."""
    few, many = PARTS[sentence]
    assert "O01" in loud(check("t.txt", sentence.format(few)))
    assert "O01" not in loud(check("t.txt", sentence.format(many)))


GRAPH = """flowchart TD
  A["All patients<br/>n = 4572"] --> B["DLBCL<br/>n = 2872"]
  A --> X["Hodgkin<br/>n = 1700"]
  B --> C["Albumin known<br/>n = 2716"]
  C --> D["Without intravascular<br/>n = {}"]
"""


def test_graphs_of_a_flow(check: Check) -> None:
    """Arrows lead from all to who is left; parts that make up the whole leave nobody."""
    assert "O01" in loud(check("t.md", GRAPH.format(2711)))
    assert "O01" not in loud(check("t.md", GRAPH.format(2611)))
    arms = 'A["All, n = 300"] --> B["Arm A, n = 152"]\nA --> C["Arm B, n = 148"]\n'
    assert "O01" not in loud(check("t.md", arms))


def test_a_flow_in_polish(check: Check) -> None:
    """Stages have names in other languages."""
    said = "- Chorzy w rejestrze: **2742**\n- Wykluczono chorych\n- Do analizy włączono: **{}**\n"
    assert {"O01", "O13"} & set(loud(check("t.md", said.format(2736))))
    assert not {"O01", "O13"} & set(loud(check("t.md", said.format(2636))))


def test_nothing_has_happened_at_time_0(check: Check) -> None:
    """Columns of times begin with nobody; a later zero says something."""
    lines = ["months|0|24|48|72", "at risk|1700|1473|1124|852", "deaths|0|111|205|272"]
    assert "O03" not in loud(check("t.csv", table(*lines)))
    later = ["months|6|24|48|72", "at risk|1700|1473|1124|852", "deaths|0|111|205|272"]
    assert "O03" in loud(check("t.csv", table(*later)))


def test_a_cross_table_as_pandas_prints_it(check: Check) -> None:
    """The name of the rows stands on a line of its own, and its numbers are no people."""
    frame = pd.crosstab(
        pd.Series([n % 5 + 1 for n in range(900)], name="deauville"),
        pd.Series(["low" if n % 7 < 3 else "high" for n in range(900)], name="TMTV"),
    )
    assert "O01" not in loud(check("t.txt", f"{frame}\n"))


@pytest.mark.parametrize("name", ["chromosome", "orden", "Reihenfolge"])
def test_columns_that_number_things(check: Check, name: str) -> None:
    """Chromosomes and places in an order are no people, deaths are."""
    lines = ["gene|{}", "KIT|4", "TET2|7", "SRSF2|17", "ASXL1|20", "RUNX1|2"]
    assert "O01" not in loud(check("t.csv", table(lines[0].format(name), *lines[1:])))
    assert "O01" in loud(check("t.csv", table(lines[0].format("deaths"), *lines[1:])))


def test_one_near_total_takes_two_tables_together(check: Check) -> None:
    """Totals of women and of men give two hidden counts away, though only one lies near its own."""
    first = ["| sex | site | n |", "|---|---|---|", "| F | a | 120 |", "| F | b | <10 |",
             "| F | c | 60 |", "| M | a | 12 |", "| M | b | <10 |"]  # fmt: skip
    second = ["", "Totals", "", "| sex | n |", "|---|---|", "| F | {} |", "| M | {} |", ""]
    found = check("t.md", "\n".join([*first, *second]).format(189, 20))
    assert sum("exactly" in one.evidence for one in found.findings if one.rule == "O13") == 2
    assert "O13" not in loud(check("t.md", "\n".join([*first, *second]).format(289, 120)))


@pytest.mark.parametrize(("column", "row"), [
    ("patients at 25 mg/day", "4|44"), ("deaths at 25 mg/day", "4|44"), ("Summe", "4|44"),
])  # fmt: skip
def test_no_word_hides_people(check: Check, column: str, row: str) -> None:
    """A dose beside people, and the word for a total alone, leave counts what they are."""
    few, many = row.split("|")
    lines = [f"site|{column}", "A|51", "B|62", f"C|{few}", "D|70", "E|83"]
    assert "O01" in loud(check("t.csv", table(*lines)))
    lines[3] = f"C|{many}"
    assert "O01" not in loud(check("t.csv", table(*lines)))


@pytest.mark.parametrize("sentence", [
    "4 patients a month after surgery relapsed.", 
    "We saw 05/2025 patients with a relapse.",
])  # fmt: skip
def test_what_is_no_rate_and_no_month(check: Check, sentence: str) -> None:
    """People who are told some time after something, and people behind a fraction."""
    assert "O01" in loud(check("t.txt", sentence))


@pytest.mark.parametrize("sentence", [
    "Residual degrees of freedom {}.", "$n=22$; residual degrees of freedom {}; $R^2=0.70$",
    "The residual d.f. were {}.", "A fit with {} residual degrees of freedom.",
])  # fmt: skip
def test_degrees_in_words(check: Check, sentence: str) -> None:
    """Whichever side of the words the number stands on."""
    assert verdicts(check("t.tex", sentence.format(9) + "\n"))["O07"] == "block"
    for many in ("19", "1,209", "9.5"):
        assert verdicts(check("t.tex", sentence.format(many) + "\n"))["O07"] == "pass"


OF_SITES = {
    "csv": ("site,{0}\nnorth,41.3\n{1},47.7\n", "mean ldh"),
    "md": ("|  | north | {1} |\n|---|---|---|\n| {0} | 41.3 | 47.7 |\n", "ldh, mean"),
    "tsv": ("\tnorth\t{1}\n{0}\t41\t47\n", "response, %"),
    "json": ('{{"{0}": {{"north": 41.3, "{1}": 47.7}}}}', "ldh"),
    "jsonl": ('{{"site": "north", "{0}": 41.3}}\n{{"site": "{1}", "{0}": 47.7}}\n', "mean_ldh"),
}


@pytest.mark.parametrize("ending", OF_SITES)
def test_figures_of_few_people_without_their_count(check: Check, ward: Index, ending: str) -> None:
    """No count needs to stand there: the source knows how many people a group is."""
    text, name = OF_SITES[ending]
    assert loud(check(f"t.{ending}", text.format(name, "small"), ward))["O02"] == "flag"
    assert "O02" not in loud(check(f"t.{ending}", text.format(name, "east"), ward))
    assert "O02" not in loud(check(f"t.{ending}", text.format(name, "smaller"), ward))


@pytest.mark.parametrize("name", ["mean ldh", "taux de réponse", "percent", "ldh"])
def test_which_figures_are_of_people(check: Check, ward: Index, name: str) -> None:
    """Means, shares, and what has the name of a variable; no coefficient and no year."""
    few = table(f"site|{name}", "north|41.3", "south|40.2", "small|47.7")
    found = [one for one in check("t.csv", few, ward).findings if one.rule == "O02"]
    assert [one.where.rows for one in found] == [(3,)]
    for other in ("site|hazard ratio", "site|opened in"):
        cells = ["1991", "1980", "1984"] if "opened" in other else ["1.3", "1.2", "1.7"]
        rows = map("|".join, zip(["north", "south", "small"], cells, strict=True))
        assert "O02" not in loud(check("t.csv", table(other, *rows), ward))


def test_rows_of_nobody_are_no_figures(check: Check, ward: Index) -> None:
    """A group that comes again is one of whom rows are, and O19 and O20 look at rows."""
    sizes = table("measure|small|medium", "mean ldh|41.3|47.7")
    assert "O02" not in loud(check("t.csv", sizes, ward))  # of something else than sites
    rows = [f"{'small' if n % 5 else 'north'}|{40 + n * 7 % 13}.{n}|7.{n}" for n in range(10)]
    assert "O02" not in loud(check("t.csv", table("site|ldh|wbc", *rows), ward))


def test_numbers_of_no_name_are_no_groups(check: Check, ward: Index) -> None:
    """Below a name that has ages of few people they are some."""
    rows = ["31|24|438|0.84", "32|48|338|0.71", "99|72|233|0.62"]
    loose = "\n".join("   ".join(row.split("|")) for row in rows)
    assert "O02" not in loud(check("t.lst", f"Life table\n\n{loose}\n", ward))


def test_names_above_a_blank_line(check: Check, ward: Index) -> None:
    """A listing has a blank line below its names; what they say is said of the rows."""
    listing = "site    variable   Mean   Minimum\n\n" + "".join(
        f"{site}   ldh   57{n}.3   {low}\n" for n, (site, low) in enumerate(
            {"north": 120, "south": 122, "east": 121}.items()))  # fmt: skip
    assert "O08" in loud(check("t.lst", listing, ward))
    assert "O08" not in loud(check("t.lst", listing.replace("Minimum", "Rate"), ward))


def test_ends_of_classes_in_german(check: Check) -> None:
    """`von` and `bis` are where a class begins and ends, and nobody."""
    rows = [f"{6 * n}|{6 * n + 6}|{1511 - 98 * n}" for n in range(12)]
    assert "O01" not in loud(check("t.csv", table("von (Mon.)|bis (Mon.)|unter Risiko", *rows)))
    assert "O01" in loud(check("t.csv", table("von (Mon.)|davon|unter Risiko", *rows)))


def test_the_error_of_a_coefficient_may_be_nought(check: Check) -> None:
    """Of a mean it says that everybody has it."""
    lines = ["term|{}|se|p", "age|0.032|0.002|0", "wbc|0.011|0|0.82"]
    assert "O04" not in loud(check("t.csv", table(lines[0].format("coef"), *lines[1:])))
    assert "O04" in loud(check("t.csv", table(lines[0].format("mean"), *lines[1:])))
    assert "O04" in loud(check("t.csv", table("term|coef|std|p", *lines[1:])))


def test_groups_that_begin_with_nought(check: Check) -> None:
    """A zero of the group 0 is one of people: only times begin with nobody."""
    lines = ["ECOG|0|1|2|3", "patients|170|147|112|85", "deaths|0|11|20|27"]
    assert "O03" in loud(check("t.csv", table(*lines)))


def test_the_second_of_two_models(check: Check) -> None:
    """Each model is told by its own people."""
    assert verdicts(check("t.txt", model(4000) + model(14)))["O07"] == "block"
    assert verdicts(check("t.txt", model(4000) + model(15)))["O07"] == "pass"
