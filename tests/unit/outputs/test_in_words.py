"""Counts that sentences tell, and small tables, are compared with earlier releases by words."""

from pathlib import Path

import pytest

from orchestrator.outputs import in_words
from orchestrator.outputs.facts import TOLD
from orchestrator.outputs.form import Kind, Part
from orchestrator.outputs.languages import in_english
from orchestrator.outputs.standalone import check_paths
from orchestrator.values import digest_of
from tests.discover import ROOT

RULES = ROOT / "policies" / "outputs.yaml"

COUNTED = "PV, age 60 and over: 809 patients.\nof these under hydroxyurea: 510\n"
DRUG = '{"drug": "ruxolitinib", "population": "registry", "n": 594, "women": 308}'

APART = {
    "a condition more": (COUNTED, "PV, age 60 and over, platelets below 1200: 804 patients.\n"),
    "the same words": (COUNTED, "PV, age 60 and over: 812 patients.\n"),
    "another bound": (COUNTED, "PV, age 61 and over: 801 patients.\n"),
    "a label": ("Patients with a form: 4600\n", "Patients with a form: 4595\n"),
    "a part of the people": ("Of 4183 patients, 3248 reached CR and 935 did not.\n",
                             "Of 4170 patients (t(1;22) left out), 3245 reached CR.\n"),
    "a part of the label": ("Patients with ET and a form: 1700\n",
                            "Patients with ET and a form, women included: 1697\n"),
    "a table and a sentence": ("group,n\nruxolitinib first line,594\n",
                               "Women under ruxolitinib in first line: 590 patients.\n"),
}  # fmt: skip
ENOUGH = {
    "other people": (COUNTED, "ET, age 60 and over, platelets below 1200: 804 patients.\n"),
    "many between": (COUNTED, "PV, age 60 and over, platelets below 1200: 704 patients.\n"),
    "another year": ("Enrolled over the year 2018: 409 patients.\n",
                     "Enrolled over the year 2021: 404 patients.\n"),
    "another cycle": ("PV, cycle 2 of ruxolitinib treatment: 809 patients.\n",
                      "PV, cycle 3 of ruxolitinib treatment: 804 patients.\n"),
    "a part of others": ("Of 4183 patients, 3248 reached CR and 935 did not.\n",
                         "Of 4170 women, 32 died, 12 months later, and 931 did not.\n"),
    "about so many": (COUNTED, "PV, age 60 and over, about 804 patients.\n"),
    "a plan": (COUNTED, "PV, age 60 and over: 804 patients, as planned.\n"),
    "one word in common": ("PV: 809 patients\n", "PV under hydroxyurea: 804 patients\n"),
    "no word that says anything": ("809 patients were included.\n", "804 were included.\n"),
}  # fmt: skip


def told(tmp_path: Path, first: str, second: str, ending: str = "txt") -> set[str]:
    """The rules that speak of a file beside one that left before."""
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / f"first.{'csv' if first.startswith('group,') else ending}").write_text(
        first
    )
    (tmp_path / f"second.{ending}").write_text(second)
    paths, left = [tmp_path / f"second.{ending}"], [tmp_path / "left"]
    assert check_paths(paths, rules=RULES)["verdict"] == "pass"
    answer = check_paths(paths, released=left, rules=RULES)
    return {str(one["rule"]) for one in answer["files"][0]["findings"]}


@pytest.mark.parametrize("name", APART)
def test_two_answers_that_differ_by_few_people(tmp_path: Path, name: str) -> None:
    """Each answer is safe alone; who has both knows of few people."""
    assert told(tmp_path, *APART[name]) == {"O14"}


@pytest.mark.parametrize("name", ENOUGH)
def test_two_answers_that_tell_nobody(tmp_path: Path, name: str) -> None:
    """Other people, many between them, years, round figures and plans are no difference."""
    assert told(tmp_path, *ENOUGH[name]) == set()


def test_small_tables_by_their_words(tmp_path: Path) -> None:
    """A population that is said in words is a condition like any other."""
    fewer = DRUG.replace('"registry"', '"registry without CNL"')
    assert told(tmp_path, DRUG, fewer.replace("594", "593"), "json") == {"O14"}


def test_other_small_tables(tmp_path: Path) -> None:
    """A condition that leaves many out is one."""
    fewer = DRUG.replace('"registry"', '"registry without ET"')
    assert told(tmp_path, DRUG, fewer.replace("594", "493").replace("308", "208"), "json") == set()


def test_sentences_are_no_table_of_the_rules() -> None:
    """What a sentence counts adds up to nothing, and what two parts say is kept once."""
    parts = [
        Part(path, Kind.TEXT, digest_of(COUNTED.encode()), len(COUNTED), text=COUNTED)
        for path in ("a.docx!/document.xml", "a.docx!/document.xml/paragraphs")
    ]
    (table,) = in_words.counts(parts, lambda _names: False)
    assert table.path.endswith("paragraphs")
    assert [(fact.measure, fact.low) for fact in table.facts] == [(TOLD, 809), (TOLD, 510)]
    assert {fact.low for fact in table.visible.values()} == {809, 510}


def test_words_one_for_one() -> None:
    """A sentence of another language is given in English, an English one as it is."""
    assert in_english("Drei Patienten starben.") == "three patients died."
    assert in_english("Three patients died.") == "Three patients died."


def test_no_number_of_sentences_hides_another() -> None:
    """Each is kept, however many stand before it."""
    said = "".join(f"Cohort K{n:03d}: {10000 + 50 * n} patients.\n" for n in range(300)) + COUNTED
    part = Part("a.txt", Kind.TEXT, digest_of(said.encode()), len(said), text=said)
    (table,) = in_words.sentences([part])
    assert [fact.low for fact in table.facts[-2:]] == [809, 510]
    line = said.replace("\n", " ")  # a paragraph as a word processor keeps it
    part = Part("a.txt", Kind.TEXT, digest_of(line.encode()), len(line), text=line)
    (table,) = in_words.sentences([part])
    assert len(table.facts) == 302


def test_two_answers_of_one_request(tmp_path: Path) -> None:
    """What leaves together is compared as well, and is no table beside a picture."""
    for at, answer in enumerate(APART["a condition more"]):
        (tmp_path / f"answer_{at}.txt").write_text(answer)
    (tmp_path / "bars.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><rect width="40" height="80"/></svg>'
    )
    found = check_paths([tmp_path], rules=RULES)["files"]
    said = {str(file["path"]): {str(one["rule"]) for one in file["findings"]} for file in found}
    assert said == {"answer_0.txt": {"O13"}, "answer_1.txt": {"O13"}, "bars.svg": {"O17"}}
