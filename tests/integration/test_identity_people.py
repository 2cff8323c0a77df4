"""People, roles and sign-in: who somebody is comes from the provider, what they are from us."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from orchestrator.audit import log
from orchestrator.db import read, write
from orchestrator.demo.people import ORGANISATIONS, PEOPLE, seed
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, TreError
from orchestrator.identity import queries, service
from orchestrator.identity.claims import Claims
from orchestrator.identity.models import Person
from orchestrator.identity.roles import PERMISSIONS, CertificateKind, Role, permitted
from orchestrator.identity.tokens import TokenKind, fingerprint
from orchestrator.values import SYSTEM, Actor


def claims_of(handle: str, **changes: object) -> Claims:
    """What the development provider would say of a made-up person."""
    one = next(person for person in PEOPLE if person.handle == handle)
    fields: dict[str, object] = {
        "issuer": "https://id.example",
        "subject": one.subject,
        "name": one.name,
        "email": one.email,
        "email_verified": True,
        "acr": "aal1",
        "auth_time": None,
        **changes,
    }
    return Claims(**fields)  # type: ignore[arg-type]


def actions(session: Session) -> list[str]:
    """The log's actions, in order."""
    return [json.loads(entry.record)["action"] for entry in log.entries(session)]


def actor(session: Session, handle: str) -> Actor:
    """A seeded person as actor."""
    return queries.actor_of(session, queries.person_by_handle(session, handle))


def test_everybody_is_seeded_once_with_a_role_each(engine: Engine, now: datetime) -> None:
    for _ in range(2):
        with write(engine) as session:
            seed(session, now)
    with read(engine) as session:
        assert len(queries.people(session)) == len(PEOPLE)
        assert len(queries.organisations(session)) == len(ORGANISATIONS)
        held = {
            role
            for one in PEOPLE
            for role in queries.roles_of(session, actor(session, one.handle).person or "")
        }
        assert held == set(Role)
        checkers = queries.people_with_role(session, Role.CHECKER)
        assert [one.handle for one in checkers] == ["cora", "cyrus"]
        for one in checkers:
            until = queries.certificates_of(session, one.id)[CertificateKind.OUTPUT_CHECKER]
            assert until > now + timedelta(days=300)
        assert actions(session).count("identity.person_registered") == len(PEOPLE)


def test_no_name_and_no_address_enters_the_log(engine: Engine, now: datetime) -> None:
    with write(engine) as session:
        seed(session, now)
        service.sign_in(session, claims_of("rosa"), now)
    with read(engine) as session:
        everything = b"".join(entry.record for entry in log.entries(session))
    for one in PEOPLE:
        for word in (one.name, one.email, one.subject):
            assert word.encode() not in everything


def test_a_registered_person_is_linked_at_the_first_sign_in(engine: Engine, now: datetime) -> None:
    with write(engine) as session:
        seeded = seed(session, now)["rosa"].id
        assert service.sign_in(session, claims_of("rosa"), now).id == seeded
        assert service.sign_in(session, claims_of("rosa", email=None), now).id == seeded
        assert actions(session).count("identity.person_linked") == 1


def test_a_changed_address_does_not_take_an_account_over(engine: Engine, now: datetime) -> None:
    """Addresses are given to new employees; (issuer, subject) is what counts."""
    with write(engine) as session:
        seed(session, now)
        service.sign_in(session, claims_of("rosa"), now)
    for other in ({"subject": "another"}, {"issuer": "https://other.example"}):
        with pytest.raises(NotAllowed) as caught, write(engine) as session:
            service.sign_in(session, claims_of("rosa", **other), now)
        assert caught.value.code == "email_linked_elsewhere"


def test_an_address_nobody_vouched_for_links_nobody(engine: Engine, now: datetime) -> None:
    with write(engine) as session:
        seed(session, now)
        visitor = service.sign_in(session, claims_of("ada", email_verified=False), now)
        assert visitor.email is None
        assert queries.actor_of(session, visitor).roles == frozenset()
        assert queries.person_by_handle(session, "ada").subject is None


def test_every_group_in_the_world_opens_nothing(engine: Engine, now: datetime) -> None:
    """Source: governance section 7, groups are evidence only."""
    world = (*Role, "system", "admin", *PERMISSIONS, *(one.slug for one in ORGANISATIONS), "*")
    with write(engine) as session:
        seed(session, now)
        claims = claims_of("rosa", subject="x", email="eve@elsewhere.example", groups=world)
        someone = service.sign_in(session, claims, now)
        secret = service.open_session(session, someone, now, acr="aal1", auth_time=None).secret
        signed_in = queries.session_actor(session, secret, now)
    assert signed_in is not None
    assert signed_in.actor.roles == frozenset()
    assert signed_in.actor.organisation is None
    assert not any(permitted(signed_in.actor, action) for action in PERMISSIONS)


def test_a_name_from_the_provider_is_one_short_line(engine: Engine, now: datetime) -> None:
    with write(engine) as session:
        claims = claims_of("rosa", name="Eve\n\tExample " + "x" * 500)
        assert service.sign_in(session, claims, now).name.startswith("Eve Example xx")
        assert len(queries.people(session)[0].name) == 200


def test_roles_change_at_once_and_stay_in_history(engine: Engine, now: datetime) -> None:
    with write(engine) as session:
        people = seed(session, now)
        ada, rosa = actor(session, "ada"), people["rosa"].id
        for _ in range(2):
            service.grant_role(session, ada, now, person_id=rosa, role="auditor")
        assert queries.roles_of(session, rosa) == {"researcher", "auditor"}
        service.revoke_role(session, ada, now, person_id=rosa, role="researcher")
        assert actor(session, "rosa").roles == {"auditor"}
        service.grant_role(session, ada, now, person_id=rosa, role="researcher")
        assert queries.roles_of(session, rosa) == {"researcher", "auditor"}
        with pytest.raises(NotFound):
            service.revoke_role(session, ada, now, person_id=rosa, role="checker")
        assert actions(session)[-3:] == [
            "identity.role_granted",
            "identity.role_revoked",
            "identity.role_granted",
        ]


def test_nobody_gives_a_role_to_themselves(engine: Engine, now: datetime) -> None:
    with write(engine) as session:
        ada = seed(session, now)["ada"].id
        me = actor(session, "ada")
    with pytest.raises(NotAllowed, match="own roles"), write(engine) as session:
        service.grant_role(session, me, now, person_id=ada, role="checker")


@pytest.mark.parametrize("handle", [one.handle for one in PEOPLE if one.handle != "ada"])
def test_only_administrators_administer(engine: Engine, now: datetime, handle: str) -> None:
    with write(engine) as session:
        seed(session, now)
    with read(engine) as session:
        me, rosa = actor(session, handle), queries.person_by_handle(session, "rosa").id
    certificate = CertificateKind.OUTPUT_CHECKER
    attempts: list[Callable[[Session], object]] = [
        lambda s: service.register_organisation(s, me, now, slug="x", name="X", partner=True),
        lambda s: service.register_person(
            s, me, now, handle="x", name="X", email="x@x.example", organisation="alliance-office"
        ),
        lambda s: service.grant_role(s, me, now, person_id=rosa, role="auditor"),
        lambda s: service.revoke_role(s, me, now, person_id=rosa, role="researcher"),
        lambda s: service.suspend_person(s, me, now, person_id=rosa, reason="spite"),
        lambda s: service.resume_person(s, me, now, person_id=rosa),
        lambda s: service.add_certificate(
            s, me, now, person_id=rosa, kind=certificate, valid_until=now + timedelta(days=1)
        ),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed, match="administrator"), write(engine) as session:
            attempt(session)


GOOD = {
    "handle": "eve",
    "name": "Eve Example",
    "email": "eve@elsewhere.example",
    "organisation": "alliance-office",
}


@pytest.mark.parametrize(
    ("changes", "family"),
    [
        ({"handle": "../eve"}, Invalid),
        ({"handle": "Eve"}, Invalid),
        ({"handle": ""}, Invalid),
        ({"handle": "e" * 31}, Invalid),
        ({"handle": "rosa"}, Conflict),
        ({"name": " \n "}, Invalid),
        ({"name": "x" * 201}, Invalid),
        ({"email": "nobody"}, Invalid),
        ({"email": "a@b@c"}, Invalid),
        ({"email": "two words@x.example"}, Invalid),
        ({"email": "ROSA@meadow-university.example"}, Conflict),
        ({"organisation": "nowhere"}, NotFound),
        ({"roles": ["king"]}, Invalid),
    ],
)
def test_a_bad_registration_is_a_sentence(
    engine: Engine, now: datetime, changes: dict[str, object], family: type[TreError]
) -> None:
    with write(engine) as session:
        seed(session, now)
    with pytest.raises(family, match=r"[a-z]\.$"), write(engine) as session:
        service.register_person(session, SYSTEM, now, **{**GOOD, **changes})  # type: ignore[arg-type]
    with read(engine) as session:
        assert len(queries.people(session)) == len(PEOPLE)


def test_a_suspended_person_is_out_everywhere_at_once(engine: Engine, now: datetime) -> None:
    with write(engine) as session:
        people = seed(session, now)
        rosa = service.sign_in(session, claims_of("rosa"), now)
        web = service.open_session(session, rosa, now, acr="aal1", auth_time=None).secret
        me = queries.session_actor(session, web, now)
        assert me is not None
        state = "a state"
        hashed = fingerprint(state)
        code = service.make_handover(session, me.actor, "p1", hashed, now)
        late = service.make_handover(session, me.actor, "p1", hashed, now)
        host, _ = service.redeem_handover(session, "p1", code, state, now)
        token = service.mint_token(
            session, me.actor, now, owner=rosa.id, kind=TokenKind.PERSON,
            scopes=["airlock.*"], days=1,
        )  # fmt: skip
    with write(engine) as session:
        ada = actor(session, "ada")
        service.suspend_person(session, ada, now, person_id=people["rosa"].id, reason="Left")
    with write(engine) as session:
        assert queries.session_actor(session, web, now) is None
        assert queries.project_session(session, host, "p1", now) is None
        assert queries.token_actor(session, token, now) is None
        with pytest.raises(NotAllowed):
            service.redeem_handover(session, "p1", late, state, now)
        with pytest.raises(NotAllowed, match="suspended"):
            service.sign_in(session, claims_of("rosa"), now)
        assert queries.people_with_role(session, Role.RESEARCHER)[0].handle == "lena"
    with write(engine) as session:
        service.resume_person(session, ada, now, person_id=people["rosa"].id)
        assert queries.session_actor(session, web, now) is None
        assert queries.token_actor(session, token, now) is None
        assert service.sign_in(session, claims_of("rosa"), now).id == rosa.id


def test_who_was_suspended_a_moment_ago_opens_nothing_new(engine: Engine, now: datetime) -> None:
    """A handler that looked at the caller before the suspension must not bring them back."""
    with write(engine) as session:
        rosa = seed(session, now)["rosa"]
        me = actor(session, "rosa")
        service.suspend_person(session, SYSTEM, now, person_id=rosa.id, reason="Left")
    with write(engine) as session:
        web = service.open_session(session, rosa, now, acr="aal1", auth_time=None).secret
        token = service.mint_token(
            session, me, now, owner=rosa.id, kind=TokenKind.PERSON, scopes=["audit.*"], days=1
        )
        assert queries.session_actor(session, web, now) is None
        assert queries.token_actor(session, token, now) is None


def test_a_row_that_says_half_is_refused_by_the_database(engine: Engine, now: datetime) -> None:
    for half in ({"subject": "x"}, {"issuer": "x"}, {"suspended_reason": "x"}):
        row = Person(id="u-1", handle="eve", name="Eve", actor_id="a-1", created_at=now, **half)  # type: ignore[arg-type]
        with pytest.raises(Exception, match="paired"), write(engine) as session:
            session.add(row)
