"""The mutation landscape of 1,700 people with a gene panel: a bioinformatician's folder."""

import gzip
import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tests.bench.outputs.tenth.scripts.shelf import (
    Flow,
    Study,
    count,
    few,
    person,
    table,
    value,
    written,
)  # fmt: skip

study = Study("mutations")
g = table("panel")
SNPS, GENES = list(g.columns[2:8]), list(g.columns[8:])
p = table("patients").set_index("patient")
at = {one: n for n, one in enumerate(table("patients").patient)}
COMMON = [one for one in GENES if one != "XBP1"]

lines = ["gene\tmutated\twild_type\tpercent"]
lines += [
    f"{one}\t{g[one].sum()}\t{(g[one] == 0).sum()}\t{100 * g[one].mean():.1f}" for one in COMMON
]
study.write("gene_frequencies.tsv", "\n".join(lines) + "\n")
study.safe("gene_frequencies.tsv", "S1", count(*(f"{one} = 1" for one in COMMON), of="panel"))
lines.append(f"XBP1\t{g.XBP1.sum()}\t{(g.XBP1 == 0).sum()}\t{100 * g.XBP1.mean():.1f}")
study.write("gene_frequencies_all.tsv", "\n".join(lines) + "\n")
study.leaky("gene_frequencies_all.tsv", "L11", "O01", "Five people have a rare mutation.",
            few("XBP1 = 1", "panel"))  # fmt: skip
pairs = [(a, b, int((g[a] & g[b]).sum())) for a, b in itertools.combinations(COMMON, 2)]
study.write(
    "cooccurrence.csv", "gene_a,gene_b,both\n" + "".join(f"{a},{b},{n}\n" for a, b, n in pairs)
)
study.leaky("cooccurrence.csv", "L11", "O01", "Few people have both mutations.",
            [few(f"{a} = 1; {b} = 1", "panel") for a, b, n in pairs if 0 < n < 10][:12])  # fmt: skip
kept = [(a, b, n) for a, b, n in pairs if n >= 10]
study.write(
    "cooccurrence_release.csv",
    "gene_a,gene_b,both\n" + "".join(f"{a},{b},{n}\n" for a, b, n in kept),
)
study.safe(
    "cooccurrence_release.csv", "S1", count(*(f"{a} = 1; {b} = 1" for a, b, _ in kept), of="panel")
)
doses = {one: [int((g[one] == n).sum()) for n in (0, 1, 2)] for one in SNPS}
study.write("allele_counts.csv", "snp,hom_ref,het,hom_alt,af\n" + "".join(
    f"{one},{a},{b},{c},{(b + 2 * c) / 3400:.3f}\n" for one, (a, b, c) in doses.items()))  # fmt: skip
study.safe("allele_counts.csv", "S16", [{"Alleles": {"marker": one, "counts": Flow(n)}} for one, n in doses.items()],
           written(*[",".join(map(str, (one, *n))) for one, n in doses.items()]))  # fmt: skip

# rows in the trade's own formats
some = g.iloc[200:260]
head = ["##fileformat=VCFv4.2", "##source=panelcaller 1.9", '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(f"S{n:03d}" for n in range(60))]  # fmt: skip
where = [("7", 21938240, "C", "A"), ("3", 41992408, "G", "A"), ("2", 174807900, "A", "G"),
         ("22", 39542292, "G", "A"), ("6", 31107258, "G", "A"), ("17", 16849139, "A", "G")]  # fmt: skip
for one, (c, pos, ref, alt) in zip(SNPS, where, strict=True):
    calls = "\t".join(("0/0", "0/1", "1/1")[n] for n in some[one])
    head.append(f"{c}\t{pos}\t{one}\t{ref}\t{alt}\t.\tPASS\t.\tGT\t{calls}")
for n, one in enumerate(GENES):
    calls = "\t".join(("0/0", "0/1")[n] for n in some[one])
    head.append(f"{n + 1}\t{10**6 + 977 * n}\t{one}\tC\tT\t.\tPASS\t.\tGT\t{calls}")
study.write("risk_snps.vcf", "\n".join(head) + "\n")
study.leaky("risk_snps.vcf", "L16", "O33", "Genotypes of sixty people.",
            person([*SNPS, *GENES], some.index, of="panel"), written=False)  # fmt: skip
some = g[(g[list(GENES)].sum(axis=1) >= 1)].iloc[:75]
maf = [{"Hugo_Symbol": gene, "Tumor_Sample_Barcode": line.patient, "Variant_Classification": "Missense_Mutation",
        "depth": line.depth} for line in some.itertuples() for gene in GENES if getattr(line, gene)]  # fmt: skip
pd.DataFrame(maf).to_csv(study.at("mutations.maf"), sep="\t", index=False)
study.leaky("mutations.maf", "L13", "O22 O19 O33", "Mutations with the codes of the people.",
            {"Pseudonyms": {"at": ",".join(map(str, sorted(at[one] for one in some.patient)))}})  # fmt: skip
cols = ["depth", *SNPS, "KRAS", "NRAS"]
dose = g.iloc[500:640][cols]
data = dose.set_axis(["dp", *(f"v{n}" for n in range(1, 7)), "k", "n"], axis=1).to_csv(index=False)
study.at("dosages.csv.gz").write_bytes(gzip.compress(data.encode(), mtime=0))
study.leaky("dosages.csv.gz", "L16", "O19 O33", "Dosages of 140 people under other names.",
            person(cols, dose.index, of="panel"))  # fmt: skip
bits = []
for one in [*SNPS, *GENES]:
    code = [{0: 0b11, 1: 0b10, 2: 0b00}[n] for n in g[one].iloc[:400]]
    bits += [sum(v << (2 * k) for k, v in enumerate(code[n : n + 4])) for n in range(0, 400, 4)]
study.at("risk_snps.bed").write_bytes(bytes([0x6C, 0x1B, 0x01, *bits]))
study.leaky("risk_snps.bed", "L16", "O33", "Packed genotypes of 400 people.",
            person([*SNPS, *GENES], range(400), of="panel"), written=False)  # fmt: skip

# figures
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "onco", "font.size": 8})
part = g[(g[COMMON].sum(axis=1) >= 2)].head(48).reset_index()
figure, axes = plt.subplots(figsize=(6.5, 2.6))
for y, gene in enumerate(COMMON):
    xs = part.index[part[gene] == 1]
    axes.bar(xs, np.full(len(xs), 0.8), bottom=y, width=0.8, color="#264653")
axes.set_yticks(np.arange(len(COMMON)) + 0.4, COMMON)
axes.set_xticks(part.index, part.patient, rotation=90, fontsize=4)
figure.tight_layout()
figure.savefig(study.at("oncoprint.svg"), metadata={"Date": None})
study.leaky("oncoprint.svg", "L8", "O18 O22", "A column with a code for each person.",
            {"Pseudonyms": {"at": ",".join(map(str, sorted(at[one] for one in part.patient)))}})  # fmt: skip
figure, axes = plt.subplots(figsize=(4.6, 2.8), dpi=80)
own = g[COMMON].sum().sort_values(ascending=False)
axes.bar(own.index, own / 17, color="#e9c46a", edgecolor="k")
for x, n in enumerate(own):
    axes.text(x, n / 17 + 0.3, str(n), ha="center", fontsize=7)
axes.set_ylabel("% of 1,700")
axes.tick_params(axis="x", rotation=45)
figure.tight_layout()
figure.savefig(study.at("landscape.png"))
study.safe(
    "landscape.png", "S8", count(*(f"{one} = 1" for one in COMMON), of="panel"), written=False
)

# association, quality, methods
study.write("association.tsv", "snp\tchr\tpos\tea\toa\tbeta\tse\tp\n" + "".join(
    f"{one}\t{c}\t{pos}\t{alt}\t{ref}\t{b:.3f}\t{s:.3f}\t{q}\n" for one, (c, pos, ref, alt), (b, s, q) in zip(
        SNPS, where, ((0.121, 0.041, "3.2e-3"), (-0.034, 0.05, "0.49"), (0.017, 0.052, "0.74"),
                      (0.088, 0.037, "0.018"), (0.056, 0.042, "0.18"), (-0.11, 0.06, "0.067")), strict=True)))  # fmt: skip
study.safe(
    "association.tsv",
    "S3",
    written("rs4487645\t7\t21938240\tA\tC\t0.121\t0.041\t3.2e-3".replace("\t", " ")),
)
study.write("depth_summary.txt", f"mean depth {g.depth.mean():.1f} (SD {g.depth.std():.1f}), 1700 samples\n"
            "target 500x, minimum 200x, bait set MM-panel v3 (26 genes, 118 kb)\n")  # fmt: skip
study.safe("depth_summary.txt", "S1", value("depth", "mean", f"{g.depth.mean():.1f}", of="panel"),
           value("depth", "sd", f"{g.depth.std():.1f}", of="panel"))  # fmt: skip
per = g.loc[g.depth < 260, ["patient", "depth"]]
per.to_csv(study.at("low_depth_samples.txt"), sep=" ", index=False, header=False)
study.leaky("low_depth_samples.txt", "L13", "O22", "Codes of those whose sample was shallow.",
            {"Pseudonyms": {"at": ",".join(map(str, sorted(at[one] for one in per.patient)))}})  # fmt: skip
study.write("targets.bed", "chr12\t25205245\t25250929\tKRAS\nchr1\t114704468\t114716894\tNRAS\n"
            "chr7\t140719326\t140924929\tBRAF\nchr17\t7668401\t7687550\tTP53\nchr13\t72752168\t72781900\tDIS3\n"
            "chr1\t117606047\t117628389\tTENT5C\nchr14\t102777475\t102911500\tTRAF3\n")  # fmt: skip
study.safe("targets.bed", "S10", written("chr17 7668401 7687550 TP53"))
study.write("Snakefile", '''SAMPLES = glob_wildcards("fastq/{s}_R1.fastq.gz").s

rule all:
    input: expand("calls/{s}.vcf.gz", s=SAMPLES), "tables/gene_frequencies.tsv"

rule align:
    input: "fastq/{s}_R1.fastq.gz", "fastq/{s}_R2.fastq.gz"
    output: "bam/{s}.bam"
    threads: 8
    shell: "bwa mem -t {threads} -K 100000000 ref/GRCh38.fa {input} | samtools sort -o {output}"

rule summarise:
    input: expand("calls/{s}.vcf.gz", s=SAMPLES)
    output: "tables/gene_frequencies.tsv"
    params: min_cell=10, min_vaf=0.05, min_depth=200
    script: "scripts/summarise.py"
''')  # fmt: skip
study.safe("Snakefile", "S10", written("params: min_cell=10, min_vaf=0.05, min_depth=200"))
study.close()
