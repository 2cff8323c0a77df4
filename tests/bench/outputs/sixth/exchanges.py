"""[pure] Tables of counts in files that another program reads."""

import json
from html import escape

import yaml

from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.writers import csv
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.sixth.markups import page, table
from tests.bench.outputs.sixth.study import Cross, Tally, said, title


def api(cross: Cross) -> bytes:
    """The answer of a service: a query, a page of cells, links."""
    body = {
        "status": "ok", "apiVersion": "1.4.2",
        "query": {"rows": cross.row, "columns": cross.column, "filter": said(cross.where)},
        "result": {"cells": [{"row": r, "column": c, "persons": n} for r, c, n in cross.cells()],
                   "total": cross.total},
        "page": {"number": 1, "size": 50},
    }  # fmt: skip
    return json.dumps(body, indent=2).encode()


def yaml_nested(cross: Cross) -> bytes:
    """Results as settings of a report: a mapping in a mapping."""
    nested = {side: dict(zip(cross.heads, own, strict=True)) for side, own in cross.lines}
    body = {"table": {"title": cross.title, "population": said(cross.where), "n": nested}}
    return yaml.safe_dump(body, sort_keys=False).encode()


def prism(cross: Cross) -> bytes:
    """A project of GraphPad Prism: a column of subcolumns for each group."""
    rows = "".join(f"<d>{escape(side)}</d>" for side in cross.sides)
    columns = ""
    for at, head in enumerate(cross.heads):
        cells = "".join(f"<d>{own[at]}</d>" for own in cross.counts)
        columns += (
            f'<YColumn Width="81" Decimals="0" Subcolumns="1"><Title>{escape(head)}</Title>'
            f"<Subcolumn>{cells}</Subcolumn></YColumn>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<GraphPadPrismFile PrismXMLVersion="5.00">'
        '<Created><OriginalVersion CreatedByProgram="GraphPad Prism" CreatedByVersion="9.5.1"/>'
        '</Created><Table ID="Table0" XFormat="none" TableType="Contingency"><Title>'
        f"{escape(cross.title)}, {escape(said(cross.where))}, number of people</Title>"
        f"<RowTitlesColumn><Subcolumn>{rows}</Subcolumn></RowTitlesColumn>{columns}</Table>"
        "</GraphPadPrismFile>\n"
    ).encode()


def sql(cross: Cross) -> bytes:
    """A table that a report's database is filled with."""
    rows = ",\n".join(f"  ('{side}', '{head}', {n})" for side, head, n in cross.cells())
    return (
        f"-- {cross.title}; {said(cross.where)}\nCREATE TABLE report_counts ({cross.row} text, "
        f"{cross.column} text, persons integer);\nINSERT INTO report_counts VALUES\n{rows};\n"
    ).encode()


def redcap(cross: Cross) -> bytes:
    """A report that REDCap exports: every cell quoted, names of variables and labels."""
    rows = [(f"{cross.row}___{n}", side, head, str(count))
            for n, (side, head, count) in enumerate(cross.cells(), 1)]  # fmt: skip
    heads = ("field_name", cross.row, cross.column, "n_records_persons")
    return (
        "\r\n".join(",".join(f'"{one}"' for one in row) for row in (heads, *rows)) + "\r\n"
    ).encode()


def wide_csv(cross: Cross) -> bytes:
    """A wide table, names of columns joined as a pivot of tidyr joins them."""
    heads = (cross.row, *(f"n_{head.replace(' ', '_')}" for head in cross.heads))
    return csv(Grid(heads, tuple((side, *map(str, own)) for side, own in cross.lines)))


def tsv_totals(cross: Cross) -> bytes:
    """Tabs, a title, a blank line, totals at both ends."""
    head = f"{cross.title}\tpopulation: {said(cross.where)}\n\n"
    return head.encode() + csv(cross.grid(cross.row, "All"), "\t")


def pivot(cross: Cross) -> bytes:
    """A sheet as a pivot table looks when it is pasted as values."""
    heads = ["Row Labels", *cross.heads, "Grand Total"]
    rows = [[f"{name}", value] for name, _, value in cross.where]
    rows += [[], [f"Count of {cross.row}", "Column Labels"], heads]
    rows += [[side, *map(str, own), str(sum(own))] for side, own in cross.lines]
    rows.append(["Grand Total", *map(str, cross.down), str(cross.total)])
    return office.workbook({"Pivot": office.sheet(rows)})


def forest_input(cross: Cross) -> bytes:
    """Input of a meta-analysis: events and total by site and arm, of the first two columns."""
    rows = []
    for side, own in cross.lines:
        rows.append((side, str(own[-1]), str(sum(own)), str(own[0])))
    return csv(
        Grid(("study", f"event_{cross.heads[-1]}", "n", f"no_event_{cross.heads[0]}"), tuple(rows))
    )


def flow(tally: Tally) -> bytes:
    """A flow chart in Graphviz: everybody above, a box for each level."""
    out = ["digraph consort {", "  node [shape=box];",
           f'  all [label="{said(tally.where)}\\nn = {tally.total}"];']  # fmt: skip
    for at, (level, count) in enumerate(tally.counts):
        out.append(
            f'  b{at} [label="{title(tally.column)}: {level}\\nn = {count}"];\n  all -> b{at};'
        )
    return ("\n".join([*out, "}"]) + "\n").encode()


def sentence(tally: Tally) -> bytes:
    """A paragraph of results."""
    parts = [
        f"{count} ({100 * count / tally.total:.1f} %) {level}" for level, count in tally.counts
    ]
    return (
        f"## Results\n\nOf {tally.total} people ({said(tally.where)}), by "
        f"{title(tally.column).lower()}: {', '.join(parts)}. Analyses were run in version 4.4.1.\n"
    ).encode()


def frequencies(tally: Tally) -> bytes:
    """jamovi's frequencies as a page."""
    rows, run = [], 0
    for level, count in tally.counts:
        run += count
        shares = (f"{100 * n / tally.total:.1f} %" for n in (count, run))
        rows.append((level, str(count), *shares))
    heads = (tally.column, "Counts", "% of Total", "Cumulative %")
    body = f"<h1>Frequencies</h1><p>{escape(said(tally.where))}</p>{table(heads, rows)}"
    return page("Results", body)
