"""[pure] Gro works with genotypes and registers: families 13 and 16 of both sides."""

from collections import Counter
from random import Random

from tests.bench.outputs.fifth import office, writers
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.screening import MARKERS
from tests.bench.outputs.fifth.study import FOUND, Picks, Study
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import CHECKS, Alleles, Numbers, Outside

_ROWS = "O19 O21 O33"
_PLACES = (
    17_041_233,
    31_862_116,
    48_630_502,
    102_553_190,
    7_120_944,
    61_377_218,
    90_004_871,
    5_511_302,
)


def lay(desk: Desk, study: Study, picks: Picks) -> None:
    """All of Gro's files."""
    _genotypes(desk, picks)
    _counts(desk, study)
    _numbers(desk, study)


def _genotypes(desk: Desk, picks: Picks) -> None:
    names = ("screenee", *MARKERS)
    rows, claim = picks.rows("screened", names, 60)
    desk.lay("L16", "vcf", _vcf(rows), claim, rules=f"{_ROWS} O22", written=False)
    rows, claim = picks.rows("screened", names, 80)
    lines = "".join(
        f"{row[0]} {row[0]} 0 0 0 -9 " + " ".join(_pair(dose) for dose in row[1:]) + "\n"
        for row in rows.rows
    )
    desk.lay("L16", "ped", lines.encode(), claim, rules=f"{_ROWS} O22", written=False)
    rows, claim = picks.rows("screened", names, 300)
    desk.lay("L16", "csv", writers.csv(rows), claim, rules=f"{_ROWS} O22")
    rows, claim = picks.rows("screened", names, 120)
    desk.lay("L16", "bed", _bed(rows), claim, rules=_ROWS, written=False)
    rows, claim = picks.rows("screened", names, 50)
    turned = Grid(
        ("snp", *rows.column("screenee")),
        tuple((one, *(f"{float(dose):.2f}" for dose in rows.column(one))) for one in MARKERS),
    )
    desk.lay("L16", "tsv", writers.csv(turned, "\t"), claim, rules=f"{_ROWS} O22")


def _vcf(rows: Grid) -> bytes:
    calls = {"0": "0/0", "1": "0/1", "2": "1/1"}
    head = (
        "##fileformat=VCFv4.2\n##contig=<ID=3>"
        "\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
    )
    lines = "".join(
        f"3\t{at}\t{name}\tG\tA\t.\tPASS\t.\tGT\t"
        + "\t".join(calls[one] for one in rows.column(name))
        + "\n"
        for name, at in zip(MARKERS, _PLACES, strict=True)
    )
    return (head + "\t".join(rows.column("screenee")) + "\n" + lines).encode()


def _pair(dose: str) -> str:
    return {"0": "G G", "1": "G A", "2": "A A"}[dose]


def _bed(rows: Grid) -> bytes:
    """Marker by marker, four people a byte."""
    codes = {"0": 3, "1": 2, "2": 0}
    out = bytearray(b"\x6c\x1b\x01")
    for name in MARKERS:
        doses = [codes[one] for one in rows.column(name)]
        for at in range(0, len(doses), 4):
            out.append(sum(code << 2 * n for n, code in enumerate(doses[at : at + 4])))
    return bytes(out)


def _counts(desk: Desk, study: Study) -> None:
    lines, claims = [], []
    for name in MARKERS:
        doses = Counter(study.people[name])
        counts = (doses["0"], doses["1"], doses["2"])
        claims.append(Alleles(name, counts))
        n = sum(counts)
        lines.append(
            (
                name,
                "3",
                "G",
                "A",
                str(n),
                *map(str, counts),
                f"{(counts[1] + 2 * counts[2]) / (2 * n):.3f}",
            )
        )
    grid = Grid(("snp", "chr", "ref", "alt", "n", "n_GG", "n_GA", "n_AA", "freq_A"), tuple(lines))
    desk.lay("S16", "csv", writers.csv(grid), *claims)
    desk.lay("S16", "xlsx", office.xlsx(grid, "Genotype counts"), *claims)
    table = writers.html_table(grid, "Genotypes of those screened")
    desk.lay("S16", "html", writers.page("Markers", table), *claims)
    results = []
    fits = [study.fit("linear", (), "igg", (name, "age")) for name in MARKERS]
    for name, at, fit in zip(MARKERS, _PLACES, fits, strict=True):
        results.append(
            (
                name,
                "3",
                str(at),
                "A",
                str(fit.n),
                f"{fit.estimates[1]:.4f}",
                f"{fit.errors[1]:.4f}",
                f"{fit.p(1):.3f}",
            )
        )
    told = Grid(("SNP", "CHR", "BP", "EA", "N", "BETA", "SE", "P"), tuple(results))
    desk.lay("S16", "tsv", writers.csv(told, "\t"), *(fit.claim() for fit in fits), written=False)


def _bsn(dice: Random) -> str:
    while True:
        first = [dice.randint(1, 9), *(dice.randint(0, 9) for _ in range(7))]
        check = sum(own * weight for own, weight in zip(first, range(9, 1, -1), strict=True)) % 11
        if check < 10:
            return "".join(map(str, [*first, check]))


def _dni(dice: Random) -> str:
    number = dice.randint(10_000_000, 79_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _pesel(dice: Random) -> str:
    born = dice.randint(32, 80), dice.randint(1, 12), dice.randint(1, 28)
    first = "".join(f"{one:02d}" for one in born) + f"{dice.randint(0, 9999):04d}"
    weighted = sum(
        int(one) * weight for one, weight in zip(first, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True)
    )
    return f"{first}{-weighted % 10}"


def _mail(dice: Random) -> str:
    first = dice.choice(("anna", "jon", "sigga", "karl", "vala"))
    last = dice.choice(("berg", "dal", "holm", "vik")) + "".join(dice.sample("abcdefgh", 2))
    return f"{first}.{last}@post.example.org"


def _numbers(desk: Desk, study: Study) -> None:
    dice = Random(f"numbers {study.tables.seed}")
    for kind, make, form in (("bsn", _bsn, "csv"), ("dni", _dni, "xlsx"), ("pesel", _pesel, "log")):
        values = tuple(make(dice) for _ in range(30))
        grid = Grid(
            ("order", "reference", "tube"),
            tuple((str(n), one, dice.choice("ABC")) for n, one in enumerate(values, 1)),
        )
        log = "".join(f"INFO reminder sent to {one}\n" for one in values)
        data = {"csv": writers.csv(grid), "xlsx": office.xlsx(grid), "log": log.encode()}[form]
        desk.lay(
            "L13",
            form,
            data,
            Numbers(kind, values, True),
            rules="O22",
            seen="O27" if form == "log" else "",
        )
    letters = tuple(_mail(dice) for _ in range(20))
    text = "\n".join(f"- {one} asked for the leaflet" for one in letters)
    desk.lay("L13", "md", text.encode(), Numbers("mail", letters, True), rules="O22 O23")
    for kind, width, form in (("bsn", 9, "csv"), ("nhs", 10, "tsv"), ("pesel", 11, "xlsx")):
        while True:
            values = tuple(str(dice.randint(10 ** (width - 1), 10**width - 1)) for _ in range(40))
            if sum(map(CHECKS[kind], values)) <= 0.3 * len(values):
                break
        claim = Numbers(kind, values, False)
        grid = Grid(
            ("batch", "catalogue_number"),
            tuple((f"lot {n % 4}", one) for n, one in enumerate(values)),
        )
        data = (
            office.xlsx(grid)
            if form == "xlsx"
            else writers.csv(grid, "," if form == "csv" else "\t")
        )
        desk.lay("S13", form, data, claim, Outside("catalogue numbers of reagents"))
    found = study.count((FOUND,))
    text = (
        "Trial registration NCT03327597, ethics 16-022, grant 825749. Of those "
        f"screened, {found} had an M protein."
    )
    desk.lay("S13", "md", text.encode(), study.counted((FOUND,)))
