"""Files with something of a patient in them, as people make them by mistake or on purpose."""

import base64
import binascii
import bz2
import gzip
import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from openpyxl.comments import Comment
from PIL import Image, PngImagePlugin
from safetensors.numpy import save as save_tensors

from tests.bench.outputs.blind import written
from tests.bench.outputs.blind.analysis import COMMON, TERMS, Analyst, four
from tests.bench.outputs.blind.desk import Desk
from tests.bench.outputs.blind.facts import (
    Apart,
    Claim,
    Condition,
    Counts,
    Freedom,
    Held,
    Records,
    Sums,
)  # fmt: skip
from tests.bench.outputs.blind.registry import PERSON, Frame, as_csv, drawn

_IN_COMMON: Condition = ("diagnosis", "in", "|".join(COMMON))


def records(table: str, frame: Frame, columns: Sequence[str] = ()) -> tuple[Records, ...]:
    """Claim that these are rows of the source."""
    own = frame[list(columns)] if columns else frame
    rows = tuple(tuple(map(str, row)) for row in own.astype(object).to_numpy())
    return (Records(table, tuple(own.columns), rows),)


class Leaks:
    """Lays leaky files down, family by family."""

    def __init__(self, desk: Desk, analyst: Analyst, rng: np.random.Generator) -> None:
        """Know where to lay them and what to make them from."""
        self.desk, self.analyst, self.rng = desk, analyst, rng
        self.people = analyst.registry.people
        self.plain = self.people.drop(columns=[PERSON])

    def all(self) -> None:
        """Lay down every family."""
        for family in (
            self.raw, self.reshaped, self.scaled, self.needles, self.noised, self.hidden,
            self.notebooks, self.pages, self.models, self.logs, self.small, self.undone,
            self.identified, self.channels, self.boxes, self.genomes,
        ):  # fmt: skip
            family()

    def _some(self, table: str, count: int) -> Frame:
        frame = self.analyst.registry.tables()[table]
        rows = self.rng.choice(len(frame), count, replace=False)
        return frame.iloc[rows].reset_index(drop=True)

    def _cohort(self, count: int) -> Frame:
        """Give people without their pseudonym, as a careful researcher would."""
        return self._some("people", count).drop(columns=[PERSON])

    # L1
    def raw(self) -> None:
        """Rows as they are, in each format, from each table."""
        tables = ("people", "transfusions", "karyotypes", "visits")
        every = {**written.WRITERS, **written.ARRAYS, **written.SEALED}
        for place, (kind, (ending, write)) in enumerate(every.items()):
            table = tables[place % 4] if kind not in written.ARRAYS else "visits"
            frame = self._some(table, 30 + 5 * (place % 7))
            if table == "people":
                frame = frame.drop(columns=[PERSON])
            rules = "O19 O22 O25" if kind in written.SEALED else "O19 O22"
            self.desk.lay(f"extract/{table}_{kind}.{ending}", write(frame), "L1", kind, rules,
                          people=len(frame), claims=records(table, frame))  # fmt: skip

    # L2
    def reshaped(self) -> None:
        """Rows under other names, in other shapes, joined, and turned."""
        own = self._cohort(60)
        short = own[["birth_year", "weight_kg", "height_cm", "followup_months", "region"]]
        renamed = short.set_axis(["x1", "x2", "x3", "x4", "grp"], axis=1)
        renamed = renamed[["x4", "grp", "x1", "x3", "x2"]]
        self._lay("L2", "model_matrix.csv", as_csv(renamed), "csv", own=own)
        self._lay("L2", "appendix_transposed.csv", as_csv(own.head(25).T.reset_index()), "csv",
                  own=own.head(25))  # fmt: skip
        melted = own.head(40).reset_index().melt("index")
        self._lay("L2", "long_format.xlsx", written.book({"long": melted}), "xlsx",
                  own=own.head(40))  # fmt: skip
        packed = pd.DataFrame({"record": own.astype(str).agg("|".join, axis=1)})
        self._lay("L2", "packed.csv", as_csv(packed), "csv", own=own)
        coded = own.assign(sex=own["sex"].map({"F": 2, "M": 1}))
        coded["risk"] = coded["risk"].astype("category").cat.codes
        coded["diagnosis"] = coded["diagnosis"].astype("category").cat.codes
        self._lay("L2", "recoded.dta", written.WRITERS["stata"][1](coded), "stata", own=own)
        joined = self.analyst.frames["transfusions"].sample(50, random_state=3)
        joined = joined[["birth_year", "sex", "diagnosis", "weight_kg", "day", "product",
                         "hb_before", "followup_months"]]  # fmt: skip
        self._lay("L2", "episodes_joined.parquet", written.parquet(joined), "parquet", own=joined)
        visits = self.analyst.registry.visits
        pids = visits[PERSON].drop_duplicates().sample(40, random_state=5)
        chosen = visits[visits[PERSON].isin(pids)]
        wide = chosen.assign(no=chosen.groupby(PERSON).cumcount()).pivot(
            index=PERSON, columns="no", values=["hb", "platelets", "ferritin"]
        )
        wide.columns = [f"{name}_{no}" for name, no in wide.columns]
        self._lay("L2", "trajectories_wide.csv", as_csv(wide.reset_index(drop=True)), "csv",
                  own=wide)  # fmt: skip
        lists = {str(n): list(group["ferritin"].map(int)) for n, (_pid, group) in
                 enumerate(chosen.groupby(PERSON))}  # fmt: skip
        self._lay("L2", "series.json", json.dumps(lists), "json", own=wide)
        stacked = own.sort_values("weight_kg")[["weight_kg", "height_cm", "followup_months"]]
        self._lay("L2", "figure3_source.tsv", written.WRITERS["tsv"][1](stacked), "tsv", own=own)

    def _lay(
        self, family: str, path: str, data: bytes | str, kind: str, rules: str = "O19",
        *, own: Frame | None = None, people: int = 0, **more: Any,
    ) -> None:  # fmt: skip
        count = people or (len(own) if own is not None else 0)
        self.desk.lay(f"{family}/{path}", data, family, kind, rules, people=count, **more)

    # L3
    def scaled(self) -> None:
        """Rows as features of a model."""
        whole = self.plain[["birth_year", "weight_kg", "height_cm", "followup_months", "ecog"]]
        pick = self.rng.choice(len(whole), 200, replace=False)
        some = whole.iloc[pick].astype(float)
        own = self.people.iloc[pick]
        visits = self.analyst.registry.visits
        lab = visits.iloc[self.rng.choice(len(visits), 150, replace=False)]
        labs = lab[["hb", "neutrophils", "platelets", "ferritin", "ldh"]]
        groups = self.people.groupby("sex")[["weight_kg", "height_cm", "followup_months"]]
        ways: dict[str, tuple[Frame, Frame]] = {
            "standard_scaled.csv": ((some - whole.mean()) / whole.std(ddof=0), own),
            "z_scores_r.csv": ((some - whole.mean()) / whole.std(ddof=1), own),
            "minmax.csv": ((some - whole.min()) / (whole.max() - whole.min()), own),
            "log_labs.csv": (np.log(labs), lab),
            "log1p_labs.csv": (np.log1p(labs), lab),
            "rounded.csv": (pd.concat([some.round(0), own[["region", "diagnosis", "sex"]]],
                                      axis=1), own),
            "si_units.csv": (labs.assign(hb=labs["hb"] * 10).rename(columns={"hb": "hb_g_l"}), lab),
            "pounds_inches.csv": (some.assign(weight_kg=(some["weight_kg"] * 2.20462).round(2),
                                              height_cm=(some["height_cm"] / 2.54).round(2)), own),
            "z_within_sex.csv": (
                ((groups.obj[["weight_kg", "height_cm", "followup_months"]]
                  - groups.transform("mean")) / groups.transform("std")).iloc[pick], own),
            "log2_labs.csv": (np.log2(labs), lab),
            "ranked.csv": (whole.rank(pct=True).iloc[pick], own),
            "followup_years.csv": (some.assign(followup_months=some["followup_months"] / 12), own),
        }  # fmt: skip
        for path, (frame, rows) in ways.items():
            self._lay("L3", path, as_csv(frame), "csv", own=rows)
        scaled = ways["standard_scaled.csv"][0]
        self._lay("L3", "features.npy", written.array(scaled.to_numpy()), "npy", own=own)
        self._lay("L3", "features.feather", written.feather(np.log(labs)), "feather", own=lab)

    # L4
    def needles(self) -> None:
        """A few real rows where one would not look for them."""
        strangers = drawn(int(self.rng.integers(10**6)), 2000).people.drop(columns=[PERSON])
        for real, kind in ((1, "csv"), (5, "parquet"), (20, "xlsx"), (2, "json")):
            own = self._cohort(real)
            mixed = pd.concat([strangers.sample(300, random_state=real), own])
            mixed = mixed.sample(frac=1, random_state=real).reset_index(drop=True)
            ending, write = written.WRITERS[kind]
            self._lay("L4", f"synthetic_v{real}.{ending}", write(mixed), kind, own=own,
                      claims=records("people", own))  # fmt: skip
        own = self._cohort(20)
        shuffled = self.plain.sample(280, random_state=11).apply(
            lambda column: self.rng.permutation(column.to_numpy())
        )
        both = pd.concat([shuffled, own]).sample(frac=1, random_state=2)
        self._lay("L4", "permuted.csv", as_csv(both), "csv", own=own,
                  claims=records("people", own))  # fmt: skip
        table = self.analyst.rates("people", "period", ("outcome", "=", "dead"))
        one = self._cohort(3)
        self._lay("L4", "table_with_example.txt",
                  f"{table.title}\n\n{written.text(table.frame)}\n\nExample of the input:\n"
                  f"{written.text(one)}\n", "txt", own=one)  # fmt: skip
        vignette = self._cohort(1)
        row = vignette.iloc[0]
        self._lay("L4", "methods_example.md",
                  "# Data format\n\nOne line of the input, to show the format:\n\n```\n"
                  f"{as_csv(vignette).decode()}```\n", "md", "O19 O27", own=vignette)  # fmt: skip
        letter = (f"A typical case: {row['sex']}, born {row['birth_year']}, {row['diagnosis']} "
                  f"diagnosed {row['diagnosed']} at {row['centre']}, {row['weight_kg']} kg and "
                  f"{row['height_cm']} cm, first line {row['first_line']}, followed for "
                  f"{row['followup_months']} months.")  # fmt: skip
        self._lay("L4", "case_report.docx", written.report([letter]), "docx", "O19 O23",
                  own=vignette)  # fmt: skip

    # L5
    def noised(self) -> None:
        """Rows with noise, and one column alone: scored apart."""
        columns = ["weight_kg", "height_cm", "followup_months"]
        for percent in (1, 2, 5, 10):
            own = self._some("people", 150)
            noise = self.rng.normal(1, percent / 100, (150, 3))
            frame = (own[columns] * noise).round(2)
            self._lay("L5", f"jittered_{percent}.csv", as_csv(frame), "csv", own=own, apart=True)
        for column in ("followup_months", "weight_kg"):
            own = self._some("people", 300)
            self._lay("L5", f"only_{column}.csv", as_csv(own[[column]]), "csv", "O19 O21 O20",
                      own=own, apart=True)  # fmt: skip

    # L6
    def hidden(self) -> None:
        """A safe table to see, rows behind it."""
        shown = self.analyst.rates("people", "period", ("outcome", "=", "dead")).frame
        own = self._cohort(40)

        def sheet(state: str) -> Callable[[Any], None]:
            def change(book: Any) -> None:
                book["Source"].sheet_state = state

            return change

        def folded(book: Any) -> None:
            for row in range(2, 60):
                book["Table 1"].row_dimensions[row].hidden = row > 5

        def columns(book: Any) -> None:
            for letter in "FGHIJKLMNOPQRS":
                book["Table 1"].column_dimensions[letter].hidden = True

        def comments(book: Any) -> None:
            for row, line in enumerate(own.head(12).astype(str).agg(", ".join, axis=1), 1):
                book["Table 1"].cell(row, 6).comment = Comment(line, "analyst")

        def white(book: Any) -> None:
            for row in book["Table 1"].iter_rows(min_row=12):
                for cell in row:
                    cell.number_format = ";;;"

        both = {"Table 1": shown, "Source": own}
        under = pd.concat([shown.astype(object), own.astype(object)])
        beside = pd.concat([shown, own], axis=1)
        below = pd.concat([shown.astype(object), pd.DataFrame([[None] * 4] * 8), own])
        cases: dict[str, bytes] = {
            "paper_tables.xlsx": written.book(both, sheet("hidden")),
            "paper_tables2.xlsx": written.book(both, sheet("veryHidden")),
            "folded_rows.xlsx": written.book({"Table 1": under}, folded),
            "folded_columns.xlsx": written.book({"Table 1": beside}, columns),
            "commented.xlsx": written.book({"Table 1": shown}, comments),
            "unseen_numbers.xlsx": written.book({"Table 1": below}, white),
        }
        for path, data in cases.items():
            count = 12 if path == "commented.xlsx" else 40
            self._lay("L6", path, data, "xlsx", "O19 O28", people=count)
        self._lay("L6", "chart.xlsx", self._chart(own), "xlsx", "O19 O28", own=own)
        self._lay("L6", "with_workbook.docx", self._embedded(shown, own), "docx", "O19 O28",
                  own=own)  # fmt: skip
        self._lay("L6", "properties.docx", written.report(
            ["Results", shown], lambda doc: setattr(
                doc.core_properties, "comments", as_csv(own.head(3)).decode()[:250])
        ), "docx", "O19 O28", people=2)  # fmt: skip
        self._lay("L6", "vanished.docx", written.report(["Results", shown, own], _vanish), "docx",
                  "O19 O28", own=own)  # fmt: skip
        sheets = written.ods({"Table": shown, "Source": own})
        sheets = _replaced(sheets, "content.xml", b'table:name="Source"',
                           b'table:name="Source" table:visibility="collapse"')  # fmt: skip
        self._lay("L6", "tables.ods", sheets, "ods", "O19 O28", own=own)
        frame = shown.copy()
        frame.attrs["input"] = own.head(20).astype(str).to_dict("list")
        self._lay("L6", "with_attributes.parquet", written.parquet(frame), "parquet", "O19 O28",
                  people=20)  # fmt: skip
        page = written.html(shown).replace("</body>", "<div style='display:none'>" +
                                           str(own.to_html()) + "</div></body>")  # fmt: skip
        self._lay("L6", "page_hidden.html", page, "html", "O19 O28", own=own)
        remark = f"<!-- {as_csv(own).decode()} -->"
        self._lay("L6", "page_remark.html", written.html(shown) + remark, "html", "O19 O28",
                  own=own)  # fmt: skip

    def _chart(self, own: Frame) -> bytes:
        out = io.BytesIO()
        with pd.ExcelWriter(out, engine="xlsxwriter") as writer:
            own.to_excel(writer, sheet_name="d", index=False)
            chart = writer.book.add_chart({"type": "scatter"})
            chart.add_series({
                "categories": ["d", 1, 8, 40, 8], "values": ["d", 1, 11, 40, 11],
                "categories_data": own["weight_kg"].tolist(),
                "values_data": own["followup_months"].tolist(),
            })  # fmt: skip
            face = writer.book.add_worksheet("Figure")
            face.insert_chart("B2", chart)
            face.activate()
            writer.sheets["d"].hide()
        return written.steady(out.getvalue())

    def _embedded(self, shown: Frame, own: Frame) -> bytes:
        base = written.report(["Figure 1 and its table", shown])
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(base)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "[Content_Types].xml":
                    data = data.replace(b"</Types>", b'<Default Extension="xlsx" ContentType='
                                        b'"application/vnd.openxmlformats-officedocument.'
                                        b'spreadsheetml.sheet"/></Types>')  # fmt: skip
                new.writestr(name, data)
            new.writestr("word/embeddings/Microsoft_Excel_Sheet1.xlsx", written.book({"S": own}))
        return written.steady(out.getvalue())

    # L7
    def notebooks(self) -> None:
        """Notebooks that were run and not looked through."""
        shown = self.analyst.rates("people", "period", ("outcome", "=", "dead")).frame
        clean = ("summary", [written.result(shown)])
        own = self._some("people", 10)
        cells: dict[str, tuple[str, list[dict[str, Any]]]] = {
            "head.ipynb": ("df.head(10)", [written.result(own)]),
            "head_plain.ipynb": ("df.head(10)", [written.result(own, as_html=False)]),
            "printed.ipynb": ("print(df.sample(10))", [written.stream(written.text(own))]),
            "one_patient.ipynb": ("df.loc[17]", [{
                "output_type": "execute_result", "execution_count": 1, "metadata": {},
                "data": {"text/plain": str(own.iloc[0].to_string())}}]),
            "trace.ipynb": ("fit(row)", [{
                "output_type": "error", "ename": "ValueError",
                "evalue": f"bad record {own.iloc[1].to_dict()}",
                "traceback": [f"ValueError: bad record {own.iloc[1].to_dict()}"]}]),
            "records.ipynb": ("df.to_dict('records')[:10]", [{
                "output_type": "execute_result", "execution_count": 1, "metadata": {},
                "data": {"text/plain": str(own.to_dict("records"))}}]),
            "download_link.ipynb": ("download(df)", [{
                "output_type": "display_data", "metadata": {}, "data": {"text/html":
                    "<a download='df.csv' href='data:text/csv;base64,"
                    + base64.b64encode(as_csv(own)).decode() + "'>Download</a>"}}]),
            "plotly.ipynb": ("px.scatter(df)", [{
                "output_type": "display_data", "metadata": {}, "data": {
                    "application/vnd.plotly.v1+json": {"data": [{
                        "type": "scatter", "x": own["weight_kg"].tolist(),
                        "y": own["followup_months"].tolist(),
                        "customdata": own.astype(str).to_numpy().tolist()}], "layout": {}}}}]),
        }  # fmt: skip
        for path, cell in cells.items():
            count = 1 if path in {"one_patient.ipynb", "trace.ipynb"} else 10
            self._lay("L7", path, written.notebook([clean, cell]), "ipynb", "O19 O22",
                      people=count)  # fmt: skip
        widget = json.loads(written.notebook([clean]))
        widget["metadata"]["widgets"] = {
            "application/vnd.jupyter.widget-state+json": {
                "state": {
                    "a1": {"model_name": "DataGridModel", "state": {"_data": own.to_dict("list")}}
                }
            }
        }
        self._lay("L7", "grid_widget.ipynb", json.dumps(widget), "ipynb", "O19 O22", own=own)
        noted = json.loads(written.notebook([clean]))
        noted["cells"].append({
            "cell_type": "markdown", "id": "m", "metadata": {},
            "source": "Check by hand:\n\n" + written.markdown(own)})  # fmt: skip
        self._lay("L7", "markdown_rows.ipynb", json.dumps(noted), "ipynb", "O19 O22", own=own)

    # L8
    def pages(self) -> None:
        """Reports and figures that carry one mark or record a person."""
        own = self._cohort(120)
        blob = json.dumps([{"type": "scatter", "mode": "markers", "x": own["weight_kg"].tolist(),
                            "y": own["followup_months"].tolist(),
                            "text": own["diagnosed"].tolist()}])  # fmt: skip
        plotly = ("<html><body><h1>Report</h1><div id='f1'></div><script>"
                  f"Plotly.newPlot('f1', {blob}, {{}});</script></body></html>")  # fmt: skip
        self._lay("L8", "report_plotly.html", plotly, "html", own=own)
        spec = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "mark": "point",
                "data": {"values": own.to_dict("records")}}  # fmt: skip
        self._lay("L8", "figure_vega.json", json.dumps(spec), "json", own=own)
        self._lay("L8", "report_altair.html", "<html><body><div id='v'></div><script>var spec = "
                  f"{json.dumps(spec)}; vegaEmbed('#v', spec);</script></body></html>", "html",
                  own=own)  # fmt: skip
        grid = ("<html><body><script type='application/json' data-for='t'>"
                + json.dumps({"x": {"data": [own[c].tolist() for c in own], "container": ""}})
                + "</script></body></html>")  # fmt: skip
        self._lay("L8", "report_datatable.html", grid, "html", own=own)

        def scatter(axes: Any) -> None:
            axes.scatter(own["weight_kg"], own["followup_months"], s=8)
            axes.set_xlabel("Weight [kg]")
            axes.set_ylabel("Follow-up [months]")

        def swimmers(axes: Any) -> None:
            axes.barh(range(60), own["followup_months"].head(60))
            axes.set_xlabel("Months since diagnosis")

        def labelled(axes: Any) -> None:
            for _, row in own.head(60).iterrows():
                axes.text(
                    row["weight_kg"],
                    row["followup_months"],
                    f"{row['birth_year']} {row['sex']} {row['diagnosis']}",
                    fontsize=4,
                )
            axes.set_xlim(40, 140)
            axes.set_ylim(0, 150)

        for kind in ("svg", "pdf"):
            self._lay("L8", f"scatter.{kind}", written.figure(scatter, kind), kind, "O18 O19",
                      own=own)  # fmt: skip
            self._lay("L8", f"swimmers.{kind}", written.figure(swimmers, kind), kind, "O18 O19",
                      people=60)  # fmt: skip
        self._lay("L8", "labelled.svg", written.figure(labelled, "svg"), "svg", "O18 O19",
                  people=60)  # fmt: skip
        steps = self.analyst.kaplan_meier((("centre", "=", "C12"),))

        def curve(axes: Any) -> None:
            axes.step(steps["time"], steps["survival"], where="post")
            axes.plot(steps["time"], steps["survival"], "+")

        self._lay("L8", "km_marks.svg", written.figure(curve, "svg"), "svg", "O18 O16 O19",
                  people=len(steps))  # fmt: skip

    # L9
    def models(self) -> None:
        """Models that remember whom they were trained on."""
        own = self._some("visits", 200).drop(columns=[PERSON])
        matrix = own.to_numpy(float)
        people = self._cohort(150)
        forms: dict[str, tuple[bytes | str, str, str]] = {
            "knn.joblib": (written.dumped({"class": "KNeighborsClassifier", "n_neighbors": 5,
                                           "_fit_X": matrix}), "joblib", "O25 O26 O19"),
            "svm.pkl": (pickle.dumps({"support_vectors_": matrix[:90], "dual_coef_": matrix[:9, :1],
                                      "gamma": 0.1}), "pickle", "O25 O26 O19"),
            "ols_result.pkl": (pickle.dumps({"params": [0.1, 0.2], "model.exog": matrix,
                                             "model.endog": matrix[:, 2]}), "pickle",
                               "O25 O26 O19"),
            "frame_in_model.pkl": (pickle.dumps({"coef": [0.2, 0.4], "data": people}), "pickle",
                                   "O25 O26 O19"),
            "prototypes.safetensors": (save_tensors({
                "weight": np.ones((8, 7), np.float32), "memory": matrix}), "safetensors",
                "O25 O26 O19"),
            "reservoir.npz": (written.arrays({"W": np.eye(7), "X_train": matrix}), "npz",
                              "O25 O26 O19"),
            "knn.json": (json.dumps({"model": "knn", "k": 5, "train": matrix.tolist()}), "json",
                         "O19 O26"),
            "lm_model_frame.rds": (written.r_object(people, "lm"), "rds", "O25 O26 O19"),
        }  # fmt: skip
        for path, (data, kind, rules) in forms.items():
            count = 150 if "frame" in path else 90 if path == "svm.pkl" else 200
            self._lay("L9", path, data, kind, rules, people=count)

    # L10
    def logs(self) -> None:
        """Logs and code with records in them."""
        own = self._cohort(12)
        named = self._some("people", 12)
        visits = self._some("visits", 30)
        lines = [
            f"2024-05-02 09:31:{n:02d} INFO row {n}: born {row.birth_year} {row.sex} "
            f"{row.diagnosis} {row.diagnosed} w={row.weight_kg} fu={row.followup_months}"
            for n, row in enumerate(own.itertuples())
        ]
        wide = str(visits.to_string(max_rows=10))
        literal = "import pandas as pd\n\ndf = pd.DataFrame(" + repr(own.to_dict("list")) + ")\n"
        cells = own.astype(object).to_numpy().tolist()
        tribble = "df <- tribble(\n" + "".join(
            f"  {', '.join(repr(v) for v in row)},\n" for row in cells
        ) + ")\n"  # fmt: skip
        inserts = "".join(
            f"INSERT INTO people VALUES ({', '.join(repr(v) for v in row)});\n"
            for row in named.astype(object).to_numpy().tolist()
        )
        sas = "data people;\n input " + " ".join(own.columns) + ";\n datalines;\n" + "".join(
            " ".join(map(str, row)) + "\n" for row in own.to_numpy()) + ";\nrun;\n"  # fmt: skip
        r_log = "> library(survival)\n> head(people, 12)\n" + written.r_print(own) + "\n> quit()\n"
        debug = "DEBUG payload=" + json.dumps(own.to_dict("records")) + "\n"
        forms: dict[str, tuple[str, str, str, int]] = {
            "pipeline.log": ("\n".join(lines) + "\n", "log", "O19 O27", 12),
            "frame.log": ("Loaded visits\n" + wide + "\ndone\n", "log", "O19 O22 O27", 10),
            "debug.log": (debug, "log", "O19 O27", 12),
            "analysis.Rout.txt": (r_log, "txt", "O19 O27", 12),
            "make_test_data.py": (literal, "py", "O19 O27", 12),
            "fixture.R": (tribble, "r", "O19 O27", 12),
            "load.sql": (inserts, "sql", "O19 O22 O27", 12),
            "load.sas": (sas, "sas", "O19 O27", 12),
            ".Rhistory": ("x <- c(" + ", ".join(map(str, own["weight_kg"])) + ")\n", "rhistory",
                          "O34 O19", 0),
            ".ipynb_checkpoints/analysis-checkpoint.ipynb": (
                written.notebook([("df", [written.result(named)])]).decode(), "ipynb",
                "O34 O19 O22", 12),
            ".git/objects/pack.csv": (as_csv(named).decode(), "csv", "O34 O19 O22", 12),
        }  # fmt: skip
        for path, (data, kind, rules, count) in forms.items():
            self._lay("L10", path, data, kind, rules, people=count)

    # L11
    def small(self) -> None:
        """Numbers that rest on few people."""
        analyst = self.analyst
        rare = analyst.cross("people", "centre", "risk")
        endings = ("csv", "xlsx", "latex", "docx", "html", "ipynb", "r-print", "json", "pdf")
        for kind in endings:
            ending, write = written.WRITERS[kind]
            self._small(f"centre_by_risk.{ending}", write(rare.frame), kind, rare.claims)
        where = (("centre", "in", "C05|C24"),)
        one = analyst.table_one("centre", where)
        self._small("table1.docx", written.report([one.title, one.frame]), "docx", one.claims)
        self._small("table1.tex", written.latex(one.frame, one.title), "latex", one.claims)
        self._small("table1.csv", as_csv(one.frame), "csv", one.claims)
        rates = analyst.rates("people", "diagnosis", ("outcome", "=", "dead"))
        self._small("deaths.csv", as_csv(rates.frame), "csv", rates.claims)
        self._small("deaths.md", written.markdown(rates.frame), "md", rates.claims)
        self._small("survivors_only.csv", *self._complement())
        self._small("rows_not_people.csv", *self._episodes())
        self._extremes()
        self._steps()
        self._models()
        self._dominated()
        self._told()

    def _small(
        self, path: str, data: bytes | str, kind: str, claims: Sequence[Claim],
        rules: str = "O01 O03 O04",
    ) -> None:  # fmt: skip
        self.desk.lay(f"L11/{path}", data, "L11", kind, rules, claims=claims)

    def _complement(self) -> tuple[bytes, str, Sequence[Claim]]:
        """Find groups of which nearly all have the event: what is left is small."""
        where: tuple[Condition, ...] = (("risk", "=", "very high"),)
        shown = self.analyst.rates("people", "centre", ("outcome", "=", "dead"), where)
        left = shown.frame["n"] - shown.frame["deaths"]
        frame = shown.frame[(shown.frame["deaths"] >= 10) & (left > 0) & (left < 10)]
        assert len(frame), "no group with few left"
        keys = set(frame["centre"])
        cells = {key: n for key, n in shown.claims[1].cells.items()  # type: ignore[union-attr]
                 if key[0] in keys and key[1] == "dead"}  # fmt: skip
        return as_csv(frame), "csv", (Counts("people", ("centre", "outcome"), cells, where),)

    def _episodes(self) -> tuple[bytes, str, Sequence[Claim]]:
        """Count transfusions of a few people many times over."""
        where: tuple[Condition, ...] = (("product", "=", "FFP"), ("units", "=", "16"))
        shown = self.analyst.cross("transfusions", "region", "product", where, unit="rows")
        frame = shown.frame.rename(columns={"FFP": "plasma exchanges"})
        return as_csv(frame), "csv", shown.claims

    def _extremes(self) -> None:
        visits = self.analyst.frames["visits"]
        lines = visits[["hb", "platelets", "ferritin", "ldh"]].describe()
        held = (Held("visits", "ferritin", (str(visits["ferritin"].max()),)),)
        every = {"describe.csv": ("csv", str(lines.round(2).to_csv()).encode()),
                 "describe.txt": ("txt", written.text(lines.round(2)).encode()),
                 "describe.ipynb": ("ipynb", written.notebook([
                     ("visits.describe()", [written.result(lines.round(2))])]))}  # fmt: skip
        for path, (kind, data) in every.items():
            self._small(path, data, kind, held, "O08 O09")
        ranges = visits.groupby("risk")["ferritin"].agg(["count", "min", "max"]).reset_index()
        ranges["patients"] = visits.groupby("risk")[PERSON].nunique().to_numpy()
        top = tuple(str(value) for value in ranges["max"])
        self._small("ranges.xlsx", written.book({"ferritin": ranges}), "xlsx",
                    (Held("visits", "ferritin", top),), "O08")  # fmt: skip
        sentence = (f"Ferritin was {visits['ferritin'].median():.0f} µg/l in the middle, at most "
                    f"{visits['ferritin'].max()} µg/l (range {visits['ferritin'].min()}-"
                    f"{visits['ferritin'].max()}).")  # fmt: skip
        self._small("results.docx", written.report(["Results", sentence]), "docx", held, "O08")
        box = [{"group": str(name), "q1": float(own.quantile(0.25)), "med": float(own.median()),
                "q3": float(own.quantile(0.75)), "whishi": float(own.max()),
                "fliers": sorted(map(float, own.nlargest(6)))}
               for name, own in visits.groupby("risk")["ferritin"]]  # fmt: skip
        self._small("boxplot_stats.json", json.dumps(box, indent=1), "json",
                    (Held("visits", "ferritin", top),), "O08 O09")  # fmt: skip
        where: tuple[Condition, ...] = (("centre", "in", "C17|C18|C19|C20"),)
        exact = self.analyst.quantiles("followup_months", "centre", where)
        self._small("followup_quartiles.csv", as_csv(exact.frame), "csv", exact.claims, "O09")
        self._small("followup_quartiles.tex", written.latex(exact.frame), "latex", exact.claims,
                    "O09")  # fmt: skip

    def _steps(self) -> None:
        where: tuple[Condition, ...] = (("centre", "=", "C21"),)
        steps = self.analyst.kaplan_meier(where)
        held: tuple[Claim, ...] = (
            Held("people", "followup_months", tuple(f"{t:g}" for t in steps["time"]), where),
        )
        head = "Call: survfit(formula = Surv(time, dead) ~ 1, data = people)\n\n"
        body = str(steps.to_string(index=False))
        self._small("survfit.txt", f"{head}{body}\n", "txt", held, "O16 O19 O09")
        self._small("km_steps.csv", as_csv(steps), "csv", held, "O16 O19 O09")
        late = self.analyst.survival((0, 24, 48, 72, 96, 120), where)
        self._small("km_rounded_small.csv", as_csv(late.frame), "csv", late.claims, "O16 O01")

    def _models(self) -> None:
        where: tuple[Condition, ...] = (("diagnosis", "=", "HLH"),)
        fit = self.analyst.linear("weight_kg", TERMS, where)
        freedom = (Freedom("people", 6, where),)
        assert fit.people < 16, "too many of the rare diagnosis"
        self._small("ols_small.txt", fit.python(), "txt", freedom, "O07")
        self._small("lm_small.Rout.txt", fit.r(), "txt", freedom, "O07")
        printed = [("fit.summary()", [written.stream(fit.python())])]
        self._small("ols_small.ipynb", written.notebook(printed), "ipynb", freedom, "O07")
        page = f"<html><body><pre>{fit.python()}</pre></body></html>"
        self._small("ols_small.html", page, "html", freedom, "O07")
        summary = {"model": "OLS", "nobs": fit.people, "df_resid": fit.people - 6,
                   "params": dict(zip(fit.names, map(four, fit.beta), strict=True))}  # fmt: skip
        self._small("ols_small.json", json.dumps(summary), "json", freedom, "O07")

    def _dominated(self) -> None:
        where: tuple[Condition, ...] = (("product", "=", "FFP"),)
        grouped = self.analyst.some("transfusions", where).groupby("centre")
        frame = pd.DataFrame({"patients": grouped[PERSON].nunique(),
                              "units": grouped["units"].sum(),
                              "top": grouped.apply(lambda own: own.groupby(PERSON)["units"].sum()
                                                   .max(), include_groups=False)})  # fmt: skip
        frame = frame[(frame["patients"] >= 10)].reset_index()
        if not (frame["top"] > frame["units"] / 2).any():
            frame = self._by_product(where)
        else:
            frame = frame.assign(by="centre").rename(columns={"centre": "group"})
        by = str(frame["by"].iloc[0])
        shown: dict[tuple[str, ...], float] = {
            (str(row.group),): float(row.units) for row in frame.itertuples()
        }
        claim = Sums("transfusions", "units", (by,), where, shown)
        out = frame[["group", "patients", "units"]].rename(
            columns={"group": by, "units": "sum of units"}
        )
        self._small("ffp_units.csv", as_csv(out), "csv", (claim,), "O05 O06")
        out = out.assign(mean=(out["sum of units"] / out["patients"]).round(1))
        self._small("ffp_units.xlsx", written.book({"FFP": out}), "xlsx", (claim,), "O05 O06")

    def _by_product(self, where: tuple[Condition, ...]) -> Frame:
        grouped = self.analyst.some("transfusions", where).groupby("region")
        frame = pd.DataFrame({"patients": grouped[PERSON].nunique(),
                              "units": grouped["units"].sum()}).reset_index()  # fmt: skip
        return frame.assign(by="region").rename(columns={"region": "group"})

    def _told(self) -> None:
        """Say small numbers in words, in a figure, and by percentages alone."""
        analyst = self.analyst
        series, claim = analyst.counted("people", ("diagnosis",), (("diagnosis", "=", "BPDCN"),))
        few = int(series.iloc[0])
        whole = len(self.people)
        self._small("abstract.md", f"# Abstract\n\nOf {whole} patients, only {few} had BPDCN; "
                    "they were excluded from the models.\n", "md", (claim,), "O01")  # fmt: skip
        self._small("discussion.docx", written.report([
            f"There were {few} patients with BPDCN (n={few}), too few for a model."]), "docx",
            (claim,), "O01")  # fmt: skip
        series, claim = analyst.counted("people", ("diagnosis",))
        frame = series.rename("n").reset_index()

        def bars(axes: Any) -> None:
            axes.barh(frame["diagnosis"], frame["n"])
            for place, count in enumerate(frame["n"]):
                axes.text(count, place, f"n={count}")

        for kind in ("svg", "pdf"):
            self._small(f"bars.{kind}", written.figure(bars, kind), kind, (claim,), "O01")
        where: tuple[Condition, ...] = (("diagnosis", "=", "BPDCN"),)
        parts, counts = analyst.counted("people", ("sex",), where)
        shares = (100 * parts / parts.sum()).round(1).rename("percent").reset_index()
        self._small("bpdcn_by_sex_percent.csv", as_csv(shares), "csv", (counts,), "O10 O01 O04")
        means = analyst.means("people", "weight_kg", "diagnosis")
        frame = means.frame[means.frame["n"] < 10]
        cells = Counts("people", ("diagnosis",), {(str(r.diagnosis),): int(r.n)
                                                  for r in frame.itertuples()})  # fmt: skip
        self._small("mean_weight_rare.csv", as_csv(frame), "csv", (cells,), "O01 O05")
        years = analyst.cross("people", "year", "diagnosis")
        self._small("incidence_by_year.csv", as_csv(years.frame), "csv", years.claims)
        karyo = analyst.cross("karyotypes", "diagnosis", "abnormality")
        self._small("karyotypes.html", written.html(karyo.frame), "html", karyo.claims)
        react = analyst.cross("transfusions", "product", "reaction")
        self._small("reactions.csv", as_csv(react.frame), "csv", react.claims, "O01 O02 O03 O04")
        long = react.frame.melt("product", var_name="reaction", value_name="patients")
        self._small("reactions_long.csv", as_csv(long), "csv", react.claims, "O01 O02 O03 O04")

    # L12
    def undone(self) -> None:
        """Hidden numbers that can be worked out, and pairs of tables that differ by a few."""
        analyst = self.analyst
        shown = analyst.cross("people", "centre", "sex", (("centre", "in", "C22|C23|C24|C19"),),
                              total=True)  # fmt: skip
        starred = shown.frame.astype(object).copy()
        low = [(r, c) for r in starred.index[:-1] for c in ("F", "M") if starred.loc[r, c] < 10]
        assert low, "nothing to hide"
        for r, c in low[:1]:
            starred.loc[r, c] = "<10"
        for kind in ("csv", "xlsx", "latex", "docx", "html"):
            ending, write = written.WRITERS[kind]
            self._undone(f"suppressed.{ending}", write(starred), kind, shown.claims, "O13 O01")
        hidden = shown.frame.iloc[:, :3].astype(object).copy()
        hidden.loc[low[0][0], low[0][1]] = "*"
        totals = shown.frame[["centre", "Total"]]
        self._undone("two_sheets.xlsx", written.book({"By sex": hidden.iloc[:-1], "All": totals}),
                     "xlsx", shown.claims, "O13 O01")  # fmt: skip
        self._differences()
        self._broken_rounding()

    def _undone(
        self, path: str, data: bytes | str, kind: str, claims: Sequence[Claim], rules: str,
        released: Sequence[tuple[str, bytes]] = (),
    ) -> None:  # fmt: skip
        self.desk.lay(f"L12/{path}", data, "L12", kind, rules, claims=claims, released=released)

    def _differences(self) -> None:
        analyst = self.analyst
        everyone: tuple[Condition, ...] = (("diagnosis", "!=", "ITP"),)
        tall = analyst.some("people", everyone)["height_cm"]
        limit = next(cm for cm in range(230, 170, -1) if (tall >= cm).sum() > 2)
        less: dict[str, tuple[Condition, ...]] = {
            "without_bpdcn": (*everyone, ("diagnosis", "!=", "BPDCN")),
            "without_c24": (*everyone, ("centre", "!=", "C24")),
            "without_c26": (*everyone, ("centre", "!=", "C26")),
            "without_tallest": (*everyone, ("height_cm", "<", str(limit))),
        }
        pairs = {"without_bpdcn": ("sex", "age_band"), "without_c24": ("region", "sex"),
                 "without_c26": ("risk", "sex"), "without_tallest": ("period", "sex")}  # fmt: skip
        for name, where in less.items():
            row, column = pairs[name]
            old = analyst.cross("people", row, column, everyone)
            new = analyst.cross("people", row, column, where)
            gone = Apart("people", everyone, where)
            for kind in ("csv", "xlsx"):
                ending, write = written.WRITERS[kind]
                self._undone(f"{name}.{ending}", write(new.frame), kind, (gone,), "O14",
                             [("paper1/table2.csv", as_csv(old.frame))])  # fmt: skip

    def _broken_rounding(self) -> None:
        shown = self.analyst.cross("people", "region", "risk", base=5)
        frame = shown.frame.copy()
        exact = self.analyst.cross("people", "region", "risk").frame
        off = [(r, c) for r in frame.index for c in frame.columns[1:]
               if exact.loc[r, c] % 5 and exact.loc[r, c] != frame.loc[r, c]]  # fmt: skip
        for r, c in off[:2]:
            frame.loc[r, c] = exact.loc[r, c]
        text = f"All counts rounded to the nearest 5\n\n{written.text(frame)}\n"
        self._undone("claimed_rounding.txt", text, "txt", (), "O12")
        page = written.html(frame, "Counts are rounded to the nearest 5")
        self._undone("claimed_rounding.html", page, "html", (), "O12")

    # L13
    def identified(self) -> None:
        """Identifiers, plain and in disguise."""
        own = self._some("people", 25)
        pids = own[PERSON]
        table = self.analyst.rates("people", "period", ("outcome", "=", "dead")).frame
        forms: dict[str, tuple[bytes | str, str, str]] = {
            "followup_list.csv": (as_csv(own[[PERSON]]), "csv", "O22 O19"),
            "hashed.csv": (as_csv(pd.DataFrame({"key": [
                hashlib.sha256(p.encode()).hexdigest() for p in pids]})), "csv", "O22"),
            "md5.json": (json.dumps([hashlib.md5(p.encode()).hexdigest() for p in pids]), "json",
                         "O22"),
            "encoded.csv": (as_csv(pd.DataFrame({"id": [
                base64.b64encode(p.encode()).decode() for p in pids]})), "csv", "O22"),
            "lowered.txt": ("excluded: " + ", ".join(p.lower() for p in pids) + "\n", "txt", "O22"),
            f"curve_{pids[0]}.csv": (as_csv(table), "csv", "O22"),
            "sheets.xlsx": (written.book({pids[1]: table, pids[2]: table}), "xlsx", "O22"),
            "columns.csv": (as_csv(pd.DataFrame({p: [2.1, 3.4] for p in pids})), "csv", "O22"),
            "keywords.docx": (written.report(["Results", table], lambda doc: setattr(
                doc.core_properties, "keywords", ", ".join(pids[:4]))), "docx", "O22 O28"),
            "box.zip": (written.zipped({f"{p}.csv": as_csv(table) for p in pids[:3]}), "zip",
                        "O22"),
            "contacts.csv": (as_csv(_contacts(self.rng)), "csv", "O22 O23"),
            "nhs.xlsx": (written.book({"list": _nhs(self.rng)}), "xlsx", "O22"),
            "bsn.csv": (as_csv(_bsn(self.rng)), "csv", "O22"),
            "births.csv": (as_csv(pd.DataFrame({"date of birth": [
                f"{self.rng.integers(1, 29):02d}.{self.rng.integers(1, 13):02d}.{year}"
                for year in own["birth_year"]], "n": 1})), "csv", "O22 O01"),
        }  # fmt: skip
        for path, (data, kind, rules) in forms.items():
            self.desk.lay(f"L13/{path}", data, "L13", kind, rules)
        remarks = self.analyst.registry.transfusions
        remarks = remarks[remarks["remark"] != ""].head(12)["remark"].tolist()
        words = "\n".join(f"- {remark}" for remark in remarks)
        self.desk.lay("L13/quotes.md", f"# What nurses wrote\n\n{words}\n", "L13", "md", "O23 O19")
        self.desk.lay("L13/quotes.docx", written.report(remarks), "L13", "docx", "O23 O19")

    # L14
    def channels(self) -> None:
        """Rows behind, inside and between what one sees."""
        own = self._cohort(40)
        rows = as_csv(own)
        table = self.analyst.rates("people", "period", ("outcome", "=", "dead")).frame

        def bars(axes: Any) -> None:
            axes.bar(table["period"], table["n"])

        picture = written.figure(bars, "png")
        jpeg = written.figure(bars, "jpg")
        bits = "".join(f"{b:08b}" for b in rows[:600])
        unseen = "".join("\u200b" if bit == "0" else "\u200c" for bit in bits)
        spaces = "\n".join(
            line + " " * (8 + rows[n]) for n, line in enumerate(["result is stable"] * 400)
        )
        gap = pd.concat(
            [table, pd.DataFrame(index=table.index, columns=[f"Unnamed: {n}" for n in range(180)])],
            axis=1,
        )
        wide = as_csv(gap).decode().rstrip("\n").split("\n")
        wide = [line + "," + ",".join(map(str, own.iloc[n])) for n, line in enumerate(wide)]
        packed = own["weight_kg"].map(lambda kg: 0.5 + kg / 1e9)
        forms: dict[str, tuple[bytes | str, str, str, int]] = {
            "figure_tail.png": (picture + rows, "png", "O29 O19", 40),
            "figure_zip.png": (picture + written.zipped({"d.csv": rows}), "png", "O29 O19", 40),
            "figure_text.png": (_texted(picture, rows), "png", "O28 O19 O29", 40),
            "figure_bits.png": (_low_bits(picture, rows), "png", "O31", 0),
            "figure_comment.jpg": (_commented(jpeg, rows), "jpeg", "O28 O19 O29", 40),
            "tables_comment.zip": (written.zipped({"t.csv": as_csv(table)}, rows[:3000]), "zip",
                                   "O28 O19 O29", rows[:3000].count(b"\n") - 1),
            "note_zero_width.txt": (f"Results are stable.{unseen}\n", "txt", "O31", 0),
            "note_spaces.txt": (spaces, "txt", "O31 O30 O29", 0),
            "far_right.csv": ("\n".join(wide) + "\n", "csv", "O19 O31", 3),
            "estimates.csv": (as_csv(pd.DataFrame({"term": [f"b{n}" for n in range(40)],
                                                   "estimate": packed.map(repr)})), "csv",
                              "O30", 0),
            "paper.pdf": (written.sheet_of_paper(table) + rows, "pdf", "O29 O19", 40),
            "table_gap.zip": (_gap(written.zipped({"t.csv": as_csv(table)}), rows), "zip",
                              "O29 O19", 40),
        }  # fmt: skip
        for path, (data, kind, rules, count) in forms.items():
            self.desk.lay(f"L14/{path}", data, "L14", kind, rules, people=count)

    # L15
    def boxes(self) -> None:
        """Boxes that nobody can or should open."""
        own = self._cohort(40)
        rows = as_csv(own)
        nested = rows
        for depth in range(9):
            nested = written.zipped({f"level{depth}.zip" if depth else "d.csv": nested})
        whole = written.parquet(own)
        sheet = written.book({"Source": own})
        locked = bytearray(written.zipped({"d.csv": rows}))
        locked[6] |= 1
        locked[locked.index(b"PK\x01\x02") + 8] |= 1
        forms: dict[str, tuple[bytes, str, str]] = {
            "zeros.zip": (written.zipped({"z.csv": bytes(90_000_000)}), "zip", "O29"),
            "nested.zip": (nested, "zip", "O29"),
            "locked.zip": (bytes(locked), "zip", "O29"),
            "cut.parquet": (whole[: len(whole) // 2], "parquet", "O29"),
            "cut.xlsx": (sheet[: len(sheet) * 2 // 3], "xlsx", "O29"),
            "cohort.sas7bdat": (bytes(32) + bytes(self.rng.bytes(4000)), "sas", "O29"),
            "cohort.h5": (b"\x89HDF\r\n\x1a\n" + bytes(self.rng.bytes(4000)), "hdf5", "O29"),
            "cohort.bin": (bytes(self.rng.bytes(5000)), "unknown", "O29"),
            "graph.gph": (b"<stata_dta>" + bytes(self.rng.bytes(900)), "stata-graph", "O29"),
            "enclave.7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(self.rng.bytes(900)), "7z",
                           "O29"),
        }  # fmt: skip
        for path, (data, kind, rules) in forms.items():
            self.desk.lay(f"L15/{path}", data, "L15", kind, rules, held=True)
        self.desk.lay("L15/table_is_book.csv", sheet, "L15", "xlsx", "O29 O19", people=40)
        self.desk.lay("L15/notes.txt", whole, "L15", "parquet", "O29 O19", people=40)

    # L16
    def genomes(self) -> None:
        """Genotypes of people."""
        who = [f"S{n:03d}" for n in range(12)]
        calls = self.rng.choice(["0/0", "0/1", "1/1"], (40, 12))
        sites = self.rng.integers(10**5, 10**8, 40)
        lines = [
            "##fileformat=VCFv4.2",
            "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(who),
        ]
        lines += [f"5\t{site}\trs{site % 9999}\tA\tG\t50\tPASS\t.\tGT\t" + "\t".join(own)
                  for site, own in zip(sites, calls, strict=True)]  # fmt: skip
        vcf = ("\n".join(lines) + "\n").encode()
        dosage = pd.DataFrame(
            self.rng.choice([0, 1, 2], (200, 60)),
            columns=[f"rs{n}" for n in self.rng.integers(10**4, 10**7, 60)],
        )
        dosage.insert(0, "IID", [f"S{n:04d}" for n in range(200)])
        forms: dict[str, tuple[bytes, str, str]] = {
            "calls.vcf": (vcf, "vcf", "O33"),
            "calls.vcf.gz": (gzip.compress(vcf, mtime=0), "vcf", "O33"),
            "calls.txt": (vcf, "vcf", "O33"),
            "study.bed": (b"\x6c\x1b\x01" + bytes(self.rng.bytes(600)), "plink", "O33"),
            "study.dat": (b"\x6c\x1b\x01" + bytes(self.rng.bytes(600)), "plink", "O33"),
            "study.bgen": (bytes([20, 0, 0, 0, 20, 0, 0, 0, 9, 0, 0, 0, 12, 0, 0, 0]) + b"bgen"
                           + bytes(self.rng.bytes(500)), "bgen", "O33"),
            "reads.fastq": (b"".join(b"@r%d\nACGTTGCA\n+\nIIIIIIII\n" % n for n in range(80)),
                            "fastq", "O33"),
            "dosages.csv": (as_csv(dosage), "csv", "O33 O20"),
        }  # fmt: skip
        for path, (data, kind, rules) in forms.items():
            self.desk.lay(f"L16/{path}", data, "L16", kind, rules)


def _vanish(doc: Any) -> None:
    for row in doc.tables[-1].rows:
        for cell in row.cells:
            for run in cell.paragraphs[0].runs:
                run.font.hidden = True


def _replaced(box: bytes, member: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(box)) as own:
        files = {name: own.read(name) for name in own.namelist()}
    assert old in files[member], f"{member} has no {old!r}"
    files[member] = files[member].replace(old, new)
    return written.zipped(files)


def _contacts(rng: np.random.Generator) -> Frame:
    first, last = ("anna", "jan", "eva", "karl", "lea", "tom"), ("berg", "smit", "costa", "novak")
    return pd.DataFrame({
        "e-mail": [f"{rng.choice(first)}.{rng.choice(last)}{n}@mail.example" for n in range(20)],
        "phone": [f"+49 170 {rng.integers(10**6, 10**7)}" for _ in range(20)],
    })  # fmt: skip


def _nhs(rng: np.random.Generator) -> Frame:
    out: list[str] = []
    while len(out) < 20:
        body = [int(digit) for digit in rng.integers(0, 10, 9)]
        check = 11 - sum(digit * (10 - place) for place, digit in enumerate(body)) % 11
        if check != 10:
            out.append("".join(map(str, body)) + str(check % 11))
    return pd.DataFrame({"number": out})


def _bsn(rng: np.random.Generator) -> Frame:
    out: list[str] = []
    while len(out) < 20:
        body = [int(digit) for digit in rng.integers(1, 10, 8)]
        check = sum(digit * (9 - place) for place, digit in enumerate(body)) % 11
        if check < 10:
            out.append("".join(map(str, body)) + str(check))
    return pd.DataFrame({"code": out})


def _texted(png: bytes, rows: bytes) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", rows.decode(), zip=True)
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "png", pnginfo=info)
    return out.getvalue()


def _low_bits(png: bytes, rows: bytes) -> bytes:
    pixels = np.array(Image.open(io.BytesIO(png)).convert("RGB"))
    flat = pixels.reshape(-1)
    bits = np.unpackbits(np.frombuffer(bz2.compress(rows * 30), np.uint8))
    flat[:] = (flat & 0xFE) | np.resize(bits, flat.size)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "png")
    return out.getvalue()


def _commented(jpeg: bytes, rows: bytes) -> bytes:
    body = rows[:60000]
    return jpeg[:2] + b"\xff\xfe" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def _gap(box: bytes, rows: bytes) -> bytes:
    """Put bytes before the first member of an archive; offsets are mended by its readers."""
    assert binascii.crc32(box), "an archive"
    return rows + box
