"""[pure] Tables of counts as reports, papers and office files show them."""

import io
from collections.abc import Sequence
from html import escape
from typing import Any

import docx
from docx.shared import Pt

from tests.bench.outputs.fifth import office
from tests.bench.outputs.fifth.writers import again, mail, pdf
from tests.bench.outputs.sixth.consoles import aligned
from tests.bench.outputs.sixth.study import Baseline, Cross, said, title


def page(name: str, body: str, style: str = "") -> bytes:
    """A page without a script."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(name)}</title><style>{style}</style></head>\n<body>\n{body}\n</body></html>\n"
    ).encode()


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A page's plain table."""
    return f"<table>{rows_of([heads], 'th')}{rows_of(rows)}</table>"


def rows_of(table: Sequence[Sequence[str]], cell: str = "td", side: str = "th") -> str:
    """Rows of a page's table, the first cell of each a header."""
    return "\n".join(
        f"<tr><{side}>{escape(row[0])}</{side}>"
        + "".join(f"<{cell}>{escape(one)}</{cell}>" for one in row[1:])
        + "</tr>"
        for row in table
    )


def great_table(cross: Cross) -> bytes:
    """As great_tables writes it: a spanner above the columns, a note at the foot."""
    grid = cross.grid(title(cross.row))
    span = len(cross.heads)
    body = (
        '<div id="gt"><table class="gt_table"><thead><tr class="gt_heading">'
        f'<td colspan="{span + 1}" class="gt_title">{escape(cross.title)}</td></tr>'
        '<tr class="gt_col_headings"><th></th>'
        f'<th class="gt_spanner" colspan="{span}">{escape(title(cross.column))}</th></tr>'
        f"{rows_of([grid.columns], 'th')}</thead>\n"
        f'<tbody class="gt_table_body">{rows_of(grid.rows)}</tbody><tfoot><tr><td class='
        f'"gt_sourcenote" colspan="{span + 1}">{escape(said(cross.where))}</td></tr></tfoot>'
        "</table></div>"
    )
    return page(cross.title, body, ".gt_table { font-family: sans-serif }")


def quarto(cross: Cross) -> bytes:
    """A report of Quarto: prose, a figure-like table with caption, percent and n in one cell."""
    rows = []
    for side, own in cross.lines:
        rows.append([side, *(f"{n} / {sum(own)} ({100 * n / sum(own):.0f}%)" for n in own)])
    prose = f"<p>We looked at {escape(said(cross.where))} ({cross.total} people).</p>"
    body = (
        '<div id="tbl-one" class="quarto-float quarto-figure"><figure><figcaption>Table&nbsp;1: '
        f"{escape(cross.title)}</figcaption><table class='caption-top table table-sm'><thead>"
        f"{rows_of([[cross.row, *cross.heads]], 'th')}</thead><tbody>{rows_of(rows, 'td', 'td')}"
        "</tbody></table></figure></div>"
    )
    return page("Report", f'<main id="quarto-document-content"><h1>Report</h1>{prose}{body}</main>')


def ods_html(cross: Cross) -> bytes:
    """PROC FREQ through ODS HTML: four lines in each cell."""
    cells = []
    for side, own in cross.lines:
        inner = "".join(
            f'<td class="r data">{n}<br>{100 * n / cross.total:.2f}<br>{100 * n / sum(own):.2f}'
            f"<br>{100 * n / down:.2f}</td>"
            for n, down in zip(own, cross.down, strict=True)
        )
        cells.append(
            f'<tr><th class="l rowheader">{escape(side)}</th>{inner}<td>{sum(own)}</td></tr>'
        )
    foot = rows_of([("Total", *map(str, cross.down), str(cross.total))])
    head = "".join(f"<th>{escape(one)}</th>" for one in cross.heads)
    body = (
        '<p class="c proctitle">The FREQ Procedure</p><table class="table"><caption>Table of '
        f"{cross.row} by {cross.column}</caption><thead><tr><th>Frequency<br>Percent<br>Row Pct<br>"
        f"Col Pct</th>{head}<th>Total</th></tr></thead>{''.join(cells)}{foot}</table>"
    )
    return page("SAS Output", body)


def jasp(cross: Cross) -> bytes:
    """A contingency table of JASP, with counts and expected counts."""
    rows = []
    for side, own in cross.lines:
        rows.append([side, "Count", *map(str, own), str(sum(own))])
        expected = (sum(own) * down / cross.total for down in cross.down)
        rows.append(["", "Expected count", *(f"{one:.2f}" for one in expected), ""])
    rows.append(["Total", "Count", *map(str, cross.down), str(cross.total)])
    body = table([cross.row, "", *cross.heads, "Total"], rows)
    return page("JASP", f"<h1>Contingency Tables</h1><h2>{escape(cross.title)}</h2>{body}")


def stargazer(cross: Cross) -> bytes:
    """LaTeX as stargazer writes it: doubled rules, cells with a backslash at the end."""
    body = [f"{side} & " + " & ".join(map(str, own)) + r" \\ " for side, own in cross.lines]
    head = " & ".join([cross.row.replace("_", r"\_"), *cross.heads])
    name = escape(cross.title).replace("_", r"\_").replace("%", r"\%")
    return "\n".join(
        [
            r"% Table created by stargazer",
            r"\begin{table}[!htbp] \centering",
            rf"  \caption{{{name}}}",
            rf"\begin{{tabular}}{{@{{\extracolsep{{5pt}}}} l{'c' * len(cross.heads)}}}",
            r"\\[-1.8ex]\hline",
            r"\hline \\[-1.8ex]",
            head + r" \\ ",
            r"\hline \\[-1.8ex]",
            *body,
            r"\hline \\[-1.8ex]",
            rf"\multicolumn{{2}}{{l}}{{N = {cross.total}}} \\",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    ).encode()


def notes(cross: Cross) -> bytes:
    """Notes after a meeting: counts in a list of two levels."""
    out = [
        "# Notes, week 14\n",
        f"Asked: {cross.title.lower()} ({said(cross.where)}, N = {cross.total}).\n",
    ]
    for side, own in cross.lines:
        out.append(f"- **{side}** ({sum(own)} in all)")
        out += [f"    - {head}: {n}" for head, n in zip(cross.heads, own, strict=True)]
    return "\n".join(
        [*out, "", "Next: ask Tuesday group about version 2.3 of the form.", ""]
    ).encode()


def letter(cross: Cross) -> bytes:
    """An e-mail with a table made of spaces, answered above a quotation."""
    grid = cross.grid("", "all")
    body = "\n".join(aligned([grid.columns, *grid.rows], 3))
    return mail(
        f"Re: {cross.title.lower()}",
        f"Dear both,\n\nhere are the numbers of people for {said(cross.where)}:\n\n{body}\n\n"
        "Best wishes\n\n> On 3 March 2026 at 09:14 you wrote:\n"
        "> could you send the table for slide 7?\n",
    )


def _styled(document: Any, cells: Sequence[Sequence[str]]) -> None:
    """A table as flextable makes one: runs of nine points, empty borders inside."""
    table = document.add_table(rows=0, cols=len(cells[0]))
    for row in cells:
        for place, text in zip(table.add_row().cells, row, strict=True):
            place.paragraphs[0].add_run(text).font.size = Pt(9)


def word(heading: str, *blocks: str | Sequence[Sequence[str]]) -> bytes:
    """A Word document of paragraphs and tables."""
    document = docx.Document()
    document.add_heading(heading, 1)
    for one in blocks:
        if isinstance(one, str):
            document.add_paragraph(one)
        else:
            _styled(document, one)
    held = io.BytesIO()
    document.save(held)
    return again(held.getvalue())


def flextable(base: Baseline) -> bytes:
    """A Word document with the table of characteristics."""
    heads = [
        "Characteristic",
        *(f"{h}\nN = {n}" for h, n in zip(base.heads, base.sizes, strict=True)),
    ]
    rows = [heads]
    rows += [[title(name), *(f"{m} ± {s}" for m, s in pairs)] for name, pairs in base.means]
    for cross in base.blocks:
        rows.append([title(cross.row), *[""] * len(base.heads)])
        for side, own in cross.lines:
            rows.append(
                [
                    f"  {side}",
                    *(f"{n} ({100 * n / w:.0f} %)" for n, w in zip(own, base.sizes, strict=True)),
                ]
            )

    return word("Table 1. Characteristics", rows, f"People: {said(base.blocks[0].where)}.")


def supplement(cross: Cross) -> bytes:
    """A supplementary table in a Word document, merged head, a footnote below."""
    grid = cross.grid("", "Total")

    head = ["", title(cross.column), *[""] * (len(grid.columns) - 2)]
    return word(
        "Supplementary material",
        f"Table S4. {cross.title}; {said(cross.where)}.",
        [head, grid.columns, *grid.rows],
        "a Numbers are people at first visit. See page 12 of the protocol.",
    )


def deck(cross: Cross) -> bytes:
    """Slides: a title, the table, an outlook."""
    return office.slides(
        ("Steering group, spring 2026", "Thrombosis clinics\nanalysis 2.1"),
        (f"{cross.title} ({said(cross.where)})", cross.grid("", "All")),
        ("Outlook", "Form 3.0 from September; 11 clinics; report of 40 pages"),
    )


def brochure(cross: Cross) -> bytes:
    """A report of two pages as PDF."""
    grid = cross.grid(cross.row, "Sum")
    lines = [
        f"Annual report 2025{'':40}page 17",
        "",
        f"7.3 {cross.title}",
        f"({said(cross.where)})",
        "",
    ]
    return pdf(
        [*lines, *aligned([grid.columns, *grid.rows], 4), "", "See chapter 9 for definitions."]
    )


def rtf_report(cross: Cross) -> bytes:
    """PROC REPORT through ODS RTF: paragraphs in cells, ends of cells after each."""
    grid = cross.grid(cross.row, "Total")

    def row(cells: Sequence[str], bold: str = "") -> str:
        edges = "".join(f"\\clbrdrb\\brdrs\\cellx{1500 * n}" for n in range(1, len(cells) + 1))
        inner = "".join(f"\\pard\\intbl\\qc{bold} {one}\\cell" for one in cells)
        return f"{{\\trowd\\trqc{edges}{inner}\\row}}"

    body = "\n".join([row(grid.columns, "\\b"), *map(row, grid.rows)])
    name = f"Table 14.1.2  {cross.title}"
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\froman Times;}}\n"
        f"\\pard\\qc\\b {name}\\b0\\par\n\\pard {said(cross.where)}\\par\n"
        f"{body}\n\\pard Page 1 of 1\\par}}\n"
    ).encode("ascii", "replace")
