"""Study 8: a machine-learning model of early death (90 days)."""

import json
import logging
import pickle

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, export_text

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("early-death-ml")
df = k.people()
df["y"] = ((df.died == 1) & (df.died_days <= 90)).astype(int)
FEATURES = ["age", "ecog", "hb", "plt", "wbc", "blasts", "ldh", "creatinine"]
X_train, X_test, y_train, y_test = train_test_split(
    df[FEATURES], df.y, test_size=0.25, random_state=1, stratify=df.y
)

scaler = StandardScaler().fit(X_train)
lr = LogisticRegression(max_iter=300).fit(scaler.transform(X_train), y_train)
json.dump(
    {
        "features": FEATURES,
        "coef": lr.coef_[0].round(4).tolist(),
        "intercept": round(float(lr.intercept_[0]), 4),
        "mean": scaler.mean_.round(2).tolist(),
        "scale": scaler.scale_.round(2).tolist(),
        "n_train": len(X_train),
        "n_events_train": int(y_train.sum()),
    },
    (S / "model_card_weights.json").open("w"),
    indent=2,
)
S.safe(
    "model_card_weights.json",
    "S9",
    k.written("n_events_train"),
    k.nothing("coefficients of a logistic model of 4,500"),
)
knn = make_pipeline(StandardScaler(), KNeighborsClassifier(15)).fit(
    X_train.iloc[:300], y_train.iloc[:300]
)
joblib.dump(knn, S / "knn_baseline.joblib", compress=3)
S.leak(
    "knn_baseline.joblib",
    "L9",
    "O25 O26 O19",
    "The nearest-neighbour model keeps 300 scaled rows.",
    k.rows(FEATURES, X_train.index[:300]),
    written=False,
)
with (S / "preprocessed_fold0.pkl").open("wb") as f:
    pickle.dump(
        {
            "X": X_train.iloc[:80].to_numpy(),
            "y": y_train.iloc[:80].to_numpy(),
            "ids": df.case_no[X_train.index[:80]].tolist(),
        },
        f,
    )
S.leak(
    "preprocessed_fold0.pkl",
    "L9",
    "O25 O19 O22",
    "A pickle with 80 training rows and their pseudonyms.",
    k.rows(["participant", *FEATURES], X_train.index[:80]),
)
gb = GradientBoostingClassifier(n_estimators=60, max_depth=2, random_state=0).fit(X_train, y_train)
p = gb.predict_proba(X_test)[:, 1]
imp = permutation_importance(gb, X_test, y_test, n_repeats=5, random_state=0, scoring="roc_auc")
pd.DataFrame(
    {
        "feature": FEATURES,
        "importance": imp.importances_mean.round(4),
        "sd": imp.importances_std.round(4),
        "rank": pd.Series(-imp.importances_mean).rank().astype(int),
    }
).sort_values("rank").to_csv(S / "feature_importance.csv", index=False)
S.safe("feature_importance.csv", "S3", k.nothing("importances and ranks of eight features"))
fig, ax = plt.subplots(figsize=(5, 3))
ax.barh(FEATURES, imp.importances_mean)
fig.tight_layout()
fig.savefig(S / "feature_importance.png", dpi=80)
S.safe("feature_importance.png", "S8", k.nothing("importances of eight features"), written=False)
pred = pd.DataFrame({"id": df.case_no[X_test.index], "y_true": y_test, "p_gb": p.round(5)}).head(
    150
)
pred.to_parquet(S / "test_predictions.parquet")
S.leak(
    "test_predictions.parquet",
    "L13",
    "O22 O20",
    "Predictions for 150 people by pseudonym.",
    k.pseudonyms(pred.index),
)
nb = X_test.head(100).assign(y=y_test.head(100), p=p[:100].round(4)).sample(frac=1, random_state=2)
nb.to_json(S / "predictions_with_features.json", orient="records")
S.leak(
    "predictions_with_features.json",
    "L1",
    "O19",
    "One hundred test rows with their prediction.",
    k.rows(FEATURES, nb.index),
)
tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=200, random_state=0).fit(
    df[FEATURES], df.y
)
S.text("tree_rules.txt", export_text(tree, feature_names=FEATURES, decimals=1))
S.safe("tree_rules.txt", "S9", k.nothing("rules with leaves of 200 and more"))
deep = DecisionTreeClassifier(random_state=0, min_samples_leaf=1, max_depth=9).fit(
    df[FEATURES][:400], df.y[:400]
)
S.text(
    "tree_rules_full.txt",
    export_text(deep, feature_names=FEATURES, decimals=2, show_weights=True, max_depth=20),
)
vals = deep.tree_
leafn = vals.n_node_samples[vals.children_left == -1]
print("leaves below ten", (leafn < 10).sum())
S.leak(
    "tree_rules_full.txt",
    "L9",
    "O26 O01 O11",
    "A tree with leaves of one person prints the numbers in them.",
    k.rows(FEATURES, range(0, 400)),
    written=False,
)
grid = GridSearchCV(
    GradientBoostingClassifier(random_state=0),
    {"max_depth": [1, 2], "n_estimators": [20, 40]},
    cv=3,
    scoring="roc_auc",
).fit(X_train[:1500], y_train[:1500])
cv = pd.DataFrame(grid.cv_results_).filter(regex="param_|mean_test|std_test|rank").round(4)
cv.to_csv(S / "grid_search.csv", index=False)
S.safe("grid_search.csv", "S10", k.nothing("scores of a search and its settings"))
logging.basicConfig(
    filename=S / "train.log",
    filemode="w",
    level=logging.INFO,
    format="[%(relativeCreated)5d ms] %(message)s",
    force=True,
)
logging.info(
    "train=%d test=%d events=%d/%d", len(X_train), len(X_test), y_train.sum(), y_test.sum()
)
for i, s in enumerate(gb.train_score_[::6]):
    logging.info("iter %2d deviance %.4f", i * 6 + 1, s)
for fold, s in enumerate(
    cross_val_score(gb, X_train, y_train, cv=StratifiedKFold(5), scoring="roc_auc"), 1
):
    logging.info("fold %d auc %.3f", fold, s)
logging.shutdown()
S.safe(
    "train.log", "S10", k.written("fold 5 auc"), k.nothing("losses, folds and counts of hundreds")
)
logging.basicConfig(
    filename=S / "predict_debug.log",
    filemode="w",
    level=logging.DEBUG,
    format="%(levelname)s %(message)s",
    force=True,
)
for i in X_test.index[:25]:
    logging.debug("predict %s -> %.3f", X_test.loc[i].to_dict(), p[list(X_test.index).index(i)])
logging.shutdown()
S.leak(
    "predict_debug.log",
    "L10",
    "O27 O19",
    "The log prints the features of 25 people.",
    k.rows(["age", "hb", "plt", "wbc", "ldh", "creatinine"], X_test.index[:25]),
)
pr, rc, th = precision_recall_curve(y_test, p)
g = np.linspace(0.1, 0.9, 9)
pd.DataFrame({"recall": g.round(1), "precision": np.interp(g, rc[::-1], pr[::-1]).round(2)}).to_csv(
    S / "pr_curve_grid.csv", index=False
)
S.safe(
    "pr_curve_grid.csv",
    "S8",
    k.nothing("nine points of a curve of 1,500 people, read off at fixed recalls"),
)
books.run(
    S / "train_model.ipynb",
    [
        "# Early death",
        "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\ndf = pd.read_csv('data/patients.csv')\ndf['y'] = (df.died.eq(1) & df.died_days.le(90)).astype(int)\ndf.y.value_counts()",
        "X = df[['age', 'ecog', 'hb', 'ldh']]\nclf = LogisticRegression(max_iter=500).fit(X, df.y)\ndict(zip(X.columns, clf.coef_[0].round(3)))",
        "from sklearn.metrics import roc_auc_score\nprint('AUC', round(roc_auc_score(df.y, clf.predict_proba(X)[:, 1]), 3))",
    ],
)
S.safe("train_model.ipynb", "S7", k.count("died = 1; died_days < 91"))
books.run(
    S / "error_analysis.ipynb",
    [
        "# Errors",
        "import pandas as pd\ndf = pd.read_csv('data/patients.csv')",
        "for r in df[(df.died_days < 4) & (df.died == 1)].itertuples():\n    print(r.case_no, r.born, r.disease, r.hb, r.plt, '|', r.remark)",
    ],
)
e = df[(df.died_days < 4) & (df.died == 1)]
S.leak(
    "error_analysis.ipynb",
    "L7",
    "O22 O23 O19 O27",
    "The notebook prints those who died within days, with birth dates and remarks.",
    k.rows(["participant", "born", "hb", "plt"], e.index),
    k.words(e.index[e.remark != ""][:3]),
)
S.text(
    "requirements.txt",
    "numpy==1.26.4\npandas==2.2.2\nscikit-learn==1.5.1\nscipy==1.14.0\nmatplotlib==3.9.1\njoblib==1.4.2\nlifelines==0.29.0\n",
)
S.safe("requirements.txt", "S10", k.nothing("versions"))
S.done()
