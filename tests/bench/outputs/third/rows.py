"""Rows of people: as they are, renamed, scaled, as needles, with noise; and what only looks so."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.bench.outputs.grid import Box, Grid
from tests.bench.outputs.third import writers
from tests.bench.outputs.third.alliance import MARKERS, Row, tables
from tests.bench.outputs.third.analyst import Analyst
from tests.bench.outputs.third.desk import Desk
from tests.bench.outputs.third.facts import Nobody, Rows, changed

WIDE = (
    "participant",
    "age",
    "sex",
    "subtype",
    "stage",
    "ldh_uln",
    "b2m_mg_l",
    "tmtv_ml",
    "os_days",
    "os_event",
)
BARE = WIDE[1:]
MEASURES = ("ldh_uln", "b2m_mg_l", "albumin_g_l", "tmtv_ml", "weight_kg", "rdi", "pfs_days")
OFTEN = "O20"
"""A table with one line a person looks so whatever it is."""


@dataclass(frozen=True)
class Some:
    """Rows of one table, with what was done to each column."""

    grid: Grid
    claim: Rows


def some(
    analyst: Analyst,
    columns: Sequence[str],
    many: int,
    *,
    table: str = "people",
    how: Sequence[str] = (),
    at: Sequence[int] | None = None,
) -> Some:
    """Take rows by chance."""
    source = analyst.drawn[table]
    places = tuple(at or analyst.draw.sample(range(len(source)), many))
    ways = tuple(how or ("same",) * len(columns))
    cells = tuple(
        tuple(changed(source[place][name], way) for name, way in zip(columns, ways, strict=True))
        for place in places
    )
    return Some(Grid(tuple(columns), cells), Rows(table, tuple(columns), places, cells, ways))


def formats(desk: Desk, analyst: Analyst) -> None:
    """L1 and S1: rows, and tables of counts, in every format."""
    safe = analyst.safe()
    for at, (kind, box) in enumerate(writers.TABLES.values()):
        if at % 3 == 2:
            own = some(
                analyst, ("participant", "study_day", "analyte", "value", "unit"), 60, table="labs"
            )
        else:
            own = some(analyst, WIDE if at % 2 else ("enrolled", *BARE), 45 + at)
        seen = f"{OFTEN} O27" if kind in {"log", "lst"} else OFTEN
        desk.lay("L1", kind, box(own.grid), own.claim, rules="O19 O21 O22 O23", seen=seen)
        grid, claims = safe[at % len(safe)]
        desk.lay("S1", kind, box(grid), *claims, seen="O27" if kind in {"log", "lst"} else "")


def disguises(desk: Desk, analyst: Analyst) -> None:
    """L2: other names, other orders, other shapes."""
    draw = analyst.draw

    def lay(kind: str, data: bytes, *claims: Rows, written: bool = True) -> None:
        desk.lay("L2", kind, data, *claims, rules="O19 O21", seen=OFTEN, written=written)

    own = some(analyst, BARE, 80)
    lay("csv", writers.csv(own.grid.named([f"V{n}" for n in range(1, 10)])), own.claim)
    order = draw.sample(BARE, len(BARE))
    own = some(analyst, order, 60)
    lay("xlsx", writers.xlsx(own.grid.named([f"x_{name[:3]}" for name in order])), own.claim)
    own = some(analyst, MEASURES, 120)
    lay("parquet", writers.parquet(own.grid.named([chr(97 + n) for n in range(7)])), own.claim)
    own = some(analyst, MEASURES[:4], 300)
    lay(
        "csv",
        b"\n".join(b",".join(c.encode() for c in row) for row in own.grid.rows) + b"\n",
        own.claim,
    )
    own = some(analyst, MEASURES, 14)
    turned = Grid(
        ("measure", *(f"s{n}" for n in range(14))),
        tuple((name, *own.grid.column(name)) for name in MEASURES),
    )
    lay("csv", writers.csv(turned), own.claim)
    lay("docx", writers.word(turned), own.claim)
    own = some(analyst, (*MEASURES[:5], "age"), 40)
    packed = Grid(
        ("key", "record"), tuple((str(n), "|".join(row)) for n, row in enumerate(own.grid.rows))
    )
    lay("tsv", writers.tsv(packed), own.claim)
    own = some(analyst, (*MEASURES, "age", "sex"), 50)
    halves = {
        "part1": own.grid.pick(MEASURES[:5]),
        "part2": own.grid.pick((*MEASURES[5:], "age", "sex")),
    }
    lay("xlsx", writers.xlsx_bytes(writers.workbook(halves)), own.claim)
    lay("zip", writers.zipped({f"{n}.csv": writers.csv(g) for n, g in halves.items()}), own.claim)
    own = some(analyst, (*MEASURES[:5], "age"), 30)
    long = [
        (str(n), name, cell)
        for n, row in enumerate(own.grid.rows)
        for name, cell in zip(own.grid.columns, row, strict=True)
    ]
    lay("csv", writers.csv(Grid(("record", "item", "result"), tuple(long))), own.claim)
    codes = ["F=0|M=1", "I=1|II=2|III=3|IV=4", "CR=1|PR=2|SD=3|PD=4", "control=0|experimental=1"]
    own = some(
        analyst,
        ("sex", "stage", "response", "arm", *MEASURES[:4]),
        90,
        how=[*(f"map {code}" for code in codes), *["same"] * 4],
    )
    lay("dta", writers.dta(own.grid), own.claim)
    own = some(
        analyst,
        ("participant", *reversed(MARKERS)),
        40,
        table="germline",
        how=["short trial"] + ["same"] * 16,
    )
    lay("tsv", writers.tsv(own.grid), own.claim)


def scales(desk: Desk, analyst: Analyst) -> None:
    """L3: other units, logarithms, ranks of a z-score, whole numbers, days for dates."""

    def lay(kind: str, own: Some, names: Sequence[str], box: Box) -> None:
        desk.lay("L3", kind, box(own.grid.named(names)), own.claim, rules="O19 O21", seen=OFTEN)

    def spread(name: str) -> str:
        column = analyst.people[name]
        return f"shift {column.mean():.6f} {column.std(ddof=0):.6f}"

    four = ("ldh_uln", "b2m_mg_l", "albumin_g_l", "tmtv_ml")
    lay(
        "csv",
        some(analyst, four, 100, how=[spread(name) for name in four]),
        [f"z_{n}" for n in four],
        writers.csv,
    )
    lay(
        "parquet",
        some(analyst, MEASURES, 80, how=["log 4"] * 7),
        [f"log_{n}" for n in MEASURES],
        writers.parquet,
    )
    lay(
        "csv",
        some(analyst, (*four, "age"), 90, how=["times 0.1"] * 4 + ["times 12"]),
        ["ldh", "b2m_dl", "albumin_dl", "tmtv_cl", "age_months"],
        writers.csv,
    )
    lay(
        "xlsx",
        some(
            analyst,
            ("pfs_days", "os_days", "age", "haemoglobin_g_l"),
            90,
            how=["times 0.032854", "times 0.032854", "same", "times 0.1"],
        ),
        ["pfs_months", "os_months", "age", "hb_g_dl"],
        writers.xlsx,
    )
    lay(
        "csv",
        some(analyst, (*MEASURES, "age", "sex", "subtype"), 120, how=["round"] * 7 + ["same"] * 3),
        [*MEASURES, "age", "sex", "subtype"],
        writers.csv_r,
    )
    lay(
        "json",
        some(analyst, ("tmtv_ml", "weight_kg", "os_days", "ldh_uln"), 70, how=["root 5"] * 4),
        ["a", "b", "c", "d"],
        writers.json_records,
    )
    lay("csv", some(analyst, MEASURES[:5], 75, how=["log2 4"] * 5), list(MEASURES[:5]), writers.csv)
    lay(
        "txt",
        some(
            analyst,
            ("enrolled", "os_days", "age", "stage"),
            60,
            how=["days", "same", "same", "same"],
        ),
        ["entry", "fu", "age", "stage"],
        writers.r_txt,
    )
    lay(
        "csv",
        some(
            analyst,
            ("enrolled", "tmtv_ml", "weight_kg", "os_days"),
            55,
            how=["european", "comma", "comma", "same"],
        ),
        ["dato", "volum", "vekt", "dager"],
        writers.csv_semicolon,
    )
    lay("npz", some(analyst, four, 100, how=["shift 0 3.7"] * 4), list(four), _npz)


def _npz(grid: Grid) -> bytes:
    return writers.npz({"X": [[float(cell) for cell in row] for row in grid.rows]})


def strangers(seed: int, many: int) -> list[Row]:
    """Draw people of the same population who are not in the source."""
    return tables(seed + 7_000_003, many)["people"]


def needles(desk: Desk, analyst: Analyst, seed: int) -> None:
    """L4: a few real rows among made-up ones, and among lines of an aggregate."""
    others = Grid(BARE, tuple(tuple(one[n] for n in BARE) for one in strangers(seed, 400)))
    full = (*BARE, *(n for n in MEASURES if n not in BARE))
    more = Grid(full, tuple(tuple(one[n] for n in full) for one in strangers(seed + 1, 300)))
    for kind, box, hay, many in (
        ("csv", writers.csv, others, 1),
        ("csv", writers.csv, more, 5),
        ("parquet", writers.parquet, more, 20),
        ("xlsx", writers.xlsx, more, 1),
        ("txt", writers.txt, others, 5),
        ("json", writers.json_records, more, 20),
        ("sav", writers.sav, more, 5),
    ):
        own = some(analyst, hay.columns, many)
        mixed = [*hay.rows, *own.grid.rows]
        analyst.draw.shuffle(mixed)
        desk.lay(
            "L4", kind, box(Grid(hay.columns, tuple(mixed))), own.claim, rules="O19", seen=OFTEN
        )
    for kind, box in (("csv", writers.csv), ("docx", writers.word), ("md", writers.md)):
        own = some(
            analyst, ("age", "ldh_uln", "b2m_mg_l", "albumin_g_l", "tmtv_ml", "weight_kg"), 1
        )
        desk.lay(
            "L4", kind, box(_with_index_case(analyst, own.grid)), own.claim, rules="O19", seen=""
        )
    shuffled = _shuffled(analyst, full, 300)
    own = some(analyst, full, 20)
    mixed = [*shuffled.rows, *own.grid.rows]
    analyst.draw.shuffle(mixed)
    desk.lay("L4", "csv", writers.csv(Grid(full, tuple(mixed))), own.claim, rules="O19", seen=OFTEN)


def _with_index_case(analyst: Analyst, one: Grid) -> Grid:
    """Means by stage, and under them the patient of the case report."""
    lines = []
    for stage in ("I", "II", "III", "IV"):
        frame = analyst.meet((("stage", "=", stage),))
        lines.append(
            (f"Stage {stage} (mean)", *(f"{frame[name].mean():.1f}" for name in one.columns))
        )
    return Grid(("group", *one.columns), (*lines, ("Index case", *one.rows[0])))


def _shuffled(analyst: Analyst, columns: Sequence[str], many: int) -> Grid:
    people = analyst.drawn["people"]
    rows = [tuple(analyst.draw.choice(people)[name] for name in columns) for _ in range(many)]
    return Grid(tuple(columns), tuple(rows))


def noised(desk: Desk, analyst: Analyst) -> None:
    """L5: noise on every number; scored apart, as copies of one column are."""
    for kind, box, percent in (
        ("csv", writers.csv, 1),
        ("csv", writers.csv, 2),
        ("parquet", writers.parquet, 5),
        ("xlsx", writers.xlsx, 10),
        ("txt", writers.r_txt, 1),
    ):
        own = some(analyst, MEASURES, 100)
        cells = tuple(
            tuple(f"{float(c) * (1 + analyst.draw.gauss(0, percent / 100)):.2f}" for c in row)
            for row in own.grid.rows
        )
        claim = Rows("people", MEASURES, own.claim.at, cells, own.claim.how, percent / 100)
        desk.lay(
            "L5",
            kind,
            box(Grid(MEASURES, cells)),
            claim,
            rules="O19 O20 O21",
            seen=OFTEN,
            apart=True,
        )
    own = some(analyst, ("tmtv_ml",), 400)
    desk.lay(
        "L5", "csv", writers.csv(own.grid), own.claim, rules="O19 O20 O21", seen=OFTEN, apart=True
    )


def made_up(desk: Desk, analyst: Analyst, seed: int) -> None:
    """S5 and S6: columns shuffled or drawn from margins, and fresh people of one population."""
    full = (*BARE, *MEASURES[2:3], "weight_kg", "rdi", "pfs_days")
    for kind, box, many in (
        ("csv", writers.csv, 400),
        ("parquet", writers.parquet, 600),
        ("xlsx", writers.xlsx, 150),
        ("json", writers.json_records, 80),
        ("dta", writers.dta, 300),
    ):
        grid = _shuffled(analyst, full, many)
        desk.lay("S5", kind, box(grid), Nobody("people", full, grid.rows), seen=OFTEN)
    for kind, box in (
        ("csv", writers.csv),
        ("txt", writers.txt),
        ("tsv", writers.tsv),
        ("sqlite", writers.sqlite),
    ):
        grid = _binned(analyst, 200)
        desk.lay("S5", kind, box(grid), Nobody("people", grid.columns, grid.rows), seen=OFTEN)
    for at, (kind, box, many) in enumerate(
        (
            ("csv", writers.csv, 500),
            ("parquet", writers.parquet, 300),
            ("xlsx", writers.xlsx, 100),
            ("txt", writers.r_txt, 40),
            ("sav", writers.sav, 200),
            ("feather", writers.feather, 250),
            ("ndjson", writers.ndjson, 60),
        )
    ):
        fresh = strangers(seed + 11 + at, many)
        grid = Grid(full, tuple(tuple(one[name] for name in full) for one in fresh))
        desk.lay("S6", kind, box(grid), Nobody("people", full, grid.rows), seen=OFTEN)


def _binned(analyst: Analyst, many: int) -> Grid:
    """As a twin from cleared margins: bins first, then a number by chance within."""
    draw = Random(analyst.draw.random())
    rows = []
    for _ in range(many):
        age = draw.choices(range(20, 90, 10), (4, 6, 8, 14, 26, 28, 14))[0] + draw.randrange(10)
        rows.append(
            (
                str(age),
                draw.choice("FM"),
                draw.choice(("I", "II", "III", "IV")),
                f"{draw.uniform(0.5, 3):.3f}",
                f"{draw.uniform(20, 900):.2f}",
                str(draw.randrange(30, 4200)),
            )
        )
    return Grid(("age", "sex", "stage", "ldh_uln", "tmtv_ml", "os_days"), tuple(rows))
