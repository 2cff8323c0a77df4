"""[pure] Rules of the Contents API: what may be written, and what a reply may hold.

The notebook server may lie, so its reply is taken apart and written anew from the listed fields.
A notebook can still carry data in its outputs; only the budget answers that (egress 3.3).
"""

import base64
import binascii
import json
import re
from typing import Any

from orchestrator.gateway.paths import Refused
from orchestrator.gateway.routes import DATA_STAYS, MIB

READ_TYPES = frozenset(
    [
        *(".py", ".r", ".rmd", ".qmd", ".jl", ".sql", ".sh"),
        *(".md", ".markdown", ".rst", ".tex", ".bib", ".txt", ".log"),
        *(".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".gitignore"),
    ]
)
"""Endings of files that people write and that open in the browser."""

WRITE_TYPES = READ_TYPES | frozenset({".csv", ".tsv", ".svg", ".html", ".css", ".xml"})
"""Endings of text that may come inward."""

LARGEST_TEXT = MIB
_FIELDS = (
    *("name", "path", "last_modified", "created", "content", "format", "mimetype"),
    *("size", "writable", "type", "hash", "hash_algorithm"),
)
_INWARD = frozenset({*_FIELDS, "ext", "copy_from"})
_TYPES = frozenset({"file", "notebook", "directory"})
_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,255}\Z")


def ending(name: str) -> str:
    """The ending of a file name in lower case, with its dot; a bare dot file is its own ending."""
    last = name.rsplit("/", 1)[-1].lower()
    return last[last.rindex(".") :] if "." in last else ""


def check_write(method: str, file: str, content: bytes) -> tuple[str, bytes] | Refused:
    """Check what a browser sends to the Contents API and answer what to send on.

    Shape: answers the path class to count it under, and the body, written anew. A file comes in
    as text only; JupyterLab's upload button sends base64, which is decoded, checked to be text
    and turned into text here.
    Units: a file at most 1 MiB of UTF-8.
    """
    if method == "DELETE":
        return "contents", b""
    said = _object(content or b"{}")
    if said is not None and "chunk" in said:  # JupyterLab cuts uploads above 1 MiB in pieces
        return Refused("contents_upload_size", 413, TOO_LARGE)
    if said is None or not set(said) <= _INWARD:
        return _bad("contents_request")
    for name in ("path", "copy_from", "name"):
        if said.get(name) is not None and not _relative(said[name]):
            return _bad("contents_path")
    if said.get("type") not in _TYPES | {None} or not _extension(said.get("ext")):
        return _bad("contents_type")
    if method == "PUT":
        return _check_put(file, said)
    if "content" in said:
        return _bad("contents_request")
    return "contents", _spell(said)


def _check_put(file: str, said: dict[str, Any]) -> tuple[str, bytes] | Refused:
    if said.get("type") == "notebook":
        if not file.endswith(".ipynb") or not isinstance(said.get("content"), dict | None):
            return _bad("contents_type")
        return "contents-save", _spell(said)
    if said.get("type") == "directory":
        return ("contents", _spell(said)) if said.get("content") is None else _bad("contents_type")
    text = _text(said)
    if isinstance(text, Refused):
        return text
    if file.endswith(".ipynb"):
        return _upload_notebook(said, text)
    if ending(file) not in WRITE_TYPES:
        return Refused("contents_upload_type", 403, UPLOAD)
    return "contents-in", _spell(said | {"format": "text", "content": text, "type": "file"})


def _upload_notebook(said: dict[str, Any], text: str) -> tuple[str, bytes] | Refused:
    """A notebook that is uploaded as a file must at least be a JSON object."""
    if _object(text.encode()) is None:
        return Refused("contents_upload_type", 403, UPLOAD)
    return "contents-in", _spell(said | {"format": "text", "content": text, "type": "file"})


def _text(said: dict[str, Any]) -> str | Refused:
    """Read a file's content as text within the limit."""
    content = said.get("content")
    if content is None:
        content = ""
    if not isinstance(content, str):
        return _bad("contents_request")
    if said.get("format") == "base64":
        try:
            content = base64.b64decode(content.replace("\n", ""), validate=True).decode()
        except (binascii.Error, ValueError):
            return Refused("contents_upload_type", 403, UPLOAD)
    elif said.get("format") not in ("text", None):
        return _bad("contents_format")
    if "\x00" in content:
        return Refused("contents_upload_type", 403, UPLOAD)
    if len(content.encode("utf-8", "surrogatepass")) > LARGEST_TEXT:
        return Refused("contents_upload_size", 413, TOO_LARGE)
    return content


def check_model(asked_content: bool, content: bytes) -> bytes | Refused:
    """Check a reply of the Contents API and write it anew from the listed fields.

    Shape: a directory (its entries without content), a notebook, or a text file of a listed
    type; content only where it was asked for.
    """
    said = _object(content)
    if said is None:
        return _lie("reply_shape")
    model = {name: said.get(name) for name in _FIELDS if name in said}
    kind = model.get("type")
    if kind not in _TYPES or not _plain(model):
        return _lie("reply_shape")
    if not asked_content or model.get("content") is None:
        return _spell(model | {"content": None, "format": None})
    return _check_content(str(kind), model)


def _check_content(kind: str, model: dict[str, Any]) -> bytes | Refused:
    inner = model["content"]
    if kind == "directory":
        if not isinstance(inner, list) or not all(isinstance(entry, dict) for entry in inner):
            return _lie("reply_shape")
        entries = [_entry(entry) for entry in inner]
        if not all(_plain(entry) and entry.get("type") in _TYPES for entry in entries):
            return _lie("reply_shape")
        return _spell(model | {"content": entries, "format": "json"})
    name = str(model.get("path") or model.get("name") or "")
    if kind == "notebook":
        notebook = isinstance(inner, dict) and {"cells", "nbformat"} <= set(inner)
        if not notebook or not name.endswith(".ipynb"):
            return _lie("reply_shape")
        return _spell(model | {"format": "json"})
    if model.get("format") != "text" or not isinstance(inner, str):
        return Refused("reply_format", 403, DATA_STAYS)
    if ending(name) not in READ_TYPES:
        return Refused("reply_file_type", 403, DATA_STAYS)
    return _spell(model)


def check_checkpoints(content: bytes) -> bytes | Refused:
    """Pass identifiers and times of checkpoints, nothing else."""
    try:
        said = json.loads(content) if content else []
    except ValueError:
        return _lie("reply_shape")
    entries = said if isinstance(said, list) else [said]
    if not all(isinstance(entry, dict) for entry in entries) or len(entries) > 100:
        return _lie("reply_shape")
    kept = [{"id": e.get("id"), "last_modified": e.get("last_modified")} for e in entries]
    if not all(isinstance(v, str) and len(v) <= 64 for entry in kept for v in entry.values()):
        return _lie("reply_shape")
    return json.dumps(kept if isinstance(said, list) else kept[0]).encode()


def check_json(content: bytes) -> bytes | Refused:
    """Check that a reply is one JSON value, or empty."""
    try:
        json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return _lie("reply_shape")
    return content


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    """One line of a directory: never with content."""
    return {name: entry.get(name) for name in _FIELDS} | {"content": None, "format": None}


def _plain(model: dict[str, Any]) -> bool:
    """Check that every field but the content is a short value, and the name is one."""
    short = all(
        value is None
        or isinstance(value, bool | int)
        or (isinstance(value, str) and len(value) <= 1024)
        for name, value in model.items()
        if name != "content"
    )
    return short and isinstance(model.get("name"), str) and isinstance(model.get("path"), str)


def _relative(path: object) -> bool:
    """Accept a path that stays below the home directory."""
    if not isinstance(path, str) or len(path) > 1024:
        return False
    parts = path.strip("/").split("/")
    return parts == [""] or all(_NAME.match(part) and part not in (".", "..") for part in parts)


def _extension(ext: object) -> bool:
    return ext is None or (isinstance(ext, str) and ext.lower() in WRITE_TYPES | {".ipynb", ""})


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _spell(model: dict[str, Any]) -> bytes:
    """Write JSON as UTF-8; half characters, which UTF-8 cannot hold, as escapes."""
    try:
        return json.dumps(model, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(model, separators=(",", ":")).encode()


ROAD = "Larger files and other types come in through the airlock's import."
TOO_LARGE = "A file that comes in may have 1 MiB. " + ROAD
UPLOAD = "Only notebooks and text files are taken in here. " + ROAD


def _bad(rule: str) -> Refused:
    return Refused(rule, 400, "This request to the file service is not understood here.")


def _lie(rule: str) -> Refused:
    return Refused(rule, 502, "The notebook server gave an answer that is not passed on.")
