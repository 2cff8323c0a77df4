"""The engine's four verbs against the real API server, under all admission policies.

Covered: an unchanged world costs no request; every kind that is deleted, altered or added is
mended; data only behind whole walls; removal proved. Left to later work: hubs, servers, proof.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from orchestrator.engines.kubernetes import names, pods, storage, walls
from orchestrator.engines.kubernetes.client import Client, Scope
from orchestrator.engines.kubernetes.differences import Key, key, metadata_of, writes
from orchestrator.engines.kubernetes.environments import Environments, scopes
from orchestrator.engines.port import Remains, Spec
from orchestrator.errors import NotFound, Unavailable
from tests.cluster.alterations import ALTERED, DELETED, STRAYS, a_stray, alter
from tests.cluster.installed import Installed, installed
from tests.cluster.objects import Objects, removed, until
from tests.kubernetes_world import a_mount


@pytest.fixture(scope="module")
def here(objects: Objects) -> Iterator[Installed]:
    """One installation for all tests of this file."""
    with installed(objects) as found:
        yield found


@pytest.fixture(scope="module")
def engine(here: Installed) -> Iterator[Environments]:
    """The engine with the reconciler's rights and no others."""
    found = Environments(Client(here.access(here.cluster.account)), here.cluster)
    found.start()
    here.call_proved(found)
    yield found
    found.close()


@pytest.fixture(scope="module")
def intruder(here: Installed) -> Iterator[Client]:
    """Somebody with the reconciler's own rights: admission stops everybody else."""
    found = Client(here.access(here.cluster.account))
    yield found
    found.close()


@pytest.fixture(scope="module")
def spec(here: Installed, engine: Environments) -> Spec:
    """A project that is set up."""
    spec = here.spec("env", "ada", "grace")
    assert engine.ensure(spec).present
    return spec


def sent(engine: Environments) -> int:
    """How many requests were sent so far."""
    return engine.client.sent


def knows(engine: Environments, where: Key) -> bool:
    """Whether the engine sees an object."""
    return engine.world.get(where) is not None


def uid_of(engine: Environments, where: Key) -> object:
    """Which object of a name the engine sees."""
    return metadata_of(engine.world.get(where) or {}).get("uid")


def version_of(engine: Environments, where: Key) -> int:
    """Which version of an object the engine sees."""
    return int(str(metadata_of(engine.world.get(where) or {}).get("resourceVersion", 0)))


def _settled(engine: Environments, spec: Spec) -> None:
    """Ensure until nothing is left to do; the controllers of the cluster may still be at work."""

    def quiet() -> bool:
        before = sent(engine)
        engine.ensure(spec)
        return sent(engine) == before

    until(quiet, 30, "there is always something to write")


def test_everything_is_there_as_it_was_built(
    here: Installed, engine: Environments, intruder: Client, spec: Spec
) -> None:
    seen = engine.ensure(spec)
    assert (seen.spec_digest, seen.mounts, seen.hub_ready) == (spec.digest, (), False)
    wanted = engine.wanted(spec)
    assert len(wanted) == 20
    stored = {key(thing): intruder.get(key(thing)) for thing in wanted}
    assert writes(wanted, stored) == []


def test_an_unchanged_world_costs_no_request(engine: Environments, spec: Spec) -> None:
    _settled(engine, spec)
    before = sent(engine)
    for _ in range(20):
        engine.ensure(spec)
        engine.observe(spec.project)
    assert sent(engine) == before


def test_one_change_costs_one_write(engine: Environments, intruder: Client, spec: Spec) -> None:
    _settled(engine, spec)
    where = Key("NetworkPolicy", names.namespace(spec.project), "allow-hub")
    intruder.delete(where)
    until(lambda: not knows(engine, where), 10, "the deletion was not seen")
    before = sent(engine)
    engine.ensure(spec)
    assert sent(engine) == before + 1


@pytest.mark.parametrize("name", DELETED)
def test_what_was_deleted_is_made_again(
    name: str, here: Installed, engine: Environments, intruder: Client, spec: Spec
) -> None:
    _settled(engine, spec)
    where = DELETED[name](here, spec.project)
    before = metadata_of(intruder.get(where))["uid"]
    intruder.delete(where)
    until(lambda: uid_of(engine, where) != before, 20, "the deletion was not seen")
    _settled(engine, spec)
    assert metadata_of(intruder.get(where))["uid"] != before
    assert engine.observe(spec.project).spec_digest == spec.digest


@pytest.mark.parametrize("name", ALTERED)
def test_what_was_altered_is_changed_back(
    name: str, here: Installed, engine: Environments, intruder: Client, spec: Spec
) -> None:
    _settled(engine, spec)
    place, change = ALTERED[name]
    where = place(here, spec.project)
    version = metadata_of(alter(intruder, where, change))["resourceVersion"]
    until(lambda: version_of(engine, where) >= int(str(version)), 10, "the change was not seen")
    _settled(engine, spec)
    wanted = engine.wanted(spec)
    stored: Any = intruder.get(where)
    assert writes([t for t in wanted if key(t) == where], {where: stored}) == []
    assert metadata_of(stored)["resourceVersion"] != version


@pytest.mark.parametrize("kind", STRAYS)
def test_what_nobody_of_us_wrote_goes(
    kind: str, here: Installed, engine: Environments, intruder: Client, spec: Spec
) -> None:
    _settled(engine, spec)
    stray = a_stray(intruder, kind, engine.wanted(spec))
    until(lambda: knows(engine, key(stray)), 10, "the stray was not seen")
    engine.ensure(spec)
    with pytest.raises(NotFound):
        intruder.get(key(stray))


def test_a_binding_to_another_role_is_made_again(
    engine: Environments, intruder: Client, spec: Spec
) -> None:
    _settled(engine, spec)
    where = Key("RoleBinding", names.namespace(spec.project), "hub")
    seen: Any = intruder.get(where)
    other = {k: seen[k] for k in ("apiVersion", "kind", "subjects")}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "other"}
    other |= {"metadata": {"name": "hub", "namespace": where.namespace}, "roleRef": role}
    intruder.create(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "other", "namespace": where.namespace},
            "rules": [],
        }
    )
    intruder.delete(where)
    uid = metadata_of(intruder.create(other))["uid"]
    until(lambda: uid_of(engine, where) == uid, 10, "the other binding was not seen")
    _settled(engine, spec)
    mended: Any = intruder.get(where)
    assert mended["roleRef"]["name"] == "hub"


def test_data_is_attached_bound_and_detached(
    here: Installed, engine: Environments, intruder: Client, spec: Spec
) -> None:
    first, second = a_mount("1"), a_mount("2")
    engine.attach(spec.project, [second, first])
    assert engine.observe(spec.project).mounts == (first.digest, second.digest)
    claims = [storage.snapshot(here.cluster, spec.project, mount)[1] for mount in (first, second)]
    for claim in claims:
        until(partial(_is_bound, intruder, key(claim)), 20, "not bound")
    _settled(engine, spec)
    before = sent(engine)
    engine.attach(spec.project, [first, second])
    assert sent(engine) == before

    pod = pods.notebook(here.cluster, spec, "ada", [first, second], {})
    hub = Client(here.access(here.hub(spec.project)))
    uid = metadata_of(hub.create(pod))["uid"]
    hub.close()
    until(lambda: uid_of(engine, key(pod)) == uid, 10, "the pod was not seen")
    engine.attach(spec.project, [first])
    assert not knows(engine, key(pod)), "a pod with another set goes on"
    assert engine.observe(spec.project).mounts == (first.digest,)
    engine.attach(spec.project, [])
    assert engine.observe(spec.project).mounts == ()
    left = intruder.list(Scope("PersistentVolume", labels=f"tre.project={spec.project}"))
    assert left.items == ()


@pytest.mark.parametrize("which", [0, 1], ids=["volume", "claim"])
def test_a_snapshots_volume_or_claim_that_was_deleted_is_made_again(
    which: int, here: Installed, engine: Environments, intruder: Client, spec: Spec
) -> None:
    mount = a_mount("1")
    engine.attach(spec.project, [mount])
    pair = storage.snapshot(here.cluster, spec.project, mount)
    until(lambda: _phase(intruder, key(pair[1])) == "Bound", 20, "not bound")
    where = key(pair[which])
    before = uid_of(engine, where)
    intruder.delete(key(pair[1]))
    if which == 0:
        intruder.delete(where)
    until(lambda: uid_of(engine, where) != before, 20, "the deletion was not seen")

    def mended() -> bool:
        try:
            engine.ensure(spec)
        except Unavailable:
            return False
        return engine.observe(spec.project).mounts == (mount.digest,)

    until(mended, 30, "the snapshot is not attached again")
    until(lambda: _phase(intruder, key(pair[1])) == "Bound", 30, "not bound again")
    engine.attach(spec.project, [])


def test_nothing_is_attached_behind_an_open_wall(
    engine: Environments, intruder: Client, spec: Spec
) -> None:
    _settled(engine, spec)
    where = Key("NetworkPolicy", names.namespace(spec.project), "default-deny")
    intruder.delete(where)
    until(lambda: not knows(engine, where), 10, "the deletion was not seen")
    with pytest.raises(Unavailable, match="default-deny"):
        engine.attach(spec.project, [a_mount()])
    assert engine.observe(spec.project).mounts == ()
    engine.ensure(spec)
    stray: Any = {**intruder.get(where), "metadata": {"name": "more", "namespace": where.namespace}}
    intruder.create(stray)
    until(lambda: knows(engine, key(stray)), 10, "the stray was not seen")
    with pytest.raises(Unavailable, match="more"):
        engine.attach(spec.project, [a_mount()])
    engine.ensure(spec)
    engine.attach(spec.project, [a_mount()])
    engine.attach(spec.project, [])


def test_another_specification_keeps_homes(
    engine: Environments, intruder: Client, here: Installed
) -> None:
    spec = here.spec("people", "ada", "grace")
    engine.ensure(spec)
    home = Key("PersistentVolumeClaim", names.namespace(spec.project), names.home_claim("ada"))
    uid = metadata_of(intruder.get(home))["uid"]
    fewer = here.spec("people", "grace")
    assert engine.ensure(fewer).spec_digest == fewer.digest
    assert metadata_of(intruder.get(home))["uid"] == uid
    removed(engine, spec.project)


def test_a_new_engine_finds_everything(here: Installed, engine: Environments, spec: Spec) -> None:
    engine.attach(spec.project, [a_mount()])
    other = Environments(Client(here.access(here.cluster.account)), here.cluster)
    other.start()
    started = sent(other)
    assert other.observe(spec.project) == engine.observe(spec.project)
    other.ensure(spec)
    assert sent(other) == started
    kinds = len(scopes(here.cluster)) + len(walls.scopes(here.cluster))
    assert started <= 2 * kinds, "one list and one watch for each kind"
    other.close()
    engine.attach(spec.project, [])


def test_a_project_that_was_never_set_up(engine: Environments) -> None:
    assert not engine.observe("unknown").present
    engine.attach("unknown", [])
    with pytest.raises(NotFound):
        engine.attach("unknown", [a_mount()])
    assert engine.remove("unknown") == Remains()


def test_hostile_names_are_names(engine: Environments, here: Installed) -> None:
    spec = replace(here.spec("x", "Ada/../Grace"), project=f"{here.prefix}/../Ünder_Score")
    assert names.namespace(spec.project).startswith(f"tre-{here.prefix}-")
    assert engine.ensure(spec).spec_digest == spec.digest
    engine.attach(spec.project, [a_mount()])
    assert engine.observe(spec.project).mounts == (a_mount().digest,)
    removed(engine, spec.project)


def test_a_removed_project_is_gone(engine: Environments, here: Installed) -> None:
    spec = here.spec("gone", "ada")
    engine.ensure(spec)
    engine.attach(spec.project, [a_mount()])
    assert engine.remove(spec.project).ending, "it waits for none of it"
    removed(engine, spec.project)
    assert not engine.observe(spec.project).present
    admin = Client(here.access())
    for kind in ("Namespace", "PersistentVolume"):
        assert not [t for t in admin.list(Scope(kind)).items if _of(spec.project, t)]
    for kind in (
        "Deployment",
        "ServiceAccount",
        "ConfigMap",
        "NetworkPolicy",
        "Secret",
        "PersistentVolumeClaim",
    ):
        left = admin.list(Scope(kind, here.cluster.system, f"tre.project={spec.project}"))
        assert left.items == (), kind
    admin.close()
    assert engine.ensure(spec).present, "the name can be used again"
    removed(engine, spec.project)


def _of(project: str, thing: Any) -> bool:
    return bool(thing["metadata"].get("labels", {}).get("tre.project") == project)


def _is_bound(client: Client, where: Key) -> bool:
    return _phase(client, where) == "Bound"


def _phase(client: Client, where: Key) -> object:
    status: Any = client.get(where).get("status", {})
    return status.get("phase")
