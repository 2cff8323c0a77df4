"""The process itself, as it runs inside its sandbox: settings, a token file, and nothing else."""

import sys

from orchestrator.errors import Conflict
from orchestrator.gateway.app import run
from orchestrator.settings import Settings

try:
    run(Settings())
except Conflict as error:
    sys.exit(error.message)
