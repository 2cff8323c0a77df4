"""`tre check` without a server gives the same verdicts."""

from pathlib import Path

import duckdb  # a writer of parquet that is not ours
import pytest

from orchestrator.errors import Invalid
from orchestrator.outputs.standalone import EXIT, check_paths
from orchestrator.policy.outputs import OutputsPolicy
from tests.outputs_world import Cells, csv_of, without

ROOT = Path(__file__).parents[3]
RULES = ROOT / "policies" / "outputs.yaml"
CLEAN = "sex,n\nF,4350\nM,3524\n"


@pytest.fixture
def folder(tmp_path: Path, mgus2: Cells) -> Path:
    """A source folder with one table, and an export beside it."""
    (tmp_path / "source").mkdir()
    everybody = range(len(mgus2["age"]))
    (tmp_path / "source" / "mgus2.csv").write_text(csv_of(mgus2, everybody))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "clean.csv").write_text(CLEAN)
    (tmp_path / "out" / "rows.csv").write_text(csv_of(without(mgus2, "person"), range(30)))
    (tmp_path / "out" / "who.txt").write_text(f"see {mgus2['person'][3]}\n")
    return tmp_path


def test_a_folder_is_checked_whole(folder: Path) -> None:
    """The worst file decides; each file has its own verdict and coverage."""
    answer = check_paths([folder / "out"], source=folder / "source", rules=RULES)
    assert answer["verdict"] == "block"
    found = {file["path"]: file for file in answer["files"]}
    assert {path: file["verdict"] for path, file in found.items()} == {
        "clean.csv": "pass", "rows.csv": "block", "who.txt": "block",
    }  # fmt: skip
    rules = {one["rule"] for one in found["rows.csv"]["findings"]}
    assert "O19" in rules
    assert found["who.txt"]["findings"][0]["rule"] == "O22"
    assert found["clean.csv"]["coverage"].startswith("Every byte")


def test_without_a_source_it_says_so(folder: Path) -> None:
    """Rules about the source are not applicable, and the coverage line tells."""
    answer = check_paths([folder / "out" / "clean.csv"])
    assert answer["verdict"] == "pass"
    assert "No source was named" in answer["files"][0]["coverage"]


def test_earlier_releases_are_compared(tmp_path: Path) -> None:
    """A table that differs from one that left by a few people is stopped, by itself it passes."""
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "all.csv").write_text("sex,n\nF,4350\nM,3524\n")
    (tmp_path / "new.csv").write_text("sex,n\nF,4347\nM,3520\n")
    alone = check_paths([tmp_path / "new.csv"], rules=RULES)
    assert alone["verdict"] == "pass"
    beside = check_paths([tmp_path / "new.csv"], released=[tmp_path / "left"], rules=RULES)
    assert beside["verdict"] in {"flag", "block"}
    assert {one["rule"] for one in beside["files"][0]["findings"]} == {"O14"}


def test_an_earlier_release_that_cannot_be_read_is_no_pass(tmp_path: Path) -> None:
    """What could not be compared is said."""
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "all.unheard").write_bytes(b"\0 whatever")
    (tmp_path / "new.csv").write_text(CLEAN)
    answer = check_paths([tmp_path / "new.csv"], released=[tmp_path / "left"], rules=RULES)
    assert answer["files"][0]["verdict"] == "could-not-check"


def test_a_parquet_source_is_a_source(folder: Path, mgus2: Cells, tmp_path: Path) -> None:
    """The same rows are found, whichever way the table was saved."""
    kept = tmp_path / "parquet"
    kept.mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{folder}/source/mgus2.csv', all_varchar=true)) "
            f"TO '{kept}/mgus2.parquet' (FORMAT parquet, WRITE_BLOOM_FILTER false)"
        )
    answer = check_paths([folder / "out" / "rows.csv"], source=kept, rules=RULES)
    assert "O19" in {one["rule"] for one in answer["files"][0]["findings"]}


def test_the_top_verdict_is_the_effect(tmp_path: Path) -> None:
    """What could not be checked blocks where policy holds it."""
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04")
    answer = check_paths([tmp_path / "a.xlsx"], rules=RULES)
    assert answer["files"][0]["verdict"] == "could-not-check"
    assert answer["verdict"] == "block"
    lenient = tmp_path / "rules.yaml"
    lenient.write_text(RULES.read_text().replace("    O29: hold\n", "    O29: answer\n"))
    answer = check_paths([tmp_path / "a.xlsx"], rules=lenient)
    assert answer["verdict"] == "block"  # O19 holds as well
    lenient.write_text(lenient.read_text().replace("    O19: hold\n", "    O19: answer\n"))
    assert check_paths([tmp_path / "a.xlsx"], rules=lenient)["verdict"] == "flag"


def test_a_dictionary_names_the_identifiers(folder: Path, mgus2: Cells) -> None:
    """With it roles are as declared; without it they are recognised."""
    columns = "".join(f"      {name}: {{type: text, role: measure}}\n" for name in mgus2)
    text = f"tables:\n  mgus2:\n    columns:\n{columns}"
    (folder / "source" / "dictionary.yaml").write_text(text)
    who = folder / "out" / "who.txt"
    assert check_paths([who], source=folder / "source")["verdict"] == "pass"
    (folder / "source" / "dictionary.yaml").write_text("tables: 3\n")
    with pytest.raises(Invalid):
        check_paths([who], source=folder / "source")


@pytest.mark.parametrize(
    "name", ["nothing.csv", "source/none", "empty", "ragged", "parquet", "rules"]
)
def test_wrong_use_is_a_sentence(tmp_path: Path, name: str) -> None:
    """Missing files and folders, unreadable sources, unreadable rules."""
    (tmp_path / "a.csv").write_text(CLEAN)
    for folder, inside in (("empty", None), ("ragged", "t.csv"), ("parquet", "t.parquet")):
        (tmp_path / folder).mkdir()
        if inside:
            (tmp_path / folder / inside).write_text("a,b\n1\n")
    (tmp_path / "rules.yaml").write_text("caps: [\n")
    options: dict[str, Path] = {}
    if name == "rules":
        options["rules"] = tmp_path / "rules.yaml"
    elif name != "nothing.csv":
        options["source"] = tmp_path / name
    path = tmp_path / ("a.csv" if options else name)
    with pytest.raises(Invalid):
        check_paths([path], source=options.get("source"), rules=options.get("rules"))
    with pytest.raises(Invalid):
        check_paths([])


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link in a folder is not a file of the folder."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.csv").write_text(CLEAN)
    (tmp_path / "out" / "b.csv").symlink_to(RULES)
    assert [file["path"] for file in check_paths([tmp_path / "out"])["files"]] == ["a.csv"]


def test_every_effect_has_an_exit_status(policy: OutputsPolicy) -> None:
    """0, 10, 20."""
    assert sorted(EXIT.values()) == [0, 10, 20]
    assert policy.effect("O29") == "hold"
