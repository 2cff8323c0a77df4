"""Labels of the files that browser.mjs makes, which runs first."""

import numpy as np
from run import maker, run
from shelf import (
    cells,
    chosen,
    count,
    extremes,
    groups,
    lay,
    outside,
    persons,
    pseudonyms,
    rows,
    share,
    small,
    value,
    written,
)  # fmt: skip
from texts import WHERE_COMMON, WHERE_LARGE

harbour = persons[persons.unit == "Harbourside"]
PICK = ["unit", "gender", "age", "condition", "ferritin", "hb", "cost"]
AT_HARBOUR = "unit = Harbourside"


@maker
def tables() -> None:
    lay(
        "arquero/slice.md",
        "L1",
        rows(PICK[:6], range(100, 130)),
        rules="O19",
        leak="Thirty people.",
    )
    lay("arquero/gender_by_unit.md", "S1", groups(("unit", "gender"), WHERE_LARGE))
    lay(
        "arquero/columns.json",
        "L2",
        rows(["age", "weight_kg", "ferritin"], range(200, 240)),
        rules="O19",
        leak="Forty people, column by column.",
    )
    lay("arquero/conditions.json", "S1", groups(("condition",), WHERE_COMMON))
    lay(
        "arquero/ranges.csv",
        "L11",
        extremes("hb", int(harbour.hb.min()), int(harbour.hb.max()), where=AT_HARBOUR),
        extremes("cost", f"{harbour.cost.max():.10g}", where=AT_HARBOUR),
        rules="O08",
        leak="The least and greatest values of each unit.",
    )
    lay("arquero/doing.html", "S1", groups(("doing", "gender")))
    lay(
        "csv-stringify/extract.csv",
        "L1",
        rows(["born", "gender", "condition", "tongue", "hbf", "ferritin"], range(300, 345)),
        rules="O19",
        leak="45 people.",
    )
    lay(
        "csv-stringify/tongue_by_unit.tsv",
        "L11",
        *cells(("tongue", "unit"), only="small"),
        rules="O01 O03",
        leak="Cells of one to nine people.",
    )
    lay("csv-stringify/blood_groups.csv", "S1", groups(("blood_group", "gender")))
    for path in ("cli-table3/diabetes_by_unit.txt",):
        lay(
            path,
            "L11",
            *cells(("unit", "diabetes"), only="small"),
            rules="O01",
            leak="Three people of Harbourside have diabetes.",
        )
    lay(
        "cli-table3/spleen_by_condition.txt",
        "S1",
        groups(("condition", "spleen_out"), WHERE_COMMON),
    )
    lay(
        "console-table-printer/deaths.txt",
        "L11",
        *cells(("unit", "died"), only="small"),
        rules="O01",
        leak="Two people of Harbourside died.",
    )
    lay(
        "console-table-printer/deaths_large.txt",
        "S1",
        *cells(("unit", "died"), WHERE_LARGE + "; died = 1"),
    )
    lay(
        "markdown-table/antibodies.md",
        "L11",
        *cells(("blood_group", "antibodies"), only="small"),
        rules="O01 O03",
        leak="Four or five people with three antibodies.",
    )
    lay("markdown-table/gender.md", "S1", groups(("blood_group", "gender")))
    top = persons.sort_values("nights", ascending=False, kind="stable").index[:12]
    lay(
        "easy-table/top_nights.txt",
        "L1",
        rows(["unit", "age", "condition", "nights", "crises", "cost"], top),
        rules="O19 O08 O20",
        leak="The twelve people with most nights in hospital.",
    )
    lay("easy-table/tongues.txt", "S1", groups(("tongue", "gender"), "tongue != Maltese"))
    lay(
        "node/console_table.txt",
        "L11",
        *[
            small(f"doing = {d}; unit = Harbourside", n)
            for d, n in harbour.doing.value_counts().items()
            if n < 10
        ],
        rules="O01",
        leak="One to eight people of Harbourside in each line.",
    )
    lay("node/console_doing.txt", "S1", groups(("doing", "gender")))
    lay(
        "node/inspect.txt",
        "L10",
        pseudonyms([17, 18, 19]),
        rows(["person", "born", "cost"], [17, 18, 19]),
        rules="O19 O22 O27",
        leak="Three whole records.",
    )
    lay("node/settings.txt", "S10", outside("settings of a search"))
    by = ("unit", "stroke")
    lay(
        "handlebars/stroke.html",
        "L11",
        *cells(by, only="small"),
        rules="O01",
        leak="Five people of Harbourside had a stroke.",
    )
    lay("handlebars/stroke_large.html", "S1", *cells(by, WHERE_LARGE + "; stroke = 1"))
    lay(
        "handlebars/stroke_percent.html",
        "L11",
        share("stroke = 1", AT_HARBOUR, f"{100 * harbour.stroke.mean():.1f}", few=True),
        rules="O10 O01",
        leak="12.8 % of Harbourside are five people; no counts are given.",
    )
    lay(
        "js-yaml/chelators.yaml",
        "L11",
        *cells(("condition", "chelator"), "unit = Gorsebank", only="small"),
        rules="O01",
        leak="Cells of one to nine people of one unit.",
    )
    lay("js-yaml/spleen.yaml", "S1", groups(("unit", "spleen_out"), WHERE_LARGE))
    lay(
        "fast-xml-parser/persons.xml",
        "L1",
        rows(["person", "unit", "born", "hb"], range(500, 530)),
        rules="O19 O22",
        leak="Thirty people with codes.",
    )
    lay("fast-xml-parser/counts.xml", "S1", groups(("unit", "gender"), WHERE_LARGE))
    lay(
        "simple-statistics/ferritin.json",
        "L11",
        extremes("ferritin", int(persons.ferritin.min()), int(persons.ferritin.max())),
        rules="O08",
        leak="The least and the greatest ferritin.",
    )
    lay("simple-statistics/line.json", "S3", count("", 5000), written("line"))
    lay(
        "pino/ulcers.log",
        "L11",
        *cells(("unit", "ulcer"), only="small"),
        rules="O01",
        leak="Three people of Harbourside had an ulcer.",
    )
    lay("pino/folds.log", "S10", outside("seeds and times of five fits"))
    low = persons[persons.hb < 60].index[:20]
    lay(
        "pino/low_hb.log",
        "L10",
        rows(["person", "unit", "hb"], low),
        rules="O19 O22",
        leak="Codes of people with a low haemoglobin.",
    )


@maker
def sheets() -> None:
    at = range(400, 440)
    for ending in ("fods", "slk", "xlsb", "dbf"):
        lay(
            f"sheetjs/listing.{ending}",
            "L1",
            rows(["unit", "condition", "cost"] if ending == "xlsb" else PICK[:6], at),
            rules="O19",
            leak="Forty people.",
            written=ending not in ("xlsb", "dbf", "slk"),
        )
    for ending in ("dif", "html", "txt", "eth", "xml"):
        lay(
            f"sheetjs/chelators.{ending}",
            "L11",
            *cells(("condition", "chelator"), only="small"),
            rules="O01",
            leak="One to nine people in several cells.",
        )
    for ending in ("fods", "slk", "dif", "html", "txt", "prn", "xls", "xml", "eth"):
        lay(
            f"sheetjs/large_units.{ending}",
            "S1",
            groups(("unit", "chelator"), WHERE_LARGE),
            **({"written": False} if ending == "xls" else {}),
        )
    lay(
        "sheetjs/report.xlsx",
        "L6",
        rows(["unit", "born", "condition", "cost"], harbour.index),
        rules="O19 O28",
        leak="A sheet that is very hidden holds the people of Harbourside.",
    )


@maker
def figures() -> None:
    lay(
        "echarts/ulcers.svg",
        "L11",
        small("unit = Harbourside; ulcer = 1", 3),
        rules="O01",
        leak="Three people of Harbourside had an ulcer.",
    )
    lay(
        "echarts/spleens.svg",
        "S8",
        *cells(("unit", "spleen_out"), WHERE_LARGE + "; spleen_out = yes"),
    )
    lay(
        "echarts/tongue_by_doing.svg",
        "L11",
        *cells(("tongue", "doing"), only="small"),
        rules="O01",
        leak="Cells of one to nine people.",
    )
    lay("echarts/unit_by_blood_group.svg", "S8", groups(("unit", "blood_group"), WHERE_LARGE))
    lay(
        "echarts/harbourside.svg",
        "L8",
        rows(["ferritin"], harbour.index),
        rules="O18 O19",
        leak="Each person of Harbourside is a point, its ferritin beside it.",
    )
    lay(
        "echarts/mean_hb.svg",
        "S8",
        *[
            value(
                "hb",
                "mean",
                f"{chosen(f'condition = {c}').hb.mean():.1f}",
                few=False,
                where=f"condition = {c}",
            )
            for c in ("SC", "beta major", "HbE beta")
        ],
    )
    lay(
        "echarts/harbourside_doing.svg",
        "L11",
        *cells(("doing",), AT_HARBOUR, only="small"),
        rules="O01",
        leak="Two people of Harbourside draw a pension.",
    )
    lay("echarts/doing.svg", "S8", groups(("doing",)))
    lay(
        "observable-plot/harbourside_dots.svg",
        "L8",
        rows(["born", "ferritin"], harbour.index),
        rules="O18 O19",
        leak="Each person of Harbourside is a point with a title.",
    )
    edges = [0, 10, 20, 30, 40, 50, 80]
    lay(
        "observable-plot/ages.svg",
        "S8",
        {
            "Bins": {
                "table": "people",
                "column": "age",
                "where": "",
                "edges": edges,
                "stated": [int(n) for n in np.histogram(persons.age, edges)[0]],
            }
        },
        written=False,
    )
    lay(
        "observable-plot/chelators.svg",
        "L11",
        *cells(("chelator",), AT_HARBOUR, only="small"),
        rules="O01",
        leak="One and two people of Harbourside.",
    )
    lay("observable-plot/conditions.svg", "S8", groups(("condition",), WHERE_COMMON))
    plus = chosen("unit = Gorsebank; condition = S beta plus")
    lay(
        "observable-plot/hb_box.svg",
        "L8",
        extremes(
            "hb",
            *sorted({int(v) for v in plus.hb}),
            where="unit = Gorsebank; condition = S beta plus",
        ),
        rules="O08 O18",
        written=False,
        leak="A box of two people, and dots for single people beyond the whiskers.",
    )
    lay("observable-plot/hb_line.svg", "S8", outside("means of five groups of 386 people and more"))
    lay(
        "vega/strokes.svg",
        "L11",
        *cells(("condition", "stroke"), "stroke = 1", only="small"),
        rules="O01",
        leak="Three people with HbH had a stroke.",
    )
    lay("vega/conditions.svg", "S8", groups(("condition",), WHERE_COMMON))
    lay(
        "vega/strokes.vg.json",
        "L11",
        *cells(("condition", "stroke"), "stroke = 1", only="small"),
        rules="O01",
        leak="Three people with HbH had a stroke.",
    )
    lay("vega/conditions.vg.json", "S8", groups(("condition",), WHERE_COMMON))


if __name__ == "__main__":
    run()
