"""Study 13: the mutation landscape."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from docx import Document
from matplotlib.colors import ListedColormap
from scipy import stats

from tests.bench.outputs.ninth.scripts import books
from tests.bench.outputs.ninth.scripts import kit as k

S = k.Study("mutation-landscape")
g = k.panel()
raw = pd.read_csv("data/panel.csv")
G9 = ["TP53", "SF3B1", "ASXL1", "TET2", "DNMT3A", "NPM1", "FLT3", "RUNX1", "SRSF2"]
ALL = [*G9, "ETNK1"]
f = pd.DataFrame({"gene": G9, "mutated": [int(g[x].sum()) for x in G9]})
f["percent"] = (100 * f.mutated / len(g)).round(1)
f.sort_values("mutated", ascending=False).to_csv(S / "frequencies.csv", index=False)
S.safe("frequencies.csv", "S1", *[k.count(f"{x} = 1", "panel") for x in G9])
f2 = pd.DataFrame({"gene": ALL, "mutated": [int(g[x].sum()) for x in ALL]})
d = Document()
d.add_paragraph(
    f"Supplementary Table S4. Mutated genes of {len(g)} sequenced patients", style="Caption"
)
t = d.add_table(1, 3, style="Table Grid")
for cell, own in zip(t.rows[0].cells, ["Gene", "n", "%"], strict=True):
    cell.text = own
for r in f2.itertuples():
    for cell, own in zip(
        t.add_row().cells, [r.gene, str(r.mutated), f"{100 * r.mutated / len(g):.1f}"], strict=True
    ):
        cell.text = own
d.save(S / "Table_S4.docx")
S.leak(
    "Table_S4.docx",
    "L11",
    "O01",
    "Six people have a mutation of ETNK1.",
    k.small("ETNK1 = 1", "panel"),
)
co = raw[ALL].T @ raw[ALL]
co.to_excel(S / "co_mutation.xlsx")
low = co.stack().loc[lambda s: s.between(1, 9)]
print("low", low.to_dict())
a, b = next(own for own in low.index if own[0] != own[1])
S.leak(
    "co_mutation.xlsx",
    "L11",
    "O01",
    "Few people share a pair of mutations.",
    k.small(f"{a} = 1; {b} = 1", "panel"),
)
top = ["TET2", "ASXL1", "DNMT3A", "SRSF2", "FLT3"]
ct = raw[top].T @ raw[top]
assert ct.to_numpy().min() >= 10
orr = pd.DataFrame(1.0, index=top, columns=top)
for a in top:
    for b in top:
        if a != b:
            orr.loc[a, b] = stats.fisher_exact(pd.crosstab(raw[a], raw[b]))[0].round(2)
orr.to_csv(S / "cooccurrence_or.csv")
S.safe(
    "cooccurrence_or.csv", "S3", k.nothing("odds ratios of two by two tables with cells above ten")
)
fig, ax = plt.subplots(figsize=(4, 3.4))
sns.heatmap(np.log2(orr.astype(float)), annot=orr, fmt=".2f", cmap="coolwarm", center=0, ax=ax)
fig.savefig(S / "heatmap_or.png", dpi=80)
S.safe("heatmap_or.png", "S8", k.nothing("odds ratios"), written=False)
own = raw[raw.genes > 0].sort_values(G9, ascending=False).iloc[:90]
fig, ax = plt.subplots(figsize=(7, 3))
ax.imshow(own[G9].T, aspect="auto", cmap=ListedColormap(["#eee", "#b33"]), interpolation="nearest")
ax.set_yticks(range(9), G9)
ax.set_xticks(range(0, 90, 3), own.case_no[::3], rotation=90, fontsize=4)
plt.rcParams["svg.fonttype"] = "none"
fig.savefig(S / "oncoprint.svg")
people = k.people().case_no
at = [int(people[people == x].index[0]) for x in own.case_no[::3]]
S.leak(
    "oncoprint.svg",
    "L8",
    "O22 O18 O17 O33",
    "One column for each of 90 people, a third of them named by pseudonym.",
    k.pseudonyms(at),
)
fig.savefig(S / "oncoprint.png", dpi=90)
S.leak(
    "oncoprint.png", "L8", "O17 O18 O22", "The same as a picture.", k.pseudonyms(at), written=False
)
raw[["rs1801133", "rs4880", "rs1695"]].head(200).to_csv(S / "snp_dosage.csv", index=False)
S.leak(
    "snp_dosage.csv",
    "L16",
    "O33 O19 O20",
    "Doses of three markers of 200 people, row by row.",
    k.rows(["rs1801133", "rs4880", "rs1695", "vaf"], range(200), "panel"),
    written=False,
)
vcf = [
    "##fileformat=VCFv4.2",
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(raw.case_no[:60]),
]
for chrom, pos, rs, ref, alt in (
    ("1", 11796321, "rs1801133", "G", "A"),
    ("6", 159692840, "rs4880", "A", "G"),
    ("11", 67585218, "rs1695", "A", "G"),
):
    vcf.append(
        "\t".join(
            [
                chrom,
                str(pos),
                rs,
                ref,
                alt,
                ".",
                "PASS",
                ".",
                "GT",
                *[("0/0", "0/1", "1/1")[x] for x in raw[rs][:60]],
            ]
        )
    )
S.text("cohort.vcf", "\n".join(vcf) + "\n")
at = [int(people[people == x].index[0]) for x in raw.case_no[:60]]
S.leak(
    "cohort.vcf",
    "L16",
    "O33 O22",
    "Genotypes of 60 people under their pseudonyms.",
    k.pseudonyms(at),
)
al = []
for rs in ("rs1801133", "rs4880", "rs1695"):
    n = raw[rs].value_counts()
    al.append(
        {
            "marker": rs,
            "hom ref": int(n[0]),
            "het": int(n[1]),
            "hom alt": int(n[2]),
            "MAF": round(float(raw[rs].mean() / 2), 3),
            "HWE p": round(
                float(
                    stats.chisquare(
                        [n[0], n[1], n[2]],
                        np.array([(1 - (q := raw[rs].mean() / 2)) ** 2, 2 * q * (1 - q), q * q])
                        * len(raw),
                        ddof=1,
                    ).pvalue
                ),
                2,
            ),
        }
    )
pd.DataFrame(al).to_csv(S / "allele_counts.csv", index=False)
S.safe(
    "allele_counts.csv",
    "S16",
    *[
        {"Alleles": {"marker": r["marker"], "counts": [r["hom ref"], r["het"], r["hom alt"]]}}
        for r in al
    ],
)
pd.DataFrame(
    {
        "gene": G9,
        "chromosome": ["17p13", "2q33", "20q11", "4q24", "2p23", "5q35", "13q12", "21q22", "17q25"],
        "exons covered": ["2-11", "13-16", "12", "3-11", "2-23", "11", "14,15,20", "3-8", "1"],
        "min depth": 500,
        "LOD VAF %": 2.0,
    }
).to_excel(S / "panel_design.xlsx", index=False)
S.safe("panel_design.xlsx", "S10", k.nothing("the design of a panel"))
m = raw[raw.genes > 0].groupby("genes").vaf.agg(["size", "mean", "std"]).round(1)
m = m[m["size"] >= 10]
m.to_json(S / "vaf_by_number.json", orient="index", indent=1)
S.safe("vaf_by_number.json", "S1", *[k.count(f"genes = {i}", "panel") for i in m.index])
tp = raw[raw.TP53 == 1].vaf
fig, ax = plt.subplots(figsize=(5, 2.4))
ax.eventplot(tp, lineoffsets=0)
ax.set_xlabel("VAF of TP53, %")
fig.savefig(S / "tp53_rug.pdf")
S.leak(
    "tp53_rug.pdf",
    "L8",
    "O18 O17",
    "A rug with a line for each carrier.",
    k.rows(["vaf", "genes", "rs4880", "rs1695", "participant"], raw.index[raw.TP53 == 1], "panel"),
    written=False,
)
books.run(
    S / "landscape.ipynb",
    [
        "# Landscape",
        "import pandas as pd\ng = pd.read_csv('data/panel.csv')\ng.shape",
        "g[['TP53', 'TET2', 'ASXL1']].mean().round(3)",
        "g.set_index('case_no').head()",
    ],
)
at = [int(people[people == x].index[0]) for x in raw.case_no[:5]]
S.leak(
    "landscape.ipynb",
    "L7",
    "O22 O33 O19",
    "The head of the panel with pseudonyms.",
    k.pseudonyms(at),
    k.rows(["participant", "vaf"], range(5), "panel"),
)
mt = pd.crosstab(g.disease.str[:3], g.TP53.map({0: "wild type", 1: "mutated"}))
S.text("tp53_by_entity.tex", mt.to_latex(caption="TP53 by entity"))
S.safe(
    "tp53_by_entity.tex",
    "S1",
    k.nothing("counts above fifty of two entities, CMML with them"),
    k.written("wild type"),
)
print(mt)
S.done()
