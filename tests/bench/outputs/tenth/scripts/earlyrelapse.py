"""A model of early relapse with scikit-learn: notebooks, fitted objects, a card; an engineer."""

import json

import joblib
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, classification_report, confusion_matrix, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, export_text

from tests.bench.outputs.tenth.scripts.shelf import (
    Study,
    also,
    codes,
    count,
    few,
    notebook,
    number,
    person,
    table,
    written,
)  # fmt: skip

study = Study("earlyrelapse")
full = table("patients")
d = full.query("regimen != 'none'").copy()
ON = "regimen != none"
d["early"] = ((d.progressed == 1) & (d.progressed_days < 548)).astype(int)
COLS = ["age", "hb", "calcium", "creatinine", "albumin", "b2m", "ldh", "marrow", "del17p", "t414"]
xtr, xte, ytr, yte = train_test_split(
    d[COLS], d.early, test_size=0.3, random_state=4, stratify=d.early
)
rf = RandomForestClassifier(60, max_depth=5, min_samples_leaf=30, random_state=4).fit(xtr, ytr)
lr = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(xtr, ytr)

scores = {name: {"auc": round(roc_auc_score(yte, m.predict_proba(xte)[:, 1]), 3),
                 "brier": round(brier_score_loss(yte, m.predict_proba(xte)[:, 1]), 3)}
          for name, m in (("forest", rf), ("logistic", lr))}  # fmt: skip
hat = (rf.predict_proba(xte)[:, 1] > d.early.mean()).astype(int)
cm = confusion_matrix(yte, hat)
pd.DataFrame(cm, index=["late", "early"], columns=["pred_late", "pred_early"]).to_csv(
    study.at("confusion_matrix.csv"))  # fmt: skip
study.safe("confusion_matrix.csv", "S1", written(f"late,{cm[0, 0]},{cm[0, 1]}"))
if cm.min() < 10:
    raise ValueError(cm)
study.write("classification_report.txt", classification_report(yte, hat, digits=3))
study.safe("classification_report.txt", "S3", written("macro avg", "precision    recall  f1-score"))

# fairness: who is small stays small
lines = ["group,n,early,auc"]
wheres = {}
for group in ("European", "African", "South Asian", "Pacific"):
    where = also(ON, f"ancestry = {group}")
    early = also(where, "progressed = 1", "progressed_days < 548")
    wheres[group] = early
    own = d[d.ancestry == group]
    auc = roc_auc_score(own.early, rf.predict_proba(own[COLS])[:, 1])
    lines.append(f"{group},{number(where)},{number(early)},{auc:.2f}")
study.write("fairness_by_ancestry.csv", "\n".join(lines) + "\n")
study.leaky("fairness_by_ancestry.csv", "L11", "O01", "Few early relapses in a small group.",
            few(wheres["Pacific"]))  # fmt: skip

# what the model says of itself
imp = permutation_importance(rf, xte, yte, n_repeats=5, random_state=4, scoring="roc_auc")
order = np.argsort(imp.importances_mean)
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "rf", "font.size": 8})
figure, axes = plt.subplots(figsize=(4, 3), dpi=80)
axes.barh(np.array(COLS)[order], imp.importances_mean[order], xerr=imp.importances_std[order])
axes.set_xlabel("drop in AUC when shuffled")
figure.tight_layout()
figure.savefig(study.at("importance.png"))
study.safe("importance.png", "S8", written("importance of ten features"), written=False)
coef = pd.DataFrame({"feature": COLS, "mean": lr[0].mean_.round(2), "scale": lr[0].scale_.round(2),
                     "beta": lr[1].coef_[0].round(3)})  # fmt: skip
coef.to_csv(study.at("logistic_coefficients.csv"), index=False)
study.safe("logistic_coefficients.csv", "S3",
           written(",".join(map(str, coef.iloc[5])), "feature,mean,scale,beta"))  # fmt: skip
contrib = (xte - xte.mean()) / xte.std() * lr[1].coef_[0]
figure, axes = plt.subplots(figsize=(5, 3.4))
rng = np.random.default_rng(1)
small_part = contrib.iloc[:70]
for at, name in enumerate(["age", "b2m", "marrow", "ldh"]):
    axes.scatter(small_part[name], at + rng.uniform(-0.2, 0.2, 70), c=xte[name].iloc[:70],
                 cmap="coolwarm", s=9)  # fmt: skip
axes.set_yticks(range(4), ["age", "b2m", "marrow", "ldh"])
figure.savefig(study.at("contributions_beeswarm.svg"), metadata={"Date": None})
study.leaky("contributions_beeswarm.svg", "L8", "O18 O17 O19", "A mark for each person and feature.",
            person(["age", "b2m", "marrow", "ldh"], xte.index[:70]), written=False)  # fmt: skip

# trees
good = DecisionTreeClassifier(max_depth=3, min_samples_leaf=250, random_state=1).fit(
    d[COLS], d.early
)
study.write("tree_rules.txt", export_text(good, feature_names=COLS, show_weights=False, decimals=1))
study.safe("tree_rules.txt", "S3", written("|--- "))
tiny = d[d.disease == "plasma cell leukaemia"]
fine = DecisionTreeClassifier(max_depth=3, random_state=1).fit(
    tiny[["age", "ldh", "marrow"]], tiny.early
)
study.write("tree_pcl.txt", export_text(fine, feature_names=["age", "ldh", "marrow"],
                                        show_weights=True, decimals=2))  # fmt: skip
PCL = "disease = plasma cell leukaemia"


def leaves(tree: object, at: int = 0, where: str = PCL) -> list[tuple[str, int, list[float]]]:
    """Walk to the leaves; thresholds lie between whole numbers."""
    left, right = tree.children_left[at], tree.children_right[at]
    if left < 0:
        return [(where, tree.n_node_samples[at], list(tree.value[at][0]))]
    name, cut = ["age", "ldh", "marrow"][tree.feature[at]], tree.threshold[at]
    return [*leaves(tree, left, f"{where}; {name} < {cut + 0.001:.3f}"),
            *leaves(tree, right, f"{where}; {name} >= {cut:.3f}")]  # fmt: skip


lows = [where for where, n, _ in leaves(fine.tree_) if n < 10]
shown = [one for one in lows if str(number(one)) in study.at("tree_pcl.txt").read_text()]
study.leaky(
    "tree_pcl.txt", "L11", "O01 O26", "Leaves of a few people.", [few(one) for one in shown]
)

# fitted objects
knn = KNeighborsClassifier(15).fit(xtr[["age", "ldh", "b2m"]].iloc[:400], ytr.iloc[:400])
joblib.dump(knn, study.at("knn.joblib"), compress=3)
study.leaky("knn.joblib", "L9", "O25 O26 O19", "A neighbour model keeps the people it was given.",
            person(["age", "ldh", "b2m"], xtr.index[:60]), written=False)  # fmt: skip
out = pd.DataFrame({"row": xte.index, "y": yte, "p": rf.predict_proba(xte)[:, 1].round(4)})
out = out.join(d[["age", "ldh", "b2m", "clinic"]]).head(150)
out.to_csv(study.at("predictions_test.csv"), index=False)
study.leaky("predictions_test.csv", "L2", "O19 O26", "Predictions person by person, with values.",
            person(["age", "ldh", "b2m", "clinic"], out.index))  # fmt: skip
curve = ["train_size,auc_train,auc_valid"]
for size in (400, 800, 1600, 2400, 3000):
    m = RandomForestClassifier(40, max_depth=5, min_samples_leaf=30, random_state=1)
    m.fit(xtr.iloc[:size], ytr.iloc[:size])
    auc = [roc_auc_score(y, m.predict_proba(x)[:, 1])
           for x, y in ((xtr.iloc[:size], ytr.iloc[:size]), (xte, yte))]  # fmt: skip
    curve.append(f"{size},{auc[0]:.3f},{auc[1]:.3f}")
study.write("learning_curve.csv", "\n".join(curve) + "\n")
study.safe("learning_curve.csv", "S3", written(curve[1], curve[-1]))
study.write("requirements.txt", "joblib==1.4.2\nmatplotlib==3.10.0\nnumpy==2.1.3\npandas==2.2.3\n"
            "scikit-learn==1.6.0\nscipy==1.14.1\nthreadpoolctl==3.5.0\n")  # fmt: skip
study.safe("requirements.txt", "S10", written("scikit-learn==1.6.0"))
study.write("MODEL_CARD.md", f"""# Early relapse (18 months), random forest

* **Intended use** research only; no single patient's care
* **Data** {len(d):,} treated people, {int(d.early.sum()):,} with relapse before day 548
* **Split** 70/30, stratified, seed 4
* **Hyperparameters** depth 5, leaf >= 30, 60 trees, 10 features
* **Performance** AUC {scores['forest']['auc']}, Brier {scores['forest']['brier']}
* **Limits** not calibrated outside the network; not tried in anybody under 30
* Version 0.9.2, 14 January 2026
""")  # fmt: skip
study.safe("MODEL_CARD.md", "S3", written("depth 5, leaf >= 30, 60 trees"))
study.write("train.log", "".join(
    f"2026-01-14 13:{m:02d}:{7 * m % 60:02d},{137 * m % 1000:03d} INFO trainer epoch {e:02d} "
    f"loss={0.693 * 0.96**e:.4f} val_auc={0.62 + 0.0015 * e:.3f} lr={0.01 * 0.9**e:.5f}\n"
    for m, e in enumerate(range(1, 21), 4)) + "2026-01-14 13:24:51,002 INFO trainer early stop\n")  # fmt: skip
study.safe("train.log", "S10", written("INFO trainer epoch 05 loss="))
worst = out.sort_values("p").tail(9).index
study.write("errors.log", "".join(
    f"WARNING worst case patient={full.patient[at]} ldh={full.ldh[at]} b2m={full.b2m[at]} "
    f"p={out.p[at]} y={out.y[at]}\n" for at in worst))  # fmt: skip
study.leaky("errors.log", "L10", "O22 O27 O19", "Nine people on whom the model errs.", codes(worst),
            person(["patient", "ldh", "b2m"], worst))  # fmt: skip
start = ("import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
         "from sklearn.model_selection import cross_val_score\n"
         "d = pd.read_csv('patients.csv').query(\"regimen != 'none'\")\n"
         "X = d[['age','b2m','ldh','del17p']]; y = (d.progressed==1)&(d.progressed_days<548)")  # fmt: skip
notebook(study, "01_train.ipynb", [
    "# # Early relapse\n\nRuns from top to bottom; prints scores only.", start,
    "cross_val_score(LogisticRegression(max_iter=999), X, y, cv=5, scoring='roc_auc').round(3)",
    "print(X.shape, int(y.sum()))",
])  # fmt: skip
study.safe("01_train.ipynb", "S7", count(also(ON, "progressed = 1", "progressed_days < 548")))
notebook(study, "02_error_analysis.ipynb", [
    "# # Where is it wrong?", start,
    "m = LogisticRegression(max_iter=999).fit(X, y)",
    "d.assign(p=m.predict_proba(X)[:,1].round(3))"
    ".loc[y,['sex','diagnosed','age','b2m','ldh','marrow','p']].nsmallest(12,'p')",
])  # fmt: skip
book = json.loads(study.at("02_error_analysis.ipynb").read_text())
html = "".join(book["cells"][3]["outputs"][0]["data"]["text/plain"])
at = [int(one.split()[0]) for one in html.splitlines()[1:] if one.split()[0].isdigit()]
study.leaky("02_error_analysis.ipynb", "L7", "O19", "Twelve people in a frame that was shown.",
            person(["sex", "diagnosed", "age", "b2m", "ldh", "marrow"], at))  # fmt: skip
study.close()
