"""The judge: a verdict for every file, from forms that it does not trust."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.outputs.codec import (
    job_to_json,
    keys_to_json,
    report_from_bytes,
    report_to_json,
)
from orchestrator.outputs.effect import effect, total
from orchestrator.outputs.form import FileForm, FormLimits, Span, form_to_json
from orchestrator.outputs.index import Index
from orchestrator.outputs.index_file import write_index
from orchestrator.outputs.judge import judge, read_forms, read_sources
from orchestrator.outputs.model import (
    Coverage,
    FileReport,
    Job,
    JobFile,
    RuleResult,
    Source,
    Verdict,
    worst,
)
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import canonical_json, digest_of
from tests.outputs_world import KEY, SAID, Cells, csv_of, verdicts, without

CLEAN = b"sex,n\nF,4350\nM,3524\n"


def job_of(
    policy: OutputsPolicy, *files: tuple[str, bytes], sources: tuple[Source, ...] = ()
) -> Job:
    """A job of an export."""
    listed = tuple(
        JobFile(path, digest_of(data), len(data), Path(path), SAID) for path, data in files
    )
    return Job("j", "export", listed, policy.as_json(), policy.digest(), sources)


@pytest.fixture
def form(caps: ReadCaps) -> FileForm:
    """The form of a clean table."""
    return open_bytes("t.csv", CLEAN, caps)


def test_a_clean_file_passes_and_the_record_is_whole(policy: OutputsPolicy, form: FileForm) -> None:
    """Every rule has its result; the policy and the engine are named; it can be hashed."""
    report = judge(job_of(policy, ("t.csv", CLEAN)), [form], (), policy)
    assert report.verdict is Verdict.PASS
    assert report.policy_digest == policy.digest()
    assert "O19.13" in report.engine
    assert len(report.files[0].results) >= 14
    assert canonical_json(report_to_json(report))


def test_a_file_without_a_form_is_could_not_check(policy: OutputsPolicy, form: FileForm) -> None:
    """A crashed, hung or killed opener leaves none; the other files are not touched."""
    job = job_of(policy, ("a.csv", CLEAN), ("t.csv", CLEAN))
    report = judge(job, [None, form], (), policy)
    assert [file.verdict for file in report.files] == [Verdict.COULD_NOT_CHECK, Verdict.PASS]
    assert report.verdict is Verdict.COULD_NOT_CHECK
    assert judge(job, [], (), policy).files[1].verdict is Verdict.COULD_NOT_CHECK
    assert report.files[0].coverage.accounted == 0


@pytest.mark.parametrize(
    "lie",
    [
        {"path": "other.csv"},
        {"digest": digest_of(b"other")},
        {"size": 3},
    ],
)
def test_a_form_of_other_bytes_counts_as_none(
    policy: OutputsPolicy, form: FileForm, lie: dict[str, object]
) -> None:
    """A form speaks of exactly the bytes that were frozen, or not at all."""
    job = job_of(policy, ("t.csv", CLEAN))
    report = judge(job, [replace(form, **lie)], (), policy)  # type: ignore[arg-type]
    assert report.files[0].verdict is Verdict.COULD_NOT_CHECK


def test_a_form_that_claims_too_few_bytes_is_a_gap(policy: OutputsPolicy, form: FileForm) -> None:
    """Bytes that no part owns are never passed over."""
    short = replace(form.parts[0], spans=(Span(0, 5, "table"),))
    report = judge(job_of(policy, ("t.csv", CLEAN)), [replace(form, parts=(short,))], (), policy)
    assert report.files[0].verdict is Verdict.COULD_NOT_CHECK
    sized = replace(form.parts[0], size=None, spans=())
    report = judge(job_of(policy, ("t.csv", CLEAN)), [replace(form, parts=(sized,))], (), policy)
    assert report.files[0].verdict is Verdict.COULD_NOT_CHECK


def test_no_rule_and_no_file_is_could_not_check(policy: OutputsPolicy, form: FileForm) -> None:
    """Silence is not a pass."""
    report = judge(job_of(policy, ("t.csv", CLEAN)), [form], (), policy, rules=())
    assert report.verdict is Verdict.COULD_NOT_CHECK
    assert judge(job_of(policy), [], (), policy).verdict is Verdict.COULD_NOT_CHECK


def test_hostile_forms_on_disk_spoil_only_their_own_file(
    tmp_path: Path, policy: OutputsPolicy, form: FileForm, limits: FormLimits
) -> None:
    """Each file has its own folder: what one opener wrote cannot speak for another."""
    job = job_of(policy, ("a.csv", CLEAN), ("t.csv", CLEAN), ("c.csv", CLEAN), ("d.csv", CLEAN))
    good = form_to_json(form)
    for number, data in enumerate((good, good + b"\n" + good, b"[" * 9999)):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "forms.json").write_bytes(data)
    forms = read_forms(job, tmp_path, limits)
    report = judge(job, forms, (), policy)
    assert [file.verdict for file in report.files] == [
        Verdict.COULD_NOT_CHECK,
        Verdict.PASS,
        Verdict.COULD_NOT_CHECK,
        Verdict.COULD_NOT_CHECK,
    ]


def test_forms_together_are_read_by_line(
    tmp_path: Path, policy: OutputsPolicy, form: FileForm, limits: FormLimits
) -> None:
    """One broken line is one lost file; too much is none at all."""
    job = job_of(policy, ("t.csv", CLEAN), ("t.csv", CLEAN))
    (tmp_path / "forms.json").write_bytes(b"broken\n" + form_to_json(form) + b"\n")
    assert [one is None for one in read_forms(job, tmp_path, limits)] == [True, False]
    (tmp_path / "forms.json").write_bytes(form_to_json(form) + b" " * limits.bytes)
    assert read_forms(job, tmp_path, replace(limits, bytes=100)) == [None, None]


def test_sources_that_cannot_be_read_are_said(
    tmp_path: Path, policy: OutputsPolicy, source: Index, form: FileForm
) -> None:
    """A missing index, a wrong key, no key: rules about the source could not check."""
    path = tmp_path / "0"
    write_index(source.tables, KEY, path)
    one = Source("flchain", "v1", digest_of(b"s"), path)
    indexes, unread = read_sources([one], [KEY], [path])
    assert unread is None
    assert indexes[0].label == "flchain/v1"
    for keys, paths in (([None], [path]), ([bytes(32)], [path]), ([], []), ([KEY], [tmp_path])):
        indexes, unread = read_sources([one], keys, paths)
        assert indexes == ()
        assert unread is not None
        report = judge(job_of(policy, ("t.csv", CLEAN)), [form], indexes, policy,
                       sources_unread=unread)  # fmt: skip
        assert verdicts(report.files[0])["O19"] == "could-not-check"
        assert effect(report.files[0], policy) is Verdict.BLOCK


def test_the_program_in_the_sandbox_names_the_rows(
    tmp_path: Path, policy: OutputsPolicy, flchain: Cells, source: Index, caps: ReadCaps
) -> None:
    """Job, forms, index and key in; report out; the same twice."""
    data = csv_of(without(flchain, "person"), range(20)).encode()
    index = tmp_path / "index"
    index.mkdir()
    write_index(source.tables, KEY, index / "0")
    sources = (Source("flchain", "v1", digest_of(b"s"), Path("/index/0"), KEY),)
    job = job_of(policy, ("t.csv", data), ("u.csv", CLEAN), sources=sources)
    (tmp_path / "job.json").write_bytes(job_to_json(job))
    for number, file in enumerate(((data, "t.csv"), (CLEAN, "u.csv"))):
        (tmp_path / "in" / str(number)).mkdir(parents=True)
        spelled = form_to_json(open_bytes(file[1], file[0], caps))
        (tmp_path / "in" / str(number) / "forms.json").write_bytes(spelled)
    command = [sys.executable, "-m", "orchestrator.outputs.judge", "--job", str(tmp_path)]
    command += ["--forms", str(tmp_path / "in"), "--index", str(index), "--out", str(tmp_path)]
    reports = []
    for _ in range(2):
        subprocess.run(command, input=keys_to_json(job), check=True, timeout=60)
        reports.append(report_from_bytes((tmp_path / "report.json").read_bytes()))
    assert reports[0] == reports[1]
    assert [file.verdict for file in reports[0].files] == [Verdict.BLOCK, Verdict.PASS]
    linked = [one for one in reports[0].files[0].findings if one.rule == "O19"]
    assert linked[0].where.rows == tuple(range(1, 21))
    assert reports[0].snapshots == (digest_of(b"s"),)
    assert json.dumps(report_to_json(reports[0])).count(flchain["kappa"][0] + ",") == 0


def _report(*results: tuple[str, Verdict]) -> FileReport:
    made = tuple(RuleResult(rule, 1, verdict) for rule, verdict in results)
    found = [verdict for _, verdict in results]
    return FileReport("f", digest_of(b""), worst(found), made, Coverage(0, 0, (), ""))


def test_the_effect_of_a_verdict(policy: OutputsPolicy) -> None:
    """Held where policy holds it, answered where policy lets checkers answer."""
    ok, cannot = Verdict.PASS, Verdict.COULD_NOT_CHECK
    assert effect(_report(("O01", ok)), policy) is Verdict.PASS
    assert effect(_report(("O01", ok), ("O20", Verdict.FLAG)), policy) is Verdict.FLAG
    assert effect(_report(("O01", ok), ("O22", cannot)), policy) is Verdict.FLAG
    assert effect(_report(("O01", ok), ("O19", cannot)), policy) is Verdict.BLOCK
    assert effect(_report(("O01", ok), ("O29", cannot)), policy) is Verdict.BLOCK
    assert effect(_report(("O24", Verdict.BLOCK)), policy) is Verdict.BLOCK
    assert effect(_report(), policy) is Verdict.BLOCK
    assert effect(replace(_report(("O01", ok)), verdict=Verdict.FLAG), policy) is Verdict.BLOCK
    assert effect(_report(("O19", Verdict.NOT_APPLICABLE)), policy) is Verdict.PASS
    assert total([]) is Verdict.BLOCK
