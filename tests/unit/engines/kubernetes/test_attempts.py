"""What a proof tries on a cluster, and what follows from what was seen: every wall, every gap."""

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines import probe
from orchestrator.engines.judging import Answer
from orchestrator.engines.kubernetes import attempts, starting
from orchestrator.engines.kubernetes.attempts import Row, Seen, Station, Targets, Wall
from orchestrator.engines.port import Outcome, proved
from tests.kubernetes_world import CLUSTER

TARGETS = Targets(
    ("198.18.0.5", "2001:2::5"),
    ("198.18.0.2", "2001:2::2"),
    (("198.18.0.2", 6443),),
    "198.18.9.9",
    (8081, 8082, 8083),
    ("198.18.0.7",),
)
WAYS = {"a way": ("reach", "198.18.9.9", 8081)}
INWARD = attempts.inward("198.18.0.6", served=True)
SHUT, FINE = Answer(False, "time-out"), Answer(True, "answered")


def station(wall: Wall) -> Station:
    """A station with everything that is tried."""
    rows = (*attempts.outward(TARGETS), *attempts.inside(True), *attempts.beside(TARGETS))
    return Station(wall, "node", rows, ("E08.first4", "E08.first6"), WAYS)


def all_well(at: Station) -> Seen:
    """Every attempt fails, every control succeeds."""
    answers = {row.id: SHUT for row in at.rows} | {"way.a way": FINE}
    answers |= {f"control.{row.id}": FINE for row in at.rows if row.inside}
    return Seen(
        answers=answers,
        controls={row.id: FINE for row in at.rows},
        inward_rows=INWARD,
        inward={row.id: SHUT for row in INWARD},
        inward_controls={row.id: FINE for row in INWARD},
        listens=True,
        heard=(0, 9, 5),
        held={"echoes": 7, "ended": True},
    )


def outcomes(at: Station, seen: Seen) -> dict[str, Outcome]:
    """How every probe ended, without the wall's name."""
    found = attempts.judged(at, seen)
    named = {p.id.removesuffix(f".{at.wall.value}"): p.outcome for p in found}
    assert len(named) == len(found)
    return named


@pytest.mark.parametrize("wall", Wall)
def test_all_well_is_held_in_every_row(wall: Wall) -> None:
    at = station(wall)
    found = outcomes(at, all_well(at))
    assert set(found.values()) == {Outcome.HELD}
    assert len(found) == len(at.rows) + len(INWARD) + (2 if wall is Wall.POLICIES else 1)
    assert ("E09.established" in found) is (wall is Wall.POLICIES)


@pytest.mark.parametrize("wall", Wall)
def test_each_way_that_is_open_is_found_by_its_own_name_and_by_no_other(wall: Wall) -> None:
    at = station(wall)
    for row in at.rows:
        seen = all_well(at)
        assert seen.answers is not None
        holed = replace(seen, answers={**seen.answers, row.id: FINE})
        found = outcomes(at, holed)
        assert [name for name, how in found.items() if how is Outcome.OPEN] == [row.id]
    for row in INWARD:
        seen = all_well(at)
        assert seen.inward is not None
        found = outcomes(at, replace(seen, inward={**seen.inward, row.id: FINE}))
        assert [name for name, how in found.items() if how is Outcome.OPEN] == [row.id]


GAPS: dict[str, tuple[Callable[[Seen], Seen], Callable[[str], bool]]] = {
    "the pod said nothing": (
        lambda seen: replace(seen, answers=None),
        lambda name: ".in-" not in name and "log" not in name and "E09" not in name,
    ),
    "the control said nothing": (
        lambda seen: replace(seen, controls=None, inward_controls=None, heard=None),
        lambda name: name in ("E01.tcp4", "E14.in-tcp4", "E01.canary-log", "E11.service"),
    ),
    "nobody tried to come in": (
        lambda seen: replace(seen, inward=None),
        lambda name: ".in-" in name,
    ),
    "the station did not listen": (
        lambda seen: replace(seen, listens=False),
        lambda name: ".in-" in name,
    ),
    "the allowed way was closed": (
        lambda seen: replace(seen, answers={**(seen.answers or {}), "way.a way": SHUT}),
        lambda name: ".in-" not in name and "log" not in name and "E09" not in name,
    ),
    "the canary heard no control": (
        lambda seen: replace(seen, heard=(0, 0, 5)),
        lambda name: name == "E01.canary-log",
    ),
    "no connection was held": (
        lambda seen: replace(seen, heard=(0, 9, 0)),
        lambda name: name == "E09.established",
    ),
    "the holding pod said nothing": (
        lambda seen: replace(seen, held=None),
        lambda name: name == "E09.established",
    ),
}


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("wall", Wall)
def test_what_was_not_seen_proves_nothing(gap: str, wall: Wall) -> None:
    change, concerns = GAPS[gap]
    at = station(wall)
    found = outcomes(at, change(all_well(at)))
    concerned = {how for name, how in found.items() if concerns(name)}
    if concerned:
        assert concerned == {Outcome.INCONCLUSIVE}
    assert Outcome.OPEN not in found.values()
    if wall is Wall.POLICIES:
        assert not proved(attempts.judged(at, change(all_well(at))))


def test_the_canary_is_believed_and_not_the_pod() -> None:
    at = station(Wall.SECOND)
    assert outcomes(at, replace(all_well(at), heard=(1, 9, 5)))["E01.canary-log"] is Outcome.OPEN


def test_a_connection_that_outlives_its_policy_is_open() -> None:
    at = station(Wall.POLICIES)
    seen = replace(all_well(at), held={"echoes": 300, "ended": False})
    assert outcomes(at, seen)["E09.established"] is Outcome.OPEN


def test_a_control_that_a_cluster_cannot_have_is_unavailable_and_counted() -> None:
    at = station(Wall.SECOND)
    seen = all_well(at)
    assert seen.controls is not None
    excused = [row.id for row in at.rows if row.excuse and not row.inside]
    found = outcomes(at, replace(seen, controls=dict.fromkeys(seen.controls, SHUT)))
    assert {n for n, how in found.items() if how is Outcome.UNAVAILABLE} == set(excused)
    assert "E12.metadata4" in excused
    assert "E01.tcp4" not in excused
    assert "E11.service" not in excused


def test_rows_are_of_the_checklist_and_never_twice() -> None:
    at = station(Wall.BOTH)
    names = [row.id for row in (*at.rows, *attempts.closed(TARGETS), *INWARD)]
    assert len(set(names)) == len(names)
    wanted = "E01 E02 E03 E04 E05 E06 E07 E08 E11 E12 E13 E14 E41 E43 E45 E49 E50 E53"
    assert {name.partition(".")[0] for name in names} == set(wanted.split())


def test_every_row_names_a_function_of_the_probe() -> None:
    for row in (*station(Wall.BOTH).rows, *attempts.closed(TARGETS), *INWARD):
        assert callable(getattr(probe, row.words[0])), row.id
        if row.inside:
            assert callable(getattr(probe, row.inside[0])), row.id
    plan: Any = starting.plan(CLUSTER, ["198.18.0.7"])
    assert {words[0] for words in plan["attempts"].values()} == {"reach"}


def test_without_user_namespaces_nobody_claims_them() -> None:
    assert "E45.users" in {row.id for row in attempts.inside(True)}
    assert "E45.users" not in {row.id for row in attempts.inside(False)}


def test_the_second_wall_does_not_promise_the_servers_port() -> None:
    served = {row.id for row in attempts.inward("198.18.0.6", served=False)}
    assert served == {"E14.in-tcp4", "E14.in-udp4", "E14.in-icmp4"}


ANSWERS = st.lists(st.tuples(st.booleans(), st.text(max_size=200)), max_size=120)


@given(ANSWERS)
def test_answers_come_back_as_they_were(given_: list[tuple[bool, str]]) -> None:
    names = [f"E{number}" for number in range(len(given_))]
    said = {name: [done, text, 0.5] for name, (done, text) in zip(names, given_, strict=True)}
    message = probe.packed({"attempts": dict.fromkeys(names)}, said)
    found = attempts.unpacked(names, message)
    assert found is not None
    assert [(a.done, a.evidence) for a in found.values()] == [(d, t[:60]) for d, t in given_]


def test_a_whole_stations_answers_fit_into_last_words() -> None:
    """The node cuts at 4,096 bytes; what is cut is no answer at all."""
    plan = attempts.plan(station(Wall.BOTH))
    worst = {
        name: [False, f"{number} EHOSTUNREACH: No route to host, as the kernel said just now", 2.01]
        for number, name in enumerate(plan["attempts"])
    }
    assert len(probe.packed(plan, worst)) < 4096


def _packed(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


@pytest.mark.parametrize(
    "message",
    [
        None,
        "",
        "not base64!",
        base64.b64encode(b"not zlib").decode(),
        _packed([[1, "ok", 0.1]])[:-6],
        _packed("a word"),
        _packed([[1, "ok"]]),
        _packed([]),
        _packed([[1, "ok", 0.1]] * 2),
        _packed({"a": [1, "ok", 0.1]}),
        base64.b64encode(zlib.compress(b"x" * (2 << 20))).decode(),
        "\u00e9",
    ],
)
def test_words_that_are_no_answers_are_none(message: str | None) -> None:
    assert attempts.unpacked(["E01"], message) is None


@given(st.text())
def test_whatever_a_pod_writes_raises_nothing(message: str) -> None:
    attempts.unpacked(["E01"], message)


def test_a_plan_says_everything_once_and_in_order() -> None:
    at = station(Wall.POLICIES)
    plan = attempts.plan(at)
    rows: list[Row] = list(at.rows)
    assert list(plan["attempts"])[: len(rows)] == [row.id for row in rows]
    assert plan["ways"] == ["way.a way"]
    assert plan["token"] == at.token
    assert station(Wall.POLICIES).token != at.token
