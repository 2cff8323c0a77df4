"""One spelling for each path: a table of hostile ones, and what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.gateway.paths import LONGEST, Path, Refused, canonical

HOSTILE = [
    ("", "path_form"),
    ("lab", "path_form"),
    ("http://flc.localhost/lab", "path_form"),
    ("*", "path_form"),
    ("/a b", "path_form"),
    ("/a#b", "path_form"),
    ("/a?b#c", "path_form"),
    ("/\tx", "path_form"),
    ("/ä", "path_form"),
    ("/" + "a" * LONGEST, "path_form"),
    ("/a%", "path_escape"),
    ("/a%2", "path_escape"),
    ("/a%zz", "path_escape"),
    ("/a%u0041", "path_escape"),
    ("/a%00b", "path_bytes"),
    ("/a%0d%0aSet-Cookie:x", "path_bytes"),
    ("/a%7f", "path_bytes"),
    ("/%c3%a4", "path_bytes"),
    ("/%ff", "path_bytes"),
    ("/%c0%ae%c0%ae/x", "path_bytes"),
    ("/%252e%252e/x", "path_encoded_twice"),
    ("/a%252fb", "path_encoded_twice"),
    ("/a%5cb", "path_characters"),
    ("/a\\b", "path_characters"),
    ("/a;b=c", "path_characters"),
    ("/a%3bb", "path_characters"),
    ("/..", "path_segments"),
    ("/../x", "path_segments"),
    ("/a/../b", "path_segments"),
    ("/a/%2e%2e/b", "path_segments"),
    ("/a/.%2e/b", "path_segments"),
    ("/a%2f..%2fb", "path_segments"),
    ("/./a", "path_segments"),
    ("/a/.", "path_segments"),
    ("//a", "path_segments"),
    ("/a//b", "path_segments"),
    ("/a%2f%2fb", "path_segments"),
    ("/a?x=%zz", "query_form"),
    ("/a?x=%ff", "query_form"),
    ("/a?x=ä", "query_form"),
    ("/a?" + "&".join(f"a{n}=1" for n in range(30)), "query_form"),
    ("/a?x=1&x=2", "query_twice"),
    ("/a?x=%0a", "query_characters"),
    ("/a?%00=1", "query_characters"),
]


@pytest.mark.parametrize(("target", "rule"), HOSTILE)
def test_hostile_spellings_are_refused(target: str, rule: str) -> None:
    refused = canonical(target)
    assert isinstance(refused, Refused)
    assert refused.rule == rule
    assert refused.status == 400
    assert "accents" in refused.text


@pytest.mark.parametrize(
    ("target", "text", "wire", "query"),
    [
        ("/", "/", "/", ()),
        ("/user/ada/lab", "/user/ada/lab", "/user/ada/lab", ()),
        ("/%75ser", "/user", "/user", ()),
        ("/My%20Work.ipynb", "/My Work.ipynb", "/My%20Work.ipynb", ()),
        ("/@j/x:y", "/@j/x:y", "/@j/x:y", ()),
        ("/100%25.txt", "/100%.txt", "/100%25.txt", ()),
        ("/a%3fb", "/a?b", "/a%3Fb", ()),
        ("/a%23b", "/a#b", "/a%23b", ()),
        ("/a/", "/a/", "/a/", ()),
        ("/...", "/...", "/...", ()),
        ("/.gitignore", "/.gitignore", "/.gitignore", ()),
        ("/a?", "/a", "/a", ()),
        ("/a?x=1&y=a%20b&z", "/a", "/a", (("x", "1"), ("y", "a b"), ("z", ""))),
    ],
)
def test_a_path_has_one_spelling(
    target: str, text: str, wire: str, query: tuple[tuple[str, str], ...]
) -> None:
    assert canonical(target) == Path(text, wire, query)


def test_the_target_is_what_is_sent_on() -> None:
    path = canonical("/a%20b?x=a%26b&y=")
    assert isinstance(path, Path)
    assert path.target == "/a%20b?x=a%26b&y="
    assert Path("/a", "/a").target == "/a"


@given(st.text(alphabet="/.%25eEfF\\;:?#&=ab\x00é ", max_size=30))
def test_what_is_accepted_is_a_fixed_point(target: str) -> None:
    first = canonical("/" + target)
    if isinstance(first, Path):
        assert canonical(first.target) == first
        assert ".." not in first.text.split("/")
        assert "//" not in first.text
        assert first.text.isascii()
