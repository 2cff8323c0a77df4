"""Runs cases through the engine: in copies of this process, or by the command itself."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from orchestrator.outputs.index import Index
from orchestrator.outputs.model import FileReport, Verdict
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.outputs.standalone import check_forms, index_folder
from orchestrator.policy.outputs import OutputsPolicy, read_outputs
from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.grid import Case
from tests.bench.outputs.score import Said

ROOT = Path(__file__).parents[3]
RULES = ROOT / "policies" / "outputs.yaml"
_ORDER = ("flag", "could-not-check", "block")


def shipped() -> OutputsPolicy:
    """The policy as shipped."""
    return read_outputs(RULES)


def indexes(corpus: Corpus, folder: Path, policy: OutputsPolicy) -> dict[str, Index]:
    """Write the sources of a corpus and index each as `--source` does."""
    return {
        name: index_folder(source.write(folder / name), policy)
        for name, source in corpus.sources.items()
    }


def run(cases: Sequence[Case], known: Mapping[str, Index], policy: OutputsPolicy) -> list[Said]:
    """Check every case by itself, on all cores: processes that begin as copies of this one."""
    _work[:] = [(case, known[case.source], policy) for case in cases]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        return list(pool.map(_checked, range(len(cases)), chunksize=4))


_work: list[tuple[Case, Index, OutputsPolicy]] = []


def _checked(at: int) -> Said:
    return check(*_work[at])


def check(case: Case, index: Index, policy: OutputsPolicy) -> Said:
    """Open and judge one case."""
    caps = ReadCaps.of(policy.caps.model_dump())
    begin = time.perf_counter()
    form = open_bytes(case.path, case.data, caps)
    earlier = [open_bytes(path, data, caps) for path, data in case.released]
    report = check_forms([form], (index,), policy, earlier).files[0]
    return said(case, report, time.perf_counter() - begin)


def said(case: Case, report: FileReport, seconds: float) -> Said:
    """Boil a report down to what is scored."""
    rules: dict[str, str] = {}
    counted = {Verdict.FLAG, Verdict.BLOCK, Verdict.COULD_NOT_CHECK}
    for result in report.results:
        told = [one.severity.value for one in result.findings if one.severity in counted]
        if result.verdict in counted:
            told.append(result.verdict.value)
        if told:
            rules[result.rule] = max(told, key=_ORDER.index)
    named = {(one.where.path, row) for one in report.findings if one.rule == "O19"
             for row in one.where.rows}  # fmt: skip
    listed = tuple(f"{one.rule} {one.severity.value}: {one.evidence}" for one in report.findings)
    return Said(case, rules, report.verdict.value, len(named), seconds, listed)


def by_command(cases: Sequence[Case], source: Path) -> dict[str, str]:
    """Check cases of one source by the real command; give each file's verdict by its path.

    Shape: each alone, as they are scored: a table of counts would speak for a drawing beside it.
    """
    return {case.path: _by_command(case, source) for case in cases}


def _by_command(case: Case, source: Path) -> str:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / case.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.data)
        command = [sys.executable, "-m", "orchestrator.cli.main", "check", "--json",
                   "--source", str(source), name]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode not in {0, 10, 20}:
        raise RuntimeError(f"tre check ended {done.returncode}: {done.stderr[-2000:]}")
    (file,) = json.loads(done.stdout)["files"]
    return str(file["verdict"])
