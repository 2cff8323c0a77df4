"""Rows of children: as they are, disguised, hidden among others, noised; and rows of nobody."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tests.bench.outputs.fourth.proof import Desk
from tests.bench.outputs.fourth.registry import Drawn, draw, listed
from tests.bench.outputs.fourth.writers import page, paper, typed, write, zipped
from tests.bench.outputs.third.facts import Claim, Nobody, Rows, Words, changed

LINKED = "O19 O21"
BASE = ("sex", "age_months", "weight_kg", "height_cm", "wbc", "platelets", "ldh", "urate")
_OUTCOME = ("child", "dx_year", "subtype", "fusion", "risk", "mrd_log", "relapse", "relapse_day",
            "dead", "followup_day")  # fmt: skip
_BIRTH = ("birth_year", "gestation_weeks", "birth_weight_g", "mother_age", "father_age", "siblings",
          "area")  # fmt: skip
_LABS = ("hb_mmol", "wbc", "platelets", "blasts_blood", "ferritin", "creatinine", "albumin", "crp")
_MARROW = ("child", "day", "timepoint", "blasts_pct", "mrd_log", "nucleated", "laboratory")
_REMARKS = ("child", "week", "written_by", "remark")
_GIVEN = ("child", "day", "atc", "packs", "daily_mg", "batch")


_ALIAS = {"child": "participant", "remark": "narrative"}


class Picks:
    """Draws rows of the registry, each time others."""

    def __init__(self, drawn: Drawn, seed: int) -> None:
        self.drawn, self.rng = drawn, np.random.default_rng(seed)

    def some(self, table: str, n: int) -> list[int]:
        """Draw so many different rows."""
        own = self.rng.choice(len(self.drawn.tables[table]), n, replace=False)
        return [int(one) for one in own]

    def rows(self, table: str, names: Sequence[str], n: int) -> tuple[Any, Rows]:
        """Draw rows as a frame of text, and the claim that they are those."""
        return self.those(table, names, self.some(table, n))

    def those(self, table: str, names: Sequence[str], at: Sequence[int]) -> tuple[Any, Rows]:
        """Take these rows as a frame of text, and the claim that they are those."""
        cells = self.drawn.cells(table, names, at)
        claim = Rows(table, tuple(_ALIAS.get(one, one) for one in names), tuple(at), cells)
        return pd.DataFrame(cells, columns=list(names)), claim

    def changed(self, how: Mapping[str, str], n: int, of: Any = None) -> tuple[Any, Rows]:
        """Draw children, of a group if one is named, and change cells: `how` says it by column."""
        index = self.drawn.numbers["children"].index if of is None else of.index
        at = [int(one) for one in self.rng.choice(index, n, replace=False)]
        cells = tuple(
            tuple(changed(cell, one) for cell, one in zip(row, how.values(), strict=True))
            for row in self.drawn.cells("children", list(how), at)
        )
        names = tuple(_ALIAS.get(one, one) for one in how)
        claim = Rows("children", names, tuple(at), cells, tuple(how.values()))
        return pd.DataFrame(cells, columns=list(how)), claim


def _leak(
    desk: Desk, family: str, kind: str, data: bytes, *claims: Claim, apart: bool = False
) -> None:
    """Lay rows down; that they look like rows sends any such table to people."""
    desk.lay(family, kind, data, *claims, rules=LINKED, seen="O20", apart=apart)


_RAW = """csv children first 412, tsv marrow marrow 260, xlsx children first 90,
ods children birth 48, parquet marrow marrow 700, dta children outcome 120, sav children first 75,
rds children labs 64, json dispensings given 55, html children outcome 40,
md children first 12, pdf children first 30, docx children outcome 9, csv.gz dispensings given 1500,
tar.gz children birth 200, csv remarks remarks 14"""


def raw(desk: Desk, picks: Picks) -> None:
    """L1: rows as they are, in the formats that analysts save."""
    named = {"first": ("child", *BASE), "marrow": _MARROW, "birth": _BIRTH, "labs": _LABS,
             "outcome": _OUTCOME, "given": _GIVEN, "remarks": _REMARKS}  # fmt: skip
    for kind, table, names, n in listed(_RAW):
        frame, claim = picks.rows(table, named[names], int(n))
        rules = LINKED + (" O23" if table == "remarks" else "")
        desk.lay("L1", kind, write(kind, frame), claim, rules=rules, seen="O20")


def disguised(desk: Desk, picks: Picks) -> None:
    """L2: other names, another order, fewer columns, on their side, as blocks."""
    frame, claim = picks.rows("children", _LABS, 160)
    renamed = frame.set_axis([f"V{at}" for at in range(1, 9)], axis=1)
    _leak(desk, "L2", "csv", write("csv", renamed), claim)
    frame, claim = picks.rows("children", BASE, 26)
    side = frame.T.reset_index().set_axis(["item", *(f"case {at}" for at in range(1, 27))], axis=1)
    _leak(desk, "L2", "csv", write("csv", side), claim)
    frame, claim = picks.rows("children", _OUTCOME[1:], 110)
    mixed = frame[list(frame.columns[::-1])].sample(frac=1, random_state=4)
    _leak(desk, "L2", "xlsx", write("xlsx", mixed, "Sheet1"), claim)
    frame, claim = picks.rows("children", ("urate", "height_cm", "ferritin", "crp"), 500)
    _leak(desk, "L2", "tsv", write("tsv", frame), claim)
    how = {"sex": "map F=1|M=2", "risk": "map SR=low|MR=mid|HR=high", "weight_kg": "same",
           "ldh": "same", "urate": "same", "followup_day": "same"}  # fmt: skip
    frame, claim = picks.changed(how, 85)
    coded = frame.set_axis(["geslacht", "groep", "gewicht", "LDH", "urinezuur", "dagen"], axis=1)
    _leak(desk, "L2", "md", write("md", coded, "Patiënten"), claim)
    frame, claim = picks.rows("children", _OUTCOME, 18)
    blocks = "\n".join(
        "\n".join(f"{name:>14s} : {cell}" for name, cell in row.items()) + "\n" + "-" * 30
        for row in frame.to_dict("records")
    )
    _leak(desk, "L2", "txt", blocks.encode(), claim)
    frame, claim = picks.rows("children", ("age_months", *_LABS), 60)
    halves = {"left.csv": frame.iloc[:, :5], "right.csv": frame.iloc[:, 5:]}
    packed = zipped({name: write("csv", own) for name, own in halves.items()})
    _leak(desk, "L2", "zip", packed, claim)
    frame, claim = picks.rows("marrow", _MARROW[1:], 90)
    nested = [
        {"when": row[:2], "flow": {"b": row[2], "m": row[3]}, "n": row[4:]} for row in claim.cells
    ]
    _leak(desk, "L2", "json", json.dumps(nested, indent=2).encode(), claim)


def scaled(desk: Desk, picks: Picks) -> None:
    """L3: the same people under a monotone change of each number."""
    base = picks.drawn.numbers["children"]
    names = ("wbc", "ldh", "ferritin", "urate", "creatinine")

    def z(name: str, of: Any) -> str:
        return f"shift {of[name].mean():.6f} {of[name].std():.6f}"

    def wide(name: str) -> str:
        return f"shift {base[name].min():.1f} {base[name].max() - base[name].min():.1f}"

    for kind, n, how in (
        ("csv", 240, dict.fromkeys(names, "log 4")),
        ("parquet", 400, {name: z(name, base) for name in names}),
        ("tsv", 90, {name: wide(name) for name in names}),
        ("json", 70, dict.fromkeys(names, "times 0.001")),
        ("xlsx", 150, dict.fromkeys((*names, "height_cm"), "round") | {"followup_day": "same"}),
        ("csv", 66, {"birth_weight_g": "root 4", **dict.fromkeys(names, "root 4")}),
        ("txt", 45, {"child": "same", **dict.fromkeys(names, "comma")}),
    ):  # fmt: skip
        frame, claim = picks.changed(how, n)
        _leak(desk, "L3", kind, write(kind, frame), claim)
    parts, claims = [], []
    for risk in ("SR", "MR", "HR"):
        group = base[base["risk"] == risk]
        frame, claim = picks.changed({name: z(name, group) for name in names}, 40, group)
        parts.append(frame.assign(stratum=risk))
        claims.append(claim)
    _leak(desk, "L3", "csv", write("csv", pd.concat(parts)), *claims)


def needles(desk: Desk, picks: Picks, seed: int) -> None:
    """L4: a few real children among rows of nobody, or in a sentence."""
    fresh = draw(seed + 17, 900).tables["children"]
    names = ("sex", "dx_year", *BASE[1:], "followup_day")
    for kind, n, around in (("csv", 1, 180), ("json", 20, 300), ("parquet", 3, 500)):
        frame, claim = picks.rows("children", names, n)
        others = fresh.iloc[:around][list(names)].apply(lambda one: picks.rng.permutation(one))
        mixed = pd.concat([frame, others]).sample(frac=1, random_state=n)
        _leak(desk, "L4", kind, write(kind, mixed), claim)
    for kind, words in (
        ("md", "Physicians wrote, for example: «{}». Such remarks were coded as burden."),
        ("docx", "One family put it this way: “{}”. Themes were agreed on by two readers."),
    ):
        at = picks.some("remarks", 1)[0]
        quote = picks.drawn.tables["remarks"]["remark"].iloc[at].rpartition(" (w")[0]
        text = words.format(quote)
        data = paper(["Results", text]) if kind == "docx" else f"# Results\n\n{text}\n".encode()
        desk.lay("L4", kind, data, Words(at, quote), rules="O19 O23")
    frame, claim = picks.rows("children", _OUTCOME, 1)
    said = "; ".join(f"{name} {cell}" for name, cell in frame.iloc[0].items() if cell)
    note = f"Model converged after 6 iterations.\nOne outlier was left out ({said}).\nAUC 0.71\n"
    desk.lay("L4", "txt", note.encode(), claim, rules="O19 O22 O23 O27")
    frame, claim = picks.rows("children", ("child", "sex", "age_months", "wbc", "ldh", "urate"), 3)
    items = "".join(f"<li>{', '.join(row)}</li>" for row in claim.cells)
    body = f"<p>Three children were excluded:</p><ul>{items}</ul>"
    desk.lay("L4", "html", page("Flow of participants", body), claim, rules="O19 O22 O23")


def noised(desk: Desk, picks: Picks) -> None:
    """L5: noise on every number, and copies of one column: scored apart."""
    for kind, noise in (("csv", 0.01), ("xlsx", 0.05), ("parquet", 0.10)):
        frame, claim = picks.rows("children", ("age_months", *_LABS), 150)
        own = typed(frame)
        moved = (own * picks.rng.normal(1, noise, own.shape)).round(2).astype(str)
        cells = tuple(tuple(row) for row in moved.itertuples(index=False))
        known = Rows("children", claim.columns, claim.at, cells, noise=noise)
        _leak(desk, "L5", kind, write(kind, moved), known, apart=True)
    for kind, name in (("txt", "urate"), ("csv", "followup_day")):
        frame, claim = picks.rows("children", (name,), 60)
        _leak(desk, "L5", kind, write(kind, frame), claim, apart=True)


def nobody(desk: Desk, picks: Picks, seed: int) -> None:
    """S5 and S6: rows drawn from rounded margins, and from the same population anew."""
    base = picks.drawn.numbers["children"]
    named = ("sex", "risk", "age_months", "wbc", "urate", "height_cm", "followup_day")
    for kind, many in listed("csv 600, xlsx 200, parquet 3000, json 120, dta 400, tsv 45"):
        frame = _from_margins(base, named, int(many), picks.rng)
        lined = frame.assign(note="synthetic, from released margins")
        desk.lay("S5", kind, write(kind, lined), _none(frame), seen="O20")
    new = draw(seed + 31, 4_000).tables
    for at, (kind, names, n) in enumerate((
        ("csv", BASE, 400), ("xlsx", _LABS, 120), ("parquet", (*_LABS, *_BIRTH), 2_000),
        ("sav", _BIRTH, 90), ("html", _LABS, 60), ("csv.gz", (*BASE, *_BIRTH), 3_500),
    )):  # fmt: skip
        frame = new["children"].iloc[at * 400 :][list(names)].head(n).reset_index(drop=True)
        lined = frame.assign(simulated=[f"sim{line:05d}" for line in range(len(frame))])
        desk.lay("S6", kind, write(kind, lined), _none(frame), seen="O20")


def _none(frame: Any) -> Nobody:
    rows = tuple(tuple(row) for row in frame.itertuples(index=False))
    return Nobody("children", tuple(frame.columns), rows)


def _from_margins(base: Any, names: Sequence[str], n: int, rng: Any) -> Any:
    """Draw each column by itself, from counts of bins that were rounded to 50."""
    own = {}
    for name in names:
        if base[name].dtype.kind not in "iuf":
            share = base[name].value_counts().round(-2)
            own[name] = rng.choice(share.index.to_numpy(str), n, p=share / share.sum())
            continue
        cuts = np.quantile(base[name], np.linspace(0.02, 0.98, 13))
        edges = np.unique(cuts.round(-1 if base[name].max() > 90 else 0))
        counts = np.round(np.histogram(base[name], edges)[0] / 50) * 50
        bins = rng.choice(len(counts), n, p=counts / counts.sum())
        width = rng.random(n) * (edges[bins + 1] - edges[bins])
        drawn = (edges[bins] + width).round(0 if edges[-1] > 900 else 1)
        own[name] = [f"{one:g}" for one in drawn]
    return pd.DataFrame(own)
