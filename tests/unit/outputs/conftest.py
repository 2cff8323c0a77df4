"""Parts of the output tests: the shipped policy, public cohorts, their index, one-line checks."""

from pathlib import Path

import pytest

from orchestrator.outputs.form import FormLimits
from orchestrator.outputs.index import Index
from orchestrator.outputs.judge import form_limits, judge
from orchestrator.outputs.model import Context, FileReport, Job, JobFile
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import IN_PRISON, open_bytes
from orchestrator.policy.outputs import OutputsPolicy, read_outputs
from orchestrator.values import digest_of
from tests.outputs_world import SAID, Cells, Check, cohort, index_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def policy() -> OutputsPolicy:
    """The policy as shipped."""
    return read_outputs(ROOT / "policies" / "outputs.yaml")


@pytest.fixture(scope="session")
def caps(policy: OutputsPolicy) -> ReadCaps:
    """The opener's caps as shipped."""
    return ReadCaps.of(policy.caps.model_dump())


@pytest.fixture(scope="session")
def limits(policy: OutputsPolicy) -> FormLimits:
    """What a form may hold under the shipped policy."""
    return form_limits(policy)


@pytest.fixture(scope="session")
def flchain() -> Cells:
    """7,874 people with serum free light chains."""
    return cohort("flchain")


@pytest.fixture(scope="session")
def mgus2() -> Cells:
    """1,384 people with MGUS."""
    return cohort("mgus2")


@pytest.fixture(scope="session")
def myeloma() -> Cells:
    """3,882 people with multiple myeloma."""
    return cohort("myeloma")


@pytest.fixture(scope="session")
def source(flchain: Cells) -> Index:
    """The index of flchain."""
    return index_of("flchain", flchain)


@pytest.fixture
def check(policy: OutputsPolicy, caps: ReadCaps) -> Check:
    """Open and judge one file: `check(path, data, *indexes, context=...)`."""

    def run(path: str, data: bytes | str, *indexes: Index, context: Context = SAID) -> FileReport:
        raw = data.encode() if isinstance(data, str) else data
        file = JobFile(path, digest_of(raw), len(raw), Path(path), context)
        job = Job("j", "export", (file,), policy.as_json(), policy.digest())
        form = open_bytes(path, raw, caps, IN_PRISON)
        return judge(job, [form], indexes, policy).files[0]

    return run
