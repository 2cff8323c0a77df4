"""What libraries of statistics and learning print: models, tests, tables of events, trees."""

import contextlib
import io
import warnings

import numpy as np
import pandas as pd
from run import maker, run
from shelf import (
    cells,
    chosen,
    count,
    extremes,
    fitted,
    freedom,
    groups,
    lay,
    outside,
    persons,
    rows,
    sessions,
    small,
    value,
)  # fmt: skip
from texts import WHERE_COMMON, WHERE_LARGE, in_common, in_large

warnings.filterwarnings("ignore")
harbour = persons[persons.unit == "Harbourside"]
women = chosen("unit = Harbourside; gender = female")
WOMEN = "unit = Harbourside; gender = female"


def printed(call) -> str:
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        call()
    return told.getvalue()


@maker
def gee() -> None:
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    frame = sessions.assign(
        reacted=(sessions.reaction != "none").astype(int), volume=sessions.volume_ml / 100
    )
    own = smf.gee("reacted ~ volume + hb_before", "person", frame, family=sm.families.Binomial(),
                  cov_struct=sm.cov_struct.Exchangeable()).fit()  # fmt: skip
    lay(
        "statsmodels/gee.txt",
        "S3",
        count("", frame.person.nunique(), table="sessions"),
        text=str(own.summary()) + "\n",
    )
    own = smf.mixedlm("hb_after ~ hb_before + volume", frame, groups=frame.person).fit()
    lay(
        "statsmodels/mixed.txt",
        "S3",
        count("", frame.person.nunique(), table="sessions"),
        text=str(own.summary()) + "\n",
    )


@maker
def statsmodels_others() -> None:
    import statsmodels.api as sm
    import statsmodels.formula.api as smf
    from statsmodels.miscmodels.ordinal_model import OrderedModel
    from statsmodels.stats.anova import anova_lm
    from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2
    from statsmodels.stats.descriptivestats import Description
    from statsmodels.stats.multicomp import pairwise_tukeyhsd
    from statsmodels.stats.power import TTestIndPower

    formula = "hb ~ age + weight_kg + ferritin + crises + bilirubin + alt"
    few = smf.ols(formula, women).fit()
    many = smf.ols(formula, persons).fit()
    size = len(few.params)
    claim = freedom(WOMEN, size, int(few.df_resid), few=True)
    lay(
        "statsmodels/hb_harbourside.csv",
        "L11",
        claim,
        text=few.summary().as_csv() + "\n",
        rules="O07",
        leak="A model of the 15 women of Harbourside leaves eight degrees.",
    )
    names = ["age", "weight_kg", "ferritin", "crises", "bilirubin", "alt"]
    lay(
        "statsmodels/hb_all.csv",
        "S3",
        freedom("", size, int(many.df_resid), few=False),
        fitted("linear", "hb", names, [f"{b:.4f}" for b in many.params]),
        text=many.summary().as_csv() + "\n",
    )
    lay(
        "statsmodels/hb_harbourside.tex",
        "L11",
        claim,
        text=few.summary2().as_latex() + "\n",
        rules="O07",
        leak="A model of the 15 women of Harbourside leaves eight degrees.",
    )
    lay(
        "statsmodels/hb_all.tex",
        "S3",
        freedom("", size, int(many.df_resid), few=False),
        text=many.summary2().as_latex() + "\n",
    )
    own = smf.glm(
        "crises ~ age + hbf", chosen("condition = SS"), family=sm.families.Poisson()
    ).fit()
    lay(
        "statsmodels/crises.html",
        "S3",
        fitted(
            "poisson",
            "crises",
            ["age", "hbf"],
            [f"{b:.4f}" for b in own.params],
            where="condition = SS",
        ),
        text=own.summary().as_html() + "\n",
    )
    own = sm.MNLogit(
        in_common.chelator.astype("category").cat.codes,
        sm.add_constant(in_common[["age", "ferritin"]] / 100),
    ).fit(disp=0)
    lay(
        "statsmodels/mnlogit.txt",
        "S3",
        count(WHERE_COMMON, len(in_common)),
        text=str(own.summary()) + "\n",
    )
    own = OrderedModel(persons.pain.clip(upper=6), persons[["age", "crises"]], distr="logit").fit(
        method="bfgs", disp=0
    )
    lay("statsmodels/ordered.txt", "S3", count("", 5000), text=str(own.summary()) + "\n")
    low = anova_lm(smf.ols("hb ~ C(chelator) + age + C(condition)", women).fit(), typ=2)
    left = int(low.loc["Residual", "df"])
    lay(
        "statsmodels/anova_harbourside.txt",
        "L11",
        freedom(WOMEN, len(women) - left, left, few=True),
        rules="O07",
        text=low.to_string() + "\n",
        leak=f"{left} degrees are left of the 15 women of Harbourside.",
    )
    lay(
        "statsmodels/anova.txt",
        "S3",
        outside("sums of squares of a model of all people"),
        freedom("", 14, 4986, few=False),
        text=anova_lm(
            smf.ols("hb ~ C(chelator) + age + C(condition)", persons).fit(), typ=2
        ).to_string()
        + "\n",
    )
    own = Table2x2(
        pd.crosstab(
            chosen("condition = beta intermedia").gender,
            chosen("condition = beta intermedia").ulcer,
        ).to_numpy()
    )
    lay(
        "statsmodels/table2x2.txt",
        "L11",
        *cells(("gender", "ulcer"), "condition = beta intermedia", only="small"),
        rules="O01",
        text=str(own) + "\n\n" + str(own.summary()) + "\n",
        leak="Few women and few men with beta intermedia had an ulcer.",
    )
    own = Table2x2(pd.crosstab(persons.gender, persons.ulcer).to_numpy())
    lay(
        "statsmodels/table2x2_all.txt",
        "S2",
        groups(("gender", "ulcer")),
        text=str(own) + "\n\n" + str(own.summary()) + "\n",
    )
    tables = [pd.crosstab(f.gender, f.died).to_numpy() for _, f in in_large.groupby("unit")]
    lay(
        "statsmodels/stratified.txt",
        "S3",
        count("unit = Dunmere", 744),
        text=str(StratifiedTable(tables).summary()) + "\n",
    )
    frame = persons[["cost", "ferritin", "alt", "wbc"]]
    lay(
        "statsmodels/description.txt",
        "L11",
        extremes("wbc", persons.wbc.max(), persons.wbc.min()),
        rules="O08 O09",
        text=str(Description(frame)) + "\n",
        leak="Least and greatest values, and the 1st and 99th percentile.",
    )
    own = Description(
        frame, stats=["nobs", "missing", "mean", "std_err", "std", "skew", "kurtosis"]
    )
    lay("statsmodels/description_moments.txt", "S1", count("", 5000), text=str(own) + "\n")
    own = pairwise_tukeyhsd(in_common.hb, in_common.condition)
    lay(
        "statsmodels/tukey.txt",
        "S3",
        outside("differences of means of groups of 350 people and more"),
        text=str(own.summary()) + "\n",
    )
    power = TTestIndPower()
    sizes = [
        [d, p, int(np.ceil(power.solve_power(d, power=p, alpha=0.05)))]
        for d in (0.2, 0.3, 0.5, 0.8, 1.2, 1.5, 2.0)
        for p in (0.8, 0.9)
    ]
    lay(
        "statsmodels/planned.csv",
        "S3",
        outside("planned numbers of a trial that has not begun"),
        text=pd.DataFrame(sizes, columns=["effect", "power", "n_per_arm"]).to_csv(index=False),
    )


@maker
def scipy_prints() -> None:
    from scipy import stats

    own = stats.describe(chosen("condition = Hb Lepore").ferritin)
    frame = chosen("condition = Hb Lepore")
    lay(
        "scipy/describe.txt",
        "L11",
        extremes(
            "ferritin",
            int(frame.ferritin.min()),
            int(frame.ferritin.max()),
            where="condition = Hb Lepore",
        ),
        rules="O08",
        text=f"ferritin, Hb Lepore\n{own}\n",
        leak="The least and the greatest ferritin of the people with Hb Lepore.",
    )
    a, b = (chosen(f"gender = {g}").hb for g in ("female", "male"))
    lay(
        "scipy/tests.txt",
        "S3",
        outside("statistics of tests over all people"),
        text="\n".join(
            map(
                str,
                [
                    stats.ttest_ind(a, b),
                    stats.mannwhitneyu(a, b),
                    stats.ks_2samp(a, b),
                    stats.levene(a, b),
                    stats.spearmanr(persons.age, persons.ferritin),
                    stats.kruskal(*[f.hb for _, f in in_common.groupby("condition")]),
                    stats.linregress(persons.age, persons.height_cm),
                ],
            )
        )
        + "\n",
    )
    own = stats.contingency.crosstab(
        chosen("unit = Gorsebank").condition, chosen("unit = Gorsebank").gender
    )
    lay(
        "scipy/crosstab.txt",
        "L11",
        *cells(("condition", "gender"), "unit = Gorsebank", only="small"),
        rules="O01",
        text=f"{own}\n",
        leak="Cells of one to nine people of Gorsebank.",
    )
    own = stats.contingency.crosstab(in_large.unit, in_large.gender)
    lay("scipy/crosstab_large.txt", "S1", groups(("unit", "gender"), WHERE_LARGE), text=f"{own}\n")


@maker
def pingouin_() -> None:
    import pingouin as pg

    _, observed, tests = pg.chi2_independence(persons, "unit", "diabetes")
    lay(
        "pingouin/chi2.txt",
        "L11",
        *cells(("unit", "diabetes"), only="small"),
        rules="O01",
        text=f"{observed}\n\n{tests.to_string()}\n",
        leak="Three people of Harbourside have diabetes.",
    )
    _, observed, tests = pg.chi2_independence(in_common, "condition", "spleen_out")
    lay(
        "pingouin/chi2_common.txt",
        "S2",
        groups(("condition", "spleen_out"), WHERE_COMMON),
        text=f"{observed}\n\n{tests.to_string()}\n",
    )
    own = pg.anova(in_common, dv="hb", between="condition", detailed=True)
    lay(
        "pingouin/anova.csv",
        "S3",
        freedom(WHERE_COMMON, 5, len(in_common) - 5, few=False),
        text=own.to_csv(index=False),
    )
    own = pg.anova(women, dv="hb", between="condition", detailed=True)
    left = int(own.DF.iloc[1])
    lay(
        "pingouin/anova_women.csv",
        "L11",
        freedom(WOMEN, women.condition.nunique(), left, few=True),
        rules="O07",
        text=own.to_csv(index=False),
        leak=f"{left} degrees are left of 15 women.",
    )
    own = pg.pairwise_corr(persons, ["age", "hb", "ferritin", "hbf", "bilirubin"], method="pearson")
    lay(
        "pingouin/pairwise_corr.csv",
        "S3",
        outside("correlations over all people"),
        count("", 5000),
        text=own.round(4).to_csv(index=False),
    )
    own = pg.linear_regression(persons[["age", "height_cm"]], persons.weight_kg)
    lay(
        "pingouin/regression.html",
        "S3",
        fitted("linear", "weight_kg", ["age", "height_cm"], [f"{b:.4f}" for b in own.coef]),
        text=own.round(4).to_html(index=False, border=0),
    )


@maker
def researchpy_() -> None:
    import researchpy as rp

    own = rp.summary_cat(harbour[["tongue", "condition"]])
    lay(
        "researchpy/categories_harbourside.txt",
        "L11",
        *cells(("tongue",), "unit = Harbourside", only="small", most=4),
        *cells(("condition",), "unit = Harbourside", only="small", most=4),
        rules="O01",
        text=own.to_string(index=False) + "\n",
        leak="Languages and conditions of one to nine people of Harbourside.",
    )
    own = rp.summary_cat(persons[["unit", "gender", "chelator", "blood_group"]])
    lay(
        "researchpy/categories.txt",
        "S1",
        *(groups((c,)) for c in ("chelator", "blood_group")),
        text=own.to_string(index=False) + "\n",
    )
    table, test = rp.crosstab(persons.condition, persons.stroke, test="chi-square")
    lay(
        "researchpy/stroke.html",
        "L11",
        *cells(("condition", "stroke"), only="small"),
        rules="O01 O03",
        text=table.to_html() + test.to_html(index=False),
        leak="Three people with HbH and six with S beta plus had a stroke.",
    )
    table, test = rp.crosstab(in_large.unit, in_large.stroke, test="chi-square")
    lay(
        "researchpy/stroke_large.html",
        "S1",
        groups(("unit", "stroke"), WHERE_LARGE),
        text=table.to_html() + test.to_html(index=False),
    )
    lay(
        "researchpy/ttest.txt",
        "S3",
        count("gender = female", 2655),
        count("gender = male", 2345),
        text="\n\n".join(
            one.to_string(index=False)
            for one in rp.ttest(
                chosen("gender = female").hb,
                chosen("gender = male").hb,
                group1_name="female",
                group2_name="male",
            )
        )
        + "\n",
    )
    told = printed(lambda: rp.codebook(persons[["unit", "tongue", "doing", "hb", "cost"]]))
    lay(
        "researchpy/codebook.txt",
        "L11",
        extremes("cost", f"{persons.cost.max():.2f}")
        if str(persons.cost.max()) in told
        else extremes("hb", persons.hb.max()),
        rules="O08",
        text=told,
        leak="The range of each number.",
    )


@maker
def sksurv_() -> None:
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.nonparametric import kaplan_meier_estimator
    from sksurv.util import Surv

    lepore = chosen("condition = S beta plus")
    time, alive = kaplan_meier_estimator(lepore.died == 1, lepore.died_days)
    dead = lepore[lepore.died == 1].died_days
    lay(
        "scikit-survival/km_s_beta_plus.csv",
        "L11",
        rules="O16",
        text=pd.DataFrame({"time": time, "survival": alive.round(4)}).to_csv(index=False),
        leak="Each day on which one of 82 people died or was last seen.",
        *[
            {
                "Moments": {
                    "where": "condition = S beta plus",
                    "time": "died_days",
                    "event": "died",
                    "days": [int(d) for d in dead],
                }
            }
        ],
    )
    time, alive = kaplan_meier_estimator(persons.died == 1, persons.died_days)
    years = [
        [
            y,
            round(float(alive[time <= y * 365][-1]), 2),
            int(1000 * round((persons.died_days >= y * 365).mean(), 2) // 1 * 5),
        ]
        for y in range(1, 11)
    ]
    lay(
        "scikit-survival/km_years.csv",
        "S4",
        outside("survival after whole years, two digits, of 5,000 people, at risk to 50"),
        text=pd.DataFrame(years, columns=["year", "survival", "at_risk_rounded"])
        .iloc[:, :2]
        .to_csv(index=False),
    )
    data = persons[["age", "ferritin", "ejection", "hb"]].astype(float)
    own = CoxPHSurvivalAnalysis().fit(data, Surv.from_arrays(persons.died == 1, persons.died_days))
    lay(
        "scikit-survival/cox.txt",
        "S3",
        outside("log hazard ratios of a model of all people"),
        text=f"{own}\n{pd.Series(own.coef_, data.columns).round(4).to_string()}\nconcordance {own.score(data, Surv.from_arrays(persons.died == 1, persons.died_days)):.3f}\n",
    )


@maker
def lifelines_() -> None:
    from lifelines import CoxPHFitter, NelsonAalenFitter, WeibullAFTFitter
    from lifelines.statistics import multivariate_logrank_test
    from lifelines.utils import survival_table_from_events

    frame = persons[persons.condition == "S beta zero"]
    own = survival_table_from_events(
        frame.stroke_days, frame.stroke, intervals=[365 * y for y in range(0, 13)]
    )
    few = own[(own.observed > 0) & (own.observed < 10)]
    edges = [(i.left, i.right) for i in few.index]
    lay(
        "lifelines/stroke_s_beta_zero.txt",
        "L11",
        rules="O16 O01",
        text=own.to_string() + "\n",
        *[
            small(
                f"condition = S beta zero; stroke = 1; stroke_days >= {int(a) + 1}; stroke_days < {int(b) + 1}",
                n,
            )
            for (a, b), n in zip(edges, few.observed, strict=True)
        ],
        leak="One to five strokes in each year of people with S beta zero.",
    )
    own = survival_table_from_events(
        persons.died_days, persons.died, intervals=[0, 730, 1460, 2190, 2920, 3650, 4383]
    )
    lay(
        "lifelines/deaths.txt",
        "S4",
        text=own.to_string() + "\n",
        *[
            count(f"died = 1; died_days >= {int(i.left) + 1}; died_days < {int(i.right) + 1}", n)
            for i, n in own.observed.items()
            if i.left >= 0 and n
        ],
    )
    frame = persons[persons.unit == "Gorsebank"]
    own = NelsonAalenFitter().fit(frame.died_days, frame.died)
    dead = sorted(frame[frame.died == 1].died_days)
    lay(
        "lifelines/hazard_gorsebank.csv",
        "L11",
        rules="O16",
        text=own.cumulative_hazard_.round(5).to_csv(),
        leak="Each day on which somebody of Gorsebank died or was last seen.",
        *[
            {
                "Moments": {
                    "where": "unit = Gorsebank",
                    "time": "died_days",
                    "event": "died",
                    "days": [int(d) for d in dead],
                }
            }
        ],
    )
    own = WeibullAFTFitter().fit(
        persons[["died_days", "died", "age", "ferritin"]], "died_days", "died"
    )
    n = int((persons.died == 1).sum())
    lay(
        "lifelines/weibull.txt",
        "S3",
        count("", 5000),
        count("died = 1", n),
        text=printed(lambda: own.print_summary(style="ascii", decimals=3)),
    )
    own = CoxPHFitter().fit(
        persons[["stroke_days", "stroke", "age", "hbf", "hb"]], "stroke_days", "stroke"
    )
    lay(
        "lifelines/cox.tex",
        "S3",
        outside("hazard ratios of a model of all people"),
        text=printed(lambda: own.print_summary(style="latex", decimals=3)),
    )
    lay(
        "lifelines/cox.html",
        "S3",
        count("stroke = 1", int(persons.stroke.sum())),
        text=own._repr_html_()
        if hasattr(own, "_repr_html_")
        else printed(lambda: own.print_summary(style="html")),
    )
    own = multivariate_logrank_test(persons.died_days, persons.unit, persons.died)
    lay(
        "lifelines/logrank.txt",
        "S3",
        outside("one test over all units"),
        text=printed(lambda: own.print_summary(style="ascii")),
    )


@maker
def tableone_() -> None:
    from tableone import TableOne

    columns = ["age", "gender", "doing", "spleen_out", "stroke", "ferritin"]
    own = TableOne(persons, columns=columns, categorical=["gender", "doing", "spleen_out", "stroke"], groupby="unit",
                   nonnormal=["ferritin"], missing=False, htest_name=True, pval=True, order={})  # fmt: skip
    lay(
        "tableone/by_unit.md",
        "L11",
        *cells(("unit", "stroke"), only="small"),
        *cells(("unit", "doing"), only="small", most=3),
        rules="O01",
        text=own.tabulate(tablefmt="github") + "\n",
        leak="Five people of Harbourside had a stroke, two draw a pension.",
    )
    own = TableOne(persons, columns=["age", "doing", "spleen_out", "hb"], categorical=["doing", "spleen_out"],
                   groupby="gender", row_percent=True, smd=True, missing=False)  # fmt: skip
    lay(
        "tableone/by_gender.md",
        "S1",
        groups(("doing", "gender")),
        text=own.tabulate(tablefmt="github") + "\n",
    )
    own = TableOne(
        harbour,
        columns=["age", "hb", "t2star_ms"],
        groupby="gender",
        min_max=["age", "hb", "t2star_ms"],
        decimals=1,
    )
    w = women.hb
    lay(
        "tableone/ranges.html",
        "L11",
        extremes("hb", int(w.min()), int(w.max()), where=WOMEN),
        rules="O08",
        text=own.to_html(),
        leak="The range of haemoglobin of the 15 women of Harbourside.",
    )
    own = TableOne(persons, columns=["age", "hb", "wbc"], groupby="gender", decimals=1)
    lay(
        "tableone/means.html",
        "S1",
        count("gender = female", 2655),
        value(
            "age",
            "mean",
            f"{chosen('gender = female').age.mean():.1f}",
            few=False,
            where="gender = female",
        ),
        text=own.to_html(),
    )


@maker
def linearmodels_() -> None:
    import statsmodels.api as sm
    from linearmodels.iv import IV2SLS, compare
    from linearmodels.panel import PanelOLS, RandomEffects

    frame = sessions.assign(turn=sessions.groupby("person").cumcount()).set_index(
        ["person", "turn"]
    )
    own = RandomEffects.from_formula("hb_after ~ 1 + hb_before + volume_ml", frame).fit()
    lay(
        "linearmodels/random.txt",
        "S3",
        count("", sessions.person.nunique(), table="sessions"),
        text=str(own.summary) + "\n",
    )
    small_ones = harbour.assign(turn=harbour.groupby("condition").cumcount()).set_index(
        ["condition", "turn"]
    )
    own = PanelOLS.from_formula("hb ~ age + EntityEffects", small_ones).fit()
    lay(
        "linearmodels/panel_harbourside.txt",
        "L11",
        small("unit = Harbourside; condition = S beta zero", 2),
        rules="O01",
        text=str(own.summary) + "\n",
        leak="The least group of the model has two people.",
    )
    data = sm.add_constant(persons[["age", "bags_year", "weight_kg"]].astype(float))
    one = IV2SLS(
        persons.ferritin.astype(float),
        data[["const", "age"]],
        data[["bags_year"]],
        data[["weight_kg"]],
    ).fit()
    two = IV2SLS(
        persons.ferritin.astype(float), data[["const", "age", "bags_year"]], None, None
    ).fit()
    lay(
        "linearmodels/compare.txt",
        "S3",
        count("", 5000),
        text=str(compare({"IV": one, "OLS": two}, precision="std_errors")) + "\n",
    )
    lay("linearmodels/iv.html", "S3", count("", 5000), text=one.summary.as_html())


@maker
def trees() -> None:
    from sklearn.metrics import classification_report, confusion_matrix
    from sklearn.tree import (
        DecisionTreeClassifier,
        DecisionTreeRegressor,
        export_graphviz,
        export_text,
    )

    frame = chosen("unit = Gorsebank")
    data = frame[["age", "bags_year"]]
    own = DecisionTreeClassifier(max_depth=3, random_state=0).fit(data, frame.diabetes)
    told = export_text(own, feature_names=list(data.columns), show_weights=True, decimals=1)
    lay(
        "scikit-learn/tree_gorsebank.txt",
        "L11",
        *tree_claims(own, frame, data),
        rules="O01",
        text=told,
        leak="Leaves of a tree with one to nine people of Gorsebank who have diabetes.",
    )
    own = DecisionTreeRegressor(max_depth=3, min_samples_leaf=150, random_state=0).fit(
        persons[["age", "bags_year", "crises"]], persons.ferritin
    )
    lay(
        "scikit-learn/tree_ferritin.txt",
        "S3",
        outside("a tree whose leaves hold 150 people and more"),
        text=export_text(own, feature_names=["age", "bags_year", "crises"], decimals=0),
    )
    lay(
        "scikit-learn/tree_ferritin.dot",
        "S3",
        count("", 5000),
        text=export_graphviz(
            own, feature_names=["age", "bags_year", "crises"], precision=0, impurity=False
        ),
    )
    own = DecisionTreeRegressor(max_depth=2, random_state=0).fit(
        harbour[["age", "bags_year"]], harbour.ferritin
    )
    lay(
        "scikit-learn/tree_harbourside.dot",
        "L11",
        *tree_claims(own, harbour, harbour[["age", "bags_year"]], outcome=None),
        rules="O01",
        text=export_graphviz(
            own, feature_names=["age", "bags_year"], precision=1, impurity=False, proportion=False
        ),
        leak="Leaves of one to nine people of Harbourside.",
    )
    frame = persons.assign(high=np.where(persons.ferritin >= 2500, "high", "low"))
    cut = np.where(frame.bags_year >= 25, "high", "low")
    at = frame.unit == "Harbourside"
    lay(
        "scikit-learn/report_harbourside.txt",
        "L11",
        small("unit = Harbourside; ferritin >= 2500", int((frame[at].high == "high").sum())),
        rules="O01",
        text=classification_report(frame[at].high, cut[at]),
        leak="Few people of Harbourside have a high ferritin.",
    )
    lay(
        "scikit-learn/report.txt",
        "S3",
        count("ferritin >= 2500", int((frame.high == "high").sum())),
        text=classification_report(frame.high, cut),
    )
    table = confusion_matrix(frame.high, cut, labels=["high", "low"])
    lay(
        "scikit-learn/confusion.txt",
        "S3",
        count("ferritin >= 2500; bags_year >= 25", table[0][0]),
        count("ferritin < 2500; bags_year < 25", table[1][1]),
        text=f"labels: high, low\n{table}\n",
    )
    table = confusion_matrix(frame[at].high, cut[at], labels=["high", "low"])
    lay(
        "scikit-learn/confusion_harbourside.txt",
        "L11",
        *[
            small(f"unit = Harbourside; ferritin {a}; bags_year {b}", int(n))
            for a, line in zip((">= 2500", "< 2500"), table, strict=True)
            for b, n in zip((">= 25", "< 25"), line, strict=True)
            if 0 < n < 10
        ],
        rules="O01",
        text=f"labels: high, low\n{table}\n",
        leak="Cells of one to nine people of Harbourside.",
    )


def tree_claims(own, frame, data, outcome="diabetes"):
    """Say which people a leaf holds, as bounds of the columns."""
    where = frame.unit.iloc[0]
    tree, found = own.tree_, []

    def walk(node, conditions):
        if tree.children_left[node] < 0:
            full = "; ".join(
                [f"unit = {where}", *conditions, *([f"{outcome} = 1"] if outcome else [])]
            )
            n = len(chosen(full))
            if 0 < n < 10:
                found.append(small(full, n))
            return
        name, cut = data.columns[tree.feature[node]], tree.threshold[node]
        walk(tree.children_left[node], [*conditions, f"{name} < {cut}"])
        walk(tree.children_right[node], [*conditions, f"{name} >= {cut}"])

    walk(0, [])
    return found


@maker
def pipelines() -> None:
    from sklearn.compose import ColumnTransformer
    from sklearn.inspection import permutation_importance
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    names = ["age", "hb", "ferritin"]
    pipe = make_pipeline(ColumnTransformer([("n", StandardScaler(), names), ("c", OneHotEncoder(), ["gender", "chelator"])]),
                         LogisticRegression(max_iter=500))  # fmt: skip
    grid = GridSearchCV(
        pipe, {"logisticregression__C": [0.01, 0.1, 1, 10, 100]}, cv=5, scoring="roc_auc"
    ).fit(persons, persons.died)
    own = pd.DataFrame(grid.cv_results_).filter(regex="param_|test|rank").round(4)
    lay(
        "scikit-learn/search.csv",
        "S3",
        outside("scores and ranks of five settings"),
        text=own.to_csv(index=False),
    )
    own = permutation_importance(
        grid.best_estimator_, persons, persons.died, n_repeats=3, random_state=1, scoring="roc_auc"
    )
    own = pd.DataFrame(
        {"column": persons.columns, "mean": own.importances_mean, "sd": own.importances_std}
    ).round(5)
    own = own[own["mean"] != 0]
    lay(
        "scikit-learn/importance.csv",
        "S3",
        outside("importances of columns"),
        text=own.to_csv(index=False),
    )


@maker
def patsy_() -> None:
    import patsy

    frame = persons.loc[:29, ["age", "weight_kg", "ferritin", "gender"]]
    own = patsy.dmatrix("age + weight_kg + ferritin + gender", frame)
    with np.printoptions(suppress=True, precision=1, linewidth=150, threshold=10000):
        lay(
            "patsy/design.txt",
            "L2",
            rows(["age", "weight_kg", "ferritin"], range(30)),
            rules="O19",
            text=f"{np.asarray(own)}\n{own.design_info.column_names}\n",
            leak="The design matrix of thirty people.",
        )
    lay(
        "patsy/terms.txt",
        "S10",
        outside("names of terms and coding of levels"),
        text=f"{own.design_info.describe()}\n{own.design_info}\n",
    )


@maker
def zepid_() -> None:
    import zepid

    frame = chosen("condition = beta intermedia").assign(
        removed=lambda f: (f.spleen_out == "yes").astype(int)
    )
    own = zepid.RiskRatio()
    own.fit(frame, exposure="removed", outcome="ulcer")
    lay(
        "zepid/risk_ratio.txt",
        "L11",
        *cells(("spleen_out", "ulcer"), "condition = beta intermedia", only="small"),
        rules="O01",
        text=printed(own.summary),
        leak="Of those without a spleen few had an ulcer.",
    )
    frame = persons.assign(removed=(persons.spleen_out == "yes").astype(int))
    own = zepid.RiskDifference()
    own.fit(frame, exposure="removed", outcome="died")
    lay(
        "zepid/risk_difference.txt", "S2", groups(("spleen_out", "died")), text=printed(own.summary)
    )


@maker
def tuned() -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=3))
    study.optimize(
        lambda t: (
            (t.suggest_float("rate", 0.01, 0.3) - 0.1) ** 2 + t.suggest_int("depth", 2, 9) / 50
        ),
        n_trials=20,
    )
    own = study.trials_dataframe(attrs=("number", "value", "params", "state")).round(5)
    lay(
        "optuna/trials.csv", "S3", outside("settings that were tried"), text=own.to_csv(index=False)
    )


if __name__ == "__main__":
    run()
