"""[pure] What a door answers by itself, and how fast it may be asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HEADERS = {"Content-Type": "application/problem+json", "Cache-Control": "no-store", "Server": "tre"}


@dataclass(frozen=True)
class Refused:
    """Why a call is not carried: `rule` for the log, `status` and `text` for the caller."""

    rule: str
    status: int
    text: str

    def body(self) -> bytes:
        """Spell it as an RFC 9457 problem."""
        return json.dumps(
            {
                "type": "about:blank",
                "title": "Not served by this door",
                "status": self.status,
                "code": self.rule,
                "detail": self.text,
                "reasons": [],
            }
        ).encode()


TOO_OFTEN = Refused("rate", 429, "This door is asked too often; wait a moment.")
TOO_LONG = Refused("too_long", 408, "This call took too long and was ended; try it again.")
TOO_MANY = Refused("connections", 429, "Too many connections are open at this door.")


def problem_of(said: Any, status: int) -> bytes:
    """Spell the control plane's refusal anew from its listed fields, each as short text."""
    known = said if isinstance(said, dict) else {}
    reasons = [
        {"code": str(r.get("code", ""))[:100], "text": str(r.get("text", ""))[:1000]}
        for r in known.get("reasons") or []
        if isinstance(r, dict)
    ]
    return json.dumps(
        {
            "type": "about:blank",
            "title": str(known.get("title", "Not accepted"))[:200],
            "status": status,
            "code": str(known.get("code", ""))[:100],
            "detail": str(known.get("detail", "The request was not accepted."))[:2000],
            "reasons": reasons[:50],
        }
    ).encode()


class Bucket:
    """A token bucket. Units: `rate` calls per second on average, `burst` calls at once."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        """Start full."""
        self._rate, self._burst, self._clock = rate, float(burst), clock
        self._left, self._at = float(burst), clock()

    def take(self) -> bool:
        """Take one call, or answer False."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
