"""The kernel's list of flows, read, and which of them a change ends."""

from ipaddress import ip_address

from tests.cluster.lab.policy.flows import Tracked, closed_now, read_flows
from tests.cluster.policy_table import app, peers, policy
from tests.unit.lab.world import LAB, a_world, address

A, B = address("x/a", 4), address("x/b", 4)
SERVICE = LAB.first_services[0]
LISTED = f"""\
tcp      6 431999 ESTABLISHED src={A} dst={SERVICE} sport=40000 dport=8080 src={B} dst={A} sport=80 dport=40000 [ASSURED] mark=0 use=1
udp      17 29 src={A} dst={B} sport=40001 dport=80 [UNREPLIED] src={B} dst={A} sport=80 dport=40001 mark=0 use=1
icmp     1 29 src={A} dst={B} type=8 code=0 id=7 src={B} dst={A} type=0 code=0 id=7 mark=0 use=1
icmpv6   58 29 src={address("x/a", 6)} dst={address("x/b", 6)} type=128 code=0 id=7 src={address("x/b", 6)} dst={address("x/a", 6)} type=129 code=0 id=7 mark=0 use=1
"""  # noqa: E501


def test_a_flow_is_known_by_who_answers() -> None:
    """A service's flow reaches the pod behind it, and is deleted by the address it asked for."""
    tcp, udp, icmp, icmp6 = read_flows(LISTED)
    assert tcp == Tracked("tcp", A, ip_address(SERVICE), B, 40000, 8080, 80)
    assert tcp.words() == [
        *("-f", "ipv4", "-p", "tcp", "-s", str(A), "-d", SERVICE),
        *("--sport", "40000", "--dport", "8080"),
    ]
    assert (udp.protocol, udp.port) == ("udp", 80)
    assert icmp.words() == ["-f", "ipv4", "-p", "icmp", "-s", str(A), "-d", str(B)]
    assert icmp6.words()[:4] == ["-f", "ipv6", "-p", "icmpv6"]


def test_lines_that_are_no_flows_are_left_out() -> None:
    """Empty ones, and what a newer version may print."""
    assert list(read_flows("\nflow entries have been shown\n")) == []


def test_only_what_is_no_longer_allowed_ends() -> None:
    """One port stays open: its flow stays, through a service too; ICMP is not a port."""
    everything = list(read_flows(LISTED))
    assert list(closed_now(a_world(), everything)) == []
    http = {"podSelector": app("a")}
    only = policy("x", app("b"), types=("Ingress",), ingress=[peers(http, ports=[{"port": 80}])])
    ended = list(closed_now(a_world(only), everything))
    assert [flow.protocol for flow in ended] == ["udp", "icmp", "icmp"]
    deny = policy("x", app("b"), types=("Ingress",))
    assert list(closed_now(a_world(deny), everything)) == everything


def test_flows_of_node_and_machine_are_no_business_of_policies() -> None:
    """From the node to a pod everything is open; between two that are no pods as well."""
    node, machine = (ip_address(one[0]) for one in (LAB.node, LAB.machine))
    between = Tracked("tcp", machine, node, node, 1, 6443, 6443)
    assert list(closed_now(a_world(policy("x", types=("Ingress", "Egress"))), [between])) == []
