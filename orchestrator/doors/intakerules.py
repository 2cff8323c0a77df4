"""[pure] The airlock door's small protocol: five calls, and where each goes inside.

`GET /status`, `GET /drafts/{name}`, `PUT /drafts/{name}/files/{path}`,
`POST /drafts/{name}/check`, `POST /drafts/{name}/submit`. Project and person are put in by us.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from orchestrator.doors.replies import Refused

LARGEST_FILE = 16 * 1024 * 1024
LARGEST_WORDS = 256 * 1024
LARGEST_REPLY = 1024 * 1024
LONGEST_PATH = 255
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._ -]{0,62}[A-Za-z0-9])?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Inside:
    """Where a call goes: `path` below the internal intake of this person, its body limit."""

    method: str
    path: str
    largest: int
    bytes_needed: bool = False


def route(method: str, target: str) -> Inside | Refused:
    """Find where a call goes.

    Shape: a file's path may hold any characters of a name; it is decoded once, checked, and
    spelled anew. Nothing here is ever a path of this machine.
    """
    parts = target.split("/")
    if "?" in target or "#" in target or parts[0] != "":
        return _unknown()
    match method, parts[1:]:
        case "GET", ["status"]:
            return Inside("GET", "/requests", 0)
        case _, ["drafts", name, *rest]:
            return _draft(method, name, rest)
        case _:
            return _unknown()


def _draft(method: str, name: str, rest: list[str]) -> Inside | Refused:
    decoded = _decoded(name)
    if decoded is None or not _NAME.match(decoded):
        return Refused(
            "draft_name",
            422,
            "A request's name has 1 to 64 letters, digits, spaces, dots, hyphens and underscores.",
        )
    here = f"/drafts/{quote(decoded, safe='')}"
    match method, rest:
        case "GET", []:
            return Inside("GET", here, 0)
        case "POST", ["check"]:
            return Inside("POST", f"{here}/check", LARGEST_WORDS)
        case "POST", ["submit"]:
            return Inside("POST", f"{here}/submit", LARGEST_WORDS)
        case "PUT", ["files", *path]:
            return _file(here, path)
        case _:
            return _unknown()


def _file(here: str, path: list[str]) -> Inside | Refused:
    decoded = [_decoded(part) for part in path]
    if not decoded or any(part in (None, "", ".", "..") for part in decoded):
        return _bad_path()
    names = [part for part in decoded if part is not None]
    odd = any("/" in name or "\\" in name or _CONTROL.search(name) for name in names)
    if odd or len("/".join(names).encode()) > LONGEST_PATH:
        return _bad_path()
    spelled = "/".join(quote(name, safe="") for name in names)
    return Inside("PUT", f"{here}/files/{spelled}", LARGEST_FILE, bytes_needed=True)


def check_length(inside: Inside, header: str | None) -> int | Refused:
    """Check the announced length of a body against its limit.

    Units: bytes. A file needs an announced length, so that a cut upload is noticed.
    """
    if header is None:
        if inside.bytes_needed:
            return Refused("length_needed", 411, "Announce the file's size (Content-Length).")
        return 0
    if not header.isascii() or not header.isdigit() or len(header) > 12:
        return Refused("length_form", 400, "The announced length is not a number.")
    length = int(header)
    if length > inside.largest:
        return Refused(
            "too_large",
            413,
            f"This is larger than the {inside.largest // (1024 * 1024)} MiB that one file may have."
            if inside.bytes_needed
            else "This is larger than what may be said about a request.",
        )
    return length


def _decoded(part: str) -> str | None:
    """Decode one segment once; None for broken escapes or bytes that are no text."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", part) or not part.isascii():
        return None
    try:
        return unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return None


def _bad_path() -> Refused:
    return Refused(
        "file_path",
        422,
        "This file name cannot be used. Rename the file: no `..`, no backslash, no control "
        "characters, at most 255 bytes.",
    )


def _unknown() -> Refused:
    return Refused(
        "intake_path",
        404,
        "The airlock door knows /status and /drafts/…; use the `tre` command in the notebook.",
    )
