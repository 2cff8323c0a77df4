"""Each admission rule against the real API server: refused by name, and the nearest legal accepted.

Every request is made as somebody, by impersonation, and on trial, so that nothing is stored. The
namespace of these tests has no pod security of its own, so that no other wall refuses first; the
test of a namespace's whole life has it.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.engines.kubernetes import (
    admission,
    manifests,
    names,
    namespace,
    network,
    pods,
    scene,
    storage,
)
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.cluster import Csi, Nfs
from orchestrator.engines.kubernetes.differences import Key, key
from orchestrator.engines.port import Size, Spec
from orchestrator.errors import NotAllowed, NotFound
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.installed import POLICIES, Asker, Installed, installed
from tests.cluster.objects import Object, Objects, until
from tests.kubernetes_world import CLUSTER, DIGEST, TOKEN, a_mount

Change = Callable[[Any], object]
OTHER_IMAGE = "registry.invalid/other@" + DIGEST


@pytest.fixture(scope="module")
def here(objects: Objects) -> Iterator[Installed]:
    """One installation for all tests of this file, without what one of them turns on."""
    with installed(objects, user_namespaces=False) as found:
        yield found


@pytest.fixture(scope="module")
def spec(here: Installed) -> Spec:
    """A project with everything in place, in a namespace without pod security."""
    spec = here.spec("adm", "ada", "grace")
    reconciler = Client(here.access(here.cluster.account))
    for thing in manifests.environment(here.cluster, spec, TOKEN, awake=False):
        reconciler.apply(_without_pod_security(thing))
    for thing in [*manifests.check_room(here.cluster), *manifests.placing_room(here.cluster)]:
        reconciler.apply(_without_pod_security(thing))
    reconciler.close()
    return spec


@pytest.fixture(scope="module")
def askers(here: Installed, spec: Spec) -> Iterator[dict[str, Asker]]:
    """Who asks: the hub, the reconciler, an administrator with every right, and who runs Jobs."""
    users = {"hub": here.hub(spec.project), "reconciler": here.cluster.account, "admin": None}
    users["jobs"] = "system:serviceaccount:kube-system:job-controller"
    found = {who: Asker(here.kubeconfig, user) for who, user in users.items()}
    yield found
    for asker in found.values():
        asker.close()


def _without_pod_security(thing: Any) -> Any:
    thing = copy.deepcopy(thing)
    labels = thing["metadata"].get("labels", {})
    for label in [each for each in labels if each.startswith("pod-security.")]:
        del labels[label]
    return thing


def _main(pod: Any) -> Any:
    return pod["spec"]["containers"][0]


def _first(pod: Any) -> Any:
    return pod["spec"]["initContainers"][0]


def _security(pod: Any) -> Any:
    return _main(pod)["securityContext"]


def _mounts(pod: Any, word: str) -> list[Any]:
    return [mount for mount in _main(pod)["volumeMounts"] if mount["name"].startswith(word)]


def _volume(pod: Any, word: str) -> Any:
    return next(volume for volume in pod["spec"]["volumes"] if volume["name"].startswith(word))


def _more(pod: Any, volume: Any) -> None:
    pod["spec"]["volumes"].append(volume)


def _nobodys(pod: Any) -> None:
    _without_claims(pod, "notebook")
    pod["metadata"]["labels"].pop("tre.person")


def _without_claims(pod: Any, role: str) -> None:
    """Give a pod another role, and nothing else that a policy of claims could refuse."""
    pod["metadata"]["labels"]["tre.role"] = role
    kept = [volume for volume in pod["spec"]["volumes"] if "emptyDir" in volume]
    names_kept = {volume["name"] for volume in kept}
    pod["spec"]["volumes"] = kept
    mounts = _main(pod)["volumeMounts"]
    _main(pod)["volumeMounts"] = [each for each in mounts if each["name"] in names_kept]


def _env(pod: Any, source: Any) -> None:
    _main(pod)["env"].append({"name": "X", "valueFrom": source})


PODS: dict[str, tuple[str, Change]] = {
    "network of the node": (
        "tre-03-nothing-of-the-host",
        lambda pod: (pod["spec"].update(hostNetwork=True), _main(pod).pop("ports")),
    ),
    "processes of the node": (
        "tre-03-nothing-of-the-host",
        lambda pod: pod["spec"].update(hostPID=True),
    ),
    "memory of the node": (
        "tre-03-nothing-of-the-host",
        lambda pod: pod["spec"].update(hostIPC=True),
    ),
    "port of the node": (
        "tre-03-nothing-of-the-host",
        lambda pod: _main(pod)["ports"][0].update(hostPort=8888),
    ),
    "name server of the cluster": (
        "tre-03-nothing-of-the-host",
        lambda pod: pod["spec"].update(dnsPolicy="Default"),
    ),
    "another name server": (
        "tre-03-nothing-of-the-host",
        lambda pod: pod["spec"]["dnsConfig"].update(nameservers=["127.0.0.1", "198.18.0.53"]),
    ),
    "search list": (
        "tre-03-nothing-of-the-host",
        lambda pod: pod["spec"]["dnsConfig"].update(searches=["svc.cluster.local"]),
    ),
    "another address for a door": (
        "tre-03-nothing-of-the-host",
        lambda pod: pod["spec"]["hostAliases"][0].update(ip="198.18.0.66"),
    ),
    "another name for an address": (
        "tre-03-nothing-of-the-host",
        lambda pod: pod["spec"]["hostAliases"][0]["hostnames"].append("pypi.org"),
    ),
    "a host name": (
        "tre-03-nothing-of-the-host",
        lambda pod: pod["spec"].update(hostname="other"),
    ),
    "another account": (
        "tre-04-no-tokens",
        lambda pod: pod["spec"].update(serviceAccountName="default"),
    ),
    "nothing said of the token": (
        "tre-04-no-tokens",
        lambda pod: pod["spec"].pop("automountServiceAccountToken"),
    ),
    "a secret in the environment": (
        "tre-04-no-tokens",
        lambda pod: _env(pod, {"secretKeyRef": {"name": "s", "key": "k"}}),
    ),
    "a field in the environment": (
        "tre-04-no-tokens",
        lambda pod: _env(pod, {"fieldRef": {"fieldPath": "status.hostIP"}}),
    ),
    "an environment from a map": (
        "tre-04-no-tokens",
        lambda pod: _main(pod).update(envFrom=[{"configMapRef": {"name": "m"}}]),
    ),
    "an image by name": (
        "tre-05-listed-images",
        lambda pod: _main(pod).update(image="registry.invalid/workspace:latest"),
    ),
    "an image off the list": (
        "tre-05-listed-images",
        lambda pod: _main(pod).update(image=OTHER_IMAGE),
    ),
    "an image off the list before the others": (
        "tre-05-listed-images",
        lambda pod: _first(pod).update(image=OTHER_IMAGE),
    ),
    "a secret to fetch images": (
        "tre-05-listed-images",
        lambda pod: pod["spec"].update(imagePullSecrets=[{"name": "s"}]),
    ),
    "data before the walls are proved": (
        "tre-06-claims",
        lambda pod: pod["spec"].pop("initContainers"),
    ),
    "another first container": (
        "tre-06-claims",
        lambda pod: _first(pod).update(name="setup"),
    ),
    "another program first": (
        "tre-06-claims",
        lambda pod: _first(pod)["command"].__setitem__(3, "/home/researcher/probe.py"),
    ),
    "a first program that only tries": (
        "tre-06-claims",
        lambda pod: _first(pod)["command"].__setitem__(4, "try"),
    ),
    "a proof beside the server and not before it": (
        "tre-06-claims",
        lambda pod: _first(pod).update(restartPolicy="Always"),
    ),
    "a proof that sees the data": (
        "tre-06-claims",
        lambda pod: _first(pod).update(volumeMounts=copy.deepcopy(_main(pod)["volumeMounts"])),
    ),
    "a proof with an environment": (
        "tre-06-claims",
        lambda pod: _first(pod).update(env=[{"name": "LD_PRELOAD", "value": "/tmp/x.so"}]),
    ),
    "a proof with one more before it": (
        "tre-06-claims",
        lambda pod: pod["spec"]["initContainers"].insert(
            0, {**copy.deepcopy(_first(pod)), "name": "more"}
        ),
    ),
    "a snapshot's volume that can be written": (
        "tre-06-claims",
        lambda pod: _volume(pod, "ds-")["persistentVolumeClaim"].update(readOnly=False),
    ),
    "a snapshot's volume that says nothing": (
        "tre-06-claims",
        lambda pod: _volume(pod, "ds-")["persistentVolumeClaim"].pop("readOnly"),
    ),
    "a snapshot's mount that can be written": (
        "tre-06-claims",
        lambda pod: [
            (mount.pop("readOnly"), mount.pop("recursiveReadOnly"))
            for mount in _mounts(pod, "ds-")[1:]
        ],
    ),
    "a snapshot read-only on top only": (
        "tre-06-claims",
        lambda pod: _mounts(pod, "ds-")[0].pop("recursiveReadOnly"),
    ),
    "another person's home": (
        "tre-06-claims",
        lambda pod: _volume(pod, "home")["persistentVolumeClaim"].update(claimName="home-grace"),
    ),
    "an unknown claim": (
        "tre-06-claims",
        lambda pod: _volume(pod, "shared")["persistentVolumeClaim"].update(claimName="other"),
    ),
    "data on any node": ("tre-06-claims", lambda pod: pod["spec"].pop("nodeSelector")),
    "a chosen node": ("tre-06-claims", lambda pod: pod["spec"].update(nodeName="node-1")),
    "a mount by expression": (
        "tre-06-claims",
        lambda pod: _mounts(pod, "home")[0].update(subPathExpr="$(TRE_PERSON)"),
    ),
    "a mount that spreads": (
        "tre-06-claims",
        lambda pod: _mounts(pod, "home")[0].update(mountPropagation="HostToContainer"),
    ),
    "one more label": (
        "tre-07-pod-labels",
        lambda pod: pod["metadata"]["labels"].update({"hub.jupyter.org/network-access-hub": "1"}),
    ),
    "another project's label": (
        "tre-07-pod-labels",
        lambda pod: pod["metadata"]["labels"].update({"tre.project": "other"}),
    ),
    "nobody's": (
        "tre-07-pod-labels",
        _nobodys,
    ),
    "a door's label": (
        "tre-07-pod-labels",
        lambda pod: pod["metadata"]["labels"].update({"tre.component": "doors"}),
    ),
    "another role": ("tre-07-pod-labels", lambda pod: _without_claims(pod, "opener")),
    "an unknown network": (
        "tre-07-pod-labels",
        lambda pod: pod["metadata"]["labels"].update({"tre.net": "wide"}),
    ),
    "another component": (
        "tre-07-pod-labels",
        lambda pod: pod["metadata"]["labels"].update({"component": "hub"}),
    ),
    "an annotation": (
        "tre-07-pod-labels",
        lambda pod: pod["metadata"].update(annotations={"note": "x"}),
    ),
    "perhaps root": (
        "tre-09-required",
        lambda pod: pod["spec"]["securityContext"].pop("runAsNonRoot"),
    ),
    "another user": (
        "tre-09-required",
        lambda pod: pod["spec"]["securityContext"].update(runAsUser=1001),
    ),
    "another user in the container": (
        "tre-09-required",
        lambda pod: _security(pod).update(runAsUser=1001),
    ),
    "more groups": (
        "tre-09-required",
        lambda pod: pod["spec"]["securityContext"].update(supplementalGroups=[0]),
    ),
    "no filter": (
        "tre-09-required",
        lambda pod: pod["spec"]["securityContext"].pop("seccompProfile"),
    ),
    "no filter in the container": (
        "tre-09-required",
        lambda pod: _security(pod).update(seccompProfile={"type": "Unconfined"}),
    ),
    "privileges to gain": (
        "tre-09-required",
        lambda pod: _security(pod).pop("allowPrivilegeEscalation"),
    ),
    "privileged": (
        "tre-09-required",
        lambda pod: _security(pod).update(privileged=True, allowPrivilegeEscalation=True),
    ),
    "files to write": (
        "tre-09-required",
        lambda pod: _security(pod).update(readOnlyRootFilesystem=False),
    ),
    "capabilities kept": ("tre-09-required", lambda pod: _security(pod).pop("capabilities")),
    "a capability more": (
        "tre-09-required",
        lambda pod: _security(pod).update(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}),
    ),
    "addresses of services": (
        "tre-09-required",
        lambda pod: pod["spec"].pop("enableServiceLinks"),
    ),
    "last words from the log": (
        "tre-09-required",
        lambda pod: _main(pod).update(terminationMessagePolicy="FallbackToLogsOnError"),
    ),
    "a call by the node": (
        "tre-09-required",
        lambda pod: _main(pod).update(
            livenessProbe={"httpGet": {"host": "198.18.0.66", "path": "/secret", "port": 80}}
        ),
    ),
    "shared processes": (
        "tre-12-pod-shape",
        lambda pod: pod["spec"].update(shareProcessNamespace=True),
    ),
    "a device": (
        "tre-12-pod-shape",
        lambda pod: pod["spec"].update(resourceClaims=[{"name": "d", "resourceClaimName": "d"}]),
    ),
    "a folder without a bound": (
        "tre-12-pod-shape",
        lambda pod: _volume(pod, "tmp").update(emptyDir={}),
    ),
    "a map as a volume": (
        "tre-12-pod-shape",
        lambda pod: _more(pod, {"name": "m", "configMap": {"name": "m"}}),
    ),
    "a file server as a volume": (
        "tre-12-pod-shape",
        lambda pod: _more(pod, {"name": "n", "nfs": {"server": "198.18.0.66", "path": "/"}}),
    ),
}

TWICE: dict[str, tuple[set[str], Change]] = {
    "a folder of the node": (
        {"tre-03-nothing-of-the-host", "tre-12-pod-shape"},
        lambda pod: _more(pod, {"name": "h", "hostPath": {"path": "/"}}),
    ),
    "an image of data where snapshots are none": (
        {"tre-06-claims", "tre-12-pod-shape"},
        lambda pod: _more(pod, {"name": "i", "image": {"reference": OTHER_IMAGE}}),
    ),
    "the token of the account": (
        {"tre-04-no-tokens", "tre-06-claims", "tre-12-pod-shape"},  # it comes with a mount
        lambda pod: pod["spec"].update(automountServiceAccountToken=True),
    ),
    "a token as a volume": (
        {"tre-04-no-tokens", "tre-12-pod-shape"},
        lambda pod: _more(
            pod,
            {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        ),
    ),
    "a secret as a volume": (
        {"tre-04-no-tokens", "tre-12-pod-shape"},
        lambda pod: _more(pod, {"name": "s", "secret": {"secretName": "s"}}),
    ),
}


@pytest.fixture(scope="module")
def notebook(here: Installed, spec: Spec) -> Object:
    """The pod that the hub may make: with data, as our builder writes it."""
    pod: Object = pods.notebook(here.cluster, spec, "ada", [a_mount()], {})
    return pod


def test_the_policies_are_type_checked_without_a_warning(here: Installed, objects: Objects) -> None:
    kind = objects.kind("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy")
    found = [p.to_dict() for p in kind.get().items if p.metadata.name.startswith("tre-")]
    assert len(found) == 20
    warnings = {
        policy["metadata"]["name"]: policy["status"]["typeChecking"]["expressionWarnings"]
        for policy in found
        if policy["status"]["typeChecking"].get("expressionWarnings")
    }
    assert warnings == {}


def test_the_pod_of_our_builder_is_accepted_from_the_hub(
    askers: dict[str, Asker], notebook: Object, here: Installed, spec: Spec
) -> None:
    bare: Object = pods.notebook(here.cluster, spec, "ada", [], {"JUPYTERHUB_API_TOKEN": "t"})
    assert askers["hub"].refusal("create", notebook) == ""
    assert askers["hub"].refusal("create", bare) == ""
    bare["metadata"]["labels"].pop("tre.net")
    assert askers["hub"].refusal("create", bare) == "", "the default deny alone is no danger"


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_refused(name: str, askers: dict[str, Asker], notebook: Object) -> None:
    policy, change = PODS[name]
    pod = copy.deepcopy(notebook)
    change(pod)
    assert pod != notebook
    assert askers["hub"].refusal("create", notebook) == ""
    assert f"'{policy}'" in askers["hub"].refusal("create", pod)


@pytest.mark.parametrize("name", TWICE)
def test_a_pod_is_refused_by_two(name: str, askers: dict[str, Asker], notebook: Object) -> None:
    policies, change = TWICE[name]
    pod = copy.deepcopy(notebook)
    change(pod)
    said = askers["hub"].refusal("create", pod)
    assert any(f"'{policy}'" in said for policy in policies), said


def test_probes_choose_their_node_only_for_the_reconciler(
    askers: dict[str, Asker], here: Installed, spec: Spec
) -> None:
    made_up = [a_mount("1", "made-up")]
    probe: Object = pods.probe(
        here.cluster, spec, 1, ["/probe"], node="node-1", mounts=made_up, net="closed"
    )
    assert askers["reconciler"].refusal("create", probe) == ""
    assert "'tre-06-claims'" in askers["hub"].refusal("create", probe)


def test_openers_and_judges_live_in_their_own_room(
    askers: dict[str, Asker], here: Installed, spec: Spec
) -> None:
    worker: Object = pods.worker(here.cluster, "opener", "1", ["/open"], Size(memory_mb=512))
    assert askers["reconciler"].refusal("create", worker) == ""
    moved = copy.deepcopy(worker)
    moved["metadata"]["namespace"] = names.namespace(spec.project)
    assert "'tre-07-pod-labels'" in askers["reconciler"].refusal("create", moved)
    endless = copy.deepcopy(worker)
    _main(endless)["resources"]["limits"].pop("memory")
    assert "'tre-09-required'" in askers["reconciler"].refusal("create", endless)
    claimed = copy.deepcopy(worker)
    claimed["spec"]["volumes"][0] = {
        "name": "work",
        "persistentVolumeClaim": {"claimName": "shared"},
    }
    assert "'tre-06-claims'" in askers["reconciler"].refusal("create", claimed)


@pytest.mark.parametrize(
    ("setting", "change"),
    [
        ({"user_namespaces": True}, {"hostUsers": False}),
        ({"runtime_class": "fast"}, {"runtimeClassName": "fast"}),
    ],
    ids=["user ids", "runtime class"],
)
def test_what_the_administrator_set_is_asked_for(
    setting: dict[str, Any],
    change: dict[str, Any],
    askers: dict[str, Asker],
    here: Installed,
    notebook: Object,
    objects: Objects,
) -> None:
    runtime = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "handler": "runc"}
    objects.apply(runtime | {"metadata": {"name": "fast"}})
    admin = Client(here.access())
    other = copy.deepcopy(notebook)
    other["spec"] |= change
    assert askers["hub"].refusal("create", notebook) == ""
    for thing in admission.load(POLICIES, replace(here.cluster, **setting)):
        admin.apply(thing)
    try:
        until(
            lambda: "'tre-09-required'" in askers["hub"].refusal("create", notebook),
            30,
            "a pod without what was set is accepted",
        )
        assert askers["hub"].refusal("create", other) == ""
    finally:
        for thing in admission.load(POLICIES, here.cluster):
            admin.apply(thing)
        admin.close()
        objects.delete(runtime | {"metadata": {"name": "fast"}})
    until(lambda: not askers["hub"].refusal("create", notebook), 30, "it is not as it was")


# Walls


def _policy(spec: Spec, change: Change) -> Object:
    made: Any = network.project_policies(CLUSTER, spec.project)[2]
    made["metadata"]["name"] = "another"
    change(made["spec"])
    return made  # type: ignore[no-any-return]


NARROW: dict[str, Change] = {
    "an empty rule": lambda it: it.update(egress=[{}]),
    "an empty rule inward": lambda it: it.update(ingress=[{}], policyTypes=["Ingress", "Egress"]),
    "no peers": lambda it: it["egress"][0].pop("to"),
    "no ports": lambda it: it["egress"][0].pop("ports"),
    "an address block": lambda it: it["egress"][0]["to"].append({"ipBlock": {"cidr": "0.0.0.0/0"}}),
    "any namespace": lambda it: it["egress"][0]["to"][0].update(namespaceSelector={}),
    "no namespace": lambda it: it["egress"][0]["to"][0].pop("namespaceSelector"),
    "any pod": lambda it: it["egress"][0]["to"][0].pop("podSelector"),
    "a namespace by expression": lambda it: it["egress"][0]["to"][0].update(
        namespaceSelector={"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}
    ),
    "names": lambda it: it["egress"][0]["ports"][0].update(port=53),
    "names by datagram": lambda it: it["egress"][0]["ports"][0].update(port=53, protocol="UDP"),
    "a range": lambda it: it["egress"][0]["ports"][0].update(endPort=65535),
    "a named port": lambda it: it["egress"][0]["ports"][0].update(port="dns"),
    "every port": lambda it: it["egress"][0]["ports"][0].pop("port"),
    "another protocol": lambda it: it["egress"][0]["ports"][0].update(protocol="SCTP"),
}


@pytest.mark.parametrize("name", NARROW)
def test_a_wide_policy_is_refused_even_to_the_reconciler(
    name: str, askers: dict[str, Asker], spec: Spec
) -> None:
    legal = _policy(spec, lambda it: None)
    assert askers["reconciler"].refusal("create", legal) == ""
    said = askers["reconciler"].refusal("create", _policy(spec, NARROW[name]))
    assert "'tre-02-narrow-policies'" in said, said


def _walls(here: Installed, spec: Spec) -> list[Any]:
    inside = names.namespace(spec.project)
    return [
        thing
        for thing in manifests.environment(here.cluster, spec, TOKEN, awake=False)
        if thing["metadata"].get("namespace") == inside  # type: ignore[attr-defined]
    ]


KINDS = [
    "NetworkPolicy",
    "Role",
    "RoleBinding",
    "ServiceAccount",
    "ResourceQuota",
    "LimitRange",
    "PersistentVolumeClaim",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", ["create", "change", "delete"])
def test_only_the_reconciler_writes_walls(
    kind: str, verb: str, askers: dict[str, Asker], here: Installed, spec: Spec
) -> None:
    thing = next(each for each in _walls(here, spec) if each["kind"] == kind)
    policy = "'tre-01-reconciler-only'"
    if verb == "create":
        thing["metadata"]["name"] += "-2"
    elif verb == "change":
        thing["metadata"]["labels"] = {"tre.project": "other"}
        thing = {name: thing[name] for name in ("apiVersion", "kind", "metadata")}
        if kind == "PersistentVolumeClaim":
            policy = "'tre-07-labels-stay'"
    said = askers["admin"].refusal(verb, thing)
    assert policy in said, said
    said = askers["reconciler"].refusal(verb, thing)
    assert said == "" or "exceeded quota" in said, said


@pytest.mark.parametrize("verb", ["create", "change", "delete", "unlabel"])
def test_only_the_reconciler_writes_namespaces(
    verb: str, askers: dict[str, Asker], here: Installed, spec: Spec
) -> None:
    project = spec if verb != "create" else here.spec("new")
    thing: Any = namespace.project_namespace(here.cluster, project)
    if verb in ("change", "unlabel"):
        labels = {"pod-security.kubernetes.io/enforce": "privileged"}
        gone = {"tre.zone": None, "tre.project": None}
        thing["metadata"]["labels"] = labels if verb == "change" else gone
        verb = "change"
    assert "'tre-01-namespaces'" in askers["admin"].refusal(verb, thing)
    assert askers["reconciler"].refusal(verb, thing) == ""
    assert _elsewhere("Namespace", askers["admin"]) == ""


def _elsewhere(kind: str, asker: Asker) -> str:
    """The rest of the cluster is left alone."""
    thing: Object = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "shop", "labels": {}}}
    return asker.refusal("create", thing)


def test_nobody_mints_a_token_of_a_project(
    askers: dict[str, Asker], spec: Spec, make_namespace: NamespaceMaker
) -> None:
    body: Object = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    other = make_namespace("shop")

    def minted(space: str) -> str:
        path = f"/api/v1/namespaces/{space}/serviceaccounts/default/token?dryRun=All"
        return askers["admin"].asked("POST", path, body)

    assert "'tre-04-no-minting'" in minted(names.namespace(spec.project))
    until(lambda: "TokenRequest" in minted(other) and "denied" not in minted(other), 20, "control")


WAYS_IN = [
    "pods/notebook-ada/exec?command=id&stdout=true",
    "pods/notebook-ada/attach?stdout=true",
    "pods/notebook-ada/portforward?ports=8888",
    "pods/notebook-ada/proxy/",
    "services/doors/proxy/",
]


@pytest.mark.parametrize("way", WAYS_IN)
def test_nobody_gets_into_a_pod(
    way: str, askers: dict[str, Asker], spec: Spec, make_namespace: NamespaceMaker
) -> None:
    space, other = names.namespace(spec.project), make_namespace("shop")
    said = askers["admin"].asked("GET", f"/api/v1/namespaces/{space}/{way}")
    assert "'tre-08-no-way-in'" in said, said
    said = askers["admin"].asked("GET", f"/api/v1/namespaces/{other}/{way}")
    assert "tre-08" not in said
    assert "not found" in said, said


def test_nobody_adds_a_container_to_a_running_pod(
    askers: dict[str, Asker], here: Installed, spec: Spec
) -> None:
    reconciler = Client(here.access(here.cluster.account))
    pod: Any = pods.notebook(here.cluster, spec, "grace", [], {})
    made = reconciler.create(pod)
    try:
        patch = {"spec": {"ephemeralContainers": [{"name": "spy", "image": OTHER_IMAGE}]}}
        path = f"/api/v1/namespaces/{names.namespace(spec.project)}/pods/notebook-grace"
        said = askers["admin"].asked("PATCH", f"{path}/ephemeralcontainers?dryRun=All", patch)
        assert "'tre-08-no-way-in'" in said, said
        for who, labels, refused in [
            ("reconciler", {"tre.net": None}, False),
            ("admin", {"tre.net": None}, True),
            ("reconciler", {"tre.person": "ada"}, True),
            ("reconciler", {"tre.net": "open", "more": "1"}, True),
        ]:
            change: Object = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": "notebook-grace",
                    "namespace": names.namespace(spec.project),
                    "labels": labels,
                },
            }
            said = askers[who].refusal("change", change)
            assert ("'tre-07-labels-stay'" in said) is refused, (who, labels, said)
            assert refused or said == ""
        noted = copy.deepcopy(change)
        noted["metadata"] = {**noted["metadata"], "labels": {}, "annotations": {"note": "x"}}
        assert "'tre-07-labels-stay'" in askers["admin"].refusal("change", noted)
    finally:
        reconciler.delete(key(made), made, grace=0)
        reconciler.close()


@pytest.mark.parametrize("path", ["exec/a/b/c", "containerLogs/a/b/c", "pods", "run/a/b/c", ""])
def test_a_node_shows_its_figures_only(path: str, askers: dict[str, Asker]) -> None:
    said = askers["admin"].asked("GET", f"/api/v1/nodes/nowhere/proxy/{path}")
    assert "'tre-08-nodes-show-figures'" in said, said
    said = askers["admin"].asked("GET", "/api/v1/nodes/nowhere/proxy/metrics/cadvisor")
    assert "tre-08" not in said
    assert "not found" in said, said


LISTENERS: dict[str, Any] = {
    "NodePort": ("v1", "Service", {"type": "NodePort", "ports": [{"port": 80}]}),
    "ClusterIP": ("v1", "Service", {"ports": [{"port": 80}]}),
    "ExternalName": ("v1", "Service", {"type": "ExternalName", "externalName": "example.org"}),
    "Ingress": (
        "networking.k8s.io/v1",
        "Ingress",
        {"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}},
    ),
}


@pytest.mark.parametrize("name", LISTENERS)
def test_a_project_has_no_listener(
    name: str, askers: dict[str, Asker], spec: Spec, make_namespace: NamespaceMaker
) -> None:
    version, kind, body = LISTENERS[name]
    thing: Object = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": "way-out", "namespace": names.namespace(spec.project)},
        "spec": body,
    }
    said = askers["admin"].refusal("create", thing)
    assert "'tre-10-nothing-listens'" in said, said
    thing["metadata"]["namespace"] = make_namespace("shop")
    assert askers["admin"].refusal("create", thing) == ""


@pytest.mark.parametrize("kind", ["Endpoints", "EndpointSlice"])
def test_a_project_has_no_hand_written_endpoint(
    kind: str, askers: dict[str, Asker], spec: Spec
) -> None:
    version = "v1" if kind == "Endpoints" else "discovery.k8s.io/v1"
    thing: Object = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": "way-out", "namespace": names.namespace(spec.project)},
    } | ({"addressType": "IPv4", "endpoints": []} if kind == "EndpointSlice" else {})
    assert "'tre-10-nothing-listens'" in askers["admin"].refusal("create", thing)


VOLUMES: dict[str, Change] = {
    "no claim": lambda it: it["spec"].pop("claimRef"),
    "another namespace": lambda it: it["spec"]["claimRef"].update(namespace="shop"),
    "a namespace without a wall": lambda it: it["spec"]["claimRef"].update(namespace="tre--proof"),
    "a claim that is no snapshot's": lambda it: it["spec"]["claimRef"].update(name="home-ada"),
    "deleted with its claim": lambda it: it["spec"].update(persistentVolumeReclaimPolicy="Delete"),
    "written by one": lambda it: it["spec"].update(accessModes=["ReadWriteOnce"]),
    "written by many": lambda it: it["spec"].update(accessModes=["ReadOnlyMany", "ReadWriteMany"]),
    "of a class": lambda it: it["spec"].update(storageClassName="fast"),
}


@pytest.mark.parametrize("name", VOLUMES)
def test_a_volume_of_a_snapshot_is_refused_even_to_the_reconciler(
    name: str, askers: dict[str, Asker], here: Installed, spec: Spec
) -> None:
    volume: Any = storage.snapshot(here.cluster, spec.project, a_mount())[0]
    assert askers["reconciler"].refusal("create", volume) == ""
    VOLUMES[name](volume)
    said = askers["reconciler"].refusal("create", volume)
    assert "'tre-11-snapshot-volumes'" in said, said


def test_nobody_else_makes_a_volume_for_a_snapshots_claim(
    askers: dict[str, Asker], here: Installed, spec: Spec
) -> None:
    volume: Any = storage.snapshot(here.cluster, spec.project, a_mount())[0]
    assert "'tre-11-snapshot-volumes'" in askers["admin"].refusal("create", volume)
    volume["metadata"] = {"name": "innocent"}
    assert "'tre-11-snapshot-volumes'" in askers["admin"].refusal("create", volume)
    volume["spec"]["claimRef"]["namespace"] = "shop"
    assert askers["admin"].refusal("create", volume) == ""


def _a_placing(here: Installed) -> Any:
    return pods.placer(here.cluster, a_mount().digest, ["/place"])


def _of_the_job(here: Installed) -> Any:
    """The pod that the cluster makes of a publication's Job."""
    job = _a_placing(here)
    template = job["spec"]["template"]
    by_job = {"batch.kubernetes.io/job-name": "j", "job-name": "j", "controller-uid": "u"}
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "u", "controller": True}
    metadata = {
        "name": "place-x",
        "namespace": here.cluster.placing,
        "labels": template["metadata"]["labels"] | by_job,
        "ownerReferences": [owner],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


PLACERS: dict[str, tuple[str, str, Change]] = {
    "made by an administrator": ("admin", "tre-15-placing", lambda pod: None),
    "made by the reconciler itself": ("reconciler", "tre-15-placing", lambda pod: None),
    "of no Job": ("jobs", "tre-15-placing", lambda pod: pod["metadata"].pop("ownerReferences")),
    "a snapshot to read": (
        "jobs",
        "tre-06-claims",
        lambda pod: _volume(pod, "snapshots")["persistentVolumeClaim"].update(claimName="ds-x"),
    ),
    "another claim": (
        "jobs",
        "tre-06-claims",
        lambda pod: _volume(pod, "snapshots")["persistentVolumeClaim"].update(claimName="state"),
    ),
    "another role": (
        "jobs",
        "tre-07-pod-labels",
        lambda pod: _without_claims(pod, "opener"),
    ),
    "another label": (
        "jobs",
        "tre-07-pod-labels",
        lambda pod: pod["metadata"]["labels"].update({"tre.component": "doors"}),
    ),
    "an image off the list": (
        "jobs",
        "tre-05-listed-images",
        lambda pod: _main(pod).update(image=OTHER_IMAGE),
    ),
    "a folder of the node": (
        "jobs",
        "tre-12-pod-shape",
        lambda pod: _more(pod, {"name": "n", "nfs": {"server": "198.18.0.66", "path": "/"}}),
    ),
}


@pytest.mark.parametrize("name", PLACERS)
def test_what_places_a_snapshot_is_a_job_of_the_reconciler(
    name: str, askers: dict[str, Asker], here: Installed
) -> None:
    pod = _of_the_job(here)
    assert askers["jobs"].refusal("create", pod) == ""
    who, policy, change = PLACERS[name]
    change(pod)
    said = askers[who].refusal("create", pod)
    assert f"'{policy}'" in said, said


def test_nobody_else_makes_a_job_where_snapshots_are_placed(
    askers: dict[str, Asker], here: Installed
) -> None:
    job = _a_placing(here)
    assert askers["reconciler"].refusal("create", job) == ""
    assert "'tre-15-placing'" in askers["admin"].refusal("create", job)
    job["metadata"]["namespace"] = here.cluster.system
    assert askers["admin"].refusal("create", job) == ""


def test_the_folder_of_all_snapshots_is_never_a_projects(
    askers: dict[str, Asker], here: Installed, spec: Spec, notebook: Object
) -> None:
    """Its volume is for one claim where snapshots are placed, and a notebook cannot mount it."""
    volume: Any = storage.every_snapshot(here.cluster)[0]
    assert askers["reconciler"].refusal("create", volume) == ""
    assert "'tre-11-snapshot-volumes'" in askers["admin"].refusal("create", volume)
    for wrong in ("shop", names.namespace(spec.project)):
        there = copy.deepcopy(volume)
        there["spec"]["claimRef"]["namespace"] = wrong
        assert "'tre-11-snapshot-volumes'" in askers["reconciler"].refusal("create", there), wrong
    volume["spec"]["persistentVolumeReclaimPolicy"] = "Delete"
    assert "'tre-11-snapshot-volumes'" in askers["reconciler"].refusal("create", volume)
    pod: Any = copy.deepcopy(notebook)
    claim = storage.every_claim(here.cluster)
    _volume(pod, "shared")["persistentVolumeClaim"].update(claimName=claim)
    assert "'tre-06-claims'" in askers["hub"].refusal("create", pod)


OTHER_STORAGE: dict[str, Nfs | Csi] = {
    "nfs": Nfs("198.18.0.9", "/export"),
    "csi": Csi(
        "nfs.csi.k8s.io",
        "tre-{digest}-{project}",
        (("server", "198.18.0.9"), ("share", "/export"), ("subDir", "{digest}")),
        (("server", "198.18.0.9"), ("share", "/export")),
        ("ReadOnlyMany", "ReadWriteMany"),
    ),
}


@pytest.mark.parametrize("kind", OTHER_STORAGE)
def test_volumes_of_every_kind_of_storage_are_accepted(
    kind: str, askers: dict[str, Asker], here: Installed, spec: Spec
) -> None:
    """By the API server and by admission, from the reconciler alone."""
    cluster = replace(here.cluster, snapshots=OTHER_STORAGE[kind])
    things = [
        *storage.snapshot(cluster, spec.project, a_mount()),
        *storage.every_snapshot(cluster),
    ]
    for thing in things:
        assert askers["reconciler"].refusal("create", thing) == "", key(thing)
        assert "'tre-" in askers["admin"].refusal("create", thing), key(thing)


def _a_node(**labels: str) -> Object:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "spare", "labels": labels}}


def test_only_the_reconciler_says_which_nodes_are_proved(
    askers: dict[str, Asker], objects: Objects
) -> None:
    plain, proved = _a_node(), _a_node(**{"tre.proved": "yes"})
    assert askers["admin"].refusal("create", plain) == ""
    assert "'tre-13-proved-nodes'" in askers["admin"].refusal("create", proved)
    objects.apply(plain)
    try:
        assert askers["admin"].refusal("change", _a_node(zone="a")) == ""
        assert "'tre-13-proved-nodes'" in askers["admin"].refusal("change", proved)
        status = "/api/v1/nodes/spare/status?dryRun=All"
        by_status = askers["admin"].asked("PATCH", status, {"metadata": proved["metadata"]})
        assert "'tre-13-proved-nodes'" in by_status, by_status
        assert askers["reconciler"].refusal("change", proved) == ""
        more = _a_node(**{"tre.proved": "yes", "zone": "a"})
        assert "'tre-13-proved-nodes'" in askers["reconciler"].refusal("change", more)
        closed = {**plain, "spec": {"unschedulable": True}}
        assert askers["admin"].refusal("change", closed) == ""
        assert "'tre-13-proved-nodes'" in askers["reconciler"].refusal("change", closed)
    finally:
        objects.delete(plain)


def test_nobody_else_uses_the_rooms_of_a_proof(askers: dict[str, Asker], here: Installed) -> None:
    """A room lacks a wall: an administrator may not even put a harmless pod there."""
    run = scene.Run(here.prefix[-6:], "test", "workspace")
    reconciler = Client(here.access(here.cluster.account))
    claim: Object = storage.homes(here.cluster, "x", ("ada",))[0]
    try:
        for thing in scene.spaces(here.cluster, run, 0.0, run.spaces()):
            reconciler.apply(_without_pod_security(thing))
        for space in run.spaces():
            pod: Object = scene.canary(here.cluster, run, "node-1")
            pod["metadata"] = {**pod["metadata"], "namespace": space}
            assert askers["reconciler"].refusal("create", pod) == ""
            pod["spec"].pop("nodeName")
            assert "'tre-14-proof-rooms'" in askers["admin"].refusal("create", pod)
            claim["metadata"] = {**claim["metadata"], "namespace": space}
            assert "'tre-14-proof-rooms'" in askers["reconciler"].refusal("create", claim)
        with_data: Object = pods.notebook(here.cluster, run.spec(), "ada", [a_mount()], {})
        with_data["metadata"]["namespace"] = run.policies
        assert "'tre-06-claims'" in askers["reconciler"].refusal("create", with_data)
    finally:
        for space in run.spaces():
            reconciler.delete(Key("Namespace", "", space))
        reconciler.close()


def test_the_whole_life_of_a_namespace_under_all_policies(
    here: Installed, objects: Objects
) -> None:
    """Made, used, deleted, gone: the cluster's own controllers can do their part of it."""
    spec = here.spec("life", "ada")
    space = names.namespace(spec.project)
    reconciler = Client(here.access(here.cluster.account))
    stages = manifests.stages(here.cluster, spec, TOKEN, awake=False)
    reconciler.apply(stages[0][0])
    account = Key("ServiceAccount", space, "default")
    until(lambda: _there(reconciler, account), 30, "no account was made in the namespace")
    for stage in stages[1:]:
        for thing in stage:
            reconciler.apply(thing)
    pair = storage.snapshot(here.cluster, spec.project, a_mount())
    for thing in pair:
        reconciler.apply(thing)
    claim = key(pair[1])
    until(lambda: _phase(reconciler, claim) == "Bound", 30, "the snapshot's claim is not bound")
    pod: Any = pods.notebook(here.cluster, spec, "ada", [a_mount()], {})
    hub = Client(here.access(here.hub(spec.project)))
    made = hub.create(pod)
    assert made["metadata"]
    admin = Client(here.access())
    whole = Key("Namespace", "", space)
    with pytest.raises(NotAllowed, match="tre-01-namespaces"):
        admin.delete(whole)
    hub.delete(key(made), made)
    reconciler.delete(whole)
    until(lambda: not _there(admin, whole), 60, "the namespace never ended")
    volume = key(pair[0])
    until(lambda: _phase(admin, volume) == "Released", 30, "the volume is not released")
    with pytest.raises(NotAllowed, match="tre-11"):
        admin.delete(volume)
    reconciler.delete(volume)
    until(lambda: not _there(admin, volume), 30, "the volume never ended")
    for each in (reconciler, hub, admin):
        each.close()


def _there(client: Client, where: Key) -> bool:
    try:
        client.get(where)
    except NotFound:
        return False
    return True


def _phase(client: Client, where: Key) -> object:
    status: Any = client.get(where).get("status", {})
    return status.get("phase")
