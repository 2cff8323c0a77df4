"""Names from hostile texts: valid, unique, stable, and found back by their labels."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.kubernetes import names

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")

HOSTILE = [
    "",
    " ",
    ".",
    "..",
    "../../etc",
    "a/b",
    "a.b",
    "a-b",
    "a--b",
    "a-",
    "-a",
    "--",
    "A",
    "a",
    "ADA",
    "ada",
    "Ada",
    "a_b",
    "1a",
    "0",
    "é",
    "e\u0301",
    "\u0430da",  # a Cyrillic letter that looks like a
    "ａda",
    "ﬁ",
    "ß",
    "ss",
    "a\x00b",
    "a\n",
    "\ud800",
    "x",
    "x--e3b0c44298fc1c14",
    "kube-system",
    "system",
    "default",
    "a" * 30,
    "a" * 40,
    "a" * 41,
    "a" * 300,
    "a" * 299 + "b",
    "-" * 300,
    "tre-a",
    "home-ada",
    "{{.Values}}",
    "$(id)",
]

EXPECTED = {
    "ada": "ada",
    "a-b": "a-b",
    "": "x--e3b0c44298fc1c14",
    "Ada": "ada--99a563ab2f6e21e9",
    "-a": "a--",
    "../../etc": "etc--",
    "1a": "x1a--",
    "a" * 300: "a" * 20 + "--",
}


@pytest.mark.parametrize(("text", "expected"), EXPECTED.items())
def test_what_a_name_looks_like(text: str, expected: str) -> None:
    assert names.name(text).startswith(expected)


@pytest.mark.parametrize("text", HOSTILE)
def test_every_name_is_valid(text: str) -> None:
    for found in (
        names.name(text),
        names.namespace(text),
        names.home_claim(text),
        names.notebook_pod(text),
        names.hub(text),
        names.snapshot_claim(text, text, text),
        names.snapshot_volume(text, names.snapshot_claim(text, text, text)),
    ):
        assert LABEL.match(found), found


def test_no_two_texts_have_one_name() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE)
    assert len({names.name(text) for text in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_found_back_by_its_marks(text: str) -> None:
    labels, annotations = names.marks(names.PROJECT, text)
    assert names.text_of(names.PROJECT, labels, annotations) == text


def test_a_forged_annotation_is_no_one() -> None:
    labels, annotations = names.marks(names.PERSON, "Ada")
    assert names.text_of(names.PERSON, labels, dict.fromkeys(annotations, "Eve")) is None
    assert names.text_of(names.PERSON, labels, {}) is None
    assert names.text_of(names.PERSON, {}, annotations) is None


def test_a_plain_label_needs_no_annotation_and_believes_none() -> None:
    labels, annotations = names.marks(names.PERSON, "ada")
    assert (labels, annotations) == ({"tre.person": "ada"}, {})
    assert names.text_of(names.PERSON, labels, {"tre.full-person": "eve"}) == "ada"


def test_parts_cannot_be_moved_across_their_border() -> None:
    assert names.joined("ds", "a-b", "c") != names.joined("ds", "a", "b-c")
    assert names.joined("ds", "a", "") != names.joined("ds", "", "a")
    assert names.joined("ds", "1:a", "b") != names.joined("ds", "1", "a1:b")


@pytest.mark.parametrize("other", ["tre", "tre--check", "kube-system", "tres-a", "default"])
def test_our_other_namespaces_are_no_projects(other: str) -> None:
    assert not names.is_project_namespace(other)


@given(st.text(max_size=300))
def test_any_text_has_a_valid_name_that_is_a_projects(text: str) -> None:
    found = names.namespace(text)
    assert LABEL.match(found)
    assert names.is_project_namespace(found)
    assert names.text_of(names.PROJECT, *names.marks(names.PROJECT, text)) == text


@given(st.text(max_size=60), st.text(max_size=60))
def test_two_texts_have_two_names(one: str, other: str) -> None:
    assert (names.name(one) == names.name(other)) == (one == other)
