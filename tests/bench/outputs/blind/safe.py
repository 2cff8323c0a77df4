"""Files with nothing of a patient in them, many of which look as if there were.

Every count printed here is of 10 people or more and leaves 10 or more; what is small is a year, a
stage, a rank, a dose, a plan, a code, a coefficient. `facts` works that out again.
"""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from safetensors.numpy import save as save_tensors

from tests.bench.outputs.blind import written
from tests.bench.outputs.blind.analysis import COMMON, TERMS, Analyst, Fit, Shown, four
from tests.bench.outputs.blind.desk import Desk
from tests.bench.outputs.blind.facts import Apart, Claim, Condition, Counts
from tests.bench.outputs.blind.leaky import records
from tests.bench.outputs.blind.registry import PERSON, Frame, as_csv, drawn

_IN_COMMON: Condition = ("diagnosis", "in", "|".join(COMMON))
_BIG: Condition = ("centre", "in", "C01|C02|C03|C04|C05|C06")
_DEAD: Condition = ("outcome", "=", "dead")


class Plain:
    """Lays safe files down, family by family."""

    def __init__(self, desk: Desk, analyst: Analyst, rng: np.random.Generator) -> None:
        """Know where to lay them and what to make them from."""
        self.desk, self.analyst, self.rng = desk, analyst, rng

    def all(self) -> None:
        """Lay down every family."""
        for family in (
            self.tables, self.suppressed, self.coefficients, self.survival, self.synthetic,
            self.strangers, self.notebooks, self.figures, self.models, self.logs,
            self.at_the_threshold, self.look_alikes, self.pairs, self.numbers, self.media,
            self.unusual, self.alleles,
        ):  # fmt: skip
            family()

    def _lay(
        self, family: str, path: str, data: bytes | str, kind: str, claims: Sequence[Claim] = (),
        seen_by: str = "", released: Sequence[tuple[str, bytes]] = (),
    ) -> None:  # fmt: skip
        self.desk.lay(f"{family}/{path}", data, family, kind, claims=claims, seen_by=seen_by,
                      released=released)  # fmt: skip

    def shown(self) -> list[Shown]:
        """Give results that meet the policy, of different shapes."""
        analyst = self.analyst
        return [
            analyst.cross("people", "sex", "age_band", total=True),
            analyst.rates("people", "period", _DEAD),
            analyst.table_one("sex", (_IN_COMMON,)),
            analyst.means("people", "weight_kg", "risk"),
            analyst.cross("people", "region", "risk", (_IN_COMMON,)),
            analyst.rates("people", "diagnosis", _DEAD, (_IN_COMMON,)),
            analyst.quantiles("height_cm", "sex"),
        ]

    # S1
    def tables(self) -> None:
        """Aggregates in every format."""
        every = self.shown()
        for place, (kind, (ending, write)) in enumerate(written.WRITERS.items()):
            shown = every[place % len(every)]
            self._lay("S1", f"result_{place:02d}_{kind}.{ending}", write(shown.frame), kind,
                      shown.claims)  # fmt: skip
        means = self.analyst.means("people", "weight_kg", "risk", digits=2)
        self._lay("S1", "means.npy", written.array(means.frame[["mean weight_kg", "SD"]]), "npy",
                  means.claims)  # fmt: skip
        for place, shown in enumerate(every):
            self._lay("S1", f"paper_{place}.tex", written.latex(shown.frame, shown.title), "latex",
                      shown.claims)  # fmt: skip

    # S2
    def suppressed(self) -> None:
        """Rounded tables, and hidden cells that cannot be worked out."""
        analyst = self.analyst
        for base, kind in ((5, "csv"), (10, "xlsx"), (5, "html"), (10, "latex"), (5, "docx")):
            shown = analyst.cross("people", "region", "risk", (_IN_COMMON,), base=base, total=True)
            ending, write = written.WRITERS[kind]
            self._lay("S2", f"rounded_{base}_{kind}.{ending}", write(shown.frame), kind,
                      shown.claims)  # fmt: skip
        hidden, claims = self._hidden()
        for kind in ("csv", "xlsx", "latex", "markdown", "docx"):
            ending, write = written.WRITERS[kind]
            self._lay("S2", f"hidden.{ending}", write(hidden), kind, claims)

    def _hidden(self) -> tuple[Frame, Sequence[Claim]]:
        """Hide small cells, and no total is given for what they belong to."""
        where: tuple[Condition, ...] = (("centre", "in", "C17|C18|C19|C20|C21|C22"),)
        shown = self.analyst.cross("people", "centre", "ecog", where)
        frame = shown.frame.astype(object).copy()
        (claim,) = shown.claims
        assert isinstance(claim, Counts)
        kept = {key: n for key, n in claim.cells.items() if n >= 10}
        for row in frame.index:
            for column in frame.columns[1:]:
                if frame.loc[row, column] < 10:
                    frame.loc[row, column] = "<10"
        return frame, (Counts("people", claim.by, kept, where, parts=False),)

    # S3
    def coefficients(self) -> None:
        """Regression outputs."""
        analyst = self.analyst
        fits: dict[str, Fit] = {
            "weight": analyst.linear("weight_kg", TERMS),
            "death": analyst.logistic(TERMS, (_IN_COMMON,)),
            "height": analyst.linear("height_cm", TERMS, (_BIG,)),
        }
        for name, fit in fits.items():
            self._lay("S3", f"{name}_summary.txt", fit.python(), "txt", fit.claims)
            self._lay("S3", f"{name}_summary.Rout.txt", fit.r(), "txt", fit.claims)
            self._lay("S3", f"{name}.csv", as_csv(fit.frame()), "csv", fit.claims)
        fit = fits["death"]
        ratios = fit.frame(ratio="OR").iloc[1:]
        kinds = ("xlsx", "latex", "docx", "html", "json", "markdown", "pdf", "parquet", "rds")
        for kind in kinds:
            ending, write = written.WRITERS[kind]
            self._lay("S3", f"odds_ratios.{ending}", write(ratios), kind, fit.claims)
        vif = pd.DataFrame({"term": fit.names[1:], "GVIF": [1.02, 1.0, 1.31, 1.2, 1.27],
                            "Df": [1, 1, 1, 1, 1]})  # fmt: skip
        self._lay("S3", "vif.csv", as_csv(vif), "csv", fit.claims)
        tests = pd.DataFrame({"variable": ["sex", "age_band", "risk", "ecog"],
                              "chi2": [3.41, 122.0, 871.2, 40.9], "df": [1, 3, 4, 4],
                              "p": ["0.065", "<0.001", "<0.001", "<0.001"]})  # fmt: skip
        self._lay("S3", "tests.csv", as_csv(tests), "csv")
        self._lay("S3", "tests.tex", written.latex(tests, "Tests of independence"), "latex")

    # S4
    def survival(self) -> None:
        """Survival tables at rounded times."""
        times = (0, 12, 24, 36, 48, 60)
        groups: Mapping[str, tuple[Condition, ...]] = {
            "all": (), "aml": (("diagnosis", "=", "AML"),), "mds": (("diagnosis", "=", "MDS-LB"),),
            "high": (("risk", "=", "high"),),
        }  # fmt: skip
        kinds = ("csv", "xlsx", "html", "latex", "ipynb", "json", "markdown", "docx")
        for place, (name, where) in enumerate(groups.items()):
            shown = self.analyst.survival(times, where)
            for kind in kinds[place::4]:
                ending, write = written.WRITERS[kind]
                self._lay("S4", f"survival_{name}.{ending}", write(shown.frame), kind,
                          shown.claims)  # fmt: skip
        shown = self.analyst.survival(times, groups["mds"])
        self._lay("S4", "curve.svg", self._curve(shown.frame, "svg"), "svg", shown.claims, "O17")
        both = written.zipped({"curve.svg": self._curve(shown.frame, "svg"),
                               "curve.csv": as_csv(shown.frame)})  # fmt: skip
        self._lay("S4", "curve_and_table.zip", both, "zip", shown.claims, "O17")

    @staticmethod
    def _curve(frame: Frame, kind: str) -> bytes:
        def draw(axes: Any) -> None:
            axes.step(frame["month"], frame["survival"], where="post", label="all")
            axes.set_xlabel("Months since diagnosis")
            axes.set_ylabel("Survival")
            axes.legend()

        return written.figure(draw, kind)

    # S5
    def synthetic(self) -> None:
        """Data drawn from rounded margins, and counts with noise."""
        people = self.analyst.frames["people"]
        for place, kind in enumerate(("csv", "parquet", "json", "xlsx")):
            margins = {
                column: (people[column].value_counts() / 10).round() * 10
                for column in ("sex", "region", "risk", "age_band", "period")
            }
            frame = pd.DataFrame({
                column: self.rng.choice(own.index, 200, p=own / own.sum())
                for column, own in margins.items()
            })  # fmt: skip
            frame["weight_band"] = self.rng.choice(["<60", "60-79", "80-99", "100+"], 200)
            ending, write = written.WRITERS[kind]
            self._lay("S5", f"synthetic_{place}.{ending}", write(frame), kind,
                      seen_by="O20 O21")  # fmt: skip
        series = people.groupby(["region", "sex"])[PERSON].nunique()
        noisy = (series + self.rng.laplace(0, 4, len(series))).round().astype(int)
        self._lay("S5", "noisy_counts.csv", as_csv(noisy.rename("noisy n").reset_index()), "csv")

    # S6
    def strangers(self) -> None:
        """People of the same population who are not in the source."""
        for place, kind in enumerate(("csv", "feather", "json-split", "xlsx", "stata", "ndjson")):
            others = drawn(int(self.rng.integers(10**6)) + 10**6, 1500)
            table = ("people", "visits")[place % 2]
            frame = others.tables()[table].drop(columns=[PERSON]).sample(150, random_state=place)
            source = self.analyst.registry.tables()[table].drop(columns=[PERSON])
            fresh = frame.merge(source.drop_duplicates(), how="left", indicator=True)
            frame = frame[(fresh["_merge"] == "left_only").to_numpy()].reset_index(drop=True)
            ending, write = written.WRITERS[kind]
            self._lay("S6", f"simulated_{place}.{ending}", write(frame), kind,
                      records(table, frame), "O20 O21")  # fmt: skip

    # S7
    def notebooks(self) -> None:
        """Notebooks as they should be handed in."""
        every = self.shown()
        for place, shown in enumerate(every):
            cells = [
                ("import pandas as pd\n\ndf = pd.read_parquet('people.parquet')", []),
                ("df.shape", [written.stream(f"({len(self.analyst.registry.people)}, 14)\n")]),
                (f"# {shown.title}\ntable", [written.result(shown.frame)]),
            ]
            self._lay("S7", f"analysis_{place}.ipynb", written.notebook(cells), "ipynb",
                      shown.claims)  # fmt: skip
        fit = self.analyst.logistic(TERMS)
        model = [("fit.summary()", [written.stream(fit.python())])]
        self._lay("S7", "model.ipynb", written.notebook(model), "ipynb", fit.claims)
        types = str(self.analyst.registry.people.dtypes.to_string())
        self._lay("S7", "dtypes.ipynb", written.notebook([
            ("df.dtypes", [written.stream(types + "\n")]),
            ("df.columns.tolist()", [written.stream(str(list(self.analyst.registry.people)))]),
        ]), "ipynb")  # fmt: skip
        self._lay("S7", "no_outputs.ipynb", written.notebook([
            ("import pandas as pd", []), ("df.groupby('risk').size()", [])]), "ipynb")  # fmt: skip
        progress = "epoch 1/3 loss 0.693\nepoch 2/3 loss 0.512\nepoch 3/3 loss 0.498\n"
        self._lay("S7", "training.ipynb", written.notebook([
            ("fit(epochs=3)", [written.stream(progress)])]), "ipynb")  # fmt: skip

    # S8
    def figures(self) -> None:
        """Figures of cleared tables."""
        analyst = self.analyst
        counted = analyst.rates("people", "period", _DEAD)
        bands = analyst.cross("people", "age_band", "sex")
        means = analyst.means("people", "weight_kg", "risk")

        def bars(axes: Any) -> None:
            axes.bar(counted.frame["period"], counted.frame["n"])
            for place, count in enumerate(counted.frame["n"]):
                axes.text(place, count, str(count), ha="center")
            axes.set_ylabel("Patients")

        def stacked(axes: Any) -> None:
            axes.bar(bands.frame["age_band"], bands.frame["F"], label="F")
            axes.bar(bands.frame["age_band"], bands.frame["M"], bottom=bands.frame["F"], label="M")
            axes.legend()

        def lines(axes: Any) -> None:
            axes.errorbar(
                means.frame["risk"], means.frame["mean weight_kg"], yerr=means.frame["SD"]
            )
            axes.set_ylim(40, 110)

        def forest(axes: Any) -> None:
            ratios = analyst.logistic(TERMS).frame(ratio="OR").iloc[1:]
            axes.plot(ratios["OR"], range(len(ratios)), "s")
            axes.set_yticks(range(len(ratios)), list(ratios["term"]))
            axes.axvline(1, color="grey")
            axes.set_xscale("log")

        draws = {"bars": (bars, counted), "stacked": (stacked, bands), "lines": (lines, means),
                 "forest": (forest, Shown("", None))}  # fmt: skip
        for name, (draw, shown) in draws.items():
            for kind in ("svg", "pdf", "png"):
                self._lay("S8", f"{name}.{kind}", written.figure(draw, kind), kind, shown.claims,
                          "O17")  # fmt: skip
        self._lay("S8", "bars.jpg", written.figure(bars, "jpg"), "jpeg", counted.claims, "O17")
        blob = json.dumps([{"type": "bar", "x": counted.frame["period"].tolist(),
                            "y": counted.frame["n"].tolist()}])  # fmt: skip
        page = (
            written.html(counted.frame, counted.title)
            + f"<script>Plotly.newPlot('f', {blob})</script>"
        )
        self._lay("S8", "report_plotly.html", page, "html", counted.claims, "O17")
        spec = {"mark": "bar", "data": {"values": counted.frame.to_dict("records")}}
        self._lay("S8", "vega.json", json.dumps(spec), "json", counted.claims, "O17")

    # S9
    def models(self) -> None:
        """Coefficients as files; what is a model container is seen by people all the same."""
        fit = self.analyst.logistic(TERMS)
        params = {name: four(beta) for name, beta in zip(fit.names, fit.beta, strict=True)}
        self._lay("S9", "coefficients.json", json.dumps({"model": "logit", "params": params}),
                  "json", fit.claims)  # fmt: skip
        self._lay(
            "S9",
            "coefficients.yaml",
            "params:\n" + "".join(f"  '{name}': {value}\n" for name, value in params.items()),
            "yaml",
            fit.claims,
        )
        weights = np.array(list(params.values()), np.float64)
        self._lay("S9", "logit.safetensors", save_tensors({"coef": weights}),
                  "safetensors", fit.claims, "O25")  # fmt: skip
        self._lay("S9", "logit.npz", written.arrays({"coef": weights[1:], "b": weights[:1]}), "npz",
                  fit.claims, "O25")  # fmt: skip
        network = {"w1": self.rng.normal(0, 0.3, (5, 4)).astype(np.float32),
                   "b1": np.zeros(4, np.float32)}  # fmt: skip
        self._lay("S9", "network.safetensors", save_tensors(network), "safetensors",
                  seen_by="O25")  # fmt: skip
        tree = "|--- risk <= 2.5\n|   |--- age <= 60\n|   |   |--- class: 0\n|   |--- class: 1\n"
        self._lay("S9", "tree.txt", tree, "txt", seen_by="O25")
        score = pd.DataFrame(
            {
                "item": [
                    "age 60-74",
                    "age 75+",
                    "high risk",
                    "very high risk",
                    "ECOG 2",
                    "ECOG 3-4",
                ],
                "points": [1, 2, 2, 4, 1, 3],
            }
        )
        self._lay("S9", "score_points.csv", as_csv(score), "csv")
        self._lay("S9", "score_points.tex", written.latex(score, "Points of the score"), "latex")

    # S10
    def logs(self) -> None:
        """Logs with counts, code without data."""
        shown = self.analyst.rates("people", "diagnosis", _DEAD, (_IN_COMMON,))
        whole = len(self.analyst.registry.people)
        stamp = "2024-05-02 09:31:0"
        log = (f"{stamp}0 INFO start, version 1.4.2, seed 20240502\n"
               f"{stamp}1 INFO read people: {whole} rows, 14 columns\n"
               f"{stamp}4 INFO 5 folds, 3 repeats, 8 threads\n"
               f"{stamp}9 INFO converged after 6 iterations, AUC 0.71\n")  # fmt: skip
        self._lay("S10", "run.log", log, "log")
        self._lay("S10", "table.log", log + "\n" + written.text(shown.frame) + "\n", "log",
                  shown.claims)  # fmt: skip
        fit = self.analyst.logistic(TERMS)
        r_log = (
            "R version 4.3.2 (2023-10-31)\n> library(survival)\n> summary(fit)\n"
            + fit.r()
            + "> sessionInfo()\nother attached packages:\n[1] survival_3.5-7 dplyr_1.1.4\n"
        )
        self._lay("S10", "model.Rout.txt", r_log, "txt", fit.claims)
        stata = ("name:  <unnamed>\n log type:  text\n\n. logit dead age i.sex i.risk, or\n\n"
                 "Iteration 0:  Log likelihood = -7834.1\nIteration 1:  Log likelihood = -7012.5\n"
                 "Iteration 2:  Log likelihood = -7009.9\n")  # fmt: skip
        self._lay("S10", "model.log", stata, "log")
        codes = {
            "analysis.py": "import pandas as pd\n\nBANDS = [0, 40, 60, 75, 200]\n"
            "df = pd.read_parquet('people.parquet')\ndf = df[df['ecog'] <= 2]\n"
            "print(df.groupby(pd.cut(df['age'], BANDS)).size())\n",
            "analysis.R": "library(dplyr)\nppl <- read.csv('people.csv')\nfit <- glm(dead ~ age + "
            "sex + ecog, family = binomial, data = ppl)\nexp(coef(fit))\n",
            "cohort.sql": "SELECT region, count(DISTINCT pid) AS n FROM people\nWHERE diagnosed >= "
            "'2013-01-01' AND ecog < 3 GROUP BY region HAVING count(DISTINCT pid) >= 10;\n",
            "model.do": "use people, clear\nkeep if ecog <= 2\nstset followup_months, "
            "failure(dead)\nstcox i.sex age, vce(robust)\n",
            "model.sas": "proc lifetest data=people;\n  time followup_months*dead(0);\n"
            "  strata sex;\nrun;\n",
            "config.yaml": "seed: 20240502\nfolds: 5\nrepeats: 3\nlearning_rate: 0.05\n"
            "max_depth: 3\nminimum_cell: 10\nbands: [40, 60, 75]\n",
            "functions.py": '"""Cleaning."""\n\nMONTHS = 12\nTHRESHOLD_HB = 7.5\n\n\n'
            "def months(days: float) -> float:\n    return days / 30.44\n",
        }
        for path, code in codes.items():
            self._lay("S10", path, code, path.rsplit(".", 1)[1])

    # S11
    def at_the_threshold(self) -> None:
        """Tables whose smallest number is just large enough."""
        analyst = self.analyst
        people = analyst.frames["people"]
        sizes = people["centre"].value_counts()
        for least in (10, 11, 14):
            shown = self._least(least)
            self._lay("S11", f"smallest_{least}.csv", as_csv(shown.frame), "csv", shown.claims)
            self._lay("S11", f"smallest_{least}.docx", written.report([shown.title, shown.frame]),
                      "docx", shown.claims)  # fmt: skip
        where: tuple[Condition, ...] = (("centre", "in", "|".join(sizes[sizes >= 100].index)),)
        shown = analyst.rates("people", "centre", _DEAD, where)
        self._lay("S11", "centres.csv", as_csv(shown.frame), "csv", shown.claims)
        self._lay("S11", "centres.html", written.html(shown.frame), "html", shown.claims)
        for row, column, table, terms in (
            ("year", "sex", "people", ()), ("ecog", "sex", "people", (("ecog", "<", "4"),)),
            ("year", "outcome", "people", ()), ("first_line", "sex", "people", (_IN_COMMON,)),
            ("abnormality", "sex", "karyotypes", (("abnormality", "in", "normal|del(5q)|+8|-7"),)),
            ("metaphases", "sex", "karyotypes", ()), ("units", "sex", "transfusions",
             (("product", "=", "RBC"),)),
        ):  # fmt: skip
            shown = analyst.cross(table, row, column, terms)
            for kind in ("csv", "xlsx", "latex"):
                ending, write = written.WRITERS[kind]
                self._lay("S11", f"{row}_by_{column}.{ending}", write(shown.frame), kind,
                          shown.claims)  # fmt: skip
        quartiles = analyst.quantiles("followup_months", "risk", base=5)
        self._lay("S11", "followup_rounded.csv", as_csv(quartiles.frame), "csv", quartiles.claims)
        ages = analyst.quantiles("age", "sex")
        self._lay("S11", "age_quartiles.tex", written.latex(ages.frame), "latex", ages.claims)

    def _least(self, least: int) -> Shown:
        """Find groups of birth years whose smallest number of deaths or survivors is this one."""
        people = self.analyst.frames["people"]
        table = people.groupby(["centre", "birth_year", "outcome"])[PERSON].nunique().unstack(
            fill_value=0)  # fmt: skip
        table = table[(table >= least).all(axis=1)]
        for (centre, year), row in table.iterrows():
            if row.min() == least:
                years = [y for c, y in table.index if c == centre]
                if len(years) < 2:
                    continue
                chosen = [year, *[y for y in years if y != year][:5]]
                where = (("centre", "=", centre),
                         ("birth_year", "in", "|".join(map(str, sorted(chosen)))))  # fmt: skip
                return self.analyst.rates("people", "birth_year", _DEAD, where)
        raise AssertionError(f"no group of {least}")

    def look_alikes(self) -> None:
        """Small whole numbers that count nobody."""
        shown: Mapping[str, Mapping[str, Sequence[Any]]] = {
            "dose_escalation": {"dose level": [1, 2, 3, 4], "dose mg": [5, 10, 15, 25],
                                "planned n": [3, 3, 6, 6], "days of treatment": [5, 5, 7, 7]},
            "schedule": {"cycle": [1, 2, 3, 4, 5, 6], "day": [1, 29, 57, 85, 113, 141],
                         "azacitidine mg/m2": [75, 75, 75, 75, 50, 50]},
            "visit_plan": {"visit": ["V1", "V2", "V3", "V4"], "week": [0, 4, 8, 12],
                           "tubes": [3, 2, 2, 3], "window days": [0, 3, 3, 7]},
            "ranking": {"variable": ["risk", "age", "ecog", "blasts", "sex"],
                        "rank": [1, 2, 3, 4, 5], "importance": [0.41, 0.22, 0.17, 0.12, 0.08]},
            "codes": {"ICD-10": ["D46.0", "D46.1", "C92.0", "C90.0"],
                      "version": [2019, 2019, 2019, 2019], "chapter": [3, 3, 2, 2]},
            "ecog_scale": {"ECOG": [0, 1, 2, 3, 4], "meaning": [
                "fully active", "restricted", "up half of the day", "in bed half of the day",
                "in bed"]},
            "triggers": {"group": ["<60 years", "60+ years", "cardiac"],
                         "Hb trigger g/dl": [7, 8, 9], "units per episode": [1, 1, 2]},
            "chromosomes": {"chromosome": [5, 7, 8, 20], "band": ["q31", "q22", "p11", "q12"],
                            "cut-off %": [3, 4, 5, 3]},
            "search_space": {"max_depth": [2, 3, 4, 5], "trees": [50, 100, 200, 400],
                             "AUC": [0.68, 0.71, 0.71, 0.7]},
            "milestones": {"date": ["2024-01-15", "2024-03-01", "2024-06-30"],
                           "version": ["0.9", "1.0", "1.1"],
                           "what": ["data cut", "plan signed", "analysis frozen"]},
            "power": {"hazard ratio": [0.6, 0.7, 0.8], "planned events": [121, 247, 631],
                      "planned n": [242, 494, 1262], "interim looks": [1, 2, 2]},
            "weights": {"item": ["age", "ECOG 2", "ECOG 3"], "points": [1, 2, 4]},
        }  # fmt: skip
        kinds = ("csv", "xlsx", "latex", "docx", "html", "markdown", "json", "text", "tsv", "pdf",
                 "ods", "ipynb")  # fmt: skip
        for place, (name, columns) in enumerate(shown.items()):
            frame = pd.DataFrame(dict(columns))
            for kind in (kinds[place], "csv" if kinds[place] != "csv" else "docx"):
                ending, write = written.WRITERS[kind]
                self._lay("S11", f"{name}.{ending}", write(frame), kind)
        words = ("We fitted 3 models with 5-fold cross-validation, 2 repeats and 4 knots. "
                 "Stage 2 of the protocol (version 1.3, 7 May 2021) planned 6 cycles of 5 days at "
                 "75 mg/m2. Table 4 and Figure 2 show the results; 8 of 10 covariates were kept. "
                 "A difference of 1 g/dl was judged relevant.")  # fmt: skip
        prose = ["Methods", words]
        self._lay("S11", "methods.docx", written.report(prose), "docx")
        self._lay("S11", "methods.md", "# " + "\n\n".join(prose) + "\n", "md")
        self._lay("S11", "methods.tex", "\\section{Methods}\n" + prose[1].replace("%", "\\%"),
                  "latex")  # fmt: skip

    # S12
    def pairs(self) -> None:
        """Tables beside earlier ones of which they differ by many people, or by nobody."""
        analyst = self.analyst
        pairs: Mapping[str, tuple[tuple[Condition, ...], tuple[Condition, ...]]] = {
            "same_again": ((), ()),
            "without_aml": ((), (("diagnosis", "!=", "AML"),)),
            "women_then_men": ((("sex", "=", "F"),), (("sex", "=", "M"),)),
            "later_only": ((), (("year", ">=", "2014"),)),
            "big_centres": ((), (_BIG,)),
        }
        for place, (name, (old, new)) in enumerate(pairs.items()):
            column = ("risk", "sex", "age_band", "period", "sex")[place]
            first = analyst.cross("people", "region", column, old)
            second = analyst.cross("people", "region", column, new)
            for kind in ("csv", "xlsx"):
                ending, write = written.WRITERS[kind]
                claims = (*second.claims, Apart("people", old, new))
                self._lay("S12", f"{name}.{ending}", write(second.frame), kind, claims,
                          released=[("paper1/table2.csv", as_csv(first.frame))])  # fmt: skip

    # S13
    def numbers(self) -> None:
        """Numbers that look like identifiers."""
        rng = self.rng
        trials = pd.DataFrame(
            {
                "trial": ["AZA-001", "QUAZAR", "VIALE-A"],
                "registration": ["NCT00071799", "NCT01757535", "NCT02993523"],
                "year": [2004, 2013, 2017],
            }
        )
        self._lay("S13", "trials.csv", as_csv(trials), "csv")
        self._lay("S13", "trials.tex", written.latex(trials, "Trials"), "latex")
        cost = pd.DataFrame({"region": ["North", "South", "East", "West"],
                             "cost EUR": rng.integers(10**8, 9 * 10**8, 4)})  # fmt: skip
        self._lay("S13", "costs.csv", as_csv(cost), "csv")
        seeds = pd.DataFrame({"replicate": range(1, 31), "seed": rng.integers(10**8, 10**9, 30)})
        self._lay("S13", "seeds.csv", as_csv(seeds), "csv")
        refs = ("@article{a1, doi={10.1182/blood-2012-03-420489}, pages={2454--2465}, "
                "year={2012}, volume={120}, number={12}}\n")  # fmt: skip
        self._lay("S13", "references.bib", refs, "bib")
        loinc = pd.DataFrame(
            {
                "LOINC": ["718-7", "751-8", "777-3", "2276-4"],
                "what": ["hemoglobin", "neutrophils", "platelets", "ferritin"],
            }
        )
        self._lay("S13", "loinc.xlsx", written.book({"codes": loinc}), "xlsx")
        digests = pd.DataFrame({"script": ["clean.py", "fit.R"], "sha256": [
            rng.bytes(32).hex(), rng.bytes(32).hex()]})  # fmt: skip
        self._lay("S13", "scripts.csv", as_csv(digests), "csv")
        genes = pd.DataFrame({"gene": ["TP53", "ASXL1", "SF3B1"], "Ensembl": [
            "ENSG00000141510", "ENSG00000171456", "ENSG00000115524"]})  # fmt: skip
        self._lay("S13", "genes.json", genes.to_json(orient="records"), "json")

    # S14
    def media(self) -> None:
        """Clean pictures and texts."""
        ramp = np.tile(np.linspace(0, 255, 300).astype(np.uint8), (200, 1))
        out = io.BytesIO()
        Image.fromarray(ramp).save(out, "png")
        self._lay("S14", "colour_bar.png", out.getvalue(), "png", seen_by="O17")

        def flow(axes: Any) -> None:
            axes.axis("off")
            for place, word in enumerate(("Registry", "Eligible", "Analysed")):
                axes.text(0.5, 0.9 - 0.3 * place, word, ha="center", bbox={"facecolor": "white"})

        for kind in ("png", "svg", "pdf", "tiff"):
            self._lay("S14", f"flow.{kind}", written.figure(flow, kind), kind, seen_by="O17")
        greek = ("Die β-Koeffizienten (µg/l, 95 %-KI) sind für Männer größer; „Schwelle“ ≥ 7 g/dl, "
                 "café, naïve, Łódź, Ελληνικά, 日本語.\n")  # fmt: skip
        self._lay("S14", "notes.txt", greek, "txt")
        self._lay("S14", "notes_latin1.txt", "Kräfte, Größe, naïve Schätzer\n".encode("latin-1"),
                  "txt")  # fmt: skip
        self._lay("S14", "readme.md", "# Read me\n\nRun `analysis.R`, then `figures.R`. Tables 1 "
                  "to 4 are in `tables/`.\n", "md")  # fmt: skip

    # S15
    def unusual(self) -> None:
        """Large or rare but legal."""
        every = self.shown()
        files = {f"tables/t{n}.csv": as_csv(shown.frame) for n, shown in enumerate(every)}
        claims = tuple(claim for shown in every for claim in shown.claims)
        self._lay("S15", "all_tables.zip", written.zipped(files), "zip", claims)
        self._lay("S15", "all_tables.tar", written.tarred(files), "tar", claims)
        inner = written.zipped({"inner/tables.zip": written.zipped(files)})
        self._lay("S15", "twice.zip", inner, "zip", claims)
        sheets = {f"T{n}": shown.frame for n, shown in enumerate(every)}
        self._lay("S15", "all_tables.xlsx", written.book(sheets), "xlsx", claims)
        self._lay("S15", "all_tables.ods", written.ods(sheets), "ods", claims)
        self._lay("S15", "all_tables.db", written.database(sheets), "sqlite", claims)
        parts = [part for shown in every for part in (shown.title, shown.frame)]
        self._lay("S15", "all_tables.docx", written.report(parts), "docx", claims)
        shown = every[1]
        semi = str(shown.frame.to_csv(index=False, sep=";")).replace("\n", "\r\n")
        self._lay("S15", "crlf.csv", semi, "csv", shown.claims)
        wide = written.str_utf16(shown.frame)
        self._lay("S15", "utf16.tsv", wide, "tsv", shown.claims)
        self._lay("S15", "empty_lines.csv", as_csv(shown.frame) + b"\n\n", "csv", shown.claims)
        self._lay("S15", "header_only.csv", b"group,n,deaths\n", "csv")

    # S16
    def alleles(self) -> None:
        """Sums over many people of what is in their genomes."""
        rng = self.rng
        carried = rng.integers(400, 4000, 8)
        frame = pd.DataFrame({
            "variant": ["TP53 R175H", "SF3B1 K700E", "SRSF2 P95H", "U2AF1 S34F", "ASXL1 G646W",
                        "DNMT3A R882H", "JAK2 V617F", "IDH2 R140Q"],
            "allele count": carried, "allele number": 24000,
            "frequency": np.round(carried / 24000, 3)})  # fmt: skip
        for kind in ("csv", "xlsx", "tsv", "latex"):
            ending, write = written.WRITERS[kind]
            self._lay("S16", f"allele_counts.{ending}", write(frame), kind)
        betas = pd.DataFrame(
            {
                "rsid": [f"rs{n}" for n in rng.integers(10**4, 10**7, 30)],
                "chr": rng.integers(1, 23, 30),
                "beta": np.round(rng.normal(0, 0.1, 30), 3),
                "p": np.round(rng.uniform(0, 1, 30), 3),
            }
        )
        self._lay("S16", "gwas_hits.csv", as_csv(betas), "csv")
        self._lay("S16", "gwas_hits.json", betas.to_json(orient="records"), "json")
