"""NetworkPolicy without a cluster: the truth table, two implementations, and one another."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cluster.lab.policy.judge import Flow, allowed
from tests.cluster.lab.policy.ruleset import CLOSED, render
from tests.cluster.lab.policy.world import World, read
from tests.cluster.policy_table import (
    BLOCKED,
    NAMESPACES,
    OPEN,
    PODS,
    TABLE,
    Attempt,
    Case,
    app,
    block,
    peers,
    policy,
    port,
    rows,
    where,
)
from tests.unit.lab.kernel import Kernel, Packet
from tests.unit.lab.world import LAB, a_world, address, pod

GOLDEN = Path(__file__).parent / "ruleset.nft"
EVERY = [
    pytest.param(one, row, id=f"{one.name}: {row.source} > {row.target} {row.protocol} {row.port}")
    for one, row in rows()
]


def by_judge(world: World, row: Attempt, family: int) -> bool:
    """What the sentences say."""
    flow = Flow(address(row.source, family), address(row.target, family), row.protocol, row.port)
    if row.source == "node":
        return True  # "traffic to and from the node where a Pod is running is always allowed"
    return allowed(world, flow, source_is_pod="/" in row.source, target_is_pod="/" in row.target)


def by_rules(text: str, row: Attempt, family: int) -> bool:
    """What the kernel would do; what the node itself sends meets no rule."""
    source, target = address(row.source, family), address(row.target, family)
    if row.source == "node":
        return True
    packet = Packet(source, target, row.protocol, row.port, "/" in row.source, "/" in row.target)
    return Kernel(text).passes(packet)


@pytest.mark.parametrize(("one", "row"), EVERY)
def test_the_truth_table(one: Case, row: Attempt) -> None:
    """Every row, both families, by the sentences and by the rules."""
    world = a_world(*one.policies)
    text = render(world)
    for family, wanted in ((4, row.v4), (6, row.v6)):
        assert (by_judge(world, row, family), by_rules(text, row, family)) == (
            wanted == OPEN,
            wanted == OPEN,
        )


def test_the_table_is_large_and_has_both_answers() -> None:
    """A table of one answer would hold anything to be true."""
    every = [row for _, row in rows()]
    assert len(every) >= 200
    assert sum(row.v4 == BLOCKED for row in every) >= 80
    assert sum(row.v4 == OPEN for row in every) >= 80
    assert {row.protocol for row in every} == {"tcp", "udp", "icmp"}
    assert len({one.name for one in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", [row for _, row in rows() if row.v4 == BLOCKED])
def test_every_blocked_row_is_open_without_policies(row: Attempt) -> None:
    """The positive control: nothing but the policies blocks it."""
    text = render(a_world())
    assert by_rules(text, row, 4)
    assert by_rules(text, row, 6)


def test_nothing_passes_before_anything_is_known() -> None:
    """New pods are closed in both directions until the enforcer has seen them."""
    for _, row in rows():
        if row.source != "node":
            assert not by_rules(CLOSED, row, 4)
            assert not by_rules(CLOSED, row, 6)


def test_a_pod_that_is_not_known_is_closed_beside_others() -> None:
    """Source or target; the neighbours are as they were."""
    everybody = a_world()
    known = World(everybody.namespaces, everybody.pods[1:], ())
    text = render(known)
    assert (everybody.pods[0].namespace, everybody.pods[0].name) == ("x", "a")
    for source, target, passes in (("x/a", "y/a", 0), ("y/a", "x/a", 0), ("y/a", "x/b", 1)):
        assert by_rules(text, Attempt(source, target, "tcp", 80, OPEN, OPEN), 4) == bool(passes)


def test_the_whole_text() -> None:
    """One table with each kind of line, compared as a whole."""
    world = read(
        [{"metadata": {"name": "x", "labels": {"world": "x"}}}],
        [pod("x", "a"), pod("x", "b")],
        [
            policy(
                "x",
                app("a"),
                name="in",
                types=("Ingress",),
                ingress=[
                    peers(
                        {"podSelector": app("b")},
                        ports=[port("http", "TCP"), port(9001, "TCP", 9003)],
                    )
                ],
            ),
            policy(
                "x",
                app("a"),
                name="out",
                types=("Egress",),
                egress=[
                    peers(
                        block("198.18.7.0/24", "198.18.7.5/32"),
                        ports=[port(53, "UDP"), port(53)],
                        way="to",
                    ),
                    {},
                ],
            ),
        ],
    )
    assert render(world) == GOLDEN.read_text()


def test_ended_pods_and_pods_of_the_node_are_no_pods() -> None:
    """Their addresses are free again, or the node's own."""
    ended, host = pod("x", "a"), pod("x", "b")
    ended["status"]["phase"] = "Succeeded"
    host["spec"]["hostNetwork"] = True
    assert read([], [ended, host], []).pods == ()


def test_what_cannot_be_understood_allows_nothing() -> None:
    """An unknown operator, an unknown protocol, a peer without a word, a range the wrong way."""
    unknown = (
        peers({"podSelector": where("app", "Like", "a")}),
        {"ports": [port(80, "QUIC")]},
        peers({}),
        {"ports": [port(9003, "TCP", 9001)]},
    )
    row = Attempt("y/a", "x/b", "tcp", 80, BLOCKED, BLOCKED)
    for rule in unknown:
        world = a_world(policy("x", app("b"), types=("Ingress",), ingress=[rule]))
        assert not by_judge(world, row, 4)
        assert not by_rules(render(world), row, 4)


# Any world, any flow: the sentences and the rules must agree.

APPS = st.sampled_from(["a", "b", "c"])
SELECTORS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    APPS.map(app),
    st.builds(where, st.just("app"), st.sampled_from(["In", "NotIn"]), APPS, APPS),
    st.builds(
        where, st.sampled_from(["marked", "app"]), st.sampled_from(["Exists", "DoesNotExist"])
    ),
)
SPACES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sampled_from(NAMESPACES).map(lambda one: {"matchLabels": {"world": one}}),
    st.builds(
        where, st.just("world"), st.sampled_from(["In", "NotIn"]), st.sampled_from(NAMESPACES)
    ),
)
BLOCKS = st.sampled_from(
    [
        block("0.0.0.0/0"),
        block("::/0"),
        block(LAB.block[0], f"{LAB.machine[0]}/32", f"{LAB.block[0]}"),
        block(LAB.block[0], f"{LAB.machine[0]}/32"),
        block(LAB.block[1], f"{LAB.machine_too[1]}/128"),
        block(LAB.pods[0], "198.19.7.8/29", "198.19.7.10/31"),
        block("198.18.0.0/15"),
    ]
)
PEERS = st.one_of(
    SELECTORS.map(lambda one: {"podSelector": one}),
    SPACES.map(lambda one: {"namespaceSelector": one}),
    st.tuples(SELECTORS, SPACES).map(
        lambda two: {"podSelector": two[0], "namespaceSelector": two[1]}
    ),
    BLOCKS,
)
NUMBERS = st.sampled_from([80, 81, 9001, 9002, "http", "alt", "talk", None])
PORTS = st.tuples(
    NUMBERS, st.sampled_from(["TCP", "UDP", "SCTP", None]), st.sampled_from([0, 9001, 9003])
).map(lambda given: port(given[0], given[1], given[2] if isinstance(given[0], int) else 0))


@st.composite
def policies(draw: st.DrawFn) -> list[dict[str, object]]:
    """Up to four policies of up to two rules a direction."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        rules = {}
        for key, way in (("ingress", "from"), ("egress", "to")):
            if draw(st.booleans()):
                rules[key] = draw(
                    st.lists(
                        st.builds(
                            lambda of, ports, way=way: (
                                ({way: of} if of else {}) | ({"ports": ports} if ports else {})
                            ),
                            st.lists(PEERS, max_size=2),
                            st.lists(PORTS, max_size=3),
                        ),
                        max_size=2,
                    )
                )
        types = draw(st.sampled_from([None, ("Ingress",), ("Egress",), ("Ingress", "Egress")]))
        space = draw(st.sampled_from(NAMESPACES))
        made.append(policy(space, draw(SELECTORS), name=f"p{number}", types=types, **rules))
    return made


ENDS = st.sampled_from(
    [f"{space}/{name}" for space in NAMESPACES for name in PODS] + ["out1", "out2", "node"]
)
FLOWS = st.builds(
    Attempt,
    ENDS.filter(lambda one: one != "node"),
    ENDS,
    st.sampled_from(["tcp", "udp", "icmp", "sctp", "gre"]),
    st.sampled_from([80, 81, 9001, 9002, 9003, 1]),
    st.just(OPEN),
    st.just(OPEN),
).filter(lambda row: "/" in row.source + row.target)


@settings(max_examples=300, deadline=None)
@given(policies(), st.lists(FLOWS, min_size=8, max_size=20))
def test_sentences_and_rules_agree(given_: list[dict[str, object]], flows: list[Attempt]) -> None:
    """In any world, for any flow, in both families."""
    world = a_world(*given_)
    text = render(world)
    for row in flows:
        for family in (4, 6):
            assert by_judge(world, row, family) == by_rules(text, row, family), (row, family, text)


@settings(max_examples=100, deadline=None)
@given(policies(), FLOWS, st.sampled_from(NAMESPACES), SELECTORS)
def test_a_policy_that_allows_nothing_opens_nothing(
    given_: list[dict[str, object]], row: Attempt, space: str, selected: dict[str, object]
) -> None:
    """Isolation can only close what nobody allows."""
    closing = policy(space, selected, name="closing", types=("Ingress", "Egress"))
    before, after = a_world(*given_), a_world(*given_, closing)
    assert by_judge(before, row, 4) or not by_judge(after, row, 4)


def test_the_order_of_objects_does_not_matter() -> None:
    """The same world gives the same text, so that nothing is loaded twice."""
    one = [policy("x", app(name), name=name, types=("Ingress",)) for name in PODS]
    assert render(a_world(*one)) == render(a_world(*reversed(one)))
    assert ip_address(LAB.node[0]) == address("node", 4)
