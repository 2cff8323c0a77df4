"""[pure] O24, O31, O34, O35, O37: secrets, odd characters, caches, formulas, missing context.

Source: outputs section 3, O24 (dst-disclose), O31, O34 (NHS England), O35, O37 (OpenSAFELY).
"""

import math
import re
from collections.abc import Sequence

from orchestrator.outputs.form import Note, Part
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Subject, spelled_rows

_WORD = (
    "a password",
    re.compile(r"(?i)\b(?:password|passwd|pwd|secret|token|api_?key)\s*[:=]\s*[\"'][^\"'\s]{6,}"),
)
_SECRETS = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("an access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("an access token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20,})\b")),
    ("a signed token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    _WORD,
    ("a password in a link", re.compile(r"://[^/\s:@]{1,64}:[^/\s:@]{3,}@")),
)
_PLACES = (
    ("a path of a home folder", re.compile(r"(?:/home|/Users|/root|/mnt|/srv)/[\w.-]+")),
    ("a Windows path", re.compile(r"\b[A-Za-z]:\\(?:Users|Documents)\\")),
    ("an internal host name", re.compile(r"\b[\w-]+\.(?:internal|local|intranet|corp|lan)\b")),
    (
        "an internal address",
        re.compile(r"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b"),
    ),
)
_HISTORY = frozenset(
    [".git", ".svn", ".hg", ".ipynb_checkpoints", "__pycache__", ".cache", ".rproj.user", ".venv",
     "node_modules", ".mypy_cache", ".pytest_cache", ".trash", ".local", ".config", ".ssh"]
)  # fmt: skip
_HISTORY_FILES = frozenset(
    [".rhistory", ".rdata", ".python_history", ".bash_history", ".ds_store", ".env", ".netrc",
     "thumbs.db", ".sqlite_history", ".viminfo"]
)  # fmt: skip
_SESSIONS = (".rhistory", ".python_history", ".bash_history", ".sqlite_history")
"""Ends of names, also of a copy: `analysis.Rhistory`."""
_BACKUP = re.compile(r"(?:~|\.sw[a-p]|\.bak|\.tmp|\.orig)\Z|\A\.#|\A#.*#\Z")
_RUNS = {
    Note.SCRIPT: (
        "script or actions",
        (
            "The file runs something when it is opened. Values written in scripts were read; save "
            "the result without scripts where you can."
        ),
    ),
    Note.MACRO: ("a macro", "A macro is a program. Save the file without macros."),
}
_SAY_KEY = (
    "A secret must not leave: take it out, and change it, because it is already written down."
)
_SAY_PLACE = "This tells where things lie inside. Leave it out, or write a name instead."
_FIELDS = (
    ("shows", "what the file shows"),
    ("population", "which people it is about"),
    ("control", "which disclosure control was used"),
)


def _secrets(subject: Subject) -> Outcome:
    found: list[Finding] = []
    for part in subject.parts:
        lines = _lines(part)
        secrets = [one for one in _SECRETS if not (part.is_brought_along and one is _WORD)]
        found += _matches(part, lines, Verdict.BLOCK, secrets, _SAY_KEY)
        if not part.is_brought_along:  # a library has hosts and passwords of its examples
            found += _matches(part, lines, Verdict.FLAG, _PLACES, _SAY_PLACE)
    return Outcome(tuple(found))


def _matches(
    part: Part,
    lines: Sequence[tuple[int, str]],
    severity: Verdict,
    patterns: Sequence[tuple[str, re.Pattern[str]]],
    say: str,
) -> list[Finding]:
    found: list[Finding] = []
    for what, pattern in patterns:
        at = [line for line, text in lines if pattern.search(text)]
        if at:
            evidence = f"{what} at {spelled_rows(at)}"
            found.append(Finding("O24", severity, Where(part.path, tuple(at)), evidence, say))
    return found


def _lines(part: Part) -> list[tuple[int, str]]:
    if part.text is not None:
        return list(enumerate(part.text.splitlines(), 1))
    if part.table is not None:
        return [(row, "\n".join(cells)) for row, cells in enumerate(part.table.rows, 1)]
    return []


def _characters(subject: Subject) -> Outcome:
    found = [
        Finding(
            "O31",
            Verdict.FLAG,
            Where(part.path),
            f"{seen.count} characters that nobody sees, the first at {seen.at}",
            "Zero-width, direction and private characters can carry data. Write the text again "
            "with plain characters.",
            measured=str(seen.count),
            threshold="0",
        )
        for part in subject.parts
        for seen in part.notes
        if seen.note is Note.ODD_CHARACTERS
    ]
    most = subject.policy.precision.low_bits
    found += [
        Finding(
            "O31",
            Verdict.FLAG,
            Where(part.path),
            f"{seen.count} of 1000 flat places differ from their neighbours in the lowest bit only",
            "The lowest bits of this picture look like noise, and noise can carry data. Draw it "
            "again, or save it with fewer colours.",
            measured=f"{seen.count} of 1000",
            threshold=f"fewer than {most} of 1000",
        )
        for part in subject.parts
        for seen in part.notes
        if seen.note is Note.LOW_BITS and seen.count >= most
    ]
    for part in subject.parts:
        bits = _bits_of_ends(part.text or "")
        if bits >= subject.policy.precision.bits:
            found.append(
                Finding(
                    "O31",
                    Verdict.FLAG,
                    Where(part.path),
                    f"blanks at the ends of lines, as many as hold {bits:.0f} bits",
                    "The number of blanks at the end of a line is seen by nobody and can carry "
                    "data. Save the text without them.",
                    measured=f"{bits:.0f} bits",
                    threshold=f"{subject.policy.precision.bits} bits",
                )
            )
    return Outcome(tuple(found))


_CORNER = re.compile(r"\s*(?:d=\"?)?[MLCQ] ?-?[\d.]+(?: -?[\d.]+){1,5} \Z")
"""A corner of a path, as programs break them over lines, with one blank behind it."""


def _bits_of_ends(text: str) -> float:
    """Say how much the blanks at the ends of lines can hold.

    Shape: nothing where lines are filled up to the same width, as programs print columns; two
    blanks, which break a line in Markdown, are as many each time and hold nothing.
    Units: bits, as many as there are different numbers of blanks, for each line.
    """
    lines = text.split("\n") if " \n" in text or "\t\n" in text else []
    ended = [
        (len(line) - len(line.rstrip(" \t\r")), len(line))
        for line in lines
        if line.strip() and not _CORNER.match(line)
    ]
    blanks = [(count, width) for count, width in ended if count]
    kinds = len({count for count, _ in blanks})
    if kinds < 2 or len({width for _, width in blanks}) < kinds / 2:
        return 0.0
    return len(blanks) * math.log2(kinds)


def _formulas(subject: Subject) -> Outcome:
    found = [
        Finding(
            "O35",
            Verdict.FLAG,
            Where(part.path, (seen.at,)),
            f"{seen.count} rows with a cell that a spreadsheet would run, the first at {seen.at}",
            "A cell that begins with = or @ is a formula to a spreadsheet. Put an apostrophe "
            "before it, or write the value.",
        )
        for part in subject.parts
        for seen in part.notes
        if seen.note is Note.FORMULA
    ]
    found += [
        Finding("O35", Verdict.FLAG, Where(part.path), f"{seen.count} places with {what}", say)
        for part in subject.parts
        for seen in part.notes
        for what, say in [_RUNS.get(seen.note, ("", ""))]
        if what
    ]
    return Outcome(tuple(found))


def _history(subject: Subject) -> Outcome:
    places = dict.fromkeys([subject.file.path, *(part.path for part in subject.parts)])
    hits = [place for place in places if _remembers(place)]
    say = (
        "Histories, caches and backups hold what was deleted elsewhere. Leave the file out of the "
        "request."
    )
    evidence = "the path belongs to a history, a cache or a backup"
    found = [Finding("O34", Verdict.BLOCK, Where(place), evidence, say) for place in hits[:50]]
    return Outcome(tuple(found))


def _remembers(place: str) -> bool:
    """Whether a path, or one inside an archive, belongs to a history, a cache or a backup."""
    steps = [step.casefold() for step in re.split(r"!?/", place)]
    return any(
        step in _HISTORY or step in _HISTORY_FILES or step.endswith(_SESSIONS) for step in steps
    ) or any(
        _BACKUP.search(step) for step in (steps[-1], re.split(r"!/", place)[0].rsplit("/", 1)[-1])
    )


def _context(subject: Subject) -> Outcome:
    context = subject.file.context
    gaps = [text for name, text in _FIELDS if not str(getattr(context, name)).strip()]
    if not gaps:
        return Outcome()
    missing = " and ".join(gaps) if len(gaps) < 3 else f"{gaps[0]}, {gaps[1]} and {gaps[2]}"
    say = f"Say {missing}. Without it checkers cannot judge the file and send it back."
    evidence = f"{len(gaps)} of {len(_FIELDS)} context fields are empty"
    return Outcome(
        (Finding("O37", Verdict.FLAG, Where(subject.file.path), evidence, say,
                 measured=str(len(_FIELDS) - len(gaps)), threshold=str(len(_FIELDS))),)
    )  # fmt: skip


SECRETS = Rule(
    id="O24",
    version=2,
    title="Secrets and places",
    text="Keys and passwords cannot leave; inner paths, hosts and addresses are looked at.",
    source="outputs section 3, O24",
    needs=frozenset({Need.FORM}),
    check=_secrets,
)

CHARACTERS = Rule(
    id="O31",
    version=4,
    title="Characters and bits nobody sees",
    text="Zero-width, direction and private characters, and noise in lowest bits, are looked at.",
    source="outputs section 3, O31, and 6.4",
    needs=frozenset({Need.FORM}),
    check=_characters,
    parameters=lambda policy: {"low_bits": str(policy.precision.low_bits)},
)

HISTORY = Rule(
    id="O34",
    version=3,
    title="Histories and caches",
    text="Version control, checkpoints, histories, caches and backups cannot leave.",
    source="outputs section 3, O34; NHS England publishes that they flood its checkers",
    needs=frozenset(),
    check=_history,
)

FORMULAS = Rule(
    id="O35",
    version=2,
    title="Active content",
    text="Cells that a spreadsheet would run, scripts, actions and macros are looked at.",
    source="outputs section 3, O35",
    needs=frozenset({Need.FORM}),
    check=_formulas,
)

CONTEXT = Rule(
    id="O37",
    version=1,
    title="Context missing",
    text="Each file says what it shows, about whom, and which disclosure control was used.",
    source="outputs section 3, O37; the second most frequent reason of refusal elsewhere",
    needs=frozenset({Need.CONTEXT}),
    check=_context,
)
