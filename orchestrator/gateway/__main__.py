"""The process itself, as it runs inside its sandbox: settings, a token file, and nothing else."""

from orchestrator.gateway.app import run
from orchestrator.settings import Settings

run(Settings())
