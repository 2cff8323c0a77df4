"""What the chart will install, put there for tests: a system namespace, rights, admission.

Names are a run's own, so that two runs on one cluster do not meet; admission policies are the
cluster's, so a cluster where they are installed already is left alone.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config, dynamic
from kubernetes.client.exceptions import ApiException

from orchestrator.engines.kubernetes import admission, names, rights
from orchestrator.engines.kubernetes.client import Access, Client, Scope
from orchestrator.engines.kubernetes.cluster import Cluster, Homes, HostFolder, Images
from orchestrator.engines.kubernetes.differences import Key, metadata_of
from orchestrator.engines.kubernetes.environments import Environments
from orchestrator.engines.port import Spec
from orchestrator.errors import NotAllowed, NotFound
from tests.cluster.objects import Object, Objects, until
from tests.kubernetes_world import CLUSTER, a_spec

POLICIES = Path(__file__).parents[2] / "policies"
_SOON = 60
_EMPTY = 300


@dataclass
class Installed:
    """An installation of this run: its cluster value, and who speaks to the API as whom."""

    cluster: Cluster
    kubeconfig: Path
    prefix: str

    def access(self, user: str | None = None) -> Access:
        """Speak as a user, or as the administrator who may do anything."""
        return Access(self.kubeconfig, impersonate=user)

    def spec(self, word: str, *people: str) -> Spec:
        """A specification in a project of this run's own."""
        return a_spec(f"{self.prefix}-{word}", *people)

    def call_proved(self, engine: Environments) -> None:
        """Write on every node what a proof would, for tests that are about something else."""
        for node in engine.walls.nodes():
            engine.walls.label(node.name, proved=True)

    def hub(self, project: str) -> str:
        """The user name of a project's hub."""
        return f"system:serviceaccount:{self.cluster.system}:{names.hub(project)}"


class Asker:
    """One user who asks the API server whether it would; nothing is stored."""

    def __init__(self, kubeconfig: Path, user: str | None) -> None:
        self._api = config.new_client_from_config(str(kubeconfig))
        if user is not None:
            self._api.set_default_header("Impersonate-User", user)
        self._dynamic = dynamic.DynamicClient(self._api)

    def refusal(self, verb: str, thing: Object) -> str:
        """Create, replace, change or delete on trial; answer the refusal, empty when accepted."""
        resource = self._dynamic.resources.get(api_version=thing["apiVersion"], kind=thing["kind"])
        metadata = thing["metadata"]
        place = {"namespace": metadata.get("namespace"), "query_params": [("dryRun", "All")]}
        try:
            match verb:
                case "create":
                    resource.create(body=thing, **place)
                case "change":
                    resource.patch(
                        body=thing,
                        name=metadata["name"],
                        content_type="application/merge-patch+json",
                        **place,
                    )
                case _:
                    resource.delete(name=metadata["name"], **place)
        except ApiException as error:
            return str(error.body)
        return ""

    def asked(self, method: str, path: str, body: Object | None = None) -> str:
        """Send one bare request; answer what came back, whatever it was."""
        headers = {"Accept": "application/json"}
        if body is not None:
            patch = "application/merge-patch+json"
            headers["Content-Type"] = patch if method == "PATCH" else "application/json"
        headers |= self._api.default_headers
        host = self._api.configuration.host
        sent = self._api.call_api(method, f"{host}{path}", header_params=headers, body=body)
        return str(sent.response.data.decode(errors="replace"))

    def close(self) -> None:
        """Let go of its connections."""
        self._api.close()


@contextmanager
def installed(
    objects: Objects,
    *,
    images: Mapping[str, str] | None = None,
    doors_address: str = CLUSTER.doors_address,
    api_servers: tuple[tuple[str, int], ...] = CLUSTER.api_servers,
    snapshots: HostFolder | Images = HostFolder("/srv/tre"),  # noqa: B008 - frozen
    homes: Homes = Homes(),  # noqa: B008 - frozen
    second_wall: bool = False,
    level: str = "",
    cluster_goes: bool = False,
    user_namespaces: bool = True,
) -> Iterator[Installed]:
    """Install, wait until the policies are in force, and take everything away in the end.

    Shape: what a test does not say is made up; without a second wall unless it brings one. Nothing
    is taken away where `cluster_goes`: its cluster goes next, with a thousand namespaces in it.
    """
    prefix = f"t{uuid.uuid4().hex[:6]}"
    cluster = Cluster(
        images={**CLUSTER.images, **(images or {})},
        doors_address=doors_address,
        system=f"sys-{prefix}",
        check=f"sys-{prefix}-check",
        placing=f"sys-{prefix}-placing",
        api_servers=api_servers,
        snapshots=snapshots,
        homes=homes,
        user_namespaces=user_namespaces,
        second_wall=second_wall,
    )
    labels = {"pod-security.kubernetes.io/enforce": level} if level else {}
    system = {"name": cluster.system, "labels": labels}
    here = Installed(cluster, objects.cluster.kubeconfig, prefix)
    admin = Client(here.access())
    if any(_there(admin, thing) for thing in admission.load(POLICIES, cluster)):
        pytest.fail("Admission policies of ours are installed on this cluster; use another one.")
    things = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": system},
        *(_of_this_run(thing, prefix) for thing in rights.reconciler_rights(cluster)),
        *admission.load(POLICIES, cluster),
    ]
    try:
        for thing in things:
            admin.apply(thing)
        _in_force(here, admin)
        yield here
    finally:
        if not cluster_goes:
            _take_away(admin, here, things)
        admin.close()


def _there(admin: Client, thing: Object) -> bool:
    try:
        admin.get(_key(thing))
    except NotFound:
        return False
    return True


def _of_this_run(thing: Object, prefix: str) -> Object:
    """Give cluster-wide rights a name of this run."""
    if not thing["kind"].startswith("Cluster"):
        return thing
    name = f"{prefix}-reconciler"
    made = {**thing, "metadata": {"name": name}}
    return made | ({"roleRef": {**thing["roleRef"], "name": name}} if "roleRef" in thing else {})


def _is_checked(admin: Client, where: Key) -> bool:
    return _checked(admin.get(where))


def _in_force(here: Installed, admin: Client) -> None:
    """Every policy is compiled and holds: others are refused, the reconciler is not."""
    for thing in admission.load(POLICIES, here.cluster)[0::2]:
        where = _key(thing)
        until(partial(_is_checked, admin, where), _SOON, f"{where.name} was not type-checked")
    asker = Asker(here.kubeconfig, None)
    space: Object = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": f"tre-{here.prefix}-x", "labels": {"tre.zone": "project"}},
    }
    until(
        lambda: "tre-01-namespaces" in asker.refusal("create", space), _SOON, "nothing is refused"
    )
    asker.close()
    reconciler = Asker(here.kubeconfig, here.cluster.account)
    until(lambda: not reconciler.refusal("create", space), _SOON, "the reconciler is refused")
    reconciler.close()


def _checked(policy: Object) -> bool:
    return "typeChecking" in policy.get("status", {})


def _key(thing: Object) -> Key:
    return Key(thing["kind"], thing["metadata"].get("namespace", ""), thing["metadata"]["name"])


def _take_away(admin: Client, here: Installed, things: list[Any]) -> None:
    """Admission first: it lets nobody but the reconciler delete what is left."""
    ours = ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy")
    for kind in ours:
        for thing in things:
            if thing["kind"] == kind:
                admin.delete(_key(thing))
    for kind in ("ClusterRole", "ClusterRoleBinding"):
        admin.delete(Key(kind, "", f"{here.prefix}-reconciler"))
    until(lambda: _freely_deleted(admin, here), _EMPTY, "namespaces cannot be deleted")


def _space(volume: Object) -> object:
    return volume["spec"].get("claimRef", {}).get("namespace")


def _freely_deleted(admin: Client, here: Installed) -> bool:
    """Delete what this run left; refused only while a server still remembers the policies."""
    mine = (here.cluster.system, here.cluster.check, here.cluster.placing)
    left = [
        *(each for each in admin.list(Scope("Namespace")).items if _key(each).name in mine),
        *(
            each
            for kind in ("Namespace", "PersistentVolume")
            for each in admin.list(Scope(kind)).items
            if _key(each).name.startswith((f"tre-{here.prefix}-", f"lab-tre-{here.prefix}-"))
        ),
        *(each for each in admin.list(Scope("PersistentVolume")).items if _space(each) in mine),
    ]
    try:
        for node in admin.list(Scope("Node")).items:
            bare: Any = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": _key(node).name}}
            admin.apply(bare)  # what we applied and do not name any more goes
        for each in left:
            if "deletionTimestamp" not in metadata_of(each):
                admin.delete(_key(each))
    except NotAllowed:
        return False
    return not left
