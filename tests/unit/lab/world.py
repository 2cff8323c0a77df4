"""The world of the truth table with made-up addresses, as the API's objects would describe it."""

from ipaddress import ip_address
from typing import Any

from tests.cluster.lab.addresses import Addresses
from tests.cluster.lab.policy.world import Address, World, read
from tests.cluster.policy_table import NAMED, NAMED_ELSEWHERE, NAMESPACES, PODS, placed

LAB = Addresses(7)
OUTSIDE = {"out1": LAB.machine, "out2": LAB.machine_too, "node": LAB.node}
PLACES = {
    "BLOCK4": LAB.block[0],
    "BLOCK6": LAB.block[1],
    **{f"OUT{n}_4": f"{OUTSIDE[f'out{n}'][0]}/32" for n in (1, 2)},
    **{f"OUT{n}_6": f"{OUTSIDE[f'out{n}'][1]}/128" for n in (1, 2)},
    **{f"NS_{name}": name for name in NAMESPACES},
}


def address(name: str, family: int) -> Address:
    """The address of a pod or of a place outside."""
    if name in OUTSIDE:
        return ip_address(OUTSIDE[name][0 if family == 4 else 1])
    namespace, pod = name.split("/")
    last = 10 * (NAMESPACES.index(namespace) + 1) + PODS.index(pod)
    base = LAB.pods[0 if family == 4 else 1].partition("/")[0]
    return ip_address(base) + last


def namespace(name: str) -> dict[str, Any]:
    labels = {"world": name, "kubernetes.io/metadata.name": name}
    return {"metadata": {"name": name, "labels": labels}}


def pod(namespace: str, name: str) -> dict[str, Any]:
    named = NAMED_ELSEWHERE if (namespace, name) == ("z", "a") else NAMED
    labels = {"app": name} | ({"marked": "yes"} if name == "a" else {})
    ports = [
        {"name": key, "protocol": protocol, "containerPort": number}
        for key, (protocol, number) in named.items()
    ]
    return {
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"containers": [{"name": "serve", "ports": ports}]},
        "status": {
            "phase": "Running",
            "podIPs": [{"ip": str(address(f"{namespace}/{name}", family))} for family in (4, 6)],
        },
    }


def a_world(*policies: dict[str, Any]) -> World:
    """The world with these policies."""
    return read(
        [namespace(name) for name in NAMESPACES],
        [pod(space, name) for space in NAMESPACES for name in PODS],
        [placed(policy, PLACES) for policy in policies],
    )
