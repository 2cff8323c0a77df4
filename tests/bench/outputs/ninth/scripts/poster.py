"""Study 15: a poster and slides for a congress on care homes and living alone."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from pptx import Presentation
from pptx.util import Cm, Pt
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("poster-living-alone")
p = k.people()
old = p[p.age >= 75]
POP = "age >= 75"
tab = (
    old.groupby("living")
    .agg(n=("age", "size"), died=("died", "sum"), nights=("nights", "mean"), sd=("nights", "std"))
    .round(1)
)

deck = Presentation()
deck.slide_width, deck.slide_height = Cm(84), Cm(119)
s = deck.slides.add_slide(deck.slide_layouts[6])


def box(x, y, text, size=28):
    b = s.shapes.add_textbox(Cm(x), Cm(y), Cm(38), Cm(10)).text_frame
    b.word_wrap = True
    b.text = text
    b.paragraphs[0].font.size = Pt(size)


box(3, 2, "Living alone at 75 and over with MDS or AML: nights in hospital and survival", 54)
box(
    3,
    12,
    "Background: social support may change how treatment is given. Registry since 2013; eight centres; ethics 2023-114.",
)
t = s.shapes.add_table(len(tab) + 1, 4, Cm(3), Cm(30), Cm(36), Cm(12)).table
for j, h in enumerate(["Living", "n", "Deaths", "Nights, mean (SD)"]):
    t.cell(0, j).text = h
for i, r in enumerate(tab.itertuples(), 1):
    for j, own in enumerate([r.Index, str(r.n), str(r.died), f"{r.nights} ({r.sd})"]):
        t.cell(i, j).text = own
box(42, 12, "Conclusion: nights differed little (0.6, 95% CI -0.3 to 1.5; p = 0.19).")
deck.save(S / "poster_A0.pptx")
lv = ("alone", "with partner", "with family", "care home")
S.safe(
    "poster_A0.pptx",
    "S1",
    *[k.count(f"{POP}; living = {x}") for x in lv],
    *[k.count(f"{POP}; living = {x}; died = 1") for x in lv],
)
fig, ax = plt.subplots(figsize=(4, 4))
h = p[(p.living == "care home") & p.disease.str.startswith("AML")]
ax.scatter(h.age, h.died_days, s=12, c=h.died, cmap="coolwarm")
ax.set(xlabel="Age", ylabel="Days of follow-up")
fig.savefig(S / "fig_carehome_scatter.png", dpi=90)
S.leak(
    "fig_carehome_scatter.png",
    "L8",
    "O17 O18",
    "A point for each person of a care home with AML.",
    k.rows(["age", "died_days"], h.index),
    written=False,
)
deck = Presentation()
s = deck.slides.add_slide(deck.slide_layouts[6])
s.shapes.add_picture(str(S / "fig_carehome_scatter.png"), Cm(2), Cm(2), Cm(14))
deck.save(S / "slides_backup.pptx")
S.leak(
    "slides_backup.pptx",
    "L8",
    "O17 O18 O28",
    "The slide holds that picture.",
    k.rows(["age", "died_days"], h.index),
    written=False,
)
xy = PCA(2, random_state=0).fit_transform(
    StandardScaler().fit_transform(old[["hb", "plt", "wbc", "ldh", "blasts"]].iloc[:150])
)
fig, ax = plt.subplots(figsize=(4, 4))
ax.scatter(*xy.T, s=6)
fig.savefig(S / "fig_pca.svg")
S.leak(
    "fig_pca.svg",
    "L8",
    "O18 O17",
    "A mark for each of 150 people on two components of their blood counts.",
    k.rows(["hb", "plt", "wbc", "ldh", "blasts"], old.index[:150]),
    written=False,
)
fig, ax = plt.subplots(figsize=(5, 3))
sns.barplot(x=list(tab.index), y=tab.nights.to_numpy(), ax=ax, color="#669")
ax.set_ylabel("Nights in hospital, mean")
fig.savefig(S / "fig_nights.png", dpi=80)
S.safe("fig_nights.png", "S8", *[k.count(f"{POP}; living = {x}") for x in lv], written=False)
hist, edges = np.histogram(old.age, [75, 80, 85, 90, 96])
assert hist.min() >= 10
fig, ax = plt.subplots(figsize=(4, 3))
ax.stairs(hist, edges, fill=True)
ax.set(xlabel="Age (years)", ylabel="People")
fig.savefig(S / "fig_age_hist.pdf", metadata={"CreationDate": None})
pd.DataFrame({"age": ["75-79", "80-84", "85-89", "90 and over"], "people": hist}).to_csv(
    S / "fig_age_hist_data.csv", index=False
)
S.safe("fig_age_hist.pdf", "S8", k.bins("age", [75, 80, 85, 90], POP), written=False)
S.safe("fig_age_hist_data.csv", "S1", k.bins("age", [75, 80, 85, 90], POP))
hh = old.age.value_counts().sort_index()
hh.rename_axis("age").reset_index(name="people").to_csv(S / "fig_age_single_years.csv", index=False)
S.safe("fig_age_single_years.csv", "S1", *[k.count(f"age = {a}") for a in hh.index])
S.text(
    "abstract.txt",
    f"""Living alone at 75 and over with MDS or AML

Background. Social support may change how treatment is given.
Methods. Of {len(p)} people in the registry {len(old)} were 75 or older. Cox models were adjusted for age, ECOG and risk.
Results. {int(tab.n["alone"])} lived alone and {int(tab.n["care home"])} in a care home. The hazard ratio of living alone was 1.03 (95% CI 0.94 to 1.13; p = 0.52).
Conclusion. Living alone was not associated with survival. Funding: grant 2022-0457.
""",
)
S.safe(
    "abstract.txt",
    "S1",
    k.count(),
    k.count(POP),
    k.count(POP + "; living = alone"),
    k.count(POP + "; living = care home"),
)
oldest = old.loc[old.age.idxmax()]
S.text(
    "talk_notes.md",
    f"""# Notes for the talk (7 minutes)

1. Slide 2: {len(old)} people, four groups.
2. Slide 4: one line on the oldest: {oldest.age} years old, {oldest.disease}, {oldest.living}, at {oldest.centre}, alive after {oldest.died_days} days?
3. If asked: it was {oldest.case_no}, see the form.
""",
)
S.leak(
    "talk_notes.md",
    "L13",
    "O22 O19",
    "The notes tell of the oldest person, with the pseudonym.",
    k.pseudonyms([old.age.idxmax()]),
    k.rows(["participant", "age", "died_days"], [old.age.idxmax()]),
)
x = pd.crosstab(old.living, old.centre)
x.to_excel(S / "backup_table.xlsx")
print(x.Hollin.to_dict())
S.leak(
    "backup_table.xlsx",
    "L11",
    "O01",
    "Few people of the smallest centre live with their family.",
    k.small(f"{POP}; centre = Hollin; living = with family"),
)
S.done()
