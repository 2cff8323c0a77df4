"""Synthetic data for a course: drawn column by column, and what was left in by mistake."""

import json

import numpy as np
import pandas as pd

from tests.bench.outputs.tenth.scripts.shelf import (
    Flow,
    Study,
    groups,
    number,
    person,
    table,
    written,
)  # fmt: skip

study = Study("synthetic")
d = table("patients")
rng = np.random.default_rng(2026)
COLS = ["age", "sex", "iss", "hb", "ldh", "height_cm", "regimen"]
NOBODY = {"Nobody": {"table": "people", "columns": Flow(COLS)}}


def drawn(n: int) -> pd.DataFrame:
    """Draw each column on its own, continuous ones from a normal curve."""
    return pd.DataFrame({
        "age": rng.normal(67, 10, n).round().clip(40, 88).astype(int),
        "sex": rng.choice(["female", "male"], n, p=[0.44, 0.56]),
        "iss": rng.choice(["I", "II", "III"], n, p=[0.4, 0.46, 0.14]),
        "hb": rng.normal(109, 19, n).round().astype(int),
        "ldh": rng.lognormal(5.25, 0.3, n).round().astype(int),
        "height_cm": rng.normal(169.5, 9.4, n).round(1),
        "regimen": rng.choice(["VRd", "D-VTd", "DRd", "VCd"], n),
    })  # fmt: skip


drawn(250).to_csv(study.at("course_data.csv"), index=False)
study.safe("course_data.csv", "S5", NOBODY, seen=Flow(["O20", "O01"]))
base = rng.normal(0, 1, (220, 3))
more = drawn(220)
more["hb"] = (109 - 8 * base[:, 0] + 15 * base[:, 1]).round().astype(int)
more["ldh"] = np.exp(5.25 + 0.2 * base[:, 0] + 0.2 * base[:, 2]).round().astype(int)
more.to_csv(study.at("course_data_correlated.csv"), index=False)
study.safe("course_data_correlated.csv", "S6", NOBODY, seen=Flow(["O20", "O01"]))
for n, ending in ((5, "csv"), (20, "xlsx")):
    own = drawn(180)
    picked = sorted(int(one) for one in rng.choice(len(d), n, replace=False))
    own.loc[rng.choice(180, n, replace=False), COLS] = d.loc[picked, COLS].to_numpy()
    name = f"course_data_{'v2' if n == 5 else 'exam'}.{ending}"
    own.to_csv(study.at(name), index=False) if ending == "csv" else own.to_excel(
        study.at(name), index=False
    )
    study.leaky(name, "L4", "O19", f"{n} real people among 180 rows.", person(COLS, picked),
                seen=Flow(["O20"]))  # fmt: skip
noised = {one: int(number(f"iss = {one}") + rng.laplace(0, 2)) for one in ("I", "II", "III")}
study.write("dp_margins.json", json.dumps({"mechanism": "laplace", "epsilon": 0.5, "sensitivity": 1,
            "iss": noised}))  # fmt: skip
study.safe("dp_margins.json", "S5", written('"epsilon": 0.5, "sensitivity": 1'))
study.write("generate.py", """import numpy as np
import pandas as pd

rng = np.random.default_rng(2026)
N = 250
out = pd.DataFrame({
    "age": rng.normal(67, 10, N).round().clip(40, 88),
    "iss": rng.choice(["I", "II", "III"], N, p=[0.40, 0.46, 0.14]),
    "hb": rng.normal(109, 19, N).round(),
    "ldh": rng.lognormal(5.25, 0.30, N).round(),
})
out.to_csv("course_data.csv", index=False)
""")  # fmt: skip
study.safe("generate.py", "S10", written("rng.lognormal(5.25, 0.30, N)"))
few = d.iloc[2210:2222]
lines = "\n".join(
    f"    ({r.age}, {r.sex!r}, {r.iss!r}, {r.hb}, {r.ldh}, {r.height_cm}, {r.regimen!r}),"
    for r in few.itertuples()
)
study.write("test_generate.py", f'''import pandas as pd

# a few rows from the workspace, to see that types are right
SAMPLE = [
{lines}
]


def test_types():
    df = pd.DataFrame(SAMPLE, columns={COLS!r})
    assert df.age.dtype == "int64"
    assert set(df.iss) <= {{"I", "II", "III"}}
''')  # fmt: skip
study.leaky(
    "test_generate.py",
    "L10",
    "O27 O19",
    "Twelve people as literals in code.",
    person(COLS, few.index),
)
near = drawn(40)
real = d.sample(40, random_state=9)
pd.concat(
    [
        near.reset_index(drop=True).add_prefix("syn_"),
        real[COLS].reset_index(drop=True).add_prefix("near_"),
    ],
    axis=1,
).assign(distance=rng.uniform(0.1, 0.8, 40).round(3)).to_csv(
    study.at("nearest_records.csv"), index=False
)
study.leaky("nearest_records.csv", "L2", "O19", "Beside each made-up row the nearest real one.",
            person(COLS, real.index))  # fmt: skip
study.write("privacy_audit.json", json.dumps({"exact_copies": 0, "rows_made_up": 250, "attribute_inference": {
    "iss": 0.34, "regimen": 0.26}, "baseline": {"iss": 0.46, "regimen": 0.25}, "membership_auc": 0.501}, indent=2))  # fmt: skip
study.safe("privacy_audit.json", "S3", written('"membership_auc": 0.501'))
pd.crosstab(d.iss, d.regimen).loc[:, ["VRd", "D-VTd", "DRd", "VCd"]].to_parquet(
    study.at("margins.parquet")
)
study.safe("margins.parquet", "S1", groups(["iss", "regimen"], "regimen in VRd|D-VTd|DRd|VCd"))
study.close()
