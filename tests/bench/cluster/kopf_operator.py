"""The peer's side: an operator of kopf whose one handler writes the objects that it is given.

Runs in an environment of its own, with kopf and the official client and nothing of ours.
"""

import os
from typing import Any

import kopf
from kubernetes import client, config, utils

config.load_kube_config()
_API = client.ApiClient()
_API.set_default_header("Impersonate-User", os.environ["BENCH_ACCOUNT"])


def settle(settings: kopf.OperatorSettings, **_: Any) -> None:
    """As its manual advises for load: no events, several workers."""
    settings.posting.enabled = False
    settings.execution.max_workers = 8


def made(spec: Any, patch: Any, **_: Any) -> None:
    """Write every object in sequence, then say so in the status."""
    for thing in spec["things"]:
        try:
            utils.create_from_dict(_API, dict(thing))
        except utils.FailToCreateError as problem:
            if any(each.status != 409 for each in problem.api_exceptions):
                raise
            where = thing["metadata"]
            client.CoreV1Api(_API).patch_namespaced_service_account(
                where["name"], where["namespace"], dict(thing)
            )
    patch.status["made"] = True


kopf.on.startup()(settle)
kopf.on.create("bench.example", "v1", "workspaces")(made)
