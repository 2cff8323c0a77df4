"""Our images on a node: each starts under pod security `restricted` and does what it is for.

The wall is the exception that its own pod needs more; tests of the chart start it.
"""

import pytest

from tests.cluster import pod_images
from tests.cluster.conftest import NamespaceMaker
from tests.cluster.lab.instance import Instance
from tests.cluster.objects import RESTRICTED, Object, Objects

DOES = {
    "workspace": (
        "/bin/sh",
        "-c",
        (
            "/opt/workspace/bin/python -c 'import jupyterlab, pandas'"
            " && Rscript --vanilla -e 'library(IRkernel); library(survival)'"
            " && /opt/workspace/bin/python -m jupyter kernelspec list"
            " && tre --help && id -u"
        ),
    ),
    "hub": ("/opt/tre/bin/python", "-m", "jupyterhub", "--version"),
    "orchestrator": ("/opt/tre/bin/tre", "policy", "--json"),
    "database": ("/bin/sh", "-c", "postgres --version && initdb --version"),
}
SAYS = {"workspace": "ir ", "hub": "6.1", "orchestrator": "outputs", "database": "initdb"}


@pytest.mark.parametrize("name", DOES)
def test_a_pod_of_the_image_starts_restricted_and_works(
    name: str, lab: Instance, objects: Objects, make_namespace: NamespaceMaker
) -> None:
    """Read-only root, no capability, user 1000, and the node knows it by our digest."""
    image = pod_images.brought_in(lab, {name: name})[name]
    assert image == f"lab.local/{pod_images.made()[name].by_digest}"
    space = make_namespace(name)
    objects.apply(_pod(space, image))
    pod = objects.wait_running(space, "one", seconds=180)[0]
    assert pod["spec"]["containers"][0]["image"] == image
    assert SAYS[name] in objects.execute(space, "one", *DOES[name], seconds=120)


def _pod(space: str, image: str) -> Object:
    container = {
        "name": "one",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["/bin/sleep", "600"],
        "env": [{"name": "HOME", "value": "/tmp"}],
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "one", "namespace": space},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    }
