"""[pure] From a frozen description of a sandbox to bubblewrap's argument list.

Nothing here looks at the machine: the same box gives the same list, which tests compare whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

FIRST_DESCRIPTOR = 10
"""Where the launcher puts the two seccomp programs and then the texts, in order."""

FILTERS = 2

FIXED = (
    "--unshare-all",
    "--unshare-user",
    "--unshare-cgroup",
    "--disable-userns",
    "--new-session",
    "--die-with-parent",
    "--cap-drop",
    "ALL",
    "--clearenv",
)
"""What every sandbox gets. `--unshare-all` alone would go on without two of its namespaces."""


@dataclass(frozen=True)
class Bind:
    """One file or folder of the host that appears inside; read-only unless `writable`."""

    source: str
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Tmpfs:
    """One private file system in memory; `size` in bytes."""

    target: str
    size: int
    mode: int = 0o700


@dataclass(frozen=True)
class Text:
    """One small read-only file that exists only inside."""

    target: str
    content: str


@dataclass(frozen=True)
class Box:
    """One sandbox, whole.

    Shape: `links` are (text, place) pairs; `covered` folders appear empty and read-only, `masked`
    files cannot be opened; `environment` is all that the command gets. `share_net` is for our own
    role processes only, never for a workspace.
    """

    command: tuple[str, ...]
    hostname: str
    workdir: str
    binds: tuple[Bind, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    tmpfs: tuple[Tmpfs, ...] = ()
    texts: tuple[Text, ...] = ()
    covered: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    uid: int = 1000
    gid: int = 1000
    share_net: bool = False

    def running(self, *command: str) -> "Box":
        """Answer the same box around another command."""
        return replace(self, command=command)


def etc(user: str, home: str, hostname: str, uid: int = 1000, gid: int = 1000) -> tuple[Text, ...]:
    """Write the few files of /etc that programs look for: one user, no resolver, localhost only."""
    return (
        Text("/etc/passwd", f"{user}:x:{uid}:{gid}:{user}:{home}:/bin/sh\n"),
        Text("/etc/group", f"{user}:x:{gid}:\n"),
        Text("/etc/hosts", f"127.0.0.1 localhost {hostname}\n::1 localhost {hostname}\n"),
        Text("/etc/resolv.conf", ""),
        Text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
    )


def arguments(box: Box, sources: Sequence[str] | None = None) -> list[str]:
    """Spell the box for bubblewrap.

    Shape: `sources` are the places where the launcher staged the binds, in their order; without
    them the binds' own. Seccomp programs and texts are read from descriptors counted from
    `FIRST_DESCRIPTOR`. Holds the environment, so it goes to bubblewrap through a descriptor and
    never onto a command line; the command itself follows there, after `--`.
    """
    places = [bind.source for bind in box.binds] if sources is None else sources
    assert len(places) == len(box.binds), "one staged place for each bind"
    return [
        *FIXED,
        *(["--share-net"] if box.share_net else []),
        *("--hostname", box.hostname, "--uid", str(box.uid), "--gid", str(box.gid)),
        *_filters(),
        *("--proc", "/proc", "--dev", "/dev"),
        *_flat(_tmpfs(part) for part in box.tmpfs),
        *_flat(_bind(part, place) for part, place in zip(box.binds, places, strict=True)),
        *_texts(box.texts),
        *_flat(["--symlink", text, place] for text, place in box.links),
        *_flat(_cover(folder) for folder in box.covered),
        *_flat(["--ro-bind", "/dev/null", file] for file in box.masked),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *_flat(["--setenv", name, value] for name, value in box.environment),
        *("--chdir", box.workdir),
    ]


def _filters() -> list[str]:
    numbers = range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + FILTERS)
    return [part for number in numbers for part in ("--add-seccomp-fd", str(number))]


def _tmpfs(part: Tmpfs) -> list[str]:
    return ["--perms", f"{part.mode:04o}", "--size", str(part.size), "--tmpfs", part.target]


def _bind(part: Bind, place: str) -> list[str]:
    return ["--bind" if part.writable else "--ro-bind", place, part.target]


def _texts(texts: Sequence[Text]) -> Iterator[str]:
    for number, text in enumerate(texts, FIRST_DESCRIPTOR + FILTERS):
        yield from ("--perms", "0444", "--file", str(number), text.target)


def _cover(folder: str) -> list[str]:
    empty = ["--perms", "0555", "--size", "4096", "--tmpfs", folder]
    return [*empty, "--remount-ro", folder]


def _flat(parts: Iterator[list[str]]) -> Iterator[str]:
    for part in parts:
        yield from part
