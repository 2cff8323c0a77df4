"""Smoke test of the hub's image: what it needs imports, what it must not have is not there."""

import importlib
import importlib.util
import sys

NEEDED = ("jupyterhub.app", "kubespawner", "orchestrator.hub.config", "orchestrator.hub.spawner")
MISSING = ("sqlmodel", "minio", "fastapi", "orchestrator.db", "orchestrator.audit", "pip")


def main() -> int:
    """Import the one, look for the other."""
    for name in NEEDED:
        importlib.import_module(name)
    found = [name for name in MISSING if importlib.util.find_spec(name) is not None]
    assert not found, f"a hub has no business with {found}"
    hub = importlib.import_module("jupyterhub").__version__
    print(f"python {sys.version.split()[0]}, jupyterhub {hub}, no {', '.join(MISSING)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
