"""[pure] Bytes behind bytes, low bits, odd characters, boxes: families 14 and 15 of both sides."""

import base64
import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from random import Random

import numpy as np
from PIL import Image

from tests.bench.outputs.fifth import charts, office, writers
from tests.bench.outputs.fifth.layouts import long, wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.study import FOUND, Picks, Study
from tests.bench.outputs.fourth.proof import Unopened
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import Outside
from tests.bench.outputs.third.opened import LowBits

_ROWS = "O19 O21"


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All files of this kind."""
    _behind(desk, study, picks)
    _clean(desk, study)
    _closed(desk, study, picks)
    _legal(desk, study, picks)
    _folders(desk, picks)


def _behind(desk: Desk, study: Study, picks: Picks) -> None:
    cross = study.cross(14, 90, sides=5)
    png = charts.figure(charts.bars(cross), "png")
    rows, claim = picks.rows("screened", ("screenee", "age", "kappa", "lambda"), 120)
    desk.lay(
        "L14",
        "png",
        png + writers.zipped({"p.csv": writers.csv(rows)}),
        claim,
        rules=f"O29 O28 {_ROWS}",
        seen="O17",
    )
    rows, claim = picks.rows("screened", ("screenee", "bmi", "igg"), 50)
    chunk = b"zTXt" + b"Comment\0\0" + zlib.compress(writers.csv(rows))
    whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    desk.lay(
        "L14",
        "png",
        png[:33] + whole + png[33:],
        claim,
        rules=f"O28 O29 {_ROWS}",
        seen="O17",
    )
    rows, claim = picks.rows("screened", ("age", "hb", "ldh", "kappa"), 60)
    low = LowBits(writers.csv(rows).decode())
    data = _low_bits(png, writers.csv(rows))
    desk.lay("L14", "png", data, claim, low, rules="O31", seen="O17", written=False)
    rows, claim = picks.rows("screened", ("screenee", "creatinine", "b2m"), 40)
    cross = study.cross(14, 90)
    bits = "".join(f"{byte:08b}" for byte in writers.csv(rows)[:240])
    seen = bits.translate({48: "\u200b", 49: "\u200c"})
    shown = Grid(
        wide(cross).columns,
        tuple(
            (row[0] + seen[n * 300 : (n + 1) * 300], *row[1:])
            for n, row in enumerate(wide(cross).rows)
        ),
    )
    _, claim = picks.at("screened", ("screenee", "creatinine", "b2m"), claim.at[:4])
    desk.lay("L14", "csv", writers.csv(shown), claim, rules="O31")
    rows, claim = picks.rows("screened", ("age", "bmi", "kappa"), 24)
    digits = ["".join(f"{int(float(cell) * 100):05d}" for cell in row) for row in rows.rows]
    told = Grid(
        ("grid", "density"), tuple((str(n), f"0.{n % 7 + 1}{own}") for n, own in enumerate(digits))
    )
    desk.lay("L14", "csv", writers.csv(told), claim, rules="O30", written=False)
    rows, claim = picks.rows("visits", ("screenee", "study_day", "creatinine"), 80)
    pdf = writers.pdf(["Summary", "", *writers.fixed(wide(cross)).splitlines()])
    desk.lay(
        "L14", "pdf", pdf + b"\n% appendix\n" + writers.csv(rows), claim, rules=f"O29 O28 {_ROWS}"
    )


def _low_bits(png: bytes, text: bytes) -> bytes:
    """The same picture, the text in the lowest bit of each sample."""
    pixels = np.array(Image.open(io.BytesIO(png)).convert("RGB"))
    flat = pixels.reshape(-1)
    bits = np.unpackbits(np.frombuffer(text, np.uint8))
    flat[: len(bits)] = flat[: len(bits)] & 254 | bits
    held = io.BytesIO()
    Image.fromarray(flat.reshape(pixels.shape)).save(held, "PNG")
    return held.getvalue()


def _clean(desk: Desk, study: Study) -> None:
    cross = study.cross(14, 90, sides=5)
    png = charts.figure(charts.bars(cross), "png")
    desk.lay("S14", "png", png, *cross.claims(), seen="O17", written=False)
    held = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(held, "JPEG", quality=88)
    desk.lay("S14", "jpg", held.getvalue(), *cross.claims(), seen="O17", written=False)
    held = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(held, "TIFF", compression="tiff_deflate")
    desk.lay("S14", "tiff", held.getvalue(), *cross.claims(), seen="O17", written=False)
    cross = study.cross(14, 90)
    named = Grid(
        wide(cross).columns,
        tuple((f"{row[0]} – Þórshöfn og nágrenni", *row[1:]) for row in wide(cross).rows),
    )
    desk.lay("S14", "csv", writers.csv(named), *cross.claims())
    means = [
        study.value(name, (), "mean", 3) for name in ("hb", "igg", "calcium", "kappa", "creatinine")
    ]
    grid = Grid(
        ("measure", "mean", "n"),
        tuple((one.column, one.printed, str(study.count(()))) for one in means),
    )
    desk.lay("S14", "csv", writers.csv(grid), *means, seen="O30")


def _closed(desk: Desk, study: Study, picks: Picks) -> None:
    bomb = writers.zipped({"tables.csv": b"region,n\n" + b"0,0\n" * 12_000_000})
    desk.lay("L15", "zip", bomb, Unopened("bomb", bomb), rules="O29", held=True)
    rows, claim = picks.rows("screened", ("screenee", "age", "hb"), 100)
    nested = writers.csv(rows)
    for depth in range(9):
        nested = writers.zipped({f"level{depth}.zip" if depth else "rows.csv": nested})
    desk.lay("L15", "zip", nested, claim, rules="O29 O19 O21", held=True, written=False)
    locked = _locked(writers.csv(picks.rows("screened", ("screenee", "age"), 50)[0]))
    desk.lay("L15", "zip", locked, Unopened("locked", locked), rules="O29", held=True)
    data = office.xlsx(picks.rows("screened", ("screenee", "age", "bmi", "igg"), 300)[0])
    cut = data[: len(data) * 2 // 3]
    desk.lay("L15", "xlsx", cut, Unopened("cut", cut), rules="O29", held=True)
    rows, claim = picks.rows("screened", ("kappa", "igg"), 200)
    array = np.array([[float(cell) for cell in row] for row in rows.rows])
    strange = b"\x01\x00STER" + b"\0" * 40 + array.tobytes()
    desk.lay("L15", "ster", strange, Unopened("unknown", strange), claim, rules="O29", held=True)
    rows, claim = picks.rows("screened", ("screenee", "age", "kappa", "hb"), 90)
    desk.lay("L15", "csv", writers.parquet(rows), claim, rules="O29 O19 O21 O22", held=True)


def _locked(data: bytes) -> bytes:
    """A zip that says its member is encrypted; the member is noise."""
    noise = Random(len(data)).randbytes(len(data))
    plain = bytearray(writers.zipped({"rows.csv": noise}, False))
    plain[6] |= 1
    with zipfile.ZipFile(io.BytesIO(bytes(plain))) as box:
        plain[box.start_dir + 8] |= 1
    return bytes(plain)


def _legal(desk: Desk, study: Study, picks: Picks) -> None:
    cross = study.cross(14, 90)
    text = writers.csv(wide(cross)).decode()
    desk.lay("S15", "csv", text.encode("utf-16"), *cross.claims())
    desk.lay("S15", "csv.xz", lzma.compress(text.encode()), *cross.claims())
    cross = study.cross(14, 90)
    desk.lay("S15", "csv.bz2", bz2.compress(writers.csv(long(cross))), *cross.claims())
    desk.lay(
        "S15", "tsv.gz", gzip.compress(writers.csv(long(cross), "\t"), mtime=0), *cross.claims()
    )
    cross, other = study.cross(14, 90), study.cross(14, 90)
    members = {
        "readme.txt": b"Two tables of counts of persons.\n",
        "t1.csv": writers.csv(wide(cross)),
        "t2.csv": writers.csv(wide(other)),
    }
    desk.lay("S15", "zip", writers.zipped(members), *cross.claims(), *other.claims())
    desk.lay("S15", "tar.gz", writers.tarred(members), *cross.claims(), *other.claims())
    latin = (
        writers.csv(Grid(("Aldur (ár)", "fjöldi"), _bands(study)), ";").decode().encode("latin-1")
    )
    desk.lay("S15", "csv", latin, study.bins("age", (FOUND,), range(38, 88, 5)))
    grid = tuple(
        (str(x), str(y), f"{0.02 * x - 0.013 * y + 0.4:.3f}")
        for x in range(40, 88)
        for y in range(20, 60)
    )
    desk.lay(
        "S15",
        "csv",
        writers.csv(Grid(("age", "bmi", "model surface"), grid)),
        Outside("a surface of a formula on a grid, nobody's rows"),
        seen="O20",
    )


def _bands(study: Study) -> tuple[tuple[str, ...], ...]:
    own = study.bins("age", (FOUND,), range(38, 88, 5))
    return tuple(
        (f"{low:.0f}-{low + 4:.0f}", str(n)) for low, n in zip(own.edges, own.stated, strict=True)
    )


def _folders(desk: Desk, picks: Picks) -> None:
    rows, claim = picks.rows("screened", ("screenee", "age", "isotype", "kappa"), 60)
    blob = zlib.compress(b"blob 0\0" + writers.csv(rows))
    members = {
        "paper/.git/HEAD": b"ref: refs/heads/main\n",
        "paper/.git/objects/3f/9a1c": blob,
        "paper/main.tex": b"\\section{Results}\n",
    }
    desk.lay("L10", "zip", writers.zipped(members), claim, rules=f"O34 {_ROWS} O22")
    rows, claim = picks.rows("screened", ("screenee", "bmi", "igg", "hb"), 8)
    inner = writers.notebook(("d.sample(8)", [writers.shown(writers.numbered(rows))]))
    members = {
        "nb/final.ipynb": writers.notebook("# Final", ("fit()", [])),
        "nb/.ipynb_checkpoints/final-checkpoint.ipynb": inner,
    }
    desk.lay("L10", "tar.gz", writers.tarred(members), claim, rules=f"O34 {_ROWS} O22")
    rows, claim = picks.rows("screened", ("screenee", "b2m", "calcium", "crp"), 70)
    packed = base64.b64encode(gzip.compress(writers.csv(rows), mtime=0)).decode()
    code = (
        "import base64, gzip\nDATA = (\n    "
        f"'{packed}'\n)\nprint(len(gzip.decompress(base64.b64decode(DATA))))\n"
    )
    desk.lay("L10", "py", code.encode(), claim, rules=f"{_ROWS} O22", seen="O27")
