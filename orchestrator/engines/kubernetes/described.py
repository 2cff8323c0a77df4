"""Reads what the administrator decides about a cluster: one YAML file, every key known."""

from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from orchestrator.engines.kubernetes.cluster import Cluster
from orchestrator.errors import Invalid

_CLUSTER = TypeAdapter(Cluster)


def described(file: Path | None) -> Cluster:
    """Read a cluster's file.

    Errors: Invalid with the first key that is wrong, missing or unknown, or without a file.
    """
    if file is None:
        raise Invalid(
            "Say in TRE_CLUSTER_FILE which file describes the cluster: its images by digest and"
            " the address of the doors at least.",
            code="no_cluster_file",
        )
    try:
        return _CLUSTER.validate_python(yaml.safe_load(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise Invalid(
            f"{file.name} cannot be read as YAML ({type(problem).__name__})."
        ) from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise Invalid(
            f"{file.name}: {where}: {first['msg']}.", code="bad_cluster_file"
        ) from problem
