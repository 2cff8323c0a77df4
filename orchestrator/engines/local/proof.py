"""stub"""

from pathlib import Path

from orchestrator.engines.local.layout import Layout
from orchestrator.engines.port import Probe
from orchestrator.sandbox.uids import Uids
from orchestrator.settings import Settings


def prove(
    layout: Layout, uids: Uids, image: Path, settings: Settings, project: str | None
) -> list[Probe]:
    raise NotImplementedError
