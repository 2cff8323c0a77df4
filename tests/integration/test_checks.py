"""The check worker: a file that breaks its opener is could-not-check, and nothing else suffers.

Source: design properties 5 and 6.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.engines.checks import Bounds
from orchestrator.engines.local.checks import PROGRAMS, CheckWorker
from orchestrator.errors import Tampered
from orchestrator.outputs.model import Job, JobFile, Report, Source, Verdict
from orchestrator.policy.load import load
from orchestrator.sandbox.uids import Uids
from orchestrator.values import digest_of
from tests import local_world

POLICIES = Path(__file__).parents[2] / "policies"
GOOD = b"The survival differs between the two groups.\n"
HOSTILE = """
import os, sys, time
from pathlib import Path
from orchestrator.outputs import opener
whole = opener.open_file
def open_file(path, location, *rest):
    word = location.read_bytes().split()[0]
    out = Path("/out")
    if word == b"crash":
        os.abort()
    if word == b"hang":
        time.sleep(600)
    if word == b"stop":
        os.kill(os.getppid(), 19)
        time.sleep(600)
    if word == b"fork":
        [os.fork() for _ in range(3)]
        time.sleep(600)
    if word == b"eat":
        hold = [os.urandom(1 << 22) for _ in range(1000)]
    if word == b"flood":
        (out / "forms.json").write_bytes(b"x" * (40 << 20))
    if word == b"many":
        [(out / f"f{n}").touch() for n in range(200)]
        os.abort()
    if word == b"forge":
        for number in range(3):
            (out / f"forms-{number}.json").unlink(missing_ok=True)
            (out / f"forms-{number}.json").write_text("{}")
        os.abort()
    if word == b"look":
        os.open(f"/proc/{os.getppid()}/mem", os.O_RDWR)
        (out / "forms.json").write_text("{}")
        os._exit(0)
    if word == b"link":
        os.symlink("/job/key", out / "forms.json")
        os._exit(0)
    if word == b"pipe":
        os.mkfifo(out / "forms.json")
        os._exit(0)
    if word == b"lie":
        os._exit(0)
    if word == b"steal":
        Path("/out/forms.json").write_text(os.environ.get("TRE_X", "") + "{}")
        os._exit(0)
    return whole(path, location, *rest)
opener.open_file = open_file
opener.main()
"""
ALLOWED = Bounds(seconds=15, output=8 << 20, memory=256 << 20, processes=16)


@pytest.fixture
def scratch(run_dir: Path) -> Iterator[Path]:
    yield run_dir / "check"
    assert list((run_dir / "check").iterdir()) == []


def _job(folder: Path, contents: dict[str, bytes], sources: tuple[Source, ...] = ()) -> Job:
    policy = load(POLICIES).outputs
    files = []
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o444)
        files.append(JobFile(name, digest_of(content), len(content), folder / name))
    return Job("c-1", "export", tuple(files), policy.as_json(), policy.digest(), sources)


def _worker(scratch: Path, bounds: Bounds | None = None, **programs: str) -> CheckWorker:
    commands = {role: [sys.executable, "-c", code] for role, code in programs.items()}
    return CheckWorker(Uids(scratch.parent), scratch, bounds, {**PROGRAMS, **commands})


def _verdicts(report: Report) -> dict[str, Verdict]:
    return {file.path: file.verdict for file in report.files}


@pytest.mark.parametrize(
    "word",
    [
        "crash",
        "fork",
        "stop",
        "eat",
        "flood",
        "many",
        "forge",
        "look",
        "link",
        "pipe",
        "lie",
        "steal",
    ],
)
def test_a_file_that_breaks_its_opener_spoils_only_itself(
    scratch: Path, tmp_path: Path, word: str
) -> None:
    contents = {"a.txt": GOOD, "bad.txt": word.encode() + b" it", "c.txt": GOOD}
    report = _worker(scratch, ALLOWED, opener=HOSTILE).check(_job(tmp_path, contents))
    found = _verdicts(report)
    assert found["bad.txt"] is Verdict.COULD_NOT_CHECK
    assert found["a.txt"] is found["c.txt"] is not Verdict.COULD_NOT_CHECK
    assert report.verdict is not Verdict.PASS


def test_a_file_that_hangs_its_opener_is_ended(scratch: Path, tmp_path: Path) -> None:
    bounds = Bounds(2, ALLOWED.output, ALLOWED.memory, 16)
    report = _worker(scratch, bounds, opener=HOSTILE).check(
        _job(tmp_path, {"a.txt": GOOD, "bad.txt": b"hang"})
    )
    assert _verdicts(report)["bad.txt"] is Verdict.COULD_NOT_CHECK
    # A neighbour's openers end by themselves; one that hangs would stay.
    local_world.wait_for(lambda: local_world.running("outputs import opener") == [])


def test_the_opener_knows_no_index_no_key_and_no_network(scratch: Path, tmp_path: Path) -> None:
    spy = f"""
import json, os, socket
from pathlib import Path
seen = {{
    "job": sorted(os.listdir("/job")), "index": os.path.exists("/index"),
    "in": os.path.exists("/in"),
    "sources": json.loads(Path("/job/job.json").read_text())["sources"],
    "interfaces": [name for _, name in socket.if_nameindex()],
    "host": os.path.exists({str(tmp_path)!r}), "uid": os.getuid(),
}}
assert seen == {{
    "job": ["files", "job.json"], "index": False, "in": False, "sources": [],
    "interfaces": ["lo"], "host": False, "uid": 1000,
}}, seen
{HOSTILE}
"""
    index = tmp_path / "index.bin"
    index.write_bytes(b"none")
    source = Source("mgus", "1", digest_of(b""), index, b"k" * 32)
    job = _job(tmp_path, {"a.txt": GOOD}, (source,))
    judge = """
import json, os
from pathlib import Path
assert sorted(os.listdir("/job")) == ["job.json", "key"]
assert sorted(os.listdir("/in")) == ["0"] and sorted(os.listdir("/index")) == ["0"]
assert (b"k" * 32).hex().encode() in Path("/job/key").read_bytes()
assert not Path("/job/files").exists()
Path("/in/0/forms.json").read_bytes()
try:
    Path("/in/0/more").touch()
except OSError:
    from orchestrator.outputs import judge
    judge.main()
"""
    report = _worker(scratch, ALLOWED, opener=spy, judge=judge).check(job)
    assert report.files[0].results[0].rule != "judge", report.files[0].results


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.abort()",
        "import time; time.sleep(600)",
        "open('/out/report.json', 'w').write('{')",
        "import os; os.symlink('/job/key', '/out/report.json')",
        "import os; os.mkfifo('/out/report.json')",
        "open('/out/report.json', 'wb').write(b'x' * (20 << 20))",
        "",
    ],
)
def test_a_judge_that_fails_passes_nothing(scratch: Path, tmp_path: Path, code: str) -> None:
    bounds = Bounds(4, ALLOWED.output, ALLOWED.memory, 16)
    report = _worker(scratch, bounds, judge=code).check(_job(tmp_path, {"a.txt": GOOD}))
    assert report.verdict is Verdict.COULD_NOT_CHECK
    assert _verdicts(report) == {"a.txt": Verdict.COULD_NOT_CHECK}
    assert report.files[0].results[0].rule == "judge"


def test_a_judge_cannot_answer_about_other_files(scratch: Path, tmp_path: Path) -> None:
    forged = """
import json
from orchestrator.outputs import judge
judge.main()
report = json.load(open("/out/report.json"))
report["files"][0]["digest"] = "sha256:" + "0" * 64
json.dump(report, open("/out/report.json", "w"))
"""
    report = _worker(scratch, ALLOWED, judge=forged).check(_job(tmp_path, {"a.txt": GOOD}))
    assert _verdicts(report) == {"a.txt": Verdict.COULD_NOT_CHECK}


def test_bytes_that_are_not_those_that_were_frozen_are_an_alarm(
    scratch: Path, tmp_path: Path
) -> None:
    job = _job(tmp_path, {"a.txt": GOOD})
    (tmp_path / "a.txt").chmod(0o644)
    os.truncate(tmp_path / "a.txt", 3)
    with pytest.raises(Tampered):
        _worker(scratch).check(job)


def test_other_bytes_of_the_same_size_never_pass(scratch: Path, tmp_path: Path) -> None:
    job = _job(tmp_path, {"a.txt": GOOD})
    (tmp_path / "a.txt").chmod(0o644)
    (tmp_path / "a.txt").write_bytes(GOOD.replace(b"two", b"six"))
    assert _verdicts(_worker(scratch).check(job)) == {"a.txt": Verdict.COULD_NOT_CHECK}


def test_each_opener_is_under_a_uid_of_its_own(scratch: Path, tmp_path: Path) -> None:
    _worker(scratch).check(_job(tmp_path, {"a.txt": GOOD, "b.txt": GOOD}))
    if os.geteuid() == 0:
        numbers = json.loads((scratch.parent / "engine" / "uids.json").read_text())
        assert len(set(numbers.values())) == len(numbers) >= 2


def test_hidden_counts_are_worked_out_in_the_judges_sandbox(scratch: Path, tmp_path: Path) -> None:
    """The library of linear programs loads and solves under the judge's limits and filter."""
    lines = ["stage,F,M,All", "I,<10,<10,12", "II,<10,<10,13", "III,60,70,130", "All,72,83,155"]
    close = ["stage,F,M,All", "I,<10,<10,18", "II,<10,<10,13", "III,60,70,130", "All,75,86,161"]
    said = []
    for table in (lines, close):
        job = _job(tmp_path, {"a.csv": "\n".join(table).encode() + b"\n"})
        report = _worker(scratch).check(job)
        said.append(next(one for one in report.files[0].results if one.rule == "O13"))
        (tmp_path / "a.csv").unlink()
    assert said[0].verdict is Verdict.PASS, said[0].reason
    assert said[1].verdict is Verdict.BLOCK
    assert {one.measured for one in said[1].findings} >= {"9 to 9"}
