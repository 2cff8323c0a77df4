"""Words in the pixels of a picture: read, shown to people, believed by nobody alone."""

import io
import sys
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import pytest
from PIL import Image, ImageDraw, ImageFont

from orchestrator.outputs.form import FileForm, Note
from orchestrator.outputs.index import Index
from orchestrator.outputs.model import FileReport, Verdict
from orchestrator.outputs.readers import ocr
from orchestrator.outputs.readers.ocr import Word, laid_out, without_axes
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from tests.outputs_world import Cells, Check
from tests.unit.outputs.readers.test_pictures import saved

FONT = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSansMono.ttf"
BOXES = ("Assessed (n = 412)", "Excluded (n = 35)", "Randomised (n = 377)", "Lost (n = {})")
COLUMNS = ("age", "sex", "kappa", "lambda", "creatinine", "futime")


def written(lines: list[str], kind: str = "PNG", ink: str = "black", paper: str = "white") -> bytes:
    """A picture of some lines, as a screen shows them."""
    font = ImageFont.truetype(FONT, 14)
    wide = max(len(line) for line in lines) * 9 + 30
    picture = Image.new("RGB", (wide, 20 * len(lines) + 30), paper)
    ImageDraw.Draw(picture).multiline_text((15, 10), "\n".join(lines), fill=ink, font=font)
    return saved(picture, kind)


def flow(lost: int) -> list[str]:
    """The boxes of a flow chart, one below the other."""
    return [line.format(lost) for box in BOXES for line in (box, "")]


def frame(cells: Cells, rows: range) -> list[str]:
    """Rows as a notebook prints them."""
    lines = [[f"{name:>10}" for name in COLUMNS]]
    lines += [[f"{cells[name][row]:>10}" for name in COLUMNS] for row in rows]
    return ["".join(line) for line in lines]


def opened(data: bytes, caps: ReadCaps, path: str = "p.png") -> FileForm:
    """The form of one picture."""
    return open_bytes(path, data, caps)


def rules(report: FileReport) -> dict[str, str]:
    """What each rule said of words in pixels."""
    return {one.rule: one.severity.value for one in report.findings if "/words" in one.where.path}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize(("ink", "paper"), [("black", "white"), ("#d4d4d4", "#1e1e1e")])
def test_words_are_read_where_they_stand(kind: str, ink: str, paper: str, caps: ReadCaps) -> None:
    """In every format of pictures, dark on light and light on dark."""
    name = {"PNG": "p.png", "JPEG": "p.jpg", "TIFF": "p.tif"}[kind]
    form = opened(written(flow(23), kind, ink, paper), caps, name)
    (text,) = [part for part in form.parts if part.text is not None]
    assert text.path == f"{name}!/words"
    assert [line.split() for line in (text.text or "").splitlines()] == [
        line.split() for line in flow(23) if line
    ]
    assert all(part.is_read_in_pixels for part in form.parts[1:])


def test_few_people_in_a_box_are_shown_to_people(check: Check) -> None:
    """And many are not: the twin has no such finding."""
    assert rules(check("flow.png", written(flow(3))))["O01"] == "flag"
    assert "O01" not in rules(check("flow.png", written(flow(23))))


@pytest.mark.parametrize(("few", "leaks"), [("3", True), ("36", False)])
def test_a_table_drawn_with_lines_is_read_through_them(check: Check, few: str, leaks: bool) -> None:
    """As figures of tables and screens of spreadsheets have them around each cell."""
    rows = (("site", "women", "men"), ("C15", "42", "53"), ("C16", "18", "24"), ("C18", few, "66"))
    picture = Image.new("RGB", (460, 220), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 16)
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            left, top = 20 + 140 * column, 20 + 45 * row
            draw.rectangle((left, top, left + 140, top + 45), outline="black")
            draw.text((left + 40, top + 12), cell, fill="black", font=font)
    assert ("O01" in rules(check("sites.png", saved(picture, "PNG")))) is leaks


def test_rows_on_a_screen_link_to_the_source(check: Check, flchain: Cells, source: Index) -> None:
    """Photographed rows are rows; nothing read in pixels blocks, and the sentence says why."""
    report = check("screen.png", written(frame(flchain, range(12))), source)
    found = [one for one in report.findings if one.rule == "O19"]
    assert found
    assert len(found[0].where.rows) >= 8
    assert {one.severity for one in found} == {Verdict.FLAG}
    assert "pixels of a picture" in found[0].say
    assert report.verdict is Verdict.FLAG


def test_rows_of_nobody_on_a_screen_link_to_nobody(
    check: Check, flchain: Cells, source: Index
) -> None:
    """Each column drawn from other people: the twin of the rows."""
    mixed = {name: flchain[name][n * 700 :] for n, name in enumerate(COLUMNS)}
    report = check("screen.png", written(frame(mixed, range(12))), source)
    assert "O19" not in rules(report)


def test_a_picture_inside_a_document_is_read_too(check: Check) -> None:
    """Wherever a picture lies, its words are read."""
    page = Image.open(io.BytesIO(written(flow(3))))
    report = check("flow.pdf", saved(page, "PDF"))
    assert rules(report)["O01"] == "flag"


def test_coverage_tells_what_was_read_and_what_was_not(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its data the reader says so, and the picture is still looked at (O17)."""
    data = written(flow(3))
    assert (
        "Read in pixels, perhaps wrongly: f.png!/words." in check("f.png", data).coverage.statement
    )
    monkeypatch.setattr(ocr, "data_folder", lambda: "")
    without = check("f.png", data)
    assert "Words in pixels were not read: f.png." in without.coverage.statement
    assert {one.rule for one in without.findings} == {"O17"}


def test_beyond_so_many_pictures_words_are_not_read(
    caps: ReadCaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of a scan: those that nobody read have a note."""
    monkeypatch.setattr(ocr, "_MOST", 2)
    pages = [Image.open(io.BytesIO(written([f"Page {n} of the report"]))) for n in range(4)]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    form = opened(out.getvalue(), caps, "p.tif")
    unread = [
        part.path for part in form.parts if any(one.note is Note.NO_OCR for one in part.notes)
    ]
    assert len(unread) == 2
    assert sum(part.is_read_in_pixels and part.text is not None for part in form.parts) == 2


def test_noise_is_not_read_and_said_to_be_unread(
    caps: ReadCaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tesseract is not even asked: it would look for letters in it for a minute."""
    noise = Image.effect_noise((900, 900), 90)
    monkeypatch.setitem(sys.modules, "tesserocr", None)
    assert ocr.words(saved(noise, "PNG"), "PNG") is None
    monkeypatch.undo()
    form = opened(saved(noise, "PNG"), caps)
    assert [one.note for one in form.parts[0].notes if one.note is Note.NO_OCR] == [Note.NO_OCR]


def test_what_is_read_in_pixels_is_no_table_beside_a_figure(check: Check) -> None:
    """A figure still needs its table, and the ledger counts nothing that may be misread."""
    lines = ["sex          n", "female    4350", "male      3524", "total     7874"]
    text = check("bars.txt", "\n".join(lines))
    assert text.verdict is Verdict.PASS
    report = check("bars.png", written(lines))
    (told,) = [one for one in report.findings if one.rule == "O17"]
    assert "no table with counts" in told.evidence


def ticks(numbers: list[str], *, upright: bool) -> list[Word]:
    """Numbers along an axis."""
    return [
        Word(text, 50, 40 * n, 50 + 10 * len(text), 40 * n + 12) if upright
        else Word(text, 200 * n, 500, 200 * n + 10 * len(text), 512)
        for n, text in enumerate(numbers)
    ]  # fmt: skip


def test_an_axis_counts_nobody(check: Check) -> None:
    """Two scales at the sides of a drawing, from nought to eight and to eighty."""
    picture = Image.new("RGB", (500, 300), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 14)
    for step, name in enumerate(("alone", "with family", "with partner", "care home", "elsewhere")):
        draw.text((30, 20 + 50 * step), str(8 - 2 * step), fill="black", font=font)
        draw.text((445, 20 + 50 * step), f"{80 - 20 * step:>2}", fill="black", font=font)
        draw.text((60 + 85 * step, 270), name, fill="black", font=font)
    assert rules(check("bars.png", saved(picture, "PNG"))) == {}


@pytest.mark.parametrize("upright", [True, False])
def test_numbers_along_an_axis_are_left_out(*, upright: bool) -> None:
    """Values that grow with their place, one misread; counts of a table stay."""
    title = Word("Deaths", 300, 0, 380, 12)
    scale = ticks(["10", "8", "6", "4", "2", "0"], upright=upright)
    if not upright:
        scale = [Word(one.text, one.left, one.top, one.left + 20, one.bottom) for one in scale]
    else:
        scale = [Word(one.text, 60 - 10 * len(one.text), one.top, 60, one.bottom) for one in scale]
    assert without_axes([title, *scale]) == [title]
    counts = ticks(["16", "23", "11", "38", "19", "31"], upright=upright)
    assert without_axes([title, *counts]) == [title, *counts]


def test_lines_keep_the_gaps_of_the_picture() -> None:
    """Columns stay columns, so that tables are read as in a text."""
    words = [
        Word(text, 100 * column, 20 * row, 100 * column + 10 * len(text), 20 * row + 12)
        for row, line in enumerate([("sex", "n"), ("women", "12"), ("men", "31")])
        for column, text in enumerate(line)
    ]
    lines = laid_out(words[::-1]).splitlines()
    assert [line.split() for line in lines] == [["sex", "n"], ["women", "12"], ["men", "31"]]
    assert all(
        one.index(one.split()[1]) == two.index(two.split()[1]) for one, two in pairwise(lines)
    )
    assert laid_out([]) == ""
