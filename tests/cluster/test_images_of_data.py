"""Snapshots as image volumes: pushed by the reconciler, pulled by the node, read by one project.

A real registry on the node, real pulls, all admission policies in force.
"""

import copy
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kubernetes import images, names, namespace, pods, records, storage
from orchestrator.engines.kubernetes.client import Client
from orchestrator.engines.kubernetes.cluster import Images
from orchestrator.engines.kubernetes.differences import Key, key
from orchestrator.engines.kubernetes.engine import KubernetesEngine
from orchestrator.engines.kubernetes.registry import Registry
from orchestrator.engines.port import Mount, Server, ServerState, Spec
from orchestrator.errors import NotFound, Tampered, Unavailable
from orchestrator.objectstore.posix import PosixStore
from orchestrator.objectstore.zones import Zone
from orchestrator.values import canonical_json, digest_of
from tests.cluster import hands, registries
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.installed import Asker, Installed
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import RESTRICTED, Object, Objects, probe_pod, removed, until
from tests.cluster.pod_world import PodWorld, pod_world

_SOON = 120
_PYTHON = "/opt/workspace/bin/python"
_READS = """
import pathlib
for place in sorted(pathlib.Path("/data").rglob("*.csv")):
    print(place, place.read_text().split())
    for attempt in (
        lambda: (place.parent / "b").write_text("x"),
        lambda: place.chmod(0o666),
        lambda: place.unlink(),
        lambda: place.open("a"),
    ):
        try:
            attempt()
        except OSError as problem:
            print(problem.errno)
print(sorted(str(one) for one in pathlib.Path("/data").rglob("*.MANIFEST.json")))
"""


@dataclass
class World:
    """An installation whose snapshots are images, its object store and the registry."""

    pods: PodWorld
    store: PosixStore
    registry: Registry
    kept: Path

    @property
    def here(self) -> Installed:
        """The installation."""
        return self.pods.here

    @property
    def engine(self) -> KubernetesEngine:
        """The engine that acts as the reconciler."""
        return self.pods.engine

    @property
    def client(self) -> Client:
        """The engine's own."""
        return self.engine.environments.client

    @property
    def objects(self) -> Objects:
        """The API as the cluster's administrator."""
        return self.pods.objects

    def admitted(self, version: str, files: dict[str, bytes], dataset: str = "made-up") -> bytes:
        """Lay files into zone `snapshots` and answer their manifest."""
        listed = []
        for path, data in files.items():
            frozen = self.store.freeze(Zone.INBOX, io.BytesIO(data), 1 << 30)
            self.store.copy(Zone.INBOX, frozen.digest, Zone.SNAPSHOTS)
            listed.append({"path": path, "digest": frozen.digest, "size": frozen.size})
        said = {"dataset": dataset, "version": version, "files": listed}
        return canonical_json(said)  # type: ignore[arg-type]

    def published(self, version: str, content: bytes, dataset: str = "made-up") -> Mount:
        """Publish one file as a snapshot."""
        manifest = self.admitted(version, {"deep/a.csv": content}, dataset)
        self.engine.place(self.store, manifest)
        return Mount(dataset, version, digest_of(manifest), Path("/nowhere"), Path("/nowhere.json"))

    def attached(self, word: str, *mounts: Mount) -> str:
        """Make a project with these snapshots; answer its slug."""
        spec = self.here.spec(word)
        self.engine.environments.ensure(spec)
        self.engine.attach(spec.project, mounts)
        return spec.project

    def image(self, project: str) -> str:
        """The image that a project's namespace names."""
        space: Any = self.client.get(Key("Namespace", "", names.namespace(project)))
        return str(space["metadata"]["annotations"][storage.DATA_IMAGE])

    def pod(self, word: str, mounts: list[Mount], image: str) -> Object:
        """A pod as a proof's, in a project, that reads and tries to write."""
        spec, command = self.here.spec(word), [_PYTHON, "-c", _READS]
        return pods.probe(self.here.cluster, spec, 1, command, mounts=mounts, image=image)


@pytest.fixture(scope="module")
def world(objects: Objects, lab: Instance) -> Iterator[World]:
    """An installation whose snapshots are images."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="registry-", dir=lab.state))
        stack.callback(shutil.rmtree, folder)
        store = Path(tempfile.mkdtemp(prefix="store-"))
        stack.callback(shutil.rmtree, store)
        host = stack.enter_context(registries.on_the_node(lab, folder))
        snapshots = Images(f"{host}/tre/snapshots", plain=True, most_mb=20)
        registry = Registry(snapshots, registries.USER, registries.PASSWORD)
        found = stack.enter_context(pod_world(objects, registry, snapshots))
        yield World(found, PosixStore(store), registry, folder / "kept")


def _said(world: World, pod: Object) -> str:
    """What a pod printed until it ended."""
    where = key(world.client.create(pod))

    def ended() -> bool:
        status: Any = world.client.get(where)["status"]
        return status["phase"] in ("Succeeded", "Failed")

    until(ended, 90, f"{where.name} did not end")
    said = str(world.objects.core.read_namespaced_pod_log(where.name, where.namespace))
    world.client.delete(where)
    return said


def test_a_project_reads_what_is_attached_to_it_and_nothing_else(world: World) -> None:
    """Two versions of a dataset and another one side by side; nothing of it can be written."""
    first = world.published("1", b"person,age\nP1,40\n")
    second = world.published("2", b"person,age\nP1,41\n")
    other = world.published("1", b"person,age\nP9,9\n", dataset="else")
    world.attached("one", first, second, other)
    world.attached("two", second)
    said = _said(world, world.pod("one", [first, second, other], world.image(_slug(world, "one"))))
    refused = "\n30\n30\n30\n13\n"  # EROFS; the last is not even its owner's to write
    assert f"/data/made-up/1/deep/a.csv ['person,age', 'P1,40']{refused}" in said, said
    assert f"/data/made-up/2/deep/a.csv ['person,age', 'P1,41']{refused}" in said, said
    assert f"/data/else/1/deep/a.csv ['person,age', 'P9,9']{refused}" in said, said
    for manifest in ("else/1", "made-up/1", "made-up/2"):
        assert f"'/data/{manifest}.MANIFEST.json'" in said
    said = _said(world, world.pod("two", [second], world.image(_slug(world, "two"))))
    assert "/data/made-up/2/deep/a.csv" in said
    assert "/data/made-up/1" not in said
    assert "/data/else" not in said
    assert world.image(_slug(world, "one")) != world.image(_slug(world, "two"))


def _slug(world: World, word: str) -> str:
    return world.here.spec(word).project


def test_a_notebook_of_a_member_has_it_at_its_place(world: World) -> None:
    """Through hub and KubeSpawner, after the server has proved its walls."""
    mount = world.published("nb", b"person,age\nP1,40\n")
    spec = world.here.spec("nb", "ada")
    world.engine.ensure(spec)
    world.engine.attach(spec.project, [mount])
    until(lambda: world.engine.observe(spec.project).hub_ready, _SOON, "the hub is not ready")
    server: Server = until(lambda: _settled(world, spec), _SOON, "neither starts nor fails")
    assert server.state is ServerState.READY, server.reason
    assert server.token is not None
    code = "print(open('/data/made-up/nb/deep/a.csv').read().split())"
    url = f"http://{server.address}{server.base_url}"
    said = world.pods.run_as("gateway", hands.KERNEL, url, server.token, code)
    assert said == "['person,age', 'P1,40']"
    world.engine.attach(spec.project, [])
    until(lambda: not world.engine.environments.pods_now(spec.project), _SOON, "it is there still")


def _settled(world: World, spec: Spec) -> Server | None:
    seen = world.engine.start(spec.project, "ada")
    return None if seen.state is ServerState.STARTING else seen


def test_placing_again_costs_one_request_and_the_same_snapshot_has_the_same_image(
    world: World,
) -> None:
    """A layer is made of the snapshot alone, so another time or store gives its digest again."""
    manifest = world.admitted("same", {"b.csv": b"b", "a.csv": b"a"})
    world.engine.place(world.store, manifest)
    sent = world.client.sent
    world.engine.place(world.store, manifest)
    assert world.client.sent == sent + 1
    kept = world.client.get(records.where_placed(world.here.cluster, digest_of(manifest)))

    def opened(digest: Any) -> Any:
        return world.store.open(Zone.SNAPSHOTS, digest)

    assert images.measured(images.layer(manifest, opened)) == records.layer_of(kept)


def test_admission_lets_a_project_mount_its_own_image_only(
    world: World, make_namespace: NamespaceMaker
) -> None:
    """Not another project's, not a snapshot of it alone, not elsewhere, not as a program."""
    mount, foreign = world.published("adm", b"x\n1\n"), world.published("adm", b"y\n2\n", "far")
    project = world.attached("mine", mount)
    world.attached("theirs", foreign)
    mine, theirs = world.image(project), world.image(_slug(world, "theirs"))
    hub = Asker(world.here.kubeconfig, world.here.hub(project))
    admin = Asker(world.here.kubeconfig, None)
    try:
        spec = world.here.spec("mine", "ada")
        (person,) = spec.people
        notebook: Any = pods.notebook(
            world.here.cluster, spec, person, [mount], {}, ["198.18.0.9"], image=mine
        )
        assert hub.refusal("create", notebook) == ""
        asked = copy.deepcopy(notebook)
        for reference in (theirs, mine.replace("@", ":latest@"), mine.partition("@")[0]):
            _data(asked)["image"]["reference"] = reference
            assert "tre-" in hub.refusal("create", asked), reference
        _data(asked)["image"]["reference"] = theirs
        assert "the one that is attached" in hub.refusal("create", asked)
        unproved = copy.deepcopy(notebook)
        del unproved["spec"]["nodeSelector"]
        assert "asks for a proved node" in hub.refusal("create", unproved)
        early = copy.deepcopy(notebook)
        mounts = notebook["spec"]["containers"][0]["volumeMounts"]
        (first,) = early["spec"]["initContainers"]
        first["volumeMounts"] = [one for one in mounts if one["name"] == "data"]
        assert "proves its walls first" in hub.refusal("create", early)

        space = make_namespace("elsewhere")
        identity = digest_of(images.image([_layer(world, mount)]).config)
        path = mine.partition("/")[2]
        for image in (mine, f"mirror.invalid/{path}", identity):
            pod: Any = probe_pod(world.objects.cluster, space, "far", ["pause"])
            assert admin.refusal("create", pod) == ""
            pod["spec"]["volumes"] = [{"name": "data", "image": {"reference": image}}]
            assert "tre-16-images-of-data" in admin.refusal("create", pod), image
            del pod["spec"]["volumes"]
            pod["spec"]["containers"][0]["image"] = image
            assert "tre-16-images-of-data" in admin.refusal("create", pod), image
        world.objects.apply(probe_pod(world.objects.cluster, space, "far", ["pause"]))
        late = f"/api/v1/namespaces/{space}/pods/far/ephemeralcontainers?dryRun=All"
        for image, answer in [
            (mine, "tre-16-images-of-data"),
            (identity, "tre-16-images-of-data"),
            (world.objects.cluster.probe, '"kind":"Pod"'),
        ]:
            added = {"name": "late", "image": image, "securityContext": RESTRICTED}
            said = admin.asked("PATCH", late, {"spec": {"ephemeralContainers": [added]}})
            assert answer in said, (image, said)
    finally:
        hub.close()
        admin.close()


def _data(pod: Any) -> Any:
    (found,) = [each for each in pod["spec"]["volumes"] if each["name"] == "data"]
    return found


def _layer(world: World, mount: Mount) -> images.Blob:
    where = records.where_placed(world.here.cluster, mount.digest)
    return records.layer_of(world.client.get(where))


def test_what_is_taken_away_is_mounted_by_nobody_any_more(world: World) -> None:
    """The node keeps what it pulled; admission lets no pod name it."""
    mount = world.published("gone", b"x\n1\n")
    project = world.attached("gone", mount)
    image, environments = world.image(project), world.engine.environments
    pod = world.pod("gone", [mount], image)
    assert "/data/made-up/gone" in _said(world, pod)
    assert environments.observe(project).mounts == (mount.digest,)
    world.engine.attach(project, [])
    assert world.image(project) == ""
    assert environments.observe(project).mounts == ()
    reconciler = Asker(world.here.kubeconfig, world.here.cluster.account)
    try:
        until(lambda: "the one that is" in reconciler.refusal("create", pod), 30, "still mounted")
    finally:
        reconciler.close()


def test_an_image_that_somebody_else_names_is_drift(world: World) -> None:
    """The namespace's word decides what is mounted, so it is put back like any wall."""
    mount = world.published("drift", b"x\n1\n")
    project = world.attached("drift", mount)
    image = world.image(project)
    spec = world.here.spec("drift")
    other = namespace.project_namespace(world.here.cluster, spec, image.replace("a", "b"))
    world.client.apply(other)

    def mended() -> bool:
        return project in world.engine.drifted() and bool(world.engine.mend(project))

    until(mended, 60, "nobody saw it")
    assert world.image(project) == image


def test_bytes_that_are_not_what_was_admitted_are_never_pushed(world: World) -> None:
    """They are hashed on their way out of the store; nothing is named and nothing remembered."""
    content = b"person,age\nP1,40\n" + b"#" * 50
    manifest = world.admitted("spoilt", {"spoilt.csv": content})
    stored = world.store.location(Zone.SNAPSHOTS, digest_of(content))
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"40", b"41"))
    with pytest.raises(Tampered):
        world.engine.place(world.store, manifest)
    with pytest.raises(NotFound):
        world.client.get(records.where_placed(world.here.cluster, digest_of(manifest)))


def test_a_registry_that_gives_back_other_bytes_has_nothing_placed(world: World) -> None:
    """What is pushed is read back and hashed, as on any other storage."""
    manifest = world.admitted("rotten", {"rotten.csv": b"person,age\nP1,40\n"})

    def opened(digest: Any) -> Any:
        return world.store.open(Zone.SNAPSHOTS, digest)

    layer = images.measured(images.layer(manifest, opened))
    world.registry.push(layer, images.layer(manifest, opened))
    hexes = layer.digest.removeprefix("sha256:")
    (blob,) = world.kept.rglob(f"blobs/sha256/*/{hexes}/data")
    blob.write_bytes(blob.read_bytes().replace(b"40", b"41"))
    with pytest.raises(Unavailable, match="does not give back"):
        world.engine.place(world.store, manifest)
    with pytest.raises(NotFound):
        world.client.get(records.where_placed(world.here.cluster, digest_of(manifest)))


def test_what_the_registry_lost_is_placed_anew(world: World) -> None:
    """Attaching says so and forgets it; the next placing brings it back."""
    manifest = world.admitted("lost", {"lost.csv": b"x\n1\n"})
    world.engine.place(world.store, manifest)
    mount = Mount("made-up", "lost", digest_of(manifest), Path("/nowhere"), Path("/nowhere.json"))
    hexes = _layer(world, mount).digest.removeprefix("sha256:")
    for folder in (*world.kept.rglob(f"_layers/sha256/{hexes}"), *world.kept.rglob(f"??/{hexes}")):
        shutil.rmtree(folder)
    spec = world.here.spec("lost")
    world.engine.environments.ensure(spec)
    with pytest.raises(Unavailable, match="has lost"):
        world.engine.attach(spec.project, [mount])
    world.engine.place(world.store, manifest)
    world.engine.attach(spec.project, [mount])
    assert world.engine.environments.observe(spec.project).mounts == (mount.digest,)


def test_a_large_snapshot_is_refused_before_a_byte_moves(world: World) -> None:
    """Every node keeps an image twice, so how large one may be is said."""
    manifest = world.admitted("large", {"large.bin": bytes(21_000_000)})
    with pytest.raises(Unavailable, match="21 MB, and image volumes take 20 MB"):
        world.engine.place(world.store, manifest)


def test_doctor_says_whether_the_registry_answers(world: World) -> None:
    """Also that a wrong password is one."""
    said = {one.subject: one for one in world.engine.doctor()}["snapshots"]
    assert said.status == "ok"
    stranger = Registry(world.here.cluster.snapshots, "nobody", "nothing")  # type: ignore[arg-type]
    try:
        with pytest.raises(Unavailable, match="does not let us push"):
            stranger.answers()
    finally:
        stranger.close()


def test_a_project_goes_with_its_data_attached(world: World) -> None:
    """Nothing of the image holds its namespace."""
    mount = world.published("end", b"x\n1\n")
    project = world.attached("end", mount)
    removed(world.engine.environments, project)
