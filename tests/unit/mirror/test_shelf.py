"""What a mirror offers, and the pages of it."""

import pytest

from orchestrator.errors import Invalid
from orchestrator.mirror.shelf import (
    Wheel,
    canonical,
    index_page,
    parse,
    project_page,
    shelf_of,
    spell,
)

SHA = "ab" * 32
TABLES = Wheel("Made_Up.Tables-1.0-py3-none-any.whl", SHA, 10, ">=3.11, <4")
OLDER = Wheel("Made_Up.Tables-0.9-1-py3-none-any.whl", SHA, 9)
CURVES = Wheel("made_up_curves-2.0.post1-cp311-cp311-manylinux_2_27_x86_64.whl", SHA, 20)
SHELF = shelf_of([TABLES, OLDER, CURVES])


@pytest.mark.parametrize(
    ("said", "name"),
    [("Made_Up.Tables", "made-up-tables"), ("a--_.b", "a-b"), ("plain", "plain")],
)
def test_names_are_compared_as_installers_do(said: str, name: str) -> None:
    assert canonical(said) == name


def test_all_spellings_find_the_same_wheels() -> None:
    for name in ("made-up-tables", "MADE_UP.tables"):
        assert SHELF.of(name) == [OLDER, TABLES]
    assert SHELF.of("made-up") == []
    assert SHELF.projects() == ["made-up-curves", "made-up-tables"]


def test_what_is_written_is_read_and_its_order_is_fixed() -> None:
    assert parse(spell(SHELF)) == SHELF
    assert spell(SHELF) == spell(shelf_of([CURVES, TABLES, OLDER]))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"wheels": [{}]}', '{"wheels": [1]}', "nö"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="fetch its packages again"):
        parse(text)


@pytest.mark.parametrize(
    "file",
    [
        "../a-1-py3-none-any.whl",
        "a/b-1-py3-none-any.whl",
        "a-1.tar.gz",
        "a-1-py3-none.whl",
        '"a-1-py3-none-any.whl',
        "a-1-py3-none-any.whl\n",
        ".a-1-py3-none-any.whl",
        f"{'a' * 190}-1-py3-none-any.whl",
    ],
)
def test_a_name_that_is_no_wheels_is_refused(file: str) -> None:
    """A list that was altered can name nothing outside its folder."""
    with pytest.raises(Invalid, match="no wheel"):
        Wheel(file, SHA, 1)


@pytest.mark.parametrize("sha256", ["", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_a_wheel_without_a_digest_is_refused(sha256: str) -> None:
    with pytest.raises(Invalid, match="no wheel"):
        Wheel(TABLES.file, sha256, 1)


def test_pages_name_each_file_with_its_digest() -> None:
    assert '<a href="made-up-tables/">made-up-tables</a>' in index_page(SHELF)
    page = project_page("made-up-tables", SHELF.of("made-up-tables"))
    assert f'<a href="../../wheels/{OLDER.file}#sha256={SHA}">{OLDER.file}</a>' in page
    assert 'data-requires-python="&gt;=3.11, &lt;4"' in page


def test_a_makers_words_cannot_leave_their_attribute() -> None:
    hostile = Wheel(TABLES.file, SHA, 1, '"><script>x</script>')
    assert "<script>" not in project_page("made-up-tables", [hostile])
