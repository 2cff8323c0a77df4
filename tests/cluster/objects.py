"""The API of the cluster as the tests use it: plain objects in and out, and a program in a pod."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from kubernetes import client, config, dynamic, stream
from kubernetes.client.exceptions import ApiException

from orchestrator.engines.port import Remains
from tests.cluster.cluster import Cluster

Object = dict[str, Any]
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@contextmanager
def connection(cluster: Cluster) -> Iterator[Any]:
    """A connection of its own as the cluster's administrator, closed to the last socket."""
    opened = config.new_client_from_config(str(cluster.kubeconfig))
    try:
        yield opened
    finally:
        opened.close()
        opened.rest_client.pool_manager.clear()


def until(true: Callable[[], Any], seconds: float, otherwise: str) -> Any:
    """Ask again until the answer is true, and give it; fail with a sentence."""
    end = time.monotonic() + seconds
    while True:
        answer = true()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds:g} s: {otherwise}")
        time.sleep(0.05)


class Removes(Protocol):
    """An engine, or the part of it that has a project's objects."""

    def remove(self, project: str) -> Remains:
        """See the port."""


def removed(engine: Removes, project: str, seconds: float = 120) -> None:
    """Remove a project as the reconciler does: ask until nothing of it is left."""
    until(lambda: engine.remove(project) == Remains(), seconds, f"{project} is not gone")


@dataclass
class Objects:
    """One connection as the cluster's administrator. Not for two threads at once."""

    cluster: Cluster
    client: Any
    core: Any = field(init=False)
    _dynamic: Any = field(init=False)

    def __post_init__(self) -> None:
        self.core = client.CoreV1Api(self.client)
        self._dynamic = dynamic.DynamicClient(
            self.client, discoverer=dynamic.discovery.EagerDiscoverer
        )

    def kind(self, api_version: str, kind: str) -> Any:
        """The resource of a kind."""
        return self._dynamic.resources.get(api_version=api_version, kind=kind)

    def apply(self, one: Object) -> Object:
        """Make or change an object to what is given."""
        resource = self.kind(one["apiVersion"], one["kind"])
        answer = resource.server_side_apply(
            body=one,
            name=one["metadata"]["name"],
            namespace=one["metadata"].get("namespace"),
            field_manager="tests",
            force_conflicts=True,
        )
        given: Object = answer.to_dict()
        return given

    def delete(self, one: Object) -> None:
        """Delete an object; one that is gone is as wanted."""
        try:
            self.kind(one["apiVersion"], one["kind"]).delete(
                name=one["metadata"]["name"], namespace=one["metadata"].get("namespace")
            )
        except ApiException as error:
            if error.status != 404:
                raise

    def pod(self, namespace: str, name: str) -> Object:
        """A pod as it is."""
        read: Object = self.client.sanitize_for_serialization(
            self.core.read_namespaced_pod(name, namespace)
        )
        return read

    def wait_running(self, namespace: str, *names: str, seconds: float = 90) -> list[Object]:
        """Wait until pods are ready and answer them."""

        def all_ready() -> list[Object]:
            pods = [self.pod(namespace, name) for name in names]
            return pods if all(_is_ready(pod) for pod in pods) else []

        found: list[Object] = until(all_ready, seconds, f"{namespace}: {names} are not ready")
        return found

    def execute(self, namespace: str, name: str, *words: str, seconds: float = 30) -> str:
        """Run a program in a pod to its end and answer what it printed."""
        # The library bends the client that it is given while it speaks, so it gets its own.
        with connection(self.cluster) as own:
            answer = stream.stream(
                client.CoreV1Api(own).connect_get_namespaced_pod_exec,
                name,
                namespace,
                command=list(words),
                stdout=True,
                stderr=True,
                _preload_content=False,
            )
            try:
                answer.run_forever(timeout=seconds)
                printed, complaint = answer.read_stdout(), answer.read_stderr()
                code = None if answer.is_open() else answer.returncode
            finally:
                answer.sock.shutdown()  # its own close() leaves a socket that the server ended
        assert code == 0, f"{namespace}/{name} {words[:3]}: {code}: {complaint or printed}"
        return str(printed)

    def try_from(
        self, namespace: str, name: str, attempts: Sequence[Object], deadline_ms: int = 600
    ) -> list[Object]:
        """Let a probe pod try all at once; one answer each, in order."""
        words = ("/probe", "try", str(deadline_ms), json.dumps(list(attempts)))
        answers: list[Object] = json.loads(self.execute(namespace, name, *words))
        return answers


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def namespace(name: str, labels: dict[str, str], level: str = "restricted") -> Object:
    """A namespace that enforces a level of pod security."""
    enforced = {"pod-security.kubernetes.io/enforce": level}
    metadata = {"name": name, "labels": labels | enforced}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def probe_pod(
    cluster: Cluster,
    namespace: str,
    name: str,
    words: Sequence[str],
    *,
    labels: dict[str, str] | None = None,
    ports: Sequence[Object] = (),
    **spec: Any,
) -> Object:
    """A pod of the probe program under restricted pod security, without token and links."""
    container = {
        "name": "probe",
        "image": cluster.probe,
        "imagePullPolicy": cluster.pull,
        "args": list(words),
        "ports": list(ports),
        "securityContext": RESTRICTED,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
            **spec,
        },
    }
