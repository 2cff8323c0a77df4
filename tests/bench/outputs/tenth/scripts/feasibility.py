"""A feasibility count in a week: queries, counts, two mails and a correction; three people."""

import json
from email.message import EmailMessage

import pandas as pd
from openpyxl import Workbook
from openpyxl.comments import Comment

from tests.bench.outputs.tenth.scripts.shelf import (
    TEXT,
    Flow,
    Study,
    also,
    codes,
    count,
    few,
    groups,
    number,
    person,
    rows,
    table,
    words,
    written,
)  # fmt: skip

study = Study("feasibility")
d = table("patients")
BASE = "disease = AL amyloidosis"

tens = [("AL amyloidosis", BASE), ("  aged 65 or older", also(BASE, "age >= 65")),
        ("  transplanted", also(BASE, "transplant != none")),
        ("  lambda light chains", also(BASE, "isotype in IgG lambda|IgA lambda|light chain lambda")),
        ("  creatinine >= 177", also(BASE, "creatinine >= 177"))]  # fmt: skip
pd.DataFrame([(name, (2 * number(w) + 10) // 20 * 10) for name, w in tens],
             columns=["group", "patients_rounded_to_10"]).to_csv(
    study.at("counts_rounded.csv"), index=False)  # fmt: skip
study.safe("counts_rounded.csv", "S2", count(*(w for _, w in tens), base=10))
band = pd.cut(d.age, [0, 49, 59, 69, 79, 120], labels=["<50", "50-59", "60-69", "70-79", "80+"])
own = d[d.disease == "AL amyloidosis"]
pd.crosstab(band[own.index], [own.sex]).to_csv(study.at("counts_age_sex.tsv"), sep="\t")
bands = [("<50", "age < 50"), ("50-59", "age >= 50; age < 60"), ("80+", "age >= 80")]
cells = [also(BASE, w, f"sex = {s}") for _, w in bands for s in ("female", "male")]
lows = [one for one in cells if 0 < number(one) < 10]
if lows:
    study.leaky("counts_age_sex.tsv", "L11", "O01", "Few young people of a sex.", *map(few, lows))
else:
    study.safe("counts_age_sex.tsv", "S1", count(*cells))
study.write("query.sql", """-- feasibility request FR-118, run in the workspace on 2026-01-19
WITH al AS (
    SELECT patient, sex, date_part('year', age(diagnosed, born)) AS age_dx,
           creatinine, isotype, transplant
    FROM patients
    WHERE disease = 'AL amyloidosis'
)
SELECT CASE WHEN age_dx < 65 THEN 'under 65' ELSE '65 and over' END AS band,
       10 * round(count(DISTINCT patient) / 10.0) AS n_rounded
FROM al
GROUP BY 1
HAVING count(DISTINCT patient) >= 10
ORDER BY 1;
""")  # fmt: skip
study.safe("query.sql", "S10", written("HAVING count(DISTINCT patient) >= 10"))
odd = own[own.diagnosed > "2025-06-01"].head(12)
quoted = ",\n    ".join(", ".join(f"'{one}'" for one in odd.patient[n : n + 4]) for n in (0, 4, 8))
study.write("query_fix.sql", f"""-- exclude the ones that Aldermoor entered twice
DELETE FROM cohort_al
WHERE patient IN (
    {quoted}
);
""")  # fmt: skip
study.leaky("query_fix.sql", "L10", "O22 O27", "Codes of people in a query.", codes(odd.index))


def mail(name: str, subject: str, body: str) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "data.desk@alliance.example", "feasibility@sponsor.example"
    message["Date"] = "Tue, 20 Jan 2026 11:02:00 +0000"
    message["Subject"] = subject
    message.set_content(body)
    study.at(name).write_bytes(bytes(message))


mail("FR-118_answer.eml", "FR-118: AL amyloidosis", f"""Hello Ruth,

we have about {(2 * number(BASE) + 10) // 20 * 10} people with AL amyloidosis, of whom about
{(2 * number(tens[1][1]) + 10) // 20 * 10} are 65 or older. Numbers are rounded to ten.

Ines
""")  # fmt: skip
study.safe("FR-118_answer.eml", "S2", count(BASE, tens[1][1], base=10))
east = also(BASE, "clinic = Greywater")
mail("FR-118_followup.eml", "Re: FR-118: AL amyloidosis", f"""Ruth,

Greywater cannot be one of your sites: it has {number(east)} patients. The youngest there was
diagnosed at {rows(east)['age'].astype(int).min()}.

Ines
""")  # fmt: skip
study.leaky("FR-118_followup.eml", "L11", "O01 O08", "One clinic has few patients.", few(east))
study.write("result.json", json.dumps({"request": "FR-118", "minimum_cell": 10, "result": [
    {"isotype": one, "n": number(also(BASE, f"isotype = {one}"))}
    for one in ("IgG kappa", "IgG lambda", "IgA kappa", "light chain kappa", "light chain lambda")
]}, indent=2))  # fmt: skip
study.safe("result.json", "S1", count(*(also(BASE, f"isotype = {one}") for one in (
    "IgG kappa", "IgG lambda", "IgA kappa", "light chain kappa", "light chain lambda"))))  # fmt: skip
part = own.iloc[5:30]
study.write("result_debug.json", json.dumps({"request": "FR-118", "rows": part[[
    "sex", "age", "isotype", "height_cm", "creatinine", "died_days"]].to_dict("records")}))  # fmt: skip
study.leaky("result_debug.json", "L1", "O19", "Twenty-five people as records.",
            person(["sex", "age", "isotype", "height_cm", "creatinine", "died_days"],
                   part.index))  # fmt: skip

# a count that was corrected within a month
one, two = "iss = III; ecog < 3", "iss = III; ecog < 3; fractures < 3"
while not 0 < number(one) - number(two) < 10:
    two = two.replace("fractures < 3", "fractures < 4")
    if number(one) - number(two) >= 10:
        raise ValueError(number(one) - number(two))
    break
for name, where in (("january", one), ("february", two)):
    study.write(f"release_{name}.csv", f"criterion,n\nISS III and ECOG 0-2,{number(where)}\n")
study.leaky("release_february.csv", "L12", "O14 O15",
            "The count differs by a few people from that of January.",
            {"Differs": {"larger": one, "smaller": two, "numbers": Flow([number(one), number(two)])}},
            released=["release_january.csv"])  # fmt: skip
for name, where in (("q1", "clinic = Dovecote; iss = II"), ("q2", "clinic = Eastmere; iss = II")):
    study.write(f"site_{name}.txt", f"Stage II at {where[9:17]}: {number(where)} patients\n")
study.safe("site_q2.txt", "S12", count("clinic = Eastmere; iss = II"),
           {"Apart": {"first": "clinic = Dovecote; iss = II", "second": "clinic = Eastmere; iss = II"}},
           released=["site_q1.txt"])  # fmt: skip

study.write("phenotype.yaml", """name: AL amyloidosis
version: 4
index_event: first record of
include:
  icd10: [E85.8, E85.81, E85.9]
  snomed: [23132008, 274945004]
exclude: {icd10: [E85.0, E85.1, E85.2]}
washout_days: 365
age: {from: 18, to: 110}
organ:
  heart: {ntprobnp_ng_l: 332, troponin_t_ng_l: 35}
  kidney: {protein_g_24h: 0.5, egfr: 50}
""")  # fmt: skip
study.safe("phenotype.yaml", "S10", written("heart: {ntprobnp_ng_l: 332, troponin_t_ng_l: 35}"))
book = Workbook()
sheet = book.active
sheet.append(["Sex", "Patients"])
for sex in ("female", "male"):
    sheet.append([sex, number(also(BASE, f"sex = {sex}"))])
book.save(study.at("FR-118_sex.xlsx"))
study.safe("FR-118_sex.xlsx", "S1", groups(["sex"], BASE))
at = next(n for n in own.index if TEXT["people"]["remark"][n])
sheet["B2"].comment = Comment(
    f"check {own.patient[at]}: {TEXT['people']['remark'][at]}", "Ines Duarte"
)
book.save(study.at("FR-118_sex_checked.xlsx"))
study.leaky("FR-118_sex_checked.xlsx", "L6", "O22 O23 O28", "A comment tells of one person.",
            codes([at]), words(at))  # fmt: skip
take = own.iloc[40:120][["sex", "born", "isotype", "weight_kg", "albumin", "cost"]]
take.rename(columns={"sex": "s", "born": "dob", "weight_kg": "kg"}).to_parquet(
    study.at("al_extract.parquet"), index=False)  # fmt: skip
study.leaky("al_extract.parquet", "L2", "O19 O22", "Eighty people with dates of birth.",
            person(["sex", "born", "isotype", "weight_kg", "albumin", "cost"], take.index))  # fmt: skip
study.close()
