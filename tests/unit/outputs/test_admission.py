"""An upload against its dictionary: what stops it, what is measured, what is indexed."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import Invalid
from orchestrator.outputs.admission import admit
from orchestrator.outputs.index_file import read_index
from orchestrator.outputs.judge import form_limits, read_forms
from orchestrator.outputs.model import Job, JobFile, Report, Verdict
from orchestrator.outputs.opener import OpenerJob, open_job
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.stream import StreamCaps
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import JsonValue, canonical_json, digest_of
from tests.outputs_world import KEY, Cells, csv_of, index_of

DICTIONARY: dict[str, Any] = {
    "person": {"type": "text", "role": "pseudonym"},
    "age": {"type": "integer", "role": "quasi_id"},
    "sex": {"type": "category", "role": "quasi_id", "allowed": ["F", "M"]},
    "seen": {"type": "date", "role": "date", "required": False},
    "kappa": {"type": "number", "role": "sensitive"},
    "mgus": {"type": "boolean", "role": "sensitive"},
}
GOOD = "person,age,sex,seen,kappa,mgus\n" + "".join(
    f"P{n:05d},{50 + n % 2},{'FM'[n % 2]},2001-02-0{1 + n % 9},{n / 7:.2f},{n % 2}\n"
    for n in range(40)
)


class Desk:
    """Admits uploads: opener's part, then judge's part, in this process."""

    def __init__(self, folder: Path, policy: OutputsPolicy) -> None:
        self.folder = folder
        self.policy = policy

    def admit(self, dictionary: JsonValue, **files: str | bytes) -> Report:
        """Admit files named by keyword, `t=...` for `t.csv`."""
        listed = []
        (self.folder / "files").mkdir(exist_ok=True)
        for number, (name, text) in enumerate(files.items()):
            data = text.encode() if isinstance(text, str) else text
            path = self.folder / "files" / str(number)
            path.write_bytes(data)
            listed.append(JobFile(f"{name}.csv", digest_of(data), len(data), path))
        job = Job("j", "admission", tuple(listed), self.policy.as_json(), self.policy.digest(),
                  dictionary=dictionary, index_key=KEY)  # fmt: skip
        caps = ReadCaps.of(self.policy.caps.model_dump())
        streams = StreamCaps.of(self.policy.admission.model_dump())
        opener = OpenerJob("admission", tuple(file.path for file in listed), caps, streams)
        open_job(opener, self.folder / "files", self.folder)
        forms = read_forms(job, self.folder, form_limits(self.policy))
        index = self.folder / "index"
        index.unlink(missing_ok=True)
        return admit(job, forms, self.folder, self.policy, KEY, index)


@pytest.fixture
def desk(tmp_path: Path, policy: OutputsPolicy) -> Desk:
    """A desk in a fresh folder."""
    return Desk(tmp_path, policy)


def described(**changes: Any) -> JsonValue:
    """The dictionary with columns changed, or taken out with None."""
    columns = {name: spec for name, spec in {**DICTIONARY, **changes}.items() if spec is not None}
    return {"tables": {"t": {"columns": columns}}}


def said(report: Report) -> set[tuple[str, str]]:
    """Rule and severity of every finding."""
    return {(one.rule, one.severity.value) for file in report.files for one in file.findings}


def test_a_good_upload_passes_and_is_indexed(desk: Desk, tmp_path: Path) -> None:
    """Facts without values, and an index that the key opens."""
    report = desk.admit(described(), t=GOOD)
    assert report.verdict is Verdict.PASS
    facts: Any = report.facts
    (table,) = facts["tables"]
    assert (table["rows"], table["k"], table["groups"], table["people"]) == (40, 20, 2, 40)
    assert table["l"] == [
        {"column": "kappa", "l": 20, "t": "0.5000"},
        {"column": "mgus", "l": 1, "t": "0.5000"},
    ]
    assert canonical_json(report.facts)
    index = read_index(tmp_path / "index", KEY)
    assert [column.role for column in index.tables[0].columns][:2] == ["pseudonym", "quasi_id"]
    assert index.tables[0].size == 40


def test_the_index_is_that_of_the_same_cells(desk: Desk, mgus2: Cells, tmp_path: Path) -> None:
    """Streamed and read back, a public cohort indexes as it does directly."""
    roles = {name: "pseudonym" if name == "person" else "measure" for name in mgus2}
    columns: JsonValue = {name: {"type": "text", "role": role} for name, role in roles.items()}
    everything: JsonValue = {"tables": {"mgus2": {"columns": columns}}}
    desk.admit(everything, mgus2=csv_of(mgus2, range(len(mgus2["age"]))))
    read = read_index(tmp_path / "index", KEY)
    own = index_of("mgus2", mgus2)
    assert [c.features for c in read.tables[0].columns] == [
        c.features for c in own.tables[0].columns
    ]


@pytest.mark.parametrize(
    ("changes", "text", "expected"),
    [
        ({"kappa": None}, GOOD, ("A01", "block")),
        ({"extra": {"type": "text", "role": "measure"}}, GOOD, ("A01", "block")),
        ({}, GOOD.replace("person,", "age,", 1), ("A01", "block")),
        ({}, GOOD.replace(",50,", ",fifty,", 1), ("A02", "block")),
        ({}, GOOD.replace(",50,", ",50.5,", 1), ("A02", "block")),
        ({}, GOOD.replace("2001-02-01", "1.2.2001", 1), ("A02", "block")),
        ({"kappa": {"type": "boolean", "role": "measure"}}, GOOD, ("A02", "block")),
        ({}, GOOD.replace(",F,", ",W,", 1), ("A03", "block")),
        ({"person": {"type": "text", "role": "direct_id"}}, GOOD, ("A04", "flag")),
        ({}, GOOD.replace(",50,", ",99,", 1), ("A05", "flag")),
        ({}, GOOD.replace("P00001", "ada@example.org", 1), ("A04", "flag")),
    ],
)
def test_what_stops_or_flags_an_upload(
    desk: Desk, tmp_path: Path, changes: dict[str, Any], text: str, expected: tuple[str, str]
) -> None:
    """Each by its rule; a blocked upload leaves no index."""
    report = desk.admit(described(**changes), t=text)
    assert expected in said(report)
    assert (tmp_path / "index").exists() is (expected[1] == "flag")


def test_national_numbers_stop_an_upload(desk: Desk) -> None:
    """Whatever the dictionary calls the column."""
    numbers = ["4010232137", "9434765870", "9434765919", "9876543210", "4505577104", "5990128088"]
    text = "person,age\n" + "".join(f"{one},50\n" for one in numbers)
    columns = {name: DICTIONARY[name] for name in ("person", "age")}
    report = desk.admit({"tables": {"t": {"columns": columns}}}, t=text)
    assert ("A04", "block") in said(report)


def test_findings_name_rows_and_never_values(desk: Desk) -> None:
    """The rows with a wrong type are listed; the wrong value is nowhere."""
    text = GOOD.replace(",50,", ",fifty,", 3)
    report = desk.admit(described(), t=text)
    (found,) = [one for one in report.files[0].findings if one.rule == "A02"]
    assert found.where.rows == (1, 3, 5)
    assert found.where.column == "age"
    assert "fifty" not in str(report)


def test_missing_values_are_of_every_type(desk: Desk) -> None:
    """Empty or NA."""
    text = GOOD.replace(",50,", ",NA,", 1).replace("2001-02-01", "", 1).replace(",0.14,", ",,", 1)
    report = desk.admit(described(), t=text)
    assert {rule for rule, _ in said(report)} <= {"A05"}
    assert isinstance(report.facts, dict)
    assert "'missing': 1" in str(report.facts)


def test_tables_and_dictionary_must_agree(desk: Desk) -> None:
    """A table too many, a table too few."""
    both = desk.admit(described(), t=GOOD, other="a\n1\n")
    assert both.verdict is Verdict.BLOCK
    assert "other is not in the dictionary" in str(both)
    described_twice: JsonValue = {
        "tables": {"t": {"columns": DICTIONARY}, "visits": {"columns": DICTIONARY}}
    }
    few = desk.admit(described_twice, t=GOOD)
    assert isinstance(few.facts, dict)
    assert few.facts["missing_tables"] == ["visits"]
    assert ("A01", "block") in said(few)


def test_an_unreadable_table_could_not_be_checked(desk: Desk, tmp_path: Path) -> None:
    """And the others are not admitted without it."""
    for bad in (b"\x00\x01", b"a,b\n1\n", b"PK\x03\x04", b""):
        report = desk.admit(described(), t=GOOD, other=bad)
        assert report.files[1].verdict is Verdict.COULD_NOT_CHECK
        assert not (tmp_path / "index").exists()


def test_people_are_counted_not_rows(desk: Desk) -> None:
    """Five visits of one person are a group of one."""
    rows = "person,age,sex,kappa,mgus\n" + "P1,50,F,1.5,0\n" * 5 + "P2,60,M,1.5,0\n" * 5
    report = desk.admit(described(), t=rows)
    assert isinstance(report.facts, dict)
    assert "'k': 1" in str(report.facts)
    assert "'people': 2" in str(report.facts)


def test_rows_that_the_opener_forged_are_no_rows(
    desk: Desk, tmp_path: Path, policy: OutputsPolicy
) -> None:
    """Wrong width, no text, another number, no JSON: could not check, never an exception."""
    report = desk.admit(described(), t=GOOD)
    job = Job("j", "admission", (JobFile("t.csv", report.files[0].digest, len(GOOD), tmp_path),),
              policy.as_json(), policy.digest(), dictionary=described())  # fmt: skip
    forms = read_forms(job, tmp_path, form_limits(policy))
    good = (tmp_path / "rows-0.ndjson").read_text().splitlines()
    for forged in (good[:-1], [*good[:-1], "[1]"], [*good[:-1], "[1,2,3,4,5,6]"],
                   [*good[:-1], "x"], [*good[:-1], "\xff"]):  # fmt: skip
        (tmp_path / "rows-0.ndjson").write_bytes("\n".join(forged).encode("latin-1"))
        again = admit(job, forms, tmp_path, policy, KEY, tmp_path / "index2")
        assert again.verdict is Verdict.COULD_NOT_CHECK
    assert not (tmp_path / "index2").exists()


def test_a_broken_dictionary_is_refused_with_a_sentence(desk: Desk) -> None:
    """The job cannot be judged at all."""
    with pytest.raises(Invalid, match="at least one table"):
        desk.admit({"tables": {}}, t=GOOD)
