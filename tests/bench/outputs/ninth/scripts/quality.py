"""Study 12: a data-quality report for the partners."""

import difflib
import json
import zipfile

import pandas as pd
from lxml import etree

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("data-quality")
p, c = k.people(), k.cycles()
rep = pd.DataFrame(
    {
        "variable": p.columns,
        "type": p.dtypes.astype(str),
        "missing %": [
            round(100 * (p[x] == "").mean(), 1) if p[x].dtype == object else 0.0 for x in p.columns
        ],
    }
)
rep.to_csv(S / "completeness.csv", index=False)
S.safe("completeness.csv", "S10", k.nothing("types and shares of missing cells, of 6,000"))
j = {
    x: {"min": p[x].min().item(), "max": p[x].max().item(), "mean": round(p[x].mean(), 2)}
    for x in ("age", "height_cm", "weight_kg", "hb", "plt", "ferritin")
}
(S / "profile.json").write_text(json.dumps(j, indent=2))
S.leak(
    "profile.json",
    "L11",
    "O08",
    "The least and the greatest value of each column.",
    k.extremes("weight_kg", [p.weight_kg.max(), p.weight_kg.min()]),
    k.extremes("ferritin", [p.ferritin.max()]),
)
rules = [
    ("age at diagnosis below 18", (p.age < 18).sum()),
    ("died before diagnosis", 0),
    ("ferritin above 20000", (p.ferritin > 20000).sum()),
    ("transplant without donor", ((p.transplant == 1) & (p.donor == "none")).sum()),
    ("cycle without dose", 0),
]
S.text(
    "rules.md",
    "| rule | lines that break it |\n|---|---|\n"
    + "".join(f"| {a} | {b} |\n" for a, b in rules)
    + "\nAll rules hold in all lines.\n",
)
assert sum(b for _, b in rules) == 0
S.safe(
    "rules.md", "S10", k.nothing("nobody breaks a rule: all counts are zero by design of the form")
)
bad = p[(p.plt > 600) | (p.wbc > 90)]
bad[["case_no", "centre", "plt", "wbc", "diagnosed"]].head(30).to_html(
    S / "implausible.html", index=False, border=0
)
S.leak(
    "implausible.html",
    "L13",
    "O22 O19",
    "Implausible lines with pseudonyms.",
    k.rows(["participant", "plt", "wbc", "diagnosed"], bad.index[:30]),
    k.pseudonyms(bad.index[:30]),
)
cen = (
    p[p.centre != "Hollin"].groupby("centre").remark.agg(lambda s: round(100 * (s == "").mean(), 1))
)
S.text(
    "empty_remarks.txt",
    "Share of people without a remark, by centre (%)\n\n"
    + cen.to_string()
    + "\n\nTarget: none. The seven centres have 346 to 1360 people each.\n",
)
S.safe("empty_remarks.txt", "S1", k.count("centre = Grauwald"), k.count("centre = Aarhof"))
a = p.loc[:6, ["case_no", "age", "hb", "ecog"]].to_csv(index=False).splitlines()
b = list(a)
for i in (2, 5):
    b[i] = b[i][:-1] + "3"
S.text(
    "extract_v1_v2.diff",
    "\n".join(difflib.unified_diff(a, b, "extract_2025-03.csv", "extract_2025-06.csv", lineterm=""))
    + "\n",
)
S.leak(
    "extract_v1_v2.diff",
    "L10",
    "O22 O19 O27",
    "A comparison of two extracts quotes lines of people.",
    k.pseudonyms(range(7)),
    k.rows(["participant", "age", "hb"], range(7)),
)
S.text(
    "schema.diff",
    "--- schema_v3.sql\n+++ schema_v4.sql\n@@ -3,7 +3,7 @@\n CREATE TABLE patients (\n   case_no text PRIMARY KEY,\n-  ecog smallint CHECK (ecog BETWEEN 0 AND 5),\n+  ecog smallint CHECK (ecog BETWEEN 0 AND 4),\n   hb numeric(4,1) CHECK (hb BETWEEN 2 AND 25),\n   plt integer CHECK (plt BETWEEN 0 AND 5000)\n );\n",
)
S.safe("schema.diff", "S10", k.nothing("a schema"))
books.run(
    None,
    [
        "# Data quality",
        "import pandas as pd\np = pd.read_csv('data/patients.csv')\np.info(memory_usage=False)",
        "p.isna().mean().mul(100).round(1).loc[lambda s: s > 0]",
        "p.dtypes.value_counts()",
    ],
    S / "dq_notebook.html",
)
S.safe("dq_notebook.html", "S7", k.count())
books.run(
    None,
    [
        "# Duplicates",
        "import pandas as pd\np = pd.read_csv('data/patients.csv')\nk = ['born', 'sex', 'centre']\np[p.duplicated(k, keep=False)].sort_values(k)[['case_no', *k, 'diagnosed']].head(20)",
    ],
    S / "duplicates.html",
)
dup = (
    p[p.duplicated(["born", "sex", "centre"], keep=False)]
    .sort_values(["born", "sex", "centre"])
    .head(20)
)
print("dups", len(dup))
S.leak(
    "duplicates.html",
    "L7",
    "O22 O19",
    "Possible duplicates with dates of birth.",
    k.rows(["participant", "born", "diagnosed"], dup.index),
    k.pseudonyms(dup.index),
)
root = etree.Element("dataset", name="patients", version="2025-06")
for x in p.columns:
    etree.SubElement(
        root, "variable", name=x, type=str(p[x].dtype), role="id" if x == "case_no" else "measure"
    )
(S / "dictionary.xml").write_bytes(
    etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="utf-8")
)
S.safe("dictionary.xml", "S10", k.nothing("names and types of columns"))
g = c.groupby("case_no").size().value_counts().sort_index()
pd.DataFrame({"cycles documented": g.index, "people": g.values}).to_excel(
    S / "cycles_per_person.xlsx", index=False
)
assert g.min() >= 10
S.safe(
    "cycles_per_person.xlsx",
    "S1",
    *[
        k.nothing("people by number of documented cycles, each fifty and more"),
        k.written("cycles documented"),
    ],
)
late = p[p.centre == "Hollin"][["case_no", "diagnosed"]].head(15)
with zipfile.ZipFile(S / "dq_package.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("report/completeness.csv", rep.to_csv(index=False))
    z.writestr("report/README.md", "# Data quality, second quarter\n")
    z.writestr("report/.cache/late_forms.csv", late.to_csv(index=False))
S.leak(
    "dq_package.zip",
    "L6",
    "O34 O22 O28 O19",
    "A cache folder in the package lists pseudonyms and dates.",
    k.pseudonyms(late.index),
    k.rows(["participant", "diagnosed"], late.index),
)
with zipfile.ZipFile(S / "dq_scripts.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(
        "dq/check.py",
        '"""Checks of the form."""\nimport pandas as pd\n\n\ndef missing(frame: pd.DataFrame) -> pd.Series:\n    return frame.isna().mean().mul(100).round(1)\n',
    )
    z.writestr("dq/README.md", "# Checks\nRun `python check.py FILE` in the workspace.\n")
    z.writestr(
        "dq/limits.csv", "variable,low,high\nhb,2,25\nplt,0,5000\nwbc,0,1000\nheight_cm,40,230\n"
    )
S.safe("dq_scripts.zip", "S10", k.nothing("code and limits of the form"))
dg = p.hb.map(lambda x: round(10 * x) % 10).value_counts().sort_index()
S.text(
    "digit_preference.csv",
    "last digit of haemoglobin,people\n" + "".join(f"{i},{x}\n" for i, x in dg.items()),
)
S.safe(
    "digit_preference.csv",
    "S1",
    k.nothing("last digits, each of some hundred people"),
    k.written("last digit of haemoglobin,people"),
)
x = pd.crosstab(p.year, p.karyotype)
x.to_csv(S / "karyotype_by_year.csv")
print(x["inv(3)"].to_dict())
y0 = next(y for y, v in x["inv(3)"].items() if v)
S.leak(
    "karyotype_by_year.csv",
    "L11",
    "O01 O03",
    "A rare karyotype by year.",
    k.small(f"karyotype = inv(3); year = {y0}"),
)
S.done()
