"""The images that hubs and notebook servers run from, brought into the lab."""

import os
from pathlib import Path

from tests.cluster.lab.images import bring_in
from tests.cluster.lab.instance import Instance


def brought_in(lab: Instance) -> dict[str, str]:
    folder = Path(os.environ["TRE_OCI"])
    hub = bring_in(lab, folder / "oci-hub.tar", "lab.local/hub")
    workspace = bring_in(lab, folder / "oci-workspace.tar", "lab.local/workspace")
    return {"hub": hub, "workspace": workspace, "worker": hub}
