"""[pure] Which relative paths may become files of ours; one rule for uploads, manifests and trees.

A path comes from a stranger and ends as a name below a folder of ours, on a page, and in a shell
that a researcher types into. What is merely legal on Linux is therefore not enough.
"""

import unicodedata
from collections.abc import Iterable

from orchestrator.errors import Invalid

MOST_BYTES = 1024
MOST_NAME_BYTES = 255
_LINE_BREAKS = frozenset("\u2028\u2029")


def safe_path(text: str) -> str:
    """Accept a relative path whose every part is a plain name, spelled in NFC.

    Shape: parts joined by `/`; none empty, none beginning with a dot or a hyphen, none ending in
    a blank or a dot; no backslash, control or format character.
    Units: a part at most 255 bytes, the whole at most 1024, as UTF-8.
    Errors: Invalid with the first reason.
    """
    reason = _why_not(text)
    if reason:
        raise Invalid(
            f"The file name {shown(text)} {reason}. Rename the file and send it again.",
            code="bad_path",
        )
    return text


def distinct(paths: Iterable[str]) -> None:
    """Refuse paths that are one file on some computer, and a file that is another one's folder.

    Shape: twins are compared after NFC and case folding.
    Errors: Invalid naming the pair.
    """
    seen: dict[str, str] = {}
    for path in paths:
        key = folded(path)
        if key in seen:
            raise Invalid(
                f"The files {shown(seen[key])} and {shown(path)} would be the same file on some "
                "computers. Rename one of them.",
                code="twin_path",
            )
        seen[key] = path
    for key, path in seen.items():
        for folder in _folders(key):
            if folder in seen:
                raise Invalid(
                    f"{shown(seen[folder])} is a file and also the folder of {shown(path)}. "
                    "Rename one of them.",
                    code="twin_path",
                )


def folded(path: str) -> str:
    """The spelling under which twins are equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def shown(text: str) -> str:
    """A hostile name made fit for a sentence: short, ASCII, quoted."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")


def _folders(path: str) -> Iterable[str]:
    at = path.find("/")
    while at != -1:
        yield path[:at]
        at = path.find("/", at + 1)


def _why_not(text: str) -> str | None:
    if not text:
        return "is empty"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "is not valid text"
    if size > MOST_BYTES:
        return f"is longer than {MOST_BYTES} bytes"
    if text.startswith("/"):
        return "is absolute; only paths inside the upload are accepted"
    if unicodedata.normalize("NFC", text) != text:
        return "is not in Unicode's composed form (NFC)"
    if any(char == "\\" or unicodedata.category(char)[0] == "C" for char in text):
        return "has a backslash, control or invisible character"
    return next(filter(None, map(_why_not_part, text.split("/"))), None)


def _why_not_part(part: str) -> str | None:
    if not part:
        return "has an empty part"
    if part in {".", ".."}:
        return "tries to leave its folder"
    if part[0] in ".-":
        return "has a part that begins with a dot or a hyphen"
    if part != part.strip() or part[-1] == ".":
        return "has a part that begins or ends with a blank or ends with a dot"
    if not _LINE_BREAKS.isdisjoint(part):
        return "has a line break in it"
    if len(part.encode()) > MOST_NAME_BYTES:
        return f"has a part longer than {MOST_NAME_BYTES} bytes"
    return None
