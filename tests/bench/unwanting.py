"""End the notebook servers of a project, named as argument: where the database is, or in a pod."""

import sys

from orchestrator.bootstrap.control import utc_now
from orchestrator.db import connect, write
from orchestrator.settings import Settings
from orchestrator.values import SYSTEM
from orchestrator.workspaces import queries
from orchestrator.workspaces.service import unwant_server

with write(connect(Settings().database)) as session:
    for row in queries.servers(session):
        if row.slug == sys.argv[1]:
            unwant_server(session, row.key, utc_now(), actor=SYSTEM, reason="benchmark")
