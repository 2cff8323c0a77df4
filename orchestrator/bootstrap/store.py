"""Which object store the settings name."""

from orchestrator.objectstore.port import Depot
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.s3 import S3Store
from orchestrator.settings import Settings


def depot(settings: Settings) -> Depot:
    """Open the object store.

    Errors: as `S3Store.at`; Unavailable when the disk refuses.
    """
    if settings.store == "s3":
        return S3Store.at(settings)
    return PosixStore(settings.state_dir / "store")
