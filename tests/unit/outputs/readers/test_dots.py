"""Marks of a scatter plot, counted in its pixels."""

import io
from collections.abc import Sequence
from random import Random

import pytest
from PIL import Image, ImageDraw

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.dots import dots
from orchestrator.outputs.readers.opening import Unreadable
from tests.outputs_world import Check, verdicts


def _written(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _axes() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (480, 360), "white")
    drawn = ImageDraw.Draw(picture)
    drawn.rectangle((40, 20, 460, 330), outline="black")
    for at in range(10):
        drawn.text((40 + 42 * at, 336), f"{at}00 some words of an axis", fill="black")
    return picture, drawn


def _scatter(many: int, colour: str, places: Sequence[int] = (60, 440)) -> bytes:
    picture, drawn = _axes()
    random = Random(4)
    for _ in range(many):
        x, y = random.randrange(*places), random.randrange(40, 300)
        drawn.ellipse((x, y, x + 6, y + 6), fill=colour)
    return _written(picture)


def _bars() -> bytes:
    picture, drawn = _axes()
    for at in range(60):
        drawn.rectangle((45 + 7 * at, 330 - 3 * (at % 40), 49 + 7 * at, 330), fill="steelblue")
    return _written(picture)


def _line() -> bytes:
    picture, drawn = _axes()
    drawn.line([(45 + 4 * at, 60 + at * at % 90) for at in range(100)], fill="darkred", width=2)
    return _written(picture)


def _noise() -> bytes:
    return _written(Image.frombytes("L", (900, 900), Random(2).randbytes(810_000)))


@pytest.mark.parametrize("colour", ["steelblue", "black"])
def test_one_mark_a_person_is_counted(check: Check, colour: str) -> None:
    """Alone or in heaps, and looked at; a few marks are no row each."""
    (seen,) = dots(_scatter(120, colour), "PNG", 50)
    assert seen.note is Note.MARKS
    assert 90 <= seen.count <= 130
    (heap,) = dots(_scatter(200, colour, (60, 240)), "PNG", 50)
    assert heap.count > 100
    assert verdicts(check("t.png", _scatter(120, colour)))["O18"] == "flag"
    assert verdicts(check("t.png", _scatter(20, colour)))["O18"] == "pass"


@pytest.mark.parametrize("drawn", [_bars, _line, _noise])
def test_what_is_drawn_of_groups_has_no_marks(check: Check, drawn: object) -> None:
    """Bars, lines and words, and a photograph of anything."""
    data = drawn()  # type: ignore[operator]
    assert dots(data, "PNG", 10) == []
    assert verdicts(check("t.png", data))["O18"] == "pass"


def test_what_is_no_picture_is_unreadable() -> None:
    """Never silently without marks."""
    with pytest.raises(Unreadable):
        dots(b"no picture", "PNG", 50)
