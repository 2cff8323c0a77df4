"""[pure] O29: every byte of the file must be understood; what was not is could-not-check.

Source: outputs 4.1 and section 3, O29: a byte that nobody accounts for is never a pass.
"""

from orchestrator.outputs.form import Note, Observation, Part
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.readers.formats import BY_NAME, READABLE
from orchestrator.outputs.rules.rule import Outcome, Rule, Subject

_CAN = "Tables as csv, xlsx or parquet, text as txt, html or pdf, and pictures as png are read."

_SAY = {
    Note.UNKNOWN_TYPE: f"Files of this type cannot be checked yet. {_CAN} Convert it, please.",
    Note.TYPE_DISAGREES: "The name says one type and the bytes say another. Give the file the "
    f"extension of what it is, or convert it. {_CAN}",
    Note.PARSER_FAILED: "The file broke our reader, so it was not seen. Write it again with "
    "another program, or as csv.",
    Note.TOO_BIG: "The file is larger than can be checked. Send less, or split it.",
    Note.TOO_DEEP: "The content is nested too deeply to be read to its end. Make it flatter.",
    Note.TOO_MANY_PARTS: "The file holds more tables and texts than can be checked. Split it.",
    Note.CAPPED: "Part of the content is longer than can be checked, so it was not read to its "
    "end. Shorten it, or split the file.",
    Note.ENCODING: "The text cannot be decoded. Save the file as UTF-8.",
    Note.NUL: "There are NUL bytes in the text. Save the file as plain UTF-8 text.",
    Note.RAGGED: "This is not one table: a line has another number of columns, a quote is broken, "
    "or a blank line stands in between. Write one table with one delimiter per file.",
    Note.NOT_JSON: "This is not valid JSON. Write it again with a JSON library.",
    Note.DUPLICATE_KEYS: "An object has the same key twice, so two readers would see different "
    "things. Give each key once.",
    Note.NOT_BASE64: "An embedded picture is not proper base64. Run the notebook again, or clear "
    "this output.",
    Note.BAD_IMAGE: "The picture is damaged, or it holds more than a picture. Save it again as a "
    "plain PNG without metadata.",
    Note.NOT_ONE_PICTURE: "Pictures leave written again by us, one frame of eight bits a sample, "
    "and this one cannot be written so. Save each frame or page as a PNG of its own.",
    Note.ACTIVE: "The document defines entities of its own, which can hide and multiply content. "
    "Write it again without them.",
    Note.ENCRYPTED: "This is locked with a password, so nobody can see what leaves. Send it "
    "without a password.",
    Note.BOMB: "Unpacked, this would be far larger than it looks: it was not unpacked. Send the "
    "content itself, not packed.",
    Note.PATH_TRICK: "A name inside leads out of the archive, or is a link and no file. Pack the "
    "plain files again with relative names.",
    Note.DUPLICATE_NAME: "Two members have the same name, so two programs would unpack different "
    "things. Give each name once.",
    Note.HEADERS_DIFFER: "The archive says one thing in its directory and another beside the "
    "member. Pack it again with a plain zip program.",
    Note.TRUNCATED: "The file ends too early, or one of its parts is not what its own index says. "
    "Write it again and send the whole file.",
    Note.NOT_XML: "This part should be XML and is not. Write the file again with another program.",
    Note.UNKNOWN_PART: "There is a part in here that we cannot read. Save the file again without "
    "it (printer settings, filters, leftovers of deleted rows), or send the table as csv.",
    Note.UNACCOUNTED: "Its tables were read, by a program that does not say which bytes it read: "
    "deleted rows and old versions may still be in the file. Export the tables as parquet or csv.",
    Note.MACRO: "There is a macro in here, which is a program. Save the file without macros.",
}
"""What a researcher is told about each note that makes a part unreadable."""

_BLOCKS = frozenset({Note.ENCRYPTED})
"""What no conversion of ours could ever show (outputs 4.2: encrypted members block)."""

_UNIT = {Note.RAGGED: "line", Note.NOT_JSON: "line", Note.NUL: "character", Note.CAPPED: "position"}


def _check(subject: Subject) -> Outcome:
    if subject.form is None:
        return Outcome((_nothing(subject),))
    found = [
        _noted(part, seen, _own_words(subject, part))
        for part in subject.parts
        for seen in part.notes
        if seen.note in _SAY
    ]
    noted = {item.where.path for item in found if item.where.path}
    found += [
        _gap(gap.path, gap.start, gap.end, gap.reason)
        for gap in subject.coverage.gaps
        if gap.path not in noted
    ]
    return Outcome(tuple(found))


def _nothing(subject: Subject) -> Finding:
    return Finding(
        "O29",
        Verdict.COULD_NOT_CHECK,
        Where(subject.file.path, start=0, end=subject.file.size),
        subject.coverage.statement,
        "The file could not be opened here: the reader was stopped or its answer was not usable. "
        "Send it again; if it happens again, convert the file to csv.",
    )


def _own_words(subject: Subject, part: Part) -> str:
    """Say of a file whose type has no reader why, and what to send instead."""
    known = BY_NAME.get(subject.form.format) if subject.form else None
    root = bool(subject.parts) and part is subject.parts[0]
    return f" A {known.name} file: {known.says}." if known and known.note and root else ""


def _noted(part: Part, seen: Observation, more: str) -> Finding:
    unit = _UNIT.get(seen.note, "byte")
    evidence = f"{part.path}: {seen.note.value}" + (f" at {unit} {seen.at}" if seen.at else "")
    where = Where(part.path, start=0, end=part.size) if part.size is not None else Where(part.path)
    severity = Verdict.BLOCK if seen.note in _BLOCKS else Verdict.COULD_NOT_CHECK
    say = _SAY[seen.note] + (more if seen.note is Note.UNKNOWN_TYPE else "")
    return Finding("O29", severity, where, evidence, say)


def _gap(path: str, start: int, end: int, reason: str) -> Finding:
    return Finding(
        "O29",
        Verdict.COULD_NOT_CHECK,
        Where(path, start=start, end=end),
        f"{path}: bytes {start} to {end} ({end - start} bytes): {reason}",
        "There are bytes here that belong to nothing we can read. Write the file again with a "
        "plain program; a picture must end where the picture ends.",
        measured=f"{end - start} bytes",
        threshold="0 bytes",
    )


RULE = Rule(
    id="O29",
    version=3,
    title="Bytes not accounted for",
    text="A file is checked only if every byte of it belongs to a part that was read.",
    source="outputs 4.1; readable types: " + ", ".join(READABLE),
    needs=frozenset(),
    check=_check,
    parameters=lambda policy: {"file_bytes": str(policy.caps.file_bytes)},
)
