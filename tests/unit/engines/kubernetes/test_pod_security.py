"""No pod goes without a wall, whatever the specification says: one test a field, over any input."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.engines.kubernetes import manifests, names, pods, starting
from orchestrator.engines.kubernetes.cluster import Cluster, Object
from orchestrator.engines.port import Mount, Size
from orchestrator.errors import Invalid, NotFound
from orchestrator.values import digest_of
from tests.kubernetes_world import CLUSTER, TOKEN, a_mount, a_spec

Check = Callable[[dict[str, Any], dict[str, Any]], bool]

FIELDS: dict[str, Check] = {
    "no token": lambda spec, _: spec["automountServiceAccountToken"] is False,
    "powerless account": lambda spec, _: spec["serviceAccountName"] == "workspace",
    "no service addresses": lambda spec, _: spec["enableServiceLinks"] is False,
    "no name server": lambda spec, _: (
        (spec["dnsPolicy"], spec["dnsConfig"]) == ("None", {"nameservers": ["127.0.0.1"]})
    ),
    "own user ids": lambda spec, _: spec["hostUsers"] is False,
    "ends by itself": lambda spec, _: 0 < spec["activeDeadlineSeconds"] <= 7 * 86400,
    "no root": lambda spec, _: spec["securityContext"]["runAsNonRoot"] is True,
    "ordinary user": lambda spec, _: spec["securityContext"]["runAsUser"] == 1000,
    "ordinary group": lambda spec, _: spec["securityContext"]["runAsGroup"] == 1000,
    "filter": lambda spec, _: (
        spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    ),
    "nothing of the host": lambda spec, _: (
        not {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} & set(spec)
    ),
    "one container, and at most the proof before it": lambda spec, _: (
        len(spec["containers"]) == 1
        and "ephemeralContainers" not in spec
        and [one["name"] for one in spec.get("initContainers", [])] in ([], ["prove"])
    ),
    "the proof sees nothing": lambda spec, _: all(
        not {"volumeMounts", "env", "envFrom", "args", "restartPolicy"} & set(one)
        and one["securityContext"] == pods.container_security()
        for one in spec.get("initContainers", [])
    ),
    "no pull secret": lambda spec, _: "imagePullSecrets" not in spec,
    "bounded folders": lambda spec, _: all(
        set(volume) - {"name"} == {"persistentVolumeClaim"}
        or (set(volume) - {"name"} == {"emptyDir"} and volume["emptyDir"]["sizeLimit"])
        for volume in spec["volumes"]
    ),
    "no privilege": lambda _, one: (
        one["securityContext"]["allowPrivilegeEscalation"] is False
        and one["securityContext"]["privileged"] is False
    ),
    "no capability": lambda _, one: one["securityContext"]["capabilities"] == {"drop": ["ALL"]},
    "read-only root": lambda _, one: one["securityContext"]["readOnlyRootFilesystem"] is True,
    "no root in the container": lambda _, one: one["securityContext"]["runAsNonRoot"] is True,
    "listed image": lambda _, one: one["image"] in CLUSTER.images.values(),
    "limits": lambda _, one: (
        set(one["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
    ),
    "no port of the node": lambda _, one: all("hostPort" not in port for port in one["ports"]),
    "plain environment": lambda _, one: (
        "envFrom" not in one and all(set(each) == {"name", "value"} for each in one["env"])
    ),
    "last words": lambda _, one: one["terminationMessagePolicy"] == "File",
    "no call by the node": lambda _, one: (
        not {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"} & set(one)
    ),
    "read-only data": lambda spec, one: _data_is_read_only(spec, one),
}


def _data_is_read_only(spec: dict[str, Any], container: dict[str, Any]) -> bool:
    """Every claim of a snapshot: read-only in the volume, and in every mount of it, all the way."""
    data = {
        volume["name"]: volume["persistentVolumeClaim"]
        for volume in spec["volumes"]
        if volume.get("persistentVolumeClaim", {}).get("claimName", "").startswith("ds-")
    }
    mounts = [mount for mount in container["volumeMounts"] if mount["name"] in data]
    in_data = [
        mount for mount in container["volumeMounts"] if mount["mountPath"].startswith("/data/")
    ]
    return (
        mounts == in_data
        and all(claim.get("readOnly") is True for claim in data.values())
        and all(
            mount.get("readOnly") is True and mount.get("recursiveReadOnly") == "Enabled"
            for mount in mounts
        )
    )


WORDS = st.text(max_size=80)
SIZES = st.builds(
    Size,
    memory_mb=st.integers(256, 1 << 20),
    processes=st.integers(32, 1 << 16),
    open_files=st.integers(256, 1 << 16),
    cpus=st.integers(1, 128),
)
MOUNTS = st.lists(
    st.builds(
        lambda dataset, version: replace(
            a_mount(), dataset=dataset, version=version, digest=digest_of(version.encode())
        ),
        WORDS,
        WORDS,
    ),
    max_size=3,
)


@st.composite
def any_pod(draw: st.DrawFn) -> Object:
    """Any pod that our builders make, of any specification."""
    spec = a_spec(draw(WORDS), draw(WORDS), size=draw(SIZES))
    mounts: list[Mount] = draw(MOUNTS)
    match draw(st.sampled_from(["notebook", "probe", "placed probe", "placer", "opener", "judge"])):
        case "notebook":
            said = draw(st.dictionaries(WORDS, WORDS, max_size=4))
            return pods.notebook(CLUSTER, spec, spec.people[0], mounts, said)
        case "probe":
            first = draw(st.sampled_from([[], ["/probe", "try"]]))
            net = draw(WORDS)
            return pods.probe(CLUSTER, spec, 1, ["/probe"], first=first, net=net, mounts=mounts)
        case "placed probe":
            return pods.probe(CLUSTER, spec, 1, ["/probe"], node=draw(WORDS), mounts=mounts)
        case "placer":
            job: Any = pods.placer(
                CLUSTER, digest_of(draw(WORDS).encode("utf-8", "surrogatepass")), ["/p"]
            )
            template: Object = job["spec"]["template"]
            return template
        case role:
            return pods.worker(CLUSTER, role, draw(WORDS), ["/work"], spec.size)


@pytest.mark.parametrize("field", FIELDS)
@settings(max_examples=20)  # of each field
@given(pod=any_pod())
def test_no_pod_goes_without(field: str, pod: dict[str, Any]) -> None:
    assert FIELDS[field](pod["spec"], pod["spec"]["containers"][0]), field


@given(pod=any_pod())
def test_whatever_mounts_data_asks_for_a_proved_node_or_was_placed(pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    data = [
        volume
        for volume in spec["volumes"]
        if volume.get("persistentVolumeClaim", {}).get("claimName", "").startswith("ds-")
    ]
    if data:
        assert spec.get("nodeSelector") == {"tre.proved": "yes"} or "nodeName" in spec


@given(person=WORDS, mounts=MOUNTS, doors=st.lists(st.ip_addresses(v=4).map(str), max_size=3))
def test_every_notebook_server_proves_its_walls_before_it_sees_data(
    person: str, mounts: list[Mount], doors: list[str]
) -> None:
    pod: dict[str, Any] = pods.notebook(CLUSTER, a_spec("mds", person), person, mounts, {}, doors)
    (first,) = pod["spec"]["initContainers"]
    assert first["command"][:5] == [*starting.command(starting.PROBE), "start"]
    plan = json.loads(first["command"][5])
    assert set(plan["ways"]) == {"door-8081", "door-8082", "door-8083"}
    beside = {words[1] for name, words in plan["attempts"].items() if "door-pod" in name}
    assert beside == set(doors)
    closed = {name.partition(".")[0] for name in plan["attempts"]} - {"E01", *plan["ways"]}
    assert closed == {"E05", "E11", "E12"}


def test_a_wall_that_was_refused_is_not_asked_for() -> None:
    one: Cluster = replace(CLUSTER, second_wall=False)
    plan: Any = starting.plan(one, ["198.18.0.7"])
    assert not any("door-pod" in name for name in plan["attempts"])


@given(project=WORDS, person=WORDS)
def test_workers_have_no_door_and_no_claim(project: str, person: str) -> None:
    pod: dict[str, Any] = pods.worker(CLUSTER, "opener", project, ["/work"], Size())
    assert "hostAliases" not in pod["spec"]
    assert pod["spec"]["containers"][0]["env"] == []
    assert not any("persistentVolumeClaim" in volume for volume in pod["spec"]["volumes"])


@given(st.dictionaries(st.one_of(WORDS, st.sampled_from(["PATH", "LD_PRELOAD"])), WORDS))
def test_no_word_of_the_hub_changes_anything_but_its_own_variables(said: dict[str, str]) -> None:
    spec = a_spec()
    plain: dict[str, Any] = pods.notebook(CLUSTER, spec, "ada", [], {})
    told: dict[str, Any] = pods.notebook(CLUSTER, spec, "ada", [], said)
    before = plain["spec"]["containers"][0].pop("env")
    after = told["spec"]["containers"][0].pop("env")
    assert plain == told
    assert all(each["name"].startswith("JUPYTERHUB_") for each in after if each not in before)
    assert all(each in after for each in before)


@given(project=WORDS, people=st.lists(WORDS, min_size=1, max_size=4, unique=True), size=SIZES)
def test_every_project_is_closed_before_it_is_opened(
    project: str, people: list[str], size: Size
) -> None:
    made: list[Any] = manifests.environment(
        CLUSTER, a_spec(project, *people, size=size), TOKEN, awake=True
    )
    space = names.namespace(project)
    namespace = made[0]["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert namespace[f"pod-security.kubernetes.io/{mode}"] == "restricted"
    inside = [each for each in made if each["metadata"].get("namespace") == space]
    policies = {e["metadata"]["name"]: e["spec"] for e in inside if e["kind"] == "NetworkPolicy"}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for spec in policies.values():
        for rule in (*spec.get("ingress", ()), *spec.get("egress", ())):
            peers = rule.get("from", []) + rule.get("to", [])
            assert peers
            assert all(set(peer) == {"namespaceSelector", "podSelector"} for peer in peers)
            assert [port["port"] for port in rule["ports"]] in ([8081], [8082], [8083], [8888])
    rights = [rule for each in inside if each["kind"] == "Role" for rule in each["rules"]]
    assert {kind for rule in rights for kind in rule["resources"]} == {"pods", "events"}
    assert all(
        each["automountServiceAccountToken"] is False
        for each in inside
        if each["kind"] == "ServiceAccount"
    )


def test_an_image_that_is_not_listed() -> None:
    with pytest.raises(NotFound, match="no image called"):
        pods.notebook(CLUSTER, replace(a_spec(), image="other"), "ada", [], {})


@pytest.mark.parametrize(
    "change",
    [
        {"images": {"workspace": "workspace:latest"}},
        {"images": {"workspace": "workspace@sha256:12"}},
        {"images": {"workspace": f"a\nb@sha256:{'1' * 64}"}},
        {"system": "tre-system"},
        {"check": "tre-check"},
        {"doors_address": "doors.tre.svc"},
        {"api_servers": (("kubernetes.default", 443),)},
    ],
)
def test_a_cluster_that_would_make_unsafe_objects_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        replace(CLUSTER, **change)


def test_user_ids_of_their_own_only_where_the_nodes_can() -> None:
    old: Cluster = replace(CLUSTER, user_namespaces=False)
    pod: dict[str, Any] = pods.notebook(old, a_spec(), "ada", [], {})
    assert "hostUsers" not in pod["spec"]


def test_a_limit_that_the_kernel_counts_by_user_is_only_for_users_of_ones_own() -> None:
    """With the node's, all notebooks of a node would share it, of every project."""
    for own in (True, False):
        pod: Any = pods.notebook(replace(CLUSTER, user_namespaces=own), a_spec(), "ada", [], {})
        limits = [word for word in pod["spec"]["containers"][0]["command"] if "NPROC=" in word]
        assert bool(limits) is own
