"""What the chart carries of ours in a copy: `python -m tests.charts.copies` writes it anew."""

from pathlib import Path

import yaml

from orchestrator.engines.kubernetes import admission, rights
from orchestrator.engines.kubernetes.cluster import Cluster

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "tre"
_HERE = "{{ .Release.Namespace }}"
_RIGHTS = (
    "# What the reconciler may do: orchestrator.engines.kubernetes.rights as it is, written by\n"
    "# `python -m tests.charts.copies`. A test compares.\n"
)


def copies() -> dict[Path, str]:
    """Answer every copied file as it should be."""
    folder = ROOT / "policies" / admission.FOLDER
    found = {
        CHART / "files" / admission.FOLDER / f"{name}.yaml": (folder / f"{name}.yaml").read_text()
        for name in admission.FILES
    }
    return found | {CHART / "templates" / "reconciler" / "rights.yaml": _rights()}


def _rights() -> str:
    cluster = Cluster(images={}, doors_address="::", system="the-namespace-of-the-release")
    things = [yaml.safe_dump(each, sort_keys=False) for each in rights.reconciler_rights(cluster)]
    return _RIGHTS + "---\n".join(things).replace(cluster.system, _HERE)


if __name__ == "__main__":
    for path, text in copies().items():
        path.write_text(text)
