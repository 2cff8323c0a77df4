"""Smoke test of our image: every module imports, the command answers, the policies are whole."""

import importlib
import pkgutil
import subprocess
import sys

import orchestrator
from orchestrator.policy.load import load
from orchestrator.settings import Settings


def main() -> int:
    """Import everything that is no program of its own, and ask for version and policies."""
    count = 0
    for found in pkgutil.walk_packages(orchestrator.__path__, "orchestrator."):
        if found.name.rpartition(".")[2] not in ("__main__", "env") and ".cells" not in found.name:
            importlib.import_module(found.name)
            count += 1
    names = load(Settings().policies_dir).names()
    said = subprocess.check_output(["/opt/tre/bin/tre", "version"], text=True)
    assert said.strip() == orchestrator.__version__
    print(f"tre {orchestrator.__version__}: {count} modules, {len(list(names))} policies")
    return 0


if __name__ == "__main__":
    sys.exit(main())
