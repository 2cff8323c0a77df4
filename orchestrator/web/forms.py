"""What a form of ours sent: permission, origin and token checked before anything is believed.

The text of a form is remembered until the answer, so that a refusal can show it again: what
somebody wrote is not lost because a field was missing, a file changed or the session ended.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from orchestrator.bootstrap.request import Caller, NotSignedIn, form_token, may
from orchestrator.errors import Invalid, TreError

TEXT_BYTES = 1 << 20
UPLOAD_BYTES = 64 << 20
"""Units: bytes of a form with words only, and of one with files. Larger files go through `tre`."""

Typed = Mapping[str, list[str]]
"""The words of a form by field, as somebody wrote them; files and the token are not in it."""

Show = Callable[[Request, Caller, Typed, TreError, int], Response]
_Handler = TypeVar("_Handler", bound=Callable[..., Response])


@dataclass(frozen=True)
class Posted:
    """A form and who sent it."""

    who: Caller
    form: FormData

    def __getitem__(self, name: str) -> str:
        """One field's text, trimmed; empty where the form has none."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def many(self, name: str) -> list[str]:
        """All values of a field that repeats, such as ticked boxes."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def files(self, name: str) -> list[UploadFile]:
        """The files of a field; an empty choice is none."""
        found = [value for value in self.form.getlist(name) if isinstance(value, UploadFile)]
        return [file for file in found if file.filename]

    def day(self, name: str, what: str, plus: int = 0) -> datetime | None:
        """The beginning of a day in UTC, `plus` days later; None where nothing was written.

        Errors: Invalid for what is no day.
        """
        text = self[name]
        if not text:
            return None
        try:
            return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC) + timedelta(days=plus)
        except (ValueError, OverflowError) as error:
            raise Invalid(f"Write {what} as a day, such as 2026-05-04.", code="bad_date") from error

    def number(self, name: str, what: str) -> int:
        """A whole number. Errors: Invalid for anything else."""
        if not self[name].isascii() or not self[name].isdigit() or len(self[name]) > 9:
            raise Invalid(f"Write {what} as a whole number.", code="bad_number")
        return int(self[name])


def posted(action: str, limit: int = TEXT_BYTES) -> Callable[[Request], AsyncIterator[Posted]]:
    """Name the permission of a form's route, and give what it sent.

    Shape: nothing large is read before the permission is known; words are, so that they can be
    shown again. It must stand before a session in a handler: nobody's slow line holds the lock.
    Units: `limit` in bytes of the whole form.
    Errors: as `may`; NotAllowed without the token of this session; Invalid past `limit`.
    """
    check = may(action)

    async def read(request: Request) -> AsyncIterator[Posted]:
        size = _announced(request)
        if size <= TEXT_BYTES:
            _remember(request, await request.form())
        who = await run_in_threadpool(check, request)
        if size > limit:
            raise Invalid(
                f"This is more than a page takes: {limit >> 20} MB. Send larger files with the "
                "tre command.",
                code="too_large",
            )
        form = await request.form()
        _remember(request, form)
        try:
            form_token(request, str(form.get("csrf", "")))
            yield Posted(who, form)
        finally:
            await form.close()

    read.permission = action  # type: ignore[attr-defined]
    return read


def shows_again(show: Show) -> Callable[[_Handler], _Handler]:
    """Let a form that was refused be shown again as it was filled in, with the reasons on top."""

    def mark(handler: _Handler) -> _Handler:
        handler.again = show  # type: ignore[attr-defined]
        return handler

    return mark


def shown_again(request: Request, status: int, error: TreError) -> Response | None:
    """Answer a refused form by its own page, where it has one and somebody is signed in.

    Errors: whatever the page meets; the caller then answers plainly.
    """
    show: Show | None = getattr(request.scope.get("endpoint"), "again", None)
    caller: Caller | None = getattr(request.state, "caller", None)
    if show is None or caller is None or isinstance(error, NotSignedIn):
        return None
    return show(request, caller, typed(request), error, status)


def typed(request: Request) -> Typed:
    """The words of the form that was sent; nothing where none was."""
    found: Typed = getattr(request.state, "typed", {})
    return found


def _remember(request: Request, form: FormData) -> None:
    words: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and name != "csrf":
            words.setdefault(name, []).append(value)
    request.state.typed = words


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Invalid("Say how many bytes you send (Content-Length).", code="length_required")
    return int(length)
