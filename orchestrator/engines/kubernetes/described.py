"""[pure] Reads what an administrator says about a cluster: the file that the chart writes.

Shape: JSON with the fields of `Cluster`; what is not said is at its default, what is not known is
refused, and so are ports: doors, gateway and policies have them fixed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from orchestrator.engines.kubernetes.cluster import Cluster, Csi, Homes, HostFolder, Nfs
from orchestrator.errors import Invalid

_KNOWN = {field.name for field in fields(Cluster)} - {"ports"}
_SNAPSHOTS: Mapping[str, Callable[..., HostFolder | Nfs | Csi]] = {
    "folder": HostFolder,
    "nfs": Nfs,
    "csi": Csi,
}


def read(text: str) -> Cluster:
    """Answer the cluster that a text describes.

    Errors: Invalid for what is no JSON object, an unknown word, or a value that `Cluster` refuses.
    """
    try:
        said = json.loads(text)
        if strange := sorted(said.keys() - _KNOWN):
            raise Invalid(f"A cluster has no {', '.join(strange)}.", code="bad_cluster")
        return Cluster(**{name: _value(name, value) for name, value in said.items()})
    except (TypeError, ValueError, KeyError, AttributeError) as wrong:
        raise Invalid(f"The cluster cannot be read: {wrong}.", code="bad_cluster") from wrong


def _value(name: str, value: Any) -> Any:
    match name:
        case "api_servers":
            return tuple((str(one["address"]), int(one["port"])) for one in value)
        case "controllers":
            return tuple(map(str, value))
        case "homes":
            return Homes(**value)
        case "snapshots":
            kind, rest = value["kind"], {k: v for k, v in value.items() if k != "kind"}
            if "attributes" in rest:
                rest["attributes"] = tuple(sorted(rest["attributes"].items()))
            return _SNAPSHOTS[kind](**rest)
        case _:
            return value
