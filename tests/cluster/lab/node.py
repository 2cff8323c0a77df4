"""The first process of an instance: `python -m tests.cluster.lab.node STATE`.

It makes the instance's own file systems and network, starts the parts in order, starts again what
ends, buries orphans, and says where it stands in STATE/status.json. It knows nothing of other
instances and leaves nothing to undo: with this process all of it ends.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

from tests.cluster.lab import configuration as conf
from tests.cluster.lab.addresses import NODE, UPLINK, Addresses
from tests.cluster.lab.certificates import Authority, name, signing_pair
from tests.cluster.lab.policy.ruleset import CLOSED

LIMIT_S = 120
"""How long a part may take to answer at the start."""

AGAIN_S = 1.0
"""The pause before a part that ended is started again."""

LAYERED = ("/etc", "/opt", "/var")
"""Folders of the machine that the instance sees and writes to a layer of its own, in memory."""

LIB = ("containerd", "kubelet", "etcd")


@dataclass
class Part:
    """One program of the instance: how it is called and what runs of it now."""

    command: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    ended_at: float = 0.0


@dataclass
class Node:
    """What this process knows: its folder, its addresses, its parts."""

    state: Path
    addresses: Addresses
    programs: list[str]
    parts: dict[str, Part] = field(default_factory=dict)
    status: dict[str, object] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Of every program: the lab's come first, and what is left half-written is left inside."""
        path = ":".join([*self.programs, os.environ["PATH"], "/usr/sbin", "/sbin"])
        return os.environ | {"PATH": path, "TMPDIR": f"{conf.RUN}/tmp"}

    def say(self, **known: object) -> None:
        """Keep where the instance stands, whole or not at all."""
        self.status |= known
        file = self.state / "status.json"
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(self.status))
        fresh.rename(file)

    def start(self, part: str) -> None:
        """Start a part with its output in log/PART.log."""
        one = self.parts[part]
        with (self.state / "log" / f"{part}.log").open("ab") as log:
            one.process = subprocess.Popen(
                one.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self.environment,
            )

    def run(self, *command: str, text: str = "", check: bool = True) -> str:
        """Run a program of the machine or of the lab to its end."""
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
            env=self.environment,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def kubectl(self, *words: str, text: str = "", check: bool = True) -> str:
        """Ask the API server as its administrator."""
        who = f"--kubeconfig={conf.RUN}/admin.kubeconfig"
        return self.run("kubectl", who, "--request-timeout=10s", *words, text=text, check=check)


def main() -> None:
    """Bring the instance up, then look after it for as long as this process lives."""
    state = Path(sys.argv[1])
    given = json.loads((state / "instance.json").read_text())
    node = Node(state, Addresses(given["number"]), given["programs"])
    try:
        bring_up(node)
    except Exception as error:
        node.say(state="failed", step=f"{node.status.get('step')}: {error}")
        raise
    look_after(node)


def bring_up(node: Node) -> None:
    """From namespaces with nothing in them to a node that is ready."""
    steps: list[tuple[str, Callable[[Node], None]]] = [
        ("file systems", file_systems),
        ("network", network),
        ("certificates and settings", settings),
        ("etcd, containerd, API server", control_plane),
        ("controllers, kubelet, proxy, enforcer", workers),
        ("node ready", wait_ready),
    ]
    for step, act in steps:
        node.say(state="starting", step=step)
        act(node)
    node.say(state="ready", step="ready")


def file_systems(node: Node) -> None:
    """Fresh /run, layers over LAYERED, disk folders for images, pods and etcd.

    The state folder is held open while /run and the layers cover what may lie above it.
    """
    held = os.open(node.state, os.O_PATH | os.O_DIRECTORY)
    # The machine's later unmounts come in, so nothing of it is kept busy; nothing goes out.
    node.run("mount", "--make-rslave", "/")
    node.run("mount", "--make-rshared", "/")
    node.run("mount", "-t", "tmpfs", "-o", "mode=755", "tre-lab", "/run")
    Path(conf.STATE).mkdir(parents=True)
    (Path(conf.RUN) / "tmp").mkdir()
    subprocess.run(
        ["mount", "--bind", f"/proc/self/fd/{held}", conf.STATE], check=True, pass_fds=(held,)
    )
    os.close(held)
    node.state = Path(conf.STATE)
    for place in LAYERED:
        layer = Path(conf.RUN) / "layers" / place[1:]
        (layer / "upper").mkdir(parents=True)
        (layer / "work").mkdir()
        options = f"lowerdir={place},upperdir={layer}/upper,workdir={layer}/work"
        node.run("mount", "-t", "overlay", "-o", options, "tre-lab", place)
    for folder in LIB:
        target = Path("/var/lib") / folder
        target.mkdir(exist_ok=True)
        (node.state / folder).mkdir(exist_ok=True)
        node.run("mount", "--bind", str(node.state / folder), str(target))
    for place, value in conf.TUNABLES.items():
        cover = Path(conf.RUN) / "tunables" / place.replace("/", ".")
        cover.parent.mkdir(exist_ok=True)
        cover.write_text(f"{value}\n")
        node.run("mount", "--bind", str(cover), f"/proc/sys/{place}")
    # A pod with user ids of its own may mount no /proc where none is seen that nothing covers.
    whole = Path(conf.RUN) / "proc"
    whole.mkdir()
    node.run("mount", "-t", "proc", "tre-lab", str(whole))


def network(node: Node) -> None:
    """Loopback, uplink, and every pod closed before there is one."""
    until = time.monotonic() + LIMIT_S
    while not Path(f"/proc/sys/net/ipv4/conf/{UPLINK}").exists():
        if time.monotonic() > until:
            raise RuntimeError("the machine's side did not give this instance its uplink")
        time.sleep(0.02)
    for place, value in conf.SYSCTLS.items():
        Path("/proc/sys", place).write_text(value)
    node.run("ip", "link", "set", "lo", "up")
    for address, size in zip(node.addresses.node, ("24", "64"), strict=True):
        node.run("ip", "address", "add", f"{address}/{size}", "dev", UPLINK, *_no_wait(address))
    node.run("ip", "link", "set", UPLINK, "up")
    node.run("nft", "-f", "-", text=CLOSED)


def _no_wait(address: str) -> list[str]:
    return ["nodad"] if ":" in address else []


def settings(node: Node) -> None:
    """Certificates, one kubeconfig a user, and a file a part."""
    run, pki = Path(conf.RUN), Path(conf.PKI)
    authority = Authority(pki)
    signing_pair(pki)
    authority.issue("server", name("kube-apiserver"), conf.server_names(node.addresses))
    for user in conf.USERS:
        at_home = (NODE, *node.addresses.node) if user.file == "kubelet" else ()
        authority.issue(user.file, name(user.name, user.group), at_home)
        (run / f"{user.file}.kubeconfig").write_text(_kubeconfig(node, user))
    mine = node.state / "kubeconfig"
    mine.touch(mode=0o600)
    mine.write_text(_kubeconfig(node, conf.ADMIN))
    (run / "kubelet.yaml").write_text(conf.kubelet(node.addresses))
    (run / "proxy.yaml").write_text(conf.proxy(node.addresses))
    (run / "containerd.toml").write_text(conf.containerd())
    Path(conf.REGISTRIES).mkdir()
    chain = Path(conf.CNI_NETWORK)
    chain.mkdir(parents=True, exist_ok=True)
    for old in chain.iterdir():  # the machine's own, seen through the layer
        old.unlink()
    Path(conf.CNI_PLUGINS[0]).mkdir(parents=True, exist_ok=True)
    (chain / "10-tre-lab.conflist").write_text(conf.network(node.addresses))
    for part, command in conf.commands(node.addresses).items():
        node.parts[part] = Part(command)
    enforcer = [sys.executable, "-m", "tests.cluster.lab.policy.enforcer"]
    node.parts["enforcer"] = Part([*enforcer, f"{conf.RUN}/enforcer.kubeconfig"])


def _kubeconfig(node: Node, user: conf.User) -> str:
    def text(file: str) -> str:
        return base64.b64encode(Path(conf.PKI, file).read_bytes()).decode()

    return conf.kubeconfig(
        node.addresses.api, text("ca.crt"), text(f"{user.file}.crt"), text(f"{user.file}.key")
    )


def control_plane(node: Node) -> None:
    """What everything else asks; ready when the API server says so."""
    for part in ("etcd", "containerd", "kube-apiserver"):
        node.start(part)
    _until(node, "containerd", Path(conf.SOCKET).exists)
    for image in sorted((node.state / "images").iterdir()):
        _until(node, "containerd", partial(_imported, node, image))
    _until(
        node, "kube-apiserver", lambda: node.kubectl("get", "--raw=/readyz", check=False) == "ok"
    )
    rights = "---\n".join(yaml.safe_dump(one) for one in conf.ENFORCER_RIGHTS)
    # The roles of the cluster's own users come a moment after the server is ready.
    _until(
        node,
        "kube-apiserver",
        lambda: "created" in node.kubectl("apply", "-f", "-", text=rights, check=False),
    )


def _imported(node: Node, image: Path) -> bool:
    done = node.run(
        *("ctr", "-a", conf.SOCKET, "-n", "k8s.io", "images", "import", str(image)), check=False
    )
    return bool(done)


def workers(node: Node) -> None:
    """Everything else; none of them waits for another."""
    for part in ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "enforcer"):
        node.start(part)


def wait_ready(node: Node) -> None:
    """The node says that it is ready, and namespaces get their account."""
    condition = '-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    _until(
        node, "kubelet", lambda: node.kubectl("get", "node", NODE, condition, check=False) == "True"
    )
    account = ("get", "serviceaccount", "default", "-o=name")
    _until(node, "kube-controller-manager", lambda: bool(node.kubectl(*account, check=False)))


def _until(node: Node, part: str, true: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT_S
    while not true():
        process = node.parts[part].process
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{part} ended with {process.returncode}; see its log")
        if time.monotonic() > until:
            raise RuntimeError(f"{part} does not answer; see its log")
        time.sleep(0.1)


def look_after(node: Node) -> None:
    """Bury orphans, start again what ended, hold back what a test wants to be down."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    held = node.state / "held"
    held.mkdir(exist_ok=True)
    while True:
        _bury(node)
        for name_, part in node.parts.items():
            _as_wanted(node, name_, part, down=(held / name_).exists())
        time.sleep(0.1)


def _as_wanted(node: Node, name_: str, part: Part, *, down: bool) -> None:
    running = part.process is not None
    if down and part.process is not None:
        part.process.kill()
    elif not down and not running and time.monotonic() - part.ended_at > AGAIN_S:
        node.start(name_)
    now_up = sorted(name_ for name_, one in node.parts.items() if one.process is not None)
    if now_up != node.status.get("up"):
        node.say(up=now_up)


def _bury(node: Node) -> None:
    """Take every ended child, ours or an orphan's."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        for part in node.parts.values():
            if part.process is not None and part.process.pid == pid:
                part.process.returncode = -1  # taken here, so that nobody waits for it again
                part.process = None
                part.ended_at = time.monotonic()


if __name__ == "__main__":
    main()
