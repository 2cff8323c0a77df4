"""[pure] Identifiers, hidden channels, files that do not open, genotypes; and their safe likes."""

import io
import struct
import zipfile
from collections.abc import Sequence

from PIL import Image

from tests.bench.outputs.boxes_pictures import drawing, jpeg_comment, png_trailing, saved
from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.writers import csv, parquet, pdf, zipped
from tests.bench.outputs.fourth.proof import Unopened
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.clinics import MARKERS
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.exchanges import tsv_totals, wide_csv, yaml_nested
from tests.bench.outputs.sixth.markups import page, table
from tests.bench.outputs.sixth.proof import Desk
from tests.bench.outputs.sixth.study import Study, said
from tests.bench.outputs.third.facts import CHECKS, LEAST, Alleles, Numbers, Outside
from tests.bench.outputs.third.opened import Broken, LowBits

_SHORT = ("patient", "sex", "age", "hb", "d_dimer")
_LENGTHS = {"bsn": 9, "nhs": 10, "pesel": 11, "fodselsnummer": 11}


def lay(desk: Desk, study: Study) -> None:
    """Lay them all."""
    _identifiers(desk, study)
    _channels(desk, study)
    _clean_channels(desk, study)
    _shut(desk, study)
    _unusual(desk, study)
    _genotypes(desk, study)
    _alleles(desk, study)


def _drawn(study: Study, kind: str, size: int, valid: bool) -> tuple[str, ...]:
    """National numbers of nobody; all of them pass their check digits, or as many as chance has."""
    found: list[str] = []
    while len(found) < size:
        one = "".join(map(str, study.random.integers(0, 10, _LENGTHS[kind])))
        if one[0] != "0" and (not valid or CHECKS[kind](one)):
            found.append(one)
    return tuple(found)


def _identifiers(desk: Desk, study: Study) -> None:
    for kind, valid, rules in (("L13", True, "O22"), ("S13", False, "")):
        own = _drawn(study, "bsn", 40, valid)
        data = csv(
            Grid(("record", "link_no"), tuple((str(n), one) for n, one in enumerate(own, 1)))
        )
        desk.lay(kind, "csv", data, Numbers("bsn", own, valid), rules=rules, seen="O20")
        own = _drawn(study, "nhs", 60, valid)
        sheet = office.sheet([["batch", "number"], *(["7", one] for one in own)])
        desk.lay(
            kind,
            "xlsx",
            office.workbook({"List": sheet}),
            Numbers("nhs", own, valid),
            rules=rules,
            seen="O20",
        )
        own = _drawn(study, "pesel", 30, valid)
        body = "".join(f"<li>{one}</li>" for one in own)
        desk.lay(kind, "html", page("Numbers", f"<ol>{body}</ol>"), Numbers("pesel", own, valid),
                 rules=rules)  # fmt: skip
    _named(desk, study)


def _named(desk: Desk, study: Study) -> None:
    """Numbers of lots, pseudonyms of those left out, addresses."""
    own = _drawn(study, "fodselsnummer", 25, valid=False)
    desk.lay("S13", "txt", ("lot numbers\n" + "\n".join(own) + "\n").encode(),
             Numbers("fodselsnummer", own, valid=False), seen="O20")  # fmt: skip
    grid, claim = study.rows("patients", ("patient",), 35)
    desk.lay(
        "L13",
        "txt",
        ("excluded\n" + "\n".join(grid.column("patient")) + "\n").encode(),
        claim,
        rules="O22",
    )
    mails = tuple(
        f"{a}.{b}@kliniek-{c}.nl"
        for a, b, c in zip(
            ("an", "bo", "cees", "dirk", "els", "fem", "guus"),
            ("dam", "vos", "smit", "berg", "mol", "kok", "bos"),
            ("oost", "west", "noord", "zuid", "oost", "west", "dijk"),
            strict=True,
        )
    )
    desk.lay("L13", "yaml", ("contacts:\n" + "".join(f"  - {one}\n" for one in mails)).encode(),
             Numbers("mail", mails, valid=True), rules="O22 O24")  # fmt: skip


def _channels(desk: Desk, study: Study) -> None:
    grid, claim = study.rows("patients", _SHORT, 12)
    secret = csv(grid)
    marks = "".join(
        "\u200c" if byte >> at & 1 else "\u200b" for byte in secret for at in range(7, -1, -1)
    )
    text = f"# Minutes\n\nWe agreed on form 3.0.{marks} Next meeting on 4 June.\n"
    desk.lay("L14", "md", text.encode(), claim, rules="O31")
    grid, claim = study.rows("patients", _SHORT, 60)
    desk.lay("L14", "png", png_trailing(grid), claim, rules="O29", seen="O17")
    grid, claim = study.rows("patients", _SHORT, 40)
    desk.lay("L14", "jpg", jpeg_comment(grid), claim, rules="O29 O28", seen="O17")
    grid, claim = study.rows("patients", _SHORT, 30)
    desk.lay(
        "L14",
        "png",
        _low_bits(csv(grid).decode()),
        LowBits(csv(grid).decode()),
        claim,
        rules="O31",
        seen="O17",
        written=False,
    )
    grid, claim = study.rows("patients", _SHORT, 25)
    desk.lay("L14", "pdf", pdf(["Minutes of 4 May 2026"]) + b"\n" + csv(grid), claim, rules="O29")
    grid, claim = study.rows("patients", ("age", "hb", "platelets", "d_dimer", "factor8"), 40)
    rows = tuple((f"beta[{n}]", f"0.{study.random.integers(1000, 9999)}{_digits(row)}")
                 for n, row in enumerate(grid.rows, 1))  # fmt: skip
    desk.lay(
        "L14", "csv", csv(Grid(("parameter", "mean"), rows)), claim, rules="O30", written=False
    )


def _digits(row: Sequence[str]) -> str:
    """The numbers of one person, one after the other."""
    return "".join(cell.zfill(wide) for cell, wide in zip(row, (2, 3, 3, 5, 3), strict=True))


def _low_bits(text: str) -> bytes:
    """A drawing whose lowest bits hold a text."""
    picture = drawing(17, 320)
    samples = bytearray(picture.tobytes())
    bits = [byte >> at & 1 for byte in text.encode() for at in range(7, -1, -1)]
    for at, bit in enumerate(bits):
        samples[at] = samples[at] & 254 | bit
    return saved(Image.frombytes("RGB", picture.size, bytes(samples)), "PNG")


def _clean_channels(desk: Desk, study: Study) -> None:
    nothing = Outside("a drawing of made-up bars")
    desk.lay("S14", "png", saved(drawing(21), "PNG"), nothing, seen="O17")
    desk.lay("S14", "jpg", saved(drawing(22), "JPEG", quality=90), nothing, seen="O17")
    text = "# Réunion du 4\u202fmai\n\nFormulaire 3.0 fixé – à suivre… Größe, naïve, 10\u00a0mg.\n"
    desk.lay("S14", "md", text.encode(), Outside("minutes of a meeting"))
    desk.lay(
        "S14",
        "pdf",
        pdf(["Minutes of 4 May 2026", "", "Form 3.0 from September."]),
        Outside("minutes of a meeting"),
    )
    rows = tuple(
        (f"beta[{n}]", f"{one:.3f}") for n, one in enumerate(study.random.normal(0, 1, 40), 1)
    )
    desk.lay(
        "S14", "csv", csv(Grid(("parameter", "prior draw"), rows)), Outside("draws from a prior")
    )


def _shut(desk: Desk, study: Study) -> None:
    """Files that cannot be checked to their end."""
    bomb = zipped({"t.csv": b"0," * 6_000_000})
    desk.lay("L15", "zip", bomb, Unopened("bomb", bomb), rules="O29", held=True)
    grid, claim = study.rows("patients", _SHORT, 50)
    locked = _locked(zipped({"extract.csv": csv(grid)}, False))
    desk.lay("L15", "zip", locked, Unopened("locked", locked), rules="O29", held=True)
    grid, claim = study.rows("patients", _SHORT, 300)
    cut = office.xlsx(grid)[:-900]
    desk.lay("L15", "xlsx", cut, Unopened("cut", cut), rules="O29", held=True)
    deep = csv(grid)
    for n in range(8):
        deep = zipped({f"box{n}.zip" if n else "t.csv": deep})
    desk.lay("L15", "zip", deep, Broken("too deep"), claim, rules="O29", held=True, written=False)
    odd = b"\0\1\2QDATA" + struct.pack("<40d", *study.random.normal(0, 1, 40))
    desk.lay("L15", "qdt", odd, Unopened("unknown", odd), rules="O29", held=True)
    grid, claim = study.rows("patients", _SHORT, 45)
    desk.lay("L15", "png", office.xlsx(grid), claim, rules="O29", held=True)


def _locked(data: bytes) -> bytes:
    """Say in both headers of each member that it is encrypted."""
    out = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = out.find(mark)
        out[place + at] |= 1
    with zipfile.ZipFile(io.BytesIO(bytes(out))) as box:
        assert box.infolist()[0].flag_bits & 1
    return bytes(out)


def _unusual(desk: Desk, study: Study) -> None:
    cross = study.cross("many")
    desk.lay("S15", "tsv", tsv_totals(cross).decode().encode("utf-16"), *cross.claims())
    cross = study.cross("many")
    text = (
        f"# Übersicht: {said(cross.where)}\n" + csv(cross.grid("", "Summe"), ";", "\r\n").decode()
    )
    desk.lay("S15", "csv", text.encode("latin-1"), *cross.claims())
    slots = tuple(
        (f"2026-W{week:02d}", day, str(hour), str(4 + (week * hour) % 9))
        for week in range(1, 53)
        for day in ("Mon", "Wed", "Fri")
        for hour in range(8, 17)
    )
    data = csv(Grid(("week", "day", "hour", "planned slots"), slots))
    desk.lay("S15", "csv", data, Outside("planned hours of a clinic"), seen="O20")
    cross = study.cross("many")
    desk.lay("S15", "yaml", b"%YAML 1.2\n---\n" + yaml_nested(cross) + b"...\n", *cross.claims())
    cross = study.cross("many")
    desk.lay(
        "S15", "csv", b"\xef\xbb\xbf" + wide_csv(cross).replace(b"\n", b"\r\n"), *cross.claims()
    )
    lines = [f"{n}. Question {n} of the form, page {n // 9 + 1}" for n in range(1, 240)]
    desk.lay("S15", "pdf", pdf(lines), Outside("a form without answers"))


def _genotypes(desk: Desk, study: Study) -> None:
    columns = ("patient", *MARKERS)
    grid, claim = study.rows("germline", columns, 60)
    heads = ("FID", "IID", *(f"{one}_A" for one in MARKERS))
    rows = [" ".join((str(n), *row)) for n, row in enumerate(grid.rows, 1)]
    raw = "\n".join([" ".join(heads), *rows, ""])
    desk.lay("L16", "raw", raw.encode(), claim, rules="O33 O19 O22")
    grid, claim = study.rows("germline", MARKERS, 40)
    called = {"0": "0/0", "1": "0/1", "2": "1/1"}
    lines = [
        "##fileformat=VCFv4.2",
        "\t".join(
            (
                "#CHROM",
                "POS",
                "ID",
                "REF",
                "ALT",
                "QUAL",
                "FILTER",
                "INFO",
                "FORMAT",
                *(f"S{n}" for n in range(1, 41)),
            )
        ),
    ]
    for n, marker in enumerate(MARKERS):
        calls = [called[one] for one in grid.column(marker)]
        lines.append(
            "\t".join(
                (
                    str(n % 22 + 1),
                    str(1_000_000 + 7919 * n),
                    marker,
                    "A",
                    "G",
                    ".",
                    "PASS",
                    ".",
                    "GT",
                    *calls,
                )
            )
        )
    desk.lay("L16", "vcf", ("\n".join(lines) + "\n").encode(), claim, rules="O33", written=False)
    _dosages(desk, study)


def _dosages(desk: Desk, study: Study) -> None:
    """Doses of alleles in tables, and the binary file of PLINK."""
    columns = ("patient", *MARKERS)
    grid, claim = study.rows("germline", columns, 90)
    desk.lay("L16", "parquet", parquet(grid), claim, rules="O19 O22 O33")
    grid, claim = study.rows("germline", MARKERS, 50)
    turned = "\n".join("\t".join((marker, *grid.column(marker))) for marker in MARKERS)
    desk.lay("L16", "dosage", f"{turned}\n".encode(), claim, rules="O33 O19")
    grid, claim = study.rows("germline", MARKERS, 80)
    desk.lay("L16", "bed", _bed(grid), claim, rules="O33", written=False)


def _bed(grid: Grid) -> bytes:
    """Genotypes of PLINK, marker by marker, four people a byte."""
    code = {"0": 3, "1": 2, "2": 0}
    out = bytearray(b"\x6c\x1b\x01")
    for marker in grid.columns:
        cells = grid.column(marker)
        for at in range(0, len(cells), 4):
            out.append(sum(code[one] << 2 * n for n, one in enumerate(cells[at : at + 4])))
    return bytes(out)


def _alleles(desk: Desk, study: Study) -> None:
    found = []
    for marker in MARKERS:
        doses = study.text(marker, "germline")
        counts = tuple(int((doses == one).sum()) for one in "012")
        if min(counts) >= LEAST:
            found.append(Alleles(marker, (counts[0], counts[1], counts[2])))
    rows = [(one.marker, *map(str, one.counts), str(2 * one.counts[0] + one.counts[1]),
             str(2 * one.counts[2] + one.counts[1])) for one in found]  # fmt: skip
    heads = ("marker", "n 0/0", "n 0/1", "n 1/1", "alleles ref", "alleles alt")
    desk.lay("S16", "csv", csv(Grid(heads, tuple(rows))), *found)
    lines = [("SNP", "A1", "A2", "MAF", "NCHROBS", "C(HOM A1)", "C(HET)", "C(HOM A2)")]
    for one in found:
        a, b, c = one.counts
        lines.append(
            (
                one.marker,
                "G",
                "A",
                f"{(b + 2 * c) / (2 * (a + b + c)):.4f}",
                str(2 * (a + b + c)),
                str(c),
                str(b),
                str(a),
            )
        )
    desk.lay("S16", "frqx", ("\n".join(aligned(lines, 2)) + "\n").encode(), *found)
    body = f"<h2>Genotypes, people</h2>{table(heads, rows[:8])}"
    desk.lay(
        "S16",
        "html",
        page("Markers", body),
        *found[:8],
    )
    sheet = office.sheet([heads, *rows[8:]])
    desk.lay("S16", "xlsx", office.workbook({"Genotypes": sheet}), *found[8:])
