"""The row of an operator's halt, and what gateway and doors saw when they heard of it."""

import time
from collections.abc import Iterator, Sequence

from orchestrator.bootstrap.control import utc_now
from orchestrator.db import connect, read, write
from orchestrator.errors import NotFound, Unavailable
from orchestrator.governance.halts import INSTALLATION, Scope
from orchestrator.governance.models import Halt
from orchestrator.governance.queries import heard_of
from orchestrator.governance.service import halt
from orchestrator.identity.queries import person_by_handle
from orchestrator.projects.queries import by_slug
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM

PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.05


def record(settings: Settings, project: str | None, person: str | None, reason: str) -> str:
    """Write the halt with its reason; answer its id.

    Errors: NotFound for an unknown project or person; what gateway and doors were told stays.
    """
    with write(connect(settings.database)) as session:
        scope, target = Scope.INSTALLATION, INSTALLATION
        if project is not None:
            found = by_slug(session, project)
            if found is None:
                raise NotFound(f"There is no project {project!r}. `tre project list` has them.")
            scope, target = Scope.PROJECT, found.id
        if person is not None:
            scope, target = Scope.PERSON, person_by_handle(session, person).id
        return halt(session, SYSTEM, utc_now(), scope=scope, target=target, reason=reason).id


def heard(
    settings: Settings, row: str, roles: Sequence[str], seconds: float = PATIENCE_SECONDS
) -> Iterator[tuple[str, str]]:
    """Wait for each role to have closed what a halt stops; say what it saw as it comes.

    Errors: Unavailable with the roles that did not confirm in time: the halt stands.
    """
    db, until, left = connect(settings.database), time.monotonic() + seconds, list(roles)
    while left and time.monotonic() < until:
        with read(db) as session:
            written, there = session.get_one(Halt, row).at, heard_of(session, row)
        for role in [role for role in left if role in there]:
            left.remove(role)
            after = (there[role].at - written).total_seconds()
            yield (
                role,
                f"{there[role].closed} connections closed {after:.2f} s after it was written",
            )
        time.sleep(_LOOK_SECONDS)
    if left:
        raise Unavailable(
            f"The halt is in force, but {' and '.join(left)} did not confirm it within "
            f"{seconds:.0f} s. What has lost the control plane passes nothing and closes after a "
            "minute; see that its pod runs, or delete the pod.",
            code="halt_not_heard",
        )
