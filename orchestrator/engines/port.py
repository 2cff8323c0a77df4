"""The engine port: what the reconciler may ask of whatever runs workspaces.

Both engines give the same promises; the contract suite holds them to it. Every verb is
idempotent, and none blocks longer than its own time limit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from orchestrator.objectstore.port import Depot
from orchestrator.outputs.model import Job, Report, Rewritten
from orchestrator.values import Digest

EVERYBODY = "*"
"""In place of a person: the whole project is halted."""


@dataclass(frozen=True)
class Size:
    """What one notebook server may have.

    Units: megabytes, processes, open files, processors; minutes without use after which it ends,
    0 for never.
    """

    memory_mb: int = 2048
    processes: int = 256
    open_files: int = 4096
    cpus: int = 2
    idle_minutes: int = 0


@dataclass(frozen=True)
class Spec:
    """What a project's environment should be; computed by `workspaces.desired`, never by hand.

    Shape: `people` are hub user names of members who may work now; `image` names a workspace
    image of the policy; `digest` covers all other fields.
    """

    project: str
    people: tuple[str, ...]
    image: str
    size: Size
    digest: Digest


@dataclass(frozen=True)
class Mount:
    """One granted snapshot: appears read-only at `/data/<dataset>/<version>`.

    Shape: `tree` is the folder of the published tree on this engine's storage; the manifest is
    mounted beside it as `/data/<dataset>/<version>.MANIFEST.json`.
    """

    dataset: str
    version: str
    digest: Digest
    tree: Path
    manifest: Path


RESTED = (
    "Nobody used this notebook server for a while, so it was ended. Files are as they were; "
    "opening it starts it again."
)
"""Why a server is stopped that ended by itself in peace."""


class ServerState(StrEnum):
    """Where one notebook server stands, as observed."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class Server:
    """One person's notebook server as observed.

    Shape: `address` is a unix socket path (`local`) or host:port (`kubernetes`) for the gateway;
    `base_url` is `/user/<person>/`; `token` reaches exactly this server and is a secret; `door` is
    the SHA-256 (hex) of the secret that the server shows at its doors, None where a socket says who
    it is. On a cluster address and door are there as soon as the pod has an address.
    """

    person: str
    state: ServerState
    address: str | None = None
    base_url: str | None = None
    token: str | None = field(default=None, repr=False)
    reason: str | None = None
    door: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Observed:
    """What the engine sees of one project right now.

    Shape: `hub` is where the doors find the project's hub (host:port), None where it is a socket
    of a known name or not there.
    """

    project: str
    present: bool
    hub_ready: bool
    spec_digest: Digest | None
    mounts: tuple[Digest, ...]
    servers: Mapping[str, Server]
    halted: frozenset[str]  # people, or {"*"} for the whole project
    isolation: str = "none"  # which wall stands, in words; shown by `tre doctor`
    hub: str | None = None


class Outcome(StrEnum):
    """How one probe ended. Only HELD counts as proof."""

    HELD = "held"  # the attempt failed and its control succeeded
    OPEN = "open"  # the attempt succeeded: isolation is broken
    INCONCLUSIVE = "inconclusive"  # the control failed, so the attempt proves nothing
    UNAVAILABLE = "unavailable"  # the control cannot exist on this host; the attempt failed


@dataclass(frozen=True)
class Probe:
    """One attempt to break out, with the positive control that makes its failure mean something.

    Shape: `id` is the row of the channel checklist (E01 …) plus a word; `attempt`, `control` and
    `evidence` are sentences without data.
    """

    id: str
    attempt: str
    control: str
    outcome: Outcome
    evidence: str
    seconds: float


def proved(probes: Sequence[Probe]) -> bool:
    """Say whether the proof is *safe*: at least one probe, each held, or unavailable with reason.

    Source: egress section 7; an empty proof proves nothing.
    """
    return bool(probes) and all(
        probe.outcome in (Outcome.HELD, Outcome.UNAVAILABLE) for probe in probes
    )


def why_unproved(probes: Sequence[Probe]) -> str:
    """Say in a sentence which probe did not hold, an open way before one that proves nothing."""
    wrong = [probe for probe in probes if probe.outcome in (Outcome.OPEN, Outcome.INCONCLUSIVE)]
    if not wrong:
        return "Nothing was tried, so no isolation was proved."
    worst = min(wrong, key=lambda probe: probe.outcome is not Outcome.OPEN)
    also = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    said = "is open" if worst.outcome is Outcome.OPEN else "could not be shown to be closed"
    return f"An isolation probe did not hold: {worst.attempt} {said} ({worst.id}{also})."


@dataclass(frozen=True)
class Remains:
    """What is left of a project that is removed: nothing, when both are empty.

    Shape: names for administrators. `kept` cannot be taken away; `ending` was asked to go, or goes
    after what was, and is to be looked at again.
    """

    kept: tuple[str, ...] = ()
    ending: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """One line of `tre doctor`: `status` is ok, off, missing or broken; `cure` is a command."""

    subject: str
    status: str
    say: str
    cure: str = ""


class Engine(Protocol):
    """What every engine can do. Errors: Unavailable means later; all else is on the row."""

    def doctor(self) -> list[Condition]:
        """Say what is proved, off or missing on this host. Never raises."""

    def ensure(self, spec: Spec) -> Observed:
        """Make the project's environment and its hub exist as specified; nothing is mounted.

        Idempotence: an unchanged spec changes nothing. Never attaches data, never starts servers.
        """

    def observe(self, project: str) -> Observed:
        """Look, change nothing. An unknown project is `present=False`."""

    def act_while(self, held: Callable[[], bool]) -> None:
        """From now on change nothing outside once `held` says no: another one may act then.

        Shape: `held` may be asked often and from any thread. What is refused is Unavailable.
        """

    def asked(self, project: str) -> bool:
        """Say whether this engine knows what a project should be, and so mends it.

        Shape: an engine on a cluster believes no record that lies there, so after its start it must
        be asked once by `ensure`. Asks nothing.
        """

    def drifted(self) -> Sequence[str]:
        """Answer the projects that are known not to be as they were last asked to be.

        Shape: asks nothing; a project that is being worked on is not among them.
        """

    def stirred(self, seconds: float) -> bool:
        """Wait, at most so many seconds, for a hint that `drifted` may answer something new."""

    def answered(self, seconds: float) -> bool:
        """Wait, at most so many seconds, for a hint that a server asked for is up or failed."""

    def mend(self, project: str) -> tuple[str, ...]:
        """Make a project again what it was last asked to be; answer what was not so, in words.

        Idempotence: nothing where all is as asked, nor for one never asked for or removed.
        """

    def prove(self, project: str | None) -> list[Probe]:
        """Try every way out with a scratch server built like a real one (None: the deployment).

        Effect: leaves nothing behind. A control that fails makes its probe INCONCLUSIVE.
        """

    def place(self, depot: Depot, manifest: bytes) -> None:
        """Bring a snapshot's files, which lie in zone `snapshots`, to where servers mount them.

        Idempotence: what is placed stays as it is and costs no copy.
        Effect: seen whole or not at all, every byte re-hashed on the way.
        Errors: NotFound when a file is not in the zone; Tampered when one is not its name;
        Unavailable when disk, store or storage refuse, or the storage is not for several nodes.
        """

    def attach(self, project: str, mounts: Sequence[Mount]) -> None:
        """Set the whole set of mounted snapshots; empty detaches.

        Effect: servers that were started with another set are stopped. Later starts see the set.
        """

    def start(self, project: str, person: str) -> Server:
        """Ask for a person's notebook server; returns at once, STARTING or READY.

        Shape: STOPPED, with the reason, when it ended by itself in peace since; said once, and
        asking again starts it. Precondition: ensured and not halted.
        Errors: NotAllowed when halted or not in the spec.
        """

    def stop(self, project: str, person: str) -> None:
        """End a person's server, its processes, its hub user and tokens, and wait for it."""

    def sleep(self, project: str) -> None:
        """Stop servers and hub, keep homes."""

    def wake(self, project: str) -> None:
        """Start the hub again."""

    def check(self, job: Job) -> Report:
        """Run opener, then judge, each in a throw-away sandbox; a crash is could-not-check."""

    def rewrite(self, job: Job, folder: Path) -> Sequence[Rewritten | None]:
        """Have a job's pictures written again, each in an opener's sandbox of its own.

        Shape: in the job's order; new bytes lie in `folder/<n>`, None where that cannot be.
        """

    def halt(self, project: str, person: str | None = None) -> None:
        """End everything of a project (or one person in it) now and refuse starts until resume.

        Effect: when it returns no process of it runs. Deletes nothing.
        """

    def resume(self, project: str, person: str | None = None) -> None:
        """Lift a halt; starts nothing."""

    def remove(self, project: str) -> Remains:
        """End and delete everything of a project, homes included; ask again while some of it ends.

        Shape: may come back before all is gone, so that whoever ends many waits for none.
        """
