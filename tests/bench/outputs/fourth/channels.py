"""Identifiers, bytes behind bytes, boxes that do not open, and genotypes."""

import io
import struct
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from stdnum.es import dni
from stdnum.gb import nhs
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel

from tests.bench.outputs.fourth.counts import Counts, only, regression, short, told
from tests.bench.outputs.fourth.papers import bars
from tests.bench.outputs.fourth.proof import Desk, Unopened
from tests.bench.outputs.fourth.registry import DRUG_NAMES, MARKERS, listed
from tests.bench.outputs.fourth.rows import Picks
from tests.bench.outputs.fourth.writers import (
    chunk,
    figure,
    paper,
    pdf,
    printed,
    tarred,
    workbook,
    write,
    zipped,
)
from tests.bench.outputs.third import facts
from tests.bench.outputs.third.opened import LowBits

_KEPT = ("child", "sex", "age_months", "wbc", "ldh", "followup_day")
_PASSES = {"bsn": bsn, "nhs": nhs, "dni": dni, "pesel": pesel, "fodselsnummer": fodselsnummer}


def identifiers(desk: Desk, picks: Picks) -> None:
    """L13 and S13: numbers with check digits of persons, and numbers of things."""
    for kind, which, heading in listed(
        "csv bsn nummer, xlsx nhs ref, txt dni documento, json pesel id2, html fodselsnummer kode"
    ):
        own = _national(which, 24, picks.rng)
        frame = pd.DataFrame({heading: own, "letter_sent": ["yes", "no"] * 12})
        claim = facts.Numbers(which, tuple(own), valid=True)
        desk.lay("L13", kind, write(kind, frame, "Letters"), claim, rules="O22")
    frame, named = picks.rows("children", ("child",), 30)
    data = "Excluded after review:\n" + "\n".join(frame["child"])
    desk.lay("L13", "txt", data.encode(), named, rules="O22 O19 O21")
    for kind, which, width, heading in listed(
        "csv bsn 9 analyser_serial, xlsx nhs 10 catalogue_no, md pesel 11 lot,"
        "json bsn 9 kit_number, html nhs 10 article"
    ):
        things = ["".join(map(str, picks.rng.integers(0, 10, int(width)))) for _ in range(28)]
        frame = pd.DataFrame({heading: things, "maker": ["Alfa", "Beta", "Gamma", "Delta"] * 7})
        claim = facts.Numbers(which, tuple(things), valid=False)
        desk.lay("S13", kind, write(kind, frame, "Reagents"), claim)


def _national(kind: str, n: int, rng: Any) -> list[str]:
    """Draw numbers of a kind until so many pass; a date stands in front where it must."""
    found: list[str] = []
    while len(found) < n:
        digits = "".join(map(str, rng.integers(0, 10, 11)))
        day = f"{rng.integers(1, 29):02d}{rng.integers(1, 13):02d}{rng.integers(50, 99)}"
        letter = "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits[8:]) % 23]
        one = {"bsn": digits[:9], "nhs": digits[:10], "dni": digits[:8] + letter,
               "pesel": day[4:] + day[2:4] + day[:2] + digits[:5],
               "fodselsnummer": day + f"{rng.integers(0, 500):03d}" + digits[:2]}[kind]  # fmt: skip
        if _PASSES[kind].is_valid(one):
            found.append(one)
    return found


def behind_bytes(desk: Desk, picks: Picks, counts: Counts) -> None:
    """L14 and S14: channels in pictures and text, and the same pictures and texts without."""
    found = counts.table(14, 400)
    clean = figure("png", bars(found), (4, 3))

    def lay(kind: str, data: bytes, claim: facts.Claim, rules: str, seen: str = "O17") -> None:
        desk.lay("L14", kind, data, claim, rules=rules, seen=seen, written=False)

    frame, claim = picks.rows("children", _KEPT, 300)
    lay("png", clean + zipped({"d.csv": write("csv", frame)}), claim, "O29 O19")
    frame, claim = picks.rows("children", _KEPT, 40)
    note = chunk(b"tEXt", b"Comment\0" + write("csv", frame))
    lay("png", clean[:-12] + note + clean[-12:], claim, "O28 O29 O19")
    frame, claim = picks.rows("children", _KEPT, 25)
    hidden = write("csv", frame)
    proof = LowBits(hidden.decode())
    desk.lay("L14", "png", _low_bits(clean, hidden), claim, proof, rules="O31", seen="O17")
    frame, claim = picks.rows("children", _KEPT, 30)
    lay("jpeg", _jpeg(clean, comment=write("csv", frame)), claim, "O28 O29 O19")
    frame, claim = picks.rows("children", _KEPT, 2)
    bits = "".join(f"{one:08b}" for one in write("csv", frame))
    secret = bits.translate({48: "\u200b", 49: "\u200c"})
    said = f"## Discussion\n\nMinimal residual disease{secret} was decisive.\n"
    lay("md", said.encode(), claim, "O31", "")
    frame, claim = picks.rows("children", ("age_months", "ldh", "followup_day", "ferritin"), 8)
    tails = [f"{0.1 + at / 40:.3f}" + "".join(f"{int(one):05d}" for one in row)
             for at, row in enumerate(claim.cells)]  # fmt: skip
    digits = pd.DataFrame({"term": [f"x{at}" for at in range(8)], "estimate": tails})
    lay("csv", write("csv", digits), claim, "O30", "")
    frame, claim = picks.rows("children", _KEPT, 20)
    page_of = pdf(["Table 1", *printed(found.wide()).splitlines()])
    lay("pdf", page_of + write("csv", frame), claim, "O29 O19", "")
    for kind in ("png", "jpeg", "svg", "pdf"):
        found = counts.table(14, 400)
        drawn = figure("png" if kind == "jpeg" else kind, bars(found), (4, 3))
        data = _jpeg(drawn) if kind == "jpeg" else drawn
        desk.lay("S14", kind, data, found.claim(), seen="O17", written=False)
    found = counts.table(14, 400)
    title = "Överlevnad – “résumé” · β-blockade ≥ 2 µg/m² · Česká Žitná"
    desk.lay("S14", "md", write("md", found.wide(), title), found.claim())
    where: facts.Where = (("dx_year", ">=", "2009"),)
    frame, n = regression(counts, where, "remission_day", ("age_months", "wbc", "ldh", "urate"))
    free = facts.Freedom("children", where, 5, n - 5, few=False)
    desk.lay("S14", "csv", write("csv", short(frame).assign(n=n, df=n - 5)), free)
    sheet = ["Fit", f"n {n} df {n - 5}", *printed(short(frame)).splitlines()]
    desk.lay("S14", "pdf", pdf(sheet), free)


def _jpeg(png: bytes, **options: object) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").save(out, "jpeg", **options)
    return out.getvalue()


def _low_bits(png: bytes, secret: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as image:
        own = np.array(image.convert("RGB"))
    bits = np.unpackbits(np.frombuffer(secret, np.uint8))
    flat = own.reshape(-1)
    flat[: len(bits)] = flat[: len(bits)] & 254 | bits
    out = io.BytesIO()
    Image.fromarray(own).save(out, "png")
    return out.getvalue()


def boxes(desk: Desk, picks: Picks, counts: Counts) -> None:
    """L15 and S15: boxes that do not open, or not as they say, and unusual ones that do."""

    def lay(kind: str, data: bytes, how: str) -> None:
        desk.lay("L15", kind, data, Unopened(how, data), rules="O29", held=True)

    lay("zip", zipped({"big.csv": b"0," * 20_000_000}), "bomb")
    frame, claim = picks.rows("children", _KEPT, 200)
    lay("zip", _locked(zipped({"d.csv": write("csv", frame)})), "locked")
    for kind in ("xlsx", "parquet"):
        whole = write(kind, frame)
        lay(kind, whole[: len(whole) * 3 // 5], "cut")
    lay("gph", b"\x01\x00gph" + picks.rng.bytes(4_000), "unknown")
    named = write("csv", frame)
    desk.lay("L15", "png", named, claim, rules="O29 O19", held=True, written=False)
    nested = write("csv", frame)
    for depth in range(8):
        nested = zipped({f"level{depth}.{'zip' if depth else 'csv'}": nested})
    desk.lay("L15", "zip", nested, claim, rules="O29 O19", held=True, written=False)
    _unusual(desk, counts)


def _locked(data: bytes) -> bytes:
    """Mark the members of a zip as encrypted, as a program does that asks for a password."""
    own = bytearray(data)
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = own.find(sign)
        own[place + at] |= 1
    return bytes(own)


def _unusual(desk: Desk, counts: Counts) -> None:
    found = [counts.table(14, 400) for _ in range(7)]
    text = found[0].wide().to_csv(index=False)
    desk.lay("S15", "csv", text.encode("utf-16"), found[0].claim(), written=False)
    text = found[1].wide().rename(columns={"Total": "Σύνολο"}).to_csv(index=False, sep=";")
    desk.lay("S15", "csv", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), found[1].claim())
    text = found[2].wide().rename(columns={"Total": "Größe"}).to_csv(index=False, sep=";")
    desk.lay("S15", "csv", text.encode("latin-1"), found[2].claim())
    places = sorted(set(counts.text["country"]))
    each = [counts.crossed((only("country", one),), ("steroid", "sex")) for one in places]
    many = [own for own in each if own.smallest >= 12]
    sheets = {own.where[0][2]: own.wide() for own in many}
    desk.lay("S15", "xlsx", workbook(sheets), *(own.claim() for own in many))
    inner = tarred({"t/a.csv": write("csv", found[4].wide())})
    packed = zipped({"tables.tar.gz": inner, "README.md": b"# Tables\n"})
    desk.lay("S15", "zip", packed, found[4].claim(), written=False)
    words = [f"Paragraph {at}: methods as registered." for at in range(400)]
    desk.lay("S15", "docx", paper(words, [found[5].wide()]), found[5].claim())
    quoted = found[6].wide().to_csv(index=False, quoting=1)
    desk.lay("S15", "csv", f"# {told(found[6].where)}\n{quoted}".encode(), found[6].claim())
    lines = [(drug, weight, round(weight * 1.5, 1), cycle) for drug in DRUG_NAMES.values()
             for weight in range(3, 103) for cycle in range(1, 6)]  # fmt: skip
    table = pd.DataFrame(lines, columns=["drug", "weight_kg", "dose_mg", "cycle"])
    dosing = facts.Outside("the dosing table of the protocol")
    desk.lay("S15", "csv", write("csv", table), dosing, seen="O20")


def genomes(desk: Desk, picks: Picks) -> None:
    """L16 and S16: genotypes of children, and counts of them."""
    names = ("child", *MARKERS)

    def lay(kind: str, data: bytes, claim: facts.Claim, rules: str) -> None:
        desk.lay("L16", kind, data, claim, rules=rules, written=kind not in {"zip", "bgen"})

    paired = {"child": "same", **dict.fromkeys(MARKERS, "map 0=0/0|1=0/1|2=1/1")}
    frame, claim = picks.changed(paired, 60)
    body = "\n".join(
        f"{7 + at}\t{1_000_000 + 37 * at}\t{m}\tC\tT\t.\tPASS\t.\tGT\t" + "\t".join(frame[m])
        for at, m in enumerate(MARKERS)
    )
    top = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
    lay("vcf", f"{top}{chr(9).join(frame['child'])}\n{body}\n".encode(), claim, "O33 O19 O22")
    spaced = {"child": "same", **dict.fromkeys(MARKERS, "map 0=C C|1=C T|2=T T")}
    frame, claim = picks.changed(spaced, 90)
    lines = "\n".join(
        f"F{at} {' '.join([row[0], '0 0 0 -9', *row[1:]])}" for at, row in enumerate(claim.cells)
    )
    lay("ped", f"{lines}\n".encode(), claim, "O33 O19 O22")
    frame, claim = picks.rows("children", names, 120)
    lay("csv", write("csv", frame), claim, "O33 O19 O21 O22")
    frame, claim = picks.rows("children", names, 400)
    doses = frame[list(MARKERS)].astype(int).to_numpy().T
    fam = "\n".join(f"F{at} {one} 0 0 0 -9" for at, one in enumerate(frame["child"]))
    bim = "\n".join(f"{7 + at} {m} 0 {37 * at} C T" for at, m in enumerate(MARKERS))
    three = {"g.bed": _bed(doses), "g.bim": bim.encode(), "g.fam": fam.encode()}
    lay("zip", zipped(three), claim, "O33 O19 O22")
    frame, claim = picks.rows("children", names, 200)
    block = struct.pack("<IIII4sI", 20, 20, len(MARKERS), 200, b"bgen", 9)
    ids = b"".join(struct.pack("<H", len(one)) + one.encode() for one in frame["child"])
    probabilities = (frame[list(MARKERS)].astype(int).to_numpy() * 127).astype(np.uint8).tobytes()
    lay("bgen", block + ids + probabilities, claim, "O33 O29")
    base = picks.drawn.tables["children"]
    table, claims = [], []
    for marker in MARKERS:
        none, one, two = ((base[marker] == dose).sum() for dose in "012")
        counted = (int(none), int(one), int(two))
        share = (counted[1] + 2 * counted[2]) / (2 * sum(counted))
        table.append((marker, "C", "T", *counted, f"{share:.3f}"))
        claims.append(facts.Alleles(marker, counted))
    heading = ["marker", "ref", "alt", "n_CC", "n_CT", "n_TT", "alt_frequency"]
    frame = pd.DataFrame(table, columns=heading)
    for at, kind in enumerate(("csv", "tsv", "xlsx", "md", "json", "html")):
        own = slice(at % 3, at % 3 + 4)
        desk.lay("S16", kind, write(kind, frame.iloc[own], "Genotypes"), *claims[own])


def _bed(doses: Any) -> bytes:
    """Pack two bits a child, marker by marker, as PLINK does."""
    codes = np.array([0, 2, 3])[doses]
    padded = np.pad(codes, ((0, 0), (0, -codes.shape[1] % 4))).reshape(len(codes), -1, 4)
    packed = (padded << np.array([0, 2, 4, 6])).sum(axis=2).astype(np.uint8)
    return b"\x6c\x1b\x01" + bytes(packed)
