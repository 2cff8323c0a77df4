"""stub"""

from pathlib import Path

from orchestrator.outputs.model import Job, Report
from orchestrator.sandbox.uids import Uids


def check(job: Job, uids: Uids, folder: Path) -> Report:
    raise NotImplementedError
