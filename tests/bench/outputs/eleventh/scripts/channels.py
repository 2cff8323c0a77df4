"""Suppression and pairs, identifiers, hidden channels, odd boxes, genotypes: L12 to L16.

Their twins are S2, S12, S13, S14, S15 and S16.
"""

import gzip
import io
import json
import lzma
import os
import zipfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import openpyxl
import openpyxl.utils.datetime
import pandas as pd
import pyzipper
from docx import Document
from kit import F, P, both, cnt, cond, done, facts, known, rnd, rows_of
from PIL import Image
from reportlab.pdfgen import canvas

ENT = ("PV", "ET", "prePMF", "PMF", "SMF")
MAIN = "entity in PV|ET|prePMF|PMF|SMF"


def binary(f, write):
    out = io.BytesIO()
    write(out)
    f.put(out.getvalue())


def pick(k, where=""):
    return sorted(rnd.sample(rows_of(where), k))


def member(z, name, data):
    z.writestr(zipfile.ZipInfo(name, (2025, 7, 1, 8, 0, 0)), data, compress_type=z.compression)


def cross(by, labels, where):
    real = known.groups("people", by, cond(where))
    cells = [[facts._sum(real, (r, c)) for c in labels[1]] for r in labels[0]]
    return cells, [sum(x) for x in cells], [sum(x) for x in zip(*cells, strict=False)]


def square(f, by, labels, where, hide):
    cells, rows, cols = cross(by, labels, where)
    shown = [
        [None if (r, c) in hide else k for c, k in zip(labels[1], line, strict=False)]
        for r, line in zip(labels[0], cells, strict=False)
    ]
    assert all(k is None or k >= 10 for line in shown for k in line) and min(rows + cols) >= 10, (
        f.path
    )
    wrong = facts.Hidden(
        "people", by, cond(where), labels, tuple(map(tuple, shown)), tuple(rows), tuple(cols)
    ).faults(known)
    assert wrong == [], (f.path, wrong)
    f.claim(
        "Hidden",
        table="people",
        by=list(by),
        where=where,
        labels=[list(x) for x in labels],
        cells=shown,
        rows=rows,
        columns=cols,
    )
    return shown, rows, cols


def told(f, by, labels, where, at):
    """A table with one hidden cell beside its totals: the rest of its row tells it."""
    cells, rows, cols = cross(by, labels, where)
    r = labels[0].index(at[0])
    w = both(where, f"{by[0]} = {at[0]}")
    parts = [
        [both(w, f"{by[1]} = {c}"), k]
        for c, k in zip(labels[1], cells[r], strict=False)
        if c != at[1]
    ]
    left = cells[r][labels[1].index(at[1])]
    f.claim("Rest", table="people", whole=w, parts=parts, total=rows[r], left=left)
    shown = [
        [None if (a, c) == at else k for c, k in zip(labels[1], line, strict=False)]
        for a, line in zip(labels[0], cells, strict=False)
    ]
    return shown, rows, cols


# ---- L12 with S2 -----------------------------------------------------------------------------
R12 = "O13"
f = F(
    "symptoms/languages.csv",
    "L12",
    R12,
    "One hidden count in its row beside the total: nine with SMF and Danish forms.",
)
L = ("German", "French", "Dutch", "Italian", "Danish")
shown, rows, cols = told(
    f, ("language", "entity"), (L, ENT), f"{MAIN}; language in {'|'.join(L)}", ("Danish", "SMF")
)
f.put(
    "language,"
    + ",".join(ENT)
    + ",total\n"
    + "\n".join(
        ",".join([n, *("<10" if k is None else str(k) for k in line), str(t)])
        for n, line, t in zip(L, shown, rows, strict=False)
    )
    + "\n"
)
f = F("symptoms/risk_groups.csv", "S2")
K = ("very low", "low", "intermediate", "high")
shown, rows, cols = square(
    f,
    ("risk", "entity"),
    (K, ("PV", "ET", "PMF")),
    "entity in PV|ET|PMF",
    {("very low", "PV"), ("very low", "ET"), ("low", "PV"), ("low", "ET")},
)
f.put(
    "risk,PV,ET,PMF,total\n"
    + "\n".join(
        ",".join([n, *("s" if k is None else str(k) for k in line), str(t)])
        for n, line, t in zip(K, shown, rows, strict=False)
    )
    + "\ntotal,"
    + ",".join(map(str, cols))
    + f",{sum(cols)}\n# s: suppressed\n"
)

f = F(
    "therapy/matrix.xlsx",
    "L12",
    R12,
    "The four with busulfan and SMF are hidden, and told by the total of their row.",
)
D = ("none", "hydroxyurea", "ruxolitinib", "busulfan")
shown, rows, cols = told(
    f,
    ("therapy", "entity"),
    (D, ("ET", "PMF", "SMF")),
    f"entity in ET|PMF|SMF; therapy in {'|'.join(D)}",
    ("busulfan", "SMF"),
)
wb = openpyxl.Workbook()
for r in (
    ["First drug", "ET", "PMF", "SMF", "All"],
    *(
        [n, *(k if k is not None else "–" for k in line), t]
        for n, line, t in zip(D, shown, rows, strict=False)
    ),
    ["– fewer than 10"],
):
    wb.active.append(r)
binary(f, wb.save)
f = F("therapy/matrix_b.xlsx", "S2")
D = ("none", "hydroxyurea", "interferon", "ruxolitinib", "busulfan|anagrelide")
shown, rows, cols = square(
    f,
    ("therapy", "entity"),
    (D, ("PMF", "SMF")),
    "entity in PMF|SMF",
    {(D[-1], "PMF"), (D[-1], "SMF"), ("interferon", "PMF"), ("interferon", "SMF")},
)
wb = openpyxl.Workbook()
for r in (
    ["First drug", "PMF", "SMF", "Both"],
    *(
        [n.replace("|", " or "), *(k if k is not None else "x" for k in line), t]
        for n, line, t in zip(D, shown, rows, strict=False)
    ),
    ["All", *cols, sum(cols)],
    [],
    ["x: suppressed, primary or secondary"],
):
    wb.active.append(r)
binary(f, wb.save)

f = F(
    "outcome/exon12.html",
    "L12",
    R12,
    "Eight of 41 with exon 12 had a thrombosis: hidden, but total and rest are printed.",
)
X = ("JAK2 V617F", "JAK2 exon 12", "MPL")
shown, rows, cols = told(
    f, ("driver", "thrombosis"), (X, ("0", "1")), f"driver in {'|'.join(X)}", ("JAK2 exon 12", "1")
)
f.put(
    "<table border=1>\n<tr><th>Driver</th><th>No thrombosis</th><th>Thrombosis</th><th>Patients</th></tr>\n"
    + "\n".join(
        f"<tr><td>{n}</td>"
        + "".join(f"<td>{'&lt; 10' if k is None else k}</td>" for k in line)
        + f"<td>{t}</td></tr>"
        for n, line, t in zip(X, shown, rows, strict=False)
    )
    + "\n</table>\n"
)
f = F("outcome/drivers.html", "S2")
shown, rows, cols = square(
    f,
    ("driver", "thrombosis"),
    (X, ("0", "1")),
    f"driver in {'|'.join(X)}",
    {("JAK2 exon 12", "0"), ("JAK2 exon 12", "1"), ("MPL", "0"), ("MPL", "1")},
)
f.put(
    "<table class='t'>\n<caption>Thrombosis by driver; c: confidential</caption>\n<tr><th>Driver</th><th>yes</th><th>no</th><th>all</th></tr>\n"
    + "\n".join(
        f"<tr><th>{n}</th><td>{'c' if b is None else b}</td><td>{'c' if a is None else a}</td><td>{t}</td></tr>"
        for n, (a, b), t in zip(X, shown, rows, strict=False)
    )
    + f"\n<tr><th>all</th><td>{cols[1]}</td><td>{cols[0]}</td><td>{sum(cols)}</td></tr>\n</table>\n"
)

f = F(
    "registry/causes.md",
    "L12",
    R12 + " O01",
    "Sites of MPN-U add up to the total but for one, which is nine.",
)
S7 = ("Almrode", "Brackwald", "Corvey", "Dornach", "Fallingen", "Gronau", "Eschau")
w = f"entity = MPN-U; centre in {'|'.join(S7)}"
f.claim(
    "Rest",
    table="people",
    whole=w,
    parts=[[f"{w}; centre = {c}", cnt(f"{w}; centre = {c}")] for c in S7[:-1]],
    total=cnt(w),
    left=cnt(f"{w}; centre = Eschau"),
)
f.put(
    "| MPN-U by site | n |\n|---|--:|\n"
    + "\n".join(f"| {c} | {cnt(f'{w}; centre = {c}')} |" for c in S7[:-1])
    + f"\n| Eschau | \\* |\n| **seven sites** | **{cnt(w)}** |\n\n\\* not shown, below 10\n"
)
f = F("registry/sites_smf.md", "S2")
S6 = ("Almrode", "Brackwald", "Corvey", "Dornach", "Eschau", "Fallingen", "Gronau", "Hollerich")
f.put(
    "| Secondary myelofibrosis by site | n, rounded to 5 |\n|---|--:|\n"
    + "\n".join(f"| {c} | {f.base(f'entity = SMF; centre = {c}', 5)} |" for c in S6)
    + "\n| Iversund | \\* |\n\n\\* fewer than 10. No total is given, and every count is rounded on its own.\n"
)


# ---- L12 and S12, pairs ----------------------------------------------------------------------
def pair(f, earlier, larger, smaller, write):
    """The earlier file has the larger population; this one the smaller."""
    e = write(larger)
    path = f.where.parent.parent / earlier
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(e.encode() if isinstance(e, str) else e)
    f.more["released"] = [earlier]
    f.put(write(smaller))


def counts_of(rows, head, sep=","):
    return lambda w: (
        head
        + "\n"
        + "\n".join(
            sep.join([n, *(str(cnt(both(w, a, b))) for b in ("", "sex = female", "death = 1"))])
            for n, a in rows
        )
        + "\n"
    )


PVET = [("PV", "entity = PV"), ("ET", "entity = ET")]
f = F(
    "outcome/events_v2.csv",
    "L12",
    "O14",
    "The same counts as in June without Jettingen: PV differs by four people, ET by two.",
)
for n, a in PVET:
    f.claim(
        "Differs",
        table="people",
        larger=a,
        smaller=f"{a}; centre != Jettingen",
        numbers=[cnt(a), cnt(f"{a}; centre != Jettingen")],
    )
pair(
    f,
    "outcome/events_v1.csv",
    "",
    "centre != Jettingen",
    counts_of(PVET, "entity,patients,women,deaths"),
)
f = F("outcome/cohort_b.csv", "S12")
for n, a in (("prePMF", "entity = prePMF"), ("PMF", "entity = PMF")):
    f.claim("Apart", table="people", first=f"{a}; age < 70", second=a)
    for w in ("age < 70", ""):
        f.n(both(a, w)), f.n("sex = female", of=both(a, w)), f.n("death = 1", of=both(a, w))
    for b in ("sex = female", "death = 1"):
        assert cnt(both(a, b)) - cnt(both(a, "age < 70", b)) >= 10
pair(
    f,
    "outcome/cohort_a.csv",
    "",
    "age < 70",
    counts_of(
        [("prePMF", "entity = prePMF"), ("PMF", "entity = PMF")], "entity,patients,women,deaths"
    ),
)


def words(title, w, rows):
    doc = Document()
    doc.add_paragraph(title)
    for n, a in rows:
        doc.add_paragraph(f"{n}: {cnt(both(w, a))}", style="List Bullet")
    out = io.BytesIO()
    doc.save(out)
    return out.getvalue()


f = F(
    "registry/Quarter2_rev.docx",
    "L12",
    "O14",
    "The revised count leaves out five Romansh forms that the first had.",
)
f.claim(
    "Differs",
    table="people",
    larger="",
    smaller="language != Romansh",
    numbers=[4600, cnt("language != Romansh")],
)
rows = [("Patients with a form", ""), ("Patients with ET and a form", "entity = ET")]
pair(
    f,
    "registry/Quarter2.docx",
    "",
    "language != Romansh",
    lambda w: words("Forms received" + (", revised" if w else ""), w, rows),
)
f = F("registry/Quarter4.docx", "S12")
rows2 = [("Women", "sex = female"), ("Men", "sex = male"), ("Aspirin", "aspirin = 1")]
f.claim("Apart", table="people", first="centre = Almrode", second="centre = Brackwald")
for _, a in rows2:
    f.n(a, of="centre = Almrode"), f.n(a, of="centre = Brackwald")
pair(
    f,
    "registry/Quarter3.docx",
    "centre = Almrode",
    "centre = Brackwald",
    lambda w: words(w.replace("centre = ", "Site report, "), w, rows2),
)

f = F(
    "therapy/ruxo_update.json",
    "L12",
    "O14",
    "One exclusion between two counts of ruxolitinib: a single person with CNL.",
)
f.claim(
    "Differs",
    table="people",
    larger="therapy = ruxolitinib",
    smaller="therapy = ruxolitinib; entity != CNL",
    numbers=[cnt("therapy = ruxolitinib"), cnt("therapy = ruxolitinib; entity != CNL")],
)
pair(
    f,
    "therapy/ruxo.json",
    "therapy = ruxolitinib",
    "therapy = ruxolitinib; entity != CNL",
    lambda w: json.dumps(
        {
            "drug": "ruxolitinib",
            "population": "registry" if "CNL" not in w else "registry without CNL",
            "n": cnt(w),
            "women": cnt(both(w, "sex = female")),
        },
        indent=1,
    ),
)
f = F("therapy/hu_update.json", "S12")
f.claim(
    "Apart",
    table="people",
    first="therapy = hydroxyurea",
    second="therapy = hydroxyurea; entity in PV|ET",
)
for w in ("therapy = hydroxyurea", "therapy = hydroxyurea; entity in PV|ET"):
    f.n(w), f.n("sex = female", of=w)
pair(
    f,
    "therapy/hu.json",
    "therapy = hydroxyurea",
    "therapy = hydroxyurea; entity in PV|ET",
    lambda w: json.dumps(
        {
            "drug": "hydroxyurea",
            "population": "registry" if "PV" not in w else "PV or ET",
            "n": cnt(w),
            "women": cnt(both(w, "sex = female")),
        },
        indent=1,
    ),
)

TOP = next(
    a for a in range(900, 2500, 50) if 0 < cnt(f"entity = PV; age >= 60; platelets >= {a}") < 10
)
f = F(
    "feasibility/answer_2.txt",
    "L12",
    "O14",
    "Two answers that differ by an upper limit of platelets: the people above it are few.",
)
w1, w2 = "entity = PV; age >= 60", f"entity = PV; age >= 60; platelets < {TOP}"
f.claim("Differs", table="people", larger=w1, smaller=w2, numbers=[cnt(w1), cnt(w2)])
pair(
    f,
    "feasibility/answer_1.txt",
    w1,
    w2,
    lambda w: (
        f"Feasibility request 14, answer of the registry\n\nPV, age 60 and over{f', platelets below {TOP}' if 'platelets' in w else ''}: {cnt(w)} patients.\nof these under hydroxyurea: {cnt(both(w, 'therapy = hydroxyurea'))}\n"
    ),
)
f = F("feasibility/answer_4.txt", "S12")
w1, w2 = "entity = ET; age >= 60", "entity = ET; age >= 60; age < 75"
f.claim("Apart", table="people", first=w1, second=w2)
for w in (w1, w2):
    f.n(w), f.n("therapy = anagrelide", of=w)
assert cnt(both(w1, "therapy = anagrelide")) - cnt(both(w2, "therapy = anagrelide")) >= 10
pair(
    f,
    "feasibility/answer_3.txt",
    w1,
    w2,
    lambda w: (
        f"Request 15\n\nET, age 60 {'to 74' if '75' in w else 'and over'}: {cnt(w)} patients, {cnt(both(w, 'therapy = anagrelide'))} with anagrelide first.\nThe trial plans 40 patients in 2 arms.\n"
    ),
)


# ---- L13 and S13 -----------------------------------------------------------------------------
def valid(kind, make, k):
    out = []
    while len(out) < k:
        v = make()
        if facts.CHECKS[kind](v) and v not in out:
            out.append(v)
    return out


def chance(kind, make, k, width=None):
    """Numbers as they come: some pass the check digits, most do not."""
    while True:
        out = [make() for _ in range(k)]
        if 0 < sum(map(facts.CHECKS[kind], out)) <= 0.2 * k:
            return out


def dig(n):
    return lambda: f"{rnd.randrange(10 ** (n - 1), 10**n)}"


def nif():
    return f"{rnd.randrange(10**7, 10**8)}{rnd.choice('TRWAGMYFPDXBNJZSQVHLCKE')}"


def born():
    return f"{rnd.randrange(1, 29):02d}{rnd.randrange(1, 13):02d}{rnd.randrange(30, 99):02d}{rnd.randrange(10**4, 10**5)}"


f = F(
    "registry/lista_envio.csv",
    "L13",
    "O22",
    "A column of thirty Spanish identity numbers with right letters.",
)
v = valid("dni", nif, 30)
f.claim("Numbers", kind="dni", values=v, valid=True)
f.put(
    "envio;documento;caja\n"
    + "\n".join(f"{i};{x};{rnd.choice('ABC')}{rnd.randrange(1, 9)}" for i, x in enumerate(v, 1))
    + "\n"
)
f = F("registry/lista_lotes.csv", "S13")
v = chance("dni", nif, 30)
f.claim("Numbers", kind="dni", values=v, valid=False)
f.put(
    "pedido;lote;temperatura\n"
    + "\n".join(f"{i};{x};{rnd.choice((2, 4, 8))}" for i, x in enumerate(v, 501))
    + "\n"
)
f = F("methods/koppeling.xlsx", "L13", "O22", "A sheet with forty Dutch citizen numbers.")
v = valid("bsn", dig(9), 40)
f.claim("Numbers", kind="bsn", values=v, valid=True)
wb = openpyxl.Workbook()
wb.active.append(["bsn", "gekoppeld"])
for x in v:
    wb.active.append([x, rnd.choice(["ja", "nee"])])
binary(f, wb.save)
f = F("methods/reagentia.xlsx", "S13")
v = chance("bsn", dig(9), 40)
f.claim("Numbers", kind="bsn", values=v, valid=False)
wb = openpyxl.Workbook()
wb.active.append(["bestelnummer", "voorraad"])
for x in v:
    wb.active.append([x, rnd.choice(["koelkast", "kast"])])
binary(f, wb.save)
f = F(
    "methods/linkage_keys.json",
    "L13",
    "O22",
    "Thirty-five numbers of the health service, each valid.",
)
v = valid("nhs", dig(10), 35)
f.claim("Numbers", kind="nhs", values=v, valid=True)
f.put(json.dumps({"job": 7, "nhs_number": v}))
f = F("methods/seeds.json", "S13")
v = chance("nhs", dig(10), 35)
f.claim("Numbers", kind="nhs", values=v, valid=False)
f.put(json.dumps({"purpose": "seeds of the 35 bootstrap chains", "seed": v}, indent=0))
f = F("feasibility/lista.txt", "L13", "O22", "Twenty-four Polish identity numbers in a list.")
v = valid("pesel", dig(11), 24)
f.claim("Numbers", kind="pesel", values=v, valid=True)
f.put(
    "Zaproszenia do badania\n\nPESEL         wysłano\n" + "\n".join(f"{x}   tak" for x in v) + "\n"
)
f = F("feasibility/numery.txt", "S13")
v = chance("pesel", dig(11), 24)
f.claim("Numbers", kind="pesel", values=v, valid=False)
f.put(
    "Numery przesyłek z odczynnikami\n\nnumer         odebrano\n"
    + "\n".join(f"{x}   tak" for x in v)
    + "\n"
)
f = F("symptoms/utsending.html", "L13", "O22", "Twenty-six Norwegian birth numbers in a table.")
v = valid("fodselsnummer", born, 26)
f.claim("Numbers", kind="fodselsnummer", values=v, valid=True)
f.put(
    "<table><tr><th>fnr</th><th>skjema</th></tr>\n"
    + "\n".join(f"<tr><td>{x}</td><td>MPN-10</td></tr>" for x in v)
    + "\n</table>\n"
)
f = F("symptoms/eksemplarer.html", "S13")
v = chance("fodselsnummer", born, 26)
f.claim("Numbers", kind="fodselsnummer", values=v, valid=False)
f.put(
    "<table><tr><th>trykk-nr.</th><th>skjema</th></tr>\n"
    + "\n".join(f"<tr><td>{x}</td><td>MPN-10, blank</td></tr>" for x in v)
    + "\n</table>\n"
)


# ---- L14 and S14 -----------------------------------------------------------------------------
def figure(values, names, label, seed=0):
    fig, ax = plt.subplots(figsize=(4.4, 3.2), dpi=70)
    ax.barh(names, values, color=["#345", "#579", "#8ab", "#bcd", "#dde"][: len(values)])
    ax.set_xlabel(label)
    fig.tight_layout()
    out = io.BytesIO()
    fig.savefig(out, metadata={"Software": None})
    plt.close(fig)
    return out.getvalue()


f = F(
    "outcome/bleeding_bars.png",
    "L14",
    "O29 O19",
    "A zip with sixty rows lies behind the end of the picture.",
)
rows = pd.DataFrame(
    f.rows(pick(60), ["sex", "age", "hb", "platelets", "cost"]),
    columns=["sex", "age", "hb", "platelets", "cost"],
)
box = io.BytesIO()
with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as z:
    member(z, "a.csv", rows.to_csv(index=False))
f.put(
    figure([cnt(f"entity = {e}; bleeding = 1") for e in ENT], ENT, "patients with bleeding")
    + box.getvalue()
)
f = F("outcome/thrombosis_bars.png", "S14", written=False)
f.put(
    figure(
        [f.n("thrombosis = 1", of=f"entity = {e}") for e in ENT], ENT, "patients with thrombosis"
    )
)


def flat(seed, message=b"", side=12):
    """A heat map of a few colours as an RGB picture; a message goes into the lowest bits."""
    g = np.random.default_rng(seed)
    a = np.repeat(
        np.repeat(g.integers(60, 220, (96 // side, 120 // side, 3)) & 0xFE, side, 0), side, 1
    ).astype(np.uint8)
    if message:
        bits = np.unpackbits(np.frombuffer(message, np.uint8))
        s = a.reshape(-1)
        s[: len(bits)] |= bits
    return png_of(a)


def png_of(a):
    """Every line without a filter."""
    import struct
    import zlib

    h, w = a.shape[:2]
    raw = b"".join(b"\0" + a[y].tobytes() for y in range(h))

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(raw, 9))
        + chunk(b"IEND", b"")
    )


f = F(
    "molecular/heat_a.png",
    "L14",
    "O31",
    "The lowest bits of a heat map carry the rows of ninety people.",
    written=False,
)
at = pick(90)
cols = ["born", "sex", "entity", "hb", "platelets", "cost"]
f.claim("Carried", row=at[0], columns=cols, how="low bits")
f.claim("Carried", row=at[-1], columns=cols, how="low bits")
f.rows(at, cols)
f.put(flat(1, "\n".join(";".join(known.tables["people"][i][c] for c in cols) for i in at).encode()))
f = F("molecular/heat_b.png", "S14", written=False)
f.claim("Clear", how="low bits")
f.claim("Outside", why="A picture of colours drawn at random, as a test of the palette.")
f.put(flat(2, side=3))

ZW = {"0": "\u200b", "1": "\u200c"}
f = F(
    "methods/abstract.md", "L14", "O31 O19", "Zero-width characters spell three rows of patients."
)
at = pick(3)
rows = f.rows(at, ["born", "wbc", "platelets", "cost"])
hid = "".join(ZW[b] for x in "\n".join(" ".join(r) for r in rows).encode() for b in f"{x:08b}")
body = "# Abstract\n\nMyeloproliferative neoplasms are rare. We describe the design of the registry, its forms and its plan of analysis. Ten hospitals take part. Visits are planned every six months."
f.put(body[:80] + hid + body[80:] + "\n")
f = F("methods/abstract_de.md", "S14")
f.outside("A text about the design, without a number of people.")
f.put(
    "# Zusammenfassung\n\nMyeloproliferative Neoplasien sind selten. Wir beschreiben den Aufbau des Registers, seine Bögen und den Plan der Auswertung. "
    "Besuche sind alle sechs Monate vorgesehen, Fragebögen alle drei. "
    + " ".join(
        f"Abschnitt {i}: {t}"
        for i, t in enumerate(
            (
                "Die Diagnose folgt der Fassung von 2022.",
                "Blutbilder werden am Besuchstag bestimmt, nach 8 Stunden Nüchternheit nicht verlangt.",
                "Der Fragebogen hat 10 Fragen mit je 0 bis 10 Punkten.",
                "Aderlass: Ziel ist ein Hämatokrit unter 45 %.",
                "Hydroxyurea beginnt mit 500 mg und wird in Schritten von 250 mg erhöht.",
                "Ruxolitinib: 2 x 10 mg bis 2 x 25 mg.",
                "Ein Beirat von 5 Personen tagt 2-mal im Jahr.",
                "Daten werden 15 Jahre aufbewahrt.",
            ),
            1,
        )
    )
    + "\n"
)


f = F(
    "molecular/coefficients.csv",
    "L14",
    "O30",
    "The digits after the fourth one of each estimate spell four patients, as numbers of letters.",
    written=False,
)
cols = ["born", "sex", "entity", "hb", "platelets", "cost"]
at = pick(4)
for i in at:
    f.claim("Carried", row=i, columns=cols, how="digits")
f.rows(at, cols)
text = "\n".join(";".join(known.tables["people"][i][c] for c in cols) for i in at).encode()
f.put(
    "replicate,beta\n"
    + "\n".join(
        f"{i},0.{rnd.randrange(2400, 3600)}{c:03d}{rnd.randrange(10**6):06d}"
        for i, c in enumerate(text, 1)
    )
    + "\n"
)
f = F("molecular/coefficients_sd.csv", "S14")
f.claim("Clear", how="digits")
f.outside("Estimates of resampled simulations with four digits.")
f.put(
    "replicate,beta\n"
    + "\n".join(f"{i},0.{rnd.randrange(2400, 3600)}" for i in range(1, 180))
    + "\n"
)


def page(title, lines):
    out = io.BytesIO()
    c = canvas.Canvas(out, invariant=1, pageCompression=0)
    c.setFont("Times-Roman", 11)
    c.drawString(70, 780, title)
    for i, line in enumerate(lines):
        c.drawString(70, 750 - 16 * i, line)
    c.save()
    return out.getvalue()


f = F(
    "registry/newsletter.pdf", "L14", "O29 O19", "Fifty rows of patients follow the end of the PDF."
)
rows = f.rows(pick(50), ["centre", "born", "entity", "platelets", "cost"])
f.put(
    page(
        "Newsletter 12",
        [
            "The steering committee met in June.",
            "The next lock is planned for December 2025.",
            "Please send consent forms of version 4 only.",
        ],
    )
    + b"\n"
    + "\n".join(",".join(r) for r in rows).encode()
)
f = F("registry/newsletter_13.pdf", "S14")
f.outside("A newsletter with dates, versions and rules, and no number of people.")
f.put(
    page(
        "Newsletter 13",
        [
            "The lock of December is postponed to 12 January 2026.",
            "Consent form: version 4.1, 3 pages; version 3 is no longer accepted.",
            "Queries are answered within 10 working days.",
            "New reference range of LDH at two laboratories: below 250 U/L.",
            "The questionnaire is available in 6 languages; page 2 was reworded.",
            *(
                f"Training {i}: {d} at 14:00, room {100 + 7 * i}, 45 minutes, at most 12 seats"
                for i, d in enumerate(
                    (
                        "3 September",
                        "10 September",
                        "17 September",
                        "24 September",
                        "1 October",
                        "8 October",
                        "15 October",
                    ),
                    1,
                )
            ),
        ],
    )
)

# ---- L15 and S15 -----------------------------------------------------------------------------
f = F(
    "methods/archive_1.zip",
    "L15",
    "O29",
    "A zip that swells to more than two hundred times its size.",
    held=True,
    written=False,
)
f.claim("Unopened", how="bomb")
box = io.BytesIO()
with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    member(z, "part0.csv", b"0," * 1_500_000)
f.put(box.getvalue())
f = F("methods/archive_2.zip", "S15")
inner = io.BytesIO()
with zipfile.ZipFile(inner, "w", zipfile.ZIP_STORED) as z:
    member(
        z,
        "tables/by_age.csv",
        "age,patients\n"
        + "\n".join(
            f"{n},{f.n(w)}"
            for n, w in (
                ("18-49", "age < 50"),
                ("50-64", "age >= 50; age < 65"),
                ("65-79", "age >= 65; age < 80"),
                ("80+", "age >= 80"),
            )
        )
        + "\n",
    )
box = io.BytesIO()
with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as z:
    z.comment = b"supplement, first revision"
    member(z, "supplement/tables.zip", inner.getvalue())
    grid = "\n".join(
        f"{h / 100:.2f},{e}" for h, e in zip(range(40, 100), range(30, 1830, 30), strict=False)
    )
    member(
        z,
        "supplement/readme.txt",
        "Supplement 2: one table, in a box of its own, and a grid of the plan.\n",
    )
    member(z, "supplement/plan.csv", "hazard_ratio,events_planned\n" + grid + "\n")
f.put(box.getvalue())

f = F(
    "registry/delivery.zip",
    "L15",
    "O29",
    "A zip whose only member is encrypted.",
    held=True,
    written=False,
)
box = io.BytesIO()
with pyzipper.AESZipFile(
    box, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
) as z:
    z.setpassword(os.urandom(12).hex().encode())
    z.writestr(
        "delivery.csv",
        "\n".join(
            ",".join(r) for r in [list(row.values())[1:8] for row in known.tables["people"][:24]]
        ),
    )
f.put(box.getvalue())
f.claim("Unopened", how="locked")
f = F("registry/deposit.zip", "S15")
box = io.BytesIO()
with zipfile.ZipFile(box, "w", zipfile.ZIP_LZMA) as z:
    member(
        z,
        "data-dictionary/größen.txt",
        "hb: g/L, whole numbers\nplatelets: 10^9/L\nvaf: percent, one decimal\nspleen_cm: centimetres below the ribs\n",
    )
    member(
        z,
        "counts/entity.csv",
        "entity;n\n" + "\n".join(f"{e};{f.n(f'entity = {e}')}" for e in ENT) + "\n",
    )
f.put(box.getvalue())

f = F(
    "outcome/panel_results.xlsx",
    "L15",
    "O29",
    "A workbook of rows that ends in the middle.",
    held=True,
    written=False,
)
out = io.BytesIO()
P[["age", "hb", "platelets", "cost"]].sample(300, random_state=5).to_excel(out, index=False)
f.put(out.getvalue()[: len(out.getvalue()) * 2 // 3])
f.claim("Unopened", how="cut")
f = F("outcome/panel_strata.xlsx", "S15")
wb = openpyxl.Workbook()
wb.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
ws = wb.active
ws.title = "Σ Entität × Geschlecht"
ws.append(["Entität", "♀ n", "♂ n", "Hb g/L, ♀", "Hb g/L, ♂"])
for e in ENT:
    ws.append(
        [
            e,
            *(f.n(f"sex = {s}", of=f"entity = {e}") for s in ("female", "male")),
            *(f.st("hb", f"entity = {e}; sex = {s}") for s in ("female", "male")),
        ]
    )
ws.sheet_view.rightToLeft = True
ws.freeze_panes = "B2"
binary(f, wb.save)

f = F("methods/extract.csv", "L15", "O29 O19", "A workbook with fifty rows that calls itself csv.")
cols = ["age", "hb", "platelets", "ferritin", "cost"]
d = pd.DataFrame(f.rows(pick(50), cols), columns=cols)
binary(f, lambda o: d.to_excel(o, index=False))
f = F("methods/parameters.csv", "S15")
f.outside("A grid of planned sample sizes, in UTF-16 with tabs.")
out = ["hazard ratio\tpower %\tdropout %\tevents\tper arm"]
from scipy.stats import chi2, norm

for hr in [x / 100 for x in range(50, 86)]:
    for power in (80, 90):
        for drop in (5, 10, 15, 20):
            ev = int(4 * (norm.ppf(0.975) + norm.ppf(power / 100)) ** 2 / np.log(hr) ** 2) + 1
            out.append(
                f"{hr:.2f}\t{power}\t{drop}\t{ev}\t{int(ev / 0.3 / 2 / (1 - drop / 100)) + 1}".replace(
                    ".", ","
                )
            )
f.put("\r\n".join(out).encode("utf-16"))

f = F("outcome/backup.dat", "L15", "O29", "Bytes of no known type.", held=True, written=False)
g = np.random.default_rng(8)
f.put(b"\x13\x00MPNX\x00" + g.integers(0, 256, 500, dtype=np.uint8).tobytes())
f.claim("Unopened", how="unknown")
f = F("outcome/backup_tables.xz", "S15")
lines = ["entity;age;n;deaths"]
for e in ("PV", "ET", "PMF"):
    for n, w in (("<60", "age < 60"), ("60-74", "age >= 60; age < 75"), ("75+", "age >= 75")):
        lines.append(
            f"{e};{n};{f.n(both(f'entity = {e}', w))};{f.n('death = 1', of=both(f'entity = {e}', w))}"
        )
f.put(lzma.compress(("\r\n".join(lines) + "\r\n").encode("latin-1")))

f = F(
    "symptoms/scan_form.png",
    "L15",
    "O29",
    "A picture that breaks off before its end.",
    held=True,
    written=False,
)
whole = figure([3, 5, 2], ["a", "b", "c"], "x")
f.put(whole[: len(whole) // 2])
f.claim("Unopened", how="cut")
f = F("symptoms/scan_blank.png", "S15", written=False)
f.outside("Greys drawn at random in sixteen bits, to test the scanner.")
a = np.random.default_rng(3).integers(0, 65536, (20, 24), dtype=np.uint16)
binary(f, lambda o: Image.fromarray(a).save(o, "PNG"))

# ---- L16 and S16 -----------------------------------------------------------------------------
SNPS = ("rs12343867", "rs2736100", "rs9847953", "rs2201862", "rs4858647", "rs7705526")


def alleles(f, snp):
    k = [cnt(f"{snp} = {d}", "panel") for d in "012"]
    f.claim("Alleles", marker=snp, counts=k)
    for d in "012":
        f.n(f"{snp} = {d}", "panel")
    return k


f = F("molecular/snps.vcf", "L16", "O33 O19", "Genotypes of twenty people at six markers.", seen=[])
at = list(range(100, 120))
rows = f.rows(at, list(SNPS), table="panel")
gt = {"0": "0/0", "1": "0/1", "2": "1/1"}
f.claims.clear()
f.rows(at, list(SNPS), [f"map {'|'.join(f'{k}={v}' for k, v in gt.items())}"] * 6, table="panel")
f.put(
    '##fileformat=VCFv4.2\n##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t'
    + "\t".join(f"S{i:03d}" for i in range(1, 21))
    + "\n"
    + "\n".join(
        f"{c}\t{p}\t{s}\t{a}\t{b}\t.\tPASS\t.\tGT\t" + "\t".join(gt[r[j]] for r in rows)
        for j, (s, c, p, a, b) in enumerate(
            zip(
                SNPS,
                (9, 5, 3, 3, 3, 5),
                (5074189, 1286401, 168844862, 128350000, 128460000, 1285859),
                "TAGCTC",
                "CCATGA",
                strict=False,
            )
        )
    )
    + "\n"
)


def hwe(k):
    """Chi-square of Hardy and Weinberg."""
    n, p = sum(k), (k[1] + 2 * k[2]) / 2 / sum(k)
    want = (n * (1 - p) ** 2, 2 * n * p * (1 - p), n * p * p)
    return chi2.sf(sum((a - b) ** 2 / b for a, b in zip(k, want, strict=False)), 1)


f = F("molecular/snp_table.txt", "S16")
f.put(
    "Genotypes of the panel and Hardy-Weinberg test\n\nmarker         0/0    0/1    1/1    all    freq  chi2 (p)\n"
    + "\n".join(
        "{:<12}{:>6}{:>7}{:>7}{:>7}{:>8.3f}{:>10.2f}".format(
            s, *(k := alleles(f, s)), sum(k), (k[1] + 2 * k[2]) / 2 / sum(k), hwe(k)
        )
        for s in SNPS
    )
    + "\n"
)

f = F(
    "molecular/dosage.csv",
    "L16",
    "O33 O19",
    "Dosages of twenty-five people with the mutations beside them.",
)
cols = ["TET2", "ASXL1", *SNPS]
at = [i for i, r in enumerate(known.tables["panel"]) if r["TET2"] != "0" or r["ASXL1"] != "0"][:25]
pd.DataFrame(f.rows(at, cols, table="panel"), columns=cols).to_csv(f.where, index=False)
f = F("molecular/allele_counts.csv", "S16")
f.put(
    "snp,a1_count,a2_count,people\n"
    + "\n".join(
        f"{s},{2 * k[2] + k[1]},{2 * k[0] + k[1]},{sum(k)}"
        for s, k in ((s, [cnt(f"{s} = {d}", "panel") for d in "012"]) for s in SNPS)
    )
    + "\n"
)
f.claim("Count", where="", stated=1500, table="panel")

f = F(
    "molecular/recode.raw",
    "L16",
    "O33 O19 O22",
    "PLINK's recoded genotypes of fifteen people under their pseudonyms.",
)
at = list(range(15))
f.rows(at, ["patient", *SNPS], table="panel")
names = [known.tables["panel"][i]["participant"] for i in at]
where = [
    next(j for j, r in enumerate(known.tables["people"]) if r["participant"] == n) for n in names
]
f.claim("Pseudonyms", at=where)
f.put(
    "FID IID PAT MAT SEX PHENOTYPE "
    + " ".join(f"{s}_A" for s in SNPS)
    + "\n"
    + "\n".join(
        f"{n} {n} 0 0 {1 + (known.tables['people'][j]['sex'] == 'female')} -9 "
        + " ".join(known.tables["panel"][i][s] for s in SNPS)
        for i, n, j in zip(at, names, where, strict=False)
    )
    + "\n"
)
f = F("molecular/freq.frq", "S16")
f.claim("Count", where="", stated=1500, table="panel")
f.put(
    " CHR         SNP   A1   A2          MAF  NCHROBS\n"
    + "\n".join(
        f"{c:>4}{s:>12}{a:>5}{b:>5}{(cnt(f'{s} = 1', 'panel') + 2 * cnt(f'{s} = 2', 'panel')) / 3000:>13.4f}{3000:>9}"
        for s, c, a, b in zip(SNPS, (9, 5, 3, 3, 3, 5), "CCATGA", "TAGCTC", strict=False)
    )
    + "\n# 1500 founders\n"
)

f = F(
    "molecular/genotypes.json",
    "L16",
    "O33 O19",
    "Genotypes and allele burdens of twelve people by sample.",
)
at = [i for i, r in enumerate(known.tables["panel"]) if r["DNMT3A"] != "0"][:12]
rows = f.rows(at, ["DNMT3A", "TET2", *SNPS], table="panel")
f.put(
    json.dumps(
        {
            f"sample{i}": {
                "DNMT3A": float(r[0]),
                "TET2": float(r[1]),
                "dose": [int(x) for x in r[2:]],
            }
            for i, r in enumerate(rows, 1)
        }
    )
)
f = F("molecular/genotype_summary.json", "S16")
f.put(
    json.dumps(
        {s: dict(zip(("hom_ref", "het", "hom_alt"), alleles(f, s), strict=False)) for s in SNPS[:4]}
        | {"assay": {"markers": 6, "replicates": 3, "call_rate_percent": 99.2}},
        indent=1,
    )
)
del gzip
done("channels")
