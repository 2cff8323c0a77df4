"""Cut the tables in source/ for programs that read no quoted commas, and for Weka."""

import csv
from pathlib import Path

SOURCE = Path("source")
_NOMINAL = {"unit", "gender", "condition", "tongue", "doing", "blood_group", "chelator",
            "spleen_out", "stroke", "ulcer"}  # fmt: skip


def main() -> None:
    """Write them beside the tables."""
    with (SOURCE / "persons.csv").open() as opened:
        rows = [row[:-1] for row in csv.reader(opened)]
    kept("persons_plain.csv", rows)
    kept("lepore_plain.csv", [rows[0], *(r for r in rows[1:] if r[5] == "Hb Lepore" and r[17])])
    kept("persons_short.csv", [[r[i] for i in (1, 2, 4, 5, 16, 17, 20, 31)] for r in rows])
    people = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    three = [r for r in people if r["unit"] in {"Gorsebank", "Harbourside", "Fernhill"}]
    numeric = ("age", "weight_kg", "bags_year", "ferritin", "hb")
    arff("weka", ("condition", "chelator", "age", "hb", "ferritin", "stroke"), three, people)
    arff("weka_spleen", ("condition", "gender", "age", "bags_year", "spleen_out"), people, people)
    arff("weka_numeric", numeric, people, people)
    arff("weka_test", numeric, people[200:240], people)
    arff("weka_plain", ("gender", "blood_group", "spleen_out"), people, people)
    arff("weka_nominal", ("condition", "tongue", "blood_group", "chelator"),
         [r for r in people if r["unit"] == "Elmstead"], people)  # fmt: skip
    for row in people:
        row["stroke"] = "no" if row["chelator"] == "none" else "yes"
    arff("weka_large", ("age", "bags_year", "gender", "spleen_out", "stroke"), people, people)
    path = SOURCE / "weka_large.arff"
    path.write_text(path.read_text().replace("attribute stroke", "attribute chelated"))


def kept(name: str, rows: list[list[str]]) -> None:
    """Write rows as csv."""
    with (SOURCE / name).open("w", newline="") as opened:
        csv.writer(opened, lineterminator="\n").writerows(rows)


def arff(name: str, columns: tuple[str, ...], rows: list[dict[str, str]],
         every: list[dict[str, str]]) -> None:  # fmt: skip
    """Write a table of Weka; the words of a column are those of all people."""
    lines = ["@relation daycare", ""]
    for one in columns:
        words = ",".join(f"'{own}'" for own in sorted({row[one] for row in every}))
        lines.append(f"@attribute {one} " + (f"{{{words}}}" if one in _NOMINAL else "numeric"))
    lines += ["", "@data"]
    for row in rows:
        cells = [f"'{row[one]}'" if one in _NOMINAL else row[one] or "?" for one in columns]
        lines.append(",".join(cells))
    (SOURCE / f"{name}.arff").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
