"""Tables of counts as pandas, polars, printers of tables, and duckdb write them.

Each layout comes with a cell below ten and once more without.
"""

import io

import duckdb
import great_tables as gt
import numpy as np
import pandas as pd
import polars as pl
import prettytable
import rich.box
import tableone
import tabulate
from rich.console import Console
from rich.table import Table

from tests.bench.outputs.seventh.libraries.shelf import (
    LEAST,
    at,
    count,
    groups,
    lay,
    meets,
    outside,
    patients,
    small,
    tables,
    value,
    written,
)

_MAIN = "haemophilia A|haemophilia B|von Willebrand 1|von Willebrand 2|factor VII"
CROSSED = {
    "diagnosis-severity": (("diagnosis", "severity"), ""),
    "frequent-diagnoses-severity": (("diagnosis", "severity"), f"diagnosis in {_MAIN}"),
    "centre-inhibitor": (("centre", "inhibitor"), ""),
    "centre-severity": (("centre", "severity"), "centre != H"),
    "smoking-work": (("smoking", "work"), ""),
    "smoking-known-work": (("smoking", "work"), "work != unknown"),
    "region-hepatitis": (("region", "hepatitis"), ""),
    "mainland-hepatitis": (("region", "hepatitis"), "region != island"),
    "hepatitis-hiv": (("hepatitis", "hiv"), ""),
    "treatment-severity": (("treatment", "severity"), ""),
    "old-treatments-severity": (("treatment", "severity"), "treatment in on demand|prophylaxis"),
    "product-inhibitor": (("product", "inhibitor"), "product != none"),
    "women-diagnosis-treatment": (("diagnosis", "treatment"), "sex = F"),
    "centre-sex": (("centre", "sex"), "centre != H"),
    "haemophilia-inhibitor": (
        ("diagnosis", "inhibitor"),
        "diagnosis in haemophilia A|haemophilia B",
    ),
    "island-product": (("product", "severity"), "region = island"),
    "north-product": (("product", "severity"), "region = north; product != none"),
    "centre-d-treatment": (("treatment", "inhibitor"), "centre = D"),
}


def cross(name: str, margins: bool = False) -> pd.DataFrame:
    """Count people by two columns."""
    (row, column), where = CROSSED[name]
    own = meets(where)
    return pd.crosstab(own[row], own[column], margins=margins)


def long(name: str) -> pd.DataFrame:
    """The same, a line for each cell that somebody is in."""
    by, where = CROSSED[name]
    return meets(where).groupby(list(by)).size().reset_index(name="n")


def laid(
    path: str, data: str | bytes | None, name: str, seen: str = "", written: bool = True
) -> None:
    """Lay down a cross table; the source says whether it is leaky."""
    by, where = CROSSED[name]
    few = [own for own in cross(name).stack().items() if 0 < own[1] < LEAST]
    if not few:
        lay(path, data, "S1", [groups(by, where)], seen=seen, written=written)
        return
    parts = [
        " ".join((*filter(None, [f"{where};" if where else ""]), f"{by[0]} = {a}; {by[1]} = {b}"))
        for (a, b), _ in few[:5]
    ]
    leak = f"{few[0][1]} people have {by[0]} {few[0][0][0]} and {by[1]} {few[0][0][1]}."
    lay(path, data, "L11 O01", [small(one) for one in parts], leak, seen=seen, written=written)


def make() -> None:
    _pandas()
    _pandas_prints()
    _boxes()
    _polars()
    _printers()
    _html()
    _firsts()
    _duckdb()
    _arrays()


def _pandas() -> None:
    for name in ("diagnosis-severity", "frequent-diagnoses-severity"):
        laid(f"pandas/{name}.csv", cross(name, margins=True).to_csv(), name)
    for name in ("centre-inhibitor", "centre-severity"):
        laid(f"pandas/{name}.html", cross(name).to_html(), name)
    for name in ("smoking-work", "smoking-known-work"):
        latex = cross(name).to_latex(caption="Smoking and work.", label="tab:work")
        laid(f"pandas/{name}.tex", latex, name)
    for name, orient in (
        ("region-hepatitis", "split"),
        ("mainland-hepatitis", "split"),
        ("haemophilia-inhibitor", "columns"),
        ("hepatitis-hiv", "columns"),
    ):
        text = cross(name).to_json(orient=orient, indent=2)
        laid(f"pandas/{name}-{orient}.json", text, name)
    for name in ("hepatitis-hiv", "mainland-hepatitis"):
        laid(f"pandas/{name}.xml", long(name).to_xml(index=False, parser="lxml"), name)
    for name in ("centre-inhibitor", "product-inhibitor"):
        share = pd.crosstab(
            *(meets(CROSSED[name][1])[one] for one in CROSSED[name][0]), normalize="index"
        )
        both = cross(name).astype(str) + " (" + (100 * share).round(1).astype(str) + "%)"
        laid(f"pandas/{name}-percent.csv", both.to_csv(), name)


def _pandas_prints() -> None:
    own = patients
    text = str(own.groupby(["diagnosis", "severity"]).size().unstack())
    laid("pandas/print-unstack.txt", text + "\n", "diagnosis-severity")
    where = "centre != H"
    text = str(meets(where).groupby(["centre", "severity"]).size().unstack())
    laid("pandas/print-unstack-centres.txt", text + "\n", "centre-severity")
    text = str(own["diagnosis"].value_counts())
    lay("pandas/print-value-counts.txt", text + "\n", "S1", [groups(["diagnosis"])])
    text = str(meets("centre = H")["diagnosis"].value_counts())
    few = meets("centre = H")["diagnosis"].value_counts()
    lay(
        "pandas/print-value-counts-h.txt",
        text + "\n",
        "L11 O01",
        [small(f"centre = H; diagnosis = {one}") for one in few[few < LEAST].index],
        "Small centre: most diagnoses are of fewer than ten people.",
    )
    text = str(meets("centre = H")["diagnosis"].value_counts(normalize=True).round(4))
    n = len(meets("centre = H"))
    text = f"n = {n}\n{text}\n"
    share = meets("centre = H")["diagnosis"].value_counts(normalize=True)
    lay(
        "pandas/print-value-counts-normalized.txt",
        text,
        "L11 O10 O01",
        [
            count("centre = H"),
            written(f"{share.iloc[-1]:.4f}"),
            *_few_of("centre = H", "diagnosis"),
        ],
        "Shares of 41 people give the counts back.",
        written=False,
    )
    text = str(own["severity"].value_counts(normalize=True).mul(100).round(3))
    lay(
        "pandas/print-severity-shares.txt",
        f"n = {len(own)}\n{text}\n",
        "S1",
        [
            {
                "Share": {
                    "where": f"severity = {one}",
                    "of": "",
                    "printed": f"{100 * share:.3f}",
                    "few": False,
                }
            }
            for one, share in own["severity"].value_counts(normalize=True).items()
        ],
    )
    _described()
    _bands()
    table = pd.pivot_table(
        own[own.centre != "H"],
        index="centre",
        columns="severity",
        values="hb",
        aggfunc=["count", "mean", "std"],
    ).round(1)
    lay("pandas/pivot-hb.csv", table.to_csv(), "S1", [groups(["centre", "severity"], where)])
    table = pd.pivot_table(
        own, index="centre", columns="inhibitor", values="cost", aggfunc=["count", "mean"]
    ).round(0)
    lay(
        "pandas/pivot-cost.csv",
        table.to_csv(),
        "L11 O01",
        [small("centre = G; inhibitor = high"), small("centre = H; inhibitor = high")],
        "One patient of centre H with a high inhibitor: the mean is that patient's cost.",
    )
    text = str(own.groupby("diagnosis")["joint_score"].agg(["count", "mean", "std"]).round(2))
    lay("pandas/print-agg.txt", text + "\n", "S1", [groups(["diagnosis"], "joint_score != ")])
    text = str(
        own[own.dead == 1].groupby("diagnosis")["age"].agg(["count", "mean", "std"]).round(2)
    )
    dead = own[own.dead == 1]["diagnosis"].value_counts()
    lay(
        "pandas/print-agg-deaths.txt",
        text + "\n",
        "L11 O01",
        [small(f"dead = 1; diagnosis = {one}") for one in dead[dead < LEAST].index],
        "Deaths of rare diagnoses.",
    )


def _few_of(where: str, column: str) -> list[dict[str, object]]:
    few = meets(where)[column].value_counts()
    return [small(f"{where}; {column} = {one}") for one in few[few < LEAST].index]


def _described() -> None:
    own = patients[["age", "weight", "hb", "ferritin", "factor"]]
    lay(
        "pandas/print-describe.txt",
        own.describe().to_string() + "\n",
        "L11 O08 O09",
        [value("ferritin", "max", 6, few=True), value("weight", "min", 6, few=True)],
        "The largest ferritin and the smallest weight are one patient's.",
    )
    lay(
        "pandas/describe.csv",
        patients.groupby("severity")[["weight", "creatinine"]].describe().to_csv(),
        "L11 O08 O09",
        [value("weight", "max", 1, "severity = severe", few=True)],
        "The heaviest patient with severe disease.",
    )
    text = own.agg(["count", "mean", "std"]).round(2).to_string()
    lay(
        "pandas/print-means.txt",
        text + "\n",
        "S1",
        [value("age", "mean", 2), value("ferritin", "sd", 2), value("weight", "mean", 2)],
    )
    out = io.StringIO()
    patients.info(buf=out)
    lay(
        "pandas/print-info.txt",
        out.getvalue(),
        "S1",
        [count("ferritin != "), count("joint_score != ")],
    )
    lay(
        "pandas/print-missing.txt",
        str(patients.isna().sum()[lambda one: one > 0]) + "\n",
        "S1",
        [count("ferritin = "), count("joint_score = ")],
    )
    lay(
        "pandas/print-missing-a-centre.txt",
        str(meets("centre = H").isna().sum()) + "\n",
        "L11 O01",
        [small("centre = H; ferritin = ")],
        "So few people of centre H have no ferritin.",
    )
    text = patients.groupby("severity")["age"].quantile([0.25, 0.5, 0.75]).unstack().to_string()
    lay(
        "pandas/print-quartiles-of-age.txt",
        text + "\n",
        "S1",
        [
            value("age", q, 1, f"severity = {one}")
            for one in ("mild", "moderate", "severe")
            for q in ("q25", "q50", "q75")
        ],
    )


def _bands() -> None:
    for top, path in ((91, "pandas/print-age-bands.txt"), (80, "pandas/age-bands.csv")):
        edges = [0, 10, 20, 30, 40, 50, 60, 70, *([] if top == 80 else [77, 80, 83])]
        bands = pd.cut(patients["age"], [*edges, np.inf], right=False).value_counts(sort=False)
        text = str(bands) + "\n" if path.endswith("txt") else bands.to_csv()
        if (bands.min()) < LEAST:
            lay(path, text, "L11 O01", [small("age >= 83")], "So few people are 83 or older.")
        else:
            lay(
                path,
                text,
                "S1",
                [{"Bins": {"column": "age", "edges": edges, "stated": bands.tolist()}}],
            )
    days = pd.to_datetime(patients["diagnosed"])
    late = days[days.dt.year >= 2010].dt.year.value_counts(sort=False).sort_index()
    lay(
        "pandas/diagnosed-each-year.csv",
        late.to_csv(header=["n"]),
        "S1",
        [count(f"diagnosed starts {year}") for year in late.index],
    )
    where = "diagnosis = factor VII"
    years = patients.assign(year=days.dt.year)[lambda one: one.diagnosis == "factor VII"]
    few = years.groupby("year").size().tail(8)
    lay(
        "pandas/diagnosed-each-year-factor-vii.csv",
        few.to_csv(header=["n"]),
        "L11 O01",
        [small(f"{where}; diagnosed starts {year}") for year, n in few.items() if n < LEAST],
        "Few diagnoses in each year.",
    )


def _boxes() -> None:
    for name in ("treatment-severity", "centre-sex"):
        with pd.ExcelWriter(at(f"pandas/{name}.xlsx"), engine="openpyxl") as book:
            cross(name, margins=True).to_excel(book, sheet_name="counts")
            own = meets(CROSSED[name][1])
            own.groupby(list(CROSSED[name][0]))["hb"].agg(["mean", "std"]).round(1).to_excel(
                book, sheet_name="hb"
            )
        laid(f"pandas/{name}.xlsx", None, name)
    for name in ("island-product", "north-product"):
        with pd.ExcelWriter(at(f"xlsxwriter/{name}.xlsx"), engine="xlsxwriter") as book:
            table = cross(name)
            table.to_excel(book, sheet_name="products", startrow=2)
            sheet = book.sheets["products"]
            sheet.write(0, 0, "Products by severity", book.book.add_format({"bold": True}))
            chart = book.book.add_chart({"type": "column"})
            for column in range(1, 1 + len(table.columns)):
                chart.add_series(
                    {
                        "name": ["products", 2, column],
                        "categories": ["products", 4, 0, 3 + len(table), 0],
                        "values": ["products", 4, column, 3 + len(table), column],
                    }
                )
            sheet.insert_chart("G3", chart)
        laid(f"xlsxwriter/{name}.xlsx", None, name)
    for name in ("hepatitis-hiv", "frequent-diagnoses-severity"):
        long(name).to_parquet(at(f"pandas/{name}.parquet"))
        laid(f"pandas/{name}.parquet", None, name)
    for name in ("smoking-work", "mainland-hepatitis"):
        long(name).to_stata(at(f"pandas/{name}.dta"), write_index=False, data_label="people")
        laid(f"pandas/{name}.dta", None, name, written=False)
    for name in ("region-hepatitis", "old-treatments-severity"):
        styled = (
            cross(name).style.background_gradient(axis=None).set_caption(name.replace("-", " by "))
        )
        laid(f"pandas/{name}-styled.html", styled.to_html(table_uuid="a1"), name)


def _polars() -> None:
    pl.Config.set_tbl_rows(40)
    for name in ("centre-d-treatment", "north-product"):
        own = pl.from_pandas(long(name))
        laid(f"polars/{name}.txt", str(own) + "\n", name)
    for name in ("women-diagnosis-treatment", "smoking-known-work"):
        by, where = CROSSED[name]
        own = pl.from_pandas(meets(where)[list(by)])
        wide = own.pivot(by[1], index=by[0], values=by[1], aggregate_function="len").sort(by[0])
        laid(f"polars/{name}-pivot.txt", str(wide) + "\n", name)
    own = pl.from_pandas(patients[["age", "hb", "ferritin", "cost"]])
    lay(
        "polars/describe.txt",
        str(own.describe()) + "\n",
        "L11 O08 O09",
        [value("ferritin", "max", 1, few=True), value("cost", "min", 2, few=True)],
        "The extremes of ferritin and cost are one patient's.",
    )
    own = pl.from_pandas(patients)
    lay("polars/schema.txt", str(own.schema) + f"\nshape: {own.shape}\n", "S1", [count()])
    text = own.select("diagnosis", "severity", "age", "hb", "ferritin", "cost").glimpse(
        return_type="string"
    )
    lay(
        "polars/glimpse.txt",
        text + "\n",
        "L7 O19 O20 O27",
        [{"Rows": {"columns": ["age", "hb", "ferritin", "cost"], "at": "0-9"}}],
        "The first ten patients, a column on each line.",
    )


def _printers() -> None:
    kinds = (
        ("grid", "txt", "hepatitis-hiv"),
        ("grid", "txt", "haemophilia-inhibitor"),
        ("rst", "rst", "centre-inhibitor"),
        ("rst", "rst", "centre-severity"),
    )
    for kind, ending, name in kinds:
        text = tabulate.tabulate(cross(name), headers="keys", tablefmt=kind)
        laid(f"tabulate/{name}-{kind.replace('_', '-')}.{ending}", text + "\n", name)
    for name in ("women-diagnosis-treatment", "centre-severity"):
        table = Table(title=f"People by {name.replace('-', ' and ')}", box=rich.box.HEAVY_HEAD)
        own = cross(name, margins=True)
        table.add_column(str(own.index.name))
        for column in own.columns:
            table.add_column(str(column), justify="right", style="cyan")
        for label, line in own.iterrows():
            table.add_row(str(label), *map(str, line))
        console = Console(record=True, width=96, file=io.StringIO(), force_terminal=True)
        console.print(table)
        if name == "women-diagnosis-treatment":
            laid(f"rich/{name}.txt", console.export_text(clear=False), name)
            laid(
                f"rich/{name}.svg",
                console.export_svg(title="counts", unique_id="t", clear=False),
                name,
            )
            laid(f"rich/{name}-colours.log", console.export_text(styles=True), name)
        else:
            laid(f"rich/{name}.html", console.export_html(clear=False), name)
            laid(f"rich/{name}.svg", console.export_svg(title="counts", unique_id="t"), name)
    for name in ("smoking-work", "old-treatments-severity"):
        own = cross(name).reset_index()
        table = prettytable.PrettyTable(list(own.columns))
        table.add_rows(own.values.tolist())
        laid(f"prettytable/{name}.txt", f"{table}\n", name)


def _html() -> None:
    for name in ("diagnosis-severity", "product-inhibitor"):
        by, _ = CROSSED[name]
        table = (
            gt.GT(cross(name).reset_index(), rowname_col=by[0], id="t")
            .tab_header("Patients", f"by {by[0]} and {by[1]}")
            .tab_source_note("Source: registry of the centres.")
            .fmt_integer(columns=list(cross(name).columns))
        )
        laid(f"great_tables/{name}.html", table.as_raw_html(), name)


def _firsts() -> None:
    """The table of characteristics with which most papers begin."""
    columns = ["age", "sex", "severity", "inhibitor", "hepatitis", "hb"]
    own = patients[patients.treatment.isin(["on demand", "prophylaxis"])]
    main = own[own.diagnosis.isin(["haemophilia A", "haemophilia B"])]
    table = tableone.TableOne(
        main, columns=columns, categorical=columns[1:5], groupby="treatment", pval=True
    )
    where = "diagnosis in haemophilia A|haemophilia B; treatment in on demand|prophylaxis"
    claims = [
        groups([one, "treatment"], where) for one in ("sex", "severity", "inhibitor", "hepatitis")
    ]
    lay("tableone/treatments.txt", table.tabulate(tablefmt="github") + "\n", "S1", claims)
    wide = [*columns, "diagnosis"]
    table = tableone.TableOne(
        patients, columns=wide, categorical=[*columns[1:5], "diagnosis"], groupby="centre"
    )
    claims = [
        small("centre = H; inhibitor = high"),
        small("centre = G; inhibitor = high"),
        small("centre = H; severity = moderate"),
    ]
    lay("tableone/centres.html", table.to_html(), "L11 O01", claims, "Cells of centre H.")
    lay("tableone/centres.tex", table.to_latex(), "L11 O01", claims, "Cells of centre H.")
    table = tableone.TableOne(
        patients, columns=["age", "weight", "ferritin"], nonnormal=["ferritin"], min_max=["weight"]
    )
    lay(
        "tableone/ranges.txt",
        str(table) + "\n",
        "L11 O08 O09",
        [value("weight", "min", 1, few=True), value("weight", "max", 1, few=True)],
        "Smallest and largest weight.",
    )


def _duckdb() -> None:
    with duckdb.connect() as known:
        known.register("p", patients)
        known.register("l", tables["labs"])
        ask = known.sql
        for name in ("diagnosis-severity", "centre-severity"):
            (a, b), where = CROSSED[name]
            only = "where centre <> 'H'" if where else ""
            text = str(ask(f"select {a}, {b}, count(*) n from p {only} group by all order by all"))
            laid(f"duckdb/{name}.txt", text, name)
        text = str(ask("summarize select age, weight, ferritin, cost from p"))
        lay(
            "duckdb/summarize.txt",
            text,
            "L11 O08 O09",
            [value("ferritin", "max", 1, few=True), value("cost", "min", 2, few=True)],
            "Smallest and largest values of one patient.",
        )
        text = str(ask("describe p"))
        lay("duckdb/describe.txt", text, "S1", [outside("names and types of columns")])
        plan = known.execute(
            "explain select centre, avg(hb) from p where severity = 'severe' group by centre"
        ).fetchall()
        lay("duckdb/explain.txt", plan[0][1], "S10", [outside("a plan of a query")])
        ask(
            "select test, count(*) lines, count(distinct patient) patients, "
            "round(avg(value), 1) mean from l group by test order by test"
        ).write_csv(at("duckdb/tests.csv"))
        lay("duckdb/tests.csv", None, "S1", [groups(["test"], table="labs")])
        text = str(
            ask(
                "select patient, count(*) n, round(max(value), 1) highest from l "
                "where test = 'inhibitor' group by patient order by n desc, patient limit 8"
            )
        )
        few = (
            tables["labs"][tables["labs"].test == "inhibitor"]
            .groupby("patient")
            .size()
            .reset_index(name="n")
            .sort_values(["n", "patient"], ascending=[False, True])
        )
        named = few.head(8)["patient"]
        lay(
            "duckdb/most-tests.txt",
            text,
            "L13 O22 O19",
            [{"Pseudonyms": {"at": sorted(patients.index[patients.patient.isin(named)].tolist())}}],
            "Eight pseudonyms.",
        )


def _arrays() -> None:
    for name in ("region-hepatitis", "centre-severity"):
        own = cross(name)
        text = f"{list(own.index)}\n{list(own.columns)}\n{own.to_numpy()!r}\n"
        laid(f"numpy/{name}.txt", text, name)
    for name in ("hepatitis-hiv", "mainland-hepatitis"):
        box = io.BytesIO()
        own = cross(name)
        np.savez(
            box,
            counts=own.to_numpy(),
            rows=np.array(own.index, str),
            columns=np.array(own.columns, str),
        )
        laid(f"numpy/{name}.npz", box.getvalue(), name, written=False)
