"""Volumes for people's homes where the cluster gives none: folders of the lab's only node.

A cluster of yours and kind have a storage class by default; the lab has no provisioner. This one
makes a folder and a volume for every claim of its class, as long as the tests run.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kubernetes.client.exceptions import ApiException

from tests.cluster.cluster import Cluster
from tests.cluster.lab.configuration import STATE
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import Object, Objects, connection

CLASS = "tre-lab"
_FOLDER = f"{STATE}/volumes"
_LOOK_SECONDS = 0.1
_USER = "1000"


@contextmanager
def homes(cluster: Cluster) -> Iterator[str | None]:
    """Answer the class that claims for homes should have, None for the cluster's own default."""
    if cluster.instance is None:
        yield None
        return
    ending = threading.Event()
    with connection(cluster) as client:
        objects = Objects(cluster, client)
        thread = threading.Thread(target=_serve, args=(cluster.instance, objects, ending))
        thread.start()
        try:
            yield CLASS
        finally:
            ending.set()
            thread.join()


def _serve(instance: Instance, objects: Objects, ending: threading.Event) -> None:
    made: set[str] = set()
    while not ending.wait(_LOOK_SECONDS):
        claims = objects.core.list_persistent_volume_claim_for_all_namespaces()
        for claim in claims.items:
            uid = claim.metadata.uid
            mine = claim.spec.storage_class_name == CLASS
            if mine and claim.status.phase == "Pending" and uid not in made:
                _provide(instance, objects, objects.client.sanitize_for_serialization(claim))
                made.add(uid)
        for volume in objects.core.list_persistent_volume().items:
            if volume.spec.storage_class_name == CLASS and volume.status.phase == "Released":
                objects.delete({"apiVersion": "v1", "kind": "PersistentVolume", **_named(volume)})


def _named(volume: object) -> Object:
    return {"metadata": {"name": volume.metadata.name}}  # type: ignore[attr-defined]


def _provide(instance: Instance, objects: Objects, claim: Object) -> None:
    uid = claim["metadata"]["uid"]
    folder = f"{_FOLDER}/{uid}"
    instance.run("install", "-d", "-o", _USER, "-g", _USER, "-m", "2770", folder)
    reference = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": claim["metadata"]["namespace"],
        "name": claim["metadata"]["name"],
        "uid": uid,
    }
    volume: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"lab-{uid}"},
        "spec": {
            "storageClassName": CLASS,
            "capacity": claim["spec"]["resources"]["requests"],
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": reference,
            "hostPath": {"path": folder, "type": "Directory"},
        },
    }
    try:
        objects.apply(volume)
    except ApiException as error:
        if error.status != 409:
            raise
