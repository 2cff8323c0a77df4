"""[pure] The truth table of NetworkPolicy, written from the Kubernetes documentation.

Rows are policies + from + to + protocol and port + what must happen. It was written before the
lab's enforcer and knows nothing of it: unit tests hold two implementations to it, cluster tests
hold real pods to it. A `$NAME` in a manifest is a place that only the world knows.

The world: namespaces `x`, `y`, `z`; in each, pods `a`, `b`, `c` with label `app`; every pod serves
the ports of `TCP` and `UDP` and answers echo requests. Two addresses outside, `out1` and `out2`,
in one block `$BLOCK4`/`$BLOCK6` with the node's address; `node` is a process on the node itself.

Source: kubernetes.io/docs/concepts/services-networking/network-policies and the API reference of
`networking.k8s.io/v1`. One row is stricter than the documentation and says so: OWN_NODE.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

Manifest = dict[str, Any]

OPEN, BLOCKED = "open", "blocked"
TCP = (80, 81, 9001, 9002, 9003)
UDP = (80, 81)
NODE_PORT, NODE_OTHER = 17080, 17081
"""What the process on the node listens on, TCP and UDP."""

NAMESPACES = ("x", "y", "z")
PODS = ("a", "b", "c")
NAMED = {"http": ("TCP", 80), "alt": ("TCP", 81), "talk": ("UDP", 80)}
NAMED_ELSEWHERE = {"http": ("TCP", 81), "alt": ("TCP", 80), "talk": ("UDP", 81)}
"""The names of `z/a`, which mean other numbers there."""

OWN_NODE = "own node"
"""The documentation leaves a pod's way to its own node open. A workspace's must be closed, so the
lab treats the node like any destination; engines that do not are told apart by this mark."""
OUTSIDE = "outside"
"""Needs addresses outside the cluster that the test owns: the lab only."""


@dataclass(frozen=True)
class Attempt:
    """One row: who tries what to whom, and what must happen in each family."""

    source: str
    target: str
    protocol: str
    port: int
    v4: str
    v6: str
    needs: str = ""


@dataclass(frozen=True)
class Case:
    """One set of policies, the sentence it stands for, and its rows."""

    name: str
    says: str
    policies: tuple[Manifest, ...]
    attempts: tuple[Attempt, ...]


def attempt(spelled: str) -> Attempt:
    """Read `x/a > y/b tcp 80 open`; `open|blocked` where IPv4 and IPv6 differ."""
    source, _, target, protocol, *rest = spelled.split()
    port = int(rest[0]) if protocol != "icmp" else 0
    v4, _, v6 = rest[-1].partition("|")
    return Attempt(source, target, protocol, port, v4, v6 or v4, _needs(source, target))


def _needs(source: str, target: str) -> str:
    if "out" in source + target:
        return OUTSIDE
    return OWN_NODE if target == "node" else ""


def policy(
    namespace: str,
    pods: Manifest | None = None,
    *,
    name: str = "p",
    types: tuple[str, ...] | None = None,
    **rules: list[Manifest],
) -> Manifest:
    """One NetworkPolicy; without `types` the field is left out, as people do."""
    spec: Manifest = {"podSelector": pods or {}, **rules}
    if types is not None:
        spec["policyTypes"] = list(types)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"namespace": namespace, "name": name},
        "spec": spec,
    }


def app(*names: str) -> Manifest:
    """A selector of pods by their `app` label."""
    if len(names) == 1:
        return {"matchLabels": {"app": names[0]}}
    return {"matchExpressions": [{"key": "app", "operator": "In", "values": list(names)}]}


def ns(name: str) -> Manifest:
    """A selector of one namespace of the world, by our own label."""
    return {"matchLabels": {"world": name}}


def where(key: str, operator: str, *values: str) -> Manifest:
    """A selector of one expression."""
    expression: Manifest = {"key": key, "operator": operator}
    return {"matchExpressions": [expression | ({"values": list(values)} if values else {})]}


def peers(*of: Manifest, ports: list[Manifest] | None = None, way: str = "from") -> Manifest:
    """One rule."""
    return {way: list(of)} | ({"ports": ports} if ports is not None else {})


def block(place: str, *exceptions: str) -> Manifest:
    """An ipBlock peer."""
    cut: Manifest = {"except": list(exceptions)} if exceptions else {}
    return {"ipBlock": {"cidr": place, **cut}}


def port(number: int | str | None = None, protocol: str | None = None, end: int = 0) -> Manifest:
    """One port of a rule; what is not given is left out."""
    given = {"port": number, "protocol": protocol, "endPort": end or None}
    return {key: value for key, value in given.items() if value is not None}


DENY_IN = policy("x", name="deny-in", types=("Ingress",))
DENY_OUT = policy("x", name="deny-out", types=("Egress",))
EVERYWHERE = [block("0.0.0.0/0"), block("::/0")]


def case(name: str, says: str, policies: list[Manifest], rows: str) -> Case:
    """One case with its rows, one a line."""
    read = tuple(attempt(line) for line in rows.strip().splitlines())
    return Case(name, says, tuple(policies), read)


def into_b(name: str, says: str, rule: Manifest, rows: str) -> Case:
    """A case of one policy: `rule` is the only way into `x/b`."""
    return case(name, says, [policy("x", app("b"), types=("Ingress",), ingress=[rule])], rows)


def out_of_a(name: str, says: str, rule: Manifest, rows: str) -> Case:
    """A case of one policy: `rule` is the only way out of `x/a`."""
    return case(name, says, [policy("x", app("a"), types=("Egress",), egress=[rule])], rows)


ISOLATION = (
    case(
        "no policy",
        "By default a pod is isolated in neither direction.",
        [],
        """
        x/a > x/b tcp 80 open
        x/a > y/a tcp 81 open
        y/a > x/a udp 80 open
        z/c > x/c icmp open
        x/a > node tcp 17080 open
        x/a > node udp 17080 open
        x/a > node icmp open
        x/a > out1 tcp 80 open
        x/a > out1 udp 80 open
        x/a > out1 icmp open
        out1 > x/a tcp 80 open
        node > x/a tcp 80 open
        """,
    ),
    case(
        "deny in",
        "A policy that selects all pods and allows nothing isolates them for ingress only.",
        [DENY_IN],
        """
        x/a > x/b tcp 80 blocked
        x/a > x/b udp 80 blocked
        x/a > x/b icmp blocked
        y/a > x/a tcp 80 blocked
        y/a > x/a tcp 9003 blocked
        y/a > x/b udp 81 blocked
        y/a > x/a icmp blocked
        out1 > x/a tcp 80 blocked
        out1 > x/a udp 80 blocked
        out1 > x/a icmp blocked
        x/a > y/a tcp 80 open
        x/a > y/a udp 80 open
        x/a > y/a icmp open
        x/a > out1 tcp 80 open
        y/a > y/b tcp 80 open
        x/a > x/a tcp 80 open
        node > x/a tcp 80 open
        node > x/a udp 80 open
        """,
    ),
    case(
        "deny out",
        "Replies of allowed connections come back although egress is isolated.",
        [DENY_OUT],
        """
        x/a > x/b tcp 80 blocked
        x/a > y/a tcp 80 blocked
        x/a > y/a udp 80 blocked
        x/a > y/a icmp blocked
        x/a > out1 tcp 80 blocked
        x/a > out1 udp 80 blocked
        x/a > out1 icmp blocked
        x/a > node tcp 17080 blocked
        x/a > node udp 17080 blocked
        x/a > node icmp blocked
        y/a > x/a tcp 80 open
        y/a > x/a udp 80 open
        y/a > x/a icmp open
        out1 > x/a tcp 80 open
        x/a > x/a tcp 80 open
        x/a > x/a udp 80 open
        """,
    ),
    case(
        "deny both",
        "A pod cannot block access to itself, and its node still reaches it.",
        [policy("x", types=("Ingress", "Egress"))],
        """
        x/a > x/b tcp 80 blocked
        y/a > x/a tcp 80 blocked
        x/a > y/a tcp 80 blocked
        x/a > node tcp 17080 blocked
        x/a > x/a tcp 81 open
        x/a > x/a udp 81 open
        node > x/a tcp 80 open
        y/a > z/a tcp 80 open
        """,
    ),
    case(
        "allow in over deny",
        "Policies only add up: an empty rule allows every source and protocol.",
        [DENY_IN, policy("x", name="all", types=("Ingress",), ingress=[{}])],
        """
        x/a > x/b tcp 80 open
        y/a > x/a udp 81 open
        y/a > x/a icmp open
        out1 > x/a tcp 80 open
        """,
    ),
    case(
        "allow out over deny",
        "The same outward.",
        [DENY_OUT, policy("x", name="all", types=("Egress",), egress=[{}])],
        """
        x/a > x/b tcp 80 open
        x/a > y/a udp 81 open
        x/a > y/a icmp open
        x/a > node tcp 17080 open
        x/a > out1 tcp 80 open
        """,
    ),
    case(
        "both sides must allow",
        "A connection needs the source's egress policy and the target's ingress policy.",
        [
            DENY_IN,
            DENY_OUT,
            policy("x", app("a"), name="out", types=("Egress",), egress=[{}]),
            policy("x", app("b"), name="in", types=("Ingress",), ingress=[{}]),
        ],
        """
        x/a > x/b tcp 80 open
        x/a > x/b icmp open
        x/a > x/c tcp 80 blocked
        x/c > x/b tcp 80 blocked
        x/b > x/a tcp 80 blocked
        """,
    ),
    case(
        "another namespace",
        "A policy selects pods of its own namespace only.",
        [policy("y", types=("Ingress", "Egress"))],
        """
        x/a > x/b tcp 80 open
        z/a > x/a tcp 80 open
        x/a > y/a tcp 80 blocked
        y/a > x/a tcp 80 blocked
        """,
    ),
    case(
        "selects nobody",
        "A policy whose selector matches no pod changes nothing.",
        [policy("x", app("nobody"), types=("Ingress", "Egress"))],
        """
        y/a > x/a tcp 80 open
        x/a > y/a tcp 80 open
        """,
    ),
)

TYPES = (
    case(
        "types left out, egress given",
        "Without policyTypes ingress is always isolated, and egress if there are egress rules.",
        [policy("x", app("a"), egress=[peers({"podSelector": app("b")}, way="to")])],
        """
        y/a > x/a tcp 80 blocked
        x/a > x/b tcp 80 open
        x/a > x/c tcp 80 blocked
        """,
    ),
    case(
        "types left out, ingress given",
        "Without policyTypes and without egress rules egress stays open.",
        [policy("x", app("a"), ingress=[peers({"podSelector": app("b")})])],
        """
        x/b > x/a tcp 80 open
        x/c > x/a tcp 80 blocked
        x/a > y/a tcp 80 open
        """,
    ),
    case(
        "types egress only",
        "Ingress rules of a policy of type Egress count for nothing.",
        [policy("x", app("a"), types=("Egress",), ingress=[peers({"podSelector": app("b")})])],
        """
        y/a > x/a tcp 80 open
        x/a > y/a tcp 80 blocked
        """,
    ),
    case(
        "types ingress only",
        "Egress rules of a policy of type Ingress count for nothing.",
        [
            policy(
                "x",
                app("a"),
                types=("Ingress",),
                egress=[peers({"podSelector": app("b")}, way="to")],
            )
        ],
        """
        y/a > x/a tcp 80 blocked
        x/a > y/a tcp 80 open
        """,
    ),
)

SELECTORS = (
    into_b(
        "pod selector",
        "A pod selector alone means pods of the policy's own namespace.",
        peers({"podSelector": app("a")}),
        """
        x/a > x/b tcp 80 open
        x/a > x/b udp 80 open
        x/a > x/b icmp open
        x/c > x/b tcp 80 blocked
        y/a > x/b tcp 80 blocked
        z/a > x/b icmp blocked
        out1 > x/b tcp 80 blocked
        x/c > x/a tcp 80 open
        """,
    ),
    into_b(
        "namespace selector",
        "A namespace selector alone means all pods of those namespaces.",
        peers({"namespaceSelector": ns("y")}),
        """
        y/a > x/b tcp 80 open
        y/b > x/b udp 80 open
        y/c > x/b icmp open
        x/a > x/b tcp 80 blocked
        z/a > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "both in one element",
        "Both selectors in one element mean those pods of those namespaces.",
        peers({"namespaceSelector": ns("y"), "podSelector": app("a")}),
        """
        y/a > x/b tcp 80 open
        y/b > x/b tcp 80 blocked
        x/a > x/b tcp 80 blocked
        z/a > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "two elements",
        "Two elements mean either.",
        peers({"namespaceSelector": ns("y")}, {"podSelector": app("a")}),
        """
        y/a > x/b tcp 80 open
        y/b > x/b tcp 80 open
        x/a > x/b tcp 80 open
        x/c > x/b tcp 80 blocked
        z/a > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "empty pod selector",
        "An empty pod selector means every pod of the own namespace.",
        peers({"podSelector": {}}),
        """
        x/a > x/b tcp 80 open
        x/c > x/b tcp 80 open
        y/a > x/b tcp 80 blocked
        out1 > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "empty namespace selector",
        "An empty namespace selector means every pod of every namespace, and nobody outside.",
        peers({"namespaceSelector": {}}),
        """
        x/a > x/b tcp 80 open
        y/b > x/b tcp 80 open
        z/c > x/b udp 80 open
        out1 > x/b tcp 80 blocked
        out1 > x/b icmp blocked
        """,
    ),
    into_b(
        "empty namespace selector with pods",
        "Pods with that label anywhere.",
        peers({"namespaceSelector": {}, "podSelector": app("a")}),
        """
        z/a > x/b tcp 80 open
        x/a > x/b tcp 80 open
        z/c > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "namespace by name",
        "Every namespace carries its name as a label that nobody can change.",
        peers({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "$NS_z"}}}),
        """
        z/b > x/b tcp 80 open
        y/b > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "operator In",
        "In: one of the values.",
        peers({"podSelector": where("app", "In", "a", "z")}),
        """
        x/a > x/b tcp 80 open
        x/c > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "operator NotIn",
        "NotIn: another value, or no such label.",
        peers({"namespaceSelector": where("world", "NotIn", "x", "y")}),
        """
        z/a > x/b tcp 80 open
        y/a > x/b tcp 80 blocked
        x/a > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "operator Exists",
        "Exists: the label is there; only `a` carries `marked`.",
        peers({"podSelector": where("marked", "Exists")}),
        """
        x/a > x/b tcp 80 open
        x/c > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "operator DoesNotExist",
        "DoesNotExist: the label is not there.",
        peers({"podSelector": where("marked", "DoesNotExist")}),
        """
        x/c > x/b tcp 80 open
        x/a > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "requirements add up",
        "All requirements of a selector must hold.",
        peers(
            {"podSelector": {"matchLabels": {"app": "a"}} | where("marked", "DoesNotExist")},
            {"podSelector": {"matchLabels": {"app": "c"}} | where("marked", "DoesNotExist")},
        ),
        """
        x/c > x/b tcp 80 open
        x/a > x/b tcp 80 blocked
        """,
    ),
    out_of_a(
        "egress by pod selector",
        "Outward the same words hold for the target.",
        peers({"podSelector": app("b")}, way="to"),
        """
        x/a > x/b tcp 80 open
        x/a > x/b icmp open
        x/a > x/c tcp 80 blocked
        x/a > y/b tcp 80 blocked
        x/a > out1 tcp 80 blocked
        x/a > node tcp 17080 blocked
        x/c > y/b tcp 80 open
        """,
    ),
    out_of_a(
        "egress by namespace and pod",
        "Those pods of those namespaces.",
        peers({"namespaceSelector": ns("y"), "podSelector": app("a", "b")}, way="to"),
        """
        x/a > y/a tcp 80 open
        x/a > y/b udp 81 open
        x/a > y/c tcp 80 blocked
        x/a > z/a tcp 80 blocked
        """,
    ),
    out_of_a(
        "egress to every pod",
        "An empty namespace selector is neither the node nor the world.",
        peers({"namespaceSelector": {}}, way="to"),
        """
        x/a > z/a tcp 80 open
        x/a > x/c icmp open
        x/a > out1 tcp 80 blocked
        x/a > node tcp 17080 blocked
        x/a > node icmp blocked
        """,
    ),
)

PORTS = (
    into_b(
        "one port",
        "A port means that port of that protocol; everything else, ICMP included, is not allowed.",
        {"ports": [port(80, "TCP")]},
        """
        y/a > x/b tcp 80 open
        out1 > x/b tcp 80 open
        y/a > x/b tcp 81 blocked
        y/a > x/b udp 80 blocked
        y/a > x/b icmp blocked
        """,
    ),
    into_b(
        "one UDP port",
        "The protocol counts.",
        {"ports": [port(80, "UDP")]},
        """
        y/a > x/b udp 80 open
        y/a > x/b udp 81 blocked
        y/a > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "protocol left out",
        "Without a protocol TCP is meant.",
        {"ports": [port(81)]},
        """
        y/a > x/b tcp 81 open
        y/a > x/b udp 81 blocked
        """,
    ),
    into_b(
        "port left out",
        "Without a port all ports of the protocol are meant.",
        {"ports": [port(None, "TCP")]},
        """
        y/a > x/b tcp 80 open
        y/a > x/b tcp 9003 open
        y/a > x/b udp 80 blocked
        y/a > x/b icmp blocked
        """,
    ),
    into_b(
        "a range",
        "endPort: both ends belong to it.",
        {"ports": [port(9001, "TCP", 9002)]},
        """
        y/a > x/b tcp 9001 open
        y/a > x/b tcp 9002 open
        y/a > x/b tcp 9003 blocked
        y/a > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "several ports",
        "Any of the list; overlapping ranges are no mistake.",
        {"ports": [port(80, "TCP"), port(81, "UDP"), port(9002, "TCP", 9003), port(9003, "TCP")]},
        """
        y/a > x/b tcp 80 open
        y/a > x/b udp 81 open
        y/a > x/b tcp 9002 open
        y/a > x/b tcp 9003 open
        y/a > x/b tcp 9001 blocked
        y/a > x/b udp 80 blocked
        """,
    ),
    case(
        "named port inward",
        "A name is looked up in each selected pod: `http` of `z/a` is 81, of the others 80.",
        [policy("z", types=("Ingress",), ingress=[{"ports": [port("http", "TCP")]}])],
        """
        x/a > z/b tcp 80 open
        x/a > z/b tcp 81 blocked
        x/a > z/a tcp 81 open
        x/a > z/a tcp 80 blocked
        """,
    ),
    into_b(
        "named port of UDP",
        "Name and protocol must both agree.",
        {"ports": [port("talk", "UDP"), port("http", "UDP")]},
        """
        y/a > x/b udp 80 open
        y/a > x/b tcp 80 blocked
        y/a > x/b udp 81 blocked
        """,
    ),
    into_b(
        "named port of nobody",
        "A name that the pod does not have allows nothing.",
        {"ports": [port("nothing", "TCP")]},
        """
        y/a > x/b tcp 80 blocked
        y/a > x/b udp 80 blocked
        """,
    ),
    out_of_a(
        "named port outward",
        "Outward a name is looked up in each target.",
        peers({"namespaceSelector": ns("z")}, ports=[port("http", "TCP")], way="to"),
        """
        x/a > z/b tcp 80 open
        x/a > z/a tcp 81 open
        x/a > z/a tcp 80 blocked
        x/a > z/b tcp 81 blocked
        x/a > y/b tcp 80 blocked
        """,
    ),
    out_of_a(
        "port outward to anybody",
        "Ports without peers mean that port everywhere.",
        {"ports": [port(80, "TCP"), port(17081, "UDP")]},
        """
        x/a > y/a tcp 80 open
        x/a > out1 tcp 80 open
        x/a > y/a tcp 81 blocked
        x/a > out1 udp 80 blocked
        x/a > out1 icmp blocked
        x/a > node udp 17081 open
        x/a > node udp 17080 blocked
        x/a > node tcp 17080 blocked
        """,
    ),
    out_of_a(
        "range outward",
        "endPort outward.",
        peers({"namespaceSelector": ns("y")}, ports=[port(9002, "TCP", 9003)], way="to"),
        """
        x/a > y/a tcp 9002 open
        x/a > y/a tcp 9003 open
        x/a > y/a tcp 9001 blocked
        x/a > z/a tcp 9002 blocked
        """,
    ),
)

TOGETHER = (
    into_b(
        "peers and ports",
        "Peers and ports of one rule must both agree.",
        peers({"namespaceSelector": ns("y")}, ports=[port(80, "TCP")]),
        """
        y/a > x/b tcp 80 open
        y/a > x/b tcp 81 blocked
        z/a > x/b tcp 80 blocked
        y/a > x/b icmp blocked
        """,
    ),
    case(
        "two rules",
        "Rules of one policy add up and do not mix.",
        [
            policy(
                "x",
                app("b"),
                types=("Ingress",),
                ingress=[
                    peers({"namespaceSelector": ns("y")}, ports=[port(80)]),
                    peers({"namespaceSelector": ns("z")}, ports=[port(81)]),
                ],
            )
        ],
        """
        y/a > x/b tcp 80 open
        z/a > x/b tcp 81 open
        y/a > x/b tcp 81 blocked
        z/a > x/b tcp 80 blocked
        """,
    ),
    case(
        "two policies",
        "Policies on one pod add up: what any of them allows is allowed.",
        [
            DENY_IN,
            policy(
                "x",
                app("b"),
                name="one",
                types=("Ingress",),
                ingress=[peers({"namespaceSelector": ns("y")})],
            ),
            policy(
                "x",
                app("b"),
                name="two",
                types=("Ingress",),
                ingress=[peers({"namespaceSelector": ns("z")}, ports=[port(81)])],
            ),
        ],
        """
        y/a > x/b tcp 80 open
        y/a > x/b icmp open
        z/a > x/b tcp 81 open
        z/a > x/b tcp 80 blocked
        x/a > x/b tcp 80 blocked
        y/a > x/c tcp 80 blocked
        """,
    ),
)

BLOCKS = (
    out_of_a(
        "block with an exception",
        "ipBlock: the block without its exceptions.",
        peers(block("$BLOCK4", "$OUT2_4"), block("$BLOCK6", "$OUT2_6"), way="to"),
        """
        x/a > out1 tcp 80 open
        x/a > out1 udp 80 open
        x/a > out1 icmp open
        x/a > out2 tcp 80 blocked
        x/a > out2 icmp blocked
        x/a > x/b tcp 80 blocked
        x/a > node tcp 17080 open
        """,
    ),
    out_of_a(
        "exception of one element",
        "An exception holds for its own element: another element may allow the address.",
        peers(
            block("$BLOCK4", "$OUT2_4"),
            block("$OUT2_4"),
            block("$BLOCK6", "$OUT2_6"),
            block("$OUT2_6"),
            way="to",
        ),
        """
        x/a > out1 tcp 80 open
        x/a > out2 tcp 80 open
        x/a > y/a tcp 80 blocked
        """,
    ),
    out_of_a(
        "block and port",
        "A block with a port.",
        peers(block("$OUT1_4"), block("$OUT1_6"), ports=[port(80, "TCP")], way="to"),
        """
        x/a > out1 tcp 80 open
        x/a > out1 tcp 81 blocked
        x/a > out1 icmp blocked
        x/a > out2 tcp 80 blocked
        """,
    ),
    out_of_a(
        "the whole of one family",
        "0.0.0.0/0 says nothing about IPv6.",
        peers(block("0.0.0.0/0"), way="to"),
        """
        x/a > out1 tcp 80 open|blocked
        x/a > out1 icmp open|blocked
        x/a > out2 udp 80 open|blocked
        """,
    ),
    out_of_a(
        "the whole world",
        "Both families, all protocols.",
        peers(*EVERYWHERE, way="to"),
        """
        x/a > out1 tcp 80 open
        x/a > out2 icmp open
        x/a > node tcp 17080 open
        """,
    ),
    into_b(
        "block inward",
        "Inward the block holds for the source.",
        peers(block("$OUT1_4"), block("$OUT1_6")),
        """
        out1 > x/b tcp 80 open
        out1 > x/b icmp open
        out2 > x/b tcp 80 blocked
        y/a > x/b tcp 80 blocked
        """,
    ),
    into_b(
        "block inward with an exception",
        "The same with an exception and a port.",
        peers(
            block("$BLOCK4", "$OUT1_4"),
            block("$BLOCK6", "$OUT1_6"),
            ports=[port(80), port(80, "UDP")],
        ),
        """
        out2 > x/b tcp 80 open
        out2 > x/b udp 80 open
        out2 > x/b tcp 81 blocked
        out1 > x/b tcp 80 blocked
        out1 > x/b udp 80 blocked
        """,
    ),
)

TABLE = (*ISOLATION, *TYPES, *SELECTORS, *PORTS, *TOGETHER, *BLOCKS)


def rows() -> Iterator[tuple[Case, Attempt]]:
    """Every row with its case."""
    for one in TABLE:
        for row in one.attempts:
            yield one, row


def control(row: Attempt) -> Attempt:
    """The same attempt where nothing forbids it: it must succeed."""
    return replace(row, v4=OPEN, v6=OPEN)


def placed(manifest: Any, places: dict[str, str]) -> Any:
    """Answer a manifest with its `$NAME`s filled in; a name nobody knows is a mistake."""
    match manifest:
        case dict():
            return {key: placed(value, places) for key, value in manifest.items()}
        case list():
            return [placed(value, places) for value in manifest]
        case str() if manifest.startswith("$"):
            return places[manifest[1:]]
        case _:
            return manifest
