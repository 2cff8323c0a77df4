"""Study 9: health economics, by an analyst who writes French and Spanish labels."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from docx import Document
from openpyxl import Workbook
from openpyxl.styles import Font

from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("couts-hospitaliers")
p = k.people()
fr = lambda x, d=0: f"{x:,.{d}f}".replace(",", "\u202f").replace(".", ",")  # noqa: E731
arms = ["7+3", "azacitidine", "azacitidine-venetoclax", "epoetin", "supportive"]
lines = ["Traitement;Patients;Coût moyen (€);Écart type;Nuits (moyenne)"]
for a in arms:
    g = p[p.first_line == a]
    lines.append(f"{a};{len(g)};{fr(g.cost.mean())};{fr(g.cost.std())};{fr(g.nights.mean(), 1)}")
S.text("couts_par_traitement.csv", "\n".join(lines))
S.safe("couts_par_traitement.csv", "S1", *[k.count(f"first_line = {a}") for a in arms])
wb = Workbook()
ws = wb.active
ws.title = "Coûts"
ws.append(["Maladie", "Patients", "Somme des coûts", "Coût moyen", "Coût max."])
for name, g in p.groupby("disease"):
    ws.append(
        [name, len(g), round(g.cost.sum(), 2), round(g.cost.mean(), 2), f"{g.cost.max():.2f}"]
    )
for c in ws[1]:
    c.font = Font(bold=True)
wb.save(S / "couts_par_maladie.xlsx")
S.leak(
    "couts_par_maladie.xlsx",
    "L11",
    "O08",
    "Le coût maximal de chaque maladie est celui d'une personne.",
    k.extremes("cost", [p.cost[p.disease == "CMML"].max(), p.cost[p.disease == "AML-CBF"].max()]),
)
h = p[(p.centre == "Hollin") & (p.first_line == "7+3")]
dom = None
for c in ["Hollin", "Grauwald"]:
    for d in sorted(set(p.disease)):
        g = p[(p.centre == c) & (p.disease == d)]
        if 3 <= len(g) < 40:
            o = g.cost.sort_values(ascending=False)
            if o.iloc[0] > o.sum() / 2 or o.iloc[:2].sum() > 0.9 * o.sum():
                dom = (c, d, o.sum(), len(g))
                print("dominated", dom)
x = p.pivot_table(index="disease", columns="centre", values="cost", aggfunc="sum").round(2)
x.to_excel(S / "somme_centre_maladie.xlsx")
claims = (
    [
        {
            "Dominated": {
                "table": "people",
                "column": "cost",
                "where": f"centre = {dom[0]}; disease = {dom[1]}",
                "printed": f"{dom[2]:.2f}",
            }
        }
    ]
    if dom
    else []
)
S.leak(
    "somme_centre_maladie.xlsx",
    "L11",
    "O05 O06 O01 O02",
    "Des sommes de quelques personnes, dont une fait l'essentiel.",
    *claims,
    k.small("centre = Hollin; disease = AML-CBF"),
    written=False,
)
big = p[p.centre.isin(["Aarhof", "Bergen", "Castell"])]
y = big.groupby("centre").cost.agg(["size", "sum", "mean", "std"]).round(0).astype(int)
y.columns = ["Patients", "Somme €", "Moyenne €", "Écart type €"]
y.to_html(S / "somme_grands_centres.html", border=0, decimal=",")
S.safe("somme_grands_centres.html", "S1", *[k.count(f"centre = {c}") for c in y.index])
S.text(
    "tarifs.csv",
    "code;libellé;tarif_eur\nJ0890;Chimiothérapie, jour;412,50\nJ1100;Transfusion, concentré érythrocytaire;240,00\nJ1101;Transfusion, plaquettes;389,00\nH0001;Hospitalisation, nuit;610,00\nH0009;Soins intensifs, nuit;1840,00\nC0007;Consultation;54,00\n",
)
S.safe("tarifs.csv", "S10", k.nothing("une liste de tarifs"))
rng = np.random.default_rng(5)
ps = pd.DataFrame(
    {
        "draw": range(1, 401),
        "d_cost": rng.normal(18500, 4200, 400).round(0),
        "d_qaly": rng.normal(0.42, 0.11, 400).round(3),
    }
)
ps.to_csv(S / "psa_simulations.csv", index=False)
S.safe(
    "psa_simulations.csv",
    "S5",
    k.nothing("400 draws of a simulation from normal distributions"),
    seen=["O20"],
)
fig, ax = plt.subplots(figsize=(4.5, 3.5))
ax.scatter(ps.d_qaly, ps.d_cost, s=5)
ax.axline((0, 0), slope=50000, ls=":")
ax.set(
    xlabel="Incremental QALYs",
    ylabel="Incremental cost (EUR)",
    title="Cost-effectiveness plane, 400 simulations",
)
fig.savefig(S / "ce_plane.png", dpi=80)
S.safe("ce_plane.png", "S8", k.nothing("draws of a simulation"), written=False)
doc = Document()
doc.add_heading("Tabla 3. Resultados del modelo de Markov", 2)
t = doc.add_table(1, 4)
for c, o in zip(t.rows[0].cells, ["Estrategia", "Coste (€)", "AVAC", "RCEI (€/AVAC)"], strict=True):
    c.text = o
for row in (
    ("Azacitidina", "41.230", "1,62", "-"),
    ("Azacitidina + venetoclax", "59.870", "2,05", "43.349"),
    ("Cuidados de soporte", "19.400", "0,97", "dominada"),
):
    for c, o in zip(t.add_row().cells, row, strict=True):
        c.text = o
doc.add_paragraph(
    "Tasa de descuento 3 %; horizonte 10 años; ciclo de 28 días; 5000 simulaciones. Umbral: 25.000 €/AVAC."
)
doc.save(S / "Tabla3_modelo.docx")
S.safe("Tabla3_modelo.docx", "S3", k.nothing("resultados de un modelo con parámetros publicados"))
out = p.nlargest(12, "cost")[["age", "sex", "disease", "nights", "units_year", "cost"]]
doc = Document()
doc.add_heading("Anexo: valores atípicos comprobados", 2)
t = doc.add_table(1, 6)
for c, o in zip(
    t.rows[0].cells,
    ["Edad", "Sexo", "Diagnóstico", "Noches", "Concentrados", "Coste (€)"],
    strict=True,
):
    c.text = o
for r in out.itertuples(index=False):
    for c, o in zip(t.add_row().cells, r, strict=True):
        c.text = str(o)
doc.save(S / "Anexo_atipicos.docx")
S.leak(
    "Anexo_atipicos.docx",
    "L1",
    "O19",
    "Doce filas de los pacientes más caros.",
    k.rows(["age", "sex", "disease", "nights", "units_year", "cost"], out.index),
)
q = p.cost.quantile([0, 0.01, 0.25, 0.5, 0.75, 0.99, 1]).round(2)
S.text(
    "percentiles.json",
    pd.Series(q.values, index=[f"p{int(100 * i)}" for i in q.index]).to_json(indent=1),
)
S.leak(
    "percentiles.json",
    "L11",
    "O08 O09",
    "El mínimo y el máximo exactos.",
    k.extremes("cost", [f"{q.iloc[0]:.2f}", f"{q.iloc[-1]:.2f}"]),
)
S.text(
    "percentiles_arrondis.json",
    pd.Series(
        {
            "n": len(p),
            "p25": round(q[0.25], -3),
            "p50": round(q[0.5], -3),
            "p75": round(q[0.75], -3),
        }
    ).to_json(indent=1),
)
S.safe(
    "percentiles_arrondis.json",
    "S1",
    k.count(),
    k.value("cost", "q50", f"{round(q[0.5], -3):.0f}", base="1000"),
)
s = p[p.centre == "Fontane"].iloc[:60]
noisy = pd.DataFrame(
    {"k€": (s.cost / 1000).round(3), "séjour": s.nights, "âge": s.age, "CGR": s.units_year}
).sort_values("k€")
noisy.to_csv(S / "donnees_figure4.csv", index=False, sep=";")
S.leak(
    "donnees_figure4.csv",
    "L3",
    "O19",
    "60 lignes, coût en milliers.",
    k.rows(["nights", "age", "units_year"], s.index),
)
S.text(
    "rapport_qc.txt",
    f"Contrôle qualité\n================\nLignes lues : {len(p)}\nValeurs manquantes : 0\nDoublons : 0\nPlus grand coût : {p.cost.max()} (identifiant {p.case_no[p.cost.idxmax()]})\n",
)
S.leak(
    "rapport_qc.txt",
    "L13",
    "O22 O08",
    "Le rapport nomme l'identifiant du plus grand coût.",
    k.pseudonyms([p.cost.idxmax()]),
    k.extremes("cost", [p.cost.max()]),
)
S.done()
