"""A corpus of leaks as pieces of a document, and documents of many formats made of such pieces.

A piece is one table, or one text where it has a single column without a name. Every leak is small,
stands alone, and is made from a public cohort; a document is a list of pieces in one format, so
that a leak can be added to whatever is there, shown or hidden.
"""

import hashlib
import html
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, pstdev

import docx
import openpyxl

from tests.outputs_world import Cells, csv_of, notebook, shown, without

Piece = Mapping[str, Sequence[str]]
Maker = Callable[[Sequence[Piece]], bytes]

SAFE: dict[str, Piece] = {
    "people by sex": {"sex": ["F", "M"], "people": ["4350", "3524"]},
    "a model": {
        "term": ["age", "sex M", "log kappa"],
        "odds ratio": ["1.09", "1.21", "1.84"],
        "p value": ["0.001", "0.04", "0.002"],
    },
    "a sentence": {"": ["The groups differ in survival, and kidney function explains a part."]},
}


def leaks(people: Cells) -> dict[str, Piece]:
    """Every leak by name, from the rows of a cohort whose first column is a pseudonym."""
    rows = {name: values[100:130] for name, values in without(people, "person").items()}
    pseudonyms = people["person"][:25]
    return {
        "rows": rows,
        "rows renamed and scaled": _scaled(people),
        "rows turned round, without names": {
            f"v{at}": values for at, values in enumerate(list(rows.values())[::-1])
        },
        "pseudonyms": {"key": pseudonyms, "weight": ["1"] * 25},
        "pseudonyms hashed": {
            "key": [hashlib.sha256(one.encode()).hexdigest() for one in pseudonyms]
        },
        "small counts": {"chapter": ["Blood", "Skin", "Nervous"], "people": ["3", "120", "7"]},
        "nobody died": {"sex": ["F", "M"], "people": ["40", "52"], "deaths": ["0", "52"]},
        "a hidden count that its total gives away": {
            "site": ["A", "B", "C", "Total"], "people": ["<10", "300", "480", "784"]
        },
        "bare shares": {"group": ["a", "b", "c"], "percent": ["14.3", "28.6", "57.1"]},
        "people by address": {
            "contact": [f"someone{at}@clinic.example" for at in range(12)],
        },
        "a secret": {"": ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"]},
        "few degrees of freedom": {"": ["Df Residuals: 4", "R-squared: 0.93"]},
    }  # fmt: skip


def _scaled(people: Cells) -> Piece:
    found: dict[str, list[str]] = {}
    for at, name in enumerate(("age", "kappa", "lambda", "futime")):
        values = [float(value) for value in people[name]]
        mean, spread = fmean(values), pstdev(values)
        found[f"x{at}"] = [f"{(value - mean) / spread:.9f}" for value in values[200:230]]
    return found


def is_text(piece: Piece) -> bool:
    """Whether a piece is a text."""
    return list(piece) == [""]


def rows_of(piece: Piece) -> list[tuple[str, ...]]:
    """The rows of a table."""
    return list(zip(*piece.values(), strict=True))


def table_file(piece: Piece) -> tuple[str, bytes]:
    """One piece as a file of its own: its ending and its bytes."""
    if is_text(piece):
        return "txt", "\n".join(piece[""]).encode()
    size = len(rows_of(piece))
    return "csv", csv_of(dict(zip(piece, map(list, piece.values()), strict=True)),
                         range(size)).encode()  # fmt: skip


def archive(pieces: Sequence[Piece]) -> bytes:
    """A zip with a file for each piece."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for at, piece in enumerate(pieces):
            ending, data = table_file(piece)
            made.writestr(f"{at}.{ending}", data)
    return out.getvalue()


def nested(pieces: Sequence[Piece]) -> bytes:
    """A zip whose first piece lies open and whose others lie in a zip inside."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        ending, data = table_file(pieces[0])
        made.writestr(f"first.{ending}", data)
        if pieces[1:]:
            made.writestr("more.zip", archive(pieces[1:]))
    return out.getvalue()


def book(pieces: Sequence[Piece], state: str = "visible") -> bytes:
    """A workbook with a sheet for each piece; all but the first in this state."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for at, piece in enumerate(pieces):
        sheet = made.create_sheet(f"S{at}")
        sheet.sheet_state = state if at else "visible"
        if not is_text(piece):
            sheet.append(list(piece))
        for row in rows_of(piece):
            sheet.append([_value(cell) for cell in row])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def web_page(pieces: Sequence[Piece], style: str = "") -> bytes:
    """A page with a table or a paragraph for each piece; all but the first in this style."""
    kept = f' style="{style}"' if style else ""
    body = "".join(
        f"<div{kept if at else ''}>{_markup(piece)}</div>" for at, piece in enumerate(pieces)
    )
    return f"<html><body>{body}</body></html>".encode()


def _markup(piece: Piece) -> str:
    if is_text(piece):
        return "".join(f"<p>{html.escape(line)}</p>" for line in piece[""])
    head = "".join(f"<th>{html.escape(name)}</th>" for name in piece)
    lines = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows_of(piece))
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def scripted(pieces: Sequence[Piece]) -> bytes:
    """A page that shows the first piece and keeps the others as data in a script."""
    kept = json.dumps([_records(piece) for piece in pieces[1:]])
    script = f'<script type="application/json">{kept}</script>' if pieces[1:] else ""
    return web_page(pieces[:1]).replace(b"</body>", script.encode() + b"</body>")


def _records(piece: Piece) -> object:
    if is_text(piece):
        return list(piece[""])
    return [dict(zip(piece, map(_value, row), strict=True)) for row in rows_of(piece)]


def in_json(pieces: Sequence[Piece]) -> bytes:
    """An object with a list of records for each piece."""
    return json.dumps({f"p{at}": _records(piece) for at, piece in enumerate(pieces)}).encode()


def in_notebook(pieces: Sequence[Piece]) -> bytes:
    """A notebook with an output for each piece."""
    return notebook(*(shown(text_html=_markup(piece)) for piece in pieces))


def in_words(pieces: Sequence[Piece]) -> bytes:
    """A text document with a table or paragraphs for each piece."""
    made = docx.Document()
    for piece in pieces:
        if is_text(piece):
            for line in piece[""]:
                made.add_paragraph(line)
            continue
        table = made.add_table(rows=1, cols=len(piece))
        for cell, name in zip(table.rows[0].cells, piece, strict=True):
            cell.text = name
        for row in rows_of(piece):
            for cell, value in zip(table.add_row().cells, row, strict=True):
                cell.text = value
        made.add_paragraph("")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def in_database(pieces: Sequence[Piece]) -> bytes:
    """A database with a table for each piece."""
    connection = sqlite3.connect(":memory:")
    for at, piece in enumerate(pieces):
        names = ", ".join(f'"{name or "line"}"' for name in piece)
        connection.execute(f"create table t{at} ({names})")
        marks = ", ".join("?" * len(piece))
        rows = [tuple(map(_value, row)) for row in rows_of(piece)]
        connection.executemany(f"insert into t{at} values ({marks})", rows)
    connection.commit()
    data = connection.serialize()
    connection.close()
    return bytes(data)


DOCUMENTS: dict[str, Maker] = {
    "zip": archive,
    "zip-nested": nested,
    "xlsx": book,
    "xlsx-hidden": lambda pieces: book(pieces, "hidden"),
    "xlsx-veryhidden": lambda pieces: book(pieces, "veryHidden"),
    "html": web_page,
    "html-hidden": lambda pieces: web_page(pieces, "display:none"),
    "html-script": scripted,
    "json": in_json,
    "ipynb": in_notebook,
    "docx": in_words,
    "sqlite": in_database,
}
"""Every format that holds several pieces, by ending; what follows a dash tells ways apart."""
