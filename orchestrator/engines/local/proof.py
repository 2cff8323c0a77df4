"""Prove that a sandbox holds: every way out is tried from inside, and beside it as a control.

A scratch server is built by the same function as a real one, with a made-up snapshot. Each attempt
must fail inside and succeed in its control; a control that fails makes the probe inconclusive,
unless this host cannot have that control, which is said and counted. Source: egress section 7.
"""

import contextlib
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.engines import probe
from orchestrator.engines.judging import SILENT, Answer, judge
from orchestrator.engines.local import canaries
from orchestrator.engines.local.boxes import (
    DATA,
    DOOR_FOLDER,
    HOME,
    HUB_PORT,
    IMAGE,
    LIFE,
    LISTENING,
    PORT,
    Places,
    limits,
    server_box,
    server_command,
)
from orchestrator.engines.local.canaries import Canaries
from orchestrator.engines.local.layout import DOORS, Layout
from orchestrator.engines.port import Mount, Outcome, Probe, Size
from orchestrator.errors import Unavailable
from orchestrator.sandbox import golden, run, spawn
from orchestrator.sandbox.arguments import Bind, Box
from orchestrator.sandbox.limits import make_group
from orchestrator.sandbox.spawn import Identity
from orchestrator.sandbox.uids import Uids
from orchestrator.settings import Settings
from orchestrator.values import digest_of

_SIZE = Size(memory_mb=512, processes=64, open_files=512)
_SECONDS = 60.0
_MIB = 1 << 20
_PROBE = "/opt/tre/probe.py"
_SNAPSHOT = "proof"
_DATA_FOLDER = f"{DATA}/{_SNAPSHOT}/1"
_METADATA = ("169.254.169.254", "fd00:ec2::254")
_ROOT_ONLY = "only root may do this outside"
_KERNEL = "this kernel or its settings refuse it outside, too"

Answers = dict[str, Any]


@dataclass(frozen=True)
class Changes:
    """What a test of the proof itself breaks on purpose; nothing, otherwise."""

    box: Callable[[Box], Box] = lambda box: box
    order: Callable[[dict[str, object]], dict[str, object]] = lambda order: order
    control: Callable[[Answers], Answers] = lambda answers: answers


@dataclass(frozen=True)
class Row:
    """One attempt.

    Shape: `words` are the probe's function and its arguments. The control is the same attempt
    outside; or, with `inside`, other words tried in the sandbox itself. `excuse` says why this
    host may lack the control; without it a failed control is inconclusive.
    """

    id: str
    attempt: str
    words: Sequence[Any]
    inside: Sequence[Any] | None = None
    excuse: str = ""
    never: bool = False  # there can be no control on any host


@dataclass(frozen=True)
class Scene:
    """Everything that one run has set up."""

    folder: Path
    plain: Box
    box: Box
    listening: socket.socket
    canaries: Canaries
    decoys: Mapping[str, str | int]
    identity: Identity | None
    settings: Settings
    layout: Layout
    changes: Changes


def prove(
    layout: Layout,
    uids: Uids,
    image: Path,
    settings: Settings,
    project: str | None,
    changes: Changes = Changes(),
) -> list[Probe]:
    """Run the proof once; leaves nothing behind.

    Errors: Unavailable when the scratch sandbox cannot be started.
    """
    identity = uids.scratch(f"proof/{project or '*'}")
    with _scene(layout, image, settings, identity, changes) as scene:
        rows = _rows(scene)
        token = secrets.token_hex(16)
        inner = _plan(scene, rows, f"probe{token}")
        outer = _plan(scene, rows, f"control{token}") | _elsewhere(scene)
        outer["attempts"] = {row.id: row.words for row in rows if not row.never}
        with _started(scene) as process:
            _say(process, inner)
            controls = changes.control(_control(outer))
            answers = _answers(process)
            entered = _enters(scene, f"in{token}")
            outside = _seen_from_outside(process, identity)
        doors = entered and all(answers.get(f"door.{name}", [False])[0] for name in _ways())
        found = [_judged(row, answers, controls, doors) for row in rows]
        return [*found, outside, _log_agrees(scene.canaries, inner, outer)]


def _judged(
    row: Row, answers: Mapping[str, Any], controls: Mapping[str, Any], doors: bool
) -> Probe:
    """Turn what was seen into an outcome; no answer is never taken for a failed attempt."""
    source, key = (answers, f"control.{row.id}") if row.inside else (controls, row.id)
    control, attempt = _answered(source.get(key)), _answered(answers.get(row.id))
    says = "inside, where it is allowed" if row.inside else "by a process outside"
    outcome, evidence = judge(
        attempt, control or SILENT, ways=doors, excuse=row.excuse, never=row.never
    )
    seconds = attempt.seconds if attempt else 0.0
    return Probe(row.id, row.attempt, says, outcome, evidence, seconds)


def _answered(said: Sequence[Any] | None) -> Answer | None:
    return None if said is None else Answer(*said)


# The rows


def _rows(scene: Scene) -> list[Row]:
    """Set up every canary and answer all attempts."""
    return [
        *_network_rows(scene.canaries),
        *_neighbour_rows(scene),
        *_list_rows(),
        *_data_rows(),
        *_process_rows(),
        *_kernel_rows(),
        *_family_rows(),
    ]


def _network_rows(made: Canaries) -> Iterator[Row]:
    four, six = canaries.addresses()
    for host in four:
        row = "E11" if host.startswith("127.") else "E01"
        where = "the host's loopback" if row == "E11" else "a host address"
        name = f"{'lo' if row == 'E11' else host}"
        if port := made.tcp(host):
            yield Row(f"{row}.tcp-{name}", f"TCP to {where}", ("tcp", host, port))
        if port := made.udp(host):
            yield Row(f"E02.udp-{name}", f"UDP to {where}", ("udp", host, port))
            yield Row(f"E05.dns-{name}", f"a DNS question to {where}", ("dns", host, port))
    yield from _port_rows(made, four[-1])
    yield from _ping_rows(four[-1], six)
    yield from _six_rows(made, six)
    for host, kind in zip(_METADATA, (socket.AF_INET, socket.AF_INET6), strict=True):
        yield Row(
            f"E12.metadata-{4 if kind == socket.AF_INET else 6}",
            "TCP to the cloud's metadata address",
            ("tcp", host, 80, kind),
            excuse="no canary can have this address without changing the host's network",
            never=True,
        )
    yield Row("E01.interfaces", "an interface beyond loopback", ("interfaces",), excuse=_KERNEL)
    yield Row("E05.resolver", "a name server in the settings", ("resolver",), excuse=_KERNEL)


def _port_rows(made: Canaries, host: str) -> Iterator[Row]:
    for port in canaries.PORTS:
        made.tcp(host, port)  # taken by another program or by privilege: then the control says so
        row = {53: "E05", 443: "E06", 853: "E06"}.get(port, "E01")
        excuse = "no canary can have this port here"
        yield Row(
            f"{row}.tcp-port-{port}", f"TCP to port {port}", ("tcp", host, port), None, excuse
        )


def _ping_rows(host: str, six: Sequence[str]) -> Iterator[Row]:
    raw, plain = int(socket.SOCK_RAW), int(socket.SOCK_DGRAM)
    yield Row("E03.icmp-raw", "an ICMP echo", ("ping", host, raw), None, _ROOT_ONLY)
    yield Row("E03.icmp-plain", "an ICMP echo without rights", ("ping", host, plain), None, _KERNEL)
    for protocol in (47, 132):
        words = ("raw", protocol)
        yield Row(f"E04.protocol-{protocol}", f"IP protocol {protocol}", words, None, _ROOT_ONLY)
    if six:
        words6 = ("ping", six[-1], raw, int(socket.AF_INET6))
        yield Row("E07.icmp6", "an ICMPv6 echo", words6, None, _ROOT_ONLY)


def _six_rows(made: Canaries, six: Sequence[str]) -> Iterator[Row]:
    kind = int(socket.AF_INET6)
    for host in six or ["::1"]:
        excuse = "" if six else "this host has no IPv6"
        tcp, udp = made.tcp(host, 0, kind) or 9, made.udp(host, 0, kind) or 9
        yield Row(f"E07.tcp6-{host}", "TCP over IPv6", ("tcp", host, tcp, kind), None, excuse)
        yield Row(f"E07.udp6-{host}", "UDP over IPv6", ("udp", host, udp, kind), None, excuse)


def _neighbour_rows(scene: Scene) -> Iterator[Row]:
    sibling = f"{scene.decoys['folder']}/sibling.sock"
    abstract = f"@{scene.decoys['victim']}"
    scene.canaries.unix(sibling)
    scene.canaries.unix(abstract)
    yield Row("E14.sibling-socket", "another project's server socket", ("unix", sibling))
    yield Row("E14.abstract-socket", "an abstract socket of the host", ("unix", abstract))
    yield Row("E40.sibling-file", "another project's file", ("read", scene.decoys["secret"]))
    yield Row("E53.shm-file", "a file in the host's shared memory", ("exists", scene.decoys["shm"]))
    places = {
        "E13.state": ("the folder of database and keys", scene.settings.state_dir.absolute()),
        "E13.run": ("the folder of sockets and tokens", scene.layout.run),
        "E40.homes": ("the folder of all homes", scene.layout.homes),
        "E45.shadow": ("the host's password file", Path("/etc/shadow")),
        "E45.sys": ("the host's devices and firmware", Path("/sys/kernel")),
        "E45.own-folder": ("the host's place of this very proof", scene.folder),
    }
    for name, (words, path) in places.items():
        yield Row(name, words, ("exists", str(path)))


def _list_rows() -> Iterator[Row]:
    yield Row("E13.mounts", "a mount beyond the golden list", ("mounts",))
    yield Row("E15.environment", "a variable beyond the golden list", ("environment",))
    yield Row("E43.devices", "a device beyond the golden list", ("devices",))
    yield Row("E50.descriptors", "an inherited descriptor in any process", ("descriptors",))
    yield Row("E50.own-descriptors", "an inherited descriptor", ("own_descriptors",))
    yield Row("E51.sockets", "a socket beyond the doors", ("sockets",))


def _data_rows() -> Iterator[Row]:
    for name, words in (
        ("create", "create a file in the data"),
        ("append", "append to the data"),
        ("truncate", "cut the data"),
        ("change_mode", "change a mode in the data"),
        ("rename", "rename a file of the data"),
        ("link", "link a file of the data"),
        ("touch", "change times in the data"),
        ("attribute", "set an attribute in the data"),
        ("remove", "remove a file of the data"),
    ):
        excuse = "this file system has no attributes" if name == "attribute" else ""
        row = f"E41.{name.replace('_', '-')}"
        yield Row(row, words, (name, _DATA_FOLDER), (name, HOME), excuse)
    for name, path in (("system", "/usr"), ("root", "/"), ("doors", DOOR_FOLDER)):
        inside = ("create", HOME)
        yield Row(f"E41.{name}", f"create a file in {path}", ("create", path), inside)


def _process_rows() -> Iterator[Row]:
    yield Row("E44.seen", "a process of the host in /proc", ("victim_seen",))
    yield Row("E44.kill", "a signal to a process of the host", ("kill",))
    yield Row("E44.memory", "the memory of a process of the host", ("read_memory",), None, _KERNEL)
    yield Row("E54.trace", "tracing a process of the host", ("trace",), None, _KERNEL)
    yield Row("E54.trace-call", "the call that traces", ("trace_anything",), None, _KERNEL)
    yield Row("E54.typing", "typing into a terminal", ("type_into_terminal",), None, _KERNEL)
    yield Row("E54.typing-bits", "the same past a filter", ("type_with_high_bits",), None, _KERNEL)
    yield Row("E54.terminal", "a controlling terminal", ("terminal",))
    yield Row("E53.segment", "a memory segment of the host", ("shared_memory",))
    yield Row("E53.queue", "a message queue of the host", ("message_queue",))
    yield Row("E53.add-key", "a key in the kernel's ring", ("keys",), None, _KERNEL)
    yield Row("E53.request-key", "asking the kernel for a key", ("request_key",), None, _KERNEL)
    yield Row("E53.key-ring", "the session's key ring", ("key_session",), None, _KERNEL)


def _kernel_rows() -> Iterator[Row]:
    core = "/proc/sys/kernel/core_pattern"
    yield Row("E45.core-pattern", "a kernel setting", ("open_for_writing", core), None, _ROOT_ONLY)
    trigger = "/proc/sysrq-trigger"
    yield Row("E45.sysrq", "the kernel's trigger", ("open_for_writing", trigger), None, _ROOT_ONLY)
    yield Row("E45.kcore", "the kernel's memory", ("read", "/proc/kcore"), None, _ROOT_ONLY)
    yield Row("E45.user-namespace", "a user namespace", ("namespace", 0x10000000), None, _KERNEL)
    yield Row("E45.user-clone", "a user namespace by clone", ("namespace_by_clone",), None, _KERNEL)
    yield Row("E45.clone3", "clone3, whose flags no filter sees", ("new_clone",), None, _KERNEL)
    yield Row("E45.net-namespace", "a network", ("namespace", 0x40000000), None, _ROOT_ONLY)
    yield Row("E45.mount", "mounting a file system", ("mount",), None, _ROOT_ONLY)
    yield Row("E45.setns", "entering a namespace", ("enter",), None, _ROOT_ONLY)
    yield Row("E45.chroot", "changing the root", ("change_root",), None, _ROOT_ONLY)
    yield Row("E45.set-user", "becoming another user", ("set_user",), None, _ROOT_ONLY)
    yield Row("E43.node", "making a device", ("node", "/dev/shm"), None, _ROOT_ONLY)  # noqa: S108
    for name, words in (
        ("bpf", (0, 0, 0)),
        ("io_uring_setup", (1, 0)),
        ("memfd_secret", (0,)),
        ("perf_event_open", (0, 0, -1, -1, 0)),
        ("userfaultfd", (1,)),
    ):
        row = f"E45.{name.replace('_', '-')}"
        yield Row(row, f"the call {name}", ("call", name, *words), None, _KERNEL)
    yield Row("E45.capabilities", "any capability", ("capabilities",), None, _ROOT_ONLY)
    yield Row("E45.users", "more than one user behind the namespace", ("uid_map",), None, _KERNEL)
    yield Row("E45.privileges", "new privileges by exec", ("status", "NoNewPrivs", "1"))
    yield Row("E45.filter", "a process without the filter", ("status", "Seccomp", "2"))


def _family_rows() -> Iterator[Row]:
    plain, raw, packet = (int(k) for k in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_STREAM))
    for name, words in (
        ("vsock", ("family", 40, packet)),
        ("packet", ("family", 17, raw, 0x0300)),
        ("alg", ("family", 38, int(socket.SOCK_SEQPACKET))),
        ("raw", ("family", 2, raw, 1)),
        ("raw6", ("family", 10, raw, 58)),
    ):
        yield Row(f"E49.{name}", f"a socket of kind {name}", words, None, _KERNEL)
    yield Row("E49.uevent", "kernel events over netlink", ("family", 16, plain, 15), None, _KERNEL)
    yield Row("E49.families", "a socket of any other family", ("families",), None, _KERNEL)


# The scratch server


@contextlib.contextmanager
def _scene(
    layout: Layout, image: Path, settings: Settings, identity: Identity | None, changes: Changes
) -> Iterator[Scene]:
    for place in (layout.run, settings.state_dir, layout.homes):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)  # a missing place hides nothing
    folder = Path(tempfile.mkdtemp(prefix="proof-", dir=layout.run))
    try:
        with Canaries() as made, Canaries() as doors, canaries.decoys(identity) as decoys:
            places = _places(folder, image, identity)
            for door in DOORS:
                doors.unix(str(places.doors / door))
            box = server_box("proof", "proof", places, [_snapshot(folder)], _SIZE, _HUB_WORDS)
            box = replace(
                box.running(*server_command(_SIZE, (f"{IMAGE}/bin/python", "-I", _PROBE))),
                binds=(*box.binds, Bind(probe.__file__, _PROBE)),
            )
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
                listening.bind(str(folder / "server.sock"))
                listening.listen(8)
                yield Scene(
                    folder,
                    box,
                    changes.box(box),
                    listening,
                    made,
                    decoys,
                    identity,
                    settings,
                    layout,
                    changes,
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_HUB_WORDS = {"JUPYTERHUB_API_TOKEN": "none", "PATH": "/nowhere", "LD_PRELOAD": "/nowhere"}
"""What a hub might send; only the first may arrive."""


def _places(folder: Path, image: Path, identity: Identity | None) -> Places:
    places = Places(image, folder / "home", folder / "shared", folder / "doors")
    for path in (places.home, places.shared, places.doors):
        path.mkdir(mode=0o700)
        if identity is not None and path != places.doors:
            os.chown(path, identity.uid, identity.gid)
    known = places.home / "known.csv"
    known.write_text("a,b\n1,2\n")
    if identity is not None:
        os.chown(known, identity.uid, identity.gid)
    return places


def _snapshot(folder: Path) -> Mount:
    """Make up a snapshot that its reader could change if the mount let it: modes are wide open."""
    tree = folder / "tree"
    tree.mkdir()
    (tree / "known.csv").write_text("person,value\nA,1\n")
    manifest = folder / "MANIFEST.json"
    manifest.write_text("{}\n")
    for path in (tree, tree / "known.csv", manifest):
        path.chmod(0o777)
    return Mount(_SNAPSHOT, "1", digest_of(b"{}\n"), tree, manifest)


def _plan(scene: Scene, rows: Sequence[Row], token: str) -> dict[str, Any]:
    attempts: dict[str, Sequence[Any]] = {row.id: row.words for row in rows}
    attempts |= {f"control.{row.id}": row.inside for row in rows if row.inside}
    attempts |= {f"door.{name}": words for name, words in _ways().items()}
    return {
        "token": token,
        "attempts": attempts,
        "serve": PORT,
        "walk": "/",
        "sockets": [f"{DOOR_FOLDER}/{door}" for door in DOORS],
        "mounts": golden.mounts(scene.plain),
        "environment": golden.golden(scene.plain)["environment"],
        "descriptors": ["pipe:", "socket:", "anon_inode:", "/dev/null", "/proc/"],
        "own_descriptors": [0, 1, 2],
        "devices": [f"/dev/{name}" for name in golden.DEVICES] + ["/dev/pts/ptmx"],
        "families": [socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK],
        "victim": scene.decoys["victim"],
        "shm_key": scene.decoys["shm_key"],
        "other_uid": 65534,
    }


def _elsewhere(scene: Scene) -> dict[str, Any]:
    """Answer what the control does otherwise: it must find what lies in the decoys' folder."""
    return {"make_terminal": True, "serve": None, "walk": scene.decoys["folder"]}


def _ways() -> dict[str, Sequence[Any]]:
    """Answer the ways that must work from inside: each door, and the hub's by its port."""
    ways: dict[str, Sequence[Any]] = {door: ("unix", f"{DOOR_FOLDER}/{door}") for door in DOORS}
    return ways | {"hub-port": ("tcp", "127.0.0.1", HUB_PORT)}


@contextlib.contextmanager
def _started(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    bounds = limits(_SIZE, 64 * _MIB)
    if scene.identity is not None:
        for door in DOORS:
            os.chown(scene.folder / "doors" / door, scene.identity.uid, scene.identity.gid)
    group = make_group(scene.layout.group(scene.folder.name), bounds)
    life, ours = os.pipe()
    order = run.order(
        scene.box,
        bounds,
        identity=scene.identity,
        group=group,
        keep=[life, scene.listening.fileno()],
        umask=0o002,
    )
    process = spawn.start(
        scene.changes.order(order),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(life)
    try:
        yield process
    finally:
        spawn.end(process)
        os.close(ours)
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()
        if group is not None:
            group.remove()


def _say(process: subprocess.Popen[bytes], plan: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(plan).encode() + b"\n")
        process.stdin.flush()


def _answers(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Read the probe's one line. Errors: Unavailable when the sandbox ended before it."""
    assert process.stdout is not None
    assert process.stderr is not None
    poller = select.poll()
    poller.register(process.stdout, select.POLLIN)
    if poller.poll(_SECONDS * 1000):
        line = process.stdout.readline()
        with contextlib.suppress(ValueError):
            return dict(json.loads(line)["answers"])
    spawn.end(process)
    said = process.stderr.read(2000).decode(errors="replace").strip().splitlines()
    raise Unavailable(f"The proof's sandbox gave no answer: {(said or ['it said nothing'])[-1]}")


def _control(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Run the same attempts outside; a control that breaks answers nothing."""
    leak = os.open("/", os.O_RDONLY)
    try:
        done = subprocess.run(
            canaries.control_command(),
            input=json.dumps(plan).encode() + b"\n",
            capture_output=True,
            timeout=_SECONDS,
            pass_fds=[leak],
            env={"TRE_PROOF_CONTROL": "1", "PATH": "/usr/bin:/bin"},
            check=False,
        )
        return dict(json.loads(done.stdout)["answers"])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    finally:
        os.close(leak)


def _enters(scene: Scene, token: str) -> bool:
    """Say whether the way in works: from the server's socket to the notebook's port."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.settimeout(5)
        try:
            made.connect(str(scene.folder / "server.sock"))
            made.sendall(token.encode())
            return made.recv(200) == token.encode()
        except OSError:
            return False


def _seen_from_outside(process: subprocess.Popen[bytes], identity: Identity | None) -> Probe:
    """Look at the sandbox's host uid while it runs."""
    begun = time.monotonic()
    found = _uids_below(process.pid)
    root = not found or 0 in found
    if root or (identity is not None and found != {identity.uid}):
        outcome, evidence = Outcome.OPEN, f"host uids {sorted(found)}"
    elif identity is None:
        outcome = Outcome.UNAVAILABLE
        evidence = "an ordinary user's sandboxes share one uid: not for real data"
    else:
        outcome, evidence = Outcome.HELD, "one unprivileged host uid that nobody shares"
    return Probe(
        "E44.host-uid",
        "a process of the sandbox under root or a shared uid",
        "our own uid is read in the same way",
        outcome,
        evidence,
        time.monotonic() - begun,
    )


def _uids_below(pid: int) -> set[int]:
    """Answer the host uids of a process and all its descendants."""
    found, waiting = set(), [pid]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        with contextlib.suppress(OSError):
            status = (folder / "status").read_text().split("\nUid:", 1)[1].splitlines()[0]
            found |= {int(word) for word in status.split()}
            for task in (folder / "task").iterdir():
                waiting += [int(word) for word in (task / "children").read_text().split()]
    return found


def _log_agrees(made: Canaries, inner: Mapping[str, Any], outer: Mapping[str, Any]) -> Probe:
    """Compare with what the canaries heard, whatever the probe itself says."""
    if made.heard(inner["token"]):
        outcome, evidence = Outcome.OPEN, "a canary heard the probe"
    elif made.heard(outer["token"]):
        outcome, evidence = Outcome.HELD, "only the control was heard"
    else:
        outcome, evidence = Outcome.INCONCLUSIVE, "no canary heard the control"
    return Probe(
        "E01.canary-log", "the probe's token at any canary", "its own token", outcome, evidence, 0.0
    )


assert (LIFE, LISTENING) == (3, 4), "the launcher puts kept descriptors from 3 on"
