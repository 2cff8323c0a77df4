"""Reads the registry as an analyst does, and writes a label beside each file that is handed in.

Scripts run in a work folder that holds `data/` (the tables, written by `registry.py`) and `out/`
(what is handed in, one folder for each study): NINTH_WORK names it.
"""

import os
from pathlib import Path

import pandas as pd
import yaml

from tests.bench.outputs.ninth.proof import Desk, Registry
from tests.bench.outputs.ninth.registry import source
from tests.bench.outputs.seventh.proof import where as conditions

HERE = Path(__file__).parent.parent
os.chdir(os.environ["NINTH_WORK"])
SOURCE = source().tables
KNOWN = Registry(SOURCE)


def people() -> pd.DataFrame:
    """The patients."""
    return pd.read_csv("data/patients.csv", keep_default_na=False)


def cycles() -> pd.DataFrame:
    """The cycles."""
    return pd.read_csv("data/cycles.csv", keep_default_na=False)


def panel() -> pd.DataFrame:
    """The sequenced, with what is known of the patient."""
    return pd.read_csv("data/panel.csv").merge(people(), on="case_no", how="left")


def n(where="", table="people"):
    """Count people."""
    return KNOWN.count(table, conditions(where))


def small(where, table="people"):
    """Claim a count below ten."""
    own = n(where, table)
    assert 0 < own < 10, (where, own)
    return {"Small": {"table": table, "where": where, "stated": own}}


def count(where="", table="people", base=1):
    """Claim a count of ten or more."""
    own = n(where, table)
    assert own >= 10, (where, own)
    own = (2 * own + base) // (2 * base) * base
    return {"Count": {"table": table, "where": where, "stated": own, "base": base}}


def groups(by, where="", table="people", base=1):
    """Claim all groups of a table."""
    found = KNOWN.groups(table, by, conditions(where))
    listed = [[*key, (2 * k + base) // (2 * base) * base] for key, k in sorted(found.items())]
    return {"Groups": {"table": table, "by": by, "where": where, "groups": listed, "base": base}}


def bins(column, edges, where="", table="people"):
    """Claim bands of a number."""
    rows = KNOWN.rows(table, conditions(where))
    held = [set() for _ in edges]
    for row in rows:
        held[sum(float(row[column]) >= e for e in edges) - 1].add(row["participant"])
    told = [len(one) for one in held]
    return {
        "Bins": {"table": table, "column": column, "where": where, "edges": edges, "stated": told}
    }


def value(column, name, printed, where="", table="people", few=False, base=""):
    """Claim a statistic."""
    own = {"table": table, "column": column, "where": where, "name": name, "printed": str(printed)}
    return {"Value": {**own, "few": few, **({"base": base} if base else {})}}


def share(where, of, digits=1, few=False, table="people"):
    """Claim a percentage."""
    part, whole = n(f"{where}; {of}" if of else where, table), n(of, table)
    return {
        "Share": {"table": table, "where": where, "of": of, "few": few,
                  "printed": f"{100 * part / whole:.{digits}f}"}
    }  # fmt: skip


def rows(columns, at, table="people", how=None):
    """Claim rows of the source."""
    at = [int(one) for one in at]
    own = {"table": table, "columns": list(columns), "at": at}
    return {"Rows": {**own, **({"how": how} if how else {})}}


def extremes(column, values, where="", table="people"):
    """Claim values that fewer than ten people have."""
    return {"Extremes": {"column": column, "values": [str(one) for one in values], "where": where,
                         "table": table}}  # fmt: skip


def days(where, time, event, every):
    """Claim times of single events."""
    every = sorted({int(one) for one in every})
    return {"Moments": {"where": where, "time": time, "event": event, "days": every}}


def pseudonyms(at):
    """Claim pseudonyms of these rows."""
    return {"Pseudonyms": {"at": [int(one) for one in at]}}


def words(at):
    """Claim remarks of these rows."""
    remark = people().remark
    return [{"Words": {"row": int(one), "words": remark[int(one)]}} for one in at]


def written(*quoted):
    """Claim lines that stand there."""
    return {"Written": {"words": list(quoted)}}


def rest(whole, parts):
    """Claim a whole whose parts leave a few people."""
    told = [[one, n(one)] for one in parts]
    total = n(whole)
    return {"Rest": {"table": "people", "whole": whole, "parts": told, "total": total,
                     "left": total - sum(k for _, k in told)}}  # fmt: skip


def differs(larger, smaller):
    """Claim two counts that differ by a few people."""
    return {"Differs": {"table": "people", "larger": larger, "smaller": smaller,
                        "numbers": [n(larger), n(smaller)]}}  # fmt: skip


def nothing(why):
    """Claim that no person stands behind it."""
    return {"Outside": {"why": why}}


class Study:
    """The folder of one study, and its labels."""

    def __init__(self, name):
        self.name, self.labels = name, []
        self.folder = Path("out") / name
        self.folder.mkdir(parents=True, exist_ok=True)
        for one in self.folder.iterdir():
            one.unlink()

    def __truediv__(self, name):
        """Say where a file is written."""
        return self.folder / name

    def text(self, name, text):
        """Write text."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def leak(self, name, family, rules, leak, *claims, **more):
        """Label a leaky file."""
        own = {"path": f"{self.name}/{name}", "family": family, "rules": rules.split()}
        self.labels.append({**own, "leak": leak, **more, "claims": _flat(claims)})

    def safe(self, name, family, *claims, **more):
        """Label a safe file."""
        own = {"path": f"{self.name}/{name}", "family": family, **more}
        self.labels.append({**own, "claims": _flat(claims)})

    def done(self):
        """Write the labels, and say what does not hold."""
        text = yaml.safe_dump(self.labels, sort_keys=False, width=96, allow_unicode=True,
                              default_flow_style=None)  # fmt: skip
        Path("out", f"labels-{self.name}.yaml").write_text(text, encoding="utf-8")

        class Here(Desk):
            folder = Path("out")

        desk = Here("registry")
        for one in yaml.safe_load(text):
            try:
                desk.take(SOURCE, [one])
            except Exception as error:
                print("TAKE", one["path"], repr(error))
        print("\n".join(desk.faults(SOURCE)))
        told = {one["path"].partition("/")[2] for one in self.labels}
        earlier = {
            path.partition("/")[2] for one in self.labels for path in one.get("released", ())
        }
        for own in sorted(self.folder.rglob("*")):
            name = str(own.relative_to(self.folder))
            if name not in told | earlier:
                print("no label:", name)
            data = own.read_bytes()
            if any(f"/{w}/".encode() in data for w in ("tmp", "home", "root")):
                print("a path in", name)
            if len(data) > 150_000:
                print("large", name, len(data))
        leaky = sum(one["family"][0] == "L" for one in self.labels)
        print(self.name, leaky, "leaky", len(self.labels) - leaky, "safe")


def _flat(claims):
    return [c for own in claims for c in (own if isinstance(own, list) else [own])]
