"""What the gateway asks the control plane, in its own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.errors import Unavailable
from orchestrator.link.line import Line


@dataclass(frozen=True)
class Session:
    """What a hand-over code was exchanged for; the secret belongs into the cookie only."""

    secret: str
    person: str
    until: str


# A code works once: an answer that is given up may have used it, so this one may take its time.
_EXCHANGE_SECONDS = 10.0


class Control:
    """The gateway's questions. Errors: as `Line`; Unavailable also for an answer out of shape."""

    def __init__(self, line: Line) -> None:
        """Speak over a line that is open."""
        self._line = line

    async def exchange(self, project: str, code: str, state: str) -> Session:
        """Turn a single-use code into a session; NotAllowed when it is not good any more."""
        said = await self._line.post(
            "/internal/exchange",
            {"project": project, "code": code, "state": state},
            seconds=_EXCHANGE_SECONDS,
        )
        try:
            return Session(str(said["session"]), str(said["person"]), str(said["until"]))
        except KeyError:
            raise _shapeless() from None

    async def decide(self, checks: Sequence[tuple[str, str]]) -> list[Any]:
        """Ask about many sessions at once; the answers come in the same order."""
        body = {"checks": [{"project": p, "session": s} for p, s in checks]}
        said = (await self._line.post("/internal/decide", body)).get("answers")
        if not isinstance(said, list) or len(said) != len(checks):
            raise _shapeless()
        return said

    async def want(self, project: str, session: str) -> None:
        """Ask that the person's server be started; repeating it changes nothing."""
        await self._line.post("/internal/want", {"project": project, "session": session})

    async def leave(self, project: str, session: str) -> None:
        """End a session at this host; twice is once."""
        await self._line.post("/internal/leave", {"project": project, "session": session})

    async def usage(self, rows: list[dict[str, Any]]) -> None:
        """Hand over counted bytes."""
        await self._line.post("/internal/usage", {"rows": rows})


def _shapeless() -> Unavailable:
    return Unavailable("The control plane's answer could not be read.", code="control_answer")
