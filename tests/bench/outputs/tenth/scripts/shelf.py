"""Where the scripts of all studies read the tables, lay their files and write down labels.

Run each study as: python -m tests.bench.outputs.tenth.scripts.NAME FOLDER
FOLDER holds the tables as `network.py` writes them. Counts of claims are taken with pandas from the
same tables; the corpus proves them again without it.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import yaml
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parents[1]
DATA = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data")
LEAST = 10


class Flow(list):
    """A list that is written on one line."""


class Dumper(yaml.SafeDumper):
    """Writes short lists on one line."""


Dumper.add_representer(
    Flow, lambda own, data: own.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)


def table(name: str, *, typed: bool = True) -> pd.DataFrame:
    """Read a table; as text if it is not typed."""
    kind = None if typed else str
    return pd.read_csv(DATA / f"{name}.csv", dtype=kind, keep_default_na=False)


TEXT = {
    "people": table("patients", typed=False),
    "lines": table("lines", typed=False),
    "panel": table("panel", typed=False),
}


def rows(where: str, of: str = "people") -> pd.DataFrame:
    """Rows that meet all conditions, as text."""
    found = TEXT[of]
    for one in filter(None, (part.strip() for part in where.split(";"))):
        column, sign, value = [*one.split(" ", 2), ""][:3]
        cells = found[column]
        match sign:
            case "=":
                found = found[cells == value]
            case "!=":
                found = found[cells != value]
            case ">=":
                found = found[cells.astype(float) >= float(value)]
            case "<":
                found = found[cells.astype(float) < float(value)]
            case "in":
                found = found[cells.isin(value.split("|"))]
            case "starts":
                found = found[cells.str.startswith(value)]
    return found


def number(where: str, of: str = "people") -> int:
    """Count distinct people."""
    return int(rows(where, of)["patient"].nunique())


def also(*parts: str) -> str:
    """Join conditions."""
    return "; ".join(one for one in parts if one)


class Study:
    """One project's folder and the labels of what it hands in."""

    def __init__(self, name: str) -> None:
        self.name, self.entries = name, []
        self.folder = HERE / "files" / name
        self.folder.mkdir(parents=True, exist_ok=True)

    def at(self, name: str) -> Path:
        """Say where a file lies."""
        return self.folder / name

    def write(self, name: str, text: str) -> None:
        """Write a text file."""
        self.at(name).parent.mkdir(parents=True, exist_ok=True)
        self.at(name).write_text(text, encoding="utf-8")

    def safe(self, name: str, family: str, *claims: Any, **more: Any) -> None:
        """Label a file from which nothing of a person can be told."""
        self._add(name, family, claims, more)

    def leaky(
        self, name: str, family: str, rules: str, leak: str, *claims: Any, **more: Any
    ) -> None:
        """Label a file that tells something of a person."""
        self._add(name, family, claims, {"rules": Flow(rules.split()), "leak": leak, **more})

    def _add(self, name: str, family: str, claims: Iterable[Any], more: dict[str, Any]) -> None:
        flat = list(_flat(claims))
        ordered = {key: more[key] for key in ("rules", "leak") if key in more}
        rest = {key: value for key, value in more.items() if key not in ordered}
        if "released" in rest:
            rest["released"] = Flow(f"{self.name}/{one}" for one in rest["released"])
        own = {"path": f"{self.name}/{name}", "family": family, **ordered, **rest, "claims": flat}
        self.entries.append(own)

    def close(self) -> None:
        """Write the labels file."""
        text = yaml.dump(
            self.entries, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100
        )
        head = f"# Written by scripts/{Path(sys.argv[0]).name}. The form: seventh/proof.py.\n"
        (HERE / f"labels-{self.name}.yaml").write_text(head + text, encoding="utf-8")


def _flat(claims: Iterable[Any]) -> Iterable[Any]:
    for one in claims:
        yield from _flat(one) if isinstance(one, list) else [one]


def _of(of: str) -> dict[str, str]:
    return {} if of == "people" else {"table": of}


def groups(by: Sequence[str], where: str = "", of: str = "people", joined: Any = None) -> Any:
    """Every cell of a cross table, all large; `joined` replaces the list of cells."""
    names = [one.split() for one in by] if not isinstance(by, list) else by
    found = rows(where, of).drop_duplicates(["patient", *names]).groupby(names).size()
    cells = joined or [
        Flow([*(key if isinstance(key, tuple) else (key,)), int(n)]) for key, n in found.items()
    ]
    if joined is None and found.min() < LEAST:
        raise ValueError(f"{names} has {found.min()}")
    return {"Groups": {**_of(of), "by": Flow(names), "where": where, "groups": cells}}


def small(by: list[str], where: str = "", of: str = "people", most: int = 12) -> list[Any]:
    """Every cell below the least number."""
    found = rows(where, of).drop_duplicates(["patient", *by]).groupby(by).size()
    claims = []
    for key, n in found[found < LEAST].items():
        cells = key if isinstance(key, tuple) else (key,)
        own = also(where, *(f"{c} = {v}" for c, v in zip(by, cells, strict=True)))
        claims.append({"Small": {**_of(of), "where": own, "stated": int(n)}})
    if not claims:
        raise ValueError(f"{by} has no small cell")
    return claims[:most]


def few(where: str, of: str = "people") -> Any:
    """Claim a single small count."""
    n = number(where, of)
    if not 0 < n < LEAST:
        raise ValueError(f"{where} has {n}")
    return {"Small": {**_of(of), "where": where, "stated": n}}


def count(*wheres: str, of: str = "people", base: int = 1) -> list[Any]:
    """Counts that are large."""
    claims = []
    for where in wheres:
        n = number(where, of)
        if n < LEAST:
            raise ValueError(f"{where} has {n}")
        stated = (2 * n + base) // (2 * base) * base
        more = {} if base == 1 else {"base": base}
        claims.append({"Count": {**_of(of), "where": where, "stated": stated, **more}})
    return claims


def value(column: str, name: str, printed: str, where: str = "", *, few: bool = False,
          of: str = "people", base: str = "") -> Any:  # fmt: skip
    """Claim a statistic as it is printed."""
    own = {**_of(of), "column": column, "where": where, "name": name, "printed": printed}
    return {"Value": {**own, "few": few, **({"base": base} if base else {})}}


def share(where: str, of: str = "", digits: int = 1, *, told: bool = False) -> Any:
    """Claim a percentage of people."""
    part, whole = number(also(where, of)), number(of)
    printed = f"{100 * part / whole:.{digits}f}"
    return {"Share": {"where": where, "of": of, "printed": printed, "few": told}}


def person(columns: list[str], at: Any, of: str = "people", how: list[str] | None = None,
           **more: Any) -> Any:  # fmt: skip
    """Claim rows of the source."""
    own = {**_of(of), "columns": Flow(columns), "at": spans(at)}
    return {"Rows": {**own, **({"how": Flow(how)} if how else {}), **more}}


def spans(at: Any) -> str:
    """Write row numbers: `0-19,25`."""
    ends: list[list[int]] = []
    for n in map(int, at):
        if ends and n == ends[-1][1] + 1:
            ends[-1][1] = n
        else:
            ends.append([n, n])
    return ",".join(f"{a}-{b}" if a < b else f"{a}" for a, b in ends)


def codes(at: Iterable[int]) -> Any:
    """Claim pseudonyms."""
    return {"Pseudonyms": {"at": spans(at)}}


def words(row: int) -> Any:
    """Claim that somebody's remark is quoted."""
    return {"Words": {"row": int(row), "words": TEXT["people"]["remark"][row]}}


def extremes(column: str, values: list[str], where: str = "", of: str = "people") -> Any:
    """Claim values that few people have."""
    return {"Extremes": {**_of(of), "column": column, "values": Flow(values), "where": where}}


def written(*lines: str) -> Any:
    """Claim that these words stand there."""
    return {"Written": {"words": list(lines)}}


def notebook(study: Study, name: str, cells: list[str]) -> None:
    """Run a notebook beside the tables; a cell that begins with # and a blank is text."""
    book = nbformat.v4.new_notebook()
    for one in cells:
        kind = "markdown" if one.startswith("# ") else "code"
        new = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}[kind]
        book.cells.append(new(one))
    NotebookClient(book, resources={"metadata": {"path": str(DATA)}}).execute()
    nbformat.write(book, study.at(name))
