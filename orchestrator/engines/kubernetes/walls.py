"""The nodes and what stands on them: watched, labelled, and told to whoever asks.

A world of its own beside that of projects, because it looks at other things by other labels. A node
loses its label within a second of its second wall's pod not being ready; it gets one only here,
after a proof.
"""

import threading
from collections.abc import Callable

from orchestrator.engines.kubernetes import names, network, nodes
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import metadata_of, texts
from orchestrator.engines.kubernetes.nodes import Node
from orchestrator.engines.kubernetes.scene import addresses
from orchestrator.engines.kubernetes.watching import Patience, World
from orchestrator.engines.port import Condition
from orchestrator.errors import TreError, Unavailable

_LOOK_SECONDS = 30.0
_AGAIN_SECONDS = 1.0


class Walls:
    """What is known of nodes, of the second wall on them, and of proofs that failed."""

    def __init__(self, client: Client, cluster: Cluster, patience: Patience) -> None:
        """Look at nothing yet."""
        self._client = client
        self._cluster = cluster
        self._world = World(client, scopes(cluster), patience)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._failed: dict[str | None, str] = {}

    def start(self, seconds: float = _LOOK_SECONDS) -> None:
        """Begin to watch nodes and to take labels away. Errors: Unavailable."""
        self._world.start(seconds)
        self._thread = threading.Thread(target=self._follow, name="walls", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; labels stay as they are."""
        self._ending.set()
        with self._world.changed:
            self._world.changed.notify_all()
        self._world.close()
        if self._thread is not None:
            self._thread.join(5)

    def nodes(self) -> list[Node]:
        """Answer all nodes as they are known now; asks nothing. Errors: Unavailable when blind."""
        self._world.believe()
        found = self._world.group("").values()
        return nodes.seen([n for n in found if n["kind"] == "Node"], self._pods(nodes.WALL))

    def doors_pods(self) -> tuple[str, ...]:
        """Answer the addresses of the doors' pods as they are known now; asks nothing."""
        ready = [
            pod for pod in self._pods(network.DOORS) if "deletionTimestamp" not in metadata_of(pod)
        ]
        return tuple(sorted(address for pod in ready for address in addresses(pod)))

    def require(self, project: str) -> None:
        """Refuse where a wall is known not to hold.

        Errors: Unavailable after a failed proof, of this project or of the cluster, until one
        holds again; and while no node is proved.
        """
        for who in (None, project):
            if who in self._failed:
                raise Unavailable(
                    f"Nothing is attached to {project}: {self._failed[who]}", code="open_wall"
                )
        if not any(node.proved for node in self.nodes()):
            raise Unavailable(
                f"Nothing is attached to {project} while the walls are proved on no node.",
                code="open_wall",
            )

    def failed(self, project: str | None, say: str) -> None:
        """Remember that a proof did not hold, of a project or (None) of the cluster."""
        self._failed[project] = say

    def held(self, project: str | None) -> None:
        """Remember that a proof held."""
        self._failed.pop(project, None)

    def label(self, name: str, *, proved: bool, translates: str = "") -> None:
        """Write a node's label after a proof; an unchanged one costs no request."""
        known = {node.name: node for node in self.nodes()}.get(name)
        if known is None or (known.proved, known.translates) != (proved, translates):
            self._world.put(self._client.apply(_asked(name, proved, translates)))

    def doctor(self) -> list[Condition]:
        """Say what stands. Errors: TreError when the cluster does not answer."""
        found = self._client.list(Scope("Event", self._cluster.system)).items
        pods = {metadata_of(each).get("uid"): each for each in self._pods(nodes.WALL)}
        return nodes.conditions(
            self.nodes(),
            [each for each in found if nodes.is_late(each, pods)],
            second_wall=self._cluster.second_wall,
            user_namespaces=self._cluster.user_namespaces,
        )

    def settle(self) -> list[Node]:
        """Take the label from every node that must not have it; answer those nodes."""
        gone = nodes.lost(self.nodes(), second_wall=self._cluster.second_wall)
        for node in gone:
            self.label(node.name, proved=False, translates=node.translates)
        return gone

    def _pods(self, component: str) -> list[Object]:
        system = self._world.group(self._cluster.system)
        return [each for each in system.values() if _component(each) == component]

    def _follow(self) -> None:
        """Settle at every change, and again after a while when the cluster refused."""
        while not self._ending.is_set():
            try:
                self.settle()
                self._world.wait(self._must_act, _LOOK_SECONDS)
            except TreError:
                self._ending.wait(_AGAIN_SECONDS)

    def _must_act(self) -> bool:
        if self._ending.is_set():
            return True
        return bool(nodes.lost(self.nodes(), second_wall=self._cluster.second_wall))


def scopes(cluster: Cluster) -> list[tuple[Scope, Callable[[Object], bool]]]:
    """Say what is watched: all nodes, and the pods of the wall and of the doors."""

    def any_of_them(thing: Object) -> bool:
        return True

    chosen = f"{names.COMPONENT} in ({network.DOORS},{nodes.WALL})"
    return [
        (Scope("Node"), any_of_them),
        (Scope("Pod", cluster.system, chosen), any_of_them),
    ]


def _asked(name: str, proved: bool, translates: str) -> Object:
    return nodes.labelled(name, proved=proved, translates=translates)


def _component(thing: Object) -> str:
    if thing["kind"] != "Pod":
        return ""
    return texts(metadata_of(thing).get("labels")).get(names.COMPONENT, "")
