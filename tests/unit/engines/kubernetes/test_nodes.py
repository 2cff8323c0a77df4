"""Which node may have data, and what is said of the walls on it."""

from itertools import product
from typing import Any

import pytest

from orchestrator.engines.kubernetes import nodes
from orchestrator.engines.kubernetes.nodes import Node
from orchestrator.engines.port import Condition

FAULT = (
    'Readiness probe failed: {"stands":false,"faults":["the network list does not have the wall as'
    ' it should be"],"notes":[],"file":"10.conflist","chain":["ptp"]}\nthe wall does not stand'
)


def a_node(name: str = "n1", *, ready: str = "True", labels: Any = None, **more: Any) -> Any:
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": labels or {}, **more},
        "spec": {},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "addresses": [
                {"type": "InternalIP", "address": "198.18.0.2"},
                {"type": "Hostname", "address": name},
            ],
        },
    }


def a_wall(node: str = "n1", *, ready: str = "True", **metadata: Any) -> Any:
    return {
        "kind": "Pod",
        "metadata": {"name": f"wall-{node}", **metadata},
        "spec": {"nodeName": node},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def test_a_node_is_read() -> None:
    (found,) = nodes.seen([a_node(labels={"tre.proved": "yes"})], [a_wall()])
    assert found == Node("n1", True, True, ("198.18.0.2",), True)


@pytest.mark.parametrize(
    ("walls", "stands"),
    [
        ([], None),
        ([a_wall()], True),
        ([a_wall(ready="False")], False),
        ([a_wall(deletionTimestamp="now")], False),
        ([a_wall(ready="False"), a_wall()], True),
        ([a_wall("n2")], None),
    ],
)
def test_the_wall_stands_while_its_pod_there_is_ready(walls: list[Any], stands: Any) -> None:
    (found,) = nodes.seen([a_node()], walls)
    assert found.wall is stands


def test_a_node_that_takes_no_pods_is_not_tried() -> None:
    closed = a_node()
    closed["spec"] = {"unschedulable": True}
    assert not nodes.seen([closed], [])[0].ready
    assert not nodes.seen([a_node(ready="Unknown")], [])[0].ready
    for effect, ready in (("NoSchedule", False), ("NoExecute", False), ("PreferNoSchedule", True)):
        tainted = a_node()
        tainted["spec"] = {"taints": [{"key": "k", "effect": effect}]}
        assert nodes.seen([tainted], [])[0].ready is ready


def test_nodes_without_the_wall_are_tried_only_where_all_are() -> None:
    walled, bare, gone = (
        Node("b", True, False, (), True),
        Node("a", True, True, (), None),
        Node("c", False, True, (), True),
    )
    assert nodes.to_try([bare, walled, gone], second_wall=True) == [walled]
    assert nodes.to_try([bare, gone], second_wall=True) == [bare]
    assert nodes.to_try([walled, bare], second_wall=False) == [bare, walled], "proved ones first"
    assert nodes.to_try([gone], second_wall=False) == []


@pytest.mark.parametrize("label", [{}, {"tre.proved": "no"}, {"tre.proved": "maybe"}])
def test_only_one_word_is_the_label(label: dict[str, str]) -> None:
    assert not nodes.seen([a_node(labels=label)], [])[0].proved


@pytest.mark.parametrize(
    ("proved", "wall", "second"), list(product((True, False), (True, False, None), (True, False)))
)
def test_the_label_is_lost_exactly_without_a_wall_that_is_wanted(
    proved: bool, wall: bool | None, second: bool
) -> None:
    node = Node("n1", True, proved, (), wall)
    assert bool(nodes.lost([node], second_wall=second)) is (proved and second and wall is not True)


def test_the_label_that_is_applied_is_ours_alone() -> None:
    thing: Any = nodes.labelled("n1", proved=True, translates="no")
    assert thing["metadata"] == {
        "name": "n1",
        "labels": {"tre.proved": "yes"},
        "annotations": {"tre.translates-at-socket": "no"},
    }
    assert set(thing) == {"apiVersion", "kind", "metadata"}


def said(*given: Node, events: Any = (), second: bool = True) -> dict[str, Condition]:
    found = nodes.conditions(given, events, second_wall=second, user_namespaces=True)
    assert len({c.subject for c in found}) == len(found)
    return {c.subject: c for c in found}


GOOD = Node("n1", True, True, (), True, "", "no")
BARE = Node("n2", True, False, (), None, "", "yes")


def test_all_well_is_ok_in_every_line() -> None:
    assert {c.status for c in said(GOOD).values()} == {"ok"}


def test_the_walls_in_words() -> None:
    assert nodes.in_words([GOOD, BARE], second_wall=True) == (
        "network policies and a second wall in each pod, proved on n1"
    )
    assert nodes.in_words([BARE], second_wall=False) == "network policies, not proved on any node"


def test_nodes_with_and_without_are_named() -> None:
    found = said(GOOD, BARE)
    assert found["walls"].status == "off"
    assert "proved on n1" in found["walls"].say
    assert "starts on n2" in found["walls"].say
    assert found["second wall"].status == "off"
    assert "n2: no pod of the wall is there" in found["second wall"].say
    assert found["service addresses"].status == "broken"
    assert "On n2" in found["service addresses"].say


def test_a_cluster_without_a_proof_says_what_to_do() -> None:
    found = said(BARE)
    assert found["walls"].status == "missing"
    assert found["walls"].cure == "tre doctor --prove"
    assert found["second wall"].status == "broken"


def test_a_wall_that_was_refused_is_shown_as_off() -> None:
    found = said(GOOD, second=False)
    assert found["second wall"].status == "off"
    assert "one wall stands" in found["second wall"].say
    assert "plug-in chain" not in found


def test_a_rewritten_chain_is_counted() -> None:
    found = said(GOOD, events=[{"message": FAULT, "count": 3}, {"message": FAULT}])
    assert found["plug-in chain"].status == "off"
    assert "4 times" in found["plug-in chain"].say


def test_another_fault_is_said_in_its_own_words() -> None:
    other = 'x {"stands":false,"faults":["the program on the node is not this one"]}'
    found = said(GOOD, events=[{"message": other}])
    assert found["plug-in chain"].status == "broken"
    assert "not this one" in found["plug-in chain"].say


@pytest.mark.parametrize(
    "message",
    ["", "no json", '{"faults": broken', '{"faults": "a word"}', 'x {"stands": true}'],
)
def test_events_of_others_are_no_faults(message: str) -> None:
    assert nodes.faults(message) == []


@pytest.mark.parametrize(
    ("last", "late"),
    [("2026-11-28T12:00:10Z", False), ("2026-11-28T12:05:00Z", True), (None, True)],
)
def test_what_a_pod_says_at_its_start_does_not_count(last: Any, late: bool) -> None:
    pods: Any = {"u": a_wall(creationTimestamp="2026-11-28T12:00:00Z", uid="u")}
    event = {"message": FAULT, "lastTimestamp": last, "involvedObject": {"uid": "u"}}
    assert nodes.is_late(event, pods) is late
    assert not nodes.is_late({**event, "involvedObject": {"uid": "gone"}}, pods)
    assert not nodes.is_late({**event, "message": "Back-off"}, pods)


def test_pods_of_their_own_user_ids_or_not() -> None:
    found = nodes.conditions([GOOD], [], second_wall=True, user_namespaces=False)
    (users,) = (c for c in found if c.subject == "user ids")
    assert users.status == "off"
    assert "podPidsLimit" in users.say


def test_where_nobody_looked_that_is_said() -> None:
    found = said(Node("n1", True, True, (), True))
    assert found["service addresses"].status == "off"
    assert found["service addresses"].cure == "tre doctor --prove"
