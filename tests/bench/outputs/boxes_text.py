"""[pure] Text formats a table can travel in, each written by hand from a grid."""

import html
import json
from collections.abc import Mapping, Sequence

from tests.bench.outputs.grid import Box, Grid

Plain = str | int | float | None


def plain(cell: str) -> Plain:
    """Give a cell as JSON would hold it."""
    if cell == "":
        return None
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def delimited(grid: Grid, mark: str = ",", end: str = "\n", quote: str = "") -> str:
    """Write lines with a delimiter; a cell that holds it is quoted."""

    def spelled(cell: str) -> str:
        wanted = quote or ('"' if mark in cell or '"' in cell or "\n" in cell else "")
        return f"{wanted}{cell.replace(wanted, wanted * 2)}{wanted}" if wanted else cell

    lines = [mark.join(map(spelled, row)) for row in (grid.columns, *grid.rows)]
    return end.join(lines) + end


def csv(grid: Grid) -> bytes:
    """Plain csv."""
    return delimited(grid).encode()


def decimal_comma(grid: Grid) -> bytes:
    """Semicolons and decimal commas, in Latin-1 with a word that needs it."""
    rows = tuple(tuple(_comma(cell) for cell in row) for row in grid.rows)
    return delimited(Grid(grid.columns, rows), ";", "\r\n").encode("latin-1", "replace")


def _comma(cell: str) -> str:
    return cell.replace(".", ",") if isinstance(plain(cell), float) else cell


def fixed(grid: Grid) -> str:
    """Columns of fixed width, as a data frame prints."""
    widths = [max(len(row[at]) for row in (grid.columns, *grid.rows)) + 2
              for at in range(len(grid.columns))]  # fmt: skip
    lines = ["".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
             for row in (grid.columns, *grid.rows)]  # fmt: skip
    return "\n".join(lines) + "\n"


def markdown(grid: Grid) -> bytes:
    """A pipe table under a heading."""
    rows = [grid.columns, tuple("---" for _ in grid.columns), *grid.rows]
    return ("# Table 2\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n").encode()


def records(grid: Grid) -> list[dict[str, Plain]]:
    """One object a row."""
    return [dict(zip(grid.columns, map(plain, row), strict=True)) for row in grid.rows]


def json_records(grid: Grid) -> bytes:
    """An array of objects inside an object."""
    return json.dumps({"title": "table", "data": records(grid)}).encode()


def json_columns(grid: Grid) -> bytes:
    """An object of columns."""
    columns = {name: [plain(cell) for cell in grid.column(name)] for name in grid.columns}
    return json.dumps(columns).encode()


def ndjson(grid: Grid) -> bytes:
    """One object a line."""
    return "".join(json.dumps(row) + "\n" for row in records(grid)).encode()


def html_table(grid: Grid, style: str = "") -> str:
    """A table element."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in grid.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>\n"
        for row in grid.rows
    )
    return f"<table{style}><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def page(body: str, head: str = "") -> bytes:
    """A whole HTML page."""
    start = f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Report</title>{head}</head>'
    return f"{start}\n<body><h1>Report</h1>\n{body}\n</body></html>\n".encode()


def html_script(grid: Grid) -> bytes:
    """A chart whose data lie in a script element, as plotting libraries write them."""
    trace = {name: [plain(cell) for cell in grid.column(name)] for name in grid.columns}
    data = json.dumps([{"type": "scatter", "customdata": trace}])
    return page(f'<div id="c"></div><script type="application/json" id="d">{data}</script>')


def html_attribute(grid: Grid) -> bytes:
    """Data in an attribute of an element, as table widgets keep them."""
    data = html.escape(json.dumps(records(grid)))
    return page(f'<div class="datatables" data-rows="{data}">table</div>')


def latex(grid: Grid) -> bytes:
    """A tabular."""
    rows = " \\\\\n".join(" & ".join(row) for row in (grid.columns, *grid.rows)).replace("_", "\\_")
    width = "l" * len(grid.columns)
    return f"\\begin{{tabular}}{{{width}}}\n{rows} \\\\\n\\end{{tabular}}\n".encode()


def log(grid: Grid) -> bytes:
    """A log in which the frame was printed."""
    return (
        "2026-03-01 10:00:01 INFO start of the analysis\n"
        f"2026-03-01 10:00:02 INFO frame:\n{fixed(grid)}"
        "2026-03-01 10:00:09 INFO done\n"
    ).encode()


def log_lines(grid: Grid) -> bytes:
    """A log with one record a line, between its own words."""
    lines = [
        f"2026-03-01 10:00:{at % 60:02d} DEBUG row " + " ".join(
            f"{name}={cell}" for name, cell in zip(grid.columns, row, strict=True)
        )
        for at, row in enumerate(grid.rows)
    ]  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


def yaml(grid: Grid) -> bytes:
    """A list of mappings."""
    items = [
        "\n".join(
            f"{'- ' if not at else '  '}{name}: {cell or 'null'}"
            for at, (name, cell) in enumerate(zip(grid.columns, row, strict=True))
        )
        for row in grid.rows
    ]
    return ("\n".join(items) + "\n").encode()


def xml(grid: Grid) -> bytes:
    """One element a row, one attribute a cell."""
    rows = "\n".join(
        "<row " + " ".join(
            f'{name}="{html.escape(cell)}"'
            for name, cell in zip(grid.columns, row, strict=True)
        ) + "/>"
        for row in grid.rows
    )  # fmt: skip
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rows>\n{rows}\n</rows>\n'.encode()


def rtf(grid: Grid) -> bytes:
    """A word processor's rich text."""
    rows = "\n".join("\\trowd " + "\\cell ".join(row) + "\\cell\\row" for row in
                     (grid.columns, *grid.rows))  # fmt: skip
    return ("{\\rtf1\\ansi\n" + rows + "\n}").encode()


def sql(grid: Grid) -> bytes:
    """Insert statements."""
    lines = [
        f"INSERT INTO t ({', '.join(grid.columns)}) VALUES ({', '.join(map(_literal, row))});"
        for row in grid.rows
    ]
    return ("\n".join(lines) + "\n").encode()


def _literal(cell: str) -> str:
    value = plain(cell)
    return "NULL" if value is None else cell if not isinstance(value, str) else f"'{cell}'"


def python(grid: Grid) -> bytes:
    """A program with the data as a literal."""
    return f'"""Figure 1."""\n\nDATA = {records(grid)!r}\n\nprint(len(DATA))\n'.encode()


def r_code(grid: Grid) -> bytes:
    """An R program with the data as vectors."""
    columns = ",\n  ".join(
        f"{name} = c({', '.join(_r_literal(cell) for cell in grid.column(name))})"
        for name in grid.columns
    )
    return f"# figure 1\nd <- data.frame(\n  {columns}\n)\nplot(d)\n".encode()


def _r_literal(cell: str) -> str:
    value = plain(cell)
    return "NA" if value is None else f'"{cell}"' if isinstance(value, str) else cell


def notebook(
    outputs: Sequence[Mapping[str, object]], source: str = "table", **more: object
) -> bytes:
    """A notebook of one code cell."""
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": [source],
            "outputs": list(outputs)}  # fmt: skip
    value = {"nbformat": 4, "nbformat_minor": 5, "cells": [cell], "metadata": {}, **more}
    return json.dumps(value).encode()


def shown(bundle: Mapping[str, object]) -> dict[str, object]:
    """An output with its bundle of media."""
    return {"output_type": "display_data", "metadata": {}, "data": dict(bundle)}


def ipynb_html(grid: Grid) -> bytes:
    """A frame shown in HTML and text."""
    return notebook([shown({"text/html": html_table(grid), "text/plain": fixed(grid)})])


def ipynb_stream(grid: Grid) -> bytes:
    """A frame printed."""
    return notebook([{"output_type": "stream", "name": "stdout", "text": fixed(grid)}])


def ipynb_source(grid: Grid) -> bytes:
    """A frame pasted into a cell."""
    return notebook([], f'data = """\n{delimited(grid)}"""')


def ipynb_widget(grid: Grid) -> bytes:
    """A table widget's state in the notebook's metadata."""
    state = {"w1": {"model_name": "DataGridModel", "model_module": "x", "model_module_version": "1",
                    "state": {"_data": records(grid)}}}  # fmt: skip
    kept = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}}
    return notebook([], metadata={"widgets": kept})


def ipynb_metadata(grid: Grid) -> bytes:
    """Rows in the notebook's own metadata."""
    return notebook([], metadata={"papermill": {"parameters": {"rows": records(grid)}}})


def ipynb_error(grid: Grid) -> bytes:
    """Rows in the trace of an error."""
    trace = ["ValueError: bad rows", fixed(grid)]
    return notebook(
        [{"output_type": "error", "ename": "ValueError", "evalue": "bad rows", "traceback": trace}]
    )


def _encoded(encoding: str, mark: str = ",") -> Box:
    return lambda grid: delimited(grid, mark).encode(encoding)


TEXT_BOXES: Mapping[str, tuple[str, Box]] = {
    "csv": ("csv", csv),
    "csv-crlf-quoted": ("csv", lambda grid: delimited(grid, ",", "\r\n", '"').encode()),
    "csv-bom": ("csv", _encoded("utf-8-sig")),
    "csv-utf16": ("csv", _encoded("utf-16")),
    "csv-decimal-comma": ("csv", decimal_comma),
    "csv-semicolon": ("csv", _encoded("utf-8", ";")),
    "tsv": ("tsv", _encoded("utf-8", "\t")),
    "txt-pipes": ("txt", _encoded("utf-8", "|")),
    "txt-fixed": ("txt", lambda grid: fixed(grid).encode()),
    "md": ("md", markdown),
    "json-records": ("json", json_records),
    "json-columns": ("json", json_columns),
    "ndjson": ("ndjson", ndjson),
    "html": ("html", lambda grid: page(html_table(grid))),
    "tex": ("tex", latex),
    "yaml": ("yaml", yaml),
    "xml": ("xml", xml),
    "rtf": ("rtf", rtf),
    "sql": ("sql", sql),
}  # fmt: skip
"""Open text formats: family L1."""

NOTEBOOK_BOXES: Mapping[str, tuple[str, Box]] = {
    "ipynb-html": ("ipynb", ipynb_html),
    "ipynb-stream": ("ipynb", ipynb_stream),
    "ipynb-source": ("ipynb", ipynb_source),
    "ipynb-widget": ("ipynb", ipynb_widget),
    "ipynb-metadata": ("ipynb", ipynb_metadata),
    "ipynb-error": ("ipynb", ipynb_error),
}
"""Places in a notebook: family L7."""

REPORT_BOXES: Mapping[str, tuple[str, Box]] = {
    "html-script": ("html", html_script),
    "html-attribute": ("html", html_attribute),
    "html-hidden": ("html", lambda grid: page(
        "<p>Nothing to see.</p>" + html_table(grid, ' style="display:none"'))),
    "html-comment": ("html", lambda grid: page(f"<p>Fine.</p><!--\n{delimited(grid)}-->")),
}  # fmt: skip
"""Places in an HTML report: family L8."""

CODE_BOXES: Mapping[str, tuple[str, Box]] = {
    "log-frame": ("log", log),
    "log-lines": ("log", log_lines),
    "py": ("py", python),
    "r": ("R", r_code),
}
"""Logs and programs: family L10."""
