"""[pure] Tables of counts as consoles of statistics programs print them."""

from collections.abc import Sequence

from tests.bench.outputs.sixth.study import Baseline, Cross, said, title


def aligned(rows: Sequence[Sequence[str]], gap: int = 1, left: int = 1) -> list[str]:
    """Columns of one width each, the first `left` of them to the left."""
    wide = [max(map(len, own)) for own in zip(*rows, strict=True)]
    return [
        (" " * gap)
        .join(
            cell.ljust(w) if n < left else cell.rjust(w)
            for n, (cell, w) in enumerate(zip(row, wide, strict=True))
        )
        .rstrip()
        for row in rows
    ]


def ftable(cross: Cross) -> bytes:
    """R's flat table: the name of the columns above, that of the rows beneath it."""
    heads = [cross.row, cross.column, *cross.heads]
    body = [[side, "", *map(str, own)] for side, own in cross.lines]
    blank = [[cross.row, "", *[""] * len(cross.heads)]]
    lines = aligned([["", cross.column, *heads[2:]], *blank, *body], left=2)
    return ("> ftable(xtabs(~ " + f"{cross.row} + {cross.column}, d))\n" + "\n".join(lines) + "\n"
            ).encode()  # fmt: skip


def data_table(cross: Cross) -> bytes:
    """R's data.table: types under names, numbered lines with a colon."""
    long = cross.long()
    rows = [["", *long.columns], ["", "<char>", "<char>", "<int>"]]
    rows += [[f"{n}:", *row] for n, row in enumerate(long.rows, 1)]
    code = f"> d[{_filter(cross)}, .N, keyby = .({cross.row}, {cross.column})]"
    return "\n".join(
        [f"Key: <{cross.row}, {cross.column}>", code, *aligned(rows, 1, 0), ""]
    ).encode()


def _filter(cross: Cross) -> str:
    return " & ".join(f'{name} == "{value}"' for name, _, value in cross.where)


def gmodels(cross: Cross) -> bytes:
    """R's CrossTable: a box a cell, with counts and shares of row and column."""
    wide = 14
    bar = "-" * (wide + 1) + "|" + ("-" * wide + "|") * (len(cross.heads) + 1)

    def line(*cells: str) -> str:
        return f"{cells[0]:>{wide}} |" + "".join(f"{one:>{wide - 1}} |" for one in cells[1:])

    out = ["   Cell Contents", "|-------------------------|", "|                       N |",
           "|           N / Row Total |", "|           N / Col Total |",
           "|-------------------------|", "", f"Total Observations in Table:  {cross.total}", "",
           line("", cross.column), line(cross.row, *cross.heads, "Row Total"), bar]  # fmt: skip
    for side, own in cross.lines:
        out.append(line(side, *map(str, own), str(sum(own))))
        out.append(line("", *(f"{n / sum(own):.3f}" for n in own), f"{sum(own) / cross.total:.3f}"))
        shares = (n / whole for n, whole in zip(own, cross.down, strict=True))
        out += [line("", *(f"{one:.3f}" for one in shares), ""), bar]
    out.append(line("Column Total", *map(str, cross.down), str(cross.total)))
    return ("\n".join(out) + "\n").encode()


def janitor(cross: Cross) -> bytes:
    """R's tabyl with percentages in front and counts in brackets."""
    rows = [[cross.row, *cross.heads]]
    for side, own in cross.lines:
        rows.append([side, *(f"{100 * n / sum(own):.1f}% ({n})" for n in own)])
    return ("\n".join(aligned(rows, 2, 0)) + f"\n# {said(cross.where)}\n").encode()


def julia(cross: Cross) -> bytes:
    """Julia's data frame in a box of lines."""
    long = cross.long()
    rows = [["Row", *long.columns], ["", "String", "String", "Int64"]]
    rows += [[str(n), *row] for n, row in enumerate(long.rows, 1)]
    lines = [f"{one[: len(one)]}" for one in aligned(rows, 2, 0)]
    wide = max(map(len, lines))
    body = [f" {lines[0]}", f" {lines[1]}", "─" * (wide + 2), *(f" {one}" for one in lines[2:])]
    return (f"{len(long.rows)}×3 DataFrame\n" + "\n".join(body) + "\n").encode()


def polars(cross: Cross) -> bytes:
    """The box that polars draws around a frame."""
    grid = cross.grid()
    kinds = ["str", *["u32"] * len(cross.heads)]
    return f"# {said(cross.where)}\n{polars_box(grid.columns, kinds, grid.rows)}".encode()


def polars_box(heads: Sequence[str], kinds: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Names, types and rows in the box of polars."""
    every = [heads, ["---"] * len(heads), kinds, *rows]
    wide = [max(map(len, own)) for own in zip(*every, strict=True)]

    def rule(ends: str, mark: str) -> str:
        return ends[0] + ends[1].join(mark * (w + 2) for w in wide) + ends[2]

    body = [
        "│ " + " ┆ ".join(c.ljust(w) for c, w in zip(row, wide, strict=True)) + " │"
        for row in every
    ]
    box = [rule("┌┬┐", "─"), *body[:3], rule("╞╪╡", "═"), *body[3:], rule("└┴┘", "─")]
    return "\n".join([f"shape: ({len(rows)}, {len(heads)})", *box, ""])


def spss_text(cross: Cross) -> bytes:
    """SPSS's crosstabulation, exported as text: bars around cells, count and share in turn."""
    heads = ["", "", *cross.heads, "Total"]
    rows = []
    for side, own in [*cross.lines, ("Total", cross.down)]:
        rows.append([side, "Count", *map(str, own), str(sum(own))])
        rows.append(["", f"% within {cross.row}", *(f"{100 * n / sum(own):.1f}%" for n in own),
                     "100.0%"])  # fmt: skip
    body = aligned([heads, *rows], 2, 2)
    lines = ["|" + one.ljust(max(map(len, body))) + "|" for one in body]
    bar = "|" + "-" * (len(lines[0]) - 2) + "|"
    name = f"{cross.row} * {cross.column} Crosstabulation"
    return "\n".join(["CROSSTABS", f"  /TABLES={cross.row} BY {cross.column}", "", name, bar,
                      lines[0], bar, *lines[1:], bar, ""]).encode("utf-8-sig")  # fmt: skip


def tabulate(cross: Cross) -> bytes:
    """SAS's PROC TABULATE in a box of ASCII marks."""
    wide = max(12, *(len(one) + 2 for one in (*cross.heads, *cross.sides)))

    def line(*cells: str) -> str:
        return "|" + f"{cells[0]:<{wide}}|" + "".join(f"{one:>{wide}}|" for one in cells[1:])

    bar = "|" + "+".join(["-" * wide] * (len(cross.heads) + 2)) + "|"
    out = [f"{'The SAS System':^78}", "-" * (len(bar)), line("", *cross.heads, "All"), bar,
           line("", *["N"] * (len(cross.heads) + 1)), bar, line(title(cross.row))]  # fmt: skip
    for side, own in [*cross.lines, ("All", cross.down)]:
        out += [bar, line(side, *(f"{n}.00" for n in (*own, sum(own))))]
    return "\n".join([*out, "-" * len(bar), ""]).encode()


def tabout(cross: Cross) -> bytes:
    """Stata's tabout: frequency and column percent side by side, tabs between them."""
    pairs = [f"{head}\t%" for head in cross.heads]
    out = [f"{title(cross.row)}\t" + "\t".join(pairs)]
    for side, own in [*cross.lines, ("Total", cross.down)]:
        cells = [f"{n}\t{100 * n / whole:.1f}" for n, whole in zip(own, cross.down, strict=True)]
        out.append(f"{side}\t" + "\t".join(cells))
    return ("\r\n".join([*out, f"Source: clinics, {said(cross.where)}"]) + "\r\n").encode()


def tableone(base: Baseline) -> bytes:
    """R's CreateTableOne printed: indented levels, n and percent in brackets."""
    by = base.blocks[0].column
    rows = [["", *base.heads], ["n", *map(str, base.sizes)]]
    for name, pairs in base.means:
        rows.append([f"{name} (mean (SD))", *(f"{m} ({s})" for m, s in pairs)])
    for cross in base.blocks:
        rows.append([f"{cross.row} (%)", *[""] * len(base.heads)])
        for side, own in cross.lines:
            cells = [f"{n} ({100 * n / w:.1f})" for n, w in zip(own, base.sizes, strict=True)]
            rows.append([f"   {side}", *cells])
    head = f"{'Stratified by ' + by:>48}"
    return "\n".join([head, *aligned(rows, 2), ""]).encode()


def arsenal(base: Baseline) -> bytes:
    """R's tableby: pipes, rules of dots and colons, the total last."""
    heads = [f"{head} (N={n})" for head, n in zip(base.heads, base.sizes, strict=True)]
    rows = [["", *heads, f"Total (N={sum(base.sizes)})"]]
    for cross in base.blocks:
        rows.append([f"**{cross.row}**", *[""] * (len(heads) + 1)])
        for side, own in cross.lines:
            cells = [f"{n} ({100 * n / w:.1f}%)" for n, w in zip(own, base.sizes, strict=True)]
            rows.append([f"&nbsp;&nbsp;&nbsp;{side}", *cells,
                         f"{sum(own)} ({100 * sum(own) / sum(base.sizes):.1f}%)"])  # fmt: skip
    lines = ["|" + "|".join(row) + "|" for row in rows]
    rule = "|:" + "|:".join(["---"] * len(rows[0])) + ":|"
    return "\n".join([f"Table: {said(base.blocks[0].where)}", "", lines[0], rule, *lines[1:], ""]
                     ).encode()  # fmt: skip


def summary_factor(base: Baseline) -> bytes:
    """R's summary() of factors: a column a variable, `level:count` in its cells."""
    out = []
    for n, head in enumerate(base.heads):
        deep = max(len(cross.sides) for cross in base.blocks)
        rows = [[f"   {cross.row}" for cross in base.blocks]]
        for at in range(deep):
            cells = [
                f"{c.sides[at]}:{c.counts[at][n]}" if at < len(c.sides) else "" for c in base.blocks
            ]
            rows.append([f" {one}  " for one in cells])
        out += [f"d$by: {head}", *aligned(rows, 1, 9), "-" * 70]
    return ("\n".join(out[:-1]) + "\n").encode()
