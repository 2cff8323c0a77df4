"""One table of counts in the many shapes in which programs and papers print it."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import docx
import openpyxl
import pandas as pd
import yaml

from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third import writers
from tests.bench.outputs.third.analyst import Cross, named

Layout = Callable[[Cross], bytes]


def _spans(grid: Grid) -> list[int]:
    return [max(len(cell) for cell in (name, *grid.column(name))) for name in grid.columns]


def percents(own: Cross, sign: str = "{n} ({p})") -> Grid:
    """Write n (%) of the column, as Table 1 of a paper."""
    sums = {c: sum(own.counts[r, c] for r in own.rows) for c in own.columns}
    heads = (own.by[0], *(f"{named(c)} (N={sums[c]})" for c in own.columns))
    lines = [
        (
            named(r),
            *(
                sign.format(n=own.counts[r, c], p=f"{100 * own.counts[r, c] / sums[c]:.1f}")
                for c in own.columns
            ),
        )
        for r in own.rows
    ]
    return Grid(heads, tuple(lines))


def r_table(own: Cross) -> bytes:
    """As R prints `addmargins(table(d$a, d$b))`."""
    grid = own.grid()
    spans = _spans(Grid(("", *grid.columns[1:]), grid.rows))
    lines = [
        f"> addmargins(table(d${own.by[0]}, d${own.by[1]}))",
        " " * spans[0],
        *(
            " ".join([row[0].ljust(spans[0]), *map(str.rjust, row[1:], spans[1:])])
            for row in (("", *grid.columns[1:]), *grid.rows)
        ),
    ]
    return ("\n".join(lines) + "\n").encode()


def stata_tabulate(own: Cross) -> bytes:
    """As Stata logs `tabulate a b, column`."""
    grid = own.grid()
    line = "-" * 11 + "+" + "-" * (13 * (len(grid.columns) - 1))
    sums = grid.rows[-1][1:]
    lines = [
        f". tabulate {own.by[0]} {own.by[1]}, column",
        "",
        f"{own.by[0]:>10} |" + "".join(f"{name[:11]:>12} " for name in grid.columns[1:]),
        line,
    ]
    for row in grid.rows:
        lines.append(f"{row[0]:>10} |" + "".join(f"{cell:>12} " for cell in row[1:]))
        shares = (f"{100 * int(n) / int(s):.2f}" for n, s in zip(row[1:], sums, strict=True))
        lines += [" " * 10 + " |" + "".join(f"{one:>12} " for one in shares), line]
    return "\n".join([*lines, "", ". ", ""]).encode()


def sas_freq(own: Cross) -> bytes:
    """As SAS lists `proc freq; tables a*b / nocol nopercent;`."""
    grid = own.grid()
    lines = [
        "                          The FREQ Procedure",
        "",
        f"                     Table of {own.by[0]} by {own.by[1]}",
        "",
        f"{own.by[0]:<12}{own.by[1]}",
        "",
        "Frequency|",
    ]
    lines += ["Row Pct  |" + "|".join(f"{name[:8]:<8}" for name in grid.columns[1:-1]) + "|  Total"]
    rule = "---------+" + "--------+" * (len(grid.columns) - 2)
    for row in grid.rows:
        lines += [
            rule,
            f"{row[0]:<9}|" + " |".join(f"{n:>7}" for n in row[1:-1]) + f" | {row[-1]:>6}",
        ]
        if row[0] != "Total":
            shares = (f"{100 * int(n) / int(row[-1]):.2f}" for n in row[1:-1])
            lines.append(" " * 9 + "|" + " |".join(f"{one:>7}" for one in shares) + " |")
    return "\n".join([*lines, ""]).encode()


def html_pivot(own: Cross) -> bytes:
    """Two heads over each other, cells that span."""
    heads = "".join(f"<th>{named(c)}</th>" for c in own.columns)
    body = "".join(
        f'<tr><th scope="row">{named(r)}</th>'
        + "".join(f"<td>{own.counts[r, c]}</td>" for c in own.columns)
        + "</tr>\n"
        for r in own.rows
    )
    return (
        f'<!DOCTYPE html><html><body><table><caption>Patients</caption><thead><tr><th rowspan="2">'
        f'{own.by[0]}</th><th colspan="{len(own.columns)}">{own.by[1]}, n</th></tr><tr>{heads}</tr>'
        f"</thead><tbody>{body}</tbody></table></body></html>\n"
    ).encode()


def xlsx_merged(own: Cross) -> bytes:
    """A title over merged cells, two heads, and a note below."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["Table 2. Number of patients"])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(own.columns) + 1)
    sheet.append([own.by[0], own.by[1]])
    sheet.append(["", *map(named, own.columns)])
    for r in own.rows:
        sheet.append([named(r), *(own.counts[r, c] for c in own.columns)])
    sheet.append([])
    sheet.append(["Data cut: March 2026"])
    return writers.xlsx_bytes(book)


def nested(own: Cross) -> dict[str, dict[str, int]]:
    """Counts as a tree."""
    return {named(r): {named(c): own.counts[r, c] for c in own.columns} for r in own.rows}


def prose(own: Cross) -> bytes:
    """As the results of a paper tell it."""
    said = ["Results", "", "Patients were distributed as follows."]
    for r in own.rows:
        whole = sum(own.counts[r, c] for c in own.columns)
        tell = " and ".join(
            f"{own.counts[r, c]} patients had {own.by[1]} {named(c)}" for c in own.columns
        )
        said.append(f"Of {whole} patients with {own.by[0]} {named(r)}, {tell}.")
    return ("\n".join(said) + "\n").encode()


def word_percent(own: Cross) -> bytes:
    """A sentence, then Table 1 in Word."""
    grid = percents(own)
    made = docx.Document()
    made.add_paragraph("Table 1. Characteristics of the patients; values are n (%).")
    table = made.add_table(rows=0, cols=len(grid.columns))
    for row in (grid.columns, *grid.rows):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    return writers.docx_bytes(made)


def notebook_crosstab(own: Cross) -> bytes:
    """What `pd.crosstab` shows in a notebook."""
    frame = pd.DataFrame(nested(own)).T
    frame.index.name, frame.columns.name = own.by
    source = f"pd.crosstab(df.{own.by[0]}, df.{own.by[1]})"
    shown = writers.said(text_plain=frame.to_string(), text_html=frame.to_html())
    return writers.notebook([writers.code_cell(1, source, shown)])


def pandas_groupby(own: Cross) -> bytes:
    """What `groupby().size()` prints."""
    lines = [f"{own.by[0]:<10} {own.by[1]}"]
    for r in own.rows:
        for at, c in enumerate(own.columns):
            lines.append(f"{named(r) if not at else '':<10} {named(c):<14} {own.counts[r, c]:>6}")
    return ("\n".join([*lines, "dtype: int64", ""])).encode()


def packed_csv(own: Cross) -> bytes:
    """Table 1 as a csv with n and % in one cell and the heads as rows."""
    out = io.StringIO()
    out.write(
        f"Characteristic,{','.join(f'{named(c)} n (%)' for c in own.columns)}\n{own.by[0]},,\n"
    )
    for row in percents(own, "{n} ({p}%)").rows:
        out.write("  " + ",".join(row) + "\n")
    return out.getvalue().encode()


LAYOUTS: Mapping[str, tuple[str, Layout]] = {
    "wide": ("csv", lambda own: writers.csv(own.grid())),
    "long": ("csv", lambda own: writers.csv(own.long())),
    "no total": ("tsv", lambda own: writers.tsv(own.grid(total=False))),
    "packed": ("csv", packed_csv),
    "R": ("txt", r_table),
    "Stata": ("log", stata_tabulate),
    "SAS": ("lst", sas_freq),
    "LaTeX": ("tex", lambda own: writers.tex(percents(own, "{n} ({p}%)"))),
    "html": ("html", html_pivot),
    "markdown": ("md", lambda own: writers.md(percents(own))),
    "Word": ("docx", word_percent),
    "Excel": ("xlsx", xlsx_merged),
    "json": (
        "json",
        lambda own: json.dumps({"by": own.by, "counts": nested(own)}, indent=2).encode(),
    ),
    "yaml": (
        "yaml",
        lambda own: yaml.safe_dump({"patients": nested(own)}, sort_keys=False).encode(),
    ),
    "prose": ("txt", prose),
    "notebook": ("ipynb", notebook_crosstab),
    "groupby": ("txt", pandas_groupby),
    "Calc": ("ods", lambda own: writers.ods(own.grid())),
    "parquet": ("parquet", lambda own: writers.parquet(own.long("patients"))),
}
CODED = frozenset({"log", "lst"})
