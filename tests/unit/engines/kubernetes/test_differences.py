"""Differences: nothing to write in an unchanged world, and no way to add what isolates not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.kubernetes import manifests, names
from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import Act, Key, key, strays, writes
from tests.kubernetes_world import CLUSTER, TOKEN, a_mount, a_spec

WANTED = [
    *manifests.environment(CLUSTER, a_spec(), TOKEN, awake=True),
    *manifests.data(CLUSTER, "mds", [a_mount()]),
]
SPACE = "tre-mds"


def as_stored(thing: Object) -> dict[str, Any]:
    """What a server makes of an object: its own metadata, defaults, other spellings and orders."""
    stored: dict[str, Any] = json.loads(json.dumps(thing))
    stored["metadata"] |= {"uid": "u", "resourceVersion": "7", "generation": 1}
    stored["metadata"]["annotations"] = {
        **stored["metadata"].get("annotations", {}),
        "pv.kubernetes.io/bound-by-controller": "yes",
    }
    match stored["kind"]:
        case "Namespace":
            stored["metadata"]["labels"]["kubernetes.io/metadata.name"] = SPACE
            stored["spec"] = {"finalizers": ["kubernetes"]}
        case "NetworkPolicy":
            stored["spec"]["policyTypes"].reverse()
            for rule in stored["spec"].get("ingress", []):
                rule["from"].reverse()
        case "ResourceQuota":
            stored["spec"]["hard"]["limits.memory"] = "18Gi"
            stored["status"] = {"hard": {"pods": "9"}}
        case "Role":
            for rule in stored["rules"]:
                rule["verbs"].reverse()
        case "Deployment":
            stored["spec"]["progressDeadlineSeconds"] = 600
            stored["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst"
            stored["spec"]["template"]["spec"]["volumes"].reverse()
        case "PersistentVolume":
            stored["spec"]["volumeMode"] = "Filesystem"
            stored["spec"].pop("storageClassName", None)  # an empty word is left out
            stored["spec"]["claimRef"] |= {"uid": "c", "resourceVersion": "5"}
            stored["status"] = {"phase": "Bound"}
        case "PersistentVolumeClaim":
            stored["spec"]["volumeName"] = stored["spec"].get("volumeName", "pvc-1")
            stored["status"] = {"phase": "Bound"}
        case _:
            pass
    return stored


def a_world() -> dict[Key, Any]:
    """Every wanted object as the server keeps it."""
    return {key(thing): as_stored(thing) for thing in WANTED}


def acts(world: dict[Key, Any]) -> list[tuple[Act, str]]:
    """What would be written, by name."""
    found = [*writes(WANTED, world), *strays(WANTED, world, SPACE)]
    return [(write.act, f"{write.key.kind}/{write.key.name}") for write in found]


def test_an_unchanged_world_needs_nothing() -> None:
    assert acts(a_world()) == []


def test_an_empty_world_needs_everything_in_order() -> None:
    found = writes(WANTED, {})
    assert [write.wanted for write in found] == WANTED
    assert {write.act for write in found} == {Act.APPLY}


Change = Callable[[dict[str, Any]], object]


def _policy(name: str) -> Key:
    return Key("NetworkPolicy", SPACE, name)


CHANGES: dict[str, tuple[Key, Change, Act]] = {
    "a deny that selects less": (
        _policy("default-deny"),
        lambda it: it["spec"].update(podSelector={"matchLabels": {"tre.role": "notebook"}}),
        Act.REPLACE,
    ),
    "a deny that forgets a direction": (
        _policy("default-deny"),
        lambda it: it["spec"].update(policyTypes=["Ingress"]),
        Act.APPLY,
    ),
    "a deny that allows": (
        _policy("default-deny"),
        lambda it: it["spec"].update(egress=[{}]),
        Act.REPLACE,
    ),
    "one more rule": (
        _policy("allow-hub"),
        lambda it: it["spec"]["egress"].append({}),
        Act.REPLACE,
    ),
    "one more peer": (
        _policy("allow-hub"),
        lambda it: it["spec"]["egress"][0]["to"].append({"ipBlock": {"cidr": "0.0.0.0/0"}}),
        Act.REPLACE,
    ),
    "another port": (
        _policy("allow-hub"),
        lambda it: it["spec"]["egress"][0]["ports"][0].update(port=53),
        Act.APPLY,
    ),
    "a range of ports": (
        _policy("allow-hub"),
        lambda it: it["spec"]["egress"][0]["ports"][0].update(endPort=65535),
        Act.REPLACE,
    ),
    "a right more": (
        Key("Role", SPACE, "hub"),
        lambda it: it["rules"].append({"apiGroups": [""], "resources": ["secrets"], "verbs": []}),
        Act.REPLACE,
    ),
    "a verb more": (
        Key("Role", SPACE, "hub"),
        lambda it: it["rules"][0]["verbs"].append("*"),
        Act.REPLACE,
    ),
    "a subject more": (
        Key("RoleBinding", SPACE, "hub"),
        lambda it: it["subjects"].append({"kind": "User", "name": "eve"}),
        Act.REPLACE,
    ),
    "another role": (
        Key("RoleBinding", SPACE, "hub"),
        lambda it: it["roleRef"].update(kind="ClusterRole", name="admin"),
        Act.RECREATE,
    ),
    "a limit gone": (
        Key("ResourceQuota", SPACE, "workspace"),
        lambda it: it["spec"]["hard"].pop("services"),
        Act.APPLY,
    ),
    "a limit raised": (
        Key("ResourceQuota", SPACE, "workspace"),
        lambda it: it["spec"]["hard"].update(pods="1000"),
        Act.APPLY,
    ),
    "a limit more": (
        Key("ResourceQuota", SPACE, "workspace"),
        lambda it: it["spec"]["hard"].update(secrets="5"),
        Act.REPLACE,
    ),
    "a default raised": (
        Key("LimitRange", SPACE, "workspace"),
        lambda it: it["spec"]["limits"][0]["max"].update(memory="1Ti"),
        Act.APPLY,
    ),
    "an account with a token": (
        Key("ServiceAccount", SPACE, "workspace"),
        lambda it: it.update(automountServiceAccountToken=True),
        Act.APPLY,
    ),
    "an account with a secret": (
        Key("ServiceAccount", SPACE, "workspace"),
        lambda it: it.update(imagePullSecrets=[{"name": "s"}]),
        Act.REPLACE,
    ),
    "weaker pod security": (
        Key("Namespace", "", SPACE),
        lambda it: it["metadata"]["labels"].update(
            {"pod-security.kubernetes.io/enforce": "privileged"}
        ),
        Act.APPLY,
    ),
    "a label of ours that we did not set": (
        Key("Namespace", "", SPACE),
        lambda it: it["metadata"]["labels"].update({"tre.component": "doors"}),
        Act.REPLACE,
    ),
    "a container more": (
        Key("Deployment", "tre", "hub-mds"),
        lambda it: it["spec"]["template"]["spec"]["containers"].append({"name": "spy"}),
        Act.REPLACE,
    ),
    "another image": (
        Key("Deployment", "tre", "hub-mds"),
        lambda it: it["spec"]["template"]["spec"]["containers"][0].update(image="evil"),
        Act.APPLY,
    ),
    "hub asleep": (
        Key("Deployment", "tre", "hub-mds"),
        lambda it: it["spec"].update(replicas=0),
        Act.APPLY,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_somebody_changed_is_changed_back(name: str) -> None:
    where, change, act = CHANGES[name]
    world = a_world()
    change(world[where])
    assert acts(world) == [(act, f"{where.kind}/{where.name}")]


@pytest.mark.parametrize("where", [key(thing) for thing in WANTED])
def test_what_somebody_deleted_is_made_again(where: Key) -> None:
    world = a_world()
    del world[where]
    assert acts(world) == [(Act.APPLY, f"{where.kind}/{where.name}")]


@pytest.mark.parametrize("where", [key(thing) for thing in WANTED])
def test_what_is_being_deleted_is_left_until_it_is_gone(where: Key) -> None:
    world = a_world()
    world[where] = {**as_stored({**world[where]}), "rules": []}
    world[where]["metadata"]["deletionTimestamp"] = "2026-05-04T09:12:33Z"
    assert acts(world) == []


@pytest.mark.parametrize(
    "kind",
    ["NetworkPolicy", "Role", "RoleBinding", "ResourceQuota", "LimitRange", "ServiceAccount"],
)
def test_what_nobody_of_us_wrote_goes(kind: str) -> None:
    world = a_world()
    stray: Object = {"kind": kind, "metadata": {"name": "allow-all", "namespace": SPACE}}
    elsewhere: Object = {"kind": kind, "metadata": {"name": "theirs", "namespace": "shop"}}
    world |= {key(stray): stray, key(elsewhere): elsewhere}
    assert acts(world) == [(Act.DELETE, f"{kind}/allow-all")]


def test_a_volume_that_lost_its_claim_is_made_again() -> None:
    world = a_world()
    volume = next(each for each in world if each.kind == "PersistentVolume")
    world[volume]["status"]["phase"] = "Released"
    assert acts(world) == [(Act.RECREATE, f"PersistentVolume/{volume.name}")]


def test_a_volume_that_shows_another_folder_is_made_again() -> None:
    world = a_world()
    volume = next(each for each in world if each.kind == "PersistentVolume")
    world[volume]["spec"]["hostPath"]["path"] = "/etc"
    assert acts(world) == [(Act.RECREATE, f"PersistentVolume/{volume.name}")]


def test_a_claim_that_holds_work_is_never_made_again() -> None:
    world = a_world()
    home = Key("PersistentVolumeClaim", SPACE, names.home_claim("ada"))
    world[home]["spec"]["resources"]["requests"]["storage"] = "1Ti"
    world[home]["status"]["phase"] = "Bound"
    assert acts(world) == []
    world[home]["metadata"]["labels"].pop("tre.person")
    found = writes(WANTED, world)
    assert [write.act for write in found] == [Act.APPLY]
    assert found[0].wanted is not None
    assert "spec" not in found[0].wanted


@pytest.mark.parametrize(
    ("one", "other"),
    [("2048Mi", "2Gi"), ("1000m", "1"), ("0.5", "500m"), ("1e3", "1k"), ("1Ei", "1024Pi")],
)
def test_two_spellings_of_one_amount(one: str, other: str) -> None:
    def quota(amount: str) -> Object:
        return {
            "kind": "ResourceQuota",
            "metadata": {"name": "q", "namespace": SPACE},
            "spec": {"hard": {"limits.memory": amount}},
        }

    world = {key(quota(one)): quota(one)}
    assert writes([quota(other)], world) == []
    assert writes([quota("3")], world) != []


@given(st.data())
def test_any_field_of_ours_that_changes_is_seen(data: st.DataObject) -> None:
    thing = data.draw(st.sampled_from(WANTED))
    if thing["kind"] == "PersistentVolumeClaim":
        return  # a claim that holds work is left alone: its own test
    world = a_world()
    world[key(thing)] = json.loads(json.dumps(thing))
    holder, field = data.draw(st.sampled_from(_leaves(world[key(thing)], thing)))
    holder[field] = "something else"
    assert acts(world), f"{field} of {key(thing)}"


def _leaves(seen: Any, wanted: Any) -> list[tuple[Any, Any]]:
    """Places in the seen object of every value that we set, apart from its own name."""
    found: list[tuple[Any, Any]] = []
    fields = wanted.keys() if isinstance(wanted, dict) else range(len(wanted))
    for field in fields:
        if field in ("kind", "apiVersion", "name", "namespace"):
            continue
        if isinstance(wanted[field], dict | list):
            found += _leaves(seen[field], wanted[field]) if wanted[field] else []
        else:
            found.append((seen, field))
    return found
