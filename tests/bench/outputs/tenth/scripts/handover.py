"""What a fellow who leaves hands over: a bit of everything, some of it with people inside."""

import sqlite3
import subprocess
import tempfile
import zipfile
from email.message import EmailMessage
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
from docx import Document
from nbconvert import HTMLExporter

from tests.bench.outputs.tenth.scripts.shelf import (
    DATA,
    TEXT,
    Study,
    codes,
    count,
    groups,
    notebook,
    number,
    person,
    rows,
    table,
    words,
    written,
)  # fmt: skip

study = Study("handover")
d, t = table("patients"), TEXT["people"]
made = Path(tempfile.mkdtemp())

# notebooks as pages
for name, cells in {
    "progress": ["# # Who progresses early?", "import pandas as pd\nd = pd.read_csv('patients.csv')",
                 "e = d[(d.progressed==1)&(d.progressed_days<25)]\n"
                 "e[['clinic','diagnosed','age','ldh','progressed_days']].head(9)"],
    "progress_release": ["# # Who progresses early?", "import pandas as pd\nd = pd.read_csv('patients.csv')",
                         "pd.crosstab(d.iss, d.progressed)"],
}.items():  # fmt: skip
    notebook(study, f"{name}.ipynb", cells)
    book = nbformat.read(study.at(f"{name}.ipynb"), 4)
    study.at(f"{name}.ipynb").unlink()
    study.write(f"{name}.html", HTMLExporter(template_name="basic").from_notebook_node(book)[0])
early = d[(d.progressed == 1) & (d.progressed_days < 25)].head(9)
study.leaky("progress.html", "L7", "O19", "A frame of nine people in a page made of a notebook.",
            person(["clinic", "diagnosed", "age", "ldh", "progressed_days"], early.index))  # fmt: skip
study.safe("progress_release.html", "S7", groups(["iss", "progressed"]))

# databases
for name, frame in {
    "cohort": d.iloc[2600:2700][["clinic", "sex", "age", "albumin", "cost", "died_days"]],
    "counts": d.groupby(["sex", "iss"]).size().rename("n").reset_index(),
}.items():
    study.at(f"{name}.sqlite").unlink(missing_ok=True)
    with sqlite3.connect(study.at(f"{name}.sqlite")) as base:
        frame.to_sql(name, base, index=False)
    base.close()
study.leaky("cohort.sqlite", "L1", "O19", "A hundred people in a database.",
            person(["clinic", "sex", "age", "albumin", "cost", "died_days"], range(2600, 2700)))  # fmt: skip
study.safe("counts.sqlite", "S1", groups(["sex", "iss"]))

# what statistics programs keep
some = d.iloc[4000:4060][["age", "weight_kg", "b2m", "nights", "died_days"]]
some.rename(columns={"age": "v1", "weight_kg": "v2", "b2m": "v3", "nights": "v4", "died_days": "v5"}).to_stata(
    study.at("stage3_v2.dta"), write_index=False, version=118)  # fmt: skip
study.leaky("stage3_v2.dta", "L2", "O19", "Sixty people under names that say nothing.",
            person(["age", "weight_kg", "b2m", "nights", "died_days"], range(4000, 4060)))  # fmt: skip
(made / "s.R").write_text(
    "d <- read.csv(commandArgs(TRUE)[1])[101:150, c('clinic', 'age', 'ldh', 'height_cm', 'died_days')]\n"
    "fit <- lm(ldh ~ age, d)\nsave(d, fit, file = 'w.RData')\n"
)
subprocess.run(["Rscript", "s.R", str((DATA / "patients.csv").resolve())], cwd=made, check=True)
study.at("workspace.RData").write_bytes((made / "w.RData").read_bytes())
study.leaky("workspace.RData", "L9", "O25 O19", "A saved workspace keeps fifty people.",
            person(["clinic", "age", "ldh", "height_cm", "died_days"], range(100, 150)))  # fmt: skip
x = d.iloc[700:780]
z = np.column_stack([np.round((x.ldh - 198.5) / 59.4, 4), np.round((x.height_cm - 169.5) / 9.4, 4),
                     np.round((x.died_days - 1700) / 1290, 4)])  # fmt: skip
np.save(study.at("X_scaled.npy"), z)
study.leaky("X_scaled.npy", "L3", "O19 O25", "Standardised values of eighty people as an array.",
            person(["ldh", "height_cm", "died_days"], x.index,
                   how=["shift 198.5 59.4", "shift 169.5 9.4", "shift 1700 1290"]))  # fmt: skip

# a mail with a table, and a picture that says of whom it is
where = "iss = III; transplant = none"
for name, frame in {"mail_table": pd.crosstab(d.iss, d.transplant != "none"),
                    "mail_rows": d.iloc[55:95][["born", "sex", "isotype", "hb", "died_days"]]}.items():  # fmt: skip
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "fellow@alliance.example",
        "boss@alliance.example",
        "the table",
    )
    message["Date"] = "Fri, 13 Feb 2026 17:40:00 +0100"
    message.set_content("Dear all,\n\nattached as promised.\n")
    data = frame.to_csv(index=name == "mail_table").encode()
    message.add_attachment(
        data, maintype="application", subtype="octet-stream", filename="table.csv"
    )
    study.at(f"{name}.eml").write_bytes(bytes(message))
study.leaky("mail_rows.eml", "L1", "O19 O22", "An attached table of forty people with dates of birth.",
            person(["born", "sex", "isotype", "hb", "died_days"], range(55, 90)))  # fmt: skip
study.safe(
    "mail_table.eml",
    "S1",
    count(where, "iss = III; transplant != none", "iss = I; transplant = none"),
)
pcl = rows("disease = plasma cell leukaemia").head(5)
figure, axes = plt.subplots(figsize=(3.4, 2.4), dpi=70)
axes.plot([0, 1, 2, 3], [1, 0.8, 0.55, 0.4], color="k")
axes.set_xlabel("years")
axes.set_ylabel("model curve")
figure.tight_layout()
figure.savefig(
    study.at("curve.png"), metadata={"Description": "left out: " + ", ".join(pcl.patient)}
)
study.leaky(
    "curve.png", "L13", "O22 O28", "The picture's description has five codes.", codes(pcl.index)
)

# a letter in which a sentence was struck out but kept
doc = Document()
doc.add_paragraph(f"We found {number('iss = III')} people in stage III. ")
doc.save(made / "l.docx")
at = next(n for n in d[d.disease == "POEMS"].index if t.remark[n])
struck = ('<w:del w:id="7" w:author="fellow" w:date="2026-02-12T16:01:00Z"><w:r><w:delText xml:space="preserve">'
          f"One of them, {t.patient[at]}, wrote: {t.remark[at]}.</w:delText></w:r></w:del>")  # fmt: skip
with (
    zipfile.ZipFile(made / "l.docx") as old,
    zipfile.ZipFile(study.at("letter.docx"), "w", zipfile.ZIP_DEFLATED) as new,
):
    for one in old.infolist():
        body = old.read(one)
        if one.filename == "word/document.xml":
            body = body.replace(b"</w:p>", struck.replace("'", "&apos;").encode() + b"</w:p>", 1)
        new.writestr(one, body)
study.leaky("letter.docx", "L6", "O28 O22 O23", "A struck-out sentence tells of one person.",
            codes([at]), words(at))  # fmt: skip
study.write("todo.md", """- [x] lock extract v14
- [ ] ask for 2 more months (until 30 April 2026)
- [ ] refit with 4 knots at 5, 35, 65 and 95 %
- [ ] merge Greywater and Holmfirth in each table; round to 5 in the slides
- [x] seeds: 4, 12, 77, 2026
""")  # fmt: skip
study.safe("todo.md", "S10", written("refit with 4 knots at 5, 35, 65 and 95 %"))
study.close()
