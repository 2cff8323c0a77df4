"""What the scripts share: the source as they read it, and labels as they are written down.

SOURCE names the folder with the source's tables, as `registry.py` writes it.
"""

import os
import sys
from pathlib import Path
from random import Random

import pandas as pd
import yaml

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE.parents[3]))
from tests.bench.outputs.third import facts

SRC = Path(os.environ["SOURCE"])
FILES = HERE / "files"
raw = {n: (SRC / f"{n}.csv").read_bytes() for n in ("patients", "counts", "panel")}
known = facts.Alliance(
    {
        {"patients": "people"}.get(n, n): d.replace(b"patient,", b"participant,", 1)
        for n, d in raw.items()
    }
)
known.tables["germline"] = known.tables["panel"]
P = pd.read_csv(
    SRC / "patients.csv", keep_default_na=False, na_values={"vaf": [""], "epo": [""], "dose": [""]}
)
S = pd.read_csv(SRC / "patients.csv", dtype=str, keep_default_na=False)
C = pd.read_csv(SRC / "counts.csv")
M = pd.read_csv(SRC / "panel.csv")
TABLES = {
    "people": S,
    "counts": pd.read_csv(SRC / "counts.csv", dtype=str),
    "panel": pd.read_csv(SRC / "panel.csv", dtype=str),
}
rnd = Random(4617)


def cond(text):
    """Read conditions as the proof does."""
    parts = [one.strip().split(" ", 2) for one in text.split(";") if one.strip()]
    return tuple((one[0], one[1], one[2] if len(one) > 2 else "") for one in parts)


def cnt(where="", table="people"):
    return known.count(table, cond(where))


def rows_of(where="", table="people"):
    """Positions of the rows that meet the conditions."""
    found = {id(r) for r in known.rows(table, cond(where))}
    return [i for i, r in enumerate(known.tables[table]) if id(r) in found]


def both(*parts):
    return "; ".join(one for one in parts if one)


class F:
    """One file and its label."""

    every = []

    def __init__(self, path, family, rules="", leak=None, **more):
        self.path, self.family, self.more = path, family, more
        self.rules, self.leak, self.claims = rules.split(), leak, []
        assert family.startswith("L") == bool(rules) == bool(leak), path
        (FILES / path).unlink(missing_ok=True)
        F.every.append(self)

    @property
    def leaky(self):
        return self.family[0] == "L"

    def claim(self, _claim_name, **given):
        if not any(c == {_claim_name: given} for c in self.claims):
            self.claims.append({_claim_name: given})

    def n(self, where="", table="people", of=None):
        """Count people and claim it; a safe file's complement in `of` is asked too."""
        k = cnt(both(of, where) if of is not None else where, table)
        given = {"where": both(of, where) if of is not None else where, "stated": k}
        if table != "people":
            given["table"] = table
        if k >= 10:
            self.claim("Count", **given)
        elif k:
            assert self.leaky, (self.path, where, k)
            self.claim("Small", **given)
        else:
            assert self.leaky, (self.path, where, "zero")
        if of is not None and not self.leaky:
            rest = cnt(of, table) - k
            assert rest == 0 or rest >= 10, (self.path, where, of, "rest", rest)
            assert rest, (self.path, where, of, "all of them")
        return k

    def base(self, where, base, table="people"):
        """A count rounded to a base."""
        k = cnt(where, table)
        assert k >= 10 or self.leaky, (self.path, where, k)
        r = facts.rounded(k, base)
        self.claim(
            "Count",
            where=where,
            stated=r,
            base=base,
            **({"table": table} if table != "people" else {}),
        )
        return r

    def pct(self, where, of="", d=1, form="{} ({})", table="people", comma=False):
        k = self.n(where, table, of=of)
        w = cnt(of, table)
        p = f"{100 * k / w:.{d}f}"
        if not self.leaky:
            self.claim(
                "Share",
                where=where,
                of=of,
                printed=p,
                few=False,
                **({"table": table} if table != "people" else {}),
            )
        return form.format(k, p.replace(".", ",") if comma else p)

    def share(self, where, of, d=1, few=False):
        p = f"{100 * cnt(both(of, where)) / cnt(of):.{d}f}"
        self.claim("Share", where=where, of=of, printed=p, few=few)
        return p

    def st(self, col, where="", name="mean", d=1, table="people", base="", few=False):
        """A statistic of many people."""
        values = [float(r[col]) for r in known.rows(table, cond(where))]
        real = facts.statistic(values, name)
        if base:
            real = int(real / float(base) + 0.5) * float(base)
        p = f"{real:.{d}f}"
        given = {"column": col, "where": where, "name": name, "printed": p, "few": few}
        if base:
            given["base"] = base
        if table != "people":
            given["table"] = table
        self.claim("Value", **given)
        return p

    def ms(self, col, where="", d=1, form="{} ({})", comma=False):
        one, two = self.st(col, where, "mean", d), self.st(col, where, "sd", d)
        out = form.format(one, two)
        return out.replace(".", ",") if comma else out

    def ext(self, col, values, where="", table="people"):
        self.claim(
            "Extremes",
            column=col,
            values=list(values),
            where=where,
            **({"table": table} if table != "people" else {}),
        )

    def rows(self, at, cols, how=None, table="people", noise=0.0):
        """Cells of these rows, changed if told, and the claim that they are there."""
        given = {"table": table, "columns": list(cols), "at": spans(at)}
        if how:
            given["how"] = list(how)
        if noise:
            given["noise"] = noise
        self.claim("Rows", **given)
        own = known.tables[table]
        return [
            [
                facts.changed(
                    own[i][
                        "participant" if c == "patient" else "narrative" if c == "narrative" else c
                    ],
                    h,
                )
                for c, h in zip(cols, how or ["same"] * len(cols), strict=False)
            ]
            for i in at
        ]

    def nobody(self, cols, cells=None, table="people"):
        given = {"table": table, "columns": list(cols)}
        if cells is not None:
            given["cells"] = [list(map(str, r)) for r in cells]
        self.claim("Nobody", **given)

    def said(self, *words):
        self.claim("Written", words=list(words))

    def outside(self, why):
        self.claim("Outside", why=why)

    def put(self, data):
        path = FILES / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return self

    @property
    def where(self):
        path = FILES / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def spans(at):
    """Row numbers as the labels have them, in their order."""
    out = []
    for i in at:
        if out and out[-1][1] == i - 1:
            out[-1][1] = i
        else:
            out.append([i, i])
    return ",".join(f"{a}-{b}" if b > a else f"{a}" for a, b in out)


class Plain(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def done(name):
    """Write the labels of a script."""
    out = []
    for f in F.every:
        own = {"path": f.path, "family": f.family}
        if f.rules:
            own |= {"rules": f.rules, "leak": f.leak}
        out.append({**own, **f.more, "claims": f.claims})
    text = yaml.dump(
        out, Dumper=Plain, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None
    )
    (HERE / f"labels-{name}.yaml").write_text(
        f"# Written by scripts/{name}.py. The form: seventh/proof.py.\n{text}"
    )
    print(name, len(out), sum(f.leaky for f in F.every))
