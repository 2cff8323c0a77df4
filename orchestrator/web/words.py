"""The words and shapes of all pages: what a state looks like, what was done, how it is spelled.

Status is a word and a shape, never a colour alone.
"""

import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from markupsafe import Markup

from orchestrator.governance.access import Verb

TAGS = {
    "good": "approved released published open active pass ready held safe closed done heard "
    "accepted",
    "bad": "block blocked rejected declined withdrawn failed halted unproved recalled suspended "
    "inconclusive unsafe removed revoked",
    "warn": "flag could-not-check returned expired unavailable not-applicable consolidating "
    "missing",
    "still": "draft none announced asleep retired stopped",
}
"""Which words get which shape and colour; every other word is still on its way."""

_KINDS = {word: kind for kind, words in TAGS.items() for word in words.split()} | dict.fromkeys(
    ("not proved", "not signed yet", "on hold", "too old"), "warn"
)

_VERBS = {
    Verb.WORK: "work in the notebook",
    Verb.SUBMIT: "submit exports",
    Verb.COLLECT: "collect releases",
}

DONE = {
    "drafted": "The draft is saved. Look it over, then submit it.",
    "saved": "Saved.",
    "submitted": "Submitted. You will see here what comes of it.",
    "voted": "Your vote is stored.",
    "accepted": "You are a member now and have accepted the terms.",
    "removed": "Removed.",
    "stopped": "Your notebook server is ending. Files stay; opening the workspace starts it.",
    "halted": "Halted. Nothing passes to this project's notebooks any more.",
    "resumed": "Resumed.",
    "closed": "The project is closing. Submitting and collecting remain possible for a while.",
    "added": "The files are frozen as they are now and lie in the draft.",
    "withdrawn": "Withdrawn.",
    "reopened": "The next round is open: change what was asked for, then submit again.",
    "recalled": "Recalled: nobody can download it any more.",
    "held": "On hold: it is neither released nor handed out until somebody lifts the hold.",
    "lifted": "The hold is lifted.",
    "disagreed": "Stored with your reason. The verdict stays as it is; it is counted for the rule.",
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


def _last_day(end: datetime | None) -> Markup:
    """Show the last day of a time that ends before `end`, as people wrote it."""
    return _day(end and end - timedelta(seconds=1))


def _age(instant: datetime | None, now: datetime) -> str:
    if instant is None:
        return "never"
    passed = max(now - instant, timedelta())
    for seconds, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if (count := int(passed.total_seconds()) // seconds) >= 1:
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "just now"


def _ahead(instant: datetime, now: datetime) -> str:
    days = (instant - now).days
    if days < 0:
        return "in the past"
    return "within a day" if days == 0 else f"in {days} {'day' if days == 1 else 'days'}"


def _verbs(verbs: Iterable[str]) -> str:
    said = [_VERBS[verb] for verb in _VERBS if verb in verbs]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


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
    "last_day": _last_day,
    "age": _age,
    "ahead": _ahead,
    "verbs": _verbs,
    "size": _size,
    "short": _short,
    "words": _words,
    "inert": _inert,
}
