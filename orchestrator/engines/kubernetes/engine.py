"""The engine port on Kubernetes: ties environments, hubs and notebook servers together.

It holds no state that matters: everything is in objects of the cluster and in hubs, and is found
again after a restart.
"""

import contextlib
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from orchestrator.engines.checks import Worker
from orchestrator.engines.kubernetes.checks import Pods
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.cluster import Cluster
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.kubernetes.layers import Layers
from orchestrator.engines.kubernetes.placing import Places
from orchestrator.engines.kubernetes.proof import RECONCILER
from orchestrator.engines.kubernetes.records import EVERYBODY, Record, sorted_mounts
from orchestrator.engines.kubernetes.registry import Registry
from orchestrator.engines.kubernetes.servers import IN_PEACE, NOW, Connect, Servers, allowed
from orchestrator.engines.kubernetes.watching import Patience
from orchestrator.engines.port import Condition, Mount, Observed, Probe, Remains, Server, Spec
from orchestrator.errors import TreError
from orchestrator.objectstore.port import Depot
from orchestrator.outputs.model import Job, Report, Rewritten
from orchestrator.values import parse_slug


def connect(address: tuple[str, int], seconds: float) -> socket.socket:
    """Connect directly: the reconciler is a pod that a hub's policy lets in."""
    return socket.create_connection(address, timeout=seconds)


class KubernetesEngine:
    """See `engines.port.Engine`; one instance acts for one installation at a time."""

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        *,
        connect: Connect = connect,
        patience: Patience | None = None,
        maker: str = RECONCILER,
        registry: Registry | None = None,
    ) -> None:
        """Keep how the cluster and its hubs are reached; asks nothing yet.

        Shape: `maker` says which of our processes this is; see `proof`. `registry` is where image
        volumes come from, where snapshots are such.
        """
        self.environments = Environments(client, cluster, patience=patience, maker=maker)
        self.servers = Servers(self.environments, connect)
        self._prisons = Pods(client, cluster, connect)
        self._places = (
            Places(client, cluster, connect, self.environments.walls.nodes)
            if registry is None
            else Layers(client, cluster, registry)
        )
        self._starting = threading.Lock()
        self._looking = False

    def doctor(self) -> list[Condition]:
        """See the port."""
        try:
            self._look()
        except TreError as problem:
            return [Condition("cluster", "broken", problem.message)]
        return [*self.environments.doctor(), self._places.condition()]

    def ensure(self, spec: Spec) -> Observed:
        """See the port."""
        self._look()
        with self.environments.lock(spec.project):
            self.environments.ensure(spec)
            people = {
                *self.servers.people_running(spec.project),
                *self.servers.people_asked(spec.project),
            }
            for person in sorted(people - set(spec.people)):
                self.servers.end(spec.project, person, IN_PEACE)
                self.servers.forget_at_hub(spec.project, person)
        return self.observe(spec.project)

    def observe(self, project: str) -> Observed:
        """See the port."""
        self._look()
        seen = self.environments.observe(project)
        record = self.environments.record(project) if seen.present else None
        people = record.spec.people if record is not None else ()
        found = (self.servers.seen(project, person) for person in people)
        return replace(seen, servers={each.person: each for each in found if each is not None})

    def place(self, depot: Depot, manifest: bytes) -> None:
        """See the port."""
        self._look()
        self._places.place(depot, manifest)

    def attach(self, project: str, mounts: Sequence[Mount]) -> None:
        """See the port."""
        self._look()
        with self.environments.lock(project):
            record = self.environments.record(project)
            if record is not None and record.mounts != sorted_mounts(mounts):
                for person in self.servers.people_asked(project):
                    self.servers.end(project, person, IN_PEACE)  # it may come with the old set
            self.environments.attach(project, mounts, self._places.image(mounts))

    def start(self, project: str, person: str) -> Server:
        """See the port."""
        self._look()
        with self.environments.lock(project):
            record = allowed(self.environments, project, person)
            return self.servers.start(record, parse_slug(person))

    def stop(self, project: str, person: str) -> None:
        """See the port."""
        self._look()
        if self.environments.record(project) is None:
            return
        with self.environments.lock(project):
            self.servers.end(project, parse_slug(person), IN_PEACE)
            self.servers.forget_at_hub(project, person, comes_again=True)

    def sleep(self, project: str) -> None:
        """See the port."""
        with self._recorded(project) as record:
            self.environments.keep(replace(record, asleep=True))
            self.servers.end_all(project, IN_PEACE)

    def wake(self, project: str) -> None:
        """See the port."""
        with self._recorded(project) as record:
            self.environments.keep(replace(record, asleep=False))
            self.environments.scale_hub(project)

    def halt(self, project: str, person: str | None = None) -> None:
        """See the port.

        Shape: the mark first, then everything that is seen is ended beside whatever is under way,
        and once more when that has ended.
        """
        self._look()
        who = EVERYBODY if person is None else parse_slug(person)
        self.environments.set_halted(project, who, held=True)
        if person is None:
            end = partial(self.servers.end_all, project, NOW)
        else:
            end = partial(self.servers.end, project, person, NOW)
        end()
        with self.environments.lock(project):
            end()
            if person is not None:
                with contextlib.suppress(TreError):  # its tokens open nothing: nothing listens
                    self.servers.forget_at_hub(project, person)

    def resume(self, project: str, person: str | None = None) -> None:
        """See the port."""
        self._look()
        who = EVERYBODY if person is None else parse_slug(person)
        self.environments.set_halted(project, who, held=False)

    def act_while(self, held: Callable[[], bool]) -> None:
        """See the port."""
        self.environments.client.act_while(held)

    def asked(self, project: str) -> bool:
        """See the port."""
        return self.environments.asked.record(project) is not None

    def drifted(self) -> Sequence[str]:
        """See the port."""
        self._look()
        return self.environments.drifted()

    def stirred(self, seconds: float) -> bool:
        """See the port."""
        return self.environments.stirred(seconds)

    def answered(self, seconds: float) -> bool:
        """See the port."""
        return self.servers.answered(seconds)

    def mend(self, project: str) -> tuple[str, ...]:
        """See the port."""
        self._look()
        return self.environments.mend(project)

    def prove(self, project: str | None) -> list[Probe]:
        """See the port."""
        self._look()
        return self.environments.prove(project)

    def check(self, job: Job) -> Report:
        """See the port."""
        return Worker(self._prisons, Path(tempfile.gettempdir())).check(job)

    def rewrite(self, job: Job, folder: Path) -> Sequence[Rewritten | None]:
        """See the port."""
        return Worker(self._prisons, Path(tempfile.gettempdir())).rewrite(job, folder)

    def remove(self, project: str) -> Remains:
        """See the port."""
        self._look()
        return self.environments.remove(project)

    def close(self) -> None:
        """Stop watching; hubs and notebook servers go on."""
        self._prisons.close()
        self.servers.close()
        self.environments.close()
        self._places.close()

    def _look(self) -> None:
        """Begin to watch at the first call. Errors: Unavailable without a cluster."""
        with self._starting:
            if not self._looking:
                self.environments.start()
                self._looking = True

    @contextlib.contextmanager
    def _recorded(self, project: str) -> Iterator[Record]:
        """Hold one project that was set up. Errors: NotFound."""
        self._look()
        with self.environments.lock(project):
            yield self.environments.known(project)
