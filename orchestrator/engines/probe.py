"""Try every way out of a sandbox or a pod: standard library only, JSON in and out.

`probe.py` reads a plan on standard input and writes one JSON object: each attempt's name with
`[succeeded, evidence]`. The same file runs inside the scratch sandbox, where every attempt must
fail, and outside as the control, where it must succeed. An attempt never changes the machine: it
opens for writing and writes nothing, or undoes what it did in a child that ends.

In a pod nobody can talk to it, so its plan is an argument and its answers are its last words:
`probe.py try PLAN` makes every attempt once, `probe.py start PLAN` is the first step of a notebook
server: 0 only when the doors answer and nothing else does.
"""

import base64
import contextlib
import ctypes
import errno
import fcntl
import json
import os
import platform
import pty
import signal
import socket
import stat
import struct
import sys
import termios
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Plan = dict[str, Any]
Answer = tuple[bool, str]
Attempt = Callable[[Plan], Answer]

SECONDS = 2.0
_AGAIN_SECONDS = 0.4
LAST_WORDS = "/dev/termination-log"
"""Where a container leaves what its pod's status shows; the node cuts it at 4,096 bytes."""

LONGEST_EVIDENCE = 60
OPEN, NOTHING_PROVED = 3, 4
"""Exit statuses of `start`: a way out is open; the doors were silent, so nothing is known."""

_WAYS_SECONDS = 20.0
_libc = ctypes.CDLL(None, use_errno=True)
_IS_ARM = platform.machine() == "aarch64"
_CALLS = {  # x86_64, aarch64
    "add_key": (248, 217),
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "process_vm_readv": (310, 270),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "userfaultfd": (323, 282),
    "clone3": (435, 435),
}
_UNANSWERED = (errno.ENOSYS, errno.EPERM, errno.EACCES)
_PTRACE_SEIZE = 0x4206
_NEW_USER, _NEW_NET, _NEW_NS = 0x10000000, 0x40000000, 0x00020000


class Refused(Exception):
    """The attempt was refused; the text says how."""


# Network


def tcp(plan: Plan, host: str, port: int, family: int = socket.AF_INET) -> Answer:
    """Connect, say the token, hear it back."""
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.settimeout(SECONDS)
        made.connect((host, port))
        made.sendall(plan["token"].encode() + b"\n")
        return _echoed(plan, made.recv(200))


def udp(plan: Plan, host: str, port: int, family: int = socket.AF_INET) -> Answer:
    """Send a datagram with the token and hear it back."""
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        made.connect((host, port))
        return _echoed(plan, _answered(made, plan["token"].encode()))


def dns(plan: Plan, host: str, port: int) -> Answer:
    """Ask a resolver for a name that carries the token."""
    label = plan["token"].encode()[:60]
    name = bytes([len(label)]) + label + b"\x06canary\x04test\x00"
    query = struct.pack(">6H", 0x7472, 0x0100, 1, 0, 0, 0) + name + struct.pack(">2H", 16, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.connect((host, port))
        return _echoed(plan, _answered(made, query))


def ping(plan: Plan, host: str, kind: int, family: int = socket.AF_INET) -> Answer:
    """Send an ICMP echo with 1 kB of payload and hear it back."""
    six = family == socket.AF_INET6
    with socket.socket(family, kind, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP) as made:
        made.settimeout(_AGAIN_SECONDS)
        payload = plan["token"].encode() * 64
        body = struct.pack(">BBHHH", 128 if six else 8, 0, 0, 7, 7) + payload[:1024]
        if not six:
            body = body[:2] + struct.pack(">H", _checksum(body)) + body[4:]
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            made.sendto(body, (host, 0))
            with contextlib.suppress(TimeoutError):
                if plan["token"].encode() in made.recv(4096):
                    return True, "an echo came back"
    raise Refused("no echo")


def raw(plan: Plan, protocol: int) -> Answer:
    """Make a socket for another IP protocol."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol):
        return True, f"a raw socket for protocol {protocol}"


def families(plan: Plan) -> Answer:
    """Make a socket of every family that no sandbox needs; those bound by no network namespace."""
    opened = []
    for family in range(64):
        if family in plan["families"]:
            continue
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            with contextlib.suppress(OSError):
                socket.socket(family, kind, 0).close()
                opened.append(family)
                break
    return bool(opened), f"families opened: {opened}"


def family(plan: Plan, number: int, kind: int, protocol: int = 0) -> Answer:
    """Make a socket of one family."""
    with socket.socket(number, kind, protocol):
        return True, f"a socket of family {number}"


def interfaces(plan: Plan) -> Answer:
    """Look for an interface that is not loopback."""
    found = sorted(name for _, name in socket.if_nameindex())
    return found != ["lo"], f"interfaces: {' '.join(found)}"


def resolver(plan: Plan) -> Answer:
    """Look for a name server in the configuration."""
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        servers = [line for line in file if line.startswith("nameserver")]
    return bool(servers), f"{len(servers)} name servers"


def reach(plan: Plan, host: str, port: int | str) -> Answer:
    """Open a TCP connection, whoever answers; nothing is said.

    Shape: `gateway4` and `gateway6` are the next hop of this network namespace, which often is the
    node; `$NAME` is read from the environment.
    """
    with _stream(_resolved(host), int(_resolved(port)), plan.get("seconds", SECONDS)):
        return True, "connected"


def first(plan: Plan, host: str, port: int, seconds: float = SECONDS) -> Answer:
    """Connect again and again from this moment on, and say whether any came through."""
    until, tries = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        tries += 1
        with contextlib.suppress(OSError), _stream(host, port, 0.2) as made:
            made.sendall(plan["token"].encode() + b"\n")
            return True, f"connection {tries} came through"
        time.sleep(0.01)
    raise Refused(f"none of {tries} connections")


def ask(plan: Plan, host: str, port: int, tokens: list[str]) -> Answer:
    """Ask a canary how often it heard each token."""
    with _stream(host, port) as made:
        made.sendall(json.dumps(tokens).encode() + b"\n")
        with made.makefile("r", encoding="utf-8") as said:
            return True, " ".join(str(int(count)) for count in json.loads(said.readline()))


def translated(plan: Plan, host: str, port: int | str) -> Answer:
    """See whether the kernel's own table names another address than the one we asked for.

    A plug-in that translates service addresses in the connect call shows the asked address to the
    process, and never to a packet filter.
    """
    asked = _resolved(host)
    with _stream(asked, int(_resolved(port))) as made:
        seen = remote_of(made.getsockname()[1])
    if seen is None:
        raise Refused("the connection is in no table")
    return seen != asked, "the kernel sees another address" if seen != asked else "as asked"


def remote_of(port: int) -> str | None:
    """Answer the far address of our own connection from a port, as the kernel's table has it."""
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        with contextlib.suppress(OSError), open(f"/proc/net/{table}", encoding="utf-8") as file:
            for words in (line.split() for line in file):
                if words[1].endswith(f":{port:04X}") and words[3] == "01":
                    return address_of(words[2].partition(":")[0], family)
    return None


def address_of(text: str, family: int) -> str:
    """Spell an address of the kernel's tables: words of four bytes, each in the machine's order."""
    words = bytes.fromhex(text)
    turned = b"".join(words[n : n + 4][::-1] for n in range(0, len(words), 4))
    address = socket.inet_ntop(family, turned if sys.byteorder == "little" else words)
    return address.removeprefix("::ffff:")


def _stream(host: str, port: int, seconds: float = SECONDS) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.settimeout(seconds)
    try:
        made.connect((host, port))
    except BaseException:
        made.close()
        raise
    return made


def _resolved(word: int | str) -> str:
    text = str(word)
    if text in ("gateway4", "gateway6"):
        return _gateway(text)
    if text.startswith("$"):
        if text[1:] not in os.environ:
            raise Refused("this is not said in the environment")
        return os.environ[text[1:]]
    return text


def _gateway(which: str) -> str:
    table = "route" if which == "gateway4" else "ipv6_route"
    with open(f"/proc/net/{table}", encoding="utf-8") as file:
        lines = [line.split() for line in file]
    for words in lines:
        if which == "gateway4" and words[1] == "00000000" and words[2] != "00000000":
            return address_of(words[2], socket.AF_INET)
        if which == "gateway6" and words[:2] == ["0" * 32, "00"] and words[4] != "0" * 32:
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(words[4]))
    raise Refused("there is no next hop")


def unix(plan: Plan, path: str) -> Answer:
    """Connect to a unix socket and say the token."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.settimeout(SECONDS)
        made.connect("\0" + path[1:] if path.startswith("@") else path)
        made.sendall(plan["token"].encode() + b"\n")
        return _echoed(plan, made.recv(200))


def _answered(made: socket.socket, said: bytes) -> bytes:
    """Send a datagram until something comes back: that one was lost says nothing of a wall."""
    made.settimeout(_AGAIN_SECONDS)
    for _ in range(round(SECONDS / _AGAIN_SECONDS)):
        made.send(said)
        with contextlib.suppress(TimeoutError):
            return made.recv(500)
    raise TimeoutError("no answer")


def _echoed(plan: Plan, heard: bytes) -> Answer:
    if plan["token"].encode() not in heard:
        raise Refused("no echo")
    return True, "the canary answered"


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2]))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


# Files


def exists(plan: Plan, path: str) -> Answer:
    """See that a path is there, whatever its mode."""
    os.lstat(path)
    return True, "it is there"


def read(plan: Plan, path: str) -> Answer:
    """Read one byte of a file."""
    with open(path, "rb") as file:
        file.read(1)
    return True, "opened for reading"


def open_for_writing(plan: Plan, path: str) -> Answer:
    """Open a file for writing; nothing is written."""
    os.close(os.open(path, os.O_WRONLY))
    return True, "opened for writing"


def create(plan: Plan, folder: str) -> Answer:
    """Create a file."""
    path = os.path.join(folder, f"new-{plan['token']}")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    os.unlink(path)
    return True, "a file was created"


def append(plan: Plan, folder: str) -> Answer:
    """Append to a file that is there."""
    with open(_known(folder), "ab") as file:
        file.write(b" ")
    return True, "a byte was appended"


def truncate(plan: Plan, folder: str) -> Answer:
    """Cut a file."""
    os.truncate(_known(folder), 1)
    return True, "a file was cut"


def change_mode(plan: Plan, folder: str) -> Answer:
    """Change a file's mode."""
    os.chmod(_known(folder), 0o640)
    return True, "a mode was changed"


def rename(plan: Plan, folder: str) -> Answer:
    """Rename a file and back."""
    os.rename(_known(folder), _known(folder) + "-2")
    os.rename(_known(folder) + "-2", _known(folder))
    return True, "a file was renamed"


def link(plan: Plan, folder: str) -> Answer:
    """Make a hard link and a symbolic link."""
    other = _known(folder) + "-3"
    os.link(_known(folder), other)
    os.unlink(other)
    return True, "a link was made"


def touch(plan: Plan, folder: str) -> Answer:
    """Change a file's times."""
    os.utime(_known(folder), (1, 1))
    return True, "times were changed"


def attribute(plan: Plan, folder: str) -> Answer:
    """Set an extended attribute."""
    os.setxattr(_known(folder), "user.tre", b"1")
    return True, "an attribute was set"


def remove(plan: Plan, folder: str) -> Answer:
    """Remove a file."""
    path = _known(folder)
    with open(path, "rb") as file:
        content = file.read()
    os.unlink(path)
    with open(path, "wb") as file:
        file.write(content)
    return True, "a file was removed"


def _known(folder: str) -> str:
    return os.path.join(folder, "known.csv")


def sockets(plan: Plan) -> Answer:
    """Walk the whole tree for sockets and compare with the doors."""
    found = {path for path, mode in _below(plan["walk"]) if stat.S_ISSOCK(mode)}
    extra = sorted(found - set(plan["sockets"]))
    return bool(extra), f"{len(found)} sockets, {len(extra)} beyond the doors"


def _below(folder: str) -> Iterator[tuple[str, int]]:
    """Walk all that lies below a folder, with its mode; what vanishes meanwhile is passed over.

    Other programs of a host make and remove files all the time, and one of them must neither end
    the walk nor hide what lies beside it.
    """
    waiting = [folder]
    while waiting:
        for path in _entries(waiting.pop()):
            with contextlib.suppress(OSError):
                mode = os.lstat(path).st_mode
                yield path, mode
                if stat.S_ISDIR(mode) and path != "/proc":
                    waiting.append(path)


def _entries(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in os.listdir(folder)]
    except OSError:
        return []  # gone, or closed to us: nothing in it can be opened


def mounts(plan: Plan) -> Answer:
    """Compare the mounts with the golden list."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        lines = [line.split() for line in file]
    shown = ("ro", "rw", "nosuid", "nodev")
    found = [
        " ".join([words[4], *(word for word in words[5].split(",") if word in shown)])
        for words in lines
    ]
    extra = sorted(set(found) - set(plan["mounts"]))
    missing = sorted(set(plan["mounts"]) - set(found))
    return bool(extra or missing), f"{len(found)} mounts, beyond {extra[:5]}, missing {missing[:5]}"


def environment(plan: Plan) -> Answer:
    """Compare the environment's names with the golden list."""
    extra = sorted(set(os.environ) - set(plan["environment"]))
    return bool(extra), f"{len(os.environ)} variables, beyond the list: {len(extra)}"


def descriptors(plan: Plan) -> Answer:
    """Compare the open descriptors of every process with the golden list."""
    extra = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    target = os.readlink(f"/proc/{pid}/fd/{name}")
                    if not target.startswith(tuple(plan["descriptors"])):
                        extra.append(target)
    return bool(extra), f"beyond the list: {sorted(set(extra))[:5]}"


def own_descriptors(plan: Plan) -> Answer:
    """Compare our own open descriptors with the golden list."""
    extra = _AT_START - set(plan["own_descriptors"])
    return bool(extra), f"numbers beyond the list: {sorted(extra)}"


def _open_now() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/fd") if _is_open(int(name))}


def _is_open(number: int) -> bool:
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError:
        return False  # the listing's own, closed by now
    return True


_AT_START = _open_now()


def devices(plan: Plan) -> Answer:
    """Compare the device nodes with the golden list."""
    nodes = {path for path, mode in _below("/dev") if stat.S_ISCHR(mode) or stat.S_ISBLK(mode)}
    extra = sorted(nodes - set(plan["devices"]))
    return bool(extra), f"{len(nodes)} devices, beyond the list: {extra[:5]}"


def node(plan: Plan, folder: str) -> Answer:
    """Make a device node of the machine's memory device and open it."""
    path = os.path.join(folder, "node")
    os.mknod(path, 0o020600, os.makedev(1, 5))
    try:
        os.close(os.open(path, os.O_RDONLY))
    finally:
        os.unlink(path)
    return True, "a device was made and opened"


# Processes and the kernel


def victim_seen(plan: Plan) -> Answer:
    """Find a process of the host by its command line."""
    return _victim(plan) is not None, "looked through /proc"


def kill(plan: Plan) -> Answer:
    """Send a signal to a process of the host."""
    os.kill(_required_victim(plan), signal.SIGCONT)
    return True, "a signal was sent"


def trace(plan: Plan) -> Answer:
    """Attach to a process of the host."""
    pid = _required_victim(plan)
    _call("ptrace", _PTRACE_SEIZE, pid, 0, 0)
    return True, "attached"


def trace_anything(plan: Plan) -> Answer:
    """Attach to a child of our own: the call itself."""
    child = os.fork()
    if child == 0:
        time.sleep(SECONDS)
        os._exit(0)
    try:
        _call("ptrace", _PTRACE_SEIZE, child, 0, 0)
        return True, "attached to a child"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def read_memory(plan: Plan) -> Answer:
    """Read the memory of a process of the host."""
    with open(f"/proc/{_required_victim(plan)}/mem", "rb"):
        return True, "opened"


def call(plan: Plan, name: str, *words: Any) -> Answer:
    """Make one system call that no sandbox needs; whatever looks at its arguments has answered."""
    try:
        _call(name, *words)
    except OSError as problem:
        if problem.errno in _UNANSWERED:
            raise
    return True, f"{name} was answered"


def keys(plan: Plan) -> Answer:
    """Add a key to the session's ring."""
    description, payload = b"tre-probe", b"x"
    number = _call("add_key", b"user", description, payload, len(payload), -2)
    _call("keyctl", 3, number, 0, 0, 0)
    return True, "a key was added"


def request_key(plan: Plan) -> Answer:
    """Ask for a key; any answer of the key system counts."""
    return call(plan, "request_key", b"user", b"tre-none", 0, 0)


def key_session(plan: Plan) -> Answer:
    """Ask for the id of the session's ring."""
    return True, f"ring {_call('keyctl', 0, -3, 1, 0, 0)}"


def namespace(plan: Plan, flag: int) -> Answer:
    """Make a namespace, in a child that ends."""
    return _in_child(lambda: _checked(_libc.unshare(flag)))


def namespace_by_clone(plan: Plan) -> Answer:
    """Make a user namespace by clone, which a filter can tell from a plain fork only by a flag."""
    number = 220 if _IS_ARM else 56
    pid = _libc.syscall(
        ctypes.c_long(number), ctypes.c_ulong(_NEW_USER | signal.SIGCHLD), 0, 0, 0, 0
    )
    if pid == 0:
        os._exit(0)
    _checked(0 if pid > 0 else -1)
    os.waitpid(pid, 0)
    return True, "a user namespace was made"


def new_clone(plan: Plan) -> Answer:
    """Call clone3 with arguments that it must look at."""
    return call(plan, "clone3", 0, 0)


def mount(plan: Plan) -> Answer:
    """Mount a file system, in a child with a namespace of its own where it may have one."""

    def act() -> None:
        if _libc.unshare(_NEW_NS) != 0 and os.geteuid() == 0:
            raise PermissionError(errno.EPERM, "no namespace to try it in")
        _libc.mount(b"none", b"/", None, ctypes.c_ulong(0x44000), None)
        _call("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, 0)

    return _in_child(act)


def enter(plan: Plan) -> Answer:
    """Enter a network namespace, even our own."""

    def act() -> None:
        with open("/proc/self/ns/net", "rb") as file:
            _checked(_libc.setns(file.fileno(), 0))

    return _in_child(act)


def change_root(plan: Plan) -> Answer:
    """Change the root folder, in a child."""
    return _in_child(lambda: os.chroot("/"))


def status(plan: Plan, field: str, want: str) -> Answer:
    """Compare one line of the process's status."""
    with open("/proc/self/status", encoding="utf-8") as file:
        found = {key: value.strip() for key, _, value in (line.partition(":") for line in file)}
    return found.get(field, "") != want, f"{field}: {found.get(field, 'missing')}"


def capabilities(plan: Plan) -> Answer:
    """Look for any capability in any set."""
    with open("/proc/self/status", encoding="utf-8") as file:
        sets = [line.split() for line in file if line.startswith("Cap")]
    held = [name for name, value in sets if int(value, 16)]
    return bool(held), f"sets that are not empty: {held}"


def own_users(plan: Plan) -> Answer:
    """Look whether our user ids are the node's own."""
    with open("/proc/self/uid_map", encoding="utf-8") as file:
        lines = [[int(word) for word in line.split()] for line in file]
    same = any(inside == outside for inside, outside, _ in lines)
    return same, "user ids are the node's" if same else "user ids are of this pod alone"


def other_names(plan: Plan) -> Answer:
    """Look for a name server beyond our own empty loopback, and for a search list."""
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    extra = [words for words in lines if words != ["nameserver", "127.0.0.1"]]
    return bool(extra), f"{len(extra)} lines beyond our own loopback"


def uid_map(plan: Plan) -> Answer:
    """Look for more than one user, or for the host's root, behind the user namespace."""
    with open("/proc/self/uid_map", encoding="utf-8") as file:
        lines = [[int(word) for word in line.split()] for line in file]
    wide = len(lines) != 1 or lines[0][2] != 1
    return wide, f"{len(lines)} ranges, {sum(line[2] for line in lines)} users"


def set_user(plan: Plan) -> Answer:
    """Become another user."""
    return _in_child(lambda: os.setuid(plan["other_uid"]))


def type_into_terminal(plan: Plan) -> Answer:
    """Put a character into the input of a terminal."""

    def act() -> None:
        _, slave = pty.openpty()
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        fcntl.ioctl(slave, termios.TIOCSTI, b"x")

    return _in_child(act)


def type_with_high_bits(plan: Plan) -> Answer:
    """The same with bits set that the kernel ignores and a careless filter compares."""

    def act() -> None:
        _, slave = pty.openpty()
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        number = 29 if _IS_ARM else 16
        request = ctypes.c_ulong(0x1_0000_0000 | termios.TIOCSTI)
        _checked(_libc.syscall(ctypes.c_long(number), slave, request, ctypes.c_char_p(b"x")))

    return _in_child(act)


def terminal(plan: Plan) -> Answer:
    """Open the controlling terminal."""
    if plan.get("make_terminal"):
        return _in_child(_own_terminal)
    os.close(os.open("/dev/tty", os.O_RDWR))
    return True, "there is a terminal"


def _own_terminal() -> None:
    _, slave = pty.openpty()
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.close(os.open("/dev/tty", os.O_RDWR))


def shared_memory(plan: Plan) -> Answer:
    """Find a System V segment of the host by its key."""
    _checked(_libc.shmget(plan["shm_key"], 1, 0))
    return True, "the segment was found"


def message_queue(plan: Plan) -> Answer:
    """Find a System V message queue of the host by its key."""
    _checked(_libc.msgget(plan["shm_key"], 0))
    return True, "the queue was found"


def _call(name: str, *words: Any) -> int:
    numbers = _CALLS[name]
    result = int(_libc.syscall(ctypes.c_long(numbers[1 if _IS_ARM else 0]), *map(_word, words)))
    _checked(0 if result >= 0 else -1)
    return result


def _word(word: Any) -> Any:
    return ctypes.c_char_p(word) if isinstance(word, bytes) else ctypes.c_long(word)


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _in_child(act: Callable[[], object]) -> Answer:
    """Act in a child, so that nothing of it stays; answer with its error."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            act()
            os.write(send, b"0")
        except OSError as problem:
            os.write(send, str(problem.errno or 1).encode())
        except BaseException:
            os.write(send, b"1")
        os._exit(0)
    os.close(send)
    said = os.read(receive, 20).decode()
    os.close(receive)
    os.waitpid(child, 0)
    if not said:
        raise Refused("the child was killed")
    if said != "0":
        number = int(said)
        raise OSError(number, os.strerror(number))
    return True, "done in a child"


def _pids() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdigit()]


def _victim(plan: Plan) -> int | None:
    for pid in _pids():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if plan["victim"].encode() in file.read():
                return int(pid)
    return None


def _required_victim(plan: Plan) -> int:
    found = _victim(plan)
    if found is None:
        raise Refused("the process is not to be found")
    return found


def serve(port: int) -> None:
    """Answer on the notebook's port, so that the way in can be shown to work."""
    listening = socket.create_server(("127.0.0.1", port))

    def answer() -> None:
        while True:
            made, _ = listening.accept()
            with made:
                made.sendall(made.recv(200))

    threading.Thread(target=answer, daemon=True).start()


def run(name: str, plan: Plan) -> Answer:
    """Run one attempt and answer whether it succeeded, with the reason in words."""
    function, *words = plan["attempts"][name]
    try:
        return globals()[function](plan, *words)  # type: ignore[no-any-return]
    except Refused as refused:
        return False, str(refused)
    except OSError as problem:
        code = errno.errorcode.get(problem.errno or 0, "time-out")
        return False, f"{code}: {problem.strerror or 'no answer'}"


def main() -> None:
    """Read the plan, make the attempts, answer."""
    if len(sys.argv) > 1:
        plan = json.loads(sys.argv[2])
        sys.exit(try_once(plan) if sys.argv[1] == "try" else start(plan))
    plan = json.loads(sys.stdin.readline())
    if plan.get("serve"):
        serve(plan["serve"])
    answer = made(plan, plan["attempts"])
    sys.stdout.write(json.dumps({"answers": answer}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()  # stay until the caller has looked at us from outside


def made(plan: Plan, names: Sequence[str]) -> dict[str, list[Any]]:
    """Make some attempts: those that wait for the network side by side, the rest in turn."""
    answers: dict[str, list[Any]] = {}

    def timed(name: str) -> None:
        begun = time.monotonic()
        done, evidence = run(name, plan)
        answers[name] = [done, evidence, time.monotonic() - begun]

    waiting = [name for name in names if plan["attempts"][name][0] in _WAITING]
    threads = [threading.Thread(target=timed, args=(name,)) for name in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        if name not in waiting:
            timed(name)
    return answers


def try_once(plan: Plan) -> int:
    """Make every attempt of a plan once, and leave the answers as last words.

    Shape: `at_once` names what is tried from the first moment on, `ways` what must be open; the
    rest is tried when all ways are, so that what stays closed is closed by a rule and not because
    the network was late. Source: egress E08.
    """
    early: dict[str, list[Any]] = {}
    racing = threading.Thread(target=lambda: early.update(made(plan, plan["at_once"])))
    racing.start()
    answers = _ways(plan)
    racing.join()
    rest = [name for name in plan["attempts"] if name not in {*plan["at_once"], *plan["ways"]}]
    answers |= early | made(plan, rest)
    _say_last(packed(plan, answers))
    return 0


def packed(plan: Plan, answers: dict[str, list[Any]]) -> str:
    """Write answers as short as a status can hold: in the plan's order, compressed."""
    rows = [
        [int(done), str(evidence)[:LONGEST_EVIDENCE], round(seconds, 2)]
        for done, evidence, seconds in (answers[name] for name in plan["attempts"])
    ]
    return base64.b64encode(zlib.compress(json.dumps(rows).encode(), 9)).decode()


def start(plan: Plan) -> int:
    """Try the ways out of this pod from its first moment until its doors are open, and once more.

    Shape: 0 only when every way of the plan is open and no attempt ever succeeded. It runs before
    anything that could see data, in the very network that the notebook server will have.
    """
    found: dict[str, str] = {}
    until, ways = time.monotonic() + _WAYS_SECONDS, False
    closed = [name for name in plan["attempts"] if name not in plan["ways"]]
    complete = bool(closed and plan["ways"])  # a plan without either would prove nothing
    while complete and not found and not ways and time.monotonic() < until:
        seen = made(plan, list(plan["attempts"]))
        found = {name: seen[name][1] for name in closed if seen[name][0]}
        ways = all(seen[name][0] for name in plan["ways"])
    if found:
        _say_last("A wall of this server does not hold: " + ", ".join(sorted(found)))
        return OPEN
    if not ways:
        _say_last("The doors did not answer, so the walls of this server prove nothing.")
        return NOTHING_PROVED
    return 0


def _ways(plan: Plan) -> dict[str, list[Any]]:
    """Wait until every way is open, or for as long as a network may be late."""
    until = time.monotonic() + _WAYS_SECONDS
    while True:
        answers = made(plan, plan["ways"])
        if all(done for done, *_ in answers.values()) or time.monotonic() > until:
            return answers
        time.sleep(0.1)


def _say_last(words: str) -> None:
    with open(LAST_WORDS, "w", encoding="utf-8") as file:
        file.write(words)


_WAITING = ("tcp", "udp", "dns", "ping", "unix", "reach", "first")

if __name__ == "__main__":
    main()
