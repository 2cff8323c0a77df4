"""The source as frames, and a shelf on which a file is laid together with its label.

Counts in claims are taken from the frames here; `proof.py` counts them again without pandas.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

SOURCE = Path(sys.argv[1])
"""Where `python -m tests.bench.outputs.seventh.centres FOLDER` wrote the tables."""
FILES = Path(__file__).parents[1] / "files"
LABELS = Path(__file__).parents[1] / "labels-libraries.yaml"
NOW = "2024-03-12 14:05:31"
"""The hour that libraries print where they print one."""
LEAST = 10
_labels: list[dict[str, Any]] = []


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(SOURCE / f"{name}.csv", keep_default_na=False, na_values=[""])


patients, labs, markers = _read("patients"), _read("labs"), _read("markers")
tables = {"people": patients, "labs": labs, "markers": markers}


def lay(
    path: str,
    data: str | bytes | None,
    label: str,
    claims: Sequence[Mapping[str, Any]],
    leak: str = "",
    seen: str = "",
    written: bool = True,
) -> Path:
    """Write a file and note its label: its family and, where leaky, the rules that name it.

    Shape: None where a library wrote the file itself, to `FILES / path`.
    """
    place = FILES / path
    if data is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data.encode() if isinstance(data, str) else data)
    family, *rules = label.split()
    own: dict[str, Any] = {"path": path, "family": family}
    own |= {"rules": rules} if rules else {}
    own |= {"leak": leak} if leak else {}
    own |= {"seen": seen.split()} if seen else {}
    own |= {} if written else {"written": False}
    _labels.append(own | {"claims": list(claims)})
    return place


def at(path: str) -> str:
    """Where a library shall write a file itself."""
    place = FILES / path
    place.parent.mkdir(parents=True, exist_ok=True)
    return str(place)


def keep() -> None:
    """Write the labels of all files that were laid."""
    text = yaml.safe_dump(_labels, sort_keys=False, width=110, allow_unicode=True)
    LABELS.write_text("# Written by libraries/make.py.\n" + text)


def meets(where: str, table: str = "people") -> pd.DataFrame:
    """The rows that meet conditions as labels write them: `sex = F; age < 20`."""
    own = tables[table]
    for part in filter(None, (one.strip() for one in where.split(";"))):
        column, sign, value = (*part.split(" ", 2), "")[:3]
        cell = own[column]
        own = own[_SIGNS[sign](cell, value)]
    return own


_SIGNS = {
    "=": lambda cell, value: cell.fillna("").astype(str) == value,
    "!=": lambda cell, value: cell.fillna("").astype(str) != value,
    ">=": lambda cell, value: cell >= float(value),
    "<": lambda cell, value: cell < float(value),
    "in": lambda cell, value: cell.fillna("").astype(str).isin(value.split("|")),
    "starts": lambda cell, value: cell.fillna("").astype(str).str.startswith(value),
}


def _people(where: str, table: str) -> int:
    return int(meets(where, table)["patient"].nunique())


def _claim(claim: str, table: str = "people", **given: Any) -> dict[str, Any]:
    own = {"table": table} if table != "people" else {}
    return {claim: own | {name: one for name, one in given.items() if one not in ("", None)}}


def small(where: str, table: str = "people") -> dict[str, Any]:
    """Fewer than ten people."""
    stated = _people(where, table)
    assert 0 < stated < LEAST, (where, stated)
    return _claim("Small", table, where=where, stated=stated)


def count(where: str = "", table: str = "people") -> dict[str, Any]:
    """Ten people or more."""
    stated = _people(where, table)
    assert stated >= LEAST, (where, stated)
    return _claim("Count", table, where=where, stated=stated)


def groups(
    by: Sequence[str],
    where: str = "",
    table: str = "people",
    joined: Sequence[Sequence[str]] = (),
) -> dict[str, Any]:
    """Every group of a cross table, all with ten people or more.

    Shape: `joined` lists groups of joined values, as `cleared|chronic`; none for each own value.
    """
    own = meets(where, table).drop_duplicates([*by, "patient"])
    cells = joined or sorted(set(own[list(by)].astype(str).itertuples(index=False, name=None)))
    lines = []
    for cell in cells:
        parts = "; ".join(f"{name} in {one}" for name, one in zip(by, cell, strict=True))
        stated = _people(f"{where}; {parts}" if where else parts, table)
        assert stated >= LEAST, (cell, stated)
        lines.append([*cell, stated])
    return _claim("Groups", table, by=list(by), where=where, groups=lines)


def rows(
    where_at: Sequence[int], columns: Sequence[str], table: str = "people", **given: Any
) -> dict[str, Any]:
    """Rows of the source, by their numbers."""
    return _claim("Rows", table, columns=list(columns), at=spans(where_at), **given)


def spans(numbers: Sequence[int]) -> str:
    """Write row numbers as labels do: `0-5,17`."""
    found: list[list[int]] = []
    for own in map(int, numbers):
        if found and own == found[-1][1] + 1:
            found[-1][1] = own
        else:
            found.append([own, own])
    return ",".join(f"{a}-{b}" if a != b else str(a) for a, b in found)


def pseudonyms(where_at: Sequence[int]) -> dict[str, Any]:
    """Pseudonyms of these patients."""
    return {"Pseudonyms": {"at": spans(where_at)}}


def value(
    column: str,
    name: str,
    digits: int = 1,
    where: str = "",
    few: bool = False,
    table: str = "people",
) -> dict[str, Any]:
    """A statistic as printed: `mean`, `sd`, `min`, `max`, `sum`, `q50`."""
    cells = meets(f"{where}; {column} != " if where else f"{column} != ", table)[column].astype(
        float
    )
    real = (
        cells.quantile(float(name[1:]) / 100)
        if name[0] == "q"
        else getattr(cells, {"sd": "std"}.get(name, name))()
    )
    return _claim(
        "Value",
        table,
        column=column,
        where=f"{where}; {column} != ".strip("; "),
        name=name,
        printed=f"{real:.{digits}f}",
        few=few,
    )


def extremes(
    column: str, values: Sequence[Any], where: str = "", table: str = "people"
) -> dict[str, Any]:
    """Values that fewer than ten rows have."""
    return _claim(
        "Extremes", table, column=column, values=[str(one) for one in values], where=where
    )


def fitted(
    kind: str,
    where: str,
    outcome: str,
    design: Sequence[str],
    estimates: Sequence[float],
    errors: Sequence[float] = (),
    digits: int = 4,
) -> dict[str, Any]:
    """A model of many people: estimates, the constant first, and their errors as printed."""
    return _claim(
        "Fitted",
        kind=kind,
        where=where,
        outcome=outcome,
        design=list(design),
        printed=[f"{one:.{digits}f}" for one in estimates],
        errors=[f"{one:.3f}" for one in errors],
    )


def written(*words: str) -> dict[str, Any]:
    """These words stand in the file."""
    return {"Written": {"words": list(words)}}


def outside(why: str) -> dict[str, Any]:
    """Nothing in it was computed from the source."""
    return {"Outside": {"why": why}}
