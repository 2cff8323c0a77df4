"""The scorer of the open corpus counts honestly, and the corpora keep what their labels promise."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench import outputs_corpus
from tests.bench.outputs import kept, odds, population, second
from tests.bench.outputs.blind import registry
from tests.bench.outputs.blind.corpus import dishonest
from tests.bench.outputs.blind.desk import Desk
from tests.bench.outputs.blind.facts import Counts
from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.grid import Case
from tests.bench.outputs.page import Run, page
from tests.bench.outputs.peers import column_summary, small_number
from tests.bench.outputs.score import Outcome, Rate, Said, confusion, summary


def case(family: str, *rules: str, held: bool = False, seen_by: Sequence[str] = ()) -> Case:
    """A case with a label."""
    return Case("a.csv", b"sex,n\nF,12\n", family, "csv", "s", frozenset(rules), 3, held,
                seen_by=frozenset(seen_by))  # fmt: skip


@pytest.mark.parametrize(
    ("label", "rules", "outcome"),
    [
        (case("L1", "O19"), {"O19": "block"}, Outcome.DETECTED),
        (case("L1", "O19"), {"O01": "flag"}, Outcome.CAUGHT),
        (case("L1", "O19"), {"O29": "could-not-check"}, Outcome.HELD),
        (case("L1", "O19"), {}, Outcome.PASSED),
        (case("L4", "O19", seen_by=["O20"]), {"O20": "flag"}, Outcome.PASSED),
        (case("L15", "O29", held=True), {"O29": "could-not-check"}, Outcome.DETECTED),
        (case("S1"), {}, Outcome.CLEAN),
        (case("S1"), {"O01": "flag"}, Outcome.FALSE_FLAG),
        (case("S1"), {"O01": "block", "O20": "flag"}, Outcome.FALSE_BLOCK),
        (case("S1"), {"O29": "could-not-check"}, Outcome.FRICTION),
        (case("S6", seen_by=["O20"]), {"O20": "flag"}, Outcome.PEOPLE),
        (case("S6", seen_by=["O20"]), {"O20": "block"}, Outcome.FALSE_BLOCK),
        (case("S6", seen_by=["O20"]), {"O20": "flag", "O19": "flag"}, Outcome.FALSE_FLAG),
        (case("S6", seen_by=["O20"]), {"O20": "could-not-check"}, Outcome.FRICTION),
        (case("S9", seen_by=["O25"]), {"O25": "block"}, Outcome.PEOPLE),
    ],
)
def test_each_answer_is_worth_one_outcome(
    label: Case, rules: dict[str, str], outcome: Outcome
) -> None:
    """A rule that sends every file of a kind to people is neither a detection nor an alarm."""
    assert Said(label, rules).outcome is outcome


def test_rates_have_wilson_intervals() -> None:
    """Known values, and the words for none at all."""
    low, high = Rate(0, 30).interval
    assert low == 0
    assert high == pytest.approx(0.1135, abs=5e-4)
    low, high = Rate(45, 50).interval
    assert low == pytest.approx(0.7864, abs=5e-4)
    assert high == pytest.approx(0.9565, abs=5e-4)
    assert "at most 3/30" in str(Rate(0, 30))
    assert Rate(0, 0).share == 0.0


def test_a_run_is_summed_up() -> None:
    """What is scored apart is in no other rate; every row of a leak counts once."""
    apart = Case("b.csv", b"", "L5", "csv", "s", frozenset({"O19"}), 60, apart=True)
    said = [
        Said(case("L1", "O19"), {"O19": "block"}, "block", rows=9),
        Said(case("L1", "O19"), {}, "pass"),
        Said(apart, {}, "pass"),
        Said(case("S1"), {"O01": "flag"}, "flag"),
        Said(case("S1"), {}, "pass"),
    ]
    figures = summary(said)
    assert (figures.stopped, figures.alarms) == (Rate(1, 2), Rate(1, 2))
    assert (figures.rows, figures.apart) == (Rate(3, 6), Rate(0, 1))
    table = confusion(said)
    assert (table["O19"].right, table["O19"].missed, table["O01"].wrong) == (1, 1, 1)
    run = Run("a", 7, 1.0, 2.0, said, {}, "")
    assert "| L1 | 1 |  |  | 1 |" in page([run], "judge 1", "sha256:0", "2026-11-28")


def test_peers_answer_what_they_are_said_to() -> None:
    """A number below ten anywhere; a column that never repeats."""
    safe = Case("a.csv", b"term,hr\nage,2\n", "S3", "csv", "s")
    assert small_number(safe)
    assert not small_number(Case("a.csv", b"sex,n\nF,12\n", "S1", "csv", "s"))
    rows = "".join(f"{at}.5,x\n" for at in range(30)).encode()
    assert column_summary(Case("a.csv", b"a,b\n" + rows, "L1", "csv", "s"))
    assert not column_summary(Case("a.json", b"{}", "S1", "json", "s"))


def test_the_registry_is_made_up_and_repeatable() -> None:
    """Equal seeds, equal people; pseudonyms are unique; visits belong to somebody."""
    one, other = population.registry(3, 300), population.registry(3, 300)
    assert one == other
    pids = one["patients"].column("pid")
    assert len(set(pids)) == 300
    assert set(one["visits"].column("pid")) <= set(pids)
    assert population.fresh(1, 50).rows != population.fresh(2, 50).rows


def test_disguises_hide_the_pseudonym() -> None:
    """None but the plain ones shows it."""
    for kind, disguise in odds.DISGUISES.items():
        assert ("HX-AB12C39" in disguise("HX-AB12C39")) == (kind == "plain")


def test_the_second_corpus_has_both_kinds() -> None:
    """At least fifty leaky and fifty safe files, none of which has the name of its kind."""
    corpus = second.transplants(1)
    leaky = [one for one in corpus.cases if one.leaky]
    assert len(leaky) >= 50
    assert len(corpus.cases) - len(leaky) >= 50
    assert all(one.rules for one in leaky)
    assert not [one for one in corpus.cases if one.format in one.path.split(".")[0]]


def _desk(cells: dict[tuple[str, ...], int]) -> Desk:
    """A desk with one safe table: people by sex."""
    desk = Desk()
    desk.lay("a.csv", "sex,n\n", "S1", "csv", claims=[Counts("people", ("sex",), cells)])
    return desk


def test_labels_are_proved_from_the_source() -> None:
    """Counts of one seed are no counts of another; its own hold."""
    own, other = registry.drawn(3, 600), registry.drawn(4, 600)
    desk = _desk({(str(sex),): int(n) for sex, n in own.people["sex"].value_counts().items()})
    assert not dishonest(desk, own)
    assert dishonest(desk, other)


def test_nothing_is_scored_where_a_label_does_not_hold() -> None:
    """The scorer refuses the seed and names the first label; a proved corpus is given back."""
    wrong = Corpus("made up", {}, [], faults=lambda: ["a.csv: F is 9, not 12"])
    with pytest.raises(ValueError, match=r"1 labels of the made up .* seed 5.* F is 9, not 12"):
        outputs_corpus.believed(wrong, 5)
    right = Corpus("made up", {}, [], faults=lambda: [])
    assert outputs_corpus.believed(right, 5) is right


def test_the_scorer_refuses_such_a_seed_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends before any file is checked, and nothing is printed as a score."""
    made = Corpus("made up", {}, [], faults=lambda: ["a.csv: F is 9, not 12"])
    monkeypatch.setitem(outputs_corpus.CORPORA, "blind", lambda _seed: made)
    monkeypatch.setattr("sys.argv", ["outputs_corpus.py", "--corpus", "blind", "--seed", "5"])
    with pytest.raises(ValueError, match="nothing is scored"):
        outputs_corpus.main()
    assert "stopped" not in capsys.readouterr().out


def test_a_first_score_is_kept(tmp_path: Path) -> None:
    """Figures stand behind earlier ones with their commit, and are never written over."""
    file = tmp_path / "kept.json"
    run = Run("a", 7, 1.0, 2.0, [Said(case("L1", "O19"), {"O19": "block"}, "block")], {}, "")
    kept.add("first", "2026-11-29", [run], file)
    kept.add("second", "2026-11-30", [run], file)
    with pytest.raises(ValueError, match="already kept"):
        kept.add("first", "2026-12-01", [run], file)
    first, second_time = kept.known(file)
    assert (first.title, second_time.title) == ("first", "second")
    assert first.figures["stopped"] == Rate(1, 1)
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                          check=True, cwd=Path(__file__).parent).stdout.strip()  # fmt: skip
    assert first.commit.startswith(head)
    text = page([run], "judge 1", "sha256:0", "2026-11-30", [first])
    assert f"| a | first (2026-11-29, {first.commit}) | 7 | 100.0 % (1/1) |" in text
