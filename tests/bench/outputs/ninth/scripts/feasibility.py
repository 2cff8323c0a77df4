"""Study 7: a feasibility count for a sponsor, in three rounds."""

import email.message

import pandas as pd
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("feasibility")
p = k.people()
BASE = "first_line starts azacitidine; age >= 18; ecog < 3"
q = p[p.first_line.str.startswith("azacitidine") & (p.ecog < 3)]
years = range(2018, 2025)
t = pd.DataFrame({"Year": years, "Eligible": [k.n(f"{BASE}; year = {y}") for y in years]})
t["of whom below 70"] = [k.n(f"{BASE}; year = {y}; age < 70") for y in years]
S.text("counts_round1.csv", t.to_csv(index=False))
S.safe(
    "counts_round1.csv",
    "S1",
    *[k.count(f"{BASE}; year = {y}") for y in years],
    *[k.count(f"{BASE}; year = {y}; age < 70") for y in years],
)
wb = Workbook()
ws = wb.active
ws.title = "Feasibility"
ws.append(["Year", "Eligible", "Expected consent (40%)"])
for y, e in zip(t.Year, t.Eligible, strict=True):
    ws.append([y, e, f"=ROUND(B{ws.max_row + 1}*0.4,0)"])
ch = BarChart()
ch.add_data(Reference(ws, min_col=2, min_row=1, max_row=8), titles_from_data=True)
ws.add_chart(ch, "E2")
wb.save(S / "feasibility_round1.xlsx")
S.safe("feasibility_round1.xlsx", "S1", *[k.count(f"{BASE}; year = {y}") for y in years])
site = q[q.year >= 2022].groupby("centre").size()
S.text(
    "answer_sponsor.md",
    "Dear colleagues,\n\nplease find our numbers of 2022 to 2024 by site:\n\n"
    + site.to_frame("eligible").to_markdown()
    + "\n\nKind regards\n",
)
print(site.to_dict())
S.leak(
    "answer_sponsor.md",
    "L11",
    "O01",
    "The smallest site has fewer than ten.",
    k.small(f"{BASE}; year >= 2022; centre = Hollin"),
)
site2 = site.drop("Hollin")
S.text(
    "answer_sponsor_v2.md",
    "Dear colleagues,\n\nsites with ten or more eligible patients in 2022 to 2024:\n\n"
    + "\n".join(f"* {c}: {x}" for c, x in site2.items())
    + "\n\nOne small site is left out. We expect 0.4 x these numbers to consent.\n",
)
S.safe(
    "answer_sponsor_v2.md",
    "S1",
    *[k.count(f"{BASE}; year >= 2022; centre = {c}") for c in site2.index],
)
mail = email.message.EmailMessage()
mail["Subject"], mail["From"], mail["To"] = (
    "Feasibility",
    "analyst@alliance.example",
    "sponsor@company.example",
)
mail.set_content(
    f"Total at all eight sites, 2022-2024: {site.sum()}.\nAt the seven sites of the contract: {site2.sum()}.\n"
)
(S / "mail_totals.eml").write_bytes(mail.as_bytes())
S.leak(
    "mail_totals.eml",
    "L12",
    "O14 O13 O01",
    "Two totals differ by the few patients of the smallest site.",
    k.differs(f"{BASE}; year >= 2022", f"{BASE}; year >= 2022; centre != Hollin"),
)
one, two = f"{BASE}; creatinine < 150", f"{BASE}; creatinine < 149"
print("plt", k.n(one) - k.n(two))
S.text(
    "round2_2025-03.csv",
    f"criterion,eligible\nage 18 or over,{k.n(BASE)}\ncreatinine < 150 umol/L,{k.n(one)}\n",
)
S.text(
    "round3_2025-05.csv",
    f"criterion,eligible\nage 18 or over,{k.n(BASE)}\ncreatinine < 149 umol/L,{k.n(two)}\n",
)
if k.n(one) - k.n(two) < 10:
    S.leak(
        "round3_2025-05.csv",
        "L12",
        "O14 O15",
        "The last round counted nearly the same people: the difference is a few.",
        k.differs(one, two),
        released=["feasibility/round2_2025-03.csv"],
    )
S.text(
    "round4_2025-06.csv",
    f"criterion,eligible\ncreatinine < 150 umol/L,{k.n(one)}\nplatelets >= 75,{k.n(f'{BASE}; plt >= 75')}\nplatelets >= 100,{k.n(f'{BASE}; plt >= 100')}\n",
)
S.safe(
    "round4_2025-06.csv",
    "S12",
    k.count(one),
    k.count(f"{BASE}; plt >= 75"),
    k.count(f"{BASE}; plt >= 100"),
    released=["feasibility/round2_2025-03.csv"],
)


def slide(name, frame, title):
    deck = Presentation()
    s = deck.slides.add_slide(deck.slide_layouts[5])
    s.shapes.title.text = title
    data = CategoryChartData()
    data.categories = [str(x) for x in frame.index]
    for col in frame.columns:
        data.add_series(str(col), [int(x) for x in frame[col]])
    s.shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(1.6), Inches(8), Inches(5), data
    )
    deck.save(S / name)
    return deck


slide("slides_years.pptx", t.set_index("Year"), "Eligible patients by year of diagnosis")
S.safe("slides_years.pptx", "S8", *[k.count(f"{BASE}; year = {y}") for y in years])
lang = pd.crosstab(q.language, q.sex)
slide("slides_language.pptx", lang, "Language of information sheets needed")
print(lang.to_string())
S.leak(
    "slides_language.pptx",
    "L6",
    "O01 O28 O17",
    "The data of the chart hold a language of few people.",
    k.small("first_line starts azacitidine; ecog < 3; language = Basque; sex = M")
    if lang.loc["Basque", "M"]
    else k.small("first_line starts azacitidine; ecog < 3; language = Basque; sex = F"),
)
deck = Presentation()
s = deck.slides.add_slide(deck.slide_layouts[1])
s.shapes.title.text = "Feasibility: conclusion"
s.placeholders[1].text = f"{k.n(BASE)} eligible since 2013\nTarget of the sponsor: 60 in 24 months"
i = q.index[q.remark != ""][5]
s.notes_slide.notes_text_frame.text = f"ask about {p.case_no[i]} ({p.centre[i]}): {p.remark[i]}"
deck.save(S / "slides_conclusion.pptx")
S.leak(
    "slides_conclusion.pptx",
    "L6",
    "O22 O23 O28",
    "The speaker's notes name a pseudonym and quote a remark.",
    k.pseudonyms([i]),
    k.words([i]),
)
S.text(
    "questionnaire_sites.txt",
    """FEASIBILITY QUESTIONNAIRE (to be filled in by the site)

1. How many patients with higher-risk MDS do you see a year?   [ ] 1-4  [ ] 5-9  [ ] 10-19  [ ] 20 or more
2. Is next-generation sequencing available within 10 days?      [ ] yes  [ ] no
3. Competing trials (number):                                   ____
4. Pharmacy can prepare 75 mg/m2 on days 1-7:                   [ ] yes  [ ] 5-2-2 schedule only
5. Planned recruitment: 3 patients per site and year; 42 sites; 24 months.
""",
)
S.safe("questionnaire_sites.txt", "S10", k.nothing("an empty questionnaire"))
S.done()
