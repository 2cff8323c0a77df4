"""[pure] Names of Kubernetes objects from any text: valid, unique, and found back by label.

What a name must be: an RFC 1123 label (lower-case letters, digits, hyphens, first and last no
hyphen, at most 63 characters); another text, another name; the same text, the same name for ever;
and a plain text stays readable. A text that is not plain keeps what is readable of it, two hyphens,
and the start of its SHA-256. No plain text holds two hyphens in a row, so the two kinds never meet.
"""

import hashlib
import re
from collections.abc import Mapping

PROJECT = "tre.project"
PERSON = "tre.person"
ROLE = "tre.role"
NET = "tre.net"
ZONE = "tre.zone"
COMPONENT = "tre.component"
"""Label keys. No tenant can write a label: admission refuses it (egress VAP-07)."""

FULL = "tre.full-"
"""Prefix of the annotation with the whole text of a label that holds only its name."""

LONGEST = 63
_PLAIN = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?\Z")
_LONGEST_PLAIN = 40
_KEPT = 20
_HASHED = 16


def name(text: str) -> str:
    """Name one thing: the text itself where it is plain, else its readable rest and its digest.

    Shape: at most 40 characters, first a letter, so that a prefix still fits.
    """
    if _plain(text):
        return text
    return f"{_readable(text)}--{_digest(text)}"


def joined(first: str, *texts: str) -> str:
    """Name a thing by several texts, all of them in the digest: (a-b, c) is not (a, b-c)."""
    parts = "".join(f"{len(text.encode(*_BYTES))}:{text}" for text in texts)
    rest = _readable("-".join(texts))
    return f"{first}-{rest}--{_digest(parts)}"


def namespace(project: str) -> str:
    """Name a project's namespace."""
    return f"tre-{name(project)}"


def is_project_namespace(text: str) -> bool:
    """Say whether a namespace's name could be that of a project; no other may look like it."""
    return re.match(r"tre-[a-z]", text) is not None


def home_claim(person: str) -> str:
    """Name the claim of a person's home."""
    return f"home-{name(person)}"


def snapshot_claim(dataset: str, version: str, digest: str) -> str:
    """Name the claim of a granted snapshot; admission knows such claims by their first letters."""
    return joined("ds", dataset, version, digest)


def snapshot_volume(project: str, claim: str) -> str:
    """Name the volume behind a claim; volumes belong to no namespace, so the project is in it."""
    return joined("tre", project, claim)


def notebook_pod(person: str) -> str:
    """Name the pod of a person's notebook server."""
    return f"notebook-{name(person)}"


def hub(project: str) -> str:
    """Name all objects of a project's hub in the system namespace."""
    return f"hub-{name(project)}"


def marks(key: str, text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Answer the label and the annotation that say whose an object is.

    Shape: a plain text is a label and needs no annotation; another one is named by the label and
    stands whole in the annotation.
    """
    named = name(text)
    return {key: named}, {} if named == text else {FULL + key.removeprefix("tre."): text}


def text_of(key: str, labels: Mapping[str, str], annotations: Mapping[str, str]) -> str | None:
    """Find the text back that `marks` was given; None when nothing, or nothing true, is there.

    Shape: an annotation counts only when the label is its name, so that a forged one is no one.
    """
    named = labels.get(key)
    if named is None or _plain(named):
        return named
    text = annotations.get(FULL + key.removeprefix("tre."))
    return text if text is not None and name(text) == named else None


_BYTES = ("utf-8", "surrogatepass")


def _plain(text: str) -> bool:
    return len(text) <= _LONGEST_PLAIN and "--" not in text and _PLAIN.match(text) is not None


def _readable(text: str) -> str:
    """Keep the letters and digits of a text that a name may hold; `x` where there are none."""
    words = re.findall(r"[a-z0-9]+", text[:200].lower())
    kept = "-".join(words)[:_KEPT].strip("-")
    return kept if kept[:1].isalpha() else f"x{kept}"[:_KEPT]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(*_BYTES)).hexdigest()[:_HASHED]
