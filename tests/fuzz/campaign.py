"""A campaign over every reader, guided by coverage (atheris); runs in an environment of its own.

`python -m tests.fuzz.campaign SEEDS SECONDS [KIND …]` gives each format its share of the time and
a process of its own. A finding is an exception, a form that is none, bytes passed over in silence,
or one file that takes longer than the opener is given; its bytes lie in `SEEDS/<kind>-found/`.
"""

import subprocess
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["orchestrator.outputs.readers"]):
    from orchestrator.outputs.readers.registry import IN_PRISON, open_bytes
from orchestrator.outputs.coverage import cover
from orchestrator.outputs.form import FormLimits, form_from_json, form_to_json
from orchestrator.outputs.readers.opening import ReadCaps

CAPS = ReadCaps(4 << 20, 50, 40, 5000, 2000, 400_000, 400, 4, 1_000_000, 100, 8 << 20, 4 << 20, 50)
LIMITS = FormLimits(100 << 20, 400, 40, 5000, 402_000)
SLOWEST = 20.0  # seconds of processor: a busy machine is no finding


def held(name: str, data: bytes) -> None:
    """Open bytes and hold what must always be so."""
    start = time.process_time()
    form = open_bytes(name, data, CAPS, IN_PRISON)
    assert time.process_time() - start < SLOWEST, "too slow"
    assert form_from_json(form_to_json(form), LIMITS) == form, "no form"
    coverage = cover(form)
    whole = not coverage.gaps and coverage.accounted == coverage.total
    assert whole or coverage.gaps or any(part.notes for part in form.parts), "passed over"


def one(folder: Path, seconds: int) -> None:
    """Run one format's campaign in this process."""
    name = next(folder.iterdir()).name
    found = folder.with_name(f"{folder.name}-found")
    found.mkdir(exist_ok=True)
    corpus = folder.with_name(f"{folder.name}-corpus")
    corpus.mkdir(exist_ok=True)
    options = [sys.argv[0], str(corpus), str(folder), f"-max_total_time={seconds}",
               "-max_len=65536", f"-artifact_prefix={found}/", "-verbosity=0",
               "-print_final_stats=1", "-rss_limit_mb=2048"]  # fmt: skip
    atheris.Setup(options, lambda data: held(name, data))
    atheris.Fuzz()


def main() -> int:
    """Run all formats one after another; the exit status counts those with a finding."""
    seeds, seconds, *kinds = sys.argv[1:]
    if kinds[:1] == ["--one"]:
        one(Path(seeds), int(seconds))
    folders = [
        folder
        for folder in sorted(Path(seeds).iterdir())
        if not folder.name.endswith(("-found", "-corpus")) and (not kinds or folder.name in kinds)
    ]
    share = max(5, int(seconds) // len(folders))
    failed = 0
    for folder in folders:
        command = [sys.executable, "-m", "tests.fuzz.campaign", str(folder), str(share), "--one"]
        done = subprocess.run(command, capture_output=True, text=True)
        runs = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        told = "held" if done.returncode == 0 else "FOUND SOMETHING"
        print(f"{folder.name:16} {told} {' '.join(runs)}", flush=True)
        failed += done.returncode != 0
    return min(failed, 100)


if __name__ == "__main__":
    sys.exit(main())
