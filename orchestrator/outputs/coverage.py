"""[pure] Was every byte read? Gaps, overlaps and trailing bytes, from the spans of a form.

Source: outputs 4.1 (account for every byte), rule O29.
"""

from collections.abc import Iterable, Sequence

from orchestrator.outputs.form import FileForm, Note, Part
from orchestrator.outputs.model import Coverage, Gap


def cover(form: FileForm) -> Coverage:
    """Sum up which bytes of a file, and of the files inside it, nobody accounted for.

    Units: `total` and `accounted` in bytes of the submitted file itself.
    """
    gaps = tuple(gap for part in form.parts for gap in part_gaps(part))
    root = form.parts[0]
    missing = sum(gap.end - gap.start for gap in gaps if gap.path == root.path)
    accounted = max(form.size - missing, 0) if root.size == form.size else 0
    told = [_statement(form, accounted, gaps)]
    told += [_uncompared(form), _brought_along(form), _pictures(form), _hidden(form)]
    return Coverage(form.size, accounted, gaps, "".join(told))


def uncovered(path: str, size: int, reason: str) -> Coverage:
    """Describe a file of which nothing was read."""
    return Coverage(
        size, 0, (Gap(path, 0, size, reason),), f"Nothing of {path} was read: {reason}."
    )


def part_gaps(part: Part) -> list[Gap]:
    """List the bytes of one part that no span owns, and those that two spans claim."""
    if part.size is None:
        return []
    gaps: list[Gap] = []
    position, owner = 0, "the beginning"
    for span in sorted(part.spans, key=lambda span: (span.start, span.end)):
        if span.start > position:
            gaps.append(Gap(part.path, position, span.start, f"unread bytes after {owner}"))
        elif span.start < position and span.end > span.start:
            end = min(position, span.end)
            gaps.append(Gap(part.path, span.start, end, f"claimed by {owner} and {span.owner}"))
        if span.end >= position:
            position, owner = span.end, span.owner
    if position < part.size:
        reason = f"trailing bytes after {owner}" if position else "unread"
        gaps.append(Gap(part.path, position, part.size, reason))
    return gaps


def _uncompared(form: FileForm) -> str:
    """Say what was read and not compared with the source: lists of numbers beyond the limit."""
    left = [
        f"{part.path} after {seen.at} lists"
        for part in form.parts
        for seen in part.notes
        if seen.note is Note.UNCOMPARED
    ]
    return (
        f" Numbers without words were not compared with the source: {_listed(left)}."
        if left
        else ""
    )


def _brought_along(form: FileForm) -> str:
    """Say what was compared with the source and held to no rule about counts."""
    parts = [part.path for part in form.parts if part.is_brought_along and part.text is not None]
    return f" Brought along, so compared with the source alone: {_listed(parts)}." if parts else ""


def _hidden(form: FileForm) -> str:
    """Name the sheets that nobody sees who opens the file; they were read like the others."""
    parts = [
        part.path
        for part in form.parts
        if part.table is not None and any(seen.note is Note.HIDDEN for seen in part.notes)
    ]
    return f" Hidden, and read: {_listed(parts)}." if parts else ""


def _pictures(form: FileForm) -> str:
    """Say that words in pixels were read, or that nobody read them."""
    parts = form.parts
    read = [part.path for part in parts if part.is_read_in_pixels and part.text is not None]
    left = [part.path for part in parts if any(seen.note is Note.NO_OCR for seen in part.notes)]
    told = f" Read in pixels, perhaps wrongly: {_listed(read)}." if read else ""
    return told + (f" Words in pixels were not read: {_listed(left)}." if left else "")


def _listed(paths: Sequence[str]) -> str:
    return "; ".join(paths[:10]) + ("; and more" if len(paths) > 10 else "")


def _statement(form: FileForm, accounted: int, gaps: Iterable[Gap]) -> str:
    listed = [f"{gap.path}: bytes {gap.start} to {gap.end} ({gap.reason})" for gap in gaps]
    if not listed and accounted == form.size:
        return f"Every byte of {form.path} was read ({form.size} bytes as {form.format})."
    shown = "; ".join(listed[:10]) + ("; and more" if len(listed) > 10 else "")
    return f"{accounted} of {form.size} bytes of {form.path} were read. Not read: {shown}."
