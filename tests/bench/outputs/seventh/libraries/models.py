"""Output of statsmodels, lifelines, scipy, pingouin, scikit-learn and the boosters."""

import io
import pickle
import re
import warnings
from itertools import pairwise

import joblib
import lifelines
import lightgbm
import numpy as np
import pandas as pd
import pingouin
import scipy.stats
import skl2onnx
import statsmodels.api as sm
import statsmodels.formula.api as smf
import xgboost
from lifelines.statistics import logrank_test
from lifelines.utils import survival_table_from_events
from sklearn import (
    linear_model,
    metrics,
    model_selection,
    neighbors,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from statsmodels.iolib.summary2 import summary_col
from statsmodels.stats.multicomp import pairwise_tukeyhsd

from tests.bench.outputs.seventh.libraries.shelf import (
    LEAST,
    count,
    extremes,
    fitted,
    groups,
    labs,
    lay,
    meets,
    outside,
    patients,
    rows,
    small,
    written,
)

_RARE = "diagnosis = factor XI; severity = moderate"


def make() -> None:
    warnings.simplefilter("ignore")
    _regressions()
    _few_degrees()
    _kept()
    _survival()
    _tests()
    _learners()
    _memories()
    _boosters()


def _regressions() -> None:
    own = patients
    ols = smf.ols("hb ~ age + C(sex) + C(severity)", own).fit()
    lay(
        "statsmodels/ols.txt",
        str(ols.summary()) + "\n",
        "S3",
        [
            fitted(
                "linear",
                "",
                "hb",
                ["sex=M", "severity=moderate", "severity=severe", "age"],
                ols.params,
                ols.bse,
                4,
            )
        ],
    )
    logit = smf.logit("surgery ~ age + C(severity) + C(sex)", own).fit(disp=0)
    lay(
        "statsmodels/logit.html",
        logit.summary().as_html(),
        "S3",
        [
            fitted(
                "logistic",
                "",
                "surgery",
                ["severity=moderate", "severity=severe", "sex=M", "age"],
                logit.params,
                logit.bse,
                4,
            )
        ],
    )
    glm = smf.glm("bleeds ~ age + C(severity)", own, family=sm.families.Poisson()).fit()
    design = ["severity=moderate", "severity=severe", "age"]
    lay(
        "statsmodels/glm.tex",
        glm.summary().as_latex(),
        "S3",
        [fitted("poisson", "", "bleeds", design, glm.params, glm.bse, 4)],
    )
    table = sm.stats.anova_lm(smf.ols("hb ~ C(severity) + C(sex)", own).fit(), typ=2)
    lay(
        "statsmodels/anova.txt",
        table.to_string() + "\n",
        "S3",
        [{"Freedom": {"parameters": 4, "stated": len(own) - 4, "few": False}}],
    )
    tukey = pairwise_tukeyhsd(own["hb"], own["severity"])
    lay(
        "statsmodels/tukey.txt",
        str(tukey.summary()) + "\n",
        "S3",
        [groups(["severity"])],
        written=False,
    )
    both = summary_col(
        [smf.ols("hb ~ age", own).fit(), smf.ols("hb ~ age + C(sex)", own).fit()],
        stars=True,
        float_format="%.3f",
        model_names=["crude", "adjusted"],
        info_dict={"N": lambda one: str(int(one.nobs))},
    )
    line = smf.ols("hb ~ age", own).fit().params
    lay(
        "statsmodels/summary-col.txt",
        str(both) + "\n",
        "S3",
        [{"Line": {"x": "age", "y": "hb", "printed": [f"{one:.3f}" for one in line]}}, count()],
    )
    hb = labs[labs.test == "hb"].merge(patients[["patient", "centre", "age"]], on="patient")
    hb = hb[hb.centre != "H"]
    mixed = smf.mixedlm("value ~ age", hb, groups=hb["centre"]).fit()
    least = int(hb.groupby("centre").size().min())
    lay(
        "statsmodels/mixed.txt",
        str(mixed.summary()) + "\n",
        "S3",
        [
            written(f"No. Observations: {len(hb)}", f"Min. group size:  {least}"),
            count("centre = G"),
        ],
        written=False,
    )
    table = pd.DataFrame({"OR": np.exp(logit.params), "p": logit.pvalues}).join(
        np.exp(logit.conf_int()).set_axis(["2.5%", "97.5%"], axis=1)
    )
    lay(
        "statsmodels/odds-ratios.csv",
        table.round(3).to_csv(),
        "S3",
        [count("surgery = 1"), count("surgery = 0")],
        written=False,
    )


def _few_degrees() -> None:
    own = meets(_RARE)
    n = len(own)
    ols = smf.ols("hb ~ age + weight + height", own).fit()
    lay(
        "statsmodels/ols-moderate.txt",
        str(ols.summary()) + "\n",
        "L11 O07",
        [{"Freedom": {"where": _RARE, "parameters": 4, "stated": n - 4, "few": True}}],
        f"{n - 4} residual degrees of freedom.",
    )
    where = "diagnosis = factor XI; severity = severe"
    few = meets(where)
    ols = smf.ols("bleeds ~ age", few).fit()
    lay(
        "statsmodels/ols-factor-xi.html",
        ols.summary().as_html(),
        "L11 O07 O01",
        [
            small(where),
            {"Freedom": {"where": where, "parameters": 2, "stated": len(few) - 2, "few": True}},
        ],
        f"A model of {len(few)} people.",
    )
    where = "diagnosis = von Willebrand 3"
    few = meets(where)
    mixed = smf.mixedlm("hb ~ age", few, groups=few["centre"]).fit()
    least = few["centre"].value_counts().idxmin()
    lay(
        "statsmodels/mixed-von-willebrand.txt",
        str(mixed.summary()) + "\n",
        "L11 O01",
        [small(f"{where}; centre = {least}")],
        "The smallest group of the model is of so few people.",
    )
    model = smf.ols("cost ~ dose + weight", patients).fit()
    frame = model.get_influence().summary_frame()[["cooks_d", "standard_resid", "hat_diag"]]
    worst = (
        frame.sort_values("cooks_d", ascending=False)
        .head(15)
        .join(patients[["age", "dose", "weight", "cost"]])
    )
    lay(
        "statsmodels/influence.csv",
        worst.round(4).to_csv(),
        "L1 O19 O20",
        [rows(worst.index, ["age", "dose", "weight", "cost"])],
        "The fifteen most influential patients.",
    )


def _kept() -> None:
    own = patients[["hb", "age", "weight"]].head(60)
    box = io.BytesIO()
    smf.ols("hb ~ age + weight", own).fit().save(box)
    lay(
        "statsmodels/ols.pkl",
        box.getvalue(),
        "L9 O19 O20",
        [rows(range(60), ["hb", "age", "weight"])],
        "A saved model keeps its 60 rows.",
    )


def _survival() -> None:
    own = patients.assign(years=patients["surgery_days"] / 365.25)
    km = lifelines.KaplanMeierFitter(label="all")
    where = "centre = G"
    few = own[own.centre == "G"]
    km.fit(few["surgery_days"], few["surgery"])
    days = [int(one) for one in few[few.surgery == 1]["surgery_days"]]
    moments = {
        "Moments": {"where": where, "time": "surgery_days", "event": "surgery", "days": days}
    }
    lay(
        "lifelines/survival-function.csv",
        km.survival_function_.to_csv(),
        "L11 O16",
        [moments],
        "Each day of surgery.",
    )
    lay(
        "lifelines/event-table.txt",
        km.event_table.to_string() + "\n",
        "L11 O16 O01",
        [moments],
        "Each day of surgery or of leaving, one patient each.",
    )
    table = survival_table_from_events(
        own["years"], own["surgery"], collapse=True, intervals=[0, 2, 4, 6, 8, 10, 12]
    )
    lay("lifelines/life-table.txt", table.to_string() + "\n", "S4", _life())
    h = own[own.centre == "G"]
    table = survival_table_from_events(
        h["years"], h["surgery"], collapse=True, intervals=[0, 3, 6, 9, 12]
    )
    parts = [
        f"{where}; surgery = 1; surgery_days >= {3 * 365.25 * n + 0.5}; "
        f"surgery_days < {3 * 365.25 * (n + 1) + 0.5}"
        for n in range(4)
    ]
    lay(
        "lifelines/life-table-g.csv",
        table.to_csv(),
        "L11 O16 O01",
        [small(one) for one in parts if 0 < len(meets(one)) < LEAST],
        "Fewer than ten operations in most intervals.",
    )
    cox = lifelines.CoxPHFitter().fit(
        own[["surgery_days", "surgery", "age", "weight", "dose"]], "surgery_days", "surgery"
    )
    claims = [count("surgery = 1"), count()]
    out = _printed(lambda: cox.print_summary(3, style="ascii"))
    lay("lifelines/cox.txt", out, "S3", claims)
    lay(
        "lifelines/baseline-hazard.csv",
        cox.baseline_cumulative_hazard_.iloc[:700].round(6).to_csv(),
        "L11 O16 O20",
        [
            {
                "Moments": {
                    "where": "",
                    "time": "surgery_days",
                    "event": "surgery",
                    "days": sorted(set(own[own.surgery == 1]["surgery_days"].tolist()))[:40],
                }
            }
        ],
        "Each day on which somebody left, with the jumps where one was operated.",
    )
    where = "diagnosis = von Willebrand 2"
    few = own[own.diagnosis == "von Willebrand 2"]
    cox = lifelines.CoxPHFitter(penalizer=0.1).fit(
        few[["surgery_days", "surgery", "age"]], "surgery_days", "surgery"
    )
    lay(
        "lifelines/cox-von-willebrand.txt",
        _printed(lambda: cox.print_summary(3, style="ascii")),
        "L11 O16 O01",
        [small(f"{where}; surgery = 1")],
        "Few operations carry the model.",
    )
    test = logrank_test(
        own[own.severity == "severe"].years,
        own[own.severity == "mild"].years,
        own[own.severity == "severe"].surgery,
        own[own.severity == "mild"].surgery,
    )
    lay(
        "lifelines/logrank.txt",
        _printed(lambda: test.print_summary(3, style="ascii")),
        "S3",
        [count("surgery = 1; severity = severe"), count("surgery = 1; severity = mild")],
        written=False,
    )
    km.fit(own["years"], own["surgery"], timeline=np.arange(0, 13, 2))
    lay(
        "lifelines/survival-each-second-year.csv",
        km.survival_function_.round(3).to_csv(),
        "S4",
        [count("surgery = 1")],
        written=False,
    )


def _life() -> list[dict[str, object]]:
    edges = [0.5, *(365.25 * 2 * n + 0.5 for n in range(1, 7))]
    found = []
    for a, b in pairwise(edges):
        found.append(count(f"surgery = 1; surgery_days >= {a}; surgery_days < {b}"))
    return found


def _printed(ask: object) -> str:
    import contextlib

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        ask()  # type: ignore[operator]
    return out.getvalue()


def _tests() -> None:
    own = patients
    severe, mild = own[own.severity == "severe"]["hb"], own[own.severity == "mild"]["hb"]
    table = pd.crosstab(own[own.centre != "H"]["centre"], own[own.centre != "H"]["severity"])
    lay(
        "scipy/results.txt",
        "\n".join(
            [
                repr(scipy.stats.ttest_ind(severe, mild, equal_var=False)),
                repr(scipy.stats.chi2_contingency(table)),
                repr(scipy.stats.spearmanr(own["age"], own["bleeds"])),
                repr(scipy.stats.kruskal(severe, mild)),
            ]
        )
        + "\n",
        "S3",
        [groups(["centre", "severity"], "centre != H")],
        written=False,
    )
    where = "diagnosis = von Willebrand 3"
    table = pd.crosstab(meets(where)["severity"], meets(where)["treatment"])
    cells = [(a, b, n) for (a, b), n in table.stack().items() if 0 < n < LEAST]
    lay(
        "scipy/fisher.txt",
        f">>> table\n{table}\n>>> fisher_exact(table)\n{scipy.stats.fisher_exact(table)}\n",
        "L11 O01",
        [small(f"{where}; severity = {a}; treatment = {b}") for a, b, _ in cells],
        "The table under the test has small cells.",
    )
    where = "diagnosis = factor XIII; sex = F; severity in moderate|severe"
    few = meets(where)
    a, b = few[few.severity == "severe"]["hb"], few[few.severity == "moderate"]["hb"]
    result = pingouin.ttest(a, b, correction=False).round(3)
    lay(
        "pingouin/ttest-factor-xiii.csv",
        result.to_csv(),
        "L11 O07 O01",
        [{"Freedom": {"where": where, "parameters": 2, "stated": len(few) - 2, "few": True}}],
        f"A test with {len(a) + len(b) - 2} degrees of freedom.",
    )
    pairs = pingouin.pairwise_corr(own[["age", "hb", "platelets", "weight"]])
    pairs = pairs[["X", "Y", "n", "r", "p_unc"]].round(3)
    r = f"{own['age'].corr(own['hb']):.3f}"
    lay(
        "pingouin/correlations.csv",
        pairs.to_csv(index=False),
        "S3",
        [{"Correlated": {"x": "age", "y": "hb", "printed": r}}, count()],
    )
    cov = own[["age", "hb", "platelets", "creatinine", "weight"]].corr().round(3)
    lay(
        "pandas/print-corr.txt",
        cov.to_string() + "\n",
        "S3",
        [{"Correlated": {"x": "age", "y": "hb", "printed": r}}],
    )


def _learners() -> None:
    own = patients.assign(severe=(patients.severity == "severe").astype(int))
    x, y = (
        own[["age", "bleeds", "pain", "dose"]],
        own["severity"].where(own["severity"] == "severe", "other"),
    )
    train, test, inside, outside_ = model_selection.train_test_split(
        x, y, random_state=5, test_size=0.25
    )
    fit = tree.DecisionTreeClassifier(max_depth=3, min_samples_leaf=60, random_state=1).fit(
        train, inside
    )
    guess, real = fit.predict(test), outside_.value_counts()
    lay(
        "sklearn/report.txt",
        metrics.classification_report(outside_, guess, zero_division=0),
        "S3",
        [written(str(real[one])) for one in real.index],
    )
    rare = own["diagnosis"]
    sample = own.index[own.centre == "G"]
    fit = tree.DecisionTreeClassifier(max_depth=4, random_state=1).fit(
        x.drop(sample), rare.drop(sample)
    )
    real = rare.loc[sample].value_counts()
    report = metrics.classification_report(
        rare.loc[sample], fit.predict(x.loc[sample]), zero_division=0
    )
    few = [small(f"centre = G; diagnosis = {one}") for one in real[real < LEAST].index]
    lay(
        "sklearn/report-diagnoses.txt",
        report,
        "L11 O01",
        few,
        "Supports of fewer than ten, in the centre that was left for validation.",
    )
    lay(
        "sklearn/confusion-diagnoses.txt",
        f"{metrics.confusion_matrix(rare.loc[sample], fit.predict(x.loc[sample]))}\n",
        "L11 O01",
        few,
        "Cells of fewer than ten.",
    )
    simple = linear_model.LogisticRegression(max_iter=2000, class_weight="balanced").fit(
        own[["bleeds", "pain"]], own["severe"]
    )
    table = metrics.confusion_matrix(own["severe"], simple.predict(own[["bleeds", "pain"]]))
    lay(
        "sklearn/confusion.txt",
        f"{table}\n",
        "S2",
        [written(*map(str, table.ravel())), groups(["severity"])],
        written=False,
    )
    _trees(own)
    grid = model_selection.GridSearchCV(
        tree.DecisionTreeRegressor(random_state=1),
        {"max_depth": [2, 3, 5], "min_samples_leaf": [1, 5, 9]},
        cv=5,
    ).fit(own[["age", "dose"]], own["hb"])
    table = pd.DataFrame(grid.cv_results_).drop(columns="params").round(4)
    lay(
        "sklearn/grid-search.csv",
        table.to_csv(index=False),
        "S9",
        [outside("scores, times, ranks and settings of models")],
    )
    sizes, inner, outer = model_selection.learning_curve(
        linear_model.Ridge(),
        own[["age", "dose", "weight"]],
        own["hb"],
        train_sizes=[80, 160, 800, 1600, 3200],
        cv=5,
    )
    table = pd.DataFrame(
        {"train_size": sizes, "train": inner.mean(1), "test": outer.mean(1)}
    ).round(4)
    lay(
        "sklearn/learning-curve.csv",
        table.to_csv(index=False),
        "S9",
        [outside("numbers of training rows that were chosen, and scores")],
    )
    importance = pd.Series(
        tree.DecisionTreeRegressor(max_depth=4, random_state=1)
        .fit(own[["age", "dose", "weight", "bleeds"]], own["hb"])
        .feature_importances_,
        ["age", "dose", "weight", "bleeds"],
    ).sort_values(ascending=False)
    lay(
        "sklearn/importances.txt",
        str(importance.round(3)) + "\n",
        "S3",
        [outside("importances of four columns")],
    )
    model = pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear_model.LogisticRegression(C=3, max_iter=9)
    ).fit(x.head(400), own["severe"].head(400))
    lay(
        "sklearn/pipeline.html",
        re.sub(r"sk-container-id-\d+", "sk-container-id-1", model._repr_html_()),
        "S9",
        [outside("names and settings of steps")],
    )
    scores = pd.DataFrame(
        model_selection.cross_val_predict(
            linear_model.LinearRegression(), own[["age", "weight"]], own["hb"], cv=5
        ).round(2),
        own.index,
        ["predicted"],
    )
    table = own[["age", "weight", "hb"]].join(scores).head(120)
    lay(
        "sklearn/predictions.csv",
        table.to_csv(),
        "L1 O19 O20",
        [rows(range(120), ["age", "weight", "hb"])],
        "Predictions beside the rows that they are for.",
    )


def _path(
    model: tree.DecisionTreeClassifier | tree.DecisionTreeRegressor, names: list[str]
) -> list[tuple[str, int]]:
    """Conditions and people of each leaf."""
    own, found = model.tree_, []

    def walk(at: int, so_far: list[str]) -> None:
        if own.children_left[at] < 0:
            found.append(("; ".join(so_far), int(own.n_node_samples[at])))
            return
        name, cut = names[own.feature[at]], own.threshold[at]
        walk(own.children_left[at], [*so_far, f"{name} < {cut}"])
        walk(own.children_right[at], [*so_far, f"{name} >= {cut}"])

    walk(0, [])
    return found


def _trees(own: pd.DataFrame) -> None:
    names = ["age", "bleeds", "pain"]
    fit = tree.DecisionTreeClassifier(max_depth=4, min_samples_leaf=3, random_state=1).fit(
        own[names], own["severe"]
    )
    leaves = _path(fit, names)
    few = [small(where) for where, n in leaves if n < LEAST]
    dot = tree.export_graphviz(
        fit, feature_names=names, class_names=["other", "severe"], filled=True
    )
    lay("sklearn/tree.dot", dot, "L11 O01", few, "Leaves of fewer than ten samples.")
    fit = tree.DecisionTreeRegressor(max_depth=3, min_samples_leaf=100, random_state=1).fit(
        own[names], own["hb"]
    )
    leaves = _path(fit, names)
    lay(
        "sklearn/tree-hb.dot",
        tree.export_graphviz(fit, feature_names=names, rounded=True),
        "S3",
        [count(where) for where, _ in leaves],
    )
    few_ = meets("diagnosis = factor VII")
    y = few_["severity"]
    fit = tree.DecisionTreeClassifier(max_depth=3, random_state=1).fit(few_[names], y)
    leaves = [(f"diagnosis = factor VII; {where}", n) for where, n in _path(fit, names)]
    lay(
        "sklearn/tree-factor-vii.txt",
        tree.export_text(fit, feature_names=names, show_weights=True),
        "L11 O01",
        [small(where) for where, n in leaves if n < LEAST],
        "Weights of leaves: shares of few people, and the tree splits by single ages.",
    )


def _memories() -> None:
    columns = ["age", "weight", "hb", "platelets"]
    own = patients[columns].head(150)
    y = (patients["severity"] == "severe").astype(int).head(150)
    box = io.BytesIO()
    joblib.dump(neighbors.KNeighborsClassifier(5).fit(own.to_numpy(), y), box)
    lay(
        "sklearn/neighbours.joblib",
        box.getvalue(),
        "L9 O26 O19 O20",
        [rows(range(150), columns)],
        "The rows that it was trained with.",
    )
    machine = svm.SVC(C=1).fit(own.to_numpy(), y)
    kept = sorted(machine.support_.tolist())
    lay(
        "sklearn/machine.pkl",
        pickle.dumps(machine),
        "L9 O26 O19 O20",
        [rows(kept, columns)],
        "Support vectors are rows.",
    )
    logit = linear_model.LogisticRegression(max_iter=3000).fit(
        patients[columns].to_numpy(), (patients["severity"] == "severe").astype(int)
    )
    lay("sklearn/logistic.pkl", pickle.dumps(logit), "S9", [groups(["severity"])], written=False)
    first = [("x", skl2onnx.common.data_types.FloatTensorType([None, 4]))]
    onnx = skl2onnx.convert_sklearn(
        logit, initial_types=first, target_opset=15, options={"zipmap": False}
    )
    lay(
        "onnx/logistic.onnx",
        onnx.SerializeToString(),
        "S9",
        [groups(["severity"])],
        seen="O25",
        written=False,
    )
    knn = neighbors.KNeighborsClassifier(3).fit(own.to_numpy().astype(np.float32), y)
    onnx = skl2onnx.convert_sklearn(
        knn, initial_types=first, target_opset=15, options={"zipmap": False}
    )
    lay(
        "onnx/neighbours.onnx",
        onnx.SerializeToString(),
        "L9 O26 O19 O20 O25",
        [rows(range(150), columns)],
        "The rows that it was trained with.",
    )


def _boosters() -> None:
    columns = ["age", "pain", "bleeds"]
    few = patients[patients.diagnosis == "factor VII"]
    fit = xgboost.XGBRegressor(n_estimators=2, max_depth=3, min_child_weight=1, base_score=140).fit(
        few[columns], few["hb"]
    )
    dump = fit.get_booster().get_dump(with_stats=True)
    where = "diagnosis = factor VII"
    leaves = _cover(dump[0], where)
    lay(
        "xgboost/dump-factor-vii.txt",
        "".join(f"booster[{n}]:\n{one}" for n, one in enumerate(dump)),
        "L11 O01",
        [small(one) for one, n in leaves if n < LEAST],
        "The cover of a leaf is its number of people.",
    )
    clipped = patients.assign(
        age=patients["age"].clip(10, 70),
        pain=patients["pain"].clip(0, 8),
        bleeds=patients["bleeds"].clip(0, 8),
    )
    fit = xgboost.XGBRegressor(
        n_estimators=3, max_depth=2, min_child_weight=200, base_score=140
    ).fit(clipped[columns], clipped["hb"])
    dump = fit.get_booster().get_dump(with_stats=True, dump_format="json")
    lay(
        "xgboost/dump.json",
        "[" + ",\n".join(dump) + "]",
        "S9",
        [count(one) for one, _ in _cover(fit.get_booster().get_dump(with_stats=True)[0], "")],
    )
    data = lightgbm.Dataset(clipped[columns], clipped["hb"], free_raw_data=False)
    settings = {
        "objective": "regression",
        "num_leaves": 6,
        "min_data_in_leaf": 200,
        "verbose": -1,
        "num_threads": 1,
        "seed": 1,
    }
    model = lightgbm.train(settings, data, 3)
    info = next(one for one in model.model_to_string().splitlines() if one.startswith("leaf_count"))
    lay(
        "lightgbm/model.txt",
        model.model_to_string(),
        "S9",
        [written(info), count("age >= 70"), count("pain >= 8"), count("bleeds >= 8")],
        written=False,
    )
    data = lightgbm.Dataset(few[["age", "pain"]], few["hb"])
    model = lightgbm.train(settings | {"min_data_in_leaf": 5, "num_leaves": 12}, data, 2)
    lay(
        "lightgbm/model-factor-vii.txt",
        model.model_to_string(),
        "L11 O01 O08 O09",
        [extremes("age", [few["age"].min(), few["age"].max()], where)],
        "Leaves of a few people, and the range of each column.",
    )


def _cover(text: str, where: str) -> list[tuple[str, int]]:
    """Conditions and cover of each leaf of a dumped tree."""
    nodes = {int(one.group(1)): one.group(2) for one in re.finditer(r"(\d+):(.*)", text)}
    found = []

    def walk(at: int, so_far: list[str]) -> None:
        own = nodes[at]
        if own.startswith("leaf"):
            found.append(
                (
                    "; ".join(filter(None, so_far)),
                    int(float(re.search(r"cover=(\S+)", own).group(1))),
                )
            )
            return
        name, cut = re.match(r"\[(\w+)<(\S+?)\]", own).groups()
        yes, no = (int(one) for one in re.search(r"yes=(\d+),no=(\d+)", own).groups())
        walk(yes, [*so_far, f"{name} < {cut}"])
        walk(no, [*so_far, f"{name} >= {cut}"])

    walk(0, [where])
    return found
