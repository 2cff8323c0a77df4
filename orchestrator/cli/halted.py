"""The row of an operator's halt, written after gateway and doors were told."""

from orchestrator.bootstrap.control import utc_now
from orchestrator.db import connect, write
from orchestrator.errors import NotFound
from orchestrator.governance.halts import INSTALLATION, Scope
from orchestrator.governance.service import halt
from orchestrator.identity.queries import person_by_handle
from orchestrator.projects.queries import by_slug
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM


def record(settings: Settings, project: str | None, person: str | None, reason: str) -> None:
    """Write the halt with its reason.

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
        halt(session, SYSTEM, utc_now(), scope=scope, target=target, reason=reason)
