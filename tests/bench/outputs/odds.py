"""Families L13 to L16 and S13 to S16: identifiers, hidden channels, hostile files, genotypes."""

import base64
import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from random import Random

from stdnum.es import dni
from stdnum.gb import nhs
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel

from tests.bench.outputs import boxes_pictures as pictures
from tests.bench.outputs.boxes_binary import tarred
from tests.bench.outputs.boxes_office import COVER, sheet, workbook, xlsx, zipped
from tests.bench.outputs.boxes_text import csv, fixed, json_records, markdown, notebook
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.population import FACTS
from tests.bench.outputs.rows_and_tables import Tables
from tests.bench.outputs.shelf import Shelf
from tests.bench.outputs.summaries import by_group, crossed

_AGGREGATE = Grid(("diagnosis", "n", "deaths"), (("AML", "3412", "1810"), ("MM", "3790", "1204"),
                                                 ("CLL", "3201", "860")))  # fmt: skip


def identifiers(shelf: Shelf, tables: Tables) -> None:
    """L13: pseudonyms plain and disguised, in cells, texts and names. S13: what looks like them."""
    people = tables["patients"]
    for kind, disguise in DISGUISES.items():
        some = shelf.random.sample(people.column("pid"), 30)
        hidden = Grid(("key", "group"), tuple((disguise(pid), "case") for pid in some))
        shelf.add("L13", f"column-{kind}", "csv", csv(hidden), "O22", people=30)
        text = f"# Review\n\nThe case {disguise(some[0])} was discussed with the centre.\n"
        shelf.add("L13", f"text-{kind}", "md", text, "O22", people=1)
        others = [f"batch-{shelf.random.randrange(10**9)}" for _ in range(30)]
        safe = Grid(("key", "group"), tuple((disguise(other), "case") for other in others))
        shelf.add("S13", f"column-{kind}", "csv", csv(safe))
        safe_text = f"# Review\n\nThe build {disguise(others[0])} was used for all tables.\n"
        shelf.add("S13", f"text-{kind}", "md", safe_text)
    _names(shelf, shelf.random.choice(people.column("pid")), "L13")
    _names(shelf, "results-2026", "S13")
    _nationals(shelf)
    _texts(shelf, people)


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "lower": str.lower,
    "md5": lambda pid: hashlib.md5(pid.encode()).hexdigest(),
    "sha1": lambda pid: hashlib.sha1(pid.encode()).hexdigest(),
    "sha256": lambda pid: hashlib.sha256(pid.encode()).hexdigest(),
    "base64": lambda pid: base64.b64encode(pid.encode()).decode(),
    "hex": lambda pid: pid.encode().hex(),
}


def _names(shelf: Shelf, who: str, family: str) -> None:
    """The same word as the name of a file, column, sheet, member, key, property."""
    data = csv(_AGGREGATE)
    shelf.add(family, "file-name", "csv", data, "O22", path=f"{who}.csv")
    columns = (*_AGGREGATE.columns[:2], who)
    shelf.add(family, "column-name", "csv", csv(_AGGREGATE.named(columns)), "O22")
    shelf.add(family, "json-key", "json", f'{{"{who}": {{"n": 3412, "deaths": 1810}}}}', "O22")
    shelf.add(family, "sheet-name", "xlsx", workbook([(who, "", sheet(_AGGREGATE))]), "O22")
    shelf.add(family, "member-name", "zip", zipped({f"{who}.csv": data}), "O22")
    core = (
        '<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package'
        '/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{who}</dc:title></cp:coreProperties>"
    )
    book = workbook([("Table", "", sheet(_AGGREGATE))], {"docProps/core.xml": core})
    shelf.add(family, "property", "xlsx", book, "O22")
    shelf.add(family, "notebook-metadata", "ipynb", notebook([], metadata={"title": who}), "O22")


def _nationals(shelf: Shelf) -> None:
    random = shelf.random
    makers: Mapping[str, Callable[[], str]] = {
        "nhs": lambda: _valid(lambda: f"{random.randrange(10**9, 10**10)}", nhs.is_valid),
        "bsn": lambda: _valid(lambda: f"{random.randrange(10**8, 10**9)}", bsn.is_valid),
        "dni": lambda: _valid(lambda: f"{random.randrange(10**7, 10**8)}{random.choice(_LETTERS)}",
                              dni.is_valid),
        "pesel": lambda: _valid(lambda: f"{random.randrange(40, 99)}{random.randrange(1, 13):02d}"
                                f"{random.randrange(1, 29):02d}{random.randrange(10**5):05d}",
                                pesel.is_valid),
        "codice-fiscale": lambda: codicefiscale.compact(_codice(random)),
    }  # fmt: skip
    for kind, make in makers.items():
        leak = Grid(("reference", "group"), tuple((make(), "a") for _ in range(40)))
        shelf.add("L13", f"national-{kind}", "csv", csv(leak), "O22-national", "O22", people=40)
        ten = Grid(("order", "group"), tuple(
            (f"{random.randrange(10**9, 10**10)}", "a") for _ in range(40)))  # fmt: skip
        shelf.add("S13", "random-numbers", "csv", csv(ten))
    mails = Grid(("contact", "group"), tuple(
        (f"{name}.{random.randrange(99)}@mail.example", "a") for name in ("ana", "ben", "cleo") * 9
    ))  # fmt: skip
    shelf.add("L13", "e-mails", "csv", csv(mails), "O22-national", "O22", people=27)


_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def _valid(make: Callable[[], str], check: Callable[[str], bool]) -> str:
    value = make()
    while not check(value):
        value = make()
    return value


def _codice(random: Random) -> str:
    choose = random.choice
    body = "".join(choose("BCDFGLMNPRSTV") for _ in range(6)) + (
        f"{random.randrange(30, 99)}{choose('ABCDEHLMPRST')}{random.randrange(1, 29):02d}"
        f"{choose('ABCDEFGHIL')}{random.randrange(100, 999)}"
    )
    return body + codicefiscale.calc_check_digit(body)


def _texts(shelf: Shelf, people: Grid) -> None:
    """Birth dates and free text copied from the source, and dates and texts of nobody."""
    random = shelf.random
    births = people.take(random.sample(range(len(people.rows)), 40)).pick(["birth_date"])
    shelf.add("L13", "birth-dates", "csv", csv(births), "O22", "O19", "O21", "O23-dates", people=40)
    days = tuple((f"20{random.randrange(10, 26)}-{random.randrange(1, 13):02d}-01",
                  str(random.randrange(100, 900))) for _ in range(40))  # fmt: skip
    shelf.add("S13", "month-dates", "csv", csv(Grid(("month", "n"), days)))
    notes = [note for note in people.column("note") if note]
    for kind, ending in (("note-in-text", "md"), ("note-in-log", "log")):
        told = "\n".join(random.sample(notes, 3))
        text = f"# Remarks\n\nTypical remarks were:\n\n{told}\n\nAll were coded by two people.\n"
        shelf.add("L13", kind, ending, text, "O22", "O23", "O19", people=3)
        own = (
            "# Remarks\n\nRemarks were coded by two people into fever, bleeding and transfusion.\n"
            "Agreement was good in each centre, and disagreements were talked over.\n"
        )
        shelf.add("S13", kind, ending, own)
    column = Grid(("number", "remark"), tuple((str(at), note) for at, note in
                                              enumerate(random.sample(notes, 20), 1)))  # fmt: skip
    shelf.add("L13", "note-column", "csv", csv(column), "O22", "O23", "O19", people=20)
    coded = Grid(("code", "remark"), tuple((f"R{at}", text) for at, text in enumerate(
        ("fever", "bleeding", "transfusion", "weight loss", "lives alone"), 1)))  # fmt: skip
    shelf.add("S13", "note-column", "csv", csv(coded))


def channels(shelf: Shelf, tables: Tables) -> None:
    """L14: rows where nobody looks. S14: clean pictures and texts."""
    people = tables["patients"]
    for kind, (ending, box) in pictures.CHANNEL_BOXES.items():
        rows = people.take(shelf.random.sample(range(len(people.rows)), 20)).pick(FACTS)
        shelf.add("L14", kind, ending, box(rows), "O19", "O28", "O29", "O31", people=20)
    for number, (ending, kind) in enumerate((("png", "PNG"), ("jpg", "JPEG"), ("tiff", "TIFF"),
                                             ("bmp", "BMP"), ("png", "PNG"))):  # fmt: skip
        data = pictures.saved(pictures.drawing(100 + number), kind)
        shelf.add("S14", f"clean-{ending}", ending, data, seen_by=("O17",))
    rows = people.take(range(20)).pick(FACTS)
    bits = "".join(f"{byte:08b}" for byte in csv(rows))[:4000]
    hidden = "Results were stable." + "".join("\u200b\u200c"[int(bit)] for bit in bits) + "\n"
    shelf.add("L14", "zero-width", "txt", hidden, "O31", people=20)
    shelf.add("S14", "accents", "txt", "Résultats stables, naïve Schätzung, média 3,4 — fim.\n")
    wide = _AGGREGATE.columns + ("",) * 300 + ("x",)
    far = Grid(wide, tuple((*row, *("",) * 300, ",".join(extra)) for row, extra in
                           zip(_AGGREGATE.rows, rows.rows, strict=False)))  # fmt: skip
    shelf.add("L14", "far-right", "csv", csv(far), "O19", "O20", people=3)
    padded = csv(_AGGREGATE) + b"\n" * 400 + csv(rows)
    shelf.add("L14", "far-below", "csv", padded, "O19", "O29", people=20)
    comment = b"".join(b"# " + line + b"\n" for line in csv(rows).splitlines()) + csv(_AGGREGATE)
    shelf.add("L14", "comment-lines", "csv", comment, "O19", "O29", people=20)
    folders = {".git/objects/pack.csv": "O34", ".Rhistory": "O34",
               ".ipynb_checkpoints/n-checkpoint.ipynb": "O34"}  # fmt: skip
    for path, rule in folders.items():
        shelf.add("L10", "history", "cache", csv(rows), rule, "O19", people=20, path=path)
        archive = zipped({path: csv(rows), "t.csv": csv(_AGGREGATE)})
        shelf.add("L10", "history-in-zip", "zip", archive, rule, "O19", people=20)


def hostile(shelf: Shelf, tables: Tables) -> None:
    """L15: files that break readers. S15: large or unusual files that are fine."""
    table = csv(by_group(tables["patients"], ["diagnosis", "sex"], ["age_dx"], "dead"))
    bomb = zipped({"a.csv": b"0" * 50_000_000})
    nested = table
    for level in range(12):
        nested = zipped({f"{level}.zip" if level else "t.csv": nested})
    locked = bytearray(zipped({"t.csv": table}))
    for start in (locked.find(b"PK\x03\x04") + 6, locked.find(b"PK\x01\x02") + 8):
        locked[start] |= 1
    book = xlsx(crossed(tables["patients"], "diagnosis", "sex"))
    duplicated = io.BytesIO()
    with zipfile.ZipFile(duplicated, "w") as archive:
        archive.writestr("t.csv", table)
        archive.writestr("x.csv", csv(tables["patients"].take(range(5))))
    twice = duplicated.getvalue().replace(b"x.csv", b"t.csv")
    leaky: Mapping[str, tuple[str, bytes]] = {
        "bomb": ("zip", bomb),
        "nested-12": ("zip", nested),
        "encrypted": ("zip", bytes(locked)),
        "truncated-xlsx": ("xlsx", book[: len(book) * 2 // 3]),
        "truncated-png": ("png", pictures.saved(pictures.drawing(7), "PNG")[:-40]),
        "csv-as-png": ("png", table),
        "zip-as-csv": ("csv", zipped({"t.csv": table})),
        "unknown": ("xyz", bytes(range(256)) * 20),
        "no-extension": ("bin", struct.pack("<400d", *range(400))),
        "path-trick": ("zip", zipped({"../../etc/t.csv": table})),
        "same-name-twice": ("zip", twice),
        "nul-bytes": ("csv", table.replace(b"AML", b"A\x00L")),
        "broken-json": ("json", b'[{"a": 1}, {"a": '),
        "broken-utf8": ("csv", table.replace(b"AML", b"A\xff\xfe\x81")),
        "link-in-tar": ("tar", _with_link(table)),
    }
    for kind, (ending, data) in leaky.items():
        shelf.add("L15", kind, ending, data, "O29", "O15", held=True)
    _legal(shelf, tables)


def _with_link(table: bytes) -> bytes:
    data = bytearray(tarred({"t.csv": table, "l": b""}))
    start = 512 * (1 + -(-len(table) // 512))
    data[start + 156] = ord("2")
    data[start + 157 : start + 168] = b"/etc/passwd"
    total = sum(data[start : start + 148]) + 8 * 32 + sum(data[start + 156 : start + 512])
    data[start + 148 : start + 156] = b"%06o\x00 " % total
    return bytes(data)


def _legal(shelf: Shelf, tables: Tables) -> None:
    people = tables["patients"]
    random = shelf.random
    table = by_group(people, ["diagnosis", "sex"], ["age_dx"], "dead")
    codes = tuple(
        (f"C{at // 10:02d}.{at % 10}", str(random.randrange(40, 9000))) for at in range(900)
    )
    shelf.add("S15", "code-list", "csv", csv(Grid(("icd10", "n"), codes)))
    named = table.change("sex", lambda cell: {"F": "Frauen ≥ 18", "M": "Männer"}[cell])
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le"):
        mark = "" if encoding != "utf-16-le" else "\ufeff"
        shelf.add("S15", encoding, "csv", (mark + csv(named).decode()).encode(encoding))
    latin = csv(named).decode().replace("≥", "ab").encode("latin-1")
    shelf.add("S15", "latin-1", "csv", latin)
    quoted = csv(table).replace(b"AML", b'"AML, acute\nmyeloid"')
    shelf.add("S15", "quoted-newline", "csv", quoted)
    shelf.add("S15", "crlf", "csv", csv(table).replace(b"\n", b"\r\n"))
    shelf.add("S15", "wide-frame", "txt", fixed(crossed(people, "dx_year", "risk")))
    deep = {f"results/{at}/t{at}.csv": csv(table) for at in range(30)}
    shelf.add("S15", "many-members", "zip", zipped(deep))
    shelf.add(
        "S15",
        "several-sheets",
        "xlsx",
        workbook(
            [(f"Table {at}", "", sheet(table)) for at in range(1, 9)]
            + [("About", "", sheet(COVER))]
        ),
    )
    long = "\n\n".join(f"## Part {at}\n\n{markdown(table).decode()}" for at in range(20))
    shelf.add("S15", "long-report", "md", long)
    shelf.add("S15", "nested-json", "json", json_records(table))


def genotypes(shelf: Shelf, tables: Tables) -> None:
    """L16: genotypes by their own signatures, and dosages. S16: allele counts of many."""
    random = shelf.random
    people = 40
    genes = [f"rs{random.randrange(10**5, 10**7)}" for _ in range(30)]
    names = [f"S{at:03d}" for at in range(people)]
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
    lines = [
        f"1\t{1000 + 10 * at}\t{gene}\tA\tG\t.\tPASS\t.\tGT\t"
        + "\t".join(random.choice(("0/0", "0/1", "1/1")) for _ in names)
        for at, gene in enumerate(genes)
    ]
    vcf = (head + "\t".join(names) + "\n" + "\n".join(lines) + "\n").encode()
    shelf.add("L16", "vcf", "vcf", vcf, "O33", people=people)
    shelf.add("L16", "vcf-gz-in-zip", "zip", zipped({"g.vcf": vcf}), "O33", people=people)
    shelf.add("L16", "bed", "bed", b"\x6c\x1b\x01" + random.randbytes(300), "O33", people=people)
    bgen = struct.pack("<IIII", 20, 20, 30, people) + b"bgen" + struct.pack("<I", 9)
    shelf.add("L16", "bgen", "bgen", bgen + random.randbytes(500), "O33", people=people)
    bam = b"BAM\x01" + struct.pack("<i", 0) + struct.pack("<i", 0) + random.randbytes(400)
    shelf.add("L16", "bam", "bam", bam, "O33", people=people)
    ped = "".join(f"F{at} {name} 0 0 1 1 " + " ".join(random.choice("AG") for _ in range(60)) + "\n"
                  for at, name in enumerate(names))  # fmt: skip
    shelf.add("L16", "ped", "ped", ped, "O33", "O20", people=people)
    dosage = Grid(("sample", *genes), tuple(
        (name, *(f"{random.choice((0, 1, 2)) + random.uniform(-0.02, 0.02):.3f}" for _ in genes))
        for name in [f"S{at:03d}" for at in range(120)]))  # fmt: skip
    shelf.add("L16", "dosages", "csv", csv(dosage), "O33", "O20", people=120)
    counts = Grid(("variant", "effect_allele", "n", "allele_count", "frequency"), tuple(
        (gene, "G", "6200", str(count), f"{count / 12400:.3f}")
        for gene, count in zip(genes, _many(random, 30), strict=True)))  # fmt: skip
    for ending, box in (("csv", csv), ("json", json_records), ("xlsx", xlsx)):
        shelf.add("S16", "allele-counts", ending, box(counts))
    effects = Grid(("variant", "chromosome", "beta", "se", "p"), tuple(
        (gene, str(random.randrange(1, 23)), f"{random.gauss(0, 0.1):.3f}",
         f"{random.uniform(0.02, 0.05):.3f}", f"{random.random():.3f}")
        for gene in genes))  # fmt: skip
    for ending, box in (("csv", csv), ("md", markdown), ("json", json_records), ("xlsx", xlsx)):
        shelf.add("S16", "effects", ending, box(effects))


def _many(random: Random, count: int) -> Sequence[int]:
    return [random.randrange(200, 6000) for _ in range(count)]
