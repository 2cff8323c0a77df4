"""[pure] The files that one project's hub is told its facts by, wherever it runs."""

import json
from collections.abc import Mapping

PROGRAM = "jupyterhub_config.py"
FACTS = "hub.json"
TOKEN = "api_token"  # noqa: S105 - the name of a file

_PROGRAM = '''"""One project's hub; written by the engine, its facts are in hub.json beside it."""

from pathlib import Path

from orchestrator.hub.config import {configure}

{configure}(get_config(), Path(__file__).parent)
'''


def on_this_machine(project: str, hub: str, engine: str, token: str) -> dict[str, str]:
    """Write the files of a hub that listens on a unix socket and asks the engine at another."""
    return _files("configure", {"project": project, "hub": hub, "engine": engine}, token)


def on_a_cluster(project: str, namespace: str, port: int, token: str) -> dict[str, str]:
    """Write the files of a hub that listens on a TCP port and makes pods in one namespace."""
    facts = {"project": project, "namespace": namespace, "port": port}
    return _files("configure_on_a_cluster", facts, token)


def _files(configure: str, facts: Mapping[str, object], token: str) -> dict[str, str]:
    return {
        TOKEN: token,
        FACTS: json.dumps(facts, sort_keys=True),
        PROGRAM: _PROGRAM.format(configure=configure),
    }
