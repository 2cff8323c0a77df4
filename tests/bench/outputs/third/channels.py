"""Identifiers, hidden channels, boxes that do not open, and genomes."""

import base64
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from random import Random

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third import facts, writers
from tests.bench.outputs.third.alliance import MARKERS
from tests.bench.outputs.third.analyst import Analyst
from tests.bench.outputs.third.desk import Desk
from tests.bench.outputs.third.drawings import FIGURE, drawn
from tests.bench.outputs.third.facts import CHECKS
from tests.bench.outputs.third.opened import Broken, LowBits
from tests.bench.outputs.third.papers import HIDDEN
from tests.bench.outputs.third.rows import BARE, MEASURES, OFTEN, WIDE, Some, some

_LENGTHS = {"bsn": 9, "nhs": 10, "fodselsnummer": 11, "pesel": 11}


def _digits(draw: Random, kind: str) -> str:
    if kind == "dni":
        return f"{draw.randrange(10**7, 10**8)}{draw.choice('TRWAGMYFPDXBNJZSQVHLCKE')}"
    if kind in {"fodselsnummer", "pesel"}:
        year, month, day = draw.randrange(30, 99), draw.randrange(1, 13), draw.randrange(1, 29)
        born = (year, month, day) if kind == "pesel" else (day, month, year)
        return "".join(f"{one:02d}" for one in born) + f"{draw.randrange(10**5):05d}"
    return str(draw.randrange(10 ** (_LENGTHS[kind] - 1), 10 ** _LENGTHS[kind]))


def _passing(draw: Random, kind: str) -> str:
    while True:
        own = _digits(draw, kind)
        if CHECKS[kind](own):
            return own


def identifiers(desk: Desk, analyst: Analyst) -> None:
    """L13 and S13: numbers of people; numbers that only look so."""
    draw = analyst.draw
    for kind, box, own in (
        ("csv", writers.csv, "bsn"),
        ("xlsx", writers.xlsx, "nhs"),
        ("txt", writers.txt, "fodselsnummer"),
        ("csv", writers.csv_semicolon, "pesel"),
        ("docx", writers.word, "dni"),
    ):
        values = tuple(_passing(draw, own) for _ in range(40))
        grid = Grid(("nr", "visits"), tuple((one, str(draw.randrange(11, 60))) for one in values))
        desk.lay(
            "L13", kind, box(grid), facts.Numbers(own, values, valid=True), rules="O22", seen=OFTEN
        )
    names = (
        "ingrid.solberg",
        "piotr.nowak",
        "aino.virtanen",
        "jan.dvorak",
        "mette.holm",
        "eva.novotna",
        "lars.berg",
    )
    mails = tuple(f"{one}@mail.example.org" for one in names)
    desk.lay(
        "L13",
        "csv",
        writers.csv(Grid(("contact", "calls"), tuple((one, "12") for one in mails))),
        facts.Numbers("mail", mails, valid=True),
        rules="O22 O23",
    )
    for kind, box, how in (
        ("csv", writers.csv, "same"),
        ("txt", writers.txt, "bare"),
        ("json", writers.json_records, "same"),
        ("csv", writers.csv, "sha256 "),
        ("parquet", writers.parquet, "md5"),
        ("csv", writers.csv, "short "),
    ):
        taken = some(analyst, ("participant",), 30, how=[how])
        counted = Grid(
            ("case", "samples"),
            tuple((row[0], str(draw.randrange(10, 90))) for row in taken.grid.rows),
        )
        desk.lay("L13", kind, box(counted), taken.claim, rules="O22 O19", seen=OFTEN)
    taken = some(analyst, ("participant",), 1)
    data = writers.csv(analyst.stages()[0])
    desk.lay(
        "L13",
        "csv",
        data,
        taken.claim,
        rules="O22",
        name=f"{taken.grid.rows[0][0]}_table.csv",
        written=False,
    )
    made = writers.document(analyst.stages()[0])
    taken = some(analyst, ("participant", "age", "subtype"), 1)
    made.core_properties.subject = " ".join(taken.grid.rows[0])
    desk.lay("L13", "docx", writers.docx_bytes(made), taken.claim, rules="O22 O28 O19", seen=HIDDEN)
    taken = some(analyst, ("enrolled", "pfs_days", "os_days"), 50)
    desk.lay(
        "L13",
        "csv",
        writers.csv(taken.grid.named(("date of entry", "t1", "t2"))),
        taken.claim,
        rules="O19 O22",
        seen=OFTEN,
    )
    for kind, box, own in (
        ("csv", writers.csv, "bsn"),
        ("xlsx", writers.xlsx, "nhs"),
        ("txt", writers.txt, "pesel"),
    ):
        values = tuple(_digits(draw, own) for _ in range(60))
        grid = Grid(
            ("grant number", "budget kEUR"),
            tuple((one, str(draw.randrange(100, 900))) for one in values),
        )
        desk.lay("S13", kind, box(grid), facts.Numbers(own, values, valid=False), seen=OFTEN)
    outside = facts.Outside("numbers of things, not of people")
    lots = Grid(
        ("product", "lot", "expiry"),
        tuple(
            (f"drug {at}", f"L{draw.randrange(10**6):06d}", f"20{27 + at % 3}-0{1 + at % 9}")
            for at in range(12)
        ),
    )
    trials = Grid(
        ("trial", "registration", "year"),
        tuple(
            (f"trial {at}", f"NCT{draw.randrange(10**8):08d}", str(2008 + at)) for at in range(9)
        ),
    )
    cited = Grid(
        ("reference", "doi", "pmid"),
        tuple(
            (
                f"ref {at}",
                f"10.5555/made.{draw.randrange(10**5)}",
                str(draw.randrange(10**7, 4 * 10**7)),
            )
            for at in range(20)
        ),
    )
    for kind, box, grid in (
        ("csv", writers.csv, lots),
        ("md", writers.md, trials),
        ("csv", writers.csv, cited),
        ("html", writers.html, trials),
        ("docx", writers.word, lots),
    ):
        desk.lay("S13", kind, box(grid), outside, seen=OFTEN)


def hidden_bytes(desk: Desk, analyst: Analyst) -> None:
    """L14 and S14: bytes behind, between and beneath; and the same without."""
    picture = drawn(lambda axes: axes.bar(*_bars(analyst)), "png")
    image = Image.open(io.BytesIO(picture)).convert("RGB")

    def saved(kind: str, **options: object) -> bytes:
        out = io.BytesIO()
        image.save(out, kind, **options)
        return out.getvalue()

    def lay(
        kind: str, data: bytes, many: Some, rules: str, seen: str = FIGURE, written: bool = True
    ) -> None:
        desk.lay("L14", kind, data, many.claim, rules=rules, seen=seen, written=written)

    own = some(analyst, WIDE, 40)
    lay("png", picture + writers.csv(own.grid), own, "O29 O19")
    own = some(analyst, WIDE, 60)
    lay(
        "png",
        picture + writers.zipped({"p.csv": writers.csv(own.grid)}),
        own,
        "O29 O19",
        written=False,
    )
    own = some(analyst, WIDE, 30)
    lay("jpg", saved("JPEG") + writers.csv(own.grid), own, "O29 O19")
    own = some(analyst, WIDE, 10)
    note = PngInfo()
    note.add_text("Comment", writers.csv(own.grid).decode())
    lay("png", saved("PNG", pnginfo=note), own, "O28 O19 O29 O22", FIGURE + " " + HIDDEN)
    own = some(analyst, WIDE, 8)
    exif = Image.Exif()
    exif[0x010E] = writers.csv(own.grid).decode()
    lay("jpg", saved("JPEG", exif=exif), own, "O28 O19 O29 O22", FIGURE + " " + HIDDEN)
    own = some(analyst, WIDE, 50)
    text = writers.csv(own.grid).decode()
    flat = np.asarray(image).reshape(-1).copy()
    bits = np.unpackbits(np.frombuffer(text.encode(), dtype=np.uint8))
    flat[: len(bits)] = (flat[: len(bits)] & 254) | bits
    coded = io.BytesIO()
    Image.fromarray(flat.reshape(np.asarray(image).shape)).save(coded, "PNG")
    desk.lay("L14", "png", coded.getvalue(), own.claim, LowBits(text), rules="O31 O19", seen=FIGURE)
    _hidden_text(desk, analyst)
    clean = [
        ("png", saved("PNG")),
        ("jpg", saved("JPEG")),
        ("tif", saved("TIFF", compression="tiff_lzw")),
        ("png", picture),
    ]
    for kind, data in clean:
        desk.lay("S14", kind, data, *analyst.years()[1], seen=FIGURE)
    outside = facts.Outside("text that says nothing of anybody")
    for kind, text in (
        ("txt", "Ångström, Łódź, Plzeň – “naïve” café; p ≤ 0.05 ± 2 σ\n" * 40),
        ("md", "# Résumé\n\n* naïve Bayes\n* Žižkov – 10 °C\n* 日本語の要約\n" * 5),
        (
            "tex",
            "Let $\\alpha = 0.05$ and $\\beta = 0.2$; \\emph{Ž} and \\'e stand as they are.\n" * 10,
        ),
        ("html", "<!DOCTYPE html><html><body><p>&nbsp;&eacute;&ndash;&alpha;</p></body></html>\n"),
    ):
        desk.lay("S14", kind, text.encode(), outside)
    grid, claims = analyst.stages()
    desk.lay("S14", "csv", writers.csv_semicolon(grid), *claims)


def _bars(analyst: Analyst) -> tuple[list[str], list[int]]:
    rows = analyst.years()[0].rows
    return [row[0] for row in rows], [int(row[1]) for row in rows]


def _hidden_text(desk: Desk, analyst: Analyst) -> None:
    def lay(kind: str, data: bytes, own: Some, rules: str, written: bool) -> None:
        desk.lay("L14", kind, data, own.claim, rules=rules, written=written)

    own = some(analyst, WIDE, 4)
    raw = "".join(f"{byte:08b}" for byte in writers.csv(own.grid))
    veiled = "".join("\u200b" if bit == "0" else "\u200c" for bit in raw)
    lay(
        "txt",
        ("The median follow-up was long." + veiled + " All arms were alike.\n").encode(),
        own,
        "O31",
        False,
    )
    own = some(analyst, MEASURES, 30)
    digits = [
        str(int("".join(f"{int(float(c) * 10):06d}" for c in row[:2]))) for row in own.grid.rows
    ]
    grid = Grid(
        ("iteration", "loss"), tuple((str(at), f"0.4{one}") for at, one in enumerate(digits))
    )
    desk.lay("L14", "csv", writers.csv(grid), own.claim, rules="O30", seen=OFTEN, written=False)
    own = some(analyst, WIDE, 20)
    lay(
        "zip",
        writers.zipped({"table.csv": writers.csv(analyst.stages()[0])}, writers.csv(own.grid)),
        own,
        "O29 O19 O28",
        True,
    )
    own = some(analyst, WIDE, 30)
    table = writers.csv(analyst.stages()[0]).decode().splitlines()
    wide = "\n".join(
        [line + "," * 30 + ",".join(row) for line, row in zip(table, own.grid.rows, strict=False)]
    )
    short = some(analyst, WIDE, 0, at=own.claim.at[: len(table)])
    lay("csv", (wide + "\n").encode(), short, "O19 O29 O22", True)
    own = some(analyst, BARE, 12)
    hidden = base64.b64encode(writers.csv(own.grid)).decode()
    lay(
        "json",
        json.dumps({"n": 9000, "checksum": hidden}).encode(),
        own,
        "O19 O24 O27 O31 O23",
        False,
    )
    own = some(analyst, WIDE, 15)
    pdf = drawn(lambda axes: axes.bar(*_bars(analyst)), "pdf") + writers.csv(own.grid)
    desk.lay("L14", "pdf", pdf, own.claim, rules="O29 O19", seen=FIGURE)


def boxes(desk: Desk, analyst: Analyst) -> None:
    """L15: what does not open. S15: what only looks odd."""
    own = some(analyst, WIDE, 60)
    plain = writers.csv(own.grid)

    def lay(kind: str, data: bytes, *claims: Broken, held: bool = True, rules: str = "O29") -> None:
        desk.lay("L15", kind, data, own.claim, *claims, rules=rules, held=held, written=False)

    lay("zip", _locked(writers.zipped({"p.csv": plain})), Broken("encrypted"))
    lay("zip", writers.zipped({"p.csv": plain, "q.csv": plain})[:-40], Broken("truncated"))
    lay("parquet", writers.parquet(own.grid)[:-12], Broken("truncated"))
    lay("csv.gz", gzip.compress(plain, mtime=0)[:-200], Broken("truncated"))
    lay("zip", writers.zipped({"p.csv": plain, "zero.txt": bytes(40_000_000)}), Broken("a bomb"))
    lay("csv.gz", gzip.compress(plain + b"\n" * 60_000_000, mtime=0), Broken("a bomb"))
    deep = writers.zipped({"p.csv": plain})
    for at in range(8):
        deep = writers.zipped({f"layer{at}.zip": deep})
    lay("zip", deep, Broken("too deep"))
    lay(
        "dat",
        bytes([1, 7, 0, 3]) + b"".join(bytes([byte ^ 90]) for byte in plain),
        Broken("of no known kind"),
    )
    desk.lay(
        "L15",
        "csv",
        writers.parquet(own.grid),
        own.claim,
        rules="O29 O19",
        written=False,
        seen=OFTEN,
    )
    desk.lay(
        "L15", "png", writers.xlsx(own.grid), own.claim, rules="O29 O19", written=False, seen=OFTEN
    )
    desk.lay(
        "L15",
        "txt",
        gzip.compress(plain, mtime=0),
        own.claim,
        rules="O29 O19",
        written=False,
        seen=OFTEN,
    )
    _legal(desk, analyst)


def _locked(data: bytes) -> bytes:
    """Set the flag of encryption in both headers, and turn the bytes between."""
    own = bytearray(data)
    own[6] |= 1
    own[data.index(b"PK\x01\x02") + 8] |= 1
    start = 30 + int.from_bytes(data[26:28], "little") + int.from_bytes(data[28:30], "little")
    size = int.from_bytes(data[18:22], "little")
    own[start : start + size] = bytes(byte ^ 165 for byte in own[start : start + size])
    return bytes(own)


def _legal(desk: Desk, analyst: Analyst) -> None:
    grid, claims = analyst.shares((("trial", "=", "ALPINE"),))
    plain = writers.csv(grid)
    wide, stated = analyst.deaths()
    for kind, data in (
        ("csv", plain.decode().encode("utf-16")),
        ("csv", b"\xef\xbb\xbf" + plain),
        ("csv", plain.replace(b"\n", b"\r\n")),
        ("zip", writers.zipped({"a/b.zip": writers.zipped({"c.csv": plain})})),
        ("csv.xz", lzma.compress(plain)),
        ("csv.gz", gzip.compress(plain[:100], mtime=0) + gzip.compress(plain[100:], mtime=0)),
        ("tar.gz", writers.tarred({f"out/part{at}.csv": plain for at in range(40)})),
        ("zip", _stored(plain)),
        (
            "json",
            json.dumps(
                {"a": {"b": {"c": {"d": {"e": json.loads(writers.json_records(grid))}}}}}
            ).encode(),
        ),
    ):
        desk.lay("S15", kind, data, *claims)
    desk.lay(
        "S15",
        "csv",
        writers.csv_semicolon(
            Grid(
                wide.columns,
                tuple(tuple(cell.replace(".", ",") for cell in row) for row in wide.rows),
            )
        ),
        *stated,
    )
    text = (
        "The committee met, heard the report and asked for the tables to be laid out by trial.\n"
        * 20000
    )
    desk.lay("S15", "txt", text.encode(), facts.Outside("minutes of a meeting, long"))


def _stored(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(zipfile.ZipInfo("Tabelle für alle.csv", writers.HOUR), data)
    return out.getvalue()


def genomes(desk: Desk, analyst: Analyst) -> None:
    """L16: genotypes of people. S16: counts of alleles."""
    columns = ("participant", *MARKERS)

    def lay(
        kind: str, many: int, write: Callable[[Grid], bytes], rules: str, written: bool = True
    ) -> None:
        own = some(analyst, columns, many, table="germline")
        desk.lay("L16", kind, write(own.grid), own.claim, rules=rules, seen=OFTEN, written=written)

    lay("vcf", 40, _vcf, "O33", written=False)
    lay("vcf.gz", 30, lambda grid: gzip.compress(_vcf(grid), mtime=0), "O33", written=False)
    lay("ped", 30, _ped, "O33 O19", written=False)
    lay("bed", 60, _bed, "O33", written=False)
    lay("csv", 80, writers.csv, "O19 O33 O22")
    lay("tsv", 50, lambda grid: writers.tsv(grid.pick(MARKERS)), "O19 O33 O21", written=False)
    lay("parquet", 120, writers.parquet, "O19 O33 O22")
    lay("zip", 25, lambda grid: writers.zipped({"cohort.vcf": _vcf(grid)}), "O33", written=False)
    lines, claims = [], []
    for marker in MARKERS:
        doses = analyst.germline[marker].value_counts()
        counts = tuple(int(doses.get(dose, 0)) for dose in "012")
        if min(counts) >= facts.LEAST:
            other = counts[1] + 2 * counts[2]
            lines.append((marker, *map(str, counts), str(other), f"{other / 2 / sum(counts):.3f}"))
            claims.append(facts.Alleles(marker, (counts[0], counts[1], counts[2])))
    grid = Grid(
        ("marker", "n hom ref", "n het", "n hom alt", "alt alleles", "alt frequency"), tuple(lines)
    )
    for kind, box in (
        ("csv", writers.csv),
        ("tsv", writers.tsv),
        ("json", writers.json_records),
        ("xlsx", writers.xlsx),
        ("tex", writers.tex),
        ("docx", writers.word),
        ("parquet", writers.parquet),
    ):
        desk.lay("S16", kind, box(grid), *claims)


def _vcf(grid: Grid) -> bytes:
    people = grid.column("participant")
    lines = [
        "##fileformat=VCFv4.2",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "\t".join(
            ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *people]
        ),
    ]
    for at, marker in enumerate(MARKERS):
        calls = [("0/0", "0/1", "1/1")[int(dose)] for dose in grid.column(marker)]
        lines.append(
            "\t".join(
                [
                    str(1 + at),
                    str(10_000 + 977 * at),
                    marker,
                    "A",
                    "G",
                    ".",
                    "PASS",
                    ".",
                    "GT",
                    *calls,
                ]
            )
        )
    return ("\n".join(lines) + "\n").encode()


def _ped(grid: Grid) -> bytes:
    pairs = ("A A", "A G", "G G")
    return "".join(
        f"F{at} {row[0]} 0 0 0 -9 {' '.join(pairs[int(dose)] for dose in row[1:])}\n"
        for at, row in enumerate(grid.rows)
    ).encode()


def _bed(grid: Grid) -> bytes:
    """PLINK's packed genotypes, by marker."""
    out = bytearray(b"\x6c\x1b\x01")
    for marker in MARKERS:
        doses = [(0, 2, 3)[int(dose)] for dose in grid.column(marker)]
        for at in range(0, len(doses), 4):
            out.append(sum(code << 2 * place for place, code in enumerate(doses[at : at + 4])))
    return bytes(out)
