"""The words and shapes of all pages: what a state looks like, what was done, how it is spelled.

Status is a word and a shape, never a colour alone.
"""

import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta

from markupsafe import Markup

TAGS = {
    "good": "approved released published open active pass ready held safe closed done heard",
    "bad": "block blocked rejected declined withdrawn failed halted unproved recalled suspended "
    "inconclusive unsafe removed revoked",
    "warn": "flag could-not-check returned expired unavailable not-applicable consolidating",
    "still": "draft none announced asleep retired stopped",
}
"""Which words get which shape and colour; every other word is still on its way."""

_KINDS = {word: kind for kind, words in TAGS.items() for word in words.split()}

DONE = {
    "drafted": "The draft is saved. Look it over, then submit it.",
    "saved": "Saved.",
    "submitted": "Submitted. You will see here what comes of it.",
    "voted": "Your vote is stored.",
    "accepted": "You are a member now and have accepted the terms.",
    "removed": "Removed.",
    "halted": "Halted. Nothing passes to this project's notebooks any more.",
    "resumed": "Resumed.",
    "closed": "The project is closing. Submitting and collecting remain possible for a while.",
    "added": "The files are frozen as they are now and lie in the draft.",
    "withdrawn": "Withdrawn.",
    "reopened": "The next round is open: change what was asked for, then submit again.",
    "commented": "Your comment is stored.",
    "announced": "Announced. Send its files now.",
    "received": "The files have arrived.",
    "finished": "The files are fixed under one digest and are being verified.",
    "retired": "Retired: no new project gets it, those that have it keep it.",
    "revoked": "The token opens nothing any more.",
}
"""What a page says after a form was carried out, by the word in its address."""


def _tag(word: str | None) -> Markup:
    text = word or "none"
    kind = _KINDS.get(text, "wait")
    return Markup('<span class="tag {}">{}</span>').format(kind, text.replace("_", " "))


def _when(instant: datetime | None) -> Markup:
    if instant is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(
        instant.isoformat(), f"{instant:%-d %B %Y, %H:%M} UTC"
    )


def _day(instant: datetime | None) -> Markup:
    if instant is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(
        f"{instant:%Y-%m-%d}", f"{instant:%-d %B %Y}"
    )


def _age(instant: datetime | None, now: datetime) -> str:
    if instant is None:
        return "never"
    passed = max(now - instant, timedelta())
    for seconds, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if (count := int(passed.total_seconds()) // seconds) >= 1:
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "just now"


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if count >= 1000**power:
            return f"{count / 1000**power:.1f} {unit}"
    raise AssertionError("a size from 1000 up has a unit")


def _short(digest: str | None) -> Markup:
    if not digest:
        return Markup("–")
    return Markup('<span class="digest" title="{}">{}…</span>').format(digest, digest[7:19])


def _words(name: str) -> str:
    return name.replace("_", " ")


def _inert(text: str) -> str:
    """Make characters visible that a browser would hide or obey, such as direction marks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in "\n\t" else _visible(char) for char in text)


def _visible(char: str) -> str:
    hidden = unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
    return f"⟨U+{ord(char):04X}⟩" if hidden else char


FILTERS: dict[str, Callable[..., str]] = {
    "tag": _tag,
    "when": _when,
    "day": _day,
    "age": _age,
    "size": _size,
    "short": _short,
    "words": _words,
    "inert": _inert,
}
