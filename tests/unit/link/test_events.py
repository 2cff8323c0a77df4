"""Pushed lines and halts that hold."""

import pytest

from orchestrator.link.events import Event, Holds, Kind, Scope, parse_event, parse_scope


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b"\n", None),
        (b'{"kind":"beat"}\n', Event(Kind.BEAT)),
        (b'{"kind":"servers"}', Event(Kind.SERVERS)),
        (
            b'{"kind":"revoke","project":"flc","person":"ada"}',
            Event(Kind.REVOKE, Scope("flc", "ada")),
        ),
        (b'{"kind":"halt","project":null,"person":null}', Event(Kind.HALT)),
        (b'{"kind":"new","project":"flc"}', Event(Kind.REVOKE)),
        (b'{"kind":"halt","project":3}', Event(Kind.REVOKE)),
        (b'{"kind":["halt"]}', Event(Kind.REVOKE)),
        (b"[]", Event(Kind.REVOKE)),
        (b"not json", Event(Kind.REVOKE)),
        (b"\xff", Event(Kind.REVOKE)),
    ],
)
def test_a_line_that_cannot_be_read_asks_everything_again(line: bytes, event: Event | None) -> None:
    assert parse_event(line) == event


@pytest.mark.parametrize("body", [None, [], {"project": 3}, {"all": True}, "flc"])
def test_a_scope_is_two_optional_names(body: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_scope(body)


def test_scopes() -> None:
    assert parse_scope({}) == Scope()
    assert parse_scope({"project": "flc", "person": None}) == Scope("flc")
    for scope in (Scope(), Scope("flc"), Scope("flc", "ada"), Scope(None, "ada")):
        assert scope.covers("flc", "ada")
    for scope in (Scope("gps"), Scope("flc", "grace"), Scope(None, "grace")):
        assert not scope.covers("flc", "ada")
    assert Scope("flc").covers("flc", None)
    assert not Scope("flc", "ada").covers("flc", None)
    assert Scope().includes(Scope("flc", "ada"))
    assert Scope("flc").includes(Scope("flc", "ada"))
    assert not Scope("flc", "ada").includes(Scope("flc"))
    assert not Scope("gps").includes(Scope("flc", "ada"))


def test_a_hold_blocks_answers_that_may_not_know_it() -> None:
    holds = Holds(grace=5)
    assert not holds.blocks("flc", "ada", 99)
    holds.halt(Scope("flc"), 100)
    assert holds.blocks("flc", "ada", 99)
    assert holds.blocks("flc", "ada", 104.9)
    assert not holds.blocks("flc", "ada", 105)
    assert not holds.blocks("gps", "ada", 100)
    assert holds.unconfirmed("gps", "ada") == []
    assert holds.unconfirmed("flc", "ada") == [Scope("flc")]
    assert not holds.blocks("flc", "ada", 99)


def test_a_resume_lifts_what_it_includes() -> None:
    holds = Holds()
    for scope in (Scope("flc", "ada"), Scope("flc"), Scope("gps")):
        holds.halt(scope, 0)
    assert holds.resume(Scope("flc", "ada")) == 1
    assert holds.blocks("flc", "ada", 0)
    assert holds.resume(Scope("flc")) == 1
    assert not holds.blocks("flc", "ada", 0)
    assert holds.resume(Scope()) == 1
