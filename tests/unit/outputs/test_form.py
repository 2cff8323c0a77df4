"""The judge reads a form and believes nothing of it."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.outputs.form import (
    IMAGE_BYTES,
    BadForm,
    FileForm,
    FormLimits,
    Image,
    Kind,
    Note,
    Observation,
    Part,
    Span,
    Table,
    form_from_json,
    form_name,
    form_to_json,
)
from orchestrator.values import digest_of

LIMITS = FormLimits(bytes=100_000, parts=50, columns=20, cells=1000, chars=10_000)
D = digest_of(b"x")
PNG = b"\x89PNG\r\n\x1a\n and pixels"
PICTURE = Image(3, 2, digest_of(PNG), len(PNG), PNG)

texts = st.text(max_size=20).filter(lambda text: text.isprintable())
rows = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.tuples(*[texts] * width), st.lists(st.tuples(*[texts] * width), max_size=5)
    )
)
tables = rows.map(lambda pair: Table(pair[0], tuple(pair[1]), len(pair[1])))
notes = st.builds(Observation, st.sampled_from(Note), st.integers(0, 99), st.integers(0, 9))


@st.composite
def forms(draw: st.DrawFn) -> FileForm:
    """Well-formed forms of every kind of part."""
    size = draw(st.integers(0, 100))
    spans = (Span(0, size, "all"),)
    parts = [Part("f", Kind.CONTAINER, D, size, spans, tuple(draw(st.lists(notes, max_size=2))))]
    for number in range(draw(st.integers(0, 3))):
        path = f"f!/{number}"
        parts.append(
            draw(
                st.one_of(
                    st.builds(lambda t, p=path: Part(p, Kind.TABLE, D, table=t), tables),
                    st.builds(lambda t, p=path: Part(p, Kind.TEXT, D, text=t), texts),
                    st.builds(
                        lambda w, p=path: Part(p, Kind.IMAGE, D, image=Image(w, 1, D, 9)),
                        st.integers(1, 99),
                    ),
                    st.just(Part(path, Kind.IMAGE, D, image=PICTURE)),
                    st.just(Part(path, Kind.UNKNOWN, D, 3)),
                )
            )
        )
    return FileForm("f", D, size, "csv", tuple(parts))


@given(forms())
def test_a_form_survives_the_way_through_json(form: FileForm) -> None:
    """What the opener says is what the judge hears."""
    assert form_from_json(form_to_json(form), LIMITS) == form


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_a_bad_form(data: bytes) -> None:
    """No other exception leaves the reader."""
    try:
        form_from_json(data, LIMITS)
    except BadForm:
        return
    raise AssertionError("random bytes were accepted")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(forms(), st.data())
def test_a_form_with_one_thing_replaced_never_breaks_the_reader(
    form: FileForm, data: st.DataObject
) -> None:
    """Whatever an exploited parser writes in place of one value: a form, or BadForm."""
    value = json.loads(form_to_json(form))
    holder, key = data.draw(st.sampled_from(_places(value)))
    holder[key] = data.draw(json_values)
    try:
        read = form_from_json(json.dumps(value).encode(), LIMITS)
    except BadForm:
        return
    assert all(part.path == "f" or part.path.startswith("f!/") for part in read.parts[1:])


def _places(value: Any) -> list[tuple[Any, Any]]:
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, key) for key, _ in items]
    for _, inner in items:
        if isinstance(inner, dict | list):
            found += _places(inner)
    return found


def _form() -> dict[str, Any]:
    part = Part("f", Kind.TABLE, D, 4, (Span(0, 4, "t"),), (), Table(("a",), (("1",),), 1))
    value: dict[str, Any] = json.loads(form_to_json(FileForm("f", D, 4, "csv", (part,))))
    return value


def _changed(**changes: Any) -> bytes:
    value = _form()
    for place, new in changes.items():
        target = value if place in value else value["parts"][0]
        if place in {"rows", "columns", "total_rows", "stored", "header"}:
            target = value["parts"][0]["table"]
        target[place] = new
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "data",
    [
        _changed(version=2),
        _changed(size=-1),
        _changed(size=2**60),
        _changed(size=True),
        _changed(digest="sha256:x"),
        _changed(format="../x"),
        _changed(parts=[]),
        _changed(extra=1),
        _changed(kind="passed"),
        _changed(text="also text"),
        _changed(spans=[[0, 5, "beyond the part"]]),
        _changed(spans=[[3, 2, "backwards"]]),
        _changed(notes=[["fine", 0, 1]]),
        _changed(rows=[["1", "2"]]),
        _changed(rows=[[1]]),
        _changed(rows=[["1"]] * 1001, total_rows=1001),
        _changed(rows=[["\ud800"]]),
        _changed(total_rows=0),
        _changed(stored="rows-0.ndjson"),
        _changed(rows=[], stored="/etc/passwd"),
        _changed(columns=["x" * 20_000]),
        b"[" * 100_000,
        b'{"version": NaN}',
        b"{}" + b" " * 100_000,
    ],
)
def test_a_hostile_form_is_refused(data: bytes) -> None:
    """Each is something an exploited parser might try."""
    with pytest.raises(BadForm):
        form_from_json(data, LIMITS)


def test_a_form_cannot_speak_of_another_file() -> None:
    """A part whose path leaves the file is refused."""
    value = _form()
    value["parts"].append({**value["parts"][0], "path": "other.csv"})
    with pytest.raises(BadForm):
        form_from_json(json.dumps(value).encode(), LIMITS)


def _picture(content: object, *, of: bytes = PNG) -> bytes:
    part = Part("f", Kind.IMAGE, D, 4, image=Image(3, 2, digest_of(of), len(of)))
    value = json.loads(form_to_json(FileForm("f", D, 4, "png", (part,))))
    value["parts"][0]["image"][4] = content
    return json.dumps(value).encode()


def _spelled(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_picture_travels_as_the_png_it_names() -> None:
    """What people are shown is what the form's digest names."""
    read = form_from_json(_picture(_spelled(PNG)), LIMITS)
    assert read.parts[0].image == PICTURE


HUGE = PNG + bytes(IMAGE_BYTES)


@pytest.mark.parametrize(
    "data",
    [
        _picture(_spelled(PNG + b"more")),
        _picture(_spelled(b"<svg onload=x>"), of=b"<svg onload=x>"),
        _picture(_spelled(HUGE), of=HUGE),
        _picture("not base64!"),
        _picture(7),
    ],
)
def test_a_picture_that_is_something_else_is_refused(data: bytes) -> None:
    """A browser is never handed bytes that are no PNG, too many, or other than named."""
    with pytest.raises(BadForm):
        form_from_json(data, FormLimits(10_000_000, 50, 20, 1000, 10_000_000))


def test_a_kept_form_has_a_name_of_digest_and_path() -> None:
    """The same bytes under another name may be opened otherwise."""
    assert form_name("a.csv", D) != form_name("a.txt", D)
    assert form_name("a.csv", D) == form_name("a.csv", D)
    assert re.fullmatch(r"[0-9a-f]{64}-[0-9a-f]{16}\.json", form_name("../../a", D))
