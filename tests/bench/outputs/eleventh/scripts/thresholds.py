"""Tables, prose and survival at and below the threshold: L11 with S11, S1 and S4."""

import io
import itertools
import json

import openpyxl
from docx import Document
from docx.shared import Pt
from kit import C, F, P, both, cnt, cond, done, facts, known
from lifelines import KaplanMeierFitter
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from pptx import Presentation
from pptx.util import Inches

MAIN = ["PV", "ET", "prePMF", "PMF", "SMF"]


def save(f, book):
    out = io.BytesIO()
    book.save(out)
    f.put(out.getvalue())


# --- 1: Table 1 as csv, by entity
def table1(path, family, groups, **more):
    f = F(path, family, **more)
    rows = [
        ("Female sex, n (%)", "sex = female"),
        ("Arterial hypertension, n (%)", "hypertension = 1"),
        ("Aspirin at registration, n (%)", "aspirin = 1"),
        ("Never smoked, n (%)", "smoking = never"),
    ]
    lines = [["Characteristic", *(name for name, _ in groups)]]
    lines.append(["N", *(str(f.n(w)) for _, w in groups)])
    for label, w in rows:
        lines.append([label, *(f.pct(w, g) for _, g in groups)])
    for col, label, d in (
        ("age", "Age at diagnosis (years), mean (SD)", 1),
        ("wbc", "Leukocytes (10^9/L), mean (SD)", 2),
        ("ldh", "LDH (U/L), mean (SD)", 0),
    ):
        lines.append(
            [label, *(f.ms(col, g, d) if cnt(g) >= 20 else "not given" for _, g in groups)]
        )
    f.put("\n".join(",".join(f'"{c}"' if "," in c else c for c in row) for row in lines) + "\n")


one = [(e, f"entity = {e}") for e in MAIN]
table1(
    "baseline/table1_by_entity.csv",
    "L11",
    [*one, ("MPN-U", "entity = MPN-U"), ("CNL", "entity = CNL")],
    rules="O01 O02 O04",
    leak="Of the ten people with CNL fewer than ten are counted by sex, aspirin and smoking.",
)
table1("baseline/tab1_entities_v3.csv", "S11", [*one, ("MPN-U or CNL", "entity in MPN-U|CNL")])


# --- 2: Word, table by centre
def centres(path, family, groups, title, foot, **more):
    f = F(path, family, **more)
    doc = Document()
    doc.styles["Normal"].font.size = Pt(10)
    doc.add_heading(title, 2)
    t = doc.add_table(rows=1, cols=5)
    t.style = "Light Grid Accent 1"
    for cell, text in zip(
        t.rows[0].cells,
        ("Hospital", "Patients", "Women", "Deceased", "Age, mean ± SD"),
        strict=False,
    ):
        cell.text = text
    for name, w in groups:
        cells = t.add_row().cells
        cells[0].text, cells[1].text = name, str(f.n(w))
        cells[2].text, cells[3].text = f.pct("sex = female", w), f.pct("death = 1", w)
        cells[4].text = f.ms("age", w, form="{} ± {}") if cnt(w) >= 20 else "–"
    doc.add_paragraph(foot)
    save(f, doc)


big = [
    (c, f"centre = {c}")
    for c in (
        "Almrode",
        "Brackwald",
        "Corvey",
        "Dornach",
        "Eschau",
        "Fallingen",
        "Gronau",
        "Hollerich",
    )
]
centres(
    "registry/Hospitals_2025.docx",
    "L11",
    [*big, ("Iversund", "centre = Iversund"), ("Jettingen", "centre = Jettingen")],
    "Table 2. Recruitment by hospital",
    "Deceased: until 30 June 2025. Women and deceased are n (%).",
    rules="O01 O02",
    leak="Six people of Jettingen, one of them a woman, two deceased.",
)
centres(
    "registry/Recruitment_by_site.docx",
    "S11",
    [*big, ("Iversund and Jettingen", "centre in Iversund|Jettingen")],
    "Participating hospitals",
    "The two youngest hospitals are shown together. SD: standard deviation.",
)


# --- 3: workbook with merged heads
def therapies(path, family, groups, drugs, **more):
    f = F(path, family, **more)
    wb = openpyxl.Workbook()
    ws = wb.active
    ws.title = "First line"
    ws["A1"] = "First cytoreductive therapy by diagnosis (registry lock 30 June 2025)"
    ws["A1"].font = Font(bold=True)
    ws.merge_cells(start_row=1, start_column=1, end_row=1, end_column=2 * len(drugs) + 1)
    for j, (name, _) in enumerate(drugs):
        ws.merge_cells(start_row=2, start_column=2 * j + 2, end_row=2, end_column=2 * j + 3)
        ws.cell(2, 2 * j + 2, name).alignment = Alignment(horizontal="center")
        ws.cell(3, 2 * j + 2, "n")
        ws.cell(3, 2 * j + 3, "row %")
    for i, (name, g) in enumerate(groups):
        ws.cell(i + 4, 1, name)
        for j, (_, d) in enumerate(drugs):
            k = f.n(d, of=g)
            ws.cell(i + 4, 2 * j + 2, k)
            ws.cell(i + 4, 2 * j + 3, round(100 * k / cnt(g), 1))
    ws.column_dimensions[get_column_letter(1)].width = 28
    save(f, wb)


drugs = [
    ("None", "therapy = none"),
    ("Hydroxyurea", "therapy = hydroxyurea"),
    ("Interferon", "therapy = interferon"),
]
therapies(
    "therapy/first_line.xlsx",
    "L11",
    one,
    [
        *drugs,
        ("Ruxolitinib", "therapy = ruxolitinib"),
        ("Anagrelide", "therapy = anagrelide"),
        ("Busulfan", "therapy = busulfan"),
    ],
    rules="O01",
    leak="Three people with prePMF have busulfan, two with SMF anagrelide, and others.",
)
therapies(
    "therapy/cytoreduction_first.xlsx",
    "S11",
    one,
    [*drugs, ("Other drug", "therapy in ruxolitinib|anagrelide|busulfan")],
)

# --- 4: French prose
f = F(
    "outcome/resume_fr.md",
    "L11",
    "O01",
    "Of 41 people with exon 12 eight had a thrombosis, three an unfavourable karyotype and four none, in prose.",
)
f.put(f"""# Résumé : mutations rares de JAK2

Le registre compte {f.n("driver = JAK2 exon 12")} personnes porteuses d'une mutation de l'exon 12 ; toutes ont une polyglobulie.
L'âge moyen au diagnostic est de {f.st("age", "driver = JAK2 exon 12").replace(".", ",")} ans. Pendant le suivi, {f.n("driver = JAK2 exon 12; thrombosis = 1")} d'entre elles
ont fait une thrombose. Le caryotype était défavorable chez {f.n("driver = JAK2 exon 12; karyotype = unfavourable")} patients et non
réalisé chez {f.n("driver = JAK2 exon 12; karyotype = not done")} autres.

Ces chiffres ne permettent pas de comparaison avec la mutation V617F.
""")
f = F("outcome/synthese_fr.md", "S11")
f.put(f"""# Synthèse : mutations de CALR

Parmi les {f.n("entity = ET")} patients atteints de thrombocytémie essentielle, {f.n("entity = ET; driver in CALR type 1|CALR type 2")} portent une mutation de CALR
({f.n("entity = ET; driver = CALR type 1")} de type 1 et {f.n("entity = ET; driver = CALR type 2")} de type 2). L'âge moyen de ces derniers est de {f.st("age", "entity = ET; driver = CALR type 2").replace(".", ",")} ans,
leur taux moyen de plaquettes de {f.st("platelets", "entity = ET; driver = CALR type 2", d=0)} G/L. Une thrombose est survenue chez {f.n("thrombosis = 1", of="entity = ET; driver in CALR type 1|CALR type 2")} porteurs de
CALR pendant le suivi.

Une leucémie aiguë est survenue chez {f.n("leukaemia = 1", of="driver = CALR type 2")} des {f.n("driver = CALR type 2")} porteurs du type 2, toutes entités confondues.

Le protocole prévoyait 8 visites en 4 ans et 3 prélèvements par visite.
""")


# --- 5: SAS FREQ
def freq(path, family, levels, title, **more):
    f = F(path, family, **more)
    cols = [("0", "aspirin = 0"), ("1", "aspirin = 1")]
    out = [
        f"{'The SAS System':^72}",
        f"{'The FREQ Procedure':^72}",
        "",
        f"{title:^72}",
        "",
        "ecogcat     aspirin",
        "",
        "Frequency|",
        "Percent  |",
        "Row Pct  |",
        "Col Pct  |       0|       1|  Total",
        "---------+--------+--------+",
    ]
    n = cnt()
    tot = [cnt(c) for _, c in cols]
    for name, w in levels:
        own = [f.n(w, of=c) for _, c in cols]
        row = sum(own)
        out.append(f"{name:<9}|" + "".join(f"{k:>7} |" for k in own) + f"{row:>7}")
        out.append(
            f"{'':<9}|" + "".join(f"{100 * k / n:>7.2f} |" for k in own) + f"{100 * row / n:>7.2f}"
        )
        out.append(f"{'':<9}|" + "".join(f"{100 * k / row:>7.2f} |" for k in own))
        out.append(
            f"{'':<9}|" + "".join(f"{100 * k / t:>7.2f} |" for k, t in zip(own, tot, strict=False))
        )
        out.append("---------+--------+--------+")
    for _, c in cols:
        f.n(c)
    out.append(f"{'Total':<9}{tot[0]:>8} {tot[1]:>8} {n:>8}")
    out.append(f"{'':<9}{100 * tot[0] / n:>8.2f} {100 * tot[1] / n:>8.2f} {100:>8.2f}")
    f.put("\n".join(out) + "\n")


freq(
    "baseline/ecog_aspirin.lst",
    "L11",
    [(str(i), f"ecog = {i}") for i in range(5)],
    "Table of ecogcat by aspirin",
    rules="O01",
    leak="Eight people have ECOG 4; by aspirin fewer.",
)
freq(
    "baseline/freq_ecog.lst",
    "S11",
    [("0", "ecog = 0"), ("1", "ecog = 1"), ("2-4", "ecog in 2|3|4")],
    "Table of ECOG (three levels) by aspirin",
)


# --- 6: Stata tabulate
def tabulate(path, family, rows, name, lead, **more):
    f = F(path, family, **more)
    out = [lead, "", f"{name:>22} |      Freq.     Percent        Cum.", "-" * 23 + "+" + "-" * 35]
    n = cnt()
    run = 0
    for label, w in rows:
        k = f.n(w, of="")
        run += k
        out.append(f"{label:>22} |{k:>11,}{100 * k / n:>12.2f}{100 * run / n:>12.2f}")
    out += ["-" * 23 + "+" + "-" * 35, f"{'Total':>22} |{n:>11,}{100:>12.2f}", ""]
    assert run == n
    f.put("\n".join(out))


langs = ["German", "French", "Dutch", "Italian", "Polish", "Danish"]
tabulate(
    "symptoms/language_of_form.log",
    "L11",
    [(x, f"language = {x}") for x in [*langs, "Romansh"]],
    "language of form",
    ". tabulate language, sort",
    rules="O01",
    leak="Five people filled in the Romansh form.",
)
tabulate(
    "symptoms/education.log",
    "S1",
    [(x, f"education = {x}") for x in ("vocational", "basic", "university", "secondary")],
    "highest education",
    ". use registry_lock3, clear\n(MPN registry, lock 3)\n\n. tabulate education, sort",
)


# --- 7: html description: least and greatest against rounded middles
def described(path, family, exact, **more):
    f = F(path, family, **more)
    cols = [
        ("age", "Age at diagnosis, years", 0, "5"),
        ("platelets", "Platelets, 10^9/L", 0, "50"),
        ("ldh", "LDH, U/L", 0, "20"),
        ("ferritin", "Ferritin, µg/L", 0, "10"),
        ("symptoms", "MPN-10 total score", 0, "2"),
    ]
    body = []
    for col, label, d, base in cols:
        if exact:
            v = P[col]
            ends = [f"{v.min():g}", f"{v.max():g}"]
            f.ext(col, [e for e in ends if 0 < (v == float(e)).sum() < 10])
            body.append(
                f"<tr><td>{label}</td><td>{v.mean():.1f}</td><td>{v.std():.1f}</td><td>{ends[0]}</td><td>{ends[1]}</td></tr>"
            )
        else:
            q = [f.st(col, "", q, d, base=base) for q in ("q25", "q50", "q75")]
            body.append(
                f"<tr><td>{label}</td><td>{f.st(col)}</td><td>{f.st(col, name='sd')}</td><td>{q[1]}</td><td>{q[0]} to {q[2]}</td></tr>"
            )
    head = (
        "<th>Mean</th><th>SD</th><th>Minimum</th><th>Maximum</th>"
        if exact
        else "<th>Mean</th><th>SD</th><th>Median*</th><th>Quartiles*</th>"
    )
    foot = (
        ""
        if exact
        else "<p class='note'>* rounded: age to 5, platelets to 50, LDH to 20, ferritin to 10, score to 2.</p>"
    )
    f.put(f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Continuous variables</title>
<style>table{{border-collapse:collapse;font-family:sans-serif}}td,th{{border-bottom:1px solid #999;padding:3px 9px;text-align:right}}td:first-child{{text-align:left}}</style></head>
<body><h1>Continuous variables at diagnosis</h1>
<table><thead><tr><th></th>{head}</tr></thead><tbody>
{chr(10).join(body)}
</tbody></table>{foot}
</body></html>
""")


described(
    "baseline/continuous.html",
    "L11",
    True,
    rules="O08",
    leak="The least and the greatest value of platelets, LDH and others.",
)
described("baseline/continuous_vars.html", "S1", False)


# --- 8: LaTeX, class disclosure against a table at ten
f = F(
    "molecular/tab_cnl.tex",
    "L11",
    "O03 O04 O01",
    "None of the ten people with CNL had a thrombosis, and one a bleeding.",
)
f.claim("Extent", table="people", of="entity = CNL", has="thrombosis = 1", stated=0)
f.put(rf"""\begin{{table}}[htb]
\caption{{Events during follow-up in rare entities}}
\begin{{tabular}}{{lrrr}}
\toprule
Entity & Patients & Thrombosis, \% & Major bleeding \\
\midrule
MPN-U & {f.n("entity = MPN-U")} & 10.0 & {f.n("entity = MPN-U; bleeding = 1")} \\
CNL   & {f.n("entity = CNL")}  & 0  & {f.n("entity = CNL; bleeding = 1")} \\
\bottomrule
\end{{tabular}}
\end{{table}}
""")
f = F("molecular/tab_mpnu.tex", "S11")
PC, END = "{} ({}\\%)", "\\\\"
body = "\n".join(
    rf"{n} & {f.n(w)} & {f.pct('thrombosis = 1', w, form=PC)} & {f.pct('bleeding = 1', w, form=PC)} "
    + END
    for n, w in (
        ("PV", "entity = PV"),
        ("ET", "entity = ET"),
        ("Pre-fibrotic PMF", "entity = prePMF"),
        ("Overt PMF", "entity = PMF"),
        ("MPN-U", "entity = MPN-U"),
    )
)
f.put(rf"""\documentclass{{standalone}}
\usepackage{{booktabs}}
\begin{{document}}
% smallest cell: ten or more
\begin{{tabular}}{{@{{}}lrrr@{{}}}}
\toprule
 & \multicolumn{{1}}{{c}}{{$N$}} & Thrombosis & Major bleeding \\
\midrule
{body}
\bottomrule
\end{{tabular}}
\end{{document}}
""")

# --- 9: json of percentages without their counts
f = F(
    "registry/kpi_sites.json",
    "L11",
    "O10 O01",
    "Percentages of six people, of whom one is a woman and two died.",
)
J = "centre = Jettingen"
f.put(
    json.dumps(
        {
            "report": "quality indicators",
            "period": "2011-2025",
            "unit": "percent of patients",
            "sites": [
                {
                    "site": "Hollerich",
                    "women": float(f.share("sex = female", "centre = Hollerich")),
                    "died": float(f.share("death = 1", "centre = Hollerich")),
                },
                {
                    "site": "Gronau",
                    "women": float(f.share("sex = female", "centre = Gronau")),
                    "died": float(f.share("death = 1", "centre = Gronau")),
                },
                {
                    "site": "Jettingen",
                    "women": float(f.share("sex = female", J, few=True)),
                    "died": float(f.share("death = 1", J, few=True)),
                    "hydroxyurea": float(f.share("therapy = hydroxyurea", J, few=True)),
                },
            ],
        },
        indent=2,
    )
)
f = F("registry/kpi_2025.json", "S1")
f.put(
    json.dumps(
        {
            "schema": "kpi/2",
            "generated_for": "steering committee",
            "smallest_cell": 10,
            "values": [
                {
                    "indicator": i,
                    "site": s,
                    "numerator": f.n(w, of=f"centre = {s}"),
                    "denominator": f.n(f"centre = {s}"),
                    "percent": float(f.share(w, f"centre = {s}")),
                }
                for s in ("Almrode", "Brackwald")
                for i, w in (
                    ("aspirin given", "aspirin = 1"),
                    ("karyotype done", "karyotype != not done"),
                    ("prior venous event", "prior_event in venous|both"),
                )
            ],
        },
        indent=1,
    )
)


# --- 10: nine against ten
def nine(path, family, pairs, **more):
    f = F(path, family, **more)
    out = ["site;diagnosis or finding;patients"]
    for a, b, w in pairs:
        out.append(
            f"{a};{b};{f.n(w, of='centre = ' + a) if family[0] == 'S' else f.n(both('centre = ' + a, w))}"
        )
    f.put("\ufeff" + "\r\n".join(out) + "\r\n")


nine(
    "registry/site_findings.csv",
    "L11",
    [
        ("Almrode", "MPN-U", "entity = MPN-U"),
        ("Corvey", "MPN-U", "entity = MPN-U"),
        ("Eschau", "MPN-U", "entity = MPN-U"),
        ("Hollerich", "unfavourable karyotype", "karyotype = unfavourable"),
        ("Gronau", "MPN-U", "entity = MPN-U"),
    ],
    rules="O01",
    leak="Nine people of Eschau have MPN-U, nine of Hollerich an unfavourable karyotype.",
)
nine(
    "registry/findings_by_site.csv",
    "S11",
    [
        ("Gronau", "MPN-U", "entity = MPN-U"),
        ("Iversund", "PMF", "entity = PMF"),
        ("Corvey", "JAK2 exon 12", "driver = JAK2 exon 12"),
        ("Fallingen", "MPL", "driver = MPL"),
        ("Hollerich", "CALR type 2", "driver = CALR type 2"),
    ],
)


# --- 11: flow of patients, text
f = F(
    "methods/consort.txt",
    "L11",
    "O01 O14",
    "Six people of a hospital that joined late are an exclusion of their own, between two totals.",
)
a, b = cnt("entity != CNL"), cnt("entity != CNL; centre != Jettingen")
f.claim(
    "Rest",
    table="people",
    whole="entity != CNL",
    parts=[["entity != CNL; centre != Jettingen", b]],
    total=a,
    left=a - b,
)
f.put(f"""Study flow

    Registered until 30 June 2025               {f.n()}
        excluded: CNL                           {cnt("entity = CNL")}
    Classical MPN and MPN-U                     {a}
        excluded: hospital joined late          {a - b}
    Analysed                                    {b}
""")
f = F("methods/flow_of_patients.txt", "S1")
a = f.n("entity in PV|ET|prePMF")
f.put(f"""Figure 1 (text version): who was analysed

Registered until the lock                                {f.n(""):>6}
  |
  +-- not PV, ET or prefibrotic PMF: excluded            {f.n("entity in PMF|SMF|MPN-U|CNL"):>6}
  |
PV, ET or prefibrotic PMF                                {a:>6}
  |
  +-- no allele burden measured, or no mutation          {f.n("vaf =", of="entity in PV|ET|prePMF"):>6}
  |
Allele burden known                                      {f.n("vaf !=", of="entity in PV|ET|prePMF"):>6}
  |
  +-- below 20 percent                                   {f.n("vaf < 20", of="entity in PV|ET|prePMF; vaf !="):>6}
  +-- 20 percent and more                                {f.n("vaf >= 20", of="entity in PV|ET|prePMF; vaf !="):>6}
""")


# --- 12: flow diagram as svg
def boxes(f, lines, height):
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="520" height="{height}" font-family="Helvetica" font-size="13">'
    ]
    for i, line in enumerate(lines):
        y = 20 + 70 * i
        out.append(
            f'<rect x="60" y="{y}" width="400" height="42" fill="#fff" stroke="#246"/><text x="260" y="{y + 26}" text-anchor="middle">{line}</text>'
        )
        if i:
            out.append(f'<path d="M260 {y - 28} V{y}" stroke="#246"/>')
    f.put("\n".join([*out, "</svg>"]))


f = F("outcome/fig1_flow.svg", "L11", "O01", "Seven people under busulfan had a thrombosis.")
boxes(
    f,
    [
        f"Busulfan as first drug: n = {f.n('therapy = busulfan')}",
        f"Thrombosis under busulfan: n = {f.n('therapy = busulfan; thrombosis = 1')}",
        f"Deceased without thrombosis: n = {f.n('therapy = busulfan; thrombosis = 0; death = 1')}",
    ],
    240,
)
f = F("outcome/fig1.svg", "S1")
boxes(
    f,
    [
        f"Interferon as first drug: n = {f.n('therapy = interferon')}",
        f"ET under interferon: n = {f.n('entity = ET', of='therapy = interferon')}",
        f"of these with thrombosis: n = {f.n('thrombosis = 1', of='therapy = interferon; entity = ET')}",
        f"of these women: n = {f.n('sex = female', of='therapy = interferon; entity = ET; thrombosis = 1')}",
    ],
    310,
)

# --- 13: mail in German
f = F(
    "feasibility/anfrage_cnl.eml",
    "L11",
    "O01",
    "Ten with CNL, of whom four women, and three took hydroxyurea: counts in a mail.",
)
f.put(f"""From: registry desk <registry@example.org>
To: study office <office@example.org>
Subject: AW: Machbarkeit CNL-Studie
Date: Tue, 8 Jul 2025 09:14:00 +0200
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Guten Morgen,

für Ihre Anfrage: Im Register sind insgesamt {f.n("entity = CNL")} Personen mit CNL, davon {f.n("entity = CNL; sex = female")} Frauen.
Hydroxyurea bekommen {f.n("entity = CNL; therapy = hydroxyurea")}, eine Blutung hatte nur eine Person. Mehr als 2 Einschlüsse
pro Jahr sehe ich nicht.

Viele Grüße
Registerstelle
""")
f = F("feasibility/anfrage_mf.eml", "S1")
f.put(f"""From: registry desk <registry@example.org>
To: study office <office@example.org>
Cc: steering <steering@example.org>
Subject: Re: Machbarkeit Myelofibrose, zweite Runde
Date: Thu, 17 Jul 2025 16:40:00 +0200
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Liebe Kolleginnen und Kollegen,

primäre Myelofibrose: {f.n("entity = PMF")} Personen, davon {f.n("sex = female", of="entity = PMF")} Frauen. Nicht mit Ruxolitinib begonnen
haben {f.n("therapy != ruxolitinib", of="entity = PMF")}, davon sind {f.n("ecog in 0|1", of="entity = PMF; therapy != ruxolitinib")} in ECOG 0 oder 1. Geplant sind weiterhin 6 Zentren, je 4 bis
5 Einschlüsse pro Jahr und 2 Jahre Laufzeit; die Fallzahl von 48 stammt aus dem Protokoll.

Beste Grüße
Registerstelle
""")


# --- 14: slide
def slide(f, title, head, rows, note):
    deck = Presentation()
    page = deck.slides.add_slide(deck.slide_layouts[5])
    page.shapes.title.text = title
    grid = page.shapes.add_table(
        len(rows) + 1, len(head), Inches(0.6), Inches(1.7), Inches(8.6), Inches(2.6)
    ).table
    for i, row in enumerate([head, *rows]):
        for j, text in enumerate(row):
            grid.cell(i, j).text = str(text)
    page.shapes.add_textbox(Inches(0.6), Inches(5.4), Inches(8), Inches(0.6)).text_frame.text = note
    save(f, deck)


f = F(
    "molecular/board_slide.pptx",
    "L11",
    "O01",
    "SF3B1 in two people; TP53 in seven with PMF or SMF.",
)
pm = {r["participant"]: r for r in known.tables["people"]}
for r in known.tables["panel"]:
    r["entity"] = pm[r["participant"]]["entity"]
f.claim("Small", table="panel", where="SF3B1 != 0", stated=2)
rows = [
    (
        g,
        sum(r[g] != "0" for r in known.tables["panel"]),
        sum(r[g] != "0" and r["entity"] in {"PMF", "SMF"} for r in known.tables["panel"]),
    )
    for g in ("TET2", "ASXL1", "SRSF2", "TP53", "SF3B1")
]
for g in ("TET2", "ASXL1", "SRSF2", "TP53"):
    f.n(f"{g} != 0", "panel")
slide(
    f,
    "Additional mutations",
    ["Gene", "All", "PMF or SMF"],
    rows,
    "Panel of eight genes, 1,500 patients",
)
f = F("molecular/steering_slide.pptx", "S1")
rows = [
    (g, f.n(f"{g} != 0", "panel", of=""), f"{100 * cnt(f'{g} != 0', 'panel') / 1500:.1f} %")
    for g in ("TET2", "ASXL1", "DNMT3A", "SRSF2", "EZH2", "TP53", "IDH2")
]
slide(
    f,
    "What the panel found",
    ["Gene", "Mutated", "of 1,500"],
    rows,
    "Call threshold 2 % VAF; mean depth 1,200 x; genes with 10 patients and more; the laboratory's full panel has 54",
)


# --- 15, 16: survival in Python
def km(where, time, event):
    sub = P
    keep = {r["participant"] for r in known.rows("people", cond(where))}
    sub = P[P.patient.isin(keep)]
    fit = KaplanMeierFitter().fit(sub[time], sub[event])
    return sub, fit


f = F(
    "outcome/km_pmf.csv",
    "L11",
    "O16 O01",
    "One line for each day on which somebody died or was last seen.",
)
sub, fit = km("entity = PMF; karyotype = unfavourable", "death_days", "death")
tab = fit.event_table.reset_index()
tab["KM_estimate"] = fit.survival_function_.values.round(4)
f.claim(
    "Moments",
    where="entity = PMF; karyotype = unfavourable",
    time="death_days",
    event="death",
    days=[int(x) for x in tab[tab.observed == 1].event_at],
)
f.put(tab.to_csv(index=False))
f = F("outcome/km_entities.csv", "S4")
out = ["entity,year,at_risk,deaths_since,censored_since,survival"]
for e in ("PV", "ET", "PMF"):
    sub, fit = km(f"entity = {e}", "death_days", "death")
    for y in range(0, 6 if e != "PMF" else 5):
        t, s = 365 * y, 365 * (y - 1)
        d = f.n(f"entity = {e}; death = 1; death_days >= {s}; death_days < {t}") if y else 0
        c = f.n(f"entity = {e}; death = 0; death_days >= {s}; death_days < {t}") if y else 0
        out.append(
            f"{e},{y},{f.n(f'entity = {e}; death_days >= {t}')},{d},{c},{fit.predict(t - 0.5) if y else 1:.3f}"
        )
f.put("\n".join(out) + "\n")


# --- 17: sts list
def sts(path, family, where, years, title, **more):
    f = F(path, family, **more)
    _sub, fit = km(where, "thrombosis_days", "thrombosis")
    out = [
        title,
        "",
        "        Failure _d: thrombosis",
        "  Analysis time _t: thrombosis_days/365",
        "",
        "              At                   Survivor      Std.",
        "  Time     risk   Fail             function     error     [95% conf. int.]",
        "-" * 75,
    ]
    lo, prev = fit.confidence_interval_survival_function_, None
    cum = fit.survival_function_
    for y in years:
        t = 365 * y
        w = f"{where}; thrombosis_days < {t}" + (
            f"; thrombosis_days >= {365 * prev}" if prev else ""
        )
        fails = f.n(f"{w}; thrombosis = 1")
        risk = f.n(f"{where}; thrombosis_days >= {t}")
        gone = cnt(f"{w}; thrombosis = 0")
        assert family[0] == "L" or gone >= 10, gone
        s = fit.predict(t - 0.5)
        at = max(x for x in cum.index if x < t)
        l, u = lo.loc[at]
        out.append(
            f"{y:>6}{risk:>9}{fails:>7}{s:>21.4f}{(u - l) / 3.92:>10.4f}{l:>11.4f}{u:>10.4f}"
        )
        prev = y
    out += [
        "-" * 75,
        "Note: Survivor function is calculated over full data and evaluated at",
        "      indicated times; it is not calculated from aggregates shown at left.",
    ]
    f.put("\n".join(out) + "\n")


sts(
    "outcome/sts_mpnu.log",
    "L11",
    "entity = MPN-U",
    [2, 4, 6, 8],
    '. sts list if entity=="MPN-U", at(2(2)8)',
    rules="O16 O01",
    leak="Fewer than ten thromboses in each interval of a survival table.",
)
sts(
    "outcome/sts_et.log",
    "S4",
    "entity = ET",
    [1, 2, 3, 4, 5, 6],
    '. sts list if entity=="ET", at(1(1)6)',
)


# --- 18: life table with risk sets, German text table
def lifetable(path, family, where, years, head, foot, **more):
    f = F(path, family, **more)
    out = [
        head,
        "",
        "Intervall (Jahre)   unter Risiko   Blutungen   zensiert   ereignisfrei am Ende",
    ]
    s = 1.0
    for a, b in itertools.pairwise(years):
        w = f"bleeding_days < {365 * b}" + (f"; bleeding_days >= {365 * a}" if a else "")
        risk = f.n(f"{where}; bleeding_days >= {365 * a}" if a else where)
        e = f.n(f"{where}; {w}; bleeding = 1")
        c = f.n(f"{where}; {w}; bleeding = 0")
        s *= 1 - e / (risk - c / 2)
        out.append(
            f"{f'[{a}, {b})':<20}{risk:>12}{e:>12}{c:>11}{100 * s:>19.1f} %".replace(".", ",")
        )
    f.put("\n".join([*out, "", foot, ""]))


lifetable(
    "outcome/sterbetafel_smf.txt",
    "L11",
    "entity = SMF",
    [0, 1, 2, 3, 4],
    "Sterbetafel-Methode: Blutung bei sekundärer Myelofibrose",
    "Aktuarische Schätzung.",
    rules="O16 O01",
    leak="Fewer than ten bleedings in each year.",
)
lifetable(
    "outcome/tafel_blutung.txt",
    "S4",
    "entity in PV|ET",
    [0, 1, 2, 3, 4, 5, 7],
    "Große Blutungen bei PV und ET nach der Sterbetafel-Methode",
    "Die letzten zwei Jahre sind zusammengefasst. Jahr = 365 Tage.",
)

# --- 19: sums that two people make up
f = F(
    "therapy/kosten_zentren.csv",
    "L11",
    "O05 O06 O01",
    "The costs of busulfan at Hollerich are those of two people.",
)
out = ["Zentrum;Therapie;Summe Kosten (EUR)"]
for c in ("Almrode", "Hollerich", "Iversund"):
    for d in ("busulfan", "interferon"):
        w = f"centre = {c}; therapy = {d}"
        k = sum(float(r["cost"]) for r in known.rows("people", cond(w)))
        if cnt(w) <= 2:
            f.claim("Dominated", table="people", column="cost", where=w, printed=f"{k:.2f}")
        out.append(f"{c};{d};{k:.2f}".replace(".", ","))
f.put("\n".join(out) + "\n")
f = F("therapy/kosten_therapie.csv", "S1")
out = ["Therapie;Patienten;Summe Kosten (EUR);Mittelwert;SD"]
for d in ("none", "hydroxyurea", "interferon", "anagrelide", "ruxolitinib", "busulfan"):
    w = f"therapy = {d}"
    k, m, s = f.n(w), f.st("cost", w, d=0), f.st("cost", w, "sd", 0)
    out.append(f"{d};{k};{round(k * float(m), -3):.0f};{m};{s}")
f.put("\n".join(out) + "\n")

# --- 20: degrees of freedom
import statsmodels.api as sm
import statsmodels.formula.api as smf

f = F(
    "molecular/ols_cnl.txt",
    "L11",
    "O07 O01",
    "A model of ten people leaves five degrees of freedom.",
)
cnl = P[P.entity == "CNL"]
res = smf.ols("hb ~ age + ldh + spleen_cm + platelets", cnl).fit()
f.claim("Freedom", table="people", where="entity = CNL", parameters=5, stated=5, few=True)
t = str(res.summary()).splitlines()
f.put("\n".join(x for x in t if not x.startswith(("Date", "Time"))) + "\n")
f = F("molecular/ols_pmf.txt", "S3")
pmf = P[P.entity == "PMF"]
res = smf.ols("hb ~ age + ldh + spleen_cm + platelets", pmf).fit()
f.claim("Freedom", table="people", where="entity = PMF", parameters=5, stated=559, few=False)
f.claim(
    "Fitted",
    kind="linear",
    where="entity = PMF",
    outcome="hb",
    design=["age", "ldh", "spleen_cm", "platelets"],
    printed=[f"{x:.4f}" for x in res.params],
)
t = str(res.summary(title="Haemoglobin at diagnosis of PMF")).splitlines()
f.put("\n".join(x for x in t if not x.startswith(("Date", "Time"))) + "\n")


# --- 21: long table of monitoring; lines against people
f = F(
    "symptoms/toxicity_grades.md",
    "L11",
    "O02 O01",
    "Five results of grade 4 are of five people at most.",
)
k = len(known.rows("counts", cond("grade = 4")))
rows = []
for g in "01234":
    f.n(f"grade = {g}", "counts")
    rows.append(
        f"| {g} | {len(known.rows('counts', cond(f'grade = {g}')))} | {cnt(f'grade = {g}', 'counts')} |"
    )
f.put(
    "### Worst toxicity at each visit\n\n| CTCAE grade | blood counts | patients |\n|:-:|--:|--:|\n"
    + "\n".join(rows)
    + "\n\nA patient may be in more than one line.\n"
)
f = F("symptoms/visits_devices.md", "S1")
rows = []
for m in ("XN-9000", "DxH-900", "Alinity"):
    k = len(known.rows("counts", cond(f"machine = {m}")))
    f.claim("Lines", table="counts", where=f"machine = {m}", stated=k)
    rows.append(f"{m:<10} {k:>7,} {f.n(f'machine = {m}', 'counts'):>9,} {100 * k / len(C):>9.1f}")
f.put(
    "### Analysers used during follow-up\n\n```\nanalyser    counts  patients  % counts\n"
    + "\n".join(rows)
    + "\n```\n\nPatients can appear with more than one analyser. Calibration every 6 months, 3 control levels.\n"
)


# --- 22: Polish prose, plain text in another encoding
f = F(
    "feasibility/notatka.txt",
    "L11",
    "O01",
    "Nine Polish-speaking people with SMF and four with busulfan.",
)
f.put(
    f"""Notatka ze spotkania (rejestr nowotworów mieloproliferacyjnych)

Formularz w języku polskim wypełniło {f.n("language = Polish")} osób. Wtórną mielofibrozę ma z nich tylko {f.n("language = Polish; entity = SMF")}.
Busulfan przy wtórnej mielofibrozie dostało {f.n("therapy = busulfan; entity = SMF")} pacjentów, w całym rejestrze {f.n("therapy = busulfan")}.
Następne spotkanie: wrzesień.
""".encode("iso-8859-2")
)
f = F("feasibility/protokol.txt", "S1")
f.put(
    f"""Protokół ze spotkania grupy roboczej

1. Formularz w języku polskim wypełniło {f.n("language = Polish")} osób, w tym {f.n("sex = female", of="language = Polish")} kobiet i {f.n("sex = male", of="language = Polish")} mężczyzn.
2. Świąd zgłasza {f.n("pruritus = 1", of="language = Polish")} osób. Średni wynik skali objawów: {f.st("symptoms", "language = Polish").replace(".", ",")} pkt.
3. Hydroksymocznik: dawka początkowa 500 mg, 2 razy dziennie; kontrola morfologii co 4 tygodnie.
4. Na pytania odpowiada koordynator; termin: 3 tygodnie.
""".encode("iso-8859-2")
)

# --- 23: OpenDocument sheet
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P as Par


def ods(f, name, grid):
    doc = OpenDocumentSpreadsheet()
    sheet = Table(name=name)
    for line in grid:
        row = TableRow()
        for cell in line:
            own = (
                TableCell(valuetype="float", value=cell)
                if isinstance(cell, int)
                else TableCell(valuetype="string")
            )
            own.addElement(Par(text=str(cell)))
            row.addElement(own)
        sheet.addElement(row)
    doc.spreadsheet.addElement(sheet)
    save(f, doc)


f = F(
    "baseline/alter_schnitt.ods", "L11", "O01", "Age bands of Iversund with fewer than ten people."
)
bands = [
    ("unter 40", "age < 40"),
    ("40-59", "age >= 40; age < 60"),
    ("60-74", "age >= 60; age < 75"),
    ("75 und älter", "age >= 75"),
]
ods(
    f,
    "Alter",
    [
        ["Altersgruppe", "Iversund", "Gronau"],
        *(
            [n, f.n(both("centre = Iversund", w)), f.n(both("centre = Gronau", w))]
            for n, w in bands
        ),
    ],
)
f = F("baseline/altersgruppen.ods", "S1")
ods(
    f,
    "Altersgruppen",
    [
        ["Altersgruppe (Jahre)", "Frauen", "Männer", "beide"],
        *([n, f.n(w, of="sex = female"), f.n(w, of="sex = male"), f.n(w)] for n, w in bands),
        ["alle", f.n("sex = female"), f.n("sex = male"), f.n()],
    ],
)

# --- 24: notes of a supplement, percent to the third digit
f = F(
    "outcome/supplement_note.rtf",
    "L11",
    "O10 O01",
    "Leukaemia in 2 of 130 with MPN-U and 5 of 420 with prePMF.",
)
f.put(
    r"{\rtf1\ansi\deff0{\fonttbl{\f0 Times New Roman;}}\f0\fs22 "
    + "\\par\n".join(
        [
            r"{\b Supplementary note 4. Transformation to acute leukaemia}",
            f"Prefibrotic PMF: {f.n('entity = prePMF; leukaemia = 1')} of {f.n('entity = prePMF')} patients.",
            f"MPN-U: {f.n('entity = MPN-U; leukaemia = 1')} of {f.n('entity = MPN-U')} patients.",
            f"PMF: {f.n('entity = PMF; leukaemia = 1')} of {f.n('entity = PMF')} patients.",
        ]
    )
    + "}"
)
f = F("outcome/supplement_text.rtf", "S11")
f.put(
    r"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\f0\fs20 "
    + "\\par\n".join(
        [
            r"{\b Supplementary text 2. Causes of missing allele burden}",
            f"Allele burden is missing in {f.n('vaf =', of='')} of {f.n()} patients: {f.n('vaf =; driver = triple negative')} have no driver mutation,",
            f"in {f.n('vaf =; driver != triple negative', of='driver != triple negative')} the laboratory gave only a positive result.",
            f"Mean allele burden was {f.st('vaf', 'entity = PV; vaf !=')} % in PV and {f.st('vaf', 'entity = ET; vaf !=')} % in ET. Fibrosis developed in {f.n('fibrosis = 1', of='entity = MPN-U')} of {f.n('entity = MPN-U')} with MPN-U. Assay: limit of detection 1 %, 2 replicates.",
        ]
    )
    + "}"
)

# --- 25: year table
f = F("registry/yearly.tsv", "L11", "O01", "SMF and MPN-U by year: many cells below ten.")
out = ["year\tPV\tSMF\tMPN-U"]
for y in range(2012, 2025):
    out.append(
        f"{y}\t"
        + "\t".join(str(f.n(f"diagnosed starts {y}; entity = {e}")) for e in ("PV", "SMF", "MPN-U"))
    )
f.put("\n".join(out) + "\n")
f = F("registry/by_year.tsv", "S1")
out = ["year of diagnosis\tpatients\tPV\tET\tother\tmean age"]
for y in range(2012, 2025):
    w = f"diagnosed starts {y}"
    out.append(
        f"{y}\t{f.n(w)}\t{f.n('entity = PV', of=w)}\t{f.n('entity = ET', of=w)}\t{f.n('entity in prePMF|PMF|SMF|MPN-U|CNL', of=w)}\t{f.st('age', w)}"
    )
f.put("\n".join(out) + "\n")
del sm, facts
done("thresholds")
