"""Instances from the machine's side: up, down, status, and a way to run something inside.

What an instance has outside its own namespaces is a process, one end of a link, a control group
and a folder. The kernel keeps the register: who made link `trelabN` holds number N.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.errors import Conflict, Invalid, NotFound, Unavailable
from tests.cluster.lab import cgroups
from tests.cluster.lab.addresses import INSTANCES, UPLINK, Addresses
from tests.cluster.lab.archive import of_program
from tests.cluster.lab.build import ROOT, Say, build
from tests.cluster.lab.configuration import PAUSE

PACKAGES = ("containernetworking-plugins", "nftables", "iproute2", "conntrack", "libseccomp2")
UP_S = 180
_APART = ("unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--mount-proc")
_OR = "or name a cluster of yours in TRE_TEST_KUBECONFIG"
_CHILDREN: dict[int, "subprocess.Popen[bytes]"] = {}
"""Instances that this process started: it must bury them."""

DOWN_S = 30
NO_PLACE = "no_place"
"""Code of an error that says that no lab can ever be on this machine."""


@dataclass(frozen=True)
class Instance:
    """One instance by its name, unique in this clone; its number is unique on a machine."""

    name: str

    def __post_init__(self) -> None:
        """The name becomes a folder that is deleted with all that is in it."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", self.name):
            raise Invalid(f"A lab cannot be called {self.name!r}: small letters, digits, hyphens.")

    @property
    def state(self) -> Path:
        """Its folder."""
        return ROOT / ".tre" / "lab" / self.name

    @property
    def kubeconfig(self) -> Path:
        """Its administrator's; dials from the machine."""
        return self.state / "kubeconfig"

    @property
    def facts(self) -> dict[str, Any]:
        """What was written when it was made. Errors: NotFound when it was not."""
        try:
            facts: dict[str, Any] = json.loads((self.state / "instance.json").read_text())
        except FileNotFoundError:
            raise NotFound(f"There is no lab {self.name!r} here: make lab-up.") from None
        return facts

    @property
    def addresses(self) -> Addresses:
        """Its addresses."""
        return Addresses(self.facts["number"])

    def status(self) -> dict[str, Any]:
        """Where it stands, by its own words, and whether its process lives."""
        alive = self._first_process() is not None
        with suppress(FileNotFoundError):
            said: dict[str, Any] = json.loads((self.state / "status.json").read_text())
            return said | {"alive": alive}
        return {"state": "absent" if not self.state.exists() else "starting", "alive": alive}

    def command(self, *words: str) -> list[str]:
        """The command line that runs `words` inside, as the machine's root."""
        first = self._first_process()
        if first is None:
            raise Unavailable(f"The lab {self.name!r} is not running: make lab-up.")
        programs = ":".join(self.facts["programs"])
        path = f"PATH={programs}:{os.environ['PATH']}:/usr/sbin:/sbin"
        inside = ["--mount", "--net", "--pid", "--uts", "--ipc", f"--target={first}"]
        return ["nsenter", *inside, "--", "env", path, *words]

    def run(self, *words: str, text: str = "", check: bool = True) -> str:
        """Run a program inside to its end and answer its output."""
        done = subprocess.run(
            self.command(*words), input=text, capture_output=True, text=True, check=False
        )
        if check and done.returncode != 0:
            raise Unavailable(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()[-600:]}")
        return done.stdout

    def hold(self, part: str) -> None:
        """Stop a part and keep it down."""
        (self.state / "held" / part).touch()
        self._wait(lambda: part not in self.status()["up"], f"{part} did not stop")

    def release(self, part: str) -> None:
        """Let a part run again."""
        (self.state / "held" / part).unlink()
        self._wait(lambda: part in self.status()["up"], f"{part} did not start")

    def _wait(self, true: Any, otherwise: str, seconds: float = DOWN_S) -> None:
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                raise Unavailable(otherwise)
            time.sleep(0.05)

    def _first_process(self) -> int | None:
        """The machine's number of the instance's first process, if it is still that one."""
        with suppress(NotFound, KeyError, FileNotFoundError, ValueError):
            outer = self.facts["process"]
            if _began(outer) == self.facts["began"]:
                children = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
                return int(children[0]) if children else None
        return None


def up(name: str, say: Say = print) -> Instance:
    """Bring an instance up, or answer the one that is.

    Errors: Unavailable when something is missing or a part does not start; what was begun is taken
    down again, and the part's log is in the message.
    """
    instance = Instance(name)
    if instance.status()["state"] == "ready" and instance.status()["alive"]:
        say(f"lab {name!r} is up already")
        say(_export(instance))
        return instance
    _prepare(instance)
    programs = [str(folder) for folder in build(say)]
    began = time.monotonic()
    number = _take_number()
    try:
        _start(instance, number, programs)
        _follow(instance, say)
    except BaseException:
        said = _last_words(instance)
        down(name)
        if said:
            say(said)
        raise
    say(f"lab {name!r} is ready after {time.monotonic() - began:.1f} s")
    say(_export(instance))
    return instance


def _export(instance: Instance) -> str:
    """What to tell a shell so that it speaks with this instance."""
    return f"export KUBECONFIG={instance.kubeconfig} PATH={instance.facts['programs'][0]}:$PATH"


def down(name: str) -> bool:
    """Take an instance away, whatever is left of it; answer whether there was anything.

    Order: its processes, and with them all mounts, namespaces, interfaces and rules; then its
    control group, its end of the link should the process never have had the other, its folder.
    """
    instance = Instance(name)
    if not instance.state.exists():
        return False
    with suppress(NotFound):
        facts = instance.facts
        first, outer = instance._first_process(), facts.get("process", 0)
        if first is not None:
            _end(first)
        if outer and _began(outer) == facts["began"]:
            _end(outer)
        addresses = instance.addresses
        cgroups.remove(addresses.cgroup, DOWN_S)
        _remove_link(addresses.link)
    shutil.rmtree(instance.state)
    for folder in (instance.state.parent, instance.state.parent.parent):
        with suppress(OSError):  # somebody else's instance, or other things of this clone
            folder.rmdir()
    return True


def names() -> list[str]:
    """The instances of this clone."""
    folder = ROOT / ".tre" / "lab"
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def _prepare(instance: Instance) -> None:
    must_be_possible()
    if instance.state.exists():
        down(instance.name)


def must_be_possible() -> None:
    """See that this machine can hold a lab, before minutes are spent on building one.

    Errors: Unavailable with what to do: a package that cannot be had, or with code `no_place`: not
    root, or a kernel or container that lets nobody make namespaces, mounts, links, control groups.
    """
    if os.geteuid() != 0:
        say = f"The lab makes network namespaces and mounts: run it as root, {_OR}."
        raise Unavailable(say, code=NO_PLACE)
    _must_make("namespaces", "true")
    if subprocess.run([ROOT / ".ci" / "packages", *PACKAGES], check=False).returncode != 0:
        raise Unavailable(f"The lab needs Debian's {', '.join(PACKAGES)}: install them, {_OR}.")
    ends = ("tretry", "type", "veth", "peer", "name", "tretryi")
    _must_make("a pair of network interfaces", "ip", "link", "add", *ends)
    if not all(os.access(root, os.W_OK) for root in cgroups.hierarchies()):
        raise Unavailable(
            f"Control groups below {cgroups.MOUNT} cannot be written, and a kubelet keeps pods in "
            f"them: mount them for writing, {_OR}.",
            code=NO_PLACE,
        )


def _must_make(what: str, *command: str) -> None:
    """Try it in namespaces that end with the trial."""
    done = subprocess.run([*_APART, *command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(
            f"This machine lets nobody make {what}, which the lab needs: run it where root may, "
            f"{_OR}. ({done.stderr.strip()[-200:]})",
            code=NO_PLACE,
        )


def _take_number() -> int:
    """Make the link with the lowest free number; the kernel refuses a name that is there."""
    for number in range(INSTANCES):
        link = Addresses(number).link
        made = _ip("link", "add", link, "type", "veth", "peer", "name", f"{link}i", check=False)
        if made.returncode == 0:
            return number
        if "File exists" not in made.stderr:
            raise Unavailable(f"This machine makes no pair of interfaces: {made.stderr.strip()}")
    raise Conflict(f"All {INSTANCES} numbers are taken: make lab-down somewhere.")


def _start(instance: Instance, number: int, programs: list[str]) -> None:
    state, addresses = instance.state, Addresses(number)
    for folder in ("log", "images", "held"):
        (state / folder).mkdir(parents=True)
    facts: dict[str, Any] = {"number": number, "programs": programs}
    (state / "instance.json").write_text(json.dumps(facts))
    pause = of_program(Path(programs[-1]) / "probe", PAUSE, ("/probe", "pause"))
    (state / "images" / "pause.tar").write_bytes(pause)
    cgroups.make(addresses.cgroup)
    command = [
        *_APART,
        "--kill-child",
        sys.executable,
        "-m",
        "tests.cluster.lab.node",
    ]
    with (state / "log" / "node.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, str(state)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _CHILDREN[process.pid] = process
    facts |= {"process": process.pid, "began": _began(process.pid)}
    (state / "instance.json").write_text(json.dumps(facts))
    _give_uplink(addresses, process.pid)


def _give_uplink(addresses: Addresses, process: int) -> None:
    """Move one end inside; address the other and route the pods over it."""
    link = addresses.link
    until = time.monotonic() + DOWN_S
    while os.readlink(f"/proc/{process}/ns/net") == os.readlink("/proc/self/ns/net"):
        if time.monotonic() > until:
            raise Unavailable("The instance got no network namespace of its own.")
        time.sleep(0.01)
    _ip("link", "set", f"{link}i", "name", UPLINK, "netns", str(process))
    for four_six in (addresses.machine, addresses.machine_too):
        _ip("address", "add", f"{four_six[0]}/24", "dev", link)
        _ip("address", "add", f"{four_six[1]}/64", "dev", link, "nodad")
    _ip("link", "set", link, "up")
    for range_, gate in zip(addresses.pods, addresses.node, strict=True):
        _ip("route", "add", range_, "via", gate, "dev", link)


def _follow(instance: Instance, say: Say) -> None:
    """Tell its steps as it takes them."""
    until, told = time.monotonic() + UP_S, ""
    while True:
        status = instance.status()
        if status.get("step", "") != told and status["state"] == "starting":
            told = status.get("step", "")
            say(f"lab {instance.name!r}: {told}")
        if status["state"] == "ready":
            return
        if status["state"] == "failed" or not (status["alive"] or _starting(instance)):
            raise Unavailable(f"The lab {instance.name!r} did not start at {status.get('step')}.")
        if time.monotonic() > until:
            raise Unavailable(f"The lab {instance.name!r} was not ready within {UP_S} s.")
        time.sleep(0.05)


def _starting(instance: Instance) -> bool:
    return bool(_began(instance.facts["process"]) == instance.facts["began"])


def _last_words(instance: Instance) -> str:
    """The ends of all logs, for whoever looks for the reason."""
    parts = []
    for file in sorted((instance.state / "log").glob("*.log")):
        lines = file.read_text(errors="replace").splitlines()[-12:]
        parts.append("\n".join([f"--- {file.name}", *(line[:300] for line in lines)]))
    return "\n".join(parts)


def _began(process: int) -> int:
    """When a process began, in the kernel's ticks; 0 when there is none. Numbers are used again."""
    with suppress(FileNotFoundError, ProcessLookupError):
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(stat[19]) if stat[0] != "Z" else 0
    return 0


def _end(process: int) -> None:
    """Kill, and wait until the kernel has taken all of its namespace down."""
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(process)
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            until = time.monotonic() + DOWN_S
            while _began(process) and time.monotonic() < until:
                time.sleep(0.02)
        finally:
            os.close(handle)
    if process in _CHILDREN:
        _CHILDREN.pop(process).wait(DOWN_S)


def _remove_link(link: str) -> None:
    """The kernel removes it with the namespace, a moment later; wait for it, or remove it."""
    _ip("link", "delete", link, check=False)
    until = time.monotonic() + DOWN_S
    while Path(f"/sys/class/net/{link}").exists():
        if time.monotonic() > until:
            raise Unavailable(f"The interface {link} is still there.")
        time.sleep(0.02)


def _ip(*words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise Unavailable(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done
