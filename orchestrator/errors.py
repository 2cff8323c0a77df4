"""The six error families, by whose fault it is; knows nothing of HTTP, exit codes or pages.

A message is a sentence for the person who reads it and says what to do next. `reasons` carries
every reason of a refusal as (code, sentence) pairs; `code` is the machine-readable cause.
"""

from collections.abc import Iterable


class TreError(Exception):
    """Base of every error that is meant to be answered; anything else is a programmer's mistake."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        reasons: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Keep the sentence, its machine-readable code, and all reasons of a refusal."""
        super().__init__(message)
        self.message = message
        self.code = code or type(self).__name__.lower()
        self.reasons: tuple[tuple[str, str], ...] = tuple(reasons)


class NotFound(TreError):
    """The thing does not exist, or the caller may not know that it does."""


class NotAllowed(TreError):
    """The caller is known and may not do this."""


class Conflict(TreError):
    """Somebody else was first, or the thing changed since the caller looked."""


class Invalid(TreError):
    """The input is wrong; the message says how to mend it."""


class Unavailable(TreError):
    """Another system does not answer; trying later may help."""


class Tampered(TreError):
    """Bytes or a log are not what was recorded: an attack or a broken disk."""
