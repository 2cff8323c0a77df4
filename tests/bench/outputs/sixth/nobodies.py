"""[pure] Small numbers that count nobody: plans, codes, doses, versions, literature."""

import json

import yaml

from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.writers import csv
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.markups import page, table, word
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.third.facts import Outside


def _grid(heads: str, *rows: str) -> Grid:
    return Grid(tuple(heads.split("|")), tuple(tuple(row.split("|")) for row in rows))


CODES = _grid("code|system|label", "B01AA03|ATC|warfarin", "B01AA04|ATC|phenprocoumon",
              "B01AA07|ATC|acenocoumarol", "B01AF01|ATC|rivaroxaban", "B01AF02|ATC|apixaban",
              "I26.9|ICD-10|lung embolism", "I48.2|ICD-10|atrial fibrillation, permanent",
              "I80.2|ICD-10|phlebitis of deep vessels", "I67.6|ICD-10|cerebral sinus",
              "D68.6|ICD-10|other thrombophilia")  # fmt: skip
NOMOGRAM = _grid("INR from|INR below|change of weekly dose, %|next control, days",
                 "1.0|1.5|15|7", "1.5|2.0|7|14", "2.0|3.1|0|28", "3.1|4.0|-7|14",
                 "4.0|5.0|-12|7", "5.0|9.0|-20|3")  # fmt: skip
POINTS = _grid(
    "item|points",
    "heart failure|1",
    "hypertension|1",
    "age 75 and over|2",
    "diabetes|1",
    "stroke|2",
    "vascular disease|1",
    "age 65 to 74|1",
    "female|1",
)
TABLETS = _grid("drug|tablet mg|colour|tablets a day", "warfarin|1|brown|3", "warfarin|3|blue|1",
                "warfarin|5|pink|1", "apixaban|2.5|yellow|2", "apixaban|5|pink|2",
                "rivaroxaban|15|red|1", "rivaroxaban|20|brown|1", "edoxaban|30|pink|1")  # fmt: skip
TRIALS = _grid("trial|year|events new|n new|events old|n old", "ALPHA-VT|2009|30|1274|27|1265",
               "BETA-PE|2012|50|2419|44|2413", "GAMMA pilot|2004|2|61|5|58",
               "DELTA|2015|3|112|9|109", "EPSILON-2|2018|7|406|8|411")  # fmt: skip
PLANNED = _grid("comparison|power %|risk old %|risk new %|planned n per arm|clusters",
                "major bleed|80|4|2|1141|8", "major bleed|90|4|2|1527|11",
                "second clot|80|9|6|1210|8", "pilot|-|-|-|6|2")  # fmt: skip
LIMITS = _grid("test|unit|low|high|decimals|tube", "haemoglobin|g/l|120|170|0|2",
               "platelets|10^9/l|150|400|0|2", "D-dimer|ng/ml|0|500|0|3", "fibrinogen|g/l|2|4|1|3",
               "INR|ratio|0.9|1.2|1|3", "CRP|mg/l|0|5|1|5")  # fmt: skip


def lay(desk: Desk, study: object) -> None:
    """Lay them all."""
    del study
    desk.lay("S1", "csv", csv(CODES), Outside("codes of classifications"))
    body = f"<h1>Dose table</h1>{table(NOMOGRAM.columns, NOMOGRAM.rows)}"
    desk.lay("S1", "html", page("Dose table", body), Outside("a rule for doses"))
    lines = "\n".join(aligned([POINTS.columns, *POINTS.rows], 3))
    desk.lay("S1", "txt", f"CHA2DS2-VASc\n\n{lines}\n".encode(), Outside("points of a score"))
    desk.lay("S1", "xlsx", office.xlsx(TABLETS, "Tablets"), Outside("doses of tablets"))
    desk.lay("S1", "csv", csv(TRIALS), Outside("published trials, made up"))
    rows = [list(PLANNED.columns), *map(list, PLANNED.rows)]
    data = word("Sample size", "Planned numbers, protocol version 1.3, 2 March 2026.", rows)
    desk.lay("S1", "docx", data, Outside("planned numbers"))
    desk.lay("S1", "tsv", csv(LIMITS, "\t"), Outside("limits of a laboratory"))
    _plans(desk)


def _plans(desk: Desk) -> None:
    days = ", ".join(map(str, (0, 3, 7, 14, 28, 90, 180, 365)))
    text = (
        "# Protocol 1.3\n\n## 4 Visits\n\n"
        f"Days after start: {days}. Window: 2 days until day 14, then 5.\n\n"
        "| visit | study day | form | tubes |\n|---|---|---|---|\n"
        "| V1 | 0 | A1 | 3 |\n| V2 | 3 | A2 | 1 |\n| V3 | 7 | A2 | 1 |\n| V8 | 365 | A9 | 4 |\n\n"
        "Changes: section 4.2 (page 7), section 6 (page 9).\n"
    )
    desk.lay("S1", "md", text.encode(), Outside("a plan of visits"))
    session = "\n".join([
        "R version 4.4.1 (2024-06-14)", "Platform: x86_64-pc-linux-gnu (64-bit)", "",
        "attached base packages:", "[1] stats     graphics  grDevices utils     datasets  methods",
        "[7] base", "", "other attached packages:", "[1] survival_3.7-0    data.table_1.16.2",
        "[3] arsenal_3.6.3     flextable_0.9.7   officer_0.6.7", "",
    ])  # fmt: skip
    desk.lay("S1", "txt", session.encode(), Outside("versions of software"), seen="O27")
    kinds = {
        "has_bled": {"type": "integer", "from": 0, "to": 9, "unit": "points"},
        "inr_value": {"type": "number", "from": 0.5, "to": 12, "decimals": 1},
        "dose_mg": {"type": "number", "from": 0.5, "to": 10000},
        "start_year": {"type": "integer", "from": 2014, "to": 2024},
    }
    body = yaml.safe_dump({"form": 3, "version": "2.1.0", "variables": kinds}, sort_keys=False)
    desk.lay("S1", "yaml", body.encode(), Outside("a form's definition"))
    releases = [{"version": f"2.{n}", "date": f"2025-{n + 2:02d}-1{n}", "issues_closed": 3 + n}
                for n in range(7)]  # fmt: skip
    desk.lay("S1", "json", json.dumps({"package": "clinicstats", "releases": releases}).encode(),
             Outside("releases of a package"))  # fmt: skip
    weeks = _grid("work package|starts, month|ends, month|person-months|budget, EUR",
                  "WP1 linkage|1|4|5|38000", "WP2 quality|3|9|8|61500", "WP3 models|6|14|11|84000",
                  "WP4 report|13|18|4|29500")  # fmt: skip
    desk.lay("S1", "ods", office.ods(weeks), Outside("a plan of work"))
    text = r"""\begin{tabular}{lrr}
\hline
Model parameter & Prior mean & Prior sd \\
\hline
$\beta_{age}$ & 0 & 1 \\
$\beta_{drug}$ & 0 & 2 \\
$\sigma_{clinic}$ & 0 & 0.5 \\
chains & 4 & \\
warm-up & 1000 & \\
\hline
\end{tabular}
"""
    desk.lay("S1", "tex", text.encode(), Outside("priors of a model"))
    slides = office.slides(("Agenda, 14 May 2026", "1 Minutes (5 min)\n2 Form 3.0 (20 min)\n3 AOB"),
                           ("Tablets", TABLETS))  # fmt: skip
    desk.lay("S1", "pptx", slides, Outside("an agenda and doses"))
