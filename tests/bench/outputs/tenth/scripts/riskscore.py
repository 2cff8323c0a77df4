"""Validation of a prognostic score in newly diagnosed myeloma: a statistician who writes LaTeX."""

import json

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.api as sm
from openpyxl import Workbook

from tests.bench.outputs.tenth.scripts.shelf import (
    Flow,
    Study,
    also,
    count,
    extremes,
    groups,
    notebook,
    number,
    person,
    rows,
    small,
    table,
    written,
)  # fmt: skip

study = Study("riskscore")
MM = "disease = multiple myeloma"
d = table("patients").query("disease == 'multiple myeloma'").copy()
d["high_b2m"], d["high_ldh"] = (d.b2m >= 5.5).astype(int), (d.ldh >= 250).astype(int)
d["points"] = 2 * d.high_b2m + d.high_ldh + 2 * d.del17p + d.t414 + (d.age >= 75)

# --- tables
by = pd.crosstab(d.iss, d.del17p)
tex = (
    by.rename(columns={0: "absent", 1: "present"})
    .rename_axis("ISS")
    .to_latex(
        caption="Stage and deletion 17p at diagnosis (patients).", label="tab:stage", position="t"
    )
)
study.write("tab1_stage.tex", tex)
study.safe("tab1_stage.tex", "S1", groups(["iss", "del17p"], MM))
by = pd.crosstab([d.iss, d.t1416], d.del17p)
study.write("tab2_double_hit.tex", by.to_latex(multirow=True, caption="Double hits by stage."))
study.leaky("tab2_double_hit.tex", "L11", "O01", "Few people of a stage have two hits.",
            small(["iss", "t1416", "del17p"], MM))  # fmt: skip

# --- the model, and the points
X = sm.add_constant(
    pd.DataFrame({"age": d.age, "iss3": (d.iss == "III").astype(int), "del17p": d.del17p,
                  "t414": d.t414}))  # fmt: skip
fit = sm.Logit(d.died, X).fit(disp=0)
study.write("logit_death.txt", fit.summary().as_text() + "\n")
study.safe("logit_death.txt", "S3", count(MM), {"Fitted": {
    "kind": "logistic", "where": MM, "outcome": "died",
    "design": Flow(["age", "iss=III", "del17p", "t414"]),
    "printed": Flow([f"{one:.4f}" for one in fit.params]),
    "errors": Flow([f"{one:.3f}" for one in fit.bse])}})  # fmt: skip
study.write("score_points.md", """| item | cut-off | points |
|:--|:--|--:|
| beta-2 microglobulin | >= 5.5 mg/L | 2 |
| del(17p) | > 20 % of cells | 2 |
| LDH | >= 250 U/L | 1 |
| t(4;14) | present | 1 |
| age | >= 75 years | 1 |

Low risk 0-1, intermediate 2-3, high 4-7. Points were fixed before the outcome was looked at
(analysis plan v1.3, 9 September 2025).
""")  # fmt: skip
study.safe("score_points.md", "S3", written("| LDH | >= 250 U/L | 1 |"))

# --- discrimination
cut = range(1, 5)
sens = [float(((d.points >= c) & (d.died == 1)).sum() / (d.died == 1).sum()) for c in cut]
spec = [float(((d.points < c) & (d.died == 0)).sum() / (d.died == 0).sum()) for c in cut]
lines = ["cutoff_points,sensitivity,specificity"]
lines += [f">={c},{a:.2f},{b:.2f}" for c, a, b in zip(cut, sens, spec, strict=True)]
study.write(
    "roc_by_points.csv", "\n".join(lines) + f"\n# {len(d)} patients, {d.died.sum()} deaths\n"
)
study.safe("roc_by_points.csv", "S3", count(MM, also(MM, "died = 1")), written(lines[1]))
figure, axes = plt.subplots(figsize=(3.6, 3.4), dpi=75)
axes.plot([1, *(1 - one for one in spec), 0], [1, *sens, 0], marker="o", color="k")
axes.plot([0, 1], [0, 1], ":", color="grey")
axes.set_xlabel("1 - specificity")
axes.set_ylabel("sensitivity")
axes.set_title("Score points, 3,752 patients", fontsize=9)
figure.tight_layout()
figure.savefig(study.at("roc_by_points.png"))
study.safe("roc_by_points.png", "S8", count(MM, also(MM, "died = 1")), written=False)
rare = rows("disease = POEMS")
b2m = rare.assign(v=rare.b2m.astype(float)).sort_values("v", ascending=False)
dead = (b2m.died == "1").to_numpy()
roc = pd.DataFrame({
    "threshold": b2m.b2m.to_numpy(), "tpr": (dead.cumsum() / dead.sum()).round(4),
    "fpr": ((~dead).cumsum() / (~dead).sum()).round(4),
})  # fmt: skip
roc.to_csv(study.at("roc_poems.csv"), index=False)
study.leaky("roc_poems.csv", "L11", "O09 O16 O19 O20 O21", "Each threshold is one person's b2m.",
            extremes("b2m", list(roc.threshold), "disease = POEMS"))  # fmt: skip

# --- calibration
p = fit.predict(X)
d["tenth"] = pd.qcut(p.rank(method="first"), 10, labels=range(1, 11))
cal = d.assign(p=p).groupby("tenth", observed=True).agg(
    n=("died", "size"), predicted=("p", "mean"), observed=("died", "mean"))  # fmt: skip
cal.round(3).to_csv(study.at("calibration_deciles.csv"))
study.safe(
    "calibration_deciles.csv", "S1", written(f"1,{cal.n.iloc[0]},{cal.predicted.iloc[0]:.3f}")
)
mpl.rcParams["svg.hashsalt"], mpl.rcParams["svg.fonttype"] = "score", "none"
part = d.iloc[::12].head(240)
figure, axes = plt.subplots(figsize=(4, 3))
axes.scatter(part.age, part.b2m, c=part.died, s=12, cmap="coolwarm")
axes.set_xlabel("age")
axes.set_ylabel("b2m")
figure.savefig(study.at("age_b2m_by_outcome.svg"), metadata={"Date": None})
study.leaky("age_b2m_by_outcome.svg", "L8", "O18 O19", "A mark for each of 240 people.",
            person(["age", "b2m"], part.index), written=False)  # fmt: skip
curve = pd.DataFrame({"threshold": np.arange(0.1, 0.65, 0.05).round(2)})
curve["treat_all"] = (
    d.died.mean() - (1 - d.died.mean()) * curve.threshold / (1 - curve.threshold)
).round(3)
curve["model"] = [
    round(float(((p >= t) & (d.died == 1)).mean() - ((p >= t) & (d.died == 0)).mean() * t / (1 - t)), 3)
    for t in curve.threshold
]  # fmt: skip
curve["treat_none"] = 0
curve.to_csv(study.at("decision_curve.csv"), index=False)
study.safe("decision_curve.csv", "S3", written("threshold,treat_all,model,treat_none"))

# --- bootstrap
rng = np.random.default_rng(3)
auc = []
for _ in range(40):
    at = rng.integers(0, len(d), len(d))
    y, q = d.died.to_numpy()[at], p.to_numpy()[at]
    r = pd.Series(q).rank().to_numpy()
    auc.append((r[y == 1].sum() - y.sum() * (y.sum() + 1) / 2) / (y.sum() * (len(y) - y.sum())))
text = "".join(f"[boot {n:3d}/40] AUC={one:.4f}\n" for n, one in enumerate(auc, 1))
study.write(
    "bootstrap.log", text + f"mean={np.mean(auc):.3f} sd={np.std(auc):.4f} optimism=0.002\n"
)
study.safe("bootstrap.log", "S10", written("[boot   7/40] AUC=", "optimism=0.002"))
study.write("performance.json", json.dumps({
    "score": "plasma-points-7", "n": len(d), "deaths": int(d.died.sum()),
    "c_index": {"estimate": 0.671, "lower": 0.656, "upper": 0.686},
    "calibration_slope": 0.97, "brier": 0.213, "horizon_years": 5,
}, indent=1))  # fmt: skip
study.safe("performance.json", "S3", count(MM, also(MM, "died = 1")))

# --- a workbook whose first sheet is fine
book = Workbook()
front = book.active
front.title = "Risk groups"
front.append(["Risk group", "Patients", "Deaths", "%"])
for name, low, high in (("low", 0, 1), ("intermediate", 2, 3), ("high", 4, 7)):
    own = d[d.points.between(low, high)]
    front.append([name, len(own), int(own.died.sum()), round(100 * own.died.mean(), 1)])
back = book.create_sheet("calc")
back.sheet_state = "hidden"
cols = ["age", "b2m", "ldh", "del17p", "t414", "died"]
back.append([*cols, "points"])
own = d.iloc[100:190]
for line in own[[*cols, "points"]].itertuples(index=False):
    back.append([one.item() if hasattr(one, "item") else one for one in line])
book.save(study.at("risk_groups.xlsx"))
study.leaky("risk_groups.xlsx", "L6", "O19 O28", "A hidden sheet with ninety people.",
            person(cols, own.index))  # fmt: skip
book.remove(back)
front["F1"], front["F2"] = "score version", "1.3"
book.save(study.at("risk_groups_clean.xlsx"))
study.safe("risk_groups_clean.xlsx", "S1", written("intermediate"))

notebook(study, "external_check.ipynb", [
    "# # External check of the score",
    "import pandas as pd\nd = pd.read_csv('patients.csv').query(\"disease == 'multiple myeloma'\").copy()",
    "d['points'] = 2*(d.b2m>=5.5)+(d.ldh>=250)+2*d.del17p+d.t414+(d.age>=75)\n"
    "# who scores high and still lives?\n"
    "print(d[(d.points>=5)&(d.died==0)][['age','sex','b2m','ldh','marrow','died_days']].to_string())",
    "d.groupby(pd.cut(d.points,[-1,1,3,7]), observed=True).died.mean().round(2)",
])  # fmt: skip
odd = d[(d.points >= 5) & (d.died == 0)]
study.leaky("external_check.ipynb", "L7", "O19", "High scorers who live, one by one.",
            person(["age", "sex", "b2m", "ldh", "marrow", "died_days"], odd.index))  # fmt: skip
low = d[d.points >= 5]
study.write("response_to_reviewer2.tex", r"""\documentclass{article}\begin{document}
\textbf{Comment 4.} \emph{Please show the highest category alone.}

We did: mortality was """ + f"{100 * rows('disease = multiple myeloma; age < 45; del17p = 1')['died'].eq('1').mean():.0f}" + r"""\,\% in patients under 45 with del(17p)
""" + f"($n={number('disease = multiple myeloma; age < 45; del17p = 1')}$)." + r""" We agree that this is few.
\end{document}
""")  # fmt: skip
study.leaky("response_to_reviewer2.tex", "L11", "O01 O10", "A percentage of very few people.",
            {"Small": {"where": "disease = multiple myeloma; age < 45; del17p = 1",
                       "stated": number("disease = multiple myeloma; age < 45; del17p = 1")}})  # fmt: skip
study.close()
