"""Health economics, in French: a workbook of a Markov model, tables with decimal commas."""

import subprocess
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from docx import Document
from openpyxl import Workbook
from openpyxl.styles import numbers

from tests.bench.outputs.tenth.scripts.shelf import (
    Flow,
    Study,
    also,
    codes,
    count,
    extremes,
    number,
    person,
    rows,
    table,
    value,
    written,
)  # fmt: skip

study = Study("costs")
d = table("patients")
fr = {"VRd": "VRd", "D-VTd": "D-VTd", "DRd": "DRd", "VCd": "VCd", "Rd": "Rd", "VMP": "VMP"}
made = Path(tempfile.mkdtemp())

book = Workbook()
sheet = book.active
sheet.title = "Coûts"
sheet.append(["Schéma", "Patients", "Coût moyen (€)", "Écart-type (€)", "Nuits, moyenne"])
claims = []
for one in fr:
    where = f"regimen = {one}"
    own, nights = rows(where)["cost"].astype(float), rows(where)["nights"].astype(float)
    mean, sd = round(own.mean(), 0), round(own.std(), 0)
    sheet.append([one, len(own), int(mean), int(sd), float(f"{nights.mean():.1f}")])
    claims += [*count(where), value("cost", "mean", f"{mean:.0f}", where),
               value("cost", "sd", f"{sd:.0f}", where)]  # fmt: skip
for line in sheet.iter_rows(min_row=2, min_col=3, max_col=4):
    for cell in line:
        cell.number_format = numbers.FORMAT_NUMBER_COMMA_SEPARATED1
book.save(study.at("couts_par_schema.xlsx"))
study.safe("couts_par_schema.xlsx", "S1", claims)

who = "disease = POEMS"
parts = []
for clinic in sorted(d.clinic.unique()):
    own = rows(also(who, f"clinic = {clinic}"))["cost"].astype(float)
    if len(own):
        parts.append((clinic, len(own), own.sum(), own.max() / own.sum()))
lines = ["centre;patients;cout_total;cout_moyen"]
lines += [
    f"{a};{n};{s:.2f}".replace(".", ",") + f";{s / n:.2f}".replace(".", ",") for a, n, s, _ in parts
]
study.write("couts_poems.csv", "\n".join(lines) + "\n")
small = [
    {"Small": {"where": also(who, f"clinic = {a}"), "stated": n}} for a, n, _, _ in parts if n < 10
]
dominated = [{"Dominated": {"column": "cost", "where": also(who, f"clinic = {a}"), "printed": f"{s:.2f}"}}
             for a, n, s, top in parts if top > 0.5]  # fmt: skip
study.leaky("couts_poems.csv", "L11", "O01 O05 O06", "Sums of a few people, some made up by one.",
            small, dominated)  # fmt: skip

# sums by work: large groups, and a bill that one person dominates among those shown alone
top = d.sort_values("cost", ascending=False).head(12)
rank = pd.DataFrame({"rang": range(1, 13), "âge": top.age, "schéma": top.regimen, "nuits": top.nights,
                     "coût (€)": top.cost.map(lambda v: f"{v:.2f}".replace(".", ","))})  # fmt: skip
rank.to_csv(study.at("patients_les_plus_chers.csv"), sep=";", index=False)
study.leaky("patients_les_plus_chers.csv", "L2", "O19 O08", "The twelve most expensive people.",
            person(["age", "regimen", "nights", "cost"], top.index,
                   how=["same", "same", "same", "comma"]))  # fmt: skip
by = d[d.regimen.isin(list(fr))].groupby("regimen").cost.agg(["count", "min", "median", "max"])
by.to_html(study.at("couts_etendue.html"), float_format="%.2f", border=0)
study.leaky("couts_etendue.html", "L11", "O08 O09", "The least and the greatest cost of a treatment.",
            [extremes("cost", [f"{by.loc[one, end]:.2f}" for end in ("min", "max")],
                      f"regimen = {one}") for one in fr])  # fmt: skip
d.groupby("regimen").nights.agg(["count", "mean", "max"]).round(1).to_csv(
    study.at("nuits_max.csv"), sep=";", decimal=",")  # fmt: skip
tops = {one: int(d[d.regimen == one].nights.max()) for one in fr}
study.leaky("nuits_max.csv", "L11", "O08", "The longest stay of each treatment is one person's.",
            [extremes("nights", [str(n)], f"regimen = {one}") for one, n in tops.items()])  # fmt: skip

# the model and its simulations
model = Workbook()
one = model.active
one.title = "Paramètres"
for line in (["Paramètre", "Valeur", "IC bas", "IC haut", "Loi", "Source"],
             ["Utilité, sans progression", 0.74, 0.71, 0.77, "Bêta", "EQ-5D-5L"],
             ["Utilité, progression", 0.61, 0.57, 0.65, "Bêta", "EQ-5D-5L"],
             ["Prob. annuelle de progression, VRd", 0.19, 0.17, 0.21, "Bêta", "Cox"],
             ["RR, D-VTd contre VRd", 0.71, 0.58, 0.87, "Log-normale", "méta-analyse"],
             ["Coût d'une nuit (€)", 612, 540, 690, "Gamma", "tarif 2025"],
             ["Taux d'actualisation", 0.025, 0, 0.04, "fixe", "HAS"],
             ["Horizon (années)", 25, 10, 40, "fixe", ""]):  # fmt: skip
    one.append(line)
two = model.create_sheet("Trace")
two.append(["Cycle", "Sans progression", "Progression", "Décès"])
state = np.array([1.0, 0.0, 0.0])
move = np.array([[0.77, 0.19, 0.04], [0, 0.82, 0.18], [0, 0, 1]])
for cycle in range(26):
    two.append([cycle, *(round(float(x), 4) for x in state)])
    state = state @ move
three = model.create_sheet("Résultat")
three.append(["ICER (€/QALY)", 48750])
model.properties.creator = "Cellule médico-économique"
model.save(study.at("modele_markov.xlsx"))
study.safe("modele_markov.xlsx", "S3", written("Taux d'actualisation", "méta-analyse"))
rng = np.random.default_rng(12)
psa = pd.DataFrame({"simulation": range(1, 301), "d_cout": rng.normal(21400, 5200, 300).round(-1),
                    "d_qaly": rng.normal(0.44, 0.11, 300).round(3)})  # fmt: skip
psa.to_csv(study.at("psa_simulations.csv"), index=False, sep=";", decimal=",")
study.safe("psa_simulations.csv", "S6", written("simulation;d_cout;d_qaly"), seen=Flow(["O20"]))
figure, axes = plt.subplots(figsize=(4.6, 2.8))
for name, low, high in ((("Horizon", 41, 63), ("Utilité", 44, 55), ("RR", 39, 66),
                                        ("Tarif", 45, 53), ("Actualisation", 43, 57))):  # fmt: skip
    axes.barh(name, high - low, left=low, color="#789")
axes.set_xlabel("ICER (k€/QALY)")
figure.tight_layout()
figure.savefig(study.at("tornado.pdf"), metadata={"CreationDate": None})
study.safe("tornado.pdf", "S8", written("five bars of a sensitivity analysis"), written=False)

# tariffs, and a table in LaTeX
study.write("tarifs.csv", """molécule;dosage;unités;prix_ht;tva
bortézomib;3,5 mg;1;212,40;2,1
daratumumab SC;1800 mg;1;4180,00;2,1
lénalidomide;25 mg;21;1893,75;2,1
lénalidomide;10 mg;21;1702,11;2,1
melphalan;50 mg;1;38,90;2,1
dexaméthasone;20 mg;20;14,52;2,1
""")  # fmt: skip
study.safe("tarifs.csv", "S10", written("lénalidomide;25 mg;21;1893,75;2,1"))
study.write("tab_icer.tex", r"""\begin{tabular}{lrrrr}
\hline
Stratégie & Coût (\euro) & QALY & $\Delta$QALY & ICER \\ \hline
VRd & 118\,400 & 5{,}21 & -- & référence \\
D-VTd & 139\,850 & 5{,}65 & 0{,}44 & 48\,750 \\
DRd & 164\,300 & 5{,}58 & 0{,}37 & dominée \\ \hline
\end{tabular}
""")  # fmt: skip
study.safe("tab_icer.tex", "S3", written(r"D-VTd & 139\,850 & 5{,}65 & 0{,}44 & 48\,750"))

# individual costs for the reviewer, as a spreadsheet of another office
take = d[d.regimen == "VMP"].iloc[:70][["age", "sex", "nights", "infections", "cost", "died_days"]]
take.set_axis(["âge", "sexe", "nuits", "infections", "coût", "jours"], axis=1).to_csv(
    made / "couts_individuels.csv", index=False)  # fmt: skip
subprocess.run(["soffice", "--headless", "--convert-to", "ods", "couts_individuels.csv"], cwd=made,
               check=True, stdout=subprocess.DEVNULL, env={"HOME": str(made), "PATH": "/usr/bin:/bin"})  # fmt: skip
study.at("couts_individuels.ods").write_bytes((made / "couts_individuels.ods").read_bytes())
study.leaky("couts_individuels.ods", "L2", "O19", "Costs and nights of seventy people.",
            person(["age", "sex", "nights", "infections", "cost", "died_days"], take.index))  # fmt: skip
pd.DataFrame({"Schéma": list(fr), "Patients": [number(f"regimen = {one}") for one in fr],
              "Greffés": [number(f"regimen = {one}; transplant != none") for one in fr]}).to_csv(
    made / "greffes.csv", index=False)  # fmt: skip
subprocess.run(["soffice", "--headless", "--convert-to", "ods", "greffes.csv"], cwd=made,
               check=True, stdout=subprocess.DEVNULL, env={"HOME": str(made), "PATH": "/usr/bin:/bin"})  # fmt: skip
study.at("greffes.ods").write_bytes((made / "greffes.ods").read_bytes())
study.safe("greffes.ods", "S1", count(*(w for one in fr for w in (
    f"regimen = {one}", f"regimen = {one}; transplant != none"))))  # fmt: skip

# a report whose properties tell more than its text
doc = Document()
doc.add_heading("Coût des schémas de première ligne", 1)
where = "regimen = DRd"
doc.add_paragraph(f"Le coût moyen sous DRd était de {rows(where)['cost'].astype(float).mean():.0f} € "
                  f"(n = {number(where)}).")  # fmt: skip
doc.core_properties.author = "C. Lefèvre"
doc.save(study.at("rapport.docx"))
study.safe("rapport.docx", "S1", count(where),
           value("cost", "mean", f"{rows(where)['cost'].astype(float).mean():.0f}", where))  # fmt: skip
at = top.index[0]
doc.core_properties.keywords = f"valeur extrême {d.patient[at]}; {d.patient[top.index[1]]}"
doc.core_properties.comments = f"vérifier la facture de {d.patient[at]} ({d.cost[at]:.2f} EUR)"
doc.save(study.at("rapport_v0.docx"))
study.leaky("rapport_v0.docx", "L6", "O22 O28", "Codes of two people in the document's properties.",
            codes(top.index[:2]))  # fmt: skip
study.close()
