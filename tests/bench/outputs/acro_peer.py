"""Run where `acro` is installed, nothing else: what it says of files, and of the questions behind.

ACRO judges a table, a curve or a model while it is made with it. So where a file of the corpus is
the answer to a question that ACRO can be asked, the question is asked, with ACRO's own thresholds
(10, the shipped ones here too); every other file is handed over as a custom output, which it does
not read. Prints one JSON object: file to status, the worst of its questions.
Run: PYTHON tests/bench/outputs/acro_peer.py FOLDER
FOLDER has `files/`, and may have `questions.json` and `tables/`.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import acro
import numpy as np
import pandas as pd

_ORDER = ("pass", "review", "fail")
Question = Mapping[str, Any]


def main() -> None:
    """Hand over every file or ask what is behind it, and print what became of it."""
    folder = Path(sys.argv[1]).resolve()
    asked = folder / "questions.json"
    questions = json.loads(asked.read_text("utf-8")) if asked.exists() else {}
    frames = {path.stem: pd.read_csv(path) for path in (folder / "tables").glob("*.csv")}
    known: dict[str, str] = {}
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(io.StringIO()):
        os.chdir(scratch)
        for path in sorted((folder / "files").iterdir()):
            own = [_once(frames, one, known) for one in questions.get(path.name, ())]
            found[path.name] = max(own, key=_ORDER.index) if own else _custom(path)
    sys.stdout.write(json.dumps(found))


def _custom(path: Path) -> str:
    session = acro.ACRO(suppress=False)
    session.custom_output(str(path), "a file of the corpus")
    return _status(session)


def _once(frames: Mapping[str, Any], question: Question, known: dict[str, str]) -> str:
    key = json.dumps(question)
    if key not in known:
        known[key] = _ask(frames[question["table"]], question)
    return known[key]


def _ask(frame: Any, question: Question) -> str:
    for column, sign, wanted in question["where"]:
        frame = frame[_met(frame[column], sign, wanted)]
    session = acro.ACRO(suppress=bool(question.get("hidden")))
    match question["kind"]:
        case "crosstab":
            first, *rest = question["by"]
            second = frame[rest[0]] if rest else pd.Series("all", frame.index, name="group")
            if len(rest) > 1:
                second = [frame[name] for name in rest]
            session.crosstab(frame[first], second)
        case "sum":
            session.pivot_table(frame, index=list(question["by"]), values=[question["column"]],
                                aggfunc="sum")  # fmt: skip
        case "survival":
            _curve(session, frame, question["times"])
        case "regression":
            terms = {
                "age": frame["age"],
                "male": frame["sex"] == "M",
                "ecog": frame["ecog"],
                "high": frame["risk"] == "high",
                "very": frame["risk"] == "very high",
            }
            matrix = pd.DataFrame({name: own.astype(float) for name, own in terms.items()})
            session.ols(frame["weight_kg"], acro.add_constant(matrix))
        case kind:
            raise RuntimeError(f"nobody can ask {kind!r}")
    return _status(session)


def _curve(session: Any, frame: Any, times: Sequence[float]) -> None:
    """Ask for the curve, at rounded times where the file has rounded times."""
    moments = frame["followup_months"]
    if times:
        edges = np.array([*times, np.inf])
        moments = pd.Series(edges[np.digitize(moments, edges) - 1] + 1, frame.index)
    session.surv_func(moments, frame["dead"], output="table")


def _met(column: Any, sign: str, wanted: str) -> Any:
    match sign:
        case "=":
            return column.astype(str) == wanted
        case "!=":
            return column.astype(str) != wanted
        case "in":
            return column.astype(str).isin(wanted.split("|"))
        case "<":
            return column.astype(float) < float(wanted)
        case _:
            return column.astype(float) >= float(wanted)


def _status(session: Any) -> str:
    """Give the worst status of a session's outputs; what it took in none was refused (svg is)."""
    said = [str(record.status) for record in session.results.results.values()]
    return max(said, key=_ORDER.index, default="fail")


if __name__ == "__main__":
    main()
