"""What a proof sets up: rooms that the walls know or do not know, and what of it is over."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.kubernetes import names, network, scene
from orchestrator.engines.kubernetes.attempts import Station, Wall
from tests.kubernetes_world import CLUSTER, a_spec

WALL = re.compile(r"^tre-[a-z]")
"""As the second wall knows a project's namespace (workspace-images/wall/plugin.go)."""

RUNS = st.builds(
    scene.Run,
    st.text("0123456789abcdef", min_size=8, max_size=8),
    st.sampled_from(["reconciler", "doctor"]),
    st.just("workspace"),
)


@given(run=RUNS, project=st.text(max_size=60))
def test_each_room_has_the_wall_that_it_is_for_and_is_nobodys_project(
    run: scene.Run, project: str
) -> None:
    assert not WALL.match(run.canary)
    assert not WALL.match(run.policies)
    assert WALL.match(run.walled)
    assert len(set(run.spaces())) == 3
    assert names.namespace(project) not in run.spaces() or project == run.project
    assert all(len(space) <= 63 for space in run.spaces())


def test_the_plug_in_is_written_with_the_same_rule() -> None:
    root = Path(__file__).parents[4]
    source = (root / "workspace-images/wall/plugin.go").read_text()
    assert f"regexp.MustCompile(`{WALL.pattern}`)" in source


@given(run=RUNS)
def test_the_policies_are_a_projects_and_one_more(run: scene.Run) -> None:
    made: list[Any] = scene.policies(CLUSTER, run)
    real: list[Any] = network.project_policies(CLUSTER, run.project)
    assert [each["spec"] for each in made[:-1]] == [each["spec"] for each in real]
    assert {each["metadata"]["namespace"] for each in made} == {run.policies}
    (rule,) = made[-1]["spec"]["egress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 9002}]
    (peer,) = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": run.canary}


RUN = scene.Run("0a1b2c3d", "reconciler", "workspace")


@pytest.mark.parametrize("net", ["open", "closed"])
def test_a_station_in_a_project_is_a_notebook_in_all_but_its_programs(net: str) -> None:
    station = Station(Wall.BOTH, "node-1", (), (), {})
    pod: Any = scene.probe(CLUSTER, RUN, station, 7, None, a_spec("mds"), net)
    assert pod["metadata"]["namespace"] == "tre-mds"
    assert pod["metadata"]["labels"]["tre.net"] == net
    assert pod["metadata"]["labels"]["tre.role"] == "notebook"
    assert pod["spec"]["nodeName"] == "node-1"
    assert [one["name"] for one in pod["spec"]["initContainers"]] == ["prove"]
    assert not any("persistentVolumeClaim" in volume for volume in pod["spec"]["volumes"])


def test_a_station_of_one_wall_lives_in_its_room() -> None:
    for wall, space in ((Wall.POLICIES, RUN.policies), (Wall.SECOND, RUN.walled)):
        pod: Any = scene.probe(CLUSTER, RUN, Station(wall, "node-1", (), (), {}), 7)
        assert pod["metadata"]["namespace"] == space


def a_room(maker: str = "reconciler", until: str = "2000", **more: Any) -> Any:
    metadata = {
        "name": "tre--proof-x",
        "labels": {scene.PROOF: maker},
        "annotations": {scene.UNTIL: until},
    }
    return {"kind": "Namespace", "metadata": {**metadata, **more}}


@pytest.mark.parametrize(
    ("room", "over"),
    [
        (a_room(), True),
        (a_room(maker="doctor"), False),
        (a_room(maker="doctor", until="999"), True),
        (a_room(maker="doctor", until="later"), True),
        (a_room(maker="doctor", annotations={}), True),
        (a_room(name="tre--proof-mine"), False),
        (a_room(deletionTimestamp="now"), False),
        (a_room(labels={}), False),
    ],
)
def test_what_is_over_and_what_is_not(room: Any, over: bool) -> None:
    assert scene.left_over(room, "reconciler", ["tre--proof-mine"], 1000.0) is over


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("probe-17", True), ("probe-ada", False), ("notebook-ada", False), ("probe-", False)],
)
def test_a_probe_is_known_by_its_name(name: str, is_one: bool) -> None:
    assert scene.is_probe({"kind": "Pod", "metadata": {"name": name}}) is is_one


def a_pod(**status: Any) -> Any:
    return {"kind": "Pod", "metadata": {"name": "p", "namespace": "s"}, "status": status}


def test_what_a_pod_tells_of_itself() -> None:
    ended = {"name": "prove", "state": {"terminated": {"exitCode": 0, "message": "words"}}}
    going = {"name": "main", "state": {"running": {}}}
    pod = a_pod(
        phase="Running",
        podIPs=[{"ip": "2001:2::5"}, {"ip": "198.18.0.5"}],
        initContainerStatuses=[ended],
        containerStatuses=[going],
    )
    assert scene.addresses(pod) == ("198.18.0.5", "2001:2::5")
    assert scene.message(pod, "prove") == "words"
    assert scene.message(pod, "main") is None
    assert scene.runs(pod)
    assert not scene.ended(pod)


@pytest.mark.parametrize("pod", [{}, a_pod(), a_pod(podIPs=None, containerStatuses=None)])
def test_of_a_pod_that_says_nothing_nothing_is_known(pod: Any) -> None:
    assert scene.addresses(pod) == ()
    assert scene.message(pod, "prove") is None
    assert not scene.runs(pod)
    assert not scene.ended(pod)
