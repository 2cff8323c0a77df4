"""Study 2: validation of a simple prognostic score for death within two years (MDS)."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    RocCurveDisplay,
    classification_report,
    confusion_matrix,
    roc_auc_score,
    roc_curve,
)

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("score-validation")
every = k.people()
m = every[every.disease.str.startswith("MDS")].copy()
POP = "disease starts MDS"
m["dead2y"] = ((m.died == 1) & (m.died_days <= 730)).astype(int)
ok = m[(m.dead2y == 1) | (m.died_days > 730)].copy()
ok["points"] = (
    (ok.age >= 75) * 1 + (ok.hb < 8) + (ok.blasts >= 10) * 2 + (ok.plt < 50) + (ok.ecog >= 2)
)

fit = smf.logit("dead2y ~ age + hb + blasts + ecog", ok).fit(disp=0)
(S / "logit_summary.txt").write_text(
    fit.summary().as_text().split("Date:")[0].rstrip()
    + "\n"
    + fit.summary().tables[1].as_text()
    + "\n"
)
S.safe(
    "logit_summary.txt",
    "S3",
    k.written("Dep. Variable:"),
    k.nothing("a model of 3,000 people and more"),
)
odds = (
    pd.DataFrame(
        {
            "Odds ratio": np.exp(fit.params),
            "2.5 %": np.exp(fit.conf_int()[0]),
            "97.5 %": np.exp(fit.conf_int()[1]),
            "p": fit.pvalues,
        }
    )
    .drop("Intercept")
    .round(3)
)
odds.to_latex(
    S / "table3_or.tex", float_format="%.3f", caption="Multivariable logistic model", label="tab:or"
)
S.safe("table3_or.tex", "S3", k.written("Odds ratio"), k.nothing("odds ratios"))

by = ok.groupby("points").agg(patients=("dead2y", "size"), deaths=("dead2y", "sum"))
by["observed %"] = (100 * by.deaths / by.patients).round(1)
by.to_excel(S / "score_by_points.xlsx")
top = by[by.patients < 10]
print("points", by.to_string())
pooled = ok.assign(group=pd.cut(ok.points, [-1, 0, 1, 2, 9], labels=["0", "1", "2", ">=3"]))
tab = pooled.groupby("group", observed=True).agg(n=("dead2y", "size"), deaths=("dead2y", "sum"))
tab["alive"] = tab.n - tab.deaths
tab["risk"] = (tab.deaths / tab.n).round(3)
assert tab.to_numpy()[:, :3].min() >= 10
tab.to_csv(S / "score_groups.csv", sep=";", decimal=",")
S.safe(
    "score_groups.csv",
    "S1",
    k.written("group;n;deaths;alive;risk"),
    k.nothing("four groups; each count and its rest are ten or more"),
)

model = LogisticRegression(max_iter=500).fit(ok[["age", "hb", "blasts", "ecog"]], ok.dead2y)
p = model.predict_proba(ok[["age", "hb", "blasts", "ecog"]])[:, 1]
print("auc", roc_auc_score(ok.dead2y, p))
report = {
    "auc": round(float(roc_auc_score(ok.dead2y, p)), 3),
    "brier": round(float(np.mean((p - ok.dead2y) ** 2)), 3),
    "bootstrap_samples": 200,
    "optimism": 0.004,
    "coefficients": dict(
        zip(["age", "hb", "blasts", "ecog"], model.coef_[0].round(3).tolist(), strict=True)
    ),
}
(S / "performance.json").write_text(json.dumps(report, indent=2))
S.safe(
    "performance.json",
    "S9",
    k.written("bootstrap_samples"),
    k.nothing("measures of a model and four coefficients"),
)
(S / "classification_report.txt").write_text(
    classification_report(ok.dead2y, p > 0.5) + "\n" + str(confusion_matrix(ok.dead2y, p > 0.5))
)
S.safe(
    "classification_report.txt",
    "S1",
    k.written("macro avg"),
    k.nothing("two by two table of counts above a hundred"),
)
yes, told = calibration_curve(ok.dead2y, p, n_bins=10, strategy="quantile")
fig, ax = plt.subplots(figsize=(4, 4))
ax.plot(told, yes, "s-")
ax.plot([0, 1], [0, 1], ":", color="grey")
ax.set(xlabel="Predicted risk (tenths of patients)", ylabel="Observed", title="Calibration")
fig.savefig(S / "calibration_deciles.svg", metadata={"Date": None})
pd.DataFrame({"mean predicted": told.round(3), "observed": yes.round(3)}).to_csv(
    S / "calibration_deciles.csv"
)
S.safe("calibration_deciles.svg", "S8", k.count(POP), written=False)
S.safe(
    "calibration_deciles.csv",
    "S1",
    k.written("mean predicted,observed"),
    k.nothing("tenths of three thousand people"),
)

# the smallest centre, on its own
h = ok[ok.centre == "Hollin"].copy()
h["risk"] = model.predict_proba(h[["age", "hb", "blasts", "ecog"]])[:, 1]
fpr, tpr, cut = roc_curve(h.dead2y, h.risk, drop_intermediate=False)
pd.DataFrame({"fpr": fpr, "tpr": tpr, "threshold": cut}).iloc[1:].to_csv(
    S / "roc_hollin.csv", index=False
)
S.leak(
    "roc_hollin.csv",
    "L11",
    "O19 O30 O10 O11 O20",
    "Each step of the curve and each threshold is one of the patients of the smallest centre.",
    k.small("centre = Hollin; disease starts MDS; died = 1; died_days < 731"),
    written=False,
)
display = RocCurveDisplay.from_predictions(h.dead2y, h.risk, drop_intermediate=False)
display.ax_.set_title(f"External centre (n={len(h)})")
display.figure_.savefig(S / "roc_hollin.png", dpi=90)
S.leak(
    "roc_hollin.png",
    "L8",
    "O17 O18",
    "The steps of the curve are single people of the smallest centre.",
    k.small("centre = Hollin; disease starts MDS; died = 1; died_days < 731"),
    written=False,
)
fig, ax = plt.subplots(figsize=(4, 3))
grid = np.linspace(0, 1, 11)
f2, t2, _ = roc_curve(ok.dead2y, p)
ax.plot(grid, np.interp(grid, f2, t2).round(2))
ax.set(xlabel="1 - specificity", ylabel="sensitivity")
fig.savefig(S / "roc_all.pdf")
S.safe("roc_all.pdf", "S8", k.count(POP), written=False)

res = fit.resid_response
worst = res.abs().nlargest(15).index
out = ok.loc[worst, ["case_no", "age", "hb", "blasts", "ecog", "dead2y"]].assign(
    residual=res[worst].round(3)
)
out.to_csv(S / "outliers_checked.csv", index=False)
S.leak(
    "outliers_checked.csv",
    "L1",
    "O19 O22",
    "Fifteen patients with the largest residuals, with pseudonyms.",
    k.rows(["participant", "age", "hb", "blasts"], worst),
    k.pseudonyms(worst),
)
z = ok.sample(120, random_state=4)
pd.DataFrame(
    {
        "x1": ((z.age - 70) / 10).map("{:.4f}".format),
        "x2": ((z.hb - 9) / 2).map("{:.4f}".format),
        "x3": ((z.blasts - 8) / 6).map("{:.4f}".format),
        "y": z.dead2y,
    }
).to_csv(S / "design_matrix_example.csv", index=False)
S.leak(
    "design_matrix_example.csv",
    "L3",
    "O19 O20",
    "120 rows of the standardised design matrix.",
    k.rows(["age", "hb", "blasts"], z.index, how=["shift 70 10", "shift 9 2", "shift 8 6"]),
)
books.run(
    S / "validation_notebook.ipynb",
    [
        "# Validation",
        "import pandas as pd\nmds = pd.read_csv('data/patients.csv').query(\"disease.str.startswith('MDS')\")\nmds.shape",
        "mds[['age', 'hb', 'blasts', 'plt', 'ferritin']].describe()",
        "mds.nlargest(5, 'ferritin')[['age', 'hb', 'blasts', 'plt', 'ferritin', 'died_days']]",
    ],
)
S.leak(
    "validation_notebook.ipynb",
    "L7",
    "O08 O19 O27",
    "describe() prints least and greatest values, and five rows follow.",
    k.rows(
        ["age", "hb", "blasts", "plt", "ferritin", "died_days"], m.nlargest(5, "ferritin").index
    ),
    k.extremes("ferritin", [m.ferritin.max()], POP),
)
S.text(
    "score.py",
    '''"""Points of the simple score."""


def points(age: float, hb: float, blasts: float, plt: float, ecog: int) -> int:
    """Return 0 to 6 points."""
    return (age >= 75) + (hb < 8) + 2 * (blasts >= 10) + (plt < 50) + (ecog >= 2)


CUTS = {"low": (0, 1), "medium": (2, 2), "high": (3, 6)}
assert points(80, 7.5, 12, 45, 2) == 6  # worked example, nobody's values
''',
)
S.safe("score.py", "S10", k.nothing("code without data; the example is made up"))
S.leak(
    "score_by_points.xlsx",
    "L11",
    "O01",
    "Few patients have the highest score.",
    k.small(
        "disease starts MDS; age >= 75; hb < 8; blasts >= 10; plt < 50; ecog >= 2; died = 1; died_days < 731"
    ),
)
S.done()
