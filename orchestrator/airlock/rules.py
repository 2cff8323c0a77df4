"""[pure] Rules of the airlock: context, subjects, what a verdict allows, budgets."""

import unicodedata
from collections.abc import Callable, Iterable
from enum import StrEnum

from orchestrator.errors import Invalid
from orchestrator.outputs.model import Context, FileReport, Verdict, worst
from orchestrator.values import Decision, Digest, JsonValue, Reason, canonical_json, digest_of

CONTEXT_CHARACTERS = 4000
TITLE_CHARACTERS = 200
REASON_CHARACTERS = 4000

_RISK = (Verdict.PASS, Verdict.FLAG, Verdict.COULD_NOT_CHECK, Verdict.BLOCK)


class FileOutcome(StrEnum):
    """What the votes on one file came to."""

    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"


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


def _no(code: str, text: str) -> Decision:
    return Decision((Reason(code, text),))
