"""Study 3: iron overload; the analyst works in German and in workbooks."""

import matplotlib.pyplot as plt
import pandas as pd
import xlsxwriter
from openpyxl import Workbook
from openpyxl.comments import Comment

from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("eisenueberladung")
p = k.people()
p["Klasse"] = pd.cut(
    p.ferritin,
    [0, 300, 1000, 2500, 1e6],
    labels=["<300", "300-999", "1000-2499", ">=2500"],
    right=False,
)
de = lambda x, d=1: f"{x:.{d}f}".replace(".", ",")  # noqa: E731

t = pd.crosstab(p.Klasse, p.chelation.map({0: "keine", 1: "Chelat"}))
t.insert(0, "Patienten", t.sum(axis=1))
book = xlsxwriter.Workbook(str(S / "Tabelle2_Ferritin.xlsx"))
book.set_properties({"title": "Ferritin und Chelattherapie", "author": "AG Eisen"})
w = book.add_worksheet("Tabelle 2")
bold = book.add_format({"bold": True, "bottom": 1})
w.write_row(0, 0, ["Ferritin (µg/l)", *t.columns, "Anteil Chelat (%)"], bold)
for r, (name, line) in enumerate(t.iterrows(), 1):
    w.write_row(r, 0, [name, *map(int, line), round(100 * line["Chelat"] / line["Patienten"], 1)])
w.write(7, 0, "Referenzbereich Ferritin: 30-400 µg/l (Männer), 15-150 µg/l (Frauen)")
book.close()
S.safe(
    "Tabelle2_Ferritin.xlsx",
    "S1",
    k.bins("ferritin", [0, 300, 1000, 2500]),
    k.bins("ferritin", [0, 300, 1000, 2500], "chelation = 1"),
)
lines = ["Zentrum;n;Ferritin Mittelwert;SD;Einheiten/Jahr Mittelwert;Chelat n;Chelat %"]
for c, g in p[p.centre != "Hollin"].groupby("centre"):
    lines.append(
        f"{c};{len(g)};{de(g.ferritin.mean())};{de(g.ferritin.std())};{de(g.units_year.mean())};{g.chelation.sum()};{de(100 * g.chelation.mean())}"
    )
S.text("ferritin_zentren.csv", "\n".join(lines) + "\n")
S.safe(
    "ferritin_zentren.csv",
    "S1",
    *[k.count(f"centre = {c}") for c in sorted(set(p.centre) - {"Hollin"})],
    k.count("centre = Bergen; chelation = 1"),
)
g = p.groupby(["disease", "chelation"]).ferritin.agg(["size", "mean", "std", "min", "max"]).round(1)
g.to_excel(S / "Ferritin_nach_Diagnose.xlsx")
S.leak(
    "Ferritin_nach_Diagnose.xlsx",
    "L11",
    "O08 O01",
    "Minimum und Maximum je Gruppe, und eine Gruppe von weniger als zehn.",
    k.small("disease = AML-MECOM; chelation = 1"),
    k.extremes("ferritin", [p[p.disease == "CMML"].ferritin.max()], "disease = CMML"),
)
wb = Workbook()
ws = wb.active
ws.title = "Dosis"
ws.append(["Wirkstoff", "Startdosis mg/kg", "Maximaldosis mg/kg", "Kontrolle Kreatinin (Wochen)"])
for line in (
    ["Deferasirox FCT", 14, 28, 4],
    ["Deferasirox DT", 20, 40, 4],
    ["Deferoxamin", 20, 60, 12],
    ["Deferipron", 75, 99, 1],
):
    ws.append(line)
wb.save(S / "Dosierung_Chelatoren.xlsx")
S.safe("Dosierung_Chelatoren.xlsx", "S10", k.nothing("Dosen aus Fachinformationen"))
wb = Workbook()
ws = wb.active
ws.append(["Einheiten pro Jahr", "Patienten", "Kreatinin Mittelwert", "Kreatinin SD"])
cut = pd.cut(
    p.units_year, [-1, 9, 19, 29, 39, 200], labels=["0-9", "10-19", "20-29", "30-39", "40 und mehr"]
)
for name, q in p.groupby(cut, observed=True):
    ws.append([name, len(q), round(q.creatinine.mean(), 1), round(q.creatinine.std(), 1)])
top = p.units_year.idxmax()
who = p.loc[p.remark.ne("") & (p.units_year > 60)].index[0]
ws["B6"].comment = Comment(f"{p.case_no[who]}: {p.remark[who]}", "Dok")
wb.save(S / "Transfusionen_Kreatinin.xlsx")
S.leak(
    "Transfusionen_Kreatinin.xlsx",
    "L6",
    "O28 O22 O23",
    "Ein Kommentar an einer Zelle nennt ein Pseudonym und zitiert die Bemerkung.",
    k.pseudonyms([who]),
    k.words([who]),
)
wb = Workbook()
ws = wb.active
ws.append(["Einheiten pro Jahr", "Patienten", "Ferritin Mittelwert"])
for name, q in p.groupby(cut, observed=True):
    ws.append([name, len(q), round(q.ferritin.mean())])
ws["A8"].comment = Comment("Gruppen wie im Antrag, S. 12", "Dok")
wb.save(S / "Transfusionen_Ferritin.xlsx")
S.safe("Transfusionen_Ferritin.xlsx", "S1", k.bins("units_year", [0, 10, 20, 30, 40]))
fig, ax = plt.subplots()
sick = p[(p.chelation == 1) & (p.disease == "MDS-SF3B1")]
ax.scatter(sick.units_year, sick.ferritin, s=9)
ax.set(xlabel="Einheiten pro Jahr", ylabel="Ferritin (µg/l)", yscale="log")
fig.savefig(S / "Abb1_Streudiagramm.svg")
fig.savefig(S / "Abb1_Streudiagramm.png", dpi=80)
for name, family in (("Abb1_Streudiagramm.svg", "L8"), ("Abb1_Streudiagramm.png", "L8")):
    S.leak(
        name,
        family,
        "O18 O17" if name.endswith("svg") else "O17 O18",
        "Ein Punkt je Patient.",
        k.rows(["units_year", "ferritin"], sick.index),
        written=False,
    )
means = p.groupby(cut, observed=True).ferritin.mean()
fig, ax = plt.subplots(figsize=(5, 3))
ax.bar(range(5), means.round(-1))
ax.set_xticks(range(5), means.index, fontsize=7)
ax.set_ylabel("Ferritin, Mittelwert (µg/l)")
fig.savefig(S / "Abb2_Balken.png", dpi=80)
S.safe("Abb2_Balken.png", "S8", k.bins("units_year", [0, 10, 20, 30, 40]), written=False)
sub = p[(p.ferritin > 2500) & (p.chelation == 0)].head(40)
ren = sub[["weight_kg", "ferritin", "ldh", "age", "hb"]].copy()
ren.columns = ["Gewicht", "Fe", "LDH", "Alter", "Hb"]
ren.sort_values("Fe").to_csv(S / "Ohne_Chelat.csv", index=False, sep=";", decimal=",")
S.leak(
    "Ohne_Chelat.csv",
    "L2",
    "O19",
    "40 Zeilen, umbenannt und umgeordnet.",
    k.rows(
        ["weight_kg", "ferritin", "ldh", "age", "hb"],
        sub.index,
        how=["comma", "same", "same", "same", "comma"],
    ),
)
x = pd.crosstab(p.centre, p.Klasse)
html = x.to_html().replace('border="1" ', "")
S.text(
    "Kreuztabelle.html",
    f"<html><head><title>Zentrum x Ferritin</title></head><body><h1>Anzahl</h1>{html}</body></html>",
)
print(x.loc["Hollin"].to_dict())
S.leak(
    "Kreuztabelle.html",
    "L11",
    "O01",
    "Das kleinste Zentrum hat Zellen unter zehn.",
    k.small("centre = Hollin; ferritin >= 2500")
    if x.loc["Hollin", ">=2500"]
    else k.small("centre = Hollin; ferritin >= 1000; ferritin < 2500"),
)
y = x.drop(index="Hollin")[["<300", "300-999", "1000-2499"]]
S.text(
    "Codebuch.md",
    """# Codebuch Eisenüberladung

| Variable | Einheit | Werte | Bedeutung |
|---|---|---|---|
| ferritin | µg/l | 1-50000 | Serumferritin bei Diagnose |
| units_year | Stück | 0-150 | Erythrozytenkonzentrate im ersten Jahr |
| chelation | - | 0 = nein, 1 = ja, 9 = unbekannt | Chelattherapie |
| hctci | Punkte | 0-29 | Komorbiditätsindex |

Plausibilitätsgrenzen wurden im Protokoll festgelegt (Abschnitt 4.2) und nicht aus den Daten abgeleitet.
""",
)
S.safe("Codebuch.md", "S10", k.nothing("ein Codebuch ohne Daten; Grenzen aus dem Protokoll"))
r = p[["ferritin", "units_year", "hb", "creatinine", "ldh"]].corr(method="spearman").round(2)
S.text(
    "Korrelationen.txt",
    "Spearman-Rangkorrelation, n = 6000\n\n" + r.to_string().replace(".", ",") + "\n",
)
S.safe("Korrelationen.txt", "S3", k.count())
S.done()
