"""The Contents API: text and notebooks in, listed types and shapes out."""

import base64
import json
from typing import Any

import pytest

from orchestrator.gateway.contents import (
    check_checkpoints,
    check_json,
    check_model,
    check_write,
    ending,
)
from orchestrator.gateway.paths import Refused

TEXT = {"type": "file", "format": "text", "content": "x = 1\n"}
BOOK = {"type": "notebook", "format": "json", "content": {"cells": [], "nbformat": 4}}


def coded(content: bytes) -> dict[str, str]:
    return {"type": "file", "format": "base64", "content": base64.b64encode(content).decode()}


WRITES: list[tuple[str, str, Any, str]] = [
    ("PUT", "a.py", TEXT, "contents-in"),
    ("PUT", "data.csv", TEXT, "contents-in"),
    ("PUT", "a.py", TEXT | {"content": None}, "contents-in"),
    ("PUT", "a.py", {"content": "x"}, "contents-in"),
    ("PUT", "a.py", coded(b"x = 1\n"), "contents-in"),
    ("PUT", "nb.ipynb", BOOK, "contents-save"),
    ("PUT", "nb.ipynb", coded(b'{"cells": []}'), "contents-in"),
    ("PUT", "nb.ipynb", coded(b"a,b\n1,2"), "contents_upload_type"),
    ("PUT", "folder", {"type": "directory"}, "contents"),
    ("PUT", "folder", {"type": "directory", "content": "x"}, "contents_type"),
    ("PUT", "nb.py", BOOK, "contents_type"),
    ("PUT", "nb.ipynb", BOOK | {"content": "x"}, "contents_type"),
    ("PUT", "a.py", TEXT | {"content": 3}, "contents_request"),
    ("PUT", "a.py", TEXT | {"format": "json"}, "contents_format"),
    ("PUT", "a.py", TEXT | {"content": "a\x00b"}, "contents_upload_type"),
    ("PUT", "a.py", coded(b"\xff\xfe\x00"), "contents_upload_type"),
    ("PUT", "a.py", TEXT | {"format": "base64", "content": "!"}, "contents_upload_type"),
    ("PUT", "a.exe", TEXT, "contents_upload_type"),
    ("PUT", "a.parquet", coded(b"PAR1"), "contents_upload_type"),
    ("PUT", "noending", TEXT, "contents_upload_type"),
    ("PUT", "a.py", TEXT | {"content": "ä" * (600 * 1024)}, "contents_upload_size"),
    ("PUT", "a.py", TEXT | {"chunk": -1}, "contents_upload_size"),
    ("PUT", "a.py", TEXT | {"hook": "x"}, "contents_request"),
    ("PUT", "a.py", [TEXT], "contents_request"),
    ("PUT", "a.py", TEXT | {"path": "../x"}, "contents_path"),
    ("PUT", "a.py", TEXT | {"name": "a\x00"}, "contents_path"),
    ("PUT", "a.py", TEXT | {"type": "symlink"}, "contents_type"),
    ("POST", "", {"type": "notebook"}, "contents"),
    ("POST", "", {"type": "file", "ext": ".py"}, "contents"),
    ("POST", "", {"type": "file", "ext": ".exe"}, "contents_type"),
    ("POST", "", {"type": "file", "ext": 3}, "contents_type"),
    ("POST", "", {"copy_from": "a/b.ipynb"}, "contents"),
    ("POST", "", {"copy_from": "/data/../etc"}, "contents_path"),
    ("POST", "", {"copy_from": "x" * 2000}, "contents_path"),
    ("POST", "", {"copy_from": ["x"]}, "contents_path"),
    ("POST", "", {"type": "file", "content": "x"}, "contents_request"),
    ("PATCH", "a.py", {"path": "b.py"}, "contents"),
    ("PATCH", "a.py", {"path": "/"}, "contents"),
    ("PATCH", "a.py", {"path": "../b.py"}, "contents_path"),
    ("DELETE", "a.py", "anything", "contents"),
]


@pytest.mark.parametrize(("method", "file", "body", "outcome"), WRITES)
def test_what_may_be_written(method: str, file: str, body: Any, outcome: str) -> None:
    result = check_write(method, file, json.dumps(body).encode())
    assert (result.rule if isinstance(result, Refused) else result[0]) == outcome


def test_what_is_sent_on_is_written_anew_as_text() -> None:
    result = check_write("PUT", "a.py", json.dumps(coded("ä = 1".encode())).encode())
    assert not isinstance(result, Refused)
    assert json.loads(result[1]) == {"type": "file", "format": "text", "content": "ä = 1"}
    assert check_write("DELETE", "a.py", b"anything") == ("contents", b"")
    doubled = b'{"type": "file", "type": "directory", "content": "x", "format": "text"}'
    result = check_write("PUT", "a.py", doubled)
    assert isinstance(result, Refused)
    assert check_write("PUT", "a.py", b"{" * 100_000) == check_write("PUT", "a.py", b"[]")


def model(name: str, **more: Any) -> bytes:
    return json.dumps({"name": name, "path": name} | more).encode()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "reply_shape"),
        (b"[]", "reply_shape"),
        (b"1,2", "reply_shape"),
        (model("a.py"), "reply_shape"),
        (model("a.py", type="symlink"), "reply_shape"),
        (json.dumps(TEXT).encode(), "reply_shape"),
        (model("a.py", **TEXT, mimetype="x" * 2000), "reply_shape"),
        (model("a.py", **TEXT, size={"leak": 1}), "reply_shape"),
        (model("secret.csv", **TEXT), "reply_file_type"),
        (model("secret", **TEXT), "reply_file_type"),
        (model("a.py", **TEXT | {"format": "base64"}), "reply_format"),
        (model("a.py", **TEXT | {"content": {"a": 1}}), "reply_format"),
        (model("a.csv", **BOOK), "reply_shape"),
        (model("a.ipynb", **BOOK | {"content": {"rows": []}}), "reply_shape"),
        (model("a.ipynb", **BOOK | {"content": "x"}), "reply_shape"),
        (model("d", type="directory", content="x"), "reply_shape"),
        (model("d", type="directory", content=["x"]), "reply_shape"),
        (model("d", type="directory", content=[{"name": "x"}]), "reply_shape"),
        (model("d", type="directory", content=[{"name": 1, "type": "file"}]), "reply_shape"),
    ],
)
def test_replies_out_of_shape_stay_inside(content: bytes, rule: str) -> None:
    result = check_model(True, content)
    assert isinstance(result, Refused)
    assert result.rule == rule
    assert result.status in (403, 502)


def test_replies_are_written_anew_from_the_listed_fields() -> None:
    def out(asked: bool, content: bytes) -> dict[str, Any]:
        result = check_model(asked, content)
        assert isinstance(result, bytes)
        said: dict[str, Any] = json.loads(result)
        return said

    assert out(True, model("a.py", **TEXT, smuggled="x"))["content"] == "x = 1\n"
    assert "smuggled" not in out(True, model("a.py", **TEXT, smuggled="x"))
    assert out(True, model("A.PY", **TEXT))["content"] == "x = 1\n"
    assert out(False, model("secret.csv", **TEXT))["content"] is None
    assert out(True, model("secret.csv", type="file", content=None))["content"] is None
    assert out(True, model("a.ipynb", **BOOK))["content"] == BOOK["content"]
    entry = {"name": "x.csv", "path": "x.csv", "type": "file", "content": "1,2", "more": 1}
    listed = out(True, model("d", type="directory", content=[entry]))["content"]
    assert listed[0]["content"] is None
    assert "more" not in listed[0]
    half = json.dumps({"name": "a.py", "path": "a.py", **TEXT | {"content": "\ud800"}}).encode()
    assert out(True, half)["content"] == "\ud800"


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"", []),
        (b'[{"id": "c", "last_modified": "t", "more": 1}]', [{"id": "c", "last_modified": "t"}]),
        (b'{"id": "c", "last_modified": "t"}', {"id": "c", "last_modified": "t"}),
        (b"x", None),
        (b"3", None),
        (b'{"id": "c"}', None),
        (b'[{"id": "' + b"x" * 100 + b'", "last_modified": "t"}]', None),
        (json.dumps([{"id": "c", "last_modified": "t"}] * 101).encode(), None),
    ],
)
def test_checkpoints_are_identifiers_and_times(content: bytes, kept: Any) -> None:
    result = check_checkpoints(content)
    assert (None if isinstance(result, Refused) else json.loads(result)) == kept


def test_json_is_json() -> None:
    assert check_json(b'{"a": 1}') == b'{"a": 1}'
    assert check_json(b"") == b""
    for wrong in (b"a,b\n", b"\xff", b"[" * 100_000):
        assert isinstance(check_json(wrong), Refused)


@pytest.mark.parametrize(
    ("name", "end"),
    [("a.py", ".py"), ("a/b.tar.GZ", ".gz"), ("a.b/c", ""), (".gitignore", ".gitignore"), ("", "")],
)
def test_endings(name: str, end: str) -> None:
    assert ending(name) == end
