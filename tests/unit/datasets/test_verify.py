"""The job that the check worker is given about an upload."""

from pathlib import Path

from orchestrator.datasets import manifest, verify
from orchestrator.datasets.manifest import Entry
from orchestrator.outputs.codec import job_to_json
from orchestrator.outputs.model import INDEX_FORMAT
from orchestrator.values import digest_of

A, B = digest_of(b"a"), digest_of(b"b")


def test_the_job_names_each_file_with_its_digest_and_place() -> None:
    listed = [Entry("b.csv", B, 2), Entry("a.csv", A, 1)]
    made = verify.job(
        "s-1",
        2,
        manifest.make("flchain", "2026-1", "clinic-a", A, listed),
        {"tables": {}},
        locate=lambda digest: Path("/store") / digest,
        policy={"version": 1},
        policy_digest=B,
        index_out=Path("/indexes") / verify.index_name("s-1", 2),
        index_key=b"k" * 32,
    )
    assert made.id == "s-1-2"
    assert made.kind == "admission"
    assert [(f.path, f.digest, f.size, f.location.name) for f in made.files] == [
        ("a.csv", A, 1, A),
        ("b.csv", B, 2, B),
    ]
    assert made.sources == ()
    assert not made.context_due
    assert made.dictionary == {"tables": {}}
    assert made.index_out == Path(f"/indexes/s-1-2-{INDEX_FORMAT}.index")
    assert b"kkkk" not in job_to_json(made)
    assert "kkkk" not in repr(made)
