"""The chart: what it renders is what the engine means, and what it installs holds on a cluster.

First without a cluster's help (helm renders), then installed in the lab: processes, rights and
secrets are read from the cluster, never from the template.
"""

import json
import sys
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client as official

from orchestrator.engines.kubernetes import admission, names, namespace, network, pods
from orchestrator.engines.kubernetes.client import Access, Client
from orchestrator.engines.kubernetes.cluster import Cluster as Described
from orchestrator.engines.kubernetes.cluster import Csi, Images
from orchestrator.engines.kubernetes.described import described
from orchestrator.engines.kubernetes.differences import Key
from orchestrator.engines.kubernetes.rights import reconciler_rights
from orchestrator.errors import NotAllowed
from tests.charts.copies import CHART, ROOT
from tests.cluster import chart
from tests.cluster.chart import RELEASE, SPACE, Helm
from tests.cluster.cluster import Cluster
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.installed import Asker
from tests.cluster.lab.build import gateway_kinds, helm
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Object, Objects, until
from tests.cluster.volumes import homes
from tests.kubernetes_world import a_spec

OURS = ("control", "gateway", "doors", "reconciler", "database", "wall")
PROJECT = "running"
STORY: dict[str, Any] = {"demo": {"enabled": True}}


def say(line: str) -> None:
    """A long build says how far it is."""
    sys.stderr.write(f"{line}\n")


@pytest.fixture(scope="session")
def tool(cluster: Cluster) -> Helm:
    """Helm, built from its public module."""
    return Helm(helm(say), cluster.kubeconfig)


# Rendered


def test_what_the_engine_and_the_chart_call_a_cluster_is_one_thing(
    tool: Helm, tmp_path: Path
) -> None:
    """The file reads back; admission and rights are what the engine would install for it."""
    rendered = Helm(tool.program).rendered(chart.written(tmp_path, chart.values(chart.made_up())))
    found = _described(tmp_path, rendered)
    assert found.system == SPACE
    assert (found.check, found.placing) == ("tre--check", "tre--placing")
    assert set(found.images) == {"workspace", "hub", "worker"}
    wanted = admission.load(ROOT / "policies", found) + reconciler_rights(found)
    for thing in wanted:
        assert thing in rendered, f"{thing['kind']} {thing['metadata']['name']}"  # type: ignore[index]
    kinds = [each["kind"] for each in rendered]
    assert kinds.count("ValidatingAdmissionPolicy") * 2 + 4 == len(wanted)
    for each in [*network.project_policies(found, "p"), network.hub_policy(found, "p")]:
        for component in _asked(each):
            there = _of(rendered, "Deployment", component)
            assert component == network.HUB or there, component


def _described(folder: Path, rendered: list[Object]) -> Described:
    file = folder / "cluster.json"
    file.write_text(_of(rendered, "ConfigMap", "cluster")[0]["data"][file.name])
    return described(file)


def _of(rendered: list[Object], kind: str, name: str) -> list[Object]:
    return [x for x in rendered if (x["kind"], x["metadata"]["name"]) == (kind, name)]


def _asked(policy: Any) -> list[str]:
    """Which components of ours a policy lets in or out."""
    text = json.dumps(policy["spec"])
    return [name for name in ("doors", "gateway", "reconciler", "hub") if f'"{name}"' in text]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"database": {"trial": {"enabled": False}}}, "SQLite needs all its processes on one host"),
        ({"database": {"secret": "mine"}}, "Two databases are named"),
        ({"store": {"folder": False}}, "No object store is named"),
        ({"images": {"hub": ""}}, "Name images.hub by digest"),
        ({"images": {"hub": "hub:latest"}}, "does not match pattern"),
        ({"wall": {"sources": []}}, "Say in wall.sources"),
        ({"cluster": {"doorsAddress": ""}}, "Choose cluster.doorsAddress"),
        ({"front": {"kind": "ingress"}}, "there is no front without TLS"),
        ({"walll": {}}, "walll"),
        ({"cluster": {"snapshots": chart.csi(modes=["ReadWriteOnce"])}}, "read by many nodes"),
        ({"cluster": {"snapshots": chart.csi(handle="v-{digest}")}}, "one volume to a node"),
        ({"mode": "production", **STORY}, "anybody may be anybody"),
        ({"oidc": {"issuer": "https://login.example.org"}, **STORY}, "brings its own sign-in"),
        ({"front": {"kind": "ingress", "tlsSecret": "both"}, **STORY}, "and its own way in"),
        (STORY, "Name in oidc.secret"),
        ({"demo": {"identityPort": 80}}, "minimum"),
        ({"sleepAfterMinutes": -1}, "minimum"),
        ({"sleepAfterMinutes": "2h"}, "want integer"),
    ],
)
def test_what_cannot_hold_is_refused_with_a_sentence(
    tool: Helm, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    """By the schema, or by a sentence that says what to do."""
    file = chart.written(tmp_path, chart.values(chart.made_up(), **change))
    words = ("template", RELEASE, str(CHART), "--namespace", SPACE, "--values", str(file))
    assert sentence in Helm(tool.program).run(*words, fails=True)


def test_numbers_are_written_out(tool: Helm, tmp_path: Path) -> None:
    """A terabyte is a million megabytes, which helm by itself writes as 1e+06: no size at all."""
    large: dict[str, Any] = {
        "sleepAfterMinutes": 1_000_000,
        "state": {"sizeMb": 1_000_000},
        "database": {"trial": {"sizeMb": 1_000_000}},
        "resources": {"memoryMb": 1_000_000, "mostMemoryMb": 1_000_000},
    }
    file = chart.written(tmp_path, chart.values(chart.made_up(), **large))
    text = json.dumps(Helm(tool.program).rendered(file))
    assert "e+0" not in text
    assert text.count('"storage": "1000000Mi"') == 2
    assert text.count('"memory": "1000000Mi"') > 2
    assert '"TRE_SLEEP_AFTER_MINUTES": "1000000"' in text


def test_the_storys_installation_listens_for_this_machine(tool: Helm, tmp_path: Path) -> None:
    """Its provider of identities beside the control plane; without `demo` there is none of it."""
    said = chart.values(chart.made_up(), mode="demo", oidc={"secret": "login"}, **STORY)
    for there, given in ((True, said), (False, chart.values(chart.made_up()))):
        rendered = Helm(tool.program).rendered(chart.written(tmp_path, given))
        (control,) = _of(rendered, "Deployment", "control")
        beside = [x["name"] for x in control["spec"]["template"]["spec"]["containers"]]
        assert ("identity" in beside) == there, beside
        told = json.dumps(rendered)
        assert ('"TRE_PUBLIC_SCHEME": "http"' in told) == there
        assert ("http://127.0.0.1:8702" in told) == there


def test_snapshots_of_a_driver_are_described_as_the_engine_reads_them(
    tool: Helm, tmp_path: Path
) -> None:
    """Maps of the values become pairs of the cluster's file."""
    said = chart.values(chart.made_up(), cluster={"snapshots": chart.csi()})
    rendered = Helm(tool.program).rendered(chart.written(tmp_path, said))
    found = _described(tmp_path, rendered).snapshots
    assert found == Csi(
        "csi.example",
        "v-{digest}-{project}",
        (("share", "/all/{digest}"),),
        (("share", "/all"),),
        ("ReadOnlyMany",),
    )


def test_image_volumes_are_said_to_the_engine_to_admission_and_to_the_network(
    tool: Helm, tmp_path: Path
) -> None:
    """The repository where it is asked for, our password and the way out at the reconciler only."""
    said = chart.values(chart.made_up(), cluster={"snapshots": chart.images()})
    rendered = Helm(tool.program).rendered(chart.written(tmp_path, said))
    assert _described(tmp_path, rendered).snapshots == Images("registry.example/tre/snapshots")
    filled = {
        each["name"]: each["expression"]
        for thing in rendered
        if thing["kind"] == "ValidatingAdmissionPolicy"
        for each in thing["spec"].get("variables", [])
    }
    assert filled["repository"] == '"registry.example/tre/snapshots"'
    assert filled["path"] == '"tre/snapshots"'
    for word in ("my-registry", "192.0.2.23/32"):
        (holder,) = {each["metadata"]["name"] for each in rendered if word in json.dumps(each)}
        assert holder == "reconciler"


def test_browsers_come_in_by_ingress_or_gateway(tool: Helm, tmp_path: Path) -> None:
    """Both hosts, wildcard included; with an Ingress TLS is part of it."""
    front = {"kind": "ingress", "tlsSecret": "both", "className": "c", "from": {"name": "in"}}
    file = chart.written(tmp_path, chart.values(chart.made_up(), front=front))
    rendered = Helm(tool.program).rendered(file)
    spec = _of(rendered, "Ingress", "front")[0]["spec"]
    hosts = ["tre.example.org", "*.ws.example.org"]
    assert spec["tls"] == [{"hosts": hosts, "secretName": "both"}]
    assert sorted(rule["host"] for rule in spec["rules"]) == sorted(hosts)
    allowed = _of(rendered, "NetworkPolicy", "gateway")[0]["spec"]["ingress"]
    assert {"namespaceSelector": {"matchLabels": {"name": "in"}}} in allowed[0]["from"]
    front = {"kind": "gateway", "gateway": {"name": "g", "namespace": "edge"}}
    file = chart.written(tmp_path, chart.values(chart.made_up(), front=front))
    rendered = Helm(tool.program).rendered(file)
    routes = {x["metadata"]["name"]: x["spec"] for x in rendered if x["kind"] == "HTTPRoute"}
    assert {name: spec["hostnames"] for name, spec in routes.items()} == {
        "control": hosts[:1],
        "gateway": hosts[1:],
    }


def test_a_real_server_takes_the_ingress(
    tool: Helm, cluster: Cluster, make_namespace: NamespaceMaker, tmp_path: Path
) -> None:
    """With the wildcard host; and it does look, because another wildcard is refused."""
    front = {"kind": "ingress", "tlsSecret": "both", "className": "c"}
    file = chart.written(tmp_path, chart.values(chart.made_up(), front=front))
    (ingress,) = _of(Helm(tool.program).rendered(file), "Ingress", "front")
    ingress["metadata"]["namespace"] = make_namespace("front")
    asker = Asker(cluster.kubeconfig, None)
    try:
        assert asker.refusal("create", ingress) == ""
        ingress["spec"]["rules"][0]["host"] = "project.*.example.org"
        assert "spec.rules[0].host" in asker.refusal("create", ingress)
    finally:
        asker.close()


@pytest.fixture
def routes(objects: Objects) -> Iterator[None]:
    """The Gateway API's definition of routes, where the cluster has none yet."""
    kind = objects.kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    (definition,) = gateway_kinds(say).glob("*_httproutes.yaml")
    known = yaml.safe_load(definition.read_text())
    name = known["metadata"]["name"]
    there_already = name in {each.metadata.name for each in kind.get().items}
    if not there_already:
        objects.apply(known)
        until(lambda: "Established" in _true(kind.get(name=name)), 30, f"{name} is not known")
    yield
    if not there_already:
        objects.delete(known)


def _true(definition: Any) -> set[str]:
    """Conditions that hold."""
    held = definition.status.conditions or ()
    return {each.type for each in held if each.status == "True"}


def test_a_real_server_takes_the_routes(
    routes: None, tool: Helm, cluster: Cluster, make_namespace: NamespaceMaker, tmp_path: Path
) -> None:
    """By the Gateway API's own definition, which does look: a host with a port is refused."""
    front = {"kind": "gateway", "gateway": {"name": "g", "namespace": "edge"}}
    file = chart.written(tmp_path, chart.values(chart.made_up(), front=front))
    rendered, space = Helm(tool.program).rendered(file), make_namespace("front")
    asker = Asker(cluster.kubeconfig, None)
    try:
        for name in ("control", "gateway"):
            (route,) = _of(rendered, "HTTPRoute", name)
            route["metadata"]["namespace"] = space
            assert asker.refusal("create", route) == "", name
            route["spec"]["hostnames"] = ["tre.example.org:443"]
            assert "spec.hostnames[0]" in asker.refusal("create", route)
    finally:
        asker.close()


# Installed


@dataclass
class There:
    """An installation, its values, and who speaks to it."""

    tool: Helm
    objects: Objects
    values: dict[str, Any]
    file: Path

    @property
    def described(self) -> Described:
        """The cluster as its own file says."""
        found = self.objects.core.read_namespaced_config_map("cluster", SPACE)
        file = self.file.with_name("cluster.json")
        file.write_text(found.data[file.name])
        return described(file)

    def pod(self, component: str) -> Object:
        """The one pod of a component that is not on its way out."""
        found = self.objects.core.list_namespaced_pod(
            SPACE, label_selector=f"tre.component={component}"
        )
        living = [x for x in found.items if x.metadata.deletion_timestamp is None]
        assert len(living) == 1, [x.metadata.name for x in living]
        return self.objects.pod(SPACE, living[0].metadata.name)

    def says(self, component: str, *words: str) -> str:
        """Run something in a component's pod."""
        return self.objects.execute(SPACE, self.pod(component)["metadata"]["name"], *words)

    def reconciler(self) -> Client:
        """Speak as the reconciler."""
        return Client(Access(self.tool.kubeconfig, impersonate=self.described.account))


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart before this one: an older version, whose gateway was another pod."""
    folder = tmp_path_factory.mktemp("previous") / "tre"
    for path in CHART.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(CHART)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text())
    about = folder / "Chart.yaml"
    about.write_text(about.read_text().replace("version: 0.1.0", "version: 0.0.9"))
    gateway = folder / "templates" / "gateway" / "deployment.yaml"
    gateway.write_text(gateway.read_text().replace("periodSeconds: 3", "periodSeconds: 4"))
    return folder


@pytest.fixture(scope="module")
def there(
    tool: Helm,
    cluster: Cluster,
    lab: Instance,
    objects: Objects,
    previous: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[There]:
    """The previous chart, installed with everything that a trial has."""
    images = chart.brought(lab)
    said = chart.values(images, **chart.of_lab(lab, objects))
    file = chart.written(tmp_path_factory.mktemp("values"), said)
    with homes(cluster), chart.installation(tool, objects, previous, file):
        yield There(tool, objects, said, file)


def test_every_process_is_up_under_its_own_account(there: There) -> None:
    """With its own account and a policy of its own name, and restricted but for the wall."""
    for component in OURS:
        pod = there.pod(component)
        assert pod["spec"]["serviceAccountName"] == component
        if component != "wall":
            there.objects.kind("networking.k8s.io/v1", "NetworkPolicy").get(
                name=component, namespace=SPACE
            )
            assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
            assert pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


def test_only_the_reconciler_has_a_token_and_rights(there: There) -> None:
    """Asked of the API server for every account, and looked for in every pod."""
    reviews = official.AuthorizationV1Api(there.objects.client)
    for component in OURS:
        user = f"system:serviceaccount:{SPACE}:{component}"
        may = [
            (verb, kind)
            for verb in ("get", "list", "create", "delete", "patch", "*")
            for kind in ("secrets", "pods", "configmaps", "namespaces", "deployments", "*")
            if _allowed(reviews, user, verb, kind)
        ]
        assert bool(may) == (component == "reconciler"), (component, may)
        volumes = json.dumps(there.pod(component)["spec"]["volumes"])
        assert ("serviceAccountToken" in volumes) == (component == "reconciler"), component


def _allowed(reviews: Any, user: str, verb: str, kind: str) -> bool:
    group = "apps" if kind == "deployments" else ""
    asked = {"verb": verb, "resource": kind, "group": group, "namespace": SPACE}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": asked},
    }
    return bool(reviews.create_subject_access_review(review).status.allowed)


def test_secrets_are_where_they_belong_and_nowhere_else(there: There) -> None:
    """Gateway and doors: their own token only. Nobody but the reconciler: the signing key."""
    held = {name: _secrets(there.pod(name)) for name in OURS}
    assert held["gateway"] == {"role-gateway"}
    assert held["doors"] == {"role-doors"}
    assert held["control"] == {"database", "login", "role-gateway", "role-doors"}
    assert held["reconciler"] == held["database"] == {"database"}
    assert held["wall"] == set()
    look = ("/bin/sh", "-c", "env; find -L /srv /run /etc/tre -type f 2>/dev/null; true")
    for name in ("gateway", "doors"):
        assert "postgresql" not in there.says(name, *look)
        assert "password" not in there.says(name, *look)
    assert "checkpoint.key" not in there.says("control", *look)
    assert "/srv/tre/keys/login" in there.says("control", *look)


def _secrets(pod: Object) -> set[str]:
    """Every Secret that a pod names, in whatever way."""
    found = set()
    for part in _parts(pod["spec"]):
        for key in ("secretName", "secretKeyRef", "secretRef", "secret"):
            named = part.get(key)
            name = named.get("name") if isinstance(named, dict) else named
            if isinstance(name, str):
                found.add(name)
    return found


def _parts(thing: Any) -> Iterator[dict[str, Any]]:
    if isinstance(thing, dict):
        yield thing
        thing = list(thing.values())
    if isinstance(thing, list):
        for each in thing:
            yield from _parts(each)


def test_helm_test_hears_every_process(there: There) -> None:
    """At the services, through the policies."""
    said = there.tool.run("test", RELEASE, "--namespace", SPACE, "--timeout", "3m")
    assert "Phase:          Succeeded" in said or "Succeeded" in said


def test_nobody_else_reaches_the_database(there: There) -> None:
    """The control plane does, which is the control of the attempt."""
    dial = "import os, socket; socket.create_connection((os.environ['{}'], {}), 3); print('open')"
    python = ("/opt/tre/bin/python", "-c")
    to_database = dial.format("DATABASE_SERVICE_HOST", 5432)
    assert "open" in there.says("control", *python, to_database)
    for name in ("gateway", "doors"):
        with pytest.raises(AssertionError, match=r"TimeoutError|refused"):
            there.says(name, *python, to_database)
        assert "open" in there.says(name, *python, dial.format("CONTROL_SERVICE_HOST", 8700))


def test_the_room_of_the_checks_is_there(there: There) -> None:
    """Made by the reconciler's account, and nobody else may widen it."""
    found = there.objects.core.read_namespace(there.described.check)
    assert found.metadata.labels[names.ZONE] == "check"
    kind = there.objects.kind("networking.k8s.io/v1", "NetworkPolicy")
    there_now = {x.metadata.name for x in kind.get(namespace=there.described.check).items}
    assert there_now == {"default-deny", "allow-opener", "allow-judge"}
    client = Client(Access(there.tool.kubeconfig))
    wide = network.default_deny(there.described.check, {})
    wide["metadata"]["name"] = "wide"  # type: ignore[index]
    with pytest.raises(NotAllowed, match="tre-01"):
        client.create(wide)
    client.close()


@pytest.fixture(scope="module")
def running(there: There) -> Iterator[Object]:
    """A workspace's pod that runs: namespace, walls and pod as the engine makes them."""
    cluster, spec = there.described, a_spec(PROJECT)
    hands = there.reconciler()
    labels, _ = names.marks(names.PROJECT, PROJECT)
    space = names.namespace(PROJECT)
    until(lambda: _refused(there), 60, "admission is not in force")
    hands.apply(namespace.project_namespace(cluster, spec))
    for thing in [
        *network.project_policies(cluster, PROJECT),
        *namespace.limits(cluster, spec),
        *namespace.accounts(space, labels),
    ]:
        hands.apply(thing)
    sleep = ("/opt/workspace/bin/python", "-c", "import time; time.sleep(3600)")
    pod = pods.probe(cluster, spec, 1, sleep)
    until(lambda: _made(hands, pod), 60, "the namespace's quota is not known yet")
    try:
        yield there.objects.wait_running(space, "probe-1", seconds=180)[0]
    finally:
        for each in there.objects.core.list_namespace().items:
            if each.metadata.name == space:  # a test before the last one failed
                hands.delete(Key("Namespace", "", space))
        hands.close()


def _made(hands: Client, pod: Any) -> bool:
    """Make a pod; refused only while the server has not counted a quota that is new."""
    try:
        hands.create(pod)
    except NotAllowed as refusal:
        if "quota" not in refusal.message:
            raise
        return False
    return True


def _refused(there: There) -> bool:
    client = Client(Access(there.tool.kubeconfig))
    space = {"name": "tre-somebody", "labels": {names.ZONE: "project"}}
    try:
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": space})
    except NotAllowed:
        return True
    finally:
        client.close()
    there.objects.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": space})
    return False


def test_an_upgrade_leaves_a_running_workspace_alone(there: There, running: Object) -> None:
    """From the previous chart: ours are new, the workspace's is the very same, admission holds."""
    before = _uid(there, "gateway")
    token = there.says("gateway", "cat", "/run/tre/tokens/gateway")
    words = ("upgrade", RELEASE, str(CHART), "--namespace", SPACE, "--values", str(there.file))
    there.tool.run(*words, "--wait", "--timeout", "8m")
    until(lambda: _uid(there, "gateway") != before, 60, "the gateway is the old one")
    assert there.says("gateway", "cat", "/run/tre/tokens/gateway") == token
    now = there.objects.pod(names.namespace(PROJECT), "probe-1")
    assert now["metadata"]["uid"] == running["metadata"]["uid"]
    assert [x["restartCount"] for x in now["status"]["containerStatuses"]] == [0]
    assert now["status"]["phase"] == "Running"
    assert _refused(there)


def _uid(there: There, component: str) -> str:
    return str(there.pod(component)["metadata"]["uid"])


def test_uninstalling_keeps_data_and_lets_its_owner_delete(there: There, running: Object) -> None:
    """Bindings go first: projects, claims and secrets stay, and nothing is in their owner's way."""
    objects = there.objects
    there.tool.run("uninstall", RELEASE, "--namespace", SPACE, "--wait", "--timeout", "5m")
    bindings = objects.kind("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding")
    assert not [x for x in bindings.get().items if x.metadata.name.startswith("tre-")]
    assert set(_claims(objects)) == {"state", "database"}
    assert {"database", "login"} <= {
        x.metadata.name for x in objects.core.list_namespaced_secret(SPACE).items
    }
    space = names.namespace(PROJECT)
    still = objects.pod(space, "probe-1")
    assert still["metadata"]["uid"] == running["metadata"]["uid"]
    client = Client(Access(there.tool.kubeconfig))
    client.delete(Key("NetworkPolicy", space, "default-deny"))  # nobody but the reconciler might
    client.close()


def test_an_installation_of_the_same_name_takes_up_what_was_kept(
    there: There, running: Object
) -> None:
    """The same claims and tokens, so the same database; the workspace's pod never noticed."""
    kept, token = _claims(there.objects), _token(there)
    words = ("install", RELEASE, str(CHART), "--namespace", SPACE, "--values", str(there.file))
    there.tool.run(*words, "--wait", "--timeout", "8m")
    assert _claims(there.objects) == kept
    assert _token(there) == token == there.says("gateway", "cat", "/run/tre/tokens/gateway")
    now = there.objects.pod(names.namespace(PROJECT), "probe-1")
    assert now["metadata"]["uid"] == running["metadata"]["uid"]
    assert _refused(there)


def test_uninstalling_deletes_projects_and_state_when_told(there: There, running: Object) -> None:
    """Said by an upgrade before: then namespaces, volumes and claims go, and nothing is stuck."""
    objects, core = there.objects, there.objects.core
    words = ("upgrade", RELEASE, str(CHART), "--namespace", SPACE, "--reuse-values")
    said = ("--set", "uninstall.deleteProjects=true,uninstall.deleteState=true")
    there.tool.run(*words, *said, "--wait", "--timeout", "8m")
    there.tool.run("uninstall", RELEASE, "--namespace", SPACE, "--wait", "--timeout", "5m")
    space = names.namespace(PROJECT)
    until(lambda: not _there(objects, space), 120, f"{space} does not end")
    until(lambda: not _claims(objects), 60, "claims are left")
    assert not core.list_persistent_volume(label_selector=names.ROLE).items


def _claims(objects: Objects) -> dict[str, str]:
    """The claims of the installation, each with its identity."""
    found = objects.core.list_namespaced_persistent_volume_claim(SPACE).items
    return {x.metadata.name: x.metadata.uid for x in found}


def _token(there: There) -> str:
    """What the gateway shows to the control plane, as the cluster keeps it."""
    kept = there.objects.core.read_namespaced_secret("role-gateway", SPACE).data["gateway"]
    return b64decode(kept).decode()


def _there(objects: Objects, space: str) -> bool:
    return space in {x.metadata.name for x in objects.core.list_namespace().items}
