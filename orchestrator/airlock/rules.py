"""[pure] Rules of the airlock: names, context, what a verdict allows, what the votes come to."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from orchestrator.errors import Invalid
from orchestrator.outputs.model import Context, FileReport, Verdict, worst
from orchestrator.values import Decision, Digest, JsonValue, Reason, canonical_json, digest_of

PATH_BYTES = 400
PATH_DEPTH = 12
CONTEXT_CHARACTERS = 4000
TITLE_CHARACTERS = 200
REASON_CHARACTERS = 4000

_RISK = (Verdict.PASS, Verdict.FLAG, Verdict.COULD_NOT_CHECK, Verdict.BLOCK)


class FileOutcome(StrEnum):
    """What the votes on one file came to."""

    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"


def parse_path(text: str) -> str:
    """Accept a file's name as the author gave it, if it can name a file below a folder anywhere.

    Shape: relative, parts divided by `/`, in Unicode form NFC.
    Errors: Invalid for a name that is empty, climbs, hides characters, or that another system
    would read as another name.
    """
    trouble = _path_trouble(text)
    if trouble:
        raise Invalid(
            f"The file name {text[:60]!a} cannot be used: {trouble}. Rename the file and "
            "add it again.",
            code="bad_path",
        )
    return text


def path_key(path: str) -> str:
    """Fold a path so that names which some system cannot tell apart become equal."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def parse_text(text: str, what: str, limit: int) -> str:
    """Trim a text that a person wrote and keep it within `limit` characters.

    Errors: Invalid when empty or too long, or with characters that are not text.
    """
    trimmed = text.strip()
    if not trimmed:
        raise Invalid(f"Write {what}; an empty one tells nobody anything.", code="empty_text")
    if len(trimmed) > limit:
        raise Invalid(
            f"{what[:1].upper()}{what[1:]} may have {limit} characters and this has "
            f"{len(trimmed)}. Shorten it.",
            code="text_too_long",
        )
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in trimmed):
        raise Invalid(f"{what[:1].upper()}{what[1:]} holds control characters.", code="bad_text")
    return trimmed


def parse_context(context: Context) -> Context:
    """Trim the three context texts; each may still be empty while drafting.

    Errors: Invalid as `parse_text`.
    """

    def clean(text: str, what: str) -> str:
        return parse_text(text, what, CONTEXT_CHARACTERS) if text.strip() else ""

    return Context(
        shows=clean(context.shows, "what the file shows"),
        population=clean(context.population, "the population"),
        control=clean(context.control, "the disclosure control"),
    )


def missing_context(context: Context) -> tuple[str, ...]:
    """Name the context fields that a checker would miss; none means complete."""
    return tuple(
        name for name in ("shows", "population", "control") if not getattr(context, name).strip()
    )


def file_subject(path: str, digest: str, context: Context) -> Digest:
    """Name what a vote on a file is about: its bytes, its name and what the author says of it.

    Source: governance section 2 (airlock row): a changed byte or context is another subject.
    """
    return digest_of(
        canonical_json(
            {
                "path": path,
                "digest": digest,
                "shows": context.shows,
                "population": context.population,
                "control": context.control,
            }
        )
    )


def request_subject(subjects: Iterable[str], round_: int) -> Digest:
    """Name what a round of review is about: all its files' subjects, in no order."""
    files: list[JsonValue] = [*sorted(subjects)]
    return digest_of(canonical_json({"files": files, "round": round_}))


def holds(report: FileReport, effect: Callable[[str], str]) -> bool:
    """Say whether a file may not go on as it is: blocked, or unread where policy insists.

    Shape: `effect` says for a rule what its could-not-check does: `hold` keeps the file until it
    is converted, anything else leaves the question to both checkers. No rule result at all holds.
    Source: outputs section 2; design property 5.
    """
    if verdict_of(report) is Verdict.BLOCK or not report.results:
        return True
    return any(
        result.verdict is Verdict.COULD_NOT_CHECK and effect(result.rule) == "hold"
        for result in report.results
    )


def verdict_of(report: FileReport) -> Verdict:
    """Trust the rule results over the sum a report claims, whichever is worse."""
    return worst([report.verdict, worst([result.verdict for result in report.results])])


def stands(reviewed: Verdict, again: Verdict) -> bool:
    """Say whether a file that people approved may still leave after the last check.

    A last check that is worse than what the reviewers saw is news to them: it goes back.
    """
    return again is not Verdict.BLOCK and risk(again) <= risk(reviewed)


def risk(verdict: Verdict | None) -> int:
    """Order files and requests for checkers: 3 blocked, 2 could not check, 1 flag, 0 pass.

    No verdict is ranked as could-not-check.
    """
    return _RISK.index(verdict) if verdict in _RISK else _RISK.index(Verdict.COULD_NOT_CHECK)


def may_approve(verdict: Verdict | None, reason: str) -> Decision:
    """Say whether a vote to approve a file with this verdict can be taken.

    A flag and a could-not-check are answered by every checker with a reason; a block and a
    missing verdict cannot be approved by anybody.
    """
    match verdict:
        case Verdict.PASS:
            return Decision()
        case Verdict.FLAG | Verdict.COULD_NOT_CHECK:
            if reason.strip():
                return Decision()
            return _no("reason_missing", "The check left questions about this file: say in the "
                       "reason why it may leave all the same.")  # fmt: skip
        case Verdict.BLOCK:
            return _no("blocked", "The check found what may not leave. The file has to change; "
                       "return it with the reason.")  # fmt: skip
        case _:
            return _no("not_checked", "This file has no verdict, so nobody can approve it.")


def within_budget(today: int, per_day: int, draft: int, per_draft: int) -> Decision:
    """Say whether another pre-check may run: a pre-check must not become an oracle.

    Units: pre-checks of one person in one project within 24 hours, and of one draft in all.
    """
    reasons = []
    if today >= per_day:
        reasons.append(
            Reason(
                "budget_of_day",
                f"All {per_day} pre-checks of 24 hours are used. Submit the request, its full "
                "check is not counted, or come back later.",
            )
        )
    if draft >= per_draft:
        reasons.append(
            Reason(
                "budget_of_draft",
                f"All {per_draft} pre-checks of this draft are used. Submit it: the full check is "
                "not counted.",
            )
        )
    return Decision(tuple(reasons))


def outcome(files: Sequence[FileOutcome]) -> FileOutcome:
    """Sum what the votes on each file came to, as the request's outcome.

    Any file sent back returns the request; else one approved file approves it, and only approved
    files are released; else it is rejected.
    Errors: ValueError without files (a programmer's mistake).
    Source: design section 5.
    """
    if not files:
        raise ValueError("a request without files has no outcome")
    for decisive in (FileOutcome.RETURNED, FileOutcome.APPROVED):
        if decisive in files:
            return decisive
    return FileOutcome.REJECTED


def _no(code: str, text: str) -> Decision:
    return Decision((Reason(code, text),))


def _path_trouble(text: str) -> str:
    if not text:
        return "it is empty"
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in text):
        return "it holds characters that cannot be seen"
    if len(text.encode()) > PATH_BYTES:
        return f"it is longer than {PATH_BYTES} bytes"
    if text != unicodedata.normalize("NFC", text):
        return "its accents are written in an unusual way (it is not in Unicode form NFC)"
    if "\\" in text or ":" in text:
        return "a backslash or a colon means something else on other systems"
    if text.startswith("/"):
        return "it starts at the root; names are relative to the request"
    parts = text.split("/")
    if len(parts) > PATH_DEPTH:
        return f"it is nested deeper than {PATH_DEPTH} folders"
    return next((trouble for part in parts if (trouble := _part_trouble(part))), "")


def _part_trouble(part: str) -> str:
    if part in {"", ".", ".."}:
        return "an empty part, `.` or `..` would point elsewhere"
    if part[0] == "-":
        return "a part that starts with a hyphen looks like an option to programs"
    if part[-1] in ". " or part[0] == " ":
        return (
            "a part that starts with a space or ends with a dot or space changes on other systems"
        )
    if len(part.encode()) > 255:
        return "a part is longer than 255 bytes"
    return ""
