"""[pure] What a proof on a cluster tries, from where, and what each attempt comes to.

Three stations: outside the second wall, where only the policies stand; without policies, where only
the second wall stands; and in the project itself, behind both. Together they would hide each
other's failure. The positive control of each attempt is the same attempt by a pod of the same build
behind no wall, on the same node. Source: egress section 7.
"""

import base64
import json
import secrets
import socket
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from orchestrator.engines.judging import SILENT, Answer, judge
from orchestrator.engines.port import Outcome, Probe

SAID, SERVED, HELD, ASKED = 9000, 8888, 9002, 9001
"""Ports of a canary: where it listens for anybody, as a notebook server does, where the one allowed
connection is held, and where it tells what it heard."""

LOW = (22, 25, 53, 80, 443, 853)
KUBELET = 10250
METADATA = ("169.254.169.254", "fd00:ec2::254")
API = ("$KUBERNETES_SERVICE_HOST", "$KUBERNETES_SERVICE_PORT")
LONGEST_HOLD = 35
"""Seconds that an open connection may outlive a tightened policy (egress E09)."""

_NO_CANARY = "no canary can have this address or port here"
_NO_RIGHT = "no pod of this build may do it, whatever stands around it"
_NO_PEER = "nothing answers there on this cluster"
_FILTERED = "every pod of this build is under the same filter"
_OWN = "/dev/shm"  # noqa: S108 - of one pod alone, and writable without any volume
_PING = int(socket.SOCK_DGRAM)
_FAMILIES = {4: int(socket.AF_INET), 6: int(socket.AF_INET6)}


class Wall(StrEnum):
    """What stands around a station; the last part of its probes' ids."""

    POLICIES = "policies"  # the cluster's network plug-in alone
    SECOND = "wall"  # our rules in the pod's own network namespace alone
    BOTH = "project"  # as every notebook server has it


@dataclass(frozen=True)
class Row:
    """One attempt; `inside` is its control where that is made in the same pod.

    Shape: `words` are a function of the probe program and its arguments. `excuse` says why a
    cluster may lack the control; without it a failed control is inconclusive.
    """

    id: str
    attempt: str
    words: tuple[Any, ...]
    inside: tuple[Any, ...] | None = None
    excuse: str = ""
    never: bool = False


@dataclass(frozen=True)
class Targets:
    """What a station may not reach: addresses of the canary, the nodes, the API server, the doors.

    Shape: `canary` and `nodes` hold one address a family; `doors` is the address of their service
    with its ports, `doors_pods` what stands behind it.
    """

    canary: tuple[str, ...]
    nodes: tuple[str, ...]
    api: tuple[tuple[str, int], ...]
    doors: str
    door_ports: tuple[int, ...]
    doors_pods: tuple[str, ...]


@dataclass(frozen=True)
class Station:
    """One place from which is tried: its wall, its node, its rows and its own token."""

    wall: Wall
    node: str
    rows: tuple[Row, ...]
    at_once: tuple[str, ...]
    ways: Mapping[str, tuple[Any, ...]]
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    hold: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass(frozen=True)
class Seen:
    """What came back from one station.

    Shape: `answers` are what its pod left, None where it left none; `controls` what the unpoliced
    pod found by the same words; `inward` and `inward_controls` what that pod found by
    `inward_rows` at the station, and by the same ones at the canary. `listens` says that the
    station heard itself and still ran at the end; `heard`, how often the canary heard the
    station's token, the control's, and the one that was held. `held` is how that one ended.
    """

    answers: Mapping[str, Answer] | None
    controls: Mapping[str, Answer] | None
    inward_rows: tuple[Row, ...] = ()
    inward: Mapping[str, Answer] | None = None
    inward_controls: Mapping[str, Answer] | None = None
    listens: bool = False
    heard: tuple[int, int, int] | None = None
    held: Mapping[str, Any] | None = None


# What is tried


def outward(targets: Targets) -> tuple[Row, ...]:
    """Answer every attempt to leave, the same for each wall."""
    return (
        *_first(targets),
        *_canary(targets),
        *_low_ports(targets),
        *_node(targets),
        *_metadata(),
        *_protocols(),
    )


def _first(targets: Targets) -> Iterator[Row]:
    for host in targets.canary:
        words = ("first", host, SAID)
        yield Row(f"E08.first{_kind(host)}", "a connection from the first moment on", words)


def _canary(targets: Targets) -> Iterator[Row]:
    for host in targets.canary:
        kind = _kind(host)
        row, six = ("E01", "") if kind == 4 else ("E07", " over IPv6")
        family = _FAMILIES[kind]
        yield Row(f"{row}.tcp{kind}", f"TCP to another pod{six}", ("tcp", host, SAID, family))
        udp = "E02" if kind == 4 else "E07"
        yield Row(f"{udp}.udp{kind}", f"UDP to another pod{six}", ("udp", host, SAID, family))
        server = ("tcp", host, SERVED, family)
        yield Row(f"E14.server{kind}", f"another project's notebook server{six}", server)
        ping = "E03" if kind == 4 else "E07"
        words = ("ping", host, _PING, family)
        yield Row(f"{ping}.icmp{kind}", f"an ICMP echo{six}", words, None, _NO_RIGHT)
    yield Row("E05.dns", "a DNS question", ("dns", targets.canary[0], 53), excuse=_NO_CANARY)


def _low_ports(targets: Targets) -> Iterator[Row]:
    for port in LOW:
        row = {53: "E05", 443: "E06", 853: "E06"}.get(port, "E01")
        words = ("tcp", targets.canary[0], port)
        yield Row(f"{row}.port-{port}", f"TCP to port {port}", words, excuse=_NO_CANARY)


def _node(targets: Targets) -> Iterator[Row]:
    for host in targets.nodes:
        words = ("reach", host, KUBELET)
        yield Row(f"E11.kubelet{_kind(host)}-{_short(host)}", "the kubelet of a node", words)
    yield Row(
        "E11.gateway", "the next hop's kubelet", ("reach", "gateway4", KUBELET), None, _NO_PEER
    )
    for host, port in targets.api:
        words = ("reach", host, port)
        yield Row(f"E11.api{_kind(host)}-{_short(host)}", "the API server", words)
    yield Row("E11.service", "the API server's service address", ("reach", *API))


def _metadata() -> Iterator[Row]:
    for host in METADATA:
        words = ("reach", host, 80)
        row = f"E12.metadata{_kind(host)}"
        yield Row(row, "the cloud's metadata address", words, excuse=_NO_CANARY)


def _protocols() -> Iterator[Row]:
    for number, name in ((1, "raw ICMP"), (47, "GRE"), (132, "SCTP")):
        words = ("raw", number)
        yield Row(f"E04.protocol-{number}", f"a socket for {name}", words, excuse=_NO_RIGHT)


def beside(targets: Targets) -> tuple[Row, ...]:
    """Answer what the policies allow and the second wall does not: a doors' pod by its own address.

    So a pod behind both tells by itself when its second wall is missing.
    """
    return tuple(
        Row(
            f"E01.door-pod{_kind(host)}-{_short(host)}",
            "a pod of the doors by its own address, past the second wall",
            ("reach", host, targets.door_ports[0]),
        )
        for host in targets.doors_pods
    )


def closed(targets: Targets) -> tuple[Row, ...]:
    """Answer what the second wall allows and the policies do not, for a pod without `tre.net`.

    So a pod behind both tells by itself when the policies of its project do not hold.
    """
    return tuple(
        Row(
            f"E01.door-{port}",
            "a door from a pod that no policy opens, past the policies",
            ("first", targets.doors, port, 3.0),
        )
        for port in targets.door_ports
    )


def inside(user_namespaces: bool) -> tuple[Row, ...]:
    """Answer every attempt within the pod: tokens, rights, files, devices, calls."""
    return (*_files(), *_rights(user_namespaces), *_calls())


def _files() -> Iterator[Row]:
    token = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
    yield Row("E13.token", "a token of the cluster", ("exists", token), ("exists", "/etc/hosts"))
    yield Row("E05.resolver", "a name server in the settings", ("other_names",), None, _FILTERED)
    for name, folder in (("root", "/"), ("etc", "/etc"), ("system", "/usr")):
        words, there = ("create", folder), ("create", _OWN)
        yield Row(f"E41.{name}", f"create a file in {folder}", words, there)
    yield Row(
        "E43.devices", "a device beyond the golden list", ("devices",), ("exists", "/dev/null")
    )
    yield Row(
        "E43.runtime", "the runtime's socket", ("exists", "/run/containerd"), ("exists", "/dev")
    )
    yield Row(
        "E50.descriptors", "an inherited descriptor", ("own_descriptors",), ("exists", "/dev/fd")
    )


def _rights(user_namespaces: bool) -> Iterator[Row]:
    other = ("status", "Uid", "nobody's")  # reading it works and finds another value
    yield Row("E45.capabilities", "any capability", ("capabilities",), other)
    yield Row("E45.privileges", "new privileges by exec", ("status", "NoNewPrivs", "1"), other)
    yield Row("E45.filter", "a process without the filter", ("status", "Seccomp", "2"), other)
    yield Row("E45.root", "becoming root", ("set_user",), None, _FILTERED)
    if user_namespaces:
        yield Row("E45.users", "the node's own user ids", ("own_users",), other)


def _calls() -> Iterator[Row]:
    yield Row("E45.user-namespace", "a user namespace", ("namespace", 0x10000000), None, _FILTERED)
    yield Row(
        "E45.net-namespace", "a network of its own", ("namespace", 0x40000000), None, _FILTERED
    )
    yield Row("E45.mount", "mounting a file system", ("mount",), None, _FILTERED)
    yield Row("E43.node", "making a device", ("node", _OWN), None, _FILTERED)
    yield Row("E53.key-ring", "the kernel's key ring", ("key_session",), None, _FILTERED)
    for name, words in (("bpf", (0, 0, 0)), ("perf_event_open", (0, 0, -1, -1, 0))):
        row = f"E45.{name.replace('_', '-')}"
        yield Row(row, f"the call {name}", ("call", name, *words), None, _FILTERED)
    for name, family in (("packet", (17, 3, 0x0300)), ("vsock", (40, 1))):
        yield Row(f"E49.{name}", f"a socket of kind {name}", ("family", *family), None, _FILTERED)


DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "pts/ptmx")


def inward(address: str, *, served: bool) -> tuple[Row, ...]:
    """Answer what another pod tries at a station's address; `served` where 8888 is closed too."""
    kind, family = _kind(address), _FAMILIES[_kind(address)]
    six = " over IPv6" if kind == 6 else ""
    rows = [
        Row(f"E14.in-tcp{kind}", f"TCP from another pod{six}", ("tcp", address, SAID, family)),
        Row(f"E14.in-udp{kind}", f"UDP from another pod{six}", ("udp", address, SAID, family)),
        Row(
            f"E14.in-icmp{kind}",
            f"an ICMP echo from another pod{six}",
            ("ping", address, _PING, family),
            excuse=_NO_RIGHT,
        ),
    ]
    if served:
        words = ("tcp", address, SERVED, family)
        rows.append(
            Row(f"E14.in-server{kind}", f"the notebook server from another pod{six}", words)
        )
    return tuple(rows)


# Plans and answers


def plan(station: Station) -> dict[str, Any]:
    """Write what a station's pod is told; the order of its attempts is that of its answers."""
    attempts: dict[str, Any] = {row.id: list(row.words) for row in station.rows}
    attempts |= {f"control.{row.id}": list(row.inside) for row in station.rows if row.inside}
    attempts |= {f"way.{name}": list(words) for name, words in station.ways.items()}
    return {
        "token": station.token,
        "attempts": attempts,
        "at_once": list(station.at_once),
        "ways": [f"way.{name}" for name in station.ways],
        "devices": [f"/dev/{name}" for name in DEVICES],
        "own_descriptors": [0, 1, 2],
        "other_uid": 0,
    }


def control_plan(token: str, words: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Write what the unpoliced pod is told: everything at once, then what the canary heard."""
    attempts = {name: list(said) for name, said in words.items()}
    return {"token": token, "attempts": attempts, "at_once": [], "ways": []}


def unpacked(names: Sequence[str], message: str | None) -> dict[str, Answer] | None:
    """Read last words back; None for anything that is not exactly one answer for each name."""
    if message is None:
        return None
    try:
        rows = json.loads(_inflated(message))
        found = [Answer(bool(done), str(said)[:120], float(took)) for done, said, took in rows]
    except (ValueError, TypeError, zlib.error):
        return None
    return dict(zip(names, found, strict=True)) if len(found) == len(names) else None


_MOST = 1 << 20


def _inflated(message: str) -> bytes:
    """Inflate what a pod wrote, and never more than a megabyte of it."""
    engine = zlib.decompressobj()
    text = engine.decompress(base64.b64decode(message, validate=True), _MOST)
    if not engine.eof:
        raise ValueError("more than any answer")
    return text


# What it comes to


def judged(station: Station, seen: Seen, mark: str = "") -> list[Probe]:
    """Turn what was seen at one station into probes; `mark` tells stations of several nodes apart.

    Shape: a station without answers has one inconclusive probe for each of its rows.
    """
    way = _way_that_failed(station, seen)
    found = [_one(station, row, seen, way, mark) for row in station.rows]
    found += [*_inward(station, seen, mark), _log(station, seen, mark)]
    if station.wall is Wall.POLICIES:
        found.append(_tightened(station, seen, mark))
    return found


def _one(station: Station, row: Row, seen: Seen, way: str, mark: str) -> Probe:
    answers = seen.answers or {}
    source, key = (answers, f"control.{row.id}") if row.inside else (seen.controls or {}, row.id)
    attempt = answers.get(row.id)
    outcome, evidence = judge(
        attempt,
        source.get(key, SILENT),
        ways=not way,
        excuse=row.excuse,
        never=row.never,
        way=way,
    )
    says = "inside, where it is allowed" if row.inside else "by a pod behind no wall"
    seconds = attempt.seconds if attempt else 0.0
    return Probe(_id(row.id, station, mark), row.attempt, says, outcome, evidence, seconds)


def _way_that_failed(station: Station, seen: Seen) -> str:
    """Say which way that must work did not; empty when all did."""
    answers = seen.answers or {}
    for name in station.ways:
        answer = answers.get(f"way.{name}", SILENT)
        if not answer.done:
            return f"{name} was not reached, so a closed way proves nothing: {answer.evidence}"
    return ""


def _inward(station: Station, seen: Seen, mark: str) -> Iterator[Probe]:
    """Judge what another pod tried at this station; it must have heard itself to be a target."""
    deaf = "" if seen.listens else "the station did not listen to the end"
    for row in seen.inward_rows:
        attempt = (seen.inward or {}).get(row.id)
        control = (seen.inward_controls or {}).get(row.id, SILENT)
        outcome, evidence = judge(attempt, control, ways=not deaf, excuse=row.excuse, way=deaf)
        says = "the same pod at a canary behind no wall"
        seconds = attempt.seconds if attempt else 0.0
        name = _id(row.id, station, mark)
        yield Probe(name, row.attempt, says, outcome, evidence, seconds)


def _log(station: Station, seen: Seen, mark: str) -> Probe:
    """Compare with what the canary heard, whatever the pod itself says."""
    mine, controls, _ = seen.heard or (0, 0, 0)
    if mine:
        outcome, evidence = Outcome.OPEN, "the canary heard the probe"
    elif controls:
        outcome, evidence = Outcome.HELD, "only the control was heard"
    else:
        outcome, evidence = Outcome.INCONCLUSIVE, "the canary did not say that it heard the control"
    says = "its own token"
    name = _id("E01.canary-log", station, mark)
    return Probe(name, "the probe's token at the canary", says, outcome, evidence, 0.0)


def _tightened(station: Station, seen: Seen, mark: str) -> Probe:
    """Judge the connection that was open when its policy was taken away."""
    before = seen.heard[2] if seen.heard else 0
    held = seen.held or {}
    if not before or not held:
        outcome, evidence = Outcome.INCONCLUSIVE, "no connection was open before"
    elif held.get("ended") is True:
        outcome, evidence = Outcome.HELD, f"it ended after {int(held.get('echoes', 0))} echoes"
    else:
        outcome = Outcome.OPEN
        evidence = f"it went on for {LONGEST_HOLD} s after its policy was taken away"
    return Probe(
        _id("E09.established", station, mark),
        "an open connection after its policy is taken away",
        "it was answered before",
        outcome,
        evidence,
        0.0,
    )


def _id(row: str, station: Station, mark: str) -> str:
    return f"{row}.{station.wall.value}{f'@{mark}' if mark else ''}"


def _kind(host: str) -> int:
    return 6 if ":" in host else 4


def _short(host: str) -> str:
    return host.replace(":", "-")
