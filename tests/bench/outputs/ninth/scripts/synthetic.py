"""Study 17: synthetic data for a course, and simulations."""

import json

import numpy as np
import pandas as pd

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("teaching-synthetic")
p = k.people()
rng = np.random.default_rng(77)
COLS = ["age", "sex", "disease", "hb", "plt", "ldh", "died_days"]


def nobody(n):
    """Draw each column on its own, from rounded margins."""
    return pd.DataFrame(
        {
            "age": rng.normal(71, 13, n).clip(25, 94).round().astype(int),
            "sex": rng.choice(["F", "M"], n, p=[0.43, 0.57]),
            "disease": rng.choice(
                ["MDS-LB", "MDS-IB1", "MDS-IB2", "AML-MR"], n, p=[0.4, 0.2, 0.2, 0.2]
            ),
            "hb": rng.normal(9.2, 1.6, n).clip(4, 15).round(1),
            "plt": rng.lognormal(4.4, 0.75, n).round().astype(int),
            "ldh": rng.lognormal(5.6, 0.4, n).round().astype(int),
            "died_days": rng.exponential(1300, n).round().astype(int) + 1,
        }
    )


for name, n in (("course_data.csv", 120),):
    nobody(n).to_csv(S / name, index=False)
    S.safe(name, "S6", {"Nobody": {"table": "people", "columns": COLS}}, seen=["O01", "O20"])
f = nobody(60)
f.to_json(S / "course_data.json", orient="records", indent=0)
S.safe(
    "course_data.json",
    "S6",
    k.nothing("sixty lines drawn column by column from rounded margins"),
    seen=["O01", "O20"],
)
f = nobody(80)
assert f.merge(p[COLS]).empty
f.to_parquet(S / "course_data.parquet")
S.safe(
    "course_data.parquet",
    "S6",
    k.nothing("eighty lines drawn column by column"),
    seen=["O01", "O20"],
)
f = nobody(60)
f.to_excel(S / "course_data.xlsx", index=False)
S.safe(
    "course_data.xlsx", "S6", k.nothing("sixty lines drawn column by column"), seen=["O01", "O20"]
)
for n in (1, 5, 20):
    f = nobody(60)
    real = p.sample(n, random_state=n)[COLS]
    at = rng.choice(60, n, replace=False)
    f = f.astype(object)
    for a, i in zip(at, real.index, strict=True):
        f.iloc[a] = real.loc[i].tolist()
    name = f"course_data_v{n}.csv"
    f.to_csv(S / name, index=False)
    S.leak(
        name,
        "L4",
        "O19",
        f"{n} real rows stand among made-up ones.",
        k.rows(COLS, real.index),
        seen=["O01"],
    )
base = p[p.centre == "Castell"].iloc[:80]
g = pd.DataFrame(
    {
        "age": base.age,
        "hb": (base.hb * rng.normal(1, 0.02, 80)).round(2),
        "plt": (base.plt * rng.normal(1, 0.02, 80)).round(1),
        "ldh": (base.ldh * rng.normal(1, 0.02, 80)).round(1),
        "died_days": (base.died_days * rng.normal(1, 0.01, 80)).round(),
    }
)
g.to_csv(S / "perturbed_data.csv", index=False)
S.leak(
    "perturbed_data.csv",
    "L5",
    "O19 O20",
    "80 rows with noise of 2 % are called synthetic.",
    {
        "Rows": {
            "table": "people",
            "columns": list(g.columns),
            "at": [int(i) for i in base.index],
            "noise": 0.02,
        }
    },
    apart=True,
)
boot = p.sample(50, random_state=9)[["age", "hb", "plt", "ldh", "creatinine", "ferritin"]]
boot.to_csv(S / "bootstrap_sample.txt", sep="\t", index=False)
S.leak(
    "bootstrap_sample.txt",
    "L1",
    "O19",
    "A bootstrap sample is rows of people.",
    k.rows(list(boot.columns), boot.index),
)
sh = p.iloc[200:290].assign(id=[f"SYN{i:04d}" for i in range(90)])[
    ["id", "age", "hb", "plt", "wbc", "ldh", "creatinine"]
]
sh.sample(frac=1, random_state=1).to_xml(
    S / "synthetic_final.xml", index=False, root_name="synthetic", row_name="subject", parser="lxml"
)
S.leak(
    "synthetic_final.xml",
    "L2",
    "O19",
    "Rows of people under new names are called synthetic.",
    k.rows(["age", "hb", "plt", "wbc", "ldh", "creatinine"], sh.index),
)
res = [
    {
        "scenario": s,
        "n": n,
        "bias": round(float(rng.normal(0, 0.01)), 4),
        "coverage": round(float(rng.normal(0.95, 0.006)), 3),
        "failed fits": int(rng.poisson(2)),
        "replications": 1000,
    }
    for s in ("PH", "crossing", "cure")
    for n in (50, 200, 1000)
]
pd.DataFrame(res).to_csv(S / "simulation_results.csv", index=False)
S.safe(
    "simulation_results.csv", "S10", k.nothing("results of a simulation; failed fits are no people")
)
books.run(
    S / "make_course_data.ipynb",
    [
        "# Course data",
        "import numpy as np, pandas as pd\nrng = np.random.default_rng(77)\nn = 120\nd = pd.DataFrame({'age': rng.normal(71, 13, n).round(), 'hb': rng.normal(9.2, 1.6, n).round(1)})\nd.head()",
    ],
)
S.safe(
    "make_course_data.ipynb", "S7", k.nothing("made-up rows from two distributions"), seen=["O20"]
)
S.text(
    "exercises.md",
    "# Exercises\n\n1. Read `course_data.csv`. How many lines does it have? (120)\n2. Draw a histogram of `hb` with 8 bins.\n3. Fit a Cox model with age and ldh. Which hazard ratio do you get?\n4. Compare 7+3 and azacitidine in the made-up arms; use alpha = 0.05.\n5. Write two sentences on immortal time bias.\n",
)
S.safe("exercises.md", "S10", k.nothing("exercises"))
m = {
    "age": {"mean": 71, "sd": 13},
    "hb": {"mean": 9.2, "sd": 1.6},
    "log_plt": {"mean": 4.4, "sd": 0.75},
    "n": 6000,
    "rounded_to": "2 digits",
}
(S / "margins.json").write_text(json.dumps(m))
S.safe("margins.json", "S5", k.count())
S.done()
