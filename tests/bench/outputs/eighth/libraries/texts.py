"""Tables as text: tabulate, prettytable, texttable, pylatex, pandas, polars."""

import io

import numpy as np
import pandas as pd
from run import maker, run
from shelf import (
    LEAST,
    UNITS,
    cells,
    chosen,
    count,
    extremes,
    groups,
    lay,
    outside,
    persons,
    rows,
    share,
    small,
    value,
    written,
)  # fmt: skip

SMALL_UNIT = "Harbourside"
LARGE = ["Ashgrove", "Birchfield", "Cedarholm", "Dunmere"]
in_large = persons[persons.unit.isin(LARGE)]
WHERE_LARGE = "unit in " + "|".join(LARGE)
COMMON = ["HbE beta", "SC", "SS", "beta intermedia", "beta major"]
in_common = persons[persons.condition.isin(COMMON)]
WHERE_COMMON = "condition in " + "|".join(COMMON)


def crossed(frame, index, columns):
    table = pd.crosstab(frame[index], frame[columns])
    return [[index, *map(str, table.columns)], *[[name, *map(int, own)] for name, own in zip(
        table.index, table.to_numpy(), strict=True)]]  # fmt: skip


@maker
def texttable_() -> None:
    from texttable import Texttable

    for path, frame, by, family in (
        ("texttable/chelator_by_unit.txt", persons, ("unit", "chelator"), "L11"),
        ("texttable/blood_group_by_large_unit.txt", in_large, ("unit", "blood_group"), "S1"),
    ):
        table = Texttable(max_width=110)
        table.add_rows(crossed(frame, *by))

        if family == "L11":
            lay(
                path,
                family,
                *cells(by, only="small"),
                text=table.draw() + "\n",
                rules="O01 O03",
                leak="Two people of Harbourside take deferiprone, one desferrioxamine.",
            )
        else:
            lay(path, family, groups(by, WHERE_LARGE), text=table.draw() + "\n")


@maker
def prettytable_() -> None:
    from prettytable import MSWORD_FRIENDLY, ORGMODE, SINGLE_BORDER, PrettyTable

    def table(own, style):
        made = PrettyTable(own[0])
        made.add_rows(own[1:])
        if style is not None:
            made.set_style(style)
        return made

    by = ("tongue", "doing")
    lay(
        "prettytable/doing_by_tongue.org",
        "L11",
        *cells(by, only="small"),
        rules="O01 O03",
        text=str(table(crossed(persons, *by), ORGMODE)) + "\n",
        leak="Three people who speak Maltese are at home, one did not tell, two draw a pension.",
    )
    by = ("blood_group", "gender")
    lay(
        "prettytable/blood_group_by_gender.org",
        "S1",
        groups(by),
        text=str(table(crossed(persons, *by), ORGMODE)) + "\n",
    )
    by = ("condition", "ulcer")
    lay(
        "prettytable/ulcers.txt",
        "L11",
        *cells(by, only="small"),
        rules="O01",
        text=str(table(crossed(persons, *by), SINGLE_BORDER)) + "\n",
        leak="One person with Hb Lepore had an ulcer, six with S beta plus.",
    )
    by = ("condition", "gender")
    own = table(crossed(in_common, *by), SINGLE_BORDER)
    own.title = "Persons in care by condition"
    lay("prettytable/conditions.txt", "S1", groups(by, WHERE_COMMON), text=str(own) + "\n")
    by = ("unit", "blood_group")
    own = table(crossed(persons, *by), MSWORD_FRIENDLY)
    lay(
        "prettytable/blood_group_by_unit.html",
        "L11",
        *cells(by, only="small"),
        rules="O01",
        text=own.get_html_string(attributes={"class": "wide"}) + "\n",
        leak="One person of Harbourside has blood group AB, six have B.",
    )
    by = ("doing", "gender")
    lay(
        "prettytable/doing.html",
        "S1",
        groups(by),
        text=table(crossed(persons, *by), None).get_html_string(format=True) + "\n",
    )
    frame = persons.groupby("unit").agg(persons=("age", "size"), age=("age", "mean"),
                                        oldest=("age", "max"), heaviest=("weight_kg", "max"))  # fmt: skip
    own = PrettyTable(["unit", *frame.columns])
    own.float_format = ".1"
    own.add_rows([[name, int(a), b, int(c), d] for name, a, b, c, d in frame.itertuples()])
    lay(
        "prettytable/units.json",
        "L11",
        extremes("weight_kg", f"{frame.heaviest.iloc[0]:.1f}", where="unit = Ashgrove"),
        extremes("age", int(frame.oldest["Harbourside"]), where="unit = Harbourside"),
        rules="O08",
        text=own.get_json_string() + "\n",
        leak="The oldest and the heaviest person of each unit.",
    )
    frame = persons.groupby("unit").agg(persons=("age", "size"), age=("age", "mean"),
                                        sd=("age", "std"), hb=("hb", "mean"))  # fmt: skip
    own = PrettyTable(["unit", *frame.columns])
    own.float_format = ".1"
    own.add_rows([[name, int(a), b, c, d] for name, a, b, c, d in frame.round(1).itertuples()])
    lay(
        "prettytable/unit_means.json",
        "S1",
        *(count(f"unit = {u}", n) for u, n in frame.persons.items()),
        value(
            "age", "mean", f"{frame.age['Harbourside']:.1f}", few=False, where="unit = Harbourside"
        ),
        text=own.get_json_string() + "\n",
    )


@maker
def tabulate_() -> None:
    from tabulate import tabulate

    def shares(frame, of, what, style, **more):
        own = 100 * frame.groupby(of)[what].mean()
        return tabulate(own.round(1).reset_index().to_numpy().tolist(), [of, f"{what}, %"],
                        tablefmt=style, floatfmt=".1f", **more) + "\n"  # fmt: skip

    own = 100 * persons.groupby("unit").died.mean()
    lay(
        "tabulate/died_percent.mediawiki",
        "L11",
        text=shares(persons, "unit", "died", "mediawiki"),
        *(share("died = 1", f"unit = {u}", f"{own[u]:.1f}", few=True) for u in ("Harbourside",)),
        rules="O10 O01",
        leak="5.1 % of Harbourside are two deaths; no counts beside the shares.",
    )
    by = ("unit", "died")
    table = crossed(in_large, *by)
    whole = [[*r, r[1] + r[2], round(100 * r[2] / (r[1] + r[2]), 1)] for r in table[1:]]
    lay(
        "tabulate/died_counts.mediawiki",
        "S1",
        groups(by, WHERE_LARGE),
        text=tabulate(whole, ["unit", "alive", "died", "all", "%"], tablefmt="mediawiki") + "\n",
    )
    by = ("condition", "chelator")
    lay(
        "tabulate/chelators.jira",
        "L11",
        *cells(by, only="small"),
        rules="O01",
        text=tabulate(crossed(persons, *by), "firstrow", tablefmt="jira") + "\n",
        leak="Cells of one to nine people, as one with Hb Lepore on desferrioxamine.",
    )
    by = ("chelator", "gender")
    lay(
        "tabulate/chelators_by_gender.jira",
        "S1",
        groups(by),
        text=tabulate(crossed(persons, *by), "firstrow", tablefmt="jira") + "\n",
    )
    by = ("pain", "gender")
    lay(
        "tabulate/pain.textile",
        "L11",
        *cells(by, only="small"),
        rules="O01",
        text=tabulate(crossed(persons, *by), "firstrow", tablefmt="textile") + "\n",
        leak="Three men and seven women rate their pain as ten.",
    )
    frame = persons.assign(
        pain=pd.cut(persons.pain, [-1, 0, 2, 4, 10], labels=["0", "1-2", "3-4", "5-10"])
    )
    bands = {"0": "0", "1-2": "1|2", "3-4": "3|4", "5-10": "5|6|7|8|9|10"}
    table = crossed(frame, "pain", "gender")
    told = [
        [bands[r[0]], g, n] for r in table[1:] for g, n in zip(table[0][1:], r[1:], strict=True)
    ]
    lay(
        "tabulate/pain_bands.textile",
        "S1",
        {"Groups": {"by": ["pain", "gender"], "where": "", "groups": told}},
        text=tabulate(table, "firstrow", tablefmt="textile") + "\n",
    )
    some = persons[persons["t2star_ms"] < 8].nsmallest(14, "t2star_ms")
    columns = ["unit", "age", "gender", "condition", "t2star_ms", "ferritin", "liver_iron"]
    lay(
        "tabulate/low_t2star.adoc",
        "L1",
        rows(columns, some.index),
        rules="O19 O20 O08",
        text=tabulate(some[columns].to_numpy().tolist(), columns, tablefmt="asciidoc") + "\n",
        leak="The fourteen people with the lowest T2*, one line each.",
    )
    own = persons.assign(decade=persons.age // 10 * 10).groupby("decade")
    frame = own.agg(n=("age", "size"), ferritin=("ferritin", "mean"), sd=("ferritin", "std"))
    frame = frame[frame.n >= 60]
    lay(
        "tabulate/ferritin_by_decade.adoc",
        "S1",
        *(count(f"age >= {d}; age < {d + 10}", n) for d, n in frame.n.items()),
        text=tabulate(
            [[f"{d}-{d + 9}", int(n), m, s] for d, n, m, s in frame.itertuples()],
            ["age", "n", "mean ferritin", "SD"],
            tablefmt="asciidoc",
            floatfmt=".0f",
        )
        + "\n",
    )
    lay(
        "tabulate/doses.youtrack",
        "S3",
        outside("the doses that the leaflet names, nobody's"),
        text=tabulate(
            [
                ["deferasirox", 14, 28, "mg/kg", 7],
                ["deferiprone", 75, 99, "mg/kg", 7],
                ["desferrioxamine", 20, 60, "mg/kg", 5],
            ],
            ["agent", "start", "most", "unit", "days a week"],
            tablefmt="youtrack",
        )
        + "\n",
    )


@maker
def pylatex_() -> None:
    from pylatex import Command, Document, LongTable, Section

    def paper(path, title, spec, lines):
        doc = Document(documentclass="article", geometry_options={"margin": "2cm"})
        doc.preamble.append(Command("title", title))
        with doc.create(Section(title)), doc.create(LongTable(spec)) as table:
            table.add_hline()
            for at, line in enumerate(lines):
                table.add_row(line)
                if at == 0:
                    table.add_hline()
            table.add_hline()
        return doc.dumps() + "\n"

    by = ("unit", "diabetes")
    table = crossed(persons, *by)
    lines = [["Unit", "n", "diabetes", "%"]] + [
        [r[0], r[1] + r[2], r[2], f"{100 * r[2] / (r[1] + r[2]):.1f}"] for r in table[1:]
    ]
    lay(
        "pylatex/diabetes.tex",
        "L11",
        *cells(by, "diabetes = 1", only="small"),
        rules="O01",
        text=paper("", "Diabetes by unit", "lrrr", lines),
        leak="Three people of Harbourside have diabetes.",
    )
    table = crossed(in_large, "unit", "spleen_out")
    lines = [["Unit", "n", "spleen removed", "%"]] + [
        [r[0], r[1] + r[2], r[2], f"{100 * r[2] / (r[1] + r[2]):.1f}"] for r in table[1:]
    ]
    lay(
        "pylatex/spleen.tex",
        "S1",
        *cells(("unit", "spleen_out"), WHERE_LARGE + "; spleen_out = yes"),
        text=paper("", "Spleen removed, by unit", "lrrr", lines),
    )


@maker
def pandas_text() -> None:
    told = io.StringIO()
    persons.info(buf=told, memory_usage=False)
    n = int(persons.liver_iron.notna().sum())
    lay(
        "pandas/info.txt",
        "S10",
        count("liver_iron != ", n),
        count("narrative != ", persons.remark.notna().sum()),
        text=told.getvalue(),
    )
    own = (
        persons[["unit", "condition", "age", "ferritin", "cost", "born", "person"]]
        .describe(include="all")
        .T
    )
    lay(
        "pandas/describe_all.txt",
        "L11",
        extremes("cost", f"{persons.cost.max():.2f}"),
        extremes("ferritin", int(persons.ferritin.max())),
        rules="O08 O22",
        text=own.to_string() + "\n",
        leak="The least and the greatest cost; the first of the codes.",
    )
    own = (
        persons[["age", "hb", "wbc", "bilirubin", "alt", "pain"]]
        .agg(["count", "mean", "std", "sem", "skew"])
        .T
    )
    lay(
        "pandas/moments.txt",
        "S1",
        count("", len(persons)),
        value("age", "mean", f"{own['mean']['age']:.3f}", few=False),
        value("hb", "sd", f"{own['std']['hb']:.3f}", few=False),
        text=own.round(3).to_string() + "\n",
    )
    own = persons.cost.value_counts(bins=12, sort=False)
    step = [(i.left, i.right) for i in own.index]
    few = [(a, b, c) for (a, b), c in zip(step, own, strict=True) if 0 < c < LEAST]
    lay(
        "pandas/cost_bins.md",
        "L11",
        rules="O01",
        *(small(f"cost >= {a}; cost < {b + 0.001}", c) for a, b, c in few),
        text=own.to_markdown() + "\n",
        leak="Bins of the cost with few people at the upper end.",
    )
    own = pd.cut(persons.hb, [0, 70, 80, 90, 100, 110, 120, 200], right=False).value_counts(
        sort=False
    )
    lay(
        "pandas/hb_bands.md",
        "S1",
        {
            "Bins": {
                "table": "people",
                "column": "hb",
                "where": "",
                "edges": [0, 70, 80, 90, 100, 110, 120, 200],
                "stated": [int(c) for c in own],
            }
        },
        text=own.to_markdown() + "\n",
    )
    own = (
        persons[persons.unit == SMALL_UNIT]
        .groupby("gender")[["ferritin", "cost"]]
        .quantile([0.25, 0.5, 0.75])
    )
    women = chosen("unit = Harbourside; gender = female").cost
    lay(
        "pandas/harbourside_quartiles.txt",
        "L11",
        rules="O09",
        text=own.to_string(float_format="%.2f") + "\n",
        *[
            value(
                "cost",
                f"q{q}",
                f"{women.quantile(q / 100):.2f}",
                few=True,
                where="unit = Harbourside; gender = female",
            )
            for q in (50,)
        ],
        leak="The median cost of 15 women is that of one of them.",
    )
    own = persons.groupby("gender")[["age", "hb", "pain", "crises"]].quantile([0.25, 0.5, 0.75])
    lay(
        "pandas/quartiles.txt",
        "S1",
        text=own.astype(int).to_string() + "\n",
        *[
            value(
                c,
                f"q{q}",
                int(chosen("gender = male")[c].quantile(q / 100)),
                few=False,
                where="gender = male",
            )
            for c in ("age", "hb", "pain")
            for q in (25, 50)
        ],
    )
    columns = ["person", "unit", "cost", "bags_year", "crises"]
    top = persons.nlargest(15, "cost")
    lay(
        "pandas/nlargest.txt",
        "L1",
        rows(columns, top.index),
        rules="O19 O22",
        text=repr(top[columns]) + "\n",
        leak="The fifteen dearest people with their codes.",
    )
    own = persons.groupby("bags_year").size().rename("persons").reset_index()
    own = own[own.persons >= 10].nlargest(12, "persons")
    lay(
        "pandas/most_frequent_bags.txt",
        "S1",
        *(count(f"bags_year = {b}", n) for b, n in own.to_numpy()),
        text=own.to_string(index=False) + "\n",
    )
    by = ("unit", "gender")
    table = persons.pivot_table(
        index="unit", columns="gender", values="age", aggfunc=["count", "mean", "max"]
    )
    lay(
        "pandas/pivot.xml",
        "L11",
        extremes(
            "age",
            int(chosen("unit = Harbourside; gender = male").age.max()),
            where="unit = Harbourside; gender = male",
        ),
        rules="O08",
        leak="The greatest age in each unit.",
        text=table.round(1)
        .set_axis([f"{a}_{b}" for a, b in table.columns], axis=1)
        .to_xml(parser="etree", root_name="units", row_name="unit"),
    )
    own = persons.pivot_table(index="unit", columns="gender", values="age", aggfunc="count")
    lay(
        "pandas/counts.xml",
        "S1",
        groups(by),
        text=own.to_xml(parser="etree", root_name="units", row_name="row"),
    )
    some = persons.sample(40, random_state=5).index
    columns = ["gender", "age", "condition", "ferritin", "liver_iron", "hb", "weight_kg"]
    lay(
        "pandas/sample.xml",
        "L1",
        rows(columns, some),
        rules="O19",
        text=persons.loc[some, columns].to_xml(
            parser="etree", index=False, attr_cols=columns[:3], elem_cols=columns[3:]
        ),
        leak="Forty people, as xml.",
    )
    own = persons[["age", "weight_kg", "ferritin", "liver_iron", "hb", "hbf"]]
    lay(
        "pandas/spearman.txt",
        "S3",
        written("liver_iron"),
        outside("coefficients of rank correlation over all people"),
        text=own.corr("spearman").round(3).to_string() + "\n",
    )
    table = pd.crosstab([persons.condition, persons.gender], persons.antibodies, margins=True)
    lay(
        "pandas/antibodies.tex",
        "L11",
        *cells(("condition", "gender", "antibodies"), "", only="small"),
        rules="O01 O03",
        text=table.style.format_index(escape="latex", axis=0).to_latex(
            hrules=True, clines="skip-last;data"
        ),
        leak="One to nine people with two or three antibodies in nearly each condition.",
    )
    most = WHERE_COMMON.replace("|SC", "")
    frame = in_common[in_common.condition != "SC"]
    frame = frame.assign(antibodies=np.where(frame.antibodies > 0, "any", "none"))
    table = pd.crosstab(frame.condition, frame.antibodies, margins=True)
    told = [
        [c, "0" if a == "none" else "1|2|3|4|5", int(table.loc[c, a])]
        for c in table.index[:-1]
        for a in ("any", "none")
    ]
    lay(
        "pandas/antibodies_any.tex",
        "S1",
        {"Groups": {"by": ["condition", "antibodies"], "where": most, "groups": told}},
        text=table.style.to_latex(hrules=True, caption="Antibodies", label="tab:antibodies"),
    )


@maker
def polars_() -> None:
    import polars as pl

    frame = pl.read_csv(str(UNITS / "persons.csv"))
    columns = ["unit", "age", "condition", "height_cm", "weight_kg", "ferritin", "hb", "cost"]
    lay(
        "polars/glimpse.txt",
        "L1",
        rows(
            columns,
            range(8),
        ),
        rules="O19",
        leak="The first ten values of each column.",
        text=frame.select(columns).glimpse(return_type="string", max_items_per_column=8),
        seen="O27",
    )
    lay(
        "polars/schema.txt",
        "S10",
        written("Float64"),
        outside("names and types of columns"),
        text="\n".join(f"{a}: {b}" for a, b in frame.schema.items()) + "\n",
    )
    own = frame.pivot("gender", index="unit", values="age", aggregate_function="len").sort("unit")
    with pl.Config(tbl_formatting="ASCII_MARKDOWN", tbl_hide_column_data_types=True, tbl_rows=20):
        lay("polars/units_by_gender.md", "S1", groups(("unit", "gender")), text=str(own) + "\n")
        own = frame.pivot(
            "spleen_out", index="condition", values="age", aggregate_function="len"
        ).sort("condition")
        lay(
            "polars/spleen_by_condition.md",
            "L11",
            *cells(("condition", "spleen_out"), only="small"),
            rules="O01",
            text=str(own) + "\n",
            leak="One person with Hb Lepore and four with S beta plus lost the spleen.",
        )
    with pl.Config(
        tbl_formatting="UTF8_BORDERS_ONLY", tbl_rows=40, tbl_cols=12, tbl_width_chars=140
    ):
        lay(
            "polars/dead_children.txt",
            "L1",
            rows(
                ["unit", "age", "condition", "ferritin", "died_days"],
                persons[(persons.died == 1) & (persons.age < 8)].index[:30],
            ),
            rules="O19",
            text=str(
                frame.filter((pl.col("died") == 1) & (pl.col("age") < 8))
                .select("unit", "age", "condition", "ferritin", "died_days")
                .head(30)
            )
            + "\n",
            leak="Thirty children who died, one line each.",
        )
        own = (
            frame.group_by("chelator")
            .agg(
                pl.len().alias("persons"),
                pl.col("ferritin").mean().round(0),
                pl.col("liver_iron").mean().round(2),
            )
            .sort("chelator")
        )
        lay(
            "polars/iron_by_chelator.txt",
            "S1",
            *(count(f"chelator = {c}", n) for c, n in own.select("chelator", "persons").rows()),
            text=str(own) + "\n",
        )


if __name__ == "__main__":
    run()
