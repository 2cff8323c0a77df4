"""Where the scripts of this folder put the files that libraries print, and note their labels.

Run each script as: UNITS=<folder of the tables> python libraries/<script>.py
"""

import atexit
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import yaml

HERE = Path(__file__).parent
FILES = HERE.parent / "files"
LABELS = HERE.parent / "labels-libraries.yaml"
UNITS = Path(os.environ["UNITS"])
LEAST = 10
persons = pd.read_csv(UNITS / "persons.csv", keep_default_na=False, na_values=[""])
sessions = pd.read_csv(UNITS / "sessions.csv", keep_default_na=False)
genotypes = pd.read_csv(UNITS / "genotypes.csv", keep_default_na=False)
Claim = dict[str, dict[str, object]]
_noted: dict[str, dict[str, object]] = {}
_SEEN = {
    "O17": (
        "folium/",
        "lets-plot/",
        "vl-convert/",
        "vega/",
        "python-pptx/",
        ".svgz",
        ".gv",
        ".dot",
    ),
    "O27": ("nbconvert/", ".jsonl", ".diff"),
}
"""Rules that send a file of this kind to people whatever is in it, by folder and ending."""


def place(path: str) -> Path:
    """Give where a file goes."""
    full = FILES / path
    full.parent.mkdir(parents=True, exist_ok=True)
    return full


def lay(
    path: str,
    family: str,
    *claims: Claim,
    text: str | bytes | None = None,
    rules: str = "",
    leak: str = "",
    seen: str = "",
    **more: object,
) -> None:
    """Write a file, unless its library has done so, and note its label."""
    if text is not None:
        place(path).write_bytes(text if isinstance(text, bytes) else text.encode())
    own: dict[str, object] = {"path": path, "family": family}
    own |= {"rules": rules.split(), "leak": leak} if rules else {}
    known = [
        rule for rule, kinds in _SEEN.items() if path.startswith(kinds) or path.endswith(kinds)
    ]
    every = sorted({*seen.split(), *known})
    own |= {"seen": every} if every else {}
    _noted[path] = own | more | {"claims": [*claims]}


def _write() -> None:
    kept = yaml.safe_load(LABELS.read_text()) if LABELS.exists() else None
    every = {own["path"]: own for own in kept or ()} | _noted
    there = [own for path, own in sorted(every.items()) if (FILES / path).exists()]
    text = yaml.dump(there, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110,
                     default_flow_style=None)  # fmt: skip
    LABELS.write_text(
        "# Written by the scripts in libraries/. The form: seventh/proof.py.\n" + text
    )


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


atexit.register(_write)


def _asked(**given: object) -> dict[str, object]:
    return {name: value for name, value in given.items() if value is not None}


def small(where: str, stated: int, table: str | None = None) -> Claim:
    return {"Small": _asked(table=table, where=where, stated=int(stated))}


def count(where: str, stated: int, table: str | None = None) -> Claim:
    return {"Count": _asked(table=table, where=where, stated=int(stated))}


def cells(by: Sequence[str], where: str = "", only: str = "", most: int = 6) -> list[Claim]:
    """Claim the cells of a table of people: `small` or `enough` ones, or both."""
    found = []
    for group, n in _sized(by, where).items():
        conditions = [f"{name} = {value}" for name, value in zip(by, group, strict=True)]
        full = "; ".join([*conditions, *filter(None, [where])])
        if n < LEAST and only != "enough":
            found.append(small(full, n))
        elif n >= LEAST and only != "small":
            found.append(count(full, n))
    return found[:most]


def groups(by: Sequence[str], where: str = "") -> Claim:
    """Claim a whole table of people, every cell of it large."""
    own = [[*map(str, group), int(n)] for group, n in _sized(by, where).items()]
    return {"Groups": {"by": list(by), "where": where, "groups": own}}


def _sized(by: Sequence[str], where: str) -> dict[tuple[object, ...], int]:
    own = chosen(where).groupby(list(by)).size()
    return {g if isinstance(g, tuple) else (g,): int(n) for g, n in own.items() if n}


def chosen(where: str, frame: pd.DataFrame = persons) -> pd.DataFrame:
    """Take the rows that meet conditions as a labels file writes them."""
    for one in filter(None, (part.strip() for part in where.split(";"))):
        name, sign, value = one.split(" ", 2)
        own = frame[name]
        if sign == ">=":
            frame = frame[own >= float(value)]
        elif sign == "<":
            frame = frame[own < float(value)]
        elif sign == "in":
            frame = frame[own.astype(str).isin(value.split("|"))]
        elif sign == "!=":
            frame = frame[own.astype(str) != value]
        elif sign == "starts":
            frame = frame[own.astype(str).str.startswith(value)]
        else:
            frame = frame[own.astype(str) == value]
    return frame


def rows(
    columns: Sequence[str], at: Sequence[int], table: str | None = None, **how: object
) -> Claim:
    return {"Rows": _asked(table=table, columns=list(columns), at=",".join(map(str, at)), **how)}


def value(column: str, name: str, printed: object, *, few: bool, where: str = "",
          table: str | None = None, base: str | None = None) -> Claim:  # fmt: skip
    given = {"column": column, "where": where, "name": name, "printed": str(printed), "few": few}
    return {"Value": _asked(table=table, base=base, **given)}


def extremes(column: str, *values: object, where: str = "", table: str | None = None) -> Claim:
    return {
        "Extremes": _asked(table=table, column=column, values=[str(v) for v in values], where=where)
    }


def share(where: str, of: str, printed: str, *, few: bool) -> Claim:
    return {"Share": {"where": where, "of": of, "printed": printed, "few": few}}


def freedom(where: str, parameters: int, stated: int, *, few: bool) -> Claim:
    return {"Freedom": {"where": where, "parameters": parameters, "stated": stated, "few": few}}


def fitted(kind: str, outcome: str, design: Sequence[str], printed: Sequence[str],
           errors: Sequence[str] = (), ratios: Sequence[str] = (), where: str = "") -> Claim:  # fmt: skip
    own = {"kind": kind, "where": where, "outcome": outcome, "design": list(design),
           "printed": list(printed), "errors": list(errors), "ratios": list(ratios)}  # fmt: skip
    return {"Fitted": {name: value for name, value in own.items() if value != []}}


def words(row: int) -> Claim:
    return {"Words": {"row": int(row), "words": str(persons.remark[row])}}


def written(*quoted: str) -> Claim:
    return {"Written": {"words": list(quoted)}}


def outside(why: str) -> Claim:
    return {"Outside": {"why": why}}


def nobody(
    columns: Sequence[str], made: Sequence[Sequence[object]], table: str | None = None
) -> Claim:
    own = [[str(cell) for cell in row] for row in made]
    return {"Nobody": _asked(table=table or "people", columns=list(columns), cells=own)}


def pseudonyms(at: Sequence[int]) -> Claim:
    return {"Pseudonyms": {"at": ",".join(map(str, at))}}
