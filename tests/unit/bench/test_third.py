"""The third corpus: its labels are proved from its source, and the proofs can fail."""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from pathlib import Path
from sys import stdlib_module_names

import pytest

from tests.bench.outputs import harness
from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.grid import Case
from tests.bench.outputs.third import corpus as third
from tests.bench.outputs.third import desk, facts, opened
from tests.bench.outputs.third.desk import Desk


@pytest.fixture(scope="module")
def trials() -> Corpus:
    """The corpus as it was frozen."""
    return third.trials(third.SEED)


@pytest.fixture(scope="module")
def known(trials: Corpus) -> facts.Alliance:
    """Its source, read back from the files that a partner would send."""
    return facts.Alliance(trials.sources["alliance"].tables)


def test_every_label_is_borne_out_by_the_source(trials: Corpus) -> None:
    assert trials.faults is not None
    assert list(trials.faults()) == []


def test_every_family_is_there_and_about_half_of_the_files_are_leaky(trials: Corpus) -> None:
    families = Counter(case.family for case in trials.cases)
    assert set(families) == {f"{side}{number}" for side in "LS" for number in range(1, 17)}
    assert min(families.values()) >= 6
    leaky = sum(case.leaky for case in trials.cases)
    assert (len(trials.cases), leaky) == (third.FILES, third.LEAKY)
    assert 0.4 < leaky / len(trials.cases) < 0.6


def test_a_leaky_file_names_rules_that_do_not_send_every_file_of_its_kind(trials: Corpus) -> None:
    assert [case.path for case in trials.cases if case.leaky and not case.rules] == []
    assert [case.path for case in trials.cases if case.rules & case.seen_by] == []
    assert [case.path for case in trials.cases if not case.leaky and case.rules] == []


FROZEN = "cb7872c7acb2f93ba14f379301d1f5f33a7b354ce38ba6f26aea78ca82e2f56e"
"""Of the labels; a label that is mended is named in decision 31, with its reason."""


def test_labels_are_those_that_were_frozen(trials: Corpus) -> None:
    labels = [
        (
            *(each.path, each.family, each.format, each.people, each.held, each.apart),
            *(sorted(each.rules), sorted(each.seen_by), len(each.released)),
        )
        for each in trials.cases
    ]
    assert _digest(repr(labels).encode()) == FROZEN


def test_the_same_seed_gives_the_same_bytes(trials: Corpus) -> None:
    again = third.trials(third.SEED)
    assert [_digest(case.data) for case in again.cases] == [
        _digest(case.data) for case in trials.cases
    ]
    assert again.sources["alliance"].tables == trials.sources["alliance"].tables


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_proofs_use_the_standard_library_only() -> None:
    """Nor anything of ours but each other and the shape of a file."""
    base = third.__name__.rpartition(".")[0]
    ours = {f"{base}.{name}" for name in ("facts", "opened", "desk")} | {base, Case.__module__}
    for module in (facts, opened, desk):
        used = set(_imported(ast.parse(Path(module.__file__ or "").read_text())))
        assert used, module.__name__
        strange = {name for name in used - ours if name.split(".")[0] not in stdlib_module_names}
        assert strange == set(), module.__name__


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_least_number_is_the_shipped_one() -> None:
    assert harness.shipped().counts.minimum == facts.LEAST


def test_a_wrong_label_is_named(known: facts.Alliance) -> None:
    """Each kind of claim, made false; that true ones hold is shown by the corpus itself."""
    people = known.tables["people"]
    real = (people[3]["tmtv_ml"], people[3]["os_days"])
    row = facts.Rows("people", ("tmtv_ml", "os_days"), (3,), (real,))
    assert row.faults(known) == []
    assert replace(row, at=(4,)).faults(known)
    common = facts.Rows("people", ("sex",), (3,), ((people[3]["sex"],),))
    assert common.faults(known) == ["most rows are held by many people"]
    women = (("sex", "=", "F"),)
    n = known.count("people", women)
    assert facts.Count("people", women, n).faults(known) == []
    assert facts.Count("people", women, n + 1).faults(known)
    assert facts.Small("people", women, n).faults(known)
    one = (("participant", "=", people[3]["participant"]),)
    assert facts.Small("people", one, 1).faults(known) == []
    assert facts.Count("people", one, 1).faults(known)
    others = (("participant", "!=", people[3]["participant"]),)
    everybody = known.count("people", ())
    wrong: list[facts.Claim] = [
        facts.Apart("people", (), others),
        facts.Nobody("people", ("tmtv_ml", "os_days"), (real,)),
        facts.Freedom("people", one, 0, 1, few=False),
        facts.Share("people", women, (), "100.0", few=False),
        facts.Rest("people", (), ((women, n),), everybody, everybody - n),
        facts.Differs("people", (), women, (everybody, n)),
        facts.Value("people", "age", (), "mean", "1.0", few=False),
        facts.Dominated("people", "age", (), str(sum(int(each["age"]) for each in people))),
        facts.Survival((), "os_days", "os_event", (facts.Step(0, 1, 1, 0, "1.00"),), few=True),
        facts.Moments((), "os_days", "os_event", (-1,)),
        facts.Words(0, "words that nobody here has typed"),
        facts.Numbers("bsn", ("123456789",), valid=True),
        facts.Alleles(_a_marker(known), (1, 2, 3)),
        facts.Line((), "age", "tmtv_ml", ("0", "0")),
        facts.Odds((), ("sex", "=", "F"), ("hiv", "=", "no"), "99.00"),
        facts.Outside(""),
    ]
    assert [claim for claim in wrong if not claim.faults(known)] == []
    apart = {facts.Rows, facts.Count, facts.Small, facts.Groups, facts.Hidden}
    assert {type(claim) for claim in wrong} | apart == set(_kinds())


def _a_marker(known: facts.Alliance) -> str:
    return next(name for name in known.tables["germline"][0] if name != "participant")


def _kinds() -> Iterator[type]:
    for each in vars(facts).values():
        if is_dataclass(each) and isinstance(each, type) and hasattr(each, "faults"):
            yield each


def test_a_group_whose_rest_is_small_is_no_safe_table(known: facts.Alliance) -> None:
    by = ("sex", "hiv")
    real = known.groups("people", by, ())
    claim = facts.Groups("people", by, (), dict(real))
    assert claim.faults(known) == []
    rare = facts.Groups(
        "people",
        ("country", "subtype"),
        (),
        dict(known.groups("people", ("country", "subtype"), ())),
    )
    assert any("small" in one or " is " in one for one in rare.faults(known))
    missing = dict(list(real.items())[1:])
    assert any(
        "leave people out" in one for one in facts.Groups("people", by, (), missing).faults(known)
    )


def test_a_hidden_count_that_a_total_gives_back_does_not_stay_hidden(known: facts.Alliance) -> None:
    stages, arms = ("I", "II", "III", "IV"), ("control", "experimental")
    real = known.groups("people", ("stage", "arm"), ())
    counts = [[real[s, a] for a in arms] for s in stages]
    cells: list[list[int | None]] = [list(row) for row in counts]
    totals = (tuple(map(sum, counts)), tuple(map(sum, zip(*counts, strict=True))))
    for r, c in ((0, 0), (0, 1), (1, 0), (1, 1)):
        cells[r][c] = None
    whole = facts.Hidden("people", ("stage", "arm"), (), (stages, arms), _frozen(cells), *totals)
    assert whole.faults(known) == []
    cells[1][1] = counts[1][1]
    told = facts.Hidden("people", ("stage", "arm"), (), (stages, arms), _frozen(cells), *totals)
    assert told.faults(known) == ["the hidden counts are not four in a square"]


def _frozen(cells: list[list[int | None]]) -> tuple[tuple[int | None, ...], ...]:
    return tuple(map(tuple, cells))


def test_a_safe_file_that_names_somebody_is_named(trials: Corpus, known: facts.Alliance) -> None:
    own = Desk("alliance")
    name = known.tables["people"][0]["participant"]
    own.lay("S10", "txt", f"see {name}".encode(), facts.Outside("a note"))
    own.lay("S10", "txt", b"see nobody", facts.Outside("a note"))
    own.lay("S10", "txt", b"no claim")
    tables = trials.sources["alliance"].tables
    assert own.faults(tables) == [
        "S10 0001.txt: a pseudonym is in it",
        "S10 0003.txt: no claim stands behind it",
    ]


def test_a_box_that_opens_is_not_broken() -> None:
    assert opened.Broken("of no known kind").wrong(b"a,b\n1,2\n")
    assert opened.Broken("truncated").wrong(b"PAR1 whole PAR1")
