"""Study 11: quality of life, by a Dutch group."""

import matplotlib.pyplot as plt
import pandas as pd
import pyreadstat
import seaborn as sns
import statsmodels.formula.api as smf
from scipy import stats

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("kwaliteit-van-leven")
p = k.people()
nl = lambda x, d=1: f"{x:.{d}f}".replace(".", ",")  # noqa: E731
rows = []
for e in range(4):
    g = p[p.ecog == e]
    rows.append(
        {
            "ECOG": e,
            "n": len(g),
            "gemiddelde": nl(g.qol.mean()),
            "sd": nl(g.qol.std()),
            "95%-BI": f"{nl(g.qol.mean() - 1.96 * g.qol.sem())} tot {nl(g.qol.mean() + 1.96 * g.qol.sem())}",
        }
    )
pd.DataFrame(rows).to_csv(S / "tabel1_ecog.csv", sep=";", index=False)
S.safe("tabel1_ecog.csv", "S1", *[k.count(f"ecog = {e}") for e in range(4)])
w = pd.crosstab(
    p.living.map(
        {
            "alone": "alleen",
            "with partner": "met partner",
            "with family": "met familie",
            "care home": "verpleeghuis",
        }
    ),
    p.ecog,
)
w.to_csv(S / "tabel2_woonsituatie.csv", sep=";")
print(w.to_string())
S.leak(
    "tabel2_woonsituatie.csv",
    "L11",
    "O01",
    "Weinig mensen met ECOG 4 in een verpleeghuis.",
    k.small("living = care home; ecog = 4"),
)
v = w.copy()
v["3-4"] = v[3] + v[4]
v = v.drop(columns=[3, 4])
S.text("tabel2_samengevoegd.md", v.to_markdown() + "\n")
S.safe(
    "tabel2_samengevoegd.md",
    "S1",
    k.count("living = care home; ecog in 3|4"),
    k.count("living = alone; ecog = 0"),
    k.count("living = with family; ecog = 2"),
)
f = smf.ols("qol ~ ecog + age + hctci", p).fit()
S.text(
    "regressie.txt",
    f.summary().tables[1].as_text()
    + f"\nN = {int(f.nobs)}   R2 = {f.rsquared:.3f}   vrijheidsgraden residuen = {int(f.df_resid)}\n",
)
S.safe(
    "regressie.txt",
    "S3",
    {"Freedom": {"table": "people", "where": "", "parameters": 4, "stated": 5996, "few": False}},
    k.count(),
)
h = p[(p.centre == "Hollin") & (p.age >= 82)]
f2 = smf.ols("qol ~ ecog + age + hctci", h).fit()
print("hollin 80+", len(h))
S.text(
    "regressie_hollin.txt",
    f2.summary().tables[1].as_text()
    + f"\nNo. Observations: {int(f2.nobs)}\nDf Residuals: {int(f2.df_resid)}\nDf Model: 3\n",
)
S.leak(
    "regressie_hollin.txt",
    "L11",
    "O07 O01",
    "Een model van te weinig mensen.",
    {
        "Freedom": {
            "table": "people",
            "where": "centre = Hollin; age >= 82",
            "parameters": 4,
            "stated": len(h) - 4,
            "few": True,
        }
    },
)
a = stats.f_oneway(*[p[p.living == x].qol for x in set(p.living)])
kw = stats.kruskal(*[p[p.living == x].qol for x in set(p.living)])
S.text(
    "toetsen.txt",
    f"ANOVA: F(3, {len(p) - 4}) = {nl(a.statistic, 2)}; p = {nl(a.pvalue, 3)}\nKruskal-Wallis: H(3) = {nl(kw.statistic, 2)}; p = {nl(kw.pvalue, 3)}\nCohen's d (alleen vs. partner) = 0,04\nMCID van de schaal: 8 punten; Cronbachs alfa in de validatiestudie: 0,87 (n = 1204, Groningen 2011).\n",
)
S.safe("toetsen.txt", "S3", k.nothing("toetsgrootheden"))
fig, ax = plt.subplots(figsize=(5, 3))
sns.boxplot(p[p.ecog < 4], x="ecog", y="qol", showfliers=False, whis=0, ax=ax)
ax.set_ylabel("score (0-100)")
fig.savefig(S / "figuur1_box.png", dpi=80)
S.safe("figuur1_box.png", "S8", *[k.count(f"ecog = {e}") for e in range(4)], written=False)
g = p[p.disease == "MDS-5q"]
fig, ax = plt.subplots(figsize=(5, 3))
sns.swarmplot(g, x="ecog", y="qol", size=3, ax=ax)
fig.savefig(S / "figuur2_swarm.svg")
S.leak(
    "figuur2_swarm.svg",
    "L8",
    "O18 O17",
    "Een stip per persoon.",
    k.rows(["ecog", "qol", "hb", "age"], g.index),
    written=False,
)
fl = p[p.qol <= 8]
S.text(
    "uitbijters.md",
    "## Uitbijters\n\n"
    + fl[["age", "sex", "centre", "ecog", "qol", "remark"]].head(9).to_markdown(index=False)
    + "\n",
)
S.leak(
    "uitbijters.md",
    "L1",
    "O19 O23",
    "Rijen van mensen met de laagste score, met opmerkingen.",
    k.rows(["age", "sex", "centre", "ecog", "qol"], fl.index[:9]),
    k.words([i for i in fl.index[:9] if p.remark[i]][:2]),
)
S.text(
    "vragenlijst.txt",
    "VRAGENLIJST KWALITEIT VAN LEVEN (QLQ-achtig)\n\n"
    + "\n".join(
        f"{i}. {q}  1 helemaal niet  2 een beetje  3 nogal  4 heel erg"
        for i, q in enumerate(
            [
                "Had u moeite met inspanning?",
                "Was u kortademig?",
                "Bent u moe geweest?",
                "Heeft u koorts gehad?",
                "Maakte u zich zorgen?",
            ],
            1,
        )
    )
    + "\n\nScore = (1 - (gemiddelde - 1) / 3) x 100\n",
)
S.safe("vragenlijst.txt", "S10", k.nothing("een lege vragenlijst"))
s = p[p.centre == "Delmar"][["age", "ecog", "hctci", "hb", "qol", "nights"]].head(150)
out = s.copy()
out.columns = ["LFT", "WHO", "CMB", "HB", "QOL", "NACHT"]
pyreadstat.write_sav(
    out,
    str(S / "qol_subset.sav"),
    column_labels=[
        "Leeftijd",
        "WHO-status",
        "HCT-CI",
        "Hemoglobine",
        "Kwaliteit van leven",
        "Ligdagen",
    ],
)
S.leak(
    "qol_subset.sav",
    "L2",
    "O19",
    "150 rijen als bestand van SPSS.",
    k.rows(["age", "ecog", "hctci", "hb", "qol", "nights"], s.index),
)
m = p.groupby("year").qol.agg(["size", "mean", "std"]).round(1)
pyreadstat.write_dta(m.reset_index(), str(S / "qol_per_jaar.dta"))
S.safe("qol_per_jaar.dta", "S1", *[k.count(f"year = {y}") for y in range(2013, 2025)])
books.run(
    S / "qol_notebook.ipynb",
    [
        "# Kwaliteit van leven",
        "import pandas as pd\nd = pd.read_csv('data/patients.csv')\nd.groupby('ecog').qol.agg(['count', 'mean', 'min', 'max']).round(1)",
        "d.qol.quantile([.25, .5, .75])",
    ],
)
z = p[p.ecog == 4].qol
S.leak(
    "qol_notebook.ipynb",
    "L7",
    "O08 O01",
    "Kleinste en grootste score per groep.",
    k.extremes("qol", [z.max()], "ecog = 4"),
)
books.run(
    S / "qol_notebook_schoon.ipynb",
    [
        "# Kwaliteit van leven",
        "import pandas as pd\nd = pd.read_csv('data/patients.csv').query('ecog < 4')\nd.groupby('ecog').qol.agg(['count', 'mean', 'std']).round(1)",
    ],
)
S.safe("qol_notebook_schoon.ipynb", "S7", *[k.count(f"ecog = {e}") for e in range(4)])
S.done()
