"""Study 5: survival after allogeneic transplantation."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from docx import Document
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.plotting import add_at_risk_counts
from lifelines.statistics import multivariate_logrank_test

from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("allo-survival")
p = k.people()
t = p[p.transplant == 1]
POP = "transplant = 1"
km = KaplanMeierFitter()
doc = Document()
doc.add_heading("Outcome after transplantation by donor", 2)
tab = doc.add_table(1, 5)
for c, own in zip(
    tab.rows[0].cells, ["Donor", "N", "Deaths", "2-year survival, %", "95% CI"], strict=True
):
    c.text = own
for donor in ("sibling", "unrelated", "haplo"):
    g = t[t.donor == donor]
    km.fit(g.died_days, g.died)
    ci = km.confidence_interval_.loc[:730].iloc[-1]
    for c, own in zip(
        tab.add_row().cells,
        [
            donor,
            len(g),
            g.died.sum(),
            f"{100 * km.predict(730):.0f}",
            f"{100 * ci.iloc[0]:.0f} to {100 * ci.iloc[1]:.0f}",
        ],
        strict=True,
    ):
        c.text = str(own)
lr = multivariate_logrank_test(t.died_days, t.donor, t.died)
doc.add_paragraph(
    f"Log-rank test: chi-square {lr.test_statistic:.2f}, p = {lr.p_value:.2f}. Donors of other kinds are not shown."
)
doc.save(S / "Table2_outcome.docx")
S.safe(
    "Table2_outcome.docx",
    "S1",
    *[k.count(f"donor = {x}") for x in ("sibling", "unrelated", "haplo")],
    *[k.count(f"donor = {x}; died = 1") for x in ("sibling", "unrelated", "haplo")],
)
vc = t.donor.value_counts()
S.text("donor_types.txt", vc.to_string() + f"\nTotal {len(t)}\n")
S.leak("donor_types.txt", "L11", "O01", "Four people had cord blood.", k.small("donor = cord"))
S.text(
    "donor_types_v2.txt",
    vc.drop("cord").to_string() + f"\nTotal {len(t)} (cord blood: not shown, small number)\n",
)
S.leak(
    "donor_types_v2.txt",
    "L12",
    "O13",
    "The donors not shown are the total less the others.",
    k.rest(POP, ["donor = sibling", "donor = unrelated", "donor = haplo"]),
)

grid = np.arange(0, 6) * 365
lines = ["\\begin{tabular}{rrrr}", "Years & At risk & Deaths since & Survival \\\\ \\hline"]
km.fit(t.died_days, t.died)
for a, b in pairwise(grid):
    dead = int(((t.died == 1) & (t.died_days >= a) & (t.died_days < b)).sum())
    lost = int(((t.died == 0) & (t.died_days >= a) & (t.died_days < b)).sum())
    assert min(dead, lost) >= 10
    lines.append(f"{a // 365} & {(t.died_days >= a).sum()} & {dead} & {km.predict(a):.2f} \\\\")
S.text("life_table.tex", "\n".join([*lines, "\\end{tabular}"]) + "\n")
S.safe(
    "life_table.tex", "S4", k.count(POP), *[k.count(f"{POP}; died_days >= {a}") for a in grid[1:5]]
)
dd = t[t.donor == "haplo"]
km.fit(dd.died_days, dd.died, label="haplo")
km.survival_function_.reset_index().to_excel(S / "KM_haplo_coordinates.xlsx", index=False)
S.leak(
    "KM_haplo_coordinates.xlsx",
    "L11",
    "O16 O01 O19",
    "The coordinates of the curve are the days of single deaths.",
    k.days("donor = haplo", "died_days", "died", dd[dd.died == 1].died_days),
)
ax = km.plot_survival_function()
add_at_risk_counts(km, ax=ax)
plt.tight_layout()
plt.savefig(S / "KM_haplo_with_risk_table.pdf")
S.leak(
    "KM_haplo_with_risk_table.pdf",
    "L8",
    "O18 O16 O17",
    "A vector curve of 101 people, one step for each death, and at risk below ten.",
    k.days("donor = haplo", "died_days", "died", dd[dd.died == 1].died_days),
    written=False,
)
fig, ax = plt.subplots(figsize=(5, 3.6))
for donor, g in t[t.donor.isin(["sibling", "unrelated"])].groupby("donor"):
    km.fit(g.died_days, g.died)
    assert np.histogram(g[g.died == 1].died_days, grid[:4])[0].min() >= 10
    ax.plot(
        grid[:4] / 365, [round(float(km.predict(x)), 2) for x in grid[:4]], marker="o", label=donor
    )
ax.legend(frameon=False)
ax.set(xlabel="years", ylabel="overall survival (yearly)", ylim=(0, 1))
fig.savefig(S / "fig1_os_yearly.svg", metadata={"Date": None})
S.safe(
    "fig1_os_yearly.svg",
    "S4",
    *[k.count(f"donor = {x}") for x in ("sibling", "unrelated")],
    written=False,
)
cph = CoxPHFitter().fit(
    pd.get_dummies(
        t[["died_days", "died", "age", "hctci", "donor"]][t.donor != "cord"],
        columns=["donor"],
        drop_first=True,
        dtype=int,
    ),
    "died_days",
    "died",
)
fp = cph.summary
fig, ax = plt.subplots(figsize=(5, 2.4))
ax.errorbar(
    fp["exp(coef)"],
    range(len(fp)),
    xerr=[fp["exp(coef)"] - fp["exp(coef) lower 95%"], fp["exp(coef) upper 95%"] - fp["exp(coef)"]],
    fmt="s",
    color="k",
)
ax.set_yticks(range(len(fp)), fp.index)
ax.axvline(1, ls=":")
fig.tight_layout()
fig.savefig(S / "fig2_forest.pdf", metadata={"CreationDate": None})
S.safe("fig2_forest.pdf", "S8", k.count(POP), written=False)
S.text(
    "cox_os.md",
    fp[["exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%", "p"]]
    .round(3)
    .rename(columns={"exp(coef)": "HR"})
    .to_markdown()
    + f"\n\nn = {cph._n_examples}; deaths = {cph.event_observed.sum()}\n",
)
S.safe(
    "cox_os.md",
    "S3",
    k.count("donor in sibling|unrelated|haplo"),
    k.count("donor in sibling|unrelated|haplo; died = 1"),
)
fig = go.Figure(
    go.Scatter(
        x=t.age[:150].tolist(),
        y=t.died_days[:150].tolist(),
        mode="markers",
        text=t.disease[:150].tolist(),
        customdata=t.hb[:150].tolist(),
    )
)
fig.update_layout(title="Follow-up by age", width=600, height=400)
fig.write_html(S / "followup_by_age.html", include_plotlyjs="cdn", full_html=True)
S.leak(
    "followup_by_age.html",
    "L8",
    "O19 O18 O35",
    "The page holds a point for each of 150 people, with diagnosis and haemoglobin.",
    k.rows(["age", "died_days", "disease", "hb"], t.index[:150]),
)
res = cph.compute_residuals(
    t[["died_days", "died", "age", "hctci"]].assign(
        donor_sibling=t.donor.eq("sibling").astype(int),
        donor_unrelated=t.donor.eq("unrelated").astype(int),
    )[t.donor != "cord"],
    "martingale",
)
res.head(200).round(6).to_csv(S / "martingale_residuals.csv", index=False)
S.leak(
    "martingale_residuals.csv",
    "L3",
    "O19 O20 O30 O16",
    "Residuals of 200 people beside their day and state.",
    k.rows(["died_days"], res.index[:200]),
)
S.text(
    "allo.R",
    """library(survival)
library(ggsurvfit)
# data come from the project view, nothing is stored here
d <- read.csv("data/patients.csv") |> subset(transplant == 1 & donor != "cord")
fit <- survfit(Surv(died_days / 365.25, died) ~ donor, data = d)
print(summary(fit, times = 0:5), digits = 2)
coxph(Surv(died_days, died) ~ age + hctci + donor, data = d)
stopifnot(nrow(d) > 100)   # small-number rule of the registry: 10
""",
)
S.safe("allo.R", "S10", k.nothing("code without data"))
S.done()
