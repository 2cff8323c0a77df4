"""Images into an instance: no registry, an archive or a folder goes in and a digest comes out."""

import io
import re
import subprocess
import tarfile
from pathlib import Path

from orchestrator.errors import Invalid, Unavailable
from tests.cluster.lab.configuration import SOCKET
from tests.cluster.lab.instance import Instance

CTR = ("ctr", "-a", SOCKET, "-n", "k8s.io", "images")


def bring_in(instance: Instance, image: Path | bytes, name: str) -> str:
    """Import a docker-archive, an OCI archive or an OCI folder, and answer `name@sha256:…`.

    Shape: `name` has a host and no tag (`lab.local/probe`); an archive holds exactly one image. A
    pod uses the answer with `imagePullPolicy: Never`. Importing twice gives the same answer.
    Errors: Invalid when the archive holds no image or several; Unavailable when the import fails.
    """
    load = instance.command(*CTR, "import", "--digests", f"--base-name={name}", "-")
    done = subprocess.run(load, input=_bytes(image), capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode != 0:
        raise Unavailable(f"The image {name} was not imported: {said.strip()[-400:]}")
    found = set(re.findall(r"application/vnd\S+ (sha256:[0-9a-f]{64})", said))
    if len(found) != 1:
        raise Invalid(f"One image was expected as {name}; containerd said: {said.strip()[-400:]}")
    digest = found.pop()
    _name(instance, f"{name}@{digest}", digest)
    return f"{name}@{digest}"


def _name(instance: Instance, reference: str, digest: str) -> None:
    """Give what has this digest the name that pods will use; a tag of its own it may keep."""
    listed = [line.split() for line in instance.run(*CTR, "list").splitlines()[1:]]
    names = [words[0] for words in listed if words[2] == digest]
    if reference not in names:
        instance.run(*CTR, "tag", names[0], reference)


def _bytes(image: Path | bytes) -> bytes:
    if isinstance(image, bytes):
        return image
    if image.is_file():
        return image.read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for file in sorted(image.iterdir()):
            archive.add(file, file.name)
    return buffer.getvalue()
