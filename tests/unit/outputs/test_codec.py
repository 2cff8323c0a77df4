"""Jobs and reports through JSON; keys never with them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import Invalid
from orchestrator.outputs import codec
from orchestrator.outputs.model import (
    Context,
    Coverage,
    FileReport,
    Finding,
    Gap,
    Job,
    JobFile,
    Report,
    RuleResult,
    Source,
    Verdict,
    Where,
)
from orchestrator.values import canonical_json, digest_of

D = digest_of(b"x")
KEY = bytes(range(32))
texts = st.text(st.characters(codec="utf-8"), max_size=12)
small = st.integers(0, 2**40)
wheres = st.builds(
    Where,
    texts,
    st.lists(small, max_size=3).map(tuple),
    st.none() | texts,
    st.none() | small,
    st.none() | small,
)
findings = st.builds(
    Finding, texts, st.sampled_from(Verdict), wheres, texts, texts, st.none() | texts
)
results = st.builds(
    RuleResult,
    texts,
    small,
    st.sampled_from(Verdict),
    st.lists(findings, max_size=2).map(tuple),
    st.none() | texts,
    st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), texts, max_size=2),
)
coverages = st.builds(
    Coverage,
    small,
    small,
    st.lists(st.builds(Gap, texts, small, small, texts), max_size=2).map(tuple),
    texts,
)
files = st.builds(
    FileReport,
    texts,
    st.just(D),
    st.sampled_from(Verdict),
    st.lists(results, max_size=2).map(tuple),
    coverages,
)
reports = st.builds(
    Report,
    texts,
    st.sampled_from(Verdict),
    st.lists(files, max_size=2).map(tuple),
    st.just(D),
    st.just((D,)),
    st.none() | st.dictionaries(st.sampled_from(["a", "b"]), small),
    texts,
)


@given(reports)
def test_a_report_survives_and_has_one_spelling(report: Report) -> None:
    """Also as canonical JSON, which is what is hashed."""
    value = codec.report_to_json(report)
    assert codec.report_from_json(value) == report
    assert codec.report_from_bytes(canonical_json(value)) == report


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"job": 1}', b"[" * 100_000, b"null"])
def test_half_a_report_is_not_a_report(data: bytes) -> None:
    """A killed judge leaves such bytes."""
    with pytest.raises(Invalid):
        codec.report_from_bytes(data)


def _job() -> Job:
    return Job(
        "j",
        "export",
        (JobFile("a.csv", D, 3, Path("/job/files/0"), Context("s", "p", "c")),),
        {"caps": {}},
        D,
        sources=(Source("d", "v", D, Path("/index/0"), KEY), Source("d", "w", D, Path("/i"))),
        dictionary={"tables": {}},
        index_key=KEY,
        index_out=Path("/out/index"),
    )


def test_a_job_travels_without_its_keys() -> None:
    """The judge gets them in another file; the opener gets neither keys nor sources."""
    for spelled in (codec.job_to_json(_job()), codec.job_to_json(_job(), for_opener=True)):
        assert KEY.hex().encode() not in spelled
    read = codec.job_from_json(codec.job_to_json(_job()))
    assert (read.files, read.index_out) == (_job().files, _job().index_out)
    assert [source.key for source in read.sources] == [None, None]
    opener = codec.job_from_json(codec.job_to_json(_job(), for_opener=True))
    assert (opener.sources, opener.dictionary, opener.index_out) == ((), None, None)
    with pytest.raises(Invalid):
        codec.job_from_json(b"{}")


def test_keys_come_in_the_order_of_the_sources() -> None:
    """One that is missing stays missing."""
    assert codec.keys_from_json(codec.keys_to_json(_job())) == (KEY, None)
    assert codec.keys_from_json(KEY.hex().encode() + b"\n") == (KEY,)
    assert codec.keys_from_json(b"") == ()
    with pytest.raises(Invalid):
        codec.keys_from_json(b'["zz"]')
