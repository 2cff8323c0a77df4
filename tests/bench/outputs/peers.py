"""What simpler tools say of the same files: a small-number search, a column summary, ACRO.

Each answers with yes (somebody would stop) or no. ACRO lives in an environment of its own, because
it pins other versions of what we use; it is asked where one is named.
"""

import csv
import io
import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.outputs.corpora import Corpus
from tests.bench.outputs.grid import Case
from tests.bench.outputs.score import Rate

_SMALL = re.compile(r"(?<![\d.])[1-9](?![\d.])")
_PEER = Path(__file__).with_name("acro_peer.py")


def small_number(case: Case) -> bool:
    """Any whole number below ten anywhere in the text, as one airlock's reviewer does it."""
    text = _text(case.data)
    return text is not None and bool(_SMALL.search(text))


def column_summary(case: Case) -> bool:
    """A csv whose summary would alarm a reader: a column that never repeats, or a small minimum.

    Shape: 20 rows or more for the first; every whole-number column for the second.
    """
    text = _text(case.data)
    if text is None or not case.path.endswith((".csv", ".tsv")):
        return False
    rows = [row for row in csv.reader(io.StringIO(text)) if row][1:]
    if not rows or len({len(row) for row in rows}) != 1:
        return False
    for column in zip(*rows, strict=True):
        whole = [int(cell) for cell in column if cell.isdecimal() and len(cell) < 12]
        if len(rows) >= 20 and len(set(column)) == len(rows):
            return True
        if whole and len(whole) == len(column) and min(whole) < 10:
            return True
    return False


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


PEERS: Mapping[str, Callable[[Case], bool]] = {
    "small-number search": small_number,
    "column summary of csv": column_summary,
}


def rates(cases: Sequence[Case], stops: Callable[[Case], bool]) -> tuple[Rate, Rate]:
    """The share of leaky files a tool would stop, and of safe files it would stop too."""
    leaky = [case for case in cases if case.leaky and not case.apart]
    safe = [case for case in cases if not case.leaky]
    return Rate(sum(map(stops, leaky)), len(leaky)), Rate(sum(map(stops, safe)), len(safe))


@dataclass(frozen=True)
class Acro:
    """What ACRO said: which files it would stop, and which are answers to what it can be asked."""

    stopped: frozenset[str]
    asked: frozenset[str]


def acro(python: Path, corpus: Corpus, cases: Sequence[Case]) -> Acro:
    """Ask ACRO what is behind the files, and hand it the others as custom outputs.

    Shape: it stops a file whose status is `fail`; `review` of a custom output stops nothing,
    because it is said of every one.
    Errors: CalledProcessError where the peer cannot run; no figure then.
    """
    names = {f"{number}-{case.path.rsplit('/', 1)[-1]}": case for number, case in enumerate(cases)}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for part in ("files", "tables"):
            (folder / part).mkdir()
        behind = corpus.asked(folder / "tables") if corpus.asked is not None else {}
        for name, case in names.items():
            (folder / "files" / name).write_bytes(case.data)
        asked = {name: behind[case.path] for name, case in names.items() if case.path in behind}
        (folder / "questions.json").write_text(json.dumps(asked), "utf-8")
        done = subprocess.run([str(python), str(_PEER), scratch], capture_output=True, text=True,
                              check=True)  # fmt: skip
    said = json.loads(done.stdout)
    assert said.keys() == names.keys(), "ACRO did not answer about every file"
    return Acro(
        frozenset(names[name].path for name, status in said.items() if status == "fail"),
        frozenset(names[name].path for name in asked),
    )


def beside_acro(
    own: Acro, cases: Sequence[Case], engine: Callable[[Case], bool]
) -> dict[str, tuple[Rate, Rate]]:
    """The rows of ACRO: on all files, and where something could be asked, the engine beside it."""

    def fails(case: Case) -> bool:
        return case.path in own.stopped

    rows = {"ACRO, files as custom outputs where nothing can be asked": rates(cases, fails)}
    some = [case for case in cases if case.path in own.asked]
    if some:
        rows["ACRO, only files behind which it can be asked something"] = rates(some, fails)
        rows["this engine, on those files"] = rates(some, engine)
    return rows
