"""Brings published snapshots to the nodes' storage: a Job for each, fed from the object store.

The Job has the storage and no credentials; the reconciler has the store and no storage. Bytes go
over one connection into the Job's pod, which writes, syncs, re-reads and names the snapshot. That
a snapshot is placed is kept beside the projects' records, so that asking again costs one request.
"""

import io
import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from orchestrator.engines.kubernetes import hubs, manifests, pods, reasons, records, storage
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.kubernetes.differences import Key, key, mapping
from orchestrator.engines.kubernetes.nodes import Node
from orchestrator.engines.port import Condition, Mount
from orchestrator.errors import Conflict, Invalid, NotFound, Tampered, TreError, Unavailable
from orchestrator.objectstore import placed, trees
from orchestrator.objectstore.port import Depot
from orchestrator.objectstore.zones import Zone
from orchestrator.outputs import frames
from orchestrator.values import Digest, digest_of

Connect = Callable[[tuple[str, int], float], socket.socket]

_UP_SECONDS = 180.0
_LOOK_SECONDS = 0.2
_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 120.0
_JOB_NAME = "batch.kubernetes.io/job-name"
_COMMAND = (hubs.PYTHON, "-m", "orchestrator.engines.kubernetes.placer")


class Places:
    """Places snapshots on one cluster, one Job each."""

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        connect: Connect,
        nodes: Callable[[], Sequence[Node]],
    ) -> None:
        """Keep how Jobs are made and reached, and who knows the nodes."""
        self._client = client
        self._cluster = cluster
        self._connect = connect
        self._nodes = nodes

    def place(self, depot: Depot, manifest: bytes) -> None:
        """See `engines.port.Engine`."""
        digest = digest_of(manifest)
        trees.refuse_hostile(trees.leaves_of(manifest))
        with later():
            if self._is_placed(digest):
                return
            if refusal := self._refusal():
                raise Unavailable(refusal, code="not_shared")
            job = self._begun(digest)
        try:
            self._follow(job, depot, manifest)
            with later():
                self._client.apply(records.placed(self._cluster, digest))
        finally:
            with suppress(TreError):
                self._client.delete(job)

    def image(self, mounts: Sequence[Mount]) -> str:
        """Answer the image of these snapshots: none, each has a claim of its own."""
        return ""

    def close(self) -> None:
        """Nothing is held."""

    def condition(self) -> Condition:
        """Say in a line of `tre doctor` whether every node that takes notebooks has the data."""
        try:
            refusal = self._refusal()
        except TreError as problem:
            return Condition("snapshots", "broken", problem.message)
        if refusal:
            return Condition("snapshots", "broken", refusal, "set snapshots in the cluster's file")
        return Condition("snapshots", "ok", "Every node that takes notebooks reaches snapshots.")

    def _is_placed(self, digest: Digest) -> bool:
        """Say whether it was placed where the settings say now."""
        return records.seen_placed(self._client.get, self._cluster, digest) is not None

    def _refusal(self) -> str:
        return storage.refusal(self._cluster, sum(node.ready for node in self._nodes()))

    def _begun(self, digest: Digest) -> Key:
        """Make the room and the Job; one that was left behind and has ended is made anew.

        Errors: Unavailable while the last one, or a volume of an earlier room, is not gone yet.
        """
        for thing in manifests.placing_room(self._cluster):
            self._client.apply(thing)
        self._storage()
        command = [*_COMMAND, digest, str(self._cluster.ports.worker)]
        job = pods.placer(self._cluster, digest, command)
        try:
            self._client.create(job)
        except Conflict:
            if _ended(self._client.get(key(job))) is not None:
                self._client.delete(key(job))
                raise
        return key(job)

    def _storage(self) -> None:
        """Make volume and claim; a volume whose claim went with an earlier room is made anew.

        No claim is ever bound to such a volume again. It is kept when its claim goes, so that
        deleting it takes nothing off the storage, and its name says where it lies.
        Errors: Unavailable while the old one is on its way out.
        """
        volume, claim = storage.every_snapshot(self._cluster)
        seen = self._client.apply(volume)
        if storage.is_released(seen):
            self._client.delete(key(volume), seen)
            raise Unavailable(
                "The volume of all snapshots is of an earlier installation and is made anew; what "
                "lies there stays.",
                code="not_placed",
            )
        self._client.apply(claim)

    def _follow(self, job: Key, depot: Depot, manifest: bytes) -> None:
        """Wait for the Job's pod, send it everything once, and wait for the Job's end.

        Errors: as `Engine.place`.
        """
        until, sent = time.monotonic() + _UP_SECONDS, False
        while True:
            with later():
                ended, mine = _ended(self._client.get(job)), self._pods(job)
            if ended is True:
                return
            if ended is False:
                raise why(mine)
            if not sent and (connection := self._reached(mine)) is not None:
                with connection:
                    send(connection, depot, manifest)
                sent = True
            if not sent and time.monotonic() > until:
                raise Unavailable(_waiting(mine), code="not_placed")
            time.sleep(_LOOK_SECONDS)

    def _pods(self, job: Key) -> Sequence[Object]:
        chosen = f"{_JOB_NAME}={job.name}"
        return self._client.list(Scope("Pod", job.namespace, chosen)).items

    def _reached(self, mine: Sequence[Object]) -> socket.socket | None:
        """Connect as soon as the pod listens."""
        for pod in mine:
            status = mapping(pod.get("status"))
            ip = status.get("podIP")
            if status.get("phase") == "Running" and isinstance(ip, str):
                with suppress(OSError):
                    return self._connect((ip, self._cluster.ports.worker), _CONNECT_SECONDS)
        return None


@contextmanager
def later() -> Iterator[None]:
    """Turn whatever the cluster lacks or changed into "later": it says nothing of the bytes."""
    try:
        yield
    except (NotFound, Conflict, Invalid) as problem:
        raise Unavailable(
            f"The snapshot cannot be placed yet: {problem.message}", code="not_placed"
        ) from problem


def send(connection: socket.socket, depot: Depot, manifest: bytes) -> None:
    """Send manifest and files; a line that breaks off is told by the Job, not here.

    Errors: NotFound when a file is not in the zone.
    """
    connection.settimeout(_SILENCE_SECONDS)
    with suppress(OSError), connection.makefile("wb") as outgoing:
        frames.write(outgoing, placed.MANIFEST, io.BytesIO(manifest), len(manifest))
        for leaf in trees.leaves_of(manifest):
            with depot.open(Zone.SNAPSHOTS, leaf.digest) as content:
                frames.write(outgoing, leaf.digest, content, leaf.size)
        frames.end(outgoing)


def _ended(job: Object) -> bool | None:
    """Say whether a Job ended well or badly; None while it runs."""
    found = mapping(job.get("status")).get("conditions")
    said = [mapping(each) for each in (found if isinstance(found, list) else ())]
    true = {each.get("type") for each in said if each.get("status") == "True"}
    if "Complete" in true:
        return True
    return False if "Failed" in true else None


def why(mine: Sequence[Object]) -> TreError:
    """Read a placer's last words: bytes that differ are the snapshot's end, all else is later."""
    for pod in mine:
        code, say = _last_words(pod)
        if code == "bytes_differ":
            return Tampered(say, code=code)
        if code:
            return Unavailable(say, code=code)
    return Unavailable(
        "The job that places the snapshot ended without a word; it is made again.",
        code="not_placed",
    )


def _last_words(pod: Object) -> tuple[str, str]:
    try:
        said = json.loads(reasons.last_words(pod))
        return str(said["code"]), str(said["say"])
    except (ValueError, KeyError, TypeError):
        return "", ""


def _waiting(mine: Sequence[Object]) -> str:
    said = [reasons.waiting(pod) for pod in mine]
    detail = next((each for each in said if each), "No pod of its job came up.")
    return f"The snapshot is not on the nodes yet, and it is tried again. {detail}"
