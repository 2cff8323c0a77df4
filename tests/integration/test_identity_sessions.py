"""Sessions, hand-overs and tokens: how long they live, and that each opens one thing once."""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from orchestrator.audit import log
from orchestrator.db import read, write
from orchestrator.demo.people import seed
from orchestrator.errors import Invalid, NotAllowed, NotFound
from orchestrator.identity import queries, service
from orchestrator.identity.csrf import token_for
from orchestrator.identity.models import Person
from orchestrator.identity.tokens import ProcessRole, TokenKind, fingerprint
from orchestrator.values import SYSTEM, Actor

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STATE = "the value of the state cookie"


@pytest.fixture
def rosa(engine: Engine, now: datetime) -> Person:
    """A seeded researcher."""
    with write(engine) as session:
        return seed(session, now)["rosa"]


def sign_in(engine: Engine, person: Person, now: datetime, replaces: str | None = None) -> str:
    """Open a session at the control plane."""
    with write(engine) as session:
        opened = service.open_session(
            session, person, now, acr="aal1", auth_time=None, replaces=replaces
        )
    return opened.secret


def actor(engine: Engine, secret: str, now: datetime) -> Actor:
    """Who is signed in with a secret."""
    with read(engine) as session:
        found = queries.session_actor(session, secret, now)
    assert found is not None
    return found.actor


def lives(engine: Engine, secret: str, now: datetime, project: str | None = None) -> bool:
    """Whether a session opens its own host."""
    with read(engine) as session:
        if project is not None:
            return queries.project_session(session, secret, project, now) is not None
        return queries.session_actor(session, secret, now) is not None


def handover(engine: Engine, secret: str, now: datetime, project: str = "p1") -> str:
    """Make a code."""
    me = actor(engine, secret, now)
    with write(engine) as session:
        return service.make_handover(session, me, project, fingerprint(STATE), now)


def redeem(
    engine: Engine, code: str, now: datetime, project: str = "p1", state: str = STATE
) -> str:
    """Redeem a code as the project's host would, through the control plane."""
    with write(engine) as session:
        return service.redeem_handover(session, project, code, state, now)[0]


def actions(engine: Engine) -> list[str]:
    """The log's actions, in order."""
    with read(engine) as session:
        return [json.loads(entry.record)["action"] for entry in log.entries(session)]


# sessions


def test_a_session_says_who_and_carries_its_form_token(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    with write(engine) as session:
        opened = service.open_session(session, rosa, now, acr="aal2", auth_time=now)
    with read(engine) as session:
        found = queries.session_actor(session, opened.secret, now)
    assert found is not None
    assert found.person.handle == "rosa"
    assert found.actor.roles == {"researcher"}
    assert found.actor.organisation == "meadow-university"
    assert found.actor.session == found.session_id
    assert (found.acr, found.auth_time) == ("aal2", now)
    assert found.csrf == opened.csrf == token_for(opened.secret)
    assert opened.secret not in repr(found)
    assert actions(engine)[-1] == "identity.login"


def test_no_secret_is_stored(engine: Engine, rosa: Person, now: datetime) -> None:
    secret = sign_in(engine, rosa, now)
    code = handover(engine, secret, now)
    host = redeem(engine, code, now)
    with write(engine) as session:
        me = queries.session_actor(session, secret, now)
        assert me is not None
        token = service.mint_token(
            session, me.actor, now, owner=rosa.id, kind=TokenKind.PERSON, scopes=["audit.*"], days=1
        )
    with engine.connect() as connection:
        for table in ("web_sessions", "handover_codes", "service_tokens", "audit_entries"):
            everything = repr(connection.execute(text(f"select * from {table}")).all())
            for value in (secret, code, host, token, token_for(secret), STATE):
                assert value not in everything


def test_a_session_ends_after_half_an_hour_without_use(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    secret = sign_in(engine, rosa, now)
    assert lives(engine, secret, now + 30 * MINUTE - timedelta(seconds=1))
    assert not lives(engine, secret, now + 30 * MINUTE)


def test_use_prolongs_a_session_up_to_ten_hours(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    secret = sign_in(engine, rosa, now)
    moment = now
    while moment < now + 10 * HOUR - 20 * MINUTE:
        moment += 20 * MINUTE
        with write(engine) as session:
            assert service.touch_session(session, secret, None, moment)
    with read(engine) as session:
        until = queries.session_until(session, secret, None, moment)
    assert until == now + 10 * HOUR
    assert lives(engine, secret, now + 10 * HOUR - timedelta(seconds=1))
    assert not lives(engine, secret, now + 10 * HOUR)


def test_a_session_is_touched_once_a_minute_at_most(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    secret = sign_in(engine, rosa, now)
    for seconds, due in ((0, False), (59, False), (60, True)):
        with read(engine) as session:
            moment = now + timedelta(seconds=seconds)
            found = queries.session_actor(session, secret, moment)
            assert found is not None
            assert found.touch_due is due
            assert queries.touch_due(session, secret, None, moment) is due
    with write(engine) as session:
        assert service.touch_session(session, secret, None, now + MINUTE)
        assert not service.touch_session(session, secret, None, now + MINUTE)


def test_a_dead_session_is_not_touched_to_life(engine: Engine, rosa: Person, now: datetime) -> None:
    secret = sign_in(engine, rosa, now)
    with write(engine) as session:
        assert not service.touch_session(session, secret, None, now + 31 * MINUTE)
    assert not lives(engine, secret, now + 31 * MINUTE)


def test_a_login_rotates_the_secret(engine: Engine, rosa: Person, now: datetime) -> None:
    old = sign_in(engine, rosa, now)
    new = sign_in(engine, rosa, now, replaces=old)
    assert old != new
    assert not lives(engine, old, now)
    assert lives(engine, new, now)


def test_signing_out_ends_the_project_hosts_too(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    secret, other = sign_in(engine, rosa, now), sign_in(engine, rosa, now)
    host = redeem(engine, handover(engine, secret, now), now)
    for _ in range(2):
        with write(engine) as session:
            service.end_session(session, secret, now)
    assert not lives(engine, secret, now)
    assert not lives(engine, host, now, "p1")
    assert lives(engine, other, now)
    assert actions(engine).count("identity.logout") == 1


@pytest.mark.parametrize(
    ("person", "project", "left"),
    [
        ("rosa", None, [False, False, False, True]),
        ("rosa", "p1", [True, False, True, True]),
        (None, "p1", [True, False, True, True]),
        (None, None, [False, False, False, False]),
    ],
)
def test_sessions_are_revoked_by_person_project_and_installation(
    engine: Engine, rosa: Person, now: datetime, person: str | None, project: str | None,
    left: list[bool],
) -> None:  # fmt: skip
    with read(engine) as session:
        milo = queries.person_by_handle(session, "milo")
    mine = sign_in(engine, rosa, now)
    first = redeem(engine, handover(engine, mine, now, "p1"), now, "p1")
    second = redeem(engine, handover(engine, mine, now, "p2"), now, "p2")
    his = sign_in(engine, milo, now)
    with write(engine) as session:
        count = service.end_sessions(
            session, SYSTEM, now, person_id=rosa.id if person else None, project=project
        )
    assert count == left.count(False)
    assert [
        lives(engine, mine, now),
        lives(engine, first, now, "p1"),
        lives(engine, second, now, "p2"),
        lives(engine, his, now),
    ] == left
    assert actions(engine)[-1] == "identity.session_revoked"


# hand-over


def test_a_code_opens_exactly_one_session_at_one_host(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    secret = sign_in(engine, rosa, now)
    host = redeem(engine, handover(engine, secret, now), now)
    assert lives(engine, host, now, "p1")
    assert not lives(engine, host, now, "p2")
    assert not lives(engine, host, now)
    assert not lives(engine, secret, now, "p1")
    assert actions(engine)[-2:] == ["identity.handover_made", "identity.handover_redeemed"]


def test_a_session_at_a_host_ends_with_the_sign_in_it_came_from(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    secret = sign_in(engine, rosa, now)
    later = now + 25 * MINUTE
    host = redeem(engine, handover(engine, secret, later), later)
    for _ in range(24):
        later += 24 * MINUTE
        with write(engine) as session:
            service.touch_session(session, host, "p1", later)
    assert not lives(engine, host, now + 10 * HOUR, "p1")


def _wait(seconds: int) -> Callable[[Engine, str, str, datetime], str]:
    return lambda e, code, _s, now: redeem(e, code, now + timedelta(seconds=seconds))


def _after_logout(engine: Engine, code: str, secret: str, now: datetime) -> str:
    with write(engine) as session:
        service.end_session(session, secret, now)
    return redeem(engine, code, now)


def _twice(engine: Engine, code: str, _secret: str, now: datetime) -> str:
    redeem(engine, code, now)
    return redeem(engine, code, now)


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        pytest.param(_twice, "handover_replayed", id="twice"),
        pytest.param(_wait(60), "handover_expired", id="after 60 seconds"),
        pytest.param(_wait(-1), "handover_expired", id="before it was made"),
        pytest.param(
            lambda e, c, _s, n: redeem(e, c, n, project="p2"), "handover_project", id="project"
        ),
        pytest.param(lambda e, c, _s, n: redeem(e, c, n, state=""), "handover_state", id="state"),
        pytest.param(
            lambda e, c, _s, n: redeem(e, c, n, state=fingerprint(STATE)),
            "handover_state",
            id="the hash in place of the state",
        ),
        pytest.param(
            lambda e, c, _s, n: redeem(e, c + "x", n), "handover_unknown", id="another code"
        ),
        pytest.param(_after_logout, "handover_session_ended", id="after signing out"),
    ],
)
def test_a_code_that_does_not_fit_opens_nothing(
    engine: Engine,
    rosa: Person,
    now: datetime,
    attempt: Callable[[Engine, str, str, datetime], str],
    code: str,
) -> None:
    secret = sign_in(engine, rosa, now)
    made = handover(engine, secret, now)
    with pytest.raises(NotAllowed, match="Open the project's address again") as caught:
        attempt(engine, made, secret, now)
    assert caught.value.code == code
    log.refuse(engine, actor=queries.ANONYMOUS, rule=caught.value.code, now=now, project="p1")
    assert actions(engine)[-1] == "access.refused"


def test_a_code_lives_59_seconds(engine: Engine, rosa: Person, now: datetime) -> None:
    code = handover(engine, sign_in(engine, rosa, now), now)
    assert redeem(engine, code, now + timedelta(seconds=59))


def test_two_at_once_redeem_one_code_once(engine: Engine, rosa: Person, now: datetime) -> None:
    code = handover(engine, sign_in(engine, rosa, now), now)
    start, results = threading.Barrier(4), []

    def attempt() -> None:
        start.wait()
        try:
            results.append(redeem(engine, code, now))
        except NotAllowed as error:
            results.append(error.code)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert results.count("handover_replayed") == 3
    assert actions(engine).count("identity.handover_redeemed") == 1


def test_a_token_or_nobody_makes_no_code(engine: Engine, rosa: Person, now: datetime) -> None:
    with read(engine) as session:
        without_session = queries.actor_of(session, rosa)
    for actor_ in (without_session, SYSTEM, queries.ANONYMOUS):
        with pytest.raises(NotAllowed), write(engine) as session:
            service.make_handover(session, actor_, "p1", fingerprint(STATE), now)


@pytest.mark.parametrize("state_hash", ["", "x" * 64, "A" * 64, STATE, fingerprint(STATE)[:-1]])
def test_a_malformed_state_makes_no_code(
    engine: Engine, rosa: Person, now: datetime, state_hash: str
) -> None:
    me = actor(engine, sign_in(engine, rosa, now), now)
    with pytest.raises(Invalid), write(engine) as session:
        service.make_handover(session, me, "p1", state_hash, now)


# tokens


def mint(session: Session, me: Actor, now: datetime, **changes: object) -> str:
    """Make a token for oneself."""
    fields: dict[str, object] = {
        "owner": me.person,
        "kind": TokenKind.PERSON,
        "scopes": ["airlock.*", "projects.project.read"],
        "days": 30,
        **changes,
    }
    return service.mint_token(session, me, now, **fields)  # type: ignore[arg-type]


def test_a_token_speaks_for_its_owner_within_its_scopes(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    me = actor(engine, sign_in(engine, rosa, now), now)
    with write(engine) as session:
        token = mint(session, me, now)
    with read(engine) as session:
        bearer = queries.token_actor(session, token, now)
        (row,) = queries.tokens_of(session, rosa.id)
    assert bearer is not None
    assert bearer.person is not None
    assert bearer.person.handle == "rosa"
    assert bearer.actor.roles == {"researcher"}
    assert bearer.actor.session is None
    assert bearer.scopes == {"airlock.*", "projects.project.read"}
    assert token.startswith(row.prefix)
    assert actions(engine)[-1] == "identity.token_created"


def test_a_token_dies_by_time_and_by_revocation(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    me = actor(engine, sign_in(engine, rosa, now), now)
    with write(engine) as session:
        first, second = mint(session, me, now), mint(session, me, now, days=90)
        prefix = queries.tokens_of(session, rosa.id)[0].prefix
        other = second if second.startswith(prefix) else first
        for _ in range(2):
            service.revoke_token(session, me, now, prefix=prefix)
        assert queries.token_actor(session, other, now) is None
    last = now + timedelta(days=30)
    with read(engine) as session:
        kept = first if other == second else second
        until = queries.token_actor(session, kept, now)
        assert until is not None
        assert queries.token_actor(session, kept, until.until - timedelta(seconds=1)) is not None
        assert queries.token_actor(session, kept, until.until) is None
        assert until.until >= last
    assert actions(engine).count("identity.token_revoked") == 1


def test_nobody_makes_or_ends_somebody_elses_token(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    with read(engine) as session:
        milo, ada = (
            queries.actor_of(session, queries.person_by_handle(session, h)) for h in ("milo", "ada")
        )
    me = actor(engine, sign_in(engine, rosa, now), now)
    with write(engine) as session:
        mint(session, me, now)
        prefix = queries.tokens_of(session, rosa.id)[0].prefix
    for other in (milo, ada, SYSTEM):
        with pytest.raises(NotAllowed, match="owner"), write(engine) as session:
            mint(session, other, now, owner=rosa.id)
    with pytest.raises(NotFound), write(engine) as session:
        service.revoke_token(session, milo, now, prefix=prefix)
    with write(engine) as session:
        service.revoke_token(session, ada, now, prefix=prefix)
        assert queries.tokens_of(session, rosa.id)[0].revoked_at == now


@pytest.mark.parametrize(
    "changes",
    [{"days": 0}, {"days": 91}, {"days": -1}, {"scopes": []}, {"scopes": ["*"]}, {"scopes": ["x"]}],
)
def test_an_endless_or_boundless_token_is_refused(
    engine: Engine, rosa: Person, now: datetime, changes: dict[str, object]
) -> None:
    me = actor(engine, sign_in(engine, rosa, now), now)
    with pytest.raises(Invalid), write(engine) as session:
        mint(session, me, now, **changes)


def test_a_process_of_ours_has_a_token_without_role_or_person(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    role = {"kind": TokenKind.ROLE, "owner": ProcessRole.GATEWAY.value, "scopes": ()}
    with write(engine) as session:
        token = mint(session, SYSTEM, now, **role)
        bearer = queries.token_actor(session, token, now)
    assert bearer is not None
    assert (bearer.kind, bearer.owner, bearer.person) == (TokenKind.ROLE, "gateway", None)
    assert bearer.actor.roles == frozenset()
    me = actor(engine, sign_in(engine, rosa, now), now)
    for maker, owner in ((me, "gateway"), (SYSTEM, "administrator"), (SYSTEM, rosa.id)):
        with pytest.raises(NotAllowed), write(engine) as session:
            mint(session, maker, now, **{**role, "owner": owner})


def test_use_of_a_token_is_noted_each_minute_and_logged_each_day(
    engine: Engine, rosa: Person, now: datetime
) -> None:
    me = actor(engine, sign_in(engine, rosa, now), now)
    with write(engine) as session:
        token = mint(session, me, now)
    noted = []
    for minutes in (0, 0.5, 1, 30, 24 * 60 + 31):
        moment = now + timedelta(minutes=minutes)
        with write(engine) as session:
            service.touch_token(session, token, moment)
            noted.append(queries.tokens_of(session, rosa.id)[0].last_used_at == moment)
    assert noted == [True, False, True, True, True]
    assert actions(engine).count("identity.token_used") == 2


@pytest.mark.parametrize("text_", ["", "tre_person_", "x" * 500, "Bearer", "tre_person_é"])
def test_what_is_no_token_is_nobody(engine: Engine, now: datetime, text_: str) -> None:
    with read(engine) as session:
        assert queries.token_actor(session, text_, now) is None
