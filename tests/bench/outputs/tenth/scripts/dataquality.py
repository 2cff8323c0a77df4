"""A data-quality report of one extract: profiles, rules, logs and differences; a data manager."""

import difflib
import io
import json

from docx import Document

from tests.bench.outputs.tenth.scripts.shelf import (
    TEXT,
    Study,
    codes,
    count,
    extremes,
    few,
    groups,
    number,
    person,
    table,
    value,
    written,
)  # fmt: skip

study = Study("dataquality")
d = table("patients")
t = TEXT["people"]
NUM = ["age", "hb", "calcium", "creatinine", "albumin", "b2m", "ldh", "ferritin", "marrow"]

html = d[NUM].describe().round(2).to_html(border=0, classes="profile")
study.write("profile.html", f"<html><head><meta charset='utf-8'><title>Profile v14</title></head><body>"
            f"<h1>Extract v14</h1>{html}</body></html>")  # fmt: skip
study.leaky("profile.html", "L11", "O08", "The least and the greatest value of each column.",
            extremes("b2m", [f"{d.b2m.max():.2f}", f"{d.b2m.min():.2f}"]),
            extremes("ldh", [str(d.ldh.max())]), extremes("creatinine", [str(d.creatinine.max())]))  # fmt: skip
plain = d[NUM].agg(["count", "mean", "std"]).T.round(1).rename_axis("column")
plain["missing"] = 0
study.write("profile_release.html", f"<html><head><meta charset='utf-8'><title>Profile v14</title></head>"
            f"<body><h1>Extract v14, for release</h1>{plain.astype(str).to_html()}</body></html>")  # fmt: skip
study.safe("profile_release.html", "S1",
           [value(c, "mean", f"{d[c].mean():.1f}") for c in ("age", "hb", "ldh", "marrow")])  # fmt: skip
blank = int((t.remark == "").sum())
study.write("missingness.csv", "column,rows,missing,percent\n" + "".join(
    f"{c},{len(d)},{blank if c == 'remark' else 0},{100 * blank / len(d) if c == 'remark' else 0:.1f}\n"
    for c in d.columns if c != "patient"))  # fmt: skip
study.safe(
    "missingness.csv", "S1", written(f"remark,5000,{blank},{100 * blank / len(d):.1f}"), count("")
)

dup = d.sample(8, random_state=2).index
lines = ["2026-02-01T06:00:01Z load patients rows=5000", "2026-02-01T06:00:02Z check duplicates"]
lines += [f"2026-02-01T06:00:02Z DUPLICATE key={t.patient[a]} name-hash kept=first clinic={t.clinic[a]} "
          f"born={t.born[a]}" for a in dup]  # fmt: skip
study.write("load_errors.log", "\n".join(lines) + "\n")
study.leaky("load_errors.log", "L10", "O22 O19 O27", "Codes and dates of birth of eight people.", codes(dup),
            person(["patient", "clinic", "born"], dup))  # fmt: skip
study.write("load.log", """2026-02-01T06:00:01Z INFO load patients rows=5000 columns=48
2026-02-01T06:00:02Z INFO load lines rows=12304 columns=8
2026-02-01T06:00:02Z INFO load panel rows=1700 columns=18
2026-02-01T06:00:03Z INFO check keys unique=true orphans=0
2026-02-01T06:00:04Z WARN column remark is free text, left out of marts
2026-02-01T06:00:09Z INFO marts built tables=6 elapsed=5.2s peak_mb=211
2026-02-01T06:00:09Z INFO exit code 0
""")  # fmt: skip
study.safe("load.log", "S10", count(""), written("load lines rows=12304"))
checks = [("creatinine >= 330", "creatinine >= 330"), ("calcium >= 2.95", "calcium >= 2.95"),
          ("hb < 55", "hb < 55"), ("age >= 90", "age >= 90"), ("weight < 42", "weight_kg < 42"),
          ("ldh >= 400", "ldh >= 400"), ("b2m >= 10", "b2m >= 10")]  # fmt: skip
study.write("range_checks.csv", "rule;failed;of\n" + "".join(
    f"{name};{number(w)};5000\n" for name, w in checks))  # fmt: skip
low = [w for _, w in checks if 0 < number(w) < 10]
study.leaky(
    "range_checks.csv", "L11", "O01", "Rules that a few people fail.", [few(w) for w in low]
)
study.write("range_checks_release.csv", "rule;failed\n" + "".join(
    f"{name};{number(w) if number(w) >= 10 else 'fewer than 10'}\n" for name, w in checks))  # fmt: skip
study.safe("range_checks_release.csv", "S2", count(*(w for _, w in checks if number(w) >= 10)))
study.write("rules.yaml", """version: 14
columns:
  age: {type: integer, from: 18, to: 110}
  hb: {unit: g/L, warn: [40, 200]}
  calcium: {unit: mmol/L, warn: [1.6, 3.4], reference: [2.15, 2.55]}
  creatinine: {unit: umol/L, warn: [20, 1200], reference: [45, 90]}
  albumin: {unit: g/L, reference: [35, 50]}
  b2m: {unit: mg/L, reference: [0.8, 2.4]}
  ldh: {unit: U/L, reference: [135, 225]}
  iss: {values: [I, II, III]}
thresholds: {missing_percent: 5, duplicates: 0, drift_psi: 0.2}
""")  # fmt: skip
study.safe(
    "rules.yaml",
    "S10",
    written("calcium: {unit: mmol/L, warn: [1.6, 3.4], reference: [2.15, 2.55]}"),
)
study.write("schema.json", json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "patients", "type": "object", "required": ["patient", "clinic", "age"], "properties": {
        "age": {"type": "integer", "minimum": 18, "maximum": 110},
        "ecog": {"enum": [0, 1, 2, 3, 4]}, "melphalan": {"enum": [0, 140, 200]},
        "global_health": {"type": "number", "multipleOf": 8.3},
        "patient": {"type": "string", "pattern": "^[a-z]{3}-[0-9]{5}$"}}}, indent=2))  # fmt: skip
study.safe("schema.json", "S10", written('"pattern": "^[a-z]{3}-[0-9]{5}$"'))
z = (d[["ldh", "ferritin", "cost", "weight_kg"]] - d[["ldh", "ferritin", "cost", "weight_kg"]].mean()) / d[
    ["ldh", "ferritin", "cost", "weight_kg"]].std()  # fmt: skip
out = d.loc[z.abs().max(axis=1) > 5, ["clinic", "ldh", "ferritin", "cost", "weight_kg"]].head(40)
out.assign(z=z.loc[out.index].abs().max(axis=1).round(1)).to_excel(
    study.at("outliers.xlsx"), sheet_name="z over 5"
)
study.leaky("outliers.xlsx", "L1", "O19 O08", "Forty people with outlying values, with row numbers.",
            person(["clinic", "ldh", "ferritin", "cost", "weight_kg"], out.index))  # fmt: skip
study.write("dictionary.csv", "name,label,type,unit,values,since\n"
            "patient,pseudonym,text,,,1\nage,age at diagnosis,integer,years,,1\nhb,haemoglobin,integer,g/L,,1\n"
            "iss,international staging system,category,,I|II|III,2\nmelphalan,conditioning dose,integer,mg/m2,0|140|200,3\n"
            "global_health,QLQ-C30 items 29 and 30,number,points,0 to 100,7\nstopped,why a line ended,category,,5 values,9\n")  # fmt: skip
study.safe(
    "dictionary.csv", "S10", written("melphalan,conditioning dose,integer,mg/m2,0|140|200,3")
)
sample = t.loc[40:46, ["patient", "clinic", "age", "hb", "creatinine", "died_days"]]
old = sample.to_csv(index=False).splitlines()
new = (
    sample.assign(died_days=[str(int(x) + 31) for x in sample.died_days])
    .to_csv(index=False)
    .splitlines()
)
study.write("v13_v14.diff", "\n".join(difflib.unified_diff(old, new, "v13/patients.csv", "v14/patients.csv",
                                                          lineterm="")) + "\n")  # fmt: skip
study.leaky("v13_v14.diff", "L10", "O22 O19", "Lines of seven people in a difference of extracts.",
            codes(sample.index),
            person(["patient", "clinic", "age", "hb", "creatinine"], sample.index))  # fmt: skip
counts = {
    c: {k: int(n) for k, n in d[c].value_counts().items()} for c in ("sex", "iss", "smoking", "mrd")
}
study.write("value_counts.json", json.dumps(counts, indent=1))
study.safe(
    "value_counts.json",
    "S1",
    groups(["sex"]),
    groups(["iss"]),
    groups(["smoking"]),
    groups(["mrd"]),
)
both = d.groupby(["clinic", "work"]).size().rename("n").reset_index()
buffer = io.StringIO()
both.to_json(buffer, orient="values")
study.write("value_pairs.json", buffer.getvalue())
pairs = both[(both.n < 10)].head(10)
study.leaky("value_pairs.json", "L11", "O01", "Few people of a clinic have a kind of work.",
            [few(f"clinic = {a}; work = {b}") for a, b in zip(pairs.clinic, pairs.work, strict=True)])  # fmt: skip
doc = Document()
doc.add_heading("Data quality report, extract v14", 0)
for text in (f"The extract holds {number(''):,} patients. Keys are unique and no line of therapy is an orphan.",
             f"{number('age >= 80'):,} people were 80 or older at diagnosis.",
             "Of 48 columns 47 are complete. Two rules were added (R31, R32), one was withdrawn (R07).",
             "Drift against v13, population stability index: hb 0.01, ldh 0.02, b2m 0.01, all below 0.2."):  # fmt: skip
    doc.add_paragraph(text)
doc.core_properties.author = "Siobhan Keane"
doc.save(study.at("dq_report_v14.docx"))
study.safe("dq_report_v14.docx", "S1", count("", "age >= 80"))
study.close()
