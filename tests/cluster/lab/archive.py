"""[pure] An image around one static program, as a docker-archive: the same bytes each time."""

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

UID = 65534
"""Nobody: the images here run under `runAsNonRoot`."""


def of_program(program: Path, reference: str, command: Sequence[str]) -> bytes:
    """Answer an archive whose only file is the program, at `/` and its own name."""
    return of_layer(_tar({program.name: program.read_bytes()}), reference, command)


def of_layer(layer: bytes, reference: str, command: Sequence[str]) -> bytes:
    """Answer an archive of one layer."""
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": list(command), "User": f"{UID}:{UID}", "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created_by": "tests.cluster.lab"}],
    }
    text = json.dumps(config, sort_keys=True).encode()
    config_name = f"{hashlib.sha256(text).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": [reference], "Layers": ["layer.tar"]}]
    return _tar(
        {
            config_name: text,
            "layer.tar": layer,
            "manifest.json": json.dumps(manifest).encode(),
        }
    )


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
