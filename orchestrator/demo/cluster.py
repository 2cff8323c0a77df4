"""The story's place on a cluster: commands in pods, and what stands around a notebook's pod.

Nothing here reaches into a project: admission would refuse it.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.demo.place import Done
from orchestrator.engines.kubernetes import names
from orchestrator.engines.kubernetes.client import Access, Client, Scope
from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import Key, mapping, metadata_of, texts
from orchestrator.engines.kubernetes.reach import Reach
from orchestrator.errors import TreError, Unavailable
from orchestrator.settings import Settings

SPACE = "tre"
COMPONENTS = ("control", "reconciler", "gateway", "doors", "database")
_TRE = "/opt/tre/bin/tre"
_CHANGE = (
    "set session_replication_role = replica; update audit_entries "
    "set record = set_byte(record, 40, get_byte(record, 40) # 1) where seq = 5"
)
"""What somebody with the database's own account could do: change one record, triggers off."""


class Installed:
    """See `place.Place`: an installation by the chart, through the cluster's API server."""

    patience = 5.0

    def __init__(self, settings: Settings, access: Access) -> None:
        """Connects to nothing yet."""
        self.settings = settings
        self.client = Client(access)
        self.reach = Reach(access, SPACE)

    def pod(self, component: str) -> Object:
        """The pod of a component that is not on its way out. Errors: Unavailable."""
        scope = Scope("Pod", SPACE, f"{names.COMPONENT}={component}")
        for pod in self.client.list(scope).items:
            if "deletionTimestamp" not in metadata_of(pod):
                return pod
        raise Unavailable(f"There is no pod of {component} at the moment.", code="pod_away")

    def named(self, component: str) -> str:
        """The name of that pod."""
        return str(metadata_of(self.pod(component))["name"])

    def operator(self, *words: str) -> Done:
        """See the protocol: in the reconciler's pod, which has database, log and key."""
        return self.reach.execute(self.named("reconciler"), (_TRE, *words))

    def ways_out(self) -> dict[str, object]:
        """See the protocol: what stands around the notebook's pod, by address."""
        facts = json.loads(self._content("ConfigMap", "cluster")["cluster.json"])
        addresses: dict[str, list[object]] = {
            "the control plane": [self._address("control"), 8700],
            "the gateway": [self._address("gateway"), 8701],
            "the database": [self._address("database"), 5432],
            "the doors, where they say how they are": [facts["doors_address"], 8084],
        }
        for host, port in facts["api_servers"]:
            addresses[f"the cluster's API server at port {port}"] = [host, port]
        for node in self._nodes():
            addresses[f"the kubelet at {node}"] = [node, 10250]
        return {
            "addresses": addresses,
            "paths": {
                "another project's files": ["/data/myeloma", "/srv/tre", "/var/lib/kubelet"],
                "a token of the cluster": [
                    "/var/run/secrets/kubernetes.io/serviceaccount/token",
                    "/run/secrets/kubernetes.io",
                ],
            },
            "programs": {"the node's processes": ["kubelet", "containerd", "postgres", "tre-wall"]},
        }

    @contextmanager
    def altered_log(self) -> Iterator[str]:
        """See the protocol: a second database beside the first one, by its own superuser."""
        psql = "psql -q -h /tmp -U tre -v ON_ERROR_STOP=1 copy"
        self._in_database(
            "createdb -h /tmp -U tre copy; "
            f"pg_dump -h /tmp -U tre tre | {psql} >/dev/null; {psql} -c '{_CHANGE}'"
        )
        url = self._content("Secret", "database")["url"]
        yield b64decode(url).decode().removesuffix("/tre") + "/copy"
        self._in_database("dropdb -h /tmp -U tre --force copy")

    def seed(self) -> str:
        """Register the story's people, where the database is; what the command said."""
        return said(self.reach.execute(self.named("control"), (_TRE, "seed"), container="control"))

    def last_words(self, component: str, lines: int = 15) -> str:
        """The end of a component's log, or why there is none."""
        try:
            return self.reach.log(self.named(component), component, lines)
        except TreError as away:
            return away.message

    def keep_logs(self, folder: Path) -> None:
        """Write every component's log into a folder, before the pods go."""
        folder.mkdir(parents=True, exist_ok=True)
        for component in COMPONENTS:
            (folder / f"{component}.log").write_text(self.last_words(component, 5000))

    def close(self) -> None:
        """Let go of the cluster."""
        self.client.close()

    def _in_database(self, script: str) -> None:
        said(self.reach.execute(self.named("database"), ("sh", "-c", f"set -e; {script}")))

    def _address(self, component: str) -> str:
        return str(mapping(self.pod(component)["status"])["podIP"])

    def _content(self, kind: str, name: str) -> dict[str, str]:
        return texts(self.client.get(Key(kind, SPACE, name)).get("data"))

    def _nodes(self) -> list[str]:
        found = []
        for node in self.client.list(Scope("Node")).items:
            for one in mapping(node["status"])["addresses"]:  # type: ignore[attr-defined]
                if one["type"] == "InternalIP":
                    found.append(str(one["address"]))
        return found


def said(done: Done) -> str:
    """What a command in a pod said. Errors: Unavailable when it failed."""
    if done.returncode != 0:
        raise Unavailable(f"A command in a pod failed: {(done.stderr or done.stdout)[-600:]}")
    return done.stdout.strip()
