"""[pure] What a notebook server is told at its start, and how the hub names its socket."""

from collections.abc import Mapping
from typing import Any

HUB_DOOR = "http://127.0.0.1:8081"
"""The hub as a notebook server sees it: a forwarder inside the sandbox ends at the hub door."""

OWN_PORT = "http://127.0.0.1:8888"
"""Where a notebook server listens inside its sandbox; nothing outside can reach that address."""

SERVER_SCOPES = ("users:activity!user",)
"""All that a server's own token may do; it cannot even open the server it belongs to."""

USER_SCOPES = (
    "users:activity!user",
    "access:servers!user",
    "read:users:name!user",  # the hub warns at every look-up without these two
    "read:users:groups!user",
)
"""Role `user`: no `tokens`, no shares, no starting and stopping of servers (egress 4.3)."""

SERVICE_SCOPES = ("admin:users", "admin:servers", "tokens", "access:servers", "read:hub")
"""What the engine's own token may do: people, servers, and tokens that open one server."""

GATEWAY = "gateway"
"""The note on a token, by which an administrator of a hub knows what it is for."""

TOKEN_SECONDS = 7 * 86_400
"""How long a token of the gateway is valid."""

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


def socket_url(path: str) -> str:
    """Spell a unix socket path as the `http+unix` address that JupyterHub understands.

    Shape: every byte but lower-case letters, digits, dot, hyphen and underscore is
    percent-encoded, because the hub lower-cases host names and would lose capitals.
    """
    return "http+unix://" + "".join(
        chr(byte) if chr(byte) in _PLAIN else f"%{byte:02x}" for byte in path.encode()
    )


def environment(hub: Mapping[str, object], person: str, base_url: str) -> dict[str, str]:
    """Choose what of the hub's environment a notebook server gets, with the inside addresses.

    Shape: only `JUPYTERHUB_*` names with text values; every address of the hub is replaced by
    the door inside the sandbox, so no path or address of the host gets in.
    """
    chosen = {
        name: value
        for name, value in hub.items()
        if name.startswith("JUPYTERHUB_") and isinstance(value, str)
    }
    api = f"{HUB_DOOR}/hub/api"
    return chosen | {
        "JUPYTERHUB_API_URL": api,
        "JUPYTERHUB_ACTIVITY_URL": f"{api}/users/{person}/activity",
        "JUPYTERHUB_SERVICE_URL": OWN_PORT + base_url,
        "JUPYTERHUB_SERVICE_PREFIX": base_url,
        "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_PUBLIC_URL": "",
        "JUPYTERHUB_PUBLIC_HUB_URL": "",
    }


def opens(person: str) -> list[str]:
    """Scopes of the token with which the gateway opens one person's server, and nothing else."""
    return [f"access:servers!server={person}/"]


POD = "pod"
"""The option of a request for a server under which the engine sends the whole pod."""

TOKEN = "token"  # noqa: S105 - a name, no secret
"""Beside the options, which the hub keeps: the token that shall open the server that starts."""


def told(pod: Mapping[str, Any], hub: Mapping[str, object]) -> dict[str, Any]:
    """Add the hub's words to a pod's environment: those that the engine left open, no other.

    Shape: only `JUPYTERHUB_*` names with text values; an address or a name that the engine wrote
    stays as it is. The given pod is not changed.
    """
    (container,) = pod["spec"]["containers"]
    written = {each["name"]: each["value"] for each in container["env"]}
    more = {
        name: value
        for name, value in hub.items()
        if name.startswith("JUPYTERHUB_") and isinstance(value, str)
    }
    spelled = [{"name": name, "value": value} for name, value in sorted((more | written).items())]
    return {**pod, "spec": {**pod["spec"], "containers": [{**container, "env": spelled}]}}
